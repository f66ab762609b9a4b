#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "cli/output.h"
#include "cli/trouble_text.h"

enum {
	OUTPUT_MAX = 256 * 1024 * 1024, /* octets of result held before a flush */
	MESSAGE_MAX = 16 * 1024,        /* octets of one error message */
	PROGRESS_FIRST_MS = 500,        /* shorter work shows no bar */
	PROGRESS_STEP_MS = 100,
	PROGRESS_BAR_COLUMNS = 30
};

static bool wants_colour(int fd)
{
	const char *no_color = getenv("NO_COLOR"), *terminal = getenv("TERM");

	return !(no_color && *no_color) && terminal && strcmp(terminal, "dumb") != 0 && isatty(fd);
}

void ui_init(struct ui *ui, enum language language)
{
	*ui = (struct ui){
		.language = language,
		.colour = wants_colour(STDOUT_FILENO),
		.colour_errors = wants_colour(STDERR_FILENO),
		.progress = isatty(STDERR_FILENO) == 1,
		.command = "inkan",
	};
}

/* ---- colour ---- */

void styled(struct buf *out, bool coloured, enum style style, const char *text)
{
	static const char *const codes[] = {
		[STYLE_PLAIN] = "",        [STYLE_BOLD] = "\033[1m",     [STYLE_DIM] = "\033[2m",
		[STYLE_GOOD] = "\033[32m", [STYLE_WARNING] = "\033[33m", [STYLE_BAD] = "\033[1;31m",
	};
	bool code = coloured && style != STYLE_PLAIN;

	if (code)
		buf_put_c(out, codes[style]);
	buf_put_c(out, text);
	if (code)
		buf_put_c(out, "\033[0m");
}

/* ---- troubles ---- */

static void put_place(struct buf *out, struct ui *ui, struct place where)
{
	if (!where.file)
		return;
	if (strcmp(where.file, "-") == 0)
		buf_put_c(out, TEXT(ui, "standard input", "標準入力"));
	else
		safe_text(out, str_c(where.file));
	if (where.line)
		buf_printf(out, ":%zu", where.line);
	if (where.line && where.column)
		buf_printf(out, ":%zu", where.column);
	buf_put_c(out, ": ");
}

__attribute__((format(printf, 5, 0))) static void say(struct ui *ui, enum style style, const char *word,
                                                      struct place where, const char *format, va_list args)
{
	char text[4096];
	struct buf line;
	int n = vsnprintf(text, sizeof(text), format, args);

