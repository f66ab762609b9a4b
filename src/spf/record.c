#include "spf/record.h"

#define VERSION STR("v=spf1")

/* What may follow the name of a mechanism. */
enum argument { NOTHING, DOMAIN_NEEDED, DOMAIN_CIDR, DOMAIN_OPTIONAL, NETWORK4, NETWORK6 };

enum { KNOWN_NAME_MAX = 8 };

/* Names in lower case, filled up with NULs, to be compared as one word; those that occur most come first. */
struct known {
	char name[KNOWN_NAME_MAX];
	enum spf_term_kind kind;
	enum argument argument;
};

static const struct known mechanisms[] = {
	{"ip4", SPF_IP4, NETWORK4},
	{"include", SPF_INCLUDE, DOMAIN_NEEDED},
	{"ip6", SPF_IP6, NETWORK6},
	{"all", SPF_ALL, NOTHING},
	{"a", SPF_A, DOMAIN_CIDR},
	{"mx", SPF_MX, DOMAIN_CIDR},
	{"exists", SPF_EXISTS, DOMAIN_NEEDED},
	{"ptr", SPF_PTR, DOMAIN_OPTIONAL},
};

static const struct known modifiers[] = {
	{"redirect", SPF_REDIRECT, DOMAIN_NEEDED},
	{"exp", SPF_EXP, DOMAIN_NEEDED},
};

/* name = ALPHA *( ALPHA / DIGIT / "-" / "_" / "." ) */
struct name {
	size_t size;
	char lower[KNOWN_NAME_MAX]; /* all NULs where it is longer */
};

static bool continues_name(char c)
{
	return is_alpha(c) || is_digit(c) || c == '-' || c == '_' || c == '.';
}

static struct name read_name(struct str s)
{
	struct name name = {0, {0}};
	size_t n = 0;

	for (; n < s.n && (n > 0 ? continues_name(s.p[n]) : is_alpha(s.p[n])); n++)
		if (n < KNOWN_NAME_MAX)
			name.lower[n] = to_lower(s.p[n]);
	if (n > KNOWN_NAME_MAX)
		memset(name.lower, 0, sizeof name.lower);
	name.size = n;
	return name;
}

static const struct known *find_known(const struct known *list, size_t count, const struct name *name)
{
	for (size_t i = 0; i < count; i++)
		if (memcmp(list[i].name, name->lower, KNOWN_NAME_MAX) == 0)
			return &list[i];
	return NULL;
}

bool spf_record_is(struct str text)
{
	struct str version = VERSION;

	return text.n >= version.n && str_ieq(str_head(text, version.n), version) &&
	       (text.n == version.n || text.p[version.n] == ' ');
}

/* ---- networks (section 5.6) ---- */

/* 1 to 3 digits, without leading zero, up to max (below 1000); returns how many, 0 where it is none of that. */
static inline size_t read_number(const char *p, const char *end, unsigned max, unsigned *out)
{
	unsigned value = 0;
	size_t n = 0;

	while (n < 4 && p + n < end && is_digit(p[n]))
		value = value * 10 + (unsigned)(p[n++] - '0');
	*out = value;
	return value > max || (n > 1 && *p == '0') ? 0 : n;
}

/* ip4-network = qnum "." qnum "." qnum "." qnum; returns its size, 0 where it is malformed. */
static size_t read_ip4_network(struct str s, unsigned char out[4])
{
	const char *p = s.p, *end = s.p + s.n;

	for (size_t i = 0; i < 4; i++) {
		unsigned value;
		size_t n = i > 0 && (p == end || *p++ != '.') ? 0 : read_number(p, end, 255, &value);

		if (n == 0)
			return 0;
		out[i] = (unsigned char)value;
		p += n;
	}
	return (size_t)(p - s.p);
}

/* ip4-cidr-length, ip6-cidr-length: "/" and a number, all of s. */
static bool read_cidr_length(struct str s, unsigned max, unsigned char *out)
{
	unsigned value;

	if (s.n < 2 || s.p[0] != '/' || read_number(s.p + 1, s.p + s.n, max, &value) != s.n - 1)
		return false;
	*out = (unsigned char)value;
	return true;
}

static enum spf_fault_id parse_ip4(struct str argument, struct spf_term *out)
{
	size_t n = read_ip4_network(argument, out->address);
	struct str cidr = str_skip(argument, n);

	if (n == 0 || (cidr.n && cidr.p[0] != '/'))
		return SPF_FAULT_IP4;
	return cidr.n == 0 || read_cidr_length(cidr, 32, &out->cidr4) ? SPF_FAULT_NONE : SPF_FAULT_CIDR4;
}

