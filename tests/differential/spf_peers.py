#!/usr/bin/python3
"""inkan's SPF verdicts beside those of pyspf and Mail::SPF, on random zones and messages.

    spf_peers.py [--count N] [--seed S] [--keep DIR] [--show]      by hand; as a test: test_spf.py

Every difference must be one that spf_differences.txt explains; KNOWN says how each is recognised.
"""
import argparse
import collections
import json
import os
import random
import re
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
BUILD = Path(os.environ.get('INKAN_BUILD', HERE.parents[1] / 'build'))
PEERS = {'pyspf': ['/usr/bin/python3', str(HERE / 'spf_pyspf.py')], 'Mail::SPF': ['perl', str(HERE / 'spf_mail_spf.pl')]}
PROBES = {'pyspf': ['/usr/bin/python3', '-c', 'import spf'], 'Mail::SPF': ['perl', '-MMail::SPF', '-MJSON::PP', '-e', '1']}

NAMES = 40  # of the zone: n0.example ...
ADDRESSES4 = ['192.0.2.1', '192.0.2.77', '198.51.100.5', '203.0.113.9', '10.0.0.1']
ADDRESSES6 = ['2001:db8::1', '2001:db8:1::1', '2001:db8:ffff::cb01']


# ---- a random zone ----

def name(r):
    return f'n{r.randrange(NAMES + 3)}.example'  # some do not exist


def domain_spec(r):
    return r.choice([name(r)] * 8 + [
        f'%{{i}}.{name(r)}', f'%{{ir}}.%{{v}}.{name(r)}', f'%{{l}}.{name(r)}', f'%{{l1r-}}.{name(r)}', f'%{{d2}}', f'%{{o}}',
        f'%{{h}}', f'%{{p}}.{name(r)}', f'%{{d}}', f'%{{lr+-}}.{name(r)}', f'x%{{L}}.{name(r)}', f'{name(r)}.',
        f'%{{s2}}.{name(r)}'])


def cidr(r, four=32, six=128):
    return r.choice(['', '', '', f'/{r.randrange(four + 1)}', f'//{r.randrange(six + 1)}',
                     f'/{r.randrange(four + 1)}//{r.randrange(six + 1)}'])


def term(r):
    kind = r.choice(['include'] * 4 + ['a'] * 3 + ['mx'] * 3 + ['ip4'] * 4 + ['ip6'] * 2 + ['exists'] * 2 + ['ptr', 'x'])
    qualifier = r.choice(['', '', '', '+', '-', '~', '?'])
    if kind in ('include', 'exists'):
        return f'{qualifier}{kind}:{domain_spec(r)}'
    if kind in ('a', 'mx'):
        return f'{qualifier}{kind}{r.choice(["", ":" + domain_spec(r)])}{cidr(r)}'
    if kind == 'ptr':
        return f'{qualifier}ptr{r.choice(["", ":" + domain_spec(r), ":example"][:2])}'
    if kind == 'ip4':
        return f'{qualifier}ip4:{r.choice(ADDRESSES4)}{r.choice(["", "/%d" % r.randrange(33)])}'
    if kind == 'ip6':
        return f'{qualifier}ip6:{r.choice(ADDRESSES6)}{r.choice(["", "/%d" % r.randrange(129)])}'
    return f'moo{r.randrange(9)}={r.choice(["x", "%{d}", "a:b/c", ""])}'


def mistake(r):
    return r.choice(['moo', 'ipv4:192.0.2.1', 'a:192.0.2.1', 'include', 'include:', 'ip4:192.0.2', 'ip4:192.0.2.1/33', 'a/33',
                     'a//129', 'mx/024', 'exists:%{z}.example', 'a:%(d).example', 'ip6:192.0.2.1', '--all', 'all:x', 'redirect:x.example',
                     'a:museum', 'a:x.-com', 'ptr/24', 'exp=', 'a:%{d0}.example', 'a:%{c}.example', 'a,', 'ip4:1.2.3.4/8/8', '=x', 'a:x..y.example',
                     'a:' + 'l' * 64 + '.example', 'include:' + 'l' * 64 + '.example', 'include:x..y.example', 'A/0//0', 'a:x y.example'])


