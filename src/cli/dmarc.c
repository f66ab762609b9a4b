/* inkan dmarc: which policy applies to a domain (`inkan dmarc DOMAIN`), and what it means for a message whose SPF and DKIM
 * results are given (`inkan dmarc --from DOMAIN --spf ... --dkim ...`).
 *
 * Reading order: run() -> take_options() -> discover() or judge(), which lookup_evaluate() calls until nothing is open ->
 * print_policy() or print_verdict(). */
#include "dmarc/dmarc.h"

#include "check/dmarc_record.h"
#include "cli/command.h"
#include "cli/dmarc_json.h"
#include "cli/engine_text.h"
#include "cli/lookup.h"
#include "cli/record_view.h"
#include "cli/suffix_list.h"

enum {
	MEMORY_MAX = 64 * 1024 * 1024, /* octets of the evaluation */
	REPORT_URIS_MAX = 20,          /* of rua= and of ruf=, whose authorisation is asked for */
	TEXT_COLUMNS = 76,
	INDENT = 17, /* of what stands behind a label */
	STEP_COLUMNS = 36
};

/* A mailbox that wants reports. */
struct destination {
	const char *tag; /* "rua", "ruf" */
	struct dmarc_uri uri;
	bool is_external; /* of another organization */
	bool is_checked;  /* it is a mailbox, and one of the first REPORT_URIS_MAX */
	enum dmarc_destination state;
	struct str replaced; /* the address that its owner wants instead; else its own */
};

struct dmarc_command {
	const struct invocation *in;
	struct arena arguments, arena;
	struct public_suffixes *suffixes;
	struct dmarc_query query;
	struct str domain;
	struct inkan_dmarc_result result;
	/* of the domain alone */
	struct dmarc_record record;
	struct dmarc_record below; /* the record that names below the domain inherit */
	struct destination *destinations;
	size_t destination_count;
	struct findings findings; /* on the record */
	struct tag_report tags;
};

/* ---- options ---- */

static bool result_from_name(struct str name, enum inkan_result *out)
{
	for (enum inkan_result result = INKAN_NONE; result <= INKAN_SOFTFAIL; result++)
		if (str_eq(name, str_c(inkan_result_name(result)))) {
			*out = result;
			return true;
		}
	return false;
}

/* RESULT:DOMAIN[:SELECTOR]; an address counts as its domain. */
static bool read_identifier(const char *text, bool has_selector, struct dmarc_identifier *out)
{
	struct str rest = str_c(text);

	*out = (struct dmarc_identifier){0};
	if (!result_from_name(str_split(&rest, ':'), &out->result))
		return false;
	out->domain = has_selector ? str_split(&rest, ':') : rest;
	if (has_selector)
		out->selector = rest;
	out->domain = str_skip(out->domain,
	                       str_rfind(out->domain, '@') + 1 > out->domain.n ? 0 : str_rfind(out->domain, '@') + 1);
	return out->domain.n > 0 && str_find(out->domain, ':') == out->domain.n;
}

/* Every --spf or --dkim in the order given. */
static enum exit_code read_identifiers(struct dmarc_command *c, const char *option, struct dmarc_identifier **list_out,
                                       size_t *count_out)
{
	const struct invocation *in = c->in;
	struct dmarc_identifier *list = arena_calloc(&c->arguments, in->given_count + 1, sizeof(*list));
	size_t count = 0;

	if (!list)
		return ui_failed(in->ui, NOWHERE, arena_error(&c->arguments));
	for (size_t i = 0; i < in->given_count; i++) {
		const struct given_option *given = &in->given[i];

		if (strcmp(given->option->name, option) != 0)
			continue;
		if (!read_identifier(given->value, strcmp(option, "dkim") == 0, &list[count++])) {
			ui_error(in->ui, NOWHERE,
			         TEXT(in->ui, "--%s %s: not a result – write it as pass:%s",
			              "--%s %s: 結果の形ではありません – pass:%s の形で書いてください"),
			         option, given->value,
			         strcmp(option, "dkim") == 0 ? "example.com:selector" : "example.com");
			return EXIT_USAGE;
		}
	}
	*list_out = list;
	*count_out = count;
	return EXIT_FINE;
}

