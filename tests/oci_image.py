#!/usr/bin/env python3
"""Writes an image of OCI or Docker into an archive, from a JSON description on standard input.

    oci_image.py layout|docker FILE

{"layers": [[MEMBER, …] or {"members": […], "compress": "gzip|zstd|none"}, …], "config": {…}, "break": WORD}

A member is "d/" (a directory), "a->b" (a symbolic link), "a=b" (a hard link), "a@FILE" (a program of
this host), "a:TEXT" or "a" (a file). What `break` names is wrong in the result.
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


def compressed(data, how):
    if how == "gzip":
        return gzip.compress(data, 1)
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
    for layer in spec["layers"]:
        layer = layer if isinstance(layer, dict) else {"members": layer}
        how = layer.get("compress", "gzip")
        tar = tar_of(layer["members"])
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
