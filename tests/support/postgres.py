"""A PostgreSQL server of the test's own: a folder, a socket in it, no network; ended by its own process id.

    with Postgres() as server:
        server.address        # for inkan, and libpq
        server.sql('SELECT 1')
"""
import glob
import os
import shutil
import signal
import subprocess
import tempfile
import time

from tap import skip


class Postgres:
    def __init__(self):
        programs = sorted(glob.glob('/usr/lib/postgresql/*/bin/postgres'))
        if not programs:
            skip('PostgreSQL is not installed')
        self.bin = os.path.dirname(programs[-1])
        self.folder = tempfile.mkdtemp(prefix='inkan-pg-')
        self.as_user = []
        if os.geteuid() == 0:
            shutil.chown(self.folder, 'postgres', 'postgres')
            self.as_user = ['setpriv', '--reuid=postgres', '--regid=postgres', '--clear-groups']
        self.process = None
        self.user = 'postgres' if self.as_user else None

    @property
    def address(self):
        return f'host={self.folder} dbname=postgres' + (f' user={self.user}' if self.user else '')

    @property
    def url(self):
        return f'postgresql://{self.user or ""}{"@" if self.user else ""}/postgres?host={self.folder.replace("/", "%2F")}'

    def __enter__(self):
        try:
            done = subprocess.run([*self.as_user, f'{self.bin}/initdb', '-A', 'trust', '--no-sync', '-E', 'UTF8', '--locale=C.UTF-8',
                                   '-D', f'{self.folder}/data'], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd='/')
            assert done.returncode == 0, done.stdout
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def start(self):
        with open(f'{self.folder}/log', 'ab') as log:
            self.process = subprocess.Popen(
                [*self.as_user, f'{self.bin}/postgres', '-D', f'{self.folder}/data', '-k', self.folder, '-c', 'listen_addresses=',
                 '-c', 'fsync=off', '-c', 'max_connections=20', '-c', 'shared_buffers=8MB'], stdout=log, stderr=log, cwd='/')
        end = time.monotonic() + 60
        while self.psql('SELECT 1').returncode:
            assert time.monotonic() < end and self.process.poll() is None, open(f'{self.folder}/log').read()
            time.sleep(0.1)

    def stop(self, how=signal.SIGINT):
        if self.process:
            self.process.send_signal(how)
            self.process.wait(60)
            self.process = None

    def psql(self, sql):
        return subprocess.run([f'{self.bin}/psql', '-X', '-q', '-t', '-A', '-d', self.address, '-c', sql],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def sql(self, sql):
        done = self.psql(sql)
        assert done.returncode == 0, done.stderr
        return done.stdout.decode().strip()

    def __exit__(self, *_):
        try:
            self.stop()
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)
