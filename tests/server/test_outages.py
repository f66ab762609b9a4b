#!/usr/bin/python3
"""What goes wrong round `inkan serve`, and what becomes of mail then: processes that are killed in the middle of Postfix traffic,
disks that are full, logs that nobody reads, peers that misbehave, clocks that jump. doc/faults.md lists them with the outcome.
"""
import fcntl
import grp
import os
import pwd
import re
import resource
import shutil
import signal
import socket
import sqlite3
import struct
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / 'support'))
from domain import DNS, KEYS, SIGN_RSA, fields, letter  # noqa: E402
from milter import Closed, Milter  # noqa: E402
from port import free_port  # noqa: E402
from postfix import Postfix, why_not  # noqa: E402
from service import PATIENCE, Service  # noqa: E402
from tap import case, main, skip  # noqa: E402
from traffic import SANITIZED, Traffic, ours, resident, signed, theirs  # noqa: E402

PROCESSES = ('inkan-filter', 'inkan-keys', 'inkan-recorder')
BACK_WITHIN = 1.0  # seconds, at one of several times


def service(config='', **options):
    return Service(SIGN_RSA + config, **{'dns': DNS, 'files': KEYS, **options})


def works(s):
    with s.milter() as server:
        message, arguments = ours(0)
        signed(server.message(message, **arguments))


def works_again(s):
    """How many seconds that takes."""
    begin = time.monotonic()
    while True:
        try:
            works(s)
            return time.monotonic() - begin
        except (OSError, Closed, AssertionError):
            assert time.monotonic() - begin < PATIENCE, f'it does not come back:\n{s.log()[-2000:]}'
            time.sleep(0.01)


# ---- processes that die ----

@contextmanager
def two_postfixes(s):
    """One with our milter, and one that has the mail and tries until it is taken, as mail servers of others do. A session of SMTP
    whose milter was lost refuses every further message, so a session has one."""
    if reason := why_not():
        skip(reason)
    patient = {'smtp_connection_cache_on_demand': 'no', 'minimal_backoff_time': '1s', 'maximal_backoff_time': '1s',
               'queue_run_delay': '1s', 'default_destination_concurrency_failed_cohort_limit': '1000'}
    with ExitStack() as stack:
        receiving = stack.enter_context(Postfix(milters=[s.address], settings={'smtpd_error_sleep_time': '0'}))
        relay = f'[127.0.0.1]:{receiving.submission_port}'
        yield receiving, stack.enter_context(Postfix(settings={'relayhost': relay, **patient}))


@case('kill -9 of every process, again and again, in the middle of Postfix traffic: deferred, nothing lost, nothing unsigned')
def _():
    count, kills = 600, 9
    with service('milter: {listen: "@SOCKET@", socket_group: postfix}\n') as s, two_postfixes(s) as (receiving, sending):
        source = subprocess.Popen(['smtp-source', '-s', '5', '-m', str(count), '-f', 'alice@example.com', '-t', 'bob@example.org', '-N',
                                   f'127.0.0.1:{sending.port}'], stdout=subprocess.DEVNULL)
        arrived, back = len(receiving.sink.mails), {name: [] for name in PROCESSES}
        for i in range(kills):
            end = time.monotonic() + PATIENCE  # some more got through since the last kill
            while len(receiving.sink.mails) < min(arrived + 20, count - 50):
                assert time.monotonic() < end, len(receiving.sink.mails)
                time.sleep(0.005)
            arrived = len(receiving.sink.mails)
            name = PROCESSES[i % 3]
            pid = s.only(name)
            os.kill(pid, signal.SIGKILL)
            back[name].append(works_again(s))
        assert max(map(min, back.values())) < BACK_WITHIN, back
        assert source.wait(2 * PATIENCE) == 0
        end = time.monotonic() + 2 * PATIENCE
        while len({mail.recipients[0] for mail in receiving.sink.mails}) < count:
            assert time.monotonic() < end, (len(receiving.sink.mails), sending.queue()[:3])
            time.sleep(0.1)
        mails = receiving.sink.wait(count)
        assert all(len(fields(mail.data, 'DKIM-Signature')) == 1 for mail in mails)
        assert s.metric('inkan_restarts_total') == kills
        assert 'killed by signal 9' in s.log()


