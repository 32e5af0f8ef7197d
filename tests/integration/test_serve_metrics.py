#!/usr/bin/python3
"""/metrics is text that Prometheus reads, it counts what happened, docs/HTTP.md
names all of it, and the dashboard asks for nothing else."""
import json
import os
import re

import command
from command import picture, same
from metrics import Metrics
from serving import Server, b64, wait_until

SOURCE = os.environ["FOVEA_SOURCE_ROOT"]
def scrape(server):
    answer = server.get("/metrics")
    same(answer.status, 200)
    same(answer.headers["content-type"],
         "text/plain; version=0.0.4; charset=utf-8")
    return Metrics(answer.body)


def use(server):
    """Something of everything; until it is counted."""
    image = picture(1)
    same(server.upload(image).status, 200)
    same(server.upload(b"none").status, 415)
    same(server.post({"input": [b64(image)] * 3}, "/embeddings").status, 200)
    same(server.get("/nothing").status, 404)
    same(server.get("/").status, 200)
    return wait_until(lambda: (found := scrape(server)) and found.get(
        "fovea_requests_total", route="asset", code="200") and found,
        "the counters")


def test_it_is_well_formed_and_counts(_):
    with Server() as server:
        scrape(server)  # before there is anything
        found = use(server)
    requests = "fovea_requests_total"
    upload = "/v1/embeddings/image"
    same(found.get(requests, route=upload, code="200"), 1)
    same(found.get(requests, route=upload, code="415"), 1)
    same(found.get(requests, route="/v1/embeddings", code="200"), 1)
    same(found.get(requests, route="other", code="404"), 1)
    same(found.get("fovea_request_seconds_count", route=upload), 2)
    same(found.get("fovea_images_total", result="ok"), 4)
    same(found.get("fovea_images_total", result="not_an_image"), 1)
    same(found.get("fovea_texts_total", result="ok"), 0)
    model = {"model": command.NAME, "work": "embed"}
    same(found.get("fovea_submitted_total", **model), 5)
    same(found.get("fovea_embedded_total", **model), 4)
    same(found.get("fovea_failed_total", **model), 1)
    same(found.get("fovea_cold_starts_total", **model), 1)
    same(found.get("fovea_queue_limit_images", **model), 256)
    same(found.get("fovea_image_seconds_count", **model) >= 4, True)
    same(found.get("fovea_breaker", state="closed", **model), 1)
    same(found.get("fovea_ready"), 1)
    assert found.get("fovea_weights_bytes", **model) > 0
    assert found.get("fovea_memory_measured_bytes") > 0
    assert sum(value for (name, labels), value in found.samples.items()
               if name == "fovea_workers") >= 1


def test_a_server_that_cannot_serve_says_so(_):
    with Server("--memory-limit", "1K") as server:
        same(scrape(server).get("fovea_ready"), 0)


def test_any_name_of_a_model_is_a_label(directory):
    for number, name in enumerate((
            "wei\"rd", "back\\slash", "b\udcffd", "\u00fcber", "a b",
            "\u00fc" * 100)):
        path = os.path.join(directory, str(number), name)
        os.makedirs(os.path.dirname(path))
        os.symlink(command.MODEL, path)
        with Server(models=[path]) as server:
            served, = server.get("/v1/models").json["data"]
            found = scrape(server)
        same({dict(labels)["model"] for _, labels in found.samples
              if "model" in dict(labels)}, {served["id"]})


def test_the_text_names_every_metric(_):
    with Server("--queue", "nats://127.0.0.1:1") as server:
        # Whose broker is asked beside it.
        wait_until(lambda: "fovea_broker_up" in scrape(server).types, "its jobs")
        types = use(server).types
    text = command.read(os.path.join(SOURCE, "docs/HTTP.md")).decode()
    named = re.findall(r"^\| `(fovea_\w+)` \|[^|]*\| (histogram)?", text,
                       re.MULTILINE)
    same(sorted(name for name, _ in named), sorted(types))
    for name, kind in named:
        same((name, kind == "histogram"), (name, types[name] == "histogram"))


def expressions(node):
    """Every query anywhere in the dashboard."""
    if isinstance(node, dict):
        for name, value in node.items():
            if name in ("expr", "query") and isinstance(value, str):
                yield value
            else:
                yield from expressions(value)
    elif isinstance(node, list):
        for value in node:
            yield from expressions(value)


def test_the_dashboard_asks_for_what_there_is(_):
    with Server() as server:
        found = use(server)
    dashboard = json.loads(command.read(os.path.join(
        SOURCE, "docs/grafana/fovea.json")))
    known = {}
    for name, labels in found.samples:
        known.setdefault(name, {"instance"}).update(dict(labels))
    asked = set()
    for text in expressions(dashboard):
        for name in re.findall(r"\bfovea_\w+", text):
            assert name in known, (name, text)
            asked.add(re.sub("_bucket$", "", name))
        for name, selector in re.findall(r"\b(fovea_\w+)\{([^}]*)\}", text):
            for label in re.findall(r"(\w+)[=!]~?\"", selector):
                assert label in known[name], (label, text)
    same(sorted(asked), sorted(found.types))
    for panel in dashboard["panels"]:
        same(panel["datasource"]["uid"], "${datasource}")
        assert panel["targets"], panel["title"]
    ids = [panel["id"] for panel in dashboard["panels"]]
    same(len(ids), len(set(ids)))
    same([variable["name"] for variable in dashboard["templating"]["list"]],
         ["datasource", "instance", "model"])


command.main([
    test_it_is_well_formed_and_counts,
    test_a_server_that_cannot_serve_says_so,
    test_any_name_of_a_model_is_a_label,
    test_the_text_names_every_metric,
    test_the_dashboard_asks_for_what_there_is,
])
