#!/usr/bin/python3
"""nginx, with the configuration that is shipped, before the server.

    test_serve_nginx.py FOVEA MODEL_DIRECTORY CONFIGURATION
"""
import ctypes
import http.client
import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys

import command
from command import Skip, lines, picture, put, run, same
from serving import DEADLINE_S, Answer, Server, ask, is_error, wait_until

CONFIGURATION = sys.argv[3]
NGINX = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:" +
                     os.environ.get("PATH", ""))
PR_SET_PDEATHSIG = 1
MEGA = 1 << 20

# nginx's worker process is this test's user, who may use the Unix socket.
MAIN = ("user root;" if os.geteuid() == 0 else "") + """
daemon off;
worker_processes 1;
pid {0}/nginx.pid;
error_log stderr warn;
events {{ worker_connections 128; }}
http {{
    access_log off;
    client_body_temp_path {0}/nginx-body;
    proxy_temp_path {0}/nginx-proxy;
    fastcgi_temp_path {0}/nginx-fastcgi;
    uwsgi_temp_path {0}/nginx-uwsgi;
    scgi_temp_path {0}/nginx-scgi;
    include {0}/fovea.conf;
}}
"""


def make_certificate(directory):
    if not shutil.which("openssl"):
        raise Skip("openssl is missing")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
         "ec_paramgen_curve:P-256", "-nodes", "-keyout",
         f"{directory}/key.pem", "-out", f"{directory}/certificate.pem",
         "-days", "2", "-subj", "/CN=localhost", "-addext",
         "subjectAltName=DNS:localhost,IP:127.0.0.1"],
        check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def configure(directory, address):
    """What the shipped file asks to be filled in, and where this test is."""
    text = command.read(CONFIGURATION).decode()
    for old, new in (
            ("unix:/run/fovea.sock", f"unix:{directory}/fovea.sock"),
            ("listen 443 ", f"listen {address} "),
            ("embeddings.example.org", "localhost"),
            ("/etc/ssl/fovea/fullchain.pem", f"{directory}/certificate.pem"),
            ("/etc/ssl/fovea/privkey.pem", f"{directory}/key.pem")):
        same(text.count(old), 1)
        text = text.replace(old, new)
    put(directory, "fovea.conf", text.encode())
    return put(directory, "nginx.conf", MAIN.format(directory).encode())


def die_with_parent():
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


class Proxy:
    """nginx, and a server behind it."""

    def __init__(self, directory, *flags):
        if not NGINX:
            raise Skip("nginx is missing")
        make_certificate(directory)
        self.server = Server(*flags, address=("--unix",
                                              f"{directory}/fovea.sock"))
        # nginx takes over the sockets that the variable names.
        self.bound = socket.socket()
        self.bound.bind(("127.0.0.1", 0))
        self.bound.listen(128)
        self.port = self.bound.getsockname()[1]
        self.trust = ssl.create_default_context(
            cafile=f"{directory}/certificate.pem")
        self.log = open(f"{directory}/nginx.log", "wb")
        self.nginx = subprocess.Popen(
            [NGINX, "-p", directory, "-e", "stderr", "-c",
             configure(directory, f"127.0.0.1:{self.port}")],
            env={"NGINX": f"{self.bound.fileno()};"},
            pass_fds=[self.bound.fileno()], stdin=subprocess.DEVNULL,
            stdout=self.log, stderr=self.log, preexec_fn=die_with_parent)

    def __enter__(self):
        try:
            self.server.wait_ready()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.nginx.terminate()
        try:
            self.nginx.wait(DEADLINE_S)
        finally:
            self.nginx.kill()
            self.nginx.wait()
            self.bound.close()
            self.log.close()
            self.server.__exit__()

    def connect(self, source_address=None):
        return http.client.HTTPSConnection(
            "localhost", self.port, timeout=DEADLINE_S, context=self.trust,
            source_address=source_address)

    def ask(self, method, path, body=None, source_address=None, **headers):
        connection = self.connect(source_address)
        try:
            return ask(connection, method, path, body, **headers)
        except OSError as error:
            raise AssertionError(command.read(self.log.name)) from error
        finally:
            connection.close()

    def embed(self, image):
        return self.ask("POST", "/v1/embeddings/image", image)

    def pool(self):
        """From the server itself."""
        return self.server.get("/v1/pool").json


def test_nginx_understands_it(directory):
    if not NGINX:
        raise Skip("nginx is missing")
    make_certificate(directory)
    result = subprocess.run(
        [NGINX, "-t", "-p", directory, "-e", "stderr", "-c",
         configure(directory, f"unix:{directory}/tls.sock")], stderr=subprocess.PIPE, check=False,
        timeout=command.TIMEOUT)
    assert result.returncode == 0, result.stderr
    assert b"[warn]" not in result.stderr, result.stderr


