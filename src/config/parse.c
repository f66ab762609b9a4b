/* The walk over the tree along the table. Calls go as deep as the tables, never as the file. */
#include <stdio.h>
#include <stdlib.h>

#include "config/reader.h"
#include "core/near.h"

/* The options of one map: of the whole file, or of an item of a list. */
struct scope {
	struct config_reader *r;
	const struct config_option *options;
	void *base;
};

static struct item item_of(const struct node *node)
{
	return (struct item){node->word, node->place};
}

/* ---- names ---- */

static const struct config_option *find_option(const struct config_option *options, struct str name)
{
	for (const struct config_option *o = options; o->name; o++)
		if (str_eq(str_c(o->name), name))
			return o;
	return NULL;
}

/* What stands behind the prefix up to the next dot: a name that can be written in that section. */
static struct str name_in_section(const struct config_option *option, struct str prefix)
{
	struct str name = str_c(option->name);

	if (prefix.n && !(str_has_prefix(name, prefix) && name.n > prefix.n && name.p[prefix.n] == '.'))
		return STR_NULL;
	name = str_skip(name, prefix.n ? prefix.n + 1 : 0);
	return str_head(name, str_find(name, '.'));
}

static struct str nearest_name(const struct config_option *options, struct str prefix, struct str word)
{
	struct str best = STR_NULL;
	size_t best_distance = SIZE_MAX;

	for (const struct config_option *o = options; o->name; o++) {
		struct str name = name_in_section(o, prefix);
		size_t distance = name.n ? word_distance(word, name) : SIZE_MAX;

		if (name.n && distance < best_distance && word_is_near(word, name)) {
			best = name;
			best_distance = distance;
		}
	}
	return best;
}

/* An option of another section that has this last name; NULL where there is none, or several. */
static const char *option_elsewhere(const struct config_option *options, struct str word)
{
	const char *found = NULL;

	for (const struct config_option *o = options; o->name; o++) {
		struct str name = str_c(o->name);

		if (!str_eq(str_skip(name, str_rfind(name, '.') + 1), word) || str_find(name, '.') == name.n)
			continue;
		if (found)
			return NULL;
		found = o->name;
	}
	return found;
}

static void refuse_name(struct scope *s, struct str prefix, const struct node *key)
{
	struct complaints *c = &s->r->complaints;
	bool kept = c->errors->errors < CONFIG_ERRORS_MAX; /* else nobody reads it */
	struct str word = shown(key->word), near = kept ? nearest_name(s->options, prefix, key->word) : STR_NULL;
	const char *elsewhere = kept ? option_elsewhere(s->options, key->word) : NULL;

	if (elsewhere)
		complain(c, key->place, "no such option here: %.*s – did you mean “%s”?",
		         "ここに「%.*s」という項目はありません – 「%s」のことですか?", STR_ARG(word), elsewhere);
	else if (near.n)
		complain(c, key->place, "no such option: %.*s – did you mean “%.*s”?",
		         "「%.*s」という項目はありません – もしかして「%.*s」ですか?", STR_ARG(word), STR_ARG(near));
	else
		complain(c, key->place, "no such option: %.*s – see inkan.conf(5), or “inkan config show”",
		         "「%.*s」という項目はありません – inkan.conf(5) か「inkan config show」を見てください",
		         STR_ARG(word));
}

/* ---- values ---- */

static const char *kind_word(const struct node *node, bool japanese)
{
	static const struct text words[] = {[NODE_WORD] = {"a single value", "1 つの値"},
	                                    [NODE_LIST] = {"a list", "リスト"},
	                                    [NODE_MAP] = {"a map of names", "名前と値の組"}};

	return japanese ? words[node->kind].ja : words[node->kind].en;
}

static void refuse_kind(struct scope *s, const char *name, const struct node *node, struct text wanted)
{
	complain(&s->r->complaints, node->place, "%s: %s%.0s where %s%.0s is wanted",
	         "%s: %.0s%sではなく、%.0s%sを書いてください", name, kind_word(node, false), kind_word(node, true),
	         wanted.en, wanted.ja);
}

static int read_list(struct scope *s, const struct config_option *option, const struct node *node)
{
	const struct node *first = node->kind == NODE_LIST ? node->first : node;
	size_t count = 0, i = 0;

	for (const struct node *n = first; n; n = node->kind == NODE_LIST ? n->next : NULL)
		count++;
	struct item *items = arena_calloc(&s->r->scratch, count, sizeof *items);

	if (!items)
		return arena_error(&s->r->scratch);
	for (const struct node *n = first; n; n = node->kind == NODE_LIST ? n->next : NULL) {
		if (n->kind != NODE_WORD) {
			refuse_kind(s, option->name, n, (struct text){"a single value", "1 つの値"});
			return INKAN_OK;
		}
		items[i++] = item_of(n);
	}
	return list_read(s->r, option, items, count, s->base);
}

