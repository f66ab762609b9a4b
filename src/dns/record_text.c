/* Prints TXT records; see record_text.h. */
#include "dns/record_text.h"

#include "core/json.h"

enum { STRING_MAX = 255 }; /* octets of a character-string (RFC 1035 section 3.3) */

enum escapes {
	ESCAPES_MASTER, /* \" \\ and \DDD, decimal (RFC 1035 section 5.1) */
	ESCAPES_ROUTE53 /* \" and \ooo, octal (Route 53, "Supported DNS record types") */
};

static void put_octet_escape(struct buf *out, unsigned char c, enum escapes escapes)
{
	unsigned base = escapes == ESCAPES_MASTER ? 10 : 8;

	buf_put_char(out, '\\');
	buf_put_char(out, (char)('0' + c / (base * base)));
	buf_put_char(out, (char)('0' + c / base % base));
	buf_put_char(out, (char)('0' + c % base));
}

static void put_string(struct buf *out, struct str s, enum escapes escapes)
{
	buf_put_char(out, '"');
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c == '"' || (c == '\\' && escapes == ESCAPES_MASTER))
			buf_put_char(out, '\\');
		else if (c < 0x20 || c >= 0x7f || c == '\\') {
			put_octet_escape(out, c, escapes);
			continue;
		}
		buf_put_char(out, (char)c);
	}
	buf_put_char(out, '"');
}

static void put_strings(struct buf *out, struct str value, enum escapes escapes)
{
	put_string(out, str_head(value, STRING_MAX), escapes);
	while (value.n > STRING_MAX) {
		value = str_skip(value, STRING_MAX);
		buf_put_char(out, ' ');
		put_string(out, str_head(value, STRING_MAX), escapes);
	}
}

/* With a final dot. */
static void put_name(struct buf *out, struct str name, enum escapes escapes)
{
	if (name.n == 0) {
		buf_put_char(out, '@');
		return;
	}
	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];

		if (is_alpha(c) || is_digit(c) || c == '-' || c == '_' || c == '.' || c == '*' || c == '/')
			buf_put_char(out, c);
		else
			put_octet_escape(out, (unsigned char)c, escapes);
	}
	if (name.p[name.n - 1] != '.')
		buf_put_char(out, '.');
}

void record_text_quoted(struct buf *out, struct str value)
{
	put_strings(out, value, ESCAPES_MASTER);
}

void record_text_zone(struct buf *out, struct str name, uint32_t ttl, struct str value)
{
	bool several = value.n > STRING_MAX;

	put_name(out, name, ESCAPES_MASTER);
	buf_printf(out, " %u IN TXT %s", ttl, several ? "( " : "");
	record_text_quoted(out, value);
	buf_put_c(out, several ? " )\n" : "\n");
}

void record_text_nsupdate(struct buf *out, struct str name, uint32_t ttl, struct str value)
{
	buf_put_c(out, "update add ");
	put_name(out, name, ESCAPES_MASTER);
	buf_printf(out, " %u IN TXT ", ttl);
	record_text_quoted(out, value);
	buf_put_char(out, '\n');
}

void record_text_dig(struct buf *out, struct str value)
{
	record_text_quoted(out, value);
	buf_put_char(out, '\n');
}

static void put_json(struct json *j, struct buf *text)
{
	json_str(j, buf_str(text));
	if (buf_error(text))
		j->out->error = buf_error(text);
	buf_clear(text);
}

void record_text_route53(struct buf *out, struct str name, uint32_t ttl, struct str value)
{
	struct json j = json_to(out);
	struct buf text;

	buf_init(&text, out->max);
	json_object_begin(&j);
	json_key(&j, "Changes");
	json_array_begin(&j);
	json_object_begin(&j);
	json_key_c(&j, "Action", "UPSERT");
	json_key(&j, "ResourceRecordSet");
	json_object_begin(&j);
	put_name(&text, name, ESCAPES_ROUTE53);
	json_key(&j, "Name");
	put_json(&j, &text);
	json_key_c(&j, "Type", "TXT");
	json_key_i64(&j, "TTL", ttl);
	json_key(&j, "ResourceRecords");
	json_array_begin(&j);
	json_object_begin(&j);
	put_strings(&text, value, ESCAPES_ROUTE53);
	json_key(&j, "Value");
	put_json(&j, &text);
	json_object_end(&j);
	json_array_end(&j);
	json_object_end(&j);
	json_object_end(&j);
	json_array_end(&j);
	json_object_end(&j);
	buf_put_char(out, '\n');
	buf_release(&text);
}

static void put_csv_field(struct buf *out, struct str s)
{
	buf_put_char(out, '"');
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '"')
			buf_put_char(out, '"');
		buf_put_char(out, s.p[i]);
	}
	buf_put_char(out, '"');
}

void record_text_csv(struct buf *out, struct str name, uint32_t ttl, struct str value)
{
	buf_put_c(out, "name,type,ttl,value\r\n");
	put_csv_field(out, name);
	buf_printf(out, ",TXT,%u,", ttl);
	put_csv_field(out, value);
	buf_put_c(out, "\r\n");
}
