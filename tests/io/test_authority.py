#!/usr/bin/python3
"""Authoritative servers asked one by one (io/authority.h): Knot DNS and BIND, a slow secondary, servers that are down, lame or lie."""
import os
import socket
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / 'support'))
from bind import Bind  # noqa: E402
from knot import Knot, TsigKey, txt  # noqa: E402
from port import free_port  # noqa: E402
from tap import case, main, skip  # noqa: E402

BUILD = Path(os.environ['INKAN_BUILD'])
LONG = 'v=DKIM1; k=rsa; p=' + 'A' * 3000
RECORDS = ['s1._domainkey TXT "v=DKIM1; p=abc"', 's2._domainkey 77 CNAME s2.provider.example.', txt('long._domainkey', LONG), '@ MX 10 mx',
           'a A 192.0.2.1', 'a AAAA 2001:db8::1', 'alias CNAME s1._domainkey', '* TXT "wild"', 'strings TXT "a" "b"']
ZONES = {'example.com': RECORDS}


class Server:
    def __init__(self, fields):
        (self.name, self.address, self.status, self.ttl, self.serial, self.alias, self.why), self.values = fields[:7], fields[7:]


def ask(name, kind, servers=(), resolver='-', timeout=500, zone='example.com'):
    """(zone line, servers) or the text of the error"""
    override = [zone + '.', *servers] if servers else []
    out = subprocess.run([BUILD / 'tests/ask_authority', resolver, str(timeout), name, kind, *override], capture_output=True,
                         timeout=60).stdout.decode().splitlines()
    lines = [line.split('\t') for line in out]
    if lines[0][0] == 'error':
        return lines[0][1]
    return lines[0][1:], [Server(line[1:]) for line in lines[1:]]


def answers(name, kind, *servers, **options):
    return ask(name, kind, servers, **options)[1]


def both(name):
    def add(function):
        for title, kind in {'knotd': Knot, 'BIND': Bind}.items():
            def run_one(kind=kind):
                with kind(ZONES) as server:
                    function(server.address)
            case(f'{name}, {title}')(run_one)
        return function
    return add


# ---- what one server says ----

@both('records, TTL, statuses')
def _(address):
    got, = answers('S1._domainkey.Example.com.', 'TXT', address)
    assert (got.status, got.ttl, got.values, got.name, got.address) == ('NOERROR', '300', ['v=DKIM1; p=abc'], address, address)
    got, = answers('a.example.com', 'TXT', address)
    assert (got.status, got.ttl, got.values) == ('NODATA', '60', []), vars(got)
    assert answers('elsewhere.example.com', 'TXT', address)[0].values == ['wild']
    assert answers('s9._domainkey.example.com', 'TXT', address)[0].status == 'NXDOMAIN'
    assert answers('a.example.com', 'A', address)[0].values == ['192.0.2.1']
    assert answers('a.example.com', 'AAAA', address)[0].values == ['2001:db8::1']
    assert answers('example.com', 'MX', address)[0].values == ['mx.example.com']
    assert answers('strings.example.com', 'TXT', address)[0].values == ['ab']


@both('a name that does not exist, for as long as the SOA record says')
def _(address):
    got, = answers('x.a.example.com', 'TXT', address)
    assert (got.status, got.ttl, got.serial) == ('NXDOMAIN', '60', '1'), vars(got)


@both('a CNAME is shown, not followed')
def _(address):
    for name, target, ttl in (('s2._domainkey', 's2.provider.example', '77'), ('alias', 's1._domainkey.example.com', '300')):
        got, = answers(f'{name}.example.com', 'TXT', address)
        assert (got.status, got.alias, got.values, got.ttl) == ('NODATA', target, [], ttl), vars(got)
        got, = answers(f'{name}.example.com', 'CNAME', address)
        assert (got.status, got.alias, got.values) == ('NOERROR', '', [target]), vars(got)


@both('a key of 4096 bits and more comes over TCP')
def _(address):
    got, = answers('long._domainkey.example.com', 'TXT', address)
    assert got.values == [LONG]


@both('the serial of the zone, how long absence lasts')
def _(address):
    zone, (got,) = ask('example.com', 'SOA', [address])
    assert zone == ['example.com', '60', 'delegated'] and got.serial == '1', (zone, vars(got))


# ---- several servers ----

