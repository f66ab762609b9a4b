#include <assert.h>
#include <getopt.h>
#include <stdlib.h>

#include "cli/command.h"
#include "io/clock.h"

static const struct common_spec {
	unsigned bit;
	struct option_spec option;
} common_options[] = {
	{COMMON_DNS,
         {"dns",
          0,
          OPTION_FILE,
          "FILE",
          NULL,
          0,
          0,
          {"take DNS answers from this snapshot only, never from the network",
           "DNS の応答をこのスナップショットだけから取り、ネットワークには問い合わせない"}}},
	{COMMON_DNS,
         {"save-dns",
          0,
          OPTION_FILE,
          "FILE",
          NULL,
          0,
          0,
          {"save every DNS answer to a snapshot, for --dns",
           "使った DNS 応答をすべて --dns 用のスナップショットに保存する"}}},
	{COMMON_DNS,
         {"resolver",
          0,
          OPTION_STRING,
          "HOST[:PORT]",
          NULL,
          0,
          0,
          {"ask this DNS server instead of the system's", "システムの設定ではなくこの DNS サーバーに問い合わせる"}}},
	{COMMON_AT,
         {"at",
          0,
          OPTION_TIME,
          "TIME",
          NULL,
          0,
          0,
          {"evaluate as of this time: RFC 3339, or Unix seconds",
           "この時刻の時点で評価する (RFC 3339 または Unix 秒)"}}},
	{COMMON_CONFIG,
         {"config", 0, OPTION_FILE, "FILE", NULL, 0, 0, {"read this configuration", "この設定ファイルを読む"}}},
	{COMMON_SUFFIXES,
         {"public-suffix-list",
          0,
          OPTION_FILE,
          "FILE",
          NULL,
          0,
          0,
          {"take public suffixes from this list of publicsuffix.org instead of the system's",
           "システムのものではなくこのパブリックサフィックスリスト (publicsuffix.org の形式) を使う"}}},
	{COMMON_JOBS,
         {"jobs",
          'j',
          OPTION_NUMBER,
          "N",
          NULL,
          1,
          JOBS_MAX,
          {"work on N messages at once, as far as the limit of open files allows (default: one per processor with "
           "--dns, eight where the network is asked)",
           "N 通を同時に処理する。開けるファイル数の上限まで (既定: --dns "
           "ではプロセッサー数、ネットワークに問い合わせるときはその 8 倍)"}}},
	{COMMON_JSON,
         {"json", 0, OPTION_FLAG, NULL, NULL, 0, 0, {"print JSON, for programs", "プログラム向けに JSON で出力する"}}},
	{COMMON_ALWAYS,
         {"lang",
          0,
          OPTION_CHOICE,
          NULL,
          "ja|en",
          0,
          0,
          {"language of texts (default: that of the locale)", "表示する言語 (既定: ロケールに従う)"}}},
	{COMMON_ALWAYS,
         {"verbose",
          'v',
          OPTION_FLAG,
          NULL,
          NULL,
          0,
          0,
          {"say more about what is done", "処理の内容を詳しく表示する"}}},
	{COMMON_ALWAYS, {"help", 'h', OPTION_FLAG, NULL, NULL, 0, 0, {"show this help", "このヘルプを表示する"}}},
};

const struct option_spec *command_option(const struct command *command, size_t i)
{
	const struct option_spec *own = command->options;

	for (; own && own->name; own++)
		if (i-- == 0)
			return own;
	for (size_t k = 0; k < sizeof(common_options) / sizeof(*common_options); k++)
		if ((common_options[k].bit & (command->common | COMMON_ALWAYS)) && i-- == 0)
			return &common_options[k].option;
	return NULL;
}

/* ---- values ---- */

bool choice_has(const char *choices, struct str word)
{
	struct str rest = str_c(choices);

	while (rest.n)
		if (str_eq(str_split(&rest, '|'), word))
			return true;
	return false;
}

