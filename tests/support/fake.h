/*
 * What the fake worker and the tests of the pool agree on.
 *
 * The fake worker speaks the protocol and knows no image. An image's bytes say
 * what it does with it, a word and perhaps an argument:
 *
 *     vector ...        answers with fake_vector() of all the bytes
 *     slow MS ...       the same, MS milliseconds later
 *     held NAME         the same, as soon as there is a file NAME in the
 *                       directory that the worker was started in
 *     log TEXT          writes TEXT to its log first
 *     log-lines N       N lines of 60 bytes
 *     log-long N        one line of N bytes
 *     log-for-ever      a byte at a time, and lines
 *     bad ...           FOVEA_ERR_NOT_AN_IMAGE
 *     starved           FOVEA_ERR_NO_MEMORY
 *     note N TEXT       a vector with these notes, and what they are about
 *     bad-note          FOVEA_ERR_NOT_AN_IMAGE with a note
 *     crash             SIGSEGV
 *     crash-once PATH   SIGSEGV unless PATH exists; it does then
 *     signal N          sends itself signal N
 *     spoil             a vector, and SIGSEGV at the next image
 *     oom               counts an oom_kill in proc/vmstat, and SIGKILL
 *     exit N            ends itself
 *     hang              for ever
 *     close             closes the channel and hangs
 *     garbage           a message that is no frame
 *     ready             READY again
 *     nan, long         a vector with a NaN, one of length 2
 *     no-facts          a vector, and nothing of the image
 *     facts             says something of a text, or of what failed
 *     wide N, high N, format N, taken N   of the image: not 4 x 3, PNG, no time
 *     says N            fails with status N
 *     took N            says that it took N more ns to decode
 *     wrong-index, wrong-job, twice, decoded-twice
 *     sends N, then-sends N   an empty frame of type N instead of its answer,
 *                       after it
 *     need N            asks for N bytes first; refused, says why. With it, in
 *                       lines of their own: held PATH (once it was granted,
 *                       reads the FIFO to its end), crash, hang, and what makes
 *                       no sense: need-twice, need-wrong-index, need-no-wait, asked-sends N
 *
 * The file "load" in a model's directory says what it does when it loads, words
 * in one line each:
 *
 *     fails             FAILED with FOVEA_ERR_MODEL_WEIGHTS, "these weights"
 *     slow MS, held NAME, crash, exit N, hang, garbage
 *     kill, signal N    itself, with SIGKILL, with signal N
 *     refuses-packed    FAILED with packed_is_bad when it is given weights
 *     no-memory         READY without the memory that it should have packed
 *     dimension N       of another model
 *     unsealed          READY says so
 *     images-crash      READY, and SIGSEGV at every image
 *     shared N          bytes of each file that it makes
 *     shares N          makes so many files
 *     says-shared N, says-scratch N, says-warm-up N   in READY
 *     says-failed N     FAILED with status N
 *     sends N           an empty frame of type N instead
 *
 * The file "measure" in the directory that it was started in says what it does when it
 * is to measure: what a load may do wrong, as above, or
 *
 *     times F32 BF16    it took so many ns
 *
 * And the file "hello" in the directory that it was started in, before:
 *
 *     hang, crash, old  (of another version), protocol N
 *     sends N, then-sends N   an empty frame of type N instead of HELLO, after
 *                       it
 */
#ifndef FOVEA_SUPPORT_FAKE_H
#define FOVEA_SUPPORT_FAKE_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>

enum {
    FAKE_DIMENSION = 8,
    FAKE_ROW_BYTES = 12, /* of pixels */
    FAKE_SHARED_BYTES = 8192,
};

static inline uint64_t
fake_hash(const void *bytes, size_t size)
{
    const uint8_t *at = bytes;
    uint64_t hash = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < size; i++) {
        hash = (hash ^ at[i]) * UINT64_C(1099511628211);
    }
    return hash;
}

/* Of length 1 unless raw. */
static inline void
fake_vector(const void *bytes, size_t size, int raw, float *vector_out)
{
    uint64_t hash = fake_hash(bytes, size);
    double sum = 0;
    for (size_t i = 0; i < FAKE_DIMENSION; i++) {
        double value = (double)((hash >> (8 * i)) & 0xff) + 1;
        vector_out[i] = (float)value;
        sum += value * value;
    }
    for (size_t i = 0; i < FAKE_DIMENSION && !raw; i++) {
        vector_out[i] = (float)((double)vector_out[i] / sqrt(sum));
    }
}

#endif