static enum exit_code check_mode(const struct invocation *in, bool judges)
{
	if (judges && in->operand_count) {
		ui_error(in->ui, NOWHERE,
		         TEXT(in->ui, "“%s” and --from exclude each other – give one domain",
		              "「%s」と --from は同時に使えません – ドメインを 1 つだけ指定してください"),
		         in->operands[0]);
		return EXIT_USAGE;
	}
	if (!judges && in->operand_count == 0) {
		ui_error(in->ui, NOWHERE,
		         TEXT(in->ui, "which domain? – name one, or give --from with results of SPF and DKIM",
		              "ドメインがありません – ドメインを指定するか、--from に SPF と DKIM "
		              "の結果を添えてください"));
		return EXIT_USAGE;
	}
	if (!judges && (option_given(in, "spf") || option_given(in, "dkim") || option_given(in, "sample"))) {
		ui_error(in->ui, NOWHERE,
		         TEXT(in->ui, "--spf, --dkim and --sample need --from – whose message is it?",
		              "--spf、--dkim、--sample には --from が要ります – 誰のメッセージですか?"));
		return EXIT_USAGE;
	}
	return EXIT_FINE;
}

static enum exit_code take_options(struct dmarc_command *c, bool judges)
{
	const struct invocation *in = c->in;
	struct dmarc_query *q = &c->query;
	enum exit_code code = check_mode(in, judges);

	if (code != EXIT_FINE)
		return code;
	c->domain = str_c(judges ? option_value(in, "from", "") : in->operands[0]);
	if (str_find(c->domain, '@') < c->domain.n)
		c->domain = str_skip(c->domain, str_rfind(c->domain, '@') + 1);
	q->from_domain = c->domain;
	q->profile = strcmp(option_value(in, "profile", "rfc9989"), "rfc7489") == 0 ? INKAN_RFC7489 : INKAN_RFC9989;
	q->sample = (unsigned)option_number(in, "sample", 0);
	code = read_identifiers(c, "spf", &q->spf, &q->spf_count);
	if (code == EXIT_FINE)
		code = read_identifiers(c, "dkim", &q->dkim, &q->dkim_count);
	if (code == EXIT_FINE && (q->profile == INKAN_RFC7489 || in->suffix_file))
		code = suffix_list_open(in, &c->suffixes);
	if (c->suffixes) {
		q->registrable_domain = public_suffixes_registrable;
		q->psl_context = c->suffixes;
	}
	return code;
}

/* ---- evaluation ---- */

static int judge(void *context, struct evidence *evidence, bool *pending_out)
{
	struct dmarc_command *c = context;

	arena_reset(&c->arena);
	return dmarc_evaluate(&c->arena, evidence, &c->query, &c->result, pending_out);
}

/* The record that names below the domain inherit: that of the organizational domain, unless the domain is a public suffix
 * domain, or has no record of its own and inherits as well. */
static int discover_below(struct dmarc_command *c, struct evidence *evidence, bool *pending_out)
{
	struct str domain = str_c(c->result.from_domain), organization = str_c(c->result.organizational_domain);
	struct inkan_dmarc_result ignored;

	c->below = c->record;
	if (!str_eq(str_c(c->result.policy_domain), domain) || str_eq(organization, domain) ||
	    c->record.psd == DMARC_PSD_YES)
		return INKAN_OK;
	return dmarc_discover(&c->arena, evidence, organization, &c->query, &ignored, &c->below, pending_out);
}

static int check_destination(struct dmarc_command *c, struct evidence *evidence, struct destination *d,
                             bool *pending_out)
{
	struct str policy_domain = str_c(c->result.policy_domain), ours = STR_NULL, theirs = STR_NULL;
	struct str host = str_skip(d->uri.mail, str_rfind(d->uri.mail, '@') + 1);
	int error = dmarc_check_destination(&c->arena, evidence, policy_domain, &d->uri, &c->query, &d->state,
	                                    &d->replaced, pending_out);

	if (!error)
		error = dmarc_organizational_domain(&c->arena, evidence, policy_domain, &c->query, &ours, pending_out);
	if (!error)
		error = dmarc_organizational_domain(&c->arena, evidence, host, &c->query, &theirs, pending_out);
	d->is_external = !str_eq(ours, theirs);
	d->is_checked = true;
	return error;
}

