#include "core/json.h"

#include "core/utf8.h"

static void begin_value(struct json *j)
{
	if (j->need_comma)
		buf_put_char(j->out, ',');
	j->need_comma = true;
}

static void open(struct json *j, char bracket)
{
	begin_value(j);
	buf_put_char(j->out, bracket);
	j->need_comma = false;
}

static void close(struct json *j, char bracket)
{
	buf_put_char(j->out, bracket);
	j->need_comma = true;
}

void json_object_begin(struct json *j)
{
	open(j, '{');
}

void json_object_end(struct json *j)
{
	close(j, '}');
}

void json_array_begin(struct json *j)
{
	open(j, '[');
}

void json_array_end(struct json *j)
{
	close(j, ']');
}

static void put_escape(struct buf *out, unsigned char c)
{
	switch (c) {
	case '"':
		buf_put_c(out, "\\\"");
		break;
	case '\\':
		buf_put_c(out, "\\\\");
		break;
	case '\n':
		buf_put_c(out, "\\n");
		break;
	case '\r':
		buf_put_c(out, "\\r");
		break;
	case '\t':
		buf_put_c(out, "\\t");
		break;
	default:
		buf_printf(out, "\\u%04x", c);
	}
}

static bool is_plain(char c)
{
	unsigned char u = (unsigned char)c;

	return u >= 0x20 && u < 0x7f && u != '"' && u != '\\';
}

static void put_quoted(struct buf *out, struct str s)
{
	buf_put_char(out, '"');
	while (s.n) {
		size_t plain = 0;

		while (plain < s.n && is_plain(s.p[plain]))
			plain++;
		buf_put(out, str_head(s, plain));
		s = str_skip(s, plain);
		if (s.n == 0)
			break;
		size_t size = utf8_char_size(s);

		if (size == 0)
			buf_put_c(out, "\xef\xbf\xbd");
		else if (size == 1)
			put_escape(out, (unsigned char)s.p[0]);
		else
			buf_put(out, str_head(s, size));
		s = str_skip(s, size ? size : 1);
	}
	buf_put_char(out, '"');
}

void json_key(struct json *j, const char *key)
{
	begin_value(j);
	put_quoted(j->out, str_c(key));
	buf_put_char(j->out, ':');
	j->need_comma = false;
}

void json_str(struct json *j, struct str value)
{
	begin_value(j);
	put_quoted(j->out, value);
}

void json_i64(struct json *j, int64_t value)
{
	begin_value(j);
	buf_put_i64(j->out, value);
}

void json_bool(struct json *j, bool value)
{
	begin_value(j);
	buf_put_c(j->out, value ? "true" : "false");
}

void json_null_value(struct json *j)
{
	begin_value(j);
	buf_put_c(j->out, "null");
}

void json_key_str(struct json *j, const char *key, struct str value)
{
	json_key(j, key);
	json_str(j, value);
}

void json_key_c(struct json *j, const char *key, const char *value)
{
	json_key_str(j, key, str_c(value));
}

void json_key_i64(struct json *j, const char *key, int64_t value)
{
	json_key(j, key);
	json_i64(j, value);
}

void json_key_bool(struct json *j, const char *key, bool value)
{
	json_key(j, key);
	json_bool(j, value);
}
