#!/usr/bin/python3
"""An index and the folders it is of: what is embedded, known again, removed,
kept, refused."""
import contextlib
import json
import os
import shutil
import signal
import sqlite3
import stat
import subprocess

from command import FOVEA, MODEL, Skip, environment, lines, main, picture, \
    put, read, run, said, same, wait_until

# The models that come with fovea.
HOME = {"FOVEA_HOME": os.environ["FOVEA_SOURCE_ROOT"]}
NO_WORKER = {"FOVEA_WORKER": "/nonexistent/worker"}
OLD = 1_600_000_000  # seconds: files that were not changed just now


def index(*arguments, more=None, **options):
    options.setdefault("env", environment(**HOME, **(more or {})))
    return run("index", *arguments, model=False, **options)


def report(result, code=0):
    """The report of --json, and what failed before it."""
    text = result.stderr.decode("utf-8", "replace")
    assert result.returncode == code, (result.returncode, text, result.stdout)
    *problems, last = lines(result.stdout)
    return last, problems


def update(directory, *arguments, code=0, **options):
    """Update the index of the folder d; its report."""
    return report(index("-q", "--json", *arguments, "d", cwd=directory,
                        **options), code)[0]


def settle(directory):
    """Let every file be old."""
    for where, _, names in os.walk(directory):
        for name in names:
            if ".fovea" not in where:
                os.utime(os.path.join(where, name), (OLD, OLD),
                         follow_symlinks=False)


class Hold:
    """A worker program whose starts wait, after the first n, for go()."""

    def __init__(self, directory, n=0):
        self.fifo = os.path.join(directory, "hold")
        self.path = os.path.join(directory, "worker.sh")
        os.mkfifo(self.fifo)
        frees = "".join(f"mkdir '{self.fifo}.{i}' 2>/dev/null && exec "
                        f"'{os.environ['FOVEA_WORKER']}' \"$@\"\n"
                        for i in range(n))
        put(directory, "worker.sh", f"#!/bin/sh\n{frees}read line < "
            f"'{self.fifo}'\nexec '{os.environ['FOVEA_WORKER']}' \"$@\"\n"
            .encode())
        os.chmod(self.path, 0o755)
        self.more = {"FOVEA_WORKER": self.path}

    def _open(self):
        try:
            return os.open(self.fifo, os.O_WRONLY | os.O_NONBLOCK)
        except OSError:  # nobody reads yet
            return None

    def wait(self):
        """Until a worker is held; gives what go() needs."""
        self.fd = wait_until(self._open, "a worker that is held")

    def go(self):
        os.write(self.fd, b"go\n" * 64)
        os.close(self.fd)


def start(directory, *arguments, more=None):
    return subprocess.Popen(
        [FOVEA, "index", "--json", *arguments, "d"], cwd=directory,
        env=environment(**HOME, **(more or {})), stdout=subprocess.PIPE,
        stderr=subprocess.PIPE)


def pictures(directory, n=6):
    for i in range(n):
        put(directory, f"d/{'deep/' * (i % 3)}p{i}.png", picture(i + 1))
    settle(directory)


class Index:
    """What stands in an index; read by SQLite itself."""

    def __init__(self, directory, place="d/.fovea"):
        self.path = os.path.join(directory, place, "index.sqlite")

    def ask(self, question, *values):
        with contextlib.closing(
                sqlite3.connect(f"file:{self.path}?mode=ro", uri=True)) as c:
            return c.execute(question, values).fetchall()

    def files(self):
        return sorted(path for path, in self.ask("SELECT path FROM files"))

    def count(self, table):
        return self.ask(f"SELECT count(*) FROM {table}")[0][0]

    def content_of(self, path):
        return self.ask("SELECT content FROM files WHERE path = ?",
                        path.encode())[0][0]


def test_a_first_run_embeds_and_a_second_does_nothing(directory):
    pictures(directory)
    put(directory, "d/notes.txt", b"no picture\n")
    settle(directory)
    result = index("d", cwd=directory)
    said(result, 0, "embedded 6 images", "1 skipped: not images")
    same(result.stdout, b"")
    found = Index(directory)
    same(found.count("contents"), 6)
    same(found.count("rows"), 6)
    same(len(found.files()), 7)
    # No worker can be started, and no file is opened: none is there to be read.
    for i in range(6):
        os.chmod(os.path.join(directory, f"d/{'deep/' * (i % 3)}p{i}.png"), 0)
    again = update(directory, more=NO_WORKER)
    same((again["unchanged"], again["bad_before"], again["read"],
          again["embedded"], again["removed"]), (6, 1, 0, 0, 0))
    same(again["commits"], 1)


