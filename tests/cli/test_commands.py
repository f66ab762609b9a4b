#!/usr/bin/python3
"""Every command as a user meets it: help, wrong usage, unreadable files, results that cannot be written, JSON, Japanese."""
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / 'tests/support'))

from tap import SOURCE, case, main, run

PROGRAM = os.environ.get('INKAN', str(SOURCE / 'build/inkan'))
DATA = SOURCE / 'tests/cli/data'
FOLDER = tempfile.TemporaryDirectory()
TMP = Path(FOLDER.name)
TABLE = json.loads(run('help', '--json').stdout)
COMMANDS = {c['command']: c for c in TABLE['commands']}
LEAVES = [name for name in COMMANDS if not any(other.startswith(name + ' ') for other in COMMANDS)]
GOOD = 'v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo='  # RFC 8463 appendix A.2

SNAPSHOT = TMP / 'dns.json'


def arguments(name):
    return name.split()[1:]


def check(done, code, *words, stream='stderr'):
    text = getattr(done, stream).decode()
    assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
    for word in words:
        assert word in text, (word, text)
    return text


def key(name, *options):
    """A key file of that name, made once; its record."""
    path = TMP / name
    if not path.exists():
        check(run('key', 'generate', '--out', path, *options), 0)
    return path, json.loads(run('key', 'show', path, '--json').stdout)['value']


def snapshot():
    if not SNAPSHOT.exists():
        rsa, ed25519 = key('rsa.pem')[1], key('ed.pem', '--type', 'ed25519')[1]
        SNAPSHOT.write_text(json.dumps({
            'rsa._domainkey.example.com': {'TXT': [[rsa[:255], rsa[255:]]]},
            'ed._domainkey.example.com': {'CNAME': ['ed.keys.example.net']},
            'ed.keys.example.net': {'TXT': [ed25519]},
            'revoked._domainkey.example.com': {'TXT': ['v=DKIM1; p=']},
            'testing._domainkey.example.com': {'TXT': [rsa.replace('k=rsa', 'k=rsa; t=y')]},
            'two._domainkey.example.com': {'TXT': [rsa, ed25519]},
            'spf._domainkey.example.com': {'TXT': ['v=spf1 -all']},
            '_dmarc.example.com': {'TXT': ['v=DMARC1; p=reject']},
            'cut._domainkey.example.com': {'TXT': [rsa[:255]]},
            'slow._domainkey.example.com': {'_error': {'*': 'TIMEOUT'}},
            'loop._domainkey.example.com': {'_error': {'*': 'CNAMELOOP'}},
        }))
    return SNAPSHOT


# ---- the program ----

@case('inkan alone explains itself and is wrong usage')
def _():
    done = run()
    check(done, 2, 'Usage: inkan COMMAND', 'key ')
    assert done.stdout == b''


@case('a group alone explains itself and is wrong usage')
def _():
    done = run('key')
    check(done, 2, 'Usage: inkan key COMMAND', 'generate')
    assert done.stdout == b''


@case('--version, -V and version are the same')
def _():
    texts = {run(*way).stdout for way in (['--version'], ['-V'], ['version'])}
    assert len(texts) == 1 and re.fullmatch(rb'inkan \d+\.\d+\.\d+\n', texts.pop())
    assert json.loads(run('version', '--json').stdout)['name'] == 'inkan'


@case('options that every command takes may stand before its name')
def _():
    assert json.loads(run('--json', 'version').stdout)['name'] == 'inkan'
    for way in (['-v'], ['-vv'], ['--verbose'], ['--lang', 'ja'], ['--lang=ja'], ['-v', '--lang', 'en']):
        assert run(*way, 'version').stdout == run('version').stdout, way
    assert run('--lang', 'ja', 'key', 'generate', '--help').stdout == run('key', 'generate', '--help', '--lang', 'ja').stdout
    assert run('key', '-v', 'generate', '--help').stdout == run('key', 'generate', '--help').stdout
    for way in (['--lang', 'xx'], ['--lang=xx']):
        check(run(*way, 'version'), 2, '--lang xx: no such choice')
    check(run('-x', 'version'), 2, 'unknown option -x')


