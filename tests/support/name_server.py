"""A name server for tests: answers TXT and CNAME questions from a snapshot (as inkan --dns reads it), over UDP, on a free port.

    with NameServer(json.loads(path.read_text())) as server:
        run('verify', '--resolver', server.address, ...)
        assert server.asked == [...]

It knows nothing of DNSSEC. A name with "_error": {"TXT": "TIMEOUT"} gets no answer, "SERVFAIL" gets that. Each answer comes
`delay` seconds late, and does not hold up others.
"""
import socket
import struct
import threading

CNAME, TXT, SERVFAIL, NXDOMAIN = 5, 16, 2, 3


def wire_name(name):
    return b''.join(bytes([len(label)]) + label.encode() for label in name.split('.')) + b'\0'


def record(name, kind, data, ttl):
    return wire_name(name) + struct.pack('>HHIH', kind, 1, ttl, len(data)) + data


def txt_data(text):
    strings = text if isinstance(text, list) else [text[i:i + 255] for i in range(0, len(text), 255)]
    return b''.join(bytes([len(string)]) + string.encode() for string in strings)


class NameServer:
    def __init__(self, zone, delay=0, ttl=300):
        self.zone = zone
        self.delay, self.ttl = delay, ttl
        self.asked = []  # names, in the order of the questions
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(('127.0.0.1', 0))
        self.address = f'127.0.0.1:{self.socket.getsockname()[1]}'

    def __enter__(self):
        threading.Thread(target=self.serve, daemon=True).start()
        return self

    def __exit__(self, *trouble):
        self.socket.close()

    def serve(self):
        while True:
            try:
                query, peer = self.socket.recvfrom(4096)
            except OSError:
                return
            if reply := self.answer(query):
                threading.Timer(self.delay, self.send, [reply, peer]).start() if self.delay else self.send(reply, peer)

    def send(self, reply, peer):
        try:
            self.socket.sendto(reply, peer)
        except OSError:
            pass  # the server was closed meanwhile

    def answer(self, query):
        labels, at = [], 12
        while query[at]:
            labels.append(query[at + 1:at + 1 + query[at]].decode('latin-1').lower())
            at += 1 + query[at]
        name, kind = '.'.join(labels), struct.unpack('>H', query[at + 1:at + 3])[0]
        if kind == TXT:
            self.asked.append(name)
        records, entry = [], self.zone.get(name)
        if alias := (entry or {}).get('CNAME'):
            records.append(record(name, CNAME, wire_name(alias[0]), self.ttl))
            if kind != CNAME:
                name, entry = alias[0], self.zone.get(alias[0])
        trouble = (entry or {}).get('_error', {}).get('TXT')
        if trouble == 'TIMEOUT':
            return None
        code = SERVFAIL if trouble else NXDOMAIN if entry is None else 0
        if kind == TXT:
            records += [record(name, TXT, txt_data(text), self.ttl) for text in (entry or {}).get('TXT', [])]
        return query[:2] + struct.pack('>HHHHH', 0x8580 | code, 1, len(records), 0, 0) + query[12:at + 5] + b''.join(records)
