/* What is known of a domain before DNS is asked: selectors of identities, of the command line, and those that messages were signed
 * with. */
#include "check/pasted_header.h"
#include "cli/check_domain.h"
#include "cli/files.h"
#include "core/ipset.h"
#include "dns/idna.h"
#include "mail/header.h"
#include "mail/taglist.h"

enum { SIGNATURES_MAX = 100 /* DKIM-Signature fields of a message that are looked at */ };

struct known_list {
	const struct invocation *in;
	struct domain_work_item *item;
	struct known_selector *selectors;
	size_t count;
};

static bool has(const struct known_list *l, struct str selector)
{
	for (size_t i = 0; i < l->count; i++)
		if (str_ieq(str_c(l->selectors[i].selector), selector))
			return true;
	return false;
}

static void add(struct known_list *l, struct str selector, enum known_by why, enum identity_role role)
{
	if (l->count == DOMAIN_SELECTORS_MAX || has(l, selector))
		return;
	struct str kept = arena_str(&l->item->kept, selector);

	l->selectors[l->count++] = (struct known_selector){
		.selector = kept.p ? kept.p : "", .why = why, .made = UNIX_TIME_NONE, .role = role};
}

/* ---- options ---- */

/* A selector, or the whole name of its record. */
static enum exit_code take_selector(struct known_list *l, const char *value, enum identity_role role)
{
	struct str text = str_c(value);

	text = str_head(text, str_search(text, STR("._domainkey")));
	if (!dns_name_is_host(text, true, false)) {
		ui_error(l->in->ui, NOWHERE,
		         TEXT(l->in->ui, "“%s” is no selector – write what stands behind s= of a signature",
		              "「%s」はセレクターではありません – 署名の s= の値を書いてください"),
		         value);
		return EXIT_USAGE;
	}
	add(l, text, KNOWN_BY_USER, role);
	return EXIT_FINE;
}

static size_t list_option(const struct invocation *in, struct arena *arena, const char *name, const char *const **out)
{
	const char **list = arena_calloc(arena, in->given_count + 1, sizeof(*list));
	size_t count = 0;

	for (size_t i = 0; list && i < in->given_count; i++)
		if (strcmp(in->given[i].option->name, name) == 0)
			list[count++] = in->given[i].value;
	*out = list;
	return count;
}

/* ---- messages ---- */

static void take_signature(struct known_list *l, struct str value)
{
	struct taglist tags;
	const struct tag *d, *s;

	taglist_parse(&l->item->kept, value, &tags);
	d = taglist_find(&tags, "d");
	s = taglist_find(&tags, "s");
	if (d && s && str_ieq(d->value, str_c(l->item->options.domain)) && dns_name_is_host(s->value, true, false))
		add(l, s->value, KNOWN_BY_HEADER, IDENTITY_SERVICE);
}

static enum exit_code take_headers(struct known_list *l, const char *file)
{
	struct arena *arena = &l->item->kept;
	struct pasted_header pasted = {0};
	struct header header = {0};
	struct buf octets;
	enum exit_code code;
	size_t seen = 0;
	int error;

	buf_init(&octets, PASTED_HEADER_MAX);
	code = file_read(l->in->ui, file, &octets);
	error = code == EXIT_FINE ? pasted_header_read(arena, buf_str(&octets), &pasted) : INKAN_OK;
	if (code == EXIT_FINE && !error)
		error = header_parse(arena, pasted.text, MAIL_FIELDS_MAX, &header);
	for (size_t i = 0; code == EXIT_FINE && !error && i < header.count && seen < SIGNATURES_MAX; i++)
		if (str_ieq(header.fields[i].name, STR("DKIM-Signature"))) {
			take_signature(l, header.fields[i].value);
			seen++;
		}
	buf_release(&octets);
	return error ? ui_failed(l->in->ui, IN_FILE(file), error) : code;
}

static enum exit_code take_selectors(struct known_list *l)
{
	enum exit_code code = EXIT_FINE;

	for (size_t i = 0; i < l->in->given_count && code == EXIT_FINE; i++) {
		const struct given_option *given = &l->in->given[i];

		if (strcmp(given->option->name, "selector") == 0)
			code = take_selector(l, given->value, IDENTITY_SERVICE);
		else if (strcmp(given->option->name, "gateway-selector") == 0)
			code = take_selector(l, given->value, IDENTITY_GATEWAY);
		else if (strcmp(given->option->name, "headers") == 0)
			code = take_headers(l, given->value);
	}
	return code;
}

/* ---- gateways ---- */

static enum exit_code check_gateways(const struct invocation *in, const struct domain_check_options *o)
{
	for (size_t i = 0; i < o->gateway_count; i++) {
		struct ipset set = {0};
		const char *trouble = "";
		int error = ipset_add(&set, str_c(o->gateways[i]), &trouble);

		ipset_release(&set);
		if (error && error != INKAN_ESYNTAX)
			return ui_failed(in->ui, NOWHERE, error);
		if (!error && strchr(o->gateways[i], '-'))
			trouble = "a range";
		if (error || strchr(o->gateways[i], '-')) {
			ui_error(in->ui, NOWHERE,
			         TEXT(in->ui, "--gateway %s: %s – give an address or a network such as 192.0.2.0/28",
			              "--gateway %s: %s – アドレスか、192.0.2.0/28 "
			              "のようなネットワークを指定してください"),
			         o->gateways[i], trouble);
			return EXIT_USAGE;
		}
	}
	return EXIT_FINE;
}

/* ---- all of it ---- */

static enum exit_code take_domain(const struct invocation *in, struct domain_work_item *item)
{
	struct str domain;
	int error = dns_name_to_host(&item->kept, str_c(item->given), &domain);

	if (error)
		return ui_failed(in->ui, NOWHERE, error);
	if (!domain.n || str_find(domain, '.') == domain.n) {
		ui_error(in->ui, NOWHERE,
		         TEXT(in->ui, "%s: not a domain name – write it as example.com",
		              "%s: ドメイン名ではありません – example.com の形で書いてください"),
		         item->given);
		return EXIT_USAGE;
	}
	item->options.domain = domain.p;
	return EXIT_FINE;
}

enum exit_code domain_known(const struct invocation *in, struct identity_store *store, struct domain_work_item *item)
{
	struct known_list list = {.in = in, .item = item};
	struct domain_check_options *o = &item->options;
	enum exit_code code = take_domain(in, item);

	list.selectors = arena_calloc(&item->kept, DOMAIN_SELECTORS_MAX, sizeof(*list.selectors));
	o->mail_from = option_value(in, "mail-from", NULL);
	/* what an identity expects is said of its selector, also where the command line names it too */
	if (code == EXIT_FINE && list.selectors && store)
		code = domain_store_read(in, store, &item->kept, o->domain, list.selectors, DOMAIN_SELECTORS_MAX,
		                         &list.count, &o->mail_from);
	if (code == EXIT_FINE && list.selectors)
		code = take_selectors(&list);
	o->gateway_count = list_option(in, &item->kept, "gateway", &o->gateways);
	o->name_server_count = list_option(in, &item->kept, "name-server", &o->name_servers);
	o->selectors = list.selectors;
	o->selector_count = list.count;
	o->provider = option_value(in, "provider", NULL);
	o->profile = option_value(in, "receiver", NULL);
	o->bulk = option_given(in, "bulk");
	if (code == EXIT_FINE)
		code = check_gateways(in, o);
	o->now = invocation_now(in);
	return code == EXIT_FINE && arena_error(&item->kept) ? ui_failed(in->ui, NOWHERE, arena_error(&item->kept))
	                                                     : code;
}
