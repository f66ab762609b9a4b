/* S3-17: mail of ours whose envelope sender lies in a custom MAIL FROM domain of its author that has failed, so that bounces of it would be
 * lost and SPF would not pass. As the identity wants it, such mail is refused, or sent with the default MAIL FROM.
 *
 * FAILED alone counts: MX or SPF were not there for 72 hours. A domain that is pending was never seen and may be on its way; one that is
 * unstable was there at the look before. Refusing and replacing because of one look would harm more mail than it saves. */
#include "dns/idna.h"
#include "proto/milter.h"
#include "server/transaction.h"

enum { NAME_ARENA_MAX = 8192 /* octets to make A-labels of a name */ };

static bool is_same_domain(struct str domain, const char *failed)
{
	struct str host = STR_NULL;
	struct arena scratch;

	if (str_ieq(domain, str_c(failed)))
		return true;
	arena_init(&scratch, NAME_ARENA_MAX);
	bool same = dns_name_to_host(&scratch, domain, &host) == INKAN_OK && str_eq(host, str_c(failed));

	arena_release(&scratch);
	return same;
}

/* NULL: the envelope sender lies in none. Where two identities have that domain, one that refuses comes first. */
static const struct failed_mail_from *find_failed(const struct transaction *t)
{
	const struct identity_author *author = &t->identities.author;
	const struct failed_mail_from *found = NULL;
	size_t at = str_rfind(t->mail_from, '@');

	for (size_t i = 0; i < author->failed_count && at < t->mail_from.n; i++) {
		const struct failed_mail_from *failed = &author->failed[i];
		bool is_stricter = !found || failed->behaviour == MX_FAILURE_REJECT;

		if (is_stricter && is_same_domain(str_skip(t->mail_from, at + 1), failed->domain))
			found = failed;
	}
	return found;
}

bool mail_from_refuse(struct transaction *t)
{
	const struct failed_mail_from *failed = find_failed(t);

	if (!failed || failed->behaviour != MX_FAILURE_REJECT)
		return false;
	/* RFC 3463 section 3.2, X.1.8: the sender's system is "incapable of accepting return mail"; the word is Amazon's */
	buf_printf(&t->reply,
	           "550 5.1.8 MailFromDomainNotVerified: the MX or SPF record of the MAIL FROM domain %s is missing",
	           failed->domain);
	t->outcome.not_signed = STR("the message is refused");
	t->outcome.action_reason = STR("the MAIL FROM domain has failed, and mail is to be refused then");
	transaction_answer(t, POLICY_REJECT);
	return true;
}

static bool may_change_sender(const struct transaction *t)
{
	return t->worker->filter->policy.shadow || connection_actions(t->connection) & MILTER_CHANGE_FROM;
}

void mail_from_replace(struct transaction *t)
{
	const char *by = t->worker->filter->config->identities.default_mail_from;

	if (!find_failed(t))
		return;
	if (!by[0]) {
		t->outcome.action_reason =
			STR("the MAIL FROM domain has failed; the envelope sender stays, as there is no "
		            "identities.default_mail_from");
	} else if (!may_change_sender(t)) {
		t->outcome.action_reason =
			STR("the MAIL FROM domain has failed; the envelope sender stays, as the mail server "
		            "does not let it be changed");
	} else {
		milter_put_change_from(&t->answer, str_c(by));
		t->outcome.action_reason =
			STR("the MAIL FROM domain has failed: sent with identities.default_mail_from");
	}
}
