/* What a worker says of an image beside its row. */
#ifndef FOVEA_WIRE_FACTS_H
#define FOVEA_WIRE_FACTS_H

#include "base/format.h"
#include "wire/bytes.h"

/* Of 1 to 9999, and seconds: what a date of EXIF can be. */
#define FOVEA_MIN_TAKEN_S INT64_C(-62135596800)
#define FOVEA_MAX_TAKEN_S INT64_C(253402300799)

struct fovea_facts {
    uint32_t width_px; /* upright; 0: nothing is known, and all else is 0 */
    uint32_t height_px;
    enum fovea_format format;
    bool has_taken;
    int64_t taken_s; /* seconds since 1970, of a clock without a time zone */
};

void fovea_facts_write(const struct fovea_facts *facts,
        struct fovea_writer *writer);

/** What cannot be makes the reader bad. */
void fovea_facts_read(struct fovea_reader *reader,
        struct fovea_facts *facts_out);

#endif
