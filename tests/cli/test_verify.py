#!/usr/bin/python3
"""inkan verify: messages in every container, results in order, exit codes, JSON, evidence, the explanations."""
import atexit
import base64
import hashlib
import html.parser
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / 'tests/support'))

from name_server import NameServer
from tap import SOURCE, case, main, run, skip

DATA = SOURCE / 'tests/cli/data'
LAB = SOURCE / 'lab/messages'
DNS = ['--dns', DATA / 'dns.json']
AT = ['--at', '1700000000']
KEYS = {'rsa': ['--selector', 'r1', '--key', DATA / 'rsa.pem'],
        'ed25519': ['--selector', 'e1', '--key', DATA / 'ed25519.pem']}
UNSIGNABLE = {'bare-cr', 'two-from'}
PLAIN = LAB / 'plain.eml'


def sign(message, *arguments, keys=KEYS['rsa']):
    done = run('sign', '--domain', 'example.com', *AT, *keys, *arguments, input=message)
    assert done.returncode == 0, done.stderr
    return done.stdout


def verify(*arguments, input=None):
    """(exit code, [JSON objects], standard error)"""
    done = run('verify', '--json', *DNS, *AT, *arguments, input=input)
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr


def snapshot(records):
    """--dns with the keys of the tests, and more records."""
    names = json.loads((DATA / 'dns.json').read_text())
    names.update(records)
    file = tempfile.NamedTemporaryFile('w', suffix='.json', delete=False)
    json.dump(names, file)
    file.close()
    atexit.register(os.unlink, file.name)
    return ['--dns', file.name]


POLICY = {'_dmarc.example.com': {'TXT': ['v=DMARC1; p=quarantine']},
          'example.com': {'TXT': ['v=spf1 ip4:192.0.2.0/24 -all']},
          'bounces.example.net': {'TXT': ['v=spf1 ip4:192.0.2.0/24 -all']}}
WITH_POLICY = snapshot(POLICY)
SESSION = ['--ip', '192.0.2.25', '--helo', 'mail.example.com', '--mail-from', 'robin.specimen@example.com']


def why_of(verdict, name):
    return next((s['text'] for s in verdict['why'] if s['id'] == name), None)


def fix_of(verdict, name):
    return next((s['text'] for s in verdict['fix'] if s['id'] == name), None)


def verify_one(message, *arguments):
    code, objects, _ = verify(*arguments, '-', input=message)
    assert len(objects) == 1, objects
    return code, objects[0]


SIGNED = sign(PLAIN.read_bytes())
BROKEN = SIGNED[:-10] + b'X' + SIGNED[-9:]
UNSIGNED = PLAIN.read_bytes()


# ---- what was signed verifies ----

def round_trip(path, algorithm, canonicalization):
    signed = sign(path.read_bytes(), '--canonicalization', canonicalization, keys=KEYS[algorithm])
    code, verdict = verify_one(signed)
    assert code == 0, verdict
    result = verdict['dkim'][0]
    assert (result['result'], result['cause'], result['reason']) == ('pass', 'ok', ''), result
    assert result['canonicalization'] == canonicalization
    assert result['algorithm'] == algorithm + '-sha256'
    assert result['body_hash']['signed'] == result['body_hash']['computed'] != ''


for message in sorted(LAB.glob('*.eml')):
    if message.stem in UNSIGNABLE:
        continue
    for algorithm in KEYS:
        for canonicalization in ('simple/simple', 'simple/relaxed', 'relaxed/simple', 'relaxed/relaxed'):
            case(f'signed and verified: {message.stem} {algorithm} {canonicalization}')(
                lambda message=message, algorithm=algorithm, canonicalization=canonicalization:
                round_trip(message, algorithm, canonicalization))


# ---- JSON ----

@case('JSON has the members of the contract, in any order, and no more')
def _():
    code, verdict = verify_one(SIGNED)
    assert set(verdict) == {'file', 'from', 'verdict', 'reason', 'summary', 'session', 'spf', 'dkim', 'arc', 'dmarc', 'warnings',
                            'why', 'fix', 'hops', 'authentication_results'}, verdict
    assert verdict['file'] == '-'
    assert verdict['from'] == {'address': 'robin.specimen@example.com', 'domain': 'example.com'}, verdict['from']
    assert verdict['warnings'] == []
    assert (verdict['verdict'], verdict['reason']) == ('none', 'no_policy'), verdict
    assert verdict['summary'].startswith('example.com publishes no DMARC policy'), verdict['summary']
    assert set(verdict['spf']) >= {'result', 'identity', 'domain', 'mechanism', 'explanation', 'lookups', 'void_lookups',
                                   'aligned', 'reason'}, verdict['spf']
    assert set(verdict['dmarc']) >= {'result', 'policy_domain', 'record', 'policy', 'disposition', 'spf_aligned', 'dkim_aligned',
                                     'organizational_domain', 'discovery', 'reason', 'applied', 'override'}, verdict['dmarc']
    assert verdict['arc'] == {'result': 'none', 'sets': 0, 'reason': '', 'section': 'RFC 8617 section 5.2', 'oldest_pass': None,
                              'sealers': [], 'chain': []}, verdict['arc']
    result = dict(verdict['dkim'][0])
    headers, hashes, explanation = result.pop('signed_headers'), result.pop('body_hash'), result.pop('explanation')
    assert headers[:2] == ['from', 'from']
    assert set(hashes) == {'signed', 'computed'}
    assert explanation == {'kind': '', 'text': '', 'changed_header': '', 'change': ''}
    assert result == {
        'result': 'pass', 'cause': 'ok', 'reason': '', 'domain': 'example.com', 'selector': 'r1',
        'identity': '@example.com', 'algorithm': 'rsa-sha256', 'key_bits': 2048, 'canonicalization': 'relaxed/relaxed',
        'aligned': True, 'testing': False, 'body_length': None, 'section': 'RFC 6376 section 6.1.3', 'header_verified': True,
        'timestamp': 1700000000, 'expiration': None}, result
    field = verdict['authentication_results']
    assert field.startswith('Authentication-Results: ') and 'dkim=pass' in field and '\n' not in field, field


@case('two signatures are listed from top to bottom')
def _():
    _, verdict = verify_one(sign(UNSIGNED, keys=KEYS['ed25519'] + KEYS['rsa']))
    assert [r['selector'] for r in verdict['dkim']] == ['e1', 'r1']


