/* Reading order: RULES is who asks for what; sender_check() judges topic by topic. The texts are in sender_kinds.c. */
#include "check/sender.h"

#include "check/sender_kinds.h"
#include "dmarc/dmarc.h"
#include "mail/address.h"

enum {
	LINE_MAX_OCTETS = 998, /* RFC 5322 section 2.1.1 */
	KEY_REQUIRED = 1024,
	KEY_ADVISED = 2048
};

/* clang-format off */
static const struct sender_rule RULES[] = {
	{SENDER_GMAIL, SENDER_SPF_OR_DKIM, SENDER_REQUIRED, false},
	{SENDER_GMAIL, SENDER_SPF, SENDER_REQUIRED, true},
	{SENDER_GMAIL, SENDER_DKIM, SENDER_REQUIRED, true},
	{SENDER_GMAIL, SENDER_KEY, SENDER_REQUIRED, false},
	{SENDER_GMAIL, SENDER_DMARC, SENDER_REQUIRED, true},
	{SENDER_GMAIL, SENDER_ALIGNED, SENDER_REQUIRED, true},
	{SENDER_GMAIL, SENDER_PTR, SENDER_REQUIRED, false},
	{SENDER_GMAIL, SENDER_TLS, SENDER_REQUIRED, false},
	{SENDER_GMAIL, SENDER_FORMAT, SENDER_REQUIRED, false},
	{SENDER_GMAIL, SENDER_AUTHOR, SENDER_REQUIRED, false},
	{SENDER_GMAIL, SENDER_UNSUBSCRIBE, SENDER_REQUIRED, true},
	{SENDER_GMAIL, SENDER_FORWARDED, SENDER_EXPECTED, false},
	{SENDER_GMAIL, SENDER_SPAM_RATE, SENDER_REQUIRED, false},

	{SENDER_YAHOO, SENDER_SPF_OR_DKIM, SENDER_REQUIRED, false},
	{SENDER_YAHOO, SENDER_SPF, SENDER_REQUIRED, true},
	{SENDER_YAHOO, SENDER_DKIM, SENDER_REQUIRED, true},
	{SENDER_YAHOO, SENDER_KEY, SENDER_ADVISED, false},
	{SENDER_YAHOO, SENDER_DMARC, SENDER_REQUIRED, true},
	{SENDER_YAHOO, SENDER_ALIGNED, SENDER_REQUIRED, true},
	{SENDER_YAHOO, SENDER_REPORTS, SENDER_ADVISED, true},
	{SENDER_YAHOO, SENDER_PTR, SENDER_REQUIRED, false},
	{SENDER_YAHOO, SENDER_TLS, SENDER_EXPECTED, false},
	{SENDER_YAHOO, SENDER_FORMAT, SENDER_REQUIRED, false},
	{SENDER_YAHOO, SENDER_UNSUBSCRIBE, SENDER_REQUIRED, true},
	{SENDER_YAHOO, SENDER_FORWARDED, SENDER_ADVISED, false},
	{SENDER_YAHOO, SENDER_SPAM_RATE, SENDER_REQUIRED, false},

	{SENDER_MICROSOFT, SENDER_SPF, SENDER_REQUIRED, true},
	{SENDER_MICROSOFT, SENDER_DKIM, SENDER_REQUIRED, true},
	{SENDER_MICROSOFT, SENDER_KEY, SENDER_ADVISED, false},
	{SENDER_MICROSOFT, SENDER_DMARC, SENDER_REQUIRED, true},
	{SENDER_MICROSOFT, SENDER_ALIGNED, SENDER_REQUIRED, true},
	{SENDER_MICROSOFT, SENDER_BOTH_ALIGNED, SENDER_ADVISED, true},
	{SENDER_MICROSOFT, SENDER_PTR, SENDER_EXPECTED, false},
	{SENDER_MICROSOFT, SENDER_TLS, SENDER_EXPECTED, false},
	{SENDER_MICROSOFT, SENDER_FORMAT, SENDER_EXPECTED, false},
	{SENDER_MICROSOFT, SENDER_REPLY_TO, SENDER_EXPECTED, false},
	{SENDER_MICROSOFT, SENDER_UNSUBSCRIBE, SENDER_ADVISED, true},
	{SENDER_MICROSOFT, SENDER_FORWARDED, SENDER_ADVISED, false},
	{SENDER_MICROSOFT, SENDER_SPAM_RATE, SENDER_EXPECTED, false},
};
/* clang-format on */

