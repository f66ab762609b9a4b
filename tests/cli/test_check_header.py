#!/usr/bin/python3
"""inkan check header: what mail programs show, in all the ways in which copying damages it; hostile headers; the public
Authentication-Results cases through the program."""
import html
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / 'support'))
from tap import CONFORMANCE, case, main, run  # noqa: E402

GMAIL = '''Delivered-To: bob@gmail.com
Received: by 2002:a05:622a:1186:b0:4a1:c2d3:e4f5 with SMTP id m6csp;
        Sat, 21 Nov 2026 01:30:07 -0800 (PST)
ARC-Seal: i=1; a=rsa-sha256; t=1795253407; cv=none; d=google.com; s=arc-20240605;
        b=AbCd
ARC-Authentication-Results: i=1; mx.google.com;
       dkim=neutral (body hash did not verify) header.i=@example.com header.s=s1 header.b=Yq3cPxyz;
       spf=pass (google.com: domain of taro@example.com designates 192.0.2.25 as permitted sender) smtp.mailfrom=taro@example.com
Return-Path: <taro@example.com>
Received: from gw.example.com (gw.example.com. [192.0.2.25])
        by mx.google.com with ESMTPS id d2e1a72fcca58-7248
        for <bob@gmail.com>; Sat, 21 Nov 2026 01:30:06 -0800 (PST)
Received-SPF: pass (google.com: domain of taro@example.com designates 192.0.2.25 as permitted sender) client-ip=192.0.2.25;
Authentication-Results: mx.google.com;
       dkim=neutral (body hash did not verify) header.i=@example.com header.s=s1 header.b=Yq3cPxyz;
       spf=pass (google.com: domain of taro@example.com designates 192.0.2.25 as permitted sender) smtp.mailfrom=taro@example.com;
       dmarc=pass (p=QUARANTINE sp=QUARANTINE dis=NONE) header.from=example.com
Authentication-Results: gw.example.com; dkim=pass header.d=example.com
DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.com; s=s1;
        h=from:to:subject; bh=x; b=Yq3cPxyz
From: Taro <taro@example.com>
Subject: Estimate
'''
OUTLOOK = '''Received: from TYCP286MB0001.JPNP286.PROD.OUTLOOK.COM (2603:1096:400::1) by
 OSAPR01MB0001.jpnprd01.prod.outlook.com with HTTPS; Sat, 21 Nov 2026 09:30:10
 +0000
Authentication-Results: spf=pass (sender IP is 192.0.2.25)
 smtp.mailfrom=mailer.example.net; dkim=fail (no key for signature)
 header.d=example.com;dmarc=fail action=oreject
 header.from=example.com;compauth=fail reason=000
Received-SPF: Pass (protection.outlook.com: domain of mailer.example.net
 designates 192.0.2.25 as permitted sender)
From: Taro <taro@example.com>
Subject: Estimate
'''


def check(text, *options):
    octets = text if isinstance(text, bytes) else text.encode()
    done = run('check', 'header', '--json', *options, input=octets)
    assert done.returncode in (0, 1), done.stderr
    return done.returncode, json.loads(done.stdout)


def causes(got):
    return [(c['method'], c['cause'], c['triage']) for c in got['causes']]


WANTED = [('dkim', 'body_hash_mismatch', 'signing'), ('spf', 'passed', 'none'), ('dmarc', 'passed', 'none')]

