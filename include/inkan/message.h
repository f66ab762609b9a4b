/* Verification of one message as a stream, with the caller's own resolver.
 *
 *	inkan_message_new(context, &options, &m);
 *	inkan_message_set_session(m, &session);		(where it is known: SPF needs it)
 *	while (octets arrive)
 *		inkan_message_write(m, p, n);
 *	inkan_message_end(m);
 *	while (inkan_message_evaluate(m) == INKAN_NEED_DNS)
 *		for (n = inkan_message_questions(m, &q), i = 0; i < n; i++)
 *			inkan_message_answer_packet(m, &q[i], packet, size, secure);
 *	verdict = inkan_message_verdict(m);
 *
 * A program that may block has inkan_resolver_evaluate() (inkan/resolver.h, another library) do the last loop.
 *
 * Questions are known as soon as the header is complete: a caller that asks inkan_message_questions() while the body is
 * still arriving lets DNS and body run side by side. Memory does not grow with the body. */
#pragma once

#include "inkan/context.h"
#include "inkan/dkim.h"
#include "inkan/dns.h"
#include "inkan/verdict.h"

#ifdef __cplusplus
extern "C" {
#endif

struct inkan_message;

enum inkan_line_ends {
	INKAN_LINE_ENDS_STRICT,   /* as received by SMTP: only CRLF ends a line, nothing is converted */
	INKAN_LINE_ENDS_NORMALISE /* as read from a file: a bare LF is taken as CRLF */
};

enum inkan_verify_flags {
	/* For old archives: accept rsa-sha1 and RSA from 512 bits, which RFC 8301 forbids, and signatures of the drafts
	 * before RFC 4871 (no v=, or v=0.5). */
	INKAN_ALLOW_LEGACY = 1 << 0,
	INKAN_ALLOW_PARTIAL_BODY = 1 << 1, /* honour l= though octets beyond it are unsigned (RFC 6376 section 8.2) */
	INKAN_WITHOUT_ARC = 1 << 2         /* do not look at ARC: it is `none` */
};

enum { INKAN_TRUSTED_SEALERS_MAX = 1000 /* domains in inkan_message_options.trusted_sealers */ };

struct inkan_message_options {
	size_t struct_size; /* sizeof(struct inkan_message_options) */
	int64_t now;        /* time of judgement, Unix seconds; INKAN_TIME_NONE: t= and x= are not judged */
	enum inkan_line_ends line_ends;
	unsigned flags;          /* enum inkan_verify_flags */
	unsigned signatures_max; /* signatures evaluated a message, 1 to 100; further ones get `policy`; 0: 10 */
	unsigned clock_skew;     /* seconds that clocks may differ; 0: 300 */
	const struct inkan_snapshot *snapshot; /* answers from here only; NULL: the caller answers questions */
	/* Whether a domain is a public suffix (such as co.jp), in whose name nobody may sign; NULL: a single label is. */
	bool (*is_public_suffix)(void *context, const char *domain);
	void *public_suffix_context;
	enum inkan_dmarc_profile dmarc_profile;
	/* INKAN_RFC7489: how many octets at the end of a lower-case domain are its registrable domain ("example.co.jp" of
	 * "mail.example.co.jp"); 0 where it is a public suffix itself. NULL: each domain stands for itself. The context is
	 * public_suffix_context. */
	size_t (*registrable_domain)(void *context, const char *domain);
	unsigned
		sample; /* INKAN_RFC7489: 0 to 99, drawn by chance for each message; left out of the policy where >= pct */
	/* Domains (lower case, d= of ARC-Seal) whose word counts: where all sealers of a valid chain are among them and the
	 * first saw DMARC pass, a failure here is overridden (RFC 8617 section 7.2.1). Not copied. */
	const char *const *trusted_sealers;
	size_t trusted_sealer_count; /* at most INKAN_TRUSTED_SEALERS_MAX */
	unsigned questions_max;      /* DNS questions of one message, 1 to 1,000; further ones fail for now; 0: 1,000 */
};

/* Sets the defaults named above, with `now` as INKAN_TIME_NONE. */
INKAN_API void inkan_message_options_init(struct inkan_message_options *options);

/* Errors: INKAN_ENOMEM, INKAN_EUSAGE (an option outside its range). context and snapshot must outlive the message. */
INKAN_API INKAN_MUST_CHECK int inkan_message_new(struct inkan_context *context,
                                                 const struct inkan_message_options *options,
                                                 struct inkan_message **out);
/* NULL is fine. */
INKAN_API void inkan_message_free(struct inkan_message *message);
/* Ready for another message with the same options; memory is kept, DNS answers are forgotten. */
INKAN_API void inkan_message_reset(struct inkan_message *message);

/* Another time of judgement, and another number drawn for `sample` (0 to 99; beyond: left as it is), for this message and those
 * after the next resets; before evaluation. A program that runs for long sets both for each message. */
INKAN_API void inkan_message_set_time(struct inkan_message *message, int64_t now);
INKAN_API void inkan_message_set_sample(struct inkan_message *message, unsigned sample);

/* Who delivered the message; before the end of its header, at best before the first octet. Texts are copied; forgotten by
 * inkan_message_reset(). INKAN_EUSAGE: too late, ip is no address, or a text is longer than 4,096 octets: then the session
 * is as it was. INKAN_ENOMEM. */
INKAN_API INKAN_MUST_CHECK int inkan_message_set_session(struct inkan_message *message,
                                                         const struct inkan_session *session);

/* Takes the next n octets, in chunks of any size. Errors are sticky: INKAN_ELIMIT (header above 4 MiB or 10,000
 * fields), INKAN_ENOMEM, INKAN_ECRYPTO, INKAN_EUSAGE (after inkan_message_end()). */
INKAN_API INKAN_MUST_CHECK int inkan_message_write(struct inkan_message *message, const void *octets, size_t n);
/* The message is complete. */
INKAN_API INKAN_MUST_CHECK int inkan_message_end(struct inkan_message *message);
/* Text for the last error of this message, with the limit concerned; "" where there was none. */
INKAN_API const char *inkan_message_error(const struct inkan_message *message);

#define INKAN_NEED_DNS 1

/* Judges what can be judged: INKAN_OK when every result stands, INKAN_NEED_DNS when questions are open, or an error
 * (INKAN_EUSAGE before inkan_message_end()). */
INKAN_API INKAN_MUST_CHECK int inkan_message_evaluate(struct inkan_message *message);

/* Open questions; answering them does not change the array, which is valid until this is called again. */
INKAN_API size_t inkan_message_questions(struct inkan_message *message, const struct inkan_question **out);
/* Answers a question with a DNS reply as it came over the wire (RFC 1035 section 4). A reply that cannot be read, or
 * that answers something else, counts as SERVFAIL. secure: DNSSEC-validated by the caller's resolver. */
INKAN_API INKAN_MUST_CHECK int inkan_message_answer_packet(struct inkan_message *message,
                                                           const struct inkan_question *question,
                                                           const unsigned char *packet, size_t n, bool secure);
/* Answers a TXT question with records, each the joined text of its character-strings. */
INKAN_API INKAN_MUST_CHECK int inkan_message_answer_txt(struct inkan_message *message,
                                                        const struct inkan_question *question, const char *const *texts,
                                                        const size_t *sizes, size_t count);
/* Answers a question with records of its type, for a resolver that has taken the reply apart already and has followed
 * CNAMEs. Records are copied; names may have any case and a final dot. No record at all: the name exists, without that
 * type. A name that cannot be one (longer than INKAN_DNS_NAME_MAX octets without its final dot, empty, with control
 * characters) makes the whole answer count as SERVFAIL. secure: DNSSEC-validated. INKAN_EUSAGE: a type that is not one of
 * enum inkan_dns_type, a question that is no DNS name, a record without what its type needs. */
INKAN_API INKAN_MUST_CHECK int inkan_message_answer_records(struct inkan_message *message,
                                                            const struct inkan_question *question,
                                                            const struct inkan_dns_record *records, size_t count,
                                                            bool secure);
/* Answers a question with a failure. */
INKAN_API INKAN_MUST_CHECK int inkan_message_answer_failure(struct inkan_message *message,
                                                            const struct inkan_question *question,
                                                            enum inkan_dns_failure failure);

/* Results of the DKIM-Signature fields in the order of the message, top to bottom. 0 before evaluation is complete, or
 * where nothing is signed. */
INKAN_API size_t inkan_message_dkim(const struct inkan_message *message, const struct inkan_dkim_result **out);

/* Everything that was found, and what it means; NULL before evaluation is complete. Valid until the message is reset or
 * freed. */
INKAN_API const struct inkan_verdict *inkan_message_verdict(const struct inkan_message *message);

/* One Authentication-Results field (RFC 8601) with CRLF at its end, folded; terminated; valid until the message is
 * reset or freed. authserv_id: who judged, a host name. NULL on error (out of memory, authserv_id not printable). */
INKAN_API const char *inkan_message_authentication_results(struct inkan_message *message, const char *authserv_id);

#ifdef __cplusplus
}
#endif
