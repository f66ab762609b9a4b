/* inkan verify: judges messages, many at once, and prints the verdicts in the order of the input.
 *
 * Reading order: run() -> judge_all() -> ordered_work_run(), which calls take(), work() and deliver(). */
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "auth/message.h"
#include "auth/session.h"
#include "cli/command.h"
#include "cli/files.h"
#include "cli/input.h"
#include "cli/judge.h"
#include "cli/ordered_work.h"
#include "cli/snapshot_file.h"
#include "cli/suffix_list.h"
#include "cli/trouble_text.h"
#include "inkan/inkan.h"
#include "io/clock.h"

enum {
	WINDOW = 256, /* results held back at most, waiting for a slower message */
	/* Octets printed for one message. A header of 4 MiB, each octet of it escaped and quoted several times, stays below. */
	RESULT_MAX = 256 * 1024 * 1024,
	HELD_MAX = 256 * 1024 * 1024, /* octets of results held back; one more of each worker may come on top */
	KEPT_MAX = 1024 * 1024,       /* octets of a buffer that is used again; a larger one is given back */
	FLUSH_SIZE = 64 * 1024,       /* octets of output collected before they are written */
	WAITERS = 8,                  /* messages in flight a processor while answers come from the network */
	/* Descriptors: of a worker, of its resolver (event queue, pipes, sockets of queries; 6 were observed with a single
	 * name server), and of everything else. */
	DESCRIPTORS_WORKER = 1,
	DESCRIPTORS_RESOLVER = 15,
	DESCRIPTORS_SPARE = 16,
	SESSION_MEMORY_MAX = 64 * 1024, /* to look at the session once */
	COLUMNS_DEFAULT = 100,
	COLUMNS_MIN = 60,
	COLUMNS_MAX = 120
};

enum format { FORMAT_TEXT, FORMAT_JSON, FORMAT_HEADER, FORMAT_HTML };

/* What is known of the whole run. */
struct verification {
	const struct invocation *in;
	struct ui *ui;
	enum format format;
	bool pages; /* FORMAT_TEXT: a page for each message */
	struct page_style style;
	struct judge_options judge;
	char host_name[256];
	const char **trusted_sealers; /* in lower case, each from malloc() */
	struct evidence *snapshot;    /* NULL: the network is asked */
	struct inkan_snapshot snapshot_handle;
	struct evidence *kept; /* NULL: answers are not saved */
	struct input input;
	struct output out;
	struct buf first_line; /* of the first message, until it is known whether there is a second */
	bool any_taken;        /* an item was */
	struct tally tally;
	struct progress progress;
	bool noted;     /* that DNSSEC is not validated was said */
	int kept_error; /* why `kept` is not all that was answered */
	struct public_suffixes *suffixes;
};

/* One thread. */
struct worker {
	struct verification *v;
	struct judge judge;
	struct mail_stream *stream;
	struct mail_item item, last; /* `last` was the item before: the stream wants it until it is opened again */
	struct io_error error;       /* why the item cannot be read */
	bool readable;
	bool is_first; /* of all items */
};

/* What is printed of one message. */
struct result {
	struct buf text;  /* as asked for */
	struct buf line;  /* FORMAT_TEXT: the one line that stands for it among many */
	struct buf file;  /* its name, terminated */
	struct buf error; /* why it has no verdict, terminated; empty */
	bool error_names_file;
	bool no_message; /* the error is that */
	enum outcome outcome;
	enum inkan_dkim_explanation explanation;
	uint64_t bare_lf; /* line ends that were read as CRLF */
};

/* ---- one message, in a worker ---- */

static void put_terminated(struct buf *out, const char *text)
{
	buf_clear(out);
	buf_put_c(out, text);
	buf_put_char(out, '\0');
}

/* Hands the octets of the item to the judge, as far as it wants them; what goes wrong is noted in w->readable and
 * w->error. What it does not want is left: in an mbox the mailbox reads on to the next message itself, and a pipe may
 * never end. */
