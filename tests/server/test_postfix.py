#!/usr/bin/python3
"""`inkan serve` between a real Postfix and the world: what goes out is verified by Mail::DKIM and dkimpy, what comes in is judged
by records that Knot DNS serves with DNSSEC, refusals and held messages are seen where an administrator sees them."""
import atexit
import functools
import os
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / 'support'))
from domain import (DNS, KEYS, OURS, SIGN, STRANGER, dkim, fields, judged_by_dkimpy, judged_by_perl, letter,  # noqa: E402
                    no_perl)
from knot import Knot, from_snapshot  # noqa: E402
from postfix import Postfix, why_not  # noqa: E402
from service import Service  # noqa: E402
from tap import case, main, skip  # noqa: E402

STACK = ExitStack()
atexit.register(STACK.close)
VERSIONS = (2, 3, 4, 6)
NO_PERL = no_perl()
SIGNED = 2  # signatures of a message of ours
MILTER = 'milter: {listen: "@SOCKET@", socket_group: postfix}\n'


FAILED = ('identities: {store: "@FOLDER@/state/identities.db", master_key: "@FOLDER@/master.key", '
          'default_mail_from: bounces@mail.example.net}\n')
TOOL = Path(os.environ['INKAN_BUILD'], 'tests/identity_tool')


class World:
    """Knot, three services of different policy, and a Postfix whose ports have one each as milter."""

    def __init__(self):
        self.knot = STACK.enter_context(Knot({'example.com': from_snapshot('example.com', DNS),
                                              'broken.example': ['@ TXT "v=spf1 -all"']}, signed=['example.com', 'broken.example']))
        anchor = self.knot.write('anchor', self.knot.anchor('example.com') +
                                 'broken.example. IN DS 12345 13 2 ' + '0123456789abcdef' * 4 + '\n')
        dns = f'dns: {{resolver: "{self.knot.address}", strict: yes, trust_anchor: {anchor}, timeout: 2s}}\n'
        self.services = {name: STACK.enter_context(Service(SIGN + dns + MILTER + more, files=KEYS)) for name, more in (
            ('tag', ''), ('reject', 'policy: {dmarc_reject: reject, contact: "see https://example.net/mail"}\n'),
            ('hold', 'policy: {dmarc_reject: quarantine}\n'), ('failed', FAILED))}
        address = self.services['tag'].address
        ports = {f'version {version}': {'milter_protocol': version} for version in VERSIONS}
        ports.update({name: {'smtpd_milters': self.services[name].address} for name in ('reject', 'hold', 'failed')})
        self.postfix = STACK.enter_context(Postfix(milters=[address], non_smtpd_milters=[address], services=ports,
                                                   settings={'milter_default_action': 'tempfail'}))

    def pass_through(self, message, port='incoming', **more):
        answer = self.postfix.send(message, 'alice@example.com', port=self.postfix.ports[port], **more)
        assert answer[0] == 250, answer
        return self.postfix.sink.wait(1)[0].data


@functools.cache
def world():
    if reason := why_not():
        skip(reason)
    return World()


def others_verify(message):
    """Mail::DKIM of this Debian knows no Ed25519: the second signature is invalid to it. dkimpy judges both."""
    assert len(fields(message, 'DKIM-Signature')) == SIGNED, message
    if not NO_PERL:
        assert judged_by_perl([message])[0].split()[0] == 'pass', (judged_by_perl([message]), message)
    if dkim:
        assert all(judged_by_dkimpy(message, i) for i in range(SIGNED)), message


WAYS = {'from a network of ours': ('incoming', {}), 'by login': ('incoming', {'client': STRANGER, 'login': 'ada'}),
        'by submission': ('submission', {'client': STRANGER})}
for way, (port, more) in WAYS.items():
    @case(f'goes out {way}: signed, and others verify both signatures')
    def _(port=port, more=more):
        others_verify(world().pass_through(letter(), port, **more))


@case('goes out from a program on the machine (sendmail, non_smtpd_milters): signed, and others verify')
def _():
    postfix = world().postfix
    postfix.sendmail(letter(), 'alice@example.com', 'bob@example.org')
    others_verify(postfix.sink.wait(1)[0].data)


BODIES = {'no body': b'', 'an empty line': b'\r\n', 'spaces at the ends of lines': b' a  b \t\r\n \r\n\r\n\r\n',
          'dots': b'.\r\n..\r\n...\r\n.x\r\n', 'octets above 127': 'café 印鑑\r\n'.encode() * 50,
          'a line of 990 octets': b'x' * 990 + b'\r\n', '3 MB': b'A line of the body, of which there are many.\r\n' * 65000}
for name, body in BODIES.items():
    @case(f'goes out with {name}: what Postfix sends on is what was signed')
    def _(body=body):
        others_verify(world().pass_through(letter(body=body), options=['BODY=8BITMIME']))


for version in VERSIONS:
    @case(f'milter version {version}: signed on the way out, judged on the way in')
    def _(version=version):
        message = world().pass_through(letter(), f'version {version}')
        others_verify(message)
        [field] = fields(world().pass_through(message, f'version {version}', client=OURS), 'Authentication-Results')
        assert field.count('dkim=pass') == SIGNED and 'dmarc=pass' in field, field


@case('comes in: judged by signed records, one field on top, forged ones removed, those of others stay')
def _():
    forged = (b'Authentication-Results: mx.example.net; dmarc=pass header.from=example.com\r\nAUTHENTICATION-RESULTS: MX.Example.NET 1;'
              b' spf=pass\r\nAuthentication-Results: other.example; spf=pass\r\n')
    message = world().pass_through(forged + letter(), client=STRANGER)
    assert message.startswith(b'Authentication-Results: mx.example.net;'), message
    ours, others = fields(message, 'Authentication-Results')
    assert 'dmarc=fail' in ours and 'spf=fail' in ours and others.startswith('other.example;'), (ours, others)


