/* What the two walks through Amazon SES share: the values of the published example (domain ho2k.com, MAIL FROM email.ho2k.com, region
 * us-east-1), and the test message at their end. */
#pragma once

#include "cli/lab_world.h"

#define LAB_SES_DOMAIN "ho2k.com"
#define LAB_SES_HOST_ZONE "amazonses.com"
#define LAB_SES_SITE "us-east-1"
#define LAB_SES_MAIL_FROM "email.ho2k.com"
#define LAB_SES_IP "192.0.2.10" /* may send, by the SPF record of the host zone */
#define LAB_SES_AUTHOR "info@" LAB_SES_DOMAIN
#define LAB_SES_DMARC "v=DMARC1; p=none; rua=mailto:dmarc@ho2k.com; ruf=mailto:dmarcfail@ho2k.com; sp=none; pct=100"

#define LAB_SES_START INT64_C(1706778000) /* 2024-02-01T09:00:00Z */

enum { LAB_HOUR = 3600, LAB_DAY = 86400 };

/* Zones: first the host zone, then that of the domain. */
extern const struct lab_zone lab_ses_zones[2];

/* Creates the identity, with RSA keys of so many bits. publishes: all records go to DNS in the same operation. */
INKAN_MUST_CHECK int lab_ses_create(struct lab_world *w, unsigned bits, bool publishes, struct identity *out);
/* Tells one of the two walks. written: how many of the zones inkan may write. */
enum exit_code lab_ses_tell(const struct invocation *in, const struct scenario *scenario, struct text title,
                            size_t written, lab_step *const *steps, void *story);
/* A step of both: a test message is sent, its original looked at. */
void lab_ses_begin_send(struct lab_world *w);
/* The page with SPF, DKIM and DMARC of a test message that comes from SES with the custom MAIL FROM. */
INKAN_MUST_CHECK int lab_ses_tell_message(struct lab_world *w);
bool lab_is_verified(const struct identity *identity);
