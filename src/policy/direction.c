#include "policy/direction.h"

const char *direction_name(enum direction direction)
{
	static const char *const names[] = {
		[DIRECTION_INBOUND] = "inbound",
		[DIRECTION_OUTBOUND] = "outbound",
		[DIRECTION_IGNORED] = "ignored",
	};

	return names[direction];
}

static bool has_word(const struct word_list *list, const char *word)
{
	for (size_t i = 0; word && i < list->count; i++)
		if (str_ieq(str_c(list->words[i]), str_c(word)))
			return true;
	return false;
}

/* Why a message of this client is ours; NULL where it is not. */
static const char *why_ours(const struct outbound_settings *outbound, const struct client *client)
{
	if (outbound->authenticated && client->login && client->login[0])
		return "the client has logged in";
	if (has_word(&outbound->daemon_names, client->daemon_name))
		return "the daemon name is one of outbound.daemon_names";
	if (outbound->local && client->local)
		return "the message was submitted on this host";
	if (client->has_address && ipset_has(&outbound->networks, &client->address))
		return "the client is in outbound.networks";
	return NULL;
}

enum direction direction_of(const struct policy_settings *settings, const struct client *client,
                            const char **reason_out)
{
	if (client->has_address && ipset_has(&settings->ignored, &client->address)) {
		*reason_out = "the client is one of those to be ignored";
		return DIRECTION_IGNORED;
	}
	const char *ours = why_ours(&settings->outbound, client);

	*reason_out = ours ? ours : "nothing says that the client is one of ours";
	return ours ? DIRECTION_OUTBOUND : DIRECTION_INBOUND;
}