static void feed(struct worker *w)
{
	struct str octets;

	w->readable = false;
	if (mail_stream_open(w->stream, &w->item, &w->error) != INKAN_OK)
		return;
	do
		if (mail_stream_read(w->stream, &octets, &w->error) != INKAN_OK)
			return;
	while (octets.n && judge_write(&w->judge, octets));
	w->readable = true;
}

static int take(void *context, void *state)
{
	struct verification *v = context;
	struct worker *w = state;

	mail_item_release(&w->last);
	w->last = w->item;
	w->item = (struct mail_item){0};
	int taken = input_next(&v->input, &w->item);

	w->is_first = taken > 0 && !v->any_taken;
	v->any_taken = v->any_taken || taken > 0;
	if (taken > 0 && w->item.sequential) /* must be read before the next item is asked for */
		feed(w);
	return taken;
}

/* Whether more than one line may be printed of the item: of several messages each gets a line only, but whether there are
 * several is not known when the first is judged. */
static bool has_page(const struct worker *w)
{
	return w->v->format != FORMAT_TEXT || w->v->pages || w->is_first;
}

/* The Authentication-Results field with the line ends of this system. */
static void put_header(struct buf *out, const struct verdict *verdict)
{
	struct str rest = str_c(verdict->authentication_results);

	if (verdict->redact) { /* on one line: an address may have been folded */
		verdict_results_line(out, verdict);
		buf_put_char(out, '\n');
		return;
	}
	while (rest.n)
		buf_put(out, str_split(&rest, '\r'));
}

static void print(const struct verification *v, const struct verdict *verdict, bool with_page, struct result *r)
{
	switch (v->format) {
	case FORMAT_JSON:
		verdict_json(&r->text, verdict, v->style.language);
		break;
	case FORMAT_HEADER:
		if (!verdict->error)
			put_header(&r->text, verdict);
		break;
	case FORMAT_HTML:
		if (!verdict->error)
			verdict_html(&r->text, verdict, v->style.language);
		break;
	case FORMAT_TEXT:
		if (verdict->error)
			break;
		if (with_page)
			verdict_page(&r->text, verdict, &v->style);
		verdict_line(&r->line, verdict, &v->style);
		break;
	}
}

static void work(void *context, void *state, void *result)
{
	const struct verification *v = context;
	struct worker *w = state;
	struct result *r = result;
	struct verdict verdict;

	if (r->text.max == 0) {
		buf_init(&r->text, RESULT_MAX);
		buf_init(&r->line, RESULT_MAX);
		buf_init(&r->file, RESULT_MAX);
		buf_init(&r->error, RESULT_MAX);
	}
	buf_clear(&r->text);
	buf_clear(&r->line);
	put_terminated(&r->file, w->item.name);
	if (!w->item.sequential)
		feed(w);
	if (w->readable)
		judge_end(&w->judge, w->item.name, !has_page(w), &verdict);
	else
		verdict = (struct verdict){.file = w->item.name,
		                           .outcome = OUTCOME_UNREADABLE,
		                           .error = w->error.text,
		                           .no_message = w->item.is_empty};
	if (verdict.no_message)
		verdict.error = TEXT_IN(v->style.language, "holds no message", "メッセージがありません");
	r->no_message = verdict.no_message;
	r->bare_lf = v->judge.message.line_ends == INKAN_LINE_ENDS_NORMALISE ? judge_facts(&w->judge)->bare_lf : 0;
	r->outcome = verdict.outcome;
	r->error_names_file = !w->readable && !verdict.no_message;
	r->explanation = verdict_explanation(&verdict);
	put_terminated(&r->error, verdict.error ? verdict.error : "");
	print(v, &verdict, has_page(w), r);
	if (buf_error(&r->text) || buf_error(&r->line) || buf_error(&r->file) || buf_error(&r->error))
		r->outcome = OUTCOME_INTERNAL;
	judge_reset(&w->judge);
}

static void free_worker(struct worker *w)
{
	judge_release(&w->judge);
	mail_stream_free(w->stream);
	mail_item_release(&w->item);
	mail_item_release(&w->last);
	free(w);
}

