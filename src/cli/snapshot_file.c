#include "cli/snapshot_file.h"

#include "cli/files.h"
#include "cli/trouble_text.h"

enum exit_code snapshot_file_load(struct ui *ui, const char *name, struct evidence **out)
{
	struct snapshot_error wrong;
	struct buf text;
	enum exit_code code;

	buf_init(&text, SNAPSHOT_SIZE_MAX);
	code = file_read(ui, name, &text);
	if (code == EXIT_FINE) {
		int error = snapshot_load(buf_str(&text), out, &wrong);

		if (error == INKAN_ESYNTAX) {
			ui_error(ui, (struct place){name, wrong.line, wrong.column},
			         TEXT(ui, "not a DNS snapshot: %s – make one with --save-dns",
			              "DNS スナップショットではありません: %s – --save-dns で作成してください"),
			         TROUBLE(ui, wrong.text));
			code = EXIT_USAGE;
		} else if (error) {
			code = ui_failed(ui, IN_FILE(name), error);
		}
	}
	buf_release(&text);
	return code;
}

enum exit_code snapshot_file_probe(struct ui *ui, const char *name)
{
	return file_probe(ui, name) == EXIT_FINE ? EXIT_FINE : EXIT_INTERNAL;
}

enum exit_code snapshot_file_fail(struct ui *ui, const char *name, int error)
{
	if (error == INKAN_ELIMIT)
		ui_error(ui, IN_FILE(name),
		         TEXT(ui,
		              "more DNS answers than a snapshot of %d MiB holds – nothing was saved; judge fewer "
		              "messages at once",
		              "DNS の応答が %d MiB のスナップショットに収まりません – "
		              "何も保存していません。一度に処理する数を減らしてください"),
		         SNAPSHOT_SIZE_MAX / (1024 * 1024));
	else
		(void)ui_failed(ui, IN_FILE(name), error);
	return EXIT_INTERNAL;
}

enum exit_code snapshot_file_save(struct ui *ui, const char *name, const struct evidence *e, unix_time asked_at)
{
	struct buf text;
	enum exit_code code;
	int error;

	buf_init(&text, SNAPSHOT_SIZE_MAX);
	error = snapshot_save(e, asked_at, &text);
	code = error ? snapshot_file_fail(ui, name, error) : file_write(ui, name, buf_str(&text), 0644, true);
	buf_release(&text);
	return code == EXIT_FINE ? EXIT_FINE : EXIT_INTERNAL;
}
