"""The rooms of the house (ARCHITECTURE.md) and the rules between them. Each function returns a list of complaints."""
import re
import subprocess
from pathlib import Path

# A room may include only rooms on lines above its own; rooms on one line do not know each other.
ORDER = [
    ['core'], ['mail'], ['crypto'], ['dns'], ['sig'], ['authres'],
    ['spf', 'dkim', 'arc', 'dmarc', 'dkim2'],
    ['auth'], ['explain'], ['identity'], ['check'], ['policy'], ['report'], ['gateway'],
    ['io'], ['store'], ['proto'], ['config'], ['registrar'],
    ['server', 'cli'], ['program'],
]
FLOOR = {room: floor for floor, rooms in enumerate(ORDER) for room in rooms}
ENGINE = [room for rooms in ORDER[:FLOOR['io']] for room in rooms]  # no I/O, clock, environment, randomness, logging

# System headers that the engine may include. A library's header has the rooms that may see it (None: every engine room).
ENGINE_HEADERS = {
    name: None for name in '''assert.h ctype.h errno.h float.h inttypes.h limits.h math.h pthread.h stdalign.h
    stdarg.h stdatomic.h stdbool.h stddef.h stdint.h stdio.h stdlib.h string.h strings.h sys/types.h threads.h time.h
    emmintrin.h immintrin.h x86intrin.h arm_neon.h arm_acle.h jansson.h libpsl.h idn2.h arpa/inet.h'''.split()
}
CRYPTO_HEADERS = re.compile(r'openssl/|sodium(\.h|/)')
CRYPTO_ROOMS = ['crypto', 'io']

# What objects of the engine may import, besides each other. Whoever needs another pure function adds it here; what
# reads or writes files, sockets, streams, the clock, the environment, the locale's database or random sources is not one.
ENGINE_SYMBOLS = re.compile(r'''(
    mem(chr|rchr|cmp|cpy|move|set|mem) | explicit_bzero | bcmp
  | str(n?len|n?cmp|n?casecmp|r?chr|chrnul|str|spn|cspn|pbrk|n?dup|toull?|toll?|toumax|toimax|tod) | v?snprintf
  | malloc | calloc | realloc | reallocarray | free | aligned_alloc | qsort | qsort_r | bsearch
  | __assert_fail | __stack_chk_fail | __errno_location | abort | __cpu_model | __popcountdi2
  | inet_pton | inet_ntop
  | isinf | isnan | floor | ceil | l?l?round | log2?
  | pthread_(mutex|rwlock|cond|once|key|getspecific|setspecific)\w* | call_once | mtx_\w+
  | _GLOBAL_OFFSET_TABLE_ | __tls_get_addr | _ITM_\w+ | __gmon_start__ | __cxa_finalize
  | json_\w+ | psl_\w+ | idn2_\w+ | crypto_\w+ | sodium_\w+
  | (EVP|RSA|BN|EC|ECDSA|BIO|PEM|ASN1|X509|OPENSSL|OSSL|CRYPTO|ERR|d2i|i2d|o2i|i2o|PKCS8|OBJ|SHA\d*)_\w+
)''', re.X)
# ... and of those families not these: files, environment, random numbers, the locale.
ENGINE_SYMBOLS_DENIED = re.compile(r'''(
    idn2_\w*(_ul|lz) | json_(load_file|loadf|loadfd|dump_file|dumpf|dumpfd) | psl_(load_file|load_fp|latest)
  | BIO_(new_file|new_fp|s_file|new_socket|s_socket|s_connect|s_fd) | (PEM|d2i|i2d)_\w+_fp | (PEM|d2i|i2d)_(read|write)_(?!bio)\w+
  | ERR_print_errors_fp | OPENSSL_init_\w+ | ASN1_TIME_\w+ | X509_cmp_current_time | \w*randombytes\w*
)''', re.X)

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.M)


def sources(root, *folders, suffixes=('.c', '.h')):
    return [p for folder in folders for p in sorted((root / folder).rglob('*')) if p.suffix in suffixes]


def includes_of(path):
    """(line, '<' or '"', name) of each include."""
    text = path.read_text(encoding='utf-8')
    return [(text.count('\n', 0, m.start(1)) + 1, m[1], m[2]) for m in INCLUDE.finditer(text)]


