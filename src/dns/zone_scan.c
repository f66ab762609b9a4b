/* The reader of zone files; see zone_scan.h. One pass, no recursion, memory for names only. */
#include "dns/zone_scan.h"

#include <stdarg.h>
#include <stdio.h>

/* ---- places ---- */

static void place_of(const struct zone_scan *scan, size_t at, size_t *line, size_t *column)
{
	size_t begin = scan->line_begin;

	*line = scan->line;
	if (at < begin) { /* on a line before: of an entry over several lines */
		for (size_t i = at; i < begin; i++)
			*line -= scan->text.p[i] == '\n';
		for (begin = at; begin && scan->text.p[begin - 1] != '\n';)
			begin--;
	}
	*column = at - begin + 1;
}

int zone_scan_fail(struct zone_scan *scan, const char *at, const char *format, ...)
{
	va_list arguments;

	place_of(scan, (size_t)(at - scan->text.p), &scan->error->line, &scan->error->column);
	va_start(arguments, format);
	(void)vsnprintf(scan->error->text, sizeof(scan->error->text), format, arguments);
	va_end(arguments);
	return INKAN_ESYNTAX;
}

/* ---- tokens ---- */

static const char *here(const struct zone_scan *scan)
{
	return scan->text.p + scan->at;
}

static bool at_end(const struct zone_scan *scan)
{
	return scan->at == scan->text.n;
}

static void end_line(struct zone_scan *scan)
{
	scan->at++;
	scan->line++;
	scan->line_begin = scan->at;
}

static void skip_comment(struct zone_scan *scan)
{
	while (!at_end(scan) && *here(scan) != '\n')
		scan->at++;
}

static void keep_token(struct zone_scan *scan, const char *from, const char *to, bool is_quoted)
{
	if (scan->token_count < ZONE_TOKENS_MAX)
		scan->tokens[scan->token_count] = (struct zone_token){str_from(from, (size_t)(to - from)), is_quoted};
	scan->token_count++;
}

static int quoted_token(struct zone_scan *scan)
{
	const char *quote = here(scan);

	for (scan->at++; !at_end(scan) && *here(scan) != '"' && *here(scan) != '\n'; scan->at++)
		if (*here(scan) == '\\' && scan->text.n - scan->at > 1 && here(scan)[1] != '\n')
			scan->at++;
	if (at_end(scan) || *here(scan) == '\n')
		return zone_scan_fail(scan, quote, "the closing quote of this string is missing");
	keep_token(scan, quote + 1, here(scan), true);
	scan->at++;
	return INKAN_OK;
}

static bool ends_word(char c)
{
	return is_fws_char(c) || c == ';' || c == '(' || c == ')' || c == '"';
}

static void word_token(struct zone_scan *scan)
{
	const char *from = here(scan);

	while (!at_end(scan) && !ends_word(*here(scan))) {
		if (*here(scan) == '\\' && scan->text.n - scan->at > 1 && here(scan)[1] != '\n')
			scan->at++;
		scan->at++;
	}
	keep_token(scan, from, here(scan), false);
}

/* All tokens to the line end that is not within parentheses, and that line end. */
static int take_tokens(struct zone_scan *scan)
{
	const char *opened = NULL;
	size_t depth = 0;
	int error = INKAN_OK;

	scan->token_count = 0;
	while (!at_end(scan) && !error) {
		switch (*here(scan)) {
		case '\n':
			end_line(scan);
			if (depth == 0)
				return INKAN_OK;
			break;
		case ' ':
		case '\t':
		case '\r':
			scan->at++;
			break;
		case ';':
			skip_comment(scan);
			break;
		case '"':
			error = quoted_token(scan);
			break;
		case '(':
			opened = depth++ == 0 ? here(scan) : opened;
			scan->at++;
			break;
		case ')':
			if (depth-- == 0)
				return zone_scan_fail(scan, here(scan), "a closing parenthesis without an opening one");
			scan->at++;
			break;
		default:
			word_token(scan);
		}
	}
	if (!error && depth)
		return zone_scan_fail(scan, opened, "the closing parenthesis is missing");
	return error;
}

/* ---- escapes and names ---- */

/* The octet that *at stands on, an escape resolved (RFC 1035 section 5.1): \DDD is decimal, \X is X. False: a wrong one. */
static bool take_octet(const char **at, const char *end, char *out)
{
	const char *p = *at;
	unsigned value = 0;

	if (*p != '\\') {
		*out = *p;
		*at = p + 1;
		return true;
	}
	if (end - p < 2)
		return false;
	if (!is_digit(p[1])) {
		*out = p[1];
		*at = p + 2;
		return true;
	}
	if (end - p < 4 || !is_digit(p[2]) || !is_digit(p[3]))
		return false;
	value = (unsigned)(p[1] - '0') * 100 + (unsigned)(p[2] - '0') * 10 + (unsigned)(p[3] - '0');
	if (value > 255)
		return false;
	*out = (char)value;
	*at = p + 4;
	return true;
}

