"""pyro-fetch, given jobs, against registries that do what they should not (tests/registry.py)."""
import datetime
import hashlib
import json
import os
import ssl
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, "tests")
from registry import (CONFIG, INDEX, MANIFEST, Registry, body, cut, descriptor, digest, error, redirect, right, stall,
                      status)

FETCH, WORK = sys.argv[1], sys.argv[2]
LAYERS = [os.urandom(300_000), b"second" * 1000, b"x" * 5_000_000]
failed = False


def check(what, ok, *more):
    print("ok %s" % what if ok else "FAILED %s%s" % (what, "".join("\n    %s" % str(one)[:600] for one in more)), flush=True)


def endpoint(registry, **more):
    return {"url": "https://" + registry.host, "name": registry.host, "may_be_plain": True, **more}


def start(job, ca="/dev/null", files=()):
    """Its process; the job's descriptors are 4 and up, one for each file."""
    command = 'exec "$0" 3<"$1" ' + " ".join('%d<>"$%d"' % (i + 4, i + 2) for i in range(len(files)))
    return subprocess.Popen(["bash", "-c", command, FETCH, ca, *files], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                            text=True)


def lines_of(process, job):
    out = process.communicate(json.dumps(job))[0]
    return [json.loads(line) for line in out.splitlines()]


def manifest(registry, name="test/x", tag="t", endpoints=None, **more):
    """What it says last, all its lines, and the document that it wrote."""
    path = tempfile.mktemp(dir=WORK)
    ca = more.pop("ca", "/dev/null")
    job = {"endpoints": endpoints or [endpoint(registry, **more.pop("with_", {}))], "repository": name, "tag": tag,
           "document_fd": 4, "connect_ms": 20000, "stall_seconds": 600, **more}
    lines = lines_of(start(job, ca, [path]), job)
    with open(path, "rb") as file:
        return lines[-1], lines, file.read()


def blobs(registry, wanted, has=(), name="test/x", endpoints=None, sizes=None, **more):
    """What it says last, all its lines, and what is in the files."""
    files = [tempfile.mktemp(dir=WORK) for _ in wanted]
    for path, data in zip(files, has):
        with open(path, "wb") as file:
            file.write(data)
    job = {"endpoints": endpoints or [endpoint(registry)], "repository": name, "connect_ms": 20000, "stall_seconds": 600,
           "blobs": [{"digest": digest(one), "size": (sizes or {}).get(i, len(one)), "fd": i + 4}
                     for i, one in enumerate(wanted)], **more}
    lines = lines_of(start(job, files=files), job)
    contents = []
    for path in files:
        with open(path, "rb") as file:
            contents.append(file.read())
    return lines[-1], lines, contents


def refused(what, answer, words, code="pull_failed"):
    said = answer.get("error", {})
    check("%s: refused" % what, said.get("code") == code and words in said.get("message", ""), words, answer)


