#include "check/record.h"
#include "dns/dns.h"
#include "dns/record_text.h"

/* ---- kinds ---- */

static const struct {
	enum record_kind kind;
	const char *name;
	const char *version; /* how such a record begins, any case */
	const char *label;   /* where such a record lives; NULL: anywhere */
} kinds[] = {
	{RECORD_DKIM, "dkim", "v=dkim1", "_domainkey"},
	{RECORD_SPF, "spf", "v=spf1", NULL},
	{RECORD_DMARC_REPORT, "dmarc-report", "v=dmarc1", "_report"},
	{RECORD_DMARC, "dmarc", "v=dmarc1", "_dmarc"},
	{RECORD_TLSRPT, "tlsrpt", "v=tlsrptv1", "_smtp"},
	{RECORD_MTA_STS, "mta-sts", "v=stsv1", "_mta-sts"},
	{RECORD_BIMI, "bimi", "v=bimi1", "_bimi"},
};

enum { KINDS = sizeof(kinds) / sizeof(*kinds) };

const char *record_kind_name(enum record_kind kind)
{
	for (size_t i = 0; i < KINDS; i++)
		if (kinds[i].kind == kind)
			return kinds[i].name;
	return NULL;
}

bool record_kind_from_name(struct str name, enum record_kind *out)
{
	for (size_t i = 0; i < KINDS; i++)
		if (str_eq(name, str_c(kinds[i].name))) {
			*out = kinds[i].kind;
			return true;
		}
	return false;
}

static bool has_label(struct str name, struct str label)
{
	while (name.n)
		if (str_ieq(str_split(&name, '.'), label))
			return true;
	return false;
}

/* The text without white space and quotes, which may stand anywhere round "v = DKIM1". */
static bool begins_with(struct str text, struct str version)
{
	while (text.n && version.n) {
		if (is_fws_char(*text.p) || *text.p == '"') {
			text = str_skip(text, 1);
			continue;
		}
		if (to_lower(*text.p) != *version.p)
			return false;
		text = str_skip(text, 1);
		version = str_skip(version, 1);
	}
	return version.n == 0;
}

static bool has_tag(struct str text, struct str tag)
{
	while (text.n) {
		struct str spec = str_split(&text, ';');
		size_t equals = str_find(spec, '=');

		if (equals < spec.n && str_ieq(str_trim_fws(str_head(spec, equals)), tag))
			return true;
	}
	return false;
}

/* Some part between semicolons begins like that. */
static bool has_version(struct str text, struct str version)
{
	while (text.n)
		if (begins_with(str_split(&text, ';'), version))
			return true;
	return false;
}

static enum record_kind kind_by_version(struct str name, struct str value,
                                        bool (*matches)(struct str text, struct str version))
{
	for (size_t i = 0; i < KINDS; i++)
		if (matches(value, str_c(kinds[i].version)) &&
		    (kinds[i].kind != RECORD_DMARC_REPORT || has_label(name, STR("_report"))))
			return kinds[i].kind;
	return RECORD_UNKNOWN;
}

enum record_kind record_kind_guess(struct str name, struct str value)
{
	enum record_kind kind = kind_by_version(name, value, begins_with);

	if (kind == RECORD_UNKNOWN)
		kind = kind_by_version(name, value, has_version);
	for (size_t i = 0; i < KINDS && kind == RECORD_UNKNOWN; i++)
		if (kinds[i].label && has_label(name, str_c(kinds[i].label)))
			kind = kinds[i].kind;
	if (kind != RECORD_UNKNOWN)
		return kind;
	if (has_tag(value, STR("p")) && has_tag(value, STR("rua")))
		return RECORD_DMARC;
	/* only DKIM keys may come without a version; spf2.0 and the like have no tags */
	if (has_tag(value, STR("p")) || begins_with(value, STR("v=dkim")))
		return RECORD_DKIM;
	return RECORD_UNKNOWN;
}

/* ---- pasting ---- */

enum pasted_finding { NOT_READABLE, QUOTE_NOT_CLOSED, STRING_TOO_LONG, TWO_RECORDS, NAME_DOUBLED, EMPTY };

