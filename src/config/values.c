/* Single values and lists of words, from text to the fields of struct config. */
#include "config/print.h"
#include "config/reader.h"

/* ---- numbers ---- */

static bool number_with_unit(struct str text, const struct str *units, const uint64_t *factors, size_t count,
                             uint64_t *out)
{
	size_t digits = 0;
	uint64_t number;

	while (digits < text.n && is_digit(text.p[digits]))
		digits++;
	if (!str_to_u64(str_head(text, digits), UINT64_MAX, &number))
		return false;
	struct str unit = str_trim_wsp(str_skip(text, digits));

	for (size_t i = 0; i < count; i++) {
		if (!str_ieq(unit, units[i]))
			continue;
		if (number > UINT64_MAX / factors[i])
			return false;
		*out = number * factors[i];
		return true;
	}
	return false;
}

bool config_duration(struct str text, uint64_t *ms_out)
{
	static const struct str units[] = {{"", 0},  {"ms", 2}, {"s", 1}, {"min", 3},
	                                   {"m", 1}, {"h", 1},  {"d", 1}, {"w", 1}};
	static const uint64_t factors[] = {1000, 1, 1000, 60000, 60000, 3600000, 86400000, 604800000};

	return number_with_unit(text, units, factors, sizeof units / sizeof *units, ms_out);
}

bool config_size(struct str text, uint64_t *octets_out)
{
	static const struct str units[] = {{"", 0},  {"KiB", 3}, {"MiB", 3}, {"GiB", 3},
	                                   {"k", 1}, {"m", 1},   {"g", 1},   {"B", 1}};
	static const uint64_t factors[] = {1, 1 << 10, 1 << 20, 1 << 30, 1 << 10, 1 << 20, 1 << 30, 1};

	return number_with_unit(text, units, factors, sizeof units / sizeof *units, octets_out);
}

static bool octal(struct str text, uint64_t *out)
{
	if (str_ihas_prefix(text, STR("0o")))
		text = str_skip(text, 2);
	if (text.n == 0 || text.n > 6)
		return false;
	for (*out = 0; text.n; text = str_skip(text, 1)) {
		if (text.p[0] < '0' || text.p[0] > '7')
			return false;
		*out = *out << 3 | (uint64_t)(text.p[0] - '0');
	}
	return true;
}

static void store_number(const struct config_option *option, uint64_t value, void *to)
{
	const uint8_t small = (uint8_t)value;
	const uint32_t middle = (uint32_t)value;

	if (option->size == sizeof small)
		memcpy(to, &small, sizeof small);
	else if (option->size == sizeof middle)
		memcpy(to, &middle, sizeof middle);
	else
		memcpy(to, &value, sizeof value);
}

static void complain_of_number(struct config_reader *r, const struct config_option *option, struct item item)
{
	struct str word = shown(item.word);

	switch (option->kind) {
	case CONFIG_MODE:
		complain(&r->complaints, item.at, "%s: “%.*s” is no mode – write it in octal, as in 0660",
		         "%s: 「%.*s」は権限ではありません – 0660 のように 8 進数で書いてください", option->name,
		         STR_ARG(word));
		break;
	case CONFIG_MILLISECONDS:
	case CONFIG_SECONDS:
		complain(&r->complaints, item.at, "%s: “%.*s” is no duration – write it like 250ms, 5s, 10m, 2h or 30d",
		         "%s: 「%.*s」は時間の長さではありません – 250ms、5s、10m、2h、30d のように書いてください",
		         option->name, STR_ARG(word));
		break;
	case CONFIG_OCTETS:
		complain(&r->complaints, item.at, "%s: “%.*s” is no size – write it like 4096, 64MiB or 1GiB",
		         "%s: 「%.*s」は大きさではありません – 4096、64MiB、1GiB のように書いてください", option->name,
		         STR_ARG(word));
		break;
	default:
		complain(&r->complaints, item.at, "%s: “%.*s” is no number – write digits only",
		         "%s: 「%.*s」は数ではありません – 数字だけで書いてください", option->name, STR_ARG(word));
	}
}

/* Reads a number of any kind; what is printed back of min and max is text of the same kind. */
static void read_number(struct config_reader *r, const struct config_option *option, struct item item, void *to)
{
	uint64_t value = 0;
	bool valid = option->kind == CONFIG_MODE     ? octal(item.word, &value)
	             : option->kind == CONFIG_OCTETS ? config_size(item.word, &value)
	             : option->kind == CONFIG_NUMBER ? str_to_u64(item.word, UINT64_MAX, &value)
	                                             : config_duration(item.word, &value);

	if (valid && option->kind == CONFIG_SECONDS) {
		valid = value % 1000 == 0;
		value /= 1000;
	}
	if (!valid) {
		complain_of_number(r, option, item);
	} else if (value < option->min || value > option->max) {
		char least[32], most[32];

		number_print(option, option->min, least);
		number_print(option, option->max, most);
		complain(&r->complaints, item.at, "%s: %.*s is out of range – from %s to %s",
		         "%s: %.*s は範囲外です – %s から %s までです", option->name, STR_ARG(shown(item.word)), least,
		         most);
	} else {
		store_number(option, value, to);
	}
}

