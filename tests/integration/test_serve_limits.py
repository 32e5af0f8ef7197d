#!/usr/bin/python3
"""fovea serve: limits, slow and vanishing clients, a full queue, and a storm of
hostile requests after which everything is as before."""
import os
import random
import signal
import socket
import threading
import time

import command
from command import picture, same
from serving import Server, ask, b64, is_error, wait_until

MIB = 1 << 20


def test_bodies(_):
    image = picture(1)
    with Server("--max-body", "64K") as server:
        is_error(server.upload(b"x" * (65 << 10)), 413, "body_too_large",
                 "--max-body")
        # Not announced, so it shows only on the way.
        is_error(server.ask("POST", "/v1/embeddings/image",
                            (b"x" * 1024 for _ in range(80))), 413,
                 "body_too_large")
        # Far beyond: the answer comes before the end.
        with server.raw() as made:
            made.sendall(b"POST /v1/embeddings/image HTTP/1.1\r\n"
                         b"Host: localhost\r\nContent-Length: 99999999\r\n\r\n")
            assert made.recv(12) == b"HTTP/1.1 413"
        with server.raw() as made:
            made.sendall(b"POST /v1/embeddings/image HTTP/1.1\r\n"
                         b"Host: localhost\r\nTransfer-Encoding: chunked\r\n\r\n")
            try:
                for _ in range(1000):
                    made.sendall(b"400\r\n" + b"x" * 1024 + b"\r\n")
            except OSError:
                pass  # it hung up, as it should
            same(made.recv(12), b"HTTP/1.1 413")
        same(server.upload(image).status, 200)
    with Server("--body-memory", "300K") as server:
        with server.raw() as slow:
            slow.sendall(b"POST /v1/embeddings/image HTTP/1.1\r\n"
                         b"Host: localhost\r\nContent-Length: 300000\r\n\r\n" +
                         b"x" * 290000)
            wait_until(lambda: server.metric("fovea_body_bytes") == 290000,
                       "the slow body")
            answer = server.upload(b"x" * 50000)
            is_error(answer, 429, "busy", "--body-memory")
            assert int(answer.headers["retry-after"]) > 0
            same(server.upload(image).status, 200)
        wait_until(lambda: server.metric("fovea_body_bytes") == 0,
                   "the memory's return")


def test_items(_):
    image = b64(picture(1))
    with Server("--max-items", "3") as server:
        same(server.post({"input": [image] * 3}).status, 200)
        is_error(server.post({"input": [image] * 4}), 413, "too_many_items",
                 "3")
        part = (b"--xx\r\nContent-Disposition: form-data; name=\"f\"; "
                b"filename=\"a\"\r\n\r\nabc\r\n")
        is_error(server.upload(part * 4 + b"--xx--\r\n",
                               Content_Type="multipart/form-data; boundary=xx"),
                 413, "too_many_items", "--max-items")


def test_images(_):
    image = picture(1, 100, 80)
    with Server("--max-bytes", "100") as server:
        is_error(server.upload(image), 413, "image_too_many_bytes",
                 "--max-bytes")
        is_error(server.post({"input": b64(image)}), 413,
                 "image_too_many_bytes", "--max-bytes")
    with Server("--max-pixels", "7999") as server:
        is_error(server.upload(image), 413, "image_too_many_pixels")
    with Server("--max-side", "99") as server:
        is_error(server.upload(image), 413, "image_side_too_long")


def read_all(made):
    data = b""
    while True:
        try:
            piece = made.recv(4096)
        except ConnectionError:
            return data
        if not piece:
            return data
        data += piece


def told(server, *wanted, data, end=False):
    """What comes on a connection that sends no more than this must say all
    that is wanted. A connection whose first bytes are not there in time is
    closed without a word; on a busy machine that can be this one, too."""
    for _ in range(20):
        with server.raw() as made:
            try:
                made.sendall(data)
                if end:
                    made.shutdown(socket.SHUT_WR)
            except OSError:
                continue
            answer = read_all(made)
        # Late is not wrong here: only what is asked for is waited for.
        if all(part in answer for part in wanted):
            return
        assert answer == b"" or b" 408 " in answer, answer
    raise AssertionError(f"never {wanted}")


def drip(server):
    """A line of a head at a time, for ever; what comes back."""
    with server.raw() as made:
        try:
            made.sendall(HEAD)
            for i in range(1000):
                made.sendall(b"X-%d: y\r\n" % i)
                time.sleep(0.02)
        except OSError:
            pass
        return read_all(made)


