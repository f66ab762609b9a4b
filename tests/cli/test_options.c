/* Options and operands of the command line, suggestions, resolver addresses. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/command.h"
#include "support/case.h"

enum { ARGUMENTS_MAX = 24 };

static enum exit_code run_nothing(const struct invocation *in)
{
	(void)in;
	return EXIT_FINE;
}

static const struct option_spec options[] = {
	{"bits", 'b', OPTION_NUMBER, "N", NULL, 512, 4096, {"n", "n"}},
	{"type", 't', OPTION_CHOICE, NULL, "rsa|ed25519", 0, 0, {"t", "t"}},
	{"out", 0, OPTION_FILE, "FILE", NULL, 0, 0, {"o", "o"}},
	{"force", 'f', OPTION_FLAG, NULL, NULL, 0, 0, {"f", "f"}},
	{0},
};

static const struct command command = {
	.name = "test",
	.operands = "FILE...",
	.operands_min = 1,
	.operands_max = 3,
	.options = options,
	.common = COMMON_DNS | COMMON_AT | COMMON_JSON | COMMON_JOBS | COMMON_CONFIG,
	.run = run_nothing,
};

static const struct command cmdlet = {
	.name = "Get-Test",
	.operands = "[WORD]...",
	.operands_max = 5,
	.is_cmdlet = true,
	.options = options,
	.run = run_nothing,
};

struct parsed {
	struct ui ui;
	struct invocation in;
	enum exit_code code;
	bool help;
	char message[2000]; /* what was printed to standard error */
	char *argv[ARGUMENTS_MAX + 1];
};

/* Runs the parser on words separated by one space, with standard error caught. "Get-Test" at the beginning: as a cmdlet. */
static void parse(struct parsed *p, const char *line, char *room, size_t size)
{
	const struct command *which = str_has_prefix(str_c(line), STR("Get-Test")) ? &cmdlet : &command;
	int saved = dup(STDERR_FILENO), ends[2], argc = 0;

	*p = (struct parsed){.ui = {.command = "inkan test"}};
	assert_true(strlen(line) < size);
	memcpy(room, line, strlen(line) + 1);
	for (char *word = room; word && argc < ARGUMENTS_MAX; argc++) {
		char *space = strchr(word, ' ');

		p->argv[argc] = word;
		if (space)
			*space++ = '\0';
		word = space;
	}
	assert_int_equal(pipe(ends), 0);
	dup2(ends[1], STDERR_FILENO);
	p->code = invocation_parse(&p->in, &p->ui, which, argc, p->argv, &p->help);
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(ends[1]);

	ssize_t n = read(ends[0], p->message, sizeof(p->message) - 1);

	p->message[n > 0 ? n : 0] = '\0';
	close(ends[0]);
}

/* ---- accepted ---- */

struct accepted {
	const char *name;
	const char *line;
	const char *bits, *type, *out; /* values or "" */
	bool force;
	const char *operands; /* separated by a space */
};

static const struct accepted accepted_rows[] = {
	{"an operand", "test a", "", "", "", false, "a"},
	{"options before operands", "test --bits 1024 -f a", "1024", "", "", true, "a"},
	{"options after operands", "test a --bits 1024 -f", "1024", "", "", true, "a"},
	{"options between operands", "test a -f b --type rsa c", "", "rsa", "", true, "a b c"},
	{"value behind =", "test --out=x.pem a", "", "", "x.pem", false, "a"},
	{"value behind the letter", "test -b512 a", "512", "", "", false, "a"},
	{"a shortened name", "test --fo a", "", "", "", true, "a"},
	{"the last one counts", "test --bits 512 --bits 4096 a", "4096", "", "", false, "a"},
	{"a lone dash is an operand", "test -", "", "", "", false, "-"},
	{"two dashes end the options", "test -- -f", "", "", "", false, "-f"},
	{"a dash as value", "test --out - a", "", "", "-", false, "a"},
	{"a cmdlet: words with one dash are operands", "Get-Test -Identity a --out x -Enabled:true", "", "", "x", false,
         "-Identity a -Enabled:true"},
	{"a cmdlet: a dash with one letter is an option", "Get-Test -f - a", "", "", "", true, "- a"},
	{"a cmdlet: two dashes end the options", "Get-Test -Ab -- -f --out", "", "", "", false, "-Ab -f --out"},
};

