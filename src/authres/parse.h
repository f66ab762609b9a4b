/* Reading Authentication-Results fields (RFC 8601 section 2.2; RULES R2 to R6, R11), strictly or as the world writes them. */
#pragma once

#include "core/arena.h"
#include "mail/header.h"

enum {
	AUTHRES_RESULTS_MAX = 100,         /* results of one field */
	AUTHRES_PROPERTIES_MAX = 100,      /* properties of one result */
	AUTHRES_PARSED_FIELD_MAX = 262144, /* octets of a field that is read */
	AUTHRES_PARSED_COMMENT_DEPTH_MAX = 32
};

struct authres_property_value {
	struct str name;  /* "header.d", lower case */
	struct str value; /* unquoted */
};

struct authres_result {
	struct str method;       /* lower case */
	unsigned method_version; /* 1 where none is given */
	struct str result;       /* lower case */
	struct str reason;       /* reason="..." unquoted */
	struct str
		comment; /* the comments behind the result, joined by a space: where Gmail and others put the reason */
	struct authres_property_value *properties;
	size_t property_count;
};

struct authres_field {
	struct str authserv_id; /* unquoted */
	unsigned version;       /* 1 where none is given */
	bool none;              /* "; none" */
	struct authres_result *results;
	size_t result_count;
	bool valid;          /* by the mode that was asked for */
	const char *trouble; /* what is wrong, static; "" */
	size_t position;     /* where */
};

enum authres_mode {
	AUTHRES_STRICT, /* RFC 8601 grammar */
	AUTHRES_RELAXED /* also: trailing ";", unquoted "/" ":" "=" in values, key=value without ptype, a missing authserv-id
			  * as Microsoft writes it, missing ";" between results, ... */
};

/* Reads a field body (folding included). Strings live in the arena. Errors: those of the arena; a field that cannot be
 * read is not an error but valid == false. */
INKAN_MUST_CHECK int authres_parse(struct arena *arena, struct str value, enum authres_mode mode,
                                   struct authres_field *out);

/* Whether two authserv-ids are the same: case, a trailing dot and white space round them do not count. */
bool authres_same_id(struct str a, struct str b);

/* Whether a field of that name and value claims to be ours (R3): authserv-id equal without case, after comments, folding and
 * quoted strings were taken apart, a trailing dot ignored; or of a version that we do not know. Errors of syntax that hide
 * the id count as ours, and so does an id that only a careless reader puts together ("mx(x).example"). */
INKAN_MUST_CHECK int authres_is_ours(struct arena *arena, const struct header_field *field, struct str authserv_id,
                                     bool *ours_out);

/* Whether a Received field names behind "by" a host (*by_out; empty where it names none) that is no relative of these ids:
 * then all below it is a stranger's word. */
bool authres_is_strangers(const struct header_field *field, const struct str *trusted_ids, size_t trusted_count,
                          struct str *by_out);

/* R5: index of the topmost field that may be believed: well-formed, of one of the trusted ids, and not below a Received
 * field that somebody else wrote: one that names behind "by" a host which is no relative of a trusted id (not the same, not
 * above or below it, not beside it under a common parent of two labels or more). Addresses and names without a dot there
 * tell nothing. HEADER_NONE where there is none. */
INKAN_MUST_CHECK int authres_trustworthy(const struct header *header, const struct str *trusted_ids,
                                         size_t trusted_count, size_t *field_out);
