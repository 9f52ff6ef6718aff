/* tests/unit/file/test_patch.c: patches: what is taken, what is refused, and that git-apply(1) does
 * the same. */
#include "engine/image/patch/patch.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/patch_fixture.h"
#include "tests/unit/peer.h"
#include "vmm/base/file_name.h"
#include "vmm/base/fs.h"
#include "vmm/base/proc.h"

static const char *const old_text = "one\ntwo\nthree\nfour\nfive\nsix\nseven\n";

struct accepted {
    const char *what, *patch;
    const char *wanted; /* "path:mode:content" of all files, '|' between them; NULL content: gone */
};

#define FROM_GIT(NAME) "diff --git a/" NAME " b/" NAME "\n"
#define NAMES(NAME) "--- a/" NAME "\n+++ b/" NAME "\n"
#define CHANGE "@@ -1,2 +1,2 @@\n-one\n+1\n two\n"
#define NEW(NAME) "--- /dev/null\n+++ " NAME "\n@@ -0,0 +1 @@\n+x\n"

static const struct accepted accepted[] = {
    { "a plain diff", NAMES("f") "@@ -2,3 +2,3 @@\n two\n-three\n+3\n four\n",
      "f:f:one\ntwo\n3\nfour\nfive\nsix\nseven\n" },
    { "text around it is passed over",
      "From: somebody\nSubject: x\n---\n f | 2 +-\n\n" NAMES(
          "f") "@@ -1,2 +1,2 @@\n-one\n+1\n two\n-- \n2.39\n",
      "f:f:1\ntwo\nthree\nfour\nfive\nsix\nseven\n" },
    { "with times behind the names",
      "--- f.orig\t2024-01-01 10:00:00 +0000\n+++ f\t2024-01-01 10:00:01 +0000\n@@ -1,2 +1,2 @@\n"
      "-one\n+1\n two\n",
      "f:f:1\ntwo\nthree\nfour\nfive\nsix\nseven\n" },
    { "at another line than it says", NAMES("f") "@@ -3,3 +3,3 @@\n five\n-six\n+6\n seven\n",
      "f:f:one\ntwo\nthree\nfour\nfive\n6\nseven\n" },
    { "two hunks, the second moved by the first",
      NAMES("f") "@@ -1,2 +1,4 @@\n one\n+1a\n+1b\n two\n@@ -6,2 +8,2 @@\n six\n-seven\n+7\n",
      "f:f:one\n1a\n1b\ntwo\nthree\nfour\nfive\nsix\n7\n" },
    { "a new file",
      FROM_GIT("d/n") "new file mode 100755\nindex 0000000..1234567\n--- /dev/null\n"
                      "+++ b/d/n\n@@ -0,0 +1 @@\n+new\n",
      "d/n:x:new\n" },
    { "a new empty file", FROM_GIT("n") "new file mode 100644\nindex 0000000..e69de29\n", "n:f:" },
    { "a new file by diff -N",
      "--- a/n\t1970-01-01 00:00:00.000000000 +0000\n+++ b/n\t2024-01-01 00:00:00.000000000 +0000\n"
      "@@ -0,0 +1,2 @@\n+a\n+b\n",
      "n:f:a\nb\n" },
    { "a new file by its hunk alone", NAMES("n") "@@ -0,0 +1 @@\n+a\n", "n:f:a\n" },
    { "deleted",
      FROM_GIT(
          "f") "deleted file mode 100644\n--- a/f\n+++ /dev/null\n@@ -1,7 +0,0 @@\n-one\n-two\n"
               "-three\n-four\n-five\n-six\n-seven\n",
      "f:-:" },
    { "deleted, empty", FROM_GIT("empty") "deleted file mode 100644\nindex e69de29..0000000\n",
      "empty:-:" },
    { "a rename", "diff --git a/f b/g/h\nsimilarity index 100%\nrename from f\nrename to g/h\n",
      "f:-:|g/h:f:one\ntwo\nthree\nfour\nfive\nsix\nseven\n" },
    { "a rename with a change",
      "diff --git a/f b/g\nsimilarity index 80%\nrename from f\nrename to g\nindex 1..2 100644\n"
      "--- a/f\n+++ b/g\n@@ -1,2 +1,2 @@\n-one\n+1\n two\n",
      "f:-:|g:f:1\ntwo\nthree\nfour\nfive\nsix\nseven\n" },
    { "a copy", "diff --git a/x b/y\nsimilarity index 100%\ncopy from x\ncopy to y\n",
      "x:x:run\n|y:x:run\n" },
    { "two files change places",
      "diff --git a/f b/t\nrename from f\nrename to t\ndiff --git a/x b/f\nrename from x\n"
      "rename to f\ndiff --git a/t b/x\nrename from t\nrename to x\n",
      "f:x:run\n|x:f:one\ntwo\nthree\nfour\nfive\nsix\nseven\n" },
    { "one file twice",
      NAMES("f") "@@ -1,2 +1,2 @@\n-one\n+1\n two\n" NAMES(
          "f") "@@ -1,2 +1,2 @@\n-1\n+eins\n two\n",
      "f:f:eins\ntwo\nthree\nfour\nfive\nsix\nseven\n" },
    { "a mode", FROM_GIT("f") "old mode 100644\nnew mode 100755\n",
      "f:x:one\ntwo\nthree\nfour\nfive\nsix\nseven\n" },
    { "a link",
      FROM_GIT("l2") "new file mode 120000\n--- /dev/null\n+++ b/l2\n@@ -0,0 +1 @@\n+../out\n"
                     "\\ No newline at end of file\n",
      "l2:l:../out" },
    { "a link's target",
      FROM_GIT("link") "index 1..2 120000\n" NAMES(
          "link") "@@ -1 +1 @@\n-target\n\\ No newline at end of file\n+other\n\\ No newline at "
                  "end of "
                  "file\n",
      "link:l:other" },
    { "a link becomes a file",
      FROM_GIT(
          "link") "deleted file mode 120000\n--- a/link\n+++ /dev/null\n@@ -1 +0,0 @@\n-target\n"
                  "\\ No newline at end of file\n" FROM_GIT(
                      "link") "new file mode 100644\n--- /dev/null\n+++ b/link\n@@ -0,0 +1 @@\n"
                              "+text\n",
      "link:f:text\n" },
    { "the final newline goes",
      NAMES("f") "@@ -6,2 +6,2 @@\n six\n-seven\n+seven\n\\ No newline at end of file\n",
      "f:f:one\ntwo\nthree\nfour\nfive\nsix\nseven" },
    { "the final newline comes",
      NAMES("open") "@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+b\n",
      "open:f:a\nb\n" },
    { "no final newline on either side",
      NAMES("open") "@@ -1,2 +1,2 @@\n-a\n+A\n b\n\\ No newline at end of file\n", "open:f:A\nb" },
    { "CRLF", NAMES("crlf") "@@ -1,2 +1,2 @@\n-a\r\n+A\r\n b\r\n", "crlf:f:A\r\nb\r\n" },
    { "CRLF in the headers too",
      "--- a/crlf\r\n+++ b/crlf\r\n@@ -1,2 +1,2 @@\r\n-a\r\n+A\r\n b\r\n", "crlf:f:A\r\nb\r\n" },
    { "an empty context line without its blank", NAMES("gap") "@@ -1,3 +1,3 @@\n a\n\n-b\n+B\n",
      "gap:f:a\n\nB\n" },
    { "a quoted name",
      "diff --git \"a/t\\ta\\303\\244\" \"b/t\\ta\\303\\244\"\nnew file mode 100644\n--- "
      "/dev/null\n"
      "+++ \"b/t\\ta\\303\\244\"\n@@ -0,0 +1 @@\n+x\n",
      "t\ta\xc3\xa4:f:x\n" },
    { "a name with blanks", FROM_GIT("a b c") "new file mode 100644\n", "a b c:f:" },
    { "a name with a blank and a tab behind it",
      FROM_GIT("a b") "new file mode 100644\n--- /dev/null\n+++ b/a b\t\n@@ -0,0 +1 @@\n+x\n",
      "a b:f:x\n" },
    { "a name without a directory", "--- f\n+++ f\n@@ -1,2 +1,2 @@\n-one\n+1\n two\n",
      "f:f:1\ntwo\nthree\nfour\nfive\nsix\nseven\n" },
    { "a name from the root",
      "--- /workspace/f\n+++ /workspace/f\n@@ -1,2 +1,2 @@\n-one\n+1\n two\n",
      "f:f:1\ntwo\nthree\nfour\nfive\nsix\nseven\n" },
    { "a log of commits",
      "commit 1234\nAuthor: A <a@b>\n\n    one\n    - two\n\n" FROM_GIT(
          "x") "old mode 100755\nnew mode 100644\n\ncommit 5678\n\n    + three\n\n" NAMES("f")
          CHANGE,
      "x:f:run\n|f:f:1\ntwo\nthree\nfour\nfive\nsix\nseven\n" },
    { "by diff -r", "diff -ru old/f new/f\n--- old/f\n+++ new/f\n" CHANGE "Index: x\n======\n",
      "f:f:1\ntwo\nthree\nfour\nfive\nsix\nseven\n" },
    { "a new file with another prefix", "--- /dev/null\n+++ w/d/n\n@@ -0,0 +1 @@\n+a\n",
      "d/n:f:a\n" },
    { "a new file from the root", "--- /dev/null\n+++ /workspace/d/n\n@@ -0,0 +1 @@\n+a\n",
      "d/n:f:a\n" },
    { "a new file without a directory", "--- /dev/null\n+++ n\n@@ -0,0 +1 @@\n+a\n", "n:f:a\n" },
    { "names that only look like git's",
      "--- /dev/null\n+++ b/.gitignore\n@@ -0,0 +1 @@\n+a\n--- /dev/null\n+++ b/x.git/git~2\n@@ "
      "-0,0 +1 @@\n+a\n",
      ".gitignore:f:a\n|x.git/git~2:f:a\n" },
    { "made and removed again",
      FROM_GIT("n") "new file mode 100644\n" FROM_GIT("n") "deleted file mode 100644\n", "n:-:" },
};

