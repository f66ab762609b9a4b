#include "spf/output.h"

#include <arpa/inet.h>

const struct spf_reply *spf_reply(enum inkan_result result)
{
	static const struct spf_reply fail = {550, "5.7.23", "SPF validation failed"};
	static const struct spf_reply temperror = {451, "4.7.24", "SPF validation error"};
	static const struct spf_reply permerror = {550, "5.7.24", "SPF validation error"};

	switch (result) {
	case INKAN_FAIL:
		return &fail;
	case INKAN_TEMPERROR:
		return &temperror;
	case INKAN_PERMERROR:
		return &permerror;
	default:
		return NULL;
	}
}

/* ---- Received-SPF ---- */

static bool is_printable(char c)
{
	return c >= 0x20 && c < 0x7f;
}

/* atext (RFC 5322 section 3.2.3) */
static bool is_atext(char c)
{
	return is_alpha(c) || is_digit(c) || (c && strchr("!#$%&'*+-/=?^_`{|}~", c));
}

/* dot-atom-text */
static bool is_dot_atom(struct str s)
{
	bool after_dot = true;

	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '.' ? after_dot : !is_atext(s.p[i]))
			return false;
		after_dot = s.p[i] == '.';
	}
	return !after_dot;
}

static void put_safe(struct buf *out, struct str s, const char *escaped)
{
	s = str_head(s, SPF_RECEIVED_VALUE_MAX);
	for (size_t i = 0; i < s.n; i++) {
		if (is_printable(s.p[i]) && strchr(escaped, s.p[i]))
			buf_put_char(out, '\\');
		buf_put_char(out, is_printable(s.p[i]) ? s.p[i] : '?');
	}
}

/* key-value-pair = key "=" ( dot-atom / quoted-string ), each on a line of its own; not put where the value is empty */
static void put_pair(struct buf *out, const char *key, struct str value)
{
	if (value.n == 0)
		return;
	buf_put_c(out, "\r\n\t");
	buf_put_c(out, key);
	buf_put_char(out, '=');
	if (value.n <= SPF_RECEIVED_VALUE_MAX && is_dot_atom(value)) {
		buf_put(out, value);
	} else {
		buf_put_char(out, '"');
		put_safe(out, value, "\"\\");
		buf_put_char(out, '"');
	}
	buf_put_char(out, ';');
}

static const char *verb(enum inkan_result result)
{
	switch (result) {
	case INKAN_PASS:
		return "designates the client as permitted sender";
	case INKAN_FAIL:
		return "does not designate the client as permitted sender";
	case INKAN_SOFTFAIL:
		return "rather does not designate the client as permitted sender";
	case INKAN_NEUTRAL:
		return "says nothing about the client";
	case INKAN_TEMPERROR:
		return "could not be asked";
	case INKAN_PERMERROR:
		return "has a record that cannot be interpreted";
	default:
		return "designates no permitted senders";
	}
}

static void put_comment(struct buf *out, const struct spf_query *query, const struct inkan_spf_result *result)
{
	buf_put_c(out, " (");
	if (query->receiver.n) {
		put_safe(out, query->receiver, "()\\");
		buf_put_c(out, ":");
	}
	buf_put_c(out, "\r\n\tdomain of ");
	put_safe(out, result->domain[0] ? str_c(result->domain) : STR("unknown"), "()\\");
	buf_put_c(out, "\r\n\t");
	buf_put_c(out, verb(result->result));
	buf_put_c(out, ")");
}

void spf_received(struct buf *out, const struct spf_query *query, const struct inkan_spf_result *result)
{
	char address[INET6_ADDRSTRLEN];
	const char *text = inet_ntop(query->is_ipv6 ? AF_INET6 : AF_INET, query->address, address, sizeof address);
	bool spoke = result->reason[0] == '\0';

	buf_put_c(out, "Received-SPF: ");
	buf_put_c(out, inkan_result_name(result->result));
	put_comment(out, query, result);
	put_pair(out, "client-ip", str_c(text));
	if (result->identity == INKAN_SPF_MAILFROM)
		put_pair(out, "envelope-from", query->sender.n ? query->sender : STR("<>"));
	put_pair(out, "helo", query->helo);
	put_pair(out, "identity", str_c(inkan_spf_identity_name(result->identity)));
	put_pair(out, "receiver", query->receiver);
	if (spoke)
		put_pair(out, "mechanism", result->mechanism[0] ? str_c(result->mechanism) : STR("default"));
	put_pair(out, "problem", str_c(result->reason));
	buf_put_c(out, "\r\n");
}
