/* Lines as PowerShell takes them, and objects as it prints them. */
#include <stdio.h>
#include <stdlib.h>

#include "cli/pipeline.h"
#include "cli/pipeline_object.h"
#include "support/case.h"

enum { MEMORY_MAX = 1024 * 1024 };

/* ---- lines ---- */

struct line {
	const char *name, *line;
	const char *want; /* words with "," between them, commands with "|"; quoted ones in "" */
};

static const struct line lines[] = {
	{"nothing", "", ""},
	{"blanks", " \t\r ", ""},
	{"a comment", "# Get-X | fl", ""},
	{"a comment behind words", "Get-X # fl", "Get-X"},
	{"# within a word", "Get-X a#b", "Get-X,a#b"},
	{"words", "Get-X  -Identity contoso.com", "Get-X,-Identity,contoso.com"},
	{"commands", "Get-X a|select b | fl", "Get-X,a|select,b|fl"},
	{"double quotes", "X \"a b|c\"", "X,\"a b|c\""},
	{"single quotes", "X 'a b|c'", "X,\"a b|c\""},
	{"typographic quotes",
         "X \xe2\x80\x9c"
         "a b\xe2\x80\x9d \xe2\x80\x98"
         "c\xe2\x80\x99",
         "X,\"a b\",\"c\""},
	{"twice the mark is the mark", "X \"a\"\"b\" 'c''d'", "X,\"a\"b\",\"c'd\""},
	{"a grave accent in double quotes", "X \"a`\"b\" 'c`d'", "X,\"a\"b\",\"c`d\""},
	{"an empty value", "X \"\" ''", "X,\"\",\"\""},
	{"quotes within a word", "X a\"b c\"d", "X,ab cd"},
	{"blanks of other scripts",
         "X\xe3\x80\x80"
         "a\xc2\xa0"
         "b",
         "X,a,b"},
	{"the three constants", "X $true $FALSE $null", "X,$true,$FALSE,$null"},
	{"a variable in quotes is text", "X '$a'", "X,\"$a\""},
	{"UTF-8", "X 承認済みドメイン", "X,承認済みドメイン"},
};

static void print(const struct pipeline *p, char *out, size_t size)
{
	size_t n = 0;

	out[0] = '\0';
	for (size_t i = 0; i < p->count; i++)
		for (size_t k = 0; k < p->stages[i].count; k++) {
			const struct pipeline_word *w = &p->stages[i].words[k];
			const char *before = k ? "," : i ? "|" : "", *mark = w->quoted ? "\"" : "";

			n += (size_t)snprintf(out + n, size - n, "%s%s%.*s%s", before, mark, STR_ARG(w->text), mark);
		}
}

static void read_line(const void *row)
{
	const struct line *r = row;
	struct pipeline_trouble trouble;
	struct pipeline p;
	struct arena arena;
	char got[500];

	arena_init(&arena, MEMORY_MAX);
	assert_int_equal(pipeline_read(&arena, str_c(r->line), &p, &trouble), INKAN_OK);
	print(&p, got, sizeof got);
	assert_string_equal(got, r->want);
	for (size_t i = 0; i < p.count; i++)
		assert_true(p.stages[i].count > 0);
	arena_release(&arena);
}

struct refused {
	const char *name, *line;
	size_t column;
	const char *said;
};

static const struct refused refused_rows[] = {
	{"a double quote alone", "X \"a", 3, "not closed"},
	{"a single quote alone", "X a 'b\"", 5, "not closed"},
	{"a pipe at the beginning", "| fl", 1, "beside"},
	{"a pipe at the end", "X |", 4, "beside"},
	{"two pipes", "X || fl", 4, "beside"},
	{"a placeholder", "X <domain>", 3, "replaced"},
	{"a semicolon", "X a;Y", 4, "one command"},
	{"an ampersand", "X & Y", 3, "one command"},
	{"a script", "X | % { 1 }", 7, "scripts"},
	{"an expression", "X (Y)", 3, "scripts"},
	{"a variable", "X $domain", 3, "variables"},
	{"escape", "X \033[2J", 3, "control"},
	{"DEL", "X \177", 3, "control"},
};

static void refuse_line(const void *row)
{
	const struct refused *r = row;
	struct pipeline_trouble trouble = {{"", ""}, 0};
	struct pipeline p;
	struct arena arena;

	arena_init(&arena, MEMORY_MAX);
	assert_int_equal(pipeline_read(&arena, str_c(r->line), &p, &trouble), INKAN_ESYNTAX);
	assert_int_equal(trouble.column, r->column);
	assert_non_null(strstr(trouble.what.en, r->said));
	assert_true(trouble.what.ja[0]);
	arena_release(&arena);
}

/* `unit` so often, then a last octet. */
static int read_repeated(const char *unit, size_t times)
{
	struct pipeline_trouble trouble;
	struct pipeline p;
	struct arena arena;
	struct buf line;

	buf_init(&line, MEMORY_MAX);
	for (size_t i = 0; i < times; i++)
		buf_put_c(&line, unit);
	buf_put_char(&line, 'a');
	arena_init(&arena, MEMORY_MAX);
	int code = pipeline_read(&arena, buf_str(&line), &p, &trouble);

	arena_release(&arena);
	buf_release(&line);
	return code;
}

struct limit {
	const char *name, *unit;
	size_t most; /* how often */
};

static const struct limit limits[] = {
	{"octets of a line", "a", PIPELINE_LINE_MAX - 1},
	{"commands of a line", "a|", PIPELINE_STAGES_MAX - 1},
	{"words of a line", "a ", PIPELINE_WORDS_MAX - 1},
};

