#!/usr/bin/python3
"""Dynamic updates (io/dns_update.h) against Knot DNS, BIND, and servers that break off or forge."""
import contextlib
import os
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / 'support'))
from bind import Bind  # noqa: E402
from knot import Knot, TsigKey  # noqa: E402
from service import held  # noqa: E402
from tap import case, main, skip  # noqa: E402

BUILD = Path(os.environ['INKAN_BUILD'])
KEY, OTHER = TsigKey('update'), TsigKey('other')
WRONG = TsigKey('update', salt='another secret')
ZONES = {'example.com': ['there TXT "old value"', 'there TXT "second"', 'alias CNAME elsewhere.example.net.',
                         'mail MX 10 mx', 'mail A 192.0.2.1', 'split TXT "one" "two"', 'plain A 192.0.2.9']}
FOLDER = tempfile.TemporaryDirectory(prefix='inkan-update-')
SERVERS = {'knotd': Knot, 'BIND': Bind}


def key_file(text, mode=0o600):
    path = tempfile.mkstemp(dir=FOLDER.name)[1]
    Path(path).write_text(text, encoding='ascii')
    os.chmod(path, mode)
    return path


def change(name, kind, before=(), after=(), ttl=300):
    return '\n'.join([name, kind, str(ttl), *('-' + value for value in before), *('+' + value for value in after)])


def update(address, key, *changes, zone='example.com', dry_run=False, timeout=5000, env=None):
    """(result, what it says)"""
    path = '-' if key is None else key if isinstance(key, str) else key_file(key.bind())
    program = subprocess.run([BUILD / 'tests/send_update', address, zone, path, 'dry-run' if dry_run else 'update', str(timeout),
                              *changes], capture_output=True, timeout=60, env=env and {**os.environ, **env})
    assert program.returncode == 0, program
    return program.stdout.decode().rstrip('\n').split('\t', 1)


def dig(server, name, kind):
    """Values as the server has them, sorted."""
    out = subprocess.run(['dig', '+short', '+norecurse', '+tcp', f'@{server.host}', '-p', str(server.port), name, kind],
                         capture_output=True, timeout=20, check=True).stdout.decode()
    return sorted(out.splitlines())


def serial(server):
    return dig(server, 'example.com', 'SOA')[0].split()[2]


def same(got, result, *words):
    assert got[0] == result, got
    for word in words:
        assert word in got[1], got


NEW = change('new._domainkey.example.com', 'TXT', after=['v=DKIM1; k=rsa; p=' + 'A' * 400])
REPLACED = change('there.example.com', 'TXT', before=['second', 'old value'], after=['new value'])


def on_both(name, **options):
    """A case for each server; zones of its own, updates allowed with KEY."""
    def add(function):
        for title, kind in SERVERS.items():
            def run_one(kind=kind):
                with kind(ZONES, keys=[KEY], **options) as server:
                    function(server)
            case(f'{name}, {title}')(run_one)
        return function
    return add


# ---- what a server does ----

@on_both('S3-3 a set is added, one replaced, one removed, all in one update')
def _(server):
    same(update(server.address, KEY, NEW, REPLACED, change('alias.example.com', 'CNAME', before=['elsewhere.example.net'])), 'DONE')
    assert dig(server, 'new._domainkey.example.com', 'TXT') == ['"v=DKIM1; k=rsa; p=%s" "%s"' % ('A' * 237, 'A' * 163)]
    assert dig(server, 'there.example.com', 'TXT') == ['"new value"']
    assert dig(server, 'alias.example.com', 'CNAME') == []


@on_both('every type that identities need')
def _(server):
    same(update(server.address, KEY, change('a.example.com', 'A', after=['192.0.2.7']),
                change('a.example.com', 'AAAA', after=['2001:db8::7']), change('b.example.com', 'MX', after=['10 feedback.example.net']),
                change('c.example.com', 'CNAME', after=['target.example.net']), change('d.example.com', 'NS', after=['ns.example.net']),
                change('e.example.com', 'TXT', after=[''])), 'DONE')
    assert [dig(server, f'{n}.example.com', t) for n, t in ('aA', ('a', 'AAAA'), ('b', 'MX'), ('c', 'CNAME'), ('e', 'TXT'))] == [
        ['192.0.2.7'], ['2001:db8::7'], ['10 feedback.example.net.'], ['target.example.net.'], ['""']]


