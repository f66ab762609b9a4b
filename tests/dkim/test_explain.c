/* Which signed field changed: found by trying, or by comparing with other signatures; and what that may cost. */
#include "dkim/explain.h"

#include <time.h>

#include "dkim/mail.h"
#include "support/case.h"

#define SIMPLE_ALL SIGNATURE("d=example.com; s=s1; h=from:to:subject:date:x:content-transfer-encoding; ")
#define RELAXED_ALL SIGNATURE("c=relaxed; d=example.com; s=s1; h=from:to:subject:date:x:content-transfer-encoding; ")
#define ED25519_ALL                                                                                         \
	"DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed; d=example.com; s=e1; h=from:to:subject:date:x; " \
	"bh=@bh@; b=@b@"
#define OVERSIGNED SIGNATURE("d=example.com; s=s1; h=from:from:to:to:subject:subject:x:x:x; ")

#define PLAIN "From: a@example.com\r\nTo: b@example.net\r\nSubject: Your order\r\nDate: now\r\n\r\nbody\r\n"
#define REPLY "From: a@example.com\r\nSubject: Re: Your order\r\nDate: now\r\n\r\nbody\r\n"
#define TWO_X "From: a@example.com\r\nX: one\r\nX: two\r\nSubject: s\r\n\r\nbody\r\n"
#define CODED "From: a@example.com\r\nContent-Transfer-Encoding: 8bit\r\n\r\nbody\r\n"
#define FOLDED                                                                                                       \
	"From: a@example.com\r\nTo: b@example.net,\r\n c@example.net\r\nX: one\r\n\ttwo  three\r\n four\r\n\r\nbody" \
	"\r\n"

static const struct row {
	const char *name;
	const char *field, *message, *find, *put;
	const char *changed, *change;
	bool ed25519;
} rows[] = {
	{"a tag before the subject", RELAXED_ALL, PLAIN, "Subject: ", "Subject: [orders] ", "subject",
         "subject-prefix"},
	{"a tag before the subject under simple", SIMPLE_ALL, PLAIN, "Subject: ", "Subject: [orders] ", "subject",
         "subject-prefix"},
	{"a tag before the subject under Ed25519", ED25519_ALL, PLAIN, "Subject: ", "Subject: [orders] ", "subject",
         "subject-prefix", true},
	{"a tag of a filter", RELAXED_ALL, PLAIN, "Subject: ", "Subject: ***SPAM*** ", "subject", "subject-prefix"},
	{"a tag with a colon", RELAXED_ALL, PLAIN, "Subject: ", "Subject: EXTERNAL: ", "subject", "subject-prefix"},
	{"a tag in other brackets", RELAXED_ALL, PLAIN, "Subject: ", "Subject: {Suspicious} (external) ", "subject",
         "subject-prefix"},
	{"a tag without a space behind it", RELAXED_ALL, PLAIN, "Subject: ", "Subject: [x]", "subject",
         "subject-prefix"},
	{"a tag behind Re:", RELAXED_ALL, REPLY, "Re: ", "Re: [orders] ", "subject", "subject-prefix"},
	{"a tag before Re:", RELAXED_ALL, REPLY, "Re: ", "[orders] Re: ", "subject", "subject-prefix"},
	{"a folded tag", RELAXED_ALL, PLAIN, "Subject: ", "Subject: [orders]\r\n\t", "subject", "subject-prefix"},
	{"a tag that was taken away is not guessed", RELAXED_ALL, REPLY, "Re: ", "", "", ""},

	{"a second From above", OVERSIGNED, PLAIN, "From:", "From: eve@example.org\r\nFrom:", "from", "added"},
	{"a second From below", OVERSIGNED, PLAIN, "\r\n\r\n", "\r\nFrom: eve@example.org\r\n\r\n", "from", "added"},
	{"a second From below, not oversigned", RELAXED_ALL, PLAIN, "\r\n\r\n", "\r\nFrom: eve@example.org\r\n\r\n",
         "from", "added"},
	{"a field that was not there", RELAXED_ALL, PLAIN, "Date:", "X: new\r\nDate:", "x", "added"},
	{"a field that was not there under Ed25519", ED25519_ALL, PLAIN, "Date:", "X: new\r\nDate:", "x", "added",
         true},
	{"a third instance between two", OVERSIGNED, TWO_X, "X: two", "X: new\r\nX: two", "x", "added"},
	{"instances in another order", OVERSIGNED, TWO_X, "X: one\r\nX: two", "X: two\r\nX: one", "x", "reordered"},
	{"the transfer encoding", RELAXED_ALL, CODED, "8bit", "quoted-printable", "content-transfer-encoding",
         "changed"},
	{"the transfer encoding under simple", SIMPLE_ALL, CODED, "8bit", "7bit", "content-transfer-encoding",
         "changed"},
	{"a fold that was joined under simple", SIMPLE_ALL, PLAIN, "Your order", "Your\r\n order", "subject",
         "refolded"},
	{"a fold that became a tab under simple", SIMPLE_ALL, PLAIN, "Your order", "Your\r\n\torder", "subject",
         "refolded"},
	{"two folds under simple", SIMPLE_ALL, PLAIN, "b@example.net", "\r\n b@example.net\r\n", "", ""},
	{"folding under relaxed changes nothing", RELAXED_ALL, PLAIN, "Your order", "Your\r\n order", NULL, NULL},

	{"another word is not guessed", RELAXED_ALL, PLAIN, "order", "invoice", "", ""},
	{"a field that was removed is not guessed", RELAXED_ALL, PLAIN, "To: b@example.net\r\n", "", "", ""},
	{"a field renamed is not guessed", OVERSIGNED, PLAIN, "To:", "X: ", "", ""},
	{"the signature field itself is not guessed", RELAXED_ALL, PLAIN, "v=1; a", "v=1; t=1; a", "", ""},
	{"a tag before the subject and another body", RELAXED_ALL, PLAIN, "Your order\r\nDate: now\r\n\r\nbody",
         "[x] Your order\r\nDate: now\r\n\r\nbody\r\nfooter", "subject", "subject-prefix"},
};

