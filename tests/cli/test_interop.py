#!/usr/bin/python3
"""What inkan signs, others verify; what others sign, inkan verifies: Mail::DKIM (Perl) and dkimpy (Python), for every
message of the laboratory and of conformance/dkim/unsigned, in all four canonical forms, with RSA and Ed25519."""
import base64
import functools
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / 'tests/support'))

from tap import CONFORMANCE, SOURCE, case, main, run, skip

try:
    import dkim
except ImportError:
    dkim = None
try:
    import nacl
except ImportError:
    nacl = None

DATA = SOURCE / 'tests/cli/data'
DNS = json.loads((DATA / 'dns.json').read_text())
CANONICALIZATIONS = ('simple/simple', 'simple/relaxed', 'relaxed/simple', 'relaxed/relaxed')
KEYS = {'rsa': ('r1', DATA / 'rsa.pem'), 'ed25519': ('e1', DATA / 'ed25519.pem')}
NO_PERL = subprocess.run(['perl', '-MMail::DKIM', '-MJSON::PP', '-e', '1'], stderr=subprocess.DEVNULL).returncode != 0
WORK = tempfile.TemporaryDirectory()
FOLDER = Path(WORK.name)

# What a peer does not do. Its result then says nothing about ours.
DKIMPY_CANNOT = {
    'odd-headers': 'dkimpy refuses white space before the colon of a field',
}
DKIMPY_SLOW = {'long-lines'}  # 12 s for the relaxed form of a body with 70,000 spaces in a line
PERL_CANNOT = {'no-final-newline': 'Mail::DKIM does not add the CRLF that a body lacks (RFC 6376 section 3.4.3)'}

MESSAGES = [path for path in sorted((SOURCE / 'lab/messages').glob('*.eml')) if path.stem not in ('bare-cr', 'two-from')]
UNSIGNED = sorted((CONFORMANCE / 'dkim/unsigned').glob('*.eml'))
if not UNSIGNED:
    case('messages of conformance/dkim/unsigned')(lambda: skip('the conformance data is not here'))
MESSAGES += UNSIGNED
UNSIGNABLE = {'007-duplicate-headers'}  # two Subject fields: others sign that, inkan does not


def name_of(path, canonicalization, algorithm='rsa'):
    return FOLDER / f'{path.stem}.{canonicalization.replace("/", "-")}.{algorithm}.eml'


def normalised(path):
    return re.sub(rb'(?<!\r)\n', b'\r\n', path.read_bytes())


@functools.lru_cache(maxsize=None)
def signed_by_inkan(path, canonicalization, algorithm):
    selector, key = KEYS[algorithm]
    done = run('sign', '--domain', 'example.com', '--selector', selector, '--key', key, '--canonicalization',
               canonicalization, path)
    assert done.returncode == 0, done.stderr
    name_of(path, canonicalization, algorithm).write_bytes(done.stdout)
    return done.stdout


def txt(name, timeout=5):
    records = DNS.get(name.decode().rstrip('.').lower() if isinstance(name, bytes) else name.rstrip('.').lower(), {})
    for record in records.get('TXT', []):
        return (''.join(record) if isinstance(record, list) else record).encode()
    return None


# ---- Mail::DKIM ----

