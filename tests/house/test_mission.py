#!/usr/bin/python3
"""Rows of the mission and their tests: doc/mission.md is what the names of the test cases say, and no row for identities lacks a test."""
import re
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / 'tests/support'), str(ROOT / 'scripts')]

import mission  # noqa: E402
from tap import case, main  # noqa: E402

# what the part "identities" covers: each row is one of its own, or is left for later with a reason
IDENTITIES = [('S0', 1, 16), ('S1', 5, 23), ('S1', 32, 40), ('S2', 1, 45), ('S3', 1, 39), ('S3', 56, 56), ('S3', 66, 76)]


@case('every row for identities has a test')
def _():
    assert mission.missing() == [], mission.missing()


@case('doc/mission.md is up to date')
def _():
    assert (ROOT / mission.PAGE).read_text(encoding='utf-8') == mission.page(), 'run scripts/mission.py'


@case('every row is there once, with an area and at most six words; those of identities are theirs or left for later')
def _():
    rows = {row: area for row, area, _ in mission.rows()}
    assert len(rows) == len(mission.rows()) == 225, len(rows)
    for family, first, last in IDENTITIES:
        for number in range(first, last + 1):
            area = rows[f'{family}-{number}']
            assert area == 'identities' or mission.AREAS[area].startswith('later'), (family, number, area)


@case('names of cases in C and Python, several ids, ranges, scenarios in tests/lab only')
def _():
    assert mission.names_of('''{"S3-27 S3-28 two slots", 1}, {"xS1-2 no"}, "about S1-3", @case(f'S1-4 it\\'s \\"so\\"')''') == [
        ('S3-27', 'S3-27 S3-28 two slots'), ('S3-28', 'S3-27 S3-28 two slots'), ('S1-4', 'S1-4 it\'s "so"')]
    assert [row for row, _ in mission.names_of("'S3-40 to S3-42 C-1 all'")] == ['S3-40', 'S3-41', 'S3-42', 'C-1']
    with tempfile.TemporaryDirectory() as folder:
        for name in ('arc', 'lab'):
            (Path(folder) / 'tests' / name).mkdir(parents=True)
            (Path(folder) / 'tests' / name / 'test_a.py').write_text(f"'A6 {name}', 'S1-1 {name}'")
        found = mission.tests(Path(folder))
    assert found == {'A6': [('lab/test_a.py', 'A6 lab')], 'S1-1': [('arc/test_a.py', 'S1-1 arc'), ('lab/test_a.py', 'S1-1 lab')]}, found


@case('a row without a test would be noticed')
def _():
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / 'scripts').mkdir()
        (Path(folder) / 'tests').mkdir()
        (Path(folder) / mission.ROWS).write_text('# x\nS1-1 identities a thing\nS1-2 reports later\n')
        assert mission.missing(Path(folder)) == ['S1-1']
        assert re.search(r'^\| S1-2 .* later: DMARC reports \|$', mission.page(Path(folder)), re.M)


main()
