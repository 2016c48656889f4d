# SPDX-License-Identifier: BSD-3-Clause
"""One port: HTTP/1.1 with or without TLS, a thread for each connection, faults on demand."""

import contextlib
import re
import socket
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from ibmcloud import misbehave
from ibmcloud.clock import http_date
from ibmcloud.exchange import REASONS, Answer, Request

HANDSHAKE_S = 10.0
IDLE_S = 60.0
BODY_MAX = 1 << 20


class Handler(BaseHTTPRequestHandler):
    """One connection. The server's `port` is our Port."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def setup(self):
        self.port, self.cloud = self.server.port, self.server.port.cloud
        self.server.track(self, True)
        try:
            self.secure(self.request)
        except BaseException:
            self.server.track(self, False)
            raise
        super().setup()

    def finish(self):
        self.server.track(self, False)
        super().finish()
        self.request.close()  # TLS took the socket over from the server, which cannot close it

    def secure(self, connection):
        """TLS here, in the connection's own thread: a slow client holds up nobody."""
        fault = self.cloud.faults.take_at_accept(self.port.name)
        if fault is not None:
            entry = self.cloud.journal.open(self.port.name, "ACCEPT", "")
            entry["fault"] = fault.kind
            if fault.kind == "reset-accept":
                misbehave.reset(connection)
            else:
                misbehave.silence(connection, fault, self.cloud.faults)
            raise ConnectionAbortedError(fault.kind)
        if not self.port.certificate:
            return
        connection.settimeout(HANDSHAKE_S)
        context = self.cloud.certificates.context(self.port.certificate)
        try:
            self.request = context.wrap_socket(connection, server_side=True)
        except (OSError, ValueError) as error:
            entry = self.cloud.journal.open(self.port.name, "TLS", "")
            entry["fault"] = str(error)
            raise ConnectionAbortedError(str(error)) from None
        self.request.settimeout(IDLE_S)

    def handle_one_request(self):
        self.raw_requestline = self.rfile.readline(65537)
        if not self.raw_requestline or not self.parse_request():
            self.close_connection = True
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        service = self.port.service(headers.get("host", ""))
        entry = self.cloud.journal.open(service.name, self.command, self.path, headers)
        request = Request(service.name, self.command, self.path, headers, self.read_body(headers))
        fault = self.cloud.faults.take_at_request(service.name, self.command, self.path)
        entry["fault"] = fault.kind if fault else None
        entry["body-octets"] = len(request.body)
        self.cloud.tokens.note_owner(request)
        answer = self.obtain(service, request, fault)
        entry.update(credential=request.credential, token=request.token, status=answer.status)
        answer.headers.setdefault("Date", http_date(self.cloud.clock.now()))
        if "correlation-id" in headers:
            answer.headers.setdefault("Correlation-Id", headers["correlation-id"])
        misbehave.send(self, answer, fault)

    def obtain(self, service, request, fault):
        """The service's answer, or what a fault puts in its place."""
        replaced = misbehave.replace(fault, self.cloud.clock) if fault else None
        if replaced is not None:
            return replaced
        with self.cloud.lock:
            if fault and fault.kind == "expire":
                self.cloud.tokens.expire_all()
            return service.answer(request)

    def read_body(self, headers):
        if "chunked" in headers.get("transfer-encoding", "").lower():
            return self.read_chunks()
        size = headers.get("content-length", "0")
        if not size.isdigit() or int(size) > BODY_MAX:
            raise ConnectionAbortedError("no body of this size")
        return self.rfile.read(int(size))

    def read_chunks(self):
        body = b""
        while len(body) <= BODY_MAX:
            word = self.rfile.readline(100).split(b";")[0].strip()
            if not re.fullmatch(rb"[0-9a-fA-F]{1,6}", word):
                raise ConnectionAbortedError("no chunk")
            size = int(word, 16)
            chunk = self.rfile.read(size + 2)[:-2]
            if size == 0:
                break
            body += chunk
        return body

    def head_octets(self, answer, size):
        """Status line and headers; size None for a chunked body."""
        lines = [f"HTTP/1.1 {answer.status} {REASONS.get(answer.status, 'Unknown')}"]
        lines += [f"{name}: {value}" for name, value in answer.headers.items()]
        if size is None:
            lines.append("Transfer-Encoding: chunked")
        elif answer.status != 204:
            lines.append(f"Content-Length: {size}")
        return "\r\n".join([*lines, "", ""]).encode("latin-1")

    def send_error(self, code, *_, **__):
        """For what is no HTTP at all: a short answer, and the end of the connection."""
        answer = Answer(code, b"", {"Connection": "close"})
        with contextlib.suppress(OSError):
            self.wfile.write(self.head_octets(answer, 0))
        self.close_connection = True

    def log_message(self, *_):
        """The journal has it."""


class Server(ThreadingHTTPServer):
    """Quiet about clients that go away, and able to drop all of them."""

    request_queue_size = 128
    daemon_threads = True
    block_on_close = False

    def __init__(self, address, port):
        self.port = port
        self.connections = set()
        self.guard = threading.Lock()
        super().__init__(address, Handler)

    def server_bind(self):
        """Without HTTPServer's look-up of our own host name, which may block."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = self.server_address[:2]

    def track(self, handler, is_there):
        with self.guard:
            (self.connections.add if is_there else self.connections.discard)(handler)

    def handle_error(self, request, client_address):
        """Connections break in many ways here; only our own slips are worth a word."""
        with contextlib.suppress(OSError, ssl.SSLError):
            raise  # what is being handled
        return

    def drop(self):
        with self.guard:
            for handler in self.connections:
                with contextlib.suppress(OSError):
                    socket.socket.shutdown(handler.request, socket.SHUT_RDWR)


class Port:
    """A listening port of the cloud. `certificate` is a kind of tls.py, or None for plain HTTP."""

    def __init__(self, cloud, name, address, number, certificate, choose):
        self.cloud, self.name, self.certificate = cloud, name, certificate
        self.address, self.number = address, number
        self.service = choose  # host name -> service
        self.server = None

    def up(self):
        """Listens; again on the same port after down()."""
        if self.server is None:
            self.server = Server((self.address, self.number), self)
            self.number = self.server.server_port
            threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def down(self):
        """Connections are refused from now on, and those there were are gone."""
        if self.server is not None:
            server, self.server = self.server, None
            server.shutdown()
            server.server_close()
            server.drop()

    def url(self):
        host = f"[{self.address}]" if ":" in self.address else self.address
        return f"{'https' if self.certificate else 'http'}://{host}:{self.number}"
