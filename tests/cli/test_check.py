#!/usr/bin/python3
"""inkan check record: every kind, pasted in every way, as text and as JSON."""
import json
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / 'support'))
from tap import case, main, run  # noqa: E402

FOLDER = tempfile.TemporaryDirectory()
TMP = Path(FOLDER.name)
SEED = 'v=DMARC1; p=reject; rua=mailto:dmarc-reports@example.com; ruf=mailto:dmarc-failure@example.com'


def record(*arguments, code=0, input=None):
    done = run('check', 'record', *arguments, '--json', input=input)
    assert done.returncode == code and not done.stderr, done
    return json.loads(done.stdout)


def ids(got):
    return [f['id'] for f in got['findings']]


def text(*arguments, code=0):
    done = run('check', 'record', *arguments)
    assert done.returncode == code, done
    return done.stdout.decode()


GOOD = {
    'dkim': 'v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=',
    'spf': 'v=spf1 ip4:192.0.2.0/24 include:_spf.example.net -all',
    'dmarc': 'v=DMARC1; p=quarantine; rua=mailto:r@example.com',
    'tlsrpt': 'v=TLSRPTv1; rua=mailto:r@example.com',
    'mta-sts': 'v=STSv1; id=20261121',
    'bimi': 'v=BIMI1; l=https://example.com/logo.svg; a=https://example.com/vmc.pem',
}
PLACE = {'dkim': 's1._domainkey.', 'spf': '', 'dmarc': '_dmarc.', 'tlsrpt': '_smtp._tls.', 'mta-sts': '_mta-sts.',
         'bimi': 'default._bimi.'}

for kind in GOOD:
    @case(f'{kind}: the kind shows, bare, as a zone line, as dig prints it, from standard input')
    def _(kind=kind):
        value, name = GOOD[kind], f'{PLACE[kind]}example.com'
        for arguments, input in (([value], None), ([f'"{value}"'], None), ([f'{name}. 3600 IN TXT "{value}"'], None),
                                 (['-'], f'"{value[:20]}" "{value[20:]}"\n'.encode())):
            got = record(*arguments, input=input)
            assert (got['kind'], got['ok'], got['value']) == (kind, True, value), got
            assert got['tags'][0][0] == 'v', got
            for finding in got['findings']:
                assert finding.keys() >= {'id', 'severity', 'text', 'position', 'fix'}, finding
        assert got['name'] is None

    @case(f'{kind}: text in two languages')
    def _(kind=kind):
        english, japanese = text(GOOD[kind]), text(GOOD[kind], '--lang', 'ja')
        assert english.splitlines()[0] != japanese.splitlines()[0] and 'レコード' in japanese.splitlines()[0]

    @case(f'{kind}: another kind is asked for')
    def _(kind=kind):
        other = 'dmarc' if kind != 'dmarc' else 'tlsrpt'
        got = record(GOOD[kind], '--kind', other, code=1)
        assert got['kind'] == other and not got['ok']

    @case(f'{kind}: no terminal obeys it')
    def _(kind=kind):
        done = run('check', 'record', GOOD[kind] + '; x=\x1b[31mred\u202e')
        assert done.returncode in (0, 1) and b'\x1b' not in done.stdout and '\u202e'.encode() not in done.stdout, done


@case('dmarc-report: by its name')
def _():
    got = record('a.example._report._dmarc.b.example. IN TXT "v=DMARC1"')
    assert got['kind'] == 'dmarc-report' and got['ok']
    got = record('v=DMARC1; rua=mailto:x@c.example', '--name', 'a.example._report._dmarc.b.example', code=1)
    assert got['kind'] == 'dmarc-report' and ids(got) == ['dmarc_report_host']


@case('S1-36 the seed is explained tag by tag, and round-trips')
def _():
    got = record(SEED)
    assert '; '.join(f'{name}={value}' for name, value in got['tags']) == SEED
    assert [e['tag'] for e in got['explained']] == ['v', 'p', 'rua', 'ruf'] and all(e['text'] for e in got['explained'])
    shown = text(SEED)
    for word in ('refuse failing mail', 'where aggregate reports go', 'where failure reports go'):
        assert word in shown, shown


@case('S2-38 C-5 the seed without its closing quote')
def _():
    line = '_dmarc.domain 3600 IN TXT "v=DMARC1; pct=100; p=policy'
    got = record(line, code=1)
    assert got['kind'] == 'dmarc' and got['name'] == '_dmarc.domain'
    assert ids(got) == ['dmarc_policy_value', 'quote_not_closed', 'dmarc_historic', 'dmarc_p_not_second'], ids(got)
    # with a policy and a quote only remarks are left (S2-39)
    got = record(line.replace('policy', 'none') + '"')
    assert ids(got) == ['dmarc_none_unseen', 'dmarc_historic', 'dmarc_p_not_second'] and got['ok']


@case('S2-44 the three lines of the seed, double spaces included')
def _():
    for policy in ('none', 'quarantine', 'reject'):
        got = record(f'_dmarc.contoso.com 3600 IN  TXT  "v=DMARC1; p={policy}"')
        assert got['ok'] and got['name'] == '_dmarc.contoso.com' and ['p', policy] in got['tags']


@case('S3-40 to S3-50 every tag of the third seed is known in both profiles')
def _():
    value = 'v=DMARC1; p=none; adkim=r; aspf=s; fo=1; pct=100; rf=afrf; ri=86400; rua=mailto:a@example.com; ruf=mailto:b@example.com; sp=none'
    for profile in ('rfc9989', 'rfc7489'):
        got = record(value, '--profile', profile)
        assert got['ok'] and all(e['text'] for e in got['explained']), got
        assert (ids(got).count('dmarc_historic') == 3) == (profile == 'rfc9989'), ids(got)