static void *start(void *context)
{
	struct verification *v = context;
	struct worker *w = calloc(1, sizeof *w);

	if (!w)
		return NULL;
	w->v = v;
	if (mail_stream_new(&w->stream) != INKAN_OK || judge_init(&w->judge, &v->judge) != INKAN_OK) {
		free_worker(w);
		return NULL;
	}
	return w;
}

static void stop(void *context, void *state)
{
	struct verification *v = context;
	struct worker *w = state;

	if (v->kept && !v->kept_error)
		v->kept_error = w->judge.kept_too_much ? INKAN_ELIMIT : evidence_merge(v->kept, w->judge.kept);
	if (w->judge.source.unvalidated.text[0] && !v->noted) { /* once, however many ask */
		v->noted = true;
		dns_source_note(v->ui, &w->judge.source);
	}
	free_worker(w);
}

static void release(void *result)
{
	struct result *r = result;

	buf_release(&r->text);
	buf_release(&r->line);
	buf_release(&r->file);
	buf_release(&r->error);
}

/* ---- results, in order, in the main thread ---- */

static void tell_troubles(struct verification *v, const struct result *r)
{
	if (r->no_message)
		ui_error(v->ui, IN_FILE(r->file.p),
		         TEXT(v->ui,
		              "%s – give a message with its header, an mbox, a maildir or a folder with messages in it",
		              "%s – "
		              "ヘッダーのあるメッセージ、mbox、maildir、またはメッセージの入ったフォルダーを指定してく"
		              "ださい"),
		         TROUBLE(v->ui, r->error.p));
	else if (r->error.n > 1 && r->error_names_file)
		ui_error(v->ui, NOWHERE,
		         TEXT(v->ui, "%s – not judged; check name and permissions",
		              "%s – 判定しませんでした。名前と権限を確かめてください"),
		         TROUBLE(v->ui, r->error.p));
	else if (r->error.n > 1 && r->outcome == OUTCOME_UNKNOWN)
		ui_error(v->ui, IN_FILE(r->file.p),
		         TEXT(v->ui, "%s – not judged; check --resolver and the network, or try again later",
		              "%s – 判定しませんでした。--resolver "
		              "とネットワークを確かめるか、後でもう一度試してください"),
		         TROUBLE(v->ui, r->error.p));
	else if (r->error.n > 1)
		ui_error(v->ui, IN_FILE(r->file.p), TEXT(v->ui, "%s – not judged", "%s – 判定しませんでした"),
		         TROUBLE(v->ui, r->error.p));
	else if (r->outcome == OUTCOME_INTERNAL) /* it was judged, but what was to be printed did not fit into memory */
		(void)ui_failed(v->ui, NOWHERE, INKAN_ENOMEM);
	if (r->bare_lf)
		ui_note(v->ui, IN_FILE(r->file.p),
		        TEXT(v->ui, "%llu line ends were LF and are read as CRLF",
		             "%llu か所の LF だけの改行を CRLF とみなしました"),
		        (unsigned long long)r->bare_lf);
}

/* A single message gets a page, many get a line each: the first one waits until that is known. */
static void put_text(struct verification *v, struct result *r)
{
	struct buf *out = &v->out.text;

	if (v->pages) {
		buf_put_c(out, v->tally.messages > 1 ? "\n" : "");
		buf_put(out, buf_str(&r->text));
	} else if (v->tally.messages == 1) {
		buf_put(out, buf_str(&r->text));
		buf_put(&v->first_line, buf_str(&r->line));
	} else {
		if (v->tally.messages == 2) {
			buf_clear(out);
			buf_put(out, buf_str(&v->first_line));
		}
		buf_put(out, buf_str(&r->line));
	}
}

/* Whether what was printed may go out: the first page may have to be taken back. */
static bool is_settled(const struct verification *v)
{
	return v->format != FORMAT_TEXT || v->pages || v->tally.messages > 1;
}

static size_t size(const void *result)
{
	const struct result *r = result;

	return r->text.cap + r->line.cap + r->file.cap + r->error.cap;
}

static void shrink(struct buf *b)
{
	if (b->cap <= KEPT_MAX)
		return;
	buf_release(b);
	buf_init(b, RESULT_MAX);
}

