#include "signing.h"

#include "driver.h"

static void add_key(struct inkan_context *context, struct inkan_signer *signer, const char *path, const char *selector)
{
	struct str pem = bench_read(path);
	struct inkan_key *key;
	const char *trouble = "";

	if (inkan_key_from_pem(context, pem.p, pem.n, &key, &trouble))
		bench_die("%s: %s", path, trouble);
	bench_must(!inkan_signer_add_key(signer, selector, key), "inkan_signer_add_key");
}

struct inkan_signer *bench_signer(struct inkan_context *context, const char *folder, const char *variant)
{
	bool rsa = !strncmp(variant, "rsa", 3), dual = !strcmp(variant, "dual");
	struct inkan_signer_options options;
	struct inkan_signer *signer;

	inkan_signer_options_init(&options);
	options.domain = "corp000.example";
	options.header = options.body = strcmp(variant, "rsa-ss") ? INKAN_RELAXED : INKAN_SIMPLE;
	options.now = 1750000000;
	bench_must(!inkan_signer_new(context, &options, &signer, NULL), "inkan_signer_new");
	if (rsa || dual)
		add_key(context, signer, bench_path(folder, "rsa000.pem"), "s1");
	if (!rsa)
		add_key(context, signer, bench_path(folder, "ed000.pem"), "ed1");
	return signer;
}
