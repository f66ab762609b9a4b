/* rspamd's dkim_signing.conf and arc.conf, up to version 3.9: local.d or the whole section. */
#include "config/import_ucl.h"

enum kind_of_value { ANY, FLAG };

/* clang-format off */
static const struct text no_redis = {"keys are read from files – export them from Redis or Vault", "鍵はファイルから読みます – Redis や Vault から書き出してください"},
	by_headers = {"nobody but the configuration chooses keys: no headers of HTTP, no variables", "鍵を選ぶのは設定だけです (HTTP ヘッダーや変数では選べません)"},
	symbols = {"not needed: there are no symbols and no scores", "不要です: シンボルや点数はありません"},
	by_from = {"the author in From alone chooses the domain that signs", "署名するドメインは From の差出人だけで選びます"},
	pubkey = {"not asked at each message – “inkan key check FILE -d DOMAIN -s SELECTOR” compares a key with DNS", "1 通ごとには調べません – inkan key check FILE -d DOMAIN -s SELECTOR で DNS と比べられます"},
	several_from = {"a message with several From fields is never signed", "From が複数あるメッセージには署名しません"},
	envelope = {"the envelope has no say in what is signed", "エンベロープは署名の判断に関わりません"},
	username = {"who logged in may sign for every domain of the rules: let the mail server check senders (reject_sender_login_mismatch)",
	            "ログインした人は、規則にあるすべてのドメインで署名させられます: 差出人の確認はメールサーバーで行ってください (reject_sender_login_mismatch)"},
	inbound = {"what comes in is judged, not signed; `arc.seal` seals it", "受信メールは署名せず判定します。封印は arc.seal です"},
	broken = {"a chain that does not hold is never taken for one that does", "有効でない ARC チェーンを有効とみなすことはありません"},
	reuse = {"inkan judges by itself", "inkan は自分で判定します"};

/* dkim_signing and arc have nearly the same words. */
static const struct word {
	const char *name;
	enum kind_of_value value; /* FLAG: nothing is lost where it is off */
	enum import_note_kind kind;
	const struct text *reason; /* NULL: taken */
} words[] = {
	{"path", ANY, IMPORT_LOST, NULL}, {"selector", ANY, IMPORT_LOST, NULL}, {"domain", ANY, IMPORT_LOST, NULL}, {"selector_map", ANY, IMPORT_LOST, NULL},
	{"path_map", ANY, IMPORT_LOST, NULL}, {"sign_authenticated", ANY, IMPORT_LOST, NULL}, {"auth_only", ANY, IMPORT_LOST, NULL}, {"sign_local", ANY, IMPORT_LOST, NULL},
	{"sign_networks", ANY, IMPORT_LOST, NULL}, {"use_esld", ANY, IMPORT_LOST, NULL}, {"use_domain", ANY, IMPORT_LOST, NULL}, {"signing_table", ANY, IMPORT_LOST, NULL},
	{"key_table", ANY, IMPORT_LOST, NULL}, {"sign_headers", ANY, IMPORT_LOST, NULL}, {"enabled", ANY, IMPORT_LOST, NULL}, {"whitelisted_signers_map", ANY, IMPORT_LOST, NULL},
	{"try_fallback", ANY, IMPORT_LOST, NULL},
	{"adjust_dmarc", ANY, IMPORT_NEEDLESS, &symbols}, {"allow_envfrom_empty", ANY, IMPORT_NEEDLESS, &envelope}, {"allow_hdrfrom_mismatch", ANY, IMPORT_DIFFERS, &envelope},
	{"allow_hdrfrom_mismatch_local", ANY, IMPORT_DIFFERS, &envelope}, {"allow_hdrfrom_mismatch_sign_networks", ANY, IMPORT_DIFFERS, &envelope},
	{"allow_hdrfrom_multiple", FLAG, IMPORT_LOST, &several_from}, {"allow_headers_fallback", FLAG, IMPORT_LOST, &by_headers},
	{"allow_pubkey_mismatch", ANY, IMPORT_NEEDLESS, &pubkey}, {"allow_username_mismatch", ANY, IMPORT_DIFFERS, &username}, {"allowed_ids", ANY, IMPORT_LOST, &symbols},
	{"check_pubkey", FLAG, IMPORT_LOST, &pubkey}, {"check_violation", FLAG, IMPORT_LOST, &inbound}, {"forbidden_ids", ANY, IMPORT_LOST, &symbols},
	{"http_domain_header", ANY, IMPORT_LOST, &by_headers}, {"http_key_header", ANY, IMPORT_LOST, &by_headers}, {"http_selector_header", ANY, IMPORT_LOST, &by_headers},
	{"http_sign_header", ANY, IMPORT_LOST, &by_headers}, {"http_sign_on_reject_header_header", ANY, IMPORT_LOST, &by_headers}, {"key_prefix", ANY, IMPORT_LOST, &no_redis},
	{"redis", ANY, IMPORT_LOST, &no_redis}, {"redis_params", ANY, IMPORT_LOST, &no_redis}, {"reuse_auth_results", FLAG, IMPORT_LOST, &reuse},
	{"selector_prefix", ANY, IMPORT_LOST, &no_redis}, {"servers", ANY, IMPORT_LOST, &no_redis}, {"read_servers", ANY, IMPORT_LOST, &no_redis}, {"write_servers", ANY, IMPORT_LOST, &no_redis},
	{"sign_condition", ANY, IMPORT_LOST, &import_scripts}, {"sign_inbound", FLAG, IMPORT_LOST, &inbound}, {"sign_symbol", ANY, IMPORT_NEEDLESS, &symbols},
	{"strict_pubkey_check", FLAG, IMPORT_LOST, &pubkey}, {"symbol", ANY, IMPORT_NEEDLESS, &symbols}, {"symbols", ANY, IMPORT_NEEDLESS, &symbols},
	{"use_domain_custom", ANY, IMPORT_LOST, &import_scripts}, {"use_domain_sign_inbound", ANY, IMPORT_LOST, &inbound}, {"use_domain_sign_local", ANY, IMPORT_LOST, &by_from},
	{"use_domain_sign_networks", ANY, IMPORT_LOST, &by_from}, {"use_http_headers", FLAG, IMPORT_LOST, &by_headers}, {"use_milter_headers", FLAG, IMPORT_LOST, &by_headers},
	{"use_redis", FLAG, IMPORT_LOST, &no_redis}, {"use_vault", FLAG, IMPORT_LOST, &no_redis}, {"vault_domains", ANY, IMPORT_LOST, &no_redis},
	{"vault_path", ANY, IMPORT_LOST, &no_redis}, {"vault_token", ANY, IMPORT_LOST, &no_redis}, {"vault_url", ANY, IMPORT_LOST, &no_redis},
	{"whitelist", ANY, IMPORT_LOST, &broken},
};
/* clang-format on */

