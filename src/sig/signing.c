#include "sig/signing.h"

#include "core/base64.h"
#include "dns/idna.h"
#include "sig/header_hash.h"

/* What is signed by default. Oversigned fields are listed once more than they occur, so that none can be added: all that
 * readers show and filters trust (RULES S4). Fields that relays add or change are left out (S6). */
static const struct {
	struct str name;
	bool oversigned;
} default_names[] = {
	{{"from", 4}, true},
	{{"to", 2}, true},
	{{"cc", 2}, true},
	{{"subject", 7}, true},
	{{"date", 4}, true},
	{{"reply-to", 8}, true},
	{{"message-id", 10}, true},
	{{"mime-version", 12}, true},
	{{"content-type", 12}, true},
	{{"content-transfer-encoding", 25}, true},
	{{"list-unsubscribe", 16}, true},
	{{"list-unsubscribe-post", 21}, true},
	{{"sender", 6}, false},
	{{"in-reply-to", 11}, false},
	{{"references", 10}, false},
	{{"content-id", 10}, false},
	{{"content-description", 19}, false},
	{{"content-disposition", 19}, false},
	{{"content-language", 16}, false},
	{{"list-id", 7}, false},
	{{"list-help", 9}, false},
	{{"list-subscribe", 14}, false},
	{{"list-post", 9}, false},
	{{"list-owner", 10}, false},
	{{"list-archive", 12}, false},
	{{"autocrypt", 9}, false},
	{{"auto-submitted", 14}, false},
};

/* Never signed: added, removed or rewritten on the way (RFC 6376 section 5.4.1, RFC 8617 section 4.1.2). */
static const char *const unsigned_names[] = {"return-path",
                                             "received",
                                             "comments",
                                             "keywords",
                                             "bcc",
                                             "resent-bcc",
                                             "authentication-results",
                                             "arc-authentication-results",
                                             "arc-message-signature",
                                             "arc-seal",
                                             "received-spf",
                                             "delivered-to"};

/* ---- what may be signed ---- */

/* Fields that RFC 5322 section 3.6 and RFC 2045 section 3 allow once. */
const char *signing_refuses(const struct header *header)
{
	static const struct {
		struct str name;
		const char *refusal;
	} once[] = {
		{{"from", 4}, "the message has more than one From"},
		{{"sender", 6}, "the message has more than one Sender"},
		{{"reply-to", 8}, "the message has more than one Reply-To"},
		{{"to", 2}, "the message has more than one To"},
		{{"cc", 2}, "the message has more than one Cc"},
		{{"subject", 7}, "the message has more than one Subject"},
		{{"date", 4}, "the message has more than one Date"},
		{{"message-id", 10}, "the message has more than one Message-ID"},
		{{"in-reply-to", 11}, "the message has more than one In-Reply-To"},
		{{"references", 10}, "the message has more than one References"},
		{{"mime-version", 12}, "the message has more than one MIME-Version"},
		{{"content-type", 12}, "the message has more than one Content-Type"},
		{{"content-transfer-encoding", 25}, "the message has more than one Content-Transfer-Encoding"},
	};

	if (header->malformed)
		return "the header holds a line that is not a field";
	if (header_lowest(header, STR("from")) == HEADER_NONE)
		return "the message has no From";
	for (size_t i = 0; i < sizeof once / sizeof *once; i++) {
		size_t lowest = header_lowest(header, once[i].name);

		if (lowest != HEADER_NONE && header->fields[lowest].above != HEADER_NONE)
			return once[i].refusal;
	}
	return NULL;
}

static bool is_unsigned_name(struct str name, enum signing_for purpose)
{
	if (str_ieq(name, STR("dkim-signature")))
		return purpose == SIGNING_DKIM;
	for (size_t i = 0; i < sizeof unsigned_names / sizeof *unsigned_names; i++)
		if (str_ieq(name, str_c(unsigned_names[i])))
			return true;
	return false;
}

