/* See bench_report.h. */
#include "cli/bench_report.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/macros.h"
#include "base/number.h"

enum {
    NAME_SIZE = 64,
    N_PASSES = 2,
    MAX_WIDTH = 78, /* and a comma */
};

/* JSON. */

/* How many letters of two names are the same objects: up to a dot, and with it. */
static size_t
shared_objects(const char *left, const char *right)
{
    size_t shared = 0;
    for (size_t i = 0; left[i] && left[i] == right[i]; i++) {
        if (left[i] == '.') {
            shared = i + 1;
        }
    }
    return shared;
}

static size_t
count_dots(const char *name)
{
    size_t n = 0;
    for (; *name; name++) {
        n += *name == '.';
    }
    return n;
}

static void
close_objects(struct fovea_text *text, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        fovea_text_add(text, "}", 1);
    }
}

/* Each object of the second level begins a line. */
static void
add_member(struct fovea_text *text, const char *name, const char *value,
        bool begins_line)
{
    const char *dot = strchr(name, '.');
    fovea_text_format(text, "%s", begins_line && dot ? "\n " : "");
    for (; dot; dot = strchr(name, '.')) {
        fovea_text_format(text, "\"%.*s\":{", (int)(dot - name), name);
        name = dot + 1;
    }
    fovea_text_format(text, "\"%s\":%s", name, value);
}

void
fovea_bench_add_json(struct fovea_text *text, const char *model,
        const struct fovea_bench_figures *figures)
{
    const char *before = "";
    fovea_text_format(text, "{\"model\":");
    fovea_text_json_string(text, model);
    for (size_t i = 0; i < figures->n; i++) {
        const char *name = figures->rows[i].name;
        const size_t shared = shared_objects(before, name);
        close_objects(text, count_dots(before + shared));
        fovea_text_add(text, ",", 1);
        add_member(text, name + shared, figures->rows[i].value, shared == 0);
        before = name;
    }
    close_objects(text, count_dots(before));
    fovea_text_add(text, "}\n", 2);
}

/* Text. */

static const char *
find(const struct fovea_bench_figures *figures, const char *name)
{
    for (size_t i = 0; i < figures->n; i++) {
        if (strcmp(figures->rows[i].name, name) == 0) {
            return figures->rows[i].value;
        }
    }
    return "";
}

/* A word without its quotes. */
static void
add_word(struct fovea_text *text, const char *word)
{
    const size_t size = strlen(word);
    if (size > 2) {
        fovea_text_add(text, word + 1, size - 2);
    }
}

/* "forward" and "over_matmul"; NAN if there is none. */
static double
number(const struct fovea_bench_figures *figures, const char *object,
        const char *name)
{
    char whole[2 * NAME_SIZE];
    double value = 0.0;
    (void)snprintf(whole, sizeof whole, "%s.%s", object, name);
    return fovea_number_fraction(find(figures, whole), &value) ? value
                                                               : (double)NAN;
}

/* What a pass's figures are called, and what people call it. */
struct heading {
    const char *object; /* "forward" */
    const char *title;
};

/* Images and texts. */
struct kind {
    const char *suffix; /* of milliseconds */
    const char *embed;  /* what makes tokens */
    struct heading passes[N_PASSES];
};

static const struct kind kinds[] = {
    [false] = { "_per_image", "patches",
            { { "forward", "in batches" }, { "single", "one at a time" } } },
    [true] = { "", "words", { { "batch", "32 texts" }, { "text", "a text" } } },
};

static void
add_head(struct fovea_text *text, const char *model, bool is_text,
        const struct fovea_bench_figures *figures)
{
    fovea_text_printable(text, model);
    fovea_text_format(text, ", ");
    add_word(text, find(figures, "dtype"));
    fovea_text_add(text, "\n", 1);
    if (is_text) {
        fovea_text_format(text, "one CPU; texts of %s tokens, eight words\n\n",
                find(figures, "tokens"));
        return;
    }
    fovea_text_format(text,
            "batches of %s, one CPU; a JPEG of %s x %s px, %s tokens\n\n",
            find(figures, "batch"), find(figures, "picture.width_px"),
            find(figures, "picture.height_px"),
            find(figures, "forward.tokens"));
}

struct row {
    const char *title;
    const char *object;
    const char *name;
};

static void
add_times(struct fovea_text *text, bool is_text,
        const struct fovea_bench_figures *figures)
{
    static const struct row images[] = {
        { "decode", "decode", "ms_per_image" },
        { "resize", "resize", "ms_per_image" },
        { "forward", "forward", "ms_per_image" },
        { "bare matrix products", "forward", "matmul_ms_per_image" },
        { "forward, one at a time", "single", "ms_per_image" },
        { "bare matrix products", "single", "matmul_ms_per_image" },
        { "end to end", "end_to_end", "ms_per_image" },
    };
    static const struct row texts[] = {
        { "layers' matrices, read", "read", "ms" },
        { "a text", "text", "ms" },
        { "bare matrix products", "text", "matmul_ms" },
        { "32 texts", "batch", "ms" },
        { "bare matrix products", "batch", "matmul_ms" },
    };
    const struct row *rows = is_text ? texts : images;
    const size_t n = is_text ? FOVEA_ARRAY_LEN(texts) : FOVEA_ARRAY_LEN(images);
    for (size_t i = 0; i < n; i++) {
        const double ms = number(figures, rows[i].object, rows[i].name);
        fovea_text_format(text, "%-22s %9.3f ms", rows[i].title, ms);
        if (!is_text) {
            fovea_text_format(text, " %9.1f images/s", 1000.0 / ms);
        }
        fovea_text_add(text, "\n", 1);
    }
}

