#!/usr/bin/python3
"""inkan check domain: pages, JSON, dig, exit codes, many domains."""
import itertools
import json
import os
import select
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / 'support'))
from knot import Knot, txt  # noqa: E402
from tap import SOURCE, case, main, run  # noqa: E402

FOLDER = tempfile.TemporaryDirectory()
TMP = Path(FOLDER.name)
KEY = 'v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo='
SERVERS = {'ns1.example.net': {'A': ['192.0.2.1']}, 'ns2.example.net': {'A': ['192.0.2.2']}, 'mx.example.net': {'A': ['192.0.2.3']}}


def apex(**more):
    return {'NS': ['ns1.example.net', 'ns2.example.net'], 'SOA': ['ns1.example.net'], 'MX': [[10, 'mx.example.net']],
            'TXT': ['v=spf1 ip4:192.0.2.0/24 -all'], **more}


def good(domain='example.com', selector='s1'):
    return {domain: apex(), f'{selector}._domainkey.{domain}': {'TXT': [KEY]},
            f'_dmarc.{domain}': {'TXT': [f'v=DMARC1; p=none; rua=mailto:r@{domain}']}}


def world(*parts):
    path = TMP / 'world.json'
    path.write_text(json.dumps({k: v for part in (SERVERS, *parts) for k, v in part.items()}))
    return path


def check(zone, *arguments, code=0):
    done = run('check', 'domain', '--dns', zone, '--at', '1790000000', *arguments)
    assert done.returncode == code, done
    return done.stdout.decode()


def report(zone, *arguments, code=0):
    return json.loads(check(zone, *arguments, '--json', code=code))


def ids(got):
    return [f['id'] for f in got['findings']]


@case('S2-5 S3-4 a domain in order: page, JSON, exit code 0')
def _():
    page = check(world(good()), 'example.com', '-s', 's1')
    assert 'PASS' in page and '3 of 3' in page and 'nothing to do' in page, page
    got = report(world(good()), 'Example.COM.', '-s', 's1')
    assert got['domain'] == 'example.com' and got['verdict'] == 'pass' and got['summary']['registered'] == 3, got
    assert got['summary'] == {'spf': 'ok', 'dkim': 'ok', 'dmarc': 'ok', 'registered': 3, 'of': 3, 'next': '', 'next_id': None}


@case('the page in Japanese')
def _():
    page = check(world(good()), 'example.com', '-s', 's1', '--lang', 'ja')
    assert '3 のうち 3' in page and '次の手順' in page, page


@case('S1-23 without a selector: give one, or a message')
def _():
    got = report(world(good()), 'example.com')
    assert got['summary']['dkim'] == 'not-asked' and 'selector_unknown' in ids(got), got
    page = check(world(good()), 'example.com')
    assert 'give one, or a message' in page and 'missing' not in page.split('Receivers')[0], page


@case('S1-23 selectors of a message')
def _():
    message = TMP / 'sent.eml'
    message.write_text('DKIM-Signature: v=1; a=ed25519-sha256; d=example.com; s=s1;\r\n h=from; bh=x; b=x\r\n'
                       'DKIM-Signature: v=1; d=other.example; s=x1; b=x\r\nFrom: a@example.com\r\n\r\nx\r\n')
    got = report(world(good()), 'example.com', '--headers', message)
    assert [(s['selector'], s['known_by'], s['state']) for s in got['selectors']] == [('s1', 'header', 'key')], got


@case('S0-5 a gateway that SPF does not let pass is the first finding, and the next step')
def _():
    got = report(world(good()), 'example.com', '-s', 's1', '--gateway', '198.51.100.7', code=1)
    assert ids(got)[0] == 'gateway_not_authorised' and got['summary']['next_id'] == 'gateway_not_authorised', got
    got = report(world(good()), 'example.com', '-s', 's1', '--gateway', '192.0.2.7')
    assert got['signers'] == {'configured': 1, 'of': 2, 'service': True, 'gateway': False}, got


