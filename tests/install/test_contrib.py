#!/usr/bin/python3
"""What lies in contrib/ for mail servers and systemd: it is installed, it is sound, and the lines to copy work."""
import atexit
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / 'support'), str(Path(__file__).resolve().parents[1] / 'proto')]
from filter import QUIET, filter_at  # noqa: E402
from postfix import Postfix, why_not  # noqa: E402
from tap import SOURCE, case, main, run, skip  # noqa: E402

BUILD = Path(os.environ.get('INKAN_BUILD', SOURCE / 'build'))
EXPOSURE_MAX = 25  # tenths, of systemd-analyze security; 23 measured
MESSAGE = b'From: a@example.com\r\nDate: Sun, 22 Nov 2026 01:02:03 +0000\r\nMessage-ID: <1@example.com>\r\n\r\nHello\r\n'
ROOT = Path(tempfile.mkdtemp())
atexit.register(shutil.rmtree, ROOT)


def sh(*command, **options):
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **options)
    return done.returncode, done.stdout.decode()


def installed(name):
    """The file where `meson install` puts it, below ROOT."""
    if BUILD.name.endswith('asan'):
        skip('what is installed is the same without the sanitizers')
    if not any(ROOT.iterdir()):
        code, said = sh('meson', 'install', '-C', BUILD, '--no-rebuild', '--destdir', ROOT)
        assert code == 0, said
    found = [path for path in ROOT.rglob(Path(name).name) if str(path).endswith(name)]
    assert len(found) == 1, (name, found)
    return found[0]


def needs(program):
    if not shutil.which(program):
        skip(f'no {program}')


def blocks(path):
    """What stands between ``` in a README: (language, text)."""
    return re.findall(r'^```(\w*)\n(.*?)^```$', (SOURCE / path).read_text(), re.M | re.S)


for name in ('lib/systemd/system/inkan.service', 'lib/systemd/system/inkan.socket', 'lib/sysusers.d/inkan.conf',
             'lib/tmpfiles.d/inkan.conf', 'doc/inkan/postfix.md', 'doc/inkan/sendmail.md', 'doc/inkan/inkan.yaml', 'doc/inkan/migration.md',
             'man/man1/inkan-serve.1', 'man/man5/inkan.conf.5'):
    @case(f'{name} is installed')
    def _(name=name):
        assert not re.search(r'@\w+@', installed(name).read_text())  # what meson was to fill in


@case('the units are sound')
def _():
    needs('systemd-analyze')
    folder = ROOT / 'units'
    folder.mkdir()
    service = installed('system/inkan.service').read_text()
    (folder / 'inkan.service').write_text(re.sub(r'^ExecStart=\S+', 'ExecStart=/bin/true', service, flags=re.M))
    shutil.copy(installed('system/inkan.socket'), folder)
    code, said = sh('systemd-analyze', 'verify', '--man=no', folder / 'inkan.service', folder / 'inkan.socket')
    assert code == 0 and not said, said


@case('the service starts the program that is installed, with the default configuration')
def _():
    start = re.search(r'^ExecStart=(\S+) serve --config (\S+)$', installed('system/inkan.service').read_text(), re.M)
    assert (ROOT / start[1].lstrip('/')).exists(), start[1]
    assert f'"{start[2]}"' in (SOURCE / 'src/config/config.h').read_text(), start[2]


@case('the service can do little')
def _():
    needs('systemd-analyze')
    code, said = sh('systemd-analyze', 'security', '--offline=true', f'--threshold={EXPOSURE_MAX}',
                    installed('system/inkan.service'))
    assert code == 0, said[-2000:]
    assert 'Overall exposure' in said


