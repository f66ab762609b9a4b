/* Lines for `inkan powershell`: what is read, written again in single quotes and read again is the same. */
#include <assert.h>
#include <stdlib.h>

#include "cli/pipeline.h"
#include "core/buf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void put_quoted(struct buf *out, struct str text)
{
	buf_put_char(out, '\'');
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '\'')
			buf_put_char(out, '\'');
		buf_put_char(out, text.p[i]);
	}
	buf_put_c(out, "' ");
}

/* Typographic quotation marks would need to be doubled too: such texts are left out, and lines that became too long. */
static bool can_be_quoted(const struct pipeline *p)
{
	size_t n = 0;

	for (size_t i = 0; i < p->count; i++)
		for (size_t k = 0; k < p->stages[i].count; k++) {
			struct str text = p->stages[i].words[k].text;

			if (str_search(text, STR("\xe2\x80")) < text.n)
				return false;
			n += 2 * text.n + 6;
		}
	return n <= PIPELINE_LINE_MAX;
}

static void check(const struct pipeline *want)
{
	struct pipeline_trouble trouble;
	struct pipeline got;
	struct arena arena;
	struct buf line;

	buf_init(&line, SIZE_MAX / 2);
	arena_init(&arena, SIZE_MAX);
	for (size_t i = 0; i < want->count; i++) {
		buf_put_c(&line, i ? "|" : "");
		for (size_t k = 0; k < want->stages[i].count; k++)
			put_quoted(&line, want->stages[i].words[k].text);
	}
	if (pipeline_read(&arena, buf_str(&line), &got, &trouble))
		abort();
	assert(got.count == want->count);
	for (size_t i = 0; i < want->count; i++) {
		assert(got.stages[i].count == want->stages[i].count);
		for (size_t k = 0; k < want->stages[i].count; k++)
			assert(str_eq(got.stages[i].words[k].text, want->stages[i].words[k].text));
	}
	arena_release(&arena);
	buf_release(&line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pipeline_trouble trouble = {{NULL, NULL}, 0};
	struct pipeline p;
	struct arena arena;

	arena_init(&arena, SIZE_MAX);
	int code = pipeline_read(&arena, str_from((const char *)data, size), &p, &trouble);

	if (code == INKAN_ESYNTAX)
		assert(trouble.what.en && trouble.column >= 1 && trouble.column <= size + 1);
	else if (code)
		abort();
	else if (can_be_quoted(&p))
		check(&p);
	arena_release(&arena);
	return 0;
}
