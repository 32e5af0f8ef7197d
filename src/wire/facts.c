/* See facts.h. */
#include "wire/facts.h"

void
fovea_facts_write(const struct fovea_facts *facts, struct fovea_writer *writer)
{
    fovea_write_u32(writer, facts->width_px);
    fovea_write_u32(writer, facts->height_px);
    fovea_write_u32(writer, (uint32_t)facts->format);
    fovea_write_u8(writer, facts->has_taken);
    fovea_write_u64(writer, (uint64_t)facts->taken_s);
}

/* All of it, or nothing. */
static bool
make_sense(const struct fovea_facts *facts)
{
    bool has_sides = facts->width_px > 0 && facts->height_px > 0;
    if (!has_sides) {
        return facts->width_px == 0 && facts->height_px == 0 &&
                facts->format == 0 && !facts->has_taken && facts->taken_s == 0;
    }
    return facts->format < FOVEA_N_FORMATS &&
            (facts->has_taken ? facts->taken_s >= FOVEA_MIN_TAKEN_S &&
                                    facts->taken_s <= FOVEA_MAX_TAKEN_S
                              : facts->taken_s == 0);
}

void
fovea_facts_read(struct fovea_reader *reader, struct fovea_facts *facts_out)
{
    facts_out->width_px = fovea_read_u32(reader);
    facts_out->height_px = fovea_read_u32(reader);
    facts_out->format = (enum fovea_format)fovea_read_u32(reader);
    uint8_t has_taken = fovea_read_u8(reader);
    facts_out->has_taken = has_taken == 1;
    facts_out->taken_s = (int64_t)fovea_read_u64(reader);
    reader->bad = reader->bad || has_taken > 1 || !make_sense(facts_out);
}
