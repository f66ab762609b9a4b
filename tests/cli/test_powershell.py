#!/usr/bin/python3
"""Microsoft's cmdlets: every line of guides as it stands, against name servers of our own, at times of our own."""
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / 'support'))
from host_zone import HostZone  # noqa: E402
from tap import SOURCE, case, main, run, skip  # noqa: E402

DAY, HOUR = 86400, 3600
START = 1795305600  # 2026-11-22T00:00:00Z
TARGETS = [f'selector{i}-contoso-com._domainkey.contoso.onmicrosoft.com' for i in (1, 2)]
LIST = ''.join(f'Selector{i}CNAME : {TARGETS[i - 1]}\n' for i in (1, 2))
GET = 'Get-DkimSigningconfig contoso.com | select selector1CNAME,selector2CNAME | fl'
NEW = 'New-DkimSigningConfig -DomainName "contoso.com" -Enabled $true'
SET = 'Set-DkimSigningConfig -Identity "contoso.com" -Enabled $true'
WARNING = ('警告: 構成は作成されますが、CNAME レコードが公開されていないため、有効にできません。CNAME レコードを公開したら、'
           'Set-DkimSigningConfig を使用してこのポリシーを有効にしてください。')


def world():
    return HostZone('contoso.com', 'contoso.onmicrosoft.com')


def check(done, code, *words, stream='stderr'):
    text = getattr(done, stream).decode()
    assert done.returncode == code, (done.returncode, done.stdout.decode(), done.stderr.decode())
    for word in words:
        assert word in text, (word, text)
    return text


def lines(w, *text, at=START, options=()):
    return w.run('powershell', *options, input='\n'.join([*text, '']).encode(), at=at)


def publish(w, *selectors):
    w.publish(*(f'add selector{i}._domainkey.contoso.com. 3600 CNAME {TARGETS[i - 1]}.' for i in selectors))


def config(w, at=START):
    return json.loads(check(w.run('Get-DkimSigningConfig', 'contoso.com', '--json', at=at), 0, stream='stdout'))


def settle(w, begin, seconds=2 * HOUR):
    """The service's steps, some minutes apart."""
    for t in range(begin, begin + seconds + 1, 600):
        w.run('identity', 'run', at=t)
        w.run('identity', 'run', at=t)
    return begin + seconds


def signing(w):
    """A domain that signs since about an hour; the time."""
    check(lines(w, NEW), 1)
    publish(w, 1, 2)
    check(lines(w, SET, at=START + 60), 0)
    return settle(w, START + 60)


# ---- the lines of the seed ----

@case('S2-17 S2-18 the targets of both selectors, as the guide has the line and prints them')
def _():
    with world() as w:
        check(lines(w, NEW), 1)
        done = lines(w, GET)
        assert check(done, 0, stream='stdout') == LIST and not done.stderr, done


@case('S2-17 the same line as words of a shell, and in any case')
def _():
    with world() as w:
        check(lines(w, NEW), 1)
        for command in ('Get-DkimSigningConfig', 'Get-DkimSigningconfig', 'GET-DKIMSIGNINGCONFIG'):
            done = w.run(command, 'contoso.com', '|', 'select', 'selector1CNAME,selector2CNAME', '|', 'fl', at=START)
            assert check(done, 0, stream='stdout') == LIST, done
        assert check(w.run('powershell', '-Command', GET, at=START), 0, stream='stdout') == LIST
        spread = GET.replace('|', '\u3000|\u00a0').replace('selector1CNAME,', 'selector1CNAME , ')
        assert check(lines(w, spread), 0, stream='stdout') == LIST


@case('S2-19 targets are kept as they were made, and nothing derives them from the domain')
def _():
    with HostZone('contoso.com', 'contoso-x.n-v1.dkim.mail.example') as w:
        check(lines(w, NEW), 1)
        assert config(w)['Selector1CNAME'] == 'selector1-contoso-com._domainkey.contoso-x.n-v1.dkim.mail.example'
        w.config.write_text(w.config.read_text().replace('host_zone: contoso-x.n-v1.dkim.mail.example', 'host_zone: other.example', 1))
        assert config(w)['Selector1CNAME'] == 'selector1-contoso-com._domainkey.contoso-x.n-v1.dkim.mail.example'


