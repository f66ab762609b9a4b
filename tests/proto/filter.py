"""The filter of filter.c, and what it says of a message."""
import os
import re
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path

from milter import as_sent, split
from tap import SOURCE, skip

FILTER = Path(os.environ.get('INKAN_BUILD', SOURCE / 'build')) / 'tests/filter'
QUIET = '1ffc80'  # every "no reply" flag, skip, leading space


@contextmanager
def filter_at(*arguments):
    """A running filter; its address."""
    if not FILTER.exists():
        skip('built without tests')
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)  # for user postfix
        with subprocess.Popen([FILTER, f'unix:{folder}/socket', *arguments], stdout=subprocess.PIPE) as process:
            assert process.stdout.readline() == b'ready\n'
            os.chmod(f'{folder}/socket', 0o666)
            try:
                yield f'unix:{folder}/socket'
            finally:
                process.terminate()


def facts_of(value):
    """The words of a field X-Seen."""
    return {name.decode(): fact.decode() for name, fact in re.findall(rb'(\w+)=(\S*)', value)}


def sum_of(message, leading_space):
    """What filter.c computes over all that it reads."""
    header, body = split(message)
    value = 2166136261
    for octet in b''.join(name + as_sent(field, leading_space) for name, field in header) + body:
        value = ((value ^ octet) * 16777619) & 0xffffffff
    return f'{value:08x}'
