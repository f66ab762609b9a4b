#!/usr/bin/python3
"""inkan dmarc: the policy of a domain, messages whose results are given, the public suite by way of the program."""
import json
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / 'support'))
from tap import CONFORMANCE, case, main, run, skip  # noqa: E402

FOLDER = tempfile.TemporaryDirectory()
TMP = Path(FOLDER.name)


def zone(dns):
    path = TMP / f'{len(list(TMP.iterdir()))}.json'
    path.write_text(json.dumps(dns))
    return path


def dmarc(dns, *options, code=0):
    path = dns if isinstance(dns, Path) else zone(dns)
    done = run('dmarc', *options, '--dns', path, '--json')
    assert done.returncode == code and not done.stderr, done
    return json.loads(done.stdout)



ORG = {'_dmarc.example.com': {'TXT': ['v=DMARC1; p=reject; sp=quarantine; np=reject; rua=mailto:r@example.com']},
       'mail.example.com': {'A': ['192.0.2.1']}}


# ---- the public suite ----

SUITE = CONFORMANCE / 'dmarc/mail-dmarc'

if SUITE.exists():
    for spec in json.loads((SUITE / 'cases.json').read_text())['cases']:
        @case(f'mail-dmarc {spec["id"]}')
        def _(spec=spec):
            options = ['--from', spec['from']]
            for method in ('spf', 'dkim'):
                for given in spec.get(method, []):
                    if given.get('scope') != 'helo':
                        options += [f'--{method}', f'{given.get("result", "pass")}:{given["domain"]}']
            got, want = dmarc(SUITE / 'dns.json', *options), spec['expect']
            assert got['result'] == want['result'], got
            for ours, theirs in (('disposition', 'policy'), ('organizational_domain', 'domain'), ('spf_aligned', 'spf_aligned'),
                                 ('dkim_aligned', 'dkim_aligned')):
                assert theirs not in want or got[ours] == want[theirs], (ours, got)
else:
    case('mail-dmarc')(lambda: skip('conformance suites are not here'))


# ---- given results ----

@case('the object has the members of the contract')
def _():
    got = dmarc(ORG, '--from', 'example.com', '--spf', 'pass:example.com')
    for member in '''result policy_domain record policy disposition spf_aligned dkim_aligned organizational_domain discovery
            reason'''.split():
        assert member in got, member
    assert got['result'] == 'pass' and got['discovery'] == 'treewalk' and got['policy'] == 'reject'


@case('M8 SPF and DKIM count only where they pass and are aligned')
def _():
    for options, result in ((['--spf', 'pass:mail.example.com'], 'pass'), (['--spf', 'fail:example.com'], 'fail'),
                            (['--dkim', 'pass:other.example:s1'], 'fail'), (['--dkim', 'pass:example.com:s1'], 'pass'),
                            (['--dkim', 'fail:example.com:s1', '--dkim', 'pass:example.com:s2'], 'pass'), ([], 'fail')):
        assert dmarc(ORG, '--from', 'example.com', *options)['result'] == result, options


@case('M2 the author may be given as an address, in capitals')
def _():
    got = dmarc(ORG, '--from', 'Alice@EXAMPLE.com.', '--spf', 'pass:bounce@Example.COM')
    assert got['result'] == 'pass' and got['from_domain'] == 'example.com', got


@case('S3-51 strict and relaxed alignment, in both directions')
def _():
    for record, identifier, result in (('v=DMARC1; p=reject', 'mail.example.com', 'pass'),
                                       ('v=DMARC1; p=reject; adkim=s', 'mail.example.com', 'fail'),
                                       ('v=DMARC1; p=reject; adkim=s', 'example.com', 'pass'),
                                       ('v=DMARC1; p=reject; aspf=s', 'mail.example.com', 'pass')):
        got = dmarc({'_dmarc.example.com': {'TXT': [record]}}, '--from', 'example.com', '--dkim', f'pass:{identifier}')
        assert got['result'] == result, (record, got)


@case('M11 t=y lowers by a step')
def _():
    for policy, disposition in (('reject', 'quarantine'), ('quarantine', 'none'), ('none', 'none')):
        got = dmarc({'_dmarc.example.com': {'TXT': [f'v=DMARC1; p={policy}; t=y']}}, '--from', 'example.com')
        assert got['disposition'] == disposition and got['testing'] == (policy != 'none'), got


@case('M12 pct counts under rfc7489 alone')
def _():
    dns = {'_dmarc.example.com': {'TXT': ['v=DMARC1; p=reject; pct=40']}}
    for options, disposition in ((['--sample', '99'], 'reject'), (['--profile', 'rfc7489', '--sample', '39'], 'reject'),
                                 (['--profile', 'rfc7489', '--sample', '40'], 'quarantine'),
                                 (['--profile', 'rfc7489'], 'reject')):
        assert dmarc(dns, '--from', 'example.com', *options)['disposition'] == disposition, options


