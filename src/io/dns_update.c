/* Dynamic updates: see dns_update.h. ldns builds, signs and reads messages; ldns_send() is not used, as it dies of signed ones.
 *
 * Order of the update section: deletions first, so that a CNAME may replace other records of its name and the other way round. A
 * server drops, without a word, records beside a CNAME and a CNAME beside records (RFC 2136 section 3.4.2.2); hence the
 * prerequisites on other types below. */
#include "io/dns_update.h"

#include <errno.h>
#include <ldns/ldns.h>
#include <poll.h>
#include <stdlib.h>
#include <time.h>

#include "io/clock.h"
#include "io/dns_tcp.h"
#include "io/random.h"

enum {
	FUDGE = 300,      /* seconds that clocks may differ (RFC 8945 section 10) */
	STRING_MAX = 255, /* octets of one string of a TXT record */
	RECORD_FRAME =
		12 /* octets of a record besides its data and the labels of its name: root and length, type, class, TTL, size */
};

/* Fields of a TSIG record (RFC 8945 section 4.2), and its errors (section 3). */
enum { TSIG_ALGORITHM, TSIG_TIME, TSIG_FUDGE, TSIG_MAC, TSIG_ID, TSIG_ERROR, TSIG_OTHER, TSIG_FIELDS };
enum { BADSIG = 16, BADKEY = 17, BADTIME = 18, BADTRUNC = 22 };

/* ---- records ---- */

/* text: normalised */
static ldns_rdf *owner_of(struct str text)
{
	unsigned char octets[DNS_NAME_MAX + 2];
	size_t n = 0;

	while (text.n && n + text.n + 2 <= sizeof(octets)) {
		struct str label = str_split(&text, '.');

		octets[n++] = (unsigned char)label.n;
		memcpy(octets + n, label.p, label.n);
		n += label.n;
	}
	octets[n++] = 0;
	return ldns_rdf_new_frm_data(LDNS_RDF_TYPE_DNAME, n, octets);
}

/* Takes the field; false: no memory, or the field is none. */
static bool push_field(ldns_rr *rr, ldns_rdf *field)
{
	if (field && ldns_rr_push_rdf(rr, field))
		return true;
	ldns_rdf_deep_free(field);
	return false;
}

static bool push_string(ldns_rr *rr, struct str string)
{
	unsigned char octets[1 + STRING_MAX] = {(unsigned char)string.n};

	if (string.n > STRING_MAX)
		return false;
	memcpy(octets + 1, string.p ? string.p : "", string.n);
	return push_field(rr, ldns_rdf_new_frm_data(LDNS_RDF_TYPE_STR, 1 + string.n, octets));
}

/* The strings as the server has them, where that is known: a prerequisite compares octets. */
static bool push_text(ldns_rr *rr, const struct dns_record *record)
{
	bool fine = true;

	if (record->string_count) {
		for (size_t i = 0; fine && i < record->string_count; i++)
			fine = push_string(rr, record->strings[i]);
		return fine;
	}
	struct str rest = record->text;

	do {
		fine = push_string(rr, str_head(rest, STRING_MAX));
		rest = str_skip(rest, STRING_MAX);
	} while (fine && rest.n);
	return fine;
}

/* name: presentation form */
static bool push_name(ldns_rr *rr, struct str name)
{
	char text[4 * (DNS_NAME_MAX + 2)];

	if (name.n >= sizeof(text))
		return false;
	memcpy(text, name.p, name.n);
	text[name.n] = '\0';
	return push_field(rr, ldns_dname_new_frm_str(text));
}

static bool push_data(ldns_rr *rr, enum dns_type type, const struct dns_record *record)
{
	switch (type) {
	case DNS_A:
		return push_field(rr, ldns_rdf_new_frm_data(LDNS_RDF_TYPE_A, 4, record->address));
	case DNS_AAAA:
		return push_field(rr, ldns_rdf_new_frm_data(LDNS_RDF_TYPE_AAAA, 16, record->address));
	case DNS_TXT:
	case DNS_SPF:
		return push_text(rr, record);
	case DNS_MX:
		return push_field(rr, ldns_native2rdf_int16(LDNS_RDF_TYPE_INT16, record->preference)) &&
		       push_name(rr, record->name);
	case DNS_NS:
	case DNS_CNAME:
	case DNS_PTR:
		return push_name(rr, record->name);
	case DNS_SOA:
		break;
	}
	return false;
}

