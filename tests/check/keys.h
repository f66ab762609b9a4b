/* Keys for tests, in base64, made with OpenSSL for this purpose and used nowhere else. */
#pragma once

#define RSA_512                                                                                                \
	"MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAOl6KmJLedytDlL5QQ+txLTBctldJD+D81p8Ypw890ZHxoaZkCvNQxgi138IsDb1VIhd" \
	"NzoBNJY6Go/jB9wkI6ECAwEAAQ=="

#define RSA_768                                                                                                \
	"MHwwDQYJKoZIhvcNAQEBBQADawAwaAJhALelD5cbm7rf3MXUMiZSSEHLP8nlr6c9Ed4gRSG9/P4bTH0bJDBG+DkUT6ULBF8sgeu1" \
	"tPY8efv/xlCYXy9ZYB7IkLVmtX7aPE98lfl83B3wdx3wTKgIn6HSCerxHZQblQIDAQAB"

#define RSA_1024                                                                                               \
	"MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDenNA5v43BkS25k4VZkwgNNF9auupcWrNWAsqWaD6ciyrKUsFY4tuKik5q/oPD" \
	"ZwNtlwONfAXK56zetpFXfive9GwGGdehV++qXAnqwZOmhCis+XgbhQfc3g3+siZjBuK5iv4t77uyOexopVmsLXKg3ghVmXCWz9Ii" \
	"ZeeD6pKXwwIDAQAB"

#define RSA_1032                                                                                               \
	"MIGgMA0GCSqGSIb3DQEBAQUAA4GOADCBigKBggDwLv4tUsr77WbNmpm8fbSOhVlPDWu0o5WjopCSn1MLajuQjMRW5T1ho8myOrzh" \
	"9MRplH2L1TNMeygogVIa3FUZUpBLYpckxIT58tNHszF7De8yCmjvvP+DhfC23WbmUX0G+KiSaSFbxuQPWEext7nuF1dypF5DuVIm" \
	"Nx/xP1/WNtcCAwEAAQ=="

#define RSA_2048                                                                                               \
	"MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA3fSQ7OQT0K7TPdKJ7ZSkldfctw814ihw9d5yBKX2+KHAGoBSUToGlwlN" \
	"dCIcIlKzsbcwt1/UA8vSrDlnj2bounLcc/bcM4F5Uf4jFH06eEc+/gea5vnWe1u1bhQ+nWJab5DLpoh2zxWXiiDHokPkKCpF9Hw0" \
	"fvLRE50iiX6aCOAr8ODDTFotKupWIMZBFLGU2CPQEomr9Fgu4A/NrDnLy4IFHgo7+8XmRWs+BcITm50k/+RLf8TGDvbsjoeizup3" \
	"a1r5Umw9Q1S3ywtT3j98hGsM09sAV6lT5Mhgu0ymSHLPQ4MzgUNQhI7Mgx45uQ92LmstK7XHsVDAN7rWmAdIEwIDAQAB"

#define RSA_4104                                                                                               \
	"MIICIzANBgkqhkiG9w0BAQEFAAOCAhAAMIICCwKCAgIApgwWq3NAD9SxcftcTjKwoDfkWYOvsK585gnldyHqLlZztNEyuWKI5mNk" \
	"R9D8GhkfxjFBnYneo7jn6uaxBJFPYjpg7qZQMOnTUihP+yfuFjsx+n9M/Ixt8e6hINeXPsjpD7xKBDR+/sBfYGHIBERiqXKSYHJq" \
	"imU3UaPrprQoRjnRT/gSzZZLylnd3b9MG1brq4LslESclVKElKvXbyw0xlZFHNx1e/MuOVL7jL0zMCdoA4mlRc+2Xx972lbpA2Hx" \
	"hMA5caIfHB103k8aKU0g/g73qpe0ijKtac7THPVdJTpLhGQDXmFfhPoJFpyLquNgK0Ww+MK/Q2oKe5Kp/UstHyAfKH9cpIYeSTVc" \
	"pxkkuokxalugzTym+nS0S6tz2kFGkEO/QYryTEYzFHbCvP9odYqyQ3/bkXkOT6eqCAon9BTguFycmtgI7KGXRNXKThfNQILRi34R" \
	"AgC65VvvULoWs/xBjZDKu4UXsDZCj7c1UFfHdBXZ/r7oW6h0bRbz6Fcfbl7dZsrVarznewvjH97HsulPhG2Xsr1DqWbgUBOvfbcW" \
	"Efp73Jp/tDnQyOjA2HDAkO9DgeX7sY+naIxLbL00LGTy6UO7wL7JApZA+wILULpz0PuCmJlUuRP78fZ6YNDKY0PqUkbdR7BwB9BH" \
	"32Xk81nYFK7m9okb3Qh7xL4q2cz1AgMBAAE="

