"""Test programs in Python: named cases, printed as TAP for tests/run.py.

    from tap import case, skip, main      (after sys.path.insert(0, ".../tests/support"))

    @case('a sealed message verifies')
    def _():
        assert run('verify', 'a.eml').returncode == 0

    main()

A case fails by any exception; skip(reason) gives it up. $INKAN is the program, $INKAN_SOURCE the source tree.
What a case of a second or more took is said in a comment, and how much of that it and its programs were at work.
"""
import os
import subprocess
import sys
import time
import traceback
from pathlib import Path

SOURCE = Path(os.environ.get('INKAN_SOURCE', Path(__file__).resolve().parents[2]))
CONFORMANCE = Path(os.environ.get('INKAN_CONFORMANCE', SOURCE.parent / 'shared/conformance'))
CASES = []


class Skipped(Exception):
    pass


def skip(reason):
    raise Skipped(reason)


def case(name):
    def add(function):
        CASES.append((name, function))
        return function
    return add


def run(*arguments, input=None, timeout=60):
    """Runs inkan; the result has returncode, stdout and stderr (octets)."""
    program = os.environ.get('INKAN', str(SOURCE / 'build/inkan'))
    return subprocess.run([program, *map(str, arguments)], input=input, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=timeout)


def at_last(act, times=3):
    """Does it until it does not fail, at most so many times; its result. For what has to be quick, which a busy machine may spoil once."""
    for attempt in range(1, times + 1):
        try:
            return act()
        except AssertionError as trouble:
            if attempt == times:
                raise
            print(f'# once more, for: {trouble!r:.200}', flush=True)


def at_work():
    """Seconds of processor time, so far, of this program and of those that it has waited for."""
    return sum(os.times()[:4])


def main():
    only = os.environ.get('TEST', '')
    cases = [(name, function) for name, function in CASES if only in name]
    failed = 0
    print(f'1..{len(cases)}')
    for number, (name, function) in enumerate(cases, 1):
        begun, worked = time.monotonic(), at_work()
        try:
            function()
            print(f'ok {number} - {name}', flush=True)
        except Skipped as reason:
            print(f'ok {number} - {name} # SKIP {reason}', flush=True)
        except Exception:
            failed += 1
            print('# ' + traceback.format_exc().rstrip().replace('\n', '\n# '))
            print(f'not ok {number} - {name}', flush=True)
        if (took := time.monotonic() - begun) >= 1:
            print(f'# {took:.1f} s, {at_work() - worked:.1f} s at work', flush=True)
    sys.exit(1 if failed else 0)
