/*
 * Damaged pictures: of every format 200 files that were made from the corpora's
 * tiny ones by turning bits, setting bytes and length fields to extremes,
 * cutting, and splicing two pictures together, always the same ones. None may
 * crash, take long, or leave memory behind.
 *
 * fuzz_decode() asserts that each gives all rows or a status with a message.
 */
#include <dirent.h>
#include <malloc.h>

#include "base/clock.h"
#include "base/macros.h"
#include "decode.h"
#include "support/test.h"
#include "sys/input.h"

enum {
    N_MUTATIONS = 200,
    MAX_SEEDS = 32,
    MAX_SECONDS = 10,
    PATH_SIZE = 4096,
    /* What a mutation may leave behind on average: codecs fill caches, and
       libheif loses what tests/fuzz/heif_leaks.c says. */
    MAX_LEFT_BYTES = 16,
    MAX_LEFT_BYTES_HEIF = 512
};

struct seed {
    uint8_t *bytes;
    size_t size;
};

struct seeds {
    struct seed seed[MAX_SEEDS];
    size_t n;
};

struct mutant {
    uint8_t *bytes;
    size_t size;
};

/* xorshift64*: the same numbers everywhere. */
static uint64_t
next_random(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * UINT64_C(2685821657736338717);
}

static size_t
below(uint64_t *state, size_t limit)
{
    return limit ? (size_t)(next_random(state) >> 16) % limit : 0;
}

static struct seed
read_seed(const char *path)
{
    struct fovea_error error;
    struct fovea_input input = FOVEA_INPUT_INIT;
    const uint8_t *bytes = NULL;
    struct seed seed = { 0 };
    assert_ok(fovea_input_open_file(path, &input, &error), &error);
    assert_ok(fovea_input_load(&input, &bytes, &seed.size, &error), &error);
    seed.bytes = malloc(seed.size);
    assert_non_null(seed.bytes);
    memcpy(seed.bytes, bytes, seed.size);
    fovea_input_finish(&input);
    return seed;
}

static int
is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static void
read_seeds(const char *codec, struct seeds *seeds)
{
    char folder[PATH_SIZE];
    const char *root = getenv("FOVEA_SOURCE_ROOT");
    (void)snprintf(folder, sizeof folder, "%s/tests/fuzz/corpus/fuzz_decode_%s",
            root ? root : ".", codec);
    struct dirent **entries = NULL;
    int n = scandir(folder, &entries, is_visible, alphasort);
    assert_true(n > 0);
    memset(seeds, 0, sizeof *seeds);
    for (int i = 0; i < n; i++) {
        char path[PATH_SIZE + 300];
        (void)snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        if (seeds->n < MAX_SEEDS) {
            seeds->seed[seeds->n++] = read_seed(path);
        }
        free(entries[i]);
    }
    free(entries);
}

static void
free_seeds(struct seeds *seeds)
{
    for (size_t i = 0; i < seeds->n; i++) {
        free(seeds->seed[i].bytes);
    }
}

static void
turn_bits(struct mutant *mutant, uint64_t *state)
{
    size_t n = 1 + below(state, 8);
    for (size_t i = 0; i < n; i++) {
        size_t at = below(state, mutant->size);
        mutant->bytes[at] ^= (uint8_t)(1U << below(state, 8));
    }
}

/* Headers hold what hurts most: half of the places are near the beginning. */
static void
set_length(struct mutant *mutant, uint64_t *state)
{
    static const uint32_t values[] = { 0, 1, 0x7f, 0xff, 0x7fff, 0xffff,
        0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff };
    size_t width = (size_t)1 << below(state, 3);
    size_t range = below(state, 2) ? mutant->size : 128;
    size_t at = below(state, range < mutant->size ? range : mutant->size);
    uint32_t value = values[below(state, FOVEA_ARRAY_LEN(values))];
    for (size_t i = 0; i < width && at + i < mutant->size; i++) {
        mutant->bytes[at + i] = (uint8_t)(value >> 8 * (i % 4));
    }
}

