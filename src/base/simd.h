/*
 * Function clones for newer CPUs, chosen once when the program starts. The
 * default clone is the baseline of the build, AVX2. Clang and the sanitizers
 * get the baseline alone: neither handles clones in every release we support.
 */
#ifndef FOVEA_BASE_SIMD_H
#define FOVEA_BASE_SIMD_H

#if defined(__GNUC__) && !defined(__clang__) && \
        !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#    define FOVEA_CLONES __attribute__((target_clones("avx512f", "default")))
#else
#    define FOVEA_CLONES
#endif

#endif
