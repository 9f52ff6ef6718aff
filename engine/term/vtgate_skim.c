/*
 * Output that will have scrolled away before anyone sees it is not drawn: only lasting effects get
 * through the gate. Runs of colours are remembered up to the last reset and written once.
 */
#include <string.h>

#include "engine/term/vtgate_parts.h"

static void flush_colours(struct vtgate *g)
{
    if (g->skim_reset)
        vtgate_send(g, "\033[m");
    g->skim_reset = false;
    for (unsigned i = 0; i < g->skimmed; i++)
        vtgate_on_csi(g, &g->skim[i]);
    g->skimmed = 0;
}

static void vtgate_skim_on_text(void *user, const char *s, size_t n)
{
    (void)user;
    (void)s;
    (void)n;
}

static void vtgate_skim_on_control(void *user, unsigned char c)
{
    if (c == 0x0e || c == 0x0f)
        vtgate_on_control(user, c);
}

static void vtgate_skim_on_escape(void *user, char mid, char final)
{
    if (!mid && !strchr("=>c", final))
        return;
    flush_colours(user);
    vtgate_on_escape(user, mid, final);
}

static void vtgate_skim_on_colour(struct vtgate *g, const struct vt_csi *csi)
{
    if (csi->count == 1 && vt_arg(csi, 0, 0) == 0) {
        g->skimmed = 0;
        g->skim_reset = true;
        g->now.font = 0;
        return;
    }
    if (g->skimmed == VTGATE_SKIMMED_MAX)
        flush_colours(g);
    g->skim[g->skimmed++] = *csi;
}

static void vtgate_skim_on_csi(void *user, const struct vt_csi *csi)
{
    struct vtgate *g = user;

    if (csi->final == 'm' && !csi->lead && !csi->mid) {
        vtgate_skim_on_colour(g, csi);
    } else if (csi->final == 'h' || csi->final == 'l' || csi->final == 'r' ||
               (csi->mid && strchr("qp", csi->final) && csi->mid != '$')) {
        flush_colours(g);
        vtgate_on_csi(g, csi);
    }
}

static void vtgate_skim_on_string(void *user, char kind, const char *s, size_t n)
{
    vtgate_on_string(user, kind, s, n);
}

void vtgate_skim(struct vtgate *g, const char *bytes, size_t n)
{
    static const struct vt_handler handler = { .text = vtgate_skim_on_text,
                                               .control = vtgate_skim_on_control,
                                               .escape = vtgate_skim_on_escape,
                                               .csi = vtgate_skim_on_csi,
                                               .string = vtgate_skim_on_string };
    const struct vt_handler *usual = g->parse.handler;

    vtgate_flush(g);
    g->parse.handler = &handler;
    vtparse_feed(&g->parse, bytes, n);
    g->parse.handler = usual;
    flush_colours(g);
    vtgate_on_control(g, '\r');
}
