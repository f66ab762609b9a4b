/* One walk in the order of the records' text, with a small stack of records. The walk is made twice: quietly, to ask for all that
 * is missing, and once nothing is open, aloud. */
#include "check/spf_tree.h"

#include "check/spf_kinds.h"
#include "spf/spf.h"

/* A record on the way. */
struct open_record {
	struct str domain; /* lower case, no final dot */
	struct spf_record record;
	size_t next;
	size_t node; /* the term that led here; SIZE_MAX for the first */
};

struct walk {
	struct findings *f; /* NULL: quietly */
	struct arena *arena;
	struct evidence *evidence;
	struct spf_tree *tree;
	struct open_record stack[SPF_TREE_DEPTH_MAX];
	size_t depth;
	bool pending;
};

static void add(struct walk *w, enum spf_finding kind, struct str a, struct str b, struct str c)
{
	if (w->f)
		(void)findings_add(w->f, &spf_kinds[kind], FINDING_NOWHERE, (struct str[FINDING_ARGS]){a, b, c});
}

static struct str number(struct walk *w, uint64_t n)
{
	return w->f ? finding_number(w->arena, n) : STR_NULL;
}

static struct str lower(struct walk *w, struct str name)
{
	char normal[DNS_NAME_MAX];
	size_t n;

	return dns_name_normalise(name, normal, &n) ? arena_str(w->arena, str_from(normal, n)) : STR_NULL;
}

/* Text of an answer, which the tree outlives. */
static struct str keep(struct walk *w, struct str text)
{
	return w->f ? arena_str(w->arena, text) : text;
}

/* ---- the record of a name ---- */

enum record_state {
	RECORD_FOUND,
	RECORD_PENDING,
	RECORD_NO_DOMAIN,
	RECORD_NONE,
	RECORD_SEVERAL,
	RECORD_BAD,
	RECORD_DNS
};

struct found_record {
	enum record_state state;
	struct spf_record record;
	struct str text;         /* of the one SPF record */
	size_t count, octets;    /* SPF records; octets of all TXT records */
	enum spf_fault_id fault; /* RECORD_BAD */
	struct str trouble;
	const struct dns_answer *answer; /* RECORD_DNS */
};

static void find_record(struct walk *w, struct str domain, struct found_record *out)
{
	const struct dns_answer *answer = evidence_ask(w->evidence, DNS_TXT, domain);
	struct spf_trouble trouble = {0, 0};

	*out = (struct found_record){.state = RECORD_PENDING, .answer = answer};
	if (!answer) {
		w->pending = true;
		return;
	}
	for (size_t i = 0; i < answer->count; i++) {
		out->octets += answer->records[i].text.n;
		if (!spf_record_is(answer->records[i].text))
			continue;
		out->text = answer->records[i].text;
		out->count++;
	}
	out->state = dns_status_is_temporary(answer->status) ? RECORD_DNS
	             : answer->status == DNS_NXDOMAIN        ? RECORD_NO_DOMAIN
	             : out->count == 0                       ? RECORD_NONE
	             : out->count > 1                        ? RECORD_SEVERAL
	                                                     : RECORD_FOUND;
	if (out->state != RECORD_FOUND)
		return;
	if (spf_record_parse(w->arena, out->text, &out->record, &out->fault, &trouble) || out->fault)
		out->state = RECORD_BAD;
	out->trouble = str_head(str_skip(out->text, trouble.at), trouble.size);
}

static void push(struct walk *w, struct str domain, const struct found_record *found, size_t node)
{
	w->stack[w->depth++] = (struct open_record){.domain = domain, .record = found->record, .node = node};
	if (w->depth - 1 > w->tree->depth)
		w->tree->depth = (unsigned)w->depth - 1;
}

static void begin(struct walk *w, struct str domain)
{
	struct found_record found;

	find_record(w, domain, &found);
	switch (found.state) {
	case RECORD_PENDING:
		return;
	case RECORD_DNS:
		add(w, SPF_F_DNS, domain, str_c(dns_status_name(found.answer->status)), STR_NULL);
		return;
	case RECORD_NO_DOMAIN:
		add(w, SPF_F_NO_DOMAIN, domain, STR_NULL, STR_NULL);
		return;
	case RECORD_NONE:
		add(w, SPF_F_NO_RECORD, domain, STR_NULL, STR_NULL);
		return;
	case RECORD_SEVERAL:
		add(w, SPF_F_SEVERAL, domain, number(w, found.count), STR_NULL);
		return;
	case RECORD_BAD: /* spf_record_check() says what is wrong */
	case RECORD_FOUND:
		break;
	}
	w->tree->record = keep(w, found.text);
	if (found.octets + domain.n > SPF_RECORD_SAFE_MAX && found.octets > found.text.n)
		add(w, SPF_F_ANSWER_LARGE, domain, number(w, found.octets), number(w, SPF_RECORD_SAFE_MAX));
	if (found.state == RECORD_FOUND)
		push(w, domain, &found, SIZE_MAX);
}

