#!/usr/bin/python3
"""Chains that inkan and dkimpy seal in turns, over random messages, changed on the way: both say the same of each.

    test_arc.py [SEED [COUNT]]      by hand, for other and more chains"""
import base64
import json
import random
import re
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / 'support'))
from tap import SOURCE, case, main, run, skip

try:
    import authres  # noqa: F401 (dkimpy seals only with it)
    import dkim
except ImportError:
    dkim = None

SEED = int(sys.argv[1]) if len(sys.argv) > 1 else 1
COUNT = int(sys.argv[2]) if len(sys.argv) > 2 else 120
HOPS_MAX = 5
KEY = SOURCE / 'tests/cli/data/rsa1024.pem'
DOMAIN, SELECTOR = 'example.org', 's1'
SIGNED = ['from', 'to', 'subject', 'date', 'message-id', 'x-note']
WORK = tempfile.TemporaryDirectory()
ZONE = Path(WORK.name) / 'zone.json'
RECORD = ''


def prepare():
    global RECORD
    if dkim is None:
        skip('python3-dkim or python3-authres is not installed')
    der = subprocess.run(['openssl', 'pkey', '-in', str(KEY), '-pubout', '-outform', 'DER'], check=True,
                         stdout=subprocess.PIPE).stdout
    RECORD = 'v=DKIM1; k=rsa; p=' + base64.b64encode(der).decode()
    ZONE.write_text(json.dumps({f'{SELECTOR}._domainkey.{DOMAIN}': {'TXT': [RECORD]}}))


# ---- random messages ----

def words(r, most):
    return ' '.join(''.join(r.choice('abcXYZ019.,=;:-_/"()') for _ in range(r.randrange(1, 9))) for _ in range(r.randrange(1, most)))


def message(r):
    fields = ['From: Hanako <hanako@example.com>', f'To: {r.choice("abc")}@example.net', f'Subject: {words(r, 9)}',
              'Date: Sat, 21 Nov 2026 18:30:00 +0900', 'Message-ID: <1@example.com>']
    fields += [r.choice(['X-Note: ', 'x-note:  ', 'X-NOTE:\t', 'Received: ']) + words(r, 6) +
               r.choice(['', '\r\n ' + words(r, 6), '\r\n\t' + words(r, 3) + ' '])
               for _ in range(r.randrange(4))]
    r.shuffle(fields)
    lines = [r.choice(['', ' ', words(r, 12), words(r, 12) + '  ', '  ' + words(r, 3) + '\t' + words(r, 3)])
             for _ in range(r.randrange(8))]
    body = ''.join(line + '\r\n' for line in lines)
    return ('\r\n'.join(fields) + '\r\n\r\n' + body).encode()


# ---- what happens on the way ----

def replace_nth(text, pattern, new, n):
    hits = list(re.finditer(pattern, text))
    if not hits:
        return text
    hit = hits[n % len(hits)]
    return text[:hit.start()] + hit.expand(new) + text[hit.end():]


CHANGES = {
    'subject': lambda r, m: replace_nth(m, rb'(?m)^Subject: ', rb'Subject: [list] ', 0),
    'body': lambda r, m: m + b'-- \r\nfooter\r\n',
    'blank lines at the end': lambda r, m: m + b'\r\n\r\n',
    'refolded set': lambda r, m: replace_nth(m, rb'; d=', rb';\r\n\td=', r.randrange(9)),
    'unsigned field': lambda r, m: b'X-Other: y\r\n' + m,
    'results': lambda r, m: replace_nth(m, rb'(?m)^(ARC-Authentication-Results: .*)dkim=pass', rb'\1dkim=fail', r.randrange(9)),
    'signature': lambda r, m: replace_nth(m, rb'(\bb=[^;]*?)[a-m](?=[a-zA-Z0-9])', rb'\1N', r.randrange(9)),
    'cv': lambda r, m: replace_nth(m, rb'\bcv=pass', rb'cv=none', r.randrange(9)),
    'instance': lambda r, m: replace_nth(m, rb'\bi=1;', rb'i=7;', r.randrange(9)),
    'field removed': lambda r, m: replace_nth(m, rb'(?m)^ARC-[^\n]*\n(?:[ \t][^\n]*\n)*', rb'', r.randrange(9)),
    'field twice': lambda r, m: replace_nth(m, rb'(?m)^(ARC-[^\n]*\n(?:[ \t][^\n]*\n)*)', rb'\1\1', r.randrange(9)),
    'order of sets': lambda r, m: replace_nth(m, rb'(?m)^(ARC-[^\n]*\n(?:[ \t][^\n]*\n)*)(ARC-[^\n]*\n(?:[ \t][^\n]*\n)*)', rb'\2\1',
                                              r.randrange(9)),
}


