/* Evidence: see evidence.h. Look-ups hash the normalised name once, probe linearly, and walk the few types of the name. */
#include "dns/evidence.h"

#include <assert.h>
#include <stdlib.h>

#include "dns/evidence_table.h"

enum { SLOTS_MIN = 64, OPEN_MIN = 16 };

#define HASH_SEED 0x696e6b616e2d646eu

static const struct dns_answer too_many_questions = {.status = DNS_SERVFAIL, .why = {"too many DNS questions", 22}};
static const struct dns_answer too_many_octets = {.status = DNS_SERVFAIL,
                                                  .why = {"too many octets of DNS answers", 30}};
static const struct dns_answer out_of_memory = {.status = DNS_SERVFAIL, .why = {"out of memory", 13}};

int evidence_new(const struct evidence *base, size_t size_max, size_t questions_max, struct evidence **out)
{
	struct evidence *e = calloc(1, sizeof(*e));

	if (!e)
		return INKAN_ENOMEM;
	*e = (struct evidence){
		.base = base,
		.saved_at = UNIX_TIME_NONE,
		.questions_max = questions_max ? questions_max : EVIDENCE_QUESTIONS_MAX,
		.slot_count = SLOTS_MIN,
		.slots = calloc(SLOTS_MIN, sizeof(*e->slots)),
	};
	arena_init(&e->names, SIZE_MAX); /* bounded by questions_max */
	arena_init(&e->answers, size_max ? size_max : EVIDENCE_SIZE_MAX);
	if (!e->slots) {
		evidence_free(e);
		return INKAN_ENOMEM;
	}
	*out = e;
	return INKAN_OK;
}

void evidence_free(struct evidence *e)
{
	if (!e)
		return;
	arena_release(&e->names);
	arena_release(&e->answers);
	free(e->slots);
	free(e->open);
	free(e);
}

void evidence_reset(struct evidence *e)
{
	if (e->name_count)
		memset(e->slots, 0, e->slot_count * sizeof(*e->slots));
	arena_reset(&e->names);
	arena_reset(&e->answers);
	e->questions = e->asked = e->name_count = e->open_count = 0;
	e->error = INKAN_OK;
	e->cut = false;
}

void evidence_close(struct evidence *e)
{
	e->closed = true;
	e->open_count = 0;
}

int evidence_error(const struct evidence *e)
{
	return e->error;
}

/* ---- the table ---- */

static struct evidence_slot *find_slot(struct evidence_slot *slots, size_t slot_count, uint64_t hash, struct str name)
{
	size_t mask = slot_count - 1;
	size_t i = (size_t)hash & mask;

	while (slots[i].name && (slots[i].hash != hash || !str_eq(slots[i].name->name, name)))
		i = (i + 1) & mask;
	return &slots[i];
}

static struct evidence_name *find_name(const struct evidence *e, struct str name, uint64_t hash)
{
	return find_slot(e->slots, e->slot_count, hash, name)->name;
}

const struct evidence_name *evidence_find_name(const struct evidence *e, struct str name)
{
	return find_name(e, name, str_hash(name, HASH_SEED));
}

static bool grow_slots(struct evidence *e)
{
	size_t count = e->slot_count * 2;
	struct evidence_slot *slots = count > e->slot_count ? calloc(count, sizeof(*slots)) : NULL;

	if (!slots)
		return false;
	for (size_t i = 0; i < e->slot_count; i++) {
		struct evidence_slot *old = &e->slots[i];

		if (old->name)
			*find_slot(slots, count, old->hash, old->name->name) = *old;
	}
	free(e->slots);
	e->slots = slots;
	e->slot_count = count;
	return true;
}

/* The name, made where it is not there; NULL where memory is short. */
static struct evidence_name *make_name(struct evidence *e, struct str name, uint64_t hash)
{
	struct evidence_slot *slot = find_slot(e->slots, e->slot_count, hash, name);

	if (slot->name)
		return slot->name;
	if (e->name_count >= e->slot_count / 2) {
		if (!grow_slots(e))
			return NULL;
		slot = find_slot(e->slots, e->slot_count, hash, name);
	}
	struct evidence_name *made = arena_calloc(&e->names, 1, sizeof(*made));
	struct str copy = arena_str(&e->names, name);

	if (!made || !copy.p)
		return NULL;
	made->name = copy;
	*slot = (struct evidence_slot){hash, made};
	e->name_count++;
	return made;
}