@case('S0-16 both signers are configured')
def _():
    zone = world(good(), {'gw._domainkey.example.com': {'TXT': [KEY]}})
    got = report(zone, 'example.com', '-s', 's1', '--gateway-selector', 'gw', '--gateway', '192.0.2.7')
    assert got['signers'] == {'configured': 2, 'of': 2, 'service': True, 'gateway': True}, got


@case('S3-30 dig: CNAME targets, then strings')
def _():
    zone = world(good(), {'a._domainkey.example.com': {'CNAME': ['a.dkim.example.net']},
                          'a.dkim.example.net': {'TXT': [['v=DKIM1; k=ed25519; ', KEY[20:]]]}})
    text = check(zone, 'example.com', '-s', 'a', '--dig')
    assert '; a._domainkey.example.com TXT\na.dkim.example.net.\n"v=DKIM1; k=ed25519; " "' in text, text
    pasted = text.split('a._domainkey.example.com TXT\n')[1].split('\n;')[0]
    done = run('check', 'record', '-', '--json', input=pasted.encode())
    assert done.returncode == 0 and json.loads(done.stdout)['kind'] == 'dkim', done


@case('exit codes: finding, warning, temporary')
def _():
    zone = world(good())
    check(zone, 'example.com', '-s', 'nothing', code=1)
    check(zone, 'example.com', '-s', 'nothing', '--fail-on', 'never')
    none = world({'example.com': apex(TXT=[])}, {})
    check(none, 'example.com')
    check(none, 'example.com', '--fail-on', 'warning', code=1)
    slow = world({'example.com': {'_error': {'*': 'TIMEOUT'}}, '_dmarc.example.com': {'_error': {'*': 'TIMEOUT'}}})
    check(slow, 'example.com', code=3)
    assert report(slow, 'example.com', code=3)['verdict'] == 'unknown'


@case('many domains, in order; one that is no domain')
def _():
    names = [f'd{i}.example' for i in range(40)]
    text = check(world(*(good(name) for name in names)), *names, '-s', 's1', '--json')
    got = [json.loads(line) for line in text.splitlines()]
    assert [g['domain'] for g in got] == names and {g['verdict'] for g in got} == {'pass'}, text
    for wrong in ('a b', 'localhost', '', 'x' * 300):
        assert run('check', 'domain', wrong, '--dns', world()).returncode == 2
    for wrong in ('1.2.3', '192.0.2.0/33', '192.0.2.1-192.0.2.9'):
        done = run('check', 'domain', 'example.com', '--dns', world(), '--gateway', wrong)
        assert done.returncode == 2 and b'--gateway' in done.stderr, done


@case('S0-12 S0-15 S1-14 the mail service, what it can do, and where its own page is')
def _():
    zone = world(good(selector='google'), {'example.com': apex(MX=[[1, 'smtp.google.com']], TXT=['v=spf1 include:_spf.google.com ~all'])},
                 {'smtp.google.com': {'A': ['192.0.2.9']}, '_spf.google.com': {'TXT': ['v=spf1 ip4:192.0.2.0/24 ~all']}})
    got = report(zone, 'example.com')
    google = got['providers'][0]
    assert (google['id'], google['found_by'], google['evidence']) == ('google', 'mx', 'smtp.google.com'), got
    assert google['signs_own_domains'] and google['link'].startswith('https://support.google.com/') and google['reviewed'] >= '2026', google
    assert google['enable'] in ' '.join(check(zone, 'example.com').split()), google
    assert [(s['selector'], s['known_by'], s['state']) for s in got['selectors']] == [('google', 'provider', 'key')], got


