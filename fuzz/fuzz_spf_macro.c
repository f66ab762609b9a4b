/* Macros: input is one octet of choices, a sender up to a line end, and a domain-spec or explanation. Names fit DNS,
 * explanations their room, and parts found by counting are those of a plain list of parts. */
#include <assert.h>
#include <stdlib.h>

#include "spf/macro.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PARTS_ROOM = 4096 };

/* Section 7.3 by the book, for "%{l" digits r delimiters "}" in lower case: split, reverse, take, join. */
static size_t expand_by_the_book(struct str value, struct str spec, char out[PARTS_ROOM])
{
	struct str parts[PARTS_ROOM];
	size_t count = 0, wanted = 0, n = 0, i = 3;
	bool reverse = false, delimiter[256] = {false};

	for (; is_digit(spec.p[i]); i++)
		wanted = wanted < PARTS_ROOM ? wanted * 10 + (size_t)(spec.p[i] - '0') : wanted;
	if (spec.p[i] == 'r' || spec.p[i] == 'R') {
		reverse = true;
		i++;
	}
	if (spec.p[i] == '}')
		delimiter['.'] = true;
	for (; spec.p[i] != '}'; i++)
		delimiter[(unsigned char)spec.p[i]] = true;
	parts[count++] = str_from(value.p, 0);
	for (size_t k = 0; k < value.n; k++) {
		if (delimiter[(unsigned char)value.p[k]])
			parts[count++] = str_from(value.p + k + 1, 0);
		else
			parts[count - 1].n++;
	}
	if (wanted == 0 || wanted > count)
		wanted = count;
	for (size_t k = count - wanted; k < count; k++) {
		struct str part = parts[reverse ? count - 1 - k : k];

		if (k > count - wanted)
			out[n++] = '.';
		for (size_t c = 0; c < part.n; c++)
			out[n++] = part.p[c];
	}
	return n;
}

static void compare(const struct spf_macro_values *v, struct str spec)
{
	char expected[PARTS_ROOM], room[SPF_EXPANSION_MAX];
	struct str got;
	size_t n;

	if (!str_has_prefix(spec, STR("%{l")) || str_find(spec, '}') != spec.n - 1 || v->local_part.n >= PARTS_ROOM / 2)
		return;
	n = expand_by_the_book(v->local_part, spec, expected);
	got = spf_expand_text(v, spec, room);
	assert(str_eq(got, str_from(expected, n < sizeof room ? n : sizeof room)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const unsigned char address[16] = {192, 0, 2, 1, 0xff};
	struct str rest = {(const char *)data, size};
	unsigned letters = 0;
	char room[SPF_EXPANSION_MAX];

	if (size == 0)
		return 0;
	rest = str_skip(rest, 1);
	struct str sender = str_split(&rest, '\n');
	size_t at = str_rfind(sender, '@');
	struct spf_macro_values v = {
		.sender = sender,
		.local_part = str_head(sender, at),
		.sender_domain = str_skip(sender, at + 1),
		.domain = str_skip(sender, at + 1),
		.validated = STR("unknown"),
		.helo = sender,
		.now = data[0],
		.is_ipv6 = data[0] & 1,
		.address = address,
	};

	if (spf_domain_spec_check(rest, &letters) == SPF_FAULT_NONE) {
		assert(rest.n > 0 && rest.n <= SPF_DOMAIN_SPEC_MAX && !(letters & SPF_MACRO_ONLY_IN_EXP));
		struct str name = spf_expand_name(&v, rest, letters, room);

		assert(name.n <= DNS_NAME_MAX);
		compare(&v, rest);
	}
	if (spf_explain_string_check(rest, &letters) == SPF_FAULT_NONE)
		assert(spf_expand_text(&v, rest, room).n <= SPF_EXPANSION_MAX);
	return 0;
}
