/* A whole judgement: session, DNS and message all come out of the input. Whatever the order of the answers and the sizes of the
 * chunks, the verdict is the same; the Authentication-Results field is one well-formed field; and where one answer more
 * fails for now, no failure becomes a pass, nor a pass a failure.
 *
 * The input: a line of two octets (options; seed of the order), three lines for the session (address, HELO, MAIL FROM; "-" for
 * what is not known), lines of DNS ("T name text", "A name", "6 name", "M name target", "P name target", "!T name" for a
 * failure), an empty line, the message. "@rsa" and "@ed25519" stand for the records of the test keys. */
#include <assert.h>
#include <stdlib.h>

#include "auth/message.h"
#include "authres/parse.h"
#include "core/buf.h"
#include "dkim_keys.h"
#include "inkan/inkan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ROWS_MAX = 100, RECORDS_MAX = 20, TEXT_MAX = 2000, ROUNDS_MAX = 3000, NONE = ROWS_MAX };

struct row {
	bool fails;
	enum dns_type type;
	struct str name, text;
};

struct world {
	struct row rows[ROWS_MAX];
	size_t count;
	size_t broken; /* a row that fails for now in this run; NONE */
};

struct input {
	unsigned char choice;
	uint32_t seed;
	char ip[TEXT_MAX], helo[TEXT_MAX], mail_from[TEXT_MAX];
	struct inkan_session session;
	struct world world;
	struct str message;
};

static struct inkan_context *context;

/* ---- reading the input ---- */

static const char *take_text(struct str *rest, char *room)
{
	struct str line = str_head(str_split(rest, '\n'), TEXT_MAX - 1);

	memcpy(room, line.n ? line.p : "", line.n);
	room[line.n] = '\0';
	return strcmp(room, "-") ? room : NULL;
}

static bool read_type(char c, enum dns_type *out)
{
	*out = c == 'T' ? DNS_TXT : c == 'A' ? DNS_A : c == '6' ? DNS_AAAA : c == 'M' ? DNS_MX : DNS_PTR;
	return c && strchr("TA6MP", c);
}

static void take_row(struct world *w, struct str line)
{
	struct row row = {.fails = line.n && line.p[0] == '!'};
	struct str kind = str_split(&line, ' ');

	row.name = str_split(&line, ' ');
	row.text = str_eq(line, STR("@rsa"))       ? STR(FUZZ_RSA_RECORD)
	           : str_eq(line, STR("@ed25519")) ? STR(FUZZ_ED25519_RECORD)
	                                           : line;
	if (w->count < ROWS_MAX && kind.n == (size_t)row.fails + 1 && read_type(kind.p[row.fails], &row.type))
		w->rows[w->count++] = row;
}

static void read_input(struct str rest, struct input *in)
{
	struct str first = str_split(&rest, '\n');

	in->choice = first.n ? (unsigned char)first.p[0] : 0;
	in->seed = first.n > 1 ? (unsigned char)first.p[1] : 1;
	in->session = (struct inkan_session){.struct_size = sizeof in->session, .trusted_gateway = in->choice & 32};
	in->session.ip = take_text(&rest, in->ip);
	in->session.helo = take_text(&rest, in->helo);
	in->session.mail_from = take_text(&rest, in->mail_from);
	in->world = (struct world){.broken = NONE};
	while (rest.n) {
		struct str line = str_split(&rest, '\n');

		if (line.n == 0)
			break;
		take_row(&in->world, line);
	}
	in->message = rest;
}

/* ---- answers ---- */

static unsigned next_random(uint32_t *seed)
{
	*seed = *seed * 1103515245u + 12345u;
	return *seed >> 16;
}

/* An address near 192.0.2.1 and 2001:db8::1, so that some match. */
static void put_address(struct dns_record *record, enum dns_type type, struct str text)
{
	unsigned char last = text.n ? (unsigned char)text.p[0] & 3 : 1;

	if (type == DNS_A)
		memcpy(record->address, (const unsigned char[]){192, 0, 2, last}, 4);
	else if (type == DNS_AAAA)
		memcpy(record->address, (const unsigned char[16]){0x20, 1, 0xd, 0xb8, [15] = last}, 16);
}

static void answer(struct evidence *e, const struct world *w, struct dns_question q)
{
	struct dns_record records[RECORDS_MAX] = {{.preference = 0}};
	struct dns_answer a = {.records = records};
	bool exists = false, fails = false;

	for (size_t i = 0; i < w->count; i++) {
		const struct row *r = &w->rows[i];

		if (!str_ieq(r->name, q.name))
			continue;
		exists = true;
		fails = fails || (r->type == q.type && (r->fails || i == w->broken));
		if (r->type != q.type || r->fails || a.count == RECORDS_MAX)
			continue;
		records[a.count].text = r->text;
		records[a.count].name = r->text;
		put_address(&records[a.count++], q.type, r->text);
	}
	if (fails)
		a = *dns_answer_without_records(DNS_SERVFAIL);
	else if (a.count == 0)
		a = *dns_answer_without_records(exists ? DNS_NODATA : DNS_NXDOMAIN);
	if (evidence_add(e, q.type, q.name, &a))
		abort();
}

