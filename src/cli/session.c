#include "cli/session.h"

enum { SESSION_TEXT_MAX = 4096 /* octets of a name; longer ones are not taken */ };

void told_session_init(struct told_session *t)
{
	*t = (struct told_session){0};
	buf_init(&t->helo, SESSION_TEXT_MAX + 1);
	buf_init(&t->mail_from, SESSION_TEXT_MAX + 1);
}

void told_session_release(struct told_session *t)
{
	buf_release(&t->helo);
	buf_release(&t->mail_from);
}

/* A terminated copy; NULL where it is too long. */
static const char *keep(struct buf *to, struct str text)
{
	buf_clear(to);
	buf_put(to, text);
	buf_put_char(to, '\0');
	return buf_error(to) ? NULL : to->p;
}

static void take_received(struct told_session *t, const struct header *header)
{
	for (size_t i = 0; i < header->count; i++) {
		struct received received;

		if (!str_ieq(header->fields[i].name, STR("received")))
			continue;
		received_parse(header->fields[i].value, &received);
		if (!received_is_public(&received))
			continue;
		memcpy(t->ip, received.ip, sizeof t->ip);
		t->session.ip = t->ip;
		if (received.from.n)
			t->session.helo = keep(&t->helo, received.from);
		return;
	}
}

/* path = "<" address ">", or the address alone */
static void take_return_path(struct told_session *t, const struct header *header)
{
	for (size_t i = 0; i < header->count; i++) {
		if (!str_ieq(header->fields[i].name, STR("return-path")))
			continue;
		struct str value = str_trim_fws(header->fields[i].value);
		size_t open = str_find(value, '<');

		if (open < value.n) {
			value = str_skip(value, open + 1);
			value = str_head(value, str_find(value, '>'));
		}
		t->session.mail_from = keep(&t->mail_from, str_trim_fws(value));
		return;
	}
}

int told_session_read(struct told_session *t, const struct header *header)
{
	t->session = (struct inkan_session){.struct_size = sizeof t->session};
	take_received(t, header);
	take_return_path(t, header);
	return t->helo.error == INKAN_ENOMEM || t->mail_from.error == INKAN_ENOMEM ? INKAN_ENOMEM : INKAN_OK;
}

int told_session_complete(struct told_session *t, const struct header *header, const struct inkan_session *given,
                          struct inkan_session *out)
{
	int error = told_session_read(t, header);

	*out = *given;
	out->ip = given->ip ? given->ip : t->session.ip;
	out->helo = given->helo ? given->helo : t->session.helo;
	out->mail_from = given->mail_from ? given->mail_from : t->session.mail_from;
	return error;
}
