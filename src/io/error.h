/* What went wrong outside, in one line for people: "path: No such file or directory". */
#pragma once

#include "inkan/error.h"

struct io_error {
	char text[512]; /* terminated; cut off where it is longer */
};

/* Fills *error (NULL is fine) and returns INKAN_EIO. */
int io_fail(struct io_error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));