/* Answers so many of the open questions, picked by chance where there is a seed. */
static void answer_some(struct evidence *e, const struct world *w, size_t most, uint32_t *seed)
{
	const struct dns_question *open;

	for (size_t count; most && (count = evidence_open(e, &open)); most--) {
		struct dns_question q = open[seed ? next_random(seed) % count : 0];
		char name[DNS_NAME_MAX];

		memcpy(name, q.name.p, q.name.n);
		q.name.p = name;
		answer(e, w, q);
	}
}

/* ---- what was found ---- */

static void put_dkim(struct buf *out, const struct inkan_verdict *v)
{
	for (size_t i = 0; i < v->dkim_count; i++) {
		const struct inkan_dkim_result *r = &v->dkim[i];

		assert((r->result == INKAN_PASS) == (r->cause == INKAN_DKIM_OK));
		buf_printf(out, "%s %s %s %d %s %s\n", inkan_result_name(r->result), r->reason, r->domain, r->aligned,
		           r->changed_header, r->change);
	}
}

static void put_arc(struct buf *out, const struct inkan_arc_result *r)
{
	buf_printf(out, "%s %s %u %d %d\n", inkan_result_name(r->result), r->reason, r->set_count, r->oldest_pass,
	           r->temporary);
	for (size_t i = 0; i < r->listed_sets; i++)
		buf_printf(out, "%s %s %d %d\n", r->sets[i].sealer, r->sets[i].recorded_from,
		           (int)r->sets[i].recorded_dmarc, r->sets[i].message_signature_passed);
}

static void put_dmarc(struct buf *out, const struct inkan_dmarc_result *r)
{
	buf_printf(out, "%s %s %s %s %s %d %s\n", inkan_result_name(r->result), r->reason, r->policy_domain, r->record,
	           r->policy_tag, (int)r->disposition, r->organizational_domain);
	for (size_t i = 0; i < r->step_count; i++)
		buf_printf(out, "%s %s\n", r->steps[i].name, r->steps[i].note);
}

/* One field: every line end but the last folds, and a strict reader reads it. */
static void check_field(const char *field)
{
	struct str text = str_c(field), value = str_skip(text, strlen("Authentication-Results:"));
	struct authres_field parsed;
	struct arena arena;

	assert(str_has_prefix(text, STR("Authentication-Results:")) && str_eq(str_skip(text, text.n - 2), STR("\r\n")));
	value.n -= 2;
	for (size_t i = 0; i < value.n; i++) {
		assert((unsigned char)value.p[i] < 127);
		if (value.p[i] == '\r')
			assert(i + 2 < value.n && value.p[i + 1] == '\n' && is_wsp(value.p[i + 2]));
		else
			assert((unsigned char)value.p[i] >= 32 || (value.p[i] == '\n' && i && value.p[i - 1] == '\r'));
	}
	arena_init(&arena, 64 * 1024 * 1024);
	if (authres_parse(&arena, value, AUTHRES_STRICT, &parsed))
		abort();
	assert(parsed.valid && str_eq(parsed.authserv_id, STR("mx.example")));
	arena_release(&arena);
}

static void check_verdict(const struct inkan_verdict *v)
{
	bool passed = v->kind == INKAN_VERDICT_PASS || v->kind == INKAN_VERDICT_AT_RISK;
	bool proven = v->spf->result == INKAN_PASS && v->spf_aligned;

	for (size_t i = 0; i < v->dkim_count; i++)
		proven = proven || (v->dkim[i].result == INKAN_PASS && v->dkim[i].aligned);
	assert(!passed || v->dmarc->result == INKAN_PASS);
	assert(v->dmarc->result != INKAN_PASS || (proven && v->applied == INKAN_POLICY_NONE));
	assert(v->dmarc->result == INKAN_FAIL || v->dmarc->disposition == INKAN_POLICY_NONE);
	assert((v->override == INKAN_OVERRIDE_TRUSTED_FORWARDER) == (v->override_comment[0] != '\0'));
}

