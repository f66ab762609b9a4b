"""Ports for the servers of tests: free over UDP and TCP, and not among those that the kernel gives to clients.

A server is started some time after its port was chosen. One of the kernel's own range could be a client's by then.
"""
import random
import socket
from pathlib import Path

LOWEST, HIGHEST = 10000, 32767  # the latter where the kernel does not say which are its own


def kernel_begins():
    try:
        return int(Path('/proc/sys/net/ipv4/ip_local_port_range').read_text(encoding='ascii').split()[0])
    except OSError:
        return HIGHEST + 1


RANGE = range(LOWEST, max(kernel_begins(), 2 * LOWEST))
CHOICE, GIVEN = random.SystemRandom(), set()


def is_free(host, port):
    family = socket.AF_INET6 if ':' in host else socket.AF_INET
    try:
        for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
            with socket.socket(family, kind) as s:
                s.bind((host, port))
    except OSError:
        return False
    return True


def free_port(host='127.0.0.1'):
    """None is given twice."""
    while (port := CHOICE.choice(RANGE)) in GIVEN or not is_free(host, port):
        pass
    GIVEN.add(port)
    return port
