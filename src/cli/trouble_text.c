/* Reading order: trouble_in() -> put_part() -> find() -> matches(). Each round leaves less to read. */
#include "cli/trouble_text.h"

#include <errno.h>

#include "check/mistakes.h"

enum { PLACES = 6 /* {0} to {5} */, PLACE_SIZE = 3 };

/* ---- sentences with places ---- */

struct match {
	struct str values[PLACES];
	size_t literal; /* octets that are the sentence's own: the more, the better it fits */
};

static bool is_place(struct str pattern)
{
	return pattern.n >= PLACE_SIZE && pattern.p[0] == '{' && pattern.p[2] == '}' && pattern.p[1] >= '0' &&
	       pattern.p[1] < '0' + PLACES;
}

/* What stands before the next place. */
static struct str literal_of(struct str pattern)
{
	size_t n = 0;

	while (n < pattern.n && !is_place(str_skip(pattern, n)))
		n++;
	return str_head(pattern, n);
}

/* What belongs together. A place at either end of a sentence that held more would swallow the sentences beside it. */
static bool is_one_part(struct str value)
{
	return str_search(value, STR(": ")) == value.n && str_search(value, STR(" – ")) == value.n;
}

/* A place takes as little as it can, the last one the rest; none is empty. */
static bool matches(struct str pattern, struct str text, struct match *out)
{
	struct str literal = literal_of(pattern);
	bool at_edge = literal.n == 0;

	*out = (struct match){.literal = literal.n};
	if (!str_has_prefix(text, literal))
		return false;
	text = str_skip(text, literal.n);
	pattern = str_skip(pattern, literal.n);
	while (pattern.n) {
		struct str *value = &out->values[pattern.p[1] - '0'];

		pattern = str_skip(pattern, PLACE_SIZE);
		literal = literal_of(pattern);
		bool is_last = literal.n == pattern.n;
		size_t n = is_last && text.n >= literal.n ? text.n - literal.n
		                                          : 1 + str_search(str_skip(text, 1), literal);

		if (text.n == 0 || n == 0 || n > text.n || !str_has_prefix(str_skip(text, n), literal) ||
		    ((at_edge || literal.n == 0) && !is_one_part(str_head(text, n))))
			return false;
		at_edge = false;
		*value = str_head(text, n);
		text = str_skip(text, n + literal.n);
		pattern = str_skip(pattern, literal.n);
		out->literal += literal.n;
	}
	return text.n == 0;
}

/* ---- tables ---- */

/* The formatter would break sentences in the middle of words. */
/* clang-format off */

/* What the system says: its own words are the English ones. */
static const struct {
	int number;
	const char *ja;
} system_texts[] = {
	{EPERM, "許可されていない操作です"},
	{ENOENT, "ファイルまたはフォルダーがありません"},
	{EINTR, "中断されました"},
	{EIO, "入出力エラーです"},
	{EAGAIN, "今は処理できません。もう一度試してください"},
	{ENOMEM, "メモリーが足りません"},
	{EACCES, "アクセス権がありません"},
	{EBUSY, "使用中です"},
	{EEXIST, "すでにあります"},
	{ENODEV, "そのようなデバイスはありません"},
	{ENOTDIR, "フォルダーではありません"},
	{EISDIR, "ファイルではなくフォルダーです"},
	{EINVAL, "引数が正しくありません"},
	{ENFILE, "システム全体で開けるファイルの数の上限に達しました"},
	{EMFILE, "開けるファイルの数の上限に達しました"},
	{EFBIG, "ファイルが大きすぎます"},
	{ENOSPC, "ディスクの空きがありません"},
	{EROFS, "読み取り専用のファイルシステムです"},
	{EPIPE, "相手が読み取りをやめました"},
	{ENAMETOOLONG, "ファイル名が長すぎます"},
	{ELOOP, "シンボリックリンクが終わりなく続いています"},
	{EDQUOT, "ディスクの割り当てを使い切りました"},
	{ETIMEDOUT, "時間内に応答がありません"},
	{ECONNREFUSED, "接続を拒否されました"},
	{ECONNRESET, "相手に接続を切られました"},
	{ECONNABORTED, "接続が中断されました"},
	{EHOSTUNREACH, "ホストに届く経路がありません"},
	{EHOSTDOWN, "ホストが停止しています"},
	{ENETUNREACH, "ネットワークに届きません"},
	{ENETDOWN, "ネットワークが停止しています"},
	{EADDRINUSE, "アドレスはすでに使われています"},
	{EADDRNOTAVAIL, "このアドレスは使えません"},
	{EAFNOSUPPORT, "この種類のアドレスは使えません"},
	{ENOTCONN, "接続されていません"},
};
/* clang-format on */