def record(r):
    terms = [term(r) for _ in range(r.choice([0, 1, 1, 2, 2, 3, 3, 4, 12]))]
    if r.random() < 0.12:
        terms.insert(r.randrange(len(terms) + 1), mistake(r))
    if r.random() < 0.6:
        terms.append(r.choice(['-all', '-all', '~all', '?all', 'all', '+all']))
    if r.random() < 0.25:
        terms.insert(r.randrange(len(terms) + 1), f'redirect={domain_spec(r)}')
    if r.random() < 0.2:
        terms.append(f'exp={r.choice(["e1.example", "e2.example", "e3.example", name(r)])}')
    text = r.choice(['v=spf1'] * 20 + ['V=spf1', 'v=spf10', ' v=spf1', 'v=spf1;']) + ''.join(
        r.choice([' '] * 9 + ['  ']) + t for t in terms) + r.choice(['', '', '', ' '])
    if r.random() < 0.2 and len(text) > 2:
        cut = r.randrange(1, len(text))
        return [text[:cut], text[cut:]]
    return text


def entry(r, n):
    out = {'TXT': [record(r)]}
    if r.random() < 0.1:
        out['TXT'].append(r.choice(['other', record(r)]))
    if r.random() < 0.05:
        out['TXT'] = r.choice([[], ['other']])
    if r.random() < 0.6:
        out['A'] = r.sample(ADDRESSES4, r.randrange(1, 4))
    if r.random() < 0.4:
        out['AAAA'] = r.sample(ADDRESSES6, r.randrange(1, 3))
    if r.random() < 0.5:
        out['MX'] = [[10 * i, name(r)] for i in range(r.choice([1, 1, 1, 2, 2, 3, 3, 10, 11]))]
    if r.random() < 0.05:
        for kind in r.sample(['TXT', 'A', 'MX', 'AAAA'], 2):
            out.pop(kind, None)
        out['_error'] = {'*': r.choice(['TIMEOUT', 'SERVFAIL'])}
    return out


def zone(r):
    z = {f'n{n}.example': entry(r, n) for n in range(NAMES)}
    z['e1.example'] = {'TXT': ['%{i} is not %{d}, says %{o}']}
    z['e2.example'] = {'TXT': ['100 % sure']}
    z['e3.example'] = {'TXT': [['See http://x.example/?s=%{S}', '&h=%{h}&l=%{l1r-}']]}
    for address in ADDRESSES4:
        if r.random() < 0.7:
            z['.'.join(reversed(address.split('.'))) + '.in-addr.arpa'] = {'PTR': [name(r) for _ in range(r.choice([1, 1, 2, 11]))]}
    for n in range(NAMES):
        if r.random() < 0.3:
            z[f'192.0.2.1.n{n}.example'] = {'A': ['127.0.0.2']}
        if r.random() < 0.3:
            z[f'u.n{n}.example'] = {'A': ['127.0.0.2'], 'TXT': [record(r)]}
    return z


def message(r):
    sender = r.choice(['u@', 'u@', 'strong-bad@', 'a.b+c@', '@', 'U@']) + name(r)
    sender = r.choice([sender] * 20 + ['', '', name(r), 'u@localhost', 'u@[192.0.2.1]', 'u@x..example', 'u@' + name(r).upper()])
    helo = r.choice([name(r)] * 8 + ['localhost', '[192.0.2.1]', 'h.n1.example'])
    return r.choice(ADDRESSES4 * 3 + ADDRESSES6 * 2 + ['::ffff:192.0.2.1']), helo, sender


# ---- differences that are explained ----

Case = collections.namedtuple('Case', 'peer ip helo sender ours reason records theirs text')
KNOWN = []


def known(identifier, *peers):
    def add(function):
        KNOWN.append((identifier, peers, function))
        return function
    return add


@known('void-counts-terms', 'pyspf', 'Mail::SPF')
def _(c):
    return c.theirs == 'permerror' and re.search(r'[Vv]oid', c.text) and 'without an answer' not in c.reason


@known('zero-digits', 'pyspf', 'Mail::SPF')
def _(c):
    return c.reason.startswith('malformed macro') and '%{d0}' in c.reason


