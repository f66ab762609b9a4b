/* A pair of messages goes through the service twice, as one mail server would hand them over that sends and another that receives:
 * first from 127.0.0.1, to be signed, then from outside, to be judged. The first comes as it was sent; from the second a gateway
 * has taken the attachment.
 *
 * Reading order: demo_run_service() -> tell_steps() -> the steps -> run_on(). Signals are blocked all the time and looked for between
 * steps, so that the folder and the service never stay behind. */
#include "cli/demo.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/demo_message.h"
#include "cli/demo_mta.h"
#include "cli/demo_service.h"
#include "cli/telling.h"
#include "cli/trouble_text.h"
#include "io/clock.h"

#define GATEWAY_IP "198.51.100.7"
#define GATEWAY_HOST "gw.example.net"
#define SERVER_HOST "out." DEMO_DOMAIN
#define RECEIVER_HOST "mx.example.com"

enum {
	MESSAGES = 2,
	SIGNATURES = 2,
	EXPLAIN_PATIENCE = 10 * 1000, /* ms until the outcome of the last message is in the store */
	EXPLAIN_PAUSE = 100,          /* ms between two looks */
	LOOK_PAUSE = 500,             /* ms between two looks at the service */
	LINE_COLUMNS = TELLING_COLUMNS - TELLING_INDENT
};

struct story {
	const struct invocation *in;
	struct telling telling;
	struct demo_place place;
	pid_t service; /* 0: does not run */
	int signals;
	unix_time now;
	struct buf folder;                 /* as a shell reads it */
	struct buf message, sent, arrived; /* the one that is under way */
};

/* ---- telling ---- */

/* A path as a shell takes it: as it is, or in quotes. */
static void put_word(struct buf *out, struct str word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+:,@%";
	bool is_plain = word.n > 0;

	for (size_t i = 0; i < word.n; i++)
		is_plain = is_plain && strchr(plain, word.p[i]);
	if (is_plain) {
		buf_put(out, word);
		return;
	}
	buf_put_char(out, '\'');
	while (word.n) {
		struct str part = str_split(&word, '\'');

		safe_text(out, part);
		if (word.n)
			buf_put_c(out, "'\\''");
	}
	buf_put_char(out, '\'');
}

/* A line to be typed; "^" stands for the folder, "inkan" for this program. */
static void put_line(struct story *s, const char *line)
{
	struct str rest = str_c(line);

	if (str_has_prefix(rest, STR("inkan "))) {
		put_word(&s->telling.text, str_c(program_invocation_name));
		rest = str_skip(rest, strlen("inkan"));
	}
	while (rest.n) {
		size_t at = str_find(rest, '^');

		buf_put(&s->telling.text, str_head(rest, at));
		if (at < rest.n)
			buf_put(&s->telling.text, buf_str(&s->folder));
		rest = str_skip(rest, at + 1);
	}
	buf_put_char(&s->telling.text, '\n');
}

static void tell_line(struct story *s, const char *line)
{
	buf_put_c(&s->telling.out.text, line);
	buf_put_char(&s->telling.out.text, '\n');
}

static const char *language_name(const struct story *s)
{
	return s->in->ui->language == LANGUAGE_JA ? "ja" : "en";
}

static void tell_command(struct story *s, const char *line)
{
	buf_put_c(&s->telling.text, "$ ");
	put_line(s, line);
	buf_put_char(&s->telling.out.text, '\n');
	tell_text(&s->telling);
}

/* A field as one line for people: unfolded. */
static void put_unfolded(struct buf *out, struct str field)
{
	bool space = false;

	for (size_t i = 0; i < field.n; i++) {
		bool is_space = is_fws_char(field.p[i]);

		if (!is_space && space)
			buf_put_char(out, ' ');
		if (!is_space)
			safe_text(out, str_from(field.p + i, 1));
		space = is_space;
	}
}