static void try_row(const struct text *row, struct str text, const struct text **best, struct match *match)
{
	struct match found;

	if (matches(str_c(row->en), text, &found) && (!*best || found.literal > match->literal)) {
		*best = row;
		*match = found;
	}
}

/* The sentence that has most in common with the text; NULL: none fits. */
static const struct text *find(struct str text, struct match *match)
{
	size_t count;
	const struct text *rows = trouble_texts(&count), *best = NULL;

	for (size_t i = 0; i < count; i++)
		try_row(&rows[i], text, &best, match);
	for (size_t i = 0; i < MISTAKES; i++)
		try_row(&mistake_kinds[i].text, text, &best, match);
	return best;
}

static const char *find_system(struct str text)
{
	for (size_t i = 0; i < sizeof system_texts / sizeof *system_texts; i++)
		if (str_eq(text, str_c(strerror(system_texts[i].number))))
			return system_texts[i].ja;
	return NULL;
}

/* ---- putting into words ---- */

/* What stands between the parts of a trouble; a comma within a sentence too. */
static const struct str separators[] = {{": ", 2}, {" – ", 5}, {", ", 2}};

enum { SEPARATORS = sizeof separators / sizeof *separators, SURE_SEPARATORS = SEPARATORS - 1 };

static struct str first_part(struct str text, size_t kinds, struct str *between_out)
{
	size_t first = text.n;

	*between_out = STR_NULL;
	for (size_t i = 0; i < kinds; i++) {
		size_t at = str_search(text, separators[i]);

		if (at < first) {
			first = at;
			*between_out = separators[i];
		}
	}
	return str_head(text, first);
}

typedef void put_value_fn(struct buf *out, struct str value);

static void put_row(struct buf *out, const char *ja, const struct match *match, put_value_fn *put_value)
{
	struct str rest = str_c(ja);

	while (rest.n) {
		struct str literal = literal_of(rest);

		buf_put(out, literal);
		rest = str_skip(rest, literal.n);
		if (rest.n)
			put_value(out, match->values[rest.p[1] - '0']);
		rest = str_skip(rest, PLACE_SIZE);
	}
}

static bool put_sentence(struct buf *out, struct str sentence, put_value_fn *put_value)
{
	struct match match = {.literal = 0};
	const char *system = find_system(sentence);
	const struct text *row = system ? NULL : find(sentence, &match);

	if (system)
		buf_put_c(out, system);
	else if (row)
		put_row(out, row->ja, &match, put_value);
	return system || row;
}

/* A value may be a sentence by itself, such as why a connection ended; the values of that one stay as they are. */
static void put_value(struct buf *out, struct str value)
{
	if (!put_sentence(out, value, buf_put))
		buf_put(out, value);
}

static bool put_part(struct buf *out, struct str part)
{
	return put_sentence(out, part, put_value);
}

const char *trouble_in(enum language language, const char *english, struct trouble_text *out)
{
	struct str rest = str_c(english);
	struct buf text;

	if (language != LANGUAGE_JA || rest.n == 0)
		return english;
	buf_init(&text, TROUBLE_TEXT_MAX);
	while (rest.n && !put_part(&text, rest)) {
		struct str by, part = first_part(rest, SURE_SEPARATORS, &by);

		if (part.n == rest.n || !put_part(&text, part)) {
			part = first_part(rest, SEPARATORS, &by);
			if (part.n == rest.n || !put_part(&text, part))
				buf_put(&text, part);
		}
		buf_put(&text, by);
		rest = str_skip(rest, part.n + by.n);
	}
	bool well = buf_error(&text) == INKAN_OK;

	if (well) {
		memcpy(out->text, text.p ? text.p : "", text.n);
		out->text[text.n] = '\0';
	}
	buf_release(&text);
	return well ? out->text : english;
}
