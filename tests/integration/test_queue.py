#!/usr/bin/python3
"""The queue at a real broker: what it hands out, takes back and refuses.

    test_queue.py FOVEA MODEL_DIRECTORY QUEUE_TOOL
"""
import json
import os

import command
from broker import Broker
from command import main, same, wait_until
from nats_client import Asker
from queue_handle import TAG, Tool

OTHER_TAG = "cd" * 32
NEVER = 3600 * 1000  # ms


class JetStream(Asker):
    """Somebody else at the broker."""

    def __init__(self, broker):
        super().__init__(broker.port, headers=True)

    def api(self, what, fields=None):
        return self.ask(f"$JS.API.{what}", json.dumps(fields) if fields else "")


def create(url, n=3, ack_ms=NEVER):
    with Tool(url) as tool:
        same(tool.opened, "ok")
        tool.ok(f"create {TAG} {ack_ms}")
        same(tool.publish(range(n)), [n, 0])


def settle_one(tool):
    delivery = tool.fetch()
    tool.ok(f"done {delivery[0]}")
    return delivery[1]


def test_shards_are_handed_out_once(directory):
    with Broker(directory) as broker:
        create(broker.url)
        with Tool(broker.url) as one, Tool(broker.url) as two:
            same(one.ok("look"), [TAG, str(NEVER), "1"])
            first, second, third = one.fetch(), two.fetch(), one.fetch()
            same(sorted(d[1] for d in (first, second, third)), [0, 1, 2])
            same([d[2] for d in (first, second, third)], [1, 1, 1])
            same(first[3], f"message-{first[1]}")
            same(one.counts()[:2], [0, 3])
            one.ok(f"done {first[0]}")
            two.ok(f"done {second[0]}")
            one.ok(f"drop {third[0]}")
            wait_until(lambda: one.counts()[:2] == [0, 0], "all to be settled")
            same(two.say("fetch 300"), "none")


def test_published_twice_is_refused_for_ever(directory):
    with Broker(directory) as broker:
        create(broker.url)
        with Tool(broker.url) as tool:
            same(tool.publish(range(4)), [1, 3])
            for _ in range(4):
                tool.ok(f"done {tool.fetch()[0]}")
            same(tool.counts()[:2], [0, 0])
            same(tool.publish(range(4)), [0, 4])
            same(tool.counts()[:2], [0, 0])
            broker.restart()
        with Tool(broker.url) as tool, JetStream(broker) as other:
            same(tool.publish(range(4)), [0, 4])
            # The stream's own rule, for who asks for nothing.
            error = other.ask("fovea.j.shard.2", "again")["error"]
            same(error["description"], "maximum messages per subject exceeded")
            # Only purged can it come again.
            tool.ok("purge 2")
            same(tool.publish(range(4)), [1, 3])
            # A broker that is killed forgets some of what was settled.
            wait_until(lambda: settle_one(tool) == 2, "what was purged")
            tool.ok("purge 99")


def test_purged_beside_others(directory):
    """Nothing happens to shards that no node has had yet, or that one has."""
    with Broker(directory) as broker:
        create(broker.url, 6)
        with Tool(broker.url) as tool:
            held = tool.fetch()
            for shard in (3, 0, 5):  # waiting, in hand, the last
                tool.ok(f"purge {shard}")
            same(tool.publish([3, 0, 5]), [3, 0])
            same(tool.counts()[:2], [6, 0])
            tool.ok(f"done {held[0]}")  # of a message that is gone
            got = [tool.fetch() for _ in range(6)]
            same(sorted(delivery[1] for delivery in got), [0, 1, 2, 3, 4, 5])
            for delivery in got:
                tool.ok(f"done {delivery[0]}")
            same(tool.counts()[:2], [0, 0])


def test_a_node_that_is_lost(directory):
    """Its shard comes to another when the time is up, and no sooner."""
    with Broker(directory) as broker:
        create(broker.url, 1, 1500)
        with Tool(broker.url) as lost, Tool(broker.url) as other:
            same(lost.fetch()[1:3], (0, 1))
            lost.kill()
            again = other.fetch()
            same(again[1:3], (0, 2))
            same(other.counts()[2], 1)
            other.ok(f"done {again[0]}")
            same(other.counts()[:2], [0, 0])


