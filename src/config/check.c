/* What no single value shows. The rules of each list are looked at one by one, then together. */
#include "config/address.h"
#include "config/reader.h"
#include "core/ip.h"

static struct place_in place_of_value(const struct node *map, const char *name)
{
	const struct node *value = tree_value(map, str_c(name));

	return value ? value->place : map ? map->place : (struct place_in){0, 0};
}

/* ---- one rule ---- */

/* A rule that names only the domain is for the authors at that domain. */
static void complete_from(struct config_reader *r, struct signing_rule *rule, const struct node *map)
{
	const char **words;

	if (rule->from.count)
		return;
	if (!rule->domain) {
		complain(&r->complaints, map->place, "a rule that names nobody – give `%s`, `%s` or both",
		         "対象のない規則です – %s か %s、または両方を指定してください", "from", "domain");
		return;
	}
	words = arena_calloc(&r->config->arena, 1, sizeof *words);
	if (!words)
		return;
	words[0] = rule->domain;
	rule->from = (struct word_list){words, 1};
}

static bool is_at_or_below(struct str name, struct str domain)
{
	return str_ieq(name, domain) ||
	       (name.n > domain.n && str_ihas_suffix(name, domain) && name.p[name.n - domain.n - 1] == '.');
}

static void check_identity(struct config_reader *r, const struct signing_rule *rule, const struct node *map)
{
	struct str identity = str_c(rule->identity);

	if (!rule->identity || !rule->domain)
		return;
	if (!is_at_or_below(str_skip(identity, str_rfind(identity, '@') + 1), str_c(rule->domain)))
		complain(&r->complaints, place_of_value(map, "identity"), "identity: %.*s is not at %s, nor below it",
		         "identity: %.*s は %s のアドレスでも、その下でもありません", STR_ARG(shown(identity)),
		         rule->domain);
}

static void check_top(struct config_reader *r, const struct signing_rule *rule, const struct node *map)
{
	if (!rule->top)
		return;
	if (rule->domain)
		complain(&r->complaints, place_of_value(map, "top"), "`%s` and `%s` exclude each other – remove one",
		         "%s と %s は同時に使えません – 片方を消してください", "top", "domain");
	for (size_t i = 0; i < rule->from.count; i++)
		if (rule->from.words[i][0] != '.' && !(rule->from.words[i][0] == '*' && rule->from.words[i][1] == '.'))
			complain_warning(&r->complaints, place_of_value(map, "from"),
			                 "from: %.*s names no domain above – `top` means .example.com or *.example.com",
			                 "from: %.*s には上のドメインがありません – top は .example.com か "
			                 "*.example.com に使います",
			                 STR_ARG(shown(str_c(rule->from.words[i]))));
}

static void check_keys(struct config_reader *r, const struct signing_rule *rule, const struct node *map)
{
	if (rule->key_count == 0)
		complain(&r->complaints, place_of_value(map, "keys"), "%s: none – a rule needs one or more",
		         "%s: 1 つもありません – 規則には 1 つ以上の鍵が必要です", "keys");
	for (size_t i = 0; i < rule->key_count; i++)
		for (size_t k = 0; k < i; k++)
			if (str_ieq(str_c(rule->keys[i].selector), str_c(rule->keys[k].selector)))
				complain(&r->complaints, place_of_value(map, "keys"),
				         "keys: the selector %.*s twice – each key needs its own (RFC 8463 section 6)",
				         "keys: セレクター %.*s が 2 つあります – 鍵ごとに別のセレクターが必要です "
				         "(RFC 8463 第 6 節)",
				         STR_ARG(shown(str_c(rule->keys[i].selector))));
}

void config_check_rule(struct config_reader *r, struct signing_rule *rule, const struct node *map)
{
	complete_from(r, rule, map);
	check_identity(r, rule, map);
	check_top(r, rule, map);
	check_keys(r, rule, map);
}

