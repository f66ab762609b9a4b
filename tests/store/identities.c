#include "store/identities.h"

#include <stdio.h>
#include <string.h>

struct identity identity_of(char *id, const char *domain, const char *name, uint32_t key)
{
	struct identity i = {
		.id = id,
		.domain = domain,
		.address = "",
		.name = name,
		.tenant = "acme",
		.environment = "test",
		.scheme = IDENTITY_TXT,
		.state = key ? IDENTITY_VERIFIED : IDENTITY_NOT_STARTED,
		.state_since = 1000,
		.created = 900,
		.checked = UNIX_TIME_NONE,
		.enabled = key != 0,
		.bits = IDENTITY_RSA_BITS,
		.host_zone = "",
		.site = "",
		.provider = "",
		.mail_from = "",
		.mail_from_since = UNIX_TIME_NONE,
		.overlap = 3600,
		.next_due = UNIX_TIME_NONE,
		.trouble = "",
		.slot_count = 2,
	};

	snprintf(id, IDENTITY_ID_MAX + 1, "%s%s%s", domain, name[0] ? "/" : "", name);
	i.slots[0] = (struct slot){
		.state = key ? SLOT_ACTIVE : SLOT_EMPTY,
		.selector = key ? "s1" : "",
		.target = "",
		.key = key,
		.record = key ? "v=DKIM1; k=rsa; p=AAAA" : "",
		.bits = IDENTITY_RSA_BITS,
		.since = 1000,
		.made = UNIX_TIME_NONE,
		.published = UNIX_TIME_NONE,
		.first_seen = UNIX_TIME_NONE,
		.last_shown = UNIX_TIME_NONE,
		.last_seen = UNIX_TIME_NONE,
		.last_signed = UNIX_TIME_NONE,
		.last_verified = UNIX_TIME_NONE,
	};
	i.slots[1] = i.slots[0];
	i.slots[1].state = SLOT_EMPTY;
	i.slots[1].selector = i.slots[1].record = "";
	i.slots[1].key = 0;
	return i;
}

struct identity_event event_of(unix_time at, const char *action)
{
	return (struct identity_event){at, "mail1", "test", action, ""};
}

struct new_key key_of(uint32_t number, char sealed[32])
{
	snprintf(sealed, 32, "sealed:%u", number);
	return (struct new_key){number, "v=DKIM1; k=rsa; p=AAAA", IDENTITY_RSA, IDENTITY_RSA_BITS,
	                        str_from(sealed, strlen(sealed))};
}

uint64_t store_identity(struct identity_store *s, const char *domain, const char *name, unix_time due,
                        struct io_error *error)
{
	char id[IDENTITY_ID_MAX + 1], sealed[32];
	struct identity_event event = event_of(1000, "create");
	uint32_t number = 0;
	uint64_t version = 0;
	struct arena arena;
	bool stored = false;

	if (identity_store_reserve_key(s, &number, error))
		return 0;
	struct new_key key = key_of(number, sealed);
	struct identity i = identity_of(id, domain, name, number);

	i.next_due = due;
	if (identity_store_put(s, &i, 0, &key, &event, &stored, error) || !stored)
		return 0;
	arena_init(&arena, 1 << 20);
	if (identity_store_get(s, &arena, id, &i, &version, error))
		version = 0;
	arena_release(&arena);
	return version;
}