static bool check_value(const struct invocation *in, const struct option_spec *o, const char *value)
{
	uint64_t number;
	unix_time when;
	struct str host;
	uint16_t port;

	switch (o->kind) {
	case OPTION_NUMBER:
		if (str_to_u64(str_c(value), o->max, &number) && number >= o->min)
			return true;
		ui_error(in->ui, NOWHERE,
		         TEXT(in->ui, "--%s %s: not a number – give one from %llu to %llu",
		              "--%s %s: 正しい数ではありません – %llu から %llu までの数を指定してください"),
		         o->name, value, (unsigned long long)o->min, (unsigned long long)o->max);
		return false;
	case OPTION_TIME:
		if (time_parse(str_c(value), &when))
			return true;
		ui_error(in->ui, NOWHERE,
		         TEXT(in->ui, "--%s %s: not a time – write it as 2026-11-21T18:30:00Z or in Unix seconds",
		              "--%s %s: 時刻ではありません – 2026-11-21T18:30:00Z の形か Unix 秒で指定してください"),
		         o->name, value);
		return false;
	case OPTION_CHOICE:
		if (choice_has(o->choices, str_c(value)))
			return true;
		ui_error(in->ui, NOWHERE,
		         TEXT(in->ui, "--%s %s: no such choice – give one of %s",
		              "--%s %s: そのような値はありません – %s のいずれかを指定してください"),
		         o->name, value, o->choices);
		return false;
	case OPTION_STRING:
		if (strcmp(o->name, "resolver") != 0 || resolver_parse(str_c(value), &host, &port))
			return true;
		ui_error(in->ui, NOWHERE,
		         TEXT(in->ui, "--resolver %s: not a server – write 192.0.2.1, 192.0.2.1:53 or [2001:db8::1]:53",
		              "--resolver %s: サーバーの指定ではありません – 192.0.2.1、192.0.2.1:53、[2001:db8::1]:53 "
		              "の形で書いてください"),
		         value);
		return false;
	case OPTION_FLAG:
	case OPTION_FILE:
		return true;
	}
	return true;
}

/* ---- parsing ---- */

enum {
	OPTIONS_MAX = 64, /* of one command; asserted */
	HIDDEN_DASH = 1,  /* what a word that is no option begins with while options are read */
	LONG_ONLY = 1000  /* values for getopt_long() of options without a letter, beyond any letter */
};

struct getopt_tables {
	const struct option_spec *specs[OPTIONS_MAX];
	struct option longs[OPTIONS_MAX + 1];
	char letters[2 * OPTIONS_MAX + 2];
	size_t count;
};

static void fill_tables(struct getopt_tables *t, const struct command *command)
{
	size_t letters = 0;

	*t = (struct getopt_tables){0};
	t->letters[letters++] = ':'; /* a missing value is told from an unknown option */
	for (const struct option_spec *o; (o = command_option(command, t->count)); t->count++) {
		assert(t->count < OPTIONS_MAX);
		t->specs[t->count] = o;
		t->longs[t->count] = (struct option){o->name, o->kind == OPTION_FLAG ? no_argument : required_argument,
		                                     NULL, LONG_ONLY + (int)t->count};
		if (o->letter) {
			t->letters[letters++] = o->letter;
			if (o->kind != OPTION_FLAG)
				t->letters[letters++] = ':';
		}
	}
}

static const struct option_spec *spec_of(const struct getopt_tables *t, int value)
{
	if (value >= LONG_ONLY)
		return t->specs[value - LONG_ONLY];
	for (size_t i = 0; i < t->count; i++)
		if (t->specs[i]->letter == value)
			return t->specs[i];
	return NULL;
}

/* What the user probably meant by a wrong long option: "--name", or NULL. */
static const char *nearest_option(const struct getopt_tables *t, struct str word)
{
	const char *best = NULL;
	size_t best_distance = SIZE_MAX;

	for (size_t i = 0; i < t->count; i++) {
		size_t distance = word_distance(word, str_c(t->specs[i]->name));

		if (distance < best_distance && word_is_near(word, str_c(t->specs[i]->name))) {
			best = t->specs[i]->name;
			best_distance = distance;
		}
	}
	return best;
}

