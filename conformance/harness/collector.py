"""A collector of traces: OTLP over HTTP in JSON, decoded strictly."""

import json
import re
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from harness.wait import wait_until


class Collector:
    """Takes what is posted to /v1/traces, and keeps the spans."""

    def __init__(self, port: int = 0, status: int = 200, tls: ssl.SSLContext | None = None) -> None:
        self.status = status
        self.spans: list[dict] = []
        self.resources: list[dict] = []
        collector = self

        class Handler(BaseHTTPRequestHandler):
            """One request."""

            def do_POST(self) -> None:
                """Takes it, or refuses it."""
                body = self.rfile.read(int(self.headers["Content-Length"]))
                good = self.path == "/v1/traces" and self.headers["Content-Type"] == "application/json"
                if collector.status == 200 and good:
                    collector.take(json.loads(body))
                self.send_response(collector.status if good else 400)
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *_) -> None:
                """Says nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        if tls:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self.endpoint = f"{'https' if tls else 'http'}://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def take(self, request: dict) -> None:
        """ExportTraceServiceRequest, each field as the JSON mapping wants it."""
        for resource in request["resourceSpans"]:
            self.resources.append(attributes(resource["resource"]))
            for scope in resource["scopeSpans"]:
                assert scope["scope"]["name"]
                for span in scope["spans"]:
                    assert re.fullmatch("[0-9a-f]{32}", span["traceId"])
                    assert re.fullmatch("[0-9a-f]{16}", span["spanId"])
                    assert re.fullmatch("([0-9a-f]{16})?", span["parentSpanId"])
                    assert isinstance(span["startTimeUnixNano"], str) and isinstance(span["kind"], int)
                    assert int(span["startTimeUnixNano"]) <= int(span["endTimeUnixNano"])
                    self.spans.append(span)

    def named(self, name: str) -> list[dict]:
        """Spans of that name, once there are some."""
        return wait_until(lambda: [span for span in self.spans if span["name"] == name], f"a span {name}")

    def stop(self) -> None:
        """Ends it."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def attributes(holder: dict) -> dict[str, str]:
    """Of a span or a resource."""
    return {each["key"]: each["value"]["stringValue"] for each in holder["attributes"]}
