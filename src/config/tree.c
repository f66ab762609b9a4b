#include "config/tree.h"

#include <yaml.h>

/* A list or map that is not closed yet. */
struct level {
	struct node *node, *last; /* last: its latest item or key */
	bool value_wanted;        /* MAP: the next node is the value of `last` */
};

struct builder {
	struct arena *arena;
	struct complaints *complaints;
	struct node *root;
	struct level levels[CONFIG_DEPTH_MAX];
	size_t depth, nodes, documents;
	bool failed;
};

/* libyaml's words for what it cannot read, as far as people meet them, in ours. */
static const struct {
	const char *problem;
	struct text text;
} problems[] = {
	{"found character that cannot start any token",
         {"a character that cannot begin a value – indent with spaces, not tabs, and put quotes round a value that "
          "begins "
          "with @ ` % or the like",
          "値の先頭に使えない文字です – 字下げにはタブではなく空白を使い、@ ` % "
          "などで始まる値は引用符で囲んでください"}},
	{"found a tab character where an indentation space is expected",
         {"a tab – indent with spaces", "タブがあります – 字下げには空白を使ってください"}},
	{"found a tab character that violates indentation",
         {"a tab – indent with spaces", "タブがあります – 字下げには空白を使ってください"}},
	{"mapping values are not allowed in this context",
         {"a “:” where none can be – is the line indented like its neighbours, and a value with “: ” in quotes?",
          "ここに「:」は置けません – 字下げが前後の行と揃っているか、「: "
          "」を含む値が引用符で囲まれているか確かめてください"}},
	{"did not find expected key",
         {"no “name: value” here – is the line indented like its neighbours?",
          "「名前: 値」の形ではありません – 字下げが前後の行と揃っているか確かめてください"}},
	{"could not find expected ':'",
         {"a name without “:” – write “name: value”", "名前の後に「:」がありません – 「名前: 値」と書いてください"}},
	{"did not find expected '-' indicator",
         {"a list goes on without “-” – begin each item with “- ”",
          "リストの途中で「-」がありません – 各項目を「- 」で始めてください"}},
	{"did not find expected ',' or ']'",
         {"a list in brackets that is not closed – put “]” behind its last item",
          "角括弧のリストが閉じられていません – 最後の項目の後に「]」を書いてください"}},
	{"did not find expected ',' or '}'",
         {"a map in braces that is not closed – put “}” behind its last item",
          "波括弧が閉じられていません – 最後の項目の後に「}」を書いてください"}},
	{"found unexpected end of stream",
         {"the file ends within quotes – close them",
          "引用符の途中でファイルが終わっています – 引用符を閉じてください"}},
	{"found unknown escape character",
         {"an unknown escape behind “\\” – use single quotes where “\\” means itself",
          "「\\」の後の文字が不明です – 「\\」をそのまま使うときは単一引用符で囲んでください"}},
	{"block sequence entries are not allowed in this context",
         {"a list item “- ” where none can be – begin it on a line of its own",
          "ここに「- 」は置けません – 新しい行で始めてください"}},
	{"control characters are not allowed",
         {"a control character – the file is plain text in UTF-8",
          "制御文字があります – ファイルは UTF-8 のテキストでなければなりません"}},
	{"found undefined alias",
         {"aliases (*name) are not taken – write the value out",
          "エイリアス (*名前) は使えません – 値をそのまま書いてください"}},
	{"did not find expected alphabetic or numeric character",
         {"“*” or “&” in front of a value – put it in quotes: \"*.example.com\"",
          "値が「*」または「&」で始まっています – \"*.example.com\" のように引用符で囲んでください"}},
	{"did not find expected <document start>",
         {"more behind the end of the document – a file holds one",
          "文書の終わりの後に続きがあります – 1 ファイルに 1 文書です"}},
};

static struct place_in place_of(yaml_mark_t mark)
{
	return (struct place_in){mark.line + 1, mark.column + 1};
}

static void refuse(struct builder *b, struct place_in at, struct text text)
{
	complain_text(b->complaints, at, text);
	b->failed = true;
}

/* ---- building ---- */

static struct node *new_node(struct builder *b, enum node_kind kind, yaml_mark_t mark)
{
	struct node *node;

