#include "check/dkim_value.h"

#include "check/dkim_kinds.h"
#include "core/base64.h"
#include "core/utf8.h"
#include "crypto/der.h"

enum {
	RSA_BITS_ADVISED = 2048,    /* RFC 8301 section 3.2: SHOULD */
	RSA_BITS_EVERYWHERE = 4096, /* the same: verifiers MUST be able to; beyond it they need not */
	EXPONENT_ADVISED = 65537,
	EXPONENT_TOO_SMALL = 3 /* low-exponent attacks on sloppy verifiers */
};

/* What the decoded octets look like, whatever k= says. */
enum shape {
	SHAPE_UNKNOWN,
	SHAPE_RSA,          /* SubjectPublicKeyInfo */
	SHAPE_RSA_BARE,     /* RSAPublicKey */
	SHAPE_ED25519,      /* 32 octets that are not DER */
	SHAPE_ED25519_INFO, /* SubjectPublicKeyInfo */
	SHAPE_OTHER_INFO,   /* SubjectPublicKeyInfo of another algorithm */
	SHAPE_CERTIFICATE,
	SHAPE_PRIVATE,
	SHAPE_TRUNCATED, /* DER that ends too early */
	SHAPE_TRAILING   /* DER with octets behind it */
};

struct content {
	enum shape shape;
	size_t claimed;  /* octets that the outer DER element claims to have, its head included; 0: it is not DER */
	struct str rsa;  /* SHAPE_RSA, SHAPE_RSA_BARE: the RSAPublicKey's content */
	struct str tail; /* SHAPE_ED25519_INFO: the key itself */
};

static const unsigned char rsa_oid[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01};
static const unsigned char ed25519_oid[] = {0x2b, 0x65, 0x70};

#define OCTETS(array) str_from((const char *)(array), sizeof(array))

static struct str *args(struct str *room, struct str first, struct str second)
{
	room[0] = first;
	room[1] = second;
	room[2] = STR_NULL;
	return room;
}

static void add(struct findings *f, enum dkim_finding kind, size_t position, struct str first, struct str second)
{
	struct str room[FINDING_ARGS];

	(void)findings_add(f, &dkim_kinds[kind], position, args(room, first, second));
}

/* ---- base64 ---- */

static bool is_base64_char(char c)
{
	return is_alpha(c) || is_digit(c) || c == '+' || c == '/';
}

/* Says why the text is not base64; `bad` is where the decoder stopped. */
static void explain_base64(struct findings *f, const struct dkim_value *p, size_t bad)
{
	struct str rest = str_skip(p->text, bad);
	size_t characters = 0, i = 0;

	for (; i < p->text.n && (is_base64_char(p->text.p[i]) || is_fws_char(p->text.p[i])); i++)
		characters += is_base64_char(p->text.p[i]);
	if (i < p->text.n && p->text.p[i] != '=') {
		size_t size = utf8_char_size(str_skip(p->text, i));
		char c = p->text.p[i];

		add(f, c == '-' || c == '_' ? P_URL_SAFE : P_CHARACTER, p->position + i,
		    str_from(p->text.p + i, size ? size : 1), STR_NULL);
		return;
	}
	while (i < p->text.n && (p->text.p[i] == '=' || is_fws_char(p->text.p[i])))
		i++;
	if (i < p->text.n)
		add(f, P_PADDING_INSIDE, p->position + i, STR_NULL, STR_NULL);
	else if (characters % 4 == 1 || rest.n == 0 || *rest.p == '=')
		add(f, P_LENGTH, p->position + p->text.n, finding_number(f->arena, characters), STR_NULL);
	else
		add(f, P_CHARACTER, p->position + bad, str_head(rest, 1), STR_NULL);
}

/* ---- DER ---- */

/* The head of a SEQUENCE: its content (as much as is there) and the size that it claims with its head. */
static bool read_sequence_head(struct str der, struct str *content_out, size_t *claimed_out)
{
	size_t head = 2, length;

	if (der.n < 2 || (unsigned char)der.p[0] != DER_SEQUENCE)
		return false;
	length = (unsigned char)der.p[1];
	if (length >= 0x80) {
		size_t octets = length & 0x7f;

		if (octets == 0 || octets > 3 || der.n < 2 + octets)
			return false;
		length = 0;
		for (size_t i = 0; i < octets; i++)
			length = length << 8 | (unsigned char)der.p[2 + i];
		head += octets;
	}
	*content_out = str_skip(der, head);
	*claimed_out = head + length;
	return true;
}

/* PKCS#1, PKCS#8 and EC private keys begin with a version of 0 or 1; moduli are longer. */
static bool is_private(struct str content)
{
	struct der_integer version;

	return der_take_integer(&content, &version) && !version.negative &&
	       (version.magnitude.n == 0 || (version.magnitude.n == 1 && *version.magnitude.p == 1));
}

