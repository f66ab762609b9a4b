/* Objects that go through a pipeline, and how PowerShell prints them: as a table, as "Name : value", as JSON. */
#pragma once

#include "cli/output.h"
#include "core/arena.h"
#include "core/json.h"

enum { OBJECT_PROPERTIES_MAX = 40, OBJECT_TABLE_MAX = 4 /* more properties are printed as a list */ };

enum property_kind { PROPERTY_TEXT, PROPERTY_FLAG, PROPERTY_NUMBER, PROPERTY_NONE /* has no value: null */ };

struct property {
	const char *name;
	enum property_kind kind;
	struct str value; /* as people read it; "True", "False" of a flag */
};

struct object {
	struct property properties[OBJECT_PROPERTIES_MAX];
	size_t count;
	struct object *next;
};

enum object_form { OBJECT_AS_IS, OBJECT_TABLE, OBJECT_LIST, OBJECT_JSON };

struct object_list {
	struct object *first, **last;
	size_t count;
	const char *const *table; /* properties of the default table, ended by NULL */
	bool is_selected;         /* the properties were chosen: all of them are shown */
	enum object_form form;
	bool is_one; /* asked for by name: JSON is an object, not an array */
};

void object_list_init(struct object_list *list, const char *const *table);
/* In the arena, added at the end; NULL: no memory. */
struct object *object_add(struct arena *arena, struct object_list *list);
/* The value is copied to the arena. */
void object_put(struct arena *arena, struct object *o, const char *name, enum property_kind kind, struct str value);

/* Keeps the properties of these names, in this order; "*" stands for any characters, case does not count. A name without match becomes
 * one without value, as PowerShell has it, and is warned of. */
INKAN_MUST_CHECK int object_list_select(struct arena *arena, struct ui *ui, struct object_list *list,
                                        const struct str *names, size_t count);
void object_list_print(struct buf *out, const struct object_list *list);
