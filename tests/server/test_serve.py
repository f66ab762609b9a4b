#!/usr/bin/python3
"""`inkan serve` as a mail server sees it: judging, signing, reload, what dies, time-outs, hostile peers."""
import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / 'support'))
from milter import Closed, Milter  # noqa: E402
from service import PATIENCE, Service, held  # noqa: E402
from tap import at_last, case, main, run, skip  # noqa: E402

MESSAGE = (b'From: Alice <alice@example.com>\r\nTo: bob@example.org\r\nSubject: =?utf-8?q?caf=C3=A9?=\r\n\tfolded\r\n'
           b'Date: Sun, 22 Nov 2026 10:00:00 +0000\r\nMessage-ID: <1@example.com>\r\n\r\nHello.\r\n\r\n. dot\r\n')


def make_key(kind='rsa', bits=2048):
    arguments = ['openssl', 'genpkey', '-algorithm', 'RSA', '-pkeyopt', f'rsa_keygen_bits:{bits}'] if kind == 'rsa' else [
        'openssl', 'genpkey', '-algorithm', 'ED25519']
    return subprocess.run(arguments, check=True, capture_output=True).stdout


def record(pem):
    made = subprocess.run([os.environ['INKAN'], 'key', 'show', '--json', '/dev/stdin'], input=pem, capture_output=True, check=True)
    return json.loads(made.stdout)['value']


KEYS = {'rsa.pem': make_key(), 'ed.pem': make_key('ed25519')}
DNS = {'r1._domainkey.example.com': {'TXT': [record(KEYS['rsa.pem'])]},
       'e1._domainkey.example.com': {'TXT': [record(KEYS['ed.pem'])]},
       'p1._domainkey.provider.example': {'TXT': [record(KEYS['rsa.pem'])]},
       'example.com': {'TXT': ['v=spf1 ip4:192.0.2.0/24 -all']},
       '_dmarc.example.com': {'TXT': ['v=DMARC1; p=reject']}}
SIGN = '''sign:
  - from: example.com
    keys: [{selector: r1, file: rsa.pem}, {selector: e1, file: ed.pem}]
'''


def service(config=SIGN, **options):
    return Service(config, **{'dns': DNS, 'files': KEYS, **options})


def sign(server, message=MESSAGE, **options):
    return server.message(message, sender='alice@example.com', recipients=['bob@example.org'], client='127.0.0.1', **options)


def deliver(server, message, client='192.0.2.1', sender='alice@example.com', **options):
    return server.message(message, sender=sender, recipients=['bob@example.net'], client=client, helo='mail.example.com', **options)


def results(message):
    """The value of the topmost field, unfolded."""
    header = message.split(b'\r\n\r\n')[0].replace(b'\r\n ', b' ').replace(b'\r\n\t', b' ').decode()
    name, _, value = header.split('\r\n')[0].partition(':')
    assert name == 'Authentication-Results', header
    return value.strip()


@case('signs a message of ours with both keys, and judges it when it comes back')
def _():
    with service() as s:
        with s.milter() as server:
            signed = sign(server)
        assert signed.answer == 'accept' and signed.message.count(b'DKIM-Signature:') == 2, signed.message
        assert signed.message.endswith(MESSAGE)
        with s.milter() as server:
            judged = deliver(server, signed.message)
        field = results(judged.message)
        assert field.startswith('mx.example.net;') and field.count('dkim=pass') == 2, field
        assert 'spf=pass' in field and 'dmarc=pass' in field, field
        assert s.stop() == 0
        assert 'signed=' in s.log() or 'dkim=pass' in s.log(), s.log()


@case('several messages in one session, and sessions side by side')
def _():
    with service() as s:
        peers = [s.milter() for _ in range(8)]
        for _ in range(5):
            for i, peer in enumerate(peers):
                if i % 2:
                    assert b'DKIM-Signature' in sign(peer).message
                else:
                    assert 'dmarc=fail' in results(deliver(peer, MESSAGE, client='198.51.100.1').message)
        for peer in peers:
            peer.socket.close()


@case('R3 forged results are removed, ours stand alone on top')
def _():
    forged = (b'Authentication-Results: MX.example.net; dmarc=pass header.from=example.com\r\nauthentication-results: other.example;'
              b' spf=pass\r\nAuthentication-Results: (c) mx.example.net; dkim=pass\r\n' + MESSAGE)
    with service() as s, s.milter() as server:
        message = deliver(server, forged, client='198.51.100.1').message
        assert message.lower().count(b'authentication-results:') == 2 and b'other.example' in message, message
        assert 'dmarc=fail' in results(message)


