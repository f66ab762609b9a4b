#include "explain/way.h"

#include <arpa/inet.h>

#include "authres/parse.h"
#include "core/safe_text.h"
#include "explain/redact.h"

enum {
	NOTED_MAX = 100,               /* Authentication-Results fields that are read for one page */
	SCRATCH_MAX = 4 * 1024 * 1024, /* of memory to read one of them */
	BODY_HASH_SHOWN = 6            /* characters of bh= */
};

/* ---- finding ---- */

/* i= of an ARC field, which stands first by the rules; 0 where it cannot be read. */
static size_t instance_of(struct str value)
{
	struct str rest = value;

	while (rest.n) {
		struct str tag = str_trim_fws(str_split(&rest, ';'));
		struct str name = str_trim_fws(str_head(tag, str_find(tag, '=')));
		uint64_t instance;

		if (str_eq(name, STR("i")))
			return str_to_u64(str_trim_fws(str_skip(tag, str_find(tag, '=') + 1)), PAGE_SEALS, &instance)
			               ? (size_t)instance
			               : 0;
	}
	return 0;
}

/* Whether the field tells of the client of this session; an IPv6 address may be spelt in several ways. */
static bool is_from_session(const struct page_request *request, const struct received *received)
{
	const struct inkan_session *session = request->session;
	unsigned char address[16];

	if (!session || !session->ip || !received->ip[0] ||
	    inet_pton(received->is_ipv6 ? AF_INET6 : AF_INET, session->ip, address) != 1)
		return false;
	return memcmp(address, received->address, received->is_ipv6 ? 16 : 4) == 0;
}

static void take_field(struct way *way, const struct page_request *request, size_t i)
{
	const struct header_field *field = &request->header->fields[i];

	if (str_ieq(field->name, STR("received"))) {
		if (way->count == PAGE_HOPS) {
			way->left_out++;
			return;
		}
		struct way_hop *hop = &way->hops[way->count++];

		hop->field = i;
		received_parse(field->value, &hop->received);
		if (!way->own && is_from_session(request, &hop->received))
			way->own = way->count;
	} else if (str_ieq(field->name, STR("dkim-signature"))) {
		if (way->signature_count < request->verdict->dkim_count)
			way->signatures[way->signature_count++] = i;
	} else if (str_ieq(field->name, STR("arc-seal"))) {
		size_t instance = instance_of(field->value);

		if (instance && way->seals[instance - 1] == HEADER_NONE)
			way->seals[instance - 1] = i;
	}
}

int way_find(struct arena *arena, const struct page_request *request, struct way *out)
{
	*out = (struct way){.hops = arena_calloc(arena, PAGE_HOPS, sizeof *out->hops),
	                    .signatures =
	                            arena_calloc(arena, request->verdict->dkim_count + 1, sizeof *out->signatures),
	                    .seals = arena_calloc(arena, PAGE_SEALS, sizeof *out->seals)};
	if (arena_error(arena))
		return arena_error(arena);
	for (size_t i = 0; i < PAGE_SEALS; i++)
		out->seals[i] = HEADER_NONE;
	for (size_t i = 0; i < request->header->count; i++)
		take_field(out, request, i);
	return INKAN_OK;
}

void way_between(const struct way *way, size_t field, size_t *first_out, size_t *count_out)
{
	size_t above = 0;

	while (above < way->count && way->hops[above].field < field)
		above++;
	*first_out = way->own < above ? way->own : above;
	*count_out = above - *first_out;
}

/* ---- what a hop added ---- */

struct adder {
	struct arena *arena;
	const struct page_request *request;
	const struct way *way;
	size_t signature; /* DKIM-Signature fields met so far */
	size_t noted;
};

static void describe_signature(struct adder *a, struct buf *out)
{
	if (a->signature >= a->way->signature_count)
		return;
	const struct inkan_dkim_result *result = &a->request->verdict->dkim[a->signature++];

	buf_put_c(out, TEXT_IN(a->request->language, "signed d=", "署名 d="));
	template_put_value(out, str_c(result->domain));
	buf_put_c(out, " s=");
	template_put_value(out, str_c(result->selector));
	if (result->body_hash_signed[0]) {
		buf_put_c(out, " bh=");
		template_put_value(out, str_head(str_c(result->body_hash_signed), BODY_HASH_SHOWN));
		buf_put_c(out, "…");
	}
}

static void describe_seal(const struct adder *a, struct buf *out, struct str value)
{
	const struct inkan_arc_result *arc = a->request->verdict->arc;
	size_t instance = instance_of(value);

	buf_printf(out, TEXT_IN(a->request->language, "sealed i=%zu", "封印 i=%zu"), instance);
	for (size_t i = 0; arc && i < arc->listed_sets; i++) {
		if (arc->sets[i].instance != instance)
			continue;
		buf_put_c(out, " d=");
		template_put_value(out, str_c(arc->sets[i].sealer));
	}
}

static struct str property(const struct authres_result *result, struct str name)
{
	for (size_t i = 0; i < result->property_count; i++)
		if (str_eq(result->properties[i].name, name))
			return result->properties[i].value;
	return STR_NULL;
}

