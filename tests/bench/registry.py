"""A registry on the loopback for the bench: the tar of debian:12 as an image with a layer of gzip and one of zstd, and another
image on the first's layer. registry.py DIRECTORY TAR: prints its address, and goes on until it is terminated."""
import ctypes
import hashlib
import http.client
import io
import json
import os
import signal
import subprocess
import sys
import tarfile

sys.path.insert(0, "tests/oci")
from docker_registry import DockerRegistry

DIRECTORY, TAR = sys.argv[1:]
OCI = "application/vnd.oci.image."


def digest(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def content(path):
    with open(path, "rb") as file:
        return file.read()


class Client:
    def __init__(self, host):
        self.connection = http.client.HTTPConnection(host)

    def ask(self, method, path, data=b"", kind="application/octet-stream"):
        self.connection.request(method, path, data, {"Content-Type": kind})
        answer = self.connection.getresponse()
        answer.read()
        if answer.status not in (201, 202):
            raise RuntimeError("%s %s: %d" % (method, path, answer.status))
        return answer

    def blob(self, name, data):
        to = self.ask("POST", "/v2/%s/blobs/uploads/" % name).headers["Location"]
        self.ask("PUT", "/" + to.split("/", 3)[3] + "&digest=" + digest(data), data)

    def image(self, name, layers):
        """Layers are tars and what they are compressed to, by the ending of their media type."""
        config = json.dumps({"os": "linux", "architecture": "amd64", "config": {}, "rootfs": {
            "type": "layers", "diff_ids": [digest(tar) for tar, _, _ in layers]}}).encode()
        described = [(config, OCI + "config.v1+json")] + [(data, OCI + "layer.v1.tar" + kind) for _, data, kind in layers]
        for data, _ in described:
            self.blob(name, data)
        config, *rest = [{"mediaType": kind, "digest": digest(data), "size": len(data)} for data, kind in described]
        kind = OCI + "manifest.v1+json"
        manifest = {"schemaVersion": 2, "mediaType": kind, "config": config, "layers": rest}
        self.ask("PUT", "/v2/%s/manifests/1" % name, json.dumps(manifest).encode(), kind)


def compressed(ending, *command):
    path = DIRECTORY + "/layer" + ending
    if not os.path.exists(path):
        with open(path + ".part", "wb") as file:
            subprocess.run([*command, TAR], check=True, stdout=file)
        os.rename(path + ".part", path)
    return content(path)


def small():
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for i in range(100):
            info = tarfile.TarInfo("opt/tools/%d" % i)
            info.size = 10_000
            tar.addfile(info, io.BytesIO(bytes([i]) * info.size))
    return out.getvalue()


def main():
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG
    os.makedirs(DIRECTORY, exist_ok=True)
    subprocess.run(["rm", "-rf", DIRECTORY + "/registry"], check=True)
    registry = DockerRegistry(DIRECTORY + "/registry", "plain")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    try:
        base, client, above = content(TAR), Client(registry.host), small()
        client.image("bench/gzip", [(base, compressed(".gz", "gzip", "-nc"), "+gzip")])
        client.image("bench/zstd", [(base, compressed(".zst", "zstd", "-qc"), "+zstd")])
        client.image("bench/second", [(base, compressed(".gz"), "+gzip"), (above, above, "")])
        print(registry.host, flush=True)
        signal.pause()
    finally:
        registry.close()


if __name__ == "__main__":
    main()
