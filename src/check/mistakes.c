#include "check/mistakes.h"

#include "sig/key_record.h"

/* The formatter would break sentences in the middle of words. */
/* clang-format off */

const struct finding_kind mistake_kinds[MISTAKES] = {
	[MISTAKE_MISSING] = {"record_missing", SEVERITY_ERROR, "",
		{"{0}: there is no {1} record", "{0} に {1} レコードがありません"},
		{"publish it; where that was done, wait until old negative answers have expired ({2} seconds at most), and look whether it was saved",
		 "公開してください。すでに公開した場合は、「存在しない」という古い応答の期限 (最大 {2} 秒) が切れるのを待ち、保存されているか確かめてください"}},
	[MISTAKE_TIME_OUT] = {"record_time_out", SEVERITY_WARNING, "",
		{"{0}: DNS gave no answer for now ({1})", "{0}: 今は DNS の応答がありません ({1})"},
		{"try again; if it stays so, the name servers of the zone do not answer: ask who runs them",
		 "もう一度試してください。続く場合はゾーンのネームサーバーが応答していません。管理者に問い合わせてください"}},
	[MISTAKE_DELEGATION] = {"delegation_missing", SEVERITY_ERROR, "RFC 1034 section 4.2",
		{"{0} is no zone that DNS knows, so nothing in it can be seen", "ゾーン {0} が DNS に存在しないため、その中のレコードは見えません"},
		{"have the registrar of the domain (or the parent zone) name the name servers that hold the zone",
		 "ドメインのレジストラ (または親ゾーン) に、ゾーンを持つネームサーバーを登録してください"}},
	[MISTAKE_DOUBLED_NAME] = {"doubled_suffix", SEVERITY_ERROR, "",
		{"the record stands at {1}: the domain was added to a name that had it already", "レコードが {1} にあります。ドメインまで入力した名前に、さらにドメインが付きました"},
		{"enter “{2}” as the name, or end the full name with a dot: {0}.", "名前には「{2}」だけを入力するか、完全な名前の末尾にドットを付けてください: {0}."}},
	[MISTAKE_PARENT_ZONE] = {"wrong_zone", SEVERITY_ERROR, "",
		{"the record stands at {1}, in the parent domain", "レコードが親ドメインの {1} にあります"},
		{"publish it as {0}", "{0} に公開してください"}},
	[MISTAKE_NO_LABEL] = {"label_missing", SEVERITY_ERROR, "",
		{"the record stands at {1}, without the label that begins with an underscore", "レコードが {1} にあります。下線で始まるラベルがありません"},
		{"publish it as {0}", "{0} に公開してください"}},
	[MISTAKE_LABEL_TWICE] = {"label_twice", SEVERITY_ERROR, "",
		{"the record stands at {1}: the label stands there twice", "レコードが {1} にあります。ラベルが 2 回付いています"},
		{"publish it as {0}", "{0} に公開してください"}},
	[MISTAKE_AT_APEX] = {"record_at_apex", SEVERITY_ERROR, "",
		{"the record stands at {1} itself, where nobody looks for it", "レコードが {1} 自体にあり、誰も参照しません"},
		{"publish it as {0}", "{0} に公開してください"}},
	[MISTAKE_TYPE_SPF] = {"type_spf", SEVERITY_ERROR, "RFC 7208 section 3.1",
		{"the record has the type SPF (99), which no verifier asks for", "レコードの種類が SPF (99) です。検証側は参照しません"},
		{"publish it as a TXT record at {0}", "{0} に TXT レコードとして公開してください"}},
	[MISTAKE_TARGET_DOUBLED] = {"target_doubled", SEVERITY_ERROR, "",
		{"{0} leads to {1}: the zone was added for lack of a final dot", "{0} の参照先が {1} です。末尾のドットがないため、ゾーン名が付きました"},
		{"end the target with a dot: {2}.", "参照先の末尾にドットを付けてください: {2}."}},
	[MISTAKE_OTHER_TARGET] = {"other_target", SEVERITY_ERROR, "",
		{"{0} leads to {1}, not to {2}", "{0} の参照先が {2} ではなく {1} です"},
		{"correct the target of the CNAME", "CNAME の参照先を直してください"}},
	[MISTAKE_TXT_FOR_CNAME] = {"txt_for_cname", SEVERITY_ERROR, "",
		{"{0} has a TXT record where a CNAME is wanted", "{0} に CNAME ではなく TXT レコードがあります"},
		{"delete the TXT record and publish the CNAME to {1}", "TXT レコードを削除し、{1} への CNAME を公開してください"}},
	[MISTAKE_CNAME_FOR_TXT] = {"cname_for_txt", SEVERITY_ERROR, "RFC 1034 section 3.6.2",
		{"{0} is a CNAME to {1}, so the record itself cannot stand there", "{0} が {1} への CNAME になっているため、レコードを置けません"},
		{"delete the CNAME and publish the TXT record", "CNAME を削除し、TXT レコードを公開してください"}},
	[MISTAKE_CNAME_BESIDE] = {"cname_beside", SEVERITY_ERROR, "RFC 1034 section 3.6.2; RFC 2181 section 10.1",
		{"{0} has a CNAME beside other records: servers show the one or the other", "{0} に CNAME とほかのレコードが並んでいます。どちらが返るかはサーバー次第です"},
		{"keep the CNAME or the others, not both", "CNAME とほかのレコードのどちらかだけにしてください"}},
	[MISTAKE_QUOTES] = {"quotes_in_value", SEVERITY_ERROR, "",
		{"{0}: quotes are part of the value", "{0}: 引用符が値の一部になっています"},
		{"enter the value without quotes: this DNS panel adds them itself", "引用符なしで入力してください。この DNS の管理画面は自動で付けます"}},
	[MISTAKE_CHUNKS] = {"chunks_joined", SEVERITY_ERROR, "RFC 6376 section 3.6.2.2",
		{"{0}: the value holds the quotes and spaces that stood between its pieces", "{0}: 分割の境目の引用符と空白が値に入っています"},
		{"enter the value in one piece without quotes, or each piece within quotes of its own", "引用符なしで続けて入力するか、分割した各部分をそれぞれ引用符で囲んでください"}},
	[MISTAKE_QUOTES_LOST] = {"quotes_lost", SEVERITY_ERROR, "RFC 1035 section 5.1",
		{"{0}: the value was entered without quotes, so {1}", "{0}: 引用符なしで入力されたため、{1}"},
		{"put the value between double quotes", "値を二重引用符で囲んでください"}},
	[MISTAKE_BACKSLASH] = {"backslash_in_value", SEVERITY_ERROR, "",
		{"{0}: backslashes are part of the value (“\\;”)", "{0}: バックスラッシュが値の一部になっています (「\\;」)"},
		{"enter “;” without a backslash: only zone files without quotes need it", "「;」だけを入力してください。バックスラッシュは引用符のないゾーンファイルでだけ必要です"}},
	[MISTAKE_SMART_QUOTES] = {"typographic_in_value", SEVERITY_ERROR, "",
		{"{0}: the value holds typographic quotes or dashes of a word processor", "{0}: ワープロソフトの引用符やダッシュが値に入っています"},
		{"copy the value from a plain text", "プレーンテキストからコピーしてください"}},
	[MISTAKE_MARKUP] = {"markup_in_value", SEVERITY_ERROR, "",
		{"{0}: the value holds markup of a web page", "{0}: ウェブページのタグが値に入っています"},
		{"copy the shown text, not the source of the page", "ページのソースではなく、表示された文字をコピーしてください"}},
	[MISTAKE_LINE] = {"line_in_value", SEVERITY_ERROR, "",
		{"{0}: the whole line of a zone file was entered as the value", "{0}: ゾーンファイルの行全体が値になっています"},
		{"enter only what stands behind TXT, without quotes", "TXT の後ろの部分だけを引用符なしで入力してください"}},
	[MISTAKE_CUT] = {"value_cut", SEVERITY_ERROR, "",
		{"{0}: the value was cut: {1} of {2} octets are there", "{0}: 値が途中で切れています: {2} オクテットのうち {1} オクテットしかありません"},
		{"enter all of it; a DNS panel that takes 255 octets only wants it in several quoted strings of one record",
		 "全体を入力してください。255 オクテットまでしか入力できない管理画面では、1 つのレコードの中で複数の引用文字列に分けてください"}},
	[MISTAKE_CASE] = {"case_changed", SEVERITY_ERROR, "",
		{"{0}: letters of the value changed between capital and small: the key is another one", "{0}: 値の大文字と小文字が変わっています。別の鍵になっています"},
		{"enter the value again as it is", "値をそのまま入力し直してください"}},
	[MISTAKE_SEVERAL] = {"several_records", SEVERITY_ERROR, "RFC 6376 section 3.6.2.2; RFC 7208 section 4.5; RFC 9989 section 4.10",
		{"{0} has {1} such records", "{0} に同じ種類のレコードが {1} 個あります"},
		{"keep one of them", "1 つだけにしてください"}},
	[MISTAKE_OTHER_KEY] = {"other_key", SEVERITY_ERROR, "RFC 6376 section 6.1.2",
		{"{0} shows another key than the one that signs", "{0} の鍵が、署名に使う鍵と違います"},
		{"publish the record of the key that signs, or sign with the other one", "署名に使う鍵のレコードを公開するか、もう一方の鍵で署名してください"}},
	[MISTAKE_OTHER_VALUE] = {"other_value", SEVERITY_ERROR, "",
		{"{0} has another value than expected", "{0} の値が、必要な値と違います"},
		{"publish what is expected", "必要な値を公開してください"}},
};
/* clang-format on */

