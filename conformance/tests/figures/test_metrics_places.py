"""Metrics over TLS, for clients with a certificate, and on a unix socket."""

import grp
import http.client
import os
import socket
import ssl
import subprocess
from pathlib import Path

import pytest

from harness.images import certificates
from harness.wait import wait_until

pytestmark = pytest.mark.gantry

HOST, PORT = "127.0.0.1", 9643
SOCKET = Path("/run/gantry/metrics.sock")


def scrape(server, client=None):
    """What Prometheus would read over TLS."""
    context = ssl.create_default_context(cafile=f"{server}.crt")
    if client:
        context.load_cert_chain(f"{client}.crt", f"{client}.key")
    connection = http.client.HTTPSConnection(HOST, PORT, context=context, timeout=10)
    connection.request("GET", "/metrics")
    answer = connection.getresponse()
    assert answer.status == 200
    return answer.read().decode()


class UnixConnection(http.client.HTTPConnection):
    """HTTP over a unix socket."""

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self.host)


def is_served(path):
    """Whether metrics are to be had there."""
    connection = UnixConnection(str(path), timeout=10)
    try:
        connection.request("GET", "/metrics")
    except ConnectionRefusedError:
        return False
    return connection.getresponse().status == 200


def test_tls(configured, tmp_path, node):
    server = certificates.own(tmp_path / "server", "server")
    configured(f'metrics_address = "{HOST}:{PORT}"\nmetrics_certificate = "{server}.crt"\n'
               f'metrics_key = "{server}.key"\n')
    assert "grpc_server_handled_total" in scrape(server)
    plain = http.client.HTTPConnection(HOST, PORT, timeout=10)
    with pytest.raises((OSError, http.client.HTTPException)):
        plain.request("GET", "/metrics")
        plain.getresponse()
    renewed = certificates.own(tmp_path / "renewed", "renewed")
    for end in ("crt", "key"):
        Path(f"{renewed}.{end}").replace(f"{server}.{end}")
    os.kill(node.daemon.id, 1)
    wait_until(lambda: "configuration reloaded" in node.daemon.output, "the reload")
    assert "grpc_server_handled_total" in scrape(server)


def test_clients_with_a_certificate_alone(configured, tmp_path):
    server = certificates.own(tmp_path / "server", "server")
    client = certificates.own(tmp_path / "client", "client")
    configured(f'metrics_address = "{HOST}:{PORT}"\nmetrics_certificate = "{server}.crt"\n'
               f'metrics_key = "{server}.key"\nmetrics_client_ca = "{client}.crt"\n')
    assert "gantry_pods" in scrape(server, client)
    with pytest.raises((OSError, http.client.HTTPException)):
        scrape(server)
    with pytest.raises((OSError, http.client.HTTPException)):
        scrape(server, server)


def test_unix_socket(configured, node):
    group = grp.getgrnam("daemon")
    configured(f'metrics_socket = "{SOCKET}"\nsocket_group = "daemon"\n')
    status = SOCKET.stat()
    assert (status.st_mode & 0o777, status.st_gid) == (0o660, group.gr_gid)
    connection = UnixConnection(str(SOCKET), timeout=10)
    connection.request("GET", "/metrics")
    assert b"grpc_server_handled_total" in connection.getresponse().read()
    # What a killed daemon leaves is taken over.
    node.daemon.kill()
    assert SOCKET.exists()
    node.start()
    wait_until(lambda: is_served(SOCKET), "the daemon to take the socket over")


def test_the_socket_goes_with_the_daemon(configured, node):
    configured(f'metrics_socket = "{SOCKET}"\n')
    assert SOCKET.exists()
    configured("")
    assert not SOCKET.exists()


def test_a_socket_of_another_program_is_not_taken(configured, node):
    SOCKET.parent.mkdir(exist_ok=True)
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(SOCKET))
        other.listen()
        assert node.daemon.terminate() == 0
        config = Path("/etc/gantry/gantry.toml")
        config.parent.mkdir(exist_ok=True)
        config.write_text(f'metrics_socket = "{SOCKET}"\n')
        done = subprocess.run([*node.runtime.command], text=True, capture_output=True, check=False,
                              timeout=120)
        assert done.returncode != 0 and "another program serves" in done.stderr
        config.unlink()
    SOCKET.unlink()
    node.start()
