/* Records that commands make: checked as any record is checked, then printed in one of the forms of dns/record_set.h. */
#pragma once

#include "cli/command.h"
#include "cli/record_check.h"
#include "dns/record_set.h"

#define RECORD_MADE_OPTIONS                                                                                          \
	{"format",                                                                                                   \
	 0,                                                                                                          \
	 OPTION_CHOICE,                                                                                              \
	 NULL,                                                                                                       \
	 "table|zone|nsupdate|route53|csv|dig|powershell",                                                           \
	 0,                                                                                                          \
	 0,                                                                                                          \
	 {"form of the record (default: table)", "レコードの形式 (既定: table)"}},                                   \
		{"panel",                                                                                            \
	         0,                                                                                                  \
	         OPTION_STRING,                                                                                      \
	         "ID",                                                                                               \
	         NULL,                                                                                               \
	         0,                                                                                                  \
	         0,                                                                                                  \
	         {"as the panel of this DNS provider wants it typed",                                                \
	          "この DNS 事業者の管理画面に入力する形で表示する"}},                                               \
		{"zone",                                                                                             \
	         0,                                                                                                  \
	         OPTION_STRING,                                                                                      \
	         "DOMAIN",                                                                                           \
	         NULL,                                                                                               \
	         0,                                                                                                  \
	         0,                                                                                                  \
	         {"zone that holds the record (default: the domain)", "レコードを置くゾーン (既定: そのドメイン)"}}, \
	{                                                                                                            \
		"ttl", 0, OPTION_NUMBER, "SECONDS", NULL, 0, INT32_MAX,                                              \
		{                                                                                                    \
			"time to live of the record (default: 3600)", "レコードの TTL (既定: 3600)"           \
		}                                                                                                    \
	}

struct made_record {
	const struct invocation *in;
	struct record_check check;
	const char *domain; /* as DNS has it */
	struct str zone;    /* given; else empty */
	struct buf value;
	struct record_print how;
};

/* Takes the options above and the domain (U-labels too). Other than EXIT_FINE: a message was printed. made_record_end() comes in any
 * case. */
enum exit_code made_record_begin(struct made_record *m, const struct invocation *in, const char *domain);
void made_record_end(struct made_record *m);
/* Checks m->value as a record of that kind that stands at prefix + domain ("_dmarc.", ""), and prints it. In forms for machines a record
 * with an error among its findings is not printed. left_out: words for the member of that name; NULL: none. */
enum exit_code made_record_print(struct made_record *m, enum record_kind kind, const char *prefix,
                                 const char *const *left_out);
