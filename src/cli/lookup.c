#include "cli/lookup.h"
#include "cli/files.h"
#include "dns/snapshot.h"
#include "io/resolver.h"

static enum exit_code load_snapshot(struct lookup *l, const char *file)
{
	struct ui *ui = l->in->ui;
	struct snapshot_error wrong = {0};
	enum exit_code code;
	struct buf json;
	int error;

	buf_init(&json, SNAPSHOT_SIZE_MAX);
	code = file_read(ui, file, &json);
	if (code == EXIT_FINE) {
		error = snapshot_load(buf_str(&json), &l->snapshot, &wrong);
		if (error == INKAN_ESYNTAX) {
			ui_error(ui, (struct place){file, wrong.line, wrong.column},
			         TEXT(ui, "not a DNS snapshot: %s – see “DNS snapshots” in inkan(1)",
			              "DNS スナップショットではありません: %s – inkan(1) の「DNS "
			              "snapshots」を見てください"),
			         wrong.text);
			code = EXIT_USAGE;
		} else if (error) {
			code = ui_failed(ui, IN_FILE(file), error);
		}
	}
	buf_release(&json);
	return code;
}

enum exit_code lookup_open(struct lookup *l, const struct invocation *in)
{
	enum exit_code code = EXIT_FINE;
	int error;

	*l = (struct lookup){.in = in};
	if (in->dns_file)
		code = load_snapshot(l, in->dns_file);
	if (code != EXIT_FINE)
		return code;
	error = evidence_new(l->snapshot, 0, 0, &l->answers);
	if (!error && in->save_dns_file)
		error = evidence_new(NULL, 0, 0, &l->used);
	return error ? ui_failed(in->ui, NOWHERE, error) : EXIT_FINE;
}

static enum exit_code open_resolver(struct lookup *l)
{
	struct resolver_options options = {.validate = true};
	struct io_error wrong = {0};
	int error;

	if (l->in->resolver)
		(void)resolver_parse(str_c(l->in->resolver), &options.host, &options.port); /* checked before */
	error = resolver_new(&options, NULL, &l->resolver, &wrong);
	if (error == INKAN_EIO) {
		ui_error(l->in->ui, NOWHERE,
		         TEXT(l->in->ui, "cannot ask DNS: %s – check the network, or give a server with --resolver",
		              "DNS に問い合わせられません: %s – ネットワークを確かめるか、--resolver "
		              "でサーバーを指定してください"),
		         wrong.text);
		return EXIT_TEMPORARY;
	}
	return error ? ui_failed(l->in->ui, NOWHERE, error) : EXIT_FINE;
}

enum exit_code lookup_ask(struct lookup *l, enum dns_type type, struct str name, const struct dns_answer **out)
{
	const struct dns_answer *answer = evidence_ask(l->answers, type, name);
	enum exit_code code = EXIT_FINE;
	int error = INKAN_OK;

	if (!answer) {
		if (!l->resolver)
			code = open_resolver(l);
		if (code != EXIT_FINE)
			return code;
		error = resolver_resolve(l->resolver, l->answers, 0);
		answer = error ? NULL : evidence_ask(l->answers, type, name);
	}
	if (!error)
		error = evidence_error(l->answers);
	if (!error && answer && l->used)
		error = evidence_add(l->used, type, name, answer);
	if (error || !answer)
		return ui_failed(l->in->ui, NOWHERE, error ? error : INKAN_EUSAGE);
	*out = answer;
	return EXIT_FINE;
}

static enum exit_code save(struct lookup *l)
{
	struct buf json;
	int error;
	enum exit_code code;

	buf_init(&json, SNAPSHOT_SIZE_MAX);
	error = snapshot_save(l->used, invocation_now(l->in), &json);
	code = error ? ui_failed(l->in->ui, NOWHERE, error)
	             : file_write(l->in->ui, l->in->save_dns_file, buf_str(&json), 0644, true);
	buf_release(&json);
	return code;
}

enum exit_code lookup_close(struct lookup *l, enum exit_code wanted)
{
	enum exit_code code = EXIT_FINE;

	if (l->used && (wanted == EXIT_FINE || wanted == EXIT_FINDING || wanted == EXIT_TEMPORARY))
		code = save(l);
	if (l->resolver)
		resolver_free(l->resolver);
	evidence_free(l->used);
	evidence_free(l->answers);
	evidence_free(l->snapshot);
	*l = (struct lookup){0};
	return code != EXIT_FINE ? code : wanted;
}
