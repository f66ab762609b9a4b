/* Reading order: spf_record_check() -> clean() (characters), check_version(), check_term() for each term, which is
 * explain_fault() where the verifier's parser refuses it and check_meaning() where it does not, then check_whole(). */
#include "check/spf_record.h"

#include "check/clean.h"
#include "check/record.h"
#include "check/spf_kinds.h"
#include "core/ip.h"
#include "spf/spf.h"

/* What one check works on. */
struct work {
	struct findings *f;
	struct str value; /* as published */
	struct str clean; /* of the same length, with what does not belong there blanked out */
	struct spf_record_report *report;
	struct spf_term *parsed; /* one for each term; valid[i] where it could be parsed */
	bool *valid;
	bool has_all, has_redirect, has_fail;
};

static void add(struct work *w, enum spf_finding kind, size_t position, struct str first, struct str second)
{
	(void)findings_add(w->f, &spf_kinds[kind], position, (struct str[FINDING_ARGS]){first, second});
}

static void add_once(struct work *w, enum spf_finding kind, size_t position, struct str first)
{
	if (!findings_find(w->f, &spf_kinds[kind]))
		add(w, kind, position, first, STR_NULL);
}

static size_t position_of(const struct work *w, struct str part)
{
	return (size_t)(part.p - w->clean.p);
}

static struct str number(struct work *w, uint64_t n)
{
	return finding_number(w->f->arena, n);
}

/* a, b and c in one text of the arena */
static struct str join(struct work *w, struct str a, struct str b, struct str c)
{
	char *p = arena_text(w->f->arena, a.n + b.n + c.n + 1);

	if (!p)
		return STR_NULL;
	memcpy(p, a.p, a.n);
	if (b.n)
		memcpy(p + a.n, b.p, b.n);
	if (c.n)
		memcpy(p + a.n + b.n, c.p, c.n);
	return str_from(p, a.n + b.n + c.n);
}

/* ---- characters that do not belong there ---- */

/* Says what is wrong with the character at `at` and blanks it in `out`. A dash becomes "-", so that "–all" is still
 * read as it was meant; other characters inside a term do not split it. */
static void replace(void *context, size_t at, struct str character, char *out)
{
	struct work *w = context;
	bool inside = at > 0 && out[at - 1] != ' ';

	memset(out + at, ' ', character.n);
	if (clean_is_smart_quote(character)) {
		add_once(w, SPF_F_SMART_QUOTES, at, character);
	} else if (clean_is_one_of(character, STR("‐‑‒–—―−－"))) {
		add_once(w, SPF_F_SMART_DASH, at, character);
		out[at + character.n - 1] = '-';
	} else if (character.p[0] == '"') {
		add_once(w, SPF_F_QUOTES, at, STR_NULL);
	} else if (character.p[0] == '\\') {
		add_once(w, SPF_F_BACKSLASH, at, STR_NULL);
	} else if ((unsigned char)character.p[0] < 0x80) {
		add_once(w, SPF_F_WHITE_SPACE, at, STR_NULL);
	} else {
		add_once(w, SPF_F_NON_ASCII, at, character);
		if (inside && !clean_is_one_of(character, STR("\u00a0\u2002\u2003\u2007\u2009\u202f\u3000")))
			memset(out + at, 'x', character.n);
	}
}

static int clean(struct work *w)
{
	return clean_record(w->f->arena, w->value, replace, w, &w->clean);
}

/* Whether cleaning changed that part of the record: then what is wrong there was said. */
static bool was_changed(const struct work *w, struct str part)
{
	return !str_eq(part, str_from(w->value.p + position_of(w, part), part.n));
}

/* ---- version ---- */

