/* The clock of the system. */
#pragma once

#include "core/time.h"

unix_time clock_now(void);
