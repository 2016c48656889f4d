# SPDX-License-Identifier: BSD-3-Clause
"""A daemon as far as a rotation looks at it: reads the CAKs of link dl0 from its configuration file
when it is told to, and is secured with the newest CAK that its gateway has too."""

import contextlib
import json
import re
import socket
import threading

CAK = re.compile(r'ckn"?: "(\w+)", "?cak"?: "([^"]+)"')


class Daemon:
    def __init__(self, site):
        self.site, self.reloads, self.is_up = site, 0, True
        self.follows = True  # agrees with what the gateway has
        self.reported_config = str(site.path)
        self.looks_left = 2  # until both ends have agreed on another CAK
        self.has_keys = True  # the key agent can fetch what is new
        self.pads = False  # names on the wire have 64 digits
        self.refusal = None  # what it says to a reload
        self.before_reload = lambda: None
        self.caks = self.read()
        self.in_use = self.caks[0][0]
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(str(site.socket))
        self.socket.listen(8)
        self.thread = threading.Thread(target=self.serve)

    def read(self):
        """(CKN, role) of every CAK in the file."""
        found = []
        for line in self.site.path.read_text().splitlines():
            role = line.strip().split(":")[0]
            if role in ("primary", "fallback", "key-chain"):
                found += [(match[1].upper(), role) for match in CAK.finditer(line)]
        return found

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *unused):
        self.is_up = False
        self.socket.shutdown(socket.SHUT_RDWR)
        self.thread.join(timeout=20)
        self.socket.close()
        self.site.socket.unlink()

    def serve(self):
        while self.is_up:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            with connection:
                line = connection.makefile("rb").readline()
                if not line:
                    continue  # whoever asked was killed before
                request = json.loads(line)
                answer = {"jsonrpc": "2.0", "id": request["id"], **self.answer(request["method"])}
                with contextlib.suppress(OSError):
                    connection.sendall(json.dumps(answer).encode() + b"\n")

    def answer(self, method):
        known = {"daemon.show": self.daemon_show, "daemon.reload": self.reload,
                 "link.show": self.link_show, "mka.show": self.mka_show}
        return known[method]()

    def daemon_show(self):
        return {"result": {"config": self.reported_config}}

    def reload(self):
        if self.refusal:
            return {"error": {"code": -32000, "message": self.refusal}}
        self.before_reload()
        self.reloads += 1
        had = dict(self.caks)
        self.caks = [one for one in self.read() if self.has_keys or one[0] in had]
        return {"result": {"config": self.reported_config}}

    def agree(self):
        """Secured with what both have; the gateway keeps the old CAK until the new one secures."""
        names = [cak["name"].upper() for cak in self.site.gateway_caks()
                 if cak["session"] == "primary" and cak["status"] not in ("failed", "inactive")]
        if not self.follows or names[:1] in ([], [self.in_use]) \
                or names[0] not in dict(self.caks):
            return
        self.looks_left -= 1
        if self.looks_left == 0:
            self.in_use = names[0]

    def on_wire(self, ckn):
        return ckn.ljust(64, "0") if self.pads else ckn

    def link_show(self):
        self.agree()
        return {"result": {"links": [{
            "name": "dl0", "state": "secured", "verdict": "ok",
            "ckn": self.on_wire(self.in_use.lower()), "key-server": True}]}}

    def mka_show(self):
        self.agree()
        return {"result": {"links": [{
            "name": "dl0", "state": "secured", "ckn": self.on_wire(self.in_use),
            "participants": [{"ckn": self.on_wire(ckn), "role": role}
                             for ckn, role in self.caks],
            "latest-sak": {"ckn": self.on_wire(self.in_use), "receives": True,
                           "transmits": True}}]}}
