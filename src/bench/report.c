/* See report.h. */
#include "bench/report.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/macros.h"
#include "bench/cpu_name.h"
#include "spec/dtype.h"

static void
add_count(const char *name, uint64_t count)
{
    (void)printf("%s %" PRIu64 "\n", name, count);
}

static void
add_word(const char *name, const char *word)
{
    (void)printf("%s \"%s\"\n", name, word);
}

static void
add_number(const char *where, const char *name, double number)
{
    (void)printf("%s.%s %.6f\n", where, name, number);
}

/* The ways of saying how long something takes. */
struct unit {
    const char *suffix; /* of names */
    double n;           /* so many of what a pass counts by */
    const char *embed;  /* what makes tokens */
};

static void
add_parts(const char *where, const struct unit *unit,
        const struct fovea_bench_pass *pass)
{
    const char *const names[FOVEA_N_PARTS] = {
        [FOVEA_PART_EMBED] = unit->embed,
        [FOVEA_PART_NORMS] = "norms",
        [FOVEA_PART_QKV] = "qkv",
        [FOVEA_PART_ATTENTION] = "attention",
        [FOVEA_PART_OUT] = "out",
        [FOVEA_PART_MLP] = "mlp",
        [FOVEA_PART_HEAD] = "head",
    };
    for (size_t i = 0; i < FOVEA_N_PARTS; i++) {
        const struct fovea_bench_part *part = &pass->parts[i];
        const struct {
            const char *name;
            double ms;
        } rows[] = {
            { "ms", part->ms },
            { "arithmetic_ms", part->arithmetic_ms },
            { "memory_ms", part->memory_ms },
        };
        (void)printf("%s.parts.%s.share %.6f\n", where, names[i], part->share);
        for (size_t k = 0; k < FOVEA_ARRAY_LEN(rows); k++) {
            (void)printf("%s.parts.%s.%s%s %.6f\n", where, names[i],
                    rows[k].name, unit->suffix, rows[k].ms * unit->n);
        }
    }
}

static void
add_pass(const char *where, const struct unit *unit,
        const struct fovea_bench_pass *pass)
{
    const struct {
        const char *name;
        double ms;
    } rows[] = {
        { "ms", pass->forward_ms },
        { "matmul_ms", pass->matmul_ms },
        { "roofline_ms", pass->roofline_ms },
    };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(rows); i++) {
        (void)printf("%s.%s%s %.6f\n", where, rows[i].name, unit->suffix,
                rows[i].ms * unit->n);
    }
    add_number(where, "over_matmul", pass->over_matmul);
    add_number(where, "over_roofline", pass->over_roofline);
    add_parts(where, unit, pass);
}

static void
add_machine(const struct fovea_peaks *peaks, enum fovea_peak_level level)
{
    char cpu[FOVEA_CPU_NAME_SIZE];
    fovea_bench_cpu_name(cpu);
    add_word("machine.cpu", cpu);
    for (size_t i = 0; i < FOVEA_N_PEAK_KINDS; i++) {
        if (peaks->operations[i] > 0.0) {
            add_number("machine.gop_per_s", fovea_peak_kinds[i].name,
                    peaks->operations[i] * 1e-9);
        }
    }
    for (size_t i = 0; i < FOVEA_N_PEAK_LEVELS; i++) {
        if (peaks->bytes[i] > 0.0) {
            add_number("machine.read_gb_per_s", fovea_peak_level_names[i],
                    peaks->bytes[i] * 1e-9);
        }
    }
    add_word("machine.weights_in", fovea_peak_level_names[level]);
}

void
fovea_bench_report_images(const struct fovea_bench_options *options,
        const struct fovea_bench_result *result)
{
    const struct unit unit = { "_per_image", 1.0, "patches" };
    const struct fovea_bench_sample *median = &result->median;
    add_word("dtype", fovea_dtype_word(result->dtype));
    add_count("batch", options->batch);
    add_count("threads", 1);
    add_count("rounds", options->n_rounds);
    add_count("weights_bytes", result->weights_bytes);
    add_word("picture.format", "JPEG");
    add_count("picture.width_px", options->width_px);
    add_count("picture.height_px", options->height_px);
    add_count("picture.bytes", result->jpeg_bytes);
    add_number("decode", "ms_per_image", median->decode_ms);
    add_number("resize", "ms_per_image", median->resize_ms);
    add_count("forward.tokens", result->n_tokens);
    add_pass("forward", &unit, &median->batch);
    add_pass("single", &unit, &median->single);
    add_number("end_to_end", "ms_per_image", median->end_to_end_ms);
    add_machine(&median->peaks, result->level);
}

void
fovea_bench_report_texts(const struct fovea_text_bench_options *options,
        const struct fovea_text_bench_result *result)
{
    const struct unit one = { "", 1.0, "words" };
    const struct unit all = { "", FOVEA_BENCH_TEXTS, "words" };
    const struct fovea_text_bench_sample *median = &result->median;
    add_word("dtype", fovea_dtype_word(result->dtype));
    add_count("texts", FOVEA_BENCH_TEXTS);
    add_count("tokens", result->n_tokens);
    add_count("threads", 1);
    add_count("rounds", options->n_rounds);
    add_count("weights_bytes", result->weights_bytes);
    add_count("read.bytes", result->read_bytes);
    add_number("read", "ms", median->read_ms);
    add_pass("text", &one, &median->text);
    add_number("text", "over", median->text_over);
    add_pass("batch", &all, &median->batch);
    add_machine(&median->peaks, result->level);
}
