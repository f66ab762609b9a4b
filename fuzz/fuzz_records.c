/* Answers as records (inkan_message_answer_records): octets of strangers as names, texts and addresses. The input is a list
 * of lines, which answer the questions of one message in their order:
 *
 *	R…	a record: the text of TXT, the name of MX and PTR (the first octet is the preference), the address of A, AAAA
 *	F0-F4	instead of records: a failure
 *	E	the answer is complete; the next lines are for the next question
 *
 * Evaluation ends, every answer closes its question, and twice the same answers (TXT the second time by
 * inkan_message_answer_txt) give the same results. */
#include <assert.h>
#include <stdlib.h>

#include "core/buf.h"
#include "inkan/inkan.h"

enum { RECORDS_MAX = 40, NAME_ROOM = INKAN_DNS_NAME_MAX + 3 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct inkan_context *context;

struct given {
	struct inkan_dns_record records[RECORDS_MAX];
	char names[RECORDS_MAX][NAME_ROOM];
	size_t count;
	enum inkan_dns_failure failure; /* 0: records */
};

static void take_record(struct given *g, struct str line)
{
	struct inkan_dns_record *r = &g->records[g->count];
	char *name = g->names[g->count++];
	struct str head = str_head(line, NAME_ROOM - 1);

	memcpy(name, head.p, head.n);
	name[head.n] = '\0';
	*r = (struct inkan_dns_record){.text = line.p, .size = line.n, .name = name};
	if (line.n) {
		r->preference = (unsigned char)line.p[0];
		r->name = name + 1;
	}
	head = str_head(line, sizeof r->address);
	memcpy(r->address, head.p, head.n);
}

/* The next answer, which goes out of *rest. */
static void take_answer(struct str *rest, struct given *g)
{
	bool any = rest->n > 0;

	g->count = 0;
	g->failure = (enum inkan_dns_failure)0;
	while (rest->n) {
		struct str line = str_split(rest, '\n');
		char kind = line.n ? line.p[0] : 'E';

		if (kind == 'E')
			break;
		line = str_skip(line, 1);
		if (kind == 'R' && g->count < RECORDS_MAX)
			take_record(g, line);
		if (kind == 'F' && line.n)
			g->failure = (enum inkan_dns_failure)(1 + (unsigned char)line.p[0] % 5);
	}
	if (!any)
		g->failure = INKAN_DNS_NXDOMAIN;
}

static int answer_txt(struct inkan_message *m, const struct inkan_question *q, const struct given *g)
{
	const char *texts[RECORDS_MAX];
	size_t sizes[RECORDS_MAX];

	for (size_t i = 0; i < g->count; i++) {
		texts[i] = g->records[i].text;
		sizes[i] = g->records[i].size;
	}
	return inkan_message_answer_txt(m, q, texts, sizes, g->count);
}

static void answer(struct inkan_message *m, const struct inkan_question *q, const struct given *g, bool as_txt)
{
	int error;

	if (g->failure)
		error = inkan_message_answer_failure(m, q, g->failure);
	else if (as_txt && q->type == INKAN_DNS_TXT)
		error = answer_txt(m, q, g);
	else
		error = inkan_message_answer_records(m, q, g->records, g->count, false);
	assert(error == INKAN_OK);
}

static void judge(struct inkan_message *m, struct str script, bool as_txt, struct buf *out)
{
	static const char text[] =
		"From: a@example.com\r\nDKIM-Signature: v=1; a=rsa-sha256; d=example.com; s=s; h=from; "
		"bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=; b=AAAA\r\n\r\n";
	const struct inkan_session session = {.struct_size = sizeof session,
	                                      .ip = "192.0.2.1",
	                                      .helo = "mail.example.com",
	                                      .mail_from = "a@example.com"};
	const struct inkan_question *questions;
	static struct given g;
	int state = inkan_message_set_session(m, &session);

	state = state ? state : inkan_message_write(m, text, sizeof text - 1);
	state = state ? state : inkan_message_end(m);
	state = state ? state : inkan_message_evaluate(m);
	while (state == INKAN_NEED_DNS) {
		size_t count = inkan_message_questions(m, &questions);

		assert(count > 0);
		for (size_t i = 0; i < count; i++) {
			take_answer(&script, &g);
			answer(m, &questions[i], &g, as_txt);
		}
		assert(inkan_message_questions(m, &questions) == 0);
		state = inkan_message_evaluate(m);
	}
	assert(state == INKAN_OK);
	const struct inkan_verdict *v = inkan_message_verdict(m);

	buf_printf(out, "%d %d %s %s %u %u ", (int)v->kind, (int)v->reason, v->spf->reason, v->spf->mechanism,
	           v->spf->lookups, v->spf->void_lookups);
	buf_put_c(out, inkan_message_authentication_results(m, "mx.example"));
	assert(!buf_error(out));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct inkan_message_options options;
	struct inkan_message *m;
	struct buf once, again;

	if (!context && inkan_context_new(&context))
		abort();
	inkan_message_options_init(&options);
	if (inkan_message_new(context, &options, &m))
		abort();
	buf_init(&once, 1024 * 1024);
	buf_init(&again, 1024 * 1024);
	judge(m, str_from((const char *)data, size), false, &once);
	inkan_message_reset(m);
	judge(m, str_from((const char *)data, size), true, &again);
	assert(str_eq(buf_str(&once), buf_str(&again)));
	buf_release(&once);
	buf_release(&again);
	inkan_message_free(m);
	return 0;
}