/* The fields that were added: results whole, signatures cut to a line. */
static void tell_fields(struct story *s, struct str fields)
{
	struct buf line;

	buf_init(&line, TELLING_TEXT_MAX);
	while (fields.n) {
		struct str rest = fields;
		size_t n = 0;

		do {
			n += str_split(&rest, '\n').n + 1;
		} while (rest.n && is_wsp(rest.p[0]));
		buf_clear(&line);
		put_unfolded(&line, str_head(fields, n));
		if (str_has_prefix(buf_str(&line), STR("DKIM-Signature:")))
			text_padded(&s->telling.text, buf_str(&line), LINE_COLUMNS);
		else
			text_wrapped(&s->telling.text, buf_str(&line), TELLING_INDENT, LINE_COLUMNS - TELLING_INDENT);
		buf_put_char(&s->telling.text, '\n');
		fields = str_skip(fields, n);
	}
	buf_release(&line);
	tell_text(&s->telling);
}

static bool show(struct story *s)
{
	return output_flush(&s->telling.out);
}

/* ---- what may go wrong outside ---- */

static enum exit_code failed(struct story *s, int error, const struct io_error *trouble)
{
	if (error != INKAN_EIO || !trouble)
		return ui_failed(s->in->ui, NOWHERE, error);
	ui_error(s->in->ui, NOWHERE,
	         TEXT(s->in->ui, "%s – the log of the service is %s/log while it runs",
	              "%s – サービスのログは動作中 %s/log にあります"),
	         TROUBLE(s->in->ui, trouble->text), s->place.folder);
	return EXIT_INTERNAL;
}

/* Runs a command of ours. Other than EXIT_FINE: it could not be run at all. *status_out: what it says. */
static enum exit_code run_command(struct story *s, const char *const arguments[], struct buf *out, int *status_out)
{
	int status = show(s) ? demo_run(arguments, out) : INKAN_EIO;

	if (status < 0)
		return failed(s, status, NULL);
	*status_out = status;
	return EXIT_FINE;
}

static size_t count(struct str text, const char *word)
{
	size_t n = 0, size = strlen(word);

	for (;;) {
		size_t at = str_search(text, str_c(word));

		if (at == text.n)
			return n;
		text = str_skip(text, at + size);
		n++;
	}
}

/* ---- 1: the service ---- */

static enum exit_code step_service(struct story *s)
{
	begin_step(&s->telling, "service", TEXT(s->in->ui, "Start the service", "サービスを起動する"));
	enum exit_code code = demo_place_make(s->in->ui, &s->place);

	if (code != EXIT_FINE)
		return code;
	put_word(&s->folder, str_c(s->place.folder));
	tell(&s->telling,
	     TEXT(s->in->ui,
	          "Made for " DEMO_DOMAIN ": an RSA and an Ed25519 key, their DNS records, SPF (only " DEMO_SERVER_IP
	          " may send) and DMARC (p=reject). This is the whole configuration:",
	          DEMO_DOMAIN " のために RSA と Ed25519 の鍵、その DNS レコード、SPF (送信元は " DEMO_SERVER_IP
	                      " のみ)、DMARC (p=reject) を作りました。設定はこれで全部です。"));
	buf_put_char(&s->telling.out.text, '\n');
	put_line(s, "^/inkan.yaml");
	struct str lines = buf_str(&s->place.configuration);

	while (lines.n) {
		buf_put_c(&s->telling.text, "  ");
		safe_text(&s->telling.text, str_split(&lines, '\n'));
		buf_put_char(&s->telling.text, '\n');
	}
	tell_text(&s->telling);
	tell_command(s, "inkan serve --config ^/inkan.yaml");
	if (!show(s))
		return EXIT_INTERNAL;
	code = demo_service_start(s->in->ui, &s->place, &s->service);
	if (code != EXIT_FINE)
		return code;
	buf_printf(&s->telling.text,
	           TEXT(s->in->ui, "It is ready. Status page and metrics: http://127.0.0.1:%u/\n",
	                "準備完了。状態ページとメトリクス: http://127.0.0.1:%u/\n"),
	           s->place.port);
	tell_text(&s->telling);
	return EXIT_FINE;
}

/* ---- messages ---- */