@case('kill -9 of the filter with 50 messages under way: each server sees its connection end, and the next one is signed')
def _():
    with service() as s:
        under_way = [s.milter() for _ in range(50)]
        for server in under_way:
            server.connect('x', '127.0.0.1')
            server.mail('alice@example.com')
        pid = s.only('inkan-filter')
        os.kill(pid, signal.SIGKILL)
        for server in under_way:
            try:
                server.frame('E')
                raise AssertionError(server.answer())
            except (OSError, Closed):
                server.socket.close()
        works_again(s)


@case('kill -9 of the supervisor: the others end too, and the next one takes over the socket')
def _():
    with service() as s:
        children = s.children()
        s.process.kill()
        s.process.wait()
        end = time.monotonic() + PATIENCE
        while any(Path(f'/proc/{pid}').exists() for pids in children.values() for pid in pids):
            assert time.monotonic() < end, children
            time.sleep(0.02)
        s.start()
        works_again(s)


@case('a process that dies at once again and again: started with pauses, the others go on')
def _():
    with service() as s:
        for _ in range(3):
            pid = s.only('inkan-recorder')
            os.kill(pid, signal.SIGKILL)
            works(s)
            s.wait_until(lambda: s.children().get('inkan-recorder', [pid]) != [pid])
        assert s.metric('inkan_restarts_total') == 3


# ---- the store ----

def rows(s):
    with sqlite3.connect(f'file:{s.store}?mode=ro', uri=True) as db:
        [table] = [name for name, in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE '%outcome%'")]
        return db.execute(f'SELECT count(*) FROM {table}').fetchone()[0]


def traffic_and_trouble(s, messages=200, said=True):
    """Mail goes on; the store's trouble is counted, said, and seen in health."""
    with Traffic(s, connections=4, check=signed) as traffic:
        traffic.flow(messages)
        assert traffic.broken == 0
    s.wait_until(lambda: s.metric('inkan_store_errors_total') > 0)
    if said:
        s.wait_for_log('outcomes are not stored now')
    assert s.metric('inkan_outcomes_waiting') > 0 and s.metric('inkan_restarts_total') == 0


def everything_stored(s):
    """Afterwards all that waited is written."""
    s.wait_for_log('the store works again')
    s.wait_until(lambda: s.metric('inkan_outcomes_waiting') == 0 and
                 s.metric('inkan_outcomes_stored_total') == s.metric('inkan_messages_total'))
    assert s.metric('inkan_outcomes_dropped_total') == 0


@case('the file of the store may not grow (RLIMIT_FSIZE): mail goes on, later everything is stored')
def _():
    with service() as s:
        works(s)
        s.wait_until(lambda: s.metric('inkan_outcomes_stored_total') == 1)
        pid = s.only('inkan-recorder')
        _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
        traffic_and_trouble(s, said=False)  # the log is a file too
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (hard, hard))
        everything_stored(s)


@contextmanager
def small_disk(size):
    folder = tempfile.mkdtemp(prefix='inkan-disk-')
    done = subprocess.run(['mount', '-t', 'tmpfs', '-o', f'size={size},mode=0777', 'tmpfs', folder], capture_output=True)
    if done.returncode:
        os.rmdir(folder)
        skip('no file system may be mounted here')
    try:
        yield Path(folder)
    finally:
        subprocess.run(['umount', '-l', folder], check=True)
        os.rmdir(folder)