static bool deliver(void *context, void *result)
{
	struct verification *v = context;
	struct result *r = result;

	tally_add(&v->tally, r->outcome, r->explanation);
	tell_troubles(v, r);
	if (v->format == FORMAT_TEXT)
		put_text(v, r);
	else
		buf_put(&v->out.text, buf_str(&r->text));
	shrink(&r->text);
	shrink(&r->line);
	return v->out.text.n < FLUSH_SIZE || !is_settled(v) || output_flush(&v->out);
}

static void wait(void *context)
{
	struct verification *v = context;

	if (is_settled(v))
		(void)output_flush(&v->out);
	progress_update(&v->progress, v->tally.messages);
}

/* ---- the run ---- */

/* How many workers the limit of open files bears: without descriptors readable files would be unreadable. */
static unsigned workers_by_descriptors(const struct verification *v)
{
	rlim_t each = v->snapshot ? DESCRIPTORS_WORKER : DESCRIPTORS_WORKER + DESCRIPTORS_RESOLVER;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return JOBS_MAX;
	rlim_t files = v->snapshot ? limit.rlim_cur : limit.rlim_max; /* a resolver raises the one to the other */
	rlim_t count = files > DESCRIPTORS_SPARE ? (files - DESCRIPTORS_SPARE) / each : 0;

	return count < 1 ? 1 : count < JOBS_MAX ? (unsigned)count : JOBS_MAX;
}

static unsigned worker_count(const struct verification *v)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	unsigned count = processors > 0 && processors < JOBS_MAX ? (unsigned)processors : 1;

	if (v->in->jobs)
		count = v->in->jobs;
	else if (!v->snapshot)
		count = count * WAITERS < JOBS_MAX ? count * WAITERS : JOBS_MAX;
	return count < workers_by_descriptors(v) ? count : workers_by_descriptors(v);
}

static enum exit_code judge_all(struct verification *v)
{
	struct ordered_work all = {
		.context = v,
		.workers = worker_count(v),
		.window = WINDOW,
		.held_max = HELD_MAX,
		.result_size = sizeof(struct result),
		.start = start,
		.stop = stop,
		.take = take,
		.work = work,
		.size = size,
		.deliver = deliver,
		.wait = wait,
		.release = release,
	};
	int error;

	if (v->format == FORMAT_HTML)
		verdict_html_begin(&v->out.text, v->style.language);
	if (all.window < 4 * (size_t)all.workers)
		all.window = 4 * (size_t)all.workers;
	progress_start(&v->progress, v->ui, TEXT(v->ui, "judging", "検証中"), 0);
	error = ordered_work_run(&all);
	progress_end(&v->progress);
	if (error)
		return ui_failed(v->ui, NOWHERE, error);
	if (v->input.skipped)
		ui_note(v->ui, NOWHERE,
		        TEXT(v->ui,
		             "%zu entries of folders were not read: subfolders, hidden and special files – name those "
		             "that matter",
		             "フォルダー内の %zu 個は読んでいません (サブフォルダー、隠しファイル、特殊ファイル) – "
		             "必要なものは名前を指定してください"),
		        v->input.skipped);
	if (v->format == FORMAT_HTML)
		verdict_html_end(&v->out.text);
	if (v->format == FORMAT_TEXT && v->tally.messages > 1) {
		buf_put_c(&v->out.text, v->pages ? "\n" : "");
		tally_print(&v->out.text, &v->tally, v->style.language);
	}
	return EXIT_FINE;
}

/* ---- setting up ---- */

/* Who judges: a name for Authentication-Results fields. */
static enum exit_code set_authserv_id(struct verification *v)
{
	const char *id = option_value(v->in, "authserv-id", NULL);

	if (!id) {
		if (gethostname(v->host_name, sizeof v->host_name - 1) != 0 || !v->host_name[0])
			memcpy(v->host_name, "localhost", sizeof "localhost");
		id = v->host_name;
	}
	for (const char *c = id; *c; c++)
		if (*c <= ' ' || *c > '~' || *c == ';') {
			ui_error(v->ui, NOWHERE,
			         TEXT(v->ui,
			              "--authserv-id %s: holds a space, “;” or something that is not ASCII – give a "
			              "name like mx.example.com",
			              "--authserv-id %s: 空白、「;」、または ASCII 以外の文字があります – "
			              "mx.example.com "
			              "のような名前を指定してください"),
			         id);
			return EXIT_USAGE;
		}
	v->judge.authserv_id = id;
	return EXIT_FINE;
}

