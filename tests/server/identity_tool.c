/* Puts identities into a store as a registrar and commands would leave them, for tests of the service:
 *
 *	identity_tool STORE MASTER add ID SELECTOR rsa|ed25519     proven, enabled: prints the key record
 *	                           pending ID SELECTOR rsa|ed25519 enabled, but its key is not proven
 *	                           new ID                          as wished, without a key: its first step is due
 *	                           rotate ID SELECTOR rsa|ed25519  another key signs from now on: prints its record
 *	                           late ID DAYS                    its old keys are in overlap for so many days: a step is due
 *	                           mail-from ID DOMAIN STATE default|reject    its custom MAIL FROM domain stands so, and what is done where it fails
 *	                           enable|disable|remove ID
 *	                           fill COUNT                      d0.example, d1.example ..., each with an Ed25519 key
 *	                           each                            prints all ids, and the state of the first key */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base64.h"
#include "crypto/crypto.h"
#include "crypto/seal.h"
#include "identity/life.h"
#include "io/clock.h"
#include "io/master_key.h"
#include "io/random.h"
#include "store/identity_store.h"

static struct identity_store *store;
static struct crypto *crypto;
static struct arena arena;
static unsigned char public_half[SEAL_KEY_SIZE];
static struct io_error trouble;

static void need(int code, const char *what)
{
	if (code == INKAN_OK)
		return;
	fprintf(stderr, "identity_tool: %s: %s %s\n", what, inkan_strerror(code), trouble.text);
	exit(1);
}

/* ---- master key, keys ---- */

static void settle_master(const char *path)
{
	unsigned char seed[MASTER_KEY_SIZE], secret[SEAL_KEY_SIZE];
	bool there;

	need(master_key_read(path, 0, seed, &there, &trouble), path);
	if (!there)
		need(master_key_create(path, seed, &trouble), path);
	need(seal_keys(seed, public_half, secret), "seal_keys");
	need(identity_store_set_master(store, public_half, &trouble), "master key");
}

static struct private_key *make_key(enum identity_algorithm algorithm)
{
	struct private_key *key = NULL;
	unsigned char seed[32];

	if (algorithm == IDENTITY_RSA) {
		need(private_key_generate_rsa(crypto, 2048, &key), "RSA");
	} else {
		random_octets(seed, sizeof seed);
		need(private_key_from_ed25519_seed(crypto, seed, &key), "Ed25519");
	}
	return key;
}

static const char *record_of(const struct private_key *key)
{
	struct public_key *half = NULL;
	struct buf der, text;

	buf_init(&der, 4096);
	buf_init(&text, 8192);
	need(private_key_public(crypto, key, &half), "public half");
	public_key_encode(half, &der);
	buf_put_c(&text, private_key_type(key) == KEY_RSA ? "v=DKIM1; k=rsa; p=" : "v=DKIM1; k=ed25519; p=");
	base64_encode(&text, (const unsigned char *)der.p, der.n);
	struct str kept = arena_str(&arena, buf_str(&text));

	public_key_unref(half);
	buf_release(&der);
	buf_release(&text);
	return kept.p;
}

static void fill_key(struct new_key *out, struct buf *sealed, enum identity_algorithm algorithm)
{
	struct private_key *key = make_key(algorithm);
	unsigned char ephemeral[32];
	struct buf pem;
	char context[16];

	need(identity_store_reserve_key(store, &out->number, &trouble), "number");
	out->record = record_of(key);
	out->algorithm = algorithm;
	out->bits = private_key_bits(key);
	snprintf(context, sizeof context, "%lu", (unsigned long)out->number);
	random_octets(ephemeral, sizeof ephemeral);
	buf_init(&pem, SEALED_KEY_MAX);
	need(private_key_to_pem(key, &pem), "PEM");
	buf_clear(sealed);
	need(seal_close(public_half, ephemeral, str_c(context), buf_str(&pem), sealed), "seal");
	out->sealed = buf_str(sealed);
	buf_release(&pem);
	private_key_free(key);
}

/* ---- identities ---- */

static void put(struct identity *identity, uint64_t version, const struct new_key *key, const char *action)
{
	const struct identity_event event = {
		.at = clock_now(), .host = "test", .who = "identity_tool", .action = action, .detail = ""};
	bool stored = false;

	need(identity_store_put(store, identity, version, key, &event, &stored, &trouble), action);
	if (!stored) {
		fprintf(stderr, "identity_tool: %s: %s is there, or was changed meanwhile\n", action, identity->id);
		exit(1);
	}
}

/* Gives the slot a key that is as far as `state`. */
static void take_key(struct identity *identity, size_t slot, const char *selector, const struct new_key *key,
                     enum slot_state state)
{
	identity->slots[slot].selector = selector;
	identity->slots[slot].key = key->number;
	identity->slots[slot].record = key->record;
	identity->slots[slot].bits = key->bits;
	identity->slots[slot].algorithm = key->algorithm;
	identity->slots[slot].state = state;
	identity->slots[slot].since = identity->slots[slot].made = clock_now();
}

static void add(const char *id, const char *selector, enum identity_algorithm algorithm, bool proven)
{
	const struct identity_wish wish = {
		.id = id, .algorithm = algorithm, .enabled = true, .selector = selector, .publishes = true};
	struct identity identity;
	const char *why = "";
	struct new_key key;
	struct buf sealed;

	buf_init(&sealed, SEALED_KEY_MAX);
	trouble.text[0] = '\0';
	if (identity_new(&arena, &wish, clock_now(), &identity, &why)) {
		fprintf(stderr, "identity_tool: %s: %s\n", id, why);
		exit(1);
	}
	fill_key(&key, &sealed, algorithm);
	take_key(&identity, 0, selector, &key, proven ? SLOT_ACTIVE : SLOT_PUBLISHED);
	identity.state = proven ? IDENTITY_VERIFIED : IDENTITY_PENDING;
	identity.next_due = UNIX_TIME_NONE;
	put(&identity, 0, &key, "create");
	buf_release(&sealed);
	printf("%s\n", key.record);
}