def keep_alive(broker, ack_ms):
    """Whether a shard stays with its node, for five times the limit."""
    with Tool(broker.url) as node, Tool(broker.url) as other:
        node.ok(f"create {TAG} {ack_ms}")
        mine = node.fetch()
        stayed = True
        for _ in range(20):
            node.ok(f"keep {mine[0]}")
            stayed = stayed and other.say(f"fetch {ack_ms // 4}") == "none"
        node.ok(f"done {mine[0]}")
        node.ok("purge 0")
        node.publish([0])
        return stayed


def test_signs_of_life(directory):
    with Broker(directory) as broker:
        create(broker.url, 1, 1000)
        # Where this machine was held up for so long, with more time.
        ack_ms = 1000
        while not keep_alive(broker, ack_ms):
            ack_ms *= 2
            assert ack_ms < command.TIMEOUT * 1000, "never"


def test_later(directory):
    with Broker(directory) as broker:
        create(broker.url, 1)
        with Tool(broker.url) as node, Tool(broker.url) as other:
            mine = node.fetch()
            node.ok(f"later {mine[0]} 0")
            theirs = other.fetch()
            same(theirs[1:3], (0, 2))
            other.ok(f"later {theirs[0]} 1500")
            same(node.say("fetch 50"), "none")
            same(node.fetch()[2], 3)


def test_what_was_not_taken_goes_back(directory):
    with Broker(directory) as broker:
        create(broker.url, 0)
        with Tool(broker.url) as node, Tool(broker.url) as maker:
            # It asks, and ends; its request is still there.
            same(node.say("fetch 100"), "none")
            wait_until(lambda: maker.counts()[3] == 1, "a request")
            node.ok("stop")
            same(maker.publish([0]), [1, 0])
            # No node keeps it, whatever the time that a node has.
            theirs = maker.fetch()
            same(theirs[1], 0)
            maker.ok(f"later {theirs[0]} 0")
            same(node.fetch()[1], 0)
        with Tool(broker.url) as node:
            same(node.counts()[:2], [0, 1])  # that one was taken


def test_the_broker_is_killed(directory):
    with Broker(directory) as broker:
        create(broker.url, 3, 2000)
        with Tool(broker.url) as node:
            held = node.fetch()
            broker.kill()
            wait_until(lambda: node.ok("away") == ["1"], "the break")
            node.refused(f"done {held[0]}", "queue")
            same(node.say("fetch 100"), "none")
            broker.start()
            wait_until(lambda: node.ok("away") == ["0"], "the broker")
            # All that was not settled comes, the one in hand too.
            seen = []
            while len(set(seen)) < 3:
                got = node.fetch()
                seen.append(got[1])
                node.ok(f"done {got[0]}")
            wait_until(lambda: node.counts()[:2] == [0, 0], "the end")


def test_an_empty_disk(directory):
    with Broker(directory) as broker:
        create(broker.url, 3)
        with Tool(broker.url) as node:
            node.fetch()
            broker.restart(empty=True)
            answer = wait_until(
                lambda: (lambda said: said if said != "none" else None)(
                    node.say("fetch 500")), "the loss to be noticed")
            assert answer.startswith("no_job "), answer
            node.refused("look", "no_job")
            node.refused("count", "no_job")
            node.refused("place 1", "no_job")
            node.refused("remove", "no_job")
            node.refused("purge 1", "no_job")
            node.ok("publish 1 x")
            node.refused("end", "no_job")
            create(broker.url, 3)
            # The same handle goes on.
            same(wait_until(lambda: (lambda said: said.startswith("ok") and said)(
                node.say("fetch 1000")), "a shard").split()[3], "1")


