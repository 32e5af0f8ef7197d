#!/usr/bin/python3
"""fovea serve with models that embed texts: plain texts of OpenAI's and infinity's
clients, texts among pictures in the shapes of others, what is wrong with a text,
and labels of pictures."""
import json
import math
import os

import command
from command import picture, same
from serving import Server, as_float32, b64, floats, is_error

CLIP, SIGLIP = (os.path.join(os.environ["FOVEA_WHOLE_MODELS"], name)
                for name in ("clip", "siglip"))
BOTH = [CLIP, SIGLIP]
DIMENSION = {"clip": 24, "siglip": 32}
LONG = "a " * 40  # more tokens than a text may have


def uri(content):
    return "data:image/png;base64," + b64(content)


def vector(server, item, **fields):
    """Of one item."""
    answer = server.post({"input": [item], **fields})
    same(answer.status, 200)
    return answer.vectors()[0]


def product(a, b):
    return sum(x * y for x, y in zip(a, b))


def test_plain_texts(_):
    """As OpenAI's and infinity's clients send them."""
    with Server(models=BOTH) as server:
        cat = vector(server, "a cat")
        same(len(cat), DIMENSION["clip"])
        assert abs(product(cat, cat) - 1) < 1e-5
        dog = vector(server, "a dog")
        assert product(cat, dog) < 0.9999
        for body in ({"input": "a cat"},
                     {"input": "a cat", "model": "clip", "user": "me",
                      "encoding_format": "float"},
                     {"input": ["a cat"], "model": "default/not-specified",
                      "modality": "text", "dimensions": 0},
                     {"inputs": "a cat", "truncate": True},
                     {"texts": ["a cat"], "input_type": "search_document",
                      "embedding_types": ["float"], "truncate": "END"}):
            for path in ("/v1/embeddings", "/embeddings", "/embeddings_image"):
                answer = server.post(body, path)
                same(answer.status, 200)
                same(answer.vectors(), [cat])
        answer = server.post({"input": ["a cat", "a dog"],
                              "encoding_format": "base64"})
        same([floats(text) for text in answer.vectors()],
             [as_float32(cat), as_float32(dog)])
        short, = server.post({"input": "a cat", "dimensions": 8}).vectors()
        length = math.sqrt(product(cat[:8], cat[:8]))
        assert all(abs(a - b / length) < 1e-6 for a, b in zip(short, cat))
        for tokens in ([1, 2], [[1, 2], [3]]):
            is_error(server.post({"input": tokens}), 400, "argument",
                     "token ids", "check_embedding_ctx_length=False")
        same(server.metric('fovea_texts_total{result="ok"}') > 10, True)
        same(server.metric('fovea_images_total{result="ok"}'), 0)
        other = vector(server, "a cat", model="siglip")
        same(len(other), DIMENSION["siglip"])


def test_what_a_string_is(_):
    """By what it looks like, or as the request says."""
    with Server(models=[CLIP]) as server:
        image = vector(server, {"image": uri(picture(1))})
        same(server.upload(picture(1)).vectors(), [image])
        for string in (uri(picture(1)), b64(picture(1)),
                       "\n" + b64(picture(1))):
            same(vector(server, string), image)
        texts = ("cats", "cat", "", " ", "hello", "bm90IGFuIGltYWdl",
                 "http://127.0.0.1/ is down", "Note: a cat", "cat.jpg",
                 "caf\u00e9", "\u732b", "\U0001f408", "/r/cats is for cats")
        wanted = server.post({"texts": texts}).vectors()
        same(server.post({"input": texts}).vectors(), wanted)
        same(server.post({"input": [{"text": t} for t in texts]}).vectors(),
             wanted)
        # A text, whatever it looks like.
        for string in (uri(picture(1)), "http://127.0.0.1/", "/etc/passwd",
                       b64(picture(1))):
            assert vector(server, {"text": string}) != image
            same(vector(server, string, modality="text"),
                 vector(server, {"text": string}))
        # An image, whatever it looks like.
        is_error(server.post({"input": "cats", "modality": "image"}), 415,
                 "not_an_image")
        is_error(server.post({"images": ["cats"]}), 415, "not_an_image")
        # What is hardly a text.
        is_error(server.post({"input": "/etc/passwd"}), 400, "argument",
                 "looks like a path", '{"text": ...}')
        is_error(server.post({"input": "file:///etc/passwd"}), 400, "url")
        is_error(server.post({"input": "x" * 1025}), 400, "base64")
        is_error(server.post({"input": b64(picture(1))[:-64]}), 400,
                 "image_truncated")
        is_error(server.post({"input": b64(picture(1))[:-1] + "!"}), 400,
                 "base64")
        assert vector(server, "\u732b" * 500) != wanted[0]


