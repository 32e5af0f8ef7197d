/* Attention of every form that this CPU has, against sums written out in double. */
#include <math.h>

#include "base/macros.h"
#include "base/size.h"
#include "engine/cpu/attend.h"
#include "engine/cpu/attend_forms.h"
#include "engine/cpu/attend_room.h"
#include "engine/cpu/bf16.h"
#include "engine/cpu/machine.h"
#include "support/test.h"
#include "support/tile_machine.h"
#include "sys/cpu.h"

enum {
    N_HEADS = 3,
    MOST_TOKENS = 80,
    GUARD = 0x5a /* what nobody may write over */
};

/* Of sequences that lie dense and in blocks. */
struct shape {
    size_t n_queries;
    size_t n_keys;
    size_t head_dim;
    bool is_causal;
    bool is_blocked;
};

/* Rows, and what the elements are worth. */
struct matrix {
    struct fovea_rows rows;
    size_t n_rows;
    size_t width; /* of the heads' columns */
    size_t bytes;
    float *values; /* [n_rows][width] */
};

/* One attention, its operands and its scratch. */
struct scene {
    struct matrix query;
    struct matrix key;
    struct matrix value;
    struct matrix out;
    struct fovea_attend attend;
    void *scratch;
    size_t scratch_size;
};

/* Tiles are the CPU's own or the model's (support/tile_machine.h). */
static bool
is_available(const struct fovea_attend_form *form, enum fovea_cpu_level level)
{
    return fovea_cpu_level() >= level &&
            (!form->needs_tiles || tile_machine_start());
}

/* A model's instruction takes some thousand times as long. */
static bool
is_slow(const struct fovea_attend_form *form)
{
    return form->needs_tiles && !tile_machine_is_real();
}

