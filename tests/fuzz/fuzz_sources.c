/* Any text as apt's sources, and as what apt says of them: what an image gets reads the same when
 * it is taken again, and takes nothing on trust. */
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "engine/environment/archive.h"
#include "engine/environment/sources_image.h"
#include "vmm/base/fs.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

/* What the image gets of the text, in its style; the caller frees. NULL when it is not taken. */
static char *image_of(const char *text, bool deb822, const char *releases, const char *said)
{
    scoped_buf lines = BUF_INIT(SOURCES_BYTES_MAX), stanzas = BUF_INIT(SOURCES_BYTES_MAX);
    struct sources s;
    char *image = NULL;

    sources_init(&s);
    if (sources_take(&s, text, "trixie", deb822, NULL) &&
        sources_image(&s, &lines, &stanzas, NULL)) {
        BUG_ON(deb822 ? lines.len : stanzas.len);
        image = str_printf("%s%s", lines.len ? lines.data : "", stanzas.len ? stanzas.data : "");
    }
    if (releases && archive_select(&s, "trixie", releases, said, NULL))
        BUG_ON(!s.count);
    sources_release(&s);
    return image;
}

/* The style, text up to a zero, what apt found up to a tab, and what it said. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    scoped_free char *all = n ? strndup((const char *)bytes + 1, n - 1) : NULL;
    scoped_free char *image = NULL, *again = NULL;
    scoped_free char *rest = NULL;
    size_t text = all ? strlen(all) : 0;
    bool deb822 = n && bytes[0] & 1;
    char *said;

    if (!n)
        return 0;
    rest = text + 2 < n ? str_printf("%.*s", (int)(n - text - 2), (const char *)bytes + text + 2)
                        : NULL;
    said = rest ? strchr(rest, '\t') : NULL;
    if (said)
        *said++ = '\0';
    image = image_of(all, deb822, rest ? rest : "", said ? said : "");
    if (!image)
        return 0;
    for (const char *line = image; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        BUG_ON(!strncasecmp(line, "trusted", 7) || !strncasecmp(line, "deb [trusted", 12));
    }
    again = image_of(image, deb822, NULL, NULL);
    BUG_ON(!again || strcmp(image, again) != 0);
    return 0;
}
