#!/usr/bin/python3
"""Who asks for Japanese is not answered in English: every sentence that the rooms below say of files, servers, stores and keys has
Japanese words, and no command refuses in English."""
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / 'support'))
from tap import SOURCE, case, main, run  # noqa: E402

BUILD = Path(os.environ.get('INKAN_BUILD', SOURCE / 'build'))
FOLDER = tempfile.TemporaryDirectory()
TMP = Path(FOLDER.name)
JAPANESE = re.compile('[\u3040-\u30ff\u4e00-\u9fff]')
ENGLISH = re.compile(r'\b[a-z]{2,} [a-z]{2,} [a-z]{2,}\b')  # three words in a row: a sentence, not a term


# ---- sentences of the sources ----

LITERALS = r'(?:"(?:[^"\\]|\\.)*"\s*)+'
CONVERSION = re.compile(r'%[-+0 #]*[0-9*]*(?:\.[0-9*]+)?(?:hh|h|ll|l|z|j)?[diouxXcsp]')
# who says it: sources, functions that take the sentence, what they put before it
SAYERS = [
    ('io/*.c', ['io_fail', 'give_up'], ''),
    ('store/*.c', ['io_fail'], ''),
    ('store/identity_backup.c', ['refuse'], ''),
    ('registrar/*.c', ['io_fail', 'refuse', 'snprintf'], ''),
    ('identity/identity.c', ['refuse'], ''),
    ('identity/selectors.c', ['refuse'], ''),
    ('crypto/private_key.c', ['refuse'], ''),
    ('dns/snapshot.c', ['fail'], ''),
    ('dns/zone_scan.c', ['zone_scan_fail'], ''),
    ('dns/zone_file.c', ['zone_scan_fail'], ''),
    ('dns/zone_file.c', ['fail_data'], 'TXT records hold '),
    ('dns/zone_edit.c', ['refuse'], 'a.example TXT '),
    ('dns/zone_edit.c', ['refuse_zone'], ''),
    ('dkim/sign.c', ['refuse_key'], ''),
    ('cli/demo_*.c', ['io_fail'], ''),
    ('cli/identity_create.c', ['io_fail'], ''),
    ('cli/lab_*.c', ['lab_fail'], ''),
]
# not sentences, or parts of one that stands whole elsewhere
NO_SENTENCE = {
    '%.*s records hold %s': 'the beginning of sentences',
    'no reply%s: %s': 'what comes behind is a word of the source',
    'no reply%s': 'the same',
    '%s.inkan-new': 'a path',
    'is too weak and must not be used (RFC 8945 section 6)': 'the middle of a sentence',
    'is not to be had here': 'the middle of a sentence',
    'this directive': 'the beginning of a sentence',
    'the scenario was interrupted': 'has its Japanese beside it',
    'inkan dns verify': 'a command',
}


def calls(text, name):
    """What stands between the parentheses of each call."""
    for found in re.finditer(rf'(?<!\w){name}\(', text):
        depth, quoted, at = 1, False, found.end()
        while depth:
            c = text[at]
            if quoted and c == '\\':
                at += 1
            elif c == '"':
                quoted = not quoted
            elif not quoted:
                depth += {'(': 1, ')': -1}.get(c, 0)
            at += 1
        yield text[found.end():at - 1]


def sentences(pattern, names):
    for path in sorted((SOURCE / 'src').glob(pattern)):
        text = re.sub(r'/\*.*?\*/', '', path.read_text(), flags=re.S)
        for name in names:
            for call in calls(text, name):
                for group in re.findall(LITERALS, call):
                    yield ''.join(re.findall(r'"((?:[^"\\]|\\.)*)"', group)).replace('\\"', '"')


def is_sentence(text):
    words = re.findall('[a-z]{2,}', CONVERSION.sub('', text))
    return len(words) > 1 and not JAPANESE.search(text) and text not in NO_SENTENCE