const struct finding_kind pasted_kinds[] = {
	[NOT_READABLE] =
		{"text_not_readable",
                 SEVERITY_ERROR,
                 "RFC 1035 section 5.1",
                 {"the text cannot be read as a record: a quote has no partner, or a backslash stands wrong",
                  "レコードとして読めません: 引用符が対になっていないか、バックスラッシュの使い方が誤っています"},
                 {"paste the bare value, or each string between plain double quotes",
                  "値だけを貼り付けるか、各文字列を半角の二重引用符で囲んでください"}},
	[QUOTE_NOT_CLOSED] =
		{"quote_not_closed",
                 SEVERITY_ERROR,
                 "RFC 1035 section 5.1",
                 {"the closing quote is missing: a zone file with this line is not loaded, and some DNS forms publish "
                  "the "
                  "quote itself",
                  "閉じる引用符がありません: この行を含むゾーンファイルは読み込めず、引用符まで公開してしまう DNS "
                  "の管理画面もあります"},
                 {"put a double quote at the end of the value", "値の末尾に二重引用符を付けてください"}},
	[STRING_TOO_LONG] =
		{"string_too_long",
                 SEVERITY_WARNING,
                 "RFC 1035 section 3.3; RFC 6376 section 3.6.2.2",
                 {"a quoted string has {0} octets; one string of a TXT record holds 255 at most",
                  "引用符で囲まれた文字列が {0} オクテットあります。TXT レコードの 1 つの文字列は 255 までです"},
                 {"split it into several quoted strings of one record: \"first 255\" \"the rest\"",
                  "1 つのレコードの中で複数の文字列に分けてください: \"最初の 255\" \"残り\""}},
	[TWO_RECORDS] = {"two_records",
                         SEVERITY_ERROR,
                         "RFC 6376 section 3.6.2.2; RFC 7208 section 4.5; RFC 9989 section 4.10",
                         {"two records of one kind were pasted: where both are published under one name, SPF fails "
                          "with permerror, DMARC is ignored, and what becomes of DKIM is undefined",
                          "同じ種類のレコードが 2 つあります。1 つの名前に 2 つ公開すると、SPF は permerror "
                          "になり、DMARC は無視され、DKIM の結果は不定です"},
                         {"keep one record of a kind under one name; a second DKIM key gets a selector of its own",
                          "同じ種類のレコードは 1 つの名前に 1 つだけにしてください。2 つ目の DKIM "
                          "鍵には別のセレクターを使ってください"}},
	[NAME_DOUBLED] = {"name_doubled",
                          SEVERITY_ERROR,
                          "",
                          {"the name ends in “{0}” twice: the DNS form added the domain to a name that had it already",
                           "名前の末尾に「{0}」が 2 回あります: ドメインまで入力した名前に、DNS "
                           "の管理画面がさらにドメインを付けました"},
                          {"enter only “{1}” as the name (or end the full name with a dot)",
                           "名前には「{1}」だけを入力してください (または完全な名前の末尾にドットを付けてください)"}},
	[EMPTY] = {"empty",
                   SEVERITY_ERROR,
                   "",
                   {"there is no text", "内容がありません"},
                   {"paste the value of the TXT record; an empty TXT record is a slot for a key that is not in use, as "
                    "Amazon SES keeps two of three",
                    "TXT レコードの値を貼り付けてください。空の TXT レコードは使われていない鍵の枠です (Amazon SES "
                    "では 3 "
                    "つのうち 2 つ)"}},
};
const size_t pasted_kinds_count = sizeof(pasted_kinds) / sizeof(*pasted_kinds);

static void check_private_key(struct findings *f, const struct pasted_record *record)
{
	struct str rest = record->value;
	size_t at = str_search(rest, STR("-----BEGIN"));

	if (at == rest.n)
		return;
	rest = str_skip(rest, at + strlen("-----BEGIN"));
	rest = str_head(rest, str_search(rest, STR("-----")));
	if (str_search(rest, STR("PRIVATE KEY")) < rest.n)
		(void)findings_add(f, &private_key_kind, at, NULL);
}

/* The longest quoted string of the text, in octets of its contents as written. */
static size_t longest_string(struct str text)
{
	size_t longest = 0, length = 0;
	bool inside = false;

	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '"') {
			if (inside && length > longest)
				longest = length;
			inside = !inside;
			length = 0;
		} else if (inside) {
			i += text.p[i] == '\\';
			length++;
		}
	}
	return longest;
}

