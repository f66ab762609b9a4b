#!/usr/bin/python3
"""inkan dns plan, apply, verify, undo: against Knot DNS with a slow secondary, BIND, and a zone file."""
import json
import os
import pty
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / 'support'))
from bind import Bind  # noqa: E402
from knot import Knot, TsigKey, zone_head  # noqa: E402
from tap import SOURCE, case, main, run  # noqa: E402

FOLDER = tempfile.TemporaryDirectory(prefix='inkan-dns-')
KEY = TsigKey('update')
WRONG = TsigKey('update', salt='another secret')
ZONES = {'example.com': [], 'hosted.example.net': []}
NAMES = ('_domainkey.example.com', 'mail.example.com', 'mail.example.com')


class Place:
    """A configuration and a store of its own, with an identity of example.com that is not published."""
    def __init__(self, primary=None, servers=(), key=KEY, file=None, publish=False, identity=True):
        self.folder = Path(tempfile.mkdtemp(dir=FOLDER.name))
        self.key_file = self.folder / 'key'
        self.key_file.write_text(key.bind())
        self.key_file.chmod(0o600)
        self.config = self.folder / 'inkan.yaml'
        text = f'identities:\n  store: {self.folder}/identities.db\n  master_key: {self.folder}/master.key\n  zones:\n'
        for zone in ZONES:
            text += f'    - zone: {zone}\n'
            text += f'      primary: "{primary}"\n      tsig: {self.key_file}\n' if primary else ''
            text += f'      file: {file}\n' if file and zone == 'example.com' else ''
            text += f'      servers: [{", ".join(json.dumps(s) for s in servers)}]\n'
        self.config.write_text(text)
        if identity:
            self.create(publish)

    def create(self, publish):
        made = self.inkan('identity', 'create', 'example.com', '--scheme', 'txt', '--mail-from', 'mail.example.com', '--host-zone',
                          'hosted.example.net', *['--publish'] * publish)
        assert made.returncode == 0, made

    def inkan(self, *arguments, **options):
        return run(*arguments, '--config', self.config, **options)

    def dns(self, word, *arguments, code=0):
        """What it prints; the exit code must be `code`."""
        done = self.inkan('dns', word, 'example.com', *arguments)
        assert done.returncode == code, done
        return json.loads(done.stdout) if '--json' in arguments else (done.stdout + done.stderr).decode()


def dig(server, name, kind):
    return subprocess.run(['dig', '+short', '+norecurse', f'@{server.host}', '-p', str(server.port), name, kind],
                          capture_output=True, timeout=20, check=True).stdout.decode().splitlines()


def serial(server):
    return dig(server, 'example.com', 'SOA')[0].split()[2]


def changes(plan):
    return [(c['action'], c['type'], c['name'].split('.', 1)[1] if '_domainkey' in c['name'] else c['name'])
            for zone in plan['zones'] for c in zone['changes']]


WANTED = [('add', 'TXT', '_domainkey.example.com'), ('add', 'MX', 'mail.example.com'), ('add', 'TXT', 'mail.example.com')]
DMARC = ('add', 'TXT', '_dmarc.example.com')


def with_knot(name, zones=None, **options):
    def add(function):
        def run_it():
            with Knot(zones or ZONES, keys=[KEY], **options) as server:
                function(server, Place(server.address, [server.address]))
        case(name)(run_it)
        return function
    return add


# ---- plan ----

@with_knot('S3-18 S3-21 plan shows what is missing and writes nothing; --only chooses DKIM or MAIL FROM')
def _(server, place):
    before = serial(server)
    assert changes(place.dns('plan', '--json', code=1)) == WANTED
    assert changes(place.dns('plan', '--json', '--only', 'dkim', code=1)) == WANTED[:1]
    assert changes(place.dns('plan', '--json', '--only', 'mail-from', code=1)) == WANTED[1:]
    assert changes(place.dns('plan', '--json', '--only', 'dmarc')) == []
    text = place.dns('plan', code=1)
    assert '+ TXT' in text and 'v=DKIM1' in text and server.address in text
    assert serial(server) == before


