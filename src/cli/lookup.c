#include "cli/lookup.h"

#include "auth/message.h"
#include "cli/snapshot_file.h"
#include "cli/trouble_text.h"
#include "io/clock.h"

enum exit_code lookup_open(struct lookup *l, const struct invocation *in)
{
	enum exit_code code = EXIT_FINE;
	int error;

	*l = (struct lookup){.in = in};
	if (in->resolver)
		(void)resolver_parse(str_c(in->resolver), &l->source.options.host,
		                     &l->source.options.port); /* checked before */
	if (in->dns_file)
		code = snapshot_file_load(in->ui, in->dns_file, &l->snapshot);
	l->source.snapshot = l->snapshot;
	if (code != EXIT_FINE)
		return code;
	error = evidence_new(NULL, 0, 0, &l->answers);
	if (error)
		return ui_failed(in->ui, NOWHERE, error);
	return in->save_dns_file ? snapshot_file_probe(in->ui, in->save_dns_file) : EXIT_FINE;
}

/* ---- answers ---- */

static enum exit_code no_resolver(const struct lookup *l)
{
	ui_error(l->in->ui, NOWHERE,
	         TEXT(l->in->ui, "cannot ask DNS: %s – check the network, or give a server with --resolver",
	              "DNS に問い合わせられません: %s – ネットワークを確かめるか、--resolver "
	              "でサーバーを指定してください"),
	         TROUBLE(l->in->ui, l->source.error.text));
	return EXIT_TEMPORARY;
}

/* Has everything answered that is open. */
static enum exit_code answer_open(struct lookup *l)
{
	bool first = !l->source.resolver;
	int error = dns_source_answer(&l->source, l->answers);

	if (first && l->source.unvalidated.text[0])
		dns_source_note(l->in->ui, &l->source);
	return !error ? EXIT_FINE : error == INKAN_EIO ? no_resolver(l) : ui_failed(l->in->ui, NOWHERE, error);
}

enum exit_code lookup_ask(struct lookup *l, enum dns_type type, struct str name, const struct dns_answer **out)
{
	const struct dns_answer *answer = evidence_ask(l->answers, type, name);
	int error;

	if (!answer) {
		enum exit_code code = answer_open(l);

		if (code != EXIT_FINE)
			return code;
		answer = evidence_ask(l->answers, type, name);
	}
	error = answer ? evidence_error(l->answers) : INKAN_EUSAGE;
	if (error)
		return ui_failed(l->in->ui, NOWHERE, error);
	*out = answer;
	return EXIT_FINE;
}

enum exit_code lookup_evaluate(struct lookup *l, lookup_evaluator *evaluate, void *context)
{
	for (;;) {
		bool pending = false;
		int error = evaluate(context, l->answers, &pending);

		if (!error)
			error = evidence_error(l->answers);
		if (error)
			return ui_failed(l->in->ui, NOWHERE, error);
		if (!pending)
			return EXIT_FINE;

		enum exit_code code = answer_open(l);

		if (code != EXIT_FINE)
			return code;
	}
}

/* ---- a message ---- */

bool lookup_hand_on(struct evidence *asking, struct evidence *answers, int *error_out)
{
	const struct dns_question *open;
	size_t count = evidence_open(asking, &open);
	bool all = true;

	for (size_t i = 0; i < count; i++)
		all = evidence_ask(answers, open[i].type, open[i].name) && all;
	while (all && !*error_out && evidence_open(asking, &open))
		*error_out =
			evidence_add(asking, open->type, open->name, evidence_ask(answers, open->type, open->name));
	return all;
}

static int judge_message(void *context, struct evidence *answers, bool *pending_out)
{
	struct inkan_message *message = context;
	int state = inkan_message_evaluate(message), error = INKAN_OK;

	while (state == INKAN_NEED_DNS) {
		if (!lookup_hand_on(message_evidence(message), answers, &error)) {
			*pending_out = true;
			return INKAN_OK;
		}
		state = error ? error : inkan_message_evaluate(message);
	}
	return state;
}

enum exit_code lookup_message(struct lookup *l, struct inkan_message *message)
{
	return lookup_evaluate(l, judge_message, message);
}

/* ---- the end ---- */

static unix_time asked_at(const struct lookup *l)
{
	return l->snapshot ? snapshot_saved_at(l->snapshot) : clock_now();
}

enum exit_code lookup_close(struct lookup *l, enum exit_code wanted)
{
	enum exit_code code = EXIT_FINE;

	if (l->answers && l->in->save_dns_file &&
	    (wanted == EXIT_FINE || wanted == EXIT_FINDING || wanted == EXIT_TEMPORARY))
		code = snapshot_file_save(l->in->ui, l->in->save_dns_file, l->answers, asked_at(l));
	dns_source_release(&l->source);
	evidence_free(l->answers);
	evidence_free(l->snapshot);
	*l = (struct lookup){0};
	return code != EXIT_FINE ? code : wanted;
}
