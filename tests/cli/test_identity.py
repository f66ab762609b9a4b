#!/usr/bin/python3
"""inkan identity, as an administrator types it: every sub-command, in text and JSON and in both languages, against Knot DNS where DNS is
needed, with --at for days that nobody waits for; and `inkan serve`, which signs with what came of it."""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from datetime import datetime, timezone
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / 'support'))
from domain import fields, letter  # noqa: E402
from knot import Knot, TsigKey  # noqa: E402
from service import Service  # noqa: E402
from tap import SOURCE, case, main, run, skip  # noqa: E402

FOLDER = tempfile.TemporaryDirectory(prefix='inkan-identity-')
KEY = TsigKey('update')
START = int(datetime(2026, 11, 1, tzinfo=timezone.utc).timestamp())
HOUR, DAY = 3600, 86400
NO_KEYS, NOT_SIGNING, SIGNING = (f'{words} this domain.' for words in (
    'No DKIM keys saved for', 'Not signing DKIM signatures for', 'Signing DKIM signatures for'))
SUBCOMMANDS = ('create', 'list', 'show', 'records', 'verify', 'enable', 'disable', 'rotate', 'mail-from', 'approve', 'import', 'export',
               'history', 'delete', 'run', 'tenant', 'backup', 'restore')


class Place:
    """A configuration, a store and a clock of its own. knot: where names are looked for; zones: which of them inkan may write."""

    def __init__(self, knot=None, zones=(), more=''):
        self.folder = Path(tempfile.mkdtemp(dir=FOLDER.name))
        self.config, self.knot, self.at = self.folder / 'inkan.yaml', knot, START
        text = f'identities:\n  store: {self.folder}/identities.db\n  master_key: {self.folder}/master.key\n{more}'
        if knot:
            (self.folder / 'tsig').write_text(KEY.bind())
            (self.folder / 'tsig').chmod(0o600)
            text = f'dns: {{resolver: ["{knot.address}"], recursive: no}}\n{text}  zones:\n'
            for zone in knot.zones:
                primary = f', primary: "{knot.address}", tsig: {self.folder}/tsig' if zone in zones else ''
                text += f'    - {{zone: {zone}, servers: ["{knot.address}"]{primary}}}\n'
        else:
            text = f'dns: {{resolver: ["127.0.0.1:9"], recursive: no, timeout: 1s}}\n{text}'
        self.config.write_text(text)

    def ask(self, word, *arguments, input=None, timeout=60):
        when = [] if word in ('backup', 'restore') else ['--at', str(self.at)]
        return run('identity', word, *arguments, '--config', self.config, *when, '--lang', 'en', input=input, timeout=timeout)

    def say(self, word, *arguments, code=0, input=None):
        """What it prints, troubles behind it; the exit code must be `code`."""
        done = self.ask(word, *arguments, input=input)
        assert done.returncode == code, (done.returncode, done.stdout.decode(), done.stderr.decode())
        return (done.stdout + done.stderr).decode()

    def json(self, word, *arguments, code=0):
        return json.loads(self.say(word, *arguments, '--json', code=code))

    def nsupdate(self, *arguments):
        """Somebody copies the records into the zone."""
        lines = f'server {self.knot.host} {self.knot.port}\n' + self.say('records', *arguments, '--format', 'nsupdate')
        subprocess.run(['nsupdate', '-k', self.folder / 'tsig'], input=lines.encode(), check=True, timeout=20, capture_output=True)

    def later(self, seconds):
        """Time goes by, and the timer calls `inkan identity run` once at its end."""
        self.at += seconds
        self.say('run')

    def until_signing(self, name='example.com'):
        """It is looked at as often as a timer would do, for somewhat more than an hour: behind an
        alias, the empty text that was there before may live that long."""
        for _ in range(15):
            self.later(300)
            if self.json('show', name)['signs']:
                return
        raise AssertionError(self.say('show', name))