/* A part's times in one pass, and its bound: "-" where nothing bounds it. */
static void
add_part(struct fovea_text *text, const struct kind *kind,
        const struct heading *pass, const char *name,
        const struct fovea_bench_figures *figures)
{
    const char *names[] = { "ms", "arithmetic_ms", "memory_ms" };
    double values[FOVEA_ARRAY_LEN(names)];
    char whole[NAME_SIZE];
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(names); i++) {
        (void)snprintf(whole, sizeof whole, "parts.%s.%s%s", name, names[i],
                kind->suffix);
        values[i] = number(figures, pass->object, whole);
    }
    (void)snprintf(whole, sizeof whole, "parts.%s.share", name);
    fovea_text_format(text, " %9.3f %3.0f%%", values[0],
            100.0 * number(figures, pass->object, whole));
    const bool is_memory = values[2] > values[1];
    const double bound = is_memory ? values[2] : values[1];
    if (bound > 0.0) {
        fovea_text_format(text, " %8.3f %s", bound, is_memory ? "mem" : "ops");
    } else {
        fovea_text_format(text, " %12s", "-");
    }
}

static void
add_parts(struct fovea_text *text, const struct kind *kind,
        const struct fovea_bench_figures *figures)
{
    const struct {
        const char *title;
        const char *name;
    } rows[] = {
        { kind->embed, kind->embed },
        { "norms", "norms" },
        { "query, key, value", "qkv" },
        { "attention", "attention" },
        { "output", "out" },
        { "MLP", "mlp" },
        { "head", "head" },
    };
    fovea_text_format(text, "\n%-17s", "part by part, ms");
    for (size_t i = 0; i < N_PASSES; i++) {
        fovea_text_format(text, "%15s%13s", kind->passes[i].title, "at least");
    }
    fovea_text_add(text, "\n", 1);
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(rows); i++) {
        fovea_text_format(text, "%-17s", rows[i].title);
        for (size_t k = 0; k < N_PASSES; k++) {
            add_part(text, kind, &kind->passes[k], rows[i].name, figures);
        }
        fovea_text_add(text, "\n", 1);
    }
}

/* What is one figure a pass. */
static void
add_ratios(struct fovea_text *text, const struct kind *kind,
        const struct fovea_bench_figures *figures)
{
    char whole[NAME_SIZE];
    (void)snprintf(whole, sizeof whole, "roofline_ms%s", kind->suffix);
    const struct {
        const char *title;
        const char *name;
    } rows[] = {
        { "roofline", whole },
        { "forward over it", "over_roofline" },
        { "over bare products", "over_matmul" },
    };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(rows); i++) {
        fovea_text_format(text, "%-18s", rows[i].title);
        for (size_t k = 0; k < N_PASSES; k++) {
            fovea_text_format(text, "%9.3f%*s",
                    number(figures, kind->passes[k].object, rows[i].name),
                    k + 1 < N_PASSES ? 19 : 0, "");
        }
        fovea_text_add(text, "\n", 1);
    }
}

/* "Gop/s: f32_avx2 136, f32_avx512 272", in lines. */
static void
add_rates(struct fovea_text *text, const char *title, const char *object,
        const struct fovea_bench_figures *figures)
{
    const size_t size = strlen(object);
    const char *comma = "";
    size_t line_start = text->size;
    fovea_text_format(text, "%s", title);
    for (size_t i = 0; i < figures->n; i++) {
        const char *name = figures->rows[i].name;
        char rate[NAME_SIZE + 16];
        if (strncmp(name, object, size) != 0 || name[size] != '.') {
            continue;
        }
        const int width = snprintf(rate, sizeof rate, " %s %.0f",
                name + size + 1, number(figures, object, name + size + 1));
        const bool wraps = text->size - line_start + (size_t)width > MAX_WIDTH;
        if (wraps) {
            line_start = text->size;
        }
        fovea_text_format(text, "%s%s%s", comma, wraps ? "\n " : "", rate);
        comma = ",";
    }
}

static void
add_machine(struct fovea_text *text, const struct fovea_bench_figures *figures)
{
    const char *cpu = find(figures, "machine.cpu");
    const char *level = find(figures, "machine.weights_in");
    fovea_text_format(text, "\n");
    add_word(text, cpu);
    fovea_text_format(text, ", one core:\n");
    add_rates(text, "Gop/s:", "machine.gop_per_s", figures);
    fovea_text_format(text, "\n");
    add_rates(text, "GB/s read:", "machine.read_gb_per_s", figures);
    fovea_text_format(text, "; weights are in ");
    add_word(text, level);
    fovea_text_format(text, "\n");
}

void
fovea_bench_add_text(struct fovea_text *text, const char *model, bool is_text,
        const struct fovea_bench_figures *figures)
{
    const struct kind *kind = &kinds[is_text];
    add_head(text, model, is_text, figures);
    add_times(text, is_text, figures);
    add_parts(text, kind, figures);
    add_ratios(text, kind, figures);
    if (is_text) {
        fovea_text_format(text,
                "\na text over the larger of reading and products: %.3f\n",
                number(figures, "text", "over"));
    }
    add_machine(text, figures);
}
