/* Reading order: dkim_find_changed_field() lays out the canonical octets of every signed field as pieces and then runs
 * the guesses; each guess puts other octets in the place of one piece (or of the pieces of one name) and fits() tells
 * whether the signature was made over that. */
#include "dkim/explain.h"

#include "sig/header_hash.h"

struct guesses {
	struct dkim_trial *t;
	struct str *pieces;   /* canonical octets per name of h=, CRLF included; empty: the null input */
	struct str *original; /* pieces as the message has them */
	size_t *entries;      /* scratch, one per name of h= */
	struct buf text;      /* canonical form of one guess */
	size_t left;
	bool hit;
	int error;
};

static bool is_over(const struct guesses *g)
{
	return g->hit || g->error || g->left == 0;
}

/* Takes the cost of working on n octets; false when the budget is used up. */
static bool spend(struct guesses *g, size_t n)
{
	if (is_over(g) || n > g->t->octets_left) {
		g->left = 0;
		return false;
	}
	g->t->octets_left -= n;
	return true;
}

/* Whether the signature was made over the present pieces. */
static void fits(struct guesses *g)
{
	const struct dkim_signature *s = g->t->signature;
	enum digest_kind kind = s->algorithm == DKIM_RSA_SHA1 ? DIGEST_SHA1 : DIGEST_SHA256;
	struct digest_value digest;
	size_t octets = g->t->own.n;

	for (size_t i = 0; i < s->name_count; i++)
		octets += g->pieces[i].n;
	if (!spend(g, octets))
		return;
	g->left--;
	digest_start(g->t->digest, kind);
	for (size_t i = 0; i < s->name_count; i++)
		digest_update(g->t->digest, g->pieces[i]);
	digest_update(g->t->digest, g->t->own);
	g->error = digest_finish(g->t->digest, &digest);
	if (g->error)
		return;
	if (g->t->signed_digest.n)
		g->hit = digest_value_eq(&digest, &g->t->signed_digest);
	else
		g->error = public_key_verify(g->t->crypto, g->t->key, kind, &digest, s->signature, &g->hit);
}

static void restore(struct guesses *g)
{
	memcpy(g->pieces, g->original, g->t->signature->name_count * sizeof *g->pieces);
}

static bool same_name(const struct guesses *g, size_t a, size_t b)
{
	return str_ieq(g->t->signature->names[a], g->t->signature->names[b]);
}

/* Guess: the field at entry k was added after signing. The entries of that name behind it move one instance up. */
static void guess_added(struct guesses *g, size_t k)
{
	const struct header *header = g->t->header;
	size_t at = k, count = g->t->signature->name_count;

	for (size_t i = k + 1; i < count; i++)
		if (same_name(g, k, i)) {
			g->pieces[at] = g->original[i];
			at = i;
		}
	size_t last = g->t->fields[at];
	size_t above = last == HEADER_NONE ? HEADER_NONE : header->fields[last].above;

	buf_clear(&g->text);
	if (above != HEADER_NONE && spend(g, header->fields[above].raw.n))
		header_hash_field(&g->text, g->t->signature->header_canon, header, above);
	g->pieces[at] = buf_str(&g->text);
	if (!g->error)
		g->error = buf_error(&g->text);
	fits(g);
	restore(g);
}

/* Guess: the instances of the name at entry k stood in the opposite order. */
static void guess_reordered(struct guesses *g, size_t k)
{
	size_t n = 0;

	for (size_t i = 0; i < g->t->signature->name_count; i++) {
		if (!same_name(g, i, k) || g->t->fields[i] == HEADER_NONE)
			continue;
		if (i < k)
			return; /* done at the first entry of that name */
		g->entries[n++] = i;
	}
	if (n < 2)
		return;
	for (size_t i = 0; i < n; i++)
		g->pieces[g->entries[i]] = g->original[g->entries[n - 1 - i]];
	fits(g);
	restore(g);
}

/* Guess: the field at entry k was `before` + `value` (two parts, to save copying). */
static void guess_value(struct guesses *g, size_t k, struct str before, struct str value)
{
	struct buf raw;

	if (!spend(g, before.n + value.n))
		return;
	buf_init(&raw, MAIL_HEADER_SIZE_MAX);
	buf_put(&raw, g->t->header->fields[g->t->fields[k]].name);
	buf_put_c(&raw, ": ");
	buf_put(&raw, before);
	buf_put(&raw, value);
	buf_clear(&g->text);
	canon_field(&g->text, g->t->signature->header_canon, buf_str(&raw), true);
	g->error = buf_error(&raw) ? buf_error(&raw) : buf_error(&g->text);
	buf_release(&raw);
	g->pieces[k] = buf_str(&g->text);
	if (!g->error)
		fits(g);
	restore(g);
}