@case('S3-13 primary and slow secondary disagree until the secondary has the change')
def _():
    key = TsigKey('update')
    with Knot(ZONES, keys=[key]) as primary, Knot(['example.com'], primary=primary) as secondary:
        def both_say(name):
            return [(got.status, *got.values) for got in answers(name, 'TXT', primary.address, secondary.address)]
        assert both_say('s1._domainkey.example.com') == [('NOERROR', 'v=DKIM1; p=abc')] * 2
        subprocess.run(['nsupdate', '-y', key.line().strip()], check=True, capture_output=True, timeout=20, input=(
            f'server 127.0.0.1 {primary.port}\nzone example.com\nadd n._domainkey.example.com 300 TXT "new"\nsend\n').encode())
        assert both_say('n._domainkey.example.com') == [('NOERROR', 'new'), ('NXDOMAIN',)]
        assert [got.serial for got in answers('example.com', 'SOA', primary.address, secondary.address)] == ['2', '1']
        secondary.refresh('example.com')
        end = time.monotonic() + 10
        while (got := both_say('n._domainkey.example.com')) != [('NOERROR', 'new')] * 2:
            assert time.monotonic() < end, got
            time.sleep(0.05)


@case('one server is down, one silent, one lame: the others are heard, in order')
def _():
    with Knot(ZONES) as good, Bind({'example.org': []}) as lame, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(('127.0.0.1', 0))
        begin = time.monotonic()
        got = answers('s1._domainkey.example.com', 'TXT', f'127.0.0.1:{free_port()}', '127.0.0.1:%d' % silent.getsockname()[1],
                      lame.address, good.address, timeout=200)
        assert time.monotonic() - begin < 5
    assert [s.status for s in got] == ['TIMEOUT', 'TIMEOUT', 'SERVFAIL', 'NOERROR'], [vars(s) for s in got]
    assert 'refused' in got[0].why and got[1].why == 'no reply' and 'lame' in got[2].why and 'refused' in got[2].why


@case('over IPv6')
def _():
    with Knot(ZONES, host='::1') as server:
        assert answers('s1._domainkey.example.com', 'TXT', server.address)[0].values == ['v=DKIM1; p=abc']


@case('32 servers and one more: the last is not asked')
def _():
    with Knot(ZONES) as server:
        ports = [server.address] + [f'127.0.0.{i}:{server.port}' for i in range(2, 34)]
        assert len(answers('s1._domainkey.example.com', 'TXT', *ports[:32], timeout=20)) == 32
        assert len(answers('s1._domainkey.example.com', 'TXT', *ports, timeout=20)) == 32


@case('the longest zone that holds the name is asked; a server named twice counts once')
def _():
    with Knot(ZONES) as outer, Knot({'sub.example.com': ['x TXT "inner"']}) as inner:
        program = [BUILD / 'tests/ask_authority', '-', '500', 'x.sub.example.com', 'TXT', 'example.com.', outer.address,
                   'sub.example.com.', inner.address, inner.address, 'com.', outer.address]
        out = subprocess.run(program, capture_output=True, timeout=30).stdout.decode()
        assert out.startswith('zone\tsub.example.com\t') and out.count('server\t') == 1 and out.endswith('\tinner\n'), out


@case('a server that is no address')
def _():
    assert 'not of the form' in ask('example.com', 'TXT', ['[::1'])
    with Knot(ZONES) as server:
        assert answers('example.com', 'MX', f'localhost:{server.port}')[0].address == server.address


# ---- finding the zone and its servers ----

def world(function):
    """A zone above, the zones below on another server, both on port 53 of own addresses, and who knows all of it."""
    def run_it():
        try:
            with socket.socket() as s:
                s.bind(('127.0.53.1', 53))
        except OSError:
            skip('port 53 is not to be had')
        # the names of 40 name servers, of which one has an address
        crowd = [f'@ NS n{i}' for i in range(40)] + ['n0 A 127.0.53.2']
        below = {'example.test': ['a TXT "a"', 'alias CNAME a.other.test.', 'sub NS ns.sub', 'ns.sub A 127.0.53.2'],
                 'sub.example.test': ['x TXT "x"'], 'other.test': ['a TXT "other"'], 'lost.test': ['a TXT "lost"'],
                 'crowd.test': crowd, 'nowhere.test': []}
        above = {'test': [f'{zone} NS ns.example' for zone in ('example', 'other', 'crowd')] + ['ns.example A 127.0.53.2']}
        known = dict(below)
        known['nowhere.test'] = ['@ NS gone']
        with (Knot(above, host='127.0.53.1', port=53), Knot(below, host='127.0.53.2', port=53),
              Knot(known, ns='127.0.53.2') as resolver, Knot(above, ns='127.0.53.1') as outer):
            function(Both(resolver, outer))
    return run_it


