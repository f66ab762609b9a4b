/* A YAML text as a tree of words, lists and maps, each with its place (libyaml reads, this keeps).
 *
 * Only the plain part of YAML is taken: one document, no anchors, aliases, tags or directives, keys that are words. Nothing
 * is interpreted: 0660, yes and 2026-01-01 are words like any other. */
#pragma once

#include "config/complain.h"
#include "core/arena.h"

enum {
	CONFIG_DEPTH_MAX = 8,        /* lists and maps within each other; the options need 5 */
	CONFIG_NODES_MAX = 2000000,  /* words, lists and maps of a file */
	CONFIG_WORD_MAX = 4096,      /* octets of a word */
	CONFIG_TREE_MAX = 512 << 20, /* octets of memory for a tree */
};

enum node_kind { NODE_WORD, NODE_LIST, NODE_MAP };

struct node {
	enum node_kind kind;
	struct place_in place;
	struct str word;    /* WORD: terminated behind its end; of a map's entry: its key */
	bool empty;         /* WORD: a value that was left out, "~" or "null" */
	struct node *first; /* LIST: its items; MAP: its keys */
	struct node *value; /* of a key */
	struct node *next;  /* the next item or key */
};

/* *out: the root, a map; NULL where the text holds nothing. Lives in the arena, which is only for trees (CONFIG_TREE_MAX).
 * INKAN_ESYNTAX: complained of. INKAN_ENOMEM, INKAN_ELIMIT. */
INKAN_MUST_CHECK int tree_read(struct arena *arena, struct complaints *complaints, struct str text, struct node **out);
/* The value of a key, NULL where the map (or NULL) has none. */
const struct node *tree_value(const struct node *map, struct str key);
/* The value of "section.name"; NULL where there is none. */
const struct node *tree_option(const struct node *root, struct str dotted);
