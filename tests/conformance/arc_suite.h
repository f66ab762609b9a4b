/* The public ARC suites (conformance/arc/valimail): JSON of scenarios, each with its tests. */
#pragma once

#include <jansson.h>

#include "support/case.h"

/* What a case is run with. */
struct arc_case {
	json_t *scenario, *spec;
};

/* Runs every test of the suite as a case; where the suite is not here, one case says so. The result is the exit code. */
int arc_suite_run(const char *suite, test_case_fn *run, const char *group);
