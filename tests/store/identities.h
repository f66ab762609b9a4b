/* Identities for tests of the store. */
#pragma once

#include "identity/identity.h"
#include "store/identity_store.h"

/* A verified domain identity of the TXT scheme, "name" behind "/" or "". Texts of the arguments are borrowed; id: room of
 * IDENTITY_ID_MAX + 1. key: of its active slot; 0: it has none and does not sign. */
struct identity identity_of(char *id, const char *domain, const char *name, uint32_t key);
/* An event of "mail1". */
struct identity_event event_of(unix_time at, const char *action);
/* Stores a new identity with a key of its own, sealed text "sealed:" and its number. Its version; 0 with *error. */
uint64_t store_identity(struct identity_store *s, const char *domain, const char *name, unix_time due,
                        struct io_error *error);
/* As new_key of that number. */
struct new_key key_of(uint32_t number, char sealed[32]);
