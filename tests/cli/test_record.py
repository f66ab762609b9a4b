#!/usr/bin/python3
"""inkan record: what it makes is right, and programs of others read every form back as what was meant."""
import csv
import io
import json
import os
import pty
import select
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / 'support'))
from bind import Bind  # noqa: E402
from knot import TsigKey  # noqa: E402
from tap import SOURCE, case, main, run, skip  # noqa: E402

FOLDER = tempfile.TemporaryDirectory()
TMP = Path(FOLDER.name)
PROGRAM = os.environ.get('INKAN', str(SOURCE / 'build/inkan'))
SEED = 'v=DMARC1; p=none; rua=mailto:dmarc@ho2k.com; ruf=mailto:dmarcfail@ho2k.com; sp=none; pct=100'
CHECKZONE = '/usr/bin/named-checkzone'


def record(*arguments, code=0, **options):
    done = run('record', *arguments, **options)
    assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
    return done.stdout.decode()


def made(*arguments, **options):
    return json.loads(record(*arguments, '--json', **options))


def long_key():
    path = TMP / 'long.pem'
    if not path.exists():
        assert run('key', 'generate', '--bits', '4096', '--out', path).returncode == 0
    return path, json.loads(run('key', 'show', path, '--json').stdout)['value']


@case('S3-56 the seed is produced exactly, at _dmarc.ho2k.com')
def _():
    got = made('dmarc', 'ho2k.com', '--sp', 'none', '--profile', 'rfc7489')
    assert (got['name'], got['value'], got['ttl'], got['left_out']) == ('_dmarc.ho2k.com', SEED, 3600, [])
    assert record('dmarc', 'ho2k.com', '--sp', 'none', '--profile', 'rfc7489', '--format', 'dig') == f'"{SEED}"\n'


@case('S1-39 the default output, with pct under the older profile and without it under the newer')
def _():
    assert made('dmarc', 'a.example', '--profile', 'rfc7489')['value'] == \
        'v=DMARC1; p=none; rua=mailto:dmarc@a.example; ruf=mailto:dmarcfail@a.example; pct=100'
    assert made('dmarc', 'a.example')['value'] == 'v=DMARC1; p=none; rua=mailto:dmarc@a.example; ruf=mailto:dmarcfail@a.example'


@case('S1-37 S1-38 C-1 pct, rf and ri are left out under RFC 9989, with a notice')
def _():
    done = run('record', 'dmarc', 'a.example', '--pct', '50', '--ri', '3600', '--rf', 'afrf', '--format', 'zone')
    assert done.returncode == 0 and b'pct=' not in done.stdout, done
    assert done.stderr.count(b'RFC 9989 has removed it') == 3, done.stderr
    assert made('dmarc', 'a.example', '--pct', '50')['left_out'] == ['pct']


@case('S3-40 to S3-50 every tag of the seed is made and accepted by the check')
def _():
    got = made('dmarc', 'a.example', '--p', 'reject', '--sp', 'quarantine', '--adkim', 's', '--aspf', 'r', '--fo', '1:d:s', '--pct',
               '20', '--rf', 'afrf', '--ri', '86400', '--rua', 'x@a.example', '--ruf', 'none', '--profile', 'rfc7489')
    assert got['ok'] and got['value'] == ('v=DMARC1; p=reject; rua=mailto:x@a.example; sp=quarantine; adkim=s; aspf=r; fo=1:d:s; '
                                          'pct=20; rf=afrf; ri=86400'), got


@case('S2-36 S2-38 S2-44 the lines of the seed are generated, and parsed')
def _():
    for policy in ('none', 'quarantine', 'reject'):
        line = record('dmarc', 'contoso.com', '--p', policy, '--rua', 'none', '--ruf', 'none', '--format', 'zone')
        assert line == f'_dmarc.contoso.com. 3600 IN TXT "v=DMARC1; p={policy}"\n', line
        for text in (line, line.replace('TXT ', ' TXT  ')):
            assert json.loads(run('check', 'record', '--json', '-', input=text.encode()).stdout)['kind'] == 'dmarc'


@case('S1-33 S2-7 C-4 SPF from the catalogue, merged, ending as the services propose')
def _():
    assert made('spf', 'a.example', '--provider', 'microsoft')['value'] == 'v=spf1 include:spf.protection.outlook.com -all'
    assert made('spf', 'a.example', '--provider', 'google,microsoft', '--ip', '192.0.2.1')['value'] == \
        'v=spf1 ip4:192.0.2.1 include:_spf.google.com include:spf.protection.outlook.com ~all'
    assert made('spf', 'a.example', '--provider', 'google', '--merge', 'v=spf1 mx -all')['value'] == \
        'v=spf1 mx include:_spf.google.com -all'


