/* Picks the row that explains a result and fills its templates. The texts are in explain_table.c. */
#include "explain/signature.h"

#include "core/time.h"

static bool fits(const struct explanation *row, const struct inkan_dkim_result *result)
{
	if (row->kind != result->explanation)
		return false;
	if (row->cause != INKAN_DKIM_OK && row->cause != result->cause)
		return false;
	if (row->fault != DKIM_FAULT_NONE && strcmp(dkim_fault(row->fault)->reason, result->reason) != 0)
		return false;
	if (row->header_verified && !result->header_verified)
		return false;
	return !row->change || strcmp(row->change, result->change) == 0;
}

const struct explanation *explain(const struct inkan_dkim_result *result)
{
	size_t count;
	const struct explanation *table = explain_table(&count);

	for (size_t i = 0; i < count; i++)
		if (fits(&table[i], result))
			return &table[i];
	return NULL;
}

const char *explain_reason(const struct inkan_dkim_result *result, enum language language)
{
	if (language == LANGUAGE_JA)
		for (size_t i = 0; i < DKIM_FAULT_COUNT; i++)
			if (strcmp(dkim_fault((enum dkim_fault_id)i)->reason, result->reason) == 0)
				return explain_reason_ja((enum dkim_fault_id)i);
	return result->reason;
}

/* ---- templates ---- */

enum {
	HEADERS_MAX = 40 /* names of signed fields that a sentence lists */
};

static void put_text(struct buf *out, const char *text)
{
	template_put_value(out, str_c(text));
}

static void put_headers(struct buf *out, const struct inkan_dkim_result *result)
{
	size_t count = result->signed_header_count;

	for (size_t i = 0; i < count && i < HEADERS_MAX; i++) {
		buf_put_c(out, i ? ", " : "");
		put_text(out, result->signed_headers[i]);
	}
	buf_put_c(out, count > HEADERS_MAX ? ", …" : "");
}

static void put_time(struct buf *out, int64_t when)
{
	if (when == INKAN_TIME_NONE)
		buf_put_c(out, "?");
	else
		time_print(out, when);
}

bool explain_value(const struct inkan_dkim_result *result, struct buf *out, struct str name, enum language language)
{
	const struct {
		const char *name, *value;
	} texts[] = {
		{"domain", result->domain},
		{"selector", result->selector},
		{"algorithm", result->algorithm},
		{"canonicalization", result->canonicalization},
		{"reason", explain_reason(result, language)},
		{"section", result->section},
		{"signed", result->body_hash_signed},
		{"computed", result->body_hash_computed},
		{"header", result->changed_header},
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof *texts; i++)
		if (str_eq(name, str_c(texts[i].name))) {
			put_text(out, texts[i].value);
			return true;
		}
	if (str_eq(name, STR("key_name"))) {
		put_text(out, result->selector);
		buf_put_c(out, "._domainkey.");
		put_text(out, result->domain);
	} else if (str_eq(name, STR("headers"))) {
		put_headers(out, result);
	} else if (str_eq(name, STR("bits"))) {
		buf_put_u64(out, result->key_bits);
	} else if (str_eq(name, STR("body_length"))) {
		buf_put_i64(out, result->body_length);
	} else if (str_eq(name, STR("body_size"))) {
		buf_put_u64(out, result->body_size);
	} else if (str_eq(name, STR("timestamp"))) {
		put_time(out, result->timestamp);
	} else if (str_eq(name, STR("expiration"))) {
		put_time(out, result->expiration);
	} else {
		return false;
	}
	return true;
}

static bool value_of(void *context, struct buf *out, struct str name, enum language language)
{
	return explain_value(context, out, name, language);
}

void explain_put(struct buf *out, struct text template, const struct inkan_dkim_result *result, enum language language)
{
	struct inkan_dkim_result copy = *result;

	template_put(out, template, language, value_of, &copy);
}

void explain_sentences(struct buf *out, const struct inkan_dkim_result *result, enum language language)
{
	const struct explanation *row = explain(result);

	for (size_t i = 0; row && row->why[i].text.en; i++) {
		buf_put_c(out, i && language == LANGUAGE_EN ? " " : "");
		explain_put(out, row->why[i].text, result, language);
	}
}