PASTES = {
    'as it is': (GMAIL, []),
    'Windows line ends': (GMAIL.replace('\n', '\r\n'), []),
    'old Macintosh line ends': (GMAIL.replace('\n', '\r'), []),
    'a whole message': (GMAIL + '\nAuthentication-Results: mx.google.com; dkim=pass\n\nbody\n', []),
    'an mbox separator': ('From taro@example.com Sat Nov 21 09:30:00 2026\n' + GMAIL, ['leading']),
    'a byte order mark': ('\ufeff' + GMAIL, ['decoded']),
    'UTF-16, as Notepad saves it': (GMAIL.replace('\n', '\r\n').encode('utf-16'), ['decoded']),
    'UTF-16, the other way round': (b'\xfe\xff' + GMAIL.encode('utf-16-be'), ['decoded']),
    'the source of a web page': (html.escape(GMAIL), ['entities']),
    'no-break spaces': (GMAIL.replace('       ', '\u00a0\u00a0\u00a0 '), ['entities']),
    'quoted in a reply': (''.join('> ' + line + '\n' for line in GMAIL.splitlines()), ['quoted']),
    'indented': (''.join('    ' + line + '\n' for line in GMAIL.splitlines()), ['quoted']),
    'white space of folded lines lost': (''.join(line.lstrip() + '\n' for line in GMAIL.splitlines()), ['refolded']),
    'an empty line behind every line': (GMAIL.replace('\n', '\n\n'), ['spaced']),
    'the same with Windows line ends': (GMAIL.replace('\n', '\r\n\r\n'), ['spaced']),
    'all on one line': (' '.join(GMAIL.split()), ['joined']),
    'text in front': ('Hello, this is what I see:\n\n' + GMAIL, ['leading']),
    'the table of Gmail in front': ('Original Message\nMessage ID\t<1@example.com>\nCreated at:\tSat, 21 Nov\n\n' + GMAIL, ['leading']),
}
for name, (text, repairs) in PASTES.items():
    @case(f'S1-24 pasted: {name}')
    def _(text=text, repairs=repairs):
        code, got = check(text)
        assert code == 0
        assert got['authentication_results'][got['trusted']]['authserv_id'] == 'mx.google.com', got
        assert causes(got)[:3] == WANTED, causes(got)
        assert got['repairs'] == repairs, got['repairs']


@case('S1-24 the field of Outlook, without an authserv-id')
def _():
    code, got = check(OUTLOOK)
    assert code == 0 and got['authentication_results'][0]['authserv_id'] == ''
    assert causes(got) == [('spf', 'passed', 'none'), ('dkim', 'key_missing', 'dns'),
                           ('dmarc', 'dmarc_overridden', 'either'), ('compauth', 'compauth_explicit', 'either')]
    assert got['from_domain'] == 'example.com' and got['spf_alignment'] == 'not-aligned'
    assert 'header_spf_not_aligned' in {f['id'] for f in got['findings']}


@case('S1-24 only the value, in a file')
def _():
    code, got = check(' mx.example.com;\n dkim=pass header.d=a.example\n')
    assert code == 0 and causes(got) == [('dkim', 'passed', 'none')]


@case('S1-25 the topmost field is used, and the choice is told')
def _():
    _, got = check(GMAIL)
    assert (got['trusted'], got['trusted_count'], got['trusted_reason']) == (0, 1, 'topmost')
    assert [r['authserv_id'] for r in got['authentication_results']] == ['mx.google.com', 'gw.example.com']
    assert [(o['field'], o.get('instance')) for o in got['other_results']] == [('ARC-Authentication-Results', 1), ('Received-SPF', None)]
    text = run('check', 'header', '--lang', 'en', input=GMAIL.encode()).stdout.decode()
    assert 'topmost' in text and '1 others were not used' in text, text


@case('S1-25 --trusted names the hosts to believe')
def _():
    _, got = check(GMAIL, '--trusted', 'other.example', '--trusted', 'MX.google.com.')
    assert (got['trusted'], got['trusted_reason']) == (0, 'id')
    many = [word for i in range(150) for word in ('--trusted', f'mx{i}.example')]
    _, got = check(GMAIL, *many, '--trusted', 'mx.google.com')
    assert (got['trusted'], got['trusted_reason']) == (0, 'id')
    code, got = check(GMAIL, '--trusted', 'mx.example.org')
    assert code == 1 and got['trusted'] is None and got['causes'] == []
    assert 'header_none_trusted' in {f['id'] for f in got['findings']}


@case('S1-25 what an earlier hop saw is compared')
def _():
    _, got = check(GMAIL)
    found = [f for f in got['findings'] if f['id'] == 'header_changed_between']
    assert len(found) == 1 and 'gw.example.com' in found[0]['text'] and 'mx.google.com' in found[0]['text'], got['findings']


@case('S1-25 fields of one host in a row are one answer')
def _():
    host = 'Authentication-Results: smtp.a.example; {}\n'
    text = host.format('arc=none') + host.format('spf=pass smtp.mailfrom=a.example') + host.format('dkim=fail header.d=a.example')
    _, got = check(text + 'Received: by smtp.a.example; x\n' + host.format('dkim=pass'))
    assert got['trusted_count'] == 3 and [c['method'] for c in got['causes']] == ['arc', 'spf', 'dkim']
    assert [c['field'] for c in got['causes']] == [0, 1, 2]


