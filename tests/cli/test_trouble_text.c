/* What rooms below say in English, in Japanese. That every sentence of the sources has a row: test_japanese.py. */
#include <errno.h>
#include <stdio.h>

#include "cli/trouble_text.h"
#include "support/case.h"

struct row {
	const char *name;
	const char *en, *ja;
};

/* clang-format off */
static const struct row rows[] = {
	{"a sentence", "this is no key", "鍵の行ではありません"},
	{"a sentence of a place", "line 12: this is no key", "12 行目: 鍵の行ではありません"},
	{"nothing", "", ""},
	{"what no table has stays", "server: FATAL: no such role", "server: FATAL: no such role"},
	{"the part that a table has is said", "/a/b: ERROR 7: not a file", "/a/b: ERROR 7: 通常のファイルではありません"},
	{"a path and what the system says", "/a: No such file or directory", "/a: ファイルまたはフォルダーがありません"},
	{"a path of other letters", "/家/鍵: Permission denied", "/家/鍵: アクセス権がありません"},
	{"a path with a colon and a space", "/a: b: not a file", "/a: b: 通常のファイルではありません"},
	{"a value in front", "ns.example.com: none of its 2 name servers has an address that can be reached from here",
	 "ns.example.com: 2 台のネームサーバーのどれにも、ここから届くアドレスがありません"},
	{"values in another order", "2 of 3 name servers of example.com do not answer", "example.com のネームサーバー 3 台のうち 2 台が応答しません"},
	{"a value at the end", "there is no identity a.example/b", "アイデンティティ a.example/b はありません"},
	{"a value does not take the next sentence", "key /etc/k: mode 0644 lets everyone at it: chmod 0600 /etc/k",
	 "鍵 /etc/k: モード 0644 では誰でも使えます。次を実行してください: chmod 0600 /etc/k"},
	{"a value that is a sentence", "192.0.2.1@53: Connection reset by peer, before the answer: whether the update was made is not known",
	 "192.0.2.1@53: 応答の前に途切れました (相手に接続を切られました)。更新されたかどうかは不明です"},
	{"a value within, of two sentences", "192.0.2.1@53: the answer (NOTZONE: a name lies outside the zone) is not signed: it counts for nothing, and whether the update was made is not known",
	 "192.0.2.1@53: 応答 (NOTZONE: ゾーンの外の名前があります) に署名がないため信用できません。更新されたかどうかは不明です"},
	{"parts joined by a comma", "192.0.2.1@53, zone example.com: NOTZONE: a name lies outside the zone",
	 "192.0.2.1@53, ゾーン example.com: NOTZONE: ゾーンの外の名前があります"},
	{"a comma within a sentence", "a.example: SERVFAIL: the reply is too long for UDP, and TCP fails: Connection refused",
	 "a.example: SERVFAIL (サーバーの障害): 応答が UDP に収まらず、TCP でも受け取れません: 接続を拒否されました"},
	{"parts joined by a dash", "/s: database is locked – another process writes to it",
	 "/s: データベースがロックされています – 別のプロセスが書き込んでいます"},
	{"a mistake of publishing", "s1._domainkey.example.com leads to a.example, not to b.example",
	 "s1._domainkey.example.com の参照先が b.example ではなく a.example です"},
	{"an empty value is none", "there is no identity ", "there is no identity "},
	{"a place in the text is text", "there is no identity {0}{9}", "アイデンティティ {0}{9} はありません"},
	{"separators alone", ": : – : ", ": : – : "},
};
/* clang-format on */

static void is_said(const void *row)
{
	const struct row *r = row;
	struct trouble_text out;

	assert_string_equal(trouble_in(LANGUAGE_JA, r->en, &out), r->ja);
	assert_ptr_equal(trouble_in(LANGUAGE_EN, r->en, &out), r->en);
}

static const char *const values[] = {"v0.example", "v1.example", "v2.example", "v3.example"};

/* {n} becomes the n-th value. */
static void fill(char *out, size_t size, const char *template)
{
	size_t n = 0;

	for (const char *p = template; *p && n + 1 < size; p++) {
		if (*p == '{' && p[1] >= '0' && p[1] <= '3' && p[2] == '}') {
			n += (size_t)snprintf(out + n, size - n, "%s", values[p[1] - '0']);
			p += 2;
		} else {
			out[n++] = *p;
		}
	}
	out[n] = '\0';
}

/* No other row fits better, and all values come through. */
static void is_found(const void *row)
{
	const struct text *text = row;
	char english[1024], japanese[1024];
	struct trouble_text out;

	fill(english, sizeof english, text->en);
	fill(japanese, sizeof japanese, text->ja);
	assert_string_equal(trouble_in(LANGUAGE_JA, english, &out), japanese);
	assert_string_not_equal(english, japanese);
	for (size_t i = 0; i < sizeof values / sizeof *values; i++)
		assert_int_equal(strstr(english, values[i]) != NULL, strstr(japanese, values[i]) != NULL);
}

/* A sentence of n octets in Japanese. */
static void assert_size(size_t n, bool fits)
{
	static const char head[] = "アイデンティティ ", tail[] = " はありません";
	char english[TROUBLE_TEXT_MAX];
	struct trouble_text out;
	int id = (int)(n - (sizeof head - 1) - (sizeof tail - 1));

	snprintf(english, sizeof english, "there is no identity %0*d", id, 7);
	const char *said = trouble_in(LANGUAGE_JA, english, &out);

	if (fits)
		assert_int_equal(strlen(said), n);
	else
		assert_ptr_equal(said, english);
}

static void a_long_one_stays_english(const void *row)
{
	(void)row;
	assert_size(TROUBLE_TEXT_MAX, true);
	assert_size(TROUBLE_TEXT_MAX + 1, false);
}

int main(void)
{
	struct test_list list = {0};
	size_t count;
	const struct text *texts = trouble_texts(&count);

	TEST_TABLE(&list, rows, is_said);
	for (size_t i = 0; i < count; i++)
		test_add(&list, texts[i].en, is_found, &texts[i]);
	test_add(&list, "TROUBLE_TEXT_MAX octets fit, one more does not", a_long_one_stays_english, NULL);
	return test_run(&list, "cli/trouble_text");
}