@with_knot('S1-35 S3-39 a first DMARC record is offered')
def _(server, place):
    assert changes(place.dns('plan', '--json', '--dmarc', code=1)) == [*WANTED, DMARC]
    place.dns('apply', '--only', 'dmarc', '--dmarc')
    assert dig(server, '_dmarc.example.com', 'TXT') == ['"v=DMARC1; p=none"']
    assert dig(server, 'mail.example.com', 'MX') == []


@with_knot('S3-39 a DMARC record that is there stays as it is', {'example.com': ['_dmarc TXT "v=DMARC1; p=reject"'], **{
    'hosted.example.net': []}})
def _(server, place):
    assert 'is there already' in place.dns('apply', '--dmarc')
    assert dig(server, '_dmarc.example.com', 'TXT') == ['"v=DMARC1; p=reject"']


@with_knot('S3-3 the script for nsupdate makes the same changes')
def _(server, place):
    script = f'server {server.host} {server.port}\n' + place.dns('plan', '--format', 'nsupdate', code=1)
    subprocess.run(['nsupdate', '-k', str(place.key_file)], input=script.encode(), check=True, capture_output=True, timeout=20)
    place.dns('plan')
    assert subprocess.run(['nsupdate', '-k', str(place.key_file)], input=script.encode(), capture_output=True,
                          timeout=20).returncode != 0  # its prerequisites fail now


@with_knot('S3-3 the change batch for Route 53')
def _(server, place):
    for option in (['--route53-json'], ['--format', 'route53']):
        batch = json.loads(place.dns('plan', *option, code=1))
        sets = [c['ResourceRecordSet'] for c in batch['Changes']]
        assert [(s['Type'], s['Name'].endswith('example.com.')) for s in sets] == [('TXT', True), ('MX', True), ('TXT', True)]
        assert sets[0]['ResourceRecords'][0]['Value'].startswith('"v=DKIM1;') and '" "' in sets[0]['ResourceRecords'][0]['Value']


@with_knot('S3-8 the policy for Route 53 allows these names, types and actions, and no more')
def _(server, place):
    statements = json.loads(place.dns('plan', '--iam-policy', '--hosted-zone', 'Z123', '--dmarc'))['Statement']
    assert [(s['Condition']['ForAllValues:StringLike'], s['Condition']['ForAllValues:StringEquals'][
        'route53:ChangeResourceRecordSetsRecordTypes']) for s in statements] == [
            ({'route53:ChangeResourceRecordSetsNormalizedRecordNames': [name]}, types)
            for name, types in (('*._domainkey.example.com', ['TXT', 'CNAME']), ('mail.example.com', ['MX', 'TXT']),
                                ('_dmarc.example.com', ['TXT']))]
    for s in statements:
        assert (s['Effect'], s['Action'], s['Resource']) == ('Allow', 'route53:ChangeResourceRecordSets',
                                                             'arn:aws:route53:::hostedzone/Z123')
        assert s['Condition']['ForAllValues:StringEquals']['route53:ChangeResourceRecordSetsActions'] == ['CREATE', 'UPSERT', 'DELETE']
    assert 'HOSTED_ZONE_ID' in place.dns('plan', '--iam-policy')


# ---- apply, verify, undo ----