	buf_init(&line, MESSAGE_MAX);
	if (ui->progress_shown)
		buf_put_c(&line, "\r\033[K");
	ui->progress_shown = false;
	styled(&line, ui->colour_errors, STYLE_BOLD, ui->command);
	buf_put_c(&line, ": ");
	put_place(&line, ui, where);
	if (*word) {
		styled(&line, ui->colour_errors, style, word);
		buf_put_c(&line, " ");
	}
	if (n > 0)
		safe_text(&line, str_from(text, (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1));
	buf_put_char(&line, '\n');
	/* where even standard error fails there is nobody left to tell; the exit code still speaks */
	(void)write_all(STDERR_FILENO, buf_str(&line));
	buf_release(&line);
}

void ui_error(struct ui *ui, struct place where, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(ui, STYLE_BAD, "", where, format, args);
	va_end(args);
}

void ui_warning(struct ui *ui, struct place where, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(ui, STYLE_WARNING, TEXT(ui, "warning:", "警告:"), where, format, args);
	va_end(args);
}

void ui_note(struct ui *ui, struct place where, const char *format, ...)
{
	va_list args;

	if (!ui->verbose)
		return;
	va_start(args, format);
	say(ui, STYLE_PLAIN, "", where, format, args);
	va_end(args);
}

enum exit_code ui_failed(struct ui *ui, struct place where, int error)
{
	static const struct row {
		enum inkan_error error;
		enum exit_code code;
		struct text text;
	} rows[] = {
		{INKAN_ENOMEM,
	         EXIT_INTERNAL,
	         {"out of memory – try again with less work at once",
	          "メモリーが足りません – 一度に処理する量を減らしてください"}},
		{INKAN_ELIMIT,
	         EXIT_USAGE,
	         {"a limit was reached – the input is larger than inkan accepts",
	          "上限に達しました – 入力が inkan の受け付ける大きさを超えています"}},
		{INKAN_EUSAGE,
	         EXIT_INTERNAL,
	         {"wrong internal call – please report this", "内部呼び出しの誤りです – 不具合として報告してください"}},
		{INKAN_ESYNTAX,
	         EXIT_USAGE,
	         {"malformed input – check that it is the right file",
	          "入力の形式が正しくありません – 正しいファイルか確かめてください"}},
		{INKAN_EIO,
	         EXIT_USAGE,
	         {"input/output error – check the file system",
	          "入出力エラーです – ファイルシステムを確かめてください"}},
		{INKAN_ECRYPTO,
	         EXIT_INTERNAL,
	         {"the cryptographic library failed – check the installation of OpenSSL and libsodium",
	          "暗号ライブラリでエラーが発生しました – OpenSSL と libsodium のインストールを確かめてください"}},
		{INKAN_EREFUSED,
	         EXIT_USAGE,
	         {"refused: the message or key must not be used as it is",
	          "このメッセージまたは鍵はそのままでは使えません"}},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if ((int)rows[i].error == error) {
			ui_error(ui, where, "%s", text_in(ui->language, rows[i].text));
			return rows[i].code;
		}
	ui_error(ui, where,
	         TEXT(ui, "unknown error %d – please report this", "不明なエラー %d – 不具合として報告してください"),
	         error);
	return EXIT_INTERNAL;
}

/* ---- results ---- */

int write_all(int fd, struct str octets)
{
	while (octets.n) {
		ssize_t n = write(fd, octets.p, octets.n);

		if (n < 0 && errno != EINTR)
			return errno;
		if (n > 0)
			octets = str_skip(octets, (size_t)n);
	}
	return 0;
}

void output_init(struct output *o)
{
	o->fd = STDOUT_FILENO;
	o->error = 0;
	buf_init(&o->text, OUTPUT_MAX);
}

bool output_flush(struct output *o)
{
	if (o->error == 0 && buf_error(&o->text) == INKAN_OK)
		o->error = write_all(o->fd, buf_str(&o->text));
	if (o->error || buf_error(&o->text) != INKAN_OK)
		return false;
	buf_clear(&o->text);
	return true;
}

enum exit_code output_finish(struct output *o, struct ui *ui, enum exit_code wanted)
{
	enum exit_code code = wanted;

	output_flush(o);
	if (buf_error(&o->text) != INKAN_OK) {
		(void)ui_failed(ui, NOWHERE, buf_error(&o->text));
		code = EXIT_INTERNAL;
	} else if (o->error) {
		if (o->error != EPIPE)
			ui_error(ui, NOWHERE,
			         TEXT(ui, "cannot write the result: %s – the output is not complete, do not use it",
			              "結果を書き込めません: %s – 出力は不完全なので使わないでください"),
			         TROUBLE(ui, strerror(o->error)));
		code = EXIT_INTERNAL;
	}
	buf_release(&o->text);
	return code;
}

/* ---- progress ---- */

static int64_t milliseconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void progress_start(struct progress *p, struct ui *ui, const char *label, uint64_t total)
{
	*p = (struct progress){ui, label, total, ui->progress ? milliseconds() + PROGRESS_FIRST_MS : INT64_MAX};
}

void progress_update(struct progress *p, uint64_t done)
{
	int64_t now = p->ui->progress ? milliseconds() : 0;
	struct buf line;

	if (!p->ui->progress || now < p->next)
		return;
	p->next = now + PROGRESS_STEP_MS;
	buf_init(&line, 1024);
	buf_put_c(&line, "\r\033[K");
	buf_put_c(&line, p->label);
	if (p->total) {
		size_t full = done >= p->total ? PROGRESS_BAR_COLUMNS
		                               : (size_t)((double)done / (double)p->total * PROGRESS_BAR_COLUMNS);

		buf_put_c(&line, " [");
		for (size_t i = 0; i < PROGRESS_BAR_COLUMNS; i++)
			buf_put_char(&line, i < full ? '#' : ' ');
		buf_printf(&line, "] %llu/%llu", (unsigned long long)done, (unsigned long long)p->total);
	} else {
		buf_printf(&line, " %llu", (unsigned long long)done);
	}
	p->ui->progress_shown = true;
	(void)write_all(STDERR_FILENO, buf_str(&line));
	buf_release(&line);
}

void progress_end(struct progress *p)
{
	if (p->ui->progress_shown)
		(void)write_all(STDERR_FILENO, STR("\r\033[K"));
	p->ui->progress_shown = false;
}
