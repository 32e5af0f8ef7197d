/*
 * Packed weights in sealed memory and in files: what is mapped is what was
 * packed, and what is not whole or not for this tower is refused.
 */
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/checksum.h"
#include "base/macros.h"
#include "checkpoint/random.h"
#include "engine/cpu/fill.h"
#include "engine/cpu/kernels.h"
#include "engine/cpu/machine.h"
#include "engine/cpu/packed.h"
#include "support/test.h"
#include "support/tower.h"
#include "sys/memfd.h"

static const struct fovea_tower config =
        TOWER(48, 72, 3, 4, 32, 16, 20, FOVEA_ACTIVATION_QUICK_GELU, 1e-5F);
static const struct fovea_tower pooled = SIGLIP_TOWER(64, 144, 3, 4, 62, 14);
static const struct fovea_tower words =
        CLIP_TEXT_TOWER(48, 72, 3, 4, 99, 20, 20, FOVEA_ACTIVATION_QUICK_GELU);
static const struct fovea_tower registers =
        DINOV2_TOWER(64, 256, 3, 4, 60, 14, 98, 4);
static const struct fovea_tower wide =
        TOWER(256, 300, 2, 4, 32, 16, 40, FOVEA_ACTIVATION_GELU, 1e-5F);

/* It has no query, key and value in one. */
static const struct fovea_tower flat =
        TOWER(48, 72, 1, 4, 32, 16, 20, FOVEA_ACTIVATION_GELU, 1e-5F);

struct packed {
    const struct fovea_tower *shape;
    enum fovea_precision precision;
    struct fovea_checkpoint *checkpoint;
    struct fovea_weights *weights;
    int fd;
};

static struct packed
make(const struct fovea_tower *shape, enum fovea_precision precision)
{
    struct packed packed = { .shape = shape, .precision = precision, .fd = -1 };
    struct fovea_error error;
    (void)fovea_machine_set_threads(1);
    assert_ok(fovea_checkpoint_create_random(shape, 5, &packed.checkpoint,
                      &error),
            &error);
    assert_ok(fovea_packed_create(shape, packed.checkpoint, precision,
                      &packed.weights, &packed.fd, &error),
            &error);
    return packed;
}

static void
drop(struct packed *packed)
{
    fovea_weights_destroy(packed->weights);
    fovea_checkpoint_close(packed->checkpoint);
    (void)close(packed->fd);
}

/* Bytes of a whole file, unsealed. */
static int
file_of(const uint8_t *bytes, size_t size)
{
    struct fovea_error error;
    int fd = -1;
    assert_ok(fovea_memfd_create("test", &fd, &error), &error);
    assert_ok(fovea_memfd_write(fd, bytes, size, &error), &error);
    return fd;
}

static void
check_same(const struct fovea_tower *shape, enum fovea_precision precision)
{
    struct packed packed = make(shape, precision);
    struct fovea_weights *loaded = NULL;
    struct fovea_weights *mapped = NULL;
    struct fovea_weights *foreign = NULL;
    struct fovea_error error;
    assert_ok(fovea_weights_load(shape, packed.checkpoint, precision, &loaded,
                      &error),
            &error);
    assert_int_equal(packed.weights->block_size, loaded->block_size);
    assert_memory_equal(packed.weights->block, loaded->block,
            loaded->block_size);
    assert_ok(fovea_packed_map(shape, precision, packed.fd, false, &mapped,
                      &error),
            &error);
    assert_memory_equal(mapped->block, loaded->block, loaded->block_size);
    /* The weights are found inside, not only their bytes. */
    const struct fovea_placed *places[] = {
        fovea_weights_at(mapped, FOVEA_ROLE_FC2, 0, 0),
        fovea_weights_at(loaded, FOVEA_ROLE_FC2, 0, 0),
    };
    assert_int_equal((const uint8_t *)places[0]->weight -
                    (const uint8_t *)mapped->block,
            (const uint8_t *)places[1]->weight -
                    (const uint8_t *)loaded->block);
    int copy = file_of(packed.weights->mapping, packed.weights->mapping_size);
    assert_ok(fovea_packed_map(shape, precision, copy, true, &foreign, &error),
            &error);
    assert_memory_equal(foreign->block, loaded->block, loaded->block_size);
    fovea_weights_destroy(foreign);
    (void)close(copy);
    fovea_weights_destroy(mapped);
    fovea_weights_destroy(loaded);
    drop(&packed);
}