/* Adds one record to the list; record NULL: without data. type 255: ANY. */
static bool add(ldns_rr_list *list, struct str name, unsigned type, ldns_rr_class class, uint32_t ttl,
                const struct dns_record *record)
{
	ldns_rr *rr = ldns_rr_new();

	if (!rr)
		return false;
	ldns_rr_set_owner(rr, owner_of(name));
	ldns_rr_set_type(rr, (ldns_rr_type)type);
	ldns_rr_set_class(rr, class);
	ldns_rr_set_ttl(rr, ttl);
	if (ldns_rr_owner(rr) && (!record || push_data(rr, (enum dns_type)type, record)) &&
	    ldns_rr_list_push_rr(list, rr))
		return true;
	ldns_rr_free(rr);
	return false;
}

static bool add_set(ldns_rr_list *list, const struct record_set *set, uint32_t ttl)
{
	bool fine = true;

	for (size_t i = 0; fine && i < set->count; i++)
		fine = add(list, set->name, set->type, LDNS_RR_CLASS_IN, ttl, &set->records[i]);
	return fine;
}

/* ---- prerequisites (RFC 2136 section 2.4) ---- */

/* Whether the update removes records of this name: all of CNAME, or some of another type. */
static bool clears(const struct dns_update *u, struct str name, bool cname)
{
	for (size_t i = 0; i < u->change_count; i++) {
		const struct record_set *before = &u->changes[i].before;

		if (before->count && (before->type == DNS_CNAME) == cname && str_eq(before->name, name))
			return true;
	}
	return false;
}

static bool require(ldns_rr_list *list, const struct dns_update *u, const struct record_change *change)
{
	const struct record_set *before = &change->before, *after = &change->after;
	struct str name = after->name;

	if (before->count)
		return add_set(list, before, 0);
	if (after->type == DNS_CNAME && !clears(u, name, false))
		return add(list, name, LDNS_RR_TYPE_ANY, LDNS_RR_CLASS_NONE, 0, NULL);
	if (after->type != DNS_CNAME && !clears(u, name, true) &&
	    !add(list, name, LDNS_RR_TYPE_CNAME, LDNS_RR_CLASS_NONE, 0, NULL))
		return false;
	return add(list, name, after->type, LDNS_RR_CLASS_NONE, 0, NULL);
}

/* ---- the update section (section 2.5) ---- */

static bool holds_address(const struct record_set *set, const struct dns_record *record)
{
	for (size_t i = 0; i < set->count; i++)
		if (memcmp(set->records[i].address, record->address, sizeof(record->address)) == 0)
			return true;
	return false;
}

/* For a dry run: removes a record that is not there, which needs the same right and changes nothing. The prerequisites see to it
 * that the set is the one that the value is chosen against. */
static bool remove_nothing(ldns_rr_list *list, const struct record_set *before)
{
	unsigned char random[8];
	char name[48];
	struct dns_record absent = {0};

	random_octets(random, sizeof(random));
	snprintf(name, sizeof(name), "inkan-dry-run-%02x%02x%02x%02x%02x%02x%02x%02x.invalid", random[0], random[1],
	         random[2], random[3], random[4], random[5], random[6], random[7]);
	absent.name = absent.text = str_c(name);
	if (before->type == DNS_A || before->type == DNS_AAAA)
		memcpy(absent.address, before->type == DNS_A ? "\xc0\0\2" : "\x20\1\x0d\xb8",
		       before->type == DNS_A ? 3 : 4);
	for (unsigned i = 0; i < 256 && holds_address(before, &absent); i++)
		absent.address[before->type == DNS_A ? 3 : 15] = (unsigned char)i;
	return add(list, before->name, before->type, LDNS_RR_CLASS_NONE, 0, &absent);
}

static bool fill_update(ldns_rr_list *list, const struct dns_update *u)
{
	bool fine = true;

	for (size_t i = 0; fine && i < u->change_count; i++) {
		const struct record_set *before = &u->changes[i].before;

		if (u->dry_run)
			fine = remove_nothing(list, before);
		else if (before->count)
			fine = add(list, before->name, before->type, LDNS_RR_CLASS_ANY, 0, NULL);
	}
	for (size_t i = 0; fine && !u->dry_run && i < u->change_count; i++)
		fine = add_set(list, &u->changes[i].after, u->changes[i].after.ttl);
	return fine;
}

/* ---- the message ---- */

/* Octets of a set's records, names in full. */
static size_t size_of(const struct record_set *set)
{
	size_t size = 0;

	for (size_t i = 0; i < set->count; i++) {
		const struct dns_record *r = &set->records[i];
		size_t data = set->type == DNS_A ? 4 : set->type == DNS_AAAA ? 16 : r->name.n + 4;

		if (set->type == DNS_TXT || set->type == DNS_SPF) {
			data = r->string_count ? r->string_count : r->text.n / STRING_MAX + 1;
			for (size_t s = 0; s < r->string_count; s++)
				data += r->strings[s].n;
			data += r->string_count ? 0 : r->text.n;
		}
		size += RECORD_FRAME + set->name.n + data;
	}
	return size;
}