def test_places(directory):
    with Broker(directory) as broker:
        create(broker.url, 4)
        with Tool(broker.url) as tool:
            tool.counts()
            same(tool.ok("place 3"), ["waiting"])
            same(tool.ok("place 4"), ["absent"])
            first, second = tool.fetch(), tool.fetch()
            same(sorted((first[1], second[1])), [0, 1])
            tool.ok(f"done {first[0]}")
            tool.counts()
            same([tool.ok(f"place {n}")[0] for n in range(4)],
                 ["settled", "out", "waiting", "waiting"])
            tool.ok(f"done {second[0]}")
            tool.counts()
            same([tool.ok(f"place {n}")[0] for n in range(4)],
                 ["settled", "settled", "waiting", "waiting"])


def test_a_name_that_is_taken(directory):
    with Broker(directory) as broker:
        create(broker.url)
        with Tool(broker.url) as tool, JetStream(broker) as other:
            # Again with the same manifest, and another time to wait.
            tool.ok(f"create {TAG} 5000")
            same(tool.ok("look"), [TAG, "5000", "1"])
            said = tool.refused(f"create {OTHER_TAG} 5000", "job_exists")
            assert "another manifest" in said, said
            # A stream of that name that is not fovea's.
            tool.ok("remove")
            other.api("STREAM.CREATE.FOVEA_j", {
                "name": "FOVEA_j", "subjects": ["fovea.j.shard.*"]})
            said = tool.refused(f"create {TAG} 5000", "job_exists")
            assert "no job" in said, said
            tool.refused("look", "job_differs")
            tool.refused("remove", "job_differs")
            other.api("STREAM.DELETE.FOVEA_j")
            # One that has the subjects.
            other.api("STREAM.CREATE.OTHER", {
                "name": "OTHER", "subjects": ["fovea.j.>"]})
            said = tool.refused(f"create {TAG} 5000", "job_exists")
            assert "subjects" in said, said


def test_other_settings(directory):
    """A job whose stream or consumer somebody has changed is refused."""
    with Broker(directory) as broker:
        create(broker.url)
        with Tool(broker.url) as tool, JetStream(broker) as other:
            stream = other.api("STREAM.INFO.FOVEA_j")["config"]
            consumer = other.api("CONSUMER.INFO.FOVEA_j.nodes")["config"]
            for name, value in (("max_age", 10 ** 12), ("max_msgs", 7),
                                ("discard", "old")):
                changed = {**stream, name: value}
                if name == "discard":
                    changed["discard_new_per_subject"] = False
                answer = other.api("STREAM.UPDATE.FOVEA_j", changed)
                assert "error" not in answer, answer
                said = tool.refused("look", "job_differs")
                assert name in said, said
                tool.refused(f"create {TAG} 5000", "job_exists")
                assert "error" not in other.api("STREAM.UPDATE.FOVEA_j",
                                                stream)
                tool.ok("look")
            other.api("CONSUMER.DELETE.FOVEA_j.nodes")
            tool.refused("look", "no_job")
            answer = other.api("CONSUMER.DURABLE.CREATE.FOVEA_j.nodes", {
                "stream_name": "FOVEA_j",
                "config": {**consumer, "max_deliver": 3}})
            assert "error" not in answer, answer
            said = tool.refused("look", "job_differs")
            assert "max_deliver" in said, said
            other.api("CONSUMER.DELETE.FOVEA_j.nodes")
            tool.ok(f"create {TAG} 5000")
            tool.ok("look")


def test_messages_of_others(directory):
    """What is no shard's message is dropped, and nothing hangs on it."""
    with Broker(directory) as broker:
        create(broker.url, 0)
        with Tool(broker.url) as node, JetStream(broker) as other:
            for subject in ("fovea.j.shard.x", "fovea.j.shard.007",
                            "fovea.j.shard.-1",
                            "fovea.j.shard.99999999999999999999999"):
                assert "seq" in other.ask(subject, "hostile")
            assert "seq" in other.ask("fovea.j.shard.5", "")
            assert "seq" in other.ask("fovea.j.shard.6", "x" * 66000)
            assert "seq" in other.ask("fovea.j.shard.7", "good")
            got = node.fetch()
            same((got[1], got[3]), (7, "good"))
            same(node.ok("refused"), ["6"])
            node.ok(f"done {got[0]}")
            wait_until(lambda: node.counts()[:2] == [0, 0], "all to be dropped")


