/* The SMTP session that delivered a message, as the checks want it. */
#pragma once

#include "core/arena.h"
#include "inkan/verdict.h"

enum { SESSION_TEXT_MAX = 4096 /* octets of a name or address; RFC 5321 section 4.5.3.1 has 256 */ };

struct session {
	bool has_address, is_ipv6, is_private; /* private: an address that no stranger can send from (RFC 6890) */
	unsigned char address[16];
	const char *ip;      /* as given, terminated; "" where it is not known */
	struct str helo;     /* empty where it is not known */
	bool has_sender;     /* MAIL FROM is known */
	struct str sender;   /* without angle brackets; empty: the null sender */
	struct str receiver; /* empty where it is not known */
	bool trusted_gateway;
};

/* Copies into the arena. INKAN_EUSAGE: the address is none, a text is longer than SESSION_TEXT_MAX, struct_size is wrong;
 * *out is then as it was. */
INKAN_MUST_CHECK int session_read(struct arena *arena, const struct inkan_session *from, struct session *out);
