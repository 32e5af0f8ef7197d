/* See tensor.h. */
#include "checkpoint/tensor.h"

#include <string.h>

#include "base/macros.h"

struct element_type {
    const char *name;
    enum fovea_tensor_type type;
    unsigned size;
};

static const struct element_type element_types[] = {
    { "F32", FOVEA_TENSOR_F32, 4 },
    { "F16", FOVEA_TENSOR_F16, 2 },
    { "BF16", FOVEA_TENSOR_BF16, 2 },
    { "F64", FOVEA_TENSOR_OTHER, 8 },
    { "I64", FOVEA_TENSOR_OTHER, 8 },
    { "I32", FOVEA_TENSOR_OTHER, 4 },
    { "I16", FOVEA_TENSOR_OTHER, 2 },
    { "I8", FOVEA_TENSOR_OTHER, 1 },
    { "U64", FOVEA_TENSOR_OTHER, 8 },
    { "U32", FOVEA_TENSOR_OTHER, 4 },
    { "U16", FOVEA_TENSOR_OTHER, 2 },
    { "U8", FOVEA_TENSOR_OTHER, 1 },
    { "BOOL", FOVEA_TENSOR_OTHER, 1 },
    { "F8_E4M3", FOVEA_TENSOR_OTHER, 1 },
    { "F8_E5M2", FOVEA_TENSOR_OTHER, 1 },
    { "F8_E8M0", FOVEA_TENSOR_OTHER, 1 },
    { "C64", FOVEA_TENSOR_OTHER, 8 },
};

bool
fovea_tensor_type_find(const char *name, enum fovea_tensor_type *type_out,
        unsigned *size_out)
{
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(element_types); i++) {
        if (strcmp(name, element_types[i].name) == 0) {
            *type_out = element_types[i].type;
            *size_out = element_types[i].size;
            return true;
        }
    }
    return false;
}

/* The types that can be read have one row each, and come first. */
const char *
fovea_tensor_type_name(enum fovea_tensor_type type)
{
    return type == FOVEA_TENSOR_OTHER ? "other" : element_types[type].name;
}
