/* Sends a dynamic update, for tests in Python:
 *
 *	send_update SERVER ZONE KEY-FILE|- update|dry-run TIMEOUT-MS CHANGE...
 *
 * A CHANGE is four lines or more: name, type, TTL; then a line for each record, "-" before one that is there and "+" before one
 * that is to be. Strings of a TXT record are separated by "|", an MX record is "10 host". Prints the result's word and what *error says. */
#include <stdio.h>
#include <stdlib.h>

#include "io/dns_update.h"

enum { CHANGES_MAX = 600, RECORDS_MAX = 2000, STRINGS_MAX = 20000 };

static struct record_change changes[CHANGES_MAX];
static struct dns_record befores[RECORDS_MAX], afters[RECORDS_MAX];
static struct str strings[STRINGS_MAX];
static size_t change_count, before_count, after_count, string_count;

static void read_record(enum dns_type type, struct str text, struct dns_record *out)
{
	uint64_t preference = 0;

	if (type == DNS_A || type == DNS_AAAA) {
		if (!dns_address_parse(text, type, out->address))
			abort();
		return;
	}
	if (type != DNS_TXT) {
		if (type == DNS_MX && str_to_u64(str_split(&text, ' '), 65535, &preference))
			out->preference = (uint16_t)preference;
		out->name = text;
		return;
	}
	out->text = text;
	if (str_find(text, '|') == text.n)
		return;
	for (out->strings = strings + string_count; text.n; string_count++)
		out->strings[out->string_count++] = str_split(&text, '|');
}

static void read_change(struct str text, struct record_change *out)
{
	struct record_set set = {.name = str_split(&text, '\n')};
	uint64_t ttl = 0;

	if (!dns_type_from_name(str_split(&text, '\n'), &set.type) ||
	    !str_to_u64(str_split(&text, '\n'), UINT32_MAX, &ttl))
		abort();
	set.ttl = (uint32_t)ttl;
	out->before = out->after = set;
	out->before.records = befores + before_count;
	out->after.records = afters + after_count;
	while (text.n) {
		struct str line = str_split(&text, '\n');

		if (line.p[0] == '-') {
			read_record(set.type, str_skip(line, 1), &befores[before_count++]);
			out->before.count++;
		} else {
			read_record(set.type, str_skip(line, 1), &afters[after_count++]);
			out->after.count++;
		}
	}
}

int main(int argc, char **argv)
{
	static const char *const words[] = {"DONE", "CHANGED_MEANWHILE", "REFUSED", "CLOCK", "NOT_ZONE", "FAILED"};
	enum update_result result = UPDATE_DONE;
	struct io_error error = {""};
	struct tsig_key key;

	if (argc < 6)
		return 2;
	struct dns_update update = {.server = argv[1], .zone = argv[2], .changes = changes};

	if (strcmp(argv[3], "-") != 0) {
		if (tsig_key_read(argv[3], &key, &error)) {
			printf("KEY\t%s\n", error.text);
			return 0;
		}
		update.key = &key;
	}
	update.dry_run = strcmp(argv[4], "dry-run") == 0;
	update.timeout = (uint32_t)strtoul(argv[5], NULL, 10);
	for (int i = 6; i < argc && change_count < CHANGES_MAX; i++)
		read_change(str_c(argv[i]), &changes[change_count++]);
	update.change_count = change_count;
	int code = dns_update_send(&update, &result, &error);

	printf("%s\t%s\n",
	       code == INKAN_EIO      ? "EIO"
	       : code == INKAN_ELIMIT ? "ELIMIT"
	       : code                 ? "ERROR"
	                              : words[result],
	       error.text);
	return 0;
}
