/* Selectors of identities, and where those of the CNAME schemes lead.
 *
 * CNAME2 is the older form of Microsoft 365: "selector1-contoso-com._domainkey." and our zone. Dots become dashes, so that
 * "a-b.com" and "a.b.com" would meet: where a domain has dashes, is long, or is not the whole of the id, a part is added
 * that belongs to the id alone. Nobody may derive a target: it is kept with the slot (S2-19). */
#include <stdio.h>

#include "crypto/crypto.h"
#include "identity/internal.h"
#include "identity/provider.h"

enum {
	TOKEN_SIZE = 32, /* letters of a token: 160 bits (S3-26) */
	TOKEN_RANDOM = 16,
	SECRET_SIZE = 32,
	MARK_SIZE = 8,   /* letters that tell ids apart: 40 bits */
	HMAC_BLOCK = 64, /* of SHA-256 (RFC 2104) */
	DAY_SIZE = 8     /* digits of a date */
};

#define DAY_LAST INT64_C(253402300799) /* end of the year 9999 */

/* HMAC-SHA-256 of the parts; keys are at most a block long. */
static int keyed_hash(struct str key, const struct str *parts, size_t count, struct digest_value *out)
{
	unsigned char block[2][HMAC_BLOCK] = {{0}};
	struct crypto *crypto = NULL;
	struct digest *digest = NULL;
	int error = crypto_new(&crypto);

	memcpy(block[0], key.p, key.n);
	memcpy(block[1], key.p, key.n);
	for (size_t i = 0; i < HMAC_BLOCK; i++) {
		block[0][i] ^= 0x36;
		block[1][i] ^= 0x5c;
	}
	error = error ? error : digest_new(crypto, &digest);
	for (int pass = 0; !error && pass < 2; pass++) {
		digest_start(digest, DIGEST_SHA256);
		digest_update(digest, str_from((const char *)block[pass], HMAC_BLOCK));
		for (size_t i = 0; pass == 0 && i < count; i++)
			digest_update(digest, parts[i]);
		if (pass)
			digest_update(digest, str_from((const char *)out->octets, out->n));
		error = digest_finish(digest, out);
	}
	crypto_wipe(block, sizeof block);
	digest_free(digest);
	crypto_free(crypto);
	return error;
}

/* The first n letters of the base 32 form (RFC 4648 section 6) in lower case. */
static void put_letters(const struct digest_value *value, char *out, size_t n)
{
	static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz234567";

	for (size_t i = 0; i < n; i++) {
		size_t bit = i * 5, octet = bit / 8;
		unsigned two = (unsigned)value->octets[octet] << 8;

		if (octet + 1 < value->n)
			two |= value->octets[octet + 1];
		out[i] = alphabet[two >> (11 - bit % 8) & 31];
	}
	out[n] = '\0';
}

static const char *join(struct arena *arena, const char *a, const char *b, const char *c)
{
	size_t n = strlen(a) + strlen(b) + strlen(c) + 1;
	char *out = arena_text(arena, n);

	if (!out)
		return "";
	snprintf(out, n, "%s%s%s", a, b, c);
	return out;
}

static int refuse(const char **why_out, const char *why)
{
	*why_out = why;
	return INKAN_EUSAGE;
}

/* ---- two selectors ---- */

/* "contoso-com", with a mark where that would not be the id's alone. prefix: octets before it in the label. */
static int domain_label(const struct identity *identity, size_t prefix, char out[DNS_LABEL_MAX + 1])
{
	size_t n = strlen(identity->domain), room = DNS_LABEL_MAX - prefix;
	bool is_only = !identity->address[0] && (!identity->name[0] || strcmp(identity->name, "gateway") == 0);
	bool marked = !is_only || n > room || strchr(identity->domain, '-');
	struct digest_value value;
	char mark[MARK_SIZE + 1] = "";
	struct str parts[] = {STR("inkan target"), str_c(identity->id)};
	int error = marked ? keyed_hash(STR("inkan"), parts, 2, &value) : INKAN_OK;

	if (error)
		return error;
	if (marked)
		put_letters(&value, mark, MARK_SIZE);
	room -= marked ? MARK_SIZE + 1 : 0;
	snprintf(out, DNS_LABEL_MAX + 1, "%.*s%s%s", (int)(n < room ? n : room), identity->domain, marked ? "-" : "",
	         mark);
	for (char *p = out; *p; p++)
		*p = *p == '.' ? '-' : *p;
	return INKAN_OK;
}