/* Says which option getopt_long() did not like. `argument`: where it stood. */
static void refuse_option(const struct invocation *in, const struct getopt_tables *t, const char *argument)
{
	struct ui *ui = in->ui;
	const struct option_spec *known = optopt ? spec_of(t, optopt) : NULL;
	struct str word = str_c(argument);
	const char *near;

	if (known) { /* a flag with a value */
		ui_error(ui, NOWHERE,
		         TEXT(ui, "--%s takes no value – leave out what follows the “=”",
		              "--%s は値を取りません – 「=」以降を除いてください"),
		         known->name);
		return;
	}
	if (!str_has_prefix(word, STR("--"))) {
		ui_error(ui, NOWHERE,
		         TEXT(ui, "unknown option -%c – see “%s --help”",
		              "不明なオプション -%c – 「%s --help」を見てください"),
		         optopt ? optopt : '?', ui->command);
		return;
	}
	word = str_head(str_skip(word, 2), str_find(str_skip(word, 2), '='));
	near = nearest_option(t, word);
	if (near)
		ui_error(ui, NOWHERE,
		         TEXT(ui, "unknown option --%.*s – did you mean --%s?",
		              "不明なオプション --%.*s – もしかして --%s ですか?"),
		         STR_ARG(word), near);
	else
		ui_error(ui, NOWHERE,
		         TEXT(ui, "unknown option --%.*s – see “%s --help”",
		              "不明なオプション --%.*s – 「%s --help」を見てください"),
		         STR_ARG(word), ui->command);
}

static void keep_common(struct invocation *in, const struct option_spec *o, const char *value)
{
	struct str name = str_c(o->name);
	uint64_t jobs = 0;

	if (str_eq(name, STR("dns")))
		in->dns_file = value;
	else if (str_eq(name, STR("save-dns")))
		in->save_dns_file = value;
	else if (str_eq(name, STR("resolver")))
		in->resolver = value;
	else if (str_eq(name, STR("config")))
		in->config_file = value;
	else if (str_eq(name, STR("public-suffix-list")))
		in->suffix_file = value;
	else if (str_eq(name, STR("json")))
		in->json = true;
	else if (str_eq(name, STR("verbose")))
		in->ui->verbose++;
	else if (str_eq(name, STR("at")))
		(void)time_parse(str_c(value), &in->at); /* checked before */
	else if (str_eq(name, STR("jobs")) && str_to_u64(str_c(value), JOBS_MAX, &jobs))
		in->jobs = (unsigned)jobs;
	else if (str_eq(name, STR("lang")))
		(void)language_from_name(str_c(value), &in->ui->language);
}

static enum exit_code check_operands(const struct invocation *in)
{
	const struct command *c = in->command;

	if (in->operand_count < c->operands_min) {
		ui_error(in->ui, NOWHERE,
		         TEXT(in->ui, "something is missing – usage: %s [OPTION]... %s",
		              "引数が足りません – 使い方: %s [OPTION]... %s"),
		         in->ui->command, c->operands);
		return EXIT_USAGE;
	}
	if (in->operand_count > c->operands_max) {
		ui_error(in->ui, NOWHERE,
		         TEXT(in->ui, "“%s” is too much – usage: %s [OPTION]... %s",
		              "「%s」が余分です – 使い方: %s [OPTION]... %s"),
		         in->operands[c->operands_max], in->ui->command, c->operands);
		return EXIT_USAGE;
	}
	size_t standard_inputs = 0;

	for (size_t i = 0; c->operands_are_files && i < in->operand_count; i++)
		standard_inputs += strcmp(in->operands[i], "-") == 0;
	if (standard_inputs > 1) {
		ui_error(in->ui, NOWHERE,
		         TEXT(in->ui, "“-” is given %zu times – standard input can be read once",
		              "「-」が %zu 回指定されています – 標準入力は 1 回しか読めません"),
		         standard_inputs);
		return EXIT_USAGE;
	}
	if (in->save_dns_file && strcmp(in->save_dns_file, "-") == 0) {
		ui_error(in->ui, NOWHERE,
		         TEXT(in->ui, "--save-dns -: standard output holds the results – name a file",
		              "--save-dns -: 標準出力は結果に使います – ファイル名を指定してください"));
		return EXIT_USAGE;
	}
	if (in->dns_file && in->resolver) {
		ui_error(in->ui, NOWHERE,
		         TEXT(in->ui, "--dns and --resolver exclude each other – a snapshot asks no server",
		              "--dns と --resolver は同時に使えません – スナップショットはサーバーに問い合わせません"));
		return EXIT_USAGE;
	}
	return EXIT_FINE;
}

/* "-Identity", but not "-v", "-" and "--json". */
static bool is_single_dash_word(const char *word)
{
	return word[0] == '-' && word[1] != '\0' && word[1] != '-' && word[2] != '\0';
}