def documents():
    r = Registry()
    name = r.image("test/x", "t", LAYERS)
    answer, _, text = manifest(r)
    result = answer.get("result", {})
    check("a manifest by its tag", result.get("digest") == name and result.get("manifest") == name and digest(text) == name,
          answer)
    check("with the configuration and the layers as blobs", [one["digest"] for one in result.get("blobs", [])][1:] ==
          [digest(one) for one in LAYERS], answer)
    answer, _, text = manifest(r, tag=None, digest=name)
    check("by its digest", digest(text) == name, answer)
    before = len(r.requests)
    answer, _, text = manifest(r, known=name)
    check("a tag that means what is known: a HEAD and no more", answer.get("result") == {"digest": name, "unchanged": True} and
          [m for m, p, _ in r.requests[before:] if "manifests" in p] == ["HEAD"] and not text, answer, r.requests[before:])
    answer, _, text = manifest(r, known=digest(b"other"))
    check("one that means something else is fetched", digest(text) == name, answer)

    ours = r.document("test/x", None, r.manifest("test/x", LAYERS[:1]), MANIFEST)
    theirs = r.document("test/x", None, r.manifest("test/x", LAYERS[1:], "arm64"), MANIFEST)
    entries = [descriptor(theirs, MANIFEST, platform={"os": "linux", "architecture": "arm64"}),
               descriptor(ours, MANIFEST, platform={"os": "linux", "architecture": "amd64"})]
    index = r.document("test/x", "multi", {"schemaVersion": 2, "mediaType": INDEX, "manifests": entries}, INDEX)
    answer, _, text = manifest(r, tag="multi")
    check("of an index, the one for this machine", answer.get("result", {}).get("digest") == digest(index) and
          answer["result"]["manifest"] == digest(ours) and text == ours, answer)
    r.document("test/x", "foreign", {"schemaVersion": 2, "mediaType": INDEX, "manifests": entries[:1]}, INDEX)
    refused("an index without it", manifest(r, tag="foreign")[0], "linux/arm64", "content_refused")
    inner = index
    for _ in range(4):
        inner = r.document("test/x", "deep", {"schemaVersion": 2, "mediaType": INDEX, "manifests": [
            descriptor(inner, INDEX, platform={"os": "linux", "architecture": "amd64"})]}, INDEX)
    refused("indexes in indexes", manifest(r, tag="deep")[0], "within", "content_refused")
    r.close()


def bad_documents():
    r = Registry()
    name = r.image("test/x", "t", LAYERS[:1])
    good = r.content("/v2/test/x/manifests/t")[0]
    refused("what is not there", manifest(r, tag="none")[0], "MANIFEST_UNKNOWN", "environment_not_found")
    r.on("/manifests/t", body(b"<html>hello</html>", Content_Type="text/html"))
    refused("a page of HTML", manifest(r)[0], "not a manifest", "content_refused")
    r.on("/manifests/t", body(good + b" ", Content_Type=MANIFEST, Docker_Content_Digest=name))
    refused("another document than the header's digest says", manifest(r)[0], "not what its digest says")
    r.on("/manifests/sha256", body(good + b" ", Content_Type=MANIFEST))
    refused("another document than the one asked for", manifest(r, tag=None, digest=name)[0], "not what its digest says")
    r.on("/manifests/t", body(b" " * (5 << 20), Content_Type=MANIFEST))
    refused("one that is too large", manifest(r)[0], "larger than")
    r.on("/manifests/t", body(good, Content_Type=MANIFEST, **{"X-%d" % i: "y" * 1000 for i in range(90)}))
    refused("a head that is too large", manifest(r)[0], "head")
    r.on("/manifests/t", body(good, Content_Type=INDEX))
    refused("a manifest that is said to be an index", manifest(r)[0], "described as", "content_refused")
    r.on("/manifests/t", error(400, "BAD", "\x1b]0;evil\x07 it \u202e says\n so"))
    said = manifest(r)[0]
    refused("an error with escape sequences", said, "BAD")
    check("and they are not in it", not set("\x1b\x07\n\u202e") & set(said["error"]["message"]), said)
    r.close()


