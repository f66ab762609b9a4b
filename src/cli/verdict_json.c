/* A verdict as JSON: the members that the command line's contract names, then the page. */
#include "cli/dmarc_json.h"
#include "cli/spf_json.h"
#include "cli/verdict.h"
#include "core/json.h"
#include "core/time.h"
#include "explain/redact.h"
#include "explain/signature.h"
#include "explain/terms.h"

enum { TEXT_MAX = 1024 * 1024 /* octets of one text; those of the engine keep far below */ };

struct printer {
	struct json j;
	const struct verdict *v;
	enum language language;
};

static void put_time(struct json *j, const char *key, int64_t when)
{
	json_key(j, key);
	if (when == INKAN_TIME_NONE)
		json_null_value(j);
	else
		json_i64(j, when);
}

/* A member whose text was printed to a buffer of its own, which is released; its error becomes that of the output. */
static void put_printed(struct json *j, const char *key, struct buf *text)
{
	if (key)
		json_key_str(j, key, buf_str(text));
	else
		json_str(j, buf_str(text));
	if (buf_error(text) && !j->out->error)
		j->out->error = buf_error(text);
	buf_release(text);
}

/* An address, hidden where it is to be. */
static void put_address(struct printer *p, const char *key, const char *address)
{
	struct buf text;

	if (!p->v->redact) {
		json_key_c(&p->j, key, address);
		return;
	}
	buf_init(&text, TEXT_MAX);
	redact_address(&text, p->v->redact, str_c(address));
	put_printed(&p->j, key, &text);
}

/* ---- who and whence ---- */

static void put_from(struct printer *p)
{
	const struct inkan_verdict *found = p->v->found;

	json_key(&p->j, "from");
	if (!found->from_domain[0]) {
		struct str error = dmarc_reason_in(str_c(found->dmarc->reason), p->language);

		json_null_value(&p->j);
		json_key_str(&p->j, "from_error", error);
		return;
	}
	json_object_begin(&p->j);
	put_address(p, "address", found->from_address);
	json_key_c(&p->j, "domain", found->from_domain);
	json_object_end(&p->j);
}

static void put_text_or_null(struct json *j, const char *key, const char *text)
{
	json_key(j, key);
	if (text)
		json_str(j, str_c(text));
	else
		json_null_value(j);
}

static void put_session(struct printer *p)
{
	const struct inkan_session *session = p->v->session;

	json_key(&p->j, "session");
	json_object_begin(&p->j);
	put_text_or_null(&p->j, "ip", session->ip);
	put_text_or_null(&p->j, "helo", session->helo);
	if (session->mail_from)
		put_address(p, "mail_from", session->mail_from);
	else
		put_text_or_null(&p->j, "mail_from", NULL);
	json_key_bool(&p->j, "from_received", p->v->session_from_received);
	json_key_bool(&p->j, "trusted_gateway", session->trusted_gateway);
	json_object_end(&p->j);
}

/* ---- SPF ---- */

static void put_spf(struct printer *p, const char *key, const struct inkan_spf_result *result, const bool *aligned)
{
	struct inkan_spf_result shown = *result;
	struct buf explanation, reason;

	buf_init(&explanation, TEXT_MAX);
	buf_init(&reason, TEXT_MAX);
	if (p->v->redact && result->uses_macros_of_sender) { /* both may hold the sender's local part */
		redact_token(&explanation, p->v->redact, str_c(result->explanation));
		redact_token(&reason, p->v->redact, str_c(result->reason));
		buf_put_char(&explanation, '\0');
		buf_put_char(&reason, '\0');
		shown.explanation = buf_error(&explanation) ? "" : explanation.p;
		shown.reason = buf_error(&reason) ? "" : reason.p;
	}
	json_key(&p->j, key);
	json_object_begin(&p->j);
	spf_json_members(&p->j, &shown, aligned);
	json_object_end(&p->j);
	buf_release(&explanation);
	buf_release(&reason);
}

/* ---- DKIM ---- */

static void put_explanation(struct printer *p, const struct inkan_dkim_result *result)
{
	struct buf text;

	buf_init(&text, TEXT_MAX);
	explain_sentences(&text, result, p->language);
	json_key(&p->j, "explanation");
	json_object_begin(&p->j);
	json_key_c(&p->j, "kind", inkan_dkim_explanation_name(result->explanation));
	put_printed(&p->j, "text", &text);
	json_key_c(&p->j, "changed_header", result->changed_header);
	json_key_c(&p->j, "change", result->change);
	json_object_end(&p->j);
}

