#!/usr/bin/python3
"""Every rule has a test: a case whose name begins with its number ("V9 l= of 0"), or with several ("M11 M13 t=y"). In tests/lab such
numbers are scenarios."""
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / 'support'))
from tap import SOURCE, case, main  # noqa: E402

VERIFYING = [f'V{n}' for n in range(1, 34)]
# S22 to S24 are about mail that is forwarded, about lists and about publishing keys: no code of these yet
SIGNING = [f'S{n}' for n in [*range(1, 22), 25, 26]]
SPF = [f'P{n}' for n in range(1, 28)]
# M17 is about sending reports: no code of it yet
DMARC = [f'M{n}' for n in range(1, 20) if n != 17]
ARC = [f'A{n}' for n in range(1, 17)]
RESULTS = [f'R{n}' for n in range(1, 14)]
NAME = re.compile(r'''["']((?:[VSPMAR]\d+[ :])+)''')


def rules_of(text):
    """Numbers with which string literals of a test program begin."""
    return {rule for rules in NAME.findall(text) for rule in re.findall(r'\w+', rules)}


def tested():
    return {rule for path in (SOURCE / 'tests').rglob('test_*') if path.suffix in ('.c', '.py') and path.parent.name not in ('house', 'lab')
            for rule in rules_of(path.read_text(encoding='utf-8'))}


for what, rules in (('verifying', VERIFYING), ('signing', SIGNING), ('SPF', SPF), ('DMARC', DMARC), ('ARC', ARC),
                    ('Authentication-Results', RESULTS)):
    @case(f'every rule for {what} has a case')
    def _(rules=rules):
        assert not set(rules) - tested(), sorted(set(rules) - tested())


@case('a rule without a case would be noticed')
def _():
    assert rules_of('{"V9 l= of 0", "xV10 no", "about V11", "M1 M2 two"}') == {'V9', 'M1', 'M2'}


main()
