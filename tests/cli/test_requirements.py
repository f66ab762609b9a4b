#!/usr/bin/python3
"""What the product must do, row by row of the list of requirements: a command, its exit code, what it must say. Rows that are
about verdicts on changed messages are in tests/lab (with the messages), those about one record in test_check.py, about pasted
headers in test_check_header.py."""
import json
import re
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / 'support'))
from tap import SOURCE, case, main, run  # noqa: E402

DATA = SOURCE / 'tests/cli/data'
REPLAY = SOURCE / 'lab/replay'
KEYS = json.loads((DATA / 'dns.json').read_text())
FOLDER = tempfile.TemporaryDirectory()
TMP = Path(FOLDER.name)
SERVICE = json.loads((REPLAY / 'dns.json').read_text())['selector1._domainkey.example.com']['TXT'][0]
SERVICE = SERVICE if isinstance(SERVICE, list) else [SERVICE]
P = ''.join(SERVICE).split('p=')[1]
ZONE = {
    **KEYS,
    'example.com': {'TXT': ['v=spf1 include:spf.protection.outlook.com -all']},
    'spf.protection.outlook.com': {'TXT': ['v=spf1 ip4:192.0.2.0/24 -all']},
    '_dmarc.example.com': {'TXT': ['v=DMARC1; p=reject']},
    # the seed's provider: its own MAIL FROM, three slots of which one holds a key
    'amazonses.com': {'TXT': ['v=spf1 ip4:198.51.100.0/24 -all']},
    'ap-northeast-1.amazonses.com': {'TXT': ['v=spf1 include:amazonses.com -all']},
    'email.ho2k.com': {'TXT': ['v=spf1 include:amazonses.com ~all'], 'MX': [[10, 'feedback-smtp.ap-northeast-1.amazonses.com']]},
    '_dmarc.ho2k.com': {'TXT': ['v=DMARC1; p=none; rua=mailto:dmarc@ho2k.com; ruf=mailto:dmarcfail@ho2k.com; sp=none; pct=100']},
    'used._domainkey.ho2k.com': {'CNAME': ['used.dkim.amazonses.com']},
    'used.dkim.amazonses.com': {'TXT': [[f'p={P[:200]}', P[200:]]]},
    'idle._domainkey.ho2k.com': {'CNAME': ['idle.dkim.amazonses.com']},
    'idle.dkim.amazonses.com': {'TXT': ['']},
    'spaced._domainkey.ho2k.com': {'TXT': [[f'p={P[:100]} {P[100:200]}', f'  {P[200:]}']]},
    # both formats of Microsoft's aliases
    'selector1._domainkey.contoso.com': {'CNAME': ['selector1-contoso-com._domainkey.contoso.onmicrosoft.com']},
    'selector1-contoso-com._domainkey.contoso.onmicrosoft.com': {'TXT': [f'v=DKIM1; k=rsa; p={P}']},
    'selector2._domainkey.contoso.com': {'CNAME': ['selector2-contoso-com._domainkey.contoso.n-v1.dkim.mail.microsoft']},
    'selector2-contoso-com._domainkey.contoso.n-v1.dkim.mail.microsoft': {'TXT': [f'v=DKIM1; k=rsa; p={P}']},
    'selector1._domainkey.half.example': {'CNAME': ['selector1-half-example._domainkey.half.onmicrosoft.com']},
    'mail.s1._domainkey.example.com': {'TXT': [f'v=DKIM1; k=rsa; p={P}']},
    'cut._domainkey.example.com': {'TXT': [f'v=DKIM1; k=rsa; p={P[:200]}']},
    '_dmarc.contoso.com': {'TXT': ['v=DMARC1; p=quarantine; sp=reject']},
}
for policy in ('none', 'quarantine', 'reject'):
    ZONE[f'_dmarc.{policy}.example'] = {'TXT': [f'v=DMARC1; p={policy}']}
    ZONE[f'_dmarc.sp-{policy}.example'] = {'TXT': [f'v=DMARC1; p=reject; sp={policy}; pct=100']}
for mode in 'rs':
    ZONE[f'_dmarc.{mode}.example'] = {'TXT': [f'v=DMARC1; p=reject; adkim={mode}; aspf={mode}']}
