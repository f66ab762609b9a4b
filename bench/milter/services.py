"""What the step `milter` starts: a network of its own, a name server with the corpus's zone, the filters, Postfix.

Everything lives in a folder of its own and is ended by its own process id. The load, the floor and the null filter are programs of the
shared harness (../shared/bench/milter); they are built into that folder.
"""
import array
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
SHARED = HERE.parent.parent.parent / 'shared/bench/milter'
DNS = '192.0.2.53'  # a second address on lo: libunbound asks no name server on 127/8
SLOW_DNS = '192.0.2.54'
PATIENCE = 20  # seconds for a process to start or to end
CORPS = 200  # domains corpNNN.example of the corpus that have keys


def enter_namespace():
    """Runs this program again in a network of its own that has nothing but lo."""
    if os.environ.get('BENCH_NAMESPACE') != '1':
        script = f'ip link set lo up && ip addr add {DNS}/32 dev lo && ip addr add {SLOW_DNS}/32 dev lo && exec "$0" "$@"'
        os.execvpe('unshare', ['unshare', '-m', '-n', '--', 'sh', '-c', script, sys.executable, *sys.argv],
                   {**os.environ, 'BENCH_NAMESPACE': '1'})


def why_not(corpus):
    """What is missing here, or nothing."""
    if not (SHARED / 'milterload.c').exists():
        return 'the load generator, ../shared/bench/milter, is not beside this tree'
    if not (corpus / 'root.zone').exists():
        return 'the corpus has no zone: only the shared generator makes one'
    if missing := [name for name in ('nsd', 'ip', 'unshare') if not shutil.which(name)]:
        return f'not installed: {", ".join(missing)}'
    return 'a network namespace takes root' if os.geteuid() else ''


def build_tools(folder):
    """Those that can be built: name -> path."""
    sources = {'milterload': (SHARED / 'milterload.c', '-lpthread'), 'floor': (SHARED / 'floor.c',),
               'null': (SHARED / 'nullmilter.c', '-lmilter', '-lpthread')}
    if not Path('/usr/include/libmilter/mfapi.h').exists():
        del sources['null']
    for name, (source, *libraries) in sources.items():
        subprocess.run(['cc', '-O2', '-w', '-o', folder / name, source, *libraries], check=True)
    return {name: folder / name for name in sources}