static int check_uris(struct dmarc_command *c, struct evidence *evidence, const char *tag, const struct dmarc_uri *uris,
                      size_t count, bool *pending_out)
{
	int error = INKAN_OK;

	for (size_t i = 0; !error && i < count; i++) {
		struct destination *d = &c->destinations[c->destination_count++];

		*d = (struct destination){.tag = tag, .uri = uris[i], .replaced = uris[i].mail};
		if (uris[i].mail.n && i < REPORT_URIS_MAX)
			error = check_destination(c, evidence, d, pending_out);
	}
	return error;
}

static int check_destinations(struct dmarc_command *c, struct evidence *evidence, bool *pending_out)
{
	const struct dmarc_record *r = &c->record;
	int error;

	c->destination_count = 0;
	c->destinations = arena_calloc(&c->arena, r->rua_count + r->ruf_count + 1, sizeof(*c->destinations));
	if (!c->destinations)
		return arena_error(&c->arena);
	error = check_uris(c, evidence, "rua", r->rua, r->rua_count, pending_out);
	return error ? error : check_uris(c, evidence, "ruf", r->ruf, r->ruf_count, pending_out);
}

/* Without its name: where it stands and who agreed is known here from DNS. */
static int check_record(struct dmarc_command *c)
{
	int error = dmarc_record_check(&c->findings, c->record.text, STR_NULL, c->query.profile, &c->tags);

	findings_sort(&c->findings);
	return error;
}

static int discover(void *context, struct evidence *evidence, bool *pending_out)
{
	struct dmarc_command *c = context;
	int error;

	arena_reset(&c->arena);
	findings_init(&c->findings, &c->arena);
	c->tags = (struct tag_report){0};
	error = dmarc_discover(&c->arena, evidence, c->domain, &c->query, &c->result, &c->record, pending_out);
	if (error || *pending_out || !c->record.valid)
		return error;
	error = discover_below(c, evidence, pending_out);
	if (!error)
		error = check_destinations(c, evidence, pending_out);
	return error ? error : check_record(c);
}

/* What a record says about names below the organizational domain. */
static enum inkan_dmarc_policy subdomain_policy(const struct dmarc_record *r)
{
	return r->has_sp ? r->sp : r->p;
}

static enum inkan_dmarc_policy nonexistent_policy(const struct dmarc_record *r)
{
	return r->has_np ? r->np : subdomain_policy(r);
}

/* ---- JSON ---- */

static const char *destination_state(const struct destination *d)
{
	static const char *const names[] = {[DMARC_DESTINATION_ALLOWED] = "authorized",
	                                    [DMARC_DESTINATION_REFUSED] = "refused",
	                                    [DMARC_DESTINATION_TEMPORARY] = "temporary"};

	return !d->is_checked ? "unchecked" : names[d->state];
}

static void put_destinations(struct json *j, const struct dmarc_command *c)
{
	json_key(j, "reports");
	json_array_begin(j);
	for (size_t i = 0; i < c->destination_count; i++) {
		const struct destination *d = &c->destinations[i];

		json_object_begin(j);
		json_key_c(j, "tag", d->tag);
		json_key_str(j, "uri", d->uri.uri);
		json_key_str(j, "address", d->replaced);
		json_key_bool(j, "external", d->is_external);
		json_key_c(j, "state", destination_state(d));
		json_object_end(j);
	}
	json_array_end(j);
}

static void put_policies(struct json *j, const struct dmarc_command *c)
{
	json_key(j, "policies");
	if (!c->record.valid) {
		json_null_value(j);
		return;
	}
	json_object_begin(j);
	json_key_c(j, "domain", inkan_dmarc_policy_name(c->result.policy));
	json_key_c(j, "subdomain", inkan_dmarc_policy_name(subdomain_policy(&c->below)));
	json_key_c(j, "nonexistent", inkan_dmarc_policy_name(nonexistent_policy(&c->below)));
	json_object_end(j);
}

static void print_json(struct buf *out, const struct dmarc_command *c, bool judges)
{
	struct json j = json_to(out);

	json_object_begin(&j);
	dmarc_json_members(&j, &c->result);
	if (!judges) {
		put_policies(&j, c);
		put_destinations(&j, c);
		tags_json(&j, c->in->ui->language, &c->tags);
		findings_json(&j, c->in->ui->language, &c->findings);
	}
	json_object_end(&j);
	buf_put_char(out, '\n');
}

