"""What the tests of `fovea work` share: a job of small pictures, nodes that work on it,
and what is left in the end."""
import glob
import json
import os
import re
import signal
import subprocess
import urllib.request

import command
from command import (FOVEA, MODEL, environment, picture, put, read, same,
                     wait_until)
from metrics import Metrics

JOB = "photos"
WIDTH = 64  # floats of a row


def pictures(directory, n, name="pictures"):
    """n small pictures, no two alike; gives their folder."""
    for i in range(n):
        put(directory, f"{name}/{i:05}.png", picture(i + 1, 8, 6))
    return os.path.join(directory, name)


def call(*arguments, code=0, env=None):
    """A subcommand without a model; gives its stdout."""
    result = subprocess.run(
        [FOVEA, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, timeout=command.TIMEOUT, check=False,
        env=environment(**(env or {})))
    assert result.returncode == code, (arguments, result.returncode,
                                       result.stderr.decode())
    return result.stdout if code == 0 else result.stderr.decode()


class Job:
    """A job at a broker, and its output."""

    def __init__(self, broker, out, *inputs, name=JOB, size=5, ack_wait="30s",
                 more=(), env=None):
        self.broker, self.out, self.name = broker, out, name
        self.env = env or {}
        self.created = call("job", "create", name, *self.place(), "-m", MODEL,
                            "--shard-size", str(size), "--ack-wait", ack_wait,
                            *more, *inputs, env=self.env)

    def place(self):
        return ["--queue", self.broker.url, "-o", self.out]

    def finish(self, *more, code=0):
        return call("job", "finish", self.name, *self.place(), *more, code=code,
                    env=self.env)

    def retry(self):
        """What has failed is to be tried again."""
        call("job", "retry", self.name, *self.place(), env=self.env)

    def files(self, folder):
        """Names without endings, in their order."""
        found = os.listdir(os.path.join(self.out, folder)) \
            if os.path.isdir(os.path.join(self.out, folder)) else []
        return sorted(name.split(".")[0] for name in found
                      if not name.startswith("."))

    def done(self):
        return self.files("done")

    def failed(self):
        return self.files("failed")

    def marker(self, number, folder="done"):
        return json.loads(read(os.path.join(self.out, folder,
                                            f"{number:05}.json")))

    def wait_decided(self, n):
        """Until n shards have one of the two markers."""
        wait_until(lambda: len(set(self.done()) | set(self.failed())) >= n,
                   "the markers")

    def check(self, n_inputs, n_shards, n_errors=0):
        """Every input has exactly one result; nothing else is there."""
        same(len(self.done()), n_shards)
        rows, errors, seen = 0, 0, []
        for number in range(n_shards):
            done = self.marker(number)
            rows += done["rows"]
            errors += done["errors"]
            for folder, n in (("metadata", done["rows"]),
                              ("errors", done["errors"])):
                lines = command.lines(read(os.path.join(
                    self.out, folder, f"{folder}_{number:05}.jsonl")))
                same(len(lines), n)
                seen += [line["input"] for line in lines]
            descr, shape, data = command.npy(os.path.join(
                self.out, "img_emb", f"img_emb_{number:05}.npy"))
            same(shape, (done["rows"], WIDTH))
            same(len(data), done["rows"] * WIDTH * int(descr[2:]))
        same((rows + errors, errors), (n_inputs, n_errors))
        same(len(set(seen)), n_inputs)
        left = [path for path in glob.glob(os.path.join(
            self.out, "**", ".*"), recursive=True)]
        same(left, [])


class Node:
    """A node of a job; its standard error is a file."""

    def __init__(self, directory, job, *more, name="node", model=None, env=None,
                 metrics=True, **options):
        self.path = os.path.join(directory, name + ".log")
        words = [FOVEA, "work", job.name, *job.place(), "--node-name", name,
                 "--workers", "1"]
        if metrics:
            words += ["--metrics", "127.0.0.1:0"]
        if model:
            words += ["-m", model]
        with open(self.path, "wb") as log:
            self.process = subprocess.Popen(
                [*words, *more], stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL, stderr=log,
                env=environment(**{**job.env, **(env or {})}), **options)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.kill()
        self.process.wait()

    def log(self):
        return read(self.path).decode("utf-8", "replace")

    def wait_says(self, text):
        def says():
            assert self.process.poll() is None or text in self.log(), self.log()
            return text in self.log()
        wait_until(says, f"{text!r} in {self.path}")

    def send(self, number):
        self.process.send_signal(number)

    def end(self, code=0, number=signal.SIGTERM):
        """Told to stop; its exit status."""
        self.send(number)
        self.wait(code)

    def wait(self, code=0):
        found = self.process.wait(command.TIMEOUT)
        assert found == code, (found, self.log())

    def kill(self):
        self.process.kill()
        self.process.wait()

    def get(self, path):
        """Status and body of its own server's answer."""
        self.wait_says("metrics at ")
        url = re.search(r"metrics at (\S+)/metrics", self.log())[1]
        try:
            with urllib.request.urlopen(url + path,
                                        timeout=command.TIMEOUT) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.headers, error.read()

    def metrics(self):
        status, headers, body = self.get("/metrics")
        same(status, 200)
        same(headers["content-type"], "text/plain; version=0.0.4; charset=utf-8")
        return Metrics(body)

    def count(self, name):
        """One of its numbers: "shards_done_total"."""
        return self.metrics().get("fovea_node_" + name, job=JOB)

    def state(self):
        found = self.metrics()
        name, = (dict(labels)["state"] for (sample, labels), value
                 in found.samples.items()
                 if sample == "fovea_node_state" and value == 1)
        return name

    def workers(self):
        """Pids of its worker processes."""
        found = []
        for path in glob.glob(f"/proc/{self.process.pid}/task/*/children"):
            try:
                found += [int(pid) for pid in read(path).split()]
            except OSError:
                pass  # a thread that ended
        return found