class World:
    """A name server for one case: example.com, and mail.example.net, which aliases and MX lead into."""
    def __init__(self, *writable, more=''):
        lines = ['@ MX 10 mx', 'mx A 192.0.2.1', '@ TXT "v=spf1 ip4:192.0.2.1 -all"', '_dmarc TXT "v=DMARC1; p=reject"']
        self.knot = Knot({'example.com': lines, 'mail.example.net': ['@ TXT "v=spf1 ip4:192.0.2.1 ~all"', 'feedback-smtp.tokyo A 192.0.2.1']},
                         keys=[KEY])
        self.writable, self.more = writable, more

    def __enter__(self):
        self.knot.__enter__()
        return Place(self.knot, self.writable, self.more)

    def __exit__(self, *trouble):
        self.knot.__exit__(*trouble)


def dig(place, name, kind):
    return subprocess.run(['dig', '+short', '+norecurse', f'@{place.knot.host}', '-p', str(place.knot.port), name, kind],
                          capture_output=True, timeout=20, check=True).stdout.decode().splitlines()


def slots(identity):
    return [slot['state'] for slot in identity['slots']]


# ---- a key of its own in the domain ----

@case('S0-8 S1-5 S1-18 S1-19 S3-25 S3-35 create makes a key and shows its record to copy; it is listed at once, Pending')
def _():
    with World() as place:
        text = place.say('create', 'example.com', '--selector', 's1')
        assert 'Pending' in text and NOT_SIGNING in text and 'inkan identity verify example.com --wait' in text, text
        row = re.search(r'^TXT +s1\._domainkey\.example\.com\. +3600 +("v=DKIM1; k=rsa; p=[^"]+"(?: "[^"]+")*)$', text, re.M)
        assert row, text
        assert 'Pending' in place.say('list') and 'example.com' in place.say('list', 'example.com')
        [line] = place.say('list', '--json').splitlines()
        assert json.loads(line)['state'] == 'pending' and json.loads(line)['signs'] is False, line
        [record] = place.json('records', 'example.com')['records']
        assert (record['name'], record['type'], record['ttl']) == ('s1._domainkey.example.com', 'TXT', 3600), record
        assert ''.join(re.findall(r'"([^"]*)"', row[1])) == record['values'][0], record
        assert dig(place, 's1._domainkey.example.com', 'TXT') == []  # nothing was written


@case('S1-8 S2-11 S2-14 S2-15 S2-16 S2-26 S3-35 S3-72 copied by hand: no keys, not signing, signing; nothing else has to be done')
def _():
    with World() as place:
        asked = place.json('create', 'example.com', '--approval')
        assert asked['sentence'] == NO_KEYS and asked['microsoft_status'] == 'NoDKIMKeys', asked
        place.say('approve', 'example.com')
        seen = place.json('verify', 'example.com', code=1)
        assert seen['verified'] is False and seen['identity']['sentence'] == NOT_SIGNING, seen
        assert [(r['sight'], r['trouble_id']) for r in seen['records']] == [('absent', 'record_missing')], seen
        place.nsupdate('example.com')
        place.at += 60
        assert place.json('verify', 'example.com')['verified'] is True
        assert 'every name server shows the key; it signs when no cache' in place.say('show', 'example.com')
        place.until_signing()
        shown = place.json('show', 'example.com')
        assert (shown['sentence'], shown['status'], shown['ses_status'], shown['microsoft_status']) == (
            SIGNING, 'Verified', 'SUCCESS', 'Valid'), shown
        assert 'Verified, signs' in place.say('list')


@case('S2-22 S2-27 enable before DNS shows the record: refused, with the record word by word; afterwards it holds')
def _():
    with World() as place:
        place.say('create', 'example.com', '--selector', 's1', '--disabled')
        text = place.say('enable', 'example.com', code=1)
        record = place.json('records', 'example.com')['records'][0]
        assert f's1._domainkey.example.com. TXT "{record["values"][0]}"' in text, text
        place.nsupdate('example.com')
        place.say('verify', 'example.com')
        for _ in range(3):
            place.later(300)
        assert place.json('show', 'example.com')['signs'] is False
        place.say('enable', 'example.com')
        place.until_signing()


@case('S0-7 S2-13 S3-22 signing is switched off and on, domain by domain')
def _():
    with World('example.com') as place:
        for name in ('example.com', 'shop.example.com'):
            place.say('create', name, '--publish', '--selector', 's1')
        place.until_signing('example.com')
        place.until_signing('shop.example.com')
        text = place.say('disable', 'example.com')
        assert NOT_SIGNING in text, text
        assert place.json('show', 'example.com')['signs'] is False and place.json('show', 'shop.example.com')['signs'] is True
        assert 'signing off' in place.say('list', 'example.com')
        assert dig(place, 's1._domainkey.example.com', 'TXT')  # the key stays for mail on its way
        assert SIGNING in place.say('enable', 'EXAMPLE.com')


