/*
 * The program fovea-bench-engine: the engine's half of `fovea bench`, in a
 * process that has the codecs and the matrix library.
 *
 *     fovea-bench-engine DIRECTORY DTYPE ROUNDS BATCH WIDTH HEIGHT
 *     fovea-bench-engine DIRECTORY DTYPE ROUNDS
 *
 * The first measures a model's tower for images, the second its tower for texts.
 * DIRECTORY is a model's, or empty for random weights in the shape of CLIP
 * ViT-B/32; DTYPE is a word of spec/dtype.def; the others are plain numbers, within
 * the bounds of measure.h and picture.h.
 *
 * Standard output gets one line a figure, "name value": dtype (that was used),
 * jpeg_bytes, weights_bytes, n_tokens, then decode_ms, resize_ms, forward_ms,
 * forward_single_ms, attention_ms, attention_share, matmul_ms, over_matmul and
 * end_to_end_ms, as in struct fovea_bench_result. Of texts these are dtype,
 * weights_bytes, read_bytes, n_tokens, then read_ms, text_ms, text_matmul_ms,
 * text_over, batch_ms, batch_matmul_ms and batch_over, as in struct
 * fovea_text_bench_result. Exit status 0.
 *
 * Where something fails it gets one line, "failed STATUS MESSAGE" with the
 * number of the status, and the exit status is 1. Words that are none of the
 * above: a message on standard error and 2.
 */
#ifndef FOVEA_BENCH_BENCH_H
#define FOVEA_BENCH_BENCH_H

/** What main() is given; returns the exit status. */
int fovea_bench_main(int argc, char **argv);

#endif