static void set_format(struct verification *v)
{
	struct winsize size;
	size_t columns = COLUMNS_DEFAULT;

	const char *name = option_value(v->in, "format", "text");

	v->format = v->in->json                   ? FORMAT_JSON
	            : strcmp(name, "header") == 0 ? FORMAT_HEADER
	            : strcmp(name, "html") == 0   ? FORMAT_HTML
	                                          : FORMAT_TEXT;
	v->judge.with_page = v->format != FORMAT_HEADER;
	v->judge.with_results = v->format == FORMAT_HEADER || v->format == FORMAT_JSON;
	v->judge.language = v->ui->language;
	v->judge.redact = option_given(v->in, "redact");
	v->pages = v->ui->verbose > 0;
	if (isatty(STDOUT_FILENO)) {
		v->ui->progress = false; /* what is printed shows how far things are */
		if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col)
			columns = size.ws_col < COLUMNS_MIN   ? COLUMNS_MIN
			          : size.ws_col > COLUMNS_MAX ? COLUMNS_MAX
			                                      : size.ws_col;
	}
	v->style = (struct page_style){v->ui->language, v->ui->colour, columns};
}

static enum exit_code set_dns(struct verification *v)
{
	const struct invocation *in = v->in;
	struct resolver_options *resolver = &v->judge.resolver;
	enum exit_code code;

	if (in->resolver)
		(void)resolver_parse(str_c(in->resolver), &resolver->host, &resolver->port); /* checked before */
	if (in->dns_file) {
		code = snapshot_file_load(v->ui, in->dns_file, &v->snapshot);
		if (code != EXIT_FINE)
			return code;
		v->snapshot_handle.evidence = v->snapshot;
		v->judge.message.snapshot = &v->snapshot_handle;
	}
	v->judge.keep_answers = in->save_dns_file != NULL;
	if (in->save_dns_file) {
		int error = evidence_new(NULL, SNAPSHOT_SIZE_MAX, JUDGE_KEPT_QUESTIONS_MAX, &v->kept);

		return error ? ui_failed(v->ui, NOWHERE, error) : snapshot_file_probe(v->ui, in->save_dns_file);
	}
	return EXIT_FINE;
}

/* Who delivered the messages: what of it is on the command line. */
static enum exit_code set_session(struct verification *v)
{
	struct inkan_session *session = &v->judge.session;
	struct arena scratch;
	struct session read;

	*session = (struct inkan_session){.struct_size = sizeof *session,
	                                  .ip = option_value(v->in, "ip", NULL),
	                                  .helo = option_value(v->in, "helo", NULL),
	                                  .mail_from = option_value(v->in, "mail-from", NULL),
	                                  .trusted_gateway = option_given(v->in, "trusted-gateway")};
	v->judge.session_from_received = option_given(v->in, "from-received");
	arena_init(&scratch, SESSION_MEMORY_MAX);
	int error = session_read(&scratch, session, &read);
	struct inkan_session names = *session;

	names.ip = NULL;
	bool is_address_bad = error == INKAN_EUSAGE && session_read(&scratch, &names, &read) != INKAN_EUSAGE;

	arena_release(&scratch);
	if (is_address_bad)
		ui_error(v->ui, NOWHERE,
		         TEXT(v->ui, "--ip %s: not an address – write 192.0.2.1 or 2001:db8::1",
		              "--ip %s: アドレスではありません – 192.0.2.1 や 2001:db8::1 の形で書いてください"),
		         session->ip);
	else if (error == INKAN_EUSAGE)
		ui_error(v->ui, NOWHERE,
		         TEXT(v->ui,
		              "--ip, --helo or --mail-from is longer than 4,096 octets – give what the session had",
		              "--ip、--helo、--mail-from のどれかが 4,096 オクテットを超えています – "
		              "セッションのとおりに指定してください"));
	if (error == INKAN_EUSAGE)
		return EXIT_USAGE;
	return error ? ui_failed(v->ui, NOWHERE, error) : EXIT_FINE;
}