static struct evidence_entry *find_entry(const struct evidence_name *n, enum dns_type type)
{
	struct evidence_entry *entry = n->entries;

	while (entry && entry->type < type)
		entry = entry->next;
	return entry && entry->type == type ? entry : NULL;
}

/* Adds an open entry, which is not there yet. */
static struct evidence_entry *make_entry(struct evidence *e, struct str name, uint64_t hash, enum dns_type type)
{
	struct evidence_name *n = make_name(e, name, hash);
	struct evidence_entry *made = n ? arena_calloc(&e->names, 1, sizeof(*made)) : NULL;

	if (!made)
		return NULL;
	struct evidence_entry **link = &n->entries;

	while (*link && (*link)->type < type)
		link = &(*link)->next;
	made->type = type;
	made->next = *link;
	*link = made;
	e->questions++;
	return made;
}

int evidence_declare(struct evidence *e, struct str name, const struct dns_answer *fallback)
{
	struct evidence_name *n = make_name(e, name, str_hash(name, HASH_SEED));

	if (!n)
		return INKAN_ENOMEM;
	n->exists = true;
	n->fallback = fallback;
	return INKAN_OK;
}

/* ---- asking ---- */

/* What a name of a closed evidence says to a type that it does not hold: *target is set where that is a CNAME. */
static const struct dns_answer *answer_unheld(const struct evidence_name *n, struct str *target)
{
	const struct evidence_entry *cname = find_entry(n, DNS_CNAME);

	if (n->fallback)
		return n->fallback;
	if (!cname || !cname->answer)
		return n->exists ? dns_answer_without_records(DNS_NODATA) : NULL;
	if (cname->answer->status == DNS_ANSWER && cname->answer->count) {
		*target = cname->answer->records[0].name;
		return NULL;
	}
	return dns_status_is_temporary(cname->answer->status) ? cname->answer : dns_answer_without_records(DNS_NODATA);
}

/* Follows the CNAMEs of a closed evidence, starting at a name that does not hold the type; never NULL. */
static const struct dns_answer *follow(const struct evidence *e, const struct evidence_name *n, enum dns_type type)
{
	for (int hops = 0; hops <= DNS_CHAIN_MAX; hops++) {
		const struct evidence_entry *entry = n ? find_entry(n, type) : NULL;
		struct str target = STR_NULL;
		const struct dns_answer *answer = entry ? entry->answer : NULL;

		if (!answer && n)
			answer = answer_unheld(n, &target);
		if (answer)
			return answer;
		if (!target.n)
			return dns_answer_without_records(DNS_NXDOMAIN);
		n = evidence_find_name(e, target);
	}
	return dns_answer_without_records(DNS_LOOP);
}

static bool is_held(const struct evidence_name *n)
{
	return n->exists || n->fallback;
}

/* The answer to a normalised question out of e and its bases; NULL where none of them knows. */
static const struct dns_answer *look_up(const struct evidence *e, enum dns_type type, struct str name, uint64_t hash)
{
	bool closed = false, exists = false;

	for (; e; e = e->base) {
		const struct evidence_name *n = find_name(e, name, hash);
		const struct evidence_entry *entry = n ? find_entry(n, type) : NULL;

		if (entry && entry->answer)
			return entry->answer;
		if (n && is_held(n)) {
			if (e->closed)
				return follow(e, n, type);
			exists = exists || n->exists;
		}
		closed = closed || e->closed;
	}
	return closed ? dns_answer_without_records(exists ? DNS_NODATA : DNS_NXDOMAIN) : NULL;
}

const struct dns_answer *evidence_find(const struct evidence *e, enum dns_type type, struct str name)
{
	char key[DNS_NAME_MAX];
	struct str normal = {key, 0};

	if (!dns_name_normalise(name, key, &normal.n))
		return dns_answer_without_records(DNS_NXDOMAIN);
	return look_up(e, type, normal, str_hash(normal, HASH_SEED));
}

static bool reserve_open(struct evidence *e)
{
	if (e->open_count < e->open_cap)
		return true;
	size_t cap = e->open_cap ? e->open_cap * 2 : OPEN_MIN;
	struct dns_question *open = realloc(e->open, cap * sizeof(*open));

	if (!open)
		return false;
	e->open = open;
	e->open_cap = cap;
	return true;
}