static enum spf_fault_id parse_ip6(struct str argument, struct spf_term *out)
{
	size_t slash = str_find(argument, '/');

	if (!dns_address_parse(str_head(argument, slash), DNS_AAAA, out->address))
		return SPF_FAULT_IP6;
	if (slash == argument.n || read_cidr_length(str_skip(argument, slash), 128, &out->cidr6))
		return SPF_FAULT_NONE;
	return SPF_FAULT_CIDR6;
}

/* ---- domain-spec and dual-cidr-length (sections 4.8, 5.6) ---- */

/* Where "/digits" at the end of s begins; s.n where it does not end so. */
static size_t find_cidr_length(struct str s)
{
	size_t i = s.n;

	while (i > 0 && is_digit(s.p[i - 1]))
		i--;
	return i < s.n && i > 0 && s.p[i - 1] == '/' ? i - 1 : s.n;
}

/* Takes dual-cidr-length off the end of *s. */
static enum spf_fault_id take_dual_cidr_length(struct str *s, struct spf_term *out)
{
	size_t at = find_cidr_length(*s);

	if (at < s->n && at > 0 && s->p[at - 1] == '/') {
		if (!read_cidr_length(str_skip(*s, at), 128, &out->cidr6))
			return SPF_FAULT_CIDR6;
		*s = str_head(*s, at - 1);
		at = find_cidr_length(*s);
	}
	if (at < s->n && !read_cidr_length(str_skip(*s, at), 32, &out->cidr4))
		return SPF_FAULT_CIDR4;
	*s = str_head(*s, at);
	return SPF_FAULT_NONE;
}

static enum spf_fault_id parse_domain_spec(struct str text, struct str spec, struct spf_term *out)
{
	unsigned found = 0;
	enum spf_fault_id fault = spf_domain_spec_check(spec, &found);

	if (fault)
		return fault;
	out->domain_at = (uint16_t)(spec.p - text.p);
	out->domain_size = (uint16_t)spec.n;
	out->letters = (uint16_t)found;
	return SPF_FAULT_NONE;
}

/* ---- terms (section 4.6.1) ---- */

static enum spf_fault_id parse_argument(enum argument wanted, struct str text, struct str rest, struct spf_term *out)
{
	enum spf_fault_id fault = SPF_FAULT_NONE;

	if (wanted == DOMAIN_CIDR)
		fault = take_dual_cidr_length(&rest, out);
	if (fault)
		return fault;
	if (rest.n == 0)
		return wanted == NOTHING || wanted == DOMAIN_CIDR || wanted == DOMAIN_OPTIONAL
		               ? SPF_FAULT_NONE
		               : SPF_FAULT_ARGUMENT_MISSING;
	if (wanted == NOTHING || rest.p[0] != ':')
		return SPF_FAULT_ARGUMENT_UNWANTED;
	rest = str_skip(rest, 1);
	if (wanted == NETWORK4)
		return parse_ip4(rest, out);
	if (wanted == NETWORK6)
		return parse_ip6(rest, out);
	return parse_domain_spec(text, rest, out);
}

/* modifier = redirect / explanation / unknown-modifier */
static enum spf_fault_id parse_modifier(struct str text, const struct name *name, struct str value,
                                        struct spf_term *out)
{
	const struct known *known = find_known(modifiers, sizeof modifiers / sizeof *modifiers, name);

	out->kind = known ? (unsigned char)known->kind : SPF_UNKNOWN_MODIFIER;
	return known ? parse_domain_spec(text, value, out) : spf_macro_string_check(value);
}

/* qualifier = "+" / "-" / "?" / "~"; returns its size, 0 where there is none. */
static size_t read_qualifier(struct str term, struct spf_term *out)
{
	out->result = INKAN_PASS;
	switch (term.n ? term.p[0] : '\0') {
	case '-':
		out->result = INKAN_FAIL;
		return 1;
	case '~':
		out->result = INKAN_SOFTFAIL;
		return 1;
	case '?':
		out->result = INKAN_NEUTRAL;
		return 1;
	case '+':
		return 1;
	default:
		return 0;
	}
}

/* ( directive / modifier ); directive = [ qualifier ] mechanism */
static enum spf_fault_id parse_term(struct str text, struct str term, struct spf_term *out)
{
	static const struct str most = {"ip4:", 4}; /* of the world's terms begin so */

