"""Images made by umoci, put by skopeo into Debian's docker-registry, and pulled by pyro. A scene of oci.sh."""
import gzip
import hashlib
import json
import os
import subprocess
import sys

sys.path[:0] = ["tests", "tests/vm", "tests/oci"]
from docker_registry import PASSWORD, DockerRegistry
from pull_image import APPLETS, check, failed, pyro

WORK = os.environ["TEST_DIR"]
AUTH = WORK + "/skopeo.json"


def tool(*words, **more):
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=WORK, **more)
    check(" ".join(words[:2]), done.returncode == 0, words, done.stderr)
    return done.stdout


def image():
    """An image of two layers in the layout WORK/layout, by umoci; the scenes share it."""
    if os.path.exists(WORK + "/layout"):
        return
    root = WORK + "/root/bin"
    os.makedirs(root)
    tool("cp", "/bin/busybox", root + "/busybox")
    for name in APPLETS:
        os.symlink("busybox", root + "/" + name)
    with open(WORK + "/mark", "w") as file:
        file.write("by umoci")
    tool("umoci", "init", "--layout", "layout")
    tool("umoci", "new", "--image", "layout:t")
    tool("umoci", "insert", "--rootless", "--image", "layout:t", "root/bin", "/bin")
    tool("umoci", "insert", "--rootless", "--image", "layout:t", "mark", "/mark")
    tool("umoci", "config", "--image", "layout:t", "--config.env", "GREETING=good morning", "--config.cmd", "/bin/sh")


def put(registry, name, *more, layout="layout"):
    """By skopeo, as "me" where somebody is asked for; returns the digest that it has there."""
    trust = ["--dest-cert-dir", os.path.dirname(registry.ca)] if registry.ca else ["--dest-tls-verify=false"]
    tool("skopeo", "copy", "--quiet", *trust, *more, "--digestfile", "digest", "oci:%s:t" % layout,
         "docker://%s/%s" % (registry.host, name))
    with open(WORK + "/digest") as file:
        return file.read()


def as_zstd():
    """The layout WORK/zstd: umoci's image with its layers compressed by zstd, which umoci 0.4.7 cannot do itself."""
    def path(descriptor):
        return "%s/zstd/blobs/%s" % (WORK, descriptor["digest"].replace(":", "/"))

    def change(descriptor, data, **more):
        os.unlink(path(descriptor))
        descriptor.update({"digest": "sha256:" + hashlib.sha256(data).hexdigest(), "size": len(data), **more})
        with open(path(descriptor), "wb") as file:
            file.write(data)
    tool("cp", "-a", "layout", "zstd")
    with open(WORK + "/zstd/index.json") as file:
        index = json.load(file)
    with open(path(index["manifests"][0])) as file:
        manifest = json.load(file)
    for layer in manifest["layers"]:
        with gzip.open(path(layer)) as file:
            data = subprocess.run(["zstd", "-qc"], input=file.read(), stdout=subprocess.PIPE, check=True).stdout
        change(layer, data, mediaType="application/vnd.oci.image.layer.v1.tar+zstd")
    change(index["manifests"][0], json.dumps(manifest).encode())
    with open(WORK + "/zstd/index.json", "w") as file:
        json.dump(index, file)


def is_pulled(what, reference, name, *more):
    done = pyro("env", "pull", reference, "--json", *more)
    check("%s: pulled" % what, done.returncode == 0, done.stderr)
    answer = done.answer or {}
    check("%s: its digest is skopeo's" % what, answer.get("reference_digest") == name, answer, name)
    check("%s: its configuration is umoci's" % what,
          "GREETING=good morning" in ((answer.get("config") or {}).get("env") or []), answer)
    done = pyro("run", reference, "--", "cat", "/mark")
    check("%s: a machine of it" % what, done.stdout == "by umoci", done.stderr)


def sign_in(registry, *more):
    return subprocess.run([os.environ["PYRO"], "login", registry.host, "--username", "me", *more], input=PASSWORD,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def plain():
    image()
    r = DockerRegistry(WORK + "/plain", "plain")
    is_pulled("OCI", r.host + "/test/oci:t", put(r, "test/oci:t"))
    is_pulled("Docker, schema 2", r.host + "/test/docker:t", put(r, "test/docker:t", "--format", "v2s2"))
    as_zstd()
    is_pulled("OCI, zstd", r.host + "/test/zstd:t", put(r, "test/zstd:t", layout="zstd"))
    failed("what is not there", pyro("env", "pull", r.host + "/test/none:t"), "MANIFEST_UNKNOWN")
    r.close()
    check("without its registry it works", pyro("run", r.host + "/test/oci:t", "--", "cat", "/mark").stdout == "by umoci")
    failed("and nothing else is had", pyro("env", "pull", r.host + "/test/other:t"), "cannot connect")


def private(kind):
    image()
    r = DockerRegistry(WORK + "/" + kind, kind)
    reference = r.host + "/team/x:t"
    name = put(r, "team/x:t", "--dest-creds", "me:" + PASSWORD)
    failed("nobody", pyro("env", "pull", reference), "not signed in")
    done = subprocess.run([os.environ["PYRO"], "login", r.host, "--username", "me"], input="wrong", stderr=subprocess.PIPE,
                          stdout=subprocess.PIPE, text=True)
    failed("a wrong password", done, "does not take this user name and password")
    done = sign_in(r)
    check("login", done.returncode == 0, done.stderr)
    is_pulled(kind, reference, name)
    kept = os.environ["XDG_CONFIG_HOME"] + "/containers/auth.json"
    seen = json.loads(tool("skopeo", "inspect", "--authfile", kept, "--tls-verify=false", "docker://" + reference))
    check("skopeo takes the login that pyro keeps", seen["Digest"] == name, seen)
    check("logout", pyro("logout", r.host).returncode == 0)
    pyro("env", "remove", reference)
    failed("then it is nobody again", pyro("env", "pull", reference), "not signed in")
    tool("skopeo", "login", "--authfile", AUTH, "--tls-verify=false", "--username", "me", "--password-stdin", r.host,
         input=PASSWORD)
    done = pyro("env", "pull", reference, env={**os.environ, "REGISTRY_AUTH_FILE": AUTH})
    check("pyro takes the login that skopeo keeps", done.returncode == 0, done.stderr)
    r.close()


def basic():
    private("basic")


def bearer():
    private("bearer")


def tls():
    image()
    r = DockerRegistry(WORK + "/tls", "tls")
    name = put(r, "test/x:t")
    failed("an authority that nobody knows", pyro("env", "pull", r.host + "/test/x:t"), "is not trusted")
    is_pulled("one that is named", r.host + "/test/x:t", name, "--ca-file", r.ca)
    done = sign_in(r, "--ca-file", r.ca)
    check("login: a registry that asks nobody", done.returncode == 0 and "not tried" in done.stderr, done.stderr)
    r.close()


if __name__ == "__main__":
    globals()[sys.argv[1]]()
