/* The table of commands. A new command is one line here and one file. */
#include "cli/command.h"

static const struct command *const commands[] = {
	&verify_command,
	&sign_command,
	&identity_command,
	&get_signing_config_command,
	&new_signing_config_command,
	&set_signing_config_command,
	&rotate_signing_config_command,
	&powershell_command,
	&ses_command,
	&dns_command,
	&seal_command,
	&key_command,
	&dkim_key_command,
	&spf_command,
	&dmarc_command,
	&check_command,
	&record_command,
	&config_command,
	&explain_command,
	&lab_command,
	&help_command,
	&version_command,
	&serve_command,
	NULL,
};

static const struct option_spec options[] = {
	{"version", 'V', OPTION_FLAG, NULL, NULL, 0, 0, {"print the version", "バージョンを表示する"}},
	{0},
};

static const struct example examples[] = {
	{"inkan lab run first-seal", {"see what signatures do, with invented mail", "架空のメールで署名の働きを見る"}},
	{"inkan verify --from-received mail.eml", {"judge a message", "メッセージを検証する"}},
	{"inkan key generate --domain example.com --selector s2026",
         {"the first step to sign the mail of a domain", "ドメインのメールに署名するための最初の一歩"}},
	{NULL, {NULL, NULL}},
};

const struct command inkan_command = {
	.name = "inkan",
	.summary = {"Prove that a domain's mail is its own: sign, verify, check, and say what to fix",
                    "ドメインのメールが本物であることを証明する: 署名、検証、検査、直し方の提示"},
	.operands = "",
	.description = {"“inkan help COMMAND” tells more about a command.",
                        "「inkan help COMMAND」で各コマンドの説明を表示します。"},
	.options = options,
	.examples = examples,
	.subcommands = commands,
};