size_t dns_update_size(const struct record_change *changes, size_t count)
{
	size_t size = 0;

	for (size_t i = 0; i < count; i++) /* beside the records two that have no data: they require or remove a set */
		size += size_of(&changes[i].before) + size_of(&changes[i].after) +
		        2 * (RECORD_FRAME + changes[i].after.name.n);
	return size;
}

static ldns_pkt *build(const struct dns_update *u)
{
	char apex[DNS_NAME_MAX];
	ldns_rr_list *required = ldns_rr_list_new(), *updates = ldns_rr_list_new();
	size_t size = 0;
	bool fine = required && updates && dns_name_normalise(str_c(u->zone), apex, &size);

	for (size_t i = 0; fine && i < u->change_count; i++)
		fine = require(required, u, &u->changes[i]);
	fine = fine && fill_update(updates, u);
	ldns_rdf *zone = fine ? owner_of(str_from(apex, size)) : NULL;
	ldns_pkt *packet = zone ? ldns_update_pkt_new(zone, LDNS_RR_CLASS_IN, required, updates, NULL) : NULL;

	if (zone && !packet)
		ldns_rdf_deep_free(zone);
	ldns_rr_list_deep_free(required);
	ldns_rr_list_deep_free(updates);
	if (packet) {
		uint16_t id;

		random_octets(&id, sizeof(id));
		ldns_pkt_set_id(packet, id);
		ldns_pkt_set_rd(packet, false);
	}
	return packet;
}

static void key_texts(const struct tsig_key *key, char name[DNS_NAME_MAX + 2], char algorithm[40])
{
	snprintf(name, DNS_NAME_MAX + 2, "%s.", key->name);
	snprintf(algorithm, 40, "%s.", key->algorithm);
}

static bool sign(ldns_pkt *packet, const struct tsig_key *key)
{
	char name[DNS_NAME_MAX + 2], algorithm[40];

	key_texts(key, name, algorithm);
	return ldns_pkt_tsig_sign(packet, name, key->secret, FUDGE, algorithm, NULL) == LDNS_STATUS_OK;
}

/* ---- sending ---- */

static int wait_for(struct dns_tcp *t, const struct endpoint *peer, int64_t deadline, struct io_error *error)
{
	enum dns_tcp_state state = DNS_TCP_WAITS;

	while (state == DNS_TCP_WAITS) {
		struct pollfd polled = {t->fd, dns_tcp_events(t), 0};
		int64_t left = deadline - clock_milliseconds();

		if (left <= 0)
			return io_fail(error,
			               t->reading ? "%s does not answer: whether the update was made is not known"
			                          : "%s does not take the connection: nothing was changed",
			               peer->text);
		if (poll(&polled, 1, (int)left) > 0)
			state = dns_tcp_step(t);
	}
	if (state == DNS_TCP_DONE)
		return INKAN_OK;
	const char *why = errno ? strerror(errno) : "the connection was closed";

	return io_fail(error,
	               t->reading ? "%s: %s, before the answer: whether the update was made is not known"
	                          : "%s: %s: nothing was changed",
	               peer->text, why);
}

static int exchange(const struct dns_update *u, const struct endpoint *peer, struct str message, struct dns_tcp *t,
                    struct io_error *error)
{
	int64_t deadline = clock_milliseconds() + (u->timeout ? u->timeout : DNS_UPDATE_TIMEOUT);
	int code = dns_tcp_begin(t, peer, message, error);

	return code ? code : wait_for(t, peer, deadline, error);
}

/* ---- the reply ---- */

struct reply {
	const struct dns_update *update;
	const char *server; /* its address as text */
	ldns_pkt *sent, *got;
	struct str octets;
	unsigned rcode;
	unsigned tsig_error; /* 0: none */
};

