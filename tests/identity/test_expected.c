/* The records an identity needs: each scheme, each state of a slot. A record is written as one line:
 * [ours ]TYPE name value; "gone" where there is to be none. */
#include "identity/expected.h"

#include <stdio.h>

#include "identity/life.h"

#include "support/case.h"

#define NOW 1795320000
#define KEY "v=DKIM1; k=rsa; p=AAAA"

static const unsigned char octets[48] = {1}, secret[32] = {9};

static void put_set(struct buf *out, const struct expected *e)
{
	const struct record_set *set = &e->set;

	buf_printf(out, "%s%s %.*s", e->ours ? "ours " : "", dns_type_name(set->type), STR_ARG(set->name));
	assert_int_equal(set->ttl, EXPECTED_TTL);
	assert_true(e->note.en[0] && e->note.ja[0]);
	assert_true(set->count <= 1);
	if (!set->count)
		buf_put_c(out, " gone");
	else if (set->type == DNS_TXT)
		buf_printf(out, " \"%.*s\"", STR_ARG(set->records[0].text));
	else if (set->type == DNS_MX)
		buf_printf(out, " %u %.*s", set->records[0].preference, STR_ARG(set->records[0].name));
	else
		buf_printf(out, " %.*s", STR_ARG(set->records[0].name));
	buf_put_char(out, '\n');
}

static void make(struct arena *arena, const struct identity_wish *wish, const enum slot_state *states,
                 struct identity *out)
{
	struct identity_wish w = *wish;
	const char *why = "";

	w.random = octets;
	arena_init(arena, 1 << 20);
	if (identity_new(arena, &w, NOW, out, &why))
		fail_msg("%s", why);
	for (size_t i = 0; i < out->slot_count; i++) {
		struct slot *slot = &out->slots[i];

		slot->state = states[i];
		slot->record = states[i] != SLOT_EMPTY ? KEY : "";
		if (!slot->selector[0])
			slot->selector = "s2";
	}
}

#define OF(...)             \
	{                   \
		__VA_ARGS__ \
	}
#define TWO_ALIASES                                                                                         \
	"CNAME selector1._domainkey.contoso.com selector1-contoso-com._domainkey.contoso.onmicrosoft.com\n" \
	"CNAME selector2._domainkey.contoso.com selector2-contoso-com._domainkey.contoso.onmicrosoft.com\n"
#define OURS1 "ours TXT selector1-contoso-com._domainkey.contoso.onmicrosoft.com "
#define OURS2 "ours TXT selector2-contoso-com._domainkey.contoso.onmicrosoft.com "

