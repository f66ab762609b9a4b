/* The identities that are known here: their selectors need not be named on the command line. */
#include <stdlib.h>
#include <unistd.h>

#include "cli/check_domain.h"
#include "cli/config_file.h"
#include "cli/registrar_source.h"
#include "cli/trouble_text.h"

enum { WHERE_MAX = 4096 };

/* Where identities are kept by the configuration, or by somebody who has none; "" where there are none. */
static enum exit_code by_configuration(const struct invocation *in, char where[WHERE_MAX])
{
	const char *file = in->config_file ? in->config_file : CONFIG_PATH;
	struct config_errors errors = {.count = 0};
	struct config *config = NULL;
	enum exit_code code;

	where[0] = '\0';
	if (!in->config_file && access(file, F_OK) != 0) {
		if (geteuid() != 0)
			registrar_own_place(where, WHERE_MAX, "identities.db", "");
		return EXIT_FINE;
	}
	if (!in->config_file && access(file, R_OK) != 0)
		return EXIT_FINE;
	code = config_file_read(in->ui, file, &config, &errors);
	if (code == EXIT_FINE && errors.errors && in->config_file) {
		config_file_complain(in->ui, file, &errors);
		code = EXIT_USAGE;
	}
	if (code == EXIT_FINE && config && strlen(config->identities.store) < WHERE_MAX)
		memcpy(where, config->identities.store, strlen(config->identities.store) + 1);
	config_free(config);
	return code;
}

enum exit_code domain_store_open(const struct invocation *in, struct identity_store **out)
{
	const char *given = option_value(in, "store", NULL);
	struct io_error why = {.text = ""};
	char where[WHERE_MAX];
	int error;

	*out = NULL;
	/* a snapshot is judged the same on every host */
	if (!given && !in->config_file && in->dns_file)
		return EXIT_FINE;
	if (!given) {
		enum exit_code code = by_configuration(in, where);

		/* a host without identities has no store */
		if (code != EXIT_FINE || !where[0] || (where[0] == '/' && access(where, F_OK) != 0))
			return code;
	}
	error = identity_store_open(given ? given : where, true, false, out, &why);
	if (!error)
		return EXIT_FINE;
	*out = NULL;
	if (!given && !in->config_file) {
		ui_note(in->ui, NOWHERE,
		        TEXT(in->ui,
		             "the identities of this host are not looked at: %s – run it as root, or give --selector",
		             "このホストのアイデンティティは調べません: %s – root で実行するか、--selector "
		             "を指定してください"),
		        TROUBLE(in->ui, why.text));
		return EXIT_FINE;
	}
	if (error != INKAN_EIO)
		return ui_failed(in->ui, IN_FILE(given ? given : where), error);
	ui_error(in->ui, NOWHERE,
	         TEXT(in->ui, "cannot open the identities: %s – see --store and identities.store",
	              "アイデンティティを開けません: %s – --store と identities.store を確かめてください"),
	         TROUBLE(in->ui, why.text));
	/* a database on the network may come back */
	return strchr(given ? given : where, '=') || strchr(given ? given : where, ':') ? EXIT_TEMPORARY : EXIT_USAGE;
}

struct reading {
	struct arena *arena;
	struct known_selector *selectors;
	size_t count, max;
	const char **mail_from;
	int error;
};

static bool take_identity(void *context, const struct identity *identity)
{
	struct reading *r = context;
	struct identity *kept = arena_calloc(r->arena, 1, sizeof(*kept));

	r->error = kept ? identity_copy(r->arena, identity, kept) : arena_error(r->arena);
	if (r->error || r->max - r->count < IDENTITY_SLOTS_MAX)
		return false;
	r->count += domain_selectors_of(kept, r->selectors + r->count);
	if (!*r->mail_from && kept->mail_from[0])
		*r->mail_from = kept->mail_from;
	return true;
}

enum exit_code domain_store_read(const struct invocation *in, struct identity_store *store, struct arena *arena,
                                 const char *domain, struct known_selector *selectors, size_t max, size_t *count_out,
                                 const char **mail_from)
{
	struct reading r = {.arena = arena, .selectors = selectors, .max = max, .mail_from = mail_from};
	struct identity_filter filter = {.domain = domain};
	struct io_error why = {.text = ""};
	int error = identity_store_each(store, &filter, take_identity, &r, &why);

	*count_out = r.count;
	error = r.error ? r.error : error;
	if (error == INKAN_EIO) {
		ui_error(in->ui, NOWHERE,
		         TEXT(in->ui, "cannot read the identities: %s – try again, or see --store",
		              "アイデンティティを読めません: %s – もう一度試すか、--store を確かめてください"),
		         TROUBLE(in->ui, why.text));
		return EXIT_TEMPORARY;
	}
	return error ? ui_failed(in->ui, NOWHERE, error) : EXIT_FINE;
}
