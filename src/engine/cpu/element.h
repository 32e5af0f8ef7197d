/*
 * What operands of matrix products are made of, and which products there are.
 */
#ifndef FOVEA_ENGINE_CPU_ELEMENT_H
#define FOVEA_ENGINE_CPU_ELEMENT_H

#include <stddef.h>

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

/* Floats that kernels work on at a time; rows of scores are padded to a multiple. */
enum {
    FOVEA_LANES = 16
};

/* Of packed weights and scratch, in bytes. */
enum {
    FOVEA_OPERAND_ALIGNMENT = 64
};

/** Size of an element in bytes. */
static inline size_t
fovea_element_size(enum fovea_element element)
{
    return element == FOVEA_ELEMENT_BF16 ? 2 : 4;
}

#endif
