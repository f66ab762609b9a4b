/* Files of TSIG keys, in the three forms that people have them:
 *
 *	key "name" { algorithm hmac-sha256; secret "..."; };      tsig-keygen, BIND
 *	key: - id: name / algorithm: hmac-sha256 / secret: ...    keymgr -t, Knot DNS
 *	hmac-sha256:name:secret                                   keymgr, nsupdate -y
 *
 * One reader takes the first two: punctuation and quotes end words, and each known word is followed by its value. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/base64.h"
#include "io/dns_update.h"
#include "io/private_file.h"

struct words {
	struct str rest;
	size_t line; /* of the word taken last, from 1 */
};

static bool is_between(char c)
{
	return is_fws_char(c) || c == '{' || c == '}' || c == ';' || c == '"';
}

/* Empty: there is none left. A comment begins where a word could and goes to the end of the line. */
static struct str next_word(struct words *w)
{
	while (w->rest.n && (is_between(w->rest.p[0]) || w->rest.p[0] == '#' || str_has_prefix(w->rest, STR("//")))) {
		if (w->rest.p[0] == '\n')
			w->line++;
		w->rest = str_skip(w->rest, is_between(w->rest.p[0]) ? 1 : str_find(w->rest, '\n'));
	}
	size_t n = 0;

	while (n < w->rest.n && !is_between(w->rest.p[n]))
		n++;
	struct str word = str_head(w->rest, n);

	w->rest = str_skip(w->rest, n);
	return word;
}

struct fields {
	struct str name, algorithm, secret;
};

/* Where a known word's value goes; NULL: it has none. */
static struct str *field_of(struct fields *f, struct str word, bool bind)
{
	if (str_ieq(word, STR("algorithm")) || str_ieq(word, STR("algorithm:")))
		return &f->algorithm;
	if (str_ieq(word, STR("secret")) || str_ieq(word, STR("secret:")))
		return &f->secret;
	return str_eq(word, STR("id:")) || (bind && str_ieq(word, STR("key"))) ? &f->name : NULL;
}

static int read_words(const char *path, struct str text, struct fields *out, struct io_error *error)
{
	struct words w = {text, 1};
	bool bind = str_find(text, '{') < text.n;

	for (struct str word = next_word(&w); word.n; word = next_word(&w)) {
		struct str *field = field_of(out, word, bind);

		if (!field && (str_eq(word, STR("-")) || (!bind && str_eq(word, STR("key:")))))
			continue;
		if (!field)
			return io_fail(error, "key %s:%zu: \"%.*s\" does not belong into the file of a TSIG key", path,
			               w.line, word.n < 20 ? (int)word.n : 20, word.p);
		if (field->n)
			return io_fail(error, "key %s:%zu: a second key: only one may be in the file", path, w.line);
		*field = next_word(&w);
	}
	return INKAN_OK;
}

/* The first line that is neither blank nor a comment, if it is of the short form. */
static bool read_line(struct str text, struct fields *out)
{
	struct str line = STR("");

	while (text.n && (!line.n || line.p[0] == '#'))
		line = str_trim_fws(str_split(&text, '\n'));
	for (size_t i = 0; i < line.n; i++)
		if (is_between(line.p[i]))
			return false;
	out->algorithm = str_split(&line, ':');
	out->name = str_split(&line, ':');
	out->secret = line;
	return out->algorithm.n && out->name.n && out->secret.n && !str_trim_fws(text).n;
}

/* What is left of RFC 8945 section 6: MD5 and SHA-1 are weak, and ldns 1.8 misspells hmac-sha384, which it thus cannot do. */
static int check_algorithm(const char *path, struct str algorithm, struct tsig_key *out, struct io_error *error)
{
	static const char *const good[] = {"hmac-sha256", "hmac-sha512"};

	if (algorithm.n && algorithm.p[algorithm.n - 1] == '.')
		algorithm.n--;
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		if (!str_ieq(algorithm, str_c(good[i])))
			continue;
		snprintf(out->algorithm, sizeof(out->algorithm), "%s", good[i]);
		return INKAN_OK;
	}
	bool weak = str_ihas_prefix(algorithm, STR("hmac-md5")) || str_ieq(algorithm, STR("hmac-sha1"));

	return io_fail(error,
	               "key %s: algorithm \"%.*s\" %s: make a key of hmac-sha256 (tsig-keygen -a hmac-sha256 NAME)",
	               path, algorithm.n < 40 ? (int)algorithm.n : 40, algorithm.p,
	               weak ? "is too weak and must not be used (RFC 8945 section 6)" : "is not to be had here");
}

static int check_secret(const char *path, struct str secret, struct tsig_key *out, struct io_error *error)
{
	unsigned char octets[TSIG_SECRET_MAX];
	size_t size = 0;

	if (secret.n >= sizeof(out->secret))
		return io_fail(error, "key %s: the secret is longer than %d characters", path, TSIG_SECRET_MAX - 1);
	bool good = base64_decode(secret, BASE64_STRICT, octets, &size, NULL);

	explicit_bzero(octets, sizeof(octets));
	if (!good || !size)
		return io_fail(error, "key %s: the secret is not base64", path);
	memcpy(out->secret, secret.p, secret.n);
	out->secret[secret.n] = '\0';
	return INKAN_OK;
}

static int take_fields(const char *path, const struct fields *f, struct tsig_key *out, struct io_error *error)
{
	const char *missing = !f->name.n ? "name" : !f->algorithm.n ? "algorithm" : !f->secret.n ? "secret" : NULL;
	size_t size;

	if (missing)
		return io_fail(error,
		               "key %s: no %s: the file is to be as tsig-keygen or keymgr -t print it, or one line "
		               "ALGORITHM:NAME:SECRET",
		               path, missing);
	if (!dns_name_normalise(f->name, out->name, &size) || !size)
		return io_fail(error, "key %s: the name of the key is no domain name", path);
	out->name[size] = '\0';
	int code = check_algorithm(path, f->algorithm, out, error);

	return code ? code : check_secret(path, f->secret, out, error);
}

int tsig_key_read(const char *path, struct tsig_key *out, struct io_error *error)
{
	struct fields fields = {0};
	struct tsig_key key = {0};
	struct buf text;

	buf_init(&text, TSIG_FILE_MAX + 1);
	if (!buf_reserve(&text, TSIG_FILE_MAX + 1))
		return INKAN_ENOMEM;
	int code = private_file_read(path, geteuid(), &text, error);

	if (!code && !read_line(buf_str(&text), &fields)) {
		fields = (struct fields){0};
		code = read_words(path, buf_str(&text), &fields, error);
	}
	if (!code)
		code = take_fields(path, &fields, &key, error);
	if (!code)
		*out = key;
	explicit_bzero(&key, sizeof(key));
	explicit_bzero(text.p, text.cap);
	buf_release(&text);
	return code;
}