static void add_new(const char *id)
{
	const struct identity_wish wish = {.id = id, .algorithm = IDENTITY_ED25519, .enabled = true};
	struct identity identity;
	const char *why = "";

	if (identity_new(&arena, &wish, clock_now(), &identity, &why)) {
		fprintf(stderr, "identity_tool: %s: %s\n", id, why);
		exit(1);
	}
	put(&identity, 0, NULL, "create");
}

static uint64_t get(const char *id, struct identity *out)
{
	uint64_t version;

	need(identity_store_get(store, &arena, id, out, &version, &trouble), id);
	if (!version) {
		fprintf(stderr, "identity_tool: there is no %s\n", id);
		exit(1);
	}
	return version;
}

static void rotate(const char *id, const char *selector, enum identity_algorithm algorithm)
{
	struct identity identity;
	struct new_key key;
	struct buf sealed;
	uint64_t version = get(id, &identity);
	size_t next = 0;

	buf_init(&sealed, SEALED_KEY_MAX);
	for (size_t i = 0; i < identity.slot_count; i++)
		if (identity.slots[i].state == SLOT_ACTIVE)
			identity.slots[i].state = SLOT_OVERLAP;
		else
			next = i;
	fill_key(&key, &sealed, algorithm);
	take_key(&identity, next, selector, &key, SLOT_ACTIVE);
	put(&identity, version, &key, "activate");
	buf_release(&sealed);
	printf("%s\n", key.record);
}

static void make_late(const char *id, int64_t days)
{
	struct identity identity;
	uint64_t version = get(id, &identity);

	for (size_t i = 0; i < identity.slot_count; i++)
		if (identity.slots[i].state == SLOT_OVERLAP)
			identity.slots[i].since = identity.slots[i].made = clock_now() - days * 86400;
	identity.next_due = clock_now();
	put(&identity, version, NULL, "late");
}

static void set_mail_from(const char *id, const char *domain, const char *state, const char *behaviour)
{
	struct identity identity;
	uint64_t version = get(id, &identity);
	unsigned at = MAIL_FROM_PENDING;

	while (at < MAIL_FROM_FAILED && strcmp(mail_from_state_name((enum mail_from_state)at), state) != 0)
		at++;
	identity.site = "mx.example.net";
	identity.mail_from = domain;
	identity.mail_from_state = (enum mail_from_state)at;
	(void)mx_failure_from_name(str_c(behaviour), &identity.mx_failure);
	put(&identity, version, NULL, "mail-from");
}

static void switch_signing(const char *id, bool enabled)
{
	struct identity identity;
	uint64_t version = get(id, &identity);

	identity.enabled = enabled;
	put(&identity, version, NULL, enabled ? "enable" : "disable");
}

static void take_away(const char *id)
{
	struct identity identity;
	bool deleted = false;

	need(identity_store_delete(store, id, get(id, &identity), &deleted, &trouble), id);
}

static void fill(unsigned long count)
{
	char id[40];

	for (unsigned long i = 0; i < count; i++) {
		snprintf(id, sizeof id, "d%lu.example", i);
		arena_reset(&arena);
		add(id, "s1", IDENTITY_ED25519, true);
	}
}

static bool print_id(void *context, const struct identity *identity)
{
	(void)context;
	printf("%s %s\n", identity->id, slot_state_name(identity->slots[0].state));
	return true;
}

/* ---- command line ---- */

static enum identity_algorithm algorithm_of(const char *word)
{
	enum identity_algorithm algorithm = IDENTITY_RSA;

	if (!identity_algorithm_from_name(str_c(word), &algorithm))
		exit(2);
	return algorithm;
}

static int run(int count, char **words)
{
	const char *command = words[0], *id = count > 1 ? words[1] : "";

	if (strcmp(command, "add") == 0 && count == 4)
		add(id, words[2], algorithm_of(words[3]), true);
	else if (strcmp(command, "pending") == 0 && count == 4)
		add(id, words[2], algorithm_of(words[3]), false);
	else if (strcmp(command, "new") == 0)
		add_new(id);
	else if (strcmp(command, "rotate") == 0 && count == 4)
		rotate(id, words[2], algorithm_of(words[3]));
	else if (strcmp(command, "late") == 0 && count == 3)
		make_late(id, strtol(words[2], NULL, 10));
	else if (strcmp(command, "mail-from") == 0 && count == 5)
		set_mail_from(id, words[2], words[3], words[4]);
	else if (strcmp(command, "enable") == 0 || strcmp(command, "disable") == 0)
		switch_signing(id, command[0] == 'e');
	else if (strcmp(command, "remove") == 0)
		take_away(id);
	else if (strcmp(command, "fill") == 0)
		fill(strtoul(id, NULL, 10));
	else if (strcmp(command, "each") == 0)
		need(identity_store_each(store, &(struct identity_filter){.after = ""}, print_id, NULL, &trouble),
		     "each");
	else
		return 2;
	return 0;
}

int main(int argc, char **argv)
{
	if (argc < 4)
		return 2;
	arena_init(&arena, 64 << 20);
	need(crypto_new(&crypto), "crypto");
	need(identity_store_open(argv[1], false, true, &store, &trouble), argv[1]);
	settle_master(argv[2]);
	int code = run(argc - 3, argv + 3);

	identity_store_close(store);
	crypto_free(crypto);
	arena_release(&arena);
	return code;
}