/* ---- for people ---- */

static void put_label(struct buf *out, const struct ui *ui, struct text label)
{
	buf_put_c(out, "  ");
	text_padded(out, str_c(text_in(ui->language, label)), INDENT - 2);
}

static void put_line(struct buf *out, const struct ui *ui, struct text label, struct str text)
{
	struct buf safe;

	if (text.n == 0)
		return;
	buf_init(&safe, 16 * DMARC_RECORD_MAX);
	safe_text(&safe, text);
	put_label(out, ui, label);
	text_wrapped(out, buf_str(&safe), INDENT, TEXT_COLUMNS - INDENT);
	buf_put_char(out, '\n');
	if (buf_error(&safe) && !out->error)
		out->error = buf_error(&safe);
	buf_release(&safe);
}

static void print_steps(struct buf *out, const struct ui *ui, const struct inkan_dmarc_result *r)
{
	buf_put_c(out, TEXT(ui, "\nNames asked, in order:\n", "\n問い合わせた名前 (順番どおり):\n"));
	for (size_t i = 0; i < r->step_count; i++) {
		buf_put_c(out, "  ");
		if (text_columns(str_c(r->steps[i].name)) > STEP_COLUMNS)
			buf_put_c(out, r->steps[i].name);
		else
			text_padded(out, str_c(r->steps[i].name), STEP_COLUMNS);
		buf_put_c(out, "  ");
		engine_text(out, ui, r->steps[i].note);
		buf_put_char(out, '\n');
		if (*r->steps[i].record) {
			buf_put_c(out, "      ");
			safe_text(out, str_c(r->steps[i].record));
			buf_put_char(out, '\n');
		}
	}
}

static void print_organization(struct buf *out, const struct ui *ui, const struct inkan_dmarc_result *r)
{
	put_label(out, ui, (struct text){"organization", "組織ドメイン"});
	buf_put_c(out, r->organizational_domain);
	buf_put_c(out, r->profile == INKAN_RFC7489
	                       ? TEXT(ui, " (by the public suffix list, RFC 7489)",
	                              " (パブリックサフィックスリストによる。RFC 7489)")
	                       : TEXT(ui, " (by DNS tree walk, RFC 9989)", " (DNS ツリーウォークによる。RFC 9989)"));
	buf_put_char(out, '\n');
}

/* What a mailbox's owner has to publish. */
static void print_missing_agreement(struct buf *out, const struct ui *ui, const struct dmarc_command *c,
                                    const struct destination *d)
{
	buf_printf(out, "%*s", INDENT, "");
	buf_put_c(out, TEXT(ui, "to do: have it publish ", "対処: 公開してもらうレコード "));
	safe_text(out, str_c(c->result.policy_domain));
	buf_put_c(out, "._report._dmarc.");
	safe_text(out, str_skip(d->uri.mail, str_rfind(d->uri.mail, '@') + 1));
	buf_put_c(out, " TXT \"v=DMARC1\"\n");
}

static void print_destination(struct buf *out, const struct ui *ui, const struct dmarc_command *c,
                              const struct destination *d)
{
	static const struct text states[] = {
		[DMARC_DESTINATION_ALLOWED] = {"external, and it agreed", "外部だが、受け入れを公開している"},
		[DMARC_DESTINATION_REFUSED] = {"external, and it has not agreed: receivers send nothing there",
	                                       "外部で、受け入れを公開していない: 受信側は何も送らない"},
		[DMARC_DESTINATION_TEMPORARY] = {"external; DNS gave no answer for now",
	                                         "外部。今は DNS の応答がない"}};

	put_label(out, ui, (struct text){d->tag, d->tag});
	safe_text(out, d->uri.uri);
	buf_put_c(out, " – ");
	if (d->uri.mail.n == 0)
		buf_put_c(out,
		          TEXT(ui, "not a mailbox: receivers ignore it", "メールアドレスではない: 受信側は無視する"));
	else if (!d->is_checked)
		buf_put_c(out, TEXT(ui, "not checked, there are too many", "数が多すぎるため調べていない"));
	else if (!d->is_external && d->state == DMARC_DESTINATION_ALLOWED)
		buf_put_c(out, TEXT(ui, "of the same organization", "同じ組織"));
	else
		buf_put_c(out, text_in(ui->language, states[d->state]));
	buf_put_char(out, '\n');
	if (d->is_checked && d->is_external && d->state == DMARC_DESTINATION_REFUSED)
		print_missing_agreement(out, ui, c, d);
	if (d->is_checked && !str_eq(d->replaced, d->uri.mail)) {
		buf_printf(out, "%*s", INDENT, "");
		buf_put_c(out, TEXT(ui, "its owner wants them at ", "受け入れ側の希望する宛先: "));
		safe_text(out, d->replaced);
		buf_put_char(out, '\n');
	}
}

