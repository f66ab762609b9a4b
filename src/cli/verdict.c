/* One line of a message, and the totals of many. */
#include "cli/verdict.h"
#include "cli/trouble_text.h"

#include "explain/redact.h"

static bool has_passed(enum inkan_leg leg)
{
	return leg == INKAN_LEG_ALIGNED || leg == INKAN_LEG_NOT_ALIGNED;
}

enum outcome verdict_outcome(const struct inkan_verdict *found)
{
	switch (found->kind) {
	case INKAN_VERDICT_PASS:
		return OUTCOME_PASS;
	case INKAN_VERDICT_AT_RISK:
		return OUTCOME_AT_RISK;
	case INKAN_VERDICT_FAIL:
		return OUTCOME_FAIL;
	case INKAN_VERDICT_UNKNOWN:
		return OUTCOME_UNKNOWN;
	case INKAN_VERDICT_NOT_REPRESENTATIVE:
		return OUTCOME_NOT_REPRESENTATIVE;
	case INKAN_VERDICT_NONE:
		break;
	}
	bool passed = has_passed(found->spf_leg) || has_passed(found->dkim_leg);

	return passed && found->repeated_count == 0 ? OUTCOME_NONE : OUTCOME_UNPROVEN;
}

enum inkan_dkim_explanation verdict_explanation(const struct verdict *v)
{
	const struct inkan_verdict *found = v->found;
	const struct inkan_dkim_result *telling = NULL;

	if (!found || found->dkim_leg == INKAN_LEG_ALIGNED || found->dkim_leg == INKAN_LEG_NOT_ALIGNED)
		return INKAN_EXPLAIN_NOTHING;
	for (size_t i = 0; i < found->dkim_count; i++)
		if (!telling || (found->dkim[i].aligned && !telling->aligned))
			telling = &found->dkim[i];
	return telling ? telling->explanation : INKAN_EXPLAIN_NOTHING;
}

void verdict_results_line(struct buf *out, const struct verdict *v)
{
	struct str rest = str_c(v->authentication_results);
	struct buf line;

	buf_init(&line, rest.n + 1);
	while (rest.n) {
		struct str part = str_split(&rest, '\r');

		buf_put(&line, part);
		if (rest.n && rest.p[0] == '\n')
			rest = str_skip(rest, 1);
	}
	if (v->redact)
		redact_addresses(out, v->redact, buf_str(&line));
	else
		buf_put(out, buf_str(&line));
	if (buf_error(&line) && !out->error)
		out->error = buf_error(&line);
	buf_release(&line);
}

/* ---- lines ---- */

static const struct {
	const char *word;
	enum style style;
} LOOKS[OUTCOMES] = {
	[OUTCOME_PASS] = {"PASS   ", STYLE_GOOD},
	[OUTCOME_AT_RISK] = {"AT RISK", STYLE_WARNING},
	[OUTCOME_FAIL] = {"FAIL   ", STYLE_BAD},
	[OUTCOME_NONE] = {"NONE   ", STYLE_WARNING},
	[OUTCOME_UNPROVEN] = {"NONE   ", STYLE_WARNING},
	[OUTCOME_NOT_REPRESENTATIVE] = {"NOT REPRESENTATIVE", STYLE_WARNING},
	[OUTCOME_UNKNOWN] = {"UNKNOWN", STYLE_WARNING},
	[OUTCOME_UNREADABLE] = {"ERROR  ", STYLE_BAD},
	[OUTCOME_INTERNAL] = {"ERROR  ", STYLE_BAD},
};

void verdict_line(struct buf *out, const struct verdict *v, const struct page_style *style)
{
	styled(out, style->colour, LOOKS[v->outcome].style, LOOKS[v->outcome].word);
	buf_put_c(out, "  ");
	safe_text(out, str_c(v->file));
	buf_put_c(out, "  ");
	if (v->error) {
		safe_text(out, str_c(trouble_in(style->language, v->error, &(struct trouble_text){""})));
	} else {
		if (v->found->from_domain[0]) {
			safe_text(out, str_c(v->found->from_domain));
			buf_put_c(out, "  ");
		}
		buf_put_c(out, v->page->brief);
	}
	buf_put_char(out, '\n');
}

/* ---- totals ---- */

void tally_add(struct tally *tally, enum outcome outcome, enum inkan_dkim_explanation explanation)
{
	tally->messages++;
	tally->outcomes[outcome]++;
	tally->explanations[explanation]++;
}

enum exit_code tally_exit_code(const struct tally *tally)
{
	const uint64_t *outcomes = tally->outcomes;
	uint64_t findings = outcomes[OUTCOME_AT_RISK] + outcomes[OUTCOME_FAIL] + outcomes[OUTCOME_UNPROVEN] +
	                    outcomes[OUTCOME_NOT_REPRESENTATIVE];

	return outcomes[OUTCOME_INTERNAL]     ? EXIT_INTERNAL
	       : outcomes[OUTCOME_UNREADABLE] ? EXIT_USAGE
	       : outcomes[OUTCOME_UNKNOWN]    ? EXIT_TEMPORARY
	       : findings                     ? EXIT_FINDING
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
	[OUTCOME_AT_RISK] = {"at risk", "要注意"},
	[OUTCOME_FAIL] = {"fail", "不合格"},
	[OUTCOME_NONE] = {"no policy", "ポリシーなし"},
	[OUTCOME_UNPROVEN] = {"no policy and not proven", "ポリシーなし・証明なし"},
	[OUTCOME_NOT_REPRESENTATIVE] = {"not representative", "判定の根拠なし"},
	[OUTCOME_UNKNOWN] = {"unknown (temporary error)", "未判定 (一時的なエラー)"},
	[OUTCOME_UNREADABLE] = {"unreadable", "読み取り不能"},
	[OUTCOME_INTERNAL] = {"internal error", "内部エラー"},
};

/* "; broken signatures: content changed 1, key problem 2" */
static void put_explanations(struct buf *out, const struct tally *tally, enum language language)
{
	const char *before = TEXT_IN(language, "; broken signatures: ", "。壊れた署名: ");

	for (size_t i = 1; i < sizeof(tally->explanations) / sizeof *tally->explanations; i++) {
		if (tally->explanations[i] == 0)
			continue;
		buf_put_c(out, before);
		buf_printf(out, "%s %llu", text_in(language, EXPLANATION_NAMES[i]),
		           (unsigned long long)tally->explanations[i]);
		before = TEXT_IN(language, ", ", "、");
	}
}

void tally_print(struct buf *out, const struct tally *tally, enum language language)
{
	buf_printf(out, TEXT_IN(language, "%llu messages", "%llu 通"), (unsigned long long)tally->messages);
	for (size_t i = 0; i < OUTCOMES; i++) {
		if (tally->outcomes[i] == 0 && i != OUTCOME_PASS && i != OUTCOME_FAIL)
			continue;
		buf_put_c(out, i == 0 ? ": " : TEXT_IN(language, ", ", "、"));
		buf_printf(out, "%s %llu", text_in(language, OUTCOME_NAMES[i]), (unsigned long long)tally->outcomes[i]);
	}
	put_explanations(out, tally, language);
	buf_put_char(out, '\n');
}
