/* The signer that the drivers measure, through the public interface. */
#pragma once

#include "inkan/inkan.h"

/* Signs as corp000.example with the keys of that variant (see driver.h) out of that folder. Dies where it cannot. */
struct inkan_signer *bench_signer(struct inkan_context *context, const char *folder, const char *variant);