enum { RULES_COUNT = sizeof(RULES) / sizeof(*RULES) };

const struct sender_rule *sender_rules(size_t *count_out)
{
	*count_out = RULES_COUNT;
	return RULES;
}

bool sender_rule_applies(const struct sender_rule *rule, const struct sender_options *options)
{
	return (!options->receivers || options->receivers & 1u << rule->receiver) &&
	       (!rule->bulk_only || options->bulk);
}

struct check {
	struct arena *arena;
	const struct inkan_verdict *verdict;
	const struct header *header;
	const struct sender_options *options;
	struct sender_report *out;
};

/* ---- noting ---- */

/* How strongly one of the receivers asks for it; false: none does. */
static bool strongest(const struct check *c, enum sender_topic topic, enum sender_strength *out)
{
	bool any = false;

	for (size_t i = 0; i < RULES_COUNT; i++)
		if (RULES[i].topic == topic && sender_rule_applies(&RULES[i], c->options)) {
			*out = any && *out > RULES[i].strength ? *out : RULES[i].strength;
			any = true;
		}
	return any;
}

/* The worst that was noted on a topic stands. */
static void note(struct check *c, enum sender_topic topic, enum sender_outcome outcome, enum sender_finding kind,
                 struct str first, struct str second)
{
	enum sender_strength strength = SENDER_ADVISED;
	struct finding *finding;

	if (outcome > c->out->topics[topic])
		c->out->topics[topic] = outcome;
	if (!strongest(c, topic, &strength))
		return;
	finding = findings_add(&c->out->findings, &sender_kinds[kind], FINDING_NOWHERE,
	                       (struct str[FINDING_ARGS]){first, second});
	if (finding && strength != SENDER_REQUIRED && finding->severity == SEVERITY_ERROR)
		finding->severity = SEVERITY_WARNING;
}

static struct str author(const struct check *c)
{
	return c->verdict->from_domain[0] ? str_c(c->verdict->from_domain) : STR("?");
}

/* ---- SPF, DKIM, DMARC ---- */

static bool passes(enum inkan_leg leg)
{
	return leg == INKAN_LEG_ALIGNED || leg == INKAN_LEG_NOT_ALIGNED;
}

static bool is_unknown(enum inkan_leg leg)
{
	return leg == INKAN_LEG_UNCHECKED || leg == INKAN_LEG_UNDECIDED;
}

static void check_spf(struct check *c)
{
	const struct inkan_verdict *v = c->verdict;
	struct str domain = v->spf && v->spf->domain[0] ? str_c(v->spf->domain) : STR("?");

	switch (v->spf_leg) {
	case INKAN_LEG_UNCHECKED:
		note(c, SENDER_SPF, SENDER_UNKNOWN, SENDER_FOUND_SPF_UNCHECKED, STR_NULL, STR_NULL);
		break;
	case INKAN_LEG_UNDECIDED:
		note(c, SENDER_SPF, SENDER_UNKNOWN, SENDER_FOUND_DNS, STR("SPF"), domain);
		break;
	case INKAN_LEG_ABSENT:
		note(c, SENDER_SPF, SENDER_FAIL, SENDER_FOUND_SPF_ABSENT, domain, STR_NULL);
		break;
	case INKAN_LEG_FAILED:
		note(c, SENDER_SPF, SENDER_FAIL, SENDER_FOUND_SPF_FAILED, domain,
		     str_c(v->spf ? inkan_result_name(v->spf->result) : "fail"));
		break;
	default:
		break;
	}
}

static void check_dkim(struct check *c)
{
	const struct inkan_verdict *v = c->verdict;

	if (v->dkim_leg == INKAN_LEG_UNDECIDED)
		note(c, SENDER_DKIM, SENDER_UNKNOWN, SENDER_FOUND_DNS, STR("DKIM"), author(c));
	else if (v->dkim_leg == INKAN_LEG_FAILED)
		note(c, SENDER_DKIM, SENDER_FAIL, SENDER_FOUND_DKIM_FAILED,
		     str_c(v->dkim_count ? v->dkim[0].domain : "?"), str_c(v->dkim_count ? v->dkim[0].reason : ""));
	else if (!passes(v->dkim_leg))
		note(c, SENDER_DKIM, SENDER_FAIL, SENDER_FOUND_UNSIGNED, STR_NULL, STR_NULL);
}

