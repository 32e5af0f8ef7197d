#!/usr/bin/python3
"""fovea serve: images in, vectors out, in the shapes that clients speak."""
import http.server
import json
import math
import os
import threading

import command
from command import lines, picture, put, run, same
from serving import Server, as_float32, b64, floats, is_error


def reference(directory, contents):
    """Vectors as `fovea embed` has them."""
    paths = [put(directory, f"{i}.png", content)
             for i, content in enumerate(contents)]
    result = run("embed", *paths)
    return [line["embedding"] for line in lines(result.stdout)]


def test_vectors_are_those_of_embed(directory):
    pictures = [picture(i) for i in range(1, 6)]
    wanted = reference(directory, pictures)
    with Server() as server:
        answer = server.post({"input": [b64(p) for p in pictures]})
        same(answer.status, 200)
        body = answer.json
        same(sorted(body), ["created", "data", "id", "model", "object",
                            "usage"])
        same(body["object"], "list")
        same(body["model"], command.NAME)
        same(body["id"], answer.headers["x-request-id"])
        same(body["usage"], {"prompt_tokens": 0, "total_tokens": 0})
        same([item["index"] for item in body["data"]], list(range(5)))
        same({item["object"] for item in body["data"]}, {"embedding"})
        same(answer.vectors(), wanted)
        # The twin, one that is no list, and base64.
        one = server.post({"input": b64(pictures[3]),
                           "encoding_format": "base64"}, "/embeddings")
        same(as_float32(wanted[3]), floats(one.vectors()[0]))


def test_forms_of_an_item(directory):
    content = picture(7)
    wanted, = reference(directory, [content])
    uri = "data:image/png;base64," + b64(content)
    forms = [b64(content), uri, {"image": uri}, {"image_url": uri},
             {"image_url": {"url": uri}},
             {"type": "image_url", "image_url": {"url": uri}},
             {"type": "image_base64", "image_base64": uri},
             {"content": [{"type": "image_base64", "image_base64": uri}]}]
    with Server() as server:
        for name in ("input", "inputs"):
            answer = server.post({name: forms})
            same(answer.status, 200)
            same(answer.vectors(), [wanted] * len(forms))
        answer = server.post({"images": [uri], "model": command.NAME,
                              "modality": "image", "user": None,
                              "unknown": [1, {"a": 2}]})
        same(answer.vectors(), [wanted])


def test_uploads(directory):
    pictures = [picture(1), picture(2)]
    wanted = reference(directory, pictures)
    with Server() as server:
        for kind in ("image/png", "application/octet-stream",
                     "application/x-www-form-urlencoded", None):
            headers = {"Content_Type": kind} if kind else {}
            answer = server.upload(pictures[0], **headers)
            same(answer.vectors(), wanted[:1])
        answer = server.upload(pictures[1], "?encoding_format=base64"
                               f"&dimensions={command.DIMENSION}")
        same(floats(answer.vectors()[0]), as_float32(wanted[1]))
        form = b"".join(
            b"--xx\r\nContent-Disposition: form-data; name=\"f\"; "
            b"filename=\"a.png\"\r\nContent-Type: image/png\r\n\r\n" + p +
            b"\r\n" for p in pictures)
        form += (b"--xx\r\nContent-Disposition: form-data; name="
                 b"\"encoding_format\"\r\n\r\nbase64\r\n--xx--\r\n")
        kind = "multipart/form-data; boundary=xx"
        answer = server.upload(form, Content_Type=kind)
        same([floats(v) for v in answer.vectors()],
             [as_float32(v) for v in wanted])
        # What is wrong with a form.
        is_error(server.upload(form[:-9], Content_Type=kind), 400, "argument",
                 "ends before its last boundary")
        is_error(server.upload(b"--xx--\r\n", Content_Type=kind), 400,
                 "argument", "no file")
        bare = b"--xx\r\nContent-Disposition: form-data; name=\"%s\"%s" \
            b"\r\n\r\n%s\r\n--xx--\r\n"
        for content in (b"photo.jpg", pictures[0], bytes(5000)):
            is_error(server.upload(bare % (b"photo", b"", content),
                                   Content_Type=kind), 400, "argument",
                     'part "photo" is no file', "-F photo=@FILE")
        same(server.upload(bare % (
            b"f", b"\r\nContent-Type: application/octet-stream",
            pictures[0]), Content_Type=kind).vectors(), wanted[:1])
        is_error(server.upload(form, Content_Type="multipart/form-data"), 415,
                 "content_type", "without a boundary")
        is_error(server.upload(form.replace(b"base64", b"octal"),
                               Content_Type=kind), 400, "argument", "octal")
        is_error(server.upload(pictures[0], "?dimensions=-1"), 400, "argument",
                 "dimensions")
        is_error(server.upload(b""), 415, "not_an_image", "no bytes")


