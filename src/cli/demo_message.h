/* The messages of the demonstration, made of the one that the program carries in itself (lab_message.h). */
#pragma once

#include "cli/demo_place.h"
#include "core/time.h"

#define DEMO_SENDER "sales@" DEMO_DOMAIN
#define DEMO_RECIPIENT "soumu@example.com"

/* The date of a Date field, in UTC. */
void demo_put_date(struct buf *out, unix_time now);
/* The estimate with its PDF as sales@demo.example writes it now; number: 1, 2, ... for its Message-ID. */
void demo_message(struct buf *out, unsigned number, unix_time now);
/* What a gateway makes of it that puts attachments on a share: the PDF is gone, a link is in its place. */
void demo_message_without_attachment(struct buf *out, struct str message);
/* A Received field. by: "gw.example.net"; id: the queue id there. */
void demo_received(struct buf *out, const char *host, const char *ip, const char *by, const char *id, unix_time now);
