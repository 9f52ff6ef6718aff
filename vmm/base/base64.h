/* Base64 as RFC 4648, section 4 has it. */
#ifndef PYRO_BASE64_H
#define PYRO_BASE64_H

#include "vmm/base/buf.h"

/* Appends n bytes as text, with padding; false when `to` is full. */
bool base64_encode(struct buf *to, const void *bytes, size_t n) MUST_CHECK;
/*
 * Appends the bytes that n characters stand for. False when they are not whole groups of four with
 * their padding, or `to` is full: what could be decoded before that is in `to`.
 */
bool base64_decode(struct buf *to, const char *s, size_t n) MUST_CHECK;

#endif
