/* What each method found, as results of an Authentication-Results field. */
#include "authres/print.h"

enum { COMMENT_ROOM = 4096 /* octets of one comment before it is cut to AUTHRES_VALUE_MAX */ };

/* Puts text as a comment; what was too long for it ends early. */
static void put_comment(struct authres_printer *p, struct buf *text)
{
	if (text->error == INKAN_ENOMEM && !p->out->error)
		p->out->error = INKAN_ENOMEM;
	else if (text->n)
		authres_comment(p, buf_str(text));
	buf_release(text);
}

/* ---- DKIM ---- */

static void put_key_comment(struct authres_printer *p, const struct inkan_dkim_result *r)
{
	struct buf text;

	if (r->key_bits == 0)
		return;
	buf_init(&text, 64);
	buf_put_u64(&text, r->key_bits);
	buf_put_c(&text, r->testing ? "-bit key, test mode" : "-bit key");
	put_comment(p, &text);
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
	struct buf text;

	authres_method(p, "spf", inkan_result_name(result->result), str_c(result->reason));
	buf_init(&text, COMMENT_ROOM);
	if (result->mechanism[0]) {
		buf_put_c(&text, "by ");
		buf_put(&text, str_head(str_c(result->mechanism), AUTHRES_VALUE_MAX));
	}
	put_comment(p, &text);
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
	struct buf text;

	authres_method(p, "arc", inkan_result_name(result->result), str_c(result->reason));
	buf_init(&text, COMMENT_ROOM);
	if (result->set_count)
		buf_printf(&text, "i=%u", result->set_count);
	for (size_t i = 0; i < result->listed_sets; i++) {
		buf_put_c(&text, i ? ", " : " sealed by ");
		buf_put_c(&text, result->sets[i].sealer);
	}
	put_comment(p, &text);
	authres_property(p, "smtp.remote-ip", str_c(ip));
	if (result->result == INKAN_PASS && result->oldest_pass >= 0) {
		buf_init(&text, 16);
		buf_put_u64(&text, (uint64_t)result->oldest_pass);
		authres_property(p, "header.oldest-pass", buf_str(&text));
		buf_release(&text);
	}
}

/* ---- DMARC ---- */

void authres_dmarc(struct authres_printer *p, const struct inkan_dmarc_result *result, enum inkan_dmarc_policy applied,
                   enum inkan_override override, const char *override_comment)
{
	struct buf text;

	authres_method(p, "dmarc", inkan_result_name(result->result), str_c(result->reason));
	buf_init(&text, COMMENT_ROOM);
	if (result->record[0])
		buf_printf(&text, "%s=%s dis=%s", result->policy_tag[0] ? result->policy_tag : "p",
		           inkan_dmarc_policy_name(result->policy), inkan_dmarc_policy_name(applied));
	if (override != INKAN_OVERRIDE_NONE)
		buf_printf(&text, "%soverride=%s", text.n ? " " : "", inkan_override_name(override));
	if (override != INKAN_OVERRIDE_NONE && override_comment[0]) {
		buf_put_char(&text, ' ');
		buf_put(&text, str_head(str_c(override_comment), AUTHRES_VALUE_MAX));
	}
	put_comment(p, &text);
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