static int make_two(struct arena *arena, struct identity *identity)
{
	static const char *const names[][2] = {
		[IDENTITY_SERVICE] = {"selector1", "selector2"},
		[IDENTITY_GATEWAY] = {"gateway1", "gateway2"},
	};

	for (size_t i = 0; i < 2; i++) {
		const char *selector = names[identity->role][i];
		char label[DNS_LABEL_MAX + 1];
		int error = domain_label(identity, strlen(selector) + 1, label);

		if (error)
			return error;
		const char *head = join(arena, selector, "-", label);

		identity->slots[i].selector = selector;
		identity->slots[i].target = join(arena, head, "._domainkey.", identity->host_zone);
	}
	return INKAN_OK;
}

/* ---- three tokens ---- */

static int make_tokens(struct arena *arena, const struct identity_wish *wish, struct identity *identity,
                       const char **why_out)
{
	if (wish->deterministic ? !wish->secret : !wish->random)
		return refuse(why_out, wish->deterministic ? "tokens that are the same on every host need a secret"
		                                           : "tokens need random octets");
	for (size_t i = 0; i < identity->slot_count; i++) {
		struct str key = wish->deterministic
		                         ? str_from((const char *)wish->secret, SECRET_SIZE)
		                         : str_from((const char *)wish->random + i * TOKEN_RANDOM, TOKEN_RANDOM);
		const char number = (char)('1' + i);
		struct str parts[] = {STR("inkan token"), str_c(identity->id), STR("/"), str_from(&number, 1)};
		struct digest_value value;
		char token[TOKEN_SIZE + 1];
		int error = keyed_hash(key, parts, 4, &value);

		if (error)
			return error;
		put_letters(&value, token, TOKEN_SIZE);
		identity->slots[i].selector = join(arena, token, "", "");
		identity->slots[i].target = join(arena, token, ".dkim.", identity->host_zone);
	}
	return INKAN_OK;
}

/* ---- selectors that are given ---- */

static int take_selector(struct arena *arena, struct str text, struct identity *identity, struct slot *slot,
                         const char **why_out)
{
	char *selector = arena_text(arena, text.n + 1);

	if (!selector)
		return arena_error(arena);
	str_put_lower(selector, text);
	selector[text.n] = '\0';
	if (!identity_is_selector(text, str_c(identity->domain)))
		return refuse(why_out,
		              "not a selector: letters, digits, \"-\" and \"_\", with dots between labels, and "
		              "at most 253 octets together with the domain");
	for (size_t i = 0; i < identity->slot_count; i++)
		if (strcmp(identity->slots[i].selector, selector) == 0)
			return refuse(why_out, "a selector is there twice");
	slot->selector = selector;
	return INKAN_OK;
}

static int take_external(struct arena *arena, struct str rest, struct identity *identity, const char **why_out)
{

	while (rest.n) {
		struct str part = str_split(&rest, ' ');

		if (!part.n)
			continue;
		if (identity->slot_count == IDENTITY_SLOTS_MAX)
			return refuse(why_out, "more than three selectors");
		struct slot *slot = &identity->slots[identity->slot_count];
		int error = take_selector(arena, part, identity, slot, why_out);

		if (error)
			return error;
		slot->state = SLOT_PUBLISHED;
		identity->slot_count++;
	}
	return INKAN_OK;
}

/* Those given, else the provider's fixed ones, as many as there is room for. */
static int make_external(struct arena *arena, const struct identity_wish *wish, struct identity *identity,
                         const char **why_out)
{
	const struct provider *provider = provider_find(str_c(identity->provider));
	bool is_given = wish->selector && wish->selector[0];
	int error = is_given ? take_external(arena, str_c(wish->selector), identity, why_out) : INKAN_OK;

	if (identity->provider[0] && !provider)
		return refuse(why_out, "no mail service of that id is known");
	for (size_t i = 0;
	     !error && !is_given && provider && provider->selectors && provider->selectors[i] && i < IDENTITY_SLOTS_MAX;
	     i++)
		error = take_external(arena, str_c(provider->selectors[i]), identity, why_out);
	if (!error && !identity->slot_count)
		return refuse(why_out, "no selector to look at: none is given, and the mail service has no fixed ones");
	return error;
}

