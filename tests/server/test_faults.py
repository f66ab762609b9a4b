#!/usr/bin/python3
"""`inkan serve` where something is missing, broken, or in the way: what the mail server and the mail then see."""
import errno
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / 'support'))
from milter import ALL_ACTIONS, ALL_PROTOCOL, CHANGE_HEADERS, QUARANTINE, STEPS, Closed, Milter  # noqa: E402
from port import free_port  # noqa: E402
from service import PATIENCE, Service, held  # noqa: E402
from tap import at_last, case, main  # noqa: E402

MESSAGE = (b'From: Alice <alice@example.com>\r\nTo: bob@example.org\r\nSubject: x\r\nDate: Sun, 22 Nov 2026 10:00:00 +0000\r\n'
           b'Message-ID: <1@example.com>\r\n\r\nHello.\r\n')
FORGED = b'Authentication-Results: mx.example.net; dmarc=pass header.from=example.com\r\n'
KEY = subprocess.run(['openssl', 'genpkey', '-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048'], check=True,
                     capture_output=True).stdout
DNS = {'example.com': {'TXT': ['v=spf1 ip4:192.0.2.0/24 -all']}, '_dmarc.example.com': {'TXT': ['v=DMARC1; p=reject']}}
SEAL = 'arc: {seal: {domain: example.com, selector: r1, file: rsa.pem}}\n'
SIGN = 'sign:\n  - from: example.com\n    keys: [{selector: r1, file: rsa.pem}]\n'


def service(config='', **options):
    return Service(config, **{'dns': DNS, 'files': {'rsa.pem': KEY}, **options})


def deliver(server, message=MESSAGE, client='198.51.100.1', sender='alice@example.com', **options):
    return server.message(message, sender=sender, recipients=['bob@example.net'], client=client,
                          **{'helo': 'mail.example.com', **options})


def until(true, seconds=PATIENCE):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, 'it does not come to be'
        time.sleep(0.02)


@case('R3 failure: tag delivers without our results, but not with forged ones')
def _():
    with service(SEAL + 'milter: {listen: "@SOCKET@", failure: tag}\n') as s:
        with held(s.only('inkan-keys')), s.milter() as server:
            done = deliver(server, FORGED + MESSAGE)
        assert done.answer == 'accept' and done.message == MESSAGE, (vars(done), s.log())


@case('where the key process does not answer, mail is deferred')
def _():
    with service(SEAL) as s:
        with held(s.only('inkan-keys')), s.milter() as server:
            done = deliver(server)
        assert done.answer == 'reply' and done.reply.startswith('451 4.3.0') and 'key process' in done.reply, vars(done)


FAILED_SET = (b'ARC-Seal: i=1; a=rsa-sha256; t=1; cv=fail; d=x.example; s=s; b=AAAA\r\n'
              b'ARC-Message-Signature: i=1; a=rsa-sha256; c=relaxed/relaxed; d=x.example; s=s; h=from; bh=AAAA; b=AAAA\r\n'
              b'ARC-Authentication-Results: i=1; x.example; none\r\n')


@case('A10 what must not be sealed is delivered without a seal, not deferred')
def _():
    with service(SEAL) as s:
        with s.milter() as server:
            for message in (FAILED_SET + MESSAGE, b'From: eve@example.com\r\n' + MESSAGE, MESSAGE + b'bare\nline\r\n'):
                done = deliver(server, message)
                assert done.answer == 'accept' and b'Authentication-Results: mx.example.net' in done.message, (message, vars(done))
                assert done.message.count(b'\nARC-Seal:') == (b'\n' + message).count(b'\nARC-Seal:'), done.message
            assert deliver(server).message.count(b'ARC-Seal:') == 1
        s.stop()
        assert 'cv=fail' in s.log(), s.log()


@case('a mail server that lets nothing be changed is refused at once; holding is optional; shadow needs nothing')
def _():
    with service('policy: {dmarc_reject: quarantine}\n') as s:
        for actions in (0, ALL_ACTIONS & ~CHANGE_HEADERS, QUARANTINE):
            try:
                s.milter(actions=actions)
            except Closed:
                continue
            raise AssertionError(actions)
        with s.milter(actions=ALL_ACTIONS & ~QUARANTINE) as server:
            done = deliver(server)
            assert done.answer == 'reply' and done.reply.startswith('451') and 'hold' not in done.reply.split()[0], vars(done)
        s.stop()
        assert 'tempfail' in s.log(), s.log()
    with service('mode: shadow\n') as s, s.milter(actions=0) as server:
        assert deliver(server).message == MESSAGE
        assert server.actions == 0
    with service('mode: shadow\n') as s, s.milter() as server:
        assert deliver(server, FORGED + MESSAGE).message == FORGED + MESSAGE
        assert server.actions == 0, server.actions