static void run_row(const void *row)
{
	const struct row *r = row;
	enum forge_key key = r->ed25519 ? FORGE_ED25519 : FORGE_RSA2048;
	struct zone_row zone = {r->ed25519 ? "e1._domainkey.example.com" : KEY_NAME, forge_record(key), 0};
	struct buf sealed, changed;
	struct judged j;

	buf_init(&sealed, 100000);
	buf_init(&changed, 100000);
	forge(&sealed, r->field, key, str_c(r->message));
	put_changed(&changed, buf_str(&sealed), r->find, r->put);
	judge(&j, NULL, buf_str(&changed), &zone, 1);
	assert_int_equal(j.count, 1);
	assert_int_equal(j.results[0].result, r->change ? INKAN_FAIL : INKAN_PASS);
	assert_string_equal(j.results[0].changed_header, r->changed ? r->changed : "");
	assert_string_equal(j.results[0].change, r->change ? r->change : "");
	judged_release(&j);
	buf_release(&sealed);
	buf_release(&changed);
}

/* ---- by comparison with a second signature ---- */

#define ALL "h=from:to:subject:date; "
#define BUT_SUBJECT "h=from:to:date; "
#define WITH(c, tags) "DKIM-Signature: v=1; a=rsa-sha256; c=" c "; d=example.com; s=s1; " tags "bh=@bh@; b=@b@"
#define ED25519_WITH(tags) \
	"DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed; d=example.com; s=e1; " tags "bh=@bh@; b=@b@"