@case('an unsigned message')
def _():
    code, verdict = verify_one(UNSIGNED)
    assert code == 1 and verdict['dkim'] == []
    assert why_of(verdict, 'not_signed') == 'The message carries no DKIM signature.'
    assert 'inkan key generate' in fix_of(verdict, 'nobody_signed')
    assert 'dkim=none' in verdict['authentication_results']


@case('From: absent, twice, with a name that needs quotes, in capitals')
def _():
    def author(field):
        return verify_one(field + b'\r\n\r\nbody\r\n')[1]['from']
    assert author(b'To: a@example.com') is None
    assert author(b'From: a@example.com\r\nFrom: b@example.net') is None
    assert author(b'From: nobody') is None
    assert author(b'From: "a b" <"a b"@EXAMPLE.com>') == {'address': '"a b"@EXAMPLE.com', 'domain': 'example.com'}
    assert author(b'From: x (comment) <a@example.com>, b@example.com') == {'address': 'a@example.com',
                                                                           'domain': 'example.com'}
    assert author(b'From: a@example.com, b@example.net') is None


@case('From that holds no author: why')
def _():
    def why(header):
        return verify_one(header + b'\r\n\r\nbody\r\n')[1].get('from_error')
    assert why(b'From: a@example.com') is None
    assert why(b'To: a@example.com') == 'no From field'
    assert why(b'From: a@example.com\r\nFrom: b@example.net') == 'several From fields'
    assert why(b'From: a@example.com, b@example.net') == 'From names several domains'
    assert why(b'From: nobody') == 'From holds no address'


def sign_bare(fields, names, body=b'body\r\n'):
    """Signed by other means than ours, with h= as given: no field is named once more than it is there."""
    head = (b'DKIM-Signature: v=1; a=rsa-sha256; c=simple/simple; d=example.com; s=r1; h=' + b':'.join(names) + b'; bh='
            + base64.b64encode(hashlib.sha256(body).digest()) + b'; b=')
    made = subprocess.run(['openssl', 'dgst', '-sha256', '-sign', DATA / 'rsa.pem'], input=fields + head, check=True,
                          stdout=subprocess.PIPE).stdout
    return head + base64.b64encode(made) + b'\r\n' + fields + b'\r\n' + body


FIELDS = [b'From: a@example.com', b'Subject: s', b'To: t@example.com', b'Content-Type: text/plain']
ALL = sign_bare(b'\r\n'.join(FIELDS) + b'\r\n', [field.split(b':')[0] for field in FIELDS])


@case('a field repeated on top of a signature that does not cover it is a warning')
def _():
    assert verify_one(ALL)[0] == 0
    for field in FIELDS:
        code, verdict = verify_one(field + b'x\r\n' + ALL)
        name = field.split(b':')[0].decode()
        warning, = verdict['warnings']
        assert code == 1 and verdict['dkim'][0]['result'] == 'pass', verdict
        assert (warning['id'], warning['field']) == ('repeated_field', name.lower()), verdict
        assert f'has 2 {name} fields, the signature covers 1' in warning['text'] and '8.15' in warning['text']
        assert warning['text'] == why_of(verdict, 'repeated_field') and fix_of(verdict, 'repeated_field_fix'), verdict


@case('repeated fields: none signed, all signed, on the page and among many')
def _():
    repeated = b'Reply-To: a@example.org\r\nReply-To: b@example.org\r\n'
    doubtful = repeated + ALL
    assert 'covers 0' in verify_one(doubtful)[1]['warnings'][0]['text']
    alike = b'Reply-To: a@example.org\r\n' * 2 + b'From: a@example.com\r\n'
    assert verify_one(sign_bare(alike, [b'reply-to', b'reply-to', b'from']))[0] == 0
    text = page(doubtful)
    assert text.startswith('VERDICT       NONE ') and 'WHY           1  fact       The message has 2 Reply-To' in text, text
    assert '\nFIX ' in text and '\nDKIM          PASS' in text, text
    japanese = page(doubtful, '--lang', 'ja')
    assert 'Reply-To フィールドが 2 個' in japanese and '\n対処' in japanese, japanese
    with tempfile.TemporaryDirectory() as folder:
        done = run('verify', *DNS, *AT, *write(folder, a=doubtful, b=SIGNED))
        lines = done.stdout.decode().splitlines()
        assert lines[0].startswith('NONE ') and lines[0].endswith('; 2 Reply-To fields, 0 signed'), lines
        assert lines[2] == '2 messages: pass 0, fail 0, no policy 1, no policy and not proven 1', lines
        assert done.returncode == 1, done


@case('octets that are no text are still JSON')
def _():
    _, verdict = verify_one(b'DKIM-Signature: v=1; a=\xff\x01"\\; d=\xc3\xa9; s=\x7f\r\nFrom: \xff@\xfe\r\n\r\n')
    assert verdict['dkim'][0]['result'] in ('neutral', 'permerror')


# ---- the explanations ----

def explained(message, *arguments):
    code, verdict = verify_one(message, *arguments)
    assert code == 1, verdict
    result = verdict['dkim'][0]
    return result['explanation'], result


@case('content changed: both hashes, and the header is intact')
def _():
    explanation, result = explained(BROKEN)
    assert explanation['kind'] == 'content_changed'
    assert (result['result'], result['cause'], result['reason']) == ('fail', 'body_hash_mismatch', 'body hash did not verify')
    assert result['header_verified'] is True
    hashes = result['body_hash']
    assert hashes['signed'] != hashes['computed']
    assert hashes['signed'] in explanation['text'] and hashes['computed'] in explanation['text']
    assert 'swaps attachments' in explanation['text'] and 'footer' in explanation['text']


@case('signed header changed: the field is named')
def _():
    for change, tampered in (('added', SIGNED.replace(b'\r\nFrom:', b'\r\nTo: extra@example.net\r\nFrom:', 1)),
                             ('subject-prefix', SIGNED.replace(b'\r\nSubject: ', b'\r\nSubject: [list] ', 1))):
        explanation, result = explained(tampered)
        assert explanation['kind'] == 'header_changed', (change, result)
        assert explanation['change'] == change, explanation
        assert explanation['changed_header'] == {'added': 'to', 'subject-prefix': 'subject'}[change]
        assert f'"{explanation["changed_header"]}"' in explanation['text']
        assert (result['cause'], result['result']) == ('signature_mismatch', 'fail')