def test_a_renamed_file_costs_no_embedding(directory):
    pictures(directory)
    update(directory)
    before = Index(directory).content_of("p0.png")
    os.makedirs(os.path.join(directory, "d/z"))
    os.rename(os.path.join(directory, "d/p0.png"),
              os.path.join(directory, "d/z/renamed.png"))
    os.rename(os.path.join(directory, "d/deep"),
              os.path.join(directory, "d/moved"))
    done = update(directory, more=NO_WORKER)
    same((done["known"], done["embedded"], done["removed"]), (5, 0, 5))
    found = Index(directory)
    same(found.content_of("z/renamed.png"), before)
    same(found.count("contents"), 6)
    same(found.files(), sorted([b"z/renamed.png", b"p3.png", b"moved/p1.png",
                                b"moved/p4.png", b"moved/deep/p2.png",
                                b"moved/deep/p5.png"]))


def test_the_same_bytes_are_one_embedding(directory):
    for name in ("a", "b", "deep/c"):
        put(directory, f"d/{name}.png", picture(1))
    put(directory, "d/other.png", picture(2))
    os.link(os.path.join(directory, "d/a.png"),
            os.path.join(directory, "d/linked.png"))
    os.symlink("a.png", os.path.join(directory, "d/symbolic.png"))
    settle(directory)
    done = update(directory)
    same((done["embedded"], done["known"]), (2, 4))
    found = Index(directory)
    same(found.count("contents"), 2)
    same(found.count("rows"), 2)
    same(len(found.files()), 6)
    # A copy later, and a file whose time alone is another.
    put(directory, "d/later.png", picture(2))
    os.utime(os.path.join(directory, "d/b.png"), (OLD + 5, OLD + 5))
    settled = os.path.join(directory, "d/later.png")
    os.utime(settled, (OLD, OLD))
    done = update(directory, more=NO_WORKER)
    same((done["read"], done["known"], done["embedded"]), (2, 2, 0))
    same(update(directory, more=NO_WORKER)["read"], 0)


def test_an_edited_file_is_embedded_again(directory):
    pictures(directory)
    update(directory)
    found = Index(directory)
    before = found.content_of("p0.png")
    put(directory, "d/p0.png", picture(99))
    done = update(directory)
    same((done["read"], done["embedded"], done["unchanged"]), (1, 1, 5))
    assert found.content_of("p0.png") != before
    same(found.ask("SELECT count(*) FROM contents WHERE id = ?", before),
         [(0,)])
    same(found.count("rows"), 6)


def test_what_has_gone_is_removed(directory):
    pictures(directory)
    update(directory)
    os.unlink(os.path.join(directory, "d/p0.png"))
    shutil.rmtree(os.path.join(directory, "d/deep/deep"))
    result = index("d", cwd=directory)
    said(result, 0, "embedded 0 images", "3 removed")
    found = Index(directory)
    same(found.files(), [b"deep/p1.png", b"deep/p4.png", b"p3.png"])
    same(found.count("contents"), 3)
    same(found.count("rows"), 3)
    # A file that comes back is embedded again.
    put(directory, "d/p0.png", picture(1))
    same(update(directory)["embedded"], 1)


def test_keep_missing_keeps(directory):
    pictures(directory)
    update(directory)
    os.unlink(os.path.join(directory, "d/p0.png"))
    done = update(directory, "--keep-missing")
    same((done["gone"], done["removed"]), (1, 0))
    same(Index(directory).count("contents"), 6)
    same(update(directory)["removed"], 1)


def test_more_than_half_needs_prune(directory):
    pictures(directory)
    update(directory)
    for name in ("p0.png", "p3.png", "deep/p1.png", "deep/p4.png"):
        os.unlink(os.path.join(directory, "d", name))
    put(directory, "d/new.png", picture(50))
    result = index("d", cwd=directory)
    said(result, 1, "4 of 6 files are not there any more", "--prune",
         "--keep-missing", "embedded 1 image")
    found = Index(directory)
    same(found.count("files"), 7)
    done = update(directory, "--prune")
    same((done["gone"], done["removed"]), (4, 4))
    same(found.count("files"), 3)
    same(found.count("contents"), 3)
    # Half is not more than half.
    os.unlink(os.path.join(directory, "d/new.png"))
    same(update(directory)["removed"], 1)