/* getopt_long() takes words that begin with a dash for options: while it reads, those that are operands begin otherwise. */
static size_t hide_dashes(const struct command *command, int argc, char **argv, char **hidden)
{
	size_t count = 0;

	for (int i = 1; command->is_cmdlet && i < argc && strcmp(argv[i], "--") != 0; i++)
		if (is_single_dash_word(argv[i])) {
			argv[i][0] = HIDDEN_DASH;
			hidden[count++] = argv[i];
		}
	return count;
}

static void show_dashes(char **hidden, size_t count)
{
	for (size_t i = 0; i < count; i++)
		hidden[i][0] = '-';
}

static enum exit_code read_options(struct invocation *in, const struct command *command, int argc, char **argv,
                                   bool *help_out)
{
	struct getopt_tables tables;
	struct ui *ui = in->ui;
	int value;

	fill_tables(&tables, command);
	opterr = 0;
	optind = 0; /* glibc: forget an earlier call */
	while ((value = getopt_long(argc, argv, tables.letters, tables.longs, NULL)) != -1) {
		const struct option_spec *o = value == ':' || value == '?' ? NULL : spec_of(&tables, value);

		if (value == ':') {
			o = spec_of(&tables, optopt);
			ui_error(ui, NOWHERE,
			         TEXT(ui, "--%s wants a value – write --%s %s",
			              "--%s には値が要ります – --%s %s と書いてください"),
			         o->name, o->name, o->argument ? o->argument : o->choices);
			return EXIT_USAGE;
		}
		if (!o) {
			refuse_option(in, &tables, argv[optind - 1]);
			return EXIT_USAGE;
		}
		if (strcmp(o->name, "help") == 0) {
			*help_out = true;
			return EXIT_FINE;
		}
		if (!check_value(in, o, optarg))
			return EXIT_USAGE;
		in->given[in->given_count++] = (struct given_option){o, o->kind == OPTION_FLAG ? NULL : optarg};
		keep_common(in, o, optarg);
	}
	in->operands = argv + optind;
	in->operand_count = (size_t)(argc - optind);
	return EXIT_FINE;
}

enum exit_code invocation_parse(struct invocation *in, struct ui *ui, const struct command *command, int argc,
                                char **argv, bool *help_out)
{
	char **hidden = calloc((size_t)argc + 1, sizeof(*hidden));

	*in = (struct invocation){.ui = ui, .command = command, .at = UNIX_TIME_NONE};
	*help_out = false;
	in->given = calloc((size_t)argc + 1, sizeof(*in->given));
	if (!in->given || !hidden) {
		free(hidden);
		return ui_failed(ui, NOWHERE, INKAN_ENOMEM);
	}
	size_t count = hide_dashes(command, argc, argv, hidden);
	enum exit_code code = read_options(in, command, argc, argv, help_out);

	show_dashes(hidden, count);
	free(hidden);
	return code == EXIT_FINE && !*help_out ? check_operands(in) : code;
}

void invocation_release(struct invocation *in)
{
	free(in->given);
	in->given = NULL;
	in->given_count = 0;
}

/* ---- asking ---- */

static const struct given_option *last_given(const struct invocation *in, const char *name)
{
	const struct option_spec *o = NULL;

	for (size_t i = 0; (o = command_option(in->command, i)) && strcmp(o->name, name) != 0; i++)
		;
	assert(o && "an option that the command's table does not have");
	for (size_t i = in->given_count; i > 0; i--)
		if (in->given[i - 1].option == o)
			return &in->given[i - 1];
	return NULL;
}

bool option_given(const struct invocation *in, const char *name)
{
	return last_given(in, name) != NULL;
}

const char *option_value(const struct invocation *in, const char *name, const char *otherwise)
{
	const struct given_option *given = last_given(in, name);

	return given ? given->value : otherwise;
}

uint64_t option_number(const struct invocation *in, const char *name, uint64_t otherwise)
{
	const struct given_option *given = last_given(in, name);
	uint64_t number = otherwise;

	if (given)
		(void)str_to_u64(str_c(given->value), UINT64_MAX, &number);
	return number;
}

unix_time invocation_now(const struct invocation *in)
{
	return in->at != UNIX_TIME_NONE ? in->at : clock_now();
}
