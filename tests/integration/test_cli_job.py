#!/usr/bin/python3
"""`fovea job`: made, looked at, ended, tried again, at a real broker.

    test_cli_job.py FOVEA MODEL_DIRECTORY QUEUE_TOOL
"""
import fcntl
import glob
import json
import os
import pty
import re
import shutil
import signal
import struct
import subprocess
import termios

import command
from broker import Broker
from command import FOVEA, MODEL, environment, main, picture, put, read, same
from command import said, wait_until
from nats_client import Client
from queue_handle import Tool

REPORT = {"version": "0.1.0", "state": "working", "reason": "", "uptime": 1,
          "done": 123, "failed": 4, "returned": 0, "redeliveries": 2,
          "refused": 0, "items": 1234567, "errors": 17, "rate": 88.25,
          "shards": [{"shard": 3, "done": 2, "items": 5},
                     {"shard": 4, "done": 0, "items": 0}]}
N = 23
SHARD = 5
N_SHARDS = 5


class Job:
    """A broker, pictures with a bad one among them, an output."""

    def __init__(self, directory, name="photos"):
        self.directory, self.name = directory, name
        self.output = os.path.join(directory, "out")
        self.broker = Broker(os.path.join(directory, "broker"))
        for i in range(N - 1):
            put(directory, f"in/{i:03}.png", picture(i + 1, 8, 6))
        put(directory, "in/bad.png", b"\x89PNG\r\n\x1a\nbroken")

    def __enter__(self):
        self.broker.start()
        return self

    def __exit__(self, *_):
        self.broker.kill()

    def words(self, verb, *more):
        place = ["-o", self.output] if "-o" not in more else []
        return [FOVEA, "job", verb, self.name, "--queue", self.broker.url,
                *place, *more]

    def run(self, verb, *more, **options):
        return subprocess.run(
            self.words(verb, *more), check=False, timeout=command.TIMEOUT,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, env=environment(), **options)

    def create(self, *more):
        return self.run("create", "-m", MODEL, "--shard-size", str(SHARD), *more,
                        os.path.join(self.directory, "in"))

    def work(self):
        """What a node does: each shard that is handed out, then its end is said."""
        with Tool(self.broker.url, self.name) as tool:
            while tool.counts()[:2] != [0, 0]:
                answer = tool.say("fetch 1000").split(" ")
                if answer[0] != "ok":
                    continue
                shard = int(answer[2])
                if os.path.exists(self.mark("failed", shard)) and \
                        not os.path.exists(self.mark("done", shard)):
                    tool.ok(f"drop {answer[1]}")
                    continue
                said(command.run(
                    "embed", "--shard", f"{shard}/{N_SHARDS}", "--resume",
                    "--shard-size", str(SHARD), "-o", self.output,
                    os.path.join(self.directory, "in")), 3 if shard == 4 else 0)
                tool.ok(f"done {answer[1]}")

    def status(self, *more):
        result = self.run("status", "--json", "--listen", "1ms", *more)
        same(result.returncode, 0)
        return json.loads(result.stdout)

    def shards(self):
        """Total, done, failed, waiting, handed out."""
        shards = self.status()["shards"]
        return [shards[name] for name in ("total", "done", "failed", "waiting",
                                          "handed_out")]

    def mark(self, folder, shard):
        return os.path.join(self.output, folder, f"{shard:05}.json")

    def files(self):
        return {path: read(path) for path in glob.glob(
            self.output + "/**/*", recursive=True) if os.path.isfile(path)}


def rows(job):
    """Inputs in the results, in order: each once, good ones and bad ones."""
    found = []
    for kind in ("metadata", "errors"):
        for path in glob.glob(f"{job.output}/{kind}/*.jsonl"):
            found += [json.loads(line)["input"] for line in
                      read(path).decode().splitlines()]
    return sorted(found)