(TMP / 'dns.json').write_text(json.dumps(ZONE))
DNS = ['--dns', TMP / 'dns.json']
TEXT = 'From: Taro <taro@{0}>\nTo: b@example.org\nSubject: Estimate\nDate: Sat, 21 Nov 2026 18:30:00 +0900\nMessage-ID: <1@{0}>\n\nHello\n'
SESSION = ['--ip', '192.0.2.25', '--helo', 'mail.example.com', '--mail-from', 'taro@example.com']
SES = ['--ip', '198.51.100.7', '--helo', 'a.smtp-out.amazonses.com', '--mail-from']


def sign(text, domain='example.com', *options):
    done = run('sign', '-d', domain, '-s', 'r1', '-k', DATA / 'rsa.pem', *options, input=text.encode())
    assert done.returncode == 0, done.stderr
    return done.stdout


def plain(domain='example.com'):
    return TEXT.format(domain)


def said(*arguments, input=None, code=0):
    """Standard output as one line, without the breaks of its lines."""
    done = run(*arguments, '--lang', 'en', input=input.encode() if isinstance(input, str) else input)
    assert done.returncode == code, (done.returncode, done.stdout.decode(), done.stderr.decode())
    return ' '.join(done.stdout.decode().split())


def found(*arguments, input=None, code=0):
    return json.loads(said(*arguments, '--json', input=input, code=code))


def verified(text, *arguments, code=0):
    return found('verify', *DNS, *arguments, '-', input=text, code=code)


def dmarc(domain, spf, dkim, *options):
    return found('dmarc', '--from', domain, '--spf', spf, '--dkim', dkim, *DNS, *options)


SIGNED = sign(plain())
NG1 = REPLAY / 'service-attachment.eml'
AT_NG1 = ['--dns', REPLAY / 'dns.json', '--at', '2026-11-21T09:30:10Z', '--from-received', NG1]
PASTED_BY_GMAIL = '''Authentication-Results: mx.google.com;
       dkim={} header.i=@example.com header.s=s1 header.b=Yq3c;
       spf=pass (google.com: domain of a@example.com designates 192.0.2.25 as permitted sender) smtp.mailfrom=a@example.com;
       dmarc=pass (p=NONE sp=NONE dis=NONE) header.from=example.com
'''
OUTLOOK = '''Authentication-Results: spf=pass (sender IP is 192.0.2.25) smtp.mailfrom=example.com; dkim=none (message not signed)
 header.d=none;dmarc=none action=none header.from=example.com;
{}
'''
KEY = f'v=DKIM1; k=rsa; p={P}'