/* ---- names that are tried ---- */

struct probe_list {
	struct arena *arena;
	struct mistake_probe *probes;
	size_t count;
	enum dns_type type;
	struct str name; /* of the record */
};

static struct str join(struct arena *arena, struct str a, struct str b)
{
	char *p = arena_text(arena, a.n + b.n + 1);

	if (!p)
		return STR_NULL;
	memcpy(p, a.p, a.n);
	p[a.n] = '.';
	memcpy(p + a.n + 1, b.p, b.n);
	return str_from(p, a.n + b.n + 1);
}

static void try_name(struct probe_list *l, enum mistake mistake, enum dns_type type, struct str name)
{
	if (l->count < MISTAKE_PROBES_MAX && name.n && name.n <= DNS_NAME_MAX &&
	    (!str_eq(name, l->name) || type != l->type))
		l->probes[l->count++] = (struct mistake_probe){mistake, type, name};
}

/* What stands before the zone: "s1._domainkey"; empty where the name is not within. */
static struct str relative(struct str name, struct str zone)
{
	if (name.n <= zone.n + 1 || !str_ihas_suffix(name, zone) || name.p[name.n - zone.n - 1] != '.')
		return STR_NULL;
	return str_head(name, name.n - zone.n - 1);
}

int mistakes_questions(struct arena *arena, const struct record_set *expected, struct str zone,
                       struct mistake_probe out[MISTAKE_PROBES_MAX], size_t *count_out)
{
	struct probe_list l = {arena, out, 0, expected->type, expected->name};
	struct str labels = relative(expected->name, zone), parent = str_skip(zone, str_find(zone, '.') + 1);
	size_t key = str_search(labels, STR("._domainkey"));
	bool is_dmarc = str_ieq(labels, STR("_dmarc"));

