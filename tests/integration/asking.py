"""A server for a test: started, asked, ended. Standard library only."""
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
import time

import command

PATIENCE_S = 30


def wait_for(condition, what):
    """Until the condition gives something true; gives that."""
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        found = condition()
        if found:
            return found
        time.sleep(0.005)
    raise AssertionError(f"waited in vain for {what}")


class Answer:
    """What came back: status, headers (lower case), body."""

    def __init__(self, response):
        self.status = response.status
        self.headers = {k.lower(): v for k, v in response.getheaders()}
        self.body = response.read()

    @property
    def json(self):
        return json.loads(self.body)

    def vectors(self):
        return [item["embedding"] for item in self.json["data"]]


class Server:
    """fovea serve on a free port, with the small model unless models are
    named."""

    def __init__(self, *flags, models=None, env=None, unix=None, port=0,
                 **options):
        self.folder = tempfile.TemporaryDirectory(prefix="fovea-run-")
        self.run_folder = os.path.join(self.folder.name, "run")
        os.mkdir(self.run_folder, 0o700)
        self.log_path = os.path.join(self.folder.name, "stderr")
        self.env = command.environment(XDG_RUNTIME_DIR=self.run_folder,
                                       **(env or {}))
        where = ["--unix", unix] if unix else ["--port", str(port)]
        words = [command.FOVEA, "serve", *where, *flags,
                 *(models or [command.MODEL])]
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(words, stderr=log, env=self.env,
                                            stdin=subprocess.DEVNULL,
                                            **options)
        self.unix = unix
        self.port = None
        try:
            found = wait_for(self.address, "the server's address")
        except AssertionError:
            self.process.kill()
            self.process.wait()
            raise
        if not unix:
            self.port = int(found)

    def address(self):
        if self.process.poll() is not None:
            raise AssertionError("the server has ended: " + self.log())
        pattern = (r'listening on unix:([^"]+)"' if self.unix else
                   r'listening on http://[^ "]*:(\d+)"')
        found = re.search(pattern, self.log())
        return found and found[1]

    def log(self):
        return command.read(self.log_path).decode()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(PATIENCE_S)
        finally:
            self.process.kill()
            self.folder.cleanup()

    def stop(self):
        """End it in order; gives the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE_S)

    def connect(self):
        return http.client.HTTPConnection("127.0.0.1", self.port,
                                          timeout=PATIENCE_S)

    def raw(self):
        """A bare socket."""
        if self.unix:
            made = socket.socket(socket.AF_UNIX)
            made.settimeout(PATIENCE_S)
            made.connect(self.unix)
            return made
        return socket.create_connection(("127.0.0.1", self.port), PATIENCE_S)

    def ask(self, method, path, body=None, **headers):
        """One request on a connection of its own. Names of headers have _ for
        -."""
        connection = self.connect()
        try:
            connection.request(method, path, body, {
                name.replace("_", "-"): value
                for name, value in headers.items()})
            return Answer(connection.getresponse())
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


def b64(data):
    return base64.b64encode(data).decode()


def floats(text):
    """Numbers of a vector in base64."""
    data = base64.b64decode(text)
    return list(struct.unpack(f"<{len(data) // 4}f", data))


def as_float32(values):
    return [struct.unpack("<f", struct.pack("<f", value))[0]
            for value in values]


def is_error(answer, status, code, *parts):
    """The shape of every error, and what it must say."""
    assert answer.status == status, (answer.status, answer.body)
    error = answer.json["error"]
    assert sorted(error) == ["code", "message", "param", "type"], error
    assert error["code"] == code, error
    for part in parts:
        assert part in error["message"], (part, error["message"])
    return error
