/* DKIM signatures of any shape, for tests of the verifier: what the signer would never write.
 *
 * The test gives the field as text, with "@bh@" where the body hash and "@b@" where the signature is to stand. Which
 * octets of the field are hashed is found out here and not by src/dkim; the signature itself is made by OpenSSL alone. */
#pragma once

#include "core/buf.h"

/* Test keys of tests/data/dkim. */
enum forge_key {
	FORGE_RSA2048,
	FORGE_RSA2048_OTHER,
	FORGE_RSA4096,
	FORGE_RSA1024,
	FORGE_RSA1023,
	FORGE_RSA512,
	FORGE_ED25519,
	FORGE_ED25519_OTHER,
	FORGE_KEYS
};

/* The private key as PEM, its p= value, and a whole key record; all static. */
struct str forge_pem(enum forge_key key);
const char *forge_p(enum forge_key key);
const char *forge_record(enum forge_key key);

/* Puts the field with CRLF, then the message. `field`: without CRLF at its end. The body is everything behind the first
 * empty line of the message, or nothing. Where the field has a readable a=, c=, h= or l=, the signature is made
 * accordingly; else as rsa-sha256 (ed25519-sha256), simple, From only, the whole body. */
void forge(struct buf *out, const char *field, enum forge_key key, struct str message);

/* The same for an ARC-Seal of that instance: it covers the ARC sets of the message from 1 up to it, what there is of them. */
void forge_seal(struct buf *out, const char *field, unsigned instance, enum forge_key key, struct str message);

/* A key record with an RSA modulus of so many bits, for which nobody has a private key. */
void forge_fake_rsa_record(char *out, size_t size, unsigned bits);