	if (++b->nodes > CONFIG_NODES_MAX) {
		refuse(b, place_of(mark),
		       (struct text){"too large: more than 2,000,000 values in one file",
		                     "大きすぎます: 1 ファイルの値は 2,000,000 個までです"});
		return NULL;
	}
	node = arena_calloc(b->arena, 1, sizeof *node);
	if (node)
		*node = (struct node){.kind = kind, .place = place_of(mark)};
	return node;
}

static void add_key(struct builder *b, struct level *level, struct node *key)
{
	if (key->kind != NODE_WORD) {
		refuse(b, key->place,
		       (struct text){"a name must be a word, not a list or a map",
		                     "名前は単語でなければなりません (リストや入れ子は使えません)"});
		return;
	}
	if (level->last)
		level->last->next = key;
	else
		level->node->first = key;
	level->last = key;
	level->value_wanted = true;
}

static void add(struct builder *b, struct node *node)
{
	struct level *level = b->depth ? &b->levels[b->depth - 1] : NULL;

	if (!level) {
		b->root = node;
	} else if (level->value_wanted) {
		level->last->value = node;
		level->value_wanted = false;
	} else if (level->node->kind == NODE_MAP) {
		add_key(b, level, node);
	} else {
		if (level->last)
			level->last->next = node;
		else
			level->node->first = node;
		level->last = node;
	}
}

static void open_level(struct builder *b, enum node_kind kind, yaml_mark_t mark)
{
	struct node *node;

	if (b->depth == CONFIG_DEPTH_MAX) {
		refuse(b, place_of(mark),
		       (struct text){"nested too deeply – no option needs that",
		                     "入れ子が深すぎます – これほど深い設定項目はありません"});
		return;
	}
	node = new_node(b, kind, mark);
	if (!node)
		return;
	add(b, node);
	b->levels[b->depth++] = (struct level){.node = node};
}

static bool stands_for_nothing(const yaml_event_t *event)
{
	struct str word = str_from((const char *)event->data.scalar.value, event->data.scalar.length);

	return event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
	       (word.n == 0 || str_eq(word, STR("~")) || str_eq(word, STR("null")));
}

/* Quotes can hold any character: those that no value has are refused here, once for all. */
static bool has_control(struct str word)
{
	for (size_t i = 0; i < word.n; i++)
		if ((unsigned char)word.p[i] < ' ' || word.p[i] == 0x7f)
			return true;
	return false;
}

static void take_word(struct builder *b, const yaml_event_t *event)
{
	struct str word = str_from((const char *)event->data.scalar.value, event->data.scalar.length);
	struct node *node = new_node(b, NODE_WORD, event->start_mark);

	if (!node)
		return;
	if (event->data.scalar.anchor || event->data.scalar.tag)
		refuse(b, node->place,
		       (struct text){"anchors (&name) and tags (!type) are not taken – write the value alone",
		                     "アンカー (&名前) とタグ (!型) は使えません – 値だけを書いてください"});
	if (word.n > CONFIG_WORD_MAX)
		refuse(b, node->place,
		       (struct text){"a value of more than 4,096 octets – is a quote missing?",
		                     "値が 4,096 オクテットを超えています – 引用符の閉じ忘れではありませんか?"});
	if (has_control(word))
		refuse(b, node->place,
		       (struct text){"a control character or line end within a value – values are one line of text",
		                     "値の中に制御文字か改行があります – 値は 1 行のテキストです"});
	node->word = arena_str(b->arena, word);
	node->empty = stands_for_nothing(event);
	add(b, node);
}

/* Takes one event; false: that was the last one. */
static bool take_event(struct builder *b, const yaml_event_t *event)
{
	switch (event->type) {
	case YAML_STREAM_END_EVENT:
		return false;
	case YAML_DOCUMENT_START_EVENT:
		if (++b->documents > 1)
			refuse(b, place_of(event->start_mark),
			       (struct text){
				       "a second document – a file holds one; remove this “---”",
				       "2 つ目の文書です – 1 ファイルに 1 文書です。この「---」を消してください"});
		if (event->data.document_start.version_directive ||
		    event->data.document_start.tag_directives.start != event->data.document_start.tag_directives.end)
			refuse(b, place_of(event->start_mark),
			       (struct text){"directives (%YAML, %TAG) are not taken – remove the line",
			                     "ディレクティブ (%YAML、%TAG) は使えません – この行を消してください"});
		break;
	case YAML_ALIAS_EVENT:
		refuse(b, place_of(event->start_mark),
		       (struct text){
			       "aliases (*name) are not taken – write the value out, or a pattern in quotes: "
			       "\"*.example.com\"",
			       "エイリアス (*名前) は使えません – 値をそのまま書くか、パターンなら \"*.example.com\" と"
			       "引用符で囲んでください"});
		break;
	case YAML_SCALAR_EVENT:
		take_word(b, event);
		break;
	case YAML_SEQUENCE_START_EVENT:
	case YAML_MAPPING_START_EVENT:
		if (event->type == YAML_SEQUENCE_START_EVENT
		            ? event->data.sequence_start.anchor || event->data.sequence_start.tag
		            : event->data.mapping_start.anchor || event->data.mapping_start.tag)
			refuse(b, place_of(event->start_mark),
			       (struct text){"anchors (&name) and tags (!type) are not taken – write the value alone",
			                     "アンカー (&名前) とタグ (!型) は使えません – 値だけを書いてください"});
		open_level(b, event->type == YAML_SEQUENCE_START_EVENT ? NODE_LIST : NODE_MAP, event->start_mark);
		break;
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		b->depth--;
		break;
	default:
		break;
	}
	return !b->failed && !arena_error(b->arena);
}