@on_both('a CNAME takes the place of other records and the other way round')
def _(server):
    same(update(server.address, KEY, change('plain.example.com', 'A', before=['192.0.2.9']),
                change('plain.example.com', 'CNAME', after=['x.example.net']),
                change('alias.example.com', 'TXT', after=['text']),
                change('alias.example.com', 'CNAME', before=['elsewhere.example.net'])), 'DONE')
    assert dig(server, 'plain.example.com', 'CNAME') == ['x.example.net.']
    assert dig(server, 'alias.example.com', 'TXT') == ['"text"']


@on_both('a CNAME beside other records is not dropped without a word')
def _(server):
    same(update(server.address, KEY, change('plain.example.com', 'CNAME', after=['x.example.net'])), 'CHANGED_MEANWHILE', 'YXDOMAIN')
    same(update(server.address, KEY, change('alias.example.com', 'TXT', after=['text'])), 'CHANGED_MEANWHILE', 'YXRRSET')
    assert dig(server, 'plain.example.com', 'A') == ['192.0.2.9']


@on_both('prerequisites: a set that is not as it was planned on')
def _(server):
    before = serial(server)
    same(update(server.address, KEY, change('there.example.com', 'TXT', before=['old value'], after=['x'])), 'CHANGED_MEANWHILE',
         'NXRRSET', 'when the plan was made')
    same(update(server.address, KEY, change('there.example.com', 'TXT', after=['x'])), 'CHANGED_MEANWHILE', 'YXRRSET')
    same(update(server.address, KEY, NEW, change('gone.example.com', 'TXT', before=['x'])), 'CHANGED_MEANWHILE')
    assert dig(server, 'new._domainkey.example.com', 'TXT') == [] and serial(server) == before


@on_both('strings of a text are required as they lie there')
def _(server):
    same(update(server.address, KEY, change('split.example.com', 'TXT', before=['onetwo'], after=['x'])), 'CHANGED_MEANWHILE')
    same(update(server.address, KEY, change('split.example.com', 'TXT', before=['one|two'], after=['x'])), 'DONE')


@on_both('the same update twice')
def _(server):
    same(update(server.address, KEY, NEW), 'DONE')
    same(update(server.address, KEY, NEW), 'CHANGED_MEANWHILE', 'YXRRSET')
    same(update(server.address, KEY, REPLACED), 'DONE')
    same(update(server.address, KEY, REPLACED), 'CHANGED_MEANWHILE', 'NXRRSET')


@on_both('S1-15 a dry run changes nothing')
def _(server):
    before = serial(server)
    every = [NEW, REPLACED, change('mail.example.com', 'MX', before=['10 mx.example.com'], after=['20 mail.example.com']),
             change('mail.example.com', 'A', before=['192.0.2.1'], after=['192.0.2.2']),
             change('alias.example.com', 'CNAME', before=['elsewhere.example.net'])]
    same(update(server.address, KEY, *every, dry_run=True), 'DONE')
    assert serial(server) == before and dig(server, 'there.example.com', 'TXT') == ['"old value"', '"second"']
    same(update(server.address, KEY, change('there.example.com', 'TXT', before=['x']), dry_run=True), 'CHANGED_MEANWHILE')
    same(update(server.address, WRONG, *every, dry_run=True), 'REFUSED')
    same(update(server.address, KEY, *every), 'DONE')


def right(kind, zones, types, name):
    if kind is Knot:
        return Knot(zones, keys=[KEY], acl=[f'    update-type: [{types}]', '    update-owner: name',
                                            f'    update-owner-name: [{name}]', '    update-owner-match: sub'])
    return Bind(zones, keys=[KEY], policy=f'grant update subdomain {name} {types.replace(",", "")};')


