#!/usr/bin/python3
"""The library as its user meets it: installed, found by pkg-config, linked shared and static; the examples run."""
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / 'support'))
from name_server import NameServer
from tap import SOURCE, case, main, run, skip

BUILD = Path(os.environ['INKAN_BUILD'])
FOLDER = tempfile.TemporaryDirectory()
ROOT = Path(FOLDER.name) / 'root'
WORK = Path(FOLDER.name) / 'work'


def sh(*command, **options):
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)
    assert done.returncode == 0, f'{command}: {done.stderr.decode()}'
    return done.stdout


def pkg_config(*arguments, package='inkan'):
    pc = next(ROOT.rglob('inkan.pc'))
    environment = dict(os.environ, PKG_CONFIG_PATH=str(pc.parent), PKG_CONFIG_SYSROOT_DIR=str(ROOT))
    return sh('pkg-config', *arguments, package, env=environment).decode().split()


def library_folder():
    return next(ROOT.rglob('libinkan.so')).parent


@case('meson install puts program, library, headers, manual and completion in their places')
def _():
    if BUILD.name.endswith('asan'):
        skip('the sanitizers make no static library')
    WORK.mkdir()
    sh('meson', 'install', '-C', BUILD, '--no-rebuild', '--destdir', ROOT)
    for name in ['bin/inkan', 'inkan.pc', 'libinkan.so', 'libinkan.a', 'inkan/inkan.h', 'man1/inkan.1', 'man3/libinkan.3',
                 'inkan-resolver.pc', 'libinkan-resolver.so', 'inkan/resolver.h', 'man3/libinkan-resolver.3']:
        assert any(str(path).endswith(name) or str(path).endswith(name + '.gz') for path in ROOT.rglob('*')), name


def build_example(name, static, package='inkan'):
    if not ROOT.exists():
        skip('nothing was installed')
    program = WORK / f'{name}-{"static" if static else "shared"}'
    flags = pkg_config('--cflags', package=package) + ['-std=c17', '-Wall', '-Wextra', '-Werror']
    if static:
        # the archive of inkan alone; what it stands on stays shared, as Debian has no archive of every library
        needed = sh('pkg-config', '--libs', 'libcrypto', 'libsodium', 'jansson', 'libpsl', 'libidn2').decode().split()
        libraries = [str(library_folder() / 'libinkan.a'), *needed, '-pthread']
    else:
        libraries = pkg_config('--libs', package=package)
    sh('cc', *flags, SOURCE / 'examples' / f'{name}.c', '-o', program, *libraries)
    return program


def sign_and_verify(static):
    sign, verify = build_example('sign', static), build_example('verify', static)
    environment = dict(os.environ, LD_LIBRARY_PATH=str(library_folder()))
    key, dns, signed = WORK / 'key.pem', WORK / 'dns.json', WORK / 'signed.eml'
    made = run('key', 'generate', '--type', 'ed25519', '--force', '--out', str(key), '--json')
    assert made.returncode == 0, made.stderr
    value = json.loads(run('key', 'show', '--json', str(key)).stdout)['value']
    dns.write_text(json.dumps({'s1._domainkey.example.com': {'TXT': [value]}}))
    message = (SOURCE / 'lab/messages/plain.eml').read_bytes()
    out = sh(sign, 'example.com', 's1', key, input=message, env=environment)
    assert out.startswith(b'DKIM-Signature: v=1; a=ed25519-sha256;') and out.endswith(message)
    signed.write_bytes(out)
    assert sh(verify, signed, dns, env=environment).startswith(b'pass d=example.com s=s1')
    dns.write_text(json.dumps({'s1._domainkey.example.com': {'TXT': [value]}, '_dmarc.example.com': {'TXT': ['v=DMARC1; p=reject']},
                               'example.com': {'TXT': ['v=spf1 ip4:192.0.2.1 -all']}}))
    assert b'\npass (both_aligned): spf=pass dmarc=pass\n' in sh(verify, signed, dns, '192.0.2.1', 'a@example.com', env=environment)
    signed.write_bytes(out + b'x')
    assert subprocess.run([verify, signed, dns], env=environment, stdout=subprocess.DEVNULL).returncode == 1
    assert run('verify', '--dns', str(dns), str(signed)).returncode == 1