/* ---- reading ---- */

/* Octets that are no UTF-8 have an offset only. */
static struct place_in place_of_offset(struct str text, size_t offset)
{
	struct place_in at = {1, 1};

	for (size_t i = 0; i < offset && i < text.n; i++) {
		at.column++;
		if (text.p[i] == '\n')
			at = (struct place_in){at.line + 1, 1};
	}
	return at;
}

static void refuse_yaml(struct builder *b, const yaml_parser_t *yaml, struct str text)
{
	const char *problem = yaml->problem ? yaml->problem : "";
	struct place_in at = place_of(yaml->problem_mark);

	b->failed = true;
	if (yaml->error == YAML_READER_ERROR)
		at = place_of_offset(text, yaml->problem_offset);
	for (size_t i = 0; i < sizeof problems / sizeof *problems; i++)
		if (strcmp(problems[i].problem, problem) == 0) {
			complain_text(b->complaints, at, problems[i].text);
			return;
		}
	if (yaml->error == YAML_READER_ERROR)
		complain_text(
			b->complaints, at,
			(struct text){"octets that are not UTF-8 – save the file as UTF-8",
		                      "UTF-8 ではないオクテットがあります – ファイルを UTF-8 で保存してください"});
	else
		complain(b->complaints, at, "not YAML: %s", "YAML として読めません: %s", problem);
}

static int build(struct builder *b, yaml_parser_t *yaml, struct str text)
{
	bool more = true;

	while (more) {
		yaml_event_t event;

		if (!yaml_parser_parse(yaml, &event)) {
			if (yaml->error == YAML_MEMORY_ERROR)
				return INKAN_ENOMEM;
			refuse_yaml(b, yaml, text);
			break;
		}
		more = take_event(b, &event);
		yaml_event_delete(&event);
	}
	return arena_error(b->arena) ? arena_error(b->arena) : b->failed ? INKAN_ESYNTAX : INKAN_OK;
}

int tree_read(struct arena *arena, struct complaints *complaints, struct str text, struct node **out)
{
	struct builder b = {.arena = arena, .complaints = complaints};
	yaml_parser_t yaml;
	int error;

	if (!yaml_parser_initialize(&yaml))
		return INKAN_ENOMEM;
	yaml_parser_set_encoding(&yaml, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&yaml, (const unsigned char *)(text.p ? text.p : ""), text.n);
	error = build(&b, &yaml, text);
	yaml_parser_delete(&yaml);
	if (!error && b.root && b.root->kind == NODE_WORD && b.root->empty)
		b.root = NULL;
	if (!error && b.root && b.root->kind != NODE_MAP) {
		complain_text(complaints, b.root->place,
		              (struct text){"no options here – write “name: value” lines",
		                            "設定項目がありません – 「名前: 値」の行を書いてください"});
		error = INKAN_ESYNTAX;
	}
	if (!error)
		*out = b.root;
	return error;
}

/* ---- looking up ---- */

const struct node *tree_value(const struct node *map, struct str key)
{
	if (!map || map->kind != NODE_MAP)
		return NULL;
	for (const struct node *n = map->first; n; n = n->next)
		if (str_eq(n->word, key))
			return n->value;
	return NULL;
}

const struct node *tree_option(const struct node *root, struct str dotted)
{
	while (root && dotted.n)
		root = tree_value(root, str_split(&dotted, '.'));
	return root;
}
