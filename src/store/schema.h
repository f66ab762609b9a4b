/* The tables of the store. */
#pragma once

enum {
	SCHEMA_APPLICATION = 0x696e6b6e, /* "inkn": application_id of our files */
	SCHEMA_VERSION = 2               /* user_version that this program writes */
};

/* schema_steps[i] leads from version i to i + 1. */
extern const char *const schema_steps[SCHEMA_VERSION];
