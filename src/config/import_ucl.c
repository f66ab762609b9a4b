#include "config/import_ucl.h"

#include "core/cursor.h"

/* A map or list that is not closed yet. */
struct level {
	struct node *node, *last;
};

struct ucl {
	struct import *i;
	struct cursor c;
	struct level levels[UCL_DEPTH_MAX];
	size_t depth, nodes;
	size_t line; /* of `counted` */
	const char *counted;
	bool failed;
};

static struct place_in place(struct ucl *u)
{
	for (; u->counted < u->c.at; u->counted++)
		u->line += *u->counted == '\n';
	return (struct place_in){u->line, 0};
}

static void refuse(struct ucl *u, const char *en, const char *ja)
{
	if (!u->failed)
		import_note(u->i, IMPORT_WRONG, place(u).line, "", "%s%.0s – the rest is left out",
		            "%.0s%s – 残りは省きました", en, ja);
	u->failed = true;
}

/* ---- words ---- */

static bool is_end_of_line(char c)
{
	return c == '\n';
}

static bool is_in_line(char c)
{
	return !is_end_of_line(c);
}

/* White space, comments and what separates values. */
static void skip(struct ucl *u)
{
	for (;;) {
		struct str rest = cursor_rest(&u->c);

		if (rest.n && (is_fws_char(rest.p[0]) || rest.p[0] == ';' || rest.p[0] == ',')) {
			u->c.at++;
		} else if (rest.n && rest.p[0] == '#') {
			(void)cursor_while(&u->c, is_in_line);
		} else if (str_has_prefix(rest, STR("/*"))) {
			size_t end = str_search(rest, STR("*/"));

			u->c.at += end < rest.n ? end + 2 : rest.n;
		} else {
			return;
		}
	}
}

/* White space within a line, before a value. */
static void skip_blanks(struct ucl *u)
{
	while (!cursor_done(&u->c) && is_wsp(*u->c.at))
		u->c.at++;
}

static bool is_bare(char c)
{
	return !is_fws_char(c) && !strchr(";,{}[]\"'#", c);
}

/* "text", where "\" keeps the next character; 'text' */
static struct str quoted(struct ucl *u)
{
	char quote = *u->c.at++;
	const char *begin = u->c.at;
	char *text = arena_text(&u->i->arena,
	                        (size_t)(u->c.end - begin < CONFIG_WORD_MAX ? u->c.end - begin : CONFIG_WORD_MAX) + 1);
	size_t n = 0;

	while (text && !cursor_done(&u->c) && *u->c.at != quote && n < CONFIG_WORD_MAX) {
		if (*u->c.at == '\\' && quote == '"' && u->c.end - u->c.at > 1)
			u->c.at++;
		text[n++] = *u->c.at++;
	}
	if (!cursor_accept(&u->c, quote))
		refuse(u, "quotes that are not closed", "引用符が閉じられていません");
	return text ? str_from(text, n) : STR_NULL;
}

static struct str bare(struct ucl *u, bool is_key)
{
	const char *begin = u->c.at;

	while (!cursor_done(&u->c) && is_bare(*u->c.at) && !(is_key && (*u->c.at == '=' || *u->c.at == ':')))
		u->c.at++;
	struct str word = str_from(begin, (size_t)(u->c.at - begin));

	if (word.n > CONFIG_WORD_MAX)
		refuse(u, "a word that is too long", "長すぎる単語があります");
	return word;
}

static struct str word(struct ucl *u, bool is_key)
{
	char c = cursor_peek(&u->c);

	return c == '"' || c == '\'' ? quoted(u) : bare(u, is_key);
}

/* ---- the tree ---- */

static struct node *new_node(struct ucl *u, enum node_kind kind, struct str text)
{
	struct node *node = ++u->nodes > UCL_NODES_MAX ? NULL : arena_calloc(&u->i->arena, 1, sizeof *node);

	if (u->nodes > UCL_NODES_MAX)
		refuse(u, "too many values", "値が多すぎます");
	if (node)
		*node = (struct node){.kind = kind, .place = place(u), .word = text};
	return node;
}

static void append(struct level *level, struct node *node)
{
	if (level->last)
		level->last->next = node;
	else
		level->node->first = node;
	level->last = node;
}

