/* Encoded words (RFC 2047), decoded leniently as mail programs do.
 *
 * Character sets are looked up in a table of those that mail uses, so that a message never chooses which converter of
 * the C library runs. */
#include "cli/display.h"

#include <iconv.h>

#include "cli/output.h"
#include "core/base64.h"

enum {
	DISPLAY_VALUE_MAX = 4096 /* octets of one header value that are shown; the rest becomes "…" */
};

/* What mail calls a character set, and what iconv calls the widest set that contains it. */
static const struct charset {
	const char *mail, *iconv; /* iconv: NULL where the octets are UTF-8 already */
} CHARSETS[] = {
	{"utf-8", NULL},
	{"utf8", NULL},
	{"us-ascii", NULL},
	{"iso-2022-jp", "ISO-2022-JP-3"},
	{"iso-2022-jp-1", "ISO-2022-JP-1"},
	{"iso-2022-jp-2", "ISO-2022-JP-2"},
	{"iso-2022-jp-3", "ISO-2022-JP-3"},
	{"shift_jis", "CP932"},
	{"shift-jis", "CP932"},
	{"sjis", "CP932"},
	{"x-sjis", "CP932"},
	{"cp932", "CP932"},
	{"windows-31j", "CP932"},
	{"euc-jp", "EUC-JP-MS"},
	{"iso-8859-1", "WINDOWS-1252"},
	{"iso-8859-2", "ISO-8859-2"},
	{"iso-8859-3", "ISO-8859-3"},
	{"iso-8859-4", "ISO-8859-4"},
	{"iso-8859-5", "ISO-8859-5"},
	{"iso-8859-6", "ISO-8859-6"},
	{"iso-8859-7", "ISO-8859-7"},
	{"iso-8859-8", "ISO-8859-8"},
	{"iso-8859-9", "WINDOWS-1254"},
	{"iso-8859-10", "ISO-8859-10"},
	{"iso-8859-13", "ISO-8859-13"},
	{"iso-8859-14", "ISO-8859-14"},
	{"iso-8859-15", "ISO-8859-15"},
	{"iso-8859-16", "ISO-8859-16"},
	{"windows-1250", "WINDOWS-1250"},
	{"windows-1251", "WINDOWS-1251"},
	{"windows-1252", "WINDOWS-1252"},
	{"windows-1253", "WINDOWS-1253"},
	{"windows-1254", "WINDOWS-1254"},
	{"windows-1255", "WINDOWS-1255"},
	{"windows-1256", "WINDOWS-1256"},
	{"windows-1257", "WINDOWS-1257"},
	{"windows-1258", "WINDOWS-1258"},
	{"koi8-r", "KOI8-R"},
	{"koi8-u", "KOI8-U"},
	{"gb2312", "GB18030"},
	{"gbk", "GB18030"},
	{"gb18030", "GB18030"},
	{"big5", "BIG5-HKSCS"},
	{"euc-kr", "UHC"},
	{"ks_c_5601-1987", "UHC"},
	{"iso-2022-kr", "ISO-2022-KR"},
	{"tis-620", "TIS-620"},
	{"windows-874", "CP874"},
};

/* =?charset*language?encoding?text?= */
struct encoded_word {
	const struct charset *charset;
	char encoding; /* 'b' or 'q' */
	struct str text;
	size_t size; /* octets of the whole word */
};

static const struct charset *charset_find(struct str name)
{
	name = str_head(name, str_find(name, '*'));
	for (size_t i = 0; i < sizeof(CHARSETS) / sizeof *CHARSETS; i++)
		if (str_ieq(name, str_c(CHARSETS[i].mail)))
			return &CHARSETS[i];
	return NULL;
}

/* Whether s starts with an encoded word that can be decoded. */
static bool encoded_word_parse(struct str s, struct encoded_word *out)
{
	if (!str_has_prefix(s, STR("=?")))
		return false;
	struct str rest = str_skip(s, 2);
	struct str charset = str_split(&rest, '?');
	struct str encoding = str_split(&rest, '?');
	size_t end = str_search(rest, STR("?="));

	if (end == rest.n || encoding.n != 1)
		return false;
	struct str text = str_head(rest, end);
	char kind = to_lower(encoding.p[0]);

	for (size_t i = 0; i < text.n; i++)
		if (is_fws_char(text.p[i]))
			return false;
	*out = (struct encoded_word){charset_find(charset), kind, text, (size_t)(text.p + text.n + 2 - s.p)};
	return out->charset && (kind == 'b' || kind == 'q');
}