def test_texts_among_pictures(_):
    """In the shapes of Jina, Voyage, Cohere, OpenAI and of chats."""
    image = uri(picture(2))
    with Server(models=[CLIP]) as server:
        words = vector(server, "a red bicycle")
        seen = vector(server, image)
        for body in (
                {"input": [{"text": "a red bicycle"}, {"image": image}]},
                {"inputs": [
                    {"content": [{"type": "text", "text": "a red bicycle"}]},
                    {"content": [{"type": "image_url", "image_url": image}]}],
                 "input_type": "document", "truncation": True},
                {"inputs": [
                    {"content": [{"type": "text", "text": "a red bicycle"}]},
                    {"content": [{"type": "image_url",
                                  "image_url": {"url": image}}]}],
                 "input_type": "image", "embedding_types": ["float"],
                 "truncate": "NONE"},
                {"input": [{"type": "input_text", "text": "a red bicycle"},
                           {"type": "input_image", "image_url": image}]},
                {"input": ["a red bicycle", image]}):
            answer = server.post(body)
            same(answer.status, 200)
            same(answer.vectors(), [words, seen])
        for content in ("a red bicycle",
                        [{"type": "text", "text": "a red bicycle"}]):
            same(server.post({"messages": [
                {"role": "user", "content": content}]}).vectors(), [words])
        # Several parts of one content would be one embedding.
        error = is_error(server.post({"inputs": [{"content": [
            {"type": "text", "text": "a cat"},
            {"type": "image_url", "image_url": image}]}]}), 400, "argument",
            '"content" has 2 parts')
        same(error["param"], "inputs[0]")
        n = 150
        answer = server.post({"input": [f"word {i % 7}" if i % 2 else image
                                        for i in range(2 * n)]})
        vectors = answer.vectors()
        same(vectors[::2], [seen] * n)
        same(vectors[1::14], vectors[1:2] * len(vectors[1::14]))


def test_bad_texts(_):
    with Server("--max-text-bytes", "64", models=[CLIP]) as server:
        error = is_error(server.post({"input": ["a", "b " * 33]}), 413,
                         "text_too_large", "input[1]: ", "--max-text-bytes")
        same(error["param"], "input[1]")
        for body in (b'{"input":"\\ud800"}', b'{"input":"\\udc00\\ud800"}',
                     b'{"input":"a\xff"}', b'{"input":"\\u0000"}'):
            is_error(server.post(body, Content_Type="application/json"), 400,
                     "json")
        data = server.post({"input": ["a", "b " * 33, uri(picture(1))],
                            "on_error": "item"}).json["data"]
        same([item["object"] for item in data],
             ["embedding", "error", "embedding"])
        same(data[1]["error"]["code"], "text_too_large")


def test_no_text_is_logged(_):
    word = "zugzwang"
    with Server("--verbose", models=[CLIP]) as server:
        for body in ({"input": word}, {"input": [word, "/" + word]},
                     {"input": f"{word} " * 40, "truncate": False},
                     {"input": word, "encoding_format": word}):
            server.post(body)
        for fields in ({"labels": [word]}, {"labels": [word, word]},
                       {"labels": ["a"], "template": word},
                       {"labels": [f"{word} " * 40]}):
            server.post({"input": uri(picture(1)), **fields}, "/v1/classify")
        assert "path=/v1/classify" in server.log(), server.log()
        assert word not in server.log(), server.log()


def test_texts_that_are_too_long(_):
    with Server(models=BOTH) as server:
        for model in DIMENSION:
            answer = server.post({"input": ["a", LONG], "model": model})
            first, second = answer.json["data"]
            assert "truncated" not in first, first
            same(second["truncated"], True)
            assert second["note"], second
            for field in ({"truncate": "NONE"}, {"truncate": False},
                          {"truncation": False}):
                error = is_error(server.post(
                    {"input": ["a", LONG], "model": model, **field}), 400,
                    "text_truncated", "input[1]: ")
                same(error["param"], "input[1]")
            same(server.post({"input": ["a"], "model": model,
                              "truncate": "NONE"}).status, 200)
        error = is_error(server.post({"input": LONG, "truncate": "START"}),
                         400, "argument", "START")
        same(error["param"], "truncate")
    with Server("--truncate", "refuse", models=[CLIP]) as server:
        is_error(server.post({"input": LONG, "truncate": "END"}), 400,
                 "text_truncated", "--truncate")