@case('stop: a message whose answer is there at once gets it, and so does a slow reader of a long one')
def _():
    many = FORGED * 9000
    with service() as s:
        answered = ALL_PROTOCOL & ~STEPS['R'][1]  # RCPT has an answer, so that it is known when a message is under way
        quick, slow = s.milter(protocol=answered), s.milter(protocol=answered, coalesce=True)
        for server in (quick, slow):
            server.session()
            server.mail('alice@example.com')
            assert server.rcpt('bob@example.net') == 'continue'
        s.signal(signal.SIGTERM)
        time.sleep(0.3)  # so that it hears of it before it gets the rest
        for server, message in ((quick, MESSAGE), (slow, many + MESSAGE)):
            header, _, body = message.partition(b'\r\n\r\n')
            for line in header.split(b'\r\n'):
                name, _, value = line.partition(b':')
                server.header(name.decode(), value)
            server.end_of_header()
            server.body(body)
            server.frame('E')
            server.flush()
        time.sleep(1)
        for server, count in ((quick, 1), (slow, 9001)):
            letters = [server.answer()[0] for _ in range(count + 1)]
            assert letters[-1] == b'a' and letters[-2] == b'i', letters[-3:]
        assert s.process.wait(PATIENCE) == 0


@case('the empty sender, and names that are none')
def _():
    with service() as s, s.milter() as server:
        assert 'smtp.helo=mail.example.com' in deliver(server, sender='').message.decode()
    with service() as s:
        for helo in ('', '[192.0.2.1]', '%s%n%p', 'a\rb\nc', '\x1b[31m"<b>', 'x' * 500, 'ä.example', '"; inkan=pass'):
            for sender in ('', 'a@b@c', '@', '"', '\x1b[0m@example.com', 'x' * 2000 + '@example.com', 'a\r\nX: y@example.com'):
                with s.milter() as server:
                    done = deliver(server, sender=sender, helo=helo, queue_id='Q"<i>%s')
                    assert done.answer == 'accept', (helo, sender, vars(done))
                    assert len(re.findall(rb'^[^ \t:]+:', done.message.split(b'\r\n\r\n')[0], re.M)) == 6, done.message
        page = s.http('/') + s.http('/metrics')
        assert '<b>' not in page and '<i>' not in page and '\x1b' not in page
        s.stop()
        assert '\x1b' not in s.log() and not [line for line in s.log().splitlines() if line.startswith('X:')], s.log()


@case('one line of JSON a message, whatever the mail says of itself')
def _():
    with service('log: {format: json, addresses: yes}\n') as s:
        odd = MESSAGE.replace(b'<1@example.com>', b'<"\\\x1b\x01\xff</script>%n@x>')
        with s.milter() as server:
            for i in range(3):
                assert deliver(server, odd, queue_id=f'Q{i}\n"', helo='a\tb"\\').answer == 'accept'
        s.stop()
        lines = [json.loads(line) for line in s.log().splitlines() if line.startswith('{') and 'spf' in line]
        assert len(lines) == 3, s.log()


@case('ten thousand recipients, and a header of many forged fields')
def _():
    with service() as s, s.milter(coalesce=True) as server:
        done = server.message(MESSAGE, sender='alice@example.com', recipients=[f'user{i}@example.net' for i in range(10000)],
                              client='198.51.100.1')
        assert done.answer == 'accept'
        done = deliver(server, FORGED * 5000 + MESSAGE)
        assert done.answer == 'accept' and len(done.changes) == 5001, vars(done)
        done = deliver(server, FORGED * 500 + MESSAGE)
        assert done.answer == 'accept' and done.message.count(b'mx.example.net') == 1, vars(done)
        assert done.apply(deleted_count=True) == done.apply()


@case('rules for all recipients hold for 1000 of them, and not where there are more than are looked at')
def _():
    config = 'gateways:\n  - {networks: 198.51.100.0/24, mode: exempt, recipients: example.net}\n'
    with service(config) as s, s.milter(coalesce=True) as server:
        for count, skipped in ((1000, True), (1001, False)):
            done = server.message(MESSAGE, sender='alice@example.com', client='198.51.100.1',
                                  recipients=[f'user{i}@example.net' for i in range(count)])
            assert (b'trusted gateway' in done.message) == skipped, (count, done.message)


