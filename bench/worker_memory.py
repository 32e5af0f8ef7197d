#!/usr/bin/env python3
"""What two workers of a model take in each dtype.

    bench/worker_memory.py BUILD IMAGE MODEL_DIRECTORY

`fovea serve` with two workers, which embed the image in batches of eight until both
have; then what /proc says of them: the sum of their proportional shares, in which the
weights, which they have in common, count once, and what each has alone. Units of 2^20
bytes; of `fovea models show` beside it what was expected.
"""
import base64
import http.client
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time

DTYPES = ("f32", "bf16", "int8")
WORKERS = 2
IMAGES = 8
MIB = 1 << 20
SERVE_S = 300


def workers_of(pid):
    """Processes of a server that embed."""
    found = []
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/children", encoding="ascii") as f:
            found += f.read().split()
    return [child for child in found if "worker" in read(f"/proc/{child}/comm")]


def read(path):
    with open(path, encoding="ascii") as f:
        return f.read()


def sizes(pid):
    """Of a process, by name, in bytes."""
    return {name: int(kib) * 1024 for name, kib in re.findall(
        r"^(\w+): +(\d+) kB", read(f"/proc/{pid}/smaps_rollup"), re.M)}


def ask(port, body):
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("POST", "/v1/embeddings", body,
                       {"Content-Type": "application/json"})
    answer = connection.getresponse()
    content = answer.read()
    assert answer.status == 200, (answer.status, content[:300])
    connection.close()


def busy(pid):
    """Ticks that a process has computed."""
    return int(read(f"/proc/{pid}/stat").rsplit(")", 1)[1].split()[11])


def load(port, body, pid):
    """Until each of the workers has computed for as long as a pass takes."""
    end = time.monotonic() + SERVE_S
    while time.monotonic() < end:
        threads = [threading.Thread(target=ask, args=(port, body))
                   for _ in range(4 * WORKERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        found = workers_of(pid)
        if len(found) == WORKERS and all(busy(child) > 100 for child in found):
            return found
    raise SystemExit(f"there are {len(found)} workers, or they do not compute")


def measure(build, image, model, dtype):
    with open(image, "rb") as f:
        text = base64.b64encode(f.read()).decode()
    body = json.dumps({"input": [{"image": text}] * IMAGES})
    with tempfile.TemporaryDirectory() as folder:
        log = os.path.join(folder, "log")
        env = {**os.environ, "XDG_RUNTIME_DIR": folder,
               "FOVEA_CACHE": os.path.join(folder, "cache"),
               "FOVEA_WORKER": f"{build}/fovea-worker"}
        with open(log, "wb") as f:
            server = subprocess.Popen(
                [f"{build}/fovea", "serve", "--port", "0", "--dtype", dtype,
                 "--workers", str(WORKERS), "--batch", str(IMAGES), model],
                stdout=f, stderr=f, env=env)
        try:
            port = None
            while not port:
                assert server.poll() is None, read(log)
                port = re.search(r"listening on http://127.0.0.1:(\d+)",
                                 read(log))
                time.sleep(0.01)
            return [sizes(pid)
                    for pid in load(int(port[1]), body, server.pid)]
        finally:
            server.terminate()
            server.wait()


def main():
    build, image, model = sys.argv[1:]
    print("| | PSS of two workers | alone, each | expected: weights, a worker |"
          "\n| --- | --- | --- | --- |", flush=True)
    for dtype in DTYPES:
        expected = json.loads(subprocess.run(
            [f"{build}/fovea", "models", "show", "--json", "--dtype", dtype,
             model], check=True, stdout=subprocess.PIPE).stdout)
        found = measure(build, image, model, dtype)
        alone = [s["Private_Dirty"] + s["Private_Clean"] for s in found]
        print(f"| {dtype} | {sum(s['Pss'] for s in found) / MIB:.0f} MiB |"
              f" {max(alone) / MIB:.0f} MiB |"
              f" {expected['shared_bytes'] / MIB:.0f} MiB,"
              f" {expected['per_worker_bytes'] / MIB:.0f} MiB |", flush=True)


if __name__ == "__main__":
    main()
