/* What the drivers of `make bench` share: command line, measuring loop, output.
 *
 *	verify SECONDS RECORDS FILE...
 *	sign   SECONDS KEYDIR VARIANT FILE...     VARIANT: rsa-rr, rsa-ss, ed-rr, dual
 *	mixed  SECONDS RECORDS CORPUSDIR [THREADS]
 *
 * RECORDS has a line "name TAB type TAB data" for each DNS record, KEYDIR holds rsa000.pem and ed000.pem (selectors s1
 * and ed1 of corp000.example), CORPUSDIR holds mixed.tsv, whose columns are file, client address, HELO and MAIL FROM. Each
 * file, or the whole mixed corpus, is worked on for SECONDS at least, and then gives one line of JSON: op, file, n (messages), ok (signatures
 * that verified or were made; mixed: in one pass), sigs (mixed: in one pass), s (wall time), cpu (of the process), bytes
 * (of the file; mixed: of all n messages).
 *
 * A driver ends with a message and exit code 1 where something fails, and frees nothing at its end. */
#pragma once

#include "core/str.h"

struct bench_message {
	const char *name; /* of the file, without folder */
	struct str octets;
	const char *ip, *helo, *mail_from; /* mixed: the session; else NULL */
	void *prepared;
};

struct bench_count {
	unsigned long signatures, good;
};

/* An implementation under test. `shared` serves all threads, a worker one of them. */
struct bench_driver {
	void *(*load_records)(const char *path);
	void *(*load_keys)(const char *folder, const char *variant);
	void *(*new_worker)(void *shared);
	/* Work on a message that is not measured; may be NULL. */
	void *(*prepare)(void *shared, struct str message);
	struct bench_count (*verify)(void *worker, const struct bench_message *message);
	struct bench_count (*sign)(void *worker, const struct bench_message *message);
};

int bench_main(int argc, char **argv, const struct bench_driver *driver);

/* Ends the program with this text on standard error. */
_Noreturn void bench_die(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Dies where it is not so. */
void bench_must(bool good, const char *what);
/* The whole file, with a NUL behind it. */
struct str bench_read(const char *path);
/* FOLDER/NAME, terminated. */
const char *bench_path(const char *folder, const char *name);
/* CPU time of this process in seconds. */
double bench_cpu(void);

struct bench_record {
	struct str name, type, data;
};

/* The next line of a file of records; false at the end. */
bool bench_next_record(struct str *rest, struct bench_record *out);
