#!/usr/bin/python3
"""inkan's strict reading of Authentication-Results beside that of the Python module authres, on random fields, well-formed
ones and damaged ones, from fixed seeds."""
import json
import random
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / 'support'))
from tap import case, main, run, skip

FIELDS = 500
METHODS = ['dkim', 'spf', 'dmarc', 'auth', 'iprev', 'arc', 'x-test', 'dkim-adsp']
RESULTS = ['pass', 'fail', 'none', 'neutral', 'softfail', 'temperror', 'permerror', 'policy']
PROPERTIES = ['header.d', 'header.i', 'header.b', 'header.from', 'smtp.mailfrom', 'smtp.helo', 'policy.iprev', 'body.x']
VALUES = ['example.com', '@example.com', 'a@example.com', '"a b"@example.com', '"quoted \\" text"', '"AbC+/="', '192.0.2.1', 'x-y_z']


def without_some(ours, theirs):
    """Whether only properties are missing."""
    return ours[0] == theirs[0] and len(ours[1]) == len(theirs[1]) and all(
        a[:3] == b[:3] and all(p in a[3] for p in b[3]) for a, b in zip(ours[1], theirs[1]))


# Where the module reads otherwise, and why inkan does not follow it; told from the text alone.
KNOWN = [
    ('left-out', 'the module leaves out properties whose type it does not know, or whose value is not of the kind that it expects there',
     lambda text, ours, theirs: ours and theirs and without_some(ours, theirs)),
    ('quoted-id', 'an authserv-id may be a quoted string with spaces in it (RFC 8601 section 2.2, "value"); the module refuses that',
     lambda text, ours, theirs: theirs is None and text.startswith('"')),
    ('comment-in-words', 'the module takes no comment between a property and its value apart; RFC 8601 section 2.2 allows CFWS there',
     lambda text, ours, theirs: theirs is None and '(' in text and ours is not None),
    ('lenient', 'the module reads over words that RFC 8601 section 2.2 has no place for, and takes an empty or torn value',
     lambda text, ours, theirs: ours is None),
]


def cfws(r, need=False):
    return r.choice([' ', ' ', '  ', '\r\n ', ' (c) ', ' (a (b) c) '] if need else ['', '', '', ' ', '\r\n\t', ' (x)'])


def make(r):
    text = r.choice(['mx.example.com', 'MX.Example', '"mx example"', 'mx']) + r.choice(['', '', ' 1', cfws(r, True) + '1'])
    if r.random() < 0.1:
        return text + cfws(r) + ';' + cfws(r) + 'none' + r.choice(['', ' '])
    for _ in range(r.randrange(1, 4)):
        text += cfws(r) + ';' + cfws(r) + r.choice(METHODS) + r.choice(['', '', '', '/1'])
        text += cfws(r) + '=' + cfws(r) + r.choice(RESULTS)
        if r.random() < 0.3:
            text += cfws(r, True) + 'reason' + cfws(r) + '=' + cfws(r) + r.choice(['"a reason"', 'token', '"with \\"quotes\\""'])
        for _ in range(r.randrange(3)):
            text += cfws(r, True) + r.choice(PROPERTIES) + cfws(r) + '=' + cfws(r) + r.choice(VALUES)
    return text


def damage(r, text):
    at = r.randrange(len(text))
    return r.choice([text[:at] + text[at + 1:], text[:at] + r.choice(';=()"@. \\') + text[at:], text[:at], text + r.choice([';', ' x', '('])])


def plain(text):
    """The module leaves the backslashes of quoted pairs, which are no part of the value (RFC 5322 section 3.2.4)."""
    return re.sub(r'\\(.)', r'\1', text or '')


def theirs(authres, text):
    """[id, results] as the module reads it; None where it refuses."""
    try:
        header = authres.AuthenticationResultsHeader.parse('Authentication-Results: ' + text)
    except (authres.core.SyntaxError, authres.AuthResError):
        return None
    if header.version not in (None, '1', 1):
        return None
    return [header.authserv_id.lower(), [[(r.method or '').lower(), (r.result or '').lower(), plain(r.reason),
                                  [[f'{p.type}.{p.name}'.lower(), plain(p.value) if p.value[:1] != '"' else p.value] for p in r.properties]] for r in header.results]]


def ours(text):
    done = run('check', 'header', '--json', '--value', text)
    fields = json.loads(done.stdout)['authentication_results'] if done.stdout else []
    if len(fields) != 1 or not fields[0]['strict'] or fields[0]['version'] != 1:
        return None
    return [fields[0]['authserv_id'].lower(), [[r['method'], r['result'], r['reason'], r['props']] for r in fields[0]['results']]]


def compare(damaged):
    try:
        import authres
    except ImportError:
        skip('python3-authres is not installed')
    r, unexplained, used, read = random.Random(8601 + damaged), [], {}, 0
    for _ in range(FIELDS):
        text = make(r)
        if damaged:
            text = damage(r, text)
        mine, peer = ours(text), theirs(authres, text)
        read += mine is not None
        if mine == peer:
            continue
        known = next((name for name, _, tells in KNOWN if tells(text, mine, peer)), None)
        used[known] = used.get(known, 0) + 1
        if not known:
            unexplained.append((text, mine, peer))
    print('#', 'damaged' if damaged else 'well-formed', read, 'read;', used)
    assert not unexplained, (len(unexplained), unexplained[:3])
    return read


@case('well-formed Authentication-Results are read as the module authres reads them')
def _():
    assert compare(False) == FIELDS


@case('damaged Authentication-Results are refused where the module authres refuses them, and more')
def _():
    assert 20 < compare(True) < FIELDS // 2


main()
