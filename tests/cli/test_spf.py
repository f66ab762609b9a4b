#!/usr/bin/python3
"""inkan spf: the public suites by way of the program, hostile records, DNS that fails, wrong usage."""
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


def spf(dns, *options, ip='192.0.2.1', sender='alice@example.com'):
    """The JSON object; the exit code is 0 whatever the result."""
    path = dns if isinstance(dns, Path) else zone(dns)
    done = run('spf', '--ip', ip, '--mail-from', sender, *options, '--dns', path, '--json')
    assert done.returncode == 0 and not done.stderr, done
    return json.loads(done.stdout)


def suite(file):
    """One case a test of a public suite."""
    path = CONFORMANCE / 'spf' / file
    if not path.exists():
        case(f'{file}')(lambda: skip('conformance suites are not here'))
        return
    for number, scenario in enumerate(json.loads(path.read_text())['scenarios']):
        world = {}
        for test in scenario['tests']:
            @case(f'{file} {number} {test["id"]}')
            def _(test=test, scenario=scenario, world=world):
                if test.get('skip') or test.get('disputed'):
                    skip('disputed')
                if 'path' not in world:
                    world['path'] = zone(scenario['dns'])
                options = ['--helo', test['helo']] if test.get('helo') else []
                options += ['--domain', test['domain']] if test.get('domain') else []
                got = spf(world['path'], *options, '--default-explanation', 'DEFAULT', ip=test['ip'],
                          sender=test.get('mailfrom') or '')
                assert got['result'] in test['result'], got
                if test.get('explanation'):
                    assert got['explanation'] == test['explanation'], got
                assert got['lookups'] <= 11 and got['void_lookups'] <= 3


suite('openspf/rfc7208-tests.json')


# ---- the object ----

SIMPLE = {'example.com': {'TXT': ['v=spf1 ip4:192.0.2.0/24 include:_spf.example.net -all']},
          '_spf.example.net': {'TXT': ['v=spf1 a:gone.example.net ~all']}}


@case('the object has the members of the contract')
def _():
    got = spf(SIMPLE)
    for member in 'result identity domain mechanism explanation lookups void_lookups aligned reason trace'.split():
        assert member in got, member
    assert got['mechanism'] == 'ip4:192.0.2.0/24' and got['lookups'] == 0 and got['aligned'] is None
    assert got['identity'] == 'mailfrom' and got['domain'] == 'example.com'


@case('the trace names each term, with its depth, look-ups and result')
def _():
    got = spf(SIMPLE, ip='203.0.113.1')
    terms = [(t['depth'], t['domain'], t['term'], t['result'], t['lookups'], t['void_lookups'])
             for t in got['trace'] if t['kind'] == 'term']
    assert terms == [(0, 'example.com', 'ip4:192.0.2.0/24', 'no match', 0, 0),
                     (1, '_spf.example.net', 'a:gone.example.net', 'no match', 2, 1),
                     (1, '_spf.example.net', '~all', 'match', 2, 1),
                     (0, 'example.com', 'include:_spf.example.net', 'no match', 2, 1),
                     (0, 'example.com', '-all', 'match', 2, 1)], terms
    assert [t['detail'] for t in got['trace'] if t['kind'] == 'question'][1:] == [
        'TXT _spf.example.net: "v=spf1 a:gone.example.net ~all"', 'A gone.example.net: NXDOMAIN']


@case('P1 an empty sender is the null sender: postmaster at the HELO name')
def _():
    got = spf(SIMPLE, '--helo', 'example.com', sender='')
    assert (got['result'], got['identity'], got['domain']) == ('pass', 'helo', 'example.com'), got
    assert spf(SIMPLE, '--helo', 'example.com', sender='<>')['identity'] == 'helo'
    assert spf(SIMPLE, sender='')['result'] == 'none'


@case('P24 the Received-SPF field, whatever the sender is called')
def _():
    field = spf(SIMPLE, '--helo', 'mail.example.com')['received_spf']
    assert field.startswith('Received-SPF: pass (') and field.endswith('\r\n'), field
    assert 'client-ip=192.0.2.1;' in field and 'envelope-from="alice@example.com";' in field, field
    field = spf(SIMPLE, '--helo', 'x)\r\nBcc: y (', sender='"a;\r\nX: y"@example.com')['received_spf']
    lines = field.split('\r\n')
    assert lines[-1] == '' and all(line[0] in ' \t' for line in lines[1:-1]), field


@case('P1 HELO alone')
def _():
    done = run('spf', '--ip', '192.0.2.1', '--helo', 'example.com', '--dns', zone(SIMPLE), '--json')
    got = json.loads(done.stdout)
    assert (got['result'], got['identity']) == ('pass', 'helo'), got
    done = run('spf', '--ip', '192.0.2.1', '--helo', '[192.0.2.1]', '--dns', zone(SIMPLE), '--json')
    assert json.loads(done.stdout)['result'] == 'none'


