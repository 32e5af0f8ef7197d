"""What a test says to a broker without any client of NATS: the protocol is lines
of text. Standard library, and openssl for signatures with nkeys."""
import base64
import json
import socket
import subprocess
import tempfile

import command

# Of a private Ed25519 key in DER, before its 32 bytes (RFC 8410).
PKCS8 = bytes.fromhex("302e020100300506032b657004220420")
SEED_AT = 2  # bytes of its kind, which come before those 32


def sign(seed, text):
    """With an nkey's seed, as make_nkey.py writes it."""
    raw = base64.b32decode(seed + "=" * (-len(seed) % 8))
    with tempfile.NamedTemporaryFile() as key, \
            tempfile.NamedTemporaryFile() as signed:
        key.write(PKCS8 + raw[SEED_AT:SEED_AT + 32])
        key.flush()
        signed.write(text)
        signed.flush()
        found = subprocess.run(
            ["openssl", "pkeyutl", "-sign", "-rawin", "-keyform", "DER",
             "-inkey", key.name, "-in", signed.name], check=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE).stdout
    return base64.urlsafe_b64encode(found).decode().rstrip("=")


class Client:
    """A connection; `tls` is an SSLContext where the broker wants that."""

    def __init__(self, port, tls=None):
        self.socket = socket.create_connection(("127.0.0.1", port),
                                               command.TIMEOUT)
        self.lines = self.socket.makefile("rb")
        self.info = json.loads(self.line()[len("INFO "):])
        if tls:
            self.socket = tls.wrap_socket(self.socket,
                                          server_hostname="localhost")
            self.lines = self.socket.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.lines.close()
        self.socket.close()

    def line(self):
        return self.lines.readline().decode()

    def send(self, text):
        self.socket.sendall(text.encode())

    def answer(self):
        """The next line but PING; "" at the end."""
        while True:
            line = self.line().strip()
            if line == "PING":
                self.send("PONG\r\n")
            else:
                return line

    def connect(self, **fields):
        """Say who asks, token or nkey and its seed; gives PONG, or the error."""
        if "seed" in fields:
            fields["sig"] = sign(fields.pop("seed"), self.info["nonce"].encode())
        self.send("CONNECT " + json.dumps({"verbose": False, "pedantic": False,
                                           "lang": "test", "version": "1",
                                           "protocol": 1, **fields}) +
                  "\r\nPING\r\n")
        return self.answer()

    def publish(self, subject, text=""):
        """Gives PONG, or the error."""
        self.send(f"PUB {subject} {len(text)}\r\n{text}\r\nPING\r\n")
        return self.answer()

    def subscribe(self, subject):
        self.send(f"SUB {subject} 1\r\nPING\r\n")
        return self.answer()


class Asker(Client):
    """Requests, and their answers, which are JSON."""

    def __init__(self, port, **fields):
        super().__init__(port)
        command.same(self.connect(**fields), "PONG")
        command.same(self.subscribe("answer"), "PONG")

    def ask(self, subject, text=""):
        self.send(f"PUB {subject} answer {len(text)}\r\n{text}\r\n")
        head = self.answer().split()
        assert head[0] == "MSG", head
        return json.loads(self.lines.read(int(head[-1]) + 2))
