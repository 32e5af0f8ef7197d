"""What a sharded run has left, read by numpy and not by fovea, and held to what
it promises: inputs are rows, errors and what was skipped, and none is there twice."""
import collections
import hashlib
import io
import json
import os

import numpy

from command import same

FILES = ("img_emb/img_emb_{}.npy", "metadata/metadata_{}.jsonl",
         "errors/errors_{}.jsonl")


class Folder:
    """An output that is a folder."""

    def __init__(self, path):
        self.path = path

    def read(self, key):
        with open(os.path.join(self.path, key), "rb") as f:
            return f.read()

    def keys(self):
        return sorted(os.path.relpath(os.path.join(where, name), self.path)
                      for where, _, names in os.walk(self.path) for name in names)


class Bucket:
    """An output below a prefix of the small object store's (s3_store.py)."""

    def __init__(self, store, prefix, bucket="bucket"):
        self.store = store
        self.prefix, self.bucket = prefix, bucket

    def read(self, key):
        return self.store.find(self.bucket, self.prefix + key).read()

    def keys(self):
        return [key[len(self.prefix):] for key in self.store.keys(self.bucket)
                if key.startswith(self.prefix)]


def name_of(line):
    """What a line calls its input: bytes where they are no UTF-8."""
    return bytes.fromhex(line["input_hex"]) if "input_hex" in line \
        else line["input"].encode()


def read_lines(content):
    text = content.decode("utf-8")
    assert text == "" or text.endswith("\n"), "last line is not ended"
    return [json.loads(line) for line in text.split("\n")[:-1]]


class Run:
    """All of it, checked while it is read. rows: {name: bytes of its row}; errors:
    {name: code}; n_skipped."""

    def __init__(self, place):
        self.place = place
        self.manifest = json.loads(place.read("manifest.json"))
        self.rows, self.errors = {}, {}
        self.n_skipped = self.n_inputs = 0
        self.failed = [key for key in place.keys() if key.startswith("failed/")]
        shards = self.manifest["shards"]
        for number in range(len(shards)):
            self.read_shard(f"{number:05d}", shards[number])
        same(len(self.rows) + len(self.errors) + self.n_skipped, self.n_inputs)
        found = collections.Counter(key.split("/")[0] for key in place.keys())
        for folder in ("img_emb", "metadata", "errors", "done"):
            same((folder, found[folder]), (folder, len(shards)))

    def read_shard(self, number, shard):
        done = json.loads(self.place.read(f"done/{number}.json"))
        keys = [name.format(number) for name in FILES]
        contents = [self.place.read(key) for key in keys]
        same(done["files"], {key: {
            "bytes": len(content),
            "sha256": hashlib.sha256(content).hexdigest()}
            for key, content in zip(keys, contents)})
        rows = numpy.load(io.BytesIO(contents[0]), allow_pickle=False)
        metadata, errors = map(read_lines, contents[1:])
        same(rows.shape, (done["rows"], self.manifest["dimension"]))
        assert numpy.isfinite(rows).all(), number
        same((len(metadata), len(errors)), (done["rows"], done["errors"]))
        same(done["inputs"], done["rows"] + done["errors"] + done["skipped"])
        names = self.place.read(f"manifest/names_{number}.jsonl")
        same(hashlib.sha256(names).hexdigest(), shard["names"])
        if shard.get("count") is not None:
            same(done["inputs"], shard["count"])
        for i, line in enumerate(metadata):
            same(line["row"], i)
            self.add(self.rows, name_of(line), rows[i].tobytes())
        for line in errors:
            self.add(self.errors, name_of(line), line["error"]["code"])
        self.n_skipped += done["skipped"]
        self.n_inputs += done["inputs"]

    def add(self, to, name, what):
        assert name not in self.rows and name not in self.errors, \
            f"{name} is there twice"
        to[name] = what
