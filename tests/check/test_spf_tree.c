/* What an SPF record leads to: findings, counts, and that evidence may arrive in any number of rounds. */
#include <stdio.h>

#include "check/spf_kinds.h"
#include "check/spf_tree.h"
#include "spf/zone.h"
#include "support/alloc.h"

#define TEN "xxxxxxxxxx"
#define HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN

static const struct row {
	const char *name;
	const char *zone;
	const char *findings; /* ids without "spf_", in the order found */
	unsigned lookups, void_lookups, depth;
} rows[] = {
	{"P27 a good domain",
         "'d.example':{'TXT':['x','v=spf1 mx include:i.example "
         "-all'],'MX':[[1,'m.example']]},'m.example':{'A':['192.0.2.1']},'i.example':{'TXT':['v=spf1 ip4:192.0.2.2 "
         "~all']}",
         "", 2, 0, 1},
	{"P2 no such domain", "", "no_domain", 0, 0, 0},
	{"P2 DNS fails", "'d.example':{'_error':{'*':'SERVFAIL'}}", "dns", 0, 0, 0},
	{"P4 no record", "'d.example':{'TXT':['x']}", "no_record", 0, 0, 0},
	{"P4 two records", "'d.example':{'TXT':['v=spf1 -all','v=spf1 mx -all']}", "several", 0, 0, 0},
	{"P5 a malformed record is spf_record_check's", "'d.example':{'TXT':['v=spf1 moo']}", "", 0, 0, 0},
	{"P8 include: no such domain", "'d.example':{'TXT':['v=spf1 include:i.example -all']}", "target_no_domain", 1,
         0, 0},
	{"P8 include: no record",
         "'d.example':{'TXT':['v=spf1 include:i.example -all']},'i.example':{'A':['192.0.2.1']}", "target_no_record", 1,
         0, 0},
	{"P8 include: two records",
         "'d.example':{'TXT':['v=spf1 include:i.example -all']},'i.example':{'TXT':['v=spf1','v=spf1']}",
         "target_several", 1, 0, 0},
	{"P8 include: malformed",
         "'d.example':{'TXT':['v=spf1 include:i.example -all']},'i.example':{'TXT':['v=spf1 ipv4:192.0.2.1']}",
         "target_syntax", 1, 0, 0},
	{"P8 include: DNS fails",
         "'d.example':{'TXT':['v=spf1 include:i.example -all']},'i.example':{'_error':{'*':'TIMEOUT'}}", "dns", 1, 0,
         0},
	{"P27 include: +all",
         "'d.example':{'TXT':['v=spf1 include:i.example -all']},'i.example':{'TXT':['v=spf1 +all']}", "target_plus_all",
         1, 0, 1},
	{"P27 ?include: +all harms nobody",
         "'d.example':{'TXT':['v=spf1 ?include:i.example -all']},'i.example':{'TXT':['v=spf1 +all']}", "", 1, 0, 1},
	{"P9 itself", "'d.example':{'TXT':['v=spf1 include:D.example. -all']}", "loop", 1, 0, 0},
	{"P9 a circle of two",
         "'d.example':{'TXT':['v=spf1 include:i.example -all']},'i.example':{'TXT':['v=spf1 redirect=d.example']}",
         "loop", 2, 0, 1},
	{"P9 the same include twice is no loop",
         "'d.example':{'TXT':['v=spf1 include:i.example include:i.example -all']},'i.example':{'TXT':['v=spf1 "
         "ip4:192.0.2.1']}",
         "", 2, 0, 1},
	{"P9 ten",
         "'d.example':{'TXT':['v=spf1 include:i.example include:i.example -all']},'i.example':{'TXT':['v=spf1 a a a "
         "a'],'A':['192.0.2.1']}",
         "lookups_near", 10, 0, 1},
	{"P9 eleven",
         "'d.example':{'TXT':['v=spf1 include:i.example include:i.example include:j.example "
         "-all']},'i.example':{'TXT':['v=spf1 a a a a'],'A':['192.0.2.1']},'j.example':{'TXT':['v=spf1 ?all']}",
         "lookups", 11, 0, 1},
	{"P9 eight leave room", "'d.example':{'TXT':['v=spf1 a a a a a a a a -all'],'A':['192.0.2.1']}", "", 8, 0, 0},
	{"P7 behind all nothing counts", "'d.example':{'TXT':['v=spf1 -all a mx redirect=x.example']}", "", 0, 0, 0},
	{"P7 redirect",
         "'d.example':{'TXT':['v=spf1 redirect=i.example']},'i.example':{'TXT':['v=spf1 a -all'],'A':['192.0.2.1']}",
         "", 2, 0, 1},
	{"P10 eleven MX",
         "'d.example':{'TXT':['v=spf1 mx "
         "-all'],'MX':[[1,'m.x'],[2,'m.x'],[3,'m.x'],[4,'m.x'],[5,'m.x'],[6,'m.x'],[7,'m.x'],[8,'m.x'],[9,'m.x'],[10,'"
         "m.x'],[11,'m.x']]}",
         "too_many_mx", 1, 0, 0},
	{"P11 a void a", "'d.example':{'TXT':['v=spf1 a:m.example -all']}", "void", 1, 1, 0},
	{"P11 IPv6 only is not void",
         "'d.example':{'TXT':['v=spf1 a:m.example -all']},'m.example':{'AAAA':['2001:db8::1']}", "", 1, 0, 0},
	{"P11 three void terms", "'d.example':{'TXT':['v=spf1 a:m.example mx exists:m.example -all']}",
         "void void void voids", 3, 3, 0},
	{"P11 mx without any address", "'d.example':{'TXT':['v=spf1 mx -all'],'MX':[[1,'m.x'],[1,'n.x']]}", "void", 1,
         1, 0},
	{"P18 macros are not followed", "'d.example':{'TXT':['v=spf1 exists:%{ir}.x include:%{d}.y ptr -all']}", "", 3,
         0, 0},
	{"P27 the answer is large",
         "'d.example':{'TXT':['v=spf1 -all','" HUNDRED HUNDRED "','" HUNDRED HUNDRED "','" HUNDRED "']}",
         "answer_large", 0, 0, 0},
	{"deep includes",
         "'d.example':{'TXT':['v=spf1 include:a.x -all']},'a.x':{'TXT':['v=spf1 include:b.x']},'b.x':{'TXT':['v=spf1 "
         "include:c.x']},'c.x':{'TXT':['v=spf1 include:e.x']},'e.x':{'TXT':['v=spf1']}",
         "depth", 4, 0, 4},
};

