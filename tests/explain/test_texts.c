/* Every text of this room exists in both languages, quotes the same values in both, and names only commands that exist. */
#include <stdio.h>

#include "cli/command.h"
#include "explain/reasons.h"
#include "explain/signature.h"
#include "explain/statements.h"
#include "explain/terms.h"
#include "support/case.h"

static bool has_japanese(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text >= 0xe3)
			return true;
	return false;
}

/* Every "{name}" of one text stands in the other too. */
static void assert_places(const char *text, const char *other)
{
	const char *open;

	for (const char *at = text; (open = strchr(at, '{')); at = open + 1) {
		char place[60];
		size_t n = strcspn(open, "}") + 1;

		assert_true(n < sizeof place);
		memcpy(place, open, n);
		place[n] = '\0';
		assert_non_null(strstr(other, place));
	}
}

static const struct inkan_repeated_field REPEATED = {"From", 2, 1};
static const struct inkan_arc_set SET = {
	.sealer = "s", .results = "r", .recorded_dkim_domain = "", .recorded_from = ""};
static const struct inkan_dkim_result SIGNATURE = {.result = INKAN_FAIL,
                                                   .reason = "",
                                                   .section = "",
                                                   .domain = "example.com",
                                                   .selector = "s1",
                                                   .identity = "",
                                                   .algorithm = "",
                                                   .canonicalization = "",
                                                   .body_hash_signed = "",
                                                   .body_hash_computed = "",
                                                   .changed_header = "",
                                                   .change = ""};
static const struct inkan_verdict VERDICT = {
	.from_address = "", .from_domain = "example.com", .dkim = &SIGNATURE, .dkim_count = 1, .override_comment = ""};

/* A template with every item at hand leaves no brace: no placeholder is misspelt. */
static void assert_filled(struct text text)
{
	struct header header = {0};
	struct page_request request = {.verdict = &VERDICT, .header = &header};
	struct arena arena;
	struct facts facts;
	struct way way;

	arena_init(&arena, 1000000);
	assert_int_equal(header_parse(&arena, STR("DKIM-Signature: a\r\n"), 10, &header), INKAN_OK);
	for (int language = LANGUAGE_EN; language <= LANGUAGE_JA; language++) {
		struct buf out;

		request.language = (enum language)language;
		assert_int_equal(way_find(&arena, &request, &way), INKAN_OK);
		facts_init(&facts, &arena, &request, &way);
		facts.repeated = &REPEATED;
		facts.set = &SET;
		facts.signature = &SIGNATURE;
		buf_init(&out, 10000);
		facts_put(&out, text, &facts);
		assert_int_equal(str_find(buf_str(&out), '{'), out.n);
		buf_release(&out);
	}
	arena_release(&arena);
}

/* "“inkan key generate --domain x”": the words before the first option or placeholder are a command, and its options are
 * those of that command. */
static void assert_commands(const char *text)
{
	const char *at = text;

	while ((at = strstr(at, "inkan "))) {
		const struct command *command = &inkan_command, *next;
		struct str rest = str_c(at += strlen("inkan "));

		while (rest.n) {
			size_t n = 0;

			while (n < rest.n && (is_alpha(rest.p[n]) || rest.p[n] == '-'))
				n++;
			next = command->subcommands && n ? command_find(command, str_head(rest, n)) : NULL;
			if (!next)
				break;
			command = next;
			rest = str_skip(rest, n + 1);
		}
		if (command == &inkan_command || command->subcommands)
			fail_msg("no such command: inkan %s", at);
	}
}

static void assert_both(struct text text)
{
	assert_non_null(text.en);
	assert_non_null(text.ja);
	assert_true(text.en[0] != '\0');
	assert_true(has_japanese(text.ja));
	assert_false(has_japanese(text.en));
	assert_places(text.en, text.ja);
	assert_places(text.ja, text.en);
	assert_filled(text);
	assert_commands(text.en);
	assert_commands(text.ja);
}

static void assert_both_or_none(struct text text)
{
	if (text.en[0] || text.ja[0])
		assert_both(text);
}

static void run_reasons(const void *row)
{
	(void)row;
	for (int i = INKAN_NO_POLICY; i <= INKAN_INSIDE_ONE_ORGANIZATION; i++) {
		struct text text = reason_text((enum inkan_verdict_reason)i);

		assert_both(text);
		/* the page sets the stop, and lists go on behind it */
		assert_int_not_equal(text.en[strlen(text.en) - 1], '.');
	}
}

static void run_words(const void *row)
{
	(void)row;
	for (int i = STANDING_ALIGNED; i < STANDINGS; i++)
		assert_both(standing_text((enum page_standing)i));
	for (int i = INKAN_OVERRIDE_NONE + 1; i <= INKAN_OVERRIDE_TRUSTED_FORWARDER; i++)
		assert_both(override_text((enum inkan_override)i));
	for (int i = INKAN_VERDICT_NONE; i <= INKAN_VERDICT_NOT_REPRESENTATIVE; i++)
		assert_true(page_word((enum inkan_verdict_kind)i)[0] != '\0');
}