/* Begins a map or list; as the value of `key`, or as an item. */
static void open_level(struct ucl *u, enum node_kind kind, struct node *key)
{
	struct node *node = u->depth == UCL_DEPTH_MAX ? NULL : new_node(u, kind, STR_NULL);

	if (u->depth == UCL_DEPTH_MAX)
		refuse(u, "nested too deeply", "入れ子が深すぎます");
	if (!node)
		return;
	if (key)
		key->value = node;
	else
		append(&u->levels[u->depth - 1], node);
	u->levels[u->depth++] = (struct level){.node = node};
}

static void take_value(struct ucl *u, struct node *key)
{
	char c = cursor_peek(&u->c);
	struct node *node;

	if (c == '{' || c == '[') {
		u->c.at++;
		open_level(u, c == '{' ? NODE_MAP : NODE_LIST, key);
		return;
	}
	node = new_node(u, NODE_WORD, word(u, false));
	if (!node)
		return;
	if (key)
		key->value = node;
	else
		append(&u->levels[u->depth - 1], node);
}

/* "name example.com {": a map in a map */
static void take_named(struct ucl *u, struct node *key)
{
	struct node *inner;

	skip_blanks(u);
	if (cursor_peek(&u->c) != '{' || !key->value || key->value->kind != NODE_WORD)
		return;
	inner = new_node(u, NODE_WORD, key->value->word);
	key->value->kind = NODE_MAP;
	key->value->first = inner;
	u->c.at++;
	if (inner)
		open_level(u, NODE_MAP, inner);
}

static void take_entry(struct ucl *u)
{
	struct node *key = new_node(u, NODE_WORD, word(u, true));

	if (!key || u->failed)
		return;
	if (key->word.n == 0) {
		refuse(u, "no name where one is wanted", "名前があるべき所にありません");
		return;
	}
	if (key->word.p[0] == '.') {
		import_note(u->i, IMPORT_WRONG, key->place.line, "", "%.*s is not followed – import that file as well",
		            "%.*s は読みません – そのファイルも移行してください", STR_ARG(shown(key->word)));
		(void)cursor_while(&u->c, is_in_line);
		return;
	}
	skip_blanks(u);
	if (cursor_accept(&u->c, '=') || cursor_accept(&u->c, ':'))
		skip_blanks(u);
	while (!cursor_done(&u->c) && is_fws_char(*u->c.at))
		u->c.at++;
	append(&u->levels[u->depth - 1], key);
	take_value(u, key);
	if (key->value && key->value->kind == NODE_WORD)
		take_named(u, key);
}

static void step(struct ucl *u)
{
	struct level *level = &u->levels[u->depth - 1];
	const char *before = u->c.at;
	char c = cursor_peek(&u->c);

	if (c == '}' || c == ']') {
		u->c.at++;
		if (u->depth > 1 && (level->node->kind == NODE_MAP) == (c == '}'))
			u->depth--;
		else
			refuse(u, "a bracket too many", "括弧が余っています");
	} else if (level->node->kind == NODE_MAP) {
		take_entry(u);
	} else {
		take_value(u, NULL);
	}
	if (u->c.at == before)
		refuse(u, "a character that has no place here", "ここに置けない文字があります");
}

/* A name without value is none. */
static void drop_empty(struct node *root)
{
	if (!root)
		return;
	for (struct node **link = &root->first; *link;)
		if (root->kind == NODE_MAP && !(*link)->value)
			*link = (*link)->next;
		else
			link = &(*link)->next;
}

const struct node *ucl_read(struct import *i, struct str text)
{
	struct ucl u = {.i = i, .c = cursor_from(text), .line = 1};
	struct node *root;

	u.counted = u.c.begin;
	root = new_node(&u, NODE_MAP, STR_NULL);
	u.levels[u.depth++] = (struct level){.node = root};
	while (root && !u.failed && !arena_error(&i->arena)) {
		skip(&u);
		if (cursor_done(&u.c))
			break;
		step(&u);
	}
	if (u.depth > 1 && !u.failed)
		refuse(&u, "a bracket that is not closed", "括弧が閉じられていません");
	drop_empty(root);
	return root;
}