/* Content of a whole SEQUENCE that begins with a SEQUENCE: SubjectPublicKeyInfo or a certificate. */
static void read_info(struct str content, struct content *out)
{
	struct str oid, bits, probe = content, inner;
	bool bare;

	if (!der_take_algorithm(&content, &oid, &bare)) {
		unsigned char tag;

		if (der_take(&probe, DER_SEQUENCE, &inner) && der_take_any(&inner, &tag, &oid) &&
		    (tag == DER_CONTEXT_0 || tag == DER_INTEGER))
			out->shape = SHAPE_CERTIFICATE;
		return;
	}
	if (!der_take(&content, DER_BIT_STRING, &bits) || bits.n == 0 || *bits.p != 0)
		return;
	bits = str_skip(bits, 1);
	if (str_eq(oid, OCTETS(ed25519_oid))) {
		out->shape = SHAPE_ED25519_INFO;
		out->tail = bits;
	} else if (!str_eq(oid, OCTETS(rsa_oid))) {
		out->shape = SHAPE_OTHER_INFO;
	} else if (der_take(&bits, DER_SEQUENCE, &out->rsa)) {
		out->shape = SHAPE_RSA;
	}
}

static struct content look_at(struct str der)
{
	struct content c = {.shape = SHAPE_UNKNOWN};
	struct str content;

	if (!read_sequence_head(der, &content, &c.claimed)) {
		c.shape = der.n == KEY_ED25519_SIZE ? SHAPE_ED25519 : SHAPE_UNKNOWN;
	} else if (is_private(content)) {
		c.shape = SHAPE_PRIVATE;
	} else if (c.claimed != der.n) {
		/* 32 octets that begin like DER by accident: no RSA key is that short */
		c.shape = der.n == KEY_ED25519_SIZE && (unsigned char)der.p[1] < 0x80 ? SHAPE_ED25519
		          : c.claimed > der.n                                         ? SHAPE_TRUNCATED
		                                                                      : SHAPE_TRAILING;
	} else if (content.n && (unsigned char)*content.p == DER_SEQUENCE) {
		read_info(content, &c);
	} else {
		struct der_integer n, e;

		c.rsa = content;
		if (der_take_integer(&content, &n) && der_take_integer(&content, &e) && content.n == 0)
			c.shape = SHAPE_RSA_BARE;
	}
	return c;
}

static uint64_t read_exponent(struct str rsa)
{
	struct der_integer n, e;
	uint64_t value = 0;

	if (!der_take_integer(&rsa, &n) || !der_take_integer(&rsa, &e) || e.negative || e.magnitude.n > 8)
		return 0;
	for (size_t i = 0; i < e.magnitude.n; i++)
		value = value << 8 | (unsigned char)e.magnitude.p[i];
	return value;
}

/* A number of characters that cannot be often means that the end was cut off, as by DNS forms that take 255 characters:
 * what can be decoded then claims to be longer. */
static bool explain_cut(struct findings *f, const struct dkim_value *p, unsigned char *der)
{
	struct str text = str_trim_fws(p->text), content;
	size_t n, claimed;

	if (text.n == 0 || !base64_decode(str_head(text, text.n - 1), BASE64_FWS, der, &n, NULL) ||
	    !read_sequence_head(str_from((const char *)der, n), &content, &claimed) || claimed <= n ||
	    is_private(content))
		return false;
	add(f, P_TRUNCATED, p->position + p->text.n, finding_number(f->arena, n), finding_number(f->arena, claimed));
	return true;
}

/* ---- the key ---- */

/* Findings that follow from the shape alone. False: a key of the type of k= may be in there. */
static bool explain_shape(struct findings *f, const struct dkim_value *p, const struct content *c, struct str der)
{
	size_t end = p->position + p->text.n;
	struct str have = finding_number(f->arena, der.n), want = finding_number(f->arena, c->claimed);
	bool is_rsa = p->type == KEY_RSA;

	switch (c->shape) {
	case SHAPE_PRIVATE:
		(void)findings_add(f, &private_key_kind, p->position, NULL);
		return true;
	case SHAPE_CERTIFICATE:
		add(f, P_CERTIFICATE, p->position, STR_NULL, STR_NULL);
		return true;
	case SHAPE_OTHER_INFO:
		add(f, P_OTHER_ALGORITHM, p->position, STR_NULL, STR_NULL);
		return true;
	case SHAPE_TRUNCATED:
		add(f, P_TRUNCATED, end, have, want);
		return true;
	case SHAPE_TRAILING:
		add(f, P_TRAILING, end, finding_number(f->arena, der.n - c->claimed), STR_NULL);
		return true;
	case SHAPE_RSA:
	case SHAPE_RSA_BARE:
		if (!is_rsa)
			add(f, K_MISMATCH, p->position, STR("ed25519"), STR("rsa"));
		return !is_rsa;
	case SHAPE_ED25519:
		if (is_rsa)
			add(f, K_MISMATCH, p->position, STR("rsa"), STR("ed25519"));
		return is_rsa;
	case SHAPE_ED25519_INFO: {
		struct buf raw;

		buf_init(&raw, base64_encoded_size(c->tail.n));
		base64_encode(&raw, (const unsigned char *)c->tail.p, c->tail.n);
		add(f, P_ED25519_SPKI, p->position, buf_str(&raw), STR_NULL);
		buf_release(&raw);
		return true;
	}
	case SHAPE_UNKNOWN:
		if (!is_rsa && der.n == 2 * KEY_ED25519_SIZE)
			add(f, P_ED25519_SECRET, p->position, STR_NULL, STR_NULL);
		else if (!is_rsa)
			add(f, P_ED25519_SIZE, p->position, have, STR_NULL);
		else
			add(f, P_DAMAGED, p->position, STR_NULL, STR_NULL);
		return true;
	}
	return true;
}

