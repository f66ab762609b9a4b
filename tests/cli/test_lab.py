#!/usr/bin/python3
"""inkan lab: the first seal is as told, in both languages, and every command that it names works."""
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / 'tests/support'))

from tap import SOURCE, case, main, run

HASH = re.compile(rb'bh=([A-Za-z0-9+/]{43}=)')


def seal(*arguments):
    done = run('lab', 'run', 'first-seal', *arguments)
    assert done.returncode == 0, done
    assert done.stderr == b'', done.stderr
    return done.stdout


@case('list')
def _():
    done = run('lab', 'list')
    assert done.returncode == 0 and done.stdout.startswith(b'first-seal '), done
    names = [json.loads(line)['name'] for line in run('lab', 'list', '--json').stdout.splitlines()]
    assert names == ['first-seal', 'ses', 'ses-by-hand', 'rotation', 'microsoft'], names
    assert run('lab', 'run', 'list').stdout == done.stdout


@case('options of other scenarios')
def _():
    for arguments in (('first-seal', '--seed', '2'), ('ses', '--keep', 'x'), ('microsoft', '--careless')):
        done = run('lab', 'run', *arguments)
        assert done.returncode == 2 and b'has no option --' in done.stderr and done.stdout == b'', done


@case('first-seal: pass, body hash, changed header, in this order')
def _():
    text = seal()
    places = [text.index(words) for words in (
        b'\n1  ', b'2048 bits', b'\n2  ', b'rsa1._domainkey.example.jp', b'v=DKIM1; k=rsa; p=', b'\n3  ',
        '見積書送付'.encode(), b'DKIM-Signature: v=1; a=rsa-sha256', b'DKIM-Signature: v=1; a=ed25519-sha256', b'\n4  ',
        b'PASS', b'\n5  ', b'FAIL', b'body hash did not verify', b'The signature was made over', b'\n6  ',
        b'signature did not verify', b'"subject"', b'\n7  ', b'lab run first-seal --keep seal')]
    assert places == sorted(places), places
    assert b'NOT AS EXPECTED' not in text


@case('first-seal: both hashes, and they differ')
def _():
    step = seal().split(b'\n5  ')[1].split(b'\n6  ')[0]
    assert len(set(HASH.findall(step))) == 2, step


@case('first-seal: lines for people fit 100 columns; only records are longer')
def _():
    for line in seal().split(b'\n7  ')[0].splitlines():
        assert len(line.decode()) <= 100 or b' IN TXT ' in line, line


@case('first-seal: no colour in a pipe')
def _():
    assert b'\x1b' not in seal()


@case('first-seal in Japanese')
def _():
    text = seal('--lang', 'ja').decode()
    for words in ('鍵を作る', 'body hash did not verify', '本文から計算したハッシュ', '次に試すこと'):
        assert words in text, words


@case('first-seal: new keys each time')
def _():
    records = [re.search(rb'k=ed25519; p=(\S+)"', seal())[1] for _ in range(2)]
    assert records[0] != records[1]


@case('first-seal as JSON')
def _():
    told = json.loads(seal('--json'))
    assert told['scenario'] == 'first-seal' and told['ok'] is True
    assert [step['name'] for step in told['steps']] == ['keys', 'records', 'sign', 'verify', 'content-changed',
                                                        'header-changed', 'next']
    assert all(step['ok'] for step in told['steps'])


@case('first-seal needs no files')
def _():
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / 'inkan'
        program.write_bytes(Path(os.environ['INKAN']).read_bytes())
        program.chmod(0o755)
        done = subprocess.run([program, 'lab', 'run', 'first-seal'], cwd=folder, stdout=subprocess.PIPE, env={})
        assert done.returncode == 0
        assert os.listdir(folder) == ['inkan']


@case('every command that first-seal names works')
def _():
    commands = [line.strip().decode() for line in seal().split(b'\n7  ')[1].splitlines()[1:] if line.strip()]
    assert len(commands) == 5, commands
    with tempfile.TemporaryDirectory() as folder:
        codes = [subprocess.run(command, shell=True, cwd=folder, stdout=subprocess.DEVNULL).returncode
                 for command in commands]
        assert codes == [0, 0, 1, 1, 0], list(zip(commands, codes))
        kept = Path(folder) / 'seal'
        assert (kept / 'message.eml').read_bytes() == (SOURCE / 'lab/messages/attachment-pdf.eml').read_bytes()
        for key in ('rsa1.pem', 'ed1.pem'):
            assert (kept / key).stat().st_mode & 0o777 == 0o600


@case('--keep makes a new folder only')
def _():
    with tempfile.TemporaryDirectory() as folder:
        done = run('lab', 'run', 'first-seal', '--keep', folder)
        assert done.returncode == 2 and folder.encode() in done.stderr, done
        assert os.listdir(folder) == []


@case('an unknown scenario')
def _():
    done = run('lab', 'run', 'last-seal')
    assert done.returncode == 2 and b'inkan lab list' in done.stderr and done.stdout == b'', done


main()
