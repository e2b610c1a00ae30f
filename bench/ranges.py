"""ranges.py MEBIBYTES: pulls one long layer, by turns over one connection and as Gantry would.

The layer is a tar as it is, of bytes that do not repeat, so that the line counts most.
"""

import os
import re
import sys
import tempfile
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median
from threading import Thread

from harness.images import catalogue
from harness.images.fake_registry import blob_path
from harness.images.registry import Registry
from harness.images.tarball import sha256
from harness.nodes import runtimes
from harness.nodes.node import Node

PORT = 5001
ROUNDS = 3
#: Bytes a second of each connection; 0 stands for no limit.
LIMITS = [0, 100_000_000, 20_000_000]
PIECE = 256 << 10
DROP_IN = Path("/etc/gantry/conf.d/ranges.toml")


class Server(ThreadingHTTPServer):
    """A registry of one image, whose connections are as fast as `limit` says."""

    daemon_threads = True
    limit = 0

    def __init__(self, image, layer: bytes) -> None:
        self.documents = {"/v2/long/manifests/1": image.manifest.body}
        for blob in image.blobs:
            self.documents[blob_path("long", sha256(blob))] = blob
        self.layer = blob_path("long", sha256(layer))
        self.ranges = 0
        super().__init__(("127.0.0.1", PORT), Handler)


class Handler(BaseHTTPRequestHandler):
    """GET with ranges."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = memoryview(self.server.documents[self.path])
        wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        first = int(wanted[1]) if wanted else 0
        last = int(wanted[2] or len(body) - 1) if wanted else len(body) - 1
        self.send_response(206 if wanted else 200)
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Content-Length", str(last - first + 1))
        if wanted:
            self.server.ranges += 1
            self.send_header("Content-Range", f"bytes {first}-{last}/{len(body)}")
        self.end_headers()
        try:
            self.send(body[first:last + 1])
        except ConnectionError:
            self.close_connection = True

    def send(self, body: memoryview) -> None:
        """Not faster than the limit."""
        limit, begin = self.server.limit, time.perf_counter()
        for start in range(0, len(body), PIECE):
            self.wfile.write(body[start:start + PIECE])
            ahead = limit and (start + PIECE) / limit - (time.perf_counter() - begin)
            if ahead > 0:
                time.sleep(ahead)

    def log_message(self, *_: object) -> None:
        """Nothing is printed."""


def main(mebibytes: int) -> None:
    """Each limit with and without ranges, by turns."""
    layer = catalogue.layer([catalogue.file("long", os.urandom(mebibytes << 20))], "none")
    image = catalogue.image(layer)
    server = Server(image, layer.blob)
    Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as directory:
        registry = Registry(Path(directory), 5000)
        node = Node(runtimes.named("gantry"), Path(directory), registry,
                    insecure=[f"127.0.0.1:{PORT}"])
        node.start()
        for server.limit in LIMITS:
            times: dict[str, list[float]] = {"one connection": [], "ranges allowed": []}
            for _ in range(ROUNDS):
                for name, threshold in zip(times, (1 << 60, 256 << 20)):
                    DROP_IN.parent.mkdir(parents=True, exist_ok=True)
                    DROP_IN.write_text(f"long_layer = {threshold}\n")
                    node.restart()
                    times[name].append(pull(node))
            limit = f"{server.limit // 1_000_000} MB/s a connection" if server.limit else "no limit"
            print(f"{limit}: " + ", ".join(
                f"{name} {median(values):.1f} s {[round(v, 1) for v in values]}"
                for name, values in times.items()) + f"; {server.ranges} ranges", flush=True)
            server.ranges = 0
        node.stop()
        registry.stop()


def pull(node: Node) -> float:
    """Seconds; the image is removed afterwards."""
    reference = {"image": f"127.0.0.1:{PORT}/long:1"}
    begin = time.perf_counter()
    node.client.PullImage(image=reference, deadline=600)
    seconds = time.perf_counter() - begin
    node.client.RemoveImage(image=reference)
    return seconds


main(int(sys.argv[1]))
