#!/usr/bin/python3
"""What shards and a queue cost beside `fovea embed` of the same pictures, and what an
image costs on one node and on more, in interleaved rounds.

    bench/shards.py BUILD PICTURES [ROUNDS] [N] [MODEL]

PICTURES (JPEGs, as they are found) are copied, again and again, until there are N
(2000). A round is `embed -o x.npy`, `embed --shard 0/1` and a node with a broker of its
own, in turns; then jobs of N and of 2 N pictures on 1, 2, 4 and 8 nodes of eight workers in
all, as more workers than cores cost something by themselves: the difference of both
is free of what nodes take to start. Times are seconds,
CPU is user and system time of all processes; instructions where perf counts them.
"""
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

BUILD = os.path.abspath(sys.argv[1])
PICTURES = sys.argv[2]
ROUNDS = int(sys.argv[3]) if len(sys.argv) > 3 else 5
N = int(sys.argv[4]) if len(sys.argv) > 4 else 2000
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
FOVEA = os.path.join(BUILD, "src/cli/fovea")
ENV = dict(os.environ, FOVEA_HOME=BUILD,
           FOVEA_WORKER=os.path.join(BUILD, "src/worker/fovea-worker"))
if len(sys.argv) > 5:
    ENV["FOVEA_MODEL"] = os.path.abspath(sys.argv[5])
NODES = (1, 2, 4, 8)
N_WORKERS = 8  # of all of them
INSTRUCTIONS = "instructions:u"

# What the tests kill, started here; support/command.py wants its two words.
sys.argv[1:] = [FOVEA, ENV.get("FOVEA_MODEL", ".")]
sys.path.insert(0, os.path.join(ROOT, "tests/support"))
from broker import Broker  # pylint: disable=wrong-import-position


def has_perf():
    found = shutil.which("perf") and subprocess.run(
        ["perf", "stat", "-x,", "-e", INSTRUCTIONS, "true"], check=False,
        stderr=subprocess.PIPE).stderr.decode()
    return bool(found) and re.match(r"\d", found) is not None


HAS_PERF = has_perf()


class Cost:
    """Of processes: wall, CPU, instructions (0: not counted)."""

    def __init__(self, wall=0.0, cpu=0.0, instructions=0):
        self.wall, self.cpu, self.instructions = wall, cpu, instructions

    def __str__(self):
        counted = f", {self.instructions / 1e9:.2f} G instructions" \
            if self.instructions else ""
        return f"{self.wall:.2f} s, CPU {self.cpu:.2f} s{counted}"


class Process:
    """A command whose cost is asked for at its end, with that of its children."""

    def __init__(self, *words, counts=None):
        self.counts = counts
        if HAS_PERF and counts:
            words = ["perf", "stat", "-x,", "-o", counts, "-e", INSTRUCTIONS,
                     *words]
        self.begun = time.monotonic()
        self.process = subprocess.Popen(words, env=ENV,
                                        stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL)

    def wait(self, statuses=(0,)):
        _, status, usage = os.wait4(self.process.pid, 0)
        self.process.returncode = os.waitstatus_to_exitcode(status)
        assert self.process.returncode in statuses, self.process.args
        counted = 0
        if HAS_PERF and self.counts:
            with open(self.counts, encoding="ascii") as f:
                counted = int(re.search(r"^(\d+)", f.read(), re.M)[1])
        return Cost(time.monotonic() - self.begun,
                    usage.ru_utime + usage.ru_stime, counted)


def write(folder, n):
    """n pictures, of those that there are, each with bytes of its own behind it."""
    paths = [os.path.join(where, name) for where, _, names in os.walk(PICTURES)
             for name in sorted(names) if name.endswith((".jpg", ".jpeg"))]
    if not paths:
        sys.exit(f"no JPEGs in {PICTURES}")
    contents = [open(path, "rb").read() for path in paths[:n]]
    os.makedirs(folder)
    for i in range(n):
        with open(os.path.join(folder, f"{i:06d}.jpg"), "wb") as f:
            f.write(contents[i % len(contents)] + b"%d" % i)


