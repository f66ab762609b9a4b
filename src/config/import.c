/* What becomes of an import: notes, settings, rules, and the YAML that is made of them. */
#include "config/import.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "config/import_parts.h"
#include "config/print.h"
#include "core/utf8.h"

enum {
	IMPORT_MEMORY_MAX = 256 << 20 /* octets */,
	NOTE_MAX = 1024,
	IMPORT_WORD_MAX = 4096 /* as of words in a configuration */,
	COMPARED_MAX = 1000 /* words looked through for the same */
};

int import_new(const struct import_access *access, struct import **out)
{
	struct import *i = calloc(1, sizeof *i);

	if (!i)
		return INKAN_ENOMEM;
	arena_init(&i->arena, IMPORT_MEMORY_MAX);
	i->access = *access;
	i->notes = arena_calloc(&i->arena, IMPORT_NOTES_MAX, sizeof *i->notes);
	if (!i->notes) {
		import_free(i);
		return INKAN_ENOMEM;
	}
	*out = i;
	return INKAN_OK;
}

void import_free(struct import *i)
{
	if (!i)
		return;
	arena_release(&i->arena);
	free(i);
}

/* ---- notes ---- */

__attribute__((format(printf, 2, 0))) static const char *format(struct import *i, const char *form, va_list arguments)
{
	char text[NOTE_MAX];
	int size = vsnprintf(text, sizeof text, form, arguments);
	struct str kept = arena_str(&i->arena, size < 0 ? STR_NULL : str_c(text));

	return kept.p ? kept.p : "";
}

void import_note(struct import *i, enum import_note_kind kind, size_t line, const char *word, const char *en,
                 const char *ja, ...)
{
	struct import_note *note = &i->notes[i->note_count];
	va_list arguments, again;

	if (i->note_count == IMPORT_NOTES_MAX) {
		i->notes_left_out++;
		return;
	}
	va_start(arguments, ja);
	va_copy(again, arguments);
	*note = (struct import_note){kind, i->file, line, arena_str(&i->arena, shown(str_c(word))).p, {NULL, NULL}};
	note->text.en = format(i, en, arguments);
	note->text.ja = format(i, ja, again);
	note->word = note->word ? note->word : "";
	i->note_count++;
	va_end(again);
	va_end(arguments);
}

void import_note_text(struct import *i, enum import_note_kind kind, size_t line, const char *word, struct text text)
{
	import_note(i, kind, line, word, "%s%.0s", "%.0s%s", text.en, text.ja);
}

size_t import_notes(const struct import *i, const struct import_note **out, size_t *left_out_out)
{
	*out = i->notes;
	*left_out_out = i->notes_left_out;
	return i->note_count;
}

/* ---- settings ---- */

void import_words_add(struct import *i, struct import_words *words, struct str word)
{
	struct import_word *made = arena_calloc(&i->arena, 1, sizeof *made);

	if (!made)
		return;
	made->word = arena_str(&i->arena, word);
	made->unless_ours = i->unless_ours;
	if (words->last)
		words->last->next = made;
	else
		words->first = made;
	words->last = made;
	words->count++;
}

/* Whether a whole configuration of this text is right; else why not. Errors of memory count as right: the arena has them. */
static bool is_right(struct import *i, const struct buf *yaml, struct text *why_out)
{
	struct config_errors errors;
	struct config *config;
	int error = buf_error(yaml) ? buf_error(yaml) : config_parse(buf_str(yaml), "", &config, &errors);

	if (buf_error(yaml) == INKAN_OK) {
		if (error == INKAN_ESYNTAX && errors.count) {
			why_out->en = arena_str(&i->arena, str_c(errors.list[0].text.en)).p;
			why_out->ja = arena_str(&i->arena, str_c(errors.list[0].text.ja)).p;
		}
		config_free(config);
	}
	(void)import_failed(i, error);
	return error != INKAN_ESYNTAX || !why_out->en || !why_out->ja;
}

