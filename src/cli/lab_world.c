/* Reading order: lab_tell() -> begin(), tell_steps(), end(). */
#include "cli/lab_world.h"

#include <signal.h>
#include <stdio.h>

#include "auth/message.h"
#include "cli/demo_message.h"
#include "cli/display.h"
#include "cli/trouble_text.h"
#include "cli/verdict.h"
#include "io/clock.h"
#include "sig/key_record.h"

enum {
	SCRATCH_MAX = 16 * 1024 * 1024,
	PEM_MAX = SEALED_KEY_MAX,
	PAGE_MEMORY_MAX = 16 * 1024 * 1024,
	MESSAGE_MAX = 64 * 1024,
	ROUNDS_MAX = 32 /* of questions of one message */
};

/* ---- signals ---- */

static const int ends[] = {SIGINT, SIGTERM, SIGHUP};

/* What ends a scenario; what whoever started us has ignored (nohup) does not. */
static void set_of_signals(sigset_t *out)
{
	struct sigaction action;

	sigemptyset(out);
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
		if (sigaction(ends[i], NULL, &action) == 0 && action.sa_handler != SIG_IGN)
			sigaddset(out, ends[i]);
}

bool lab_interrupted(void)
{
	sigset_t pending, wanted;

	set_of_signals(&wanted);
	sigpending(&pending);
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
		if (sigismember(&pending, ends[i]) && sigismember(&wanted, ends[i]))
			return true;
	return false;
}

int lab_fail(struct lab_world *w, const char *text)
{
	return io_fail(&w->error, "%s", text);
}

/* ---- beginning and end ---- */

static int open_registrar(struct lab_world *w)
{
	const struct registrar_settings settings = {.store = w->store,
	                                            .master_key = w->master_key,
	                                            .create_store = true,
	                                            .zones = w->registrar_zones,
	                                            .zone_count = w->zone_count,
	                                            .host = "lab",
	                                            .who = "registrar",
	                                            .at = w->now};

	return registrar_open(&settings, &w->registrar, &w->error);
}

int lab_restart_registrar(struct lab_world *w)
{
	registrar_close(w->registrar);
	w->registrar = NULL;
	return open_registrar(w);
}

static enum exit_code start_servers(struct lab_world *w, size_t count)
{
	static const char *const names[LAB_SERVERS_MAX] = {"primary", "secondary"};
	enum exit_code code = EXIT_FINE;

	for (size_t i = 0; i < count && code == EXIT_FINE; i++) {
		code = lab_knot_start(w->ui, w->authority, &w->place, names[i], w->zones, w->zone_count,
		                      i ? &w->servers[0] : NULL, &w->servers[i]);
		w->addresses[i] = w->servers[i].address;
		w->server_count = i + 1;
	}
	for (size_t i = 0; i < w->zone_count; i++)
		w->registrar_zones[i] =
			(struct registrar_zone){.zone = w->zones[i].name,
		                                .primary = i < w->written ? w->servers[0].address : NULL,
		                                .tsig = i < w->written ? w->place.tsig : NULL,
		                                .servers = w->addresses,
		                                .server_count = w->server_count};
	return code;
}

static int begin(struct lab_world *w, size_t servers)
{
	w->code = lab_place_make(w->ui, &w->place);
	if (w->code != EXIT_FINE)
		return INKAN_EIO;
	int error = authority_new(&(struct authority_options){.override_count = 0}, &w->authority, &w->error);

	if (error)
		return error;
	w->code = start_servers(w, servers);
	if (w->code != EXIT_FINE)
		return INKAN_EIO;
	lab_path(&w->place, "identities.db", w->store);
	lab_path(&w->place, "master.key", w->master_key);
	error = open_registrar(w);
	return error ? error : inkan_context_new(&w->context);
}

