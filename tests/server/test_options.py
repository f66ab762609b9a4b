#!/usr/bin/python3
"""What each option of the configuration does, as a mail server sees it."""
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / 'support'))
from service import Service  # noqa: E402
from tap import case, main  # noqa: E402

MESSAGE = b'From: Alice <alice@example.com>\r\nTo: bob@example.net\r\nSubject: x\r\n\r\nHello.\r\n'
DNS = {'example.com': {'TXT': ['v=spf1 ip4:192.0.2.0/24 ~all']},
       'strict.example': {'TXT': ['v=spf1 -all']},
       '_dmarc.example.com': {'TXT': ['v=DMARC1; p=reject']},
       '_dmarc.later.example': {'_error': {'TXT': 'SERVFAIL'}},
       'half.example': {'TXT': ['v=spf1 -all']},
       '_dmarc.half.example': {'TXT': ['v=DMARC1; p=quarantine; pct=0']}}
STRANGER = '198.51.100.1'


def deliver(config, message=MESSAGE, client=STRANGER, sender='alice@example.com', recipients=('bob@example.net',), **options):
    """(the answer, the log) of one message of a stranger."""
    with Service(config, dns=DNS) as s:
        with s.milter(**options.pop('milter', {})) as server:
            result = server.message(message, client=client, sender=sender, recipients=list(recipients), helo='mail.example.com', **options)
        s.stop()
        return result, s.log()


def text(result):
    """The answer in one word, and the header unfolded."""
    header = result.message.split(b'\r\n\r\n')[0].decode(errors='replace').replace('\r\n ', ' ').replace('\r\n\t', ' ')
    return 'quarantine' if result.quarantine else result.reply or result.answer, header


@case('an empty configuration tags everything and changes nothing else')
def _():
    for sender in ('alice@example.com', 'x@strict.example', ''):
        answer, header = text(deliver('', sender=sender)[0])
        assert answer == 'accept' and header.startswith('Authentication-Results: mx.example.net;'), (answer, header)
        assert header.count('\r\n') == 3, header


CHOICES = [  # name of the case, configuration, sender, author, beginning of the answer
    ('M14 dmarc_reject: reject', 'policy: {dmarc_reject: reject}', 'a@example.com', 'example.com', '550 5.7.1'),
    ('dmarc_reject: quarantine', 'policy: {dmarc_reject: quarantine}', 'a@example.com', 'example.com', 'quarantine'),
    ('dmarc_temperror: tempfail', 'policy: {dmarc_temperror: tempfail}', 'a@later.example', 'later.example', '451 4.7'),
    ('no_author: reject', 'policy: {no_author: reject}', 'a@example.com', '', '55'),
    ('several_authors: reject', 'policy: {several_authors: reject}', 'a@example.com', 'a.example>, <b@b.example', '55'),
    ('P23 spf_fail: reject', 'policy: {spf_fail: reject}', 'a@strict.example', 'strict.example', '550 5.7.23'),
    ('spf_softfail acts with a DMARC failure only', 'policy: {spf_softfail: reject}', 'a@example.com', 'other.example', 'accept'),
    ('accept_from overrides', 'policy: {dmarc_reject: reject, accept_from: "*.example.com"}', 'a@example.com', 'example.com', '550'),
    ('accept_from overrides this one', 'policy: {dmarc_reject: reject, accept_from: example.com}', 'a@example.com', 'example.com', 'accept'),
    ('a contact stands in the reply', 'policy: {dmarc_reject: reject, contact: "see https://example.net/mail"}', 'a@example.com', 'example.com',
     '550 5.7.1'),
    ('rfc7489 leaves out what pct leaves out', 'verify: {dmarc_profile: rfc7489}\npolicy: {dmarc_quarantine: quarantine}', 'a@half.example',
     'half.example', 'accept'),
    ('rfc9989 knows no pct', 'policy: {dmarc_quarantine: quarantine}', 'a@half.example', 'half.example', 'quarantine'),
    ('ignore.networks', 'ignore: {networks: 198.51.100.0/24}\npolicy: {dmarc_reject: reject}', 'a@example.com', 'example.com', 'accept'),
]


def add(name, config, sender, author, want):
    @case(name)
    def _():
        message = MESSAGE.replace(b'From: Alice <alice@example.com>\r\n', b'From: Alice <x@%s>\r\n' % author.encode() if author else b'')
        result, log = deliver(config + '\n', message, sender=sender)
        answer, header = text(result)
        assert answer.startswith(want), (answer, header, log)
        if 'contact' in config:
            assert answer.endswith('see https://example.net/mail'), answer
        if 'ignore' in config:
            assert result.message == message


for row in CHOICES:
    add(*row)


