/*
 * See packed.h. Whoever maps a block builds the header that it would write
 * itself and compares the whole page, so that no field can be forgotten.
 *
 * The header stands in the machine's own byte order: the block does too, and
 * both are for one kind of machine.
 */
#include "engine/cpu/packed.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/checksum.h"
#include "base/error.h"
#include "engine/cpu/fill.h"
#include "engine/cpu/machine.h"
#include "sys/file_limit.h"
#include "sys/input.h"
#include "sys/memfd.h"
#include "sys/pages.h"

enum {
    VERSION = 5, /* of the header and of the block's order */
};

/* In a page that was zeroed: what of it is padding is 0. */
struct fields {
    char magic[16];
    uint64_t checksum; /* of the page, this field 0 */
    uint64_t block_checksum;
    uint64_t block_size;
    uint64_t layouts[FOVEA_N_ELEMENTS][FOVEA_N_MATRICES]; /* fingerprints */
    uint64_t tower; /* a hash of its pieces and numbers */
    struct fovea_forms forms;
    uint32_t precision;
    char engine[FOVEA_PACKED_ENGINE_SIZE];
};

union header {
    struct fields fields;
    uint8_t page[FOVEA_PACKED_HEADER_SIZE];
};

static const char magic[sizeof((struct fields *)0)->magic] = "fovea packed\r\n";

void
fovea_packed_engine(char word_out[FOVEA_PACKED_ENGINE_SIZE])
{
    char library[FOVEA_PACKED_ENGINE_SIZE - 16];
    fovea_machine_word(library, sizeof library);
    (void)snprintf(word_out, FOVEA_PACKED_ENGINE_SIZE, "v%d-%s", VERSION,
            library);
}

static uint64_t
page_checksum(const union header *header)
{
    union header copy = *header;
    copy.fields.checksum = 0;
    return fovea_checksum(copy.page, sizeof copy.page);
}

/* Of what is packed, in its order, and of what else decides what is made of
   it. */
static uint64_t
hash_tower(const struct fovea_tower *tower, uint32_t mlp_parts)
{
    uint32_t eps_bits;
    memcpy(&eps_bits, &tower->eps, sizeof eps_bits);
    const uint64_t numbers[] = { tower->n_heads, tower->side_px,
        tower->patch_px, (uint64_t)tower->activation, eps_bits };
    uint64_t hash = fovea_checksum(numbers, sizeof numbers);
    if (tower->modality == FOVEA_MODALITY_TEXT) {
        const uint64_t words[] = { hash, tower->vocabulary, tower->context,
            tower->is_causal };
        hash = fovea_checksum(words, sizeof words);
    }
    /* What towers that were there before have none of. */
    const uint64_t facts[] = { tower->n_registers, tower->has_patch_bias,
        tower->has_layer_scale, (uint64_t)tower->pooling, tower->position_px,
        tower->antialiases_positions };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(facts); i++) {
        const uint64_t words[] = { hash, i, facts[i] };
        hash = facts[i] ? fovea_checksum(words, sizeof words) : hash;
    }
    struct fovea_piece piece;
    for (size_t i = 0; fovea_tower_piece(tower, mlp_parts, i, &piece); i++) {
        const uint64_t words[] = { hash, (uint64_t)piece.role, piece.is_bias,
            piece.layer, piece.part, piece.n_parts, piece.k, piece.n };
        hash = fovea_checksum(words, sizeof words);
    }
    return hash;
}

/* The header that belongs to these weights. */
static void
describe(const struct fovea_weights *weights, uint64_t block_checksum,
        union header *header_out)
{
    union header header;
    memset(&header, 0, sizeof header);
    struct fields *fields = &header.fields;
    memcpy(fields->magic, magic, sizeof magic);
    fields->block_checksum = block_checksum;
    fields->block_size = weights->block_size;
    for (size_t i = 0; i < FOVEA_N_ELEMENTS; i++) {
        for (size_t k = 0; k < FOVEA_N_MATRICES; k++) {
            const struct fovea_packing *packing = weights->packings[i][k];
            fields->layouts[i][k] =
                    packing ? fovea_packing_fingerprint(packing) : 0;
        }
    }
    fields->tower = hash_tower(&weights->tower, weights->forms.mlp_parts);
    fields->forms = weights->forms;
    fields->precision = (uint32_t)weights->precision;
    fovea_packed_engine(fields->engine);
    fields->checksum = page_checksum(&header);
    *header_out = header;
}