static void check_either(struct check *c)
{
	const struct inkan_verdict *v = c->verdict;

	if (passes(v->spf_leg) || passes(v->dkim_leg))
		return;
	if (is_unknown(v->spf_leg) || is_unknown(v->dkim_leg))
		c->out->topics[SENDER_SPF_OR_DKIM] = SENDER_UNKNOWN;
	else
		note(c, SENDER_SPF_OR_DKIM, SENDER_FAIL, SENDER_FOUND_NEITHER, STR_NULL, STR_NULL);
}

/* The best key among the signatures that passed; where none did, among all. Ed25519 alone is told apart. */
static void check_key(struct check *c)
{
	const struct inkan_verdict *v = c->verdict;
	bool passed = passes(v->dkim_leg), has_ed25519 = false;
	unsigned bits = 0;

	for (size_t i = 0; i < v->dkim_count; i++) {
		const struct inkan_dkim_result *r = &v->dkim[i];

		if (passed && r->result != INKAN_PASS)
			continue;
		if (strcmp(r->algorithm, "ed25519-sha256") == 0)
			has_ed25519 = true;
		else if (r->key_bits > bits)
			bits = r->key_bits;
	}
	struct str number = finding_number(c->arena, bits);

	if (v->dkim_count == 0)
		c->out->topics[SENDER_KEY] = SENDER_NOT_NEEDED;
	else if (bits == 0 && has_ed25519)
		note(c, SENDER_KEY, SENDER_PASS, SENDER_FOUND_ED25519_ALONE, STR_NULL, STR_NULL);
	else if (bits == 0)
		c->out->topics[SENDER_KEY] = SENDER_UNKNOWN;
	else if (bits < KEY_REQUIRED)
		note(c, SENDER_KEY, SENDER_FAIL, SENDER_FOUND_KEY_SHORT, number, STR_NULL);
	else if (bits < KEY_ADVISED)
		note(c, SENDER_KEY, SENDER_PASS, SENDER_FOUND_KEY_1024, number, STR_NULL);
}

static void check_alignment(struct check *c)
{
	const struct inkan_verdict *v = c->verdict;
	bool spf = v->spf_leg == INKAN_LEG_ALIGNED, dkim = v->dkim_leg == INKAN_LEG_ALIGNED;

	if (!spf && !dkim && (is_unknown(v->spf_leg) || is_unknown(v->dkim_leg)))
		c->out->topics[SENDER_ALIGNED] = SENDER_UNKNOWN;
	else if (!spf && !dkim)
		note(c, SENDER_ALIGNED, SENDER_FAIL, SENDER_FOUND_NOT_ALIGNED, author(c), STR_NULL);
	if (spf && dkim)
		return;
	if (is_unknown(v->spf_leg) || is_unknown(v->dkim_leg))
		c->out->topics[SENDER_BOTH_ALIGNED] = SENDER_UNKNOWN;
	else if (spf || dkim)
		note(c, SENDER_BOTH_ALIGNED, SENDER_FAIL, SENDER_FOUND_ONE_ALIGNED, author(c),
		     spf ? STR("DKIM") : STR("SPF"));
	else
		c->out->topics[SENDER_BOTH_ALIGNED] = SENDER_FAIL;
}

static bool is_mailbox(struct str mail)
{
	size_t at = str_rfind(mail, '@');

	return at > 0 && at < mail.n && dns_name_is_host(str_skip(mail, at + 1), false, true);
}

/* rua= of the policy: at least one address that mail can go to. */
static int check_reports(struct check *c)
{
	struct dmarc_record record;
	int error = dmarc_record_parse(c->arena, str_c(c->verdict->dmarc->record), c->verdict->dmarc->profile, &record);

	if (error)
		return error;
	for (size_t i = 0; i < record.rua_count; i++)
		if (is_mailbox(record.rua[i].mail))
			return INKAN_OK;
	note(c, SENDER_REPORTS, SENDER_FAIL, SENDER_FOUND_NO_REPORTS, author(c), STR_NULL);
	return INKAN_OK;
}

