#include "support/judge.h"

#include <stdio.h>
#include <stdlib.h>

#include "support/case.h"

static struct inkan_context *context;

static void release_context(void)
{
	inkan_context_free(context);
}

struct inkan_context *judge_context(void)
{
	if (!context) {
		assert_int_equal(inkan_context_new(&context), INKAN_OK);
		atexit(release_context);
	}
	return context;
}

static void answer(struct inkan_message *m, const struct inkan_question *question, const struct zone_row *zone,
                   size_t rows)
{
	const char *texts[16];
	size_t sizes[16], count = 0;
	enum inkan_dns_failure failure = INKAN_DNS_NXDOMAIN;

	for (size_t i = 0; i < rows; i++) {
		if (strcmp(zone[i].name, question->name) != 0)
			continue;
		if (!zone[i].text) {
			failure = zone[i].failure;
			continue;
		}
		assert_true(count < 16);
		texts[count] = zone[i].text;
		sizes[count++] = strlen(zone[i].text);
	}
	assert_int_equal(count ? inkan_message_answer_txt(m, question, texts, sizes, count)
	                       : inkan_message_answer_failure(m, question, failure),
	                 INKAN_OK);
}

void judge_answer(struct inkan_message *m, const struct zone_row *zone, size_t rows)
{
	const struct inkan_question *questions;

	while (inkan_message_questions(m, &questions))
		answer(m, &questions[0], zone, rows);
}

void judge(struct judged *out, const struct inkan_message_options *options, struct str message,
           const struct zone_row *zone, size_t rows)
{
	struct inkan_message_options defaults;
	struct inkan_message *m;

	inkan_message_options_init(&defaults);
	assert_int_equal(inkan_message_new(judge_context(), options ? options : &defaults, &m), INKAN_OK);
	assert_int_equal(inkan_message_write(m, message.p, message.n), INKAN_OK);
	assert_int_equal(inkan_message_end(m), INKAN_OK);
	judge_answer(m, zone, rows);
	assert_int_equal(inkan_message_evaluate(m), INKAN_OK);
	out->message = m;
	out->count = inkan_message_dkim(m, &out->results);
}

void judged_release(struct judged *j)
{
	inkan_message_free(j->message);
}

struct inkan_signer_options seal_options(void)
{
	struct inkan_signer_options options;

	inkan_signer_options_init(&options);
	options.domain = "example.com";
	return options;
}

static int add_keys(struct inkan_signer *s, struct inkan_key **pairs, const enum forge_key *keys, size_t key_count)
{
	static const char *const selectors[] = {"s1", "s2", "s3", "s4"};
	int error = INKAN_OK;

	for (size_t i = 0; i < key_count && !error; i++) {
		struct str pem = forge_pem(keys[i]);

		error = inkan_key_from_pem(judge_context(), pem.p, pem.n, &pairs[i], NULL);
		if (!error)
			error = inkan_signer_add_key(s, selectors[i], pairs[i]);
	}
	return error;
}

int seal(struct buf *out, const struct inkan_signer_options *options, const enum forge_key *keys, size_t key_count,
         struct str message, const char **why_out)
{
	static char why[300];
	const char *trouble = "";
	struct inkan_signer *s = NULL;
	struct inkan_key *pairs[4] = {NULL};
	int error = inkan_signer_new(judge_context(), options, &s, &trouble);

	assert_in_range(key_count, 1, 4);
	if (!error)
		error = add_keys(s, pairs, keys, key_count);
	if (!error)
		error = inkan_signer_write(s, message.p, message.n);
	if (!error)
		error = inkan_signer_end(s);
	if (!error) {
		size_t size;
		const char *fields = inkan_signer_fields(s, &size);

		assert_non_null(fields);
		assert_int_equal(strlen(fields), size);
		buf_put(out, str_from(fields, size));
		buf_put(out, message);
		assert_int_equal(buf_error(out), INKAN_OK);
	}
	snprintf(why, sizeof why, "%s", s ? inkan_signer_error(s) : trouble);
	if (why_out)
		*why_out = why;
	inkan_signer_free(s);
	for (size_t i = 0; i < key_count; i++)
		inkan_key_free(pairs[i]);
	return error;
}
