#!/usr/bin/python3
"""Writes signatures.txt and public_keys.txt anew. Columns are separated by " | ".

signatures.txt: signatures by the openssl program with the keys of this folder, and forged ones: name, key, digest, hex
of the digest value, hex of the signature, what public_key_verify() says, what public_key_open() says (RSA; "-" for
Ed25519).
public_keys.txt: decoded p= values, good and bad: name, type, hex, bits of a good key or the trouble.

The keys came from openssl genpkey (3.0) and are used for nothing but these tests.
"""
import hashlib
import re
import subprocess
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
SHA256 = bytes.fromhex('3031300d060960864801650304020105000420')
SHA1 = bytes.fromhex('3021300906052b0e03021a05000414')
ED25519_ORDER = 2**252 + 27742317777372353535851937790883648493


def openssl(*args):
    return subprocess.run(['openssl', *args], check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout


def sign(key, digest, kind):
    """PKCS#1 v1.5 over the digest, or PureEdDSA over its octets, made by openssl."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(digest)
        file.flush()
        how = ['-rawin'] if key.startswith('ed') else ['-pkeyopt', 'digest:' + kind, '-pkeyopt', 'rsa_padding_mode:pkcs1']
        return openssl('pkeyutl', '-sign', '-inkey', str(HERE / f'{key}.pem'), '-in', file.name, *how)


class Rsa:
    def __init__(self, key):
        text = openssl('rsa', '-in', str(HERE / f'{key}.pem'), '-noout', '-text').decode()
        self.n, self.d = (int(re.search(name + r':\n((?: +[0-9a-f:]+\n)+)', text)[1].translate({10: '', 32: '', 58: ''}), 16)
                          for name in ('modulus', 'privateExponent'))
        self.size = (self.n.bit_length() + 7) // 8

    def raw(self, block):
        """The signature that opens to that block."""
        assert len(block) == self.size
        return self.octets(pow(int.from_bytes(block, 'big'), self.d, self.n))

    def octets(self, number):
        return number.to_bytes(self.size, 'big')

    def padded(self, info, head=b'\0\1', fill=b'\xff', zero=b'\0'):
        return head + fill * (self.size - len(head) - len(zero) - len(info)) + zero + info


def cube_root_above(x):
    low, high = 0, 1 << (x.bit_length() // 3 + 2)
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if middle**3 < x else (low, middle)
    return low


ROWS = []


def row(name, key, kind, digest, signature, valid, opened):
    ROWS.append(' | '.join([name, key, kind, digest.hex(), signature.hex(), valid, opened]))


def signatures():
    digest = hashlib.sha256(b'inkan').digest()
    short = hashlib.sha1(b'inkan').digest()
    for key in 'rsa1024-pkcs1', 'rsa1027', 'rsa2048-pkcs8', 'rsa4096-pkcs8', 'rsa2048-e3':
        row(f'{key}: SHA-256', key, 'sha256', digest, sign(key, digest, 'sha256'), 'valid', 'opened')
        row(f'{key}: SHA-1', key, 'sha1', short, sign(key, short, 'sha1'), 'valid', 'opened')

    key = 'rsa1024-pkcs1'
    rsa = Rsa(key)
    good = sign(key, digest, 'sha256')
    assert good == rsa.raw(rsa.padded(SHA256 + digest))

    def bad(name, signature, opened='closed', kind='sha256', of=None, with_key=key):
        row(name, with_key, kind, of or digest, signature, 'invalid', opened)

    def forged(name, block):
        bad(name, rsa.raw(block))

    bad('another digest', good, 'opened', of=hashlib.sha256(b'x').digest())
    bad('the first octet changed', bytes([good[0] ^ 1]) + good[1:])
    bad('the last octet changed', good[:-1] + bytes([good[-1] ^ 1]))
    bad('one octet short', good[:-1])
    bad('one octet long', good + b'\0')
    bad('a zero octet before it', b'\0' + good)
    bad('empty', b'')
    bad('zero', rsa.octets(0))
    bad('one', rsa.octets(1))
    bad('modulus less one', rsa.octets(rsa.n - 1))
    bad('modulus', rsa.octets(rsa.n))
    bad('all ones', b'\xff' * rsa.size)
    bad('of another key', sign('rsa1023', digest, 'sha256'))
    bad('of a longer key', sign('rsa2048-e3', digest, 'sha256'))
    bad('SHA-1 where SHA-256 is said', sign(key, short, 'sha1'))
    bad('SHA-256 where SHA-1 is said', good, kind='sha1', of=short)
    for i in range(10000):
        numbered = hashlib.sha256(b'%d' % i).digest()
        signature = rsa.raw(rsa.padded(SHA256 + numbered))
        if signature[0] == 0:
            row('begins with a zero octet', key, 'sha256', numbered, signature, 'valid', 'opened')
            bad('its leading zero octet left out', signature[1:], of=numbered)
            break

    info = SHA256 + digest
    forged('block type 2', rsa.padded(info, head=b'\0\2'))
    forged('block type 0', rsa.padded(info, head=b'\0\0', fill=b'\0'))
    forged('padding of zeros', rsa.padded(info, fill=b'\0'))
    forged('one octet of padding is not FF', b'\0\1\xff\xff\xfe' + rsa.padded(info)[5:])
    forged('no zero before the DigestInfo', rsa.padded(info, zero=b'\xff'))
    forged('short padding, digest at the left', (b'\0\1' + b'\xff' * 8 + b'\0' + info).ljust(rsa.size, b'\xaa'))
    forged('an octet behind the digest', rsa.padded(info + b'\0'))
    forged('DigestInfo without NULL', rsa.padded(bytes.fromhex('302f300b0609608648016503040201' '0420') + digest))
    forged('DigestInfo of SHA-512 with a short digest', rsa.padded(SHA256.replace(b'\4\2\1', b'\4\2\3') + digest))
    forged('DigestInfo with long-form lengths', rsa.padded(bytes.fromhex('308131300d060960864801650304020105000420') + digest))
    forged('the digest without DigestInfo', rsa.padded(digest))
    # RSASSA-PSS by openssl: another scheme with the same key
    with tempfile.NamedTemporaryFile() as file:
        file.write(digest)
        file.flush()
        bad('RSASSA-PSS', openssl('pkeyutl', '-sign', '-inkey', str(HERE / f'{key}.pem'), '-in', file.name, '-pkeyopt',
                                  'digest:sha256', '-pkeyopt', 'rsa_padding_mode:pss'))

    wide = Rsa('rsa1027')
    signature = int.from_bytes(sign('rsa1027', digest, 'sha256'), 'big')
    bad('plus the modulus', wide.octets(signature + wide.n), with_key='rsa1027')

    # a cube root needs no private key where what stands behind the digest is not looked at
    cubic = Rsa('rsa2048-e3')
    start = b'\0\1' + b'\xff' * 8 + b'\0' + info
    root = cube_root_above(int.from_bytes(start.ljust(cubic.size, b'\0'), 'big'))
    assert cubic.octets(root**3).startswith(start)
    bad('e = 3: a cube root (CVE-2006-4339)', cubic.octets(root), with_key='rsa2048-e3')

    key = 'ed25519'
    good = sign(key, digest, '')
    row('ed25519: SHA-256', key, 'sha256', digest, good, 'valid', '-')
    scalar = int.from_bytes(good[32:], 'little')

    def unfit(name, signature, of=digest):
        row('Ed25519: ' + name, key, 'sha256', of, signature, 'invalid', '-')

    unfit('another digest', good, hashlib.sha256(b'x').digest())
    unfit('R changed', bytes([good[0] ^ 1]) + good[1:])
    unfit('S changed', good[:32] + bytes([good[32] ^ 1]) + good[33:])
    unfit('RULES V19: S plus the order of the group', good[:32] + (scalar + ED25519_ORDER).to_bytes(32, 'little'))
    unfit('one octet short', good[:-1])
    unfit('one octet long', good + b'\0')
    unfit('empty', b'')
    unfit('zeros', bytes(64))
    unfit('R the identity, S zero', b'\1' + bytes(63))
    unfit('S is the order of the group', good[:32] + ED25519_ORDER.to_bytes(32, 'little'))


# ---- public keys ----

def der(tag, *contents):
    content = b''.join(contents)
    n = len(content)
    octets = n.to_bytes((n.bit_length() + 7) // 8, 'big')
    return bytes([tag]) + (bytes([n]) if n < 128 else bytes([128 | len(octets)]) + octets) + content


def integer(number):
    return der(2, number.to_bytes(number.bit_length() // 8 + 1, 'big', signed=True))


def oid(text):
    first, second, *rest = map(int, text.split('.'))
    octets = bytes([first * 40 + second])
    for number in rest:
        groups = [number & 127]
        while number := number >> 7:
            groups.insert(0, number & 127 | 128)
        octets += bytes(groups)
    return der(6, octets)


NULL = der(5)
RSA_ENCRYPTION = '1.2.840.113549.1.1.1'


def rsa_public_key(n, e=65537):
    return der(0x30, integer(n), integer(e))


def info(key, algorithm=RSA_ENCRYPTION, parameters=NULL, unused=b'\0', behind=b''):
    return der(0x30, der(0x30, oid(algorithm), parameters), der(3, unused, key), behind)


# Ed25519 (RFC 8032 section 5.1), in affine coordinates: slow and plain
P = 2**255 - 19
D = -121665 * pow(121666, -1, P) % P


def add(a, b):
    (x1, y1), (x2, y2) = a, b
    product = D * x1 * x2 * y1 * y2 % P
    return ((x1 * y2 + x2 * y1) * pow(1 + product, -1, P) % P, (y1 * y2 + x1 * x2) * pow(1 - product, -1, P) % P)


def times(n, point):
    total = (0, 1)
    for bit in bin(n)[2:]:
        total = add(total, total)
        if bit == '1':
            total = add(total, point)
    return total


def with_y(y):
    """The point with that y and an even x, or None."""
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if x * x % P != square:
        x = x * pow(2, (P - 1) // 4, P) % P
    return (P - x if x & 1 else x, y) if x * x % P == square else None


def encode(point):
    x, y = point
    return (y | (x & 1) << 255).to_bytes(32, 'little')


def public_keys():
    rows = []

    def key(name, result, octets, kind='rsa'):
        rows.append(' | '.join([name, kind, octets.hex(), str(result)]))

    moduli = {int(file.stem[3:7].rstrip('-')): Rsa(file.stem).n for file in sorted(HERE.glob('rsa[0-9]*.pem'))
              if not file.stem.endswith('e3')}
    for bits, n in sorted(moduli.items()):
        assert n.bit_length() == bits
        key(f'RULES V17: SubjectPublicKeyInfo of {bits} bits', bits, info(rsa_public_key(n)))
        key(f'RULES V17: bare RSAPublicKey of {bits} bits', bits, rsa_public_key(n))
    n = moduli[512]
    pkcs1 = rsa_public_key(n)

    # RULES V18: size
    key('RULES V18: 8192 bits', 8192, rsa_public_key((1 << 8192) - 1))
    key('RULES V18: 8193 bits', 'too long', rsa_public_key((1 << 8192) + 1))
    key('RULES V18: 511 bits', 'bad modulus', rsa_public_key((1 << 511) - 1))
    key('RULES V18: 512 bits', 512, rsa_public_key((1 << 511) + 1))
    key('modulus zero', 'bad modulus', rsa_public_key(0))
    key('modulus one', 'bad modulus', rsa_public_key(1))
    key('modulus even', 'bad modulus', rsa_public_key(n + 1))
    key('modulus negative', 'bad modulus', rsa_public_key(-n))
    key('modulus without its leading zero, so negative', 'bad modulus',
        der(0x30, der(2, n.to_bytes(64, 'big')), integer(65537)))
    for e, result in ((0, None), (1, None), (2, None), (3, 512), (4, None), (17, 512), (65536, None), (65537, 512),
                      (2**32 - 1, 512), (2**32, None), (2**32 + 1, None), (2**600 + 1, None), (-3, None)):
        key(f'exponent {e}' if abs(e) < 2**40 else 'exponent of 601 bits', result or 'bad exponent', rsa_public_key(n, e))

    # SubjectPublicKeyInfo
    key('parameters left out', 512, info(pkcs1, parameters=b''))
    bad = 'bad encoding'
    key('NULL with content', bad, info(pkcs1, parameters=der(5, b'\0')))
    key('parameters a SEQUENCE', bad, info(pkcs1, parameters=der(0x30)))
    key('two parameters', bad, info(pkcs1, parameters=NULL + NULL))
    key('empty OID', bad, der(0x30, der(0x30, der(6), NULL), der(3, b'\0', pkcs1)))
    key('no OID', bad, der(0x30, der(0x30), der(3, b'\0', pkcs1)))
    key('unused bits 1', bad, info(pkcs1, unused=b'\1'))
    key('unused bits 8', bad, info(pkcs1, unused=b'\10'))
    key('BIT STRING without its first octet', bad, info(pkcs1, unused=b''))
    key('BIT STRING empty', bad, info(b'', unused=b''))
    key('OCTET STRING', bad, der(0x30, der(0x30, oid(RSA_ENCRYPTION), NULL), der(4, b'\0', pkcs1)))
    key('BIT STRING constructed', bad, der(0x30, der(0x30, oid(RSA_ENCRYPTION), NULL), der(0x23, der(3, b'\0', pkcs1))))
    key('SubjectPublicKeyInfo inside another', bad, info(info(pkcs1)))
    key('OID rsassaPss', 'other algorithm', info(pkcs1, '1.2.840.113549.1.1.10', b''))
    key('OID sha256WithRSAEncryption', 'other algorithm', info(pkcs1, '1.2.840.113549.1.1.11'))
    key('OID with one octet more', 'other algorithm', info(pkcs1, RSA_ENCRYPTION + '.1'))
    for file, label in ('ed25519', 'Ed25519'), ('ec-pkcs8', 'P-256'), ('x25519', 'X25519'), ('rsa-pss', 'RSASSA-PSS'):
        spki = openssl('pkey', '-in', str(HERE / f'{file}.pem'), '-pubout', '-outform', 'DER')
        key(f'SubjectPublicKeyInfo for {label}', 'other algorithm', spki)
        if file == 'ed25519':
            ed25519 = spki[-32:]
            key('RULES V19: SubjectPublicKeyInfo under k=ed25519', bad, spki, kind='ed25519')

    # behind and between
    key('an octet behind it', bad, info(pkcs1) + b'\0')
    key('an element behind the BIT STRING', bad, info(pkcs1, behind=NULL))
    key('an octet behind the RSAPublicKey', bad, info(pkcs1 + b'\0'))
    key('an octet behind the bare RSAPublicKey', bad, pkcs1 + b'\0')
    key('three INTEGERs', bad, der(0x30, integer(n), integer(65537), integer(1)))
    key('one INTEGER', bad, der(0x30, integer(n)))
    key('modulus with two leading zeros', bad, der(0x30, der(2, b'\0\0', n.to_bytes(64, 'big')), integer(65537)))
    key('exponent with a leading zero', bad, der(0x30, integer(n), der(2, b'\0\1\0\1')))
    key('exponent without octets', bad, der(0x30, integer(n), der(2)))
    key('exponent an OCTET STRING', bad, der(0x30, integer(n), der(4, b'\1\0\1')))
    key('a SET', bad, b'\x31' + pkcs1[1:])
    key('a private key', bad, openssl('rsa', '-in', str(HERE / 'rsa512.pem'), '-outform', 'DER', '-traditional'))
    key('a private key in PKCS#8', bad, openssl('pkcs8', '-topk8', '-nocrypt', '-in', str(HERE / 'rsa512.pem'), '-outform', 'DER'))
    key('a certificate', bad, openssl('x509', '-in', str(HERE / 'certificate.pem'), '-outform', 'DER'))
    key('PEM text', bad, (HERE / 'public.pem').read_bytes())
    key('nothing', bad, b'')
    key('an empty SEQUENCE', bad, der(0x30))
    key('zeros', bad, bytes(70))
    key('ones', bad, b'\xff' * 70)

    # lengths
    content = integer(n) + integer(65537)
    assert len(content) < 128
    key('indefinite length', bad, b'\x30\x80' + content + b'\0\0')
    key('length in long form for no reason', bad, b'\x30\x81' + bytes([len(content)]) + content)
    key('length with a leading zero', bad, b'\x30\x82\0' + bytes([len(content)]) + content)
    key('length of five octets', bad, b'\x30\x85\0\0\0\0' + bytes([len(content)]) + content)
    key('length 2^31 - 1', bad, b'\x30\x84\x7f\xff\xff\xff' + content)
    key('length 2^32 - 1', bad, b'\x30\x84\xff\xff\xff\xff' + content)
    key('length 2^64 - 1', bad, b'\x30\x88' + b'\xff' * 8 + content)
    key('length of 127 octets', bad, b'\x30\xff' + content)
    key('modulus of 2^32 - 1 octets', bad, der(0x30, b'\2\x84\xff\xff\xff\xff', content))
    key('tag of more than one octet', bad, b'\x3f\x10' + pkcs1[1:])

    # Ed25519
    def point(name, result, octets):
        key(f'RULES V19: {name}', result, octets, 'ed25519')

    point('Ed25519', 256, ed25519)
    for size in 0, 1, 31, 33, 64:
        point(f'Ed25519 of {size} octets', bad, (ed25519 * 2)[:size])
    # a generator of the eight points of small order: a point times the order of the large group
    torsion = next(t for t in (times(ED25519_ORDER, with_y(y)) for y in range(2, 50) if with_y(y)) if times(4, t) != (0, 1))
    for i in range(8):
        small = times(i, torsion)
        point(f'small order, {i} times a point of order 8', 'small order', encode(small))
        if i:
            given = with_y(int.from_bytes(ed25519, 'little') & (1 << 255) - 1)
            point(f'mixed order, a key plus {i} times that point', 'small order', encode(add(given, small)))
    for k in range(19):
        for sign_bit in 0, 1:
            point(f'not canonical, y = p + {k}, sign {sign_bit}', 'small order', (P + k | sign_bit << 255).to_bytes(32, 'little'))
    for y in 1, P - 1:
        point(f'x = 0 with the sign of an odd x, y = {"1" if y == 1 else "-1"}', 'small order', (y | 1 << 255).to_bytes(32, 'little'))
    point('no point of the curve', 'small order', next(y for y in range(2, 50) if not with_y(y)).to_bytes(32, 'little'))
    return rows


def write(name, rows):
    (HERE / name).write_text('# Written by make.py, which also says what the columns are.\n' + '\n'.join(rows) + '\n')


def main():
    signatures()
    write('signatures.txt', ROWS)
    write('public_keys.txt', public_keys())


if __name__ == '__main__':
    main()
