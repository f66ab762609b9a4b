#!/usr/bin/python3
"""Checks of the house: rooms, symbols, exports, headers, banned words, layout.

check.py BUILD       prints one TAP line a check; exit code 1 where something was found
check.py --format    lets clang-format mend the layout
check.py --exports BUILD    writes the lists of public names anew (a change of them is a change of the interface)
"""
import json
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import rooms

ROOT = Path(__file__).resolve().parent.parent
# library: the list of its public names
EXPORTS = {'libinkan.so': ROOT / 'tests/data/exports.txt',
           'libinkan-resolver.so': ROOT / 'tests/data/exports-resolver.txt'}
CODE = ['src', 'include', 'tests', 'fuzz', 'bench']

# function: what to use instead
BANNED = {
    'strcpy': 'struct buf or memcpy', 'strcat': 'struct buf', 'strncpy': 'struct buf or memcpy', 'strncat': 'struct buf',
    'sprintf': 'snprintf or buf_printf', 'vsprintf': 'vsnprintf', 'gets': 'fgets', 'atoi': 'str_to_u64',
    'atol': 'str_to_u64', 'strtok': 'str_split', 'strtok_r': 'str_split', 'alloca': 'an arena',
}
BANNED_CALL = re.compile(r'\b(' + '|'.join(BANNED) + r')\s*\(')
UNFINISHED = re.compile(r'\b(TODO|FIXME|XXX|HACK)\b')
# comments and literals, blanked before the search for calls
NOT_CODE = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'', re.S)


def code_only(text):
    return NOT_CODE.sub(lambda m: re.sub(r'[^\n]', ' ', m[0]), text)


def check_banned(root=ROOT):
    found = []
    for path in rooms.sources(root, *CODE):
        text = path.read_text(encoding='utf-8')
        for number, line in enumerate(code_only(text).splitlines(), 1):
            for match in BANNED_CALL.finditer(line):
                found.append(f'{path.relative_to(root)}:{number}: {match[1]}: use {BANNED[match[1]]}')
        for number, line in enumerate(text.splitlines(), 1):
            if match := UNFINISHED.search(line):
                found.append(f'{path.relative_to(root)}:{number}: {match[1]}: finish it, or open an issue')
    return found


def check_format():
    files = rooms.sources(ROOT, *CODE)
    done = subprocess.run(['clang-format', '--dry-run', '--Werror', *files], stderr=subprocess.PIPE, text=True)
    files = re.findall(rf'^{re.escape(str(ROOT))}/([^:]+):\d+:\d+: error:', done.stderr, re.M)
    return [f'{file}: run "make format"' for file in sorted(set(files))]


def compiles(command, header):
    """The compiler's first words where a file that includes only this header does not compile, else None."""
    done = subprocess.run([*command, '-'], input=f'#include "{header}"\n', stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True)
    return f'{header}: {command[0]}: {done.stdout.strip()}' if done.returncode else None


def check_registered(build, root=ROOT):
    """Every source file is compiled: none was forgotten in a meson.build."""
    commands = json.loads((build / 'compile_commands.json').read_text())
    compiled = {(Path(command['directory']) / command['file']).resolve() for command in commands}
    return [f'{path.relative_to(root)}: no meson.build names it'
            for path in rooms.sources(root, *CODE, suffixes=('.c',)) if path.resolve() not in compiled]


def check_headers():
    """Every header compiles alone, the public ones also without GNU extensions and as C++."""
    warn = ['-fsyntax-only', '-Wall', '-Wextra', '-Werror']
    inside = ['gcc', '-x', 'c', '-std=c17', *warn, '-D_GNU_SOURCE', f'-I{ROOT}/src', f'-I{ROOT}/include']
    public = [['gcc', '-x', 'c', '-std=c17', *warn, '-Wpedantic', f'-I{ROOT}/include'],
              ['g++', '-x', 'c++', '-std=c++17', *warn, '-Wpedantic', f'-I{ROOT}/include']]
    jobs = [(inside, p.relative_to(ROOT / 'src')) for p in rooms.sources(ROOT, 'src', suffixes=('.h',))]
    jobs += [(c, p.relative_to(ROOT / 'include')) for p in rooms.sources(ROOT, 'include', suffixes=('.h',)) for c in public]
    with ThreadPoolExecutor(2) as pool:
        return [complaint for complaint in pool.map(lambda job: compiles(*job), jobs) if complaint]


def check_scripts():
    """Shell scripts have nothing that shellcheck warns of."""
    files = [path for folder in ['.ci', 'scripts', 'tests', 'fuzz', 'bench', 'lab', 'contrib']
             for path in sorted((ROOT / folder).rglob('*'))
             if path.is_file() and re.match(rb'#!\s*/(usr/)?bin/(env )?(ba)?sh\b', path.open('rb').readline(40))]
    done = subprocess.run(['shellcheck', '--severity=warning', '--format=gcc', *files], cwd=ROOT,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return done.stdout.splitlines() if done.returncode else []


def check_manuals():
    """Manual pages are clean mdoc."""
    pages = sorted((ROOT / 'man').rglob('*.[1578]'))
    if not pages:
        return []
    done = subprocess.run(['mandoc', '-T', 'lint', '-W', 'warning', *pages], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True)
    return done.stdout.splitlines() if done.returncode else []


def main(arguments):
    if arguments[:1] == ['--format']:
        return subprocess.run(['clang-format', '-i', *rooms.sources(ROOT, *CODE)]).returncode
    if arguments[:1] == ['--exports']:
        for library, listing in EXPORTS.items():
            listing.write_text('\n'.join(rooms.exports(Path(arguments[1]) / 'src' / library)) + '\n')
        return 0
    if len(arguments) != 1 or arguments[0].startswith('-'):
        sys.exit(__doc__)

    build = Path(arguments[0])
    checks = [
        ('rooms include only rooms below them', lambda: rooms.check_includes(ROOT)),
        ('no include cycles', lambda: rooms.check_cycles(ROOT)),
        ('every room has a README', lambda: rooms.check_readmes(ROOT)),
        ('the engine imports no I/O, clock, environment or randomness', lambda: rooms.check_symbols(build)),
        *((f'{library} shows the listed names only',
           lambda library=library, listing=listing: rooms.check_exports(build / 'src' / library, listing))
          for library, listing in EXPORTS.items()),
        ('every source is built', lambda: check_registered(build)),
        ('every header compiles alone', check_headers),
        ('no banned function or word', check_banned),
        ('layout as clang-format wants it', check_format),
        ('shell scripts', check_scripts),
        ('manual pages', check_manuals),
    ]
    failed = False
    print(f'1..{len(checks)}')
    for number, (name, check) in enumerate(checks, 1):
        complaints = check()
        for complaint in complaints:
            print('# ' + complaint.replace('\n', '\n# '))
        print(f'{"not ok" if complaints else "ok"} {number} - {name}', flush=True)
        failed = failed or bool(complaints)
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