@case('S0-36 S2-3 S3-1 S3-2 what receivers require, and since when')
def _():
    got = report(world({'example.com': apex(TXT=[])}), 'example.com', '--bulk')
    lines = {(r['receiver'], r['topic']): (r['strength'], r['since'], r['outcome']) for r in got['requirements']}
    assert lines['gmail', 'spf'] == ('required', '2024-02-01', 'fail') and lines['gmail', 'dmarc'] == ('required', '2024-02-01', 'fail')
    assert lines['microsoft', 'dmarc'] == ('required', '2025-05-05', 'fail') and lines['gmail', 'dkim'][2] == 'unknown', lines
    assert {r for r, _ in lines} == {'gmail', 'yahoo', 'microsoft'}
    got = report(world({'example.com': apex(TXT=[])}), 'example.com', '--receiver', 'yahoo')
    assert {r['receiver'] for r in got['requirements']} == {'yahoo'}, got


@case('the same key under two domains is told of')
def _():
    text = check(world(good(), good('example.org')), 'example.com', 'example.org', '-s', 's1', '--json')
    first, second = map(json.loads, text.splitlines())
    assert 'key_shared' not in ids(first) and 'key_shared' in ids(second) and second['verdict'] == 'pass', text


@case('S3-30 S3-36 a real server: few rounds, aliases, the doubled suffix')
def _():
    lines = ['@ MX 10 mx', 'mx A 192.0.2.3', 'ns2 A 127.0.0.1', '@ NS ns2', txt('@', 'v=spf1 mx -all'), txt('s1._domainkey', KEY),
             'a._domainkey CNAME b.keys', txt('b.keys', KEY), txt('lost._domainkey.example.com', KEY), txt('_dmarc', 'v=DMARC1; p=none; rua=mailto:r@example.com')]
    with Knot({'example.com': lines}) as knot:
        done = run('check', 'domain', 'example.com', '-s', 's1', '-s', 'a', '-s', 'lost', '--resolver', knot.address, '--json')
        got = json.loads(done.stdout)
        assert done.returncode == 1 and got['summary']['registered'] == 3, got
        assert [(s['selector'], s['state'], s['target']) for s in got['selectors']] == [
            ('s1', 'key', None), ('a', 'key', 'b.keys.example.com'), ('lost', 'absent', None)], got
        assert [f['id'] for f in got['findings'] if f['severity'] == 'error'] == ['doubled_suffix'], got
        assert got['parts']['delegation']['state'] == 'ok' and 'ns2.example.com' in got['parts']['delegation']['text'], got
        dig = run('check', 'domain', 'example.com', '-s', 'a', '--resolver', knot.address, '--dig').stdout.decode()
        assert f'; a._domainkey.example.com TXT\nb.keys.example.com.\n"{KEY}"\n' in dig, dig


@case('S0-1 S3-38 S3-75 identities of the store: their records need not be named, and are compared')
def _():
    store = TMP / 'identities.db'
    with Knot({'example.com': []}) as knot:
        done = run('identity', 'create', 'example.com', '--store', store, '--resolver', knot.address, '--json')
        assert done.returncode == 0, done
    slot = next(s for s in json.loads(done.stdout)['slots'] if s['record'])
    selector, record = slot['selector'], slot['record']
    name = f'{selector}._domainkey.example.com'
    for shown, want in (({}, 'record_missing'), ({name: {'TXT': [record[:200]]}}, 'value_cut'), ({name: {'TXT': [KEY]}}, 'other_key'),
                        ({name + '.example.com': {'TXT': [record]}}, 'doubled_suffix')):
        got = report(world({'example.com': apex()}, shown), 'example.com', '--store', store, code=1)
        assert want in ids(got) and got['selectors'][0]['known_by'] == 'identity', (want, got)
    got = report(world(good(selector='other'), {name: {'TXT': [record]}}), 'example.com', '--store', store)
    assert [(s['selector'], s['state']) for s in got['selectors']] == [(selector, 'key')] and got['selectors'][0]['made'], got
    assert run('check', 'domain', 'example.com', '--dns', world(), '--store', TMP / 'none.db').returncode == 2


