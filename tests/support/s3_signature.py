"""Signature Version 4 of requests to an object store, from its description and
not from anybody's client, so that a fault of a client's is seen. Standard library
only."""
import functools
import hashlib
import hmac
import urllib.parse

ALGORITHM = "AWS4-HMAC-SHA256"
UNSIGNED = "UNSIGNED-PAYLOAD"
EMPTY = hashlib.sha256(b"").hexdigest()


class Refusal(Exception):
    """An answer of the store's that is an error: status, code, what it says."""

    def __init__(self, status, code, message="", **headers):
        super().__init__(message or code)
        self.status, self.code, self.headers = status, code, headers


def encode(text, safe=""):
    """As signatures want it: all but A-Za-z0-9-_.~ in percent, upper case."""
    return urllib.parse.quote(text, safe=safe + "-_.~")


def sign_bytes(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


@functools.lru_cache(maxsize=64)
def signing_key(secret, date, region, service):
    key = ("AWS4" + secret).encode()
    for part in (date, region, service, "aws4_request"):
        key = sign_bytes(key, part)
    return key


def canonical_query(query):
    """Sorted by what is encoded, each with its `=`."""
    pairs = urllib.parse.parse_qsl(query, keep_blank_values=True)
    return "&".join(f"{name}={value}" for name, value in sorted(
        (encode(name), encode(value)) for name, value in pairs))


def canonical_request(method, path, query, headers, signed, payload):
    """What is signed. path and query as they were sent, headers by their names in
    lower case, signed the names of those that are, payload its digest."""
    lines = [method, encode(urllib.parse.unquote_to_bytes(path), "/"),
             canonical_query(query)]
    lines += [f"{name}:{' '.join(headers[name].split())}" for name in signed]
    return "\n".join([*lines, "", ";".join(signed), payload])


def signature(secret, scope, time, request):
    """Of a canonical request, in hexadecimal; scope is date/region/service/..."""
    text = "\n".join([ALGORITHM, time, scope,
                      hashlib.sha256(request.encode()).hexdigest()])
    date, region, service, _ = scope.split("/")
    return sign_bytes(signing_key(secret, date, region, service), text).hex()


def authorization(headers):
    """Credential, scope, names signed, signature."""
    text = headers.get("authorization")
    if not text:
        raise Refusal(403, "AccessDenied", "the request is not signed")
    kind, _, rest = text.partition(" ")
    if kind != ALGORITHM:
        raise Refusal(400, "InvalidRequest", f"not signed with {ALGORITHM}")
    fields = dict(part.strip().partition("=")[::2] for part in rest.split(","))
    try:
        key, _, scope = fields["Credential"].partition("/")
        signed = fields["SignedHeaders"].split(";")
        found = fields["Signature"]
    except KeyError as missing:
        raise Refusal(400, "AuthorizationHeaderMalformed",
                      f"{missing} is missing") from None
    return key, scope, signed, found


def check(method, path, query, headers, secrets, region, now=None):
    """Raise what a store answers where the signature is not right. secrets: what
    belongs to each key, or secret and session token. now: seconds, or None where
    the time is not looked at."""
    payload = headers.get("x-amz-content-sha256")
    if payload is None:
        raise Refusal(400, "InvalidRequest",
                      "x-amz-content-sha256 is missing")
    key, scope, signed, found = authorization(headers)
    time = headers.get("x-amz-date", "")
    if scope != f"{time[:8]}/{region}/s3/aws4_request":
        raise Refusal(400, "AuthorizationHeaderMalformed",
                      f"the credential's scope {scope} is not of {region}, s3 "
                      f"and the request's time {time}")
    if key not in secrets:
        raise Refusal(403, "InvalidAccessKeyId", f"nobody has key {key}")
    secret, token = (secrets[key] if isinstance(secrets[key], tuple)
                     else (secrets[key], None))
    if headers.get("x-amz-security-token") != token:
        raise Refusal(403, "InvalidToken", "the session token is not the key's")
    if now is not None and abs(seconds(time) - now) > 15 * 60:
        raise Refusal(403, "RequestTimeTooSkewed", f"{time} is not now")
    if signed != sorted(signed) or "host" not in signed or \
            not all(name in headers for name in signed):
        raise Refusal(403, "SignatureDoesNotMatch", "the names of the signed "
                      "headers are not sorted, or not all there")
    for name in headers:
        if name.startswith("x-amz-") and name not in signed:
            raise Refusal(403, "AccessDenied", f"{name} is not signed")
    request = canonical_request(method, path, query, headers, signed, payload)
    if not hmac.compare_digest(signature(secret, scope, time, request), found):
        raise Refusal(403, "SignatureDoesNotMatch", f"not of\n{request}")


@functools.lru_cache(maxsize=64)
def seconds(time):
    """Of 20130524T000000Z since 1970."""
    import calendar
    import time as clock
    try:
        return calendar.timegm(clock.strptime(time, "%Y%m%dT%H%M%SZ"))
    except ValueError:
        raise Refusal(403, "AccessDenied", f"no time: {time}") from None


def check_payload(headers, body):
    """That the body is what was signed."""
    payload = headers["x-amz-content-sha256"]
    if payload.startswith("STREAMING-"):
        raise Refusal(501, "NotImplemented", "bodies in signed chunks")
    if payload != UNSIGNED and payload != hashlib.sha256(body).hexdigest():
        raise Refusal(400, "XAmzContentSHA256Mismatch",
                      "the body is not what x-amz-content-sha256 says")


def sign(method, host, path, query="", key="", secret="", region="us-east-1",
         time="", body=b"", **headers):
    """The headers of a signed request, by their names in lower case; _ for -."""
    headers = {name.replace("_", "-").lower(): value
               for name, value in headers.items()}
    headers.update({"host": host, "x-amz-date": time,
                    "x-amz-content-sha256": hashlib.sha256(body).hexdigest()})
    signed = sorted(headers)
    scope = f"{time[:8]}/{region}/s3/aws4_request"
    request = canonical_request(method, path, query, headers, signed,
                                headers["x-amz-content-sha256"])
    headers["authorization"] = (
        f"{ALGORITHM} Credential={key}/{scope},SignedHeaders="
        f"{';'.join(signed)},Signature={signature(secret, scope, time, request)}")
    return headers