def test_a_root_that_is_missing_or_empty_removes_nothing(directory):
    pictures(directory)
    put(directory, "e/a.png", picture(20))
    base = ("-i", "index")
    report(index(*base, "--json", "d", "e", cwd=directory))
    found = Index(directory, "index")
    os.rename(os.path.join(directory, "d"), os.path.join(directory, "away"))
    put(directory, "e/b.png", picture(21))
    result = index(*base, cwd=directory)
    said(result, 1, "/d is not there", "--relocate", "--remove",
         "embedded 1 image")
    same(found.count("files"), 8)
    os.makedirs(os.path.join(directory, "d/.hidden"))
    for arguments in ((), ("--prune",), ("d",)):
        result = index(*base, "--json", *arguments, cwd=directory)
        last, problems = report(result, 1)
        same([problem["error"]["code"] for problem in problems],
             ["root_missing"])
        same(last["removed"], 0)
    said(index(*base, cwd=directory), 1, "/d is empty", "6 files")
    same(found.count("files"), 8)
    # A file in place of the folder is no folder.
    os.rmdir(os.path.join(directory, "d/.hidden"))
    os.rmdir(os.path.join(directory, "d"))
    put(directory, "d", b"a file")
    said(index(*base, cwd=directory), 1, "/d is not there")
    # It was moved.
    said(index(*base, "--relocate", "d", "away", cwd=directory), 0,
         "1 folder is now at or below", "/away")
    done, _ = report(index(*base, "--json", cwd=directory))
    same((done["unchanged"], done["read"], done["removed"]), (8, 0, 0))
    # And is to be forgotten.
    shutil.rmtree(os.path.join(directory, "away"))
    said(index(*base, cwd=directory), 1, "/away is not there")
    said(index(*base, "--remove", "away", cwd=directory), 0,
         "removed 6 files")
    same(found.files(), [b"a.png", b"b.png"])
    said(index(*base, cwd=directory), 0)


def test_a_root_on_another_file_system_removes_nothing(directory):
    pictures(directory)
    base = ("-i", "index", "--json", "-q")
    report(index(*base, "d", cwd=directory))
    where = os.path.join(directory, "d")
    try:
        subprocess.run(["mount", "-t", "tmpfs", "tmpfs", where], check=True,
                       stderr=subprocess.DEVNULL)
    except (OSError, subprocess.CalledProcessError):
        raise Skip("no file system can be mounted here")
    try:
        put(directory, "d/p0.png", picture(1))
        _, problems = report(index(*base, cwd=directory), 1)
        same([problem["error"]["code"] for problem in problems],
             ["root_missing"])
        assert "another file system" in problems[0]["error"]["message"]
    finally:
        subprocess.run(["umount", where], check=True)
    done, _ = report(index(*base, cwd=directory))
    same((done["unchanged"], done["removed"]), (6, 0))


def test_a_folder_moves_with_the_index_in_it(directory):
    pictures(directory)
    update(directory)
    os.rename(os.path.join(directory, "d"), os.path.join(directory, "e"))
    done, _ = report(index("--json", "-q", "e", cwd=directory, env=environment(
        **HOME, **NO_WORKER)))
    same((done["unchanged"], done["read"], done["removed"]), (6, 0, 0))


def test_failures_are_remembered_until_they_change(directory):
    pictures(directory, 3)
    put(directory, "d/cut.png", picture(5)[:-40])
    put(directory, "d/empty.jpg", b"")
    os.symlink("nowhere", os.path.join(directory, "d/broken.png"))
    settle(directory)
    result = index("--json", "d", cwd=directory)
    last, problems = report(result, 3)
    same((last["bad"], last["skipped"]), (2, 1))
    same(sorted((os.path.basename(p["input"]), p["error"]["code"])
                for p in problems),
         [("broken.png", "file_not_found"), ("cut.png", "image_truncated")])
    said(result, 3, "/d/cut.png: ", "skipped: ", "/d/empty.jpg: ")
    done = update(directory, more=NO_WORKER)
    same((done["read"], done["bad_before"]), (0, 3))
    done = update(directory, "--retry", code=3)
    same((done["read"], done["bad"], done["skipped"]), (3, 2, 1))
    put(directory, "d/cut.png", picture(5))
    done = update(directory)
    same((done["read"], done["embedded"], done["bad_before"]), (1, 1, 2))
    # The link leads somewhere now.
    put(directory, "d/nowhere", picture(1))
    done = update(directory, more=NO_WORKER)
    same((done["read"], done["known"], done["bad"]), (2, 2, 0))


