/*
 * Matrix multiplication on oneDNN: what is behind it (matmul.c, packing.c,
 * engine.c) is the one place that knows the library.
 *
 * Two forms are all that a vision transformer needs:
 *   linear    dst = post(src * weights + bias), weights packed once in the
 *             layout that the CPU's kernels like best; one packed copy serves
 *             every number of rows;
 *   batched   many small products of strided views, for attention.
 *
 * Everything here is meant to run in the calling thread alone: a thread that
 * creates or runs anything calls fovea_matmul_set_threads(1) before.
 */
#ifndef FOVEA_ENGINE_CPU_MATMUL_H
#define FOVEA_ENGINE_CPU_MATMUL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fovea/export.h"
#include "fovea/status.h"

/* Element type of sources and weights; sums are always float32. */
enum fovea_element {
    FOVEA_ELEMENT_F32,
    FOVEA_ELEMENT_BF16,
};

/* What is done to each sum (bias included) before it is stored. */
enum fovea_post {
    FOVEA_POST_NONE,
    FOVEA_POST_QUICK_GELU,
    FOVEA_POST_GELU,
    FOVEA_POST_GELU_TANH,
    FOVEA_POST_ADD, /* added to what dst holds: the residual */
};

/* The primitive of the library that carries a linear layer out. Each packs
   weights in a layout of its own. */
enum fovea_form {
    FOVEA_FORM_MATMUL,
    FOVEA_FORM_INNER_PRODUCT,
    FOVEA_FORM_CONVOLUTION, /* 1x1, over a row of pixels */
};

enum {
    FOVEA_N_FORMS = FOVEA_FORM_CONVOLUTION + 1
};

struct fovea_packing;
struct fovea_product;

/* Of packed weights and scratch, in bytes. */
enum {
    FOVEA_MATMUL_ALIGNMENT = 64
};

/** Size of an element in bytes. */
size_t fovea_element_size(enum fovea_element element);

/** The library, its version and source, the most that it uses of this CPU, and
 *  what CPU it is: one word. */
void fovea_matmul_engine(char *word, size_t size);

/** Whether this CPU has bfloat16 dot products (ONEDNN_MAX_CPU_ISA counts). */
bool fovea_matmul_has_bf16(void);

/**
 * Set how many threads oneDNN may use when the calling thread calls it.
 *
 * @return What it was before, to be set again where the thread is a guest's.
 */
int fovea_matmul_set_threads(int n_threads);

/** A weight matrix. */
struct fovea_packing_shape {
    size_t rows; /* a typical number of source rows */
    size_t k;    /* source width */
    size_t n;    /* output width */
    enum fovea_element element;
};

/**
 * Find the layout that a form likes best for a weight matrix.
 *
 * @return FOVEA_OK; FOVEA_ERR_INTERNAL if the library has no such product;
 *         FOVEA_ERR_NO_MEMORY.
 */
FOVEA_NODISCARD enum fovea_status fovea_packing_create(
        const struct fovea_packing_shape *shape, enum fovea_form form,
        struct fovea_packing **packing_out, struct fovea_error *err);
void fovea_packing_destroy(struct fovea_packing *packing);

/** Rows (source width) and columns (output width) of the matrix, and what
 *  they are made of. */
size_t fovea_packing_k(const struct fovea_packing *packing);
size_t fovea_packing_n(const struct fovea_packing *packing);
enum fovea_element fovea_packing_element(const struct fovea_packing *packing);

/** Size of the packed matrix in bytes. */
size_t fovea_packing_size(const struct fovea_packing *packing);

/** The library's word for the kernel that it takes at the typical number of
 *  rows. */
const char *fovea_packing_implementation(const struct fovea_packing *packing);

/** A number that is the same for two packings only if a matrix packed with the
 *  one can be used with the other (in one version of the library). */
uint64_t fovea_packing_fingerprint(const struct fovea_packing *packing);

/**
 * Pack a matrix.
 *
 * @param weights  [n][row_stride] float32, row-major: as checkpoints store a
 *                 Linear; the first k columns are taken.
 * @param packed   fovea_packing_size() bytes, aligned to
 *                 FOVEA_MATMUL_ALIGNMENT.
 */
FOVEA_NODISCARD enum fovea_status fovea_packing_pack(
        const struct fovea_packing *packing, const float *weights,
        size_t row_stride, void *packed, struct fovea_error *err);

/** A linear layer for a fixed number of rows; rows are dense. */
struct fovea_linear_shape {
    size_t rows;
    enum fovea_element dst_element;
    enum fovea_post post;
    bool has_bias;
};

FOVEA_NODISCARD enum fovea_status fovea_product_create_linear(
        const struct fovea_packing *packing,
        const struct fovea_linear_shape *shape,
        struct fovea_product **product_out, struct fovea_error *err);

/** A strided matrix per batch item: batch, row and column stride (elements). */
struct fovea_view {
    size_t batch_stride;
    size_t row_stride;
    size_t column_stride;
};

/** c[i] = a[i] * b[i], i < batch; a: [m][k], b: [k][n], c: [m][n]. */
struct fovea_batched_shape {
    size_t batch;
    size_t m;
    size_t k;
    size_t n;
    struct fovea_view a;
    struct fovea_view b;
    struct fovea_view c;
    enum fovea_element source_element; /* of a and b */
    enum fovea_element c_element;
};

FOVEA_NODISCARD enum fovea_status fovea_product_create_batched(
        const struct fovea_batched_shape *shape,
        struct fovea_product **product_out, struct fovea_error *err);

void fovea_product_destroy(struct fovea_product *product);

/** Whether the library has only its slow reference code for it. */
bool fovea_product_is_reference(const struct fovea_product *product);

/** Bytes of scratch that a run needs. */
size_t fovea_product_scratch_size(const struct fovea_product *product);

/**
 * Run a product.
 *
 * @param src      [rows][k] or a.
 * @param weights  Packed, or b; only read, may be in read-only memory.
 * @param bias     [n] float32, or NULL without has_bias.
 * @param dst      [rows][n] or c; must not overlap the others.
 * @param scratch  fovea_product_scratch_size() bytes, aligned to
 *                 FOVEA_MATMUL_ALIGNMENT.
 * Threads: one at a time on one product.
 */
FOVEA_NODISCARD enum fovea_status fovea_product_run(
        struct fovea_product *product, const void *src, const void *weights,
        const float *bias, void *dst, void *scratch, struct fovea_error *err);

#endif