/* Notes a question that has no answer yet. */
static const struct dns_answer *note(struct evidence *e, enum dns_type type, struct str name, uint64_t hash)
{
	const struct evidence_name *n = find_name(e, name, hash);

	if (n && find_entry(n, type))
		return NULL;
	if (e->questions >= e->questions_max)
		return &too_many_questions;
	if (!reserve_open(e) || !make_entry(e, name, hash, type)) {
		e->error = INKAN_ENOMEM;
		return &out_of_memory;
	}
	n = find_name(e, name, hash);
	e->open[e->open_count++] = (struct dns_question){type, n->name};
	e->asked++;
	return NULL;
}

const struct dns_answer *evidence_ask(struct evidence *e, enum dns_type type, struct str name)
{
	char key[DNS_NAME_MAX];
	struct str normal = {key, 0};

	if (!dns_name_normalise(name, key, &normal.n))
		return dns_answer_without_records(DNS_NXDOMAIN);
	uint64_t hash = str_hash(normal, HASH_SEED);
	const struct dns_answer *answer = look_up(e, type, normal, hash);

	return answer ? answer : note(e, type, normal, hash);
}

size_t evidence_open(const struct evidence *e, const struct dns_question **out)
{
	*out = e->open;
	return e->open_count;
}

size_t evidence_asked(const struct evidence *e)
{
	return e->asked;
}

/* ---- answering ---- */

/* strings joined into record->text; record->strings become pieces of it */
static bool copy_strings(struct arena *a, const struct dns_record *from, struct dns_record *to)
{
	size_t size = 0;

	to->strings = arena_calloc(a, from->string_count, sizeof(*to->strings));
	for (size_t i = 0; i < from->string_count; i++)
		size += from->strings[i].n;
	char *text = arena_text(a, size);

	if (!to->strings || !text)
		return false;
	to->text = str_from(text, size);
	to->string_count = from->string_count;
	for (size_t i = 0; i < from->string_count; i++) {
		if (from->strings[i].n)
			memcpy(text, from->strings[i].p, from->strings[i].n);
		to->strings[i] = str_from(text, from->strings[i].n);
		text += from->strings[i].n;
	}
	return true;
}

static bool copy_lower(struct arena *a, struct str from, struct str *to)
{
	char *text = arena_text(a, from.n);

	if (!text)
		return false;
	for (size_t i = 0; i < from.n; i++)
		text[i] = to_lower(from.p[i]);
	*to = str_from(text, from.n);
	return true;
}

static bool copy_record(struct arena *a, enum dns_type type, const struct dns_record *from, struct dns_record *to)
{
	switch (type) {
	case DNS_A:
	case DNS_AAAA:
		memcpy(to->address, from->address, type == DNS_A ? 4 : 16);
		return true;
	case DNS_TXT:
	case DNS_SPF:
		if (!from->strings) {
			struct dns_record single = {.strings = &(struct str){from->text.p, from->text.n},
			                            .string_count = 1};

			return copy_strings(a, &single, to);
		}
		return copy_strings(a, from, to);
	case DNS_MX:
	case DNS_NS:
	case DNS_CNAME:
	case DNS_PTR:
	case DNS_SOA:
		to->preference = from->preference;
		return copy_lower(a, from->name, &to->name);
	}
	return false;
}

static const struct dns_answer *copy_answer(struct arena *a, enum dns_type type, const struct dns_answer *from)
{
	struct dns_answer *to = arena_calloc(a, 1, sizeof(*to));
	struct dns_record *records = arena_calloc(a, from->count, sizeof(*records));

	if (!to || !records)
		return NULL;
	*to = *from;
	to->records = records;
	to->why = arena_str(a, from->why);
	for (size_t i = 0; i < from->count; i++)
		if (!copy_record(a, type, &from->records[i], &records[i]))
			return NULL;
	return arena_error(a) ? NULL : to;
}

static void close_question(struct evidence *e, enum dns_type type, struct str name)
{
	for (size_t i = 0; i < e->open_count; i++) {
		if (e->open[i].type == type && str_eq(e->open[i].name, name)) {
			e->open_count--;
			memmove(&e->open[i], &e->open[i + 1], (e->open_count - i) * sizeof(*e->open));
			return;
		}
	}
}

/* A name that does not exist has no type at all (RFC 8020), until another answer shows that it does. */
static void learn_existence(struct evidence_name *n, enum dns_status status)
{
	if (n->exists)
		return;
	n->exists = status != DNS_NXDOMAIN;
	n->fallback = n->exists ? NULL : dns_answer_without_records(DNS_NXDOMAIN);
}