static int check_dmarc(struct check *c)
{
	const struct inkan_dmarc_result *d = c->verdict->dmarc;

	if (d && d->result == INKAN_TEMPERROR && !d->record[0]) {
		note(c, SENDER_DMARC, SENDER_UNKNOWN, SENDER_FOUND_DNS, STR("DMARC"), author(c));
		c->out->topics[SENDER_REPORTS] = SENDER_UNKNOWN;
		return INKAN_OK;
	}
	if (d && d->record[0])
		return check_reports(c);
	note(c, SENDER_DMARC, SENDER_FAIL, SENDER_FOUND_NO_DMARC, author(c), STR_NULL);
	c->out->topics[SENDER_REPORTS] = SENDER_FAIL;
	return INKAN_OK;
}

/* ---- the connection ---- */

static void check_ptr(struct check *c)
{
	const struct iprev *p = c->options->iprev;

	if (!p)
		note(c, SENDER_PTR, SENDER_UNKNOWN, SENDER_FOUND_NO_ADDRESS, STR_NULL, STR_NULL);
	else if (p->result == INKAN_TEMPERROR)
		note(c, SENDER_PTR, SENDER_UNKNOWN, SENDER_FOUND_DNS, STR("PTR"), str_c(c->options->ip));
	else if (!p->has_name)
		note(c, SENDER_PTR, SENDER_FAIL, SENDER_FOUND_NO_PTR, str_c(c->options->ip), STR_NULL);
	else if (p->result != INKAN_PASS)
		note(c, SENDER_PTR, SENDER_FAIL, SENDER_FOUND_PTR_NOT_CONFIRMED, str_c(c->options->ip), p->name);
}

static bool has_word(struct str text, struct str word)
{
	size_t at = str_search(text, word);

	return at < text.n && (at + word.n == text.n || !is_alpha(text.p[at + word.n]));
}

/* The topmost Received field that tells where the message came from: hosts behind it are the receiver's own. */
static void check_tls(struct check *c)
{
	static const char *const words[] = {"with ESMTPS",    "with ESMTPSA",    "with SMTPS",  "with LMTPS",
	                                    "with UTF8SMTPS", "with UTF8SMTPSA", "version=TLS", "using TLSv"};

	for (size_t i = 0; i < c->header->count; i++) {
		const struct header_field *f = &c->header->fields[i];

		if (!str_ieq(f->name, STR("Received")) || !str_ihas_prefix(str_trim_fws(f->value), STR("from")))
			continue;
		for (size_t k = 0; k < sizeof words / sizeof *words; k++)
			if (has_word(f->value, str_c(words[k])))
				return;
		note(c, SENDER_TLS, SENDER_UNKNOWN, SENDER_FOUND_NO_TLS, STR_NULL, STR_NULL);
		return;
	}
	c->out->topics[SENDER_TLS] = SENDER_UNKNOWN;
}

/* ---- the message ---- */

static void check_counts(struct check *c)
{
	static const struct {
		const char *name;
		size_t least;
	} fields[] = {{"From", 1},    {"Date", 1},        {"Message-ID", 1}, {"To", 0},
	              {"Cc", 0},      {"Bcc", 0},         {"Reply-To", 0},   {"Sender", 0},
	              {"Subject", 0}, {"In-Reply-To", 0}, {"References", 0}};

	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
		size_t count = header_count(c->header, str_c(fields[i].name));

		if (count < fields[i].least)
			note(c, SENDER_FORMAT, SENDER_FAIL, SENDER_FOUND_FIELD_MISSING, str_c(fields[i].name),
			     STR_NULL);
		else if (count > 1)
			note(c, SENDER_FORMAT, SENDER_FAIL, SENDER_FOUND_FIELD_REPEATED, str_c(fields[i].name),
			     finding_number(c->arena, count));
	}
}

static void check_message_id(struct check *c)
{
	size_t at = header_lowest(c->header, STR("Message-ID"));
	struct str id;

	if (at == HEADER_NONE)
		return;
	id = str_trim_fws(c->header->fields[at].value);
	size_t sign = str_find(id, '@');

	if (id.n < 5 || id.p[0] != '<' || id.p[id.n - 1] != '>' || sign < 2 || sign + 2 >= id.n)
		note(c, SENDER_FORMAT, SENDER_FAIL, SENDER_FOUND_MESSAGE_ID, id, STR_NULL);
}

