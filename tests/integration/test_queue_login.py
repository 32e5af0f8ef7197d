#!/usr/bin/python3
"""Who may do what at a broker with the sample settings: tokens, nkeys, TLS.

    test_queue_login.py FOVEA MODEL_DIRECTORY QUEUE_TOOL NATS_DIRECTORY
"""
import shutil
import socket
import subprocess
import sys
import threading

import command
from broker import Broker
from broker_settings import TOKEN, broker_of, settings_in
from command import Skip, main, put, same, wait_until
from queue_handle import TAG, Tool

SAMPLES = sys.argv[4]


def is_told(tool, status, *words):
    assert tool.opened.startswith(status + " "), tool.opened
    for word in words:
        assert word in tool.opened, (word, tool.opened)
    assert TOKEN not in tool.opened, tool.opened


def test_a_token(directory):
    _, variables = settings_in(directory, SAMPLES)
    with broker_of(directory, "token.conf", variables) as broker:
        for flags in ((), ("--token-file", put(directory, "wrong", b"secret9\n"))):
            with Tool(broker.url, "j", *flags) as tool:
                is_told(tool, "queue_denied", "--queue-token-file")
                assert "secret9" not in tool.opened
        with Tool(broker.url, "j", "--token-file",
                  put(directory, "empty", b"\n\n")) as tool:
            is_told(tool, "argument", "no secret in it")
        with Tool(broker.url, "j", "--token-file", directory + "/none") as tool:
            is_told(tool, "file_not_found", "none")
        with Tool(broker.url, "j", "--token-file",
                  directory + "/queue.token") as tool:
            same(tool.opened, "ok")
            tool.ok(f"create {TAG} 1000")
            same(tool.publish([0]), [1, 0])
            same(tool.fetch()[1], 0)
            # It is still known after a break.
            broker.restart()
            wait_until(lambda: tool.say("look").startswith("ok"), "the broker")


def test_a_token_that_is_taken_away(directory):
    """A node whose token is no longer good is told so, and does not try for ever."""
    _, variables = settings_in(directory, SAMPLES)
    with broker_of(directory, "token.conf", variables) as broker, \
            Tool(broker.url, "j", "--token-file",
                 directory + "/queue.token") as tool:
        tool.ok(f"create {TAG} 1000")
        same(tool.say("fetch 10"), "none")
        broker.kill()
        put(directory, "token.secret.conf", b'token: "another"\n')
        broker.start()
        said = wait_until(lambda: (lambda said: said != "none" and said)(
            tool.say("fetch 200")), "the refusal")
        assert said.startswith("queue_denied "), said


def test_nkeys(directory):
    seeds, variables = settings_in(directory, SAMPLES)
    with broker_of(directory, "nkey.conf", variables) as broker:
        def as_user(user, timeout="20000"):
            return Tool(broker.url, "j", "--nkey", f"{directory}/{user}.nkey",
                        "--timeout", timeout)
        with Tool(broker.url, "j") as tool:
            is_told(tool, "queue_denied")
        shutil.copytree(SAMPLES, directory + "/samples")
        subprocess.run([directory + "/samples/make_nkey.py",
                        directory + "/stranger.nkey"], check=True,
                       stdout=subprocess.DEVNULL)
        with as_user("stranger") as tool:
            is_told(tool, "queue_denied")
        for text in (b"SUABC", seeds["owner"][:-1].encode(),
                     seeds["owner"].replace("SU", "SA", 1).encode()):
            with Tool(broker.url, "j", "--nkey",
                      put(directory, "bad.nkey", text)) as tool:
                is_told(tool, "argument", "no seed of a user")
                assert text.decode() not in tool.opened
        # In the frame that nsc puts around it.
        put(directory, "framed.nkey", b"-----BEGIN USER NKEY SEED-----\n" +
            seeds["owner"].encode() + b"\n------END USER NKEY SEED------\n")
        with as_user("framed") as owner:
            same(owner.opened, "ok")
            owner.ok(f"create {TAG} 5000")
            same(owner.publish([0, 1]), [2, 0])
            with as_user("node") as node, as_user("reader") as reader:
                same((node.opened, reader.opened), ("ok", "ok"))
                mine = node.fetch()
                node.ok(f"keep {mine[0]}")
                node.ok(f"done {mine[0]}")
                node.ok("asked")
                reader.ok("look")
                wait_until(lambda: reader.ok("ask") == [] and
                           node.ok("asked") == ["1"], "the question")
                node.ok("report n {}")
                same(reader.ok(f"heard {command.TIMEOUT * 1000}"), ["n", "{}"])
                same(reader.counts()[:2], [1, 0])
            # What they may not do they are told.
            with as_user("node", "1000") as node:
                node.ok("publish 7 x")
                node.refused("end", "queue_denied")
                node.refused("purge 0", "queue_denied")
                node.refused("remove", "queue_denied")
            with as_user("reader", "1000") as reader:
                reader.refused(f"create {TAG} 5000", "queue_denied")
            owner.ok("purge 0")
            same(owner.publish([0, 1]), [1, 1])
            owner.ok("remove")