def passing_failures():
    r = Registry()
    r.image("test/x", "t", LAYERS)
    r.on("/manifests/t", error(429, "TOOMANYREQUESTS", "slow down", Retry_After="1", RateLimit_Remaining="0;w=21600"), right)
    began = time.monotonic()
    answer, lines, _ = manifest(r)
    check("429 is tried again", "result" in answer, answer)
    check("not before the time it names", time.monotonic() - began >= 1)
    check("and it is said", any("trying again in 1 s" in line.get("doing", "") for line in lines), lines)
    date = (datetime.datetime.utcnow() + datetime.timedelta(seconds=2)).strftime("%a, %d %b %Y %H:%M:%S GMT")
    r.on("/manifests/t", status(503, Retry_After=date), right)
    check("as is 503 with a date", "result" in manifest(r)[0])
    r.on("/manifests/t", error(429, "TOOMANYREQUESTS", "slow down", Retry_After="0"))
    before = len(r.seen("/manifests/t"))
    answer = manifest(r)[0]
    refused("429 for ever", answer, "too many requests")
    check("after four tries, with what to do", len(r.seen("/manifests/t")) - before == 4 and "later" in answer["error"]["hint"],
          answer)
    r.on("/manifests/t", status(500), status(502), right)
    check("500 and 502 are tried again", "result" in manifest(r)[0])
    r.on("/manifests/t", status(404))
    before = len(r.seen("/manifests/t"))
    manifest(r)
    check("404 is not", len(r.seen("/manifests/t")) - before == 1)
    r.close()
    refused("a registry that is not there", manifest(r)[0], "cannot connect")
    event = threading.Event()
    slow = Registry()
    slow.image("test/x", "t", LAYERS)
    slow.on("/blobs/", stall(1000, event))
    answer, _, _ = blobs(slow, LAYERS[2:], stall_seconds=1)
    event.set()
    refused("one that goes silent", answer, "too slow")
    slow.close()


def bodies():
    r = Registry()
    r.image("test/x", "t", LAYERS)
    answer, lines, got = blobs(r, LAYERS)
    check("blobs", answer == {"result": {}} and got == LAYERS, answer)
    check("each is reported when it is complete", sorted(line["have"] for line in lines if "have" in line) == [0, 1, 2], lines)
    r.on(digest(LAYERS[2]), cut(2_000_000), cut(1_500_000), right)
    answer, _, got = blobs(r, LAYERS)
    check("one that was cut twice goes on where it was", got == LAYERS and [
        headers.get("Range") for _, path, headers in r.requests if digest(LAYERS[2]) in path][-3:] ==
        [None, "bytes=2000000-", "bytes=3500000-"], answer, r.requests[-4:])
    answer, _, got = blobs(r, LAYERS, has=[LAYERS[0][:1000], b"", LAYERS[2][:4_999_999]])
    check("what is there of another time is gone on from", got == LAYERS and "bytes=4999999-" in
          [headers.get("Range") for _, _, headers in r.requests], answer)
    answer, _, got = blobs(r, LAYERS, has=[b"damaged"])
    refused("a beginning that is damaged", answer, "not what its digest says")
    check("is thrown away", got[0] == b"", len(got[0]))
    r.on(digest(LAYERS[0]), lambda handler: handler.reply(200, LAYERS[0], {}))
    answer, _, got = blobs(r, LAYERS[:1], has=[LAYERS[0][:1000]])
    check("from a server that knows no ranges it all comes again", got == LAYERS[:1], answer)
    r.on(digest(LAYERS[0]), status(416), right)
    answer, _, got = blobs(r, LAYERS[:1], has=[LAYERS[0][:1000]])
    check("and from one that cannot go on", got == LAYERS[:1], answer)
    r.on(digest(LAYERS[0]), lambda handler: handler.reply(206, LAYERS[0][5:], {"Content-Range": "bytes 5-299999/300000"}))
    answer, _, got = blobs(r, LAYERS[:1], has=[LAYERS[0][:1000]])
    refused("a range that was not asked for", answer, "another place")
    r.close()


def bad_bodies():
    r = Registry()
    r.image("test/x", "t", LAYERS)
    one = LAYERS[0]
    r.on(digest(one), body(one[:-1] + b"!"))
    answer, _, got = blobs(r, [one])
    refused("a blob with another digest", answer, "not what its digest says")
    check("nothing is left of it", got == [b""])
    r.on(digest(one), body(one + b"more"))
    refused("one that is said to be too long", blobs(r, [one])[0], "said to have")

    def too_long(handler):
        handler.send_response(200)
        handler.send_header("Connection", "close")
        handler.end_headers()
        handler.wfile.write(one + b"more" * 100)
        handler.close_connection = True
    r.on(digest(one), too_long)
    answer, _, got = blobs(r, [one])
    refused("one that is", answer, "more than")
    check("nothing is left of that either", got == [b""])
    r.on(digest(one), cut(100_000))
    answer, _, got = blobs(r, [one])
    check("one that is cut again and again ends complete, or fails", "error" in answer or got == [one], answer)
    r.on(digest(one), body(b"<html>" + one[6:], Content_Type="text/html"))
    refused("a page of HTML of the same size", blobs(r, [one])[0], "not what its digest says")
    r.close()