@case('S1-25 a field below a host of somebody else is told to be doubtful')
def _():
    text = 'Received: from x by mx.receiver.example; x\nAuthentication-Results: mx.bank.example; dkim=pass header.d=bank.example\n'
    _, got = check(text)
    assert 'header_below_stranger' in {f['id'] for f in got['findings']}
    assert check(text, '--trusted', 'mx.bank.example')[0] == 1


@case('S1-22 signing or DNS: each is told with its evidence')
def _():
    for words, wanted in [('dkim=fail (body hash did not verify)', 'signing'), ('dkim=neutral (no key)', 'dns'),
                          ('dkim=fail (signature did not verify)', 'either'), ('dkim=temperror', 'temporary'),
                          ('dkim=policy (weak key)', 'dns'), ('dkim=none (message not signed)', 'signing')]:
        _, got = check(f'Authentication-Results: mx.example; {words} header.d=a.example header.s=k1\n')
        assert got['causes'][0]['triage'] == wanted, words
        assert words.split('=')[0] in got['findings'][0]['text'] and 'mend' not in got['findings'][0]['id']
    _, got = check('Authentication-Results: mx.example; dkim=neutral (no key) header.d=a.example header.s=k1\n')
    assert 'k1._domainkey.a.example' in got['findings'][0]['text'] and 'no key' in got['findings'][0]['text']


@case('text and Japanese text for every paste, safe on a terminal')
def _():
    for language in ('en', 'ja'):
        for text in (GMAIL, OUTLOOK, 'Authentication-Results: \x1b[31mmx; dkim=fail (\x07\x1b]0;x) header.d=\x9b\n'):
            done = run('check', 'header', '--lang', language, input=text.encode())
            assert done.returncode in (0, 1) and b'\x1b' not in done.stdout and b'\x07' not in done.stdout
            done.stdout.decode()


@case('a continuation line never becomes a field')
def _():
    code, got = check('Subject: hello\n Authentication-Results: mx.google.com; dkim=pass\nFrom: a@b.example\n')
    assert code == 1 and got['authentication_results'] == []


@case('R3 a version that nobody knows is not used')
def _():
    code, got = check('Authentication-Results: mx.example 7; dkim=pass\n')
    assert code == 0 and got['trusted'] is None and [f['id'] for f in got['findings']] == ['header_version']


@case('wrong usage and unreadable input')
def _():
    assert run('check', 'header', '--value', 'x', 'file').returncode == 2
    assert run('check', 'header', '/nonexistent').returncode == 2
    assert run('check', 'header', 'a', 'b').returncode == 2
    done = run('check', 'header', input=b'')
    assert done.returncode == 1


# ---- hostile ----

HOSTILE = {
    'nothing that is a header': (b'\xff\xfe\xfd' * 1000, 1),
    'NUL': (b'Authentication-Results: mx\0.example; dkim=pass\0\r\nA\0: b\r\n', 1),
    'a field of a megabyte': (b'Authentication-Results: mx.example; dkim=pass (' + b'x' * 1048576 + b')\n', 1),
    'a megabyte of comments': (b'Authentication-Results: mx.example; dkim=pass ' + b'(' * 1048576, 1),
    'a megabyte of properties': (b'Authentication-Results: mx.example; dkim=pass ' + b'a.b=c ' * 170000, 1),
    '500 fields': (b'Authentication-Results: mx.example; dkim=fail (no key) header.d=a.example\n' * 500, 0),
    '500 fields of 8 KiB': ((b'Authentication-Results: mx.example' + b'; dkim=fail header.d=a.example' * 99 + b'\n') * 500, 0),
    '100 fields of results and properties': (b''.join(
        b'Authentication-Results: m%d.example' % i + (b'; dkim=pass' + b' header.d=a.example' * 20) * 90 + b'\n' for i in range(100)), 0),
    'ten thousand short lines': (b'x\n' * 100000, 1),
    'fields that are names only': (b'a:\n' * 20000, 2),
    'one line without end': (b'Authentication-Results: ' * 100000, 2),
    'a forged version': (b'Authentication-Results: mx.example 7; dkim=pass\n', 0),
}
for name, (octets, code) in HOSTILE.items():
    @case(f'hostile: {name}')
    def _(octets=octets, code=code):
        for options in ([], ['--json'], ['--trusted', 'mx.example']):
            done = run('check', 'header', *options, input=octets, timeout=20)
            assert done.returncode in ((code,) if code != 0 else (0, 1)), (done.returncode, done.stderr)
            if '--json' in options and done.stdout:
                json.loads(done.stdout)
        assert len(run('check', 'header', input=octets).stdout) < 4 * 1048576


