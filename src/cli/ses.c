/* inkan ses: the commands of `aws sesv2` on identities, with its options, JSON and errors. Reading order: run() -> the operations -> put_*(). */
#include <stdio.h>

#include "cli/command.h"
#include "cli/parity.h"
#include "cli/ses_input.h"
#include "cli/trouble_text.h"
#include "core/base64.h"
#include "core/json.h"
#include "crypto/crypto.h"
#include "identity/vocabulary.h"

enum {
	PAGE_MAX = 1000,                /* identities of one list */
	KEY_TEXT_MAX = 16 * 1024,       /* octets of a private key, base64 */
	SELECTOR_MAX = 63,              /* octets of DomainSigningSelector */
	EVENTS_SEEN = 100,              /* of the history, the newest */
	INPUT_MEMORY_MAX = 1024 * 1024, /* octets */
	TOKEN_WIDTH = 76                /* octets of a line of PEM: any length is read */
};

struct call {
	const struct invocation *in;
	const struct operation *operation;
	struct ses_input input;
	struct registrar_source s;
	struct arena arena; /* of the input; released last, wiped before */
	char id[IDENTITY_ID_MAX + 1];
	struct identity identity;
	struct output out;
};

struct operation {
	const char *name; /* "CreateEmailIdentity" */
	bool creates, lists;
	enum exit_code (*run)(struct call *call);
};

/* ---- errors ---- */

enum fault { NOT_FOUND, ALREADY_EXISTS, BAD_REQUEST, TOO_MANY_REQUESTS };

static const struct {
	const char *name;
	enum exit_code code;
} faults[] = {
	[NOT_FOUND] = {"NotFoundException", EXIT_USAGE},
	[ALREADY_EXISTS] = {"AlreadyExistsException", EXIT_USAGE},
	[BAD_REQUEST] = {"BadRequestException", EXIT_USAGE},
	[TOO_MANY_REQUESTS] = {"TooManyRequestsException", EXIT_TEMPORARY},
};

static enum exit_code fail(struct call *call, enum fault fault, const char *what, const char *why)
{
	struct ui *ui = call->in->ui;

	ui_error(ui, NOWHERE,
	         TEXT(ui, "An error occurred (%s) when calling the %s operation: %s%s%s",
	              "エラー (%s) が %s の呼び出しで起きました: %s%s%s"),
	         faults[fault].name, call->operation->name, what, what[0] ? ": " : "", why);
	return faults[fault].code;
}

static enum exit_code io_failed(struct call *call, int error, const struct io_error *why)
{
	if (error == INKAN_EREFUSED || error == INKAN_EUSAGE)
		return fail(call, BAD_REQUEST, call->id, TROUBLE(call->in->ui, why->text));
	return registrar_failed(call->in->ui, error, why);
}

/* ---- what is told ---- */

static void put_time(struct json *j, const char *key, unix_time t)
{
	struct buf text;

	if (t == UNIX_TIME_NONE)
		return;
	buf_init(&text, 64);
	time_print(&text, t);
	json_key_str(j, key, buf_str(&text));
	buf_release(&text);
}

struct origin {
	bool is_external, is_found;
};

static bool find_origin(void *context, const struct identity_event *event)
{
	struct origin *o = context;
	bool is_import = strcmp(event->action, "import") == 0;

	o->is_found = is_import || strcmp(event->action, "generate") == 0;
	o->is_external = is_import;
	return !o->is_found;
}

/* Where the newest key came from. */
static int origin_of(struct call *call, bool *is_external_out)
{
	struct origin o = {false, false};
	struct io_error why = {""};
	int error = identity_store_events(registrar_store(call->s.registrar), call->identity.id, EVENTS_SEEN,
	                                  find_origin, &o, &why);

	*is_external_out = o.is_external;
	return error;
}

static const char *length_name(unsigned bits)
{
	return bits == 1024 ? "RSA_1024_BIT" : bits == 2048 ? "RSA_2048_BIT" : NULL;
}

static void put_tokens(struct json *j, const char *key, const struct identity *identity)
{
	json_key(j, key);
	json_array_begin(j);
	for (size_t i = 0; i < identity->slot_count; i++)
		if (identity->slots[i].selector[0])
			json_str(j, str_c(identity->slots[i].selector));
	json_array_end(j);
}

/* The key in use, or, where none signs yet, the one to come. */
static const struct slot *current_slot(const struct identity *identity)
{
	const struct slot *slot = identity_active_slot(identity);

	for (size_t i = 0; i < identity->slot_count && !slot; i++)
		if (identity->slots[i].key)
			slot = &identity->slots[i];
	return slot;
}

