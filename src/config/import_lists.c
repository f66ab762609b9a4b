/* Lists and tables that a configuration names: files with a line an entry, or words in the value itself. */
#include <stdlib.h>

#include "config/import_parts.h"
#include "core/utf8.h"

/* ---- files ---- */

static struct str prefix_off(struct str value, const char *prefix)
{
	return str_ihas_prefix(value, str_c(prefix)) ? str_skip(value, strlen(prefix)) : STR_NULL;
}

bool import_read_file(struct import *i, struct str path, size_t line, const char *word, struct buf *out)
{
	struct str name = arena_str(&i->arena, path);
	int error = INKAN_EIO;

	buf_init(out, IMPORT_FILE_MAX);
	if (!name.p)
		return false;
	if (i->file_count == IMPORT_FILES_MAX) {
		import_note(i, IMPORT_WRONG, line, word, "more than %d files – %.*s is not read",
		            "ファイルが %d 個を超えました – %.*s は読みません", (int)IMPORT_FILES_MAX,
		            STR_ARG(shown(path)));
		return false;
	}
	i->file_count++;
	if (i->access.read && !memchr(path.p, '\0', path.n))
		error = i->access.read(i->access.context, name.p, out);
	if (import_failed(i, error))
		import_note(i, IMPORT_WRONG, line, word, "%.*s cannot be read – what it holds is missing below",
		            "%.*s を読めません – その内容は含まれていません", STR_ARG(shown(path)));
	return error == INKAN_OK;
}

/* ---- lists ---- */

static struct str first_word(struct str *rest)
{
	size_t n = 0;

	while (n < rest->n && !is_fws_char(rest->p[n]))
		n++;
	struct str word = str_head(*rest, n);

	*rest = str_trim_fws(str_skip(*rest, n));
	return word;
}

struct each {
	void (*call)(struct import *i, const struct import_entry *entry, void *context);
	void *context;
};

static void each_line(struct import *i, struct str text, struct str path, const struct each *each)
{
	struct import_entry entry = {.line = 0, .file = arena_str(&i->arena, path).p};

	while (text.n) {
		struct str line = str_split(&text, '\n');

		entry.line++;
		line = str_trim_fws(str_head(line, str_find(line, '#')));
		if (line.n == 0)
			continue;
		entry.rest = line;
		entry.word = first_word(&entry.rest);
		each->call(i, &entry, each->context);
	}
}

/* "a,b" or "a b" */
static void each_word(struct import *i, struct str text, size_t line, const struct each *each)
{
	while (text.n) {
		struct str item = str_trim_fws(str_split(&text, ','));

		while (item.n) {
			struct import_entry entry = {.word = first_word(&item), .line = line, .file = i->file};
			size_t equals = str_find(entry.word, '=');

			if (equals < entry.word.n) { /* key=value of a csl: that is a table */
				entry.rest = str_skip(entry.word, equals + 1);
				entry.word = str_head(entry.word, equals);
			}
			each->call(i, &entry, each->context);
		}
	}
}

/* Kinds of data sets that need a program to ask. */
static bool is_foreign(struct str value)
{
	static const char *const kinds[] = {
		"db:",     "dsn:",    "ldap:", "ldaps:", "ldapi:", "lua:",  "memcache:", "repute:",
		"socket:", "erlang:", "mdb:",  "odbx:",  "bdb:",   "http:", "https:",    "redis:"};

	for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
		if (str_ihas_prefix(value, str_c(kinds[k])))
			return true;
	return false;
}