# row, command, standard input, exit code, words that must be said
ROWS = [
    ('S0-5 a gateway that SPF does not name', ['spf', '--ip', '203.0.113.9', '--mail-from', 'a@example.com', *DNS], None, 0,
     ['SPF fail', 'decided by -all']),
    ('S0-16 only the mail service signs: what to do', ['verify', *AT_NG1], None, 1, ['AT RISK', 'Give the gateway its own key']),
    ('S0-20 what changed, both hashes, and what would show more', ['verify', *AT_NG1], None, 1,
     ['bh=LaNjhtkRW6HSVYY4d3sn5351tlUjLZK/6bhw1CsX7M0=', 'bh=KgktvcQKafbxPGIU2BPLPkLUMR5GCAOrNwZFUy5qzL8=', 'What changed is the body',
      'compare the message with the copy that the sender kept']),
    ('S0-30 a pasted header', ['check', 'header', '-'], PASTED_BY_GMAIL.format('pass'), 0, ['Results of mx.google.com', 'dkim=pass']),
    ('S0-31 settings of the receiver in a pasted header', ['check', 'header', '-'],
     OUTLOOK.format('X-Forefront-Antispam-Report: CIP:192.0.2.25;SFV:SKN;SCL:-1'), 0, ['header_setting', 'exempts this message']),
    ('C-10 a pasted header of mail inside one organization', ['check', 'header', '-'],
     OUTLOOK.format('X-MS-Exchange-Organization-AuthAs: Internal'), 0, ['header_inside', 'prove nothing']),
    ('C-10 a pasted header of mail from outside', ['check', 'header', '-'],
     OUTLOOK.format('X-MS-Exchange-Organization-AuthAs: Anonymous'), 0, ['!header_inside']),
    ('S0-36 S3-1 the profile of Gmail', ['check', 'message', '--receiver', 'gmail', *DNS, *SESSION, '-'], plain(), 1,
     ['FAIL Gmail', 'SPF or DKIM']),
    ('S3-2 bulk senders need DMARC', ['check', 'message', '--bulk', '--receiver', 'gmail', *DNS, *SES, 'a@email.none.test', '-'],
     sign(plain('none.test')), 1, ['sender_no_dmarc']),
    ('S2-3 which receivers require what', ['check', 'message', '--bulk', *DNS, *SESSION, '-'], SIGNED, 1,
     ['Gmail', 'Yahoo', 'Outlook.com', '(advised)']),
    ('S2-1 no records: nobody says that mail cannot be sent', ['verify', *DNS, *SES, 'a@none.test', '-'], plain('none.test'), 1,
     ['NONE', 'publishes no DMARC policy', '!cannot send']),
    ('S2-5 S3-71 one page with the three', ['verify', *DNS, *SESSION, '-'], SIGNED, 0, ['SPF PASS', 'DKIM PASS', 'DMARC PASS']),
    ('S1-20 a selector with dots', ['dkim-key', 'mail.s1', 'example.com', *DNS], None, 0, ['usable key']),
    ('S1-21 dkim=pass', ['check', 'header', '-'], PASTED_BY_GMAIL.format('pass'), 0, ['DKIM aligned']),
    ('S1-22 C-6 Gmail says neutral', ['check', 'header', '-'], PASTED_BY_GMAIL.format('neutral (body hash did not verify)'), 0,
     ['signing is wrong, not DNS']),
    ('S1-23 a record by selector and domain', ['dkim-key', 'selector1', 'contoso.com', *DNS], None, 0, ['usable key', '2048 bits']),
    ('S1-23 a record as text, offline', ['check', 'record', KEY], None, 0, ['DKIM key record: verifiers can use it']),
    ('S1-32 the SPF record of the seed', ['check', 'record', 'v=spf1 include:example.com -all'], None, 0, ['verifiers can use it']),
    ('S2-7 C-4 -all of Microsoft', ['check', 'record', 'v=spf1 include:spf.protection.outlook.com -all'], None, 0, ['verifiers can use it']),
    ('S3-32 C-4 ~all of Amazon', ['check', 'record', 'v=spf1 include:amazonses.com ~all'], None, 0, ['verifiers can use it']),
    ('S1-34 a key is published before DMARC', ['dkim-key', 'absent', 'example.com', *DNS], None, 1, ['no key record is published']),
    ('S2-19 C-9 the older alias of Microsoft', ['dkim-key', 'selector1', 'contoso.com', *DNS], None, 0,
     ['alias of selector1-contoso-com._domainkey.contoso.onmicrosoft.com', 'usable key']),
    ('S2-19 C-9 the newer alias of Microsoft', ['dkim-key', 'selector2', 'contoso.com', *DNS], None, 0,
     ['alias of selector2-contoso-com._domainkey.contoso.n-v1.dkim.mail.microsoft', 'usable key']),
    ('S2-21 the second selector is missing', ['dkim-key', 'selector2', 'half.example', *DNS], None, 1, ['NXDOMAIN']),
    ('S3-12 the provider\'s MAIL FROM is not aligned', ['verify', *DNS, *SES, 'bounce@ap-northeast-1.amazonses.com', '-'],
     sign(plain('ho2k.com')), 1, ['SPF PASS', 'not aligned', 'ap-northeast-1.amazonses.com']),
    ('S3-27 an empty slot of a rotation set', ['dkim-key', 'idle', 'ho2k.com', *DNS], None, 1,
     ['alias of idle.dkim.amazonses.com', 'the record is empty', 'unused slot of a rotation set', 'Amazon SES']),
    ('S3-27 an empty string, pasted', ['check', 'record', '--kind', 'dkim', '""'], None, 1, ['a slot for a key that is not in use']),
    ('S3-29 the slot in use', ['dkim-key', 'used', 'ho2k.com', *DNS], None, 0, ['alias of used.dkim.amazonses.com', 'usable key']),
    ('S3-30 what dig +short prints: target, then strings', ['check', 'record', '-'], f'used.dkim.amazonses.com.\n"p={P[:200]}" "{P[200:]}"\n',
     0, ['verifiers can use it', '2048 bits']),
    ('S3-31 a key without v= and k=, in two strings, with spaces', ['dkim-key', 'spaced', 'ho2k.com', *DNS], None, 0,
     ['usable key', 'white space stands inside p=']),
    ('S3-36 S3-38 the doubled domain', ['check', 'record', f's1._domainkey.example.com.example.com. IN TXT "{KEY}"'], None, 1,
     ['name_doubled', '“s1._domainkey”']),
    ('S3-38 S3-75 a value that was cut', ['dkim-key', 'cut', 'example.com', *DNS], None, 1, ['the key is truncated']),
    ('S3-57 v= must be first', ['check', 'record', 'p=none; v=DMARC1'], None, 1, ['tags_version_not_first']),
    ('S3-63 the example of the seed has no effect on handling', ['dmarc', 'ho2k.com', *DNS], None, 0,
     ['DMARC ho2k.com: none', 'this domain none', 'names below none', 'only watch']),
    ('S1-38 S3-58 p=none never blocks', ['verify', *DNS, *SES, 'a@evil.test', '-'], plain('none.example'), 1, ['FAIL', 'p=none asks receivers to do nothing but report']),
    ('C-1 pct is historic, older receivers honour it', ['check', 'record', 'v=DMARC1; p=none; pct=100; rua=mailto:a@example.com'], None, 0,
     ['dmarc_historic', 'older receivers still honour it']),
    ('C-5 the closing quote', ['check', 'record', '_dmarc.domain 3600 IN TXT "v=DMARC1; pct=100; p=none'], None, 1, ['quote_not_closed']),
    ('C-7 strict never lets more pass', ['check', 'record', 'v=DMARC1; p=none; adkim=s'], None, 0, ['never lets more mail pass']),
    ('C-8 S0-34 behind a trusted gateway DKIM is still judged', ['verify', '--trusted-gateway', *AT_NG1], None, 1,
     ['NOT REPRESENTATIVE', 'skipped (trusted gateway)', 'body hash did not verify', '!DMARC PASS']),
]
for row, command, octets, wanted, words in ROWS:
    @case(row)
    def _(command=command, octets=octets, wanted=wanted, words=words):
        text = said(*command, input=octets, code=wanted)
        for word in words:
            assert (word[1:] not in text) if word[0] == '!' else (word in text), (word, text)
        done = run(*command, '--lang', 'ja', input=octets.encode() if isinstance(octets, str) else octets)
        assert any('ぁ' <= letter <= '龠' for letter in done.stdout.decode()), done


