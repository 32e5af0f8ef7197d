#!/usr/bin/python3
"""What the server says to systemd and takes from it, without systemd: the test
binds the sockets, hands them over, and reads the notices."""
import json
import os
import select
import signal
import socket
import time

import command
from command import picture, same
from serving import DEADLINE_S, Server, UnixConnection, ask, wait_until

FIRST_FD = 3
WATCHDOG_MS = 400


class Notices:
    """The socket that NOTIFY_SOCKET names."""

    def __init__(self, name):
        self.name = name
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind("\0" + name[1:] if name[0] == "@" else name)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def next(self):
        """The next notice's variables."""
        ready, _, _ = select.select([self.socket], [], [], DEADLINE_S)
        assert ready, "no notice came"
        text = self.socket.recv(4096).decode()
        return dict(line.split("=", 1) for line in text.split("\n"))

    def wait_for(self, name):
        """Skip the watchdog's; the first other notice has to be this one."""
        while True:
            notice = self.next()
            if name in notice or "WATCHDOG" not in notice:
                assert notice.get(name), (name, notice)
                return notice


def listener(family, address):
    bound = socket.socket(family)
    bound.bind(address)
    bound.listen()
    return bound


# What the service manager does between fork and exec.
STARTER = """
import fcntl, os, sys
n = int(sys.argv[1])
given = [int(word) for word in sys.argv[2:2 + n]]
high = [fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 100) for fd in given]
for fd in given:
    os.set_inheritable(fd, False)
for i, fd in enumerate(high):
    os.dup2(fd, 3 + i)
os.environ["LISTEN_FDS"] = str(n)
os.environ["LISTEN_PID"] = str(os.getpid() + int(sys.argv[2 + n]))
os.execv(sys.argv[3 + n], sys.argv[3 + n:])
"""


class Service(Server):
    """A server that was handed sockets, and may be told to tell."""

    def __init__(self, sockets, notices=None, wrong_pid=0, flags=(),
                 **variables):
        if notices:
            variables["NOTIFY_SOCKET"] = notices.name
        given = [bound.fileno() for bound in sockets]
        super().__init__(
            *flags, address=(), env=variables, pass_fds=given,
            starter=["/usr/bin/python3", "-c", STARTER, str(len(given)),
                     *map(str, given), str(wrong_pid)])
        self.port = sockets[0].getsockname()[1]

    def wait_ready(self):
        """Its sockets take connections from the start."""


def embed(connection):
    return ask(connection, "POST", "/v1/embeddings/image", picture(1))


def test_ready_is_told_when_it_serves(directory):
    name = os.path.join(directory, "notify")
    with Notices(name) as notices, \
            listener(socket.AF_INET, ("127.0.0.1", 0)) as bound, \
            Service([bound], notices) as server:
        notice = notices.wait_for("READY")
        same(notice["READY"], "1")
        same(server.get("/readyz").status, 200)


def test_notices_go_to_abstract_names_too(_):
    with Notices(f"@fovea-test-{os.getpid()}") as notices, \
            listener(socket.AF_INET, ("127.0.0.1", 0)) as bound, \
            Service([bound], notices):
        same(notices.wait_for("READY")["READY"], "1")


def test_several_sockets_are_served(directory):
    path = os.path.join(directory, "http.sock")
    with listener(socket.AF_INET, ("127.0.0.1", 0)) as tcp, \
            listener(socket.AF_UNIX, path) as local, \
            Service([tcp, local]) as server:
        same(embed(server.connect()).status, 200)
        connection = UnixConnection(path)
        same(embed(connection).status, 200)
        pool = ask(connection, "GET", "/v1/pool").json
        same(sorted(pool["listen"]),
             [f"http://127.0.0.1:{server.port}", "unix"])
    # The sockets are not the server's to remove.
    assert os.path.exists(path)


def test_the_watchdog_is_fed(directory):
    name = os.path.join(directory, "notify")
    with Notices(name) as notices, \
            listener(socket.AF_INET, ("127.0.0.1", 0)) as bound, \
            Service([bound], notices,
                    WATCHDOG_USEC=str(1000 * WATCHDOG_MS)) as server:
        notices.wait_for("READY")
        connection = server.connect()
        for _ in range(6):
            same(notices.next(), {"WATCHDOG": "1"})
            # Working does not keep it from telling.
            same(embed(connection).status, 200)


def test_the_watchdog_is_fed_no_more_than_it_asks(directory):
    name = os.path.join(directory, "notify")
    with Notices(name) as notices, \
            listener(socket.AF_INET, ("127.0.0.1", 0)) as bound, \
            Service([bound], notices,
                    WATCHDOG_USEC=str(3600 * 1000000)) as server:
        notices.wait_for("READY")
        same(notices.next(), {"WATCHDOG": "1"})  # the first, at once
        same(embed(server.connect()).status, 200)
        server.process.send_signal(signal.SIGTERM)
        same(notices.next(), {"STOPPING": "1"})


def test_a_watchdog_of_another_process_is_not_fed(directory):
    name = os.path.join(directory, "notify")
    with Notices(name) as notices, \
            listener(socket.AF_INET, ("127.0.0.1", 0)) as bound, \
            Service([bound], notices, WATCHDOG_USEC="1000",
                    WATCHDOG_PID="1") as server:
        notice = notices.next()
        assert "READY" in notice, notice
        same(embed(server.connect()).status, 200)
        server.process.send_signal(signal.SIGTERM)
        notice = notices.next()
        same(notice, {"STOPPING": "1"})