@case('M9 DNS that fails makes no verdict, and no exit code')
def _():
    for status in ('SERVFAIL', 'TIMEOUT', 'BOGUS', 'CNAMELOOP'):
        got = dmarc({'_dmarc.example.com': {'_error': {'*': status}}}, '--from', 'example.com', '--spf', 'pass:example.com')
        assert got['result'] == 'temperror' and got['disposition'] == 'none', got


@case('the profiles find different organizations')
def _():
    dns = {'_dmarc.b.example.co.uk': {'TXT': ['v=DMARC1; p=none; psd=n']}, '_dmarc.example.co.uk': {'TXT': ['v=DMARC1; p=reject']}}
    new = dmarc(dns, '--from', 'a.b.example.co.uk')
    old = dmarc(dns, '--from', 'a.b.example.co.uk', '--profile', 'rfc7489')
    assert (new['organizational_domain'], new['discovery'], new['policy']) == ('b.example.co.uk', 'treewalk', 'none')
    assert (old['organizational_domain'], old['discovery'], old['policy']) == ('example.co.uk', 'psl', 'reject')


@case('a list of the operator counts, and one that is none is refused')
def _():
    suffixes = TMP / 'list.dat'
    suffixes.write_text('com\nexample.com\n')
    dns = {'_dmarc.a.example.com': {'TXT': ['v=DMARC1; p=reject']}}
    options = ['--from', 'x.a.example.com', '--profile', 'rfc7489', '--public-suffix-list']
    assert dmarc(dns, *options, suffixes)['organizational_domain'] == 'a.example.com'
    assert dmarc(dns, *options[:-1])['organizational_domain'] == 'example.com'
    empty = TMP / 'empty.dat'
    empty.write_text('// nothing\n')
    for path, word in ((empty, 'no list of public suffixes'), (TMP / 'nowhere', 'No such file or directory'),
                       (TMP, 'directory')):
        done = run('dmarc', *options, path, '--dns', zone(dns))
        assert done.returncode == 2 and word in done.stderr.decode(), done


# ---- a domain ----

@case('S2-40 a domain with a record: itself, names below, names that do not exist')
def _():
    got = dmarc(ORG, 'example.com')
    assert got['policies'] == {'domain': 'reject', 'subdomain': 'quarantine', 'nonexistent': 'reject'}, got
    assert [s['name'] for s in got['steps']] == ['_dmarc.example.com', '_dmarc.com']
    assert got['reports'] == [{'tag': 'rua', 'uri': 'mailto:r@example.com', 'address': 'r@example.com', 'external': False,
                               'state': 'authorized'}]
    for name in ('housewares.contoso.com', 'plumbing.contoso.com'):
        got = dmarc({'_dmarc.contoso.com': {'TXT': ['v=DMARC1; p=quarantine']}, name: {}}, name)
        assert got['policy_domain'] == 'contoso.com' and got['policy'] == 'quarantine', got


@case('a subdomain inherits sp, one that does not exist np')
def _():
    assert dmarc(ORG, 'mail.example.com')['policies']['domain'] == 'quarantine'
    assert dmarc(ORG, 'ghost.example.com')['policies']['domain'] == 'reject'
    for name, words in (('example.com', '  this domain    reject\n'), ('mail.example.com', 'quarantine (sp=, as a subdomain)'),
                        ('ghost.example.com', 'reject (np=, as the name does not exist)')):
        assert words.encode() in run('dmarc', name, '--dns', zone(ORG)).stdout, name
    plain = zone({'_dmarc.example.com': {'TXT': ['v=DMARC1; p=reject']}})
    assert b'reject (p=, as nothing else is said)' in run('dmarc', 'ghost.example.com', '--dns', plain).stdout


@case('M3 names below a subdomain with a record inherit from the organization')
def _():
    dns = ORG | {'_dmarc.mail.example.com': {'TXT': ['v=DMARC1; p=none; sp=none']}}
    assert dmarc(dns, 'mail.example.com')['policies'] == {'domain': 'none', 'subdomain': 'quarantine', 'nonexistent': 'reject'}


@case('M3 names below a public suffix domain inherit from it')
def _():
    dns = {'_dmarc.co.example': {'TXT': ['v=DMARC1; p=none; sp=quarantine; np=reject; psd=y']}}
    assert dmarc(dns, 'co.example')['policies'] == {'domain': 'none', 'subdomain': 'quarantine', 'nonexistent': 'reject'}