static int read_map(struct scope *s, const struct node *map);

/* Room for the items of a list of maps; NULL: no memory, or too many (complained of). */
static char *room_for_maps(struct scope *s, const struct config_option *option, const struct node *node, size_t count)
{
	if (count > option->max) {
		complain(&s->r->complaints, node->place, "%s: more than %zu entries", "%s: %zu 個を超えています",
		         option->name, (size_t)option->max);
		return NULL;
	}
	if (option->maps->within)
		return field_of(option, s->base);
	return arena_calloc(&s->r->config->arena, count, option->maps->item_size);
}

static void check_item(struct scope *s, const struct config_option *option, void *item, const struct node *map,
                       size_t errors_before)
{
	if (s->r->complaints.errors->errors != errors_before)
		return;
	if (strcmp(option->name, "sign") == 0)
		config_check_rule(s->r, item, map);
	else if (strcmp(option->name, "gateways") == 0)
		config_check_gateway(s->r, item, map);
}

static int read_maps(struct scope *s, const struct config_option *option, const struct node *node)
{
	bool listed = node->kind == NODE_LIST;
	const struct node *first = listed ? node->first : node;
	size_t count = 0, i = 0;

	for (const struct node *n = first; n; n = listed ? n->next : NULL)
		count++;
	char *items = room_for_maps(s, option, node, count);

	if (!items)
		return arena_error(&s->r->config->arena);
	*count_of(option, s->base) = count;
	if (!option->maps->within)
		*(char **)field_of(option, s->base) = items;
	for (const struct node *n = first; n; n = listed ? n->next : NULL, i++) {
		struct scope inner = {s->r, option->maps->options, items + i * option->maps->item_size};
		size_t before = s->r->complaints.errors->errors;
		int error = INKAN_OK;

		if (n->kind == NODE_MAP)
			error = read_map(&inner, n);
		else
			refuse_kind(s, option->name, n, (struct text){"a map of names", "名前と値の組"});
		if (error)
			return error;
		check_item(s, option, inner.base, n, before);
	}
	return INKAN_OK;
}

static int read_option(struct scope *s, const struct config_option *option, const struct node *node)
{
	bool takes_list = option->kind == CONFIG_WORDS || option->kind == CONFIG_NETWORKS;

	if (option->kind == CONFIG_MAPS)
		return node->empty ? INKAN_OK : read_maps(s, option, node);
	if (node->empty) {
		complain(&s->r->complaints, node->place,
		         "%s: no value – write one (%s), or remove the line for the default",
		         "%s: 値がありません – 値を書くか (%s)、行ごと消して既定値にしてください", option->name,
		         takes_list ? "[]" : "\"\"");
		return INKAN_OK;
	}
	if (takes_list)
		return read_list(s, option, node);
	if (node->kind != NODE_WORD)
		refuse_kind(s, option->name, node, (struct text){"a single value", "1 つの値"});
	else
		value_read(s->r, option, item_of(node), s->base);
	return arena_error(&s->r->config->arena);
}

/* ---- defaults ---- */

static int read_standard(struct scope *s, const struct config_option *option)
{
	struct str rest = str_c(option->standard);
	struct item items[8];
	size_t count = 0;

	if (option->kind == CONFIG_MAPS)
		return INKAN_OK;
	if (option->kind != CONFIG_WORDS && option->kind != CONFIG_NETWORKS) {
		value_read(s->r, option, (struct item){rest, {0, 0}}, s->base);
		return arena_error(&s->r->config->arena);
	}
	while (rest.n && count < sizeof items / sizeof *items)
		items[count++] = (struct item){str_split(&rest, ' '), {0, 0}};
	return list_read(s->r, option, items, count, s->base);
}

static int read_standards(struct scope *s)
{
	int error = INKAN_OK;

	for (const struct config_option *o = s->options; o->name && !error; o++)
		if (o->standard)
			error = read_standard(s, o);
	return error;
}

/* ---- maps ---- */

enum { NAME_ROOM = 128, OPTIONS_MAX = 128 /* of one table */ };

/* Which names of a map came already: by option, and sections by their first option. */
struct seen {
	const struct node *options[OPTIONS_MAX], *sections[OPTIONS_MAX];
};

static int read_section(struct scope *s, struct seen *seen, struct str prefix, const struct node *map);

/* The first option within a section; the end of the table where there is none. */
static const struct config_option *first_of_section(const struct config_option *options, struct str name)
{
	const struct config_option *o = options;

	while (o->name && !(strlen(o->name) > name.n && str_has_prefix(str_c(o->name), name) && o->name[name.n] == '.'))
		o++;
	return o;
}