void import_dataset(struct import *i, struct str value, size_t line, const char *word,
                    void (*each)(struct import *i, const struct import_entry *entry, void *context), void *context)
{
	static const char *const files[] = {
		"file:", "refile:", "map://", "fallback+file:", "regexp;", "glob;", "file://"};
	const struct each with = {each, context};
	struct str path = STR_NULL;
	struct buf text;

	if (is_foreign(value)) {
		import_note(i, IMPORT_LOST, line, word,
		            "%.*s: databases are not asked – export it to a file and import again",
		            "%.*s: データベースは読めません – ファイルに書き出して移行し直してください",
		            STR_ARG(shown(value)));
		return;
	}
	if (value.n && value.p[0] == '/')
		path = value;
	for (size_t k = 0; k < sizeof files / sizeof *files && !path.p; k++)
		path = prefix_off(value, files[k]);
	if (!path.p) {
		struct str words = prefix_off(value, "csl:");

		each_word(i, words.p ? words : value, line, &with);
		return;
	}
	if (import_read_file(i, path, line, word, &text)) {
		const char *file = i->file;

		each_line(i, buf_str(&text), path, &with);
		i->file = file;
	}
	buf_release(&text);
}

struct into {
	const char *option, *word;
};

/* In a file of its own a complaint is about that file. */
static void set_in(struct import *i, const struct import_entry *entry, const char *option, struct str value,
                   const char *word)
{
	const char *file = i->file;

	i->file = entry->file ? entry->file : file;
	import_set(i, option, value, entry->line, word);
	i->file = file;
}

static void note_in(struct import *i, const struct import_entry *entry, const char *word, const char *en,
                    const char *ja)
{
	const char *file = i->file;

	i->file = entry->file ? entry->file : file;
	import_note(i, IMPORT_LOST, entry->line, word, "%.*s: %s%.0s", "%.*s: %.0s%s", STR_ARG(shown(entry->word)), en,
	            ja);
	i->file = file;
}

static void add_network(struct import *i, const struct import_entry *entry, void *context)
{
	const struct into *into = context;
	struct str word = entry->word;
	const char *trouble;
	struct ipset set = {0};
	int error;

	if (word.n && word.p[0] == '!') {
		note_in(i, entry, into->word, "exceptions of a list – leave the address out of the networks",
		        "リストの例外です – そのアドレスをネットワークから外してください");
		return;
	}
	if (word.n > 2 && word.p[0] == '[' && word.p[word.n - 1] == ']')
		word = str_from(word.p + 1, word.n - 2);
	error = ipset_add(&set, word, &trouble);
	(void)import_failed(i, error);
	if (str_ieq(word, STR("localhost"))) {
		set_in(i, entry, into->option, STR("127.0.0.0/8"), into->word);
		set_in(i, entry, into->option, STR("::1"), into->word);
	} else if (error == INKAN_ESYNTAX && str_find(word, '/') == word.n && str_find(word, ':') == word.n) {
		note_in(i, entry, into->word, "a host name – name its addresses, as names of clients can be forged",
		        "ホスト名です – 名前は偽れるので、アドレスを書いてください");
	} else {
		set_in(i, entry, into->option, word, into->word);
	}
	ipset_release(&set);
}

void import_networks(struct import *i, const char *option, struct str value, size_t line, const char *word)
{
	struct into into = {option, word};

	import_dataset(i, value, line, word, add_network, &into);
}

/* ---- patterns ---- */

static bool has_wild(struct str text)
{
	return str_find(text, '*') < text.n;
}

static struct str together(struct import *i, const char *prefix, struct str domain)
{
	char *text = arena_text(&i->arena, strlen(prefix) + domain.n);

	if (!text)
		return STR_NULL;
	memcpy(text, prefix, strlen(prefix));
	if (domain.n)
		memcpy(text + strlen(prefix), domain.p, domain.n);
	return str_from(text, strlen(prefix) + domain.n);
}

/* What stands behind "@", or alone. */
static struct str domain_pattern(struct import *i, struct str domain)
{
	if (str_eq(domain, STR("*")))
		return STR("*");
	if (str_has_prefix(domain, STR("*.")) && !has_wild(str_skip(domain, 1)))
		return domain;
	if (str_has_prefix(domain, STR(".")) && !has_wild(domain))
		return together(i, "*", domain);
	return has_wild(domain) ? STR_NULL : domain;
}

struct str import_pattern(struct import *i, struct str wild, bool exact)
{
	size_t at = str_rfind(wild, '@');
	struct str domain = str_skip(wild, at + 1), local = str_head(wild, at);

