"""A domain, and a zone of ours that its CNAMEs lead into, on one Knot; with the configuration that lets inkan write the latter.

    with HostZone('contoso.com', 'contoso.onmicrosoft.com') as world:
        world.run('Get-DkimSigningConfig', at='2026-11-22T00:00:00Z')       # inkan, with that configuration, at that time
        world.publish('add selector1._domainkey.contoso.com. 60 CNAME target.')   # what the owner of the domain does
"""
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from knot import Knot, TsigKey
from tap import run, skip

NSUPDATE = '/usr/bin/nsupdate'
CONFIG = '''identities:
  store: {folder}/identities.db
  master_key: {folder}/master.key
  host_zone: {host_zone}
  site: {site}
  zones:
    - zone: {domain}
      servers: [{address}]
{own}    - zone: {host_zone}
      primary: {address}
      tsig: {folder}/update.key
      servers: [{address}]
'''


class HostZone:
    """writes_domain: the domain's own zone may be written too (--publish)."""
    def __init__(self, domain, host_zone, site='us-east-1', writes_domain=False):
        self.domain, self.host_zone, self.key = domain, host_zone, TsigKey('update')
        self.folder = Path(tempfile.mkdtemp(prefix='inkan-host-zone-'))
        self.knot = Knot({domain: [], host_zone: []}, keys=[self.key])
        (self.folder / 'update.key').write_text(self.key.bind())
        (self.folder / 'update.key').chmod(0o600)
        own = f'      primary: {self.knot.address}\n      tsig: {self.folder}/update.key\n' if writes_domain else ''
        self.config = self.folder / 'inkan.conf'
        self.config.write_text(CONFIG.format(folder=self.folder, domain=domain, host_zone=host_zone, site=site,
                                             address=self.knot.address, own=own))

    def __enter__(self):
        self.knot.__enter__()
        return self

    def __exit__(self, *trouble):
        self.knot.__exit__(*trouble)
        shutil.rmtree(self.folder, ignore_errors=True)

    def run(self, *arguments, at=None, input=None):
        options = ['--config', self.config, '--resolver', self.knot.address] + (['--at', at] if at is not None else [])
        return run(*arguments, *options, input=input)

    def publish(self, *changes):
        if not os.access(NSUPDATE, os.X_OK):
            skip('no nsupdate')
        lines = [f'server 127.0.0.1 {self.knot.port}', f'zone {self.domain}',
                 f'key {self.key.algorithm}:{self.key.name} {self.key.secret}']
        subprocess.run([NSUPDATE], input='\n'.join([*lines, *(f'update {c}' for c in changes), 'send', '']).encode(), check=True,
                       timeout=20)

    def dig(self, *words):
        done = subprocess.run(['/usr/bin/dig', '@127.0.0.1', '-p', str(self.knot.port), *words], stdout=subprocess.PIPE, check=True,
                              timeout=20)
        return done.stdout.decode()
