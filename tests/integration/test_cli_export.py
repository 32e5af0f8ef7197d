#!/usr/bin/python3
"""What fovea export writes, read by code that is not fovea's."""
import array
import http.server
import json
import os
import signal
import sqlite3
import struct
import subprocess
import threading

from command import FOVEA, environment, lines, main, npy, picture, put, read, \
    run, said, same

HOME = {"FOVEA_HOME": os.environ["FOVEA_SOURCE_ROOT"]}
MODEL_KEY = "fovea/near-duplicate"
# A name with what COPY, JSON and a terminal trip over, one of no UTF-8.
STRANGE = b"d/tab\tnew\nline\\N\"'\x7f.png"
LATIN = b"d/caf\xe9.png"
N = 5


def fovea(*arguments, more=None, **options):
    options.setdefault("env", environment(**HOME, **(more or {})))
    return run(*arguments, model=False, **options)


def make_index(directory):
    """Five pictures, one of them twice, in the folder d."""
    for i, name in enumerate([b"d/a.png", b"d/b.png", b"d/sub/c.png", STRANGE,
                              LATIN]):
        put(os.fsencode(directory), name, picture(i + 1))
    put(directory, "d/copy of a.png", picture(1))
    said(fovea("index", "-q", "d", cwd=directory), 0)


def export(directory, *arguments, **options):
    return fovea("export", "-q", "d", *arguments, cwd=directory, **options)


def embeddings(directory):
    """By the bytes of the name, as fovea embed gives them."""
    names = [b"d/a.png", b"d/b.png", b"d/sub/c.png", STRANGE, LATIN]
    result = fovea("embed", "-q", "-0", "-", cwd=directory,
                   input=b"\0".join(names))
    said(result, 0)
    return {name: array.array("f", line["embedding"]) for name, line in
            zip(names, lines(result.stdout))}


def by_name(directory, rows):
    """Rows (path, vector): each is what fovea embed gives for a file."""
    whole = os.path.realpath(directory)
    expected = {os.path.join(whole, name.decode("utf-8", "replace")): vector
                for name, vector in embeddings(directory).items()}
    same(sorted(path for path, _ in rows), sorted(expected))
    for path, vector in rows:
        same(array.array("f", vector), expected[path])


def check_fields(line):
    same(sorted(line), sorted(
        ["id", "input", "paths", "bytes", "sha256", "width", "height",
         "format", "model", "weights", "dtype", "pixels", "dimension"]))
    same((line["width"], line["height"], line["format"], line["model"]),
         (40, 30, "png", MODEL_KEY))
    assert line["dtype"] in ("f32", "bf16") and line["pixels"] == "pil"
    assert len(line["sha256"]) == len(line["weights"]) == 64


def jsonl(directory):
    make_index(directory)
    said(export(directory, "--to", "jsonl", "-o", "x.jsonl"), 0)
    rows = lines(read(os.path.join(directory, "x.jsonl")))
    by_name(directory, [(row["input"], row["embedding"]) for row in rows])
    copies = [row["paths"] for row in rows if len(row["paths"]) > 1]
    same([[os.path.basename(path) for path in paths] for paths in copies],
         [["a.png", "copy of a.png"]])
    same(len({row["id"] for row in rows}), N)
    result = export(directory, "--to", "jsonl", "-o", "-")
    said(result, 0)
    same(lines(result.stdout), rows)
    for row in rows:
        del row["embedding"]
        check_fields(row)


def numpy_arrays(directory):
    make_index(directory)
    said(export(directory, "--to", "npy", "-o", "x.npy"), 0)
    kind, shape, data = npy(os.path.join(directory, "x.npy"))
    same((kind, shape[0]), ("<f4", N))
    rows = lines(read(os.path.join(directory, "x.npy.jsonl")))
    same([row.pop("row") for row in rows], list(range(N)))
    values = array.array("f", data)
    by_name(directory, [(row["input"],
                         values[i * shape[1]:(i + 1) * shape[1]])
                        for i, row in enumerate(rows)])
    for row in rows:
        check_fields(row)


# The parts of Thrift's compact protocol that a footer has.
def thrift(data, at):
    """The struct at an offset: its fields by number, and where it ends."""
    def varint(at):
        value = shift = 0
        while True:
            byte = data[at]
            value |= (byte & 127) << shift
            at, shift = at + 1, shift + 7
            if byte < 128:
                return value, at

    def element(kind, at):
        if kind in (5, 6):
            value, at = varint(at)
            return (value >> 1) ^ -(value & 1), at
        if kind == 8:
            size, at = varint(at)
            return data[at:at + size], at + size
        if kind == 9:
            size, kind = data[at] >> 4, data[at] & 15
            at += 1
            if size == 15:
                size, at = varint(at)
            values = []
            for _ in range(size):
                value, at = element(kind, at)
                values.append(value)
            return values, at
        assert kind == 12, kind
        return thrift(data, at)

    fields, number = {}, 0
    while data[at]:
        number += data[at] >> 4
        assert data[at] >> 4, "a long field header"
        fields[number], at = element(data[at] & 15, at + 1)
    return fields, at + 1