static void accept(const void *row)
{
	const struct accepted *r = row;
	char room[200], operands[200] = "";
	struct parsed p;

	parse(&p, r->line, room, sizeof(room));
	assert_string_equal(p.message, "");
	assert_int_equal(p.code, EXIT_FINE);
	assert_string_equal(option_value(&p.in, "bits", ""), r->bits);
	assert_string_equal(option_value(&p.in, "type", ""), r->type);
	assert_string_equal(option_value(&p.in, "out", ""), r->out);
	assert_int_equal(option_given(&p.in, "force"), r->force);
	for (size_t i = 0, n = 0; i < p.in.operand_count; i++)
		n += (size_t)snprintf(operands + n, sizeof(operands) - n, "%s%s", i ? " " : "", p.in.operands[i]);
	assert_string_equal(operands, r->operands);
	invocation_release(&p.in);
}

/* ---- refused ---- */

struct refused {
	const char *name;
	const char *line;
	const char *message; /* a part of it */
};

static const struct refused refused_rows[] = {
	{"no operand", "test", "something is missing – usage: inkan test [OPTION]... FILE..."},
	{"too many operands", "test a b c d", "“d” is too much"},
	{"an unknown option", "test a --nothing", "unknown option --nothing – see “inkan test --help”"},
	{"an unknown letter", "test a -x", "unknown option -x"},
	{"a misspelt option", "test a --froce", "did you mean --force?"},
	{"a misspelt option with a value", "test a --bist=2048", "unknown option --bist – did you mean --bits?"},
	{"a missing value", "test a --bits", "--bits wants a value – write --bits N"},
	{"a missing value of a choice", "test a -t", "--type wants a value – write --type rsa|ed25519"},
	{"a value for a flag", "test a --force=yes", "--force takes no value"},
	{"a number that is none", "test a --bits many", "--bits many: not a number – give one from 512 to 4096"},
	{"a number with a sign", "test a --bits +512", "not a number"},
	{"a number below its range", "test a --bits 511", "from 512 to 4096"},
	{"a number above its range", "test a --bits 4097", "from 512 to 4096"},
	{"a number beyond 64 bits", "test a --bits 18446744073709551616", "from 512 to 4096"},
	{"another word of a choice", "test a --type dsa", "--type dsa: no such choice – give one of rsa|ed25519"},
	{"a part of a choice", "test a --type rs", "no such choice"},
	{"a time that is none", "test a --at yesterday", "--at yesterday: not a time"},
	{"jobs from 1", "test a --jobs 0", "from 1 to 1024"},
	{"jobs to 1024", "test a --jobs 1025", "from 1 to 1024"},
	{"another language", "test a --lang fr", "give one of ja|en"},
	{"a resolver that is none", "test a --resolver 192.0.2.1:0", "--resolver 192.0.2.1:0: not a server"},
	{"snapshot and resolver", "test a --dns x --resolver 192.0.2.1", "exclude each other"},
	{"control characters come out harmless", "test a --bits \033[2J", "--bits \\x1b[2J: not a number"},
	{"in Japanese", "test --lang ja a --nothing", "不明なオプション --nothing"},
};

static void refuse(const void *row)
{
	const struct refused *r = row;
	char room[200];
	struct parsed p;

	parse(&p, r->line, room, sizeof(room));
	assert_int_equal(p.code, EXIT_USAGE);
	if (!strstr(p.message, r->message))
		assert_string_equal(p.message, r->message);
	assert_int_equal(strncmp(p.message, "inkan test: ", 12), 0);
	assert_ptr_equal(strchr(p.message, '\n'), p.message + strlen(p.message) - 1);
	invocation_release(&p.in);
}

/* ---- shared options ---- */

static void shared_options_are_kept(const void *row)
{
	(void)row;
	char room[300];
	struct parsed p;

	parse(&p, "test a --save-dns s --resolver [::1]:53 --at 17 --json -vv -j 8 --config c", room, sizeof(room));
	assert_int_equal(p.code, EXIT_FINE);
	assert_string_equal(p.in.save_dns_file, "s");
	assert_string_equal(p.in.resolver, "[::1]:53");
	assert_string_equal(p.in.config_file, "c");
	assert_int_equal(p.in.at, 17);
	assert_int_equal(invocation_now(&p.in), 17);
	assert_true(p.in.json);
	assert_int_equal(p.ui.verbose, 2);
	assert_int_equal(p.in.jobs, 8);
	invocation_release(&p.in);
}

static void shared_options_have_defaults(const void *row)
{
	(void)row;
	char room[300];
	struct parsed p;

	parse(&p, "test a", room, sizeof(room));
	assert_null(p.in.dns_file);
	assert_int_equal(p.in.at, UNIX_TIME_NONE);
	assert_true(invocation_now(&p.in) > 1000000000);
	assert_false(p.in.json);
	assert_int_equal(p.in.jobs, 0);
	invocation_release(&p.in);
}

static void help_counts_before_operands(const void *row)
{
	(void)row;
	char room[300];
	struct parsed p;

	parse(&p, "test --help", room, sizeof(room));
	assert_int_equal(p.code, EXIT_FINE);
	assert_true(p.help);
	invocation_release(&p.in);
}

