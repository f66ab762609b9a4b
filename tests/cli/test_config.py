#!/usr/bin/python3
"""inkan config check, show and import; the manual pages and the example file against the table of options."""
import json
import os
import re
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / 'support'))
from tap import SOURCE, case, main, run, skip  # noqa: E402

FOLDER = tempfile.TemporaryDirectory()
TMP = Path(FOLDER.name)
TABLE = json.loads(run('config', 'show', '--options').stdout)


def write(name, text):
    path = TMP / name
    path.write_text(text)
    return path


def check(*arguments, code=0):
    done = run('config', 'check', *arguments)
    assert done.returncode == code, done
    return done.stdout.decode()


def findings(path, code=0):
    done = run('config', 'check', path, '--json')
    assert done.returncode == code and not done.stderr, done
    return json.loads(done.stdout)


def show(*arguments):
    done = run('config', 'show', *arguments)
    assert done.returncode == 0, done
    return done.stdout.decode()


# ---- check ----

@case('an empty file is fine')
def _():
    got = check(write('empty.yaml', ''))
    assert ': fine – listens on unix:/run/inkan/milter.sock, signs nothing' in got, got


@case('errors have file, line and column, and exit code 1')
def _():
    path = write('wrong.yaml', 'usr: a\ndns:\n  timeout: soon\n')
    got = check(path, code=1).splitlines()
    assert got[0] == f'{path}:1:1: error: no such option: usr – did you mean “user”?', got
    assert got[1].startswith(f'{path}:3:12: error: dns.timeout: “soon” is no duration'), got
    assert got[2] == f'{path}: 2 to be mended', got


@case('the same as JSON')
def _():
    got = findings(write('wrong.yaml', 'usr: a\n'), code=1)
    assert (got['ok'], got['errors'], len(got['findings'])) == (False, 1, 1), got
    assert got['findings'][0].keys() == {'severity', 'line', 'column', 'text'}, got
    assert (got['findings'][0]['severity'], got['findings'][0]['line']) == ('error', 1), got


@case('the same in Japanese')
def _():
    done = run('config', 'check', write('wrong.yaml', 'usr: a\n'), '--lang', 'ja')
    assert 'エラー' in done.stdout.decode() and '「usr」' in done.stdout.decode(), done


@case('a file that is not there is wrong usage, and says which')
def _():
    done = run('config', 'check', TMP / 'none.yaml')
    assert done.returncode == 2 and b'none.yaml: No such file' in done.stderr, done


@case('--config names the file as well')
def _():
    assert ': fine' in check('--config', write('empty.yaml', ''))


@case('keys: good, missing, no key, open to others')
def _():
    for name in ('good.pem', 'open.pem'):
        assert run('key', 'generate', '--type', 'ed25519', '--out', TMP / name).returncode == 0
    (TMP / 'open.pem').chmod(0o644)
    write('no.pem', 'hello\n').chmod(0o600)
    keys = ''.join(f'  - {{selector: s{n}, file: {name}}}\n' for n, name in enumerate(('good.pem', 'none.pem', 'no.pem', 'open.pem')))
    path = write('keys.yaml', f'user: root\nstore: {{path: ""}}\nmilter: {{listen: "inet:8891"}}\nsign:\n- domain: example.com\n  keys:\n{keys}')
    got = findings(path)
    texts = [(f['line'], f['severity'], f['text']) for f in got['findings']]
    assert [t[:2] for t in texts] == [(8, 'warning'), (9, 'warning'), (10, 'warning')], texts
    assert 'none.pem: No such file' in texts[0][2] and 'no.pem: no key that can sign' in texts[1][2], texts
    assert 'mode 0644' in texts[2][2] and str(TMP) in texts[2][2], texts


