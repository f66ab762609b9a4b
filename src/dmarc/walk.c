#include "dmarc/walk.h"

static struct str parent(struct str name)
{
	return str_skip(name, str_find(name, '.') + 1);
}

/* One label less; of a name with DMARC_WALK_MAX labels or more, all but DMARC_WALK_MAX - 1 of them. */
static struct str next_target(struct str name)
{
	size_t labels = dns_name_labels(name);

	do
		name = parent(name);
	while (labels-- > DMARC_WALK_MAX);
	return name;
}

static struct str dmarc_name(struct arena *arena, struct str name)
{
	char *p = arena_text(arena, name.n + 7);

	if (!p)
		return STR_NULL;
	memcpy(p, "_dmarc.", 7);
	if (name.n)
		memcpy(p + 7, name.p, name.n);
	return str_from(p, name.n + 7);
}

/* Takes the one DMARC record out of an answer, if there is one. */
static int read_answer(struct arena *arena, const struct dns_answer *answer, struct walk_step *step)
{
	struct str text = STR_NULL;
	struct dmarc_record record;

	step->status = answer->status;
	for (size_t i = 0; i < answer->count; i++)
		if (dmarc_record_is(answer->records[i].text)) {
			text = answer->records[i].text;
			step->records++;
		}
	if (step->records != 1)
		return INKAN_OK;
	step->record = text;
	int error = dmarc_record_parse_policy(arena, text, INKAN_RFC9989, &record);

	step->psd = record.psd;
	return error;
}

static void list_names(struct walk *w)
{
	w->count = 0;
	for (struct str name = w->start; name.n && w->count < DMARC_WALK_MAX; name = next_target(name))
		w->steps[w->count++] = (struct walk_step){.name = name};
}

int dmarc_walk_ask(struct arena *arena, struct evidence *evidence, struct walk_step *step, bool *pending_out)
{
	struct str question = dmarc_name(arena, step->name);
	const struct dns_answer *answer = question.p ? evidence_ask(evidence, DNS_TXT, question) : NULL;

	if (!question.p)
		return arena_error(arena);
	if (answer)
		return read_answer(arena, answer, step);
	*pending_out = true;
	return INKAN_OK;
}

int dmarc_walk(struct arena *arena, struct evidence *evidence, struct str start, struct walk *out, bool *pending_out)
{
	struct walk w = {.start = start};
	bool stopped = false, pending = false;

	list_names(&w);
	size_t names = w.count;

	/* all are asked, though only those before a stop count */
	for (w.count = 0; w.count < names && !stopped; w.count++) {
		struct walk_step *step = &w.steps[w.count];
		bool open = false;
		int error = dmarc_walk_ask(arena, evidence, step, &open);

		if (error)
			return error;
		pending |= open;
		w.temporary |= !open && dns_status_is_temporary(step->status);
		stopped = !pending && step->record.n && step->psd != DMARC_PSD_UNKNOWN;
	}
	if (pending)
		*pending_out = true;
	else
		*out = w;
	return INKAN_OK;
}

bool dmarc_walk_tail(const struct walk *w, struct str start, struct walk *out)
{
	size_t i = 0;

	while (i < w->count && !str_eq(w->steps[i].name, start))
		i++;
	if (i == w->count)
		return false;
	*out = (struct walk){.start = start, .count = w->count - i};
	for (size_t k = 0; k < out->count; k++) {
		out->steps[k] = w->steps[i + k];
		out->temporary |= dns_status_is_temporary(out->steps[k].status);
	}
	return true;
}

/* The name one label below `ancestor` on the way to `start`. */
static struct str one_below(struct str start, struct str ancestor)
{
	struct str name = start;

	while (name.n > ancestor.n && !str_eq(parent(name), ancestor))
		name = parent(name);
	return name;
}

struct str dmarc_walk_organizational_domain(const struct walk *w)
{
	struct str found = w->start;

	for (size_t i = 0; i < w->count; i++) {
		const struct walk_step *step = &w->steps[i];

		if (step->record.n == 0)
			continue;
		if (step->psd == DMARC_PSD_NO)
			return step->name;
		if (step->psd == DMARC_PSD_YES && i > 0)
			return one_below(w->start, step->name);
		found = step->name;
	}
	return found;
}

const struct walk_step *dmarc_walk_policy(const struct walk *w)
{
	struct str organizational = dmarc_walk_organizational_domain(w);

	if (w->count && w->steps[0].record.n)
		return &w->steps[0];
	for (size_t i = 1; i < w->count; i++)
		if (w->steps[i].record.n && str_eq(w->steps[i].name, organizational))
			return &w->steps[i];
	for (size_t i = 1; i < w->count; i++)
		if (w->steps[i].record.n && w->steps[i].psd == DMARC_PSD_YES)
			return &w->steps[i];
	return NULL;
}