/* Where a message came from, and what the server there calls it. */
struct trace {
	const char *host, *ip, *by, *queue_id;
};

/* The message as the server hands it on: what the filter added, its own Received field, which filters do not see, the rest. */
static void put_handed_on(struct story *s, struct buf *out, const struct demo_reply *r, const struct trace *t)
{
	buf_put(out, buf_str(&r->fields));
	demo_received(out, t->host, t->ip, t->by, t->queue_id, s->now);
	buf_put(out, str_skip(buf_str(&r->octets), r->fields.n));
}

/* Through the filter, and told: message goes in, *out is what the server hands on, *reply_out says what the filter did. */
static enum exit_code hand_over(struct story *s, struct str message, const struct trace *t, struct buf *out,
                                struct demo_reply *reply_out)
{
	const struct demo_mail mail = {.octets = message,
	                               .queue_id = t->queue_id,
	                               .client = t->ip,
	                               .host = t->host,
	                               .sender = DEMO_SENDER,
	                               .recipient = DEMO_RECIPIENT};
	char path[DEMO_PATH_MAX];
	struct io_error trouble = {""};

	demo_path(&s->place, "milter.sock", path);
	int error = demo_hand_over(path, &mail, reply_out, &trouble);

	if (error)
		return failed(s, error, &trouble);
	tell_fields(s, buf_str(&reply_out->fields));
	buf_clear(out);
	put_handed_on(s, out, reply_out, t);
	return buf_error(out) ? failed(s, buf_error(out), NULL) : EXIT_FINE;
}

/* ---- 2: out ---- */

static enum exit_code send_out(struct story *s, unsigned number)
{
	static const char *const files[MESSAGES] = {"1-sent.eml", "2-sent.eml"};
	static const struct trace traces[MESSAGES] = {{"localhost", "127.0.0.1", SERVER_HOST, "DEMO1OUT"},
	                                              {"localhost", "127.0.0.1", SERVER_HOST, "DEMO2OUT"}};
	struct demo_reply reply;

	buf_clear(&s->message);
	demo_message(&s->message, number, s->now);
	if (buf_error(&s->message))
		return failed(s, buf_error(&s->message), NULL);
	demo_reply_init(&reply);
	enum exit_code code = hand_over(s, buf_str(&s->message), &traces[number - 1], &s->sent, &reply);

	if (code == EXIT_FINE) {
		expect(&s->telling,
		       strcmp(reply.answer, "accept") == 0 &&
		               count(buf_str(&reply.fields), "DKIM-Signature:") == SIGNATURES,
		       TEXT(s->in->ui, "two signatures", "2 つの署名"));
		code = demo_place_write(s->in->ui, &s->place, files[number - 1], buf_str(&s->sent));
	}
	demo_reply_release(&reply);
	return code;
}

static enum exit_code step_sign(struct story *s)
{
	begin_step(&s->telling, "sign", TEXT(s->in->ui, "A message goes out and is signed", "送信メールに署名する"));
	tell(&s->telling,
	     TEXT(s->in->ui,
	          "An estimate with a PDF, from 127.0.0.1: the mail server gets a signature of each key. No "
	          "octet of the message changes.",
	          "127.0.0.1 から、PDF の見積書を送ります。鍵ごとに署名が付き、メールそのものは 1 "
	          "オクテットも変わりません。"));
	return send_out(s, 1);
}

/* ---- 3, 4: in ---- */

/* How a message comes in, and what is expected of it. */
struct delivery {
	struct trace trace;
	const char *file;
	bool passes;
};

static const struct delivery deliveries[MESSAGES] = {
	{{SERVER_HOST, DEMO_SERVER_IP, RECEIVER_HOST, "DEMO1IN"}, "1-delivered.eml", true},
	{{GATEWAY_HOST, GATEWAY_IP, RECEIVER_HOST, "DEMO2IN"}, "2-delivered.eml", false},
};

