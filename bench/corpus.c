/* A small corpus for `make bench` where the shared generator is not there: corpus FOLDER COUNT
 *
 *	keys/      rsa000.pem ed000.pem (corp000.example), rsa001.pem ... for the other domains
 *	sizes/     SIZE.VARIANT.eml: bodies of 1k 10k 100k 1m 10m; plain, rsa-rr, rsa-ss, ed-rr
 *	mixed/     COUNT messages of 1 KiB to 1 MiB, some with two signatures
 *	mixed.tsv, records.tsv
 *
 * Signed by the library under test; the drivers of limit and peer verify every signature, so that a wrong one shows. The
 * text comes from a fixed seed, the keys are new each time. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "core/base64.h"
#include "crypto/crypto.h"
#include "driver.h"
#include "inkan/inkan.h"

enum { DOMAINS = 8, KEY_BITS = 2048, BODY_MAX = 10 * 1024 * 1024 + 4096, RECORD_MAX = 8192 };

struct domain {
	char name[32];
	struct inkan_key *rsa, *ed25519;
};

static struct inkan_context *context;
static struct domain domains[DOMAINS];
static FILE *records;
static uint64_t state = 0x696e6b616e;

static unsigned random_below(unsigned n)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(state >> 33) % n;
}

static FILE *create(const char *folder, const char *name)
{
	const char *path = bench_path(folder, name);
	FILE *f = fopen(path, "wb");

	if (!f)
		bench_die("cannot write %s", path);
	return f;
}

static void finish(FILE *f)
{
	bench_must(fclose(f) == 0, "writing");
}

/* ---- keys ---- */

static struct inkan_key *keep_key(const struct crypto *c, struct private_key *k, const char *folder, const char *file,
                                  const char *selector, const char *domain)
{
	struct public_key *public_half;
	struct inkan_key *key;
	struct buf pem, encoded, record;

	buf_init(&pem, RECORD_MAX);
	buf_init(&encoded, RECORD_MAX);
	buf_init(&record, RECORD_MAX);
	bench_must(!private_key_to_pem(k, &pem) && !private_key_public(c, k, &public_half), "the new key");
	public_key_encode(public_half, &encoded);
	base64_encode(&record, (const unsigned char *)encoded.p, encoded.n);
	fprintf(records, "%s._domainkey.%s\tTXT\tv=DKIM1; k=%s; p=%.*s\n", selector, domain,
	        private_key_type(k) == KEY_RSA ? "rsa" : "ed25519", STR_ARG(buf_str(&record)));
	FILE *f = create(folder, file);

	fwrite(pem.p, 1, pem.n, f);
	finish(f);
	bench_must(!inkan_key_from_pem(context, pem.p, pem.n, &key, NULL), "inkan_key_from_pem");
	return key;
}

static void make_domain(const struct crypto *c, const char *folder, unsigned number)
{
	struct domain *d = &domains[number];
	struct private_key *rsa, *ed25519;
	unsigned char seed[32];
	char file[32];

	for (size_t i = 0; i < sizeof seed; i++)
		seed[i] = (unsigned char)random_below(256);
	snprintf(d->name, sizeof d->name, "corp%03u.example", number);
	bench_must(!private_key_generate_rsa(c, KEY_BITS, &rsa) && !private_key_from_ed25519_seed(c, seed, &ed25519),
	           "making keys");
	snprintf(file, sizeof file, "keys/rsa%03u.pem", number);
	d->rsa = keep_key(c, rsa, folder, file, "s1", d->name);
	snprintf(file, sizeof file, "keys/ed%03u.pem", number);
	d->ed25519 = keep_key(c, ed25519, folder, file, "ed1", d->name);
}

/* ---- messages ---- */

static void put_words(struct buf *out, size_t size)
{
	static const char *const words[] = {"the",       "invoice",   "of",    "delivery",   "meeting", "a",
	                                    "quarterly", "statement", "to",    "newsletter", "with",    "account",
	                                    "update",    "for",       "order", "year"};
	size_t column = 0, end = out->n + size;

	while (out->n < end) {
		buf_put_c(out, words[random_below(sizeof words / sizeof *words)]);
		column += 8;
		if (column > 68) {
			buf_put_c(out,
			          random_below(30) ? "\r\n" : "  \r\n"); /* white space at a line's end now and then */
			column = 0;
		} else {
			buf_put_c(out, random_below(60) ? " " : "  ");
		}
	}
	buf_put_c(out, "\r\n");
}

static void put_base64(struct buf *out, size_t size)
{
	unsigned char line[57];

	for (size_t end = out->n + size; out->n < end;) {
		for (size_t i = 0; i < sizeof line; i++)
			line[i] = (unsigned char)random_below(256);
		base64_encode(out, line, sizeof line);
		buf_put_c(out, "\r\n");
	}
}

/* Text up to 12 KiB, the rest as an attachment would be. */
static struct buf make_message(const char *domain, size_t body)
{
	struct buf m;
	size_t text = body > 12288 ? 12288 : body;

