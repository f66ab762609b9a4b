#include "auth/repeated.h"

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

size_t repeated_fields(const struct header *header, const struct inkan_dkim_result *dkim, size_t dkim_count,
                       struct inkan_repeated_field *out)
{
	size_t found = 0;
	bool passed = false;

	for (size_t k = 0; k < dkim_count; k++)
		passed |= dkim[k].result == INKAN_PASS;
	for (size_t i = 0; passed && i < REPEATED_FIELDS_MAX; i++) {
		struct inkan_repeated_field field = {ONCE[i], header_count(header, str_c(ONCE[i])), 0};

		for (size_t k = 0; field.count > 1 && k < dkim_count; k++) {
			size_t count = dkim[k].result == INKAN_PASS ? covered(&dkim[k], str_c(ONCE[i])) : 0;

			field.covered = count > field.covered ? count : field.covered;
		}
		if (field.count > 1 && field.covered < field.count)
			out[found++] = field;
	}
	return found;
}