	if (at == wild.n)
		return exact || str_eq(wild, STR("*")) ? domain_pattern(i, wild) : STR_NULL;
	if (str_eq(local, STR("*")))
		return domain_pattern(i, domain);
	return has_wild(wild) || local.n == 0 || str_has_prefix(domain, STR(".")) ? STR_NULL : wild;
}

/* ---- signing tables ---- */

struct table_key {
	struct str name, domain, selector, file;
	struct table_key *next;
};

struct table_reader {
	const struct import_tables *tables;
	struct table_key **buckets;
	bool exact;
};

enum { TABLE_BUCKETS = 1024 };

/* "domain:selector:file"; with the selector of `tables`, "domain:file" */
static void add_key(struct import *i, const struct import_entry *entry, void *context)
{
	struct table_reader *r = context;
	struct table_key *key = arena_calloc(&i->arena, 1, sizeof *key), **bucket;
	struct str rest = entry->rest, first = str_split(&rest, ':'), second = str_split(&rest, ':');

	if (!key)
		return;
	if (rest.n == 0 && r->tables->selector.n) {
		rest = second;
		second = r->tables->selector;
	}
	if (!first.n || !second.n || !rest.n) {
		note_in(i, entry, "KeyTable", "no “domain:selector:file” behind the name",
		        "名前の後に「ドメイン:セレクター:ファイル」がありません");
		return;
	}
	*key = (struct table_key){arena_str(&i->arena, entry->word), arena_str(&i->arena, first),
	                          arena_str(&i->arena, second), arena_str(&i->arena, rest), NULL};
	bucket = &r->buckets[str_hash(entry->word, 0) % TABLE_BUCKETS];
	key->next = *bucket;
	*bucket = key;
}

static const struct table_key *find_key(const struct table_reader *r, struct str name)
{
	const struct table_key *key = r->buckets[str_hash(name, 0) % TABLE_BUCKETS];

	while (key && !str_eq(key->name, name))
		key = key->next;
	return key;
}

static bool same_keys(const struct import_rule *rule, const struct table_key *key, struct str domain,
                      struct str identity)
{
	return rule->key_count == 1 && str_eq(rule->keys[0].selector, key->selector) &&
	       str_eq(rule->keys[0].file, key->file) && str_eq(rule->domain, domain) &&
	       str_eq(rule->identity, identity);
}

static bool same_pattern(const struct import_rule *rule, struct str pattern, struct str domain, struct str identity)
{
	return rule->from.count == 1 && str_eq(rule->from.first->word, pattern) && str_eq(rule->domain, domain) &&
	       str_eq(rule->identity, identity);
}

/* One line of a signing table, as a rule or as part of the one before. */
static void add_signing(struct import *i, const struct table_key *key, struct str pattern, struct str identity,
                        size_t line, bool several)
{
	struct str domain = str_eq(key->domain, STR("%")) ? STR_NULL : key->domain;
	struct import_rule *rule = i->last_rule;

	if (rule && same_keys(rule, key, domain, identity)) {
		import_words_add(i, &rule->from, pattern);
		return;
	}
	if (rule && same_pattern(rule, pattern, domain, identity)) {
		if (several)
			import_rule_add_key(i, rule, key->selector, key->file, line);
		return;
	}
	rule = import_rule_new(i, line, "SigningTable");
	if (!rule)
		return;
	import_words_add(i, &rule->from, pattern);
	rule->domain = domain;
	rule->identity = arena_str(&i->arena, identity);
	import_rule_add_key(i, rule, key->selector, key->file, line);
}