static int add(struct evidence *e, enum dns_type type, struct str name, const struct dns_answer *answer)
{
	uint64_t hash = str_hash(name, HASH_SEED);
	const struct evidence_name *known = find_name(e, name, hash);
	struct evidence_entry *entry = known ? find_entry(known, type) : NULL;

	if (!entry && e->questions >= e->questions_max)
		return INKAN_ELIMIT;
	if (!entry)
		entry = make_entry(e, name, hash, type);
	if (!entry)
		return INKAN_ENOMEM;
	const struct dns_answer *copy = copy_answer(&e->answers, type, answer);

	if (!copy && arena_error(&e->answers) == INKAN_ENOMEM)
		return INKAN_ENOMEM;
	if (!entry->answer)
		close_question(e, type, name);
	entry->answer = copy ? copy : &too_many_octets;
	e->cut = e->cut || !copy;
	learn_existence(find_name(e, name, hash), entry->answer->status);
	return INKAN_OK;
}

int evidence_add(struct evidence *e, enum dns_type type, struct str name, const struct dns_answer *answer)
{
	char key[DNS_NAME_MAX];
	struct str normal = {key, 0};

	assert(answer->status == DNS_ANSWER ? answer->count > 0 : answer->count == 0);
	if (!dns_type_name(type) || !dns_name_normalise(name, key, &normal.n))
		return INKAN_EUSAGE;
	int error = add(e, type, normal, answer);

	if (error == INKAN_ENOMEM)
		e->error = error;
	return error;
}

/* ---- all of it ---- */

static int by_name(const void *a, const void *b)
{
	struct str x = (*(const struct evidence_name *const *)a)->name,
		   y = (*(const struct evidence_name *const *)b)->name;
	int order = memcmp(x.p, y.p, x.n < y.n ? x.n : y.n);

	return order ? order : (x.n > y.n) - (x.n < y.n);
}

int evidence_sorted_names(const struct evidence *e, const struct evidence_name ***out, size_t *count_out)
{
	const struct evidence_name **names = malloc((e->name_count + 1) * sizeof(*names));
	size_t count = 0;

	if (!names)
		return INKAN_ENOMEM;
	for (size_t i = 0; i < e->slot_count; i++)
		if (e->slots[i].name)
			names[count++] = e->slots[i].name;
	qsort(names, count, sizeof(*names), by_name);
	*out = names;
	*count_out = count;
	return INKAN_OK;
}

int evidence_each(const struct evidence *e,
                  void (*each)(void *context, const struct dns_question *question, const struct dns_answer *answer),
                  void *context)
{
	const struct evidence_name **names;
	size_t count;
	int error = evidence_sorted_names(e, &names, &count);

	if (error)
		return error;
	for (size_t i = 0; i < count; i++)
		for (const struct evidence_entry *entry = names[i]->entries; entry; entry = entry->next)
			if (entry->answer)
				each(context, &(struct dns_question){entry->type, names[i]->name}, entry->answer);
	free(names);
	return INKAN_OK;
}

static int merge_name(struct evidence *into, const struct evidence_name *from)
{
	uint64_t hash = str_hash(from->name, HASH_SEED);

	for (const struct evidence_entry *entry = from->entries; entry; entry = entry->next) {
		const struct evidence_name *n = find_name(into, from->name, hash);
		const struct evidence_entry *held = n ? find_entry(n, entry->type) : NULL;

		if (!entry->answer || (held && held->answer))
			continue;
		int error = evidence_add(into, entry->type, from->name, entry->answer);

		if (error)
			return error;
	}
	struct evidence_name *n = is_held(from) ? make_name(into, from->name, hash) : NULL;

	if (!n)
		return is_held(from) ? INKAN_ENOMEM : INKAN_OK;
	n->exists = n->exists || from->exists;
	n->fallback = n->fallback ? n->fallback : from->fallback;
	return INKAN_OK;
}

int evidence_merge(struct evidence *into, const struct evidence *from)
{
	int error = INKAN_OK;

	/* in sorted order, so that a cap reached on the way leaves the same part every time */
	const struct evidence_name **names;
	size_t count;

	error = evidence_sorted_names(from, &names, &count);
	if (error)
		return error;
	for (size_t i = 0; i < count && !error; i++)
		error = merge_name(into, names[i]);
	free(names);
	return error ? error : into->cut ? INKAN_ELIMIT : INKAN_OK;
}