def test_from_the_beginning_to_the_end(directory):
    with Job(directory) as job:
        said(job.create(), 0, "5 shards, 23 inputs", "5 shards published")
        same(job.shards(), [5, 0, 0, 5, 0])
        # Again: it goes on where it was.
        said(job.create(), 0, "0 shards published, 5 there before")
        said(job.run("finish"), 1, "5 shards are neither", "5 wait for a node")
        same(job.shards(), [5, 0, 0, 5, 0])
        job.work()
        same(job.shards(), [5, 5, 0, 0, 0])
        same(job.status()["state"], "complete")
        text = said(job.run("finish"), 0, "5 of 5 shards done", "23 inputs",
                    "22 rows, 1 errors, 0 skipped")
        assert "published" not in text, text
        same(len(set(rows(job))), N)
        same(len(rows(job)), N)
        before = job.files()
        said(job.run("finish", "--check", "bytes", "--remove"), 0)
        same(job.broker.streams(), {})
        said(job.run("status"), 2, "no such job")
        same(job.files(), before)
        # Made again from what is there, nothing is left to do.
        said(job.create(), 0, "0 shards published, 0 there before, 5 done")
        said(job.run("finish", "--wait"), 0)


def test_every_mix_of_markers(directory):
    with Job(directory) as job:
        said(job.create(), 0)
        job.work()
        put(job.output, "failed/00000.json", b"{}")  # both: done wins
        os.unlink(job.mark("done", 1))               # settled, and not marked
        os.unlink(job.mark("done", 2))
        put(job.output, "failed/00002.json", b"{}")
        os.unlink(os.path.join(job.output, "img_emb/img_emb_00003.npy"))
        text = said(job.run("finish"), 1, "2 shards published again",
                    "1 shards are marked as done, but")
        assert "3 of 5" not in text, text
        assert not os.path.exists(job.mark("failed", 0))
        assert os.path.exists(job.mark("done", 0))
        same(job.shards(), [5, 3, 1, 2, 0])
        # Nothing is published twice while a node may still take it.
        said(job.run("finish"), 1, "2 wait for a node", "0 were published")
        job.work()
        text = said(job.run("finish", "--wait"), 3, "4 of 5 shards done, 1 failed",
                    "shard 2: ", "fovea job retry")
        assert os.path.exists(job.mark("failed", 2))
        # What has failed is tried again, by its number, and only if it is named.
        said(job.run("retry", "0", "1"), 0, "0 failed shards")
        said(job.run("retry", "7"), 2, "no shard of the job, which has 5")
        said(job.run("retry", "x"), 2)
        said(job.run("retry", "2"), 0, "1 failed shards are tried again")
        assert not os.path.exists(job.mark("failed", 2))
        job.work()
        said(job.run("finish"), 0, "5 of 5 shards done, 0 failed",
             "23 inputs: 22 rows, 1 errors")
        same(len(set(rows(job))), N)


def test_a_broker_with_an_empty_disk(directory):
    with Job(directory) as job:
        said(job.create(), 0)
        job.work()
        os.unlink(job.mark("done", 4))
        job.broker.restart(empty=True)
        said(job.run("status"), 2, "no such job")
        said(job.run("retry"), 2, "no such job")
        said(job.run("finish"), 1, "did not have the job any more",
             "1 shards published again")
        job.work()
        said(job.run("finish", "--wait"), 0, "5 of 5")


def test_waiting_goes_on_through_all_of_it(directory):
    """--wait while nodes work and the broker is killed and loses its disk."""
    with Job(directory) as job:
        said(job.create("--ack-wait", "2s"), 0)
        waiting = subprocess.Popen(
            job.words("finish", "--wait"), stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE, env=environment())
        job.broker.restart(empty=True)
        wait_until(lambda: job.broker.streams().get(
            "FOVEA_photos", [{}])[0].get("messages") == N_SHARDS,
                   "the job to be made again")
        job.work()
        _, text = waiting.communicate(timeout=command.TIMEOUT)
        same(waiting.returncode, 0)
        assert b"5 of 5 shards done" in text, text