/* The message as it comes to the receiver's server. */
static void put_arrived(struct story *s, const struct delivery *d)
{
	buf_clear(&s->arrived);
	if (d->passes) {
		buf_put(&s->arrived, buf_str(&s->sent));
		return;
	}
	demo_received(&s->arrived, SERVER_HOST, DEMO_SERVER_IP, GATEWAY_HOST, "DEMO2GW", s->now);
	demo_message_without_attachment(&s->arrived, buf_str(&s->sent));
}

static void expect_results(struct story *s, const struct delivery *d, const struct demo_reply *r)
{
	const char *word = d->passes ? "pass" : "fail";
	static const char *const methods[] = {"spf", "dmarc", "dkim"};
	bool as_expected = strcmp(r->answer, "accept") == 0;
	char text[32];

	for (size_t i = 0; i < sizeof(methods) / sizeof(*methods); i++) {
		snprintf(text, sizeof text, "%s=%s", methods[i], word);
		as_expected = as_expected && count(buf_str(&r->fields), text) == (i == 2 ? SIGNATURES : 1);
	}
	expect(&s->telling, as_expected,
	       d->passes ? TEXT(s->in->ui, "two signatures, SPF and DMARC that pass",
	                        "2 つの署名、SPF、DMARC がすべて合格")
	                 : TEXT(s->in->ui, "two signatures, SPF and DMARC that fail",
	                        "2 つの署名、SPF、DMARC がすべて不合格"));
}

static void expect_verdict(struct story *s, const struct delivery *d, int status, struct str json)
{
	bool as_expected = d->passes ? status == 0 && count(json, "\"verdict\":\"pass\"") == 1 &&
	                                       count(json, "\"cause\":\"ok\"") == SIGNATURES
	                             : status == 1 && count(json, "\"verdict\":\"fail\"") == 1 &&
	                                       count(json, "\"cause\":\"body_hash_mismatch\"") == SIGNATURES;

	expect(&s->telling, as_expected,
	       d->passes ? TEXT(s->in->ui, "the verdict PASS", "判定は PASS")
	                 : TEXT(s->in->ui, "the verdict FAIL, with two body hashes that did not verify",
	                        "判定は FAIL、本文ハッシュが 2 つとも不一致"));
}

/* The page, as the user may repeat it; the same as JSON is what is checked. */
static enum exit_code tell_verdict(struct story *s, const struct delivery *d)
{
	char dns[DEMO_PATH_MAX], file[DEMO_PATH_MAX], line[200];
	const char *arguments[] = {"verify",    "--lang",      language_name(s), "--dns", dns,  "--ip",
	                           d->trace.ip, "--mail-from", DEMO_SENDER,      file,    NULL, NULL};
	struct buf json;
	int page = -1, checked = -1;

	demo_path(&s->place, "dns.json", dns);
	demo_path(&s->place, d->file, file);
	snprintf(line, sizeof line, "inkan verify --dns ^/dns.json --ip %s --mail-from %s ^/%s", d->trace.ip,
	         DEMO_SENDER, d->file);
	tell_command(s, line);
	buf_put_char(&s->telling.out.text, '\n');
	buf_init(&json, TELLING_TEXT_MAX);
	enum exit_code code = run_command(s, arguments, NULL, &page);

	arguments[10] = "--json";
	if (code == EXIT_FINE)
		code = run_command(s, arguments, &json, &checked);
	if (code == EXIT_FINE)
		expect_verdict(s, d, page == checked ? page : -1, buf_str(&json));
	buf_release(&json);
	return code;
}

static enum exit_code deliver(struct story *s, const struct delivery *d)
{
	struct demo_reply reply;

	put_arrived(s, d);
	if (buf_error(&s->arrived))
		return failed(s, buf_error(&s->arrived), NULL);
	demo_reply_init(&reply);
	enum exit_code code = hand_over(s, buf_str(&s->arrived), &d->trace, &s->message, &reply);

	if (code == EXIT_FINE) {
		expect_results(s, d, &reply);
		code = demo_place_write(s->in->ui, &s->place, d->file, buf_str(&s->message));
	}
	demo_reply_release(&reply);
	return code == EXIT_FINE ? tell_verdict(s, d) : code;
}