static void print_findings(struct buf *out, const struct findings *f)
{
	for (size_t i = 0; i < f->count; i++)
		buf_printf(out, "%s%s", i ? " " : "", f->items[i].kind->id + 4);
	buf_put_char(out, '\0');
}

/* Answers what is open out of the world until nothing is; returns the error. */
static int check(struct arena *arena, struct findings *f, struct evidence *world, struct spf_tree *tree)
{
	struct evidence *e = NULL;
	bool pending = true;
	int error = evidence_new(NULL, 0, 0, &e);

	findings_init(f, arena);
	while (!error && pending) {
		const struct dns_question *open;

		error = spf_tree_check(f, e, STR("D.example"), tree, &pending);
		if (pending)
			assert_int_equal(f->count, 0);
		while (!error && evidence_open(e, &open))
			error = evidence_add(e, open[0].type, open[0].name,
			                     evidence_find(world, open[0].type, open[0].name));
	}
	evidence_free(e);
	return error;
}

static void run_row(const void *row)
{
	const struct row *r = row;
	struct evidence *world = zone_load(r->zone);
	struct findings f;
	struct spf_tree tree;
	struct arena arena;
	struct buf found;

	arena_init(&arena, ZONE_ARENA_MAX);
	buf_init(&found, 10000);
	assert_int_equal(check(&arena, &f, world, &tree), INKAN_OK);
	print_findings(&found, &f);
	assert_string_equal(found.p, r->findings);
	assert_int_equal(tree.has_unanswered, strstr(r->findings, "dns") != NULL);
	assert_int_equal(tree.lookups, r->lookups);
	assert_int_equal(tree.void_lookups, r->void_lookups);
	assert_int_equal(tree.depth, r->depth);
	buf_release(&found);
	arena_release(&arena);
	evidence_free(world);
}

