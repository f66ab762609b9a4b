#include "cli/pipeline_object.h"

enum { CELL_MAX = 60 /* columns of a cell of a table; what is longer is cut with an ellipsis */ };

void object_list_init(struct object_list *list, const char *const *table)
{
	*list = (struct object_list){.table = table};
	list->last = &list->first;
}

struct object *object_add(struct arena *arena, struct object_list *list)
{
	struct object *o = arena_calloc(arena, 1, sizeof *o);

	if (!o)
		return NULL;
	*list->last = o;
	list->last = &o->next;
	list->count++;
	return o;
}

void object_put(struct arena *arena, struct object *o, const char *name, enum property_kind kind, struct str value)
{
	if (o->count < OBJECT_PROPERTIES_MAX)
		o->properties[o->count++] = (struct property){name, kind, arena_str(arena, value)};
}

/* ---- choosing ---- */

/* "*" stands for any characters. Each star is tried to the end once: no recursion. */
static bool matches(struct str pattern, struct str name)
{
	size_t p = 0, n = 0, star = SIZE_MAX, mark = 0;

	while (n < name.n) {
		if (p < pattern.n && pattern.p[p] == '*') {
			star = p++;
			mark = n;
		} else if (p < pattern.n &&
		           str_ieq(str_head(str_skip(pattern, p), 1), str_head(str_skip(name, n), 1))) {
			p++;
			n++;
		} else if (star != SIZE_MAX) {
			p = star + 1;
			n = ++mark;
		} else {
			return false;
		}
	}
	while (p < pattern.n && pattern.p[p] == '*')
		p++;
	return p == pattern.n;
}

static bool has(const struct object *o, const char *name)
{
	for (size_t i = 0; i < o->count; i++)
		if (str_ieq(str_c(o->properties[i].name), str_c(name)))
			return true;
	return false;
}

/* Adds what the pattern means of `from` to `to`. */
static bool choose(const struct object *from, struct str pattern, struct object *to)
{
	bool found = false;

	for (size_t i = 0; i < from->count; i++)
		if (matches(pattern, str_c(from->properties[i].name))) {
			found = true;
			if (!has(to, from->properties[i].name) && to->count < OBJECT_PROPERTIES_MAX)
				to->properties[to->count++] = from->properties[i];
		}
	return found;
}

static void warn_of(struct ui *ui, struct str name)
{
	ui_warning(ui, NOWHERE,
	           TEXT(ui, "there is no property “%.*s” – “fl *” shows all",
	                "「%.*s」というプロパティはありません – 「fl *」ですべて表示します"),
	           STR_ARG(name));
}

int object_list_select(struct arena *arena, struct ui *ui, struct object_list *list, const struct str *names,
                       size_t count)
{
	struct object *chosen = arena_calloc(arena, 1, sizeof *chosen);

	if (!chosen)
		return arena_error(arena);
	for (struct object *o = list->first; o; o = o->next) {
		chosen->count = 0;
		for (size_t i = 0; i < count; i++)
			if (!choose(o, names[i], chosen) && chosen->count < OBJECT_PROPERTIES_MAX) {
				chosen->properties[chosen->count++] =
					(struct property){arena_str(arena, names[i]).p, PROPERTY_NONE, STR_NULL};
				if (o == list->first)
					warn_of(ui, names[i]);
			}
		if (arena_error(arena))
			return arena_error(arena);
		memcpy(o->properties, chosen->properties, sizeof o->properties);
		o->count = chosen->count;
	}
	list->is_selected = true;
	return INKAN_OK;
}

/* ---- printing ---- */

static size_t widest_name(const struct object *o)
{
	size_t widest = 0;

	for (size_t i = 0; i < o->count; i++) {
		size_t n = text_columns(str_c(o->properties[i].name));

		widest = n > widest ? n : widest;
	}
	return widest;
}

