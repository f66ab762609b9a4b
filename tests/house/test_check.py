#!/usr/bin/python3
"""The checks of the house find what they are there to find: each is shown a small tree that breaks its rule."""
import json
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / 'tests/support'), str(ROOT / 'scripts')]

import check
import rooms
from tap import case, main


def complaints(function, files):
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            path = Path(folder) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return function(Path(folder))


# file, its include, allowed
INCLUDES = [
    ('src/core/a.c', '"core/b.h"', True),
    ('src/core/a.c', '"inkan/error.h"', True),
    ('src/core/a.c', '"mail/b.h"', False),
    ('src/mail/a.c', '"core/b.h"', True),
    ('src/dkim/a.c', '"authres/b.h"', True),
    ('src/dkim/a.c', '"spf/b.h"', False),
    ('src/auth/a.c', '"dkim/b.h"', True),
    ('src/dkim/a.c', '"auth/b.h"', False),
    ('src/check/a.c', '"io/b.h"', False),
    ('src/cli/a.c', '"io/b.h"', True),
    ('src/cli/a.c', '"server/b.h"', False),
    ('src/core/a.c', '"b.h"', False),
    ('src/core/a.c', '<string.h>', True),
    ('src/core/a.c', '<unistd.h>', False),
    ('src/auth/a.c', '<sys/socket.h>', False),
    ('src/io/a.c', '<sys/socket.h>', True),
    ('src/dkim/a.c', '<openssl/evp.h>', False),
    ('src/dkim/a.c', '<sodium.h>', False),
    ('src/cli/a.c', '<openssl/evp.h>', False),
    ('src/crypto/a.c', '<openssl/evp.h>', True),
    ('src/crypto/a.c', '<sodium.h>', True),
    ('src/unheard/a.c', '<string.h>', False),
    ('include/inkan/a.h', '"inkan/b.h"', True),
    ('include/inkan/a.h', '"core/b.h"', False),
    ('include/inkan/a.h', '<openssl/evp.h>', False),
]

for path, name, allowed in INCLUDES:
    @case(f'{path} {"may" if allowed else "may not"} include {name}')
    def _(path=path, name=name, allowed=allowed):
        found = complaints(rooms.check_includes, {path: f'#include {name}\n'})
        assert bool(found) != allowed, found


SYMBOLS = [
    ('memcpy', True), ('__memcpy_chk', True), ('snprintf', True), ('__vsnprintf_chk', True), ('__assert_fail', True),
    ('EVP_DigestUpdate', True), ('PEM_read_bio_PrivateKey', True), ('json_loadb', True), ('psl_builtin', True), ('idn2_lookup_u8', True), ('idn2_lookup_ul', False),
    ('pthread_mutex_lock', True), ('__isoc99_sscanf', False),
    ('open', False), ('fopen', False), ('read', False), ('socket', False), ('printf', False), ('__fprintf_chk', False),
    ('puts', False), ('stderr', False), ('getenv', False), ('time', False), ('clock_gettime', False), ('localtime_r', False),
    ('rand', False), ('getrandom', False), ('RAND_bytes', False), ('randombytes_buf', False), ('syslog', False),
    ('pthread_create', False), ('json_load_file', False), ('psl_latest', False), ('PEM_read_PrivateKey', False),
    ('BIO_new_file', False), ('strerror', False), ('setlocale', False), ('system', False), ('exit', False),
]

for symbol, allowed in SYMBOLS:
    @case(f'the engine {"may" if allowed else "may not"} call {symbol}')
    def _(symbol=symbol, allowed=allowed):
        assert rooms.allowed(symbol) == allowed


@case('a cycle of includes is found')
def _():
    found = complaints(rooms.check_cycles, {
        'src/core/a.h': '#include "core/b.h"\n', 'src/core/b.h': '#include "core/c.h"\n',
        'src/core/c.h': '#include "core/a.h"\n', 'include/inkan/x.h': ''})
    assert found == ['include cycle: core/a.h -> core/b.h -> core/c.h -> core/a.h'], found


@case('a diamond of includes is no cycle')
def _():
    assert complaints(rooms.check_cycles, {
        'src/core/a.h': '#include "core/b.h"\n#include "core/c.h"\n', 'src/core/b.h': '#include "core/d.h"\n',
        'src/core/c.h': '#include "core/d.h"\n', 'src/core/d.h': '', 'include/inkan/x.h': ''}) == []


@case('a room without README is found')
def _():
    files = {'src/core/a.c': '', 'src/mail/a.c': '', 'src/mail/README.md': '', 'src/meson.build': ''}
    assert complaints(rooms.check_readmes, files) == ['src/core: has no README.md']


@case('a source that no meson.build names is found')
def _():
    def check_tree(root):
        command = {'directory': str(root / 'build'), 'file': '../src/core/a.c', 'command': 'cc'}
        (root / 'build/compile_commands.json').write_text(json.dumps([command]))
        return check.check_registered(root / 'build', root)

    files = {'src/core/a.c': '', 'src/core/b.c': '', 'src/core/b.h': '', 'build/x': ''}
    assert complaints(check_tree, files) == ['src/core/b.c: no meson.build names it']


BANNED = [
    ('strcpy(a, b);', True), ('x = sprintf (a, "");', True), ('alloca(n);', True), ('my_strcpy(a, b);', False),
    ('/* never strcpy(a, b) */', False), ('puts("strcpy(a)");', False), ("c = '\"'; strcpy(a, b); d = '\"';", True),
    ('/* TO' + 'DO: later */', True), ('/* nothing to do */', False),
]

for code, refused in BANNED:
    @case(f'{"refused" if refused else "allowed"}: {code}')
    def _(code=code, refused=refused):
        assert bool(complaints(check.check_banned, {'src/core/a.c': code})) == refused


main()
