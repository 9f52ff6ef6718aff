/*
 * copy_text: AVX2 where the machine has it (chosen once, at run time), SSE2 on every other x86-64,
 * plain C elsewhere. A byte stops the copy when it is below 0x20 as a signed number (C0, or the
 * high half) or DEL.
 */
#include "engine/term/copy_text.h"

#include <string.h>

#include "engine/term/vtparse.h"

#define ALWAYS_INLINE static inline __attribute__((always_inline))

typedef size_t copy_function(char *dst, const char *src, size_t n);

ALWAYS_INLINE size_t copy_scalar(char *dst, const char *src, size_t n)
{
    size_t i = 0;

    for (; i < n; i++) {
        signed char c = (signed char)src[i];
        if (c < 0x20 || c == 0x7f)
            break;
        dst[i] = src[i];
    }
    return i;
}

/* Length of the SGR sequence at s, or 0 when there is none, whole and of the simple kind. */
ALWAYS_INLINE size_t sgr_length(const char *s, size_t n)
{
    size_t i = 2;

    if (n < 3 || s[1] != '[')
        return 0;
    if (n > VT_SEQUENCE_MAX - 1)
        n = VT_SEQUENCE_MAX - 1;
    while (i < n && s[i] >= '0' && s[i] <= ';') /* 0-9 : ; */
        i++;
    return i < n && s[i] == 'm' ? i + 1 : 0;
}

ALWAYS_INLINE void copy_run(char *dst, const char *src, size_t n, bool each_line,
                            struct copy_run *ret, copy_function *copy)
{
    size_t in = 0, out = 0, length;

    ret->line_began = false;
    for (;;) {
        size_t copied = copy(dst + out, src + in, n - in);
        in += copied;
        out += copied;
        if (n - in < 2)
            break;
        if (src[in] == '\r' && src[in + 1] == '\n') {
            dst[out++] = '\n';
            in += 2;
            ret->line_began = true;
            ret->line = out;
            if (each_line)
                break;
        } else if (src[in] == 0x1b && (length = sgr_length(src + in, n - in)) > 0) {
            in += length;
        } else {
            break;
        }
    }
    ret->in = in;
    ret->out = out;
}

#ifdef __x86_64__
#include <immintrin.h>

ALWAYS_INLINE size_t copy_vectors_sse2(char *dst, const char *src, size_t n)
{
    const __m128i space = _mm_set1_epi8(0x20), del = _mm_set1_epi8(0x7f);
    size_t i = 0;

    for (; i + 16 <= n; i += 16) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)(src + i));
        unsigned stop = (unsigned)_mm_movemask_epi8(
            _mm_or_si128(_mm_cmpgt_epi8(space, v), _mm_cmpeq_epi8(v, del)));
        _mm_storeu_si128((__m128i *)(void *)(dst + i), v);
        if (stop)
            return i + (size_t)__builtin_ctz(stop);
    }
    return i + copy_scalar(dst + i, src + i, n - i);
}

static void copy_text_sse2(char *dst, const char *src, size_t n, bool each_line,
                           struct copy_run *ret)
{
    copy_run(dst, src, n, each_line, ret, copy_vectors_sse2);
}

__attribute__((target("avx2"))) ALWAYS_INLINE size_t copy_vectors_avx2(char *dst, const char *src,
                                                                       size_t n)
{
    const __m256i space = _mm256_set1_epi8(0x20), del = _mm256_set1_epi8(0x7f);
    size_t i = 0;

    for (; i + 32 <= n; i += 32) {
        __m256i v = _mm256_loadu_si256((const __m256i *)(const void *)(src + i));
        unsigned stop = (unsigned)_mm256_movemask_epi8(
            _mm256_or_si256(_mm256_cmpgt_epi8(space, v), _mm256_cmpeq_epi8(v, del)));
        _mm256_storeu_si256((__m256i *)(void *)(dst + i), v);
        if (stop)
            return i + (size_t)__builtin_ctz(stop);
    }
    return i + copy_scalar(dst + i, src + i, n - i);
}

__attribute__((target("avx2"))) static void copy_text_avx2(char *dst, const char *src, size_t n,
                                                           bool each_line, struct copy_run *ret)
{
    copy_run(dst, src, n, each_line, ret, copy_vectors_avx2);
}

void copy_text(char *dst, const char *src, size_t n, bool each_line, struct copy_run *ret)
{
    static void (*chosen)(char *, const char *, size_t, bool, struct copy_run *);

    if (!chosen)
        chosen = __builtin_cpu_supports("avx2") ? copy_text_avx2 : copy_text_sse2;
    chosen(dst, src, n, each_line, ret);
}
#else
void copy_text(char *dst, const char *src, size_t n, bool each_line, struct copy_run *ret)
{
    copy_run(dst, src, n, each_line, ret, copy_scalar);
}
#endif