@case('S1-1 S1-9 S2-8 S3-5 signed with a private key, checked with the public one in DNS')
def _():
    got = verified(SIGNED, *SESSION)
    assert (got['verdict'], got['dkim'][0]['result'], got['dkim'][0]['domain']) == ('pass', 'pass', 'example.com'), got
    assert run('verify', '--dns', REPLAY / 'dns.json', '-', input=SIGNED).returncode == 1  # no key there


@case('S1-2 one octet changed in a signed part: never pass')
def _():
    body = SIGNED.index(b'\n\n') + 2
    places = list(range(body, len(SIGNED) - 1)) + [SIGNED.index(word) for word in (b'taro@', b'Estimate', b'21 Nov', b'1@example', b'b@example.org')]
    for at in places:
        changed = SIGNED[:at] + bytes([SIGNED[at] ^ 1]) + SIGNED[at + 1:]
        got = json.loads(run('verify', '--json', *DNS, *SESSION, '-', input=changed).stdout)
        assert got['dkim'][0]['result'] == 'fail' and got['verdict'] != 'pass', (at, got['dkim'])


@case('S1-3 a forged signature and altered content are two verdicts with two texts')
def _():
    altered = verified(SIGNED.replace(b'Hello', b'Hallo'), *SESSION, code=1)['dkim'][0]
    start = SIGNED.index(b' b=') + 3
    forged = verified(SIGNED[:start] + (b'A' if SIGNED[start:start + 1] != b'A' else b'B') + SIGNED[start + 1:], *SESSION, code=1)['dkim'][0]
    assert (altered['cause'], forged['cause']) == ('body_hash_mismatch', 'signature_mismatch')
    assert altered['explanation']['text'] != forged['explanation']['text'] and altered['reason'] != forged['reason']