@known('mx-first-ten', 'Mail::SPF')
def _(c):
    return c.reason.startswith('more than 10 MX')


@known('ip6-for-ip4', 'Mail::SPF')
def _(c):
    return re.search(r'ip6:\S+/[012]\b', c.records) and '.' in c.ip  # ::ffff:a.b.c.d and 2001:: have two bits in common


@known('macro-letters', 'Mail::SPF')
def _(c):
    return '%{z}' in c.reason or '%{c}' in c.reason


@known('names-kill-resolver', 'Mail::SPF')
def _(c):
    return c.theirs == 'exception' and 'Net/DNS' in c.text


@known('include-of-itself', 'pyspf')
def _(c):
    return c.theirs == 'permerror' and 'trivial recursion' in c.text


@known('repeated-unknown-modifier', 'pyspf')
def _(c):
    return c.theirs == 'permerror' and re.match(r'moo\d= MUST appear at most once', c.text)


@known('ptr-trouble', 'pyspf')
def _(c):
    return c.theirs == 'temperror' and ('%{p}' in c.records or 'ptr' in c.records)


@known('mx-trouble', 'pyspf', 'Mail::SPF')
def _(c):
    return c.theirs == 'temperror' and 'mx' in c.records


def explanations():
    """identifier: text, from spf_differences.txt"""
    text = (HERE / 'spf_differences.txt').read_text(encoding='utf-8')
    return {head: ' '.join(body.split()) for head, body in re.findall(r'^([\w-]+):\n((?:\t.*\n)+)', text, re.M)}


def explain(case):
    listed = explanations()
    for identifier, peers, matches in KNOWN:
        if case.peer in peers and matches(case):
            assert identifier in listed, f'{identifier} is not in spf_differences.txt'
            return identifier
    return None


# ---- running ----

def has(peer):
    try:
        return subprocess.run(PROBES[peer], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0
    except FileNotFoundError:
        return False


def verdicts(command, snapshot, tuples):
    done = subprocess.run([*command, snapshot, tuples], stdout=subprocess.PIPE, check=True, timeout=600)
    return [line.split('\t') for line in done.stdout.decode('utf-8', 'replace').split('\n')[:-1]]


def compare(peer, seed, count, folder):
    """Differences as (case, identifier or None); how many verdicts were compared, by result."""
    r = random.Random(f'{seed}')
    tuples = [message(r) for _ in range(count)]
    snapshot, lines = os.path.join(folder, f'{seed}.json'), os.path.join(folder, f'{seed}.tsv')
    with open(snapshot, 'w', encoding='utf-8') as f:
        json.dump(zone(r), f, indent=1)
    with open(lines, 'w', encoding='utf-8') as f:
        f.writelines('\t'.join(t) + '\n' for t in tuples)
    ours = verdicts([str(BUILD / 'tests/spf_verdicts')], snapshot, lines)
    theirs = verdicts(PEERS[peer], snapshot, lines)
    assert len(ours) == len(theirs) == count, (len(ours), len(theirs), count)
    results, found = collections.Counter(), []
    for t, (our, reason, records), (their, text) in zip(tuples, ours, theirs):
        results[our] += 1
        if our != their:
            case = Case(peer, *t, our, reason, records, their, text)
            found.append((case, explain(case)))
    return found, results


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--count', type=int, default=10000)
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--keep', default='')
    parser.add_argument('--show', action='store_true', help='explained differences too')
    a = parser.parse_args()
    failed = False
    with tempfile.TemporaryDirectory() as temporary:
        for peer in PEERS:
            if not has(peer):
                print(f'{peer}: not installed')
                continue
            totals, results, zones = collections.Counter(), collections.Counter(), max(1, a.count // 500)
            for i in range(zones):
                found, counted = compare(peer, a.seed * 100000 + i, min(a.count, 500), a.keep or temporary)
                results += counted
                for case, identifier in found:
                    totals[identifier or 'UNEXPLAINED'] += 1
                    if a.show or not identifier:
                        print(f'zone {a.seed * 100000 + i}: {identifier}: {case}')
                    failed = failed or not identifier
            print(f'{peer}: {sum(results.values())} verdicts {dict(results)}; differences: {dict(totals) or "none"}')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
