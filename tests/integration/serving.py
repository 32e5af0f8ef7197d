"""What the tests of `fovea serve` share: a server that listens on a port of the
kernel's choice, requests to it, and waiting for things with a deadline."""
import binascii
import http.client
import json
import os
import re
import select
import signal
import socket
import subprocess
import time

import command

DEADLINE_S = 30
KEY = "sesame-open-1"


def wait_until(condition, what):
    """Poll; gives what the condition gave in the end."""
    until = time.monotonic() + DEADLINE_S
    while True:
        found = condition()
        if found:
            return found
        assert time.monotonic() < until, f"waited too long for {what}"
        select.select([], [], [], 0.01)


def base64(data):
    return binascii.b2a_base64(data, newline=False).decode()


def unbase64(text):
    return binascii.a2b_base64(text)


class Answer:
    """Status, headers (names in lower case) and body."""

    def __init__(self, status, headers, body):
        self.status = status
        self.headers = {name.lower(): value for name, value in headers}
        self.body = body

    def json(self):
        return json.loads(self.body)

    def error(self):
        """The code of an error, whose shape must be the one of all."""
        error = self.json()["error"]
        command.same(sorted(error), ["code", "message", "param", "type"])
        return error["code"]


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=DEADLINE_S)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(DEADLINE_S)
        self.sock.connect(self.path)


def ask(connection, method, path, body=None, headers=None):
    connection.request(method, path, body, headers or {})
    response = connection.getresponse()
    return Answer(response.status, response.getheaders(), response.read())


class Server:
    """`fovea serve` with the small model, in a directory of the test's."""

    def __init__(self, directory, *flags, models=(command.MODEL,),
                 address=("--port", "0"), **options):
        self.directory = directory
        self.log_path = os.path.join(directory, "server.log")
        options.setdefault("env", command.environment(
            XDG_RUNTIME_DIR=self.runtime(directory)))
        self.log = open(self.log_path, "wb")
        self.process = subprocess.Popen(
            [command.FOVEA, "serve", *address, *flags, *models],
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
            **options)
        self.port = None

    @staticmethod
    def runtime(directory):
        """A folder of the user's own for the control socket."""
        path = os.path.join(directory, "run")
        os.makedirs(path, mode=0o700, exist_ok=True)
        return path

    def text(self):
        return command.read(self.log_path).decode("utf-8", "replace")

    def wait_ready(self):
        """Until it listens; the port of TCP, if it has one."""
        def listening():
            assert self.process.poll() is None, self.text()
            return re.search(r"listening on (unix:|http://\S+:(\d+))",
                             self.text())
        found = wait_until(listening, "the server's start")
        self.port = int(found[2]) if found[2] else None
        return self

    def __enter__(self):
        try:
            return self.wait_ready()
        except BaseException:
            self.end(signal.SIGKILL)
            raise

    def __exit__(self, *_):
        self.end()

    def end(self, number=signal.SIGTERM):
        """End it and give its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            return self.process.wait(DEADLINE_S)
        finally:
            if self.process.poll() is None:
                self.process.kill()
                self.process.wait()
            self.log.close()

    def connect(self):
        return http.client.HTTPConnection("127.0.0.1", self.port,
                                          timeout=DEADLINE_S)

    def ask(self, method, path, body=None, headers=None):
        """One request on a connection of its own."""
        connection = self.connect()
        try:
            return ask(connection, method, path, body, headers)
        finally:
            connection.close()

    def post(self, path, value, headers=None):
        return self.ask("POST", path, json.dumps(value).encode(),
                        {"Content-Type": "application/json",
                         **(headers or {})})