static void
what_is_mapped_is_what_was_packed(void **state)
{
    (void)state;
    check_same(&config, FOVEA_PRECISION_F32);
    check_same(&config, FOVEA_PRECISION_BF16_WEIGHTS);
    check_same(&flat, FOVEA_PRECISION_F32);
    check_same(&pooled, FOVEA_PRECISION_F32);
    check_same(&registers, FOVEA_PRECISION_F32);
    check_same(&words, FOVEA_PRECISION_F32);
    check_same(&words, FOVEA_PRECISION_BF16_WEIGHTS);
    check_same(&wide, fovea_precision_of(&wide, FOVEA_DTYPE_BF16));
    check_same(&config, FOVEA_PRECISION_INT8_WEIGHTS);
    check_same(&words, FOVEA_PRECISION_INT8_WEIGHTS);
    check_same(&pooled, FOVEA_PRECISION_INT8_WEIGHTS);
    check_same(&wide, fovea_precision_of(&wide, FOVEA_DTYPE_INT8));
}

static void
the_memory_is_sealed(void **state)
{
    (void)state;
    struct packed packed = make(&config, FOVEA_PRECISION_F32);
    assert_true(fovea_memfd_is_sealed(packed.fd));
    assert_true(pwrite(packed.fd, "x", 1, 0) < 0);
    assert_true(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, packed.fd,
                        0) == MAP_FAILED);
    drop(&packed);
}

static void
a_sibling_must_be_sealed(void **state)
{
    (void)state;
    struct packed packed = make(&config, FOVEA_PRECISION_F32);
    struct fovea_weights *weights = NULL;
    struct fovea_error error;
    int copy = file_of(packed.weights->mapping, packed.weights->mapping_size);
    assert_fails(fovea_packed_map(&config, FOVEA_PRECISION_F32, copy, false,
                         &weights, &error),
            &error, FOVEA_ERR_MODEL_WEIGHTS, "not sealed");
    assert_null(weights);
    (void)close(copy);
    drop(&packed);
}

static void
refuse(const struct fovea_tower *shape, enum fovea_precision precision, int fd)
{
    struct fovea_weights *weights = NULL;
    struct fovea_error error;
    assert_int_equal(
            fovea_packed_map(shape, precision, fd, false, &weights, &error),
            FOVEA_ERR_MODEL_WEIGHTS);
    assert_null(weights);
}

/* A copy with one byte changed. */
static void
refuse_flipped(const struct packed *packed, size_t at, const char *part)
{
    struct fovea_weights *weights = NULL;
    struct fovea_error error;
    size_t size = packed->weights->mapping_size;
    uint8_t *bytes = malloc(size);
    assert_non_null(bytes);
    memcpy(bytes, packed->weights->mapping, size);
    bytes[at] ^= (uint8_t)(1U << at % 8);
    int fd = file_of(bytes, size);
    free(bytes);
    assert_fails(fovea_packed_map(packed->shape, packed->precision, fd, true,
                         &weights, &error),
            &error, FOVEA_ERR_MODEL_WEIGHTS, part);
    (void)close(fd);
}

static void
every_flipped_byte_of_the_header_is_refused(void **state)
{
    (void)state;
    struct packed packed = make(&config, FOVEA_PRECISION_F32);
    for (size_t i = 0; i < FOVEA_PACKED_HEADER_SIZE; i++) {
        refuse_flipped(&packed, i, "header");
    }
    drop(&packed);
}

static void
a_flipped_byte_of_the_block_is_refused(void **state)
{
    (void)state;
    struct packed packed = make(&config, FOVEA_PRECISION_F32);
    size_t size = packed.weights->mapping_size;
    for (size_t i = FOVEA_PACKED_HEADER_SIZE; i < size; i += 997) {
        refuse_flipped(&packed, i, "checksum");
    }
    refuse_flipped(&packed, size - 1, "checksum");
    drop(&packed);
}