@case('a look and what follows from it is one run, however seldom the timer calls')
def _():
    with World('example.com') as place:
        place.say('create', 'example.com', '--publish')
        place.later(50 * 60)
        place.later(50 * 60)
        assert place.json('show', 'example.com')['signs'] is True, place.say('history', 'example.com')
        assert '1 step done' in place.say('run') or '0 steps done' in place.say('run')
        assert json.loads(place.say('run', '--json')) == {'steps': 0}


@case('S2-31 --wait looks until it is published, and gives up when its time is over')
def _():
    with World() as place:
        place.at = int(time.time())
        place.say('create', 'example.com', '--algorithm', 'ed25519')
        run_now = ['identity', 'verify', 'example.com', '--config', place.config, '--wait', '--timeout']
        begun = time.monotonic()
        assert run(*run_now, '3s').returncode == 1 and time.monotonic() - begun < 30
        timer = threading.Timer(2, lambda: place.nsupdate('example.com'))
        timer.start()
        try:
            done = run(*run_now, '60s')
        finally:
            timer.join()
        assert done.returncode == 0 and b'Verified' in done.stdout, done


# ---- published by inkan, aliases ----

SES = ('create', 'example.com', '--scheme', 'cname3', '--host-zone', 'mail.example.net', '--site', 'tokyo')


@case('S3-8 S3-18 S3-21 S3-72 --publish writes aliases, keys and MAIL FROM in the operation that creates the identity')
def _():
    with World('example.com', 'mail.example.net') as place:
        text = place.say(*SES, '--mail-from', 'bounce.example.com', '--publish')
        assert 'Verified' in text and 'Records that inkan publishes' in text and 'Advice' not in text, text
        assert re.search(r'it is in DNS, and signs at the earliest after 2\S+Z$', text, re.M), text
        shown = place.json('show', 'example.com')
        assert shown['mail_from_state'] == 'success' and slots(shown) == ['published', 'empty', 'empty'], shown
        for slot in shown['slots']:
            assert dig(place, slot['name'], 'CNAME') == [slot['target'] + '.'], slot
        assert dig(place, 'bounce.example.com', 'MX') == ['10 feedback-smtp.tokyo.mail.example.net.']
        assert dig(place, 'bounce.example.com', 'TXT') == ['"v=spf1 include:mail.example.net ~all"']
        assert dig(place, shown['slots'][1]['target'], 'TXT') == ['""']
        place.until_signing()


@case('S3-3 S3-26 S3-72 the same, copied: three aliases once, keys behind them by inkan')
def _():
    with World('mail.example.net') as place:
        text = place.say(*SES)
        assert len(re.findall(r'^CNAME +[a-z0-9]{32}\._domainkey\.example\.com\. ', text, re.M)) == 3, text
        place.say('verify', 'example.com', code=1)
        place.nsupdate('example.com')
        place.say('verify', 'example.com')
        place.until_signing()


@case('S3-74 without a MAIL FROM domain the aliases come with the advice to have one, and why')
def _():
    with World('mail.example.net') as place:
        text = place.say(*SES)
        assert 'inkan identity mail-from example.com bounce.example.com' in text and 'not aligned' in text, text


