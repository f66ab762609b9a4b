"""`inkan serve` for tests: in a folder of its own, on sockets of its own, ended by its own process id.

    from service import Service      (as tap.py)

    with Service(config, dns={...}) as service:
        with service.milter() as server:
            result = server.message(octets, ...)
        print(service.log())
"""
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

from milter import Milter
from port import free_port

PATIENCE = 60  # seconds: what takes longer never comes


def open_descriptors(pid):
    """How many; 0 where the process has just ended."""
    try:
        return len(os.listdir(f'/proc/{pid}/fd'))
    except OSError:
        return 0


@contextmanager
def held(*pids):
    """While it lasts, nothing runs in these processes. A signal to stop is taken by one thread, which tells the others, by and by."""
    def runs(pid):
        try:
            return any(Path(f'/proc/{pid}/task/{task}/stat').read_text(encoding='ascii').rsplit(')', 1)[1].split()[0] != 'T'
                       for task in os.listdir(f'/proc/{pid}/task'))
        except OSError:
            os.kill(pid, 0)  # has it ended? Then this tells
            return True      # a thread has just ended: looked at again
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        while any(map(runs, pids)):
            time.sleep(0.005)
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


class Service:
    """config: lines of YAML besides those that say where things are; files: name -> octets, put into the folder with
    mode 0600; dns: a snapshot; with None the configuration has to say where DNS is; launcher: words before those of inkan;
    stderr: a descriptor instead of a file, then wait_for_log() sees nothing and readiness is asked for at /readyz."""

    def __init__(self, config='', dns=None, files=None, socket_name='milter.sock', workers=2, wait=True, user='root', environment=None,
                 launcher=(), stderr=None):
        self.folder = tempfile.mkdtemp(prefix='inkan-serve-')
        os.chmod(self.folder, 0o755)
        self.address = f'unix:{self.folder}/{socket_name}'
        self.port = free_port()
        self.path = os.path.join(self.folder, 'inkan.yaml')
        self.store = os.path.join(self.folder, 'state', 'inkan.db')
        os.mkdir(os.path.dirname(self.store))
        os.chmod(os.path.dirname(self.store), 0o777)
        self.base = {'workers': workers, 'user': user, 'authserv_id': 'mx.example.net'}
        self.dns = dns
        for name, octets in (files or {}).items():
            self.write(name, octets)
        self.configure(config)
        self.log_path = os.path.join(self.folder, 'log')
        self.process = None
        self.environment = environment or {}
        self.launcher, self.stderr = launcher, stderr
        if wait:
            try:
                self.start()
            except BaseException:
                self.__exit__()
                raise

    def write(self, name, octets):
        path = os.path.join(self.folder, name)
        with open(path, 'wb') as f:
            f.write(octets if isinstance(octets, bytes) else octets.encode())
        os.chmod(path, 0o600)
        return path

    def configure(self, config):
        """Sections that the test gives itself (milter:, dns:, store:, status:, identities:) are not written here."""
        base = dict(self.base)
        lines = [f'{name}: {value}' for name, value in base.items() if f'\n{name}:' not in '\n' + config]
        sections = {'milter': f'milter: {{listen: "{self.address}"}}',
                    'status': f'status: {{listen: "inet:127.0.0.1:{self.port}"}}',
                    'store': f'store: {{path: "{self.store}"}}',
                    'identities': 'identities: {store: ""}'}
        if self.dns is not None:
            self.write('dns.json', json.dumps(self.dns))
            sections['dns'] = f'dns: {{snapshot: "{self.folder}/dns.json"}}'
        lines += [line for name, line in sections.items() if f'\n{name}:' not in '\n' + config]
        config = config.replace('@FOLDER@', self.folder).replace('@SOCKET@', self.address).replace('@STORE@', self.store)
        with open(self.path, 'w', encoding='utf-8') as f:
            f.write('\n'.join(lines) + '\n' + config)

    def start(self, seconds=PATIENCE):
        with open(self.log_path, 'ab') as log:
            self.process = subprocess.Popen([*self.launcher, os.environ['INKAN'], 'serve', '--config', self.path],
                                            stdin=subprocess.DEVNULL, stdout=log, env={**os.environ, **self.environment},
                                            stderr=log if self.stderr is None else self.stderr)
        if self.stderr is None:
            self.wait_for_log('ready: ', seconds)
        else:
            self.wait_until(lambda: self.http('/readyz'), seconds)

    def wait_until(self, test, seconds=PATIENCE):
        """Until the test holds; a status page that is just being started anew may break a connection."""
        def holds():
            try:
                return test()
            except OSError:
                return False
        end = time.monotonic() + seconds
        while not holds():
            if time.monotonic() > end or self.process.poll() is not None:
                raise AssertionError(f'waited in vain; the log:\n{self.log()}')
            time.sleep(0.02)

    def log(self):
        with open(self.log_path, encoding='utf-8', errors='replace') as f:
            return f.read()

    def wait_for_log(self, text, seconds=PATIENCE, count=1):
        """Until the log holds the text so many times."""
        end = time.monotonic() + seconds
        while self.log().count(text) < count:
            if time.monotonic() > end or self.process.poll() is not None:
                raise AssertionError(f'no "{text}" ({count}) in the log:\n{self.log()}')
            time.sleep(0.02)

    def milter(self, **options):
        return Milter(self.address, **options)

    def http(self, path, headers=None):
        request = urllib.request.Request(f'http://127.0.0.1:{self.port}{path}', headers=headers or {})
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return answer.read().decode()

    def metric(self, name):
        """The sum of a metric's values, whatever its labels."""
        lines = [line for line in self.http('/metrics').splitlines() if line.split('{')[0].split(' ')[0] == name]
        return sum(float(line.rsplit(' ', 1)[1]) for line in lines)

    def children(self):
        """name -> process ids, of the processes of the service."""
        found = {}
        for pid in os.listdir('/proc'):
            try:
                with open(f'/proc/{pid}/stat', encoding='ascii') as f:
                    name, rest = f.read().split('(', 1)[1].rsplit(')', 1)
            except (OSError, IndexError):
                continue
            fields = rest.split()
            if int(fields[1]) == self.process.pid and fields[0] != 'Z':
                found.setdefault(name, []).append(int(pid))
        return found

    def only(self, name):
        """The process id of that name, once there is one and no more: those of before a reload or a crash have gone."""
        found = []

        def one():
            found[:] = self.children().get(name, [])
            return len(found) == 1
        self.wait_until(one)
        return found[0]

    def settle(self):
        """Until there is one process of each name."""
        self.wait_until(lambda: all(len(pids) == 1 for pids in self.children().values()))

    def descriptors(self):
        """name of process -> how many descriptors it has open."""
        return {name: sum(open_descriptors(pid) for pid in pids)
                for name, pids in {**self.children(), 'supervisor': [self.process.pid]}.items()}

    def signal(self, number):
        self.process.send_signal(number)

    def stop(self, seconds=PATIENCE):
        """The exit status."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                raise AssertionError(f'the service does not stop:\n{self.log()}') from None
        return self.process.returncode if self.process else None

    def __enter__(self):
        return self

    def __exit__(self, *trouble):
        try:
            self.stop()
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)