struct pair {
	struct str domain, value;
	struct pair *next;
};

struct reader {
	struct import *i;
	const struct node *map;
	bool arc, has_esld; /* has_esld: mail from below a domain is signed by the domain */
	struct str path, selector;
	struct pair *selectors, *paths; /* of the maps */
	struct str headers;
};

/* ---- values ---- */

/* The last value of that name, as the last one counts. */
static const struct node *value_of(const struct reader *r, const char *name)
{
	const struct node *found = NULL;

	for (const struct node *n = r->map->first; n; n = n->next)
		if (n->value && str_eq(n->word, str_c(name)))
			found = n->value;
	return found;
}

static bool is_on(const struct node *value, bool otherwise)
{
	return value && value->kind == NODE_WORD
	               ? value->word.n && strchr("tTyY1oO", value->word.p[0]) && !str_ieq(value->word, STR("off"))
	               : otherwise;
}

static struct str word_of(const struct reader *r, const char *name)
{
	const struct node *value = value_of(r, name);

	return value && value->kind == NODE_WORD ? value->word : STR_NULL;
}

/* A map of rspamd: a file, a list, or one word. */
static void each_of_map(struct reader *r, const char *name,
                        void (*each)(struct import *i, const struct import_entry *entry, void *context))
{
	const struct node *value = value_of(r, name);

	if (value && value->kind == NODE_WORD)
		import_dataset(r->i, value->word, value->place.line, name, each, r);
	else if (value && value->kind == NODE_LIST)
		for (const struct node *n = value->first; n; n = n->next)
			if (n->kind == NODE_WORD)
				import_dataset(r->i, n->word, n->place.line, name, each, r);
	if (value && value->kind == NODE_MAP)
		import_note(r->i, IMPORT_LOST, value->place.line, name,
		            "a map with options is not followed – name a file or a list",
		            "オプション付きのマップは読みません – ファイルかリストを指定してください");
}

/* ---- keys ---- */

static struct pair *add_pair(struct import *i, struct pair **list, const struct import_entry *entry)
{
	struct pair *made = arena_calloc(&i->arena, 1, sizeof *made);