@case('authserv_id and own_authserv_ids: ours stands there, theirs go')
def _():
    forged = b'Authentication-Results: old.example.net; dmarc=pass\r\nAuthentication-Results: else.example; dmarc=pass\r\n' + MESSAGE
    header = text(deliver('authserv_id: new.example.net\nown_authserv_ids: old.example.net\n', forged)[0])[1]
    assert header.startswith('Authentication-Results: new.example.net;') and 'old.example.net' not in header and 'else.example' in header
    header = text(deliver('verify: {strip_all_results: yes}\n', forged)[0])[1]
    assert header.count('Authentication-Results') == 1


@case('P24 verify.received_spf')
def _():
    header = text(deliver('verify: {received_spf: yes}\n')[0])[1]
    names = [line.split(':')[0] for line in header.split('\r\n')]
    assert names[:2] == ['Authentication-Results', 'Received-SPF'] and 'client-ip=198.51.100.1' in header, header


@case('milter.message_max: refused for good at one octet more')
def _():
    with Service(f'milter: {{listen: "@SOCKET@", message_max: {len(MESSAGE)}}}\n', dns=DNS) as s, s.milter() as server:
        assert server.message(MESSAGE, client=STRANGER).answer == 'accept'
        assert server.message(MESSAGE + b'x', client=STRANGER).reply.startswith('552 5.3.4')


@case('a header beyond the limit is refused for good, and the next message is judged')
def _():
    with Service('', dns=DNS) as s, s.milter() as server:
        reply = server.message(b'X: y\r\n' * 10001 + MESSAGE, client=STRANGER).reply
        assert reply.startswith('554 5.6.0'), reply
        assert server.message(MESSAGE, client=STRANGER).answer == 'accept'


@case('what the mail server does not allow is not done: no quarantine where it was not agreed')
def _():
    result, _log = deliver('policy: {dmarc_reject: quarantine}\n', milter={'actions': 0x11})
    assert not result.quarantine and result.answer in ('reply', 'tempfail'), vars(result)


@case('gateways: only for messages all of whose recipients are named')
def _():
    config = 'gateways:\n  - {networks: 198.51.100.0-198.51.100.9, mode: exempt, recipients: [example.net, bob@example.org]}\n'
    for recipients, skipped in ((['a@example.net'], True), (['a@example.net', 'bob@example.org'], True), (['a@example.net', 'x@example.org'], False)):
        header = text(deliver(config, recipients=recipients)[0])[1]
        assert ('skipped' in header) == skipped, (recipients, header)


@case('outbound: by login, by network, by the name of the daemon, by no network; else judged')
def _():
    config = 'outbound: {networks: 203.0.113.0/24, daemon_names: [sub]}\n'
    with Service(config, dns=DNS) as s:
        for how, ours in (({'auth': 'alice', 'client': STRANGER}, True), ({'client': '203.0.113.255'}, True), ({'client': '203.0.114.0'}, False),
                          ({'client': STRANGER, 'daemon_name': 'sub'}, True), ({'client': '127.0.0.1'}, False), ({'client': '/run/x'}, True),
                          ({'client': '::ffff:203.0.113.7'}, True)):
            with s.milter() as server:
                header = text(server.message(MESSAGE, **how))[1]
            assert ('Authentication-Results' not in header) == ours, (how, header)
        s.stop()
        assert s.log().count('no rule') == 5, s.log()


@case('log.format: json, log.addresses: yes')
def _():
    import json
    log = deliver('log: {format: json, addresses: yes}\n', queue_id='4ABC')[1]
    line = [json.loads(line[line.index('{'):]) for line in log.splitlines() if '{' in line][0]
    assert line['queue_id'] == '4ABC' and line['mail_from'] == 'alice@example.com', line
    assert 'alice' not in deliver('log: {format: json}\n')[1]


@case('workers: 1, 2 and 8')
def _():
    for workers in (1, 2, 8):
        with Service('', dns=DNS, workers=workers) as s:
            for _ in range(workers * 2):
                with s.milter() as server:
                    assert server.message(MESSAGE, client=STRANGER).answer == 'accept'


@case('milter.connections_max: further ones wait, and are served when others go')
def _():
    with Service('milter: {listen: "@SOCKET@", connections_max: 4}\n', dns=DNS, workers=1) as s:
        held = [s.milter() for _ in range(4)]
        waiting = s.milter(negotiate=False)
        waiting.socket.settimeout(0.5)
        waiting.frame('O', bytes(12))
        try:
            assert not waiting.socket.recv(1), 'a fifth one was served'
        except TimeoutError:
            pass
        for peer in held:
            peer.socket.close()
        time.sleep(1.2)
        with s.milter() as server:
            assert server.message(MESSAGE, client=STRANGER).answer == 'accept'


main()