def test_what_cannot_be_read_stays(directory):
    if os.geteuid() != 0:
        raise Skip("another user is needed, so that folders can be closed")
    pictures(directory)
    os.chmod(directory, 0o777)
    for where, _, _ in os.walk(os.path.join(directory, "d")):
        os.chown(where, 65534, 65534)
    other = {"user": 65534, "group": 65534, "extra_groups": []}
    env = environment(**HOME, FOVEA_CACHE="")
    same(report(index("--json", "-q", "d", cwd=directory, env=env,
                      **other))[0]["embedded"], 6)
    os.chmod(os.path.join(directory, "d/deep"), 0)
    result = index("--json", "d", cwd=directory, env=env, **other)
    last, problems = report(result, 3)
    same((last["unread_folders"], last["gone"], last["unchanged"]), (1, 0, 2))
    same([p["error"]["code"] for p in problems], ["file_denied"])
    said(result, 3, "/d/deep: the directory cannot be read")
    same(Index(directory).count("files"), 6)
    os.chmod(os.path.join(directory, "d/deep"), 0o755)
    # A file that may not be read keeps what is known of it, and is tried again.
    os.utime(os.path.join(directory, "d/p0.png"), (OLD + 9, OLD + 9))
    os.chmod(os.path.join(directory, "d/p0.png"), 0)
    for _ in range(2):
        last, problems = report(index("--json", "d", cwd=directory, env=env,
                                      **other), 3)
        same([p["error"]["code"] for p in problems], ["file_denied"])
    assert Index(directory).content_of("p0.png") > 0


def test_folders_that_cannot_be_read_keep_their_files(directory):
    """One beside the other, and one whose names can be read and no more."""
    if os.geteuid() != 0:
        raise Skip("another user is needed, so that folders can be closed")
    for i, name in enumerate(("a/a/p", "a/p", "b/p", "c/p", "d/p", "e/p", "f/a",
                              "f/p", "p", "q", "r", "s", "t", "u", "v", "w")):
        put(directory, f"d/{name}.png", picture(i + 1))
    os.symlink("p.png", os.path.join(directory, "d/f/link.png"))
    os.chmod(directory, 0o777)
    for where, _, _ in os.walk(os.path.join(directory, "d")):
        os.chown(where, 65534, 65534)
    other = {"user": 65534, "group": 65534, "extra_groups": []}
    env = environment(**HOME, FOVEA_CACHE="")
    same(report(index("--json", "-q", "d", cwd=directory, env=env,
                      **other))[0]["embedded"], 16)
    before = Index(directory).files()
    closed = {"a/a": 0, "a": 0, "b": 0, "c": 0, "e": 0, "f": 0o600}
    for name, mode in closed.items():
        os.chmod(os.path.join(directory, "d", name), mode)
    result = index("--json", "d", cwd=directory, env=env, **other)
    last, problems = report(result, 3)
    same((last["unread_folders"], last["gone"], last["removed"]), (5, 0, 0))
    same({p["error"]["code"] for p in problems}, {"file_denied"})
    said(result, 3, "/d/f: the directory's files cannot be looked at")
    same(Index(directory).files(), before)
    for name in reversed(closed):
        os.chmod(os.path.join(directory, "d", name), 0o755)
    os.remove(os.path.join(directory, "d/c/p.png"))
    last = report(index("--json", "-q", "d", cwd=directory, env=env,
                        **other))[0]
    same((last["gone"], last["removed"], last["embedded"]), (1, 1, 0))