static void put_signed_headers(struct json *j, const struct inkan_dkim_result *result)
{
	json_key(j, "signed_headers");
	json_array_begin(j);
	for (size_t i = 0; i < result->signed_header_count; i++)
		json_str(j, str_c(result->signed_headers[i]));
	json_array_end(j);
	json_key(j, "body_length");
	if (result->body_length < 0)
		json_null_value(j);
	else
		json_i64(j, result->body_length);
}

static void put_signature(struct printer *p, const struct inkan_dkim_result *result)
{
	struct json *j = &p->j;

	json_object_begin(j);
	json_key_c(j, "result", inkan_result_name(result->result));
	json_key_c(j, "cause", inkan_dkim_cause_name(result->cause));
	json_key_c(j, "reason", result->reason);
	json_key_c(j, "section", result->section);
	json_key_c(j, "domain", result->domain);
	json_key_c(j, "selector", result->selector);
	put_address(p, "identity", result->identity);
	json_key_c(j, "algorithm", result->algorithm);
	json_key(j, "key_bits");
	if (result->key_bits)
		json_i64(j, result->key_bits);
	else
		json_null_value(j);
	json_key_c(j, "canonicalization", result->canonicalization);
	json_key_bool(j, "aligned", result->aligned);
	json_key_bool(j, "testing", result->testing);
	put_signed_headers(j, result);
	put_explanation(p, result);
	json_key(j, "body_hash");
	json_object_begin(j);
	json_key_c(j, "signed", result->body_hash_signed);
	json_key_c(j, "computed", result->body_hash_computed);
	json_object_end(j);
	json_key_bool(j, "header_verified", result->header_verified);
	put_time(j, "timestamp", result->timestamp);
	put_time(j, "expiration", result->expiration);
	json_object_end(j);
}

/* ---- ARC, DMARC ---- */

static void put_set(struct printer *p, const struct inkan_arc_set *set)
{
	struct json *j = &p->j;
	struct buf results;

	buf_init(&results, TEXT_MAX);
	if (p->v->redact)
		redact_addresses(&results, p->v->redact, str_c(set->results));
	else
		buf_put_c(&results, set->results);
	json_object_begin(j);
	json_key_i64(j, "instance", set->instance);
	json_key_c(j, "sealer", set->sealer);
	json_key_c(j, "selector", set->selector);
	json_key_c(j, "authserv_id", set->authserv_id);
	put_printed(j, "results", &results);
	json_key_bool(j, "message_signature_passed", set->message_signature_passed);
	json_key_bool(j, "trusted", set->trusted);
	json_object_end(j);
}

static void put_arc(struct printer *p)
{
	const struct inkan_arc_result *arc = p->v->found->arc;
	struct json *j = &p->j;

	json_key(j, "arc");
	json_object_begin(j);
	json_key_c(j, "result", inkan_result_name(arc->result));
	json_key_i64(j, "sets", arc->set_count);
	json_key_c(j, "reason", arc->reason);
	json_key_c(j, "section", arc->section);
	json_key(j, "oldest_pass");
	if (arc->oldest_pass < 0)
		json_null_value(j);
	else
		json_i64(j, arc->oldest_pass);
	json_key(j, "sealers");
	json_array_begin(j);
	for (size_t i = 0; i < arc->listed_sets; i++)
		json_str(j, str_c(arc->sets[i].sealer));
	json_array_end(j);
	json_key(j, "chain");
	json_array_begin(j);
	for (size_t i = 0; i < arc->listed_sets; i++)
		put_set(p, &arc->sets[i]);
	json_array_end(j);
	json_object_end(j);
}

static void put_dmarc(struct printer *p)
{
	const struct inkan_verdict *found = p->v->found;
	struct json *j = &p->j;

	json_key(j, "dmarc");
	json_object_begin(j);
	dmarc_json_members(j, found->dmarc);
	json_key_c(j, "applied", inkan_dmarc_policy_name(found->applied));
	json_key_c(j, "override", inkan_override_name(found->override));
	json_key_c(j, "override_comment", found->override_comment);
	json_object_end(j);
}