def perl(*arguments):
    done = subprocess.run(['perl', SOURCE / 'tests/cli/mail_dkim.pl', *arguments], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@functools.lru_cache(maxsize=None)
def judged_by_perl():
    """{file: results}, of all at once: starting Perl is slow."""
    files = []
    for path in MESSAGES:
        if path.stem in UNSIGNABLE:
            continue
        for canonicalization in CANONICALIZATIONS:
            signed_by_inkan(path, canonicalization, 'rsa')
            files.append(name_of(path, canonicalization))
    return dict(zip(files, perl('verify', DATA / 'dns.json', *files)))


@functools.lru_cache(maxsize=None)
def signed_by_perl():
    """{file: verdict of inkan}"""
    files = []
    for canonicalization in CANONICALIZATIONS:
        here = [FOLDER / f'{path.stem}.{canonicalization.replace("/", "-")}.perl' for path in MESSAGES]
        for path, copy in zip(MESSAGES, here):
            copy.write_bytes(path.read_bytes())
        perl('sign', DATA / 'rsa.pem', 'example.com', 'r1', canonicalization, *here)
        files += [Path(f'{copy}.signed') for copy in here]
    done = run('verify', '--json', '--dns', DATA / 'dns.json', *files)
    verdicts = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(verdicts) == len(files)
    return {Path(verdict['file']): verdict for verdict in verdicts}


def need_perl(path):
    if NO_PERL:
        skip('no Mail::DKIM')
    if path.stem in PERL_CANNOT:
        skip(PERL_CANNOT[path.stem])


def perl_verifies(path):
    need_perl(path)
    for canonicalization in CANONICALIZATIONS:
        result = judged_by_perl()[name_of(path, canonicalization)]
        assert result == 'pass', (canonicalization, result)


def inkan_verifies_perl(path):
    need_perl(path)
    for canonicalization in CANONICALIZATIONS:
        verdict = signed_by_perl()[FOLDER / f'{path.stem}.{canonicalization.replace("/", "-")}.perl.signed']
        assert verdict['dkim'][0]['result'] == 'pass', (canonicalization, verdict)


# ---- dkimpy ----

def need_dkimpy(path, algorithm):
    if dkim is None:
        skip('no dkimpy')
    if algorithm == 'ed25519' and nacl is None:
        skip('dkimpy without PyNaCl')
    if path.stem in DKIMPY_CANNOT:
        skip(DKIMPY_CANNOT[path.stem])


def forms_for_dkimpy(path):
    return [form for form in CANONICALIZATIONS if path.stem not in DKIMPY_SLOW or form.endswith('/simple')]


def dkimpy_verifies(path, algorithm):
    need_dkimpy(path, algorithm)
    for canonicalization in forms_for_dkimpy(path):
        message = re.sub(rb'(?<!\r)\n', b'\r\n', signed_by_inkan(path, canonicalization, algorithm))
        assert dkim.verify(message, dnsfunc=txt), canonicalization


def ed25519_seed():
    """dkimpy wants the base64 of the 32 octets, which end the PKCS#8 form."""
    der = base64.b64decode(''.join((DATA / 'ed25519.pem').read_text().splitlines()[1:-1]))
    return base64.b64encode(der[-32:])


def sign_with_dkimpy(path, algorithm, canonicalization, **options):
    selector, key = KEYS[algorithm]
    private = ed25519_seed() if algorithm == 'ed25519' else key.read_bytes()
    message = normalised(path)
    field = dkim.sign(message, selector.encode(), b'example.com', private, signature_algorithm=f'{algorithm}-sha256'.encode(),
                      canonicalize=tuple(word.encode() for word in canonicalization.split('/')), **options)
    return field + message


def inkan_verifies_dkimpy(path, algorithm):
    need_dkimpy(path, algorithm)
    for canonicalization in forms_for_dkimpy(path):
        signed = sign_with_dkimpy(path, algorithm, canonicalization)
        done = run('verify', '--json', '--dns', DATA / 'dns.json', '-', input=signed)
        assert json.loads(done.stdout)['dkim'][0]['result'] == 'pass', (canonicalization, done.stdout)


for message in MESSAGES:
    if message.stem not in UNSIGNABLE:
        case(f'Mail::DKIM verifies inkan: {message.stem}')(lambda message=message: perl_verifies(message))
    case(f'inkan verifies Mail::DKIM: {message.stem}')(lambda message=message: inkan_verifies_perl(message))
    for algorithm in KEYS:
        if message.stem not in UNSIGNABLE:
            case(f'dkimpy verifies inkan: {message.stem}, {algorithm}')(
                lambda message=message, algorithm=algorithm: dkimpy_verifies(message, algorithm))
        case(f'inkan verifies dkimpy: {message.stem}, {algorithm}')(
            lambda message=message, algorithm=algorithm: inkan_verifies_dkimpy(message, algorithm))


@case('S1-7 l= of dkimpy: refused by default, honoured on request, and explained')
def _():
    plain = SOURCE / 'lab/messages/plain.eml'
    need_dkimpy(plain, 'rsa')
    signed = sign_with_dkimpy(plain, 'rsa', 'relaxed/relaxed', length=True)
    longer = signed + b'an unsigned footer\r\n'
    for message, option, code, result in ((signed, [], 0, 'pass'), (longer, [], 1, 'policy'),
                                          (longer, ['--allow-partial-body'], 0, 'pass')):
        done = run('verify', '--json', '--dns', DATA / 'dns.json', *option, '-', input=message)
        verdict = json.loads(done.stdout)
        assert (done.returncode, verdict['dkim'][0]['result']) == (code, result), (option, verdict)
    assert any('covers only a part of the body' in said['text'] for said in verdict['why']), verdict
    verdict = json.loads(run('verify', '--json', '--dns', DATA / 'dns.json', '-', input=longer).stdout)['dkim'][0]
    assert verdict['explanation']['kind'] == 'receiver_policy', verdict
    assert f'first {verdict["body_length"]} octets' in verdict['explanation']['text'], verdict


@case('rsa-sha1 and short keys: refused by default, accepted with --allow-legacy')
def _():
    if NO_PERL:
        skip('no Mail::DKIM')
    path = FOLDER / 'sha1'
    path.write_bytes((SOURCE / 'lab/messages/plain.eml').read_bytes())
    program = (SOURCE / 'tests/cli/mail_dkim.pl').read_text().replace('rsa-sha256', 'rsa-sha1')
    done = subprocess.run(['perl', '-', 'sign', DATA / 'rsa.pem', 'example.com', 'r1', 'relaxed', path], input=program,
                          text=True, stderr=subprocess.PIPE)
    assert done.returncode == 0, done.stderr
    signed = Path(f'{path}.signed')
    refused = run('verify', '--json', '--dns', DATA / 'dns.json', signed)
    result = json.loads(refused.stdout)['dkim'][0]
    assert refused.returncode == 1 and result['cause'] == 'policy' and 'RFC 8301' in result['section'], result
    assert run('verify', '--json', '--dns', DATA / 'dns.json', '--allow-legacy', signed).returncode == 0


main()
