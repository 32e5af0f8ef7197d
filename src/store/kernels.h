/* The kernels that there are, and which of them this CPU runs. */
#ifndef FOVEA_STORE_KERNELS_H
#define FOVEA_STORE_KERNELS_H

#include "store/kernel.h"

/** All there are, the best first, and NULL. The last one runs anywhere. */
extern const struct fovea_kernel *const fovea_kernels[];

/** The best that this CPU has. */
const struct fovea_kernel *fovea_kernel_best(void);

#endif
