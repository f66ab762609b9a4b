/* The configuration of `inkan serve`: one YAML file, read against one table of options (config/options.c) from which come the
 * defaults, `inkan config show`, and the check that inkan.conf(5) has them all. An empty file is a working verifier. */
#pragma once

#include "core/arena.h"
#include "core/buf.h"
#include "core/text.h"
#include "policy/settings.h"

#define CONFIG_PATH "/etc/inkan/inkan.yaml"

enum {
	CONFIG_FILE_MAX = 16 * 1024 * 1024, /* octets of the file */
	CONFIG_ERRORS_MAX = 20,             /* complaints kept */
	CONFIG_LISTEN_MAX = 16,             /* sockets of one kind */
	CONFIG_WORKERS_MAX = 64,
	CONFIG_ZONES_MAX = 10000
};

enum log_format { LOG_TEXT, LOG_JSON };

/* A private key in a file; several rules may name one. */
struct config_key {
	const char *file;    /* as it is to be opened */
	size_t line, column; /* where it is named first */
};

/* A zone that identities are published in. */
struct config_zone {
	const char *zone;         /* apex */
	const char *primary;      /* "192.0.2.1:53": where updates go; NULL: none */
	const char *tsig;         /* file of the TSIG key; "" */
	const char *file;         /* zone file to edit instead; "" */
	struct word_list servers; /* authoritative servers; none: those that DNS names */
};

/* Networks as the file names them, to be printed. */
struct config_written {
	const struct ipset *set;
	struct word_list words;
	const struct config_written *next;
};

struct config {
	const char *path;        /* of the file; "" for embedded defaults */
	const char *user;        /* to become when started as root; "" stays root only if `user` says "root" */
	const char *authserv_id; /* default: "", the host name is taken */
	struct word_list own_authserv_ids; /* further ids of ours: fields that claim them are removed too */
	unsigned workers;                  /* 0: one a core */

	struct {                          /* milter */
		struct word_list listen;  /* "unix:/run/inkan/milter.sock", "inet:127.0.0.1:8891", "inet:[::1]:8891" */
		unsigned socket_mode;     /* of Unix sockets, octal in the file: 0660 */
		const char *socket_group; /* ""; of Unix sockets */
		unsigned connections_max; /* further ones wait */
		uint32_t idle_timeout;    /* ms without a command */
		uint32_t write_timeout;   /* ms that a client may leave our answer unread */
		uint64_t message_max;     /* octets; larger ones are refused; 0: no limit */
		uint32_t drain_time;      /* ms for sessions to end at stop and reload */
		enum policy_action
			failure; /* what becomes of a message when we fail ourselves: tempfail (default) or tag */
	} milter;

	struct {                         /* status page, metrics, health */
		struct word_list listen; /* "inet:127.0.0.1:8953"; none: off */
	} status;

	struct { /* dns */
		const char
			*snapshot; /* "": ask the network; else a DNS snapshot file, which is all the world there is */
		struct word_list resolver; /* "192.0.2.53", "[2001:db8::1]:5353"; none: those of the system */
		bool recursive, validate, strict;
		const char *trust_anchor;                                 /* "": the system's */
		uint32_t timeout;                                         /* ms a question */
		uint32_t message_timeout;                                 /* ms a message */
		uint64_t cache_size;                                      /* octets of shared answers */
		uint32_t cache_min_ttl, cache_max_ttl, cache_failure_ttl; /* seconds */
		uint32_t serve_stale; /* seconds beyond the TTL where DNS fails; 0: never */
	} dns;

	struct { /* verify */
		bool allow_legacy, allow_partial_body, received_spf;
		unsigned signatures_max;
		uint32_t clock_skew; /* seconds */
		enum inkan_dmarc_profile dmarc_profile;
		const char *public_suffix_list; /* "": the system's */
		bool strip_all_results;         /* remove every Authentication-Results field of strangers */
	} verify;

	struct { /* arc */
		struct word_list trusted_sealers;
		const char *seal_domain; /* "": do not seal */
		struct signing_key seal_key;
	} arc;

	struct { /* log */
		enum log_format format;
		bool addresses; /* sender and recipient addresses in the log; else their domains only */
	} log;

	struct {                    /* store */
		const char *path;   /* "/var/lib/inkan/inkan.db"; "": keep nothing */
		uint32_t keep;      /* seconds that outcomes are kept */
		unsigned queue_max; /* outcomes that wait in memory when the disk does not take them */
	} store;

	struct {                               /* identities */
		const char *store;             /* file, or "postgresql://..."; "": no identities */
		const char *master_key;        /* file of the key that private keys are sealed with */
		const char *host_zone;         /* zone of ours that CNAMEs of customers lead into; "" */
		const char *site;              /* part of MX hosts of custom MAIL FROM domains; "" */
		const char *default_mail_from; /* envelope sender of mail whose own MAIL FROM domain has failed; "" */
		int64_t rotate_every;          /* seconds; of new identities; 0: only when asked */
		int64_t overlap;               /* seconds */
		struct config_zone *zones;     /* that we publish in */
		size_t zone_count;
	} identities;

	struct config_key *keys;
	size_t key_count;
	struct policy_settings policy;
	const struct config_written *written;
	struct arena arena; /* all of the above but ipsets */
};

/* A complaint. Texts live in the arena of the configuration. */
struct config_error {
	size_t line, column; /* from 1; 0: none */
	struct text text;    /* what is wrong and what to do, in two languages */
	bool warning;        /* works, but not as meant */
};

struct config_errors {
	struct config_error list[CONFIG_ERRORS_MAX];
	size_t count;
	size_t errors; /* of them no warnings, those left out counted */
};

/* Reads the text of a file against the table. path: of the file; where it is absolute, its folder is put before relative file
 * names. The result is whole only where errors->errors is 0, and
 * is to be freed in any case where it is not NULL. INKAN_ESYNTAX: see errors; INKAN_ENOMEM, INKAN_ELIMIT. */
INKAN_MUST_CHECK int config_parse(struct str text, const char *path, struct config **out, struct config_errors *errors);
/* The same of a file, whose path is made absolute; a missing file is an error. *io (may be NULL) for INKAN_EIO. */
struct io_error;
INKAN_MUST_CHECK int config_load(const char *path, struct config **out, struct config_errors *errors,
                                 struct io_error *io);
void config_free(struct config *config);
/* All options with their values as YAML that reads back to the same; `changed_only`: those that are not as by default. */
INKAN_MUST_CHECK int config_print(const struct config *config, bool changed_only, struct buf *out);
/* The duration of "250ms", "5s", "10m", "2h", "30d" (a bare number: seconds) in ms; sizes "64MiB", "1GiB", "4096". */
bool config_duration(struct str text, uint64_t *ms_out);
bool config_size(struct str text, uint64_t *octets_out);