static void put_dkim(struct json *j, const struct identity *identity, bool is_external)
{
	const struct slot *slot = current_slot(identity);
	const char *now = slot && slot->algorithm == IDENTITY_RSA ? length_name(slot->bits) : NULL;
	const char *next = identity->algorithm == IDENTITY_RSA ? length_name(identity->bits) : NULL;
	unix_time made = UNIX_TIME_NONE;

	for (size_t i = 0; i < identity->slot_count; i++)
		if (identity->slots[i].key && identity->slots[i].made > made)
			made = identity->slots[i].made;
	json_key(j, "DkimAttributes");
	json_object_begin(j);
	json_key_bool(j, "SigningEnabled", identity->enabled);
	json_key_c(j, "Status", ses_dkim_status(identity));
	put_tokens(j, "Tokens", identity);
	json_key_c(j, "SigningAttributesOrigin", is_external ? "EXTERNAL" : "AWS_SES");
	if (next && !is_external)
		json_key_c(j, "NextSigningKeyLength", next);
	if (now && !is_external)
		json_key_c(j, "CurrentSigningKeyLength", now);
	if (!is_external)
		put_time(j, "LastKeyGenerationTimestamp", made);
	json_object_end(j);
}

static const char *type_of(const struct identity *identity)
{
	return identity->address[0] ? "EMAIL_ADDRESS" : "DOMAIN";
}

static bool is_verified(const struct identity *identity)
{
	return identity->state == IDENTITY_VERIFIED || identity->state == IDENTITY_UNSTABLE;
}

static void put_mail_from(struct json *j, const struct identity *identity)
{
	json_key(j, "MailFromAttributes");
	json_object_begin(j);
	if (identity->mail_from[0]) {
		json_key_c(j, "MailFromDomain", identity->mail_from);
		json_key_c(j, "MailFromDomainStatus", ses_mail_from_status(identity));
	}
	json_key_c(j, "BehaviorOnMxFailure",
	           identity->mx_failure == MX_FAILURE_REJECT ? "REJECT_MESSAGE" : "USE_DEFAULT_VALUE");
	json_object_end(j);
}

static void put_verification(struct json *j, const struct identity *identity)
{
	const struct slot *slot = current_slot(identity);

	json_key_c(j, "VerificationStatus", ses_dkim_status(identity));
	json_key(j, "VerificationInfo");
	json_object_begin(j);
	put_time(j, "LastCheckedTimestamp", identity->checked);
	put_time(j, "LastSuccessTimestamp", slot ? slot->last_shown : UNIX_TIME_NONE);
	json_object_end(j);
}

/* CreateEmailIdentity tells a part, GetEmailIdentity all. */
static enum exit_code tell_identity(struct call *call, bool all)
{
	struct json j = json_to(&call->out.text);
	bool is_external;
	int error = origin_of(call, &is_external);

	if (error)
		return ui_failed(call->in->ui, NOWHERE, error);
	json_object_begin(&j);
	json_key_c(&j, "IdentityType", type_of(&call->identity));
	json_key_bool(&j, "VerifiedForSendingStatus", is_verified(&call->identity));
	put_dkim(&j, &call->identity, is_external);
	if (all) {
		put_mail_from(&j, &call->identity);
		json_key(&j, "Policies");
		json_object_begin(&j);
		json_object_end(&j);
		json_key(&j, "Tags");
		json_array_begin(&j);
		json_array_end(&j);
		put_verification(&j, &call->identity);
	}
	json_object_end(&j);
	buf_put_char(&call->out.text, '\n');
	return EXIT_FINE;
}

/* ---- input ---- */

static enum exit_code fetch(struct call *call)
{
	struct io_error why = {""};
	uint64_t version = 0;
	int error = identity_store_get(registrar_store(call->s.registrar), &call->s.arena, call->id, &call->identity,
	                               &version, &why);

	if (error)
		return registrar_failed(call->in->ui, error, &why);
	if (version)
		return EXIT_FINE;
	return fail(call, NOT_FOUND, call->id,
	            TEXT(call->in->ui, "there is no such email identity – list-email-identities shows all",
	                 "そのようなアイデンティティはありません – list-email-identities ですべて表示します"));
}

static enum exit_code refuse_input(struct call *call, const char *name, const char *en, const char *ja)
{
	return fail(call, BAD_REQUEST, name, TEXT(call->in->ui, en, ja));
}

/* 0: not given. */
static enum exit_code read_length(struct call *call, unsigned *bits_out)
{
	const char *given = call->input.key_length;

	*bits_out = 0;
	for (unsigned bits = 1024; given && bits <= 2048; bits *= 2)
		if (strcmp(given, length_name(bits)) == 0)
			*bits_out = bits;
	return !given || *bits_out ? EXIT_FINE
	                           : refuse_input(call, "NextSigningKeyLength", "write RSA_1024_BIT or RSA_2048_BIT",
	                                          "RSA_1024_BIT か RSA_2048_BIT を書いてください");
}

