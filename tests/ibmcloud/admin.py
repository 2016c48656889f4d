# SPDX-License-Identifier: BSD-3-Clause
"""The admin socket: a test's hand on the cloud. HTTP over a UNIX socket that only its owner opens.

POST /CALL with a JSON object of arguments; answers 200 with the result or 400 with {"error": …}.
The calls are the public functions of control.Control:
curl --unix-socket FOLDER/admin.sock http://admin/fault -d '{"kind": "status", "status": 503}'
"""

import json
import os
import threading
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingMixIn, UnixStreamServer

from ibmcloud.control import Control


class AdminHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        size = int(self.headers.get("Content-Length", "0"))
        try:
            arguments = json.loads(self.rfile.read(size) or b"{}")
            status, value = 200, self.server.control.call(self.path.strip("/"), arguments)
        except Exception as error:  # every slip of a test is told to the test
            status, value = 400, {"error": f"{type(error).__name__}: {error}"}
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def address_string(self):
        return "admin"

    def log_message(self, *_):
        """Nobody listens."""


class AdminServer(ThreadingMixIn, UnixStreamServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64


class Admin:
    def __init__(self, cloud, path):
        self.path, self.control, self.server = path, Control(cloud), None

    def up(self):
        before = os.umask(0o077)
        try:
            self.server = AdminServer(str(self.path), AdminHandler)
        finally:
            os.umask(before)
        self.server.control = self.control
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