@case('S1-7 no signature that is made leaves a part of the body uncovered')
def _():
    assert re.search(rb'[; \n]l=', SIGNED) is None and verified(SIGNED, *SESSION)['dkim'][0]['body_length'] is None


@case('S1-10 both hashes on request')
def _():
    hashes = verified(SIGNED.replace(b'Hello', b'Hallo'), *SESSION, code=1)['dkim'][0]['body_hash']
    assert len(hashes['signed']) == len(hashes['computed']) == 44 and hashes['signed'] != hashes['computed']


@case('S1-26 S2-33 S2-34 S3-7 DMARC of SPF and DKIM, and the wish of the domain where both fail')
def _():
    assert dmarc('example.com', 'pass:example.com', 'fail:example.com')['result'] == 'pass'
    assert dmarc('example.com', 'fail:example.com', 'pass:example.com')['result'] == 'pass'
    got = dmarc('example.com', 'fail:example.com', 'fail:example.com')
    assert (got['result'], got['policy'], got['disposition']) == ('fail', 'reject', 'reject'), got


@case('S1-28 S1-29 S1-30 S2-43 S3-43 none, quarantine, reject')
def _():
    for policy in ('none', 'quarantine', 'reject'):
        got = dmarc(f'{policy}.example', 'fail:x.test', 'fail:x.test')
        assert (got['result'], got['policy'], got['disposition']) == ('fail', policy, policy), got


@case('S3-49 S3-61 sp differs from p')
def _():
    for policy in ('none', 'quarantine', 'reject'):
        assert dmarc(f'sp-{policy}.example', 'fail:x.test', 'fail:x.test')['disposition'] == 'reject'
        got = dmarc(f'www.sp-{policy}.example', 'fail:x.test', 'fail:x.test')
        assert (got['policy'], got['disposition']) == (policy, policy), got


@case('S2-42 S3-44 S3-62 pct=100 is all mail in both profiles')
def _():
    for profile in ('rfc9989', 'rfc7489'):
        assert dmarc('sp-none.example', 'fail:x.test', 'fail:x.test', '--profile', profile)['disposition'] == 'reject'


@case('S3-54 S3-55 relaxed: the organization; strict: the same name')
def _():
    for other, relaxed, strict in (('{}.example', True, True), ('mail.{}.example', True, False), ('other.test', False, False)):
        for mode, wanted in (('r', relaxed), ('s', strict)):
            for leg in ('spf', 'dkim'):
                results = {'spf': 'fail:x.test', 'dkim': 'fail:x.test'} | {leg: 'pass:' + other.format(mode)}
                got = dmarc(f'{mode}.example', results['spf'], results['dkim'])
                assert (got['result'], got[f'{leg}_aligned']) == ('pass' if wanted else 'fail', wanted), (other, mode, leg, got)


@case('S3-6 SPF compares the address that sends')
def _():
    for address, wanted in (('192.0.2.25', 'pass'), ('203.0.113.9', 'fail')):
        assert found('spf', '--ip', address, '--mail-from', 'a@example.com', *DNS)['result'] == wanted


@case('S2-35 what is asked and what is applied are two members')
def _():
    got = dmarc('reject.example', 'fail:x.test', 'fail:x.test')
    assert got['policy'] == 'reject' and {'policy', 'disposition'} <= got.keys(), got
    verdict = verified(plain('reject.example'), *SES, 'a@x.test', code=1)['dmarc']
    assert (verdict['policy'], verdict['applied']) == ('reject', 'reject') and 'override' in verdict, verdict


@case('S2-2 a bounce says what the receiver wants, and what to do')
def _():
    text = '550-5.7.26 This mail has been blocked because the sender is unauthenticated. Gmail requires all senders to authenticate with either SPF or DKIM.'
    assert 'to do:' in said('check', 'bounce', '-', input=text)


main()
