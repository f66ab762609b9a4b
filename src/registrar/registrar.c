/* Reading order: registrar_open() -> registrar_create(), registrar_step() -> do_step() -> registrar_keep(). */
#include "registrar/registrar.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/utf8.h"
#include "crypto/seal.h"
#include "io/clock.h"
#include "io/master_key.h"
#include "io/random.h"
#include "registrar/internal.h"

enum {
	TRIES_MAX = 8, /* of a change while others change too */
	ENTROPY = 3 * 16
};

/* ---- opening ---- */

static int make_overrides(struct registrar *r, bool primaries, struct authority_override **out, size_t *count_out)
{
	const struct registrar_settings *s = &r->settings;
	struct authority_override *list = calloc(s->zone_count + s->authority.override_count + 1, sizeof *list);
	size_t n = 0;

	if (!list)
		return INKAN_ENOMEM;
	for (size_t i = 0; i < s->zone_count; i++) {
		const struct registrar_zone *z = &s->zones[i];

		if (primaries && z->primary)
			list[n++] = (struct authority_override){z->zone, &z->primary, 1};
		else if (!primaries && z->server_count)
			list[n++] = (struct authority_override){z->zone, z->servers, z->server_count};
	}
	for (size_t i = 0; i < s->authority.override_count; i++)
		list[n++] = s->authority.overrides[i];
	*out = list;
	*count_out = n;
	return INKAN_OK;
}

static int open_authority(struct registrar *r, bool primaries, struct authority **out, struct io_error *error)
{
	struct authority_options options = r->settings.authority;
	struct authority_override **list = &r->overrides[primaries];
	int code = make_overrides(r, primaries, list, &options.override_count);

	options.overrides = *list;
	return code ? code : authority_new(&options, out, error);
}

/* The store knows the public half of the master key: from the file, at the first opening. */
static int settle_master(struct registrar *r, struct io_error *error)
{
	unsigned char seed[MASTER_KEY_SIZE], public[SEAL_KEY_SIZE], secret[SEAL_KEY_SIZE];
	const char *path = master_key_place(r->settings.master_key);
	bool known = false, there = false;
	int code = identity_store_master(r->store, public, &known, error);

	if (code || known || !r->settings.create_store)
		return code;
	code = master_key_read(path, 0, seed, &there, error);
	if (!code && !there)
		code = master_key_create(path, seed, error);
	if (code == INKAN_EREFUSED) { /* another command was quicker: its key it is */
		code = master_key_read(path, 0, seed, &there, error);
		if (!code && !there)
			code = io_fail(error, "%s: a link that leads nowhere: remove it", path);
	}
	if (!code)
		code = seal_keys(seed, public, secret);
	if (!code)
		code = identity_store_set_master(r->store, public, error);
	crypto_wipe(seed, sizeof seed);
	crypto_wipe(secret, sizeof secret);
	return code;
}

int registrar_open(const struct registrar_settings *settings, struct registrar **out, struct io_error *error)
{
	struct registrar *r = calloc(1, sizeof *r);

	if (!r)
		return INKAN_ENOMEM;
	r->settings = *settings;
	r->at = settings->at;
	if (!r->settings.changes_max)
		r->settings.changes_max = REGISTRAR_CHANGES_MAX;
	int code = identity_store_open(settings->store, settings->read_only, settings->create_store, &r->store, error);

	if (!code)
		code = settle_master(r, error);
	if (!code)
		code = crypto_new(&r->crypto);
	if (!code)
		code = open_authority(r, false, &r->world, error);
	if (!code)
		code = open_authority(r, true, &r->primaries, error);
	if (code) {
		registrar_close(r);
		return code;
	}
	*out = r;
	return INKAN_OK;
}

void registrar_close(struct registrar *r)
{
	if (!r)
		return;
	authority_free(r->primaries);
	authority_free(r->world);
	free(r->overrides[0]);
	free(r->overrides[1]);
	crypto_free(r->crypto);
	identity_store_close(r->store);
	free(r);
}

struct identity_store *registrar_store(struct registrar *r)
{
	return r->store;
}

unix_time registrar_now(const struct registrar *r)
{
	return r->at == UNIX_TIME_NONE ? clock_now() : r->at;
}

void registrar_set_time(struct registrar *r, unix_time at)
{
	r->at = at;
}

/* ---- creating ---- */

/* The file holds the master key of this store. */
static int check_master(struct registrar *r, const unsigned char seed[MASTER_KEY_SIZE], struct io_error *error)
{
	unsigned char public[SEAL_KEY_SIZE], stored[SEAL_KEY_SIZE], secret[SEAL_KEY_SIZE];
	bool known = false;
	int code = seal_keys(seed, public, secret);

	crypto_wipe(secret, sizeof secret);
	if (!code)
		code = identity_store_master(r->store, stored, &known, error);
	if (!code && known && memcmp(public, stored, sizeof public) != 0)
		code = io_fail(error, "%s: not the master key of this store", r->settings.master_key);
	return code;
}

static int fill_entropy(struct registrar *r, struct identity_wish *wish, unsigned char random[ENTROPY],
                        unsigned char secret[MASTER_KEY_SIZE], struct io_error *error)
{
	bool there = false;

	random_octets(random, ENTROPY);
	wish->random = random;
	if (!wish->deterministic)
		return INKAN_OK;
	int code = master_key_read(master_key_place(r->settings.master_key), 0, secret, &there, error);

	wish->secret = secret;
	if (!code && !there)
		code = io_fail(error, "%s: tokens that all hosts share come from the master key, which is missing",
		               r->settings.master_key);
	return code ? code : check_master(r, secret, error);
}

