/* inkan identity verify: what every authoritative server shows, now or until all is as it must be. */
#include <unistd.h>

#include "cli/command.h"
#include "cli/identity_view.h"
#include "cli/registrar_source.h"
#include "cli/trouble_text.h"
#include "io/clock.h"

enum { WAIT_DEFAULT = 15 * 60, PAUSE_MIN = 2, PAUSE_MAX = 30 /* seconds */ };

/* clang-format off */
static const struct option_spec options[] = {
	{"wait", 0, OPTION_FLAG, NULL, NULL, 0, 0,
	 {"look again and again until it is verified", "検証できるまで繰り返し確認する"}},
	{"timeout", 0, OPTION_STRING, "TIME", NULL, 0, 0,
	 {"with --wait: give up after that time (default: 15m)", "--wait のとき、あきらめるまでの時間 (既定: 15m)"}},
	REGISTRAR_OPTIONS,
};
/* clang-format on */

struct verifying {
	const struct invocation *in;
	struct registrar_source *s;
	struct identity identity;
	struct registrar_view view;
};

/* ---- looking ---- */

/* Looks, and does what can be done because of what was seen. */
static int look_once(struct verifying *v, const char *id, struct io_error *why)
{
	return registrar_follow(v->s->registrar, &v->s->arena, id, true, &v->identity, &v->view, why);
}

static bool is_done(const struct identity *identity)
{
	bool mail_from = !identity->mail_from[0] || identity->mail_from_state == MAIL_FROM_SUCCESS;

	return identity->state == IDENTITY_VERIFIED && mail_from;
}

static int64_t patience(const struct invocation *in)
{
	const char *given = option_value(in, "timeout", NULL);
	uint64_t ms;

	if (!given)
		return WAIT_DEFAULT;
	return config_duration(str_c(given), &ms) ? (int64_t)(ms / 1000) : -1;
}

static int look_until_done(struct verifying *v, const char *id, int64_t seconds, struct io_error *why)
{
	int64_t end = clock_milliseconds() + seconds * 1000, pause = PAUSE_MIN;
	int error = look_once(v, id, why);

	while (!error && !is_done(&v->identity) && option_given(v->in, "wait")) {
		int64_t left = end - clock_milliseconds();

		if (left <= 0)
			break;
		left = left / 1000 + 1;
		sleep((unsigned)(pause < left ? pause : left));
		pause = pause * 2 < PAUSE_MAX ? pause * 2 : PAUSE_MAX;
		arena_reset(&v->s->arena);
		error = look_once(v, id, why);
	}
	return error;
}

/* ---- printing ---- */

static void put_trouble(struct buf *out, const struct ui *ui, struct text text, const char *before)
{
	const char *said = TROUBLE(ui, text_in(ui->language, text));

	if (!said[0])
		return;
	buf_put_c(out, "      ");
	buf_put_c(out, before);
	safe_text(out, str_c(said));
	buf_put_char(out, '\n');
}

static void put_sighting(struct buf *out, const struct ui *ui, const struct registrar_sighting *s)
{
	bool there = s->sight == SIGHT_THERE;

	buf_put_c(out, "  ");
	styled(out, ui->colour,
	       there                     ? STYLE_GOOD
	       : s->sight == SIGHT_OTHER ? STYLE_BAD
	                                 : STYLE_WARNING,
	       there ? "✓" : "✗");
	buf_printf(out, " %-5s ", dns_type_name(s->expected.set.type));
	safe_text(out, s->expected.set.name);
	if (s->zone) {
		bool one = s->zone->server_count == 1;

		buf_printf(out,
		           one ? TEXT(ui, "  (%zu server of ", "  (サーバー %zu 台: ")
		               : TEXT(ui, "  (%zu servers of ", "  (サーバー %zu 台: "),
		           s->zone->server_count);
		safe_text(out, str_c(s->zone->apex));
		buf_put_char(out, ')');
	}
	buf_put_char(out, '\n');
	put_trouble(out, ui, there ? (struct text){"", ""} : s->trouble, "");
	put_trouble(out, ui, there ? (struct text){"", ""} : s->fix, "→ ");
}

static void put_servers(struct json *j, const struct registrar_sighting *s)
{
	json_key(j, "servers");
	json_array_begin(j);
	for (size_t i = 0; s->zone && i < s->zone->server_count; i++) {
		json_object_begin(j);
		json_key_c(j, "name", s->zone->servers[i].name);
		json_key_c(j, "address", s->zone->servers[i].address);
		json_key_c(j, "status", dns_status_name(s->answers[i].answer.status));
		json_key_i64(j, "serial", s->answers[i].serial);
		json_object_end(j);
	}
	json_array_end(j);
}