@case('S0-37 watching: the first look is no drift, a change is, an outage is none')
def _():
    state = TMP / 'domains.state'
    arguments = ['example.com', 'example.org', '-s', 's1', '--watch', '--once', '--state', state]
    calm = world(good(), good('example.org'))
    assert check(calm, *arguments) == '' and state.stat().st_size > 100
    assert check(calm, *arguments) == ''
    changed = world(good(), good('example.org'), {'_dmarc.example.com': {'TXT': ['v=DMARC1; p=reject; rua=mailto:r@example.com']}})
    text = check(changed, *arguments, code=1)
    assert sorted(text.splitlines()) == [
        '2026-09-21T14:13:20Z + example.com finding info dmarc_reject_lists _dmarc.example.com',
        '2026-09-21T14:13:20Z + example.com record _dmarc.example.com TXT v=DMARC1; p=reject; rua=mailto:r@example.com',
        '2026-09-21T14:13:20Z - example.com record _dmarc.example.com TXT v=DMARC1; p=none; rua=mailto:r@example.com'], text
    assert check(changed, *arguments) == ''
    outage = world(good(), good('example.org'), {'_dmarc.example.com': {'_error': {'*': 'SERVFAIL'}}})
    assert check(outage, *arguments, code=3) == ''
    gone = world(good('example.org'), {'example.com': apex(), '_dmarc.example.com': {'TXT': ['v=DMARC1; p=reject; rua=mailto:r@example.com']}})
    got = [json.loads(line) for line in check(gone, *arguments, '--json', code=1).splitlines()]
    assert {g['domain'] for g in got} == {'example.com'} and {g['change'] for g in got} == {'added', 'removed'}, got
    assert any(g['fact'].startswith('finding error record_missing') for g in got), got


@case('S0-37 a domain that is not asked for keeps its state; another file is refused')
def _():
    state, other = TMP / 'two.state', TMP / 'other.txt'
    both = world(good(), good('example.org'))
    check(both, 'example.com', 'example.org', '-s', 's1', '--watch', '--once', '--state', state)
    before = state.read_text()
    check(both, 'example.com', '-s', 's1', '--watch', '--once', '--state', state)
    assert state.read_text() == before
    other.write_text('notes\n')
    for arguments in (['--watch', '--once', '--state', other], ['--once'], ['--watch', '--every', '0s'], ['--watch', '--every', 'soon']):
        done = run('check', 'domain', 'example.com', '--dns', both, *arguments)
        assert done.returncode == 2 and done.stderr, done
    assert other.read_text() == 'notes\n'


@case('S0-37 watching goes on until it is stopped')
def _():
    zone = world(good())
    running = subprocess.Popen([os.environ.get('INKAN', str(SOURCE / 'build/inkan')), 'check', 'domain', 'example.com', '-s', 's1', '--dns', zone,
                                '--watch', '--every', '1s'], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        first, end = zone.read_text(), time.monotonic() + 60
        policies = itertools.cycle(('p=quarantine', 'p=none'))
        while not select.select([running.stdout], [], [], 2)[0]:  # again and again: nobody says when it has looked for the first time
            assert time.monotonic() < end and running.poll() is None, running.poll()
            moved = zone.with_suffix('.new')
            moved.write_text(first.replace('p=none', next(policies)))
            moved.rename(zone)
        lines = [running.stdout.readline() for _ in range(2)]
        assert any(b' + example.com record _dmarc' in line or b' - example.com record _dmarc' in line for line in lines), lines
    finally:
        running.terminate()
        running.communicate()


@case('S3-75 hostile text of records reaches the terminal harmless')
def _():
    zone = world(good(), {'example.com': apex(TXT=['v=spf1 \x1b[31m -all'])})
    page = check(zone, 'example.com', '-s', 's1', code=1)
    assert '\x1b' not in page, page


main()
