/* vmm/delta.c: writing, checking and applying what differs from a template's memory. */
#include "vmm/delta.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <xxhash.h>

#include "vmm/base/fs.h"
#include "vmm/ram_copy.h"

#define COUNT_BYTES 8

/* ---- mapped memory ---- */

/* A file's bytes, and which of its pages are not in a hole. */
struct image {
    const uint8_t *bytes;
    size_t size;
    uint8_t *has_data; /* for each page */
};
#define IMAGE_INIT { .bytes = MAP_FAILED }

static bool mark_data(struct image *m, int fd, struct pyro_error *err)
{
    off_t end = (off_t)m->size, hole;

    for (off_t at = 0; at < end; at = hole) {
        off_t data = lseek(fd, at, SEEK_DATA);
        if (data < 0 && errno == ENXIO)
            return true;
        hole = data < 0 ? -1 : lseek(fd, data, SEEK_HOLE);
        if (hole < 0)
            return pyro_fail_errno(err, "read a machine's memory");
        for (off_t page = data / (off_t)RAM_PAGE_BYTES;
             page * (off_t)RAM_PAGE_BYTES < (hole < end ? hole : end); page++)
            m->has_data[page] = 1;
    }
    return true;
}

static bool image_open(struct image *m, int fd, uint64_t size, struct pyro_error *err)
{
    struct stat st;

    if (fstat(fd, &st) != 0)
        return pyro_fail_errno(err, "a machine's memory");
    if ((uint64_t)st.st_size != size || size % RAM_PAGE_BYTES)
        return pyro_fail(err, PYRO_RECORD_INVALID, "a machine's memory has the wrong size");
    m->size = size;
    m->has_data = calloc(size / RAM_PAGE_BYTES + 1, 1);
    m->bytes = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
    if (!m->has_data || m->bytes == MAP_FAILED)
        return pyro_no_memory(err, "a machine's memory");
    return mark_data(m, fd, err);
}

static void image_close(struct image *m)
{
    if (m->bytes != MAP_FAILED)
        munmap((void *)(uintptr_t)m->bytes, m->size);
    free(m->has_data);
}
#define scoped_image __attribute__((cleanup(image_close))) struct image

static const uint8_t zero_page[RAM_PAGE_BYTES];

/* A page's bytes; a hole is not touched, for that could fill it. */
static const uint8_t *page_of(const struct image *m, uint64_t number)
{
    return m->has_data[number] ? m->bytes + number * RAM_PAGE_BYTES : zero_page;
}

/* ---- writing ---- */

struct writer {
    int fd;
    const uint8_t *run; /* pages that lie one after the other in memory, not yet written */
    size_t bytes;
};

static bool write_run(struct writer *w, struct pyro_error *err)
{
    size_t n = w->bytes;

    w->bytes = 0;
    return !n || fs_write_all(w->fd, w->run, n, err);
}

static bool add_page(struct writer *w, const uint8_t *page, struct pyro_error *err)
{
    if (page != w->run + w->bytes && !write_run(w, err))
        return false;
    if (!w->bytes)
        w->run = page;
    w->bytes += RAM_PAGE_BYTES;
    return true;
}

/* Each page as it is in the machine, and as it is in the template. */
struct sides {
    const struct captured *captured;
    struct image own, base, template;
    bool base_is_template;
};

static const uint8_t *page_now(const struct sides *s, uint64_t number)
{
    return s->captured->taken[number] ? s->own.bytes + number * RAM_PAGE_BYTES
                                      : page_of(&s->base, number);
}

static enum delta_kind kind_of(const struct sides *s, uint64_t number)
{
    const uint8_t *now, *then;

    if (s->base_is_template && !s->captured->taken[number])
        return DELTA_AS_TEMPLATE;
    now = page_now(s, number);
    then = page_of(&s->template, number);
    if (now == then || memcmp(now, then, RAM_PAGE_BYTES) == 0)
        return DELTA_AS_TEMPLATE;
    return bytes_are_zero((const char *)now, RAM_PAGE_BYTES) ? DELTA_ZERO : DELTA_HERE;
}

