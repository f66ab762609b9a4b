/* inkan key: the group of commands on signing keys. */
#include "cli/command.h"

static const struct command *const subcommands[] = {&key_generate_command, &key_show_command, &key_check_command, NULL};

static const struct example examples[] = {
	{"inkan key generate --domain example.com --selector s2026",
         {"a new key and the record to publish", "新しい鍵と、公開するレコードを作る"}},
	{NULL, {NULL, NULL}},
};

const struct command key_command = {
	.name = "key",
	.summary = {"Make, show and check signing keys", "署名鍵を作る、表示する、検査する"},
	.operands = "",
	.description = {"", ""},
	.examples = examples,
	.subcommands = subcommands,
};