@case('text: what to do where there is nothing to use')
def _():
    dns = zone({'example.com': {'TXT': ['v=spf1 a', 'v=spf1 mx']}})
    assert b'inkan check record --lookups' in run('spf', '--ip', '1.2.3.4', '--mail-from', 'a@example.com', '--dns', dns).stdout
    assert b'sender --helo' in run('spf', '--ip', '1.2.3.4', '--mail-from', '', '--dns', dns).stdout
    assert b'inkan check record' in run('spf', '--mail-from', 'a@example.com', '--dns', dns).stderr


@case('reasons within includes are told in the language of the user')
def _():
    dns = zone({'example.com': {'TXT': ['v=spf1 include:b.example.com -all']}, 'b.example.com': {'TXT': ['v=spf1 foo:x -all']}})
    for language, words in (('en', 'permerror: unknown mechanism (foo:x in the record of b.example.com)'),
                            ('ja', 'permerror: 未知の機構です (b.example.com のレコードの foo:x)')):
        text = run('spf', '--ip', '1.2.3.4', '--mail-from', 'a@example.com', '--dns', dns, '--trace', '--lang', language).stdout
        assert words in text.decode(), text.decode()


@case('P14 an IPv4 address in IPv6 clothing')
def _():
    assert spf(SIMPLE, ip='::ffff:192.0.2.1')['result'] == 'pass'


@case('text: result, record, the term that decided, counts; terms with --trace, in two languages')
def _():
    path = zone(SIMPLE)
    for language, words in (('en', ['SPF fail: ', 'record', 'v=spf1 ip4', 'decided by -all', '1 of 10, 1 of 2 void']),
                            ('ja', ['SPF fail: ', 'レコード', '決め手', '1 / 10 回、うち空の応答 1 / 2 回'])):
        text = run('spf', '--ip', '1.2.3.4', '--mail-from', 'a@example.com', '--dns', path, '--lang', language).stdout.decode()
        for word in words:
            assert word.replace('1 of 10', '2 of 10').replace('1 / 10', '2 / 10') in text, (word, text)
        assert 'no match' not in text
    text = run('spf', '--ip', '1.2.3.4', '--mail-from', 'a@example.com', '--dns', path, '--trace').stdout.decode()
    assert '      a:gone.example.net → no match  (look-ups 2, void 1)\n' in text, text
    assert '? A gone.example.net: NXDOMAIN' in text
    text = run('spf', '--ip', '1.2.3.4', '--mail-from', 'a@example.com', '--dns', path, '--trace', '--lang', 'ja').stdout.decode()
    assert '      a:gone.example.net → 該当せず  (問い合わせ 2、空の応答 1)\n' in text and '-all → 該当  ' in text, text


@case('P20 an explanation is shown, and obeyed by no terminal')
def _():
    dns = {'example.com': {'TXT': ['v=spf1 -all exp=why.example.com']}, 'why.example.com': {'TXT': ['go away %{i}']}}
    assert spf(dns)['explanation'] == 'go away 192.0.2.1'
    text = run('spf', '--ip', '192.0.2.1', '--mail-from', 'a@example.com', '--dns', zone(dns)).stdout
    assert b'go away 192.0.2.1' in text
    dns['why.example.com'] = {'TXT': ['\x1b[31mred']}
    for options in ([], ['--trace']):
        text = run('spf', '--ip', '192.0.2.1', '--mail-from', 'a@example.com', '--dns', zone(dns), *options).stdout
        assert b'\x1b' not in text
    dns = {'example.com': {'TXT': ['v=spf1 \x1b[31m -all']}}
    for options in ([], ['--trace']):
        text = run('spf', '--ip', '192.0.2.1', '--mail-from', 'a@example.com', '--dns', zone(dns), *options).stdout
        assert b'\x1b' not in text and b'SPF permerror' in text, text


@case('reasons are told in the language of the user')
def _():
    dns = zone({'example.com': {'TXT': ['v=spf1 moo -all']}})
    for language, words in (('en', 'unknown mechanism (moo in the record of example.com)'),
                            ('ja', '未知の機構です (example.com のレコードの moo)')):
        assert words in run('spf', '--ip', '192.0.2.1', '--mail-from', 'a@example.com', '--dns', dns, '--lang', language).stdout.decode()
    assert spf(dns)['reason'] == 'unknown mechanism (moo in the record of example.com)'


# ---- hostile records ----

@case('P9 a record that includes itself ends at the limit')
def _():
    got = spf({'example.com': {'TXT': ['v=spf1 include:example.com -all']}})
    assert got['result'] == 'permerror' and got['lookups'] == 11 and 'more than 10' in got['reason'], got


@case('P9 two records that redirect to each other')
def _():
    got = spf({'example.com': {'TXT': ['v=spf1 redirect=b.example']}, 'b.example': {'TXT': ['v=spf1 redirect=example.com']}})
    assert got['result'] == 'permerror' and got['lookups'] == 11, got