/* Each form that there is. */
static size_t
list_forms(const struct fovea_attend_form **forms)
{
    size_t n = 0;
#define X(name, element, level)                                  \
    if (is_available(&fovea_attend_##name, FOVEA_CPU_##level)) { \
        forms[n++] = &fovea_attend_##name;                       \
    }
#include "engine/cpu/attend_forms.def"
#undef X
    return n;
}

enum {
    MOST_FORMS = 8
};

static float
next_value(uint32_t *noise)
{
    *noise = *noise * 1664525U + 1013904223U;
    return (float)(*noise >> 8) * 0x1p-22F - 2.0F;
}

static void
set_element(struct matrix *m, size_t row, size_t column, float value)
{
    void *at = fovea_rows_at(&m->rows, row, column);
    if (m->rows.element == FOVEA_ELEMENT_BF16) {
        const uint16_t half = fovea_to_bf16(value);
        const uint32_t bits = (uint32_t)half << 16;
        memcpy(&value, &bits, sizeof value);
        memcpy(at, &half, sizeof half);
    } else {
        memcpy(at, &value, sizeof value);
    }
    m->values[row * m->width + column] = value;
}

static float
element_at(const struct matrix *m, size_t row, size_t column)
{
    const void *at = fovea_rows_at(&m->rows, row, column);
    float value;
    if (m->rows.element == FOVEA_ELEMENT_BF16) {
        uint16_t half;
        memcpy(&half, at, sizeof half);
        const uint32_t bits = (uint32_t)half << 16;
        memcpy(&value, &bits, sizeof value);
    } else {
        memcpy(&value, at, sizeof value);
    }
    return value;
}

/* No larger than what it holds, so that reading or writing past it is seen. */
static struct matrix
make_matrix(size_t n_rows, size_t width, enum fovea_element element,
        bool is_blocked)
{
    const size_t size = fovea_element_size(element);
    const size_t row_bytes = is_blocked
            ? fovea_round_up(width * size, FOVEA_LINE_BYTES)
            : width * size;
    struct matrix m = { .n_rows = n_rows,
        .width = width,
        .bytes = n_rows * row_bytes };
    void *base = malloc(m.bytes);
    m.values = calloc(n_rows * width, sizeof *m.values);
    assert_true(base && m.values);
    memset(base, GUARD, m.bytes);
    m.rows = is_blocked ? fovea_rows_blocked(base, n_rows, element)
                        : fovea_rows_dense(base, width, element);
    return m;
}

static void
drop_matrix(struct matrix *m)
{
    free(m->rows.base);
    free(m->values);
}

static void
fill(struct matrix *m, uint32_t *noise)
{
    for (size_t i = 0; i < m->n_rows; i++) {
        for (size_t k = 0; k < m->width; k++) {
            set_element(m, i, k, next_value(noise));
        }
    }
}

static struct scene
make_scene(const struct shape *shape, enum fovea_element element,
        uint32_t *noise)
{
    const size_t width = N_HEADS * shape->head_dim;
    const struct fovea_attend_size size = { shape->n_queries, shape->n_keys,
        shape->head_dim, element };
    struct scene scene = {
        make_matrix(shape->n_queries, width, element, shape->is_blocked),
        make_matrix(shape->n_keys, width, element, shape->is_blocked),
        make_matrix(shape->n_keys, width, element, shape->is_blocked),
        make_matrix(shape->n_queries, width, element, shape->is_blocked),
        .scratch_size = fovea_attend_scratch_size(&size),
    };
    fill(&scene.query, noise);
    fill(&scene.key, noise);
    fill(&scene.value, noise);
    scene.attend = (struct fovea_attend){
        scene.query.rows,
        scene.key.rows,
        scene.value.rows,
        scene.out.rows,
        shape->n_queries,
        shape->n_keys,
        N_HEADS,
        shape->head_dim,
        1.0F / sqrtf((float)shape->head_dim),
        shape->is_causal,
    };
    scene.scratch = aligned_alloc(FOVEA_OPERAND_ALIGNMENT, scene.scratch_size);
    assert_non_null(scene.scratch);
    /* What an earlier attention may have left. */
    memset(scene.scratch, 0xff, scene.scratch_size);
    return scene;
}

static void
drop_scene(struct scene *scene)
{
    drop_matrix(&scene->query);
    drop_matrix(&scene->key);
    drop_matrix(&scene->value);
    drop_matrix(&scene->out);
    free(scene->scratch);
}

/* What one head of one query gathers in the columns of the head. */
static void
gather(const struct scene *scene, size_t row, size_t head, double *out)
{
    const struct fovea_attend *attend = &scene->attend;
    const size_t dim = attend->head_dim;
    const size_t width = scene->key.width;
    const size_t seen = attend->is_causal
            ? attend->n_keys - attend->n_queries + row + 1
            : attend->n_keys;
    const float *query = scene->query.values + row * width + head * dim;
    double scores[MOST_TOKENS];
    double most = (double)-INFINITY;
    for (size_t t = 0; t < seen; t++) {
        const float *key = scene->key.values + t * width + head * dim;
        scores[t] = 0.0;
        for (size_t i = 0; i < dim; i++) {
            scores[t] += (double)query[i] * (double)key[i];
        }
        scores[t] *= (double)attend->scale;
        most = fmax(most, scores[t]);
    }
    double sum = 0.0;
    memset(out, 0, dim * sizeof *out);
    for (size_t t = 0; t < seen; t++) {
        const float *value = scene->value.values + t * width + head * dim;
        const double weight = exp(scores[t] - most);
        sum += weight;
        for (size_t i = 0; i < dim; i++) {
            out[i] += weight * (double)value[i];
        }
    }
    for (size_t i = 0; i < dim; i++) {
        out[i] /= sum;
    }
}

static void
assert_as_written_out(const struct scene *scene, double tolerance)
{
    const size_t dim = scene->attend.head_dim;
    double *expected = calloc(dim, sizeof *expected);
    assert_non_null(expected);
    for (size_t row = 0; row < scene->attend.n_queries; row++) {
        for (size_t head = 0; head < N_HEADS; head++) {
            gather(scene, row, head, expected);
            for (size_t i = 0; i < dim; i++) {
                const double got =
                        (double)element_at(&scene->out, row, head * dim + i);
                assert_true(fabs(got - expected[i]) <= tolerance);
            }
        }
    }
    free(expected);
}

/* What fills up the lines of blocked rows belongs to nobody. */
static void
assert_guards(const struct scene *scene)
{
    const struct matrix *m = &scene->out;
    const size_t line = fovea_rows_line_width(&m->rows);
    for (size_t row = 0; row < m->n_rows; row++) {
        for (size_t i = m->width; m->rows.line_stride != FOVEA_LINE_BYTES &&
                i < fovea_round_up(m->width, line);
                i++) {
            const uint8_t *at = fovea_rows_at(&m->rows, row, i);
            assert_int_equal(*at, GUARD);
        }
    }
}

static void
check(const struct fovea_attend_form *form, const struct shape *shape,
        uint32_t *noise)
{
    struct scene scene = make_scene(shape, form->element, noise);
    fovea_attend_run(form, &scene.attend, scene.scratch);
    assert_as_written_out(&scene,
            form->element == FOVEA_ELEMENT_BF16 ? 0.02 : 3e-6);
    assert_guards(&scene);
    drop_scene(&scene);
}

/* All tokens of a sequence, its last ones, and the last one alone. */
static void
every_length_and_width_is_as_written_out(void **state)
{
    (void)state;
    const struct fovea_attend_form *forms[MOST_FORMS];
    const size_t n_forms = list_forms(forms);
    uint32_t noise = 7;
    for (size_t f = 0; f < n_forms; f++) {
        for (size_t dim = 1; dim <= 90; dim += dim < 18 ? 1 : 9) {
            for (size_t n = 1; n <= MOST_TOKENS; n += n < 18 ? 1 : 7) {
                if (is_slow(forms[f]) && (7 * dim + n) % 5 != 0) {
                    continue;
                }
                for (unsigned k = 0; k < 12; k++) {
                    const size_t queries[] = { n, (n + 1) / 2, 1 };
                    const struct shape shape = { queries[k / 4], n, dim,
                        (k & 1U) != 0, (k & 2U) != 0 };
                    check(forms[f], &shape, &noise);
                }
            }
        }
    }
}

static void
assert_same(const struct matrix *a, size_t a_row, const struct matrix *b,
        size_t b_row)
{
    for (size_t i = 0; i < a->width; i++) {
        const float x = element_at(a, a_row, i);
        const float y = element_at(b, b_row, i);
        assert_memory_equal(&x, &y, sizeof x);
    }
}

/* Sums have one order, whatever the vectors' width. */
static void
forms_of_float32_agree_in_every_bit(void **state)
{
    (void)state;
    const struct fovea_attend_form *forms[MOST_FORMS];
    const size_t n_forms = list_forms(forms);
    for (size_t n = 1; n <= MOST_TOKENS; n++) {
        for (size_t f = 0; f < n_forms; f++) {
            if (forms[f]->element != FOVEA_ELEMENT_F32) {
                continue;
            }
            const struct shape shape = { n, n, 1 + n * 7 % 72, n % 2 == 0,
                false };
            uint32_t noise = (uint32_t)n;
            struct scene one = make_scene(&shape, FOVEA_ELEMENT_F32, &noise);
            noise = (uint32_t)n;
            struct scene other = make_scene(&shape, FOVEA_ELEMENT_F32, &noise);
            fovea_attend_run(forms[f], &one.attend, one.scratch);
            fovea_attend_run(&fovea_attend_avx2, &other.attend, other.scratch);
            for (size_t i = 0; i < n; i++) {
                assert_same(&one.out, i, &other.out, i);
            }
            drop_scene(&one);
            drop_scene(&other);
        }
    }
}

/* However many queries there are beside it, and wherever they lie. */
static void
a_querys_bits_are_its_own(void **state)
{
    (void)state;
    const struct fovea_attend_form *forms[MOST_FORMS];
    const size_t n_forms = list_forms(forms);
    for (size_t f = 0; f < n_forms; f++) {
        const struct shape all = { 77, 77, 40, false, false };
        uint32_t noise = 3;
        struct scene whole = make_scene(&all, forms[f]->element, &noise);
        fovea_attend_run(forms[f], &whole.attend, whole.scratch);
        for (size_t n = 1; n < all.n_queries; n++) {
            const size_t first = (n * 5) % (all.n_queries - n + 1);
            struct matrix some = make_matrix(n, whole.out.width,
                    forms[f]->element, n % 2 == 0);
            struct fovea_attend part = whole.attend;
            part.n_queries = n;
            part.query = fovea_rows_from(&part.query, first);
            part.out = some.rows;
            memset(whole.scratch, 0xff, whole.scratch_size);
            fovea_attend_run(forms[f], &part, whole.scratch);
            for (size_t i = 0; i < n; i++) {
                assert_same(&some, i, &whole.out, first + i);
            }
            drop_matrix(&some);
        }
        drop_scene(&whole);
    }
}

/* One key takes all, or all are alike, whatever their size; denormal ones are as
   good as 0. */
static void
extreme_scores_are_as_written_out(void **state)
{
    (void)state;
    static const float sizes[] = { 1e-40F, 1e-30F, 100.0F, 1e4F, 1e15F };
    const struct fovea_attend_form *forms[MOST_FORMS];
    const size_t n_forms = list_forms(forms);
    for (size_t f = 0; f < n_forms; f++) {
        for (size_t i = 0; i < FOVEA_ARRAY_LEN(sizes); i++) {
            const struct shape shape = { 50, 50, 64, i % 2 == 0, false };
            uint32_t noise = 11;
            struct scene scene = make_scene(&shape, forms[f]->element, &noise);
            for (size_t row = 0; row < shape.n_queries; row++) {
                for (size_t k = 0; k < scene.query.width; k++) {
                    set_element(&scene.query, row, k, k % 64 ? 0.0F : sizes[i]);
                    set_element(&scene.key, row, k,
                            k % 64 ? 1.0F : (row % 2 ? -1.0F : 1.0F));
                }
            }
            fovea_attend_run(forms[f], &scene.attend, scene.scratch);
            assert_as_written_out(&scene,
                    forms[f]->element == FOVEA_ELEMENT_BF16 ? 0.02 : 3e-6);
            drop_scene(&scene);
        }
    }
}

/* What is not a number in one head stays there. */
static void
numbers_that_are_none_stay_in_their_head(void **state)
{
    (void)state;
    static const float odd[] = { NAN, INFINITY, -INFINITY, 3e38F, -3e38F };
    const struct fovea_attend_form *forms[MOST_FORMS];
    const size_t n_forms = list_forms(forms);
    for (size_t f = 0; f < n_forms; f++) {
        for (size_t i = 0; i < FOVEA_ARRAY_LEN(odd) * 8; i++) {
            const struct shape shape = { 50, 50, i % 3 ? 20 : 19, i % 2 == 0,
                false };
            uint32_t noise = 5;
            struct scene plain = make_scene(&shape, forms[f]->element, &noise);
            noise = 5;
            struct scene scene = make_scene(&shape, forms[f]->element, &noise);
            struct matrix *const operands[] = { &scene.query, &scene.key,
                &scene.value };
            for (size_t k = 0; k < 8; k++) {
                set_element(operands[(i + k) % 3], (i * 7 + k) % 50,
                        shape.head_dim + k, odd[i / 8]);
            }
            fovea_attend_run(forms[f], &plain.attend, plain.scratch);
            fovea_attend_run(forms[f], &scene.attend, scene.scratch);
            for (size_t row = 0; row < shape.n_queries; row++) {
                for (size_t k = 0; k < scene.out.width; k++) {
                    const float got = element_at(&scene.out, row, k);
                    const float expected = element_at(&plain.out, row, k);
                    assert_true(k / shape.head_dim == 1 ||
                            memcmp(&got, &expected, sizeof got) == 0);
                }
            }
            drop_scene(&plain);
            drop_scene(&scene);
        }
    }
}

/* A form for each type that weights may have on this CPU: the first of its rows. */
static void
elements_have_the_forms_of_the_cpu(void **state)
{
    (void)state;
    const enum fovea_cpu_level level = fovea_cpu_level();
    const struct fovea_attend_form *form =
            fovea_attend_choose(FOVEA_ELEMENT_F32);
    assert_ptr_equal(form,
            level >= FOVEA_CPU_AVX512 ? &fovea_attend_avx512
                                      : &fovea_attend_avx2);
    form = fovea_attend_choose(FOVEA_ELEMENT_BF16);
    if (level < FOVEA_CPU_AVX512_BF16) {
        assert_null(form);
    } else {
        assert_ptr_equal(form,
                fovea_machine_has_tiles() ? &fovea_attend_tiles
                                          : &fovea_attend_avx512_bf16);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_length_and_width_is_as_written_out),
        cmocka_unit_test(forms_of_float32_agree_in_every_bit),
        cmocka_unit_test(a_querys_bits_are_its_own),
        cmocka_unit_test(extreme_scores_are_as_written_out),
        cmocka_unit_test(numbers_that_are_none_stay_in_their_head),
        cmocka_unit_test(elements_have_the_forms_of_the_cpu),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
