/* A verdict as JSON: the members that the command line's contract names. */
#include "cli/verdict.h"
#include "core/json.h"

enum { TEXT_MAX = 1024 * 1024 /* octets of one text for people; explain.c keeps far below */ };

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
	json_key_str(j, key, buf_str(text));
	if (buf_error(text) && !j->out->error)
		j->out->error = buf_error(text);
	buf_release(text);
}

static void put_explanation(struct json *j, const struct inkan_dkim_result *result, enum language language)
{
	struct buf text;

	buf_init(&text, TEXT_MAX);
	explain_sentences(&text, result, language);
	json_key(j, "explanation");
	json_object_begin(j);
	json_key_c(j, "kind", inkan_dkim_explanation_name(result->explanation));
	put_printed(j, "text", &text);
	json_key_c(j, "changed_header", result->changed_header);
	json_key_c(j, "change", result->change);
	json_object_end(j);
}

static void put_signature(struct json *j, const struct inkan_dkim_result *result, enum language language)
{
	json_object_begin(j);
	json_key_c(j, "result", inkan_result_name(result->result));
	json_key_c(j, "cause", inkan_dkim_cause_name(result->cause));
	json_key_c(j, "reason", result->reason);
	json_key_c(j, "section", result->section);
	json_key_c(j, "domain", result->domain);
	json_key_c(j, "selector", result->selector);
	json_key_c(j, "identity", result->identity);
	json_key_c(j, "algorithm", result->algorithm);
	json_key(j, "key_bits");
	if (result->key_bits)
		json_i64(j, result->key_bits);
	else
		json_null_value(j);
	json_key_c(j, "canonicalization", result->canonicalization);
	json_key_bool(j, "testing", result->testing);
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
	put_explanation(j, result, language);
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

/* The field on one line: unfolded, without its CRLF. */
static void put_authentication_results(struct json *j, const char *field)
{
	struct str rest = str_c(field);
	struct buf line;

	buf_init(&line, rest.n);
	while (rest.n) {
		struct str part = str_split(&rest, '\r');

		buf_put(&line, part);
		if (rest.n && rest.p[0] == '\n')
			rest = str_skip(rest, 1);
	}
	put_printed(j, "authentication_results", &line);
}

static void put_from(struct json *j, const struct verdict *v, enum language language)
{
	json_key(j, "from");
	if (v->from_address.n == 0) {
		size_t count = header_count(v->header, STR("from"));

		json_null_value(j);
		json_key_c(j, "from_error",
		           count == 0
		                   ? TEXT_IN(language, "the message has no From field", "From フィールドがありません")
		           : count > 1 ? TEXT_IN(language, "the message has more than one From field",
		                                 "From フィールドが 2 つ以上あります")
		                       : TEXT_IN(language, "the From field holds no address",
		                                 "From フィールドにアドレスがありません"));
		return;
	}
	json_object_begin(j);
	json_key_str(j, "address", v->from_address);
	json_key_str(j, "domain", v->from_domain);
	json_object_end(j);
}

static void put_warnings(struct json *j, const struct verdict *v, enum language language)
{
	json_key(j, "warnings");
	json_array_begin(j);
	for (size_t i = 0; i < v->repeated_count; i++) {
		const char *name = v->repeated[i].name;
		char lower[32] = "";
		struct buf text;

		for (size_t k = 0; name[k] && k + 1 < sizeof lower; k++)
			lower[k] = to_lower(name[k]);
		buf_init(&text, TEXT_MAX);
		repeated_field_text(&text, &v->repeated[i], language);
		json_object_begin(j);
		json_key_c(j, "id", "repeated_field");
		json_key_c(j, "field", lower);
		put_printed(j, "text", &text);
		json_object_end(j);
	}
	json_array_end(j);
}

static void put_summary(struct json *j, const struct verdict *v, enum language language)
{
	struct buf text;

	buf_init(&text, TEXT_MAX);
	verdict_summary(&text, v, language);
	put_printed(j, "summary", &text);
}

void verdict_json(struct buf *out, const struct verdict *v, enum language language)
{
	struct json j = json_to(out);

	json_object_begin(&j);
	json_key_c(&j, "file", v->file);
	if (v->error) {
		json_key_c(&j, "error", v->error);
	} else {
		put_from(&j, v, language);
		put_summary(&j, v, language);
		json_key(&j, "dkim");
		json_array_begin(&j);
		for (size_t i = 0; i < v->dkim_count; i++)
			put_signature(&j, &v->dkim[i], language);
		json_array_end(&j);
		put_warnings(&j, v, language);
		put_authentication_results(&j, v->authentication_results);
	}
	json_object_end(&j);
	buf_put_char(out, '\n');
}