@case('folders, users and groups that this host lacks')
def _():
    got = findings(write('host.yaml', 'user: nobody-at-all\nmilter: {listen: unix:/no/such/m.sock, socket_group: no-such}\n'
                         'store: {path: /dev/null/x.db}\ndns: {trust_anchor: /no/anchor}\nverify: {public_suffix_list: /no/list}\n'))
    texts = ' '.join(f['text'] for f in got['findings'])
    assert got['ok'], got
    for part in ('no user “nobody-at-all”', 'no group “no-such”', 'folder of /no/such/m.sock', 'folder of /dev/null/x.db', '/no/anchor', '/no/list'):
        assert part in texts, (part, texts)


@case('check warns of what the service could not use: keys of another user, a store of root')
def _():
    if os.geteuid() != 0:
        skip('only root gives files away')
    run('key', 'generate', '-d', 'example.com', '-s', 's', '-t', 'ed25519', '--out', TMP / 'given.pem')
    config = ('user: nobody\nstatus: {listen: []}\nmilter: {listen: "inet:127.0.0.1:0"}\nstore: {path: store/x.db}\n'
              'sign: [{domain: example.com, keys: [{selector: s, file: given.pem}]}]\n')
    (TMP / 'store').mkdir()
    for key_owner, mode, store_owner, wanted in (
            (0, 0o600, 65534, []), (65534, 0o600, 65534, []), (12345, 0o600, 65534, ['another user (uid 12345)']),
            (0, 0o600, 0, ['user “nobody” cannot write']), (0, 0o640, 65534, []), (65534, 0o640, 65534, ['mode 0640']),
            (0, 0o660, 65534, ['mode 0660'])):
        os.chown(TMP / 'given.pem', key_owner, 0)
        os.chmod(TMP / 'given.pem', mode)
        os.chown(TMP / 'store', store_owner, 0)
        texts = [f['text'] for f in findings(write('given.yaml', config))['findings']]
        assert len(texts) == len(wanted) and all(part in text for part, text in zip(wanted, texts)), (wanted, texts)


@case('check warns of a folder where a file is wanted')
def _():
    path = write('folder.yaml', 'verify: {public_suffix_list: /usr}\nstatus: {listen: []}\nuser: root\nmilter: {listen: inet:127.0.0.1:0}\nstore: {path: ""}\n')
    done = run('config', 'check', '--lang', 'en', path)
    assert done.returncode == 0 and b'/usr is a folder' in done.stdout, done


@case('a secret in a key file is not told')
def _():
    write('secret.pem', '-----BEGIN PRIVATE KEY-----\nSECRETSECRETSECRET\n-----END PRIVATE KEY-----\n')
    done = run('config', 'check', write('s.yaml', 'sign: {domain: example.com, keys: {selector: s, file: secret.pem}}\n'))
    assert b'SECRET' not in done.stdout + done.stderr, done


# ---- show ----

@case('show prints a configuration that shows the same')
def _():
    first = show(write('empty.yaml', ''))
    assert show(write('again.yaml', first)) == first
    assert 'keep: 90d' in first


@case('show --changed prints only what differs, with absolute key files')
def _():
    got = show('--changed', write('c.yaml', 'dns: {validate: yes, timeout: 3s}\nsign: {domain: example.com, keys: {selector: s, file: k.pem}}\n'))
    assert got == ('dns:\n  timeout: 3s\nsign:\n  - from: [example.com]\n    domain: example.com\n    keys:\n'
                   f'      - selector: s\n        file: {TMP}/k.pem\n'), got


@case('show --json has every option')
def _():
    got = json.loads(show('--json', write('j.yaml', 'sign: {domain: example.com, keys: {selector: s, file: /k}}\nworkers: 3\n')))
    by_name = {o['name']: o for o in got}
    assert [o['name'] for o in TABLE if '[]' not in o['name']] == list(by_name), by_name.keys()
    assert by_name['workers']['value'] == 3 and by_name['workers']['changed'], by_name['workers']
    assert by_name['sign']['value'] == [{'from': ['example.com'], 'domain': 'example.com', 'keys': [{'selector': 's', 'file': '/k'}]}], by_name['sign']
    assert by_name['outbound.networks']['value'] == ['127.0.0.0/8', '::1'] and not by_name['outbound.networks']['changed']


