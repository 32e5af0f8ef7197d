"""A job for tests: a broker, an object store and nodes, each of which may be killed
and started again at any moment."""
import contextlib
import glob
import json
import os
import signal
import subprocess

import command
from broker import Broker, ObjectStore
from command import FOVEA, MODEL, TIMEOUT, read, wait_until
from s3_server import S3Server
from s3_store import Store
from shards import Bucket, Folder, Run

NAME = "test-job"
STREAM = f"FOVEA_{NAME}"  # at the broker
ACK_WAIT = "2s"  # seconds in tests, so that what is lost comes again soon
PREFIX = "out/"  # of the output in the store


class Node:
    """`fovea work`, at a place of a network."""

    def __init__(self, job, place, *flags, model=MODEL, env=None):
        self.job, self.place, self.flags, self.model = job, place, flags, model
        self.directory = os.path.join(job.directory, f"node{place.number}")
        os.makedirs(self.directory, exist_ok=True)
        self.env = {**job.env, "HOME": self.directory, **(env or {})}
        self.process = None
        self.n_starts = 0

    def start(self):
        assert self.process is None
        self.n_starts += 1
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                [*self.place.starter, FOVEA, "work", NAME, "-m", self.model,
                 "--queue", self.job.broker.url, "-o", self.job.output, *self.flags],
                env=self.env, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        return self

    @property
    def log_path(self):
        return os.path.join(self.directory, "log")

    def log(self):
        return read(self.log_path).decode("utf-8", "replace")

    def says(self, words):
        wait_until(lambda: words in self.log() or self.has_ended(), words)
        assert words in self.log(), (words, self.log())

    def has_ended(self):
        return self.process.poll() is not None

    def kill_workers(self):
        """All that it has now."""
        for path in glob.glob(f"/proc/{self.process.pid}/task/*/children"):
            with contextlib.suppress(OSError), open(path, encoding="ascii") as f:
                for pid in f.read().split():
                    os.kill(int(pid), signal.SIGKILL)

    def kill(self, sig=signal.SIGKILL):
        """Gives the exit status."""
        if self.process is None:
            return None
        self.process.send_signal(sig)
        status = self.process.wait(TIMEOUT)
        self.process = None
        return status

    def wait(self):
        """Until it ends by itself; gives the exit status."""
        status = self.process.wait(TIMEOUT)
        self.process = None
        return status


class Job:
    """Of one directory, where its broker and its store keep what they have."""

    def __init__(self, directory, networks, worker=None, output=None, store=()):
        """store: words for the store's program, or a store in this process."""
        self.directory = directory
        self.networks = networks
        self.broker = Broker(os.path.join(directory, "broker"),
                             host=networks.address)
        self.requests = os.path.join(directory, "requests")
        self.store = store if isinstance(store, S3Server) else ObjectStore(
            os.path.join(directory, "store"), host=networks.address,
            words=["--log", self.requests, *store])
        self.output = output or f"s3://bucket/{PREFIX}"
        self.nodes = []
        self.env = command.environment()
        if worker:
            self.env["FOVEA_WORKER"] = worker
        self.n_seen = 0  # bytes of the log of requests
        self.done = set()  # shards whose marker the store has taken

    def __enter__(self):
        self.broker.start()
        self.store.__enter__()
        self.env.update(self.store.environment())
        return self

    def __exit__(self, kind, *_):
        for node in self.nodes:
            node.kill()
            if kind and os.path.exists(node.log_path):
                tail = node.log().splitlines()[-12:]
                print(*(f"# node {node.place.number}: {line}" for line in tail),
                      sep="\n")
        self.broker.kill()
        self.store.__exit__()

    def node(self, *flags, **more):
        """One more, at the next place; it is not started."""
        node = Node(self, self.networks.places[len(self.nodes)], *flags, **more)
        self.nodes.append(node)
        return node

    def words(self, verb, *words):
        return [FOVEA, "job", verb, NAME, "--queue", self.broker.url, "-o",
                self.output, *words]

    def command(self, verb, *words):
        """`fovea job VERB`: the finished process."""
        return subprocess.run(
            self.words(verb, *words), env=self.env, check=False,
            timeout=4 * TIMEOUT, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def start_finish(self):
        """`fovea job finish --wait`, which goes on beside."""
        with open(os.path.join(self.directory, "finish"), "ab") as log:
            return subprocess.Popen(self.words("finish", "--wait"), env=self.env,
                                    stdin=subprocess.DEVNULL, stdout=log,
                                    stderr=log)

    def create(self, *words):
        result = self.command("create", "-m", MODEL, "--ack-wait", ACK_WAIT, *words)
        assert result.returncode == 0, result.stderr.decode()

    def finish(self, status=0):
        result = self.command("finish", "--wait")
        assert result.returncode == status, (result.returncode,
                                             result.stderr.decode())
        return result

    def look(self):
        """The shards whose markers are there, by what the store has answered."""
        if isinstance(self.store, S3Server):
            self.done = set(self.store.keys(PREFIX + "done/"))
        elif self.output.startswith("s3:"):
            with open(self.requests, "rb") as f:
                f.seek(self.n_seen)
                text = f.read()
            end = text.rfind(b"\n") + 1
            self.n_seen += end
            for method, _, key, _, status in map(json.loads,
                                                 text[:end].splitlines()):
                if method == "PUT" and status == 200 and \
                        key.startswith(PREFIX + "done/"):
                    self.done.add(key)
        else:
            folder = os.path.join(self.output, "done")
            self.done = set(os.listdir(folder)) if os.path.isdir(folder) else set()
        return len(self.done)

    def wait_done(self, count):
        """Until the markers of so many shards are there."""
        wait_until(lambda: self.look() >= count, f"{count} shards")

    def result(self):
        """All of it, checked; the store need not run."""
        if not self.output.startswith("s3:"):
            return Run(Folder(self.output))
        return Run(Bucket(self.store.store if isinstance(self.store, S3Server)
                          else Store(self.store.data), PREFIX))


def put_objects(job, things):
    """Objects that the store has from its start on: {key: bytes}."""
    store = Store(job.store.data)
    for key, body in things.items():
        store.write("bucket", key, body)