@case('S1-33 eleven look-ups of one record are an error, and no form is printed')
def _():
    includes = ','.join(f'i{n}.example' for n in range(11))
    done = run('record', 'spf', 'a.example', '--include', includes, '--format', 'zone')
    assert done.returncode == 1 and not done.stdout and b'11 terms' in done.stderr, done
    assert not made('spf', 'a.example', '--include', includes, code=1)['ok']


@case('S1-33 look-ups of includes are counted where DNS is at hand')
def _():
    dns = TMP / 'spf.json'
    tree = {f'l{n}.example': {'TXT': [f'v=spf1 include:l{n + 1}.example -all']} for n in range(11)}
    dns.write_text(json.dumps(tree | {'l11.example': {'TXT': ['v=spf1 -all']}}))
    got = made('spf', 'a.example', '--include', 'l0.example', '--lookups', '--dns', dns, code=1)
    assert 'spf_lookups' in [f['id'] for f in got['findings']], got['findings']
    assert made('spf', 'a.example', '--include', 'l8.example', '--lookups', '--dns', dns)['ok']


@case('S1-33 a record above 450 octets is warned of')
def _():
    got = made('spf', 'a.example', '--ip', ','.join(f'192.0.2.{n}' for n in range(1, 40)))
    assert 'spf_long' in [f['id'] for f in got['findings']], got


@case('S0-15 S1-14 S2-45 S3-76 the catalogue, with links and dates, in two languages')
def _():
    listed = {p['id']: p for p in json.loads(run('record', 'spf', 'a.example', '--provider', 'list', '--json').stdout)['providers']}
    assert {'google', 'microsoft', 'ses', 'mxhero'} <= set(listed)
    assert listed['microsoft']['selectors'] == ['selector1', 'selector2'] and listed['mxhero']['gateway']
    assert all(p['link'].startswith('https://') and p['reviewed'] for p in listed.values())
    assert 'メールの認証' in run('record', 'spf', 'a.example', '--provider', 'list', '--lang', 'ja').stdout.decode()


@case('S2-41 S3-36 S3-37 panels: hours, minutes, seconds; names; quotes')
def _():
    def row(panel, *more):
        return record('dmarc', 'a.example', '--rua', 'none', '--ruf', 'none', '--panel', panel, *more).splitlines()[:2]
    assert row('azure') == ['Type   Name    TTL(h)    Value', 'TXT    _dmarc  1         v=DMARC1; p=none']
    assert row('namecheap') == ['Type   Name    TTL(min)  Value', 'TXT    _dmarc  60        v=DMARC1; p=none']
    assert row('route53')[1] == 'TXT    _dmarc  3600      "v=DMARC1; p=none"'
    assert row('bind')[1] == 'TXT    _dmarc.a.example.  3600      "v=DMARC1; p=none"'
    assert row('azure', '--ttl', '5400')[1].split()[2] == '2'
    assert b'one of: bind, route53' in run('record', 'dmarc', 'a.example', '--panel', 'x').stderr


@case('S2-20 S26 a key of 4096 bits: BIND reads the zone line back as the same text')
def _():
    if not os.access(CHECKZONE, os.X_OK):
        skip('no named-checkzone')
    path, value = long_key()
    zone = TMP / 'zone'
    zone.write_text('$TTL 60\n@ IN SOA ns.a.example. x.a.example. 1 2 3 4 5\n@ NS ns.a.example.\nns A 192.0.2.1\n' +
                    record('dkim', 's1', 'a.example', '--key', path, '--format', 'zone'))
    done = subprocess.run([CHECKZONE, '-D', '-q', '-o', '-', 'a.example', zone], capture_output=True, check=True)
    line = [line for line in done.stdout.decode().splitlines() if line.startswith('s1._domainkey')][0]
    strings = line.split('TXT', 1)[1].strip().strip('"').split('" "')
    assert ''.join(strings) == value and max(map(len, strings)) == 255, strings


