#!/usr/bin/python3
"""An index that is killed at any moment: it opens, nothing is lost that was
committed, nothing is there twice, and the next run goes on.

FOVEA_INDEX_KILLS (15) is how many times.
"""
import contextlib
import hashlib
import os
import random
import signal
import sqlite3
import subprocess
import time

from command import FOVEA, environment, main, picture, put, read, same

HOME = {"FOVEA_HOME": os.environ["FOVEA_SOURCE_ROOT"]}
N_KILLS = int(os.environ.get("FOVEA_INDEX_KILLS", "15"))
N_FILES = 60
WORDS = [FOVEA, "index", "-q", "--commit-time", "1ms", "d"]


def known(directory):
    """The digest of each file that is committed; {} before the first commit."""
    path = os.path.join(directory, "d/.fovea/index.sqlite")
    if not os.path.exists(path):
        return {}
    with contextlib.closing(
            sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        for table, unique in (("contents", "digest"),
                              ("rows", "set_id, content"),
                              ("files", "root, path")):
            same(database.execute(
                f"SELECT count(*) FROM (SELECT 1 FROM {table} GROUP BY "
                f"{unique} HAVING count(*) > 1)").fetchone(), (0,))
        return dict(database.execute(
            "SELECT path, digest FROM files JOIN contents "
            "ON contents.id = content"))


def there(directory):
    """The digest of each file in the folder."""
    top = os.path.join(directory, "d")
    found = {}
    for where, folders, names in os.walk(top):
        folders[:] = [name for name in folders if name != ".fovea"]
        for name in names:
            path = os.path.join(where, name)
            found[os.fsencode(os.path.relpath(path, top))] = hashlib.sha256(
                read(path)).digest()
    return found


class Folder:
    """Pictures, and what happens to them."""

    def __init__(self, directory, chance):
        self.top = os.path.join(directory, "d")
        self.chance = chance
        self.seed = 0
        for _ in range(N_FILES):
            self.add()

    def names(self):
        return sorted(os.path.join(where, name)
                      for where, _, names in os.walk(self.top)
                      if ".fovea" not in where for name in names)

    def add(self):
        self.seed += 1
        folder = self.chance.choice(("", "a/", "a/b/", "c/"))
        # One in eight is the copy of another.
        seed = self.seed - self.seed % 8 // 7
        put(self.top, f"{folder}{self.seed}.png", picture(seed, 24, 20))

    def change(self):
        names = self.names()
        for path in self.chance.sample(names, 6):
            what = self.chance.randrange(3)
            if what == 0:
                os.unlink(path)
                self.add()
            elif what == 1:
                os.rename(path, f"{path[:-4]}r.png")
            else:
                self.seed += 1
                put(self.top, os.path.relpath(path, self.top),
                    picture(self.seed, 24, 20))


def check(directory):
    result = subprocess.run([FOVEA, "index", "--check", "-q", "d"],
                            cwd=directory, env=environment(**HOME),
                            stderr=subprocess.PIPE, check=False)
    assert result.returncode in (0, 2), result.stderr  # 2: not begun yet


def finish(directory):
    """A whole run; the seconds that it took."""
    begun = time.monotonic()
    result = subprocess.run([*WORDS, "--prune"], cwd=directory,
                            env=environment(**HOME), stderr=subprocess.PIPE,
                            check=False)
    same((result.returncode, result.stderr), (0, b""))
    same(known(directory), there(directory))
    return time.monotonic() - begun


def test_kills_at_any_moment(directory):
    chance = random.Random(1)
    folder = Folder(directory, chance)
    seconds = finish(directory)
    before = {}
    n_ended = 0
    for n in range(N_KILLS):
        if n % 10 == 0:
            subprocess.run(["rm", "-r", "d/.fovea"], cwd=directory, check=True)
            before = {}
        else:
            folder.change()
        process = subprocess.Popen(WORDS, cwd=directory,
                                   env=environment(**HOME),
                                   stderr=subprocess.DEVNULL)
        time.sleep(chance.random() * seconds)  # any moment will do
        process.send_signal(signal.SIGKILL)
        has_ended = process.wait() != -signal.SIGKILL
        n_ended += has_ended
        seconds *= 0.7 if has_ended else 1.1
        check(directory)
        now = known(directory)
        disk = there(directory)
        for path, digest in before.items():
            # What was right stays, whatever was under way.
            if disk.get(path) == digest:
                assert now.get(path) == digest, (n, path)
        before = now
        if n % 10 == 9:
            finish(directory)
    finish(directory)
    check(directory)
    print(f"# {N_KILLS} kills, {n_ended} of them too late")


if __name__ == "__main__":
    main([test_kills_at_any_moment])