def test_nothing_of_the_users_is_made_an_index(directory):
    """Files that are called as an index's, in the folder that -i names."""
    put(directory, "d/p.png", picture(1))
    journal = {"index.sqlite-wal": b"a log", "segments/1.seg": b"a segment",
               "index.sqlite.new": b"a draft"}
    refused = "is there; an index is made in a new"
    cases = [({"lock": b"what is locked\n"}, 2, refused),
             ({"lock": b"4711 and more"}, 2, refused),
             ({"index.sqlite": read(os.path.join(directory, "d/p.png"))}, 1,
              "no SQLite file"),
             (journal, 2, refused),
             *[({name: content}, 2, refused)
               for name, content in journal.items()]]
    for i, (files, code, words) in enumerate(cases):
        for name, content in files.items():
            put(directory, f"{i}/{name}", content)
        said(index("-i", f"{i}", "d", cwd=directory), code, words)
        left = {os.path.relpath(os.path.join(where, name),
                                os.path.join(directory, f"{i}"))
                for where, _, names in os.walk(os.path.join(directory, f"{i}"))
                for name in names}
        same(left, set(files))
        for name, content in files.items():
            same(read(os.path.join(directory, f"{i}", name)), content)
    # Another program's, and links to what is the user's.
    os.makedirs(os.path.join(directory, "other"))
    path = os.path.join(directory, "other/index.sqlite")
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE files (path)")
    other.close()
    before = read(path)
    for words in ("d",), ("--check",), ("--compact",), ("--remove", "*"):
        result = index("-i", "other", *words, cwd=directory)
        assert result.returncode == 1, result
        assert b"no index of fovea's" in result.stderr + result.stdout
    same(read(path), before)
    same(os.listdir(os.path.join(directory, "other")), ["index.sqlite"])
    os.makedirs(os.path.join(directory, "link"))
    os.symlink("../d/p.png", os.path.join(directory, "link/index.sqlite"))
    said(index("-i", "link", "d", cwd=directory), 2, "index.sqlite is there")
    same(os.readlink(os.path.join(directory, "link/index.sqlite")),
         "../d/p.png")
    update(directory)
    put(directory, "d/.fovea/lock", b"mine")
    said(index("d", cwd=directory), 2, "lock is no lock of fovea's")
    same(read(os.path.join(directory, "d/.fovea/lock")), b"mine")


def test_segments_behind_a_link_are_not_written(directory):
    put(directory, "d/p.png", picture(1))
    update(directory)
    put(directory, "mine/99.seg", b"mine")
    os.rename(os.path.join(directory, "d/.fovea/segments"),
              os.path.join(directory, "kept"))
    os.symlink("../../mine", os.path.join(directory, "d/.fovea/segments"))
    put(directory, "d/q.png", picture(2))
    said(index("d", cwd=directory), 1, "segments is a link, or no folder")
    same(os.listdir(os.path.join(directory, "mine")), ["99.seg"])


