/* From a verdict to an action: what DMARC and SPF are each a ground for, the graver of both, and its reply. */
#include "policy/action.h"

#include "dmarc/reply.h"
#include "policy/direction.h"
#include "spf/output.h"

enum { UNCUT_REPLY_MAX = 64 * 1024 /* octets of a reply before it is cut: SPF's explanation may be long */ };

enum subject { SUBJECT_NOTHING, SUBJECT_AUTHOR, SUBJECT_DMARC, SUBJECT_SPF };

/* What one mechanism gives cause for. */
struct ground {
	enum policy_action action;
	enum subject subject;
	const char *reason; /* "": there is none */
};

const char *policy_action_name(enum policy_action action)
{
	static const char *const names[] = {
		[POLICY_TAG] = "tag",
		[POLICY_QUARANTINE] = "quarantine",
		[POLICY_REJECT] = "reject",
		[POLICY_TEMPFAIL] = "tempfail",
	};

	return names[action];
}

static int gravity(enum policy_action action)
{
	static const int gravities[] = {
		[POLICY_TAG] = 0, [POLICY_QUARANTINE] = 1, [POLICY_TEMPFAIL] = 2, [POLICY_REJECT] = 3};

	return gravities[action];
}

/* A temporary error never refuses for good: asking again may help. */
static enum policy_action temporary(enum policy_action action)
{
	return action == POLICY_REJECT ? POLICY_TEMPFAIL : action;
}

/* ---- grounds ---- */

static struct ground ground_of_author(const struct action_settings *a, const struct inkan_verdict *v)
{
	if (v->reason == INKAN_NO_AUTHOR)
		return (struct ground){a->no_author, SUBJECT_AUTHOR, "From names no author"};
	if (v->reason == INKAN_SEVERAL_AUTHORS)
		return (struct ground){a->several_authors, SUBJECT_AUTHOR, "From names several authors"};
	return (struct ground){POLICY_TAG, SUBJECT_NOTHING, ""};
}

static struct ground ground_of_failed_dmarc(const struct action_settings *a, const struct inkan_verdict *v)
{
	if (v->applied == INKAN_POLICY_REJECT)
		return (struct ground){a->dmarc_reject, SUBJECT_DMARC, "DMARC fails, the owner asks to reject"};
	if (v->applied == INKAN_POLICY_QUARANTINE)
		return (struct ground){a->dmarc_quarantine, SUBJECT_DMARC, "DMARC fails, the owner asks to quarantine"};
	return (struct ground){POLICY_TAG, SUBJECT_DMARC, "DMARC fails, nothing is to be done about it"};
}

static struct ground ground_of_dmarc(const struct action_settings *a, const struct inkan_verdict *v)
{
	switch (v->dmarc->result) {
	case INKAN_FAIL:
		return ground_of_failed_dmarc(a, v);
	case INKAN_TEMPERROR:
		return (struct ground){temporary(a->dmarc_temperror), SUBJECT_DMARC, "DMARC cannot be looked up now"};
	case INKAN_PERMERROR:
		return (struct ground){a->dmarc_permerror, SUBJECT_DMARC, "DMARC cannot be checked"};
	default:
		return (struct ground){POLICY_TAG, SUBJECT_NOTHING, ""};
	}
}

/* Softfail is no ground by itself (RFC 7208 section 8.5; RULES P23): it counts only where DMARC fails as well. */
static struct ground ground_of_softfail(const struct action_settings *a, const struct inkan_verdict *v)
{
	bool alone = v->dmarc->result != INKAN_FAIL;

	return (struct ground){alone ? POLICY_TAG : a->spf_softfail, SUBJECT_SPF,
	                       alone ? "SPF softfail, no ground by itself" : "SPF softfail, and DMARC fails"};
}

static struct ground ground_of_spf(const struct action_settings *a, const struct inkan_verdict *v)
{
	if (v->spf_leg == INKAN_LEG_UNCHECKED)
		return (struct ground){POLICY_TAG, SUBJECT_NOTHING, ""};
	switch (v->spf->result) {
	case INKAN_FAIL:
		return (struct ground){a->spf_fail, SUBJECT_SPF, "SPF fails"};
	case INKAN_SOFTFAIL:
		return ground_of_softfail(a, v);
	case INKAN_TEMPERROR:
		return (struct ground){temporary(a->spf_temperror), SUBJECT_SPF, "SPF cannot be looked up now"};
	case INKAN_PERMERROR:
		return (struct ground){a->spf_permerror, SUBJECT_SPF, "the SPF record cannot be interpreted"};
	default:
		return (struct ground){POLICY_TAG, SUBJECT_NOTHING, ""};
	}
}

/* DMARC passes, here or where a trusted sealer saw it. */
static bool dmarc_passes(const struct inkan_verdict *v)
{
	return v->dmarc->result == INKAN_PASS || v->override == INKAN_OVERRIDE_TRUSTED_FORWARDER;
}

static struct ground gravest_ground(const struct action_settings *a, const struct inkan_verdict *v)
{
	struct ground author = ground_of_author(a, v), spf = ground_of_spf(a, v);
	struct ground first = author.subject ? author : ground_of_dmarc(a, v);
	bool spares = a->spf_fail_unless_dmarc_passes;

