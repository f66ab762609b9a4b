#!/usr/bin/python3
"""`inkan serve` for longer: thousands of messages with flat memory and descriptors, and reload after reload while they come.

SOAK=100000 in the environment: at least so many messages; RELOADS=500: so many reloads.
"""
import os
import signal
import socket
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / 'support'))
from domain import DNS, KEYS, SIGN_RSA  # noqa: E402
from port import free_port  # noqa: E402
from service import Service  # noqa: E402
from tap import case, main  # noqa: E402
from traffic import SANITIZED, Traffic, ours, resident, signed, theirs  # noqa: E402

MESSAGES = int(os.environ.get('SOAK', '10000'))
RELOADS = int(os.environ.get('RELOADS', '20'))
ROUND = 5000     # messages between two looks at memory
ROUNDS = 12      # after which it must have come to rest
RESTING = 256    # KiB that a process may grow in a round of rest: 52 octets a message
# KiB that a process may be larger after all: how many messages are in work at once rises to its highest only by and by
GROWTH = 256 * 1024 if SANITIZED else 8192
RELOADED = 256 * 1024 if SANITIZED else 2048  # KiB that the supervisor may grow by all reloads
SPARES = 2 if SANITIZED else 0  # what libuv opens at the first connection of each loop, where it may
PATIENCE = 30


def costs(service):
    return {name: resident(pid) for name, [pid] in service.children().items()}


def assert_grown_below(limit, before, after):
    assert all(after[name] - before[name] < limit for name in after), (before, after)


def is_at_rest(looks):
    """Nothing grew in the last round; what the sanitizers keep grows for ever."""
    if len(looks) < 2:
        return False
    before, after = looks[-2:]
    return SANITIZED or all(after[name] - before[name] < RESTING for name in after)


def mixed(number):
    return (ours if number % 2 else theirs)(number)


def answered(result):
    assert result.answer == 'accept' and (b'DKIM-Signature' in result.message or b'Authentication-Results' in result.message), (
        result.answer, result.reply)


def assert_no_leftovers(service, before):
    """After a reload: one process of each kind, with the descriptors that it had before."""
    def is_quiet():
        # the status page may have a connection that it is just closing
        now = service.descriptors()
        return (all(len(pids) == 1 for pids in service.children().values()) and now.keys() == before.keys() and
                all(now[name] <= before[name] + SPARES for name in now))
    end = time.monotonic() + PATIENCE
    while not is_quiet():
        assert time.monotonic() < end, (service.children(), service.descriptors(), before)
        time.sleep(0.1)


def is_listened_on(port):
    try:
        socket.create_connection(('127.0.0.1', port), 2).close()
        return True
    except OSError:
        return False


@case(f'{MESSAGES:,} messages and more over 50 connections: memory comes to rest, descriptors stay')
def _():
    with Service(SIGN_RSA, dns=DNS, files=KEYS) as service:
        begun = service.descriptors()
        with Traffic(service, connections=50, per_connection=25, make=mixed, check=answered) as traffic:
            looks = []
            while not is_at_rest(looks) or traffic.done < MESSAGES:
                assert len(looks) <= max(ROUNDS, MESSAGES / ROUND), looks
                traffic.wait(ROUND, 20 + ROUND / 50)
                looks.append(costs(service))
        assert traffic.broken == 0, traffic.broken
        assert_grown_below(GROWTH, looks[0], looks[-1])
        assert_no_leftovers(service, begun)
        service.wait_until(lambda: service.metric('inkan_outcomes_stored_total') == traffic.done)
        assert service.metric('inkan_outcomes_dropped_total') == service.metric('inkan_failures_total') == 0
        assert service.metric('inkan_connections_open') == 0 and service.metric('inkan_restarts_total') == 0


@case(f'{RELOADS} reloads under load: no message lost or unsigned, no process, descriptor or memory left over')
def _():
    with Service(SIGN_RSA, dns=DNS, files=KEYS) as service:
        begun = service.descriptors()
        with Traffic(service, connections=8, per_connection=5, check=signed, pause=0.002) as traffic:
            traffic.wait(200)
            supervisor = resident(service.process.pid)
            for i in range(RELOADS):
                service.configure(SIGN_RSA + f'log: {{format: {("text", "json")[i % 2]}}}\n')
                service.signal(signal.SIGHUP)
                service.wait_for_log(f'generation {i + 2}\n')
                traffic.wait(20)
        assert traffic.broken == 0, traffic.broken
        assert service.metric('inkan_reloads_total') == RELOADS
        assert_no_leftovers(service, begun)
        assert_grown_below(RELOADED, {'inkan': supervisor}, {'inkan': resident(service.process.pid)})
        assert service.stop() == 0
        missing = [i for i in range(1, traffic.started + 1) if f'Q{i}' not in service.log()]
        assert not missing, missing[:10]


@case('a reload that moves the sockets: the old ones are free at once, and can be had again')
def _():
    def listen(where):
        return SIGN_RSA + f'milter: {{listen: ["@SOCKET@", "inet:127.0.0.1:{where}"]}}\n'
    with Service(SIGN_RSA, dns=DNS, files=KEYS) as service:
        first, second = (free_port(), free_port())
        for generation, port, other in ((2, first, second), (3, second, first), (4, first, second)):
            service.configure(listen(port))
            service.signal(signal.SIGHUP)
            service.wait_for_log(f'generation {generation}\n')
            with Traffic(service, connections=1, check=signed) as traffic:
                traffic.wait(3)
            assert is_listened_on(port) and not is_listened_on(other), (port, other)


main()
