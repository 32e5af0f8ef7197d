#!/usr/bin/python3
"""How the command ends: whole files or none, outputs that fail, signals, and
the progress line on a terminal."""
import fcntl
import os
import pty
import re
import resource
import select
import signal
import struct
import subprocess
import termios

from command import DIMENSION, MODEL, TIMEOUT, Skip, environment, lines, main, \
    npy, picture, put, read, run, said, same, start, wait_until

# Whoever runs the tests may ignore it (nohup), and children inherit that.
signal.signal(signal.SIGHUP, signal.SIG_DFL)


def album(directory, n):
    return [put(directory, f"in/{i:03}.png", picture(i)) for i in range(n)]


def left(directory):
    return sorted(name for name in os.listdir(directory) if name != "in")


def test_files_replace_old_ones(directory):
    paths = album(directory, 3)
    for n in (3, 1):
        result = run("embed", "-o", "x.npy", *paths[:n], cwd=directory)
        same(result.returncode, 0)
        same(left(directory), ["x.npy", "x.npy.jsonl"])
        same(npy(os.path.join(directory, "x.npy"))[1], (n, DIMENSION))


def test_all_bad_is_an_empty_array(directory):
    result = run("embed", "-o", "x.npy", "no", "nothing", cwd=directory)
    said(result, 3, "embedded 0 images", "2 bad")
    kind, shape, data = npy(os.path.join(directory, "x.npy"))
    same((kind, shape, data), ("<f4", (0, DIMENSION), b""))
    same(len(lines(read(os.path.join(directory, "x.npy.jsonl")))), 2)


def test_outputs_that_cannot_be(directory):
    path, = album(directory, 1)
    os.mkdir(os.path.join(directory, "taken.npy"))
    os.mkdir(os.path.join(directory, "half.npy.jsonl"))
    for out, message in (("none/x.npy", "no directory none/"),
                         ("taken.npy", "not a regular file"),
                         ("half.npy", "not a regular file"),
                         ("in/", "not a regular file"),
                         ("/dev/null", "not a regular file")):
        result = run("embed", "-o", out, path, cwd=directory)
        assert result.returncode in (1, 2), result
        assert message in result.stderr.decode(), result
    same(left(directory), ["half.npy.jsonl", "taken.npy"])


def test_a_write_that_fails_leaves_the_old_files(directory):
    paths = album(directory, 40)
    same(run("embed", "-q", "-o", "x.npy", paths[0],
             cwd=directory).returncode, 0)
    before = [read(os.path.join(directory, name)) for name in left(directory)]

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))

    result = run("embed", "-o", "x.npy", *paths, cwd=directory,
                 preexec_fn=limit)
    said(result, 1, "File too large")
    same(left(directory), ["x.npy", "x.npy.jsonl"])
    same([read(os.path.join(directory, name)) for name in left(directory)],
         before)


def test_a_full_stdout_ends_the_run(directory):
    paths = album(directory, 30)
    with open("/dev/full", "wb") as full:
        said(run("embed", *paths, stdout=full), 1, "standard output",
             "No space left")
        for words in (("--help",), ("--version",), ("embed", "--help"),
                      ("models",)):
            said(run(*words, model=False, stdout=full), 1, "standard output")


def test_a_closed_stdout_ends_the_run(directory):
    path, = album(directory, 1)
    result = run("embed", path, stdout=None, preexec_fn=lambda: os.close(1))
    said(result, 1, "standard output")
    result = run("embed", "-", stdin=None, preexec_fn=lambda: os.close(0))
    said(result, 1, "standard input")
    result = run("embed", path, stderr=None, preexec_fn=lambda: os.close(2))
    same(result.returncode, 0)
    same(len(lines(result.stdout)), 1)