def test_a_model_without_texts_names_one(_):
    with Server(models=[command.MODEL, SIGLIP]) as server:
        is_error(server.post({"input": "a cat"}), 400, "text_unsupported",
                 f"{command.NAME} embeds only images", "siglip, which is "
                 "served too, embeds texts")
        is_error(server.post({"input": uri(picture(1)), "labels": ["a"]},
                             "/v1/classify"), 400, "text_unsupported",
                 "siglip")
        same(server.post({"input": "a cat", "model": "siglip"}).status, 200)


def test_models_say_what_they_can(_):
    with Server(models=[command.MODEL, *BOTH]) as server:
        images, clip, siglip = server.get("/v1/models").json["data"]
        same(images["capabilities"], ["image_embed"])
        same(images["context_length"], 0)
        same(images["memory"]["text_shared_bytes"], 0)
        for model, family in ((clip, "CLIP"), (siglip, "SigLIP")):
            same(model["capabilities"], ["image_embed", "embed", "classify"])
            same((model["family"], model["context_length"], model["pixels"]),
                 (family, 16, "pil"))
            assert model["memory"]["text_shared_bytes"] > 0
            assert model["memory"]["text_per_worker_bytes"] > 0
        vector(server, "a cat", model="clip")
        pool = server.get("/v1/pool").json
        same([(m["id"], m["work"]) for m in pool["models"]],
             [(command.NAME, "embed"), ("clip", "embed"),
              ("clip", "embed_text"), ("siglip", "embed"),
              ("siglip", "embed_text")])
        same([m["embedded"] for m in pool["models"]], [0, 0, 1, 0, 0])
        same({(w["model"], w["work"]) for w in pool["workers"]},
             {("clip", "embed_text")})
        labels = 'model="clip",work="embed_text"'
        same(server.metric(f"fovea_embedded_total{{{labels}}}"), 1)
        listed = command.run("ps", model=False, env=server.env).stdout
        assert b"clip (texts)" in listed, listed


def test_warm_is_about_texts_too(_):
    with Server("--warm", "--workers", "2", models=[CLIP]) as server:
        same({w["work"] for w in server.get("/v1/pool").json["workers"]},
             {"embed", "embed_text"})


# -- labels

def ranked(server, image, labels, template="a photo of a {}", raw=False,
           sigmoid=False, scale=1.0, bias=0.0, **fields):
    """What /v1/classify should say, from the vectors."""
    texts = [template.replace("{}", label) for label in labels]
    seen, *words = server.post({"input": [image] + [
        {"text": text} for text in texts], **fields}).vectors()
    logits = [scale * product(seen, word) + bias for word in words]
    if not raw and sigmoid:
        logits = [1 / (1 + math.exp(-logit)) for logit in logits]
    elif not raw:
        powers = [math.exp(logit) for logit in logits]
        logits = [power / sum(powers) for power in powers]
    return sorted(zip(labels, logits), key=lambda pair: -pair[1])


def is_ranked(got, wanted):
    same([item["label"] for item in got], [label for label, _ in wanted])
    for item, (_, score) in zip(got, wanted):
        same(sorted(item), ["label", "score"])
        assert abs(item["score"] - score) < 2e-5, (item, score)


LABELS = ["cat", "dog", "red bicycle", "caf\u00e9", "fog"]


def test_labels(_):
    pictures = [uri(picture(i)) for i in range(1, 4)]
    with Server(models=BOTH) as server:
        for path in ("/v1/classify", "/classify"):
            answer = server.post({"input": pictures, "labels": LABELS}, path)
            same(answer.status, 200)
            body = answer.json
            same(sorted(body), ["created", "data", "id", "model", "object",
                                "usage"])
            same((body["object"], body["model"], body["id"]),
                 ("classify", "clip", answer.headers["x-request-id"]))
            same(body["usage"], {"prompt_tokens": 0, "total_tokens": 0})
            same(len(body["data"]), 3)
            for image, got in zip(pictures, body["data"]):
                is_ranked(got, ranked(server, image, LABELS,
                                      scale=math.exp(2.75)))
                assert abs(sum(item["score"] for item in got) - 1) < 1e-5
        # One image, an own template, logits, the best two.
        fields = {"model": "siglip", "template": "this is {}."}
        got, = server.post({"images": pictures[0], "labels": LABELS,
                            "raw_scores": True, "top_k": 2, **fields},
                           "/v1/classify").json["data"]
        model = {"scale": math.exp(2), "bias": -3, "sigmoid": True,
                 "template": "this is {}.", "model": "siglip"}
        is_ranked(got, ranked(server, pictures[0], LABELS, raw=True,
                              **model)[:2])
        got, = server.post({"input": [pictures[0]], "labels": LABELS,
                            **fields}, "/v1/classify").json["data"]
        is_ranked(got, ranked(server, pictures[0], LABELS, **model))
        # Texts of labels are embedded once a request.
        labels = 'model="clip",work="embed_text"'
        before = server.metric(f"fovea_embedded_total{{{labels}}}")
        server.post({"input": pictures * 5, "labels": LABELS}, "/v1/classify")
        same(server.metric(f"fovea_embedded_total{{{labels}}}") - before,
             len(LABELS))


