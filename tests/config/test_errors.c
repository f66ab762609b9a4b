/* Complaints: each mistake at its line and column, with what to do, all of them in one go. */
#include "config/complain.h"
#include "config/options.h"
#include "config/tree.h"
#include "support/alloc.h"
#include "support/case.h"

/* clang-format off */
#define SIXTY_FOUR "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
static const struct row {
	const char *name, *text;
	const char *want; /* a line for each complaint: "1:2: text"; the beginning is enough */
} rows[] = {
	{"an unknown option, something near", "usr: inkan\n", "1:1: no such option: usr – did you mean “user”?"},
	{"an unknown option, nothing near", "zzzzzzzz: 1\n", "1:1: no such option: zzzzzzzz – see inkan.conf(5)"},
	{"an unknown option in a section", "dns:\n  timeot: 3s\n", "2:3: no such option: timeot – did you mean “timeout”?"},
	{"an unknown section", "dnss:\n  timeout: 3s\n", "1:1: no such option: dnss – did you mean “dns”?"},
	{"an option of another section", "dns:\n  listen: x\nkeep: 1d\n", "2:3: no such option: listen\n3:1: no such option here: keep – did you mean “store.keep”?"},
	{"a section inside a section", "arc:\n  seal:\n    domian: example.com\n", "3:5: no such option: domian – did you mean “domain”?"},
	{"a dotted name", "dns.timeout: 3s\n", "1:1: no such option: dns.timeout"},
	{"an unknown name in a rule", "sign:\n- domain: example.com\n  key: x\n", "3:3: no such option: key – did you mean “keys”?\n2:3: keys is missing"},
	{"several mistakes", "workers: many\nlog:\n  format: xml\nstore:\n  keep: soon\n",
	 "1:10: workers: “many” is no number\n3:11: log.format: “xml” is none of: text, json\n5:9: store.keep: “soon” is no duration"},
	{"twice the same option", "user: a\nmode: active\nuser: b\n", "3:1: user stands here twice – the other one is in line 1"},
	{"twice the same section", "log:\n  format: text\nlog:\n  addresses: yes\n", "3:1: log stands here twice – the other one is in line 1"},
	{"twice the same name in a section", "log: {format: text, format: json}\n", "1:21: format stands here twice"},
	{"twice the same name in a rule", "sign: {domain: example.com, domain: example.org, keys: {selector: s, file: f}}\n", "1:29: domain stands here twice"},
	{"no value", "user:\n", "1:6: user: no value – write one (\"\")"},
	{"no value of a list", "outbound:\n  networks: ~\n", "2:13: outbound.networks: no value – write one ([])"},
	{"an empty section", "dns:\n", ""},
	{"an empty list of rules", "sign:\ngateways: null\n", ""},
	{"a word for a section", "dns: fast\n", "1:6: dns: a single value where a map of names is wanted"},
	{"a list for a section", "dns: [a]\n", "1:6: dns: a list where a map of names is wanted"},
	{"a list for a value", "user: [a, b]\n", "1:7: user: a list where a single value is wanted"},
	{"a map for a value", "user: {a: b}\n", "1:7: user: a map of names where a single value is wanted"},
	{"a map for a list", "own_authserv_ids: {a: b}\n", "1:19: own_authserv_ids: a map of names where a single value is wanted"},
	{"a list in a list", "own_authserv_ids: [a, [b]]\n", "1:23: own_authserv_ids: a list where a single value is wanted"},
	{"a word for a rule", "sign: [example.com]\n", "1:8: sign: a single value where a map of names is wanted"},
	{"a list at the top", "- a\n- b\n", "1:1: no options here"},
	{"a word at the top", "hello\n", "1:1: no options here"},
	{"a tab", "dns:\n\ttimeout: 3s\n", "2:1: a character that cannot begin a value – indent with spaces, not tabs"},
	{"a tab behind spaces", "dns:\n  timeout: 3s\n \tvalidate: yes\n", "3:"},
	{"a wrong indent", "dns:\n  timeout: 3s\n validate: yes\n", "3:2: no “name: value” here"},
	{"no colon", "user\nmode: active\n", "2:5: a “:” where none can be"},
	{"an open bracket", "own_authserv_ids: [a, b\nuser: c\n", "2:5: a list in brackets that is not closed"},
	{"an open brace", "log: {format: text\nuser: c\n", "2:5: a map in braces that is not closed"},
	{"open quotes", "user: \"abc\n", "2:1: the file ends within quotes"},
	{"an anchor", "user: &a inkan\n", "1:7: anchors (&name) and tags (!type) are not taken"},
	{"an anchor of a list", "own_authserv_ids: &a [b]\n", "1:19: anchors"},
	{"an anchor of a map", "log: &a {format: text}\n", "1:6: anchors"},
	{"an alias", "user: *a\n", "1:7: aliases (*name) are not taken"},
	{"a pattern without quotes", "policy: {accept_from: *.example.com}\n", "1:24: “*” or “&” in front of a value – put it in quotes"},
	{"a tag", "user: !!str inkan\n", "1:7: anchors (&name) and tags (!type) are not taken"},
	{"a directive", "%YAML 1.1\n---\nuser: a\n", "1:1: directives (%YAML, %TAG) are not taken"},
	{"one document, marked", "---\nuser: a\n...\n", ""},
	{"several documents", "user: a\n---\nuser: b\n", "2:1: a second document"},
	{"a name that is a list", "[a]: b\n", "1:1: a name must be a word"},
	{"a merge key", "dns:\n  <<: {}\n", "2:3: no such option: <<"},
	{"octets that are not UTF-8", "user: a\n# \xff\n", "2:3: octets that are not UTF-8"},
	{"a NUL in quotes", "user: \"a\\0b\"\n", "1:7: a control character or line end within a value"},
	{"a line end in quotes", "user: \"a\\nb\"\n", "1:7: a control character or line end within a value"},
	{"a control character", "user: a\x01\n", "1:8: a control character"},
	{"a byte order mark", "\xef\xbb\xbfuser: a\n", ""},
	{"CRLF line ends", "user: a\r\nlog:\r\n  format: json\r\n", ""},
	{"too low", "verify: {signatures_max: 0}\n", "1:26: verify.signatures_max: 0 is out of range – from 1 to 100"},
	{"too high", "workers: 65\n", "1:10: workers: 65 is out of range – from 0 to 64"},
	{"a duration too long", "milter: {idle_timeout: 25h}\n", "1:24: milter.idle_timeout: 25h is out of range – from 1s to 1d"},
	{"a duration beyond numbers", "milter: {idle_timeout: 99999999999999999999d}\n", "1:24: milter.idle_timeout: “99999999999999999999d” is no duration"},
	{"less than a second", "store: {keep: 250ms}\n", "1:15: store.keep: “250ms” is no duration"},
	{"an unknown unit", "store: {keep: 3y}\n", "1:15: store.keep: “3y” is no duration"},
	{"a size too small", "dns: {cache_size: 1KiB}\n", "1:19: dns.cache_size: 1KiB is out of range – from 1MiB to 64GiB"},
	{"no size", "dns: {cache_size: big}\n", "1:19: dns.cache_size: “big” is no size"},
	{"no mode", "milter: {socket_mode: 0888}\n", "1:23: milter.socket_mode: “0888” is no mode"},
	{"a mode too large", "milter: {socket_mode: 01777}\n", "1:23: milter.socket_mode: 01777 is out of range – from 0000 to 0777"},
	{"no flag", "dns: {validate: maybe}\n", "1:17: dns.validate: “maybe” is neither yes nor no"},
	{"an action that this option has not", "milter: {failure: reject}\n", "1:19: milter.failure: “reject” is none of: tag, tempfail"},
	{"a gap in the choices", "milter: {failure: ''}\n", "1:19: milter.failure: “” is none of: tag, tempfail"},
	{"no canonicalization", "sign: {domain: example.com, canonicalization: strict, keys: {selector: s, file: f}}\n", "1:47: canonicalization: “strict” is no canonicalization"},
	{"no network", "outbound: {networks: [10.0.0.0/8, example.com]}\n", "1:35: outbound.networks: “example.com”: not an IP address"},
	{"a network with host bits", "ignore: {networks: 192.0.2.1/24}\n", "1:20: ignore.networks: “192.0.2.1/24”: the address has bits set behind the prefix"},
	{"no socket", "milter: {listen: 8891}\n", "1:18: milter.listen: “8891”: no socket: write unix:/path or inet:host:port"},
	{"no socket at all", "milter: {listen: []}\n", "1:18: milter.listen: none"},
	{"no name server", "dns: {resolver: [192.0.2.1, dns.example]}\n", "1:29: dns.resolver: “dns.example”: not a name server"},
	{"a name server without port behind its colon", "dns: {resolver: '192.0.2.1:'}\n", "1:17: dns.resolver: “192.0.2.1:”: not a name server"},
	{"a name server with port 0", "dns: {resolver: '192.0.2.1:0'}\n", "1:17: dns.resolver: “192.0.2.1:0”: not a name server"},
	{"a name server in open brackets", "dns: {resolver: '[2001:db8::1'}\n", "1:17: dns.resolver"},
	{"name servers", "dns: {resolver: [192.0.2.1, '192.0.2.1:54', '2001:db8::1', '[2001:db8::1]', '[2001:db8::1]:54']}\n", ""},
	{"no authserv-id", "authserv_id: mx example\n", "1:14: authserv_id: “mx example”: not an authserv-id"},
	{"no domain", "arc: {trusted_sealers: ['-']}\n", "1:25: arc.trusted_sealers: “-”: not a domain name"},
	{"a domain of one label", "sign: {domain: localhost, keys: {selector: s, file: f}}\n", "1:16: domain: “localhost”: the domain is not a domain name"},
	{"no selector", "sign: {domain: example.com, keys: {selector: 'a b', file: f}}\n", "1:46: selector: “a b”: not a selector"},
	{"an empty selector", "sign: {domain: example.com, keys: {selector: '', file: f}}\n", "1:46: selector: the value is empty"},
	{"an empty key file", "sign: {domain: example.com, keys: {selector: s, file: ''}}\n", "1:55: file: the value is empty"},
	{"no pattern", "policy: {accept_from: 'exa mple.com'}\n", "1:23: policy.accept_from: “exa mple.com”: not a pattern"},
	{"a pattern within a name", "policy: {accept_from: mail*.example.com}\n", "1:23: policy.accept_from: “mail*.example.com”: not a pattern"},
	{"a pattern in a local part", "policy: {accept_from: '*@example.com'}\n", "1:23: policy.accept_from: “*@example.com”: not an address"},
	{"no local part", "policy: {accept_from: '@example.com'}\n", "1:23: policy.accept_from: “@example.com”: nothing in front of the \"@\""},
	{"an empty pattern", "policy: {accept_from: ['']}\n", "1:24: policy.accept_from: an empty entry"},
	{"headers without From", "sign: {domain: example.com, headers: 'to:subject', keys: {selector: s, file: f}}\n", "1:38: headers: “to:subject”: the header list does not hold From"},
	{"headers that relays change", "sign: {domain: example.com, headers: 'from:received', keys: {selector: s, file: f}}\n", "1:38: headers: “from:received”: the header list names a field that relays"},
	{"a contact beyond ASCII", "policy: {contact: 連絡先}\n", "1:19: policy.contact: “連絡先”: SMTP replies are ASCII"},
	{"S3-17 an envelope sender", "identities: {default_mail_from: bounces+x@mail.example.com}\n", ""},
	{"S3-17 no envelope sender", "identities: {default_mail_from: ''}\n", ""},
	{"S3-17 an envelope sender without a domain", "identities: {default_mail_from: bounces}\n", "1:33: identities.default_mail_from: “bounces”: not an address"},
	{"S3-17 an envelope sender without a name", "identities: {default_mail_from: '@example.com'}\n", "1:33: identities.default_mail_from: “@example.com”: not an address"},
	{"S3-17 an envelope sender in brackets", "identities: {default_mail_from: '<a@example.com>'}\n", "1:33: identities.default_mail_from: “<a@example.com>”: not an address"},
	{"S3-17 an envelope sender with two dots", "identities: {default_mail_from: a..b@example.com}\n", "1:33: identities.default_mail_from: “a..b@example.com”: not an address"},
	{"S3-17 an envelope sender with a local part of 64 octets", "identities: {default_mail_from: " SIXTY_FOUR "@example.com}\n", ""},
	{"S3-17 an envelope sender with a local part of 65 octets", "identities: {default_mail_from: " SIXTY_FOUR "a@example.com}\n", "1:33: identities.default_mail_from: "},
	{"a rule without keys", "sign:\n- domain: example.com\n", "2:3: keys is missing"},
	{"a rule with an empty list of keys", "sign:\n- domain: example.com\n  keys: []\n", "3:9: keys: none"},
	{"a rule for nobody", "sign:\n- keys: {selector: s, file: f}\n", "2:3: a rule that names nobody"},
	{"twice the same selector", "sign:\n- domain: example.com\n  keys: [{selector: s, file: f}, {selector: S, file: g}]\n", "3:9: keys: the selector S twice"},
	{"an identity elsewhere", "sign: {domain: example.com, identity: '@example.org', keys: {selector: s, file: f}}\n", "1:39: identity: @example.org is not at example.com"},
	{"an identity below", "sign: {domain: example.com, identity: 'a@mail.example.com', keys: {selector: s, file: f}}\n", ""},
	{"top and domain", "sign: {from: .example.com, domain: example.com, top: yes, keys: {selector: s, file: f}}\n", "1:54: `top` and `domain` exclude each other"},
	{"top of an address", "sign: {from: a@example.com, top: yes, keys: {selector: s, file: f}}\n", "1:14: warning: from: a@example.com names no domain above"},
	{"a gateway without networks", "gateways:\n- mode: exempt\n", "2:3: networks is missing"},
	{"a gateway with none", "gateways:\n- networks: []\n", "2:13: networks: none"},
	{"half a seal", "arc:\n  seal:\n    domain: example.com\n", "3:5: arc.seal: domain, selector and file belong together"},
	{"recursion and name servers", "dns: {recursive: yes, resolver: 192.0.2.1}\n", "1:33: dns.resolver: not used with `recursive: yes`"},
	{"least above most", "dns: {cache_min_ttl: 2h, cache_max_ttl: 1h}\n", "1:22: dns.cache_min_ttl is above dns.cache_max_ttl"},
	/* works, but not as meant */
	{"warning: a question may take longer than a message", "dns: {timeout: 30s}\n", "1:16: warning: dns.timeout is above dns.message_timeout"},
	{"warning: strict without validate", "dns: {validate: no, strict: yes}\n", "1:29: warning: dns.strict does nothing without dns.validate"},
	{"warning: everybody is ours", "outbound: {networks: [0.0.0.0/0, '::/0', 10.0.0.0/8]}\n",
	 "1:23: warning: outbound.networks: 0.0.0.0/0 holds strangers\n1:34: warning: outbound.networks: ::/0 holds strangers"},
	{"warning: everybody is ignored", "ignore: {networks: 0.0.0.0/0}\n", "1:20: warning: ignore.networks: mail from 0.0.0.0/0 is not judged"},
	{"warning: everybody is a gateway", "gateways: {networks: 0.0.0.0/0, mode: look-behind}\n", "1:22: warning: networks: 0.0.0.0/0 holds strangers"},
	{"warning: a private gateway that is exempt", "gateways: {networks: 10.1.2.3}\n", "1:22: warning: networks: 10.1.2.3 is private"},
	{"a private gateway that is looked behind", "gateways: {networks: 10.1.2.3, mode: look-behind}\n", ""},
	{"a filter on this host that is exempt", "gateways: {networks: [127.0.0.1, '::1']}\n", ""},
	{"warning: a socket for all users", "milter: {socket_mode: 0666}\n", "1:23: warning: milter.socket_mode: every user of this host"},
	{"warning: a socket for the world", "milter: {listen: ['inet:127.0.0.1:8891', 'inet:*:8891']}\n", "1:42: warning: listen: whoever reaches inet:*:8891"},
	{"warning: the same rule twice", "sign:\n- {domain: example.com, keys: {selector: a, file: f}}\n- {domain: example.com, keys: {selector: b, file: g}}\n",
	 "3:3: warning: sign: this rule never signs – the one in line 2"},
	{"warning: a rule behind one for all", "sign:\n- {from: '*', domain: example.com, keys: {selector: a, file: f}}\n- {from: example.com, domain: example.com, keys: {selector: b, file: g}}\n",
	 "3:3: warning: sign: this rule never signs – the one in line 2"},
	{"rules of two signers", "sign:\n- {domain: example.com, keys: {selector: a, file: f}}\n- {from: example.com, domain: example.net, keys: {selector: b, file: g}}\n", ""},
	{"a rule behind one with exceptions", "sign:\n- {domain: example.com, except_recipients: example.org, keys: {selector: a, file: f}}\n- {domain: example.com, keys: {selector: b, file: g}}\n", ""},
	{"warning: a fallback behind all", "sign:\n- {from: '*', domain: example.com, keys: {selector: a, file: f}}\n- {domain: example.org, fallback: yes, keys: {selector: b, file: g}}\n",
	 "3:3: warning: sign: this fallback is never used – the rule in line 2"},
	{"warning: nothing is ours", "outbound: {authenticated: no, networks: [], daemon_names: [], local: no}\nsign: {domain: example.com, keys: {selector: a, file: f}}\n",
	 "2:7: warning: sign: nothing is ever signed"},
};
/* clang-format on */

