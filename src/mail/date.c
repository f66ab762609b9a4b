#include "mail/date.h"

#include "core/cursor.h"

static const char MONTHS[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

/* Zones by name, in hours east of UTC (section 4.3); every other one, those of one letter too, says nothing: UTC. */
static const struct zone {
	const char *name;
	int hours;
} ZONES[] = {
	{"EST", -5}, {"EDT", -4}, {"CST", -6}, {"CDT", -5}, {"MST", -7},
	{"MDT", -6}, {"PST", -8}, {"PDT", -7}, {"JST", 9},
};

/* FWS and comments; nesting is counted. */
static void skip_cfws(struct cursor *c)
{
	size_t depth = 0;

	while (!cursor_done(c) && (depth || is_fws_char(*c->at) || *c->at == '(')) {
		if (*c->at == '\\' && c->end - c->at > 1)
			c->at++;
		else if (*c->at == '(')
			depth++;
		else if (*c->at == ')' && depth)
			depth--;
		c->at++;
	}
}

/* min to max digits */
static unsigned number(struct cursor *c, size_t min, size_t max)
{
	struct str digits = cursor_while(c, is_digit);
	uint64_t value = 0;

	if (digits.n < min || digits.n > max || !str_to_u64(digits, 9999, &value))
		cursor_fail(c);
	skip_cfws(c);
	return (unsigned)value;
}

static unsigned month(struct cursor *c)
{
	struct str name = cursor_while(c, is_alpha);

	skip_cfws(c);
	for (unsigned i = 0; i < 12; i++)
		if (str_ieq(name, str_from(MONTHS + (size_t)i * 3, 3)))
			return i + 1;
	cursor_fail(c);
	return 0;
}

/* year / obs-year: 2 digits are of 1950 to 2049, 3 digits count from 1900 */
static unsigned year(struct cursor *c)
{
	const char *from = c->at;
	unsigned value = number(c, 2, 4);
	bool is_short = value < 1000 && !(c->at - from >= 4 && is_digit(from[3]));

	return !is_short ? value : value < 50 ? value + 2000 : value + 1900;
}

static int64_t zone(struct cursor *c)
{
	bool west = cursor_peek(c) == '-';

	if (west || cursor_peek(c) == '+') {
		c->at++;
		struct str digits = cursor_while(c, is_digit);
		uint64_t value = 0;

		if (digits.n != 4 || !str_to_u64(digits, 9959, &value) || value % 100 > 59)
			return 0;
		int64_t seconds = (int64_t)(value / 100 * 3600 + value % 100 * 60);

		return west ? -seconds : seconds;
	}
	struct str name = cursor_while(c, is_alpha);

	for (size_t i = 0; i < sizeof(ZONES) / sizeof *ZONES; i++)
		if (str_ieq(name, str_c(ZONES[i].name)))
			return (int64_t)ZONES[i].hours * 3600;
	return 0;
}

bool mail_date_parse(struct str text, unix_time *out)
{
	struct cursor c = cursor_from(text);
	struct time_fields f = {0};

	skip_cfws(&c);
	if (cursor_while(&c, is_alpha).n) { /* the day of the week */
		skip_cfws(&c);
		(void)cursor_accept(&c, ',');
		skip_cfws(&c);
	}
	f.day = number(&c, 1, 2);
	f.month = month(&c);
	f.year = year(&c);
	f.hour = number(&c, 1, 2);
	cursor_expect(&c, ':');
	skip_cfws(&c);
	f.minute = number(&c, 2, 2);
	if (cursor_accept(&c, ':')) {
		skip_cfws(&c);
		f.second = number(&c, 2, 2);
	}
	if (c.failed)
		return false;
	f.east = zone(&c);
	return time_from_fields(&f, out);
}
