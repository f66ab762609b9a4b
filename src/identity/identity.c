/* A new identity out of a wish: every part of it is judged here, so that the rest of the house need not ask again. */
#include "identity/identity.h"

#include <stdio.h>

#include "dns/idna.h"
#include "identity/internal.h"
#include "identity/life.h"

enum { LOCAL_PART_MAX = 64 /* octets (RFC 5321 section 4.5.3.1.1) */ };

#define DOMAINKEY "._domainkey."

size_t identity_scheme_slots(enum identity_scheme scheme)
{
	static const size_t slots[] = {
		[IDENTITY_TXT] = 2,
		[IDENTITY_CNAME2] = 2,
		[IDENTITY_CNAME3] = 3,
		[IDENTITY_EXTERNAL] = 0,
	};

	return slots[scheme];
}

struct identity_id identity_id_split(struct str id)
{
	struct identity_id parts = {0};
	size_t at = str_rfind(id, '@');

	if (at < id.n)
		parts.local_part = str_head(id, at);
	parts.domain = at < id.n ? str_skip(id, at + 1) : id;
	size_t slash = str_find(parts.domain, '/');

	parts.name = str_skip(parts.domain, slash + 1);
	parts.domain.n = slash;
	return parts;
}

bool identity_is_name(struct str name)
{
	for (size_t i = 0; i < name.n; i++)
		if (!is_alpha(name.p[i]) && !is_digit(name.p[i]) && !strchr("-_.", name.p[i]))
			return false;
	return name.n > 0 && name.n <= IDENTITY_NAME_MAX;
}

bool identity_is_selector(struct str selector, struct str domain)
{
	return dns_name_is_host(selector, true, false) && selector.p[selector.n - 1] != '.' &&
	       selector.n + strlen(DOMAINKEY) + domain.n <= DNS_NAME_MAX;
}

bool identity_is_below(struct str name, struct str domain)
{
	return name.n > domain.n + 1 && str_ihas_suffix(name, domain) && name.p[name.n - domain.n - 1] == '.';
}

bool identity_key_is_allowed(enum identity_algorithm algorithm, unsigned bits)
{
	return algorithm == IDENTITY_ED25519 ? bits == 256
	                                     : bits == 1024 || bits == 2048 || bits == 3072 || bits == 4096;
}

/* A dot-atom (RFC 5322 section 3.2.3). */
static bool is_local_part(struct str s)
{
	if (!s.n || s.n > LOCAL_PART_MAX || s.p[0] == '.' || s.p[s.n - 1] == '.')
		return false;
	for (size_t i = 0; i < s.n; i++) {
		bool dot = s.p[i] == '.' && s.p[i - 1] != '.';

		if (!is_alpha(s.p[i]) && !is_digit(s.p[i]) && !dot && !memchr("!#$%&'*+-/=?^_`{|}~", s.p[i], 19))
			return false;
	}
	return true;
}

/* Two labels or more, and no address. */
static bool is_domain(struct str name)
{
	struct str last = str_skip(name, str_rfind(name, '.') + 1);
	uint64_t number;

	return dns_name_is_host(name, false, false) && str_find(name, '.') < name.n &&
	       !str_to_u64(last, UINT64_MAX, &number);
}

/* As A-labels in the arena; *out is NULL where it is no domain. */
static int take_domain(struct arena *arena, struct str text, const char **out)
{
	struct str name;
	int error = dns_name_to_host(arena, text, &name);

	*out = !error && name.n && is_domain(name) ? name.p : NULL;
	return error;
}

static const char *lower(struct arena *arena, struct str text)
{
	char *p = arena_text(arena, text.n + 1);

	if (!p)
		return "";
	str_put_lower(p, text);
	p[text.n] = '\0';
	return p;
}

static const char *kept(struct arena *arena, const char *text)
{
	struct str copy = arena_str(arena, str_c(text));

	return copy.n ? copy.p : "";
}

static int refuse(const char **why_out, const char *why)
{
	*why_out = why;
	return INKAN_EUSAGE;
}

