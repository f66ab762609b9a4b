#!/usr/bin/python3
"""inkan check message: the sender requirements of Gmail, Yahoo and Outlook.com (RULES section 3), each with a message that
meets it and one that does not."""
import json
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / 'support'))
from tap import SOURCE, case, main, run  # noqa: E402

DATA = SOURCE / 'tests/cli/data'
KEYS = json.loads((DATA / 'dns.json').read_text())
GOOD = {
    'From': 'News <news@example.com>', 'To': 'bob@example.org', 'Subject': 'News', 'Date': 'Sat, 21 Nov 2026 18:30:00 +0900',
    'Message-ID': '<1@example.com>', 'List-Unsubscribe': '<https://example.com/u?1>, <mailto:u@example.com>',
    'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
}
ZONE = {
    **KEYS,
    'example.com': {'TXT': ['v=spf1 ip4:192.0.2.25 ip6:2001:db8::25 -all']},
    '_dmarc.example.com': {'TXT': ['v=DMARC1; p=none; rua=mailto:d@example.com']},
    '25.2.0.192.in-addr.arpa': {'PTR': ['mail.example.com']},
    'mail.example.com': {'A': ['192.0.2.25'], 'AAAA': ['2001:db8::25']},
    '5.2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa': {'PTR': ['mail.example.com']},
}
SESSION = ['--ip', '192.0.2.25', '--mail-from', 'news@example.com', '--helo', 'mail.example.com']
RECEIVED = 'Received: from mail.example.com (mail.example.com [192.0.2.25]) by mx.example.org with {} id 1; Sat, 21 Nov 2026 18:30:00 +0900\n'


def message(body='Hello\n', **changes):
    fields = {**GOOD, **{k.replace('_', '-'): v for k, v in changes.items()}}
    return ''.join(f'{k}: {v}\n' for k, v in fields.items() if v) + '\n' + body


def signed(text, domain='example.com', selector='r1', key='rsa.pem', *options):
    done = run('sign', '-d', domain, '-s', selector, '-k', DATA / key, *options, input=text.encode())
    assert done.returncode == 0, done.stderr
    return done.stdout


def check(octets, *options, zone=ZONE):
    with tempfile.TemporaryDirectory() as folder:
        dns = Path(folder) / 'dns.json'
        dns.write_text(json.dumps(zone))
        octets = octets if isinstance(octets, bytes) else octets.encode()
        done = run('check', 'message', '--json', '--dns', dns, *options, input=octets)
        assert done.returncode in (0, 1, 3), done.stderr
        return done.returncode, json.loads(done.stdout)


def outcome(got, receiver, topic=None):
    found = next(r for r in got['receivers'] if r['receiver'] == receiver)
    return next(q['outcome'] for q in found['requirements'] if q['id'] == topic) if topic else found['outcome']


def ids(got):
    return {f['id'] for f in got['findings']}


def with_tls(octets, protocol='ESMTPS'):
    return RECEIVED.format(protocol).replace('\n', '\r\n').encode() + octets


@case('a bulk message that meets everything')
def _():
    code, got = check(with_tls(signed(message())), '--bulk', *SESSION)
    assert code == 0 and got['findings'] == [], got
    assert [r['outcome'] for r in got['receivers']] == ['pass', 'pass', 'pass'], got
    assert {q['outcome'] for r in got['receivers'] for q in r['requirements'] if q['id'] != 'spam_rate'} <= {'pass', 'not-needed'}
    assert outcome(got, 'gmail', 'spam_rate') == 'unknown'


@case('the same over IPv6')
def _():
    zone = {**ZONE, '5.2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa': {'PTR': ['mail.example.com']}}
    code, got = check(with_tls(signed(message())), '--bulk', '--ip', '2001:db8::25', '--mail-from', 'news@example.com', zone=zone)
    assert code == 0 and outcome(got, 'gmail', 'ptr') == 'pass', got


