#include "sig/key_record.h"

#include "core/base64.h"

/* Whether a colon-separated list (FWS allowed round each item) holds one of the two names. */
static bool list_has(struct str list, struct str name, struct str other)
{
	while (list.n) {
		struct str item = str_trim_fws(str_split(&list, ':'));

		if (str_eq(item, name) || str_eq(item, other))
			return true;
	}
	return false;
}

static int fault(struct dkim_key_record *out, enum dkim_key_fault fault, size_t position)
{
	out->fault = fault;
	out->position = position;
	return INKAN_OK;
}

static size_t value_position(struct str text, const struct tag *tag)
{
	return tag->value.p ? (size_t)(tag->value.p - text.p) : tag->position;
}

/* key-k-tag; a record without it is RSA */
static bool read_key_type(const struct tag *k, enum key_type *out)
{
	if (!k || str_eq(k->value, STR("rsa")))
		*out = KEY_RSA;
	else if (str_eq(k->value, STR("ed25519")))
		*out = KEY_ED25519;
	else
		return false;
	return true;
}

static void read_restrictions(const struct taglist *tags, struct dkim_key_record *out)
{
	const struct tag *h = taglist_find(tags, "h");
	const struct tag *s = taglist_find(tags, "s");
	const struct tag *t = taglist_find(tags, "t");

	out->allows_sha256 = !h || list_has(h->value, STR("sha256"), STR("sha256"));
	out->allows_sha1 = !h || list_has(h->value, STR("sha1"), STR("sha1"));
	out->allows_email = !s || list_has(s->value, STR("email"), STR("*"));
	out->testing = t && list_has(t->value, STR("y"), STR("y"));
	out->strict_identity = t && list_has(t->value, STR("s"), STR("s"));
}

/* key-p-tag */
static int read_key(const struct crypto *crypto, struct arena *scratch, struct str text, const struct tag *p,
                    struct dkim_key_record *out)
{
	unsigned char *der = arena_alloc(scratch, base64_decoded_max(p->value.n));
	size_t n, bad;

	if (!der)
		return arena_error(scratch);
	if (!base64_decode(p->value, BASE64_FWS, der, &n, &bad))
		return fault(out, DKIM_KEY_P_BASE64, value_position(text, p) + bad);
	int error = public_key_decode(crypto, out->type, str_from((char *)der, n), &out->key, &out->trouble);

	if (error)
		return error;
	if (out->trouble != KEY_OK)
		return fault(out, DKIM_KEY_P_CONTENT, value_position(text, p));
	return INKAN_OK;
}

int dkim_key_record_parse(const struct crypto *crypto, struct arena *scratch, struct str text,
                          struct dkim_key_record *out)
{
	struct taglist tags;

	*out = (struct dkim_key_record){.fault = DKIM_KEY_OK};
	if (text.n > DKIM_KEY_RECORD_MAX)
		return fault(out, DKIM_KEY_TOO_LARGE, DKIM_KEY_RECORD_MAX);
	taglist_parse(scratch, text, &tags);
	if (tags.error == TAGLIST_NO_MEMORY)
		return arena_error(scratch);
	out->tag_error = tags.error;
	if (tags.error != TAGLIST_OK)
		return fault(out, DKIM_KEY_TAGS, tags.error_position);

	const struct tag *v = taglist_find(&tags, "v");
	const struct tag *p = taglist_find(&tags, "p");
	const struct tag *k = taglist_find(&tags, "k");

	if (v && (v != &tags.tags[0] || !str_eq(v->value, STR("DKIM1"))))
		return fault(out, DKIM_KEY_VERSION, v->position);
	if (!p)
		return fault(out, DKIM_KEY_NO_P, text.n);
	read_restrictions(&tags, out);
	if (p->value.n == 0)
		return fault(out, DKIM_KEY_REVOKED, p->position);
	if (!read_key_type(k, &out->type))
		return fault(out, DKIM_KEY_TYPE, k->position);
	return read_key(crypto, scratch, text, p, out);
}

void dkim_key_record_release(struct dkim_key_record *record)
{
	public_key_unref(record->key);
	record->key = NULL;
}

bool dkim_key_record_is_likely(struct str text)
{
	if (str_has_prefix(str_trim_fws(text), STR("v=DKIM1")))
		return true;
	while (text.n) {
		struct str spec = str_trim_fws(str_split(&text, ';'));
		struct str name = str_trim_fws(str_head(spec, str_find(spec, '=')));

		if (name.n < spec.n && str_eq(name, STR("p")))
			return true;
	}
	return false;
}

const char *dkim_key_fault_text(enum dkim_key_fault fault)
{
	switch (fault) {
	case DKIM_KEY_OK:
		return "key record is well-formed";
	case DKIM_KEY_TOO_LARGE:
		return "key record is larger than 8192 octets";
	case DKIM_KEY_TAGS:
		return "key record is not a tag list";
	case DKIM_KEY_VERSION:
		return "key record has a wrong or misplaced version";
	case DKIM_KEY_NO_P:
		return "key record has no p=";
	case DKIM_KEY_REVOKED:
		return "key revoked";
	case DKIM_KEY_TYPE:
		return "key record has an unknown key type";
	case DKIM_KEY_P_BASE64:
		return "public key is not base64";
	case DKIM_KEY_P_CONTENT:
		return "public key cannot be used";
	}
	return "unknown";
}