for title, kind in SERVERS.items():
    @case(f'S1-15 a dry run finds that a type or a name is not allowed, {title}')
    def _(kind=kind):
        with right(kind, ZONES, 'TXT, CNAME', '_domainkey.example.com.') as server:
            same(update(server.address, KEY, NEW, dry_run=True), 'DONE')
            same(update(server.address, KEY, change('x._domainkey.example.com', 'A', after=['192.0.2.1']), dry_run=True), 'REFUSED',
                 *(('BADKEY', 'does not let it') if kind is Knot else ('REFUSED', 'allows no such change')))
            same(update(server.address, KEY, change('_dmarc.example.com', 'TXT', after=['v=DMARC1']), dry_run=True), 'REFUSED')
            same(update(server.address, KEY, REPLACED, dry_run=True), 'REFUSED')
            same(update(server.address, KEY, REPLACED), 'REFUSED')
            assert dig(server, 'there.example.com', 'TXT') == ['"old value"', '"second"']

    @case(f'right and prerequisite both amiss: the right is told, {title}')
    def _(kind=kind):
        with right(kind, ZONES, 'TXT', '_domainkey.example.com.') as server:
            wrong = change('there.example.com', 'TXT', before=['x'], after=['y'])
            assert {update(server.address, KEY, wrong, dry_run=dry)[0] for dry in (False, True)} == {'REFUSED'}


# ---- keys and clocks ----

@on_both('a key with another secret')
def _(server):
    same(update(server.address, WRONG, NEW), 'REFUSED', 'BADSIG', '"update"', 'another secret')


@on_both('a key that the server does not know')
def _(server):
    same(update(server.address, OTHER, NEW), 'REFUSED', 'BADKEY', '"other"')


@on_both('no key at all')
def _(server):
    same(update(server.address, None, NEW), *(('NOT_ZONE', 'wants a key') if isinstance(server, Knot) else ('REFUSED', 'REFUSED')))
    assert dig(server, 'new._domainkey.example.com', 'TXT') == []



for title, kind in SERVERS.items():
    @case(f'hmac-sha512, {title}')
    def _(kind=kind):
        key = TsigKey('strong', 'hmac-sha512')
        with kind(ZONES, keys=[key]) as server:
            same(update(server.address, key, NEW), 'DONE')
            same(update(server.address, TsigKey('strong'), NEW), 'REFUSED', 'BADKEY')

    @case(f'over IPv6, {title}')
    def _(kind=kind):
        with kind(ZONES, keys=[KEY], host='::1') as server:
            same(update(server.address, KEY, NEW), 'DONE')
            assert len(dig(server, 'new._domainkey.example.com', 'TXT')) == 1

    for seconds in (-4000, 4000):
        @case(f'a clock {seconds:+} s off, {title}')
        def _(kind=kind, seconds=seconds):
            shim = BUILD / 'tests/libclock_shim.so'
            if not shim.exists():
                skip('no clock that can be set in this build')
            page = Path(FOLDER.name) / f'clock{seconds}'
            page.write_bytes(struct.pack('q', seconds))
            with kind(ZONES, keys=[KEY]) as server:
                got = update(server.address, KEY, NEW, env={'LD_PRELOAD': str(shim), 'CLOCK_SHIM': str(page)})
                same(got, 'CLOCK', 'BADTIME', 'NTP', '-' if seconds > 0 else '+')
                assert dig(server, 'new._domainkey.example.com', 'TXT') == []


# ---- zones ----

@on_both('another zone')
def _(server):
    got = update(server.address, KEY, change('a.example.org', 'TXT', after=['x']), zone='example.org')
    if isinstance(server, Knot):
        same(got, 'EIO', 'NOTAUTH: the server is not the primary of this zone', 'not signed')  # it reads no further than the zone
    else:
        same(got, 'NOT_ZONE', 'NOTAUTH', 'zone example.org')


@on_both('a name outside the zone')
def _(server):
    same(update(server.address, KEY, change('a.example.org', 'TXT', after=['x'])), 'NOT_ZONE', 'NOTZONE')


