"""A thousand reveals over real sockets, most of them cut off before the answer: a thousand audit rows."""

from __future__ import annotations

import random
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from socketserver import ThreadingMixIn
from urllib.parse import urlencode
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

import pytest
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.test import Client

from tests.town import Town
from wangge.domains.people.actions import revealing
from wangge.domains.people.models import PersonSeen
from wangge.domains.people.tests.homes import build
from wangge.domains.people.tests.test_access import crowd
from wangge.foundation.audit.models import AuditEntry

TIMES = 1000
FIELDS = ("name", "phone", "id_number", "born")


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    request_queue_size = 64

    def process_request_thread(self, request, address):
        try:
            super().process_request_thread(request, address)
        finally:
            connection.close()

    def handle_error(self, request, address):
        """The other side is gone: that is what this test does."""


class _Quiet(WSGIRequestHandler):
    def log_message(self, format, *args):  # noqa: A002 — as the library names it
        """Nothing."""

    def get_stderr(self):
        class Nowhere:
            def write(self, text):
                """Nothing."""

            def flush(self):
                """Nothing."""

        return Nowhere()


@pytest.fixture
def site(own_database, settings):
    settings.ALLOWED_HOSTS = ["127.0.0.1"]
    server = _Server(("127.0.0.1", 0), _Quiet)
    server.set_app(get_wsgi_application())
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_thousand_reveals_are_a_thousand_rows_also_when_cut_off(site, monkeypatch):
    town = Town()
    build(town)
    people = crowd(town, 50)
    client = Client()
    town.log_in(client, town.lin)
    session = client.cookies["wangge_session"].value
    token = "a" * 32
    left = []  # one entry for every value that was handed to the page
    real = revealing.reveal

    def counted(**asked):
        value = real(**asked)
        left.append(value)
        return value

    monkeypatch.setattr(revealing, "reveal", counted)
    chance = random.Random(4)
    work = [(number, chance.choice(people).public_id, chance.choice(FIELDS)) for number in range(TIMES)]

    def one(item):
        number, person, field = item
        body = urlencode({"person": person, "field": field, "purpose": "visit", "csrfmiddlewaretoken": token}).encode()
        head = (
            f"POST /desk/people/reveal/ HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
            f"Cookie: wangge_session={session}; wangge_csrf={token}\r\n"
            f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
        ).encode()
        with socket.create_connection(("127.0.0.1", site), timeout=60) as wire:
            wire.sendall(head + body)
            if number % 4 == 0:  # waits for all of it
                answer = b""
                while part := wire.recv(65536):
                    answer += part
                return answer.split(b"\r\n", 1)[0]
            if number % 4 == 1:  # hangs up in the middle of the first line
                wire.recv(5)
        return b""  # hangs up at once

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(one, work))
    for _n in range(600):
        if len(left) == TIMES:
            break
        threading.Event().wait(0.1)
    assert {answer for number, answer in enumerate(answers) if number % 4 == 0} == {b"HTTP/1.0 200 OK"}
    assert len(left) == TIMES
    rows = AuditEntry.objects.filter(kind="person.reveal", actor_id=town.lin.pk)
    assert rows.count() == TIMES
    counted_by_field = {field: sum(1 for _n, _p, asked in work if asked == field) for field in FIELDS}
    assert {field: rows.filter(data__field=field).count() for field in FIELDS} == counted_by_field
    assert PersonSeen.objects.filter(user=town.lin).count() == len({person for _n, person, _f in work})
