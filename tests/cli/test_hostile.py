#!/usr/bin/python3
"""Hostile mail, records and name servers, each through the program: the right result, in bounded time and memory."""
import json
import os
import re
import resource
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / 'support'))
from name_server import NameServer  # noqa: E402
from tap import SOURCE, at_work, case, main, run  # noqa: E402

DATA = SOURCE / 'tests/cli/data'
SANITIZED = b'__asan_init' in Path(os.environ.get('INKAN', SOURCE / 'build/inkan')).read_bytes()
SECONDS_MAX = 60 if SANITIZED else 10  # at work
PATIENCE = 120  # seconds of the clock, which others may use too
MEMORY_KIB_MAX = 1024 * 1024 if SANITIZED else 96 * 1024  # this program, which starts them, counts as well
FOLDER = tempfile.TemporaryDirectory()
TMP = Path(FOLDER.name)
KEYS = json.loads((DATA / 'dns.json').read_text())
POLICY = {**KEYS, 'example.com': {'TXT': ['v=spf1 ip4:192.0.2.1 -all']}, '_dmarc.example.com': {'TXT': ['v=DMARC1; p=reject']}}
SESSION = ['--ip', '192.0.2.1', '--helo', 'mail.example.com', '--mail-from', 'a@example.com']
SPF = ['spf', '--json', '--ip', '192.0.2.1', '--mail-from', 'a@example.com']
TEXT = b'From: a@example.com\nTo: b@example.org\nSubject: x\nDate: Sat, 21 Nov 2026 18:30:00 +0900\nMessage-ID: <1@example.com>\n\nHello\n'


def snapshot(records):
    path = TMP / 'dns.json'
    path.write_text(json.dumps(records))
    return ['--dns', path]


def bounded(*arguments, codes, input=None):
    """Standard output of a run that ends, with one of these codes, without having taken much work or memory."""
    before = at_work()
    done = run(*arguments, input=input, timeout=PATIENCE)
    took = at_work() - before
    assert done.returncode in codes, (done.returncode, done.stdout[-2000:], done.stderr[-2000:])
    assert took < SECONDS_MAX, f'{took:.1f} seconds'
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss  # the most that any run took until now
    assert memory < MEMORY_KIB_MAX, f'{memory} KiB'
    return done.stdout.decode(errors='surrogateescape')


def judged(message, *arguments, codes, dns=POLICY):
    """What verify says; its pages in both languages, the HTML page and the field are made as well."""
    options = [*snapshot(dns), *SESSION, *arguments, '-']
    for form in (['--lang', 'en'], ['--lang', 'ja', '-v'], ['--format', 'html', '--redact'], ['--format', 'header']):
        assert '\x1b' not in bounded('verify', *form, *options, codes=codes, input=message)
    return json.loads(bounded('verify', '--json', *options, codes=codes, input=message))


def signed(text=TEXT):
    done = run('sign', '-d', 'example.com', '-s', 'r1', '-k', DATA / 'rsa.pem', input=text)
    assert done.returncode == 0, done.stderr
    return done.stdout


# ---- SPF records ----