@case('a key that is not there: check its name')
def _():
    check(run('sign', '--domain', 'example.com', '--selector', 's', '--key', TMP / 'nowhere.pem', input=b'From: a@b\r\n\r\n'), 2,
          'nowhere.pem: cannot read: No such file or directory', 'check name and permissions')


@case('an unknown command is answered with the one that was meant')
def _():
    check(run('hlep'), 2, 'inkan: no such command: hlep – did you mean “help”?')
    check(run('key', 'genrate'), 2, 'inkan key: no such command: genrate – did you mean “generate”?')
    check(run('help', 'key', 'shw'), 2, 'did you mean “show”?')
    check(run('frobnicate'), 2, '“inkan help” lists them')


@case('what a user types never reaches the terminal as it is')
def _():
    done = run('\033[31mred\033[0m\n')
    check(done, 2, 'no such command: \\x1b[31mred\\x1b[0m\\n')
    assert b'\033' not in done.stderr and done.stderr.count(b'\n') == 1


@case('--lang counts before and after the command, in both spellings, and over the locale')
def _():
    for way in (['--lang', 'ja', 'help'], ['help', '--lang=ja'], ['help', '--lang', 'ja'], ['--lang=ja', 'help']):
        check(run(*way), 0, '使い方: inkan', stream='stdout')
    environment = dict(os.environ, LC_ALL='ja_JP.UTF-8')
    done = subprocess.run([PROGRAM, 'help'], env=environment, stdout=subprocess.PIPE)
    assert '使い方'.encode() in done.stdout
    done = subprocess.run([PROGRAM, 'help', '--lang', 'en'], env=environment, stdout=subprocess.PIPE)
    assert b'Usage:' in done.stdout


@case('the first locale variable that is set decides')
def _():
    for variables, ja in (({'LANG': 'ja_JP.UTF-8'}, True), ({'LC_MESSAGES': 'ja', 'LANG': 'C'}, True),
                          ({'LC_ALL': 'C', 'LANG': 'ja_JP.UTF-8'}, False), ({'LC_ALL': '', 'LANG': 'ja'}, True), ({}, False)):
        environment = {k: v for k, v in os.environ.items() if k not in ('LC_ALL', 'LC_MESSAGES', 'LANG')} | variables
        done = subprocess.run([PROGRAM, 'help'], env=environment, stdout=subprocess.PIPE)
        assert ('使い方'.encode() in done.stdout) == ja, variables


# ---- every command ----

def every(title, names=None):
    """Runs a check for each command as a case of its own."""
    def add(function):
        for name in names or COMMANDS:
            case(f'{name}: {title}')(lambda name=name: function(name))
        return function
    return add


@every('help is the same three ways, and has examples')
def _(name):
    for language in ('en', 'ja'):
        ways = [run('help', *arguments(name), '--lang', language), run(*arguments(name), '--help', '--lang', language),
                run(*arguments(name), '-h', '--lang', language)]
        texts = {way.stdout for way in ways}
        assert len(texts) == 1 and all(way.returncode == 0 and not way.stderr for way in ways)
        text = texts.pop().decode()
        assert ('Usage: ' + name if language == 'en' else '使い方: ' + name) in text
        assert ('\nExamples:\n' if language == 'en' else '\n例:\n') in text
        assert '\033' not in text


@every('help fits 80 columns in both languages')
def _(name):
    import unicodedata
    for language in ('en', 'ja'):
        for line in run('help', *arguments(name), '--lang', language).stdout.decode().splitlines():
            width = sum(2 if unicodedata.east_asian_width(c) in 'WF' else 1 for c in line)
            # an example is a line to be copied
            assert width <= 80 or line.startswith('  inkan ') or ' | ' in line, line


@every('an unknown option is refused')
def _(name):
    done = run(*arguments(name), '--no-such-option')
    check(done, 2, f'{name}: unknown option --no-such-option – see “{name} --help”')
    assert done.stdout == b''


@every('help that cannot be written is an error')
def _(name):
    with open('/dev/full', 'wb') as full:
        done = subprocess.run([PROGRAM, *arguments(name), '--help'], stdout=full, stderr=subprocess.PIPE)
    assert done.returncode == 4 and b'No space left on device' in done.stderr, done


