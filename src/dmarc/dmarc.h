/* DMARC (RFC 9989; RFC 7489 as a profile; RULES M1 to M19, section 1.1). */
#pragma once

#include "dns/evidence.h"
#include "inkan/dmarc.h"

enum {
	DMARC_WALK_MAX = 8,       /* TXT questions of one tree walk (RFC 9989 section 4.10) */
	DMARC_RECORD_MAX = 16384, /* octets of a record that is read */
	DMARC_WALKS_MAX = 12,     /* distinct names walked for one message (M4): author, SPF, ten DKIM domains */
	DMARC_URIS_MAX = 100      /* of rua= or ruf= */
};

struct dmarc_uri {
	struct str uri;  /* as written, without the !size suffix */
	struct str mail; /* address of a mailto: URI, percent-decoded; empty for other schemes */
};

enum dmarc_psd { DMARC_PSD_UNKNOWN, DMARC_PSD_YES, DMARC_PSD_NO };

/* A record, read with the fallbacks of RFC 9989 section 4.10.1 (or RFC 7489 section 6.6.3). */
struct dmarc_record {
	bool valid; /* v=DMARC1 first, and a usable policy (or a rua= that stands in for it) */
	enum inkan_dmarc_policy p, sp, np;
	bool has_p, has_sp, has_np; /* present and valid */
	bool strict_dkim, strict_spf, testing;
	enum dmarc_psd psd;
	unsigned pct;             /* 0..100 */
	unsigned report_interval; /* ri= */
	struct str fo, rf;
	struct dmarc_uri *rua, *ruf;
	size_t rua_count, ruf_count;
	struct str text; /* the record */
};

/* Never fails but for memory: what cannot be read falls back. Strings live in the arena or in text. */
INKAN_MUST_CHECK int dmarc_record_parse(struct arena *arena, struct str text, enum inkan_dmarc_profile profile,
                                        struct dmarc_record *out);
/* The same without rua= and ruf=, which only reports want; they may or may not be filled in. */
INKAN_MUST_CHECK int dmarc_record_parse_policy(struct arena *arena, struct str text, enum inkan_dmarc_profile profile,
                                               struct dmarc_record *out);
/* Whether a TXT text is a DMARC record at all: begins with exactly v=DMARC1 (RFC 9989 section 4.8). */
bool dmarc_record_is(struct str text);

struct dmarc_identifier {
	struct str domain;
	struct str selector; /* DKIM; may be empty */
	enum inkan_result result;
	/* Out: the domain is aligned, whatever the result. For one that did not pass this is told from the names alone,
	 * without DNS: at or below the author's organizational domain. */
	bool aligned;
};

struct dmarc_query {
	struct str from_domain; /* of the one author; U-labels are converted */
	/* MAIL FROM identity (never HELO alone, RFC 9989 section 3.2.4); count 0 or more */
	struct dmarc_identifier *spf;
	size_t spf_count;
	struct dmarc_identifier *dkim; /* every signature of the message */
	size_t dkim_count;
	enum inkan_dmarc_profile profile;
	unsigned sample; /* 0..99, random, for pct under RFC 7489: sampled out where sample >= pct */
	/* RFC 7489: the registrable domain of a lower-case name by the public suffix list; empty if it is a suffix itself. */
	struct str (*registrable_domain)(void *context, struct str domain);
	void *psl_context;
};

/* As spf_check_mailfrom(): asks everything at once, sets *pending_out while questions are open. Strings live in the arena. */
INKAN_MUST_CHECK int dmarc_evaluate(struct arena *arena, struct evidence *evidence, const struct dmarc_query *query,
                                    struct inkan_dmarc_result *out, bool *pending_out);
/* Policy discovery alone (`inkan dmarc DOMAIN`): result is none; the record is parsed into *record_out (valid = false
 * where there is none). */
INKAN_MUST_CHECK int dmarc_discover(struct arena *arena, struct evidence *evidence, struct str domain,
                                    const struct dmarc_query *options, struct inkan_dmarc_result *out,
                                    struct dmarc_record *record_out, bool *pending_out);
/* The organizational domain alone (RFC 9989 section 4.10.2), for alignment and external report destinations (M18). */
INKAN_MUST_CHECK int dmarc_organizational_domain(struct arena *arena, struct evidence *evidence, struct str domain,
                                                 const struct dmarc_query *options, struct str *out, bool *pending_out);
/* M18: whether reports for a policy at `policy_domain` may go to that URI; asks _report._dmarc where the organizational
 * domains differ. *replaced_out: the address of the destination's own rua= (same host), or the URI's own. */
enum dmarc_destination { DMARC_DESTINATION_ALLOWED, DMARC_DESTINATION_REFUSED, DMARC_DESTINATION_TEMPORARY };
INKAN_MUST_CHECK int dmarc_check_destination(struct arena *arena, struct evidence *evidence, struct str policy_domain,
                                             const struct dmarc_uri *uri, const struct dmarc_query *options,
                                             enum dmarc_destination *out, struct str *replaced_out, bool *pending_out);
