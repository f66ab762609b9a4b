#!/usr/bin/python3
"""inkan sign: fields on top, every other octet as it was, and what is refused."""
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
RSA = ['--selector', 'r1', '--key', DATA / 'rsa.pem']
ED25519 = ['--selector', 'e1', '--key', DATA / 'ed25519.pem']
UNSIGNABLE = {'bare-cr': b'CR that is not followed by LF', 'two-from': b'more than one From'}
MESSAGE = b'From: a@example.com\r\nTo: b@example.net\r\nSubject: x\r\n\r\nbody\r\n'


def sign(*arguments, input=None, keys=RSA):
    return run('sign', '--domain', 'example.com', *keys, *arguments, input=input)


def refused(done, code, *words):
    assert done.returncode == code, done
    assert done.stdout == b'', done.stdout
    for word in words:
        assert word in done.stderr, done.stderr


def split_fields(signed, original):
    """The octets in front of the message; the rest must be the message."""
    assert signed.endswith(original)
    return signed[:len(signed) - len(original)]


def check_fields(fields, end, count):
    """`count` whole fields, every line ended by `end`, no line longer than 78 columns."""
    assert fields.endswith(end)
    lines = fields[:-len(end)].split(end)
    assert sum(line.startswith(b'DKIM-Signature: v=1; ') for line in lines) == count, fields
    for line in lines:
        assert line.startswith((b'DKIM-Signature:', b' ')), line
        assert b'\r' not in line and b'\n' not in line, line
        assert len(line) <= 78, line


def sign_lab(path):
    original = path.read_bytes()
    end = b'\n' if path.stem == 'lf-only' else b'\r\n'
    done = sign(path, keys=RSA + ED25519)
    if path.stem in UNSIGNABLE:
        refused(done, 1, UNSIGNABLE[path.stem])
        return
    assert done.returncode == 0, done.stderr
    check_fields(split_fields(done.stdout, original), end, 2)
    for how in (['-'], []):  # the same through a pipe, which cannot be read twice
        assert sign(*how, '--at', '1700000000', input=original).stdout == sign(path, '--at', '1700000000').stdout


for message in sorted(LAB.glob('*.eml')):
    case(f'every octet stays: {message.stem}')(lambda message=message: sign_lab(message))


@case('line ends of the field follow the first line of the message')
def _():
    for first, second, want in ((b'\n', b'\r\n', b'\n'), (b'\r\n', b'\n', b'\r\n')):
        message = b'From: a@example.com' + first + b'Subject: x' + second + second + b'body' + first
        check_fields(split_fields(sign(input=message).stdout, message), want, 1)


@case('a message of one line without an end')
def _():
    check_fields(split_fields(sign(input=b'From: a@example.com').stdout, b'From: a@example.com'), b'\r\n', 1)


@case('line end cut in two by the size of a read')
def _():
    message = b'From: ' + b'a' * (65536 - 7) + b'\r\n\r\nbody\r\n'
    assert message[65535:65537] == b'\r\n'
    check_fields(split_fields(sign(input=message).stdout, message), b'\r\n', 1)


@case('a large message through a pipe: the temporary file leaves no trace')
def _():
    message = MESSAGE + b'line of text\r\n' * 200000
    with tempfile.TemporaryDirectory() as folder:
        program = os.environ['INKAN']
        done = subprocess.run([program, 'sign', '--domain', 'example.com', *map(str, RSA)], input=message,
                              stdout=subprocess.PIPE, env=dict(os.environ, TMPDIR=folder))
        assert done.returncode == 0
        check_fields(split_fields(done.stdout, message), b'\r\n', 1)
        assert os.listdir(folder) == []


@case('no room for the temporary file')
def _():
    done = subprocess.run([os.environ['INKAN'], 'sign', '--domain', 'example.com', *map(str, RSA)],
                          input=MESSAGE + b'x\r\n' * 200000, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          env=dict(os.environ, TMPDIR='/nonexistent'))
    refused(done, 4, b'TMPDIR')


@case('standard input that is a file is signed from where it stands')
def _():
    with tempfile.TemporaryFile() as file:
        file.write(b'skipped' + MESSAGE)
        file.flush()
        os.lseek(file.fileno(), 7, os.SEEK_SET)
        done = subprocess.run([os.environ['INKAN'], 'sign', '--domain', 'example.com', *map(str, RSA)], stdin=file,
                              stdout=subprocess.PIPE)
        check_fields(split_fields(done.stdout, MESSAGE), b'\r\n', 1)


@case('options go into the field')
def _():
    done = sign('--canonicalization', 'simple/relaxed', '--identity', 'user@sub.example.com', '--expire', '3600', '--at',
                '2023-11-14T22:13:20Z', '--headers', 'from:from:subject', input=MESSAGE)
    field = re.sub(rb'\s+', b' ', done.stdout)
    for tag in (b'c=simple/relaxed;', b'd=example.com;', b's=r1;', b't=1700000000;', b'x=1700003600;',
                b'i=user@sub.example.com;', b'h=from:from:subject;', b'a=rsa-sha256;'):
        assert tag in field, (tag, field)


