#!/usr/bin/python3
"""What the server adds to the command and to the C API, side by side in one run.

    bench/serve_load.py BUILD IMAGE MODEL_DIRECTORY...

For each model: throughput of 2 workers with 64 connections that post the image
(wrk) over that of `fovea embed` of the same image many times; latency with one
request in flight over that of the C API. Then the memory that a request of 20 MB
takes. Medians of rounds in which all take turns, start-up not counted.
"""
import base64
import http.client
import json
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time

ROUNDS = 5
WORKERS = 2
CONNECTIONS = 64
LOAD_S = 4  # of steady state, at least
EMBED_S = 3
N_SINGLES = 150
BODY_BYTES = 20_000_000
HERE = os.path.dirname(os.path.abspath(__file__))


class Server:
    def __init__(self, build, model, folder):
        self.log = os.path.join(folder, "server.log")
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [f"{build}/fovea", "serve", "--port", "0", "--quiet",
                 "--workers", str(WORKERS),
                 # Those that are looked at stay the same ones.
                 "--recycle", "1000000000", model], stdout=log, stderr=log)
        self.port = None
        while not self.port:
            assert self.process.poll() is None, self.text()
            found = re.search(r"http://127.0.0.1:(\d+)", self.text())
            self.port = found and int(found[1])
            time.sleep(0.01)
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port)

    def text(self):
        with open(self.log, encoding="utf-8") as f:
            return f.read()

    def ask(self, method, path, body=None, headers=None):
        self.connection.request(method, path, body, headers or {})
        answer = self.connection.getresponse()
        content = answer.read()
        assert answer.status == 200, (answer.status, content[:300])
        return json.loads(content)

    def warm(self, image):
        """Until all workers are there."""
        self.ask("POST", "/v1/embeddings/image", image)
        while sum(worker["ready_after_ms"] > 0 for worker in
                  self.ask("GET", "/v1/pool")["workers"]) < WORKERS:
            self.ask("POST", "/v1/embeddings/image", image)

    def embedded_at_change(self):
        """The counter, and when it changed: between whole batches."""
        before = None
        while True:
            now = self.ask("GET", "/v1/pool")["models"][0]["embedded"]
            if before is not None and now != before:
                return now, time.monotonic()
            before = now
            time.sleep(0.01)

    def pids(self):
        """Of the server and its workers."""
        return [self.process.pid] + [worker["pid"] for worker in
                                     self.ask("GET", "/v1/pool")["workers"]]

    def memory_kb(self, name):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as f:
            return int(re.search(rf"^{name}:\s+(\d+) kB", f.read(),
                                 re.MULTILINE)[1])

    def end(self):
        self.connection.close()
        self.process.terminate()
        self.process.wait()


def cpu_s(pids):
    """CPU time of processes so far."""
    ticks = 0
    for pid in pids:
        with open(f"/proc/{pid}/stat", encoding="ascii") as f:
            ticks += sum(map(int, f.read().rsplit(")", 1)[1].split()[11:13]))
    return ticks / os.sysconf("SC_CLK_TCK")


def load(server, image_path):
    """Images a second under wrk, and CPU seconds an image."""
    wrk = subprocess.Popen(
        ["wrk", "-t", "2", "-c", str(CONNECTIONS), "-d", f"{LOAD_S + 3}s",
         "--timeout", "60s", "-s", f"{HERE}/post.lua",
         f"http://127.0.0.1:{server.port}/v1/embeddings/image", "--",
         image_path], stdout=subprocess.PIPE, text=True)
    time.sleep(1)  # into the steady state
    pids = server.pids()
    first, start = server.embedded_at_change()
    used = cpu_s(pids)
    time.sleep(LOAD_S)
    last, end = server.embedded_at_change()
    used = cpu_s(pids) - used
    output, _ = wrk.communicate()
    statuses = dict(re.findall(r"^status (\d+) count (\d+)$", output,
                               re.MULTILINE))
    assert statuses and set(statuses) <= {"200", "429"}, output
    assert "\nerrors 0\n" in output, output
    n = last - first
    return n / (end - start), used / n, statuses


def embed_s(build, model, folder, n):
    """Seconds of the command with n of the images, and of CPUs."""
    names = "".join(os.path.join(folder, f"{i}.jpg\n") for i in range(n))
    start = time.monotonic()
    command = subprocess.Popen(
        [f"{build}/fovea", "embed", "--quiet", "--workers", str(WORKERS),
         "--model", model, "-"], stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL)
    command.stdin.write(names.encode())
    command.stdin.close()
    _, status, usage = os.wait4(command.pid, 0)  # its workers' too
    command.returncode = os.waitstatus_to_exitcode(status)
    assert command.returncode == 0
    return time.monotonic() - start, usage.ru_utime + usage.ru_stime


def link(folder, image_path, n):
    """Names for the same image, up to n of them."""
    first = os.path.join(folder, "0.jpg")
    if not os.path.exists(first):
        with open(image_path, "rb") as source, open(first, "wb") as target:
            target.write(source.read())
    for i in range(n):
        path = os.path.join(folder, f"{i}.jpg")
        if not os.path.exists(path):
            os.link(first, path)