	buf_init(&m, BODY_MAX);
	for (int i = 0; i < 2; i++)
		buf_printf(&m,
		           "Received: from mail.%s (mail.%s [192.0.2.%u])\r\n\tby relay%d.%s (Postfix) with ESMTPS id "
		           "%08X\r\n\tfor <rcpt@recv.example>; Sun, 15 Jun 2025 15:06:35 +0000\r\n",
		           domain, domain, random_below(250), i, domain, random_below(1u << 31));
	buf_printf(
		&m,
		"Date: Sun, 15 Jun 2025 15:06:35 +0000\r\nFrom: \"Quarterly Letters\" <user%u@%s>\r\n"
		"To: Recipient Name <rcpt@recv.example>\r\nReply-To: <reply+%08x@%s>\r\n"
		"Message-ID: <%08x.1@%s>\r\nSubject: Quarterly statement of\r\n your account\r\nMIME-Version: 1.0\r\n"
		"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 7bit\r\n"
		"List-Unsubscribe: <https://%s/u/%08X>,\r\n <mailto:unsub@%s>\r\n"
		"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\nList-Id: <news.%s>\r\n"
		"X-Mailer: Campaign Engine 4.%u\r\nPrecedence: bulk\r\nX-Priority: 3\r\nAuto-Submitted: "
		"auto-generated\r\n"
		"References: <%08x@%s>\r\n <%08x@%s>\r\nX-Tracking: ",
		random_below(40), domain, random_below(1u << 31), domain, random_below(1u << 31), domain, domain,
		random_below(1u << 31), domain, domain, random_below(30), random_below(1u << 31), domain,
		random_below(1u << 31), domain);
	for (int i = 0; i < 190; i++)
		buf_put_char(&m, (char)('A' + random_below(26)));
	buf_put_c(&m, "\r\n\r\n");
	put_words(&m, text);
	if (body > text)
		put_base64(&m, body - text);
	return m;
}

static void sign(FILE *out, struct str message, const char *domain, const char *selector, struct inkan_key *key,
                 enum inkan_canonicalization header, enum inkan_canonicalization body)
{
	struct inkan_signer_options options;
	struct inkan_signer *signer;
	size_t n;

	inkan_signer_options_init(&options);
	options.domain = domain;
	options.header = header;
	options.body = body;
	options.now = 1750000000;
	bench_must(!inkan_signer_new(context, &options, &signer, NULL) &&
	                   !inkan_signer_add_key(signer, selector, key) &&
	                   !inkan_signer_write(signer, message.p, message.n) && !inkan_signer_end(signer),
	           "signing");
	const char *fields = inkan_signer_fields(signer, &n);

	fwrite(fields, 1, n, out);
	inkan_signer_free(signer);
}

static void put_message(FILE *out, struct str message)
{
	fwrite(message.p, 1, message.n, out);
	finish(out);
}

static void make_sizes(const char *folder)
{
	static const struct {
		const char *name;
		size_t size;
	} sizes[] = {{"1k", 1 << 10}, {"10k", 10 << 10}, {"100k", 100 << 10}, {"1m", 1 << 20}, {"10m", 10 << 20}};
	static const char *const variants[] = {"plain", "rsa-rr", "rsa-ss", "ed-rr"};
	const struct domain *d = &domains[0];

	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		struct buf m = make_message(d->name, sizes[i].size);

		for (size_t v = 0; v < sizeof variants / sizeof *variants; v++) {
			char name[64];
			enum inkan_canonicalization c = v == 2 ? INKAN_SIMPLE : INKAN_RELAXED;

			snprintf(name, sizeof name, "sizes/%s.%s.eml", sizes[i].name, variants[v]);
			FILE *f = create(folder, name);

			if (v > 0)
				sign(f, buf_str(&m), d->name, v == 3 ? "ed1" : "s1", v == 3 ? d->ed25519 : d->rsa, c,
				     c);
			put_message(f, buf_str(&m));
		}
		buf_release(&m);
	}
}

/* As seen in mail: most signed relaxed/relaxed, three in ten by a second key. */
static void make_mixed(const char *folder, unsigned count)
{
	FILE *list = create(folder, "mixed.tsv");

	for (unsigned i = 0; i < count; i++) {
		const struct domain *d = &domains[random_below(DOMAINS)];
		size_t size = (size_t)1 << (10 + random_below(11)); /* the upper half of each octave below */
		struct buf m = make_message(d->name, size - random_below((unsigned)size / 2));
		unsigned kind = random_below(100);
		char name[64];

		snprintf(name, sizeof name, "mixed/%04u.eml", i);
		FILE *f = create(folder, name);

		if (random_below(100) < 30)
			sign(f, buf_str(&m), d->name, "ed1", d->ed25519, INKAN_RELAXED, INKAN_RELAXED);
		sign(f, buf_str(&m), d->name, "s1", d->rsa, kind < 92 ? INKAN_RELAXED : INKAN_SIMPLE,
		     kind < 80 ? INKAN_RELAXED : INKAN_SIMPLE);
		put_message(f, buf_str(&m));
		fprintf(list, "%s\n", name);
		buf_release(&m);
	}
	finish(list);
}

int main(int argc, char **argv)
{
	struct crypto *c;
	static const char *const folders[] = {"keys", "sizes", "mixed"};

	if (argc != 3)
		bench_die("usage: corpus FOLDER COUNT");
	mkdir(argv[1], 0777);
	for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
		mkdir(bench_path(argv[1], folders[i]), 0777);
	bench_must(!inkan_context_new(&context) && !crypto_new(&c), "crypto_new");
	records = create(argv[1], "records.tsv");
	for (unsigned i = 0; i < DOMAINS; i++)
		make_domain(c, argv[1], i);
	finish(records);
	make_sizes(argv[1]);
	make_mixed(argv[1], (unsigned)strtoul(argv[2], NULL, 10));
	return 0;
}