@case('S2-29 create and enable in one call where the CNAMEs are there already')
def _():
    with world() as w:
        publish(w, 1, 2)
        text = check(lines(w, NEW), 0, 'signing begins at 2026-11-22T01:00:00Z')
        assert '構成' not in text and 'cannot' not in text
        now = config(w)
        assert now['Enabled'] is True and now['StatusText'] == 'Not signing DKIM signatures for this domain.'
        after = config(w, settle(w, START))
        assert (after['Enabled'], after['Status'], after['StatusText']) == (True, 'Valid', 'Signing DKIM signatures for this domain.')


@case('S2-30 without CNAMEs it is created, not enabled, and warned of in the words of the guide; exit code 1')
def _():
    with world() as w:
        done = lines(w, NEW, options=['--lang', 'ja'])
        check(done, 1, WARNING, 'selector1._domainkey.contoso.com. 3600 IN CNAME ' + TARGETS[0] + '.')
        now = config(w)
        assert (now['Enabled'], now['Status']) == (False, 'CnameMissing'), now
    with world() as w:
        check(lines(w, NEW), 1, 'created, but cannot be enabled, because the CNAME records are not published',
              'enable this policy with Set-DkimSigningConfig')


@case('S2-30 -Enabled $false creates without a word about CNAMEs')
def _():
    with world() as w:
        done = lines(w, NEW.replace('$true', '$false'))
        check(done, 0)
        assert not done.stderr and config(w)['Enabled'] is False


@case('S2-22 enabling is refused with the very records that are missing')
def _():
    with world() as w:
        check(lines(w, NEW), 1)
        check(lines(w, SET, at=START + 60), 1, 'signing cannot be enabled: 2 records',
              f'missing: selector1._domainkey.contoso.com. 3600 IN CNAME {TARGETS[0]}.',
              f'missing: selector2._domainkey.contoso.com. 3600 IN CNAME {TARGETS[1]}.')
        publish(w, 1)
        text = check(lines(w, SET, at=START + 120), 1, 'missing: selector2._domainkey.contoso.com.')
        assert 'selector1._domainkey.contoso.com.' not in text
        publish(w, 2)
        check(lines(w, SET, at=START + 180), 0)
        assert config(w)['Enabled'] is True


@case('S2-22 a CNAME to somewhere else is missing too, and what is there is said')
def _():
    with world() as w:
        check(lines(w, NEW), 1)
        publish(w, 2)
        w.publish('add selector1._domainkey.contoso.com. 60 CNAME elsewhere.example.')
        check(lines(w, SET, at=START + 60), 1, 'missing: selector1._domainkey.contoso.com.', 'elsewhere.example')


@case('S2-22 where our own zone cannot be written, the reason is said')
def _():
    with world() as w:
        (w.folder / 'update.key').chmod(0o644)
        publish(w, 1, 2)
        check(lines(w, NEW), 1, f'missing: {TARGETS[0]}. 3600 IN TXT', 'mode 0644 lets everyone at it')


@case('S2-32 Set-DkimSigningConfig switches on, and off again')
def _():
    with world() as w:
        at = signing(w)
        assert config(w, at)['StatusText'] == 'Signing DKIM signatures for this domain.'
        check(lines(w, SET.replace('$true', '$false'), at=at), 0)
        assert config(w, at)['StatusText'] == 'Not signing DKIM signatures for this domain.'
        check(lines(w, SET, at=at), 0)
        assert config(w, at)['StatusText'] == 'Signing DKIM signatures for this domain.'


