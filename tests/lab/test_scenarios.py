#!/usr/bin/python3
"""The scenarios with a DNS of their own: every step goes as told, in both languages, and nothing is left behind; a broken rule is seen."""
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from functools import cache
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / 'support'))

from knot import KNOTD, why_not
from tap import SOURCE, case, main, skip

PROGRAM = os.environ.get('INKAN', str(SOURCE / 'build/inkan'))
TOKEN = r'[a-z2-7]{32}'
STEPS = {
    'ses': ['servers', 'create', 'prove', 'dmarc', 'send', 'ways', 'rotate', 'check'],
    'ses-by-hand': ['servers', 'records', 'type', 'named', 'line', 'mend', 'send'],
    'microsoft': ['begin', 'new', 'get', 'publish', 'set', 'rotate'],
    'rotation': ['servers', 'weeks', 'slots', 'control'],
}
DMARC = 'v=DMARC1; p=none; rua=mailto:dmarc@ho2k.com; ruf=mailto:dmarcfail@ho2k.com; sp=none; pct=100'
# A knotd that is started by another program first: "$1 $2" are "-c knot.conf".
WRAPPER = '#!/bin/sh\n%s\nexec ' + KNOTD + ' "$@"\n'


def processes_of(folder):
    """Processes that name the folder in their command line."""
    found = []
    for path in Path('/proc').glob('[0-9]*/cmdline'):
        try:
            if folder.encode() in path.read_bytes():
                found.append(path.parent.name)
        except OSError:
            pass
    return found


class Place:
    """A folder for temporary files, in which nothing may be left."""
    def __enter__(self):
        if reason := why_not():
            skip(reason)
        self.folder = tempfile.mkdtemp(prefix='inkan-t-')
        self.environment = {**os.environ, 'TMPDIR': self.folder}
        return self

    def wrap(self, line):
        """Puts a knotd on PATH that runs the line first."""
        self.bin = tempfile.mkdtemp(prefix='inkan-b-')
        path = Path(self.bin) / 'knotd'
        path.write_text(WRAPPER % line, encoding='utf-8')
        path.chmod(0o755)
        self.environment['PATH'] = self.bin + ':' + os.environ['PATH']

    def run(self, *arguments):
        return subprocess.run([PROGRAM, 'lab', 'run', *arguments], env=self.environment, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=400)

    def left(self):
        return os.listdir(self.folder), processes_of(self.folder)

    def __exit__(self, *trouble):
        for folder in (self.folder, getattr(self, 'bin', '')):
            shutil.rmtree(folder, ignore_errors=True)


@cache
def story(name, language, *arguments):
    """What a scenario tells, by step."""
    with Place() as place:
        done = place.run(name, '--lang', language, *arguments)
        assert done.returncode == 0 and done.stderr == b'', (done.stdout[-600:].decode(), done.stderr.decode())
        assert place.left() == ([], []), place.left()
    text = done.stdout.decode()
    for words in ('NOT AS EXPECTED', '期待と異なります'):
        assert words not in text, text
    parts = re.split(r'\n\n\d+  ', text)
    return dict(zip(STEPS[name], parts[1:], strict=True))


def has_all(text, *words):
    for word in words:
        assert word in text, (word, text)


def is_in_order(text, *words):
    places = [text.index(word) for word in words]
    assert places == sorted(places), (words, places)


# ---- Amazon SES ----

@case('A6 S3-8 S3-26 S3-32 S3-34 S3-36 S3-37 ses: every record of the identity is published in one operation')
def _():
    create = story('ses', 'en')['create']
    assert len(re.findall(rf'\n   ({TOKEN})\._domainkey\.ho2k\.com\. 3600 IN CNAME \1\.dkim\.amazonses\.com\.', create)) == 3, create
    has_all(create, 'email.ho2k.com. 3600 IN MX 10 feedback-smtp.us-east-1.amazonses.com.',
            'email.ho2k.com. 3600 IN TXT "v=spf1 include:amazonses.com ~all"', '✓ all records are in DNS', 'the identity is Verified; nothing is signed yet')


