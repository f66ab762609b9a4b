#!/usr/bin/python3
"""inkan seal: the set on top, every other octet as it was, what the next host says, and what is refused."""
import base64
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / 'tests/support'))

from tap import SOURCE, case, main, run

DATA = SOURCE / 'tests/cli/data'
LAB = SOURCE / 'lab/messages'
KEY = ['--domain', 'example.org', '--selector', 's1', '--key', DATA / 'rsa.pem']
UNSIGNABLE = {'bare-cr': b'CR that is not followed by LF', 'two-from': b'more than one From'}
MESSAGE = b'From: a@example.com\r\nTo: b@example.net\r\nSubject: x\r\n\r\nbody\r\n'
AT = ['--at', '1700000000']


def public_key():
    der = subprocess.run(['openssl', 'pkey', '-in', str(DATA / 'rsa.pem'), '-pubout', '-outform', 'DER'], check=True,
                         stdout=subprocess.PIPE).stdout
    return 'v=DKIM1; p=' + base64.b64encode(der).decode()


FOLDER = tempfile.TemporaryDirectory()
ZONE = Path(FOLDER.name) / 'zone.json'
ZONE.write_text(json.dumps({
    's1._domainkey.example.org': {'TXT': [public_key()]}, 'r1._domainkey.example.com': {'TXT': [public_key()]},
    '_dmarc.example.com': {'TXT': ['v=DMARC1; p=reject']}, 'example.com': {'TXT': ['v=spf1 ip4:192.0.2.1 -all']}}))
DNS = ['--dns', ZONE]


def seal(*arguments, input=None, key=KEY, id='mx.example.org'):
    return run('seal', *key, '--authserv-id', id, *DNS, *arguments, input=input)


def refused(done, code, *words):
    assert done.returncode == code, done
    assert done.stdout == b'', done.stdout
    for word in words:
        assert word in done.stderr, done.stderr


def judged(message):
    return json.loads(run('verify', '--json', *DNS, '-', input=message).stdout)


def fields_of(sealed, original, end=b'\r\n'):
    """The three fields in front of the message; the rest must be the message."""
    assert sealed.endswith(original)
    text = sealed[:len(sealed) - len(original)]
    assert text.endswith(end) and (end == b'\n') == (b'\r' not in text)
    fields = re.split(rb'\r?\n(?![ \t])', text)[:-1]
    assert [f.split(b':')[0] for f in fields] == [b'ARC-Seal', b'ARC-Message-Signature', b'ARC-Authentication-Results'], fields
    return [re.sub(rb'\s+', b' ', f) for f in fields]


def seal_lab(path):
    original = path.read_bytes()
    end = b'\n' if path.stem == 'lf-only' else b'\r\n'
    done = seal(path)
    if path.stem in UNSIGNABLE:
        refused(done, 1, UNSIGNABLE[path.stem])
        return
    assert done.returncode == 0, done.stderr
    fields_of(done.stdout, original, end)
    verdict = judged(done.stdout)
    assert verdict['authentication_results'].count('arc=pass (i=1') == 1, verdict
    assert seal('-', *AT, input=original).stdout == seal(path, *AT).stdout  # through a pipe


for message in sorted(LAB.glob('*.eml')):
    case(f'sealed, and the chain passes: {message.stem}')(lambda message=message: seal_lab(message))


@case('what was found is recorded')
def _():
    signed = run('sign', '--domain', 'example.com', '--selector', 'r1', '--key', DATA / 'rsa.pem', *AT, input=MESSAGE).stdout
    done = seal('--ip', '192.0.2.1', '--helo', 'h.example.com', '--mail-from', 'a@example.com', *AT, input=signed)
    top, middle, results = fields_of(done.stdout, signed)
    for word in (b'i=1; mx.example.org;', b'spf=pass', b'smtp.mailfrom=a@example.com', b'dkim=pass', b'header.d=example.com',
                 b'arc=none', b'dmarc=pass'):
        assert word in results, (word, results)
    assert b'dkim-signature' in middle and b't=1700000000' in middle
    assert b'cv=none; d=example.org; i=1; s=s1; t=1700000000' in top


@case('without a session there is no SPF')
def _():
    assert b'spf=' not in fields_of(seal(input=MESSAGE).stdout, MESSAGE)[2]


@case('two hosts, then a change, then a third')
def _():
    first = seal(input=MESSAGE).stdout
    second = seal(input=first).stdout
    assert b'cv=pass' in fields_of(second, first)[0]
    changed = second.replace(b'Subject: x', b'Subject: y')
    third = seal(input=changed).stdout
    top, _, results = fields_of(third, changed)
    assert b'cv=fail; d=example.org; i=3' in top and b'arc=fail' in results
    refused(seal(input=third), 1, b'cv=fail')


