#include "config/print.h"

#include <stdio.h>

/* ---- numbers ---- */

struct unit {
	uint64_t factor;
	const char *name;
};

static void print_with_unit(uint64_t value, const struct unit *units, char out[static 32])
{
	while (units->factor > 1 && (value == 0 || value % units->factor))
		units++;
	snprintf(out, 32, "%llu%s", (unsigned long long)(value / units->factor), units->name);
}

void number_print(const struct config_option *option, uint64_t value, char out[static 32])
{
	static const struct unit milliseconds[] = {
		{86400000, "d"}, {3600000, "h"}, {60000, "m"}, {1000, "s"}, {1, "ms"}};
	static const struct unit seconds[] = {{86400, "d"}, {3600, "h"}, {60, "m"}, {1, "s"}};
	static const struct unit octets[] = {{1 << 30, "GiB"}, {1 << 20, "MiB"}, {1 << 10, "KiB"}, {1, ""}};

	switch (option->kind) {
	case CONFIG_MODE:
		snprintf(out, 32, "%04o", (unsigned)value);
		break;
	case CONFIG_MILLISECONDS:
		print_with_unit(value, milliseconds, out);
		break;
	case CONFIG_SECONDS:
		print_with_unit(value, seconds, out);
		break;
	case CONFIG_OCTETS:
		print_with_unit(value, octets, out);
		break;
	default:
		snprintf(out, 32, "%llu", (unsigned long long)value);
	}
}

static uint64_t stored_number(const struct config_option *option, const void *from)
{
	uint8_t small;
	uint32_t middle;
	uint64_t large;

	if (option->size == sizeof small)
		return memcpy(&small, from, sizeof small), small;
	if (option->size == sizeof middle)
		return memcpy(&middle, from, sizeof middle), middle;
	return memcpy(&large, from, sizeof large), large;
}

/* ---- words ---- */

static bool may_be_plain(struct str word)
{
	if (word.n == 0 || str_eq(word, STR("null")) ||
	    !(is_alpha(word.p[0]) || is_digit(word.p[0]) || word.p[0] == '/' || (word.p[0] == '.' && word.n > 1)))
		return false;
	for (size_t i = 0; i < word.n; i++) {
		char c = word.p[i];

		if (!is_alpha(c) && !is_digit(c) && !(c && strchr("._/@+-:", c)))
			return false;
	}
	return word.p[word.n - 1] != ':';
}

void yaml_word(struct buf *out, struct str word)
{
	if (may_be_plain(word)) {
		buf_put(out, word);
		return;
	}
	buf_put_char(out, '"');
	for (size_t i = 0; i < word.n; i++) {
		if (word.p[i] == '"' || word.p[i] == '\\')
			buf_put_char(out, '\\');
		buf_put_char(out, word.p[i]);
	}
	buf_put_char(out, '"');
}

static void print_words(struct buf *out, const struct word_list *list)
{
	buf_put_char(out, '[');
	for (size_t i = 0; i < list->count; i++) {
		buf_put_c(out, i ? ", " : "");
		yaml_word(out, str_c(list->words[i]));
	}
	buf_put_char(out, ']');
}

static void print_networks(const struct config *config, const struct ipset *set, struct buf *out)
{
	static const struct word_list none;
	const struct config_written *w = config->written;

	while (w && w->set != set)
		w = w->next;
	print_words(out, w ? &w->words : &none);
}

static void print_choice(struct buf *out, const char *choices, uint64_t number)
{
	struct str rest = str_c(choices);

	while (number--)
		(void)str_split(&rest, '|');
	buf_put(out, str_split(&rest, '|'));
}

static void print_canonical(struct buf *out, const void *from)
{
	enum inkan_canonicalization forms[2];

	memcpy(forms, from, sizeof forms);
	buf_printf(out, "%s/%s", forms[0] == INKAN_RELAXED ? "relaxed" : "simple",
	           forms[1] == INKAN_RELAXED ? "relaxed" : "simple");
}

void value_print(const struct config *config, const struct config_option *option, const void *base, struct buf *out)
{
	const void *from = (const char *)base + option->offset;
	char number[32];
	size_t key;

	switch (option->kind) {
	case CONFIG_WORD:
	case CONFIG_WORD_OR_NULL:
	case CONFIG_FILE:
		yaml_word(out, str_c(*(const char *const *)from));
		break;
	case CONFIG_KEY:
		key = *(const size_t *)from;
		yaml_word(out, key < config->key_count ? str_c(config->keys[key].file) : STR_NULL);
		break;
	case CONFIG_WORDS:
		print_words(out, from);
		break;
	case CONFIG_NETWORKS:
		print_networks(config, from, out);
		break;
	case CONFIG_FLAG:
		buf_put_c(out, *(const bool *)from ? "yes" : "no");
		break;
	case CONFIG_CHOICE:
		print_choice(out, option->choices, stored_number(option, from));
		break;
	case CONFIG_CANONICAL:
		print_canonical(out, from);
		break;
	default:
		number_print(option, stored_number(option, from), number);
		buf_put_c(out, number);
	}
}

