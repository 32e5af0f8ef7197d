"""What the tests of `fovea serve` share: a server that is started, asked and
ended, and waiting for things with a deadline. Standard library only."""
import base64
import http.client
import json
import os
import re
import signal
import socket
import struct
import subprocess
import tempfile

import command
from command import wait_until

DEADLINE_S = command.TIMEOUT
KEY = "sesame-open-1"


def b64(data):
    return base64.b64encode(data).decode()


def floats(text):
    """Numbers of a vector in base64."""
    data = base64.b64decode(text)
    return list(struct.unpack(f"<{len(data) // 4}f", data))


def as_float32(values):
    return [struct.unpack("<f", struct.pack("<f", value))[0]
            for value in values]


class Answer:
    """What came back: status, headers (names in lower case), body."""

    def __init__(self, response):
        self.status = response.status
        self.headers = {k.lower(): v for k, v in response.getheaders()}
        self.body = response.read()

    @property
    def json(self):
        return json.loads(self.body)

    def vectors(self):
        return [item["embedding"] for item in self.json["data"]]

    def error(self):
        """The code of an error, whose shape must be the one of all."""
        error = self.json["error"]
        command.same(sorted(error), ["code", "message", "param", "type"])
        return error["code"]


def is_error(answer, status, code, *parts):
    """What every error is and this one must say; gives it."""
    assert answer.status == status, (answer.status, answer.body)
    assert answer.error() == code, answer.body
    error = answer.json["error"]
    for part in parts:
        assert part in error["message"], (part, error["message"])
    return error


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=DEADLINE_S)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(DEADLINE_S)
        self.sock.connect(self.path)


def ask(connection, method, path, body=None, **headers):
    """Names of headers may have _ for -."""
    connection.request(method, path, body, {
        name.replace("_", "-"): value for name, value in headers.items()})
    return Answer(connection.getresponse())


class Server:
    """`fovea serve` on a free port, with the small model unless others are
    named. Started when made, ready when entered, gone when left."""

    def __init__(self, *flags, models=(command.MODEL,),
                 address=("--port", "0"), starter=(), env=None, **options):
        self.folder = tempfile.TemporaryDirectory(prefix="fovea-run-")
        self.log_path = os.path.join(self.folder.name, "log")
        self.env = command.environment(XDG_RUNTIME_DIR=self.folder.name,
                                       **(env or {}))
        self.port = self.unix = None
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(
                [*starter, command.FOVEA, "serve", *address, *flags, *models],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env=self.env, **options)

    def log(self):
        return command.read(self.log_path).decode("utf-8", "replace")

    def wait_ready(self):
        """Until it listens and its address is known."""
        def listening():
            assert self.process.poll() is None, self.log()
            return re.search(
                r'listening on (?:unix:([^"]+)|http://[^ "]*:(\d+))"',
                self.log())
        found = wait_until(listening, "the server's address")
        self.unix, self.port = found[1], found[2] and int(found[2])

    def __enter__(self):
        try:
            self.wait_ready()
        except BaseException:
            self.process.kill()
            self.__exit__()
            raise
        return self

    def __exit__(self, kind=None, *_):
        was_there = self.process.poll() is None
        try:
            status = self.end()
            # What sanitizers find at the end shows here too.
            assert kind or not was_there or status == 0, (status, self.log())
        finally:
            self.folder.cleanup()

    def end(self):
        """In order, if it has not ended; gives the exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(DEADLINE_S)
        finally:
            self.process.kill()
            self.process.wait()

    def connect(self):
        if self.unix:
            return UnixConnection(self.unix)
        return http.client.HTTPConnection("127.0.0.1", self.port,
                                          timeout=DEADLINE_S)

    def raw(self):
        """A bare socket."""
        connection = self.connect()
        connection.connect()
        return connection.sock

    def ask(self, method, path, body=None, **headers):
        """One request on a connection of its own."""
        connection = self.connect()
        try:
            return ask(connection, method, path, body, **headers)
        finally:
            connection.close()

    def get(self, path, **headers):
        return self.ask("GET", path, **headers)

    def post(self, body, path="/v1/embeddings", **headers):
        """JSON, unless it is bytes."""
        if not isinstance(body, bytes):
            body = json.dumps(body).encode()
            headers.setdefault("Content_Type", "application/json")
        return self.ask("POST", path, body, **headers)

    def upload(self, image, query="", **headers):
        return self.post(image, "/v1/embeddings/image" + query, **headers)

    def metric(self, line):
        """The value of a line of /metrics; 0 if it is not there."""
        text = self.get("/metrics").body.decode()
        for row in text.splitlines():
            if row.startswith(line + " "):
                return float(row.split(" ")[-1])
        return 0.0

    def hold_workers(self):
        """Keep the workers that are there from working; gives their pids."""
        pids = [worker["pid"] for worker in
                self.get("/v1/pool").json["workers"]]
        assert pids
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        return pids