	try_name(&l, MISTAKE_DOUBLED_NAME, expected->type, join(arena, expected->name, zone));
	if (labels.n && str_find(parent, '.') < parent.n)
		try_name(&l, MISTAKE_PARENT_ZONE, expected->type, join(arena, labels, parent));
	if (labels.n && key + strlen("._domainkey") == labels.n) {
		try_name(&l, MISTAKE_NO_LABEL, expected->type, join(arena, str_head(labels, key), zone));
		if (expected->type == DNS_TXT)
			try_name(&l, MISTAKE_AT_APEX, DNS_TXT, zone);
	}
	if (is_dmarc) {
		try_name(&l, MISTAKE_LABEL_TWICE, DNS_TXT, join(arena, STR("_dmarc"), expected->name));
		try_name(&l, MISTAKE_NO_LABEL, DNS_TXT, join(arena, STR("dmarc"), zone));
		try_name(&l, MISTAKE_AT_APEX, DNS_TXT, zone);
	}
	if (str_ieq(expected->name, zone) && expected->type == DNS_TXT)
		try_name(&l, MISTAKE_TYPE_SPF, DNS_SPF, zone);
	*count_out = l.count;
	return arena_error(arena);
}

/* ---- texts ---- */

static bool is_space(char c)
{
	return is_fws_char(c);
}

