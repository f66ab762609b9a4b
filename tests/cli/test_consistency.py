#!/usr/bin/python3
"""Help, manual pages and completion say the same: the table of `inkan help --json` is held against the other two."""
import json
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / 'tests/support'))

from tap import SOURCE, case, main, run, skip

COMMANDS = {c['command']: c for c in json.loads(run('help', '--json').stdout)['commands']}
TOP = sorted({name.split()[1] for name in COMMANDS if ' ' in name})
EVERYWHERE = {'help', 'lang', 'verbose'}  # described in inkan(1) alone
WITHOUT_PAGE = {'help', 'version'}        # the same
COMPLETION = Path(os.environ.get('INKAN_BUILD', SOURCE / 'build')) / 'contrib/completions/inkan'


def page(name):
    return (SOURCE / 'man' / name).read_text()


def options_of_page(text):
    """{long name: letter or ''} of the entries of a page's lists."""
    entries = {}
    for line in text.splitlines():
        if line.startswith('.It Fl '):
            letter = re.match(r'\.It Fl (\w) ,', line)
            for long in re.findall(r'(?:Fl|,) -([a-z0-9-]+)', line):
                entries[long] = letter[1] if letter else ''
    return entries


def options_of_command(name):
    """The same of a command and what is below it."""
    return {o['name']: o['letter'] for c in COMMANDS.values() for o in c['options']
            if c['command'] == name or c['command'].startswith(name + ' ')}


for top in TOP:
    if top in WITHOUT_PAGE:
        continue
    if top[0].isupper():  # cmdlets: all of them on one page

        @case(f'inkan-powershell(1) shows {top} in its synopsis')
        def _(top=top):
            assert f'\n.Nm inkan {top}\n' in page('inkan-powershell.1')

        continue

    @case(f'inkan-{top}(1) has the options of the command, and no others')
    def _(top=top):
        wanted = {k: v for k, v in options_of_command(f'inkan {top}').items() if k not in EVERYWHERE}
        assert options_of_page(page(f'inkan-{top}.1')) == wanted

    @case(f'inkan-{top}(1) shows every subcommand in its synopsis, with its options')
    def _(top=top):
        synopsis = page(f'inkan-{top}.1').split('.Sh SYNOPSIS')[1].split('.Sh DESCRIPTION')[0]
        parts = {}
        for name, options in re.findall(r'^\.Nm (inkan[^\n]*)\n(.*?)(?=^\.Nm|\Z)', synopsis, re.M | re.S):
            parts[name] = parts.get(name, '') + options  # a command may stand there in several ways of calling it
        leaves = [n for n in COMMANDS if (n + ' ').startswith(f'inkan {top} ')
                  and not any(o.startswith(n + ' ') for o in COMMANDS)]
        assert sorted(n for n in parts if not n.split()[1][0].isupper()) == sorted(leaves), sorted(parts)
        for leaf in leaves:
            if '.Op Ar option ...\n' in parts[leaf]:  # too many to be named twice: the lists below have them (the case before)
                continue
            for option in COMMANDS[leaf]['options']:
                if option['name'] not in EVERYWHERE:
                    short = option['letter'] and re.search(rf'Fl {option["letter"]}\b', parts[leaf])
                    assert short or f'Fl -{option["name"]} ' in parts[leaf].replace('\n', ' '), (leaf, option['name'])

    @case(f'inkan(1) names {top}')
    def _(top=top):
        assert f'.It Xr inkan-{top} 1\n' in page('inkan.1')


@case('inkan(1) describes the options that every command has')
def _():
    entries = options_of_page(page('inkan.1'))
    assert EVERYWHERE | {'version'} <= entries.keys()
    known = {o['name'] for c in COMMANDS.values() for o in c['options']}
    # verify is the one that takes many messages
    assert entries.keys() - known <= (set() if 'inkan verify' in COMMANDS else {'at', 'jobs'}), entries.keys() - known


@case('every manual page is installed')
def _():
    listed = set(re.findall(r"'([a-z.-]+\.\d)'", (SOURCE / 'man/meson.build').read_text()))
    assert listed == {p.name for p in (SOURCE / 'man').iterdir() if p.suffix in ('.1', '.3', '.5', '.8')}


def declared(headers):
    text = re.sub(r'/\*.*?\*/', '', '\n'.join(p.read_text() for p in headers), flags=re.S)
    return set(re.findall(r'\b(inkan_[a-z0-9_]+)\(', text))


RESOLVER = SOURCE / 'include/inkan/resolver.h'
HEADERS = set((SOURCE / 'include/inkan').glob('*.h'))

for name, headers, listing in [('libinkan.3', sorted(HEADERS - {RESOLVER}), 'exports.txt'),
                               ('libinkan-resolver.3', [RESOLVER], 'exports-resolver.txt')]:
    @case(f'{name} describes every public function of its library, and no others')
    def _(name=name, headers=headers, listing=listing):
        described = set(re.findall(r'^\.Fo (inkan_\w+)$', page(name).split('.Sh DESCRIPTION')[0], re.M))
        assert declared(headers) == described, declared(headers) ^ described

    @case(f'{listing} lists every function that the headers of its library declare')
    def _(headers=headers, listing=listing):
        listed = set((SOURCE / 'tests/data' / listing).read_text().split())
        assert declared(headers) <= listed, declared(headers) - listed


# ---- completion ----

def complete(*line):
    """What bash offers for the last word."""
    script = f'''source {COMPLETION}
compopt() {{ :; }}
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=${{#COMP_LINE}}
_inkan; printf '%s\\n' "${{COMPREPLY[@]}}"'''
    if not COMPLETION.exists():
        skip('no completion was built')
    done = subprocess.run(['bash', '-c', script, 'bash', 'inkan', *line], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          cwd=SOURCE, text=True, timeout=20)
    assert done.returncode == 0 and done.stderr == '', done
    return set(done.stdout.split())


@case('completion offers every command')
def _():
    assert complete('') == set(TOP)
    assert complete('he') == {'help'}
    assert complete('help', '') == set(TOP)
    assert complete('help', 'key', '') == {'generate', 'show', 'check'}
    assert complete('key', 'g') == {'generate'}


for name, command in COMMANDS.items():
    @case(f'completion offers the options of {name}')
    def _(name=name, command=command):
        offered = complete(*name.split()[1:], '-')
        assert offered == {f'--{o["name"]}' for o in command['options']} | {
            f'-{o["letter"]}' for o in command['options'] if o['letter']}


@case('completion offers the words of a choice')
def _():
    assert complete('key', 'generate', '--type', '') == {'rsa', 'ed25519'}
    assert complete('key', 'generate', '-t', 'e') == {'ed25519'}
    assert complete('key', 'generate', '--type', '=', 'r') == {'rsa'}
    assert complete('key', 'generate', '--type', '=') == {'rsa', 'ed25519'}
    assert complete('help', '--lang', '') == {'ja', 'en'}


@case('completion offers files where files belong')
def _():
    assert complete('key', 'show', 'LICEN') == {'LICENSE'}
    assert complete('dkim-key', '--dns', 'LICEN') == {'LICENSE'}
    assert complete('dkim-key', 'LICEN') == set()
    assert complete('key', 'generate', '--domain', 'LICEN') == set()
    assert complete('key', 'show', '--', 'LICEN') == {'LICENSE'}


@case('completion is clean for shellcheck')
def _():
    done = subprocess.run(['shellcheck', '--severity=warning', '--shell=bash', COMPLETION], stdout=subprocess.PIPE, text=True)
    assert done.returncode == 0, done.stdout


main()