/* Guess: a tag such as "[list]", "EXTERNAL:" or "***SPAM***" was put into the subject, at its start or behind "Re: ". */
static void guess_subject_prefix(struct guesses *g, size_t k)
{
	enum { LONGEST_TAG = 80 };
	struct str value = str_trim_fws(g->t->header->fields[g->t->fields[k]].value);
	struct str reply = STR_NULL;

	for (int behind_reply = 0; behind_reply <= 1; behind_reply++) {
		struct str rest = str_skip(value, reply.n);

		for (size_t i = 0; i < rest.n && i < LONGEST_TAG; i++) {
			if (!strchr("]:*>)}|", rest.p[i]))
				continue;
			struct str without = str_skip(rest, i + 1);

			while (without.n && is_fws_char(without.p[0]))
				without = str_skip(without, 1);
			guess_value(g, k, reply, without);
		}
		if (!str_ihas_prefix(value, STR("Re: ")))
			break;
		reply = str_head(value, 4);
	}
}

/* Guess (simple form only): the same text, folded in another way. */
static void guess_refolded(struct guesses *g, size_t k)
{
	struct str value = g->t->header->fields[g->t->fields[k]].value;
	struct buf joined, spaced;

	if (!spend(g, value.n))
		return;
	buf_init(&joined, MAIL_HEADER_SIZE_MAX);
	buf_init(&spaced, MAIL_HEADER_SIZE_MAX);
	value = str_trim_fws(value);
	for (size_t i = 0; i < value.n; i++) {
		bool fold = value.p[i] == '\r' || value.p[i] == '\n';
		bool after_fold = i && value.p[i - 1] == '\n';

		if (!fold)
			buf_put_char(&joined, value.p[i]);
		if (!fold && !(is_wsp(value.p[i]) && after_fold))
			buf_put_char(&spaced, value.p[i]);
		else if (after_fold)
			buf_put_char(&spaced, ' ');
	}
	if (!g->error)
		g->error = buf_error(&joined) ? buf_error(&joined) : buf_error(&spaced);
	guess_value(g, k, STR_NULL, buf_str(&joined));
	guess_value(g, k, STR_NULL, buf_str(&spaced));
	buf_release(&joined);
	buf_release(&spaced);
}

/* Guess: the transfer encoding was converted on the way. */
static void guess_encoding(struct guesses *g, size_t k)
{
	static const char *const encodings[] = {"8bit", "7bit", "quoted-printable", "base64", "binary"};

	for (size_t i = 0; i < sizeof encodings / sizeof *encodings; i++)
		guess_value(g, k, STR_NULL, str_c(encodings[i]));
}

static bool is_named(const struct guesses *g, size_t k, struct str name)
{
	return str_ieq(g->t->signature->names[k], name);
}

/* All guesses about the field at entry k; the word for the one that fits, else NULL. */
static const char *guess_field(struct guesses *g, size_t k)
{
	guess_added(g, k);
	if (g->hit)
		return "added";
	if (is_named(g, k, STR("subject")))
		guess_subject_prefix(g, k);
	if (g->hit)
		return "subject-prefix";
	if (is_named(g, k, STR("content-transfer-encoding")))
		guess_encoding(g, k);
	if (g->hit)
		return "changed";
	if (g->t->signature->header_canon == CANON_SIMPLE)
		guess_refolded(g, k);
	if (g->hit)
		return "refolded";
	guess_reordered(g, k);
	return g->hit ? "reordered" : NULL;
}

static const char *lower_name(struct arena *arena, struct str name)
{
	struct str copy = arena_str(arena, name);
	char *p = (char *)(uintptr_t)copy.p;

	for (size_t i = 0; i < copy.n; i++)
		p[i] = to_lower(p[i]);
	return p ? p : "";
}

/* Cuts the canonical header octets into the pieces of the names of h=. */
static void cut_pieces(struct guesses *g)
{
	struct str rest = g->t->input;

	for (size_t k = 0; k < g->t->signature->name_count && !g->error; k++) {
		buf_clear(&g->text);
		header_hash_field(&g->text, g->t->signature->header_canon, g->t->header, g->t->fields[k]);
		g->error = buf_error(&g->text);
		g->original[k] = str_head(rest, g->text.n);
		rest = str_skip(rest, g->text.n);
	}
	g->t->own = rest;
	restore(g);
}

int dkim_find_changed_field(struct dkim_trial *trial, const char **name_out, const char **change_out)
{
	enum { ED25519_TRIALS_MAX = 64 /* each costs a verification */ };
	const struct dkim_signature *s = trial->signature;
	struct guesses g = {.t = trial, .left = trial->signed_digest.n ? DKIM_TRIALS_MAX : ED25519_TRIALS_MAX};

	g.pieces = arena_calloc(trial->arena, s->name_count, sizeof *g.pieces);
	g.original = arena_calloc(trial->arena, s->name_count, sizeof *g.original);
	g.entries = arena_calloc(trial->arena, s->name_count, sizeof *g.entries);
	if (!g.pieces || !g.original || !g.entries)
		return arena_error(trial->arena);
	buf_init(&g.text, MAIL_HEADER_SIZE_MAX + 2);
	cut_pieces(&g);
	for (size_t k = 0; k < s->name_count && !is_over(&g); k++) {
		const char *change = trial->fields[k] == HEADER_NONE ? NULL : guess_field(&g, k);

		if (change && !g.error) {
			*name_out = lower_name(trial->arena, s->names[k]);
			*change_out = change;
		}
	}
	buf_release(&g.text);
	return g.error ? g.error : arena_error(trial->arena);
}