static void print_all(const struct config_errors *errors, struct buf *out)
{
	for (size_t i = 0; i < errors->count; i++) {
		const struct config_error *e = &errors->list[i];

		buf_printf(out, "%zu:%zu: %s%s\n", e->line, e->column, e->warning ? "warning: " : "", e->text.en);
		assert_true(*e->text.ja);
		assert_string_not_equal(e->text.en, e->text.ja);
	}
	assert_int_equal(buf_error(out), INKAN_OK);
}

static void complains(const void *row)
{
	const struct row *r = row;
	struct config_errors errors;
	struct config *config;
	struct buf is;
	struct str want = str_c(r->want), rest;
	int error = config_parse(str_c(r->text), "/etc/inkan/inkan.yaml", &config, &errors);

	buf_init(&is, 65536);
	print_all(&errors, &is);
	print_message("%.*s", STR_ARG(buf_str(&is)));
	assert_int_equal(error, errors.errors ? INKAN_ESYNTAX : INKAN_OK);
	for (rest = buf_str(&is); rest.n || want.n;) {
		struct str line = str_split(&rest, '\n'), begin = str_split(&want, '\n');

		assert_true(begin.n > 0);
		assert_true(str_has_prefix(line, begin));
	}
	buf_release(&is);
	config_free(config);
}