/* Letters and digits: what SES takes, and what is a label of DNS. */
static bool is_selector(const char *text)
{
	size_t n = strlen(text);

	for (size_t i = 0; i < n; i++)
		if (!is_alpha(text[i]) && !is_digit(text[i]) && !(text[i] == '-' && i > 0 && i + 1 < n))
			return false;
	return n > 0 && n <= SELECTOR_MAX;
}

static enum exit_code check_own_key(struct call *call)
{
	const struct ses_input *i = &call->input;

	if (!i->selector || !i->private_key)
		return refuse_input(call, "EXTERNAL",
		                    "an own key wants DomainSigningSelector and DomainSigningPrivateKey",
		                    "自分の鍵には DomainSigningSelector と DomainSigningPrivateKey が必要です");
	if (!is_selector(i->selector))
		return refuse_input(call, "DomainSigningSelector", "write 1 to 63 letters and digits",
		                    "1 から 63 文字の英数字で書いてください");
	if (i->key_length)
		return refuse_input(call, "NextSigningKeyLength", "an own key has its length already",
		                    "自分の鍵の長さは決まっています");
	return EXIT_FINE;
}

/* ---- own keys ---- */

/* PKCS#1 begins with two numbers, PKCS#8 with a number and a sequence. */
static bool is_pkcs1(const unsigned char *der, size_t n)
{
	size_t at = n > 1 && der[1] & 0x80 ? 2U + (der[1] & 0x7f) : 2;

	return at < n && n - at > 3 && der[at] == 0x02 && der[at + 1] == 1 && der[at + 3] == 0x02;
}

/* The text of the request as PEM; it has armour already, or gets the one that fits. */
static bool make_pem(const char *text, struct buf *pem)
{
	struct str all = str_trim_fws(str_c(text));
	unsigned char der[KEY_TEXT_MAX];
	size_t n = 0;

	if (str_has_prefix(all, STR("-----BEGIN "))) {
		buf_put(pem, all);
		buf_put_char(pem, '\n');
		return buf_error(pem) == INKAN_OK;
	}
	if (all.n > KEY_TEXT_MAX || !base64_decode(all, BASE64_FWS, der, &n, NULL)) {
		crypto_wipe(der, sizeof der);
		return false;
	}
	const char *kind = is_pkcs1(der, n) ? "RSA PRIVATE KEY" : "PRIVATE KEY";

	crypto_wipe(der, sizeof der);
	buf_printf(pem, "-----BEGIN %s-----\n", kind);
	for (size_t i = 0, column = 0; i < all.n; i++) {
		if (is_fws_char(all.p[i]))
			continue;
		buf_put_char(pem, all.p[i]);
		if (++column % TOKEN_WIDTH == 0)
			buf_put_char(pem, '\n');
	}
	buf_printf(pem, "\n-----END %s-----\n", kind);
	return buf_error(pem) == INKAN_OK;
}

static enum exit_code import_key(struct call *call)
{
	struct io_error why = {""};
	struct ui *ui = call->in->ui;
	struct buf pem;
	enum exit_code code = EXIT_FINE;

	buf_init(&pem, 2 * KEY_TEXT_MAX);
	if (!buf_reserve(&pem, 2 * KEY_TEXT_MAX)) /* it must not grow: that leaves copies behind */
		code = ui_failed(ui, NOWHERE, INKAN_ENOMEM);
	else if (!make_pem(call->input.private_key, &pem))
		code = refuse_input(call, "DomainSigningPrivateKey",
		                    "is not a private key in base64 (PKCS#1 or PKCS#8)",
		                    "base64 の秘密鍵 (PKCS#1 または PKCS#8) ではありません");
	if (code == EXIT_FINE) {
		const char *selector = call->identity.scheme == IDENTITY_TXT ? call->input.selector : NULL;
		int error = registrar_import_key(call->s.registrar, &call->s.arena, call->id, buf_str(&pem), selector,
		                                 &call->identity, &why);

		if (error)
			code = io_failed(call, error, &why);
		else if (!selector)
			ui_warning(ui, NOWHERE,
			           TEXT(ui,
			                "the key is published behind the CNAMEs that are there; a record at selector "
			                "%s is not "
			                "needed, and mail goes on being signed",
			                "鍵は今ある CNAME の先に公開されます。セレクター %s "
			                "のレコードは不要で、署名も途切れません"),
			           call->input.selector);
	}
	if (pem.p)
		crypto_wipe(pem.p, pem.cap);
	buf_release(&pem);
	return code;
}

