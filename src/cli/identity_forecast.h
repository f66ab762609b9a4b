/* What a rotation would do, and when: the life of an identity in a world where DNS shows everything at once. */
#pragma once

#include "cli/output.h"
#include "identity/identity.h"

/* identity: a copy, in which the rotation has begun; it is used up. */
void identity_forecast(struct buf *out, const struct ui *ui, struct identity *identity, unix_time now);