@case('R13 M14 rejects only where the administrator says so, with DMARC in the text')
def _():
    with service() as s, s.milter() as server:
        assert deliver(server, MESSAGE, client='198.51.100.1').answer == 'accept'
    with service(SIGN + 'policy: {dmarc_reject: reject}\n') as s, s.milter() as server:
        refused = deliver(server, MESSAGE, client='198.51.100.1')
        assert refused.answer == 'reply' and refused.reply.startswith('550 5.7.1') and 'DMARC' in refused.reply, refused.reply
        with s.milter() as other:
            assert deliver(other, MESSAGE).answer == 'accept'
    with service(SIGN + 'policy: {dmarc_reject: quarantine}\n') as s, s.milter() as server:
        held = deliver(server, MESSAGE, client='198.51.100.1')
        assert held.answer == 'accept' and held.quarantine, vars(held)


@case('mode: shadow judges and logs, and changes nothing')
def _():
    with service(SIGN + 'mode: shadow\npolicy: {dmarc_reject: reject}\n') as s:
        with s.milter() as server:
            assert deliver(server, MESSAGE, client='198.51.100.1').message == MESSAGE
            assert sign(server).message == MESSAGE
        s.stop()
        assert 'reject' in s.log(), s.log()


@case('S21 what must not be signed is not, and the log says why')
def _():
    with service() as s:
        with s.milter() as server:
            twice = sign(server, b'From: eve@example.com\r\n' + MESSAGE)
            other = sign(server, MESSAGE.replace(b'example.com>\r\nTo', b'example.org>\r\nTo'))
        assert twice.answer == other.answer == 'accept'
        assert b'DKIM-Signature' not in twice.message + other.message
        s.stop()
        assert 'several' in s.log() and 'no rule' in s.log(), s.log()


@case('S1-13 the provider signs beside the author')
def _():
    with service(SIGN + '  - from: "*"\n    domain: provider.example\n    keys: [{selector: p1, file: rsa.pem}]\n') as s:
        with s.milter() as server:
            message = sign(server).message
            assert message.count(b'DKIM-Signature:') == 3 and b'd=provider.example' in message
            with s.milter() as other:
                field = results(deliver(other, message).message)
            assert field.count('dkim=pass') == 3, field
            stranger = sign(server, MESSAGE.replace(b'alice@example.com>\r\nTo', b'carol@example.org>\r\nTo')).message
            assert stranger.count(b'DKIM-Signature:') == 1


@case('S0-34 mail from a trusted gateway is skipped, never passed')
def _():
    with service('gateways:\n  - {networks: 198.51.100.0/24, mode: exempt}\n') as s, s.milter() as server:
        field = results(deliver(server, MESSAGE, client='198.51.100.1').message)
        assert 'skipped' in field and 'trusted gateway' in field and 'spf=pass' not in field and 'dmarc=pass' not in field, field


@case('look-behind judges the host in front of the gateway, and believes no other line')
def _():
    received = (b'Received: from mail.example.com (mail.example.com [192.0.2.7]) by gw.example.net; Sun, 22 Nov 2026 10:00:00 +0000\r\n'
                b'Received: from x (x [203.0.113.5]) by forged.example; Sun, 22 Nov 2026 09:00:00 +0000\r\n')
    with service('gateways:\n  - {networks: 198.51.100.0/24, mode: look-behind}\n') as s, s.milter() as server:
        field = results(deliver(server, received + MESSAGE, client='198.51.100.1').message)
        assert 'spf=pass' in field and 'dmarc=pass' in field, field
        forged = received.replace(b'192.0.2.7', b'203.0.113.9')
        assert 'spf=fail' in results(deliver(server, forged + MESSAGE, client='198.51.100.1').message)


@case('ARC: a forwarder seals, and the seal verifies')
def _():
    config = 'arc: {seal: {domain: example.com, selector: r1, file: rsa.pem}}\n'
    with service(config) as s, s.milter() as server:
        message = deliver(server, MESSAGE).message
        assert [message.count(name) for name in (b'ARC-Seal:', b'ARC-Message-Signature:', b'ARC-Authentication-Results:')] == [1] * 3
        assert 'arc=pass' in results(deliver(server, message).message)


@case('protocol versions 2 to 6, cut into single octets, over a network socket')
def _():
    port = 'milter: {listen: ["@SOCKET@", "inet:127.0.0.1:0"]}\n'
    with service(SIGN + port) as s:
        for version in (2, 3, 4, 5, 6):
            with s.milter(version=version, cut=1 if version == 6 else 7) as server:
                signed = sign(server)
                assert signed.message.count(b'DKIM-Signature:') == 2, (version, signed.message)
            with s.milter(version=version, cut=7) as server:
                assert results(deliver(server, signed.message).message).count('dkim=pass') == 2, version
        where = [line for line in s.log().splitlines() if 'milter on inet:' in line][0].split('milter on ')[1]
        with Milter(where) as server:
            assert b'DKIM-Signature' in sign(server).message