/* ---- CreateEmailIdentity ---- */

static bool approve(void *context, struct identity *identity, unix_time now, struct text *why_out)
{
	(void)context;
	return life_approve(identity, now, why_out);
}

static bool remove_identity(struct call *call)
{
	struct io_error why;
	uint64_t version = 0;
	bool deleted = false;
	struct identity_store *store = registrar_store(call->s.registrar);
	int error = identity_store_get(store, &call->s.arena, call->id, &call->identity, &version, &why);

	return !error && version && !identity_store_delete(store, call->id, version, &deleted, &why) && deleted;
}

/* With an own key none is to be made first: the identity waits for approval until then. Where the key is no good, nothing is left. */
static enum exit_code take_first_key(struct call *call)
{
	struct text refused = {"", ""};
	struct io_error why = {""};
	int error = registrar_change_identity(call->s.registrar, &call->s.arena, call->id, "approve", approve, NULL,
	                                      &call->identity, &refused, &why);
	enum exit_code code = error ? io_failed(call, error, &why) : import_key(call);

	if (code != EXIT_FINE)
		(void)remove_identity(call);
	return code;
}

static enum exit_code create(struct call *call)
{
	const struct config *c = call->s.config;
	struct io_error why = {""};
	uint64_t version = 0;
	bool own_key = call->input.private_key || call->input.selector ||
	               (call->input.origin && strcmp(call->input.origin, "EXTERNAL") == 0);
	struct identity_wish wish = {
		.id = call->id,
		.scheme = own_key ? IDENTITY_TXT : IDENTITY_CNAME3,
		.host_zone = option_value(call->in, "host-zone", c->identities.host_zone),
		.site = option_value(call->in, "region", c->identities.site),
		.rotate_every = own_key ? 0 : c->identities.rotate_every,
		.overlap = c->identities.overlap,
		.enabled = true,
		.publishes = option_given(call->in, "publish"),
		.needs_approval = own_key,
		.selector = own_key ? call->input.selector : NULL,
	};
	enum exit_code code = read_length(call, &wish.bits);

	if (code == EXIT_FINE && own_key)
		code = check_own_key(call);
	if (code == EXIT_FINE && !own_key && !wish.host_zone[0])
		code = refuse_input(
			call, "",
			"the CNAMEs have to lead into a zone of ours – name it by --host-zone or identities.host_zone",
			"CNAME の参照先になる自分のゾーンが必要です – --host-zone か設定の identities.host_zone "
			"で指定してください");
	if (code != EXIT_FINE)
		return code;
	int error = identity_store_get(registrar_store(call->s.registrar), &call->s.arena, call->id, &call->identity,
	                               &version, &why);

	if (!error && version)
		return fail(call, ALREADY_EXISTS, call->id,
		            TEXT(call->in->ui, "this email identity is there already",
		                 "このアイデンティティはすでにあります"));
	if (!error)
		error = registrar_create(call->s.registrar, &call->s.arena, &wish, &call->identity, &why);
	if (error)
		return io_failed(call, error, &why);
	if (own_key)
		code = take_first_key(call);
	return code == EXIT_FINE ? tell_identity(call, false) : code;
}

/* ---- GetEmailIdentity, ListEmailIdentities, DeleteEmailIdentity ---- */

static enum exit_code get(struct call *call)
{
	enum exit_code code = fetch(call);

	return code == EXIT_FINE ? tell_identity(call, true) : code;
}

struct listing {
	struct json j;
	uint64_t count, max;
	char last[IDENTITY_ID_MAX + 1];
	bool more;
};

static bool list_one(void *context, const struct identity *identity)
{
	struct listing *l = context;

	if (l->count == l->max) {
		l->more = true;
		return false;
	}
	json_object_begin(&l->j);
	json_key_c(&l->j, "IdentityType", type_of(identity));
	json_key_c(&l->j, "IdentityName", identity->id);
	json_key_bool(&l->j, "SendingEnabled", is_verified(identity));
	json_key_c(&l->j, "VerificationStatus", ses_dkim_status(identity));
	json_object_end(&l->j);
	snprintf(l->last, sizeof l->last, "%s", identity->id);
	l->count++;
	return true;
}

static enum exit_code list(struct call *call)
{
	const struct identity_filter filter = {.after = call->input.next_token ? call->input.next_token : ""};
	struct listing l = {.j = json_to(&call->out.text), .max = call->input.page_size};
	struct io_error why = {""};

	if (l.max > PAGE_MAX)
		return refuse_input(call, "PageSize", "1000 is the most", "1000 までです");
	if (l.max == 0)
		l.max = PAGE_MAX;
	json_object_begin(&l.j);
	json_key(&l.j, "EmailIdentities");
	json_array_begin(&l.j);
	int error = identity_store_each(registrar_store(call->s.registrar), &filter, list_one, &l, &why);

