#include <stdlib.h>

#include "check/finding.h"
#include "core/utf8.h"

enum {
	ARG_MAX_OCTETS = 200, /* of one {0}; a fix may quote a whole Ed25519 record */
	FINDINGS_FIRST = 8    /* room at first */
};

const struct finding_kind private_key_kind = {
	"private_key",
	SEVERITY_ERROR,
	"",
	{"!!! THIS IS A PRIVATE KEY: whoever has it can sign mail in your name",
         "!!! これは秘密鍵です: 手に入れた者はあなたの名前でメールに署名できます"},
	{"never publish or send it; if it left your server, make a new key (inkan key generate), publish "
         "that one and revoke this one",
         "公開も送信もしないでください。すでにサーバーの外に出ているなら、新しい鍵を作り (inkan key generate) "
         "それを公開して、この鍵を失効させてください"}};

const char *severity_name(enum severity severity)
{
	static const char *const names[] = {
		[SEVERITY_INFO] = "info",
		[SEVERITY_WARNING] = "warning",
		[SEVERITY_ERROR] = "error",
	};

	return names[severity];
}

void findings_init(struct findings *f, struct arena *arena)
{
	*f = (struct findings){.arena = arena};
}

/* The beginning of s, cut between characters. */
static struct str cut(struct str s)
{
	size_t n = 0;

	if (s.n <= ARG_MAX_OCTETS)
		return s;
	while (n < ARG_MAX_OCTETS) {
		size_t character = utf8_char_size(str_skip(s, n));

		n += character ? character : 1;
	}
	return str_head(s, n);
}

/* The template with its arguments, terminated, in the arena. */
static const char *fill(struct arena *arena, const char *template, const struct str *args)
{
	struct str rest = str_c(template), text;
	struct buf out;

	buf_init(&out, strlen(template) + FINDING_ARGS * 3 * (ARG_MAX_OCTETS + 8));
	while (rest.n) {
		if (args && rest.n >= 3 && rest.p[0] == '{' && rest.p[2] == '}' && rest.p[1] >= '0' &&
		    rest.p[1] < '0' + FINDING_ARGS) {
			struct str arg = args[rest.p[1] - '0'];

			buf_put(&out, cut(arg));
			buf_put_c(&out, arg.n > ARG_MAX_OCTETS ? "…" : "");
			rest = str_skip(rest, 3);
		} else {
			buf_put_char(&out, *rest.p);
			rest = str_skip(rest, 1);
		}
	}
	text = buf_error(&out) == INKAN_OK ? arena_str(arena, buf_str(&out)) : STR_NULL;
	if (buf_error(&out) != INKAN_OK && arena->error == INKAN_OK)
		arena->error = buf_error(&out);
	buf_release(&out);
	return text.p ? text.p : "";
}

struct text finding_text(struct arena *arena, struct text template, const struct str args[FINDING_ARGS])
{
	return (struct text){fill(arena, template.en, args), fill(arena, template.ja, args)};
}

static bool has_room(struct findings *f)
{
	size_t capacity = f->capacity ? f->capacity * 2 : FINDINGS_FIRST;
	struct finding *items;

	if (f->count < f->capacity)
		return true;
	items = arena_calloc(f->arena, capacity, sizeof(*items));
	if (!items)
		return false;
	if (f->count)
		memcpy(items, f->items, f->count * sizeof(*items));
	f->items = items;
	f->capacity = capacity;
	return true;
}

struct finding *findings_add_in_two(struct findings *f, const struct finding_kind *kind, size_t position,
                                    const struct str en[FINDING_ARGS], const struct str ja[FINDING_ARGS])
{
	if (!has_room(f))
		return NULL;

	struct finding *item = &f->items[f->count++];

	*item = (struct finding){
		.kind = kind,
		.severity = kind->severity,
		.position = position,
		.text = {fill(f->arena, kind->text.en, en), fill(f->arena, kind->text.ja, ja)},
		.fix = {fill(f->arena, kind->fix.en, en), fill(f->arena, kind->fix.ja, ja)},
	};
	return item;
}

struct finding *findings_add(struct findings *f, const struct finding_kind *kind, size_t position,
                             const struct str args[FINDING_ARGS])
{
	return findings_add_in_two(f, kind, position, args, args);
}

void findings_take(struct findings *f, const struct finding *finding)
{
	if (!has_room(f))
		return;
	f->items[f->count] = *finding;
	f->items[f->count++].position = FINDING_NOWHERE;
}

const struct finding *findings_find(const struct findings *f, const struct finding_kind *kind)
{
	for (size_t i = 0; i < f->count; i++)
		if (f->items[i].kind == kind)
			return &f->items[i];
	return NULL;
}

enum severity findings_worst(const struct findings *f)
{
	enum severity worst = SEVERITY_INFO;

	for (size_t i = 0; i < f->count; i++)
		if (f->items[i].severity > worst)
			worst = f->items[i].severity;
	return worst;
}

static bool comes_before(const struct finding *a, const struct finding *b)
{
	return a->severity != b->severity ? a->severity > b->severity : a->position < b->position;
}

void findings_sort(struct findings *f)
{
	/* by insertion: few, and equal ones keep their order */
	for (size_t i = 1; i < f->count; i++) {
		struct finding item = f->items[i];
		size_t k = i;

		for (; k > 0 && comes_before(&item, &f->items[k - 1]); k--)
			f->items[k] = f->items[k - 1];
		f->items[k] = item;
	}
}

struct str finding_number(struct arena *arena, uint64_t number)
{
	char digits[20];
	size_t n = sizeof(digits);

	do
		digits[--n] = (char)('0' + number % 10);
	while (number /= 10);
	return arena_str(arena, str_from(digits + n, sizeof(digits) - n));
}
