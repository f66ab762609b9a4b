/* What no single value shows. The rules of each list are looked at one by one, then together. */
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
		         "%s: 1 つもありません – 規則には鍵が必要です", "keys");
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

void config_check_gateway(struct config_reader *r, const struct trusted_gateway *gateway, const struct node *map)
{
	if (gateway->networks.count == 0)
		complain(&r->complaints, place_of_value(map, "networks"),
		         "%s: none – name the addresses of the gateway",
		         "%s: 1 つもありません – ゲートウェイのアドレスを書いてください", "networks");
}

void config_check_whole(struct config_reader *r, const struct node *root)
{
	(void)r;
	(void)root;
}