/* `why`: by which tag, in parentheses; "" where that needs no word. */
static void put_policy(struct buf *out, const struct ui *ui, struct text label, enum inkan_dmarc_policy policy,
                       const char *why)
{
	static const enum style styles[] = {STYLE_WARNING, STYLE_GOOD, STYLE_GOOD};

	put_label(out, ui, label);
	styled(out, ui->colour, styles[policy], inkan_dmarc_policy_name(policy));
	buf_printf(out, *why ? " (%s)\n" : "%s\n", why);
}

/* Why that policy counts for the domain, where it is inherited. */
static const char *inherited(const struct ui *ui, const struct inkan_dmarc_result *r)
{
	if (strcmp(r->policy_domain, r->from_domain) == 0)
		return "";
	return strcmp(r->policy_tag, "np") == 0
	               ? TEXT(ui, "np=, as the name does not exist", "名前が存在しないため np= による")
	       : strcmp(r->policy_tag, "sp") == 0
	               ? TEXT(ui, "sp=, as a subdomain", "サブドメインのため sp= による")
	               : TEXT(ui, "p=, as nothing else is said", "ほかに指定がないため p= による");
}

/* What to publish where no policy was found, in the words of what was found. */
static void print_advice(struct buf *out, const struct ui *ui, const struct inkan_dmarc_result *r)
{
	struct buf text;

	buf_init(&text, 16 * DMARC_RECORD_MAX);
	buf_printf(
		&text,
		TEXT(ui,
	             "keep exactly one DMARC record at _dmarc.%s; “v=DMARC1; p=none; rua=mailto:…” only watches and is "
	             "a safe beginning",
	             "_dmarc.%s に DMARC レコードをちょうど 1 つ公開してください。まずは監視だけの「v=DMARC1; p=none; "
	             "rua=mailto:…」なら安全です"),
		*r->organizational_domain ? r->organizational_domain : r->from_domain);
	put_line(out, ui, (struct text){"to do", "対処"}, buf_str(&text));
	buf_release(&text);
}

static void print_policy(struct buf *out, const struct ui *ui, const struct dmarc_command *c)
{
	const struct inkan_dmarc_result *r = &c->result;

	buf_put_c(out, "DMARC ");
	safe_text(out, str_c(r->from_domain));
	buf_put_c(out, ": ");
	if (c->record.valid)
		styled(out, ui->colour, STYLE_BOLD, inkan_dmarc_policy_name(r->policy));
	else
		styled(out, ui->colour, STYLE_BAD,
		       r->result == INKAN_TEMPERROR ? TEXT(ui, "not known for now", "今は不明")
		                                    : TEXT(ui, "no policy", "ポリシーなし"));
	buf_put_char(out, '\n');
	if (c->record.valid) {
		put_line(out, ui, (struct text){"policy from", "公開元"}, str_c(r->policy_domain));
		put_line(out, ui, (struct text){"record", "レコード"}, str_c(r->record));
	}
	if (*r->organizational_domain)
		print_organization(out, ui, r);
	if (c->record.valid) {
		put_policy(out, ui, (struct text){"this domain", "このドメイン"}, r->policy, inherited(ui, r));
		put_policy(out, ui, (struct text){"names below", "下位の名前"}, subdomain_policy(&c->below), "");
		put_policy(out, ui, (struct text){"no such name", "存在しない名前"}, nonexistent_policy(&c->below), "");
		if (c->record.testing)
			put_line(out, ui, (struct text){"testing", "テスト中"},
			         str_c(TEXT(ui, "t=y: each policy is applied one step lower",
			                    "t=y: どのポリシーも一段階弱く適用される")));
	} else if (r->result != INKAN_TEMPERROR) {
		print_advice(out, ui, r);
	}
	for (size_t i = 0; i < c->destination_count; i++)
		print_destination(out, ui, c, &c->destinations[i]);
	print_steps(out, ui, r);
	if (c->tags.count) {
		buf_put_c(out, TEXT(ui, "\nThe record, tag by tag:\n", "\nレコードのタグごとの説明:\n"));
		tags_print(out, ui, &c->tags);
	}
	findings_print(out, ui, &c->findings, c->record.text);
}

