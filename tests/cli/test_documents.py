#!/usr/bin/python3
"""What administrators read is true: every command in README and doc/ exists with its options, both languages say the same, and what the
mission wants to be told is told."""
import json
import re
import shlex
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / 'support'))
from tap import SOURCE, case, main, run  # noqa: E402

PAIRS = [('README.md', 'README.ja.md'), ('doc/identities.md', 'doc/identities.ja.md')]
COMMANDS = {c['command']: c for c in json.loads(run('help', '--json').stdout)['commands']}


def text(name):
    return (SOURCE / name).read_text(encoding='utf-8')


def lines_of_code(page):
    """Lines of fenced blocks that begin with the program's name, each command by itself, without comments."""
    for block in re.findall(r'^```\n(.*?)^```', page, re.S | re.M):
        for line in block.splitlines():
            for part in re.split(r'&&|\|', re.sub(r'\s{2,}#.*', '', line)):
                if part.strip().startswith('inkan '):
                    yield part.strip()


def complaint(line):
    """What is wrong with a command line, or nothing."""
    words = shlex.split(line.split('>')[0])
    name = 'inkan'
    while len(words) > 1 and f'{name} {words[1]}' in COMMANDS:
        name += ' ' + words.pop(1)
    if any(other.startswith(name + ' ') for other in COMMANDS):
        return f'{line}: no such command'
    known = {o['name']: o for o in [*COMMANDS[name]['options'], *COMMANDS['inkan']['options']]}
    for word in words[1:]:
        option = re.fullmatch(r'--([a-z0-9-]+)', word)
        if option and option[1] not in known:
            return f'{line}: no such option --{option[1]}'
    return ''


@case('every command in README and doc exists, with its options, in both languages')
def _():
    names = [name for pair in PAIRS for name in pair] + ['doc/migration.md']
    found = {name: list(lines_of_code(text(name))) for name in names}
    assert all(len(found[name]) > 5 for pair in PAIRS for name in pair), found
    wrong = [f'{name}: {complaint(line)}' for name in names for line in found[name] if complaint(line)]
    assert not wrong, wrong


@case('a command or an option that is not there would be noticed')
def _():
    assert complaint('inkan identity destroy example.com') and complaint('inkan identity rotate x --slowly') and complaint('inkan sing')
    assert not complaint('inkan identity rotate x --force')


@case('S3-73 both languages have the same sections, tables and commands')
def _():
    for english, japanese in PAIRS:
        for pattern in (r'^#+ ', r'^\|', r'^- ', r'^\d\. '):
            counts = [len(re.findall(pattern, text(name), re.M)) for name in (english, japanese)]
            assert counts[0] == counts[1] or pattern == r'^- ' and 'README' in english, (english, pattern, counts)
        assert [line.split('  ')[0] for line in lines_of_code(text(english))] == [
            line.split('  ')[0].replace(' --lang ja', '') for line in lines_of_code(text(japanese))], english
        assert Path(japanese).name in text(english) and Path(english).name in text(japanese)


# ids of rows and what it is, words that both pages have to hold, words of the English, of the Japanese
TOLD = [
    ('S0-6 S2-37 the order of the records', ['SPF', 'DKIM', 'DMARC'], ['**SPF, then DKIM of every signer, then DMARC**'], ['**SPF、次にすべての署名者の DKIM、最後に DMARC**']),
    ('S0-38 flow and cautions', ['body hash did not verify'], ['What to mind'], ['注意点']),
    ('S0-2 DMARC and the gateway', ['DMARC'], ['DMARC needs nothing for the gateway'], ['DMARC にはゲートウェイのための設定は要りません']),
    ('S0-33 where tests go', [], ['tested toward a normal receiver'], ['普通の受信環境に向けて']),
    ('S0-19 why attachments matter', [], ['covers subject and text'], ['署名は件名と本文を含む']),
    ('S1-13 without a server', ['`d=`', '`sign:`'], ["A provider's own signature"], ['事業者自身の署名']),
    ('S1-17 C-3 ways to the switch', ['Defender', '_domainkey'], ['Threat policies', 'Admin console'], ['脅威ポリシー', '管理コンソール']),
    ('S2-6 what SPF is for, and where it is put', ['v=spf1'], ['in the DNS of whoever hosts that zone'], ['ホスティングする事業者の DNS']),
    ('S2-45 pages of Microsoft', ['https://learn.microsoft.com/defender-office-365/email-authentication-dkim-configure',
               'https://learn.microsoft.com/defender-office-365/email-authentication-spf-configure',
               'https://learn.microsoft.com/defender-office-365/email-authentication-dmarc-configure'], [], []),
    ('S3-23 MAIL FROM and selectors', [], ['is about SPF', '*Selectors* are about DKIM'], ['SPF の話', '*セレクター* は DKIM の話']),
    ('S3-33 which is the SPF record', [], ['the TXT is the SPF record'], ['SPF レコードは TXT のほう']),
    ("S3-74 a MAIL FROM of one's own", [], ["below your own domain rather than"], ['自分のドメインの下に置いてください']),
    ('S3-52 C-7 strict', ['strict'], ['only turn passes into failures'], ['合格を不合格に変えるだけ']),
    ('S3-76 links, with their day', ['2026-11-22', 'https://docs.aws.amazon.com/ses/', 'https://support.google.com/a/answer/174124', 'rfc6376'], [], []),
]
for name_of, both, english, japanese in TOLD:
    @case(f'{name_of}, in both languages')
    def _(both=both, english=english, japanese=japanese):
        for name, words in (('doc/identities.md', both + english), ('doc/identities.ja.md', both + japanese)):
            flat = re.sub(r'\s+', ' ', text(name))
            missing = [word for word in words if re.sub(r'\s+', ' ', word) not in flat and word.replace(' ', '') not in flat.replace(' ', '')]
            assert not missing, (name, missing)


@case('S3-75 every cause of a status that stays Pending has an id that the program gives')
def _():
    given = ''.join(path.read_text(encoding='utf-8') for path in (SOURCE / 'src').glob('*/*.c') if path.parent.name in ('check', 'registrar'))
    for name in ('doc/identities.md', 'doc/identities.ja.md'):
        ids = re.findall(r'`([a-z]+(?:[_-][a-z]+)+)`', text(name)) + ['zone']
        table = [i for i in ids if '_' in i or i in ('no-answer', 'not-everywhere')]
        assert len(table) >= 15 and not [i for i in table if f'"{i}"' not in given], [i for i in table if f'"{i}"' not in given]


main()