struct refused {
    const char *what, *patch;
    enum pyro_code code;
    const char *says; /* a part of the message */
};

static const struct refused refused[] = {
    { "nothing", "", PYRO_PATCH_REJECTED, "no change" },
    { "prose", "please make it better\n", PYRO_PATCH_REJECTED, "no change" },
    { "another context", NAMES("f") "@@ -2,3 +2,3 @@\n two\n-tree\n+3\n four\n",
      PYRO_PATCH_REJECTED, "'f': hunk 1 of 1 (line 3 of the patch) does not fit" },
    { "the second hunk", NAMES("f") CHANGE "@@ -5,2 +5,2 @@\n five\n-sechs\n+6\n",
      PYRO_PATCH_REJECTED, "'f': hunk 2 of 2 (line 7 of the patch)" },
    { "lines without context", NAMES("f") "@@ -3 +3 @@\n-three\n+3\n", PYRO_PATCH_REJECTED,
      "hunk 1" },
    { "an insertion without context", NAMES("f") "@@ -3,0 +4 @@\n+3a\n", PYRO_PATCH_REJECTED,
      "hunk 1" },
    { "not at the beginning", NAMES("f") "@@ -1,3 +1,3 @@\n two\n-three\n+3\n four\n",
      PYRO_PATCH_REJECTED, "hunk 1" },
    { "overlapping hunks",
      NAMES("f") "@@ -2,3 +2,3 @@\n two\n-three\n+3\n four\n@@ -4,3 +4,3 @@\n four\n-five\n+5\n "
                 "six\n",
      PYRO_PATCH_REJECTED, "hunk 2 of 2" },
    { "CRLF on LF", NAMES("f") "@@ -1,2 +1,2 @@\n-one\r\n+1\r\n two\r\n", PYRO_PATCH_REJECTED,
      "hunk 1" },
    { "LF on CRLF", NAMES("crlf") "@@ -1,2 +1,2 @@\n-a\n+A\n b\n", PYRO_PATCH_REJECTED, "hunk 1" },
    { "a final newline that is not there", NAMES("open") "@@ -1,2 +1,2 @@\n-a\n+A\n b\n",
      PYRO_PATCH_REJECTED, "hunk 1" },
    { "a hunk that is cut short", NAMES("f") "@@ -1,4 +1,4 @@\n-one\n+1\n two\n",
      PYRO_PATCH_REJECTED, "not have the number of lines its header states" },
    { "a hunk with too many lines", NAMES("f") "@@ -1,2 +1,1 @@\n-one\n+1\n two\n",
      PYRO_PATCH_REJECTED, "not have the number of lines its header states" },
    { "no hunk header", NAMES("f") "@@ -x +1 @@\n-one\n", PYRO_PATCH_REJECTED, "line 3" },
    { "a hunk alone", CHANGE, PYRO_PATCH_REJECTED, "without a file" },
    { "no such file", NAMES("none") CHANGE, PYRO_PATCH_REJECTED, "'none' (line 1" },
    { "a new file that is there", FROM_GIT("f") "new file mode 100644\n", PYRO_PATCH_REJECTED,
      "already exists" },
    { "a rename onto a file", "diff --git a/f b/x\nrename from f\nrename to x\n",
      PYRO_PATCH_REJECTED, "already exists" },
    { "deleted with other lines",
      FROM_GIT(
          "f") "deleted file mode 100644\n--- a/f\n+++ /dev/null\n@@ -1,2 +0,0 @@\n-one\n-two\n",
      PYRO_PATCH_REJECTED, "hunk 1" },
    { "deleted without its lines", FROM_GIT("f") "deleted file mode 100644\n", PYRO_PATCH_REJECTED,
      "with lines" },
    { "a directory", NAMES("dir") CHANGE, PYRO_WRONG_FILE_TYPE, "'dir' is a directory" },
    { "a link", NAMES("link") "@@ -1 +1 @@\n-target\n+x\n", PYRO_PATH_REFUSED, "symbolic link" },
    { "a binary patch",
      FROM_GIT("f") "index 1..2 100644\nGIT binary patch\nliteral 0\nHcmV?d00001\n\n",
      PYRO_PATCH_REJECTED, "'f' is changed as a binary file" },
    { "a note of binary files",
      FROM_GIT("f") "index 1..2 100644\nBinary files a/f and b/f differ\n", PYRO_PATCH_REJECTED,
      "'f' is changed as a binary file" },
    { "a submodule", FROM_GIT("s") "new file mode 160000\n", PYRO_PATCH_REJECTED,
      "line 2: the mode" },
    { "out by ..", NAMES("../../etc/passwd") CHANGE, PYRO_PATH_REFUSED, "line 1" },
    { "out in the middle", NAMES("d/../../f") CHANGE, PYRO_PATH_REFUSED, "line 1" },
    { "absolute", "--- /etc/passwd\n+++ /etc/passwd\n" CHANGE, PYRO_PATH_REFUSED, "/etc/passwd" },
    { "a rename out", "diff --git a/f b/f\nrename from f\nrename to ../f\n", PYRO_PATH_REFUSED,
      "line 3" },
    { "a quoted name with NUL", "--- \"a/f\\000x\"\n+++ b/f\n" CHANGE, PYRO_PATCH_REJECTED,
      "line 1" },
    { "an open quote", "--- \"a/f\n+++ b/f\n" CHANGE, PYRO_PATCH_REJECTED, "line 1" },
    /* Nothing is left out silently. */
    { "more lines than are counted", NAMES("f") CHANGE "+more\n three\n", PYRO_PATCH_REJECTED,
      "line 7: 'f': the hunk at line 3 does not have the number of lines its header states (-2 "
      "+2)" },
    { "more behind an empty line", NAMES("f") CHANGE "\n+more\n", PYRO_PATCH_REJECTED, "line 8" },
    { "a context line more", NAMES("f") CHANGE " three\n", PYRO_PATCH_REJECTED, "line 7" },
    { "a second hunk without numbers", NAMES("f") CHANGE "@@\n-six\n+6\n seven\n",
      PYRO_PATCH_REJECTED, "line 7: a hunk without line numbers" },
    { "a second file without numbers", NAMES("f") CHANGE NAMES("x") "@@\n-run\n+walk\n",
      PYRO_PATCH_REJECTED, "line 9: a hunk without line numbers" },
    { "a first hunk without numbers", NAMES("f") "@@ one @@\n-one\n+1\n", PYRO_PATCH_REJECTED,
      "line 3: a hunk without line numbers" },
    { "a combined diff", "diff --cc f\nindex 1,2..3\n" NAMES("f") "@@@ -1 -1 +1 @@@\n- one\n",
      PYRO_PATCH_REJECTED, "line 1: a combined diff" },
    { "a combined hunk", NAMES("f") "@@@ -1 -1 +1 @@@\n- one\n", PYRO_PATCH_REJECTED,
      "line 3: a combined diff" },
    { "names without a hunk", NAMES("f") "-one\n+1\n", PYRO_PATCH_REJECTED, "line 3: a hunk" },
    { "names without a hunk at the end", NAMES("f") CHANGE NAMES("x"), PYRO_PATCH_REJECTED,
      "line 9: a hunk" },
    { "a line without its blank", NAMES("f") CHANGE "three\n", PYRO_PATCH_REJECTED,
      "line 7: neither" },
    { "prose behind it", NAMES("f") CHANGE "```\n", PYRO_PATCH_REJECTED, "line 7: neither" },
    { "lines behind headers", FROM_GIT("f") "old mode 100644\nnew mode 100755\n+x\n",
      PYRO_PATCH_REJECTED, "line 4: a line of a hunk without a hunk" },
    { "lines behind a signature", NAMES("f") CHANGE "-- \n+x\n", PYRO_PATCH_REJECTED, "line 7" },
    { "apply_patch's format", "*** Begin Patch\n*** Update File: f\n@@\n-one\n+1\n",
      PYRO_PATCH_REJECTED, "line 1: this is apply_patch's format" },
    { "… behind a file", NAMES("f") CHANGE "*** Update File: x\n@@\n-run\n+1\n",
      PYRO_PATCH_REJECTED, "line 7: this is apply_patch's format" },
    { "a context diff", "*** a/f\n--- b/f\n***************\n*** 1,2 ****\n", PYRO_PATCH_REJECTED,
      "line 3: a context diff" },
    { "a diff of no kind behind another", NAMES("f") CHANGE "diff -r a/x b/x\n1c1\n< run\n",
      PYRO_PATCH_REJECTED, "line 7: a comparison that is not a unified diff" },
    { "a file of one side", NAMES("f") CHANGE "Only in b: g\n", PYRO_PATCH_REJECTED,
      "line 7: a file that one side has" },
    { "a note of binary files alone", NAMES("f") CHANGE "Binary files a/x and b/x differ\n",
      PYRO_PATCH_REJECTED, "line 7: binary" },
    { "a byte order mark", "\xef\xbb\xbf" NAMES("f") CHANGE, PYRO_PATCH_REJECTED,
      "line 1: it begins with a byte order mark" },
    { "a blank at a name's end", "--- a/f \n+++ b/f \n" CHANGE, PYRO_PATCH_REJECTED,
      "line 1: a file's name ends in a blank" },
    { "a new file whose directory would get lost", NEW("src/n"), PYRO_PATH_REFUSED,
      "line 2: 'src/n' is new" },
    { "… by git --no-prefix",
      "diff --git src/n src/n\nnew file mode 100644\n--- /dev/null\n+++ src/n\n@@ -0,0 +1 @@\n+x\n",
      PYRO_PATH_REFUSED, "'src/n' is new" },
    { "… empty", "diff --git src/n src/n\nnew file mode 100644\n", PYRO_PATH_REFUSED,
      "'src/n' is new" },
    { "… by its hunk alone", "--- src/n\n+++ src/n\n@@ -0,0 +1 @@\n+x\n", PYRO_PATCH_REJECTED,
      "no such file" },
    /* The true reason. */
    { "LF on CRLF, told", NAMES("crlf") "@@ -1,2 +1,2 @@\n-a\n+A\n b\n", PYRO_PATCH_REJECTED,
      "the file's lines end in CR LF" },
    { "CRLF on LF, told", NAMES("f") "@@ -1,2 +1,2 @@\n-one\r\n+1\r\n two\r\n", PYRO_PATCH_REJECTED,
      "the file's lines end in LF" },
    { "without context, told", NAMES("f") "@@ -3 +3 @@\n-three\n+3\n", PYRO_PATCH_REJECTED,
      "its lines are at line 3, but without context" },
    { "an insertion, told", NAMES("f") "@@ -3,0 +4 @@\n+3a\n", PYRO_PATCH_REJECTED,
      "no line that says where" },
    { "not at the beginning, told", NAMES("f") "@@ -1,3 +1,3 @@\n two\n-three\n+3\n four\n",
      PYRO_PATCH_REJECTED, "its lines are at line 2, but a hunk that begins at line 1" },
    { "blanks at the end, told", NAMES("f") "@@ -1,2 +1,2 @@\n-one \n+1\n two\n",
      PYRO_PATCH_REJECTED, "other blanks at their ends (line 1)" },
    { "blanks within, told", NAMES("f") "@@ -2,2 +2,2 @@\n-\ttwo\n+2\n three\n",
      PYRO_PATCH_REJECTED, "other blanks (line 2)" },
    { "a byte order mark in the file", NAMES("bom") "@@ -1,2 +1,2 @@\n-a\n+A\n b\n",
      PYRO_PATCH_REJECTED, "the file begins with a byte order mark" },
    { "a missing newline, told", NAMES("open") "@@ -1,2 +1,2 @@\n-a\n+A\n b\n", PYRO_PATCH_REJECTED,
      "lacks its newline" },
    /* Git's own files. */
    { ".git", NEW("b/.git/hooks/pre-commit"), PYRO_PATH_REFUSED, "is git's own" },
    { ".git as a file", NEW("b/sub/.git"), PYRO_PATH_REFUSED, "is git's own" },
    { ".GIT", NEW("b/.GiT/config"), PYRO_PATH_REFUSED, "is git's own" },
    { ".git for NTFS", NEW("b/git~1/config"), PYRO_PATH_REFUSED, "is git's own" },
    { ".git for NTFS, with dots", NEW("b/.git. ./config"), PYRO_PATH_REFUSED, "is git's own" },
    { ".git for NTFS, a stream", NEW("b/.git::$INDEX_ALLOCATION/config"), PYRO_PATH_REFUSED,
      "is git's own" },
    { ".git for NTFS, a backslash", NEW("\"b/x\\\\.git\\\\config\""), PYRO_PATH_REFUSED,
      "is git's own" },
    { ".git for HFS+", NEW("b/.g\xe2\x80\x8cit/config"), PYRO_PATH_REFUSED, "is git's own" },
    { "a rename out of .git", "diff --git a/.git/x b/f2\nrename from .git/x\nrename to f2\n",
      PYRO_PATH_REFUSED, "is git's own" },
    { "a link named .gitmodules",
      FROM_GIT("d/.GitModules") "new file mode 120000\n--- /dev/null\n+++ b/d/.GitModules\n@@ -0,0 "
                                "+1 @@\n+x\n\\ No newline at end of file\n",
      PYRO_PATCH_REJECTED, "git refuses" },
    { "a name for a file only", FROM_GIT("f"), PYRO_PATCH_REJECTED, "without a change" },
};

