/*
 * The directories of a raw photograph: see raw.h. Sources: TIFF 6.0, TIFF/EP
 * (ISO 12234-2) and DNG 1.6 for the tags; for the maker's note of Olympus
 * ExifTool's tables, as its previews are nowhere else.
 *
 * Nothing here follows a file wherever it leads: directories stand in a queue,
 * each once, and their number, their entries and their children are bounded.
 */
#include <string.h>
#include <strings.h>

#include "base/macros.h"
#include "image/byte_order.h"
#include "image/codec/raw.h"

enum {
    TAG_RW2_WIDTH = 2,
    TAG_RW2_HEIGHT = 3,
    TAG_RW2_PREVIEW = 46,
    TAG_WIDTH = 256,
    TAG_HEIGHT = 257,
    TAG_COMPRESSION = 259,
    TAG_PHOTOMETRIC = 262,
    TAG_MAKE = 271,
    TAG_STRIP_OFFSETS = 273,
    TAG_ORIENTATION = 274,
    TAG_STRIP_SIZES = 279,
    TAG_CHILDREN = 330,
    TAG_JPEG_AT = 513,
    TAG_JPEG_SIZE = 514,
    TAG_EXIF = 34665,
    TAG_MAKER_NOTE = 37500,
    TAG_DNG_VERSION = 50706,
    /* In Olympus's note, and in the directory that the first leads to. */
    TAG_OLYMPUS_SETTINGS = 0x2020,
    TAG_OLYMPUS_PREVIEW_AT = 0x101,
    TAG_OLYMPUS_PREVIEW_SIZE = 0x102,

    PHOTOMETRIC_FILTERED = 32803, /* a colour filter array */
    PHOTOMETRIC_LINEAR = 34892,
    COMPRESSION_OLD_JPEG = 6,
    COMPRESSION_JPEG = 7,

    BIG_TIFF = 43,
    ENTRY_SIZE = 12,
    HEAD_SIZE = 8
};

enum place {
    PLACE_FIRST,
    PLACE_NEXT, /* behind it, and so on */
    PLACE_CHILD,
    PLACE_EXIF,
    PLACE_OLYMPUS,
    PLACE_OLYMPUS_SETTINGS,
};

struct directory {
    enum place place;
    uint64_t base; /* what its offsets count from */
    uint64_t at;   /* in the input */
};

struct walk {
    struct fovea_raw *raw;
    bool big_endian;
    struct directory queue[FOVEA_RAW_MAX_DIRECTORIES];
    size_t n_queued;
    size_t n_done;
};

/* What counts of a directory. */
struct facts {
    uint64_t width_px;
    uint64_t height_px;
    uint64_t compression;
    uint64_t photometric;
    uint64_t orientation;
    uint64_t strip_at;
    uint64_t strip_size;
    uint64_t jpeg_at;
    uint64_t jpeg_size;
    bool is_dng;
    bool several_strips;
    char make[12];
};

struct entry {
    uint32_t tag;
    uint32_t type;
    uint64_t count;
    uint64_t at; /* in the input: of the values */
};

static uint64_t
number(const struct walk *walk, const uint8_t *bytes, size_t size)
{
    return walk->big_endian ? fovea_big_endian(bytes, size)
                            : fovea_little_endian(bytes, size);
}

/* Of the types that matter here; others have no numbers for us. */
static size_t
size_of_type(uint32_t type)
{
    switch (type) {
    case 3:
        return 2;
    case 4:
    case 13: /* a directory */
        return 4;
    default:
        return 1; /* bytes and text */
    }
}

/* The i-th value, 0 if there is none. */
static enum fovea_status
read_value(const struct walk *walk, const struct entry *entry, uint64_t i,
        uint64_t *value_out, struct fovea_error *err)
{
    uint8_t bytes[4];
    size_t size = size_of_type(entry->type);
    size_t n = 0;
    *value_out = 0;
    if (i >= entry->count || size == 1) {
        return FOVEA_OK;
    }
    enum fovea_status status = fovea_input_read(walk->raw->input,
            entry->at + i * size, bytes, size, &n, err);
    if (!status && n == size) {
        *value_out = number(walk, bytes, size);
    }
    return status;
}