/* ---- the whole ---- */

void standard_print(const struct config_option *option, struct buf *out)
{
	struct str rest = str_c(option->standard);

	if (option->kind == CONFIG_WORDS || option->kind == CONFIG_NETWORKS) {
		buf_put_char(out, '[');
		for (size_t i = 0; rest.n; i++) {
			buf_put_c(out, i ? ", " : "");
			yaml_word(out, str_split(&rest, ' '));
		}
		buf_put_char(out, ']');
	} else if (option->kind == CONFIG_MAPS) {
		buf_put_c(out, "[]");
	} else if (option->kind <= CONFIG_KEY) {
		yaml_word(out, rest);
	} else {
		buf_put(out, rest);
	}
}

/* The value of an option, and whether it is the default. Errors are in the buffer. */
static bool print_and_compare(const struct config *config, const struct config_option *option, const void *base,
                              struct buf *scratch)
{
	size_t size;

	buf_clear(scratch);
	value_print(config, option, base, scratch);
	size = scratch->n;
	if (!option->standard)
		return false;
	standard_print(option, scratch);
	return str_eq(str_head(buf_str(scratch), size), str_skip(buf_str(scratch), size));
}

struct printer {
	const struct config *config;
	struct buf *out, scratch;
};

void indent_print(struct buf *out, size_t columns)
{
	while (columns--)
		buf_put_char(out, ' ');
}

static void print_value_line(struct printer *p, const struct config_option *option, const void *base)
{
	buf_put_c(p->out, ": ");
	value_print(p->config, option, base, p->out);
	buf_put_char(p->out, '\n');
}

static void print_maps(struct printer *p, const struct config_option *option, const void *base, size_t columns);

/* One item of a list of maps; goes no deeper than the tables do. */
static void print_map(struct printer *p, const struct config_option *options, const void *item, size_t columns)
{
	bool first = true;

	for (const struct config_option *o = options; o->name; o++) {
		if (o->kind != CONFIG_MAPS && print_and_compare(p->config, o, item, &p->scratch))
			continue;
		indent_print(p->out, columns);
		buf_put_c(p->out, first ? "- " : "  ");
		buf_put_c(p->out, o->name);
		if (o->kind == CONFIG_MAPS)
			print_maps(p, o, item, columns + 2);
		else
			print_value_line(p, o, item);
		first = false;
	}
}

static void print_maps(struct printer *p, const struct config_option *option, const void *base, size_t columns)
{
	size_t count = *(const size_t *)(const void *)((const char *)base + option->maps->count_offset);
	const char *items = (const char *)base + option->offset;

	if (!option->maps->within)
		items = *(const char *const *)(const void *)items;
	buf_put_c(p->out, count ? ":\n" : ": []\n");
	for (size_t i = 0; i < count; i++)
		print_map(p, option->maps->options, items + i * option->maps->item_size, columns + 2);
}

size_t section_print(struct buf *out, const char *before, struct str name)
{
	struct str rest = name;
	size_t columns = 0, at;

	while ((at = str_find(rest, '.')) < rest.n) {
		size_t end = (size_t)(rest.p - name.p) + at + 1;

		if (!before || strncmp(before, name.p, end) != 0) {
			indent_print(out, columns);
			buf_put(out, str_head(rest, at));
			buf_put_c(out, ":\n");
			before = NULL;
		}
		columns += 2;
		rest = str_skip(rest, at + 1);
	}
	return columns;
}

static bool is_changed(struct printer *p, const struct config_option *option)
{
	const char *base = (const char *)p->config;

	if (option->kind == CONFIG_MAPS)
		return *(const size_t *)(const void *)(base + option->maps->count_offset) > 0;
	return !print_and_compare(p->config, option, base, &p->scratch);
}

int config_print(const struct config *config, bool changed_only, struct buf *out)
{
	struct printer p = {.config = config, .out = out};
	const char *before = NULL;
	int error;

	buf_init(&p.scratch, 2 * (size_t)CONFIG_FILE_MAX);
	for (const struct config_option *o = config_options; o->name; o++) {
		struct str name = str_c(o->name);

		if (changed_only && !is_changed(&p, o))
			continue;
		size_t columns = section_print(out, before, name);

		indent_print(out, columns);
		buf_put(out, str_skip(name, str_rfind(name, '.') < name.n ? str_rfind(name, '.') + 1 : 0));
		if (o->kind == CONFIG_MAPS)
			print_maps(&p, o, config, columns);
		else
			print_value_line(&p, o, config);
		before = o->name;
	}
	error = buf_error(&p.scratch) ? buf_error(&p.scratch) : buf_error(out);
	buf_release(&p.scratch);
	return error;
}

/* ---- JSON ---- */

static void json_words(struct json *j, const struct word_list *list)
{
	json_array_begin(j);
	for (size_t i = 0; list && i < list->count; i++)
		json_str(j, str_c(list->words[i]));
	json_array_end(j);
}

