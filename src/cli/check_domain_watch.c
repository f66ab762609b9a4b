/* inkan check domain --watch: what changed since the last look (S0-37).
 *
 * A look is a set of facts, a line each: "example.com record _dmarc.example.com TXT v=DMARC1; p=none" or "example.com finding error
 * spf_several example.com". Sets are sorted and compared; the state file holds the last one. What DNS did not answer this time
 * counts as unchanged, and a domain that was never looked at before has no changes. */
#include <stdlib.h>
#include <unistd.h>

#include "cli/check_domain.h"
#include "cli/files.h"
#include "core/time.h"

enum {
	FACTS_MEMORY_MAX = 512 * 1024 * 1024,
	FACTS_FIRST = 256,             /* room at first */
	STATE_MAX = 256 * 1024 * 1024, /* octets of a state file */
	STATE_MODE = 0644,
	VALUE_MAX = 64 * 1024 /* octets of one value, as safe text */
};

#define STATE_HEAD "inkan check domain state 1\n"

/* ---- sets of facts ---- */

static void facts_init(struct fact_set *set)
{
	*set = (struct fact_set){0};
	arena_init(&set->arena, FACTS_MEMORY_MAX);
}

static void facts_release(struct fact_set *set)
{
	free(set->lines);
	arena_release(&set->arena);
}

static void add_line(struct fact_set *set, struct str line)
{
	if (set->count == set->capacity) {
		size_t capacity = set->capacity ? set->capacity * 2 : FACTS_FIRST;
		struct str *lines = realloc(set->lines, capacity * sizeof(*lines));

		if (!lines) {
			set->arena.error = INKAN_ENOMEM;
			return;
		}
		set->lines = lines;
		set->capacity = capacity;
	}
	set->lines[set->count++] = arena_str(&set->arena, line);
}

static int order(struct str a, struct str b)
{
	int by_octets = memcmp(a.p, b.p, a.n < b.n ? a.n : b.n);

	return by_octets ? by_octets : a.n < b.n ? -1 : a.n > b.n;
}

static int order_lines(const void *a, const void *b)
{
	return order(*(const struct str *)a, *(const struct str *)b);
}

/* Sorted, each line once. */
static void finish(struct fact_set *set)
{
	size_t kept = 0;

	if (set->count == 0 || arena_error(&set->arena))
		return;
	qsort(set->lines, set->count, sizeof(*set->lines), order_lines);
	for (size_t i = 0; i < set->count; i++)
		if (kept == 0 || !str_eq(set->lines[kept - 1], set->lines[i]))
			set->lines[kept++] = set->lines[i];
	set->count = kept;
}