/* ---- limits ---- */

enum what { ERRORS, DEPTH, NODES, WORD, KEYS, SOCKETS, FILE_SIZE };

/* A text that is at the limit, or one beyond. */
static void make(struct buf *out, enum what what, size_t n)
{
	buf_init(out, (size_t)CONFIG_FILE_MAX + 1024);
	if (what == WORD)
		buf_put_c(out, "store: {path: /");
	if (what == NODES)
		buf_put_c(out, "own_authserv_ids: [");
	if (what == KEYS)
		buf_put_c(out, "sign: {domain: example.com, keys: [");
	if (what == SOCKETS)
		buf_put_c(out, "status: {listen: [");
	if (what == DEPTH)
		buf_put_c(out, "user: ");
	for (size_t i = 0; i < n; i++) {
		if (what == ERRORS)
			buf_printf(out, "x%zu: 1\n", i);
		else if (what == KEYS)
			buf_printf(out, "{selector: s%zu, file: f},", i);
		else if (what == SOCKETS)
			buf_printf(out, "'inet:%zu',", i + 1);
		else
			buf_put_c(out, what == DEPTH ? "[" : what == NODES ? "a," : what == WORD ? "a" : "#");
	}
	for (size_t i = 0; what == DEPTH && i < n; i++)
		buf_put_char(out, ']');
	buf_put_c(out, what == KEYS ? "]}" : what == SOCKETS ? "]}" : what == NODES ? "]" : what == WORD ? "}" : "");
	assert_int_equal(buf_error(out), INKAN_OK);
}

