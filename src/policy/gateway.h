/* Trusted gateways: hosts of ours in front, whose word in Received fields counts (S0-34, S0-35). */
#pragma once

#include "mail/header.h"
#include "policy/settings.h"

enum { GATEWAY_HOPS_MAX = 50 /* Received fields that are looked at; mail servers refuse messages with 50 to 100 */ };

/* The gateway entry that holds for this client and these recipients; NULL: none. */
const struct trusted_gateway *gateway_find(const struct policy_settings *settings, const struct ip_address *client,
                                           const struct str *recipients, size_t recipient_count);

/* The host that delivered to the outermost gateway. Texts point into the header. */
struct hop_behind {
	bool found;
	struct ip_address address;
	char ip[46];
	struct str helo;
	const char *trouble; /* static: why nothing was found: "the Received field of the gateway names no address" */
};

/* Walks up through Received fields: the topmost was written by the gateway that is our client, and is believed; as
 * long as the peer that it names is a gateway too, the next one is. A gateway that names itself (loopback, a content
 * filter) counts as one. Stops at the first peer that is none. What XCLIENT, X-Original... or Return-Path fields say
 * is not looked at. A field that names no address ends the walk without result. */
void gateway_look_behind(const struct trusted_gateway *gateway, const struct header *header, struct hop_behind *out);
