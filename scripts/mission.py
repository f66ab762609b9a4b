#!/usr/bin/python3
"""Which test stands for which row of the mission: writes doc/mission.md.

mission.py            writes it anew
mission.py --check    says whether it is up to date, and which rows for identities have no test; exit code 1 where something is amiss

A test stands for a row where the name of its case begins with the row's id, or with several: "S3-27 S3-28 two empty slots", "S3-40 to S3-50 all tags".
Scenarios (A1 to A13) count in tests/lab/ only: elsewhere such numbers are rules of ARC.
"""
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ROWS, PAGE = 'scripts/mission_rows.txt', 'doc/mission.md'
AREAS = {'identities': '', 'engine': '', 'checks': '', 'lab': '', 'docs': '', 'console': 'later: a web console',
         'reports': 'later: DMARC reports', 'gateway': 'later: the attachment gateway'}
# a literal in C or Python whose text begins with ids
NAME = re.compile(r"""(["'])((?:(?:S\d-\d+|C-\d+|A\d+)(?: to|:)? +)+)((?:\\.|(?!\1)[^\\\n])*)\1""")
HEAD = '''# The mission, and its tests

Made by `scripts/mission.py` from the names of the test cases; not to be edited. Each row of the mission with the cases that begin
with its id. %d rows, %d of them with a test; of the %d rows for identities, %d.

| row | about | area | tests |
|---|---|---|---|
'''


def rows(root=ROOT):
    """(id, area, words), in order."""
    found = []
    for number, line in enumerate((root / ROWS).read_text(encoding='utf-8').splitlines(), 1):
        if line.strip() and not line.startswith('#'):
            row, area, words = line.split(None, 2)
            assert area in AREAS and len(words.split()) <= 6, f'{ROWS}:{number}: {line}'
            found.append((row, area, words.strip()))
    return found


def names_of(text):
    """(id, whole name) of every case in a test program."""
    return [(row, (ids + rest).replace('\\', '').strip()) for _, ids, rest in NAME.findall(text) for row in ids_of(ids)]


def ids_of(text):
    """"S3-40 to S3-43 S3-50" are five."""
    found, words = [], text.replace(':', '').split()
    for i, word in enumerate(words):
        if word == 'to':
            family, first = words[i - 1].split('-')
            found += [f'{family}-{n}' for n in range(int(first) + 1, int(words[i + 1].split('-')[1]))]
        else:
            found.append(word)
    return found


def tests(root=ROOT):
    """id -> [(file, name)], in order of the files."""
    found = {}
    for path in sorted((root / 'tests').rglob('test_*')):
        if path.suffix not in ('.c', '.py') or path.parent.name == 'house':
            continue
        file = str(path.relative_to(root / 'tests'))
        for row, name in names_of(path.read_text(encoding='utf-8')):
            if row[0] != 'A' or file.startswith('lab/'):
                entry = found.setdefault(row, [])
                if (file, name) not in entry:
                    entry.append((file, name))
    return found


def missing(root=ROOT):
    """Rows for identities without a test."""
    known = tests(root)
    return [row for row, area, _ in rows(root) if area == 'identities' and row not in known]


def cell(entries, area):
    if not entries:
        return AREAS[area] or 'not yet'
    safe = [(file, name.replace('|', '\\|').replace('<', '&lt;')) for file, name in entries]
    return '<br>'.join(f'`{file}`: {name}' for file, name in safe)


def page(root=ROOT):
    known, all_rows = tests(root), rows(root)
    ours = [row for row, area, _ in all_rows if area == 'identities']
    head = HEAD % (len(all_rows), sum(row in known for row, _, _ in all_rows), len(ours), sum(row in known for row in ours))
    return head + ''.join(f'| {row} | {words} | {area} | {cell(known.get(row), area)} |\n' for row, area, words in all_rows)


def main():
    if '--check' not in sys.argv[1:]:
        (ROOT / PAGE).write_text(page(), encoding='utf-8')
        return 0
    found = [f'{row}: no test begins with it' for row in missing()]
    if not (ROOT / PAGE).exists() or (ROOT / PAGE).read_text(encoding='utf-8') != page():
        found.append(f'{PAGE}: is not up to date: run scripts/mission.py')
    print('\n'.join(found), end='\n' if found else '')
    return 1 if found else 0


if __name__ == '__main__':
    sys.exit(main())
