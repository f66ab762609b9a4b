/* Authentication-Results fields (RFC 8601) of other receivers: reading one, which one of a message may be believed, which
 * ones are to be removed on arrival because they pretend to be ours.
 *
 *	inkan_message_forged_fields(m, ids, 1, &forged, &n);	(of a message from outside, header complete)
 *	for (i = 0; i < n; i++)
 *		smfi_chgheader(ctx, "Authentication-Results", forged[i].index, NULL);
 */
#pragma once

#include "inkan/message.h"

#ifdef __cplusplus
extern "C" {
#endif

struct inkan_authres_property {
	const char *name;  /* "header.d", lower case */
	const char *value; /* unquoted */
};

struct inkan_authres_result {
	const char *method; /* "dkim", lower case; unknown ones are to be ignored */
	unsigned method_version;
	const char *result;  /* "pass", lower case */
	const char *reason;  /* reason="..." unquoted; "" */
	const char *comment; /* the comments behind the result, where many receivers put the reason; "" */
	const struct inkan_authres_property *properties;
	size_t property_count;
};

/* One field. Strings are terminated, never NULL, without control characters; who wrote them is another question. */
struct inkan_authres {
	bool valid;              /* could be read; else only trouble and position mean anything */
	bool strict;             /* and follows the grammar of RFC 8601 to the letter */
	const char *trouble;     /* what is wrong; "" */
	size_t position;         /* where: octet in the value */
	const char *authserv_id; /* who says so; "" where it is missing, as Microsoft writes it */
	unsigned version;        /* other than 1: not to be used */
	bool none;               /* "; none": nothing was checked */
	const struct inkan_authres_result *results;
	size_t result_count;
};

/* Reads the value of a field (what stands behind the colon, folding included), tolerantly. A value that cannot be read is
 * no error. Errors: INKAN_ENOMEM. */
INKAN_API INKAN_MUST_CHECK int inkan_authres_read(const char *value, size_t n, struct inkan_authres **out);
/* NULL is fine. */
INKAN_API void inkan_authres_free(struct inkan_authres *results);

/* An Authentication-Results field that pretends to be of this receiver. */
struct inkan_forged_field {
	size_t index; /* among the fields of that name, 1 for the topmost: as smfi_chgheader() counts */
};

/* The fields of a message from outside that claim one of this receiver's own authserv-ids, or a version that nobody knows
 * (RFC 8601 section 5): from the bottom up, so that removing one leaves the indexes of the rest right. Ask once the
 * header is complete. The array lives until the message is reset or freed. Errors: INKAN_EUSAGE (the header is not
 * complete, or there are more than 10,000 ids), INKAN_ENOMEM, INKAN_ELIMIT. */
INKAN_API INKAN_MUST_CHECK int inkan_message_forged_fields(struct inkan_message *message,
                                                           const char *const *authserv_ids, size_t count,
                                                           const struct inkan_forged_field **out, size_t *count_out);

/* The topmost field of the message that claims to be of one of the trusted ids, unless a Received field above it shows that
 * it came from a stranger. Only behind a border that removes forged ones, as inkan_message_forged_fields() finds them. NULL
 * in *out where there is none. Freed by inkan_authres_free(). Errors: as above. */
INKAN_API INKAN_MUST_CHECK int inkan_message_trusted_results(struct inkan_message *message,
                                                             const char *const *trusted_ids, size_t count,
                                                             struct inkan_authres **out);

#ifdef __cplusplus
}
#endif
