/* What a command of `inkan ses` is called with: options as the aws command has them, or the members of --cli-input-json. */
#pragma once

#include "cli/command.h"
#include "core/arena.h"

enum { SES_INPUT_MAX = 64 * 1024 /* octets of one JSON or shorthand text */ };

struct ses_input {
	const char *identity;    /* EmailIdentity; NULL: not given */
	const char *origin;      /* SigningAttributesOrigin: "AWS_SES", "EXTERNAL" */
	const char *selector;    /* DomainSigningSelector */
	const char *private_key; /* DomainSigningPrivateKey, base64 */
	const char *key_length;  /* NextSigningKeyLength: "RSA_1024_BIT", "RSA_2048_BIT" */
	const char *mail_from;   /* MailFromDomain; "": none any more */
	const char *mx_failure;  /* BehaviorOnMxFailure: "USE_DEFAULT_VALUE", "REJECT_MESSAGE" */
	const char *next_token;  /* NextToken */
	int signing_enabled;     /* SigningEnabled: 0, 1; -1: not given */
	uint64_t page_size;      /* PageSize; 0: not given */
	const char *bad;         /* what cannot be used, in the words of the option or member; then the read failed */
	struct text why;
};

/* Options of the command line count more than members of the JSON. Texts are terminated, in the arena or argv. INKAN_ESYNTAX: `bad` and `why` say
 * what is wrong; INKAN_ENOMEM. */
INKAN_MUST_CHECK int ses_input_read(struct arena *arena, const struct invocation *in, struct ses_input *out);