/* ---- includes and redirects ---- */

static bool is_open(const struct walk *w, struct str domain)
{
	for (size_t i = 0; i < w->depth; i++)
		if (str_eq(w->stack[i].domain, domain))
			return true;
	return false;
}

/* A record that passes for everybody: what includes it does as well. */
static void check_target_all(struct walk *w, const struct spf_tree_node *node, const struct spf_record *record)
{
	for (size_t i = 0; i < record->count; i++)
		if (record->terms[i].kind == SPF_ALL) {
			if (record->terms[i].result == INKAN_PASS)
				add(w, SPF_F_TARGET_PLUS_ALL, node->target, spf_term_text(record, &record->terms[i]),
				    STR_NULL);
			return;
		}
}

static void follow(struct walk *w, const struct spf_term *term, size_t index)
{
	struct spf_tree_node *node = &w->tree->nodes[index];
	struct found_record found;

	if (is_open(w, node->target)) {
		add(w, SPF_F_LOOP, node->target, node->term, node->domain);
		return;
	}
	find_record(w, node->target, &found);
	switch (found.state) {
	case RECORD_PENDING:
		return;
	case RECORD_DNS:
		add(w, SPF_F_DNS, node->target, str_c(dns_status_name(found.answer->status)), STR_NULL);
		return;
	case RECORD_NO_DOMAIN:
		add(w, SPF_F_TARGET_NO_DOMAIN, node->target, node->term, node->domain);
		return;
	case RECORD_NONE:
		add(w, SPF_F_TARGET_NO_RECORD, node->target, node->term, node->domain);
		return;
	case RECORD_SEVERAL:
		add(w, SPF_F_TARGET_SEVERAL, node->target, node->term, node->domain);
		return;
	case RECORD_BAD:
		add(w, SPF_F_TARGET_SYNTAX, node->target, found.trouble, str_c(spf_fault(found.fault)->text));
		return;
	case RECORD_FOUND:
		break;
	}
	if (term->result == INKAN_PASS)
		check_target_all(w, node, &found.record);
	if (w->depth < SPF_TREE_DEPTH_MAX)
		push(w, node->target, &found, index);
}

/* ---- a, mx, exists ---- */

/* Whether the name has addresses for neither kind of client. */
static bool has_no_address(struct walk *w, struct str name, bool any_family)
{
	const struct dns_answer *a = evidence_ask(w->evidence, DNS_A, name);
	const struct dns_answer *aaaa = any_family ? evidence_ask(w->evidence, DNS_AAAA, name) : a;

	if (!a || !aaaa) {
		w->pending = true;
		return false;
	}
	return a->count == 0 && aaaa->count == 0 && !dns_status_is_temporary(a->status) &&
	       !dns_status_is_temporary(aaaa->status);
}

static bool mx_is_void(struct walk *w, const struct spf_tree_node *node)
{
	const struct dns_answer *mx = evidence_ask(w->evidence, DNS_MX, node->target);
	bool all_void = true;

	if (!mx) {
		w->pending = true;
		return false;
	}
	if (mx->count > SPF_MX_MAX) {
		add(w, SPF_F_TOO_MANY_MX, node->term, node->domain, number(w, mx->count));
		return false;
	}
	for (size_t i = 0; i < mx->count; i++)
		all_void = has_no_address(w, mx->records[i].name, true) && all_void;
	return all_void && !dns_status_is_temporary(mx->status);
}

static void look_up(struct walk *w, const struct spf_term *term, struct spf_tree_node *node)
{
	if (term->kind == SPF_PTR)
		return; /* depends on the client */
	node->is_void =
		term->kind == SPF_MX ? mx_is_void(w, node) : has_no_address(w, node->target, term->kind == SPF_A);
	if (!node->is_void)
		return;
	w->tree->void_lookups++;
	add(w, SPF_F_VOID, node->term, node->domain, STR_NULL);
}

/* ---- the walk ---- */