@case('show of a wrong configuration tells why')
def _():
    done = run('config', 'show', write('wrong.yaml', 'usr: a\n'))
    assert done.returncode == 2 and b'wrong.yaml:1:1: no such option: usr' in done.stderr and not done.stdout, done


@case('no configuration at its place: what to make is said')
def _():
    if Path('/etc/inkan/inkan.yaml').exists():
        skip('this host has one')
    for words in (('config', 'check'), ('serve',)):
        done = run(*words)
        assert done.returncode == 2 and b'there is no /etc/inkan/inkan.yaml' in done.stderr and b'an empty file judges' in done.stderr, done


@case('databases that belong to another user than that of the service are named')
def _():
    if os.geteuid() != 0:
        skip('needs root')
    for name in ('outcomes.db', 'identities.db'):
        (TMP / name).write_text('')
        (TMP / name).chmod(0o640)
    os.chown(TMP / 'outcomes.db', 65534, -1)
    path = write('owner.yaml', f'user: nobody\nstore: {{path: {TMP}/outcomes.db}}\nidentities: {{store: {TMP}/identities.db}}\n')
    text = run('config', 'check', path).stdout.decode()
    assert f'identities.store: user “nobody” cannot write to {TMP}/identities.db – chown nobody it' in text, text
    assert f'write to {TMP}/outcomes.db' not in text, text


# ---- import ----

@case('import prints a configuration with comments, and troubles on standard error')
def _():
    write('signing.table', '*@example.com k\n')
    write('key.table', 'k example.com:s1:/etc/keys/s1\n')
    path = write('opendkim.conf', f'KeyTable {TMP}/key.table\nSigningTable refile:{TMP}/signing.table\nSendReports yes\nSyslog yes\n')
    done = run('config', 'import', path)
    text = done.stdout.decode()
    assert done.returncode == 0 and b'opendkim.conf:3: warning: SendReports: no reports are sent' in done.stderr, done
    assert f'# {path}:3: no equivalent: SendReports' in text and 'Syslog' not in text and 'from: [example.com]' in text, text
    assert 'Syslog: not needed' in run('config', 'import', '-v', path).stdout.decode()
    assert show('--changed', write('imported.yaml', text)).startswith('sign:\n  - from: [example.com]')


@case('import --shadow: the configuration of a trial beside the old program, and what is to be done before')
def _():
    path = write('opendkim.conf', f'Domain example.com\nSelector s1\nKeyFile {TMP}/s1.private\nSocket local:/run/opendkim.sock\n'
                 'UserID opendkim\nCanonicalization relaxed/relaxed\n')
    done = run('config', 'import', '--shadow', path)
    text = done.stdout.decode()
    assert done.returncode == 0 and not done.stderr, done
    assert f'#\tinstall -D -m 0600 {TMP}/s1.private /etc/inkan/keys{TMP}/s1.private\n' in text, text
    assert show('--changed', write('shadow.yaml', text)) == (
        'mode: shadow\nmilter:\n  listen: [unix:/var/spool/postfix/inkan/milter.sock]\n  socket_group: postfix\nsign:\n'
        f'  - from: [example.com]\n    domain: example.com\n    keys:\n      - selector: s1\n        file: /etc/inkan/keys{TMP}/s1.private\n')
    got = json.loads(run('config', 'import', '--shadow', '--json', path).stdout)
    assert got['commands'][-1] == 'install -d -g postfix -m 0750 /var/spool/postfix/inkan' and len(got['commands']) == 2, got


@case('import as JSON')
def _():
    done = run('config', 'import', '--json', write('opendmarc.conf', 'RejectFailures true\nFailureReports true\n'))
    got = json.loads(done.stdout)
    assert done.returncode == 0 and got['configuration'] == 'policy:\n  dmarc_reject: reject\n' and not got['complete'], got
    assert got['notes'] == [{'kind': 'lost', 'file': str(TMP / 'opendmarc.conf'), 'line': 2, 'option': 'FailureReports',
                             'text': 'no reports are sent'}], got


