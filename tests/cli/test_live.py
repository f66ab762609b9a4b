#!/usr/bin/python3
"""Commands that ask the network, against a name server of our own that knows nothing of DNSSEC (as many do)."""
import json
import os
import socket
import struct
import sys
import tempfile
import threading
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / 'tests/support'))

from tap import case, main, run

FOLDER = tempfile.TemporaryDirectory()
TMP = Path(FOLDER.name)
KEY = 'v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo='  # RFC 8463 appendix A.2
CNAME, TXT, SERVFAIL, NXDOMAIN = 5, 16, 2, 3


def wire_name(name):
    return b''.join(bytes([len(label)]) + label.encode() for label in name.split('.')) + b'\0'


def record(name, kind, data):
    return wire_name(name) + struct.pack('>HHIH', kind, 1, 300, len(data)) + data


def strings(text):
    pieces = [text[i:i + 255].encode() for i in range(0, len(text), 255)]
    return b''.join(bytes([len(p)]) + p for p in pieces)


ZONE = {
    's1._domainkey.example.com': [(TXT, strings(KEY))],
    'two._domainkey.example.com': [(TXT, strings(KEY)), (TXT, strings('v=DKIM1; p='))],
    'alias._domainkey.example.com': [(CNAME, wire_name('s1._domainkey.example.com'))],
}


def answer(query):
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1:at + 1 + query[at]].decode('latin-1').lower())
        at += 1 + query[at]
    question, name, kind = query[12:at + 5], '.'.join(labels), struct.unpack('>H', query[at + 1:at + 3])[0]
    records, code = [], 0
    if name.startswith('broken.'):
        code = SERVFAIL
    elif name in ZONE:
        found = ZONE[name]
        if found[0][0] == CNAME:
            records.append(record(name, *found[0]))
            name = 's1._domainkey.example.com'
            found = ZONE[name] if kind != CNAME else []
        records += [record(name, k, data) for k, data in found if k == kind]
    elif name.endswith('example.com'):
        code = NXDOMAIN
    return query[:2] + struct.pack('>HHHHH', 0x8180 | code, 1, len(records), 0, 0) + question + b''.join(records)


def serve(sock):
    while True:
        query, peer = sock.recvfrom(4096)
        sock.sendto(answer(query), peer)


SOCKET = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
SOCKET.bind(('127.0.0.1', 0))
SERVER = f'127.0.0.1:{SOCKET.getsockname()[1]}'
threading.Thread(target=serve, args=(SOCKET,), daemon=True).start()


def ask(selector, *options, server=SERVER):
    done = run('dkim-key', selector, 'example.com', '--resolver', server, '--json', *options)
    return done.returncode, json.loads(done.stdout) if done.stdout else None, done.stderr


@case('dkim-key: an answer without DNSSEC is taken as it is')
def _():
    code, result, messages = ask('s1')
    assert code == 0 and result['ok'] and not result['dnssec'] and result['status'] == 'NOERROR', (result, messages)
    assert 0 < result['ttl'] <= 300 and result['records'][0]['value'] == KEY and messages == b''


@case('dkim-key: an alias is followed and named')
def _():
    code, result, _ = ask('alias')
    assert code == 0 and result['cname'] == 's1._domainkey.example.com' and result['ok'], result


@case('dkim-key: two records, no record, a server that fails')
def _():
    assert ask('two')[0] == 1 and len(ask('two')[1]['records']) == 2
    code, result, _ = ask('absent')
    assert code == 1 and result['status'] == 'NXDOMAIN', result
    code, result, _ = ask('broken')
    assert code == 3 and result['status'] in ('SERVFAIL', 'TIMEOUT'), result


@case('dkim-key: no server at all is a temporary trouble')
def _():
    closed = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    closed.bind(('127.0.0.1', 0))
    port = closed.getsockname()[1]
    closed.close()
    code, result, _ = ask('s1', server=f'127.0.0.1:{port}')
    assert code == 3 and result['status'] in ('SERVFAIL', 'TIMEOUT'), result


@case('dkim-key: what was answered is saved, and says the same later')
def _():
    saved = TMP / 'saved.json'
    code, result, _ = ask('alias', '--save-dns', saved)
    again = run('dkim-key', 'alias', 'example.com', '--dns', saved, '--json')
    assert code == again.returncode == 0 and json.loads(again.stdout) == result, (result, again.stdout)


@case('key check: against the live record')
def _():
    key = TMP / 'key.pem'
    assert run('key', 'generate', '--type', 'ed25519', '--out', key).returncode == 0
    done = run('key', 'check', key, '-d', 'example.com', '-s', 's1', '--resolver', SERVER, '--json')
    assert done.returncode == 1 and json.loads(done.stdout)['published'] == 'different', done
    ZONE['mine._domainkey.example.com'] = [(TXT, strings(json.loads(run('key', 'show', key, '--json').stdout)['value']))]
    done = run('key', 'check', key, '-d', 'example.com', '-s', 'mine', '--resolver', SERVER, '--json')
    assert done.returncode == 0 and json.loads(done.stdout)['published'] == 'equal', done


main()
