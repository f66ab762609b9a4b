/* The verdict on one message: what every mechanism found, what DMARC makes of it, and what an administrator should think.
 *
 *	inkan_message_set_session(m, &session);		(who delivered it: SPF needs that)
 *	... write, end, evaluate (inkan/message.h) ...
 *	const struct inkan_verdict *v = inkan_message_verdict(m);
 *	if (v->kind == INKAN_VERDICT_FAIL && v->applied == INKAN_POLICY_REJECT) ...
 */
#pragma once

#include "inkan/arc.h"
#include "inkan/dmarc.h"
#include "inkan/spf.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The SMTP session that delivered a message. What is not known is NULL. */
struct inkan_session {
	size_t struct_size;    /* sizeof(struct inkan_session) */
	const char *ip;        /* of the client, IPv4 or IPv6 as text; NULL: SPF is not checked */
	const char *helo;      /* of HELO or EHLO */
	const char *mail_from; /* of MAIL FROM, with or without angle brackets; "": the null sender */
	const char *receiver;  /* host name of the receiver, for %{r} of SPF explanations; NULL: "unknown" */
	/* The client is a gateway of the receiver itself (RFC 7208 section 9.2): SPF and DMARC are not checked, as the
	 * address says nothing about the author; DKIM and ARC are. */
	bool trusted_gateway;
};

/* How one mechanism stands, as DMARC sees it. */
enum inkan_leg {
	INKAN_LEG_UNCHECKED,   /* SPF: the session is not known, or is that of a trusted gateway */
	INKAN_LEG_ABSENT,      /* no signature; no SPF record */
	INKAN_LEG_FAILED,      /* there is one, and it did not pass */
	INKAN_LEG_NOT_ALIGNED, /* passed, for another domain than the author's */
	INKAN_LEG_ALIGNED,     /* passed and aligned */
	INKAN_LEG_UNDECIDED    /* DNS failed for now */
};

/* "unchecked", "absent", "failed", "not-aligned", "aligned", "undecided" */
INKAN_API const char *inkan_leg_name(enum inkan_leg leg);

enum inkan_verdict_kind {
	INKAN_VERDICT_NONE,              /* no policy is published: nobody says what to make of the results */
	INKAN_VERDICT_PASS,              /* DMARC passes, and nothing that was checked is broken or missing */
	INKAN_VERDICT_AT_RISK,           /* DMARC passes, but on one leg where the other is broken or missing */
	INKAN_VERDICT_FAIL,              /* DMARC fails, or there is no one author it could be asked for */
	INKAN_VERDICT_UNKNOWN,           /* DNS failed for now */
	INKAN_VERDICT_NOT_REPRESENTATIVE /* the message came a way that skips checks: the result proves nothing */
};

/* "none", "pass", "at-risk", "fail", "unknown", "not-representative" */
INKAN_API const char *inkan_verdict_name(enum inkan_verdict_kind kind);

/* Why the verdict is what it is: each is one sentence of a page. */
enum inkan_verdict_reason {
	/* none */
	INKAN_NO_POLICY,
	/* pass */
	INKAN_BOTH_ALIGNED,
	INKAN_ALIGNED_BY_DKIM_SPF_UNCHECKED,
	INKAN_ALIGNED_BY_DKIM_SPF_UNDECIDED,
	INKAN_ALIGNED_BY_SPF_DKIM_UNDECIDED,
	/* at-risk: passes by SPF only ... */
	INKAN_BY_SPF_SIGNATURE_BROKEN,
	INKAN_BY_SPF_NOT_SIGNED,
	INKAN_BY_SPF_SIGNATURE_NOT_ALIGNED,
	/* ... by DKIM only ... */
	INKAN_BY_DKIM_SPF_FAILED,
	INKAN_BY_DKIM_SPF_ABSENT,
	INKAN_BY_DKIM_SPF_NOT_ALIGNED,
	/* ... or with fields that no passing signature covers */
	INKAN_REPEATED_FIELDS,
	/* fail */
	INKAN_NOTHING_PASSED,     /* neither mechanism passed for any domain */
	INKAN_NOTHING_ALIGNED,    /* one passed, but for another domain than the author's */
	INKAN_FAILED_BUT_VOUCHED, /* fails here; a trusted sealer says that it passed on arrival there */
	INKAN_NO_AUTHOR,          /* no From field, or none with a usable domain */
	INKAN_SEVERAL_AUTHORS,    /* several From fields, or several domains in one */
	/* unknown */
	INKAN_DNS_FAILED,
	/* not representative */
	INKAN_THROUGH_TRUSTED_GATEWAY, /* the session says so */
	INKAN_FROM_PRIVATE_ADDRESS,    /* the client's address is a private or loopback one */
	/* Microsoft 365 marked it as internal, which it neither signs nor checks. The mark is a field of the message, which a
	 * stranger can write too: it does not count where DMARC fails and the session is known, and `applied` ignores it */
	INKAN_INSIDE_ONE_ORGANIZATION
};

/* "both_aligned" and so on */
INKAN_API const char *inkan_verdict_reason_name(enum inkan_verdict_reason reason);

/* Why another policy was applied than the owner asked for (RFC 9990 section 3.1.1.6; RULES M13). */
enum inkan_override {
	INKAN_OVERRIDE_NONE,
	INKAN_OVERRIDE_LOCAL_POLICY,
	INKAN_OVERRIDE_MAILING_LIST,
	INKAN_OVERRIDE_OTHER,
	INKAN_OVERRIDE_POLICY_TEST_MODE, /* t=y */
	INKAN_OVERRIDE_TRUSTED_FORWARDER /* a trusted ARC sealer saw DMARC pass; or a trusted gateway */
};

/* "", "local_policy", "mailing_list", "other", "policy_test_mode", "trusted_forwarder" */
INKAN_API const char *inkan_override_name(enum inkan_override override);

/* A field that stands more often in the message than it may, and than a passing signature covers: which one a reader
 * sees is not proven (RFC 6376 section 8.15). */
struct inkan_repeated_field {
	const char *name; /* "From" */
	size_t count, covered;
};

/* Everything lives as long as the results of the message; strings are terminated, never NULL, without control
 * characters. */
struct inkan_verdict {
	enum inkan_verdict_kind kind;
	enum inkan_verdict_reason reason;

	const char *from_address; /* of the one author, as written; "" where there is none or more than one */
	const char *from_domain;  /* A-label, lower case; "" likewise */

	enum inkan_leg spf_leg, dkim_leg;        /* dkim_leg: of the best signature */
	const struct inkan_spf_result *spf;      /* of MAIL FROM; of HELO for the null sender */
	const struct inkan_spf_result *spf_helo; /* of HELO, for the record; DMARC does not use it */
	bool spf_aligned;                        /* its domain is aligned with the author's, whatever its result */
	const struct inkan_dkim_result *dkim;    /* top to bottom; `aligned` is set */
	size_t dkim_count;
	const struct inkan_arc_result *arc;
	const struct inkan_dmarc_result *dmarc;

	/* What is to be done here: dmarc->disposition unless overridden. A disposition of reject alone is no reason to
	 * refuse a message (RFC 9989 section 7.4). */
	enum inkan_dmarc_policy applied;
	enum inkan_override override;
	const char *override_comment; /* "arc=pass as[2].d=example.org"; "" */

	const struct inkan_repeated_field *repeated;
	size_t repeated_count;
};

#ifdef __cplusplus
}
#endif
