/* tests/bench/many.c: by the tool's own function; each record is one that pyro wrote. */
#include "tests/bench/many.h"

#include <fcntl.h>
#include <stdlib.h>

#include "vmm/base/fs.h"

bool many_begin(struct many *m, unsigned stopped, unsigned started, struct pyro_error *err)
{
    *m = (struct many){ .home = bench_path("many"),
                        .before = str_printf("%s", getenv("XDG_DATA_HOME")) };
    fs_discard_tree(AT_FDCWD, m->home);
    return fs_mkdir_p(m->home, 0700, err) && setenv("XDG_DATA_HOME", m->home, 1) == 0 &&
           records_write(stopped, started, &m->records, err);
}

void many_end(struct many *m)
{
    records_release(&m->records);
    fs_discard_tree(AT_FDCWD, m->home);
    setenv("XDG_DATA_HOME", m->before, 1);
    free(m->home);
    free(m->before);
}