/* What an RCODE means (RFC 2136 section 2.2), in order of the numbers; others are like the last. */
static const struct meaning {
	enum update_result result;
	const char *words;
} meanings[] = {
	/* clang-format off */
	{UPDATE_DONE, "NOERROR"},
	{UPDATE_FAILED, "FORMERR: the server does not understand the update"},
	{UPDATE_FAILED, "SERVFAIL: the server failed; its log says why"},
	{UPDATE_CHANGED_MEANWHILE, "NXDOMAIN: a name is gone that was there when the plan was made"},
	{UPDATE_FAILED, "NOTIMP: the server does not take updates"},
	{UPDATE_REFUSED, "REFUSED: the server allows no such change; its log says why, its allow-update, update-policy or acl who may"},
	{UPDATE_CHANGED_MEANWHILE, "YXDOMAIN: a name has records that had none when the plan was made"},
	{UPDATE_CHANGED_MEANWHILE, "YXRRSET: records are there that were not when the plan was made"},
	{UPDATE_CHANGED_MEANWHILE, "NXRRSET: records are gone, or others than when the plan was made"},
	{UPDATE_NOT_ZONE, "NOTAUTH: the server is not the primary of this zone, or wants a key"},
	{UPDATE_NOT_ZONE, "NOTZONE: a name lies outside the zone"},
	{UPDATE_FAILED, "an unknown RCODE"},
	/* clang-format on */
};

static const struct meaning *meaning_of(unsigned rcode)
{
	enum { LAST = sizeof(meanings) / sizeof(*meanings) - 1 };

	return &meanings[rcode < LAST ? rcode : LAST];
}

static bool names_differ(const ldns_rdf *name, const char *text)
{
	ldns_rdf *ours = ldns_dname_new_frm_str(text);
	bool differ = !ours || ldns_dname_compare(name, ours) != 0;

	ldns_rdf_deep_free(ours);
	return differ;
}

/* Whether clocks agree; TSIG times have 48 bits. */
static bool is_timely(const ldns_rr *tsig)
{
	const uint8_t *p = ldns_rdf_data(ldns_rr_rdf(tsig, TSIG_TIME));
	uint64_t at = 0;

	for (size_t i = 0; i < 6; i++)
		at = at << 8 | p[i];
	uint64_t now = (uint64_t)clock_now();

	return at <= now + FUDGE && now <= at + FUDGE;
}

/* A refusal that cannot be signed, since the server does not share the key (RFC 8945 section 5.3.2). */
static bool is_unsigned_refusal(const struct reply *r, const ldns_rr *tsig)
{
	return r->rcode == LDNS_RCODE_NOTAUTH && (r->tsig_error == BADKEY || r->tsig_error == BADSIG) &&
	       ldns_rdf_size(ldns_rr_rdf(tsig, TSIG_MAC)) == 2;
}

static int check_signature(struct reply *r, struct io_error *error)
{
	const struct tsig_key *key = r->update->key;
	const ldns_rr *tsig = ldns_pkt_tsig(r->got);
	char name[DNS_NAME_MAX + 2], algorithm[40];

	key_texts(key, name, algorithm);
	if (!tsig)
		return io_fail(
			error,
			"%s: the answer (%s) is not signed: it counts for nothing, and whether the update was made "
			"is not known",
			r->server, meaning_of(r->rcode)->words);
	if (ldns_rr_get_class(tsig) != LDNS_RR_CLASS_ANY || ldns_rr_ttl(tsig) != 0 ||
	    ldns_rr_rd_count(tsig) != TSIG_FIELDS || ldns_rdf_size(ldns_rr_rdf(tsig, TSIG_TIME)) != 6 ||
	    ldns_rdf_size(ldns_rr_rdf(tsig, TSIG_MAC)) < 2)
		return io_fail(error, "%s: the signature of the answer is malformed", r->server);
	if (ldns_rdf2native_int16(ldns_rr_rdf(tsig, TSIG_ID)) != ldns_pkt_id(r->sent))
		return io_fail(error, "%s: the answer is signed for another update", r->server);
	r->tsig_error = ldns_rdf2native_int16(ldns_rr_rdf(tsig, TSIG_ERROR));
	if (is_unsigned_refusal(r, tsig))
		return INKAN_OK;
	if (names_differ(ldns_rr_owner(tsig), name) || names_differ(ldns_rr_rdf(tsig, TSIG_ALGORITHM), algorithm) ||
	    !ldns_pkt_tsig_verify(r->got, (const uint8_t *)r->octets.p, r->octets.n, name, key->secret,
	                          ldns_rr_rdf(ldns_pkt_tsig(r->sent), TSIG_MAC)))
		return io_fail(
			error,
			"%s: the signature of the answer is wrong (another secret, or somebody between): it counts for "
			"nothing, and whether the update was made is not known",
			r->server);
	if (r->tsig_error != BADTIME && !is_timely(tsig))
		return io_fail(error, "%s: the answer was signed at another time: set the clocks (NTP)", r->server);
	return INKAN_OK;
}