@case('C-7 strict alignment: the text says what it does')
def _():
    finding = [f for f in record('v=DMARC1; p=none; adkim=s; rua=mailto:a@example.com')['findings'] if f['id'] == 'dmarc_strict'][0]
    assert 'never lets more mail pass' in finding['text'] and finding['severity'] == 'info'


@case('positions are octets of the value, with a caret under them')
def _():
    got = record('v=DMARC1; p=monitor; rua=mailto:a@example.com', code=1)
    assert got['findings'][0]['position'] == 12
    lines = text('v=DMARC1; p=monitor; rua=mailto:a@example.com', code=1).splitlines()
    caret = [i for i, line in enumerate(lines) if line.strip() == '^'][0]
    assert lines[caret - 1][lines[caret].index('^'):].startswith('monitor')


@case('a DMARC record in the wrong place, by --name and by what was pasted')
def _():
    assert 'tags_place' in ids(record(GOOD['dmarc'], '--name', 'example.com', code=1))
    assert 'tags_place' in ids(record(f'example.com. IN TXT "{GOOD["dmarc"]}"', code=1))
    assert 'tags_place' not in ids(record(GOOD['dmarc'], '--name', '_dmarc.example.com.'))


@case('SPF: tags are terms, and look-ups of the record alone are counted without DNS')
def _():
    got = record('v=spf1 mx/24 ip4:192.0.2.0/24 include:a.example redirect=b.example')
    assert got['tags'] == [['v', 'spf1'], ['mx', '/24'], ['ip4', '192.0.2.0/24'], ['include', 'a.example'], ['redirect', 'b.example']]
    assert got['lookups'] == 3 and 'tree' not in got
    got = record('v=spf1 ipv4:192.0.2.1 -all', code=1)
    assert ids(got) == ['spf_typo'] and got['findings'][0]['position'] == 7


@case('SPF: --lookups follows the includes of the pasted record')
def _():
    dns = TMP / 'dns.json'
    dns.write_text(json.dumps({'a.example': {'TXT': ['v=spf1 a:m.a.example a:gone.example -all']}, 'm.a.example': {'A': ['192.0.2.1']},
                               'example.com': {'TXT': ['v=spf1 +all']}}))
    options = ['--lookups', '--name', 'example.com', '--dns', dns]
    got = record('v=spf1 include:a.example -all', *options)
    assert (got['tree']['lookups'], got['tree']['void_lookups'], got['tree']['depth']) == (3, 1, 1), got
    assert [(t['depth'], t['term'], t['void']) for t in got['tree']['terms']] == [
        (0, 'include:a.example', False), (1, 'a:m.a.example', False), (1, 'a:gone.example', True)]
    assert 'spf_void' in ids(got)
    shown = text('v=spf1 include:a.example -all', *options)
    assert '3 of 10' in shown and '  1    a:gone.example' in shown and 'finds nothing' in shown, shown
    # a loop, and more than ten
    got = record('v=spf1 include:example.com -all', *options, code=1)
    assert 'spf_loop' in ids(got)
    got = record('v=spf1 ' + 'a:m.a.example ' * 11 + '-all', *options, code=1)
    assert 'spf_lookups' in ids(got)
    # a malformed record is not followed
    assert 'tree' not in record('v=spf1 moo', *options, code=1)


@case('SPF: --lookups wants a name, and an SPF record')
def _():
    for arguments, word in ((['v=spf1 -all'], '--name'), ([GOOD['dmarc'], '--name', '_dmarc.example.com'], 'for SPF records')):
        done = run('check', 'record', *arguments, '--lookups')
        assert done.returncode == 2 and word in done.stderr.decode() and not done.stdout, done


@case('P4 M6 two records: of one kind, and of several')
def _():
    two = b'"v=DMARC1; p=none; rua=mailto:a@example.com"\n"v=DMARC1; p=reject"\n'
    assert 'two_records' in ids(record('-', input=two, code=1))
    mixed = b'"google-site-verification=abc"\n"v=spf1 mx -all"\n"MS=ms123"\n'
    got = record('-', input=mixed)
    assert got['kind'] == 'spf' and got['value'] == 'v=spf1 mx -all' and ids(got) == []


@case('what is no record is refused; what cannot be read is a finding')
def _():
    for value in ('hello world', 'google-site-verification=abc', 'spf2.0/pra -all'):
        done = run('check', 'record', value)
        assert done.returncode == 2 and b'cannot tell what kind' in done.stderr, done
    done = run('check', 'record', 'example.com')
    assert done.returncode == 2 and b'this is a name' in done.stderr
    assert ids(record('""', code=1)) == ['empty']
    assert ids(record('"v=DMARC1; p=none\\', code=1)) == ['text_not_readable']


@case('hostile records end soon')
def _():
    for value in ('v=DMARC1' + ';a=' * 5000, 'v=DMARC1; rua=' + 'mailto:a@b.example,' * 800, 'v=DMARC1; p=' + ' p=' * 5000,
                  'v=DMARC1;' + ' ' * 16000, 'v=TLSRPTv1; rua=' + ',' * 16000, 'v=BIMI1; lps=' + ',' * 16000,
                  'v=DMARC1; ' + '“' * 5000, 'v=DMARC1; fo=' + ':' * 16000, 'v=DMARC1;' * 1800):
        done = run('check', 'record', '-', '--json', input=value.encode(), timeout=20)
        assert done.returncode in (0, 1), done
        json.loads(done.stdout)


main()
