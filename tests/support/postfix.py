"""A private Postfix for tests: own folders, own ports on 127.0.0.1, nothing of /etc/postfix is touched.

    with Postfix(milters=['unix:/tmp/x/socket']) as postfix:
        answer = postfix.send(message, 'a@example.com', ['b@example.org'])        # (code, text) of the last command
        mail = postfix.sink.wait(1)[0]                                           # sender, recipients, data

All mail goes to `sink`, a mail server of the test that keeps what it gets. Postfix(…):

    milters              smtpd_milters of the port for incoming mail (postfix.port)
    submission_milters   of the port for submission (postfix.submission_port), which has milter_macro_daemon_name=ORIGINATING;
                         those of `milters` where not given
    non_smtpd_milters    for what postfix.sendmail() submits
    services             further ports for incoming mail, {name: {setting: value}}: postfix.ports[name]
    settings             further lines of main.cf, as a dict

`send` takes client=, name=, helo= to look as if the mail came from elsewhere, and login= as if somebody had logged in there (by
XCLIENT). `queue()` lists what waits. Needs root and a user postfix; skips the case where it cannot run.
"""
import json
import os
import shutil
import signal
import smtplib
import socketserver
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from port import free_port
from tap import skip

DAEMONS = '/usr/lib/postfix/sbin'
PATIENCE = 60  # seconds to start, to deliver

MASTER = """
postlog     unix-dgram n - n - 1 postlogd
pickup      unix n - n 1 1 pickup
cleanup     unix n - n - 0 cleanup
qmgr        unix n - n 300 1 qmgr
rewrite     unix - - n - - trivial-rewrite
bounce      unix - - n - 0 bounce
defer       unix - - n - 0 bounce
trace       unix - - n - 0 bounce
verify      unix - - n - 1 verify
flush       unix n - n 1000? 0 flush
proxymap    unix - - n - - proxymap
smtp        unix - - n - - smtp
relay       unix - - n - - smtp
showq       unix n - n - - showq
error       unix - - n - - error
retry       unix - - n - - error
discard     unix - - n - - discard
anvil       unix - - n - 1 anvil
scache      unix - - n - 1 scache
"""


class Mail:
    def __init__(self, sender, recipients, data):
        self.sender, self.recipients, self.data = sender, recipients, data  # data: with CRLF, dots as they were


class SinkSession(socketserver.StreamRequestHandler):
    """SMTP, as little of it as Postfix needs."""

    def handle(self):
        sender, recipients = '', []
        self.reply('220 sink')
        while line := self.rfile.readline(65536).decode('utf-8', 'replace').rstrip('\r\n'):
            verb = line.upper()
            if verb.startswith('EHLO'):
                self.reply('250-sink\r\n250-8BITMIME\r\n250 SMTPUTF8')
            elif verb.startswith('MAIL FROM:'):
                sender, recipients = line[line.find('<') + 1:line.rfind('>')], []
                self.reply('250 ok')
            elif verb.startswith('RCPT TO:'):
                recipients.append(line[line.find('<') + 1:line.rfind('>')])
                self.reply('250 ok')
            elif verb == 'DATA':
                self.reply('354 go on')
                self.server.sink.keep(Mail(sender, recipients, self.read_data()))
                self.reply('250 ok')
            elif verb == 'QUIT':
                self.reply('221 bye')
                return
            else:
                self.reply('250 ok')

    def reply(self, text):
        self.wfile.write(text.encode() + b'\r\n')

    def read_data(self):
        lines = []
        while (line := self.rfile.readline()) not in (b'.\r\n', b''):
            lines.append(line[1:] if line.startswith(b'.') else line)
        return b''.join(lines)


class SinkServer(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], ConnectionError):  # Postfix was stopped
            super().handle_error(request, client_address)


class Sink:
    """A mail server that takes everything."""

    def __init__(self):
        self.mails = []
        self.news = threading.Condition()
        self.server = SinkServer(('127.0.0.1', 0), SinkSession)
        self.server.sink = self
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, kwargs={'poll_interval': 0.05}, daemon=True).start()

    def keep(self, mail):
        with self.news:
            self.mails.append(mail)
            self.news.notify_all()

    def wait(self, count, seconds=PATIENCE):
        """The first `count` mails, which are taken away."""
        with self.news:
            assert self.news.wait_for(lambda: len(self.mails) >= count, seconds), f'{len(self.mails)} of {count} mails arrived'
            taken, self.mails = self.mails[:count], self.mails[count:]
            return taken

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def why_not():
    """Why no Postfix can run here, or nothing."""
    if os.geteuid() != 0:
        return 'Postfix starts as root only'
    if not shutil.which('postfix') or not Path(DAEMONS, 'master').exists():
        return 'no Postfix'
    if not shutil.which('postconf'):
        return 'no postconf'
    return ''