/* id, domain, address, name */
static int take_id(struct arena *arena, struct str text, struct identity *out, const char **why_out)
{
	struct identity_id parts = identity_id_split(text);
	bool is_address = str_find(text, '@') < text.n, is_named = parts.domain.p + parts.domain.n < text.p + text.n;
	struct buf id;
	int error = take_domain(arena, parts.domain, &out->domain);

	if (error)
		return error;
	if (!out->domain)
		return refuse(why_out, "not a domain: it must be a host name of two labels or more, as example.com");
	if (is_address && !is_local_part(parts.local_part))
		return refuse(why_out, "not an address: before the @ there may be 1 to 64 letters, digits, and dots "
		                       "or signs between them");
	if (is_named && !identity_is_name(parts.name))
		return refuse(why_out, "what stands behind the / must be 1 to 63 letters, digits, \"-\", \"_\", \".\"");
	out->name = lower(arena, parts.name);
	out->address = "";
	buf_init(&id, IDENTITY_ID_MAX);
	if (is_address)
		buf_printf(&id, "%s@", lower(arena, parts.local_part));
	buf_put_c(&id, out->domain);
	if (is_address)
		out->address = arena_str(arena, buf_str(&id)).p;
	if (is_named)
		buf_printf(&id, "/%s", out->name);
	error = buf_error(&id);
	out->id = arena_str(arena, buf_str(&id)).p;
	buf_release(&id);
	if (error == INKAN_ELIMIT)
		return refuse(why_out, "too long: an identity has at most 320 octets");
	return error ? error : arena_error(arena);
}

static int take_labels(struct arena *arena, const struct identity_wish *wish, struct identity *out,
                       const char **why_out)
{
	const struct {
		const char *wish, **out, *why;
	} labels[] = {
		{wish->tenant, &out->tenant, "a tenant's name is 1 to 63 letters, digits, \"-\", \"_\", \".\""},
		{wish->environment, &out->environment,
	         "an environment is 1 to 63 letters, digits, \"-\", \"_\", \".\""},
		{wish->site, &out->site, "a site is 1 to 63 letters, digits, \"-\", \"_\", \".\""},
		{wish->provider, &out->provider, "a provider's id is 1 to 63 letters, digits, \"-\", \"_\", \".\""},
	};

	for (size_t i = 0; i < sizeof(labels) / sizeof(*labels); i++) {
		bool is_none = !labels[i].wish || !labels[i].wish[0];

		if (!is_none && !identity_is_name(str_c(labels[i].wish)))
			return refuse(why_out, labels[i].why);
		*labels[i].out = kept(arena, labels[i].wish);
	}
	out->site = lower(arena, str_c(out->site));
	return arena_error(arena);
}

static int take_key_kind(const struct identity_wish *wish, struct identity *out, const char **why_out)
{
	unsigned usual = wish->algorithm == IDENTITY_ED25519 ? 256 : IDENTITY_RSA_BITS;

	out->algorithm = wish->algorithm;
	out->bits = wish->bits ? wish->bits : usual;
	if (!identity_key_is_allowed(out->algorithm, out->bits))
		return refuse(why_out, "a key has 1024, 2048, 3072 or 4096 bits; an Ed25519 key 256");
	return INKAN_OK;
}

static int take_times(const struct identity_wish *wish, struct identity *out, const char **why_out)
{
	out->rotate_every = wish->rotate_every;
	out->overlap = wish->overlap ? wish->overlap : LIFE_OVERLAP;
	if (out->rotate_every &&
	    (out->rotate_every < IDENTITY_ROTATE_EVERY_MIN || out->rotate_every > IDENTITY_INTERVAL_MAX))
		return refuse(why_out, "the time between rotations is from one day to ten years");
	if (out->overlap < 1 || out->overlap > IDENTITY_INTERVAL_MAX)
		return refuse(why_out, "the overlap is from one second to ten years");
	return INKAN_OK;
}

static int take_host_zone(struct arena *arena, const struct identity_wish *wish, struct identity *out,
                          const char **why_out)
{
	bool is_none = !wish->host_zone || !wish->host_zone[0];
	int error = is_none ? INKAN_OK : take_domain(arena, str_c(wish->host_zone), &out->host_zone);

	if (error)
		return error;
	if (is_none)
		out->host_zone = "";
	if (!out->host_zone)
		return refuse(why_out, "the zone of our own (host zone) is not a domain");
	if (is_none && identity_has_aliases(out))
		return refuse(why_out, "CNAME schemes need a zone of our own (host zone) for the keys");
	return INKAN_OK;
}