static const struct pair {
	const char *name;
	const char *lower, *upper; /* the upper one is made later, over the lower one's message */
	const char *changed;       /* of the one that breaks */
	const char *find, *put;
	enum dkim_fault_id fault; /* of the one that breaks; 0: DKIM_FAULT_HEADER_CHANGED */
	enum forge_key upper_key;
} pairs[] = {
	{"the older signature proves all but one", WITH("relaxed", BUT_SUBJECT), WITH("relaxed", ALL), "subject"},
	{"the younger signature proves nothing of what came before it", WITH("relaxed", ALL),
         WITH("relaxed", BUT_SUBJECT), ""},
	{"the younger signature of the same second proves all but one", WITH("relaxed", "t=5; " ALL),
         WITH("relaxed", "t=5; " BUT_SUBJECT), "subject"},
	{"two fields are left", WITH("relaxed", "h=from:date; "), WITH("relaxed", ALL), ""},
	{"the same name twice is one field", WITH("relaxed", BUT_SUBJECT),
         WITH("relaxed", "h=from:to:date:subject:subject; "), "subject"},
	{"an absent field might have been removed", WITH("relaxed", BUT_SUBJECT),
         WITH("relaxed", "h=from:to:subject:date:reply-to; "), ""},
	{"an absent field was absent before", WITH("relaxed", "h=from:to:date:reply-to; "),
         WITH("relaxed", "h=from:to:subject:date:reply-to; "), "subject"},
	{"under simple white space may have changed", WITH("relaxed", BUT_SUBJECT), WITH("simple", ALL), ""},
	{"a witness under simple sees more", WITH("simple", BUT_SUBJECT), WITH("relaxed", ALL), "subject"},
	{"Ed25519, all but one", WITH("relaxed", BUT_SUBJECT), ED25519_WITH(ALL), "subject",
         .upper_key = FORGE_ED25519},
	{"Ed25519, all proven: it was another key", WITH("relaxed", ALL), ED25519_WITH(ALL), "", "v=1", "v=1",
         DKIM_FAULT_OTHER_KEY, FORGE_ED25519_OTHER},
};

static void run_pair(const void *row)
{
	const struct pair *r = row;
	struct zone_row zone[] = {{KEY_NAME, forge_record(FORGE_RSA2048), 0},
	                          {"e1._domainkey.example.com", forge_record(FORGE_ED25519), 0}};
	struct buf lower, upper, changed;
	struct judged j;

	buf_init(&lower, 100000);
	buf_init(&upper, 100000);
	buf_init(&changed, 100000);
	forge(&lower, r->lower, FORGE_RSA2048, STR(PLAIN));
	forge(&upper, r->upper, r->upper_key, buf_str(&lower));
	put_changed(&changed, buf_str(&upper), r->find ? r->find : "Your order", r->find ? r->put : "My order");
	judge(&j, NULL, buf_str(&changed), zone, 2);
	assert_int_equal(j.count, 2);
	const struct inkan_dkim_result *broken = j.results[0].header_verified ? &j.results[1] : &j.results[0];

	assert_int_equal(j.results[0].header_verified + j.results[1].header_verified, 1);
	assert_fault(broken, r->fault ? r->fault : DKIM_FAULT_HEADER_CHANGED);
	assert_string_equal(broken->changed_header, r->changed);
	assert_string_equal(broken->change, r->changed[0] ? "changed" : "");
	judged_release(&j);
	buf_release(&lower);
	buf_release(&upper);
	buf_release(&changed);
}

/* ---- the cost ---- */

static void put_times(struct buf *out, size_t times, const char *text)
{
	for (size_t i = 0; i < times; i++)
		buf_put_c(out, text);
}

static void many_tag_ends(struct buf *message, struct buf *names)
{
	buf_put_c(names, "subject:from");
	buf_put_c(message, "Subject: Re: ");
	put_times(message, 80, "]");
	put_times(message, 3600000 / 10, "\r\n        ");
	buf_put_c(message, "x\r\n");
}

static void one_huge_field(struct buf *message, struct buf *names)
{
	buf_put_c(names, "from:x:subject:content-transfer-encoding");
	put_times(message, 400, "X: [");
	put_times(message, 350000, "] abcdef [");
	buf_put_c(message, "\r\nSubject: ");
	put_times(message, 10000, "a: ");
	buf_put_c(message, "\r\n");
}