# ---- both sides ----

def judged_by_inkan(messages):
    """The words for the chains of many messages."""
    paths = []
    for i, text in enumerate(messages):
        paths.append(Path(WORK.name) / f'{i}.eml')
        paths[-1].write_bytes(text)
    done = run('verify', '--json', '--dns', ZONE, *paths)
    found = [json.loads(line)['authentication_results'] for line in done.stdout.decode().splitlines()]
    return [re.search(r'\barc=(\w+)', field)[1] for field in found]


def judged_by_dkimpy(text):
    cv, _, why = dkim.arc_verify(text, dnsfunc=lambda name, timeout=5: RECORD if name.startswith(b's1.') else None)
    return {b'none': 'none', b'pass': 'pass', b'fail': 'fail', None: 'fail'}[cv], why


def sealed_by_inkan(text):
    done = run('seal', '--domain', DOMAIN, '--selector', SELECTOR, '--key', KEY, '--authserv-id', 'mx.example.org', '--dns', ZONE,
               '-', input=text)
    return done.stdout if done.returncode == 0 else None


def sealed_by_dkimpy(text):
    host = f'mx{len(text)}.example.org'  # another for each hop: dkimpy merges all fields of one name
    results = f'Authentication-Results: {host}; arc={judged_by_dkimpy(text)[0]}; dkim=pass header.d=b.example\r\n'.encode()
    text = results + text
    fields = dkim.arc_sign(text, SELECTOR.encode(), DOMAIN.encode(), KEY.read_bytes(), host.encode(),
                           include_headers=[name.encode() for name in SIGNED])
    return b''.join(field.rstrip(b'\r\n') + b'\r\n' for field in fields) + text


def way(r):
    """A message after some hops, and what happened to it."""
    text, story = message(r), []
    for _ in range(r.randrange(1, HOPS_MAX + 1)):
        sealer = r.choice(['inkan', 'dkimpy'])
        try:
            sealed = sealed_by_inkan(text) if sealer == 'inkan' else sealed_by_dkimpy(text)
        except dkim.DKIMException as e:
            sealed = None
            sealer += f' ({e})'
        story.append(sealer if sealed else f'{sealer} refuses')
        text = sealed or text
        if r.random() < 0.25:
            change = r.choice(sorted(CHANGES))
            text = CHANGES[change](r, text)
            story.append(change)
    return text, story


@case('chains of inkan and dkimpy, one after the other: both say the same')
def _():
    prepare()
    r = random.Random(SEED)
    ways = [way(r) for _ in range(COUNT)]
    ours = judged_by_inkan([text for text, _ in ways])
    counts = {}
    for (text, story), word in zip(ways, ours):
        theirs, why = judged_by_dkimpy(text)
        assert word == theirs, (story, word, theirs, why, text)
        counts[word] = counts.get(word, 0) + 1
    assert counts['pass'] >= COUNT / 4 and counts['fail'] >= COUNT / 10, counts


def unchanged(first, then):
    prepare()
    r = random.Random(SEED)
    for _ in range(max(1, COUNT // 10)):
        text = message(r)
        for sealer in (first, then, first):
            text = sealer(text)
        assert judged_by_inkan([text]) == ['pass'], text
        assert judged_by_dkimpy(text)[0] == 'pass', text
        assert len(re.findall(rb'(?m)^ARC-Seal:', text)) == 3


@case('nothing changed: inkan, dkimpy, inkan')
def _():
    unchanged(sealed_by_inkan, sealed_by_dkimpy)


@case('nothing changed: dkimpy, inkan, dkimpy')
def _():
    unchanged(sealed_by_dkimpy, sealed_by_inkan)


main()
