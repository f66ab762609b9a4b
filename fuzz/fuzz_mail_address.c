/* Address lists: no mailbox without a domain, positions inside the text, and an addr-spec printed anew gives the same. */
#include <assert.h>
#include <stdlib.h>

#include "core/buf.h"
#include "core/utf8.h"
#include "mail/address.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* "local"@domain, every octet of the local part quoted that needs it */
static void put_addr_spec(struct buf *out, const struct mailbox *m)
{
	buf_put_char(out, '"');
	for (size_t i = 0; i < m->local_part.n; i++) {
		if (m->local_part.p[i] == '"' || m->local_part.p[i] == '\\')
			buf_put_char(out, '\\');
		buf_put_char(out, m->local_part.p[i]);
	}
	buf_put_c(out, "\"@");
	buf_put(out, m->domain);
}

static void check_again(const struct mailbox *m, struct arena *arena)
{
	struct address_list again;
	struct buf text;

	buf_init(&text, SIZE_MAX);
	put_addr_spec(&text, m);
	address_list_parse(arena, buf_str(&text), &again);
	if (again.error || again.count != 1 || !str_eq(again.mailboxes[0].domain, m->domain) ||
	    !str_eq(again.mailboxes[0].local_part, m->local_part))
		abort();
	buf_release(&text);
}

static void check_mailbox(const struct mailbox *m, size_t size, bool no_error, struct arena *arena)
{
	assert(m->domain.n > 0 && m->position < size);
	bool literal = m->domain.p[0] == '[';

	assert(literal ? m->domain.p[m->domain.n - 1] == ']' : utf8_is_valid(m->domain));
	for (size_t i = 0; i < m->domain.n && !literal; i++)
		assert((unsigned char)m->domain.p[i] > ' ' && m->domain.p[i] != 0x7f &&
		       !strchr("()<>[]:;@\\,\"", m->domain.p[i]));
	/* a quoted pair or an error may have put into a text what has to be quoted there */
	if (no_error && !literal)
		check_again(m, arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct address_list list;
	struct arena arena;

	arena_init(&arena, 64 << 20);
	if (size > 1 << 16)
		return 0;
	address_list_parse(&arena, str_from((const char *)data, size), &list);
	assert(list.count <= ADDRESS_LIST_MAX && address_error_text(list.error));
	assert(list.error != ADDRESS_NO_MEMORY && list.error_position <= size);
	assert(list.count > 0 || list.error != ADDRESS_OK);
	for (size_t i = 0; i < list.count; i++)
		check_mailbox(&list.mailboxes[i], size, list.error == ADDRESS_OK, &arena);
	arena_release(&arena);
	return 0;
}