static bool write_pages(const struct sides *s, uint8_t *kinds, int fd, struct pyro_error *err)
{
    struct writer w = { .fd = fd };
    uint64_t n = s->captured->page_count;
    uint8_t count[COUNT_BYTES];

    for (uint64_t i = 0; i < n; i++)
        kinds[i] = (uint8_t)kind_of(s, i);
    put_u64(count, n);
    if (!fs_write_all(fd, count, sizeof(count), err) || !fs_write_all(fd, kinds, n, err))
        return false;
    for (uint64_t i = 0; i < n; i++)
        if (kinds[i] == DELTA_HERE && !add_page(&w, page_now(s, i), err))
            return false;
    return write_run(&w, err);
}

static bool is_same_file(int a, int b)
{
    struct stat x, y;

    return fstat(a, &x) == 0 && fstat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

bool delta_write(const struct captured *captured, int template_fd, int file_fd,
                 struct pyro_error *err)
{
    struct sides s = { .captured = captured,
                       .own = IMAGE_INIT,
                       .base = IMAGE_INIT,
                       .template = IMAGE_INIT,
                       .base_is_template = is_same_file(captured->base_fd, template_fd) };
    scoped_free uint8_t *kinds = calloc(captured->page_count + 1, 1);
    bool ok = kinds || pyro_no_memory(err, NULL);

    ok = ok && image_open(&s.own, captured->fd, captured->size_bytes, err) &&
         image_open(&s.base, captured->base_fd, captured->size_bytes, err) &&
         image_open(&s.template, template_fd, captured->size_bytes, err) &&
         (write_pages(&s, kinds, file_fd, err) || pyro_wrap(err, "a machine's memory")) &&
         (fdatasync(file_fd) == 0 || pyro_fail_errno(err, "write a machine's memory"));
    image_close(&s.own);
    image_close(&s.base);
    image_close(&s.template);
    return ok;
}

/* ---- reading ---- */

uint64_t delta_bytes_max(uint64_t ram_bytes)
{
    return COUNT_BYTES + ram_bytes / RAM_PAGE_BYTES + ram_bytes;
}

bool delta_parse(const uint8_t *bytes, size_t n, struct delta *ret, struct pyro_error *err)
{
    struct reader r = reader_of(bytes, n);
    struct delta d = DELTA_INIT;

    if (!rd_u64(&r, &d.page_count) || d.page_count > rd_left(&r) ||
        !rd_bytes(&r, (size_t)d.page_count, &d.kinds))
        return pyro_fail(err, PYRO_RECORD_INVALID, "a machine's saved memory is cut off");
    for (uint64_t i = 0; i < d.page_count; i++) {
        if (d.kinds[i] > DELTA_ZERO)
            return pyro_fail(err, PYRO_RECORD_INVALID, "a machine's saved memory is damaged");
        d.here += d.kinds[i] == DELTA_HERE;
    }
    if (rd_left(&r) / RAM_PAGE_BYTES != d.here || rd_left(&r) % RAM_PAGE_BYTES)
        return pyro_fail(err, PYRO_RECORD_INVALID, "a machine's saved memory has the wrong size");
    d.pages = r.at;
    *ret = d;
    return true;
}

static bool map_file(int fd, void **ret, size_t *ret_bytes, struct pyro_error *err)
{
    struct stat st;

    if (fstat(fd, &st) != 0)
        return pyro_fail_errno(err, "a machine's saved memory");
    if (!S_ISREG(st.st_mode) || st.st_size < COUNT_BYTES)
        return pyro_fail(err, PYRO_RECORD_INVALID, "a machine's saved memory is cut off");
    *ret_bytes = (size_t)st.st_size;
    *ret = mmap(NULL, *ret_bytes, PROT_READ, MAP_PRIVATE, fd, 0);
    if (*ret == MAP_FAILED)
        return pyro_fail_errno(err, "a machine's saved memory");
    madvise(*ret, *ret_bytes, MADV_SEQUENTIAL);
    return true;
}

static void digest_of(const void *bytes, size_t n, char *ret_hex)
{
    XXH128_canonical_t canonical;

    XXH128_canonicalFromHash(&canonical, XXH3_128bits(bytes, n));
    hex_encode(canonical.digest, sizeof(canonical.digest), ret_hex);
}

bool delta_digest(int file_fd, char *ret_hex, struct pyro_error *err)
{
    void *bytes;
    size_t n;

    if (!map_file(file_fd, &bytes, &n, err))
        return false;
    digest_of(bytes, n, ret_hex);
    munmap(bytes, n);
    return true;
}

bool delta_open(int file_fd, uint64_t ram_bytes, const char *digest, struct delta *ret,
                struct pyro_error *err)
{
    char found[RAM_DIGEST_HEX + 1];
    struct delta d;
    void *bytes;
    size_t n;
    bool ok;

    if (!map_file(file_fd, &bytes, &n, err))
        return false;
    digest_of(bytes, n, found);
    ok = !digest || strcmp(digest, found) == 0 ||
         pyro_fail(err, PYRO_RECORD_INVALID, "a machine's saved memory fails its check");
    ok = ok && delta_parse(bytes, n, &d, err) &&
         (d.page_count == ram_bytes / RAM_PAGE_BYTES ||
          pyro_fail(err, PYRO_RECORD_INVALID, "a machine's saved memory is of another size"));
    if (!ok) {
        munmap(bytes, n);
        return false;
    }
    d.map = bytes;
    d.map_bytes = n;
    *ret = d;
    return true;
}

bool delta_none(uint64_t ram_bytes, struct delta *ret, struct pyro_error *err)
{
    struct delta d = { .page_count = ram_bytes / RAM_PAGE_BYTES };

    d.kinds = d.own_kinds = calloc(d.page_count + 1, 1);
    *ret = d;
    return d.kinds || pyro_no_memory(err, "a machine's memory");
}

bool delta_of_upper(int upper_fd, uint64_t ram_bytes, struct delta *ret, struct pyro_error *err)
{
    struct image m = IMAGE_INIT;

    if (!image_open(&m, upper_fd, ram_bytes, err)) {
        image_close(&m);
        return false;
    }
    _Static_assert(DELTA_AS_TEMPLATE == 0 && DELTA_HERE == 1, "a page that has data is here");
    *ret = (struct delta){ .page_count = ram_bytes / RAM_PAGE_BYTES,
                           .kinds = m.has_data,
                           .pages = m.bytes,
                           .in_place = true,
                           .map = (void *)(uintptr_t)m.bytes,
                           .map_bytes = ram_bytes,
                           .own_kinds = m.has_data };
    return true;
}

void delta_close(struct delta *d)
{
    free(d->own_kinds);
    if (d->map)
        munmap(d->map, d->map_bytes);
    *d = (struct delta)DELTA_INIT;
}

/* ---- applying ---- */

int delta_merge(const struct delta *d, int template_fd, struct pyro_error *err)
{
    uint64_t size = d->page_count * RAM_PAGE_BYTES;
    scoped_image template = IMAGE_INIT;
    scoped_close int fd = ram_create(size, err);
    const uint8_t *here = d->pages;

    if (fd < 0 || !image_open(&template, template_fd, size, err))
        return -1;
    for (uint64_t i = 0; i < d->page_count;) {
        uint64_t first = i;
        uint8_t kind = d->kinds[i];
        bool data = template.has_data[i];
        const uint8_t *from = kind == DELTA_HERE ? here : page_of(&template, i);
        while (i < d->page_count && d->kinds[i] == kind &&
               (kind != DELTA_AS_TEMPLATE || template.has_data[i] == data))
            i++;
        if (kind == DELTA_HERE)
            here += (i - first) * RAM_PAGE_BYTES;
        if ((kind == DELTA_HERE || (kind == DELTA_AS_TEMPLATE && data)) &&
            !fs_pwrite_all(fd, from, (i - first) * RAM_PAGE_BYTES,
                           (off_t)(first * RAM_PAGE_BYTES))) {
            pyro_fail_errno(err, "a machine's memory");
            return -1;
        }
    }
    return take_fd(&fd);
}