static enum exit_code step_deliver(struct story *s)
{
	begin_step(&s->telling, "deliver", TEXT(s->in->ui, "It arrives as it was sent", "送ったままの形で届く"));
	tell(&s->telling, TEXT(s->in->ui,
	                       "The same service now plays the receiver. The message comes from " DEMO_SERVER_IP
	                       " and gets one field on top:",
	                       "同じサービスが今度は受信側を務めます。メールは " DEMO_SERVER_IP
	                       " から届き、先頭にフィールドが 1 つ付きます。"));
	return deliver(s, &deliveries[0]);
}

static enum exit_code step_gateway(struct story *s)
{
	begin_step(&s->telling, "gateway",
	           TEXT(s->in->ui, "A gateway swaps the attachment for a link",
	                "ゲートウェイが添付ファイルをリンクに置き換える"));
	tell(&s->telling, TEXT(s->in->ui,
	                       "A second estimate is signed likewise. On its way " GATEWAY_HOST " (" GATEWAY_IP
	                       ", not in SPF) takes the PDF out and puts a link to a share in its place.",
	                       "2 通目の見積書にも同じように署名が付きます。途中で " GATEWAY_HOST " (" GATEWAY_IP
	                       "、SPF にない) が PDF を抜き取り、共有リンクに置き換えます。"));
	enum exit_code code = send_out(s, 2);

	return code == EXIT_FINE ? deliver(s, &deliveries[1]) : code;
}

/* ---- 5: what is known afterwards ---- */

/* The recorder writes within a second. */
static enum exit_code wait_for_outcome(struct story *s, const char *const arguments[])
{
	int64_t until = clock_milliseconds() + EXPLAIN_PATIENCE;
	enum exit_code code;
	struct buf json;
	int status;

	buf_init(&json, TELLING_TEXT_MAX);
	do {
		(void)poll(NULL, 0, EXPLAIN_PAUSE);
		buf_clear(&json);
		status = -1;
		code = run_command(s, arguments, &json, &status);
	} while (code == EXIT_FINE && status != 0 && clock_milliseconds() < until);
	expect(&s->telling, code != EXIT_FINE || (status == 0 && count(buf_str(&json), "body_hash_mismatch") >= 1),
	       TEXT(s->in->ui, "the outcome of DEMO2IN in the store", "DEMO2IN の判定結果が保存されていること"));
	buf_release(&json);
	return code;
}

static enum exit_code check_pages(struct story *s)
{
	static const struct {
		const char *path, *part;
		bool is_told;
	} pages[] = {{"/readyz", "ready", true},
	             {"/metrics", "\ninkan_messages_total{direction=\"inbound\"} 2\n", true},
	             {"/metrics", "\ninkan_signatures_total 4\n", false},
	             {"/", "DEMO2IN", true}};
	struct io_error trouble = {""};
	struct buf reply;
	char text[100];

	buf_init(&reply, 4 * TELLING_TEXT_MAX);
	for (size_t i = 0; i < sizeof(pages) / sizeof(*pages); i++) {
		buf_clear(&reply);
		int status = demo_http_get(s->place.port, pages[i].path, &reply, &trouble);
		bool as_expected = status == 200 && count(buf_str(&reply), pages[i].part) >= 1;

		snprintf(text, sizeof text, "http://127.0.0.1:%u%s", s->place.port, pages[i].path);
		expect(&s->telling, as_expected, status == INKAN_EIO ? trouble.text : text);
		if (pages[i].is_told)
			buf_printf(&s->telling.text, "%-40s %d\n", text, status);
	}
	tell_text(&s->telling);
	buf_release(&reply);
	return EXIT_FINE;
}

static enum exit_code step_outcomes(struct story *s)
{
	char config[DEMO_PATH_MAX];
	const char *arguments[] = {"explain",  "--lang", language_name(s),
	                           "--config", config,   deliveries[1].trace.queue_id,
	                           "--json",   NULL};
	int status = 0;

