#include "server/key_protocol.h"

#include <string.h>

#include "server/octets.h"

enum { VERSION = 1, ERROR_LOWEST = INKAN_EREFUSED, DESCRIPTION_SIZE = 3 };

static bool is_question(unsigned char octet)
{
	return octet == KEY_SIGN || octet == KEY_DESCRIBE;
}

/* ---- request ---- */

size_t key_ask_pack(const struct key_ask *ask, unsigned char *out)
{
	out[0] = VERSION;
	out[1] = (unsigned char)ask->question;
	octets_put(out + 2, 4, ask->key);
	octets_put(out + 6, 8, ask->id);
	if (ask->question != KEY_SIGN)
		return KEY_ASK_HEAD;
	memcpy(out + KEY_ASK_HEAD, ask->digest, sizeof ask->digest);
	return KEY_ASK_MAX;
}

bool key_ask_unpack(const unsigned char *octets, size_t n, struct key_ask *out)
{
	*out = (struct key_ask){.question = KEY_SIGN};
	if (n < KEY_ASK_HEAD)
		return false;
	out->id = octets_get(octets + 6, 8);
	if (octets[0] != VERSION || !is_question(octets[1]))
		return false;
	out->question = (enum key_question)octets[1];
	out->key = (uint32_t)octets_get(octets + 2, 4);
	if (n != (out->question == KEY_SIGN ? KEY_ASK_MAX : KEY_ASK_HEAD))
		return false;
	memcpy(out->digest, octets + KEY_ASK_HEAD, n - KEY_ASK_HEAD);
	return true;
}

/* ---- answer ---- */

size_t key_answer_pack(const struct key_answer *answer, unsigned char *out)
{
	unsigned char *rest = out + KEY_ANSWER_HEAD;

	out[0] = VERSION;
	out[1] = (unsigned char)answer->question;
	octets_put(out + 2, 8, answer->id);
	out[10] = (unsigned char)-answer->error;
	if (answer->error)
		return KEY_ANSWER_HEAD;
	if (answer->question == KEY_SIGN) {
		memcpy(rest, answer->signature, answer->size);
		return KEY_ANSWER_HEAD + answer->size;
	}
	rest[0] = (unsigned char)answer->algorithm;
	octets_put(rest + 1, 2, answer->bits);
	return KEY_ANSWER_HEAD + DESCRIPTION_SIZE;
}

static bool unpack_signature(const unsigned char *octets, size_t n, struct key_answer *out)
{
	if (n < KEY_SIGNATURE_SIZE_MIN || n > KEY_SIGNATURE_SIZE_MAX)
		return false;
	memcpy(out->signature, octets, n);
	out->size = n;
	return true;
}

static bool unpack_description(const unsigned char *octets, size_t n, struct key_answer *out)
{
	if (n != DESCRIPTION_SIZE || octets[0] > INKAN_ED25519_SHA256)
		return false;
	out->algorithm = (enum inkan_algorithm)octets[0];
	out->bits = (unsigned)octets_get(octets + 1, 2);
	return true;
}

bool key_answer_unpack(const unsigned char *octets, size_t n, struct key_answer *out)
{
	if (n < KEY_ANSWER_HEAD || octets[0] != VERSION || !is_question(octets[1]) || octets[10] > -ERROR_LOWEST)
		return false;
	out->question = (enum key_question)octets[1];
	out->id = octets_get(octets + 2, 8);
	out->error = -octets[10];
	out->size = 0;
	octets += KEY_ANSWER_HEAD;
	n -= KEY_ANSWER_HEAD;
	if (out->error)
		return n == 0;
	return (out->question == KEY_SIGN ? unpack_signature : unpack_description)(octets, n, out);
}
