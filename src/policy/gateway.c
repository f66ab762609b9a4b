#include "policy/gateway.h"

#include "mail/received.h"
#include "policy/direction.h"

const struct trusted_gateway *gateway_find(const struct policy_settings *settings, const struct ip_address *client,
                                           const struct str *recipients, size_t recipient_count)
{
	for (size_t i = 0; i < settings->gateway_count; i++) {
		const struct trusted_gateway *gateway = &settings->gateways[i];

		if (ipset_has(&gateway->networks, client) &&
		    (gateway->recipients.count == 0 ||
		     patterns_match_all(&gateway->recipients, recipients, recipient_count)))
			return gateway;
	}
	return NULL;
}

static struct ip_address address_of(const struct received *received)
{
	struct ip_address address = {{[10] = 0xff, 0xff}};

	if (received->is_ipv6)
		memcpy(address.octets, received->address, sizeof address.octets);
	else
		memcpy(address.octets + 12, received->address, 4);
	return address;
}

/* 127.0.0.0/8, ::1: the host that wrote the field got the message from itself, out of a content filter perhaps. */
static bool is_loopback(const struct ip_address *address)
{
	static const struct ip_address v6 = {{[15] = 1}}, v4 = {{[10] = 0xff, 0xff, 127}};

	return memcmp(address, &v6, sizeof v6) == 0 || memcmp(address, &v4, 13) == 0;
}

void gateway_look_behind(const struct trusted_gateway *gateway, const struct header *header, struct hop_behind *out)
{
	size_t hops = 0;

	*out = (struct hop_behind){.trouble = "the message has no Received field of a host in front of the gateways"};
	for (size_t i = 0; i < header->count; i++) {
		struct received received;

		if (!str_ieq(header->fields[i].name, STR("Received")))
			continue;
		if (++hops > GATEWAY_HOPS_MAX) {
			out->trouble = "the message went through too many gateways";
			return;
		}
		received_parse(header->fields[i].value, &received);
		if (!received.ip[0]) {
			out->trouble = "the Received field of the gateway names no address";
			return;
		}
		struct ip_address address = address_of(&received);

		if (is_loopback(&address) || ipset_has(&gateway->networks, &address))
			continue;
		*out = (struct hop_behind){.found = true, .address = address, .helo = received.from};
		memcpy(out->ip, received.ip, sizeof received.ip);
		return;
	}
}
