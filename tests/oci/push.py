"""What was changed in a workspace of an image, pushed as one layer on those of the image. A scene of push.sh."""
import json
import os
import shutil
import subprocess
import sys

sys.path[:0] = ["tests", "tests/vm", "tests/oci"]
from docker_registry import DockerRegistry
from export import differences, listing, validate
from oci import WORK, image, put, sign_in, tool
from pull_image import check, failed, pyro

CHANGES = """set -e
echo added >/added; ln /added /added-too; mkdir -p /new/deep/er; echo x >/new/deep/er/x
rm /gone /gone-too; rm -r /dir-gone
rm /becomes-dir; mkdir /becomes-dir; echo in >/becomes-dir/in
rm -r /becomes-file; echo file >/becomes-file
ln /linked-one /linked-three; mv /moved /moved-here
echo more >>/grows; chmod 4711 /mode; chown 7:8 /owner; touch -d @1234567890 /time
cp -p /same /copy && mv /copy /same
mknod /device c 7 9; mkfifo /fifo; ln -sf /elsewhere /link; chmod 1777 /dir-mode
echo 'quote " and é' >'/name with "é'
"""


def layered_image():
    """The image of oci.py, and a layer with what is to be changed; the scenes share it."""
    image()
    if os.path.exists(WORK + "/lower"):
        return
    for name in ["dir-gone/deep", "becomes-file/a", "moved/in", "dir-mode", "kept"]:
        os.makedirs(WORK + "/lower/" + name)
    for name in ["gone", "gone-too", "dir-gone/deep/file", "becomes-dir", "becomes-file/a/b", "linked-one", "moved/in/file",
                 "moved/linked", "grows", "mode", "owner", "time", "same", "kept/file"]:
        with open(WORK + "/lower/" + name, "w") as file:
            file.write(name)
    os.link(WORK + "/lower/linked-one", WORK + "/lower/linked-two")
    os.link(WORK + "/lower/moved/linked", WORK + "/lower/moved-linked")
    os.symlink("/before", WORK + "/lower/link")
    os.mkdir(WORK + "/lower/bin")
    for name in ["mkdir", "rm", "ln", "mv", "chmod", "chown", "touch", "cp", "mknod", "mkfifo"]:
        os.symlink("busybox", WORK + "/lower/bin/" + name)
    tool("tar", "-C", "lower", "-cf", "lower.tar", ".")
    tool("umoci", "raw", "add-layer", "--image", "layout:t", "lower.tar")


def answer_of(done):
    return json.loads(done.stdout) if done.stdout else {}


def committed(registry):
    """What is pushed: `b`, made of a workspace of the registry's test/a:t."""
    layered_image()
    put(registry, "test/a:t")
    done = pyro("workspace", "create", registry.host + "/test/a:t", "--name", "w")
    check("a workspace of the image", done.returncode == 0, done.stderr)
    done = pyro("workspace", "exec", "w", "--", "sh", "-c", CHANGES)
    check("is changed", done.returncode == 0, done.stderr)
    done = pyro("workspace", "commit", "w", "b")
    check("and committed", done.returncode == 0, done.stderr)
    pyro("workspace", "delete", "w")


def trust(registry):
    return ["--src-cert-dir", os.path.dirname(registry.ca)] if registry.ca else ["--src-tls-verify=false"]


def tree_of_push(registry, name, at):
    tool("skopeo", "copy", "--quiet", "--insecure-policy", *trust(registry), "docker://%s/%s" % (registry.host, name),
         "oci:%s:t" % at)
    tool("umoci", "raw", "unpack", "--image", at + ":t", at + "-tree")
    return listing("%s/%s-tree" % (WORK, at))


def tree_of_export(name, at):
    done = pyro("env", "export", name, "--output", "%s/%s.tar" % (WORK, at))
    check("%s: exported" % at, done.returncode == 0, done.stderr)
    tool("skopeo", "copy", "--quiet", "--insecure-policy", "oci-archive:%s.tar" % at, "oci:%s:t" % at)
    tool("umoci", "raw", "unpack", "--image", at + ":t", at + "-tree")
    return listing("%s/%s-tree" % (WORK, at))