	if (!made)
		return NULL;
	*made = (struct pair){arena_str(&i->arena, entry->word), arena_str(&i->arena, entry->rest), *list};
	return *list = made;
}

static void add_selector(struct import *i, const struct import_entry *entry, void *context)
{
	struct reader *r = context;

	(void)add_pair(i, &r->selectors, entry);
}

static void add_path(struct import *i, const struct import_entry *entry, void *context)
{
	struct reader *r = context;

	(void)add_pair(i, &r->paths, entry);
}

static struct str of_domain(const struct pair *list, struct str domain)
{
	while (list && !str_ieq(list->domain, domain))
		list = list->next;
	return list ? list->value : STR_NULL;
}

/* "$domain" and "$selector" as they are. */
static struct str expand(struct reader *r, struct str path, struct str domain, struct str selector)
{
	struct str rest = path, text;
	struct buf out;

	buf_init(&out, CONFIG_WORD_MAX);
	while (rest.n) {
		size_t dollar = str_find(rest, '$');

		buf_put(&out, str_head(rest, dollar));
		rest = str_skip(rest, dollar);
		if (str_has_prefix(rest, STR("$domain"))) {
			buf_put(&out, domain);
			rest = str_skip(rest, strlen("$domain"));
		} else if (str_has_prefix(rest, STR("$selector"))) {
			buf_put(&out, selector);
			rest = str_skip(rest, strlen("$selector"));
		} else if (rest.n) {
			buf_put_char(&out, '$');
			rest = str_skip(rest, 1);
		}
	}
	text = import_failed(r->i, buf_error(&out)) ? STR_NULL : arena_str(&r->i->arena, buf_str(&out));
	buf_release(&out);
	return text;
}

/* ---- rules ---- */

static struct import_rule *rule_for(struct reader *r, struct str domain, size_t line)
{
	struct import_rule *rule = r->i->last_rule;
	char from[512];

	if (rule && str_eq(rule->domain, domain))
		return rule;
	if (domain.n + 1 >= sizeof from)
		return NULL;
	rule = import_rule_new(r->i, line, "domain");
	if (!rule)
		return NULL;
	from[0] = '.';
	memcpy(from + 1, domain.p, domain.n);
	rule->domain = arena_str(&r->i->arena, domain);
	import_words_add(r->i, &rule->from, r->has_esld ? str_from(from, domain.n + 1) : domain);
	return rule;
}

static bool has_seal(const struct reader *r)
{
	const struct import_setting *s = r->i->settings;

	while (s && strcmp(s->option->name, "arc.seal.domain") != 0)
		s = s->next;
	return s;
}

/* arc.conf: there is one seal */
static void add_seal(struct reader *r, struct str domain, struct str selector, struct str file, size_t line)
{
	if (has_seal(r)) {
		import_note(r->i, IMPORT_LOST, line, "domain",
		            "%.*s: one domain seals, whoever sends – the first one is taken",
		            "%.*s: 封印するドメインは 1 つです – 最初のものを使います", STR_ARG(shown(domain)));
		return;
	}
	import_seal(r->i, domain, selector, file, line);
}

static void add_signature(struct reader *r, struct str domain, struct str selector, struct str path, size_t line)
{
	struct str mapped = of_domain(r->selectors, domain), mapped_path = of_domain(r->paths, domain);
	struct import_rule *rule;

	selector = selector.n ? selector : mapped.n ? mapped : r->selector;
	path = path.n ? path : mapped_path.n ? mapped_path : r->path;
	path = expand(r, path, domain, selector);
	if (r->arc) {
		add_seal(r, domain, selector, path, line);
		return;
	}
	rule = rule_for(r, domain, line);
	if (!rule)
		return;
	rule->headers = r->headers;
	import_rule_add_key(r->i, rule, selector, path, line);
}

static struct str word_in(const struct node *map, const char *name)
{
	const struct node *value = tree_value(map, str_c(name));

	return value && value->kind == NODE_WORD ? value->word : STR_NULL;
}

/* example.com { path = ...; selector = ...; } or with selectors [ {...}, {...} ] */
static void take_domain(struct reader *r, const struct node *key)
{
	const struct node *list =
		key->value && key->value->kind == NODE_MAP ? tree_value(key->value, STR("selectors")) : NULL;

	if (!key->value || key->value->kind != NODE_MAP)
		return;
	if (!list || word_in(key->value, "selector").n || word_in(key->value, "path").n)
		add_signature(r, key->word, word_in(key->value, "selector"), word_in(key->value, "path"),
		              key->place.line);
	for (const struct node *n = list && list->kind == NODE_LIST ? list->first : NULL; n; n = n->next)
		if (n->kind == NODE_MAP)
			add_signature(r, key->word, word_in(n, "selector"), word_in(n, "path"), n->place.line);
}

