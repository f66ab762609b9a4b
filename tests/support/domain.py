"""example.com for tests of the service: keys, the records that belong to them, messages, and what others say of its signatures.

    with Service(SIGN, dns=DNS, files=KEYS) as service: ...
    assert judged_by_perl([octets]) == ['pass pass']
"""
import json
import os
import subprocess
import tempfile
from pathlib import Path

from tap import SOURCE

try:
    import dkim
except ImportError:
    dkim = None

MAIL_DKIM = SOURCE / 'tests/cli/mail_dkim.pl'


def make_key(kind='rsa'):
    arguments = ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048'] if kind == 'rsa' else ['-algorithm', 'ED25519']
    return subprocess.run(['openssl', 'genpkey', *arguments], check=True, capture_output=True).stdout


def record(pem):
    made = subprocess.run([os.environ['INKAN'], 'key', 'show', '--json', '/dev/stdin'], input=pem, capture_output=True, check=True)
    return json.loads(made.stdout)['value']


KEYS = {'rsa.pem': make_key(), 'ed.pem': make_key('ed25519')}
DNS = {'r1._domainkey.example.com': {'TXT': [record(KEYS['rsa.pem'])]},
       'e1._domainkey.example.com': {'TXT': [record(KEYS['ed.pem'])]},
       'example.com': {'TXT': ['v=spf1 ip4:192.0.2.0/24 -all']},
       '_dmarc.example.com': {'TXT': ['v=DMARC1; p=reject']}}
SIGN_RSA = '''sign:
  - from: example.com
    keys: [{selector: r1, file: rsa.pem}]
'''
SIGN = '''sign:
  - from: example.com
    keys: [{selector: r1, file: rsa.pem}, {selector: e1, file: ed.pem}]
'''
OURS, STRANGER = '192.0.2.1', '198.51.100.1'  # a client that SPF of example.com knows, and one that it does not


def letter(number=1, author='alice@example.com', body=b'Hello.\r\n\r\n. dot\r\n'):
    return (f'From: Alice <{author}>\r\nTo: bob@example.org\r\nSubject: letter {number}\r\n\tfolded\r\n'
            f'Date: Sun, 22 Nov 2026 10:00:00 +0000\r\nMessage-ID: <{number}@example.com>\r\n\r\n').encode() + body


def fields(message, name):
    """The values of a field, unfolded, from the top."""
    header = message.split(b'\r\n\r\n')[0].replace(b'\r\n ', b' ').replace(b'\r\n\t', b' ').decode('utf-8', 'replace')
    return [value.strip() for line in header.split('\r\n') for key, _, value in [line.partition(':')] if key.lower() == name.lower()]


def no_perl():
    """Why Mail::DKIM cannot judge, or nothing."""
    done = subprocess.run(['perl', '-MMail::DKIM', '-MJSON::PP', '-e', '1'], stderr=subprocess.DEVNULL)
    return 'no Mail::DKIM' if done.returncode else ''


def judged_by_perl(messages, dns=None):
    """A line for each message: the results of its signatures."""
    with tempfile.TemporaryDirectory(prefix='inkan-judge-') as folder:
        paths = [Path(folder, f'{i}.eml') for i in range(len(messages))]
        for path, message in zip(paths, messages):
            path.write_bytes(message)
        Path(folder, 'dns.json').write_text(json.dumps(dns or DNS))
        done = subprocess.run(['perl', MAIL_DKIM, 'verify', Path(folder, 'dns.json'), *paths], capture_output=True, timeout=60)
        assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode().splitlines()


def judged_by_dkimpy(message, index=0, dns=None):
    """Whether dkimpy finds that signature (from the top) good."""
    def look_up(name, timeout=5):
        text = (dns or DNS).get(name.decode().rstrip('.'), {}).get('TXT')
        return text[0].encode() if text else None
    return dkim.DKIM(message).verify(idx=index, dnsfunc=look_up)
