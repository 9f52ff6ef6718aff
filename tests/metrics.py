"""Reads the text format of Prometheus strictly, and prints it as JSON: {name: {type, help, samples: [[labels, value]]}}."""
import json
import re
import sys

LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"')
SAMPLE = re.compile(r'([a-z_:][a-z0-9_:]*)(?:\{(.*)\})? (\S+)')
UNESCAPED = {"n": "\n", '"': '"', "\\": "\\"}


def labels_of(text: str) -> dict:
    labels, at = {}, 0
    while at < len(text):
        found = LABEL.match(text, at)
        assert found, text
        assert found[1] not in labels, text
        labels[found[1]] = re.sub(r"\\(.)", lambda m: UNESCAPED[m[1]], found[2])
        at = found.end()
        assert at == len(text) or text[at] == ",", text
        at += 1
    return labels


def family_of(name: str, families: dict) -> str:
    for suffix in ("_bucket", "_sum", "_count"):
        base = name.removesuffix(suffix)
        if base != name and families.get(base, {}).get("type") == "histogram":
            return base
    return name


def check_histogram(name: str, samples: list) -> None:
    buckets = [(float(l["le"]), v) for n, l, v in samples if n == name + "_bucket"]
    assert buckets == sorted(buckets) and buckets[-1][0] == float("inf"), name
    assert [v for n, _, v in samples if n == name + "_count"] == [buckets[-1][1]], name
    assert sum(n == name + "_sum" for n, _, _ in samples) == 1, name


families: dict = {}
text = sys.stdin.buffer.read().decode()
assert text.endswith("\n")
for line in text[:-1].split("\n"):
    if line.startswith("# HELP "):
        name, said = line[7:].split(" ", 1)
        assert name not in families and said.strip(), line
        families[name] = {"help": said, "samples": []}
    elif line.startswith("# TYPE "):
        name, kind = line[7:].split(" ")
        assert "type" not in families[name] and kind in ("counter", "gauge", "histogram"), line
        assert name.endswith("_total") == (kind == "counter"), line
        families[name]["type"] = kind
    else:
        found = SAMPLE.fullmatch(line)
        assert found, line
        family = family_of(found[1], families)
        families[family]["samples"].append((found[1], labels_of(found[2] or ""), float(found[3])))
for name, family in families.items():
    assert "type" in family, name
    keys = [(n, sorted(l.items())) for n, l, _ in family["samples"]]
    assert len(keys) == len({json.dumps(k) for k in keys}), name
    if family["type"] == "histogram":
        check_histogram(name, family["samples"])
json.dump({n: [[s, l, v] for s, l, v in f["samples"]] for n, f in families.items()}, sys.stdout)
