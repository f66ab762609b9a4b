/* Reads replies of DNS servers (RFC 1035 section 4.1, 2308, 6604).
 *
 * One pass over the answer section lists its records; then the chain of CNAMEs is walked in that list, names compared in
 * their expanded form. A compression pointer must point before the place where the name so far began, so that every name
 * ends; nothing is read outside the packet. */
#include "dns/wire.h"

#include <assert.h>

enum {
	HEADER_SIZE = 12,
	WIRE_NAME_MAX = 255, /* octets of a name on the wire (RFC 1035 section 2.3.4) */
	TEXT_NAME_MAX = 4 * WIRE_NAME_MAX,
	CLASS_IN = 1,
	TYPE_OPT = 41, /* RFC 6891 */
	FLAG_REPLY = 0x8000,
	FLAG_AUTHORITATIVE = 0x0400,
	FLAG_TRUNCATED = 0x0200,
	RCODE_FORMERR = 1,
	RCODE_NXDOMAIN = 3
};

struct wire_name {
	unsigned char octets[WIRE_NAME_MAX]; /* expanded, lower case, with the root label */
	size_t size;
};

struct wire_record {
	size_t owner, rdata; /* positions */
	uint16_t type, rdata_size;
	uint32_t ttl;
};

struct wire {
	const unsigned char *p;
	size_t n, at;
	bool failed; /* sticky */
};

static void fail(struct wire *w)
{
	w->failed = true;
}

static bool has(struct wire *w, size_t n)
{
	if (w->failed || n > w->n - w->at)
		fail(w);
	return !w->failed;
}

static unsigned get8(struct wire *w)
{
	return has(w, 1) ? w->p[w->at++] : 0;
}

static uint16_t get16(struct wire *w)
{
	unsigned high = get8(w);

	return (uint16_t)(high << 8 | get8(w));
}

static uint32_t get32(struct wire *w)
{
	uint32_t high = get16(w);

	return high << 16 | get16(w);
}

static void skip(struct wire *w, size_t n)
{
	if (has(w, n))
		w->at += n;
}

/* Appends a label of `size` octets at w->at, its length first. */
static void take_label(struct wire *w, struct wire_name *out, unsigned size)
{
	if (!has(w, size) || size + 1 > sizeof(out->octets) - out->size) {
		fail(w);
		return;
	}
	out->octets[out->size++] = (unsigned char)size;
	for (unsigned i = 0; i < size; i++)
		out->octets[out->size++] = (unsigned char)to_lower((char)w->p[w->at++]);
}

/* Reads the name at w->at, which goes behind it. */
static void get_name(struct wire *w, struct wire_name *out)
{
	size_t limit = w->at, behind = 0;

	out->size = 0;
	while (!w->failed) {
		unsigned length = get8(w);

		if (length >= 0xc0) {
			size_t target = (length & 0x3f) << 8 | get8(w);

			behind = behind ? behind : w->at;
			if (target >= limit)
				fail(w);
			else
				w->at = limit = target;
		} else if (length > DNS_LABEL_MAX) {
			fail(w); /* reserved (RFC 6891 section 5) */
		} else {
			take_label(w, out, length);
			if (length == 0)
				break;
		}
	}
	if (behind)
		w->at = behind;
}

static bool same_name(const struct wire_name *a, const struct wire_name *b)
{
	return a->size == b->size && memcmp(a->octets, b->octets, a->size) == 0;
}

/* The name at a position. */
static bool name_at(const struct wire *w, size_t position, struct wire_name *out)
{
	struct wire there = {w->p, w->n, position, false};

	get_name(&there, out);
	return !there.failed;
}

/* text: normalised, thus without escapes, and never too long. */
static void name_from_text(struct str text, struct wire_name *out)
{
	out->size = 0;
	while (text.n) {
		struct str label = str_split(&text, '.');

		assert(label.n + 2 <= sizeof(out->octets) - out->size);
		out->octets[out->size++] = (unsigned char)label.n;
		memcpy(out->octets + out->size, label.p, label.n);
		out->size += label.n;
	}
	out->octets[out->size++] = 0;
}