/* The version section behind spaces; the rest of the record in *terms_out. */
static void check_version(struct work *w, struct str *terms_out)
{
	static const struct str version = {"v=spf1", 6};
	struct str text = w->clean;
	size_t leading = 0;

	while (leading < text.n && text.p[leading] == ' ')
		leading++;
	text = str_skip(text, leading);
	*terms_out = text;
	if (!str_ihas_prefix(text, version)) {
		struct str word = str_head(text, str_find(text, ' '));
		bool other = str_ihas_prefix(word, STR("v=")) || str_ihas_prefix(word, STR("spf"));

		add(w, other ? SPF_F_VERSION_WRONG : SPF_F_VERSION_MISSING, leading, word, STR_NULL);
		*terms_out = other ? str_skip(text, word.n) : text;
		return;
	}
	if (leading && !was_changed(w, str_head(w->clean, leading)))
		add(w, SPF_F_VERSION_LEADING, 0, STR_NULL, STR_NULL);
	if (!str_has_prefix(text, version))
		add(w, SPF_F_VERSION_CASE, leading, str_head(text, version.n), STR_NULL);
	text = str_skip(text, version.n);
	struct str behind = str_head(text, str_find(text, ' '));

	if (behind.n && (is_digit(behind.p[0]) || behind.p[0] == '.'))
		add(w, SPF_F_VERSION_WRONG, leading, str_head(*terms_out, version.n + behind.n), STR_NULL);
	else if (behind.n && !is_alpha(behind.p[0]))
		add(w, SPF_F_VERSION_PUNCTUATION, leading + version.n, behind, STR_NULL);
	else if (behind.n)
		add(w, SPF_F_VERSION_PUNCTUATION, leading + version.n, str_head(behind, 1), STR_NULL);
	*terms_out = behind.n && is_alpha(behind.p[0]) ? text : str_skip(text, behind.n);
}

/* ---- terms that the parser refuses ---- */

static bool has_qualifier(struct str term)
{
	return term.n && strchr("+-~?", term.p[0]) && term.p[0] != '\0';
}

static struct str without_qualifier(struct str term)
{
	return str_skip(term, has_qualifier(term));
}

static struct str qualifier_of(struct str term)
{
	return str_head(term, has_qualifier(term));
}

static bool is_address(struct str text, enum dns_type type)
{
	unsigned char address[16];

	return dns_address_parse(str_head(text, str_find(text, '/')), type, address);
}

static bool is_name(struct str text)
{
	return str_find(text, '.') < text.n && dns_name_is_host(text, true, false);
}

/* What people write, and what there is. */
static const struct {
	struct str wrong, right;
} typos[] = {
	{{"ipv4", 4}, {"ip4", 3}},        {{"ipv6", 4}, {"ip6", 3}},         {{"ip", 2}, {"ip4", 3}},
	{{"ip-4", 4}, {"ip4", 3}},        {{"ip-6", 4}, {"ip6", 3}},         {{"inlcude", 7}, {"include", 7}},
	{{"inclued", 7}, {"include", 7}}, {{"includes", 8}, {"include", 7}}, {{"incude", 6}, {"include", 7}},
	{{"inculde", 7}, {"include", 7}}, {{"inlude", 6}, {"include", 7}},   {{"incl", 4}, {"include", 7}},
	{{"host", 4}, {"a", 1}},          {{"aaaa", 4}, {"a", 1}},           {{"exist", 5}, {"exists", 6}},
	{{"al", 2}, {"all", 3}},          {{"alll", 4}, {"all", 3}},         {{"al1", 3}, {"all", 3}},
	{{"mx1", 3}, {"mx", 2}},          {{"mxs", 3}, {"mx", 2}},           {{"redirects", 9}, {"redirect", 8}},
};

static struct str correction(struct str name)
{
	for (size_t i = 0; i < sizeof typos / sizeof *typos; i++)
		if (str_ieq(name, typos[i].wrong))
			return typos[i].right;
	return STR_NULL;
}

/* Octets of the name that a term begins with. */
static size_t name_size(struct str bare)
{
	size_t n = 0;

	while (n < bare.n && !strchr(":=/", bare.p[n]))
		n++;
	return n;
}

static bool is_mechanism_name(struct str name)
{
	static const struct str names[] = {{"all", 3}, {"include", 7}, {"a", 1},   {"mx", 2},
	                                   {"ptr", 3}, {"ip4", 3},     {"ip6", 3}, {"exists", 6}};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (str_ieq(name, names[i]))
			return true;
	return false;
}

/* "mx,", "-all;", "a:m.example," */
static bool explain_separator(struct work *w, struct str term)
{
	if (term.n < 2 || !strchr(",;.:", term.p[term.n - 1]))
		return false;
	struct str shorter = str_head(term, term.n - 1);
	struct spf_term parsed;

	if (spf_term_parse(w->clean, shorter, &parsed) || parsed.kind == SPF_UNKNOWN_MODIFIER)
		return false;
	add(w, SPF_F_SEPARATOR, position_of(w, term), term, shorter);
	return true;
}