@on_both('as much as fits into one message, and an octet more')
def _(server):
    def sized(size):  # one TXT record besides the framing: dns_update_size() of it is `size`
        name, changes, left = 'x%d.example.com', [], size
        while left:
            owner = name % (100 + len(changes))
            frame = 3 * (12 + len(owner))
            text = min(left - frame - 1, 1000)
            text -= text // 255
            if left - frame - text - text // 255 - 1 < 200 and left - frame - text - text // 255 - 1:
                text = left // 2 - frame - 1
                text -= text // 255
            changes.append(change(owner, 'TXT', after=['a' * text]))
            left -= frame + text + text // 255 + 1
        return changes
    same(update(server.address, KEY, *sized(64001)), 'ELIMIT', '64000 octets', 'in parts')
    same(update(server.address, KEY, *sized(64000)), 'DONE')


# ---- trouble on the way ----

@case('nobody listens')
def _():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        same(update('127.0.0.1:%d' % s.getsockname()[1], KEY, NEW), 'EIO', 'nothing was changed', 'refused')


@on_both('a server that is stopped half way, and goes on later')
def _(server):
    with held(server.process.pid):
        same(update(server.address, KEY, NEW, timeout=300), 'EIO', 'does not answer', 'not known')
    end = time.monotonic() + 60
    while time.monotonic() < end:
        got = update(server.address, KEY, NEW)
        if got[0] in ('DONE', 'CHANGED_MEANWHILE'):
            break
    assert len(dig(server, 'new._domainkey.example.com', 'TXT')) == 1, got


class Middle:
    """Takes connections; `answer` makes what is sent back of the request, None: closes. relay() asks a real server."""
    def __init__(self, answer):
        self.answer = answer
        self.socket = socket.create_server(('127.0.0.1', 0))
        self.address = '127.0.0.1:%d' % self.socket.getsockname()[1]

    def __enter__(self):
        threading.Thread(target=self.serve, daemon=True).start()
        return self

    def __exit__(self, *trouble):
        self.socket.close()

    def serve(self):
        with contextlib.suppress(OSError):
            while True:
                peer, _ = self.socket.accept()
                with peer:
                    request = read_message(peer)
                    reply = self.answer(request)
                    if reply is not None:
                        peer.sendall(struct.pack('>H', len(reply)) + reply)


def read_message(peer):
    data = b''
    while len(data) < 2 or len(data) < 2 + struct.unpack('>H', data[:2])[0]:
        if not (part := peer.recv(65537)):
            break
        data += part
    return data[2:]


def relay(server, request):
    with socket.create_connection((server.host, server.port)) as s:
        s.sendall(struct.pack('>H', len(request)) + request)
        return read_message(s)


def header(request, rcode=0):
    return request[:2] + struct.pack('>H', 0xa800 | rcode) + b'\0' * 8


FORGED = {
    'closes after reading': (lambda request: None, 'before the answer', 'not known'),
    'an empty answer': (lambda request: b'', 'malformed'),
    'half a header': (lambda request: request[:7], 'malformed'),
    'octets that are no message': (lambda request: os.urandom(2) + b'\xff' * 300, 'malformed'),
    'the request itself': (lambda request: request, 'not one to this update'),
    'done, unsigned': (header, 'not signed', 'not known'),
    'refused, unsigned': (lambda request: header(request, 5), 'not signed', 'REFUSED'),
    'another id': (lambda request: bytes([request[0] ^ 1]) + header(request)[1:], 'not one to this update'),
    'signed as the request was': (lambda request: request[:2] + b'\xa8\0' + request[4:], 'signature of the answer is wrong'),
}
for title, (answer, *words) in FORGED.items():
    @case(f'a server whose answer is: {title}')
    def _(answer=answer, words=words):
        with Middle(answer) as middle:
            same(update(middle.address, KEY, NEW), 'EIO', *words)


@on_both('an answer altered anywhere is none')
def _(server):
    done, at = [], 0

    def alter(request):
        reply = bytearray(relay(server, request))
        if at < len(reply):
            reply[at] ^= 1 << (at % 8)
        done.append(len(reply))
        return bytes(reply)
    with Middle(alter) as middle:
        absent = change('absent.example.com', 'TXT', before=['x'])
        at = 10**6
        same(update(middle.address, KEY, absent), 'CHANGED_MEANWHILE')
        for at in range(0, done[0], 1 if done[0] < 150 else 2):
            got = update(middle.address, KEY, absent)
            # letters of names count in any case: such a change alters nothing
            assert got[0] == 'EIO' or got[0] == 'CHANGED_MEANWHILE' and at % 8 == 5, (at, got)


