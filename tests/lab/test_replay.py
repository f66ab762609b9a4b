#!/usr/bin/python3
"""The messages of lab/replay, judged with the DNS of that day: verdict, what became of each signature, the sentences."""
import json
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / 'support'))

from tap import SOURCE, case, main, run

REPLAY = SOURCE / 'lab/replay'
DNS = ['--dns', REPLAY / 'dns.json', '--at', '2026-11-21T09:30:10Z']
EXPECTED = json.loads((REPLAY / 'expected.json').read_text())


def judge(row, *more):
    done = run('verify', '--json', *DNS, *row['arguments'], *more, REPLAY / row['message'])
    return done.returncode, json.loads(done.stdout)


def said(list_, name):
    return ' '.join(entry['text'] for entry in list_ if entry['id'] == name)


def replay(row):
    code, found = judge(row)
    assert found['verdict'] == row['verdict'] and found['reason'] == row['reason'], found
    assert code == (0 if row['verdict'] == 'pass' else 1), code
    signatures = [[s['domain'], s['selector'], s['result'], s['cause'], s['explanation']['change']] for s in found['dkim']]
    assert signatures == row['signatures'], signatures
    for name, words in row['says'].items():
        assert words in said(found['why'], name), (name, found['why'])
    for name in row['does_not_say']:
        assert not said(found['why'], name), (name, found['why'])
    assert [entry['id'] for entry in found['fix']] == row['fix'], found['fix']
    for words in row['authentication_results']:
        assert words in re.sub(r'\s+', ' ', found['authentication_results']), found['authentication_results']


def japanese(row):
    _, english = judge(row)
    _, found = judge(row, '--lang', 'ja')
    for part in ('why', 'fix'):
        assert [entry['id'] for entry in found[part]] == [entry['id'] for entry in english[part]]
        for entry in found[part]:
            assert re.search('[ぁ-んァ-ン一-龠]', entry['text']), entry


for row in EXPECTED:
    case(row['name'])(lambda row=row: replay(row))
    case(row['name'] + ', in Japanese')(lambda row=row: japanese(row))


@case('every message has an expectation, and every expectation a message')
def _():
    assert {row['message'] for row in EXPECTED} == {path.name for path in REPLAY.glob('*.eml')}


@case('the pair of NG1: the one without attachment passes, the one with it is at risk')
def _():
    pair = {row['message']: row['verdict'] for row in reversed(EXPECTED)}  # the first of each counts
    assert pair['service-plain.eml'] == 'pass' and pair['service-attachment.eml'] == 'at-risk'
    assert pair['both-plain.eml'] == pair['both-attachment.eml'] == 'pass'


main()
