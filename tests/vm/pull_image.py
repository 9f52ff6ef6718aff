"""Images pulled from a registry (tests/registry.py), and machines of them. A scene of pull_image.sh."""
import fcntl
import gzip
import io
import json
import os
import subprocess
import sys
import tarfile
import threading
import time

sys.path.insert(0, "tests")
from registry import Registry, body, cut, digest, right, stall, status

PYRO = os.environ["PYRO"]
CACHE = os.environ["XDG_CACHE_HOME"] + "/pyro/"
APPLETS = ["sh", "cat", "ls", "true", "sleep"]


def check(what, ok, *more):
    print("ok %s" % what if ok else "FAILED %s%s" % (what, "".join("\n    %s" % str(one)[:900] for one in more)), flush=True)


def pyro(*words, **more):
    done = subprocess.run([PYRO, *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, **more)
    try:
        done.answer = json.loads(done.stdout)
    except ValueError:
        done.answer = None
    return done


def tar_of(files):
    """A tar of files: text, a program, or a link (a list with its target)."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            if isinstance(content, list):
                info.type, info.linkname = tarfile.SYMTYPE, content[0]
                content = b""
            info.mode, info.size = 0o755, len(content)
            tar.addfile(info, io.BytesIO(content))
    return out.getvalue()


def busybox():
    with open("/bin/busybox", "rb") as file:
        return tar_of({"bin/busybox": file.read(), **{"bin/" + name: ["busybox"] for name in APPLETS}})


def layers(mark):
    return [busybox(), tar_of({"mark": mark.encode(), "noise": os.urandom(2_000_000)})]


def blob_files():
    names = os.listdir(CACHE + "blobs") if os.path.isdir(CACHE + "blobs") else []
    return sorted(names), [name for name in names if name.startswith("part-")]


def failed(what, done, words):
    check("%s: it fails, and says why" % what, done.returncode in (1, 2) and words in done.stderr, done.stderr)


def whole():
    """From a reference to a command in a machine, and what is said of it."""
    r = Registry()
    name = r.image("test/x", "t", layers("one"))
    reference = r.host + "/test/x:t"
    done = pyro("env", "pull", reference, "--json")
    check("pull", done.returncode == 0 and done.answer["name"] == reference, done.stderr)
    check("what served it, and what the tag meant", (done.answer["source"], done.answer["reference_digest"],
          done.answer["digest"]) == ("registry", name, name), done.answer)
    done = pyro("run", reference, "--", "cat", "/mark")
    check("a machine of it", (done.returncode, done.stdout) == (0, "one"), done.stderr)
    r.requests.clear()
    done = pyro("env", "pull", r.host + "/test/x:t")
    check("again: the registry is asked what the tag means, and no more",
          done.returncode == 0 and [m for m, _, _ in r.requests] == ["HEAD"], r.requests, done.stderr)
    other = "%s/test/x@%s" % (r.host, name)
    r.requests.clear()
    done = pyro("workspace", "create", other, "--name", "w", "--json")
    check("a workspace from a reference pulls it first", done.returncode == 0 and done.answer["environment"] == other,
          done.stderr)
    check("and its blobs are there already", not r.seen("/blobs/"), r.seen())
    with open("%s/pyro/workspaces/%s/workspace.json" % (os.environ["XDG_DATA_HOME"], done.answer["workspace_id"])) as file:
        check("its record has the digest", json.load(file)["image_digest"] == name)
    r.requests.clear()
    done = pyro("env", "pull", other)
    check("by its digest there is nothing to ask", done.returncode == 0 and not r.requests, r.requests)
    pyro("workspace", "delete", "w")
    done = pyro("env", "remove", other)
    check("remove", done.returncode == 0, done.stderr)
    r.close()


def among(mounts, *words):
    """pyro where these are mounted first, seen by nobody else; None: nothing can be mounted here."""
    private = ["unshare", "--mount", "--propagation", "private"]
    if os.getuid():
        private[1:1] = ["--user", "--map-root-user"]
    script = mounts + ' || exit 99; exec "$@"'
    done = subprocess.run([*private, "sh", "-c", script, "sh", PYRO, *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True)
    return None if done.returncode == 99 or "unshare" in done.stderr else done


def left():
    return sorted(name for name in os.listdir(CACHE + "environments") if not name.startswith("lock-"))


def full():
    """A disk with no room: said before anything is written, or where that cannot be told, nothing is left."""
    r = Registry()
    os.makedirs(CACHE + "environments", exist_ok=True)
    os.makedirs(CACHE + "blobs", exist_ok=True)
    before = left()
    large = layers("large")
    r.image("test/large", "t", large)
    reference = r.host + "/test/large:t"
    for what, place in [("blobs", "blobs"), ("the image", "environments")]:
        r.requests.clear()
        done = among("mount -t tmpfs -o size=2m none %s%s" % (CACHE, place), "env", "pull", reference)
        if not done:
            print("SKIP a full disk: nothing can be mounted here")
            return
        failed("no room for %s" % what, done, " MiB are needed, and ")
        check("no room for %s: no layer was asked for" % what, not r.seen(digest(large[1])), r.seen())
        check("no room for %s: nothing is left" % what, left() == before and not blob_files()[1], left(), blob_files())
    # What is in it cannot be told from its size: 80 MB that compress to some hundred KB.
    r.image("test/bomb", "t", [busybox(), gzip.compress(tar_of({"big": b"0123456789abcdef" * 5_000_000}))])
    reference = r.host + "/test/bomb:t"
    done = among("mount -t tmpfs -o size=24m none %senvironments" % CACHE, "env", "pull", reference)
    check("full in the middle of it", done.returncode == 1 and "No space left" in done.stderr, done.stderr)
    check("nothing is left of that", left() == before, left())
    # Somebody else fills the disk while a layer comes.
    noise = tar_of({"noise": os.urandom(6_000_000)})
    event, flag = threading.Event(), os.environ["TEST_DIR"] + "/filled"
    r.image("test/filled", "t", [busybox(), noise])
    reference = r.host + "/test/filled:t"
    r.on(digest(noise), stall(1_000_000, event), right)

    def go_on():
        while not os.path.exists(flag):
            time.sleep(0.05)
        event.set()

    threading.Thread(target=go_on, daemon=True).start()
    blobs = CACHE + "blobs"
    fill = "(until [ -s %s/part-%s ]; do sleep 0.05; done; head -c 50000000 /dev/zero >%s/notes; touch %s) >/dev/null 2>&1 &" % (
        blobs, digest(noise).replace(":", "-"), blobs, flag)
    done = among("mount -t tmpfs -o size=20m none %s && { %s true; }" % (blobs, fill), "env", "pull", reference)
    check("full while a layer comes", done.returncode == 1 and ("No space" in done.stderr or "no room" in done.stderr),
          done.stderr)
    check("nothing is installed", left() == before, left())
    r.rules.clear()
    check("with room it is pulled", pyro("env", "pull", reference).returncode == 0)
    r.close()


def read_only():
    """What is installed needs no right to write where it is."""
    r = Registry()
    name = r.image("test/ro", "t", layers("ro"))
    reference = "%s/test/ro@%s" % (r.host, name)
    check("pull", pyro("env", "pull", reference).returncode == 0)
    at = CACHE + "environments"
    ro = "mount --bind %s %s && mount -o remount,bind,ro %s" % (at, at, at)
    done = among(ro, "env", "pull", reference)
    if not done:
        print("SKIP a directory that may not be written: nothing can be mounted here")
        return
    check("a read-only directory: pull by digest", done.returncode == 0, done.stderr)
    done = among(ro, "run", reference, "--", "cat", "/mark")
    check("a read-only directory: run", (done.returncode, done.stdout) == (0, "ro"), done.stderr)
    failed("what is not there", among(ro, "env", "pull", r.host + "/test/ro:t"), "ead-only")
    r.close()


def moved():
    """A tag that means something else."""
    r = Registry()
    first = r.image("test/moved", "t", layers("first"))
    reference = r.host + "/test/moved:t"
    done = pyro("env", "pull", reference, "--locked")
    failed("--locked without anything to hold it to", done, "nothing to hold it to")
    check("pull", pyro("env", "pull", reference).returncode == 0)
    check("a workspace", pyro("workspace", "create", reference, "--name", "kept").returncode == 0)
    second = r.image("test/moved", "t", layers("second"))
    check("it moved", first != second)
    done = pyro("run", reference, "--", "cat", "/mark")
    check("run does not look", done.stdout == "first", done.stdout, done.stderr)
    failed("--locked", pyro("env", "pull", reference, "--locked"), "has moved")
    done = pyro("env", "pull", reference, "--json")
    check("pull takes the new one", done.answer and done.answer["reference_digest"] == second, done.stderr)
    check("a machine of it", pyro("run", reference, "--", "cat", "/mark").stdout == "second")
    check("--locked is content now", pyro("env", "pull", reference, "--locked").returncode == 0)
    done = pyro("workspace", "exec", "kept", "--", "cat", "/mark")
    check("the workspace has what it was made from", done.stdout == "first", done.stderr)
    pyro("workspace", "delete", "kept")

    r.image("test/moved", "t", [tar_of({"proc": b"a file", "mark": b"third"})])
    done = pyro("env", "pull", reference)
    check("an image that cannot start is refused", done.returncode == 1, done.stderr)
    check("and what was there works", pyro("run", reference, "--", "cat", "/mark").stdout == "second")
    r.image("test/moved", "t", [tar_of({"etc/machine-id": b"", "mark": b"a text", "init": b"\\177ELF"}),
                                tar_of({"bin/sh": b"not a program"})])
    done = pyro("env", "pull", reference)
    check("whatever a pull does, what works is there", pyro("env", "inspect", reference).returncode == 0, done.stderr)
    r.close()
    done = pyro("env", "pull", reference)
    check("without its registry it is kept, and that is said", done.returncode == 0 and "kept as it is" in done.stderr,
          done.stderr)
    failed("not under --locked", pyro("env", "pull", reference, "--locked"), "connect")


def forget_blobs():
    for name in blob_files()[0]:
        os.remove(CACHE + "blobs/" + name)


def record_of(reference):
    return CACHE + "environments/" + reference.replace("/", "+").replace(":", "@") + ".json"


def base_image(record):
    with open(record) as file:
        return CACHE + "environments/" + json.load(file)["directory"] + "/base.ext4"


def based():
    """An image on the layers of one that is installed takes them from there, or does without."""
    r = Registry()
    below = layers("below")
    above = tar_of({"mark": b"above", ".wh.noise": b""})
    both = [*below, above]
    r.image("test/below", "t", below)
    reference = r.host + "/test/below:t"
    check("the image below", pyro("env", "pull", reference).returncode == 0)
    record = record_of(reference)

    def is_pulled(what, name, parts, fetched):
        forget_blobs()
        r.requests.clear()
        done = pyro("env", "pull", r.host + "/" + name + ":t")
        check("%s: pull" % what, done.returncode == 0, done.stderr)
        check("%s: what is fetched" % what, len(r.seen("/blobs/")) == 1 + fetched, r.seen("/blobs/"))
        done = pyro("run", r.host + "/" + name + ":t", "--", "sh", "-c", "cat /mark; ls / | busybox grep noise")
        check("%s: a machine of it" % what, done.stdout == ("above" if parts is both else "belownoise\n"), done.stdout, done.stderr)
        done = pyro("env", "inspect", r.host + "/" + name + ":t", "--json")
        check("%s: its layers" % what, [one["digest"] for one in done.answer["layers"]] == [digest(one) for one in parts] and
              all("compression" in one for one in done.answer["layers"]), done.answer)
        return done

    r.image("test/above", "t", both)
    is_pulled("on the image below", "test/above", both, 1)
    r.image("test/same", "t", below)
    is_pulled("the same layers", "test/same", below, 0)
    pyro("env", "remove", r.host + "/test/same:t")
    pyro("env", "remove", r.host + "/test/above:t")

    again = r.manifest("test/again", both)
    for n, one in enumerate(below):
        packed = gzip.compress(one, mtime=0)
        r.put("test/again", "blobs", digest(packed), packed)
        again["layers"][n] = {"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "digest": digest(packed), "size": len(packed)}
    r.document("test/again", "t", again, again["mediaType"])
    forget_blobs()
    r.requests.clear()
    done = pyro("env", "pull", r.host + "/test/again:t")
    check("layers compressed once more are the same", done.returncode == 0 and len(r.seen("/blobs/")) == 2, r.seen("/blobs/"),
          done.stderr)
    check("and a machine of it", pyro("run", r.host + "/test/again:t", "--", "cat", "/mark").stdout == "above")
    pyro("env", "remove", r.host + "/test/again:t")

    with open(record) as file:
        was = json.load(file)
    other = json.loads(json.dumps(was))
    other["layers"][0]["diff_id"] = digest(b"other")
    with open(record, "w") as file:
        json.dump(other, file)
    r.image("test/told", "t", both)
    is_pulled("a record that is wrong", "test/told", both, 3)
    pyro("env", "remove", r.host + "/test/told:t")

    with open(record, "w") as file:
        json.dump(was, file)
    image = base_image(record)
    os.chmod(image, 0o600)
    with open(image, "r+b") as file:
        file.seek(40_000_000)
        file.write(b"damaged")
    r.image("test/sound", "t", both)
    is_pulled("an image below that is damaged", "test/sound", both, 3)
    pyro("env", "remove", r.host + "/test/sound:t")
    forget_blobs()
    check("the image below is made anew", pyro("env", "pull", reference).returncode == 0)
    image = base_image(record)
    then = os.stat(image)
    os.chmod(image, 0o600)
    with open(image, "r+b") as file:
        file.seek(40_000_000)
        file.write(b"damaged")
    os.utime(image, ns=(then.st_atime_ns, then.st_mtime_ns))
    r.image("test/silent", "t", both)
    is_pulled("one that was damaged in silence", "test/silent", both, 3)
    r.close()


def broken():
    """Pulls that fail leave nothing, and harm nothing."""
    r = Registry()
    good = layers("good")
    r.image("test/broken", "t", good)
    reference = r.host + "/test/broken:t"
    done = pyro("env", "pull", r.host + "/test/broken:none", "--json")
    check("what is not there", done.answer["error"]["code"] == "environment_not_found", done.answer)
    r.on(digest(good[1]), body(b"!" * len(good[1])))
    failed("a wrong layer", pyro("env", "pull", reference), "not what its digest says")
    check("nothing of it is left", not blob_files()[1], blob_files())
    check("and nothing is installed", pyro("env", "inspect", reference).returncode == 1)
    r.on(digest(good[1]), status(404))
    failed("a layer that is not there", pyro("env", "pull", reference), "404")
    r.rules.clear()
    check("then it is pulled", pyro("env", "pull", reference).returncode == 0)
    pyro("env", "remove", reference)
    blob = CACHE + "blobs/" + digest(good[1]).replace(":", "-")
    os.chmod(blob, 0o600)
    with open(blob, "r+b") as file:
        file.write(b"damaged")
    failed("a blob that the host damaged", pyro("env", "pull", reference), "layer 2")
    done = pyro("env", "pull", reference)
    check("comes again", done.returncode == 0, done.stderr)
    bad = r.manifest("test/broken", [b"not a tar" * 1000])
    r.document("test/broken", "t", bad, bad["mediaType"])
    done = pyro("env", "pull", reference)
    check("one that is no archive fails", done.returncode == 1, done.stderr)
    check("and what was there works", pyro("run", reference, "--", "cat", "/mark").stdout == "good")
    for text in ["http://%s/x" % r.host, "a//b", "x:y:z", "UPPER/x", "x@sha256:12"]:
        done = pyro("env", "pull", text, "--json")
        check("%s is no name" % text, done.answer["error"]["code"] == "environment_not_found" and
              "is not a reference to an image" in done.answer["error"]["message"], done.answer)
    r.close()


def killed():
    """What was fetched before a SIGKILL is not fetched again."""
    r = Registry()
    mine = layers("killed")
    r.image("test/killed", "t", mine)
    reference = r.host + "/test/killed:t"
    event = threading.Event()
    r.on(digest(mine[1]), stall(1_500_000, event), right)
    pull = subprocess.Popen([PYRO, "env", "pull", reference], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
    part = CACHE + "blobs/part-" + digest(mine[1]).replace(":", "-")
    first = CACHE + "blobs/" + digest(mine[0]).replace(":", "-")
    while pull.poll() is None and not (os.path.exists(part) and os.path.getsize(part) >= 1_500_000 and os.path.exists(first)):
        time.sleep(0.05)
    pull.kill()
    pull.communicate()
    event.set()
    r.requests.clear()
    done = pyro("env", "pull", reference)
    check("the next pull succeeds", done.returncode == 0, done.stderr)
    ranges = [headers.get("Range") for _, path, headers in r.requests if digest(mine[1]) in path]
    check("it goes on where that one was", ranges == ["bytes=1500000-"], ranges)
    check("what was complete is not asked for", not r.seen(digest(mine[0])), r.seen())
    check("no part is left", not blob_files()[1], blob_files())
    check("and it is right", pyro("run", reference, "--", "cat", "/mark").stdout == "killed")
    r.close()


def at_once():
    """Two pulls of two images that share a layer: it is fetched once."""
    r = Registry()
    shared, other = layers("shared"), layers("other")
    r.image("test/a", "t", shared)
    r.image("test/b", "t", [shared[1], *other])
    pulls = [subprocess.Popen([PYRO, "env", "pull", "%s/test/%s:t" % (r.host, name)], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for name in ["a", "a", "b"]]
    said = [pull.communicate() for pull in pulls]
    check("both succeed", [pull.returncode for pull in pulls] == [0, 0, 0], said)
    check("each blob is fetched once", len(r.seen(digest(shared[1]))) == 1, r.seen("/blobs/"))
    check("both run", [pyro("run", "%s/test/%s:t" % (r.host, name), "--", "cat", "/mark").stdout for name in ["a", "b"]] ==
          ["shared", "other"])
    r.close()


def progress():
    """What a program and a person see meanwhile."""
    r = Registry()
    mine = layers("progress")
    r.image("test/p", "t", mine)
    event = threading.Event()
    r.on(digest(mine[1]), stall(1_000_000, event), right)
    read, write = os.pipe()
    pull = subprocess.Popen([PYRO, "env", "pull", r.host + "/test/p:t"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                            stderr=subprocess.DEVNULL, pass_fds=[write], env={**os.environ, "PYRO_PROGRESS_FD": str(write)})
    os.close(write)
    lines, counts = [], []
    for line in os.fdopen(read):
        lines.append(json.loads(line))
        if lines[-1]["unit"] == "bytes":
            counts.append(lines[-1])
            if counts[-1]["done"] >= 1_000_000:
                event.set()
    event.set()
    check("the pull succeeds", pull.wait() == 0)
    total = len(mine[1])  # the other is there already
    check("bytes are counted, of all that is missing", counts and all(
        total <= one["total"] <= total + 2000 and one["done"] <= one["total"] for one in counts), counts[:3])
    check("with words for people", any("parts" in one["message"] and "MB" in one["message"] for one in counts), counts[:3])
    check("between install and ready", {one["phase"] for one in counts} == {"install"} and lines[-1]["phase"] == "ready" or
          any(one["phase"] == "ready" for one in lines), lines[-3:])
    r.close()


def logins():
    """Logins in the files and programs of docker and podman, and what the configuration file says of registries."""
    r, mirror = Registry(), Registry()
    r.image("team/x", "t", layers("private"))
    mirror.contents = r.contents
    r.user = "u:se:cret"
    reference = r.host + "/team/x:t"
    work = os.environ["TEST_DIR"] + "/logins"
    os.makedirs(work + "/bin", exist_ok=True)
    auth = work + "/auth.json"
    there = {**os.environ, "REGISTRY_AUTH_FILE": auth, "PATH": work + "/bin:" + os.environ["PATH"]}

    def logged_in(content):
        with open(auth, "w") as file:
            file.write(content if isinstance(content, str) else json.dumps(content))
        done = pyro("env", "pull", reference, env=there)
        pyro("env", "remove", reference)
        check("no password is said", "cret" not in done.stdout + done.stderr, done.stderr)
        return done

    entry = {"auth": "dTpzZTpjcmV0"}
    failed("without a login", pyro("env", "pull", reference), "not signed in")
    for what, auths in [("by host", {r.host: entry}), ("by URL", {"http://%s/v1/" % r.host: entry}),
                        ("by host and part of the name", {r.host: {"auth": "eDp5"}, r.host + "/team": entry})]:
        done = logged_in({"auths": auths})
        check("an entry %s" % what, done.returncode == 0, done.stderr)
    failed("an entry of another part", logged_in({"auths": {r.host + "/te": entry}}), "not signed in")
    failed("a wrong one", logged_in({"auths": {r.host: {"auth": "eDp5"}}}), "does not take the login")
    failed("one that is damaged", logged_in({"auths": {r.host: {"auth": "se:cret"}}}), "base 64")
    failed("a file that is damaged", logged_in("{se:cret"), "not a JSON object")
    with open(work + "/bin/docker-credential-test", "w") as file:
        file.write('#!/bin/sh\nread -r server\n[ "$1" = get ] && [ "$server" = %s ] || '
                   '{ echo "credentials not found in native keychain"; exit 1; }\n'
                   'echo \'{"ServerURL": "", "Username": "u", "Secret": "se:cret"}\'\n' % r.host)
    os.chmod(work + "/bin/docker-credential-test", 0o755)
    done = logged_in({"credHelpers": {r.host: "test"}})
    check("a program that keeps them", done.returncode == 0, done.stderr)
    failed("one that is not there", logged_in({"credsStore": "none"}), "docker-credential-none")
    failed("one with a path", logged_in({"credsStore": "../x"}), "not the name of a program")
    r.requests.clear()

    config = os.environ["XDG_CONFIG_HOME"] + "/pyro/config"
    os.makedirs(os.path.dirname(config), exist_ok=True)
    with open(config, "w") as file:
        file.write("theme = dark\nregistry.%s.mirror = http://%s\n" % (r.host, mirror.host))
    for name in os.listdir(CACHE + "blobs"):
        os.remove(CACHE + "blobs/" + name)
    done = logged_in({"auths": {r.host: entry}})
    check("a mirror gives what the registry names", done.returncode == 0 and mirror.seen("/blobs/") and
          not r.seen("/blobs/"), done.stderr, mirror.seen(), r.seen())
    check("and gets no login of it", not mirror.authorizations(), mirror.authorizations())
    with open(config, "w") as file:
        file.write("registry.%s.blocked = on\n" % r.host)
    failed("a registry that is blocked", pyro("env", "pull", reference), "blocked by the configuration")
    with open(config, "w") as file:
        file.write("registry.%s.insecure = maybe\n" % r.host)
    failed("a line that means nothing", pyro("env", "pull", reference), "pyro/config:1: it is on or off")
    os.remove(config)
    r.close()
    mirror.close()


def signed():
    """What the configuration wants of images."""
    r = Registry()
    first = r.image("team/x", "t", layers("signed"))
    work, config = os.environ["TEST_DIR"] + "/signed", os.environ["XDG_CONFIG_HOME"] + "/pyro/config"
    os.makedirs(work)
    key = work + "/key.pem"
    with open(config) as file:
        before = file.read()
    subprocess.run(["openssl", "genpkey", "-out", key, "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"], check=True,
                   stderr=subprocess.DEVNULL)
    subprocess.run(["openssl", "pkey", "-in", key, "-pubout", "-out", os.path.dirname(config) + "/team.pub"], check=True)

    def sign(data):
        with open(work + "/data", "wb") as file:
            file.write(data)
        return subprocess.run(["openssl", "dgst", "-sha256", "-sign", key, work + "/data"], check=True,
                              stdout=subprocess.PIPE).stdout

    def configure(*lines):
        with open(config, "w") as file:
            file.write("".join("registry.%s%s\n" % (r.host, line) for line in lines))

    reference = r.host + "/team/x:t"
    configure(".signature = reject")
    failed("what is rejected", pyro("env", "pull", reference), "rejected by the configuration")
    check("and nobody was asked", not r.requests, r.requests)
    configure(".signature = reject", "/team.signature = key=team.pub")
    failed("what is not signed", pyro("env", "pull", reference), "is not signed, and has to be")
    check("nothing of it was fetched", not r.seen("/blobs/"), r.seen())
    r.signed("team/x", first, sign)
    done = pyro("env", "pull", reference)
    check("what is signed is pulled", done.returncode == 0, done.stderr)
    r.image("team/x", "t", layers("moved"))
    failed("a tag that moved to what is not signed", pyro("env", "pull", reference), "is not signed, and has to be")
    check("what was there works", pyro("run", reference, "--", "cat", "/mark").stdout == "signed")
    configure("/team.signature = key=none.pub")
    failed("a key that is not there", pyro("env", "pull", reference), "none.pub")
    with open(config, "w") as file:
        file.write(before)
    pyro("env", "remove", reference)
    r.close()


def pruned():
    """What nothing needs of what was fetched."""
    pyro("env", "prune")
    r = Registry()
    kept, gone = layers("kept"), layers("gone")
    r.image("test/kept", "t", kept)
    r.image("test/gone", "t", [kept[0], gone[1]])
    for name in ["kept", "gone"]:
        pyro("env", "pull", "%s/test/%s:t" % (r.host, name))
    check("a workspace of one", pyro("workspace", "create", r.host + "/test/kept:t", "--name", "k").returncode == 0)
    part = CACHE + "blobs/part-" + digest(b"x").replace(":", "-")
    with open(part, "wb") as file:
        file.write(b"cut")
    with open(CACHE + "blobs/notes", "w") as file:
        file.write("somebody's")
    before = blob_files()[0]
    done = pyro("env", "prune", "--dry-run", "--json")
    said = [one["size_bytes"] for one in done.answer["removed"] if one["name"] == "blobs"]
    check("what would go is said", len(said) == 1 and 2_000_000 <= said[0] < 3_000_000, done.answer)
    check("and nothing has gone", blob_files()[0] == before and pyro("env", "inspect", r.host + "/test/gone:t").returncode == 0)
    store = os.open(CACHE + "blobs", os.O_RDONLY)
    fcntl.flock(store, fcntl.LOCK_SH)  # as a pull has it
    pyro("env", "prune")
    check("while somebody pulls, no layer goes", blob_files()[0] == before, blob_files()[0])
    os.close(store)
    done = pyro("env", "prune", "--json")
    left = blob_files()[0]
    check("prune: the layers of what stays are there", all(digest(one).replace(":", "-") in left for one in kept), left)
    check("those of what goes are not, and no part is", digest(gone[1]).replace(":", "-") not in left and
          not blob_files()[1], left)
    check("what is not pyro's is left alone", "notes" in left)
    check("as much as was said before", sum(one["size_bytes"] for one in done.answer["removed"] if one["name"] == "blobs") ==
          said[0], done.answer, said)
    os.remove(CACHE + "blobs/notes")
    pyro("workspace", "delete", "k")
    r.close()


def sources():
    """An environment of the catalog, by packages or by a registry. The registry is a mirror of docker.io."""
    r = Registry()
    name = r.image("library/debian", "12-slim", layers("slim"))
    work = os.environ["TEST_DIR"] + "/sources"
    os.makedirs(work)
    with open(work + "/mmdebstrap", "w") as file:
        file.write("#!/bin/sh\necho 'E: no packages here' >&2\nexit 1\n")
    os.chmod(work + "/mmdebstrap", 0o755)
    config = os.environ["XDG_CONFIG_HOME"] + "/pyro/config"
    there = {**os.environ, "PATH": work + ":" + os.environ["PATH"], "https_proxy": "http://127.0.0.1:9"}

    def configure(line):
        with open(config, "w") as file:
            file.write(line + "\n")

    configure("registry.docker.io.blocked = on")
    done = pyro("env", "pull", "debian:12-base", env=there)
    failed("neither can: the first one's failure", done, "no packages here")
    check("and that of the other is said", "blocked by the configuration" in done.stderr, done.stderr)
    configure("registry.docker.io.mirror = http://" + r.host)
    failed("packages, and nothing else", pyro("env", "pull", "debian:12-base", "--source", "debian-packages", env=there),
           "no packages here")
    check("then no registry is asked", not r.requests, r.requests)
    done = pyro("env", "pull", "debian:12-base", "--json", env=there)
    check("the registry serves it then", done.returncode == 0 and done.answer["source"] == "registry" and
          done.answer["reference"] == "docker.io/library/debian:12-slim" and done.answer["reference_digest"] == name,
          done.stderr)
    check("and that packages did not is said", "not had from debian-packages" in done.stderr, done.stderr)
    done = pyro("env", "inspect", "debian:12-base")
    check("inspect says it too", "Source: registry" in done.stdout and "Not from: debian-packages, " in done.stdout,
          done.stdout)
    check("a machine of it", pyro("run", "debian:12-base", "--", "cat", "/mark", env=there).stdout == "slim")
    failed("packages once more", pyro("env", "pull", "debian:12-base", "--source", "debian-packages", env=there),
           "no packages here")
    check("what was there works", pyro("run", "debian:12-base", "--", "cat", "/mark", env=there).stdout == "slim")
    r.requests.clear()
    done = pyro("env", "pull", "debian:12-base", env=there)
    check("what is installed is kept", done.returncode == 0 and not r.requests, r.requests, done.stderr)
    done = pyro("env", "pull", "debian:12-base", "--source", "registry", env=there)
    check("unless its registry is asked for", done.returncode == 0 and r.requests and not r.seen("/blobs/"), r.seen())
    failed("an image is not made of packages", pyro("env", "pull", r.host + "/x", "--source", "debian-packages"),
           "not to be had from debian-packages")
    configure("registry.docker.io.blocked = on")
    r.close()


if __name__ == "__main__":
    globals()[sys.argv[1]]()
