/* The clocks of the system. */
#pragma once

#include "core/time.h"

unix_time clock_now(void);
/* Milliseconds since some moment in the past; nobody sets this clock. Above 0. */
int64_t clock_milliseconds(void);