@case('key problem: missing, revoked, malformed, another one, too short')
def _():
    for selector, cause, words in (('none', 'key_missing', 'no key record at none._domainkey.example.com'),
                                   ('revoked', 'key_revoked', 'empty p='), ('bad', 'key_syntax', 'not a usable key record'),
                                   ('wrong', 'signature_mismatch', 'did not make this signature')):
        explanation, result = explained(sign(UNSIGNED, keys=['--selector', selector, '--key', DATA / 'rsa.pem']))
        assert explanation['kind'] == 'key_problem', result
        assert result['cause'] == cause and words in explanation['text'], result


@case('receiver policy: expired, unless the time of judgement is earlier')
def _():
    signed = sign(UNSIGNED, '--expire', '60')
    explanation, result = explained(signed, '--at', '1700086400')
    assert explanation['kind'] == 'receiver_policy' and result['cause'] == 'expired', result
    assert '2023-11-14T22:14:20Z' in explanation['text']
    assert verify_one(signed, '--at', '2023-11-14T22:13:30Z')[0] == 0


@case('Japanese: the same facts, no English sentence')
def _():
    _, verdict = verify_one(BROKEN, '--lang', 'ja')
    text = verdict['dkim'][0]['explanation']['text']
    assert verdict['dkim'][0]['body_hash']['computed'] in text and '書き換え' in text, text
    assert 'body' not in text.replace('bh=', '') and 'verif' not in verdict['summary'], text
    assert verdict['dkim'][0]['reason'] == 'body hash did not verify'


# ---- exit codes ----

def write(folder, **messages):
    for name, octets in messages.items():
        (Path(folder) / (name + '.eml')).write_bytes(octets)
    return [Path(folder) / (name + '.eml') for name in messages]


@case('exit codes: the worst of the messages, in the order 2, 3, 1, 0')
def _():
    with tempfile.TemporaryDirectory() as folder:
        slow = sign(UNSIGNED, keys=['--selector', 'slow', '--key', DATA / 'rsa.pem'])
        passes, fails, unsigned, undecided = write(folder, a=SIGNED, b=BROKEN, c=UNSIGNED, d=slow)
        missing = Path(folder) / 'missing.eml'
        for files, code in (([passes], 0), ([passes, passes], 0), ([fails], 1), ([unsigned], 1), ([passes, unsigned], 1),
                            ([undecided], 3), ([undecided, fails, passes], 3), ([missing], 2),
                            ([passes, missing, undecided], 2)):
            assert verify(*files)[0] == code, (files, code)


@case('a message with one good signature passes, whatever the others are')
def _():
    signed = sign(sign(UNSIGNED, keys=['--selector', 'slow', '--key', DATA / 'rsa.pem']))
    code, verdict = verify_one(signed)
    assert code == 0 and [r['result'] for r in verdict['dkim']] == ['pass', 'temperror'], verdict


@case('a broken signature beside an undecided one is undecided')
def _():
    slow = ['--selector', 'slow', '--key', DATA / 'rsa.pem']
    code, verdict = verify_one(sign(sign(UNSIGNED, keys=slow))[:-10] + b'X')
    assert code == 3, verdict


@case('temperror is explained as DNS')
def _():
    code, verdict = verify_one(sign(UNSIGNED, keys=['--selector', 'slow', '--key', DATA / 'rsa.pem']))
    assert code == 3 and verdict['dkim'][0]['explanation']['kind'] == 'dns', verdict
    assert verdict['verdict'] == 'unknown' and 'DNS gave no answer' in verdict['summary'], verdict


@case('what cannot be read: an error in JSON, a message on standard error, the rest is judged')
def _():
    with tempfile.TemporaryDirectory() as folder:
        passes, = write(folder, a=SIGNED)
        code, objects, errors = verify('/nonexistent.eml', passes)
        assert code == 2 and len(objects) == 2, objects
        assert set(objects[0]) == {'file', 'error'} and objects[0]['file'] == '/nonexistent.eml'
        assert objects[1]['dkim'][0]['result'] == 'pass'
        assert b'/nonexistent.eml' in errors


USAGE = [
    ('no file', [], b''),
    ('no such snapshot', ['--dns', '/nonexistent', PLAIN], b'/nonexistent'),
    ('a snapshot that is none', ['--dns', PLAIN, PLAIN], b'plain.eml:1:'),
    ('an unknown format', ['--format', 'xml', PLAIN], b'xml'),
    ('a host name that is none', ['--authserv-id', 'a b', PLAIN], b'authserv-id'),
    ('a snapshot and a resolver', ['--dns', DATA / 'dns.json', '--resolver', '192.0.2.1', PLAIN], b'--resolver'),
    ('answers to standard output', ['--save-dns', '-', PLAIN], b'name a file'),
    ('standard input twice', ['-', PLAIN, '-'], b'read once'),
    ('no jobs', ['--jobs', '0', PLAIN], b'--jobs'),
]

for name, arguments, word in USAGE:
    def usage(arguments=arguments, word=word):
        done = run('verify', *arguments)
        assert done.returncode == 2 and done.stdout == b'' and word in done.stderr, done
    case(f'usage: {name}')(usage)


@case('results that cannot be written are an internal error')
def _():
    with open('/dev/full', 'wb') as full:
        done = subprocess.run([os.environ['INKAN'], 'verify', *DNS, PLAIN], stdout=full, stderr=subprocess.PIPE)
        assert done.returncode == 4 and b'not complete' in done.stderr, done


# ---- containers ----

MBOX = b''.join(b'From MAILER Sat Nov 21 18:30:00 2026\n' + message.replace(b'\r\n', b'\n') + b'\n'
                for message in (SIGNED, UNSIGNED, BROKEN))


def results(objects):
    return [(o['dkim'][0]['result'] if o['dkim'] else 'none') for o in objects]


@case('mbox: each message, with a name of its own')
def _():
    with tempfile.TemporaryDirectory() as folder:
        mbox = Path(folder) / 'box'
        mbox.write_bytes(MBOX)
        code, objects, _ = verify(mbox)
        assert code == 1 and results(objects) == ['pass', 'none', 'fail'], objects
        names = [o['file'] for o in objects]
        assert len(set(names)) == 3 and all(name.startswith(str(mbox)) for name in names), names


