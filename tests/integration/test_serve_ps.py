#!/usr/bin/python3
"""`fovea ps` and `fovea stop`: whose servers, in how wide a table, and what is
believed of folders that others can write to."""
import fcntl
import json
import os
import pty
import shutil
import signal
import socket
import struct
import subprocess
import termios

import command
from command import Skip, environment, put, same
from serving import DEADLINE_S, Server, wait_until

# Of nobody, and not of a test beside this one.
OTHER = 61000 + os.getpid() % 4000
FOLDER = f"/tmp/fovea-{OTHER}"


def fovea(*words, env=None, **options):
    return command.run(*words, model=False, env=env or environment(), **options)


def as_another():
    """Options of subprocess to run the command as somebody else; only root can,
    and only where others may read what the command is made of."""
    if os.geteuid() != 0:
        raise Skip("only root sees the servers of others")
    options = {"user": OTHER, "group": OTHER, "extra_groups": [], "cwd": "/"}
    probe = subprocess.run(["test", "-x", command.FOVEA, "-a", "-r", os.path.join(
        command.MODEL, "config.json")], check=False, **options)
    if probe.returncode:
        raise Skip("another user cannot run the command here")
    return options


def lines_of(result):
    return result.stdout.decode().splitlines()


def test_none_is_a_sentence(directory):
    options = as_another() if os.geteuid() == 0 else {}
    shutil.rmtree(FOLDER, ignore_errors=True)
    # Servers of this user's that run in its usual folder are not ours to end.
    if not options and fovea("ps").stdout:
        raise Skip("a server of this user runs")
    for words in (("ps",), ("ps", "--json"), ("ps", "--wide", "--workers")):
        result = fovea(*words, **options)
        same((result.returncode, result.stdout), (0, b""))
        assert b"fovea: no server of this user runs here" in result.stderr
    result = fovea("stop", **options)
    same(result.returncode, 1)
    assert b"no server of yours runs here" in result.stderr, result


LONG = "a-model-whose-name-alone-is-longer-than-the-widest-of-the-terminals-" \
    "of-these-tests-and-then-some-more"


def long_named(directory):
    path = os.path.join(directory, LONG)
    os.symlink(command.MODEL, path)
    return (path,)


def test_the_table_fits(directory):
    with Server(models=long_named(directory)) as server:
        pid = str(server.process.pid)
        for columns, width in (("80", 80), ("64", 64), ("100", 100),
                               (None, 80), ("", 80), ("x", 80), ("0", 80)):
            env = dict(server.env)
            if columns is not None:
                env["COLUMNS"] = columns
            result = fovea("ps", env=env)
            same(result.returncode, 0)
            rows = lines_of(result)
            assert max(map(len, rows)) <= width, (width, rows)
            assert rows[0].split()[:3] == ["PID", "USER", "STATE"], rows
            row, = [row for row in rows if row.split()[0] == pid]
            assert "+" in row and len(row) == width, row
        wide = fovea("ps", "--wide", env={**server.env, "COLUMNS": "40"})
        row, = [row for row in lines_of(wide) if row.split()[0] == pid]
        assert LONG in row and f"127.0.0.1:{server.port} " in row
        same(lines_of(wide)[0].split(),
             ["PID", "USER", "STATE", "ADDRESS", "MODEL", "WORKERS", "QUEUE",
              "IMAGES", "MEMORY", "UP"])
        same({json.loads(line)["pid"]: json.loads(line)["user"] for line in
              lines_of(fovea("ps", "--json", env=server.env))}
             [server.process.pid], row.split()[1])


def test_a_terminal_says_how_wide_it_is(directory):
    with Server(models=long_named(directory)) as server:
        for width in (70, 90):
            ours, theirs = pty.openpty()
            fcntl.ioctl(theirs, termios.TIOCSWINSZ,
                        struct.pack("HHHH", 24, width, 0, 0))
            result = fovea("ps", env=server.env, stdout=theirs)
            same(result.returncode, 0)
            os.close(theirs)
            shown = os.read(ours, 65536).decode().splitlines()
            os.close(ours)
            same(max(map(len, shown)), width)


