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

static uint32_t
rows_of_block(uint32_t dimension)
{
    size_t rows = FOVEA_SEGMENT_BLOCK_BYTES / fovea_codes_size(dimension) /
            FOVEA_SEGMENT_MIN_BLOCK_ROWS * FOVEA_SEGMENT_MIN_BLOCK_ROWS;
    return (uint32_t)(rows > FOVEA_SEGMENT_MAX_BLOCK_ROWS
                    ? FOVEA_SEGMENT_MAX_BLOCK_ROWS
                    : rows);
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
        .block_rows = rows_of_block(spec->dimension),
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
            header->block_rows != rows_of_block(spec.dimension)) {
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
    uint64_t rows = header->block_rows;
    uint64_t marks_at = rows * code_size;
    uint64_t records_at = fovea_round_up(
            marks_at + rows * sizeof(struct fovea_codes_mark), RECORD_MULTIPLE);
    *layout_out = (struct fovea_segment_layout){
        .dimension = dimension,
        .value_size = value_size,
        .code_size = code_size,
        .record_size = record_size,
        .block_rows = rows,
        .marks_at = marks_at,
        .records_at = records_at,
        .block_size = fovea_round_up(records_at + rows * record_size,
                FOVEA_SEGMENT_PAGE),
        .seed = header->checksum,
    };
}