for title, kind in (('knotd', Knot), ('BIND', Bind)):
    @case(f'S3-3 S3-8 apply, again, undo, {title}')
    def _(kind=kind):
        with kind(ZONES, keys=[KEY]) as server:
            place = Place(server.address, [server.address])
            assert 'done, 3 record sets changed' in place.dns('apply')
            assert dig(server, 'mail.example.com', 'MX') == ['10 feedback-smtp.hosted.example.net.']
            assert 'nothing to do' in place.dns('plan') and 'nothing to do' in place.dns('apply')
            place.dns('verify')
            assert changes(place.dns('undo', '--json')) == [('remove', *rest) for _, *rest in reversed(WANTED)]
            assert dig(server, 'mail.example.com', 'MX') == []
            assert 'no change is left' in place.dns('undo', code=1)
            assert changes(place.dns('plan', '--json', code=1)) == WANTED

    @case(f'S1-15 a key that may not write the MAIL FROM records: told before anything is written, {title}')
    def _(kind=kind):
        limits = {'acl': ['    update-type: [TXT]']} if kind is Knot else {'policy': 'grant update zonesub TXT;'}
        with kind(ZONES, keys=[KEY], **limits) as server:
            place, before = Place(server.address, [server.address]), serial(server)
            for option in (['--dry-run'], []):
                zone, = place.dns('apply', '--json', *option, code=1)['zones']
                assert zone['result'] == 'refused' and zone['reason'], zone
            assert serial(server) == before
            place.dns('apply', '--only', 'dkim')


@with_knot('S1-15 a dry run that is allowed changes nothing')
def _(server, place):
    before = serial(server)
    zone, = place.dns('apply', '--dry-run', '--json')['zones']
    assert zone['result'] == 'allowed' and serial(server) == before
    assert 'nothing was changed' in place.dns('apply', '--dry-run')


@with_knot('S1-15 S3-35 a zone that is not ours to write: its records are for copying')
def _(server, _):
    place, before = Place(servers=[server.address]), serial(server)
    assert 'copy these records' in place.dns('plan', code=1)
    assert 'copy the records above' in place.dns('apply', code=1) and serial(server) == before
    assert place.dns('apply', '--json', code=1)['zones'][0]['result'] == 'copy'
    records = place.inkan('identity', 'records', 'example.com', '--format', 'zone').stdout.decode()
    records = re.sub(r'\(([^)]*)\)', lambda part: part[1].replace('\n', ' '), records)
    lines = ''.join(f'update add {" ".join(line.split())}\n' for line in records.splitlines() if line and line[0] != ';')
    subprocess.run(['nsupdate', '-k', str(place.key_file)], check=True, capture_output=True, timeout=20, input=(
        f'server {server.host} {server.port}\nzone example.com\n{lines}send\n').encode())
    place.dns('plan')


@with_knot('S3-8 the operation that creates the identity adds all records')
def _(server, _):
    place = Place(server.address, [server.address], publish=True)
    assert changes(place.dns('plan', '--json')) == []
    assert dig(server, 'mail.example.com', 'TXT') == ['"v=spf1 include:hosted.example.net ~all"']


@case('S3-13 verify waits for the slow secondary, and names what it lacks')
def _():
    with Knot(ZONES, keys=[KEY]) as primary, Knot(list(ZONES), primary=primary) as secondary:
        place = Place(primary.address, [primary.address, secondary.address])
        place.dns('apply')
        assert '1 of 2 name servers' in place.dns('verify', code=1)
        seen = place.dns('verify', '--json', code=1)
        assert not seen['ok'] and {r['sight'] for r in seen['records']} == {'part'}
        assert [len(r['servers']) for r in seen['records']] == [2, 2, 2]
        secondary.refresh('example.com')
        end = time.monotonic() + 10
        while place.inkan('dns', 'verify', 'example.com').returncode and time.monotonic() < end:
            time.sleep(0.1)
        seen = place.dns('verify', '--json')
        assert seen['ok'] and all(r['delegated'] for r in seen['records'])


