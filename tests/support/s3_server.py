#!/usr/bin/python3
"""A small object store that speaks S3's protocol, for tests: signatures are
checked, conditions are kept, objects outlive it where it has a folder; and it does
wrong what it is told to, or some of everything from a seed.

    s3_server.py [--port N] [--directory DIR] ...  prints "port N", then serves

Standard library only. One thread, so that some thousands of small requests a
second are answered.
"""
import argparse
import asyncio
import fnmatch
import json
import os
import sys
import threading
import time

import s3_answer
import s3_signature
from s3_answer import Answer, Request
from s3_signature import Refusal
from s3_store import Store
from s3_trouble import ERRORS, TROUBLES, Chance, Fault

REGION = "us-east-1"
KEY, SECRET = "FOVEATESTKEY", "fovea/test+secret"
DOMAINS = ("localhost", "s3.amazonaws.com", f"s3.{REGION}.amazonaws.com")
PIECE = 1 << 18  # bytes that are read at once
MAX_HEAD = 1 << 16
REASONS = {100: "Continue", 200: "OK", 204: "No Content", 206: "Partial Content",
           304: "Not Modified"}


class Connection(asyncio.Protocol):
    """One client: a request after the other."""

    def __init__(self, server):
        self.server = server
        self.read = bytearray()
        self.head = None  # the request whose body is awaited
        self.missing = 0  # bytes of that
        self.sending = None  # what is left of a large answer
        self.waiting = False  # for release()
        self.full = False

    def connection_made(self, transport):
        self.transport = transport
        self.server.connections.add(self)

    def connection_lost(self, _):
        self.sending = None
        self.server.connections.discard(self)

    def pause_writing(self):
        self.full = True

    def resume_writing(self):
        self.full = False
        self.pump()

    def data_received(self, data):
        self.read += data
        self.go_on()

    def go_on(self):
        while self.sending is None and not self.waiting and \
                not self.transport.is_closing():
            if self.head is None and not self.take_head():
                return
            if len(self.read) < self.missing:
                return
            request, self.head = self.head, None
            request.body = bytes(self.read[:self.missing])
            del self.read[:self.missing]
            self.server.serve(self, request)

    def take_head(self):
        end = self.read.find(b"\r\n\r\n")
        if end < 0:
            if len(self.read) > MAX_HEAD:
                self.transport.close()
            return False
        first, *rest = self.read[:end].decode("latin-1").split("\r\n")
        del self.read[:end + 4]
        method, target, _ = first.split(" ")
        path, _, query = target.partition("?")
        headers = {}
        for line in rest:
            name, _, value = line.partition(":")
            name, value = name.lower(), value.strip()
            headers[name] = f"{headers[name]},{value}" if name in headers \
                else value
        self.head = Request(method, path, query, headers)
        self.head.place(self.server.domains)
        self.missing = int(headers.get("content-length", 0))
        if headers.get("expect", "").lower() == "100-continue":
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        return True

    def send(self, request, answer, trouble):
        """An answer, as far as the trouble lets it through."""
        size = answer.size
        lines = [f"HTTP/1.1 {answer.status} "
                 f"{REASONS.get(answer.status, 'Error')}"]
        lines += [f"{name}: {value}" for name, value in answer.headers.items()]
        if answer.status not in (204, 304):
            lines.append(f"Content-Length: {size}")
        head = "\r\n".join([*lines, "", ""]).encode("latin-1")
        if request.method == "HEAD" or answer.status in (204, 304):
            size = 0
        if trouble == "half" and size == 0:
            self.transport.write(head[:len("HTTP/1.1 ")])
            self.transport.close()
        elif trouble is None and size <= PIECE:
            self.transport.write(head + answer.read(0, size))
        else:
            self.transport.write(head)
            self.sending = self.pieces(answer, size, trouble)
            self.pump()

    def pieces(self, answer, size, trouble):
        """Of a body; None where the next has to wait."""
        end = size // 2 if trouble in ("half", "stalled") else size
        for begin in range(0, end, PIECE):
            yield answer.read(begin, min(begin + PIECE, end)) \
                if trouble != "spoiled" or begin + PIECE < end \
                else answer.read(begin, end - 1) + bytes(
                    [answer.read(end - 1, end)[0] ^ 1])
        if trouble == "half":
            self.transport.close()
        if trouble == "stalled":
            self.server.hold(self, self.pump)
            yield None
            yield answer.read(end, size)

    def pump(self):
        while self.sending is not None and not self.full and not self.waiting:
            piece = next(self.sending, b"")
            if piece:
                self.transport.write(piece)
            elif piece is not None:
                self.sending = None
        self.go_on()