/* ---- words ---- */

static void read_flag(struct config_reader *r, const struct config_option *option, struct item item, void *to)
{
	static const struct {
		struct str word;
		bool value;
	} words[] = {{{"yes", 3}, true}, {{"true", 4}, true},   {{"on", 2}, true},
	             {{"no", 2}, false}, {{"false", 5}, false}, {{"off", 3}, false}};

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (str_ieq(item.word, words[i].word)) {
			*(bool *)to = words[i].value;
			return;
		}
	complain(&r->complaints, item.at, "%s: “%.*s” is neither yes nor no",
	         "%s: 「%.*s」は yes でも no でもありません", option->name, STR_ARG(shown(item.word)));
}

/* "tag", "reject" for "tag|||reject" */
static void put_choices(struct buf *out, const char *choices, const char *between)
{
	struct str rest = str_c(choices);
	bool first = true;

	while (rest.n) {
		struct str word = str_split(&rest, '|');

		if (word.n == 0)
			continue;
		buf_put_c(out, first ? "" : between);
		buf_put(out, word);
		first = false;
	}
	buf_put(out, str_from("", 1));
}

static void read_choice(struct config_reader *r, const struct config_option *option, struct item item, void *to)
{
	struct str rest = str_c(option->choices);
	struct buf list;

	for (uint64_t number = 0; rest.n; number++)
		if (str_ieq(str_split(&rest, '|'), item.word) && item.word.n) {
			store_number(option, number, to);
			return;
		}
	buf_init(&list, 512);
	put_choices(&list, option->choices, ", ");
	complain(&r->complaints, item.at, "%s: “%.*s” is none of: %s",
	         "%s: 「%.*s」は指定できません – 次のいずれかです: %s", option->name, STR_ARG(shown(item.word)),
	         buf_error(&list) ? option->choices : list.p);
	buf_release(&list);
}

static void read_canonical(struct config_reader *r, const struct config_option *option, struct item item, void *to)
{
	struct str rest = item.word, words[2];
	enum inkan_canonicalization read[2];

	words[0] = str_split(&rest, '/');
	words[1] = rest.n ? rest : STR("simple"); /* RFC 6376 section 3.5 */
	for (size_t i = 0; i < 2; i++) {
		if (!str_ieq(words[i], STR("relaxed")) && !str_ieq(words[i], STR("simple"))) {
			complain(&r->complaints, item.at, "%s: “%.*s” is no canonicalization – write relaxed/relaxed",
			         "%s: 「%.*s」は正規化の方式ではありません – relaxed/relaxed のように書いてください",
			         option->name, STR_ARG(shown(item.word)));
			return;
		}
		read[i] = str_ieq(words[i], STR("relaxed")) ? INKAN_RELAXED : INKAN_SIMPLE;
	}
	memcpy(to, read, sizeof read);
}

/* Puts the word into its form and into the arena, terminated. False: complained of. */
static bool take_form(struct config_reader *r, const struct config_option *option, struct item *item)
{
	const char *trouble = NULL;

	if (option->form && item->word.n && !option->form(&r->scratch, &item->word, &trouble)) {
		complain(&r->complaints, item->at, "%s: “%.*s”: %s%.0s", "%s: 「%.*s」: %.0s%s", option->name,
		         STR_ARG(shown(item->word)), trouble, trouble_ja(trouble));
		return false;
	}
	item->word = arena_str(&r->config->arena, item->word);
	return true;
}

static void read_word(struct config_reader *r, const struct config_option *option, struct item item, void *to)
{
	bool none = item.word.n == 0 && option->kind == CONFIG_WORD_OR_NULL;

	if (item.word.n == 0 && !option->standard)
		complain(&r->complaints, item.at, "%s: the value is empty – it must be given",
		         "%s: 値が空です – 必ず指定してください", option->name);
	if (take_form(r, option, &item))
		*(const char **)to = none ? NULL : item.word.p;
}

/* ---- files ---- */

static struct str absolute(struct config_reader *r, struct str file)
{
	if (file.n == 0 || file.p[0] == '/')
		return arena_str(&r->config->arena, file);
	char *text = arena_text(&r->config->arena, r->folder.n + file.n + 1);

