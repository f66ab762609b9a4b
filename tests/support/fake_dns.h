/* A DNS server in a thread, on 127.0.0.1 (UDP and TCP), that misbehaves by request. It answers as a resolver would (RA
 * set), for any name, as the first label of the question that does not begin with "_" says; the rest of the label is free:
 *
 *	ok…         TXT "ok", A 192.0.2.1, MX 10 mx.ok.test and so on
 *	servfail… refused… nxdomain… nodata…
 *	never…      nothing        wrongid… a reply with another id
 *	garbage…    octets that are no reply
 *	truncated…  cut off over UDP, "long answer" over TCP
 *	strings…    one TXT record of 300 strings
 *	slow…       as ok, after 300 ms
 *	chainN…     a CNAME to chain(N-1)…, chain0 is as ok     loop… a CNAME to itself
 *	dangling…   a CNAME to nxdomain…
 *	include…    TXT "v=spf1 include:…x.example -all" after 300 ms: each leads to another one, without end */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fake_dns;

/* On a free port of 127.0.0.1. Fails the running case where it cannot be started. */
struct fake_dns *fake_dns_start(void);
/* On this IPv4 address and port; NULL where they are not to be had (port 53 without privileges). */
struct fake_dns *fake_dns_start_on(const char *address, uint16_t port);
void fake_dns_stop(struct fake_dns *server);
uint16_t fake_dns_port(const struct fake_dns *server);
/* Questions received so far, over UDP. */
size_t fake_dns_questions(const struct fake_dns *server);
