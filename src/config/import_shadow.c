/* An import for a trial beside the old program: in shadow mode, with a socket, a user and copies of keys of its own, so that nothing
 * of the old program has to be touched. Which commands make the copies is told. */
#include <stdlib.h>

#include "config/import_parts.h"

#define KEY_FOLDER "/etc/inkan/keys"
#define SOCKET_FOLDER "/var/spool/postfix/inkan"

/* ---- settings ---- */

static bool is_own(const char *option)
{
	static const char *const names[] = {"mode", "user", "milter.listen", "milter.socket_mode",
	                                    "milter.socket_group"};

	for (size_t k = 0; k < sizeof names / sizeof *names; k++)
		if (strcmp(option, names[k]) == 0)
			return true;
	return false;
}

static void drop_settings(struct import *i)
{
	struct import_setting **link = &i->settings;

	while (*link) {
		if (is_own((*link)->option->name))
			*link = (*link)->next;
		else
			link = &(*link)->next;
	}
}

/* What was said of socket and user does not hold here. */
static void drop_notes(struct import *i)
{
	size_t kept = 0;

	for (size_t k = 0; k < i->note_count; k++) {
		const char *word = i->notes[k].word;

		if (strcmp(word, "Socket") != 0 && strcmp(word, "UMask") != 0 && strcmp(word, "UserID") != 0)
			i->notes[kept++] = i->notes[k];
	}
	i->note_count = kept;
}

/* ---- keys ---- */

/* The copy of a key: its whole path, below the folder of keys. Other than absolute paths stay. */
static struct str copy_of(struct import *i, struct str file)
{
	struct str folder = STR(KEY_FOLDER);
	char *p;

	if (!file.n || file.p[0] != '/' ||
	    (str_has_prefix(file, folder) && str_has_prefix(str_skip(file, folder.n), STR("/"))))
		return file;
	p = arena_text(&i->arena, folder.n + file.n);
	if (!p)
		return file;
	memcpy(p, folder.p, folder.n);
	memcpy(p + folder.n, file.p, file.n);
	return str_from(p, folder.n + file.n);
}

static void copy(struct import *i, struct str *file)
{
	struct str to = copy_of(i, *file);

	if (to.p == file->p)
		return;
	import_words_add(i, &i->copied, *file);
	*file = to;
}

static void copy_keys(struct import *i)
{
	for (struct import_rule *rule = i->first_rule; rule; rule = rule->next)
		for (size_t k = 0; k < rule->key_count; k++)
			copy(i, &rule->keys[k].file);
	for (struct import_setting *s = i->settings; s; s = s->next)
		if (strcmp(s->option->name, "arc.seal.file") == 0 && s->words.last)
			copy(i, &s->words.last->word);
}

void import_shadow(struct import *i)
{
	drop_settings(i);
	drop_notes(i);
	import_set(i, "mode", STR("shadow"), 0, "mode");
	import_set(i, "milter.listen", STR("unix:" SOCKET_FOLDER "/milter.sock"), 0, "milter.listen");
	import_set(i, "milter.socket_group", STR("postfix"), 0, "milter.socket_group");
	copy_keys(i);
}

/* ---- commands ---- */

static int compare(const void *a, const void *b)
{
	struct str x = *(const struct str *)a, y = *(const struct str *)b;
	int order = memcmp(x.p, y.p, x.n < y.n ? x.n : y.n); /* they begin with "/" */

	return order ? order : (x.n > y.n) - (x.n < y.n);
}

static bool is_plain(struct str path)
{
	for (size_t k = 0; k < path.n; k++)
		if (!is_alpha(path.p[k]) && !is_digit(path.p[k]) && !memchr("/._-+@%:,=", path.p[k], 11))
			return false;
	return true;
}

/* As one word of a shell. */
static void put_word(struct buf *out, struct str path)
{
	if (is_plain(path)) {
		buf_put(out, path);
		return;
	}
	buf_put_char(out, '\'');
	for (size_t k = 0; k < path.n; k++)
		if (path.p[k] == '\'')
			buf_put_c(out, "'\\''");
		else
			buf_put_char(out, path.p[k]);
	buf_put_char(out, '\'');
}

static void put_copy(struct buf *out, struct str from)
{
	buf_put_c(out, "install -D -m 0600 ");
	put_word(out, from);
	buf_put_char(out, ' ');
	/* a path in quotes begins with one: the folder goes in front of it all the same */
	buf_put_c(out, KEY_FOLDER);
	put_word(out, from);
	buf_put_char(out, '\n');
}

int import_commands(struct import *i, struct buf *out)
{
	struct str *paths = arena_calloc(&i->arena, i->copied.count + 1, sizeof *paths);
	size_t count = 0;

	if (!paths)
		return arena_error(&i->arena);
	for (const struct import_word *w = i->copied.first; w; w = w->next)
		paths[count++] = w->word;
	qsort(paths, count, sizeof *paths, compare);
	for (size_t k = 0; k < count; k++)
		if (k == 0 || !str_eq(paths[k], paths[k - 1]))
			put_copy(out, paths[k]);
	buf_put_c(out, "install -d -g postfix -m 0750 " SOCKET_FOLDER "\n");
	return arena_error(&i->arena) ? arena_error(&i->arena) : buf_error(out);
}