def test_images_are_embedded_over_tls(directory):
    path = put(directory, "a.png", picture(1))
    vector = lines(run("embed", path).stdout)[0]["embedding"]
    with Proxy(directory) as proxy:
        answer = proxy.embed(picture(1))
        same(answer.status, 200)
        same(answer.json["data"][0]["embedding"], vector)
        if not shutil.which("curl"):
            raise Skip("curl is missing")
        result = subprocess.run(
            ["curl", "-q", "-sS", "--fail", "--cacert",
             f"{directory}/certificate.pem", "-w", "\n%{http_version}", "-F",
             f"file=@{path}", f"https://localhost:{proxy.port}"
             "/v1/embeddings/image"], check=False, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, timeout=command.TIMEOUT)
        same((result.returncode, result.stderr), (0, b""))
        body, version = result.stdout.split(b"\n")
        same(json.loads(body)["data"][0]["embedding"], vector)
        same(version, b"2")
    same(proxy.nginx.returncode, 0)


def test_both_refuse_what_is_too_large(directory):
    with Proxy(directory, "--max-body", "1M") as proxy:
        answer = proxy.embed(bytes(2 * MEGA))
        is_error(answer, 413, "body_too_large", "--max-body")
        # nginx, by the length alone.
        connection = proxy.connect()
        connection.putrequest("POST", "/v1/embeddings/image")
        connection.putheader("Content-Length", str(65 * MEGA))
        connection.putheader("X-Request-Id", "mine-1")
        connection.endheaders()
        response = connection.getresponse()
        answer = Answer(response)
        connection.close()
        is_error(answer, 413, "body_too_large")
        same(answer.headers["content-type"], "application/json")
        same(answer.headers["x-request-id"], "mine-1")


def test_busy_passes_through(directory):
    with Proxy(directory, "--body-memory", "100K") as proxy:
        answer = proxy.embed(bytes(200 << 10))
        is_error(answer, 429, "busy")
        same(answer.headers["retry-after"], "1")


def test_unavailable_passes_through(directory):
    with Proxy(directory, "--memory-limit", "1K") as proxy:
        answer = proxy.embed(picture(1))
        is_error(answer, 503, "memory_exhausted")
        same(answer.headers["retry-after"], "5")
        same(proxy.ask("GET", "/readyz").status, 503)
        # And where nobody answers behind it.
        proxy.server.end()
        answer = proxy.embed(picture(1))
        is_error(answer, 503, "shutting_down")
        same(answer.headers["retry-after"], "5")
        assert answer.headers["x-request-id"]


def test_connections_to_the_server_are_kept(directory):
    with Proxy(directory) as proxy:
        for i in range(8):
            same(proxy.ask("GET", "/livez").status, 200)
            same(proxy.embed(picture(1)).status, 200)
        # Ours, and one of nginx's.
        same(proxy.pool()["requests"]["connections"], 2)


def test_requests_keep_their_names(directory):
    with Proxy(directory) as proxy:
        answer = proxy.ask("GET", "/v1/models", X_Request_Id="mine-1")
        same(answer.headers["x-request-id"], "mine-1")
        own = proxy.ask("GET", "/v1/models").headers["x-request-id"]
        same((len(own), own.isalnum()), (32, True))
        wait_until(lambda: f"id={own}" in proxy.server.log(), "the log")


def test_the_inside_is_not_public(directory):
    with Proxy(directory) as proxy:
        for path, status in (("/metrics", 200), ("/v1/pool", 200),
                             ("/v1/jobs", 200), ("/v1/jobs/photos", 404)):
            same(proxy.ask("GET", path).status, status)
            same(proxy.ask("GET", path,
                           source_address=("127.0.0.2", 0)).status, 403)
        same(proxy.ask("GET", "/v1/models",
                       source_address=("127.0.0.2", 0)).status, 200)
        page = proxy.ask("GET", "/",
                         Origin=f"https://localhost:{proxy.port}")
        same(page.status, 200)


def test_uploads_pass_through_as_they_come(directory):
    with Proxy(directory) as proxy:
        image = picture(1) + bytes(2 * MEGA)
        connection = proxy.connect()
        connection.putrequest("POST", "/v1/embeddings/image")
        connection.putheader("Content-Length", str(len(image)))
        connection.endheaders()
        connection.send(image[:MEGA])
        wait_until(lambda: proxy.pool()["requests"]["body_bytes"] >
                   MEGA - (256 << 10), "the first half")
        same(os.listdir(f"{directory}/nginx-body"), [])
        connection.send(image[MEGA:])
        same(connection.getresponse().status, 200)
        connection.close()


command.main([
    test_nginx_understands_it,
    test_images_are_embedded_over_tls,
    test_both_refuse_what_is_too_large,
    test_busy_passes_through,
    test_unavailable_passes_through,
    test_connections_to_the_server_are_kept,
    test_requests_keep_their_names,
    test_the_inside_is_not_public,
    test_uploads_pass_through_as_they_come,
])
