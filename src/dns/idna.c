#include "dns/idna.h"

#include <idn2.h>

enum { ULABEL_MAX = 252 /* octets of a U-label (RFC 5890 section 4.2) */ };

static bool is_ascii(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] >= 0x80)
			return false;
	return true;
}

/* Puts the A-label of a U-label; false where it is none, or INKAN_ENOMEM is in *error_out. */
static bool put_alabel(struct buf *out, struct str label, int *error_out)
{
	uint8_t terminated[ULABEL_MAX + 1], *alabel = NULL;

	if (label.n > ULABEL_MAX || memchr(label.p, '\0', label.n))
		return false;
	memcpy(terminated, label.p, label.n);
	terminated[label.n] = '\0';
	int result = idn2_lookup_u8(terminated, &alabel, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);

	if (result != IDN2_OK) {
		*error_out = result == IDN2_MALLOC ? INKAN_ENOMEM : INKAN_OK;
		return false;
	}
	struct str text = str_c((char *)alabel);
	bool good = str_has_prefix(text, STR("xn--")) && str_find(text, '.') == text.n;

	if (good)
		buf_put(out, text);
	idn2_free(alabel);
	return good;
}

static bool put_labels(struct buf *out, struct str name, int *error_out)
{
	while (name.n) {
		size_t dot = str_find(name, '.');
		struct str label = str_head(name, dot);

		if (is_ascii(label))
			buf_put(out, label);
		else if (!put_alabel(out, label, error_out))
			return false;
		if (dot < name.n)
			buf_put_char(out, '.');
		name = str_skip(name, dot + 1);
	}
	return true;
}

int dns_name_to_ascii(struct arena *arena, struct str name, struct str *out)
{
	struct buf text;
	int error = INKAN_OK;

	*out = name;
	if (is_ascii(name))
		return INKAN_OK;
	*out = STR_NULL;
	buf_init(&text, DNS_NAME_MAX);
	if (put_labels(&text, name, &error) && buf_error(&text) == INKAN_OK)
		*out = arena_str(arena, buf_str(&text));
	if (buf_error(&text) == INKAN_ENOMEM)
		error = INKAN_ENOMEM;
	buf_release(&text);
	return error ? error : arena_error(arena);
}

int dns_name_to_host(struct arena *arena, struct str name, struct str *out)
{
	char text[DNS_NAME_MAX];
	size_t n;
	struct str ascii = name;
	int error = dns_name_to_ascii(arena, name, &ascii);

	*out = STR_NULL;
	if (error)
		return error;
	if (!dns_name_normalise(ascii, text, &n) || !dns_name_is_host(str_from(text, n), true, false))
		return INKAN_OK;
	*out = arena_str(arena, str_from(text, n));
	return arena_error(arena);
}
