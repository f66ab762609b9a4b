/* One function a rule of the grammar. Expansion keeps no list of parts: which parts of a value are wanted, and in which
 * order, is found by counting delimiters from the right or from the left. */
#include "spf/macro.h"

#include <arpa/inet.h>
#include <stdio.h>

/* macro-expand = "%{" macro-letter transformers *delimiter "}" */
struct macro {
	char letter; /* lower case */
	bool escape; /* was written in upper case */
	bool reverse;
	unsigned parts; /* 0: all */
	bool delimiters[128];
	bool plain; /* no transformer, no delimiter: the value as it is */
};

enum { PARTS_MAX = 1000 }; /* larger numbers mean the same: no value has more parts (the RFC asks for 127) */

static const char letters[] = "slodiphvcrt"; /* in the order of enum spf_macro_letter */

static bool is_delimiter(char c)
{
	return c && strchr(".-+,/_=", c);
}

static bool is_visible(char c)
{
	return c > 0x20 && c < 0x7f;
}

/* ---- syntax ---- */

static unsigned letter_bit(char c)
{
	const char *at = c ? strchr(letters, to_lower(c)) : NULL;

	return at ? 1u << (at - letters) : 0;
}

/* Takes "%{...}", "%%", "%_" or "%-" from the front of text; returns its size, 0 where it is malformed. */
static size_t check_macro_expand(struct str text, unsigned *found)
{
	bool zero = true, digits = false;
	size_t i = 3;

	if (text.n < 2)
		return 0;
	*found |= SPF_MACRO_ANY;
	if (text.p[1] == '%' || text.p[1] == '_' || text.p[1] == '-')
		return 2;
	if (text.p[1] != '{' || text.n < 4 || !letter_bit(text.p[2]))
		return 0;
	*found |= letter_bit(text.p[2]);
	for (; i < text.n && is_digit(text.p[i]); i++) {
		digits = true;
		zero = zero && text.p[i] == '0';
	}
	if (digits && zero)
		return 0;
	if (i < text.n && to_lower(text.p[i]) == 'r')
		i++;
	while (i < text.n && is_delimiter(text.p[i]))
		i++;
	return i < text.n && text.p[i] == '}' ? i + 1 : 0;
}

/* macro-string = *( macro-expand / macro-literal ). *literal_out: what follows the last macro-expand. */
static enum spf_fault_id check_macro_string(struct str text, bool space, unsigned *found, struct str *literal_out)
{
	*literal_out = text;
	for (size_t i = 0; i < text.n;) {
		size_t size = 1;

		if (text.p[i] == '%') {
			size = check_macro_expand(str_skip(text, i), found);
			if (size == 0)
				return SPF_FAULT_MACRO;
			*literal_out = str_skip(text, i + size);
		} else if (!is_visible(text.p[i]) && !(space && text.p[i] == ' ')) {
			return SPF_FAULT_CHARACTER;
		}
		i += size;
	}
	return SPF_FAULT_NONE;
}

/* toplabel = ( *alphanum ALPHA *alphanum ) / ( 1*alphanum "-" *( alphanum / "-" ) alphanum ) */
static bool is_toplabel(struct str label)
{
	bool numeric = true;

	for (size_t i = 0; i < label.n; i++) {
		if (!is_alpha(label.p[i]) && !is_digit(label.p[i]) && label.p[i] != '-')
			return false;
		numeric = numeric && is_digit(label.p[i]);
	}
	return label.n && !numeric && label.p[0] != '-' && label.p[label.n - 1] != '-';
}

enum spf_fault_id spf_domain_spec_check(struct str spec, unsigned *letters_out)
{
	unsigned found = 0;
	struct str end;
	enum spf_fault_id fault = check_macro_string(spec, false, &found, &end);

	if (fault)
		return fault;
	if (spec.n == 0)
		return SPF_FAULT_ARGUMENT_MISSING;
	if (spec.n > SPF_DOMAIN_SPEC_MAX)
		return SPF_FAULT_DOMAIN_SPEC_SIZE;
	if (found & SPF_MACRO_ONLY_IN_EXP)
		return SPF_FAULT_MACRO_ONLY_IN_EXP;
	/* domain-end = ( "." toplabel [ "." ] ) / macro-expand */
	if (end.n) {
		if (end.p[end.n - 1] == '.')
			end.n--;
		size_t dot = str_rfind(end, '.');

		if (dot == end.n || !is_toplabel(str_skip(end, dot + 1)))
			return SPF_FAULT_TOP_LABEL;
	}
	*letters_out = found;
	return SPF_FAULT_NONE;
}

