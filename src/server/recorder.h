/* recorder_run() of server/role.h, and its times. */
#pragma once

#include "server/role.h"

enum {
	RECORDER_ROUND = 256,              /* outcomes read before the log is written */
	RECORDER_LINE_MAX = 512 * 1024,    /* octets of a line: the largest outcome as JSON, every octet escaped */
	RECORDER_PAUSE = 5,                /* ms that the next outcomes are left to gather, so that not each wakes us */
	RECORDER_TICK = 1000,              /* ms after which news of the store are looked for */
	RECORDER_SAY_INTERVAL = 60 * 1000, /* ms between two lines about what was lost */
	RECORDER_DRAIN = 1000,             /* ms at the end for the socket, and for the log */
	RECORDER_STORE_TIME = 2000         /* ms at the end for the store (a second more for what it is just doing) */
};