@case('mbox on standard input')
def _():
    code, objects, _ = verify('-', input=MBOX)
    assert code == 1 and results(objects) == ['pass', 'none', 'fail'], objects


@case('input without end is judged when a limit of the header is reached')
def _():
    done = run('verify', *DNS, '/dev/zero', timeout=30)
    assert done.returncode == 2 and b'larger than 4 MiB' in done.stderr, done
    endless = subprocess.Popen(['yes', 'X: y'], stdout=subprocess.PIPE)
    try:
        done = subprocess.run([os.environ['INKAN'], 'verify', '--json', *map(str, DNS), '-'], stdin=endless.stdout,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=30)
        assert done.returncode == 2 and 'larger than 4 MiB' in json.loads(done.stdout)['error'], done
    finally:
        endless.kill()
        endless.stdout.close()
        endless.wait()


@case('mbox on standard input: a message beyond the limits does not hide the next one')
def _():
    large = b'From MAILER Sat Nov 21 18:30:00 2026\n' + b'X: y\n' * 20000 + b'\nbody\n\n'
    code, objects, _ = verify('-', input=large + MBOX)
    assert code == 2 and 'error' in objects[0] and results(objects[1:]) == ['pass', 'none', 'fail'], objects


@case('maildir: new and cur, not tmp')
def _():
    with tempfile.TemporaryDirectory() as folder:
        for sub in ('new', 'cur', 'tmp'):
            (Path(folder) / sub).mkdir()
        (Path(folder) / 'new/1.a').write_bytes(SIGNED)
        (Path(folder) / 'cur/2.b:2,S').write_bytes(BROKEN)
        (Path(folder) / 'tmp/3.c').write_bytes(UNSIGNED)
        code, objects, _ = verify(folder)
        assert sorted(results(objects)) == ['fail', 'pass'], objects


@case('a folder of files, in the order of their names')
def _():
    with tempfile.TemporaryDirectory() as folder:
        write(folder, c=UNSIGNED, a=SIGNED, b=BROKEN)
        code, objects, _ = verify(folder)
        assert [Path(o['file']).name for o in objects] == ['a.eml', 'b.eml', 'c.eml']
        assert results(objects) == ['pass', 'fail', 'none']


@case('folders inside a folder and hidden files are not read, and -v says how many')
def _():
    with tempfile.TemporaryDirectory() as folder:
        write(folder, a=SIGNED)
        (Path(folder) / '.hidden').write_bytes(UNSIGNED)
        (Path(folder) / 'sub').mkdir()
        done = run('verify', '-v', *DNS, *AT, folder)
        assert done.returncode == 0 and b'2 entries of folders were not read' in done.stderr, done
        assert run('verify', *DNS, *AT, folder).stderr == b''


@case('an empty folder holds no message')
def _():
    with tempfile.TemporaryDirectory() as folder:
        done = run('verify', *DNS, folder)
        assert done.returncode == 2 and folder.encode() in done.stderr, done


@case('what holds no message is unreadable, and says what to give')
def _():
    with tempfile.TemporaryDirectory() as folder:
        files = write(folder, empty=b'', lines=b'\r\n\r\n', octets=bytes(range(128, 256)) * 40, text=b'no colon here\r\n')
        for file in [*files, '/dev/null']:
            code, objects, errors = verify(file)
            assert code == 2 and objects == [{'file': str(file), 'error': 'holds no message'}], (file, objects)
            assert b'holds no message \xe2\x80\x93 give a message with its header' in errors, errors
        assert verify('-', input=b'')[0] == 2
        _, objects, _ = verify('--lang', 'ja', files[0])
        assert objects[0]['error'] == 'メッセージがありません', objects
        good, = write(folder, good=b'no colon here\r\nFrom: a@example.com\r\n\r\n')
        assert verify(good)[0] == 1


@case('a name that is not there: check it')
def _():
    assert b'check name' in verify('/nonexistent.eml')[2]


@case('a message on standard input, whole and in small pieces')
def _():
    assert verify_one(SIGNED)[0] == 0
    process = subprocess.Popen([os.environ['INKAN'], 'verify', '--json', *map(str, DNS), *AT, '-'], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE)
    for at in range(0, len(SIGNED), 7):
        process.stdin.write(SIGNED[at:at + 7])
        process.stdin.flush()
    output = process.communicate()[0]
    assert json.loads(output)['dkim'][0]['result'] == 'pass'


# ---- many messages ----

def make_many(folder, count):
    for i in range(count):
        body = b'x' * (1 + 3000 * (i % 11 == 0)) + b'\r\n'
        message = b'From: a%d@example.com\r\n\r\n%d\r\n' % (i, i) + body * (1 + i % 50)
        (Path(folder) / f'{i:04}.eml').write_bytes(message if i % 3 else sign(message))


@case('the order is that of the input, whatever the number of jobs')
def _():
    with tempfile.TemporaryDirectory() as folder:
        make_many(folder, 90)
        files = sorted(Path(folder).iterdir(), reverse=True)
        outputs = {}
        for jobs in (1, 2, 7, 64):
            code, objects, _ = verify('--jobs', jobs, *files)
            assert [o['file'] for o in objects] == [str(file) for file in files]
            outputs[jobs] = objects
        assert all(objects == outputs[1] for objects in outputs.values())
        assert results(outputs[1]).count('pass') == 30


@case('more jobs than the limit of open files bears: every file is read')
def _():
    with tempfile.TemporaryDirectory() as folder:
        make_many(folder, 60)
        done = subprocess.run(['sh', '-c', 'ulimit -n 24; exec "$@"', 'sh', os.environ['INKAN'], 'verify', '--json',
                               *map(str, DNS), *AT, '--jobs', '200', folder], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=60)
        assert done.returncode == 1 and done.stderr == b'', done
        assert results(list(map(json.loads, done.stdout.splitlines()))).count('pass') == 20