static const struct limit_row {
	const char *name;
	enum what what;
	size_t n;
	const char *want; /* the first complaint; NULL: none */
	size_t count, errors;
	int error;
} limits[] = {
	{"CONFIG_ERRORS_MAX complaints", ERRORS, CONFIG_ERRORS_MAX, "no such option", 20, 20, INKAN_ESYNTAX},
	{"CONFIG_ERRORS_MAX and one are counted", ERRORS, CONFIG_ERRORS_MAX + 1, "no such option", 20, 21,
         INKAN_ESYNTAX},
	{"CONFIG_DEPTH_MAX", DEPTH, CONFIG_DEPTH_MAX - 1, "user: a list", 1, 1, INKAN_ESYNTAX},
	{"CONFIG_DEPTH_MAX and one", DEPTH, CONFIG_DEPTH_MAX, "nested too deeply", 1, 1, INKAN_ESYNTAX},
	{"a hundred thousand levels", DEPTH, 100000, "nested too deeply", 1, 1, INKAN_ESYNTAX},
	{"CONFIG_NODES_MAX", NODES, CONFIG_NODES_MAX - 3, "own_authserv_ids: more than 1000", 1, 1, INKAN_ESYNTAX},
	{"CONFIG_NODES_MAX and one", NODES, CONFIG_NODES_MAX - 2, "too large", 1, 1, INKAN_ESYNTAX},
	{"CONFIG_WORD_MAX", WORD, CONFIG_WORD_MAX - 1, NULL, 0, 0, INKAN_OK},
	{"CONFIG_WORD_MAX and one", WORD, CONFIG_WORD_MAX, "a value of more than", 1, 1, INKAN_ESYNTAX},
	{"SIGNING_RULE_KEYS_MAX", KEYS, SIGNING_RULE_KEYS_MAX, NULL, 0, 0, INKAN_OK},
	{"SIGNING_RULE_KEYS_MAX and one", KEYS, SIGNING_RULE_KEYS_MAX + 1, "keys: more than 8", 1, 1, INKAN_ESYNTAX},
	{"CONFIG_LISTEN_MAX", SOCKETS, CONFIG_LISTEN_MAX, NULL, 0, 0, INKAN_OK},
	{"CONFIG_LISTEN_MAX and one", SOCKETS, CONFIG_LISTEN_MAX + 1, "status.listen: more than 16", 1, 1,
         INKAN_ESYNTAX},
	{"CONFIG_FILE_MAX", FILE_SIZE, CONFIG_FILE_MAX, NULL, 0, 0, INKAN_OK},
	{"CONFIG_FILE_MAX and one", FILE_SIZE, CONFIG_FILE_MAX + 1, NULL, 0, 0, INKAN_ELIMIT},
};

