/* What reading a configuration shares between its parts. */
#pragma once

#include "config/complain.h"
#include "config/options.h"
#include "config/tree.h"

enum { KEY_BUCKETS = 4096 };

/* A file of a key, by its path. */
struct key_entry {
	const char *file;
	size_t number;
	struct place_in at;
	struct key_entry *next, *later; /* of its bucket; in the order of numbers */
};

struct config_reader {
	struct config *config;
	struct complaints complaints;
	struct arena scratch; /* the tree, and what else is needed only while reading */
	struct str folder;    /* put before relative file names, with its final "/"; may be empty */
	struct key_entry *buckets[KEY_BUCKETS];
	struct key_entry *first_key, *last_key;
	size_t key_count;
};

/* A word and its place. */
struct item {
	struct str word;
	struct place_in at;
};

/* Reads one word for an option of one value; base: what the offset counts from. Complains where it does not fit. */
void value_read(struct config_reader *r, const struct config_option *option, struct item item, void *base);
/* The same for CONFIG_WORDS and CONFIG_NETWORKS. Errors of memory are in config->arena, or returned. */
INKAN_MUST_CHECK int list_read(struct config_reader *r, const struct config_option *option, const struct item *items,
                               size_t count, void *base);
/* The field of an option. */
static inline void *field_of(const struct config_option *option, void *base)
{
	return (char *)base + option->offset;
}
size_t *count_of(const struct config_option *option, void *base);

/* What no single value shows: rules that cannot match, settings that contradict each other. */
void config_check_whole(struct config_reader *r, const struct node *root);
/* One map of a list, when its own options are read; at: where it begins. */
void config_check_rule(struct config_reader *r, struct signing_rule *rule, const struct node *map);
void config_check_gateway(struct config_reader *r, const struct trusted_gateway *gateway, const struct node *map);
