/* What `inkan dns` plans, shows and does: the plans of a domain, zone by zone. */
#pragma once

#include "cli/registrar_source.h"
#include "core/json.h"

struct dns_plans {
	const struct invocation *in;
	struct registrar_source source;
	struct registrar_zone named;                /* the zone that the command line names; zone NULL: none */
	const char *servers[AUTHORITY_SERVERS_MAX]; /* --authority */
	char domain[IDENTITY_ID_MAX + 1], zone[IDENTITY_ID_MAX + 1];
	struct registrar_plan plans[REGISTRAR_PLANS_MAX];
	size_t count;
	bool dmarc_is_there; /* a DMARC record was to be offered, but the domain has one already */
};

/* Options of zones that the configuration does not have; an own table holds them before REGISTRAR_OPTIONS. */
/* clang-format off */
#define DNS_ZONE_OPTIONS                                                                                                                \
	{"zone", 0, OPTION_STRING, "ZONE", NULL, 0, 0,                                                                                  \
	 {"only this zone; with --server or --zone-file the zone that they are of (default: DOMAIN)",                                   \
	  "このゾーンだけ。--server や --zone-file と使うと、それらのゾーン (省略時は DOMAIN)"}},                                                 \
	{"server", 0, OPTION_STRING, "HOST[:PORT]", NULL, 0, 0,                                                                         \
	 {"primary server that takes dynamic updates of the zone", "ゾーンの動的更新を受け付けるプライマリサーバー"}},                                       \
	{"tsig", 0, OPTION_FILE, "FILE", NULL, 0, 0,                                                                                    \
	 {"with --server: key that updates are signed with, as tsig-keygen writes it", "--server のとき: 更新に署名する鍵 (tsig-keygen の形式)"}},     \
	{"zone-file", 0, OPTION_FILE, "FILE", NULL, 0, 0,                                                                               \
	 {"file of the zone that is edited instead", "代わりに編集するゾーンファイル"}},                                                            \
	{"authority", 0, OPTION_STRING, "ADDRESS[:PORT]", NULL, 0, 0,                                                                   \
	 {"with --server: authoritative server to look at, may be repeated (default: those of the NS records)",                         \
	  "--server のとき: 確認する権威サーバー。複数回指定できる (省略時は NS レコードのもの)"}}

/* Options of what is wanted in DNS. */
#define DNS_WANTED_OPTIONS                                                                                                              \
	{"only", 0, OPTION_CHOICE, NULL, "dkim|mail-from|dmarc", 0, 0,                                                                  \
	 {"only the records of DKIM keys, of the custom MAIL FROM domain, or of DMARC",                                                 \
	  "DKIM 鍵、カスタム MAIL FROM ドメイン、DMARC のどれかのレコードだけ"}},                                                                    \
	{"dmarc", 0, OPTION_FLAG, NULL, NULL, 0, 0,                                                                                     \
	 {"offer a first DMARC record too, where the domain has none", "ドメインに DMARC レコードがなければ、最初のものも加える"}}
/* clang-format on */

/* Opens the registrar for operand 0. Other than EXIT_FINE: a message was printed. To be closed in any case. */
enum exit_code dns_plans_open(struct dns_plans *p, const struct invocation *in);
void dns_plans_close(struct dns_plans *p);
/* Fills plans and count by what servers show, --only, --zone and --dmarc. */
enum exit_code dns_plans_make(struct dns_plans *p);
/* The newest change of the zone that holds the domain, the other way round; count 0: there is none. */
enum exit_code dns_plans_undo(struct dns_plans *p);
/* Record sets to be changed. */
size_t dns_plans_changes(const struct dns_plans *p);

/* What a zone's changes are for people: heading and table. */
INKAN_MUST_CHECK int dns_plan_print(struct buf *out, const struct ui *ui, const struct registrar_plan *plan);
/* "zone", "changes" ... as fields of an object that was begun. */
void dns_plan_json(struct json *j, const struct registrar_plan *plan);
/* The least that Amazon's access management has to allow for an identity's records (S3-8). */
void dns_policy_print(struct buf *out, const struct identity *identity, const char *hosted_zone, bool dmarc);

extern const struct command dns_plan_command, dns_apply_command, dns_verify_command, dns_undo_command;