static bool value_is_right(struct import *i, const struct config_option *option, struct str value, struct text *why_out)
{
	struct buf yaml;
	struct str name = str_c(option->name);
	bool right;

	buf_init(&yaml, CONFIG_FILE_MAX);
	indent_print(&yaml, section_print(&yaml, NULL, name));
	buf_put(&yaml, str_skip(name, str_rfind(name, '.') < name.n ? str_rfind(name, '.') + 1 : 0));
	buf_put_c(&yaml, ": ");
	yaml_word(&yaml, value);
	buf_put_char(&yaml, '\n');
	right = is_right(i, &yaml, why_out);
	buf_release(&yaml);
	return right;
}

static const struct config_option *find_option(const char *name)
{
	const struct config_option *o = config_options;

	while (o->name && strcmp(o->name, name) != 0)
		o++;
	assert(o->name);
	return o;
}

/* The words of a long list are looked at one by one, without a configuration for each. */
static bool fits(struct import *i, const struct config_option *option, struct str value, struct text *why_out)
{
	const char *trouble = NULL;
	bool right = true;

	if (option->kind == CONFIG_NETWORKS) {
		struct ipset set = {0};

		int error = ipset_add(&set, value, &trouble);

		(void)import_failed(i, error);
		right = error != INKAN_ESYNTAX;
		ipset_release(&set);
	} else if (option->kind == CONFIG_WORDS && option->form) {
		right = option->form(&i->arena, &value, &trouble);
	} else {
		return value_is_right(i, option, value, why_out);
	}
	if (!right)
		*why_out = (struct text){trouble, trouble_ja(trouble)};
	return right;
}

static bool has_control(struct str text)
{
	for (size_t k = 0; k < text.n; k++)
		if ((unsigned char)text.p[k] < ' ' || text.p[k] == 0x7f)
			return true;
	return !utf8_is_valid(text);
}

static void print_field(struct buf *out, const char *name, struct str value)
{
	if (value.n == 0)
		return;
	buf_printf(out, "    %s: ", name);
	yaml_word(out, value);
	buf_put_char(out, '\n');
}

static void add_setting(struct import *i, const struct config_option *option, struct str value)
{
	struct import_setting *s = i->settings;

	while (s && s->option != option)
		s = s->next;
	if (!s) {
		s = arena_calloc(&i->arena, 1, sizeof *s);
		if (!s)
			return;
		*s = (struct import_setting){.option = option, .next = i->settings};
		i->settings = s;
	}
	for (struct import_word *w = s->words.first; w && s->words.count < COMPARED_MAX; w = w->next)
		if (str_eq(w->word, value))
			return;
	import_words_add(i, &s->words, value);
}

static bool is_list(const struct config_option *option)
{
	return option->kind == CONFIG_WORDS || option->kind == CONFIG_NETWORKS;
}

/* Whether another word still has its place in a list. */
static bool has_room(const struct import *i, const struct config_option *option)
{
	const struct import_setting *s = i->settings;

	while (s && s->option != option)
		s = s->next;
	return !is_list(option) || !s || s->words.count < (option->max ? option->max : CONFIG_LIST_MAX);
}

void import_set(struct import *i, const char *option, struct str value, size_t line, const char *word)
{
	const struct config_option *o = find_option(option);
	struct text why = {NULL, NULL};

	if (!has_room(i, o)) {
		why = (struct text){"the list is full", "リストの上限です"};
	} else if (value.n && value.n <= IMPORT_WORD_MAX && !has_control(value) && fits(i, o, value, &why)) {
		add_setting(i, o, value);
		return;
	}
	why = why.en ? why
	             : (struct text){"empty, too long, or not plain text", "空か、長すぎるか、テキストではありません"};
	import_note(i, IMPORT_WRONG, line, word, "“%.*s” does not fit: %s%.0s", "「%.*s」は使えません: %.0s%s",
	            STR_ARG(shown(value)), why.en, why.ja);
}

