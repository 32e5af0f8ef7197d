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
 * Standard output gets one line a figure, "NAME VALUE", and the line "end". A name is
 * where the figure stands in what `fovea bench --json` prints, from the outside in
 * with dots between ("forward.parts.qkv.share"); what stands together comes together.
 * A value is a number or a word in quotes. Exit status 0.
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