static void explain_trouble(struct findings *f, const struct dkim_value *p, enum key_trouble trouble)
{
	static const enum dkim_finding kinds[] = {
		[KEY_OK] = P_DAMAGED,
		[KEY_BAD_ENCODING] = P_DAMAGED,
		[KEY_TOO_LONG] = RSA_TOO_LONG,
		[KEY_OTHER_ALGORITHM] = P_OTHER_ALGORITHM,
		[KEY_BAD_MODULUS] = RSA_MODULUS,
		[KEY_BAD_EXPONENT] = EXPONENT_BAD,
		[KEY_SMALL_ORDER] = P_ED25519_POINT,
	};

	add(f, kinds[trouble], p->position, STR_NULL, STR_NULL);
}

static void check_rsa(struct findings *f, const struct dkim_value *p, const struct dkim_record_report *report)
{
	struct str bits = finding_number(f->arena, report->bits);
	struct str exponent = finding_number(f->arena, report->exponent);

	if (report->bits < KEY_RSA_BITS_MIN)
		add(f, RSA_SHORT, p->position, bits, STR_NULL);
	else if (report->bits < RSA_BITS_ADVISED)
		add(f, RSA_WEAK, p->position, bits, STR_NULL);
	else if (report->bits > RSA_BITS_EVERYWHERE)
		add(f, RSA_LONG, p->position, bits, STR_NULL);
	if (report->exponent <= EXPONENT_TOO_SMALL)
		add(f, EXPONENT_SMALL, p->position, exponent, STR_NULL);
	else if (report->exponent != EXPONENT_ADVISED)
		add(f, EXPONENT_UNUSUAL, p->position, exponent, STR_NULL);
}

static int check_key(const struct crypto *crypto, struct findings *f, const struct dkim_value *p,
                     struct dkim_record_report *out)
{
	struct content c = look_at(out->der);
	enum key_trouble trouble;

	if (explain_shape(f, p, &c, out->der))
		return INKAN_OK;

	int error = public_key_decode(crypto, p->type, out->der, &out->key, &trouble);

	if (error)
		return error;
	if (trouble != KEY_OK) {
		explain_trouble(f, p, trouble);
		return INKAN_OK;
	}
	out->has_key = true;
	out->type = p->type;
	out->bits = public_key_bits(out->key);
	if (c.shape == SHAPE_RSA_BARE)
		add(f, P_BARE_RSA, p->position, STR_NULL, STR_NULL);
	if (p->type == KEY_RSA) {
		out->exponent = read_exponent(c.rsa);
		check_rsa(f, p, out);
	}
	return INKAN_OK;
}

static bool has_white_space(struct str text, size_t *position_out)
{
	for (size_t i = 0; i < text.n; i++)
		if (is_fws_char(text.p[i])) {
			*position_out = i;
			return true;
		}
	return false;
}

int dkim_value_check(const struct crypto *crypto, struct findings *f, const struct dkim_value *p,
                     struct dkim_record_report *out)
{
	unsigned char *der = arena_alloc(f->arena, base64_decoded_max(p->text.n));
	size_t n, bad, begin = str_search(p->text, STR("-----"));

	if (!der)
		return arena_error(f->arena);
	if (begin < p->text.n) {
		add(f, P_PEM, p->position + begin, STR_NULL, STR_NULL);
		return arena_error(f->arena);
	}
	if (!base64_decode(p->text, BASE64_FWS, der, &n, &bad)) {
		if (!explain_cut(f, p, der))
			explain_base64(f, p, bad);
		return arena_error(f->arena);
	}
	if (has_white_space(p->text, &bad))
		add(f, P_WHITE_SPACE, p->position + bad, STR_NULL, STR_NULL);
	out->der = str_from((const char *)der, n);

	int error = check_key(crypto, f, p, out);

	return error ? error : arena_error(f->arena);
}