def redirects():
    r, storage = Registry(), Registry()
    r.image("test/x", "t", LAYERS)
    storage.contents = r.contents
    where = "/v2/test/x/blobs/" + digest(LAYERS[0])
    r.user = "u:secret"
    own = [endpoint(r, user="u", password="secret")]
    storage.on("/blobs/", right)
    r.on(where, redirect("http://%s%s?signature=abc" % (storage.host, where)))
    answer, _, got = blobs(r, LAYERS[:1], endpoints=own)
    check("a redirect to a store of blobs is followed", got == LAYERS[:1], answer)
    check("without the login", storage.requests and not storage.authorizations(), storage.requests)
    r.on("/manifests/t", redirect("http://%s/v2/test/x/manifests/t" % storage.host))
    manifest(r, endpoints=own)
    check("nor does one of a manifest carry it", not storage.authorizations())
    r.on("/manifests/t", redirect("/v2/test/x/manifests/t"))
    before = len(r.requests)
    refused("redirects in a circle", manifest(r, endpoints=own)[0], "redirects")
    check("after a few", len(r.requests) - before <= 8, len(r.requests) - before)
    for to in ["http://169.254.169.254/latest/meta-data", "http://[fe80::1]/x", "http://0.0.0.0:%d/x" % storage.port,
               "http://[::ffff:169.254.1.1]/"]:
        r.on("/manifests/t", redirect(to))
        refused("a redirect to %s" % to, manifest(r, endpoints=own)[0], "not on the internet")
    for to in ["file:///etc/passwd", "ftp://127.0.0.1/x", "gopher://127.0.0.1/x", "https://user:pw@127.0.0.1/x", "http://"]:
        r.on("/manifests/t", redirect(to))
        answer = manifest(r, endpoints=own)[0]
        check("a redirect to %s: refused" % to, answer.get("error", {}).get("code") == "pull_failed", answer)
    r.on("/manifests/t", status(307))
    refused("one to nowhere", manifest(r, endpoints=own)[0], "nowhere")
    before = len(storage.requests)
    refused("an address that nobody answers at",
            manifest(r, endpoints=[{"url": "http://192.0.2.1:1", "name": "public"}], connect_ms=300)[0], "192.0.2.1")
    r.close()
    storage.close()


def key_of(name, *words):
    """A new key; its public half in PEM, and what signs with it."""
    path = "%s/%s.pem" % (WORK, name)
    subprocess.run(["openssl", "genpkey", "-out", path, *words], check=True, stderr=subprocess.DEVNULL)
    public = subprocess.run(["openssl", "pkey", "-in", path, "-pubout"], check=True, stdout=subprocess.PIPE, text=True).stdout

    def sign(data):
        with open(path + ".in", "wb") as file:
            file.write(data)
        how = ["pkeyutl", "-sign", "-rawin", "-inkey", path, "-in"] if "ED25519" in words else ["dgst", "-sha256", "-sign", path]
        return subprocess.run(["openssl", *how, path + ".in"], check=True, stdout=subprocess.PIPE).stdout
    return public, sign


