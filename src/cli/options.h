/* Options and operands of a command, as its table says (cli/command.h), read from the command line.
 *
 * Options may stand before or after operands, long ones may be shortened and written --name VALUE or --name=VALUE; "--"
 * ends them. Values are checked here by kind, so that a command that runs has only well-formed ones. Options that
 * several commands share are declared once, in options.c; a command names those it takes. */
#pragma once

#include "cli/output.h"
#include "config/address.h"
#include "core/time.h"

enum option_kind {
	OPTION_FLAG,   /* no value */
	OPTION_STRING, /* any text */
	OPTION_FILE,   /* a path; completion offers files */
	OPTION_NUMBER, /* decimal, min to max */
	OPTION_TIME,   /* RFC 3339 or Unix seconds */
	OPTION_CHOICE  /* one of the words of `choices` */
};

struct option_spec {
	const char *name; /* "save-dns" */
	char letter;      /* 'v', or '\0' */
	enum option_kind kind;
	const char *argument; /* "FILE"; NULL for a flag and for a choice */
	const char *choices;  /* OPTION_CHOICE: "rsa|ed25519" */
	uint64_t min, max;    /* OPTION_NUMBER */
	struct text help;
};

/* Options that commands share. COMMON_ALWAYS needs no mention. */
enum common_option {
	COMMON_DNS = 1 << 0,      /* --dns, --save-dns, --resolver */
	COMMON_AT = 1 << 1,       /* --at */
	COMMON_JSON = 1 << 2,     /* --json */
	COMMON_CONFIG = 1 << 3,   /* --config */
	COMMON_JOBS = 1 << 4,     /* --jobs */
	COMMON_SUFFIXES = 1 << 5, /* --public-suffix-list */
	COMMON_ALWAYS = 1 << 6    /* --lang, -v, --help */
};

enum { JOBS_MAX = 1024 };

struct command;

/* An option as it was given. */
struct given_option {
	const struct option_spec *option;
	const char *value; /* NULL for a flag */
};

/* One call of a command. All text points into argv. */
struct invocation {
	struct ui *ui;
	const struct command *command;
	struct given_option *given; /* in the order of the command line, for options that belong together */
	size_t given_count;
	char **operands;
	size_t operand_count;
	/* the shared options; where a command does not take one, the value is the default */
	const char *dns_file;      /* NULL: ask the network */
	const char *save_dns_file; /* NULL: do not */
	const char *resolver;      /* "HOST[:PORT]"; NULL: that of the system */
	const char *config_file;   /* NULL: none given */
	const char *suffix_file;   /* list of public suffixes; NULL: that of the system */
	unix_time at;              /* UNIX_TIME_NONE: now */
	bool json;
	unsigned jobs; /* 0: as many as there are processors */
};

/* The i-th option that the command takes, its own before the shared ones; NULL behind the last. */
const struct option_spec *command_option(const struct command *command, size_t i);

/* Reads the arguments behind the command's name; argv[0] is that name. EXIT_FINE: run it. Else a message was printed
 * and the program is to end with that code. *help_out: --help was given, nothing else counts. Released by
 * invocation_release() in any case. */
enum exit_code invocation_parse(struct invocation *in, struct ui *ui, const struct command *command, int argc,
                                char **argv, bool *help_out);
void invocation_release(struct invocation *in);

/* Whether the option was given. `name` must be one of the command's options (asserted). */
bool option_given(const struct invocation *in, const char *name);
/* Its last value, or `otherwise`. */
const char *option_value(const struct invocation *in, const char *name, const char *otherwise);
uint64_t option_number(const struct invocation *in, const char *name, uint64_t otherwise);

/* The time of judgement: --at, else the clock. */
unix_time invocation_now(const struct invocation *in);

/* Whether `word` is one of the words of "a|b|c". */
bool choice_has(const char *choices, struct str word);