@case('S3-27 S3-28 S3-29 a rotation leaves two empty slots, signs at every moment, and says when a record may be deleted')
def _():
    with World('example.com', 'mail.example.net') as place:
        place.say(*SES, '--publish', '--overlap', '2d')
        place.until_signing()
        text = place.say('rotate', 'example.com', code=1)
        assert 'less than 24 hours' in text and '--force' in text, text
        place.at += DAY
        assert 'revoke' in place.say('rotate', 'example.com', '--dry-run') and not place.json('show', 'example.com')['rotating']
        text = place.say('rotate', 'example.com')
        assert slots(place.json('show', 'example.com')) == ['active', 'published', 'empty'], text
        assert 'under way' in place.say('rotate', 'example.com', '--force', code=1)
        seen = set()
        for step in [600] * 8 + [6 * HOUR] * 60:
            place.later(step)
            shown = place.json('show', 'example.com')
            assert shown['signs'] and slots(shown).count('active') == 1, shown
            if 'overlap' in slots(shown) and 'overlap' not in seen:
                assert 'may be deleted after' in place.say('show', 'example.com')
                assert shown['slots'][0]['deletable'] > shown['checked'] and shown['slots'][1]['deletable'] is None, shown
            seen |= set(slots(shown))
            if not shown['rotating']:
                break
        assert seen >= {'published', 'active', 'overlap', 'revoked', 'empty'} and not shown['rotating'], (seen, shown)
        values = [dig(place, slot['target'], 'TXT') for slot in shown['slots']]
        assert sorted(value == ['""'] for value in values) == [False, True, True], values
        words = [line.split()[1] for line in place.say('history', 'example.com', '--max', '1000').splitlines()]
        assert [w for w in ('create', 'generate', 'publish', 'activate', 'rotate', 'revoke', 'withdraw') if w not in words] == [], words


@case('a rotation in a domain that others write: the new record is shown to copy, the old key signs until it is seen')
def _():
    with World() as place:
        place.say('create', 'example.com', '--selector', 's1', '--algorithm', 'ed25519')
        place.nsupdate('example.com')
        place.until_signing()
        place.at += DAY
        text = place.say('rotate', 'example.com')
        new = place.json('show', 'example.com')['slots'][1]
        assert 'Records that DNS has to show' in text and new['record'] in text and new['selector'] != 's1', text
        place.later(DAY)
        shown = place.json('show', 'example.com')
        assert shown['signs'] and slots(shown) == ['active', 'published'] and 'there is no TXT record' in shown['trouble'], shown
        place.nsupdate('example.com')
        for _ in range(12):
            place.later(300)
        assert slots(place.json('show', 'example.com')) == ['overlap', 'active'], place.say('show', 'example.com')


@case('S0-1 S0-14 S0-16 a gateway is a second identity with a selector of its own; one that is taken is refused')
def _():
    with World() as place:
        place.say('create', 'example.com', '--selector', 's1')
        assert 'belongs to the identity example.com' in place.say('create', 'example.com', '--name', 'gateway', '--role', 'gateway',
                                                                  '--selector', 's1', code=2)
        text = place.say('create', 'example.com', '--name', 'gateway', '--role', 'gateway')
        assert re.search(r'^  role +gateway$', text, re.M), text
        assert len(place.say('list', 'example.com').splitlines()) == 2
        place.say('create', 'example.com', '--name', 'gateway', code=2)
        place.nsupdate('example.com')
        other = Place(place.knot)
        assert 'in DNS already' in other.say('create', 'example.com', '--selector', 's1', code=2)


# ---- MAIL FROM ----

@case('S3-10 S3-16 S3-17 S3-23 S3-32 S3-33 S3-34 MAIL FROM is set, verified, and unset; which record is SPF is said')
def _():
    with World() as place:
        place.say('create', 'example.com')
        assert 'host zone' in place.say('mail-from', 'example.com', 'bounce.example.com', code=1)
        text = place.say('mail-from', 'example.com', 'bounce.example.com', '--site', 'mx.example.com', '--mx-failure', 'reject')
        assert 'bounce.example.com: MAIL FROM: this is the SPF record' in text and '10 mx.example.com.' in text, text
        shown = place.json('show', 'example.com')
        assert (shown['mail_from_state'], shown['mx_failure'], shown['site']) == ('pending', 'reject', 'mx.example.com'), shown
        place.nsupdate('example.com')
        place.say('verify', 'example.com')
        assert place.json('show', 'example.com')['mail_from_state'] == 'success'
        assert 'subdomain' in place.say('mail-from', 'example.com', 'bounce.example.org', code=1)
        place.say('mail-from', 'example.com', '--unset')
        assert place.json('show', 'example.com')['mail_from'] == ''
        place.say('mail-from', 'example.com', code=2)
        place.say('mail-from', 'example.com', 'bounce.example.com', '--unset', code=2)


# ---- keys of one's own ----

