#include "spf/record.h"

#define VERSION STR("v=spf1")

/* What may follow the name of a mechanism. */
enum argument { NOTHING, DOMAIN_NEEDED, DOMAIN_CIDR, DOMAIN_OPTIONAL, NETWORK4, NETWORK6 };

static const struct mechanism {
	struct str name;
	enum spf_term_kind kind;
	enum argument argument;
} mechanisms[] = {
	{{"all", 3}, SPF_ALL, NOTHING},   {{"include", 7}, SPF_INCLUDE, DOMAIN_NEEDED}, {{"a", 1}, SPF_A, DOMAIN_CIDR},
	{{"mx", 2}, SPF_MX, DOMAIN_CIDR}, {{"ptr", 3}, SPF_PTR, DOMAIN_OPTIONAL},       {{"ip4", 3}, SPF_IP4, NETWORK4},
	{{"ip6", 3}, SPF_IP6, NETWORK6},  {{"exists", 6}, SPF_EXISTS, DOMAIN_NEEDED},
};

const char *spf_term_kind_name(enum spf_term_kind kind)
{
	for (size_t i = 0; i < sizeof mechanisms / sizeof *mechanisms; i++)
		if (mechanisms[i].kind == kind)
			return mechanisms[i].name.p;
	return kind == SPF_REDIRECT ? "redirect" : kind == SPF_EXP ? "exp" : "";
}

/* A name of lower-case letters and digits, without regard to case. */
static bool is_name(struct str s, struct str name)
{
	if (s.n != name.n)
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (to_lower(s.p[i]) != name.p[i])
			return false;
	return true;
}

bool spf_record_is(struct str text)
{
	struct str version = VERSION;

	return text.n >= version.n && is_name(str_head(text, version.n), version) &&
	       (text.n == version.n || text.p[version.n] == ' ');
}

/* ---- networks (section 5.6) ---- */

/* 1 to 3 digits, without leading zero, up to max; returns how many, 0 where it is none of that. */
static size_t read_number(struct str s, unsigned max, unsigned *out)
{
	unsigned value = 0;
	size_t n = 0;

	for (; n < s.n && n < 4 && is_digit(s.p[n]); n++)
		value = value * 10 + (unsigned)(s.p[n] - '0');
	if (n == 0 || value > max || (n > 1 && s.p[0] == '0'))
		return 0;
	*out = value;
	return n;
}

/* ip4-network = qnum "." qnum "." qnum "." qnum; returns its size, 0 where it is malformed. */
static size_t read_ip4_network(struct str s, unsigned char out[4])
{
	size_t at = 0;

	for (size_t i = 0; i < 4; i++) {
		unsigned value = 0;
		size_t n = read_number(str_skip(s, at), 255, &value);

		if (n == 0 || (i < 3 && (at + n >= s.n || s.p[at + n] != '.')))
			return 0;
		out[i] = (unsigned char)value;
		at += n + (i < 3);
	}
	return at;
}

