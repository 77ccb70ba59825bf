/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * wrap.h - requests for memory go to the test first, where the linker can do that (HAVE_WRAP; --wrap in Makefile.am):
 * what the test defines, and what it hands them on to.
 */
#ifndef HEAPREEL_TESTS_WRAP_H
#define HEAPREEL_TESTS_WRAP_H

#include <stddef.h>

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void __real_free(void *p);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);
void __wrap_free(void *p);

#endif