class Postfix:
    def __init__(self, milters=(), submission_milters=None, non_smtpd_milters=(), services=None, settings=None):
        if reason := why_not():
            skip(reason)
        self.folder = Path(tempfile.mkdtemp(prefix='postfix-', dir='/tmp'))
        self.folder.chmod(0o755)  # for user postfix
        self.etc, self.log = self.folder / 'etc', self.folder / 'log'
        self.sink = Sink()
        submission = milters if submission_milters is None else submission_milters
        services = {'incoming': {}, 'submission': {'milter_macro_daemon_name': 'ORIGINATING',
                                                   'smtpd_milters': ' '.join(submission)}, **(services or {})}
        self.ports = {name: free_port() for name in services}
        self.port, self.submission_port = self.ports['incoming'], self.ports['submission']
        self.configure(milters, non_smtpd_milters, services, settings or {})

    def configure(self, milters, local, services, settings):
        for name in ('etc', 'queue', 'data'):
            (self.folder / name).mkdir(mode=0o755)
        shutil.chown(self.folder / 'data', 'postfix')
        values = {
            'compatibility_level': '3.6', 'queue_directory': self.folder / 'queue', 'data_directory': self.folder / 'data',
            'command_directory': '/usr/sbin', 'daemon_directory': DAEMONS, 'mail_owner': 'postfix',
            'setgid_group': 'postdrop', 'maillog_file': self.log, 'maillog_file_prefixes': self.folder,
            'myhostname': 'mx.example.com', 'mydestination': '', 'mynetworks': '127.0.0.0/8', 'inet_protocols': 'all',
            'inet_interfaces': '127.0.0.1', 'relayhost': f'[127.0.0.1]:{self.sink.port}',
            'smtp_dns_support_level': 'disabled', 'smtp_host_lookup': 'native', 'alias_maps': '', 'alias_database': '',
            'local_recipient_maps': '', 'relay_domains': 'static:all', 'smtpd_relay_restrictions': 'reject_unauth_destination',
            'smtpd_authorized_xclient_hosts': '127.0.0.0/8', 'smtpd_peername_lookup': 'no', 'smtpd_tls_security_level': 'none',
            'smtp_tls_security_level': 'none', 'smtpd_forbid_bare_newline': 'no', 'message_size_limit': '0', 'mailbox_size_limit': '0',
            'smtpd_client_connection_count_limit': '0', 'default_process_limit': '100', 'minimal_backoff_time': '2s',
            'maximal_backoff_time': '4s', 'queue_run_delay': '2s', 'milter_protocol': '6', 'milter_default_action': 'tempfail',
            'milter_connect_timeout': '5s', 'smtpd_milters': ' '.join(milters), 'non_smtpd_milters': ' '.join(local), **settings}
        (self.etc / 'main.cf').write_text(''.join(f'{name} = {value}\n' for name, value in values.items()))
        lines = [f'127.0.0.1:{self.ports[name]} inet n - n - - smtpd' +
                 ''.join(f' -o {{{setting}={value}}}' for setting, value in options.items())
                 for name, options in services.items()]
        (self.etc / 'master.cf').write_text('\n'.join(lines) + MASTER)

    def command(self, program, *arguments, input=None):
        return subprocess.run([program, '-c', self.etc, *arguments], input=input, stdin=None if input else subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=PATIENCE)

    def __enter__(self):
        done = self.command('postfix', 'start')
        try:
            assert done.returncode == 0, f'{done.stdout.decode()}\n{self.log_text()}'
            self.wait_until_ready()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *trouble):
        if trouble[0]:
            print('# ' + self.log_text()[-4000:].replace('\n', '\n# '))
        self.stop()

    def wait_until_ready(self):
        end = time.monotonic() + PATIENCE
        while True:
            try:
                with smtplib.SMTP('127.0.0.1', self.port, timeout=5) as client:
                    client.noop()
                return
            except OSError:
                assert time.monotonic() < end, self.log_text()
                time.sleep(0.1)

    def pid(self):
        try:
            return int((self.folder / 'queue/pid/master.pid').read_text())
        except (OSError, ValueError):
            return 0

    def stop(self):
        if pid := self.pid():
            try:
                os.kill(pid, signal.SIGTERM)  # the master ends its group
                end = time.monotonic() + PATIENCE
                while Path(f'/proc/{pid}').exists() and time.monotonic() < end:
                    time.sleep(0.02)
            except ProcessLookupError:
                pass
        self.sink.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def log_text(self):
        return self.log.read_text(errors='replace') if self.log.exists() else ''

    def send(self, message, sender='sender@example.com', recipients=('recipient@example.org',), port=None, login='',
             client='', name='', helo='client.example.org', options=()):
        """Hands in a message; (code, text) of the answer to it, or to what was refused before."""
        with smtplib.SMTP('127.0.0.1', port or self.port, local_hostname=helo, timeout=PATIENCE) as smtp:
            smtp.ehlo()
            address = f'IPV6:{client}' if ':' in client else client
            said = {'ADDR': address, 'NAME': name or ('[UNAVAILABLE]' if client else ''), 'LOGIN': login}
            if words := ' '.join(f'{word}={value}' for word, value in said.items() if value):
                code, text = smtp.docmd('XCLIENT', words)
                assert code == 220, (code, text)
                smtp.ehlo()
            return self.transfer(smtp, message, sender, recipients, options)

    @staticmethod
    def transfer(smtp, message, sender, recipients, options):
        code, text = smtp.mail(sender, options)
        if code == 250:
            answers = [smtp.rcpt(recipient) for recipient in recipients]
            code, text = next((answer for answer in answers if answer[0] == 250), answers[0])
        if code == 250:
            code, text = smtp.data(message)
        return code, text.decode('utf-8', 'replace')

    def sendmail(self, message, sender, *recipients):
        """As a program on the machine hands in mail."""
        done = subprocess.run(['/usr/sbin/sendmail', '-C', self.etc, '-f', sender, '-i', *recipients],
                              input=message.replace(b'\r\n', b'\n'), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=PATIENCE)
        assert done.returncode == 0, done.stdout.decode()

    def queue(self):
        """What waits: dicts with queue_name ("hold", "deferred", …), queue_id, sender, recipients."""
        return [json.loads(line) for line in self.command('postqueue', '-j').stdout.splitlines()]