static size_t put_escaped(char *out, unsigned char c)
{
	if (c == '.' || c == '\\') {
		out[0] = '\\';
		out[1] = (char)c;
		return 2;
	}
	if (c >= 0x20 && c != 0x7f) {
		out[0] = (char)c;
		return 1;
	}
	out[0] = '\\';
	out[1] = (char)('0' + c / 100);
	out[2] = (char)('0' + c / 10 % 10);
	out[3] = (char)('0' + c % 10);
	return 4;
}

/* Presentation form: as normalised names are, with escapes where a label holds what those may not. */
static struct str name_to_text(struct arena *arena, const struct wire_name *name)
{
	char text[TEXT_NAME_MAX];
	size_t n = 0;

	for (size_t at = 0; name->octets[at];) {
		size_t end = at + 1 + name->octets[at];

		if (n)
			text[n++] = '.';
		for (at++; at < end; at++)
			n += put_escaped(text + n, name->octets[at]);
	}
	return arena_str(arena, n ? str_from(text, n) : STR("."));
}

/* ---- records ---- */

static void get_record(struct wire *w, struct wire_record *out)
{
	struct wire_name owner;

	out->owner = w->at;
	get_name(w, &owner);
	out->type = get16(w);
	if (get16(w) != CLASS_IN)
		out->type = 0;
	out->ttl = get32(w);
	if (out->ttl > INT32_MAX)
		out->ttl = 0; /* RFC 2181 section 8 */
	out->rdata_size = get16(w);
	out->rdata = w->at;
	skip(w, out->rdata_size);
}

static void parse_strings(struct arena *arena, struct wire *w, struct dns_record *out)
{
	struct wire counting = *w;
	size_t count = 0;

	while (!counting.failed && counting.at < counting.n) {
		skip(&counting, get8(&counting));
		count++;
	}
	out->strings = arena_calloc(arena, count, sizeof(*out->strings));
	char *text = arena_text(arena, w->n - w->at);

	if (counting.failed || !out->strings || !text) {
		fail(w);
		return;
	}
	out->text = str_from(text, 0);
	for (; out->string_count < count; out->string_count++) {
		size_t size = get8(w);
		struct str *string = &out->strings[out->string_count];

		*string = str_from(text + out->text.n, size);
		memcpy(text + out->text.n, w->p + w->at, size);
		out->text.n += size;
		skip(w, size);
	}
}

/* w: ends where the data of the record end */
static void parse_data(struct arena *arena, struct wire *w, enum dns_type type, struct dns_record *out)
{
	struct wire_name name;

	switch (type) {
	case DNS_A:
	case DNS_AAAA:
		for (size_t i = 0; i < (type == DNS_A ? 4 : 16); i++)
			out->address[i] = (unsigned char)get8(w);
		return;
	case DNS_TXT:
	case DNS_SPF:
		parse_strings(arena, w, out);
		return;
	case DNS_MX:
		out->preference = get16(w);
		break;
	case DNS_NS:
	case DNS_CNAME:
	case DNS_SOA:
	case DNS_PTR:
		break;
	}
	get_name(w, &name);
	if (type == DNS_SOA)
		w->at = w->n; /* only the first name is wanted */
	if (!w->failed)
		out->name = name_to_text(arena, &name);
}

static bool parse_record(struct arena *arena, const struct wire *w, const struct wire_record *r, enum dns_type type,
                         struct dns_record *out)
{
	struct wire data = {w->p, r->rdata + r->rdata_size, r->rdata, false};

	parse_data(arena, &data, type, out);
	return !data.failed && data.at == data.n;
}

/* ---- the reply ---- */