TREE = {f'{i}.example.com': {'TXT': ['v=spf1 ' + ' '.join(f'include:{k}.{i}.example.com' for k in range(30))]} for i in range(30)}
TREE |= {f'{k}.{i}.example.com': {'TXT': ['v=spf1 ?all']} for i in range(30) for k in range(30)}
# what it is: records, result, words of the reason
RECORDS = {
    'loops by include': ({'example.com': {'TXT': ['v=spf1 include:example.com -all']}}, 'permerror', 'more than 10'),
    'loops by redirect': ({'example.com': {'TXT': ['v=spf1 redirect=b.example']},
                           'b.example': {'TXT': ['v=spf1 redirect=example.com']}}, 'permerror', 'more than 10'),
    'loops by a macro that grows': ({'*': {}, 'example.com': {'TXT': ['v=spf1 include:%{d}.%{d} -all']}}, 'permerror', ''),
    'fans out to 900 records': ({'example.com': {'TXT': ['v=spf1 ' + ' '.join(f'include:{i}.example.com' for i in range(30)) + ' -all']},
                                 **TREE}, 'permerror', 'more than 10'),
    'hides 100 MX': ({'example.com': {'TXT': ['v=spf1 include:many.example -all']}, 'many.example': {
        'TXT': ['v=spf1 mx -all'], 'MX': [[i, f'mx{i}.many.example'] for i in range(100)]},
        **{f'mx{i}.many.example': {'A': ['198.51.100.1']} for i in range(100)}}, 'permerror', 'MX'),
    'has 100 names by PTR': ({'example.com': {'TXT': ['v=spf1 ptr -all']}, '1.2.0.192.in-addr.arpa': {
        'PTR': [f'p{i}.example.net' for i in range(100)]}}, 'fail', ''),
    'is a megabyte': ({'example.com': {'TXT': ['v=spf1 ' + 'ip4:198.51.100.1 ' * 60000 + '-all']}}, 'permerror', ''),
    'is one word of a megabyte': ({'example.com': {'TXT': ['v=spf1 ' + 'a' * 1048576]}}, 'permerror', ''),
    'is a macro of a megabyte': ({'example.com': {'TXT': ['v=spf1 exists:' + '%{l}' * 250000 + ' -all']}}, 'permerror', ''),
    'stands there a thousand times': ({'example.com': {'TXT': ['v=spf1 -all'] * 1000}}, 'permerror', ''),
    'hides among ten thousand texts': ({'example.com': {'TXT': ['x' * 100] * 10000 + ['v=spf1 -all']}}, 'fail', ''),
    'is an alias of itself': ({'example.com': {'CNAME': ['example.com']}}, 'temperror', ''),
    'is at the end of 100 aliases': ({'example.com': {'CNAME': ['0.example.net']}, '100.example.net': {'TXT': ['v=spf1 -all']},
                                      **{f'{i}.example.net': {'CNAME': [f'{i + 1}.example.net']} for i in range(100)}}, 'temperror', ''),
    'comes with bogus DNSSEC': ({'example.com': {'_error': {'TXT': 'BOGUS'}}}, 'temperror', ''),
    'comes with SERVFAIL': ({'example.com': {'_error': {'TXT': 'SERVFAIL'}}}, 'temperror', ''),
    'includes one with bogus DNSSEC': ({'example.com': {'TXT': ['v=spf1 include:b.example -all']},
                                        'b.example': {'_error': {'TXT': 'BOGUS'}}}, 'temperror', ''),
}
for name, (records, wanted, words) in RECORDS.items():
    @case(f'an SPF record that {name}')
    def _(records=records, wanted=wanted, words=words):
        options = snapshot(records)
        got = json.loads(bounded(*SPF, *options, codes=[0]))
        assert got['result'] == wanted and words in got['reason'] and got['lookups'] <= 11, got
        for more in (['--trace'], ['--lang', 'ja']):
            bounded(*SPF[:1], *SPF[2:], *more, *options, codes=[0])
        # and with it the whole message: nobody passes by it, and what DNS did not say is not judged
        verdict = judged(TEXT, codes=[3] if wanted == 'temperror' else [1], dns={**KEYS, **records, '_dmarc.example.com': {'TXT': [
            'v=DMARC1; p=reject']}})
        assert verdict['spf']['result'] == wanted, verdict['spf']
        assert verdict['verdict'] == ('unknown' if wanted == 'temperror' else 'fail'), verdict['verdict']

        if 'TXT' in records['example.com']:
            text = records['example.com']['TXT'][0]
            bounded('check', 'record', '--lookups', '--name', 'example.com', '--json', '-', *options,
                    input=text.encode(), codes=[0, 1, 2, 3])


# ---- name servers ----

def aliases(kind):
    return {'loop': {'CNAME': ['selector.example.net']}, 'chain': {'CNAME': ['0.example.net']}}[kind]


for kind, entry in {
    'SERVFAIL': {'_error': {'TXT': 'SERVFAIL'}}, 'bogus DNSSEC': {'_error': {'TXT': 'BOGUS'}}, 'a time-out': {'_error': {'TXT': 'TIMEOUT'}},
    'an alias that loops': {'CNAME': ['loop.example.net']}, 'an alias of itself': {'CNAME': ['r1._domainkey.example.com']},
}.items():
    @case(f'a key that is {kind}: unknown, exit code 3')
    def _(entry=entry):
        dns = {**POLICY, 'example.com': {'TXT': ['v=spf1 -all']}, 'r1._domainkey.example.com': entry,
               'loop.example.net': {'CNAME': ['pool.example.net']}, 'pool.example.net': {'CNAME': ['loop.example.net']}}
        got = judged(signed(), codes=[3], dns=dns)
        assert (got['verdict'], got['dkim'][0]['result'], got['dkim'][0]['cause']) == ('unknown', 'temperror', 'dns'), got

    @case(f'a policy that is {kind}: unknown, exit code 3, and nothing is refused')
    def _(entry=entry):
        entry = {'CNAME': ['_dmarc.example.com']} if entry.get('CNAME') == ['r1._domainkey.example.com'] else entry
        dns = {**POLICY, '_dmarc.example.com': entry,
               'loop.example.net': {'CNAME': ['pool.example.net']}, 'pool.example.net': {'CNAME': ['loop.example.net']}}
        got = judged(TEXT, codes=[3], dns=dns)
        assert (got['verdict'], got['dmarc']['result'], got['dmarc']['disposition']) == ('unknown', 'temperror', 'none'), got['dmarc']
        assert json.loads(bounded('dmarc', '--json', 'example.com', *snapshot(dns), codes=[3]))['result'] == 'temperror'


