/* See cpu_name.h. */
#include "bench/cpu_name.h"

#include <cpuid.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum {
    BRAND_LEAF = 0x80000002U, /* and the two behind it: 16 letters each */
    N_BRAND_LEAVES = 3,
    LEAF_SIZE = 16,
};

/* Letters that stand in a line and in quotes as they are; blanks at the ends and
   twice are left out, as makers fill with them. */
static void
copy_clean(const char *from, char *to)
{
    size_t n = 0;
    for (; *from; from++) {
        const bool is_blank = *from == ' ';
        if (*from < ' ' || *from > '~' || *from == '"' || *from == '\\' ||
                (is_blank && (n == 0 || to[n - 1] == ' '))) {
            continue;
        }
        to[n++] = *from;
    }
    while (n > 0 && to[n - 1] == ' ') {
        n--;
    }
    to[n] = '\0';
}

void
fovea_bench_cpu_name(char name_out[FOVEA_CPU_NAME_SIZE])
{
    char brand[N_BRAND_LEAVES * LEAF_SIZE + 1] = "";
    char clean[sizeof brand];
    unsigned words[4] = { 0 };
    for (unsigned i = 0; i < N_BRAND_LEAVES; i++) {
        if (__get_cpuid(BRAND_LEAF + i, &words[0], &words[1], &words[2],
                    &words[3])) {
            memcpy(brand + i * LEAF_SIZE, words, LEAF_SIZE);
        }
    }
    copy_clean(brand, clean);
    unsigned signature = 0;
    (void)__get_cpuid(1, &signature, &words[0], &words[1], &words[2]);
    const unsigned family = (signature >> 8 & 0xf) + (signature >> 20 & 0xff);
    const unsigned model = (signature >> 4 & 0xf) + (signature >> 12 & 0xf0);
    (void)snprintf(name_out, FOVEA_CPU_NAME_SIZE,
            "%s (family %u, model %u, stepping %u)", clean, family, model,
            signature & 0xf);
}
