"""A root file system of all kinds of entries: into an environment, out as an image, and into a tree by umoci."""
import glob
import io
import json
import os
import stat
import subprocess
import tarfile

PYRO, DIR = os.environ["PYRO"], os.environ["TEST_DIR"]
SCHEMAS = "/usr/share/gocode/src/github.com/opencontainers/image-spec/schema/"
# cap_net_raw=ep, as the file system has it
CAPABILITY = bytes.fromhex("0100000200200000000000000000000000000000")
CONFIG = {"Env": ["A=b c", "PATH=/bin"], "Entrypoint": ["/bin/busybox"], "Cmd": ["sh", "-c", "echo $A"], "User": "1000:1000",
          "WorkingDir": "/srv", "Labels": {"k": "v"}, "StopSignal": "SIGINT", "ExposedPorts": {"80/tcp": {}},
          "Volumes": {"/data": {}}}


def check(what, ok, *more):
    print("ok %s" % what if ok else "FAILED %s%s" % (what, "".join("\n    %s" % str(one)[:900] for one in more)), flush=True)


def run(*words, **more):
    return subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **more)


def make_tar(path):
    names = ["x%c" % b if b < 128 else ("x".encode() + bytes([b])).decode("utf-8", "surrogateescape")
             for b in range(1, 256) if b != ord("/")]
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT, errors="surrogateescape") as tar:
        def add(name, kind=tarfile.REGTYPE, content=b"", mode=0o644, **more):
            info = tarfile.TarInfo(name)
            info.type, info.mode, info.size, info.mtime = kind, mode, len(content), 1700000000
            for key, value in more.items():
                setattr(info, key, value)
            tar.addfile(info, io.BytesIO(content))
        for name in ["bin/", "srv/", "dev/", "names/", "etc/", "long/", "tmp/"]:
            add(name, tarfile.DIRTYPE, mode=0o1777 if name == "tmp/" else 0o755)
        add("bin/busybox", content=open("/bin/busybox", "rb").read(), mode=0o755)
        add("bin/sh", tarfile.SYMTYPE, linkname="busybox")
        add("bin/su", content=b"#!/bin/sh\n", mode=0o6755, uid=0, gid=12)
        add("bin/ping", content=b"x" * 5000, mode=0o755)
        add("srv/owned", content=b"y" * 70000, uid=65534, gid=100000)
        add("srv/empty", mode=0)
        add("srv/hard", tarfile.LNKTYPE, linkname="srv/owned")
        add("a-first", tarfile.LNKTYPE, linkname="srv/owned")
        add("srv/fifo", tarfile.FIFOTYPE)
        add("dev/null", tarfile.CHRTYPE, mode=0o666, devmajor=1, devminor=3)
        add("dev/block", tarfile.BLKTYPE, mode=0o660, devmajor=259, devminor=1000)
        add("srv/dangling", tarfile.SYMTYPE, linkname="/no/where")
        add("srv/noted", content=b"z", pax_headers={"SCHILY.xattr.user.note": "text"})
        add("long/" + "l" * 255, content=b"1")
        add("long/" + "t" * 80, tarfile.SYMTYPE, linkname="d/" * 1500)
        add("tmp/kept", content=b"2")
        for name in names:
            add("names/" + name, content=b"n")


def listing(root):
    """All entries below a directory; the times of directories that were made by somebody are left out."""
    found, links = {}, {}
    for directory, directories, files in os.walk(os.fsencode(root)):
        for name in directories + files:
            path = os.path.join(directory, name)
            st = os.lstat(path)
            relative = os.path.relpath(path, os.fsencode(root))
            one = [stat.S_IFMT(st.st_mode), stat.S_IMODE(st.st_mode), st.st_uid, st.st_gid, st.st_rdev]
            if stat.S_ISREG(st.st_mode):
                one += [int(st.st_mtime), open(path, "rb").read()]
                one.append(sorted(links.setdefault(st.st_ino, [])) if st.st_nlink > 1 else 1)
                links.get(st.st_ino, []).append(relative)
            if stat.S_ISLNK(st.st_mode):
                one.append(os.readlink(path))
            one.append({key: os.getxattr(path, key, follow_symlinks=False)
                        for key in os.listxattr(path, follow_symlinks=False)})
            found[relative] = one
    for names in links.values():
        for name in names:
            if found[name][-2] != 1:
                found[name][-2] = sorted(names)
    return found


def validate(layout):
    """Each document by the schema of its kind."""
    import jsonschema
    schemas = {}
    for path in glob.glob(SCHEMAS + "*.json"):
        with open(path) as file:
            schema = json.load(file)
        schemas[os.path.basename(path)] = schema
    def valid(document, name):
        store = {}
        for file, schema in schemas.items():
            for base in ("https://opencontainers.org/schema/", "https://opencontainers.org/schema/image/",
                         "https://opencontainers.org/schema/image/index/", "file://" + SCHEMAS):
                store[base + file] = schema
            if "id" in schema:
                store[schema["id"]] = schema
        resolver = jsonschema.RefResolver("file://" + SCHEMAS + name, schemas[name], store=store)
        try:
            jsonschema.validate(document, schemas[name], resolver=resolver)
            return None
        except jsonschema.ValidationError as error:
            return error
    def blob(descriptor):
        with open(layout + "/blobs/" + descriptor["digest"].replace(":", "/"), "rb") as file:
            return json.load(file)
    with open(layout + "/index.json") as file:
        index = json.load(file)
    manifest = blob(index["manifests"][0])
    for name, document in (("image-index-schema.json", index), ("image-manifest-schema.json", manifest),
                           ("config-schema.json", blob(manifest["config"]))):
        error = valid(document, name)
        check("by %s it is valid" % name, error is None, error)
    with open(layout + "/oci-layout") as file:
        error = valid(json.load(file), "image-layout-schema.json")
    check("by image-layout-schema.json it is valid", error is None, error)
    return blob(manifest["config"])


