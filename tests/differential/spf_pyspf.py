#!/usr/bin/python3
"""SPF verdicts of pyspf for spf_peers.py: spf_pyspf.py SNAPSHOT TUPLES prints "result TAB text" for each line of TUPLES."""
import json
import sys
import spf


def main(snapshot, tuples):
    zone = json.load(open(snapshot, encoding='utf-8'))

    def lookup(name, qtype, strict=True, timeout=None):
        entry = zone.get(name.rstrip('.').lower(), {})
        errors = entry.get('_error', {})
        if qtype not in entry and (errors.get(qtype) or errors.get('*')):
            raise spf.TempError('DNS ' + (errors.get(qtype) or errors['*']))
        for data in entry.get(qtype, []):
            if qtype == 'TXT':
                data = [s.encode('latin-1') for s in (data if isinstance(data, list) else [data])]
            yield ((name, qtype), tuple(data) if qtype == 'MX' else data)

    spf.DNSLookup = lookup
    for line in open(tuples, encoding='utf-8', newline='\n'):
        ip, helo, sender = line.rstrip('\n').split('\t')
        try:
            q = spf.query(i=ip, s=sender, h=helo, strict=True)
            q.set_default_explanation('DEFAULT')
            result, _, text = q.check()
            if result == 'permerror' and q.perm_error:
                text = str(q.perm_error)
        except Exception as error:
            result, text = 'exception', f'{type(error).__name__}: {error}'
        print(result, ' '.join(str(text).split()), sep='\t')


main(*sys.argv[1:])