@case('the example of --help that lists what does not pass')
def _():
    help = run('verify', '--help').stdout.decode()
    program, = re.findall(r"jq -r '(.*)'", help)
    assert program == 'select(.verdict != "pass") | .file', program
    if not shutil.which('jq'):
        skip('no jq')
    with tempfile.TemporaryDirectory() as folder:
        write(folder, a=SIGNED, b=BROKEN, c=UNSIGNED, d=b'',
              e=sign(sign(UNSIGNED, keys=['--selector', 'none', '--key', DATA / 'rsa.pem'])))
        lines = run('verify', '--json', *WITH_POLICY, *AT, folder).stdout
        found = subprocess.run(['jq', '-r', program], input=lines, stdout=subprocess.PIPE, check=True).stdout
        assert [Path(line).stem for line in found.decode().split()] == ['b', 'c', 'd'], found


@case('many messages: one line each, then the totals')
def _():
    with tempfile.TemporaryDirectory() as folder:
        files = write(folder, a=SIGNED, b=BROKEN, c=UNSIGNED)
        done = run('verify', *WITH_POLICY, *AT, *files)
        lines = done.stdout.decode().splitlines()
        assert len(lines) == 4, lines
        assert lines[0].split()[:3] == ['PASS', str(files[0]), 'example.com']
        assert lines[1].split()[:2] == ['FAIL', str(files[1])] and 'content was changed' in lines[1]
        assert lines[2].split()[:2] == ['FAIL', str(files[2])]
        assert lines[3] == '3 messages: pass 1, fail 2; broken signatures: content changed 1', lines[3]


@case('-v gives a page for each message')
def _():
    with tempfile.TemporaryDirectory() as folder:
        files = write(folder, a=SIGNED, b=BROKEN)
        done = run('verify', '-v', *DNS, *AT, *files)
        assert done.stdout.count(b'\nMessage ID') == 2 and b'2 messages:' in done.stdout, done.stdout


