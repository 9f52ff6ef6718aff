/* tests/bench/sections.c: text alone, read no further than it was written here. */
#include "tests/bench/sections.h"

#include <string.h>

#include "vmm/base/cleanup.h"

#define HEADING "## "
#define SECTIONS_MAX 8
#define MEDIAN_CELL 3

/* A piece of a document. */
struct span {
    const char *at;
    size_t n;
};

static struct span line_of(const char *at)
{
    return (struct span){ at, strcspn(at, "\n") };
}

static bool same(struct span a, struct span b)
{
    return a.n == b.n && !memcmp(a.at, b.at, a.n);
}

/* Where the next section begins, at `from` or behind it; NULL when none does. */
static const char *next_section(const char *from)
{
    const char *at;

    if (!from || !strncmp(from, HEADING, strlen(HEADING)))
        return from;
    at = strstr(from, "\n" HEADING);
    return at ? at + 1 : NULL;
}

/* The section that begins here, up to the next one. */
static struct span section_at(const char *at)
{
    const char *end = next_section(at + 1);

    return (struct span){ at, end ? (size_t)(end - at) : strlen(at) };
}

/* Behind a blank line, unless it is the first, and with one line end. */
static bool add_section(struct buf *ret, struct span section)
{
    while (section.n && section.at[section.n - 1] == '\n')
        section.n--;
    return (!ret->len || buf_append_str(ret, "\n")) && buf_append(ret, section.at, section.n) &&
           buf_append_str(ret, "\n");
}

bool sections_replace(const char *document, const char *section, struct buf *ret)
{
    const struct span own = { section, strlen(section) };
    bool replaced = false;

    for (const char *at = next_section(document); at; at = next_section(at + 1)) {
        bool same_system = same(line_of(at), line_of(section));
        if (!add_section(ret, same_system ? own : section_at(at)))
            return false;
        replaced |= same_system;
    }
    return replaced || add_section(ret, own);
}

/* A cell of a table's line, without the blanks around it; "" beyond its end. */
static struct span cell_of(struct span line, unsigned which)
{
    const char *at = line.at, *end = line.at + line.n;
    struct span cell = { line.at, 0 };

    for (unsigned i = 0; at && at + 1 < end; i++) {
        const char *bar = memmem(at + 1, (size_t)(end - at) - 1, " |", 2);
        if (!bar)
            break;
        cell.at = at + 1 + strspn(at + 1, " ");
        cell.n = bar > cell.at ? (size_t)(bar - cell.at) : 0;
        if (i == which)
            return cell;
        at = bar + 1;
    }
    return (struct span){ line.at, 0 };
}

/* The next line of the section that is a row of figures; false at its end. */
static bool next_row(struct span section, const char **at, struct span *ret)
{
    while (*at < section.at + section.n) {
        struct span line = line_of(*at);
        *at += line.n + 1;
        if (line.n && line.at[0] == '|' && memmem(line.at, line.n, " | **", 5)) {
            *ret = line;
            return true;
        }
    }
    return false;
}

static struct span median_in(struct span section, struct span name)
{
    const char *at = section.at;
    struct span row;

    while (next_row(section, &at, &row))
        if (same(cell_of(row, 0), name))
            return cell_of(row, MEDIAN_CELL);
    return (struct span){ section.at, 0 };
}

/* The section with this heading; n 0: there is none. */
static struct span section_of(const char *document, const char *heading)
{
    const struct span wanted = { heading, strlen(heading) };

    for (const char *at = next_section(document); at; at = next_section(at + 1))
        if (same(line_of(at), wanted))
            return section_at(at);
    return (struct span){ document, 0 };
}

bool sections_has(const char *document, const char *heading, const char *name)
{
    const struct span section = section_of(document, heading);
    const struct span wanted = { name, name ? strlen(name) : 0 };
    const char *at = section.at;
    struct span row;

    if (!name)
        return section.n > 0;
    while (next_row(section, &at, &row))
        if (same(cell_of(row, 0), wanted))
            return true;
    return false;
}

bool sections_extend(const char *document, const char *heading, const char *rows,
                     const char *remarks, struct buf *ret)
{
    static const char title[] = "\nRemarks:\n\n";
    struct span section = section_of(document, heading);
    const char *told;
    size_t table;

    while (section.n && section.at[section.n - 1] == '\n')
        section.n--;
    told = memmem(section.at, section.n, title, strlen(title));
    table = told ? (size_t)(told - section.at) : section.n + 1;
    return buf_append(ret, section.at, told ? table : section.n) &&
           (told || buf_append_str(ret, "\n")) && buf_append_str(ret, rows) &&
           (!told || (buf_append(ret, told, section.n - table) && buf_append_str(ret, "\n"))) &&
           (told || !*remarks || buf_append_str(ret, title)) && buf_append_str(ret, remarks);
}

static bool add_cell(struct buf *b, struct span cell)
{
    return buf_append_str(b, " ") && buf_append(b, cell.at, cell.n) && buf_append_str(b, " |");
}

static bool add_head(const struct span *sections, unsigned count, struct buf *b)
{
    bool ok = buf_append_str(b, "| the medians side by side |");

    for (unsigned i = 0; ok && i < count; i++) {
        struct span title = line_of(sections[i].at + strlen(HEADING));
        ok = add_cell(b, title);
    }
    ok = ok && buf_append_str(b, "\n|---|");
    for (unsigned i = 0; ok && i < count; i++)
        ok = buf_append_str(b, "---:|");
    return ok && buf_append_str(b, "\n");
}

/* The rows of one section that no earlier one has. */
static bool add_rows(const struct span *sections, unsigned count, unsigned which, struct buf *b)
{
    const char *at = sections[which].at;
    struct span row;

    while (next_row(sections[which], &at, &row)) {
        struct span name = cell_of(row, 0);
        bool told = false, ok;
        for (unsigned i = 0; i < which; i++)
            told |= median_in(sections[i], name).n > 0;
        if (told || !name.n)
            continue;
        ok = buf_append_str(b, "|") && add_cell(b, name);
        for (unsigned i = 0; ok && i < count; i++)
            ok = add_cell(b, median_in(sections[i], name));
        if (!ok || !buf_append_str(b, "\n"))
            return false;
    }
    return true;
}

bool sections_compare(const char *sections, struct buf *ret)
{
    struct span found[SECTIONS_MAX];
    unsigned count = 0;
    bool ok;

    for (const char *at = next_section(sections); at && count < SECTIONS_MAX;
         at = next_section(at + 1))
        found[count++] = section_at(at);
    if (count < 2)
        return true;
    ok = add_head(found, count, ret);
    for (unsigned i = 0; ok && i < count; i++)
        ok = add_rows(found, count, i, ret);
    return ok && buf_append_str(ret, "\n");
}