@case('trusted results')
def _():
    ours = b'Authentication-Results: mx.example.org; spf=softfail; dkim=pass header.d=b.example\r\n' + MESSAGE
    assert b'softfail' not in fields_of(seal(input=ours).stdout, ours)[2]
    assert b'i=1; mx.example.org; spf=softfail; dkim=pass header.d=b.example; arc=none' in \
        fields_of(seal('--trust-results', input=ours).stdout, ours)[2]


@case('--headers goes into the message signature')
def _():
    assert b'h=from:subject:subject;' in fields_of(seal('--headers', 'from:subject:subject', input=MESSAGE).stdout, MESSAGE)[1]


@case('--json prints the fields alone')
def _():
    printed = json.loads(seal('--json', *AT, input=MESSAGE).stdout)
    plain = seal(*AT, input=MESSAGE).stdout
    assert ''.join(field + '\r\n' for field in printed['fields']).encode() + MESSAGE == plain
    assert printed['file'] == '-' and len(printed['fields']) == 3


@case('--save-dns keeps what was asked, and seals again from it')
def _():
    sealed = seal(input=MESSAGE).stdout
    saved = Path(FOLDER.name) / 'saved.json'
    first = seal('--save-dns', saved, *AT, input=sealed).stdout
    again = run('seal', *KEY, '--authserv-id', 'mx.example.org', '--dns', saved, *AT, input=sealed).stdout
    assert first == again and b'cv=pass' in first
    assert 's1._domainkey.example.org' in json.loads(saved.read_text())


USAGE = [
    ('no domain', KEY[2:], [], b'--domain'),
    ('no selector', KEY[:2] + KEY[4:], [], b'--selector'),
    ('no key', KEY[:4], [], b'--key'),
    ('an Ed25519 key', KEY[:4] + ['--key', DATA / 'ed25519.pem'], [], b'RSA'),
    ('a domain that is none', ['--domain', 'x'] + KEY[2:], [], b'domain'),
    ('a selector that is none', KEY[:2] + ['--selector', 'a b'] + KEY[4:], [], b'selector'),
    ('headers without From', KEY, ['--headers', 'to'], b'From'),
    ('headers with ARC-Seal', KEY, ['--headers', 'from:arc-seal'], b'header list'),
    ('an address that is none', KEY, ['--ip', '192.0.2'], b'192.0.2'),
    ('a key file that is none', KEY[:4] + ['--key', LAB / 'plain.eml'], [], b'plain.eml'),
    ('a message that is not there', KEY, ['/nonexistent'], b'/nonexistent'),
    ('an empty message', KEY, ['/dev/null'], b'empty'),
]

for name, key, arguments, word in USAGE:
    case(f'usage: {name}')(lambda key=key, arguments=arguments, word=word: refused(
        seal(*arguments, input=MESSAGE, key=key), 2, word))


@case('usage: no authserv-id, or one that is none')
def _():
    refused(run('seal', *KEY, *DNS, input=MESSAGE), 2, b'--authserv-id')
    refused(seal(input=MESSAGE, id='あ'), 2, b'authserv_id')


@case('refused: no From, bare CR, an mbox')
def _():
    refused(seal(input=b'To: b@example.net\r\n\r\n'), 1, b'From')
    refused(seal(input=MESSAGE + b'a\rb\r\n'), 1, b'CR')
    refused(seal(input=b'From a@example.com Sat Nov 21 18:30:00 2026\n' + MESSAGE), 2, b'mbox')


@case('a key of the chain that cannot be fetched now: not sealed, as that could not be taken back')
def _():
    sealed = seal('-', *AT, input=MESSAGE).stdout
    with tempfile.TemporaryDirectory() as folder:
        zone = Path(folder) / 'zone.json'
        for trouble in ('TIMEOUT', 'SERVFAIL'):
            zone.write_text(json.dumps({'s1._domainkey.example.org': {'_error': {'TXT': trouble}}}))
            done = run('seal', *KEY, '--authserv-id', 'mx.example.org', '--dns', zone, '-', input=sealed)
            refused(done, 3, b'cannot be fetched now', b'try again later')
        zone.write_text('{}')
        done = run('seal', *KEY, '--authserv-id', 'mx.example.org', '--dns', zone, '-', input=sealed)
        assert done.returncode == 0 and b'cv=fail' in done.stdout, done


@case('a large message through a pipe: the temporary file leaves no trace')
def _():
    message = MESSAGE + b'line of text\r\n' * 200000
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run([os.environ['INKAN'], 'seal', *map(str, KEY), '--authserv-id', 'mx.example.org', '--dns', ZONE],
                              input=message, stdout=subprocess.PIPE, env=dict(os.environ, TMPDIR=folder))
        assert done.returncode == 0
        fields_of(done.stdout, message)
        assert os.listdir(folder) == []


@case('Japanese')
def _():
    refused(seal('--lang', 'ja', input=b'To: b@example.net\r\n\r\n'), 1, '封印しませんでした'.encode())


main()
