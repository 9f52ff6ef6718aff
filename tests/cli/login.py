"""pyro login and logout, against registries of tests/registry.py. Arguments: a scene, and a directory of its own."""
import base64
import json
import os
import pty
import select
import signal
import stat
import subprocess
import sys
import termios

sys.path.insert(0, "tests")
from registry import Registry, status

PYRO, WORK = os.environ["PYRO"], sys.argv[2]
PASSWORD = "se:cret word"
ENV = {**{name: value for name, value in os.environ.items() if name not in ("REGISTRY_AUTH_FILE", "DOCKER_CONFIG")},
       "XDG_RUNTIME_DIR": WORK + "/run", "XDG_CONFIG_HOME": WORK + "/config", "HOME": WORK,
       "PATH": WORK + "/bin:" + os.environ["PATH"]}
OWN, DOCKER = WORK + "/config/containers/auth.json", WORK + "/.docker/config.json"


def check(what, ok, *more):
    print("ok %s" % what if ok else "FAILED %s%s" % (what, "".join("\n    %s" % str(one)[:900] for one in more)), flush=True)


def pyro(*words, said=None, env=ENV):
    done = subprocess.run([PYRO, *words], input=said if said is not None else "", stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, env=env)
    check("%s: no password is said" % words[0], "cret" not in done.stdout + done.stderr, done.stdout, done.stderr)
    return done


def login(registry, password=PASSWORD, *more, env=ENV):
    return pyro("login", registry.host, "--username", "u", *more, said=password, env=env)


def refused(what, done, words):
    check("%s: refused" % what, done.returncode in (1, 2) and words in done.stderr, done.returncode, done.stderr)


def read(path):
    with open(path) as file:
        return json.load(file)


def write(path, content, mode=0o600):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        file.write(content if isinstance(content, str) else json.dumps(content))
    os.chmod(path, mode)


def entry(user="u", password=PASSWORD):
    return {"auth": base64.b64encode(("%s:%s" % (user, password)).encode()).decode()}


def basic():
    r = Registry()
    r.user = "u:" + PASSWORD
    refused("a wrong password", login(r, "wrong"), "does not take this user name and password")
    check("nothing of it is kept", not os.path.exists(OWN))
    for ending in ["", "\n", "\r\n"]:
        done = login(r, PASSWORD + ending)
        check("the right one, ending in %r" % ending, done.returncode == 0 and OWN in done.stdout, done.stdout, done.stderr)
        check("is kept as podman keeps it", read(OWN) == {"auths": {r.host: entry()}}, read(OWN))
    check("for its user alone", stat.S_IMODE(os.stat(OWN).st_mode) == 0o600)
    refused("a wrong one later", login(r, "wrong"), "does not take")
    check("what was kept is kept", read(OWN) == {"auths": {r.host: entry()}}, read(OWN))
    done = pyro("logout", r.host.upper(), "--json")
    check("logout", json.loads(done.stdout) == {"registry": r.host, "removed": True} and read(OWN) == {"auths": {}},
          done.stdout, read(OWN))
    done = pyro("logout", r.host)
    check("again, there is none", done.returncode == 0 and "Not signed in" in done.stdout, done.stdout)
    r.user = None
    done = login(r, "anything")
    check("one that asks nobody", done.returncode == 0 and "not tried" in done.stderr, done.stderr)
    r.close()


def bearer():
    r = Registry()
    r.token_server("u:" + PASSWORD, "tok")
    refused("a wrong password", login(r, "wrong"), "does not take this user name and password")
    done = login(r)
    asked = [path for path in r.seen("/token")][-1]
    check("the right one", done.returncode == 0 and read(OWN)["auths"] == {r.host: entry()}, done.stderr)
    check("no repository was asked for", "scope" not in asked and "client_id=pyro" in asked, asked)
    check("its token was tried", "Bearer tok" in r.authorizations(), r.authorizations())
    r.on("/token", status(500))
    refused("a token server that fails", login(r), "500")
    r.token = "http://localhost:%d/token" % r.port, "tok"
    refused("a token server of another name", login(r), "not a part of it")
    r.close()


def files():
    r = Registry()
    r.user = "u:" + PASSWORD
    others = {"auths": {"other.example": entry("x", "y"), r.host + "/team": entry("t", "t")}, "psFormat": "kept"}
    write(DOCKER, {**others, "auths": {**others["auths"], "http://%s/v1/" % r.host: entry("old", "old")}})
    done = login(r)
    check("a file that has some for it gets them", done.returncode == 0 and DOCKER in done.stdout, done.stdout, done.stderr)
    check("and all else in it stays", read(DOCKER) == {**others, "auths": {**others["auths"], r.host: entry()}}, read(DOCKER))
    os.rename(DOCKER, WORK + "/kept.json")
    os.symlink(WORK + "/kept.json", DOCKER)
    check("through a link", login(r).returncode == 0 and os.path.islink(DOCKER) and r.host in read(DOCKER)["auths"])
    pyro("logout", r.host)
    check("logout takes that one alone", read(DOCKER) == others, read(DOCKER))
    one = WORK + "/one.json"
    done = login(r, env={**ENV, "REGISTRY_AUTH_FILE": one})
    check("$REGISTRY_AUTH_FILE", done.returncode == 0 and read(one)["auths"] == {r.host: entry()}, done.stderr)
    write(OWN, "{se:cret")
    refused("a damaged file", login(r), "is not a JSON object")
    with open(OWN) as file:
        check("which is not written over", file.read() == "{se:cret")
    r.close()


