#!/usr/bin/python3
"""Eight nodes, a broker, an object store and who waits for the end, any of which is
killed at any moment, while pictures flow, some of which are bad and some of which end
the worker that has them: in the end each input is one row or one error, and none is
there twice.

    test_job_chaos.py FOVEA MODEL_DIRECTORY POISONED_WORKER

FOVEA_JOB_PICTURES (20000) is how many, FOVEA_JOB_SEED (1) what decides who is killed,
and when; FOVEA_JOB_KILLS (40) how often.
"""
import collections
import io
import os
import random
import signal
import sys
import tarfile
import time

import numpy

import many_pictures
from command import TIMEOUT, main, put, run, same
from jobs import STREAM, Job, put_objects
from many_pictures import DEADLY, POISON, picture
from networks import Networks

WORKER = os.path.abspath(sys.argv[3])
N_PICTURES = int(os.environ.get("FOVEA_JOB_PICTURES", "20000"))
N_KILLS = int(os.environ.get("FOVEA_JOB_KILLS", "40"))
SEED = int(os.environ.get("FOVEA_JOB_SEED", "1"))
N_NODES = 8
SHARD_SIZE = max(10, N_PICTURES // 80)
N_TEXTS = 5  # that are found beside pictures, and skipped
BAD_EVERY = 199
N_DEADLY = 3  # of each kind
# What a store in trouble does, for one request in a hundred.
TROUBLE = ("--seed", str(SEED), "--share", "0.01", "--trouble",
           "500,503,429,half,closed,lost")


class Inputs:
    """Pictures in a folder, an archive and the store, in turn; and names of nothing.
    good: {name: number}; bad: {name: code}."""

    def __init__(self, directory):
        self.good, self.bad = {}, {}
        self.folder = os.path.join(directory, "in")
        self.archive = os.path.join(directory, "in.tar")
        self.objects = {}
        self.reference = os.path.join(directory, "good")
        deadly = {(i + 1) * N_PICTURES // (len(DEADLY) * N_DEADLY + 1):
                  (list(DEADLY.values()) * N_DEADLY)[i]
                  for i in range(len(DEADLY) * N_DEADLY)}
        with tarfile.open(self.archive, "w") as archive:
            for number in range(N_PICTURES):
                make, code = deadly.get(number) or (
                    list(POISON.values())[number // BAD_EVERY % len(POISON)]
                    if number % BAD_EVERY == BAD_EVERY - 1 else (picture, None))
                name = self.place(archive, number, make(number))
                (self.bad if code else self.good)[name] = code or number
                if not code:
                    put(self.reference, f"{number:07d}.png", picture(number))
            for i in range(N_TEXTS):
                put(self.folder, f"text{i}", b"no picture")
                self.add(archive, f"text{i}", b"no picture")
        text = put(directory, "named.txt", b"no picture")
        missing = [os.path.join(directory, "missing"), "s3://bucket/missing"]
        self.list = put(directory, "list", "\n".join([text, *missing, ""]).encode())
        for name in (text, *missing):
            self.bad[name.encode()] = None

    @staticmethod
    def add(archive, name, content):
        member = tarfile.TarInfo(name)
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))

    def place(self, archive, number, content):
        """Put a picture where its number says; gives its name."""
        name = f"{number // 1000:04d}/{number:07d}.png"
        if number % 5 < 3:
            return put(self.folder, name, content).encode()
        if number % 5 == 3:
            self.add(archive, name, content)
            return f"{self.archive}/{name}".encode()
        self.objects[f"in/{name}"] = content
        return f"s3://bucket/in/{name}".encode()

    def words(self):
        return [self.folder, self.archive, "s3://bucket/in/", "--list", self.list]


