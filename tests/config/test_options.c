/* The table of options: defaults, printing, and that what is printed reads back to the same. */
#include <stdio.h>

#include "config/options.h"
#include "config/print.h"
#include "support/case.h"

static struct config *parse(const char *text)
{
	struct config *config = NULL;
	struct config_errors errors;
	int error = config_parse(str_c(text), "/etc/inkan/inkan.yaml", &config, &errors);

	for (size_t i = 0; i < errors.count; i++)
		print_message("%zu:%zu: %s\n", errors.list[i].line, errors.list[i].column, errors.list[i].text.en);
	assert_int_equal(error, INKAN_OK);
	return config;
}

static void assert_buf(const struct buf *b, const char *want)
{
	assert_int_equal(buf_error(b), INKAN_OK);
	assert_int_equal(b->n, strlen(want));
	if (b->n)
		assert_memory_equal(b->p, want, b->n);
}

static void empty_file(const void *row)
{
	struct config *c = parse("");

	(void)row;
	assert_string_equal(c->user, "inkan");
	assert_int_equal(c->milter.listen.count, 1);
	assert_string_equal(c->milter.listen.words[0], "unix:/run/inkan/milter.sock");
	assert_int_equal(c->milter.socket_mode, 0660);
	assert_int_equal(c->milter.failure, POLICY_TEMPFAIL);
	assert_string_equal(c->status.listen.words[0], "inet:127.0.0.1:8953");
	assert_int_equal(c->dns.timeout, 5000);
	assert_int_equal(c->dns.message_timeout, 20000);
	assert_int_equal(c->dns.cache_size, 64 << 20);
	assert_int_equal(c->store.keep, 90 * 86400);
	assert_string_equal(c->store.path, "/var/lib/inkan/inkan.db");
	assert_true(c->policy.outbound.authenticated && c->policy.outbound.local && !c->policy.shadow);
	assert_int_equal(c->policy.outbound.daemon_names.count, 2);
	struct ip_address here;

	assert_true(ip_address_parse(STR("127.0.0.9"), &here));
	assert_true(ipset_has(&c->policy.outbound.networks, &here));
	assert_true(ip_address_parse(STR("::1"), &here));
	assert_true(ipset_has(&c->policy.outbound.networks, &here));
	assert_int_equal(c->policy.actions.dmarc_reject, POLICY_TAG);
	assert_true(c->policy.actions.spf_fail_unless_dmarc_passes);
	assert_null(c->policy.actions.contact);
	assert_int_equal(c->policy.rule_count + c->policy.gateway_count + c->key_count, 0);
	config_free(c);
}

/* Every default, as the table has it, is how its value prints. */
static void default_prints(const void *row)
{
	const struct config_option *option = row;
	struct config *c = parse("");
	struct buf is, want;

	buf_init(&is, 65536);
	buf_init(&want, 65536);
	if (option->kind == CONFIG_MAPS)
		buf_put_c(&is, "[]");
	else
		value_print(c, option, c, &is);
	standard_print(option, &want);
	buf_put(&want, str_from("", 1));
	assert_buf(&is, want.p);
	buf_release(&is);
	buf_release(&want);
	config_free(c);
}

static void print_again(const char *text, bool changed_only)
{
	struct config *c = parse(text), *again;
	struct buf first, second;

	buf_init(&first, 1 << 20);
	buf_init(&second, 1 << 20);
	assert_int_equal(config_print(c, changed_only, &first), INKAN_OK);
	buf_put(&first, str_from("", 1));
	again = parse(first.p);
	assert_int_equal(config_print(again, changed_only, &second), INKAN_OK);
	assert_buf(&second, first.p);
	buf_release(&first);
	buf_release(&second);
	config_free(c);
	config_free(again);
}

static const struct text_row {
	const char *name, *text;
} texts[] = {
	{"prints and reads back: nothing", ""},
	{"prints and reads back: a rule", "sign:\n  - domain: example.com\n    keys: {selector: s, file: a.pem}\n"},
	{"prints and reads back: rules", "sign:\n  - from: ['*.example.com', \"*\"]\n    expire: 30d\n    "
                                         "canonicalization: simple\n    keys:\n      - selector: "
                                         "a\n        file: /k/a\n      - {selector: b, file: /k/a}\n  - from: "
                                         ".example.org\n    top: yes\n    keys: [{selector: "
                                         "s, file: x}]\n"},
	{"prints and reads back: gateways", "gateways:\n- networks: [192.0.2.1-192.0.2.9, '2001:db8::/32']\n  mode: "
                                            "look-behind\n  recipients: example.com\n"},
	{"prints and reads back: a seal", "arc:\n  seal: {domain: example.com, selector: s, file: k.pem}\n"},
	{"prints and reads back: text in quotes",
         "policy:\n  contact: \"see \\\"here\\\" \\\\ https://example.com/#a\"\n"},
};

static void prints_again(const void *row)
{
	const struct text_row *r = row;

	print_again(r->text, false);
	print_again(r->text, true);
}

static void changed_only(const void *row)
{
	struct config *c =
		parse("dns: {timeout: 3s, validate: yes}\nsign: {domain: Example.COM, keys: {selector: s, file: k}}\n");
	struct buf out;

	(void)row;
	buf_init(&out, 65536);
	assert_int_equal(config_print(c, true, &out), INKAN_OK);
	assert_buf(&out, "dns:\n  timeout: 3s\nsign:\n  - from: [example.com]\n    domain: example.com\n    keys:\n"
	                 "      - selector: s\n        file: /etc/inkan/k\n");
	assert_string_equal(c->keys[0].file, "/etc/inkan/k");
	buf_release(&out);
	config_free(c);
}

int main(void)
{
	struct test_list list = {0};
	char name[128];

	test_add(&list, "an empty file is a working verifier", empty_file, NULL);
	for (const struct config_option *o = config_options; o->name; o++) {
		snprintf(name, sizeof name, "the default of %s prints as the table has it", o->name);
		test_add(&list, name, default_prints, o);
	}
	TEST_TABLE(&list, texts, prints_again);
	test_add(&list, "only what is changed", changed_only, NULL);
	return test_run(&list, "config/options");
}