	json_array_end(&l.j);
	if (l.more)
		json_key_c(&l.j, "NextToken", l.last);
	json_object_end(&l.j);
	buf_put_char(&call->out.text, '\n');
	if (error)
		buf_clear(&call->out.text);
	return error ? registrar_failed(call->in->ui, error, &why) : EXIT_FINE;
}

static enum exit_code delete_identity(struct call *call)
{
	enum exit_code code = fetch(call);

	if (code == EXIT_FINE && !remove_identity(call))
		code = fail(call, TOO_MANY_REQUESTS, call->id,
		            TEXT(call->in->ui, "changed by somebody else just now – try again",
		                 "同時に変更されました – やり直してください"));
	return code;
}

/* ---- PutEmailIdentityDkimAttributes ---- */

static bool set_enabled(void *context, struct identity *identity, unix_time now, struct text *why_out)
{
	const int *enabled = context;

	if (!*enabled)
		life_disable(identity, now);
	else if (identity->scheme == IDENTITY_EXTERNAL)
		return life_enable(identity, now, why_out);
	else
		life_enable_when_proven(identity);
	return true;
}

static enum exit_code put_dkim_attributes(struct call *call)
{
	enum exit_code code = fetch(call);

	if (code != EXIT_FINE)
		return code;
	if (call->input.signing_enabled < 0)
		call->input.signing_enabled = 0; /* as the service has it: what is not given is false */
	return parity_change(&call->s, call->id, call->input.signing_enabled ? "enable" : "disable", set_enabled,
	                     &call->input.signing_enabled, &call->identity);
}

/* ---- PutEmailIdentityDkimSigningAttributes ---- */

#define LENGTH_ACTION "key-length"

struct last_change {
	unix_time at;
};

static bool find_length_change(void *context, const struct identity_event *event)
{
	struct last_change *last = context;

	if (strcmp(event->action, LENGTH_ACTION) == 0)
		last->at = event->at;
	return last->at == UNIX_TIME_NONE;
}

struct key_change {
	unsigned bits; /* 0: as before */
	bool rotates;
};

/* The next key has the new length; it is made now, where a rotation may begin. */
static bool change_key(void *context, struct identity *identity, unix_time now, struct text *why_out)
{
	const struct key_change *change = context;
	struct text ignored;

	if (change->bits) {
		identity->algorithm = IDENTITY_RSA;
		identity->bits = change->bits;
		(void)life_rotate(identity, now, false, &ignored);
	}
	return !change->rotates || life_rotate(identity, now, true, why_out);
}

static enum exit_code change_length(struct call *call, unsigned bits)
{
	struct last_change last = {UNIX_TIME_NONE};
	struct key_change change = {.bits = bits};
	struct io_error why = {""};
	unix_time now = registrar_now(call->s.registrar);

	if (call->identity.algorithm == IDENTITY_RSA && call->identity.bits == bits)
		return refuse_input(call, "NextSigningKeyLength", "keys have this length already",
		                    "鍵はすでにこの長さです");
	int error = identity_store_events(registrar_store(call->s.registrar), call->id, EVENTS_SEEN, find_length_change,
	                                  &last, &why);

	if (error)
		return registrar_failed(call->in->ui, error, &why);
	if (last.at != UNIX_TIME_NONE && last.at <= now && now - last.at < LIFE_CHANGE_PAUSE)
		return fail(call, TOO_MANY_REQUESTS, call->id,
		            TEXT(call->in->ui, "the key length may be changed once in 24 hours",
		                 "鍵の長さを変えられるのは 24 時間に 1 回です"));
	return parity_change(&call->s, call->id, LENGTH_ACTION, change_key, &change, &call->identity);
}

/* Back from an own key to keys that are made here. */
static enum exit_code make_own_keys(struct call *call)
{
	struct key_change change = {.rotates = true};
	bool is_external;
	int error = origin_of(call, &is_external);

	if (error)
		return ui_failed(call->in->ui, NOWHERE, error);
	if (!is_external)
		return EXIT_FINE;
	return parity_change(&call->s, call->id, "rotate", change_key, &change, &call->identity);
}

static enum exit_code tell_status(struct call *call)
{
	struct json j = json_to(&call->out.text);

	json_object_begin(&j);
	json_key_c(&j, "DkimStatus", ses_dkim_status(&call->identity));
	put_tokens(&j, "DkimTokens", &call->identity);
	json_object_end(&j);
	buf_put_char(&call->out.text, '\n');
	return EXIT_FINE;
}

