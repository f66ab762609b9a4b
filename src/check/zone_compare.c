/* Two zones side by side: both are sorted, so one walk finds what differs. See zone_check.h. */
#include "check/zone_kinds.h"
#include "check/zone_parts.h"

/* ---- pieces of records ---- */

static const struct dns_record *find_kind(const struct zone_set *set, enum record_kind kind)
{
	for (size_t i = 0; set && i < set->set.count; i++)
		if (zone_record_kind(set->set.name, set->set.records[i].text) == kind)
			return &set->set.records[i];
	return NULL;
}

static struct str tag_of(struct str record, struct str name)
{
	while (record.n) {
		struct str spec = str_split(&record, ';');
		size_t equals = str_find(spec, '=');

		if (str_ieq(str_trim_fws(str_head(spec, equals)), name))
			return str_trim_fws(str_skip(spec, equals + 1));
	}
	return STR_NULL;
}

static int strength(struct str policy)
{
	return str_ieq(policy, STR("reject")) ? 2 : str_ieq(policy, STR("quarantine")) ? 1 : 0;
}

/* ---- kinds ---- */

static void judge_dkim(struct zone_work *w, struct zone_spot *spot, struct str before, struct str after)
{
	struct str old_key = tag_of(before, STR("p")), new_key = tag_of(after, STR("p"));

	if (str_eq(old_key, new_key))
		zone_spot_add(w, spot, ZONE_F_CHANGED, STR("dkim"), STR_NULL);
	else if (new_key.n == 0)
		zone_spot_add(w, spot, ZONE_F_KEY_REVOKED, STR_NULL, STR_NULL);
	else if (old_key.n)
		zone_spot_add(w, spot, ZONE_F_KEY_CHANGED, STR_NULL, STR_NULL);
	else
		zone_spot_add(w, spot, ZONE_F_ADDED, STR("dkim"), STR_NULL);
}

static void judge_dmarc(struct zone_work *w, struct zone_spot *spot, struct str before, struct str after)
{
	static const char *const tags[] = {"p", "sp", "np"};
	size_t begin = w->f->count;

	for (size_t i = 0; i < sizeof(tags) / sizeof(*tags); i++) {
		struct str old_value = tag_of(before, str_c(tags[i])), new_value = tag_of(after, str_c(tags[i]));
		struct buf text;

		if (old_value.n == 0 && new_value.n == 0)
			continue;
		/* without it, p counts */
		old_value = old_value.n ? old_value : tag_of(before, STR("p"));
		new_value = new_value.n ? new_value : tag_of(after, STR("p"));
		if (strength(new_value) >= strength(old_value))
			continue;
		buf_init(&text, 256);
		buf_printf(&text, "%s=%.*s → %s=%.*s", tags[i], STR_ARG(str_head(old_value, 20)), tags[i],
		           STR_ARG(str_head(new_value, 20)));
		zone_spot_add(w, spot, ZONE_F_DMARC_WEAKER, buf_str(&text), STR_NULL);
		buf_release(&text);
	}
	if (tag_of(before, STR("rua")).n && tag_of(after, STR("rua")).n == 0)
		zone_spot_add(w, spot, ZONE_F_DMARC_NO_REPORTS, STR_NULL, STR_NULL);
	if (w->f->count == begin)
		zone_spot_add(w, spot, ZONE_F_CHANGED, STR("dmarc"), STR_NULL);
}

static struct str bare_term(struct str term)
{
	return term.n && term.p[0] == '+' ? str_skip(term, 1) : term;
}

static bool is_ending(struct str term)
{
	struct str name = term.n && strchr("+-~?", term.p[0]) ? str_skip(term, 1) : term;

	return str_ieq(name, STR("all"));
}

static bool has_term(struct str record, struct str term)
{
	while (record.n)
		if (str_ieq(bare_term(str_split(&record, ' ')), bare_term(term)))
			return true;
	return false;
}

static struct str ending_of(struct str record)
{
	struct str found = STR("?all"); /* what no ending means */

	while (record.n) {
		struct str term = str_split(&record, ' ');

		if (is_ending(term))
			found = term;
	}
	return found;
}

static int ending_strength(struct str ending)
{
	return ending.p[0] == '-' ? 3 : ending.p[0] == '~' ? 2 : ending.p[0] == '?' ? 1 : 0;
}

static bool lets_pass(struct str term)
{
	return term.n && !strchr("-~?", term.p[0]) && !is_ending(term) && !str_ihas_prefix(term, STR("v=spf1")) &&
	       !str_ihas_prefix(term, STR("exp="));
}

static void judge_spf(struct zone_work *w, struct zone_spot *spot, struct str before, struct str after)
{
	struct str rest = before, old_ending = ending_of(before), new_ending = ending_of(after);
	size_t begin = w->f->count;

	while (rest.n) {
		struct str term = str_split(&rest, ' ');

		if (lets_pass(term) && !has_term(after, term))
			zone_spot_add(w, spot, ZONE_F_SPF_SENDER_REMOVED, term, STR_NULL);
	}
	if (ending_strength(new_ending) < ending_strength(old_ending) && str_search(after, STR("redirect=")) == after.n)
		zone_spot_add(w, spot, ZONE_F_SPF_WEAKER, new_ending, old_ending);
	if (w->f->count == begin)
		zone_spot_add(w, spot, ZONE_F_CHANGED, STR("spf"), STR_NULL);
}