@every('too few and too many operands are refused', [n for n in LEAVES if n in COMMANDS])
def _(name):
    if not COMMANDS[name]['operands'].startswith('[') and COMMANDS[name]['operands']:
        check(run(*arguments(name)), 2, 'something is missing – usage: ' + name)
    if '...' not in COMMANDS[name]['operands'] and name != 'inkan check record':
        check(run(*arguments(name), *'abcdefg'), 2, 'is too much – usage: ' + name)


# What each command does where all is well: arguments, exit code.
def usual():
    path = key('rsa.pem')[0]
    return {
        'inkan help': [], 'inkan version': [],
        'inkan key generate': ['--type', 'ed25519', '--force', '--out', TMP / 'usual.pem'],
        'inkan key show': [path], 'inkan key check': [path],
        'inkan dkim-key': ['rsa', 'example.com', '--dns', snapshot()],
        'inkan check record': [GOOD],
        'inkan spf': ['--ip', '192.0.2.1', '--mail-from', 'a@example.com', '--dns', snapshot()],
        'inkan dmarc': ['example.com', '--dns', snapshot()],
    }


@every('JSON is one valid object, and ids stay English', [n for n in LEAVES if n in (
    'inkan help', 'inkan version', 'inkan key generate', 'inkan key show', 'inkan key check', 'inkan dkim-key',
    'inkan check record', 'inkan spf', 'inkan dmarc')])
def _(name):
    keys = []
    for language in ('en', 'ja'):
        done = run(*arguments(name), *usual()[name], '--json', '--lang', language)
        check(done, 0)
        keys.append(json.loads(done.stdout).keys())
        assert done.stdout.endswith(b'\n') and done.stdout.count(b'\n') == 1
    assert keys[0] == keys[1]


@every('a result that cannot be written is an error', ['inkan help', 'inkan version', 'inkan key generate', 'inkan key show',
                                                       'inkan key check', 'inkan dkim-key', 'inkan check record', 'inkan spf',
                                                       'inkan dmarc'])
def _(name):
    command = [PROGRAM, *arguments(name), *map(str, usual()[name])]
    with open('/dev/full', 'wb') as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE)
    assert done.returncode == 4 and b'No space left on device' in done.stderr, done
    done = subprocess.run(command, stderr=subprocess.PIPE, preexec_fn=lambda: os.close(1))
    assert done.returncode == 4 and b'Bad file descriptor' in done.stderr, done
    # a reader that has gone is no news, but no success either
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE)
    os.close(writing)
    said = b'the key was made all the same' if name == 'inkan key generate' else b''
    assert done.returncode == 4 and said in done.stderr and b'Broken pipe' not in done.stderr, done


@case('a closed standard stream is not taken for a file that is opened later')
def _():
    path = key('rsa.pem')[0]
    done = subprocess.run([PROGRAM, 'key', 'show', path], stderr=subprocess.PIPE, stdout=subprocess.PIPE,
                          preexec_fn=lambda: os.close(0))
    assert done.returncode == 0, done
    done = subprocess.run([PROGRAM, 'key', 'show', '-'], stderr=subprocess.PIPE, stdout=subprocess.PIPE,
                          preexec_fn=lambda: os.close(0))
    assert done.returncode == 2 and b'standard input: cannot read' in done.stderr, done


@case('colour only for terminals, and not with NO_COLOR')
def _():
    import pty

    def on_terminal(**variables):
        master, slave = pty.openpty()
        subprocess.run([PROGRAM, 'help'], stdout=slave, env=dict(os.environ, TERM='xterm') | variables)
        os.close(slave)
        text = b''
        try:
            while part := os.read(master, 65536):
                text += part
        except OSError:
            pass
        os.close(master)
        return text
    assert b'\033[1m' in on_terminal()
    assert b'\033' not in on_terminal(NO_COLOR='1')
    assert b'\033' not in on_terminal(TERM='dumb')
    assert b'\033' not in run('help').stdout


# ---- key generate ----