def test_dimensions(_):
    with Server() as server:
        whole, = server.post({"input": b64(picture(3))}).vectors()
        for n in (1, 3, command.DIMENSION - 1, command.DIMENSION):
            part, = server.post({"input": b64(picture(3)),
                                 "dimensions": n}).vectors()
            same(len(part), n)
            length = math.sqrt(sum(x * x for x in whole[:n]))
            for got, x in zip(part, whole):
                assert abs(got - x / length) < 1e-6, (got, x / length)
        same(server.post({"input": b64(picture(3)),
                          "dimensions": 0}).vectors(), [whole])
        error = is_error(server.post({
            "input": b64(picture(3)), "dimensions": command.DIMENSION + 1}),
            400, "argument", f"the model has {command.DIMENSION}")
        same(error["param"], "dimensions")


def test_a_bad_item_fails_the_request(_):
    good = b64(picture(1))
    cut = b64(picture(1)[:-40])
    with Server() as server:
        error = is_error(server.post({"input": [good, good, cut, good]}), 400,
                         "image_truncated", "input[2]: ")
        same(error["param"], "input[2]")
        error = is_error(server.post({"input": cut}), 400, "image_truncated")
        same(error["param"], "input")
        is_error(server.post({"input": [good, "data:;base64," +
                                        b64(b"hello")]}), 415,
                 "not_an_image", "input[1]: ")
        path = server.post({"input": [good, "/etc/passwd"]})
        same(path.status, 400)
        assert "input[1]: " in path.json["error"]["message"]
        # The next one is served as ever.
        same(server.post({"input": good}).status, 200)


def test_or_only_itself(directory):
    wanted, = reference(directory, [picture(1)])
    good = b64(picture(1))
    with Server() as server:
        answer = server.post({
            "input": [good, {"image": b64(b"hello")}, 7, good, "http://127.0.0.1:1/x"],
            "on_error": "item"})
        same(answer.status, 200)
        data = answer.json["data"]
        same([item["object"] for item in data],
             ["embedding", "error", "error", "embedding", "error"])
        same([item["index"] for item in data], list(range(5)))
        same(data[0]["embedding"], wanted)
        same(data[3]["embedding"], wanted)
        same([data[i]["error"]["code"] for i in (1, 2, 4)],
             ["not_an_image", "argument", "url_refused"])
        same(data[1]["error"]["param"], "input[1]")
        same(sorted(data[1]["error"]), ["code", "message", "param", "type"])


def test_many_images_in_order(directory):
    pictures = [picture(i) for i in range(1, 9)]
    wanted = reference(directory, pictures)
    n = 300
    # Far more than wait at once, so that some have to wait their turn.
    with Server("--max-queue", "4", "--batch", "2") as server:
        answer = server.post({"input": [b64(pictures[i % 8])
                                        for i in range(n)]})
        same(answer.status, 200)
        same(answer.vectors(), [wanted[i % 8] for i in range(n)])


