#include "check/iprev.h"

enum { NAME_ROOM = 80 /* 32 nibbles with their dots, and ".ip6.arpa" */ };

static struct str name_of_ipv4(struct buf *out, const unsigned char address[16])
{
	for (int i = 3; i >= 0; i--)
		buf_printf(out, "%u.", address[i]);
	buf_put_c(out, "in-addr.arpa");
	return buf_str(out);
}

static struct str name_of_ipv6(struct buf *out, const unsigned char address[16])
{
	for (int i = 15; i >= 0; i--)
		buf_printf(out, "%x.%x.", address[i] & 15u, address[i] >> 4);
	buf_put_c(out, "ip6.arpa");
	return buf_str(out);
}

struct str iprev_name(struct arena *arena, bool is_ipv6, const unsigned char address[16])
{
	struct buf text;

	buf_init(&text, NAME_ROOM);
	struct str name = arena_str(arena, (is_ipv6 ? name_of_ipv6 : name_of_ipv4)(&text, address));

	if (text.error && !arena->error)
		arena->error = text.error;
	buf_release(&text);
	return name;
}

static bool has_address(const struct dns_answer *answer, bool is_ipv6, const unsigned char address[16])
{
	for (size_t i = 0; i < answer->count; i++)
		if (memcmp(answer->records[i].address, address, is_ipv6 ? 16 : 4) == 0)
			return true;
	return false;
}

int iprev_evaluate(struct arena *arena, struct evidence *evidence, bool is_ipv6, const unsigned char address[16],
                   struct iprev *out, bool *pending_out)
{
	struct str asked = iprev_name(arena, is_ipv6, address);
	const struct dns_answer *names = asked.n ? evidence_ask(evidence, DNS_PTR, asked) : NULL;
	struct iprev found = {.result = INKAN_FAIL};
	bool pending = !names;

	if (arena_error(arena))
		return arena_error(arena);
	if (names && dns_status_is_temporary(names->status))
		found.result = INKAN_TEMPERROR;
	for (size_t i = 0; names && i < names->count && i < IPREV_NAMES_MAX && found.result != INKAN_PASS; i++) {
		struct str name = names->records[i].name;
		const struct dns_answer *back = evidence_ask(evidence, is_ipv6 ? DNS_AAAA : DNS_A, name);

		found.has_name = true;
		found.name = found.name.n ? found.name : name;
		pending = pending || !back;
		if (back && dns_status_is_temporary(back->status)) {
			found.result = INKAN_TEMPERROR;
		} else if (back && has_address(back, is_ipv6, address)) {
			found = (struct iprev){.result = INKAN_PASS, .has_name = true, .name = name};
			pending = false;
		}
	}
	*pending_out = pending;
	if (!pending)
		*out = found;
	return evidence_error(evidence);
}