/* Each directory once: a loop ends here. */
static void
enqueue(struct walk *walk, enum place place, uint64_t base, uint64_t at)
{
    if (at == base || walk->n_queued == FOVEA_RAW_MAX_DIRECTORIES) {
        return;
    }
    for (size_t i = 0; i < walk->n_queued; i++) {
        if (walk->queue[i].at == at) {
            return;
        }
    }
    walk->queue[walk->n_queued++] = (struct directory){ place, base, at };
}

static enum fovea_status
enqueue_children(struct walk *walk, const struct directory *directory,
        const struct entry *entry, struct fovea_error *err)
{
    enum fovea_status status = FOVEA_OK;
    for (uint64_t i = 0;
            !status && i < entry->count && i < FOVEA_RAW_MAX_CHILDREN; i++) {
        uint64_t at = 0;
        status = read_value(walk, entry, i, &at, err);
        enqueue(walk, PLACE_CHILD, directory->base, directory->base + at);
    }
    return status;
}

/* Newer notes count from their own beginning, older ones from the file's. */
static enum fovea_status
enqueue_note(struct walk *walk, const struct directory *directory,
        const struct entry *entry, struct fovea_error *err)
{
    static const struct {
        const char *magic;
        size_t size;
        uint32_t directory_at;
        bool own_base;
    } notes[] = {
        { "OM SYSTEM\0\0\0II", 14, 16, true },
        { "OLYMPUS\0II", 10, 12, true },
        { "OLYMP\0", 6, 8, false },
    };
    uint8_t head[16];
    size_t n = 0;
    enum fovea_status status = fovea_input_read(walk->raw->input, entry->at,
            head, sizeof head, &n, err);
    for (size_t i = 0; !status && i < FOVEA_ARRAY_LEN(notes); i++) {
        if (n >= notes[i].size &&
                memcmp(head, notes[i].magic, notes[i].size) == 0) {
            enqueue(walk, PLACE_OLYMPUS,
                    notes[i].own_base ? entry->at : directory->base,
                    entry->at + notes[i].directory_at);
            break;
        }
    }
    return status;
}

static enum fovea_status
read_make(const struct walk *walk, const struct entry *entry,
        struct facts *facts, struct fovea_error *err)
{
    size_t n = sizeof facts->make - 1;
    return fovea_input_read(walk->raw->input, entry->at, facts->make,
            entry->count < n ? (size_t)entry->count : n, &n, err);
}

static bool
is_picture(const struct directory *directory)
{
    return directory->place <= PLACE_CHILD;
}

/* Where the first value of an entry goes, if it is a fact. */
static uint64_t *
fact_of(const struct directory *directory, uint32_t tag, struct facts *facts)
{
    if (directory->place == PLACE_OLYMPUS_SETTINGS) {
        return tag == TAG_OLYMPUS_PREVIEW_AT      ? &facts->jpeg_at
                : tag == TAG_OLYMPUS_PREVIEW_SIZE ? &facts->jpeg_size
                                                  : NULL;
    }
    if (!is_picture(directory)) {
        return NULL;
    }
    switch (tag) {
    case TAG_WIDTH:
    case TAG_RW2_WIDTH:
        return &facts->width_px;
    case TAG_HEIGHT:
    case TAG_RW2_HEIGHT:
        return &facts->height_px;
    case TAG_COMPRESSION:
        return &facts->compression;
    case TAG_PHOTOMETRIC:
        return &facts->photometric;
    case TAG_STRIP_OFFSETS:
        return &facts->strip_at;
    case TAG_STRIP_SIZES:
        return &facts->strip_size;
    case TAG_ORIENTATION:
        return &facts->orientation;
    case TAG_JPEG_AT:
        return &facts->jpeg_at;
    case TAG_JPEG_SIZE:
        return &facts->jpeg_size;
    default:
        return NULL;
    }
}

