/*
 * What every fuzz target includes. A target defines one function that takes
 * any bytes and must return; libFuzzer calls it, or main.c with the files of
 * the corpus.
 */
#ifndef FOVEA_TESTS_FUZZ_FUZZ_H
#define FOVEA_TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/** @return 0, always: libFuzzer keeps other values for itself. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
