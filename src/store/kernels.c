/* See kernels.h. */
#include "store/kernels.h"

const struct fovea_kernel *const fovea_kernels[] = {
    &fovea_kernel_avx512vnni,
    &fovea_kernel_avxvnni,
    &fovea_kernel_avx512bw,
    &fovea_kernel_avx2,
    NULL,
};

const struct fovea_kernel *
fovea_kernel_best(void)
{
    size_t i = 0;
    while (!fovea_kernels[i]->is_supported()) {
        i++;
    }
    return fovea_kernels[i];
}
