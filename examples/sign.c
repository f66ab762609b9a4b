/* Signs one message with libinkan and writes it, with its DKIM-Signature on top, to standard output.
 *
 *	sign DOMAIN SELECTOR KEY.pem <MESSAGE >SIGNED
 *
 * The message is kept in memory here, as its signature goes in front of it; what the library itself keeps does not grow
 * with the message. */
#include <inkan/inkan.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static void die(const char *what, const char *why)
{
	fprintf(stderr, "sign: %s: %s\n", what, why ? why : "no memory");
	exit(2);
}

static char *read_all(FILE *file, size_t *size_out)
{
	size_t room = 0, n = 0, got;
	char *text = NULL;

	do {
		if (n == room && !(text = realloc(text, room = room ? 2 * room : 65536)))
			die("input", NULL);
		n += got = fread(text + n, 1, room - n, file);
	} while (got > 0);
	*size_out = n;
	return text;
}

static struct inkan_key *read_key(struct inkan_context *context, const char *path)
{
	struct inkan_key *key;
	const char *trouble = NULL;
	FILE *file = fopen(path, "rb");
	size_t n;

	if (!file)
		die(path, "cannot be opened");
	char *pem = read_all(file, &n);

	fclose(file);
	if (inkan_key_from_pem(context, pem, n, &key, &trouble) != INKAN_OK)
		die(path, trouble);
	free(pem);
	return key;
}

int main(int argc, char **argv)
{
	struct inkan_context *context;
	struct inkan_signer_options options;
	struct inkan_signer *signer;
	const char *trouble = NULL;
	size_t size, fields_size;

	if (argc != 4)
		die("usage", "sign DOMAIN SELECTOR KEY.pem <MESSAGE >SIGNED");
	if (inkan_context_new(&context) != INKAN_OK)
		die("start", NULL);
	inkan_signer_options_init(&options);
	options.domain = argv[1];
	options.now = time(NULL);
	options.line_ends = INKAN_LINE_ENDS_STRICT; /* CRLF, as SMTP wants it */
	if (inkan_signer_new(context, &options, &signer, &trouble) != INKAN_OK)
		die(argv[1], trouble);
	struct inkan_key *key = read_key(context, argv[3]);

	if (inkan_signer_add_key(signer, argv[2], key) != INKAN_OK)
		die(argv[2], inkan_signer_error(signer));
	char *message = read_all(stdin, &size);

	if (inkan_signer_write(signer, message, size) != INKAN_OK || inkan_signer_end(signer) != INKAN_OK)
		die("message", inkan_signer_error(signer));
	const char *fields = inkan_signer_fields(signer, &fields_size);

	fwrite(fields, 1, fields_size, stdout);
	fwrite(message, 1, size, stdout);
	free(message);
	inkan_signer_free(signer);
	inkan_key_free(key);
	inkan_context_free(context);
	return fflush(stdout) ? 2 : 0;
}
