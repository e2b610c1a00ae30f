"""Clients that mean no good: raw connections to the CRI's socket and to the streaming server."""

import os
import resource
import socket
import struct
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

#: What an HTTP/2 client begins with (RFC 9113, 3.4), and an empty SETTINGS frame.
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
SETTINGS = b"\0\0\0\4\0\0\0\0\0"


def unix(path):
    """A connection to the CRI's socket."""
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(20)
    connection.connect(path)
    return connection


def tcp(url):
    """A connection to where a streaming URL leads."""
    where = urlsplit(url)
    connection = socket.create_connection((where.hostname, where.port), timeout=20)
    return connection


def upgrade(url):
    """The head of a request that asks for SPDY, as bytes."""
    path = urlsplit(url).path
    return (f"POST {path} HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n"
            "X-Stream-Protocol-Version: v4.channel.k8s.io\r\nContent-Length: 0\r\n\r\n").encode()


def reset(connection):
    """Closes it with RST, as a machine that lost power and came back."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


@contextmanager
def many(count, make):
    """So many connections at once, closed at the end."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    connections = []
    try:
        for _ in range(count):
            connections.append(make())
        yield connections
    finally:
        for connection in connections:
            connection.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def descriptors(process):
    """How many a process has open."""
    return len(os.listdir(f"/proc/{process}/fd"))


def threads(process):
    """How many it has."""
    return len(os.listdir(f"/proc/{process}/task"))


def resident(process):
    """Its resident memory in bytes."""
    pages = Path(f"/proc/{process}/statm").read_text().split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def open_files(process):
    """Soft and hard limit of open files."""
    return resource.prlimit(process, resource.RLIMIT_NOFILE)
