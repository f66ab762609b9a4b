/* Walks the sets of a zone, which are sorted by name; see zone_check.h. zone_compare.c has the changes. */
#include "check/zone_check.h"

#include <stdlib.h>

#include "check/bimi_record.h"
#include "check/dkim_record.h"
#include "check/dmarc_record.h"
#include "check/spf_record.h"
#include "check/transport_record.h"
#include "check/zone_kinds.h"
#include "check/zone_parts.h"
#include "identity/provider.h"

/* ---- spots ---- */

struct zone_spot *zone_spot_begin(struct zone_work *w, const struct zone_set *set)
{
	struct zone_spot *spot;

	if (w->count == w->capacity) {
		size_t capacity = w->capacity ? 2 * w->capacity : 64;
		struct zone_spot *spots = arena_calloc(w->f->arena, capacity, sizeof(*spots));

		if (!spots)
			return NULL;
		if (w->count)
			memcpy(spots, w->spots, w->count * sizeof(*spots));
		w->spots = spots;
		w->capacity = capacity;
	}
	spot = &w->spots[w->count++];
	*spot = (struct zone_spot){.line = set->line,
	                           .name = set->set.name,
	                           .type = set->set.type,
	                           .begin = w->f->count,
	                           .end = w->f->count};
	return spot;
}

void zone_spot_add(struct zone_work *w, struct zone_spot *spot, int kind, struct str first, struct str second)
{
	const struct str args[FINDING_ARGS] = {first, second};

	(void)findings_add(w->f, &zone_kinds[kind], FINDING_NOWHERE, args);
	spot->end = w->f->count;
}

/* A spot of one finding. */
static int complain(struct zone_work *w, const struct zone_set *set, int kind, struct str first, struct str second)
{
	struct zone_spot *spot = zone_spot_begin(w, set);

	if (spot)
		zone_spot_add(w, spot, kind, first, second);
	return arena_error(w->f->arena);
}

/* ---- one record ---- */

static bool has_label(struct str name, struct str label)
{
	while (name.n)
		if (str_ieq(str_split(&name, '.'), label))
			return true;
	return false;
}

enum record_kind zone_record_kind(struct str name, struct str value)
{
	enum record_kind kind = record_kind_guess(name, value);

	/* many texts have a p= tag */
	if (kind == RECORD_DKIM && !has_label(name, STR("_domainkey")) && !str_ihas_prefix(value, STR("v=dkim1")))
		return RECORD_UNKNOWN;
	return kind;
}

static int check_value(struct zone_work *w, const struct zone_spot *spot)
{
	struct spf_record_report spf;
	struct dkim_record_report dkim = {0};
	struct tag_report tags;
	int error;

	switch (spot->kind) {
	case RECORD_SPF:
		return spf_record_check(w->f, spot->value, &spf);
	case RECORD_DKIM:
		error = dkim_record_check(w->crypto, w->f, spot->value, &dkim);
		dkim_record_report_release(&dkim);
		return error;
	case RECORD_DMARC:
		return dmarc_record_check(w->f, spot->value, spot->name, w->profile, &tags);
	case RECORD_DMARC_REPORT:
		return dmarc_report_record_check(w->f, spot->value, spot->name, &tags);
	case RECORD_TLSRPT:
		return tlsrpt_record_check(w->f, spot->value, spot->name, &tags);
	case RECORD_MTA_STS:
		return mta_sts_record_check(w->f, spot->value, spot->name, &tags);
	case RECORD_BIMI:
		return bimi_record_check(w->f, spot->value, spot->name, &tags);
	default:
		return INKAN_OK;
	}
}

static bool is_word(struct str s)
{
	return s.n && str_find(s, ' ') == s.n;
}

/* What the lack of quotes has done: words joined, or all behind the first semicolon lost. */
static void check_quotes(struct zone_work *w, struct zone_spot *spot, const struct dns_record *record)
{
	size_t words = 0;

	for (size_t i = 0; i < record->string_count; i++)
		words += is_word(record->strings[i]);
	if (words > 1 && words == record->string_count &&
	    (str_ieq(record->strings[0], STR("v=spf1")) || record->strings[0].p[record->strings[0].n - 1] == ';'))
		zone_spot_add(w, spot, ZONE_F_QUOTES_MISSING, str_head(record->text, 60), STR_NULL);
	if (spot->kind != RECORD_SPF && str_ihas_prefix(record->text, STR("v=")) &&
	    str_find(record->text, ';') == record->text.n)
		zone_spot_add(w, spot, ZONE_F_CUT_BY_COMMENT, str_head(record->text, 60), STR_NULL);
}