// clang-format off
static const struct row {
	const char *name;
	struct identity_wish wish;
	enum slot_state states[IDENTITY_SLOTS_MAX];
	bool dmarc;
	const char *want;
} rows[] = {
	{"S1-19 a TXT record", {.id = "example.com", .selector = "default"}, OF(SLOT_PUBLISHED), false,
	 "TXT default._domainkey.example.com \"" KEY "\"\n"},
	{"S0-8 S1-18 a new key has its record at once", {.id = "example.com", .selector = "default"}, OF(SLOT_GENERATED), false,
	 "TXT default._domainkey.example.com \"" KEY "\"\n"},
	{"S1-20 a dotted selector", {.id = "example.com", .selector = "a.b"}, OF(SLOT_ACTIVE), false,
	 "TXT a.b._domainkey.example.com \"" KEY "\"\n"},
	{"nothing before there is a key", {.id = "example.com"}, OF(SLOT_EMPTY), false, ""},
	{"nothing before it is approved", {.id = "example.com", .needs_approval = true}, OF(SLOT_EMPTY), true, ""},
	{"a rotation: both", {.id = "example.com", .selector = "s1"}, OF(SLOT_OVERLAP, SLOT_ACTIVE), false,
	 "TXT s1._domainkey.example.com \"" KEY "\"\nTXT s2._domainkey.example.com \"" KEY "\"\n"},
	{"S26 a revoked key", {.id = "example.com", .selector = "s1"}, OF(SLOT_REVOKED, SLOT_ACTIVE), false,
	 "TXT s1._domainkey.example.com \"v=DKIM1; p=\"\nTXT s2._domainkey.example.com \"" KEY "\"\n"},
	{"of an address: at its domain", {.id = "alice@example.com", .selector = "a1"}, OF(SLOT_ACTIVE), false,
	 "TXT a1._domainkey.example.com \"" KEY "\"\n"},
	{"S2-18 S2-20 S2-21 both aliases, one key", {.id = "contoso.com", .scheme = IDENTITY_CNAME2, .host_zone = "contoso.onmicrosoft.com"},
	 OF(SLOT_PUBLISHED), false, TWO_ALIASES OURS1 "\"" KEY "\"\n" OURS2 "\"\"\n"},
	{"S3-27 S3-28 a revoked key is an empty text", {.id = "contoso.com", .scheme = IDENTITY_CNAME2, .host_zone = "contoso.onmicrosoft.com"},
	 OF(SLOT_REVOKED, SLOT_ACTIVE), false, TWO_ALIASES OURS1 "\"\"\n" OURS2 "\"" KEY "\"\n"},
	{"S3-27 S3-29 no key yet: all are empty", {.id = "contoso.com", .scheme = IDENTITY_CNAME2, .host_zone = "contoso.onmicrosoft.com"},
	 OF(SLOT_EMPTY), false, TWO_ALIASES OURS1 "\"\"\n" OURS2 "\"\"\n"},
	{"S3-32 S3-34 MAIL FROM with a region", {.id = "ho2k.com", .selector = "s1", .mail_from = "email.ho2k.com", .host_zone = "amazonses.com", .site = "us-east-1"},
	 OF(SLOT_ACTIVE), false, "TXT s1._domainkey.ho2k.com \"" KEY "\"\nMX email.ho2k.com 10 feedback-smtp.us-east-1.amazonses.com\n"
	 "TXT email.ho2k.com \"v=spf1 include:amazonses.com ~all\"\n"},
	{"S3-32 C-12 MAIL FROM without a region: exactly one MX", {.id = "ho2k.com", .selector = "s1", .mail_from = "email.ho2k.com", .host_zone = "amazonses.com"},
	 OF(SLOT_ACTIVE), false, "TXT s1._domainkey.ho2k.com \"" KEY "\"\nMX email.ho2k.com 10 feedback-smtp.amazonses.com\n"
	 "TXT email.ho2k.com \"v=spf1 include:amazonses.com ~all\"\n"},
	{"C-4 MAIL FROM as the provider has it", {.id = "ho2k.com", .scheme = IDENTITY_EXTERNAL, .provider = "microsoft", .mail_from = "email.ho2k.com", .host_zone = "m.example.net"},
	 OF(SLOT_PUBLISHED, SLOT_PUBLISHED), false, "MX email.ho2k.com 10 feedback-smtp.m.example.net\n"
	 "TXT email.ho2k.com \"v=spf1 include:spf.protection.outlook.com -all\"\n"},
	{"S0-2 DMARC is offered", {.id = "example.com"}, OF(SLOT_EMPTY), true, "TXT _dmarc.example.com \"v=DMARC1; p=none\"\n"},
	{"keys of others: no record of ours", {.id = "example.com", .scheme = IDENTITY_EXTERNAL, .provider = "google"}, OF(SLOT_PROVEN), false, ""},
};
// clang-format on

static void assert_records(struct arena *arena, const struct identity *identity, bool dmarc, const char *want)
{
	struct expected_list list;
	struct buf text;

	buf_init(&text, 1 << 16);
	assert_int_equal(expected_records(arena, identity, dmarc, &list), INKAN_OK);
	for (size_t i = 0; i < list.count; i++) {
		assert_true(i == 0 || list.list[i].ours || !list.list[i - 1].ours);
		put_set(&text, &list.list[i]);
	}
	buf_put_char(&text, '\0');
	assert_int_equal(buf_error(&text), INKAN_OK);
	assert_string_equal(text.p, want);
	buf_release(&text);
}

static void run_row(const void *row)
{
	const struct row *r = row;
	struct identity identity;
	struct arena arena;

	make(&arena, &r->wish, r->states, &identity);
	assert_records(&arena, &identity, r->dmarc, r->want);
	arena_release(&arena);
}

static const enum slot_state active[IDENTITY_SLOTS_MAX] = {SLOT_ACTIVE};