def test_another_job(directory):
    """A name, an output and a manifest belong together."""
    with Job(directory) as job:
        said(job.create(), 0)
        # Other settings at this place.
        said(job.create("--store", "f16"), 2)
        other = Job(directory)
        other.broker, other.output = job.broker, directory + "/other"
        said(other.create("--store", "f16"), 2, "another manifest")
        said(other.run("finish"), 2, "another manifest")
        said(other.run("retry"), 2, "another manifest")
        said(other.run("status"), 2, "another manifest")
        other.name = "second"
        said(other.create("--store", "f16"), 0)
        same(sorted(job.broker.streams()), ["FOVEA_photos", "FOVEA_second"])
        said(job.run("status", "-o", directory + "/nowhere"), 2, "no manifest")
        same(job.shards(), [5, 0, 0, 5, 0])
        unknown = Job(directory, "third")
        unknown.broker = job.broker
        said(unknown.run("status"), 2, "no such job")


def test_the_same_job_at_another_output(directory):
    """What nodes did elsewhere is not done here, and nobody is told that it is."""
    with Job(directory) as job:
        said(job.create(), 0)
        job.work()
        job.output = directory + "/second"
        said(job.create(), 0, "0 shards published, 5 there before, 0 done",
             "5 of those there before wait for no node", "fovea job finish")
        said(job.run("finish"), 1, "5 shards published again")
        text = said(job.create(), 0, "0 shards published, 5 there before")
        assert "wait for no node" not in text, text


def test_status_without_an_output(directory):
    with Job(directory) as job:
        said(job.create(), 0)
        result = subprocess.run(
            [FOVEA, "job", "status", "photos", "--queue", job.broker.url,
             "--json", "--listen", "1ms"], check=True, stdout=subprocess.PIPE,
            env=environment())
        status = json.loads(result.stdout)
        same(status["state"], "going")
        same(status["shards"], {"total": None, "done": None, "failed": None,
                                "waiting": 5, "handed_out": 0, "redelivered": 0})
        result = job.run("status", "--listen", "1ms")
        same(result.stdout.decode().splitlines()[:2],
             ["photos: going, 0 of 5 shards done (0.0 %), 0 failed",
              "5 wait, 0 handed out, 0 nodes, 0.0 images/s"])


class Terminal:
    """A process at a terminal of so many columns; what it has drawn."""

    def __init__(self, words, columns=80, rows_=24):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execve(words[0], words, environment())
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ,
                    struct.pack("HHHH", rows_, columns, 0, 0))
        self.drawn = b""

    def read(self):
        try:
            piece = os.read(self.fd, 65536)
        except OSError:
            piece = b""
        self.drawn += piece
        return piece

    def end(self):
        while self.read():
            pass
        os.close(self.fd)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def test_a_live_table(directory):
    """Drawn over itself, no wider than the terminal, until all is decided."""
    with Job(directory) as job:
        said(job.create(), 0)
        terminal = Terminal(job.words("status", "--watch"))
        with Client(job.broker.port) as client:
            same(client.connect(), "PONG")
            wait_until(lambda: client.publish(
                "fovea.photos.node." + "a-long-name-" * 5, json.dumps(REPORT)) ==
                "PONG" and b"a-long-name" in terminal.read() + terminal.drawn,
                "the node to be shown")
        job.work()
        same(terminal.end(), 0)
        text = terminal.drawn.decode()
        assert "photos: complete, 5 of 5 shards done (100.0 %)" in text, text
        assert "shard 3 (40 %), 4" in text, text
        for line in re.sub(r"\033\[[0-9]*[A-Z]", "", text).split("\r\n"):
            assert len(line) <= 80, line