def embed(folder, directory):
    path = os.path.join(directory, "x.npy")
    return Process(FOVEA, "embed", "-q", "--overwrite", "-o", path, folder,
                   counts=f"{directory}/counts").wait()


def shards(folder, directory, size):
    out = os.path.join(directory, "out")
    cost = Process(FOVEA, "embed", "-q", "--shard", "0/1", "--shard-size", str(size),
                   "-o", out, folder, counts=f"{directory}/counts").wait()
    shutil.rmtree(out)
    return cost


def job(folder, directory, size, n_nodes=1, n_workers=2):
    """Nodes until all is done: what they cost, the time until the last marker (they
    notice their end later), and what the broker costs."""
    out = os.path.join(directory, "out")
    with Broker(os.path.join(directory, "broker")) as broker:
        name = ("bench", "--queue", broker.url, "-o", out)
        Process(FOVEA, "job", "create", "-q", *name, "--shard-size", str(size),
                folder).wait()
        begun = time.time()
        nodes = [Process(FOVEA, "work", "-q", *name, "--until-done", "--workers",
                         str(n_workers), counts=f"{directory}/counts{i}")
                 for i in range(n_nodes)]
        costs = [node.wait() for node in nodes]
        Process(FOVEA, "job", "finish", "-q", *name).wait()
        done = os.path.join(out, "done")
        wall = max(os.stat(os.path.join(done, marker)).st_mtime
                   for marker in os.listdir(done)) - begun
        broker_cpu = sum(os.times()[2:4])
        broker.stop()
        broker_cpu = sum(os.times()[2:4]) - broker_cpu
    shutil.rmtree(out)
    shutil.rmtree(os.path.join(directory, "broker"))
    return Cost(wall, sum(cost.cpu for cost in costs),
                sum(cost.instructions for cost in costs)), broker_cpu


def against(name, costs, base):
    """The median of the rounds' ratios."""
    def ratio(what):
        return statistics.median(getattr(a, what) / getattr(b, what)
                                 for a, b in zip(costs, base))
    text = f"{name} / embed, median of {ROUNDS}: {ratio('wall'):.3f}, CPU " \
        f"{ratio('cpu'):.3f}"
    if HAS_PERF:
        text += f", instructions {ratio('instructions'):.4f}"
    print(text)


def overhead(few, directory):
    size = max(N // 4, 1)
    base, sharded, node = [], [], []
    embed(few, directory)  # caches are warm
    for _ in range(ROUNDS):
        base.append(embed(few, directory))
        sharded.append(shards(few, directory, size))
        cost, broker_cpu = job(few, directory, size)
        node.append(cost)
        print(f"{N} pictures: embed {base[-1]}; --shard {sharded[-1]}; node "
              f"{cost}, broker's CPU {broker_cpu:.2f} s", flush=True)
    against("--shard", sharded, base)
    against("node", node, base)


def scale(few, many, directory):
    """CPU (or instructions) of N images more, a node and more."""
    size = max(N // 16, 1)
    what = "instructions" if HAS_PERF else "cpu"
    found = {n: [] for n in NODES}
    for _ in range(ROUNDS):
        for n_nodes in NODES:
            one, two = (getattr(job(folder, directory, size, n_nodes,
                                    N_WORKERS // n_nodes)[0], what)
                        for folder in (few, many))
            found[n_nodes].append((two - one) / N)
    for n_nodes, costs in found.items():
        cost = statistics.median(costs)
        ratio = statistics.median(a / b for a, b in zip(costs, found[NODES[0]]))
        unit = f"{cost / 1e6:.2f} M instructions" if HAS_PERF else \
            f"{cost * 1e3:.3f} ms CPU"
        print(f"{n_nodes} nodes of {N_WORKERS // n_nodes} workers: {unit} an image, "
              f"{ratio:.3f} of one node's", flush=True)


def main():
    with tempfile.TemporaryDirectory() as directory:
        few, many = (os.path.join(directory, name) for name in ("few", "many"))
        write(few, N)
        write(many, 2 * N)
        print(f"{os.cpu_count()} CPUs, model {ENV.get('FOVEA_MODEL', 'the default')}"
              f"{'' if HAS_PERF else ', no instructions counted'}")
        overhead(few, directory)
        scale(few, many, directory)


main()