HEAD = b"POST /v1/embeddings/image HTTP/1.1\r\nHost: localhost\r\n"


def test_slow_clients(_):
    part = HEAD + b"Content-Length: 1000\r\n\r\nabc"
    with Server("--header-time", "0.3", "--body-time", "0.6", "--keep-alive",
                "0.3") as server:
        data = wait_until(lambda: drip(server), "an answer to a slow head")
        assert b" 408 " in data and b"--header-time" in data, data
        # A head that never has its first line: closed.
        with server.raw() as made:
            made.sendall(b"GE")
            same(read_all(made), b"")
        # A body that stops.
        told(server, b" 408 ", b"--body-time", b'"code":"body_timeout"',
             data=part)
        # One that will never come, as the client says itself.
        told(server, b" 400 ", b"before it is complete", data=part, end=True)
        # Nothing more to ask.
        told(server, b"alive",
             data=b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
        # Half a body, then gone.
        with server.raw() as made:
            made.sendall(part)
        wait_until(lambda: server.metric("fovea_connections") == 1,
                   "all connections' ends")
        wait_until(lambda: server.metric("fovea_body_bytes") == 0,
                   "the memory's return")


def test_connections(_):
    with Server("--max-connections", "3") as server:
        held = [server.raw() for _ in range(3)]
        for made in held:
            made.sendall(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert b"200" in made.recv(1000)
        # The next one waits until one of them ends.
        late = server.raw()
        late.sendall(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
        late.settimeout(0.2)
        try:
            late.recv(1)
            raise AssertionError("it was served beyond the limit")
        except socket.timeout:
            pass
        held.pop().close()
        late.settimeout(command.TIMEOUT)
        assert b"200" in late.recv(1000)
        for made in held + [late]:
            made.close()


def load(server):
    """Images in flight, and those that wait."""
    model, = server.get("/v1/pool").json["models"]
    return model["in_flight"], model["queued"]


def test_full_queue(_):
    image = picture(1)
    with Server("--max-queue", "2", "--workers", "1", "--batch",
                "1") as server:
        same(server.upload(image).status, 200)
        pid, = server.hold_workers()
        answers = []
        threads = [threading.Thread(target=lambda: answers.append(
            server.upload(image))) for _ in range(3)]
        # One in its hand, then two that wait: together, the third could find
        # the first one still in the queue.
        threads[0].start()
        wait_until(lambda: load(server) == (1, 0), "an image in its hand")
        for thread in threads[1:]:
            thread.start()
        wait_until(lambda: load(server) == (1, 2), "a full queue")
        answer = server.upload(image)
        is_error(answer, 429, "busy", "--max-queue")
        assert int(answer.headers["retry-after"]) > 0
        is_error(server.post({"input": [b64(image)] * 2,
                              "on_error": "item"}), 429, "busy")
        os.kill(pid, signal.SIGCONT)
        for thread in threads:
            thread.join()
        same([answer.status for answer in answers], [200] * 3)


def test_deadline(_):
    image = picture(1)
    with Server("--deadline", "0.3", "--workers", "1") as server:
        # The cold start may take longer than that here.
        wait_until(lambda: server.upload(image).status == 200, "a worker")
        pid, = server.hold_workers()
        is_error(server.upload(image), 504, "deadline", "--deadline")
        is_error(server.post({"input": [b64(image)] * 20}), 504, "deadline")
        os.kill(pid, signal.SIGCONT)


def test_vanished_clients(_):
    image = picture(1)
    request = (b"POST /v1/embeddings/image HTTP/1.1\r\nHost: localhost\r\n"
               b"Content-Length: %d\r\n\r\n" % len(image)) + image
    with Server("--workers", "1", "--batch", "1") as server:
        same(server.upload(image).status, 200)
        pid, = server.hold_workers()
        gone = [server.raw() for _ in range(10)]
        for made in gone:
            made.sendall(request)
        wait_until(lambda: server.metric("fovea_images_in_flight") == 10,
                   "ten images")
        for made in gone:
            made.close()
        cancelled = 'fovea_images_total{result="cancelled"}'
        wait_until(lambda: server.metric(cancelled) == 10,
                   "the end of their work")
        wait_until(lambda: server.metric("fovea_images_in_flight") == 0,
                   "nothing in flight")
        os.kill(pid, signal.SIGCONT)
        same(server.upload(image).status, 200)
        # Its worker was not given them.
        served = 'fovea_requests_total{route="/v1/embeddings/image",code="499"}'
        wait_until(lambda: server.metric(served) == 10, "their counts")


def memory_mib(server):
    """Private memory."""
    with open(f"/proc/{server.process.pid}/status", encoding="ascii") as f:
        return next(int(line.split()[1]) for line in f
                    if line.startswith("RssAnon")) / 1024


def descriptors(server):
    """What they lead to, by kind."""
    folder = f"/proc/{server.process.pid}/fd"
    found = []
    for name in os.listdir(folder):
        try:
            found.append(os.readlink(os.path.join(folder, name)).split(":")[0])
        except FileNotFoundError:
            pass  # closed since
    return sorted(found)


def descriptors_at_rest(server):
    """The same while one connection is open: this one, which knows when the
    others are gone. Some are only open for a moment: looking at the system's
    memory."""
    def resting():
        alone = ask(connection, "GET", "/v1/pool").json[
            "requests"]["connections"] == 1
        found = descriptors(server)
        return alone and not any(fd.startswith("/proc/") for fd in
                                 found) and found
    connection = server.connect()
    try:
        return wait_until(resting, "a quiet moment")
    finally:
        connection.close()


def bomb():
    """A PNG that says it is 60000 x 60000."""
    data = bytearray(picture(1))
    data[16:24] = b"\0\0\xea\x60\0\0\xea\x60"
    return bytes(data)


def hostile(rng, image):
    """One hostile request: its bytes."""
    good = b'{"input":["' + b64(image).encode() + b'"]}'
    kind = rng.randrange(10)
    if kind == 0:  # fuzzed JSON
        body = bytearray(good)
        for _ in range(rng.randint(1, 8)):
            body[rng.randrange(len(body))] = rng.randrange(256)
    elif kind == 1:
        body = good[:rng.randrange(len(good))]
    elif kind == 2:
        body = b'{"input":["http://169.254.169.254/x","http://[::1]/",' \
            b'"http://10.0.0.1/","file:///etc/passwd"],"on_error":"item"}'
    elif kind == 3:
        body = b'{"input":' + b"[" * rng.randint(10, 5000)
    elif kind == 4:
        body = b'{"input":["' + b64(bomb()).encode() + b'"]}'
    elif kind == 5:
        body = b'{"input":["' + b64(image[:rng.randrange(len(image))]).encode() \
            + b'"]}'
    else:
        body = good
    body = bytes(body)
    length = len(body)
    if kind == 6:
        length += rng.randint(1, 1000)  # half-sent
    method = rng.choice([b"PUT", b"GET", b"BREW"]) if kind == 7 else b"POST"
    path = (rng.randbytes(rng.randint(1, 30)) if kind == 8
            else b"/v1/embeddings")
    head = method + b" " + path + b" HTTP/1.1\r\nHost: localhost\r\n"
    head += b"Content-Type: application/json\r\n"
    head += b"Content-Length: %d\r\n\r\n" % length
    request = head + body
    return request[:rng.randrange(len(request))] if kind == 9 else request


def assail(server, seed, n, image):
    rng = random.Random(seed)
    for _ in range(n):
        with server.raw() as made:
            try:
                made.sendall(hostile(rng, image))
                if rng.random() < 0.7:
                    made.shutdown(socket.SHUT_WR)
                    while made.recv(65536):
                        pass
            except OSError:
                pass  # refused halfway


def test_storm(_):
    n_requests = 1000 if os.environ.get("ASAN_OPTIONS") else 2000
    image = picture(1)
    n_threads = 8
    with Server("--quiet", "--body-time", "5") as server:
        def storm(n, first_seed):
            threads = [threading.Thread(target=assail, args=(
                server, first_seed + i, n // n_threads, image))
                for i in range(n_threads)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            wait_until(lambda: server.metric("fovea_connections") == 1 and
                       server.metric("fovea_images_in_flight") == 0,
                       "the end of the storm")

        storm(200, 1)  # caches and arenas fill
        fds, before = descriptors_at_rest(server), memory_mib(server)
        storm(n_requests, 100)
        after = memory_mib(server)
        same(descriptors_at_rest(server), fds)
        # A kilobyte a request; sanitizers keep what was freed for a while.
        room = 400 if os.environ.get("ASAN_OPTIONS") else 2
        print(f"# {before} MiB became {after} MiB")
        assert after - before < room, f"{before} MiB became {after} MiB"
        same(server.upload(image).status, 200)
        same(server.metric("fovea_body_bytes"), 0)


command.main([test_bodies, test_items, test_images, test_slow_clients,
              test_connections, test_full_queue, test_deadline,
              test_vanished_clients, test_storm])
