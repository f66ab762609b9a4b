/* A real authoritative server (Knot DNS) with zones of its own, in a folder of its own, on a free port of 127.0.0.1. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct knot;

struct knot_zone {
	const char *name;    /* "secure.test"; "" is the root */
	const char *records; /* zone file without SOA and NS, with @ and relative names */
	int is_signed;
	int takes_updates; /* from this host, unsigned */
};

/* NULL: Knot DNS is not installed (the case is to be skipped). Returns when every zone is served; fails the running case
 * where that takes more than 20 s. */
struct knot *knot_start(const struct knot_zone *zones, size_t count);
/* Ends the server and removes its folder; NULL is fine. */
void knot_stop(struct knot *k);
uint16_t knot_port(const struct knot *k);
/* Path of a file with the DS records of a signed zone: a trust anchor. Static, valid until the next call. */
const char *knot_trust_anchor(struct knot *k, const char *zone);
/* Path of a new file with this text in the server's folder. Static, valid until the next call. */
const char *knot_file(struct knot *k, const char *name, const char *text);