/* Equal but for white space, and for a semicolon at the end; `fold`: and for the case of letters. *same_out: octets without white
 * space that agree from the start. */
static bool agree(struct str a, struct str b, bool fold, bool *a_ends_out)
{
	size_t i = 0, k = 0;

	for (;;) {
		while (i < a.n && is_space(a.p[i]))
			i++;
		while (k < b.n && is_space(b.p[k]))
			k++;
		if (i == a.n || k == b.n)
			break;
		if (fold ? to_lower(a.p[i]) != to_lower(b.p[k]) : a.p[i] != b.p[k])
			break;
		i++;
		k++;
	}
	*a_ends_out = i == a.n;
	if (i < a.n && a.p[i] == ';')
		i++;
	if (k < b.n && b.p[k] == ';')
		k++;
	return str_trim_fws(str_skip(a, i)).n == 0 && str_trim_fws(str_skip(b, k)).n == 0;
}

static bool has(struct str text, const char *piece)
{
	return str_search(text, str_c(piece)) < text.n;
}

static bool has_any(struct str text, const char *const *pieces)
{
	for (; *pieces; pieces++)
		if (has(text, *pieces))
			return true;
	return false;
}

/* Two words that have to be apart stand together: an SPF record whose spaces are gone. */
static bool lost_spaces(struct str shown, struct str expected)
{
	bool ends;

	return str_ihas_prefix(expected, STR("v=spf1 ")) && str_find(shown, ' ') == shown.n &&
	       agree(shown, expected, false, &ends);
}

/* What the text itself shows, whatever was expected. */
static enum mistake mistake_of_text(struct str shown)
{
	static const char *const markup[] = {"<", "&lt;", "&quot;", "&nbsp;", "&amp;", "&#", NULL};
	static const char *const smart[] = {"\xe2\x80\x9c", "\xe2\x80\x9d", "\xe2\x80\x98", "\xe2\x80\x99",
	                                    "\xe2\x80\x93", "\xe2\x80\x94", "\xe3\x80\x8c", NULL};
	static const char *const line[] = {" TXT \"", "\tTXT\t\"", " IN TXT ", "\tIN\tTXT", NULL};

	if (has_any(shown, line))
		return MISTAKE_LINE;
	if (has(shown, "\" \"") || has(shown, "\"\""))
		return MISTAKE_CHUNKS;
	if (has(shown, "\""))
		return MISTAKE_QUOTES;
	if (has(shown, "\\"))
		return MISTAKE_BACKSLASH;
	if (has_any(shown, smart))
		return MISTAKE_SMART_QUOTES;
	return has_any(shown, markup) ? MISTAKE_MARKUP : MISTAKES;
}

static bool is_key(struct str text)
{
	return dkim_key_record_is_likely(text);
}

/* The shown text against the expected one. MISTAKES: they agree. */
static enum mistake compare(struct str shown, struct str expected)
{
	bool shown_ends = false, ignored;
	enum mistake mistake;

	if (lost_spaces(shown, expected))
		return MISTAKE_QUOTES_LOST;
	if (agree(shown, expected, false, &shown_ends))
		return MISTAKES;
	mistake = mistake_of_text(shown);
	if (mistake != MISTAKES)
		return mistake;
	if (shown_ends && shown.n && str_find(expected, ';') <= shown.n && str_find(shown, ';') >= shown.n - 1)
		return MISTAKE_QUOTES_LOST;
	if (shown_ends && shown.n)
		return MISTAKE_CUT;
	if (agree(shown, expected, true, &ignored))
		return MISTAKE_CASE;
	return is_key(shown) && is_key(expected) ? MISTAKE_OTHER_KEY : MISTAKE_OTHER_VALUE;
}

/* ---- judging ---- */

static void add(struct findings *f, enum mistake mistake, struct str a, struct str b, struct str c)
{
	(void)findings_add(f, &mistake_kinds[mistake], FINDING_NOWHERE, (struct str[FINDING_ARGS]){a, b, c});
}

struct str mistake_undoubled(struct str target, struct str zone)
{
	struct str rest = relative(target, zone);

	return rest.n && (relative(rest, zone).n || str_ieq(rest, zone)) ? rest : STR_NULL;
}