@case('without a session SPF and PTR cannot be told')
def _():
    code, got = check(signed(message()))
    assert code == 0 and outcome(got, 'gmail') == 'unknown' and outcome(got, 'gmail', 'ptr') == 'unknown'
    assert 'sender_no_address' in ids(got)


def without(*names):
    return {k: v for k, v in ZONE.items() if k not in names}


# name: message, options, zone, topic, outcome, finding
CASES = {
    'unsigned': (message(), [], ZONE, 'dkim', 'fail', 'sender_unsigned'),
    'a body that was changed': (signed(message()).replace(b'Hello', b'Hallo'), [], ZONE, 'dkim', 'fail', 'sender_dkim_failed'),
    'SPF fails': (signed(message()), ['--ip', '192.0.2.99'], ZONE, 'spf', 'fail', 'sender_spf_failed'),
    'no SPF record': (signed(message()), [], without('example.com'), 'spf', 'fail', 'sender_spf_absent'),
    'SPF in time-out': (signed(message()), [], {**ZONE, 'example.com': {'_error': {'TXT': 'TIMEOUT'}}}, 'spf', 'unknown', 'sender_dns'),
    'neither SPF nor DKIM': (message(), ['--ip', '192.0.2.99'], ZONE, 'spf_or_dkim', 'fail', 'sender_neither'),
    'no DMARC policy': (signed(message()), [], without('_dmarc.example.com'), 'dmarc', 'fail', 'sender_no_dmarc'),
    'DMARC in time-out': (signed(message()), [], {**ZONE, '_dmarc.example.com': {'_error': {'TXT': 'SERVFAIL'}}}, 'dmarc', 'unknown', 'sender_dns'),
    'nothing aligned': (signed(message(From='News <news@other.example>')), [], ZONE, 'aligned', 'fail', 'sender_not_aligned'),
    'no PTR record': (signed(message()), [], without('25.2.0.192.in-addr.arpa'), 'ptr', 'fail', 'sender_no_ptr'),
    'a PTR record that does not lead back': (signed(message()), [], {**ZONE, 'mail.example.com': {'A': ['192.0.2.26']}}, 'ptr', 'fail', 'sender_ptr_not_confirmed'),
    'PTR in time-out': (signed(message()), [], {**ZONE, '25.2.0.192.in-addr.arpa': {'_error': {'PTR': 'TIMEOUT'}}}, 'ptr', 'unknown', 'sender_dns'),
    'sent without TLS': (with_tls(signed(message()), 'ESMTP'), [], ZONE, 'tls', 'unknown', 'sender_no_tls'),
    'sent with TLS': (with_tls(signed(message())), [], ZONE, 'tls', 'pass', None),
    'no Date': (message(Date=None), [], ZONE, 'format', 'fail', 'sender_field_missing'),
    'no Message-ID': (message(Message_ID=None), [], ZONE, 'format', 'fail', 'sender_field_missing'),
    'a Message-ID without brackets': (message(Message_ID='1@example.com'), [], ZONE, 'format', 'fail', 'sender_message_id'),
    'two From fields': ('From: x@example.net\n' + message(), [], ZONE, 'format', 'fail', 'sender_field_repeated'),
    'two Subject fields': ('Subject: x\n' + message(), [], ZONE, 'format', 'fail', 'sender_field_repeated'),
    'a From without an address': (message(From='News'), [], ZONE, 'format', 'fail', 'sender_no_author'),
    'authors of two domains': (message(From='a@example.com, b@example.net'), [], ZONE, 'format', 'fail', 'sender_several_authors'),
    'a line that is no field': ('garbage\n' + message(), [], ZONE, 'format', 'fail', 'sender_malformed_lines'),
    'a line of 998 octets': (signed(message(body='x' * 998 + '\n')), [], ZONE, 'format', 'pass', None),
    'a line of 999 octets': (signed(message(body='x' * 999 + '\n')), [], ZONE, 'format', 'fail', 'sender_long_line'),
    'a header beyond ASCII': (message(Subject='ü'), [], ZONE, 'format', 'pass', 'sender_beyond_ascii'),
    'an author at gmail.com': (signed(message(From='me@gmail.com')), [], ZONE, 'author', 'fail', 'sender_impersonates'),
    'no List-Unsubscribe': (signed(message(List_Unsubscribe=None, List_Unsubscribe_Post=None)), [], ZONE, 'one_click', 'fail', 'sender_no_unsubscribe'),
    'no https in List-Unsubscribe': (signed(message(List_Unsubscribe='<mailto:u@example.com>')), [], ZONE, 'one_click', 'fail', 'sender_unsubscribe_uri'),
    'https outside brackets': (signed(message(List_Unsubscribe='https://example.com/')), [], ZONE, 'one_click', 'fail', 'sender_unsubscribe_uri'),
    'no List-Unsubscribe-Post': (signed(message(List_Unsubscribe_Post=None)), [], ZONE, 'one_click', 'fail', 'sender_not_one_click'),
    'an odd List-Unsubscribe-Post': (signed(message(List_Unsubscribe_Post='One-Click')), [], ZONE, 'one_click', 'fail', 'sender_not_one_click'),
    'List-Unsubscribe not signed': (signed(message(), 'example.com', 'r1', 'rsa.pem', '--headers', 'from:to:subject:date'), [], ZONE, 'one_click', 'fail', 'sender_unsubscribe_unsigned'),
    'Reply-To without an address': (message(Reply_To='nobody'), [], ZONE, 'reply_to', 'fail', 'sender_reply_to'),
    'a good Reply-To': (message(Reply_To='Help <help@example.com>'), [], ZONE, 'reply_to', 'pass', None),
    'a list without List-Id': (message(List_Post='<mailto:l@example.com>'), [], ZONE, 'forwarded', 'fail', 'sender_no_list_id'),
    'a list without ARC': (message(List_Post='<mailto:l@example.com>', List_Id='<l.example.com>'), [], ZONE, 'forwarded', 'fail', 'sender_no_arc'),
    'no list': (message(), [], ZONE, 'forwarded', 'not-needed', None),
    'no rua=': (signed(message()), [], {**ZONE, '_dmarc.example.com': {'TXT': ['v=DMARC1; p=none']}}, 'reports', 'fail', 'sender_no_reports'),
    'a rua= behind 1,000 octets': (signed(message()), [], {**ZONE, '_dmarc.example.com': {'TXT': [f"v=DMARC1; p=none; x={'y' * 2000}; rua=mailto:d@example.com"]}}, 'reports', 'pass', None),
    'a rua= that is no mailbox': (signed(message()), [], {**ZONE, '_dmarc.example.com': {'TXT': ['v=DMARC1; p=none; rua=mailto:x']}}, 'reports', 'fail', 'sender_no_reports'),
    'a key of 1024 bits': (signed(message(), 'example.com', 'small', 'rsa1024.pem'), [], ZONE, 'dkim_key', 'pass', 'sender_key_1024'),
    'Ed25519 alone': (signed(message(), 'example.com', 'e1', 'ed25519.pem'), [], ZONE, 'dkim_key', 'pass', 'sender_ed25519_alone'),
    'one of both aligned': (signed(message()), ['--mail-from', 'b@bounce.example'],
                            {**ZONE, 'bounce.example': {'TXT': ['v=spf1 ip4:192.0.2.25 -all']}}, 'both_aligned', 'fail', 'sender_one_aligned'),
}
for name, (octets, options, zone, topic, wanted, finding) in CASES.items():
    @case(f'{topic}: {name}')
    def _(octets=octets, options=options, zone=zone, topic=topic, wanted=wanted, finding=finding):
        code, got = check(octets, '--bulk', *SESSION, *options, zone=zone)
        receiver = next(r['receiver'] for r in got['receivers'] if topic in {q['id'] for q in r['requirements']})
        assert outcome(got, receiver, topic) == wanted, got
        assert finding is None or finding in ids(got), ids(got)
        required = [q for r in got['receivers'] for q in r['requirements'] if q['strength'] == 'required']
        assert (code == 1) == any(q['outcome'] == 'fail' for q in required)
        if finding == 'sender_dns':
            assert code == 3