@case('the disk of the store is full: mail goes on, it is said with what to do, later everything is stored')
def _():
    with small_disk('4m') as disk, service(f'store: {{path: "{disk}/inkan.db"}}\n') as s:
        works(s)
        s.wait_until(lambda: s.metric('inkan_outcomes_stored_total') == 1)
        filler = disk / 'filler'
        try:
            with open(filler, 'wb', buffering=0) as f:
                while True:
                    f.write(bytes(4096))
        except OSError:
            pass
        traffic_and_trouble(s)
        assert 'full' in s.log(), s.log()[-2000:]
        filler.unlink()
        everything_stored(s)


@case('the queue of outcomes is full too: the oldest stay, the rest is counted, mail goes on')
def _():
    with service('store: {path: "@STORE@", queue_max: 100}\n') as s:
        works(s)
        s.wait_until(lambda: s.metric('inkan_outcomes_stored_total') == 1)
        pid = s.only('inkan-recorder')
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
        traffic_and_trouble(s, 300, said=False)
        s.wait_until(lambda: s.metric('inkan_outcomes_dropped_total') > 0)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        s.wait_until(lambda: s.metric('inkan_outcomes_waiting') == 0)
        total = s.metric('inkan_outcomes_dropped_total') + s.metric('inkan_outcomes_stored_total')
        assert total == s.metric('inkan_messages_total'), s.http('/metrics')


@case('the file of the store is overwritten with rubbish: mail goes on; once it is moved away, a new one is made')
def _():
    with service() as s:
        works(s)
        s.wait_until(lambda: s.metric('inkan_outcomes_stored_total') == 1)
        for end in ('', '-wal', '-shm'):
            Path(s.store + end).write_bytes(b'rubbish ' * 4096)
        traffic_and_trouble(s)
        for end in ('', '-wal', '-shm'):
            Path(s.store + end).unlink(missing_ok=True)
        s.wait_for_log('the store works again')
        s.wait_until(lambda: s.metric('inkan_outcomes_waiting') == 0)
        works(s)
        assert rows(s) > 0


@case('the file of the store is removed: a new one is made, and what comes from then on is in it')
def _():
    with service() as s:
        works(s)
        s.wait_until(lambda: s.metric('inkan_outcomes_stored_total') == 1)
        for end in ('', '-wal', '-shm'):
            Path(s.store + end).unlink(missing_ok=True)
        with Traffic(s, connections=2, check=signed) as traffic:
            traffic.wait(50)
        s.wait_until(lambda: Path(s.store).exists() and s.metric('inkan_outcomes_waiting') == 0)
        assert s.metric('inkan_outcomes_stored_total') == s.metric('inkan_messages_total')
        assert rows(s) >= traffic.done, (rows(s), traffic.done)


@case('the service starts though the store is rubbish, and says so')
def _():
    with service(wait=False) as s:
        Path(s.store).write_bytes(b'rubbish ' * 4096)
        s.start()
        works(s)
        assert 'move it away' in s.log(), s.log()


# ---- the log ----

@case('a log that nobody reads: mail goes on, a process that is killed comes back, lines are counted, later they flow again')
def _():
    ends = os.pipe()
    with service(stderr=ends[1]) as s:
        os.close(ends[1])
        with Traffic(s, connections=4, check=signed) as traffic:
            end = time.monotonic() + PATIENCE
            while s.metric('inkan_log_lines_lost_total') == 0:
                assert time.monotonic() < end
                traffic.wait(500)
            for name in PROCESSES:
                pid = s.only(name)
                os.kill(pid, signal.SIGKILL)
                works_again(s)
        s.signal(signal.SIGHUP)
        s.wait_until(lambda: s.metric('inkan_reloads_total') == 1)
        text = read_some(ends[0])
        s.signal(signal.SIGHUP)
        s.wait_until(lambda: s.metric('inkan_reloads_total') == 2)
        end = time.monotonic() + PATIENCE
        while b'lines about the service were lost' not in text or b'message_id=<afterwards@' not in text:
            assert time.monotonic() < end, text[-1000:]
            with s.milter() as server:
                message, arguments = ours('afterwards')
                signed(server.message(message, **arguments))
            text += read_some(ends[0])
    os.close(ends[0])