@case('hostile: more than 8 MiB are refused')
def _():
    assert run('check', 'header', input=b'Subject: x\n' * 800000, timeout=20).returncode == 2


ICLOUD = '''Received: from mailgateway.icloud.com by imap.icloud.com with SMTP id 8a
Authentication-Results: bimi.icloud.com; bimi=skipped reason="insufficient dmarc"
Authentication-Results: dmarc.icloud.com; dmarc=pass header.from=example.com
{between}Authentication-Results: dkim-verifier.icloud.com; dkim=pass header.d=example.com
From: Taro <taro@example.com>
'''


@case('several fields in a row, each under its own name below the domain of the receiver, are one receiver')
def _():
    for between, options, methods in (('', [], ['bimi', 'dmarc', 'dkim']),
                                      ('Received: from a.example by b.icloud.com\n', [], ['bimi', 'dmarc']),
                                      ('Authentication-Results: mx.example.net; spf=pass\n', [], ['bimi', 'dmarc']),
                                      ('', ['--trusted', 'bimi.icloud.com'], ['bimi'])):
        assert [c[0] for c in causes(check(ICLOUD.format(between=between), *options)[1])] == methods, (between, options)


@case('a text where a file is wanted is told from a missing file')
def _():
    for command, text in (('header', 'mx.example.net; dkim=pass'), ('bounce', '550 5.7.26 unauthenticated')):
        done = run('check', command, text)
        assert done.returncode == 2 and b'--value' in done.stderr, done
        assert b'--value' not in run('check', command, '/nonexistent').stderr


@case('S3-73 a receiver without a name is not called so in English')
def _():
    said = run('check', 'bounce', '--lang', 'ja', '--value', '550 5.7.26 unauthenticated').stdout.decode()
    assert '受信側 (不明) が 5.7.26 で拒否: SPF も DKIM も合格していません' in said, said
    assert 'Gmail が 5.7.26 で拒否' in run('check', 'bounce', '--lang', 'ja', '--value', '550-5.7.26 gsmtp').stdout.decode()


@case('dmarc=none without header.from is told of the author')
def _():
    got = check('Authentication-Results: mx.example.net; dmarc=none\nFrom: Taro <taro@example.com>\n')[1]
    assert 'example.com' in [f for f in got['findings'] if f['id'] == 'result_dmarc_no_record'][0]['text'], got['findings']
    assert 'domain ?' in check('Authentication-Results: mx.example.net; dmarc=none\n')[1]['findings'][0]['text']


# ---- the public cases ----

def same(got, want):
    wanted = [(r['method'], r.get('method_version', 1), r['result'], r.get('reason', ''), r['props']) for r in want['results']]
    found = [(r['method'], r.get('method_version', 1), r['result'], r['reason'], r['props']) for r in got['results']]
    return (got['authserv_id'], got['version'], got.get('none', False), found) == \
        (want['authserv_id'], want['version'], want.get('none', False), wanted)


for path in sorted(CONFORMANCE.glob('authres/*.json')):
    for spec in json.loads(path.read_text())['cases']:
        @case(f'{path.name} {spec["id"]}')
        def _(spec=spec):
            done = run('check', 'header', '--json', '--value', spec['value'])
            got = json.loads(done.stdout)['authentication_results']
            want = spec.get('expect_relaxed', spec['expect'])
            if 'error' in want:
                # what a strict reader refuses, a tolerant one may read, but says so
                assert done.returncode == 1 and got == [] or not got[0]['strict'], got
            else:
                assert done.returncode == 0 and len(got) == 1 and same(got[0], want), got
                assert got[0]['strict'] == ('error' not in spec['expect'])

main()
