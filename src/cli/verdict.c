#include "cli/verdict.h"

#include "cli/output.h"
#include "mail/address.h"

enum outcome verdict_outcome(const struct inkan_dkim_result *dkim, size_t count)
{
	bool temporary = false;

	for (size_t i = 0; i < count; i++) {
		if (dkim[i].result == INKAN_PASS)
			return OUTCOME_PASS;
		temporary = temporary || dkim[i].result == INKAN_TEMPERROR;
	}
	return count == 0 ? OUTCOME_UNSIGNED : temporary ? OUTCOME_TEMPORARY : OUTCOME_FAIL;
}

/* ---- author ---- */

/* dot-atom-text (RFC 5322 section 3.2.3, with RFC 6532): needs no quotes. */
static bool is_dot_atom(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (!is_alpha(c) && !is_digit(c) && !((unsigned char)c & 0x80) && !strchr("!#$%&'*+-/=?^_`{|}~.", c))
			return false;
	}
	return s.n > 0 && s.p[0] != '.' && s.p[s.n - 1] != '.' && str_search(s, STR("..")) == s.n;
}

/* addr-spec */
static struct str address_text(struct arena *arena, const struct mailbox *mailbox)
{
	struct str local = mailbox->local_part, domain = mailbox->domain;
	bool quoted = !is_dot_atom(local);
	char *text = arena_text(arena, 2 * local.n + domain.n + 3);
	size_t n = 0;

	if (!text)
		return STR_NULL;
	if (quoted)
		text[n++] = '"';
	for (size_t i = 0; i < local.n; i++) {
		if (local.p[i] == '"' || local.p[i] == '\\')
			text[n++] = '\\';
		text[n++] = local.p[i];
	}
	if (quoted)
		text[n++] = '"';
	text[n++] = '@';
	if (domain.n)
		memcpy(text + n, domain.p, domain.n);
	return str_from(text, n + domain.n);
}

void verdict_find_author(struct verdict *v, struct arena *arena)
{
	size_t from = header_lowest(v->header, STR("from"));
	struct address_list list;

	if (from == HEADER_NONE || v->header->fields[from].above != HEADER_NONE)
		return;
	address_list_parse(arena, v->header->fields[from].value, &list);
	if (list.count == 0)
		return;
	struct str domain = list.mailboxes[0].domain;
	char *lower = arena_text(arena, domain.n);

	v->from_address = address_text(arena, &list.mailboxes[0]);
	if (!lower)
		return;
	for (size_t i = 0; i < domain.n; i++)
		lower[i] = to_lower(domain.p[i]);
	v->from_domain = str_from(lower, domain.n);
}

/* ---- one sentence ---- */

/* Whether a signature speaks for the author: its domain is the author's or one above it. */
static bool is_of_author(const struct verdict *v, const struct inkan_dkim_result *result)
{
	struct str author = v->from_domain, signer = str_c(result->domain);

	if (signer.n == 0 || !str_ihas_suffix(author, signer))
		return false;
	return author.n == signer.n || author.p[author.n - signer.n - 1] == '.';
}

static bool is_verified(const struct verdict *v)
{
	return v->outcome == OUTCOME_PASS || v->outcome == OUTCOME_DOUBTFUL;
}

/* The signature that tells most of a message that is signed: it has the message's outcome, and speaks for the author
 * where one does; else the topmost. */
static const struct inkan_dkim_result *telling(const struct verdict *v)
{
	enum inkan_result wanted = is_verified(v)                    ? INKAN_PASS
	                           : v->outcome == OUTCOME_TEMPORARY ? INKAN_TEMPERROR
	                                                             : INKAN_NONE;
	const struct inkan_dkim_result *best = NULL;

	for (size_t i = 0; i < v->dkim_count; i++) {
		const struct inkan_dkim_result *result = &v->dkim[i];

		if (wanted != INKAN_NONE && result->result != wanted)
			continue;
		if (!best || (!is_of_author(v, best) && is_of_author(v, result)))
			best = result;
	}
	return best;
}

static void put_domain(struct buf *out, const struct inkan_dkim_result *result, enum language language)
{
	if (result->domain[0])
		safe_text(out, str_c(result->domain));
	else
		buf_put_c(out, TEXT_IN(language, "an unknown domain", "不明なドメイン"));
}

static void put_brief(struct buf *out, const struct inkan_dkim_result *result, enum language language)
{
	const struct explanation *row = explain(result);

	if (row)
		explain_put(out, row->brief, result, language);
}

/* Whether octets of the body stand outside the signature. */
static bool is_partial(const struct inkan_dkim_result *result)
{
	return result->body_length >= 0 && (uint64_t)result->body_length < result->body_size;
}