def parquet(path):
    """The columns of a file, by name, as Parquet's description has them."""
    data = read(path)
    same((data[:4], data[-4:]), (b"PAR1", b"PAR1"))
    size, = struct.unpack("<I", data[-8:-4])
    meta, end = thrift(data, len(data) - 8 - size)
    same(end, len(data) - 8)
    root, *schema = meta[2]
    same(root[5], len(schema))
    columns = {element[4].decode(): [] for element in schema}
    n_rows = 0
    for group in meta[4]:
        n_rows += group[3]
        same(len(group[1]), len(schema))
        for element, chunk in zip(schema, group[1]):
            about = chunk[3]
            same((about[1], about[3], about[4], about[5]),
                 (element[1], [element[4]], 0, group[3]))
            page, at = thrift(data, about[9])
            same((page[1], page[2], page[3], page[5][1], page[5][2]),
                 (0, page[3], page[2], group[3], 0))
            same(at + page[3], about[9] + about[7])
            for _ in range(group[3]):
                if element[1] == 2:
                    value, = struct.unpack_from("<q", data, at)
                    at += 8
                else:
                    size, = struct.unpack_from("<I", data, at)
                    value = data[at + 4:at + 4 + size].decode("utf-8")
                    at += 4 + size
                columns[element[4].decode()].append(value)
    same(n_rows, meta[3])
    return columns


def clip_retrieval(directory):
    make_index(directory)
    said(export(directory, "--to", "clip-retrieval", "-o", "out"), 0)
    kind, shape, data = npy(os.path.join(
        directory, "out/img_emb/img_emb_0.npy"))
    same((kind, shape[0]), ("<f4", N))
    table = parquet(os.path.join(directory,
                                 "out/metadata/metadata_0.parquet"))
    values = array.array("f", data)
    by_name(directory, [(path, values[i * shape[1]:(i + 1) * shape[1]])
                        for i, path in enumerate(table["image_path"])])
    same(table["width"], [40] * N)
    same(table["height"], [30] * N)
    # Again, over its own.
    said(export(directory, "--to", "clip-retrieval", "-o", "out"), 0)
    put(directory, "other/img_emb/img_emb_0.npy", b"somebody's")
    said(export(directory, "--to", "clip-retrieval", "-o", "other"), 2,
         "img_emb_0.npy is there and is not known to be written by fovea")
    same(read(os.path.join(directory, "other/img_emb/img_emb_0.npy")),
         b"somebody's")


def copy_rows(script):
    """What COPY reads: https://www.postgresql.org/docs/current/sql-copy.html"""
    text = script.decode("utf-8")
    head, rest = text.split(" FROM stdin;\n")
    body, tail = rest.split("\n\\.\n")
    same(tail, "COMMIT;\n")
    escapes = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t",
               "v": "\v", "\\": "\\"}

    def value(field):
        if field == "\\N":
            return None
        out, at = "", 0
        while at < len(field):
            if field[at] == "\\":
                out += escapes[field[at + 1]]
                at += 1
            else:
                out += field[at]
            at += 1
        return out
    return head, [[value(field) for field in line.split("\t")]
                  for line in body.split("\n")]


def psql_scripts(directory):
    make_index(directory)
    for name, kind, ends in (("pgvector", "vector(256)", "[]"),
                             ("postgres", "real[]", "{}")):
        result = export(directory, "--to", name, "-o", "-", "--collection",
                        'my "photos"')
        said(result, 0)
        head, rows = copy_rows(result.stdout)
        assert f"embedding {kind} NOT NULL" in head, head
        assert 'CREATE TABLE IF NOT EXISTS "my ""photos"""' in head, head
        assert ("CREATE EXTENSION" in head) == (name == "pgvector")
        assert head.startswith("-- fovea export: {"), head
        by_name(directory, [
            (row[1], [float(number) for number in row[10][1:-1].split(",")])
            for row in rows])
        for row in rows:
            same(row[10][0] + row[10][-1], ends)
            assert row[1] in json.loads(row[2])
            same(row[5:10], ["40", "30", "png", None, MODEL_KEY])


