/* The control sequences that the linear renderer can handle, and those it can ignore. */
#include <string.h>

#include "engine/term/plain_linear.h"

static enum plain_linear_effect mode_effect(const struct vt_csi *csi)
{
    for (unsigned i = 0; i < csi->count; i++) {
        switch (csi->arg[i]) {
        case 4:
        case 20:
            if (!csi->lead)
                return PLAIN_LINEAR_BEYOND;
            break;
        case 6:
        case 7:
        case 47:
        case 1047:
        case 1048:
        case 1049:
            if (csi->lead)
                return PLAIN_LINEAR_BEYOND;
            break;
        default:
            break;
        }
    }
    return PLAIN_LINEAR_NOTHING;
}

enum plain_linear_effect plain_linear_effect(const struct vt_csi *csi)
{
    if (csi->mid)
        return csi->mid == '!' || csi->mid == '"' ? PLAIN_LINEAR_BEYOND : PLAIN_LINEAR_NOTHING;
    if (csi->lead && csi->lead != '?')
        return PLAIN_LINEAR_NOTHING;
    if (csi->final == 'h' || csi->final == 'l')
        return mode_effect(csi);
    if (csi->final == 'K')
        return PLAIN_LINEAR_IN_LINE;
    if (csi->lead)
        return csi->final == 'J' ? PLAIN_LINEAR_BEYOND : PLAIN_LINEAR_NOTHING;
    if (strchr("CDG`a", csi->final))
        return PLAIN_LINEAR_IN_LINE;
    return strchr("@ABEFHIJLMPSTXZbdefgrsu", csi->final) ? PLAIN_LINEAR_BEYOND
                                                         : PLAIN_LINEAR_NOTHING;
}
