/* Publication: what is wanted against what the servers show, as changes of zones. Reading order: registrar_plan_sets() ->
 * plan_one() -> registrar_send() -> send_update(), edit_file(). */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dns/zone_file.h"
#include "io/file.h"
#include "registrar/internal.h"

enum {
	WANTED_MAX = 64,                     /* sets of one plan */
	FILE_MEMORY_MAX = 256 * 1024 * 1024, /* octets for a zone file */
	PATH_SIZE = 4096
};

static bool lies_in(struct str name, struct str zone)
{
	return str_eq(name, zone) ||
	       (name.n > zone.n && str_eq(str_skip(name, name.n - zone.n), zone) && name.p[name.n - zone.n - 1] == '.');
}

const struct registrar_zone *registrar_zone_of(const struct registrar *r, struct str name)
{
	const struct registrar_zone *found = NULL;

	for (size_t i = 0; i < r->settings.zone_count; i++) {
		const struct registrar_zone *z = &r->settings.zones[i];

		if (lies_in(name, str_c(z->zone)) && (!found || strlen(z->zone) > strlen(found->zone)))
			found = z;
	}
	return found;
}

/* ---- what is there now ---- */

static int read_zone(struct arena *arena, const struct registrar_zone *zone, struct buf *text, struct zone *out,
                     struct io_error *error)
{
	struct zone_error where;
	int code = io_read_file(zone->file, text, error);

	if (!code)
		code = zone_file_read(arena, buf_str(text), str_c(zone->zone), out, &where);
	if (code == INKAN_ESYNTAX || code == INKAN_EREFUSED)
		code = io_fail(error, "%s:%zu:%zu: %s", zone->file, where.line, where.column, where.text);
	return code;
}

/* As a zone file has it. */
static int find_in_file(struct arena *arena, const struct registrar_zone *zone, const struct record_set *wanted,
                        struct record_set *out, struct io_error *error)
{
	struct buf text;
	struct arena scratch;
	struct zone z;

	buf_init(&text, ZONE_FILE_SIZE_MAX);
	arena_init(&scratch, FILE_MEMORY_MAX);
	int code = read_zone(&scratch, zone, &text, &z, error);

	*out = (struct record_set){.name = wanted->name, .type = wanted->type};
	for (size_t i = 0; i < z.count && !code; i++)
		if (z.sets[i].set.type == wanted->type && str_eq(z.sets[i].set.name, wanted->name)) {
			code = record_set_copy(arena, &z.sets[i].set, out);
			break;
		}
	arena_release(&scratch);
	buf_release(&text);
	return code;
}

static struct record_set set_of_answer(const struct record_set *wanted, const struct authority_answer *a)
{
	struct record_set set = {.name = wanted->name, .type = wanted->type};

	if (a->answer.status == DNS_ANSWER) {
		set.records = a->answer.records;
		set.count = a->answer.count;
		set.ttl = a->answer.has_ttl ? a->answer.ttl : wanted->ttl;
	}
	return set;
}

/* As the servers have it, the first that answers; *differ_out: they do not agree. */
static int find_at_servers(struct authority *a, struct arena *arena, const struct record_set *wanted,
                           const struct authority_zone *zone, struct record_set *out, bool *differ_out,
                           struct io_error *error)
{
	struct authority_answer *answers = arena_calloc(arena, zone->server_count + 1, sizeof *answers);
	bool known = false;

	if (!answers)
		return arena_error(arena);
	int code = authority_ask(a, arena, zone, wanted->type, wanted->name, answers);

	for (size_t i = 0; i < zone->server_count && !code; i++) {
		if (dns_status_is_temporary(answers[i].answer.status))
			continue;
		struct record_set found = set_of_answer(wanted, &answers[i]);

		if (known && !record_set_eq(&found, out))
			*differ_out = true;
		if (!known)
			*out = found;
		known = true;
	}
	return code || known ? code
	                     : io_fail(error, "%.*s: none of the name servers of %s answers", (int)wanted->name.n,
	                               wanted->name.p, zone->apex);
}

/* Where we write, the primary's word counts. */
static int find_now(struct registrar *r, struct arena *arena, const struct record_set *wanted,
                    const struct registrar_zone *ours, const char **apex_out, struct record_set *out, bool *differ_out,
                    struct io_error *error)
{
	const struct authority_zone *zone;

	if (ours && ours->file && ours->file[0]) {
		*apex_out = ours->zone;
		return find_in_file(arena, ours, wanted, out, error);
	}
	struct authority *a = ours && ours->primary ? r->primaries : r->world;
	int code = authority_find(a, wanted->name, &zone, error);

