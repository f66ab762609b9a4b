/* What the program writes: results to standard output, troubles and progress to standard error.
 *
 * Results are collected in a struct output and written whole, with every error noticed; nothing uses stdio. Text that
 * came from a message, a file name or DNS reaches a terminal only by way of safe_text(). A struct ui belongs to the main
 * thread: other threads hand their text to it. */
#pragma once

#include "cli/text.h"
#include "core/buf.h"
#include "core/safe_text.h"

enum exit_code {
	EXIT_FINE = 0,      /* as wanted */
	EXIT_FINDING = 1,   /* a check did not pass */
	EXIT_USAGE = 2,     /* wrong usage, or input that cannot be read */
	EXIT_TEMPORARY = 3, /* DNS time-out, server unreachable: try again later */
	EXIT_INTERNAL = 4   /* our fault, no memory, or the result could not be written */
};

/* How the program talks to its user. */
struct ui {
	enum language language;
	unsigned verbose;    /* how often -v was given */
	bool colour;         /* standard output is a terminal that wants colour (NO_COLOR is unset) */
	bool colour_errors;  /* the same for standard error */
	bool progress;       /* standard error is a terminal: progress bars are welcome */
	bool progress_shown; /* a bar stands on the current line */
	const char *command; /* "inkan verify", the start of every error message */
};

/* Asks environment and terminals, once. */
void ui_init(struct ui *ui, enum language language);

/* ---- text in columns (untrusted text: core/safe_text.h) ---- */

/* Columns that safe text takes on a terminal: wide CJK characters 2, combining ones 0. */
size_t text_columns(struct str s);
/* Adds s, cut with "…" or filled with spaces to exactly `columns` columns. */
void text_padded(struct buf *out, struct str s, size_t columns);
/* Adds s broken into lines of at most `columns` columns, at spaces or between wide characters, each line after the first
 * indented by `indent` spaces. "\n" in s starts a new line. No line end at the end. */
void text_wrapped(struct buf *out, struct str s, size_t indent, size_t columns);

/* ---- colour ---- */

enum style { STYLE_PLAIN, STYLE_BOLD, STYLE_DIM, STYLE_GOOD, STYLE_WARNING, STYLE_BAD };

/* Adds text between the codes of a style; `coloured` false: the text alone. The text is trusted. */
void styled(struct buf *out, bool coloured, enum style style, const char *text);

/* ---- troubles ---- */

/* Where: everything may be absent. */
struct place {
	const char *file; /* NULL: none; "-" is shown as standard input */
	size_t line;      /* from 1; 0: none */
	size_t column;    /* from 1; 0: none */
};

#define NOWHERE ((struct place){NULL, 0, 0})
#define IN_FILE(name) ((struct place){(name), 0, 0})

/* Prints one line, "inkan verify: FILE:LINE:COLUMN: what – what to do", to standard error. The format comes from TEXT()
 * and holds both parts; what its arguments bring is made safe. */
void ui_error(struct ui *ui, struct place where, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* The same with "warning: " in front of the text. */
void ui_warning(struct ui *ui, struct place where, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* The same, plain, only where -v was given. */
void ui_note(struct ui *ui, struct place where, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Prints the text of a negative enum inkan_error and returns the exit code that fits. */
enum exit_code ui_failed(struct ui *ui, struct place where, int error);

/* ---- results ---- */

struct output {
	int fd;
	int error;       /* errno of the first write that failed, 0 */
	struct buf text; /* what is not written yet: print here, struct json too */
};

/* Standard output. */
void output_init(struct output *o);
/* Writes what is there. False: it failed, now or before; commands that run long should stop then. */
bool output_flush(struct output *o);
/* Writes the rest and releases. Returns `wanted`, or EXIT_INTERNAL where anything could not be printed or written;
 * then a message was given, except where the reader has gone (EPIPE). */
enum exit_code output_finish(struct output *o, struct ui *ui, enum exit_code wanted);

/* Writes all n octets to fd, whatever signals come: 0 or errno. */
int write_all(int fd, struct str octets);

/* ---- progress ---- */

/* A bar on standard error: "label [#####     ] 512/1000". Shown only on a terminal, and only for work that takes longer
 * than half a second. */
struct progress {
	struct ui *ui;
	const char *label;
	uint64_t total; /* 0: not known, only the count is shown */
	int64_t next;   /* milliseconds of the monotonic clock: not drawn before */
};

void progress_start(struct progress *p, struct ui *ui, const char *label, uint64_t total);
void progress_update(struct progress *p, uint64_t done);
/* Wipes the bar. */
void progress_end(struct progress *p);
