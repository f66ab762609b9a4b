/* Makes a store for tests of the program: fill_store FILE. */
#include <stdio.h>

#include "store/outcomes.h"
#include "store/store.h"

static struct outcome refused(void)
{
	struct outcome o = outcome_inbound();

	o.time += 5000000;
	o.queue_id = STR("6B6B6B6B6B");
	o.message_id = STR("<\x1b[31mevil\xe2\x80\xae@example.com>");
	o.action = STR("reject");
	o.action_reason = STR("DMARC fails, the owner asks to reject");
	o.reply = STR("550 5.7.1 rejected by DMARC policy for example.com");
	o.override = o.override_comment = STR("");
	return o;
}

static struct outcome unsigned_one(void)
{
	struct outcome o = outcome_outbound();

	o.time += 9000000;
	o.queue_id = STR("7C7C7C7C7C");
	o.signed_count = 0;
	o.not_signed = STR("no rule for signing matches the author");
	o.shadow = true;
	return o;
}

int main(int argc, char **argv)
{
	struct outcome (*const makers[])(void) = {outcome_inbound, outcome_outbound, refused, unsigned_one};
	struct io_error error = {""};
	struct store *s = NULL;
	int result = argc == 2 ? store_open(argv[1], false, &s, &error) : INKAN_EUSAGE;

	if (!result)
		result = store_begin(s, &error);
	for (size_t i = 0; !result && i < sizeof(makers) / sizeof(*makers); i++) {
		struct outcome o = makers[i]();

		result = store_add(s, &o, &error);
	}
	if (!result)
		result = store_commit(s, &error);
	store_close(s);
	if (result)
		fprintf(stderr, "fill_store: %s\n", error.text);
	return result ? 1 : 0;
}