static void end(struct lab_world *w)
{
	registrar_close(w->registrar);
	for (size_t i = w->server_count; i > 0; i--)
		lab_knot_stop(&w->servers[i - 1]);
	authority_free(w->authority);
	for (size_t i = 0; i < w->key_count; i++)
		inkan_key_free(w->keys[i].key);
	inkan_context_free(w->context);
	arena_release(&w->arena);
	arena_release(&w->scratch);
	telling_release(&w->telling);
	if (!lab_place_remove(&w->place) && w->code == EXIT_FINE) {
		ui_error(w->ui, IN_FILE(w->place.folder),
		         TEXT(w->ui, "this folder of the laboratory could not be removed – remove it by hand",
		              "シナリオ用のフォルダーを削除できませんでした – 手動で削除してください"));
		w->code = EXIT_INTERNAL;
	}
}

static int tell_steps(struct lab_world *w, const struct lab_story *story, void *context)
{
	int error = INKAN_OK;

	for (lab_step *const *step = story->steps; *step && !error; step++) {
		error = (*step)(w, context);
		if (!error)
			error = w->telling.error;
		if (!error && lab_interrupted())
			error = lab_fail(w, TEXT(w->ui, "the scenario was interrupted", "シナリオは中断されました"));
		if (!w->in->json)
			(void)output_flush(&w->telling.out); /* output_finish() tells of what was not written */
	}
	return error;
}

static void complain(struct lab_world *w, int error)
{
	bool outside = error == INKAN_EIO || error == INKAN_EREFUSED || error == INKAN_EUSAGE;

	if (w->code != EXIT_FINE)
		return;
	if (!outside || !w->error.text[0]) {
		w->code = ui_failed(w->ui, NOWHERE, error);
		return;
	}
	ui_error(w->ui, NOWHERE,
	         TEXT(w->ui, "the scenario cannot go on: %s – run it again",
	              "シナリオを続けられません: %s – もう一度実行してください"),
	         TROUBLE(w->ui, w->error.text));
	/* a step that went wrong is why the next one cannot go on */
	w->code = telling_is_as_expected(&w->telling) ? EXIT_TEMPORARY : EXIT_FINDING;
}

static enum exit_code tell_in_world(struct lab_world *w, const struct lab_story *story, void *context)
{
	tell_title(&w->telling, text_in(w->ui->language, story->title));
	int error = begin(w, story->servers);

	if (!error)
		error = tell_steps(w, story, context);
	if (error)
		complain(w, error);
	else if (!telling_is_as_expected(&w->telling))
		w->code = EXIT_FINDING;
	if (w->in->json)
		telling_print_json(&w->telling, story->scenario->name);
	struct output out = w->telling.out;

	end(w);
	return output_finish(&out, w->ui, w->code);
}

enum exit_code lab_tell(const struct invocation *in, const struct lab_story *story, void *context)
{
	struct lab_world w = {.in = in,
	                      .ui = in->ui,
	                      .zones = story->zones,
	                      .zone_count = story->zone_count,
	                      .written = story->written,
	                      .now = story->start};
	sigset_t held, before;

	set_of_signals(&held);
	sigprocmask(SIG_BLOCK, &held, &before);
	telling_init(&w.telling, in->ui);
	arena_init(&w.arena, LAB_MEMORY_MAX);
	arena_init(&w.scratch, SCRATCH_MAX);
	enum exit_code code = tell_in_world(&w, story, context);

	sigprocmask(SIG_SETMASK, &before, NULL); /* a signal that came meanwhile ends the program here */
	return code;
}

/* ---- clock and identities ---- */

void lab_set_time(struct lab_world *w, unix_time now)
{
	w->now = now;
	registrar_set_time(w->registrar, now);
}

void lab_put_time(struct lab_world *w)
{
	time_print(&w->telling.text, w->now);
}

int lab_identity(struct lab_world *w, const char *id, struct identity *out)
{
	uint64_t version;
	int error = identity_store_get(registrar_store(w->registrar), &w->arena, id, out, &version, &w->error);

	return error || version ? error : lab_fail(w, "the identity is not in the store");
}

