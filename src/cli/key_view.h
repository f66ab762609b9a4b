/* What the commands on keys share: a public key, the record that it makes, and their common options. */
#pragma once

#include "cli/command.h"
#include "cli/record_view.h"

enum {
	FINDINGS_MEMORY = 16 * 1024 * 1024 /* octets of all findings and texts of one run */
};

#define OPTION_DOMAIN                                                   \
	{                                                               \
		"domain", 'd', OPTION_STRING, "DOMAIN", NULL, 0, 0,     \
		{                                                       \
			"domain that signs", "署名するドメイン" \
		}                                                       \
	}
#define OPTION_SELECTOR                                                                             \
	{                                                                                           \
		"selector", 's', OPTION_STRING, "SELECTOR", NULL, 0, 0,                             \
		{                                                                                   \
			"name of the key under that domain", "そのドメインでの鍵の名前" \
		}                                                                                   \
	}
#define OPTION_FORMAT                                                                                          \
	{                                                                                                      \
		"format", 0, OPTION_CHOICE, NULL, RECORD_FORMATS, 0, 0,                                        \
		{                                                                                              \
			"form of the DNS record (default: table)", "DNS レコードの形式 (既定: table)" \
		}                                                                                              \
	}
#define OPTION_TTL                                                                                         \
	{                                                                                                  \
		"ttl", 0, OPTION_NUMBER, "SECONDS", NULL, 0, INT32_MAX,                                    \
		{                                                                                          \
			"time to live of the record (default: 3600)", "レコードの TTL (既定: 3600)" \
		}                                                                                          \
	}

struct shown_key {
	struct ui *ui;
	struct crypto *crypto;
	struct public_key *key; /* owned */
	struct arena arena;
	struct findings findings;
	struct buf value; /* of the record */
	struct record_to_publish record;
	const char *format;
};

/* Takes --domain and --selector, and where the command has_forms, --ttl and --format. Other than EXIT_FINE: a message was
 * printed. shown_end() comes in any case. */
enum exit_code shown_begin(struct shown_key *s, const struct invocation *in, bool has_forms);
void shown_end(struct shown_key *s);
/* Makes the record of s->key and checks it as any record is checked. */
enum exit_code shown_check(struct shown_key *s);
/* Adds "file", "type", "bits" and "fingerprint". A negative enum inkan_error where that fails. */
int shown_json(struct shown_key *s, struct json *j, const char *file);
/* Adds the same, a line each. */
int shown_print(struct shown_key *s, struct buf *out, const char *file);