	if (term.n > most.n && memcmp(term.p, most.p, most.n) == 0) {
		out->kind = SPF_IP4;
		out->result = INKAN_PASS;
		return parse_ip4(str_skip(term, most.n), out);
	}
	size_t qualifier = read_qualifier(term, out);
	struct name name = read_name(str_skip(term, qualifier));
	struct str rest = str_skip(term, qualifier + name.size);

	if (!qualifier && name.size && rest.n && rest.p[0] == '=')
		return parse_modifier(text, &name, str_skip(rest, 1), out);
	const struct known *known = find_known(mechanisms, sizeof mechanisms / sizeof *mechanisms, &name);

	if (!known)
		return SPF_FAULT_UNKNOWN_MECHANISM;
	out->kind = (unsigned char)known->kind;
	return parse_argument(known->argument, text, rest, out);
}

static bool is_printable(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] < 0x20 || s.p[i] > 0x7e)
			return false;
	return true;
}

enum spf_fault_id spf_term_parse(struct str text, struct str term, struct spf_term *out)
{
	*out = (struct spf_term){
		.at = (uint16_t)(term.p - text.p), .size = (uint16_t)term.n, .cidr4 = 32, .cidr6 = 128};
	enum spf_fault_id fault = parse_term(text, term, out);

	return fault && !is_printable(term) ? SPF_FAULT_CHARACTER : fault;
}

/* ---- records (section 4.5) ---- */

struct str spf_record_next(struct str *rest)
{
	const char *p = rest->p, *end = p + rest->n;

	while (p < end && *p == ' ')
		p++;
	const char *space = p < end ? memchr(p, ' ', (size_t)(end - p)) : NULL;
	const char *stop = space ? space : end;

	*rest = str_from(stop, (size_t)(end - stop));
	return str_from(p, (size_t)(stop - p));
}

/* What no single term shows: modifiers that occur twice, `all` before or behind redirect (P7). */
static enum spf_fault_id connect_terms(struct spf_record *record, const struct spf_term **last)
{
	bool has_all = false;

	for (size_t i = 0; i < record->count; i++) {
		const struct spf_term *term = *last = &record->terms[i];

		has_all = has_all || term->kind == SPF_ALL;
		if (term->kind == SPF_REDIRECT) {
			if (record->redirect)
				return SPF_FAULT_REPEATED_REDIRECT;
			record->redirect = term;
		}
		if (term->kind == SPF_EXP) {
			if (record->exp)
				return SPF_FAULT_REPEATED_EXP;
			record->exp = term;
		}
	}
	if (has_all)
		record->redirect = NULL;
	return SPF_FAULT_NONE;
}

/* All terms, into room for SPF_TERMS_MAX. */
static enum spf_fault_id parse_terms(struct str text, struct spf_term *terms, size_t *count_out)
{
	struct str rest = str_skip(text, VERSION.n), term;
	size_t count = 0;

	while ((term = spf_record_next(&rest)).n) {
		if (count == SPF_TERMS_MAX)
			return SPF_FAULT_TOO_MANY_TERMS;
		enum spf_fault_id fault = spf_term_parse(text, term, &terms[count++]);

		*count_out = count;
		if (fault)
			return fault;
	}
	return SPF_FAULT_NONE;
}

int spf_record_parse(struct arena *arena, struct str text, struct spf_record *out, enum spf_fault_id *fault_out,
                     struct spf_trouble *trouble_out)
{
	struct spf_term terms[SPF_TERMS_MAX]; /* 32 KiB of stack, of which few are touched */
	struct spf_record record = {.text = text, .terms = terms};
	const struct spf_term *last = NULL;
	enum spf_fault_id fault =
		text.n > SPF_RECORD_MAX ? SPF_FAULT_RECORD_SIZE : parse_terms(text, terms, &record.count);

	if (fault && record.count)
		last = &terms[record.count - 1];
	if (!fault)
		fault = connect_terms(&record, &last);
	*fault_out = fault;
	if (fault) {
		*trouble_out = last && fault != SPF_FAULT_TOO_MANY_TERMS ? (struct spf_trouble){last->at, last->size}
		                                                         : (struct spf_trouble){0, text.n};
		return INKAN_OK;
	}
	struct spf_term *kept = arena_alloc(arena, record.count * sizeof *kept);

	if (!kept)
		return arena_error(arena);
	memcpy(kept, terms, record.count * sizeof *kept);
	record.terms = kept;
	record.redirect = record.redirect ? kept + (record.redirect - terms) : NULL;
	record.exp = record.exp ? kept + (record.exp - terms) : NULL;
	*out = record;
	return INKAN_OK;
}
