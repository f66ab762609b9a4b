"""BIND as authority for tests in Python, as support/knot.py has Knot DNS: own folder, a free port of loopback.

    key = TsigKey('update')
    with Bind({'example.com': ['r1._domainkey TXT "..."', ...]}, keys=[key]) as bind:            # allow-update for these keys
        bind.address, bind.log()
    with Bind(zones, keys=[key], policy='grant update name _dmarc.example.com. TXT;') as bind:   # update-policy instead

Skips the case where there is no named.
"""
import os
import shutil
import subprocess
import tempfile
import time

from knot import PATIENCE, Knot, zone_head
from port import free_port
from tap import skip

NAMED = '/usr/sbin/named'
CONFIG = '''options {{
    directory "{folder}";
    pid-file "{folder}/named.pid";
    session-keyfile "{folder}/session.key";
    managed-keys-directory "{folder}";
    {listen}
    recursion no;
    notify no;
    dnssec-validation no;
    empty-zones-enable no;
}};
controls {{ }};
logging {{ channel c {{ stderr; severity info; }}; category default {{ c; }}; }};
{keys}'''


def why_not():
    """Why no BIND can run here, or nothing."""
    return '' if os.access(NAMED, os.X_OK) else 'no BIND'


class Bind:
    def __init__(self, zones, keys=(), policy='', host='127.0.0.1', env=None):
        if reason := why_not():
            skip(reason)
        self.folder, self.port, self.zones, self.host = tempfile.mkdtemp(prefix='inkan-bind-'), free_port(host), list(zones), host
        self.address = f'[{host}]:{self.port}' if ':' in host else f'{host}:{self.port}'
        self.env = env
        v6, other = ('-v6', '') if ':' in host else ('', '-v6')
        text = CONFIG.format(folder=self.folder, keys=''.join(key.bind() for key in keys),
                             listen=f'listen-on{v6} port {self.port} {{ {host}; }}; listen-on{other} {{ none; }};')
        who = ' '.join(f'key "{key.name}";' for key in keys)
        rights = f'update-policy {{ {policy} }};' if policy else f'allow-update {{ {who} }};' if keys else ''
        for zone, lines in zones.items():
            text += f'zone "{zone}" {{ type primary; file "{zone}.zone"; {rights} }};\n'
            self.write(f'{zone}.zone', zone_head(zone, host) + '\n'.join(lines) + '\n')
        self.config = self.write('named.conf', text)

    write, serves = Knot.write, Knot.serves

    def __enter__(self):
        with open(os.path.join(self.folder, 'log'), 'wb') as log:
            self.process = subprocess.Popen([NAMED, '-f', '-n', '1', '-c', self.config], stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log, env=self.env)
        end = time.monotonic() + PATIENCE
        while not all(self.serves(zone) for zone in self.zones):
            if time.monotonic() > end or self.process.poll() is not None:
                log = self.log()
                self.__exit__()
                raise AssertionError(f'named does not serve {self.zones}:\n{log}')
            time.sleep(0.02)
        return self

    def __exit__(self, *trouble):
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def log(self):
        with open(os.path.join(self.folder, 'log'), encoding='utf-8', errors='replace') as f:
            return f.read()