	if (code)
		return code;
	*apex_out = zone->apex;
	return find_at_servers(a, arena, wanted, zone, out, differ_out, error);
}

/* ---- the plan ---- */

static bool is_spf_text(struct str text)
{
	return str_ihas_prefix(text, STR("v=spf1")) && (text.n == 6 || text.p[6] == ' ');
}

/* SPF records share their name with other texts, which stay. */
static int keep_other_texts(struct arena *arena, const struct record_set *found, struct record_set *wanted)
{
	if (wanted->type != DNS_TXT || wanted->count != 1 || !is_spf_text(wanted->records[0].text) || !found->count)
		return INKAN_OK;
	struct dns_record *all = arena_calloc(arena, found->count + 1, sizeof *all);
	size_t n = 0;

	if (!all)
		return arena_error(arena);
	for (size_t i = 0; i < found->count; i++)
		if (!is_spf_text(found->records[i].text))
			all[n++] = found->records[i];
	all[n++] = wanted->records[0];
	wanted->records = all;
	wanted->count = n;
	return INKAN_OK;
}

static struct registrar_plan *plan_of(struct registrar_plan *plans, size_t *count, const char *apex)
{
	for (size_t i = 0; i < *count; i++)
		if (strcmp(plans[i].zone, apex) == 0)
			return &plans[i];
	if (*count == REGISTRAR_PLANS_MAX)
		return NULL;
	plans[*count] = (struct registrar_plan){.zone = apex};
	return &plans[(*count)++];
}

static int add_change(struct arena *arena, struct registrar_plan *plan, const struct record_set *before,
                      const struct record_set *after)
{
	if (!plan->changes)
		plan->changes = arena_calloc(arena, 2 * WANTED_MAX, sizeof *plan->changes);
	if (!plan->changes)
		return arena_error(arena);
	if (plan->change_count == 2 * WANTED_MAX)
		return INKAN_ELIMIT;
	struct record_change *c = &plan->changes[plan->change_count++];

	*c = (struct record_change){.before = *before, .after = *after};
	c->before.name = c->after.name = after->name;
	return INKAN_OK;
}

/* A CNAME stands alone: what else is at its name goes; and a CNAME goes where other records are wanted. */
static int clear_way(struct registrar *r, struct arena *arena, const struct record_set *wanted,
                     const struct registrar_zone *ours, struct registrar_plan *plan, struct io_error *error)
{
	static const enum dns_type others[] = {DNS_TXT, DNS_MX, DNS_A, DNS_AAAA};
	size_t count = wanted->type == DNS_CNAME ? sizeof others / sizeof *others : 1;
	int code = INKAN_OK;

	for (size_t i = 0; i < count && !code && wanted->count; i++) {
		const struct record_set other = {.name = wanted->name,
		                                 .type = wanted->type == DNS_CNAME ? others[i] : DNS_CNAME};
		struct record_set found = other;
		const char *apex;
		bool differ = false;

		code = find_now(r, arena, &other, ours, &apex, &found, &differ, error);
		if (!code && found.count)
			code = add_change(arena, plan, &found, &other);
	}
	return code;
}

static int plan_one(struct registrar *r, struct arena *arena, const struct record_set *wanted_set, bool only_writable,
                    struct registrar_plan *plans, size_t *count, struct io_error *error)
{
	const struct registrar_zone *ours = registrar_zone_of(r, wanted_set->name);
	struct record_set wanted = *wanted_set, found = {.name = wanted_set->name, .type = wanted_set->type};
	const char *apex = "";
	bool differ = false;

	if (only_writable && !registrar_may_write(ours))
		return INKAN_OK;
	int code = find_now(r, arena, &wanted, ours, &apex, &found, &differ, error);

	if (!code)
		code = keep_other_texts(arena, &found, &wanted);
	if (code)
		return code;
	struct registrar_plan *plan = plan_of(plans, count, apex);

	if (!plan)
		return INKAN_ELIMIT;
	plan->how = registrar_may_write(ours) ? ours : NULL;
	plan->disagreement = plan->disagreement || differ;
	if (record_set_eq(&found, &wanted)) {
		plan->unchanged++;
		return INKAN_OK;
	}
	code = clear_way(r, arena, &wanted, ours, plan, error);
	return code ? code : add_change(arena, plan, &found, &wanted);
}

