"""A registry that misbehaves as it is told, and a token server, for tests: all of it in this process, on a port of its own.

    r = Registry()                  it listens on r.host, "127.0.0.1:PORT"
    r.image(name, tag, layers)      puts an image there: layers are bytes; returns its manifest's digest
    r.on(path_part, *answers)       the next requests whose path has the part get these instead; the last one stays
    r.requests                      what came: (method, path, headers)
An answer is a function of the handler; here are some: status(), redirect(), cut(), stall(), body().
"""
import base64
import hashlib
import http.server
import json
import threading
import urllib.parse

OCI = "application/vnd.oci.image."
MANIFEST, INDEX, CONFIG = OCI + "manifest.v1+json", OCI + "index.v1+json", OCI + "config.v1+json"
BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json"
LAYER = OCI + "layer.v1.tar"


def digest(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def descriptor(data, media_type, **more):
    return {"mediaType": media_type, "digest": digest(data), "size": len(data), **more}


def status(code, text="", **headers):
    def answer(handler):
        handler.reply(code, text.encode(), {name.replace("_", "-"): value for name, value in headers.items()})
    return answer


def error(code, name, message, **headers):
    return status(code, json.dumps({"errors": [{"code": name, "message": message}]}), **headers)


def redirect(to, code=307):
    return status(code, Location=to)


def body(data, **headers):
    def answer(handler):
        handler.reply(200, data, {name.replace("_", "-"): value for name, value in headers.items()})
    return answer


def cut(after, says=None):
    """The first bytes of what would be the answer, and then the end of the connection."""
    def answer(handler):
        data, media_type = handler.server.registry.content(handler.path)
        start = handler.range_start()
        handler.send_response(206 if start else 200)
        handler.send_header("Content-Type", media_type)
        if start:
            handler.send_header("Content-Range", "bytes %d-%d/%d" % (start, len(data) - 1, len(data)))
        handler.send_header("Content-Length", str(says if says is not None else len(data) - start))
        handler.end_headers()
        handler.wfile.write(data[start:start + after])
        handler.close_connection = True
    return answer


def stall(after, event):
    """The first bytes, and then nothing until the event."""
    def answer(handler):
        data, media_type = handler.server.registry.content(handler.path)
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data[:after])
        handler.wfile.flush()
        event.wait()
        handler.close_connection = True
    return answer


def right(handler):
    handler.right()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def reply(self, code, data, headers):
        self.send_response(code)
        if not any(name.lower() == "content-length" for name in headers):
            self.send_header("Content-Length", str(len(data)))
        for name, value in headers.items():
            for one in value if isinstance(value, list) else [value]:
                self.send_header(name, one)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def range_start(self):
        asked = self.headers.get("Range")
        return int(asked[6:].split("-")[0]) if asked else 0

    def upload(self):
        """Begins one, or takes one from the repository that has it; or puts what comes."""
        registry, path = self.server.registry, urllib.parse.urlparse(self.path)
        asked = {key: values[0] for key, values in urllib.parse.parse_qs(path.query).items()}
        name, kind, key = path.path[len("/v2/"):].replace("/blobs/uploads/", "/uploads/").rsplit("/", 2)
        if self.command == "POST":
            found = registry.content("/v2/%s/blobs/%s" % (asked.get("from"), asked.get("mount")))
            if found:
                registry.put(name, "blobs", asked["mount"], found[0])
                return self.reply(201, b"", {"Location": "/v2/%s/blobs/%s" % (name, asked["mount"])})
            return self.reply(202, b"", {"Location": "/v2/%s/blobs/uploads/u1?state=a%%2Fb" % name})
        data = self.take()
        if kind == "manifests":
            registry.document(name, key, data, self.headers["Content-Type"])
        elif digest(data) != asked["digest"]:
            return error(400, "DIGEST_INVALID", "it has another digest")(self)
        else:
            registry.put(name, "blobs", digest(data), data)
        return self.reply(201, b"", {"Docker-Content-Digest": digest(data)})

    def right(self):
        if self.command in ("POST", "PUT") and self.path.startswith("/v2/"):
            return self.upload()
        found = self.server.registry.content(self.path)
        if not found:
            return error(404, "MANIFEST_UNKNOWN", "manifest unknown")(self)
        data, media_type = found
        start = self.range_start()
        headers = {"Content-Type": media_type, "Docker-Content-Digest": digest(data)}
        if start:
            headers["Content-Range"] = "bytes %d-%d/%d" % (start, len(data) - 1, len(data))
        self.reply(206 if start else 200, data[start:], headers)

    def do_GET(self):
        registry = self.server.registry
        with registry.lock:
            registry.requests.append((self.command, self.path, dict(self.headers)))
            answer = registry.answer_for(self)
        answer(self)

    do_HEAD = do_GET

    def do_POST(self):
        length = int(self.headers.get("Content-Length", "0"))
        self.posted = self.rfile.read(length).decode()
        self.do_GET()

    def handle_expect_100(self):
        """What answers a PUT may do so before the body: it says itself when it wants that."""
        return True

    def take(self):
        """The body of a PUT."""
        if self.headers.get("Expect"):
            self.send_response_only(100)
            self.end_headers()
        return self.rfile.read(int(self.headers["Content-Length"]))

    def do_PUT(self):
        self.do_GET()


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        pass  # a client that goes away is what is tested