static void explain_unknown(struct work *w, struct str term)
{
	struct str bare = without_qualifier(term), name = str_head(bare, name_size(bare)),
		   rest = str_skip(bare, name.n);
	struct str right = correction(name);
	size_t at = position_of(w, term);

	if (bare.n == 0)
		add(w, SPF_F_QUALIFIER_ALONE, at, term, STR_NULL);
	else if (is_address(bare, DNS_A) || is_address(bare, DNS_AAAA))
		add(w, SPF_F_BARE_ADDRESS, at, bare, is_address(bare, DNS_A) ? STR("ip4") : STR("ip6"));
	else if (str_ieq(name, STR("redirect")) || str_ieq(name, STR("exp")))
		add(w, SPF_F_COLON_FOR_EQUALS, at, term, join(w, name, STR("="), str_skip(rest, 1)));
	else if (right.n)
		add(w, SPF_F_TYPO, at, name, join(w, qualifier_of(term), right, rest));
	else if (explain_separator(w, term))
		return;
	else if (is_name(bare))
		add(w, SPF_F_BARE_NAME, at, bare, STR_NULL);
	else
		add(w, SPF_F_UNKNOWN, at, term, STR_NULL);
}

/* "ip4:" with something else than an IPv4 network, or "ip6:" likewise; `digit` is 4 or 6. */
static void explain_network(struct work *w, struct str term, bool ip4)
{
	struct str argument = str_skip(term, str_find(term, ':') + 1);
	struct str other = join(w, qualifier_of(term), ip4 ? STR("ip6:") : STR("ip4:"), argument);
	enum spf_finding kind = ip4 ? SPF_F_IP4 : SPF_F_IP6;

	if (explain_separator(w, term))
		return;
	if (is_address(argument, ip4 ? DNS_AAAA : DNS_A))
		kind = ip4 ? SPF_F_IP4_IS_IP6 : SPF_F_IP6_IS_IP4;
	add(w, kind, position_of(w, term), term, other);
}

/* A domain-spec whose last label is none. */
static void explain_top_label(struct work *w, struct str term)
{
	struct str argument = str_skip(term, str_find(term, ':') + 1);
	bool ip4 = is_address(argument, DNS_A), ip6 = is_address(argument, DNS_AAAA);

	if (explain_separator(w, term))
		return;
	if (ip4 || ip6)
		add(w, SPF_F_ADDRESS_AS_NAME, position_of(w, term), term,
		    join(w, qualifier_of(term), ip4 ? STR("ip4:") : STR("ip6:"), argument));
	else
		add(w, SPF_F_TOP_LABEL, position_of(w, term), term, STR_NULL);
}

static void explain_fault(struct work *w, struct str term, enum spf_fault_id fault)
{
	size_t at = position_of(w, term);

	switch (fault) {
	case SPF_FAULT_UNKNOWN_MECHANISM:
		explain_unknown(w, term);
		break;
	case SPF_FAULT_ARGUMENT_MISSING:
		add(w, SPF_F_ARGUMENT_MISSING, at, term, STR_NULL);
		break;
	case SPF_FAULT_ARGUMENT_UNWANTED:
		if (!explain_separator(w, term))
			add(w, SPF_F_ARGUMENT_UNWANTED, at, term, STR_NULL);
		break;
	case SPF_FAULT_MACRO:
		add(w, SPF_F_MACRO, at, term, STR_NULL);
		break;
	case SPF_FAULT_MACRO_ONLY_IN_EXP:
		add(w, SPF_F_MACRO_ONLY_IN_EXP, at, term, STR_NULL);
		break;
	case SPF_FAULT_TOP_LABEL:
		explain_top_label(w, term);
		break;
	case SPF_FAULT_DOMAIN_SPEC_SIZE:
		add(w, SPF_F_NAME_SIZE, at, number(w, SPF_DOMAIN_SPEC_MAX), STR_NULL);
		break;
	case SPF_FAULT_IP4:
		explain_network(w, term, true);
		break;
	case SPF_FAULT_IP6:
		explain_network(w, term, false);
		break;
	case SPF_FAULT_CIDR4:
		if (!explain_separator(w, term))
			add(w, SPF_F_CIDR4, at, term, STR_NULL);
		break;
	case SPF_FAULT_CIDR6:
		if (!explain_separator(w, term))
			add(w, SPF_F_CIDR6, at, term, STR_NULL);
		break;
	default:
		break; /* SPF_F_REFUSED says it */
	}
}

