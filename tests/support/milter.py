"""The mail server's side of the milter protocol.

    with Milter('unix:/run/inkan/milter.sock') as server:
        result = server.message(octets, sender='a@example.com', recipients=['b@example.org'], client='192.0.2.1')
        assert result.answer == 'accept'
        print(result.message)                    # as the mail server would pass it on

Milter(address, version, actions, protocol) says what the server offers; `version`, `actions` and `protocol` are then what was
agreed. Nothing is sent that the filter does not want, no answer is waited for that it does not give, and an action that was
not agreed is an error of the test.

With coalesce=True what needs no answer is sent together with what follows, as busy servers do; `flush` sends it.

To misbehave: `cut` sends every frame in pieces of so many octets; `raw` sends anything; `reset` breaks the connection;
between two commands a test may do nothing for as long as it likes. Single commands are methods: connect, helo, mail, …
"""
import re
import socket
import struct
import time

ADD_HEADERS, CHANGE_BODY, CHANGE_HEADERS, QUARANTINE, CHANGE_FROM = 0x01, 0x02, 0x10, 0x20, 0x40
ALL_ACTIONS = 0x1ff
SKIP, LEADING_SPACE = 0x400, 0x100000
ALL_PROTOCOL = 0x1fffff
# of each command: what says that it is not wanted, and what says that it gets no answer
STEPS = {'C': (0x01, 0x1000), 'H': (0x02, 0x2000), 'M': (0x04, 0x4000), 'R': (0x08, 0x8000), 'T': (0x200, 0x10000),
         'L': (0x20, 0x80), 'N': (0x40, 0x40000), 'B': (0x10, 0x80000), 'U': (0x100, 0x20000), 'E': (0, 0)}
# what servers of older versions offer
OFFERS = {2: (0x3f, 0x7f), 3: (0x3f, 0x1ff), 4: (0x3f, 0x3ff), 5: (0x3f, 0x3ff), 6: (ALL_ACTIONS, ALL_PROTOCOL)}
ANSWERS = {b'a': 'accept', b'c': 'continue', b'd': 'discard', b'r': 'reject', b's': 'skip', b't': 'tempfail', b'y': 'reply'}
CHUNK = 65535


class Closed(Exception):
    """The filter has closed the connection."""


class Result:
    """What the filter said of a message: `answer` is a word of ANSWERS, given to the command `stage` (a letter)."""

    def __init__(self, header, body):
        self.header, self.body = header, body  # the header as (name, value) with LF folds, the body as octets
        self.answer, self.stage, self.reply = 'continue', '', ''
        self.changes = []  # ('insert', index, name, value), ('add', name, value), ('change', index, name, value)
        self.refused = []  # recipients that did not get through, where others may
        self.refused = []  # recipients, where others got through
        self.quarantine = None
        self.sender = None  # another envelope sender, with angle brackets
        self.progress = 0  # how many times the filter asked for patience

    @property
    def message(self):
        return self.apply()

    def apply(self, deleted_count=False):
        """The message with all changes. Postfix counts fields as they are now, Sendmail counts deleted ones too."""
        fields = [(name, value, True) for name, value in self.header]
        for change in self.changes:
            if change[0] == 'insert':
                fields.insert(change[1], (*change[2:], True))
            elif change[0] == 'add':
                fields.append((*change[1:], True))
            else:
                self.change(fields, *change[1:], deleted_count)
        lines = [name + b':' + value.replace(b'\n', b'\r\n') + b'\r\n' for name, value, there in fields if there]
        return b''.join(lines) + b'\r\n' + self.body

    @staticmethod
    def change(fields, index, name, value, deleted_count):
        same = [i for i, field in enumerate(fields) if field[0].lower() == name.lower() and (field[2] or deleted_count)]
        if index <= len(same):
            fields[same[max(index, 1) - 1]] = (name, value, bool(value))
        elif value:
            fields.append((name, value, True))


def open_socket(address, timeout):
    kind, _, where = address.partition(':')
    if kind == 'unix':
        s = socket.socket(socket.AF_UNIX)
        s.settimeout(timeout)
        s.connect(where)
        return s
    host, _, port = where.rpartition(':')
    s = socket.create_connection((host.strip('[]'), int(port)), timeout)
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return s


def split(message):
    """The header as (name, value) with LF folds and all space behind the colon, and the body, of a message with CRLF."""
    header, separator, body = message.partition(b'\r\n\r\n')
    if message.startswith(b'\r\n'):
        header, body = b'', message[2:]
    fields = re.split(rb'\r\n(?![ \t])', header.removesuffix(b'\r\n')) if header else []
    return [(name, value.replace(b'\r\n', b'\n')) for name, _, value in (field.partition(b':') for field in fields)], body


