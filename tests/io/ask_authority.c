/* Asks the authoritative servers of a zone, for tests in Python:
 *
 *	ask_authority RESOLVER[:PORT]|- TIMEOUT-MS NAME TYPE [ZONE SERVER...]...
 *
 * Each ZONE (with a final dot) is an override with the servers that follow. Prints fields between tabs: "zone", apex, negative
 * TTL, "delegated" or "not delegated"; then for each server "server", name, address, status, TTL or "-", serial, alias, why, values. */
#include <stdio.h>
#include <stdlib.h>

#include "core/buf.h"
#include "io/authority.h"

enum { OVERRIDES_MAX = 8 };

static void print_record(enum dns_type type, const struct dns_record *r)
{
	struct buf text;

	buf_init(&text, 256);
	if (type == DNS_A || type == DNS_AAAA)
		dns_address_print(&text, type, r->address);
	printf("\t%.*s%.*s%.*s", STR_ARG(r->text), STR_ARG(r->name), (int)text.n, text.p ? text.p : "");
	buf_release(&text);
}

static void print_answer(const struct authority_answer *a, enum dns_type type)
{
	printf("server\t%s\t%s\t%s\t", a->server->name, a->server->address, dns_status_name(a->answer.status));
	if (a->answer.has_ttl)
		printf("%u", a->answer.ttl);
	printf("%s\t%u\t%.*s\t%.*s", a->answer.has_ttl ? "" : "-", a->serial, STR_ARG(a->alias),
	       STR_ARG(a->answer.why));
	for (size_t i = 0; i < a->answer.count; i++)
		print_record(type, &a->answer.records[i]);
	putchar('\n');
}

static int ask(struct authority *a, struct str name, enum dns_type type)
{
	struct authority_answer answers[AUTHORITY_SERVERS_MAX];
	const struct authority_zone *zone = NULL;
	struct io_error error = {""};
	struct arena arena;

	if (authority_find(a, name, &zone, &error)) {
		printf("error\t%s\n", error.text);
		return 1;
	}
	printf("zone\t%s\t%u\t%s\n", zone->apex, zone->negative_ttl, zone->delegated ? "delegated" : "not delegated");
	arena_init(&arena, 8 << 20);
	int code = authority_ask(a, &arena, zone, type, name, answers);

	for (size_t i = 0; !code && i < zone->server_count; i++)
		print_answer(&answers[i], type);
	arena_release(&arena);
	return code ? 2 : 0;
}

int main(int argc, char **argv)
{
	struct authority_override overrides[OVERRIDES_MAX] = {0};
	struct authority_options options = {.overrides = overrides};
	struct authority *a = NULL;
	struct io_error error = {""};
	enum dns_type type;

	if (argc < 5 || !dns_type_from_name(str_c(argv[4]), &type))
		return 2;
	char *colon = strrchr(argv[1], ':');

	if (strcmp(argv[1], "-") != 0) {
		options.resolver.host = str_from(argv[1], colon ? (size_t)(colon - argv[1]) : strlen(argv[1]));
		options.resolver.port = colon ? (uint16_t)strtoul(colon + 1, NULL, 10) : 0;
	}
	options.timeout = (uint32_t)strtoul(argv[2], NULL, 10);
	for (int i = 5; i < argc; i++) {
		size_t n = strlen(argv[i]);

		if (argv[i][n - 1] == '.' && options.override_count < OVERRIDES_MAX) {
			argv[i][n - 1] = '\0';
			overrides[options.override_count++] =
				(struct authority_override){argv[i], (const char *const *)argv + i + 1, 0};
		} else if (options.override_count) {
			overrides[options.override_count - 1].server_count++;
		}
	}
	if (authority_new(&options, &a, &error)) {
		printf("error\t%s\n", error.text);
		return 1;
	}
	int code = ask(a, str_c(argv[3]), type);

	authority_free(a);
	return code;
}