static void given_options_keep_their_order(const void *row)
{
	(void)row;
	char room[300];
	struct parsed p;

	parse(&p, "test --out 1 --bits 512 a --out 2", room, sizeof(room));
	assert_int_equal(p.in.given_count, 3);
	assert_string_equal(p.in.given[0].value, "1");
	assert_string_equal(p.in.given[1].option->name, "bits");
	assert_string_equal(p.in.given[2].value, "2");
	invocation_release(&p.in);
}

/* ---- resolver addresses ---- */

struct address {
	const char *name; /* the text */
	const char *host; /* NULL: refused */
	uint16_t port;
};

static const struct address address_rows[] = {
	{"192.0.2.1", "192.0.2.1", 53},
	{"192.0.2.1:5353", "192.0.2.1", 5353},
	{"2001:db8::1", "2001:db8::1", 53},
	{"[2001:db8::1]", "2001:db8::1", 53},
	{"[2001:db8::1]:65535", "2001:db8::1", 65535},
	{"ns.example.com:53", "ns.example.com", 53},
	{"", NULL, 0},
	{":53", NULL, 0},
	{"192.0.2.1:", NULL, 0},
	{"192.0.2.1:65536", NULL, 0},
	{"192.0.2.1:x", NULL, 0},
	{"[2001:db8::1", NULL, 0},
	{"[2001:db8::1]53", NULL, 0},
	{"[]:53", NULL, 0},
};

static void resolver_address(const void *row)
{
	const struct address *r = row;
	struct str host = STR("untouched");
	uint16_t port = 1;

	assert_int_equal(resolver_parse(str_c(r->name), &host, &port), r->host != NULL);
	assert_true(str_eq(host, r->host ? str_c(r->host) : STR("untouched")));
	assert_int_equal(port, r->host ? r->port : 1);
}

/* ---- suggestions ---- */

struct distance {
	const char *name;
	const char *a, *b;
	size_t distance;
};

static const struct distance distance_rows[] = {
	{"the same", "verify", "verify", 0},
	{"nothing", "", "", 0},
	{"one empty", "", "abc", 3},
	{"a letter too much", "verrify", "verify", 1},
	{"a letter missing", "vrify", "verify", 1},
	{"another letter", "verefy", "verify", 1},
	{"neighbours swapped", "verfiy", "verify", 1},
	{"swapped at the start", "evrify", "verify", 1},
	{"quite different", "key", "lab", 3},
};

static void distance(const void *row)
{
	const struct distance *r = row;

	assert_int_equal(word_distance(str_c(r->a), str_c(r->b)), r->distance);
	assert_int_equal(word_distance(str_c(r->b), str_c(r->a)), r->distance);
}

static void long_words_are_far_away(const void *row)
{
	(void)row;
	char word[WORD_MAX + 1];

	memset(word, 'a', sizeof(word));
	assert_int_equal(word_distance(str_from(word, WORD_MAX), STR("a")), WORD_MAX - 1);
	assert_int_equal(word_distance(str_from(word, WORD_MAX + 1), STR("a")), SIZE_MAX);
}

struct suggestion {
	const char *name; /* the word */
	const char *meant;
};

static const struct suggestion suggestion_rows[] = {
	{"hepl", "help"}, {"versoin", "version"}, {"ver", "version"},   {"dkimkey", "dkim-key"},
	{"sing", "sign"}, {"keys", "key"},        {"frobnicate", NULL}, {"x", NULL},
};

static void suggestion(const void *row)
{
	const struct suggestion *r = row;
	const struct command *near = command_nearest(&inkan_command, str_c(r->name));

	/* "ver" may mean verify or version, whichever comes first in the table */
	if (strcmp(r->name, "ver") == 0)
		assert_int_equal(strncmp(near->name, "ver", 3), 0);
	else if (r->meant)
		assert_string_equal(near ? near->name : "nothing", r->meant);
	else
		assert_null(near);
}

int main(void)
{
	struct test_list list = {0};

	TEST_TABLE(&list, accepted_rows, accept);
	TEST_TABLE(&list, refused_rows, refuse);
	test_add(&list, "shared options are kept", shared_options_are_kept, NULL);
	test_add(&list, "shared options have defaults", shared_options_have_defaults, NULL);
	test_add(&list, "--help counts before missing operands", help_counts_before_operands, NULL);
	test_add(&list, "given options keep their order", given_options_keep_their_order, NULL);
	TEST_TABLE(&list, address_rows, resolver_address);
	TEST_TABLE(&list, distance_rows, distance);
	test_add(&list, "long words are far away", long_words_are_far_away, NULL);
	TEST_TABLE(&list, suggestion_rows, suggestion);
	return test_run(&list, "cli/options");
}