def read_some(fd):
    os.set_blocking(fd, False)
    try:
        return os.read(fd, 1 << 20)
    except BlockingIOError:
        return b''


@case('who read the log has gone: mail goes on, a process that is killed comes back')
def _():
    ends = os.pipe()
    with service(stderr=ends[1]) as s:
        os.close(ends[1])
        os.close(ends[0])
        for name in PROCESSES:
            works(s)
            pid = s.only(name)
            os.kill(pid, signal.SIGKILL)
            works_again(s)
        s.signal(signal.SIGHUP)
        s.wait_until(lambda: s.metric('inkan_reloads_total') == 1)
        works(s)
        assert s.stop() == 0


# ---- peers that misbehave ----

@case('a message octet by octet: judged like any other, while others are not slowed')
def _():
    with service() as s, s.milter(cut=1, pause=0.0005) as slow, Traffic(s, connections=2, check=signed) as traffic:
        message, arguments = ours('slow')
        signed(slow.message(message, **arguments))
        traffic.flow(100)


@case('100 peers that stop in the middle of a frame: closed after idle_timeout, others are not slowed')
def _():
    with service('milter: {listen: "@SOCKET@", idle_timeout: 2s}\n') as s:
        stuck = [s.milter() for _ in range(100)]
        for i, peer in enumerate(stuck):
            peer.raw((struct.pack('>I', 50000) + b'B' + b'x' * 1000)[:1 + i * 10])
        with Traffic(s, connections=4, check=signed) as traffic:
            traffic.flow(300)
            for peer in stuck:
                peer.socket.settimeout(PATIENCE)
                assert peer.socket.recv(1) == b''
        assert s.metric('inkan_timeouts_total') == 100


@case('peers that ask and never read: nothing more is read from them, closed after write_timeout, memory bounded')
def _():
    with service('milter: {listen: "@SOCKET@", write_timeout: 2s}\n') as s:
        pid = s.only('inkan-filter')
        works(s)
        before = resident(pid)
        deaf = [s.milter(protocol=0) for _ in range(20)]  # wants an answer to everything
        flood = struct.pack('>I', 1) + b'T'
        for peer in deaf:
            peer.socket.setblocking(False)
        sent = [0] * len(deaf)
        progress = time.monotonic()
        while time.monotonic() - progress < 0.5:  # until nothing more is read of any of them
            for i, peer in enumerate(deaf):
                try:
                    sent[i] += peer.socket.send(flood * 4000)
                    progress = time.monotonic()
                except (BlockingIOError, ConnectionError):
                    pass
            assert max(sent) < 8 << 20, sent
            time.sleep(0.001)
        assert SANITIZED or resident(pid) - before < 20 * 256, (before, resident(pid))
        with Traffic(s, connections=4, check=signed) as traffic:
            traffic.flow(300)
        s.wait_until(lambda: s.metric('inkan_timeouts_total') == len(deaf))
        assert s.metric('inkan_connections_open') == 0


@case('500 connections that are reset at every point of a message: no trace, nothing is slowed')
def _():
    listen = 'milter: {listen: ["@SOCKET@", "inet:127.0.0.1:@PORT@"]}\n'
    port = free_port()
    with service(listen.replace('@PORT@', str(port))) as s, Traffic(s, connections=2, check=signed) as traffic:
        before = s.descriptors()['inkan-filter']
        for i in range(500):
            peer = Milter(f'inet:127.0.0.1:{port}')
            steps = [lambda p: p.connect('x', '127.0.0.1'), lambda p: p.mail('alice@example.com'), lambda p: p.rcpt('b@example.org'),
                     lambda p: p.frame('L', b'From\0 alice@example.com\0'), lambda p: p.frame('N'),
                     lambda p: p.frame('B', b'x' * 60000), lambda p: p.frame('E')]
            for step in steps[:i % (len(steps) + 1)]:
                step(peer)
            peer.reset()
        traffic.flow(50)
        assert traffic.broken == 0
        s.wait_until(lambda: s.metric('inkan_connections_open') <= 2)
        assert s.descriptors()['inkan-filter'] <= before + 2 and s.metric('inkan_restarts_total') == 0


