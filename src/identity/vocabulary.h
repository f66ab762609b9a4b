/* The states of an identity in the words of those whom administrators know: Amazon SES and Microsoft 365, from the one state
 * machine (S2-14 to S2-16, COMMANDS.md). */
#pragma once

#include "core/text.h"
#include "identity/identity.h"

/* SES, as people read it: "Verified", "Failure", "Pending", "Temporary Failure", "Not started" ... */
struct text ses_status_text(const struct identity *identity);
/* ... and as its interface spells it: PENDING, SUCCESS, FAILED, TEMPORARY_FAILURE, NOT_STARTED. */
const char *ses_dkim_status(const struct identity *identity);
const char *ses_mail_from_status(const struct identity *identity); /* "" without a MAIL FROM domain */
/* The same for our own pages: "pending", 保留中 ...; English has the words of JSON. */
struct text mail_from_text(const struct identity *identity);
/* Microsoft: "Valid", "CnameMissing", "NoDKIMKeys" */
const char *microsoft_status(const struct identity *identity);
/* "Signing DKIM signatures for this domain." and the two others of the console. */
struct text microsoft_sentence(const struct identity *identity);