class Both:
    """A resolver that knows the zones of two servers, by asking them over UDP."""
    def __init__(self, inner, outer):
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind(('127.0.0.1', 0))
        self.address = '127.0.0.1:%d' % self.udp.getsockname()[1]
        self.servers = (inner, outer)
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            query, peer = self.udp.recvfrom(4096)
            for server in self.servers:
                with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
                    s.settimeout(5)
                    s.sendto(query, ('127.0.0.1', server.port))
                    answer = s.recv(4096)
                if answer[3] & 15 != 5:
                    break
            if answer[3] & 15 == 5:  # what nobody knows does not exist
                answer = answer[:3] + bytes([answer[3] & 0xf0 | 3]) + answer[4:]
            self.udp.sendto(answer, peer)


@case('S3-13 the zone that holds a name, its servers, and whether the zone above knows of it')
@world
def _(resolver):
    for name, apex, delegated in (('a.example.test', 'example.test', 'delegated'), ('example.test', 'example.test', 'delegated'),
                                  ('q.w.e.example.test', 'example.test', 'delegated'), ('alias.example.test', 'example.test', 'delegated'),
                                  ('x.sub.example.test', 'sub.example.test', 'delegated'),
                                  ('a.lost.test', 'lost.test', 'not delegated')):
        zone, servers = ask(name, 'TXT', resolver=resolver.address)
        assert zone == [apex, '60', delegated], (name, zone)
        assert [(s.name, s.address) for s in servers] == [(f'ns.{apex}', '127.0.53.2:53')], (name, [vars(s) for s in servers])
    zone, servers = ask('a.example.test', 'TXT', resolver=resolver.address)
    assert servers[0].values == ['a']


@case('more name servers than are asked, most of them without address')
@world
def _(resolver):
    zone, servers = ask('crowd.test', 'MX', resolver=resolver.address)
    assert zone[0] == 'crowd.test' and {s.address for s in servers} == {'127.0.53.2:53'} and len(servers) == 1


@case('a domain that does not exist, a resolver that is silent')
@world
def _(resolver):
    assert 'does not exist' in ask('a.missing', 'TXT', resolver=resolver.address)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(('127.0.0.1', 0))
        assert 'TXT' not in ask('a.example.test', 'TXT', resolver='127.0.0.1:%d' % silent.getsockname()[1])


# ---- servers that lie ----

class Fake:
    """Answers each question over UDP (and TCP, where `tcp` is given) with the packets that the function makes of it."""
    def __init__(self, udp, tcp=None):
        port = free_port()
        self.address, self.questions, self.functions = f'127.0.0.1:{port}', [], (udp, tcp)
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind(('127.0.0.1', port))
        self.tcp = socket.create_server(('127.0.0.1', port)) if tcp else None

    def __enter__(self):
        threading.Thread(target=self.serve_udp, daemon=True).start()
        if self.tcp:
            threading.Thread(target=self.serve_tcp, daemon=True).start()
        return self

    def __exit__(self, *trouble):
        self.udp.close()
        if self.tcp:
            self.tcp.close()

    def serve_udp(self):
        try:
            while True:
                query, peer = self.udp.recvfrom(4096)
                self.questions.append(query)
                for packet in self.functions[0](query):
                    self.udp.sendto(packet, peer)
        except OSError:
            pass

    def serve_tcp(self):
        try:
            while True:
                peer, _ = self.tcp.accept()
                with peer:
                    size, = struct.unpack('>H', peer.recv(2))
                    query = peer.recv(size)
                    for packet in self.functions[1](query):
                        peer.sendall(struct.pack('>H', len(packet)) + packet)
        except OSError:
            pass


def question_end(query):
    at = 12
    while query[at]:
        at += 1 + query[at]
    return at + 5


def reply(query, text='fake', flags=0x8400, id_xor=0, question=None, count=1):
    end = question_end(query)
    record = b'\xc0\x0c' + struct.pack('>HHIHB', 16, 1, 60, len(text) + 1, len(text)) + text.encode()
    return (bytes([query[0] ^ id_xor]) + query[1:2] + struct.pack('>HHHHH', flags, 1, count, 0, 0) +
            (query[12:end] if question is None else question) + record * count)