static void take_domains(struct reader *r)
{
	for (const struct node *n = r->map->first; n; n = n->next)
		if (n->value && n->value->kind == NODE_MAP && str_eq(n->word, STR("domain")))
			for (const struct node *d = n->value->first; d; d = d->next)
				take_domain(r, d);
}

static bool is_known_domain(const struct reader *r, struct str domain)
{
	for (const struct import_rule *rule = r->i->first_rule; rule; rule = rule->next)
		if (str_ieq(rule->domain, domain))
			return true;
	return false;
}

/* Domains that only the maps name. */
static void take_mapped(struct reader *r, const struct pair *list, size_t line)
{
	for (; list; list = list->next)
		if (!is_known_domain(r, list->domain))
			add_signature(r, list->domain, STR_NULL, STR_NULL, line);
}

/* Files that fit "/folder/$domain.selector.key": each is a domain. */
static void take_folder(struct reader *r, size_t line)
{
	struct str path = expand(r, r->path, STR("\x01"), r->selector), rest, folder;
	size_t at = str_find(path, '\x01'), slash = str_rfind(path, '/');
	struct buf names;
	bool any = false;

	if (at == path.n || slash == path.n || slash > at || str_find(str_skip(path, at + 1), '\x01') < path.n - at - 1)
		return;
	folder = arena_str(&r->i->arena, str_head(path, slash + 1));
	buf_init(&names, IMPORT_FILE_MAX);
	if (folder.p && r->i->access.list &&
	    !import_failed(r->i, r->i->access.list(r->i->access.context, folder.p, &names))) {
		struct str prefix = str_head(str_skip(path, slash + 1), at - slash - 1),
			   suffix = str_skip(path, at + 1);

		for (rest = buf_str(&names); rest.n;) {
			struct str name = str_split(&rest, '\n');

			if (name.n <= prefix.n + suffix.n || !str_has_prefix(name, prefix) ||
			    !str_ihas_suffix(name, suffix))
				continue;
			name = str_head(str_skip(name, prefix.n), name.n - prefix.n - suffix.n);
			any = true;
			if (!is_known_domain(r, name))
				add_signature(r, name, STR_NULL, STR_NULL, line);
		}
	}
	buf_release(&names);
	if (!any && !r->i->first_rule && !has_seal(r))
		import_note(r->i, IMPORT_WRONG, line, "path",
		            "no key in %.*s tells a domain – write a rule for each domain that you sign for",
		            "%.*s のどの鍵からもドメインがわかりません – 署名するドメインごとに規則を書いてください",
		            STR_ARG(shown(folder)));
}

/* ---- the rest ---- */

static void add_network(struct import *i, const struct import_entry *entry, void *context)
{
	struct reader *r = context;

	(void)r;
	import_networks(i, "outbound.networks", entry->word, entry->line, "sign_networks");
}

static void add_sealer(struct import *i, const struct import_entry *entry, void *context)
{
	(void)context;
	import_set(i, "arc.trusted_sealers", entry->word, entry->line, "whitelisted_signers_map");
}

/* "(o)from:(x)sender:to": oversigned, oversigned where it is there, signed */
static void take_headers(struct reader *r)
{
	const struct node *value = value_of(r, "sign_headers");
	struct str rest = value && value->kind == NODE_WORD ? value->word : STR_NULL;
	struct buf out;

	if (!rest.n)
		return;
	buf_init(&out, 32 * 1024);
	while (rest.n) {
		struct str name = str_trim_fws(str_split(&rest, ':'));
		bool over = str_has_prefix(name, STR("(o)"));

		if (over || str_has_prefix(name, STR("(x)")))
			name = str_skip(name, 3);
		if (name.n == 0)
			continue;
		buf_put_c(&out, out.n ? ":" : "");
		buf_put(&out, name);
		if (over) {
			buf_put_char(&out, ':');
			buf_put(&out, name);
		}
	}
	if (!import_failed(r->i, buf_error(&out)))
		r->headers = arena_str(&r->i->arena, buf_str(&out));
	buf_release(&out);
	import_note(r->i, IMPORT_DIFFERS, value->place.line, "sign_headers",
	            "a named field that a message lacks cannot be added to it later",
	            "名前を挙げたフィールドは、メッセージになければ後から加えられなくなります");
}