/* ---- networks ---- */

/* More than a provider has: IPv4 above /8, IPv6 above /16. */
static bool is_vast(struct str word)
{
	size_t slash = str_find(word, '/');
	bool is_ipv6 = str_find(word, ':') < word.n;
	uint64_t bits;

	return slash < word.n && str_to_u64(str_skip(word, slash + 1), 128, &bits) && bits < (is_ipv6 ? 16 : 8);
}

static bool is_private(struct str word)
{
	struct str address = str_head(word, str_find(word, '/'));
	struct ip_address ip;

	address = str_head(address, str_find(address, '-'));
	address = str_trim_wsp(address);
	/* from ourselves nobody hides: a content filter that hands mail back */
	if (str_has_prefix(address, STR("127.")) || str_eq(address, STR("::1")))
		return false;
	return ip_address_parse(address, &ip) && ip_is_private(ip.octets, true);
}

/* Calls with each word of a list option that is given; nothing where it is not, or a default. */
static void each_word(struct config_reader *r, const struct node *value,
                      void (*look)(struct config_reader *r, const struct node *word))
{
	if (!value)
		return;
	for (const struct node *n = value->kind == NODE_LIST ? value->first : value; n;
	     n = value->kind == NODE_LIST ? n->next : NULL)
		look(r, n);
}

static void look_at_outbound(struct config_reader *r, const struct node *n)
{
	if (is_vast(n->word))
		complain_warning(&r->complaints, n->place,
		                 "outbound.networks: %.*s holds strangers, whose mail would be signed as yours – name "
		                 "your own hosts",
		                 "outbound.networks: %.*s には第三者も含まれ、そのメールにあなたの署名が付きます – "
		                 "自分のホストだけを書いてください",
		                 STR_ARG(shown(n->word)));
}

static void look_at_ignored(struct config_reader *r, const struct node *n)
{
	if (is_vast(n->word))
		complain_warning(&r->complaints, n->place,
		                 "ignore.networks: mail from %.*s is not judged at all – is that meant?",
		                 "ignore.networks: %.*s からのメールは一切判定されません – 意図したものですか?",
		                 STR_ARG(shown(n->word)));
}

static void look_at_gateway(struct config_reader *r, const struct node *n)
{
	if (is_vast(n->word))
		complain_warning(
			&r->complaints, n->place,
			"networks: %.*s holds strangers, whose mail would not be checked – name the gateway alone",
			"networks: %.*s には第三者も含まれ、そのメールが検査されません – "
			"ゲートウェイだけを書いてください",
			STR_ARG(shown(n->word)));
}

static void look_at_exempt(struct config_reader *r, const struct node *n)
{
	if (!is_vast(n->word) && is_private(n->word))
		complain_warning(
			&r->complaints, n->place,
			"networks: %.*s is private – where a router or container hides who connects, "
			"strangers come from there "
			"too and are not checked",
			"networks: %.*s はプライベートアドレスです – "
			"ルーターやコンテナが接続元を隠す環境では、第三者のメールもここから来て、検査されません",
			STR_ARG(shown(n->word)));
}

void config_check_gateway(struct config_reader *r, const struct trusted_gateway *gateway, const struct node *map)
{
	const struct node *networks = tree_value(map, STR("networks"));

	if (gateway->networks.count == 0)
		complain(&r->complaints, place_of_value(map, "networks"),
		         "%s: none – name the addresses of the gateway",
		         "%s: 1 つもありません – ゲートウェイのアドレスを書いてください", "networks");
	each_word(r, networks, look_at_gateway);
	if (gateway->mode == GATEWAY_EXEMPT)
		each_word(r, networks, look_at_exempt);
}

/* ---- rules together ---- */

enum { RULE_BUCKETS = 1024, WORDS_COMPARED_MAX = 64 /* a longer list is not looked through */ };