static void fill(struct memory_tree *t)
{
    *t = (struct memory_tree){ .count = 0 };
    memory_put(t, "f", 'f', old_text, strlen(old_text));
    memory_put(t, "x", 'x', "run\n", 4);
    memory_put(t, "empty", 'f', "", 0);
    memory_put(t, "open", 'f', "a\nb", 3);
    memory_put(t, "crlf", 'f', "a\r\nb\r\n", 6);
    memory_put(t, "bom", 'f',
               "\xef\xbb\xbf"
               "a\nb\n",
               7);
    memory_put(t, "link", 'l', "target", 6);
    memory_put(t, "dir", 'd', "", 0);
}

static void expect(const char *what, const struct memory_tree *t, const char *wanted)
{
    char path[64], mode, content[256];

    while (*wanted) {
        size_t n = strcspn(wanted, ":"), length;
        const struct memory_file *f;
        snprintf(path, sizeof(path), "%.*s", (int)n, wanted);
        mode = wanted[n + 1];
        wanted += n + 3;
        length = strcspn(wanted, "|");
        snprintf(content, sizeof(content), "%.*s", (int)length, wanted);
        wanted += length + (wanted[length] == '|');
        f = memory_get(t, path);
        if (!f != (mode == '-') ||
            (f && (f->mode != mode || f->content.len != length ||
                   memcmp(f->content.data ? f->content.data : "", content, length) != 0)))
            fail_msg("%s: '%s' is %c '%s'", what, path, f ? f->mode : '-',
                     f && f->content.data ? f->content.data : "");
    }
}