@with_knot('undo leaves a key that mail is signed with')
def _(server, _):
    place = Place(server.address, [server.address], identity=False)
    assert place.inkan('identity', 'create', 'example.com', '--scheme', 'txt').returncode == 0
    place.dns('apply')
    for hours in range(5):
        later = time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(time.time() + hours * 3600))
        shown = place.inkan('identity', 'verify', 'example.com', '--at', later).stdout.decode()
    assert 'Verified' in shown, shown
    text = place.dns('undo', code=2)
    assert 'mail is signed with the key at s' in text and 'now or soon' in text, text
    assert 'done' in place.dns('undo', '--force')


@with_knot('a zone that only the command line names')
def _(server, _):
    place = Place(servers=[server.address])
    place.dns('apply', '--server', server.address, '--tsig', place.key_file, '--authority', server.address)
    place.dns('plan', '--zone', 'example.com')
    assert 'lies in that zone' in place.dns('plan', '--zone', 'example.org', code=2)


# ---- trouble ----

@case('a wrong key, a server that is down')
def _():
    with Knot(ZONES, keys=[KEY]) as server:
        place = Place(server.address, [server.address], key=WRONG)
        zone, = place.dns('apply', '--json', code=1)['zones']
        assert zone['result'] == 'refused' and 'BADSIG' in zone['reason']
    assert 'none of the name servers' in place.dns('plan', code=3) and 'none of the name servers' in place.dns('apply', code=3)
    place.dns('verify', code=3)


@with_knot('on a terminal it asks; “n” changes nothing, --yes does not ask')
def _(server, place):
    def on_terminal(answer, *options):
        ours, theirs = pty.openpty()
        try:
            os.write(ours, answer)
            program = os.environ.get('INKAN', str(SOURCE / 'build/inkan'))
            done = subprocess.run([program, 'dns', 'apply', 'example.com', '--config', str(place.config), *options], stdin=theirs,
                                  stdout=subprocess.PIPE, stderr=theirs, timeout=60)
            return done.returncode, b'(y/n)' in os.read(ours, 1000)
        finally:
            os.close(ours)
            os.close(theirs)
    before = serial(server)
    assert on_terminal(b'n\n') == (1, True) and serial(server) == before
    assert on_terminal(b'y\n', '--only', 'dkim') == (0, True) and serial(server) != before
    assert on_terminal(b'x\n', '--yes') == (0, False)
    place.dns('plan')


@with_knot('in Japanese')
def _(server, place):
    assert '変更' in place.dns('apply', '--lang', 'ja') and '変更はありません' in place.dns('plan', '--lang', 'ja')
    assert '全サーバーで正しい' in place.dns('verify', '--lang', 'ja')


@case('wrong usage')
def _():
    place = Place(identity=False)
    for options, word in ((['--tsig', 'x'], 'give one of'), (['--server', '127.0.0.1', '--zone-file', 'x'], 'give one of'),
                          (['--authority', '127.0.0.1'], 'give one of'), (['--zone', 'a..b'], 'no domain name')):
        assert word in place.dns('apply', *options, code=2), options
    for word in ('plan', 'apply', 'verify', 'undo'):
        assert b'no identities yet' in place.inkan('dns', word, 'example.com').stderr
        assert place.inkan('dns', word, 'a..b').returncode == 2


# ---- a zone file ----

@case('S3-3 a zone file is edited; all else in it stays')
def _():
    place = Place()
    file = place.folder / 'example.com.zone'
    head = zone_head('example.com', '192.0.2.1') + '; by hand\nwww   A 192.0.2.2 ; the web\n'
    file.write_text(head)
    options = ['--zone-file', file]
    assert changes(place.dns('plan', '--json', *options, code=1)) == WANTED and file.read_text() == head
    place.dns('apply', '--dry-run', *options)
    assert file.read_text() == head
    place.dns('apply', *options)
    assert '; by hand\nwww   A 192.0.2.2 ; the web\n' in file.read_text() and 'v=DKIM1' in file.read_text()
    place.dns('plan', *options)
    place.dns('undo', *options)
    assert 'v=DKIM1' not in file.read_text() and '; by hand\n' in file.read_text()


main()
