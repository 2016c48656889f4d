# SPDX-License-Identifier: BSD-3-Clause
"""Requests, answers, and the table that leads from one to the other."""

import json
import re
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import parse_qs, unquote, urlsplit

REASONS = {status.value: status.phrase for status in HTTPStatus}
REASONS[422] = "Unprocessable Entity"  # its older name, which IBM uses


@dataclass
class Request:
    """One HTTP request as a service sees it; header names are in lower case."""

    service: str
    method: str
    target: str
    headers: dict
    body: bytes = b""
    credential: str = None  # who asked; for the journal
    token: int = None       # serial number of the bearer token

    def __post_init__(self):
        parts = urlsplit(self.target)
        self.path = parts.path
        self.query = parse_qs(parts.query, keep_blank_values=True)

    def argument(self, name, default=None):
        return self.query.get(name, [default])[0]

    def header(self, name, default=None):
        return self.headers.get(name.lower(), default)

    def json(self):
        """The body's object; ValueError when it is none."""
        value = json.loads(self.body.decode())
        if not isinstance(value, dict):
            raise ValueError("the body is no JSON object")
        return value


@dataclass
class Answer:
    status: int = 200
    body: bytes = b""
    headers: dict = field(default_factory=dict)


def answer_json(status, value, headers=None):
    return Answer(status, json.dumps(value).encode(),
                  {"Content-Type": "application/json", **(headers or {})})


def answer_text(status, text, headers=None):
    return Answer(status, text.encode(), {"Content-Type": "text/plain", **(headers or {})})


class Refusal(Exception):
    """Ends the handling of a request with this answer."""

    def __init__(self, answer):
        super().__init__(answer.status)
        self.answer = answer


class Service:
    """Names its ROUTES: (method, path with {placeholders}, name of the function)."""

    ROUTES = ()
    PREFIX = ""

    def __init__(self, name):
        self.name = name
        self.table = [(method, self.pattern(path), function)
                      for method, path, function in self.ROUTES]

    def pattern(self, path):
        return re.compile(self.PREFIX + re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path) + r"/?")

    def answer(self, request):
        """The cloud's lock is held: answers come from one state."""
        methods = set()
        for method, pattern, function in self.table:
            match = pattern.fullmatch(request.path)
            if match and method == request.method:
                words = {name: unquote(word) for name, word in match.groupdict().items()}
                try:
                    return getattr(self, function)(request, **words)
                except Refusal as refusal:
                    return refusal.answer
            if match:
                methods.add(method)
        return self.unknown(request, sorted(methods))

    def unknown(self, request, methods):
        """No route: `methods` are those that the path does have."""
        status = 405 if methods else 404
        return answer_json(status, {"errors": [{
            "code": "method_not_allowed" if methods else "not_found",
            "message": f"{request.method} {request.path} is not served"}]})
