#!/usr/bin/python3
"""Every rule for signing, verifying, ARC and DMARC has a test: a case whose name begins with its number ("V9 l= of 0")."""
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / 'support'))
from tap import SOURCE, case, main  # noqa: E402

VERIFYING = [f'V{n}' for n in range(1, 34)]
# S22 to S24 are about mail that is forwarded, about lists and about publishing keys: no code of these yet
SIGNING = [f'S{n}' for n in [*range(1, 22), 25, 26]]
ARC = [f'A{n}' for n in range(1, 14)] + ['A16']  # A14 and A15 are the verdict's
# M13 to M15 and M17 are about what a receiver does with the result, and reports: not asked for here yet
DMARC = [f'M{n}' for n in [*range(1, 13), 16, 18, 19]]
NAME = re.compile(r'''["']([VSAM]\d+)[ :]''')


def rules_of(text):
    """Numbers with which string literals of a test program begin."""
    return set(NAME.findall(text))


def tested():
    return {rule for path in (SOURCE / 'tests').rglob('test_*') if path.suffix in ('.c', '.py') and path != Path(__file__)
            for rule in rules_of(path.read_text(encoding='utf-8'))}


@case('every rule for verifying has a case')
def _():
    assert not set(VERIFYING) - tested(), sorted(set(VERIFYING) - tested())


@case('every rule for signing has a case')
def _():
    assert not set(SIGNING) - tested(), sorted(set(SIGNING) - tested())


@case('every rule for ARC has a case')
def _():
    assert not set(ARC) - tested(), sorted(set(ARC) - tested())


@case('every rule for DMARC has a case')
def _():
    assert not set(DMARC) - tested(), sorted(set(DMARC) - tested())


@case('a rule without a case would be noticed')
def _():
    assert rules_of('{"V9 l= of 0", "xV10 no", "about V11"}') == {'V9'}


main()
