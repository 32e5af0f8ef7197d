#!/usr/bin/python3
"""The sample settings of the broker: nats-server takes them, and lets in nobody
but those whom they name, who may do no more than they say.

    test_broker_settings.py FOVEA MODEL_DIRECTORY NATS_DIRECTORY
"""
import os
import shutil
import ssl
import subprocess
import sys

import command
from broker import NATS_SERVER
from broker_settings import TOKEN, USERS, broker_of, settings_in
from command import Skip, put, read, same
from nats_client import Client

SETTINGS = sys.argv[3]


def check(directory, name, variables):
    """What nats-server says of one: status and words."""
    result = subprocess.run([NATS_SERVER, "-c", os.path.join(directory, name), "-t"],
                            env=variables, check=False, timeout=command.TIMEOUT,
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT)
    return result.returncode, result.stdout.decode()


def is_refused(answer):
    assert "Authorization Violation" in answer, answer


def is_forbidden(answer):
    assert "Permissions Violation" in answer, answer


def test_nats_server_takes_them(directory):
    _, variables = settings_in(directory, SETTINGS)
    for name in ("token.conf", "nkey.conf", "tls.conf"):
        status, said = check(directory, name, variables)
        assert status == 0 and "is valid" in said, (name, said)


def test_without_its_secrets_none_is_taken(directory):
    _, variables = settings_in(directory, SETTINGS)
    os.unlink(os.path.join(directory, "token.secret.conf"))
    assert check(directory, "token.conf", variables)[0] != 0
    for user in USERS:
        name = f"FOVEA_{user.upper()}_NKEY"
        for less in ({k: v for k, v in variables.items() if k != name},
                     {**variables, name: ""}):
            status, said = check(directory, "nkey.conf", less)
            assert status != 0, said


def test_a_token_and_nothing_else_opens(directory):
    _, variables = settings_in(directory, SETTINGS)
    with broker_of(directory, "token.conf", variables) as broker:
        for fields in ({}, {"auth_token": ""}, {"auth_token": TOKEN[:-1]},
                       {"user": "x", "pass": "x"}):
            with Client(broker.port) as client:
                is_refused(client.connect(**fields))
        with Client(broker.port) as client:
            same(client.connect(auth_token=TOKEN), "PONG")
            same(client.info["jetstream"], True)
            same(client.info["max_payload"], 128 * 1024)


def test_an_nkey_and_nothing_else_opens(directory):
    seeds, variables = settings_in(directory, SETTINGS)
    node = variables["FOVEA_NODE_NKEY"]
    with broker_of(directory, "nkey.conf", variables) as broker:
        # Nobody; a key without a signature; with another's.
        for fields in ({}, {"user": "", "pass": ""}, {"nkey": node},
                       {"nkey": node, "seed": seeds["owner"]}):
            with Client(broker.port) as client:
                is_refused(client.connect(**fields))
        for user in USERS:
            with Client(broker.port) as client:
                same(client.connect(
                    nkey=variables[f"FOVEA_{user.upper()}_NKEY"],
                    seed=seeds[user]), "PONG")


def test_users_may_do_what_they_are_for(directory):
    seeds, variables = settings_in(directory, SETTINGS)
    may = {
        "owner": ["$JS.API.STREAM.CREATE.FOVEA_a", "fovea.a.shard.1",
                  "$JS.API.STREAM.PURGE.FOVEA_a",
                  "$JS.ACK.FOVEA_a.nodes.1.1.1.1.0"],
        "node": ["$JS.API.CONSUMER.MSG.NEXT.FOVEA_a.nodes", "fovea.a.node.x",
                 "$JS.ACK.FOVEA_a.nodes.1.1.1.1.0"],
        "reader": ["$JS.API.CONSUMER.INFO.FOVEA_a.nodes", "fovea.a.ask"],
    }
    may_not = {
        "owner": ["$SYS.REQ.SERVER.PING"],
        "node": ["fovea.a.shard.1", "fovea.a.ask", "$JS.API.STREAM.CREATE.FOVEA_a",
                 "$JS.API.STREAM.DELETE.FOVEA_a", "$JS.API.STREAM.PURGE.FOVEA_a",
                 "$JS.API.CONSUMER.DELETE.FOVEA_a.nodes"],
        "reader": ["fovea.a.shard.1", "fovea.a.node.x",
                   "$JS.ACK.FOVEA_a.nodes.1.1.1.1.0",
                   "$JS.API.CONSUMER.MSG.NEXT.FOVEA_a.nodes"],
    }
    hears = {"owner": ["fovea.a.node.x"], "node": ["fovea.a.ask"],
             "reader": ["fovea.a.node.x"]}
    with broker_of(directory, "nkey.conf", variables) as broker:
        for user in USERS:
            with Client(broker.port) as client:
                same(client.connect(
                    nkey=variables[f"FOVEA_{user.upper()}_NKEY"],
                    seed=seeds[user]), "PONG")
                for subject in may[user]:
                    same(client.publish(subject), "PONG")
                for subject in may_not[user]:
                    is_forbidden(client.publish(subject))
                    same(client.answer(), "PONG")
                for subject in hears[user]:
                    same(client.subscribe(subject), "PONG")
                is_forbidden(client.subscribe("fovea.a.shard.1"))
                same(client.answer(), "PONG")


