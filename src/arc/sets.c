#include "arc/sets.h"

#include "core/cursor.h"

static void note(struct arc_sets *s, const char *trouble, unsigned instance)
{
	if (s->trouble)
		return;
	s->trouble = trouble;
	s->trouble_instance = instance;
}

/* 1..ARC_SETS_MAX, or 0 where the text is no instance. More is its own trouble. */
static unsigned read_instance(struct arc_sets *s, struct str text)
{
	uint64_t instance;

	if (!str_to_u64(text, 999999999, &instance) || instance == 0) {
		note(s, "a field has no usable instance", 0);
		return 0;
	}
	if (instance > ARC_SETS_MAX) {
		note(s, "more than 50 sets", 0);
		return 0;
	}
	return (unsigned)instance;
}

static struct arc_set *set_of(struct arc_sets *s, unsigned instance)
{
	if (instance > s->count)
		s->count = instance;
	return &s->sets[instance - 1];
}

/* arc-info = instance [CFWS] ";" authres-payload */
static void read_results(struct arc_sets *s, const struct header_field *field)
{
	struct cursor c = cursor_from(field->value);

	cursor_skip_fws(&c);
	cursor_expect(&c, 'i');
	cursor_skip_fws(&c);
	cursor_expect(&c, '=');
	cursor_skip_fws(&c);
	struct str digits = cursor_while(&c, is_digit);

	cursor_skip_fws(&c);
	cursor_expect(&c, ';');
	unsigned instance = read_instance(s, c.failed ? STR_NULL : digits);

	if (!instance)
		return;
	struct arc_set *set = set_of(s, instance);

	if (set->results)
		note(s, "two ARC-Authentication-Results", instance);
	set->results = field;
	set->results_text = str_trim_fws(cursor_rest(&c));
}

/* Reads a signature field of a set; the place for it in the set is the caller's to find. */
static int read_signature(struct arena *arena, struct arc_sets *s, const struct header_field *field,
                          enum signature_kind kind, struct dkim_signature *out, unsigned *instance_out)
{
	struct inkan_dkim_result shown = {0};
	enum dkim_fault_id fault;
	int error = dkim_signature_parse(arena, field, kind, out, &shown, &fault);
	const struct tag *i = error ? NULL : taglist_find(&out->tags, "i");

	*instance_out = 0;
	if (error)
		return error;
	*instance_out = read_instance(s, i ? i->value : STR_NULL);
	if (fault)
		note(s, dkim_fault(fault)->reason, *instance_out);
	return INKAN_OK;
}

/* A9: the message signature is made before the seal and cannot cover one. */
static bool covers_seal(const struct dkim_signature *s)
{
	for (size_t k = 0; k < s->name_count; k++)
		if (str_ieq(s->names[k], STR("arc-seal")))
			return true;
	return false;
}

static int read_message(struct arena *arena, struct arc_sets *s, const struct header_field *field)
{
	struct dkim_signature signature;
	unsigned instance;
	int error = read_signature(arena, s, field, SIGNATURE_ARC_MESSAGE, &signature, &instance);

	if (error || !instance)
		return error;
	struct arc_set *set = set_of(s, instance);

	if (set->message)
		note(s, "two ARC-Message-Signatures", instance);
	if (covers_seal(&signature))
		note(s, "the message signature covers a seal", instance);
	set->message = field;
	set->message_signature = signature;
	return INKAN_OK;
}

static int read_seal(struct arena *arena, struct arc_sets *s, const struct header_field *field)
{
	struct dkim_signature signature;
	unsigned instance;
	int error = read_signature(arena, s, field, SIGNATURE_ARC_SEAL, &signature, &instance);

	if (error || !instance)
		return error;
	struct arc_set *set = set_of(s, instance);
	const struct tag *cv = taglist_find(&signature.tags, "cv");

	if (set->seal)
		note(s, "two ARC-Seals", instance);
	/* a seal covers the chain and nothing else (section 4.1.3) */
	if (taglist_find(&signature.tags, "h") || taglist_find(&signature.tags, "bh"))
		note(s, "a seal with h= or bh=", instance);
	if (!cv)
		note(s, "a seal without cv=", instance);
	set->seal = field;
	set->seal_signature = signature;
	set->cv = cv ? cv->value : STR_NULL;
	return INKAN_OK;
}

