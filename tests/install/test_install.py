#!/usr/bin/python3
"""The library as its user meets it: installed, found by pkg-config, linked shared and static; the examples run."""
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / 'support'))
from tap import SOURCE, case, main, run, skip

BUILD = Path(os.environ['INKAN_BUILD'])
FOLDER = tempfile.TemporaryDirectory()
ROOT = Path(FOLDER.name) / 'root'
WORK = Path(FOLDER.name) / 'work'


def sh(*command, **options):
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)
    assert done.returncode == 0, f'{command}: {done.stderr.decode()}'
    return done.stdout


def pkg_config(*arguments):
    pc = next(ROOT.rglob('inkan.pc'))
    environment = dict(os.environ, PKG_CONFIG_PATH=str(pc.parent), PKG_CONFIG_SYSROOT_DIR=str(ROOT))
    return sh('pkg-config', *arguments, 'inkan', env=environment).decode().split()


def library_folder():
    return next(ROOT.rglob('libinkan.so')).parent


@case('meson install puts program, library, headers, manual and completion in their places')
def _():
    if BUILD.name.endswith('asan'):
        skip('the sanitizers make no static library')
    WORK.mkdir()
    sh('meson', 'install', '-C', BUILD, '--no-rebuild', '--destdir', ROOT)
    for name in ['bin/inkan', 'inkan.pc', 'libinkan.so', 'libinkan.a', 'inkan/inkan.h', 'man1/inkan.1', 'man3/libinkan.3']:
        assert any(str(path).endswith(name) or str(path).endswith(name + '.gz') for path in ROOT.rglob('*')), name


def build_example(name, static):
    if not ROOT.exists():
        skip('nothing was installed')
    program = WORK / f'{name}-{"static" if static else "shared"}'
    flags = pkg_config('--cflags') + ['-std=c17', '-Wall', '-Wextra', '-Werror']
    if static:
        # the archive of inkan alone; what it stands on stays shared, as Debian has no archive of every library
        needed = sh('pkg-config', '--libs', 'libcrypto', 'libsodium', 'jansson', 'libpsl', 'libidn2').decode().split()
        libraries = [str(library_folder() / 'libinkan.a'), *needed, '-pthread']
    else:
        libraries = pkg_config('--libs')
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
    signed.write_bytes(out + b'x')
    assert subprocess.run([verify, signed, dns], env=environment, stdout=subprocess.DEVNULL).returncode == 1
    assert run('verify', '--dns', str(dns), str(signed)).returncode == 1


@case('the examples against the shared library')
def _():
    sign_and_verify(static=False)


@case('the examples against the static library')
def _():
    sign_and_verify(static=True)


main()