def signatures():
    ec = key_of("ec", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256")
    keys = {"ECDSA": ec, "RSA": key_of("rsa", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"),
            "Ed25519": key_of("ed", "-algorithm", "ED25519")}
    other = key_of("other", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256")
    for kind, (public, sign) in keys.items():
        for layout in ["tag", "referrers", "fallback"]:
            r = Registry()
            name = r.image("test/x", "t", LAYERS[:1])
            refused("%s, %s: not signed" % (kind, layout), manifest(r, signature_key=public)[0], "not signed",
                    "content_refused")
            r.signed("test/x", name, sign, layout)
            answer = manifest(r, signature_key=public)[0]
            check("%s, %s: signed" % (kind, layout), answer.get("result", {}).get("digest") == name, answer)
            answer = manifest(r, signature_key=public, known=name)[0]
            check("and what is known is looked at too", answer.get("result", {}).get("unchanged"), answer)
            refused("with another key", manifest(r, signature_key=other[0], known=name)[0], "by the key", "content_refused")
            r.signed("test/x", name, sign, layout, about=digest(b"another"))
            refused("over another image", manifest(r, signature_key=public)[0], "by the key", "content_refused")
            r.signed("test/x", name, sign, layout, type="https://slsa.dev/provenance/v1")
            refused("which says something else", manifest(r, signature_key=public)[0], "by the key", "content_refused")
            r.signed("test/x", name, lambda data: sign(data + b" "), layout)
            refused("over other bytes", manifest(r, signature_key=public)[0], "by the key", "content_refused")
            r.signed("test/x", name, lambda data: b"", layout)
            refused("an empty one", manifest(r, signature_key=public)[0], "by the key", "content_refused")
            r.close()
    r = Registry()
    name = r.image("test/x", "t", LAYERS[:1])
    r.signed("test/x", name, ec[1])
    for what, pem in [("no key", "hello"), ("a curve that is not P-256", key_of("p384", "-algorithm", "EC", "-pkeyopt",
                      "ec_paramgen_curve:P-384")[0]), ("a short one", key_of("short", "-algorithm", "RSA", "-pkeyopt",
                      "rsa_keygen_bits:1024")[0])]:
        refused(what, manifest(r, signature_key=pem)[0], "the key that", manifest(r, signature_key=pem)[0]["error"]["code"])
    ours = r.document("test/x", None, r.manifest("test/x", LAYERS[:1]), MANIFEST)
    index = r.document("test/x", "multi", {"schemaVersion": 2, "mediaType": INDEX, "manifests": [
        descriptor(ours, MANIFEST, platform={"os": "linux", "architecture": "amd64"})]}, INDEX)
    refused("an index of a signed manifest", manifest(r, tag="multi", signature_key=ec[0])[0], "not signed", "content_refused")
    r.signed("test/x", digest(index), ec[1])
    answer = manifest(r, tag="multi", signature_key=ec[0])[0]
    check("a signed index", answer.get("result", {}).get("manifest") == digest(ours), answer)
    r.on(".sig", status(403))
    refused("a registry that does not say", manifest(r, signature_key=ec[0])[0], "403")
    r.close()


def logins():
    r, tokens = Registry(), Registry()
    r.image("test/x", "t", LAYERS[:1])
    refused("a registry of one's own that takes no login but Basic", (setattr(r, "user", "u:secret"), manifest(r)[0])[1],
            "not signed in")
    check("and how to sign in is said", "pyro login " + r.host in manifest(r)[0]["error"]["hint"])
    answer = manifest(r, with_={"user": "u", "password": "wrong"})[0]
    refused("a wrong password", answer, "does not take the login")
    check("and what to do is said", "sign in" in answer["error"]["hint"], answer)
    check("the right one is taken", "result" in manifest(r, with_={"user": "u", "password": "secret"})[0])
    r.user = None

    given = lambda handler: handler.reply(200, json.dumps({"token": "T0", "expires_in": 300}).encode(), {})
    tokens.on("/token", given)
    r.token = ("http://%s/token" % tokens.host, "T0")
    before = len(r.requests)
    check("a token that anybody gets", "result" in manifest(r)[0])
    asked = tokens.requests[-1]
    check("for what is pulled, whatever the registry says", "scope=repository:test%2Fx:pull&" in asked[1] and
          "service=s%2C%20t" in asked[1] and "Authorization" not in asked[2], asked)
    answer = manifest(r, with_={"user": "u", "password": "secret"})[0]
    check("with a login it is sent to the token server alone", tokens.authorizations() == ["Basic dTpzZWNyZXQ="] and
          set(r.authorizations()[before:]) <= {"Bearer T0"}, r.authorizations(), tokens.authorizations())
    count = len(tokens.requests)
    answer, _, got = blobs(r, LAYERS[:1] + [LAYERS[0]])
    check("one token serves many blobs", len(tokens.requests) - count == 1 and got[0] == LAYERS[0], answer)
    answer = manifest(r, with_={"identity_token": "I/D"})[0]
    check("an identity token is exchanged", "result" in answer and tokens.requests[-1][0] == "POST", answer)
    r.token = ("http://%s/token" % tokens.host, "another")
    answer = manifest(r)[0]
    refused("a token that is not taken", answer, "not signed in")
    r.on("/manifests/", error(401, "UNAUTHORIZED", "again", WWW_Authenticate='Basic realm="x"'))
    before = len(r.requests)
    refused("401 for ever", manifest(r, with_={"user": "u", "password": "secret"})[0], "does not take the login")
    check("is asked twice", len(r.requests) - before == 2, len(r.requests) - before)
    r.rules.clear()
    for text in ["<html>", "{}", '{"token": "a\\nb"}', '{"token": 7}']:
        tokens.on("/token", body(text.encode()))
        refused("the token answer %s" % text, manifest(r)[0], "gave no token")
    tokens.on("/token", status(401))
    refused("a token server that refuses", manifest(r, with_={"user": "u", "password": "x"})[0], "does not take the login")
    r.close()
    tokens.close()


def realms():
    """Where a login must not go."""
    r, evil = Registry(), Registry()
    r.image("test/x", "t", LAYERS[:1])
    login = {"user": "u", "password": "secret"}
    for realm, words in [("http://localhost:%d/token" % evil.port, "not a part of it"),
                         ("http://127.0.0.2:%d/token" % evil.port, "not a part of it"),
                         ("http://169.254.169.254/token", "not a part of it"),
                         ("file:///etc/passwd", "token server"), ("//x", "token server")]:
        r.token = (realm, "T")
        refused("a login to %s" % realm, manifest(r, with_=login)[0], words)
    r.token = ("http://localhost:%d/token" % evil.port, "T")
    check("nothing was sent there", not evil.requests, evil.requests)
    evil.on("/token", body(b'{"token": "T"}'))
    check("unless the operator names it", "result" in manifest(r, with_={**login, "token_hosts": ["localhost"]})[0])
    r.token = ("http://169.254.169.254/token", "T")
    refused("an anonymous question to a cloud's metadata", manifest(r)[0], "not on the internet")
    evil.on("/token", redirect("http://127.0.0.1:%d/else" % evil.port))
    r.token = ("http://%s/token" % evil.host, "T")
    before = len(evil.requests)
    refused("a token server that leads on", manifest(r, with_=login)[0], "answers 307")
    check("is not followed", len(evil.requests) - before == 1)
    r.close()
    evil.close()


def mirrors():
    origin, mirror = Registry(), Registry()
    name = origin.image("test/x", "t", LAYERS)
    mirror.contents = dict(origin.contents)
    both = [endpoint(mirror, is_mirror=True, name="mirror"), endpoint(origin, name="origin")]
    answer, _, text = manifest(origin, endpoints=both)
    check("the registry itself says what a tag means", answer.get("result", {}).get("digest") == name and
          [m for m, _, _ in origin.requests] == ["HEAD"], answer, origin.requests)
    check("the mirror gives it, by digest, and is told for whom", any("manifests/sha256" in path and "ns=origin" in path
          for path in mirror.seen()), mirror.seen())
    origin.requests.clear()
    answer, _, got = blobs(origin, LAYERS, endpoints=both)
    check("and the blobs", got == LAYERS and not origin.requests, answer, origin.requests)
    mirror.on(digest(LAYERS[0]), body(b"!" * len(LAYERS[0])))
    mirror.on(digest(LAYERS[1]), status(404))
    answer, lines, got = blobs(origin, LAYERS, endpoints=both)
    check("what a mirror lacks or has wrong comes from the registry", got == LAYERS, answer)
    check("and it is said", len([line for line in lines if "mirror" in line.get("note", "")]) == 2, lines)
    origin.close()
    answer, lines, _ = manifest(origin, endpoints=both)
    check("without the registry the mirror is believed, and it is said", answer.get("result", {}).get("digest") == name and
          any("is believed" in line.get("note", "") for line in lines), answer, lines)
    mirror.close()


def certificates():
    def sh(*command):
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=WORK)
    sh("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "key.pem",
       "-out", "cert.pem", "-days", "2", "-subj", "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(WORK + "/cert.pem", WORK + "/key.pem")
    r = Registry(tls=context)
    name = r.image("test/x", "t", LAYERS[:1])
    answer = manifest(r)[0]
    refused("a certificate that nobody trusts", answer, "not trusted")
    check("also by a registry that may be plain", not r.requests and "--ca-file" in answer["error"]["hint"], answer)
    answer, _, text = manifest(r, ca=WORK + "/cert.pem")
    check("with its authority named it is trusted", digest(text) == name, answer)
    plain = Registry()
    plain.contents = r.contents
    r.on("/manifests/t", redirect("http://%s/v2/test/x/manifests/t" % plain.host))
    refused("from https to http", manifest(r, ca=WORK + "/cert.pem")[0], "from https to http")
    refused("http where only https may be", manifest(plain, endpoints=[{"url": "https://" + plain.host, "name": "x"}])[0],
            "connection")
    check("nothing was asked of it", not plain.requests)
    r.close()
    plain.close()


def proxies():
    """A proxy gets whole URLs, and the names it alone knows."""
    proxy = Registry()
    proxy.image("test/x", "t", LAYERS[:1])
    data, media_type = proxy.content("/v2/test/x/manifests/t")
    proxy.on("registry.invalid", body(data, Content_Type=media_type))
    there = [{"url": "http://registry.invalid", "name": "registry.invalid"}]
    answer = manifest(proxy, endpoints=there, http_proxy="http://" + proxy.host)[0]
    check("a proxy is used", "result" in answer and proxy.seen()[-1].startswith("http://registry.invalid/"), answer,
          proxy.seen())
    answer = manifest(proxy, endpoints=there, http_proxy="http://" + proxy.host, no_proxy="registry.invalid")[0]
    refused("not where it is not to be", answer, "resolve")
    proxy.on("registry.invalid", redirect("http://169.254.169.254/x"))
    refused("it is no way to a cloud's metadata", manifest(proxy, endpoints=there, http_proxy="http://" + proxy.host)[0],
            "not on the internet")
    proxy.close()


def ends():
    """It ends with who started it, and a full disk is said."""
    r = Registry()
    r.image("test/x", "t", LAYERS)
    job = {"endpoints": [endpoint(r)], "repository": "test/x", "blobs": [
        {"digest": digest(LAYERS[2]), "size": len(LAYERS[2]), "fd": 4}]}
    lines = lines_of(start(job, files=["/dev/full"]), job)
    check("a disk that is full", lines[-1].get("error", {}).get("code") == "no_space", lines[-1])
    for text in [b"", b"{}", b"[", b'{"endpoints": [{"url": "x", "name": "y"}], "repository": "a", "tag": "b"}']:
        out = subprocess.run(["bash", "-c", 'exec "$0" 3</dev/null', FETCH], input=text, stdout=subprocess.PIPE).stdout
        check("the job %r is no job" % text.decode(), b'"error"' in out, out)
    r.close()


def run(*parts):
    for part in parts:
        if len(sys.argv) < 4 or part.__name__ in sys.argv[3:]:
            part()


if __name__ == "__main__":
    run(documents, bad_documents, passing_failures, bodies, bad_bodies, redirects, signatures, logins, realms, mirrors, certificates,
        proxies, ends)
