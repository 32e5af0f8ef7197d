/* What CPU this is, for people. */
#ifndef FOVEA_BENCH_CPU_NAME_H
#define FOVEA_BENCH_CPU_NAME_H

#include <stddef.h>

enum {
    FOVEA_CPU_NAME_SIZE = 96
};

/** Its maker's name for it, then family, model and stepping: of machines that are
 *  rented the name alone says little. */
void fovea_bench_cpu_name(char name_out[FOVEA_CPU_NAME_SIZE]);

#endif