class S3Server:
    """In a thread of this process from `with` on, or run() in this thread."""

    def __init__(self, directory=None, buckets=("bucket",), host="127.0.0.1",
                 port=0, secrets=None, region=REGION, domains=DOMAINS,
                 page=s3_answer.PAGE, chance=None, log=None):
        self.store = Store(directory)
        for bucket in buckets:
            self.store.make_bucket(bucket)
        self.host, self.port = host, port
        self.secrets = secrets or {KEY: SECRET}
        self.region, self.domains, self.page = region, domains, page
        self.unconditional = False  # of all requests
        self.now = time.time  # None: times are not looked at
        self.chance = chance
        self.faults = []
        self.log = log  # a file that gets a line a request instead of `requests`
        self.requests = []  # (method, bucket, key, query, headers, status)
        self.n_requests = 0
        self.connections = set()
        self.held = []
        self.anything = threading.Condition()

    # What a test says.

    def fail(self, kind, key="*", method="*", times=1, after=0, **headers):
        """Trouble (ERRORS, TROUBLES) for the next so many requests for keys like
        bucket/key; headers go with an error (Retry_After=1)."""
        self.faults.append(Fault(kind, key, method, times, after, **headers))

    def release(self):
        """Answer what is held, and the rest of what is stalled."""
        def resume():
            held, self.held = self.held, []
            for connection, go_on in held:
                connection.waiting = False
                go_on()
        self.loop.call_soon_threadsafe(resume)

    def wait_held(self, count=1, timeout=300):
        """Until so many requests wait for release()."""
        self.wait_for(lambda: len(self.held) >= count, timeout)

    def wait_for(self, condition, timeout=300):
        """Until a request has made that true; gives what it gave."""
        with self.anything:
            found = self.anything.wait_for(condition, timeout)
        assert found, "waited too long for a request"
        return found

    def seen(self, method="*", key="*"):
        """The requests for keys like bucket/key."""
        return [r for r in list(self.requests) if
                fnmatch.fnmatchcase(r[0], method) and
                fnmatch.fnmatchcase(f"{r[1]}/{r[2]}", key)]

    def put(self, key, body, bucket="bucket", **headers):
        self.store.write(bucket, key, body, **headers)

    def put_file(self, key, path, bucket="bucket", **headers):
        self.store.write_file(bucket, key, path, **headers)

    def get(self, key, bucket="bucket"):
        thing = self.store.find(bucket, key)
        return thing and thing.read()

    def keys(self, prefix="", bucket="bucket"):
        return [key for key in self.store.keys(bucket) if key.startswith(prefix)]

    @property
    def endpoint(self):
        return f"http://{self.host}:{self.port}"

    def environment(self):
        return environment(self.endpoint, self.region, *next(iter(
            self.secrets.items())))

    # What it does.

    def trouble_of(self, request):
        for fault in self.faults:
            if fault.strikes(request):
                return fault
        return self.chance.pick(request) if self.chance else None

    def hold(self, connection, go_on):
        connection.waiting = True
        with self.anything:
            self.held.append((connection, go_on))
            self.anything.notify_all()

    def serve(self, connection, request):
        fault = self.trouble_of(request)
        kind = fault.kind if fault else None
        if kind == "held":
            def go_on():
                self.serve_now(connection, request, None)
                connection.go_on()
            self.hold(connection, go_on)
        elif kind == "closed":
            self.note(request, kind)
            connection.transport.close()
        else:
            self.serve_now(connection, request, fault)

    def serve_now(self, connection, request, fault):
        kind = fault.kind if fault else None
        try:
            self.check(request)
            if kind in ERRORS:
                raise Refusal(int(kind), ERRORS[kind], "as it was told",
                              **fault.headers)
            answer = s3_answer.answer(
                self.store, request, page=self.page, conditional=kind !=
                "unconditional" and not self.unconditional)
        except Refusal as refusal:
            answer = s3_answer.refuse(refusal)
        except Exception as error:  # a fault of this server's: tests fail by it
            answer = s3_answer.refuse(Refusal(501, "ServerFault", repr(error)))
        self.note(request, answer.status)
        if kind == "lost":
            connection.transport.close()
        else:
            connection.send(request, answer, kind if kind in
                            ("half", "spoiled", "stalled") else None)

    def check(self, request):
        s3_signature.check(request.method, request.path, request.query,
                           request.headers, self.secrets, self.region,
                           self.now and self.now())
        if request.method == "PUT" and "content-length" not in request.headers:
            raise Refusal(411, "MissingContentLength", "of a body")
        s3_signature.check_payload(request.headers, request.body)

    def note(self, request, status):
        with self.anything:
            self.n_requests += 1
            what = (request.method, request.bucket, request.key, request.query)
            if self.log:
                self.log.write(json.dumps([*what, status]) + "\n")
                self.log.flush()
            else:
                self.requests.append((*what, request.headers, status))
            self.anything.notify_all()

    async def listen(self):
        self.loop = asyncio.get_running_loop()
        self.listener = await self.loop.create_server(
            lambda: Connection(self), self.host, self.port, backlog=1024)
        self.port = self.listener.sockets[0].getsockname()[1]

    def run(self, told):
        """Until it is killed; told is called once it listens."""
        async def forever():
            await self.listen()
            told()
            await asyncio.Event().wait()
        asyncio.run(forever())

    def __enter__(self):
        ready = threading.Event()

        async def until_stopped():
            await self.listen()
            self.stopped = asyncio.Event()
            ready.set()
            await self.stopped.wait()
            self.listener.close()
            for connection in list(self.connections):
                connection.transport.abort()
        self.thread = threading.Thread(
            target=lambda: asyncio.run(until_stopped()), daemon=True)
        self.thread.start()
        assert ready.wait(300), "the store does not listen"
        return self

    def __exit__(self, *_):
        self.loop.call_soon_threadsafe(self.stopped.set)
        self.thread.join()


