#!/usr/bin/python3
"""bench_queue with a broker of its own, which keeps its messages below TMPDIR (/tmp).

    bench/queue_costs.py BUILD [NODES] [SHARDS] [SHARD_SECONDS]
"""
import os
import subprocess
import sys
import tempfile

BUILD, *WORDS = sys.argv[1:]
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
WORDS += ["10000", "100000"][len(WORDS):]

# support/command.py wants its two words.
sys.argv[1:] = [".", "."]
sys.path.insert(0, os.path.join(ROOT, "tests/support"))
from broker import Broker  # pylint: disable=wrong-import-position

with tempfile.TemporaryDirectory() as directory, Broker(directory) as broker:
    sys.exit(subprocess.run([os.path.join(BUILD, "bench/bench_queue"), broker.url,
                             str(broker.process.pid), *WORDS],
                            check=False).returncode)
