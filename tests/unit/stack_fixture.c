/* tests/unit/stack_fixture.c: see the header. */
#include "tests/unit/stack_fixture.h"

#include <string.h>
#include <sys/stat.h>

#include "engine/hash/hash.h"
#include "vmm/base/fs.h"

static void digest_of(const struct blob *b, char ret[OCI_DIGEST_SIZE])
{
    scoped_free void *bytes = NULL;
    struct hash h;

    assert_true(blob_read(b, "x", 1 << 30, &bytes, NULL));
    assert_true(hash_begin(&h, NULL, NULL) && hash_add(&h, bytes, (size_t)b->size, NULL) &&
                hash_end(&h, ret, NULL));
    hash_release(&h);
}

void stack_push(struct stack *s, struct tar *t)
{
    struct layer *layer = &s->layers[s->count];

    assert_true(blob_of_file(t->fd, &layer->blob, NULL));
    digest_of(&layer->blob, s->diff_ids[s->count]);
    layer->diff_id = layer->digest = s->diff_ids[s->count];
    s->count++;
}

void stack_push_members(struct stack *s, const char *const *members)
{
    char content[8];
    struct tar t;

    snprintf(content, sizeof(content), "%zu", s->count + 1);
    tar_begin(&t);
    for (; *members; members++) {
        scoped_free char *path = str_printf("%s", *members);
        char *arrow = strstr(path, "->"), *equal = strchr(path, '=');
        if (arrow) {
            *arrow = '\0';
            tar_add(&t,
                    &(struct member){ .path = path, .mode = S_IFLNK | 0777, .symlink = arrow + 2 });
        } else if (equal) {
            *equal = '\0';
            tar_add(&t, &(struct member){
                            .path = path, .mode = S_IFREG | 0644, .hard_link = equal + 1 });
        } else if (path[strlen(path) - 1] == '/') {
            tar_add(&t, &(struct member){ .path = path, .mode = S_IFDIR | 0755 });
        } else {
            tar_add_file(&t, path, content);
        }
    }
    tar_end(&t);
    stack_push(s, &t);
}
