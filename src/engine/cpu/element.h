/*
 * What operands of matrix products are made of, and which products there are.
 */
#ifndef FOVEA_ENGINE_CPU_ELEMENT_H
#define FOVEA_ENGINE_CPU_ELEMENT_H

#include <stddef.h>

#include "base/size.h"

/* Element type of sources and weights. */
enum fovea_element {
#define X(name, size) FOVEA_ELEMENT_##name,
#include "engine/cpu/elements.def"
#undef X
    FOVEA_N_ELEMENTS
};

/* What is done to each sum (bias included) before it is stored. */
enum fovea_post {
    FOVEA_POST_NONE,
    FOVEA_POST_QUICK_GELU,
    FOVEA_POST_GELU,
    FOVEA_POST_GELU_TANH,
    FOVEA_POST_ADD, /* added to what dst holds: the residual */
};

/* How a linear layer is carried out (form.h). */
enum fovea_form {
#define X(NAME, name) FOVEA_FORM_##NAME,
#include "engine/cpu/forms.def"
#undef X
    FOVEA_N_FORMS
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
    switch (element) {
#define X(name, size)      \
case FOVEA_ELEMENT_##name: \
    return (size);
#include "engine/cpu/elements.def"
#undef X
    case FOVEA_N_ELEMENTS:
        break;
    }
    return 1; /* never */
}

/** Take the next size bytes, aligned, of a block of which total are taken; gives where
 *  they begin. */
static inline size_t
fovea_operand_claim(size_t *total, size_t size)
{
    const size_t at = *total;
    *total += fovea_round_up(size, FOVEA_OPERAND_ALIGNMENT);
    return at;
}

#endif