@case('the examples against the shared library')
def _():
    sign_and_verify(static=False)


@case('the examples against the static library')
def _():
    sign_and_verify(static=True)


def judge(program, *arguments):
    environment = dict(os.environ, LD_LIBRARY_PATH=str(library_folder()))
    done = subprocess.run([program, *map(str, arguments)], env=environment, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, timeout=60)
    return done.returncode, (done.stdout or done.stderr).splitlines()[0]


def signed_message():
    """Its path, and what DNS says of its domain."""
    key, path = WORK / 'judged.pem', WORK / 'judged.eml'
    assert run('key', 'generate', '--type', 'ed25519', '--force', '--out', str(key), '--json').returncode == 0
    value = json.loads(run('key', 'show', '--json', str(key)).stdout)['value']
    signed = run('sign', '--domain', 'example.com', '--selector', 's1', '--key', str(key),
                 str(SOURCE / 'lab/messages/plain.eml'))
    assert signed.returncode == 0, signed.stderr
    path.write_bytes(signed.stdout)
    return path, {'s1._domainkey.example.com': {'TXT': [value]}, '_dmarc.example.com': {'TXT': ['v=DMARC1; p=reject']},
                  'example.com': {'TXT': ['v=spf1 ip4:192.0.2.1 -all']}}


@case('the blocking example, against both shared libraries: a verdict from DNS on the loopback')
def _():
    program = build_example('judge', static=False, package='inkan-resolver')
    path, zone = signed_message()
    with NameServer(zone) as server:
        address = ['--server', '127.0.0.1', '--port', server.address.split(':')[1]]
        client = ['--mail-from', 'a@example.com', '--helo', 'mail.example.com', '--ip']
        assert judge(program, *address, *client, '192.0.2.1', path) == (
            0, 'pass (both_aligned), SPF aligned, DKIM aligned, policy none')
        assert judge(program, *address, *client, '192.0.2.2', path) == (
            1, 'at-risk (by_dkim_spf_failed), SPF failed, DKIM aligned, policy none')
        path.write_bytes(path.read_bytes() + b'x')
        assert judge(program, *address, *client, '192.0.2.2', path) == (
            1, 'fail (nothing_passed), SPF failed, DKIM failed, policy reject')


@case('the blocking example with a server that does not answer: unknown, in time')
def _():
    program = build_example('judge', static=False, package='inkan-resolver')
    path, _ = signed_message()
    silent = {name: {'_error': {'TXT': 'TIMEOUT'}} for name in ['s1._domainkey.example.com', '_dmarc.example.com']}
    with NameServer(silent) as server:
        begin = time.monotonic()
        code, line = judge(program, '--server', '127.0.0.1', '--port', server.address.split(':')[1], '--timeout', 500, path)
        assert code == 1 and line.startswith('unknown (dns_failed)'), line
        assert 0.4 < time.monotonic() - begin < 5


@case('the blocking example refuses in words')
def _():
    program = build_example('judge', static=False, package='inkan-resolver')
    code, line = judge(program, '--server', '192.0.2.300', '/dev/null')
    assert code == 2 and line.startswith('judge: resolver: name server 192.0.2.300: '), line


@case('both libraries show no name but those of their lists')
def _():
    if not ROOT.exists():
        skip('nothing was installed')
    for library, listing in [('libinkan.so', 'exports.txt'), ('libinkan-resolver.so', 'exports-resolver.txt')]:
        rows = sh('nm', '-D', '-g', '--defined-only', '-P', library_folder() / library).decode().splitlines()
        assert {row.split()[0] for row in rows} == set((SOURCE / 'tests/data' / listing).read_text().split()), library



main()