struct earlier_rule {
	const struct signing_rule *rule;
	size_t line;
	struct earlier_rule *next;
};

static bool has_word(const struct word_list *list, const char *word)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->words[i], word) == 0)
			return true;
	return false;
}

/* Whether every message that the later rule matches was signed by the earlier one, for the same d=. */
static bool covers(const struct signing_rule *earlier, const struct signing_rule *later)
{
	if (earlier->except_recipients.count || earlier->fallback)
		return false;
	if (has_word(&earlier->from, "*"))
		return true;
	if (earlier->from.count > WORDS_COMPARED_MAX || later->from.count > WORDS_COMPARED_MAX)
		return false;
	for (size_t i = 0; i < later->from.count; i++)
		if (!has_word(&earlier->from, later->from.words[i]))
			return false;
	return true;
}

/* d= is by the author for rules without domain: those are compared among themselves. */
static bool same_domain(const struct signing_rule *a, const struct signing_rule *b)
{
	return a->top == b->top && (a->domain ? b->domain && str_ieq(str_c(a->domain), str_c(b->domain)) : !b->domain);
}

enum { CHAIN_MAX = 64 /* earlier rules of one bucket that are compared */ };

static void look_for_unreachable(struct config_reader *r, const struct node *sign)
{
	struct earlier_rule **buckets = arena_calloc(&r->scratch, RULE_BUCKETS, sizeof(struct earlier_rule *));
	const struct policy_settings *policy = &r->config->policy;
	const struct node *map = sign && sign->kind == NODE_LIST ? sign->first : sign;
	size_t all_in_line = 0; /* of the first rule that signs everything */

	for (size_t i = 0; buckets && map && i < policy->rule_count; i++, map = map->next) {
		const struct signing_rule *rule = &policy->rules[i];
		struct earlier_rule **bucket = &buckets[str_ihash(str_c(rule->domain), 0) % RULE_BUCKETS], *e = *bucket;
		struct earlier_rule *made = arena_calloc(&r->scratch, 1, sizeof *made);
		size_t compared = 0;

		while (e && compared++ < CHAIN_MAX && !(same_domain(e->rule, rule) && covers(e->rule, rule)))
			e = e->next;
		if (rule->fallback && all_in_line)
			complain_warning(&r->complaints, map->place,
			                 "sign: this fallback is never used – the rule in line %zu signs everything",
			                 "sign: この fallback は使われません – %zu 行目の規則がすべてに署名します",
			                 all_in_line);
		else if (e && compared <= CHAIN_MAX)
			complain_warning(
				&r->complaints, map->place,
				"sign: this rule never signs – the one in line %zu signs for the same domain before it",
				"sign: この規則は使われません – %zu 行目の規則が先に同じドメインで署名します", e->line);
		if (!all_in_line && has_word(&rule->from, "*") && !rule->except_recipients.count && !rule->fallback)
			all_in_line = map->place.line;
		if (!made)
			return;
		*made = (struct earlier_rule){rule, map->place.line, *bucket};
		*bucket = made;
	}
}

static void check_anything_to_sign(struct config_reader *r, const struct node *sign)
{
	const struct outbound_settings *out = &r->config->policy.outbound;

	if (r->config->policy.rule_count && !out->authenticated && !out->local && !out->networks.count &&
	    !out->daemon_names.count)
		complain_warning(
			&r->complaints, sign ? sign->place : (struct place_in){0, 0},
			"%s: nothing is ever signed, as `outbound` takes no message for yours",
			"%s: outbound の設定ではどのメッセージも自分のものにならないため、署名は一切行われません",
			"sign");
}

/* ---- sections ---- */

static struct place_in place_of_option(const struct node *root, const char *name)
{
	const struct node *value = tree_option(root, str_c(name));

	return value ? value->place : (struct place_in){0, 0};
}

