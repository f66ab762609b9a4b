/* inkan serve: reads the configuration, then hands over to the service (room server, by way of program/main.c). */
#include <unistd.h>

#include "cli/command.h"
#include "cli/demo.h"
#include "cli/run.h"
#include "io/error.h"

static const struct example examples[] = {
	{"inkan serve --demo", {"see it at work, with two invented messages", "架空のメール 2 通で動作を見る"}},
	{"inkan config check", {"is the configuration fit to start with?", "この設定で起動できるか"}},
	{"inkan serve --config ./inkan.yaml",
         {"run it in this terminal; Ctrl-C ends it", "この端末で動かす。Ctrl-C で終了"}},
	{NULL, {NULL, NULL}},
};

static const struct option_spec options[] = {
	{"demo",
         0,
         OPTION_FLAG,
         NULL,
         NULL,
         0,
         0,
         {"show it at work: a domain of its own in a temporary folder, two messages, then it runs on until Ctrl-C",
          "動作を見せる: 一時フォルダーに専用のドメインを作り、メールを 2 通流し、Ctrl-C まで動き続ける"}},
	{0},
};

static void complain(struct ui *ui, const char *path, const struct config_errors *errors)
{
	for (size_t i = 0; i < errors->count; i++) {
		const struct config_error *e = &errors->list[i];

		if (!e->warning)
			ui_error(ui, (struct place){path, e->line, e->column}, "%s", text_in(ui->language, e->text));
	}
}

static enum exit_code run_demo(const struct invocation *in)
{
	if (!in->config_file)
		return demo_run_service(in);
	ui_error(in->ui, NOWHERE,
	         TEXT(in->ui, "--demo and --config exclude each other – the demonstration writes its own configuration",
	              "--demo と --config は同時に使えません – デモは自分の設定を作ります"));
	return EXIT_USAGE;
}

static enum exit_code run(const struct invocation *in)
{
	if (option_given(in, "demo"))
		return run_demo(in);
	struct serve_request request = {.config_path = in->config_file ? in->config_file : CONFIG_PATH};
	struct config_errors errors = {.count = 0};
	struct io_error trouble = {""};
	int error = config_load(request.config_path, &request.config, &errors, &trouble);

	if (!error)
		return cli_service()(&request) == 0 ? EXIT_FINE
		                                    : EXIT_TEMPORARY; /* once that is mended it will start */
	complain(in->ui, request.config_path, &errors);
	config_free(request.config);
	if (error == INKAN_ESYNTAX)
		return EXIT_USAGE;
	if (error != INKAN_EIO)
		return ui_failed(in->ui, NOWHERE, error);
	ui_error(in->ui, NOWHERE,
	         TEXT(in->ui, "%s – give a configuration with --config; an empty file will do",
	              "%s – --config で設定ファイルを指定してください。空のファイルでも動きます"),
	         trouble.text);
	return EXIT_USAGE;
}

const struct command serve_command = {
	.name = "serve",
	.summary = {"Run beside a mail server: judge what comes in, sign what goes out (milter)",
                    "メールサーバーの横で動く: 受信を検証し、送信に署名する (milter)"},
	.operands = "",
	.description =
		{"Talks the milter protocol with Postfix or Sendmail. Incoming messages are checked by SPF, DKIM, ARC "
                 "and "
                 "DMARC and get one Authentication-Results field; outgoing ones are signed by the rules of the "
                 "configuration. Runs in the foreground and logs to standard error; SIGHUP reloads, SIGTERM stops, and "
                 "messages under way are finished in both cases. Without --config, /etc/inkan/inkan.yaml is read.",
                 "Postfix や Sendmail と milter プロトコルで話します。受信メールを SPF・DKIM・ARC・DMARC で検証して "
                 "Authentication-Results フィールドを一つ付け、送信メールには設定の規則に従って署名します。"
                 "フォアグラウンドで動き、ログは標準エラー出力に書きます。SIGHUP で設定を読み直し、SIGTERM "
                 "で停止します。"
                 "どちらの場合も処理中のメールは最後まで処理します。--config がなければ /etc/inkan/inkan.yaml "
                 "を読みます。"},
	.options = options,
	.common = COMMON_CONFIG,
	.examples = examples,
	.run = run,
};
