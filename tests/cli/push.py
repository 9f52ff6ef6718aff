"""pyro-fetch, given jobs of pushing, against registries that do what they should not (tests/registry.py)."""
import base64
import json
import os
import socket
import ssl
import sys
import tempfile

sys.path[:0] = ["tests", "tests/cli"]
from fetch import WORK, check, endpoint, lines_of, refused, run, start
from registry import MANIFEST, Registry, body, digest, error, redirect, right, status

LAYER, CONFIG = os.urandom(3_000_000), b'{"config": 1}'
DOCUMENT = json.dumps({"schemaVersion": 2, "mediaType": MANIFEST, "about": "x"}).encode()
PARTS = [LAYER, CONFIG, DOCUMENT]
UPLOADS = "/blobs/uploads/"


def push(registry, parts=PARTS, manifest=DOCUMENT, ca="/dev/null", absent=(), with_=None, **more):
    """What it says last, and all its lines. The parts lie one behind the other in a file, from byte 7 on."""
    path, at, blobs = tempfile.mktemp(dir=WORK), 7, []
    with open(path, "wb") as file:
        file.write(b"before " + b"".join(parts))
    for one in parts:
        blobs.append({"digest": digest(one), "size": len(one), "offset": at, "fd": -1 if one in absent else 4})
        at += len(one)
    job = {"is_push": True, "endpoints": [endpoint(registry, **(with_ or {}))], "repository": "test/x", "tag": "t", "blobs": blobs,
           "connect_ms": 20000, "stall_seconds": 600, **({"manifest": digest(manifest)} if manifest else {}), **more}
    lines = lines_of(start(job, ca, [path]), job)
    return lines[-1], lines


def is_there(registry, name="test/x"):
    has = [registry.content("/v2/%s/blobs/%s" % (name, digest(one))) for one in (LAYER, CONFIG)]
    return all(has) and has[0][0] == LAYER and registry.content("/v2/%s/manifests/t" % name) == (DOCUMENT, MANIFEST)


def methods(registry, of="POST PUT"):
    return [(method, path.split("?")[0]) for method, path, _ in registry.requests if method in of.split()]


def uploads():
    r = Registry()
    answer, lines = push(r)
    check("all of it is there", is_there(r), answer, r.requests)
    check("what was sent is said", answer.get("result") == {"missing": [], "sent": len(LAYER) + len(CONFIG), "shared": 0}, answer)
    check("and each part when it is there", [line["have"] for line in lines if "have" in line] == [0, 1], lines)
    check("what the Location had besides is kept", any("u1?state=a%2Fb&digest=" in path for path in r.seen(UPLOADS)), r.seen(UPLOADS))
    r.requests.clear()
    answer, _ = push(r)
    check("again: the manifest and nothing else", answer.get("result", {}).get("sent") == 0 and
          methods(r) == [("PUT", "/v2/test/x/manifests/t")], answer, r.requests)
    answer, _ = push(r, tag=None)
    check("by its digest", r.content("/v2/test/x/manifests/" + digest(DOCUMENT)) and "result" in answer, answer)
    r.close()

    r = Registry()
    r.put("test/base", "blobs", digest(LAYER), LAYER)
    answer, _ = push(r, mount_from="test/base", absent=[LAYER])
    check("from another repository of it", is_there(r) and answer["result"]["sent"] == len(CONFIG), answer)
    r.requests.clear()
    answer, _ = push(r, [b"one that nobody has"], None, absent=[b"one that nobody has"], mount_from="test/base")
    check("what is nowhere is said", answer.get("result", {}).get("missing") == [digest(b"one that nobody has")], answer)
    check("and nothing is put", not methods(r, "PUT"), r.requests)
    r.on("mount=", error(400, "UNSUPPORTED", "no"))
    answer, _ = push(r, [b"another"], None, mount_from="test/base")
    check("one that does not mount is sent it", answer.get("result", {}).get("sent") == 7, answer)
    r.close()

    for what, location in [("a whole Location", "http://%s/v2/test/x/blobs/uploads/u9"), ("one without a slash", "u9")]:
        r = Registry()
        r.on(UPLOADS, status(202, Location=location % r.host if "%" in location else location))
        r.on(UPLOADS + "u9", right)
        answer, _ = push(r)
        check(what, is_there(r), answer, r.requests)
        r.close()


