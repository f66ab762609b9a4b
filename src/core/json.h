/* A JSON writer (RFC 8259) into a buffer: commas, escapes and nesting are its business, the order is the caller's.
 *
 * Octets that are not UTF-8 come out as U+FFFD, so that the output is always valid JSON whatever a message held. */
#pragma once

#include "core/buf.h"

struct json {
	struct buf *out;
	bool need_comma;
};

static inline struct json json_to(struct buf *out)
{
	return (struct json){out, false};
}

void json_object_begin(struct json *j);
void json_object_end(struct json *j);
void json_array_begin(struct json *j);
void json_array_end(struct json *j);
void json_key(struct json *j, const char *key);
void json_str(struct json *j, struct str value);
void json_i64(struct json *j, int64_t value);
void json_bool(struct json *j, bool value);
void json_null_value(struct json *j);

/* key and value in one call */
void json_key_str(struct json *j, const char *key, struct str value);
void json_key_c(struct json *j, const char *key, const char *value);
void json_key_i64(struct json *j, const char *key, int64_t value);
void json_key_bool(struct json *j, const char *key, bool value);