@case('import finds the domains of rspamd by the files of its keys')
def _():
    (TMP / 'dkim').mkdir()
    for name in ('example.com.dkim.key', 'example.org.dkim.key', 'readme'):
        (TMP / 'dkim' / name).write_text('')
    done = run('config', 'import', write('dkim_signing.conf', f'path = "{TMP}/dkim/$domain.$selector.key";\n'))
    assert done.returncode == 0 and done.stdout.decode().count('  - from: ') == 2, done


@case('import of a file that nobody knows asks for --from')
def _():
    path = write('x.conf', 'Socket inet:8891\n')
    done = run('config', 'import', path)
    assert done.returncode == 2 and b'--from' in done.stderr, done
    assert b'listen: [inet:8891]' in run('config', 'import', '--from', 'opendkim', path).stdout


@case('import of a file that is not there')
def _():
    assert run('config', 'import', TMP / 'none').returncode == 2


# ---- the table, the manual, the example ----

@case('inkan.conf(5) has every option with its default, in the order of the table, and no other')
def _():
    page = (SOURCE / 'man/inkan.conf.5').read_text()
    items = re.findall(r'^\.It Cm ([a-z_.\[\]]+)(?: : Li (.*))?$', page, re.M)
    said = [(name, value.replace('\\(dq', '"') or None) for name, value in items if not re.match(r'(\*|\.)?example', name)]
    assert said == [(o['name'], o['default']) for o in TABLE], set(said) ^ {(o['name'], o['default']) for o in TABLE}


@case('every option is read from a file, and shows')
def _():
    done = run('config', 'show', '--changed', SOURCE / 'tests/cli/data/all.yaml')
    assert done.returncode == 0, done
    text = done.stdout.decode()
    changed = {o['name'] for o in json.loads(show('--json', SOURCE / 'tests/cli/data/all.yaml')) if o['changed']}
    both = {'dns.recursive'}  # not together with dns.resolver
    assert changed | both == {o['name'] for o in TABLE if '[]' not in o['name']}, changed
    assert 'recursive: yes' in show('--changed', write('recursive.yaml', 'dns: {recursive: yes}\n'))
    for option in TABLE:
        if '[]' in option['name'] and option['name'] != 'sign[].keys':
            assert re.search(rf'\b{option["name"].split(".")[-1]}: ', text), option['name']
    assert show(write('all-again.yaml', text), '--changed') == text


@case('the helps are in two languages')
def _():
    japanese = json.loads(run('config', 'show', '--options', '--lang', 'ja').stdout)
    for english, other in zip(TABLE, japanese, strict=True):
        assert english['help'] and english['help'] != other['help'], english


@case('the example file is right, and so is the one that its comments make')
def _():
    path = SOURCE / 'contrib/inkan.yaml'
    assert findings(path)['ok']
    text = re.sub(r'^( *)#(?=[a-z]|  )', r'\1', path.read_text(), flags=re.M)
    got = findings(write('example.yaml', text))
    assert got['ok'], got
    assert 'look-behind' in show('--changed', write('example.yaml', text))


@case('a configuration of many megabytes ends in time')
def _():
    path = TMP / 'large.yaml'
    path.write_text('sign:\n' + ''.join(f'- {{domain: d{n}.example.com, keys: {{selector: s, file: /k/{n}}}}}\n' for n in range(100000)))
    assert len(show('--changed', path)) > 5000000


@case('what this host lacks: a warning of config check, an error of serve --check')
def _():
    path = write('lacks.yaml', 'sign: [{from: example.com, keys: [{selector: a, file: nowhere.pem}]}]\n')
    assert 'nowhere.pem' in check(path)
    done = run('serve', '--check', '--config', path)
    assert done.returncode == 1 and b'nowhere.pem' in done.stdout, done


main()
