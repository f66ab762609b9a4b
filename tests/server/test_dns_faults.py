#!/usr/bin/python3
"""What `inkan serve` does when DNS is slow, silent or lies: others go on, a message waits no longer than it may."""
import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / 'support'))
from domain import DNS, KEYS, OURS, SIGN_RSA, fields, letter  # noqa: E402
from name_server import NameServer  # noqa: E402
from service import PATIENCE, Service  # noqa: E402
from tap import at_last, case, main  # noqa: E402
from traffic import SANITIZED, Traffic, resident  # noqa: E402

CONNECTIONS = int(os.environ.get('DNS_CONNECTIONS', '200'))
DELAY = 0.05  # seconds of each answer
HOLE = 'hole.example'
ANSWERS = 16     # KiB: what the caches keep of the answers that one message needed
UNDER_WAY = 128  # KiB: a connection with a message and four open questions


class World(dict):
    """Every domain that is asked for has SPF and DMARC, so that each message has questions of its own; those below hole.example
    are never answered, those below refused.example fail."""

    def get(self, name, default=None):
        if name in self:
            return self[name]
        for end, trouble in ((HOLE, 'TIMEOUT'), ('refused.example', 'SERVFAIL')):
            if name == end or name.endswith('.' + end):
                return {'_error': {'TXT': trouble}}
        if name.startswith('_dmarc.'):
            return {'TXT': ['v=DMARC1; p=none']} if name.count('.') == 2 else default
        return {'TXT': ['v=spf1 ip4:192.0.2.0/24 -all']} if '_' not in name else default


def service(server, more='', timeouts='timeout: 2s, message_timeout: 3s'):
    return Service(SIGN_RSA + f'dns: {{resolver: "{server.address}", validate: no, {timeouts}{more}}}\n', files=KEYS)


def from_domain(domain, number=1):
    return letter(number, f'alice@{domain}'), {'sender': f'alice@{domain}', 'recipients': ['bob@example.net'], 'client': OURS,
                                               'queue_id': f'Q{number}'}


def judge(s, domain):
    """(our field, seconds)"""
    message, arguments = from_domain(domain)
    with s.milter() as server:
        begin = time.monotonic()
        result = server.message(message, **arguments)
        took = time.monotonic() - begin
    assert result.answer == 'accept', (result.answer, result.reply)
    return fields(result.message, 'Authentication-Results')[0], took


def judge_in_time(s, domain):
    """Not later than message_timeout, and half a second."""
    field, took = judge(s, domain)
    assert took < 3.5, took
    return field, took


def passes(result):
    assert 'spf=pass' in fields(result.message, 'Authentication-Results')[0], result.message


def cold(number):
    return from_domain(f'd{number}.example', number)


@case('a zone that nobody answers: a temporary error within message_timeout, while others are judged without waiting')
def _():
    with NameServer(World(DNS)) as dns, service(dns) as s:
        assert 'spf=pass' in judge(s, 'warm.example')[0]
        with Traffic(s, connections=20, make=lambda n: from_domain(f'h{n}.{HOLE}', n)) as stuck, \
                Traffic(s, connections=4, make=cold, check=passes) as others:
            field, took = at_last(lambda: judge_in_time(s, f'me.{HOLE}'))
            assert 'spf=temperror' in field and 'dmarc=temperror' in field, field
            others.flow(200)
            stuck.wait(max(1, 40 - stuck.done))
        assert set(stuck.answers) == {'accept'}, stuck.answers
        s.wait_until(lambda: s.metric('inkan_dns_timeouts_total') > 0)


@case('a zone that nobody answers and policy.dmarc_temperror: tempfail: the mail server is told to come again')
def _():
    with NameServer(World(DNS)) as dns, Service(
            f'policy: {{dmarc_temperror: tempfail}}\ndns: {{resolver: "{dns.address}", validate: no, timeout: 1s, message_timeout: 1s}}\n'
            ) as s, s.milter() as server:
        message, arguments = from_domain(f'me.{HOLE}')
        result = server.message(message, **arguments)
        assert result.answer == 'reply' and result.reply.startswith('451 4.7'), (result.answer, result.reply)


@case('a zone that fails (SERVFAIL): a temporary error at once, asked again after cache_failure_ttl')
def _():
    with NameServer(World(DNS)) as dns, service(dns, ', cache_failure_ttl: 1s') as s:
        assert 'spf=temperror' in judge(s, 'me.refused.example')[0]
        dns.zone['me.refused.example'] = {'TXT': ['v=spf1 ip4:192.0.2.0/24 -all']}
        end = time.monotonic() + PATIENCE
        while 'spf=pass' not in judge(s, 'me.refused.example')[0]:
            assert time.monotonic() < end, dns.asked[-10:]
            time.sleep(0.5)