@case('S1-16 S3-19 a key of one\'s own is imported and sealed; export alone prints it, and needs the master key')
def _():
    with World() as place:
        pem = subprocess.run(['openssl', 'genpkey', '-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048'], check=True,
                             capture_output=True).stdout
        (place.folder / 'key.pem').write_bytes(pem)
        place.say('create', 'example.com', '--selector', 's1')
        place.nsupdate('example.com')
        place.until_signing()
        text = place.say('import', 'example.com', place.folder / 'key.pem', '--selector', 'mine')
        assert 'mine' in text and 'PRIVATE' not in text, text
        exported = place.say('export', 'example.com', '--selector', 'mine').encode()
        form = ['openssl', 'pkey', '-outform', 'DER']
        assert [subprocess.run(form, input=p, check=True, capture_output=True).stdout for p in (exported, pem)][0] == subprocess.run(
            form, input=pem, check=True, capture_output=True).stdout
        secret = b''.join(pem.splitlines()[1:-1])[:60]
        for name in os.listdir(place.folder):
            if name != 'key.pem':
                assert secret not in (place.folder / name).read_bytes() and b'PRIVATE' not in (place.folder / name).read_bytes(), name
        assert (place.folder / 'master.key').stat().st_mode & 0o777 == 0o600
        for word in ('show', 'list', 'history', 'records'):
            assert 'PRIVATE' not in place.say(word, 'example.com')
        place.say('export', 'example.com', '--selector', 'none', code=2)
        (place.folder / 'bad.pem').write_text('no key')
        place.say('import', 'example.com', place.folder / 'bad.pem', code=2)
        place.say('import', 'example.com', place.folder / 'absent.pem', code=2)
        (place.folder / 'master.key').rename(place.folder / 'away')
        assert 'master key is missing' in place.say('export', 'example.com', '--selector', 'mine', code=2)


# ---- many, whose, and requests ----

@case('S0-9 S0-11 many at once, with tenant and environment; a bad line is told, the others are made')
def _():
    place = Place()
    (place.folder / 'domains').write_text('one.example.org\n# none\n\n  two.example.org # the second\nbad..name\nthree.example.org')
    text = place.say('create', '--from', place.folder / 'domains', '--tenant', 'acme', '--environment', 'test', '--algorithm', 'ed25519',
                     code=2)
    assert 'bad..name' in text and text.count('Records to publish') == 3, text
    assert len(place.say('list', '--tenant', 'acme', '--environment', 'test', '--json').splitlines()) == 3
    assert place.say('list', '--tenant', 'other') == 'no identities\n' and place.say('list', '--tenant', 'other', '--json') == ''
    place.say('tenant', 'acme', 'Acme K.K.')
    assert place.say('tenant').split() == ['acme', 'Acme', 'K.K.']
    assert json.loads(place.say('tenant', '--json')) == {'name': 'acme', 'organisation': 'Acme K.K.'}
    assert 'Latin' in place.say('tenant', 'acme', '株式会社', code=2) and 'letters' in place.say('tenant', 'a b', code=2)
    assert len(place.say('create', '--from', '-', '--algorithm', 'ed25519', input=b'four.example.org\n').splitlines()) > 5
    place.say('create', code=2)
    place.say('create', 'x.example.org', '--from', '-', code=2)


@case('S0-10 a request has no key, tells its age, and is approved once')
def _():
    place = Place()
    place.say('create', 'example.com', '--approval', '--tenant', 'acme')
    place.at += 4 * DAY
    text = place.say('show', 'example.com')
    assert re.search(r'^  requested +4 days ago$', text, re.M) and NO_KEYS in text and 'waits for approval' in text, text
    assert place.json('records', 'example.com')['records'] == []
    assert 'waits for approval' in place.say('enable', 'example.com', code=1)
    assert 'rsa 2048' in place.say('approve', 'example.com')
    assert 'nothing waits' in place.say('approve', 'example.com', code=1)


@case('S3-15 an address is an identity of its own')
def _():
    place = Place()
    place.say('create', 'news@example.com', '--algorithm', 'ed25519')
    shown = place.json('show', 'news@example.com')
    assert (shown['domain'], shown['address']) == ('example.com', 'news@example.com'), shown
    place.say('create', 'not an address@', code=2)