int zone_check_record(struct zone_work *w, struct zone_spot *spot, const struct dns_record *record)
{
	size_t before = w->f->count;
	int error;

	spot->value = record->text;
	spot->kind = zone_record_kind(spot->name, record->text);
	check_quotes(w, spot, record);
	/* an empty text is a slot without a key (Amazon SES), not a broken one */
	if (w->f->count > before || record->text.n == 0)
		return arena_error(w->f->arena);
	error = check_value(w, spot);
	spot->end = w->f->count;
	return error ? error : arena_error(w->f->arena);
}

/* ---- one set ---- */

int zone_check_doubles(struct zone_work *w, const struct zone_set *set)
{
	static const enum record_kind single[] = {RECORD_SPF, RECORD_DMARC, RECORD_DKIM};

	for (size_t i = 0; i < sizeof(single) / sizeof(*single); i++) {
		size_t count = 0;
		int error = INKAN_OK;

		for (size_t k = 0; k < set->set.count; k++)
			count += zone_record_kind(set->set.name, set->set.records[k].text) == single[i];
		if (count > 1)
			error = complain(w, set, ZONE_F_TWO_RECORDS, finding_number(w->f->arena, count),
			                 str_c(record_kind_name(single[i])));
		if (error)
			return error;
	}
	return INKAN_OK;
}

static int check_texts(struct zone_work *w, const struct zone_set *set)
{
	for (size_t i = 0; i < set->set.count; i++) {
		struct zone_spot *spot;
		int error;

		if (zone_record_kind(set->set.name, set->set.records[i].text) == RECORD_UNKNOWN)
			continue;
		spot = zone_spot_begin(w, set);
		error = spot ? zone_check_record(w, spot, &set->set.records[i]) : arena_error(w->f->arena);
		if (error)
			return error;
	}
	return zone_check_doubles(w, set);
}

/* The name without the zone behind it, if it is below; else empty. */
static struct str within(struct str name, struct str origin)
{
	if (origin.n == 0 || name.n <= origin.n || !str_ihas_suffix(name, origin) ||
	    name.p[name.n - origin.n - 1] != '.')
		return STR_NULL;
	return str_head(name, name.n - origin.n - 1);
}

static bool is_doubled(struct str name, struct str origin)
{
	struct str rest = within(name, origin);

	return str_ieq(rest, origin) || within(rest, origin).n;
}

/* Targets of aliases and MX records that lack their final dot. */
static int check_targets(struct zone_work *w, const struct zone_set *set, struct str origin)
{
	int error = INKAN_OK;

	for (size_t i = 0; i < set->set.count && !error; i++) {
		struct str target = set->set.records[i].name, rest = within(target, origin);
		const struct provider *provider = NULL;

		if (rest.n)
			provider = set->set.type == DNS_MX ? provider_by_mx(rest) : provider_by_key_host(rest);
		if (is_doubled(target, origin))
			error = complain(w, set, ZONE_F_TARGET_DOUBLED, target, STR_NULL);
		else if (provider)
			error = complain(w, set, ZONE_F_TARGET_NO_DOT, target, str_c(provider->name));
	}
	return error;
}

static int check_set(struct zone_work *w, const struct zone *zone, const struct zone_set *set)
{
	int error = INKAN_OK;

	if (is_doubled(set->set.name, zone->origin))
		error = complain(w, set, ZONE_F_NAME_DOUBLED, zone->origin, STR_NULL);
	if (!error && set->set.type == DNS_TXT)
		error = check_texts(w, set);
	if (!error && (set->set.type == DNS_CNAME || set->set.type == DNS_MX))
		error = check_targets(w, set, zone->origin);
	return error;
}

/* Sets of one name stand beside each other. */
static bool has_neighbour(const struct zone *zone, size_t i)
{
	return (i > 0 && str_eq(zone->sets[i - 1].set.name, zone->sets[i].set.name)) ||
	       (i + 1 < zone->count && str_eq(zone->sets[i + 1].set.name, zone->sets[i].set.name));
}

static int compare_lines(const void *left, const void *right)
{
	const struct zone_spot *a = left, *b = right;

	return a->line != b->line ? (a->line > b->line) - (a->line < b->line)
	                          : (a->begin > b->begin) - (a->begin < b->begin);
}

int zone_check(struct zone_work *w, const struct zone *zone)
{
	int error = INKAN_OK;

	for (size_t i = 0; i < zone->count && !error; i++) {
		const struct zone_set *set = &zone->sets[i];

		if (set->set.type == DNS_CNAME && (set->set.count > 1 || has_neighbour(zone, i)))
			error = complain(w, set, ZONE_F_ALIAS_BESIDE, STR_NULL, STR_NULL);
		if (!error)
			error = check_set(w, zone, set);
	}
	if (w->count)
		qsort(w->spots, w->count, sizeof(*w->spots), compare_lines);
	return error;
}