/* ftext of RFC 5322 section 2.2, without ";", which would end the tag */
static bool is_field_name(struct str name)
{
	for (size_t i = 0; i < name.n; i++)
		if (name.p[i] <= 32 || name.p[i] >= 127 || name.p[i] == ':' || name.p[i] == ';')
			return false;
	return name.n > 0;
}

const char *signing_list_trouble(struct str list, enum signing_for purpose)
{
	size_t count = 0;
	bool has_from = list.n == 0;

	if (list.n > SIGNING_LIST_MAX)
		return "the header list is longer than 32768 octets";
	while (list.n) {
		struct str name = str_trim_wsp(str_split(&list, ':'));

		if (!is_field_name(name))
			return "a name in the header list is not a field name";
		if (name.n > SIGNED_NAME_MAX)
			return "a name in the header list is longer than 74 octets";
		if (is_unsigned_name(name, purpose))
			return "the header list names a field that relays change or add";
		if (++count > SIGNED_NAMES_MAX)
			return "the header list has more than 1000 names";
		has_from |= str_ieq(name, STR("from"));
	}
	return has_from ? NULL : "the header list does not hold From";
}

const char *signing_domain_trouble(struct str domain)
{
	bool valid = dns_name_is_host(domain, true, true) && str_find(domain, '.') < domain.n;

	return valid ? NULL : "the domain is not a domain name";
}

int signing_selector_trouble(struct arena *scratch, struct str selector, struct str domain, const char **trouble_out)
{
	struct str host;

	*trouble_out = "a selector is not a DNS label (or labels with dots between)";
	if (!dns_name_is_host(selector, true, true))
		return INKAN_OK;
	int error = dns_name_to_ascii(scratch, selector, &host);

	if (!error)
		error = dns_name_to_ascii(scratch, domain, &domain);
	if (error)
		return error;
	bool is_name = host.n && domain.n && host.n + strlen("._domainkey.") + domain.n <= DNS_NAME_MAX;

	*trouble_out = is_name ? NULL : "selector and domain make no DNS name";
	return INKAN_OK;
}

int signing_key_trouble(struct key_holder holder, uint64_t key, enum key_type *type_out, const char **trouble_out)
{
	unsigned bits = 0;
	int error = holder.describe(holder.context, key, type_out, &bits);

	*trouble_out = NULL;
	if (error == INKAN_EUSAGE)
		*trouble_out = "the key holder does not know the key";
	else if (!error && *type_out == KEY_RSA && bits < KEY_RSA_BITS_MIN)
		*trouble_out = "an RSA key has fewer than 1024 bits";
	return error == INKAN_EUSAGE ? INKAN_OK : error;
}

/* ---- h= ---- */

static int add_name(struct signed_names *n, struct str name, size_t field)
{
	if (n->count == SIGNED_NAMES_MAX)
		return INKAN_EREFUSED;
	n->names[n->count] = name;
	n->fields[n->count++] = field;
	return INKAN_OK;
}

static int choose_wanted(struct arena *arena, const struct header *header, struct str list, struct signed_names *n)
{
	int error = INKAN_OK;

	while (list.n && !error)
		error = add_name(n, str_trim_wsp(str_split(&list, ':')), HEADER_NONE);
	return error ? error : header_select(arena, header, n->names, n->count, n->fields);
}

/* Every field of a name from the bottom up, as the names of h= stand for them. */
static int add_instances(struct signed_names *n, const struct header *header, struct str name)
{
	size_t at = header_lowest(header, name);
	int error = INKAN_OK;

	for (; at != HEADER_NONE && !error; at = header->fields[at].above)
		error = add_name(n, name, at);
	return error;
}