	if (!text)
		return STR_NULL;
	if (r->folder.n)
		memcpy(text, r->folder.p, r->folder.n);
	memcpy(text + r->folder.n, file.p, file.n);
	text[r->folder.n + file.n] = '\0';
	return str_from(text, r->folder.n + file.n);
}

static struct key_entry *find_key(struct config_reader *r, struct str file, struct place_in at)
{
	struct key_entry **bucket = &r->buckets[str_hash(file, 0) % KEY_BUCKETS];

	for (struct key_entry *k = *bucket; k; k = k->next)
		if (str_eq(str_c(k->file), file))
			return k;
	struct key_entry *made = arena_calloc(&r->scratch, 1, sizeof *made);

	if (!made)
		return NULL;
	*made = (struct key_entry){.file = file.p, .number = r->key_count++, .at = at, .next = *bucket};
	*bucket = made;
	if (r->last_key)
		r->last_key->later = made;
	else
		r->first_key = made;
	return r->last_key = made;
}

static void read_key(struct config_reader *r, const struct config_option *option, struct item item, void *to)
{
	struct key_entry *key;

	*(size_t *)to = CONFIG_NO_KEY;
	if (item.word.n == 0) {
		if (!option->standard)
			complain(&r->complaints, item.at, "%s: the value is empty – it must be given",
			         "%s: 値が空です – 必ず指定してください", option->name);
		return;
	}
	item.word = absolute(r, item.word);
	if (!item.word.p)
		return;
	key = find_key(r, item.word, item.at);
	if (key && r->key_count > CONFIG_KEYS_MAX)
		complain(&r->complaints, item.at, "more than %d files of keys", "鍵ファイルが %d 個を超えています",
		         (int)CONFIG_KEYS_MAX);
	if (key)
		*(size_t *)to = key->number;
}

void value_read(struct config_reader *r, const struct config_option *option, struct item item, void *base)
{
	void *to = field_of(option, base);

	switch (option->kind) {
	case CONFIG_WORD:
	case CONFIG_WORD_OR_NULL:
		read_word(r, option, item, to);
		break;
	case CONFIG_FILE:
		*(const char **)to = absolute(r, item.word).p;
		break;
	case CONFIG_KEY:
		read_key(r, option, item, to);
		break;
	case CONFIG_FLAG:
		read_flag(r, option, item, to);
		break;
	case CONFIG_CHOICE:
		read_choice(r, option, item, to);
		break;
	case CONFIG_CANONICAL:
		read_canonical(r, option, item, to);
		break;
	default:
		read_number(r, option, item, to);
	}
}

/* ---- lists ---- */

static int read_networks(struct config_reader *r, const struct config_option *option, const struct item *items,
                         size_t count, const char **words, struct ipset *set)
{
	struct config_written *written = arena_calloc(&r->config->arena, 1, sizeof *written);

	if (!written)
		return arena_error(&r->config->arena);
	ipset_release(set);
	for (size_t i = 0; i < count; i++) {
		const char *trouble = "";
		int error = ipset_add(set, items[i].word, &trouble);

		if (error == INKAN_ESYNTAX)
			complain(&r->complaints, items[i].at, "%s: “%.*s”: %s%.0s", "%s: 「%.*s」: %.0s%s",
			         option->name, STR_ARG(shown(items[i].word)), trouble, trouble_ja(trouble));
		else if (error)
			return error;
		words[i] = arena_str(&r->config->arena, items[i].word).p;
	}
	ipset_finish(set);
	*written = (struct config_written){set, {words, count}, r->config->written};
	r->config->written = written;
	return arena_error(&r->config->arena);
}

int list_read(struct config_reader *r, const struct config_option *option, const struct item *items, size_t count,
              void *base)
{
	const char **words = arena_calloc(&r->config->arena, count, sizeof *words);
	size_t max = option->max ? (size_t)option->max : CONFIG_LIST_MAX;

	if (!words)
		return arena_error(&r->config->arena);
	if (count > max) {
		complain(&r->complaints, items[max].at, "%s: more than %zu entries", "%s: %zu 個を超えています",
		         option->name, max);
		return INKAN_OK;
	}
	if (option->kind == CONFIG_NETWORKS)
		return read_networks(r, option, items, count, words, field_of(option, base));
	for (size_t i = 0; i < count; i++) {
		struct item item = items[i];

		if (item.word.n == 0)
			complain(&r->complaints, item.at, "%s: an empty entry – remove it",
			         "%s: 空の項目です – 消してください", option->name);
		else if (take_form(r, option, &item))
			words[i] = item.word.p;
	}
	*(struct word_list *)field_of(option, base) = (struct word_list){words, count};
	return arena_error(&r->config->arena);
}

size_t *count_of(const struct config_option *option, void *base)
{
	return (size_t *)(void *)((char *)base + option->maps->count_offset);
}