static void
cut(struct mutant *mutant, uint64_t *state)
{
    mutant->size = below(state, mutant->size);
}

/* A stretch of one picture over as long a stretch of another. */
static void
splice(struct mutant *mutant, const struct seed *other, uint64_t *state)
{
    size_t to = below(state, mutant->size);
    size_t from = below(state, other->size);
    size_t most = mutant->size - to;
    if (most > other->size - from) {
        most = other->size - from;
    }
    memcpy(mutant->bytes + to, other->bytes + from, below(state, most + 1));
}

static struct mutant
mutate(const struct seeds *seeds, uint64_t *state)
{
    const struct seed *seed = &seeds->seed[below(state, seeds->n)];
    const struct seed *other = &seeds->seed[below(state, seeds->n)];
    FOVEA_ASSERT(seed->size > 0);
    struct mutant mutant = { .size = seed->size };
    /* Of the exact size, so that a byte too far is seen. */
    mutant.bytes = malloc(seed->size);
    assert_non_null(mutant.bytes);
    memcpy(mutant.bytes, seed->bytes, seed->size);
    switch (below(state, 5)) {
    case 0:
        cut(&mutant, state);
        break;
    case 1:
        splice(&mutant, other, state);
        break;
    case 2:
        turn_bits(&mutant, state);
        break;
    default:
        set_length(&mutant, state);
        break;
    }
    return mutant;
}

static void
decode_mutants(enum fovea_format format, const struct seeds *seeds)
{
    uint64_t state = UINT64_C(0x9e3779b97f4a7c15) + (uint64_t)format;
    for (int i = 0; i < N_MUTATIONS; i++) {
        struct mutant mutant = mutate(seeds, &state);
        int64_t start = fovea_clock_ns();
        fuzz_decode(format, mutant.bytes, mutant.size);
        int64_t taken = fovea_clock_ns() - start;
        if (taken > MAX_SECONDS * FOVEA_NS_PER_S) {
            fail_msg("mutation %d took %lld ms", i,
                    (long long)(taken / FOVEA_NS_PER_MS));
        }
        free(mutant.bytes);
    }
}

/* Bytes that are allocated now; 0, always, where a sanitizer allocates: it
   looks for leaks itself. */
static size_t
allocated(void)
{
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

static size_t
max_left_bytes(enum fovea_format format)
{
    return format == FOVEA_FORMAT_HEIF ? MAX_LEFT_BYTES_HEIF : MAX_LEFT_BYTES;
}

/* The first round fills what the codecs keep; the second must leave nothing. */
static void
test_format(enum fovea_format format, const char *codec)
{
    struct seeds seeds;
    read_seeds(codec, &seeds);
    decode_mutants(format, &seeds);
    size_t before = allocated();
    decode_mutants(format, &seeds);
    size_t after = allocated();
    if (after > before + max_left_bytes(format) * N_MUTATIONS) {
        fail_msg("%zu bytes were left behind", after - before);
    }
    free_seeds(&seeds);
}

#define FOVEA_FORMAT(name, codec, text, title, endings)      \
    static void mutated_##codec##_costs_nobody(void **state) \
    {                                                        \
        (void)state;                                         \
        test_format(FOVEA_FORMAT_##name, #codec);            \
    }
#include "base/format.def"

/* What the allocator keeps at hand for a thread counts as allocated, and goes on
   filling for many rounds. It can be told at the start of a program only. */
static void
start_without_cache(char **argv)
{
    static const char name[] = "GLIBC_TUNABLES";
    if (!getenv(name) && !setenv(name, "glibc.malloc.tcache_count=0", 1)) {
        (void)execv("/proc/self/exe", argv);
        perror("/proc/self/exe");
    }
}

int
main(int argc, char **argv)
{
    (void)argc;
    start_without_cache(argv);
    const struct CMUnitTest tests[] = {
#define FOVEA_FORMAT(name, codec, text, title, endings) \
    cmocka_unit_test(mutated_##codec##_costs_nobody),
#include "base/format.def"
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