LIES = {
    'another id': lambda q: [reply(q, 'spoofed', id_xor=1), reply(q)],
    'another question': lambda q: [reply(q, 'spoofed', question=b'\1x\0\0\x10\0\1'), reply(q)],
    'another type': lambda q: [reply(q, 'spoofed', question=q[12:question_end(q) - 4] + b'\0\1\0\1'), reply(q)],
    'a question': lambda q: [reply(q, 'spoofed', flags=0x0400), reply(q)],
    'less than a header': lambda q: [b'', q[:1], q[:2], q[:11], reply(q)],
    'a hundred spoofed ones': lambda q: [reply(q, 'spoofed', id_xor=i) for i in range(1, 101)] + [reply(q)],
}
for title, function in LIES.items():
    @case(f'passed over: {title}')
    def _(function=function):
        with Fake(function) as fake:
            assert answers('example.com', 'TXT', fake.address)[0].values == ['fake']


@case('passed over: a reply from another address')
def _():
    with Fake(lambda q: []) as fake, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        def from_elsewhere(query):
            return []
        fake.functions = (from_elsewhere, None)
        other.bind(('127.0.0.2', 0))
        original = fake.udp.recvfrom

        class Spy:
            def __getattr__(self, name):
                return getattr(fake_udp, name)

            def recvfrom(self, size):
                query, peer = original(size)
                other.sendto(reply(query, 'spoofed'), peer)
                return query, peer
        fake_udp = fake.udp
        fake.udp = Spy()
        got, = answers('example.com', 'TXT', fake.address, timeout=100)
        assert got.status == 'TIMEOUT'


REFUSED = {
    'not authoritative': (lambda q: [reply(q, flags=0x8000)], 'lame'),
    'that refers to the zone above': (lambda q: [q[:2] + b'\x80\0' + b'\0\1\0\0\0\1\0\0' + q[12:question_end(q)] +
                                                 b'\3com\0\0\2\0\1\0\0\0\x3c\0\4\2ns\0'], 'refers to the servers of com'),
    'SERVFAIL': (lambda q: [reply(q, flags=0x8402, count=0)], 'failure'),
    'REFUSED': (lambda q: [reply(q, flags=0x8005, count=0)], 'lame'),
    'malformed': (lambda q: [reply(q)[:-1]], 'malformed'),
}
for title, (function, word) in REFUSED.items():
    @case(f'of no use: a reply {title}')
    def _(function=function, word=word):
        with Fake(function) as fake:
            got, = answers('example.com', 'TXT', fake.address)
            assert got.status == 'SERVFAIL' and word in got.why and not got.values, vars(got)


@case('three tries, with port and id at random')
def _():
    with Fake(lambda q: []) as fake:
        begin = time.monotonic()
        ask('a.example.com', 'TXT', [fake.address], timeout=100)
        assert time.monotonic() - begin < 3
        asked = [q for q in fake.questions if q[12:14] == b'\1a']
        assert len(asked) == 3 and all(q[2:4] == b'\0\0' and q.endswith(struct.pack('>BHHIH', 0, 41, 1232, 0, 0)) for q in asked)
        ask('a.example.com', 'TXT', [fake.address], timeout=20)
        assert len({q[:2] for q in fake.questions}) > 2


@case('the second try is answered')
def _():
    count = []
    with Fake(lambda q: [reply(q)] if count.append(1) or len(count) % 2 == 0 else []) as fake:
        assert answers('example.com', 'TXT', fake.address, timeout=100)[0].values == ['fake']


@case('a server without EDNS')
def _():
    def old(query):
        return [query[:2] + b'\x80\1' + b'\0' * 8] if query[11] else [reply(query)]
    with Fake(old) as fake:
        assert answers('example.com', 'TXT', fake.address)[0].values == ['fake']


CUT = {
    'TCP is not to be had': (None, 'TCP fails'),
    'TCP is cut off too': (lambda q: [reply(q, flags=0x8600, count=0)], 'cut off over TCP too'),
    'TCP closes': (lambda q: [], 'closes the connection'),
    'TCP gives another id': (lambda q: [reply(q, id_xor=1)], 'not one to this question'),
    'TCP gives an empty message': (lambda q: [b''], 'not one to this question'),
}
for title, (tcp, word) in CUT.items():
    @case(f'cut off, and {title}')
    def _(tcp=tcp, word=word):
        with Fake(lambda q: [reply(q, flags=0x8600, count=0)], tcp) as fake:
            got, = answers('example.com', 'TXT', fake.address)
            assert got.status == 'SERVFAIL' and word in got.why, vars(got)


@case('cut off, and TCP says nothing')
def _():
    with Fake(lambda q: [reply(q, flags=0x8600, count=0)], lambda q: time.sleep(3) or []) as fake:
        got, = answers('example.com', 'TXT', fake.address, timeout=100)
        assert got.status == 'TIMEOUT' and 'over TCP' in got.why, vars(got)


main()