def made(tree):
    """Without what every root needs: an image may lack it, and a pull makes it."""
    needed = [b"proc", b"sys", b"dev", b"run", b"tmp", b"workspace", b"etc"]
    return {name: entry for name, entry in tree.items() if name not in needed}


def is_same(what, one, other):
    different = differences(made(one), made(other))
    check("%s: %d entries" % (what, len(one)), not different and len(one) > 40, *different[:9])


def elsewhere():
    """Another user's host: nothing is installed there."""
    os.environ["XDG_CACHE_HOME"], before = WORK + "/elsewhere", os.environ["XDG_CACHE_HOME"]
    if not os.path.exists(WORK + "/elsewhere"):
        os.makedirs(WORK + "/elsewhere/pyro")
        shutil.copytree(before + "/pyro/boot", WORK + "/elsewhere/pyro/boot", symlinks=True)
    return before


def layered():
    r = DockerRegistry(WORK + "/layered", "plain")
    committed(r)
    done = pyro("env", "push", "b", r.host + "/test/b:1", "--json")
    answer = answer_of(done)
    check("pushed on the layers of its image", done.returncode == 0 and answer.get("base_layer_count") == 3 and
          answer["layer_count"] == 4, done.stderr, answer)
    a, b = (json.loads(tool("skopeo", "inspect", "--tls-verify=false", "docker://%s/test/%s" % (r.host, name)))
            for name in ("a:t", "b:1"))
    check("skopeo has the digest that was said", b["Digest"] == answer["digest"], b, answer)
    check("and the layers of the image first", b["Layers"][:3] == a["Layers"], a, b)
    check("those were taken from its repository", answer["sent_bytes"] < 100_000, answer)
    whole, pushed = tree_of_export("b", "whole-b"), tree_of_push(r, "test/b:1", "pushed-b")
    is_same("the tree is that of the whole", whole, pushed)
    check("what is gone is gone", not [n for n in (b"gone", b"gone-too", b"dir-gone", b"becomes-file/a") if n in pushed])
    check("and what it had is as it was", pushed.get(b"kept/file", [None] * 7)[6] == b"kept/file")
    with open(WORK + "/pushed-b/index.json") as file:
        text = file.read()
    check("its configuration says what the image's does", "GREETING=good morning" in b["Env"], b, text)
    validate(WORK + "/pushed-b")
    again = answer_of(pyro("env", "push", "b", r.host + "/test/b:2", "--json"))
    check("again, nothing is sent but what it lacks", again.get("digest") == answer["digest"] and again["sent_bytes"] == 0, again)
    again = answer_of(pyro("env", "push", "b", "%s/test/b@%s" % (r.host, answer["digest"]), "--json"))
    check("by the digest that it has", again.get("digest") == answer["digest"], again)
    done = pyro("env", "push", "b", "%s/test/b@%s" % (r.host, "sha256:" + "0" * 64), "--json")
    check("by another digest: refused", answer_of(done).get("error", {}).get("code") == "invalid_argument", done.stdout)
    before = elsewhere()
    done = pyro("run", r.host + "/test/b:1", "--", "cat", "/added-too", "/becomes-dir/in")
    check("elsewhere it runs", done.stdout == "added\nin\n", done.stdout, done.stderr)
    is_same("and the tree is the same there", whole, tree_of_export(r.host + "/test/b:1", "elsewhere-b"))
    os.environ["XDG_CACHE_HOME"] = before
    r.close()


def moved():
    """To a registry that has nothing of it, with the layers below in three places: here, where they were, and nowhere."""
    first, second = (DockerRegistry(WORK + "/" + name, "plain") for name in ("first", "second"))
    blobs = os.environ["XDG_CACHE_HOME"] + "/pyro/blobs"
    pyro("env", "remove", "b")
    committed(first)
    whole = tree_of_export("b", "whole-moved")

    def is_pushed(what, name, layers):
        done = pyro("env", "push", "b", "%s/%s" % (second.host, name), "--json")
        check("%s: pushed" % what, done.returncode == 0 and answer_of(done)["layer_count"] == layers, done.stdout, done.stderr)
        is_same(what, whole, tree_of_push(second, name, name.replace(":", "-")))
        return done
    is_pushed("layers that are here", "here:1", 4)
    # What a new registry has, as one that has lost all would.
    second.close()
    shutil.rmtree(blobs)
    second = DockerRegistry(WORK + "/third", "plain")
    is_pushed("layers that are fetched again", "fetched:1", 4)
    second.close()
    first.close()
    shutil.rmtree(blobs)
    second = DockerRegistry(WORK + "/fourth", "plain")
    done = is_pushed("layers that cannot be had", "one:1", 1)
    check("that is said", "are no longer available" in done.stderr, done.stderr)
    second.close()


