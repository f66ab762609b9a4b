/* The message that the tests of this room sign, and fields to sign it with. */
#pragma once

#include "sig/fault.h"
#include "support/forge.h"
#include "support/judge.h"

enum { NOW = 1800000000 };

#define HEAD                                                                                 \
	"From: Hanako <hanako@example.com>\r\nTo: taro@example.net\r\nSubject: Estimate\r\n" \
	"Date: Sat, 21 Nov 2026 18:30:00 +0900\r\nMessage-ID: <1@example.com>\r\n"
#define MAIL HEAD "\r\nDear Taro,\r\n\r\nsee  below. \r\n\r\n\r\n"
enum { RELAXED_SIZE = 26, SIMPLE_SIZE = 28 /* octets of that body in canonical form */ };

#define SIGNATURE(tags) "DKIM-Signature: v=1; a=rsa-sha256; " tags "bh=@bh@; b=@b@"
#define NAMES "h=from:to:subject:date; "
#define RELAXED "c=relaxed/relaxed; d=example.com; s=s1; " NAMES
#define USUAL SIGNATURE(RELAXED)
#define SHA1 "DKIM-Signature: v=1; a=rsa-sha1; c=relaxed/relaxed; d=example.com; s=s1; " NAMES "bh=@bh@; b=@b@"
#define ED25519 "DKIM-Signature: v=1; a=ed25519-sha256; " RELAXED "bh=@bh@; b=@b@"
#define ED25519_E1 \
	"DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed; d=example.com; s=e1; " NAMES "bh=@bh@; b=@b@"
#define KEY_NAME "s1._domainkey.example.com"

/* text with the first `find` as `put`; all of it where find is NULL. The running case fails where it is not found. */
void put_changed(struct buf *out, struct str text, const char *find, const char *put);
/* A record with "%s" replaced by the key's p=, and what follows "(other)" by that of another key. */
const char *make_record(char *room, size_t size, const char *pattern, enum forge_key key);
/* The five things that a fault says. */
void assert_fault(const struct inkan_dkim_result *r, enum dkim_fault_id id);