/* ---- terms that the parser takes ---- */

static bool is_private(const struct spf_term *term)
{
	bool ip4 = term->kind == SPF_IP4;

	return ip_network_is_private(term->address, ip4 ? term->cidr4 : term->cidr6, !ip4);
}

/* Whether a bit of the address beyond the prefix is set; the network without them as text in *out. */
static bool has_host_bits(struct work *w, const struct spf_term *term, struct str text, struct str *out)
{
	bool ip4 = term->kind == SPF_IP4, found = false;
	unsigned bits = ip4 ? term->cidr4 : term->cidr6;
	unsigned char network[16];
	struct buf printed;

	memcpy(network, term->address, sizeof network);
	for (unsigned i = bits; i < (ip4 ? 32u : 128u); i++) {
		unsigned char bit = (unsigned char)(0x80 >> i % 8);

		found = found || network[i / 8] & bit;
		network[i / 8] = (unsigned char)(network[i / 8] & ~bit);
	}
	if (!found)
		return false;
	buf_init(&printed, 200);
	buf_put(&printed, str_head(text, str_find(text, ':') + 1));
	dns_address_print(&printed, ip4 ? DNS_A : DNS_AAAA, network);
	buf_printf(&printed, "/%u", bits);
	*out = arena_str(w->f->arena, buf_str(&printed));
	if (buf_error(&printed) && !w->f->arena->error)
		w->f->arena->error = buf_error(&printed);
	buf_release(&printed);
	return true;
}

static struct str addresses_of(struct work *w, unsigned free_bits)
{
	return free_bits < 64 ? number(w, (uint64_t)1 << free_bits)
	                      : join(w, STR("2^"), number(w, free_bits), STR_NULL);
}

static void check_network(struct work *w, struct str text, const struct spf_term *term)
{
	bool ip4 = term->kind == SPF_IP4;
	unsigned bits = ip4 ? term->cidr4 : term->cidr6;
	size_t at = position_of(w, text);
	struct str network = STR_NULL;

	if (bits == 0 && term->result == INKAN_PASS)
		add(w, SPF_F_EVERYBODY, at, text, STR_NULL);
	else if (bits <= (ip4 ? SPF_WIDE_CIDR4 : SPF_WIDE_CIDR6) && term->result == INKAN_PASS && !is_private(term))
		add(w, SPF_F_WIDE, at, text, addresses_of(w, (ip4 ? 32 : 128) - bits));
	if (is_private(term))
		add(w, SPF_F_PRIVATE, at, text, STR_NULL);
	if (has_host_bits(w, term, text, &network))
		add(w, SPF_F_HOST_BITS, at, text, network);
}

/* a and mx with prefix lengths */
static void check_widths(struct work *w, struct str text, const struct spf_term *term)
{
	unsigned free4 = 32u - term->cidr4, free6 = 128u - term->cidr6;

	if (term->result != INKAN_PASS || (term->kind != SPF_A && term->kind != SPF_MX))
		return;
	if (term->cidr4 == 0 || term->cidr6 == 0)
		add(w, SPF_F_EVERYBODY, position_of(w, text), text, STR_NULL);
	else if (term->cidr4 <= SPF_WIDE_CIDR4 || term->cidr6 <= SPF_WIDE_CIDR6)
		add(w, SPF_F_WIDE, position_of(w, text), text,
		    addresses_of(w, term->cidr4 <= SPF_WIDE_CIDR4 ? free4 : free6));
}

/* The first of these that the name holds outside macros. */
static struct str odd_character(struct str name)
{
	bool inside = false;

	for (size_t i = 0; i < name.n; i++) {
		inside = name.p[i] == '{' || (inside && name.p[i] != '}');
		if (!inside && name.p[i] && strchr("/:@,;<>()[]'*!#$&=^`|", name.p[i]))
			return str_from(name.p + i, 1);
	}
	return STR_NULL;
}