static enum exit_code put_signing_attributes(struct call *call)
{
	const char *origin = call->input.origin;
	unsigned bits;
	enum exit_code code = fetch(call);

	if (code == EXIT_FINE)
		code = read_length(call, &bits);
	if (code != EXIT_FINE)
		return code;
	if (origin && strcmp(origin, "EXTERNAL") == 0) {
		code = check_own_key(call);
		code = code == EXIT_FINE ? import_key(call) : code;
	} else if (!origin || strcmp(origin, "AWS_SES") != 0) {
		code = refuse_input(call, "SigningAttributesOrigin", "write AWS_SES or EXTERNAL",
		                    "AWS_SES か EXTERNAL を書いてください");
	} else if (call->input.private_key || call->input.selector) {
		code = refuse_input(call, "SigningAttributes", "selector and private key belong to EXTERNAL",
		                    "セレクターと秘密鍵は EXTERNAL のときだけ使えます");
	} else {
		code = bits ? change_length(call, bits) : make_own_keys(call);
	}
	return code == EXIT_FINE ? tell_status(call) : code;
}

/* ---- PutEmailIdentityMailFromAttributes ---- */

struct mail_from {
	struct arena *arena;
	const char *domain; /* "": none */
	enum mx_failure failure;
};

static bool set_mail_from(void *context, struct identity *identity, unix_time now, struct text *why_out)
{
	const struct mail_from *m = context;
	const char *why = NULL;

	if (identity_set_mail_from(m->arena, identity, m->domain, m->failure, now, &why) == INKAN_OK)
		return true;
	*why_out = (struct text){why ? why : inkan_strerror(INKAN_ENOMEM), why ? why : inkan_strerror(INKAN_ENOMEM)};
	return false;
}

static enum exit_code put_mail_from_attributes(struct call *call)
{
	const char *failure = call->input.mx_failure;
	struct mail_from m = {.arena = &call->s.arena, .domain = call->input.mail_from ? call->input.mail_from : ""};
	struct text refused = {"", ""};
	struct io_error why = {""};
	enum exit_code code = fetch(call);

	if (code != EXIT_FINE)
		return code;
	if (failure && strcmp(failure, "USE_DEFAULT_VALUE") != 0 && strcmp(failure, "REJECT_MESSAGE") != 0)
		return refuse_input(call, "BehaviorOnMxFailure", "write USE_DEFAULT_VALUE or REJECT_MESSAGE",
		                    "USE_DEFAULT_VALUE か REJECT_MESSAGE を書いてください");
	m.failure = failure && strcmp(failure, "REJECT_MESSAGE") == 0 ? MX_FAILURE_REJECT : MX_FAILURE_DEFAULT;
	int error = registrar_change_identity(call->s.registrar, &call->s.arena, call->id, "mail-from", set_mail_from,
	                                      &m, &call->identity, &refused, &why);

	if (error == INKAN_EREFUSED && refused.en[0])
		return fail(call, BAD_REQUEST, "MailFromDomain",
		            TROUBLE(call->in->ui, text_in(call->in->ui->language, refused)));
	if (!error)
		error = parity_publish(&call->s, &call->identity, &why);
	if (!error)
		error = registrar_follow(call->s.registrar, &call->s.arena, call->id, false, &call->identity, NULL,
		                         &why);
	return error ? io_failed(call, error, &why) : EXIT_FINE;
}

/* ---- running ---- */

static enum exit_code take_input(struct call *call)
{
	struct ui *ui = call->in->ui;
	int error = ses_input_read(&call->arena, call->in, &call->input);

	if (error == INKAN_ESYNTAX)
		return fail(call, BAD_REQUEST, call->input.bad ? call->input.bad : "",
		            text_in(ui->language, call->input.why));
	if (error == INKAN_ELIMIT)
		return refuse_input(call, "", "the request is too long", "要求が長すぎます");
	if (error)
		return ui_failed(ui, NOWHERE, error);
	if (call->operation->lists)
		return EXIT_FINE;
	if (!call->input.identity || !call->input.identity[0] || strlen(call->input.identity) > IDENTITY_ID_MAX)
		return refuse_input(call, "EmailIdentity", "write --email-identity and a domain or an address",
		                    "--email-identity とドメインかアドレスを書いてください");
	return EXIT_FINE;
}

/* Own keys may stand in what was read. */
static void forget_input(struct call *call)
{
	if (call->input.private_key && *call->input.private_key)
		crypto_wipe((char *)(uintptr_t)call->input.private_key, strlen(call->input.private_key));
	arena_release(&call->arena);
}

static enum exit_code run(const struct invocation *in, const struct operation *operation)
{
	struct call call = {.in = in, .operation = operation};

	output_init(&call.out);
	arena_init(&call.arena, INPUT_MEMORY_MAX);
	enum exit_code code = take_input(&call);

