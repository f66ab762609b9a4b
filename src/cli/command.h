/* The commands of the program: one table, from which come help, completion, suggestions and the run itself. */
#pragma once

#include "cli/options.h"
#include "core/near.h"

struct example {
	const char *line; /* "inkan verify a.eml" */
	struct text text; /* what it does */
};

struct command {
	const char *name;                  /* "generate"; the last word only */
	struct text summary;               /* one line without a final stop, for lists and under the usage */
	const char *operands;              /* as in the usage line: "FILE...", "" */
	size_t operands_min;               /* fewer: usage error */
	size_t operands_max;               /* more: usage error; SIZE_MAX: any number */
	bool operands_are_files;           /* completion offers files */
	bool is_cmdlet;                    /* as PowerShell has it: its name in any case, -Identity is an operand */
	struct text description;           /* paragraphs; "\n" ends a line, text is wrapped when shown */
	const struct option_spec *options; /* the command's own, ended by an entry without name; NULL: none */
	unsigned common;                   /* enum common_option, COMMON_ALWAYS is added */
	const struct example *examples;    /* ended by an entry without line; NULL: none */
	const struct command *const *subcommands; /* ended by NULL; then run is NULL */
	/* Does the work and says how it went. Prints results through struct output, troubles through ui_error(). */
	enum exit_code (*run)(const struct invocation *in);
};

/* The top: `inkan` itself, whose subcommands are the commands. Each command is one file of this room. */
extern const struct command inkan_command;

/* The command of that name in the subcommands of `parent`; NULL where there is none. */
const struct command *command_find(const struct command *parent, struct str name);
/* The subcommand whose name comes nearest to a misspelt word; NULL where none is near. */
const struct command *command_nearest(const struct command *parent, struct str word);

/* Says that `parent` has no such subcommand, with a suggestion; returns EXIT_USAGE. */
enum exit_code refuse_command(struct ui *ui, const struct command *parent, struct str word);

/* The help of a command: usage, description, options, examples, exit codes. */
void help_print(const struct ui *ui, const struct command *command, struct buf *out);
/* "inkan key generate", by the place in the table. */
void command_path(const struct command *command, struct buf *out);

/* The commands, each in the file of its name. */
extern const struct command serve_command, verify_command, sign_command, seal_command, lab_command;
extern const struct command key_command, key_generate_command, key_show_command, key_check_command;
extern const struct command check_command, check_bounce_command, check_domain_command, check_header_command,
	check_message_command, dkim_key_command, spf_command, dmarc_command, explain_command;
extern const struct command config_command, config_import_command, dns_command;
extern const struct command identity_command, identity_create_command, identity_records_command,
	identity_verify_command, identity_enable_command, identity_disable_command, identity_rotate_command,
	identity_mail_from_command, identity_approve_command, identity_import_command, identity_export_command,
	identity_tenant_command, identity_backup_command, identity_restore_command;
extern const struct command record_command, check_zonefile_command, check_diff_command;
extern const struct command get_signing_config_command, new_signing_config_command, set_signing_config_command,
	rotate_signing_config_command, powershell_command;
extern const struct command ses_command;
extern const struct command help_command, version_command;
