"""What the tests of the command share: running it, pictures to feed it, and
printing TAP. Standard library only.

    test_cli_*.py FOVEA MODEL_DIRECTORY
"""
import json
import os
import struct
import subprocess
import sys
import tempfile
import time
import traceback
import zlib

FOVEA = os.path.abspath(sys.argv[1])
MODEL = os.path.abspath(sys.argv[2])
NAME = os.path.basename(MODEL)  # what a server calls it
DIMENSION = 64
SIDE = 224  # of the crop
# Nothing here takes so long on any machine, however busy; no test may need
# that something is done sooner.
TIMEOUT = 300


class Skip(Exception):
    """This machine cannot show what the test wants to see."""


def environment(**more):
    """Nothing of the user's caches and settings."""
    kept = {name: os.environ[name] for name in ("PATH", "ASAN_OPTIONS",
            "UBSAN_OPTIONS", "LSAN_OPTIONS", "TSAN_OPTIONS", "FOVEA_WORKER",
            "FOVEA_UNPACKER",
            "FOVEA_BENCH_ENGINE", "FOVEA_CACHE", "ONEDNN_MAX_CPU_ISA")
            if name in os.environ}
    return {**kept, "HOME": "/nonexistent", "TERM": "xterm", **more}


def run(*arguments, model=True, **options):
    """Run a subcommand with the small model; stdout and stderr are bytes."""
    words = [FOVEA, *arguments]
    if model:
        words[2:2] = ["--model", MODEL]
    options.setdefault("stdout", subprocess.PIPE)
    options.setdefault("stderr", subprocess.PIPE)
    options.setdefault("env", environment())
    if "input" not in options:
        options.setdefault("stdin", subprocess.DEVNULL)
    return subprocess.run(words, timeout=TIMEOUT, check=False, **options)


def start(*arguments, **options):
    """The same without waiting."""
    options.setdefault("env", environment())
    return subprocess.Popen([FOVEA, arguments[0], "--model", MODEL,
                             *arguments[1:]], **options)


def lines(output):
    """JSON lines, which must be UTF-8 and each end in a newline."""
    text = output.decode("utf-8")
    assert text == "" or text.endswith("\n"), "last line is not ended"
    return [json.loads(line) for line in text.split("\n")[:-1]]


def png(width, height, pixel):
    """A PNG of 8-bit RGB; pixel(x, y) gives three samples."""
    rows = b"".join(b"\0" + bytes(sample for x in range(width)
                                  for sample in pixel(x, y))
                    for y in range(height))

    def chunk(kind, data):
        return (struct.pack(">I", len(data)) + kind + data +
                struct.pack(">I", zlib.crc32(kind + data)))

    return (b"\x89PNG\r\n\x1a\n" +
            chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0,
                                       0)) +
            chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def picture(seed, width=40, height=30):
    """A small picture; another seed, another picture."""
    return png(width, height, lambda x, y: ((x * seed * 7) % 256,
               (y * (seed + 3) * 5) % 256, (x * y + seed * 40) % 256))


def put(directory, name, content):
    """Write a file, with the directories above it; gives its path."""
    path = os.path.join(directory, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        f.write(content)
    return path


def read(path):
    with open(path, "rb") as f:
        return f.read()


def npy(path):
    """Type, shape and data of a .npy file of format 1.0."""
    content = read(path)
    assert content[:8] == b"\x93NUMPY\x01\x00", content[:8]
    size, = struct.unpack("<H", content[8:10])
    assert (10 + size) % 64 == 0
    header = content[10:10 + size].decode("ascii")
    assert header.endswith("\n")
    fields = eval(header, {"__builtins__": {}}, {})  # a literal of our own
    assert sorted(fields) == ["descr", "fortran_order", "shape"]
    assert fields["fortran_order"] is False
    return fields["descr"], fields["shape"], content[10 + size:]


def not_under_sanitizers(why):
    """Skip the test in builds that a sanitizer is in."""
    if "ASAN_OPTIONS" in os.environ or "TSAN_OPTIONS" in os.environ:
        raise Skip(why)


def wait_until(condition, what):
    """Poll; gives what the condition gave in the end."""
    until = time.monotonic() + TIMEOUT
    while True:
        found = condition()
        if found:
            return found
        assert time.monotonic() < until, f"waited too long for {what}"
        time.sleep(0.005)


def said(result, code, *parts):
    """Exit code, and words that stderr must have."""
    text = result.stderr.decode("utf-8", "replace")
    assert result.returncode == code, (result.returncode, text)
    for part in parts:
        assert part in text, (part, text)
    return text


def same(a, b):
    assert a == b, f"{a!r} is not {b!r}"


def main(tests):
    """Run each test in a directory of its own; TAP on stdout."""
    print(f"1..{len(tests)}")
    failed = False
    for number, test in enumerate(tests, 1):
        name = test.__name__
        with tempfile.TemporaryDirectory(prefix="fovea-cli-") as directory:
            # Some tests run the command as another user.
            os.chmod(directory, 0o755)
            try:
                test(directory)
                print(f"ok {number} - {name}")
            except Skip as reason:
                print(f"ok {number} - {name} # SKIP {reason}")
            except Exception:  # a failure is a line, not the end
                failed = True
                print(f"not ok {number} - {name}")
                for line in traceback.format_exc().splitlines():
                    print("#", line.encode("ascii", "replace").decode())
        sys.stdout.flush()
    sys.exit(failed)