@case('key generate: the file is private, whole, and never replaced unasked')
def _():
    path = TMP / 'once.pem'
    check(run('key', 'generate', '--type', 'ed25519', '--out', path), 0)
    assert path.stat().st_mode & 0o777 == 0o600
    first = path.read_bytes()
    assert first.startswith(b'-----BEGIN PRIVATE KEY-----\n') and first.endswith(b'-----END PRIVATE KEY-----\n')
    check(run('key', 'generate', '--type', 'ed25519', '--out', path), 2, 'exists already and was not touched', '--force')
    assert path.read_bytes() == first
    check(run('key', 'generate', '--type', 'ed25519', '--out', path, '--force'), 0)
    assert path.read_bytes() != first and path.stat().st_mode & 0o777 == 0o600


@case('key generate: permissions do not follow the umask')
def _():
    path = TMP / 'umask.pem'
    subprocess.run([PROGRAM, 'key', 'generate', '-t', 'ed25519', '-o', path], check=True, stdout=subprocess.PIPE,
                   preexec_fn=lambda: os.umask(0))
    assert path.stat().st_mode & 0o777 == 0o600


@case('key generate: a symbolic link is not followed')
def _():
    target, link = TMP / 'target.pem', TMP / 'link.pem'
    link.symlink_to(target)
    check(run('key', 'generate', '-t', 'ed25519', '-o', link), 2, 'exists already')
    assert not target.exists()


@case('key generate: nothing is left behind where the folder cannot be written')
def _():
    check(run('key', 'generate', '-t', 'ed25519', '-o', TMP / 'nowhere' / 'a.pem'), 2, 'No such file or directory',
          'nothing was written')
    before = sorted(TMP.iterdir())
    folder = TMP / 'taken'
    folder.mkdir(exist_ok=True)
    check(run('key', 'generate', '-t', 'ed25519', '-o', folder, '--force'), 2, 'nothing was written')
    assert sorted(p for p in TMP.iterdir() if p != folder) == [p for p in before if p != folder]