	if (spares && dmarc_passes(v))
		return first;
	/* whether DMARC passes shows later, perhaps */
	if (spares && v->dmarc->result == INKAN_TEMPERROR)
		spf.action = temporary(spf.action);
	if (gravity(spf.action) > gravity(first.action) || (!first.subject && spf.subject))
		return spf;
	return first;
}

/* ---- exceptions ---- */

/* What this receiver says to a failure without looking at the actions; NULL: nothing. */
static const char *why_spared(const struct action_settings *a, const struct inkan_verdict *v)
{
	if (v->reason == INKAN_THROUGH_TRUSTED_GATEWAY)
		return "the client is a trusted gateway";
	if (v->reason == INKAN_FROM_PRIVATE_ADDRESS)
		return "the client has a private address";
	if (v->from_address[0] && patterns_match(&a->accept_from, str_c(v->from_address)))
		return "the author is in accept_from";
	return NULL;
}

/* ---- the record for reports ---- */

static enum inkan_dmarc_policy policy_of(enum policy_action action, enum inkan_dmarc_policy asked)
{
	switch (action) {
	case POLICY_TAG:
		return INKAN_POLICY_NONE;
	case POLICY_QUARANTINE:
		return INKAN_POLICY_QUARANTINE;
	case POLICY_REJECT:
		return INKAN_POLICY_REJECT;
	case POLICY_TEMPFAIL: /* nothing was decided */
		break;
	}
	return asked;
}

/* spared: why nothing is done, or NULL */
static void record(const struct inkan_verdict *v, const char *spared, struct decision *d)
{
	static const char *const comments[] = {
		[INKAN_POLICY_NONE] = "this receiver delivers what fails",
		[INKAN_POLICY_QUARANTINE] = "this receiver holds what fails",
		[INKAN_POLICY_REJECT] = "this receiver refuses what fails",
	};
	enum inkan_dmarc_policy done = policy_of(d->action, v->applied);

	d->applied = v->applied;
	d->override = v->override;
	d->override_comment = v->override_comment;
	if (v->applied == INKAN_POLICY_NONE || done == v->applied)
		return;
	d->applied = done;
	d->override = INKAN_OVERRIDE_LOCAL_POLICY;
	d->override_comment = spared ? spared : comments[done];
}

/* ---- the reply ---- */

static void put_author_reply(struct buf *out, const struct inkan_verdict *v)
{
	buf_printf(out, "550 5.7.1 DMARC cannot be checked: From names %s",
	           v->reason == INKAN_NO_AUTHOR ? "no author" : "several authors");
}

static void put_dmarc_reply(struct buf *out, const struct inkan_verdict *v)
{
	if (!dmarc_reply(out, v->dmarc))
		buf_printf(out, "550 5.7.1 DMARC cannot be checked for %s", v->dmarc->from_domain);
}

static void put_spf_reply(struct buf *out, const struct inkan_verdict *v)
{
	const struct spf_reply *reply = spf_reply(v->spf->result);

	if (!reply)
		reply = spf_reply(INKAN_FAIL); /* softfail */
	buf_printf(out, "%u %s %s for %s", reply->code, reply->enhanced, reply->text, v->spf->domain);
}

static void put_text(struct buf *out, enum subject subject, const struct action_settings *a,
                     const struct inkan_verdict *v)
{
	if (subject == SUBJECT_AUTHOR)
		put_author_reply(out, v);
	else if (subject == SUBJECT_DMARC)
		put_dmarc_reply(out, v);
	else
		put_spf_reply(out, v);
	if (a->contact && a->contact[0])
		buf_printf(out, "; %s", a->contact);
	if (subject == SUBJECT_SPF && v->spf->explanation[0])
		buf_printf(out, "; %s says: %s", v->spf->domain, v->spf->explanation);
}

/* One line of ASCII whose code is that of the action: SPF and DMARC know one code for each result. */
static void put_reply(struct buf *out, const struct ground *ground, const struct action_settings *a,
                      const struct inkan_verdict *v)
{
	struct buf line;

	buf_init(&line, UNCUT_REPLY_MAX);
	put_text(&line, ground->subject, a, v);
	if (buf_error(&line) == INKAN_ENOMEM && !out->error)
		out->error = INKAN_ENOMEM;
	struct str text =
		str_head(str_skip(buf_str(&line), sizeof "550 5" - 1), POLICY_REPLY_MAX - (sizeof "550 5" - 1));

	buf_put(out, ground->action == POLICY_REJECT ? STR("550 5") : STR("451 4"));
	for (size_t i = 0; i < text.n; i++)
		buf_put_char(out, text.p[i] < ' ' || text.p[i] > '~' ? '?' : text.p[i]);
	buf_release(&line);
}

void policy_decide(const struct policy_settings *settings, const struct inkan_verdict *verdict, struct decision *out,
                   struct buf *reply)
{
	const struct action_settings *actions = &settings->actions;
	const char *spared = why_spared(actions, verdict);
	struct ground ground = gravest_ground(actions, verdict);

	if (spared)
		ground.action = POLICY_TAG;
	out->action = ground.action;
	out->reason = spared && ground.subject ? spared : ground.reason;
	record(verdict, spared, out);
	if (ground.action == POLICY_REJECT || ground.action == POLICY_TEMPFAIL)
		put_reply(reply, &ground, actions, verdict);
}
