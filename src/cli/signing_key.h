/* The private key of a command that signs. */
#pragma once

#include "cli/output.h"
#include "inkan/sign.h"

/* Reads a PEM file; warns where others than its owner can read it. Its octets are wiped. Other than EXIT_FINE: a message was
 * printed. */
enum exit_code signing_key_load(struct ui *ui, struct inkan_context *context, const char *file, struct inkan_key **out);
