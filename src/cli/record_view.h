/* Records and findings on the screen and as JSON: what the commands on keys and records share. */
#pragma once

#include "check/dkim_record.h"
#include "check/tag_record.h"
#include "cli/output.h"
#include "core/json.h"

/* ---- findings ---- */

/* Adds every finding: what, a line of `value` with a caret under the place, what to do, where it is written. Nothing where
 * there is none. */
void findings_print(struct buf *out, const struct ui *ui, const struct findings *f, struct str value);
/* Adds the key "findings" with its array. */
void findings_json(struct json *j, enum language language, const struct findings *f);
/* What the exit code is: a finding that is `at_least` that severe makes EXIT_FINDING. */
enum exit_code findings_exit_code(const struct findings *f, enum severity at_least);

/* ---- a DKIM key record ---- */

/* Adds tags and key, a line each. */
void dkim_report_print(struct buf *out, const struct ui *ui, const struct dkim_record_report *report);
/* Adds "tags" and, where there is a key, "type", "bits", "exponent" and "fingerprint". */
int dkim_report_json(struct json *j, const struct crypto *crypto, const struct dkim_record_report *report);

/* ---- a record of tags ---- */

/* Adds each tag with what it means. */
void tags_print(struct buf *out, const struct ui *ui, const struct tag_report *report);
/* Adds "tags" (pairs of name and value) and "explained" (the same with place and meaning). */
void tags_json(struct json *j, enum language language, const struct tag_report *report);

/* ---- a key ---- */

/* Adds SHA-256 of the SubjectPublicKeyInfo in lower-case hexadecimal, as `openssl pkey -pubout -outform DER | sha256sum`
 * prints it. Errors: INKAN_ENOMEM, INKAN_ECRYPTO. */
INKAN_MUST_CHECK int key_fingerprint(const struct crypto *crypto, const struct public_key *key, struct buf *out);
/* "rsa", "ed25519" */
const char *key_type_name(enum key_type type);

/* ---- a record to publish ---- */

#define RECORD_FORMATS "table|zone|dig|nsupdate|route53|csv|all"

enum { RECORD_TTL = 3600 }; /* seconds: what DNS providers propose */

struct record_to_publish {
	const char *domain, *selector; /* both or neither, as key_name_read() gives them */
	uint32_t ttl;
	struct str value;
};

/* False, with a message: the format needs the name of the record, which is not known. */
bool record_is_complete(struct ui *ui, const struct record_to_publish *r, const char *format);
/* Adds SELECTOR._domainkey.DOMAIN; nothing where the record has no name. */
void record_name(struct buf *out, const struct record_to_publish *r);
/* Adds the record in one of RECORD_FORMATS. */
void record_print(struct buf *out, const struct ui *ui, const struct record_to_publish *r, const char *format);
/* Adds "name" (null without one), "ttl", "record_type", "value" and "forms", an object with the text of each form. */
void record_json(struct json *j, const struct record_to_publish *r);