static int take_mail_from(struct arena *arena, const char *wish, struct identity *out, const char **why_out)
{
	bool is_none = !wish || !wish[0];
	const char *name = "";
	char host[2 * DNS_NAME_MAX];
	int error = is_none ? INKAN_OK : take_domain(arena, str_c(wish), &name);

	if (error)
		return error;
	if (!name || (!is_none && !identity_is_below(str_c(name), str_c(out->domain))))
		return refuse(why_out, "the MAIL FROM domain must be a subdomain of the identity's domain, as "
		                       "bounce.example.com of example.com, and not the domain itself");
	size_t n = identity_mail_from_host(out, host, sizeof host);

	if (!is_none && !out->host_zone[0] && !strchr(out->site, '.'))
		return refuse(why_out,
		              "a custom MAIL FROM domain needs a zone of our own (host zone), or the name of the host "
		              "(site), which its MX leads to");
	if (!is_none && !dns_name_is_host(str_from(host, n), false, false))
		return refuse(why_out, "site and host zone make no host name for the MX of the MAIL FROM domain");
	out->mail_from = name;
	return INKAN_OK;
}

int identity_set_mail_from(struct arena *arena, struct identity *identity, const char *mail_from,
                           enum mx_failure mx_failure, unix_time now, const char **why_out)
{
	int error = take_mail_from(arena, mail_from, identity, why_out);

	if (error)
		return error;
	identity->mx_failure = mx_failure;
	identity->mail_from_state = identity->mail_from[0] ? MAIL_FROM_PENDING : MAIL_FROM_NONE;
	identity->mail_from_since = now;
	if (identity->state != IDENTITY_REQUESTED)
		identity->next_due = now;
	return INKAN_OK;
}

static int take_all(struct arena *arena, const struct identity_wish *wish, unix_time now, struct identity *out,
                    const char **why_out)
{
	int error = take_id(arena, str_c(wish->id), out, why_out);

	error = error ? error : take_labels(arena, wish, out, why_out);
	error = error ? error : take_key_kind(wish, out, why_out);
	error = error ? error : take_times(wish, out, why_out);
	error = error ? error : take_host_zone(arena, wish, out, why_out);
	error = error ? error : identity_set_mail_from(arena, out, wish->mail_from, wish->mx_failure, now, why_out);
	return error ? error : identity_make_slots(arena, wish, now, out, why_out);
}

int identity_new(struct arena *arena, const struct identity_wish *wish, unix_time now, struct identity *out,
                 const char **why_out)
{
	struct identity made = {
		.role = wish->role,
		.scheme = wish->scheme,
		.state = wish->needs_approval ? IDENTITY_REQUESTED : IDENTITY_NOT_STARTED,
		.state_since = now,
		.created = now,
		.checked = UNIX_TIME_NONE,
		.enabled = wish->enabled,
		.deterministic = wish->deterministic,
		.publishes = wish->publishes,
		.next_due = wish->needs_approval ? UNIX_TIME_NONE : now,
		.trouble = "",
	};
	int error = take_all(arena, wish, now, &made, why_out);

	if (arena_error(arena)) /* then texts are missing, and nothing is wrong with the wish */
		error = arena_error(arena);
	if (!error && wish->scheme == IDENTITY_EXTERNAL && !wish->needs_approval)
		made.state = IDENTITY_PENDING;
	if (!error)
		*out = made;
	return error;
}

const struct slot *identity_active_slot(const struct identity *identity)
{
	for (size_t i = 0; i < identity->slot_count; i++)
		if (identity->slots[i].state == SLOT_ACTIVE)
			return &identity->slots[i];
	return NULL;
}

void identity_slot_name(const struct identity *identity, const struct slot *slot, char *out)
{
	out[0] = '\0';
	if (slot->selector[0])
		snprintf(out, DNS_NAME_MAX + 1, "%s" DOMAINKEY "%s", slot->selector, identity->domain);
}