def begin_again(handler):
    """Takes a part of the body, and goes."""
    handler.send_response_only(100)
    handler.end_headers()
    handler.rfile.read(100_000)
    handler.connection.shutdown(socket.SHUT_RDWR)
    handler.close_connection = True


def passing_failures():
    r = Registry()
    r.on(UPLOADS + "u1", begin_again, right)
    answer, lines = push(r)
    check("an upload that is cut is begun again", is_there(r), answer, lines)
    check("from its beginning, as another one", methods(r)[:4] == [("POST", "/v2/test/x" + UPLOADS), ("PUT", "/v2/test/x" + UPLOADS + "u1")] * 2,
          r.requests)
    r.close()
    for code, more in [(500, {}), (429, {"Retry_After": "0"}), (503, {"Retry_After": "0"}), (404, {})]:
        r = Registry()
        r.on(UPLOADS + "u1", error(code, "SORRY", "not now", **more), right)
        answer, _ = push(r)
        check("%d to an upload: begun again" % code, is_there(r), answer)
        r.close()
    r = Registry()

    def taken_without_a_word(handler):
        data = handler.take()
        r.put("test/x", "blobs", digest(data), data)
        handler.connection.shutdown(socket.SHUT_RDWR)
        handler.close_connection = True
    r.on(UPLOADS + "u1", taken_without_a_word, right)
    answer, _ = push(r)
    check("where only the answer was lost it is not sent twice", is_there(r) and
          [path for _, path in methods(r, "PUT")].count("/v2/test/x" + UPLOADS + "u1") == 2, answer, r.requests)
    r.close()
    r = Registry()
    r.on(UPLOADS + "u1", begin_again)
    refused("one that is always cut", push(r, [CONFIG * 100_000], None)[0], "connection")
    r.close()


def refusals():
    for what, part, answer, words in [
            ("too large", UPLOADS + "u1", error(413, "SIZE_INVALID", "too much"), "too large: 413 SIZE_INVALID"),
            ("no such place", UPLOADS, error(404, "NAME_UNKNOWN", "no project"), "404 NAME_UNKNOWN: no project"),
            ("read-only", UPLOADS, error(405, "UNSUPPORTED", "a cache"), "405 UNSUPPORTED"),
            ("not this user", UPLOADS, error(403, "DENIED", "not you"), "does not let this user push to test/x: 403 DENIED"),
            ("a digest that it does not find", UPLOADS + "u1", error(400, "DIGEST_INVALID", "bad"), "400 DIGEST_INVALID"),
            ("no Location", UPLOADS, status(202), "does not say where"),
            ("an answer that begins nothing", UPLOADS, status(200), "does not say where"),
            ("a Location that is none", UPLOADS, status(202, Location="http://"), "not an address"),
            ("another scheme", UPLOADS, status(202, Location="file:///etc/passwd"), "not an address"),
            ("a redirect of an upload", UPLOADS, redirect("/v2/elsewhere"), "redirects what is sent"),
            ("a redirect of the bytes", UPLOADS + "u1", redirect("/v2/elsewhere"), "redirects what is sent"),
            ("a redirect of the manifest", "/manifests/t", redirect("/v2/elsewhere"), "redirects what is sent"),
            ("an end that is none", UPLOADS + "u1", status(202), "answers 202 to the end"),
            ("a manifest that it finds invalid", "/manifests/t", error(400, "MANIFEST_INVALID", "bad"), "400 MANIFEST_INVALID"),
            ("a manifest that is not there then", "/manifests/" + digest(DOCUMENT), error(404, "MANIFEST_UNKNOWN", "no"), "is not there"),
            ("another digest of a part", UPLOADS + "u1", status(201, Docker_Content_Digest=digest(b"x")), "says that what it took"),
            ("another digest of the manifest", "/manifests/t", status(201, Docker_Content_Digest=digest(b"x")), "says that what it took"),
            ("another size of a part", "/blobs/sha256", body(b"x"), "is said to have 1 bytes"),
            ("escapes in its words", UPLOADS, error(400, "X", "\x1b]0;x\x07"), "400 X: "),
            ("a login again and again", UPLOADS, status(401, WWW_Authenticate='Basic realm="x"'), "login that is kept"),
            ("a login of no kind that there is", UPLOADS, status(401, WWW_Authenticate="Negotiate"), "neither Basic nor Bearer")]:
        r = Registry()
        r.on(part, answer)
        said, lines = push(r, [CONFIG, DOCUMENT], with_={"user": "me", "password": "secret"})
        refused(what, said, words)
        check("%s: nothing raw" % what, "\x1b" not in json.dumps(lines, ensure_ascii=False), said)
        r.close()
    r = Registry()
    r.on(UPLOADS + "u1", lambda handler: (handler.take(), body(b"y" * 200_000)(handler)))
    refused("one that goes on talking", push(r, [CONFIG], None)[0], "more than a registry does")
    r.close()