/* "s1._domainkey.example.com.example.com": the longest run of labels that stands twice at the end. */
static void check_doubled_name(struct findings *f, struct str name)
{
	for (size_t i = 1; i < name.n; i++) {
		struct str tail = str_skip(name, i + 1), before = str_head(name, i);

		if (name.p[i] != '.' || tail.n >= before.n || str_find(tail, '.') == tail.n)
			continue;
		if (str_ihas_suffix(before, tail) && before.p[before.n - tail.n - 1] == '.') {
			(void)findings_add(f, &pasted_kinds[NAME_DOUBLED], FINDING_NOWHERE,
			                   (struct str[FINDING_ARGS]){tail, str_head(before, before.n - tail.n - 1)});
			return;
		}
	}
}

/* A second record of the list, or a second "v=DKIM1" (or the like) within one value. */
static void check_two_records(struct findings *f, const struct pasted_record *record, bool several)
{
	static const char *const versions[] = {"v=dkim1", "v=spf1", "v=dmarc1", "v=tlsrptv1", "v=stsv1", "v=bimi1"};
	size_t seen = 0;

	for (size_t i = 0; i < record->value.n && !several; i++)
		for (size_t k = 0; k < sizeof(versions) / sizeof(*versions); k++)
			if (to_lower(record->value.p[i]) == 'v' &&
			    begins_with(str_skip(record->value, i), str_c(versions[k])) && ++seen == 2)
				(void)findings_add(f, &pasted_kinds[TWO_RECORDS], i, NULL);
	if (several)
		(void)findings_add(f, &pasted_kinds[TWO_RECORDS], FINDING_NOWHERE, NULL);
}

/* The list with a double quote behind it: what it was meant to be, where only that one is missing. */
static bool read_closed(struct findings *f, struct str pasted, struct record_text **list_out)
{
	struct str trimmed = str_trim_fws(pasted);
	char *p = arena_text(f->arena, trimmed.n + 1);
	size_t position;

	if (!p || trimmed.n == 0)
		return false;
	memcpy(p, trimmed.p, trimmed.n);
	p[trimmed.n] = '"';
	return record_text_list(f->arena, str_from(p, trimmed.n + 1), list_out, &position);
}

static enum record_kind kind_of(const struct record_text *record)
{
	return record_kind_guess(record->name, record->value);
}

/* What dig prints of a domain holds more than one kind of record. *several_out: another one of the same kind follows. */
static const struct record_text *choose(const struct record_text *list, bool *several_out)
{
	const struct record_text *chosen = list;

	while (chosen && kind_of(chosen) == RECORD_UNKNOWN)
		chosen = chosen->next;
	*several_out = !chosen && list->next;
	for (const struct record_text *other = chosen ? chosen->next : NULL; other; other = other->next)
		*several_out = *several_out || kind_of(other) == kind_of(chosen);
	return chosen ? chosen : list;
}

static void take_record(struct findings *f, struct str pasted, struct pasted_record *out)
{
	struct record_text *list = NULL;
	const struct record_text *chosen;
	size_t position = 0, skipped;
	bool several, is_closed = false;

	*out = (struct pasted_record){.value = str_trim_fws(pasted)};
	skipped = out->value.n ? (size_t)(out->value.p - pasted.p) : 0;
	out->is_readable = record_text_list(f->arena, pasted, &list, &position);
	if (!out->is_readable)
		out->is_readable = is_closed = read_closed(f, pasted, &list);
	if (!out->is_readable) {
		(void)findings_add(f, &pasted_kinds[NOT_READABLE], position > skipped ? position - skipped : 0, NULL);
		return;
	}
	chosen = choose(list, &several);
	out->name = chosen->name;
	out->value = chosen->value;
	if (is_closed)
		(void)findings_add(f, &pasted_kinds[QUOTE_NOT_CLOSED], out->value.n, NULL);
	if (out->value.n == 0)
		(void)findings_add(f, &pasted_kinds[EMPTY], FINDING_NOWHERE, NULL);
	check_two_records(f, out, several);
}

void pasted_record_read(struct findings *f, struct str pasted, struct pasted_record *out)
{
	size_t longest = longest_string(pasted);

	take_record(f, pasted, out);
	check_private_key(f, out);
	if (longest > CHARACTER_STRING_MAX)
		(void)findings_add(f, &pasted_kinds[STRING_TOO_LONG], FINDING_NOWHERE,
		                   (struct str[FINDING_ARGS]){finding_number(f->arena, longest)});
	check_doubled_name(f, out->name);
}