void import_seal(struct import *i, struct str domain, struct str selector, struct str file, size_t line)
{
	struct text why = {"too long, or not plain text", "長すぎるか、テキストではありません"};
	struct buf yaml;

	buf_init(&yaml, CONFIG_FILE_MAX);
	buf_put_c(&yaml, "arc:\n  seal:\n");
	print_field(&yaml, "domain", domain);
	print_field(&yaml, "selector", selector);
	print_field(&yaml, "file", file);
	if (!domain.n || !selector.n || !file.n || has_control(domain) || has_control(selector) || has_control(file) ||
	    !is_right(i, &yaml, &why)) {
		import_note(i, IMPORT_WRONG, line, "arc.seal", "the seal of %.*s is left out: %s%.0s",
		            "%.*s の封印を省きました: %.0s%s", STR_ARG(shown(domain)), why.en, why.ja);
	} else {
		add_setting(i, find_option("arc.seal.domain"), domain);
		add_setting(i, find_option("arc.seal.selector"), selector);
		add_setting(i, find_option("arc.seal.file"), file);
	}
	buf_release(&yaml);
}

/* ---- rules ---- */

struct import_rule *import_rule_new(struct import *i, size_t line, const char *word)
{
	struct import_rule *rule = NULL;

	if (i->rule_count == IMPORT_RULES_MAX)
		import_note(i, IMPORT_WRONG, line, word, "more than %d entries – the others are left out",
		            "%d 件を超えています – 残りは省きました", (int)IMPORT_RULES_MAX);
	else
		rule = arena_calloc(&i->arena, 1, sizeof *rule);
	if (!rule)
		return NULL;
	if (i->last_rule)
		i->last_rule->next = rule;
	else
		i->first_rule = rule;
	i->last_rule = rule;
	i->rule_count++;
	return rule;
}

void import_rule_add_key(struct import *i, struct import_rule *rule, struct str selector, struct str file, size_t line)
{
	for (size_t k = 0; k < rule->key_count; k++)
		if (str_ieq(rule->keys[k].selector, selector))
			return;
	if (rule->key_count == SIGNING_RULE_KEYS_MAX) {
		import_note(i, IMPORT_LOST, line, "", "a message gets at most %d signatures of one domain",
		            "1 つのドメインの署名は 1 通に %d 個までです", (int)SIGNING_RULE_KEYS_MAX);
		return;
	}
	rule->keys[rule->key_count++] = (struct import_key){arena_str(&i->arena, selector), arena_str(&i->arena, file)};
}

static void print_words(struct buf *out, const struct import_words *words)
{
	buf_put_char(out, '[');
	for (const struct import_word *w = words->first; w; w = w->next) {
		buf_put_c(out, w == words->first ? "" : ", ");
		yaml_word(out, w->word);
	}
	buf_put_c(out, "]\n");
}

static void print_rule(struct buf *out, const struct import_rule *rule)
{
	buf_put_c(out, "  - from: ");
	print_words(out, &rule->from);
	if (rule->except_recipients.count) {
		buf_put_c(out, "    except_recipients: ");
		print_words(out, &rule->except_recipients);
	}
	print_field(out, "domain", rule->domain);
	print_field(out, "identity", rule->identity);
	print_field(out, "headers", rule->headers);
	print_field(out, "canonicalization", rule->canonicalization);
	print_field(out, "expire", rule->expire);
	if (rule->fallback)
		buf_put_c(out, "    fallback: yes\n");
	buf_put_c(out, "    keys:\n");
	for (size_t k = 0; k < rule->key_count; k++) {
		buf_put_c(out, "      - selector: ");
		yaml_word(out, rule->keys[k].selector);
		buf_put_c(out, "\n        file: ");
		yaml_word(out, rule->keys[k].file);
		buf_put_char(out, '\n');
	}
}

