"""What an object store answers to a request whose signature is right: objects,
ranges, conditions, lists. Standard library only."""
import base64
import dataclasses
import email.utils
import hashlib
import re
import time
import urllib.parse
from xml.sax.saxutils import escape

from s3_signature import Refusal, encode
from s3_store import Thing

XML = {"Content-Type": "application/xml"}
NAMESPACE = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'
PAGE = 1000  # keys at most, as S3 has it


@dataclasses.dataclass
class Request:
    method: str
    path: str  # as it was sent
    query: str
    headers: dict  # names in lower case
    body: bytes = b""
    bucket: str = ""
    key: str = ""

    def place(self, domains):
        """Bucket and key: the bucket is in the path, or before a domain in Host."""
        path = urllib.parse.unquote(self.path)[1:]
        host = self.headers.get("host", "").rsplit(":", 1)[0]
        for domain in domains:
            if host.endswith("." + domain):
                self.bucket, self.key = host[:-len(domain) - 1], path
                return
        self.bucket, _, self.key = path.partition("/")

    @property
    def fields(self):
        return dict(urllib.parse.parse_qsl(self.query, keep_blank_values=True))


@dataclasses.dataclass
class Answer:
    status: int
    headers: dict = dataclasses.field(default_factory=dict)
    body: bytes = b""
    thing: Thing = None  # whose bytes from begin to end are the body
    begin: int = 0
    end: int = 0

    @property
    def size(self):
        return self.end - self.begin if self.thing else len(self.body)

    def read(self, begin, end):
        if self.thing:
            return self.thing.read(self.begin + begin, self.begin + end)
        return self.body[begin:end]


def refuse(refusal):
    return Answer(refusal.status, {**XML, **refusal.headers},
                  f"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>"
                  f"{refusal.code}</Code><Message>{escape(str(refusal))}"
                  "</Message></Error>".encode())


def described(thing):
    return {"ETag": thing.etag, "Accept-Ranges": "bytes",
            "Last-Modified": email.utils.formatdate(thing.modified, usegmt=True),
            **thing.headers}


def find(store, request):
    thing = store.find(request.bucket, request.key)
    if thing is None:
        raise Refusal(404, "NoSuchKey", f"no key {request.key}")
    return thing


def names(text, etag):
    """Whether If-Match or If-None-Match means this version."""
    return text.strip() == "*" or etag in [part.strip()
                                           for part in text.split(",")]


def get(store, request, conditional):
    thing = find(store, request)
    headers = request.headers if conditional else {}
    if "if-match" in headers and not names(headers["if-match"], thing.etag):
        raise Refusal(412, "PreconditionFailed", "If-Match")
    if "if-none-match" in headers and \
            names(headers["if-none-match"], thing.etag):
        return Answer(304, described(thing))
    answer = Answer(200, described(thing), thing=thing, end=thing.size)
    found = re.fullmatch(r"bytes=(\d*)-(\d*)", request.headers.get("range", ""))
    if found and any(found.groups()):
        if found[1]:
            answer.begin = int(found[1])
            answer.end = min(int(found[2] or thing.size) + 1, thing.size)
        else:
            answer.begin = max(thing.size - int(found[2]), 0)
        if answer.begin >= answer.end:
            raise Refusal(416, "InvalidRange", "behind the end", **{
                "Content-Range": f"bytes */{thing.size}"})
        answer.status = 206
        answer.headers["Content-Range"] = \
            f"bytes {answer.begin}-{answer.end - 1}/{thing.size}"
    return answer


def check_condition(store, request):
    """Of a request that changes something."""
    thing = store.find(request.bucket, request.key)
    if "if-none-match" in request.headers:
        if request.headers["if-none-match"] != "*":
            raise Refusal(501, "NotImplemented", "If-None-Match but *")
        if thing:
            raise Refusal(412, "PreconditionFailed", "If-None-Match")
    if "if-match" in request.headers:
        if not thing:
            raise Refusal(404, "NoSuchKey", f"no key {request.key}")
        if not names(request.headers["if-match"], thing.etag):
            raise Refusal(412, "PreconditionFailed", "If-Match")