def test_reports(directory):
    with Broker(directory) as broker:
        create(broker.url)
        with Tool(broker.url) as node, Tool(broker.url) as asker, \
                JetStream(broker) as other:
            same(node.ok("asked"), ["0"])
            # The broker may hear of it before it hears that the node listens.
            wait_until(lambda: asker.ok("ask") == [] and
                       node.ok("asked") == ["1"], "the question")
            wait_until(lambda: node.ok("asked") == ["0"], "the last one")
            other.send("PUB fovea.j.node.bad*name 2\r\n{}\r\n")
            other.send("PUB fovea.j.node.a.b 2\r\n{}\r\n")
            other.send("PUB fovea.j.node.long 5000\r\n" + "x" * 5000 + "\r\n")
            other.publish("fovea.k.node.other", "{}")
            node.ok('report n-1 {"state":"idle"}')
            same(asker.ok(f"heard {command.TIMEOUT * 1000}"),
                 ["n-1", '{"state":"idle"}'])
            same(asker.say("heard 50"), "none")
            # None of it is kept.
            same(broker.streams()["FOVEA_j"][0]["messages"], 3)


def test_jobs_are_listed(directory):
    with Broker(directory) as broker, JetStream(broker) as other:
        with Tool(broker.url, "") as tool:
            same(tool.say("list"), "names")
            same(tool.process.stdout.readline(), "ok\n")
        for name in ("one", "two-2", "three_3"):
            with Tool(broker.url, name) as tool:
                tool.ok(f"create {TAG} 1000")
        other.api("STREAM.CREATE.FOVEAx", {"name": "FOVEAx",
                                           "subjects": ["fovea.x.shard.*"]})
        other.api("STREAM.CREATE.mine", {"name": "mine", "subjects": ["m.>"]})
        with Tool(broker.url, "") as tool:
            same(sorted(tool.say("list").split()[1:]),
                 ["one", "three_3", "two-2"])


def test_many(directory):
    with Broker(directory) as broker:
        with Tool(broker.url) as tool:
            tool.ok(f"create {TAG} {NEVER}")
            tool.ok("many 5000 " + "m" * 400)
            same(tool.ok("end"), ["5000", "0"])
            tool.ok("many 5000 again")
            same(tool.ok("end"), ["0", "5000"])
            same(tool.counts()[:2], [5000, 0])


def test_published_while_it_breaks(directory):
    """Never silently: all of it is confirmed, or the end says so."""
    with Broker(directory) as broker:
        with Tool(broker.url, "j", "--timeout", "2000") as tool:
            tool.ok(f"create {TAG} {NEVER}")
            tool.ok("many 500 x")
            broker.kill()
            answer = tool.say("end")
            assert answer == "ok 500 0" or answer.startswith("queue "), answer
            broker.start()
            wait_until(lambda: tool.ok("away") == ["0"], "the broker")
            tool.ok("many 500 x")
            n_new, n_there = (int(n) for n in tool.ok("end"))
            same(n_new + n_there, 500)
            same(tool.counts()[0], 500)


def test_no_broker(directory):
    with Broker(directory) as broker:
        url = broker.url
    with Tool(url) as tool:
        assert tool.opened.startswith("queue nats://127.0.0.1:"), tool.opened
    for wrong, word in (("http://localhost", "nats:// or tls://"),
                        ("nats://me:secret@localhost", "secrets come from"),
                        ("nats://", "HOST"), ("nats://a/b", "HOST"),
                        ("nats://a,tls://b", "all brokers")):
        with Tool(wrong) as tool:
            assert tool.opened.startswith("argument "), tool.opened
            assert word in tool.opened and "secret@" not in tool.opened, \
                tool.opened
    with Tool(url, "bad.name") as tool:
        assert tool.opened.startswith("argument bad.name"), tool.opened


def test_without_jetstream(directory):
    settings = os.path.join(directory, "plain.conf")
    command.put(directory, "plain.conf", b"")
    with Broker(os.path.join(directory, "b"), settings=settings) as broker, \
            Tool(broker.url) as tool:
        said = tool.refused(f"create {TAG} 1000", "queue")
        assert "JetStream" in said, said


main([value for name, value in list(globals().items())
      if name.startswith("test_")])