/* The value without quotes of YAML. */
static void json_value(struct printer *p, struct json *j, const struct config_option *option, const void *base)
{
	const void *from = (const char *)base + option->offset;
	const struct config_written *w = p->config->written;
	size_t key;

	switch (option->kind) {
	case CONFIG_WORD:
	case CONFIG_WORD_OR_NULL:
	case CONFIG_FILE:
		json_str(j, str_c(*(const char *const *)from));
		break;
	case CONFIG_KEY:
		key = *(const size_t *)from;
		json_str(j, key < p->config->key_count ? str_c(p->config->keys[key].file) : STR_NULL);
		break;
	case CONFIG_WORDS:
		json_words(j, from);
		break;
	case CONFIG_NETWORKS:
		while (w && w->set != from)
			w = w->next;
		json_words(j, w ? &w->words : NULL);
		break;
	case CONFIG_FLAG:
		json_bool(j, *(const bool *)from);
		break;
	case CONFIG_NUMBER:
		json_i64(j, (int64_t)stored_number(option, from));
		break;
	default:
		buf_clear(&p->scratch);
		value_print(p->config, option, base, &p->scratch);
		json_str(j, buf_str(&p->scratch));
	}
}

static void json_maps(struct printer *p, struct json *j, const struct config_option *option, const void *base);

static void json_map(struct printer *p, struct json *j, const struct config_option *options, const void *item)
{
	json_object_begin(j);
	for (const struct config_option *o = options; o->name; o++) {
		if (o->kind != CONFIG_MAPS && print_and_compare(p->config, o, item, &p->scratch))
			continue;
		json_key(j, o->name);
		if (o->kind == CONFIG_MAPS)
			json_maps(p, j, o, item);
		else
			json_value(p, j, o, item);
	}
	json_object_end(j);
}

static void json_maps(struct printer *p, struct json *j, const struct config_option *option, const void *base)
{
	size_t count = *(const size_t *)(const void *)((const char *)base + option->maps->count_offset);
	const char *items = (const char *)base + option->offset;

	if (!option->maps->within)
		items = *(const char *const *)(const void *)items;
	json_array_begin(j);
	for (size_t i = 0; i < count; i++)
		json_map(p, j, option->maps->options, items + i * option->maps->item_size);
	json_array_end(j);
}

static void json_option(struct printer *p, struct json *j, enum language language, const struct config_option *option,
                        struct str name)
{
	json_object_begin(j);
	json_key_str(j, "name", name);
	if (p->config) {
		json_key(j, "value");
		if (option->kind == CONFIG_MAPS)
			json_maps(p, j, option, p->config);
		else
			json_value(p, j, option, p->config);
		json_key_bool(j, "changed", is_changed(p, option));
	}
	json_key(j, "default");
	if (option->standard) {
		buf_clear(&p->scratch);
		standard_print(option, &p->scratch);
		json_str(j, buf_str(&p->scratch));
	} else {
		json_null_value(j);
	}
	json_key_c(j, "help", text_in(language, option->help));
	json_object_end(j);
}

enum { DEPTH_OF_TABLES = 3 /* sign, its keys */ };

/* “sign[].keys[].file” and the like; goes through the tables without calling itself. */
static void json_items(struct printer *p, struct json *j, enum language language, const struct config_option *option)
{
	const struct config_option *at[DEPTH_OF_TABLES] = {option->maps->options};
	size_t depth = 1;
	struct buf name;

	buf_init(&name, 256);
	while (depth) {
		const struct config_option *o = at[depth - 1];

		if (!o->name) {
			if (--depth)
				at[depth - 1]++;
			continue;
		}
		buf_clear(&name);
		buf_printf(&name, "%s[].", option->name);
		for (size_t i = 0; i + 1 < depth; i++)
			buf_printf(&name, "%s[].", at[i]->name);
		buf_put_c(&name, o->name);
		json_option(p, j, language, o, buf_str(&name));
		if (o->kind == CONFIG_MAPS && depth < DEPTH_OF_TABLES)
			at[depth++] = o->maps->options;
		else
			at[depth - 1]++;
	}
	p->scratch.error = p->scratch.error ? p->scratch.error : buf_error(&name);
	buf_release(&name);
}

int config_json(const struct config *config, bool changed_only, enum language language, struct json *j)
{
	struct printer p = {.config = config};
	int error;

	buf_init(&p.scratch, 2 * (size_t)CONFIG_FILE_MAX);
	json_array_begin(j);
	for (const struct config_option *o = config_options; o->name; o++) {
		if (config && changed_only && !is_changed(&p, o))
			continue;
		json_option(&p, j, language, o, str_c(o->name));
		if (!config && o->kind == CONFIG_MAPS)
			json_items(&p, j, language, o);
	}
	json_array_end(j);
	error = buf_error(&p.scratch) ? buf_error(&p.scratch) : buf_error(j->out);
	buf_release(&p.scratch);
	return error;
}
