#!/usr/bin/python3
"""run.py BUILD...: runs every test that meson knows in these build folders, several at a time, and counts its cases.

A test program is one of three kinds:
  cmocka    (suite "cmocka")  every "[ OK ]", "[ FAILED ]", "[ SKIPPED ]" line is a case
  tap       (protocol "tap")  "1..N", then "ok", "not ok", "ok # SKIP reason"; every line is a case
  exitcode  (the rest)        one case: 0 passes, 77 skips, everything else fails
A program that crashes, hangs, ends early or exits with an error while all its cases passed counts as a failed case more.

A case that runs in several build folders (plain, sanitizers) is counted once; the worst of its results stands.
Those of all folders run side by side, the longest first (their priority in tests/meson.build), so that none is waited for at the end.
Many wait more than they work: there is one at a time more than there are processors.

The last line is "N passed, N failed, N skipped". Exit code 0 only where nothing failed and something passed.
"""
import json
import os
import re
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

JOBS = (os.cpu_count() or 1) + 1
PASSED, SKIPPED, FAILED = range(3)
CMOCKA_CASE = re.compile(r'^\[ +(OK|FAILED|SKIPPED|ERROR) +\] (.*)$')
CMOCKA_RUN = re.compile(r'^\[ RUN +\] (.*)$')
CMOCKA_PLAN = re.compile(r'^\[=+\] Running (\d+) test\(s\)')
CMOCKA_END = re.compile(r'^\[=+\] \d+ test\(s\) run')
TAP_PLAN = re.compile(r'^1\.\.(\d+)(?:\s+# SKIP ?(.*))?$', re.I)
TAP_CASE = re.compile(r'^(not )?ok\b *\d* *-? *([^#]*)(?:# *(skip|todo)\b *(.*))?', re.I)


def cases_of_cmocka(output):
    """[(case, result, reason)] and what is wrong with the output as a whole, or None."""
    cases, plan, running, reason = [], None, None, ''
    for line in output.splitlines():
        if match := CMOCKA_PLAN.match(line):
            plan = int(match[1])
        elif CMOCKA_END.match(line):
            break
        elif match := CMOCKA_RUN.match(line):
            running, reason = match[1], ''
        elif line.startswith('skipped: '):
            reason = line[9:]
        elif (match := CMOCKA_CASE.match(line)) and match[2] == running:
            result = {'OK': PASSED, 'SKIPPED': SKIPPED}.get(match[1], FAILED)
            cases.append((running, result, reason))
            running = None
    if running is not None:
        return cases, f'ended inside the case "{running}"'
    if plan is None or plan != len(cases):
        return cases, f'{len(cases)} of {plan} cases ran'
    return cases, None


def cases_of_tap(output):
    cases, plan = [], None
    for line in output.splitlines():
        if match := TAP_PLAN.match(line):
            plan = int(match[1])
            if plan == 0:
                return [('all', SKIPPED, match[2] or '')], None
        elif match := TAP_CASE.match(line):
            skip = (match[3] or '').lower() == 'skip'
            cases.append((match[2].strip(), FAILED if match[1] else SKIPPED if skip else PASSED, match[4] or ''))
        elif line.startswith('Bail out!'):
            return cases, line
    if plan is None or plan != len(cases):
        return cases, f'{len(cases)} of {plan} cases ran'
    return cases, None


def run(build, test):
    """Runs one test program; ([(case, result, reason)], what went wrong as a whole or None, output, seconds)."""
    env = dict(os.environ, **test['env'])
    start = time.monotonic()
    process = subprocess.Popen(test['cmd'], env=env, cwd=test['workdir'] or build, stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)
    trouble = None
    try:
        output, _ = process.communicate(timeout=test['timeout'] or None)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        output, _ = process.communicate()
        trouble = f'killed after {test["timeout"]} s'
    output = output.decode('utf-8', 'replace')
    code = process.returncode

    if 'cmocka' in ' '.join(test['suite']):
        cases, wrong = cases_of_cmocka(output)
    elif test['protocol'] == 'tap':
        cases, wrong = cases_of_tap(output)
    else:
        cases, wrong = [('all', {0: PASSED, 77: SKIPPED}.get(code, FAILED), '')], None
    if trouble is None:
        trouble = wrong
    if code < 0:
        trouble = f'died of {signal.Signals(-code).name}' + (f': {wrong}' if wrong else '')
    elif trouble is None and code != 0 and all(result != FAILED for _, result, _ in cases) and (code, len(cases)) != (77, 1):
        trouble = f'exit code {code} though no case failed'
    if trouble and test['protocol'] == 'exitcode' and 'cmocka' not in ' '.join(test['suite']):
        cases = []  # the program is the case
    return cases, trouble, output, time.monotonic() - start