	begin_step(&s->telling, "outcomes", TEXT(s->in->ui, "What the service remembers", "サービスに残る記録"));
	tell(&s->telling,
	     TEXT(s->in->ui, "Every message leaves a line in the log and a row in the store. Of the last one:",
	          "メールごとにログに 1 行、データベースに 1 件残ります。最後のメールについては次のとおりです。"));
	demo_path(&s->place, "inkan.yaml", config);
	tell_command(s, "inkan explain --config ^/inkan.yaml DEMO2IN");
	buf_put_char(&s->telling.out.text, '\n');
	enum exit_code code = wait_for_outcome(s, arguments);

	arguments[6] = NULL;
	if (code == EXIT_FINE)
		code = run_command(s, arguments, NULL, &status);
	buf_put_char(&s->telling.out.text, '\n');
	return code == EXIT_FINE ? check_pages(s) : code;
}

/* ---- 6: what next ---- */

static void put_next(struct story *s, const char *what, const char *line)
{
	buf_put_c(&s->telling.text, what);
	buf_put_char(&s->telling.text, '\n');
	buf_put_c(&s->telling.text, "  ");
	put_line(s, line);
}

static enum exit_code step_next(struct story *s)
{
	const struct ui *ui = s->in->ui;
	char line[100];

	begin_step(&s->telling, "next", TEXT(ui, "What to try next", "次に試すこと"));
	snprintf(line, sizeof line, "curl -s http://127.0.0.1:%u/metrics", s->place.port);
	put_next(s, TEXT(ui, "While it runs, from another terminal:", "動作中に、別の端末から:"), line);
	buf_put_c(&s->telling.text, "  ");
	put_line(s, "inkan explain --config ^/inkan.yaml --last 4");
	buf_put_c(&s->telling.text, "  ");
	put_line(s, "tail -f ^/log");
	put_next(s,
	         TEXT(ui, "Beside your own mail server – two lines for Postfix (main.cf):",
	              "自分のメールサーバーと組み合わせる – Postfix (main.cf) に 2 行:"),
	         "smtpd_milters = unix:inkan/milter.sock");
	buf_put_c(&s->telling.text, "  non_smtpd_milters = $smtpd_milters\n");
	put_next(s, TEXT(ui, "Coming from OpenDKIM and OpenDMARC:", "OpenDKIM や OpenDMARC から移行する:"),
	         "inkan config import /etc/opendkim.conf /etc/opendmarc.conf");
	tell_text(&s->telling);
	return EXIT_FINE;
}

/* ---- the story ---- */

/* Ctrl-C, or the end of the terminal. */
static bool is_told_to_stop(const struct story *s)
{
	struct pollfd p = {.fd = s->signals, .events = POLLIN};

	return poll(&p, 1, 0) == 1;
}

static enum exit_code tell_steps(struct story *s, bool *stopped_out)
{
	static enum exit_code (*const steps[])(struct story *) = {step_service, step_sign,     step_deliver,
	                                                          step_gateway, step_outcomes, step_next};
	enum exit_code code = EXIT_FINE;

	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps) && code == EXIT_FINE; i++) {
		code = steps[i](s);
		if (!show(s) && code == EXIT_FINE)
			code = EXIT_INTERNAL;
		*stopped_out = is_told_to_stop(s);
		if (*stopped_out)
			break;
	}
	return code == EXIT_FINE && s->telling.error ? ui_failed(s->in->ui, NOWHERE, s->telling.error) : code;
}

/* Nobody sits there who could press Ctrl-C. */
static bool is_for_nobody(void)
{
	const char *ci = getenv("CI");

	return (ci && (strcmp(ci, "true") == 0 || strcmp(ci, "1") == 0)) || !isatty(STDIN_FILENO) ||
	       !isatty(STDOUT_FILENO);
}

static void conclude(struct story *s)
{
	bool good = telling_is_as_expected(&s->telling);

	buf_put_char(&s->telling.out.text, '\n');
	styled(&s->telling.out.text, s->in->ui->colour, good ? STYLE_GOOD : STYLE_BAD,
	       good ? TEXT(s->in->ui, "Everything was as expected.", "すべて期待どおりでした。")
	            : TEXT(s->in->ui, "Not everything was as expected.", "期待どおりでない点がありました。"));
	buf_put_char(&s->telling.out.text, '\n');
}