def differences(one, other):
    return ["%r: %s, %s" % (name, str(one.get(name))[:200], str(other.get(name))[:200])
            for name in sorted(set(one) | set(other)) if one.get(name) != other.get(name)]


def round():
    os.chdir(DIR)
    make_tar("root.tar")
    os.mkdir("in")
    done = run("tar", "-C", "in", "--numeric-owner", "--xattrs", "--xattrs-include=*", "-xpf", "root.tar")
    check("tar unpacks it", done.returncode == 0, done.stderr)
    os.setxattr("in/bin/ping", "security.capability", CAPABILITY)
    done = run("tar", "-C", "in", "--xattrs", "--xattrs-include=*", "--numeric-owner", "-cf", "layer.tar", ".")
    check("tar packs it again, with a capability", done.returncode == 0, done.stderr)
    run("umoci", "init", "--layout", "made")
    run("umoci", "new", "--image", "made:t")
    done = run("umoci", "raw", "add-layer", "--image", "made:t", "layer.tar")
    check("umoci makes an image of it", done.returncode == 0, done.stderr)
    words = ["umoci", "config", "--image", "made:t", "--config.user", CONFIG["User"], "--config.workingdir", "/srv",
             "--config.label", "k=v", "--config.stopsignal", "SIGINT", "--config.exposedports", "80/tcp",
             "--config.volume", "/data"]
    for key, flag in (("Env", "env"), ("Entrypoint", "entrypoint"), ("Cmd", "cmd")):
        for value in CONFIG[key]:
            words += ["--config." + flag, value]
    done = run(*words)
    check("umoci configures it", done.returncode == 0, done.stderr)
    done = run("skopeo", "copy", "--insecure-policy", "oci:made:t", "oci-archive:made.tar:t")
    check("skopeo puts it into an archive", done.returncode == 0, done.stderr)
    done = run(PYRO, "env", "import", "made", "made.tar")
    check("env import", done.returncode == 0, done.stderr)
    done = run(PYRO, "env", "export", "made", "--output", "out.tar", "--json")
    check("env export", done.returncode == 0, done.stderr)
    answer = json.loads(done.stdout)
    done = run("skopeo", "copy", "--insecure-policy", "oci-archive:out.tar", "oci:out:t")
    check("skopeo reads it", done.returncode == 0, done.stderr)
    done = run("skopeo", "inspect", "oci:out:t")
    check("its digest is the one that was said", json.loads(done.stdout)["Digest"] == answer["digest"], done.stdout, answer)
    os.mkdir("plain")
    run("tar", "-C", "plain", "-xf", "out.tar")
    config = validate("plain")
    check("its configuration is the same", config["config"] == CONFIG, config)
    done = run("umoci", "raw", "unpack", "--image", "out:t", "unpacked")
    check("umoci unpacks it", done.returncode == 0, done.stderr)
    before, after = listing("in"), listing("unpacked")
    for name in ["proc", "sys", "run", "workspace", "data"]:
        check("what a machine needs, and the configuration names, was made: %s" % name,
              stat.S_ISDIR((after.pop(name.encode(), None) or [0])[0]))
    different = differences(before, after)
    check("the trees are the same, %d entries" % len(before), not different and len(before) > 270, *different[:6])
    done = run(PYRO, "env", "import", "again", "out.tar")
    check("env import of an export", done.returncode == 0, done.stderr)
    done = run(PYRO, "run", "again")
    check("it runs as the first did", (done.returncode, done.stdout) == (0, "b c\n"), done.stdout, done.stderr)
    done = run(PYRO, "env", "export", "made", "--output", "out.tar", "--json")
    check("a file that is there is not replaced", json.loads(done.stdout)["error"]["code"] == "name_taken", done.stdout)
    done = run(PYRO, "env", "export", "none", "--output", "none.tar", "--json")
    check("an environment that is not there", json.loads(done.stdout)["error"]["code"] == "environment_not_found"
          and not os.path.exists("none.tar"), done.stdout)


def committed():
    """What was made of a workspace has layers of its own above its image."""
    os.chdir(DIR)
    run(PYRO, "workspace", "create", "made", "--name", "w")
    done = run(PYRO, "workspace", "exec", "w", "--", "sh", "-c", "echo later >/srv/later; chmod 4750 /srv/later; mv /srv/empty /srv/moved")
    check("a workspace is changed", done.returncode == 0, done.stderr)
    done = run(PYRO, "workspace", "commit", "w", "committed")
    check("and committed", done.returncode == 0, done.stderr)
    done = run(PYRO, "env", "export", "committed", "--output", "committed.tar")
    check("env export", done.returncode == 0, done.stderr)
    run("skopeo", "copy", "--insecure-policy", "oci-archive:committed.tar", "oci:committed:t")
    run("umoci", "raw", "unpack", "--image", "committed:t", "committed-tree")
    different = differences(listing("in"), listing("committed-tree"))
    names = sorted(name.split(":")[0] for name in different)
    expected = ["b'srv/later'", "b'srv/empty'", "b'srv/moved'"]
    check("what was changed is different", set(expected) <= set(names), *different[:9])
    check("its content", open("committed-tree/srv/later").read() == "later\n"
          and stat.S_IMODE(os.stat("committed-tree/srv/later").st_mode) == 0o4750)
    check("nothing of the base is lost", not [n for n in different if n.endswith(", None") and "srv/empty" not in n], *different[:9])
    run(PYRO, "workspace", "delete", "w")


if __name__ == "__main__":
    import sys
    globals()[sys.argv[1]]()