class Registry:
    def __init__(self, tls=None):
        self.lock = threading.Lock()
        self.contents, self.requests, self.rules = {}, [], []
        self.user = self.token = None
        self.server = Server(("127.0.0.1", 0), Handler)
        self.server.registry = self
        if tls:
            self.server.socket = tls.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_address[1]
        self.host = "127.0.0.1:%d" % self.port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def put(self, name, kind, key, data, media_type="application/octet-stream"):
        self.contents["/v2/%s/%s/%s" % (name, kind, key)] = data, media_type
        return digest(data)

    def document(self, name, tag, document, media_type):
        data = document if isinstance(document, bytes) else json.dumps(document).encode()
        self.put(name, "manifests", digest(data), data, media_type)
        if tag:
            self.put(name, "manifests", tag, data, media_type)
        return data

    def manifest(self, name, layers, architecture="amd64"):
        config = json.dumps({"os": "linux", "architecture": architecture, "config": {},
                             "rootfs": {"type": "layers", "diff_ids": [digest(one) for one in layers]}}).encode()
        for one in [config, *layers]:
            self.put(name, "blobs", digest(one), one)
        return {"schemaVersion": 2, "mediaType": MANIFEST, "config": descriptor(config, CONFIG),
                "layers": [descriptor(one, LAYER) for one in layers]}

    def image(self, name, tag, layers):
        return digest(self.document(name, tag, self.manifest(name, layers), MANIFEST))

    def content(self, path):
        if path == "/v2/":
            return b"{}", "application/json"
        return self.contents.get(urllib.parse.unquote(path.split("?")[0]))

    def on(self, part, *answers):
        self.rules.insert(0, (part, list(answers)))

    def answer_for(self, handler):
        for part, answers in self.rules:
            if part in handler.path:
                return answers.pop(0) if len(answers) > 1 else answers[0]
        authorization = handler.headers.get("Authorization", "")
        if self.user and authorization != "Basic " + base64.b64encode(self.user.encode()).decode():
            return error(401, "UNAUTHORIZED", "who are you", WWW_Authenticate='Basic realm="basic"')
        if self.token and authorization != "Bearer " + self.token[1]:
            return error(401, "UNAUTHORIZED", "no token", WWW_Authenticate='Bearer realm="%s",service="s, t",'
                         'scope="repository:elsewhere:pull,push"' % self.token[0])
        return right

    def signed(self, name, image, sign, layout="tag", about=None, **more):
        """A signature by cosign over the image of that digest: sign(bytes) is the signature. The layout is "tag" (beside
        it), "referrers" (by the API), or "fallback" (an index of them at a tag). `about`: the digest that is signed."""
        about = about or image
        if layout == "tag":
            payload = json.dumps({"critical": {"identity": {"docker-reference": name}, "image": {
                "docker-manifest-digest": about}, "type": more.get("type", "cosign container image signature")},
                "optional": None}).encode()
            layer = descriptor(payload, "application/vnd.dev.cosign.simplesigning.v1+json", annotations={
                "dev.cosignproject.cosign/signature": base64.b64encode(sign(payload)).decode()})
        else:
            statement = json.dumps({"_type": "https://in-toto.io/Statement/v1", "subject": [
                {"digest": {"sha256": about.split(":")[1]}}],
                "predicateType": more.get("type", "https://sigstore.dev/cosign/sign/v1"), "predicate": {}}).encode()
            kind = "application/vnd.in-toto+json"
            signed = sign(b"DSSEv1 %d %s %d %s" % (len(kind), kind.encode(), len(statement), statement))
            payload = json.dumps({"mediaType": BUNDLE, "verificationMaterial": {"publicKey": {"hint": "x"}}, "dsseEnvelope": {
                "payload": base64.b64encode(statement).decode(), "payloadType": kind,
                "signatures": [{"sig": base64.b64encode(signed).decode()}]}}).encode()
            layer = descriptor(payload, BUNDLE)
        self.put(name, "blobs", digest(payload), payload)
        empty = descriptor(b"{}", "application/vnd.oci.empty.v1+json")
        manifest = {"schemaVersion": 2, "mediaType": MANIFEST, "config": empty, "layers": [layer], "artifactType": BUNDLE}
        at = image.replace(":", "-")
        data = self.document(name, at + ".sig" if layout == "tag" else None, manifest, MANIFEST)
        if layout != "tag":
            index = json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": [
                descriptor(b"else", MANIFEST, artifactType="text/plain"),
                descriptor(data, MANIFEST, artifactType=BUNDLE)]}).encode()
            kind, key = ("referrers", image) if layout == "referrers" else ("manifests", at)
            self.put(name, kind, key, index, INDEX)

    def seen(self, part=""):
        return [path for _, path, _ in self.requests if part in path]

    def token_server(self, user, token):
        """One of this registry's own: it gives the token to "USER:PASSWORD", who has to come."""
        self.token = "http://%s/token" % self.host, token
        right_user = "Basic " + base64.b64encode(user.encode()).decode()

        def answer(handler):
            if handler.headers.get("Authorization") != right_user:
                return error(401, "UNAUTHORIZED", "wrong")(handler)
            return body(json.dumps({"token": token, "expires_in": 300}).encode())(handler)
        self.on("/token", answer)

    def authorizations(self):
        return [headers["Authorization"] for _, _, headers in self.requests if "Authorization" in headers]
