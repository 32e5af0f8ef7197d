#!/usr/bin/python3
"""An index that follows its folders."""
import json
import os
import shutil
import signal
import subprocess

from command import FOVEA, Skip, environment, main, picture, put, same, \
    wait_until

HOME = {"FOVEA_HOME": os.environ["FOVEA_SOURCE_ROOT"]}


class Watch:
    """A watch of folders, and its reports."""

    def __init__(self, directory, *words):
        self.process = subprocess.Popen(
            [FOVEA, "index", "--watch", "--json", "-i", "index",
             *(words or ("d",))], cwd=directory, env=environment(**HOME),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()

    def line(self):
        line = self.process.stdout.readline()
        assert line, self.process.stderr.read()
        return json.loads(line)

    def until(self, condition):
        """Reports until one is so; what all of them add up to."""
        total = {}
        while True:
            report = self.line()
            if "index" not in report:
                continue
            for name, value in report.items():
                if name not in ("index", "unchanged"):
                    total[name] = total.get(name, 0) + value
            total["unchanged"] = report["unchanged"]
            if condition(total):
                return total

    def end(self, code, number=signal.SIGTERM):
        self.process.send_signal(number)
        out, err = self.process.communicate()
        same((self.process.returncode, code), (code, code))
        return out, err


def test_what_changes_is_updated(directory):
    put(directory, "d/a.png", picture(1))
    with Watch(directory) as watch:
        same(watch.line()["embedded"], 1)
        put(directory, "d/b.png", picture(2))
        watch.until(lambda total: total["embedded"] == 1)
        # A folder that is new, with folders in it, and files that come later.
        put(directory, "d/new/deep/c.png", picture(3))
        watch.until(lambda total: total["embedded"] == 1)
        put(directory, "d/new/deep/d.png", picture(4))
        watch.until(lambda total: total["embedded"] == 1)
        # Renamed, a whole folder; and what comes there then.
        os.rename(os.path.join(directory, "d/new"),
                  os.path.join(directory, "d/other"))
        total = watch.until(lambda total: total["removed"] == 2)
        same((total["known"], total["embedded"]), (2, 0))
        put(directory, "d/other/deep/e.png", picture(5))
        watch.until(lambda total: total["embedded"] == 1)
        os.unlink(os.path.join(directory, "d/b.png"))
        watch.until(lambda total: total["removed"] == 1)
        # Written in place, and a link.
        put(directory, "d/a.png", picture(6))
        watch.until(lambda total: total["embedded"] == 1)
        os.link(os.path.join(directory, "d/a.png"),
                os.path.join(directory, "d/link.png"))
        watch.until(lambda total: total["known"] == 1)
        # Moved in from elsewhere.
        put(directory, "out/f.png", picture(7))
        os.rename(os.path.join(directory, "out"),
                  os.path.join(directory, "d/in"))
        watch.until(lambda total: total["embedded"] == 1)
        watch.end(143)


def test_only_the_folder_that_changes_is_looked_at(directory):
    put(directory, "d/a.png", picture(1))
    put(directory, "e/a.png", picture(2))
    with Watch(directory, "d", "e") as watch:
        same(watch.line()["embedded"], 2)
        put(directory, "e/b.png", picture(3))
        total = watch.until(lambda total: total["embedded"] == 1)
        same(total["unchanged"], 1)
        watch.end(130, signal.SIGINT)


def test_events_that_are_lost_lose_nothing(directory):
    put(directory, "d/a.png", picture(1))
    with open("/proc/sys/fs/inotify/max_queued_events",
              encoding="ascii") as file:
        n = int(file.read())
    if n > 100000:
        raise Skip("the queue of events is too long to be filled")
    with Watch(directory) as watch:
        same(watch.line()["embedded"], 1)
        watch.process.send_signal(signal.SIGSTOP)
        path = os.path.join(directory, "d/x")
        for _ in range(n // 2 + 10):  # each: created, closed, deleted
            with open(path, "wb"):
                pass
            os.unlink(path)
        put(directory, "d/deep/b.png", picture(2))
        watch.process.send_signal(signal.SIGCONT)
        watch.until(lambda total: total["embedded"] == 1)
        watch.end(143)


def test_a_watch_ends_with_its_folders(directory):
    put(directory, "d/a.png", picture(1))
    put(directory, "e/a.png", picture(2))
    with Watch(directory, "d", "e") as watch:
        same(watch.line()["embedded"], 2)
        os.rename(os.path.join(directory, "d"),
                  os.path.join(directory, "away"))
        problem = watch.line()
        same(problem["error"]["code"], "root_missing")
        same(watch.line()["removed"], 0)
        # The other one goes on.
        put(directory, "e/b.png", picture(3))
        watch.until(lambda total: total["embedded"] == 1)
        shutil.rmtree(os.path.join(directory, "e"))
        wait_until(lambda: watch.process.poll() is not None, "its end")
        same(watch.process.returncode, 1)


def test_more_folders_than_may_be_watched(directory):
    for i in range(6):
        put(directory, f"d/{i}/a.png", picture(i))
    # The limit of a namespace of users of its own.
    result = subprocess.run(
        ["unshare", "-Ur", "sh", "-c",
         "echo 3 > /proc/sys/user/max_inotify_watches || exit 77; exec \"$@\"",
         "sh", FOVEA, "index", "--watch", "--json", "d"], cwd=directory,
        env=environment(**HOME), capture_output=True, check=False)
    if result.returncode == 77 or b"unshare" in result.stderr:
        raise Skip("no namespace with a limit of its own can be made here")
    same(result.returncode, 1)
    assert b"fs.inotify.max_user_watches" in result.stderr, result.stderr
    same(json.loads(result.stdout)["embedded"], 6)


def test_a_bad_file_is_told_once(directory):
    put(directory, "d/a.png", picture(1))
    with Watch(directory) as watch:
        watch.line()
        put(directory, "d/cut.png", picture(2)[:-30])
        problem = watch.line()
        while "index" in problem:  # it was seen before it was written
            problem = watch.line()
        same(problem["error"]["code"], "image_truncated")
        watch.until(lambda total: total["bad"] == 1)
        put(directory, "d/b.png", picture(3))
        total = watch.until(lambda total: total["embedded"] == 1)
        same((total["bad"], total["bad_before"]), (0, 1))
        watch.end(143)


if __name__ == "__main__":
    main([value for name, value in sorted(globals().items())
          if name.startswith("test_")])