def said(lines):
    program = BUILD / 'tests/trouble_words'
    done = subprocess.run([program], input='\n'.join(lines) + '\n', stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout.splitlines()


def is_japanese(text):
    return JAPANESE.search(text) and not ENGLISH.search(re.sub('「[^」]*」|[a-z]+: .*NAME|chmod .*|chown .*', '', text))


for PATTERN, NAMES, BEFORE in SAYERS:

    @case(f'what {NAMES[-1]}() of src/{PATTERN} says has Japanese words')
    def _(pattern=PATTERN, names=NAMES, before=BEFORE):
        samples = [before + CONVERSION.sub(lambda m: 'x.example' if m[0][-1] in 'cs' else '7', s).replace('%%', '%')
                   for s in sentences(pattern, names) if is_sentence(s)]
        assert samples, 'nothing is found there any more'
        missing = [f'{s} -> {t}' for s, t in zip(samples, said(samples), strict=True) if not is_japanese(t)]
        assert not missing, '\n'.join(missing)


@case('what life says of an identity has Japanese words')
def _():
    text = (SOURCE / 'src/identity/life.c').read_text()
    body = text[text.index('static const char *trouble_of'):]
    samples = [''.join(re.findall('"(.*?)"', s)) for s in re.findall(f'return ({LITERALS});', body[:body.index('\n}')])]
    samples = [s for s in samples if s]
    assert len(samples) >= 4
    assert all(map(is_japanese, said(samples))), said(samples)


# ---- spelling: doc/terms.md ----

NAMES_OF_OTHERS = {'provider.c', 'columns.c'}  # their screens; the characters that no line begins with
SPELLINGS = {
    'いま(?=[はも]|[一-龥])': '今',
    '(?<![0-9] )分か(?=[らりるっ])': 'わか',
    'つづり': '綴り',
    '試験': 'テスト',
    '(?<!ほ)(?<!その)他の': 'ほか',
    'エンベロープ送信者': 'エンベロープ From',
    '連鎖': 'チェーン',
    '数えられ': '考慮され',
    'pass (?:し|に)': '合格',
    '(?<!トラ)ストア': 'データベース',
    'メモリ(?!ー)': 'メモリー',
    '[（）～！？：％]': 'half-width characters, or から',
    r'[ぁ-んァ-ヶ一-龥]\(|\)[ぁ-んァ-ヶ一-龥]': 'spaces round parentheses',
    '[ぁ-んァ-ヶ一-龥][A-Za-z0-9]|[A-Za-z0-9][ぁ-んァ-ヶ一-龥]': 'spaces round Latin words',
}


def japanese_texts():
    for path in sorted((SOURCE / 'src').glob('*/*.[ch]')):
        if path.name not in NAMES_OF_OTHERS:
            for group in re.findall(LITERALS, re.sub(r'/\*.*?\*/', '', path.read_text(), flags=re.S)):
                text = ''.join(re.findall(r'"((?:[^"\\]|\\.)*)"', group)).replace('\\n', '\n').replace('\\"', '"')
                if JAPANESE.search(text):
                    yield path.name, text


@case('S3-73 Japanese texts are spelt as doc/terms.md says')
def _():
    texts = list(japanese_texts())
    assert len(texts) > 1500, len(texts)
    wrong = [f'{name}: {text} – {better}' for name, text in texts for bad, better in SPELLINGS.items()
             if re.search(bad, CONVERSION.sub('~', text).replace('TTL(', 'TTL ('))]
    assert not wrong, '\n'.join(wrong)


# ---- refusals ----

(TMP / 'text').write_text('this is no key\n')
(TMP / 'empty').write_text('')
(TMP / 'bad.json').write_text('{"a.example": {"TXT": 1}}')
(TMP / 'half.json').write_text('{"a.example": ')
(TMP / 'bad.zone').write_text('$ORIGIN a.example.\n@ 300 IN TXT "open\n')
(TMP / 'include.zone').write_text('$INCLUDE other\n')
(TMP / 'config').write_text('listen: [\n')
(TMP / 'backup').write_text('{"backup": "other"}\n')
(TMP / 'key.pem').write_text('-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n')
(TMP / 'folder').mkdir()
(TMP / 'ours.yaml').write_text(f'identities:\n  store: {TMP}/store\n  master_key: {TMP}/master\n  host_zone: dkim.inkan.example\n'
                               '  zones:\n    - zone: file.example\n      file: /nowhere/zone\n'
                               '    - zone: made.example\n      file: /nowhere/zone\n      servers: [127.0.0.1:1]\n')
OURS = ['--config', TMP / 'ours.yaml']
NAMELESS = 'x' * 400
T = {name: TMP / name for name in ('text', 'empty', 'bad.json', 'half.json', 'bad.zone', 'include.zone', 'config', 'backup',
                                   'key.pem', 'folder', 'missing')}

CREATE = ['identity', 'create', *OURS]
REFUSALS = [
    ('create', CREATE),
    ('create: one label', [*CREATE, 'localhost']),
    ('create: an address without a local part', [*CREATE, '@a.example']),
    ('create: a bad name', [*CREATE, 'a.example', '--name', 'a b']),
    ('create: too long', [*CREATE, NAMELESS]),
    ('create: a bad tenant', [*CREATE, 'a.example', '--tenant', 'a b']),
    ('create: a bad environment', [*CREATE, 'a.example', '--environment', 'ä']),
    ('create: a bad site', [*CREATE, 'a.example', '--site', 'a b']),
    ('create: bits', [*CREATE, 'a.example', '--bits', '1500']),
    ('create: bits of another kind', [*CREATE, 'a.example', '--bits', '2048', '--algorithm', 'ed25519']),
    ('create: too many bits', [*CREATE, 'a.example', '--bits', '999999']),
    ('create: rotation', [*CREATE, 'a.example', '--rotate-every', '1h']),
    ('create: no duration', [*CREATE, 'a.example', '--overlap', 'soon']),
    ('create: overlap', [*CREATE, 'a.example', '--overlap', '4000d']),
    ('create: host zone', [*CREATE, 'a.example', '--host-zone', 'x']),
    ('create: no host zone', ['identity', 'create', 'a.example', '--store', TMP / 'other', '--scheme', 'cname3']),
    ('create: MAIL FROM', [*CREATE, 'a.example', '--mail-from', 'b.example']),
    ('create: MAIL FROM itself', [*CREATE, 'a.example', '--mail-from', 'a.example']),
    ('create: a bad selector', [*CREATE, 'a.example', '--selector', 'a b']),
    ('create: an unknown provider', [*CREATE, 'a.example', '--provider', 'nobody']),
    ('create: a provider without selectors', [*CREATE, 'a.example', '--provider', 'ses']),
    ('create: only cname3', [*CREATE, 'a.example', '--scheme', 'txt', '--deterministic']),
    ('create: publishing', [*CREATE, 'a.example', '--publish']),
    ('create: a list that is not there', [*CREATE, '--from', T['missing']]),
    ('create: a folder', [*CREATE, '--from', T['folder']]),
    ('create: a store in a folder that is not there', ['identity', 'create', 'a.example', '--store', TMP / 'no/where/store']),
    ('create: a store that is none', ['identity', 'create', 'a.example', '--store', T['text']]),
    ('create: a resolver', [*CREATE, 'a.example', '--resolver', 'x y']),
    ('show: nothing there', ['identity', 'show', *OURS, 'nobody.example']),
    ('show: an unknown option', ['identity', 'show', '--nonsense']),
    ('an unknown command', ['identity', 'nonsense']),
    ('records: nothing there', ['identity', 'records', *OURS, 'nobody.example']),
    ('verify: nothing there', ['identity', 'verify', *OURS, 'nobody.example']),
    ('enable: nothing there', ['identity', 'enable', *OURS, 'nobody.example']),
    ('rotate: nothing there', ['identity', 'rotate', *OURS, 'nobody.example']),
    ('approve: nothing there', ['identity', 'approve', *OURS, 'nobody.example']),
    ('mail-from: nothing there', ['identity', 'mail-from', *OURS, 'nobody.example', 'b.nobody.example']),
    ('delete: nothing there', ['identity', 'delete', *OURS, 'nobody.example']),
    ('enable: too early', ['identity', 'enable', *OURS, 'made.example']),
    ('rotate: too early', ['identity', 'rotate', *OURS, 'made.example']),
    ('approve: nothing to approve', ['identity', 'approve', *OURS, 'made.example']),
    ('mail-from: of another domain', ['identity', 'mail-from', *OURS, 'made.example', 'b.example']),
    ('create: it is there', [*CREATE, 'made.example']),
    ('import: no PEM', ['identity', 'import', *OURS, 'made.example', T['text']]),
    ('import: a damaged key', ['identity', 'import', *OURS, 'made.example', T['key.pem']]),
    ('export: nothing there', ['identity', 'export', *OURS, 'nobody.example']),
    ('restore: there are some', ['identity', 'restore', *OURS, T['backup']]),
    ('restore: no backup', ['identity', 'restore', '--store', TMP / 'r1', T['backup']]),
    ('restore: no JSON', ['identity', 'restore', '--store', TMP / 'r2', T['text']]),
    ('restore: nothing', ['identity', 'restore', '--store', TMP / 'r3', T['empty']]),
    ('backup: into a folder that is not there', ['identity', 'backup', *OURS, TMP / 'no/where']),
    ('tenant: a bad name', ['identity', 'tenant', *OURS, 'a b', 'Organisation']),
    ('tenant: too long', ['identity', 'tenant', *OURS, 't', NAMELESS * 3]),
    ('history: nothing there', ['identity', 'history', *OURS, 'nobody.example']),
    ('dns plan: no name', ['dns', 'plan', *OURS, 'a b']),
    ('dns plan: a zone file that is not there', ['dns', 'plan', *OURS, 'file.example']),
    ('dns apply: a zone file that is not there', ['dns', 'apply', *OURS, 'file.example']),
    ('dns verify: nothing there', ['dns', 'verify', *OURS, 'nobody.example']),
    ('dns undo: nothing there', ['dns', 'undo', *OURS, 'file.example']),
    ('dns plan: a key that is not there', ['dns', 'plan', *OURS, 'made.example', '--server', '127.0.0.1:1', '--tsig', T['missing']]),
    ('dns plan: no key', ['dns', 'plan', *OURS, 'made.example', '--server', '127.0.0.1:1', '--tsig', T['text']]),
    ('record spf: no address', ['record', 'spf', 'a.example', '--ip', 'x']),
    ('record spf: no domain', ['record', 'spf', 'a.example', '--include', 'x y']),
    ('record spf: no provider', ['record', 'spf', 'a.example', '--provider', 'nobody']),
    ('record dmarc: no policy', ['record', 'dmarc', 'a.example', '--p', 'x']),
    ('record dkim: no key', ['record', 'dkim', 's', 'a.example', '--key', T['text']]),
    ('check domain: no name', ['check', 'domain', 'a b']),
    ('check domain: no snapshot', ['check', 'domain', 'a.example', '--dns', T['bad.json']]),
    ('check domain: half a snapshot', ['check', 'domain', 'a.example', '--dns', T['half.json']]),
    ('check domain: a snapshot that is not there', ['check', 'domain', 'a.example', '--dns', T['missing']]),
    ('check domain: no store', ['check', 'domain', 'a.example', '--dns', T['empty'], '--store', T['text']]),
    ('check zonefile: an open quote', ['check', 'zonefile', T['bad.zone']]),
    ('check zonefile: a directive', ['check', 'zonefile', T['include.zone']]),
    ('check zonefile: a snapshot', ['check', 'zonefile', T['bad.json']]),
    ('check zonefile: not there', ['check', 'zonefile', T['missing']]),
    ('check diff: not there', ['check', 'diff', T['missing'], T['missing']]),
    ('check diff: an open quote', ['check', 'diff', T['bad.zone'], T['bad.zone']]),
    ('check header: not there', ['check', 'header', T['missing']]),
    ('check message: not there', ['check', 'message', T['missing']]),
    ('ses: an unknown operation', ['ses', 'nonsense']),
    ('ses: no identity', ['ses', 'get-email-identity', *OURS, '--email-identity', 'nobody.example']),
    ('ses: one label', ['ses', 'create-email-identity', *OURS, '--email-identity', 'localhost']),
    ('ses: MAIL FROM of another domain',
     ['ses', 'put-email-identity-mail-from-attributes', *OURS, '--email-identity', 'made.example', '--mail-from-domain', 'b.example']),
    ('ses: no JSON', ['ses', 'create-email-identity', *OURS, '--cli-input-json', '{']),
    ('ses: nothing said', ['ses', 'create-email-identity', *OURS]),
    ('powershell: an unknown cmdlet', ['powershell', *OURS, '-c', 'Get-Nonsense']),
    ('powershell: no identity', ['powershell', *OURS, '-c', 'Get-DkimSigningConfig -Identity nobody.example']),
    ('powershell: one label', ['powershell', *OURS, '-c', 'New-DkimSigningConfig -DomainName localhost -Enabled $true']),
    ('powershell: an open quote', ['powershell', *OURS, '-c', "Get-DkimSigningConfig '"]),
    ('Get-DkimSigningConfig: no store', ['Get-DkimSigningConfig', '--config', T['missing']]),
    ('Rotate-DkimSigningConfig: no identity', ['Rotate-DkimSigningConfig', *OURS, '-Identity', 'nobody.example', '-KeySize', '2048']),
    ('lab: an unknown scenario', ['lab', 'run', 'nonsense']),
    ('lab: a folder that is there', ['lab', 'run', 'first-seal', '--keep', T['folder']]),
    ('key show: no key', ['key', 'show', T['text']]),
    ('key show: a damaged key', ['key', 'show', T['key.pem']]),
    ('key check: not there', ['key', 'check', T['missing']]),
    ('sign: a damaged key', ['sign', '-d', 'a.example', '-s', 's', '-k', T['key.pem'], T['text']]),
    ('verify: not there', ['verify', T['missing']]),
    ('verify: an empty file', ['verify', T['empty']]),
    ('seal: no key', ['seal', '-d', 'a.example', '-s', 's', '-k', T['text'], '--authserv-id', 'a.example', T['text']]),
    ('explain: no store', ['explain', '--store', T['missing']]),
    ('config check: no YAML', ['config', 'check', T['config']]),
    ('serve: no configuration', ['serve', '--config', T['missing']]),
    ('config: not there', ['identity', 'list', '--config', T['missing']]),
]
# what may stand without Japanese in a line of standard error, and why
EXCEPTIONS = [
    (re.compile(r'YAML として読めません'), 'libyaml has its own words for what is wrong'),
]
MADE = []


def make_identity():
    """made.example, asked for once: in a store of its own, with records for copying. No name server is asked."""
    if not MADE:
        done = run('identity', 'create', *OURS, 'made.example', '--scheme', 'txt', timeout=120)
        MADE.append(done.returncode)
        assert done.returncode == 0, done.stderr.decode()


def check_line(line):
    """Without what stands in any language: the command in front, names of files, commands and words in quotes."""
    if not line.strip() or any(pattern.search(line) for pattern, _ in EXCEPTIONS):
        return
    rest = re.sub(r'^inkan [A-Za-z -]+: ', '', line.replace(str(TMP), ''))
    rest = re.sub(r'「[^」]*」|install -d .*|inkan identity [a-z-]+|inkan dns [a-z]+', '', rest)
    assert JAPANESE.search(rest), line
    assert not ENGLISH.search(rest), line


for NAME, ARGUMENTS in REFUSALS:

    @case(f'{NAME}: refused in Japanese')
    def _(arguments=ARGUMENTS):
        if 'made.example' in map(str, arguments):
            make_identity()
        done = run(*arguments, '--lang', 'ja', input=b'', timeout=120)
        lines = (done.stderr or done.stdout).decode().splitlines()
        assert done.returncode != 0 and lines, done
        for line in lines:
            check_line(line)


main()