def test_a_reader_that_leaves_ends_the_run(directory):
    paths = album(directory, 60)
    process = start("embed", "--batch=1", "-", stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdin.write(paths[0].encode() + b"\n")
    process.stdin.flush()
    process.stdout.readline()
    process.stdout.close()
    process.stdin.write("\n".join(paths).encode() + b"\n")
    process.stdin.flush()
    # The list stays open: the run must end all the same. That nobody reads on
    # is no news, and the exit status what SIGPIPE would have made it.
    same(process.wait(timeout=TIMEOUT), 141)
    same(process.stderr.read(), b"")
    process.stdin.close()
    process.stderr.close()


def test_a_reader_that_has_gone_is_no_error(directory):
    paths = album(directory, 20)
    for words, model in ((("--help",), False), (("--version",), False),
                         (("help", "embed"), False), (("embed", "-h"), False),
                         (("models",), False), (("models", "--json"), False),
                         (("models", "show", MODEL), False),
                         (("similar", paths[0], *paths), True),
                         (("similar", "--json", paths[0], *paths), True),
                         (("embed", *paths), True)):
        reader, writer = os.pipe()
        os.close(reader)
        result = run(*words, model=model, stdout=writer)
        os.close(writer)
        same((words, result.returncode, result.stderr), (words, 141, b""))


def full_pipe(directory, *words, listed=b""):
    """A run whose standard output is full and whose list stays open; gives the
    process and the pipe's other end."""
    reader, writer = os.pipe()
    size = fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
    process = start(*words, stdin=subprocess.PIPE, stdout=writer,
                    stderr=subprocess.PIPE, cwd=directory)
    os.close(writer)
    process.stdin.write(listed)
    process.stdin.flush()

    def waiting():
        n = struct.unpack("i", fcntl.ioctl(reader, termios.FIONREAD, b"1234"))
        return n[0] == size

    wait_until(waiting, "a full pipe")
    return process, reader


def read_all(fd):
    with open(fd, "rb") as stream:
        return stream.read()


def test_a_signal_leaves_whole_lines(directory):
    paths = album(directory, 40)
    listed = "\n".join(paths).encode() + b"\n"
    for number in (signal.SIGTERM, signal.SIGINT):
        process, reader = full_pipe(directory, "embed", "-", listed=listed)
        process.send_signal(number)
        found = lines(read_all(reader))
        same(process.wait(timeout=TIMEOUT), 128 + number)
        same([line["input"] for line in found], paths[:len(found)])
        process.stdin.close()
        same(process.stderr.read(), b"")
        process.stderr.close()
    # What is printed at the end of a command too.
    process, reader = full_pipe(directory, "similar", "--json", "-n", "0",
                                paths[0], *paths, *paths)
    process.send_signal(signal.SIGTERM)
    found = lines(read_all(reader))
    same([line["rank"] for line in found], list(range(1, len(found) + 1)))
    same(process.wait(timeout=TIMEOUT), 143)
    process.stdin.close()
    process.stderr.close()


def test_a_second_signal_does_not_wait_for_the_reader(directory):
    paths = album(directory, 40)
    listed = "\n".join(paths).encode() + b"\n"
    for words in (("embed", "-"), ("similar", "--json", "-n", "0", paths[0],
                                   *paths, *paths)):
        process, reader = full_pipe(directory, *words, listed=listed)

        def insist(process=process):
            process.send_signal(signal.SIGTERM)
            return process.poll() is not None

        wait_until(insist, "its end")
        same(process.returncode, 143)
        assert b"last line is not whole" in process.stderr.read()
        os.close(reader)
        process.stdin.close()
        process.stderr.close()


def blocks(pid, number):
    """Whether the process has reached the point of listening for a signal."""
    with open(f"/proc/{pid}/status", encoding="ascii") as f:
        mask = int(re.search(r"^SigBlk:\s*(\w+)", f.read(), re.M)[1], 16)
    return mask & (1 << (number - 1))


def interrupted(directory, number, **options):
    """A run in the middle of its list; the signal is sent once it listens."""
    path, = album(directory, 1)
    process = start("embed", "-o", os.path.join(directory, "x.npy"), "-",
                    stdin=subprocess.PIPE, stderr=subprocess.PIPE, **options)
    process.stdin.write(path.encode() + b"\n")
    process.stdin.flush()
    wait_until(lambda: blocks(process.pid, signal.SIGTERM), "its listening")
    process.send_signal(number)
    return process


def test_signals_leave_nothing(directory):
    for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143),
                         (signal.SIGHUP, 129)):
        process = interrupted(directory, number)
        same(process.wait(timeout=TIMEOUT), code)
        same(left(directory), [])
        process.stdin.close()
        process.stderr.close()