def test_over_tls(directory):
    seeds, variables = settings_in(directory, SETTINGS)
    trusted = ssl.create_default_context(cafile=f"{directory}/broker.pem")
    with broker_of(directory, "tls.conf", variables) as broker:
        with Client(broker.port) as client:  # in the clear
            same(client.info["tls_required"], True)
            assert client.connect() != "PONG"
        with Client(broker.port, trusted) as client:
            is_refused(client.connect())
        with Client(broker.port, trusted) as client:
            same(client.connect(nkey=variables["FOVEA_NODE_NKEY"],
                                seed=seeds["node"]), "PONG")


def flags_of(directory, name, broker, user):
    """How a user of one of them is at the broker."""
    if name == "token.conf":
        return ("--queue", broker.url, "--queue-token-file",
                f"{directory}/queue.token")
    nkey = ("--queue-nkey", f"{directory}/{user}.nkey")
    if name == "nkey.conf":
        return ("--queue", broker.url, *nkey)
    return ("--queue", f"tls://localhost:{broker.port}", "--queue-ca",
            f"{directory}/broker.pem", *nkey)


def test_jobs_are_made_worked_on_and_looked_at_with_each(directory):
    _, variables = settings_in(directory, SETTINGS)
    for i in range(3):
        put(directory, f"pictures/{i}.png", command.picture(i + 1))
    for name in ("token.conf", "nkey.conf", "tls.conf"):
        output = os.path.join(directory, f"out-{name}")
        with broker_of(directory, name, variables) as broker:
            def run(user, *words):
                return command.run(
                    *words, *flags_of(directory, name, broker, user), "-o",
                    output, model=False)
            create = ("job", "create", "photos", "--model", command.MODEL,
                      "--shard-size", "1", f"{directory}/pictures")
            if name == "nkey.conf":
                command.said(run("node", *create), 1, "does not allow")
            same(run("owner", *create).returncode, 0)
            node = subprocess.Popen(
                [command.FOVEA, "work", "photos", "--model", command.MODEL,
                 *flags_of(directory, name, broker, "node"), "-o", output],
                env=command.environment(), stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                same(run("owner", "job", "finish", "photos",
                         "--wait").returncode, 0)
                same(run("reader", "job", "status", "photos").returncode, 0)
            finally:
                node.terminate()
                same(node.wait(command.TIMEOUT), 0)
            same(len(os.listdir(os.path.join(output, "done"))), 3)
        shutil.rmtree(os.path.join(directory, "run"))
        shutil.rmtree(os.path.join(directory, "fovea"), ignore_errors=True)


def test_make_nkey_replaces_nothing(directory):
    if not shutil.which("openssl"):
        raise Skip("openssl is missing")
    path = put(directory, "there", b"mine")
    result = subprocess.run([os.path.join(SETTINGS, "make_nkey.py"), path],
                            check=False, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE)
    same((result.returncode, result.stdout), (1, b""))
    assert b"File exists" in result.stderr, result.stderr
    same(read(path), b"mine")


command.main([
    test_nats_server_takes_them,
    test_without_its_secrets_none_is_taken,
    test_a_token_and_nothing_else_opens,
    test_an_nkey_and_nothing_else_opens,
    test_users_may_do_what_they_are_for,
    test_over_tls,
    test_jobs_are_made_worked_on_and_looked_at_with_each,
    test_make_nkey_replaces_nothing,
])