static enum mistake say_text(struct findings *f, const struct mistake_view *v, enum mistake mistake, struct str shown)
{
	struct str name = v->expected->name;
	struct str wanted = v->expected->count ? v->expected->records[0].text : STR_NULL;

	if (mistake == MISTAKE_CUT) {
		add(f, mistake, name, finding_number(f->arena, shown.n), finding_number(f->arena, wanted.n));
	} else if (mistake == MISTAKE_QUOTES_LOST) {
		bool comment = !lost_spaces(shown, wanted);
		struct text how = comment ? (struct text){"“;” began a comment", "「;」から後ろがコメントになりました"}
		                          : (struct text){"its spaces were lost", "空白が失われました"};

		(void)findings_add_in_two(f, &mistake_kinds[mistake], FINDING_NOWHERE,
		                          (struct str[FINDING_ARGS]){name, str_c(how.en)},
		                          (struct str[FINDING_ARGS]){name, str_c(how.ja)});
	} else {
		add(f, mistake, name, finding_number(f->arena, v->shown->count), STR_NULL);
	}
	return mistake;
}

/* The kind of a text by how it begins; an unknown one is like every other. */
static size_t version_size(struct str text)
{
	return str_find(text, text.n && str_find(text, ';') < str_find(text, ' ') ? ';' : ' ');
}

static bool same_kind(struct str a, struct str b)
{
	if (is_key(a) && is_key(b))
		return true;
	return str_ihas_prefix(a, STR("v=")) && str_ieq(str_head(a, version_size(a)), str_head(b, version_size(b)));
}

/* The records of the shown answer against the expected text. */
static enum mistake judge_texts(struct findings *f, const struct mistake_view *v, struct str wanted)
{
	enum mistake nearest = MISTAKE_MISSING;
	struct str shown = STR_NULL;
	size_t kin = 0;
	bool found = false;

	for (size_t i = 0; i < v->shown->count; i++) {
		struct str text = v->shown->records[i].text;
		enum mistake mistake = compare(text, wanted);

		found = found || mistake == MISTAKES;
		kin += mistake == MISTAKES || same_kind(text, wanted);
		/* other texts of the name, as proofs of ownership, mean nothing */
		if (mistake == MISTAKES ||
		    (v->shown->count > 1 && mistake == MISTAKE_OTHER_VALUE && !same_kind(text, wanted)))
			continue;
		if (nearest == MISTAKE_MISSING || nearest > mistake) {
			nearest = mistake;
			shown = text;
		}
	}
	if (found && kin < 2)
		return MISTAKES;
	if (found || kin > 1)
		nearest = MISTAKE_SEVERAL;
	if (nearest == MISTAKE_SEVERAL) {
		add(f, nearest, v->expected->name, finding_number(f->arena, kin), STR_NULL);
		return nearest;
	}
	if (nearest == MISTAKE_MISSING) {
		add(f, nearest, v->expected->name, STR("TXT"), finding_number(f->arena, v->expected->ttl));
		return nearest;
	}
	return say_text(f, v, nearest, shown);
}

/* Without an expected text: only what is plainly wrong. */
static enum mistake judge_any(struct findings *f, const struct mistake_view *v)
{
	for (size_t i = 0; i < v->shown->count && v->expected->type == DNS_TXT; i++) {
		enum mistake mistake = mistake_of_text(v->shown->records[i].text);

		if (mistake != MISTAKES)
			return say_text(f, v, mistake, v->shown->records[i].text);
	}
	return MISTAKES;
}

static enum mistake judge_target(struct findings *f, const struct mistake_view *v, struct str target, struct str wanted)
{
	struct str rest = relative(target, v->zone);

	if (str_ieq(target, wanted))
		return MISTAKES;
	if (rest.n && (str_ieq(rest, wanted) || relative(rest, v->zone).n)) {
		add(f, MISTAKE_TARGET_DOUBLED, v->expected->name, target, rest);
		return MISTAKE_TARGET_DOUBLED;
	}
	add(f, MISTAKE_OTHER_TARGET, v->expected->name, target, wanted);
	return MISTAKE_OTHER_TARGET;
}