def sqlite_file(directory):
    make_index(directory)
    said(export(directory, "--to", "sqlite", "-o", "x.db"), 0)
    with sqlite3.connect(os.path.join(directory, "x.db")) as db:
        rows = db.execute("SELECT path, embedding, paths, width, format, "
                          "taken FROM pictures ORDER BY id").fetchall()
        meta = dict(db.execute("SELECT name, value FROM metadata"))
        same(db.execute("PRAGMA integrity_check").fetchall(), [("ok",)])
    same((meta["model"], meta["dimension"]), (MODEL_KEY, 256))
    # What is no text is kept as the bytes that it is.
    whole = os.fsencode(os.path.realpath(directory))
    assert os.path.join(whole, LATIN) in [row[0] for row in rows]
    by_name(directory, [
        (row[0] if isinstance(row[0], str)
         else row[0].decode("utf-8", "replace"),
         array.array("f", row[1])) for row in rows])
    same(os.listdir(directory).count("x.db"), 1)
    same([name for name in os.listdir(directory) if name.startswith(".f")], [])
    # Over its own, not over others'.
    said(export(directory, "--to", "sqlite", "-o", "x.db"), 0)
    with sqlite3.connect(os.path.join(directory, "y.db")) as db:
        db.execute("CREATE TABLE mine (a)")
    before = read(os.path.join(directory, "y.db"))
    said(export(directory, "--to", "sqlite", "-o", "y.db"), 2,
         "not known to be written by fovea", "--overwrite")
    same(read(os.path.join(directory, "y.db")), before)
    said(export(directory, "--to", "sqlite", "-o", "y.db", "--overwrite"), 0)


def refusals(directory):
    make_index(directory)
    put(directory, "mine.sql", b"DROP TABLE users;\n")
    put(directory, "mine.jsonl", b'{"id":"a"}\n')
    for arguments, code, parts in (
            ((), 2, ["no format", "npy, jsonl, clip-retrieval, pgvector"]),
            (("--to", "csv"), 2, ["--to csv", "qdrant"]),
            (("--to", "npy"), 2, ["no output: give -o"]),
            (("--to", "npy", "-o", "-"), 2, ["does not go to standard"]),
            (("--to", "npy", "--url", "http://a"), 2, ["--url is not for"]),
            (("--to", "qdrant"), 2, ["takes a server, by --url"]),
            (("--to", "qdrant", "--url", "http://a", "-o", "x"), 2,
             ["-o is not for it"]),
            (("--to", "npy", "-o", "x.npy", "--set", "a/b"), 2, ["a/b"]),
            (("--to", "npy", "-o", "gone/x.npy"), 1, ["gone"]),
            (("--to", "postgres", "-o", "mine.sql"), 2, ["not known"]),
            (("--to", "jsonl", "-o", "mine.jsonl"), 2, ["not known"])):
        said(export(directory, *arguments), code, *parts)
    same(read(os.path.join(directory, "mine.sql")), b"DROP TABLE users;\n")
    said(fovea("export", "--to", "npy", "-o", "x.npy", "nowhere",
               cwd=directory), 2, "nowhere")


def fatal_size():
    """What is too large ends a program that does not see to it, as it does by
    default; whoever runs the tests may ignore that."""
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)


def full_disk(directory):
    """Files may have 33 KiB here: what reading an index takes, and no more."""
    for i in range(64):
        put(directory, f"d/{i}.png", picture(i + 1))
    said(fovea("index", "-q", "d", cwd=directory), 0)
    for kind, name in (("sqlite", "x.db"), ("npy", "x.npy"),
                       ("clip-retrieval", "out"), ("pgvector", "x.sql")):
        words = ["sh", "-c", 'ulimit -f 66; exec "$@"', "sh", FOVEA, "export",
                 "-q", "d", "--to", kind, "-o", name]
        result = subprocess.run(words, cwd=directory, check=False,
                                env=environment(**HOME),
                                stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE,
                                preexec_fn=fatal_size)
        said(result, 1, name, "cannot be written")
        assert not os.path.isfile(os.path.join(directory, name)), name
    same([name for name in os.listdir(directory) if name.startswith(".f")], [])


