"""Environments pushed to a registry of the test's own (tests/registry.py). A scene of push.sh."""
import gzip
import io
import json
import os
import signal
import subprocess
import sys
import tarfile
import threading

sys.path[:0] = ["tests", "tests/vm"]
from pull_image import CACHE, PYRO, blob_files, busybox, check, failed, pyro, tar_of
from registry import Registry, digest, error, status

CHANGES = """set -e
b=/bin/busybox
echo added >/added; $b rm /gone; $b rm -r /d/gone; $b rm /becomes-d; $b mkdir /becomes-d; echo in >/becomes-d/in
$b rm -r /becomes-f; echo f >/becomes-f; $b mv /moved /here; $b ln /linked /linked-3; echo more >>/grows; $b chmod 4711 /mode
"""
BEFORE = {"gone": b"1", "d/gone/x": b"2", "d/kept": b"3", "becomes-d": b"4", "becomes-f/x": b"5", "moved/in": b"6", "grows": b"7",
          "mode": b"8"}


def lower():
    """One with a file of two names, one of which is in a directory that moves."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name in ["linked-2", "moved/linked", "linked"]:
            info = tarfile.TarInfo(name)
            if name == "moved/linked":
                info.type, info.linkname = tarfile.LNKTYPE, "linked-2"
            tar.addfile(info)
    return out.getvalue()


def made_of(registry, name, script=CHANGES):
    """An environment of that name, made of a workspace in which the script ran."""
    registry.image("test/a", "t", [busybox(), tar_of(BEFORE), lower()])
    done = pyro("workspace", "create", registry.host + "/test/a:t", "--name", "w")
    check("a workspace", done.returncode == 0, done.stderr)
    done = pyro("workspace", "exec", "w", "--", "sh", "-c", script)
    check("is changed", done.returncode == 0, done.stderr)
    done = pyro("workspace", "commit", "w", name)
    check("and committed", done.returncode == 0, done.stderr)
    pyro("workspace", "delete", "w")


def entries_of(registry, name, tag):
    """The manifest, and what its last layer has: {name: member}."""
    manifest = json.loads(registry.content("/v2/%s/manifests/%s" % (name, tag))[0])
    data = registry.content("/v2/%s/blobs/%s" % (name, manifest["layers"][-1]["digest"]))[0]
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(data))) as tar:
        return manifest, {one.name: one for one in tar.getmembers()}


def layer():
    r = Registry()
    made_of(r, "b")
    done = pyro("env", "push", "b", r.host + "/test/b:1", "--json")
    check("push", done.returncode == 0, done.stderr)
    manifest, has = entries_of(r, "test/b", "1")
    below = json.loads(r.content("/v2/test/a/manifests/t")[0])["layers"]
    check("the layers below are the image's", [one["digest"] for one in manifest["layers"][:-1]] == [one["digest"] for one in below])
    check("said is what there is", (done.answer["layer_count"], done.answer["base_layer_count"], done.answer["entry_count"]) ==
          (4, 3, len(has)), done.answer, sorted(has))
    gone = {name for name in has if ".wh." in name}
    check("what is gone, each once", gone >= {".wh.gone", "d/.wh.gone", ".wh.moved"} and
          not [one for one in gone if one.startswith("d/gone") or "becomes" in one], sorted(gone))
    check("what is new", {"added", "becomes-d", "becomes-d/in", "becomes-f", "here", "here/in", "grows", "mode"} <= set(has), sorted(has))
    check("what is as it was is not there", not {"d/kept", "bin/busybox", "bin/sh"} & set(has), sorted(has))
    check("all names of a file that has a new one", has["linked"].isreg() and has["linked-3"].linkname == "linked", sorted(has))
    first, second = has["here/linked"], has["linked-2"]
    check("and of one whose directory has moved", {first.type, second.type} == {tarfile.REGTYPE, tarfile.LNKTYPE}, first, second)
    check("modes", has["mode"].mode == 0o4711, has["mode"].mode)
    done = pyro("env", "pull", r.host + "/test/b:1")
    check("it is pulled", done.returncode == 0, done.stderr)
    done = pyro("run", r.host + "/test/b:1", "--", "cat", "/added", "/becomes-d/in", "/d/kept", "/here/in")
    check("and is what was pushed", done.stdout == "added\nin\n36", done.stdout, done.stderr)
    r.close()


def refused():
    r = Registry()
    r.on("/test/no/blobs/uploads/", error(403, "DENIED", "not you"))
    done = pyro("env", "push", "b", r.host + "/test/no:1", "--json")
    check("a registry that refuses", done.answer["error"]["code"] == "push_failed" and "403 DENIED" in done.answer["error"]["message"],
          done.stdout)
    r.on("/test/full/blobs/uploads/u1", error(413, "SIZE_INVALID", "no"))
    done = pyro("env", "push", "b", r.host + "/test/full:1", "--json")
    check("one that it is too large for", "too large" in done.answer["error"]["message"] and done.answer["error"]["hint"], done.stdout)
    check("nothing has the tag", not r.content("/v2/test/full/manifests/1"))
    r.on("/test/lies/manifests/1", error(404, "MANIFEST_UNKNOWN", "no"), status(201, Docker_Content_Digest=digest(b"x")))
    failed("one that has taken something else", pyro("env", "push", "b", r.host + "/test/lies:1"), "says that what it took")
    done = pyro("env", "push", "b", "127.0.0.1:1/x:1", "--json")
    check("one that is not there", done.answer["error"]["code"] == "push_failed", done.stdout)
    failed("a name that is none", pyro("env", "push", "b", r.host + "/UPPER"), "is not a reference")
    source = Registry()
    made_of(source, "wh", "echo x >/d/.wh.kept")
    done = pyro("env", "push", "wh", r.host + "/test/wh:1")
    failed("a file that a reader would take for a whiteout", done, "'d/.wh.kept': in an image such a name says")
    failed("which no export has either", pyro("env", "export", "wh", "--output", os.environ["TEST_DIR"] + "/wh.tar"), "such a name says")
    source.close()
    r.close()


def killed():
    r, here, on = Registry(), threading.Event(), threading.Event()

    def hold(handler):
        here.set()
        on.wait()
        handler.close_connection = True
    r.on("/test/k/blobs/uploads/u1", hold)
    before = sorted(os.listdir(CACHE + "blobs")), sorted(os.listdir(CACHE + "environments"))
    process = subprocess.Popen([PYRO, "env", "push", "b", r.host + "/test/k:1"], stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    here.wait(600)
    process.send_signal(signal.SIGKILL)
    process.wait()
    check("killed on the way it leaves nothing", (sorted(os.listdir(CACHE + "blobs")), sorted(os.listdir(CACHE + "environments"))) ==
          before and not blob_files()[1], before)
    check("the tag is not there", not r.content("/v2/test/k/manifests/1"))
    on.set()
    r.rules.clear()
    done = pyro("env", "push", "b", r.host + "/test/k:1")
    check("the next push does it all", done.returncode == 0 and r.content("/v2/test/k/manifests/1"), done.stderr)
    r.close()


if __name__ == "__main__":
    globals()[sys.argv[1]]()