struct reply {
	struct wire wire;
	uint16_t id, flags, questions, answers, authority;
	unsigned rcode;
	struct wire_record *records; /* of the answer section */
	size_t count;
};

static int refuse(struct arena *arena, struct dns_answer *out, const char *why)
{
	*out = (struct dns_answer){.status = DNS_SERVFAIL, .why = str_c(why)};
	return arena_error(arena);
}

/* What is wrong with the header; NULL: nothing. */
static const char *parse_header(struct reply *r)
{
	struct wire *w = &r->wire;

	r->id = get16(w);
	r->flags = get16(w);
	r->questions = get16(w);
	r->answers = get16(w);
	r->authority = get16(w);
	get16(w);
	r->rcode = r->flags & 15;
	return w->failed || !(r->flags & FLAG_REPLY) ? "malformed reply" : NULL;
}

static const char *parse_question(struct reply *r, enum dns_type type, const struct wire_name *name)
{
	struct wire *w = &r->wire;
	struct wire_name asked;

	if (r->questions != 1)
		return "reply without the question";
	get_name(w, &asked);
	if (get16(w) != type || get16(w) != CLASS_IN || !same_name(&asked, name))
		return "reply to another question";
	return w->failed ? "malformed reply" : NULL;
}

static const char *parse_answers(struct arena *arena, struct reply *r)
{
	enum { RECORD_MIN = 11 };

	if (r->answers > r->wire.n / RECORD_MIN)
		return "malformed reply";
	r->records = arena_calloc(arena, r->answers, sizeof(*r->records));
	if (!r->records)
		return "out of memory";
	for (r->count = 0; r->count < r->answers; r->count++)
		get_record(&r->wire, &r->records[r->count]);
	return r->wire.failed ? "malformed reply" : NULL;
}

static bool is_about(const struct reply *r, size_t i, enum dns_type type, const struct wire_name *name)
{
	struct wire_name owner;

	return r->records[i].type == type && name_at(&r->wire, r->records[i].owner, &owner) && same_name(&owner, name);
}

static size_t count_about(const struct reply *r, enum dns_type type, const struct wire_name *name)
{
	size_t count = 0;

	for (size_t i = 0; i < r->count; i++)
		count += is_about(r, i, type, name);
	return count;
}

static void lower_ttl(struct dns_answer *answer, uint32_t ttl)
{
	if (!answer->has_ttl || ttl < answer->ttl)
		answer->ttl = ttl;
	answer->has_ttl = true;
}

/* The fields of a SOA record behind its two names: the numbers, of which serial and minimum are the first and last. */
static bool read_soa(const struct wire *w, const struct wire_record *record, uint32_t *serial_out, uint32_t *least_out)
{
	enum { NUMBERS = 20 };
	size_t end = record->rdata + record->rdata_size;

	if (record->type != DNS_SOA || record->rdata_size < NUMBERS + 2)
		return false;
	struct wire numbers = {w->p, end, end - NUMBERS, false};

	*serial_out = get32(&numbers);
	skip(&numbers, NUMBERS - 8);
	uint32_t minimum = get32(&numbers);

	*least_out = record->ttl < minimum ? record->ttl : minimum;
	return true;
}

/* The TTL of a negative answer: that of the SOA record, or its last field if less (RFC 2308 section 5). */
static void parse_negative_ttl(struct reply *r, struct dns_answer *out)
{
	struct wire *w = &r->wire;

	for (unsigned i = 0; i < r->authority && !w->failed; i++) {
		struct wire_record record;
		uint32_t serial, least;

		get_record(w, &record);
		if (w->failed || !read_soa(w, &record, &serial, &least))
			continue;
		lower_ttl(out, least);
		return;
	}
}