class Qdrant(http.server.BaseHTTPRequestHandler):
    """As much of Qdrant's REST interface as is asked for, with its shapes; what
    fails before it does not is in trouble: a status, or a cut connection."""
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def answer(self, code, body):
        data = json.dumps(body).encode()
        self.send_response(code)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def handle_request(self):
        server = self.server
        size = int(self.headers.get("Content-Length", 0))
        body = json.loads(self.rfile.read(size)) if size else None
        server.seen.append((self.command, self.path, body,
                            self.headers.get("api-key")))
        if server.hook:
            server.hook(self)
        if server.trouble:
            what = server.trouble.pop(0)
            if what == "cut":
                self.close_connection = True
                self.connection.shutdown(2)
                return
            self.answer(what, {"status": {"error": "not now"}})
            return
        name = "/collections/my%20photos"
        if self.path == name and self.command == "GET":
            if server.config is None:
                self.answer(404, {"status": {"error": "Not found"}})
            else:
                self.answer(200, {"status": "ok", "result": {
                    "config": {"params": {"vectors": server.config}}}})
        elif self.path == name and self.command == "PUT":
            server.config = body["vectors"]
            self.answer(200, {"status": "ok", "result": True})
        elif self.path == name + "/points" and self.command == "POST":
            fields = body["with_payload"]
            self.answer(200, {"status": "ok", "result": [
                {"id": i, "payload": {key: server.points[i]["payload"][key]
                                      for key in fields}}
                for i in body["ids"] if i in server.points]})
        elif (self.path == name + "/points?wait=true" and
              self.command == "PUT"):
            for point in body["points"]:
                server.points[point["id"]] = point
            self.answer(200, {"status": "ok", "result": {
                "operation_id": 1, "status": "completed"}})
        else:
            self.answer(400, {"status": {"error": "unknown " + self.path}})

    do_GET = do_PUT = do_POST = handle_request


class Server:
    def __init__(self):
        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Qdrant)
        self.http.seen, self.http.trouble, self.http.points = [], [], {}
        self.http.config = self.http.hook = None
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def __enter__(self):
        return self.http

    def __exit__(self, *_):
        self.http.shutdown()
        self.http.server_close()

    @staticmethod
    def url(server):
        return f"http://127.0.0.1:{server.server_address[1]}"


def send(directory, server, *arguments, **options):
    return fovea("export", "d", "--to", "qdrant", "--url",
                 Server.url(server) + "/", "--collection", "my photos",
                 *arguments, cwd=directory, **options)


def qdrant_points(directory):
    make_index(directory)
    with Server() as server:
        said(send(directory, server,
                  more={"FOVEA_QDRANT_API_KEY": "a secret"}), 0,
             f"{N} pictures sent, 0 were there")
        same(server.config, {"size": 256, "distance": "Cosine"})
        assert all(key == "a secret" for *_, key in server.seen)
        by_name(directory, [(point["payload"]["input"], point["vector"])
                            for point in server.points.values()])
        for point in server.points.values():
            check_fields(point["payload"])
        # Again: nothing is sent. One that is gone, one that changed: those are.
        said(send(directory, server), 0, f"0 pictures sent, {N} were there")
        first, second, *_ = server.points
        del server.points[first]
        server.points[second]["payload"]["sha256"] = "0" * 64
        said(send(directory, server), 0,
             f"2 pictures sent, {N - 2} were there")
        same(len(server.points), N)


def qdrant_troubles(directory):
    make_index(directory)
    with Server() as server:
        server.trouble = ["cut", 500, 429, "cut", 503]
        said(send(directory, server), 0, f"{N} pictures sent")
        server.trouble = [500] * 6
        said(send(directory, server), 1, "answered 500, 6 times")
        same(server.trouble, [])
        server.trouble = [403]
        said(send(directory, server), 1, "FOVEA_QDRANT_API_KEY", "not now")
        server.config = {"size": 512, "distance": "Cosine"}
        said(send(directory, server), 2, "my photos", "256 numbers",
             "--collection")
        server.config = {"image": {"size": 256, "distance": "Cosine"}}
        said(send(directory, server), 2, "unnamed vectors")
        said(send(directory, server, more={"FOVEA_QDRANT_API_KEY": "a\nb"}), 2,
             "control characters")


def qdrant_stops(directory):
    """A signal while the server is asked ends it at once; what is kept stays."""
    make_index(directory)
    with Server() as server:
        server.trouble = [503] * 6
        process = []
        started = threading.Event()

        def stop(_):
            started.wait()
            process[0].send_signal(signal.SIGTERM)
        server.hook = stop
        process.append(subprocess.Popen(
            [FOVEA, "export", "d", "--to", "qdrant", "--url",
             Server.url(server), "--collection", "my photos"], cwd=directory,
            env=environment(**HOME), stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE))
        started.set()
        process[0].communicate()
        same(process[0].returncode, 128 + signal.SIGTERM)
        same(len(server.seen), 1)


main([jsonl, numpy_arrays, clip_retrieval, psql_scripts, sqlite_file, refusals,
      full_disk, qdrant_points, qdrant_troubles, qdrant_stops])