/* The domains of every --trusted-sealer, in lower case. */
static enum exit_code set_trusted_sealers(struct verification *v)
{
	size_t count = 0;

	v->trusted_sealers = calloc(v->in->given_count + 1, sizeof *v->trusted_sealers);
	for (size_t i = 0; v->trusted_sealers && i < v->in->given_count; i++) {
		const char *value = v->in->given[i].value;

		if (strcmp(v->in->given[i].option->name, "trusted-sealer") != 0)
			continue;
		char *lower = malloc(strlen(value) + 1);

		if (!lower)
			return ui_failed(v->ui, NOWHERE, INKAN_ENOMEM);
		str_put_lower(lower, str_from(value, strlen(value) + 1));
		v->trusted_sealers[count++] = lower;
	}
	if (!v->trusted_sealers)
		return ui_failed(v->ui, NOWHERE, INKAN_ENOMEM);
	if (count > INKAN_TRUSTED_SEALERS_MAX) {
		ui_error(v->ui, NOWHERE,
		         TEXT(v->ui, "--trusted-sealer was given more than %d times – name fewer domains",
		              "--trusted-sealer が %d 回を超えています – ドメインを減らしてください"),
		         (int)INKAN_TRUSTED_SEALERS_MAX);
		return EXIT_USAGE;
	}
	v->judge.message.trusted_sealers = v->trusted_sealers;
	v->judge.message.trusted_sealer_count = count;
	return EXIT_FINE;
}

static size_t registrable_size(void *list, const char *domain)
{
	return public_suffixes_registrable(list, str_c(domain)).n;
}

static enum exit_code set_up(struct verification *v)
{
	struct inkan_message_options *message = &v->judge.message;
	enum exit_code code;
	int error;

	inkan_message_options_init(message);
	message->now = invocation_now(v->in);
	message->line_ends =
		option_given(v->in, "strict-line-ends") ? INKAN_LINE_ENDS_STRICT : INKAN_LINE_ENDS_NORMALISE;
	message->flags = (option_given(v->in, "allow-legacy") ? INKAN_ALLOW_LEGACY : 0u) |
	                 (option_given(v->in, "allow-partial-body") ? INKAN_ALLOW_PARTIAL_BODY : 0u);
	message->dmarc_profile =
		strcmp(option_value(v->in, "profile", "rfc9989"), "rfc7489") == 0 ? INKAN_RFC7489 : INKAN_RFC9989;
	set_format(v);
	code = set_authserv_id(v);
	if (code == EXIT_FINE)
		code = set_session(v);
	if (code == EXIT_FINE)
		code = set_trusted_sealers(v);
	if (code == EXIT_FINE)
		code = set_dns(v);
	if (code != EXIT_FINE)
		return code;
	code = suffix_list_open(v->in, &v->suffixes);
	if (code != EXIT_FINE)
		return code;
	error = inkan_context_new(&v->judge.context);
	message->is_public_suffix = public_suffixes_has;
	message->registrable_domain = registrable_size;
	message->public_suffix_context = v->suffixes;
	return error ? ui_failed(v->ui, NOWHERE, error) : EXIT_FINE;
}

static void release_all(struct verification *v)
{
	input_release(&v->input);
	evidence_free(v->kept);
	evidence_free(v->snapshot);
	buf_release(&v->first_line);
	inkan_context_free(v->judge.context);
	public_suffixes_free(v->suffixes);
	for (size_t i = 0; v->trusted_sealers && v->trusted_sealers[i]; i++)
		free((char *)(uintptr_t)v->trusted_sealers[i]);
	free(v->trusted_sealers);
}

/* Saves what DNS said, and says how it went. */
static enum exit_code save_answers(struct verification *v)
{
	if (!v->kept)
		return EXIT_FINE;
	if (v->kept_error)
		return snapshot_file_fail(v->ui, v->in->save_dns_file, v->kept_error);
	return snapshot_file_save(v->ui, v->in->save_dns_file, v->kept,
	                          v->snapshot ? snapshot_saved_at(v->snapshot) : clock_now());
}