@case('S0-12 S2-21 keys of a mail service: its selectors are looked at, both of them; nothing of it is rotated here')
def _():
    place = Place()
    text = place.say('create', 'example.com', '--provider', 'microsoft')
    assert 'selector1' in text and 'selector2' in text and re.search(r'^  provider +microsoft$', text, re.M), text
    assert 'has to rotate them' in place.say('rotate', 'example.com', code=1)
    assert 'switched on there' in place.say('enable', 'example.com', code=1)
    assert 'inkan record spf --provider list' in place.say('create', 'example.org', '--provider', 'goog', code=2)


@case('S3-20 C-11 2048 bits where nothing is said; 1024 with a warning; other lengths are refused')
def _():
    place = Place()
    assert 'rsa 2048' in place.say('create', 'a.example.org')
    text = place.say('create', 'b.example.org', '--bits', '1024')
    assert 'rsa 1024' in text and 'weak' in text, text
    place.say('create', 'c.example.org', '--bits', '2047', code=2)
    place.say('create', 'd.example.org', '--bits', '512', code=2)


# ---- records in every form ----

@case('S0-8 S2-20 S2-41 S3-30 S3-36 S3-37 the same values in every form, and as panels want them')
def _():
    place = Place()
    place.say('create', 'example.com', '--selector', 's1', '--mail-from', 'bounce.example.com', '--site', 'mx.example.com')
    value = place.json('records', 'example.com')['records'][0]['values'][0]
    forms = {form: place.say('records', 'example.com', '--format', form)
             for form in ('table', 'zone', 'bind', 'nsupdate', 'route53', 'csv', 'dig', 'powershell')}
    for form in ('table', 'zone', 'bind', 'nsupdate', 'dig'):
        longest = max(forms[form].splitlines(), key=len)
        strings = re.findall(r'"([^"]*)"', longest)
        assert ''.join(strings) == value and max(map(len, strings)) <= 255, (form, longest)
    batch = json.loads(forms['route53'])
    assert [c['ResourceRecordSet']['Type'] for c in batch['Changes']] == ['TXT', 'MX', 'TXT'], batch
    assert f'"{value}"' in forms['csv'] and "-ZoneName 'example.com'" in forms['powershell'], forms
    assert value in ''.join(re.findall("'([^']*)'", forms['powershell'])), forms['powershell']
    assert '10 mx.example.com.' in forms['zone'] and 's1._domainkey.example.com. 3600 IN TXT' in forms['zone'], forms['zone']
    table = place.say('records', 'example.com', '--panel', 'godaddy')
    assert re.search(r'^TXT +s1\._domainkey ', table, re.M), table
    panels = place.say('records', 'x', '--panel', 'list')
    assert 'cloudflare' in panels and re.search(r'\(20\d\d-\d\d-\d\d\)', panels), panels
    assert '--panel list' in place.say('records', 'example.com', '--panel', 'nobody', code=2)


@case('S3-39 a first DMARC record is offered with the others')
def _():
    place = Place()
    place.say('create', 'example.com')
    assert '_dmarc.example.com. 3600 IN TXT "v=DMARC1; p=none' in place.say('records', 'example.com', '--format', 'zone', '--dmarc').replace('( ', '')
    assert '_dmarc' not in place.say('records', 'example.com', '--format', 'zone')


# ---- deleting, saving ----

@case('delete is refused while mail is signed; records stay in DNS')
def _():
    with World('example.com') as place:
        place.say('create', 'example.com', '--publish', '--selector', 's1')
        place.until_signing()
        text = place.say('delete', 'example.com', code=1)
        assert 'disable it first' in text, text
        place.say('disable', 'example.com')
        assert 'Leave its records in DNS for two weeks' in place.say('delete', 'example.com')
        assert 'there is no identity' in place.say('show', 'example.com', code=2)
        assert dig(place, 's1._domainkey.example.com', 'TXT')