static enum style result_style(enum inkan_result result)
{
	return result == INKAN_PASS                                ? STYLE_GOOD
	       : result == INKAN_FAIL || result == INKAN_PERMERROR ? STYLE_BAD
	                                                           : STYLE_WARNING;
}

static const char *aligned_text(const struct ui *ui, bool aligned, size_t count)
{
	return aligned ? TEXT(ui, "passes and is aligned", "合格・一致")
	       : count ? TEXT(ui, "no aligned pass", "一致した合格なし")
	               : TEXT(ui, "nothing given", "指定なし");
}

static void print_verdict(struct buf *out, const struct ui *ui, const struct dmarc_command *c)
{
	const struct inkan_dmarc_result *r = &c->result;

	buf_put_c(out, "DMARC ");
	styled(out, ui->colour, result_style(r->result), inkan_result_name(r->result));
	if (*r->reason) {
		buf_put_c(out, ": ");
		engine_text(out, ui, r->reason);
	}
	buf_put_char(out, '\n');
	put_line(out, ui, (struct text){"from", "From"}, str_c(r->from_domain));
	put_line(out, ui, (struct text){"record", "レコード"}, str_c(r->record));
	put_line(out, ui, (struct text){"policy from", "公開元"}, str_c(r->policy_domain));
	if (*r->policy_domain) {
		put_label(out, ui, (struct text){"policy", "ポリシー"});
		buf_printf(out, "%s=%s\n", r->policy_tag, inkan_dmarc_policy_name(r->policy));
		put_line(out, ui, (struct text){"SPF", "SPF"},
		         str_c(aligned_text(ui, r->spf_aligned, c->query.spf_count)));
		put_line(out, ui, (struct text){"DKIM", "DKIM"},
		         str_c(aligned_text(ui, r->dkim_aligned, c->query.dkim_count)));
	}
	if (*r->organizational_domain)
		print_organization(out, ui, r);
	put_label(out, ui, (struct text){"disposition", "処置"});
	buf_put_c(out, inkan_dmarc_policy_name(r->disposition));
	if (r->testing)
		buf_put_c(out, TEXT(ui, " (t=y: one step lower)", " (t=y: 一段階弱く)"));
	if (r->sampled_out)
		buf_put_c(out,
		          TEXT(ui, " (pct leaves this message out: one step lower)", " (pct の対象外: 一段階弱く)"));
	buf_put_char(out, '\n');
	print_steps(out, ui, r);
}

/* ---- the command ---- */

static enum exit_code code_of(const struct dmarc_command *c, bool judges)
{
	if (judges)
		return EXIT_FINE;
	if (c->result.result == INKAN_TEMPERROR)
		return EXIT_TEMPORARY;
	return c->record.valid ? EXIT_FINE : EXIT_FINDING;
}

static enum exit_code print_all(const struct dmarc_command *c, bool judges)
{
	struct ui *ui = c->in->ui;
	struct output out;

	output_init(&out);
	if (c->in->json)
		print_json(&out.text, c, judges);
	else
		(judges ? print_verdict : print_policy)(&out.text, ui, c);
	return output_finish(&out, ui, code_of(c, judges));
}

/* A message may come from anything; a policy is asked for by a name. */
static enum exit_code check_domain(const struct dmarc_command *c)
{
	if (*c->result.from_domain)
		return EXIT_FINE;
	ui_error(c->in->ui, NOWHERE,
	         TEXT(c->in->ui, "%s: not a domain name – write it as example.com",
	              "%s: ドメイン名ではありません – example.com の形で書いてください"),
	         c->in->operands[0]);
	return EXIT_USAGE;
}

static enum exit_code run(const struct invocation *in)
{
	struct dmarc_command c = {.in = in};
	bool judges = option_given(in, "from");
	struct lookup l = {0};
	enum exit_code code;

