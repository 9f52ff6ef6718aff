/* What template a start wants (vmm/template.h): of this host's kernel, and of the machine's shape. */
#ifndef PYRO_SUPERVISOR_TEMPLATE_WANT_H
#define PYRO_SUPERVISOR_TEMPLATE_WANT_H

#include "engine/environment/boot.h"
#include "vmm/base/json.h"
#include "vmm/template.h"

#define TEMPLATE_WARM_MAX 16

struct template_wish {
    enum template_kind kind;
    const struct disk_chain *environment; /* TEMPLATE_FRESH: its layers … */
    const char *environment_digest;       /* … and its digest; NULL else */
    const char *entrypoint;               /* of its image; NULL or "": it has none */
    const char *base_path; /* TEMPLATE_RESTART: an image of the size of its disk; NULL else */
    unsigned vcpu_count, mem_mib;
    bool network;
    struct progress progress; /* (boot.h) of what takes long */
};

struct template_want {
    char *templates_dir, *cache_dir;
    struct boot_files boot;
    struct progress progress;
    const char *warm[TEMPLATE_WARM_MAX + 1];
    struct template_spec spec; /* borrows all that, and what the wish borrows; not to be moved */
};

/* The program that an image's `entrypoint` names (engine/environment/environment.h), borrowed; NULL: it
 * has none. */
const char *template_entrypoint(const json_t *image);
/* May fetch the kernel, which takes long. Release *ret in any case. */
bool template_want(const struct template_wish *wish, struct template_want *ret,
                   struct pyro_error *err) MUST_CHECK;
void template_want_release(struct template_want *w);
#define scoped_template_want __attribute__((cleanup(template_want_release)))

#endif
