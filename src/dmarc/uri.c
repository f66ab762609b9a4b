#include "dmarc/uri.h"

static int hex_digit(char c)
{
	char lower = to_lower(c);

	return is_digit(c) ? c - '0' : lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* Percent-decoded; empty where an escape is broken or stands for a control character. */
static int decode(struct arena *arena, struct str s, struct str *out)
{
	char *p = arena_text(arena, s.n);
	size_t n = 0;

	*out = STR_NULL;
	if (!p)
		return arena_error(arena);
	for (size_t i = 0; i < s.n; i++) {
		int high = s.p[i] == '%' && s.n - i > 2 ? hex_digit(s.p[i + 1]) : -1;
		int low = high >= 0 ? hex_digit(s.p[i + 2]) : -1;
		char c = s.p[i];

		if (low >= 0)
			c = (char)(high * 16 + low);
		if ((s.p[i] == '%' && low < 0) || (unsigned char)c <= 32 || c == 127)
			return INKAN_OK;
		p[n++] = c;
		i += low >= 0 ? 2 : 0;
	}
	*out = str_from(p, n);
	return INKAN_OK;
}

/* obs-dmarc-report-size: "!10m" */
static struct str without_size(struct str uri)
{
	size_t at = str_rfind(uri, '!');
	struct str size = str_skip(uri, at + 1);

	if (at == uri.n)
		return uri;
	if (size.n && is_alpha(size.p[size.n - 1]) && strchr("kmgt", to_lower(size.p[size.n - 1])))
		size.n--;
	for (size_t i = 0; i < size.n; i++)
		if (!is_digit(size.p[i]))
			return uri;
	return size.n ? str_head(uri, at) : uri;
}

/* scheme ":" something, all printable ASCII */
static bool is_uri(struct str s)
{
	size_t colon = str_find(s, ':');

	if (colon == 0 || colon + 1 >= s.n || !is_alpha(s.p[0]))
		return false;
	for (size_t i = 0; i < s.n; i++) {
		bool in_scheme = is_alpha(s.p[i]) || is_digit(s.p[i]) || strchr("+-.", s.p[i]);

		if ((unsigned char)s.p[i] <= 32 || s.p[i] == 127 || (i < colon && !in_scheme))
			return false;
	}
	return true;
}

/* The address of a mailto: URI without its headers (?subject=...); empty where there is none. */
static int read_mail(struct arena *arena, struct dmarc_uri *uri)
{
	struct str address = str_skip(uri->uri, 7);
	int error;

	uri->mail = STR_NULL;
	if (!str_ihas_prefix(uri->uri, STR("mailto:")))
		return INKAN_OK;
	error = decode(arena, str_head(address, str_find(address, '?')), &uri->mail);
	size_t at = str_rfind(uri->mail, '@');

	if (at == 0 || at + 1 >= uri->mail.n)
		uri->mail = STR_NULL;
	return error;
}

int dmarc_uris_parse(struct arena *arena, struct str list, struct dmarc_uri **out, size_t *count_out)
{
	size_t room = 1, count = 0;

	for (size_t i = 0; i < list.n; i++)
		room += list.p[i] == ',';
	room = room < DMARC_URIS_MAX ? room : DMARC_URIS_MAX;
	struct dmarc_uri *uris = arena_calloc(arena, room, sizeof *uris);

	if (!uris)
		return arena_error(arena);
	while (list.n && count < room) {
		uris[count].uri = without_size(str_trim_wsp(str_split(&list, ',')));
		int error = is_uri(uris[count].uri) ? read_mail(arena, &uris[count]) : INKAN_OK;

		if (error)
			return error;
		/* a mailto: without an address is no valid reporting URI */
		bool mailto = str_ihas_prefix(uris[count].uri, STR("mailto:"));

		count += is_uri(uris[count].uri) && (!mailto || uris[count].mail.n);
	}
	*out = uris;
	*count_out = count;
	return INKAN_OK;
}