@case('S3-28 S3-38 ses: the key signs when DNS has shown it for long enough')
def _():
    has_all(story('ses', 'en')['prove'], 'ho2k.com  ✓ Verified', 'email.ho2k.com (success)', '✓ verified, and signing after one to two hours')


@case('S3-56 ses: the DMARC record, letter by letter')
def _():
    has_all(story('ses', 'en')['dmarc'], f'"{DMARC}"', '✓ it is in DNS letter by letter')


@case('S3-69 S3-70 S3-71 ses: a test message, and its original with three lines of PASS')
def _():
    for step in ('send', 'check'):
        text = story('ses', 'en')[step]
        for mechanism in ('SPF', 'DKIM', 'DMARC'):
            assert re.search(rf'\n   {mechanism} +PASS ', text), text
        has_all(text, '✓ SPF PASS · DKIM PASS · DMARC PASS')


@case('S3-9 S3-12 S2-9 ses: default MAIL FROM is not aligned, and a forwarder is not in SPF; DKIM holds')
def _():
    has_all(story('ses', 'en')['ways'], '✓ default MAIL FROM: SPF passes, not aligned', '✓ forwarded: SPF does not pass, DKIM and DMARC pass')


@case('S3-27 S3-28 S3-30 ses: after a rotation two names lead to an empty text')
def _():
    rotate = story('ses', 'en')['rotate']
    found = re.findall(rf'\$ dig TXT ({TOKEN})\._domainkey\.ho2k\.com \+short\n   \1\.dkim\.amazonses\.com\.\n   ("[^\n]*)', rotate)
    assert sorted(value == '""' for _, value in found) == [False, True, True], rotate
    is_in_order(rotate, '✓ the new key signs; the old one stays', '$ dig', '✓ one key, and two names')


@case('S3-29 ses: the empty slots are no error')
def _():
    assert sorted(re.findall(rf'\n   {TOKEN}  (\w+)', story('ses', 'en')['check'])) == ['inactive', 'inactive', 'key']


@case('S3-72 S3-73 ses in Japanese')
def _():
    told = story('ses', 'ja')
    has_all(told['create'], '✓ すべてのレコードが DNS にある')
    has_all(told['prove'], '✓ 検証済み。署名は')
    has_all(told['rotate'], '✓ 鍵が 1 つ、空のテキスト')


# ---- by hand ----

@case('A7 S3-25 S3-35 S3-36 S3-37 S3-72 ses-by-hand: records to copy, with final dots and quotes, and nothing written')
def _():
    records = story('ses-by-hand', 'en')['records']
    assert len(re.findall(rf'CNAME  {TOKEN}\._domainkey\.ho2k\.com\. +3600 +{TOKEN}\.dkim\.amazonses\.com\.\n', records)) == 3
    has_all(records, ' 10 feedback-smtp.us-east-1.amazonses.com.\n', ' "v=spf1 include:amazonses.com ~all"\n',
            'MAIL FROM: this is the SPF record', '✓ nothing was written into ho2k.com')


@case('S3-36 S3-38 ses-by-hand: each of the three mistakes is named, with its fix')
def _():
    named = story('ses-by-hand', 'en')['named']
    is_in_order(named, '.dkim.amazonses.com.ho2k.com: the zone was added for lack of a final dot', '→ end the target with a dot',
                '✓ target_doubled', '._domainkey.ho2k.com.ho2k.com: the domain was added', '→ enter “', '✓ doubled_suffix',
                'without quotes, so its spaces were lost', '→ put the value between double quotes', '✓ quotes_lost',
                '✓ the state is still Pending')


@case('S2-38 ses-by-hand: a line without its closing quote is found and read')
def _():
    has_all(story('ses-by-hand', 'en')['line'], '_dmarc.ho2k.com 3600 IN TXT "v=DMARC1; pct=100; p=none\n', 'the closing quote is missing',
            '✓ found, and the value is read')


@case('S3-38 S3-71 ses-by-hand: mended, verified, PASS three times')
def _():
    told = story('ses-by-hand', 'en')
    has_all(told['mend'], '✓ Verified, and nothing is amiss')
    has_all(told['send'], '✓ SPF PASS · DKIM PASS · DMARC PASS')


