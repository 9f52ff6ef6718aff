/* engine/network/refusals.c: the last refusals that were noted, in a ring. */
#include "engine/network/refusals.h"

#include <arpa/inet.h>
#include <stdio.h>

#define MINUTE_MS 60000

static const char *protocol_name(uint8_t protocol, char *number, size_t n)
{
    switch (protocol) {
    case IPPROTO_TCP:
        return "tcp";
    case IPPROTO_UDP:
        return "udp";
    case IPPROTO_ICMP:
    case IPPROTO_ICMPV6:
        return "icmp";
    default:
        snprintf(number, n, "protocol %u", protocol);
        return number;
    }
}

/* "tcp 192.0.2.1:80 refused: policy" */
static void write_text(const struct frame_refusal *what, char text[REFUSAL_TEXT_BYTES])
{
    bool four = IN6_IS_ADDR_V4MAPPED(&what->address);
    const void *at = what->address.s6_addr + (four ? 12 : 0);
    char address[INET6_ADDRSTRLEN] = "", number[16], port[8] = "";
    bool brackets = !four && what->port;

    inet_ntop(four ? AF_INET : AF_INET6, at, address, sizeof(address));
    if (what->port)
        snprintf(port, sizeof(port), ":%u", what->port);
    snprintf(text, REFUSAL_TEXT_BYTES, "%s %s%s%s%s refused: policy",
             protocol_name(what->protocol, number, sizeof(number)), brackets ? "[" : "", address,
             brackets ? "]" : "", port);
}

static bool is_recent(int64_t at_ms, int64_t now_ms)
{
    return now_ms - at_ms < MINUTE_MS;
}

static bool was_noted(const struct refusals *r, const struct frame_refusal *what, int64_t now_ms)
{
    for (size_t i = 0; i < r->count; i++)
        if (is_recent(r->noted[i].at_ms, now_ms) && frame_refusal_same(&r->noted[i].what, what))
            return true;
    return false;
}

static bool take_more(struct refusals *r, int64_t now_ms, char text[REFUSAL_TEXT_BYTES])
{
    if (r->more && is_recent(r->more_at_ms, now_ms))
        return false;
    r->more = true;
    r->more_at_ms = now_ms;
    snprintf(text, REFUSAL_TEXT_BYTES, "more than %d in a minute: the rest is not listed",
             REFUSALS_A_MINUTE);
    return true;
}

bool refusals_take(struct refusals *r, const struct frame_refusal *what, int64_t now_ms,
                   char ret_text[REFUSAL_TEXT_BYTES])
{
    if (was_noted(r, what, now_ms))
        return false;
    if (r->count == REFUSALS_A_MINUTE && is_recent(r->noted[r->next].at_ms, now_ms))
        return take_more(r, now_ms, ret_text);
    r->noted[r->next].what = *what;
    r->noted[r->next].at_ms = now_ms;
    r->next = (r->next + 1) % REFUSALS_A_MINUTE;
    if (r->count < REFUSALS_A_MINUTE)
        r->count++;
    write_text(what, ret_text);
    return true;
}
