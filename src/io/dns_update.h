/* Dynamic updates (RFC 2136) signed with TSIG (RFC 8945), by ldns over TCP of our own. Blocking, with a deadline. */
#pragma once

#include "dns/record_set.h"
#include "io/error.h"

enum {
	DNS_UPDATE_TIMEOUT = 5000, /* ms */
	DNS_UPDATE_SIZE_MAX =
		64000, /* octets of an update by dns_update_size(): one message has 65,535 with zone and signature */
	TSIG_SECRET_MAX = 1024,   /* of the base64, with its NUL */
	TSIG_FILE_MAX = 16 * 1024 /* octets */
};

struct tsig_key {
	char name[DNS_NAME_MAX + 1];
	char algorithm[32];           /* "hmac-sha256", "hmac-sha512" */
	char secret[TSIG_SECRET_MAX]; /* base64 */
};

/* What tsig-keygen and keymgr print, or "algorithm:name:secret" in one line. The file's mode is checked as that of a private key
 * (not readable by others). INKAN_EIO: *error says what is wrong. */
INKAN_MUST_CHECK int tsig_key_read(const char *path, struct tsig_key *out, struct io_error *error);

struct dns_update {
	const char *server;         /* "192.0.2.1", "127.0.0.1:5300", "[2001:db8::1]:53" */
	const char *zone;           /* apex */
	const struct tsig_key *key; /* NULL: unsigned */
	const struct record_change *changes;
	size_t change_count;
	bool dry_run;     /* nothing is changed: whether we may, and whether all is as planned */
	uint32_t timeout; /* ms; 0: DNS_UPDATE_TIMEOUT */
};

enum update_result {
	UPDATE_DONE,
	UPDATE_CHANGED_MEANWHILE, /* a prerequisite failed: what is there is not what was planned on (YXRRSET, NXRRSET ...) */
	UPDATE_REFUSED,           /* no right to do so (REFUSED, NOTAUTH, BADKEY, BADSIG) */
	UPDATE_CLOCK,             /* BADTIME: clocks differ too much */
	UPDATE_NOT_ZONE,          /* NOTZONE, NOTAUTH without TSIG trouble: not this server's zone */
	UPDATE_FAILED             /* SERVFAIL, FORMERR ... */
};

/* A bound for the octets that the records of an update have. */
size_t dns_update_size(const struct record_change *changes, size_t count);

/* All changes or none. Each set is, as a prerequisite, as `before` says. A dry run has the same prerequisites and removes records
 * that do not exist, for which a server wants the same right. Where a right is lacking and a prerequisite fails, Knot DNS and BIND
 * name the right. A repeated update that is done already is DONE where all sets are as `after` says (the caller looks). INKAN_EIO: no
 * answer, or one that is not signed as it must be: what became of it is not known. INKAN_ELIMIT: beyond DNS_UPDATE_SIZE_MAX. *error
 * explains every result but DONE, with the server's words. */
INKAN_MUST_CHECK int dns_update_send(const struct dns_update *update, enum update_result *out, struct io_error *error);