static const struct {
	enum record_kind kind;
	int removed; /* enum zone_finding */
	void (*judge)(struct zone_work *w, struct zone_spot *spot, struct str before, struct str after);
} judges[] = {
	{RECORD_SPF, ZONE_F_SPF_REMOVED, judge_spf},       {RECORD_DKIM, ZONE_F_KEY_REMOVED, judge_dkim},
	{RECORD_DMARC, ZONE_F_DMARC_REMOVED, judge_dmarc}, {RECORD_DMARC_REPORT, ZONE_F_OTHER_REMOVED, NULL},
	{RECORD_TLSRPT, ZONE_F_OTHER_REMOVED, NULL},       {RECORD_MTA_STS, ZONE_F_OTHER_REMOVED, NULL},
	{RECORD_BIMI, ZONE_F_OTHER_REMOVED, NULL},
};

/* ---- sets ---- */

static struct zone_spot *begin(struct zone_work *w, const struct zone_set *before, const struct zone_set *after)
{
	struct zone_spot *spot = zone_spot_begin(w, after ? after : before);

	if (spot)
		spot->is_gone = !after;
	return spot;
}

static int compare_kind(struct zone_work *w, const struct zone_set *before, const struct zone_set *after, size_t judge)
{
	enum record_kind kind = judges[judge].kind;
	const struct dns_record *old_record = find_kind(before, kind), *new_record = find_kind(after, kind);
	struct str name = str_c(record_kind_name(kind));
	struct zone_spot *spot;

	if ((!old_record && !new_record) || (old_record && new_record && str_eq(old_record->text, new_record->text)))
		return INKAN_OK;
	spot = begin(w, before, new_record ? after : NULL);
	if (!spot)
		return arena_error(w->f->arena);
	if (!new_record) {
		spot->line = before->line;
		spot->kind = kind;
		zone_spot_add(w, spot, judges[judge].removed, name, STR_NULL);
		return arena_error(w->f->arena);
	}
	if (!old_record)
		zone_spot_add(w, spot, ZONE_F_ADDED, name, STR_NULL);
	else if (judges[judge].judge)
		judges[judge].judge(w, spot, old_record->text, new_record->text);
	else
		zone_spot_add(w, spot, ZONE_F_CHANGED, name, STR_NULL);
	return zone_check_record(w, spot, new_record);
}

static int compare_texts(struct zone_work *w, const struct zone_set *before, const struct zone_set *after)
{
	int error = INKAN_OK;

	for (size_t i = 0; i < sizeof(judges) / sizeof(*judges) && !error; i++)
		error = compare_kind(w, before, after, i);
	return error || !after ? error : zone_check_doubles(w, after);
}

static int compare_mx(struct zone_work *w, const struct zone_set *before, const struct zone_set *after)
{
	struct zone_spot *spot = begin(w, before, after);

	if (spot)
		zone_spot_add(w, spot,
		              !after    ? ZONE_F_MX_REMOVED
		              : !before ? ZONE_F_ADDED
		                        : ZONE_F_MX_CHANGED,
		              STR("MX"), STR_NULL);
	return arena_error(w->f->arena);
}

static int compare_alias(struct zone_work *w, const struct zone_set *before, const struct zone_set *after)
{
	const struct zone_set *either = after ? after : before;
	struct zone_spot *spot;

	if (str_search(either->set.name, STR("._domainkey.")) == either->set.name.n)
		return INKAN_OK;
	spot = begin(w, before, after);
	if (!spot)
		return arena_error(w->f->arena);
	spot->kind = RECORD_DKIM;
	if (!after)
		zone_spot_add(w, spot, ZONE_F_KEY_REMOVED, STR_NULL, STR_NULL);
	else if (!before)
		zone_spot_add(w, spot, ZONE_F_ADDED, STR("CNAME"), STR_NULL);
	else
		zone_spot_add(w, spot, ZONE_F_ALIAS_CHANGED, after->set.records[0].name, before->set.records[0].name);
	return arena_error(w->f->arena);
}

static int compare_set(struct zone_work *w, const struct zone_set *before, const struct zone_set *after)
{
	enum dns_type type = after ? after->set.type : before->set.type;

	if (before && after && record_set_eq(&before->set, &after->set))
		return INKAN_OK;
	return type == DNS_TXT     ? compare_texts(w, before, after)
	       : type == DNS_MX    ? compare_mx(w, before, after)
	       : type == DNS_CNAME ? compare_alias(w, before, after)
	                           : INKAN_OK;
}

int zone_compare(struct zone_work *w, const struct zone *before, const struct zone *after)
{
	int error = INKAN_OK;

	for (size_t i = 0; i < before->count && !error; i++) {
		const struct zone_set *set = &before->sets[i];

		error = compare_set(w, set, zone_find(after, set->set.name, set->set.type));
	}
	for (size_t i = 0; i < after->count && !error; i++) {
		const struct zone_set *set = &after->sets[i];

		if (!zone_find(before, set->set.name, set->set.type))
			error = compare_set(w, NULL, set);
	}
	return error;
}