int zone_scan_text(struct zone_scan *scan, const struct zone_token *token, struct str *out)
{
	const char *at = token->raw.p, *end = at + token->raw.n;
	char *text = arena_text(scan->arena, token->raw.n);
	size_t n = 0;

	if (!text)
		return arena_error(scan->arena);
	while (at < end)
		if (!take_octet(&at, end, &text[n++]))
			return zone_scan_fail(scan, at,
			                      "a wrong escape: three digits up to 255, or one other character");
	*out = str_from(text, n);
	return INKAN_OK;
}

/* Absolute and normalised; `out` is empty for the root and for names whose labels hold dots, backslashes or controls, which
 * dns.h cannot say. */
static int resolve_name(struct zone_scan *scan, struct str raw, struct str *out)
{
	char text[2 * DNS_NAME_MAX + 2], name[DNS_NAME_MAX];
	const char *at = raw.p, *end = at + raw.n;
	size_t n = 0, size;
	bool absolute = false, odd = false;

	*out = str_eq(raw, STR("@")) ? scan->origin : STR_NULL;
	if (str_eq(raw, STR("@")) || str_eq(raw, STR(".")))
		return INKAN_OK;
	while (at < end && n < DNS_NAME_MAX + 1) {
		bool escaped = *at == '\\';

		if (!take_octet(&at, end, &text[n]))
			return zone_scan_fail(scan, at, "a wrong escape in a name");
		odd = odd || (escaped && text[n] == '.') || text[n] == '\\' || (unsigned char)text[n] < 0x20 ||
		      text[n] == 0x7f;
		absolute = at == end && !escaped && text[n] == '.';
		n++;
	}
	if (odd)
		return INKAN_OK;
	if (!absolute && at == end && scan->origin.n) {
		text[n++] = '.';
		memcpy(text + n, scan->origin.p, scan->origin.n);
		n += scan->origin.n;
	}
	if (at < end || !dns_name_normalise(str_from(text, n), name, &size))
		return zone_scan_fail(scan, raw.p,
		                      "this is no name: a label is empty or has more than 63 octets, or the "
		                      "name has more than 253");
	*out = arena_str(scan->arena, str_from(name, size));
	return arena_error(scan->arena);
}

int zone_scan_name(struct zone_scan *scan, const struct zone_token *token, struct str *out)
{
	int error = resolve_name(scan, token->raw, out);

	if (!error && out->n == 0)
		*out = STR(".");
	return error;
}

/* ---- times ---- */

bool zone_scan_time(struct str word, uint32_t *out)
{
	static const struct {
		char unit;
		uint32_t seconds;
	} units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {'w', 604800}};
	uint64_t sum = 0;

	if (word.n == 0 || !is_digit(word.p[0]))
		return false;
	while (word.n) {
		uint64_t value = 0, seconds = 0;
		size_t n = 0;

		for (; n < word.n && is_digit(word.p[n]) && value <= UINT32_MAX; n++)
			value = value * 10 + (uint64_t)(word.p[n] - '0');
		if (n == 0)
			return false;
		for (size_t i = 0; n < word.n && i < sizeof(units) / sizeof(*units); i++)
			if (to_lower(word.p[n]) == units[i].unit)
				seconds = units[i].seconds;
		if (n < word.n && seconds == 0)
			return false;
		sum += value * (n < word.n ? seconds : 1);
		if (value > UINT32_MAX || sum > UINT32_MAX)
			return false;
		word = str_skip(word, n + 1);
	}
	*out = (uint32_t)sum;
	return true;
}

/* ---- directives ---- */

static int directive(struct zone_scan *scan)
{
	const struct zone_token *t = scan->tokens;

	if (str_ieq(t[0].raw, STR("$ORIGIN")) && scan->token_count == 2) {
		struct str origin;
		int error = resolve_name(scan, t[1].raw, &origin);

		if (!error && origin.n == 0 && !str_eq(t[1].raw, STR(".")))
			return zone_scan_fail(scan, t[1].raw.p,
			                      "this origin holds characters that mail names do not have");
		scan->origin = error ? scan->origin : origin;
		return error;
	}
	if (str_ieq(t[0].raw, STR("$TTL")) && scan->token_count == 2) {
		if (!zone_scan_time(t[1].raw, &scan->default_ttl))
			return zone_scan_fail(scan, t[1].raw.p, "this is no time: seconds, or such as 1h30m");
		scan->has_default_ttl = true;
		return INKAN_OK;
	}
	return zone_scan_fail(scan, t[0].raw.p, "%.20s is not read here: give the zone in one plain file",
	                      str_ihas_prefix(t[0].raw, STR("$INCLUDE"))    ? "$INCLUDE"
	                      : str_ihas_prefix(t[0].raw, STR("$GENERATE")) ? "$GENERATE"
	                                                                    : "this directive");
}

/* ---- entries ---- */