def embed(build, model, folder, n_short, n_long):
    """Images a second, and CPU seconds an image; start and end are in both runs
    and go out."""
    short, short_cpu = embed_s(build, model, folder, n_short)
    long, long_cpu = embed_s(build, model, folder, n_long)
    n = n_long - n_short
    return n / (long - short), (long_cpu - short_cpu) / n


class Raw:
    """Requests one after another on one connection, with nothing in between."""

    def __init__(self, port, image):
        self.request = (
            f"POST /v1/embeddings/image HTTP/1.1\r\nHost: localhost\r\n"
            f"Content-Type: image/jpeg\r\nContent-Length: {len(image)}\r\n"
            f"\r\n").encode() + image
        self.client = socket.create_connection(("127.0.0.1", port))
        self.client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def time_ms(self):
        start = time.monotonic()
        self.client.sendall(self.request)
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += self.client.recv(1 << 16)
        size = answer.index(b"\r\n\r\n") + 4 + int(
            re.search(rb"\r\nContent-Length: (\d+)", answer)[1])
        while len(answer) < size:
            answer += self.client.recv(1 << 16)
        assert answer.startswith(b"HTTP/1.1 200 "), answer[:300]
        return 1000 * (time.monotonic() - start)


def latencies(build, server, model, image_path, image):
    """Milliseconds over HTTP and of the C API, image by image in turns."""
    api = subprocess.Popen([f"{build}/bench/bench_single", model, image_path],
                           stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                           text=True)
    http_ms, api_ms = [], []
    raw = Raw(server.port, image)
    for i in range(N_SINGLES + 1):
        api.stdin.write("\n")
        api.stdin.flush()
        one, other = float(api.stdout.readline()), raw.time_ms()
        if i > 0:  # the first one starts workers
            api_ms.append(one)
            http_ms.append(other)
    raw.client.close()
    api.communicate()
    return http_ms, api_ms


def quantile(times, share):
    return sorted(times)[int(share * (len(times) - 1))]


def row(name, values, unit):
    values = sorted(values)
    print(f"  {name:<44} {statistics.median(values):9.3f}  "
          f"({values[0]:.3f} to {values[-1]:.3f}) {unit}")


def measure(build, image_path, model):
    with open(image_path, "rb") as f:
        image = f.read()
    with tempfile.TemporaryDirectory() as folder:
        # How many images a second there are, roughly; and the cache is full.
        link(folder, image_path, 400)
        rate, _ = embed(build, model, folder, 16, 80)
        n_short, n_long = int(rate / 2) + 16, int(rate * EMBED_S) + 80
        link(folder, image_path, n_long)
        server = Server(build, model, folder)
        found = {name: [] for name in ("http", "command", "ratio", "cpu")}
        http_ms, api_ms = [], []
        refused = 0
        try:
            server.warm(image)
            for _ in range(ROUNDS):
                command, command_cpu = embed(build, model, folder, n_short,
                                             n_long)
                over, over_cpu, statuses = load(server, image_path)
                refused += int(statuses.get("429", 0))
                for name, value in (("http", over), ("command", command),
                                    ("ratio", over / command),
                                    ("cpu", over_cpu / command_cpu)):
                    found[name].append(value)
                more_http, more_api = latencies(build, server, model,
                                                image_path, image)
                http_ms += more_http
                api_ms += more_api
        finally:
            server.end()
    print(f"{os.path.basename(model)}, {WORKERS} workers, {ROUNDS} rounds:")
    row(f"HTTP, {CONNECTIONS} connections", found["http"], "images/s")
    row("fovea embed", found["command"], "images/s")
    row("HTTP over fovea embed", found["ratio"], "")
    row("the same in CPU time an image", found["cpu"], "")
    print(f"  requests refused with 429: {refused}; none failed")
    for share, name in ((0.5, "p50"), (0.99, "p99")):
        ours, base = quantile(http_ms, share), quantile(api_ms, share)
        print(f"  one at a time, {name}: HTTP {ours:.3f} ms, C API {base:.3f} "
              f"ms, {ours - base:+.3f} ms")
    pairs = [ours - base for ours, base in zip(http_ms, api_ms)]
    print(f"  pair by pair, median: {statistics.median(pairs):+.3f} ms; "
          f"least of each: {min(http_ms) - min(api_ms):+.3f} ms")


def measure_memory(build, image_path, model):
    """A request of images that add up to BODY_BYTES."""
    with open(image_path, "rb") as f:
        image = f.read()
    item = base64.b64encode(image).decode()
    body = json.dumps({"encoding_format": "base64", "input":
                       [item] * (BODY_BYTES // (len(item) + 4))}).encode()
    found = []
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory() as folder:
            server = Server(build, model, folder)
            try:
                server.warm(image)
                with open(f"/proc/{server.process.pid}/clear_refs", "w",
                          encoding="ascii") as f:
                    f.write("5")  # the peak begins again
                before = server.memory_kb("VmRSS")
                server.ask("POST", "/v1/embeddings", body,
                           {"Content-Type": "application/json"})
                growth = server.memory_kb("VmHWM") - before
                found.append(1024 * growth / len(body))
            finally:
                server.end()
    print(f"A request of {len(body) / 1e6:.0f} MB of JSON:")
    row("the server's peak growth over its size", found, "")


def main():
    build, image_path, *models = sys.argv[1:]
    for model in models:
        measure(build, image_path, model)
    measure_memory(build, image_path, models[0])


main()
