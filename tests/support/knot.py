"""Knot DNS as authority for tests in Python (support/knot.h is the one for C): own folder, a free port of 127.0.0.1.

    with Knot({'example.com': ['r1._domainkey TXT "..."', ...]}, signed=['example.com']) as knot:
        knot.address, knot.anchor('example.com')            # "127.0.0.1:5353", DS records of the zone, as a file has them

    key = TsigKey('update')
    with Knot(zones, keys=[key], acl=['    update-type: [TXT, CNAME]']) as primary:     # takes updates signed with it, of these types
        with Knot(['example.com'], primary=primary) as secondary:                       # a copy, taken at its start
            secondary.refresh('example.com')                                            # and again only on command

Skips the case where there is no knotd.
"""
import base64
import hashlib
import os
import shutil
import socket
import struct
import subprocess
import tempfile
import time

from port import free_port
from tap import skip

KNOTD, KEYMGR, KNOTC = '/usr/sbin/knotd', '/usr/sbin/keymgr', '/usr/sbin/knotc'
PATIENCE = 60  # seconds to start
CONFIG = '''server:
    rundir: {folder}
    listen: {listen}
log:
  - target: stderr
    any: error
{keys}remote:
  - id: primary
    address: {primary}
    no-edns: off
acl:
  - id: transfer
    address: 127.0.0.1
    action: transfer
{acls}database:
    storage: {folder}
policy:
  - id: quick
    algorithm: ecdsap256sha256
    cds-cdnskey-publish: none
template:
  - id: default
    storage: {folder}
    zonefile-sync: -1
    journal-content: all
    acl: [{names}]
{template}zone:
'''
ZONE = '''$ORIGIN {zone}.
$TTL 300
@ SOA ns hostmaster 1 3600 600 86400 60
@ NS ns
ns {address}
'''


def why_not():
    """Why no Knot can run here, or nothing."""
    return '' if os.access(KNOTD, os.X_OK) and os.access(KEYMGR, os.X_OK) else 'no Knot DNS'


def txt(name, text):
    """A line of a zone, the text in strings of 255 octets."""
    return f'{name} TXT ' + ' '.join('"%s"' % text[i:i + 255].replace('"', '\\"') for i in range(0, len(text), 255))


def from_snapshot(zone, snapshot):
    """The TXT records of a zone in a snapshot as inkan reads it."""
    return [txt(f'{name}.', text) for name, entry in snapshot.items() if name == zone or name.endswith('.' + zone)
            for text in entry.get('TXT', [])]


def zone_head(zone, address):
    return ZONE.format(zone=zone, address=('AAAA ' if ':' in address else 'A ') + address)


class TsigKey:
    """A key of a name; its secret is made of both."""
    def __init__(self, name, algorithm='hmac-sha256', salt=''):
        self.name, self.algorithm = name, algorithm
        self.secret = base64.b64encode(hashlib.sha256((name + salt).encode()).digest()).decode()

    def bind(self):
        """As tsig-keygen prints it."""
        return f'key "{self.name}" {{\n\talgorithm {self.algorithm};\n\tsecret "{self.secret}";\n}};\n'

    def line(self):
        return f'{self.algorithm}:{self.name}:{self.secret}\n'

    def knot(self):
        """As keymgr -t prints it."""
        return (f'# {self.line()}key:\n  - id: {self.name}\n    algorithm: {self.algorithm}\n    secret: {self.secret}\n')


class Knot:
    """zones: {apex: lines of its zone file}, or, of a secondary, their names. acl: further lines for updates of every key. ns: the
    address that the zones give their name server, where that is not this one."""
    def __init__(self, zones, signed=(), keys=(), acl=(), primary=None, host='127.0.0.1', port=0, ns=''):
        if reason := why_not():
            skip(reason)
        self.folder, self.port, self.zones = tempfile.mkdtemp(prefix='inkan-knot-'), port or free_port(host), list(zones)
        self.host = host
        self.address = f'[{host}]:{self.port}' if ':' in host else f'{host}:{self.port}'
        rights = ''.join(f'  - id: with-{key.name}\n    key: {key.name}\n    action: update\n' + ''.join(f'{line}\n' for line in acl)
                         for key in keys)
        text = CONFIG.format(
            folder=self.folder, listen=f'{host}@{self.port}', keys='key:\n' * bool(keys) + ''.join(
                key.knot().split('key:\n', 1)[1] for key in keys), acls=rights,
            primary=f'127.0.0.1@{primary.port if primary else 1}',
            names=', '.join(['transfer'] + [f'with-{key.name}' for key in keys]),
            template='    master: primary\n    refresh-min-interval: 3600\n' if primary else '')
        for zone in zones:
            text += f'  - domain: {zone}.\n    file: {zone}.zone\n'
            text += '    dnssec-signing: on\n    dnssec-policy: quick\n' if zone in signed else ''
            if not primary:
                self.write(f'{zone}.zone', zone_head(zone, ns or host) + '\n'.join(zones[zone]) + '\n')
        self.config = self.write('knot.conf', text)

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, 'w', encoding='ascii') as f:
            f.write(text)
        return path

    def __enter__(self):
        self.process = subprocess.Popen([KNOTD, '-c', self.config], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
        end = time.monotonic() + PATIENCE
        while not all(self.serves(zone) for zone in self.zones):
            if time.monotonic() > end or self.process.poll() is not None:
                self.__exit__()
                raise AssertionError(f'knotd does not serve {self.zones}')
            time.sleep(0.02)
        return self

    def __exit__(self, *trouble):
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def serves(self, zone):
        name = b''.join(bytes([len(label)]) + label.encode() for label in zone.split('.')) + b'\0'
        with socket.socket(socket.AF_INET6 if ':' in self.host else socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.settimeout(1)
            try:
                s.connect((self.host, self.port))  # so that it is told at once where nobody listens
                s.send(struct.pack('>HHHHHH', 1, 0, 1, 0, 0, 0) + name + struct.pack('>HH', 6, 1))
                reply = s.recv(1500)
            except OSError:
                return False
        return reply[3] & 15 == 0 and reply[7] > 0

    def anchor(self, zone):
        lines = subprocess.run([KEYMGR, '-c', self.config, f'{zone}.', 'ds'], capture_output=True, check=True).stdout.decode()
        return ''.join(f'{zone}. IN DS {line.split(" DS ")[1]}\n' for line in lines.splitlines() if ' DS ' in line)

    def control(self, *words):
        subprocess.run([KNOTC, '-c', self.config, '-b', *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                       timeout=PATIENCE, check=True)

    def refresh(self, zone):
        """Of a secondary: takes the zone as the primary has it now."""
        self.control('zone-refresh', zone)
