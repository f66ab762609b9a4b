"""Knot DNS as authority for tests in Python (support/knot.h is the one for C): own folder, a free port of 127.0.0.1.

    with Knot({'example.com': ['r1._domainkey TXT "..."', ...]}, signed=['example.com']) as knot:
        knot.address, knot.anchor('example.com')            # "127.0.0.1:5353", DS records of the zone, as a file has them

Skips the case where there is no knotd.
"""
import os
import shutil
import socket
import struct
import subprocess
import tempfile
import time

from tap import skip

KNOTD, KEYMGR = '/usr/sbin/knotd', '/usr/sbin/keymgr'
PATIENCE = 20  # seconds to start
CONFIG = '''server:
    rundir: {folder}
    listen: 127.0.0.1@{port}
log:
  - target: stderr
    any: error
database:
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
zone:
'''
ZONE = '''$ORIGIN {zone}.
$TTL 300
@ SOA ns hostmaster 1 3600 600 86400 60
@ NS ns
ns A 127.0.0.1
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


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


class Knot:
    def __init__(self, zones, signed=()):
        if reason := why_not():
            skip(reason)
        self.folder, self.port, self.zones = tempfile.mkdtemp(prefix='inkan-knot-'), free_port(), list(zones)
        self.address = f'127.0.0.1:{self.port}'
        text = CONFIG.format(folder=self.folder, port=self.port)
        for zone, lines in zones.items():
            text += f'  - domain: {zone}.\n    file: {zone}.zone\n'
            text += '    dnssec-signing: on\n    dnssec-policy: quick\n' if zone in signed else ''
            self.write(f'{zone}.zone', ZONE.format(zone=zone) + '\n'.join(lines) + '\n')
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
            time.sleep(0.05)
        return self

    def __exit__(self, *trouble):
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def serves(self, zone):
        name = b''.join(bytes([len(label)]) + label.encode() for label in zone.split('.')) + b'\0'
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.settimeout(0.2)
            s.sendto(struct.pack('>HHHHHH', 1, 0, 1, 0, 0, 0) + name + struct.pack('>HH', 6, 1), ('127.0.0.1', self.port))
            try:
                reply = s.recv(1500)
            except OSError:
                return False
        return reply[3] & 15 == 0 and reply[7] > 0

    def anchor(self, zone):
        lines = subprocess.run([KEYMGR, '-c', self.config, f'{zone}.', 'ds'], capture_output=True, check=True).stdout.decode()
        return ''.join(f'{zone}. IN DS {line.split(" DS ")[1]}\n' for line in lines.splitlines() if ' DS ' in line)
