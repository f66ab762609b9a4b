#!/usr/bin/python3
"""The commands of `aws sesv2` on identities: the walk through the guide of the seed with ho2k.com, and what its users may do wrong."""
import base64
import json
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / 'support'))
from host_zone import HostZone  # noqa: E402
from tap import case, main, run, skip  # noqa: E402

DAY, HOUR = 86400, 3600
START = 1795305600  # 2026-11-22T00:00:00Z
DOMAIN, PROVIDER, REGION = 'ho2k.com', 'amazonses.com', 'us-east-1'
CREATE = ['create-email-identity', '--email-identity', DOMAIN]
MAIL_FROM = ['put-email-identity-mail-from-attributes', '--email-identity', DOMAIN, '--mail-from-domain', 'email.ho2k.com']
SIGNING = ['put-email-identity-dkim-signing-attributes', '--email-identity', DOMAIN, '--signing-attributes-origin']


def world(writes=False):
    return HostZone(DOMAIN, PROVIDER, site=REGION, writes_domain=writes)


def check(done, code, *words, stream='stderr'):
    text = getattr(done, stream).decode()
    assert done.returncode == code, (done.returncode, done.stdout.decode(), done.stderr.decode())
    for word in words:
        assert word in text, (word, text)
    return text


def ses(w, *arguments, at=START, code=0):
    """The object that is printed; nothing where nothing is."""
    text = check(w.run('ses', *arguments, at=at), code, stream='stdout')
    return json.loads(text) if text else None


def fails(w, error, operation, *arguments, at=START, code=2, words=()):
    check(w.run('ses', *arguments, at=at), code, f'An error occurred ({error}) when calling the {operation} operation: ', *words)


def identity(w, at=START, name=DOMAIN):
    return ses(w, 'get-email-identity', '--email-identity', name, at=at)


def settle(w, begin, seconds=2 * HOUR):
    for t in range(begin, begin + seconds + 1, 600):
        w.run('identity', 'run', at=t)
        w.run('identity', 'run', at=t)
    return begin + seconds


def aliases(w, tokens):
    w.publish(*(f'add {t}._domainkey.{DOMAIN}. 3600 CNAME {t}.dkim.{PROVIDER}.' for t in tokens))


def verified(w):
    aliases(w, ses(w, *CREATE)['DkimAttributes']['Tokens'])
    return settle(w, START)


