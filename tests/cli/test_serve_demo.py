#!/usr/bin/python3
"""inkan serve --demo: tells its story, checks it, and leaves nothing behind, whatever ends it."""
import fcntl
import os
import pty
import re
import select
import signal
import socket
import subprocess
import sys
import tempfile
import termios
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / 'support'))
from tap import SOURCE, case, main, run, skip  # noqa: E402

INKAN = os.environ.get('INKAN', str(SOURCE / 'build/inkan'))
ASIDE = {'CI', 'TMPDIR', 'LANG', 'LC_ALL', 'LC_MESSAGES'}
ENVIRONMENT = {name: value for name, value in os.environ.items() if name not in ASIDE}
PATIENCE = 120


class Place:
    """A $TMPDIR of its own, which is to be empty at the end."""

    def __init__(self, name=''):
        self.above = tempfile.TemporaryDirectory(prefix='inkan-test-')
        os.chmod(self.above.name, 0o755)
        self.path = os.path.join(self.above.name, name) if name else self.above.name
        if name:
            os.mkdir(self.path)

    def __enter__(self):
        return self

    def __exit__(self, *trouble):
        left, running = os.listdir(self.path), self.processes()
        self.above.cleanup()
        assert trouble[0] or (not left and not running), (left, running)

    def processes(self):
        found = []
        for pid in filter(str.isdigit, os.listdir('/proc')):
            try:
                line = Path('/proc', pid, 'cmdline').read_bytes()
            except OSError:
                continue
            if self.path.encode() in line and b'serve' in line:
                found.append(line)
        return found

    def environment(self, **more):
        return {**ENVIRONMENT, 'TMPDIR': self.path, **more}

    def demo(self, *arguments, **options):
        return subprocess.run([INKAN, 'serve', '--demo', *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, env=self.environment(), timeout=PATIENCE, **options)


def good(done):
    # a build that measures coverage complains of itself where the user may not write there
    said = [line for line in done.stderr.splitlines() if b'profiling' not in line]
    assert done.returncode == 0 and not said, done
    text = done.stdout.decode()
    assert 'NOT AS EXPECTED' not in text and '期待と異なります' not in text, text
    return text


def refused(done, words):
    assert done.returncode == 2 and done.stdout.count(b'\n') <= 3 and words in done.stderr.decode(), done


def in_order(text, parts):
    at = 0
    for part in parts:
        at = text.find(part, at)
        assert at >= 0, (part, text)


@case('the story in English: signed, PASS, swapped attachment, FAIL, explained; no terminal, so it ends')
def _():
    with Place() as place:
        text = good(place.demo('--lang', 'en'))
    in_order(text, (
        '\n1  Start', 'dns:\n', 'It is ready. Status page and metrics: http://127.0.0.1:', '\n2  A message',
        'DKIM-Signature: v=1; a=rsa-sha256', 'DKIM-Signature: v=1; a=ed25519-sha256', '\n3  It arrives', 'spf=pass', 'dmarc=pass',
        ' verify --dns ', 'VERDICT       PASS', '\n4  A gateway', 'spf=fail', 'dkim=fail (body hash did not verify)', 'dmarc=fail',
        ' verify --dns ', 'VERDICT       FAIL', 'gw.example.net rewrote the body', '\n5  What', ' explain --config ', 'Message DEMO2IN',
        'SPF           fail – demo.example, mfrom\n', 'body_hash_mismatch', '/readyz', '\n6  What', 'smtpd_milters = unix:inkan/milter.sock', 'config import',
        'Everything was as expected.'))
    assert '\x1b' not in text


@case('the story in Japanese')
def _():
    with Place() as place:
        text = good(place.demo('--lang', 'ja'))
    in_order(text, ('1  サービスを起動する', '2  送信メール', '3  送ったまま', '判定          PASS', '4  ゲートウェイ', '判定          FAIL',
                    '5  サービス', 'メッセージ DEMO2IN', '6  次に', 'すべて期待どおりでした。'))


@case('lines of the demonstration itself fit 100 columns; only commands are longer')
def _():
    with Place() as place:
        for line in good(place.demo('--lang', 'en')).splitlines():
            assert len(line) <= 100 or '$ ' in line or ' explain ' in line or line.startswith('File '), line


@case('the status port is taken: another one')
def _():
    with Place() as place, socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            taken.bind(('127.0.0.1', 8953))
            taken.listen()
        except OSError:
            pass  # by somebody else
        port = re.search(r'http://127\.0\.0\.1:(\d+)/', good(place.demo('--lang', 'en'))).group(1)
        assert port != '8953', port


@case('two at once do not disturb each other')
def _():
    with Place() as place:
        both = [subprocess.Popen([INKAN, 'serve', '--demo'], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                 env=place.environment()) for _ in range(2)]
        assert [one.communicate(timeout=PATIENCE)[1] for one in both] == [b'', b'']
        assert [one.returncode for one in both] == [0, 0]


@case('a user without rights')
def _():
    if os.geteuid() != 0:
        skip('only root can become another user')
    with Place() as place:
        os.chmod(place.path, 0o777)
        try:
            text = good(place.demo('--lang', 'en', user='nobody', group='nogroup', extra_groups=[]))
        except PermissionError:
            skip('the program cannot be reached by others')
        assert 'user: ' not in text, text


@case('a path that shells and YAML read in their own way')
def _():
    with Place("it's a 'place': {#1") as place:
        text = good(place.demo('--lang', 'en'))
        commands = [line.strip()[2:] for line in text.splitlines() if line.strip().startswith('$ ')]
        assert len(commands) == 4, commands
        words = subprocess.run(['sh', '-c', 'for w in ' + commands[1] + '; do echo "$w"; done'], stdout=subprocess.PIPE, check=True).stdout.decode()
        assert '\n' + place.path + '/inkan-demo-' in words, words


@case('$TMPDIR is no place to write to: says so, and what to do')
def _():
    with Place() as place:
        for bad in ('/proc', '/nonexistent', '/dev/null', place.path + '/' + '/'.join(['long'] * 20)):
            if 'long' in bad:
                os.makedirs(bad)
            done = subprocess.run([INKAN, 'serve', '--demo', '--lang', 'en'], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, env={**ENVIRONMENT, 'TMPDIR': bad}, timeout=PATIENCE)
            refused(done, 'set TMPDIR to a')
            assert (bad if 'long' not in bad else 'long/long') in done.stderr.decode(), done
        for _ in range(20):
            os.rmdir(bad)
            bad = os.path.dirname(bad)


@case('$TMPDIR is no place to write to, in Japanese')
def _():
    done = subprocess.run([INKAN, 'serve', '--demo', '--lang', 'ja'], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          env={**ENVIRONMENT, 'TMPDIR': '/nonexistent'}, timeout=PATIENCE)
    refused(done, 'TMPDIR に指定してください')


@case('--demo with --config is refused')
def _():
    done = run('serve', '--demo', '--config', '/nonexistent', '--lang', 'en')
    assert done.returncode == 2 and b'exclude each other' in done.stderr, done


@case('a signal in the middle: not as expected, and nothing is left')
def _():
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        with Place() as place:
            demo = subprocess.Popen([INKAN, 'serve', '--demo'], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                    env=place.environment())
            demo.stdout.readline()
            demo.send_signal(number)
            trouble = demo.communicate(timeout=PATIENCE)[1]
            assert demo.returncode == 1 and trouble == b'', (demo.returncode, trouble)


@case('a reader that goes away: nothing is left')
def _():
    with Place() as place:
        demo = subprocess.Popen([INKAN, 'serve', '--demo'], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                env=place.environment())
        demo.stdout.readline()
        demo.stdout.close()
        assert demo.wait(PATIENCE) == 4
        demo.stderr.close()


class Terminal:
    """The demonstration in a terminal of its own."""

    def __init__(self, place, **environment):
        self.master, slave = pty.openpty()
        self.process = subprocess.Popen([INKAN, 'serve', '--demo', '--lang', 'en'], stdin=slave, stdout=slave, stderr=slave,
                                        env=place.environment(TERM='xterm', **environment), start_new_session=True,
                                        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        os.close(slave)
        self.text = ''

    def read_until(self, words):
        end = time.monotonic() + PATIENCE
        while words not in self.text and time.monotonic() < end:
            if not select.select([self.master], [], [], 1)[0]:
                continue
            try:
                self.text += os.read(self.master, 65536).decode(errors='replace')
            except OSError:
                break
        assert words in self.text, self.text

    def end(self):
        status = self.process.wait(PATIENCE)
        os.close(self.master)
        return status


@case('in a terminal it runs on until Ctrl-C, and ends with 0')
def _():
    with Place() as place:
        terminal = Terminal(place)
        terminal.read_until('Ctrl-C ends it')
        time.sleep(1)
        assert terminal.process.poll() is None and place.processes()
        config = re.search(r'--config (\S+)', terminal.text).group(1)
        again = run('explain', '--config', config, 'DEMO1IN')
        assert again.returncode == 0 and b'DEMO1IN' in again.stdout, again
        os.write(terminal.master, b'\x03')
        assert terminal.end() == 0
        assert '\x1b[' in terminal.text


@case('CI=true: it ends in a terminal too')
def _():
    with Place() as place:
        terminal = Terminal(place, CI='true')
        terminal.read_until('Everything was as expected.')
        assert terminal.end() == 0


@case('the service dies meanwhile: says so')
def _():
    with Place() as place:
        terminal = Terminal(place)
        terminal.read_until('Ctrl-C ends it')
        children = Path(f'/proc/{terminal.process.pid}/task/{terminal.process.pid}/children').read_text().split()
        assert len(children) == 1, children
        os.kill(int(children[0]), signal.SIGKILL)
        terminal.read_until('ended by itself')
        assert terminal.end() == 4
        time.sleep(1)  # its children hear of it from the kernel


main()