/* What the term costs counts for all includes that lead to it. */
static void count_lookup(struct walk *w)
{
	for (size_t i = 0; i < w->depth; i++)
		if (w->stack[i].node != SIZE_MAX)
			w->tree->nodes[w->stack[i].node].lookups++;
	w->tree->lookups++;
}

static void visit(struct walk *w, struct open_record *top, const struct spf_term *term)
{
	size_t index = w->tree->count;
	struct spf_tree_node *node = &w->tree->nodes[index];
	struct str name = term->domain_size ? spf_term_domain(&top->record, term) : top->domain;

	*node = (struct spf_tree_node){.domain = top->domain,
	                               .term = keep(w, spf_term_text(&top->record, term)),
	                               .target = term->letters ? STR_NULL : lower(w, name),
	                               .depth = (unsigned)w->depth - 1,
	                               .lookups = 1};
	w->tree->count++;
	count_lookup(w);
	if (node->target.n == 0)
		return;
	if (term->kind == SPF_INCLUDE || term->kind == SPF_REDIRECT)
		follow(w, term, index);
	else
		look_up(w, term, node);
}

/* Whether the verifier gets to that term: nothing behind "all" is looked at, and no redirect beside it. */
static bool is_reached(const struct open_record *top, size_t i)
{
	const struct spf_term *term = &top->record.terms[i];

	if (term->kind == SPF_REDIRECT)
		return top->record.redirect == term;
	for (size_t k = 0; k < i; k++)
		if (top->record.terms[k].kind == SPF_ALL)
			return false;
	return true;
}

static void walk(struct walk *w, struct str domain)
{
	begin(w, domain);
	while (w->depth > 0 && !arena_error(w->arena)) {
		struct open_record *top = &w->stack[w->depth - 1];

		if (top->next == top->record.count) {
			w->depth--;
			continue;
		}
		if (w->tree->count == SPF_TREE_NODES_MAX) {
			add(w, SPF_F_TREE_CUT, number(w, SPF_TREE_NODES_MAX), STR_NULL, STR_NULL);
			return;
		}
		size_t i = top->next++;

		if (spf_term_costs_lookup(&top->record.terms[i]) && is_reached(top, i))
			visit(w, top, &top->record.terms[i]);
	}
}

static void sum_up(struct walk *w)
{
	const struct spf_tree *t = w->tree;

	if (t->lookups > SPF_LOOKUPS_MAX)
		add(w, SPF_F_LOOKUPS, number(w, t->lookups), number(w, SPF_LOOKUPS_MAX), STR_NULL);
	else if (t->lookups >= SPF_LOOKUPS_NEAR)
		add(w, SPF_F_LOOKUPS_NEAR, number(w, t->lookups), number(w, SPF_LOOKUPS_MAX), STR_NULL);
	if (t->void_lookups > SPF_VOID_LOOKUPS_MAX)
		add(w, SPF_F_VOIDS, number(w, t->void_lookups), number(w, SPF_VOID_LOOKUPS_MAX), STR_NULL);
	if (t->depth > 3)
		add(w, SPF_F_DEPTH, number(w, t->depth), STR_NULL, STR_NULL);
}

/* True: something is pending. */
static bool pass(struct walk *w, struct str domain, struct findings *f)
{
	struct spf_tree_node *nodes = w->tree->nodes;

	*w->tree = (struct spf_tree){.nodes = nodes};
	w->f = f;
	w->depth = 0;
	w->pending = false;
	walk(w, domain);
	return w->pending;
}

int spf_tree_check(struct findings *f, struct evidence *evidence, struct str domain, struct spf_tree *out,
                   bool *pending_out)
{
	struct walk w = {.arena = f->arena, .evidence = evidence, .tree = out};
	struct str name = lower(&w, domain);

	*out = (struct spf_tree){.nodes = arena_calloc(f->arena, SPF_TREE_NODES_MAX, sizeof *out->nodes)};
	if (!out->nodes || !name.p) {
		*pending_out = false;
		if (!name.p && !arena_error(f->arena))
			(void)findings_add(f, &spf_kinds[SPF_F_NO_DOMAIN], FINDING_NOWHERE,
			                   (struct str[FINDING_ARGS]){domain});
		return arena_error(f->arena);
	}
	bool pending = pass(&w, name, NULL);

	if (!pending) {
		(void)pass(&w, name, f);
		sum_up(&w);
		out->has_unanswered = findings_find(f, &spf_kinds[SPF_F_DNS]) != NULL;
	}
	int error = evidence_error(evidence);

	*pending_out = pending;
	return error ? error : arena_error(f->arena);
}