static void decode_q(struct buf *out, struct str text)
{
	for (size_t i = 0; i < text.n; i++) {
		unsigned char octet;
		size_t size;

		if (text.p[i] == '=' && text.n - i > 2 && hex_decode(str_from(text.p + i + 1, 2), &octet, &size)) {
			buf_put_char(out, (char)octet);
			i += 2;
		} else {
			buf_put_char(out, text.p[i] == '_' ? ' ' : text.p[i]);
		}
	}
}

static void decode_b(struct buf *out, struct str text)
{
	char *to = buf_reserve(out, base64_decoded_max(text.n));
	size_t size;

	if (to && base64_decode(text, BASE64_FWS, (unsigned char *)to, &size, NULL))
		buf_commit(out, size);
}

/* Octets of a character set as UTF-8; what is not text of that set becomes U+FFFD. */
static void put_converted(struct buf *out, const struct charset *charset, struct str octets)
{
	iconv_t converter = charset->iconv ? iconv_open("UTF-8", charset->iconv) : (iconv_t)-1;

	if (converter == (iconv_t)-1) {
		buf_put(out, octets);
		return;
	}
	char *in = (char *)(uintptr_t)octets.p; /* iconv() does not write there, whatever its prototype says */
	size_t left = octets.n;

	while (left) {
		enum { PIECE = 256 };
		char *to = buf_reserve(out, PIECE);
		size_t room = PIECE;

		if (!to)
			break;
		size_t before = left;
		size_t result = iconv(converter, &in, &left, &to, &room);

		buf_commit(out, PIECE - room);
		if (result == (size_t)-1 && left == before && room == PIECE) {
			buf_put_c(out, "\xef\xbf\xbd");
			in++;
			left--;
		}
	}
	iconv_close(converter);
}

/* Takes a run of encoded words from *rest: those of one character set are decoded together, as senders split characters
 * between words. White space between two words belongs to neither. */
static void put_encoded_words(struct buf *out, struct encoded_word word, struct str *rest)
{
	struct buf octets;
	bool more = true;

	buf_init(&octets, DISPLAY_VALUE_MAX);
	while (more) {
		const struct charset *charset = word.charset;

		if (word.encoding == 'b')
			decode_b(&octets, word.text);
		else
			decode_q(&octets, word.text);
		*rest = str_skip(*rest, word.size);

		size_t gap = 0;

		while (gap < rest->n && is_fws_char(rest->p[gap]))
			gap++;
		more = encoded_word_parse(str_skip(*rest, gap), &word);
		if (more)
			*rest = str_skip(*rest, gap);
		if (!more || word.charset != charset) {
			put_converted(out, charset, buf_str(&octets));
			buf_clear(&octets);
		}
	}
	buf_release(&octets);
}

static void put_decoded(struct buf *out, struct str value)
{
	while (value.n) {
		struct encoded_word word;

		if (encoded_word_parse(value, &word)) {
			put_encoded_words(out, word, &value);
			continue;
		}
		if (value.p[0] == '\t')
			buf_put_char(out, ' ');
		else if (value.p[0] != '\r' && value.p[0] != '\n')
			buf_put_char(out, value.p[0]);
		value = str_skip(value, 1);
	}
}

void display_header(struct buf *out, struct str value)
{
	struct str shown = str_head(str_trim_fws(value), DISPLAY_VALUE_MAX);
	struct buf decoded;

	buf_init(&decoded, (size_t)DISPLAY_VALUE_MAX * 4);
	put_decoded(&decoded, shown);
	safe_text(out, str_trim_fws(buf_str(&decoded)));
	if (shown.n < str_trim_fws(value).n)
		buf_put_c(out, "…");
	buf_release(&decoded);
}
