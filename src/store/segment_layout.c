/* See segment_layout.h. */
#include "store/segment_layout.h"

#include <string.h>

#include "base/checksum.h"
#include "base/error.h"
#include "base/size.h"

enum {
    RECORD_MULTIPLE = 64
};

static const char magic[8] = "fovea\nvs";

static uint64_t
header_checksum(const struct fovea_segment_header *header)
{
    return fovea_checksum(header,
            offsetof(struct fovea_segment_header, checksum));
}

bool
fovea_segment_spec_is_good(const struct fovea_segment_spec *spec)
{
    return spec->dimension >= 1 &&
            spec->dimension <= FOVEA_SEGMENT_MAX_DIMENSION &&
            spec->capacity >= 1 && spec->capacity <= FOVEA_SEGMENT_MAX_ROWS &&
            (spec->store == FOVEA_STORE_F32 || spec->store == FOVEA_STORE_F16);
}

void
fovea_segment_header_make(const struct fovea_segment_spec *spec,
        struct fovea_segment_header *header_out)
{
    struct fovea_segment_header header = {
        .version = FOVEA_SEGMENT_VERSION,
        .store = (uint32_t)spec->store,
        .dimension = spec->dimension,
        .capacity = spec->capacity,
        .block_rows = FOVEA_SEGMENT_BLOCK_ROWS,
        .number = spec->number,
    };
    memcpy(header.magic, magic, sizeof magic);
    memcpy(header.set_id, spec->set_id, sizeof header.set_id);
    header.checksum = header_checksum(&header);
    *header_out = header;
}

enum fovea_status
fovea_segment_header_check(const struct fovea_segment_header *header,
        struct fovea_segment_spec *spec_out, struct fovea_error *err)
{
    if (memcmp(header->magic, magic, sizeof magic) != 0) {
        return fovea_fail(err, FOVEA_ERR_INDEX_DAMAGED,
                "not a file of fovea's vectors");
    }
    if (header->version > FOVEA_SEGMENT_VERSION) {
        return fovea_fail(err, FOVEA_ERR_INDEX_NEWER,
                "vectors of format %u, and this fovea reads up to %d",
                header->version, FOVEA_SEGMENT_VERSION);
    }
    struct fovea_segment_spec spec = {
        .number = header->number,
        .dimension = header->dimension,
        .capacity = header->capacity,
        .store = (enum fovea_store)header->store,
    };
    memcpy(spec.set_id, header->set_id, sizeof spec.set_id);
    if (header->version != FOVEA_SEGMENT_VERSION ||
            header->checksum != header_checksum(header) ||
            !fovea_segment_spec_is_good(&spec) ||
            header->block_rows != FOVEA_SEGMENT_BLOCK_ROWS) {
        return fovea_fail(err, FOVEA_ERR_INDEX_DAMAGED,
                "the header of the file is damaged");
    }
    *spec_out = spec;
    return FOVEA_OK;
}

void
fovea_segment_layout_init(const struct fovea_segment_header *header,
        struct fovea_segment_layout *layout_out)
{
    size_t dimension = header->dimension;
    size_t value_size = header->store == FOVEA_STORE_F16 ? 2 : 4;
    size_t code_size = fovea_codes_size(dimension);
    size_t record_size = fovea_round_up(dimension * value_size +
                    sizeof(struct fovea_segment_checks),
            RECORD_MULTIPLE);
    *layout_out = (struct fovea_segment_layout){
        .dimension = dimension,
        .value_size = value_size,
        .code_size = code_size,
        .record_size = record_size,
        .seed = header->checksum,
    };
}

struct fovea_segment_block
fovea_segment_block(const struct fovea_segment_layout *layout, uint64_t row)
{
    struct fovea_segment_block block = { .n_rows = FOVEA_SEGMENT_BLOCK_ROWS };
    while (row >= block.first + block.n_rows) {
        block.first += block.n_rows;
        block.n_rows = block.first;
    }
    block.at = FOVEA_SEGMENT_PAGE +
            block.first *
                    (layout->code_size + sizeof(struct fovea_codes_mark) +
                            layout->record_size);
    return block;
}

uint64_t
fovea_segment_codes_at(const struct fovea_segment_layout *layout, uint64_t row)
{
    struct fovea_segment_block block = fovea_segment_block(layout, row);
    return block.at + (row - block.first) * layout->code_size;
}

uint64_t
fovea_segment_mark_at(const struct fovea_segment_layout *layout, uint64_t row)
{
    struct fovea_segment_block block = fovea_segment_block(layout, row);
    return block.at + block.n_rows * layout->code_size +
            (row - block.first) * sizeof(struct fovea_codes_mark);
}

uint64_t
fovea_segment_record_at(const struct fovea_segment_layout *layout, uint64_t row)
{
    struct fovea_segment_block block = fovea_segment_block(layout, row);
    return block.at +
            block.n_rows *
            (layout->code_size + sizeof(struct fovea_codes_mark)) +
            (row - block.first) * layout->record_size;
}

size_t
fovea_segment_rows_together(const struct fovea_segment_layout *layout,
        uint64_t row, uint64_t n)
{
    struct fovea_segment_block block = fovea_segment_block(layout, row);
    uint64_t left = block.first + block.n_rows - row;
    return (size_t)(left < n ? left : n);
}