def test_labels_that_go_wrong(_):
    good = uri(picture(1))

    def ask(server, **fields):
        return server.post({"input": good, "labels": LABELS, **fields},
                           "/v1/classify")

    with Server("--max-items", "6", "--max-body", "16K",
                models=[CLIP]) as server:
        for fields, status, code, param, *parts in (
                ({"labels": None}, 400, "argument", "labels", "is missing"),
                ({"labels": []}, 400, "argument", "labels", "no labels"),
                ({"labels": ["a", ""]}, 400, "argument", "labels",
                 "labels[1]: "),
                ({"labels": ["a", "b", "a"]}, 400, "argument", "labels",
                 "labels[2]: ", '"a" is given twice'),
                ({"labels": list("abcdefg")}, 413, "too_many_items", "labels",
                 "at most 6", "--max-items"),
                ({"template": "a photo"}, 400, "argument", "template", "{}"),
                ({"labels": ["a", LONG]}, 400, "text_truncated", "labels[1]",
                 "labels[1]: "),
                ({"labels": ["a", LONG], "on_error": "item"}, 400,
                 "text_truncated", "labels[1]"),
                ({"input": [uri(picture(1, 2, 2))] * 6,
                  "labels": ["x" * 3000]}, 413,
                 "body_too_large", "labels", "top_k", "--max-body"),
                ({"modality": "text"}, 400, "argument", "modality"),
                ({"input": {"text": "a"}}, 400, "argument", "input",
                 "labels are of images"),
                ({"input": "a cat"}, 415, "not_an_image", "input"),
                ({"model": "none"}, 404, "unknown_model", "model"),
                ({"input": uri(picture(1)[:-40])}, 400, "image_truncated",
                 "input")):
            error = is_error(ask(server, **fields), status, code, *parts)
            same((fields, error["param"]), (fields, param))
        # Or only itself.
        body = ask(server, input=[good, uri(b"no image"), good],
                   on_error="item").json
        same([len(item) for item in body["data"]], [5, 0, 5])
        same(body["data"][0], body["data"][2])
        same([(e["index"], e["error"]["code"], e["error"]["param"])
              for e in body["errors"]], [(1, "not_an_image", "input[1]")])
        assert "notes" not in body
    cut = picture(1, 60, 400)
    with Server("--damaged", "accept", models=[CLIP]) as server:
        body = ask(server, input=[good, uri(cut[:len(cut) * 9 // 10])]).json
        if "error" not in body:
            note, = body["notes"]
            same((note["index"], note["damaged"]), (1, True))
            assert note["note"] and len(body["data"][1]) == 5
        else:
            raise AssertionError(json.dumps(body))


def test_many_labels(_):
    """Written in the background, and as large as may be."""
    labels = [f"label {i}" for i in range(300)]
    with Server(models=[CLIP]) as server:
        answer = server.post({"input": [uri(picture(i)) for i in (1, 2)] * 20,
                              "labels": labels, "template": "{}"},
                             "/v1/classify")
        data = answer.json["data"]
        same(len(data), 40)
        for got in data:
            same(sorted(item["label"] for item in got), sorted(labels))
            scores = [item["score"] for item in got]
            same(scores, sorted(scores, reverse=True))
        same(data[2:], data[:2] * 19)


command.main([test_plain_texts, test_what_a_string_is,
              test_texts_among_pictures, test_bad_texts,
              test_no_text_is_logged,
              test_texts_that_are_too_long,
              test_a_model_without_texts_names_one,
              test_models_say_what_they_can, test_warm_is_about_texts_too,
              test_labels, test_labels_that_go_wrong, test_many_labels])
