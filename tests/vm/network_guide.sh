#!/bin/bash
# The transcript in docs/network.md is what a user gets; example.org is a server made here.
cd "$(dirname "$0")/../.." && . tests/lib.sh && . tests/guide.sh && . tests/network.sh
use_shared_cache
network_make docs/network.md || finish

cat >"$TEST_DIR/web.py" <<'EOF'
# DIRECTORY READY: its files by HTTP, for everybody.
import functools, http.server, sys
files = functools.partial(http.server.SimpleHTTPRequestHandler, directory=sys.argv[1])
server = http.server.ThreadingHTTPServer(("198.51.100.2", 80), files)
open(sys.argv[2], "w").close()
server.serve_forever()
EOF
mkdir "$TEST_DIR/web"
git init -q --bare -b main "$TEST_DIR/web/x.git"
commit=$(env GIT_{AUTHOR,COMMITTER}_NAME=x GIT_{AUTHOR,COMMITTER}_EMAIL=x@example.org GIT_{AUTHOR,COMMITTER}_DATE='2026-01-01T00:00:00Z' \
    git -C "$TEST_DIR/web/x.git" commit-tree -m x "$(git -C "$TEST_DIR/web/x.git" mktree </dev/null)")
git -C "$TEST_DIR/web/x.git" update-ref refs/heads/main "$commit"
git -C "$TEST_DIR/web/x.git" update-server-info
network_serve "$there" web.py "$TEST_DIR/web" 2>/dev/null

{
    echo '#!/bin/bash'
    echo "$(printf '%q ' "${inside[@]}" "$PYRO")"'"$@"'
} >"$TEST_DIR/pyro"
chmod 755 "$TEST_DIR/pyro"
PYRO=$TEST_DIR/pyro
run_guide docs/network.md 8
network_finish