@case('what only bulk senders must do is not asked of others')
def _():
    code, got = check(with_tls(signed(message(List_Unsubscribe=None, List_Unsubscribe_Post=None))), *SESSION,
                      zone=without('_dmarc.example.com'))
    assert code == 0 and not got['bulk'] and got['findings'] == [], got
    assert not {'dmarc', 'one_click', 'spf'} & {q['id'] for r in got['receivers'] for q in r['requirements']}


@case('--receiver chooses')
def _():
    code, got = check(message(), '--receiver', 'microsoft', '--receiver', 'yahoo', *SESSION)
    assert [r['receiver'] for r in got['receivers']] == ['yahoo', 'microsoft'] and code == 0
    assert run('check', 'message', '--receiver', 'aol', input=b'').returncode == 2


@case('what no chosen receiver requires is a warning at most')
def _():
    _, got = check(signed(message()), '--receiver', 'microsoft', *SESSION, zone=without('25.2.0.192.in-addr.arpa'))
    assert [(f['id'], f['severity']) for f in got['findings'] if f['id'] == 'sender_no_ptr'] == [('sender_no_ptr', 'warning')]


@case('the page, in both languages')
def _():
    for language, word in (('en', 'cannot tell'), ('ja', '判定不能')):
        done = run('check', 'message', '--lang', language, '--dns', DATA / 'dns.json', input=signed(message()))
        text = done.stdout.decode()
        assert word in text and 'Gmail' in text and 'Outlook.com' in text and done.returncode == 0, text