def check_includes(root):
    found = []
    for path in sources(root, 'src'):
        room = path.relative_to(root / 'src').parts[0]
        for line, kind, name in includes_of(path):
            if complaint := refuse(room, kind, name):
                found.append(f'{path.relative_to(root)}:{line}: {complaint}')
        if room not in FLOOR:
            found.append(f'{path.relative_to(root)}: the room "{room}" is not in the order of scripts/rooms.py')
    for path in sources(root, 'include'):
        for line, kind, name in includes_of(path):
            if kind == '"' and not name.startswith('inkan/') or kind == '<' and name not in ENGINE_HEADERS:
                found.append(f'{path.relative_to(root)}:{line}: a public header may not include {name}')
    return found


def refuse(room, kind, name):
    """Why a file of this room may not include that header, or None."""
    if kind == '"':
        other = name.split('/')[0]
        if other == 'inkan' or room not in FLOOR:
            return None
        if '/' not in name or other not in FLOOR:
            return f'"{name}": includes are written "room/file.h"'
        if other != room and FLOOR[other] >= FLOOR[room]:
            return f'"{name}": {room} may not know {other}'
        return None
    if CRYPTO_HEADERS.match(name):
        return None if room in CRYPTO_ROOMS else f'<{name}>: only {" and ".join(CRYPTO_ROOMS)} may see it'
    if room in ENGINE and name not in ENGINE_HEADERS:
        return f'<{name}>: not for a room of the engine (list in scripts/rooms.py)'
    return None


def check_cycles(root):
    """No header includes itself by way of others."""
    edges = {}
    for path in sources(root, 'src', 'include', suffixes=('.h',)):
        top = 'src' if path.is_relative_to(root / 'src') else 'include'
        edges[str(path.relative_to(root / top))] = [name for _, kind, name in includes_of(path) if kind == '"']
    found, done = [], set()

    def walk(name, way):
        if name in way:
            found.append('include cycle: ' + ' -> '.join(way[way.index(name):] + [name]))
        elif name not in done:
            for other in edges.get(name, []):
                walk(other, way + [name])
            done.add(name)

    for name in edges:
        walk(name, [])
    return found


def check_readmes(root):
    return [f'src/{room.name}: has no README.md' for room in sorted((root / 'src').iterdir())
            if room.is_dir() and sources(root, room) and not (room / 'README.md').is_file()]


def nm(*arguments):
    lines = subprocess.run(['nm', '-P', *map(str, arguments)], check=True, stdout=subprocess.PIPE, text=True).stdout
    return [line.split() for line in lines.splitlines() if ' ' in line]


def check_symbols(build):
    """The objects of the engine import only what ENGINE_SYMBOLS lets them."""
    objects = sorted((build / 'src/libengine.a.p').glob('*.o'))
    if not objects:
        return [f'{build}: no objects of the engine']
    own = {row[0] for row in nm('-g', '--defined-only', *objects)}
    return [f'{obj.name[:-2]}: may not call {row[0]}' for obj in objects for row in nm('-u', obj)
            if row[0] not in own and not allowed(row[0])]


def allowed(symbol):
    if fortified := re.fullmatch(r'__(\w+)_chk', symbol):
        symbol = fortified[1]
    if c99 := re.fullmatch(r'__isoc(?:99|23)_(\w+)', symbol):
        symbol = c99[1]
    return bool(ENGINE_SYMBOLS.fullmatch(symbol)) and not ENGINE_SYMBOLS_DENIED.fullmatch(symbol)


def exports(library):
    return sorted(row[0] for row in nm('-D', '-g', '--defined-only', library))


def check_exports(library, listing):
    """The shared library shows exactly the names of the listing, all of them inkan_…"""
    shown = exports(library)
    wanted = listing.read_text().split()
    return ([f'{library.name} shows {name}, which does not start with inkan_' for name in shown if not name.startswith('inkan_')]
            + [f'{library.name} shows {name}, which {listing.name} does not list' for name in shown if name not in wanted]
            + [f'{library.name} lacks {name}, which {listing.name} lists' for name in wanted if name not in shown])
