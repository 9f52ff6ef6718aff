/* What a token server answers: a token is text that fits in one header. */
#include <string.h>

#include "engine/fetch/token.h"
#include "vmm/base/fs.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    int64_t seconds = -1;
    char *token = token_parse((const char *)bytes, n, &seconds);

    if (token) {
        BUG_ON(!*token || strpbrk(token, " \r\n\t"));
        BUG_ON(seconds < TOKEN_SECONDS_MIN || seconds > TOKEN_SECONDS_MAX);
    }
    free(token);
    return 0;
}
