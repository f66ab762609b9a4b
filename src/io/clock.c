#include "io/clock.h"

#include <time.h>

unix_time clock_now(void)
{
	return time(NULL);
}