int registrar_plan_sets(struct registrar *r, struct arena *arena, const struct wanted *wanted, bool only_writable,
                        struct registrar_plan out[REGISTRAR_PLANS_MAX], size_t *count_out, struct io_error *error)
{
	int code = INKAN_OK;

	*count_out = 0;
	for (size_t i = 0; i < wanted->count && !code; i++)
		code = plan_one(r, arena, &wanted->sets[i], only_writable, out, count_out, error);
	return code;
}

/* ---- of an identity, of a domain ---- */

struct collecting {
	struct arena *arena;
	struct record_set *sets;
	size_t count;
	int error;
};

static void collect_set(struct collecting *c, const struct record_set *set)
{
	for (size_t i = 0; i < c->count; i++)
		if (c->sets[i].type == set->type && str_eq(c->sets[i].name, set->name))
			return; /* two identities of a domain may share a MAIL FROM */
	if (c->count == WANTED_MAX)
		c->error = INKAN_ELIMIT;
	else
		c->error = record_set_copy(c->arena, set, &c->sets[c->count++]);
}

static bool collect_identity(void *context, const struct identity *identity)
{
	struct collecting *c = context;
	struct expected_list list;

	c->error = expected_records(c->arena, identity, false, &list);
	for (size_t i = 0; i < list.count && !c->error; i++)
		collect_set(c, &list.list[i].set);
	return !c->error;
}

static int collecting_init(struct collecting *c, struct arena *arena)
{
	*c = (struct collecting){.arena = arena, .sets = arena_calloc(arena, WANTED_MAX, sizeof *c->sets)};
	return c->sets ? INKAN_OK : arena_error(arena);
}

int registrar_plan(struct registrar *r, struct arena *arena, const char *domain, const struct record_set *extra,
                   size_t extra_count, struct registrar_plan out[REGISTRAR_PLANS_MAX], size_t *count_out,
                   struct io_error *error)
{
	const struct identity_filter filter = {.domain = domain};
	struct collecting c;
	int code = collecting_init(&c, arena);

	if (!code)
		code = identity_store_each(r->store, &filter, collect_identity, &c, error);
	for (size_t i = 0; i < extra_count && !code && !c.error; i++)
		collect_set(&c, &extra[i]);
	if (!code)
		code = c.error;
	if (code)
		return code;
	return registrar_plan_sets(r, arena, &(struct wanted){c.sets, c.count}, false, out, count_out, error);
}

/* Sets of `before` that `after` does not want any more are to be gone. */
static int collect_gone(struct collecting *c, const struct identity *before, bool everything)
{
	struct expected_list list;
	int code = expected_records(c->arena, before, false, &list);

	for (size_t i = 0; i < list.count && !code; i++) {
		struct record_set gone = list.list[i].set;

		gone.count = 0;
		if (list.list[i].kind == EXPECTED_KEY && (list.list[i].ours || everything))
			collect_set(c, &gone);
		code = c->error;
	}
	return code;
}

int registrar_publish(struct registrar *r, struct arena *arena, const struct identity *before,
                      const struct identity *after, struct io_error *error)
{
	struct registrar_plan plans[REGISTRAR_PLANS_MAX];
	struct expected_list list;
	struct collecting c;
	size_t count = 0;
	int code = collecting_init(&c, arena);

	if (!code)
		code = expected_records(arena, after, false, &list);
	for (size_t i = 0; i < list.count && !code; i++) {
		if (list.list[i].ours || after->publishes)
			collect_set(&c, &list.list[i].set);
		code = c.error;
	}
	if (!code && before)
		code = collect_gone(&c, before, after->publishes);
	if (!code)
		code = registrar_plan_sets(r, arena, &(struct wanted){c.sets, c.count}, true, plans, &count, error);
	for (size_t i = 0; i < count && !code; i++) {
		enum update_result result = UPDATE_DONE;

		if (plans[i].change_count)
			code = registrar_send(r, &plans[i], false, &result, error);
		if (!code && result != UPDATE_DONE)
			code = INKAN_EIO; /* *error says what the server said */
	}
	return code;
}

/* ---- sending ---- */

static int send_update(struct registrar *r, const struct registrar_plan *plan, bool dry_run,
                       enum update_result *result_out, struct io_error *error)
{
	struct tsig_key key;
	bool read_now = !plan->how->key && plan->how->tsig && plan->how->tsig[0];
	int code = read_now ? tsig_key_read(plan->how->tsig, &key, error) : INKAN_OK;
	const struct dns_update update = {.server = plan->how->primary,
	                                  .zone = plan->zone,
	                                  .key = read_now ? &key : plan->how->key,
	                                  .changes = plan->changes,
	                                  .change_count = plan->change_count,
	                                  .dry_run = dry_run};