@case('comes in over IPv6: judged by that address')
def _():
    [field] = fields(world().pass_through(letter(), client='2001:db8::7'), 'Authentication-Results')
    assert 'spf=fail' in field and '2001:db8::7' in field.lower(), field


@case('a zone whose DNSSEC is broken: a temporary error, not a verdict; the message gets through')
def _():
    answer = world().postfix.send(letter(author='eve@broken.example'), 'eve@broken.example', client=STRANGER)
    assert answer[0] == 250, answer
    [field] = fields(world().postfix.sink.wait(1)[0].data, 'Authentication-Results')
    assert 'spf=temperror' in field and 'dmarc=temperror' in field, field


@case('R13 refused as configured: the client sees 550 5.7.1, DMARC and the contact; nothing goes on')
def _():
    postfix = world().postfix
    code, text = postfix.send(letter(), 'alice@example.com', port=postfix.ports['reject'], client=STRANGER)
    assert code == 550 and text.startswith('5.7.1') and 'DMARC' in text and 'https://example.net/mail' in text, (code, text)
    assert world().pass_through(letter(), 'reject', client=OURS)
    assert not postfix.queue() and not postfix.sink.mails


@case('quarantine as configured: the message waits in the hold queue, with its field')
def _():
    postfix = world().postfix
    answer = postfix.send(letter(), 'alice@example.com', port=postfix.ports['hold'], client=STRANGER)
    assert answer[0] == 250, answer
    [held] = [entry for entry in postfix.queue() if entry['queue_name'] == 'hold']
    text = postfix.command('postcat', '-q', held['queue_id']).stdout
    assert b'Authentication-Results: mx.example.net' in text and not postfix.sink.mails, text
    postfix.command('postsuper', '-d', held['queue_id'])
    log = world().services['hold'].log()
    assert held['queue_id'] in log and 'quarantine' in log, log


@case('S3-17 a MAIL FROM domain that has failed: sent with the default sender, or refused as the identity wants it')
def _():
    postfix, folder = world().postfix, world().services['failed'].folder

    def tool(*words):
        subprocess.run([TOOL, f'{folder}/state/identities.db', f'{folder}/master.key', *words], check=True, capture_output=True)

    def send():
        return postfix.send(letter(), 'x@m.example.com', port=postfix.ports['failed'])
    tool('add', 'example.com', 'i1', 'ed25519')
    tool('mail-from', 'example.com', 'm.example.com', 'failed', 'default')
    assert send()[0] == 250
    sender = postfix.sink.wait(1)[0].sender
    assert sender == 'bounces@mail.example.net', (sender, world().services['failed'].log()[-600:])
    tool('mail-from', 'example.com', 'm.example.com', 'failed', 'reject')
    code, text = send()
    assert code == 550 and text.startswith('5.1.8') and 'MailFromDomainNotVerified' in text, (code, text)
    tool('mail-from', 'example.com', 'm.example.com', 'success', 'reject')
    assert send()[0] == 250
    assert postfix.sink.wait(1)[0].sender == 'x@m.example.com'
    assert not postfix.queue() and not postfix.sink.mails


@case('what is signed on its way out passes when it comes back, though the client is a stranger')
def _():
    message = world().pass_through(letter(), 'submission')
    [field] = fields(world().pass_through(message, 'reject', client=STRANGER), 'Authentication-Results')
    assert field.count('dkim=pass') == SIGNED and 'spf=fail' in field and 'dmarc=pass' in field, field


@case('swaks: a message with an attachment')
def _():
    if not os.access('/usr/bin/swaks', os.X_OK):
        skip('no swaks')
    postfix = world().postfix
    with tempfile.NamedTemporaryFile() as file:
        file.write(os.urandom(50000))
        file.flush()
        done = subprocess.run(['swaks', '--server', f'127.0.0.1:{postfix.submission_port}', '--from', 'alice@example.com', '--to',
                               'bob@example.org', '--attach', f'@{file.name}'], capture_output=True, timeout=60)
    assert done.returncode == 0, done.stdout
    others_verify(postfix.sink.wait(1)[0].data)


@case('smtp-source: 1,000 messages in 20 sessions, each signed, each in the log and in the store')
def _():
    if not os.access('/usr/sbin/smtp-source', os.X_OK):
        skip('no smtp-source')
    postfix, service, count = world().postfix, world().services['tag'], 1000
    before = service.metric('inkan_messages_total')
    done = subprocess.run(['smtp-source', '-s', '20', '-m', str(count), '-l', '2000', '-r', '1', '-f', 'alice@example.com', '-t',
                           'bob@example.org', '-N', f'127.0.0.1:{postfix.submission_port}'], capture_output=True, timeout=120)
    assert done.returncode == 0, done.stderr
    mails = postfix.sink.wait(count, 120)
    assert all(len(fields(mail.data, 'DKIM-Signature')) == SIGNED for mail in mails)
    assert len({mail.recipients[0] for mail in mails}) == count
    for mail in mails[::count // 10]:
        others_verify(mail.data)
    assert service.metric('inkan_messages_total') - before == count
    end = time.monotonic() + 60
    while service.metric('inkan_outcomes_stored_total') < before + count:
        assert time.monotonic() < end, service.http('/metrics')
        time.sleep(0.1)


@case('after all this every process has lived through it')
def _():
    for name, service in world().services.items():
        assert service.metric('inkan_restarts_total') == 0 and service.metric('inkan_failures_total') == 0, service.http('/metrics')
        assert 'killed' not in service.log(), (name, service.log())


main()
