"""A small Hugging Face hub for tests, and the "CDN" that it sends people to,
both on free ports of 127.0.0.1. It does what it is told to do wrong."""
import hashlib
import json
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from command import TIMEOUT

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def git_name(content):
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def lfs_name(content):
    return hashlib.sha256(content).hexdigest()


def discussion(num, **fields):
    """A pull request of Hugging Face's converter, as the hub lists it."""
    return {"num": num, "title": "Adding `safetensors` variant of this model",
            "status": "open", "isPullRequest": True,
            "author": {"name": "SFconvertbot", "type": "user"}, **fields}


class Hub:
    def __init__(self, files, key="someone/model", **wrong):
        self.key = key
        self.files = files  # name: bytes; .safetensors are LFS files
        self.commits = {"main": COMMIT}
        self.commits.update(wrong.pop("commits", {}))
        self.token = None  # that is wanted
        self.gated = False
        self.old_key = None  # redirects to key
        self.cut = 0  # bytes after which the CDN breaks off
        self.n_cuts = 1 << 30  # how often
        self.stall = 0  # bytes after which it stays silent, once
        self.stalled = threading.Event()
        self.no_ranges = False
        self.wrong_range = False
        self.spoil = ()  # names whose bytes are not those announced
        self.longer = 0  # bytes too many
        self.n_unwell = 0  # answers of 503 before it is well
        self.not_in_main = ()  # names
        self.discussions = []
        for name, value in wrong.items():
            assert hasattr(self, name), name
            setattr(self, name, value)
        self.requests = []  # (place, method, path, headers)
        self.done = threading.Event()
        self.servers = [self.serve(place) for place in ("hub", "cdn")]
        self.endpoint, self.cdn = (f"http://127.0.0.1:{s.server_address[1]}"
                                   for s in self.servers)

    def serve(self, place):
        hub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_GET(self):
                hub.requests.append((place, self.command, self.path,
                                     dict(self.headers)))
                (hub.answer_hub if place == "hub" else hub.answer_cdn)(self)

            do_HEAD = do_GET

            def log_message(self, *_):
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                pass  # a client that went

        server = Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, args=(0.02,),
                         daemon=True).start()
        return server

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.done.set()
        for server in self.servers:
            server.shutdown()
            server.server_close()

    def seen(self, place=None, method=None):
        return [r for r in self.requests if place in (None, r[0]) and
                method in (None, r[1])]

    @staticmethod
    def send(request, code, headers=(), body=b""):
        request.send_response(code)
        for name, value in dict(headers).items():
            request.send_header(name, value)
        if "Content-Length" not in dict(headers):
            request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        if request.command != "HEAD":
            request.wfile.write(body)

    def answer_hub(self, request):
        if self.n_unwell > 0:
            self.n_unwell -= 1
            self.send(request, 503)
            return
        if self.token and request.headers.get("Authorization") != \
                f"Bearer {self.token}":
            self.send(request, 401, {"X-Error-Code": "GatedRepo"}
                      if self.gated else {})
            return
        path = urllib.parse.unquote(request.path)
        if self.old_key and self.old_key in path:
            self.send(request, 307, {"Location": request.path.replace(
                self.old_key, self.key)})
        elif path.startswith(f"/api/models/{self.key}/revision/"):
            self.answer_info(request, path.split("/revision/", 1)[1])
        elif path.startswith(f"/api/models/{self.key}/discussions?p="):
            page = int(path.split("p=")[1].split("&")[0])
            found = self.discussions[2 * page:2 * page + 2]
            self.send(request, 200, {}, json.dumps(
                {"discussions": found, "count": len(self.discussions),
                 "start": 2 * page}).encode())
        elif path.startswith(f"/{self.key}/resolve/"):
            self.answer_resolve(request, *path.split("/", 5)[4:])
        else:
            self.send(request, 404, {"X-Error-Code": "RepoNotFound"})

    def answer_info(self, request, revision):
        commit = self.commits.get(revision)
        if revision in self.commits.values():
            commit = revision
        if not commit:
            self.send(request, 404, {"X-Error-Code": "RevisionNotFound"})
            return
        names = [name for name in self.files
                 if commit != COMMIT or name not in self.not_in_main]
        self.send(request, 200, {"Content-Type": "application/json"},
                  json.dumps({"sha": commit, "siblings": [
                      {"rfilename": name} for name in names]}).encode())

    def answer_resolve(self, request, commit, name):
        content = self.files.get(name)
        if content is None or commit not in self.commits.values():
            self.send(request, 404, {"X-Error-Code": "EntryNotFound"})
        elif name.endswith(".safetensors"):
            self.send(request, 302, {
                "Location": f"{self.cdn}/{name}?signature=secret",
                "X-Repo-Commit": commit,
                "X-Linked-Size": str(len(content)),
                "X-Linked-Etag": f'"{lfs_name(content)}"',
                "ETag": '"ofthepointer"'})
        else:
            headers = {"ETag": f'"{git_name(content)}"',
                       "X-Repo-Commit": commit}
            if name in self.spoil:
                content = bytes(len(content))
            headers["Content-Length"] = str(len(content))
            self.send(request, 200, headers, content)

    def answer_cdn(self, request):
        name = request.path[1:].split("?")[0]
        content = self.files[name]
        if name in self.spoil:
            content = content[:-1] + bytes([content[-1] ^ 1])
        content += bytes(self.longer)
        begin, code, headers = 0, 200, {}
        wanted = request.headers.get("Range")
        if wanted and not self.no_ranges:
            begin = int(wanted[len("bytes="):-1])
            if begin >= len(content):
                self.send(request, 416)
                return
            code = 206
            said = begin + 1 if self.wrong_range else begin
            headers["Content-Range"] = \
                f"bytes {said}-{len(content) - 1}/{len(content)}"
        content = content[begin:]
        headers["Content-Length"] = str(len(content))
        limit = len(content)
        if self.stall:
            limit, self.stall = self.stall, 0
        elif self.cut and self.n_cuts > 0 and self.cut < limit:
            limit = self.cut
            self.n_cuts -= 1
        try:
            self.send(request, code, headers, content[:limit])
            if limit < len(content):
                request.wfile.flush()
                request.close_connection = True
                if not self.cut or self.cut != limit:
                    self.stalled.set()
                    self.done.wait(TIMEOUT)
        except OSError:
            pass  # the client went
