/* engine/fetch/token.c: the token out of its JSON. */
#include "engine/fetch/token.h"

#include <string.h>

#include "vmm/base/fs.h"
#include "vmm/base/json.h"

#define TOKEN_MAX (64 * 1024)

static bool is_fit(const char *token)
{
    size_t n = token ? strlen(token) : 0;

    if (!n || n > TOKEN_MAX)
        return false;
    for (size_t i = 0; i < n; i++)
        if (token[i] <= ' ' || token[i] == 0x7f)
            return false;
    return true;
}

char *token_parse(const char *bytes, size_t n, int64_t *ret_seconds)
{
    scoped_json json_t *object = n ? json_parse(bytes, n, TOKEN_ANSWER_MAX, NULL) : NULL;
    const char *token =
        json_string_or(object, "token", json_string_or(object, "access_token", NULL));
    double seconds = json_number_or(object, "expires_in", TOKEN_SECONDS_MIN);

    if (!is_fit(token))
        return NULL;
    seconds = seconds >= TOKEN_SECONDS_MIN ? seconds : TOKEN_SECONDS_MIN;
    *ret_seconds = seconds <= TOKEN_SECONDS_MAX ? (int64_t)seconds : TOKEN_SECONDS_MAX;
    return str_printf("%s", token);
}
