"""The objects of the small object store: in memory, or in a folder that outlives
the process, whatever ends it. Standard library only."""
import dataclasses
import hashlib
import json
import os
import threading
import time


@dataclasses.dataclass
class Thing:
    """An object: its bytes, or the file that has them from an offset on."""
    size: int
    etag: str  # in its quotes
    headers: dict  # Content-Type and x-amz-meta-..., as they were given
    modified: float
    body: bytes = None
    path: str = None
    offset: int = 0

    def read(self, begin=0, end=None):
        end = self.size if end is None else end
        if self.body is not None:
            return self.body[begin:end]
        with open(self.path, "rb") as f:
            f.seek(self.offset + begin)
            return f.read(end - begin)


def make_etag(body):
    return f'"{hashlib.md5(body).hexdigest()}"'


class Store:
    """Calls are safe from any thread."""

    def __init__(self, directory=None):
        self.directory = directory
        self.lock = threading.Lock()
        self.things = {}  # bucket: {key: Thing}
        self.sorted = {}  # bucket: its keys in order, while none is new
        if directory:
            os.makedirs(directory, exist_ok=True)
            self.load()

    def load(self):
        """What an earlier process had: a line of JSON, then the bytes."""
        for name in os.listdir(self.directory):
            path = os.path.join(self.directory, name)
            if name.startswith("."):
                os.unlink(path)  # was being written
                continue
            with open(path, "rb") as f:
                head = f.readline()
                fields = json.loads(head)
                size = os.fstat(f.fileno()).st_size - len(head)
            bucket, key = fields.pop("bucket"), fields.pop("key")
            self.things.setdefault(bucket, {})[key] = Thing(
                size=size, path=path, offset=len(head), **fields)

    def name(self, bucket, key):
        return os.path.join(self.directory, hashlib.sha256(
            f"{bucket}/{key}".encode()).hexdigest())

    def make_bucket(self, bucket):
        with self.lock:
            self.things.setdefault(bucket, {})

    def has_bucket(self, bucket):
        return bucket in self.things

    def find(self, bucket, key):
        return self.things.get(bucket, {}).get(key)

    def keys(self, bucket):
        """In the order of their bytes."""
        with self.lock:
            if bucket not in self.sorted:
                self.sorted[bucket] = sorted(self.things.get(bucket, {}),
                                             key=str.encode)
            return self.sorted[bucket]

    def write(self, bucket, key, body, **headers):
        """Without asking what is there; gives the object."""
        with self.lock:
            thing = Thing(size=len(body), etag=make_etag(body), headers=headers,
                          modified=time.time(), body=bytes(body))
            if self.directory:
                self.save(bucket, key, thing)
            self.place(bucket, key, thing)
            return thing

    def write_file(self, bucket, key, path, etag='"of-a-file"', **headers):
        """An object of the bytes of a file, however large."""
        with self.lock:
            self.place(bucket, key, Thing(
                size=os.stat(path).st_size, etag=etag, headers=headers,
                modified=time.time(), path=path))

    def place(self, bucket, key, thing):
        things = self.things.setdefault(bucket, {})
        if key not in things:
            self.sorted.pop(bucket, None)
        things[key] = thing

    def save(self, bucket, key, thing):
        path = self.name(bucket, key)
        head = json.dumps({"bucket": bucket, "key": key, "etag": thing.etag,
                           "headers": thing.headers,
                           "modified": thing.modified}).encode() + b"\n"
        hidden = os.path.join(self.directory, "." + os.path.basename(path))
        with open(hidden, "wb") as f:
            f.write(head)
            f.write(thing.body)
        os.replace(hidden, path)
        thing.body, thing.path, thing.offset = None, path, len(head)

    def remove(self, bucket, key):
        with self.lock:
            thing = self.things.get(bucket, {}).pop(key, None)
            if thing:
                self.sorted.pop(bucket, None)
                if self.directory and thing.path == self.name(bucket, key):
                    os.unlink(thing.path)
