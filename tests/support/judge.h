/* One message through the public interface: written, asked for, judged; or signed. */
#pragma once

#include "core/str.h"
#include "inkan/inkan.h"
#include "support/forge.h"

/* A TXT record, or how asking for the name fails. Several rows of one name are several records; a name without a row
 * does not exist. */
struct zone_row {
	const char *name;
	const char *text; /* NULL: `failure` */
	enum inkan_dns_failure failure;
};

struct judged {
	struct inkan_message *message;
	const struct inkan_dkim_result *results;
	size_t count;
};

/* Of this process, made once. */
struct inkan_context *judge_context(void);

/* Answers all open questions from the zone. */
void judge_answer(struct inkan_message *m, const struct zone_row *zone, size_t rows);

/* The running test fails where a call does. Options may be NULL: the defaults. */
void judge(struct judged *out, const struct inkan_message_options *options, struct str message,
           const struct zone_row *zone, size_t rows);
void judged_release(struct judged *j);

/* Puts the signature fields, then the message, unless an error is the result. Selectors are "s1", "s2" ... in the order
 * of the keys. *why_out (may be NULL): what inkan_signer_error() said, or what was wrong with the options. */
int seal(struct buf *out, const struct inkan_signer_options *options, const enum forge_key *keys, size_t key_count,
         struct str message, const char **why_out);
/* The options for example.com that most tests begin with: `now` is none. */
struct inkan_signer_options seal_options(void);