static void print_list(struct buf *out, const struct object_list *list)
{
	for (const struct object *o = list->first; o; o = o->next) {
		size_t widest = widest_name(o);

		for (size_t i = 0; i < o->count; i++) {
			const struct property *p = &o->properties[i];

			text_padded(out, str_c(p->name), widest);
			buf_put_c(out, " : ");
			safe_text(out, p->value);
			buf_put_char(out, '\n');
		}
		buf_put_c(out, o->next ? "\n" : "");
	}
}

static const struct property *find(const struct object *o, const char *name)
{
	static const struct property none = {"", PROPERTY_NONE, {NULL, 0}};

	for (size_t i = 0; i < o->count; i++)
		if (str_ieq(str_c(o->properties[i].name), str_c(name)))
			return &o->properties[i];
	return &none;
}

static size_t width_of(const struct object_list *list, const char *name)
{
	size_t widest = text_columns(str_c(name));

	for (const struct object *o = list->first; o; o = o->next) {
		size_t n = text_columns(find(o, name)->value);

		widest = n > widest ? n : widest;
	}
	return widest < CELL_MAX ? widest : CELL_MAX;
}

/* The heads, a line of dashes, the values. Trailing blanks are harmless, and PowerShell prints them too. */
static void print_table(struct buf *out, const struct object_list *list)
{
	const char *names[OBJECT_PROPERTIES_MAX];
	size_t widths[OBJECT_PROPERTIES_MAX], count = 0;

	if (!list->first)
		return;
	if (list->is_selected)
		for (; count < list->first->count; count++)
			names[count] = list->first->properties[count].name;
	else
		for (; list->table[count]; count++)
			names[count] = list->table[count];
	for (size_t i = 0; i < count; i++) {
		widths[i] = width_of(list, names[i]);
		text_padded(out, str_c(names[i]), widths[i] + 1);
	}
	buf_put_char(out, '\n');
	for (size_t i = 0; i < count; i++) {
		for (size_t k = 0; k < strlen(names[i]); k++)
			buf_put_char(out, '-');
		for (size_t k = strlen(names[i]); k <= widths[i]; k++)
			buf_put_char(out, ' ');
	}
	buf_put_char(out, '\n');
	for (const struct object *o = list->first; o; o = o->next) {
		for (size_t i = 0; i < count; i++) {
			struct buf safe;

			buf_init(&safe, 64 * 1024);
			safe_text(&safe, find(o, names[i])->value);
			text_padded(out, buf_str(&safe), widths[i]);
			buf_put_char(out, ' ');
			buf_release(&safe);
		}
		buf_put_char(out, '\n');
	}
}

static void print_value(struct json *j, const struct property *p)
{
	uint64_t number;

	if (p->kind == PROPERTY_NONE)
		json_null_value(j);
	else if (p->kind == PROPERTY_FLAG)
		json_bool(j, str_eq(p->value, STR("True")));
	else if (p->kind == PROPERTY_NUMBER && str_to_u64(p->value, INT64_MAX, &number))
		json_i64(j, (int64_t)number);
	else
		json_str(j, p->value);
}

static void print_json(struct buf *out, const struct object_list *list)
{
	struct json j = json_to(out);

	if (!list->is_one)
		json_array_begin(&j);
	for (const struct object *o = list->first; o; o = o->next) {
		json_object_begin(&j);
		for (size_t i = 0; i < o->count; i++) {
			json_key(&j, o->properties[i].name);
			print_value(&j, &o->properties[i]);
		}
		json_object_end(&j);
	}
	if (!list->is_one)
		json_array_end(&j);
	buf_put_char(out, '\n');
}

void object_list_print(struct buf *out, const struct object_list *list)
{
	bool is_long = list->is_selected && list->first && list->first->count > OBJECT_TABLE_MAX;

	if (list->form == OBJECT_JSON)
		print_json(out, list);
	else if (list->form == OBJECT_LIST || (list->form == OBJECT_AS_IS && is_long))
		print_list(out, list);
	else
		print_table(out, list);
}