/* Goes along the CNAMEs from *name to where records of the type are, or no further CNAME. DNS_ANSWER: got there. */
static enum dns_status follow_chain(const struct reply *r, enum dns_type type, struct wire_name *name,
                                    struct dns_answer *out)
{
	for (int hops = 0; hops <= DNS_CHAIN_MAX; hops++) {
		size_t i = 0;

		if (count_about(r, type, name))
			return DNS_ANSWER;
		while (i < r->count && !is_about(r, i, DNS_CNAME, name))
			i++;
		if (i == r->count)
			return DNS_ANSWER;
		lower_ttl(out, r->records[i].ttl);
		if (!name_at(&r->wire, r->records[i].rdata, name))
			return DNS_SERVFAIL;
	}
	return DNS_LOOP;
}

static int parse_set(struct arena *arena, const struct reply *r, enum dns_type type, const struct wire_name *name,
                     size_t count, struct dns_answer *out)
{
	struct dns_record *records = arena_calloc(arena, count, sizeof(*records));

	if (!records)
		return arena_error(arena);
	out->status = DNS_ANSWER;
	out->records = records;
	for (size_t i = 0; i < r->count; i++) {
		if (!is_about(r, i, type, name))
			continue;
		lower_ttl(out, r->records[i].ttl);
		if (!parse_record(arena, &r->wire, &r->records[i], type, &records[out->count++]))
			return refuse(arena, out, "malformed record");
	}
	return arena_error(arena);
}

const char *wire_rcode_text(unsigned rcode)
{
	static const char *const texts[] = {[1] = "server says: format error",
	                                    [2] = "server says: failure",
	                                    [4] = "server says: not implemented",
	                                    [5] = "server says: refused",
	                                    [9] = "server says: not authoritative"};

	return rcode < sizeof(texts) / sizeof(*texts) && texts[rcode] ? texts[rcode] : "server says: other error";
}

int wire_answer_parse(struct arena *arena, struct str packet, enum dns_type type, struct str name,
                      struct dns_answer *out)
{
	struct reply r = {.wire = {(const unsigned char *)packet.p, packet.n, 0, false}};
	struct wire_name at;
	const char *trouble = parse_header(&r);

	name_from_text(name, &at);
	if (!trouble && r.flags & FLAG_TRUNCATED)
		trouble = "reply cut off";
	if (!trouble)
		trouble = parse_question(&r, type, &at);
	if (trouble)
		return refuse(arena, out, trouble);
	if (r.rcode && r.rcode != RCODE_NXDOMAIN)
		return refuse(arena, out, wire_rcode_text(r.rcode));
	trouble = parse_answers(arena, &r);
	if (trouble)
		return refuse(arena, out, trouble);
	*out = (struct dns_answer){.status = r.rcode ? DNS_NXDOMAIN : DNS_NODATA};
	switch (follow_chain(&r, type, &at, out)) {
	case DNS_ANSWER:
		break;
	case DNS_LOOP:
		*out = *dns_answer_without_records(DNS_LOOP);
		return INKAN_OK;
	default:
		return refuse(arena, out, "malformed record");
	}
	size_t count = r.rcode ? 0 : count_about(&r, type, &at);

	if (count)
		return parse_set(arena, &r, type, &at, count, out);
	parse_negative_ttl(&r, out);
	return INKAN_OK;
}

/* ---- authoritative servers ---- */

static void put16(unsigned char *out, size_t *at, unsigned value)
{
	out[(*at)++] = (unsigned char)(value >> 8);
	out[(*at)++] = (unsigned char)value;
}

size_t wire_query_write(unsigned char out[WIRE_QUERY_MAX], uint16_t id, enum dns_type type, struct str name, bool edns)
{
	struct wire_name asked;
	size_t at = 0;

	name_from_text(name, &asked);
	put16(out, &at, id);
	put16(out, &at, 0);
	put16(out, &at, 1);
	put16(out, &at, 0);
	put16(out, &at, 0);
	put16(out, &at, edns);
	memcpy(out + at, asked.octets, asked.size);
	at += asked.size;
	put16(out, &at, type);
	put16(out, &at, CLASS_IN);
	if (!edns)
		return at;
	out[at++] = 0; /* the root */
	put16(out, &at, TYPE_OPT);
	put16(out, &at, WIRE_UDP_SIZE);
	memset(out + at, 0, 6); /* version 0, no flags, no options */
	return at + 6;
}