@case('SIGHUP: new rules for new sessions, the old session goes on with the old ones, nothing is lost')
def _():
    with service('') as s:
        before = s.milter()
        assert b'DKIM-Signature' not in sign(before).message
        s.configure(SIGN)
        s.signal(signal.SIGHUP)
        s.wait_for_log('generation 2')
        with s.milter() as server:
            assert b'DKIM-Signature' in sign(server).message
        assert b'DKIM-Signature' not in sign(before).message
        before.socket.close()
        s.settle()


@case('a reload is over when nobody gets the old rules any more; a filter that is stuck is not waited for beyond half a second')
def _():
    with service('') as s:
        for generation in range(2, 8):
            s.configure('' if generation % 2 else SIGN)
            s.signal(signal.SIGHUP)
            s.wait_for_log(f'generation {generation}')
            for _ in range(4):
                with s.milter() as server:
                    assert (b'DKIM-Signature' in sign(server).message) == (generation % 2 == 0), generation
        with held(s.only('inkan-filter')):
            begin = time.monotonic()
            s.configure(SIGN)
            s.signal(signal.SIGHUP)
            s.wait_for_log('generation 8')  # at all: nobody lets the filter go on before
            assert time.monotonic() - begin >= 0.5
            with s.milter() as server:
                assert b'DKIM-Signature' in sign(server).message


@case('SIGHUP with a broken configuration: refused with line and column, the service goes on')
def _():
    with service() as s:
        s.configure(SIGN + 'nonsense: 1\n')
        s.signal(signal.SIGHUP)
        s.wait_for_log('reload refused')
        assert 'nonsense' in s.log(), s.log()
        with s.milter() as server:
            assert b'DKIM-Signature' in sign(server).message
        s.configure(SIGN.replace('rsa.pem', 'missing.pem'))
        s.signal(signal.SIGHUP)
        s.wait_for_log('reload refused', count=2)
        with s.milter() as server:
            assert b'DKIM-Signature' in sign(server).message


def kill(s, name):
    pid = s.only(name)
    os.kill(pid, signal.SIGKILL)


def works(s):
    try:
        with s.milter() as server:
            return b'DKIM-Signature' in sign(server).message
    except (OSError, Closed):
        return False


def kill_each():
    took = {}
    with service() as s:
        for name in ('inkan-filter', 'inkan-keys', 'inkan-recorder'):
            kill(s, name)
            begin = time.monotonic()
            while not works(s):
                assert time.monotonic() - begin < PATIENCE, (name, s.log())
                time.sleep(0.01)
            took[name] = time.monotonic() - begin
        assert s.stop() == 0
    assert max(took.values()) < 1.5, took


@case('kill -9 of each process: back within a second, messages under way are deferred, not lost')
def _():
    at_last(kill_each)


def die_in_a_reload():
    with service() as s, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(('127.0.0.1', 0))
        before = s.only('inkan-recorder')
        s.configure(SIGN + f'dns: {{resolver: "127.0.0.1:{silent.getsockname()[1]}"}}\n')
        s.signal(signal.SIGHUP)
        silent.settimeout(PATIENCE)
        silent.recv(1000)  # the new filter looks whether DNSSEC works, for two seconds
        os.kill(before, signal.SIGKILL)
        s.wait_until(lambda: s.children().get('inkan-recorder', [before]) != [before])
        assert 'generation 2' not in s.log()
        s.wait_for_log('generation 2')


@case('what dies while a reload waits for DNS is started again meanwhile')
def _():
    at_last(die_in_a_reload)


@case('the recorder is killed: outcomes that lay in the socket are logged by its successor')
def _():
    with service() as s:
        with s.milter() as server:
            for i in range(20):
                if i == 10:
                    kill(s, 'inkan-recorder')
                sign(server, queue_id=f'Q{i}')
        s.stop()
        missing = [i for i in range(11, 20) if f'Q{i}' not in s.log()]
        assert not missing, (missing, s.log())


@case('garbage, half frames, and a peer that says nothing do not disturb others')
def _():
    with service(SIGN + 'milter: {listen: "@SOCKET@", idle_timeout: 2s}\n') as s:
        silent, half = s.milter(negotiate=False), s.milter()
        half.raw(struct.pack('>I', 1000) + b'L' + b'x' * 10)
        for garbage in (b'GET / HTTP/1.1\r\n\r\n', b'\xff' * 100, struct.pack('>I', 0), struct.pack('>I', 1) + b'Z'):
            peer = s.milter(negotiate=False)
            peer.raw(garbage)
            peer.socket.settimeout(PATIENCE)
            try:
                assert peer.socket.recv(100) == b'', garbage
            except ConnectionResetError:
                pass
        with s.milter() as server:
            assert b'DKIM-Signature' in sign(server).message
        for peer in (silent, half):
            peer.socket.settimeout(PATIENCE)
            assert peer.socket.recv(1) == b''