@case('backup and restore: the same identities, their keys sealed, useless without the master key')
def _():
    place, other = Place(), Place()
    place.say('create', 'example.com', '--algorithm', 'ed25519', '--tenant', 'acme')
    place.say('backup', place.folder / 'saved')
    assert (place.folder / 'saved').stat().st_mode & 0o777 == 0o600 and b'PRIVATE' not in (place.folder / 'saved').read_bytes()
    place.say('backup', place.folder / 'saved', code=2)
    shutil.copy(place.folder / 'master.key', other.folder / 'master.key')
    other.say('restore', place.folder / 'saved')
    before, after = (p.json('show', 'example.com') for p in (place, other))
    assert before == after, (before, after)
    selector = after['slots'][0]['selector']
    assert other.say('export', 'example.com', '--selector', selector) == place.say('export', 'example.com', '--selector', selector)


# ---- troubles ----

@case('nothing there yet, no folder, no such identity: what to do')
def _():
    place = Place()
    for word in ('list', 'run', 'tenant'):
        assert 'inkan identity create DOMAIN' in place.say(word, code=2)
    place.config.write_text(place.config.read_text().replace(str(place.folder), f'{place.folder}/none'))
    text = place.say('create', 'example.com', code=2)
    assert f'install -d -m 0750 -o inkan -g inkan {place.folder}/none' in text, text
    place = Place()
    place.say('create', 'example.com', '--algorithm', 'ed25519')
    for word, *more in (('show',), ('records',), ('verify',), ('enable',), ('disable',), ('rotate',), ('approve',), ('history',),
                        ('delete',), ('export',), ('mail-from', '--unset')):
        assert 'there is no identity' in place.say(word, 'example.org', *more, code=2), word
    for word in SUBCOMMANDS:
        assert f'inkan identity {word} --help' in place.say(word, '--no-such-option', code=2), word


@case('who is not root and has no configuration keeps identities below the own home')
def _():
    home = Path(tempfile.mkdtemp(dir=FOLDER.name))
    if os.geteuid() != 0 or os.access('/etc/inkan/inkan.yaml', os.F_OK):
        skip('not root, or a configuration is installed')
    os.chmod(FOLDER.name, 0o755)
    os.chown(home, 65534, 65534)
    inkan = ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups', os.environ['INKAN'], 'identity']
    environment = {'HOME': str(home), 'PATH': os.environ['PATH'], 'LANG': 'C'}
    done = subprocess.run([*inkan, 'create', 'example.com', '--algorithm', 'ed25519', '--resolver', '127.0.0.1:9'], env=environment,
                          capture_output=True, timeout=60)
    assert done.returncode == 0, done
    state = home / '.local/state/inkan'
    assert (state.stat().st_mode & 0o777, (state / 'master.key').stat().st_mode & 0o777) == (0o700, 0o600)
    assert b'example.com' in subprocess.run([*inkan, 'list'], env=environment, capture_output=True, timeout=60).stdout


def as_nobody(place, *words):
    """What a user who is not root says of the store of that place."""
    if os.geteuid() != 0:
        skip('needs root')
    os.chmod(FOLDER.name, 0o755)
    return subprocess.run(['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups', os.environ['INKAN'], 'identity', *words,
                           '--store', place.folder / 'identities.db'], capture_output=True, timeout=60, env={**os.environ, 'LANG': 'C'})


@case('a store that may not be reached is not taken for one that holds nothing')
def _():
    place = Place()
    place.say('create', 'example.com', '--algorithm', 'ed25519')
    place.folder.chmod(0o700)
    done = as_nobody(place, 'list')
    assert done.returncode == 3 and b'Permission denied' in done.stderr and b'no identities yet' not in done.stderr, done


@case('who may only read the store sees its identities, and may change nothing')
def _():
    place = Place()
    place.say('create', 'example.com', '--algorithm', 'ed25519')
    place.folder.chmod(0o755)
    for file in place.folder.glob('identities.db*'):
        file.chmod(0o644)

    for words in (['list'], ['list', '--json'], ['show', 'example.com'], ['records', 'example.com'], ['history', 'example.com']):
        done = as_nobody(place, *words)
        assert done.returncode == 0 and (b'create' if words[0] == 'history' else b'example.com') in done.stdout, (words, done)
    assert as_nobody(place, 'tenant').returncode == 0
    for words in (['disable', 'example.com'], ['delete', 'example.com'], ['create', 'example.org']):
        done = as_nobody(place, *words)
        assert done.returncode == 3 and b'may not be written' in done.stderr, (words, done)


