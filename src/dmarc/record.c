/* DMARC policy records (RFC 9989 sections 4.7 and 4.8; RFC 7489 section 6.3).
 *
 * The RFC wants a tolerant reader: the version must be exact and first, everything else that cannot be read is left at
 * its default. Of a tag that occurs twice the first counts. */
#include "dmarc/dmarc.h"

#include "dmarc/uri.h"

/* The value of "v", which must come first; STR_NULL where the text begins otherwise. */
static struct str version_of(struct str text)
{
	struct str spec = str_split(&text, ';');
	size_t equals = str_find(spec, '=');

	if (equals == spec.n || !str_ieq(str_trim_wsp(str_head(spec, equals)), STR("v")) || is_wsp(spec.p[0]))
		return STR_NULL;
	return str_trim_wsp(str_skip(spec, equals + 1));
}

bool dmarc_record_is(struct str text)
{
	return str_eq(version_of(text), STR("DMARC1"));
}

static bool read_policy(struct str value, enum inkan_dmarc_policy *out)
{
	static const struct {
		struct str word;
		enum inkan_dmarc_policy policy;
	} words[] = {{{"none", 4}, INKAN_POLICY_NONE},
	             {{"quarantine", 10}, INKAN_POLICY_QUARANTINE},
	             {{"reject", 6}, INKAN_POLICY_REJECT}};

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (str_ieq(value, words[i].word)) {
			*out = words[i].policy;
			return true;
		}
	return false;
}

/* A record while its tags are read. */
struct reading {
	struct arena *arena;
	struct dmarc_record *record;
	bool bad_policy;     /* p, sp or np is there and cannot be read */
	uint32_t seen;       /* which tags were met, by their place in the table */
	struct str rua, ruf; /* as they stand there */
};

static int read_p(struct reading *r, struct str value)
{
	r->record->has_p = read_policy(value, &r->record->p);
	r->bad_policy |= !r->record->has_p;
	return INKAN_OK;
}

static int read_sp(struct reading *r, struct str value)
{
	r->record->has_sp = read_policy(value, &r->record->sp);
	r->bad_policy |= !r->record->has_sp;
	return INKAN_OK;
}

static int read_np(struct reading *r, struct str value)
{
	r->record->has_np = read_policy(value, &r->record->np);
	r->bad_policy |= !r->record->has_np;
	return INKAN_OK;
}

static int read_adkim(struct reading *r, struct str value)
{
	r->record->strict_dkim = str_ieq(value, STR("s"));
	return INKAN_OK;
}

static int read_aspf(struct reading *r, struct str value)
{
	r->record->strict_spf = str_ieq(value, STR("s"));
	return INKAN_OK;
}

static int read_t(struct reading *r, struct str value)
{
	r->record->testing = str_ieq(value, STR("y"));
	return INKAN_OK;
}

static int read_psd(struct reading *r, struct str value)
{
	if (str_ieq(value, STR("y")))
		r->record->psd = DMARC_PSD_YES;
	else if (str_ieq(value, STR("n")))
		r->record->psd = DMARC_PSD_NO;
	return INKAN_OK;
}

static int read_pct(struct reading *r, struct str value)
{
	uint64_t percent;

	if (str_to_u64(value, 100, &percent))
		r->record->pct = (unsigned)percent;
	return INKAN_OK;
}

static int read_ri(struct reading *r, struct str value)
{
	uint64_t seconds;

	if (str_to_u64(value, UINT32_MAX, &seconds))
		r->record->report_interval = (unsigned)seconds;
	return INKAN_OK;
}

static int read_fo(struct reading *r, struct str value)
{
	r->record->fo = value;
	return INKAN_OK;
}

static int read_rf(struct reading *r, struct str value)
{
	r->record->rf = value;
	return INKAN_OK;
}

static int read_rua(struct reading *r, struct str value)
{
	r->rua = value;
	return INKAN_OK;
}

