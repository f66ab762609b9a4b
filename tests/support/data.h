/* Files that tests read. */
#pragma once

#include "core/str.h"

/* The whole file, in memory from malloc, with a NUL behind it that is not counted; where it cannot be read, the running
 * case fails. Released by free((char *)result.p). */
struct str test_read_file(const char *path);

/* The path of a file of this source tree ("tests/data/x.eml"): NUL-terminated, static, valid until the next call. */
const char *test_source_path(const char *relative);

/* The path of a file of the public conformance suites ("dkim/rfc/..."): below $INKAN_CONFORMANCE, else in
 * ../shared/conformance beside the source tree. NULL where there is none: the case is to be skipped. Static, valid until
 * the next call. */
const char *test_conformance_path(const char *relative);
