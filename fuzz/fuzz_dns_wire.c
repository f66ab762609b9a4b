/* Replies off the wire: the first octet chooses the type, the rest is the packet; the question is a.example. */
#include <assert.h>
#include <stdlib.h>

#include "dns/evidence.h"
#include "dns/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum dns_type types[] = {DNS_TXT, DNS_A,  DNS_AAAA,  DNS_MX, DNS_PTR,
	                                      DNS_SPF, DNS_NS, DNS_CNAME, DNS_SOA};
	struct arena arena;
	struct dns_answer answer;
	struct evidence *e;

	if (size == 0 || size > 65536 || evidence_new(NULL, 0, 0, &e))
		return 0;
	enum dns_type type = types[data[0] % (sizeof(types) / sizeof(*types))];

	arena_init(&arena, 4 << 20);
	if (!wire_answer_parse(&arena, str_from((const char *)data + 1, size - 1), type, STR("a.example"), &answer)) {
		assert((answer.status == DNS_ANSWER) == (answer.count > 0));
		if (evidence_add(e, type, STR("a.example"), &answer))
			abort();
		assert(evidence_find(e, type, STR("a.example"))->count == answer.count);
	}
	struct wire_reply reply;

	arena_reset(&arena);
	if (!wire_reply_parse(&arena, str_from((const char *)data + 1, size - 1), type, STR("a.example"), &reply)) {
		assert((reply.answer.status == DNS_ANSWER) == (reply.answer.count > 0));
		assert(!reply.alias.n || reply.answer.status == DNS_NODATA);
	}
	arena_release(&arena);
	evidence_free(e);
	return 0;
}
