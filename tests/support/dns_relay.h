/* Stands between a client and a DNS server, as a long way would: hands on each question and its answer over UDP, the answer late, and
 * counts. In a thread, on 127.0.0.1. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct dns_relay;

/* To the server on this port of 127.0.0.1; answers come `delay` milliseconds after their questions. Fails the running case where it
 * cannot be started. */
struct dns_relay *dns_relay_start(uint16_t server, int delay);
/* NULL is fine. */
void dns_relay_stop(struct dns_relay *relay);
uint16_t dns_relay_port(const struct dns_relay *relay);
/* Questions so far; the most that waited for their answer at one time. */
size_t dns_relay_questions(const struct dns_relay *relay);
size_t dns_relay_peak(const struct dns_relay *relay);