static enum fovea_status
take_link(struct walk *walk, const struct directory *directory,
        const struct entry *entry, struct fovea_error *err)
{
    uint64_t at = 0;
    switch (entry->tag) {
    case TAG_CHILDREN:
        return is_picture(directory)
                ? enqueue_children(walk, directory, entry, err)
                : FOVEA_OK;
    case TAG_MAKER_NOTE:
        return directory->place == PLACE_EXIF
                ? enqueue_note(walk, directory, entry, err)
                : FOVEA_OK;
    default:
        break;
    }
    enum place place = PLACE_EXIF;
    if (entry->tag == TAG_OLYMPUS_SETTINGS &&
            directory->place == PLACE_OLYMPUS) {
        place = PLACE_OLYMPUS_SETTINGS;
    } else if (entry->tag != TAG_EXIF || directory->place != PLACE_FIRST) {
        return FOVEA_OK;
    }
    enum fovea_status status = read_value(walk, entry, 0, &at, err);
    if (!status) {
        enqueue(walk, place, directory->base, directory->base + at);
    }
    return status;
}

static enum fovea_status
take_entry(struct walk *walk, const struct directory *directory,
        const struct entry *entry, struct facts *facts, struct fovea_error *err)
{
    uint64_t *fact = fact_of(directory, entry->tag, facts);
    if (fact) {
        facts->several_strips |=
                entry->tag == TAG_STRIP_OFFSETS && entry->count != 1;
        return read_value(walk, entry, 0, fact, err);
    }
    switch (entry->tag) {
    case TAG_MAKE:
        return directory->place == PLACE_FIRST
                ? read_make(walk, entry, facts, err)
                : FOVEA_OK;
    case TAG_DNG_VERSION:
        facts->is_dng = true;
        return FOVEA_OK;
    case TAG_RW2_PREVIEW:
        return directory->place == PLACE_FIRST && walk->raw->name
                ? fovea_raw_offer(walk->raw, entry->at, entry->count, err)
                : FOVEA_OK;
    default:
        return take_link(walk, directory, entry, err);
    }
}

static const char *
name_of(const struct facts *facts)
{
    static const struct {
        const char *make;
        const char *name;
    } makes[] = {
        { "NIKON", "NEF" },
        { "SONY", "ARW" },
        { "PENTAX", "PEF" },
        { "RICOH", "PEF" },
        { "SAMSUNG", "SRW" },
        { "Hasselblad", "3FR" },
        { "Phase One", "IIQ" },
        { "Leaf", "MOS" },
        { "KODAK", "DCR" },
        { "EASTMAN", "DCR" },
        { "EPSON", "ERF" },
        { "MAMIYA", "MEF" },
    };
    if (facts->is_dng) {
        return "DNG";
    }
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(makes); i++) {
        if (strncasecmp(facts->make, makes[i].make, strlen(makes[i].make)) ==
                0) {
            return makes[i].name;
        }
    }
    return facts->make[0] ? "TIFF" : NULL;
}

/* Compressions that nobody but a camera writes: of Nikon, Sony, Pentax, Samsung
   and Kodak. */
static bool
is_of_sensor(const struct facts *facts)
{
    static const uint64_t compressions[] = { 34713, 32767, 65535, 32770,
        65000 };
    bool private = false;
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(compressions); i++) {
        private |= facts->compression == compressions[i];
    }
    return private || facts->photometric == PHOTOMETRIC_FILTERED ||
            facts->photometric == PHOTOMETRIC_LINEAR;
}

