/* Reading order: pipeline_read() -> read_word() -> read_quoted(). Two passes are not needed: a word is never longer than its line. */
#include "cli/pipeline.h"

#define TEXT(e, j) ((struct text){e, j})

struct reading {
	struct arena *arena;
	struct str line, rest;
	struct pipeline *out;
	struct pipeline_trouble *trouble;
	bool wants_command; /* the line has begun, or "|" was the last */
};

static size_t column_of(const struct reading *r)
{
	return (size_t)(r->rest.p - r->line.p) + 1;
}

static int refuse(struct pipeline_trouble *trouble, size_t column, struct text what)
{
	*trouble = (struct pipeline_trouble){what, column};
	return INKAN_ESYNTAX;
}

/* ---- characters that pages and editors change ---- */

enum quote { QUOTE_NONE, QUOTE_SINGLE, QUOTE_DOUBLE };

/* The quotation mark at the beginning, typographic ones too, and its size. */
static enum quote quote_at(struct str s, size_t *size_out)
{
	static const struct {
		const char *mark;
		enum quote quote;
	} marks[] = {
		{"\"", QUOTE_DOUBLE},           {"'", QUOTE_SINGLE},
		{"\xe2\x80\x9c", QUOTE_DOUBLE}, {"\xe2\x80\x9d", QUOTE_DOUBLE},
		{"\xe2\x80\x9e", QUOTE_DOUBLE}, {"\xe2\x80\x98", QUOTE_SINGLE},
		{"\xe2\x80\x99", QUOTE_SINGLE}, {"\xe2\x80\x9a", QUOTE_SINGLE},
	};

	for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
		if (str_has_prefix(s, str_c(marks[i].mark))) {
			*size_out = strlen(marks[i].mark);
			return marks[i].quote;
		}
	return QUOTE_NONE;
}

/* Size of the blank at the beginning: space, tab, no-break space, ideographic space. */
static size_t blank_at(struct str s)
{
	static const char *const blanks[] = {" ", "\t", "\r", "\xc2\xa0", "\xe3\x80\x80"};

	for (size_t i = 0; i < sizeof blanks / sizeof *blanks; i++)
		if (str_has_prefix(s, str_c(blanks[i])))
			return strlen(blanks[i]);
	return 0;
}

static bool is_control(char c)
{
	return ((unsigned char)c < 0x20 && c != '\t' && c != '\r') || c == 0x7f;
}

/* ---- words ---- */

/* What stands between two marks; twice the mark is the mark itself, and so is any character behind "`" in double quotes. */
static int read_quoted(struct reading *r, enum quote quote, char *to, size_t *size)
{
	size_t begin = column_of(r), n;

	(void)quote_at(r->rest, &n);
	r->rest = str_skip(r->rest, n);
	while (r->rest.n) {
		size_t again;

		if (quote_at(r->rest, &n) == quote) {
			struct str behind = str_skip(r->rest, n);

			if (quote_at(behind, &again) != quote) {
				r->rest = behind;
				return INKAN_OK;
			}
			r->rest = behind;
		} else if (quote == QUOTE_DOUBLE && r->rest.p[0] == '`' && r->rest.n > 1) {
			r->rest = str_skip(r->rest, 1);
		}
		to[(*size)++] = r->rest.p[0];
		r->rest = str_skip(r->rest, 1);
	}
	return refuse(r->trouble, begin,
	              TEXT("the quotation mark is not closed – put another one behind the value",
	                   "引用符が閉じていません – 値の後ろにも引用符を付けてください"));
}

/* What PowerShell would do with these characters, this does not. */
static int refuse_character(struct reading *r)
{
	switch (r->rest.p[0]) {
	case '<':
	case '>':
		return refuse(r->trouble, column_of(r),
		              TEXT("“<” and “>” mark what has to be replaced – write the domain itself: contoso.com",
		                   "「<」「>」は置き換える場所の印です – ドメインそのものを書いてください: "
		                   "contoso.com"));
	case ';':
	case '&':
		return refuse(r->trouble, column_of(r),
		              TEXT("one command a line, please – begin a new line here",
		                   "1 行に書けるコマンドは 1 つです – ここで改行してください"));
	case '(':
	case ')':
	case '{':
	case '}':
		return refuse(
			r->trouble, column_of(r),
			TEXT("scripts are not understood – write commands with plain values, and “|” between them",
		             "スクリプトには対応していません – コマンドと値、その間の「|」だけで書いてください"));
	default:
		return INKAN_OK;
	}
}

static int refuse_variable(struct reading *r, const struct pipeline_word *word)
{
	if (word->quoted || word->text.n < 2 || word->text.p[0] != '$' || str_ieq(word->text, STR("$true")) ||
	    str_ieq(word->text, STR("$false")) || str_ieq(word->text, STR("$null")))
		return INKAN_OK;
	return refuse(r->trouble, word->column,
	              TEXT("there are no variables but $true, $false and $null – write the value itself",
	                   "使える変数は $true、$false、$null だけです – 値そのものを書いてください"));
}