static void check_dns(struct config_reader *r, const struct node *root)
{
	struct config *c = r->config;

	if (c->dns.recursive && c->dns.resolver.count)
		complain(&r->complaints, place_of_option(root, "dns.resolver"),
		         "%s: not used with `%s: yes` – remove one of the two",
		         "%s: %s: yes とは同時に使えません – 片方を消してください", "dns.resolver", "recursive");
	if (c->dns.cache_min_ttl > c->dns.cache_max_ttl)
		complain(&r->complaints, place_of_option(root, "dns.cache_min_ttl"), "%s is above %s",
		         "%s が %s を超えています", "dns.cache_min_ttl", "dns.cache_max_ttl");
	if (c->dns.timeout > c->dns.message_timeout)
		complain_warning(
			&r->complaints, place_of_option(root, "dns.timeout"), "%s is above %s, which ends it sooner",
			"%s が %s を超えています。先に後者で打ち切られます", "dns.timeout", "dns.message_timeout");
	if (c->dns.strict && !c->dns.validate && !c->dns.recursive)
		complain_warning(&r->complaints, place_of_option(root, "dns.strict"), "%s does nothing without %s",
		                 "%s は %s がなければ効果がありません", "dns.strict", "dns.validate");
}

static void check_seal(struct config_reader *r, const struct node *root)
{
	const struct config *c = r->config;
	bool domain = *c->arc.seal_domain, selector = *c->arc.seal_key.selector,
	     file = c->arc.seal_key.key != CONFIG_NO_KEY;

	if (domain != selector || domain != file)
		complain(&r->complaints, place_of_option(root, "arc.seal"),
		         "%s: domain, selector and file belong together – give all three",
		         "%s: domain、selector、file は組です – 3 つとも指定してください", "arc.seal");
}

/* "inet:" at an address that others reach */
static void look_at_socket(struct config_reader *r, const struct node *n)
{
	static const struct str own[] = {{"127.", 4}, {"localhost", 9}, {"::1", 3}};
	struct socket_address address;

	if (!socket_address_parse(n->word, &address, NULL) || address.kind != SOCKET_INET)
		return;
	for (size_t i = 0; i < sizeof own / sizeof *own; i++)
		if (str_has_prefix(str_c(address.host), own[i]))
			return;
	complain_warning(
		&r->complaints, n->place,
		"listen: whoever reaches %.*s may use it: there is no password – keep it behind a firewall",
		"listen: %.*s に接続できれば誰でも使えます (パスワードはありません) – ファイアウォールで守ってください",
		STR_ARG(shown(n->word)));
}

static void check_milter(struct config_reader *r, const struct node *root)
{
	const struct config *c = r->config;

	if (c->milter.listen.count == 0)
		complain(&r->complaints, place_of_option(root, "milter.listen"),
		         "%s: none – the mail server needs one to connect to",
		         "%s: 1 つもありません – メールサーバーの接続先が必要です", "milter.listen");
	if (c->milter.socket_mode & 2)
		complain_warning(
			&r->complaints, place_of_option(root, "milter.socket_mode"),
			"%s: every user of this host may connect, and have mail signed – 0660 and `socket_group` are "
			"safer",
			"%s: このホストのすべてのユーザーが接続し、メールに署名させられます – 0660 と socket_group "
			"の方が安全です",
			"milter.socket_mode");
}

void config_check_whole(struct config_reader *r, const struct node *root)
{
	const struct node *sign = tree_option(root, STR("sign"));

	check_milter(r, root);
	check_dns(r, root);
	check_seal(r, root);
	each_word(r, tree_option(root, STR("outbound.networks")), look_at_outbound);
	each_word(r, tree_option(root, STR("ignore.networks")), look_at_ignored);
	each_word(r, tree_option(root, STR("milter.listen")), look_at_socket);
	each_word(r, tree_option(root, STR("status.listen")), look_at_socket);
	look_for_unreachable(r, sign);
	check_anything_to_sign(r, sign);
}