static void run_settings(const void *row)
{
	size_t count;
	const struct setting *settings = statement_settings(&count);

	(void)row;
	for (size_t i = 0; i < count; i++)
		assert_both(settings[i].text);
}

static void run_terms(const void *row)
{
	size_t count;
	const struct text *reasons = arc_reasons(&count);

	(void)row;
	for (size_t i = 0; i < count; i++)
		assert_both(reasons[i]);
	reasons = dmarc_reasons(&count);
	for (size_t i = 0; i < count; i++)
		assert_both(reasons[i]);
	for (size_t i = SPF_FAULT_NONE + 1; i < SPF_FAULT_COUNT; i++) {
		struct str detail,
			ja = spf_reason_in(str_c(spf_fault((enum spf_fault_id)i)->text), LANGUAGE_JA, &detail);

		assert_ptr_equal(ja.p, spf_reason_ja((enum spf_fault_id)i));
		assert_true(has_japanese(ja.p));
		assert_int_equal(detail.n, 0);
	}
}

static void run_explanations(const void *row)
{
	size_t count;
	const struct explanation *table = explain_table(&count);

	(void)row;
	for (size_t i = 0; i < count; i++) {
		assert_commands(table[i].fix.en);
		assert_commands(table[i].fix.ja);
	}
}

static void run_rule(const void *row)
{
	const struct rule *rule = row;

	if (rule->scope != SCOPE_EXPLANATION)
		assert_true(rule->why.en[0] || rule->fix.en[0]);
	assert_non_null(rule->holds);
	assert_both_or_none(rule->why);
	assert_both_or_none(rule->fix);
}

static void run_ids(const void *row)
{
	size_t count;
	const struct rule *rules = statement_rules(&count);

	(void)row;
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(rules[i].id, rules[k].id);
}

/* ---- reasons of the engine ---- */

static const struct term_row {
	const char *name, *reason, *ja;
} arc_rows[] = {
	{"ARC: field and trouble", "i=3 ARC-Seal: signature did not verify",
         "i=3 ARC-Seal: 署名がヘッダーと一致しません"},
	{"ARC: set and trouble", "i=2: a set is missing", "i=2: 組が欠けています"},
	{"ARC: trouble alone", "more than 50 sets", "50 組を超えています"},
	{"ARC: a text that is not known", "something new", "something new"},
};

static void run_arc(const void *p)
{
	const struct term_row *row = p;
	struct buf out;

	for (int language = LANGUAGE_EN; language <= LANGUAGE_JA; language++) {
		buf_init(&out, 1000);
		arc_reason_put(&out, str_c(row->reason), (enum language)language);
		buf_put_char(&out, '\0');
		assert_string_equal(out.p, language == LANGUAGE_JA ? row->ja : row->reason);
		buf_release(&out);
	}
}

static void run_spf_detail(const void *row)
{
	struct str detail;
	struct str reason = STR("malformed macro (%{z})");

	(void)row;
	assert_true(str_eq(spf_reason_in(reason, LANGUAGE_JA, &detail), STR("マクロの書式が不正です")));
	assert_true(str_eq(detail, STR(" (%{z})")));
	assert_true(str_eq(spf_reason_in(STR("malformed macros"), LANGUAGE_JA, &detail), STR("malformed macros")));
	assert_int_equal(detail.n, 0);
}

/* ---- templates ---- */

/* Cut at 300 octets, in front of a character that would be torn apart. */
static void run_cut(const void *row)
{
	char text[400];
	struct buf out;

	(void)row;
	memset(text, 'x', sizeof text);
	for (size_t shift = 0; shift < 4; shift++) {
		memcpy(text + 298 - shift, "\xe5\x8d\xb0", 3); /* 印 */
		buf_init(&out, 1000);
		template_put_value(&out, str_from(text, 301 - shift));
		size_t want = shift == 0 ? 298 : 301 - shift; /* 301 octets are one too many */

		assert_int_equal(out.n, want + (shift == 0 ? strlen("…") : 0));
		buf_release(&out);
		memset(text, 'x', sizeof text);
	}
}

int main(void)
{
	struct test_list list = {0};
	size_t count;
	const struct rule *rules = statement_rules(&count);
	static char names[100][80];

	test_add(&list, "a sentence for every reason of a verdict", run_reasons, NULL);
	test_add(&list, "a word for every standing, override and verdict", run_words, NULL);
	test_add(&list, "settings in headers", run_settings, NULL);
	test_add(&list, "reasons of SPF, ARC and DMARC", run_terms, NULL);
	test_add(&list, "commands that explanations of signatures name", run_explanations, NULL);
	test_add(&list, "ids of rules are unique", run_ids, NULL);
	for (size_t i = 0; i < count; i++) {
		snprintf(names[i], sizeof names[i], "rule %s", rules[i].id);
		test_add(&list, names[i], run_rule, &rules[i]);
	}
	TEST_TABLE(&list, arc_rows, run_arc);
	test_add(&list, "SPF: a reason with a detail", run_spf_detail, NULL);
	test_add(&list, "a value of 300 and of 301 octets", run_cut, NULL);
	return test_run(&list, "explain/texts");
}
