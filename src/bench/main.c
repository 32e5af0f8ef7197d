/*
 * fovea-bench-engine: see bench.h. `fovea bench` starts it.
 *
 * This file is compiled for any x86-64: sys/cpu_floor.h.
 */
#include "bench/bench.h"
#include "sys/cpu_floor.h"

int
main(int argc, char **argv)
{
    int code = fovea_cpu_refuse("fovea-bench-engine");
    return code ? code : fovea_bench_main(argc, argv);
}
