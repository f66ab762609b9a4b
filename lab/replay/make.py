#!/usr/bin/python3
"""Makes the messages and the DNS snapshot of this folder anew: mail of example.com that its mail service
(out.service.example) hands to a gateway (gw.example.com), which hands it to the receiver (mx.example.net).

    INKAN=build/inkan lab/replay/make.py

Who signs: the service alone (NG1), the gateway alone, while the service signs with its own default domain (NG2), or both.
What is sent: a message that the gateway leaves alone, one whose attachment it replaces by a link, and one to whose subject it
adds a tag. The keys are those of the tests. Dates are fixed, so that a second run gives the same octets."""
import json
import os
import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parent
KEYS = HERE.parents[1] / 'tests/cli/data'
INKAN = os.environ.get('INKAN', str(HERE.parents[1] / 'build/inkan'))
AT = '1795253400'  # 2026-11-21T09:30:00Z

SERVICE = ['--domain', 'example.com', '--selector', 'selector1', '--key', KEYS / 'rsa.pem']
DEFAULT = ['--domain', 'service.example', '--selector', 'default', '--key', KEYS / 'rsa.pem']
GATEWAY = ['--domain', 'example.com', '--selector', 'gateway', '--key', KEYS / 'ed25519.pem']
SEALER = ['--domain', 'gw.example.com', '--selector', 'arc', '--key', KEYS / 'rsa.pem']

HEADER = b'''Date: Sat, 21 Nov 2026 18:30:00 +0900
From: Robin Specimen <robin.specimen@example.com>
To: Jo Sample <jo.sample@example.net>
Message-ID: <20261121093000.4711@example.com>
Subject: Estimate
MIME-Version: 1.0
'''
TEXT = b'''Content-Type: text/plain; charset=us-ascii

Hello Jo,

here is the estimate for the rubber stamps.

Kind regards,
Robin
'''
ATTACHMENT = b'''Content-Type: multipart/mixed; boundary="cut-here"

--cut-here
''' + TEXT + b'''
--cut-here
Content-Type: application/pdf; name="estimate.pdf"
Content-Disposition: attachment; filename="estimate.pdf"
Content-Transfer-Encoding: base64

JVBERi0xLjQKJSBhbiBlc3RpbWF0ZSBvZiBub3RoaW5nCg==
--cut-here--
'''


def crlf(text):
    return text.replace(b'\n', b'\r\n')


def run(command, message, *arguments):
    done = subprocess.run([INKAN, command, *map(str, arguments), '--at', AT, '-'], input=message, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE)
    assert done.returncode in (0, 1) and done.stdout, done
    return done.stdout


def sign(message, key):
    return run('sign', message, *key)


def received(message, host, ip, by, second):
    return crlf(b'Received: from %s (%s [%s])\n\tby %s with ESMTPS id 4711;\n\tSat, 21 Nov 2026 09:30:%02d +0000\n'
                % (host, host, ip, by, second)) + message


def replace_attachment(message):
    """What a gateway does that keeps large files out of mail: the part goes, a link comes."""
    start = message.index(b'--cut-here\r\nContent-Type: application/pdf')
    end = message.index(b'--cut-here--')
    link = crlf(b'\nAttachment: https://share.gw.example.com/d/4711\n')
    return message[:start].replace(b'Robin\r\n', b'Robin\r\n' + link) + message[end:]


def tag_subject(message):
    return message.replace(b'\r\nSubject: ', b'\r\nSubject: [OUT] ')


MESSAGES = {'plain': (TEXT, None), 'attachment': (ATTACHMENT, replace_attachment), 'subject-tag': (TEXT, tag_subject)}
SIGNERS = {'service': (SERVICE, None), 'gateway': (DEFAULT, GATEWAY), 'both': (SERVICE, GATEWAY)}


def at_gateway(text, service):
    message = received(crlf(HEADER + text), b'pc.example.com', b'203.0.113.9', b'out.service.example', 1)
    return received(sign(message, service), b'out.service.example', b'198.51.100.7', b'gw.example.com', 2)


def at_receiver(message):
    message = received(message, b'gw.example.com', b'192.0.2.25', b'mx.example.net', 4)
    return b'Return-Path: <robin.specimen@example.com>\r\n' + message


def make(text, change, service, gateway):
    message = at_gateway(text, service)
    changed = change(message) if change else message
    if gateway and changed != message:  # it signs what it has changed
        changed = sign(changed, gateway)
    return at_receiver(changed)


def make_sealed():
    """The gateway has no key of the domain, but seals what it saw before its change."""
    message = at_gateway(ATTACHMENT, SERVICE)
    seen = run('verify', message, '--dns', HERE / 'dns.json', '--format', 'header', '--authserv-id', 'gw.example.com')
    changed = replace_attachment(crlf(seen) + message)
    return at_receiver(run('seal', changed, *SEALER, '--dns', HERE / 'dns.json', '--authserv-id', 'gw.example.com',
                           '--trust-results'))


def snapshot():
    keys = json.loads((KEYS / 'dns.json').read_text())
    rsa, ed25519 = keys['r1._domainkey.example.com'], keys['e1._domainkey.example.com']
    return {
        'example.com': {'TXT': ['v=spf1 ip4:192.0.2.25 -all']},
        '_dmarc.example.com': {'TXT': ['v=DMARC1; p=quarantine; rua=mailto:dmarc@example.com']},
        'selector1._domainkey.example.com': rsa,
        'gateway._domainkey.example.com': ed25519,
        'default._domainkey.service.example': rsa,
        'arc._domainkey.gw.example.com': rsa,
    }


def main():
    (HERE / 'dns.json').write_text(json.dumps(snapshot(), indent=1) + '\n')
    for who, (service, gateway) in SIGNERS.items():
        for what, (text, change) in MESSAGES.items():
            (HERE / f'{who}-{what}.eml').write_bytes(make(text, change, service, gateway))
    (HERE / 'sealed-attachment.eml').write_bytes(make_sealed())


if __name__ == '__main__':
    main()
