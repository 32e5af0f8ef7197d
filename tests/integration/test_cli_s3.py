#!/usr/bin/python3
"""Objects of stores as inputs, of the command and of the server."""
import json
from subprocess import PIPE

from command import environment, lines, main, picture, put, run, said, same, start
from s3_server import KEY, S3Server, SECRET
from serving import Server, is_error


def embed(server, *words, code=0, part="", **more):
    """Results of a run; the secret is nowhere in what it says."""
    env = environment(**{**(server.environment() if server else {}), **more})
    result = run("embed", *words, env={name: value for name, value in env.items()
                                       if value is not None})
    for said_there in (result.stdout, result.stderr):
        assert SECRET.encode() not in said_there
    said(result, code, part)
    return lines(result.stdout)


def fails(server, status, part, name, *flags, **more):
    line, = embed(server, *flags, name, code=3, **more)
    same((line["input"], line["error"]["code"]), (name, status))
    assert part in line["error"]["message"], (part, line["error"]["message"])


def test_an_object_is_as_good_as_its_file(directory):
    path = put(directory, "a.png", picture(1))
    expected = lines(run("embed", path).stdout)[0]["embedding"]
    with S3Server() as server:
        for key in ("a.png", "with space/ü +%.png", "a/../b.png"):
            server.put(key, picture(1))
            line, = embed(server, f"s3://bucket/{key}")
            same((line["input"], line["embedding"]),
                 (f"s3://bucket/{key}", expected))
        # In lists, among others, in order; and as a query.
        listed = b"s3://bucket/a.png\n%s\nS3://bucket/none\n" % path.encode()
        result = run("embed", "-", input=listed,
                     env=environment(**server.environment()))
        said(result, 3)
        found = lines(result.stdout)
        same([line["input"] for line in found], listed.decode().split("\n")[:-1])
        same([line.get("embedding") == expected for line in found],
             [True, True, False])
        result = run("similar", "--json", "s3://bucket/a.png", path,
                     env=environment(**server.environment()))
        said(result, 0)
        assert b'"cosine":1.0' in result.stdout, result.stdout


def test_how_a_store_is_reached(directory):
    with S3Server(region="eu-test-1") as server:
        server.put("a.png", picture(1))
        url = "s3://bucket/a.png"
        no_variables = dict(AWS_ENDPOINT_URL=None, AWS_REGION=None)
        embed(server, url)
        embed(server, "--s3-endpoint", server.endpoint, "--s3-region", "eu-test-1",
              "--s3-path-style", url, **no_variables)
        embed(server, url, FOVEA_S3_ENDPOINT=server.endpoint,
              FOVEA_S3_REGION="eu-test-1", **no_variables)
        put(directory, ".aws/credentials", f"""[photos]
aws_access_key_id = {KEY}
aws_secret_access_key = {SECRET}
""".encode())
        put(directory, ".aws/config", f"""[profile photos]
region = eu-test-1
endpoint_url = {server.endpoint}
""".encode())
        files = dict(no_variables, AWS_ACCESS_KEY_ID=None,
                     AWS_SECRET_ACCESS_KEY=None, HOME=directory)
        embed(server, "--s3-profile", "photos", url, **files)
        embed(server, url, **files, AWS_PROFILE="photos")
        fails(server, "object_store_credentials", "no profile other", url,
              "--s3-profile", "other", **files)
        fails(server, "object_store_credentials", "AWS_ACCESS_KEY_ID", url, **files)
        fails(server, "object_store_denied", "AuthorizationHeaderMalformed", url,
              "--s3-region", "us-east-1")
        fails(server, "argument", "--s3-endpoint", url, "--s3-endpoint", "x y")
        # The endpoint alone may be a private address, and for s3:// alone.
        private = f"{server.endpoint}/bucket/a.png"
        fails(server, "url_refused", "loopback", private)
        # Nor is a connection to it that was kept for others.
        process = start("embed", "-", stdin=PIPE, stdout=PIPE,
                        env=environment(**server.environment()))
        for name, expected in ((url, "good"), (private, "url_refused")) * 2:
            process.stdin.write(name.encode() + b"\n")
            process.stdin.flush()
            line = json.loads(process.stdout.readline())
            same((line["input"], line.get("error", {}).get("code", "good")),
                 (name, expected))
        process.stdin.close()
        same(process.wait(), 3)


def test_trouble_of_a_store_is_told_or_passes(directory):
    with S3Server() as server:
        server.put("a.png", picture(1))
        url = "s3://bucket/a.png"
        expected = embed(server, url)
        for kind in ("500", "503", "429", "closed", "half"):
            server.fail(kind, times=2)
            same(embed(server, url), expected)
        fails(server, "file_not_found", "s3://bucket/none", "s3://bucket/none")
        fails(server, "file_not_found", "no such bucket", "s3://nobucket/a.png")
        server.fail("403")
        fails(server, "object_store_denied", "AccessDenied", url)
        server.fail("503", times=3)
        fails(server, "object_store", "503", url)
        server.fail("half", times=3)
        fails(server, "object_store", "broke off", url)
        server.fail("503", Retry_After=10000)
        fails(server, "object_store", "503", url)
        fails(server, "image_too_many_bytes", "--max-bytes", url, "--max-bytes", "9")
        for name in ("s3://x/k", "s3://x", "s3://bucket/" + "k" * 1030):
            fails(server, "url", "s3://", name)
        server.put("text", b"words")
        fails(server, "not_an_image", "not an image", "s3://bucket/text")


def test_a_server_fetches_objects_only_if_it_is_told_to(directory):
    with S3Server() as store:
        store.put("a.png", picture(1))
        item = {"input": [{"image": "s3://bucket/a.png"}]}
        with Server(env=store.environment()) as server:
            for request in (item, {"input": "s3://bucket/a.png"}):
                is_error(server.post(request), 403, "url_refused", "--s3")
            same(store.requests, [])
        with Server("--s3", env=store.environment()) as server:
            expected = server.upload(picture(1)).vectors()
            same(server.post(item).vectors(), expected)
            same(server.post({"input": "s3://bucket/a.png"}).vectors(), expected)
            is_error(server.post({"input": "s3://bucket/none"}), 404,
                     "file_not_found")
            is_error(server.post({"input": "s3://nobucket/a.png"}), 404,
                     "file_not_found")
            store.fail("403")
            is_error(server.post(item), 403, "object_store_denied")
            store.fail("503", times=3)
            is_error(server.post(item), 502, "object_store")
            assert SECRET not in server.log()
        with Server("--s3", "--no-url", env=store.environment()) as server:
            is_error(server.post(item), 403, "url_refused", "--no-url")


main([test for name, test in list(globals().items()) if
      name.startswith("test_")])