static void check_name(struct work *w, struct str text, const struct spf_term *term)
{
	struct str name = str_from(w->clean.p + term->domain_at, term->domain_size);
	struct str odd = odd_character(name);

	if (name.n == 0)
		return;
	if (odd.n)
		add(w, SPF_F_ODD_NAME, position_of(w, text), text, odd);
	if (name.p[name.n - 1] == '.')
		add(w, SPF_F_FINAL_DOT, position_of(w, text), text, STR_NULL);
	if (term->letters & SPF_MACRO_P)
		add(w, SPF_F_MACRO_P, position_of(w, text), text, STR_NULL);
	if (term->letters & SPF_MACRO_SENDER && term->kind != SPF_EXP)
		add(w, SPF_F_MACRO_SENDER, position_of(w, text), text, STR_NULL);
}

static void check_all(struct work *w, struct str text, const struct spf_term *term)
{
	if (term->result == INKAN_PASS)
		add(w, SPF_F_PLUS_ALL, position_of(w, text), text, STR_NULL);
	if (term->result == INKAN_NEUTRAL)
		add(w, SPF_F_NEUTRAL_ALL, position_of(w, text), text, STR_NULL);
}

/* "include=", "ip4=", "all=": modifiers to a verifier. "v=spf1": a second record. */
static void check_modifier(struct work *w, struct str text)
{
	struct str name = str_head(text, str_find(text, '=')), value = str_skip(text, name.n + 1);
	size_t at = position_of(w, text);

	if (str_ieq(name, STR("v")))
		add(w, SPF_F_TWO_RECORDS, at, STR_NULL, STR_NULL);
	else if (is_mechanism_name(name))
		add(w, SPF_F_EQUALS_FOR_COLON, at, text, join(w, name, STR(":"), value));
	else if (correction(name).n)
		add(w, SPF_F_TYPO, at, name, join(w, correction(name), STR(":"), value));
	else
		add(w, SPF_F_UNKNOWN_MODIFIER, at, name, STR_NULL);
}

static void check_meaning(struct work *w, struct str text, const struct spf_term *term)
{
	w->has_fail = w->has_fail || (term->kind < SPF_REDIRECT && term->result == INKAN_FAIL);
	w->has_redirect = w->has_redirect || term->kind == SPF_REDIRECT;
	w->report->lookups += spf_term_costs_lookup(term);
	if (w->has_all && term->kind < SPF_REDIRECT)
		add(w, SPF_F_DEAD, position_of(w, text), text, STR_NULL);
	else if (term->kind == SPF_ALL)
		check_all(w, text, term);
	w->has_all = w->has_all || term->kind == SPF_ALL;
	if (term->kind == SPF_IP4 || term->kind == SPF_IP6)
		check_network(w, text, term);
	if (term->kind == SPF_PTR)
		add(w, SPF_F_PTR, position_of(w, text), text, STR_NULL);
	if (term->kind == SPF_UNKNOWN_MODIFIER)
		check_modifier(w, text);
	check_widths(w, text, term);
	check_name(w, text, term);
}

static void check_term(struct work *w, size_t i)
{
	struct str text = w->report->terms[i];
	enum spf_fault_id fault = spf_term_parse(w->clean, text, &w->parsed[i]);

	w->valid[i] = !fault;
	if (!fault)
		check_meaning(w, text, &w->parsed[i]);
	else if (!was_changed(w, text))
		explain_fault(w, text, fault);
}

/* ---- the record as a whole ---- */

static bool says_the_same(struct str a, struct str b)
{
	return str_ieq(a.n && a.p[0] == '+' ? str_skip(a, 1) : a, b.n && b.p[0] == '+' ? str_skip(b, 1) : b);
}

static void check_repeated(struct work *w, size_t i)
{
	const struct spf_term *term = &w->parsed[i];
	struct str text = w->report->terms[i];

	for (size_t k = 0; k < i; k++) {
		if (!w->valid[k])
			continue;
		if (term->kind == w->parsed[k].kind && (term->kind == SPF_REDIRECT || term->kind == SPF_EXP)) {
			add(w, SPF_F_REPEATED_MODIFIER, position_of(w, text), str_head(text, str_find(text, '=')),
			    STR_NULL);
			return;
		}
		if (term->kind != SPF_ALL && says_the_same(text, w->report->terms[k])) {
			add(w, SPF_F_REPEATED, position_of(w, text), text, STR_NULL);
			return;
		}
	}
}