def frames(pid):
    """Numbers of the page frames that a process has in memory; takes root."""
    found = set()
    with open(f'/proc/{pid}/maps') as maps, open(f'/proc/{pid}/pagemap', 'rb') as pagemap:
        for line in maps:
            begin, end = (int(word, 16) for word in line.split()[0].split('-'))
            if '[vsyscall]' in line or '[vvar' in line or '[vdso]' in line:
                continue
            pagemap.seek(begin // 4096 * 8)
            entries = array.array('Q', pagemap.read((end - begin) // 4096 * 8))
            found.update(entry & (1 << 55) - 1 for entry in entries if entry >> 63)
    return found


class Service:
    """A program that stays in the foreground, with all its processes."""

    def __init__(self, folder, arguments, ready):
        self.log = open(folder / 'log', 'wb')
        self.process = subprocess.Popen([str(a) for a in arguments], cwd=folder, stdin=subprocess.DEVNULL,
                                        stdout=self.log, stderr=self.log)
        end = time.monotonic() + PATIENCE
        while not ready():
            if self.process.poll() is not None or time.monotonic() > end:
                sys.exit(f'{arguments[0]} does not start:\n{(folder / "log").read_text(errors="replace")[-2000:]}')
            time.sleep(0.02)

    def pids(self):
        found, todo = [], [self.process.pid]
        while todo:
            found.append(todo.pop())
            for task in Path(f'/proc/{found[-1]}/task').glob('*/children'):
                todo += map(int, task.read_text().split())
        return found

    def cpu(self):
        """Seconds, of all its processes; threads that have ended count."""
        ticks = 0
        for pid in self.pids():
            fields = Path(f'/proc/{pid}/stat').read_text().rsplit(')', 1)[1].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf('SC_CLK_TCK')

    def memory(self):
        """KiB over its processes: (sum of the highest RSS so far, sum of RSS now, every page counted once). Pages of libraries that
        several processes have in memory are in each RSS; PSS would divide them by strangers that have them too."""
        sums = {'VmHWM:': 0, 'VmRSS:': 0}
        for pid in self.pids():
            for line in Path(f'/proc/{pid}/status').read_text().splitlines():
                word = line.split(maxsplit=1)[0]
                if word in sums:
                    sums[word] += int(line.split()[1])
        return (*sums.values(), 4 * len(set().union(*(frames(pid) for pid in self.pids()))))

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                for pid in self.pids():
                    os.kill(pid, signal.SIGKILL)
                self.process.wait()
        self.log.close()

    def __enter__(self):
        return self

    def __exit__(self, *trouble):
        self.stop()


def takes_tcp(address, port):
    try:
        socket.create_connection((address, port), 1).close()
        return True
    except OSError:
        return False


def takes_unix(path):
    try:
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(str(path))
        return True
    except OSError:
        return False


# ---- DNS ----

def name_server(folder, zone):
    folder = fresh(folder)
    (folder / 'root.zone').write_text(zone)
    (folder / 'nsd.conf').write_text(f'''server:
  ip-address: {DNS}
  port: 53
  username: ""
  zonesdir: "{folder}"
  database: ""
  pidfile: "{folder}/pid"
  xfrdfile: "{folder}/xfrd.state"
  zonelistfile: "{folder}/zone.list"
  xfrdir: "{folder}"
  rrl-ratelimit: 0
remote-control:
  control-enable: no
zone:
  name: "."
  zonefile: root.zone
''')
    return Service(folder, ['nsd', '-d', '-c', folder / 'nsd.conf'], lambda: takes_tcp(DNS, 53))


def slow_name_server(folder, program, delay, silent):
    """Answers for the name server after `delay` ms; never for what lies below the domain `silent`."""
    folder = fresh(folder)
    return Service(folder, [program, SLOW_DNS, DNS, delay, silent],
                   lambda: (folder / 'log').read_text().startswith('ready'))


# ---- filters ----

def fresh(folder):
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    folder.chmod(0o755)
    return folder


def filter_service(folder, arguments):
    service = Service(folder, arguments, lambda: takes_unix(folder / 'socket'))
    (folder / 'socket').chmod(0o777)  # for Postfix
    return service


def floor(folder, tools):
    return filter_service(fresh(folder), [tools['floor'], folder / 'socket'])


def null(folder, tools):
    return filter_service(fresh(folder), [tools['null'], f'local:{folder}/socket'])


def opendkim(folder, corpus, sign):
    fresh(folder)
    lines = ['Syslog no', 'Background no', 'UMask 000', 'UserID root', f'Socket local:{folder}/socket', f'PidFile {folder}/pid',
             f'Mode {"s" if sign else "v"}', 'AuthservID recv.example', f'Nameservers {DNS}', 'RequireSafeKeys no', 'MaximumHeaders 0']
    if sign:
        (folder / 'keys').write_text(''.join(f'k{i:03} corp{i:03}.example:s1:{corpus}/keys/rsa{i:03}.pem\n' for i in range(CORPS)))
        (folder / 'rules').write_text(''.join(f'corp{i:03}.example k{i:03}\n' for i in range(CORPS)))
        lines += ['InternalHosts 0.0.0.0/0', 'Canonicalization relaxed/relaxed', f'KeyTable file:{folder}/keys',
                  f'SigningTable file:{folder}/rules',
                  'SignHeaders From,To,Subject,Date,Message-ID,MIME-Version,Content-Type,Reply-To']
    else:
        lines += ['InternalHosts 192.0.2.250', 'AlwaysAddARHeader yes']
    (folder / 'conf').write_text('\n'.join(lines) + '\n')
    return filter_service(folder, ['opendkim', '-f', '-x', folder / 'conf'])


def opendmarc(folder):
    fresh(folder)
    (folder / 'ignore').write_text('192.0.2.250\n')
    (folder / 'conf').write_text(f'''Background false
Syslog false
Socket local:{folder}/socket
PidFile {folder}/pid
UMask 000
UserID root
AuthservID recv.example
TrustedAuthservIDs recv.example
SPFSelfValidate true
SPFIgnoreResults true
RejectFailures false
IgnoreHosts {folder}/ignore
RequiredHeaders false
''')
    return filter_service(folder, ['opendmarc', '-f', '-c', folder / 'conf'])


def inkan(folder, program, corpus, sign=False, dns=DNS, more=''):
    """As installed, but for its sockets and name server: everything is on, outcomes are stored."""
    fresh(folder)
    for i in range(CORPS if sign else 0):  # keys that others may read are refused
        shutil.copyfile(corpus / f'keys/rsa{i:03}.pem', folder / f'rsa{i:03}.pem')
        (folder / f'rsa{i:03}.pem').chmod(0o600)
    rules = ''.join(f'  - {{domain: corp{i:03}.example, keys: {{selector: s1, file: "rsa{i:03}.pem"}}}}\n' for i in range(CORPS))
    (folder / 'inkan.yaml').write_text(f'''user: root
authserv_id: recv.example
milter: {{listen: "unix:{folder}/socket", socket_mode: 0666}}
status: {{listen: "inet:127.0.0.1:8953"}}
store: {{path: "{folder}/inkan.db"}}
dns: {{resolver: "{dns}", validate: no}}
outbound: {{networks: {"[0.0.0.0/0]" if sign else "[127.0.0.1]"}}}
{"sign:" + chr(10) + rules if sign else ""}{more}''')
    return Service(folder, [program, 'serve', '--config', folder / 'inkan.yaml'],
                   lambda: 'ready: ' in (folder / 'log').read_text(errors='replace'))