class Tally:
    def __init__(self):
        self.worst = {}  # (program, case, how many of that name came before) -> result
        self.failures = []
        self.skips = {}

    def add(self, build, name, cases, trouble):
        seen = {}
        for case, result, reason in cases:
            seen[case] = seen.get(case, 0) + 1
            key = (name, case, seen[case])
            self.worst[key] = max(self.worst.get(key, PASSED), result)
            if result == FAILED:
                self.failures.append(f'{build}: {name}: {case}')
            if result == SKIPPED:
                self.skips.setdefault((name, reason or 'no reason given'), set()).add((case, seen[case]))
        if trouble:
            self.worst[(name, None, 0)] = FAILED
            self.failures.append(f'{build}: {name}: {trouble}')

    def count(self, result):
        return sum(r == result for r in self.worst.values())

    def line(self):
        return f'{self.count(PASSED)} passed, {self.count(FAILED)} failed, {self.count(SKIPPED)} skipped'


def report(tally, build, test, done):
    cases, trouble, output, seconds = done
    failed = trouble is not None or any(result == FAILED for _, result, _ in cases)
    passed = sum(result == PASSED for _, result, _ in cases)
    print(f'{"FAILED" if failed else "ok":7}{build}: {test["name"]}: {passed} of {len(cases)}, {seconds:.1f} s'
          + (f' ({trouble})' if trouble else ''), flush=True)
    if failed:
        print('    ' + output.rstrip().replace('\n', '\n    '), flush=True)
    tally.add(build, test['name'], cases, trouble)


def main(builds):
    tally, work = Tally(), []
    for build in builds:
        listing = subprocess.run(['meson', 'introspect', '--tests', build], check=True, stdout=subprocess.PIPE).stdout
        work += [(build, test) for test in json.loads(listing)]
        for counts in Path(build).glob('**/*.gcda'):
            counts.unlink()  # coverage of this run, not of those before
    work.sort(key=lambda w: -w[1]['priority'])
    begun = time.monotonic()
    with ThreadPoolExecutor(JOBS) as pool:
        together = {pool.submit(run, build, test): (build, test) for build, test in work if test['is_parallel']}
        for future in as_completed(together):
            report(tally, *together[future], future.result())
    for build, test in work:
        if not test['is_parallel']:
            report(tally, build, test, run(build, test))

    for (name, reason), cases in sorted(tally.skips.items()):
        print(f'skipped {name}: {len(cases)}: {reason}')
    for failure in tally.failures:
        print(f'failed  {failure}')
    for build in builds:
        coverage(build)
    print(f'{time.monotonic() - begun:.0f} s, {sum(os.times()[2:4]):.0f} s of processor time')
    print(tally.line(), flush=True)
    return 0 if tally.count(FAILED) == 0 and tally.count(PASSED) > 0 else 1


def coverage(build):
    """Prints what share of the lines of src/ ran, where the folder was built to measure it."""
    if not any(Path(build).glob('src/**/*.gcda')):
        return
    # threads that count at once may leave a number below zero, which is no reason to report nothing
    done = subprocess.run(['gcovr', '--root', '.', '--filter', 'src/', '--exclude-unreachable-branches', '--gcov-ignore-parse-errors',
                           build],
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    total = [line.split() for line in done.stdout.splitlines() if line.startswith('TOTAL')]
    print(f'coverage of src/: {total[0][3]} of {total[0][1]} lines' if total else 'coverage of src/: gcovr failed')


if __name__ == '__main__':
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1:]))
