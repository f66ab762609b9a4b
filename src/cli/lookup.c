#include "cli/lookup.h"
#include "cli/snapshot_file.h"
#include "io/clock.h"
#include "io/resolver.h"

enum exit_code lookup_open(struct lookup *l, const struct invocation *in)
{
	enum exit_code code = EXIT_FINE;
	int error;

	*l = (struct lookup){.in = in};
	if (in->dns_file)
		code = snapshot_file_load(in->ui, in->dns_file, &l->snapshot);
	if (code != EXIT_FINE)
		return code;
	error = evidence_new(l->snapshot, 0, 0, &l->answers);
	if (!error && in->save_dns_file)
		error = evidence_new(NULL, 0, 0, &l->used);
	if (error)
		return ui_failed(in->ui, NOWHERE, error);
	return in->save_dns_file ? snapshot_file_probe(in->ui, in->save_dns_file) : EXIT_FINE;
}

/* ---- the network ---- */

static enum exit_code open_resolver(struct lookup *l, bool validate)
{
	struct resolver_options options = {.validate = validate};
	struct io_error wrong = {0};
	int error;

	if (l->in->resolver)
		(void)resolver_parse(str_c(l->in->resolver), &options.host, &options.port); /* checked before */
	error = resolver_new(&options, NULL, &l->resolver, &wrong);
	if (!error)
		return EXIT_FINE;
	/* most of all the trust anchor, which not every system has */
	if (error == INKAN_EIO && validate) {
		ui_note(l->in->ui, NOWHERE,
		        TEXT(l->in->ui, "no DNSSEC validation: %s – answers are taken as they are",
		             "DNSSEC を検証しません: %s – 応答をそのまま使います"),
		        wrong.text);
		return open_resolver(l, false);
	}
	if (error == INKAN_EIO) {
		ui_error(l->in->ui, NOWHERE,
		         TEXT(l->in->ui, "cannot ask DNS: %s – check the network, or give a server with --resolver",
		              "DNS に問い合わせられません: %s – ネットワークを確かめるか、--resolver "
		              "でサーバーを指定してください"),
		         wrong.text);
		return EXIT_TEMPORARY;
	}
	return ui_failed(l->in->ui, NOWHERE, error);
}

/* The answer from evidence, or from the resolver. NULL: *error_out says why. */
static const struct dns_answer *fetch(struct lookup *l, enum dns_type type, struct str name, int *error_out)
{
	const struct dns_answer *answer = evidence_ask(l->answers, type, name);

	*error_out = INKAN_OK;
	if (!answer) {
		*error_out = resolver_resolve(l->resolver, l->answers, 0);
		answer = *error_out ? NULL : evidence_ask(l->answers, type, name);
	}
	if (!*error_out)
		*error_out = answer ? evidence_error(l->answers) : INKAN_EUSAGE;
	return *error_out ? NULL : answer;
}

enum exit_code lookup_ask(struct lookup *l, enum dns_type type, struct str name, const struct dns_answer **out)
{
	enum exit_code code = l->snapshot || l->resolver ? EXIT_FINE : open_resolver(l, true);
	const struct dns_answer *answer;
	int error;

	if (code != EXIT_FINE)
		return code;
	answer = fetch(l, type, name, &error);
	if (answer && l->used)
		error = evidence_add(l->used, type, name, answer);
	if (error)
		return ui_failed(l->in->ui, NOWHERE, error);
	*out = answer;
	return EXIT_FINE;
}

/* ---- the end ---- */

static unix_time asked_at(const struct lookup *l)
{
	return l->snapshot ? snapshot_saved_at(l->snapshot) : clock_now();
}

enum exit_code lookup_close(struct lookup *l, enum exit_code wanted)
{
	enum exit_code code = EXIT_FINE;

	if (l->used && (wanted == EXIT_FINE || wanted == EXIT_FINDING || wanted == EXIT_TEMPORARY))
		code = snapshot_file_save(l->in->ui, l->in->save_dns_file, l->used, asked_at(l));
	if (l->resolver)
		resolver_free(l->resolver);
	evidence_free(l->used);
	evidence_free(l->answers);
	evidence_free(l->snapshot);
	*l = (struct lookup){0};
	return code != EXIT_FINE ? code : wanted;
}