def environment(endpoint, region=REGION, key=KEY, secret=SECRET):
    """Variables that lead a client to it."""
    more = {}
    if isinstance(secret, tuple):
        secret, more["AWS_SESSION_TOKEN"] = secret
    return {"AWS_ENDPOINT_URL": endpoint, "AWS_REGION": region,
            "AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret, **more}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0: a free one")
    parser.add_argument("--directory", help="where objects outlive the process")
    parser.add_argument("--bucket", action="append", metavar="NAME")
    parser.add_argument("--secret", default=SECRET, help=f"of key {KEY}")
    parser.add_argument("--log", help="a line of JSON a request is added to it")
    parser.add_argument("--seed", default="0", help="what decides on trouble")
    parser.add_argument("--share", type=float, default=0.0,
                        help="of requests that have trouble")
    parser.add_argument("--trouble", default="500,503,429,half,closed,lost",
                        help=f"of {','.join([*ERRORS, *TROUBLES])}")
    parser.add_argument("--unconditional", action="store_true",
                        help="never look at conditions")
    words = parser.parse_args()
    server = S3Server(
        words.directory, words.bucket or ("bucket",), words.host, words.port,
        {KEY: words.secret}, chance=Chance(words.seed, words.share,
                                           words.trouble.split(",")),
        log=open(words.log or os.devnull, "a", encoding="utf-8"))
    server.unconditional = words.unconditional
    server.run(lambda: print("port", server.port, flush=True))


if __name__ == "__main__":
    sys.exit(main())