@case('P9 a record that fans out costs no more than the limit')
def _():
    dns = {'example.com': {'TXT': ['v=spf1 ' + ' '.join(f'include:{i}.example.com' for i in range(30)) + ' -all']}}
    for i in range(30):
        dns[f'{i}.example.com'] = {'TXT': ['v=spf1 ' + ' '.join(f'include:{k}.{i}.example.com' for k in range(30))]}
        dns |= {f'{k}.{i}.example.com': {'TXT': ['v=spf1 ip4:198.51.100.1']} for k in range(30)}
    saved = TMP / 'fan.json'
    got = spf(dns, '--save-dns', saved)
    assert got['result'] == 'permerror' and got['lookups'] == 11, got
    assert len(json.loads(saved.read_text())) < 200


@case('P10 a hundred MX hidden behind an include')
def _():
    dns = {'example.com': {'TXT': ['v=spf1 include:many.example -all']}, 'many.example': {
        'TXT': ['v=spf1 mx -all'], 'MX': [[i, f'mx{i}.many.example'] for i in range(100)]}}
    dns |= {f'mx{i}.many.example': {'A': ['198.51.100.1']} for i in range(100)}
    saved = TMP / 'mx.json'
    got = spf(dns, '--save-dns', saved)
    assert got['result'] == 'permerror' and 'MX' in got['reason'], got
    assert len(json.loads(saved.read_text())) < 20


@case('P10 ten MX are fine, eleven are not')
def _():
    for count, result in ((10, 'pass'), (11, 'permerror')):
        dns = {'example.com': {'TXT': ['v=spf1 mx -all'], 'MX': [[i, f'mx{i}.example.com'] for i in range(count)]}}
        dns |= {f'mx{i}.example.com': {'A': ['192.0.2.1' if i == 9 else '198.51.100.1']} for i in range(count)}
        assert spf(dns)['result'] == result, count


@case('P11 two void look-ups are fine, three are not')
def _():
    for count, result in ((2, 'fail'), (3, 'permerror')):
        terms = ' '.join(f'a:gone{i}.example.com' for i in range(count))
        got = spf({'example.com': {'TXT': [f'v=spf1 {terms} -all']}})
        assert got['result'] == result and got['void_lookups'] == count, got


@case('a record of a thousand terms and one of more')
def _():
    for count, result in ((999, 'fail'), (1000, 'permerror')):
        got = spf({'example.com': {'TXT': ['v=spf1 ' + 'ip4:198.51.100.1 ' * count + '-all']}})
        assert got['result'] == result, (count, got['reason'])


# ---- DNS that fails ----

for status in ('SERVFAIL', 'TIMEOUT', 'BOGUS', 'CNAMELOOP'):
    @case(f'P2 {status} for the record: temperror, exit code 0')
    def _(status=status):
        got = spf({'example.com': {'_error': {'*': status}}})
        assert got['result'] == 'temperror' and got['reason'].startswith('DNS look-up failed'), got

    @case(f'P8 {status} for an include: temperror')
    def _(status=status):
        got = spf({'example.com': {'TXT': ['v=spf1 include:b.example -all']}, 'b.example': {'_error': {'TXT': status}}})
        assert got['result'] == 'temperror', got

    @case(f'P2 {status} for an address: temperror')
    def _(status=status):
        got = spf({'example.com': {'TXT': ['v=spf1 a:b.example -all']}, 'b.example': {'_error': {'A': status}}})
        assert got['result'] == 'temperror', got


@case('P2 CNAMEs that lead to each other are a temporary error, and end')
def _():
    got = spf({'example.com': {'CNAME': ['b.example']}, 'b.example': {'CNAME': ['example.com']}})
    assert got['result'] == 'temperror', got


@case('P2 a domain that does not exist: none')
def _():
    assert spf({'other.example': {}})['result'] == 'none'


@case('what was saved replays to the same result')
def _():
    saved = TMP / 'saved.json'
    first = spf(SIMPLE, '--save-dns', saved, ip='203.0.113.1')
    assert spf(saved, ip='203.0.113.1') == first
    assert set(json.loads(saved.read_text())) >= {'example.com', '_spf.example.net'}


# ---- usage ----

@case('wrong usage says what to give')
def _():
    for options, word in (([], '--ip'), (['--ip', '192.0.2.1'], '--mail-from'), (['--ip', '300.1.1.1', '--mail-from', 'a@b'], '192.0.2.1'),
                          (['--ip', '192.0.2.01', '--mail-from', 'a@b'], 'not an address'),
                          (['--ip', '192.0.2.1', '--mail-from', 'a@example.com', 'x'], 'too much')):
        done = run('spf', *options)
        assert done.returncode == 2 and word in done.stderr.decode() and not done.stdout, (options, done)


main()