/* ip4-cidr-length, ip6-cidr-length: "/" and a number, all of s. */
static bool read_cidr_length(struct str s, unsigned max, unsigned char *out)
{
	unsigned value = 0;

	if (s.n < 2 || s.p[0] != '/' || read_number(str_skip(s, 1), max, &value) != s.n - 1)
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

/* name = ALPHA *( ALPHA / DIGIT / "-" / "_" / "." ); returns its size */
static size_t name_size(struct str s)
{
	size_t n = 0;

	if (s.n == 0 || !is_alpha(s.p[0]))
		return 0;
	while (n < s.n && (is_alpha(s.p[n]) || is_digit(s.p[n]) || s.p[n] == '-' || s.p[n] == '_' || s.p[n] == '.'))
		n++;
	return n;
}

/* modifier = redirect / explanation / unknown-modifier */
static enum spf_fault_id parse_modifier(struct str text, struct str name, struct str value, struct spf_term *out)
{
	out->kind = is_name(name, STR("redirect")) ? SPF_REDIRECT
	            : is_name(name, STR("exp"))    ? SPF_EXP
	                                           : SPF_UNKNOWN_MODIFIER;
	return out->kind == SPF_UNKNOWN_MODIFIER ? spf_macro_string_check(value) : parse_domain_spec(text, value, out);
}

/* directive = [ qualifier ] mechanism */
static enum spf_fault_id parse_directive(struct str text, struct str term, struct spf_term *out)
{
	static const char qualifiers[] = "+-~?";
	static const unsigned char results[] = {INKAN_PASS, INKAN_FAIL, INKAN_SOFTFAIL, INKAN_NEUTRAL};
	const char *qualifier = term.n && term.p[0] ? strchr(qualifiers, term.p[0]) : NULL;

	out->result = qualifier ? results[qualifier - qualifiers] : INKAN_PASS;
	term = str_skip(term, qualifier != NULL);
	size_t n = name_size(term);
	struct str name = str_head(term, n), rest = str_skip(term, n);

	for (size_t i = 0; i < sizeof mechanisms / sizeof *mechanisms; i++)
		if (is_name(name, mechanisms[i].name)) {
			out->kind = (unsigned char)mechanisms[i].kind;
			return parse_argument(mechanisms[i].argument, text, rest, out);
		}
	return SPF_FAULT_UNKNOWN_MECHANISM;
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
	size_t n = name_size(term);
	enum spf_fault_id fault;

	*out = (struct spf_term){
		.at = (uint16_t)(term.p - text.p), .size = (uint16_t)term.n, .cidr4 = 32, .cidr6 = 128};
	if (n && n < term.n && term.p[n] == '=')
		fault = parse_modifier(text, str_head(term, n), str_skip(term, n + 1), out);
	else
		fault = parse_directive(text, term, out);
	return fault && !is_printable(term) ? SPF_FAULT_CHARACTER : fault;
}

/* ---- records (section 4.5) ---- */

struct str spf_record_next(struct str *rest)
{
	size_t begin = 0;

	while (begin < rest->n && rest->p[begin] == ' ')
		begin++;
	*rest = str_skip(*rest, begin);
	struct str term = str_head(*rest, str_find(*rest, ' '));

	*rest = str_skip(*rest, term.n);
	return term;
}

static size_t count_terms(struct str rest)
{
	size_t count = 0;

	for (size_t i = 1; i < rest.n; i++)
		count += rest.p[i] != ' ' && rest.p[i - 1] == ' ';
	return count;
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

int spf_record_parse(struct arena *arena, struct str text, struct spf_record *out, enum spf_fault_id *fault_out,
                     struct spf_trouble *trouble_out)
{
	struct str rest = str_skip(text, VERSION.n), term;
	size_t count = count_terms(rest);

	*trouble_out = (struct spf_trouble){0, text.n};
	*fault_out = text.n > SPF_RECORD_MAX ? SPF_FAULT_RECORD_SIZE
	             : count > SPF_TERMS_MAX ? SPF_FAULT_TOO_MANY_TERMS
	                                     : SPF_FAULT_NONE;
	if (*fault_out)
		return INKAN_OK;
	struct spf_term *terms = arena_alloc(arena, count * sizeof *terms);
	struct spf_record record = {.text = text, .terms = terms};
	const struct spf_term *last = NULL;

	if (!terms)
		return arena_error(arena);
	while (!*fault_out && (term = spf_record_next(&rest)).n)
		*fault_out = spf_term_parse(text, term, &terms[record.count++]);
	if (!*fault_out)
		*fault_out = connect_terms(&record, &last);
	else
		last = &terms[record.count - 1];
	if (*fault_out)
		*trouble_out = (struct spf_trouble){last->at, last->size};
	else
		*out = record;
	return INKAN_OK;
}