/* Three aliases "<token>._domainkey.<domain>" to "<token>.dkim.<zone>", then one key and two empty texts. */
static void run_tokens(const void *row)
{
	const struct identity_wish wish = {.id = "ho2k.com",
	                                   .scheme = IDENTITY_CNAME3,
	                                   .host_zone = "amazonses.com",
	                                   .deterministic = true,
	                                   .secret = secret};
	struct identity identity;
	struct arena arena;
	struct buf want;

	(void)row;
	make(&arena, &wish, active, &identity);
	buf_init(&want, 4096);
	for (size_t i = 0; i < 3; i++)
		buf_printf(&want, "CNAME %s._domainkey.ho2k.com %s.dkim.amazonses.com\n", identity.slots[i].selector,
		           identity.slots[i].selector);
	for (size_t i = 0; i < 3; i++)
		buf_printf(&want, "ours TXT %s.dkim.amazonses.com \"%s\"\n", identity.slots[i].selector, i ? "" : KEY);
	buf_put_char(&want, '\0');
	assert_records(&arena, &identity, false, want.p);
	buf_release(&want);
	arena_release(&arena);
}

static const struct expected *find(const struct expected_list *list, enum expected_kind kind)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->list[i].kind == kind)
			return &list->list[i];
	fail_msg("no such record");
	return NULL;
}

/* The gateway's identity leads to the same octets. */
static void run_dmarc(const void *row)
{
	const struct identity_wish service = {.id = "example.com"},
				   gateway = {.id = "example.com/gateway", .role = IDENTITY_GATEWAY};
	struct identity a, b;
	struct expected_list of_a, of_b;
	struct arena arena_a, arena_b;

	(void)row;
	make(&arena_a, &service, active, &a);
	make(&arena_b, &gateway, active, &b);
	assert_int_equal(expected_records(&arena_a, &a, true, &of_a), INKAN_OK);
	assert_int_equal(expected_records(&arena_b, &b, true, &of_b), INKAN_OK);
	const struct record_set *one = &find(&of_a, EXPECTED_DMARC)->set, *two = &find(&of_b, EXPECTED_DMARC)->set;

	assert_true(str_eq(one->name, two->name) && one->ttl == two->ttl && record_set_eq(one, two));
	assert_true(str_eq(one->records[0].text, two->records[0].text));
	assert_non_null(strstr(find(&of_b, EXPECTED_DMARC)->note.en, "with and without a gateway"));
	assert_false(record_set_eq(&find(&of_a, EXPECTED_KEY)->set, &find(&of_b, EXPECTED_KEY)->set));
	arena_release(&arena_a);
	arena_release(&arena_b);
}

static void run_notes(const void *row)
{
	const struct identity_wish wish = {
		.id = "example.com", .mail_from = "m.example.com", .host_zone = "h.example.net"};
	struct identity identity;
	struct expected_list list;
	struct arena arena;
	size_t spf = 0;

	(void)row;
	make(&arena, &wish, active, &identity);
	assert_int_equal(expected_records(&arena, &identity, true, &list), INKAN_OK);
	for (size_t i = 0; i < list.count; i++)
		spf += strstr(list.list[i].note.en, "SPF") != NULL;
	assert_int_equal(spf, 1);
	assert_non_null(strstr(find(&list, EXPECTED_MAIL_FROM_SPF)->note.en, "this is the SPF record"));
	assert_non_null(strstr(find(&list, EXPECTED_MAIL_FROM_SPF)->note.ja, "これが SPF レコード"));
	assert_non_null(strstr(find(&list, EXPECTED_MAIL_FROM_MX)->note.en, "MAIL FROM"));
	assert_non_null(strstr(find(&list, EXPECTED_KEY)->note.en, "DKIM"));
	arena_release(&arena);
}

/* A key of TXT that was withdrawn: its name is known, and nothing is to be there. */
static void run_withdrawn(const void *row)
{
	const struct identity_wish wish = {.id = "example.com", .selector = "s1"};
	const enum slot_state states[] = {SLOT_REVOKED, SLOT_ACTIVE, SLOT_EMPTY};
	const struct life_step step = {.action = LIFE_WITHDRAW};
	struct identity identity;
	struct arena arena;

	(void)row;
	make(&arena, &wish, states, &identity);
	life_done(&identity, &step, NOW);
	assert_records(&arena, &identity, false,
	               "TXT s1._domainkey.example.com gone\nTXT s2._domainkey.example.com \"" KEY "\"\n");
	arena_release(&arena);
}

int main(void)
{
	struct test_list list = {0};

	TEST_TABLE(&list, rows, run_row);
	test_add(&list, "S3-26 S3-27 three aliases, one key, two empty texts", run_tokens, NULL);
	test_add(&list, "S0-1 S0-2 DMARC is the same with and without a gateway", run_dmarc, NULL);
	test_add(&list, "S3-23 S3-33 notes say which one is the SPF record", run_notes, NULL);
	test_add(&list, "a key that was withdrawn is to be gone", run_withdrawn, NULL);
	return test_run(&list, "identity/expected");
}