/* Map header and block, and tell the weights where they are. Populated, which
   is cheaper than a fault for every few pages (12 ms for 176 MB where faults
   take 16, 1 ms on huge pages), and not the first image's time. */
static enum fovea_status
map(struct fovea_weights *weights, int fd, bool is_writable,
        struct fovea_error *err)
{
    size_t size = FOVEA_PACKED_HEADER_SIZE + weights->block_size;
    uint8_t *mapping = fovea_pages_map_file(fd, size, is_writable);
    if (!mapping) {
        return fovea_fail_errno(err, FOVEA_ERR_NO_MEMORY, errno,
                "cannot map %zu bytes of packed weights", size);
    }
    weights->mapping = mapping;
    weights->mapping_size = size;
    fovea_weights_place(weights, mapping + FOVEA_PACKED_HEADER_SIZE);
    return FOVEA_OK;
}

static void
unmap(struct fovea_weights *weights)
{
    if (weights->mapping) {
        fovea_pages_unmap(weights->mapping, weights->mapping_size);
        weights->mapping = NULL;
    }
}

/* Making. */

/* All of the memory is taken now: writing to a mapping cannot be refused
   later, only punished. */
static enum fovea_status
reserve(int fd, size_t size, struct fovea_error *err)
{
    int failed;
    do {
        failed = fallocate(fd, 0, 0, (off_t)size);
    } while (failed && errno == EINTR);
    if (failed) {
        int error = errno;
        return fovea_fail_errno(err, FOVEA_ERR_NO_MEMORY, error,
                "cannot allocate %zu bytes for packed weights%s", size,
                fovea_file_limit_hint(error));
    }
    return FOVEA_OK;
}

/* A mapping that can be written keeps the memory from being sealed. */
static enum fovea_status
write_all(struct fovea_weights *weights,
        const struct fovea_checkpoint *checkpoint, int fd,
        struct fovea_error *err)
{
    enum fovea_status status = map(weights, fd, true, err);
    if (!status) {
        status = fovea_weights_fill(weights, checkpoint, err);
    }
    if (!status) {
        union header header;
        describe(weights, fovea_checksum(weights->block, weights->block_size),
                &header);
        memcpy(weights->mapping, header.page, sizeof header.page);
    }
    unmap(weights);
    return status;
}

static enum fovea_status
create(struct fovea_weights *weights, const struct fovea_checkpoint *checkpoint,
        int fd, struct fovea_error *err)
{
    enum fovea_status status =
            reserve(fd, FOVEA_PACKED_HEADER_SIZE + weights->block_size, err);
    if (!status) {
        status = write_all(weights, checkpoint, fd, err);
    }
    if (!status) {
        status = fovea_memfd_seal(fd, err);
    }
    return status ? status : map(weights, fd, false, err);
}

enum fovea_status
fovea_packed_create(const struct fovea_tower *tower,
        const struct fovea_checkpoint *checkpoint,
        enum fovea_precision precision, struct fovea_weights **weights_out,
        int *fd_out, struct fovea_error *err)
{
    struct fovea_weights *weights = NULL;
    struct fovea_forms forms;
    FOVEA_AUTO_FD int fd = -1;
    enum fovea_status status = fovea_forms_find(tower, precision, &forms, err);
    if (!status) {
        status = fovea_weights_create(tower, precision, &forms, &weights, err);
    }
    if (!status) {
        status = fovea_memfd_create("fovea packed weights", &fd, err);
    }
    if (!status) {
        status = create(weights, checkpoint, fd, err);
    }
    if (status) {
        fovea_weights_destroy(weights);
        return status;
    }
    *weights_out = weights;
    *fd_out = fd;
    fd = -1;
    return FOVEA_OK;
}

/* Mapping what is there. */

static enum fovea_status
check_whole(const union header *header, struct fovea_error *err)
{
    if (memcmp(header->fields.magic, magic, sizeof magic) != 0 ||
            header->fields.checksum != page_checksum(header)) {
        return fovea_fail(err, FOVEA_ERR_MODEL_WEIGHTS,
                "the packed weights are damaged: their header is not whole");
    }
    return FOVEA_OK;
}

static enum fovea_status
fail_foreign(struct fovea_error *err)
{
    return fovea_fail(err, FOVEA_ERR_MODEL_WEIGHTS,
            "the packed weights are of another model, version or CPU");
}