static enum fovea_status
take_directory(struct walk *walk, const struct directory *directory,
        const struct facts *facts, struct fovea_error *err)
{
    struct fovea_raw *raw = walk->raw;
    bool is_first = directory->place == PLACE_FIRST;
    if (is_first) {
        raw->has_sensor |= raw->name != NULL;
        raw->name = raw->name ? raw->name : name_of(facts);
        raw->orientation =
                facts->orientation <= 8 ? (unsigned)facts->orientation : 0;
    }
    if ((is_first && raw->first_is_sensor) ||
            (is_picture(directory) && is_of_sensor(facts))) {
        raw->has_sensor = true;
        fovea_raw_set_sensor(raw, facts->width_px, facts->height_px);
    }
    enum fovea_status status = FOVEA_OK;
    if (facts->jpeg_size > 0) {
        status = fovea_raw_offer(raw, directory->base + facts->jpeg_at,
                facts->jpeg_size, err);
    }
    if (!status && is_picture(directory) && !facts->several_strips &&
            (facts->compression == COMPRESSION_OLD_JPEG ||
                    facts->compression == COMPRESSION_JPEG)) {
        status = fovea_raw_offer(raw, directory->base + facts->strip_at,
                facts->strip_size, err);
    }
    return status;
}

static enum fovea_status
read_directory(struct walk *walk, const struct directory *directory,
        struct fovea_error *err)
{
    const struct fovea_input *input = walk->raw->input;
    struct facts facts = { 0 };
    uint8_t bytes[ENTRY_SIZE];
    size_t n = 0;
    enum fovea_status status =
            fovea_input_read(input, directory->at, bytes, 2, &n, err);
    uint64_t n_entries = n == 2 ? number(walk, bytes, 2) : 0;
    if (n_entries > FOVEA_RAW_MAX_ENTRIES) {
        return FOVEA_OK;
    }
    uint64_t at = directory->at + 2;
    for (uint64_t i = 0; !status && i < n_entries; i++, at += ENTRY_SIZE) {
        status = fovea_input_read(input, at, bytes, sizeof bytes, &n, err);
        if (status || n < sizeof bytes) {
            break;
        }
        struct entry entry = {
            .tag = (uint32_t)number(walk, bytes, 2),
            .type = (uint32_t)number(walk, bytes + 2, 2),
            .count = number(walk, bytes + 4, 4),
        };
        bool inside = entry.count * size_of_type(entry.type) <= 4;
        entry.at =
                inside ? at + 8 : directory->base + number(walk, bytes + 8, 4);
        status = take_entry(walk, directory, &entry, &facts, err);
    }
    if (!status) {
        status = take_directory(walk, directory, &facts, err);
    }
    bool goes_on =
            directory->place == PLACE_FIRST || directory->place == PLACE_NEXT;
    if (!status && goes_on && n_entries > 0) {
        status = fovea_input_read(input, at, bytes, 4, &n, err);
        uint64_t next = n == 4 ? number(walk, bytes, 4) : 0;
        enqueue(walk, PLACE_NEXT, directory->base, directory->base + next);
    }
    return status;
}

enum fovea_status
fovea_raw_walk_tiff(struct fovea_raw *raw, uint64_t base,
        struct fovea_error *err)
{
    uint8_t head[HEAD_SIZE];
    size_t n = 0;
    enum fovea_status status =
            fovea_input_read(raw->input, base, head, sizeof head, &n, err);
    struct walk walk = { .raw = raw, .big_endian = head[0] == 'M' };
    if (status || n < sizeof head || number(&walk, head + 2, 2) == BIG_TIFF) {
        return status; /* no camera writes the latter */
    }
    enqueue(&walk, PLACE_FIRST, base, base + number(&walk, head + 4, 4));
    while (!status && walk.n_done < walk.n_queued) {
        struct directory directory = walk.queue[walk.n_done++];
        status = read_directory(&walk, &directory, err);
        if (!raw->name) {
            break; /* no camera's: an ordinary TIFF */
        }
    }
    return status;
}
