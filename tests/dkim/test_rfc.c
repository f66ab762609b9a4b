/* The examples of RFC 6376 (appendices A.2 and C) and RFC 8463 (appendix A). */
#include "dkim/mail.h"
#include "support/case.h"

/* White space as the signature wants it: six spaces at the start of a continuation line, eight inside b=, one behind
 * "game." (the RFC prints other numbers). */
#define A2_SIGNATURE                                                        \
	"DKIM-Signature: v=1; a=rsa-sha256; s=brisbane; d=example.com;\r\n" \
	"      c=simple/simple; q=dns/txt; i=joe@football.example.com;\r\n" \
	"      h=Received : From : To : Subject : Date : Message-ID;\r\n"   \
	"      bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n"        \
	"      b=AuUoFEfDxTDkHlLXSZEpZj79LICEps6eda7W3deTVFOk4yAUoqOB\r\n"  \
	"        4nujc7YopdG5dWLSdNg6xNAZpOPr+kHxt1IrE+NahM6L/LbvaHut\r\n"  \
	"        KVdkLLkpVaVVQPzeRDI009SO2Il5Lu7rDNH6mZckBdrIx0orEtZV\r\n"  \
	"        4bmp/YzhwvcubU4=;\r\n"
#define RECEIVED                                                       \
	"Received: from client1.football.example.com  [192.0.2.1]\r\n" \
	"      by submitserver.example.com with SUBMISSION;\r\n"       \
	"      Fri, 11 Jul 2003 21:01:54 -0700 (PDT)\r\n"
#define LETTER                                                             \
	"From: Joe SixPack <joe@football.example.com>\r\n"                 \
	"To: Suzie Q <suzie@shopping.example.net>\r\n"                     \
	"Subject: Is dinner ready?\r\n"                                    \
	"Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)\r\n"                  \
	"Message-ID: <20030712040037.46341.5F8J@football.example.com>\r\n" \
	"\r\n"                                                             \
	"Hi.\r\n"                                                          \
	"\r\n"                                                             \
	"We lost the game. Are you hungry yet?\r\n"                        \
	"\r\n"                                                             \
	"Joe.\r\n"
#define A3_ED25519                                                        \
	"DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;\r\n"   \
	" d=football.example.com; i=@football.example.com;\r\n"           \
	" q=dns/txt; s=brisbane; t=1528637909; h=from : to :\r\n"         \
	" subject : date : message-id : from : subject : date;\r\n"       \
	" bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n"           \
	" b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus\r\n" \
	" Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==\r\n"
#define A3_RSA                                                            \
	"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;\r\n"       \
	" d=football.example.com; i=@football.example.com;\r\n"           \
	" q=dns/txt; s=test; t=1528637909; h=from : to : subject :\r\n"   \
	" date : message-id : from : subject : date;\r\n"                 \
	" bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;\r\n"           \
	" b=F45dVWDfMbQDGHJFlXUNB2HKfbCeLRyhDXgFpEL8GwpsRe0IeIixNTe3\r\n" \
	" DhCVlUrSjV4BwcVcOF6+FF3Zo9Rpo1tFOeS9mPYQTnGdaSGsgeefOsk2Jz\r\n" \
	" dA+L10TeYt9BgDfQNZtKdN1WO//KgIqXP7OdEFE4LjFYNcUxZQ4FADY+8=\r\n"

static const struct zone_row zone[] = {
	{"brisbane._domainkey.example.com",
         "v=DKIM1; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQ"
         "KBgQDwIRP/UC3SBsEmGqZ9ZJW3/DkMoGeLnQg1fWn7/zYt"
         "IxN2SnFCjxOCKG9v3b4jYfcTNh5ijSsq631uBItLa7od+v"
         "/RtdC2UzJ1lWT947qR+Rcac2gbto/NMqJ0fzfVjH4OuKhi"
         "tdY9tf6mcwGjaNBcWToIMmPSPDdQPNUYckcQ2QIDAQAB",
         0},
	{"brisbane._domainkey.football.example.com",
         "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=", 0},
	{"test._domainkey.football.example.com",
         "v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWR"
         "iGs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb2jLQiY/J16JYi0Qvx/byYzCNb3W91y3FutAC"
         "DfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3"
         "Ip3G+2kryOTIKT+l/K4w3QIDAQAB",
         0},
};

static const struct example {
	const char *name;
	const char *message;
	const char *find, *put;
	enum dkim_fault_id fault;
} examples[] = {
	{"RFC 6376 A.2", A2_SIGNATURE RECEIVED LETTER, NULL, NULL, DKIM_FAULT_NONE},
	{"RFC 6376 A.3: Received fields added above", "Received: from a by b; now\r\n" A2_SIGNATURE RECEIVED LETTER,
         NULL, NULL, DKIM_FAULT_NONE},
	{"RFC 6376 A.2, body changed", A2_SIGNATURE RECEIVED LETTER, "lost", "won", DKIM_FAULT_BODY_CHANGED},
	{"RFC 6376 A.2, one space more in the body", A2_SIGNATURE RECEIVED LETTER, "game. ", "game.  ",
         DKIM_FAULT_BODY_CHANGED},
	{"RFC 6376 A.2, subject changed", A2_SIGNATURE RECEIVED LETTER, "dinner", "lunch", DKIM_FAULT_HEADER_CHANGED},
	{"RFC 6376 A.2, one space less in Received", A2_SIGNATURE RECEIVED LETTER, "com  [", "com [",
         DKIM_FAULT_HEADER_CHANGED},
	{"RFC 8463 A.3", A3_ED25519 A3_RSA LETTER, NULL, NULL, DKIM_FAULT_NONE},
	{"RFC 8463 A.3, folded anew", A3_ED25519 A3_RSA LETTER, "q=dns/txt; s", "q=dns/txt;\r\n\ts", DKIM_FAULT_NONE},
	{"RFC 8463 A.3, body changed", A3_ED25519 A3_RSA LETTER, "lost", "won", DKIM_FAULT_BODY_CHANGED},
	{"RFC 8463 A.3, a second From", A3_ED25519 A3_RSA LETTER,
         "From:", "From: eve@example.net\r\nFrom:", DKIM_FAULT_HEADER_CHANGED},
};

static void run_example(const void *row)
{
	const struct example *r = row;
	struct buf message;
	struct judged j;

	buf_init(&message, 10000);
	put_changed(&message, str_c(r->message), r->find, r->put);
	judge(&j, NULL, buf_str(&message), zone, sizeof zone / sizeof *zone);
	assert_in_range(j.count, 1, 2);
	for (size_t i = 0; i < j.count; i++)
		assert_fault(&j.results[i], r->fault);
	judged_release(&j);
	buf_release(&message);
}

int main(void)
{
	struct test_list list = {0};

	TEST_TABLE(&list, examples, run_example);
	return test_run(&list, "dkim/rfc");
}
