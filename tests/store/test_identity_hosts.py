#!/usr/bin/python3
"""The identity store with a real PostgreSQL server, with several hosts at once, with hosts that are killed, and its backup
from one database into the other."""
import base64
import json
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / 'support'))
from postgres import Postgres  # noqa: E402
from tap import SOURCE, case, main, run, skip  # noqa: E402

BUILD = Path(os.environ.get('INKAN_BUILD', SOURCE / 'build')) / 'tests'
STEPS = BUILD / 'identity_steps'
HOSTS, IDENTITIES, KILLS = 2, 1000, 5


class Sqlite:
    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix='inkan-store-')
        self.address = f'{self.folder}/identities.db'
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.folder)


def steps(*arguments):
    done = subprocess.run([STEPS, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=100)
    assert done.returncode == 0, (arguments, done.stdout, done.stderr)
    return [int(word) for word in done.stdout.split()]


def start(*arguments):
    return subprocess.Popen([STEPS, *map(str, arguments)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def two_hosts(address):
    steps('fill', address, IDENTITIES)
    hosts = [start('step', address, f'mail{n}') for n in range(HOSTS)]
    assert all(host.stdout.readline() == 'ready\n' for host in hosts)
    for host in hosts:
        host.stdin.write('x')
        host.stdin.flush()
    results = [host.communicate(timeout=100) for host in hosts]
    assert all(host.returncode == 0 for host in hosts), results
    done = [int(out) for out, _ in results]
    assert sum(done) == IDENTITIES, done
    assert steps('check', address) == [IDENTITIES, IDENTITIES, 0]


def killed(address):
    steps('fill', address, 10)
    before = 0
    for _ in range(KILLS):
        host = start('churn', address)
        try:
            assert host.stdout.readline() == 'running\n', host.stderr.read()
        finally:
            host.send_signal(signal.SIGKILL)
            host.communicate()
        identities, events, broken = steps('check', address)
        assert identities == 10 and events > before and broken == 0, (identities, events, broken)
        before = events


@case('the test table of the store, with PostgreSQL')
def _():
    with Postgres() as server:
        done = subprocess.run([BUILD / 'test_store_identity_store'], env=dict(os.environ, IDENTITY_STORE=server.address, TEST=''),
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300)
        assert done.returncode == 0, done.stdout
        assert int(re.search(r'\[  PASSED  \] (\d+) test', done.stdout)[1]) > 50


@case('two hosts on PostgreSQL: each step is done by exactly one')
def _():
    with Postgres() as server:
        two_hosts(server.address)


@case('two processes on SQLite: each step is done by exactly one')
def _():
    with Sqlite() as store:
        two_hosts(store.address)


@case('hosts killed in the middle of changes on PostgreSQL: identities are whole, keys are there')
def _():
    with Postgres() as server:
        killed(server.address)


@case('processes killed in the middle of changes on SQLite: identities are whole, keys are there')
def _():
    with Sqlite() as store:
        killed(store.address)


@case('a PostgreSQL server that dies and comes back: what was stored is there, and work goes on')
def _():
    with Postgres() as server:
        steps('fill', server.address, 10)
        host = start('churn', server.address)
        assert host.stdout.readline() == 'running\n'
        server.stop(signal.SIGQUIT)
        _, trouble = host.communicate(timeout=60)
        assert host.returncode == 1 and 'PostgreSQL postgres at' in trouble, trouble
        server.start()
        assert steps('check', server.address)[2] == 0


@case('a server that waits for a lock is not waited for without end')
def _():
    with Postgres() as server:
        steps('fill', server.address, 1)
        holder = subprocess.Popen([f'{server.bin}/psql', '-X', '-q', '-d', server.address, '-c',
                                   "BEGIN; SELECT * FROM inkan.meta FOR UPDATE; SELECT pg_sleep(60)"],
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            while server.sql("SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'BEGIN; SELECT%' AND wait_event = 'PgSleep'") != '1':
                pass
            done = subprocess.run([STEPS, 'fill', server.address, '1'], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                  timeout=40)
            assert done.returncode == 1 and 'lock timeout' in done.stderr, done.stderr
        finally:
            holder.kill()
            holder.wait()


# ---- commands ----

def inkan(*arguments, want=0, input=None):
    done = run(*arguments, input=input)
    assert done.returncode == want, (arguments, done.returncode, done.stdout, done.stderr)
    return done


@case('backup and restore between SQLite and PostgreSQL, both ways')
def _():
    with Postgres() as server, Sqlite() as one, Sqlite() as two:
        steps('fill', one.address, 300)
        first, second, third = (f'{one.folder}/{name}.jsonl' for name in ('first', 'second', 'third'))
        inkan('identity', 'backup', first, '--store', one.address)
        inkan('identity', 'restore', first, '--store', server.url)
        inkan('identity', 'backup', second, '--store', server.url)
        inkan('identity', 'restore', second, '--store', two.address)
        inkan('identity', 'backup', third, '--store', two.address)
        assert Path(first).read_bytes() == Path(second).read_bytes() == Path(third).read_bytes()
        assert steps('check', server.address) == steps('check', two.address) == [300, 0, 0]


@case('S1-16 a backup is for its owner only, whole or not there, and replaces nothing unasked')
def _():
    with Sqlite() as store:
        steps('fill', store.address, 3)
        path = f'{store.folder}/backup'
        before = os.umask(0)
        try:
            inkan('identity', 'backup', path, '--store', store.address)
        finally:
            os.umask(before)
        assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
        inkan('identity', 'backup', path, '--store', store.address, want=2)
        inkan('identity', 'backup', path, '--store', store.address, '--force')
        whole = Path(path).read_bytes()
        assert inkan('identity', 'backup', '-', '--store', store.address).stdout == whole
        assert len(os.listdir(store.folder)) == 4, os.listdir(store.folder)
        assert json.loads(whole.splitlines()[-1]) == {'end': len(whole.splitlines())}
        done = inkan('identity', 'backup', f'{store.folder}/no/backup', '--store', store.address, want=2)
        assert b'nothing was written' in done.stderr
        missing = inkan('identity', 'backup', '-', '--store', f'{store.folder}/none.db', want=3)
        assert b'No such file' in missing.stderr and not missing.stdout


@case('what cannot be restored is refused with its line, and nothing is left of it')
def _():
    with Sqlite() as store, Sqlite() as other:
        steps('fill', store.address, 3)
        whole = inkan('identity', 'backup', '-', '--store', store.address).stdout
        lines = whole.splitlines(True)
        place = ('identity', 'restore', '-', '--store', other.address)
        for broken, words in ((b'', b'line 1: the backup ends too early'), (whole[:-20], b'this is no JSON'),
                              (b''.join(lines[:-1]), b'ends too early'), (lines[0] + b'x' * 7000000 + b'\n', b'longer than any line'),
                              (b'\xff\xfe\n', b'line 1: this is no JSON'), (whole + whole, b'lines behind the end')):
            done = inkan(*place, want=2, input=broken)
            assert words in done.stderr, (words, done.stderr)
        inkan(*place, input=whole)
        assert b'into an empty store' in inkan(*place, want=2, input=whole).stderr
        assert steps('check', other.address) == [3, 0, 0]


# ---- secrets ----

def secrets_of(pem):
    """Texts that stand for the key: lines of its base64, and octets of it, as they are and in hexadecimal. The start of an
    RSA key is public: the modulus, which the record shows."""
    lines = [line for line in pem.splitlines() if line and not line.startswith(b'-----')]
    octets = base64.b64decode(b''.join(lines))[-32:]
    private = lines[10:-1] if len(lines) > 12 else lines
    assert private and all(len(line) >= 16 for line in private)
    return [*private, octets, octets.hex().encode(), octets.hex().upper().encode(), base64.b64encode(octets)]


@case('S1-16 no private key stands in the store, its log, its backup or any output')
def _():
    with Sqlite() as store:
        pems, outputs = [], []
        for domain, kind in (('one.example', 'rsa'), ('two.example', 'ed25519')):
            outputs.append(inkan('identity', 'create', domain, '--store', store.address, '--algorithm', kind, '--resolver', '127.0.0.1:9'))
            pem = inkan('identity', 'export', domain, '--store', store.address).stdout
            assert b'-----BEGIN PRIVATE KEY-----' in pem
            pems.append(pem)
        for words in (('list',), ('show', 'one.example'), ('show', 'two.example', '--json'), ('records', 'one.example'),
                      ('history', 'one.example'), ('backup', '-')):
            outputs.append(inkan('identity', *words, '--store', store.address))
        inkan('identity', 'backup', f'{store.folder}/backup', '--store', store.address)
        places = {name: Path(store.folder, name).read_bytes() for name in os.listdir(store.folder)}
        assert {'identities.db', 'identities.db-wal', 'backup', 'master.key'} <= set(places), list(places)
        for number, output in enumerate(outputs):
            places[f'output {number}'] = output.stdout + output.stderr
        for pem in pems:
            for secret in secrets_of(pem):
                for name, octets in places.items():
                    assert secret not in octets, (name, secret)
        assert stat.S_IMODE(os.stat(f'{store.folder}/master.key').st_mode) == 0o600


main()
