#!/usr/bin/python3
"""Memory does not grow with the message: signing and verifying a large one takes at most 1 MiB more than one of 1 MiB.

The large one has 256 MiB, or as many as MEMORY_MIB says. Under the sanitizers it is small and the bound is loose: there
the case only shows that everything works.
"""
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / 'tests/support'))

from tap import SOURCE, case, main

PROGRAM = os.environ['INKAN']
SANITIZED = b'__asan_init' in Path(PROGRAM).read_bytes()
MIB = 16 if SANITIZED else int(os.environ.get('MEMORY_MIB', '256'))
ALLOWED_KIB = 128 * 1024 if SANITIZED else 1024
DATA = SOURCE / 'tests/cli/data'
SIGN = ['sign', '--domain', 'example.com', '--selector', 'r1', '--key', DATA / 'rsa.pem', '--at', '1700000000']
VERIFY = ['verify', '--json', '--dns', DATA / 'dns.json', '--at', '1700000000']
HEADER = b'From: a@example.com\r\nSubject: large\r\n\r\n'
BLOCK = (b'x' * 62 + b'\r\n') * 1024  # 64 KiB


def high_water(process):
    """The most memory that the process ever had, KiB; 0 when it has ended."""
    try:
        for line in Path(f'/proc/{process.pid}/status').read_text().splitlines():
            if line.startswith('VmHWM:'):
                return int(line.split()[1])
    except FileNotFoundError:
        pass
    return 0


class Run:
    """A run of inkan: fed with blocks, its output read in pieces, its memory watched all the while."""

    def __init__(self, *arguments, stdin=subprocess.PIPE):
        self.process = subprocess.Popen([PROGRAM, *map(str, arguments)], stdin=stdin, stdout=subprocess.PIPE)
        self.memory = 0

    def watch(self):
        self.memory = max(self.memory, high_water(self.process))

    def feed(self, octets):
        self.process.stdin.write(octets)

    def close(self):
        self.process.stdin.flush()
        self.watch()
        self.process.stdin.close()

    def output(self):
        while piece := self.process.stdout.read(1 << 16):  # a pipe holds as much: whoever has more to write is still there
            self.watch()
            yield piece

    def end(self):
        assert self.process.wait() == 0
        return self.memory




def sign_and_verify(mib):
    """(memory of signing, memory of verifying) through pipes; the signed message flows from one into the other."""
    signing, verifying = Run(*SIGN), Run(*VERIFY, '-')
    signing.feed(HEADER)
    for _ in range(mib * 16):
        signing.feed(BLOCK)
    signing.close()
    size = 0
    for piece in signing.output():
        size += len(piece)
        verifying.feed(piece)
    assert size > mib << 20
    verifying.close()
    verdict = json.loads(b''.join(verifying.output()))
    assert verdict['dkim'][0]['result'] == 'pass', verdict
    return signing.end(), verifying.end()


def sign_and_verify_file(mib):
    """The same with files, whose body is a hole."""
    with tempfile.TemporaryDirectory() as folder:
        message, signed = Path(folder) / 'message.eml', Path(folder) / 'signed.eml'
        with message.open('wb') as file:
            file.write(HEADER)
            file.truncate(mib << 20)
        signing = Run(*SIGN, message)
        with signed.open('wb') as file:
            for piece in signing.output():
                file.write(piece)
        verifying = Run(*VERIFY, signed)
        while verifying.process.poll() is None:
            verifying.watch()
        verdict = json.loads(b''.join(verifying.output()))
        assert verdict['dkim'][0]['result'] == 'pass', verdict
        return signing.end(), verifying.end()


def compare(measure):
    large, small = measure(MIB), (0, 0)
    for _ in range(5):  # a short run may end before it is looked at, or be looked at too early
        small = tuple(map(max, small, measure(1)))
    for what, before, after in zip(('signing', 'verifying'), small, large):
        print(f'# {what}: {before} KiB for 1 MiB, {after} KiB for {MIB} MiB')
        assert 0 < after <= before + ALLOWED_KIB, (what, before, after)


case('memory through pipes')(lambda: compare(sign_and_verify))
case('memory with files')(lambda: compare(sign_and_verify_file))
main()