static void limit(const void *row)
{
	const struct limit_row *r = row;
	struct config_errors errors;
	struct config *config;
	struct buf text;

	make(&text, r->what, r->n);
	assert_int_equal(config_parse(buf_str(&text), "", &config, &errors), r->error);
	assert_int_equal(errors.count, r->count);
	assert_int_equal(errors.errors, r->errors);
	if (r->want)
		assert_true(str_has_prefix(str_c(errors.list[0].text.en), str_c(r->want)));
	buf_release(&text);
	config_free(config);
}

/* Lists as long as they may be; the work must stay bounded. */
static const struct many_row {
	const char *name;
	bool one_domain;
} manies[] = {{"CONFIG_RULES_MAX rules, each with a domain", false}, {"CONFIG_RULES_MAX rules of one domain", true}};

static void many(const void *row)
{
	const struct many_row *r = row;
	struct config_errors errors;
	struct config *config;
	struct buf text;

	buf_init(&text, CONFIG_FILE_MAX);
	buf_put_c(&text, "sign:\n");
	for (unsigned i = 0; i < CONFIG_RULES_MAX && text.n < text.max - 200; i++) {
		if (r->one_domain)
			buf_printf(&text, "- {from: d%u.example.com, domain: example.com", i);
		else
			buf_printf(&text, "- {domain: d%u.example.com", i);
		buf_printf(&text, ", keys: {selector: s, file: f%u}}\n", i);
	}
	assert_int_equal(config_parse(buf_str(&text), "", &config, &errors), INKAN_OK);
	assert_int_equal(config->policy.rule_count, CONFIG_RULES_MAX);
	buf_release(&text);
	config_free(config);
}

