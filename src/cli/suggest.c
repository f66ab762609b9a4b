/* Which word was meant. The declarations are in command.h. */
#include "cli/command.h"

const struct command *command_find(const struct command *parent, struct str name)
{
	for (size_t i = 0; parent->subcommands && parent->subcommands[i]; i++) {
		const struct command *c = parent->subcommands[i];

		if (str_eq(str_c(c->name), name) || (c->is_cmdlet && str_ieq(str_c(c->name), name)))
			return c;
	}
	return NULL;
}

const struct command *command_nearest(const struct command *parent, struct str word)
{
	const struct command *best = NULL;
	size_t best_distance = SIZE_MAX;

	for (size_t i = 0; parent->subcommands && parent->subcommands[i]; i++) {
		struct str name = str_c(parent->subcommands[i]->name);
		size_t distance = word_distance(word, name);

		if (distance < best_distance && word_is_near(word, name)) {
			best = parent->subcommands[i];
			best_distance = distance;
		}
	}
	return best;
}

enum exit_code refuse_command(struct ui *ui, const struct command *parent, struct str word)
{
	const struct command *near = command_nearest(parent, word);

	if (near)
		ui_error(ui, NOWHERE,
		         TEXT(ui, "no such command: %.*s – did you mean “%s”?",
		              "「%.*s」というコマンドはありません – もしかして「%s」ですか?"),
		         STR_ARG(word), near->name);
	else
		ui_error(ui, NOWHERE,
		         TEXT(ui, "no such command: %.*s – “inkan help” lists them",
		              "「%.*s」というコマンドはありません – 「inkan help」で一覧を見てください"),
		         STR_ARG(word));
	return EXIT_USAGE;
}
