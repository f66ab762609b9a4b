#!/usr/bin/python3
"""inkan explain, on a store that a helper made."""
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / 'support'))
from tap import SOURCE, case, main, run  # noqa: E402

BUILD = Path(os.environ.get('INKAN_BUILD', SOURCE / 'build'))
KEEP = tempfile.TemporaryDirectory(prefix='inkan-explain-')
TMP = Path(KEEP.name)
STORE = TMP / 'inkan.db'
subprocess.run([BUILD / 'tests/fill_store', STORE], check=True)


def explain(*arguments, code=0, lang='en'):
    done = run('explain', '--lang', lang, *arguments)
    assert done.returncode == code, done
    return done.stdout.decode(), done.stderr.decode()


def stored(*arguments, **options):
    return explain('--store', STORE, *arguments, **options)[0]


def text(name, content):
    path = TMP / name
    path.write_text(content)
    return path


@case('a judged message by its queue id')
def _():
    page = stored('4F3A2B1C0D')
    for want in ['Message 4F3A2B1C0D\n', 'When          2026-11-22T09:30:00Z\n', 'From          alice@example.com\n',
                 'Direction     inbound – from outside, to be judged\n', 'Client        192.0.2.7 – mail.example.net\n', 'HELO          mail.example.net\n',
                 'SPF           pass – bounces.example.net, mfrom, not aligned\n', 'DKIM          pass – example.net, not aligned\n',
                 'fail – example.com, body_hash_mismatch, aligned\n', 'DMARC         fail – example.com, reject\n',
                 'Verdict       fail – what passes is not of the author\'s domain\n', 'Action        tag – handed on\n',
                 'Override      local_policy – the author is in actions.accept_from\n',
                 'Time taken    1.2 ms, of which DNS 1.0 ms (7 questions)\n']:
        assert want in page, (want, page)


@case('why a message was refused, and in which words')
def _():
    page = stored('6B6B6B6B6B')
    for want in ['Action        reject – refused\n', 'Because       DMARC fails, the owner asks to reject\n',
                 'Reply         550 5.7.1 rejected by DMARC policy for example.com\n']:
        assert want in page, page


@case('why a message was signed')
def _():
    page = stored('5A5A5A5A5A')
    assert 'Signed        example.org – r1, rsa-sha256\n' in page and 'example.org – e1, ed25519-sha256\n' in page, page


@case('why a message was not signed')
def _():
    page = stored('7C7C7C7C7C')
    assert 'Not signed    no rule for signing matches the author\n' in page, page
    assert 'Shadow mode   nothing was changed' in page, page


@case('in Japanese, reasons too')
def _():
    page = stored('7C7C7C7C7C', lang='ja')
    assert '差出人に合う署名の規則がありません' in page and '自組織から送る (署名する)' in page, page
    page = stored('6B6B6B6B6B', lang='ja')
    assert 'DMARC が不合格で、ドメインの所有者は拒否を求めています' in page, page


@case('by Message-ID, with and without angle brackets')
def _():
    assert stored('one@example.com') == stored('<one@example.com>') == stored('4F3A2B1C0D')


@case('the newest message without an id, and the newest ones')
def _():
    assert re.findall(r'^Message (\w+)', stored(), re.M) == ['7C7C7C7C7C']
    assert re.findall(r'^Message (\w+)', stored('--last', '3'), re.M) == ['7C7C7C7C7C', '6B6B6B6B6B', '5A5A5A5A5A']


@case('JSON')
def _():
    done = json.loads(stored('4F3A2B1C0D', '--json'))
    message, = done['messages']
    assert message['verdict'] == 'fail' and message['from_address'] == 'alice@example.com'
    assert message['dkim'][1] == {'domain': 'example.com', 'selector': 's2', 'result': 'fail', 'cause': 'body_hash_mismatch',
                                  'aligned': True}
    assert len(json.loads(stored('--json', '--last', '10'))['messages']) == 4
    assert stored('--json') == stored('--json', lang='ja')


@case('what is not there is a finding')
def _():
    out, error = explain('--store', STORE, 'nobody', code=1)
    assert out == '' and 'nothing is stored of “nobody”' in error, error
    out, error = explain('--store', STORE, 'nobody', '--json', code=1)
    assert json.loads(out) == {'messages': []}
    assert '記録がありません' in explain('--store', STORE, 'nobody', code=1, lang='ja')[1]


@case('what a message holds does not reach the terminal as it is')
def _():
    page = stored('6B6B6B6B6B')
    assert '\x1b' not in page and '\u202e' not in page and '\\x1b[31mevil\\u{202e}@example.com' in page, page


@case('the store of a configuration')
def _():
    path = text('inkan.yaml', f'store:\n  path: {STORE}\n')
    assert explain('--config', path, '4F3A2B1C0D')[0] == stored('4F3A2B1C0D')


@case('a service that keeps nothing')
def _():
    path = text('none.yaml', 'store:\n  path: ""\n')
    assert 'store.path is empty' in explain('--config', path, code=2)[1]


@case('configurations that cannot be read')
def _():
    assert 'No such file or directory' in explain('--config', TMP / 'nowhere.yaml', code=2)[1]
    path = text('broken.yaml', 'store:\n  paht: x\n')
    assert 'broken.yaml:2:3: ' in explain('--config', path, code=2)[1]


@case('stores that cannot be read')
def _():
    assert 'nowhere.db – the service makes it' in explain('--store', TMP / 'nowhere.db', code=2)[1]
    assert 'move it away' in explain('--store', text('garbage.db', 'garbage ' * 200), code=2)[1]
    assert 'nothing was stored yet' in explain('--store', text('empty.db', ''), code=2)[1]
    assert list(TMP.glob('nowhere.db*')) == []


@case('an empty id, and numbers out of range')
def _():
    assert 'the id is empty' in explain('--store', STORE, '', code=2)[1]
    explain('--store', STORE, '--last', '0', code=2)
    explain('--store', STORE, '--last', '10001', code=2)
    explain('--store', STORE, '--last', '10000')


@case('every reason that is translated is one that the service gives')
def _():
    given = ''.join(path.read_text() for room in ('policy', 'server') for path in (SOURCE / 'src' / room).glob('*.c'))
    given = re.sub(r'"\n\s*"', '', given)  # a text over two lines is one
    table = (SOURCE / 'src/cli/outcome_text.c').read_text().split('reasons[] = {')[1].split('\n};')[0]
    rows = re.findall(r'^\t\{"([^"]+)"', table, re.M)
    assert len(rows) > 20
    for row in rows:
        assert f'"{row}"' in given, row


main()