class Chaos:
    """Who is killed, and when, by a seed."""

    def __init__(self, job, n_shards):
        self.job = job
        self.chance = random.Random(SEED)
        self.n_shards = n_shards
        self.counts = collections.Counter()
        self.cut = []  # nodes that nothing reaches
        self.finish = job.start_finish()

    def start_again(self):
        """Nodes that have ended by themselves: as whoever runs them would."""
        for node in self.job.nodes:
            if node.has_ended():
                self.counts[f"ended with {node.wait()}"] += 1
                node.start()

    def act(self):
        self.start_again()
        what = self.chance.choices(
            ("node", "worker", "broker", "store", "both", "network", "empty",
             "finish"), (40, 10, 12, 12, 6, 10, 10, 6))[0]
        self.counts[what] += 1
        node = self.chance.choice(self.job.nodes)
        if what == "node":
            node.kill()
            node.start()
        elif what == "worker":
            node.kill_workers()
        elif what == "broker":
            self.job.broker.restart()
        elif what == "store":
            self.job.store.restart()
        elif what == "both":
            self.job.store.kill()
            self.job.broker.kill()
            node.kill()
            node.start()
            self.job.broker.start()
            self.job.store.start()
        elif what == "network" and node.place.cut():
            self.cut.append(node)
        elif what == "empty":
            self.job.broker.restart(empty=True)
        elif what == "finish":
            self.finish.kill()
            self.finish.wait()
            self.finish = self.job.start_finish()

    def go(self):
        """As many acts as there are to be, between the first shard and the last."""
        for number in range(N_KILLS):
            wanted = min(number * self.n_shards // N_KILLS, self.n_shards - 1)
            self.job.wait_done(wanted)
            for node in self.cut:
                node.place.mend()
            self.cut = []
            self.act()
        for node in self.cut:
            node.place.mend()
        self.start_again()
        # Nobody is killed any more, and all nodes are there: it must end.
        same(self.finish.wait(4 * TIMEOUT), 0)


def expected(inputs, directory):
    """{number: bytes of the row} of the good ones, by one machine at peace."""
    path = os.path.join(directory, "good.npy")
    result = run("embed", "-q", "-o", path, inputs.reference)
    same(result.returncode, 0)
    return dict(zip(sorted(inputs.good.values()),
                    (row.tobytes() for row in numpy.load(path))))


def same_names(found, wanted):
    """The same ones; else some of those that are not."""
    more = sorted(set(found) - set(wanted))[:3]
    missing = sorted(set(wanted) - set(found))[:3]
    same((more, missing), ([], []))


def test_none_is_lost_and_none_is_there_twice(directory):
    print(f"# seed {SEED}, {N_PICTURES} pictures, {N_KILLS} kills")
    inputs = Inputs(directory)
    with Networks(N_NODES) as networks:
        job = Job(directory, networks, worker=WORKER, store=TROUBLE)
        put_objects(job, inputs.objects)
        with job:
            begun = time.monotonic()
            job.create("--shard-size", str(SHARD_SIZE), *inputs.words())
            for _ in range(N_NODES):
                job.node("--workers", "1", "--image-time", "2s").start()
            n_shards = job.broker.streams()[STREAM][0]["messages"]
            chaos = Chaos(job, n_shards)
            chaos.go()
            seconds = time.monotonic() - begun
            for node in job.nodes:
                assert node.kill(signal.SIGTERM) in (0, 143), node.log()
        result = job.result()
        same(result.failed, [])
        lost = [(name, code) for name, code in result.errors.items()
                if name not in inputs.bad]
        same((len(lost), lost[:5]), (0, []))
        same_names(result.rows, inputs.good)
        same_names(result.errors, inputs.bad)
        for name, code in inputs.bad.items():
            assert code in (None, result.errors[name]), (name, result.errors[name])
        same(result.n_skipped, 2 * N_TEXTS)
        rows = expected(inputs, directory)
        for name, number in inputs.good.items():
            same((name, result.rows[name]), (name, rows[number]))
        same(len(set(result.rows.values())), len(inputs.good))
        kinds = ", ".join(f"{n} {what}" for what, n in sorted(chaos.counts.items()))
        print(f"# {'namespaces' if networks.has_namespaces else 'loopback'}, "
              f"{n_shards} shards, {len(result.rows)} rows, {len(result.errors)} "
              f"errors, {result.n_skipped} skipped, {seconds:.0f} s; {kinds}")


if __name__ == "__main__":
    main([test_none_is_lost_and_none_is_there_twice])