int lab_live(struct lab_world *w, const char *id, lab_enough *enough, int64_t seconds, struct identity *out)
{
	unix_time until = w->now + seconds;
	struct identity identity;
	struct life_step step;
	bool done = false;
	int error = INKAN_OK;

	while (!error && !done && w->now <= until && !lab_interrupted()) {
		arena_reset(&w->scratch);
		error = registrar_step(w->registrar, &w->scratch, id, false, &identity, &step, &w->error);
		if (error)
			break;
		done = enough(&identity);
		if (done || step.action != LIFE_WAIT)
			continue;
		unix_time due = step.due;

		if (due == UNIX_TIME_NONE)
			return lab_fail(w, "the identity waits for nothing");
		lab_set_time(w, due > w->now ? due : w->now + 1);
	}
	if (error)
		return error;
	if (!done)
		return lab_fail(w, identity.trouble[0] ? identity.trouble
		                                       : "the identity did not come as far as expected");
	return lab_identity(w, id, out);
}

/* ---- DNS ---- */

static const struct lab_zone *zone_of(const struct lab_world *w, struct str name)
{
	const struct lab_zone *found = NULL;

	for (size_t i = 0; i < w->zone_count; i++) {
		struct str zone = str_c(w->zones[i].name);
		bool inside = str_ieq(name, zone) ||
		              (name.n > zone.n && str_ihas_suffix(name, zone) && name.p[name.n - zone.n - 1] == '.');

		if (inside && (!found || zone.n > strlen(found->name)))
			found = &w->zones[i];
	}
	return found;
}

int lab_ask_once(struct lab_world *w, struct arena *arena, size_t server, enum dns_type type, struct str name,
                 struct authority_answer *out)
{
	const struct lab_zone *zone = zone_of(w, name);
	struct authority_zone *asked = arena_calloc(arena, 1, sizeof *asked);

	if (!asked)
		return arena_error(arena);
	if (!zone || server >= w->server_count) {
		*out = (struct authority_answer){.answer = {.status = DNS_NXDOMAIN}};
		return INKAN_OK;
	}
	*asked = (struct authority_zone){
		.apex = zone->name, .servers = {{w->servers[server].name, w->addresses[server]}}, .server_count = 1};
	return authority_ask(w->authority, arena, asked, type, name, out);
}

int lab_ask(struct lab_world *w, struct arena *arena, size_t server, enum dns_type type, struct str name,
            struct dns_answer *out)
{
	for (int hops = 0; hops <= DNS_CHAIN_MAX; hops++) {
		struct authority_answer answer = {.alias = STR_NULL};
		int error = lab_ask_once(w, arena, server, type, name, &answer);

		if (error || !answer.alias.n || type == DNS_CNAME) {
			*out = answer.answer;
			return error;
		}
		name = answer.alias;
	}
	*out = (struct dns_answer){.status = DNS_LOOP};
	return INKAN_OK;
}

static int put_short(struct lab_world *w, enum dns_type type, const struct dns_answer *answer)
{
	const struct record_set set = {.type = type, .records = answer->records, .count = answer->count};

	return answer->count ? record_sets_print(&w->telling.text, &set, 1, &(struct record_print){.form = RECORD_DIG})
	                     : INKAN_OK;
}

int lab_dig(struct lab_world *w, enum dns_type type, struct str name)
{
	arena_reset(&w->scratch);
	buf_printf(&w->telling.text, "$ dig %s ", dns_type_name(type));
	safe_text(&w->telling.text, name);
	buf_put_c(&w->telling.text, " +short\n");
	for (int hops = 0; hops <= DNS_CHAIN_MAX; hops++) {
		struct authority_answer answer = {.alias = STR_NULL};
		int error = lab_ask_once(w, &w->scratch, 0, type, name, &answer);

		if (error || !answer.alias.n)
			return error ? error : put_short(w, type, &answer.answer);
		record_name_put(&w->telling.text, answer.alias);
		buf_put_char(&w->telling.text, '\n');
		name = answer.alias;
	}
	return INKAN_OK;
}

