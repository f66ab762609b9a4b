/* What the registrar is asked, and says: a datagram each way, over a socket pair (SOCK_SEQPACKET) for each worker of the filter ("who
 * signs for this author?") and for each thread of the key process ("the sealed octets of that key").
 *
 *	request     1 octet version, 1 question, 8 id; IDENTITY_SIGNERS: 2 size, address, domain; IDENTITY_KEY: 4 number
 *	answer      1 octet version, 1 question, 8 id, 1 error (0, or an inkan_error without its sign), then
 *	            IDENTITY_SIGNERS: 1 number of failed MAIL FROM domains, for each 1 behaviour, 1 size, domain;
 *	            for each signer 4 key, 1 algorithm, 1 size, selector, 1 size, domain
 *	            IDENTITY_KEY: the sealed octets; after an error: nothing
 *
 * Numbers are big-endian; `size` is that of the text behind it, an address may be empty. Ids are as in key_protocol.h. No side believes
 * another. */
#pragma once

#include "core/str.h"
#include "store/identity_store.h"

enum identity_question { IDENTITY_SIGNERS = 1, IDENTITY_KEY };

enum {
	IDENTITY_ADDRESS_MAX = 320, /* octets of an author's address; a longer one has no identity */
	IDENTITY_DOMAIN_MAX = 253,
	IDENTITY_ASK_MAX = 12 + IDENTITY_ADDRESS_MAX + IDENTITY_DOMAIN_MAX,
	IDENTITY_ANSWER_HEAD = 11,
	IDENTITY_AUTHOR_MAX = /* octets of an answer about an author */
	IDENTITY_ANSWER_HEAD + 1 + IDENTITY_FAILED_MAX * 257 + IDENTITY_SIGNERS_MAX * 517,
	IDENTITY_ANSWER_MAX = IDENTITY_ANSWER_HEAD + SEALED_KEY_MAX
};
_Static_assert((int)IDENTITY_AUTHOR_MAX <= (int)IDENTITY_ANSWER_MAX, "there is room for both answers");

struct identity_ask {
	enum identity_question question;
	uint64_t id;
	struct str address, domain; /* IDENTITY_SIGNERS; of the octets that they were read from */
	uint32_t key;               /* IDENTITY_KEY */
};

struct identity_answer {
	enum identity_question question;
	uint64_t id;
	int error; /* INKAN_OK, INKAN_EIO (the store cannot be asked now), INKAN_EUSAGE (no such key), INKAN_ESYNTAX (not a request) */
	struct identity_author author; /* IDENTITY_SIGNERS */
	struct str sealed;             /* IDENTITY_KEY; of the octets that it was read from */
};

/* out: IDENTITY_ASK_MAX octets; the number of those written. Address and domain within their limits. */
size_t identity_ask_pack(const struct identity_ask *ask, unsigned char *out);
/* False: not a request, to the octet. *out then has question (IDENTITY_SIGNERS where it has none) and id, as far as they can be read. */
bool identity_ask_unpack(const unsigned char *octets, size_t n, struct identity_ask *out);
/* out: IDENTITY_ANSWER_MAX octets; the number of those written. */
size_t identity_answer_pack(const struct identity_answer *answer, unsigned char *out);
/* False: not an answer; *out is not to be used. */
bool identity_answer_unpack(const unsigned char *octets, size_t n, struct identity_answer *out);
