/* See caches.h. */
#include "bench/caches.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/macros.h"
#include "base/number.h"

enum {
    PATH_SIZE = 64,
    LINE_SIZE = 32,
    MOST_CACHES = 16, /* of a core */
};

FOVEA_DEFINE_AUTO(FILE *, fclose);

/* The first line of a file of the n-th cache. */
static bool
read_line(unsigned n, const char *name, char line_out[LINE_SIZE])
{
    char path[PATH_SIZE];
    (void)snprintf(path, sizeof path,
            "/sys/devices/system/cpu/cpu0/cache/index%u/%s", n, name);
    FOVEA_AUTO(fclose_auto) FILE *file = fopen(path, "re");
    if (!file || !fgets(line_out, LINE_SIZE, file)) {
        return false;
    }
    line_out[strcspn(line_out, "\n")] = '\0';
    return true;
}

/* "1024K" */
static size_t
parse_size(const char *text)
{
    uint64_t n_kib = 0;
    return fovea_number_scan(&text, &n_kib) && strcmp(text, "K") == 0
            ? (size_t)n_kib << 10
            : 0;
}

size_t
fovea_bench_cache_size(unsigned level)
{
    char line[LINE_SIZE];
    for (unsigned i = 0; i < MOST_CACHES; i++) {
        uint64_t found = 0;
        if (read_line(i, "level", line) && fovea_number_parse(line, &found) &&
                found == level && read_line(i, "type", line) &&
                strcmp(line, "Instruction") != 0 &&
                read_line(i, "size", line)) {
            return parse_size(line);
        }
    }
    return 0;
}