/* Rules that would not be taken are noted and left out. */
static bool rule_is_right(struct import *i, const struct import_rule *rule)
{
	struct text why = {NULL, NULL};
	struct buf yaml;
	bool right;

	buf_init(&yaml, CONFIG_FILE_MAX);
	buf_put_c(&yaml, "sign:\n");
	print_rule(&yaml, rule);
	right = is_right(i, &yaml, &why);
	if (!right)
		import_note(i, IMPORT_WRONG, 0, "", "the signing of %.*s is left out: %s%.0s",
		            "%.*s の署名を省きました: %.0s%s",
		            STR_ARG(shown(rule->domain.n     ? rule->domain
		                          : rule->from.first ? rule->from.first->word
		                                             : STR_NULL)),
		            why.en, why.ja);
	buf_release(&yaml);
	return right;
}

static void drop_wrong_rules(struct import *i)
{
	struct import_rule **link = &i->first_rule;

	i->last_rule = NULL;
	while (*link) {
		if ((*link)->from.count && (*link)->key_count && rule_is_right(i, *link)) {
			i->last_rule = *link;
			link = &(*link)->next;
		} else {
			*link = (*link)->next;
			i->rule_count--;
		}
	}
}

/* ---- the whole ---- */

static void print_setting(struct buf *out, const struct import_setting *s)
{
	if (is_list(s->option)) {
		print_words(out, &s->words);
		return;
	}
	if (s->words.last)
		yaml_word(out, s->words.last->word);
	buf_put_char(out, '\n');
}

/* Our hosts in a set: as configured, else by default. */
static void collect_ours(struct import *i, struct ipset *ours)
{
	const struct import_setting *s = i->settings;

	while (s && strcmp(s->option->name, "outbound.networks") != 0)
		s = s->next;
	for (const struct import_word *w = s ? s->words.first : NULL; w; w = w->next)
		(void)import_failed(i, ipset_add(ours, w->word, NULL));
	if (!s) {
		(void)import_failed(i, ipset_add(ours, STR("127.0.0.0/8"), NULL));
		(void)import_failed(i, ipset_add(ours, STR("::1"), NULL));
	}
	ipset_finish(ours);
}

/* OpenDMARC has to be told whose mail it shall not judge; here that of our own hosts never is, but signed. */
static void leave_ours_out(struct import *i)
{
	struct import_setting **link = &i->settings;
	struct ipset ours = {0};

	while (*link && strcmp((*link)->option->name, "ignore.networks") != 0)
		link = &(*link)->next;
	if (!*link)
		return;
	struct import_words *words = &(*link)->words, kept = {0};

	collect_ours(i, &ours);
	for (struct import_word *w = words->first, *next; w; w = next) {
		struct ip_address address;
		struct str first = str_head(w->word, str_find(w->word, '/'));

		next = w->next;
		first = str_trim_wsp(str_head(first, str_find(first, '-')));
		if (w->unless_ours && ip_address_parse(first, &address) && ipset_has(&ours, &address))
			continue;
		w->next = NULL;
		*(kept.last ? &kept.last->next : &kept.first) = w;
		kept.last = w;
		kept.count++;
	}
	*words = kept;
	if (kept.count == 0)
		*link = (*link)->next;
	ipset_release(&ours);
}

int import_print(struct import *i, struct buf *out)
{
	const char *before = NULL;

	leave_ours_out(i);
	for (const struct config_option *o = config_options; o->name; o++) {
		const struct import_setting *s = i->settings;
		struct str name = str_c(o->name);

		while (s && s->option != o)
			s = s->next;
		if (strcmp(o->name, "sign") == 0 && i->first_rule) {
			buf_put_c(out, "sign:\n");
			for (const struct import_rule *r = i->first_rule; r; r = r->next)
				print_rule(out, r);
			before = o->name;
		}
		if (!s)
			continue;
		indent_print(out, section_print(out, before, name));
		buf_put(out, str_skip(name, str_rfind(name, '.') < name.n ? str_rfind(name, '.') + 1 : 0));
		buf_put_c(out, ": ");
		print_setting(out, s);
		before = o->name;
	}
	return arena_error(&i->arena) ? arena_error(&i->arena) : buf_error(out);
}

