/* Trusted gateways: which one holds, and who stands behind it. 198.51.100.0/24, 10.1.0.0/16, 2001:db8:1::/48 and
 * 192.0.2.10-192.0.2.20 are gateways here. */
#include "policy/gateway.h"

#include "core/buf.h"

#include "support/case.h"

#define OUTER \
	"Received: from evil.example (evil.example [203.0.113.9])\r\n\tby gw1.example (Postfix) with ESMTPS id 1\r\n"
#define INNER "Received: from gw1.example (gw1.example [198.51.100.1]) by gw2.example with ESMTPS id 2\r\n"
#define PRIVATE "Received: from gw2.example ([10.1.2.3]) by gw3.example with ESMTPS id 3\r\n"
#define FILTER "Received: from localhost (localhost [127.0.0.1]) by gw1.example with ESMTP id 4\r\n"

static const struct row {
	const char *name, *header;
	const char *ip, *helo; /* NULL: nothing is found */
	const char *trouble;   /* part of it */
} rows[] = {
	{"S0-34 one gateway", OUTER, "203.0.113.9", "evil.example", NULL},
	{"S0-34 two gateways", INNER OUTER, "203.0.113.9", "evil.example", NULL},
	{"S0-34 three gateways, one of a private network", PRIVATE INNER OUTER, "203.0.113.9", "evil.example", NULL},
	{"S0-34 a content filter on the gateway", FILTER OUTER, "203.0.113.9", "evil.example", NULL},
	{"a content filter over IPv6", "Received: from localhost (localhost [IPv6:::1]) by gw1.example\r\n" OUTER,
         "203.0.113.9", "evil.example", NULL},
	{"S0-35 a gateway out of a range", "Received: from g (g [192.0.2.15]) by h\r\n" OUTER, "203.0.113.9",
         "evil.example", NULL},
	{"S0-35 one behind the end of the range", "Received: from g (g [192.0.2.21]) by h\r\n" OUTER, "192.0.2.21", "g",
         NULL},
	{"a gateway over IPv6", "Received: from g (g [IPv6:2001:db8:1::5]) by h\r\n" OUTER, "203.0.113.9",
         "evil.example", NULL},
	{"a stranger over IPv6", INNER "Received: from s (s [IPv6:2001:db8:2::5]) by gw1.example\r\n", "2001:db8:2::5",
         "s", NULL},
	{"a mapped gateway", "Received: from g (g [IPv6:::ffff:198.51.100.1]) by h\r\n" OUTER, "203.0.113.9",
         "evil.example", NULL},
	{"forged below the first stranger: another stranger",
         OUTER "Received: from good.example (good.example [192.0.2.99]) by evil.example\r\n", "203.0.113.9",
         "evil.example", NULL},
	{"forged below the first stranger: a gateway",
         OUTER "Received: from gw1.example (gw1.example [198.51.100.1]) by gw2.example\r\n"
               "Received: from good.example (good.example [192.0.2.99]) by gw1.example\r\n",
         "203.0.113.9", "evil.example", NULL},
	{"forged HELO: a gateway's address",
         "Received: from [198.51.100.1] (unknown [203.0.113.9]) by gw1.example\r\n"
         "Received: from good.example (good.example [192.0.2.99]) by gw1.example\r\n",
         "203.0.113.9", "[198.51.100.1]", NULL},
	{"forged HELO: a permitted address", "Received: from [192.0.2.99] (unknown [203.0.113.9]) by gw1.example\r\n",
         "203.0.113.9", "[192.0.2.99]", NULL},
	{"forged name in DNS", "Received: from x (198.51.100.1.evil.example [203.0.113.9]) by gw1.example\r\n",
         "203.0.113.9", "x", NULL},
	{"forged certificate",
         "Received: from x (x [203.0.113.9])\r\n\t(Client CN \"[198.51.100.1]\" (verified OK))\r\n"
         "\tby gw1.example\r\n",
         "203.0.113.9", "x", NULL},
	{"X-Originating-IP is not believed", "X-Originating-IP: [192.0.2.99]\r\n" OUTER, "203.0.113.9", "evil.example",
         NULL},
	{"X-Original fields and XCLIENT are not believed",
         "X-Original-Client-Addr: 192.0.2.99\r\nXCLIENT: ADDR=192.0.2.99\r\nX-Received: from a (a [192.0.2.99]) by "
         "b\r\n" OUTER,
         "203.0.113.9", "evil.example", NULL},
	{"Received-SPF and Return-Path are not believed",
         "Return-Path: <a@good.example>\r\nReceived-SPF: pass client-ip=192.0.2.99\r\n" OUTER, "203.0.113.9",
         "evil.example", NULL},
	{"a field's name in capitals", "RECEIVED: from evil.example (evil.example [203.0.113.9]) by gw1.example\r\n",
         "203.0.113.9", "evil.example", NULL},
	{"the gateway names no address", "Received: by gw1.example id 5\r\n" OUTER, NULL, NULL, "names no address"},
	{"an inner gateway names no address", INNER "Received: from x by gw1.example\r\n" OUTER, NULL, NULL,
         "names no address"},
	{"an address that is none", "Received: from x (x [203.0.113.999]) by gw1.example\r\n" OUTER, NULL, NULL,
         "names no address"},
	{"an address only behind by", "Received: from x by gw1.example ([203.0.113.9])\r\n", NULL, NULL,
         "names no address"},
	{"no Received field", "Subject: x\r\n", NULL, NULL, "no Received field"},
	{"only gateways", INNER FILTER, NULL, NULL, "no Received field"},
	{"an empty field", "Received:\r\n" OUTER, NULL, NULL, "names no address"},
	{"a private host that is no gateway", "Received: from x (x [192.168.7.7]) by gw1.example\r\n" OUTER,
         "192.168.7.7", "x", NULL},
};

