/* Fields that stand in a message more often than they may, beyond what a signature covers (RFC 6376 section 8.15): who
 * forwards a signed message can put a second From on top, and the signature still verifies. */
#include "cli/verdict.h"

/* RFC 5322 section 3.6, RFC 2045 section 3 and RFC 2183: at most once. In the order in which readers look at them. */
static const char *const ONCE[REPEATED_FIELDS_MAX] = {
	"From",
	"Subject",
	"To",
	"Cc",
	"Date",
	"Reply-To",
	"Sender",
	"Message-ID",
	"In-Reply-To",
	"References",
	"Bcc",
	"MIME-Version",
	"Content-Type",
	"Content-Transfer-Encoding",
	"Content-Disposition",
	"Content-ID",
	"Content-Description",
};

/* How many fields of that name a signature covers: as many as h= names. */
static size_t covered(const struct inkan_dkim_result *result, struct str name)
{
	size_t count = 0;

	for (size_t i = 0; i < result->signed_header_count; i++)
		count += str_ieq(str_c(result->signed_headers[i]), name);
	return count;
}

void verdict_find_repeated(struct verdict *v)
{
	v->repeated_count = 0;
	if (v->outcome != OUTCOME_PASS)
		return;
	for (size_t i = 0; i < REPEATED_FIELDS_MAX; i++) {
		struct repeated_field field = {ONCE[i], header_count(v->header, str_c(ONCE[i])), 0};

		for (size_t k = 0; field.count > 1 && k < v->dkim_count; k++) {
			size_t count = v->dkim[k].result == INKAN_PASS ? covered(&v->dkim[k], str_c(ONCE[i])) : 0;

			field.covered = count > field.covered ? count : field.covered;
		}
		if (field.count > 1 && field.covered < field.count)
			v->repeated[v->repeated_count++] = field;
	}
	if (v->repeated_count)
		v->outcome = OUTCOME_DOUBTFUL;
}

void repeated_field_text(struct buf *out, const struct repeated_field *field, enum language language)
{
	if (language == LANGUAGE_JA)
		buf_printf(out,
		           "%s フィールドが %zu 個ありますが、署名の対象は %zu 個です。"
		           "読む人に見えるものが署名されたものとは限りません (RFC 6376 8.15 節)。",
		           field->name, field->count, field->covered);
	else
		buf_printf(out,
		           "The message has %zu %s fields, the signature covers %zu: which one a reader sees is not "
		           "proven (RFC 6376 section 8.15).",
		           field->count, field->name, field->covered);
}

const char *repeated_field_fix(enum language language)
{
	return TEXT_IN(language,
	               "Trust none of these fields, whoever the message seems to be from. Signers keep further fields "
	               "out by naming each field once more in h= than the message has it, as “inkan sign” does.",
	               "差出人が誰に見えても、これらのフィールドは信用しないでください。署名する側は、メッセージにある"
	               "数より 1 つ多く "
	               "h= に並べると、後からの追加を防げます (「inkan sign」はそうします)。");
}