def test_names_of_any_bytes(directory):
    names = [b"new\nline.png", b"\xff\xfe.png", "schön.png".encode(),
             b"-dash.png", b"#hash?.png", b"a b/c\td.png", b"a.png",
             b"a/b.png", b"a0.png"]
    root = os.path.join(os.fsencode(directory), b"d")
    for i, name in enumerate(names):
        path = os.path.join(root, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as f:
            f.write(picture(i + 1))
    # As deep as a path may be: the files' own are of 4095 bytes.
    at = os.open(root, os.O_RDONLY)
    left = 4095 - len(b"/x.png")
    folders = []
    while left > 0:
        part = b"n" * (min(left, 200) if left - 200 != 1 else 199)
        os.mkdir(part, dir_fd=at)
        folders.append(part)
        below = os.open(part, os.O_RDONLY, dir_fd=at)
        os.close(at)
        at = below
        left -= len(part) + 1
    name = b"x.png" if left == -1 else b"x.png"[:left]
    fd = os.open(name, os.O_WRONLY | os.O_CREAT, dir_fd=at)
    os.write(fd, picture(77))
    os.close(fd)
    os.close(at)
    try:
        done = update(directory)
        same((done["embedded"], done["bad"]), (len(names) + 1, 0))
        found = Index(directory)
        deep = b"/".join(folders) + b"/" + name
        same(found.files(), sorted(names + [deep]))
        same(len(deep), 4095)
        done = update(directory, more=NO_WORKER)
        same((done["unchanged"], done["read"], done["gone"]),
             (len(names) + 1, 0, 0))
    finally:
        subprocess.run(["rm", "-rf", os.path.join(directory, "d")], check=True)


def test_filters_leave_alone_what_they_leave_out(directory):
    pictures(directory)
    put(directory, "d/thumbs/t.png", picture(30))
    put(directory, "d/.hidden/h.png", picture(31))
    put(directory, "d/x.gif", b"GIF89a")
    settle(directory)
    done = update(directory, "--exclude", "thumbs/", "--include", "*.png")
    same((done["embedded"], done["bad"]), (6, 0))
    os.unlink(os.path.join(directory, "d/x.gif"))
    same(update(directory)["embedded"], 1)
    os.unlink(os.path.join(directory, "d/thumbs/t.png"))
    done = update(directory, "--exclude", "thumbs/")
    same((done["gone"], done["unchanged"]), (0, 6))
    done = update(directory, "--include", "p?.png")
    same((done["gone"], done["unchanged"]), (0, 6))
    same(update(directory)["removed"], 1)


def test_links_to_folders_are_not_entered(directory):
    pictures(directory)
    os.symlink(".", os.path.join(directory, "d/loop"))
    os.symlink("../e", os.path.join(directory, "d/out"))
    put(directory, "e/a.png", picture(40))
    same(update(directory)["embedded"], 6)
    # The folder itself may be named by a link.
    os.symlink("d", os.path.join(directory, "link"))
    done, _ = report(index("--json", "-q", "link", cwd=directory))
    same((done["unchanged"], done["read"]), (6, 0))
    same(Index(directory).count("roots"), 1)


def test_a_mount_below_itself_is_not_entered(directory):
    pictures(directory)
    os.mkdir(os.path.join(directory, "d/loop"))
    try:
        subprocess.run(["mount", "--bind", "d", "d/loop"], check=True,
                       cwd=directory, stderr=subprocess.DEVNULL)
    except (OSError, subprocess.CalledProcessError):
        raise Skip("nothing can be mounted here")
    try:
        same(update(directory)["embedded"], 6)
    finally:
        subprocess.run(["umount", "d/loop"], check=True, cwd=directory)


def test_a_second_writer_is_refused(directory):
    pictures(directory)
    update(directory)
    put(directory, "d/new.png", picture(60))
    hold = Hold(directory)
    first = start(directory, more=hold.more)
    hold.wait()
    for arguments in ((), ("--remove", "d/p0.png"), ("--compact",)):
        said(index(*arguments, "d", cwd=directory, more=NO_WORKER), 1,
             str(first.pid))
    result = index("--json", "--check", "d", cwd=directory)
    same((result.returncode, json.loads(result.stdout)["faults"]), (0, []))
    hold.go()
    first.communicate()
    same(first.returncode, 0)
    same(Index(directory).count("contents"), 7)


def test_a_signal_commits_what_is_done(directory):
    pictures(directory, 12)
    hold = Hold(directory, 1)
    process = start(directory, "--workers", "1", "--batch", "1", "--recycle",
                    "3", "--commit-time", "never", more=hold.more)
    hold.wait()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate()
    same((process.returncode, err.count(b"embedded 3 images")), (130, 1))
    same(lines(out)[-1]["embedded"], 3)
    same(Index(directory).count("contents"), 3)
    os.close(hold.fd)
    same(update(directory)["embedded"], 9)


def test_a_file_that_changes_meanwhile_is_left_for_the_next_run(directory):
    pictures(directory, 2)
    update(directory)
    path = put(directory, "d/new.png", picture(60))
    os.utime(path, (OLD, OLD))
    hold = Hold(directory)
    process = start(directory, more=hold.more)
    hold.wait()
    put(directory, "d/new.png", picture(61))
    hold.go()
    out, _ = process.communicate()
    same((process.returncode, lines(out)[-1]["changed_meanwhile"]), (3, 1))
    found = Index(directory)
    same((found.count("files"), found.count("contents")), (2, 2))
    same(update(directory)["embedded"], 1)


def test_a_file_that_vanishes_meanwhile_is_no_error(directory):
    pictures(directory, 2)
    update(directory)
    put(directory, "d/new.png", picture(60))
    hold = Hold(directory)
    process = start(directory, more=hold.more)
    hold.wait()
    os.unlink(os.path.join(directory, "d/new.png"))
    hold.go()
    process.communicate()
    same(Index(directory).files(), [b"deep/p1.png", b"p0.png"])
    done = update(directory)
    same((done["read"], done["gone"]), (0, 0))


def test_another_model_is_a_set_beside(directory):
    pictures(directory, 4)
    update(directory)
    done = update(directory, "-m", MODEL)
    same((done["unchanged"], done["embedded"]), (4, 4))
    found = Index(directory)
    same(found.count("sets"), 2)
    same(found.count("rows"), 8)
    # Later runs keep both, unasked.
    put(directory, "d/new.png", picture(70))
    done = update(directory)
    same((done["embedded"], done["read"]), (1, 1))
    same(found.count("rows"), 10)
    same(update(directory, "-m", MODEL, more=NO_WORKER)["read"], 0)


def test_what_a_set_was_begun_with_stays(directory):
    pictures(directory, 2)
    update(directory, "--dtype", "f32")
    for flags, word in ((("--dtype", "bf16"), "--dtype f32"),
                        (("--dtype", "int8"), "--dtype f32"),
                        (("--pixels", "torchvision"), "--pixels pil"),
                        (("--pixels", "fast"), "--pixels pil"),
                        (("--store", "f16"), "--store f32")):
        said(index(*flags, "d", cwd=directory), 2, word, "-i")
    same(update(directory, "--dtype", "f32", "--store", "f32",
                more=NO_WORKER)["unchanged"], 2)


def test_where_the_index_is(directory):
    pictures(directory, 2)
    put(directory, "e/a.png", picture(90))
    # In the first folder, for both.
    report(index("--json", "-q", "d", "e", cwd=directory))
    found = Index(directory)
    same(found.count("roots"), 2)
    assert not os.path.exists(os.path.join(directory, "e/.fovea"))
    # In a folder that has one, all that it knows.
    done, _ = report(index("--json", "-q", cwd=os.path.join(directory, "d"),
                           more=NO_WORKER))
    same(done["unchanged"], 3)
    done, _ = report(index("--json", "-q", cwd=os.path.join(directory, "d/deep"),
                           more=NO_WORKER))
    same(done["unchanged"], 3)
    # -i names the folder, or what it lies in.
    for place in ("d/.fovea", "d"):
        done, _ = report(index("--json", "-q", "-i", place, cwd=directory,
                               more=NO_WORKER))
        same(done["unchanged"], 3)
    result = index(cwd=directory)
    said(result, 2, "no index", "fovea index DIR")
    # The user's own is for the user alone.
    home = os.path.join(directory, "home")
    env = environment(**HOME)
    env.update(XDG_DATA_HOME=home)
    del env["FOVEA_HOME"]
    os.makedirs(os.path.join(home, "fovea"))
    os.symlink(os.path.join(HOME["FOVEA_HOME"], "models"),
               os.path.join(home, "fovea/models"))
    report(index("--json", "-q", "--central", "e", cwd=directory, env=env))
    own = os.path.join(home, "fovea/index")
    same(stat.S_IMODE(os.stat(own).st_mode), 0o700)
    same(Index(directory, "home/fovea/index").files(), [b"a.png"])


def test_nothing_that_is_not_an_index_is_touched(directory):
    pictures(directory, 2)
    put(directory, "other/file", b"mine")
    said(index("-i", "other", "d", cwd=directory), 2)
    same(os.listdir(os.path.join(directory, "other")), ["file"])
    said(index("nowhere", cwd=directory), 1, "nowhere: ", "cannot be opened")
    assert not os.path.exists(os.path.join(directory, "nowhere"))
    said(index("-i", "index", "nowhere", cwd=directory), 1, "nowhere")
    assert not os.path.exists(os.path.join(directory, "index"))


def test_remove_takes_files_out_and_touches_none(directory):
    pictures(directory)
    update(directory)
    found = Index(directory)
    said(index("--remove", "d/p0.png", "--remove", "d/deep/deep", "d",
               cwd=directory), 0, "removed 3 files")
    same(found.files(), [b"deep/p1.png", b"deep/p4.png", b"p3.png"])
    said(index("--remove", "deep/p*.png", "d", cwd=directory), 0,
         "removed 2 files")
    said(index("--remove", "d/nothing", "d", cwd=directory), 1, "d/nothing")
    same(found.count("rows"), 1)
    assert os.path.exists(os.path.join(directory, "d/p0.png"))
    same(update(directory)["embedded"], 5)


def test_a_full_disk_loses_nothing(directory):
    pictures(directory, 3)
    os.mkdir(os.path.join(directory, "small"))
    try:
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs",
                        "small"], check=True, cwd=directory,
                       stderr=subprocess.DEVNULL)
    except (OSError, subprocess.CalledProcessError):
        raise Skip("no file system can be mounted here")
    try:
        base = ("-i", "small/index", "-q", "--json", "d")
        found = Index(directory, "small/index")
        report(index(*base, cwd=directory))
        with open(os.path.join(directory, "small/fill"), "wb", 0) as f:
            try:
                while True:
                    f.write(bytes(4096))
            except OSError:
                pass
        for i in range(150):
            put(directory, f"d/more{i}.png", picture(100 + i))
        result = index(*base, cwd=directory)
        said(result, 1, "small/index")
        os.unlink(os.path.join(directory, "small/fill"))
        same(found.count("contents"), 3)
        same(report(index(*base, cwd=directory))[0]["embedded"], 150)
    finally:
        subprocess.run(["umount", "small"], check=True, cwd=directory)


