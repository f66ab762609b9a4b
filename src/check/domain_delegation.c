/* Who holds the zone, and who receives mail. */
#include "check/domain_work.h"

enum { LABELS_UP_MAX = 8 /* domains above that are asked for name servers */ };

/* ---- delegation ---- */

/* The zone that the domain lies in: the nearest name upwards with NS records. All are asked at once. */
static const struct dns_answer *find_zone(struct domain_work *w, struct str *zone_out)
{
	const struct dns_answer *found = NULL;
	struct str name = w->out->domain;

	for (size_t i = 0; i < LABELS_UP_MAX && name.n; i++) {
		const struct dns_answer *answer = domain_ask(w, DNS_NS, name);

		if (!found && answer && answer->count) {
			found = answer;
			*zone_out = name;
		}
		name = str_skip(name, str_find(name, '.') + 1);
		if (str_find(name, '.') == name.n)
			break; /* a top-level domain holds nobody's records */
	}
	return found;
}

static struct str list_names(struct domain_work *w, const struct dns_answer *answer)
{
	struct buf text;

	buf_init(&text, (size_t)DNS_NAME_MAX * DOMAIN_SERVERS_MAX * 2);
	for (size_t i = 0; i < answer->count && i < DOMAIN_SERVERS_MAX; i++) {
		buf_put_c(&text, i ? ", " : "");
		buf_put(&text, answer->records[i].name);
	}
	return domain_keep(w, &text);
}

static bool has_address(struct domain_work *w, enum domain_part part, struct str host)
{
	const struct dns_answer *a = domain_ask(w, DNS_A, host), *aaaa = domain_ask(w, DNS_AAAA, host);

	if (!a || !aaaa || a->count || aaaa->count)
		return true;
	if (dns_status_is_temporary(a->status) || dns_status_is_temporary(aaaa->status)) {
		w->out->temporary = true;
		(void)domain_note(w, part, DOMAIN_F_DNS, host, host, STR("A"), str_c(dns_status_name(a->status)));
		return true;
	}
	return false;
}

static bool is_expected_server(const struct domain_check_options *o, struct str server)
{
	for (size_t i = 0; i < o->name_server_count; i++) {
		struct str wanted = str_c(o->name_servers[i]);

		if (wanted.n && wanted.p[wanted.n - 1] == '.')
			wanted.n--;
		if (str_ieq(wanted, server))
			return true;
	}
	return false;
}

static void check_servers(struct domain_work *w, struct str zone, const struct dns_answer *ns)
{
	const struct domain_check_options *o = w->options;

	for (size_t i = 0; i < ns->count && i < DOMAIN_SERVERS_MAX; i++) {
		struct str server = ns->records[i].name;

		if (!has_address(w, DOMAIN_DELEGATION, server))
			(void)domain_note(w, DOMAIN_DELEGATION, DOMAIN_F_NS_ADDRESS, server, server, zone, STR_NULL);
		if (o->name_server_count && !is_expected_server(o, server)) {
			(void)domain_note(w, DOMAIN_DELEGATION, DOMAIN_F_NS_ELSEWHERE, zone, zone, list_names(w, ns),
			                  str_c(o->name_servers[0]));
			break;
		}
	}
	if (ns->count == 1)
		(void)domain_note(w, DOMAIN_DELEGATION, DOMAIN_F_NS_ONE, zone, zone, STR_NULL, STR_NULL);
}

/* A CNAME at the domain itself hides its mail servers and its SPF record (RFC 1034 section 3.6.2). */
static void check_alias(struct domain_work *w)
{
	const struct dns_answer *cname = domain_ask(w, DNS_CNAME, w->out->domain);
	struct findings f;

	if (!cname || !cname->count || !str_eq(w->out->zone, w->out->domain))
		return;
	findings_init(&f, w->arena);
	(void)findings_add(&f, &mistake_kinds[MISTAKE_CNAME_BESIDE], FINDING_NOWHERE,
	                   (struct str[FINDING_ARGS]){w->out->domain});
	domain_take(w, DOMAIN_DELEGATION, &f, w->out->domain, STR_NULL);
}

static void check_secure(struct domain_work *w, const struct dns_answer *soa)
{
	bool secure = soa->secure;

	w->out->states[DOMAIN_DNSSEC] = soa->status == DNS_BOGUS ? DOMAIN_BROKEN : secure ? DOMAIN_FINE : DOMAIN_ABSENT;
	domain_line(
		w, DOMAIN_DNSSEC,
		secure ? (struct text){"signed, validated", "署名あり、検証済み"}
		       : (struct text){"not signed, or not validated here", "署名なし、またはここでは検証していません"},
		STR_NULL, STR_NULL, STR_NULL);
}

