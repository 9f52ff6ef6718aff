/*
 * copy_text: AVX2 where the machine has it (chosen once, at run time), SSE2 on every other x86-64,
 * plain C elsewhere. A byte stops the copy when it is below 0x20 as a signed number (C0, or the
 * high half) or DEL.
 */
#include "engine/term/copy_text.h"

#include <stdint.h>
#include <string.h>

static size_t copy_tail(char *dst, const char *src, size_t n)
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

#ifdef __x86_64__
#include <immintrin.h>

static size_t copy_sse2(char *dst, const char *src, size_t n)
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
    return i + copy_tail(dst + i, src + i, n - i);
}

__attribute__((target("avx2"))) static size_t copy_avx2(char *dst, const char *src, size_t n)
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
    return i + copy_tail(dst + i, src + i, n - i);
}

size_t copy_text(char *dst, const char *src, size_t n)
{
    static size_t (*chosen)(char *, const char *, size_t);

    if (!chosen)
        chosen = __builtin_cpu_supports("avx2") ? copy_avx2 : copy_sse2;
    return chosen(dst, src, n);
}
#else
size_t copy_text(char *dst, const char *src, size_t n)
{
    return copy_tail(dst, src, n);
}
#endif
