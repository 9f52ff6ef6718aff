/* engine/environment/catalog.c: the environments to pull. */
#include "engine/environment/catalog.h"

#include <stdio.h>
#include <string.h>

static const char *const no_packages[] = { NULL };
static const char *const git_packages[] = { "git", "ca-certificates", NULL };
static const char *const build_packages[] = { "git", "ca-certificates", "build-essential", NULL };

/* The three of a release. The first release is the one that documents name. */
#define RELEASE(number, codename)                                                                  \
    { .name = "debian:" number,                                                                    \
      .description = "Debian " number " with git",                                                 \
      .distribution = "debian " number " (" codename ")",                                          \
      .suite = codename,                                                                           \
      .packages = git_packages,                                                                    \
      .image = "docker.io/library/buildpack-deps:" codename "-scm" },                              \
        { .name = "debian:" number "-base",                                                        \
          .description = "Debian " number ", minimal",                                             \
          .distribution = "debian " number " (" codename ")",                                      \
          .suite = codename,                                                                       \
          .packages = no_packages,                                                                 \
          .image = "docker.io/library/debian:" number "-slim" },                                   \
    {                                                                                              \
        .name = "debian:" number "-build",                                                         \
        .description = "Debian " number " with git and common build tools",                        \
        .distribution = "debian " number " (" codename ")", .suite = codename,                     \
        .packages = build_packages, .image = "docker.io/library/buildpack-deps:" codename          \
    }

static const struct catalog_entry entries[] = {
    RELEASE("12", "bookworm"),
    RELEASE("13", "trixie"),
};

const struct catalog_entry *catalog_all(size_t *ret_count)
{
    *ret_count = ARRAY_SIZE(entries);
    return entries;
}

/* Near: one begins like the other, or they share the part before the version's details. */
static bool is_near(const char *name, const char *wanted)
{
    size_t shared = 0;

    while (name[shared] && name[shared] == wanted[shared])
        shared++;
    return shared >= 3 || (strlen(wanted) >= 2 && strstr(name, wanted));
}

static void hint_near(const char *name, struct pyro_error *err)
{
    char list[160] = "";
    size_t used = 0;

    for (size_t i = 0; i < ARRAY_SIZE(entries); i++)
        if (is_near(entries[i].name, name) && used < sizeof(list))
            used += (size_t)snprintf(list + used, sizeof(list) - used, "%s'%s'", used ? ", " : "",
                                     entries[i].name);
    if (used)
        pyro_hint(err, "did you mean %s? See 'pyro env list'", list);
}

const struct catalog_entry *catalog_find(const char *name, struct pyro_error *err)
{
    for (size_t i = 0; i < ARRAY_SIZE(entries); i++)
        if (!strcmp(entries[i].name, name))
            return &entries[i];
    pyro_fail(err, PYRO_ENVIRONMENT_NOT_FOUND, "no environment '%s'", name);
    if (err)
        hint_near(name, err);
    return NULL;
}

json_t *catalog_packages(const struct catalog_entry *entry)
{
    json_t *list = json_array();

    for (const char *const *name = entry->packages; *name; name++)
        json_array_append_new(list, json_string(*name));
    return list;
}