@case('a name server that stays silent: every command ends, the verdict is unknown, exit code 3')
def _():
    message = TMP / 'signed.eml'
    message.write_bytes(signed())

    class Silent(NameServer):
        def answer(self, query):
            return None
    with Silent({}) as server:
        seal = ['seal', '-d', 'example.com', '-s', 'r1', '-k', DATA / 'rsa.pem', '--authserv-id', 'mx.example']
        chained = sealed(1)

        def ask(*arguments, code, input=None):
            return pool.submit(bounded, *arguments, '--resolver', server.address, codes=[code], input=input)
        with ThreadPoolExecutor() as pool:  # each waits for nearly all of its time
            verdict = ask('verify', '--json', *SESSION, message, code=3)
            spf = ask(*SPF, code=0)
            others = [ask('dmarc', 'example.com', code=3), ask('check', 'message', *SESSION, message, code=3),
                      ask('dkim-key', 'r1', 'example.com', code=3),
                      ask('check', 'record', '--lookups', '--name', 'example.com', 'v=spf1 include:a.example include:b.example -all', code=3)]
            # a seal says what was found, time-outs included; only a chain that cannot be judged now is left alone
            plain, again = ask(*seal, message, code=0), ask(*seal, '-', input=chained, code=3)
        got = json.loads(verdict.result())
        assert (got['verdict'], got['spf']['result'], got['dkim'][0]['result'], got['dmarc']['result']) == \
            ('unknown', 'temperror', 'temperror', 'temperror'), got
        assert json.loads(spf.result())['result'] == 'temperror'
        assert 'dkim=temperror' in plain.result() and again.result() == ''
        for other in others:
            other.result()


def chain(length):
    return {'example.com': {'TXT': ['v=spf1 include:0.example.com -all']}, f'{length}.example.com': {'TXT': ['v=spf1 ip4:192.0.2.1 -all']},
            **{f'{i}.example.com': {'TXT': [f'v=spf1 include:{i + 1}.example.com -all']} for i in range(length)}}


@case('a name server that answers slowly is waited for')
def _():
    with NameServer(chain(9), delay=0.3) as server:
        got = json.loads(bounded(*SPF, '--resolver', server.address, codes=[0]))
        assert (got['result'], got['lookups']) == ('pass', 10), got


@case('P12 a name server that answers each question late: what 20 seconds did not bring is a temporary error')
def _():
    with NameServer(chain(9), delay=2.5) as server:
        got = json.loads(bounded(*SPF, '--resolver', server.address, codes=[0]))
        assert got['result'] == 'temperror', got


# ---- ARC ----

def arc_set(instance, validation):
    return (f'ARC-Seal: i={instance}; a=rsa-sha256; cv={validation}; d=example.com; s=r1; t=1; b=AAAA\r\n'
            f'ARC-Message-Signature: i={instance}; a=rsa-sha256; c=relaxed/relaxed; d=example.com; s=r1; h=from; bh=AAAA; b=AAAA\r\n'
            f'ARC-Authentication-Results: i={instance}; mx.example; dkim=pass header.d=example.com\r\n').encode()


def arc_sets(numbers):
    return b''.join(arc_set(i, 'none' if i == 1 else 'pass') for i in numbers)


def sealed(count):
    message = TEXT
    for _ in range(count):
        done = run('seal', '-d', 'example.com', '-s', 'r1', '-k', DATA / 'rsa.pem', '--authserv-id', 'mx.example', *snapshot(POLICY),
                   input=message)
        assert done.returncode == 0, done.stderr
        message = done.stdout
    return message


@case('A1 500 ARC sets')
def _():
    got = judged(arc_sets(range(500, 0, -1)) + TEXT, codes=[0, 1])
    assert got['arc']['result'] == 'fail', got['arc']
    got = judged(arc_sets([1] * 500) + TEXT, codes=[0, 1])
    assert got['arc']['result'] == 'fail', got['arc']
    bounded('seal', '-d', 'example.com', '-s', 'r1', '-k', DATA / 'rsa.pem', '--authserv-id', 'mx.example', *snapshot(POLICY), codes=[0, 1, 2],
            input=arc_sets(range(500, 0, -1)) + TEXT)


