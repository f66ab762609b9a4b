/* Two test keys of tests/data/dkim for targets that sign, and a snapshot with their public halves. */
#pragma once

#define FUZZ_RSA_PEM                                                         \
	"-----BEGIN PRIVATE KEY-----\n"                                      \
	"MIICeAIBADANBgkqhkiG9w0BAQEFAASCAmIwggJeAgEAAoGBANNXCqw+o0BNeePQ\n" \
	"aNvtvmTBvLoH0rCAoFjs/56twNbM/bvgvCXrs3/CnXWczQXckKfx3qIRC3IJZ5KC\n" \
	"5GfQjqg2DENthTsZMsZZEkgXMnA2tQ8vntUTsOsQ2ppFXE+LxBNRpoeExf9poSSe\n" \
	"LO6iRareEhEqYLx4yb+QG7VC+f/nAgMBAAECgYEAo80D1aqax10FSyAeFc+30Mok\n" \
	"J5+mmeyn2ySdnvQW0aWCR9sQmOeNcUl610yXz6I7cB/UKZLCZzmI0BKpSxlnZukr\n" \
	"AE4oLtf7JVMY3DXt0Dh3fhX1TCvpXJwzOMnw+ss0gplrlzIbqSRxd6HDSJwwgPT7\n" \
	"+EJ6Ln2dhzLZ5yDQIhkCQQD6W27Jksdtc5lXH7wQ5G7hvBoitquVAxYWURX2eQUr\n" \
	"lc0yUGuPM0Idv/v/bSLC9BMh7Zl/Rm8qWpNX70F3FZxVAkEA2Bp6nMxPZKJi9UlP\n" \
	"zzLdYZLXerA4CzuxBDHEjO4FkMN3C3QAqjUwLLHehdj/tcOzGAosWbEKHGIdiVCi\n" \
	"NcNnSwJBAPkHG9NLui1oED42ZdaTsqu9dG3VMCU/9adrLqKFTJxHHN4QWn0NqpV3\n" \
	"E03GnA45xBI6ijWstQT3JZsRdRfkGiUCQQC94d5Uwg0Mvsa3AljXFbmCD9W4XviP\n" \
	"nj53EgfDUS2guq9yZ9ZhuGSBETUWZMqi+rb165J2qOHaeLe9PRWaqfyrAkBZAPge\n" \
	"w+wrQmsl+yetYSY48rBFgmoZJgG8pSb3UgdSg58Y4I9KE9eMjebCOqnviQZ0+iw9\n" \
	"J9ZFd/MaOkvpYCRB\n"                                                 \
	"-----END PRIVATE KEY-----\n"
#define FUZZ_RSA_RECORD                                                                              \
	"v=DKIM1; k=rsa; p="                                                                         \
	"MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDTVwqsPqNATXnj0Gjb7b5kwby6B9KwgKBY7P+ercDWzP274Lwl67" \
	"N/wp11nM0F3JCn8d6iEQtyCWeSguRn0I6oNgxDbYU7GTLGWRJIFzJwNrUPL57VE7DrENqaRVxPi8QTUaaHhMX/aaEk" \
	"nizuokWq3hIRKmC8eMm/kBu1Qvn/5wIDAQAB"

#define FUZZ_ED25519_PEM                                                     \
	"-----BEGIN PRIVATE KEY-----\n"                                      \
	"MC4CAQAwBQYDK2VwBCIEILjtVR5sMQUlHZbK/LbGyDWSvDFdXNVyjmcoxptnm+rl\n" \
	"-----END PRIVATE KEY-----\n"
#define FUZZ_ED25519_RECORD "v=DKIM1; k=ed25519; p=0O5Ausa4/qRj1oV6Z5xuUgJwr6qVr12q0XMIyS55h4M="

/* The third key is that of RFC 8463 appendix A.2, which some seeds are signed with. */
#define FUZZ_DNS                                                                    \
	"\"s1._domainkey.example.com\": {\"TXT\": [\"" FUZZ_RSA_RECORD "\"]}, "     \
	"\"e1._domainkey.example.com\": {\"TXT\": [\"" FUZZ_ED25519_RECORD "\"]}, " \
	"\"brisbane._domainkey.football.example.com\": {\"TXT\": "                  \
	"[\"v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\"]}"