#define RSA_2048_BARE                                                                                          \
	"MIIBCgKCAQEA3fSQ7OQT0K7TPdKJ7ZSkldfctw814ihw9d5yBKX2+KHAGoBSUToGlwlNdCIcIlKzsbcwt1/UA8vSrDlnj2bounLc" \
	"c/bcM4F5Uf4jFH06eEc+/gea5vnWe1u1bhQ+nWJab5DLpoh2zxWXiiDHokPkKCpF9Hw0fvLRE50iiX6aCOAr8ODDTFotKupWIMZB" \
	"FLGU2CPQEomr9Fgu4A/NrDnLy4IFHgo7+8XmRWs+BcITm50k/+RLf8TGDvbsjoeizup3a1r5Umw9Q1S3ywtT3j98hGsM09sAV6lT" \
	"5Mhgu0ymSHLPQ4MzgUNQhI7Mgx45uQ92LmstK7XHsVDAN7rWmAdIEwIDAQAB"

#define RSA_1024_E3                                                                                            \
	"MIGdMA0GCSqGSIb3DQEBAQUAA4GLADCBhwKBgQDO4RISrA0P5MbShEYKYCRf8vgcDp3mNPBDtGYh0oGMhbmASqpR4KSnj9BSEGhH" \
	"ljYJKwno/BEspkslct1k4TbofBCNjpBg22D26h1tRUOpwWOwySThiPrkmzhNu8Mz01JV0WKGAK+qqAkE7rLSVO4PoNRsGc3WXMtM" \
	"tDMTw+r6XwIBAw=="

#define RSA_2048_E17                                                                                           \
	"MIIBIDANBgkqhkiG9w0BAQEFAAOCAQ0AMIIBCAKCAQEAwb1FaTWs3nQCTfGPWC1uDCCRk5eoijqg4heoHwKPq506b2lSYKyIER+x" \
	"G+ZF2pvzRPuAdO8T6Alp+zCJ4DTDuvwbeV3g4uy+XpKr+L23kS1WIXurM2xn1Q7wkX4yQMz8DqAqVducdI7jrpyzXiVSBg7ICUo0" \
	"dHWO3x11qj1IKFqs/ilGqerCgrckBnpR/RhXN0H7qcXl0Wijk88wd5smgYzXrbRIWj0+3CHDPEPxgGSpi5Z4FXMGZIUZogrhXgeX" \
	"+ZjJgerzxMl1KOfn3q89BuQP65CS/ZXQBVsFkqRQt7VxMnz/al1U3gCsY/MIZWaMlHcfypnBRHtmZx7cgh4WuQIBEQ=="

#define RSA_1024_EVEN_EXPONENT                                                                                 \
	"MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDenNA5v43BkS25k4VZkwgNNF9auupcWrNWAsqWaD6ciyrKUsFY4tuKik5q/oPD" \
	"ZwNtlwONfAXK56zetpFXfive9GwGGdehV++qXAnqwZOmhCis+XgbhQfc3g3+siZjBuK5iv4t77uyOexopVmsLXKg3ghVmXCWz9Ii" \
	"ZeeD6pKXwwIDAQAA"

#define RSA_1024_EVEN_MODULUS                                                                                  \
	"MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDenNA5v43BkS25k4VZkwgNNF9auupcWrNWAsqWaD6ciyrKUsFY4tuKik5q/oPD" \
	"ZwNtlwONfAXK56zetpFXfive9GwGGdehV++qXAnqwZOmhCis+XgbhQfc3g3+siZjBuK5iv4t77uyOexopVmsLXKg3ghVmXCWz9Ii" \
	"ZeeD6pKXwgIDAQAB"

#define RSA_1024_CUT                                                                                           \
	"MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDenNA5v43BkS25k4VZkwgNNF9auupcWrNWAsqWaD6ciyrKUsFY4tuKik5q/oPD" \
	"ZwNtlwONfAXK56zetpFXfive9GwGGdehV++qXAnqwZOmhCis+XgbhQfc3g3+"

#define RSA_1024_TRAILING                                                                                      \
	"MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDenNA5v43BkS25k4VZkwgNNF9auupcWrNWAsqWaD6ciyrKUsFY4tuKik5q/oPD" \
	"ZwNtlwONfAXK56zetpFXfive9GwGGdehV++qXAnqwZOmhCis+XgbhQfc3g3+siZjBuK5iv4t77uyOexopVmsLXKg3ghVmXCWz9Ii" \
	"ZeeD6pKXwwIDAQABYWJj"