static void warnings_make_room(const void *row)
{
	struct config_errors errors;
	struct config *config;
	struct buf text;

	(void)row;
	buf_init(&text, 65536);
	buf_put_c(&text, "gateways:\n");
	for (size_t i = 0; i < CONFIG_ERRORS_MAX; i++)
		buf_put_c(&text, "- networks: 10.0.0.1\n");
	buf_put_c(&text, "wrong: 1\n");
	assert_int_equal(config_parse(buf_str(&text), "", &config, &errors), INKAN_ESYNTAX);
	assert_int_equal(errors.count, CONFIG_ERRORS_MAX);
	assert_int_equal(errors.errors, 1);
	assert_false(errors.list[CONFIG_ERRORS_MAX - 1].warning);
	buf_release(&text);
	config_free(config);
}

/* ---- durations and sizes ---- */

static const struct amount {
	const char *name, *text;
	bool is_size, valid;
	uint64_t value;
} amounts[] = {
	{"250ms", "250ms", false, true, 250},
	{"a bare number is seconds", "5", false, true, 5000},
	{"10m", "10m", false, true, 600000},
	{"2 h with a space", "2 h", false, true, 7200000},
	{"30d", "30d", false, true, 2592000000},
	{"capital letters", "1H", false, true, 3600000},
	{"no number", "d", false, false, 0},
	{"nothing", "", false, false, 0},
	{"a sign", "-5s", false, false, 0},
	{"a fraction", "1.5h", false, false, 0},
	{"the largest", "18446744073709551615ms", false, true, UINT64_MAX},
	{"beyond the largest", "18446744073709551616ms", false, false, 0},
	{"beyond the largest by its unit", "18446744073709552s", false, false, 0},
	{"octets", "4096", true, true, 4096},
	{"64MiB", "64MiB", true, true, 64 << 20},
	{"1GiB", "1GiB", true, true, 1 << 30},
	{"16k", "16k", true, true, 16384},
	{"an unknown unit", "1TiB", true, false, 0},
};

