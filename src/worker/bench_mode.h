/*
 * `fovea-worker --bench`: the engine's half of `fovea bench`, in a process that
 * has the codecs and the matrix library.
 *
 *     fovea-worker --bench DIRECTORY DTYPE BATCH ROUNDS WIDTH HEIGHT
 *
 * DIRECTORY is a model's, or empty for random weights in the shape of CLIP
 * ViT-B/32; DTYPE is auto, f32 or bf16; the others are plain numbers, within
 * the bounds of bench_engine.h and bench_picture.h.
 *
 * Standard output gets one line a figure, "name value": dtype (f32 or bf16),
 * jpeg_bytes, weights_bytes, then decode_ms, resize_ms, forward_ms,
 * forward_single_ms, matmul_ms, over_matmul and end_to_end_ms, as in struct
 * fovea_bench_result. Exit status 0.
 *
 * Where something fails it gets one line, "failed STATUS MESSAGE" with the
 * number of the status, and the exit status is FOVEA_WORKER_EXIT_LOAD. Words
 * that are none of the above: a message on standard error and
 * FOVEA_WORKER_EXIT_USAGE.
 */
#ifndef FOVEA_WORKER_BENCH_MODE_H
#define FOVEA_WORKER_BENCH_MODE_H

/** The words behind --bench; gives the exit status. */
int fovea_worker_bench(int argc, char **argv);

#endif
