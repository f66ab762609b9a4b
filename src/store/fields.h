/* The members of an outcome as a table: what packs, prints, stores and reads them goes through it. */
#pragma once

#include "core/json.h"
#include "store/outcome.h"

enum field_kind { FIELD_TEXT, FIELD_I64, FIELD_U64, FIELD_U32, FIELD_BOOL };

/* Who may see a text. */
enum field_privacy {
	PRIVACY_NONE,
	PRIVACY_ADDRESS, /* an address: only its domain where addresses are not wanted */
	PRIVACY_PERSON   /* a name of a person: nothing but its domain, where it has one */
};

struct outcome_field {
	const char *name; /* in JSON, and of the column */
	size_t offset;    /* in struct outcome, or in the element of a list */
	enum field_kind kind;
	enum field_privacy privacy;
};

/* Of the message; in the order in which they are packed. A change of any of these tables is a new OUTCOME_VERSION in
 * outcome.c, and a migration in store.c. */
enum { OUTCOME_FIELDS = 45, OUTCOME_DKIM_FIELDS = 5, OUTCOME_SIGNED_FIELDS = 3 };
extern const struct outcome_field outcome_fields[OUTCOME_FIELDS];
/* Of the elements of `dkim` and `signatures`. */
extern const struct outcome_field outcome_dkim_fields[OUTCOME_DKIM_FIELDS];
extern const struct outcome_field outcome_signed_fields[OUTCOME_SIGNED_FIELDS];

static inline struct str field_text(const void *element, const struct outcome_field *field)
{
	struct str text;

	memcpy(&text, (const char *)element + field->offset, sizeof(text));
	return text;
}

/* The value of any kind but FIELD_TEXT; a number beyond INT64_MAX is taken as that. */
int64_t field_number(const void *element, const struct outcome_field *field);
void field_set_text(void *element, const struct outcome_field *field, struct str value);
/* A value that the kind cannot hold is cut to what it can. */
void field_set_number(void *element, const struct outcome_field *field, int64_t value);

/* The lists as JSON arrays: what the columns `dkim` and `signatures` hold. */
void outcome_dkim_json(const struct outcome *outcome, struct json *j);
void outcome_signed_json(const struct outcome *outcome, struct json *j);

/* What stands behind the last "@", without a closing angle bracket; "" where there is no "@". */
struct str address_domain(struct str address);