static void nodes(const void *row)
{
	struct evidence *world = zone_load(
		"'d.example':{'TXT':['v=spf1 include:i.example a -all'],'A':['192.0.2.1']},'i.example':{'TXT':['v=spf1 "
		"mx include:j.example'],'MX':[[1,'d.example']]},'j.example':{'TXT':['v=spf1 a:%{i}.x']}");
	struct findings f;
	struct spf_tree tree;
	struct arena arena;

	(void)row;
	arena_init(&arena, ZONE_ARENA_MAX);
	findings_init(&f, &arena);
	bool pending = true;

	assert_int_equal(spf_tree_check(&f, world, STR("d.example"), &tree, &pending), INKAN_OK);
	assert_false(pending);
	evidence_free(world); /* the tree is whole without it */
	assert_true(str_has_prefix(tree.record, STR("v=spf1 include:i.example")));
	assert_int_equal(tree.count, 5);
	assert_true(str_eq(tree.nodes[0].target, STR("i.example")));
	assert_int_equal(tree.nodes[0].lookups, 4);
	assert_true(str_eq(tree.nodes[1].term, STR("mx")));
	assert_int_equal(tree.nodes[1].depth, 1);
	assert_int_equal(tree.nodes[2].lookups, 2);
	assert_true(str_eq(tree.nodes[3].domain, STR("j.example")));
	assert_int_equal(tree.nodes[3].target.n, 0);
	assert_true(str_eq(tree.nodes[4].term, STR("a")));
	assert_int_equal(tree.nodes[4].depth, 0);
	arena_release(&arena);
}

/* Ten includes with ten includes each, without end: cut, in few questions. */
static void fan(const void *row)
{
	struct evidence *e = NULL;
	struct findings f;
	struct spf_tree tree;
	struct arena arena;
	bool pending = true;

	(void)row;
	arena_init(&arena, ZONE_ARENA_MAX);
	findings_init(&f, &arena);
	assert_int_equal(evidence_new(NULL, 0, 0, &e), INKAN_OK);
	for (int rounds = 0; pending; rounds++) {
		const struct dns_question *open;

		assert_true(rounds < 100);
		assert_int_equal(spf_tree_check(&f, e, STR("d.example"), &tree, &pending), INKAN_OK);
		while (pending && evidence_open(e, &open)) {
			char text[3000] = "v=spf1";

			for (int i = 0; i < 10; i++)
				snprintf(text + strlen(text), 270, " include:i%d.%.*s", i,
				         STR_ARG(str_head(open[0].name, 200)));
			struct dns_record record = {.text = str_c(text)};
			struct dns_answer a = {.status = DNS_ANSWER, .records = &record, .count = 1};

			assert_int_equal(evidence_add(e, open[0].type, open[0].name, &a), INKAN_OK);
		}
	}
	assert_non_null(findings_find(&f, &spf_kinds[SPF_F_TREE_CUT]));
	assert_non_null(findings_find(&f, &spf_kinds[SPF_F_LOOKUPS]));
	assert_int_equal(tree.count, SPF_TREE_NODES_MAX);
	assert_true(evidence_asked(e) < 1000);
	print_message("%zu questions\n", evidence_asked(e));
	evidence_free(e);
	arena_release(&arena);
}

static void no_memory(const void *row)
{
	struct evidence *world = zone_load("'d.example':{'TXT':['v=spf1 include:i.example a:x.example "
	                                   "-all']},'i.example':{'TXT':['v=spf1 mx include:d.example']}");

	(void)row;
	for (size_t n = 1;; n++) {
		struct findings f;
		struct spf_tree tree;
		struct arena arena;

		arena_init(&arena, ZONE_ARENA_MAX);
		alloc_fail_at(n);
		int error = check(&arena, &f, world, &tree);
		bool reached = alloc_count() >= n;

		alloc_fail_at(0);
		assert_int_equal(error, reached ? INKAN_ENOMEM : INKAN_OK);
		arena_release(&arena);
		if (!reached)
			break;
	}
	evidence_free(world);
}

int main(void)
{
	struct test_list list = {0};

	TEST_TABLE(&list, rows, run_row);
	test_add(&list, "nodes", nodes, NULL);
	test_add(&list, "P9 ten includes with ten includes each", fan, NULL);
	test_add(&list, "out of memory is an error", no_memory, NULL);
	return test_run(&list, "check/spf_tree");
}
