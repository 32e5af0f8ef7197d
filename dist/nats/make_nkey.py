#!/usr/bin/python3
"""Make an nkey for a user of the broker.

    make_nkey.py FILE

writes the seed, which is the secret, into FILE, which must not exist yet and which
only its user can read, and prints the public key for nkey.conf. Needs openssl.

An nkey is an Ed25519 key as base32 of: a byte for its kind, 32 bytes, and a
checksum; a seed has two bytes for its kind (the nkeys of NATS).
"""
import base64
import os
import subprocess
import sys

SEED = 18 << 3  # S
USER = 20 << 3  # U
KEY_BYTES = 32


def checksum(data):
    """CRC-16 of XMODEM."""
    crc = 0
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ 0x1021 if crc & 0x8000 else crc << 1) & 0xffff
    return crc


def encode(data):
    return base64.b32encode(data + checksum(data).to_bytes(2, "little")) \
        .decode("ascii").rstrip("=")


def openssl(*words, given=b""):
    return subprocess.run(["openssl", *words, "-outform", "DER"], input=given,
                          stdout=subprocess.PIPE, check=True).stdout


def make_pair():
    """Seed and public key; both are the last bytes of what OpenSSL writes."""
    private = openssl("genpkey", "-algorithm", "ed25519")
    public = openssl("pkey", "-inform", "DER", "-pubout", given=private)
    seed = bytes([SEED | USER >> 5, (USER & 31) << 3]) + private[-KEY_BYTES:]
    return encode(seed), encode(bytes([USER]) + public[-KEY_BYTES:])


def main():
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    seed, public = make_pair()
    try:
        file = os.open(sys.argv[1],
                       os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except OSError as error:
        sys.exit(f"make_nkey: {sys.argv[1]}: {error.strerror}")
    with os.fdopen(file, "w", encoding="ascii") as f:
        f.write(seed + "\n")
    print(public)


main()