static bool is_repeated(struct scope *s, const struct node **seen, const struct node *key)
{
	if (*seen) {
		complain(&s->r->complaints, key->place,
		         "%.*s stands here twice – the other one is in line %zu; remove one",
		         "「%.*s」が 2 つあります – もう 1 つは %zu 行目です。片方を消してください",
		         STR_ARG(shown(key->word)), (*seen)->place.line);
		return true;
	}
	*seen = key;
	return false;
}

static int read_entry(struct scope *s, struct seen *seen, struct str prefix, const struct node *key)
{
	char name[NAME_ROOM];
	int size = snprintf(name, sizeof name, "%.*s%s%.*s", STR_ARG(prefix), prefix.n ? "." : "", STR_ARG(key->word));
	bool fits = size > 0 && (size_t)size < sizeof name && str_find(key->word, '.') == key->word.n && key->word.n;
	const struct config_option *option = fits ? find_option(s->options, str_c(name)) : NULL;
	const struct config_option *inner = fits ? first_of_section(s->options, str_c(name)) : NULL;

	if (option)
		return is_repeated(s, &seen->options[option - s->options], key) ? INKAN_OK
		                                                                : read_option(s, option, key->value);
	if (!inner || !inner->name)
		refuse_name(s, prefix, key);
	else if (is_repeated(s, &seen->sections[inner - s->options], key))
		return INKAN_OK;
	else if (key->value->kind == NODE_MAP)
		return read_section(s, seen, str_c(name), key->value);
	else if (!key->value->empty)
		refuse_kind(s, name, key->value, (struct text){"a map of names", "名前と値の組"});
	return INKAN_OK;
}

/* prefix: the section's name, "arc.seal"; goes no deeper than names of the table do. */
static int read_section(struct scope *s, struct seen *seen, struct str prefix, const struct node *map)
{
	int error = INKAN_OK;

	for (const struct node *key = map->first; key && !error; key = key->next)
		error = read_entry(s, seen, prefix, key);
	return error;
}

/* map: NULL where the file is empty. */
static int read_map(struct scope *s, const struct node *map)
{
	struct seen seen = {0};
	int error = read_standards(s);

	if (!error && map)
		error = read_section(s, &seen, STR_NULL, map);
	for (const struct config_option *o = s->options; o->name && !error; o++)
		if (!o->standard && !seen.options[o - s->options])
			complain(&s->r->complaints, map ? map->place : (struct place_in){0, 0},
			         "%s is missing – it must be given", "%s がありません – 必ず指定してください", o->name);
	return error;
}

/* ---- the whole ---- */

static int take_keys(struct config_reader *r)
{
	struct config *c = r->config;

	c->keys = arena_calloc(&c->arena, r->key_count, sizeof *c->keys);
	if (!c->keys)
		return arena_error(&c->arena);
	c->key_count = r->key_count;
	for (const struct key_entry *k = r->first_key; k; k = k->later)
		c->keys[k->number] = (struct config_key){k->file, k->at.line, k->at.column};
	return INKAN_OK;
}

static int read_text(struct config_reader *r, struct str text)
{
	struct scope s = {r, config_options, r->config};
	struct node *root = NULL;
	int error = tree_read(&r->scratch, &r->complaints, text, &root);

	if (error)
		return error;
	error = read_map(&s, root);
	error = error ? error : take_keys(r);
	if (!error && r->complaints.errors->errors == 0)
		config_check_whole(r, root);
	error = error ? error : arena_error(&r->scratch);
	error = error ? error : arena_error(&r->config->arena);
	return error ? error : r->complaints.errors->errors ? INKAN_ESYNTAX : INKAN_OK;
}

static struct str folder_of(const char *path)
{
	struct str text = str_c(path);

	return text.n && text.p[0] == '/' ? str_head(text, str_rfind(text, '/') + 1) : STR_NULL;
}

int config_parse(struct str text, const char *path, struct config **out, struct config_errors *errors)
{
	struct config *c = calloc(1, sizeof *c);
	struct config_reader *r = calloc(1, sizeof *r);
	int error = INKAN_ENOMEM;

	errors->count = errors->errors = 0;
	*out = c;
	if (c && r) {
		arena_init(&c->arena, CONFIG_MEMORY_MAX);
		arena_init(&r->scratch, CONFIG_TREE_MAX);
		r->config = c;
		r->complaints = (struct complaints){&c->arena, errors};
		r->folder = folder_of(path);
		c->path = arena_str(&c->arena, str_c(path)).p;
		error = text.n > CONFIG_FILE_MAX ? INKAN_ELIMIT : read_text(r, text);
		arena_release(&r->scratch);
	}
	free(r);
	return error;
}

void config_free(struct config *config)
{
	if (!config)
		return;
	for (size_t i = 0; config->policy.gateways && i < config->policy.gateway_count; i++)
		ipset_release(&config->policy.gateways[i].networks);
	ipset_release(&config->policy.outbound.networks);
	ipset_release(&config->policy.ignored);
	arena_release(&config->arena);
	free(config);
}
