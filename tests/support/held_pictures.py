"""A server whose pictures come when the test lets them."""
import http.server
import threading

import command
from command import picture


class Pictures:
    """A server of HTTP: /held/N and /N are pictures, the former once released."""

    def __init__(self):
        self.free = threading.Event()
        self.asked = threading.Event()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                if self.path.startswith("/held/"):
                    outer.asked.set()
                    outer.free.wait(command.TIMEOUT)
                body = picture(int(self.path.rsplit("/", 1)[1]), 8, 6)
                try:
                    self.send_response(200)
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)
                except OSError:
                    pass  # its client was killed

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.free.set()
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()

    def url(self, path):
        return f"http://127.0.0.1:{self.server.server_address[1]}/{path}"
