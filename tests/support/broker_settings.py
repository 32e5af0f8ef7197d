"""The sample settings of the broker (dist/nats), as an administrator has them."""
import os
import shutil
import subprocess

import command
from broker import NATS_SERVER, Broker
from command import Skip, put, read

TOKEN = "t0123456789abcdef"
USERS = ("owner", "node", "reader")


def settings_in(directory, samples):
    """A copy of all of them, as an administrator has it; with a token, nkeys,
    {user: seed}, and a certificate. Gives seeds and the environment."""
    if not os.access(NATS_SERVER, os.X_OK):
        raise Skip("nats-server is missing")
    if not shutil.which("openssl"):
        raise Skip("openssl is missing")
    for name in ("token.conf", "nkey.conf", "tls.conf"):
        text = read(os.path.join(samples, name)).decode()
        for place in ("/etc/fovea", "/var/lib/nats"):
            text = text.replace(place, directory)
        put(directory, name, text.encode())
    put(directory, "token.secret.conf", f'token: "{TOKEN}"\n'.encode())
    put(directory, "queue.token", f"{TOKEN}\n".encode())
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
         "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
         "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
         "-keyout", f"{directory}/broker.key", "-out",
         f"{directory}/broker.pem"], check=True, stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    seeds, variables = {}, command.environment()
    for user in USERS:
        path = os.path.join(directory, f"{user}.nkey")
        variables[f"FOVEA_{user.upper()}_NKEY"] = subprocess.run(
            [os.path.join(samples, "make_nkey.py"), path], check=True,
            stdout=subprocess.PIPE).stdout.decode().strip()
        seeds[user] = read(path).decode().strip()
    return seeds, variables


def broker_of(directory, name, variables):
    """nats-server with one of them, on a free port."""
    return Broker(os.path.join(directory, "run"), env=variables,
                  settings=os.path.join(directory, name))
