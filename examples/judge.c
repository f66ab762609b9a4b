/* Judges one message with libinkan, asking DNS by way of libinkan-resolver, and prints the verdict.
 *
 *	judge [--ip ADDRESS] [--helo NAME] [--mail-from ADDRESS] [--server ADDRESS] [--port NUMBER] [--timeout MS] MESSAGE
 *
 * Exit code: 0 where the verdict is pass, 1 where it is another one, 2 where there is none. */
#include <inkan/inkan.h>
#include <inkan/resolver.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct arguments {
	struct inkan_session session;
	struct inkan_resolver_options resolver;
	uint32_t timeout; /* milliseconds for the message; 0: the default */
	const char *path;
};

static void die(const char *what, const char *why)
{
	fprintf(stderr, "judge: %s: %s\n", what, why);
	exit(2);
}

static uint32_t number(const char *text, uint32_t max)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (*text < '0' || *text > '9' || *end || value > max)
		die(text, "not a number, or too large");
	return (uint32_t)value;
}

static void take_option(struct arguments *a, const char *name, const char *value)
{
	if (!strcmp(name, "--ip"))
		a->session.ip = value;
	else if (!strcmp(name, "--helo"))
		a->session.helo = value;
	else if (!strcmp(name, "--mail-from"))
		a->session.mail_from = value;
	else if (!strcmp(name, "--server"))
		a->resolver.host = value;
	else if (!strcmp(name, "--port"))
		a->resolver.port = (uint16_t)number(value, 65535);
	else if (!strcmp(name, "--timeout"))
		a->timeout = number(value, INKAN_RESOLVER_TIMEOUT_MAX);
	else
		die(name, "no such option");
}

static void read_arguments(struct arguments *a, int argc, char **argv)
{
	int i = 1;

	a->session = (struct inkan_session){.struct_size = sizeof a->session};
	inkan_resolver_options_init(&a->resolver);
	for (; i + 1 < argc; i += 2)
		take_option(a, argv[i], argv[i + 1]);
	if (i != argc - 1)
		die("usage",
		    "judge [--ip ADDRESS] [--helo NAME] [--mail-from ADDRESS] [--server ADDRESS] [--port NUMBER] "
		    "[--timeout MS] MESSAGE");
	a->path = argv[i];
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

static struct inkan_message *new_message(struct inkan_context *context, const struct arguments *a)
{
	struct inkan_message_options options;
	struct inkan_message *message;

	inkan_message_options_init(&options);
	options.now = time(NULL);
	options.line_ends = INKAN_LINE_ENDS_NORMALISE;
	if (inkan_message_new(context, &options, &message) != INKAN_OK)
		die("start", "no memory");
	if (inkan_message_set_session(message, &a->session) != INKAN_OK)
		die("session", "the client's address is none");
	return message;
}

static void print_verdict(const struct inkan_verdict *v)
{
	printf("%s (%s), SPF %s, DKIM %s, policy %s\n", inkan_verdict_name(v->kind),
	       inkan_verdict_reason_name(v->reason), inkan_leg_name(v->spf_leg), inkan_leg_name(v->dkim_leg),
	       inkan_dmarc_policy_name(v->applied));
}

int main(int argc, char **argv)
{
	struct arguments a = {0};
	struct inkan_context *context;
	struct inkan_resolver *resolver;
	char why[300] = "no memory";
	int error;

	read_arguments(&a, argc, argv);
	if (inkan_context_new(&context) != INKAN_OK)
		die("start", "no memory");
	if (inkan_resolver_new(&a.resolver, &resolver, why, sizeof why) != INKAN_OK)
		die("resolver", why);
	struct inkan_message *message = new_message(context, &a);

	read_message(message, a.path);
	error = inkan_resolver_evaluate(resolver, message, a.timeout);
	if (error != INKAN_OK)
		die(a.path, inkan_strerror(error));
	const struct inkan_verdict *verdict = inkan_message_verdict(message);
	int passed = verdict->kind == INKAN_VERDICT_PASS;

	print_verdict(verdict);
	fputs(inkan_message_authentication_results(message, "judge.example"), stdout);
	inkan_message_free(message);
	inkan_resolver_free(resolver);
	inkan_context_free(context);
	return passed ? 0 : 1;
}