@case('the name server is silent for a while: what was known goes on, the rest follows when it is back')
def _():
    with NameServer(World(DNS)) as dns, service(dns) as s:
        assert 'spf=pass' in judge(s, 'known.example')[0]
        answer, dns.answer = dns.answer, lambda query: None
        assert 'spf=pass' in judge(s, 'known.example')[0]
        field, _ = at_last(lambda: judge_in_time(s, 'unknown.example'))
        assert 'spf=temperror' in field, field
        dns.answer = answer
        end = time.monotonic() + PATIENCE
        while 'spf=pass' not in judge(s, 'unknown2.example')[0]:
            assert time.monotonic() < end, dns.asked[-10:]


@case('serve_stale: what was known outlasts its TTL while the name server is silent')
def _():
    with NameServer(World(DNS), ttl=1) as dns, service(dns, ', serve_stale: 1h') as s:
        assert 'spf=pass' in judge(s, 'known.example')[0]
        dns.answer = lambda query: None
        time.sleep(2)
        field, _ = at_last(lambda: judge_in_time(s, 'known.example'))
        assert 'spf=pass' in field, field
        s.wait_until(lambda: s.metric('inkan_dns_stale_total') > 0)


@case('the mail server gives up while DNS is asked: the questions are dropped, the connection serves on')
def _():
    with NameServer(World(DNS)) as dns, service(dns) as s, s.milter() as server:
        for i in range(20):
            server.session(client=OURS)
            server.mail(f'alice@g{i}.{HOLE}')
            server.frame('L', f'From\0 alice@g{i}.{HOLE}\0'.encode())
            server.frame('N')
            if i % 2:
                server.frame('E')
            server.abort()
        message, arguments = from_domain('fine.example')
        server.began = ''
        passes(server.message(message, **arguments))
        assert s.metric('inkan_messages_aborted_total') == 20
        before = s.descriptors()['inkan-filter']
        s.wait_until(lambda: s.descriptors()['inkan-filter'] <= before)


@case('rubbish instead of answers: a temporary error in time, others go on')
def _():
    with NameServer(World(DNS)) as dns, service(dns) as s:
        answer = dns.answer

        def lie(query):
            made = answer(query)
            lies = (os.urandom(60), made[:2] + os.urandom(40), made[:len(made) // 2], made[:6] + b'\xff' * 6 + made[12:])
            return made if b'\6honest' in query else lies[query[13] % len(lies)]
        dns.answer = lie
        for i in range(8):
            field, _ = at_last(lambda name=chr(97 + i) * (i + 1): judge_in_time(s, f'{name}.lies.example'))
            assert 'spf=temperror' in field, field
        assert 'spf=pass' in judge(s, 'honest.example')[0]
        assert s.metric('inkan_restarts_total') == 0


@case(f'{CONNECTIONS} connections, each message with questions of its own, 50 ms each: the connections set the pace, no thread waits')
def _():
    messages = CONNECTIONS * 4
    patient = 'timeout: 20s, message_timeout: 30s'  # the name server is a program in Python on the same machine
    with NameServer(World(DNS), delay=DELAY) as dns, service(dns, timeouts=patient) as s:
        pid = s.only('inkan-filter')
        alone, memory = judge(s, 'alone.example')[1], [resident(pid)]
        for wave in range(2):
            begin = time.monotonic()
            with Traffic(s, connections=CONNECTIONS, per_connection=4, check=passes, limit=messages,
                         make=lambda n, wave=wave: cold(wave * messages + n)) as traffic:
                traffic.finish()
                took = time.monotonic() - begin
            # one after the other on each of two threads it would be messages * alone / 2
            assert took < messages * alone / 2 / 2, (took, alone, messages * alone / 2)
            memory.append(resident(pid))
            print(f'# {messages} messages in {took:.2f} s, one alone takes {alone:.3f} s; {memory} KiB')
        assert SANITIZED or (memory[2] - memory[1]) / messages < ANSWERS, memory
        assert SANITIZED or (memory[1] - memory[0]) / CONNECTIONS < UNDER_WAY + 4 * ANSWERS, memory
        s.wait_until(lambda: s.metric('inkan_dns_questions_total') >= 2 * messages)
        assert s.metric('inkan_dns_timeouts_total') == 0


main()