def test_other_files_are_left_alone(directory):
    """A file that is named like a socket, and sockets of others."""
    env = environment(XDG_RUNTIME_DIR=directory)
    os.mkdir(os.path.join(directory, "fovea"), 0o700)
    path = put(directory, "fovea/123.sock", b"notes")
    link = os.path.join(directory, "fovea/124.sock")
    os.symlink("123.sock", link)
    named = os.path.join(directory, "fovea/notes.sock")
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(named)
    same(fovea("ps", env=env).returncode, 0)
    same(command.read(path), b"notes")
    assert os.path.islink(link) and os.path.exists(named)


class OthersServer:
    """One of another user, where such a user's servers are found."""

    def __enter__(self):
        options = as_another()
        shutil.rmtree(FOLDER, ignore_errors=True)
        self.process = subprocess.Popen(
            [command.FOVEA, "serve", "--port", "0", "-q", command.MODEL],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, env=environment(), **options)
        wait_until(lambda: os.path.exists(
            f"{FOLDER}/{self.process.pid}.sock"), "its socket")
        return self.process

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.process.wait(DEADLINE_S)
        shutil.rmtree(FOLDER, ignore_errors=True)


def test_root_sees_and_ends_those_of_others(directory):
    with OthersServer() as process:
        result = fovea("ps", "--wide")
        row, = [row.split() for row in lines_of(result)
                if row.split()[0] == str(process.pid)]
        same(row[1], str(OTHER))
        same({json.loads(line)["pid"]: json.loads(line)["user"] for line in
              lines_of(fovea("ps", "--json"))}[process.pid], str(OTHER))
        # A third user does not.
        third = {**as_another(), "user": OTHER + 1, "group": OTHER + 1}
        same(fovea("ps", **third).stdout, b"")
        same(fovea("stop", str(process.pid), **third).returncode, 1)
        same(process.poll(), None)
        same(fovea("stop", str(process.pid)).returncode, 0)
        same(process.wait(DEADLINE_S), 0)
        # What is left over is the other user's to remove.
        with socket.socket(socket.AF_UNIX) as dead:
            dead.bind(f"{FOLDER}/99.sock")
        fovea("ps")
        assert os.path.exists(f"{FOLDER}/99.sock")


def test_root_believes_the_kernel_only(directory):
    """Somebody has a socket in his folder that another one listens on, and a
    link to a folder of others."""
    as_another()
    shutil.rmtree(FOLDER, ignore_errors=True)
    os.mkdir(FOLDER, 0o700)
    with socket.socket(socket.AF_UNIX) as listener:
        try:
            listener.bind(f"{FOLDER}/7.sock")
            listener.listen()
            os.chown(FOLDER, OTHER, OTHER)
            pid = str(os.getpid())
            listed = fovea("ps", "--wide")
            assert pid not in [row.split()[0] for row in lines_of(listed)]
            same(fovea("stop", pid).returncode, 1)
            # Nor was anything sent there.
            listener.settimeout(DEADLINE_S)
            made, _ = listener.accept()
            same(made.recv(100), b"")
            made.close()
            os.rename(FOLDER, f"{directory}/moved")
            os.chown(f"{directory}/moved", 0, 0)
            os.symlink(f"{directory}/moved", FOLDER)
            os.chown(FOLDER, OTHER, OTHER, follow_symlinks=False)
            while True:  # what is left of the calls before
                listener.settimeout(0)
                try:
                    listener.accept()[0].close()
                except BlockingIOError:
                    break
            fovea("ps")
            try:
                listener.accept()
                raise AssertionError("a link was followed")
            except BlockingIOError:
                pass
        finally:
            if os.path.islink(FOLDER):
                os.unlink(FOLDER)
            shutil.rmtree(FOLDER, ignore_errors=True)


command.main([value for name, value in sorted(globals().items())
              if name.startswith("test_")])
