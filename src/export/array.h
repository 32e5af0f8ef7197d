/* Vectors as an array of NumPy. */
#ifndef FOVEA_EXPORT_ARRAY_H
#define FOVEA_EXPORT_ARRAY_H

#include "export/format.h"
#include "store/npy.h"

/** Begin one of the target's files, float32 [rows][dimension]. */
FOVEA_NODISCARD enum fovea_status fovea_export_array_open(
        const struct fovea_export_settings *settings, size_t index,
        struct fovea_npy *npy_out, struct fovea_error *err);

#endif
