/* inkan: finds the command in the table, reads its options, runs it. Nothing else happens at start. */
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "cli/run.h"

#include "cli/command.h"

/* A file opened later must not land on a closed standard stream. Reading or writing such a stream still fails. */
static void occupy_standard_streams(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			(void)!open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

/* The language must be known before the first complaint about the command line: --lang counts wherever it stands. */
static enum language language_of(int argc, char **argv)
{
	enum language language = language_from_environment();

	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
		if (strcmp(argv[i], "--lang") == 0 && i + 1 < argc)
			(void)language_from_name(str_c(argv[i + 1]), &language);
		else if (str_has_prefix(str_c(argv[i]), STR("--lang=")))
			(void)language_from_name(str_skip(str_c(argv[i]), strlen("--lang=")), &language);
	}
	return language;
}

static enum exit_code print_help(struct ui *ui, const struct command *command)
{
	struct output out;

	output_init(&out);
	help_print(ui, command, &out.text);
	return output_finish(&out, ui, EXIT_FINE);
}

/* A command that only groups others was called without one of them. */
static enum exit_code explain_group(struct ui *ui, const struct command *command)
{
	struct output out;

	output_init(&out);
	out.fd = STDERR_FILENO;
	help_print(ui, command, &out.text);
	return output_finish(&out, ui, EXIT_USAGE);
}

static enum exit_code run(struct ui *ui, const struct command *command, int argc, char **argv)
{
	struct invocation in;
	bool help;
	enum exit_code code = invocation_parse(&in, ui, command, argc, argv, &help);

	if (code == EXIT_FINE && help)
		code = print_help(ui, command);
	else if (code == EXIT_FINE && command->run)
		code = command->run(&in);
	else if (code == EXIT_FINE && command == &inkan_command && option_given(&in, "version"))
		code = version_command.run(&in);
	else if (code == EXIT_FINE)
		code = explain_group(ui, command);
	invocation_release(&in);
	return code;
}

/* How many of argv[from...] are options that every command takes, in front of its name: `inkan --lang ja -v verify`. */
static int options_before(int argc, char **argv, int from)
{
	int i = from;

	for (; i < argc; i++) {
		struct str word = str_c(argv[i]);

		if (str_eq(word, STR("--lang")) && i + 1 < argc)
			i++;
		else if (!str_has_prefix(word, STR("--lang")) && !str_eq(word, STR("--verbose")) &&
		         !str_eq(word, STR("--json")) &&
		         !(word.n > 1 && word.p[0] == '-' && strspn(word.p + 1, "v") == word.n - 1))
			break;
	}
	return i - from;
}

/* Puts the name at argv[to] in front of the options at argv[from...], so that they are the command's. */
static void put_first(char **argv, int from, int to)
{
	char *name = argv[to];

	memmove(argv + from + 1, argv + from, (size_t)(to - from) * sizeof *argv);
	argv[from] = name;
}

/* Follows argv to the command that is meant; *at_out is where its name stands, what was in front of it now being behind. A name that is none: the word, in *wrong_out. */
static const struct command *find_command(int argc, char **argv, int *at_out, const char **wrong_out)
{
	const struct command *command = &inkan_command;

	*at_out = 0;
	*wrong_out = NULL;
	while (command->subcommands) {
		int next = *at_out + 1 + options_before(argc, argv, *at_out + 1);
		const struct command *sub;

		if (next >= argc || argv[next][0] == '-')
			break;
		sub = command_find(command, str_c(argv[next]));
		if (!sub) {
			*wrong_out = argv[next];
			break;
		}
		command = sub;
		++*at_out;
		put_first(argv, *at_out, next);
	}
	return command;
}

static serve_function *service;

serve_function *cli_service(void)
{
	return service;
}

int cli_run(int argc, char **argv, serve_function *serve)
{
	const struct command *command;
	const char *wrong;
	struct buf path;
	struct ui ui;
	int at, code;

	service = serve;
	occupy_standard_streams();
	(void)signal(SIGPIPE, SIG_IGN); /* a reader that has gone is an error of write() */
	ui_init(&ui, language_of(argc, argv));
	command = find_command(argc, argv, &at, &wrong);
	buf_init(&path, 1024);
	command_path(command, &path);
	buf_put_char(&path, '\0');
	if (buf_error(&path) == INKAN_OK)
		ui.command = path.p;
	code = wrong ? (int)refuse_command(&ui, command, str_c(wrong)) : (int)run(&ui, command, argc - at, argv + at);
	buf_release(&path);
	return code;
}