def own_key(*options):
    """PKCS#8 or (-traditional) PKCS#1 without armour."""
    done = subprocess.run(['openssl', 'genrsa', *options, '2048'], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    if done.returncode:
        skip('no openssl')
    return ''.join(line for line in done.stdout.decode().splitlines() if '-----' not in line)


# ---- the walk of the guide ----

@case('S3-15 S3-19 S3-26 an identity of type Domain: three tokens of 32 characters, CNAMEs to <token>.dkim.<provider>')
def _():
    with world() as w:
        made = ses(w, *CREATE)
        assert (made['IdentityType'], made['VerifiedForSendingStatus']) == ('DOMAIN', False)
        dkim = made['DkimAttributes']
        assert (dkim['Status'], dkim['SigningEnabled'], dkim['SigningAttributesOrigin']) == ('PENDING', True, 'AWS_SES')
        assert len(set(dkim['Tokens'])) == 3 and all(len(t) == 32 and t.isalnum() and t == t.lower() for t in dkim['Tokens'])
        zone = check(w.run('identity', 'records', DOMAIN, '--format', 'zone'), 0, stream='stdout')
        for token in dkim['Tokens']:
            assert f'{token}._domainkey.{DOMAIN}.' in zone and f'{token}.dkim.{PROVIDER}.' in zone, zone


@case('S3-15 an address is an identity of the second type')
def _():
    with world() as w:
        assert ses(w, 'create-email-identity', '--email-identity', 'alice@ho2k.com')['IdentityType'] == 'EMAIL_ADDRESS'
        assert ses(w, 'list-email-identities') == {'EmailIdentities': [
            {'IdentityType': 'EMAIL_ADDRESS', 'IdentityName': 'alice@ho2k.com', 'SendingEnabled': False, 'VerificationStatus': 'PENDING'}]}


@case('S3-16 S3-24 S3-32 the custom MAIL FROM domain of the guide: its MX and its SPF record')
def _():
    with world() as w:
        ses(w, *CREATE)
        assert ses(w, *MAIL_FROM) is None
        assert identity(w)['MailFromAttributes'] == {'MailFromDomain': 'email.ho2k.com', 'MailFromDomainStatus': 'PENDING',
                                                     'BehaviorOnMxFailure': 'USE_DEFAULT_VALUE'}
        zone = ' '.join(check(w.run('identity', 'records', DOMAIN, '--format', 'zone'), 0, stream='stdout').split())
        assert 'email.ho2k.com. 3600 IN MX 10 feedback-smtp.us-east-1.amazonses.com.' in zone, zone
        assert 'email.ho2k.com. 3600 IN TXT "v=spf1 include:amazonses.com ~all"' in zone, zone


@case('S3-24 the walk: created, published, verified; MAIL FROM succeeds; the lines of dig as the guide has them')
def _():
    with world() as w:
        tokens = ses(w, *CREATE)['DkimAttributes']['Tokens']
        ses(w, *MAIL_FROM)
        aliases(w, tokens)
        w.publish('add email.ho2k.com. 3600 MX 10 feedback-smtp.us-east-1.amazonses.com.',
                  'add email.ho2k.com. 3600 TXT "v=spf1 include:amazonses.com ~all"')
        at = settle(w, START)
        now = identity(w, at)
        assert (now['VerificationStatus'], now['DkimAttributes']['Status'], now['VerifiedForSendingStatus']) == ('SUCCESS', 'SUCCESS', True)
        assert now['MailFromAttributes']['MailFromDomainStatus'] == 'SUCCESS', now
        assert now['VerificationInfo']['LastSuccessTimestamp'].startswith('2026-11-22T0')
        assert [w.dig('TXT', f'{t}._domainkey.{DOMAIN}', '+short') for t in tokens] == [f'{t}.dkim.{PROVIDER}.\n' for t in tokens]
        # an authority answers for one zone; a resolver goes on to the other
        answers = [w.dig('TXT', f'{t}.dkim.{PROVIDER}', '+short') for t in tokens]
        assert 'p=' in answers[0] and answers[1:] == ['""\n'] * 2, answers


@case('S3-17 what happens where the MX fails: the default, or the message is refused')
def _():
    with world() as w:
        ses(w, *CREATE)
        for word in ('REJECT_MESSAGE', 'USE_DEFAULT_VALUE'):
            ses(w, *MAIL_FROM, '--behavior-on-mx-failure', word)
            assert identity(w)['MailFromAttributes']['BehaviorOnMxFailure'] == word
        fails(w, 'BadRequestException', 'PutEmailIdentityMailFromAttributes', *MAIL_FROM, '--behavior-on-mx-failure', 'reject')
        ses(w, *MAIL_FROM[:3])
        assert identity(w)['MailFromAttributes'] == {'BehaviorOnMxFailure': 'USE_DEFAULT_VALUE'}
        fails(w, 'BadRequestException', 'PutEmailIdentityMailFromAttributes', *MAIL_FROM[:4], 'email.example.org')


@case('S3-18 S3-21 the switch that publishes: DKIM and MAIL FROM records are written, or none')
def _():
    for option, count in (['--publish'], 1), ([], 0):
        with world(writes=True) as w:
            tokens = ses(w, *CREATE, *option)['DkimAttributes']['Tokens']
            ses(w, *MAIL_FROM)
            for token in tokens:
                assert w.dig('CNAME', f'{token}._domainkey.{DOMAIN}', '+short').count('\n') == count
            assert w.dig('MX', 'email.ho2k.com', '+short') == '10 feedback-smtp.us-east-1.amazonses.com.\n' * count
            assert w.dig('TXT', 'email.ho2k.com', '+short') == '"v=spf1 include:amazonses.com ~all"\n' * count


@case('S3-20 keys of 2048 bits, or of 1024')
def _():
    with world() as w:
        assert ses(w, *CREATE)['DkimAttributes']['CurrentSigningKeyLength'] == 'RSA_2048_BIT'
        made = ses(w, 'create-email-identity', '--email-identity', 'b.ho2k.com', '--dkim-signing-attributes',
                   'NextSigningKeyLength=RSA_1024_BIT')
        assert made['DkimAttributes']['CurrentSigningKeyLength'] == 'RSA_1024_BIT'
        fails(w, 'BadRequestException', 'CreateEmailIdentity', 'create-email-identity', '--email-identity', 'c.ho2k.com',
              '--dkim-signing-attributes', 'NextSigningKeyLength=RSA_512_BIT', words=['RSA_1024_BIT or RSA_2048_BIT'])


@case('S3-22 the switch of DKIM signatures')
def _():
    with world() as w:
        at = verified(w)
        put = ['put-email-identity-dkim-attributes', '--email-identity', DOMAIN]
        for option, on in ('--no-signing-enabled', False), ('--signing-enabled', True):
            assert ses(w, *put, option, at=at) is None
            assert identity(w, at)['DkimAttributes']['SigningEnabled'] is on
            shown = json.loads(check(w.run('identity', 'show', DOMAIN, '--json', at=at), 0, stream='stdout'))
            assert shown['signs'] is on


# ---- key length ----

@case('a new key length: the next key has it; once a day; not the same')
def _():
    with world() as w:
        at = verified(w) + DAY
        fails(w, 'BadRequestException', 'PutEmailIdentityDkimSigningAttributes', *SIGNING, 'AWS_SES', '--signing-attributes',
              'NextSigningKeyLength=RSA_2048_BIT', at=at)
        told = ses(w, *SIGNING, 'AWS_SES', '--signing-attributes', 'NextSigningKeyLength=RSA_1024_BIT', at=at)
        assert told['DkimStatus'] == 'SUCCESS' and len(told['DkimTokens']) == 3
        now = identity(w, at)['DkimAttributes']
        assert (now['CurrentSigningKeyLength'], now['NextSigningKeyLength']) == ('RSA_2048_BIT', 'RSA_1024_BIT')
        back = [*SIGNING, 'AWS_SES', '--signing-attributes', '{"NextSigningKeyLength": "RSA_2048_BIT"}']
        fails(w, 'TooManyRequestsException', 'PutEmailIdentityDkimSigningAttributes', *back, at=at + DAY - 1, code=3)
        after = identity(w, settle(w, at, 3 * HOUR))['DkimAttributes']
        assert after['CurrentSigningKeyLength'] == 'RSA_1024_BIT', after
        ses(w, *back, at=at + DAY)


# ---- own keys ----

@case('S3-19 an own key from the start: PKCS#8, PKCS#1, with armour; its selector is the token, nothing else is made')
def _():
    for text in own_key(), own_key('-traditional'):
        with world() as w:
            made = ses(w, *CREATE, '--dkim-signing-attributes', f'DomainSigningSelector=mine,DomainSigningPrivateKey={text}')
            assert made['DkimAttributes'] == {'SigningEnabled': True, 'Status': 'PENDING', 'Tokens': ['mine'],
                                              'SigningAttributesOrigin': 'EXTERNAL'}, made
            exported = check(w.run('identity', 'export', DOMAIN, at=START), 0, stream='stdout')
            same = subprocess.run(['openssl', 'rsa', '-outform', 'DER'], input=exported.encode(), stdout=subprocess.PIPE,
                                  stderr=subprocess.DEVNULL).stdout
            label = 'RSA PRIVATE KEY' if base64.b64decode(text)[7:8] != b'\x30' else 'PRIVATE KEY'
            pem = f'-----BEGIN {label}-----\n{text}\n-----END {label}-----\n'
            want = subprocess.run(['openssl', 'rsa', '-outform', 'DER'], input=pem.encode(), stdout=subprocess.PIPE,
                                  stderr=subprocess.DEVNULL).stdout
            assert same == want and same


@case('an own key for an identity that signs: mail stays signed until the new key is proven')
def _():
    with world() as w:
        at = verified(w)

        def signs(t):
            shown = json.loads(check(w.run('identity', 'show', DOMAIN, '--json', at=t), 0, stream='stdout'))
            return shown['signs'], [s['key'] for s in shown['slots'] if s['state'] == 'active']
        _, before = signs(at)
        done = w.run('ses', *SIGNING, 'EXTERNAL', '--signing-attributes',
                     json.dumps({'DomainSigningSelector': 'mine', 'DomainSigningPrivateKey': own_key()}), at=at)
        check(done, 0, 'mail goes on being signed')
        assert signs(at) == (True, before) and identity(w, at)['DkimAttributes']['SigningAttributesOrigin'] == 'EXTERNAL'
        for t in range(at, at + 2 * HOUR, 600):
            w.run('identity', 'run', at=t)
            assert signs(t)[0], t
        w.run('identity', 'run', at=at + 2 * HOUR)
        assert signs(at + 2 * HOUR)[1] != before


OWN = [
    ('a key that is none', 'DomainSigningSelector=mine,DomainSigningPrivateKey=AAAA', 'cannot be used'),
    ('no base64', 'DomainSigningSelector=mine,DomainSigningPrivateKey=***', 'base64'),
    ('no selector', 'DomainSigningPrivateKey=AAAA', 'wants DomainSigningSelector'),
    ('no key', 'DomainSigningSelector=mine', 'wants DomainSigningSelector'),
    ('a selector with a dot', 'DomainSigningSelector=a.b,DomainSigningPrivateKey=AAAA', '1 to 63 letters'),
    ('a selector of 64 octets', 'DomainSigningSelector=' + 'a' * 64 + ',DomainSigningPrivateKey=AAAA', '1 to 63 letters'),
    ('a length too', 'DomainSigningSelector=a,DomainSigningPrivateKey=AAAA,NextSigningKeyLength=RSA_2048_BIT', 'has its length already'),
    ('an unknown name', 'Selector=a', 'neither JSON nor Name=value'),
    ('JSON that is none', '{"DomainSigningSelector": ', 'is not a JSON object'),
    ('JSON with a number', '{"DomainSigningSelector": 1}', 'is not a text'),
    ('JSON with an unknown member', '{"Selector": "a"}', 'no member that is known'),
    ('JSON within JSON', '{"SigningAttributes": {"SigningAttributes": {}}}', 'no member that is known'),
    ('JSON with a NUL', '{"DomainSigningSelector": "a\\u0000b"}', ''),
    ('a key of 64 KiB', 'DomainSigningSelector=a,DomainSigningPrivateKey=' + 'A' * 65536, '64 KiB'),
    ('a file that is not there', 'file:///nowhere', 'cannot be read'),
]
for _name, _text, _said in OWN:
    @case(f'own keys: refused, and nothing is left: {_name}')
    def _(text=_text, said=_said):
        with tempfile.TemporaryDirectory() as folder:
            store = ['--store', Path(folder) / 'a.db', '--resolver', '127.0.0.1:1']
            check(run('ses', *CREATE, '--dkim-signing-attributes', text, *store), 2, 'BadRequestException', said)
            if (Path(folder) / 'a.db').exists():
                assert json.loads(run('ses', 'list-email-identities', *store).stdout) == {'EmailIdentities': []}


# ---- requests and lists ----

@case('--cli-input-json: as text, as a file, under options; the members of the API')
def _():
    with world() as w:
        request = w.folder / 'request.json'
        request.write_text(json.dumps({'EmailIdentity': 'a.ho2k.com', 'DkimSigningAttributes': {'NextSigningKeyLength': 'RSA_1024_BIT'}}))
        for way, name in ((request, 'a.ho2k.com'), (f'file://{request}', 'b.ho2k.com'), (request.read_text(), 'c.ho2k.com')):
            options = [] if name == 'a.ho2k.com' else ['--email-identity', name]
            assert ses(w, 'create-email-identity', '--cli-input-json', way, *options)['DkimAttributes']['CurrentSigningKeyLength'] == 'RSA_1024_BIT'
        ses(w, 'put-email-identity-dkim-attributes', '--cli-input-json', '{"EmailIdentity": "a.ho2k.com", "SigningEnabled": false}')
        assert identity(w, name='a.ho2k.com')['DkimAttributes']['SigningEnabled'] is False
        assert [i['IdentityName'] for i in ses(w, 'list-email-identities')['EmailIdentities']] == ['a.ho2k.com', 'b.ho2k.com', 'c.ho2k.com']


@case('lists in pages')
def _():
    with world() as w:
        for name in 'abc':
            ses(w, 'create-email-identity', '--email-identity', f'{name}.ho2k.com')
        names, token = [], []
        for _ in range(3):
            page = ses(w, 'list-email-identities', '--page-size', '1', *token)
            names += [i['IdentityName'] for i in page['EmailIdentities']]
            token = ['--next-token', page.get('NextToken', '')]
        assert names == ['a.ho2k.com', 'b.ho2k.com', 'c.ho2k.com'] and 'NextToken' not in page
        assert ses(w, 'list-email-identities', '--cli-input-json', '{"PageSize": 2}')['NextToken'] == 'b.ho2k.com'
        ses(w, 'list-email-identities', '--page-size', '1000')
        check(w.run('ses', 'list-email-identities', '--page-size', '1001'), 2, 'give one from 1 to 1000')
        fails(w, 'BadRequestException', 'ListEmailIdentities', 'list-email-identities', '--cli-input-json', '{"PageSize": 1001}')


@case('errors by the names of the API')
def _():
    with world() as w:
        ses(w, *CREATE)
        fails(w, 'AlreadyExistsException', 'CreateEmailIdentity', *CREATE)
        for command, operation in (('get-email-identity', 'GetEmailIdentity'), ('delete-email-identity', 'DeleteEmailIdentity'),
                                   ('put-email-identity-dkim-attributes', 'PutEmailIdentityDkimAttributes'),
                                   ('put-email-identity-mail-from-attributes', 'PutEmailIdentityMailFromAttributes')):
            fails(w, 'NotFoundException', operation, command, '--email-identity', 'no.example')
            fails(w, 'BadRequestException', operation, command, words=['--email-identity'])
        fails(w, 'BadRequestException', 'CreateEmailIdentity', *CREATE[:2], 'a' * 321)
        fails(w, 'BadRequestException', 'CreateEmailIdentity', *CREATE[:2], 'no domain')
        fails(w, 'BadRequestException', 'PutEmailIdentityDkimSigningAttributes', *SIGNING, 'SOMEONE')
        fails(w, 'BadRequestException', 'PutEmailIdentityDkimSigningAttributes', *SIGNING, 'AWS_SES', '--signing-attributes',
              'DomainSigningSelector=a')
        assert ses(w, 'delete-email-identity', '--email-identity', DOMAIN) is None
        assert ses(w, 'list-email-identities') == {'EmailIdentities': []}
        check(w.run('ses', 'get-email-identity', '--email-identity', DOMAIN, '--lang', 'ja'), 2, 'エラー (NotFoundException)')


main()