int lab_has(struct lab_world *w, const struct record_set *set, bool *out)
{
	struct authority_answer answer = {.alias = STR_NULL};

	arena_reset(&w->scratch);
	int error = lab_ask_once(w, &w->scratch, 0, set->type, set->name, &answer);
	const struct record_set found = {.name = set->name,
	                                 .type = set->type,
	                                 .records = answer.answer.records,
	                                 .count = answer.answer.status == DNS_ANSWER ? answer.answer.count : 0};

	*out = !error && record_set_eq(set, &found);
	return error;
}

int lab_edit(struct lab_world *w, const char *zone, const struct record_change *change)
{
	enum update_result result = UPDATE_FAILED;
	struct tsig_key key;
	int error = tsig_key_read(w->place.tsig, &key, &w->error);

	if (!error)
		error = dns_update_send(&(struct dns_update){.server = w->servers[0].address,
		                                             .zone = zone,
		                                             .key = &key,
		                                             .changes = change,
		                                             .change_count = 1},
		                        &result, &w->error);
	crypto_wipe(&key, sizeof key);
	return error || result == UPDATE_DONE ? error : INKAN_EIO;
}

/* ---- mail ---- */

static int key_of(struct lab_world *w, uint32_t number, struct inkan_key **out)
{
	struct buf pem;

	for (size_t i = 0; i < w->key_count; i++)
		if (w->keys[i].number == number) {
			*out = w->keys[i].key;
			return INKAN_OK;
		}
	if (w->key_count == LAB_KEYS_MAX)
		return INKAN_ELIMIT;
	buf_init(&pem, PEM_MAX);
	int error = registrar_export_key(w->registrar, number, &pem, &w->error);

	if (!error)
		error = inkan_key_from_pem(w->context, pem.p, pem.n, out, NULL);
	if (pem.p)
		crypto_wipe(pem.p, pem.cap);
	buf_release(&pem);
	if (!error)
		w->keys[w->key_count++] = (struct lab_key){number, *out};
	return error;
}

static void put_message(struct buf *out, const char *author, const char *subject, unix_time now)
{
	buf_printf(out, "From: <%s>\r\nTo: <reader@gmail.example>\r\nSubject: %s\r\nDate: ", author, subject);
	demo_put_date(out, now);
	buf_printf(out,
	           "\r\nMessage-ID: <%lld.lab@%s>\r\nMIME-Version: 1.0\r\n"
	           "Content-Type: text/plain; charset=us-ascii\r\n\r\n"
	           "A test message of inkan's laboratory.\r\n",
	           (long long)now, strchr(author, '@') + 1);
}

static int add_keys(struct lab_world *w, const struct identity_signer *signers, size_t count,
                    struct inkan_signer *signer)
{
	int error = INKAN_OK;

	for (size_t i = 0; i < count && !error; i++) {
		struct inkan_key *key;

		error = key_of(w, signers[i].key, &key);
		if (!error)
			error = inkan_signer_add_key(signer, signers[i].selector, key);
	}
	return error;
}

static int sign(struct lab_world *w, const struct identity_signer *signers, size_t count, struct str message,
                struct buf *out)
{
	struct inkan_signer_options options;
	struct inkan_signer *signer;
	size_t size;

	inkan_signer_options_init(&options);
	options.domain = signers[0].domain;
	options.now = w->now;
	int error = inkan_signer_new(w->context, &options, &signer, NULL);

	if (error)
		return error;
	error = add_keys(w, signers, count, signer);
	if (!error)
		error = inkan_signer_write(signer, message.p, message.n);
	if (!error)
		error = inkan_signer_end(signer);
	if (!error) {
		const char *fields = inkan_signer_fields(signer, &size);

		buf_put(out, str_from(fields, size));
	}
	inkan_signer_free(signer);
	return error;
}