static void test_patch_accepted(void **state UNUSED)
{
    for (size_t i = 0; i < ARRAY_SIZE(accepted); i++) {
        const struct accepted *c = &accepted[i];
        struct pyro_error err = { 0 };
        struct memory_tree t;
        fill(&t);
        if (!strncmp(c->wanted, "gap:", 4))
            memory_put(&t, "gap", 'f', "a\n\nb\n", 5);
        if (!memory_patch(&t, c->patch, strlen(c->patch), &err))
            fail_msg("%s: %s", c->what, err.message);
        expect(c->what, &t, c->wanted);
        memory_release(&t);
    }
}

static void test_patch_refused(void **state UNUSED)
{
    for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
        const struct refused *c = &refused[i];
        struct pyro_error err = { 0 };
        struct memory_tree t;
        fill(&t);
        if (memory_patch(&t, c->patch, strlen(c->patch), &err))
            fail_msg("%s: was accepted", c->what);
        if (err.code != c->code || !strstr(err.message, c->says))
            fail_msg("%s: %s: %s", c->what, pyro_code_name(err.code), err.message);
        expect(c->what, &t, "f:f:one\ntwo\nthree\nfour\nfive\nsix\nseven\n|x:x:run\n");
        memory_release(&t);
    }
}

static void put_file(const char *dir, const char *name, const struct buf *b)
{
    char path[128];

    snprintf(path, sizeof(path), "%s/%s", dir, name);
    assert_true(fs_replace(AT_FDCWD, path, b->len ? b->data : "", b->len, 0644, NULL));
}