static int choose_default(const struct header *header, enum signing_for purpose, struct signed_names *n)
{
	int error = INKAN_OK;

	for (size_t i = 0; i < sizeof default_names / sizeof *default_names && !error; i++) {
		error = add_instances(n, header, default_names[i].name);
		if (default_names[i].oversigned && !error)
			error = add_name(n, default_names[i].name, HEADER_NONE);
	}
	return error || purpose == SIGNING_DKIM ? error : add_instances(n, header, STR("dkim-signature"));
}

int signing_choose(struct arena *arena, const struct header *header, struct str list, enum signing_for purpose,
                   struct signed_names *out)
{
	size_t most = list.n ? list.n / 2 + 1 : header->count + sizeof default_names / sizeof *default_names;
	struct signed_names n = {.count = 0};

	if (most > SIGNED_NAMES_MAX)
		most = SIGNED_NAMES_MAX;
	n.names = arena_alloc(arena, most * sizeof *n.names);
	n.fields = arena_alloc(arena, most * sizeof *n.fields);
	if (!n.names || !n.fields)
		return arena_error(arena);
	int error = list.n ? choose_wanted(arena, header, list, &n) : choose_default(header, purpose, &n);

	*out = n;
	return error;
}

/* ---- the field ---- */

static void folder_break(struct folder *f)
{
	buf_put_c(f->out, "\r\n ");
	f->column = 1;
}

void folder_break_before_next(struct folder *f)
{
	f->column = SIGNING_LINE_MAX;
}

void folder_put(struct folder *f, struct str piece, bool glued)
{
	bool fits = f->column + !glued + piece.n <= SIGNING_LINE_MAX;

	if (!fits) {
		folder_break(f);
	} else if (!glued) {
		buf_put_char(f->out, ' ');
		f->column++;
	}
	buf_put(f->out, piece);
	f->column += piece.n;
}

struct buf *folder_begin(struct folder *f, const char *text)
{
	buf_clear(f->scratch);
	buf_put_c(f->scratch, text);
	return f->scratch;
}

void folder_end(struct folder *f, char end, bool glued)
{
	buf_put_char(f->scratch, end);
	if (f->scratch->error && !f->out->error)
		f->out->error = f->scratch->error; /* the next piece forgets it */
	folder_put(f, buf_str(f->scratch), glued);
}

void folder_tag(struct folder *f, const char *prefix, struct str value)
{
	buf_put(folder_begin(f, prefix), value);
	folder_end(f, ';', false);
}

void folder_number(struct folder *f, const char *prefix, int64_t value)
{
	buf_put_i64(folder_begin(f, prefix), value);
	folder_end(f, ';', false);
}

void folder_hash(struct folder *f, const char *prefix, const struct digest_value *hash)
{
	base64_encode(folder_begin(f, prefix), hash->octets, hash->n);
	folder_end(f, ';', false);
}

void folder_names(struct folder *f, const struct signed_names *names)
{
	for (size_t i = 0; i < names->count; i++) {
		buf_put(folder_begin(f, i == 0 ? "h=" : ""), names->names[i]);
		folder_end(f, i + 1 < names->count ? ':' : ';', i > 0);
	}
}

void folder_names_together(struct folder *f, const struct signed_names *names)
{
	size_t size = names->count ? strlen("h=;") + names->count - 1 : 0;

	for (size_t i = 0; i < names->count && size <= SIGNING_LINE_MAX; i++)
		size += names->names[i].n;
	if (f->column + 1 + size > SIGNING_LINE_MAX)
		folder_break_before_next(f);
	folder_names(f, names);
}

void folder_base64(struct folder *f, const unsigned char *octets, size_t size)
{
	base64_encode(folder_begin(f, ""), octets, size);
	for (struct str rest = buf_str(f->scratch); rest.n;) {
		size_t room = SIGNING_LINE_MAX - f->column;

		if (room == 0) {
			folder_break(f);
			continue;
		}
		struct str part = str_head(rest, room);

		buf_put(f->out, part);
		f->column += part.n;
		rest = str_skip(rest, part.n);
	}
	if (f->scratch->error && !f->out->error)
		f->out->error = f->scratch->error;
}