/* The worse of two exit codes. */
static enum exit_code worse(enum exit_code a, enum exit_code b)
{
	static const int order[] = {
		[EXIT_FINE] = 0, [EXIT_FINDING] = 1, [EXIT_TEMPORARY] = 2, [EXIT_USAGE] = 3, [EXIT_INTERNAL] = 4};

	return order[a] > order[b] ? a : b;
}

static enum exit_code run(const struct invocation *in)
{
	struct verification v = {.in = in, .ui = in->ui};
	enum exit_code code;

	output_init(&v.out);
	buf_init(&v.first_line, RESULT_MAX);
	v.input = (struct input){.operands = in->operands, .count = in->operand_count};
	code = set_up(&v);
	if (code == EXIT_FINE)
		code = judge_all(&v);
	if (code == EXIT_FINE)
		code = worse(tally_exit_code(&v.tally), save_answers(&v));
	release_all(&v);
	return output_finish(&v.out, in->ui, code);
}

static const struct option_spec options[] = {
	{"format",
         0,
         OPTION_CHOICE,
         NULL,
         "text|html|header",
         0,
         0,
         {"text: verdicts for people; html: the same as one HTML document; header: the Authentication-Results fields "
          "alone (default: text)",
          "text: 読みやすい判定。html: 同じものを 1 つの HTML 文書で。header: Authentication-Results フィールドだけ "
          "(既定: text)"}},
	{"ip",
         0,
         OPTION_STRING,
         "IP",
         NULL,
         0,
         0,
         {"address that delivered the messages, for SPF", "メッセージの配送元のアドレス (SPF 用)"}},
	{"helo",
         0,
         OPTION_STRING,
         "NAME",
         NULL,
         0,
         0,
         {"name that it gave in HELO or EHLO", "HELO または EHLO の名前"}},
	{"mail-from",
         0,
         OPTION_STRING,
         "ADDR",
         NULL,
         0,
         0,
         {"its MAIL FROM; empty for the null sender", "MAIL FROM のアドレス。空なら空の送信者"}},
	{"from-received",
         0,
         OPTION_FLAG,
         NULL,
         NULL,
         0,
         0,
         {"take what of these is not given from the topmost Received field with a public address and from Return-Path",
          "指定のないものを、グローバルアドレスを持つ最も上の Received と Return-Path から取る"}},
	{"trusted-gateway",
         0,
         OPTION_FLAG,
         NULL,
         NULL,
         0,
         0,
         {"a gateway of one's own delivered them: SPF and DMARC are not checked",
          "自分のゲートウェイから届いた。SPF と DMARC は検査しない"}},
	{"trusted-sealer",
         0,
         OPTION_STRING,
         "DOMAIN",
         NULL,
         0,
         0,
         {"believe the ARC seals of this domain; may be given several times",
          "このドメインの ARC の封印を信頼する。複数回指定できる"}},
	{"profile",
         0,
         OPTION_CHOICE,
         NULL,
         "rfc9989|rfc7489",
         0,
         0,
         {"rules by which DMARC is judged (default: rfc9989)", "DMARC を判定する規則 (既定: rfc9989)"}},
	{"redact",
         0,
         OPTION_FLAG,
         NULL,
         NULL,
         0,
         0,
         {"replace local parts, names and subjects by tokens, to show the result around",
          "ローカルパート、名前、件名を記号に置き換え、結果を人に見せられるようにする"}},
	{"authserv-id",
         0,
         OPTION_STRING,
         "NAME",
         NULL,
         0,
         0,
         {"who judges, for Authentication-Results (default: this host)",
          "Authentication-Results に書く判定者の名前 (既定: このホスト名)"}},
	{"allow-legacy",
         0,
         OPTION_FLAG,
         NULL,
         NULL,
         0,
         0,
         {"accept rsa-sha1, RSA keys from 512 bits and signatures without v=, as in old archives",
          "古い保存メールのために rsa-sha1、512 ビット以上の RSA 鍵、v= のない署名を受け入れる"}},
	{"allow-partial-body",
         0,
         OPTION_FLAG,
         NULL,
         NULL,
         0,
         0,
         {"honour l=, though it leaves a part of the body unsigned",
          "本文の一部が署名されなくても l= に従って判定する"}},
	{"strict-line-ends",
         0,
         OPTION_FLAG,
         NULL,
         NULL,
         0,
         0,
         {"take octets as SMTP does: only CRLF ends a line", "SMTP と同じく CRLF だけを改行とする"}},
	{0},
};