/* The first is made at once, so that it can be looked for in DNS before anything else is done (S0-14). */
static int make_first(struct arena *arena, const struct identity_wish *wish, unix_time now, struct identity *identity,
                      const char **why_out)
{
	char made[IDENTITY_SELECTOR_MAX];
	bool is_given = wish->selector && wish->selector[0];

	if (!is_given && !identity_new_selector(identity, now, 0, made))
		return INKAN_ENOMEM;
	return take_selector(arena, str_c(is_given ? wish->selector : made), identity, &identity->slots[0], why_out);
}

int identity_make_slots(struct arena *arena, const struct identity_wish *wish, unix_time now, struct identity *identity,
                        const char **why_out)
{
	static const struct slot empty = {
		.selector = "",
		.target = "",
		.record = "",
		.since = UNIX_TIME_NONE,
		.made = UNIX_TIME_NONE,
		.published = UNIX_TIME_NONE,
		.first_seen = UNIX_TIME_NONE,
		.last_shown = UNIX_TIME_NONE,
		.last_seen = UNIX_TIME_NONE,
		.last_signed = UNIX_TIME_NONE,
		.last_verified = UNIX_TIME_NONE,
	};
	int error = INKAN_OK;

	for (size_t i = 0; i < IDENTITY_SLOTS_MAX; i++)
		identity->slots[i] = empty;
	identity->slot_count = identity_scheme_slots(identity->scheme);
	if (wish->deterministic && identity->scheme != IDENTITY_CNAME3)
		return refuse(why_out, "only the tokens of the scheme cname3 can come from a secret");
	if (identity->scheme == IDENTITY_CNAME2)
		error = make_two(arena, identity);
	else if (identity->scheme == IDENTITY_CNAME3)
		error = make_tokens(arena, wish, identity, why_out);
	else if (identity->scheme == IDENTITY_EXTERNAL)
		error = make_external(arena, wish, identity, why_out);
	else
		error = make_first(arena, wish, now, identity, why_out);
	for (size_t i = 0; !error && identity_has_aliases(identity) && i < identity->slot_count; i++)
		if (!identity_is_selector(str_c(identity->slots[i].selector), str_c(identity->domain)) ||
		    !dns_name_is_host(str_c(identity->slots[i].target), true, false))
			return refuse(why_out, "the domain is too long for this scheme");
	return error ? error : arena_error(arena);
}

/* ---- selectors of a day ---- */

/* "20261122" */
static int print_day(unix_time now, char out[DAY_SIZE + 1])
{
	struct buf text;
	size_t n = 0;

	buf_init(&text, 64);
	time_print(&text, now < 0 || now > DAY_LAST ? 0 : now);
	for (size_t i = 0; i < text.n && n < DAY_SIZE; i++)
		if (is_digit(text.p[i]))
			out[n++] = text.p[i];
	out[n] = '\0';
	int error = buf_error(&text);

	buf_release(&text);
	return error;
}

bool identity_new_selector(const struct identity *identity, unix_time now, unsigned attempt,
                           char out[IDENTITY_SELECTOR_MAX])
{
	char day[DAY_SIZE + 1];
	unsigned left = attempt;

	if (print_day(now, day))
		return false;
	for (char letter = 'a'; letter <= 'z'; letter++) {
		bool is_taken = false;

		snprintf(out, IDENTITY_SELECTOR_MAX, "%s%s%.*s", identity->role == IDENTITY_GATEWAY ? "gw" : "s", day,
		         letter > 'a', &letter);
		for (size_t i = 0; i < identity->slot_count; i++)
			is_taken = is_taken || strcmp(identity->slots[i].selector, out) == 0;
		if (!is_taken && left-- == 0)
			return true;
	}
	return false;
}
