/* tui/filter.c: the words of a filter, and whether a row fits them. */
#include "tui/filter.h"

#include <stdlib.h>
#include <string.h>

#include "vmm/base/error.h"

/* ---- from text ---- */

/* Takes the next word off, without its quotation marks; false at the end. */
static bool next_word(const char **at, char *ret, size_t size)
{
    const char *s = *at + strspn(*at, " ");
    bool quoted = false, any = *s != '\0';
    size_t n = 0;

    for (; *s && (quoted || *s != ' '); s++)
        if (*s == '"')
            quoted = !quoted;
        else if (n + 1 < size)
            ret[n++] = *s;
    ret[n] = '\0';
    *at = s;
    return any;
}

/* The column that the word's "KEY:" names, which is then skipped; -1: none. */
static int named_column(const struct column *all, const char **word)
{
    size_t n = strcspn(*word, ":");

    for (int i = 0; n && (*word)[n] && all[i].title; i++)
        if (all[i].cell && !strncasecmp(all[i].title, *word, n)) {
            *word += n + 1;
            return i;
        }
    return -1;
}

static bool compile(struct filter_term *t)
{
    size_t n = strlen(t->word);
    regex_t *regex;

    if (n > 1 && t->word[n - 1] == '/')
        t->word[n - 1] = '\0';
    regex = calloc(1, sizeof(*regex));
    BUG_ON(!regex);
    if (regcomp(regex, t->word + 1, REG_EXTENDED | REG_ICASE | REG_NOSUB) != 0) {
        free(regex);
        return false;
    }
    t->regex = regex;
    return true;
}

/* Something like KEY:word, where no column is called that. */
static void note_unknown(struct filter *f, const char *word)
{
    size_t n = strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

    if (n && n < 20 && word[n] == ':')
        snprintf(f->unknown, sizeof(f->unknown), "no column %.*s: it is a word", (int)n, word);
}

static void add_term(struct filter *f, const struct column *all, const char *word)
{
    struct filter_term *t = &f->terms[f->count];

    *t = (struct filter_term){ .negated = *word == '-' || *word == '!' };
    word += t->negated;
    t->column = named_column(all, &word);
    if (t->column < 0)
        note_unknown(f, word);
    snprintf(t->word, sizeof(t->word), "%s", word);
    if (!*t->word)
        return; /* it is still being typed */
    if (*t->word != '/' || !t->word[1])
        f->count += *t->word != '/';
    else if (compile(t))
        f->count++;
    else
        f->problem = "not a valid regular expression";
}

void filter_set(struct filter *f, const struct column *all, const char *text)
{
    struct filter next = { 0 };
    const char *at = text;
    char word[FIELD_MAX + 1];

    if (!strcmp(f->text, text))
        return;
    while (next.count < FILTER_TERMS_MAX && next_word(&at, word, sizeof(word)))
        add_term(&next, all, word);
    if (next.problem) { /* it is still being typed: what passed before passes */
        f->problem = next.problem;
        next.problem = NULL;
        filter_release(&next);
    } else {
        filter_release(f);
        *f = next;
    }
    snprintf(f->text, sizeof(f->text), "%s", text);
}

void filter_release(struct filter *f)
{
    for (size_t i = 0; i < f->count; i++)
        if (f->terms[i].regex) {
            regfree(f->terms[i].regex);
            free(f->terms[i].regex);
        }
    f->count = 0;
    f->text[0] = '\0';
    f->problem = NULL;
    f->unknown[0] = '\0';
}

/* ---- rows ---- */

static bool column_has(const struct filter_term *term, const struct columns *t, int column,
                       void *row)
{
    const struct column *c = &t->all[column];
    struct cell cell;

    cell.role = ROLE_TEXT, cell.text[0] = cell.note[0] = '\0';
    (c->searched ? c->searched : c->cell)(t, row, &cell);
    return term->regex ? regexec(term->regex, cell.text, 0, NULL, 0) == 0
                       : strcasestr(cell.text, term->word) != NULL;
}

static bool term_matches(const struct filter_term *term, const struct columns *t, void *row)
{
    if (term->column >= 0)
        return column_has(term, t, term->column, row);
    for (int i = 0; t->all[i].title; i++)
        if (t->all[i].search && column_has(term, t, i, row))
            return true;
    return false;
}

bool filter_matches(const struct filter *f, const struct columns *t, void *row)
{
    for (size_t i = 0; i < f->count; i++)
        if (term_matches(&f->terms[i], t, row) == f->terms[i].negated)
            return false;
    return true;
}