@case('S26 nsupdate takes the record to a real server, which answers with it')
def _():
    path, value = long_key()
    key = TsigKey('update')
    with Bind({'a.example': []}, keys=[key]) as bind:
        script = f'server 127.0.0.1 {bind.port}\n' + record('dkim', 's1', 'a.example', '--key', path, '--format', 'nsupdate', '--zone',
                                                          'a.example')
        config = TMP / 'key'
        config.write_text(key.bind())
        subprocess.run(['/usr/bin/nsupdate', '-k', config], input=script.encode(), check=True, capture_output=True, timeout=30)
        answer = subprocess.run(['/usr/bin/dig', '@127.0.0.1', '-p', str(bind.port), '+short', '+tcp', 's1._domainkey.a.example', 'TXT'],
                                capture_output=True, check=True, timeout=30).stdout.decode()
    assert answer == record('dkim', 's1', 'a.example', '--key', path, '--format', 'dig')
    assert ''.join(answer.strip().strip('"').split('" "')) == value


@case('S3-37 CSV and Route 53 batches are read by programs of others')
def _():
    path, value = long_key()
    rows = list(csv.DictReader(io.StringIO(record('dkim', 's1', 'a.example', '--key', path, '--format', 'csv'), newline='')))
    assert rows == [{'name': 's1._domainkey.a.example', 'type': 'TXT', 'ttl': '3600', 'value': value}]
    batch = json.loads(record('dkim', 's1', 'a.example', '--key', path, '--format', 'route53'))['Changes'][0]
    assert batch['Action'] == 'UPSERT' and batch['ResourceRecordSet']['Name'] == 's1._domainkey.a.example.'
    assert ''.join(batch['ResourceRecordSet']['ResourceRecords'][0]['Value'].strip('"').split('" "')) == value


@case('TLSRPT and MTA-STS')
def _():
    got = made('tlsrpt', 'a.example')
    assert got['ok'] and (got['name'], got['value']) == ('_smtp._tls.a.example', 'v=TLSRPTv1; rua=mailto:tlsrpt@a.example')
    got = made('mta-sts', 'a.example', '--at', '2026-11-22T04:15:00Z')
    assert got['ok'] and (got['name'], got['value']) == ('_mta-sts.a.example', 'v=STSv1; id=20261122T041500Z')


@case('a domain of other scripts, names and values that are none')
def _():
    assert made('dmarc', 'bücher.example')['name'] == '_dmarc.xn--bcher-kva.example'
    for wrong in (['dmarc', 'a b'], ['dmarc', 'a.example', '--rua', 'x y'], ['dmarc', 'a.example', '--fo', '1;p=reject'],
                  ['spf', 'a.example', '--provider', 'nobody'], ['spf', 'a.example', '--ip', '192.0.2'], ['dkim', 's', 'a.example'],
                  ['dmarc', 'a.example', '--format', 'powershell', '--zone', 'b.example'],
                  ['dmarc', 'a.example', '--format', 'zone', '--panel', 'azure']):
        done = run('record', *wrong)
        assert done.returncode == 2 and not done.stdout and done.stderr, (wrong, done)


def on_terminal(arguments, answers):
    """Output of a run with a terminal on standard input and standard error."""
    master, slave = pty.openpty()
    process = subprocess.Popen([PROGRAM, 'record', *arguments], stdin=slave, stderr=slave, stdout=subprocess.PIPE)
    os.close(slave)
    os.write(master, answers.encode())
    out = process.communicate(timeout=30)[0].decode()
    asked = b''
    while select.select([master], [], [], 0)[0]:
        try:
            asked += os.read(master, 65536)
        except OSError:
            break
    os.close(master)
    return process.returncode, out, asked.decode()


@case('S3-66 on a terminal, what was not told is asked')
def _():
    code, out, asked = on_terminal(['dmarc', 'a.example', '--format', 'dig'], 'never\nreject\n-\n\nfail@b.example\n')
    assert code == 0 and out == '"v=DMARC1; p=reject; rua=mailto:dmarc@a.example; ruf=mailto:fail@b.example"\n', (code, out, asked)
    assert asked.count('none|quarantine|reject') == 3, asked
    code, out, asked = on_terminal(['dmarc', 'a.example', '--format', 'dig', '--p', 'none', '--sp', 'none', '--rua', 'none'], '-\n')
    assert code == 0 and out == '"v=DMARC1; p=none; sp=none"\n', (code, out, asked)
    code, out, asked = on_terminal(['spf', 'a.example', '--format', 'dig'], 'google\n192.0.2.1\nyes\nfail\n')
    assert code == 0 and out == '"v=spf1 ip4:192.0.2.1 mx include:_spf.google.com -all"\n', (code, out, asked)


main()