def octets(text):
    return text if isinstance(text, bytes) else text.encode()


def as_sent(value, leading_space):
    """The value of a field as a frame has it: without "leading space", one is missing (as seen of Postfix 3.7)."""
    return value if leading_space else value.removeprefix(b' ')


def strings(*texts):
    return b''.join(octets(text) + b'\0' for text in texts)


class Milter:
    def __init__(self, address, version=6, actions=None, protocol=None, timeout=60, cut=0, pause=0, coalesce=False,
                 negotiate=True):
        self.socket = open_socket(address, timeout)
        self.cut, self.pause = cut, pause  # octets of a piece (0: whole), seconds between two
        self.coalesce, self.waiting = coalesce, b''
        self.version, self.actions, self.protocol = 0, 0, 0
        if negotiate:
            self.negotiate(version, OFFERS[version][0] if actions is None else actions,
                           OFFERS[version][1] if protocol is None else protocol)

    def __enter__(self):
        return self

    def __exit__(self, *trouble):
        try:
            if not trouble[0]:
                self.quit()
        except OSError:
            pass  # gone already
        self.socket.close()

    # Octets

    def raw(self, data):
        self.waiting += data
        if not self.coalesce or len(self.waiting) > CHUNK:
            self.flush()

    def flush(self):
        data, self.waiting = self.waiting, b''
        if not data:
            return  # the filter may have closed the connection behind its last answer
        if not self.cut:
            self.socket.sendall(data)
            return
        for at in range(0, len(data), self.cut):
            self.socket.sendall(data[at:at + self.cut])
            time.sleep(self.pause)

    def frame(self, command, data=b''):
        self.raw(struct.pack('>I', len(data) + 1) + command.encode() + data)

    def read(self, size):
        data = b''
        while len(data) < size:
            try:
                piece = self.socket.recv(size - len(data))
            except ConnectionError:
                piece = b''
            if not piece:
                raise Closed(f'{len(data)} of {size} octets')
            data += piece
        return data

    def answer(self):
        """(letter, data) of the next answer."""
        self.flush()
        length = struct.unpack('>I', self.read(4))[0]
        assert 1 <= length <= 1 << 20, f'answer of {length} octets'
        data = self.read(length)
        return data[:1], data[1:]

    def reset(self):
        """Breaks the connection without a farewell."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
        self.socket.close()

    # Commands: each returns the word of the answer, or None where there is none

    def negotiate(self, version, actions, protocol):
        self.frame('O', struct.pack('>III', version, actions, protocol))
        letter, data = self.answer()
        assert letter == b'O' and len(data) >= 12, (letter, data)
        self.version, self.actions, self.protocol = struct.unpack('>III', data[:12])
        assert 2 <= self.version <= version, f'version {self.version} agreed, {version} offered'
        assert not self.actions & ~actions, f'actions {self.actions:x} agreed, {actions:x} offered'
        assert not self.protocol & ~protocol, f'protocol {self.protocol:x} agreed, {protocol:x} offered'

    def wants(self, command):
        return not self.protocol & STEPS[command][0]

    def command(self, command, data=b'', result=None):
        if not self.wants(command):
            return None
        self.frame(command, data)
        if self.protocol & STEPS[command][1]:
            return None
        return self.collect(command, result or Result([], b''))

    def collect(self, command, result):
        while True:
            letter, data = self.answer()
            if letter == b'p':
                result.progress += 1
            elif letter in ANSWERS:
                result.answer, result.stage = ANSWERS[letter], command
                assert letter != b's' or (command == 'B' and self.protocol & SKIP), 'skip where it was not agreed'
                result.reply = data.rstrip(b'\0').decode().replace('%%', '%') if letter == b'y' else ''
                return result.answer
            else:
                assert command == 'E', f'{letter} in answer to {command}'
                self.take_change(letter, data, result)

    def take_change(self, letter, data, result):
        needed = {b'h': ADD_HEADERS, b'i': ADD_HEADERS, b'm': CHANGE_HEADERS, b'q': QUARANTINE, b'b': CHANGE_BODY,
                  b'e': CHANGE_FROM}[letter]
        assert self.actions & needed, f'{letter} was not agreed'
        if letter == b'b':
            result.body = data
            return
        if letter == b'e':
            sender, rest = data.split(b'\0')
            assert not rest, data
            result.sender = sender.decode()
            return
        if letter == b'q':
            result.quarantine = data.rstrip(b'\0').decode()
            return
        index = struct.unpack('>I', data[:4])[0] if letter in b'im' else None
        name, value, rest = data[4 if letter in b'im' else 0:].split(b'\0')
        assert not rest and b'\r\n' not in value and name, data
        if value and not self.protocol & LEADING_SPACE:
            value = b' ' + value
        result.changes.append({b'h': ('add', name, value), b'i': ('insert', index, name, value),
                               b'm': ('change', index, name, value)}[letter])

    def macros(self, command, macros):
        pairs = [(name if len(name) == 1 else '{%s}' % name, value) for name, value in macros.items()]
        self.frame('D', command.encode() + b''.join(strings(*pair) for pair in pairs))

    def connect(self, host='unknown', address='192.0.2.1', port=25):
        if address is None:
            return self.command('C', octets(host) + b'\0U')
        family = 'L' if '/' in address else '6' if ':' in address else '4'
        return self.command('C', octets(host) + b'\0' + family.encode() + struct.pack('>H', port) +
                            (b'IPv6:' if family == '6' else b'') + octets(address) + b'\0')

    def helo(self, name):
        return self.command('H', octets(name) + b'\0')

    def mail(self, sender, *arguments):
        return self.command('M', strings('<%s>' % sender, *arguments))

    def rcpt(self, recipient, *arguments):
        return self.command('R', strings('<%s>' % recipient, *arguments))

    def data(self):
        return self.command('T') if self.version >= 4 else None

    def header(self, name, value):
        """The value with its space, as it stands behind the colon."""
        return self.command('L', strings(name, as_sent(value, self.protocol & LEADING_SPACE)))

    def end_of_header(self):
        return self.command('N')

    def body(self, chunk):
        return self.command('B', chunk)

    def end_of_message(self, result, last=b''):
        return self.command('E', last, result)

    def abort(self):
        self.frame('A')
        self.flush()

    def quit(self):
        self.frame('Q')
        self.flush()

    def quit_new_connection(self):
        self.frame('K')

    # Whole messages

    def session(self, host='client.example.org', client='192.0.2.1', helo='client.example.org', port=50000,
                daemon_name='smtpd', **macros):
        """The beginning of an SMTP session; `message` does it where it was not done."""
        self.macros('C', {'j': 'mx.example.com', 'daemon_name': daemon_name, 'v': 'Postfix 3.7.11', **macros})
        answer = self.connect(host, client, port)
        if answer in (None, 'continue'):
            self.macros('H', {})
            answer = self.helo(helo) or answer
        self.began = answer or 'continue'
        return answer

    began = ''  # the answer to the beginning of a session; with another one than 'continue' messages are not sent

    def message(self, message, sender='sender@example.com', recipients=('recipient@example.org',), queue_id='4XyZ1234',
                auth='', chunk=CHUNK, macros=None, client='192.0.2.1', host='client.example.org',
                helo='client.example.org', daemon_name='smtpd', arguments=()):
        """One message from MAIL to the end; further ones may follow on the same connection."""
        result = Result(*split(message))
        if not self.began:
            self.session(host, client, helo, daemon_name=daemon_name)
        if self.began != 'continue':
            result.answer, result.stage = self.began, 'C'
            return result
        for command, data in self.steps(result, sender, recipients, queue_id, auth, chunk, macros or {}, arguments):
            answer = self.command(command, data, result)
            if answer in (None, 'continue', 'skip') or command == 'E':
                continue
            if command == 'R' and answer in ('reject', 'tempfail', 'reply'):
                result.refused.append(data.split(b'\0')[0].decode()[1:-1])
                if len(result.refused) < len(recipients):
                    continue
            self.abort()
            break
        return result

    def steps(self, result, sender, recipients, queue_id, auth, chunk, macros, arguments):
        login = {'auth_authen': auth, 'auth_type': 'PLAIN'} if auth else {}
        self.macros('M', {'i': queue_id, 'mail_addr': sender, **login, **macros})
        yield 'M', strings('<%s>' % sender, *arguments)
        for recipient in recipients:
            self.macros('R', {'i': queue_id, 'rcpt_addr': recipient})
            yield 'R', strings('<%s>' % recipient)
        if self.version >= 4:
            self.macros('T', {'i': queue_id})
            yield 'T', b''
        for name, value in result.header:
            yield 'L', strings(name, as_sent(value, self.protocol & LEADING_SPACE))
        self.macros('N', {'i': queue_id})
        yield 'N', b''
        for at in range(0, len(result.body), chunk):
            if result.answer == 'skip':
                break
            yield 'B', result.body[at:at + chunk]
        self.macros('E', {'i': queue_id})
        yield 'E', b''
