/* Values as text that reads back to the same. */
#pragma once

#include "config/options.h"
#include "core/json.h"

/* A number of any kind of option: "0660", "90d", "64MiB". At most 31 characters. */
void number_print(const struct config_option *option, uint64_t value, char out[static 32]);
/* The value of an option that is no list of maps, as YAML: “unix:/run/x”, “[a, b]”. base: as for `offset`. */
void value_print(const struct config *config, const struct config_option *option, const void *base, struct buf *out);
/* The default of an option in the same form. */
void standard_print(const struct config_option *option, struct buf *out);
/* A word, in quotes where it needs them. */
void yaml_word(struct buf *out, struct str word);
/* All options as a JSON array of objects: name, value, default, changed, help; the items of a list of maps as objects of the
 * values that they have. config NULL: names, defaults and helps only, those within lists of maps as “sign[].from”. */
INKAN_MUST_CHECK int config_json(const struct config *config, bool changed_only, enum language language,
                                 struct json *j);
/* "milter:" and the like above an option, as far as the option before (NULL: none) did not stand in that section. Returns the indent
 * of the option's last name. */
size_t section_print(struct buf *out, const char *before, struct str name);
void indent_print(struct buf *out, size_t columns);
