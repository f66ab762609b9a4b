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

enum { LAB_HOUR = 3600, LAB_DAY = 86400 };

/* Zones: first the host zone, then that of the domain. */
extern const struct lab_zone lab_ses_zones[2];

/* Creates the identity, with RSA keys of so many bits. publishes: all records go to DNS in the same operation. */
INKAN_MUST_CHECK int lab_ses_create(struct lab_world *w, unsigned bits, bool publishes, struct identity *out);
/* The page with SPF, DKIM and DMARC of a test message that comes from SES with the custom MAIL FROM. */
INKAN_MUST_CHECK int lab_ses_tell_message(struct lab_world *w);
bool lab_is_verified(const struct identity *identity);