@case('A1 good sets, one of which is taken out: fail')
def _():
    message = sealed(3)
    assert judged(message, codes=[0, 1])['arc']['result'] == 'pass'
    header, body = message.split(b'\n\n', 1)
    fields = re.split(rb'\n(?![ \t])', header)
    kept = [field for field in fields if not re.match(rb'(?s)ARC-.*[ :]i=2;', field)]
    assert len(fields) - len(kept) == 3, fields
    got = judged(b'\n'.join(kept) + b'\n\n' + body, codes=[0, 1])
    assert got['arc']['result'] == 'fail' and got['arc']['reason'], got['arc']


# ---- Authentication-Results ----

OWN = b'Authentication-Results: mx.example.org; dkim=pass header.d=example.com; dmarc=pass header.from=example.com\n'
FIELDS = {
    'forged in our name': OWN * 100,
    'malformed': b'Authentication-Results: ;;;=; a/b/c=d;("\\\nAuthentication-Results: \xff\xfe\0 1; none\nAuthentication-Results:\n',
    'a megabyte of comment': b'Authentication-Results: mx.example.org; dkim=pass (' + b'x' * 1048576 + b')\n',
    'a megabyte of open comments': b'Authentication-Results: mx.example.org; dkim=pass ' + b'(' * 1048576 + b'\n',
    'a megabyte of results': b'Authentication-Results: mx.example.org' + b'; dkim=pass' * 95000 + b'\n',
    'three megabytes in a thousand fields': b''.join(b'Authentication-Results: m%d.example; dkim=pass (%s)\n' % (i, b'x' * 3000) for i in range(1000)),
}
for name, fields in FIELDS.items():
    @case(f'Authentication-Results: {name}: no verdict comes from it')
    def _(fields=fields):
        got = judged(fields + TEXT, '--authserv-id', 'mx.example.org', codes=[1], dns={**POLICY, 'example.com': {'TXT': ['v=spf1 -all']}})
        assert (got['verdict'], got['dkim'], got['dmarc']['result']) == ('fail', [], 'fail'), got
        text = bounded('check', 'header', '--json', '-', input=fields, codes=[0, 1])
        if text:
            json.loads(text)
        bounded('check', 'message', '--json', *snapshot(POLICY), '-', input=fields + TEXT, codes=[0, 1])
        bounded('seal', '-d', 'example.com', '-s', 'r1', '-k', DATA / 'rsa.pem', '--authserv-id', 'mx.example.org', '--trust-results',
                *snapshot(POLICY), input=fields + TEXT, codes=[0, 1, 2])


# ---- From ----

# what it is: the fields, the domain that counts (None: there is none)
AUTHORS = {
    'five fields': (b''.join(b'From: a@%d.example\n' % i for i in range(5)), None),
    'a field that is empty': (b'From:\n', None),
    'a U-label': ('From: a@例え.example\n'.encode(), 'xn--r8jz45g.example'),
    'a U-label that looks like another': ('From: a@ехаmple.com\n'.encode(), 'xn--mple-43d3a6i.com'),
    'NUL in the domain': (b'From: a@example.com\0.evil.example\n', None),
    'NUL in the name': (b'From: "a\0b" <a@example.com>\n', None),
    'a route': (b'From: <@relay.example,@other.example:a@example.com>\n', 'example.com'),
    'a group': (b'From: Us: a@example.com, b@example.com;\n', 'example.com'),
    'a group of two domains': (b'From: Us: a@example.com, b@example.net;\n', None),
    'an empty group': (b'From: Nobody:;\n', None),
    'a megabyte of addresses': (b'From: ' + b'a@example.com, ' * 70000 + b'b@example.net\n', None),
    'a megabyte of open comments': (b'From: ' + b'(' * 1048576 + b'\n', None),
    'a megabyte of quotes': (b'From: ' + b'"x" ' * 262144 + b'<a@example.com>\n', 'example.com'),
    'an escape sequence': (b'From: "\x1b[2J" <a@example.com>\n', None),
    'two addresses in one': (b'From: <a@example.com>, <b@example.net>\n', None),
    'an address literal': (b'From: a@[192.0.2.1]\n', None),
    'a label of 64 octets': (b'From: a@' + b'x' * 64 + b'.example\n', None),
}
for name, (fields, domain) in AUTHORS.items():
    @case(f'M1 From: {name}')
    def _(fields=fields, domain=domain):
        got = judged(fields + TEXT.split(b'\n', 1)[1], codes=[0, 1])
        assert (got['from'] and got['from']['domain']) == domain, got['from']
        if not domain:
            assert got['verdict'] not in ('pass', 'at-risk') and got['dmarc']['result'] != 'pass', got
        bounded('check', 'message', '--json', *snapshot(POLICY), '-', input=fields + TEXT.split(b'\n', 1)[1], codes=[0, 1])


main()
