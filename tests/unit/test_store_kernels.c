/* Every kernel that this CPU runs gives the same integers, for any bytes. */
#include "base/macros.h"
#include "store/kernels.h"
#include "support/test.h"
#include "support/vectors.h"

enum {
    MAX_SIZE = 16384,
    N_ROWS = 21, /* no multiple of what a kernel does at once */
};

/* Bytes of a kind: random, or as far apart as can be. */
static void
fill(uint8_t *bytes, size_t n, unsigned kind, uint64_t *state)
{
    static const uint8_t ends[] = { 0, 255, 128, 1 };
    for (size_t i = 0; i < n; i++) {
        bytes[i] = kind == 0 ? (uint8_t)vectors_random(state)
                : kind == 1  ? ends[vectors_random(state) % 4]
                             : ends[kind % 2];
    }
}

static void
fill_signed(int8_t *bytes, size_t n, unsigned kind, uint64_t *state)
{
    for (size_t i = 0; i < n; i++) {
        bytes[i] = (int8_t)(kind == 0 ? (int)(vectors_random(state) % 255) - 127
                        : (vectors_random(state) + kind) % 2 ? 127
                                                             : -127);
        bytes[i] = kind > 1 ? (int8_t)(kind == 2 ? 127 : -127) : bytes[i];
    }
}

static int64_t
product(const uint8_t *a, const int8_t *b, size_t n, int less)
{
    int64_t sum = 0;
    for (size_t i = 0; i < n; i++) {
        sum += (a[i] - less) * b[i];
    }
    return sum;
}

static void
check_products(const struct fovea_kernel *kernel, size_t size, unsigned kind)
{
    static uint8_t rows[N_ROWS * MAX_SIZE];
    static int8_t query[MAX_SIZE];
    int32_t products[N_ROWS];
    uint64_t state = size + kind + 1;
    fill(rows, N_ROWS * size, kind, &state);
    fill_signed(query, size, kind, &state);
    kernel->products(rows, N_ROWS, size, query, products);
    for (size_t r = 0; r < N_ROWS; r++) {
        assert_true(product(rows + r * size, query, size, 0) == products[r]);
    }
}

static void
check_tile(const struct fovea_kernel *kernel, size_t size, unsigned kind)
{
    static uint8_t columns[FOVEA_TILE_COLUMNS * MAX_SIZE];
    static uint8_t packed[FOVEA_TILE_COLUMNS * MAX_SIZE];
    static int8_t rows[FOVEA_TILE_ROWS * MAX_SIZE];
    int32_t products[FOVEA_TILE_ROWS][FOVEA_TILE_COLUMNS];
    int32_t offsets[FOVEA_TILE_ROWS] = { 0 };
    uint64_t state = size + kind + 1;
    fill(columns, FOVEA_TILE_COLUMNS * size, kind, &state);
    fill_signed(rows, FOVEA_TILE_ROWS * size, kind, &state);
    for (size_t i = 0; i < size; i++) {
        for (size_t c = 0; c < FOVEA_TILE_COLUMNS; c++) {
            packed[(i / 4 * FOVEA_TILE_COLUMNS + c) * 4 + i % 4] =
                    columns[c * size + i];
        }
        for (size_t r = 0; r < FOVEA_TILE_ROWS; r++) {
            offsets[r] += 128 * rows[r * size + i];
        }
    }
    kernel->tile(rows, offsets, size, packed, products);
    for (size_t r = 0; r < FOVEA_TILE_ROWS; r++) {
        for (size_t c = 0; c < FOVEA_TILE_COLUMNS; c++) {
            assert_true(product(columns + c * size, rows + r * size, size,
                                128) == products[r][c]);
        }
    }
}

static void
all_kernels_give_the_same_integers(void **state)
{
    (void)state;
    static const size_t sizes[] = { 64, 128, 192, 512, 1536, MAX_SIZE };
    for (size_t k = 0; fovea_kernels[k]; k++) {
        const struct fovea_kernel *kernel = fovea_kernels[k];
        if (!kernel->is_supported()) {
            print_message("# this CPU has no %s\n", kernel->name);
            continue;
        }
        for (size_t i = 0; i < FOVEA_ARRAY_LEN(sizes); i++) {
            for (unsigned kind = 0; kind < 4; kind++) {
                check_products(kernel, sizes[i], kind);
                check_tile(kernel, sizes[i], kind);
            }
        }
    }
}

static void
the_best_is_one_that_runs_here(void **state)
{
    (void)state;
    assert_true(fovea_kernel_best()->is_supported());
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_kernels_give_the_same_integers),
        cmocka_unit_test(the_best_is_one_that_runs_here),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