static void take_direction(struct reader *r)
{
	const struct node *authenticated = value_of(r, "sign_authenticated"), *local = value_of(r, "sign_local");

	if (!authenticated)
		authenticated = value_of(r, "auth_only");
	if (!is_on(authenticated, true))
		import_set(r->i, "outbound.authenticated", STR("no"), authenticated->place.line, "sign_authenticated");
	if (local && !is_on(local, true)) {
		import_set(r->i, "outbound.local", STR("no"), local->place.line, "sign_local");
	} else if (!r->arc) {
		import_note(r->i, IMPORT_DIFFERS, local ? local->place.line : 0, "sign_local",
		            "local is this host alone, not every private network: name yours in `outbound.networks`",
		            "local はこのホストだけです (プライベートネットワークは含みません)。必要なら "
		            "outbound.networks に書いてください");
	}
	each_of_map(r, "sign_networks", add_network);
}

static void tell(struct reader *r, const struct node *key)
{
	for (size_t k = 0; k < sizeof words / sizeof *words; k++) {
		if (!str_eq(key->word, str_c(words[k].name)))
			continue;
		if (words[k].reason && !(words[k].value == FLAG && !is_on(key->value, true)))
			import_note_text(r->i, words[k].kind, key->place.line, words[k].name, *words[k].reason);
		return;
	}
	import_note(r->i, IMPORT_WRONG, key->place.line, "", "no such option: %.*s – it is left out",
	            "「%.*s」という項目はありません – 省きました", STR_ARG(shown(key->word)));
}

static void take_use_domain(struct reader *r)
{
	const struct node *value = value_of(r, "use_domain");

	if (value && value->kind == NODE_WORD && !str_eq(value->word, STR("header")))
		import_note_text(r->i, IMPORT_LOST, value->place.line, "use_domain", by_from);
}

static void take_all(struct reader *r)
{
	struct import_tables tables = {
		.signing = word_of(r, "signing_table"), .keys = word_of(r, "key_table"), .selector = r->selector};
	const struct node *path = value_of(r, "path"), *signing = value_of(r, "signing_table");

	for (const struct node *n = r->map->first; n; n = n->next)
		tell(r, n);
	take_use_domain(r);
	take_direction(r);
	take_headers(r);
	each_of_map(r, "selector_map", add_selector);
	each_of_map(r, "path_map", add_path);
	if (r->arc)
		each_of_map(r, "whitelisted_signers_map", add_sealer);
	if (tables.signing.n && tables.keys.n && !r->arc) {
		tables.signing_line = tables.keys_line = signing->place.line;
		import_take_tables(r->i, &tables);
		return;
	}
	take_domains(r);
	if (is_on(value_of(r, "try_fallback"), true)) {
		take_mapped(r, r->selectors, 0);
		take_mapped(r, r->paths, 0);
		take_folder(r, path ? path->place.line : 0);
	}
	if (!r->arc && !value_of(r, "allow_username_mismatch"))
		import_note_text(r->i, IMPORT_DIFFERS, 0, "allow_username_mismatch", username);
	if (r->has_esld && r->i->first_rule)
		import_note(r->i, IMPORT_DIFFERS, 0, "use_esld",
		            "mail from below a domain that is named is signed by that domain; the list of public "
		            "suffixes is not used",
		            "指定したドメインの下からのメールは、そのドメインで署名します。パブリックサフィックスリスト"
		            "は使いません");
}

void import_rspamd(struct import *i, struct str text, bool arc)
{
	const struct node *root = ucl_read(i, text), *section;
	struct reader r = {.i = i, .arc = arc, .map = root};

	if (!root)
		return;
	section = tree_value(root, arc ? STR("arc") : STR("dkim_signing"));
	if (section && section->kind == NODE_MAP)
		r.map = section;
	if (!is_on(value_of(&r, "enabled"), true)) {
		import_note(i, IMPORT_NEEDLESS, value_of(&r, "enabled")->place.line, "enabled",
		            "switched off – nothing is taken from this file",
		            "無効になっています – このファイルからは何も取りません");
		return;
	}
	r.path = word_of(&r, "path");
	r.selector = word_of(&r, "selector");
	if (!r.path.n)
		r.path = arc ? STR("/var/lib/rspamd/arc/$domain.$selector.key")
		             : STR("/var/lib/rspamd/dkim/$domain.$selector.key");
	if (!r.selector.n)
		r.selector = arc ? STR("arc") : STR("dkim");
	r.has_esld = is_on(value_of(&r, "use_esld"), true);
	take_all(&r);
}