def test_what_nodes_say_is_not_believed(directory):
    """Names and reports of strangers are refused, or shown as plain text."""
    with Job(directory) as job:
        said(job.create(), 0)
        watched = subprocess.Popen(
            job.words("status", "--json", "--listen", "3s"),
            stdout=subprocess.PIPE, env=environment())
        good = {**REPORT, "rate": 1.5}
        with Client(job.broker.port) as client:
            same(client.connect(), "PONG")
            while watched.poll() is None:
                for name, text in (
                        ("good", json.dumps(good)),
                        ("bad", "not a report"),
                        ("loud", json.dumps({**good, "state": "\033[2J"})),
                        ("long", "x" * 5000),
                        ("more", json.dumps({**good, "rate": -1}))):
                    same(client.publish(f"fovea.photos.node.{name}", text),
                         "PONG")
        found = json.loads(watched.stdout.read())
        watched.stdout.close()
        same([node["name"] for node in found["nodes"]], ["good"])
        same(found["images_per_s"], 1.5)


def test_usage(directory):
    def job(*words):
        return subprocess.run([FOVEA, "job", *words], check=False,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, env=environment(),
                              timeout=command.TIMEOUT)
    said(job(), 2, "create, status, finish or retry")
    said(job("finnish"), 2, "did you mean finish?")
    same(job("--help").returncode, 0)
    same(job("create", "--help").returncode, 0)
    same(job("status", "--help").returncode, 0)
    said(job("status"), 2, "NAME")
    said(job("status", "a", "b", "--queue", "nats://x"), 2, "b: only the NAME")
    said(job("status", "a.b", "--queue", "nats://x"), 2, "no name of a job")
    said(job("status", "a"), 2, "--queue")
    said(job("finish", "a", "--queue", "nats://x"), 2, "-o")
    said(job("retry", "a", "--queue", "nats://x"), 2, "-o")
    said(job("create"), 2, "NAME")
    said(job("create", "a b", "x.jpg"), 2, "NAME")
    said(job("create", "a", "x.jpg", "--queue", "nats://x"), 2, "-o")
    said(job("create", "a", "x.jpg", "-o", "y"), 2, "--queue")
    said(job("create", "a", "-o", "y", "--queue", "nats://x"), 2, "INPUT")
    said(job("finish", "a", "--watch"), 2, "--watch")
    said(job("status", "a", "--dtype", "f32"), 2, "--dtype")
    said(job("finish", "a", "--queue", "nats://me:sesame@x", "-o", "y"), 2)
    for port in ("0", "65536", "x", ""):
        said(job("status", "a", "--queue", f"nats://127.0.0.1:{port}"), 2,
             "HOST:PORT")
    with Broker(os.path.join(directory, "b")) as broker:
        url = broker.url
    os.mkdir(directory + "/in")
    put(directory, "in/a.png", picture(1))
    # Without a broker nothing is begun.
    result = job("create", "a", directory + "/in", "--queue", url, "-o",
                 directory + "/out", "-m", MODEL)
    said(result, 1, f"{url}: no broker answers there (--queue)")
    assert not os.path.exists(directory + "/out/manifest.json")
    said(job("status", "a", "--queue", url), 1, url)
    shutil.rmtree(directory + "/in")


def test_signals(directory):
    """A wait ends at once, and what is there stays."""
    with Job(directory) as job:
        said(job.create(), 0)
        before = job.files()
        for name, sig in (("finish", signal.SIGTERM), ("status", signal.SIGINT)):
            more = ["--wait"] if name == "finish" else ["--watch", "--json"]
            waiting = subprocess.Popen(
                job.words(name, *more), stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                env=environment())
            wait_until(lambda: job.broker.asked("connz")["num_connections"] > 0,
                       "it to be connected")
            waiting.send_signal(sig)
            same(waiting.wait(command.TIMEOUT), 128 + sig)
            wait_until(lambda: job.broker.asked("connz")["num_connections"] == 0,
                       "its end")
        same(job.files(), before)
        same(job.shards(), [5, 0, 0, 5, 0])


main([value for name, value in list(globals().items())
      if name.startswith("test_")])
