/* The plans of a domain: which zone they are for, what is wanted, what is left out. */
#include "cli/dns_plans.h"

#include "identity/expected.h"

/* ---- the zone of the command line ---- */

static enum exit_code wrong(const struct invocation *in, const char *option, const char *value)
{
	ui_error(in->ui, NOWHERE,
	         TEXT(in->ui, "--%s %s: no domain name – give one such as example.com",
	              "--%s %s: ドメイン名ではありません – example.com のように指定してください"),
	         option, value);
	return EXIT_USAGE;
}

static enum exit_code normalise(const struct invocation *in, const char *option, const char *value,
                                char out[IDENTITY_ID_MAX + 1])
{
	size_t size = 0;

	if (!dns_name_normalise(str_c(value), out, &size) || !size)
		return wrong(in, option, value);
	out[size] = '\0';
	return EXIT_FINE;
}

static enum exit_code name_zone(struct dns_plans *p)
{
	const struct invocation *in = p->in;
	const char *server = option_value(in, "server", NULL), *file = option_value(in, "zone-file", NULL);
	const char *tsig = option_value(in, "tsig", NULL);
	size_t count = 0;

	for (size_t i = 0; i < in->given_count; i++)
		if (strcmp(in->given[i].option->name, "authority") == 0 && count < AUTHORITY_SERVERS_MAX)
			p->servers[count++] = in->given[i].value;
	if ((server && file) || (!server && (tsig || (count && !file)))) {
		ui_error(in->ui, NOWHERE,
		         TEXT(in->ui,
		              "a zone is written by --server (with --tsig and --authority) or in a --zone-file – give "
		              "one of "
		              "the two",
		              "ゾーンの書き込み先は --server (--tsig と --authority も) か --zone-file です – "
		              "どちらか一方を指定してください"));
		return EXIT_USAGE;
	}
	if (server || file)
		p->named = (struct registrar_zone){.zone = p->zone[0] ? p->zone : p->domain,
		                                   .primary = server,
		                                   .tsig = tsig,
		                                   .file = file,
		                                   .servers = p->servers,
		                                   .server_count = count};
	return EXIT_FINE;
}

enum exit_code dns_plans_open(struct dns_plans *p, const struct invocation *in)
{
	const char *zone = option_value(in, "zone", NULL);
	struct arena scratch;
	char domain[IDENTITY_ID_MAX + 1];

	*p = (struct dns_plans){.in = in, .source = {.ui = in->ui}};
	arena_init(&scratch, 64 * 1024);
	identity_id_normalise(&scratch, in->operands[0], domain);
	arena_release(&scratch);
	enum exit_code code = normalise(in, "domain", domain, p->domain);

	if (code == EXIT_FINE && zone)
		code = normalise(in, "zone", zone, p->zone);
	if (code == EXIT_FINE)
		code = name_zone(p);
	return code == EXIT_FINE ? registrar_source_open(&p->source, in, STORE_CHANGE, p->named.zone ? &p->named : NULL)
	                         : code;
}

void dns_plans_close(struct dns_plans *p)
{
	registrar_source_close(&p->source);
}

/* ---- what is wanted ---- */

static bool has_label(struct str name, struct str label)
{
	while (name.n)
		if (str_eq(str_split(&name, '.'), label))
			return true;
	return false;
}

static const char *kind_of(struct str name)
{
	if (has_label(name, STR("_domainkey")))
		return "dkim";
	return str_has_prefix(name, STR("_dmarc.")) ? "dmarc" : "mail-from";
}

/* A first DMARC record; none where the domain has no identity. */
static int offer_dmarc(struct dns_plans *p, struct record_set *out, size_t *count_out, struct io_error *why)
{
	struct expected_list list;
	struct identity identity;
	uint64_t version = 0;
	int error = identity_store_get(registrar_store(p->source.registrar), &p->source.arena, p->domain, &identity,
	                               &version, why);

	if (!error && version)
		error = expected_records(&p->source.arena, &identity, true, &list);
	for (size_t i = 0; !error && version && i < list.count; i++)
		if (list.list[i].kind == EXPECTED_DMARC) {
			*out = list.list[i].set;
			*count_out = 1;
		}
	return error;
}

static bool is_left_out(const struct dns_plans *p, const struct record_change *change)
{
	const char *only = option_value(p->in, "only", NULL);

	return only && strcmp(only, kind_of(change->after.name)) != 0;
}

/* A policy that the domain's owner has set is never replaced by an offer. */
static bool is_needless_offer(struct dns_plans *p, const struct record_change *change)
{
	bool needless = strcmp(kind_of(change->after.name), "dmarc") == 0 && change->before.count > 0;

	p->dmarc_is_there = p->dmarc_is_there || needless;
	return needless;
}

static void leave_out(struct dns_plans *p)
{
	size_t kept = 0;

	for (size_t i = 0; i < p->count; i++) {
		struct registrar_plan *plan = &p->plans[i];
		size_t n = 0;

		for (size_t k = 0; k < plan->change_count; k++)
			if (!is_left_out(p, &plan->changes[k]) && !is_needless_offer(p, &plan->changes[k]))
				plan->changes[n++] = plan->changes[k];
		plan->change_count = n;
		if (!p->zone[0] || strcmp(plan->zone, p->zone) == 0)
			p->plans[kept++] = *plan;
	}
	p->count = kept;
}

enum exit_code dns_plans_make(struct dns_plans *p)
{
	struct io_error why = {""};
	struct record_set extra;
	size_t extra_count = 0;
	int error = option_given(p->in, "dmarc") ? offer_dmarc(p, &extra, &extra_count, &why) : INKAN_OK;

	if (!error)
		error = registrar_plan(p->source.registrar, &p->source.arena, p->domain, &extra, extra_count, p->plans,
		                       &p->count, &why);
	if (error)
		return registrar_failed(p->in->ui, error, &why);
	size_t found = p->count;

	leave_out(p);
	if (p->count)
		return EXIT_FINE;
	ui_error(p->in->ui, NOWHERE,
	         found ? TEXT(p->in->ui, "%s: none of its records lies in that zone – leave out --zone",
	                      "%s: そのゾーンに入るレコードはありません – --zone を省いてください")
	               : TEXT(p->in->ui, "there is no identity of %s – make one with “inkan identity create”",
	                      "%s のアイデンティティはありません – 「inkan identity create」で作ってください"),
	         p->domain);
	return EXIT_USAGE;
}

enum exit_code dns_plans_undo(struct dns_plans *p)
{
	struct io_error why = {""};

	for (const char *at = p->zone[0] ? p->zone : p->domain; at && !p->count;
	     at = strchr(at, '.'), at += at != NULL) {
		int error = registrar_plan_undo(p->source.registrar, &p->source.arena, at, &p->plans[0], &why);

		if (error)
			return registrar_failed(p->in->ui, error, &why);
		p->count = p->plans[0].undoes != 0;
	}
	return EXIT_FINE;
}

size_t dns_plans_changes(const struct dns_plans *p)
{
	size_t n = 0;

	for (size_t i = 0; i < p->count; i++)
		n += p->plans[i].change_count;
	return n;
}