static void keep_limit(const void *row)
{
	const struct limit *r = row;

	assert_int_equal(read_repeated(r->unit, r->most), INKAN_OK);
	assert_int_equal(read_repeated(r->unit, r->most + 1), INKAN_ESYNTAX);
}

static void take_words_of_a_shell(const void *row)
{
	char *words[] = {(char[]){"a b"}, (char[]){"|"}, (char[]){"fl"}, (char[]){"x|y"}};
	struct pipeline_trouble trouble;
	struct pipeline p;
	char got[100];

	(void)row;
	assert_int_equal(pipeline_from_words("Get-X", words, 4, &p, &trouble), INKAN_OK);
	print(&p, got, sizeof got);
	assert_string_equal(got, "Get-X,a b|fl,x|y");
	assert_int_equal(pipeline_from_words("Get-X", words, 2, &p, &trouble), INKAN_ESYNTAX);
}

/* ---- objects ---- */

struct shown {
	const char *name;
	enum object_form form;
	const char *select[5]; /* NULL: nothing is chosen */
	const char *want;
};

static const struct shown shown_rows[] = {
	{"a table", OBJECT_AS_IS, {NULL}, "A B     \n- -     \n1 True  \n2 False \n"},
	{"a list", OBJECT_LIST, {NULL}, "A    : 1\nB    : True\nLong : \n\nA    : 2\nB    : False\nLong : x y\n"},
	{"chosen ones", OBJECT_AS_IS, {"long", "a"}, "Long A \n---- - \n     1 \nx y  2 \n"},
	{"a star", OBJECT_LIST, {"L*g"}, "Long : \n\nLong : x y\n"},
	{"a star takes each once",
         OBJECT_LIST,
         {"b", "*"},
         "B    : True\nA    : 1\nLong : \n\nB    : False\nA    : 2\nLong : x y\n"},
	{"JSON", OBJECT_JSON, {NULL}, "[{\"A\":1,\"B\":true,\"Long\":null},{\"A\":2,\"B\":false,\"Long\":\"x y\"}]\n"},
};

static void make_objects(struct arena *arena, struct object_list *list)
{
	static const char *const table[] = {"A", "B", NULL};

	object_list_init(list, table);
	for (int i = 1; i <= 2; i++) {
		struct object *o = object_add(arena, list);

		assert_non_null(o);
		object_put(arena, o, "A", PROPERTY_NUMBER, i == 1 ? STR("1") : STR("2"));
		object_put(arena, o, "B", PROPERTY_FLAG, i == 1 ? STR("True") : STR("False"));
		object_put(arena, o, "Long", i == 1 ? PROPERTY_NONE : PROPERTY_TEXT, i == 1 ? STR_NULL : STR("x y"));
	}
}

static void show_objects(const void *row)
{
	const struct shown *r = row;
	struct ui ui = {.command = "inkan test"};
	struct str names[5];
	struct object_list list;
	struct arena arena;
	struct buf out;
	size_t n = 0;

	arena_init(&arena, MEMORY_MAX);
	buf_init(&out, MEMORY_MAX);
	make_objects(&arena, &list);
	for (; r->select[n]; n++)
		names[n] = str_c(r->select[n]);
	if (n)
		assert_int_equal(object_list_select(&arena, &ui, &list, names, n), INKAN_OK);
	list.form = r->form;
	object_list_print(&out, &list);
	buf_put_char(&out, '\0');
	assert_int_equal(buf_error(&out), INKAN_OK);
	assert_string_equal(out.p, r->want);
	buf_release(&out);
	arena_release(&arena);
}

/* "*a*a*a...": each star once, so that the work stays small. */
static void many_stars_take_no_time(const void *row)
{
	struct ui ui = {.command = "inkan test"};
	char name[2001], pattern[2001];
	struct object_list list;
	struct arena arena;

	(void)row;
	memset(name, 'a', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	for (size_t i = 0; i < sizeof pattern - 1; i++)
		pattern[i] = i % 2 ? 'a' : '*';
	pattern[sizeof pattern - 2] = 'b';
	arena_init(&arena, MEMORY_MAX);
	object_list_init(&list, (const char *const[]){NULL});
	struct object *o = object_add(&arena, &list);

	object_put(&arena, o, name, PROPERTY_NONE, STR_NULL);
	struct str names[] = {str_from(pattern, sizeof pattern - 1)};

	assert_int_equal(object_list_select(&arena, &ui, &list, names, 1), INKAN_OK);
	assert_int_equal(list.first->properties[0].kind, PROPERTY_NONE);
	arena_release(&arena);
}

static void objects_have_a_limit(const void *row)
{
	struct object_list list;
	struct arena arena;

	(void)row;
	arena_init(&arena, MEMORY_MAX);
	object_list_init(&list, (const char *const[]){NULL});
	struct object *o = object_add(&arena, &list);

	assert_non_null(o);
	for (size_t i = 0; i <= OBJECT_PROPERTIES_MAX; i++) {
		object_put(&arena, o, "A", PROPERTY_NONE, STR_NULL);
		assert_int_equal(o->count, i < OBJECT_PROPERTIES_MAX ? i + 1 : OBJECT_PROPERTIES_MAX);
	}
	arena_release(&arena);
}

int main(void)
{
	struct test_list list = {0};

	TEST_TABLE(&list, lines, read_line);
	TEST_TABLE(&list, refused_rows, refuse_line);
	TEST_TABLE(&list, limits, keep_limit);
	test_add(&list, "words that a shell has split", take_words_of_a_shell, NULL);
	TEST_TABLE(&list, shown_rows, show_objects);
	test_add(&list, "many stars take no time", many_stars_take_no_time, NULL);
	test_add(&list, "an object has at most so many properties", objects_have_a_limit, NULL);
	return test_run(&list, "cli/pipeline");
}