def logins():
    r = Registry()
    r.user = "me:pass"
    refused("nobody", push(r, [], None)[0], "from one who is not signed in")
    refused("a wrong password", push(r, [], None, with_={"user": "me", "password": "x"})[0], "login that is kept")
    answer, _ = push(r, with_={"user": "me", "password": "pass"})
    check("Basic", is_there(r), answer)
    r.close()

    r = Registry()
    r.token_server("me:pass", "token1")
    answer, _ = push(r, mount_from="test/base", with_={"user": "me", "password": "pass"})
    scopes = [path for path in r.seen("/token") if "scope=repository:test%2Fx:pull,push&scope=repository:test%2Fbase:pull" in path]
    check("a token to push, and to take from the other repository", is_there(r) and scopes, answer, r.seen("/token"))
    check("asked for once", len(r.seen("/token")) == 1, r.seen("/token"))
    r.close()

    # Another origin gets the bytes, as the registry wants it, and no login.
    r, other = Registry(), Registry()
    r.user = "me:pass"
    taken = []

    def take(handler):
        taken.append(handler.take())
        handler.reply(201, b"", {})

    def elsewhere(handler):
        expected = "Basic " + base64.b64encode(b"me:pass").decode()
        if handler.headers.get("Authorization") != expected:
            return status(401, WWW_Authenticate='Basic realm="x"')(handler)
        return status(202, Location="http://%s/put?signed=1" % other.host)(handler)
    r.on("/uploads/", elsewhere)
    other.on("/put", take)
    answer, _ = push(r, [CONFIG], None, with_={"user": "me", "password": "pass"})
    check("a Location at another origin gets the bytes", taken == [CONFIG] and answer["result"]["sent"] == len(CONFIG), answer)
    check("and no login", not other.authorizations(), other.requests)
    other.on("/put", status(401, WWW_Authenticate='Basic realm="x"'))
    refused("not if it asks for one either", push(r, [CONFIG], None, with_={"user": "me", "password": "pass"})[0],
            "wants a login of its own")
    check("there is none", not other.authorizations(), other.requests)
    r.close()
    other.close()


def places():
    from docker_registry import certificate
    key, crt = certificate(WORK, "pushed")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(crt, key)
    r, plain = Registry(tls=context), Registry()
    refused("a certificate that nobody knows", push(r)[0], "not trusted")
    answer, _ = push(r, ca=crt)
    check("one that is named", is_there(r), answer)
    r.on(UPLOADS, status(202, Location="http://%s/x" % plain.host))
    refused("from https to http", push(r, [b"secret part"], None, ca=crt)[0], "from https to http")
    check("nothing goes there", not plain.requests, plain.requests)
    r.close()
    plain.close()
    proxy = Registry()
    there = {"url": "http://registry.invalid", "name": "registry.invalid"}
    proxy.on(UPLOADS, status(202, Location="http://169.254.169.254/x"))
    refused("to a cloud's metadata", push(proxy, [CONFIG], None, endpoints=[there], http_proxy="http://" + proxy.host)[0],
            "not on the internet")
    proxy.close()


if __name__ == "__main__":
    sys.path.append("tests/oci")
    run(uploads, passing_failures, refusals, logins, places)