/* Weights as the header's forms make them, if this machine would write the
   same header over them. */
static enum fovea_status
create_like(const struct fovea_tower *tower, enum fovea_precision precision,
        const union header *header, struct fovea_weights **weights_out,
        struct fovea_error *err)
{
    const struct fovea_forms *forms = &header->fields.forms;
    char engine[FOVEA_PACKED_ENGINE_SIZE] = { 0 };
    fovea_packed_engine(engine);
    if (memcmp(engine, header->fields.engine, sizeof engine) != 0 ||
            !fovea_forms_fit(forms, tower)) {
        return fail_foreign(err);
    }
    struct fovea_weights *weights = NULL;
    enum fovea_status status =
            fovea_weights_create(tower, precision, forms, &weights, err);
    if (status) {
        return status == FOVEA_ERR_INTERNAL ? fail_foreign(err) : status;
    }
    union header wanted;
    describe(weights, header->fields.block_checksum, &wanted);
    if (memcmp(header->page, wanted.page, sizeof wanted.page) != 0) {
        fovea_weights_destroy(weights);
        return fail_foreign(err);
    }
    *weights_out = weights;
    return FOVEA_OK;
}

/* At least a header; with the weights at hand, exactly theirs. */
static enum fovea_status
check_size(const struct fovea_weights *weights, int fd, struct fovea_error *err)
{
    struct stat facts;
    if (fstat(fd, &facts)) {
        return fovea_fail_errno(err, FOVEA_ERR_IO, errno,
                "cannot look at the packed weights");
    }
    uint64_t size = S_ISREG(facts.st_mode) ? (uint64_t)facts.st_size : 0;
    uint64_t wanted = FOVEA_PACKED_HEADER_SIZE +
            (weights ? (uint64_t)weights->block_size : 0);
    if (weights ? size != wanted : size < wanted) {
        return fovea_fail(err, FOVEA_ERR_MODEL_WEIGHTS,
                "the packed weights have %ju bytes, not %ju", (uintmax_t)size,
                (uintmax_t)wanted);
    }
    return FOVEA_OK;
}

static enum fovea_status
read_header(int fd, union header *header_out, struct fovea_error *err)
{
    struct fovea_input input = FOVEA_INPUT_INIT;
    input.fd = fd;
    input.size = sizeof header_out->page;
    size_t n = 0;
    memset(header_out, 0, sizeof *header_out);
    return fovea_input_read(&input, 0, header_out->page,
            sizeof header_out->page, &n, err);
}

/* A sibling's memory was made by this very program and cannot change; a file
   was written at another time, on a disk. */
static enum fovea_status
check_block(const struct fovea_weights *weights, const union header *header,
        struct fovea_error *err)
{
    uint64_t checksum = fovea_checksum(weights->block, weights->block_size);
    if (checksum != header->fields.block_checksum) {
        return fovea_fail(err, FOVEA_ERR_MODEL_WEIGHTS,
                "the packed weights are damaged: their checksum is wrong");
    }
    return FOVEA_OK;
}

static enum fovea_status
map_checked(struct fovea_weights *weights, const union header *header, int fd,
        bool is_foreign, struct fovea_error *err)
{
    enum fovea_status status = check_size(weights, fd, err);
    if (!status) {
        status = map(weights, fd, false, err);
    }
    if (!status && is_foreign) {
        status = check_block(weights, header, err);
    }
    return status;
}

enum fovea_status
fovea_packed_map(const struct fovea_tower *tower,
        enum fovea_precision precision, int fd, bool is_foreign,
        struct fovea_weights **weights_out, struct fovea_error *err)
{
    if (!is_foreign && !fovea_memfd_is_sealed(fd)) {
        return fovea_fail(err, FOVEA_ERR_MODEL_WEIGHTS,
                "the packed weights are not sealed memory");
    }
    struct fovea_weights *weights = NULL;
    union header header;
    enum fovea_status status = check_size(NULL, fd, err);
    if (!status) {
        status = read_header(fd, &header, err);
    }
    if (!status) {
        status = check_whole(&header, err);
    }
    if (!status) {
        status = create_like(tower, precision, &header, &weights, err);
    }
    if (!status) {
        status = map_checked(weights, &header, fd, is_foreign, err);
    }
    if (status) {
        fovea_weights_destroy(weights);
        return status;
    }
    *weights_out = weights;
    return FOVEA_OK;
}