@case('key generate: nothing is left behind where the disk is full')
def _():
    import resource
    import signal
    path = TMP / 'limited'
    path.mkdir()

    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (50, 50))
    done = subprocess.run([PROGRAM, 'key', 'generate', '-t', 'ed25519', '-o', path / 'a.pem'], preexec_fn=limit,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    check(done, 2, 'File too large', 'nothing was written')
    assert list(path.iterdir()) == [] and done.stdout == b''


@case('key generate: without --out the file is named after the selector')
def _():
    done = subprocess.run([PROGRAM, 'key', 'generate', '-t', 'ed25519', '-d', 'example.com', '-s', 's1'], cwd=TMP,
                          stdout=subprocess.PIPE)
    assert done.returncode == 0 and (TMP / 's1.example.com.pem').exists()
    assert b's1._domainkey.example.com' in done.stdout
    check(run('key', 'generate'), 2, 'where shall the key go?')


@case('key generate: standard output holds the key alone')
def _():
    done = run('key', 'generate', '-t', 'ed25519', '--out', '-')
    check(done, 0)
    assert re.fullmatch(rb'-----BEGIN PRIVATE KEY-----\n[A-Za-z0-9+/=\n]+-----END PRIVATE KEY-----\n', done.stdout)
    done = run('key', 'generate', '-t', 'ed25519', '--out', '-', '--json')
    check(done, 2, 'exclude each other')
    assert done.stdout == b''


@case('key generate: private parts are printed nowhere else')
def _():
    path = TMP / 'secret.pem'
    done = run('key', 'generate', '-t', 'ed25519', '-o', path, '-d', 'example.com', '-s', 's', '--format', 'all')
    check(done, 0)
    secret = b''.join(path.read_bytes().splitlines()[1:-1])
    for output in (done, run('key', 'show', path), run('key', 'show', path, '--json'), run('key', 'check', path, '-v')):
        assert secret[-40:] not in output.stdout + output.stderr
        assert b'PRIVATE' not in output.stdout + output.stderr


@case('C-11 key generate: sizes from 1024 to 8192, 2048 by default, 1024 with a warning')
def _():
    assert json.loads(run('key', 'show', key('rsa.pem')[0], '--json').stdout)['bits'] == 2048
    done = run('key', 'generate', '--bits', '1024', '--out', TMP / 'weak.pem')
    check(done, 0, 'warning: the RSA key has 1024 bits; 2048 are advised', stream='stdout')
    for bits in ('1023', '8193', '1028', 'x', '-1'):
        check(run('key', 'generate', '--bits', bits, '--out', TMP / 'never.pem'), 2, f'--bits {bits}')
    check(run('key', 'generate', '-t', 'ed25519', '--bits', '2048', '--out', TMP / 'never.pem'), 2, '--bits does not go')
    assert not (TMP / 'never.pem').exists()


@case('key generate: names are checked before anything is made')
def _():
    for options, word in ((['-d', 'example.com'], 'belong together'), (['-d', 'exa mple.com', '-s', 's'], 'not a domain name'),
                          (['-d', 'example.com', '-s', 's_/..'], 'not a selector'), (['--format', 'zone'], 'needs the name'),
                          (['--ttl', '2147483648'], '--ttl')):
        check(run('key', 'generate', '--out', TMP / 'never.pem', *options), 2, word)
    assert not (TMP / 'never.pem').exists()


# ---- key show ----

@case('key show: every form of the record, and what needs a name says so')
def _():
    path, value = key('rsa.pem')
    named = ['-d', 'example.com', '-s', 's1']
    forms = json.loads(run('key', 'show', path, *named, '--json').stdout)['forms']
    assert sorted(forms) == ['csv', 'dig', 'nsupdate', 'route53', 'zone']
    for form, text in forms.items():
        shown = check(run('key', 'show', path, *named, '--format', form), 0, text.rstrip('\n'), stream='stdout')
        assert form != 'nsupdate' or text.endswith('\nsend\n')
        pieces = re.findall(r'"((?:[^"\\]|\\.)*)"', text)
        if form in ('dig', 'zone', 'nsupdate'):
            assert ''.join(pieces) == value and all(len(p) <= 255 for p in pieces), (form, pieces)
        assert shown.count('s1._domainkey.example.com') == (0 if form == 'dig' else 1), shown
        if form != 'dig':
            check(run('key', 'show', path, '--format', form), 2, 'needs the name of the record')
    everything = run('key', 'show', path, *named, '--format', 'all').stdout.decode()
    assert all(f'\n# {form}\n' in everything for form in forms)
    json.loads(forms['route53'])


@case('key show: the fingerprint is that of openssl')
def _():
    for name, options in (('rsa.pem', []), ('ed.pem', ['--type', 'ed25519'])):
        path = key(name, *options)[0]
        der = subprocess.run(['openssl', 'pkey', '-in', path, '-pubout', '-outform', 'DER'], check=True,
                             stdout=subprocess.PIPE).stdout
        import hashlib
        shown = json.loads(run('key', 'show', path, '--json').stdout)
        assert shown['fingerprint'] == hashlib.sha256(der).hexdigest()


@case('key show: a public key gives the same record')
def _():
    for name, options in (('rsa.pem', []), ('ed.pem', ['--type', 'ed25519'])):
        path, value = key(name, *options)
        public = subprocess.run(['openssl', 'pkey', '-in', path, '-pubout'], check=True, stdout=subprocess.PIPE).stdout
        shown = json.loads(run('key', 'show', '-', '--json', input=public).stdout)
        assert shown['value'] == value and shown['private'] is False and shown['file'] == '-'


@case('key show and check: files that are no keys')
def _():
    (TMP / 'empty').write_bytes(b'')
    (TMP / 'noise').write_bytes(bytes(range(256)) * 10)
    (TMP / 'large').write_bytes(b'x' * (64 * 1024 + 1))
    (TMP / 'full').write_bytes(b'x' * (64 * 1024))
    for command in ('show', 'check'):
        for name, word in (('empty', 'PEM'), ('noise', 'PEM'), ('large', 'larger than 65536 octets'), ('full', 'PEM'),
                           ('absent', 'No such file'), ('.', 'directory')):
            done = run('key', command, TMP / name)
            check(done, 2, word, str(TMP / name) + ':')
            assert done.stdout == b''
    check(run('key', 'check', '-', input=b'-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n'), 2,
          'standard input: the public key cannot be read')


@case('key commands leave no core dump')
def _():
    child = subprocess.Popen([PROGRAM, 'key', 'show', '-'], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                             stderr=subprocess.DEVNULL)
    for _ in range(200):
        limits = Path(f'/proc/{child.pid}/limits').read_text()
        if re.search(r'^Max core file size +0 +0 ', limits, re.M):
            break
        time.sleep(0.05)
    child.communicate()
    assert re.search(r'^Max core file size +0 +0 ', limits, re.M), limits


# ---- key check ----

def key_check(selector, code, published, *ids, file='rsa.pem'):
    done = run('key', 'check', key(file)[0], '-d', 'example.com', '-s', selector, '--dns', snapshot(), '--json')
    check(done, code)
    result = json.loads(done.stdout)
    assert result['published'] == published, result
    assert [f['id'] for f in result['findings']] == list(ids), result
    assert result['ok'] == (code == 0)


@case('key check: the published record (S24)')
def _():
    key('ed.pem', '--type', 'ed25519')
    key_check('rsa', 0, 'equal')
    key_check('ed', 0, 'equal', file='ed.pem')
    key_check('ed', 1, 'different', 'published_different')
    key_check('revoked', 1, 'revoked', 'published_revoked')
    key_check('testing', 1, 'equal', 't_testing')
    key_check('two', 1, 'equal', 'published_several')
    key_check('spf', 1, 'missing', 'published_no_key')
    key_check('cut', 1, 'unusable', 'p_truncated')
    key_check('absent', 1, 'missing', 'published_missing')
    key_check('slow', 3, 'unknown', 'published_no_answer')
    key_check('loop', 3, 'unknown', 'published_no_answer')


@case('key check: permissions')
def _():
    path = TMP / 'open.pem'
    check(run('key', 'generate', '-t', 'ed25519', '-o', path), 0)
    check(run('key', 'check', path), 0)
    path.chmod(0o640)
    check(run('key', 'check', path), 1, 'other users can read or change the key file (mode 0640)', 'chmod 600', stream='stdout')
    assert json.loads(run('key', 'check', path, '--json').stdout)['published'] is None
    if os.geteuid() == 0:
        path.chmod(0o600)
        os.chown(path, 12345, 12345)
        check(run('key', 'check', path), 1, 'belongs to another user (uid 12345)', stream='stdout')


# ---- dkim-key ----

@case('dkim-key: exit codes and JSON')
def _():
    for selector, code, status, ok, count in (
            ('rsa', 0, 'NOERROR', True, 1), ('ed', 0, 'NOERROR', True, 1), ('revoked', 1, 'NOERROR', False, 1),
            ('testing', 0, 'NOERROR', True, 1), ('two', 1, 'NOERROR', False, 2), ('spf', 1, 'NOERROR', False, 1),
            ('cut', 1, 'NOERROR', False, 1), ('absent', 1, 'NXDOMAIN', False, 0), ('slow', 3, 'TIMEOUT', False, 0)):
        done = run('dkim-key', selector, 'example.com', '--dns', snapshot(), '--json')
        check(done, code)
        result = json.loads(done.stdout)
        assert (result['status'], result['ok'], len(result['records'])) == (status, ok, count), result
        assert result['name'] == f'{selector}._domainkey.example.com'
        assert result['dnssec'] is False and result['ttl'] is None
    done = json.loads(run('dkim-key', 'ed', 'example.com', '--dns', snapshot(), '--json').stdout)
    assert done['cname'] == 'ed.keys.example.net'
    assert len(json.loads(run('dkim-key', 'rsa', 'EXAMPLE.com', '--dns', snapshot(), '--json').stdout)['records'][0]['strings']) == 2


@case('dkim-key: the name in all its spellings')
def _():
    for words in (['rsa', 'example.com'], ['rsa', 'Example.COM.'], ['rsa._domainkey.example.com'],
                  ['rsa._DomainKey.example.com.'], ['rsa._domainkey', 'example.com'],
                  ['rsa._domainkey.example.com', 'example.com']):
        done = run('dkim-key', *words, '--dns', snapshot(), '--json')
        check(done, 0)
    path = TMP / 'idn.json'
    path.write_text(json.dumps({'s1._domainkey.xn--r8jz45g.jp': {'TXT': [GOOD]}}))
    check(run('dkim-key', 's1', '例え.jp', '--dns', path), 0, 's1._domainkey.xn--r8jz45g.jp', stream='stdout')


@case('dkim-key: a saved snapshot gives the same answer')
def _():
    saved = TMP / 'saved.json'
    first = run('dkim-key', 'ed', 'example.com', '--dns', snapshot(), '--save-dns', saved, '--json')
    again = run('dkim-key', 'ed', 'example.com', '--dns', saved, '--json')
    assert first.returncode == again.returncode == 0 and first.stdout == again.stdout
    check(run('dkim-key', 'ed', 'example.com', '--dns', snapshot(), '--save-dns', TMP / 'nowhere/x'), 4, 'cannot write')


@case('dkim-key: TTL and DNSSEC status come from the snapshot')
def _():
    path = TMP / 'meta.json'
    path.write_text(json.dumps({'s._domainkey.example.com': {
        'TXT': [GOOD], '_meta': {'TXT': {'ttl': 300, 'secure': True}}}}))
    result = json.loads(run('dkim-key', 's', 'example.com', '--dns', path, '--json').stdout)
    assert result['ttl'] == 300 and result['dnssec'] is True, result


@case('dkim-key: what a record holds does not reach the terminal as it is')
def _():
    path = TMP / 'evil.json'
    path.write_text(json.dumps({'s._domainkey.example.com': {'TXT': ['v=DKIM1; n=\x1b[2J\u202e; x\x1b[31m=1; p=']}}))
    for way in ([], ['--json']):
        done = run('dkim-key', 's', 'example.com', '--dns', path, *way)
        assert done.returncode == 1 and b'\033' not in done.stdout + done.stderr
    assert b'\\x1b' in run('dkim-key', 's', 'example.com', '--dns', path).stdout


@case('dkim-key: wrong names and wrong snapshots')
def _():
    check(run('dkim-key', 's 1', 'example.com'), 2, 's 1: not a selector')
    check(run('dkim-key', 's1', 'exam ple.com'), 2, 'exam ple.com: not a domain name')
    check(run('dkim-key', 's1', ''), 2, 'not a domain name')
    check(run('dkim-key', '', 'example.com'), 2, 'not a selector')
    check(run('dkim-key', 's1'), 2, 'domain and selector belong together')
    check(run('dkim-key', 's1._domainkey.example.com', 'example.org'), 2, 'give one of them')
    (TMP / 'bad.json').write_text('{"a": {"TXT": [}}')
    check(run('dkim-key', 's1', 'example.com', '--dns', TMP / 'bad.json'), 2, 'bad.json:1:16: not a DNS snapshot')
    check(run('dkim-key', 's1', 'example.com', '--dns', TMP / 'absent.json'), 2, 'No such file')


# ---- check record ----

def check_record(text, code, *ids, options=()):
    done = run('check', 'record', *options, '--json', '--', text)
    check(done, code)
    result = json.loads(done.stdout)
    assert [f['id'] for f in result['findings']] == list(ids), result
    assert result['ok'] == (code == 0) and result['kind'] == 'dkim'
    return result


@case('check record: everything that people paste is the same record (S26)')
def _():
    value = key('rsa.pem')[1]
    pieces = f'"{value[:255]}" "{value[255:]}"'
    name = 's1._domainkey.example.com'
    for text, owner in ((value, None), (f'  {value}\n', None), (f'"{value[:200]}" "{value[200:]}"', None), (pieces, None),
                        (f'{name}. 3600 IN TXT ( {pieces} )', name), (f'{name}. IN TXT {pieces} ; the key', name),
                        (f'{name}.\t\t300\tIN\tTXT\t{pieces}', name)):
        result = check_record(text, 0)
        assert result['value'] == value and result['name'] == owner, result
        assert result['tags'] == [['v', 'DKIM1'], ['k', 'rsa'], ['p', value.split('p=')[1]]] and result['bits'] == 2048
    done = run('check', 'record', '-', '--json', input=(pieces + '\n').encode())
    assert json.loads(done.stdout)['value'] == value


@case('check record: mistakes of pasting')
def _():
    value = key('rsa.pem')[1]
    check_record(value[:250], 1, 'p_truncated')
    check_record(value.replace(';', '\\;'), 1, 'backslash')
    check_record(value.replace('p=', 'p=“') + '”', 1, 'smart_quotes')
    check_record(f'"{value}"', 0, 'string_too_long')
    check_record(f'"{value[:100]}', 1, 'quote_not_closed', 'p_truncated')
    check_record(f's1._domainkey.example.com.example.com. IN TXT "{GOOD}"', 1, 'name_doubled')
    check_record(f's1.example.com. IN TXT "{GOOD}"', 0, 'name_not_domainkey')
    check_record('', 1, 'empty')
    assert 'two_records' in [f['id'] for f in json.loads(
        run('check', 'record', '--json', f'"{GOOD}"\n"{GOOD}"').stdout)['findings']]


@case('check record: a private key is called one, loudly, whatever it is pasted as')
def _():
    path = key('ed.pem', '--type', 'ed25519')[0]
    pem = path.read_text()
    inner = ''.join(pem.splitlines()[1:-1])
    for text in (pem, f'v=DKIM1; k=ed25519; p={inner}', f'v=DKIM1; p={pem}'):
        done = run('check', 'record', '--', text)
        check(done, 1, '!!! THIS IS A PRIVATE KEY', stream='stdout')
    check(run('check', 'record', '-', '--lang', 'ja', input=path.read_bytes()), 1, '!!! これは秘密鍵です', stream='stdout')


@case('check record: the caret stands under the place, also behind Japanese')
def _():
    for text, expected in (('v=DKIM1; k=dsa; p=AAAA', 'dsa'), ('v=DKIM1; n=鍵; k=dsa; p=AAAA', 'dsa')):
        lines = run('check', 'record', '--', text).stdout.decode().splitlines()
        at = next(i for i, line in enumerate(lines) if line.strip() == '^' and 'dsa' in lines[i - 1])
        import unicodedata
        columns = 0
        for i, character in enumerate(lines[at - 1]):
            if columns == lines[at].index('^'):
                assert lines[at - 1][i:].startswith(expected), lines[at - 1:at + 1]
                break
            columns += 2 if unicodedata.east_asian_width(character) in 'WF' else 1
        else:
            assert False, lines


@case('check record: other kinds are known, and are no DKIM keys')
def _():
    for text, kind in (('v=spf1 -all', 'spf'), ('v=DMARC1; p=none', 'dmarc'), ('v=TLSRPTv1; rua=mailto:a@example.com', 'tlsrpt'),
                       ('v=STSv1; id=1', 'mta-sts'), ('v=BIMI1; l=', 'bimi')):
        assert json.loads(run('check', 'record', '--json', text).stdout)['kind'] == kind
        check(run('check', 'record', '--kind', kind, text), 0, stream='stdout')
        check(run('check', 'record', '--kind', 'dkim', text), 1, stream='stdout')
    check(run('check', 'record', 'hello world'), 2, 'cannot tell what kind')
    check(run('check', 'record', 's1._domainkey.example.com'), 2, 'this is a name, not a record')
    check(run('check', 'record', '--kind', 'nothing', 'hello'), 2, '--kind nothing: no such choice')


@case('check record: a text that the shell has cut is explained')
def _():
    check(run('check', 'record', 'v=DKIM1'), 1, 'put it between single quotes')
    assert run('check', 'record', GOOD).stderr == b''


@case('check record: size of the text, at the limit and beyond')
def _():
    limit = 256 * 1024
    check(run('check', 'record', '-', '--kind', 'dkim', input=b'x' * limit), 1, 'record', stream='stdout')
    check(run('check', 'record', '-', '--kind', 'dkim', input=b'x' * (limit + 1)), 2, 'larger than 262144 octets')


main()
