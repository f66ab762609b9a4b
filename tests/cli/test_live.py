#!/usr/bin/python3
"""Commands that ask the network, against a name server of our own that knows nothing of DNSSEC (as many do)."""
import json
import socket
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / 'tests/support'))

from name_server import NameServer
from tap import case, main, run

FOLDER = tempfile.TemporaryDirectory()
TMP = Path(FOLDER.name)
KEY = 'v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo='  # RFC 8463 appendix A.2
ZONE = {
    's1._domainkey.example.com': {'TXT': [KEY]},
    'two._domainkey.example.com': {'TXT': [KEY, 'v=DKIM1; p=']},
    'alias._domainkey.example.com': {'CNAME': ['s1._domainkey.example.com']},
    'broken._domainkey.example.com': {'_error': {'TXT': 'SERVFAIL'}},
}
SERVER = NameServer(ZONE)
SERVER.__enter__()


def ask(selector, *options, server=SERVER.address):
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


@case('spf: answers of several rounds, saved and replayed')
def _():
    ZONE.update({'spf.example': {'TXT': ['v=spf1 include:a.spf.example -all']},
                 'a.spf.example': {'TXT': ['v=spf1 redirect=b.spf.example']},
                 'b.spf.example': {'TXT': ['v=spf1 ip4:192.0.2.0/24 -all']},
                 'slow.example': {'_error': {'TXT': 'SERVFAIL'}}})
    saved, options = TMP / 'spf.json', ['--ip', '192.0.2.1', '--mail-from', 'a@spf.example', '--json']
    done = run('spf', *options, '--resolver', SERVER.address, '--save-dns', saved)
    got = json.loads(done.stdout)
    assert done.returncode == 0 and (got['result'], got['lookups']) == ('pass', 2), got
    assert json.loads(run('spf', *options, '--dns', saved).stdout) == got
    done = run('spf', '--ip', '192.0.2.1', '--mail-from', 'a@slow.example', '--json', '--resolver', SERVER.address)
    assert done.returncode == 0 and json.loads(done.stdout)['result'] == 'temperror', done


@case('dmarc: the policy and who agreed, saved and replayed')
def _():
    ZONE.update({'_dmarc.dmarc.example': {'TXT': ['v=DMARC1; p=reject; rua=mailto:a@spf.example,mailto:b@other.example']},
                 'dmarc.example._report._dmarc.spf.example': {'TXT': ['v=DMARC1']}})
    saved = TMP / 'dmarc.json'
    done = run('dmarc', 'mail.dmarc.example', '--json', '--resolver', SERVER.address, '--save-dns', saved)
    got = json.loads(done.stdout)
    assert done.returncode == 0 and got['policy'] == 'reject', got
    assert [r['state'] for r in got['reports']] == ['authorized', 'refused'], got
    assert json.loads(run('dmarc', 'mail.dmarc.example', '--json', '--dns', saved).stdout) == got


@case('key check: against the live record')
def _():
    key = TMP / 'key.pem'
    assert run('key', 'generate', '--type', 'ed25519', '--out', key).returncode == 0
    done = run('key', 'check', key, '-d', 'example.com', '-s', 's1', '--resolver', SERVER.address, '--json')
    assert done.returncode == 1 and json.loads(done.stdout)['published'] == 'different', done
    ZONE['mine._domainkey.example.com'] = {'TXT': [json.loads(run('key', 'show', key, '--json').stdout)['value']]}
    done = run('key', 'check', key, '-d', 'example.com', '-s', 'mine', '--resolver', SERVER.address, '--json')
    assert done.returncode == 0 and json.loads(done.stdout)['published'] == 'equal', done


main()