/* Until Ctrl-C. False: the service ended by itself. */
static bool run_on(struct story *s)
{
	tell_line(s, TEXT(s->in->ui, "The service runs on. Ctrl-C ends it and removes its folder.",
	                  "サービスは動き続けます。Ctrl-C で終了し、フォルダーも消えます。"));
	(void)show(s);
	for (;;) {
		struct pollfd p = {.fd = s->signals, .events = POLLIN};

		if (poll(&p, 1, LOOK_PAUSE) == 1)
			return true;
		if (waitpid(s->service, NULL, WNOHANG) == s->service) {
			s->service = 0;
			ui_error(s->in->ui, NOWHERE,
			         TEXT(s->in->ui, "the service has ended by itself – start the demonstration anew",
			              "サービスが途中で終了しました – もう一度起動してください"));
			return false;
		}
	}
}

static enum exit_code tell_story(struct story *s)
{
	bool stopped = false;

	tell_title(&s->telling, TEXT(s->in->ui, "inkan beside a mail server: sign what goes out, judge what comes in",
	                             "メールサーバーと連携する inkan: 送信メールに署名し、受信メールを検証する"));
	enum exit_code code = tell_steps(s, &stopped);

	if (code == EXIT_FINE && stopped)
		return EXIT_FINDING; /* what was not shown did not go well either */
	if (code != EXIT_FINE)
		return code;
	conclude(s);
	if (!is_for_nobody() && !run_on(s))
		return EXIT_INTERNAL;
	return telling_is_as_expected(&s->telling) ? EXIT_FINE : EXIT_FINDING;
}

/* ---- beginning and end ---- */

/* For good: a signal that comes while all is cleared away must not cut that short, and then the program ends. */
static bool block_signals(struct story *s)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	s->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return s->signals >= 0;
}

static void init(struct story *s, const struct invocation *in)
{
	*s = (struct story){.in = in, .now = clock_now(), .signals = -1};
	telling_init(&s->telling, in->ui);
	buf_init(&s->folder, DEMO_PATH_MAX * 4);
	buf_init(&s->message, DEMO_MESSAGE_MAX);
	buf_init(&s->sent, DEMO_MESSAGE_MAX);
	buf_init(&s->arrived, DEMO_MESSAGE_MAX);
}

static void release(struct story *s)
{
	telling_release(&s->telling);
	buf_release(&s->folder);
	buf_release(&s->message);
	buf_release(&s->sent);
	buf_release(&s->arrived);
	if (s->signals >= 0)
		close(s->signals);
}

/* Ends what was started and removes what was made. */
static enum exit_code clear_away(struct story *s, enum exit_code code)
{
	struct ui *ui = s->in->ui;

	if (s->service > 0 && !demo_service_stop(s->service)) {
		ui_error(ui, NOWHERE,
		         TEXT(ui, "the service did not end as it should – look for its processes: ps -C inkan",
		              "サービスが正常に終了しませんでした – 残ったプロセスがないか確かめてください: ps -C "
		              "inkan"));
		code = EXIT_INTERNAL;
	}
	char folder[sizeof s->place.folder];

	memcpy(folder, s->place.folder, sizeof folder);
	if (!demo_place_remove(&s->place)) {
		ui_error(ui, IN_FILE(folder),
		         TEXT(ui, "could not be removed whole – remove it by hand",
		              "完全には消せませんでした – 手作業で消してください"));
		code = EXIT_INTERNAL;
	}
	return code;
}

enum exit_code demo_run_service(const struct invocation *in)
{
	enum exit_code code = EXIT_INTERNAL;
	struct story s;

	init(&s, in);
	if (block_signals(&s))
		code = tell_story(&s);
	code = clear_away(&s, code);
	code = output_finish(&s.telling.out, in->ui, code);
	release(&s);
	return code;
}