static void describe(struct buf *out, struct inkan_message *m)
{
	const struct inkan_verdict *v = inkan_message_verdict(m);

	check_verdict(v);
	buf_printf(out, "%s %s %s %s\n%s %s\n", inkan_verdict_name(v->kind), inkan_verdict_reason_name(v->reason),
	           inkan_leg_name(v->spf_leg), inkan_leg_name(v->dkim_leg), v->from_address, v->from_domain);
	buf_printf(out, "%d %s %s %zu\n", (int)v->applied, inkan_override_name(v->override), v->override_comment,
	           v->repeated_count);
	for (const struct inkan_spf_result *r = v->spf; r; r = r == v->spf ? v->spf_helo : NULL)
		buf_printf(out, "%s %s %s %s %s %u %u\n", inkan_result_name(r->result), r->domain, r->mechanism,
		           r->explanation, r->reason, r->lookups, r->void_lookups);
	put_dkim(out, v);
	put_arc(out, v->arc);
	put_dmarc(out, v->dmarc);
	const char *field = inkan_message_authentication_results(m, "mx.example");

	if (!field)
		abort();
	check_field(field);
	buf_put_c(out, field);
}

/* ---- judging ---- */

static int write_all(struct inkan_message *m, const struct input *in, uint32_t *seed)
{
	int error = INKAN_OK;

	for (struct str rest = in->message; rest.n && !error;) {
		struct str chunk = str_head(rest, seed ? 1 + next_random(seed) % 97 : rest.n);

		error = inkan_message_write(m, chunk.p, chunk.n);
		rest = str_skip(rest, chunk.n);
		if (seed && !error && message_header(m) && next_random(seed) % 4 == 0)
			answer_some(message_evidence(m), &in->world, 1, seed);
	}
	return error ? error : inkan_message_end(m);
}

/* seed: of the order of answers and the sizes of chunks; NULL: all at once. False: the message has no verdict. */
static bool judge(struct inkan_message *m, const struct input *in, uint32_t *seed, struct buf *out)
{
	int state;

	inkan_message_reset(m);
	if (inkan_message_set_session(m, &in->session))
		return false;
	state = write_all(m, in, seed);
	if (!state)
		state = inkan_message_evaluate(m);
	for (int rounds = 0; state == INKAN_NEED_DNS; rounds++) {
		assert(rounds < ROUNDS_MAX && !inkan_message_verdict(m));
		answer_some(message_evidence(m), &in->world, seed ? 1 : SIZE_MAX, seed);
		state = inkan_message_evaluate(m);
	}
	assert(state == INKAN_OK || state == INKAN_ELIMIT);
	buf_clear(out);
	if (!state)
		describe(out, m);
	return !state;
}

/* ptr ignores what fails (RFC 7208 section 5.5), so with it both may happen. */
static bool uses_ptr(const struct world *w)
{
	for (size_t i = 0; i < w->count; i++)
		for (struct str text = w->rows[i].text; text.n; text = str_skip(text, 1))
			if (str_ihas_prefix(text, STR("ptr")) || str_ihas_prefix(text, STR("%{p")))
				return true;
	return false;
}

/* With one answer after the other failing for now. */
static void check_failures(struct inkan_message *m, struct input *in, struct buf *out)
{
	enum inkan_result before = inkan_message_verdict(m)->dmarc->result;

	for (size_t i = 0; i < in->world.count && i < 10 && !uses_ptr(&in->world); i++) {
		in->world.broken = i;
		if (!judge(m, in, NULL, out))
			abort();
		enum inkan_result after = inkan_message_verdict(m)->dmarc->result;

		assert(before != INKAN_FAIL || after != INKAN_PASS);
		assert(before != INKAN_PASS || after != INKAN_FAIL);
	}
}

static struct inkan_message *new_message(unsigned char choice)
{
	static const char *const trusted[] = {"example.com", "list.example"};
	struct inkan_message_options options;
	struct inkan_message *m;

	if (!context && inkan_context_new(&context))
		abort();
	inkan_message_options_init(&options);
	options.line_ends = choice & 1 ? INKAN_LINE_ENDS_STRICT : INKAN_LINE_ENDS_NORMALISE;
	options.now = choice & 2 ? INKAN_TIME_NONE : 1795253400;
	options.dmarc_profile = choice & 4 ? INKAN_RFC7489 : INKAN_RFC9989;
	options.flags = choice & 8 ? INKAN_ALLOW_PARTIAL_BODY : 0;
	options.trusted_sealers = trusted;
	options.trusted_sealer_count = choice & 16 ? 2 : 0;
	if (inkan_message_new(context, &options, &m))
		abort();
	return m;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct input in;
	struct buf once, again;

	read_input(str_from((const char *)data, size), &in);
	struct inkan_message *m = new_message(in.choice);

	buf_init(&once, SIZE_MAX / 2);
	buf_init(&again, SIZE_MAX / 2);
	bool judged = judge(m, &in, NULL, &once);

	for (uint32_t i = 0; i < 2; i++) {
		uint32_t seed = in.seed * 2 + i;

		if (judge(m, &in, &seed, &again) != judged || !str_eq(buf_str(&once), buf_str(&again)))
			abort();
	}
	if (judged)
		check_failures(m, &in, &again);
	inkan_message_free(m);
	buf_release(&once);
	buf_release(&again);
	return 0;
}