static void summarise_pass(struct buf *out, const struct verdict *v, enum language language)
{
	const struct inkan_dkim_result *result = telling(v);
	size_t passed = 0;

	for (size_t i = 0; i < v->dkim_count; i++)
		passed += v->dkim[i].result == INKAN_PASS;
	if (language == LANGUAGE_JA) {
		put_domain(out, result, language);
		buf_put_c(out, is_partial(result) ? " の署名は有効ですが、本文の途中までしか署名の対象ではありません。"
		                                  : " の署名は有効です。署名の後で変更されていません。");
		if (v->dkim_count > 1)
			buf_printf(out, "(署名 %zu 個のうち %zu 個が有効)", v->dkim_count, passed);
		return;
	}
	buf_put_c(out, "The signature of ");
	put_domain(out, result, language);
	buf_put_c(out, is_partial(result) ? " verifies, but covers only a part of the body"
	                                  : " verifies: nothing that it covers has changed since");
	if (v->dkim_count > 1)
		buf_printf(out, " (%zu of %zu signatures verify)", passed, v->dkim_count);
	buf_put_char(out, '.');
}

static void summarise_doubtful(struct buf *out, const struct verdict *v, enum language language)
{
	put_domain(out, telling(v), language);
	buf_put_c(out, TEXT_IN(language, ": a signature verifies, but not for all that a reader sees.",
	                       ": 有効な署名がありますが、読む人に見えるすべてを保証するものではありません。"));
	for (size_t i = 0; i < v->repeated_count; i++) {
		buf_put_c(out, language == LANGUAGE_JA ? "" : " ");
		repeated_field_text(out, &v->repeated[i], language);
	}
}

static void summarise_other(struct buf *out, const struct verdict *v, enum language language)
{
	const struct inkan_dkim_result *result = telling(v);
	bool temporary = v->outcome == OUTCOME_TEMPORARY;

	if (language == LANGUAGE_JA) {
		put_domain(out, result, language);
		buf_put_c(out, temporary ? " の署名はまだ判定できません: " : " の署名は検証に失敗しました: ");
		put_brief(out, result, language);
		if (v->dkim_count > 1)
			buf_printf(out, "(署名 %zu 個のうち有効なものはありません)", v->dkim_count);
		buf_put_c(out, "。");
		return;
	}
	buf_put_c(out, "The signature of ");
	put_domain(out, result, language);
	buf_put_c(out, temporary ? " cannot be judged yet: " : " does not verify: ");
	put_brief(out, result, language);
	if (v->dkim_count > 1)
		buf_printf(out, " (none of %zu signatures verifies)", v->dkim_count);
	buf_put_char(out, '.');
}

void verdict_summary(struct buf *out, const struct verdict *v, enum language language)
{
	if (v->error)
		safe_text(out, str_c(v->error));
	else if (v->outcome == OUTCOME_UNSIGNED)
		buf_put_c(out, TEXT_IN(language, "The message carries no DKIM signature.",
		                       "このメッセージには DKIM 署名がありません。"));
	else if (v->outcome == OUTCOME_PASS)
		summarise_pass(out, v, language);
	else if (v->outcome == OUTCOME_DOUBTFUL)
		summarise_doubtful(out, v, language);
	else
		summarise_other(out, v, language);
}

/* ---- lines ---- */

struct outcome_look {
	const char *word;
	enum style style;
};

static const struct outcome_look LOOKS[OUTCOMES] = {
	[OUTCOME_PASS] = {"PASS ", STYLE_GOOD},         [OUTCOME_DOUBTFUL] = {"WARN ", STYLE_BAD},
	[OUTCOME_FAIL] = {"FAIL ", STYLE_BAD},          [OUTCOME_UNSIGNED] = {"NONE ", STYLE_WARNING},
	[OUTCOME_TEMPORARY] = {"TEMP ", STYLE_WARNING}, [OUTCOME_UNREADABLE] = {"ERROR", STYLE_BAD},
	[OUTCOME_INTERNAL] = {"ERROR", STYLE_BAD},
};