/* ---- kinds ---- */

const char *import_kind_name(enum import_kind kind)
{
	static const char *const names[] = {"unknown", "opendkim", "opendmarc", "rspamd dkim_signing", "rspamd arc"};

	return names[kind];
}

enum import_kind import_recognise(const char *file, struct str text)
{
	/* words that only one of the programs has, in the order of their weight */
	static const struct {
		struct str word;
		enum import_kind kind;
	} marks[] = {
		{{"dkim_signing", 12}, IMPORT_RSPAMD_SIGNING},
		{{"opendmarc", 9}, IMPORT_OPENDMARC},
		{{"TrustedAuthservIDs", 18}, IMPORT_OPENDMARC},
		{{"RejectFailures", 14}, IMPORT_OPENDMARC},
		{{"IgnoreHosts", 11}, IMPORT_OPENDMARC},
		{{"HistoryFile", 11}, IMPORT_OPENDMARC},
		{{"SPFSelfValidate", 15}, IMPORT_OPENDMARC},
		{{"opendkim", 8}, IMPORT_OPENDKIM},
		{{"KeyTable", 8}, IMPORT_OPENDKIM},
		{{"KeyFile", 7}, IMPORT_OPENDKIM},
		{{"Canonicalization", 16}, IMPORT_OPENDKIM},
		{{"InternalHosts", 13}, IMPORT_OPENDKIM},
		{{"whitelisted_signers_map", 23}, IMPORT_RSPAMD_ARC},
		{{"sign_authenticated", 18}, IMPORT_RSPAMD_SIGNING},
		{{"sign_local", 10}, IMPORT_RSPAMD_SIGNING},
		{{"use_esld", 8}, IMPORT_RSPAMD_SIGNING},
		{{"allow_username_mismatch", 23}, IMPORT_RSPAMD_SIGNING},
		{{"$domain", 7}, IMPORT_RSPAMD_SIGNING},
		{{"selector =", 10}, IMPORT_RSPAMD_SIGNING},
	};
	struct str name = str_c(file);

	name = str_skip(name, str_rfind(name, '/') < name.n ? str_rfind(name, '/') + 1 : 0);
	if (str_ihas_prefix(name, STR("opendkim")))
		return IMPORT_OPENDKIM;
	if (str_ihas_prefix(name, STR("opendmarc")))
		return IMPORT_OPENDMARC;
	if (str_ihas_prefix(name, STR("dkim_signing")))
		return IMPORT_RSPAMD_SIGNING;
	if (str_ihas_prefix(name, STR("arc.")))
		return IMPORT_RSPAMD_ARC;
	for (size_t k = 0; k < sizeof marks / sizeof *marks; k++)
		if (str_search(text, marks[k].word) < text.n)
			return marks[k].kind;
	return IMPORT_UNKNOWN;
}

int import_add(struct import *i, const char *file, struct str text, enum import_kind kind)
{
	struct import_rule *first = i->first_rule, *last = i->last_rule;

	i->file = arena_str(&i->arena, str_c(file)).p;
	i->first_rule = i->last_rule = NULL;
	if (kind == IMPORT_OPENDKIM)
		import_opendkim(i, text);
	else if (kind == IMPORT_OPENDMARC)
		import_opendmarc(i, text);
	else if (kind == IMPORT_RSPAMD_SIGNING || kind == IMPORT_RSPAMD_ARC)
		import_rspamd(i, text, kind == IMPORT_RSPAMD_ARC);
	drop_wrong_rules(i);
	if (last) {
		last->next = i->first_rule;
		i->first_rule = first;
		i->last_rule = i->last_rule ? i->last_rule : last;
	}
	return arena_error(&i->arena);
}
