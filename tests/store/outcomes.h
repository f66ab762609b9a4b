/* Outcomes for tests. */
#pragma once

#include "store/outcome.h"

/* A message from outside that fails DMARC, with two signatures and every text filled. */
struct outcome outcome_inbound(void);
/* One of ours, signed twice. */
struct outcome outcome_outbound(void);
