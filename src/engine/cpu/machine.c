/*
 * What there is to know of the matrix library and of this CPU as it sees it:
 * see machine.h.
 */
#include "engine/cpu/machine.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <dnnl.h>

#include "engine/cpu/tile_check.h"
#include "engine/cpu/tile_unit.h"
#include "sys/cpu.h"

/* Two calls of the OpenMP API, declared here because <omp.h> is the compiler's
   and may stand for another runtime than the one that oneDNN was built with. */
int omp_get_max_threads(void);
void omp_set_num_threads(int n_threads);

static bool
has_isa(unsigned wanted)
{
    return ((unsigned)dnnl_get_effective_cpu_isa() & wanted) == wanted;
}

/* The answer of this process, which asks the system once, before it is sealed, and
   says once what is wrong: a worker's log is its standard error. */
static pthread_once_t tiles_once = PTHREAD_ONCE_INIT;
static bool has_tiles;

static void
find_tiles(void)
{
    if (!has_isa(dnnl_cpu_isa_avx512_core_amx) ||
            !fovea_tile_unit_is_granted()) {
        return;
    }
    has_tiles = fovea_tile_check();
    if (!has_tiles) {
        (void)fprintf(stderr,
                "this CPU's tile unit (AMX) computes wrong products: it is not "
                "used\n");
    }
}

bool
fovea_machine_has_tiles(void)
{
    (void)pthread_once(&tiles_once, find_tiles);
    return has_tiles;
}

/* The sizes of caches are in it because the library cuts products by them, so
   that which of its ways keep a row's bits (forms.h) depends on them. */
void
fovea_machine_word(char *word, size_t size)
{
    const dnnl_version_t *version = dnnl_version();
    /* Of a release it is "N/A". */
    const char *source = strchr(version->hash, '/') ? "" : version->hash;
    (void)snprintf(word, size,
            "onednn-%d.%d.%d%.16s-isa-%x-cpu-%x-cache-%ldk-%ldk%s",
            version->major, version->minor, version->patch, source,
            (unsigned)dnnl_get_effective_cpu_isa(), fovea_cpu_signature(),
            sysconf(_SC_LEVEL1_DCACHE_SIZE) / 1024,
            sysconf(_SC_LEVEL2_CACHE_SIZE) / 1024,
            fovea_machine_has_tiles() ? "-tiles" : "");
}

size_t
fovea_machine_cache_bytes(void)
{
    long size = sysconf(_SC_LEVEL2_CACHE_SIZE);
    return size > 0 ? (size_t)size : 0;
}

bool
fovea_machine_has_bf16(void)
{
    return has_isa(dnnl_cpu_isa_avx512_core_bf16);
}

bool
fovea_machine_has_vnni(void)
{
    return has_isa(dnnl_cpu_isa_avx512_core_vnni) ||
            has_isa(dnnl_cpu_isa_avx2_vnni);
}

int
fovea_machine_set_threads(int n_threads)
{
    int before = omp_get_max_threads();
    omp_set_num_threads(n_threads);
    return before;
}
