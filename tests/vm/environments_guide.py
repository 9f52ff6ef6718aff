"""The two registries of docs/environments.md. Prints their hosts, and goes on until standard input ends."""
import sys

sys.path[:0] = ["tests", "tests/vm"]
from pull_image import busybox, tar_of
from registry import Registry


public, private = Registry(), Registry()
private.user = "me:a password"
for registry, name in [(public, "tools/hello"), (private, "team/hello")]:
    registry.image(name, "1", [busybox(), tar_of({"etc/hello": b"hello from an image\n"})])
print(public.host, private.host, flush=True)
sys.stdin.read()
