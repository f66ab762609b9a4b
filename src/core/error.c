#include "inkan/error.h"

const char *inkan_strerror(int error)
{
	switch ((enum inkan_error)error) {
	case INKAN_OK:
		return "no error";
	case INKAN_ENOMEM:
		return "out of memory";
	case INKAN_ELIMIT:
		return "a limit was reached";
	case INKAN_EUSAGE:
		return "wrong call or argument out of range";
	case INKAN_ESYNTAX:
		return "malformed text";
	case INKAN_EIO:
		return "input/output error";
	case INKAN_ECRYPTO:
		return "the cryptographic library failed";
	case INKAN_EREFUSED:
		return "signing refused";
	}
	return "unknown error";
}