enum spf_fault_id spf_macro_string_check(struct str text)
{
	unsigned found = 0;
	struct str end;

	return check_macro_string(text, false, &found, &end);
}

enum spf_fault_id spf_explain_string_check(struct str text, unsigned *letters_out)
{
	unsigned found = 0;
	struct str end;
	enum spf_fault_id fault = check_macro_string(text, true, &found, &end);

	if (!fault)
		*letters_out = found;
	return fault;
}

/* ---- output ---- */

/* Text of a bounded size: of a name the end is kept, of an explanation the beginning. */
struct sink {
	char *p;
	size_t n, room;
	bool is_name;
	bool cut;
};

enum { NAME_KEPT = DNS_NAME_MAX + 2 }; /* octets that decide about a name: with the dot before it and the one behind */

static void make_room(struct sink *out)
{
	if (!out->is_name || out->n <= NAME_KEPT) {
		out->cut = true;
		return;
	}
	memmove(out->p, out->p + out->n - NAME_KEPT, NAME_KEPT);
	out->n = NAME_KEPT;
	out->cut = true;
}

static void put(struct sink *out, char c)
{
	if (out->n == out->room)
		make_room(out);
	if (out->n < out->room)
		out->p[out->n++] = c;
}

static bool is_unreserved(char c) /* RFC 3986 section 2.3 */
{
	return is_alpha(c) || is_digit(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

static void put_escaped(struct sink *out, struct str s, bool escape)
{
	static const char hex[] = "0123456789ABCDEF";

	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (!escape || is_unreserved(s.p[i])) {
			put(out, s.p[i]);
			continue;
		}
		put(out, '%');
		put(out, hex[c >> 4]);
		put(out, hex[c & 15]);
	}
}

/* ---- values ---- */

enum { VALUE_ROOM = 80 };

/* "2.0.0.1.0.D.B.8..." in 63 octets */
static struct str dotted_nibbles(const unsigned char *address, char *room)
{
	static const char hex[] = "0123456789ABCDEF";
	size_t n = 0;

	for (size_t i = 0; i < 16; i++) {
		room[n++] = hex[address[i] >> 4];
		room[n++] = '.';
		room[n++] = hex[address[i] & 15];
		room[n++] = '.';
	}
	return str_from(room, n - 1);
}

static struct str dotted_quad(const unsigned char *a, char *room)
{
	char *p = room;

	for (size_t i = 0; i < 4; i++) {
		if (a[i] >= 100)
			*p++ = (char)('0' + a[i] / 100);
		if (a[i] >= 10)
			*p++ = (char)('0' + a[i] / 10 % 10);
		*p++ = (char)('0' + a[i] % 10);
		*p++ = '.';
	}
	return str_from(room, (size_t)(p - room) - 1);
}

/* The form for people: RFC 5952. */
static struct str colon_form(const unsigned char *address, char *room)
{
	return str_c(inet_ntop(AF_INET6, address, room, VALUE_ROOM));
}

static struct str decimal(int64_t value, char *room)
{
	int n = snprintf(room, VALUE_ROOM, "%lld", (long long)value);

	return str_from(room, (size_t)n);
}

static struct str address_value(const struct spf_macro_values *v, bool for_people, char *room)
{
	if (!v->is_ipv6)
		return dotted_quad(v->address, room);
	return for_people ? colon_form(v->address, room) : dotted_nibbles(v->address, room);
}

static struct str value_of(const struct spf_macro_values *v, char letter, char room[VALUE_ROOM])
{
	switch (letter) {
	case 's':
		return v->sender;
	case 'l':
		return v->local_part;
	case 'o':
		return v->sender_domain;
	case 'd':
		return v->domain;
	case 'p':
		return v->validated;
	case 'h':
		return v->helo;
	case 'v':
		return v->is_ipv6 ? STR("ip6") : STR("in-addr");
	case 'i':
	case 'c':
		return address_value(v, letter == 'c', room);
	case 'r':
		return v->receiver.n ? v->receiver : STR("unknown");
	case 't':
		return decimal(v->now, room);
	default:
		return STR_NULL;
	}
}

/* ---- transformers (section 7.3) ---- */

/* Takes a checked "%{...}" from the front of text; returns its size. */
static size_t read_macro(struct str text, struct macro *m)
{
	size_t i = 3;
	bool any = false;

	*m = (struct macro){.letter = to_lower(text.p[2]), .escape = text.p[2] != to_lower(text.p[2])};
	for (; is_digit(text.p[i]); i++) {
		m->parts = m->parts * 10 + (unsigned)(text.p[i] - '0');
		m->parts = m->parts < PARTS_MAX ? m->parts : PARTS_MAX;
	}
	m->reverse = to_lower(text.p[i]) == 'r';
	i += m->reverse;
	for (; text.p[i] != '}'; i++) {
		m->delimiters[(unsigned char)text.p[i]] = true;
		any = true;
	}
	m->plain = i == 3;
	m->delimiters['.'] = m->delimiters['.'] || !any;
	return i + 1;
}

static bool splits(const struct macro *m, char c)
{
	return (unsigned char)c < 0x80 && m->delimiters[(unsigned char)c];
}

/* Where the part that ends before `end` begins. */
static size_t part_begin(const struct macro *m, struct str value, size_t end)
{
	while (end > 0 && !splits(m, value.p[end - 1]))
		end--;
	return end;
}

/* The right-hand parts, in order. */
static void put_right(struct sink *out, const struct macro *m, struct str value)
{
	size_t begin = m->parts ? value.n + 1 : 0;

	for (unsigned i = 0; i < m->parts && begin > 0; i++)
		begin = part_begin(m, value, begin - 1);
	for (; begin < value.n; begin++)
		put_escaped(out, splits(m, value.p[begin]) ? STR(".") : str_from(value.p + begin, 1), m->escape);
}

/* Reversed, the right-hand parts are the left-hand ones of the value, from right to left. */
static void put_reversed(struct sink *out, const struct macro *m, struct str value)
{
	size_t end = m->parts ? 0 : value.n;

	for (unsigned i = 0; i < m->parts && end < value.n; i++) {
		end += i > 0; /* the delimiter */
		while (end < value.n && !splits(m, value.p[end]))
			end++;
	}
	for (bool first = true;; first = false) {
		size_t begin = part_begin(m, value, end);

		if (!first)
			put(out, '.');
		put_escaped(out, str_from(value.p + begin, end - begin), m->escape);
		if (begin == 0)
			return;
		end = begin - 1;
	}
}

static size_t put_macro(struct sink *out, const struct spf_macro_values *v, struct str text)
{
	char room[VALUE_ROOM];
	struct macro m;

	switch (text.p[1]) {
	case '%':
		put(out, '%');
		return 2;
	case '_':
		put(out, ' ');
		return 2;
	case '-':
		put_escaped(out, STR(" "), true);
		return 2;
	default:
		break;
	}
	size_t size = read_macro(text, &m);
	struct str value = value_of(v, m.letter, room);

	if (m.plain)
		put_escaped(out, value, m.escape);
	else if (m.reverse)
		put_reversed(out, &m, value);
	else
		put_right(out, &m, value);
	return size;
}

static void expand(struct sink *out, const struct spf_macro_values *v, struct str text)
{
	for (size_t i = 0; i < text.n && (out->is_name || !out->cut);) {
		if (text.p[i] == '%') {
			i += put_macro(out, v, str_skip(text, i));
			continue;
		}
		put(out, text.p[i++]);
	}
}

/* ---- names and explanations ---- */

static struct str without_final_dot(struct str name)
{
	return name.n && name.p[name.n - 1] == '.' ? str_head(name, name.n - 1) : name;
}

/* "by removing successive domain labels" from the left (section 7.3) */
static struct str cut_to_size(struct str name)
{
	while (name.n > DNS_NAME_MAX)
		name = str_skip(name, str_find(name, '.') + 1);
	return name;
}

struct str spf_expand_name(const struct spf_macro_values *values, struct str spec, unsigned found,
                           char room[SPF_NAME_ROOM])
{
	struct sink out = {.p = room, .room = SPF_NAME_ROOM, .is_name = true};

	if (!(found & SPF_MACRO_ANY))
		return cut_to_size(without_final_dot(spec));
	expand(&out, values, spec);
	return cut_to_size(without_final_dot(str_from(room, out.n)));
}

struct str spf_expand_text(const struct spf_macro_values *values, struct str text, char room[SPF_EXPANSION_MAX])
{
	struct sink out = {.p = room, .room = SPF_EXPANSION_MAX};

	expand(&out, values, text);
	return str_from(room, out.n);
}
