/* Reading order: decode() makes one text with LF, then find_shape() looks at its lines, then emit() writes fields. */
#include "check/pasted_header.h"

#include "core/buf.h"
#include "core/utf8.h"

enum {
	NAME_MAX_OCTETS = 76, /* of a field's name, to be taken for one */
	SPACED_LINES = 3      /* so many lines, each with an empty one behind it, make a spaced copy */
};

struct paste {
	struct buf text; /* decoded, lines end with LF */
	struct buf out;
	unsigned repairs;
	struct str region; /* of the text: from the first field on */
	size_t indent;     /* octets before every line of it */
	bool spaced;
};

/* ---- decoding ---- */

static size_t put_entity(struct buf *out, struct str rest)
{
	static const struct {
		const char *entity, *octets;
	} entities[] = {{"&lt;", "<"},   {"&gt;", ">"},   {"&quot;", "\""}, {"&#34;", "\""}, {"&#39;", "'"},
	                {"&apos;", "'"}, {"&nbsp;", " "}, {"&#160;", " "},  {"&amp;", "&"},  {"\xc2\xa0", " "}};

	for (size_t i = 0; i < sizeof entities / sizeof *entities; i++)
		if (str_has_prefix(rest, str_c(entities[i].entity))) {
			buf_put_c(out, entities[i].octets);
			return strlen(entities[i].entity);
		}
	return 0;
}

/* UTF-16, either way round, to UTF-8; what is no character becomes "?". */
static void decode_utf16(struct buf *out, struct str text, bool little)
{
	for (size_t i = 0; i + 1 < text.n; i += 2) {
		unsigned first = (unsigned char)text.p[i + !little];
		unsigned second = (unsigned char)text.p[i + little];
		uint32_t unit = second << 8 | first;
		char octets[4];
		size_t n = utf8_put(unit, octets);

		buf_put(out, n ? str_from(octets, n) : STR("?"));
	}
}

/* Line ends to LF, entities to what they stand for. */
static void decode(struct paste *p, struct str text)
{
	for (size_t i = 0; i < text.n;) {
		size_t entity = text.p[i] == '&' || text.p[i] == '\xc2' ? put_entity(&p->text, str_skip(text, i)) : 0;

		if (entity) {
			p->repairs |= PASTED_ENTITIES;
			i += entity;
		} else if (text.p[i] == '\r') {
			buf_put_char(&p->text, '\n');
			i += i + 1 < text.n && text.p[i + 1] == '\n' ? 2 : 1;
		} else {
			buf_put_char(&p->text, text.p[i++]);
		}
	}
}

static void decode_any(struct paste *p, struct str text)
{
	struct buf narrow;

	buf_init(&narrow, 2 * PASTED_HEADER_MAX);
	if (str_has_prefix(text, STR("\xef\xbb\xbf"))) {
		p->repairs |= PASTED_DECODED;
		decode(p, str_skip(text, 3));
	} else if (str_has_prefix(text, STR("\xff\xfe")) || str_has_prefix(text, STR("\xfe\xff"))) {
		p->repairs |= PASTED_DECODED;
		decode_utf16(&narrow, str_skip(text, 2), text.p[0] == '\xff');
		decode(p, buf_str(&narrow));
	} else {
		decode(p, text);
	}
	if (narrow.error && !p->text.error)
		p->text.error = narrow.error;
	buf_release(&narrow);
}

/* ---- lines ---- */

static bool is_name_char(char c)
{
	return is_alpha(c) || is_digit(c) || c == '-' || c == '_';
}

/* Octets up to and with the colon, where the line begins with a name and a colon; else 0. */
static size_t field_start(struct str line)
{
	size_t n = 0, colon;

	while (n < line.n && is_name_char(line.p[n]))
		n++;
	colon = n;
	while (colon < line.n && is_wsp(line.p[colon]))
		colon++;
	if (n == 0 || n > NAME_MAX_OCTETS || !is_alpha(line.p[0]) || colon == line.n || line.p[colon] != ':')
		return 0;
	/* "https://", "12:34", "h=from:to" are none; a name and a colon within folded text have something right behind */
	return colon + 1 == line.n || is_wsp(line.p[colon + 1]) ||
	                       str_ieq(str_head(line, n), STR("Authentication-Results"))
	               ? colon + 1
	               : 0;
}

/* How a line begins that was quoted or indented: octets of ">", SP and HTAB. */
static size_t prefix_of(struct str line)
{
	size_t n = 0;

	while (n < line.n && (line.p[n] == '>' || is_wsp(line.p[n])))
		n++;
	return n;
}

static bool is_blank(struct str line)
{
	return prefix_of(line) == line.n;
}

/* ---- the shape of the whole ---- */

/* Whether each of the first lines has an empty one behind it, and several of them begin fields. */
static bool is_spaced(struct str region, size_t indent)
{
	size_t lines = 0, starts = 0;

	while (region.n && lines < SPACED_LINES) {
		struct str line = str_split(&region, '\n');

		starts += field_start(str_skip(line, indent < line.n ? indent : line.n)) > 0;
		lines++;
		if (region.n && !is_blank(str_split(&region, '\n')))
			return false;
	}
	return lines == SPACED_LINES && starts > 1;
}

