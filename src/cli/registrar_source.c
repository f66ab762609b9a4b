#include "cli/registrar_source.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/config_file.h"
#include "cli/trouble_text.h"
#include "dns/idna.h"

/* ---- configuration ---- */

static enum exit_code embedded_defaults(struct registrar_source *s)
{
	struct config_errors errors = {.count = 0};
	int error = config_parse(STR_NULL, "", &s->config, &errors);

	return error ? ui_failed(s->ui, NOWHERE, error) : EXIT_FINE;
}

static enum exit_code read_config(struct registrar_source *s, const struct invocation *in)
{
	const char *path = in->config_file ? in->config_file : CONFIG_PATH;
	struct config_errors errors = {.count = 0};

	if (!in->config_file && access(path, F_OK) != 0)
		return embedded_defaults(s);
	enum exit_code code = config_file_read(s->ui, path, &s->config, &errors);

	if (code == EXIT_FINE && errors.errors) {
		config_file_complain(s->ui, path, &errors);
		code = EXIT_USAGE;
	}
	return code;
}

void registrar_own_place(char *out, size_t size, const char *name, const char *otherwise)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");

	if (state && state[0] == '/')
		snprintf(out, size, "%s/inkan/%s", state, name);
	else if (home && home[0] == '/')
		snprintf(out, size, "%s/.local/state/inkan/%s", home, name);
	else
		snprintf(out, size, "%s", otherwise);
}

/* The folders that lead to a file below the own home. */
static void make_own_folders(const char *file)
{
	char path[sizeof((struct registrar_source *)0)->store];

	snprintf(path, sizeof path, "%s", file);
	for (char *p = path + 1; *p; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		(void)mkdir(path, 0700); /* what failed is told when the file is made */
		*p = '/';
	}
}

/* A store is not made where its folder is missing: whose it is to be is for the administrator to say. */
static enum exit_code refuse_without_folder(struct registrar_source *s)
{
	const char *slash = strrchr(s->store, '/');
	char folder[sizeof s->store];

	snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - s->store) : 1, slash ? s->store : ".");
	if (!folder[0] || access(folder, F_OK) == 0 || errno != ENOENT)
		return EXIT_FINE;
	ui_error(s->ui, IN_FILE(folder),
	         TEXT(s->ui,
	              "there is no such folder – make it, for the user whom the service runs as: install -d -m 0750 -o "
	              "inkan -g inkan %s",
	              "フォルダーがありません – サービスのユーザーの所有で作ってください: install -d -m 0750 -o inkan "
	              "-g inkan %s"),
	         folder);
	return EXIT_USAGE;
}

/* The master key of a store that the command line names lies beside it. */
static void master_key_beside(struct registrar_source *s)
{
	const char *slash = strrchr(s->store, '/');

	snprintf(s->master_key, sizeof s->master_key, "%.*smaster.key", slash ? (int)(slash - s->store + 1) : 0,
	         s->store);
}

static enum exit_code choose_places(struct registrar_source *s, const struct invocation *in)
{
	const char *given = option_value(in, "store", NULL);
	bool personal = !in->config_file && geteuid() != 0 && s->config->path[0] == '\0';

	snprintf(s->store, sizeof s->store, "%s", given ? given : s->config->identities.store);
	snprintf(s->master_key, sizeof s->master_key, "%s", s->config->identities.master_key);
	if (!given && personal) {
		registrar_own_place(s->store, sizeof s->store, "identities.db", s->config->identities.store);
		registrar_own_place(s->master_key, sizeof s->master_key, "master.key",
		                    s->config->identities.master_key);
		s->own = true;
	}
	if (given && identity_store_is_file(given) && s->config->path[0] == '\0')
		master_key_beside(s);
	if (s->store[0])
		return EXIT_FINE;
	ui_error(s->ui, NOWHERE,
	         TEXT(s->ui, "identities.store is “” – name a database there, or by --store",
	              "identities.store が空です – 設定か --store でデータベースを指定してください"));
	return EXIT_USAGE;
}

static void choose_names(struct registrar_source *s)
{
	const struct passwd *user = getpwuid(getuid());

	if (gethostname(s->host, sizeof s->host) != 0)
		snprintf(s->host, sizeof s->host, "localhost");
	s->host[sizeof s->host - 1] = '\0';
	if (user)
		snprintf(s->who, sizeof s->who, "%s", user->pw_name);
	else
		snprintf(s->who, sizeof s->who, "uid %lu", (unsigned long)getuid());
}

static enum exit_code choose_zones(struct registrar_source *s, const struct registrar_zone *extra, size_t *count_out)
{
	size_t n = 0;

	s->zones = calloc(s->config->identities.zone_count + 1, sizeof *s->zones);
	if (!s->zones)
		return ui_failed(s->ui, NOWHERE, INKAN_ENOMEM);
	if (extra)
		s->zones[n++] = *extra;
	for (size_t i = 0; i < s->config->identities.zone_count; i++) {
		const struct config_zone *z = &s->config->identities.zones[i];

		if (extra && strcmp(extra->zone, z->zone) == 0)
			continue;
		s->zones[n++] = (struct registrar_zone){.zone = z->zone,
		                                        .primary = z->primary,
		                                        .tsig = z->tsig,
		                                        .file = z->file,
		                                        .servers = z->servers.words,
		                                        .server_count = z->servers.count};
	}
	*count_out = n;
	return EXIT_FINE;
}