static int read_reply(struct reply *r, struct io_error *error)
{
	if (ldns_wire2pkt(&r->got, (const uint8_t *)r->octets.p, r->octets.n) != LDNS_STATUS_OK) {
		r->got = NULL;
		return io_fail(error, "%s: the answer is malformed: whether the update was made is not known",
		               r->server);
	}
	if (ldns_pkt_id(r->got) != ldns_pkt_id(r->sent) || !ldns_pkt_qr(r->got) ||
	    ldns_pkt_get_opcode(r->got) != LDNS_PACKET_UPDATE)
		return io_fail(error, "%s: the answer is not one to this update: whether it was made is not known",
		               r->server);
	r->rcode = (unsigned)ldns_pkt_get_rcode(r->got);
	return r->update->key ? check_signature(r, error) : INKAN_OK;
}

/* Seconds by which the server's clock is ahead, as its BADTIME answer says (RFC 8945 section 5.2.3). */
static int64_t clock_ahead(const ldns_pkt *packet)
{
	const ldns_rdf *other = ldns_rr_rdf(ldns_pkt_tsig(packet), TSIG_OTHER);
	int64_t at = 0;

	if (ldns_rdf_size(other) != 8)
		return 0;
	for (size_t i = 2; i < 8; i++)
		at = at << 8 | ldns_rdf_data(other)[i];
	return at - clock_now();
}

static enum update_result judge_tsig(const struct reply *r, struct io_error *error)
{
	const char *key = r->update->key->name;

	switch (r->tsig_error) {
	case BADTIME:
		(void)io_fail(error, "%s: BADTIME: the server's clock is %+lld s off ours: set the clocks (NTP)",
		              r->server, (long long)clock_ahead(r->got));
		return UPDATE_CLOCK;
	case BADKEY:
		(void)io_fail(error,
		              "%s: BADKEY: the server does not know the key \"%s\" with %s, or does not let it make "
		              "this change (as Knot DNS says it)",
		              r->server, key, r->update->key->algorithm);
		return UPDATE_REFUSED;
	case BADSIG:
		(void)io_fail(error, "%s: BADSIG: the key \"%s\" has another secret there", r->server, key);
		return UPDATE_REFUSED;
	default:
		(void)io_fail(error, "%s: the server refuses the signature (TSIG error %u)", r->server, r->tsig_error);
		return UPDATE_REFUSED;
	}
}

static enum update_result judge(const struct reply *r, struct io_error *error)
{
	if (r->tsig_error)
		return judge_tsig(r, error);
	const struct meaning *m = meaning_of(r->rcode);

	if (m->result != UPDATE_DONE)
		(void)io_fail(error, "%s, zone %s: %s", r->server, r->update->zone, m->words);
	return m->result;
}

static int send_message(const struct dns_update *u, ldns_pkt *packet, enum update_result *out, struct io_error *error)
{
	struct reply reply = {.update = u, .sent = packet};
	struct dns_tcp tcp = {.fd = -1};
	struct endpoint peer;
	uint8_t *octets = NULL;
	size_t size = 0;
	int code = endpoint_find(u->server, &peer, error);

	if (!code && ldns_pkt2wire(&octets, packet, &size) != LDNS_STATUS_OK)
		code = INKAN_ENOMEM;
	if (!code)
		code = exchange(u, &peer, str_from((char *)octets, size), &tcp, error);
	if (!code) {
		reply.server = peer.text;
		reply.octets = dns_tcp_reply(&tcp);
		code = read_reply(&reply, error);
	}
	if (!code)
		*out = judge(&reply, error);
	ldns_pkt_free(reply.got);
	LDNS_FREE(octets);
	dns_tcp_release(&tcp);
	return code;
}

int dns_update_send(const struct dns_update *u, enum update_result *out, struct io_error *error)
{
	if (dns_update_size(u->changes, u->change_count) > DNS_UPDATE_SIZE_MAX) {
		(void)io_fail(error,
		              "zone %s: the changes have more than %d octets and do not fit into one update: make them "
		              "in parts",
		              u->zone, DNS_UPDATE_SIZE_MAX);
		return INKAN_ELIMIT;
	}
	ldns_pkt *packet = build(u);

	if (!packet)
		return io_fail(error, "zone %s: the update cannot be built: a record is malformed, or memory is short",
		               u->zone);
	int code = INKAN_OK;

	if (u->key && !sign(packet, u->key))
		code = io_fail(error, "the update cannot be signed with the key \"%s\"", u->key->name);
	if (!code)
		code = send_message(u, packet, out, error);
	ldns_pkt_free(packet);
	return code;
}
