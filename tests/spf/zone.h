/* What the SPF tests share: zones written as JSON with single quotes, addresses and queries from text. */
#pragma once

#include <stdlib.h>

#include "dns/snapshot.h"
#include "spf/spf.h"
#include "support/case.h"

enum { ZONE_ARENA_MAX = 16 * 1024 * 1024, ZONE_NOW = 1790000000 };

/* A closed evidence; `members` are those of a snapshot, without the braces round it. */
static inline struct evidence *zone_load(const char *members)
{
	struct evidence *e = NULL;
	struct snapshot_error error;
	struct buf json;

	buf_init(&json, SNAPSHOT_SIZE_MAX);
	buf_put_char(&json, '{');
	for (const char *p = members; *p; p++)
		buf_put_char(&json, *p == '\'' ? '"' : *p);
	buf_put_char(&json, '}');
	if (snapshot_load(buf_str(&json), &e, &error))
		fail_msg("zone: %zu:%zu: %s", error.line, error.column, error.text);
	buf_release(&json);
	return e;
}

static inline struct spf_query zone_query(const char *ip, const char *helo, const char *sender)
{
	struct spf_query q = {
		.helo = str_c(helo),
		.sender = str_c(sender),
		.receiver = STR("mx.receiver.example"),
		.now = ZONE_NOW,
		.default_explanation = STR("DEFAULT"),
		.void_lookups_max = SPF_VOID_LOOKUPS_MAX,
	};

	if (!dns_address_parse(str_c(ip), DNS_A, q.address)) {
		q.is_ipv6 = true;
		assert_true(dns_address_parse(str_c(ip), DNS_AAAA, q.address));
	}
	return q;
}

/* The check with all evidence at hand. */
static inline struct inkan_spf_result zone_check(struct arena *arena, struct evidence *e, const struct spf_query *q,
                                                 enum inkan_spf_identity identity)
{
	struct inkan_spf_result result;
	bool pending = true;
	int error = identity == INKAN_SPF_HELO ? spf_check_helo(arena, e, q, NULL, NULL, &result, &pending)
	                                       : spf_check_mailfrom(arena, e, q, NULL, NULL, &result, &pending);

	assert_int_equal(error, INKAN_OK);
	assert_false(pending);
	return result;
}