int domain_check_delegation(struct domain_work *w)
{
	struct domain_report *out = w->out;
	struct str zone = out->domain;
	const struct dns_answer *ns = find_zone(w, &zone);
	const struct dns_answer *own = domain_look(w, DOMAIN_DELEGATION, DNS_NS, out->domain);
	const struct dns_answer *soa = domain_look(w, DOMAIN_DELEGATION, DNS_SOA, zone);

	if (w->pending || !own || !soa)
		return INKAN_OK;
	if (own->status == DNS_NXDOMAIN && soa->status == DNS_NXDOMAIN && str_eq(zone, out->domain)) {
		(void)domain_note(w, DOMAIN_DELEGATION, DOMAIN_F_NO_DOMAIN, out->domain, out->domain, STR_NULL,
		                  STR_NULL);
	} else if (ns) {
		out->zone = zone;
		if (soa->count == 0 && !dns_status_is_temporary(soa->status))
			(void)domain_note(w, DOMAIN_DELEGATION, DOMAIN_F_NO_SOA, zone, zone, STR_NULL, STR_NULL);
		check_servers(w, zone, ns);
	} else if (!dns_status_is_temporary(own->status)) {
		(void)domain_note(w, DOMAIN_DELEGATION, DOMAIN_F_NO_NS, out->domain, out->domain, STR_NULL, STR_NULL);
	}
	check_alias(w);
	check_secure(w, soa);
	out->states[DOMAIN_DELEGATION] = domain_part_state(w, DOMAIN_DELEGATION);
	domain_line(w, DOMAIN_DELEGATION, (struct text){"zone {0}: {1}", "ゾーン {0}: {1}"}, zone,
	            ns ? list_names(w, ns) : STR("–"), STR_NULL);
	return INKAN_OK;
}

/* ---- mail servers ---- */

static bool is_null(struct str host)
{
	return host.n == 0 || str_eq(host, STR("."));
}

static void check_doubled(struct domain_work *w, struct str host)
{
	struct str rest = mistake_undoubled(host, w->out->zone.n ? w->out->zone : w->out->domain);
	struct findings f;

	findings_init(&f, w->arena);
	if (rest.n)
		(void)findings_add(&f, &mistake_kinds[MISTAKE_TARGET_DOUBLED], FINDING_NOWHERE,
		                   (struct str[FINDING_ARGS]){w->out->domain, host, rest});
	domain_take(w, DOMAIN_MX, &f, w->out->domain, STR_NULL);
}

static void check_host(struct domain_work *w, struct str host)
{
	const struct dns_answer *cname = domain_ask(w, DNS_CNAME, host);
	unsigned char address[16];

	if (dns_address_parse(host, DNS_A, address) || dns_address_parse(host, DNS_AAAA, address)) {
		(void)domain_note(w, DOMAIN_MX, DOMAIN_F_MX_LITERAL, w->out->domain, host, STR_NULL, STR_NULL);
		return;
	}
	check_doubled(w, host);
	if (!has_address(w, DOMAIN_MX, host))
		(void)domain_note(w, DOMAIN_MX, DOMAIN_F_MX_ADDRESS, host, host, STR_NULL, STR_NULL);
	else if (cname && cname->count)
		(void)domain_note(w, DOMAIN_MX, DOMAIN_F_MX_ALIAS, host, host, cname->records[0].name, STR_NULL);
	domain_found_provider(w, provider_by_mx(host), FOUND_BY_MX, host);
}

static void check_hosts(struct domain_work *w, const struct dns_answer *mx)
{
	struct str domain = w->out->domain;
	size_t nulls = 0;

	for (size_t i = 0; i < mx->count && i < DOMAIN_SERVERS_MAX; i++) {
		if (is_null(mx->records[i].name))
			nulls++;
		else
			check_host(w, mx->records[i].name);
	}
	if (nulls && nulls < mx->count)
		(void)domain_note(w, DOMAIN_MX, DOMAIN_F_NULL_MX_BESIDE, domain, domain, STR_NULL, STR_NULL);
	else if (nulls)
		(void)domain_note(w, DOMAIN_MX, DOMAIN_F_NULL_MX, domain, domain, STR_NULL, STR_NULL);
	w->out->states[DOMAIN_MX] = domain_part_state(w, DOMAIN_MX);
	domain_line(w, DOMAIN_MX,
	            nulls == mx->count ? (struct text){"receives no mail (MX 0 .)", "メールを受け取らない (MX 0 .)"}
	                               : (struct text){"{0}", "{0}"},
	            list_names(w, mx), STR_NULL, STR_NULL);
}

int domain_check_mx(struct domain_work *w)
{
	const struct dns_answer *mx = domain_look(w, DOMAIN_MX, DNS_MX, w->out->domain);
	struct str domain = w->out->domain;

	if (!mx || dns_status_is_temporary(mx->status))
		return INKAN_OK;
	if (mx->count) {
		check_hosts(w, mx);
		return INKAN_OK;
	}
	w->out->states[DOMAIN_MX] = DOMAIN_ABSENT;
	(void)domain_note(w, DOMAIN_MX, has_address(w, DOMAIN_MX, domain) ? DOMAIN_F_NO_MX : DOMAIN_F_NO_MAIL_HOST,
	                  domain, domain, STR_NULL, STR_NULL);
	domain_line(w, DOMAIN_MX, (struct text){"no MX record", "MX レコードなし"}, STR_NULL, STR_NULL, STR_NULL);
	return INKAN_OK;
}