/* Of 8-bit weights, their scales and offsets. */
static void
damaged_and_foreign_int8_is_refused(void **state)
{
    (void)state;
    const enum fovea_precision precision =
            fovea_precision_of(&wide, FOVEA_DTYPE_INT8);
    struct packed packed = make(&wide, precision);
    size_t size = packed.weights->mapping_size;
    for (size_t i = FOVEA_PACKED_HEADER_SIZE; i < size; i += 49999) {
        refuse_flipped(&packed, i, "checksum");
    }
    for (size_t i = 0; i < FOVEA_N_PRECISIONS; i++) {
        if (i != precision) {
            refuse(&wide, (enum fovea_precision)i, packed.fd);
        }
    }
    drop(&packed);
}

static void
another_tower_or_precision_is_refused(void **state)
{
    (void)state;
    struct packed packed = make(&config, FOVEA_PRECISION_F32);
    struct fovea_tower others[7];
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(others); i++) {
        others[i] = config;
    }
    others[0].n_heads = 2; /* the same sizes everywhere */
    others[1].activation = FOVEA_ACTIVATION_GELU;
    others[2].eps = 1e-6F;
    others[3].width = 64;
    others[4].dimension = 21;
    others[5].n_layers = 4;
    others[6].side_px = 64;
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(others); i++) {
        refuse(&others[i], FOVEA_PRECISION_F32, packed.fd);
    }
    for (size_t i = 0; i < FOVEA_N_PRECISIONS; i++) {
        if (i != FOVEA_PRECISION_F32) {
            refuse(&config, (enum fovea_precision)i, packed.fd);
        }
    }
    drop(&packed);
}

static void
a_file_of_another_size_is_refused(void **state)
{
    (void)state;
    struct packed packed = make(&config, FOVEA_PRECISION_F32);
    size_t size = packed.weights->mapping_size;
    const size_t sizes[] = { 0, 1, FOVEA_PACKED_HEADER_SIZE - 1,
        FOVEA_PACKED_HEADER_SIZE, size - 1, size + 1 };
    uint8_t *bytes = calloc(1, size + 1);
    assert_non_null(bytes);
    memcpy(bytes, packed.weights->mapping, size);
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(sizes); i++) {
        struct fovea_weights *weights = NULL;
        struct fovea_error error;
        int fd = file_of(bytes, sizes[i]);
        assert_fails(fovea_packed_map(&config, FOVEA_PRECISION_F32, fd, true,
                             &weights, &error),
                &error, FOVEA_ERR_MODEL_WEIGHTS, "bytes");
        (void)close(fd);
    }
    free(bytes);
    drop(&packed);
}

