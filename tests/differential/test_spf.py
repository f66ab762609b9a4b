#!/usr/bin/python3
"""inkan's SPF verdicts beside pyspf's and Mail::SPF's: a bounded run of spf_peers.py."""
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / 'support'))
import spf_peers
from tap import case, main, skip

ZONES, MESSAGES = 4, 250


def compare_with(peer):
    if not spf_peers.has(peer):
        skip(f'{peer} is not installed')
    verdicts, unexplained = 0, []
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(ZONES):
            differences, results = spf_peers.compare(peer, seed, MESSAGES, folder)
            verdicts += sum(results.values())
            assert len(results) >= 5, results  # the zones are worth something
            unexplained += [case for case, identifier in differences if not identifier]
    assert verdicts == ZONES * MESSAGES
    assert not unexplained, unexplained[:3]


@case('SPF verdicts are those of pyspf, but for differences that are explained')
def _():
    compare_with('pyspf')


@case('SPF verdicts are those of Mail::SPF, but for differences that are explained')
def _():
    compare_with('Mail::SPF')


@case('every explanation of a difference is in use')
def _():
    assert set(spf_peers.explanations()) == {identifier for identifier, _, _ in spf_peers.KNOWN}


main()