	(void)r;
	if (!code)
		code = dns_update_send(&update, result_out, error);
	if (read_now)
		crypto_wipe(&key, sizeof key);
	return code;
}

static int replace_file(const char *path, struct str text, struct io_error *error)
{
	char temporary[PATH_SIZE];
	int n = snprintf(temporary, sizeof temporary, "%s.inkan-new", path);
	struct stat st;

	if (n < 0 || (size_t)n >= sizeof temporary || stat(path, &st) != 0)
		return io_fail(error, "%s: %s", path, strerror(errno));
	int fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, st.st_mode & 07777);
	size_t done = 0;

	if (fd < 0)
		return io_fail(error, "%s: %s", temporary, strerror(errno));
	while (done < text.n) {
		ssize_t wrote = write(fd, text.p + done, text.n - done);

		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote < 0)
			break;
		done += (size_t)wrote;
	}
	bool well = done == text.n && (geteuid() != 0 || fchown(fd, st.st_uid, st.st_gid) == 0) && fsync(fd) == 0;
	int why = errno;

	io_close(fd);
	if (well && rename(temporary, path) == 0)
		return INKAN_OK;
	why = well ? errno : why;
	(void)unlink(temporary);
	return io_fail(error, "%s: %s", path, strerror(why));
}

static int edit_file(const struct registrar_plan *plan, bool dry_run, enum update_result *result_out,
                     struct io_error *error)
{
	struct buf text, edited;
	struct arena scratch;
	struct zone_error where;

	buf_init(&text, ZONE_FILE_SIZE_MAX);
	buf_init(&edited, ZONE_FILE_SIZE_MAX + WANTED_MAX * 64 * 1024);
	arena_init(&scratch, FILE_MEMORY_MAX);
	int code = io_read_file(plan->how->file, &text, error);

	if (!code)
		code = zone_file_edit(&scratch, buf_str(&text), str_c(plan->how->zone), plan->changes,
		                      plan->change_count, &edited, &where);
	*result_out = code == INKAN_EREFUSED ? UPDATE_CHANGED_MEANWHILE : UPDATE_DONE;
	if (code == INKAN_EREFUSED || code == INKAN_ESYNTAX)
		(void)io_fail(error, "%s:%zu:%zu: %s", plan->how->file, where.line, where.column, where.text);
	if (code == INKAN_EREFUSED)
		code = INKAN_OK;
	else if (code == INKAN_ESYNTAX)
		code = INKAN_EIO;
	else if (!code && dry_run && access(plan->how->file, W_OK) != 0)
		*result_out = io_fail(error, "%s: %s", plan->how->file, strerror(errno)) ? UPDATE_REFUSED : UPDATE_DONE;
	else if (!code && !dry_run)
		code = replace_file(plan->how->file, buf_str(&edited), error);
	arena_release(&scratch);
	buf_release(&edited);
	buf_release(&text);
	return code;
}

int registrar_send(struct registrar *r, const struct registrar_plan *plan, bool dry_run, enum update_result *result_out,
                   struct io_error *error)
{
	if (plan->how->file && plan->how->file[0])
		return edit_file(plan, dry_run, result_out, error);
	return send_update(r, plan, dry_run, result_out, error);
}

static size_t risky(const struct registrar_plan *plan)
{
	size_t n = 0;

	for (size_t i = 0; i < plan->change_count; i++)
		n += plan->changes[i].before.count > 0;
	return n;
}

int registrar_apply(struct registrar *r, const struct registrar_plan *plan, bool dry_run, bool force,
                    enum update_result *result_out, struct io_error *error)
{
	*result_out = UPDATE_DONE;
	if (!plan->how) {
		(void)io_fail(error, "%s: nothing says how this zone is written: no primary, no file", plan->zone);
		return INKAN_EREFUSED;
	}
	if (risky(plan) > r->settings.changes_max && !force) {
		(void)io_fail(error, "%s: %zu sets would be changed or removed, more than %zu at once", plan->zone,
		              risky(plan), r->settings.changes_max);
		return INKAN_EREFUSED;
	}
	int code = dry_run || plan->change_count == 0 ? INKAN_OK : registrar_note(r, plan, error);

	return code ? code : registrar_send(r, plan, dry_run, result_out, error);
}
