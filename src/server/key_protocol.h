/* What workers and the key process say to each other: a datagram each way, over a socket pair of theirs (SOCK_SEQPACKET).
 *
 *	request     1 octet version, 1 question, 4 key, 8 id, KEY_SIGN: 32 digest
 *	answer      1 octet version, 1 question, 8 id, 1 error (0, or an inkan_error without its sign), then
 *	            KEY_SIGN: the signature; KEY_DESCRIBE: 1 algorithm, 2 bits; after an error: nothing
 *
 * Numbers are big-endian. The id is chosen by who asks and comes back as it was: in a socket may lie answers to questions
 * of a worker that is dead, so ids of two workers must differ. Neither side believes the other. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "inkan/sign.h"

enum key_question { KEY_SIGN = 1, KEY_DESCRIBE };

enum {
	KEY_DIGEST_SIZE = 32,
	KEY_SIGNATURE_SIZE_MIN = 64,
	KEY_SIGNATURE_SIZE_MAX = 1024,
	KEY_ASK_HEAD = 14,
	KEY_ASK_MAX = KEY_ASK_HEAD + KEY_DIGEST_SIZE,
	KEY_ANSWER_HEAD = 11,
	KEY_ANSWER_MAX = KEY_ANSWER_HEAD + KEY_SIGNATURE_SIZE_MAX
};

#define KEY_OF_STORE 0x80000000U /* the key is one of the store of identities */

struct key_ask {
	enum key_question question;
	uint32_t key; /* number in config->keys; KEY_OF_STORE | number: in the store of identities, only to sign */
	uint64_t id;
	unsigned char digest[KEY_DIGEST_SIZE]; /* KEY_SIGN: SHA-256 */
};

struct key_answer {
	enum key_question question;
	uint64_t id;
	int error; /* INKAN_OK, INKAN_EUSAGE (no such key), INKAN_ESYNTAX (not a request), INKAN_ENOMEM, INKAN_ECRYPTO; of the store also INKAN_EIO (it cannot be
	            asked now), INKAN_ELIMIT (too many wait for it), INKAN_ECRYPTO (no master key, or another one) */
	/* KEY_SIGN */
	size_t size;
	unsigned char signature[KEY_SIGNATURE_SIZE_MAX];
	/* KEY_DESCRIBE */
	enum inkan_algorithm algorithm;
	unsigned bits;
};

/* out: KEY_ASK_MAX octets; the number of those written. */
size_t key_ask_pack(const struct key_ask *ask, unsigned char *out);
/* False: not a request, to the octet. *out then has question (KEY_SIGN where it has none) and id, as far as they can be read,
 * so that it can be answered. */
bool key_ask_unpack(const unsigned char *octets, size_t n, struct key_ask *out);
/* out: KEY_ANSWER_MAX octets; the number of those written. */
size_t key_answer_pack(const struct key_answer *answer, unsigned char *out);
/* False: not an answer; *out is not to be used. */
bool key_answer_unpack(const unsigned char *octets, size_t n, struct key_answer *out);