def programs():
    r = Registry()
    r.user = "u:" + PASSWORD
    write(WORK + "/bin/docker-credential-test", """#!/bin/sh
there=%s/there
case $1 in
store) cat >$there ;;
get) read -r server; cat $there 2>/dev/null || { echo "credentials not found in native keychain"; exit 1; } ;;
erase) read -r server; echo "$server" >$there.erased; rm $there ;;
esac
""" % WORK, 0o700)
    write(DOCKER, {"credsStore": "test"})
    done = login(r)
    check("a program keeps them", done.returncode == 0 and "docker-credential-test" in done.stdout, done.stdout, done.stderr)
    check("what it is given", read(WORK + "/there") == {"ServerURL": r.host, "Username": "u", "Secret": PASSWORD})
    check("and no file has them", read(DOCKER) == {"credsStore": "test"} and not os.path.exists(OWN))
    done = pyro("logout", r.host)
    with open(WORK + "/there.erased") as file:
        check("logout", "Signed out" in done.stdout and file.read().strip() == r.host and not os.path.exists(WORK + "/there"))
    done = pyro("logout", r.host)
    check("again, there is none", "Not signed in" in done.stdout, done.stdout, done.stderr)
    write(WORK + "/bin/docker-credential-test", "#!/bin/sh\nexit 3\n", 0o700)
    refused("one that fails", login(r), "docker-credential-test")
    r.close()


class Terminal:
    """pyro login on a terminal."""

    def __init__(self, *words):
        self.parent, child = pty.openpty()
        self.before = termios.tcgetattr(child)
        self.child, self.text = child, ""
        self.process = subprocess.Popen([PYRO, "login", *words], stdin=child, stdout=child, stderr=child, env=ENV,
                                        preexec_fn=self.own)

    @staticmethod
    def own():
        os.setsid()
        import fcntl
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    def sees(self, words):
        while words not in self.text:
            if select.select([self.parent], [], [], 1)[0]:
                self.text += os.read(self.parent, 4096).decode()
            elif self.process.poll() is not None and not select.select([self.parent], [], [], 0)[0]:
                break  # with its last words read
        return words in self.text

    def echoes(self):
        return bool(termios.tcgetattr(self.child)[3] & termios.ECHO)

    def types(self, text):
        os.write(self.parent, text.encode())

    def is_as_before(self):
        return termios.tcgetattr(self.child) == self.before


def terminal():
    r = Registry()
    r.user = "u:" + PASSWORD
    t = Terminal(r.host)
    check("the name is asked for", t.sees("User name: "), t.text)
    t.types("u\n")
    check("then the password", t.sees("Password for %s: " % r.host), t.text)
    check("without an echo", not t.echoes())
    t.types(PASSWORD + "\n")
    check("it is signed in", t.sees("Signed in to") and t.process.wait() == 0, t.text)
    check("the password was not shown", "cret" not in t.text, t.text)
    check("the terminal is as it was", t.is_as_before())
    for what, act in [("Ctrl-C", lambda t: t.types("half\x03")), ("TERM", lambda t: t.process.send_signal(signal.SIGTERM))]:
        t = Terminal(r.host, "--username", "u")
        t.sees("Password for")
        act(t)
        check("%s ends it" % what, t.process.wait() in (-signal.SIGINT, -signal.SIGTERM, 130, 143), t.process.returncode)
        check("%s: the terminal is as it was" % what, t.is_as_before())
    t = Terminal(r.host, "--username", "u")
    t.sees("Password for")
    t.types("\n")
    check("an empty one is none", t.sees("no password was given") and t.process.wait() == 2, t.text)
    r.close()


def refusals():
    r = Registry()
    refused("no user name, and no terminal", pyro("login", r.host, said="x"), "user name")
    refused("no password", login(r, ""), "no password")
    refused("a zero in it", login(r, "a\0b"), "a zero")
    refused("one that is too long", login(r, "x" * 5000), "more than 4096")
    refused("a user name with a colon", pyro("login", r.host, "--username", "a:b", said="x"), "':'")
    for host in ["http://" + r.host, r.host + "/x", "", "a b"]:
        refused("no registry: %s" % host, pyro("login", host, "--username", "u", said="x"), "")
    check("and nobody was asked", not r.requests, r.requests)
    refused("none by a flag", pyro("login", r.host, "--password", "x"), "--password")
    port = r.port
    r.close()
    refused("nobody there", pyro("login", "127.0.0.1:%d" % port, "--username", "u", said="x"), "connect")
    os.makedirs(WORK + "/config/pyro")
    with open(WORK + "/config/pyro/config", "w") as file:
        file.write("registry.docker.io.blocked = on\n")
    refused("one that is blocked", pyro("login", "docker.io", "--username", "u", said="x"), "blocked")


if __name__ == "__main__":
    globals()[sys.argv[1]]()