@case('--from-received takes what is not given from the message')
def _():
    top = RECEIVED.format('ESMTPS') + 'Return-Path: <news@example.com>\n'
    mail = top.encode() + signed(message())
    with tempfile.TemporaryDirectory() as folder:
        zone = Path(folder) / 'zone.json'
        zone.write_text(json.dumps(ZONE))
        ask = ['check', 'message', '--json', '--dns', zone]
        told, given = run(*ask, '--from-received', '-', input=mail), run(*ask, *SESSION, '-', input=mail)
        assert told.stdout == given.stdout and told.returncode == given.returncode == 0, told
        other = run(*ask, '--from-received', '--ip', '198.51.100.7', '-', input=mail)  # what is given counts
        assert other.stdout != told.stdout and b'198.51.100.7' in other.stdout, other
        bare = run(*ask, '--from-received', '-', input=signed(message()))  # nothing to take it from
        assert bare.stdout == run(*ask, '-', input=signed(message())).stdout, bare


@case('what is no message, and wrong options')
def _():
    assert run('check', 'message', '--dns', DATA / 'dns.json', input=b'').returncode == 2
    assert run('check', 'message', '--dns', DATA / 'dns.json', input=b'hello\n\n').returncode == 2
    assert run('check', 'message', '--ip', '1.2.3', input=b'').returncode == 2
    assert run('check', 'message', '/nonexistent').returncode == 2
    assert run('check', 'message', '--mail-from', 'x' * 5000, '--ip', '192.0.2.1', input=b'').returncode == 2


@case('hostile messages')
def _():
    for octets in (b'From: ' + b'<' * 1000000 + b'\n\n', b'List-Unsubscribe: ' + b'<' * 1000000 + b'\nFrom: a@b.example\n\n',
                   b'From: a@b.example\nReply-To: ' + b'(' * 100000 + b'\n\n', b'Received: from\n' * 9999 + b'\n',
                   b'From: a@b.example\0\r\nMessage-ID: <@>\n\n' + b'\0' * 100000):
        done = run('check', 'message', '--json', '--bulk', '--dns', DATA / 'dns.json', input=octets, timeout=20)
        assert done.returncode in (0, 1), (done.returncode, done.stderr)
        json.loads(done.stdout)

main()