def test_the_end_is_told(directory):
    name = os.path.join(directory, "notify")
    with Notices(name) as notices, \
            listener(socket.AF_INET, ("127.0.0.1", 0)) as bound, \
            Service([bound], notices) as server:
        notices.wait_for("READY")
        server.process.send_signal(signal.SIGTERM)
        same(notices.wait_for("STOPPING"), {"STOPPING": "1"})
        same(server.end(), 0)


def test_a_reload_is_told_and_reads_the_keys(directory):
    name = os.path.join(directory, "notify")
    keys = command.put(directory, "keys", b"first-key\n")
    with Notices(name) as notices, \
            listener(socket.AF_INET, ("127.0.0.1", 0)) as bound, \
            Service([bound], notices,
                    flags=("--api-key-file", keys)) as server:
        notices.wait_for("READY")
        command.put(directory, "keys", b"second-key\n")
        before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        server.process.send_signal(signal.SIGHUP)
        notice = notices.wait_for("RELOADING")
        same(notice["RELOADING"], "1")
        after = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        assert before <= int(notice["MONOTONIC_USEC"]) <= after, notice
        same(notices.wait_for("READY"), {"READY": "1"})
        for key, status in (("first-key", 401), ("second-key", 200)):
            same(server.get("/v1/models", Authorization=f"Bearer {key}").status,
                 status)


def test_connections_wait_for_the_next_server(_):
    with listener(socket.AF_INET, ("127.0.0.1", 0)) as bound:
        for _ in range(2):
            # Nobody serves; the connection is made, the request is sent.
            early = socket.create_connection(bound.getsockname(),
                                             DEADLINE_S)
            early.sendall(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n"
                          b"Connection: close\r\n\r\n")
            with Service([bound]) as server:
                with early, early.makefile("rb") as answer:
                    same(answer.readline(), b"HTTP/1.1 200 OK\r\n")
                    same(json.loads(answer.read().split(b"\r\n\r\n")[1]),
                         {"status": "alive"})
                same(server.end(), 0)


def test_work_under_way_is_finished_while_the_socket_stays(directory):
    name = os.path.join(directory, "notify")
    with Notices(name) as notices, \
            listener(socket.AF_INET, ("127.0.0.1", 0)) as bound:
        with Service([bound], notices) as server:
            notices.wait_for("READY")
            connection = server.connect()
            connection.request("POST", "/v1/embeddings/image", picture(2))
            # A cold start is under way: the request is not done yet.
            watcher = server.connect()
            wait_until(lambda: ask(watcher, "GET", "/v1/pool").json
                       ["models"][0]["submitted"] == 1, "the image")
            server.process.send_signal(signal.SIGTERM)
            same(connection.getresponse().status, 200)
            same(server.process.wait(DEADLINE_S), 0)
            late = socket.create_connection(bound.getsockname(),
                                            DEADLINE_S)
        with late, Service([bound]):
            late.sendall(b"GET /livez HTTP/1.0\r\n\r\n")
            with late.makefile("rb") as answer:
                same(answer.readline().split()[1], b"200")


def test_connections_during_a_drain_are_the_next_servers(directory):
    name = os.path.join(directory, "notify")
    image = picture(3)
    with Notices(name) as notices, \
            listener(socket.AF_INET, ("127.0.0.1", 0)) as bound:
        with Service([bound], notices) as server:
            notices.wait_for("READY")
            slow = server.connect()
            slow.putrequest("POST", "/v1/embeddings/image")
            slow.putheader("Content-Length", str(len(image)))
            slow.endheaders(image[:10])
            watcher = server.connect()
            wait_until(lambda: ask(watcher, "GET", "/v1/pool").json
                       ["requests"]["body_bytes"] == 10, "half a request")
            server.process.send_signal(signal.SIGTERM)
            notices.wait_for("STOPPING")
            late = server.connect()
            late.request("POST", "/v1/embeddings/image", image)
            # Whom it has it still serves, and refuses new work.
            same(ask(watcher, "GET", "/readyz").status, 503)
            slow.send(image[10:])
            same(slow.getresponse().status, 200)
            same(server.process.wait(DEADLINE_S), 0)
        with Service([bound]):
            same(late.getresponse().status, 200)


def test_sockets_of_another_process_are_not_taken(_):
    with listener(socket.AF_INET, ("127.0.0.1", 0)) as bound, \
            Service([bound], wrong_pid=1,
                    flags=("--port", "0")) as server:
        Server.wait_ready(server)
        assert server.port != bound.getsockname()[1]
        same(server.get("/livez").status, 200)


def test_what_does_not_listen_is_refused(_):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams:
        datagrams.bind(("127.0.0.1", 0))
        with Service([datagrams]) as server:
            same(server.process.wait(DEADLINE_S), 2)
            assert f"descriptor {FIRST_FD}" in server.log(), server.log()


def test_a_public_socket_takes_a_key(_):
    with listener(socket.AF_INET, ("0.0.0.0", 0)) as bound:
        with Service([bound]) as server:
            same(server.process.wait(DEADLINE_S), 2)
            assert "--api-key-file" in server.log(), server.log()


command.main([
    test_ready_is_told_when_it_serves,
    test_notices_go_to_abstract_names_too,
    test_several_sockets_are_served,
    test_the_watchdog_is_fed,
    test_the_watchdog_is_fed_no_more_than_it_asks,
    test_a_watchdog_of_another_process_is_not_fed,
    test_the_end_is_told,
    test_a_reload_is_told_and_reads_the_keys,
    test_connections_wait_for_the_next_server,
    test_work_under_way_is_finished_while_the_socket_stays,
    test_connections_during_a_drain_are_the_next_servers,
    test_sockets_of_another_process_are_not_taken,
    test_what_does_not_listen_is_refused,
    test_a_public_socket_takes_a_key,
])
