/* Error codes of libinkan.
 *
 * Only troubles of the environment and wrong calls are errors. What a protocol says about a message (pass, fail,
 * permerror, temperror ...) is data, and never travels as an error code. */
#pragma once

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define INKAN_API __attribute__((visibility("default")))
#define INKAN_MUST_CHECK __attribute__((warn_unused_result))
#else
#define INKAN_API
#define INKAN_MUST_CHECK
#endif

enum inkan_error {
	INKAN_OK = 0,
	INKAN_ENOMEM = -1,  /* the system has no more memory */
	INKAN_ELIMIT = -2,  /* a named limit was reached (header too large, buffer at its maximum, ...) */
	INKAN_EUSAGE = -3,  /* a call in the wrong order, or with an argument outside its documented range */
	INKAN_ESYNTAX = -4, /* text given to the library (snapshot, key, time, ...) is malformed */
	INKAN_EIO = -5,     /* a file, socket or other thing of the operating system failed */
	INKAN_ECRYPTO = -6, /* the cryptographic library refused an operation that should work */
	INKAN_EREFUSED = -7 /* signing refused: the message or key must not be used as it is */
};

/* The text for an error code, in English, without a final stop; never NULL, static. */
INKAN_API const char *inkan_strerror(int error);

#ifdef __cplusplus
}
#endif