@case('1,000 idle connections: below 64 KiB each, others are not slowed')
def _():
    with service() as s, ExitStack() as stack:
        raise_file_limit(1200)
        pid = s.only('inkan-filter')
        with Traffic(s, connections=4, check=signed) as traffic:
            traffic.wait(500)
        before = resident(pid)
        for _ in range(1000):
            peer = s.milter()
            stack.callback(peer.socket.close)
            peer.session()
            peer.mail('alice@example.com')
        s.wait_until(lambda: s.metric('inkan_connections_open') == 1000)
        idle = resident(pid)
        with Traffic(s, connections=4, check=signed) as traffic:
            traffic.flow(500)
        assert SANITIZED or (idle - before) / 1000 < 64, (before, idle)
        stack.close()
        s.wait_until(lambda: s.metric('inkan_connections_open') == 0)


def raise_file_limit(wanted):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, hard), hard))


@case('connections_max: one more waits until another ends, and is served then')
def _():
    with service('milter: {listen: "@SOCKET@", connections_max: 4}\n') as s:
        peers = [s.milter() for _ in range(4)]
        waiting = s.milter(negotiate=False)
        waiting.socket.settimeout(0.5)
        waiting.frame('O', struct.pack('>III', 6, 0x1ff, 0x1fffff))
        try:
            raise AssertionError(waiting.socket.recv(1))
        except TimeoutError:
            pass
        assert s.metric('inkan_connections_open') == 4
        for peer in peers[:2]:
            peer.socket.close()
        waiting.socket.settimeout(PATIENCE)
        assert waiting.answer()[0] == b'O'
        for peer in (*peers, waiting):
            peer.socket.close()
        works_again(s)


@case('no descriptors left: what is there goes on, new ones are served when there are some again')
def _():
    with service() as s:
        pid = s.only('inkan-filter')
        old = s.milter()
        limit = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        used = max(int(fd) for fd in os.listdir(f'/proc/{pid}/fd')) + 1
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (used, limit[1]))
        late = [s.milter(negotiate=False) for _ in range(30)]
        for peer in late:
            peer.frame('O', struct.pack('>III', 6, 0x1ff, 0x1fffff))
        time.sleep(1)
        with open(f'/proc/{pid}/stat', encoding='ascii') as f:
            before = sum(map(int, f.read().split()[13:15]))
        message, arguments = ours(1)
        signed(old.message(message, **arguments))
        time.sleep(1)
        with open(f'/proc/{pid}/stat', encoding='ascii') as f:
            assert sum(map(int, f.read().split()[13:15])) - before < 50, 'it spins'
        resource.prlimit(pid, resource.RLIMIT_NOFILE, limit)
        for peer in late:
            peer.socket.settimeout(PATIENCE)
            assert peer.answer()[0] == b'O'
            peer.socket.close()
        old.socket.close()


# ---- clocks ----

@contextmanager
def moving_clock(config='', **options):
    """A service whose wall clock is set by jump(seconds): tests/support/clock_shim.c stands between it and libc."""
    shim = os.path.join(os.environ['INKAN_BUILD'], 'tests/libclock_shim.so')
    if not os.path.exists(shim):
        skip('no shim in this build')
    with tempfile.NamedTemporaryFile() as offset:
        offset.write(bytes(8))
        offset.flush()
        os.chmod(offset.name, 0o644)

        def jump(seconds):
            with open(offset.name, 'r+b') as f:
                f.write(struct.pack('q', seconds))
        others = os.environ.get('LD_PRELOAD', '')
        with service(config, environment={'LD_PRELOAD': f'{shim}:{others}', 'CLOCK_SHIM': offset.name}, **options) as s:
            yield s, jump


