/*
 * fovea-worker: started by the pool, one process each, to look at images where
 * nothing else is within reach. People use `fovea`.
 */
#include <stdio.h>
#include <string.h>

#include "wire/exit.h"
#include "worker/bench_mode.h"

int
main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "--bench") == 0) {
        return fovea_worker_bench(argc - 2, argv + 2);
    }
    (void)fputs("fovea-worker is a part of fovea, which starts it\n", stderr);
    return FOVEA_WORKER_EXIT_USAGE;
}