/* ---- the page ---- */

/* The sentence about the i-th of the repeated fields. */
static const char *repeated_text(const struct page *page, size_t i)
{
	for (size_t k = 0; k < page->why_count; k++)
		if (strcmp(page->why[k].id, "repeated_field") == 0 && i-- == 0)
			return page->why[k].text;
	return "";
}

static void put_warnings(struct printer *p)
{
	const struct inkan_verdict *found = p->v->found;
	struct json *j = &p->j;

	json_key(j, "warnings");
	json_array_begin(j);
	for (size_t i = 0; i < found->repeated_count; i++) {
		const struct inkan_repeated_field *field = &found->repeated[i];
		struct str name = str_head(str_c(field->name), 31);
		char lower[32] = "";

		str_put_lower(lower, name);
		json_object_begin(j);
		json_key_c(j, "id", "repeated_field");
		json_key_c(j, "field", lower);
		json_key_i64(j, "count", (int64_t)field->count);
		json_key_i64(j, "covered", (int64_t)field->covered);
		json_key_c(j, "text", repeated_text(p->v->page, i));
		json_object_end(j);
	}
	json_array_end(j);
}

static void put_why(struct json *j, const struct page *page)
{
	json_key(j, "why");
	json_array_begin(j);
	for (size_t i = 0; i < page->why_count; i++) {
		json_object_begin(j);
		json_key_c(j, "id", page->why[i].id);
		json_key_c(j, "certainty", page->why[i].certainty == CERTAINTY_FACT ? "fact" : "inference");
		json_key_c(j, "text", page->why[i].text);
		json_object_end(j);
	}
	json_array_end(j);
	json_key(j, "fix");
	json_array_begin(j);
	for (size_t i = 0; i < page->fix_count; i++) {
		json_object_begin(j);
		json_key_c(j, "id", page->fix[i].id);
		json_key_c(j, "text", page->fix[i].text);
		json_object_end(j);
	}
	json_array_end(j);
}

static void put_hops(struct json *j, const struct page *page)
{
	json_key(j, "hops");
	json_array_begin(j);
	for (size_t i = 0; i < page->hop_count; i++) {
		const struct page_hop *hop = &page->hops[i];

		json_object_begin(j);
		json_key_i64(j, "number", hop->number);
		json_key_c(j, "from", hop->from);
		json_key_c(j, "ip", hop->ip);
		json_key_c(j, "by", hop->by);
		json_key_c(j, "with", hop->with);
		put_time(j, "time", hop->time);
		json_key(j, "added");
		json_array_begin(j);
		for (size_t k = 0; k < hop->added_count; k++)
			json_str(j, str_c(hop->added[k]));
		json_array_end(j);
		json_object_end(j);
	}
	json_array_end(j);
}

static void put_found(struct printer *p)
{
	const struct inkan_verdict *found = p->v->found;
	struct json *j = &p->j;
	bool has_author = found->from_domain[0] != '\0';
	struct buf line;

	put_from(p);
	json_key_c(j, "verdict", inkan_verdict_name(found->kind));
	json_key_c(j, "reason", inkan_verdict_reason_name(found->reason));
	json_key_c(j, "summary", p->v->page->sentence);
	put_session(p);
	put_spf(p, "spf", found->spf, has_author ? &found->spf_aligned : NULL);
	json_key(j, "dkim");
	json_array_begin(j);
	for (size_t i = 0; i < found->dkim_count; i++)
		put_signature(p, &found->dkim[i]);
	json_array_end(j);
	put_arc(p);
	put_dmarc(p);
	put_warnings(p);
	put_why(j, p->v->page);
	put_hops(j, p->v->page);
	buf_init(&line, TEXT_MAX);
	verdict_results_line(&line, p->v);
	put_printed(j, "authentication_results", &line);
}

void verdict_json(struct buf *out, const struct verdict *v, enum language language)
{
	struct printer p = {json_to(out), v, language};

	json_object_begin(&p.j);
	json_key_c(&p.j, "file", v->file);
	if (v->error)
		json_key_c(&p.j, "error", v->error);
	else
		put_found(&p);
	json_object_end(&p.j);
	buf_put_char(out, '\n');
}