	if (code == EXIT_FINE) {
		code = parity_open(&call.s, in, operation->creates ? STORE_CREATE : STORE_CHANGE);
		if (code == EXIT_FINE && !operation->lists)
			identity_id_normalise(&call.s.arena, call.input.identity, call.id);
		if (code == EXIT_FINE)
			code = operation->run(&call);
		registrar_source_close(&call.s);
	}
	forget_input(&call);
	return output_finish(&call.out, in->ui, code);
}

/* ---- the table ---- */

/* clang-format off */
#define SES_OPTIONS \
	{"cli-input-json", 0, OPTION_STRING, "FILE|JSON", NULL, 0, 0, \
	 {"the request as JSON, or a file that holds it; options count more", "要求の JSON、またはそのファイル。オプションが優先される"}}, \
	{"region", 0, OPTION_STRING, "NAME", NULL, 0, 0, \
	 {"region in the name of the MX host (default: identities.site)", "MX ホスト名に入るリージョン (省略時は identities.site)"}}, \
	REGISTRAR_OPTIONS
#define SES_IDENTITY \
	{"email-identity", 0, OPTION_STRING, "NAME", NULL, 0, 0, {"the domain or address", "ドメインまたはアドレス"}}
#define SES_ATTRIBUTES(name) \
	{name, 0, OPTION_STRING, "TEXT", NULL, 0, 0, \
	 {"NextSigningKeyLength=RSA_2048_BIT, or DomainSigningSelector=S,DomainSigningPrivateKey=BASE64; as JSON too, or file://NAME", \
	  "NextSigningKeyLength=RSA_2048_BIT、または DomainSigningSelector=S,DomainSigningPrivateKey=BASE64。JSON や file://ファイル名 でもよい"}}

static const struct option_spec create_options[] = {
	SES_IDENTITY,
	SES_ATTRIBUTES("dkim-signing-attributes"),
	{"host-zone", 0, OPTION_STRING, "ZONE", NULL, 0, 0,
	 {"zone of ours that CNAMEs and MX lead into (default: identities.host_zone)", "CNAME と MX の参照先になる自分のゾーン (省略時は identities.host_zone)"}},
	{"publish", 0, OPTION_FLAG, NULL, NULL, 0, 0,
	 {"write the DKIM and MAIL FROM records into the domain's zone ourselves (identities.zones)",
	  "DKIM と MAIL FROM のレコードを inkan がドメインのゾーンに書き込む (identities.zones)"}},
	SES_OPTIONS,
};
static const struct option_spec identity_options[] = {
	SES_IDENTITY,
	SES_OPTIONS,
};
static const struct option_spec list_options[] = {
	{"page-size", 0, OPTION_NUMBER, "N", NULL, 1, PAGE_MAX, {"at most so many (default: 1000)", "最大の件数 (既定: 1000)"}},
	{"next-token", 0, OPTION_STRING, "TOKEN", NULL, 0, 0, {"go on behind an earlier list: its NextToken", "前の一覧の NextToken の続きから"}},
	SES_OPTIONS,
};
static const struct option_spec dkim_options[] = {
	SES_IDENTITY,
	{"signing-enabled", 0, OPTION_FLAG, NULL, NULL, 0, 0, {"sign", "署名する"}},
	{"no-signing-enabled", 0, OPTION_FLAG, NULL, NULL, 0, 0, {"do not sign", "署名しない"}},
	SES_OPTIONS,
};
static const struct option_spec signing_options[] = {
	SES_IDENTITY,
	{"signing-attributes-origin", 0, OPTION_STRING, "AWS_SES|EXTERNAL", NULL, 0, 0, {"keys are made here, or brought along", "鍵をここで作るか、持ち込むか"}},
	SES_ATTRIBUTES("signing-attributes"),
	SES_OPTIONS,
};
static const struct option_spec mail_from_options[] = {
	SES_IDENTITY,
	{"mail-from-domain", 0, OPTION_STRING, "NAME", NULL, 0, 0,
	 {"custom MAIL FROM domain, below the domain; left out: none", "カスタム MAIL FROM ドメイン (ドメインの下の名前)。省略すると解除"}},
	{"behavior-on-mx-failure", 0, OPTION_STRING, "WORD", NULL, 0, 0,
	 {"USE_DEFAULT_VALUE (default) or REJECT_MESSAGE", "USE_DEFAULT_VALUE (既定) または REJECT_MESSAGE"}},
	SES_OPTIONS,
};

#define EXAMPLES(variable, line, en, ja) \
	static const struct example variable[] = { {line, {en, ja}}, {NULL, {NULL, NULL}} }