def certificate(directory, name, host):
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
         "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
         f"/CN={host}", "-addext", f"subjectAltName={host}", "-keyout",
         f"{directory}/{name}.key", "-out", f"{directory}/{name}.pem"],
        check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL)


def test_tls(directory):
    _, variables = settings_in(directory, SAMPLES)
    with broker_of(directory, "tls.conf", variables) as broker:
        tls = broker.url.replace("nats://", "tls://")
        nkey = ("--nkey", f"{directory}/owner.nkey")
        trusted = ("--ca", f"{directory}/broker.pem")
        with Tool(tls, "j", *nkey, *trusted) as tool:
            same(tool.opened, "ok")
            tool.ok(f"create {TAG} 1000")
        with Tool(broker.url, "j", *nkey) as tool:
            is_told(tool, "queue", "--queue-ca")
        with Tool(tls, "j", *nkey) as tool:  # not by the machine's own
            is_told(tool, "queue", "--queue-ca")
        certificate(directory, "other", "DNS:localhost")
        with Tool(tls, "j", *nkey, "--ca", f"{directory}/other.pem") as tool:
            is_told(tool, "queue")
        with Tool(tls, "j", *nkey, "--ca", f"{directory}/none.pem") as tool:
            is_told(tool, "argument", "--queue-ca")
        with Tool(broker.url, "j", *nkey, *trusted) as tool:
            is_told(tool, "argument", "tls://")


def test_a_certificate_of_another_host(directory):
    if not shutil.which("openssl"):
        raise Skip("openssl is missing")
    certificate(directory, "b", "DNS:elsewhere.example")
    put(directory, "b.conf", f"""
        listen: "127.0.0.1:-1"
        tls {{ cert_file: "{directory}/b.pem", key_file: "{directory}/b.key" }}
        jetstream {{ store_dir: "{directory}/js" }}
        """.encode())
    with Broker(directory + "/run", settings=directory + "/b.conf") as broker:
        tls = broker.url.replace("nats://", "tls://")
        with Tool(tls, "j", "--ca", f"{directory}/b.pem") as tool:
            is_told(tool, "queue")


def test_certificates_of_clients(directory):
    if not shutil.which("openssl"):
        raise Skip("openssl is missing")
    certificate(directory, "b", "IP:127.0.0.1")
    certificate(directory, "c", "DNS:client")
    put(directory, "b.conf", f"""
        listen: "127.0.0.1:-1"
        tls {{ cert_file: "{directory}/b.pem", key_file: "{directory}/b.key",
              ca_file: "{directory}/c.pem", verify: true }}
        jetstream {{ store_dir: "{directory}/js" }}
        """.encode())
    with Broker(directory + "/run", settings=directory + "/b.conf") as broker:
        tls = broker.url.replace("nats://", "tls://")
        trusted = ("--ca", f"{directory}/b.pem")
        mine = ("--cert", f"{directory}/c.pem", "--key", f"{directory}/c.key")
        with Tool(tls, "j", *trusted, *mine) as tool:
            same(tool.opened, "ok")
            tool.ok(f"create {TAG} 1000")
        with Tool(tls, "j", *trusted) as tool:
            assert tool.opened != "ok", tool.opened
        with Tool(tls, "j", *trusted, *mine[:2]) as tool:
            is_told(tool, "argument", "--queue-key")


class Impatient:
    """A broker that does not wait for who a client is, and says so."""

    def __init__(self, waits):
        self.waits = waits
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"nats://127.0.0.1:{self.listener.getsockname()[1]}"
        self.thread = threading.Thread(target=self.answer)

    def answer(self):
        connection, _ = self.listener.accept()
        with connection:
            connection.sendall(b'INFO {"server_id":"x","version":"2.9.10",'
                               b'"proto":1,"auth_required":true,'
                               b'"max_payload":1048576,"headers":true}\r\n')
            said = b"" if self.waits else b"PING"
            while b"PING" not in said:
                said += connection.recv(4096)
            connection.sendall(b"-ERR 'Authentication Timeout'\r\n")

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.thread.join()
        self.listener.close()


def test_too_late_is_not_refused(directory):
    """Who was too slow for a broker may try again; who is refused may not."""
    token = put(directory, "token", b"secret9\n")
    for waits in (False, True):
        with Impatient(waits) as broker, \
                Tool(broker.url, "j", "--token-file", token) as tool:
            is_told(tool, "queue")


main([value for name, value in list(globals().items())
      if name.startswith("test_")])
