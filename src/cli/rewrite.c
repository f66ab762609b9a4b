#include "cli/rewrite.h"
#include "cli/trouble_text.h"

#include <unistd.h>

#include "core/json.h"

void rewrite_init(struct rewrite *r, struct ui *ui, const char *file)
{
	*r = (struct rewrite){.ui = ui, .file = file, .fd = -1};
	spool_init(&r->spool);
}

void rewrite_release(struct rewrite *r)
{
	spool_release(&r->spool);
	file_close(r->fd);
	r->fd = -1;
}

/* ---- first reading ---- */

static enum exit_code open_message(struct rewrite *r)
{
	r->fd = file_open(r->ui, r->file);
	if (r->fd < 0)
		return EXIT_USAGE;
	r->spooled = fstat(r->fd, &r->before) != 0 || !S_ISREG(r->before.st_mode);
	r->start = r->spooled ? 0 : lseek(r->fd, 0, SEEK_CUR);
	r->spooled = r->spooled || r->start < 0;
	return EXIT_FINE;
}

/* The end of the first line tells how all lines end; a message without one counts as CRLF. */
struct line_end_finder {
	bool found, lf_only;
	char last; /* octet of the chunk before */
};

static void find_line_end(struct line_end_finder *f, struct str chunk)
{
	size_t at = str_find(chunk, '\n');

	if (f->found || chunk.n == 0)
		return;
	if (at < chunk.n) {
		f->lf_only = (at ? chunk.p[at - 1] : f->last) != '\r';
		f->found = true;
	}
	f->last = chunk.p[chunk.n - 1];
}

/* Fills the chunk as far as the message goes: its octets, -1 on error (message printed). */
static ptrdiff_t read_chunk(struct rewrite *r)
{
	size_t have = 0;

	while (have < sizeof r->chunk) {
		ptrdiff_t n = file_read_some(r->ui, r->file, r->fd, r->chunk + have, sizeof r->chunk - have);

		if (n < 0)
			return -1;
		if (n == 0)
			break;
		have += (size_t)n;
	}
	return (ptrdiff_t)have;
}

/* Keeps what cannot be read again. */
static enum exit_code keep(struct rewrite *r, struct str chunk)
{
	int error = r->spooled ? spool_put(&r->spool, chunk) : 0;

	if (!error)
		return EXIT_FINE;
	ui_error(r->ui, IN_FILE(r->file),
	         TEXT(r->ui, "cannot keep the message in a temporary file: %s – make room, or set TMPDIR",
	              "メッセージを一時ファイルに保存できません: %s – 空き容量を確保するか TMPDIR "
	              "を設定してください"),
	         TROUBLE(r->ui, strerror(error)));
	return EXIT_INTERNAL;
}

/* What is there is not one message. */
static enum exit_code refuse_start(struct rewrite *r, struct str chunk)
{
	if (chunk.n == 0)
		ui_error(r->ui, IN_FILE(r->file),
		         TEXT(r->ui, "empty – give a message", "空です – メッセージを指定してください"));
	else
		ui_error(r->ui, IN_FILE(r->file),
		         TEXT(r->ui,
		              "this is an mbox: it starts with a line “From ...” – give one message without that line",
		              "mbox 形式です: 「From ...」の行で始まっています – その行を除いた 1 "
		              "通のメッセージを指定してください"));
	return EXIT_USAGE;
}

enum exit_code rewrite_read(struct rewrite *r, rewrite_take *take, void *context)
{
	struct line_end_finder finder = {0};
	enum exit_code code = open_message(r);
	ptrdiff_t n = code == EXIT_FINE ? read_chunk(r) : -1;

	if (n == 0 || (n > 0 && str_has_prefix(str_from(r->chunk, (size_t)n), STR("From "))))
		return refuse_start(r, str_from(r->chunk, (size_t)n));
	for (; n > 0; n = read_chunk(r)) {
		struct str chunk = str_from(r->chunk, (size_t)n);

		find_line_end(&finder, chunk);
		code = take(context, chunk);
		if (code == EXIT_FINE)
			code = keep(r, chunk);
		if (code != EXIT_FINE)
			return code;
	}
	r->lf_only = finder.found && finder.lf_only;
	return n < 0 ? EXIT_USAGE : EXIT_FINE;
}

/* ---- second reading ---- */

/* The fields with the line ends of the message. */
static void put_fields(const struct rewrite *r, struct str fields, struct buf *out)
{
	if (!r->lf_only)
		buf_put(out, fields);
	while (r->lf_only && fields.n)
		buf_put(out, str_split(&fields, '\r'));
}

/* Second reading of a file, from where the first began. It must not have changed meanwhile. */
static enum exit_code copy_file(struct rewrite *r, struct output *out)
{
	struct stat now;
	ptrdiff_t n;

	if (fstat(r->fd, &now) != 0 || now.st_size != r->before.st_size ||
	    now.st_mtim.tv_sec != r->before.st_mtim.tv_sec || now.st_mtim.tv_nsec != r->before.st_mtim.tv_nsec ||
	    lseek(r->fd, r->start, SEEK_SET) < 0) {
		ui_error(r->ui, IN_FILE(r->file),
		         TEXT(r->ui, "the file changed while it was being read – try again",
		              "読んでいる間にファイルが変更されました – もう一度実行してください"));
		return EXIT_USAGE;
	}
	while ((n = read_chunk(r)) > 0) {
		buf_put(&out->text, str_from(r->chunk, (size_t)n));
		if (!output_flush(out))
			break;
	}
	return n < 0 ? EXIT_USAGE : EXIT_FINE;
}

enum exit_code rewrite_write(struct rewrite *r, struct str fields)
{
	enum exit_code code = EXIT_FINE;
	struct output out;

	output_init(&out);
	put_fields(r, fields, &out.text);
	if (r->spooled) {
		int error = spool_copy(&r->spool, &out);

		if (error) {
			ui_error(r->ui, IN_FILE(r->file),
			         TEXT(r->ui,
			              "cannot read the temporary file: %s – the output is not complete, do not use it",
			              "一時ファイルを読めません: %s – 出力は不完全なので使わないでください"),
			         TROUBLE(r->ui, strerror(error)));
			code = EXIT_INTERNAL;
		}
	} else {
		code = copy_file(r, &out);
	}
	return output_finish(&out, r->ui, code);
}

/* ---- the fields alone ---- */

/* Takes the first field from *fields, without its last CRLF. */
static struct str next_field(struct str *fields)
{
	struct str rest = *fields;
	size_t end = 0;

	do
		end += str_search(str_skip(rest, end), STR("\r\n")) + 2;
	while (end < rest.n && is_wsp(rest.p[end]));
	*fields = str_skip(rest, end);
	return str_head(rest, end - 2);
}

enum exit_code rewrite_json(struct rewrite *r, struct str fields)
{
	struct output out;
	struct json j;

	output_init(&out);
	j = json_to(&out.text);
	json_object_begin(&j);
	json_key_c(&j, "file", r->file);
	json_key(&j, "fields");
	json_array_begin(&j);
	while (fields.n)
		json_str(&j, next_field(&fields));
	json_array_end(&j);
	json_object_end(&j);
	buf_put_char(&out.text, '\n');
	return output_finish(&out, r->ui, EXIT_FINE);
}