static int run_in(const char *dir, const char *script, struct buf *out)
{
    const char *argv[] = { "sh", "-c", script, "sh", dir, NULL };
    struct proc_spec spec = proc_spec_of(argv);

    return proc_run(&spec, PEER_WAIT_MS, out, NULL) ? 0 : 1;
}

/* Names that git refuses, and pyro must too, because the diff leaves them out of its patch. */
static void test_patch_refuses_names_as_git_does(void **state UNUSED)
{
    static const char *const names[] = {
        ".git",       ".GIT/x",        "a/.gIt",       "git~1/x",    "GIT~1",   ".git ",
        ".git./x",    ".git . ",       ".git:x",       "x\\.git\\y", ".git\\x", "git~1 .:x/y",
        ".gitignore", ".gita",         "x.git",        "git",        "git~2",   "git~1x",
        ".git.x",     "x/.gitmodules", "a.git/config", ".g it",      "git~10",
    };
    char dir[] = "/tmp/pyro-patch-XXXXXX";

    assert_non_null(mkdtemp(dir));
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        scoped_buf patch = BUF_INIT(4096), out = BUF_INIT(65536);
        struct memory_tree t = { .count = 0 };
        struct pyro_error err = { 0 };
        bool ours, theirs;
        assert_true(buf_append_str(&patch, "--- /dev/null\n+++ ") &&
                    name_quote(&patch, "b/", names[i]) &&
                    buf_append_str(&patch, strchr(names[i], ' ') ? "\t\n" : "\n") &&
                    buf_append_str(&patch, "@@ -0,0 +1 @@\n+x\n"));
        put_file(dir, "patch", &patch);
        theirs = run_in(dir,
                        "cd \"$1\" && git -c core.protectHFS=true -c core.protectNTFS=true apply "
                        "--check patch",
                        &out) == 0;
        ours = memory_patch(&t, patch.data, patch.len, &err);
        if (ours != theirs)
            fail_msg("'%s': git %s it", names[i], theirs ? "takes" : "refuses");
        memory_release(&t);
    }
    assert_true(fs_remove_tree(AT_FDCWD, dir, NULL));
}