	arena_init(&c.arguments, MEMORY_MAX);
	arena_init(&c.arena, MEMORY_MAX);
	code = take_options(&c, judges);
	if (code == EXIT_FINE) {
		code = lookup_open(&l, in);
		if (code == EXIT_FINE)
			code = lookup_evaluate(&l, judges ? judge : discover, &c);
		if (code == EXIT_FINE && !judges)
			code = check_domain(&c);
		if (code == EXIT_FINE)
			code = print_all(&c, judges);
		code = lookup_close(&l, code);
	}
	public_suffixes_free(c.suffixes);
	arena_release(&c.arena);
	arena_release(&c.arguments);
	return code;
}

/* clang-format off */
static const struct option_spec options[] = {
	{"from", 0, OPTION_STRING, "DOMAIN", NULL, 0, 0,
	 {"evaluate a message of this author domain; an address will do",
	  "この差出人ドメインのメッセージを評価する (アドレスでもよい)"}},
	{"spf", 0, OPTION_STRING, "RESULT:DOMAIN", NULL, 0, 0,
	 {"result of SPF for MAIL FROM, such as pass:example.com", "MAIL FROM の SPF の結果 (例 pass:example.com)"}},
	{"dkim", 0, OPTION_STRING, "RESULT:DOMAIN[:SELECTOR]", NULL, 0, 0,
	 {"result of one DKIM signature; may be given several times", "DKIM 署名 1 つの結果。複数回指定できる"}},
	{"profile", 0, OPTION_CHOICE, NULL, "rfc9989|rfc7489", 0, 0,
	 {"rfc9989: DNS tree walk, np, psd, t; rfc7489: public suffix list, pct (default: rfc9989)",
	  "rfc9989: DNS ツリーウォーク、np、psd、t。rfc7489: パブリックサフィックスリスト、pct (既定: rfc9989)"}},
	{"sample", 0, OPTION_NUMBER, "N", NULL, 0, 99,
	 {"the number that a receiver drew for pct, rfc7489 only (default: 0, in the sample)",
	  "受信側が pct の抽選で引いた数。rfc7489 のみ (既定: 0、対象に入る)"}},
	{0},
};

static const struct example examples[] = {
	{"inkan dmarc example.com", {"the policy of a domain, and where it comes from", "ドメインのポリシーとその由来"}},
	{"inkan dmarc --from example.com --spf pass:bounce.example.com --dkim fail:example.com:s1",
	 {"does such a message pass?", "このようなメッセージは合格するか"}},
	{"inkan dmarc mail.example.co.uk --profile rfc7489",
	 {"as older receivers find it", "古い受信側から見たポリシー"}},
	{NULL, {NULL, NULL}},
};

const struct command dmarc_command = {
	.name = "dmarc",
	.summary = {"Find the DMARC policy of a domain, or evaluate DMARC for given results",
	            "ドメインの DMARC ポリシーを調べる、または与えられた結果について DMARC を評価する"},
	.operands = "[DOMAIN]",
	.operands_min = 0,
	.operands_max = 1,
	.description = {"With DOMAIN: asks for the policy as a receiver does, shows every name asked, what applies to the "
	                "domain, to names below it and to names that do not exist, and whether other people's mailboxes "
	                "agreed to get the reports. Exit code 0: a policy was found; 1: none; 3: DNS gave no answer.\n"
	                "With --from: evaluates a message whose SPF and DKIM results are given. Exit code 0 whenever there "
	                "is a result, whatever it is.",
	                "DOMAIN を指定すると、受信側と同じようにポリシーを問い合わせ、問い合わせたすべての名前、ドメイン・下位の名前・"
	                "存在しない名前に適用されるもの、外部のレポート宛先が受け入れを公開しているかを示します。終了コードは 0 "
	                "ポリシーあり、1 なし、3 DNS の応答なし。\n"
	                "--from を指定すると、SPF と DKIM の結果を与えてメッセージを評価します。結果が得られれば、"
	                "どの結果でも終了コードは 0 です。"},
	.options = options,
	.common = COMMON_DNS | COMMON_JSON | COMMON_SUFFIXES,
	.examples = examples,
	.run = run,
};
/* clang-format on */
