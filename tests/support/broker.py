"""The broker and the object store as processes of their own, which a test kills
and starts again: same port, the same disk or an empty one."""
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import urllib.request

import command
import s3_server
from command import Skip, read, wait_until

NATS_SERVER = "/usr/sbin/nats-server"
STORE_PROGRAM = os.path.abspath(s3_server.__file__)


class Service:
    """A process with a port that it keeps. starter: what it is run by, as `ip
    netns exec NAME`."""

    def __init__(self, directory, host="127.0.0.1", starter=(), env=None):
        self.directory, self.host = directory, host
        self.starter, self.env = list(starter), env
        self.port = None
        self.process = None
        self.n_starts = 0
        os.makedirs(directory, exist_ok=True)

    def start(self):
        assert self.process is None
        self.n_starts += 1
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                [*self.starter, *self.words()], env=self.env,
                stdin=subprocess.DEVNULL, stderr=log, **self.output(log))
        try:
            self.wait_ready()
        except BaseException:
            self.kill()
            raise
        return self

    @property
    def log_path(self):
        return os.path.join(self.directory, "log")

    def log(self):
        return read(self.log_path).decode("utf-8", "replace")

    def end(self, sig):
        if self.process:
            self.process.send_signal(sig)
            self.process.wait(command.TIMEOUT)
            if self.process.stdout:
                self.process.stdout.close()
            self.process = None

    def kill(self):
        """As the machine's end would: nothing is told."""
        self.end(signal.SIGKILL)

    def stop(self):
        self.end(signal.SIGTERM)

    def restart(self, empty=False):
        """Killed, and there again on its port; with an empty disk if told."""
        self.kill()
        if empty:
            shutil.rmtree(self.data)
        self.start()

    @property
    def data(self):
        return os.path.join(self.directory, "data")

    def __enter__(self):
        return self if self.process else self.start()

    def __exit__(self, *_):
        self.kill()


class Broker(Service):
    """nats-server with JetStream, or with settings of somebody's."""

    def __init__(self, directory, settings=None, **more):
        if not os.access(NATS_SERVER, os.X_OK):
            raise Skip("nats-server is missing")
        super().__init__(directory, **more)
        self.settings = settings
        self.monitor = None

    def words(self):
        # A namespace runs it as the same process.
        words = [NATS_SERVER, "-a", self.host, "-p", str(self.port or -1),
                 "--ports_file_dir", self.directory]
        if self.settings:
            return [*words, "-c", self.settings]
        os.makedirs(self.data, exist_ok=True)
        return [*words, "-js", "-sd", self.data, "-m", "-1"]

    @staticmethod
    def output(log):
        return {"stdout": log}

    def wait_ready(self):
        path = os.path.join(self.directory,
                            f"nats-server_{self.process.pid}.ports")

        def ports():
            assert self.process.poll() is None, self.log()
            found = read(path) if os.path.exists(path) else b""
            return found.endswith(b"}") and json.loads(found)
        found = wait_until(ports, "the broker")
        os.unlink(path)  # a killed one leaves it
        self.port = self.port_of(found["nats"])
        self.monitor = self.port_of(found.get("monitoring"))

    @staticmethod
    def port_of(urls):
        return urls and int(re.search(r":(\d+)$", urls[0])[1])

    @property
    def url(self):
        return f"nats://{self.host}:{self.port}"

    def asked(self, what):
        """What it tells of itself: varz (messages, memory), connz, jsz?..."""
        with urllib.request.urlopen(
                f"http://{self.host}:{self.monitor}/{what}",
                timeout=command.TIMEOUT) as answer:
            return json.load(answer)

    def streams(self):
        """{name: (state, {consumer: its state})} of all streams."""
        found = {}
        for account in self.asked(
                "jsz?streams=1&consumers=1").get("account_details") or []:
            for stream in account.get("stream_detail") or []:
                found[stream["name"]] = (stream["state"], {
                    consumer["name"]: consumer for consumer in
                    stream.get("consumer_detail") or []})
        return found


class ObjectStore(Service):
    """s3_server.py with a folder, so that what it has answered it has."""

    def __init__(self, directory, words=(), **more):
        super().__init__(directory, **more)
        self.more = list(words)

    def words(self):
        return [sys.executable, STORE_PROGRAM, "--host", self.host, "--port",
                str(self.port or 0), "--directory", self.data, *self.more]

    @staticmethod
    def output(_):
        return {"stdout": subprocess.PIPE}

    def wait_ready(self):
        line = self.process.stdout.readline()
        assert line.startswith(b"port "), self.log()
        self.port = int(line.split()[1])

    @property
    def endpoint(self):
        return f"http://{self.host}:{self.port}"

    def environment(self):
        return s3_server.environment(self.endpoint)