static void test_names_round_trip(void **state UNUSED)
{
    static const char *const names[] = {
        "plain",     "with blank",         "tab\t",        "q\"uote", "back\\slash",
        "new\nline", "gr\xc3\xbc\xc3\x9f", "\xff\x01\x7f", "\033[m"
    };

    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        scoped_buf quoted = BUF_INIT(1024);
        scoped_free char *back = NULL;
        size_t used;
        assert_true(name_quote(&quoted, "", names[i]));
        for (size_t k = 0; k < quoted.len; k++)
            assert_in_range((unsigned char)quoted.data[k], 0x20, 0x7e);
        back = name_unquote(quoted.data, quoted.len, &used);
        assert_non_null(back);
        assert_string_equal(back, names[i]);
        assert_int_equal(used, quoted.len);
    }
}

/* --- beside git --- */

static uint32_t random_state;

static uint32_t below(uint32_t n)
{
    random_state = random_state * 1664525u + 1013904223u;
    return (random_state >> 8) % n;
}

/* A text of few different lines, so that hunks fit at several places. */
static void make_text(struct buf *b)
{
    uint32_t lines = below(30);

    buf_clear(b);
    for (uint32_t i = 0; i < lines; i++)
        assert_true(buf_printf(b, "%c\n", (int)('a' + below(5))));
    if (b->len && below(6) == 0)
        b->data[--b->len] = '\0';
}

