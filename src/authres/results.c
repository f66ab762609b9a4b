/* What each method found, as results of an Authentication-Results field. */
#include "authres/print.h"

#include <stdio.h>

/* A comment while it is made: what is too long for it is cut. No memory is needed, so nothing is lost for lack of it. */
struct comment {
	char text[AUTHRES_VALUE_MAX];
	size_t n;
};

static void add(struct comment *c, const char *text)
{
	struct str part = str_head(str_c(text), sizeof c->text - c->n);

	if (part.n)
		memcpy(c->text + c->n, part.p, part.n);
	c->n += part.n;
}

static void add_number(struct comment *c, unsigned value)
{
	char text[16];

	snprintf(text, sizeof text, "%u", value);
	add(c, text);
}

static void put_comment(struct authres_printer *p, const struct comment *c)
{
	if (c->n)
		authres_comment(p, str_from(c->text, c->n));
}

/* ---- DKIM ---- */

static void put_key_comment(struct authres_printer *p, const struct inkan_dkim_result *r)
{
	struct comment c = {.n = 0};

	if (r->key_bits == 0)
		return;
	add_number(&c, r->key_bits);
	add(&c, r->testing ? "-bit key, test mode" : "-bit key");
	put_comment(p, &c);
}

void authres_dkim(struct authres_printer *p, const struct inkan_dkim_result *results, size_t count)
{
	if (count == 0)
		authres_method(p, "dkim", "none", STR_NULL);
	for (size_t i = 0; i < count && i < AUTHRES_DKIM_MAX; i++) {
		const struct inkan_dkim_result *r = &results[i];

		authres_method(p, "dkim", inkan_result_name(r->result), STR_NULL);
		if (r->reason[0])
			authres_comment(p, str_c(r->reason));
		authres_reason(p, str_c(r->reason));
		put_key_comment(p, r);
		authres_property(p, "header.d", str_c(r->domain));
		authres_property(p, "header.i", str_c(r->identity));
		authres_property(p, "header.s", str_c(r->selector));
		authres_property(p, "header.a", str_c(r->algorithm));
		authres_property(p, "header.b", str_c(r->signature_prefix));
	}
}

/* ---- SPF ---- */

/* MAIL FROM without its angle brackets. */
static struct str bare_path(const char *path)
{
	struct str s = str_trim_fws(str_c(path));

	if (s.n >= 2 && s.p[0] == '<' && s.p[s.n - 1] == '>')
		s = str_from(s.p + 1, s.n - 2);
	return s;
}

void authres_spf(struct authres_printer *p, const struct inkan_spf_result *result, const char *mail_from)
{
	struct str sender = bare_path(mail_from);
	struct comment c = {.n = 0};

	authres_method(p, "spf", inkan_result_name(result->result), str_c(result->reason));
	if (result->mechanism[0]) {
		add(&c, "by ");
		add(&c, result->mechanism);
	}
	put_comment(p, &c);
	/* the null sender has no address: its name is that of HELO (RFC 7208 section 2.4) */
	if (result->identity == INKAN_SPF_MAILFROM && sender.n)
		authres_property(p, "smtp.mailfrom", sender);
	else
		authres_property(p, "smtp.helo", str_c(result->domain));
}

static void put_skipped(struct authres_printer *p, const char *method)
{
	authres_method(p, method, "none", STR_NULL);
	authres_comment(p, STR("skipped: trusted gateway"));
}

static void put_spf(struct authres_printer *p, const struct inkan_verdict *v, const struct inkan_session *session)
{
	const char *mail_from = session ? session->mail_from : NULL;
	const struct inkan_spf_result *helo = v->spf_helo;

	if (session && session->trusted_gateway) {
		put_skipped(p, "spf");
		return;
	}
	if (!v->spf || v->spf->identity == INKAN_SPF_NOT_CHECKED)
		return;
	authres_spf(p, v->spf, mail_from);
	/* what HELO gave is told beside MAIL FROM, only where it says something */
	if (helo && helo->identity == INKAN_SPF_HELO && helo->result != INKAN_NONE && bare_path(mail_from).n &&
	    v->spf->identity == INKAN_SPF_MAILFROM)
		authres_spf(p, helo, mail_from);
}

/* ---- ARC ---- */

void authres_arc(struct authres_printer *p, const struct inkan_arc_result *result, const char *ip)
{
	struct comment c = {.n = 0}, oldest = {.n = 0};

	authres_method(p, "arc", inkan_result_name(result->result), str_c(result->reason));
	if (result->set_count) {
		add(&c, "i=");
		add_number(&c, result->set_count);
	}
	for (size_t i = 0; i < result->listed_sets; i++) {
		add(&c, i ? ", " : " sealed by ");
		add(&c, result->sets[i].sealer);
	}
	put_comment(p, &c);
	authres_property(p, "smtp.remote-ip", str_c(ip));
	if (result->result == INKAN_PASS && result->oldest_pass >= 0) {
		add_number(&oldest, (unsigned)result->oldest_pass);
		authres_property(p, "header.oldest-pass", str_from(oldest.text, oldest.n));
	}
}

/* ---- DMARC ---- */

void authres_dmarc(struct authres_printer *p, const struct inkan_dmarc_result *result, enum inkan_dmarc_policy applied,
                   enum inkan_override override, const char *override_comment)
{
	struct comment c = {.n = 0};

	authres_method(p, "dmarc", inkan_result_name(result->result), str_c(result->reason));
	if (result->record[0]) {
		add(&c, result->policy_tag[0] ? result->policy_tag : "p");
		add(&c, "=");
		add(&c, inkan_dmarc_policy_name(result->policy));
		add(&c, " dis=");
		add(&c, inkan_dmarc_policy_name(applied));
	}
	if (override != INKAN_OVERRIDE_NONE) {
		add(&c, c.n ? " override=" : "override=");
		add(&c, inkan_override_name(override));
		add(&c, override_comment[0] ? " " : "");
		add(&c, override_comment);
	}
	put_comment(p, &c);
	authres_property(p, "header.from", str_c(result->from_domain));
	if (result->record[0])
		authres_property(p, "policy.dmarc", str_c(inkan_dmarc_policy_name(applied)));
}

static void put_dmarc(struct authres_printer *p, const struct inkan_verdict *v, const struct inkan_session *session)
{
	if (session && session->trusted_gateway) {
		put_skipped(p, "dmarc");
		authres_property(p, "header.from", str_c(v->from_domain));
	} else if (v->dmarc) {
		authres_dmarc(p, v->dmarc, v->applied, v->override, v->override_comment);
	}
}

/* ---- the rest ---- */

void authres_iprev(struct authres_printer *p, enum inkan_result result, const char *ip, const char *name)
{
	authres_method(p, "iprev", inkan_result_name(result), STR_NULL);
	if (name[0])
		authres_comment(p, str_c(name));
	authres_property(p, "policy.iprev", str_c(ip));
}

void authres_verdict(struct authres_printer *p, const struct inkan_verdict *v, const struct inkan_session *session)
{
	put_spf(p, v, session);
	authres_dkim(p, v->dkim, v->dkim_count);
	if (v->arc)
		authres_arc(p, v->arc, session ? session->ip : NULL);
	put_dmarc(p, v, session);
}