def put(store, request, conditional):
    headers, body = request.headers, request.body
    if conditional:
        check_condition(store, request)
    for name, make in (("content-md5", hashlib.md5),
                       ("x-amz-checksum-sha256", hashlib.sha256)):
        if name in headers and base64.b64encode(
                make(body).digest()).decode() != headers[name]:
            raise Refusal(400, "BadDigest", f"{name} is another body's")
    if len(request.key.encode()) > 1024:
        raise Refusal(400, "KeyTooLongError", "more than 1024 bytes")
    thing = store.write(request.bucket, request.key, body, **{
        name: value for name, value in headers.items()
        if name == "content-type" or name.startswith("x-amz-meta-")})
    return Answer(200, {"ETag": thing.etag})


def delete(store, request, conditional):
    if conditional and "if-match" in request.headers:
        check_condition(store, request)
    store.remove(request.bucket, request.key)
    return Answer(204)


def listed(store, request, page):
    """ListObjectsV2."""
    fields = request.fields
    if fields.get("list-type") != "2":
        raise Refusal(501, "NotImplemented", "but lists of version 2")
    prefix, delimiter = fields.get("prefix", ""), fields.get("delimiter", "")
    after = fields.get("start-after", "")
    if "continuation-token" in fields:
        try:
            after = base64.urlsafe_b64decode(
                fields["continuation-token"]).decode()
        except ValueError:
            raise Refusal(400, "InvalidArgument", "continuation-token") from None
    limit = min(int(fields.get("max-keys", page)), page)
    written = encode if fields.get("encoding-type") == "url" else escape
    parts, common, last, more = [], set(), "", False
    for key in store.keys(request.bucket):
        if not key.startswith(prefix) or key.encode() <= after.encode() or \
                (delimiter and after.endswith(delimiter) and
                 key.startswith(after)):
            continue
        rest = key[len(prefix):].partition(delimiter) if delimiter else ("",) * 3
        group = prefix + rest[0] + delimiter if rest[1] else None
        if group in common:
            continue
        if len(parts) == limit:
            more = True
            break
        last = group or key
        if group:
            common.add(group)
            parts.append(f"<CommonPrefixes><Prefix>{written(group)}</Prefix>"
                         "</CommonPrefixes>")
        else:
            parts.append(entry(store.find(request.bucket, key), written(key)))
    token = base64.urlsafe_b64encode(last.encode()).decode()
    return Answer(200, XML, "".join([
        f'<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult {NAMESPACE}>',
        f"<Name>{request.bucket}</Name><Prefix>{written(prefix)}</Prefix>",
        f"<KeyCount>{len(parts)}</KeyCount><MaxKeys>{limit}</MaxKeys>",
        "<EncodingType>url</EncodingType>" if written is encode else "",
        f"<IsTruncated>{str(more).lower()}</IsTruncated>",
        f"<NextContinuationToken>{token}</NextContinuationToken>" if more else "",
        *parts, "</ListBucketResult>"]).encode())


def entry(thing, key):
    when = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(thing.modified))
    return (f"<Contents><Key>{key}</Key><LastModified>{when}</LastModified>"
            f"<ETag>{escape(thing.etag)}</ETag><Size>{thing.size}</Size>"
            "<StorageClass>STANDARD</StorageClass></Contents>")


def answer(store, request, conditional=True, page=PAGE):
    """What becomes of a request."""
    if not store.has_bucket(request.bucket):
        raise Refusal(404, "NoSuchBucket", f"no bucket {request.bucket}")
    if not request.key:
        if request.method == "GET":
            return listed(store, request, page)
        if request.method == "HEAD":
            return Answer(200)
        raise Refusal(405, "MethodNotAllowed", "of a bucket")
    if request.query:
        raise Refusal(501, "NotImplemented", f"of an object: {request.query}")
    calls = {"GET": get, "HEAD": get, "PUT": put, "DELETE": delete}
    if request.method not in calls:
        raise Refusal(405, "MethodNotAllowed", request.method)
    return calls[request.method](store, request, conditional)
