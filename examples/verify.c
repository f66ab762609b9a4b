/* Verifies one message with libinkan and prints each signature's result, and the verdict.
 *
 *	verify MESSAGE SNAPSHOT [IP MAIL-FROM]
 *
 * Who delivered the message is needed for SPF only.
 *
 * The keys come from a DNS snapshot here. A program with a resolver leaves options.snapshot alone and answers the questions:
 * see resolve() below, which this program never needs to call. */
#include <inkan/inkan.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static void die(const char *what, const char *why)
{
	fprintf(stderr, "verify: %s: %s\n", what, why);
	exit(2);
}

/* What a caller with an own resolver does: every open question gets an answer. */
static void resolve(struct inkan_message *message)
{
	const struct inkan_question *questions;

	while (inkan_message_questions(message, &questions) > 0)
		if (inkan_message_answer_failure(message, &questions[0], INKAN_DNS_TIMEOUT) != INKAN_OK)
			die("answer", inkan_message_error(message));
}

static struct inkan_snapshot *read_snapshot(const char *path)
{
	static char json[1 << 20], why[200];
	struct inkan_snapshot *snapshot;
	FILE *file = fopen(path, "rb");

	if (!file)
		die(path, "cannot be opened");
	size_t n = fread(json, 1, sizeof json, file);

	fclose(file);
	if (inkan_snapshot_load(json, n, &snapshot, why, sizeof why) != INKAN_OK)
		die(path, why);
	return snapshot;
}

static void read_message(struct inkan_message *message, const char *path)
{
	char chunk[65536];
	FILE *file = fopen(path, "rb");
	size_t n;

	if (!file)
		die(path, "cannot be opened");
	while ((n = fread(chunk, 1, sizeof chunk, file)) > 0)
		if (inkan_message_write(message, chunk, n) != INKAN_OK)
			die(path, inkan_message_error(message));
	fclose(file);
	if (inkan_message_end(message) != INKAN_OK)
		die(path, inkan_message_error(message));
}

static void print_verdict(const struct inkan_verdict *verdict)
{
	printf("%s (%s): spf=%s dmarc=%s\n", inkan_verdict_name(verdict->kind),
	       inkan_verdict_reason_name(verdict->reason), inkan_result_name(verdict->spf->result),
	       inkan_result_name(verdict->dmarc->result));
}

int main(int argc, char **argv)
{
	struct inkan_session session = {.struct_size = sizeof session};
	struct inkan_context *context;
	struct inkan_message_options options;
	struct inkan_message *message;
	const struct inkan_dkim_result *results;
	int passed = 0, state;

	if (argc != 3 && argc != 5)
		die("usage", "verify MESSAGE SNAPSHOT [IP MAIL-FROM]");
	if (inkan_context_new(&context) != INKAN_OK)
		die("start", "no memory");
	inkan_message_options_init(&options);
	options.now = time(NULL);
	options.line_ends = INKAN_LINE_ENDS_NORMALISE;
	struct inkan_snapshot *snapshot = read_snapshot(argv[2]);

	options.snapshot = snapshot;
	if (inkan_message_new(context, &options, &message) != INKAN_OK)
		die("start", "no memory");
	if (argc == 5) {
		session.ip = argv[3];
		session.mail_from = argv[4];
		if (inkan_message_set_session(message, &session) != INKAN_OK)
			die(argv[3], inkan_message_error(message));
	}
	read_message(message, argv[1]);
	while ((state = inkan_message_evaluate(message)) == INKAN_NEED_DNS)
		resolve(message);
	if (state != INKAN_OK)
		die(argv[1], inkan_message_error(message));
	size_t count = inkan_message_dkim(message, &results);

	for (size_t i = 0; i < count; i++) {
		printf("%s d=%s s=%s %s\n", inkan_result_name(results[i].result), results[i].domain,
		       results[i].selector, results[i].reason);
		passed |= results[i].result == INKAN_PASS;
	}
	print_verdict(inkan_message_verdict(message));
	inkan_message_free(message);
	inkan_snapshot_free(snapshot);
	inkan_context_free(context);
	return passed ? 0 : 1;
}