/* A CNAME (or MX) was wanted. */
static enum mistake judge_targets(struct findings *f, const struct mistake_view *v)
{
	struct str wanted = v->expected->count ? v->expected->records[0].name : STR_NULL;
	struct str target = v->shown->records[0].name, rest = mistake_undoubled(target, v->zone);

	for (size_t i = 0; i < v->shown->count && wanted.n; i++)
		if (str_ieq(v->shown->records[i].name, wanted))
			return MISTAKES;
	if (wanted.n)
		return judge_target(f, v, target, wanted);
	if (!rest.n)
		return MISTAKES;
	add(f, MISTAKE_TARGET_DOUBLED, v->expected->name, target, rest);
	return MISTAKE_TARGET_DOUBLED;
}

/* Whether a text is a record of the kind that belongs to the name. */
static bool fits_name(struct str name, struct str text)
{
	if (str_ihas_prefix(name, STR("_dmarc.")))
		return str_ihas_prefix(text, STR("v=DMARC1"));
	if (str_search(name, STR("._domainkey.")) < name.n)
		return is_key(text) && !str_ihas_prefix(text, STR("v=DMARC1"));
	return str_ihas_prefix(text, STR("v=spf1"));
}

/* Whether an answer at another name is the record that was sought. Where its value is not known, what the parent domain has is
 * its own. */
static bool is_ours(const struct mistake_view *v, const struct mistake_probe *probe, const struct dns_answer *answer)
{
	const struct dns_record *wanted = v->expected->count ? v->expected->records : NULL;
	bool is_text = probe->type == DNS_TXT || probe->type == DNS_SPF, ignored;

	for (size_t i = 0; i < answer->count && (wanted || probe->mistake != MISTAKE_PARENT_ZONE); i++) {
		const struct dns_record *r = &answer->records[i];

		if (is_text ? wanted ? agree(r->text, wanted->text, true, &ignored)
		                     : fits_name(v->expected->name, r->text)
		            : !wanted || str_ihas_prefix(r->name, wanted->name))
			return true;
	}
	return false;
}

static enum mistake judge_absent(struct findings *f, const struct mistake_view *v)
{
	struct str name = v->expected->name, labels = relative(name, v->zone);

	if (v->apex && v->apex->status == DNS_NXDOMAIN) {
		add(f, MISTAKE_DELEGATION, v->zone, STR_NULL, STR_NULL);
		return MISTAKE_DELEGATION;
	}
	for (size_t i = 0; i < v->probe_count; i++) {
		const struct mistake_probe *probe = &v->probes[i];

		if (!v->answers[i] || !is_ours(v, probe, v->answers[i]))
			continue;
		add(f, probe->mistake, name, probe->name, labels.n ? labels : STR("@"));
		return probe->mistake;
	}
	add(f, MISTAKE_MISSING, name, str_c(dns_type_name(v->expected->type)),
	    finding_number(f->arena, v->expected->ttl ? v->expected->ttl : 3600));
	return MISTAKE_MISSING;
}

/* Something of another type stands at the name. */
static enum mistake judge_beside(struct findings *f, const struct mistake_view *v)
{
	struct str name = v->expected->name;
	bool wants_alias = v->expected->type == DNS_CNAME;

	if (wants_alias)
		add(f, MISTAKE_TXT_FOR_CNAME, name, v->expected->count ? v->expected->records[0].name : STR("?"),
		    STR_NULL);
	else
		add(f, MISTAKE_CNAME_FOR_TXT, name, v->beside->records[0].name, STR_NULL);
	return wants_alias ? MISTAKE_TXT_FOR_CNAME : MISTAKE_CNAME_FOR_TXT;
}

enum mistake mistakes_find(struct findings *f, const struct mistake_view *v)
{
	struct str name = v->expected->name;

	if (dns_status_is_temporary(v->shown->status)) {
		add(f, MISTAKE_TIME_OUT, name, str_c(dns_status_name(v->shown->status)), STR_NULL);
		return MISTAKE_TIME_OUT;
	}
	if (v->shown->count == 0)
		return v->beside && v->beside->count ? judge_beside(f, v) : judge_absent(f, v);
	if (v->expected->type != DNS_TXT)
		return judge_targets(f, v);
	return v->expected->count ? judge_texts(f, v, v->expected->records[0].text) : judge_any(f, v);
}
