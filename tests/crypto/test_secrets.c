/* Secret numbers are nowhere in the memory of the process once their key is freed: not in what was freed before, not on
 * the stack. The test reads all its memory through /proc/self/mem, so it knows the numbers only complemented. */
#include <fcntl.h>
#include <unistd.h>

#include "crypto/der.h"
#include "crypto/fixture.h"
#include "crypto/keys.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { IS_SANITIZED = 1 };
#elif defined(__has_feature)
enum { IS_SANITIZED = __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) };
#else
enum { IS_SANITIZED = 0 };
#endif

enum { PATTERN_SIZE = 24, PATTERNS_MAX = 8, WINDOW = 1 << 16 };

static struct {
	unsigned char complement[PATTERN_SIZE];
} patterns[PATTERNS_MAX];
static size_t pattern_count;

/* Octets from the middle of a secret number, in both orders. */
static void remember(struct str secret)
{
	size_t from = (secret.n - PATTERN_SIZE) / 2;

	assert_true(secret.n >= PATTERN_SIZE && pattern_count + 2 <= PATTERNS_MAX);
	for (size_t i = 0; i < PATTERN_SIZE; i++) {
		unsigned char octet = (unsigned char)~secret.p[from + i];

		patterns[pattern_count].complement[i] = octet;
		patterns[pattern_count + 1].complement[PATTERN_SIZE - 1 - i] = octet;
	}
	pattern_count += 2;
}

static bool matches(const unsigned char *p, size_t pattern)
{
	for (size_t i = 0; i < PATTERN_SIZE; i++)
		if ((p[i] ^ 0xff) != patterns[pattern].complement[i])
			return false;
	return true;
}

static size_t hits_in(const unsigned char *p, size_t n)
{
	size_t hits = 0;

	for (size_t i = 0; i + PATTERN_SIZE <= n; i++)
		for (size_t pattern = 0; pattern < pattern_count; pattern++)
			hits += matches(p + i, pattern);
	return hits;
}

static size_t hits_between(int memory, off_t from, off_t to)
{
	static unsigned char window[WINDOW];
	size_t hits = 0;

	for (off_t at = from; at < to; at += WINDOW - PATTERN_SIZE) {
		size_t want = to - at < WINDOW ? (size_t)(to - at) : WINDOW;
		ssize_t got = pread(memory, window, want, at);

		if (got <= 0)
			break;
		hits += hits_in(window, (size_t)got);
		memset(window, 0, sizeof(window)); /* it is part of the memory, too */
	}
	return hits;
}

/* How often the secrets stand in memory that is not of a file, or can be written. */
static size_t hits(void)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	int memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
	char line[512];
	size_t total = 0;

	if (!maps || memory < 0)
		test_skip("no /proc/self/mem here");
	while (fgets(line, sizeof(line), maps)) {
		unsigned long long from, to;
		char permissions[5];
		unsigned long inode;

		assert_int_equal(sscanf(line, "%llx-%llx %4s %*x %*s %lu", &from, &to, permissions, &inode), 4);
		if (inode == 0 || permissions[1] == 'w')
			total += hits_between(memory, (off_t)from, (off_t)to);
	}
	fclose(maps);
	close(memory);
	return total;
}

/* The DER of a PEM text of this room's tests. */
static struct str der_of(const char *pem, unsigned char room[1024])
{
	struct str text = str_skip(str_c(pem), str_find(str_c(pem), '\n'));
	size_t size;

	assert_true(base64_decode(str_head(text, str_search(text, STR("-----END"))), BASE64_FWS, room, &size, NULL));
	return str_from((char *)room, size);
}

static void remember_rsa(void)
{
	unsigned char room[1024];
	struct str der = der_of(RFC8463_RSA_PEM, room), content;
	struct der_integer number;

	assert_true(der_take(&der, DER_SEQUENCE, &content));
	for (size_t i = 0; i < 9; i++) {
		assert_true(der_take_integer(&content, &number));
		/* version, n, e, then d, p, q */
		if (i >= 3 && i <= 5)
			remember(number.magnitude);
	}
	crypto_wipe(room, sizeof(room));
}

static void remember_ed25519(void)
{
	unsigned char room[1024];
	struct str der = der_of(RFC8463_ED25519_PEM, room);

	remember(str_skip(der, der.n - 32));
	crypto_wipe(room, sizeof(room));
}

static void use(const char *pem)
{
	struct private_key *k;
	struct digest_value digest = {.n = 32};
	unsigned char signature[KEY_SIGNATURE_MAX];
	size_t size;
	struct buf out;

	assert_int_equal(private_key_from_pem(crypto, str_c(pem), &k, NULL), INKAN_OK);
	for (int i = 0; i < 3; i++)
		assert_int_equal(private_key_sign(crypto, k, DIGEST_SHA256, &digest, signature, &size), INKAN_OK);
	/* into a buffer that has to grow for it */
	buf_init(&out, 10000);
	buf_put_c(&out, "key:\n");
	assert_int_equal(private_key_to_pem(k, &out), INKAN_OK);
	crypto_wipe(out.p, out.n);
	buf_release(&out);
	/* the search finds what is there */
	assert_true(hits() > 0);
	private_key_free(k);
}

static void run_secrets(const void *row)
{
	if (IS_SANITIZED)
		test_skip("a sanitizer's memory is too large to be searched");
	pattern_count = 0;
	if (str_eq(str_c(row), STR("rsa")))
		remember_rsa();
	else
		remember_ed25519();
	assert_int_equal(hits(), 0);
	use(str_eq(str_c(row), STR("rsa")) ? RFC8463_RSA_PEM : RFC8463_ED25519_PEM);
	assert_int_equal(hits(), 0);
}

int main(void)
{
	struct test_list list = {0};

	if (crypto_new(&crypto))
		return 2;
	test_add(&list, "nothing is left of an RSA key", run_secrets, "rsa");
	test_add(&list, "nothing is left of an Ed25519 key", run_secrets, "ed25519");
	int failed = test_run(&list, "crypto/secrets");

	crypto_free(crypto);
	return failed;
}