static void note_soa(const struct reply *r, const struct wire_record *record, struct wire_reply *out)
{
	if (!out->has_soa)
		out->has_soa = read_soa(&r->wire, record, &out->serial, &out->negative_ttl);
}

/* What follows the answers: the SOA record of a negative one, or the name servers of a zone below. */
static void parse_authority(struct arena *arena, struct reply *r, struct wire_reply *out)
{
	struct wire *w = &r->wire;
	struct wire_name owner;

	for (unsigned i = 0; i < r->authority && !w->failed; i++) {
		struct wire_record record;

		get_record(w, &record);
		if (w->failed)
			return;
		note_soa(r, &record, out);
		if (record.type == DNS_NS && !out->referral.n && name_at(w, record.owner, &owner))
			out->referral = name_to_text(arena, &owner);
	}
}

/* The CNAME record of the name, where something else was asked for. */
static bool parse_alias(struct arena *arena, const struct reply *r, enum dns_type type, const struct wire_name *name,
                        struct wire_reply *out)
{
	struct dns_record alias = {0};

	for (size_t i = 0; type != DNS_CNAME && i < r->count; i++) {
		if (!is_about(r, i, DNS_CNAME, name))
			continue;
		if (!parse_record(arena, &r->wire, &r->records[i], DNS_CNAME, &alias))
			return false;
		out->alias = alias.name;
		lower_ttl(&out->answer, r->records[i].ttl);
		break;
	}
	return true;
}

static int parse_own(struct arena *arena, struct reply *r, enum dns_type type, const struct wire_name *name,
                     struct wire_reply *out)
{
	size_t count = r->rcode ? 0 : count_about(r, type, name);

	for (size_t i = 0; i < r->count; i++)
		note_soa(r, &r->records[i], out);
	parse_authority(arena, r, out);
	out->answer = (struct dns_answer){.status = r->rcode ? DNS_NXDOMAIN : DNS_NODATA};
	if (count)
		return parse_set(arena, r, type, name, count, &out->answer);
	if (!parse_alias(arena, r, type, name, out))
		return refuse(arena, &out->answer, "malformed record");
	if (out->alias.n)
		out->answer.status = DNS_NODATA; /* NXDOMAIN is then about where it leads (RFC 6604) */
	else if (out->has_soa)
		lower_ttl(&out->answer, out->negative_ttl);
	return arena_error(arena);
}

int wire_reply_parse(struct arena *arena, struct str packet, enum dns_type type, struct str name,
                     struct wire_reply *out)
{
	struct reply r = {.wire = {(const unsigned char *)packet.p, packet.n, 0, false}};
	struct wire_name asked;

	name_from_text(name, &asked);
	*out = (struct wire_reply){.answer.status = DNS_SERVFAIL};
	out->trouble = parse_header(&r);
	if (out->trouble)
		return arena_error(arena);
	bool not_understood = r.rcode == RCODE_FORMERR && !r.questions;

	out->id = r.id;
	out->trouble = not_understood ? NULL : parse_question(&r, type, &asked);
	if (out->trouble)
		return arena_error(arena);
	out->rcode = r.rcode;
	out->authoritative = r.flags & FLAG_AUTHORITATIVE;
	out->truncated = r.flags & FLAG_TRUNCATED;
	if (out->truncated)
		return arena_error(arena);
	if (r.rcode && r.rcode != RCODE_NXDOMAIN)
		return refuse(arena, &out->answer, wire_rcode_text(r.rcode));
	const char *trouble = parse_answers(arena, &r);

	return trouble ? refuse(arena, &out->answer, trouble) : parse_own(arena, &r, type, &asked, out);
}