static void take_signing(struct import *i, const struct import_entry *entry, void *context)
{
	struct table_reader *r = context;
	struct str rest = entry->rest, name = str_trim_fws(str_split(&rest, ':')), identity = str_trim_fws(rest);
	struct str pattern = import_pattern(i, entry->word, r->exact);
	const struct table_key *key;

	if (pattern.n == 0) {
		note_in(i, entry, "SigningTable", "no pattern of inkan is like this – write the domains out",
		        "inkan のパターンでは表せません – ドメインを書き出してください");
		return;
	}
	if (str_eq(name, STR("%")))
		name = str_skip(pattern, str_rfind(pattern, '@') < pattern.n ? str_rfind(pattern, '@') + 1 : 0);
	key = find_key(r, name);
	if (!key) {
		note_in(i, entry, "SigningTable", "its key is not in the key table", "鍵の表にない鍵です");
		return;
	}
	if (str_find(key->file, '%') < key->file.n ||
	    (str_find(key->domain, '%') < key->domain.n && key->domain.n > 1) ||
	    str_has_prefix(key->file, STR("MII")) || str_find(key->file, '\\') < key->file.n) {
		note_in(i, entry, "KeyTable",
		        "a key per domain by “%”, or in the table itself – write a rule and a file for each domain",
		        "「%」によるドメイン別の鍵、または表に直接書かれた鍵です – "
		        "ドメインごとに規則とファイルを書いてください");
		return;
	}
	if (str_find(identity, '%') < identity.n) {
		note_in(i, entry, "SigningTable", "the identity (i=) with “%” is left out",
		        "「%」を含む識別子 (i=) は省きました");
		identity = STR_NULL;
	}
	add_signing(i, key, pattern, identity, entry->line, r->tables->several);
}

/* How exactly a pattern says whom it means: those with an address come first. */
static int exactness(struct str pattern)
{
	if (str_eq(pattern, STR("*")))
		return 0;
	if (pattern.n && (pattern.p[0] == '*' || pattern.p[0] == '.'))
		return 1;
	return str_find(pattern, '@') < pattern.n ? 3 : 2;
}

static int compare_rules(const void *a, const void *b)
{
	const struct import_rule *left = *(struct import_rule *const *)a, *right = *(struct import_rule *const *)b;
	struct str one = left->from.first ? left->from.first->word : STR_NULL;
	struct str two = right->from.first ? right->from.first->word : STR_NULL;
	int order = exactness(two) - exactness(one);

	if (order == 0)
		order = (two.n > one.n) - (two.n < one.n);
	return order ? order : str_eq(one, two) ? 0 : memcmp(one.p, two.p, one.n < two.n ? one.n : two.n);
}

/* A plain table is asked for the address, the domain, the domains above, everything: whatever the order of its lines. */
static void sort_rules(struct import *i)
{
	struct import_rule **order = arena_calloc(&i->arena, i->rule_count, sizeof(struct import_rule *));
	struct import_rule **link = &i->first_rule;
	size_t n = 0;

	if (!order)
		return;
	for (struct import_rule *r = i->first_rule; r && n < i->rule_count; r = r->next)
		order[n++] = r;
	qsort(order, n, sizeof *order, compare_rules);
	for (size_t k = 0; k < n; k++) {
		*link = order[k];
		link = &order[k]->next;
		i->last_rule = order[k];
	}
	*link = NULL;
}

/* Whether another rule may match the same author: two plain domains cannot. */
static bool may_overlap(const struct import_rule *rule)
{
	for (const struct import_word *w = rule->from.first; w; w = w->next)
		if (exactness(w->word) != 2)
			return true;
	return false;
}

/* Only the first entry that matches signs: later rules stand back. */
static void stand_back(struct import *i)
{
	bool overlaps = false;

	for (struct import_rule *r = i->first_rule; r; r = r->next) {
		r->fallback = r != i->first_rule && (overlaps || may_overlap(r));
		overlaps |= may_overlap(r);
	}
}

void import_take_tables(struct import *i, const struct import_tables *tables)
{
	struct table_reader r = {.tables = tables};

	r.buckets = arena_calloc(&i->arena, TABLE_BUCKETS, sizeof(struct table_key *));
	if (!r.buckets)
		return;
	r.exact = !str_ihas_prefix(tables->signing, STR("refile:")) &&
	          !str_ihas_prefix(tables->signing, STR("regexp;")) && !str_ihas_prefix(tables->signing, STR("glob;"));
	import_dataset(i, tables->keys, tables->keys_line, "KeyTable", add_key, &r);
	import_dataset(i, tables->signing, tables->signing_line, "SigningTable", take_signing, &r);
	if (r.exact)
		sort_rules(i);
	if (!tables->several)
		stand_back(i);
}
