/* The registrar that a command works with: what the configuration says, or embedded defaults. */
#pragma once

#include "cli/command.h"
#include "config/config.h"
#include "registrar/registrar.h"

enum { REGISTRAR_MEMORY_MAX = 256 * 1024 * 1024 /* octets of what one command handles */ };

struct registrar_source {
	struct ui *ui;
	struct config *config;
	struct registrar *registrar;
	struct arena arena; /* for what the command handles */
	struct registrar_zone *zones;
	bool own; /* the store is below the own home */
	char store[4096], master_key[4096], host[256], who[64], resolver[300];
};

/* clang-format off */
/* Where the store is. */
#define STORE_OPTION                                                                                                  \
	{"store", 0, OPTION_STRING, "WHERE", NULL, 0, 0,                                                              \
	 {"database of identities: a file, or postgresql://... (default: identities.store of the configuration)",     \
	  "アイデンティティのデータベース: ファイル、または postgresql://... (省略時は設定の identities.store)"}}
/* Options that commands on identities share: an own table ends with these. */
#define REGISTRAR_OPTIONS                                                                                             \
	STORE_OPTION,                                                                                                 \
	{"resolver", 0, OPTION_STRING, "HOST[:PORT]", NULL, 0, 0,                                                     \
	 {"name server that finds zones and their servers (default: that of the system)",                             \
	  "ゾーンとそのサーバーを探すネームサーバー (省略時はシステムのもの)"}},                                               \
	{"at", 0, OPTION_TIME, "TIME", NULL, 0, 0,                                                                    \
	 {"act as if it were that time (RFC 3339 or Unix seconds)",                                                   \
	  "指定した時刻として動作する (RFC 3339 または Unix 秒)"}},                                                   \
	{0}
/* clang-format on */

/* What a command wants of the store. */
enum store_use {
	STORE_READ,   /* one that this user may only read will do */
	STORE_CHANGE, /* it has to be there */
	STORE_CREATE  /* it is made where it is missing */
};

/* extra: a zone that the command line names besides those of the configuration; NULL: none. Other than EXIT_FINE: a message was
 * printed. To be closed in any case. */
enum exit_code registrar_source_open(struct registrar_source *s, const struct invocation *in, enum store_use use,
                                     const struct registrar_zone *extra);
/* Only says where store and master key are: s->store, s->master_key; there is no registrar. To be closed in any case. */
enum exit_code registrar_source_find(struct registrar_source *s, const struct invocation *in);
void registrar_source_close(struct registrar_source *s);

/* Who is not root, and has no configuration, keeps identities below the own home: the path of that file; `otherwise` without a home. */
void registrar_own_place(char *out, size_t size, const char *name, const char *otherwise);

/* Tells an error of the registrar: EXIT_TEMPORARY for INKAN_EIO, EXIT_USAGE for INKAN_EUSAGE, INKAN_EREFUSED and INKAN_ELIMIT. */
enum exit_code registrar_failed(struct ui *ui, int error, const struct io_error *why);

/* The identity of that id, in the arena of the source; a message where there is none. */
enum exit_code identity_fetch(struct registrar_source *s, const char *id, struct identity *out, uint64_t *version_out,
                              struct io_error *why);
/* Ids as people write them: U-labels and capitals become what the store has; "": too long for any. out: IDENTITY_ID_MAX + 1. */
void identity_id_normalise(struct arena *arena, const char *id, char *out);