static void reads_amount(const void *row)
{
	const struct amount *r = row;
	uint64_t value = 0;

	assert_int_equal(r->is_size ? config_size(str_c(r->text), &value) : config_duration(str_c(r->text), &value),
	                 r->valid);
	assert_int_equal(value, r->value);
}

/* ---- memory ---- */

static int parse_once(void)
{
	struct config_errors errors;
	struct config *config;
	int error = config_parse(
		STR("sign:\n- domain: example.com\n  keys: [{selector: a, file: f}]\ngateways: {networks: 192.0.2.1}\n"
	            "wrong: 1\n"),
		"/etc/x", &config, &errors);

	config_free(config);
	return error;
}

static void allocations(const void *row)
{
	(void)row;
	for (size_t n = 1;; n++) {
		alloc_fail_at(n);
		int error = parse_once();
		bool reached = alloc_count() >= n;

		alloc_fail_at(0);
		assert_int_equal(error, reached ? INKAN_ENOMEM : INKAN_ESYNTAX);
		if (!reached) {
			assert_true(n > 3);
			return;
		}
	}
}

int main(void)
{
	struct test_list list = {0};

	TEST_TABLE(&list, rows, complains);
	TEST_TABLE(&list, limits, limit);
	TEST_TABLE(&list, amounts, reads_amount);
	TEST_TABLE(&list, manies, many);
	test_add(&list, "an error takes the place of a warning", warnings_make_room, NULL);
	test_add(&list, "every allocation fails once", allocations, NULL);
	return test_run(&list, "config/errors");
}