static uint64_t longest_line(const struct check *c)
{
	struct str rest = c->header->text;
	uint64_t longest = c->options->longest_line;

	while (rest.n) {
		size_t n = str_search(rest, STR("\r\n"));

		longest = n > longest ? n : longest;
		rest = str_skip(rest, n + 2 < rest.n ? n + 2 : rest.n);
	}
	return longest;
}

static void check_format(struct check *c)
{
	uint64_t longest = longest_line(c);
	bool beyond_ascii = false;

	check_counts(c);
	check_message_id(c);
	if (c->verdict->reason == INKAN_NO_AUTHOR && header_count(c->header, STR("From")) == 1)
		note(c, SENDER_FORMAT, SENDER_FAIL, SENDER_FOUND_NO_AUTHOR, STR_NULL, STR_NULL);
	if (c->verdict->reason == INKAN_SEVERAL_AUTHORS && header_count(c->header, STR("From")) == 1)
		note(c, SENDER_FORMAT, SENDER_FAIL, SENDER_FOUND_SEVERAL_AUTHORS, STR_NULL, STR_NULL);
	if (c->header->malformed)
		note(c, SENDER_FORMAT, SENDER_FAIL, SENDER_FOUND_MALFORMED_LINES,
		     finding_number(c->arena, c->header->malformed), STR_NULL);
	if (longest > LINE_MAX_OCTETS)
		note(c, SENDER_FORMAT, SENDER_FAIL, SENDER_FOUND_LONG_LINE, finding_number(c->arena, longest),
		     STR_NULL);
	for (size_t i = 0; i < c->header->text.n && !beyond_ascii; i++)
		beyond_ascii = (unsigned char)c->header->text.p[i] > 127;
	if (beyond_ascii)
		note(c, SENDER_FORMAT, SENDER_PASS, SENDER_FOUND_BEYOND_ASCII, STR_NULL, STR_NULL);
}

/* Mail from gmail.com addresses comes from Gmail only, which has a policy of quarantine against the rest. */
static void check_author(struct check *c)
{
	struct str domain = str_c(c->verdict->from_domain);

	if ((str_ieq(domain, STR("gmail.com")) || str_ieq(domain, STR("googlemail.com"))) &&
	    c->verdict->dkim_leg != INKAN_LEG_ALIGNED && c->verdict->spf_leg != INKAN_LEG_ALIGNED)
		note(c, SENDER_AUTHOR, SENDER_FAIL, SENDER_FOUND_IMPERSONATES, domain, STR_NULL);
}

static struct str field_value(const struct check *c, const char *name)
{
	size_t at = header_lowest(c->header, str_c(name));

	return at == HEADER_NONE ? STR_NULL : str_trim_fws(c->header->fields[at].value);
}

static bool signs(const struct inkan_dkim_result *r, const char *name)
{
	for (size_t i = 0; i < r->signed_header_count; i++)
		if (strcmp(r->signed_headers[i], name) == 0)
			return true;
	return false;
}

/* RFC 8058 section 4: both fields covered by a signature that passes. */
static bool is_covered(const struct inkan_verdict *v)
{
	for (size_t i = 0; i < v->dkim_count; i++)
		if (v->dkim[i].result == INKAN_PASS && v->dkim[i].aligned && signs(&v->dkim[i], "list-unsubscribe") &&
		    signs(&v->dkim[i], "list-unsubscribe-post"))
			return true;
	return false;
}

static bool has_https(struct str value)
{
	for (size_t at = 0; at < value.n; at++)
		if (value.p[at] == '<' && str_ihas_prefix(str_trim_fws(str_skip(value, at + 1)), STR("https://")))
			return true;
	return false;
}