@case('S3-38 S3-73 ses-by-hand in Japanese')
def _():
    told = story('ses-by-hand', 'ja')
    has_all(told['named'], '末尾のドットがないため', '空白が失われました', '✓ quotes_lost: 指摘され、直し方も示された')
    has_all(told['mend'], '✓ 検証済みで、問題はない')


# ---- Microsoft 365 ----

@case('A9 S2-14 S2-15 S2-16 S2-27 microsoft: the three sentences, in both languages, each with its next act')
def _():
    told = story('microsoft', 'en')
    has_all(told['begin'], 'No DKIM keys saved for this domain.', 'このドメインの DKIM キーが保存されていません', 'the next act is New')
    has_all(told['new'], 'Not signing DKIM signatures for this domain.', 'このドメインの DKIM 署名をしません', 'the next act is Set')
    has_all(told['set'], 'Signing DKIM signatures for this domain.', 'このドメインの DKIM 署名をします。')


@case('S2-29 S2-30 S2-22 microsoft: New, too early, creates and does not enable, and names the missing record')
def _():
    has_all(story('microsoft', 'en')['new'], 'New-DkimSigningConfig -DomainName "contoso.com" -Enabled $true', 'WARNING: the configuration was created, but',
            'selector1._domainkey.contoso.com. CNAME', '✓ created, not enabled')


@case('S2-17 S2-18 S2-19 microsoft: Get shows both targets as Name : value')
def _():
    has_all(story('microsoft', 'en')['get'], '\n   Selector1CNAME : selector1-contoso-com._domainkey.contoso.onmicrosoft.com\n',
            '\n   Selector2CNAME : selector2-contoso-com._domainkey.contoso.onmicrosoft.com\n')


@case('S2-11 S2-20 S2-21 microsoft: both are published, with TTL 3600')
def _():
    text = story('microsoft', 'en')['publish']
    for n in '12':
        assert re.search(rf'CNAME  selector{n}\._domainkey\.contoso\.com\. +3600 +selector{n}-contoso-com\._domainkey\.', text), text


@case('S2-13 S2-26 S2-31 S2-32 microsoft: Set is refused, waits, and enables')
def _():
    is_in_order(story('microsoft', 'en')['set'], 'Set-DkimSigningConfig -Identity "contoso.com" -Enabled $true', 'WARNING:', '--wait',
                'Status : Valid', '✓ refused at first, then enabled', 'dkim=pass d=contoso.com s=selector1')


@case('S2-12 S2-21 microsoft: Rotate after the hold time; the second selector signs')
def _():
    is_in_order(story('microsoft', 'en')['rotate'], 'WARNING: the key was changed less than 24 hours ago', 'selector2  signs', '✓ refused within 24 hours',
                'dkim=pass d=contoso.com s=selector2')


@case('S2-16 S2-30 microsoft in Japanese')
def _():
    told = story('microsoft', 'ja')
    has_all(told['new'], '警告: 構成は作成されましたが')
    has_all(told['rotate'], '✓ 24 時間以内は拒否され')


# ---- rotation ----

@case('A8 S3-27 S3-28 S3-29 rotation: 10,080 messages, three rotations, none unsigned, none unverifiable')
def _():
    told = story('rotation', 'en')
    has_all(told['weeks'], '\n   10080 messages, 0 unsigned, 0 unverifiable\n', '✓ no message left unsigned', '✓ every message could be verified',
            'the registrar dies in the middle of a step', 'the secondary goes down', 'the secondary is up again', '✓ the registrar died')
    assert told['weeks'].count('a rotation begins') == 3 and told['weeks'].count('it signs from now on') == 3
    late, days = re.search(r'(\d+) delivered an hour late or more, the latest after ([\d.]+) days', told['weeks']).groups()
    assert int(late) > 300 and float(days) > 4, told['weeks']
    assert told['slots'].count('\n   ""\n') == 2 and told['slots'].count('p=') == 1


@case('S3-28 rotation: the control run without waiting fails, so failures would be seen')
def _():
    control = story('rotation', 'en')['control']
    assert int(re.search(r'1200 messages, 0 unsigned, (\d+) unverifiable', control)[1]) > 0, control


