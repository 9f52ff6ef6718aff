"""Debian's docker-registry for tests, and a token server for it.

    r = DockerRegistry(directory, "plain" | "basic" | "bearer" | "tls")     r.host; r.ca is the authority's file of "tls"

"basic" and "bearer" want "me" with the password PASSWORD.
"""
import base64
import http.server
import json
import os
import shutil
import socket
import subprocess
import threading
import time
import urllib.parse
import uuid

PASSWORD = "se:cret word"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def certificate(directory, name):
    """A key, and a certificate for 127.0.0.1 that signs itself."""
    key, crt = "%s/%s.key" % (directory, name), "%s/%s.crt" % (directory, name)
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", crt, "-days", "2",
                    "-subj", "/CN=" + name, "-addext", "subjectAltName=IP:127.0.0.1"], check=True, stderr=subprocess.DEVNULL)
    return key, crt


def url64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class TokenServer:
    """Gives tokens for what they may have: all to "me", nothing to others."""

    def __init__(self, directory):
        self.key, self.crt = certificate(directory, "tokens")
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                asked = urllib.parse.parse_qs(urllib.parse.urlparse(self.path).query)
                user = base64.b64decode(self.headers.get("Authorization", "Basic ")[6:]).decode()
                if user and user != "me:" + PASSWORD:
                    return self.send_error(401)
                body = json.dumps({"token": server.token(asked, user), "expires_in": 300}).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass
        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.url = "http://127.0.0.1:%d/token" % self.http.server_address[1]
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def token(self, asked, user):
        with open(self.crt) as file:
            x5c = "".join(file.read().split("-----")[2].split())
        access = []
        for scope in asked.get("scope", []):
            kind, rest = scope.split(":", 1)
            name, actions = rest.rsplit(":", 1)
            access.append({"type": kind, "name": name, "actions": actions.split(",") if user else []})
        now = int(time.time())
        claims = {"iss": "test", "sub": user.split(":")[0], "aud": asked["service"][0], "exp": now + 300, "nbf": now - 60,
                  "iat": now, "jti": str(uuid.uuid4()), "access": access}
        text = ".".join(url64(json.dumps(one).encode()) for one in [{"typ": "JWT", "alg": "RS256", "x5c": [x5c]}, claims])
        signature = subprocess.run(["openssl", "dgst", "-sha256", "-sign", self.key], input=text.encode(), check=True,
                                   stdout=subprocess.PIPE).stdout
        return text + "." + url64(signature)


class DockerRegistry:
    def __init__(self, directory, kind):
        os.makedirs(directory)
        self.host, self.ca = "127.0.0.1:%d" % free_port(), None
        config = {"version": "0.1", "log": {"level": "error"}, "storage": {"filesystem": {"rootdirectory": directory + "/data"}},
                  "http": {"addr": self.host}}
        if kind == "basic":
            with open(directory + "/users", "w") as file:
                subprocess.run(["htpasswd", "-nbB", "me", PASSWORD], check=True, stdout=file)
            config["auth"] = {"htpasswd": {"realm": "basic", "path": directory + "/users"}}
        if kind == "bearer":
            tokens = TokenServer(directory)
            config["auth"] = {"token": {"realm": tokens.url, "service": "pyro test", "issuer": "test",
                                        "rootcertbundle": tokens.crt}}
        if kind == "tls":
            key, crt = certificate(directory, "registry")
            os.mkdir(directory + "/trust")  # skopeo takes a directory of authorities, and there no key
            self.ca = shutil.copy(crt, directory + "/trust/")
            config["http"]["tls"] = {"certificate": crt, "key": key}
        with open(directory + "/config.yml", "w") as file:
            json.dump(config, file)  # which is YAML too
        self.log = open(directory + "/log", "w")
        self.process = subprocess.Popen(["docker-registry", "serve", directory + "/config.yml"], stdout=self.log,
                                        stderr=self.log)
        self.wait()

    def wait(self):
        address = self.host.split(":")
        while self.process.poll() is None:
            try:
                socket.create_connection((address[0], int(address[1])), 60).close()
                return
            except ConnectionRefusedError:
                time.sleep(0.05)  # between two looks
        raise RuntimeError("docker-registry ended")

    def close(self):
        self.process.terminate()
        self.process.wait()