void verdict_line(struct buf *out, const struct verdict *v, const struct page_style *style)
{
	styled(out, style->colour, LOOKS[v->outcome].style, LOOKS[v->outcome].word);
	buf_put_c(out, "  ");
	safe_text(out, str_c(v->file));
	buf_put_c(out, "  ");
	if (v->error) {
		safe_text(out, str_c(v->error));
	} else if (v->outcome == OUTCOME_UNSIGNED) {
		buf_put_c(out, TEXT_IN(style->language, "not signed", "署名なし"));
	} else {
		const struct inkan_dkim_result *result = telling(v);

		put_domain(out, result, style->language);
		if (v->outcome == OUTCOME_DOUBTFUL) {
			buf_printf(out,
			           TEXT_IN(style->language, "  %s: %zu fields, %zu signed",
			                   "  %s: フィールド %zu 個、署名済み %zu 個"),
			           v->repeated[0].name, v->repeated[0].count, v->repeated[0].covered);
		} else if (v->outcome != OUTCOME_PASS) {
			buf_put_c(out, "  ");
			put_brief(out, result, style->language);
		}
	}
	buf_put_char(out, '\n');
}

enum inkan_dkim_explanation verdict_explanation(const struct verdict *v)
{
	return v->dkim_count ? telling(v)->explanation : INKAN_EXPLAIN_NOTHING;
}

/* ---- totals ---- */

void tally_add(struct tally *tally, enum outcome outcome, enum inkan_dkim_explanation explanation)
{
	tally->messages++;
	tally->outcomes[outcome]++;
	if (outcome == OUTCOME_FAIL)
		tally->explanations[explanation]++;
}

enum exit_code tally_exit_code(const struct tally *tally)
{
	const uint64_t *outcomes = tally->outcomes;

	return outcomes[OUTCOME_INTERNAL]                                                           ? EXIT_INTERNAL
	       : outcomes[OUTCOME_UNREADABLE]                                                       ? EXIT_USAGE
	       : outcomes[OUTCOME_TEMPORARY]                                                        ? EXIT_TEMPORARY
	       : outcomes[OUTCOME_FAIL] || outcomes[OUTCOME_UNSIGNED] || outcomes[OUTCOME_DOUBTFUL] ? EXIT_FINDING
	                                                                                            : EXIT_FINE;
}

static const struct text EXPLANATION_NAMES[] = {
	[INKAN_EXPLAIN_NOTHING] = {"", ""},
	[INKAN_EXPLAIN_CONTENT_CHANGED] = {"content changed", "内容の変更"},
	[INKAN_EXPLAIN_HEADER_CHANGED] = {"signed header changed", "署名対象ヘッダーの変更"},
	[INKAN_EXPLAIN_KEY_PROBLEM] = {"key problem", "鍵の問題"},
	[INKAN_EXPLAIN_RECEIVER_POLICY] = {"receiver policy", "受信側の方針"},
	[INKAN_EXPLAIN_SIGNATURE_FIELD] = {"signature field", "署名フィールドの不備"},
	[INKAN_EXPLAIN_DNS] = {"DNS", "DNS"},
};

static const struct text OUTCOME_NAMES[OUTCOMES] = {
	[OUTCOME_PASS] = {"pass", "合格"},
	[OUTCOME_DOUBTFUL] = {"pass with a warning", "警告付きの合格"},
	[OUTCOME_FAIL] = {"fail", "失敗"},
	[OUTCOME_UNSIGNED] = {"not signed", "署名なし"},
	[OUTCOME_TEMPORARY] = {"undecided (temporary error)", "未判定(一時的エラー)"},
	[OUTCOME_UNREADABLE] = {"unreadable", "読み取り不能"},
	[OUTCOME_INTERNAL] = {"internal error", "内部エラー"},
};

static void put_explanations(struct buf *out, const struct tally *tally, enum language language)
{
	const char *before = " (";

	for (size_t i = 1; i < sizeof(tally->explanations) / sizeof *tally->explanations; i++) {
		if (tally->explanations[i] == 0)
			continue;
		buf_put_c(out, before);
		buf_printf(out, "%s %llu", text_in(language, EXPLANATION_NAMES[i]),
		           (unsigned long long)tally->explanations[i]);
		before = ", ";
	}
	if (before[0] == ',')
		buf_put_char(out, ')');
}

void tally_print(struct buf *out, const struct tally *tally, enum language language)
{
	buf_printf(out, TEXT_IN(language, "%llu messages", "%llu 通"), (unsigned long long)tally->messages);
	for (size_t i = 0; i < OUTCOMES; i++) {
		if (tally->outcomes[i] == 0 && i != OUTCOME_PASS && i != OUTCOME_FAIL)
			continue;
		buf_put_c(out, i == 0 ? ": " : ", ");
		buf_printf(out, "%s %llu", text_in(language, OUTCOME_NAMES[i]), (unsigned long long)tally->outcomes[i]);
		if (i == OUTCOME_FAIL)
			put_explanations(out, tally, language);
	}
	buf_put_char(out, '\n');
}
