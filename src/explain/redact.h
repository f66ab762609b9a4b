/* Pages to show around: local parts, names and subjects become tokens such as "#1f0c93a2b4". The same text gives the same
 * token, so that it can still be told whether two are the same; a token is the start of SHA-256, so that whoever guesses
 * a text can check the guess. */
#pragma once

#include "core/buf.h"
#include "crypto/crypto.h"

enum { REDACT_HEX_DIGITS = 10 };

/* Adds the token of s; nothing for the empty text. */
void redact_token(struct buf *out, struct digest *digest, struct str s);

/* Adds text with the local part of every address in it as a token: of "a@b", "\"a b\"@c", and of values such as
 * "smtp.mailfrom=a=b@c" (RFC 8601), whose property name stays. */
void redact_addresses(struct buf *out, struct digest *digest, struct str text);

/* Adds an address: the token of its local part and "@domain"; all of it becomes a token where there is no "@". */
void redact_address(struct buf *out, struct digest *digest, struct str address);

/* Adds the value of From, To or Cc: each address with its local part and its display name as tokens. */
struct arena;
void redact_mailboxes(struct buf *out, struct digest *digest, struct arena *arena, struct str value);
