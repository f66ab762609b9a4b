#!/usr/bin/python3
"""The milter codec, in a filter of few words (filter.c), against tests/support/milter.py and miltertest."""
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / 'support'))
from filter import QUIET, facts_of, filter_at, sum_of  # noqa: E402
from milter import OFFERS, Closed, Milter, Result, split  # noqa: E402
from tap import case, main, skip  # noqa: E402

MESSAGE = (b'Received: from a\r\n\tby b\r\nFrom: a@example.com\r\nSubject:one\r\nSubject:   two\r\n  folded\r\n\r\n'
           b'Hello,\r\n' + b'.line\r\n' * 20000)


def seen(result):
    return facts_of(next(change[3] for change in result.changes if change[:3] == ('insert', 0, b'X-Seen')))


for server in OFFERS:
    for wanted, protocol in ((6, QUIET), (6, '0'), (2, QUIET)):
        @case(f'a server of version {server}, a filter of version {wanted} with protocol {protocol}')
        def _(server=server, wanted=wanted, protocol=protocol):
            with filter_at(str(wanted), protocol) as address, Milter(address, version=server) as milter:
                assert milter.version == min(server, wanted)
                result = milter.message(MESSAGE, client='2001:db8::1', auth='ada')
                assert result.answer == 'accept' and result.stage == 'E' and result.progress == 1
                facts = seen(result)
                assert facts['client'] == '2001:db8::1' and facts['login'] == 'ada' and facts['id'] == 'yes'
                assert facts['fields'] == '4' and int(facts['body']) == len(split(MESSAGE)[1])
                assert facts['sum'] == sum_of(MESSAGE, milter.protocol & 0x100000), facts

for cut in (1, 2, 5, 1000):
    @case(f'frames in pieces of {cut}')
    def _(cut=cut):
        message = MESSAGE[:600] if cut < 10 else MESSAGE
        with filter_at('6', QUIET) as address, Milter(address, cut=cut) as milter, Milter(address) as whole:
            assert seen(milter.message(message)) == seen(whole.message(message))

for cut in (0, 1000):
    @case(f'many frames together, in pieces of {cut or "any size"}')
    def _(cut=cut):
        with filter_at('6', QUIET) as address, Milter(address, coalesce=True, cut=cut) as milter, Milter(address) as other:
            for _ in range(3):
                assert seen(milter.message(MESSAGE)) == seen(other.message(MESSAGE))

for chunk in (1, 999, 1 << 20):
    @case(f'a body in frames of {chunk}')
    def _(chunk=chunk):
        message = MESSAGE[:3000] if chunk < 10 else MESSAGE
        with filter_at('6', QUIET) as address, Milter(address) as milter:
            one, two = milter.message(message, chunk=chunk), milter.message(message)
            assert seen(one) == seen(two)


@case('several messages a session, aborts, and a new session on the same connection')
def _():
    with filter_at('6', QUIET) as address, Milter(address) as milter:
        assert seen(milter.message(MESSAGE, sender='one@example.com'))['sender'] == '<one@example.com>'
        milter.mail('two@example.com')
        milter.rcpt('x@example.com')
        milter.header(b'Subject', b' x')
        milter.abort()
        facts = seen(milter.message(MESSAGE, sender='three@example.com'))
        assert facts['sender'] == '<three@example.com>' and facts['fields'] == '4'
        milter.quit_new_connection()
        milter.session(client='198.51.100.7')
        assert seen(milter.message(MESSAGE))['client'] == '198.51.100.7'


for word, want in (('reject', ('reject', '')), ('tempfail', ('tempfail', '')), ('discard', ('discard', '')),
                   ('reply', ('reply', '550 5.7.1 100% refused: %s')), ('x', ('accept', ''))):
    @case(f'answer: {word}')
    def _(word=word, want=want):
        with filter_at('6', QUIET) as address, Milter(address) as milter:
            result = milter.message(MESSAGE, recipients=[f'{word}@example.com'])
            assert (result.answer, result.reply) == want

for protocol in (QUIET, '0'):
    @case(f'changes are applied, protocol {protocol}')
    def _(protocol=protocol):
        with filter_at('6', protocol) as address, Milter(address) as milter:
            top, rest = milter.message(MESSAGE, recipients=['add@example.com']).message.split(b'Received:', 1)
            assert re.fullmatch(rb'X-Seen: client=.*\r\n\tsender=.*\r\n', top), top
            assert b'folded\r\nX-Last: last\r\n line\r\n\r\nHello' in rest
            changed = milter.message(MESSAGE, recipients=['change@example.com'])
            assert b'\r\nSubject: changed\r\nSubject:   two\r\n  folded\r\n' in changed.message
            removed = milter.message(MESSAGE, recipients=['remove@example.com'])
            assert b'Subject' not in removed.apply() and removed.apply() == removed.apply(deleted_count=True)
            held = milter.message(MESSAGE, recipients=['quarantine@example.com'])
            assert held.quarantine == 'held by the filter' and held.answer == 'accept'


@case('the two ways of counting removed fields differ')
def _():
    result = Result([(b'A', b' 1'), (b'A', b' 2'), (b'A', b' 3')], b'')
    result.changes = [('change', 1, b'A', b''), ('change', 2, b'A', b' x')]
    assert result.apply() == b'A: 2\r\nA: x\r\n\r\n'
    assert result.apply(deleted_count=True) == b'A: x\r\nA: 3\r\n\r\n'


for name, octets in (('a web browser', b'GET / HTTP/1.1\r\n\r\n'), ('a frame of nothing', b'\0\0\0\0'),
                     ('an unknown command', b'\0\0\0\1Z')):
    @case(f'{name} is cut off')
    def _(octets=octets):
        with filter_at('6', QUIET) as address:
            milter = Milter(address, negotiate=False)
            milter.raw(octets + b'\0')
            try:
                milter.answer()
                raise AssertionError('an answer')
            except Closed:
                pass


@case('a connection that breaks disturbs no other')
def _():
    with filter_at('6', QUIET) as address, Milter(address) as other:
        for _ in range(3):
            broken = Milter(address)
            broken.mail('a@example.com')
            broken.raw(b'\0\0\0\x50L')
            broken.reset()
        assert other.message(MESSAGE).answer == 'accept'


SCRIPT = """
conn = mt.connect("%s")
assert(conn ~= nil, "no connection")
assert(mt.conninfo(conn, "client.example.org", "192.0.2.1") == nil)
mt.macro(conn, SMFIC_MAIL, "i", "4XyZ")
assert(mt.mailfrom(conn, "<a@example.com>") == nil)
assert(mt.rcptto(conn, "<change@example.com>") == nil)
assert(mt.header(conn, "Subject", " x") == nil)
assert(mt.eoh(conn) == nil)
assert(mt.bodystring(conn, "Hello") == nil)
assert(mt.eom(conn) == nil)
assert(mt.getreply(conn) == SMFIR_ACCEPT, "not accepted")
assert(mt.eom_check(conn, MT_HDRINSERT, "X-Seen"), "no field")
assert(mt.eom_check(conn, MT_HDRCHANGE, "Subject"), "no change")
mt.disconnect(conn)
"""


@case('miltertest has its way')
def _():
    if not shutil.which('miltertest'):
        skip('no miltertest')
    with filter_at('6', '100000') as address, tempfile.NamedTemporaryFile('w', suffix='.lua') as script:
        script.write(SCRIPT % address)
        script.flush()
        done = subprocess.run(['miltertest', '-s', script.name], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=30)
        assert done.returncode == 0, done.stdout.decode()


main()
