"""Commands in the pages for readers, run as a reader would run them.

A page's fenced blocks are run from its first to its last in one shell, so that
what one of them changes or exports the next ones find. What a block is, its fence
says:

    ```sh               commands, which all succeed
    ```sh fails         one command, which must not succeed
    ```sh background    one command, which goes on while the others run
    ```python, ```js    a program; the latter a module
    ```python MODULE    a program that needs a module of which Debian has no package
    ```json, ```console what is answered, and what is not run here
"""
import os
import re
import shlex
import signal
import subprocess

import command
from command import TIMEOUT, wait_until

RUN = ("sh", "sh fails", "sh background", "python", "python pyarrow", "js")
SHOWN = ("json", "console")
INTERPRETERS = {"python": "/usr/bin/python3 -", "js": "node --input-type=module -"}


class Block:
    """A fenced block: what its fence says, where it is, what it has."""

    def __init__(self, kind, number, text):
        self.kind, self.number, self.text = kind, number, text


def page(name):
    return os.path.join(os.environ["FOVEA_SOURCE_ROOT"], name)


def scene(name):
    return command.read(page(f"samples/scenes/{name}"))


def small_model():
    """What the hub of a test has, in the place of a large model with words."""
    folder = os.path.join(os.environ["FOVEA_WHOLE_MODELS"], "clip")
    return {name: command.read(os.path.join(folder, name))
            for name in os.listdir(folder)}


def user(home, hub, pictures):
    """The environment of one with pictures, {path: scene}, and with fovea, who
    has no index and no model with words yet."""
    for name, of in pictures.items():
        command.put(home, name, scene(of))
    command.put(home, ".curlrc", b"silent\nshow-error\n")
    programs = os.path.join(home, "bin")
    os.makedirs(programs)
    os.symlink(command.FOVEA, os.path.join(programs, "fovea"))
    # The model that comes with fovea, where an installation has it.
    os.makedirs(os.path.join(home, "share"))
    os.symlink(page("models"), os.path.join(home, "share", "models"))
    return command.environment(
        HOME=home, HF_ENDPOINT=hub.endpoint, LC_ALL="C.UTF-8",
        FOVEA_HOME=os.path.join(home, "share"),
        XDG_RUNTIME_DIR=home,
        PATH=programs + os.pathsep + os.environ["PATH"])


def blocks(name):
    """Of a page, in order."""
    found, kind = [], None
    with open(page(name), encoding="utf-8") as f:
        for number, line in enumerate(f, 1):
            if not line.startswith("```"):
                if kind is not None:
                    text += line
            elif kind is None:
                kind, text, begin = line[3:].strip(), "", number
                assert kind in RUN + SHOWN, f"{name}:{number}: {kind}"
            else:
                found.append(Block(kind, begin, text))
                kind = None
    assert kind is None, f"{name}: the last block does not end"
    return found


def inline(name, begin):
    """Of a page, the commands in its sentences and tables: [(line, command)].
    Names of commands alone are none, nor are those that have a WORD for the
    reader to put something into."""
    found, is_fenced = [], False
    with open(page(name), encoding="utf-8") as f:
        for number, line in enumerate(f, 1):
            is_fenced ^= line.startswith("```")
            for text in () if is_fenced else re.findall("`([^`]+)`", line):
                if text.startswith(begin) and len(text.split()) > 2 and \
                        not re.search(r"\b[A-Z]+\b", text):
                    found.append((number, text))
    return found


class Reader:
    """Somebody who types what a page says."""

    def __init__(self, home, env, replaced=()):
        self.home, self.env = home, env
        self.replaced = list(replaced)  # (what stands there, what is typed)
        self.state = os.path.join(home, ".reader")
        self.running = []
        self.type("cd", "sh")

    def typed(self, block):
        text = block.text
        for old, new in self.replaced:
            text = text.replace(old, new)
        return text

    def type(self, text, kind):
        """What came of it: status, and all that was printed."""
        if kind in INTERPRETERS:
            text = f"{INTERPRETERS[kind]} <<'END_OF_PROGRAM'\n{text}\n" \
                "END_OF_PROGRAM\n"
        state = shlex.quote(self.state)
        script = f"[ ! -f {state} ] || . {state}\nset -e\n{text}\n" \
            f"{{ export -p; printf 'cd %q\\n' \"$PWD\"; }} >{state}\n"
        result = subprocess.run(
            ["bash", "-c", script], cwd=self.home, env=self.env, check=False,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, timeout=TIMEOUT)
        return result.returncode, result.stdout.decode("utf-8", "replace")

    def start(self, text, until):
        """In the background, until it has printed something; gives that."""
        path = os.path.join(self.home, f".running-{len(self.running)}")
        with open(path, "wb") as out:
            process = subprocess.Popen(
                ["bash", "-c", f". {shlex.quote(self.state)}\nexec {text}"],
                cwd=self.home, env=self.env, stdin=subprocess.DEVNULL,
                stdout=out, stderr=out)
        self.running.append(process)

        def is_there():
            said = command.read(path).decode("utf-8", "replace")
            assert process.poll() is None, said
            return re.search(until, said)
        return wait_until(is_there, until)

    def stop(self):
        """Ctrl-C to what runs in the background; gives the statuses."""
        for process in self.running:
            process.send_signal(signal.SIGINT)
        statuses = [process.wait(TIMEOUT) for process in self.running]
        self.running = []
        return statuses

    def do(self, block, name):
        """Run a block that is not in the background; gives what it printed."""
        status, said = self.type(self.typed(block), block.kind.split()[0])
        if (status != 0) != (block.kind == "sh fails"):
            raise AssertionError(
                f"{name}:{block.number}: status {status}\n{block.text}\n{said}")
        return said