@case('S3-28 S3-73 rotation --careless is not as expected, in Japanese')
def _():
    with Place() as place:
        done = place.run('rotation', '--careless', '--lang', 'ja')
        assert done.returncode == 1 and '期待と異なります: すべてのメールが配送時に検証できた'.encode() in done.stdout, done
        assert place.left() == ([], [])


@case('rotation: the same seed is the same run, another is another')
def _():
    counts = {}
    for seed in ('7', '7', '8'):
        with Place() as place:
            done = place.run('rotation', '--careless', '--seed', seed)
            counts.setdefault(seed, set()).add(b''.join(re.findall(rb'\n   .*(?:unverifiable|tried again|caches)', done.stdout)))
    assert len(counts['7']) == 1 and counts['7'] != counts['8'], counts


# ---- what a broken world does ----

@case('S3-8 ses: a server that takes no updates is seen')
def _():
    with Place() as place:
        place.wrap('sed -i "s/action: update/action: notify/" "$2"')
        done = place.run('ses')
        assert done.returncode == 1 and b'NOT AS EXPECTED: all records are in DNS' in done.stdout, done
        assert place.left() == ([], []), place.left()


@case('scenarios as JSON')
def _():
    with Place() as place:
        told = json.loads(place.run('microsoft', '--json').stdout)
    assert told['scenario'] == 'microsoft' and told['ok'] is True and [s['name'] for s in told['steps']] == STEPS['microsoft']
    assert all(s['ok'] for s in told['steps'])


@case('no Knot DNS: says which package')
def _():
    with Place() as place:
        hidden = ['unshare', '-rm', 'sh', '-c', f'mount --bind /dev/null {KNOTD} && exec "$@"', 'sh']
        if subprocess.run([*hidden, 'true'], stderr=subprocess.DEVNULL).returncode:
            skip('no name spaces here')
        done = subprocess.run([*hidden, PROGRAM, 'lab', 'run', 'ses'], env=place.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert done.returncode == 3 and 'install the package “knot”'.encode() in done.stderr, done
        assert place.left() == ([], [])


@case('a knotd that cannot start: its log is shown')
def _():
    with Place() as place:
        place.wrap('echo no such luck >&2; exit 1')
        done = place.run('ses')
        assert done.returncode == 3 and b'no such luck' in done.stderr, done
        assert place.left() == ([], [])


@case('Ctrl-C: servers and files are cleared away')
def _():
    with Place() as place:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with subprocess.Popen([PROGRAM, 'lab', 'run', 'rotation'], env=place.environment, stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, preexec_fn=lambda: signal.signal(number, signal.SIG_DFL)) as p:
                line = b''
                while not line.startswith(b'1  '):
                    line = p.stdout.readline()
                time.sleep(0.3)
                p.send_signal(number)
                p.communicate(timeout=60)
                assert p.returncode == -number, p.returncode
            assert place.left() == ([], []), (number, place.left())


@case('nohup: a hang-up that is ignored does not end a scenario')
def _():
    with Place() as place:
        with subprocess.Popen([PROGRAM, 'lab', 'run', 'ses'], env=place.environment, stdout=subprocess.PIPE,
                              preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN)) as p:
            while not p.stdout.readline().startswith(b'1  '):
                pass
            p.send_signal(signal.SIGHUP)
            p.communicate(timeout=120)
            assert p.returncode == 0, p.returncode


@case('a program that is killed leaves no server behind')
def _():
    with Place() as place:
        with subprocess.Popen([PROGRAM, 'lab', 'run', 'rotation'], env=place.environment, stdout=subprocess.PIPE) as p:
            while not p.stdout.readline().startswith(b'1  '):
                pass
            p.kill()
            p.communicate()
        end = time.monotonic() + 10
        while processes_of(place.folder) and time.monotonic() < end:
            time.sleep(0.05)
        assert processes_of(place.folder) == []


@case('a folder that cannot be written')
def _():
    with Place() as place:
        for folder in ('/proc/none', '/' + 'x' * 200):
            place.environment['TMPDIR'] = folder
            done = place.run('ses')
            assert done.returncode == 2 and b'TMPDIR' in done.stderr, done


main()