static int print_json(struct buf *out, const struct verifying *v)
{
	struct json j = json_to(out);

	json_object_begin(&j);
	json_key_bool(&j, "verified", is_done(&v->identity));
	json_key(&j, "identity");
	int error = identity_json(&j, v->in->ui, &v->identity, false);

	json_key(&j, "records");
	json_array_begin(&j);
	for (size_t i = 0; i < v->view.count; i++) {
		const struct registrar_sighting *s = &v->view.seen[i];

		json_object_begin(&j);
		json_key_str(&j, "name", s->expected.set.name);
		json_key_c(&j, "type", dns_type_name(s->expected.set.type));
		json_key_c(&j, "sight", sight_name(s->sight));
		json_key_c(&j, "trouble_id", s->trouble_id);
		json_key_c(&j, "trouble", s->trouble.en);
		json_key_c(&j, "fix", text_in(v->in->ui->language, s->fix));
		put_servers(&j, s);
		json_object_end(&j);
	}
	json_array_end(&j);
	json_object_end(&j);
	buf_put_char(out, '\n');
	return error;
}

static enum exit_code tell(struct verifying *v)
{
	struct output out;
	int error = INKAN_OK;

	output_init(&out);
	if (v->in->json) {
		error = print_json(&out.text, v);
	} else {
		identity_page(&out.text, v->in->ui, &v->identity, registrar_now(v->s->registrar));
		buf_put_c(&out.text, TEXT(v->in->ui, "records\n", "レコード\n"));
		for (size_t i = 0; i < v->view.count; i++)
			put_sighting(&out.text, v->in->ui, &v->view.seen[i]);
	}
	if (error)
		return output_finish(&out, v->in->ui, ui_failed(v->in->ui, NOWHERE, error));
	return output_finish(&out, v->in->ui, is_done(&v->identity) ? EXIT_FINE : EXIT_FINDING);
}

static enum exit_code run(const struct invocation *in)
{
	struct registrar_source s;
	struct verifying v = {.in = in, .s = &s};
	char id[IDENTITY_ID_MAX + 1];
	struct io_error why = {""};
	int64_t seconds = patience(in);
	uint64_t version;

	if (seconds < 0) {
		ui_error(in->ui, NOWHERE,
		         TEXT(in->ui, "--timeout: not a duration – write 15m or 1h",
		              "--timeout: 期間ではありません – 15m や 1h と書いてください"));
		return EXIT_USAGE;
	}
	enum exit_code code = registrar_source_open(&s, in, STORE_CHANGE, NULL);

	if (code == EXIT_FINE)
		code = identity_fetch(&s, in->operands[0], &v.identity, &version, &why);
	if (code == EXIT_FINE) {
		identity_id_normalise(&s.arena, in->operands[0], id);
		int error = look_until_done(&v, id, seconds, &why);

		code = error ? registrar_failed(in->ui, error, &why) : tell(&v);
	}
	registrar_source_close(&s);
	return code;
}

static const struct example examples[] = {
	{"inkan identity verify example.com",
         {"one look at every authoritative server", "すべての権威サーバーを一度確認する"}},
	{"inkan identity verify example.com --wait --timeout 1h", {"until it is verified", "検証できるまで待つ"}},
	{NULL, {NULL, NULL}},
};

const struct command identity_verify_command = {
	.name = "verify",
	.summary = {"Look whether DNS shows what an identity needs",
                    "アイデンティティに必要なものが DNS にあるか確認する"},
	.operands = "ID",
	.operands_min = 1,
	.operands_max = 1,
	.description = {"Asks every authoritative name server itself, not a cache. A key is taken into use when all of "
                        "them have "
                        "shown it for longer than the answer “there is none” may live in caches. Exit code 0: "
                        "verified; 1: not "
                        "yet, and which record is missing where.",
                        "キャッシュではなく、すべての権威サーバーに直接問い合わせます。「存在しない」という応答がキャッ"
                        "シュに残りうる時間より長く、すべてのサーバーで鍵が確認できてから、その鍵を使い始めます。終了コ"
                        "ード 0: 検証済み。1: "
                        "まだ (どのレコードがどこにないかを表示)。"},
	.options = options,
	.common = COMMON_CONFIG | COMMON_JSON,
	.examples = examples,
	.run = run,
};