def test_an_index_that_may_not_be_written_is_refused(directory):
    if os.geteuid() != 0:
        raise Skip("another user is needed, whose index it is not")
    pictures(directory, 2)
    update(directory)
    result = index("d", cwd=directory, user=65534, group=65534,
                   extra_groups=[], env=environment(**HOME, FOVEA_CACHE=""))
    said(result, 1, "d/.fovea")
    same(Index(directory).count("contents"), 2)


def test_a_terminal_is_shown_how_far_it_is(directory):
    pictures(directory, 3)
    hold = Hold(directory)
    control, terminal = os.openpty()
    process = subprocess.Popen([FOVEA, "index", "d"], cwd=directory,
                               env=environment(**HOME, **hold.more),
                               stderr=terminal, stdout=subprocess.DEVNULL)
    os.close(terminal)
    hold.wait()
    shown = b""
    while b"indexing  0/3" not in shown:
        shown += os.read(control, 4096)
    hold.go()
    try:
        while part := os.read(control, 4096):
            shown += part
    except OSError:  # the other end is closed
        pass
    same(process.wait(), 0)
    assert b"embedded 3 images" in shown, shown


def test_damage_is_found(directory):
    pictures(directory)
    update(directory)
    said(index("--check", "d", cwd=directory), 0, "whole")
    segments = os.path.join(directory, "d/.fovea/segments")
    for name in os.listdir(segments):
        path = os.path.join(segments, name)
        with open(path, "r+b") as f:
            content = f.read()
            at = max(i for i in range(0, len(content), 64)
                     if any(content[i:i + 64]))
            f.seek(at)
            f.write(bytes(byte ^ 1 for byte in content[at:at + 64]))
    result = index("--json", "--check", "d", cwd=directory)
    assert lines(result.stdout)[0]["faults"], result.stderr
    said(result, 1)
    said(index("--check", "e", cwd=directory), 2)


def test_compacting_takes_room_back(directory):
    pictures(directory, 40)
    update(directory)
    for i in range(30):
        os.unlink(os.path.join(directory, "d", "deep/" * (i % 3) + f"p{i}.png"))
    same(update(directory, "--prune")["removed"], 30)
    result = index("--json", "--compact", "d", cwd=directory)
    done = lines(result.stdout)[0]
    same((result.returncode, done["removed_vectors"]), (0, 30))
    said(index("--check", "d", cwd=directory), 0)
    done = update(directory, more=NO_WORKER)
    same((done["unchanged"], done["read"]), (10, 0))


def test_wrong_usage(directory):
    for arguments, words in (
            (("--check", "--compact"), "alone"),
            (("--compact", "--watch"), "alone"),
            (("--check", "d", "e"), "-i"),
            (("--remove", "x", "--prune"), "alone"),
            (("--relocate", "x"), "both"),
            (("-i", "x", "--central"), "--central"),
            (("--keep-missing", "--prune", "d"), "--prune")):
        said(index(*arguments, cwd=directory), 2, words)


if __name__ == "__main__":
    main([value for name, value in sorted(globals().items())
          if name.startswith("test_")])