DAY = 86400
for word, seconds in (('an hour ahead', 3600), ('an hour back', -3600), ('200 days ahead', 200 * DAY), ('10 years back', -3650 * DAY)):
    @case(f'the wall clock jumps {word}: no time-out, no message lost, nothing thrown out of the store')
    def _(seconds=seconds):
        with moving_clock('milter: {listen: "@SOCKET@", idle_timeout: 30s, write_timeout: 30s}\n') as (s, jump):
            idle, half = s.milter(), s.milter()
            half.session(client='127.0.0.1')
            half.mail('alice@example.com')
            with Traffic(s, connections=2, make=lambda n: (ours, theirs)[n % 2](n), pause=0.002) as traffic:
                traffic.flow(100)
                jump(seconds)
                traffic.flow(100)
                time.sleep(1.5)  # the tick that looks for time-outs
                jump(0)
                traffic.flow(100)
                assert traffic.broken == 0 and set(traffic.answers) == {'accept'}, vars(traffic)
            for server in (idle, half):
                message, arguments = ours('after')
                server.abort()
                signed(server.message(message, **arguments))
                server.socket.close()
            assert s.metric('inkan_timeouts_total') == s.metric('inkan_restarts_total') == s.metric('inkan_failures_total') == 0
            s.wait_until(lambda: s.metric('inkan_outcomes_waiting') == 0)
            assert s.metric('inkan_outcomes_stored_total') == rows(s), rows(s)
            jump(seconds)
            assert s.stop() == 0


# ---- systemd ----

@contextmanager
def notify_socket():
    folder = tempfile.mkdtemp(prefix='inkan-notify-')
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
        s.bind(f'{folder}/notify')
        os.chmod(f'{folder}/notify', 0o666)
        s.settimeout(PATIENCE)
        yield s, f'{folder}/notify'
    shutil.rmtree(folder)


@case('sd_notify: READY, RELOADING with the time, READY again, STOPPING')
def _():
    with notify_socket() as (notify, path), service(environment={'NOTIFY_SOCKET': path}) as s:
        assert b'READY=1' in notify.recv(1000)
        begin = time.clock_gettime(time.CLOCK_MONOTONIC)
        s.signal(signal.SIGHUP)
        said = dict(line.split('=') for line in notify.recv(1000).decode().splitlines())
        assert said['RELOADING'] == '1' and begin * 1e6 <= int(said['MONOTONIC_USEC']) <= time.clock_gettime(time.CLOCK_MONOTONIC) * 1e6
        assert b'READY=1' in notify.recv(1000)
        s.configure('nonsense: 1\n')
        s.signal(signal.SIGHUP)  # also one that is refused is over some time
        assert b'RELOADING=1' in notify.recv(1000) and b'READY=1' in notify.recv(1000)
        s.signal(signal.SIGTERM)
        assert b'STOPPING=1' in notify.recv(1000)
        assert s.process.wait(PATIENCE) == 0


@case('sockets that systemd opened are served, over reloads, and are not removed at the end')
def _():
    tool = shutil.which('systemd-socket-activate')
    if not tool:
        skip('no systemd-socket-activate')
    with service(wait=False) as s:
        path = s.address[5:]
        s.launcher = [tool, '--listen', path, '--fdname=milter', '-E', 'INKAN', '-E', 'PATH']
        s.stderr = open(s.log_path, 'ab')
        s.process = subprocess.Popen([*s.launcher, os.environ['INKAN'], 'serve', '--config', s.path], stdin=subprocess.DEVNULL,
                                     stdout=s.stderr, stderr=s.stderr)
        s.wait_for_log('Listening on')
        works(s)  # the first connection starts it
        s.wait_for_log('ready: ')
        s.signal(signal.SIGHUP)
        s.wait_for_log('generation 2\n')
        works(s)
        assert s.stop() == 0 and os.path.exists(path)
        s.stderr.close()


