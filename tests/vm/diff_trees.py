"""Two trees of files for the test of `workspace diff`, and what must come of comparing them.

diff_trees.py make DIR SEED   makes DIR/then and DIR/now, and DIR/expected.json: path -> status
diff_trees.py same A B SKIP   compares two trees: kinds, texts, executable bits, targets; SKIP: a JSON
                              list of paths that are left out
"""
import json
import os
import random
import shutil
import stat
import sys

NAMES = ["plain", "with blank", "tab\there", 'quo"te', "back\\slash", "new\nline", "gr\u00fc\u00df",
         "-dash", "a'b", "$var", "e\u0301", "\u202ertl", "x" * 255, "Case", "case", "dots..", "%s"]


def text(r):
    lines = [r.choice("abcdefgh") * r.randint(0, 3) for _ in range(r.randint(0, 40))]
    end = r.choice(["\n", "\n", "\n", "\r\n"])
    body = end.join(lines)
    return (body + (end if lines and r.random() < 0.8 else "")).encode()


def put(path, kind, r):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    if kind == "link":
        os.symlink(r.choice(["plain", "../away", "/etc/passwd", "gr\u00fc\u00df", "with blank"]), path)
        return
    with open(path, "wb") as f:
        f.write(b"\0\1\2" + r.randbytes(50) if kind == "binary" else text(r))
    os.chmod(path, 0o755 if r.random() < 0.2 else 0o644)


def change(path, r):
    if os.path.islink(path):
        os.unlink(path)
        os.symlink("elsewhere%d" % r.randint(0, 9), path)
        return
    with open(path, "rb") as f:
        old = f.read()
    lines = old.split(b"\n")
    for _ in range(r.randint(1, 3)):
        lines.insert(r.randint(0, len(lines)), b"changed %d" % r.randint(0, 99))
    if r.random() < 0.3 and len(lines) > 2:
        del lines[r.randrange(len(lines))]
    with open(path, "wb") as f: # in place: the inode stays
        f.write(b"\n".join(lines))


def paths_of(root):
    found = []
    for at, dirs, files in os.walk(root):
        for name in files + [d for d in dirs if os.path.islink(os.path.join(at, d))]:
            found.append(os.path.relpath(os.path.join(at, name), root))
    return sorted(found)


def look(path):
    try:
        s = os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    if stat.S_ISLNK(s.st_mode):
        return ("link", os.readlink(os.fsencode(path)), 0)
    if stat.S_ISDIR(s.st_mode):
        return ("dir", b"", 0)
    with open(path, "rb") as f:
        return ("file", f.read(), s.st_mode & 0o100)


def mutate(now, r):
    for p in paths_of(now):
        full, dice = os.path.join(now, p), r.random()
        if dice < 0.55:
            continue
        if dice < 0.70:
            change(full, r)
        elif dice < 0.75 and not os.path.islink(full):
            os.chmod(full, os.stat(full).st_mode ^ 0o111)
        elif dice < 0.80:
            os.utime(full, (1, 1), follow_symlinks=False)
        elif dice < 0.90:
            os.unlink(full)
        elif dice < 0.95:
            os.unlink(full)
            put(full + "/now/below", "text", r)
        else:
            link = os.path.islink(full)
            os.unlink(full)
            put(full, "text" if link else "link", r)
    for i in range(6):
        put(os.path.join(now, "added", r.choice(NAMES), str(i)), r.choice(["text", "link", "binary"]), r)
    gone = os.path.join(now, "dir0")
    shutil.rmtree(gone, ignore_errors=True)
    put(gone, "text", r) # a directory becomes a file
    open(os.path.join(now, "empty new"), "w").close()


def make(root, seed):
    r = random.Random(seed)
    then, now = os.path.join(root, "then"), os.path.join(root, "now")
    for i in range(8):
        for name in r.sample(NAMES, 7):
            kind = r.choice(["text", "text", "text", "text", "link", "binary"])
            put(os.path.join(then, "dir%d" % i, *(["deep"] * (i % 3)), name), kind, r)
    open(os.path.join(then, "empty"), "w").close()
    shutil.copytree(then, now, symlinks=True)
    mutate(now, r)
    expected = {}
    for p in sorted(set(paths_of(then)) | set(paths_of(now))):
        a, b = look(os.path.join(then, p)), look(os.path.join(now, p))
        if a != b:
            expected[p] = ("added" if a is None else "deleted" if b is None else
                           "type_changed" if a[0] != b[0] else "modified")
    with open(os.path.join(root, "expected.json"), "w") as f:
        json.dump(expected, f)


def same(a, b, skip):
    wrong = [p for p in sorted(set(paths_of(a)) | set(paths_of(b)))
             if p not in skip and look(os.path.join(a, p)) != look(os.path.join(b, p))]
    for p in wrong:
        print(repr(p), look(os.path.join(a, p)), look(os.path.join(b, p)))
    sys.exit(bool(wrong))


if sys.argv[1] == "make":
    make(sys.argv[2], sys.argv[3])
else:
    same(sys.argv[2], sys.argv[3], json.loads(sys.argv[4]))