@case('a reader that goes away is no crash')
def _():
    with tempfile.TemporaryDirectory() as folder:
        make_many(folder, 30)
        process = subprocess.Popen([os.environ['INKAN'], 'verify', '--json', *map(str, DNS), folder],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        process.stdout.close()
        errors = process.stderr.read()
        assert process.wait() in (1, 4) and errors == b'', errors


# ---- pages ----

def page(message, *arguments):
    return run('verify', *DNS, *AT, *arguments, '-', input=message).stdout.decode()


@case('page: what the message is, result, reason, what to do')
def _():
    text = page(BROKEN)
    rows = {line[:14].strip(): line[14:] for line in text.splitlines()}
    assert rows['VERDICT'].startswith('NONE') and rows['DKIM'].startswith('FAIL       body hash did not verify'), rows
    assert rows['From'].endswith('<robin.specimen@example.com>') and 'Message ID' in rows and 'Created at' in rows
    assert rows['WHY'].startswith('1  fact       The signature was made over') and 'FIX' in rows
    assert '  inference  ' in text


@case('page: nothing to do for a message that passes both ways')
def _():
    text = run('verify', *WITH_POLICY, *AT, *SESSION, '-', input=SIGNED).stdout.decode()
    assert text.startswith('VERDICT       PASS ') and 'WHY' in text and 'FIX' not in text, text


@case('page: subject and names are decoded')
def _():
    text = page((LAB / 'attachment-pdf.eml').read_bytes())
    assert '見積書送付' in text and '=?UTF-8' not in text, text
    assert '件名' in page((LAB / 'iso-2022-jp.eml').read_bytes(), '--lang', 'ja')


@case('page: no line is wider than 100 columns')
def _():
    for line in page(BROKEN).splitlines():
        assert len(line) <= 100, line


@case('page: a hidden second From is shown, escape sequences do nothing')
def _():
    text = page(b'From: a@example.com\r\nFrom: b@example.net\r\nSubject: \x1b[2J=?utf-8?q?=1B]0;x?=\r\n\r\n')
    assert 'a@example.com' in text and 'b@example.net' in text and '\x1b' not in text, text


@case('page: equal facts of two signatures are told once')
def _():
    text = page(sign(UNSIGNED, keys=KEYS['rsa'] + KEYS['ed25519'])[:-10] + b'X')
    assert text.count('The signature was made over') == 1 and 's=r1:' not in text, text


@case('page: facts of one signature among several carry its selector')
def _():
    text = page(sign(UNSIGNED, keys=KEYS['rsa'] + ['--selector', 'none', '--key', DATA / 'ed25519.pem']))
    assert 's=none: There is no key record' in text and 's=r1:' not in text, text


@case('page: 10 and 11 fields of one name, 20 and 21 signatures')
def _():
    for fields, more in ((10, 0), (11, 1)):
        text = page(b'To: a@example.com\r\n' * fields + b'From: a@example.com\r\n\r\n')
        assert text.count('a@example.com\n') == 11 and (f'and {more} more' in text) == bool(more), text
    for signatures, more in ((20, 0), (21, 1)):
        text = page(b'DKIM-Signature: v=1\r\n' * signatures + UNSIGNED)
        assert text.count('\nDKIM ') == 20 + bool(more) and (f'and {more} more' in text) == bool(more), text


@case('a message with 9,000 broken signatures is judged like any other')
def _():
    message = b'DKIM-Signature: v=1; a=\x01\xff; d=' + b'\xe9' * 300 + b'\r\n'
    code, verdict = verify_one(message * 9000 + UNSIGNED)
    assert code == 1 and len(verdict['dkim']) == 1000  # what the engine lists
    assert len(page(message * 9000 + UNSIGNED)) < 20000


# ---- the whole verdict ----

@case('S3-11 verdicts and exit codes: DKIM and SPF, one of them, none, DNS that fails')
def _():
    third = ['--ip', '192.0.2.25', '--mail-from', 'x@bounces.example.net']
    slow = sign(UNSIGNED, keys=['--selector', 'slow', '--key', DATA / 'rsa.pem'])
    for message, session, verdict, code in (
            (SIGNED, SESSION, 'pass', 0), (SIGNED, [], 'pass', 0), (SIGNED, third, 'at-risk', 1), (BROKEN, SESSION, 'at-risk', 1),
            (UNSIGNED, SESSION, 'at-risk', 1), (BROKEN, third, 'fail', 1), (UNSIGNED, [], 'fail', 1), (slow, SESSION, 'pass', 0),
            (slow, third, 'unknown', 3), (UNSIGNED, [*SESSION, '--trusted-gateway'], 'not-representative', 1),
            (b'To: a@example.com\r\n\r\n', SESSION, 'fail', 1)):
        got, found = verify_one(message, *WITH_POLICY, *session)
        assert (found['verdict'], got) == (verdict, code), (verdict, found)


@case('the words of the headline')
def _():
    third = ['--ip', '192.0.2.25', '--mail-from', 'x@bounces.example.net']
    slow = sign(UNSIGNED, keys=['--selector', 'slow', '--key', DATA / 'rsa.pem'])
    for message, arguments, word in (
            (SIGNED, SESSION, 'PASS'), (BROKEN, SESSION, 'AT RISK'), (BROKEN, third, 'FAIL'), (slow, third, 'UNKNOWN'),
            (SIGNED, [*SESSION, '--trusted-gateway'], 'NOT REPRESENTATIVE'), (SIGNED, DNS, 'NONE')):
        text = page(message, *WITH_POLICY, *arguments)
        assert text.startswith(f'VERDICT       {word}  '), text.splitlines()[0]


@case('JSON: SPF, DMARC and the page')
def _():
    _, found = verify_one(SIGNED, *WITH_POLICY, *SESSION)
    assert {name: found['spf'][name] for name in ('result', 'identity', 'domain', 'mechanism', 'lookups', 'aligned')} == {
        'result': 'pass', 'identity': 'mailfrom', 'domain': 'example.com', 'mechanism': 'ip4:192.0.2.0/24', 'lookups': 0,
        'aligned': True}, found['spf']
    assert found['dmarc']['policy'] == 'quarantine' and found['dmarc']['applied'] == 'none', found['dmarc']
    assert found['session'] == {'ip': '192.0.2.25', 'helo': 'mail.example.com', 'mail_from': 'robin.specimen@example.com',
                                'from_received': False, 'trusted_gateway': False}
    assert all(set(entry) == {'id', 'certainty', 'text'} and entry['certainty'] in ('fact', 'inference') for entry in found['why'])
    hop, = found['hops']
    assert (hop['number'], hop['ip'], hop['by'], hop['time']) == (1, '192.0.2.15', 'mail.example.com', 1794906764), hop
    assert hop['added'][0].startswith('signed d=example.com s=r1 bh='), hop
    for word in ('spf=pass', 'dkim=pass', 'dmarc=pass', 'smtp.mailfrom=robin.specimen@example.com'):
        assert word in found['authentication_results'], found['authentication_results']


TOLD = (b'Return-Path: <robin.specimen@example.com>\r\nReceived: from inner ([10.0.0.1]) by mx.example.net\r\n'
        b'Received: from mail.example.com ([192.0.2.25])\r\n by border.example.net\r\n')


@case('--from-received: the topmost public address, Return-Path; what is given counts before')
def _():
    code, found = verify_one(TOLD + SIGNED, *WITH_POLICY, '--from-received')
    assert code == 0 and found['session'] == {'ip': '192.0.2.25', 'helo': 'mail.example.com', 'from_received': True,
                                              'mail_from': 'robin.specimen@example.com', 'trusted_gateway': False}, found
    assert why_of(found, 'session_from_received').count('192.0.2.25') == 1
    _, found = verify_one(TOLD + SIGNED, *WITH_POLICY, '--from-received', '--ip', '198.51.100.1')
    assert found['session']['ip'] == '198.51.100.1' and found['spf']['result'] == 'fail', found
    _, found = verify_one(b'Return-Path: <>\r\n' + SIGNED, *WITH_POLICY, '--from-received')
    assert found['session']['mail_from'] == '' and found['spf']['identity'] == 'mailfrom', found
    _, found = verify_one(SIGNED.replace(b'[192.0.2.15]', b'[10.0.0.1]'), *WITH_POLICY, '--from-received')
    assert found['session']['ip'] is None and found['spf']['result'] == 'none', found


@case('--from-received: names of 4,096 octets and of one more')
def _():
    for size, taken in ((4096, True), (4097, False)):
        field = b'Received: from ' + b'h' * size + b' ([192.0.2.25]) by mx\r\nReturn-Path: <' + b'a' * (size - 2) + b'@b>\r\n'
        code, found = verify_one(field + SIGNED, *WITH_POLICY, '--from-received')
        assert bool(found['session']['helo']) == bool(found['session']['mail_from']) == taken, found['session']


@case('--ip that is no address, and too long a name')
def _():
    for arguments in (['--ip', '192.0.2.256'], ['--ip', 'mail.example.com'], ['--ip', '192.0.2.1', '--helo', 'h' * 4097]):
        done = run('verify', *arguments, PLAIN)
        assert done.returncode == 2 and b'--ip' in done.stderr and done.stdout == b'', done
        assert (b'longer than' in done.stderr) == ('--helo' in arguments), done


@case('--trusted-sealer: 1,000 and 1,001 domains')
def _():
    for count, code in ((1000, 0), (1001, 2)):
        done = run('verify', *WITH_POLICY, *AT, *['--trusted-sealer=example.org'] * count, '-', input=SIGNED)
        assert done.returncode == code, done.stderr


@case('--profile: the organizational domain by tree walk or by list')
def _():
    for profile, discovery in (('rfc9989', 'treewalk'), ('rfc7489', 'psl')):
        _, found = verify_one(SIGNED, *WITH_POLICY, '--profile', profile)
        assert found['dmarc']['discovery'] == discovery and found['verdict'] == 'pass', found['dmarc']


# ---- HTML ----

class Page(html.parser.HTMLParser):
    """Well-formed: every element that is opened is closed, in order. Collects elements, attributes and text."""
    VOID = {'meta'}

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.attributes, self.text = [], [], [], ''
        self.feed(text)
        self.close()
        assert not self.open, self.open

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open and self.open.pop() == tag, tag

    def handle_data(self, data):
        self.text += data if self.open[-1:] != ['style'] else ''


def html_page(message, *arguments):
    text = page(message, '--format', 'html', *arguments)
    assert text.startswith('<!DOCTYPE html>\n') and text.endswith('</html>\n'), text[-100:]
    return text, Page(text)


@case('HTML: well-formed, on its own, with all that the page of text has')
def _():
    text, parsed = html_page(BROKEN, *WITH_POLICY)
    assert '<code>--from-received</code>' in text
    text, parsed = html_page(BROKEN, *WITH_POLICY, *SESSION)
    assert 'script' not in parsed.tags and 'link' not in parsed.tags and 'img' not in parsed.tags
    assert not [name for name, _ in parsed.attributes if name in ('src', 'href', 'style') or name.startswith('on')]
    assert 'url(' not in text and 'http:' not in text and '@import' not in text and 'https:' not in parsed.text
    words = ' '.join(parsed.text.split())
    for line in page(BROKEN, *WITH_POLICY, *SESSION).splitlines():
        for piece in re.findall(r'[A-Za-z]{5,}', line):
            assert piece.lower() in words.lower() or piece in ('VERDICT',), piece
    assert parsed.tags.count('h1') == 1 and 'AT RISK' in words and parsed.tags.count('article') == 1


HOSTILE = '<script>alert(1)</script>\'"&lt;\x1b[2J\u202e\u2066x'.encode()


@case('HTML: nothing of a message is markup, and no control or direction mark is left')
def _():
    message = (b'Received: from ' + HOSTILE + b' (' + HOSTILE + b' [192.0.2.1]) by ' + HOSTILE + b' with ' + HOSTILE + b'\r\n'
               b'List-Id: <' + HOSTILE + b'>\r\nAuthentication-Results: ' + HOSTILE + b'; dkim=' + HOSTILE + b'\r\n'
               b'DKIM-Signature: v=1; d=' + HOSTILE + b'; s=' + HOSTILE + b'; a=' + HOSTILE + b'\r\n'
               b'Received: from a by b\r\nFrom: "' + HOSTILE + b'" <a@example.com>\r\nTo: ' + HOSTILE + b'\r\n'
               b'Subject: =?utf-8?b?' + base64.b64encode(HOSTILE) + b'?=\r\nMessage-ID: <' + HOSTILE + b'>\r\n'
               b'Date: ' + HOSTILE + b'\r\n\r\nbody\r\n')
    for arguments in ([], ['--redact'], ['--lang', 'ja'], ['--from-received']):
        text, parsed = html_page(message, *WITH_POLICY, *arguments)
        assert set(parsed.tags) <= {'html', 'head', 'meta', 'title', 'style', 'body', 'article', 'header', 'h1', 'h2', 'p', 'table',
                                    'tr', 'th', 'td', 'b', 'code', 'ol', 'ul', 'li', 'span'}, set(parsed.tags)
        assert not re.search('[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]', text)
        plain = page(message, *WITH_POLICY, *arguments)
        assert '\x1b' not in plain and '\u202e' not in plain, plain


@case('HTML: several messages are one document, and what cannot be read is told on standard error')
def _():
    with tempfile.TemporaryDirectory() as folder:
        done = run('verify', *WITH_POLICY, *AT, '--format', 'html', *write(folder, a=SIGNED, b=BROKEN), '/nonexistent.eml')
        parsed = Page(done.stdout.decode())
        assert parsed.tags.count('article') == 2 and done.returncode == 2 and b'/nonexistent.eml' in done.stderr, done


@case('HTML in Japanese: the language is said, and no label is English')
def _():
    text, parsed = html_page(BROKEN, *WITH_POLICY, *SESSION, '--lang', 'ja')
    assert ('lang', 'ja') in parsed.attributes
    for word in ('Why', 'What to do', 'Results', 'fact', 'inference', 'Created at', 'aligned'):
        assert word not in parsed.text.replace('AT RISK', ''), word


# ---- --redact ----

SECRET = (b'Return-Path: <bounce+secretjo=example.org@example.com>\r\n'
          b'Received: from secretless.example.com ([192.0.2.25]) by mx.example.net for <secretjo@example.org>\r\n'
          b'ARC-Seal: i=1; a=rsa-sha256; cv=none; d=example.org; s=x; b=\r\n'
          b'ARC-Message-Signature: i=1; a=rsa-sha256; d=example.org; s=x; h=from; bh=; b=\r\n'
          b'ARC-Authentication-Results: i=1; mx.example.org; spf=pass smtp.mailfrom=secretrobin@example.com\r\n'
          b'Message-ID: <secretid@example.com>\r\nDate: Tue, 17 Nov 2026 09:12:41 +0000\r\n'
          b'Subject: =?utf-8?q?secret_subject?= secretplain\r\nTo: "Secretjo" <secretjo@example.org>, secretbob@example.org\r\n'
          b'Cc: Secretteam: secretcc@example.org;\r\n'
          b'From: "Secretrobin Specimen" <"secret robin"@example.com> (secret comment)\r\n\r\nbody\r\n')
SECRETS = re.compile('secret(?!less)|specimen', re.I)


@case('--redact leaves no local part, name, subject or Message-ID, in any form')
def _():
    signed = sign(SECRET, '--identity', 'secretagent@example.com')
    dns = snapshot({**POLICY, 'example.com': {'TXT': ['v=spf1 -all exp=e.example.com']},
                    'e.example.com': {'TXT': ['%{s} may not send, says %{l}']}})
    for message in (signed, signed[:-10] + b'X', SECRET):
        for form in (['--json'], ['--format', 'text'], ['--format', 'html'], ['--format', 'header'], ['--lang', 'ja']):
            done = run('verify', *dns, *AT, '--from-received', '--redact', '--authserv-id', 'mx.example.net', *form, '-',
                       input=message)
            text = done.stdout.decode()
            assert text and not SECRETS.search(text), SECRETS.search(text)
            assert SECRETS.search(run('verify', *dns, *AT, '--from-received', *form, '-', input=message).stdout.decode())
            assert '192.0.2.25' in text and 'example.com' in text


@case('--redact: the same name is the same token, and tokens are as long as documented')
def _():
    _, found = verify_one(SIGNED, *WITH_POLICY, *SESSION, '--redact')
    token = found['from']['address'].split('@')[0]
    assert re.fullmatch('#[0-9a-f]{10}', token), token
    assert token == '#' + hashlib.sha256(b'robin.specimen').hexdigest()[:10]
    assert found['session']['mail_from'] == token + '@example.com' and token in found['authentication_results'], found


# ---- line ends ----

@case('LF and mixed line ends are read as CRLF, and -v says so')
def _():
    lf = SIGNED.replace(b'\r\n', b'\n')
    mixed = SIGNED.replace(b'\r\n', b'\n', 3)
    for message in (lf, mixed):
        done = run('verify', '-v', *DNS, *AT, '-', input=message)
        assert done.returncode == 0 and b'read as CRLF' in done.stderr, done
    done = run('verify', '-v', *DNS, *AT, '-', input=SIGNED)
    assert done.returncode == 0 and done.stderr == b'', done.stderr


@case('--strict-line-ends takes octets as they are')
def _():
    body = SIGNED[:-2] + b'\n'
    assert verify_one(body)[0] == 0
    assert verify_one(body, '--strict-line-ends')[0] == 1
    assert verify_one(SIGNED, '--strict-line-ends')[0] == 0


# ---- header format, evidence ----

@case('--format header prints the field alone')
def _():
    done = run('verify', *DNS, *AT, '--format', 'header', '--authserv-id', 'mx.example.net', '-', input=SIGNED)
    assert done.stdout.startswith(b'Authentication-Results: mx.example.net;') and b'\r' not in done.stdout, done.stdout
    assert done.stdout.endswith(b'\n') and b'header.d=example.com' in done.stdout
    for line in done.stdout.splitlines()[1:]:
        assert line.startswith((b' ', b'\t')), line


@case('--save-dns, then --dns with what was saved: the same verdicts')
def _():
    with tempfile.TemporaryDirectory() as folder:
        make_many(folder, 12)
        slow = sign(UNSIGNED, keys=['--selector', 'slow', '--key', DATA / 'rsa.pem'])
        missing = sign(UNSIGNED, keys=['--selector', 'none', '--key', DATA / 'rsa.pem'])
        write(folder, s=slow, t=missing)
        saved = Path(folder + '.dns')
        try:
            first = run('verify', '--json', *DNS, *AT, '--jobs', '3', '--save-dns', saved, folder)
            second = run('verify', '--json', '--dns', saved, *AT, folder)
            assert first.stdout == second.stdout and first.returncode == second.returncode == 3
            kept = json.loads(saved.read_text())
            assert {name.split('.')[0] for name in kept} == {'r1', 'slow', 'none', '_dmarc'}, list(kept)
        finally:
            saved.unlink(missing_ok=True)


@case('--save-dns replaces files, not links, FIFOs or devices')
def _():
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        (folder / 'kept').mkdir()
        target, link, fifo = folder / 'kept/dns.json', folder / 'link', folder / 'fifo'
        target.write_text('old')
        link.symlink_to('kept/dns.json')
        os.mkfifo(fifo)

        def save(to):
            done = run('verify', *DNS, *AT, '--save-dns', to, '-', input=SIGNED)
            assert done.returncode == 0, done
        save(link)
        assert link.is_symlink() and 'r1._domainkey.example.com' in json.loads(target.read_text())
        reader = subprocess.Popen(['cat', fifo], stdout=subprocess.PIPE)
        save(fifo)
        assert json.loads(reader.communicate()[0]) == json.loads(target.read_text()) and fifo.is_fifo()
        save('/dev/null')
        assert Path('/dev/null').is_char_device()
        assert sorted(p.name for p in folder.rglob('*')) == ['dns.json', 'fifo', 'kept', 'link']


@case('--save-dns that cannot be written is an error')
def _():
    done = run('verify', *DNS, *AT, '--save-dns', '/nonexistent/dns.json', '-', input=SIGNED)
    assert done.returncode == 4 and b'/nonexistent/dns.json' in done.stderr, done
    assert done.stdout == b'', 'noticed before anything is judged'
    with tempfile.TemporaryDirectory() as folder:
        done = run('verify', *DNS, *AT, '--save-dns', folder, '-', input=SIGNED)
        assert done.returncode == 4 and done.stdout == b'' and os.listdir(folder) == [], done


# ---- answers from the network ----

def verify_live(server, *arguments):
    done = run('verify', '--json', '--resolver', server.address, *AT, *arguments)
    return done.returncode, done.stdout, done.stderr


@case('keys from a name server: every cause, and what was answered replays the same')
def _():
    with tempfile.TemporaryDirectory() as folder, NameServer(json.loads((DATA / 'dns.json').read_text())) as server:
        for selector in ('r1', 'revoked', 'bad', 'wrong', 'none', 'slow'):
            write(folder, **{selector: sign(UNSIGNED, keys=['--selector', selector, '--key', DATA / 'rsa.pem'])})
        saved = Path(folder) / '.saved.json'
        code, output, errors = verify_live(server, '--save-dns', saved, folder)
        causes = {Path(o['file']).stem: o['dkim'][0]['cause'] for o in map(json.loads, output.splitlines())}
        assert causes == {'r1': 'ok', 'revoked': 'key_revoked', 'bad': 'key_syntax', 'wrong': 'signature_mismatch',
                          'none': 'key_missing', 'slow': 'dns'}, causes
        assert code == 3 and errors == b'', errors
        again = run('verify', '--json', '--dns', saved, *AT, folder)
        assert again.returncode == 3 and again.stdout == output


@case('many messages of one domain: each worker asks once')
def _():
    with tempfile.TemporaryDirectory() as folder, NameServer(json.loads((DATA / 'dns.json').read_text())) as server:
        make_many(folder, 60)
        code, output, _ = verify_live(server, '--jobs', '2', folder)
        assert results(list(map(json.loads, output.splitlines()))).count('pass') == 20 and code == 1
        assert 1 <= server.asked.count('r1._domainkey.example.com') <= 2, server.asked


@case('an unsigned message asks for the policy only')
def _():
    with NameServer({}) as server:
        code, _, _ = verify_live(server, PLAIN)
        assert code == 1 and all(name.startswith('_dmarc.') for name in server.asked), server.asked


@case('a name server that is not there: undecided')
def _():
    with tempfile.TemporaryDirectory() as folder:
        file, = write(folder, a=SIGNED)
        server = NameServer({})
        server.socket.close()
        code, output, _ = verify_live(server, file)
        assert code == 3 and json.loads(output)['dkim'][0]['result'] == 'temperror', output


@case('a name server whose name is not known: undecided, and why')
def _():
    with tempfile.TemporaryDirectory() as folder:
        file, = write(folder, a=SIGNED)
        done = run('verify', '--json', '--resolver', 'no-such-host.invalid', file)
        assert done.returncode == 3 and b'no-such-host.invalid' in done.stderr, done
        assert b'check --resolver' in done.stderr, done
        assert set(json.loads(done.stdout)) == {'file', 'error'}


main()