static void many_fields(struct buf *message, struct buf *names)
{
	buf_put_c(names, "from");
	put_times(names, 999, ":x");
	for (int i = 0; i < 9000; i++)
		buf_put_c(message, i & 1 ? "X: odd\r\n" : "X: even\r\n");
}

static void many_subjects(struct buf *message, struct buf *names)
{
	buf_put_c(names, "from");
	put_times(names, 999, ":subject");
	for (int i = 0; i < 1000; i++) {
		buf_put_c(message, "Subject: ");
		put_times(message, 80, ":");
		put_times(message, 370, " abcdef:\t");
		buf_put_c(message, "\r\n");
	}
}

static void many_names(struct buf *message, struct buf *names)
{
	buf_put_c(names, "from");
	for (int i = 0; i < 999; i++) {
		buf_printf(names, ":x%03d", i);
		buf_printf(message, "X%03d: [a] [b] [c]\r\n", i);
	}
}

/* One field nearly as large as a header may be. */
static void largest_field(struct buf *message, struct buf *names)
{
	buf_put_c(names, "subject:from");
	buf_put_c(message, "Subject:]");
	put_times(message, MAIL_HEADER_SIZE_MAX - 9000, "x");
	buf_put_c(message, "\r\n");
}

static const struct hostile {
	const char *name;
	void (*put)(struct buf *message, struct buf *names);
} hostiles[] = {
	{"search in a subject of 80 tag ends and 4 MB of folds", many_tag_ends},
	{"search in a header with fields of megabytes", one_huge_field},
	{"search among 9,000 fields of one name", many_fields},
	{"search among 1,000 subjects", many_subjects},
	{"search among 1,000 names", many_names},
	{"search in the largest field there may be", largest_field},
};

/* Ten signatures, each broken, four keys each: seconds at most, wherever the search has to give up. */
static void run_hostile(const void *row)
{
	const struct hostile *r = row;
	struct zone_row zone[4];
	struct buf names, field, mail, message;
	struct judged j;

	for (size_t i = 0; i < 4; i++)
		zone[i] = (struct zone_row){KEY_NAME, forge_record(FORGE_RSA2048), 0};
	buf_init(&names, 100000);
	buf_init(&field, 100000);
	buf_init(&mail, 4 * 1024 * 1024);
	buf_init(&message, 5 * 1024 * 1024);
	buf_put_c(&mail, "From: a@example.com\r\n");
	r->put(&mail, &names);
	buf_put_c(&mail, "\r\nbody\r\n");
	buf_put_char(&names, '\0');
	for (int i = 0; i < 10; i++) {
		struct str before = buf_str(&mail);

		buf_clear(&field);
		buf_clear(&message);
		buf_printf(&field, "DKIM-Signature: v=1; a=rsa-sha256; d=example.com; s=s1; c=%s; h=%s; bh=@bh@; b=@b@",
		           i & 1 ? "relaxed" : "simple", names.p);
		forge(&message, field.p, FORGE_RSA2048, before);
		buf_clear(&mail);
		buf_put(&mail, buf_str(&message));
	}
	assert_int_equal(buf_error(&mail), INKAN_OK);
	buf_clear(&message);
	put_changed(&message, buf_str(&mail), "From: a", "From: b");
	clock_t start = clock();

	judge(&j, NULL, buf_str(&message), zone, 4);
	double seconds = (double)(clock() - start) / CLOCKS_PER_SEC;

	assert_int_equal(j.count, 10);
	for (size_t i = 0; i < j.count; i++)
		assert_fault(&j.results[i], DKIM_FAULT_HEADER_CHANGED);
	print_message("%.2f s\n", seconds);
	if (seconds > 10)
		fail_msg("%.1f s", seconds);
	judged_release(&j);
	buf_release(&names);
	buf_release(&field);
	buf_release(&mail);
	buf_release(&message);
}

int main(void)
{
	struct test_list list = {0};

	TEST_TABLE(&list, rows, run_row);
	TEST_TABLE(&list, pairs, run_pair);
	TEST_TABLE(&list, hostiles, run_hostile);
	return test_run(&list, "dkim/explain");
}
