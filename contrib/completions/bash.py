#!/usr/bin/python3
"""Writes the bash completion of inkan, from the table that `inkan help --json` prints.

bash.py TEMPLATE PROGRAM OUTPUT
"""
import json
import shlex
import subprocess
import sys
from pathlib import Path


def words(items):
    return shlex.quote(' '.join(items))


def table(name, rows):
    lines = [f'\t[{shlex.quote(key)}]={words(items)}' for key, items in rows]
    return f'declare -gA {name}=(\n' + '\n'.join(lines) + '\n)\n'


def spellings(option):
    return [f'--{option["name"]}'] + ([f'-{option["letter"]}'] if option['letter'] else [])


def values(option):
    return ['FILE'] if option['file'] else option['choices'] or ['TEXT'] if option['argument'] else []


def main(template, program, output):
    text = subprocess.run([program, 'help', '--json', '--lang', 'en'], check=True, stdout=subprocess.PIPE).stdout
    commands = json.loads(text)['commands']
    names = [c['command'] for c in commands]
    below = [(name, [n.rsplit(' ', 1)[1] for n in names if n.rpartition(' ')[0] == name]) for name in names]
    tables = [
        table('_inkan_commands', [row for row in below if row[1]]),
        table('_inkan_options', [(c['command'], [s for o in c['options'] for s in spellings(o)]) for c in commands]),
        table('_inkan_values', [(f'{c["command"]} {s}', values(o)) for c in commands for o in c['options']
                                for s in spellings(o) if values(o)]),
        table('_inkan_files', [(c['command'], ['yes']) for c in commands if c['files']]),
    ]
    Path(output).write_text(Path(template).read_text().replace('@TABLES@\n', '\n'.join(tables)))


main(*sys.argv[1:])