@case('a message of 200 MB: memory does not grow with it')
def _():
    with service() as s:
        pid = s.only('inkan-filter')

        def resident():
            with open(f'/proc/{pid}/status', encoding='ascii') as f:
                return int([line for line in f if line.startswith('VmRSS')][0].split()[1])
        with s.milter() as server:
            deliver(server, MESSAGE)
            before = resident()
            big = MESSAGE + (b'x' * 76 + b'\r\n') * (200 * 1024 * 1024 // 78)
            assert deliver(server, big).answer == 'accept'
            allowed = 128 * 1024 if b'__asan_init' in Path(os.environ['INKAN']).read_bytes() else 4096  # KiB
            assert resident() - before < allowed, (before, resident())


@case('ABORT, a new MAIL, and a lost connection end a message without trace')
def _():
    with service() as s:
        with s.milter() as server:
            server.connect('x', '127.0.0.1')
            server.helo('x')
            server.mail('alice@example.com')
            server.frame('A')
            assert b'DKIM-Signature' in sign(server).message
        lost = s.milter()
        lost.connect('x', '127.0.0.1')
        lost.mail('alice@example.com')
        lost.frame('L', b'From\0 alice@example.com\0')
        lost.socket.close()
        with s.milter() as server:
            assert b'DKIM-Signature' in sign(server).message


@case('stop while a message is under way: it is finished first')
def _():
    with service() as s:
        server = s.milter()
        server.connect('x', '127.0.0.1')
        server.mail('alice@example.com')
        server.rcpt('bob@example.org')
        s.signal(signal.SIGTERM)
        time.sleep(0.5)
        assert s.process.poll() is None
        server.frame('L', b'From\0 alice@example.com\0')
        server.frame('N')
        server.frame('B', b'text\r\n')
        server.frame('E')
        answer = server.read(5)
        assert answer[4:5] == b'i', answer
        assert s.process.wait(PATIENCE) == 0
        server.socket.close()


def unit_capabilities():
    """What inkan.service leaves to root, as options of setpriv."""
    unit = Path(os.environ['INKAN_SOURCE'], 'contrib/systemd/inkan.service.in').read_text(encoding='utf-8')
    [names] = [line.split('=')[1] for line in unit.splitlines() if line.startswith('CapabilityBoundingSet=CAP')]
    return ['setpriv', '--bounding-set', '-all,' + ','.join('+' + name[4:].lower() for name in names.split()), '--no-new-privs']


@case('with the capabilities of inkan.service: starts, gives its socket away, a second one is refused and does no harm, a stale '
      'socket is replaced')
def _():
    if os.geteuid() != 0 or not shutil.which('setpriv'):
        skip('needs root and setpriv')
    limited = unit_capabilities()
    with Service(SIGN + 'milter: {listen: "@SOCKET@", socket_group: nogroup}\n', dns=DNS, files=KEYS, user='nobody',
                 launcher=limited) as s:
        path = s.address[5:]
        info = os.stat(path)
        assert (info.st_mode & 0o777, info.st_uid, info.st_gid) == (0o660, 65534, 65534), info
        done = subprocess.run([*limited, os.environ['INKAN'], 'serve', '--config', s.path], capture_output=True, timeout=30)
        assert done.returncode == 3 and b'milter.sock: another process listens there' in done.stderr, done.stderr
        with s.milter() as server:
            assert b'DKIM-Signature' in sign(server).message, s.log()
        os.kill(s.process.pid, signal.SIGKILL)
        s.process.wait()
        while socket.socket().connect_ex(('127.0.0.1', s.port)) == 0:  # the others are ending
            time.sleep(0.02)
        s.start()
        s.wait_for_log('ready: ', count=2)
        with s.milter() as server:
            assert b'DKIM-Signature' in sign(server).message, s.log()


@case('the second service on the same socket is refused; a stale socket is replaced')
def _():
    with service() as s:
        second = run('serve', '--config', s.path, timeout=PATIENCE)
        assert second.returncode == 3 and b'another process listens' in second.stderr, second.stderr
    with service(wait=False) as s:
        old = socket.socket(socket.AF_UNIX)
        old.bind(s.address[5:])
        old.close()
        s.start()
        with s.milter() as server:
            assert b'DKIM-Signature' in sign(server).message


main()