#define RSA_PRIVATE_1                                                                                          \
	"MIIBOwIBAAJBAOl6KmJLedytDlL5QQ+txLTBctldJD+D81p8Ypw890ZHxoaZkCvNQxgi138IsDb1VIhdNzoBNJY6Go/jB9wkI6EC" \
	"AwEAAQJANe7diZVL0jk7vNkNOXT3opWpVSLZ874kYfunv9WpfVc4K6d+aIg3B31omyrE9S1WgRgzi6/qw8j8OSMJRkdqTQIhAP8/" \
	"1MUA3XQOpqR8lRTgoTcylivQ2u5ez+tTYwYCK0//AiEA6inxYlenMBad5jHcXKci5SLMh4x3c46fq6y6IwGujF8CIQDM1vr3hnQy" \
	"GTfetSQm9wYp9+zQCPJJbclKP0cuoTsFHQIgWNXmtJdqXw0FhFJANopV67YDAB2jJ5zhKIET8LnvnWMCIQCXSY1o+I6jeQGcydxZ" \
	"BrfDCHqwH0jwVyGyYri9eLLjJw=="

#define RSA_PRIVATE_8                                                                                          \
	"MIIBVQIBADANBgkqhkiG9w0BAQEFAASCAT8wggE7AgEAAkEA6XoqYkt53K0OUvlBD63EtMFy2V0kP4PzWnxinDz3RkfGhpmQK81D" \
	"GCLXfwiwNvVUiF03OgE0ljoaj+MH3CQjoQIDAQABAkA17t2JlUvSOTu82Q05dPeilalVItnzviRh+6e/1al9Vzgrp35oiDcHfWib" \
	"KsT1LVaBGDOLr+rDyPw5IwlGR2pNAiEA/z/UxQDddA6mpHyVFOChNzKWK9Da7l7P61NjBgIrT/8CIQDqKfFiV6cwFp3mMdxcpyLl" \
	"IsyHjHdzjp+rrLojAa6MXwIhAMzW+veGdDIZN961JCb3Bin37NAI8kltyUo/Ry6hOwUdAiBY1ea0l2pfDQWEUkA2ilXrtgMAHaMn" \
	"nOEogRPwue+dYwIhAJdJjWj4jqN5AZzJ3FkGt8MIerAfSPBXIbJiuL14suMn"

#define ED25519_INFO "MCowBQYDK2VwAyEAp2anhKIRA2fjk5jg3TawUIADKnsNMk6pZ2p3qPp/I0Y="

#define ED25519 "p2anhKIRA2fjk5jg3TawUIADKnsNMk6pZ2p3qPp/I0Y="

#define ED25519_PRIVATE "MC4CAQAwBQYDK2VwBCIEIF+PePKqOOTM3B9nbrNpoC3pJ9Nt+z5xlRIXWHtx4+Of"

#define ED25519_SECRET "X4948qo45MzcH2dus2mgLekn0237PnGVEhdYe3Hj45+nZqeEohEDZ+OTmODdNrBQgAMqew0yTqlnaneo+n8jRg=="

#define ED25519_SMALL "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

#define ED25519_31 "ZqeEohEDZ+OTmODdNrBQgAMqew0yTqlnaneo+n8jRg=="

#define EC_INFO                                                                                                \
	"MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE7fZQwt3Jq7YQa00I16NsBYileBlxKhZ0gSrSKF9w93iJ6KrVqFajCaaBv5qMAXzU" \
	"CtgXbHkBkleTucgx45Ingg=="

#define CERTIFICATE                                                                                            \
	"MIIBbDCCAROgAwIBAgIUdGLf8czuxv/w0S+eNP+GyBCD6G0wCgYIKoZIzj0EAwIwDDEKMAgGA1UEAwwBeDAeFw0yNjExMjExODQ2" \
	"MjJaFw0yNjEyMDExODQ2MjJaMAwxCjAIBgNVBAMMAXgwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAATt9lDC3cmrthBrTQjXo2wF" \
	"iKV4GXEqFnSBKtIoX3D3eInoqtWoVqMJpoG/mowBfNQK2BdseQGSV5O5yDHjkieCo1MwUTAdBgNVHQ4EFgQUvjTiNmBWbUrfZUFG" \
	"8pU2I4I59h4wHwYDVR0jBBgwFoAUvjTiNmBWbUrfZUFG8pU2I4I59h4wDwYDVR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNHADBE" \
	"AiA8GbivSX+Iuv3Jn+m03fKgOMMUjHlHks0afvyLF9oZIAIgCYCsiY1eBgFQLqNinUXT+awCkIcXQCiMJnMeQ2lAki4="

#define NO_DER "dGhpcyBpcyBubyBrZXkgYXQgYWxsLCB0aG91Z2ggaXQgaXMgYmFzZTY0"