@case('wrong times, and names beyond their limits')
def _():
    place = Place()
    place.say('create', 'example.com', '--rotate-every', 'often', code=2)
    place.say('create', 'example.com', '--overlap', '-1d', code=2)
    place.say('create', 'a' * 400 + '.example', code=2)
    place.say('create', 'example.com', '--name', 'n' * 64, code=2)
    place.say('create', 'example.com', '--algorithm', 'ed25519', '--name', 'n' * 63)
    assert 'duration' in place.say('verify', 'x', '--timeout', 'soon', code=2)
    assert run('identity', 'list', '--config', place.config, '--at', 'now').returncode == 2
    assert run('identity', 'list', '--store', '').returncode == 2


@case('S3-73 in Japanese: states, sentences, steps and refusals')
def _():
    place = Place()
    base = ['--config', place.config, '--lang', 'ja']
    made = run('identity', 'create', 'example.com', '--algorithm', 'ed25519', *base).stdout.decode()
    assert '保留中' in made and 'このドメインの DKIM 署名をしません' in made and '公開するレコード' in made, made
    assert '次の手順' in run('identity', 'show', 'example.com', *base).stdout.decode()
    assert 'まだない' in run('identity', 'rotate', 'example.com', *base).stderr.decode()
    own = run('identity', 'create', 'example.net', '--mail-from', 'bounce.example.net', '--site', 'mx.example.org', *base).stdout.decode()
    assert 'bounce.example.net (保留中)' in own, own
    assert 'アイデンティティはありません' in run('identity', 'show', 'example.org', *base).stderr.decode()
    for word in SUBCOMMANDS:
        help_ja, help_en = (run('identity', word, '--help', '--lang', language).stdout.decode() for language in ('ja', 'en'))
        assert re.search('[ぁ-ん]', help_ja) and not re.search('[ぁ-ん]', help_en) and 'inkan identity' in help_en, word


@case('every sub-command is in the manual page and in completion')
def _():
    page = (SOURCE / 'man/inkan-identity.1').read_text()
    completion = Path(os.environ['INKAN_BUILD'], 'contrib/completions/bash-completion')
    words = completion.read_text() if completion.exists() else ''
    for word in SUBCOMMANDS:
        assert f'.Nm inkan identity {word}\n' in page, word
        assert not words or word in words, word
    table = {c['command']: c for c in json.loads(run('help', '--json').stdout)['commands']}
    assert sorted(name for name in table if name.startswith('inkan identity ')) == sorted(f'inkan identity {w}' for w in SUBCOMMANDS)
    common = {option['name'] for option in table['inkan identity']['options']} | {'config'}
    for word in SUBCOMMANDS:
        for option in table[f'inkan identity {word}']['options']:
            name = option['name']
            assert name in common or f'Fl -{name}' in page or f', -{name}' in page, (word, name)


# ---- the service signs with it ----

@case('S1-6 S1-21 S2-4 S2-10 S2-12 S3-69 the service signs with it: a field on top, every other octet as it was, and SPF, DKIM, DMARC pass')
def _():
    with World('example.com') as place:
        place.at = int(time.time()) - DAY
        place.say('create', 'example.com', '--publish', '--selector', 's1')
        place.until_signing()
        config = f'dns: {{resolver: ["{place.knot.address}"], recursive: no}}\n' + re.sub(r'(?m)^dns:.*\n', '', place.config.read_text())
        with Service(config) as service:
            sent, end = letter(), time.monotonic() + 10
            while True:
                with service.milter() as server:
                    result = server.message(sent, sender='alice@example.com', recipients=['bob@example.org'], client='127.0.0.1')
                if fields(result.message, 'DKIM-Signature') or time.monotonic() > end:
                    break
                time.sleep(0.1)
            assert result.answer == 'accept' and 's=s1' in fields(result.message, 'DKIM-Signature')[0].replace(' ', ''), service.log()
            assert result.message.endswith(sent), result.message
        done = run('verify', '--resolver', place.knot.address, '--ip', '192.0.2.1', '--mail-from', 'alice@example.com', '--json', '-',
                   input=result.message)
        verdict = json.loads(done.stdout)
        assert (verdict['verdict'], verdict['spf']['result'], verdict['dkim'][0]['result'], verdict['dmarc']['result']) == (
            ('pass',) * 4), verdict


main()
