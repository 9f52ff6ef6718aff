#!/usr/bin/env python3
"""Writes an image of OCI or Docker into an archive, from a JSON description on standard input.

    oci_image.py layout|docker FILE

{"layers": [[MEMBER, …] or {"members": […], "compress": "gzip|zstd|none"}, …], "config": {…}, "break": WORD}

A member is "d/" (a directory), "a->b" (a symbolic link), "a=b" (a hard link), "a@FILE" (a program of
this host), "a:TEXT" or "a" (a file). A layer may also have "zeros", the size of a file of zeros; "many", a
number of files; "bytes", files whose names have each byte; "hole", the size that a file without content
states; and "times", how many layers there are like it. What `break` names is wrong in the result.
"""
import gzip
import hashlib
import io
import json
import subprocess
import sys
import tarfile

MEDIA = "application/vnd.oci.image."


def sha256(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def tar_of(members):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for member in members:
            info, content = tarfile.TarInfo(), b""
            info.mode = 0o644
            if "->" in member:
                info.name, info.linkname = member.split("->")
                info.type = tarfile.SYMTYPE
            elif "@" in member:
                info.name, path = member.split("@")
                info.mode = 0o755
                content = open(path, "rb").read()
            elif "=" in member:
                info.name, info.linkname = member.split("=")
                info.type = tarfile.LNKTYPE
            elif member.endswith("/"):
                info.name, info.type, info.mode = member, tarfile.DIRTYPE, 0o755
            else:
                info.name, _, text = member.partition(":")
                content = text.encode()
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return out.getvalue()


class Zeros(io.RawIOBase):
    def readable(self):
        return True

    def readinto(self, buffer):
        buffer[:] = bytes(len(buffer))
        return len(buffer)


def special(layer):
    """A tar of what a list of members cannot say."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT, errors="surrogateescape") as tar:
        if "zeros" in layer:
            info = tarfile.TarInfo("zeros")
            info.size = layer["zeros"]
            tar.addfile(info, Zeros())
        for i in range(layer.get("many", 0)):
            tar.addfile(tarfile.TarInfo("many/%d/%d" % (i // 1000, i)))
        for b in range(1, 256 if "bytes" in layer else 1):
            if b != ord("/"):
                tar.addfile(tarfile.TarInfo((b"bytes/x" + bytes([b])).decode("utf-8", "surrogateescape")))
    if "hole" in layer:
        info = tarfile.TarInfo("hole")
        info.pax_headers = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.name": "hole",
                            "GNU.sparse.realsize": str(layer["hole"])}
        content = b"0\n".ljust(512, b"\0")
        info.size = len(content)
        return info.tobuf(tarfile.PAX_FORMAT) + content + bytes(1024)
    return out.getvalue()


def compressed(data, how):
    if how == "gzip":
        return gzip.compress(data, 6)
    if how == "zstd":
        return subprocess.run(["zstd", "-q", "-c"], input=data, stdout=subprocess.PIPE, check=True).stdout
    return data


def descriptor(kind, data):
    return {"mediaType": MEDIA + kind, "digest": sha256(data), "size": len(data)}


def main():
    form, path = sys.argv[1:3]
    spec = json.load(sys.stdin)
    wrong = spec.get("break", "")
    files, layers, diff_ids = {}, [], []
    wanted = [layer if isinstance(layer, dict) else {"members": layer} for layer in spec["layers"]]
    for layer in [one for one in wanted for _ in range(one.get("times", 1))]:
        how = layer.get("compress", "gzip")
        tar = tar_of(layer["members"]) if "members" in layer else special(layer)
        blob = compressed(tar, how)
        diff_ids.append(sha256(tar if wrong != "diff_id" else b""))
        d = descriptor("layer.v1.tar" + ("" if how == "none" else "+" + how), blob)
        files["blobs/" + d["digest"].replace(":", "/")] = blob
        layers.append(d)
    config = {"os": "linux", "architecture": "amd64", "rootfs": {"type": "layers", "diff_ids": diff_ids},
              "config": spec.get("config", {})}
    if wrong == "platform":
        config["architecture"] = "s390x"
    if wrong == "diff_ids":
        diff_ids.append(diff_ids[0])
    config = json.dumps(config).encode()
    config_name = "blobs/" + sha256(config).replace(":", "/")
    files[config_name] = config
    if form == "docker":
        names = ["blobs/" + d["digest"].replace(":", "/") for d in layers]
        entry = {"Config": config_name, "RepoTags": ["example:1"], "Layers": names}
        files["manifest.json"] = json.dumps([entry, entry] if wrong == "two" else [entry]).encode()
    else:
        manifest = {"schemaVersion": 2, "mediaType": MEDIA + "manifest.v1+json",
                    "config": descriptor("config.v1+json", config), "layers": layers}
        if wrong == "confused":
            manifest["manifests"] = []
        if wrong == "digest":
            layers[0]["digest"] = "sha256:../../../../../etc/passwd"
        if wrong == "size":
            layers[0]["size"] += 1
        if wrong == "missing":
            del files["blobs/" + layers[0]["digest"].replace(":", "/")]
        if wrong == "blob":
            name = "blobs/" + layers[0]["digest"].replace(":", "/")
            files[name] = files[name][:-1] + bytes([files[name][-1] ^ 1])
        manifest = json.dumps(manifest).encode()
        entry = dict(descriptor("manifest.v1+json", manifest),
                     annotations={"org.opencontainers.image.ref.name": "example:1"})
        files["blobs/" + entry["digest"].replace(":", "/")] = manifest
        files["index.json"] = json.dumps({"schemaVersion": 2, "manifests": [entry]}).encode()
        files["oci-layout"] = b'{"imageLayoutVersion": "1.0.0"}'
    with tarfile.open(path, "w") as tar:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))


main()