def whole():
    r = DockerRegistry(WORK + "/whole", "plain")
    done = pyro("env", "pull", "debian:12-base")
    done = pyro("env", "push", "debian:12-base", r.host + "/base:12", "--json")
    answer = answer_of(done)
    check("from packages: one layer", done.returncode == 0 and answer.get("layer_count") == 1 and
          answer["base_layer_count"] == 0, done.stdout, done.stderr)
    is_same("its tree", tree_of_export("debian:12-base", "whole-base"), tree_of_push(r, "base:12", "pushed-base"))
    layered_image()
    put(r, "test/a:t")
    pyro("env", "pull", r.host + "/test/a:t")
    answer = answer_of(pyro("env", "push", r.host + "/test/a:t", r.host + "/test/c:t", "--json"))
    check("an image that nothing was changed in: its own layers", answer.get("layer_count") == 3 and
          answer["entry_count"] == 0, answer)
    is_same("its tree", tree_of_push(r, "test/a:t", "a"), tree_of_push(r, "test/c:t", "c"))
    failed("what is not installed", pyro("env", "push", "none", r.host + "/x:1"), "no environment")
    failed("what is not a reference", pyro("env", "push", "debian:12-base", "UPPER"), "is not a reference")
    r.close()


def private(kind):
    layered_image()
    r = DockerRegistry(WORK + "/" + kind, kind)
    source = DockerRegistry(WORK + "/source-" + kind, "plain")
    put(source, "test/a:t")
    reference = source.host + "/test/a:t"
    done = pyro("env", "pull", reference)
    check("%s: an image" % kind, done.returncode == 0, done.stderr)
    failed("nobody", pyro("env", "push", reference, r.host + "/team/x:1"), "not signed in")
    check("login", sign_in(r).returncode == 0)
    answer = answer_of(pyro("env", "push", reference, r.host + "/team/x:1", "--json"))
    check("pushed", answer.get("layer_count") == 3 and answer["sent_bytes"] > 0, answer)
    answer = answer_of(pyro("env", "push", reference, r.host + "/team/y:1", "--json"))
    check("into another repository too", answer.get("layer_count") == 3, answer)
    done = pyro("run", r.host + "/team/x:1", "--", "cat", "/mark")
    check("pulled again", done.stdout == "by umoci", done.stderr)
    pyro("workspace", "create", r.host + "/team/x:1", "--name", "p")
    pyro("workspace", "exec", "p", "--", "sh", "-c", "echo changed >/changed")
    pyro("workspace", "commit", "p", kind)
    pyro("workspace", "delete", "p")
    answer = answer_of(pyro("env", "push", kind, r.host + "/team/z:1", "--json"))
    check("on layers of another of its repositories", answer.get("layer_count") == 4 and answer["sent_bytes"] < 100_000, answer)
    pyro("logout", r.host)
    failed("then it is nobody again", pyro("env", "push", reference, r.host + "/team/x:2"), "not signed in")
    r.close()
    source.close()


def basic():
    private("basic")


def bearer():
    private("bearer")


def tls():
    r = DockerRegistry(WORK + "/tls", "tls")
    failed("an authority that nobody knows", pyro("env", "push", "debian:12-base", r.host + "/x:1"), "is not trusted")
    done = pyro("env", "push", "debian:12-base", r.host + "/x:1", "--ca-file", r.ca, "--json")
    check("one that is named", done.returncode == 0, done.stderr)
    tree = tree_of_push(r, "x:1", "tls")
    check("it is there", b"usr/bin/env" in tree)
    r.close()


if __name__ == "__main__":
    globals()[sys.argv[1]]()
