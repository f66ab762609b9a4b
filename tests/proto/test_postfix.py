#!/usr/bin/python3
"""A private Postfix (tests/support/postfix.py) by itself, and with the milter codec in a filter of few words (filter.c)."""
import atexit
import functools
import re
import sys
import time
from contextlib import ExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / 'support'))
from filter import QUIET, facts_of, filter_at, sum_of  # noqa: E402
from milter import Milter, split  # noqa: E402
from postfix import Postfix, why_not  # noqa: E402
from tap import case, main, skip  # noqa: E402

HEADER = (b'Subject:one\r\nFrom: a@example.com\r\nSubject:   two\r\n\tfolded\r\nX-Empty:\r\nX-Empty: \r\nX-Tab:\tx\r\n'
          b'To: b@example.org\r\nDate: Sun, 22 Nov 2026 01:02:03 +0000\r\nMessage-ID:\r\n <1@example.com>\r\n')
MESSAGE = HEADER + b'\r\nHello,\r\n..dots\r\n\r\n' + b'A line of the body, of which there are many.\r\n' * 5000
VERSIONS = (2, 3, 4, 6)
STACK = ExitStack()
atexit.register(STACK.close)


@functools.cache
def world():
    """One Postfix for all cases; "quiet" ports have a filter that answers as little as can be, "loud" ones one that answers all."""
    if reason := why_not():
        skip(reason)
    filters = {'quiet': STACK.enter_context(filter_at('6', QUIET)), 'loud': STACK.enter_context(filter_at('6', '0'))}
    services = {f'{kind} {version}': {'smtpd_milters': address, 'milter_protocol': str(version)}
                for kind, address in filters.items() for version in VERSIONS}
    return STACK.enter_context(Postfix(submission_milters=[filters['quiet']], non_smtpd_milters=[filters['quiet']],
                                       services=services))


def through(port, recipient='b@example.org', **more):
    """What becomes of the message on its way through a port: the header fields and the body that arrive, and facts of X-Seen."""
    postfix = world()
    answer = postfix.send(MESSAGE, 'a@example.com', [recipient], port=postfix.ports[port], **more)
    assert answer[0] == 250, answer
    fields, body = split(postfix.sink.wait(1)[0].data)
    return fields, body, facts_of(fields[0][1]) if fields[0][0] == b'X-Seen' else {}


def subjects(fields):
    return [value for name, value in fields if name == b'Subject']


@case('a message passes without a filter, dots and all')
def _():
    fields, body, _ = through('incoming')
    assert fields[0][0] == b'Received' and b'\r\n\r\n' + body == MESSAGE[len(HEADER) - 2:]
    assert fields[1:] == split(MESSAGE)[0], fields


for kind in ('quiet', 'loud'):
    for version in VERSIONS:
        @case(f'version {version}: a {kind} filter sees every octet that arrives')
        def _(kind=kind, version=version):
            fields, body, facts = through(f'{kind} {version}', client='203.0.113.7', name='client.example.org')
            assert [name for name, _ in fields[:2]] == [b'X-Seen', b'Received']
            assert fields[2:] == split(MESSAGE)[0] and body == split(MESSAGE)[1]
            assert facts['client'] == '203.0.113.7' and facts['daemon'] == 'mx.example.com' and facts['id'] == 'yes', facts
            assert facts['sender'] == '<a@example.com>' and facts['recipient'] == '<b@example.org>', facts
            assert facts['sum'] == sum_of(MESSAGE, version == 6 and kind == 'quiet'), facts


@case('a client of IPv6')
def _():
    assert through('quiet 6', client='2001:db8::7')[2]['client'] == '2001:db8::7'


@case('submission has its name and its login')
def _():
    facts = through('submission', login='ada')[2]
    assert (facts['daemon'], facts['login']) == ('ORIGINATING', 'ada'), facts
    assert through('quiet 6')[2]['login'] == ''


@case('mail of a program on the machine')
def _():
    postfix = world()
    postfix.sendmail(MESSAGE, 'a@example.com', 'b@example.org')
    fields, body = split(postfix.sink.wait(1)[0].data)
    facts = facts_of(fields[0][1])
    assert facts['client'] == '127.0.0.1' and facts['sum'] == sum_of(MESSAGE, True) and body == split(MESSAGE)[1]


for word, want in (('reject', (550, '5.7.1 Command rejected')), ('tempfail', (451, '4.7.1 Service unavailable - try again later')),
                   ('reply', (550, '5.7.1 100% refused: %s'))):
    for kind in ('quiet 6', 'loud 2'):
        @case(f'answer: {word} ({kind})')
        def _(word=word, want=want, kind=kind):
            postfix = world()
            assert postfix.send(MESSAGE, 'a@example.com', [f'{word}@example.org'], port=postfix.ports[kind]) == want


@case('answer: discard')
def _():
    postfix = world()
    assert postfix.send(MESSAGE, 'a@example.com', ['discard@example.org'], port=postfix.ports['quiet 6'])[0] == 250
    time.sleep(0.3)
    assert not postfix.queue() and not postfix.sink.mails


@case('quarantine holds the message, with its changes')
def _():
    postfix = world()
    assert postfix.send(MESSAGE, 'a@example.com', ['quarantine@example.org'], port=postfix.ports['quiet 6'])[0] == 250
    held = [entry for entry in postfix.queue() if entry['queue_name'] == 'hold']
    assert [entry['sender'] for entry in held] == ['a@example.com']
    assert postfix.command('postsuper', '-H', 'ALL').returncode == 0
    fields, _ = split(postfix.sink.wait(1)[0].data)
    assert fields[0][0] == b'X-Seen'


for kind in ('quiet 6', 'loud 6', 'loud 2'):
    @case(f'a field is added at the end ({kind})')
    def _(kind=kind):
        fields, _, _ = through(kind, 'add@example.org')
        assert fields[-1] == (b'X-Last', b' last\n line')

    @case(f'the first of two fields is changed ({kind})')
    def _(kind=kind):
        fields, _, _ = through(kind, 'change@example.org')
        assert subjects(fields) == [b' changed', b'   two\n\tfolded'], fields

    @case(f'R4 fields are removed from the last one up ({kind})')
    def _(kind=kind):
        fields, _, _ = through(kind, 'remove@example.org')
        assert subjects(fields) == [] and re.fullmatch(b'X-Seen.*Received.*', b' '.join(name for name, _ in fields[:2]))

    @case(f'R4 the first field of all is removed, before one is put on top ({kind})')
    def _(kind=kind):
        fields, _, facts = through(kind, 'first@example.org')
        assert facts['fields'] == '9' and subjects(fields) == [b'   two\n\tfolded'], fields

for word in ('x', 'add', 'change', 'remove', 'first', 'twice'):
    @case(f'the test client applies changes as Postfix does: {word}')
    def _(word=word):
        fields, body, _ = through('quiet 6', f'{word}@example.org', client='192.0.2.1')
        with filter_at('6', QUIET) as address, Milter(address) as milter:
            result = milter.message(MESSAGE, sender='a@example.com', recipients=[f'{word}@example.org'],
                                    daemon_name='mx.example.com')
        assert split(result.apply()) == ([field for field in fields if field[0] != b'Received'], body), result.changes
        assert (word == 'twice') == (result.apply(deleted_count=True) != result.apply())


main()
