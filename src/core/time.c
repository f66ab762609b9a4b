#include "core/time.h"

#include "core/cursor.h"

/* Days since 1970-01-01 of a day of the proleptic Gregorian calendar, counted in eras of 400 years from 1 March. */
static int64_t days_from_civil(int64_t year, unsigned month, unsigned day)
{
	year -= month <= 2;
	int64_t era = (year >= 0 ? year : year - 399) / 400;
	int64_t year_of_era = year - era * 400;
	int64_t day_of_year = (153 * (int64_t)(month > 2 ? month - 3 : month + 9) + 2) / 5 + (int64_t)day - 1;

	return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

static unsigned days_in_month(int64_t year, unsigned month)
{
	static const unsigned char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return month == 2 && leap ? 29 : days[month - 1];
}

/* Exactly `digits` digits. */
static unsigned fixed(struct cursor *c, unsigned digits)
{
	unsigned value = 0;

	for (; digits; digits--) {
		if (!is_digit(cursor_peek(c))) {
			cursor_fail(c);
			return 0;
		}
		value = value * 10 + (unsigned)(*c->at++ - '0');
	}
	return value;
}

/* time-offset of RFC 3339, in seconds east of UTC */
static int64_t offset(struct cursor *c)
{
	if (cursor_iaccept(c, STR("Z")))
		return 0;
	bool west = cursor_peek(c) == '-';

	if (!west && cursor_peek(c) != '+')
		cursor_fail(c);
	else
		c->at++;
	unsigned hours = fixed(c, 2);

	cursor_expect(c, ':');
	unsigned minutes = fixed(c, 2);

	if (hours > 23 || minutes > 59)
		cursor_fail(c);
	int64_t seconds = (int64_t)hours * 3600 + (int64_t)minutes * 60;

	return west ? -seconds : seconds;
}

static bool unix_seconds(struct str text, unix_time *out)
{
	bool is_before_1970 = text.n && text.p[0] == '-';
	uint64_t seconds;

	if (!str_to_u64(str_skip(text, is_before_1970), INT64_MAX, &seconds))
		return false;
	*out = is_before_1970 ? -(unix_time)seconds : (unix_time)seconds;
	return true;
}

bool time_from_fields(const struct time_fields *f, unix_time *out)
{
	if (f->month < 1 || f->month > 12 || f->day < 1 || f->day > days_in_month(f->year, f->month) || f->hour > 23 ||
	    f->minute > 59 || f->second > 60)
		return false;
	*out = days_from_civil(f->year, f->month, f->day) * 86400 + (int64_t)f->hour * 3600 + (int64_t)f->minute * 60 +
	       f->second - f->east;
	return true;
}

bool time_parse(struct str text, unix_time *out)
{
	struct time_fields f;

	if (unix_seconds(text, out))
		return true;
	struct cursor c = cursor_from(text);

	f.year = fixed(&c, 4);
	cursor_expect(&c, '-');
	f.month = fixed(&c, 2);
	cursor_expect(&c, '-');
	f.day = fixed(&c, 2);
	if (!cursor_iaccept(&c, STR("T")))
		cursor_expect(&c, ' ');
	f.hour = fixed(&c, 2);
	cursor_expect(&c, ':');
	f.minute = fixed(&c, 2);
	cursor_expect(&c, ':');
	f.second = fixed(&c, 2);
	if (cursor_accept(&c, '.') && cursor_while(&c, is_digit).n == 0)
		cursor_fail(&c);
	f.east = offset(&c);
	return !c.failed && cursor_done(&c) && time_from_fields(&f, out);
}

void time_print(struct buf *out, unix_time t)
{
	int64_t days = t / 86400, rest = t % 86400;

	if (rest < 0) {
		rest += 86400;
		days--;
	}
	if (days < days_from_civil(0, 1, 1) || days >= days_from_civil(10000, 1, 1)) {
		buf_put_i64(out, t);
		return;
	}
	int64_t shifted = days + 719468;
	int64_t era = shifted / 146097; /* shifted >= 0 here but for the first two months of year 0 */

	if (shifted < 0)
		era = -1;
	int64_t day_of_era = shifted - era * 146097;
	int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int64_t month_index = (5 * day_of_year + 2) / 153;
	int64_t day = day_of_year - (153 * month_index + 2) / 5 + 1;
	int64_t month = month_index < 10 ? month_index + 3 : month_index - 9;
	int64_t year = year_of_era + era * 400 + (month <= 2);

	buf_printf(out, "%04d-%02d-%02dT%02d:%02d:%02dZ", (int)year, (int)month, (int)day, (int)(rest / 3600),
	           (int)(rest / 60 % 60), (int)(rest % 60));
}