/* The first line of a sorted set that is not below `text`. */
static size_t find(const struct fact_set *set, struct str text)
{
	size_t low = 0, high = set->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (order(set->lines[middle], text) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool has_prefix(const struct fact_set *set, struct str prefix)
{
	size_t at = find(set, prefix);

	return at < set->count && str_has_prefix(set->lines[at], prefix);
}

static void copy_prefix(struct fact_set *to, const struct fact_set *from, struct str prefix)
{
	for (size_t i = find(from, prefix); i < from->count && str_has_prefix(from->lines[i], prefix); i++)
		add_line(to, from->lines[i]);
}

/* ---- facts of a report ---- */

static struct str domain_of(struct str line)
{
	return str_head(line, str_find(line, ' ') + 1);
}

static void take_look(struct domain_watch *w, struct str domain, const struct domain_look *look)
{
	struct buf line;
	size_t start;

	buf_init(&line, VALUE_MAX * 4);
	buf_put(&line, domain);
	buf_put_c(&line, " record ");
	safe_text(&line, look->name);
	buf_printf(&line, " %s ", dns_type_name(look->type));
	start = line.n;
	if (dns_status_is_temporary(look->answer->status))
		copy_prefix(&w->now, &w->before, buf_str(&line));
	for (size_t i = 0; i < look->answer->count; i++) {
		struct buf value;

		line.n = start;
		buf_init(&value, VALUE_MAX);
		domain_put_value(&value, look->type, &look->answer->records[i]);
		safe_text(&line, buf_str(&value));
		buf_release(&value);
		add_line(&w->now, buf_str(&line));
	}
	if (buf_error(&line))
		w->now.arena.error = buf_error(&line);
	buf_release(&line);
}

static void take_finding(struct domain_watch *w, struct str domain, const struct domain_note *note)
{
	struct buf line;

	buf_init(&line, VALUE_MAX);
	buf_put(&line, domain);
	buf_printf(&line, " finding %s %s ", severity_name(note->finding.severity), note->finding.kind->id);
	safe_text(&line, note->name);
	add_line(&w->now, buf_str(&line));
	buf_release(&line);
}

void domain_watch_take(struct domain_watch *w, const struct domain_report *r)
{
	struct buf prefix;

	buf_init(&prefix, 2 * DNS_NAME_MAX);
	buf_put(&prefix, r->domain);
	buf_put_char(&prefix, ' ');
	/* a mark, so that a domain of which nothing is known counts as looked at */
	buf_put_c(&prefix, "seen");
	add_line(&w->now, buf_str(&prefix));
	buf_clear(&prefix);
	for (size_t i = 0; i < r->look_count; i++)
		take_look(w, r->domain, &r->looks[i]);
	buf_put(&prefix, r->domain);
	buf_put_c(&prefix, " finding ");
	if (r->temporary)
		copy_prefix(&w->now, &w->before, buf_str(&prefix));
	for (size_t i = 0; i < r->note_count && !r->temporary; i++)
		take_finding(w, r->domain, &r->notes[i]);
	buf_release(&prefix);
}

/* ---- the state file ---- */

static enum exit_code read_state(struct domain_watch *w, struct str text)
{
	if (!str_has_prefix(text, STR(STATE_HEAD))) {
		ui_error(w->in->ui, IN_FILE(w->file),
		         TEXT(w->in->ui, "this is no state of “inkan check domain” – name another file, or delete it",
		              "「inkan check domain」の状態ファイルではありません – "
		              "別のファイルを指定するか、削除してください"));
		return EXIT_USAGE;
	}
	text = str_skip(text, strlen(STATE_HEAD));
	while (text.n)
		add_line(&w->before, str_split(&text, '\n'));
	finish(&w->before);
	return arena_error(&w->before.arena) ? ui_failed(w->in->ui, IN_FILE(w->file), arena_error(&w->before.arena))
	                                     : EXIT_FINE;
}

enum exit_code domain_watch_open(struct domain_watch *w, const struct invocation *in)
{
	enum exit_code code = EXIT_FINE;
	struct buf text;

	*w = (struct domain_watch){.in = in, .file = option_value(in, "state", NULL)};
	facts_init(&w->before);
	facts_init(&w->now);
	if (!w->file || access(w->file, F_OK) != 0)
		return EXIT_FINE;
	buf_init(&text, STATE_MAX);
	code = file_read(in->ui, w->file, &text);
	if (code == EXIT_FINE)
		code = read_state(w, buf_str(&text));
	buf_release(&text);
	return code;
}

static enum exit_code save(struct domain_watch *w)
{
	enum exit_code code;
	struct buf text;

	if (!w->file)
		return EXIT_FINE;
	buf_init(&text, STATE_MAX);
	buf_put_c(&text, STATE_HEAD);
	for (size_t i = 0; i < w->now.count; i++) {
		buf_put(&text, w->now.lines[i]);
		buf_put_char(&text, '\n');
	}
	code = buf_error(&text) ? ui_failed(w->in->ui, IN_FILE(w->file), buf_error(&text))
	                        : file_write(w->in->ui, w->file, buf_str(&text), STATE_MODE, true);
	buf_release(&text);
	return code;
}

/* ---- the difference ---- */

static void print_change(struct domain_watch *w, struct buf *out, bool added, struct str line)
{
	struct str domain = domain_of(line), fact = str_skip(line, domain.n);

	if (str_eq(fact, STR("seen")))
		return;
	w->changes++;
	if (w->in->json) {
		struct json j = json_to(out);
		struct buf at;

		buf_init(&at, 100);
		time_print(&at, w->at);
		json_object_begin(&j);
		json_key_str(&j, "at", buf_str(&at));
		json_key_str(&j, "domain", str_trim_wsp(domain));
		json_key_c(&j, "change", added ? "added" : "removed");
		json_key_str(&j, "fact", fact);
		json_object_end(&j);
		buf_release(&at);
	} else {
		time_print(out, w->at);
		buf_put_c(out, added ? " + " : " - ");
		buf_put(out, line);
	}
	buf_put_char(out, '\n');
}

/* Domains that were not looked at this time stay as they are. */
static void carry_over(struct domain_watch *w)
{
	struct fact_set seen = w->now; /* sorted, and not added to while it is asked */
	struct fact_set others;

	facts_init(&others);
	for (size_t i = 0; i < w->before.count; i++)
		if (!has_prefix(&seen, domain_of(w->before.lines[i])))
			add_line(&others, w->before.lines[i]);
	for (size_t i = 0; i < others.count; i++)
		add_line(&w->now, others.lines[i]);
	if (arena_error(&others.arena))
		w->now.arena.error = arena_error(&others.arena);
	facts_release(&others);
	finish(&w->now);
}

static void compare(struct domain_watch *w, struct buf *out)
{
	size_t i = 0, k = 0;

	while (i < w->before.count || k < w->now.count) {
		int by_order = i == w->before.count ? 1
		               : k == w->now.count  ? -1
		                                    : order(w->before.lines[i], w->now.lines[k]);

		if (by_order < 0) {
			print_change(w, out, false, w->before.lines[i++]);
		} else if (by_order > 0) {
			/* of a domain that was never looked at everything is new */
			if (has_prefix(&w->before, domain_of(w->now.lines[k])))
				print_change(w, out, true, w->now.lines[k]);
			k++;
		} else {
			i++;
			k++;
		}
	}
}

enum exit_code domain_watch_round(struct domain_watch *w, unix_time at, struct buf *out, bool *drift_out)
{
	struct fact_set old;
	enum exit_code code;

	w->at = at;
	w->changes = 0;
	finish(&w->now);
	carry_over(w);
	if (arena_error(&w->now.arena))
		return ui_failed(w->in->ui, NOWHERE, arena_error(&w->now.arena));
	compare(w, out);
	*drift_out = w->changes > 0;
	code = save(w);
	old = w->before;
	w->before = w->now;
	w->now = old;
	facts_release(&w->now);
	facts_init(&w->now);
	return code;
}

void domain_watch_release(struct domain_watch *w)
{
	facts_release(&w->before);
	facts_release(&w->now);
}
