"""Messages without end, from several mail servers at once, and what a process costs meanwhile.

    with Traffic(service, connections=4) as traffic:
        traffic.wait(500)                       # until so many messages more are answered
    traffic.answers['accept'], traffic.broken
        traffic.flow(500)                       # until so many one after the other were answered without delay

`make(number)` gives the next message and the arguments of Milter.message(); `check(result)` may raise, which ends the test.
A connection that breaks is counted and made anew, as a mail server does that tries again. A machine may hold everything up for a
while, so no single message says that mail is slowed: `flow` fails where in a minute there are never so many quick ones in a row.
"""
import os
import threading
import time
from collections import Counter
from pathlib import Path

from domain import letter
from milter import Closed

# the sanitizers keep what was freed, and nothing is locked in under them: memory says little there
SANITIZED = b'__asan_init' in Path(os.environ['INKAN']).read_bytes()


def ours(number):
    return letter(number), {'sender': 'alice@example.com', 'recipients': ['bob@example.org'], 'client': '127.0.0.1',
                            'queue_id': f'Q{number}'}


def theirs(number):
    return letter(number), {'sender': 'alice@example.com', 'recipients': ['bob@example.net'], 'client': '192.0.2.1',
                            'queue_id': f'Q{number}'}


QUICK = 1  # seconds: more than any message needs where nothing is in its way


class Traffic:
    def __init__(self, service, connections=4, per_connection=10, make=ours, check=None, limit=None, pause=0):
        self.service, self.per_connection, self.make, self.check, self.limit = service, per_connection, make, check, limit
        self.pause = pause
        self.answers, self.broken, self.slowest, self.trouble = Counter(), 0, 0, None
        self.quick = 0  # how many of the last ones, without a slow one between
        self.started = self.done = 0
        self.stopping = False
        self.news = threading.Condition()
        self.threads = [threading.Thread(target=self.run, daemon=True) for _ in range(connections)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *trouble):
        self.stopping = True
        for thread in self.threads:
            thread.join(60)
            assert not thread.is_alive(), 'a connection hangs'
        if self.trouble and not trouble[0]:
            raise self.trouble

    def run(self):
        while not self.stopping and not self.trouble:
            try:
                with self.service.milter(coalesce=True) as server:
                    for _ in range(self.per_connection):
                        if not self.send_one(server):
                            return
            except (OSError, Closed):
                with self.news:
                    self.broken += 1
                time.sleep(0.01)
            except Exception as error:  # for the main thread
                with self.news:
                    self.trouble = error
                    self.news.notify_all()

    def send_one(self, server):
        with self.news:
            if self.stopping or self.trouble or (self.limit and self.started >= self.limit):
                self.stopping = True
                return False
            self.started += 1
            number = self.started
        message, arguments = self.make(number)
        begin = time.monotonic()
        result = server.message(message, **arguments)
        took = time.monotonic() - begin
        if self.check:
            self.check(result)
        with self.news:
            self.done += 1
            self.answers[result.answer] += 1
            self.slowest = max(self.slowest, took)
            self.quick = self.quick + 1 if took < QUICK else 0
            self.news.notify_all()
        if self.pause:
            time.sleep(self.pause)
        return True

    def flow(self, count, seconds=60):
        with self.news:
            self.quick = 0
            done = self.news.wait_for(lambda: self.quick >= count or self.trouble, seconds)
            if self.trouble:
                raise self.trouble
            assert done, f'mail is slowed: {self.slowest:.1f} s, of {self.done} messages the last {self.quick} were quick'

    def finish(self, seconds=60):
        """Until the limit is reached."""
        self.wait(None, seconds)

    def wait(self, count, seconds=60):
        with self.news:
            goal = self.limit if count is None else self.done + count
            done = self.news.wait_for(lambda: self.done >= goal or self.trouble, seconds)
            if self.trouble:
                raise self.trouble
            assert done, f'{self.done} of {goal} messages in {seconds} s'


def signed(result):
    """A check: every message is accepted with a signature."""
    assert result.answer == 'accept' and b'DKIM-Signature' in result.message, (result.answer, result.reply)


def resident(pid):
    """KiB in memory."""
    with open(f'/proc/{pid}/status', encoding='ascii') as f:
        return int([line for line in f if line.startswith('VmRSS')][0].split()[1])