def test_two_large_requests_share_a_small_queue(_):
    pictures = [b64(picture(i)) for i in range(1, 5)]
    answers = []
    with Server("--max-queue", "2", "--batch", "1") as server:
        def ask():
            answers.append(server.post({"input": pictures * 20,
                                        "encoding_format": "base64"}))
        threads = [threading.Thread(target=ask) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    # Busy is an answer for one that found the queue full from the start.
    for answer in answers:
        assert answer.status in (200, 429), answer.body
        if answer.status == 200:
            vectors = answer.vectors()
            same(vectors, vectors[:4] * 20)
    assert any(answer.status == 200 for answer in answers)


def test_models(_):
    home = {"FOVEA_HOME": os.environ["FOVEA_SOURCE_ROOT"]}
    with Server(models=[command.MODEL, "fovea/near-duplicate"],
                env=home) as server:
        listed = server.get("/v1/models").json
        same(listed["object"], "list")
        same([model["id"] for model in listed["data"]],
             [command.NAME, "fovea/near-duplicate"])
        dimension = listed["data"][1]["dimension"]
        answer = server.post({"input": b64(picture(1)),
                              "model": "fovea/near-duplicate"})
        same(answer.json["model"], "fovea/near-duplicate")
        same(len(answer.vectors()[0]), dimension)
        error = is_error(server.post({"input": "", "model": "other"}), 404,
                         "unknown_model", "other")
        same(error["param"], "model")
        same(server.get("/models").json["data"][0]["workers"], 0)


def test_whose_pixels_is_said(_):
    vectors = []
    for whose in ("pil", "torchvision", "fast"):
        with Server("--pixels", whose) as server:
            same(server.get("/v1/models").json["data"][0]["pixels"], whose)
            vectors += server.post({"input": b64(picture(3, 301, 200))}).vectors()
    assert vectors[0] != vectors[1]
    same(vectors[0], vectors[2])  # of a PNG


def test_pixels_by_default_are_said(directory):
    model = os.path.join(directory, "bare")
    os.mkdir(model)
    for name in ("config.json", "model.safetensors"):
        os.symlink(os.path.join(command.MODEL, name),
                   os.path.join(model, name))
    with Server(models=[command.MODEL, model]) as server:
        listed = server.get("/v1/models").json["data"]
        same([one["preprocessor"] for one in listed], ["file", "default"])
        said = [line for line in server.log().splitlines()
                if "no preprocessor_config.json" in line]
        same(len(said), 1)
        assert "bare" in said[0] and "no preprocess_cfg" in said[0], said


def test_urls(directory):
    wanted, = reference(directory, [picture(5)])

    asked = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append((self.path, self.headers["User-Agent"]))
            is_again = len(asked) > 1 and asked[-2][0] == self.path
            if self.path == "/later" and not is_again:
                self.send_response(429)
                self.send_header("Retry-After", "0")
            elif self.path == "/login":
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=x")
            else:
                self.send_response(404 if self.path == "/ab" else 200)
            self.end_headers()
            self.wfile.write(b"<html>Who are you?" if self.path == "/login"
                             else picture(5))

        def log_message(self, *_):
            pass

    site = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=site.serve_forever).start()
    url = f"http://127.0.0.1:{site.server_port}/a"
    try:
        with Server("--allow-private-urls") as server:
            answer = server.post({"input": [url, {"image_url": {"url": url}}]})
            same(answer.vectors(), [wanted, wanted])
            is_error(server.post({"input": url + "b"}), 502, "fetch_status")
            same({agent for _, agent in asked},
                 {"fovea/0.1.0 (image embeddings; whoever runs it gave no "
                  "contact)"})
            site_of = url[:-1]
            same(server.post({"input": site_of + "later"}).vectors(), [wanted])
            is_error(server.post({"input": site_of + "login"}), 415,
                     "not_an_image", "its server declared text/html")
        with Server("--allow-private-urls", "--fetch-tries", "1",
                    "--user-agent", "thumbs/2 (me@example.org)") as server:
            asked.clear()
            answer = server.post({"input": site_of + "later"})
            is_error(answer, 502, "fetch_busy", "429", "--fetch-tries")
            same(answer.headers["x-should-retry"], "true")
            same(asked, [("/later", "thumbs/2 (me@example.org)")])
        with Server() as server:
            is_error(server.post({"input": url}), 403, "url_refused",
                     "loopback", "--allow-private-urls")
        with Server("--no-url") as server:
            is_error(server.post({"input": url}), 403, "url_refused")
    finally:
        site.shutdown()
        site.server_close()


def test_json_that_is_none(_):
    good = json.dumps({"input": b64(picture(1))}).encode()
    cases = [(b"", "json"), (b"{", "json"), (b"[1]", "json"),
             (b"null", "json"), (good[:-1], "json"), (good + b"x", "json"),
             (b"\xff\xfe", "json"), (b"{\"input\":\"\xff\"}", "json"),
             (b"{\"input\":\"a\",\"input\":\"b\"}", "json"),
             (b"{\"a\":" + b"[" * 100000 + b"]" * 100000 + b"}", "json"),
             (b"{}", "argument"), (b"{\"input\":[]}", "argument"),
             (b"{\"input\":7}", "argument"),
             (b"{\"input\":\"\",\"dimensions\":1.5}", "argument"),
             (b"{\"input\":\"\",\"encoding_format\":\"hex\"}", "argument"),
             (b"{\"input\":\"\",\"modality\":\"text\"}", "text_unsupported"),
             (b"{\"input\":\"\",\"modality\":\"audio\"}", "argument")]
    with Server() as server:
        for body, code in cases:
            answer = server.post(body, Content_Type="application/json")
            is_error(answer, 400, code)
        same(server.post(good, Content_Type="application/json; charset=utf-8")
             .status, 200)


command.main([test_vectors_are_those_of_embed, test_forms_of_an_item,
              test_uploads, test_dimensions, test_a_bad_item_fails_the_request,
              test_or_only_itself, test_many_images_in_order,
              test_two_large_requests_share_a_small_queue, test_models,
              test_whose_pixels_is_said, test_pixels_by_default_are_said,
              test_urls, test_json_that_is_none])