@case('M18 external mailboxes: agreed, not agreed, elsewhere, no answer, no mailbox, too many')
def _():
    many = ','.join(f'mailto:r@m{i}.example' for i in range(21))
    dns = {'_dmarc.example.com': {'TXT': ['v=DMARC1; p=none; rua=mailto:a@yes.example,mailto:b@no.example,mailto:c@slow.example,'
                                          'https://example.com/x,mailto:d@moved.example; ruf=' + many]},
           'example.com._report._dmarc.yes.example': {'TXT': ['v=DMARC1;']},
           'example.com._report._dmarc.moved.example': {'TXT': ['v=DMARC1; rua=mailto:e@moved.example']},
           'example.com._report._dmarc.slow.example': {'_error': {'*': 'TIMEOUT'}}}
    got = dmarc(dns, 'example.com')['reports']
    assert [(r['state'], r['external'], r['address']) for r in got[:5]] == [
        ('authorized', True, 'a@yes.example'), ('refused', True, 'b@no.example'), ('temporary', True, 'c@slow.example'),
        ('unchecked', False, ''), ('authorized', True, 'e@moved.example')], got[:5]
    assert [r['state'] for r in got[5:]] == ['refused'] * 20 + ['unchecked']
    text = run('dmarc', 'example.com', '--dns', zone(dns)).stdout.decode()
    for word in ('it agreed', 'it has not agreed', 'no answer for now', 'not a mailbox', 'too many', 'its owner wants them at e@'):
        assert word in text, (word, text)


@case('M6 two records are none: exit code 1, and the page says why')
def _():
    dns = {'_dmarc.example.com': {'TXT': ['v=DMARC1; p=none', 'v=DMARC1; p=reject']}}
    got = dmarc(dns, 'example.com', code=1)
    assert got['policies'] is None and got['policy'] == '' and got['steps'][0]['note'] == 'several records, all ignored'
    assert '複数'.encode() in run('dmarc', 'example.com', '--dns', zone(dns), '--lang', 'ja').stdout
    assert b'keep exactly one DMARC record at _dmarc.example.com' in run('dmarc', 'example.com', '--dns', zone(dns)).stdout


@case('M9 no answer: exit code 3')
def _():
    for status in ('SERVFAIL', 'TIMEOUT', 'BOGUS', 'CNAMELOOP'):
        got = dmarc({'_dmarc.example.com': {'_error': {'*': status}}}, 'example.com', code=3)
        assert got['result'] == 'temperror' and got['steps'][0]['note'] == status, got
    dns = {'_dmarc.example.com': {'CNAME': ['b.example']}, 'b.example': {'CNAME': ['_dmarc.example.com']}}
    assert dmarc(dns, 'example.com', code=3)['result'] == 'temperror'


@case('M3 a name of many labels costs eight questions')
def _():
    name = '.'.join('abcdefghijklmnopqrst') + '.example.com'
    saved = TMP / 'walk.json'
    got = dmarc({'_dmarc.example.com': {'TXT': ['v=DMARC1; p=reject']}}, name, '--save-dns', saved)
    assert len(got['steps']) == 8 and got['policy'] == 'reject', got


@case('what is no domain is refused, and obeyed by no terminal')
def _():
    for name in ('bad..name', 'a b', 'example.com\x1b[31m', '', 'a' * 64 + '.example'):
        done = run('dmarc', name, '--dns', zone({}))
        assert done.returncode == 2 and b'\x1b' not in done.stderr and b'not a domain name' in done.stderr, (name, done)
        assert dmarc(zone({}), '--from', name)['result'] == 'permerror'


@case('records are shown, and obeyed by no terminal')
def _():
    dns = {'_dmarc.example.com': {'TXT': ['v=DMARC1; p=none; rua=mailto:\x1b[31m@example.com; x=\x1b[31m\u202e']}}
    for options in (['example.com'], ['--from', 'example.com']):
        done = run('dmarc', *options, '--dns', zone(dns))
        assert b'\x1b' not in done.stdout and '\u202e'.encode() not in done.stdout, done


@case('wrong usage says what to give')
def _():
    for options, word in (([], 'which domain?'), (['a.example', '--from', 'b.example'], 'exclude each other'),
                          (['a.example', '--spf', 'pass:a.example'], '--from'),
                          (['--from', 'a.example', '--spf', 'maybe:a.example'], 'pass:example.com'),
                          (['--from', 'a.example', '--spf', 'pass'], 'not a result'), (['--from', 'a.example', '--dkim', 'pass:'], 'not a result'),
                          (['--from', 'a.example', '--profile', 'rfc1'], '--profile'), (['a.example', 'b.example'], 'too much'),
                          (['--from', 'a.example', '--sample', '100'], '--sample')):
        done = run('dmarc', *options)
        assert done.returncode == 2 and word in done.stderr.decode() and not done.stdout, (options, done)


main()