/* Up to a blank or "|" that is not quoted. */
static int read_word(struct reading *r, struct pipeline_word *out)
{
	size_t size = 0, n;
	char *to = arena_text(r->arena, r->rest.n + 1);

	if (!to)
		return arena_error(r->arena);
	*out = (struct pipeline_word){.quoted = quote_at(r->rest, &n) != QUOTE_NONE, .column = column_of(r)};
	while (r->rest.n && !blank_at(r->rest) && r->rest.p[0] != '|') {
		enum quote quote = quote_at(r->rest, &n);
		int code = quote ? read_quoted(r, quote, to, &size) : refuse_character(r);

		if (code)
			return code;
		if (!quote) {
			to[size++] = r->rest.p[0];
			r->rest = str_skip(r->rest, 1);
		}
	}
	to[size] = '\0';
	out->text = (struct str){to, size};
	return refuse_variable(r, out);
}

/* ---- the line ---- */

static size_t words_of(const struct pipeline *p)
{
	size_t n = 0;

	for (size_t i = 0; i < p->count; i++)
		n += p->stages[i].count;
	return n;
}

static int add_word(struct pipeline *out, const struct pipeline_word *word, bool *wants_command,
                    struct pipeline_trouble *trouble)
{
	size_t n = words_of(out);

	if (n == PIPELINE_WORDS_MAX)
		return refuse(
			trouble, word->column,
			TEXT("a line has at most 128 words – split it", "1 行は 128 語までです – 分けてください"));
	if (*wants_command && out->count == PIPELINE_STAGES_MAX)
		return refuse(trouble, word->column,
		              TEXT("at most 16 commands may follow each other – leave some out",
		                   "つなげられるコマンドは 16 個までです – 減らしてください"));
	if (*wants_command)
		out->stages[out->count++] = (struct pipeline_stage){&out->words[n], 0};
	*wants_command = false;
	out->words[n] = *word;
	out->stages[out->count - 1].count++;
	return INKAN_OK;
}

static int refuse_pipe(struct pipeline_trouble *trouble, size_t column)
{
	return refuse(trouble, column,
	              TEXT("a command is missing beside “|” – leave the “|” out, or write one: fl, ft, select",
	                   "「|」の隣にコマンドがありません – 「|」を除くか、fl、ft、select などを書いてください"));
}

static int read_next(struct reading *r)
{
	struct pipeline_word word;

	if (r->rest.p[0] == '|' && r->wants_command)
		return refuse_pipe(r->trouble, column_of(r));
	if (r->rest.p[0] == '|') {
		r->wants_command = true;
		r->rest = str_skip(r->rest, 1);
		return INKAN_OK;
	}
	int code = read_word(r, &word);

	return code ? code : add_word(r->out, &word, &r->wants_command, r->trouble);
}

static int check_octets(struct str line, struct pipeline_trouble *trouble)
{
	if (line.n > PIPELINE_LINE_MAX)
		return refuse(trouble, PIPELINE_LINE_MAX + 1,
		              TEXT("the line is too long – 8191 octets are the most",
		                   "行が長すぎます – 8191 オクテットまでです"));
	for (size_t i = 0; i < line.n; i++)
		if (is_control(line.p[i]))
			return refuse(trouble, i + 1,
			              TEXT("a control character is no part of a command – type the line anew",
			                   "制御文字はコマンドに使えません – 入力し直してください"));
	return INKAN_OK;
}

int pipeline_read(struct arena *arena, struct str line, struct pipeline *out, struct pipeline_trouble *trouble_out)
{
	struct reading r = {arena, line, line, out, trouble_out, true};
	int code = check_octets(line, trouble_out);

	out->count = 0;
	while (!code && r.rest.n && r.rest.p[0] != '#') {
		size_t blank = blank_at(r.rest);

		if (blank)
			r.rest = str_skip(r.rest, blank);
		else
			code = read_next(&r);
	}
	if (!code && r.wants_command && out->count)
		code = refuse_pipe(trouble_out, column_of(&r));
	return code;
}

int pipeline_from_words(const char *first, char *const *words, size_t count, struct pipeline *out,
                        struct pipeline_trouble *trouble_out)
{
	struct pipeline_word word = {.text = str_c(first)};
	bool wants_command = true;

	out->count = 0;
	int code = add_word(out, &word, &wants_command, trouble_out);

	for (size_t i = 0; i < count && !code; i++) {
		word.text = str_c(words[i]);
		code = check_octets(word.text, trouble_out);
		if (!code && !str_eq(word.text, STR("|")))
			code = add_word(out, &word, &wants_command, trouble_out);
		else if (!code && wants_command)
			code = refuse_pipe(trouble_out, 0);
		else
			wants_command = true;
	}
	return !code && wants_command ? refuse_pipe(trouble_out, 0) : code;
}
