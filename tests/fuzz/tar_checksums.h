/* What fuzz targets do to tars before they are read. */
#ifndef PYRO_FUZZ_TAR_CHECKSUMS_H
#define PYRO_FUZZ_TAR_CHECKSUMS_H

#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* Gives each header the checksum it asks for: mutations shall get past that. */
static inline void fix_checksums(uint8_t *bytes, size_t size)
{
    for (size_t at = 0; at + 512 <= size; at += 512) {
        uint8_t *header = bytes + at;
        unsigned sum = 0;
        if (memcmp(header + 257, "ustar", 5) != 0)
            continue;
        memset(header + 148, ' ', 8);
        for (int i = 0; i < 512; i++)
            sum += header[i];
        snprintf((char *)header + 148, 8, "%06o", sum & 0777777);
    }
}

#endif
