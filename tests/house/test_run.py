#!/usr/bin/python3
"""The runner counts right: passes, failures and skips of each kind of program, crashes, hangs and short plans."""
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / 'tests/support'), str(ROOT / 'tests')]

import run
from tap import case, main

CMOCKA = '''printf '%s\\n' '[==========] Running 3 test(s).' '[ RUN      ] a' '[       OK ] a' '[ RUN      ] b' \
'skipped: no data' '[  SKIPPED ] b' '[ RUN      ] c' '''
CMOCKA_FAILS = CMOCKA + ''' '[  FAILED  ] c' '[==========] 3 test(s) run.' '[  FAILED  ] 1 test(s), listed below:' \
'[  FAILED  ] c'; exit 1'''

# name, kind, shell script, passed, failed, skipped
PROGRAMS = [
    ('cmocka: one of each', 'cmocka', CMOCKA_FAILS, 1, 1, 1),
    ('cmocka: ends inside a case', 'cmocka', CMOCKA + '; exit 0', 1, 1, 1),
    ('cmocka: crashes', 'cmocka', CMOCKA + '; kill -SEGV $$', 1, 1, 1),
    ('cmocka: says nothing', 'cmocka', 'exit 0', 0, 1, 0),
    ('tap: one of each', 'tap', 'echo 1..3; echo ok 1 - a; echo not ok 2 - b; echo "ok 3 - c # SKIP no net"; exit 1', 1, 1, 1),
    ('tap: all skipped', 'tap', 'echo "1..0 # SKIP no net"', 0, 0, 1),
    ('tap: short of its plan', 'tap', 'echo 1..2; echo ok 1 - a', 1, 1, 0),
    ('tap: no plan', 'tap', 'echo ok 1 - a', 1, 1, 0),
    ('tap: passes, then exits with an error', 'tap', 'echo 1..1; echo ok 1 - a; exit 3', 1, 1, 0),
    ('exit code: passes', 'exitcode', 'exit 0', 1, 0, 0),
    ('exit code: fails', 'exitcode', 'exit 1', 0, 1, 0),
    ('exit code: skips', 'exitcode', 'exit 77', 0, 0, 1),
    ('exit code: hangs', 'exitcode', 'sleep 60', 0, 1, 0),
]


def tally(kind, script):
    test = {'name': 'x', 'cmd': ['sh', '-c', script], 'env': {}, 'workdir': None, 'timeout': 1,
            'suite': [kind], 'protocol': 'tap' if kind == 'tap' else 'exitcode'}
    with tempfile.TemporaryDirectory() as folder:
        cases, trouble, _, _ = run.run(folder, test)
    result = run.Tally()
    result.add('build', 'x', cases, trouble)
    return result


for name, kind, script, passed, failed, skipped in PROGRAMS:
    @case(name)
    def _(kind=kind, script=script, line=f'{passed} passed, {failed} failed, {skipped} skipped'):
        assert tally(kind, script).line() == line, tally(kind, script).line()


@case('a case of two builds counts once, and its worst result stands')
def _():
    result = run.Tally()
    result.add('build', 'x', [('a', run.PASSED, ''), ('b', run.PASSED, ''), ('b', run.PASSED, '')], None)
    result.add('build-asan', 'x', [('a', run.FAILED, ''), ('b', run.PASSED, ''), ('b', run.PASSED, '')], None)
    assert result.line() == '2 passed, 1 failed, 0 skipped', result.line()


main()