static int read_ruf(struct reading *r, struct str value)
{
	r->ruf = value;
	return INKAN_OK;
}

enum profiles { BOTH, ONLY_9989, ONLY_7489 };

static const struct {
	struct str name;
	enum profiles profiles;
	int (*read)(struct reading *r, struct str value);
} tags[] = {
	{{"p", 1}, BOTH, read_p},          {{"sp", 2}, BOTH, read_sp},        {{"np", 2}, ONLY_9989, read_np},
	{{"adkim", 5}, BOTH, read_adkim},  {{"aspf", 4}, BOTH, read_aspf},    {{"t", 1}, ONLY_9989, read_t},
	{{"psd", 3}, ONLY_9989, read_psd}, {{"fo", 2}, BOTH, read_fo},        {{"rua", 3}, BOTH, read_rua},
	{{"ruf", 3}, BOTH, read_ruf},      {{"pct", 3}, ONLY_7489, read_pct}, {{"ri", 2}, ONLY_7489, read_ri},
	{{"rf", 2}, ONLY_7489, read_rf},
};

static int read_tag(struct reading *r, struct str name, struct str value, enum profiles other)
{
	for (size_t i = 0; i < sizeof tags / sizeof *tags; i++) {
		if (!str_ieq(name, tags[i].name))
			continue;
		if (tags[i].profiles == other || (r->seen & (uint32_t)1 << i))
			return INKAN_OK;
		r->seen |= (uint32_t)1 << i;
		return tags[i].read(r, value);
	}
	return INKAN_OK;
}

static int parse_uris(struct reading *r)
{
	struct dmarc_record *record = r->record;
	int error = dmarc_uris_parse(r->arena, r->rua, &record->rua, &record->rua_count);

	return error ? error : dmarc_uris_parse(r->arena, r->ruf, &record->ruf, &record->ruf_count);
}

/* What a policy that is missing or cannot be read means (RFC 9989 section 4.10.1, RFC 7489 section 6.6.3): p=none if
 * reports are wanted. A record of a public suffix domain says what it is, policy or not (section 4.7). */
static int settle_policy(struct reading *r)
{
	struct dmarc_record *record = r->record;

	record->valid = true;
	if (record->has_p && !r->bad_policy)
		return INKAN_OK;
	int error = parse_uris(r);

	record->valid = record->rua_count > 0 || (!r->bad_policy && record->psd == DMARC_PSD_YES);
	record->p = INKAN_POLICY_NONE;
	record->has_sp = record->has_np = false;
	return error;
}

static int read_record(struct reading *r, struct str text, enum inkan_dmarc_profile profile)
{
	struct str rest = text;

	*r->record = (struct dmarc_record){.pct = 100, .report_interval = 86400, .text = text};
	if (!dmarc_record_is(text) || text.n > DMARC_RECORD_MAX)
		return INKAN_OK;
	str_split(&rest, ';');
	while (rest.n) {
		struct str spec = str_split(&rest, ';');
		size_t equals = str_find(spec, '=');
		int error = equals == spec.n ? INKAN_OK
		                             : read_tag(r, str_trim_wsp(str_head(spec, equals)),
		                                        str_trim_wsp(str_skip(spec, equals + 1)),
		                                        profile == INKAN_RFC9989 ? ONLY_7489 : ONLY_9989);

		if (error)
			return error;
	}
	return settle_policy(r);
}

int dmarc_record_parse(struct arena *arena, struct str text, enum inkan_dmarc_profile profile, struct dmarc_record *out)
{
	struct reading r = {.arena = arena, .record = out};
	int error = read_record(&r, text, profile);

	return error || !out->valid || out->rua ? error : parse_uris(&r);
}

int dmarc_record_parse_policy(struct arena *arena, struct str text, enum inkan_dmarc_profile profile,
                              struct dmarc_record *out)
{
	struct reading r = {.arena = arena, .record = out};

	return read_record(&r, text, profile);
}