static bool is_type_word(struct str word)
{
	for (size_t i = 0; i < word.n; i++)
		if (!is_alpha(word.p[i]) && !is_digit(word.p[i]) && word.p[i] != '-')
			return false;
	return word.n && is_alpha(word.p[0]);
}

static bool is_class(struct str word)
{
	return str_ieq(word, STR("IN")) || str_ieq(word, STR("CH")) || str_ieq(word, STR("HS")) ||
	       str_ieq(word, STR("CS")) || str_ieq(word, STR("CLASS1"));
}

static void default_ttl(const struct zone_scan *scan, struct zone_entry *out)
{
	out->ttl = scan->has_default_ttl ? scan->default_ttl
	           : scan->has_last_ttl  ? scan->last_ttl
	           : scan->has_minimum   ? scan->minimum
	                                 : 0;
}

/* The fields of an SOA record that stand in for a TTL (RFC 1035 section 3.3.13). */
static void note_minimum(struct zone_scan *scan, const struct zone_entry *entry)
{
	if (entry->data_count == 7 && zone_scan_time(entry->data[6].raw, &scan->minimum))
		scan->has_minimum = true;
}

/* [TTL] [class] type, TTL and class in any order */
static int read_head(struct zone_scan *scan, struct zone_entry *out, size_t next)
{
	bool has_ttl = false, has_class = false, is_in = true;
	size_t count = scan->token_count < ZONE_TOKENS_MAX ? scan->token_count : ZONE_TOKENS_MAX;

	for (; next < count; next++) {
		const struct zone_token *t = &scan->tokens[next];

		if (!has_ttl && !t->is_quoted && zone_scan_time(t->raw, &out->ttl)) {
			has_ttl = true;
		} else if (!has_class && !t->is_quoted && is_class(t->raw)) {
			has_class = true;
			is_in = str_ieq(t->raw, STR("IN")) || str_ieq(t->raw, STR("CLASS1"));
		} else {
			break;
		}
	}
	if (next == count || scan->tokens[next].is_quoted || !is_type_word(scan->tokens[next].raw))
		return zone_scan_fail(scan, next < count ? scan->tokens[next].raw.p : scan->text.p + out->begin,
		                      "a record type, such as TXT, should stand here");
	out->type_word = scan->tokens[next].raw;
	out->data = &scan->tokens[next + 1];
	out->data_count = count - next - 1;
	out->is_known = is_in && out->name.n && dns_type_from_name(out->type_word, &out->type);
	if (out->is_known && out->data_count > ZONE_STRINGS_MAX)
		return zone_scan_fail(scan, out->type_word.p, "this record has more than %d strings", ZONE_STRINGS_MAX);
	if (out->is_known && out->type == DNS_SOA)
		note_minimum(scan, out);
	if (!has_ttl)
		default_ttl(scan, out);
	else
		scan->last_ttl = out->ttl;
	scan->has_last_ttl = scan->has_last_ttl || has_ttl;
	return INKAN_OK;
}

static int read_entry(struct zone_scan *scan, struct zone_entry *out)
{
	int error;

	if (out->inherits_name && !scan->has_owner)
		return zone_scan_fail(scan, scan->text.p + out->begin, "the first record has no name");
	if (!out->inherits_name) {
		struct str raw = scan->tokens[0].raw;

		if (scan->tokens[0].is_quoted)
			return zone_scan_fail(scan, raw.p - 1, "a line should begin with a name, not with a string");
		error = resolve_name(scan, raw, &scan->owner);
		if (error)
			return error;
		scan->has_owner = true;
		scan->owner_id = out->begin + 1;
	}
	out->name = scan->owner;
	out->name_id = scan->owner_id;
	return read_head(scan, out, out->inherits_name ? 0 : 1);
}

int zone_scan_begin(struct zone_scan *scan, struct arena *arena, struct str text, struct str origin,
                    struct zone_error *error)
{
	char name[DNS_NAME_MAX];
	size_t n = 0;

	*scan = (struct zone_scan){.arena = arena, .error = error, .text = text, .line = 1};
	*error = (struct zone_error){0};
	if (origin.n && !str_eq(origin, STR(".")) && !dns_name_normalise(origin, name, &n))
		return INKAN_EUSAGE;
	scan->origin = arena_str(arena, str_from(name, n));
	if (text.p == NULL)
		scan->text = STR("");
	return arena_error(arena);
}

int zone_scan_next(struct zone_scan *scan, struct zone_entry *out)
{
	while (!at_end(scan)) {
		char first = *here(scan);
		int error;

		*out = (struct zone_entry){
			.begin = scan->at, .line = scan->line, .inherits_name = is_wsp(first) || first == '('};
		error = take_tokens(scan);
		if (error)
			return error;
		if (scan->token_count == 0)
			continue;
		if (!scan->tokens[0].is_quoted && scan->tokens[0].raw.n && scan->tokens[0].raw.p[0] == '$') {
			error = directive(scan);
			if (error)
				return error;
			continue;
		}
		error = read_entry(scan, out);
		out->end = scan->at;
		return error ? error : 1;
	}
	return 0;
}
