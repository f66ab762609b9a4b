/* A test key for fuzz targets that sign, and the snapshot with its public half. */
#pragma once

/* openssl genpkey -algorithm ed25519 */
#define SEAL_PEM                                                             \
	"-----BEGIN PRIVATE KEY-----\n"                                      \
	"MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n" \
	"-----END PRIVATE KEY-----\n"
/* the key of RFC 8463 appendix A.2 */
#define SEAL_DNS                                                   \
	"{\"brisbane._domainkey.football.example.com\":{\"TXT\":[" \
	"\"v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\"]}}"