static const struct example examples[] = {
	{"inkan verify --from-received mail.eml",
         {"judge one message, as it was delivered", "届いたメール 1 通を検証する"}},
	{"inkan verify --ip 192.0.2.25 --helo mail.example.com --mail-from a@example.com mail.eml",
         {"judge it as this host delivers it", "このホストから届いたものとして検証する"}},
	{"inkan verify --from-received --redact --format html mail.eml >verdict.html",
         {"a page to show around", "人に見せられるページを作る"}},
	{"inkan verify --json ~/Maildir | jq -r 'select(.verdict != \"pass\") | .file'",
         {"list what does not pass", "合格しないものを列挙する"}},
	{"inkan verify --save-dns then.json mail.eml && inkan verify --dns then.json --at 2026-11-21T18:30:00Z "
         "mail.eml",
         {"keep the DNS answers, and judge again years later", "DNS の応答を保存し、何年も後に同じ判定を再現する"}},
	{NULL, {NULL, NULL}},
};

/* clang-format off */
const struct command verify_command = {
	.name = "verify",
	.summary = {"Judge messages by SPF, DKIM, DMARC and ARC", "メッセージを SPF、DKIM、DMARC、ARC で検証する"},
	.operands = "FILE...",
	.operands_min = 1,
	.operands_max = SIZE_MAX,
	.operands_are_files = true,
	.description = {
		"FILE is a message, an mbox, a maildir, a folder of messages, or “-” for standard input. One message gets a page that "
		"tells the verdict, what was found, why, what to do and which way the message came; many get a line each and totals, "
		"with -v a page each. Results come in the order of the input.\n"
		"SPF needs to know who delivered the message: say it with --ip, --helo and --mail-from, or take it from the message with "
		"--from-received.\n"
		"LF and mixed line ends are read as CRLF, as a spool needs it; -v says so.\n"
		"Verdicts are PASS, AT RISK (DMARC passes, but on one leg only), FAIL, NONE (no policy), UNKNOWN (DNS failed for now) and "
		"NOT REPRESENTATIVE (the message came a way that skips checks). The exit code is that of the worst message: 4 internal "
		"error, 2 unreadable, 3 unknown, 1 at risk, fail or not representative, or without policy where nothing passed or fields "
		"are repeated beyond what the signature covers, else 0.",
		"FILE には、メッセージ、mbox、maildir、メッセージの入ったフォルダー、または標準入力を表す「-」を指定します。1 通だけなら"
		"判定・結果・理由・対処・経路を 1 ページで示し、複数なら 1 通 1 行と合計を示します (-v で 1 通 1 ページ)。結果は入力の順です。\n"
		"SPF の判定には、メッセージの配送元の情報が必要です。--ip、--helo、--mail-from で指定するか、--from-received でメッセージから"
		"取ってください。\n"
		"LF だけの改行や混在した改行は CRLF とみなします (-v で知らせます)。\n"
		"判定は PASS (合格)、AT RISK (DMARC は片方だけで合格)、FAIL (不合格)、NONE (ポリシーなし)、UNKNOWN (今は DNS の応答がない)、"
		"NOT REPRESENTATIVE (検査を省く経路で届いた) です。終了コードは最も悪いメッセージのものです: 4 内部エラー、2 読めない、"
		"3 UNKNOWN、1 AT RISK・FAIL・NOT REPRESENTATIVE、またはポリシーがなく何も合格していないか署名の範囲を超えて重複する"
		"フィールドがある、0 それ以外。"},
	.options = options,
	.common = COMMON_DNS | COMMON_AT | COMMON_JSON | COMMON_JOBS | COMMON_SUFFIXES,
	.examples = examples,
	.run = run,
};
/* clang-format on */
