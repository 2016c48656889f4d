# SPDX-License-Identifier: BSD-3-Clause
"""How an answer goes out: whole, or as a fault wants it."""

import contextlib
import json
import os
import socket
import struct
import time

from ibmcloud.clock import http_date
from ibmcloud.exchange import Answer
from ibmcloud.faults import edit

BLOCK = 1 << 16


def reset(connection):
    """RST instead of FIN; for a TLS connection without its farewell."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    cut(connection)


def cut(connection):
    """Closes the socket below everything that still refers to it."""
    number = connection.detach()
    if number >= 0:
        os.close(number)


def silence(connection, fault, faults):
    """Nothing at all, until the client goes, the fault is lifted, or its time is over."""
    until = time.monotonic() + fault.how["seconds"]
    connection.settimeout(0.1)
    while time.monotonic() < until and faults.is_there(fault):
        with contextlib.suppress(TimeoutError):
            if connection.recv(BLOCK) == b"":
                break


def replace(fault, clock):
    """The answer that a fault puts in the place of the service's, or None."""
    how = fault.how
    if fault.kind == "status":
        return canned(how, clock)
    if fault.kind == "redirect":
        return Answer(how["status"], b"", {"Location": how["location"]})
    if fault.kind == "garbage":
        return Answer(how["status"], how["body"].encode(), {"Content-Type": "text/html"})
    if fault.kind in ("huge", "raw", "reset", "close"):
        return Answer(200)
    return None


def canned(how, clock):
    body = how["body"]
    body = b"" if body is None else body.encode() if isinstance(body, str) \
        else json.dumps(body).encode()
    headers = {"Content-Type": how["content_type"], **how["headers"]}
    if how["retry_after"] is not None:
        headers["Retry-After"] = how["retry_after"]
    if how["retry_after_date"] is not None:
        headers["Retry-After"] = http_date(clock.now() + how["retry_after_date"])
    return Answer(how["status"], body, headers)


def send(handler, answer, fault):
    """Writes the answer to the handler's connection."""
    kind = fault.kind if fault else None
    if kind == "content":
        answer.body = edit(answer.body, fault.how["set"], fault.how["remove"])
    if kind == "delay":
        time.sleep(fault.how["seconds"])
    special = {"reset": send_reset, "close": send_nothing, "raw": send_raw, "huge": send_huge,
               "drip": send_drip, "truncate": send_part}.get(kind)
    if special:
        handler.close_connection = True
        special(handler, answer, fault.how)
    else:
        handler.wfile.write(whole(handler, answer))


def whole(handler, answer):
    body = b"" if handler.command == "HEAD" else answer.body
    return handler.head_octets(answer, len(answer.body)) + body


def send_reset(handler, _answer, _how):
    reset(handler.connection)


def send_nothing(handler, _answer, _how):
    cut(handler.connection)


def send_raw(handler, _answer, how):
    handler.wfile.write(how["text"].encode("latin-1"))


def send_part(handler, answer, how):
    """All headers with the full length, and only the first octets of the body."""
    handler.wfile.write(handler.head_octets(answer, len(answer.body))
                        + answer.body[:how["octets"]])
    cut(handler.connection)


def send_drip(handler, answer, how):
    """A few octets at a time: the body only, or from the status line on."""
    octets = whole(handler, answer)
    start = 0 if how["from_start"] else len(octets) - len(answer.body)
    handler.wfile.write(octets[:start])
    for position in range(start, len(octets), how["octets"]):
        handler.wfile.write(octets[position:position + how["octets"]])
        time.sleep(how["interval"])


def send_huge(handler, answer, how):
    """A body without end, for practical purposes; `text` is repeated."""
    left = how["octets"]
    handler.wfile.write(handler.head_octets(answer, None if how["chunked"] else left))
    block = (how["text"].encode() * BLOCK)[:BLOCK]
    while left > 0:
        part = block[:left]
        handler.wfile.write(b"%x\r\n%s\r\n" % (len(part), part) if how["chunked"] else part)
        left -= len(part)
    if how["chunked"]:
        handler.wfile.write(b"0\r\n\r\n")