@case('S2-31 --wait and -Wait look again until the records are visible, or the time is over')
def _():
    with world() as w:
        check(lines(w, NEW), 1)
        done = w.run('Set-DkimSigningConfig', 'contoso.com', '-Enabled', 'true', '--wait', '--timeout', '1s', at=START + 60)
        check(done, 1, 'signing cannot be enabled')
        waiting = subprocess.Popen([os.environ.get('INKAN', str(SOURCE / 'build/inkan')), 'powershell', '--config', w.config,
                                    '--resolver', w.knot.address, '--at', str(START + 120), '--timeout', '50s', '-Command', SET + ' -Wait'],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            waiting.communicate(timeout=1)
            raise AssertionError('it did not wait')
        except subprocess.TimeoutExpired:
            publish(w, 1, 2)
        _, stderr = waiting.communicate(timeout=50)
        assert waiting.returncode == 0 and b'signing begins at' in stderr, stderr


@case('S2-14 S2-27 no keys saved: the status says so, and names New as what comes next')
def _():
    with world() as w:
        check(w.run('New-DkimSigningConfig', 'other.example', '-Enabled', '0', at=START), 0)
        for command in (GET, SET, 'Rotate-DkimSigningConfig contoso.com'):
            check(lines(w, command), 1, 'No DKIM keys saved for this domain.', 'New-DkimSigningConfig -DomainName contoso.com -Enabled $true')
        check(lines(w, GET, options=['--lang', 'ja']), 1, 'このドメインの DKIM キーが保存されていません')


@case('S2-15 S2-27 not signing: the status says so in both languages, and names Set as what comes next')
def _():
    with world() as w:
        check(lines(w, NEW), 1)
        now = config(w)
        assert now['StatusText'] == 'Not signing DKIM signatures for this domain.'
        assert now['NextAction'] == 'Set-DkimSigningConfig -Identity contoso.com -Enabled $true'
        check(lines(w, 'Get-DkimSigningConfig contoso.com | fl StatusText', options=['--lang', 'ja']), 0,
              'このドメインの DKIM 署名をしません', stream='stdout')


@case('S2-16 S2-26 signing: the status text says that it is complete, in both languages')
def _():
    with world() as w:
        at = signing(w)
        now = config(w, at)
        assert (now['StatusText'], now['NextAction']) == ('Signing DKIM signatures for this domain.', None)
        check(lines(w, 'Get-DkimSigningConfig contoso.com | fl StatusText', at=at, options=['--lang', 'ja']), 0,
              'このドメインの DKIM 署名をします。', stream='stdout')


@case('S2-28 no store, or no right to it: not connected, and how to get there')
def _():
    with tempfile.TemporaryDirectory() as folder:
        missing = Path(folder) / 'identities.db'
        for way in (['Get-DkimSigningConfig'], ['Set-DkimSigningConfig', 'contoso.com', '-Enabled', '1'],
                    ['powershell', '-Command', GET], ['ses', 'list-email-identities']):
            check(run(*way, '--store', missing), 2, 'not connected, or not authorized', '--store')
            assert not missing.exists()
        check(run('New-DkimSigningConfig', 'contoso.com', '-Enabled', '1', '--store', Path(folder) / 'no' / 'such' / 'a.db'), 2,
              'not connected, or not authorized')


@case('S2-28 Connect-ExchangeOnline needs no connection')
def _():
    done = run('powershell', input=b'Connect-ExchangeOnline -UserPrincipalName admin@contoso.com\nDisconnect-ExchangeOnline\n')
    check(done, 0, 'no connection is needed')


# ---- rotation ----

@case('a rotation: the other selector, when it was asked for, when it is to come, what it was before')
def _():
    with world() as w:
        at = signing(w) + DAY
        check(lines(w, 'Rotate-DkimSigningConfig -Identity contoso.com -KeySize 1024', at=at), 0)
        now = config(w, at)
        assert (now['SelectorBeforeRotateOnDate'], now['SelectorAfterRotateOnDate']) == ('selector1', 'selector2')
        assert now['Selector2KeySize'] == 1024 and now['KeyCreationTime'] == '2026-11-23T02:01:00Z', now
        check(lines(w, 'Rotate-DkimSigningConfig contoso.com', at=at + 60), 1, 'a rotation is under way')
        done = config(w, settle(w, at, 3 * HOUR))
        assert (done['SelectorBeforeRotateOnDate'], done['SelectorAfterRotateOnDate']) == ('selector1', 'selector2')
        assert done['RotateOnDate'].startswith('2026-11-23T03:'), done


@case('a rotation before a key signs, or the day after none, is refused')
def _():
    with world() as w:
        check(lines(w, NEW), 1)
        check(lines(w, 'Rotate-DkimSigningConfig contoso.com'), 1, 'no key signs yet')
    with world() as w:
        at = signing(w)
        check(lines(w, 'Rotate-DkimSigningConfig contoso.com', at=at), 1, 'less than 24 hours ago')


# ---- parameters ----

PARAMETERS = [
    ('a boolean that a shell swallowed is not guessed', ['Set-DkimSigningConfig', 'a.example', '-Enabled'], "write '$true' in quotes"),
    ('nor before another parameter', ['New-DkimSigningConfig', 'a.example', '-Enabled', '-KeySize', '2048'], "write '$true' in quotes"),
    ('nor where quotes were empty', ['Set-DkimSigningConfig', 'a.example', '-Enabled', ''], 'not a value of this parameter'),
    ('a boolean that is none', ['Set-DkimSigningConfig', 'a.example', '-Enabled', 'yes'], 'write $true or $false'),
    ('a boolean that is not there', ['Set-DkimSigningConfig', 'a.example'], 'wants -Enabled'),
    ('a domain that is not there', ['Rotate-DkimSigningConfig'], 'write -Identity contoso.com'),
    ('a domain that is not there, of New', ['New-DkimSigningConfig', '-Enabled', '1'], 'write -DomainName contoso.com'),
    ('an unknown parameter', ['Get-DkimSigningConfig', '-Nonsense', 'x'], 'no parameter “-Nonsense” – it has -Identity'),
    ('a parameter of another cmdlet', ['Get-DkimSigningConfig', '-Enabled', 'true'], 'no parameter “-Enabled”'),
    ('a beginning that means two', ['powershell', '-Command', 'New-DkimSigningConfig -H x'], 'no parameter “-H”'),
    ('a key size of 512', ['New-DkimSigningConfig', 'a.example', '1', '-KeySize', '512'], 'write 1024 or 2048'),
    ('a canonicalization that identities do not have', ['Set-DkimSigningConfig', 'a.example', '-HeaderCanonicalization', 'Simple'],
     'identities sign with Relaxed'),
    ('a value too much', ['Get-DkimSigningConfig', 'a.example', 'b.example'], '“b.example” is too much'),
    ('an identity of 321 octets', ['Get-DkimSigningConfig', 'a' * 321], 'write a domain'),
    ('a domain in Japanese that stands for one', ['powershell', '-Command', 'New-DkimSigningConfig -DomainName "承認済みドメイン" -Enabled $true',
                                                  '--host-zone', 'dkim.example.net'], 'domain'),
    ('no zone of ours', ['New-DkimSigningConfig', 'a.example', '1'], '--host-zone'),
    ('a time-out that is none', ['Get-DkimSigningConfig', '--timeout', 'soon'], 'not a duration'),
    ('a filter that is none', ['Get-DkimSigningConfig', '|', 'grep', 'x'], 'is not known behind “|”'),
    ('a filter behind text', ['Get-DkimSigningConfig', '|', 'fl', '|', 'select', 'Domain'], 'comes too late'),
    ('a filter with parameters', ['Get-DkimSigningConfig', '|', 'select', '-First', '1'], 'name properties only'),
    ('nothing behind the last |', ['Get-DkimSigningConfig', '|'], 'a command is missing beside “|”'),
    ('nothing between two |', ['Get-DkimSigningConfig', '|', '|', 'fl'], 'a command is missing beside “|”'),
]
for _name, _words, _said in PARAMETERS:
    @case(f'refused: {_name}')
    def _(words=_words, said=_said):
        with tempfile.TemporaryDirectory() as folder:
            check(run(*words, '--store', Path(folder) / 'a.db'), 2, said)


@case('parameters: with a colon, shortened, in any order; -WhatIf does nothing')
def _():
    with world() as w:
        done = w.run('new-dkimsigningconfig', '-enabled:$false', '-Dom:contoso.com', '-KeySize', '1024', '-BodyCanonicalization',
                     'relaxed', '-Confirm:$false', '-WhatIf', at=START)
        check(done, 0, 'What if', 'nothing was done')
        check(w.run('new-dkimsigningconfig', '-enabled:$false', '-Dom:contoso.com', '-KeySize', '1024', '-Confirm:$false', at=START), 0)
        assert config(w)['Selector1KeySize'] == 1024


# ---- forms ----

@case('forms: a table of few properties, a list of many, JSON; of one domain and of all')
def _():
    with world() as w:
        check(lines(w, NEW), 1)
        check(w.run('New-DkimSigningConfig', 'b.example', '-Enabled', '0', at=START), 0)
        table = check(lines(w, 'Get-DkimSigningConfig'), 0, stream='stdout').splitlines()
        assert [line.split() for line in table] == [['Domain', 'Enabled', 'Status'], ['------', '-------', '------'],
                                                    ['b.example', 'False', 'CnameMissing'], ['contoso.com', 'False', 'CnameMissing']], table
        assert check(lines(w, 'Get-DkimSigningConfig b.example | select domain,name,id,isvalid,enabled'), 0, stream='stdout') == (
            'Domain  : b.example\nName    : b.example\nId      : b.example\nIsValid : True\nEnabled : False\n')
        assert check(lines(w, 'Get-DkimSigningConfig b.example | ft Domain'), 0, stream='stdout').split() == ['Domain', '------', 'b.example']
        names = [o['Domain'] for o in json.loads(check(lines(w, 'Get-DkimSigningConfig | ConvertTo-Json'), 0, stream='stdout'))]
        assert names == ['b.example', 'contoso.com']
        assert json.loads(lines(w, 'Get-DkimSigningConfig b.example | select Domain, *CNAME | ConvertTo-Json').stdout) == {
            'Domain': 'b.example', 'Selector1CNAME': 'selector1-b-example._domainkey.contoso.onmicrosoft.com',
            'Selector2CNAME': 'selector2-b-example._domainkey.contoso.onmicrosoft.com'}
        done = lines(w, 'Get-DkimSigningConfig b.example | fl Nonsense')
        check(done, 0, 'there is no property “Nonsense”')
        assert done.stdout == b'Nonsense : \n'


@case('forms: every property, by name and in order')
def _():
    with world() as w:
        check(lines(w, NEW), 1)
        assert list(config(w)) == [
            'Domain', 'Selector1CNAME', 'Selector1KeySize', 'Selector1PublicKey', 'Selector2CNAME', 'Selector2KeySize',
            'Selector2PublicKey', 'Enabled', 'HeaderCanonicalization', 'BodyCanonicalization', 'NumberOfBytesToSign',
            'IncludeSignatureCreationTime', 'IncludeKeyExpiration', 'KeyCreationTime', 'RotateOnDate', 'SelectorBeforeRotateOnDate',
            'SelectorAfterRotateOnDate', 'LastChecked', 'Status', 'StatusText', 'NextAction', 'Identity', 'Id', 'Name', 'IsValid',
            'WhenCreated']


# ---- hostile lines ----

HOSTILE = [
    ('a quotation mark that is not closed', 'New-DkimSigningConfig -DomainName "contoso.com', 'standard input:1:35: the quotation mark'),
    ('a placeholder', 'Get-DkimSigningconfig <ドメイン> | fl', 'standard input:1:23: “<” and “>” mark what has to be replaced'),
    ('thousands of pipes', 'Get-DkimSigningConfig' + ' | select Domain' * 3000, 'the line is too long'),
    ('17 commands', 'Get-DkimSigningConfig' + ' | select Domain' * 16, 'at most 16 commands'),
    ('129 words', 'Get-DkimSigningConfig' + ' a' * 128, 'at most 128 words'),
    ('a very long line', 'A' * 100000, 'the line is too long'),
    ('a control character', 'Get-DkimSigningConfig \x1b[31mred', 'a control character'),
    ('a script', 'Get-DkimSigningConfig | % { $_.Domain }', 'scripts are not understood'),
    ('a variable', 'Get-DkimSigningConfig $domain', 'no variables but $true'),
    ('two commands', 'Get-DkimSigningConfig; exit', 'one command a line'),
    ('an unknown cmdlet', 'Get-Mailbox', 'no such cmdlet: Get-Mailbox'),
    ('a misspelt cmdlet', 'Get-DkimSigninConfig', 'did you mean “Get-DkimSigningConfig”?'),
    ('only a pipe', '|', 'a command is missing beside “|”'),
]
for _name, _line, _said in HOSTILE:
    @case(f'a line is refused with its place: {_name}')
    def _(line=_line, said=_said):
        done = run('powershell', '--store', '/nowhere/a.db', input=line.encode() + b'\n')
        text = check(done, 2, said)
        assert '\x1b' not in text and len(text) < 3000, text


@case('a line is refused, the others run; blank lines and comments are nothing')
def _():
    done = run('powershell', input=b'\n# a comment\n   \nConnect-ExchangeOnline # another\nNonsense\nDisconnect-ExchangeOnline\nexit\nNever\n')
    text = check(done, 2, 'standard input:5:1: no such cmdlet: Nonsense', 'Disconnect-ExchangeOnline: no connection')
    assert 'Never' not in text


@case('octets that are no text, and more than a MiB of lines, end with a message')
def _():
    check(run('powershell', input=b'Get-\xff\xfe\x00x\n'), 2, 'a control character')
    check(run('powershell', input=b'#' * (1024 * 1024 + 1)), 2, 'larger than 1048576 octets')
    check(run('powershell', 'Get-DkimSigningConfig'), 2, "write -Command 'LINE'")


@case('a line that ends with a grave accent goes on in the next')
def _():
    with world() as w:
        check(lines(w, 'New-DkimSigningConfig `', '  -DomainName contoso.com `', '  -Enabled $false', 'Nonsense'), 2, 'standard input:4:1')
        assert config(w)['Domain'] == 'contoso.com'


main()