/* Another identity of the domain that has the selector. */
struct selector_search {
	const struct identity *identity;
	char taken[DNS_NAME_MAX + 1], by[IDENTITY_ID_MAX + 1];
};

static bool compare_selectors(void *context, const struct identity *other)
{
	struct selector_search *s = context;

	for (size_t i = 0; i < other->slot_count && strcmp(other->id, s->identity->id) != 0; i++)
		for (size_t k = 0; k < s->identity->slot_count; k++)
			if (other->slots[i].selector[0] &&
			    strcmp(other->slots[i].selector, s->identity->slots[k].selector) == 0) {
				snprintf(s->taken, sizeof s->taken, "%s", other->slots[i].selector);
				snprintf(s->by, sizeof s->by, "%s", other->id);
				return false;
			}
	return true;
}

/* Whether DNS shows something at a selector that nobody here made (S0-14). What cannot be asked now does not hinder. */
static int look_for_selector(struct registrar *r, struct arena *arena, const struct identity *identity,
                             const struct slot *slot, struct io_error *error)
{
	const struct authority_zone *zone;
	char name[DNS_NAME_MAX + 1];
	struct io_error ignored;
	char text[400];

	identity_slot_name(identity, slot, name);
	if (!name[0] || authority_find(r->world, str_c(name), &zone, &ignored) || zone->server_count == 0)
		return INKAN_OK;
	struct authority_answer *answers = arena_calloc(arena, zone->server_count, sizeof *answers);

	if (!answers)
		return arena_error(arena);
	int code = authority_ask(r->world, arena, zone, DNS_TXT, str_c(name), answers);

	for (size_t i = 0; i < zone->server_count && !code; i++) {
		const struct authority_answer *a = &answers[i];
		bool ours = a->alias.n && slot->target[0] && str_ieq(a->alias, str_c(slot->target));
		bool is_wildcard = false;

		if ((a->answer.status != DNS_ANSWER && !a->alias.n) || ours)
			continue;
		code = registrar_is_wildcard(r->world, arena, zone, DNS_TXT, str_c(name), a, &is_wildcard);
		if (code || is_wildcard)
			return code;
		snprintf(text, sizeof text, "%.253s is in DNS already, and not ours: choose another selector", name);
		return registrar_refuse(error, text);
	}
	return code;
}

int registrar_refuse_taken(struct registrar *r, const struct identity *identity, struct io_error *error)
{
	struct selector_search search = {.identity = identity};
	const struct identity_filter filter = {.domain = identity->domain};
	char text[700];
	int code = identity_store_each(r->store, &filter, compare_selectors, &search, error);

	if (!code && search.taken[0]) {
		snprintf(text, sizeof text, "the selector %s belongs to the identity %s already", search.taken,
		         search.by);
		return registrar_refuse(error, text);
	}
	return code;
}

static int check_selectors(struct registrar *r, struct arena *arena, const struct identity *identity,
                           struct io_error *error)
{
	int code = registrar_refuse_taken(r, identity, error);

	for (size_t i = 0; i < identity->slot_count && !code && identity->scheme != IDENTITY_EXTERNAL; i++)
		code = look_for_selector(r, arena, identity, &identity->slots[i], error);
	return code;
}

/* Everything that has to be in DNS, where we may write: also what belongs to no slot (MAIL FROM). */
static int publish_all(struct registrar *r, struct arena *arena, struct identity *identity, struct io_error *error)
{
	return registrar_publish(r, arena, NULL, identity, error);
}

int registrar_create(struct registrar *r, struct arena *arena, struct identity_wish *wish, struct identity *out,
                     struct io_error *error)
{
	unsigned char random[ENTROPY], secret[MASTER_KEY_SIZE] = {0};
	const char *why = "";
	bool stored = false;
	int code = fill_entropy(r, wish, random, secret, error);

	if (!code)
		code = identity_new(arena, wish, registrar_now(r), out, &why);
	crypto_wipe(secret, sizeof secret);
	crypto_wipe(random, sizeof random);
	if (code == INKAN_EUSAGE)
		return registrar_refuse(error, why);
	if (!code && out->publishes && !registrar_may_write(registrar_zone_of(r, str_c(out->domain)))) {
		(void)io_fail(error,
		              "nothing says how the zone of %s is written (identities.zones): without publishing, "
		              "the records are for copying",
		              out->domain);
		return INKAN_EREFUSED;
	}
	if (!code)
		code = check_selectors(r, arena, out, error);
	if (!code)
		code = registrar_keep(r, out, 0, NULL, "create", identity_scheme_name(out->scheme), &stored, error);
	if (!code && !stored)
		return registrar_refuse(error, "an identity of that name is there already");
	if (!code && out->state != IDENTITY_REQUESTED)
		code = registrar_follow(r, arena, out->id, false, out, NULL, error);
	if (!code && out->publishes && publish_all(r, arena, out, error) == INKAN_ENOMEM)
		code = INKAN_ENOMEM;
	return code;
}

/* ---- what people ask for ---- */

int registrar_change_identity(struct registrar *r, struct arena *arena, const char *id, const char *action,
                              registrar_change *change, void *context, struct identity *out, struct text *why_out,
                              struct io_error *error)
{
	for (int i = 0; i < TRIES_MAX; i++) {
		uint64_t version = 0;
		bool stored = false;
		int code = registrar_read(r, arena, id, out, &version, error);

		if (code)
			return code;
		if (!change(context, out, registrar_now(r), why_out))
			return INKAN_EREFUSED;
		code = registrar_keep(r, out, version, NULL, action, "", &stored, error);
		if (code || stored)
			return code;
	}
	return io_fail(error, "%s: others change this identity all the time", id);
}