/* The prefix that every line up to the first empty one has; those of spaced copies too. */
static size_t common_indent(struct str region, size_t most)
{
	while (region.n && most) {
		struct str line = str_split(&region, '\n');
		size_t n = prefix_of(line);

		if (n == line.n)
			break;
		most = n < most ? n : most;
	}
	return most;
}

static void find_shape(struct paste *p)
{
	struct str rest = buf_str(&p->text);
	bool skipped = false;

	while (rest.n) {
		struct str from = rest, line = str_split(&rest, '\n');
		size_t prefix = prefix_of(line);

		if (field_start(str_skip(line, prefix))) {
			p->region = from;
			p->indent = common_indent(from, prefix);
			/* a first line that is indented, where the others are not, is no field */
			if (p->indent == prefix)
				break;
			p->region = STR_NULL;
		}
		skipped |= !is_blank(line);
	}
	p->spaced = is_spaced(p->region, p->indent);
	if (p->region.n)
		p->repairs |= (skipped ? PASTED_LEADING : 0u) | (p->indent ? PASTED_QUOTED : 0u) |
		              (p->spaced ? PASTED_SPACED : 0u);
}

/* ---- fields ---- */

/* Names at which a copy without line ends is taken apart. */
static const char *const KNOWN[] = {
	"Authentication-Results",
	"ARC-Authentication-Results",
	"ARC-Message-Signature",
	"ARC-Seal",
	"Received",
	"Received-SPF",
	"X-Received",
	"DKIM-Signature",
	"DKIM-Filter",
	"Delivered-To",
	"Return-Path",
	"From",
	"To",
	"Cc",
	"Subject",
	"Date",
	"Message-ID",
	"MIME-Version",
	"Content-Type",
	"Content-Transfer-Encoding",
	"Reply-To",
	"List-Unsubscribe",
	"List-Unsubscribe-Post",
	"List-Id",
	"X-Google-DKIM-Signature",
	"X-Google-Smtp-Source",
	"X-Gm-Message-State",
	"Authentication-Results-Original",
	"X-Mailer",
	"In-Reply-To",
	"References",
};

static bool is_known(struct str name)
{
	for (size_t i = 0; i < sizeof KNOWN / sizeof *KNOWN; i++)
		if (str_ieq(name, str_c(KNOWN[i])))
			return true;
	return false;
}

/* Where in one long line the next field begins; line.n where none does. */
static size_t next_joined(struct str line)
{
	for (size_t i = 1; i < line.n; i++)
		if (is_wsp(line.p[i - 1]) && is_alpha(line.p[i])) {
			struct str rest = str_skip(line, i);
			size_t n = 0;

			while (n < rest.n && n <= NAME_MAX_OCTETS && is_name_char(rest.p[n]))
				n++;
			if (n + 1 < rest.n && rest.p[n] == ':' && is_wsp(rest.p[n + 1]) && is_known(str_head(rest, n)))
				return i;
			i += n;
		}
	return line.n;
}

static void put_joined(struct paste *p, struct str line)
{
	for (size_t at = 0; line.n; line = str_skip(line, at)) {
		at = next_joined(line);
		if (at < line.n)
			p->repairs |= PASTED_JOINED;
		buf_put(&p->out, str_trim_wsp(str_head(line, at)));
		buf_put_c(&p->out, "\r\n");
	}
}

static bool is_one_line(struct str region)
{
	(void)str_split(&region, '\n');
	return is_blank(str_head(region, str_find(region, '\n'))) && str_trim_fws(region).n == 0;
}

static void emit(struct paste *p)
{
	struct str rest = p->region;

	if (rest.n && is_one_line(rest)) {
		put_joined(p, str_skip(str_head(rest, str_find(rest, '\n')), p->indent));
		return;
	}
	while (rest.n) {
		struct str line = str_split(&rest, '\n');

		if (is_blank(line))
			break;
		line = str_skip(line, p->indent < line.n ? p->indent : 0);
		if (!is_wsp(line.p[0]) && !field_start(line)) {
			p->repairs |= PASTED_REFOLDED;
			buf_put_char(&p->out, ' ');
		}
		buf_put(&p->out, line);
		buf_put_c(&p->out, "\r\n");
		if (p->spaced)
			(void)str_split(&rest, '\n');
	}
}

int pasted_header_read(struct arena *arena, struct str pasted, struct pasted_header *out)
{
	struct paste p = {0};
	int error;

	if (pasted.n > PASTED_HEADER_MAX)
		return INKAN_ELIMIT;
	buf_init(&p.text, 2 * PASTED_HEADER_MAX);
	buf_init(&p.out, 4 * PASTED_HEADER_MAX);
	decode_any(&p, pasted);
	error = buf_error(&p.text);
	if (!error) {
		find_shape(&p);
		emit(&p);
		error = buf_error(&p.out);
	}
	if (!error) {
		*out = (struct pasted_header){.text = arena_str(arena, buf_str(&p.out)),
		                              .whole = arena_str(arena, buf_str(&p.text)),
		                              .repairs = p.repairs};
		error = arena_error(arena);
	}
	buf_release(&p.text);
	buf_release(&p.out);
	return error;
}
