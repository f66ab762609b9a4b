#include "dkim/mail.h"

#include <stdio.h>

#include "support/case.h"

void put_changed(struct buf *out, struct str text, const char *find, const char *put)
{
	size_t at = find ? str_search(text, str_c(find)) : text.n;

	if (find)
		assert_true(at < text.n);
	buf_put(out, str_head(text, at));
	if (find) {
		buf_put_c(out, put);
		buf_put(out, str_skip(text, at + strlen(find)));
	}
	assert_int_equal(buf_error(out), INKAN_OK);
}

const char *make_record(char *room, size_t size, const char *pattern, enum forge_key key)
{
	const char *mark = strstr(pattern, "%s");
	const char *other = strstr(pattern, "(other)");

	if (other)
		snprintf(room, size, "%.*s%s", (int)(other - pattern), pattern, forge_p(FORGE_RSA2048_OTHER));
	else if (mark)
		snprintf(room, size, "%.*s%s%s", (int)(mark - pattern), pattern, forge_p(key), mark + 2);
	else
		snprintf(room, size, "%s", pattern);
	return room;
}

void assert_fault(const struct inkan_dkim_result *r, enum dkim_fault_id id)
{
	const struct dkim_fault *want = dkim_fault(id);

	if (strcmp(r->reason, want->reason) != 0)
		fail_msg("reason \"%s\" instead of \"%s\"", r->reason, want->reason);
	assert_int_equal(r->result, want->result);
	assert_int_equal(r->cause, want->cause);
	assert_int_equal(r->explanation, want->explanation);
	assert_string_equal(r->section, want->section);
}
