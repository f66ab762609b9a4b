/* The filter: what its workers share, and their beginning and end. */
#pragma once

#include "io/answer_cache.h"
#include "io/public_suffix.h"
#include "io/resolver.h"
#include "server/role.h"

/* Does not change while workers run. */
struct filter {
	const struct service *service;
	const struct config *config;
	struct inkan_context *engine;
	struct inkan_snapshot *snapshot; /* DNS comes from here alone; NULL: from the world */
	struct answer_cache *answers;
	struct signing_index *rules; /* of `policy` */
	struct signer_memory
		*signers; /* who signed for an author, as the registrar said last; NULL: there is no registrar */
	struct public_suffixes *suffixes;
	const char *authserv_id;
	struct policy_settings policy;    /* of the configuration, with the index of its rules */
	enum inkan_algorithm *algorithms; /* of config->keys, as the key process says */
	bool validate;                    /* DNSSEC works through our name servers */
	struct worker *workers;           /* all of them; each may give connections to another */
	unsigned worker_count;
};

/* The name server and the times of the configuration. */
void filter_resolver_options(const struct config *c, struct resolver_options *out);
/* A message with our options, for any worker. */
INKAN_MUST_CHECK int filter_message_new(const struct filter *f, struct inkan_message **out);
