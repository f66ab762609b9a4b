/* Every text of the tables exists in both languages, and says the same things in both. */
#include <stdio.h>

#include "check/bimi_record.h"
#include "check/bounce.h"
#include "check/dkim_kinds.h"
#include "check/dmarc_record.h"
#include "check/domain_kinds.h"
#include "check/key_pair.h"
#include "check/mistakes.h"
#include "check/record.h"
#include "check/result_kinds.h"
#include "check/sender.h"
#include "check/spf_kinds.h"
#include "check/transport_record.h"
#include "cli/command.h"
#include "cli/engine_text.h"
#include "spf/fault.h"
#include "support/case.h"

/* Latin letters only: a Japanese text that nobody translated. Names and units may be the same in both. */
static bool has_japanese(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text >= 0xe3)
			return true;
	return false;
}

static void assert_both(struct text text)
{
	assert_non_null(text.en);
	assert_non_null(text.ja);
	assert_int_equal(*text.en == '\0', *text.ja == '\0');
	assert_false(has_japanese(text.en));
	if (*text.ja)
		assert_true(has_japanese(text.ja));
}

static void a_command_has_both(const void *row)
{
	const struct command *command = row;
	const struct option_spec *o;

	assert_both(command->summary);
	assert_true(*command->summary.en);
	assert_both(command->description);
	assert_non_null(command->operands);
	assert_true(command->subcommands || command->run || command == &inkan_command);
	for (size_t i = 0; (o = command_option(command, i)); i++) {
		assert_both(o->help);
		assert_true(*o->help.en);
		assert_int_equal(o->kind == OPTION_CHOICE, o->choices != NULL);
		assert_int_equal(o->kind == OPTION_FLAG || o->kind == OPTION_CHOICE, o->argument == NULL);
	}
	assert_non_null(command->examples);
	for (const struct example *e = command->examples; e->line; e++) {
		assert_non_null(strstr(e->line, "inkan "));
		assert_both(e->text);
	}
}

/* {0} in one language is {0} in the other. */
static void assert_same_places(struct text text)
{
	for (char c = '0'; c < '0' + FINDING_ARGS; c++) {
		char place[] = {'{', c, '}', '\0'};

		assert_int_equal(strstr(text.en, place) != NULL, strstr(text.ja, place) != NULL);
	}
}

static void a_kind_has_both(const void *row)
{
	const struct finding_kind *kind = row;

	assert_non_null(kind->id);
	assert_non_null(kind->source);
	assert_both(kind->text);
	assert_true(*kind->text.en);
	assert_same_places(kind->text);
	assert_same_places(kind->fix);
	assert_int_equal(*kind->fix.en == '\0', *kind->fix.ja == '\0');
	/* what must be mended says how */
	if (kind->severity != SEVERITY_INFO)
		assert_true(*kind->fix.en);
}

static char names[800][80];
static size_t names_used;

static const char *name_of(const char *kind, const char *name)
{
	assert_true(names_used < sizeof(names) / sizeof(*names));
	snprintf(names[names_used], sizeof(*names), "%s %s", kind, name);
	return names[names_used++];
}

static void add_kinds(struct test_list *list, const struct finding_kind *kinds, size_t count)
{
	for (size_t i = 0; i < count; i++)
		test_add(list, name_of("finding", kinds[i].id ? kinds[i].id : "without id"), a_kind_has_both,
		         &kinds[i]);
}

/* No id stands for two things. */
static void ids_are_unique(const void *row)
{
	(void)row;
	const struct {
		const struct finding_kind *kinds;
		size_t count;
	} tables[] = {{&private_key_kind, 1},
	              {dkim_kinds, DKIM_FINDINGS},
	              {spf_kinds, SPF_FINDINGS},
	              {tag_kinds, TAG_FINDINGS},
	              {dmarc_kinds, DMARC_FINDINGS},
	              {transport_kinds, TRANSPORT_FINDINGS},
	              {bimi_kinds, BIMI_FINDINGS},
	              {pasted_kinds, pasted_kinds_count},
	              {key_pair_kinds, key_pair_kinds_count},
	              {header_kinds, HEADER_FINDINGS},
	              {domain_kinds, DOMAIN_FINDINGS},
	              {mistake_kinds, MISTAKES},
	              {sender_kinds, sender_kinds_count},
	              {bounce_kinds, bounce_kinds_count}};
	const char *seen[800];
	size_t n = 0;

	for (size_t t = 0; t < sizeof(tables) / sizeof(*tables); t++)
		for (size_t i = 0; i < tables[t].count; i++) {
			for (size_t k = 0; k < n; k++)
				assert_string_not_equal(seen[k], tables[t].kinds[i].id);
			seen[n++] = tables[t].kinds[i].id;
		}
}

/* Every reason that SPF gives can be said in Japanese. */
static void spf_reasons_are_known(const void *row)
{
	(void)row;
	for (int id = SPF_FAULT_NONE + 1; id < SPF_FAULT_COUNT; id++)
		assert_true(engine_text_is_known(spf_fault((enum spf_fault_id)id)->text));
	assert_true(engine_text_is_known("unknown mechanism (moo)"));
	assert_false(engine_text_is_known("unknown mechanisms"));
}

int main(void)
{
	struct test_list list = {0};

	test_add(&list, "command inkan", a_command_has_both, &inkan_command);
	for (const struct command *const *c = inkan_command.subcommands; *c; c++) {
		test_add(&list, name_of("command", (*c)->name), a_command_has_both, *c);
		for (const struct command *const *sub = (*c)->subcommands; sub && *sub; sub++)
			test_add(&list, name_of((*c)->name, (*sub)->name), a_command_has_both, *sub);
	}
	add_kinds(&list, &private_key_kind, 1);
	add_kinds(&list, dkim_kinds, DKIM_FINDINGS);
	add_kinds(&list, spf_kinds, SPF_FINDINGS);
	add_kinds(&list, tag_kinds, TAG_FINDINGS);
	add_kinds(&list, dmarc_kinds, DMARC_FINDINGS);
	add_kinds(&list, transport_kinds, TRANSPORT_FINDINGS);
	add_kinds(&list, bimi_kinds, BIMI_FINDINGS);
	add_kinds(&list, pasted_kinds, pasted_kinds_count);
	add_kinds(&list, key_pair_kinds, key_pair_kinds_count);
	add_kinds(&list, header_kinds, HEADER_FINDINGS);
	add_kinds(&list, domain_kinds, DOMAIN_FINDINGS);
	add_kinds(&list, mistake_kinds, MISTAKES);
	add_kinds(&list, sender_kinds, sender_kinds_count);
	add_kinds(&list, bounce_kinds, bounce_kinds_count);
	for (int i = 0; i < AUTHRES_CAUSE_COUNT; i++)
		if (result_kinds[i].kind.id)
			add_kinds(&list, &result_kinds[i].kind, 1);
	test_add(&list, "reasons of SPF are known", spf_reasons_are_known, NULL);
	test_add(&list, "ids of findings are unique", ids_are_unique, NULL);
	return test_run(&list, "cli/texts");
}
