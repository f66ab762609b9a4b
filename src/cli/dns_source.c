#include "cli/dns_source.h"
#include "cli/trouble_text.h"

#include "io/clock.h"

static int answer_from_snapshot(const struct dns_source *s, struct evidence *e)
{
	const struct dns_question *open;

	while (evidence_open(e, &open)) {
		const struct dns_answer *answer = evidence_find(s->snapshot, open->type, open->name);
		int error = answer ? evidence_add(e, open->type, open->name, answer) : INKAN_EUSAGE;

		if (error)
			return error;
	}
	return INKAN_OK;
}

static int open_resolver(struct dns_source *s)
{
	struct resolver_options options = s->options;
	int error;

	options.validate = true;
	error = resolver_new(&options, NULL, &s->resolver, &s->unvalidated);
	if (error != INKAN_EIO) {
		s->unvalidated.text[0] = '\0';
		return error;
	}
	options.validate = false;
	return resolver_new(&options, NULL, &s->resolver, &s->error);
}

int dns_source_answer(struct dns_source *s, struct evidence *e)
{
	int error;

	if (s->snapshot)
		return answer_from_snapshot(s, e);
	error = s->resolver ? INKAN_OK : open_resolver(s);
	return error ? error
	             : resolver_resolve(s->resolver, e, resolver_patience(&s->asking_since, clock_milliseconds()));
}

void dns_source_note(struct ui *ui, const struct dns_source *s)
{
	ui_note(ui, NOWHERE,
	        TEXT(ui, "no DNSSEC validation: %s – answers are taken as they are",
	             "DNSSEC を検証しません: %s – 応答をそのまま使います"),
	        TROUBLE(ui, s->unvalidated.text));
}

void dns_source_next(struct dns_source *s)
{
	s->asking_since = 0;
}

void dns_source_release(struct dns_source *s)
{
	if (s->resolver)
		resolver_free(s->resolver);
	s->resolver = NULL;
}
