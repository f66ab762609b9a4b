/* inkan serve: reads the configuration, then hands over to the service (room server, by way of program/main.c). */
#include "cli/config_file.h"
#include "cli/demo.h"
#include "cli/run.h"

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
	{"check",
         0,
         OPTION_FLAG,
         NULL,
         NULL,
         0,
         0,
         {"only look whether the configuration is fit to start with, as “inkan config check” does",
          "設定で起動できるかを調べるだけで終わる (「inkan config check」と同じ)"}},
	{0},
};

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
	if (option_given(in, "check"))
		return config_file_check(in, true);
	struct serve_request request = {.config_path = in->config_file ? in->config_file : CONFIG_PATH};
	struct config_errors errors = {.count = 0};
	enum exit_code code = config_file_read(in->ui, request.config_path, &request.config, &errors);

	config_file_complain(in->ui, request.config_path, &errors);
	if (code == EXIT_FINE && errors.errors)
		code = EXIT_USAGE;
	if (code != EXIT_FINE) {
		config_free(request.config);
		return code;
	}
	/* once what is missing is there it will start */
	return cli_service()(&request) == 0 ? EXIT_FINE : EXIT_TEMPORARY;
}

const struct command serve_command = {
	.name = "serve",
	.summary = {"Run beside a mail server: judge what comes in, sign what goes out (milter)",
                    "メールサーバーと連携して動く: 受信メールを検証し、送信メールに署名する (milter)"},
	.operands = "",
	.description =
		{"Talks the milter protocol with Postfix or Sendmail. Incoming messages are checked by SPF, DKIM, ARC "
                 "and "
                 "DMARC and get one Authentication-Results field; outgoing ones are signed by the rules of the "
                 "configuration. Runs in the foreground and logs to standard error; SIGHUP reloads, SIGTERM stops, and "
                 "messages under way are finished in both cases. Without --config, /etc/inkan/inkan.yaml is read.",
                 "Postfix や Sendmail と milter プロトコルで通信します。受信メールを SPF・DKIM・ARC・DMARC で検証して "
                 "Authentication-Results フィールドを 1 つ付け、送信メールには設定の規則に従って署名します。"
                 "フォアグラウンドで動き、ログは標準エラー出力に書きます。SIGHUP で設定を読み直し、SIGTERM "
                 "で停止します。"
                 "どちらの場合も処理中のメールは最後まで処理します。--config がなければ /etc/inkan/inkan.yaml "
                 "を読みます。"},
	.options = options,
	.common = COMMON_CONFIG,
	.examples = examples,
	.run = run,
};