def test_even_a_kill_leaves_nothing(directory):
    try:
        os.close(os.open(directory, os.O_TMPFILE | os.O_WRONLY, 0o600))
    except OSError:
        raise Skip("no files without a name here") from None
    process = interrupted(directory, signal.SIGKILL)
    same(process.wait(timeout=TIMEOUT), -signal.SIGKILL)
    same(left(directory), [])
    process.stdin.close()
    process.stderr.close()


def test_signals_end_a_stream_too(directory):
    path, = album(directory, 1)
    process = start("embed", "-", stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE)
    process.stdin.write(path.encode() + b"\n")
    process.stdin.flush()
    same(len(lines(process.stdout.readline())), 1)
    process.send_signal(signal.SIGINT)
    same(process.wait(timeout=TIMEOUT), 130)
    process.stdin.close()
    process.stdout.close()


def test_an_ignored_signal_stays_ignored(directory):
    def ignore():
        signal.signal(signal.SIGHUP, signal.SIG_IGN)

    process = interrupted(directory, signal.SIGHUP, preexec_fn=ignore)
    process.stdin.close()
    same(process.wait(timeout=TIMEOUT), 0)
    same(left(directory), ["x.npy", "x.npy.jsonl"])
    process.stderr.close()


def on_terminal(directory, *arguments, columns=80, term="xterm", stdout=None):
    """Run with stderr on a terminal; exit code and what the terminal got."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ,
                struct.pack("HHHH", 24, columns, 0, 0))
    process = start(*arguments, stdin=subprocess.DEVNULL,
                    stdout=theirs if stdout == "terminal" else
                    subprocess.DEVNULL, stderr=theirs, cwd=directory,
                    env=environment(TERM=term))
    os.close(theirs)
    screen = b""
    while True:
        readable, _, _ = select.select([ours], [], [], TIMEOUT)
        assert readable, "the terminal stays silent"
        try:
            got = os.read(ours, 65536)
        except OSError:  # the other end is closed
            break
        if not got:
            break
        screen += got
    os.close(ours)
    return process.wait(timeout=TIMEOUT), screen.decode("utf-8", "replace")


def drawn(screen):
    """Every state of the progress line."""
    return [line.split("\x1b[K")[0] for line in screen.split("\r")
            if line.startswith("embedding")]


def test_progress_on_a_terminal(directory):
    album(directory, 300)
    put(directory, "in/bad.png", picture(1)[:-60])
    code, screen = on_terminal(directory, "embed", "--threads=1", "-o",
                               "x.npy", "in")
    same(code, 3)
    states = drawn(screen)
    assert len(states) >= 1, screen
    assert any(re.match(r"embedding  \d+(/301)?", state) for state in states), \
        states
    assert all(len(state) < 80 for state in states)
    # Cleared before the lines that stay.
    last = screen.split("\x1b[K")[-1]
    assert "embedding " not in last, last
    assert re.search(r"fovea: embedded 300 images in [0-9.]+ s \([0-9.]+/s\), "
                     r"1 bad\r\n$", screen), screen


def test_progress_fits_a_narrow_terminal(directory):
    album(directory, 100)
    code, screen = on_terminal(directory, "embed", "-o", "x.npy", "in",
                               columns=20)
    same(code, 0)
    states = drawn(screen)
    assert states and all(len(state) < 20 for state in states), states


def test_progress_and_results_share_a_terminal(directory):
    album(directory, 40)
    code, screen = on_terminal(directory, "embed", "--batch=1", "in",
                               stdout="terminal")
    same(code, 0)
    # Every line of JSON begins at the left edge of an empty line.
    found = re.findall(r"(?:^|\n|\x1b\[K)\{\"input\":\"in/\d+\.png\"", screen)
    same(len(found), 40)


def test_no_progress_where_it_is_not_wanted(directory):
    album(directory, 3)
    for flags, term in ((("--no-progress",), "xterm"), (("-q",), "xterm"),
                        ((), "dumb")):
        code, screen = on_terminal(directory, "embed", *flags, "-o", "x.npy",
                                   "in", term=term)
        same(code, 0)
        assert "embedding" not in screen and "\x1b" not in screen, screen
        same("embedded 3" in screen, "-q" not in flags)
    result = run("embed", "-o", "x.npy", "in", cwd=directory)
    assert b"\r" not in result.stderr and b"\x1b" not in result.stderr
    same(result.stderr.count(b"\n"), 1)


main([value for name, value in sorted(globals().items())
      if name.startswith("test_")])
