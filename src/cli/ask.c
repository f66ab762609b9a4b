#include "cli/ask.h"

#include <errno.h>
#include <unistd.h>

bool can_ask(const struct invocation *in)
{
	return !in->json && isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
}

/* Octet by octet: what stands behind the line is for the next question. */
static bool read_line(struct buf *line)
{
	char c = 0;

	for (;;) {
		ssize_t n = read(STDIN_FILENO, &c, 1);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0 || buf_error(line))
			return false;
		if (c == '\n')
			return true;
		buf_put_char(line, c);
	}
}

static bool say(const char *question, const char *hint, const char *otherwise)
{
	struct buf text;
	bool fine;

	buf_init(&text, ANSWER_MAX);
	buf_put_c(&text, question);
	if (*hint)
		buf_printf(&text, " (%s)", hint);
	if (*otherwise)
		buf_printf(&text, " [%s]", otherwise);
	buf_put_c(&text, ": ");
	fine = buf_error(&text) == INKAN_OK && write_all(STDERR_FILENO, buf_str(&text)) == 0;
	buf_release(&text);
	return fine;
}

static bool ask_once(struct arena *arena, const char *question, const char *hint, const char *otherwise,
                     const char **answer_out)
{
	struct buf line;
	struct str answer;
	bool fine;

	buf_init(&line, ANSWER_MAX);
	fine = say(question, hint, otherwise) && read_line(&line);
	answer = str_trim_fws(buf_str(&line));
	if (fine && answer.n)
		*answer_out = str_eq(answer, STR("-")) ? "" : arena_str(arena, answer).p;
	else if (fine)
		*answer_out = otherwise;
	buf_release(&line);
	return fine && *answer_out;
}

bool ask(struct arena *arena, const char *question, const char *otherwise, const char **answer_out)
{
	return ask_once(arena, question, "", otherwise, answer_out);
}

bool ask_choice(struct arena *arena, const char *question, const char *choices, const char *otherwise,
                const char **answer_out)
{
	const char *answer;

	do {
		if (!ask_once(arena, question, choices, otherwise, &answer))
			return false;
	} while (*answer && !choice_has(choices, str_c(answer)));
	*answer_out = answer;
	return true;
}