int lab_sign(struct lab_world *w, const char *author, const char *subject, struct buf *out, size_t *signatures_out)
{
	struct identity_signer signers[IDENTITY_SIGNERS_MAX];
	struct buf message;
	size_t count = 0;
	int error = identity_store_signers(registrar_store(w->registrar), str_c(author), str_c(strchr(author, '@') + 1),
	                                   signers, &count, &w->error);

	buf_init(&message, MESSAGE_MAX);
	put_message(&message, author, subject, w->now);
	if (!error)
		error = buf_error(&message);
	if (!error && count)
		error = sign(w, signers, count, buf_str(&message), out);
	buf_put(out, buf_str(&message));
	buf_release(&message);
	*signatures_out = count;
	return error ? error : buf_error(out);
}

static int answer_all(struct lab_world *w, struct evidence *evidence)
{
	struct dns_question questions[EVIDENCE_QUESTIONS_MAX];
	const struct dns_question *open;
	size_t count = evidence_open(evidence, &open);
	int error = INKAN_OK;

	count = count < EVIDENCE_QUESTIONS_MAX ? count : EVIDENCE_QUESTIONS_MAX;
	memcpy(questions, open, count * sizeof *open); /* the array goes with the first answer */
	for (size_t i = 0; i < count && !error; i++) {
		struct dns_answer answer;

		arena_reset(&w->scratch);
		error = lab_ask(w, &w->scratch, 0, questions[i].type, questions[i].name, &answer);
		if (!error)
			error = evidence_add(evidence, questions[i].type, questions[i].name, &answer);
	}
	return error;
}

static int new_message(struct lab_world *w, struct inkan_message **out)
{
	struct inkan_message_options options;

	inkan_message_options_init(&options);
	options.now = w->now;
	return inkan_message_new(w->context, &options, out);
}

int lab_receive(struct lab_world *w, struct lab_receiver *receiver, struct str octets, const char *ip, const char *helo,
                const char *mail_from, const struct inkan_verdict **out)
{
	int error = receiver->message ? INKAN_OK : new_message(w, &receiver->message);

	if (error)
		return error;
	receiver->session = (struct inkan_session){
		.struct_size = sizeof receiver->session, .ip = ip, .helo = helo, .mail_from = mail_from};
	inkan_message_reset(receiver->message);
	inkan_message_set_time(receiver->message, w->now);
	error = inkan_message_set_session(receiver->message, &receiver->session);
	if (!error)
		error = inkan_message_write(receiver->message, octets.p, octets.n);
	if (!error)
		error = inkan_message_end(receiver->message);
	for (int round = 0; !error && round < ROUNDS_MAX; round++) {
		error = inkan_message_evaluate(receiver->message);
		if (error != INKAN_NEED_DNS)
			break;
		error = answer_all(w, message_evidence(receiver->message));
	}
	*out = error ? NULL : inkan_message_verdict(receiver->message);
	return *out || error ? error : INKAN_ELIMIT;
}

void lab_receiver_release(struct lab_receiver *receiver)
{
	inkan_message_free(receiver->message);
	*receiver = (struct lab_receiver){.message = NULL};
}

int lab_tell_page(struct lab_world *w, const struct lab_receiver *receiver, const struct inkan_verdict *v)
{
	const struct page_style style = {w->ui->language, w->ui->colour, TELLING_COLUMNS - TELLING_INDENT};
	const struct header *header = message_header(receiver->message);
	struct arena memory;
	struct page page;

	arena_init(&memory, PAGE_MEMORY_MAX);
	int error = page_make(&memory,
	                      &(struct page_request){.verdict = v,
	                                             .header = header,
	                                             .session = &receiver->session,
	                                             .language = w->ui->language,
	                                             .decode = display_header},
	                      &page);

	if (!error)
		verdict_page(&w->telling.text,
		             &(struct verdict){.outcome = verdict_outcome(v),
		                               .file = "message.eml",
		                               .found = v,
		                               .header = header,
		                               .session = &receiver->session,
		                               .page = &page},
		             &style);
	arena_release(&memory);
	tell_text(&w->telling);
	return error;
}
