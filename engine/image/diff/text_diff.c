/* engine/image/diff/text_diff.c: libgit2's diff of two texts. */
#include "engine/image/diff/text_diff.h"

#include <dlfcn.h>

#include <git2/errors.h>
#include <git2/global.h>
#include <git2/patch.h>
#include <git2/version.h>

/* The exact version whose header this was compiled with: its interface is not stable. */
#define LIBRARY "libgit2.so." LIBGIT2_SOVERSION

static struct {
    __typeof__(&git_libgit2_init) init;
    __typeof__(&git_patch_from_buffers) from_buffers;
    __typeof__(&git_patch_print) print;
    __typeof__(&git_patch_free) free;
    __typeof__(&git_error_last) last_error;
    bool loaded;
} git;

static bool find(void *library, const char *name, void *ret)
{
    void *symbol = dlsym(library, name);

    *(void **)ret = symbol;
    return symbol != NULL;
}

bool text_diff_load(struct pyro_error *err)
{
    void *library;

    if (git.loaded)
        return true;
    library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
    if (!library || !find(library, "git_libgit2_init", &git.init) ||
        !find(library, "git_patch_from_buffers", &git.from_buffers) ||
        !find(library, "git_patch_print", &git.print) ||
        !find(library, "git_patch_free", &git.free) ||
        !find(library, "git_error_last", &git.last_error) || git.init() < 0) {
        pyro_fail(err, PYRO_DEPENDENCY_MISSING, LIBRARY ": not found, or not usable");
        return pyro_hint(err, "install the package libgit2-" LIBGIT2_SOVERSION);
    }
    git.loaded = true;
    return true;
}

/* The file's header is the caller's to write. */
static int text_diff_add_line(const git_diff_delta *delta UNUSED, const git_diff_hunk *hunk UNUSED,
                              const git_diff_line *line, void *arg)
{
    struct buf *to = arg;
    char origin = line->origin;

    if (origin == GIT_DIFF_LINE_FILE_HDR || origin == GIT_DIFF_LINE_BINARY)
        return 0;
    if ((origin == GIT_DIFF_LINE_CONTEXT || origin == GIT_DIFF_LINE_ADDITION ||
         origin == GIT_DIFF_LINE_DELETION) &&
        !buf_append(to, &origin, 1))
        return -1;
    return buf_append(to, line->content, line->content_len) ? 0 : -1;
}

bool text_diff_hunks(const char *old, size_t old_bytes, const char *new, size_t new_bytes,
                     struct buf *ret, struct pyro_error *err)
{
    git_diff_options options = { .version = GIT_DIFF_OPTIONS_VERSION,
                                 .flags = GIT_DIFF_FORCE_TEXT | GIT_DIFF_INDENT_HEURISTIC,
                                 .ignore_submodules = GIT_SUBMODULE_IGNORE_UNSPECIFIED,
                                 .context_lines = 3 };
    git_patch *patch = NULL;
    const git_error *why;
    bool ok;

    ok = git.from_buffers(&patch, old, old_bytes, "a", new, new_bytes, "b", &options) == 0 &&
         git.print(patch, text_diff_add_line, ret) == 0;
    if (!ok) {
        why = git.last_error();
        pyro_fail(err, PYRO_NO_MEMORY, "the texts cannot be compared: %s",
                  why && why->message ? why->message : "too large");
    }
    git.free(patch);
    return ok;
}