@case('one word for the canonicalization leaves the body simple')
def _():
    assert b'c=relaxed/simple;' in sign('--canonicalization', 'relaxed', input=MESSAGE).stdout


@case('PKCS#1 keys, and keys in the order they were given')
def _():
    done = sign(input=MESSAGE, keys=ED25519 + ['--selector', 'p1', '--key', DATA / 'rsa-pkcs1.pem'])
    fields = split_fields(done.stdout, MESSAGE)
    check_fields(fields, b'\r\n', 2)
    assert fields.index(b'a=ed25519-sha256') < fields.index(b'a=rsa-sha256')


@case('--json prints the fields alone')
def _():
    done = sign('--json', '--at', '1700000000', input=MESSAGE, keys=RSA + ED25519)
    printed = json.loads(done.stdout)
    assert printed['file'] == '-'
    plain = sign('--at', '1700000000', input=MESSAGE, keys=RSA + ED25519).stdout
    assert ''.join(field + '\r\n' for field in printed['fields']).encode() == split_fields(plain, MESSAGE)
    assert len(printed['fields']) == 2


USAGE = [
    ('no domain', ['--selector', 'r1', '--key', DATA / 'rsa.pem'], b'--domain'),
    ('no key', ['--domain', 'example.com'], b'--key'),
    ('a selector without a key', ['--domain', 'example.com', *RSA, '--selector', 'x'], b'2 --selector and 1 --key'),
    ('nine keys', ['--domain', 'example.com', *RSA * 9], b'more than 8'),
    ('one selector twice', ['--domain', 'example.com', *RSA, '--selector', 'r1', '--key', DATA / 'ed25519.pem'], b''),
    ('a domain that is none', ['--domain', 'no domain', *RSA], b''),
    ('an identity elsewhere', ['--domain', 'example.com', '--identity', 'a@example.net', *RSA], b''),
    ('headers without From', ['--domain', 'example.com', '--headers', 'to', *RSA], b''),
    ('an unknown canonicalization', ['--domain', 'example.com', '--canonicalization', 'nofws', *RSA], b'nofws'),
    ('an unknown canonicalization of the body', ['--domain', 'example.com', '--canonicalization', 'simple/', *RSA],
     b'simple/'),
    ('a key file that is none', ['--domain', 'example.com', '--selector', 'x', '--key', LAB / 'plain.eml'], b'plain.eml'),
    ('a key file that is not there', ['--domain', 'example.com', '--selector', 'x', '--key', '/nonexistent'],
     b'/nonexistent'),
    ('a message that is not there', ['--domain', 'example.com', *RSA, '/nonexistent'], b'/nonexistent'),
    ('a folder as message', ['--domain', 'example.com', *RSA, '/'], b'/'),
    ('an empty message', ['--domain', 'example.com', *RSA, '/dev/null'], b'empty'),
]

for name, arguments, word in USAGE:
    case(f'usage: {name}')(lambda arguments=arguments, word=word: refused(run('sign', *arguments, input=MESSAGE), 2, word))


@case('an mbox is not a message')
def _():
    refused(sign(input=b'From a@example.com Sat Nov 21 18:30:00 2026\n' + MESSAGE), 2, b'mbox')


@case('refused: no From, two Subject fields, bare CR')
def _():
    refused(sign(input=b'To: b@example.net\r\n\r\n'), 1, b'From')
    refused(sign(input=MESSAGE.replace(b'Subject', b'Subject: y\r\nSubject')), 1, b'Subject')
    refused(sign(input=MESSAGE + b'a\rb\r\n'), 1, b'CR')


@case('a key that others can read is warned of, and used')
def _():
    with tempfile.TemporaryDirectory() as folder:
        key = Path(folder) / 'key.pem'
        key.write_bytes((DATA / 'rsa.pem').read_bytes())
        for mode, warned in ((0o600, False), (0o640, True), (0o604, True)):
            key.chmod(mode)
            done = sign(input=MESSAGE, keys=['--selector', 'r1', '--key', key])
            assert done.returncode == 0
            assert (b'chmod 600' in done.stderr) == warned, (mode, done.stderr)


@case('output that cannot be written is an error')
def _():
    with open('/dev/full', 'wb') as full:
        done = subprocess.run([os.environ['INKAN'], 'sign', '--domain', 'example.com', *map(str, RSA), LAB / 'plain.eml'],
                              stdout=full, stderr=subprocess.PIPE)
        assert done.returncode == 4, done
        assert b'not complete' in done.stderr


@case('Japanese')
def _():
    refused(sign('--lang', 'ja', input=b'To: b@example.net\r\n\r\n'), 1, '署名しませんでした'.encode())


main()