/* `from` with lines changed, added and left out here and there. */
static void edit(const struct buf *from, uint32_t rarely, struct buf *to)
{
    const char *at = from->data, *end = at + from->len;

    buf_clear(to);
    while (at < end) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        size_t n = newline ? (size_t)(newline - at) + 1 : (size_t)(end - at);
        uint32_t what = below(rarely);
        if (what == 0 || what == 1)
            assert_true(buf_printf(to, "%c\n", (int)('A' + below(3))));
        if (what != 1 && what != 2)
            assert_true(buf_append(to, at, n));
        at += n;
    }
    if (to->len && to->data[to->len - 1] != '\n' && below(2))
        assert_true(buf_append(to, "\n", 1));
}

/* The result of GNU patch without fuzz; false when it refuses it, or shifts a hunk: then it has
 * rules of its own. */
static bool by_gnu_patch(const char *dir, struct buf *ret)
{
    return run_in(dir,
                  "cd \"$1\" && LC_ALL=C patch -f -F0 --no-backup-if-mismatch -r - -o out before "
                  "patch >said 2>&1 && ! grep -q offset said && cat out",
                  ret) == 0;
}

/* Random patches on random files: accepted and refused as git does, with the same outcome, which is
 * GNU patch's too. */
static void test_patch_as_git_apply_and_gnu_patch(void **state UNUSED)
{
    static const char *const make_patch[] = {
        "cd \"$1\" && diff -u --label a/f --label b/f old new; [ $? -lt 2 ]",
        "cd \"$1\" && diff -U1 --label a/f --label b/f old new; [ $? -lt 2 ]",
        "cd \"$1\" && git diff --no-index -U2 old new | sed 's,/old,/f,g;s,/new,/f,g'",
    };
    char dir[] = "/tmp/pyro-patch-XXXXXX";
    unsigned both = 0, neither = 0, gnu = 0;

    assert_non_null(mkdtemp(dir));
    for (uint32_t round = 0; round < 300; round++) {
        scoped_buf old = BUF_INIT(65536), new = BUF_INIT(65536), now = BUF_INIT(65536);
        scoped_buf patch = BUF_INIT(65536), by_git = BUF_INIT(65536), by_gnu = BUF_INIT(65536);
        struct memory_tree t = { .count = 0 };
        struct pyro_error err = { 0 };
        bool ours, theirs;
        random_state = round + 1;
        make_text(&old);
        edit(&old, 12, &new);
        edit(&old, 25, &now);
        put_file(dir, "old", &old);
        put_file(dir, "new", &new);
        put_file(dir, "f", &now);
        assert_int_equal(run_in(dir, make_patch[round % 3], &patch), 0);
        if (!patch.len)
            continue;
        put_file(dir, "patch", &patch);
        put_file(dir, "before", &now);
        theirs = run_in(dir, "cd \"$1\" && git apply patch && cat f", &by_git) == 0;
        memory_put(&t, "f", 'f', now.len ? now.data : "", now.len);
        ours = memory_patch(&t, patch.data, patch.len, &err);
        /* git takes a last line without a newline for one with it; here it is another line. */
        if (ours != theirs && !(theirs && strstr(patch.data, "\n\\ No newline")))
            fail_msg("round %u: git %s it, pyro does not (%s); patch:\n%s\nfile:\n%s", round,
                     theirs ? "accepts" : "refuses", err.message, patch.data,
                     now.data ? now.data : "");
        if (by_gnu_patch(dir, &by_gnu)) {
            if (ours && (by_gnu.len != by_git.len ||
                         (by_gnu.len && memcmp(by_gnu.data, by_git.data, by_gnu.len) != 0)))
                fail_msg("round %u: GNU patch makes another file of it; patch:\n%s\nfile:\n%s",
                         round, patch.data, now.data ? now.data : "");
            gnu += ours;
        }
        both += ours;
        neither += !ours && !theirs;
        if (ours) {
            const struct memory_file *f = memory_get(&t, "f");
            const char *got = f && f->content.len ? f->content.data : "";
            assert_string_equal(got, by_git.len ? by_git.data : "");
        }
        memory_release(&t);
    }
    assert_true(both > 20 && neither > 20 && gnu > 20);
    assert_true(fs_remove_tree(AT_FDCWD, dir, NULL));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_patch_accepted),
        cmocka_unit_test(test_patch_refused),
        cmocka_unit_test(test_patch_refuses_names_as_git_does),
        cmocka_unit_test(test_names_round_trip),
        cmocka_unit_test(test_patch_as_git_apply_and_gnu_patch),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