void way_put_results(struct buf *out, struct str value)
{
	struct authres_field field;
	struct arena scratch;

	arena_init(&scratch, SCRATCH_MAX);
	if (authres_parse(&scratch, value, AUTHRES_RELAXED, &field) != INKAN_OK || !field.valid)
		field.result_count = 0;
	for (size_t i = 0; i < field.result_count && i < PAGE_ADDED; i++) {
		const struct authres_result *result = &field.results[i];
		struct str domain = property(result, STR("header.d"));

		buf_put_c(out, i ? ", " : "");
		template_put_value(out, result->method);
		buf_put_char(out, '=');
		template_put_value(out, result->result);
		if (domain.n) {
			buf_put_c(out, " d=");
			template_put_value(out, domain);
		}
	}
	arena_release(&scratch);
}

/* "noted dkim=pass d=example.com, spf=pass": what the host says it found. */
static void describe_results(struct adder *a, struct buf *out, struct str value)
{
	struct buf results;

	if (a->noted++ >= NOTED_MAX)
		return;
	buf_init(&results, PAGE_TEXT_MAX);
	way_put_results(&results, value);
	if (results.n) {
		buf_put_c(out, TEXT_IN(a->request->language, "noted ", "記録 "));
		buf_put(out, buf_str(&results));
	}
	buf_release(&results);
}

static void describe_list(const struct adder *a, struct buf *out, struct str value)
{
	size_t open = str_rfind(value, '<'); /* the name before it may be anybody's text */

	buf_put_c(out, TEXT_IN(a->request->language, "mailing list ", "メーリングリスト "));
	template_put_value(out, open < value.n ? str_trim_fws(str_skip(value, open)) : STR("?"));
}

/* What a field tells of the host that added it; NULL where that is nothing. */
static const char *describe(struct adder *a, const struct header_field *field)
{
	struct buf text;

	buf_init(&text, PAGE_TEXT_MAX);
	if (str_ieq(field->name, STR("dkim-signature")))
		describe_signature(a, &text);
	else if (str_ieq(field->name, STR("arc-seal")))
		describe_seal(a, &text, field->value);
	else if (str_ieq(field->name, STR("authentication-results")))
		describe_results(a, &text, field->value);
	else if (str_ieq(field->name, STR("list-id")))
		describe_list(a, &text, field->value);
	const char *described = text.n || text.error ? template_keep(a->arena, &text) : NULL;

	buf_release(&text);
	return described;
}

/* The fields from index `from` to before `end`, the lowest first, as they were added. */
static void put_added(struct adder *a, size_t from, size_t end, struct page_hop *hop)
{
	const char **added = arena_calloc(a->arena, PAGE_ADDED, sizeof *added);

	for (size_t i = from; added && i < end; i++) {
		const char *text = describe(a, &a->request->header->fields[i]);

		if (text && hop->added_count < PAGE_ADDED)
			added[hop->added_count++] = text;
	}
	for (size_t i = 0; added && i < hop->added_count / 2; i++) {
		const char *upper = added[i];

		added[i] = added[hop->added_count - 1 - i];
		added[hop->added_count - 1 - i] = upper;
	}
	hop->added = added;
}

/* ---- the page ---- */

static const char *safe(struct arena *arena, struct str s)
{
	struct buf text;

	buf_init(&text, PAGE_TEXT_MAX);
	template_put_value(&text, s);
	const char *copy = template_keep(arena, &text);

	buf_release(&text);
	return copy;
}

static void fill_hop(struct arena *arena, const struct received *received, struct page_hop *hop)
{
	hop->from = safe(arena, received->from);
	hop->ip = safe(arena, str_c(received->ip));
	hop->by = safe(arena, received->by);
	hop->with = safe(arena, received->with);
	hop->time = received->date == UNIX_TIME_NONE ? INKAN_TIME_NONE : received->date;
}

int way_hops(struct arena *arena, const struct page_request *request, const struct way *way, struct page *page)
{
	struct adder a = {.arena = arena, .request = request, .way = way};
	struct page_hop *hops = arena_calloc(arena, way->count + 1, sizeof *hops);
	size_t from = 0;

	if (!hops)
		return arena_error(arena);
	/* top to bottom, as the results of signatures are in that order; hop `count` stands for what was there before */
	for (size_t i = 0; i < way->count; i++) {
		struct page_hop *hop = &hops[way->count - i];

		hop->number = (unsigned)(way->left_out + way->count - i);
		put_added(&a, from, way->hops[i].field, hop);
		fill_hop(arena, &way->hops[i].received, hop);
		from = way->hops[i].field + 1;
	}
	hops[0] = (struct page_hop){.from = "", .ip = "", .by = "", .with = "", .time = INKAN_TIME_NONE};
	put_added(&a, from, request->header->count, &hops[0]);
	bool is_first_empty = hops[0].added_count == 0;

	page->hops = hops + is_first_empty;
	page->hop_count = way->count + !is_first_empty;
	page->hops_left_out = way->left_out;
	return arena_error(arena);
}
