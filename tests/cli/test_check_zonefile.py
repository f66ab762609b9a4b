#!/usr/bin/python3
"""inkan check zonefile and inkan check diff: what is wrong in a zone, and what a change of it does to mail."""
import json
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / 'support'))
from tap import case, main, run  # noqa: E402

FOLDER = tempfile.TemporaryDirectory()
TMP = Path(FOLDER.name)
SOA = '$TTL 300\n@ IN SOA ns admin 1 2 3 4 5\n'
KEY = 'v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo='  # RFC 8463 appendix A.2
OTHER = KEY.replace('11qY', '22qY')
BASE = f'@ TXT "v=spf1 mx include:a.example -all"\n@ MX 10 mx\ns1._domainkey TXT "{KEY}"\n' \
       '_dmarc TXT "v=DMARC1; p=reject; rua=mailto:a@example.com"\n'


def zone(name, text):
    (TMP / name).write_text(SOA + text)
    return TMP / name


def check(text, code):
    done = run('check', 'zonefile', '--origin', 'example.com', '--json', zone('z', text))
    assert done.returncode == code, done
    return [(r['line'], f['id']) for r in json.loads(done.stdout)['records'] for f in r['findings'] if f['severity'] == 'error']


def diff(before, after, code):
    done = run('check', 'diff', '--origin', 'example.com', '--json', zone('old', before), zone('new', after))
    assert done.returncode == code, done
    return [f['id'] for c in json.loads(done.stdout)['changes'] for f in c['findings']]


@case('a good zone')
def _():
    assert check(BASE + 'x TXT "site-verification; p=1"\n', 0) == []


@case('S2-38 C-5 the missing closing quote, with line and column')
def _():
    path = zone('z', '_dmarc 3600 IN TXT "v=DMARC1; pct=100; p=reject\n')
    done = run('check', 'zonefile', '--origin', 'example.com', path)
    assert done.returncode == 1 and f'{path}:3:20: the closing quote of this string is missing'.encode() in done.stderr, done


for title, text, line, wanted in (
        ('two SPF records', '@ TXT "v=spf1 mx -all"\n@ TXT "v=spf1 a -all"\n', 3, 'zone_two_records'),
        ('an alias beside other data', 'a CNAME b.example.\na TXT "x"\n', 3, 'zone_alias_beside'),
        ('S3-36 the doubled suffix of a name', '_dmarc.example.com TXT "v=DMARC1; p=none"\n', 3, 'zone_name_doubled'),
        ('S3-36 the doubled suffix of a target', '@ MX 10 mx.example.com\n', 3, 'zone_target_doubled'),
        ('S3-36 a target of a known service without its dot', 't._domainkey CNAME t.dkim.amazonses.com\n', 3, 'zone_target_no_dot'),
        ('S3-37 a text without quotes, joined', '@ TXT v=spf1 mx -all\n', 3, 'zone_quotes_missing'),
        ('S3-37 a text without quotes, cut by a comment', '_dmarc TXT v=DMARC1; p=none\n', 3, 'zone_cut_by_comment'),
        ('a key that is cut', f's1._domainkey TXT "{KEY[:-10]}"\n', 3, None)):
    @case(title)
    def _(text=text, line=line, wanted=wanted):
        got = check(text, 1)
        assert got[0][0] == line and (wanted is None or (line, wanted) in got), got


@case('S3-27 an empty slot of a rotation set is not wrong')
def _():
    assert check('t2._domainkey TXT ""\n', 0) == []


for title, change, code, wanted in (
        ('nothing', lambda z: '; new\n' + z + 'www A 192.0.2.1\n', 0, []),
        ('a key removed', lambda z: z.replace('s1._domainkey', 's2._domainkey'), 1, ['diff_key_removed', 'diff_added']),
        ('a key replaced', lambda z: z.replace(KEY, OTHER), 1, ['diff_key_changed']),
        ('a key revoked', lambda z: z.replace(KEY, 'v=DKIM1; p='), 0, ['diff_key_revoked']),
        ('a policy removed', lambda z: z.replace('_dmarc ', 'x '), 1, ['diff_dmarc_removed']),
        ('a policy weakened', lambda z: z.replace('p=reject', 'p=none'), 1, ['diff_dmarc_weaker']),
        ('a policy of subdomains weakened', lambda z: z.replace('p=reject', 'p=reject; sp=none'), 1, ['diff_dmarc_weaker']),
        ('reports ended', lambda z: z.replace('; rua=mailto:a@example.com', ''), 0, ['diff_dmarc_no_reports']),
        ('S1-33 an include removed', lambda z: z.replace(' include:a.example', ''), 1, ['diff_spf_sender_removed']),
        ('the end of SPF weakened', lambda z: z.replace('-all', '~all'), 1, ['diff_spf_weaker']),
        ('SPF removed', lambda z: z.replace('v=spf1', 'x'), 1, ['diff_spf_removed']),
        ('a second SPF record', lambda z: z + '@ TXT "v=spf1 -all"\n', 1, ['zone_two_records']),
        ('look-ups over 10', lambda z: z.replace('mx', ' '.join(['mx'] + [f'include:i{n}.example' for n in range(10)]), 1), 1,
         ['spf_lookups_own']),
        ('MX removed', lambda z: z.replace('@ MX 10 mx\n', ''), 1, ['diff_mx_removed']),
        ('MX changed', lambda z: z.replace('MX 10 mx', 'MX 10 mx2'), 0, ['diff_mx_changed'])):
    @case(f'diff: {title}')
    def _(change=change, code=code, wanted=wanted):
        got = diff(BASE, change(BASE), code)
        assert set(wanted) <= set(got) and (wanted or not got), got


@case('diff: an alias of DKIM that leads elsewhere, or is gone')
def _():
    alias = 't._domainkey CNAME a.example.\n'
    assert diff(BASE + alias, BASE + alias.replace('a.', 'b.'), 0) == ['diff_alias_changed']
    assert diff(BASE + alias, BASE, 1) == ['diff_key_removed']


@case('diff: two snapshots, text in two languages')
def _():
    for name, policy in (('old.json', 'reject'), ('new.json', 'none')):
        (TMP / name).write_text(json.dumps({'_dmarc.example.com': {'TXT': [f'v=DMARC1; p={policy}; rua=mailto:a@example.com']}}))
    done = run('check', 'diff', TMP / 'old.json', TMP / 'new.json')
    assert done.returncode == 1 and b'p=reject \xe2\x86\x92 p=none' in done.stdout, done
    assert 'ポリシーが弱くなります' in run('check', 'diff', '--lang', 'ja', TMP / 'old.json', TMP / 'new.json').stdout.decode()


@case('a file that cannot be read, an origin that is none')
def _():
    assert run('check', 'zonefile', TMP / 'nothing').returncode == 2
    assert run('check', 'zonefile', '--origin', 'a..b', zone('z', '')).returncode == 2


main()