static void check_unsubscribe(struct check *c)
{
	struct str list = field_value(c, "List-Unsubscribe"), post = field_value(c, "List-Unsubscribe-Post");

	if (list.n == 0 && post.n == 0 && !c->options->bulk) {
		c->out->topics[SENDER_UNSUBSCRIBE] = SENDER_NOT_NEEDED;
		return;
	}
	if (list.n == 0)
		note(c, SENDER_UNSUBSCRIBE, SENDER_FAIL, SENDER_FOUND_NO_UNSUBSCRIBE, STR_NULL, STR_NULL);
	else if (!has_https(list))
		note(c, SENDER_UNSUBSCRIBE, SENDER_FAIL, SENDER_FOUND_UNSUBSCRIBE_URI, list, STR_NULL);
	if (list.n && !str_ieq(post, STR("List-Unsubscribe=One-Click")))
		note(c, SENDER_UNSUBSCRIBE, SENDER_FAIL, SENDER_FOUND_NOT_ONE_CLICK, post.n ? post : STR("-"),
		     STR_NULL);
	else if (list.n && !is_covered(c->verdict))
		note(c, SENDER_UNSUBSCRIBE, c->verdict->dkim_leg == INKAN_LEG_UNDECIDED ? SENDER_UNKNOWN : SENDER_FAIL,
		     SENDER_FOUND_UNSUBSCRIBE_UNSIGNED, STR_NULL, STR_NULL);
}

static void check_reply_to(struct check *c)
{
	struct str value = field_value(c, "Reply-To");
	struct address_list list;

	if (value.n == 0)
		return;
	address_list_parse(c->arena, value, &list);
	for (size_t i = 0; i < list.count; i++)
		if (list.mailboxes[i].local_part.n && dns_name_is_host(list.mailboxes[i].domain, false, true))
			return;
	note(c, SENDER_REPLY_TO, SENDER_FAIL, SENDER_FOUND_REPLY_TO, value, STR_NULL);
}

/* A mailing list: a List-Id; a forwarder: a valid ARC set. */
static void check_forwarded(struct check *c)
{
	const struct inkan_arc_result *arc = c->verdict->arc;
	bool list = header_count(c->header, STR("List-Post")) || str_ieq(field_value(c, "Precedence"), STR("list"));
	bool sealed = arc && arc->set_count;

	if (!list && !sealed) {
		c->out->topics[SENDER_FORWARDED] = SENDER_NOT_NEEDED;
		return;
	}
	if (list && !header_count(c->header, STR("List-Id")))
		note(c, SENDER_FORWARDED, SENDER_FAIL, SENDER_FOUND_NO_LIST_ID, STR_NULL, STR_NULL);
	if (list && !sealed)
		note(c, SENDER_FORWARDED, SENDER_FAIL, SENDER_FOUND_NO_ARC, STR_NULL, STR_NULL);
	if (sealed && arc->result == INKAN_FAIL)
		note(c, SENDER_FORWARDED, SENDER_FAIL, SENDER_FOUND_ARC_BROKEN, str_c(arc->reason), STR_NULL);
}

/* ---- the sum ---- */

static enum sender_outcome sum(const struct check *c, enum sender_receiver receiver)
{
	enum sender_outcome worst = SENDER_PASS;

	for (size_t i = 0; i < RULES_COUNT; i++) {
		const struct sender_rule *rule = &RULES[i];
		enum sender_outcome outcome = c->out->topics[rule->topic];

		if (rule->receiver != receiver || rule->strength != SENDER_REQUIRED ||
		    !sender_rule_applies(rule, c->options))
			continue;
		if (outcome == SENDER_FAIL)
			return SENDER_FAIL;
		if (outcome == SENDER_UNKNOWN && rule->topic != SENDER_SPAM_RATE && rule->topic != SENDER_TLS)
			worst = SENDER_UNKNOWN;
	}
	return worst;
}

int sender_check(struct arena *arena, const struct inkan_verdict *verdict, const struct header *header,
                 const struct sender_options *options, struct sender_report *out)
{
	struct check c = {arena, verdict, header, options, out};
	int error;

	*out = (struct sender_report){.temporary = false};
	findings_init(&out->findings, arena);
	check_either(&c);
	check_spf(&c);
	check_dkim(&c);
	check_key(&c);
	error = check_dmarc(&c);
	if (error)
		return error;
	check_alignment(&c);
	check_ptr(&c);
	check_tls(&c);
	check_format(&c);
	check_author(&c);
	check_unsubscribe(&c);
	check_reply_to(&c);
	check_forwarded(&c);
	out->topics[SENDER_SPAM_RATE] = SENDER_UNKNOWN;
	out->temporary = findings_find(&out->findings, &sender_kinds[SENDER_FOUND_DNS]) != NULL;
	for (int i = 0; i < SENDER_RECEIVERS; i++)
		out->receivers[i] = sum(&c, (enum sender_receiver)i);
	return arena_error(arena);
}
