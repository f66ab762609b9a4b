/* Tags in their order, from a table; see dmarc_builder.h. */
#include "identity/dmarc_builder.h"

static const struct text bad_value = {"a value may hold letters, digits, “:” and “-” only",
                                      "値に使えるのは英数字と「:」「-」だけです"};
static const struct text bad_address = {
	"an address for reports may not hold spaces or control characters, nor be empty",
	"レポートの宛先に空白や制御文字を含めたり、空にしたりすることはできません"};

/* ---- values ---- */

static bool is_plain(const char *value)
{
	for (; *value; value++)
		if (!is_alpha(*value) && !is_digit(*value) && *value != ':' && *value != '-')
			return false;
	return true;
}

/* Control characters and spaces end a URI, or a record. */
static bool is_address(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] <= 0x20 || s.p[i] == 0x7f)
			return false;
	return s.n > 0;
}

static bool has_scheme(struct str s)
{
	size_t colon = str_find(s, ':');

	for (size_t i = 0; i < colon; i++)
		if (!is_alpha(s.p[i]))
			return false;
	return colon > 0 && colon < s.n;
}

/* "a@b.example, https://c.example/": what would end the tag is encoded (RFC 7489 section 6.2) */
static bool put_uris(struct buf *out, const char *list)
{
	struct str rest = str_c(list);

	for (bool first = true; rest.n; first = false) {
		struct str uri = str_trim_wsp(str_split(&rest, ','));

		if (!is_address(uri))
			return false;
		buf_put_c(out, first ? "" : ",");
		buf_put_c(out, has_scheme(uri) ? "" : "mailto:");
		for (size_t i = 0; i < uri.n; i++) {
			if (uri.p[i] == ';')
				buf_put_c(out, "%3B");
			else
				buf_put_char(out, uri.p[i]);
		}
	}
	return true;
}

static int fail(struct text *why_out, struct text why)
{
	*why_out = why;
	return INKAN_EUSAGE;
}

/* ---- records ---- */

int dmarc_build(const struct dmarc_wish *w, struct buf *out, unsigned *left_out, struct text *why_out)
{
	const struct tag {
		const char *name, *value;
		bool is_uris;
		unsigned removed; /* by RFC 9989 */
	} tags[] = {
		{"p", w->p && *w->p ? w->p : "none", false, 0},
		{"rua", w->rua, true, 0},
		{"ruf", w->ruf, true, 0},
		{"sp", w->sp, false, 0},
		{"np", w->np, false, 0},
		{"adkim", w->adkim, false, 0},
		{"aspf", w->aspf, false, 0},
		{"fo", w->fo, false, 0},
		{"t", w->t, false, 0},
		{"psd", w->psd, false, 0},
		{"pct", w->pct, false, DMARC_LEFT_PCT},
		{"rf", w->rf, false, DMARC_LEFT_RF},
		{"ri", w->ri, false, DMARC_LEFT_RI},
	};
	unsigned left = 0;

	buf_put_c(out, "v=DMARC1");
	for (size_t i = 0; i < sizeof(tags) / sizeof(*tags); i++) {
		if (!tags[i].value || !*tags[i].value)
			continue;
		if (tags[i].removed && w->profile == INKAN_RFC9989) {
			left |= tags[i].removed;
			continue;
		}
		buf_printf(out, "; %s=", tags[i].name);
		if (tags[i].is_uris && !put_uris(out, tags[i].value))
			return fail(why_out, bad_address);
		if (!tags[i].is_uris && !is_plain(tags[i].value))
			return fail(why_out, bad_value);
		if (!tags[i].is_uris)
			buf_put_c(out, tags[i].value);
	}
	*left_out = left;
	return buf_error(out);
}

int tlsrpt_build(const char *rua, struct buf *out, struct text *why_out)
{
	buf_put_c(out, "v=TLSRPTv1; rua=");
	if (!rua || !*rua || !put_uris(out, rua))
		return fail(why_out, bad_address);
	return buf_error(out);
}

int mta_sts_build(const char *id, struct buf *out, struct text *why_out)
{
	if (!*id || !is_plain(id))
		return fail(why_out, bad_value);
	buf_printf(out, "v=STSv1; id=%s", id);
	return buf_error(out);
}
