/* libinkan: prove, and check, that mail is what it claims to be.
 *
 * The library does no I/O: it opens no socket and no file, reads no clock, environment or random source, writes no log,
 * and keeps nothing global. The caller hands in message octets, the time, DNS answers and keys, and gets results.
 *
 * Threads: a struct inkan_context may be shared by threads; every other object belongs to one thread at a time.
 * Memory: what a function returns inside an object lives until that object is reset or freed, unless said otherwise. */
#pragma once

#include "inkan/authres.h"
#include "inkan/context.h"
#include "inkan/dkim.h"
#include "inkan/dns.h"
#include "inkan/error.h"
#include "inkan/message.h"
#include "inkan/seal.h"
#include "inkan/sign.h"
#include "inkan/spf.h"
#include "inkan/verdict.h"