@case('a header beyond every limit is refused for good, and the next message is judged')
def _():
    with service() as s, s.milter(coalesce=True) as server:
        done = deliver(server, b'X-Filler: ' + b'x' * 70 + b'\r\n' + (b'X: ' + b'y' * 900 + b'\r\n') * 6000 + MESSAGE)
        assert done.answer == 'reply' and done.reply.startswith('554'), vars(done)
        assert deliver(server).answer == 'accept'


def sockets(pid):
    found = []
    for fd in os.listdir(f'/proc/{pid}/fd'):
        try:
            found.append(os.readlink(f'/proc/{pid}/fd/{fd}'))
        except OSError:
            pass
    return sorted(kind.split(':')[0] for kind in found)


def settled(s):
    """The processes of the newest generation alone."""
    until(lambda: {name: len(pids) for name, pids in s.children().items()} == {'inkan-keys': 1, 'inkan-filter': 1, 'inkan-recorder': 1})
    return {name: sockets(pids[0]) for name, pids in s.children().items()}


def at_rest(s):
    """The same, and those of the supervisor, when they have not changed for half a second."""
    now, before = None, ()
    while now != before:
        now, before = (settled(s), sockets(s.process.pid)), now
        time.sleep(0.5)
    return now


@case('reloads leave no descriptors behind, and hand none to processes that they are not for')
def _():
    with service(SIGN) as s:
        first, supervisor = at_rest(s)
        for generation in range(2, 6):
            session = s.milter()  # keeps a generation alive beside the new one
            s.signal(signal.SIGHUP)
            s.wait_for_log(f'generation {generation}')
            newest = {name: sockets(max(pids)) for name, pids in s.children().items()}
            assert newest['inkan-keys'] == first['inkan-keys'], (generation, first, newest)
            session.socket.close()
        until(lambda: settled(s) == first)
        until(lambda: sockets(s.process.pid) == supervisor)


def is_refused(port):
    with socket.socket() as client:
        return client.connect_ex(('127.0.0.1', port)) == errno.ECONNREFUSED


@case('reload to another address: the old one is given up at once, though an old session goes on')
def _():
    old, new = free_port(), free_port()
    config = SIGN + 'milter: {listen: "inet:127.0.0.1:PORT"}\n'
    with service(config.replace('PORT', str(old))) as s:
        session = Milter(f'inet:127.0.0.1:{old}')
        s.configure(config.replace('PORT', str(new)))
        s.signal(signal.SIGHUP)
        s.wait_for_log('generation 2')
        until(lambda: is_refused(old))
        assert deliver(session).answer == 'accept'
        session.socket.close()
        with Milter(f'inet:127.0.0.1:{new}') as server:
            assert deliver(server).answer == 'accept'


@case('reload while the filter is down leaves no key process behind')
def _():
    with service(SIGN) as s:
        for _ in range(3):  # so that it is not started again at once
            pid = s.only('inkan-filter')
            os.kill(pid, signal.SIGKILL)
            until(lambda pid=pid: pid not in s.children().get('inkan-filter', [pid]))
        os.kill(s.only('inkan-filter'), signal.SIGKILL)
        s.signal(signal.SIGHUP)
        s.wait_for_log('generation 2')
        settled(s)


def stop_in_a_reload():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(('127.0.0.1', 0))
        with service() as s:
            s.configure(f'dns: {{resolver: "127.0.0.1:{silent.getsockname()[1]}"}}\n')
            s.signal(signal.SIGHUP)
            silent.settimeout(PATIENCE)
            silent.recvfrom(512)
            begin = time.monotonic()
            assert s.stop() == 0
            took = time.monotonic() - begin
    assert took < 1, took  # it would wait for two


@case('stop in the middle of a reload that waits for DNS: it does not wait')
def _():
    at_last(stop_in_a_reload)


@case('a storm of SIGHUP and dying processes: the service goes on, and stops')
def _():
    with service(SIGN) as s:
        for i in range(30):
            s.signal(signal.SIGHUP)
            if i % 10 == 5:
                for name in ('inkan-filter', 'inkan-keys', 'inkan-recorder'):
                    for pid in s.children().get(name, []):
                        try:
                            os.kill(pid, signal.SIGKILL)
                        except ProcessLookupError:
                            pass
            time.sleep(0.02)
        done = ''

        def works():
            nonlocal done
            try:
                with s.milter() as server:
                    done = deliver(server, client='127.0.0.1').message
            except (OSError, Closed):
                return False
            return b'DKIM-Signature' in done
        until(works)
        settled(s)
        assert s.stop() == 0


main()