static void
what_is_no_file_is_refused(void **state)
{
    (void)state;
    struct fovea_weights *weights = NULL;
    struct fovea_error error;
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    assert_int_equal(fovea_packed_map(&config, FOVEA_PRECISION_F32, ends[0],
                             true, &weights, &error),
            FOVEA_ERR_MODEL_WEIGHTS);
    assert_int_equal(fovea_packed_map(&config, FOVEA_PRECISION_F32, -1, true,
                             &weights, &error),
            FOVEA_ERR_IO);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

static void
a_checkpoint_that_lacks_a_tensor_leaves_nothing(void **state)
{
    (void)state;
    struct fovea_checkpoint *small = NULL;
    struct fovea_weights *weights = NULL;
    struct fovea_error error;
    struct fovea_tower deeper = config;
    int fd = -1;
    deeper.n_layers = 4;
    assert_ok(fovea_checkpoint_create_random(&config, 5, &small, &error),
            &error);
    assert_int_equal(fovea_packed_create(&deeper, small, FOVEA_PRECISION_F32,
                             &weights, &fd, &error),
            FOVEA_ERR_MODEL_WEIGHTS);
    assert_null(weights);
    assert_int_equal(fd, -1);
    fovea_checkpoint_close(small);
}

static void
the_engine_is_one_word(void **state)
{
    (void)state;
    char word[FOVEA_PACKED_ENGINE_SIZE];
    char again[FOVEA_PACKED_ENGINE_SIZE];
    fovea_packed_engine(word);
    fovea_packed_engine(again);
    assert_string_equal(word, again);
    assert_non_null(strstr(word, "onednn"));
    assert_int_equal(strcspn(word, " \t\r\n/"), strlen(word));
}

/* Every bit of every place counts, and so does the place. */
static void
the_checksum_sees_every_bit(void **state)
{
    (void)state;
    uint8_t bytes[600];
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (uint8_t)(i * 37 + i / 256);
    }
    uint64_t sum = fovea_checksum(bytes, sizeof bytes);
    assert_true(fovea_checksum(bytes, sizeof bytes - 1) != sum);
    for (size_t bit = 0; bit < 8 * sizeof bytes; bit++) {
        bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
        assert_true(fovea_checksum(bytes, sizeof bytes) != sum);
        bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
    /* two high bits of one lane, which a mere product would let cancel */
    bytes[7] ^= 0x80;
    bytes[256 + 7] ^= 0x80;
    assert_true(fovea_checksum(bytes, sizeof bytes) != sum);
    bytes[7] ^= 0x80;
    bytes[256 + 7] ^= 0x80;
    uint8_t first = bytes[0];
    bytes[0] = bytes[256];
    bytes[256] = first;
    assert_true(fovea_checksum(bytes, sizeof bytes) != sum);
    uint8_t zeros[512] = { 0 };
    assert_true(fovea_checksum(zeros, 256) != fovea_checksum(zeros, 512));
}

/* Tokens are rounded where matrices are, and are stored as narrow. */
static void
tokens_are_kept_as_narrow_as_they_are_precise(void **state)
{
    (void)state;
    const size_t n = (size_t)words.vocabulary * words.width;
    struct packed full = make(&words, FOVEA_PRECISION_F32);
    struct packed narrow = make(&words, FOVEA_PRECISION_BF16_WEIGHTS);
    const float *values =
            fovea_weights_at(full.weights, FOVEA_ROLE_TOKEN, 0, 0)->weight;
    const uint16_t *halves =
            fovea_weights_at(narrow.weights, FOVEA_ROLE_TOKEN, 0, 0)->weight;
    FOVEA_AUTO_FREE float *stored = calloc(n, sizeof *stored);
    assert_non_null(stored);
    struct fovea_error error;
    const struct fovea_tensor *tensor = fovea_checkpoint_find(full.checkpoint,
            "text_model.embeddings.token_embedding.weight");
    assert_non_null(tensor);
    assert_ok(fovea_checkpoint_read(full.checkpoint, tensor, stored, &error),
            &error);
    assert_memory_equal(values, stored, n * sizeof *stored);
    fovea_kernel_round_bf16(stored, n);
    for (size_t i = 0; i < n; i++) {
        uint32_t bits = (uint32_t)halves[i] << 16;
        assert_memory_equal(&bits, &stored[i], sizeof bits);
    }
    assert_true(full.weights->block_size - narrow.weights->block_size <=
            2 * n + FOVEA_OPERAND_ALIGNMENT);
    assert_true(full.weights->block_size - narrow.weights->block_size + 64 >=
            2 * n);
    drop(&full);
    drop(&narrow);
}

/* What a text tower computes is not said by its pieces alone. */
static void
a_tower_that_sees_what_follows_is_another(void **state)
{
    (void)state;
    struct packed packed = make(&words, FOVEA_PRECISION_F32);
    struct fovea_tower other = words;
    struct fovea_weights *mapped = NULL;
    struct fovea_error error;
    other.is_causal = false;
    assert_fails(fovea_packed_map(&other, FOVEA_PRECISION_F32, packed.fd, false,
                         &mapped, &error),
            &error, FOVEA_ERR_MODEL_WEIGHTS, "of another model");
    drop(&packed);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_mapped_is_what_was_packed),
        cmocka_unit_test(the_memory_is_sealed),
        cmocka_unit_test(a_sibling_must_be_sealed),
        cmocka_unit_test(every_flipped_byte_of_the_header_is_refused),
        cmocka_unit_test(a_flipped_byte_of_the_block_is_refused),
        cmocka_unit_test(damaged_and_foreign_int8_is_refused),
        cmocka_unit_test(another_tower_or_precision_is_refused),
        cmocka_unit_test(a_file_of_another_size_is_refused),
        cmocka_unit_test(what_is_no_file_is_refused),
        cmocka_unit_test(a_checkpoint_that_lacks_a_tensor_leaves_nothing),
        cmocka_unit_test(the_engine_is_one_word),
        cmocka_unit_test(the_checksum_sees_every_bit),
        cmocka_unit_test(tokens_are_kept_as_narrow_as_they_are_precise),
        cmocka_unit_test(a_tower_that_sees_what_follows_is_another),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