/* A1, A3: every set complete, no gap, cv= as its place demands. */
static void check_structure(struct arc_sets *s)
{
	for (unsigned i = 1; i <= s->count; i++) {
		const struct arc_set *set = &s->sets[i - 1];

		if (!set->results && !set->message && !set->seal)
			note(s, "a set is missing", i);
		else if (!set->results)
			note(s, "no ARC-Authentication-Results", i);
		else if (!set->message)
			note(s, "no ARC-Message-Signature", i);
		else if (!set->seal)
			note(s, "no ARC-Seal", i);
		else if (!str_ieq(set->cv, i == 1 ? STR("none") : STR("pass")))
			note(s, i == 1 ? "the first seal does not say cv=none" : "a seal does not say cv=pass", i);
	}
}

int arc_sets_find(struct arena *arena, const struct header *header, struct arc_sets *out)
{
	struct arc_sets s = {.count = 0};
	bool any = header_lowest(header, STR("ARC-Seal")) != HEADER_NONE ||
	           header_lowest(header, STR("ARC-Message-Signature")) != HEADER_NONE ||
	           header_lowest(header, STR("ARC-Authentication-Results")) != HEADER_NONE;
	int error = INKAN_OK;

	*out = s;
	if (!any)
		return INKAN_OK;
	s.sets = arena_calloc(arena, ARC_SETS_MAX, sizeof *s.sets);
	if (!s.sets)
		return arena_error(arena);
	for (size_t k = 0; k < header->count && !error; k++) {
		const struct header_field *field = &header->fields[k];

		if (!str_ihas_prefix(field->name, STR("ARC-")) || s.trouble)
			continue;
		if (field->raw.n > ARC_FIELD_MAX)
			note(&s, "a field is larger than 262144 octets", 0);
		else if (str_ieq(field->name, STR("ARC-Authentication-Results")))
			read_results(&s, field);
		else if (str_ieq(field->name, STR("ARC-Message-Signature")))
			error = read_message(arena, &s, field);
		else if (str_ieq(field->name, STR("ARC-Seal")))
			error = read_seal(arena, &s, field);
	}
	check_structure(&s);
	*out = s;
	return error;
}

/* ---- the end of a chain ---- */

/* The value of a tag in the text of a field, as far as it can be found. */
static struct str find_tag(struct str text, struct str name)
{
	while (text.n) {
		struct str value = str_split(&text, ';');

		if (str_eq(str_trim_fws(str_split(&value, '=')), name))
			return str_trim_fws(value);
	}
	return STR_NULL;
}

struct arc_chain_end arc_chain_end(const struct header *header)
{
	static const struct str names[] = {
		{"ARC-Seal", 8}, {"ARC-Message-Signature", 21}, {"ARC-Authentication-Results", 26}};
	struct arc_chain_end end = {0, false};

	for (size_t kind = 0; kind < sizeof names / sizeof *names; kind++)
		for (size_t at = header_lowest(header, names[kind]); at != HEADER_NONE; at = header->fields[at].above) {
			struct str text = header->fields[at].value;
			uint64_t instance;

			if (!str_to_u64(find_tag(text, STR("i")), UINT64_MAX, &instance) || instance < end.instance)
				continue;
			end.failed = (instance == end.instance && end.failed) ||
			             (kind == 0 && str_ieq(find_tag(text, STR("cv")), STR("fail")));
			end.instance = instance < ARC_SETS_MAX ? (unsigned)instance : ARC_SETS_MAX;
		}
	return end;
}