static struct resolver_options resolver_of(struct registrar_source *s, const struct invocation *in)
{
	const struct config *c = s->config;
	struct resolver_options o = {.recursive = c->dns.recursive,
	                             .validate = c->dns.validate,
	                             .strict = c->dns.strict,
	                             .trust_anchor = c->dns.trust_anchor[0] ? c->dns.trust_anchor : NULL,
	                             .timeout = c->dns.timeout};
	const char *given = option_value(in, "resolver", c->dns.resolver.count ? c->dns.resolver.words[0] : NULL);

	if (given) {
		o.recursive = o.recursive && !option_given(in, "resolver");
		snprintf(s->resolver, sizeof s->resolver, "%s", given);
		(void)resolver_parse(str_c(s->resolver), &o.host, &o.port); /* checked before */
	}
	return o;
}

static unix_time time_of(const struct invocation *in)
{
	unix_time at = UNIX_TIME_NONE;
	const char *given = option_value(in, "at", NULL);

	if (given && !time_parse(str_c(given), &at))
		at = UNIX_TIME_NONE;
	return at;
}

/* ---- opening ---- */

enum exit_code registrar_source_find(struct registrar_source *s, const struct invocation *in)
{
	*s = (struct registrar_source){.ui = in->ui};
	arena_init(&s->arena, REGISTRAR_MEMORY_MAX);
	enum exit_code code = read_config(s, in);

	return code == EXIT_FINE ? choose_places(s, in) : code;
}

enum exit_code registrar_source_open(struct registrar_source *s, const struct invocation *in, enum store_use use,
                                     const struct registrar_zone *extra)
{
	struct io_error why = {""};
	bool create = use == STORE_CREATE;
	struct registrar_settings settings = {.create_store = create};

	enum exit_code code = registrar_source_find(s, in);

	if (code == EXIT_FINE)
		code = choose_zones(s, extra, &settings.zone_count);
	if (code != EXIT_FINE)
		return code;
	choose_names(s);
	settings.store = s->store;
	settings.read_only = use == STORE_READ && identity_store_is_file(s->store) && access(s->store, W_OK) != 0;
	settings.master_key = s->master_key;
	settings.outcomes = s->config->store.path;
	settings.zones = s->zones;
	settings.authority.resolver = resolver_of(s, in);
	settings.host = s->host;
	settings.who = s->who;
	settings.at = time_of(in);
	if (create && s->own)
		make_own_folders(s->store);
	if (create && identity_store_is_file(s->store) && refuse_without_folder(s) != EXIT_FINE)
		return EXIT_USAGE;
	if (!create && identity_store_is_file(s->store) && access(s->store, F_OK) != 0 &&
	    (errno == ENOENT || errno == ENOTDIR)) {
		ui_error(s->ui, IN_FILE(s->store),
		         TEXT(s->ui, "there are no identities yet – make one with “inkan identity create DOMAIN”",
		              "アイデンティティがまだありません – 「inkan identity create ドメイン」で作ってください"));
		return EXIT_USAGE;
	}
	int error = registrar_open(&settings, &s->registrar, &why);

	return error ? registrar_failed(s->ui, error, &why) : EXIT_FINE;
}

void registrar_source_close(struct registrar_source *s)
{
	registrar_close(s->registrar);
	free(s->zones);
	config_free(s->config);
	arena_release(&s->arena);
}

enum exit_code registrar_failed(struct ui *ui, int error, const struct io_error *why)
{
	bool is_told = error == INKAN_EIO || error == INKAN_EUSAGE || error == INKAN_EREFUSED || error == INKAN_ELIMIT;

	if (!is_told || !why->text[0])
		return ui_failed(ui, NOWHERE, error);
	ui_error(ui, NOWHERE, "%s", TROUBLE(ui, why->text));
	return error == INKAN_EIO ? EXIT_TEMPORARY : EXIT_USAGE;
}

void identity_id_normalise(struct arena *arena, const char *id, char *out)
{
	struct str all = str_head(str_c(id), 4 * IDENTITY_ID_MAX);
	size_t at = str_rfind(all, '@');
	struct str local = str_head(all, at < all.n ? at + 1 : 0), rest = str_skip(all, local.n);
	struct str domain = str_head(rest, str_find(rest, '/')), name = str_skip(rest, domain.n), host = STR_NULL;
	bool is_given_whole = strlen(id) == all.n;

	if (dns_name_to_host(arena, domain, &host) || host.n == 0)
		host = domain;
	int n = snprintf(out, IDENTITY_ID_MAX + 1, "%.*s%.*s%.*s", STR_ARG(local), STR_ARG(host), STR_ARG(name));

	if (n < 0 || n > IDENTITY_ID_MAX || !is_given_whole)
		out[0] = '\0'; /* not cut off: that might be another one's */
	for (char *p = out; *p; p++)
		*p = (char)(*p >= 'A' && *p <= 'Z' ? *p - 'A' + 'a' : *p);
}

enum exit_code identity_fetch(struct registrar_source *s, const char *id, struct identity *out, uint64_t *version_out,
                              struct io_error *why)
{
	char normal[IDENTITY_ID_MAX + 1];

	identity_id_normalise(&s->arena, id, normal);
	int error = identity_store_get(registrar_store(s->registrar), &s->arena, normal, out, version_out, why);

	if (error)
		return registrar_failed(s->ui, error, why);
	if (*version_out)
		return EXIT_FINE;
	ui_error(s->ui, NOWHERE,
	         TEXT(s->ui, "there is no identity “%s” – “inkan identity list” shows all",
	              "「%s」というアイデンティティはありません – 「inkan identity list」で一覧を表示します"),
	         id);
	return EXIT_USAGE;
}
