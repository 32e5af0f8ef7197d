/*
 * The heaps of a CRW, Canon's raw photographs before CR2: see raw.h. Source:
 * the CIFF specification 1.0 revision 4, and ExifTool for the tags.
 *
 * A heap is some data and, in its last four bytes, where its directory is.
 * Heaps may be in heaps; each is entered once, and their number is bounded.
 */
#include "image/byte_order.h"
#include "image/codec/raw.h"

enum {
    HEAD_SIZE_AT = 2, /* of the file, in its head: where the heap begins */
    ENTRY_SIZE = 10,
    PLACE_MASK = 0xc000, /* of a tag: not 0, where the data are in the entry */
    TYPE_MASK = 0x3800,
    TYPE_HEAP = 0x2800,
    TYPE_OTHER_HEAP = 0x3000,
    TAG_PREVIEW = 0x2007,
    TAG_THUMBNAIL = 0x2008,
    TAG_PICTURE = 0x1810 /* width, height, shape of a pixel, rotation */
};

struct heap {
    uint64_t at;
    uint64_t size;
};

struct walk {
    struct fovea_raw *raw;
    bool big_endian;
    struct heap queue[FOVEA_RAW_MAX_DIRECTORIES];
    size_t n_queued;
    size_t n_done;
};

static uint64_t
number(const struct walk *walk, const uint8_t *bytes, size_t size)
{
    return walk->big_endian ? fovea_big_endian(bytes, size)
                            : fovea_little_endian(bytes, size);
}

static void
enqueue(struct walk *walk, uint64_t at, uint64_t size)
{
    if (size < 4 || at + size > walk->raw->input->size ||
            walk->n_queued == FOVEA_RAW_MAX_DIRECTORIES) {
        return;
    }
    for (size_t i = 0; i < walk->n_queued; i++) {
        if (walk->queue[i].at == at) {
            return;
        }
    }
    walk->queue[walk->n_queued++] = (struct heap){ at, size };
}

static unsigned
orientation_of(uint64_t degrees)
{
    switch (degrees) {
    case 90:
        return 6;
    case 180:
        return 3;
    case 270:
        return 8;
    default:
        return 1;
    }
}

static enum fovea_status
take_picture(const struct walk *walk, uint64_t at, struct fovea_error *err)
{
    uint8_t bytes[16];
    size_t n = 0;
    enum fovea_status status = fovea_input_read(walk->raw->input, at, bytes,
            sizeof bytes, &n, err);
    if (!status && n == sizeof bytes) {
        fovea_raw_set_sensor(walk->raw, number(walk, bytes, 4),
                number(walk, bytes + 4, 4));
        walk->raw->orientation = orientation_of(number(walk, bytes + 12, 4));
    }
    return status;
}

static enum fovea_status
take_entry(struct walk *walk, const struct heap *heap, const uint8_t *entry,
        struct fovea_error *err)
{
    uint64_t tag = number(walk, entry, 2);
    uint64_t size = number(walk, entry + 2, 4);
    uint64_t at = heap->at + number(walk, entry + 6, 4);
    if (tag & PLACE_MASK) {
        return FOVEA_OK;
    }
    if ((tag & TYPE_MASK) == TYPE_HEAP ||
            (tag & TYPE_MASK) == TYPE_OTHER_HEAP) {
        enqueue(walk, at, size);
        return FOVEA_OK;
    }
    switch (tag) {
    case TAG_PREVIEW:
    case TAG_THUMBNAIL:
        return fovea_raw_offer(walk->raw, at, size, err);
    case TAG_PICTURE:
        return take_picture(walk, at, err);
    default:
        return FOVEA_OK;
    }
}

static enum fovea_status
read_heap(struct walk *walk, const struct heap *heap, struct fovea_error *err)
{
    const struct fovea_input *input = walk->raw->input;
    uint8_t bytes[ENTRY_SIZE];
    size_t n = 0;
    enum fovea_status status = fovea_input_read(input,
            heap->at + heap->size - 4, bytes, 4, &n, err);
    if (status || n < 4) {
        return status;
    }
    uint64_t at = heap->at + number(walk, bytes, 4);
    status = fovea_input_read(input, at, bytes, 2, &n, err);
    uint64_t n_entries = n == 2 ? number(walk, bytes, 2) : 0;
    at += 2;
    if (n_entries > FOVEA_RAW_MAX_ENTRIES) {
        return status;
    }
    for (uint64_t i = 0; !status && i < n_entries; i++, at += ENTRY_SIZE) {
        status = fovea_input_read(input, at, bytes, sizeof bytes, &n, err);
        if (status || n < sizeof bytes) {
            break;
        }
        status = take_entry(walk, heap, bytes, err);
    }
    return status;
}

enum fovea_status
fovea_raw_walk_heaps(struct fovea_raw *raw, struct fovea_error *err)
{
    uint8_t head[6];
    size_t n = 0;
    enum fovea_status status =
            fovea_input_read(raw->input, 0, head, sizeof head, &n, err);
    if (status || n < sizeof head) {
        return status;
    }
    struct walk walk = { .raw = raw, .big_endian = head[0] == 'M' };
    uint64_t at = number(&walk, head + HEAD_SIZE_AT, 4);
    if (at < raw->input->size) {
        enqueue(&walk, at, raw->input->size - at);
    }
    while (!status && walk.n_done < walk.n_queued) {
        struct heap heap = walk.queue[walk.n_done++];
        status = read_heap(&walk, &heap, err);
    }
    return status;
}