@case('sockets of systemd by hand: milter and status, told by name')
def _():
    with service(wait=False) as s, socket.socket(socket.AF_UNIX) as milter, socket.create_server(('127.0.0.1', 0)) as status:
        milter.bind(s.address[5:])
        milter.listen()
        s.port = status.getsockname()[1]
        s.configure(SIGN_RSA + 'milter: {listen: "unix:/nonexistent/socket"}\nstatus: {listen: "unix:/nonexistent/status"}\n')
        run = ('import os, sys; [os.dup2(int(sys.argv[1 + i]), 3 + i) for i in (0, 1)]; os.environ.update(LISTEN_PID=str(os.getpid()),'
               ' LISTEN_FDS="2", LISTEN_FDNAMES="status:milter"); os.execv(sys.argv[3], sys.argv[3:])')
        kept = [fcntl.fcntl(fd, fcntl.F_DUPFD, 50) for fd in (status.fileno(), milter.fileno())]  # above what they become
        with open(s.log_path, 'ab') as log:
            s.process = subprocess.Popen([sys.executable, '-c', run, *map(str, kept), os.environ['INKAN'], 'serve', '--config', s.path],
                                         pass_fds=kept, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        s.wait_for_log('ready: ')
        works(s)
        assert s.metric('inkan_connections_total') == 1


# ---- rights ----

def status_of(pid):
    with open(f'/proc/{pid}/status', encoding='ascii') as f:
        return {name: value.split() for name, _, value in (line.partition(':') for line in f)}


@case('started as root with user: nobody: nobody but root could read the keys, no process has rights, the socket has its group')
def _():
    if os.geteuid() != 0:
        skip('needs root')
    nobody, group = pwd.getpwnam('nobody'), 'mail'
    with service(f'milter: {{listen: "@SOCKET@", socket_group: {group}, socket_mode: 0660}}\n', user='nobody') as s:
        works(s)
        for name in PROCESSES:
            pid = s.only(name)
            status = status_of(pid)
            assert set(status['Uid']) == {str(nobody.pw_uid)} and set(status['Gid']) == {str(nobody.pw_gid)}, (name, status)
            assert not set(status['Groups']) - {str(nobody.pw_gid)} and status['NoNewPrivs'] == ['1'], (name, status)
            assert all(set(status[caps][0]) == {'0'} for caps in ('CapEff', 'CapPrm', 'CapInh', 'CapAmb')), (name, status)
            assert SANITIZED or status['Seccomp'] == ['2'], (name, status)
            limits = Path(f'/proc/{pid}/limits').read_text(encoding='ascii')
            assert re.search(r'^Max core file size +0 +0 ', limits, re.M), limits
            assert SANITIZED or os.stat(f'/proc/{pid}/environ').st_uid == 0, f'{name} could be traced by its own user'
        for key in ('rsa.pem', 'ed.pem'):
            info = os.stat(os.path.join(s.folder, key))
            assert info.st_mode & 0o777 == 0o600 and info.st_uid == 0
        info = os.stat(s.address[5:])
        assert info.st_mode & 0o777 == 0o660 and grp.getgrgid(info.st_gid).gr_name == group, oct(info.st_mode)
        reached = subprocess.run([sys.executable, '-c', f'import socket; socket.socket(socket.AF_UNIX).connect("{s.address[5:]}")'],
                                 user='games', group='games', extra_groups=[], capture_output=True)
        assert reached.returncode and b'PermissionError' in reached.stderr, reached.stderr
        pid = s.only('inkan-filter')
        read = subprocess.run(['cat', f'{s.folder}/rsa.pem'], user='nobody', group='nogroup', extra_groups=[], capture_output=True)
        assert read.returncode, 'the user of the filter can read a key'
        os.kill(pid, signal.SIGKILL)  # its successor is locked in as well
        works_again(s)
        assert status_of(s.children()['inkan-filter'][0])['NoNewPrivs'] == ['1']


main()
