/*
 * Microseconds that attention takes a head, of each form that this CPU has:
 *
 *   bench_attention [ROUNDS]
 *
 * Numbers of tokens and widths of heads are those of towers as people use them, and
 * queries, keys and values lie side by side as in a layer. The least of so many
 * rounds, of the thread's own time.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/macros.h"
#include "base/number.h"
#include "engine/cpu/attend.h"
#include "engine/cpu/attend_forms.h"
#include "engine/cpu/attend_room.h"
#include "engine/cpu/bf16.h"
#include "engine/cpu/machine.h"
#include "sys/cpu.h"
#include "sys/pages.h"

enum {
    N_HEADS = 12
};

struct scene {
    const struct fovea_attend_form *form;
    struct fovea_attend attend;
    void *block;
    size_t size;
    void *scratch;
};

static double
now_us(void)
{
    return (double)fovea_clock_thread_ns() * 1e-3;
}

static void
fill(void *rows, size_t n, enum fovea_element element)
{
    uint32_t noise = 1;
    for (size_t i = 0; i < n; i++) {
        noise = noise * 1664525U + 1013904223U;
        const float value = (float)(noise >> 8) * 0x1p-22F - 2.0F;
        if (element == FOVEA_ELEMENT_BF16) {
            ((uint16_t *)rows)[i] = fovea_to_bf16(value);
        } else {
            ((float *)rows)[i] = value;
        }
    }
}

static bool
scene_init(struct scene *scene, const struct fovea_attend_form *form,
        size_t n_tokens, size_t head_dim)
{
    const size_t width = N_HEADS * head_dim;
    const size_t bytes = n_tokens * width * fovea_element_size(form->element);
    const struct fovea_attend_size size = { n_tokens, n_tokens, head_dim,
        form->element };
    const size_t line = FOVEA_OPERAND_ALIGNMENT;
    const size_t begins = (4 * bytes + line - 1) / line * line;
    scene->form = form;
    scene->size = begins + fovea_attend_scratch_size(&size);
    scene->block = fovea_pages_map(scene->size);
    if (!scene->block) {
        return false;
    }
    scene->scratch = (uint8_t *)scene->block + begins;
    fill(scene->block, 3 * n_tokens * width, form->element);
    const struct fovea_rows wide =
            fovea_rows_dense(scene->block, 3 * width, form->element);
    scene->attend = (struct fovea_attend){
        .query = wide,
        .key = fovea_rows_columns(&wide, width),
        .value = fovea_rows_columns(&wide, 2 * width),
        .out = fovea_rows_dense((uint8_t *)scene->block + 3 * bytes, width,
                form->element),
        .n_queries = n_tokens,
        .n_keys = n_tokens,
        .n_heads = N_HEADS,
        .head_dim = head_dim,
        .scale = 1.0F / sqrtf((float)head_dim),
    };
    return true;
}

static double
least_us(const struct scene *scene, uint64_t n_rounds)
{
    double least = INFINITY;
    for (uint64_t i = 0; i < n_rounds; i++) {
        const double start = now_us();
        fovea_attend_run(scene->form, &scene->attend, scene->scratch);
        least = fmin(least, now_us() - start);
    }
    return least / N_HEADS;
}

static int
measure(const struct fovea_attend_form *form, uint64_t n_rounds)
{
    static const size_t tokens[] = { 50, 64, 197, 257, 577, 730 };
    static const size_t dims[] = { 32, 64, 72, 80 };
    for (size_t d = 0; d < FOVEA_ARRAY_LEN(dims); d++) {
        (void)printf("%-12s %8zu", form->name, dims[d]);
        for (size_t t = 0; t < FOVEA_ARRAY_LEN(tokens); t++) {
            struct scene scene;
            if (!scene_init(&scene, form, tokens[t], dims[d])) {
                (void)fputs("out of memory\n", stderr);
                return 1;
            }
            (void)printf(" %8.2f", least_us(&scene, n_rounds));
            fovea_pages_unmap(scene.block, scene.size);
        }
        (void)printf("\n");
    }
    return 0;
}

static bool
is_available(const struct fovea_attend_form *form, enum fovea_cpu_level level)
{
    return fovea_cpu_level() >= level &&
            (!form->needs_tiles || fovea_machine_has_tiles());
}

int
main(int argc, char **argv)
{
    uint64_t n_rounds = 30;
    if (argc > 2 || (argc == 2 && !fovea_number_parse(argv[1], &n_rounds))) {
        (void)fputs("bench_attention [ROUNDS]\n", stderr);
        return 2;
    }
    (void)printf("form         head_dim       50       64      197      257"
                 "      577      730 tokens\n");
    int result = 0;
#define X(name, element, level)                                             \
    if (!result && is_available(&fovea_attend_##name, FOVEA_CPU_##level)) { \
        result = measure(&fovea_attend_##name, n_rounds);                   \
    }
#include "engine/cpu/attend_forms.def"
#undef X
    return result;
}