static void check_whole(struct work *w)
{
	for (size_t i = 0; i < w->report->term_count; i++) {
		struct str text = w->report->terms[i];

		if (!w->valid[i])
			continue;
		check_repeated(w, i);
		if (w->has_all && w->parsed[i].kind == SPF_REDIRECT)
			add(w, SPF_F_REDIRECT_DEAD, position_of(w, text), text, STR_NULL);
		if (!w->has_fail && !w->has_redirect && w->parsed[i].kind == SPF_EXP)
			add(w, SPF_F_EXP_UNUSED, position_of(w, text), STR_NULL, STR_NULL);
	}
	if (!w->has_all && !w->has_redirect)
		add(w, SPF_F_NO_ALL, FINDING_NOWHERE, STR_NULL, STR_NULL);
	if (w->report->lookups > SPF_LOOKUPS_MAX)
		add(w, SPF_F_LOOKUPS_OWN, FINDING_NOWHERE, number(w, w->report->lookups), number(w, SPF_LOOKUPS_MAX));
	if (w->value.n > SPF_RECORD_SAFE_MAX)
		add(w, SPF_F_LONG, FINDING_NOWHERE, number(w, w->value.n), number(w, SPF_RECORD_SAFE_MAX));
	if (w->value.n > CHARACTER_STRING_MAX)
		add(w, SPF_F_STRINGS, FINDING_NOWHERE, number(w, w->value.n), number(w, CHARACTER_STRING_MAX));
}

/* What the verifier says of the record as it is published; where it refuses and nobody has said why, this does. */
static int ask_the_verifier(struct work *w)
{
	struct spf_record record;
	struct spf_trouble trouble;
	enum spf_fault_id fault = SPF_FAULT_NO_RECORD;
	int error = INKAN_OK;

	if (spf_record_is(w->value))
		error = spf_record_parse(w->f->arena, w->value, &record, &fault, &trouble);
	w->report->is_accepted = !error && !fault;
	if (!error && fault && findings_worst(w->f) != SEVERITY_ERROR)
		add(w, SPF_F_REFUSED, FINDING_NOWHERE, str_c(spf_fault(fault)->text), STR_NULL);
	return error;
}

/* The terms as slices of w->clean. False: too many. */
static bool split_terms(struct work *w, struct str rest)
{
	struct spf_record_report *r = w->report;
	struct str copy = rest;

	while (r->term_count <= SPF_TERMS_MAX && spf_record_next(&copy).n)
		r->term_count++;
	if (r->term_count > SPF_TERMS_MAX) {
		r->term_count = 0;
		return false;
	}
	r->terms = arena_calloc(w->f->arena, r->term_count, sizeof *r->terms);
	w->parsed = arena_calloc(w->f->arena, r->term_count, sizeof *w->parsed);
	w->valid = arena_calloc(w->f->arena, r->term_count, sizeof *w->valid);
	if (!r->terms || !w->parsed || !w->valid) {
		r->term_count = 0;
		return true; /* the arena has the error */
	}
	for (size_t i = 0; i < r->term_count; i++)
		r->terms[i] = spf_record_next(&rest);
	return true;
}

int spf_record_check(struct findings *f, struct str value, struct spf_record_report *out)
{
	struct work w = {.f = f, .value = value, .report = out};
	struct str terms = STR_NULL;

	*out = (struct spf_record_report){.is_accepted = false};
	if (value.n > SPF_RECORD_MAX) {
		add(&w, SPF_F_TOO_LARGE, FINDING_NOWHERE, number(&w, value.n), number(&w, SPF_RECORD_MAX));
		return arena_error(f->arena);
	}
	int error = clean(&w);

	if (error)
		return error;
	check_version(&w, &terms);
	if (!split_terms(&w, terms)) {
		add(&w, SPF_F_TOO_MANY_TERMS, FINDING_NOWHERE, number(&w, SPF_TERMS_MAX), STR_NULL);
		return arena_error(f->arena);
	}
	for (size_t i = 0; i < out->term_count; i++)
		check_term(&w, i);
	check_whole(&w);
	error = ask_the_verifier(&w);
	return error ? error : arena_error(f->arena);
}