@case('the user and the folders are made')
def _():
    needs('systemd-sysusers')
    needs('systemd-tmpfiles')
    root = ROOT / 'made'
    (root / 'etc').mkdir(parents=True)
    (root / 'etc/passwd').write_text('root:x:0:0::/root:/bin/sh\n')
    (root / 'etc/group').write_text('root:x:0:\n')
    code, said = sh('systemd-sysusers', f'--root={root}', installed('lib/sysusers.d/inkan.conf'))
    assert code == 0, said
    user = re.search(r'^inkan:.*$', (root / 'etc/passwd').read_text(), re.M)[0].split(':')
    assert user[5] == '/var/lib/inkan' and user[6].endswith('nologin'), user
    if os.geteuid() != 0:
        skip('only root may give folders away')
    code, said = sh('systemd-tmpfiles', '--create', f'--root={root}', installed('lib/tmpfiles.d/inkan.conf'))
    assert code == 0, said
    state = (root / 'var/lib/inkan').stat()
    assert (state.st_uid, state.st_mode & 0o777) == (int(user[2]), 0o750)
    assert (root / 'etc/inkan/keys').stat().st_mode & 0o777 == 0o700


@case('what to copy is the same in both languages')
def _():
    for server in ('postfix', 'sendmail'):
        found = blocks(f'contrib/{server}/README.md')
        assert len(found) > 1 and found[:len(found) // 2] == found[len(found) // 2:], server


@case('what to copy is the same in both READMEs, and what they and the package configure is fit')
def _():
    def uncommented(path):
        return [(kind, re.sub(r' +#.*', '', text)) for kind, text in blocks(path) if 'example.com' in text or 'milters' in text or kind]
    english, japanese = ([one for one in uncommented(path) if 'lab/replay' not in one[1]] for path in ('README.md', 'README.ja.md'))
    assert len(english) > 2 and english == japanese, (english, japanese)
    [wanted] = [text for kind, text in english if kind == 'yaml']
    assert len(wanted.splitlines()) <= 12, wanted
    for name, config in (('readme', wanted), ('package', (SOURCE / 'contrib/inkan.yaml').read_text())):
        path = ROOT / f'{name}.yaml'
        path.write_text(config)
        done = run('config', 'check', '--json', path)
        found = json.loads(done.stdout)
        assert done.returncode == 0 and found['ok'], found


@case('the lines for Postfix are the same everywhere')
def _():
    lines = blocks('contrib/postfix/README.md')[0][1]
    for path in ('README.md', 'README.ja.md'):
        assert lines in [text for _, text in blocks(path)], path
    demo = (SOURCE / 'src/cli/demo.c').read_text()
    assert all(line in demo for line in lines.splitlines()), lines


@case('the two lines for main.cf and the service of master.cf work in a Postfix')
def _():
    if reason := why_not():
        skip(reason)
    main_cf, _, master_cf = [text for _, text in blocks('contrib/postfix/README.md')][:3]
    settings = dict(line.split(' = ') for line in main_cf.splitlines())
    assert list(settings) == ['smtpd_milters', 'non_smtpd_milters']
    options = dict(re.findall(r'-o (\w+)=(\S+)', master_cf))
    wanted = {name: options[name] for name in ('milter_macro_daemon_name',)}
    with filter_at('6', QUIET) as address:
        postfix = Postfix(settings=settings, services={'copied': wanted})
        socket = postfix.folder / 'queue' / settings['smtpd_milters'].removeprefix('unix:')
        socket.parent.mkdir()
        socket.symlink_to(address.removeprefix('unix:'))
        with postfix:
            for port, daemon in ((postfix.port, b'daemon=mx.example.com'), (postfix.ports['copied'], b'daemon=ORIGINATING')):
                assert postfix.send(MESSAGE, port=port)[0] == 250
                data = postfix.sink.wait(1)[0].data
                assert data.startswith(b'X-Seen:') and daemon in data, data
            postfix.sendmail(MESSAGE, 'a@example.com', 'b@example.org')
            assert postfix.sink.wait(1)[0].data.startswith(b'X-Seen:')
            code, said = sh('postconf', '-c', postfix.etc)
            assert code == 0 and 'unused parameter' not in said, said


main()
