# SPDX-License-Identifier: BSD-3-Clause
"""The test's end of the admin socket (admin.py)."""

import json
import socket


def reach(path, call, arguments, timeout=30.0):
    """One call from the other side: (status, value)."""
    body = json.dumps(arguments).encode()
    head = (f"POST /{call} HTTP/1.1\r\nHost: admin\r\nConnection: close\r\n"
            f"Content-Length: {len(body)}\r\n\r\n").encode()
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(timeout)
        connection.connect(str(path))
        connection.sendall(head + body)
        octets = b"".join(iter(lambda: connection.recv(1 << 16), b""))
    head, _, body = octets.partition(b"\r\n\r\n")
    return int(head.split(b" ", 2)[1]), json.loads(body)