static void add(struct ipset *set, const char *text)
{
	assert_int_equal(ipset_add(set, str_c(text), NULL), INKAN_OK);
	ipset_finish(set);
}

static struct trusted_gateway make_gateway(void)
{
	struct trusted_gateway gateway = {.mode = GATEWAY_LOOK_BEHIND};

	add(&gateway.networks, "198.51.100.0/24");
	add(&gateway.networks, "10.1.0.0/16");
	add(&gateway.networks, "2001:db8:1::/48");
	add(&gateway.networks, "192.0.2.10-192.0.2.20");
	return gateway;
}

static void look(struct str text, struct arena *arena, struct hop_behind *out)
{
	struct trusted_gateway gateway = make_gateway();
	struct header header;

	assert_int_equal(header_parse(arena, text, MAIL_FIELDS_MAX, &header), INKAN_OK);
	gateway_look_behind(&gateway, &header, out);
	ipset_release(&gateway.networks);
}

static void run_look(const void *row)
{
	const struct row *r = row;
	struct hop_behind hop;
	struct arena arena;

	arena_init(&arena, 1 << 20);
	look(str_c(r->header), &arena, &hop);
	assert_int_equal(hop.found, r->ip != NULL);
	if (r->ip) {
		struct ip_address address;

		assert_string_equal(hop.ip, r->ip);
		assert_true(str_eq(hop.helo, str_c(r->helo)));
		assert_true(ip_address_parse(str_c(r->ip), &address));
		assert_memory_equal(&address, &hop.address, sizeof address);
	} else {
		assert_non_null(strstr(hop.trouble, r->trouble));
		assert_string_equal(hop.ip, "");
	}
	arena_release(&arena);
}

static void run_hops(const void *row)
{
	struct hop_behind hop;
	struct arena arena;
	struct buf text;

	(void)row;
	arena_init(&arena, 1 << 20);
	buf_init(&text, 1 << 20);
	for (int i = 0; i < GATEWAY_HOPS_MAX - 1; i++)
		buf_put_c(&text, INNER);
	buf_put_c(&text, OUTER);
	look(buf_str(&text), &arena, &hop);
	assert_true(hop.found);
	buf_clear(&text);
	for (int i = 0; i < GATEWAY_HOPS_MAX; i++)
		buf_put_c(&text, INNER);
	buf_put_c(&text, OUTER);
	look(buf_str(&text), &arena, &hop);
	assert_false(hop.found);
	assert_non_null(strstr(hop.trouble, "too many"));
	buf_release(&text);
	arena_release(&arena);
}

/* ---- which gateway ---- */

static const struct find_row {
	const char *name, *ip, *recipients;
	int want; /* number of the entry; -1: none */
} finds[] = {
	{"S0-34 a client in the networks", "198.51.100.7", "a@example.com", 1},
	{"another client", "203.0.113.9", "a@example.com", -1},
	{"S0-34 all recipients in scope", "192.0.2.15", "a@example.com b@example.com", 0},
	{"one recipient out of scope", "192.0.2.15", "a@example.com b@example.net", -1},
	{"no recipients where a scope is set", "192.0.2.15", "", -1},
	{"no recipients where none is set", "198.51.100.7", "", 1},
	{"the first entry that holds", "192.0.2.20", "a@example.com", 0},
	{"the second where the first does not hold", "192.0.2.20", "a@example.net", 2},
};

static void run_find(const void *row)
{
	static const char *const scope[] = {"example.com"};
	const struct find_row *r = row;
	struct trusted_gateway gateways[3] = {{.mode = GATEWAY_EXEMPT, .recipients = {scope, 1}}};
	const struct policy_settings settings = {.gateways = gateways, .gateway_count = 3};
	struct str recipients[4], rest = str_c(r->recipients);
	struct ip_address client;
	size_t count = 0;

	add(&gateways[0].networks, "192.0.2.10-192.0.2.20");
	add(&gateways[1].networks, "198.51.100.0/24");
	add(&gateways[2].networks, "192.0.2.20");
	while (rest.n)
		recipients[count++] = str_split(&rest, ' ');
	assert_true(ip_address_parse(str_c(r->ip), &client));
	const struct trusted_gateway *found = gateway_find(&settings, &client, recipients, count);

	assert_int_equal(found ? found - gateways : -1, r->want);
	for (size_t i = 0; i < 3; i++)
		ipset_release(&gateways[i].networks);
}

int main(void)
{
	struct test_list list = {0};

	TEST_TABLE(&list, rows, run_look);
	test_add(&list, "50 Received fields, and one more", run_hops, NULL);
	TEST_TABLE(&list, finds, run_find);
	return test_run(&list, "policy/gateway");
}
