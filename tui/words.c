/* tui/words.c: quoting, undone. */
#include "tui/words.h"

#include <stdlib.h>
#include <string.h>

#include "vmm/base/error.h"

bool words_split(const char *line, struct words *ret)
{
    char *to, quote = '\0';
    const char *at = line;
    bool inside = false;

    *ret = (struct words){ .space = malloc(2 * strlen(line) + 2) };
    BUG_ON(!ret->space);
    to = ret->space;
    for (;; at++) {
        bool blank = !quote && (*at == ' ' || *at == '\t' || !*at);
        if (blank && inside) {
            *to++ = '\0';
            inside = false;
            ret->open = !*at;
        }
        if (!*at)
            break;
        if (blank)
            continue;
        if (!inside) {
            if (ret->count == WORDS_MAX)
                return false;
            ret->last_at = (size_t)(at - line);
            ret->items[ret->count++] = to;
            inside = true;
        }
        if (quote ? *at == quote : *at == '\'' || *at == '"')
            quote = quote ? '\0' : *at;
        else if (*at == '\\' && quote != '\'' && at[1])
            *to++ = *++at;
        else
            *to++ = *at;
    }
    *to = '\0';
    if (!ret->open && !quote)
        ret->last_at = (size_t)(at - line);
    ret->open |= quote != '\0';
    return !quote;
}

void words_release(struct words *w)
{
    free(w->space);
    w->space = NULL;
}