@on_both('an answer of another time is none')
def _(server):
    replies = []

    def record(request):
        replies.append(relay(server, request))
        return replies[0]
    with Middle(record) as middle:
        same(update(middle.address, KEY, NEW), 'DONE')
        same(update(middle.address, KEY, NEW), 'EIO')


# ---- key files ----

GOOD = {'as tsig-keygen prints it': KEY.bind(), 'as keymgr prints it': KEY.knot(), 'in one line': KEY.line(),
        'in one line, with a comment before': '# made by hand\n\n' + KEY.line(),
        'of BIND, in one line with a comment behind': KEY.bind().replace('\n', ' ') + '# for inkan\n// and so on\n',
        'the name with a final dot, the algorithm in capitals': f'key "UPDATE." {{ algorithm HMAC-SHA256; secret "{KEY.secret}"; }};'}
for title, text in GOOD.items():
    @case(f'a key file {title}')
    def _(text=text):
        with Knot(ZONES, keys=[KEY]) as server:
            same(update(server.address, key_file(text), NEW), 'DONE')


@case('key files that the tools write')
def _():
    for command in (['tsig-keygen', '-a', 'hmac-sha512', 'made'], ['keymgr', '-t', 'made', 'hmac-sha512']):
        text = subprocess.run(['/usr/sbin/' + command[0], *command[1:]], capture_output=True, check=True).stdout.decode()
        same(update('127.0.0.1:1', key_file(text), NEW), 'EIO', 'nothing was changed')


BAD = {
    'readable by all': (KEY.bind(), 0o644, 'mode 0644', 'chmod 0600'),
    'of md5': (KEY.bind().replace('sha256', 'md5'), 0o600, 'hmac-md5', 'too weak', 'tsig-keygen'),
    'of sha1': (KEY.line().replace('sha256', 'sha1'), 0o600, 'hmac-sha1', 'too weak'),
    'of an unknown algorithm': (KEY.line().replace('sha256', 'sha3'), 0o600, 'not to be had'),
    'of sha384, which ldns cannot do': (KEY.line().replace('sha256', 'sha384'), 0o600, 'hmac-sha384', 'not to be had', 'tsig-keygen'),
    'empty': ('', 0o600, 'no name', 'tsig-keygen'),
    'without a secret': ('key "a" { algorithm hmac-sha256; };', 0o600, 'no secret'),
    'whose secret is no base64': ('hmac-sha256:a:b*=', 0o600, 'not base64'),
    'with two keys': (KEY.bind() + OTHER.bind(), 0o600, ':5: a second key'),
    'that is a configuration': ('options {\n directory "/";\n};', 0o600, ':1: "options" does not belong'),
    'whose key has no good name': (f'hmac-sha256:a..b:{KEY.secret}', 0o600, 'no domain name'),
    'with a secret of 1024 characters': ('hmac-sha256:a:' + 'A' * 1024, 0o600, 'longer than 1023'),
    'larger than 16384 octets': ('#' * 16385, 0o600, 'larger than 16384 octets'),
}
for title, (text, mode, *words) in BAD.items():
    @case(f'a key file {title}')
    def _(text=text, mode=mode, words=words):
        same(update('127.0.0.1:1', key_file(text, mode), NEW), 'KEY', *words)


@case('key files just within the limits')
def _():
    for text in ('hmac-sha256:a:' + 'A' * 1020, '#' * (16384 - len(KEY.line()) - 1) + '\n' + KEY.line()):
        same(update('127.0.0.1:1', key_file(text), NEW), 'EIO', 'nothing was changed')


@case('a key file that is not there')
def _():
    same(update('127.0.0.1:1', FOLDER.name + '/none', NEW), 'KEY', 'No such file')


@case('servers that are no address')
def _():
    for server in ('', ':53', '127.0.0.1:', '127.0.0.1:0', '127.0.0.1:65536', '[::1', '[::1]x', '[]:53'):
        same(update(server, KEY, NEW), 'EIO', 'not of the form')
    same(update('localhost:1', KEY, NEW), 'EIO', 'nothing was changed')


main()