EXAMPLES(create_examples, "inkan ses create-email-identity --email-identity ho2k.com", "tokens for three CNAMEs", "CNAME 3 つ分のトークンを作る");
EXAMPLES(get_examples, "inkan ses get-email-identity --email-identity ho2k.com", "state, tokens, MAIL FROM", "状態、トークン、MAIL FROM");
EXAMPLES(list_examples, "inkan ses list-email-identities --page-size 100", "the first hundred", "最初の 100 件");
EXAMPLES(delete_examples, "inkan ses delete-email-identity --email-identity ho2k.com", "identity and keys", "アイデンティティと鍵を消す");
EXAMPLES(dkim_examples, "inkan ses put-email-identity-dkim-attributes --email-identity ho2k.com --no-signing-enabled", "sign no more", "署名をやめる");
EXAMPLES(signing_examples,
         "inkan ses put-email-identity-dkim-signing-attributes --email-identity ho2k.com --signing-attributes-origin AWS_SES "
         "--signing-attributes NextSigningKeyLength=RSA_1024_BIT", "a key of another length", "別の長さの鍵に替える");
EXAMPLES(mail_from_examples,
         "inkan ses put-email-identity-mail-from-attributes --email-identity ho2k.com --mail-from-domain email.ho2k.com",
         "bounces go to that domain", "バウンスメールの宛先をそのドメインにする");

#define OPERATION(prefix, word, api, does_create, does_list, function, title_en, title_ja, option_table) \
	static enum exit_code run_##prefix(const struct invocation *in) \
	{ \
		static const struct operation operation = {api, does_create, does_list, function}; \
\
		return run(in, &operation); \
	} \
	static const struct command prefix##_command = { \
		.name = word, \
		.summary = {title_en, title_ja}, \
		.operands = "", \
		.description = {"Options, JSON and errors are those of “aws sesv2 " word "”. See inkan-ses(1).", \
		                "オプション、JSON、エラーは「aws sesv2 " word "」と同じです。詳しくは inkan-ses(1) を見てください。"}, \
		.options = option_table, \
		.common = COMMON_CONFIG | COMMON_JSON, \
		.examples = prefix##_examples, \
		.run = run_##prefix, \
	}

OPERATION(create, "create-email-identity", "CreateEmailIdentity", true, false, create,
          "Create an identity with three CNAMEs, or with an own key", "CNAME 3 つ、または手元の鍵でアイデンティティを作る", create_options);
OPERATION(get, "get-email-identity", "GetEmailIdentity", false, false, get,
          "Show an identity: verification, DKIM, MAIL FROM", "アイデンティティの検証、DKIM、MAIL FROM を表示する", identity_options);
OPERATION(list, "list-email-identities", "ListEmailIdentities", false, true, list,
          "List identities", "アイデンティティの一覧を表示する", list_options);
OPERATION(delete, "delete-email-identity", "DeleteEmailIdentity", false, false, delete_identity,
          "Delete an identity and its keys", "アイデンティティと鍵を削除する", identity_options);
OPERATION(dkim, "put-email-identity-dkim-attributes", "PutEmailIdentityDkimAttributes", false, false, put_dkim_attributes,
          "Switch DKIM signing on or off", "DKIM 署名を有効・無効にする", dkim_options);
OPERATION(signing, "put-email-identity-dkim-signing-attributes", "PutEmailIdentityDkimSigningAttributes", false, false,
          put_signing_attributes, "Change the key length, or bring an own key", "鍵の長さを変える、または手元の鍵に替える", signing_options);
OPERATION(mail_from, "put-email-identity-mail-from-attributes", "PutEmailIdentityMailFromAttributes", false, false,
          put_mail_from_attributes, "Set the custom MAIL FROM domain", "カスタム MAIL FROM ドメインを設定する", mail_from_options);
/* clang-format on */

static const struct command *const subcommands[] = {
	&create_command, &get_command,     &list_command,      &delete_command,
	&dkim_command,   &signing_command, &mail_from_command, NULL,
};

static const struct example examples[] = {
	{"inkan ses create-email-identity --email-identity ho2k.com",
         {"tokens for three CNAMEs", "CNAME 3 つ分のトークンを作る"}},
	{"inkan ses get-email-identity --email-identity ho2k.com",
         {"state, tokens, MAIL FROM", "状態、トークン、MAIL FROM"}},
	{NULL, {NULL, NULL}},
};

const struct command ses_command = {
	.name = "ses",
	.summary = {"Manage identities with the commands of Amazon SES (aws sesv2)",
                    "Amazon SES (aws sesv2) と同じコマンドでアイデンティティを管理する"},
	.operands = "",
	.description = {"", ""},
	.examples = examples,
	.subcommands = subcommands,
};
