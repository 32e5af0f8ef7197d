/* See image_raw.h. Children stand before their parents, which know where. */
#include "image_raw.h"

#include "test.h"

static uint32_t
add_blob(struct raw_file *file, const struct raw_blob *blob)
{
    return raw_add(file, blob->bytes, blob->size);
}

static struct raw_entry
text(struct raw_file *file, uint16_t tag, const char *words)
{
    uint32_t size = (uint32_t)strlen(words) + 1;
    return (struct raw_entry){ tag, RAW_TEXT, size,
        raw_add(file, words, size) };
}

static struct raw_entry
number(uint16_t tag, uint32_t value)
{
    return (struct raw_entry){ tag, RAW_LONG, 1, value };
}

/* A directory that holds nothing but a JPEG, or what is not even there. */
static uint32_t
jpeg_directory(struct raw_file *file, const struct raw_blob *blob,
        uint32_t next)
{
    const struct raw_entry entries[RAW_MAX_ENTRIES] = {
        number(259, 6),
        number(513, add_blob(file, blob)),
        number(514, (uint32_t)blob->size),
    };
    return raw_directory(file, entries, next);
}

static uint32_t
sensor_directory(struct raw_file *file, const struct raw_parts *parts,
        uint32_t compression, uint32_t photometric)
{
    const struct raw_entry entries[RAW_MAX_ENTRIES] = {
        number(256, parts->sensor_width),
        number(257, parts->sensor_height),
        number(259, compression),
        number(262, photometric),
    };
    return raw_directory(file, entries, 0);
}

/* The preview is a strip of the first directory; the sensor's data is a
   lossless JPEG of half as many columns of two samples. */
static void
compose_cr2(const struct raw_parts *parts, struct raw_file *file)
{
    raw_begin(file, false, "II*\0");
    (void)raw_add(file, "CR\2\0\0\0\0\0", 8);
    uint8_t lossless[] =
            "\xff\xd8\xff\xc3\0\16\16\0\0\0\0\2\1\21\0\2\21\0\xff\xda";
    lossless[7] = (uint8_t)(parts->sensor_height >> 8);
    lossless[8] = (uint8_t)parts->sensor_height;
    lossless[9] = (uint8_t)(parts->sensor_width / 2 >> 8);
    lossless[10] = (uint8_t)(parts->sensor_width / 2);
    const struct raw_entry sensor[RAW_MAX_ENTRIES] = {
        number(259, 6),
        number(273, raw_add(file, lossless, sizeof lossless - 1)),
        number(279, sizeof lossless - 1),
    };
    uint32_t next = raw_directory(file, sensor, 0);
    next = jpeg_directory(file, &parts->thumbnail, next);
    const struct raw_entry first[RAW_MAX_ENTRIES] = {
        number(259, 6),
        text(file, 271, "Canon"),
        number(273, add_blob(file, &parts->preview)),
        { 274, RAW_SHORT, 1, parts->orientation },
        number(279, (uint32_t)parts->preview.size),
    };
    raw_set_first(file, raw_directory(file, first, next));
}

/* As Adobe's converter has it, the preview is a strip of compression 7. */
static uint32_t
strip_directory(struct raw_file *file, const struct raw_blob *blob)
{
    const struct raw_entry entries[RAW_MAX_ENTRIES] = {
        { 254, RAW_LONG, 1, 1 },
        { 259, RAW_SHORT, 1, 7 },
        { 262, RAW_SHORT, 1, 6 },
        number(273, add_blob(file, blob)),
        number(279, (uint32_t)blob->size),
    };
    return raw_directory(file, entries, 0);
}

/* An uncompressed thumbnail first, all else in its children. */
static void
compose_children(const struct raw_parts *parts, struct raw_file *file,
        const char *make, bool dng)
{
    raw_begin(file, false, "II*\0");
    uint32_t children[2];
    children[0] = dng ? strip_directory(file, &parts->preview)
                      : jpeg_directory(file, &parts->preview, 0);
    children[1] = dng ? sensor_directory(file, parts, 7, 34892)
                      : sensor_directory(file, parts, 1, 32803);
    uint32_t list = (uint32_t)file->size;
    raw_put(file, children[0], 4);
    raw_put(file, children[1], 4);
    uint32_t next = jpeg_directory(file, &parts->thumbnail, 0);
    const struct raw_entry first[RAW_MAX_ENTRIES] = {
        { 254, RAW_LONG, 1, 1 },
        number(256, 1),
        number(257, 1),
        { 258, RAW_SHORT, 1, 8 },
        { 259, RAW_SHORT, 1, 1 },
        { 262, RAW_SHORT, 1, 1 },
        text(file, 271, make),
        number(273, 8),
        { 274, RAW_SHORT, 1, parts->orientation },
        { 279, RAW_LONG, 1, 1 },
        { 330, RAW_LONG, 2, list },
        { dng ? 50706 : 0, RAW_BYTE, 4, 0x0401 },
    };
    raw_set_first(file, raw_directory(file, first, next));
}

static void
compose_nef(const struct raw_parts *parts, struct raw_file *file)
{
    compose_children(parts, file, "NIKON CORPORATION", false);
}

static void
compose_srw(const struct raw_parts *parts, struct raw_file *file)
{
    compose_children(parts, file, "SAMSUNG", false);
}

static void
compose_unknown(const struct raw_parts *parts, struct raw_file *file)
{
    compose_children(parts, file, "Nobody", false);
}

static void
compose_dng(const struct raw_parts *parts, struct raw_file *file)
{
    compose_children(parts, file, "Leica", true);
}

/* The preview and the sensor's directory are the first one's. */
static void
compose_arw(const struct raw_parts *parts, struct raw_file *file)
{
    raw_begin(file, false, "II*\0");
    uint32_t child = sensor_directory(file, parts, 32767, 32803);
    uint32_t next = jpeg_directory(file, &parts->thumbnail, 0);
    const struct raw_entry first[RAW_MAX_ENTRIES] = {
        { 254, RAW_LONG, 1, 1 },
        { 259, RAW_SHORT, 1, 6 },
        text(file, 271, "SONY "),
        { 274, RAW_SHORT, 1, parts->orientation },
        { 330, RAW_LONG, 1, child },
        number(513, add_blob(file, &parts->preview)),
        number(514, (uint32_t)parts->preview.size),
    };
    raw_set_first(file, raw_directory(file, first, next));
}

/* Big-endian; the sensor's directory first, the JPEGs behind it. */
static void
compose_pef(const struct raw_parts *parts, struct raw_file *file)
{
    raw_begin(file, true, "MM\0*");
    uint32_t next = jpeg_directory(file, &parts->preview, 0);
    next = jpeg_directory(file, &parts->thumbnail, next);
    const struct raw_entry first[RAW_MAX_ENTRIES] = {
        number(256, parts->sensor_width),
        number(257, parts->sensor_height),
        { 259, RAW_SHORT, 1, 65535 },
        { 262, RAW_SHORT, 1, 32803 },
        text(file, 271, "PENTAX Corporation"),
        { 274, RAW_SHORT, 1, parts->orientation },
    };
    raw_set_first(file, raw_directory(file, first, next));
}

/* Told by its mark alone: nothing describes the sensor. */
static void
compose_iiq(const struct raw_parts *parts, struct raw_file *file)
{
    raw_begin(file, false, "II*\0");
    (void)raw_add(file, "IIIITwaR", 8);
    uint32_t next = jpeg_directory(file, &parts->thumbnail, 0);
    next = jpeg_directory(file, &parts->preview, next);
    const struct raw_entry first[RAW_MAX_ENTRIES] = {
        text(file, 271, "Phase One A/S"),
        { 274, RAW_SHORT, 1, parts->orientation },
    };
    raw_set_first(file, raw_directory(file, first, next));
}

/* The preview is where the maker's note says, offsets counting from the note
   or, in older cameras, from the file. */
static void
compose_orf(const struct raw_parts *parts, struct raw_file *file,
        const char *note, size_t note_size, bool own_base)
{
    raw_begin(file, false, "IIRO");
    uint32_t thumbnail = jpeg_directory(file, &parts->thumbnail, 0);
    uint32_t note_at = raw_add(file, note, note_size);
    size_t directory_at = file->size;
    /* The note's directory comes first and has one entry: its size is known. */
    uint32_t settings_at = (uint32_t)directory_at + 2 + 12 + 4;
    uint32_t preview_at = settings_at + 2 + 2 * 12 + 4;
    uint32_t base = own_base ? note_at : 0;
    const struct raw_entry entries[RAW_MAX_ENTRIES] = {
        { 0x2020, 13, 1, settings_at - base },
    };
    (void)raw_directory(file, entries, 0);
    const struct raw_entry settings[RAW_MAX_ENTRIES] = {
        number(0x101, preview_at - base),
        number(0x102, (uint32_t)parts->preview.size),
    };
    (void)raw_directory(file, settings, 0);
    assert_int_equal(add_blob(file, &parts->preview), preview_at);
    const struct raw_entry exif[RAW_MAX_ENTRIES] = {
        { 37500, RAW_UNDEFINED, (uint32_t)file->size - note_at, note_at },
    };
    uint32_t exif_at = raw_directory(file, exif, 0);
    const struct raw_entry first[RAW_MAX_ENTRIES] = {
        number(256, parts->sensor_width),
        number(257, parts->sensor_height),
        { 259, RAW_SHORT, 1, 1 },
        text(file, 271, "OLYMPUS IMAGING CORP."),
        { 274, RAW_SHORT, 1, parts->orientation },
        number(34665, exif_at),
    };
    raw_set_first(file, raw_directory(file, first, thumbnail));
}

static void
compose_new_orf(const struct raw_parts *parts, struct raw_file *file)
{
    compose_orf(parts, file, "OLYMPUS\0II\3\0", 12, true);
}

static void
compose_newest_orf(const struct raw_parts *parts, struct raw_file *file)
{
    compose_orf(parts, file, "OM SYSTEM\0\0\0II\4\0", 16, true);
}

static void
compose_old_orf(const struct raw_parts *parts, struct raw_file *file)
{
    compose_orf(parts, file, "OLYMP\0\1\0", 8, false);
}

static void
compose_rw2(const struct raw_parts *parts, struct raw_file *file)
{
    raw_begin(file, false, "IIU\0");
    const struct raw_entry first[RAW_MAX_ENTRIES] = {
        number(2, parts->sensor_width),
        number(3, parts->sensor_height),
        { 46, RAW_UNDEFINED, (uint32_t)parts->preview.size,
                add_blob(file, &parts->preview) },
        text(file, 271, "Panasonic"),
        { 274, RAW_SHORT, 1, parts->orientation },
    };
    raw_set_first(file, raw_directory(file, first, 0));
}

/* Nothing but the preview says how to turn it, nor how large the sensor is. */
static void
compose_raf(const struct raw_parts *parts, struct raw_file *file)
{
    static const uint8_t nothing[68];
    file->big_endian = true;
    (void)raw_add(file, "FUJIFILMCCD-RAW ", 16);
    (void)raw_add(file, nothing, sizeof nothing);
    raw_put(file, 84 + 16, 4);
    raw_put(file, parts->preview.size, 4);
    raw_put(file, 0, 8);
    (void)add_blob(file, &parts->preview);
}

struct heap_entry {
    uint16_t tag;
    uint32_t at; /* in the file */
    uint32_t size;
};

/* A heap from `start` on: its directory, and where that is; its size. */
static uint32_t
end_heap(struct raw_file *file, size_t start, const struct heap_entry *entries,
        size_t n)
{
    size_t directory = file->size;
    raw_put(file, n, 2);
    for (size_t i = 0; i < n; i++) {
        raw_put(file, entries[i].tag, 2);
        raw_put(file, entries[i].size, 4);
        raw_put(file, entries[i].at - start, 4);
    }
    raw_put(file, directory - start, 4);
    return (uint32_t)(file->size - start);
}

static void
compose_crw(const struct raw_parts *parts, struct raw_file *file)
{
    static const uint32_t
            degrees[] = { [3] = 180, [6] = 90, [8] = 270, [9] = 0 };
    (void)raw_add(file, "II\x1a\0\0\0HEAPCCDR\2\0\1\0\0\0\0\0\0\0\0\0", 26);
    size_t start = file->size;
    uint32_t preview = add_blob(file, &parts->preview);
    uint32_t thumbnail = add_blob(file, &parts->thumbnail);
    uint32_t picture = (uint32_t)file->size;
    raw_put(file, parts->sensor_width, 4);
    raw_put(file, parts->sensor_height, 4);
    raw_put(file, 0x3f800000, 4);
    raw_put(file, degrees[parts->orientation], 4);
    const struct heap_entry inner[] = { { 0x1810, picture, 16 } };
    uint32_t size = end_heap(file, picture, inner, 1);
    const struct heap_entry outer[] = {
        { 0x2007, preview, (uint32_t)parts->preview.size },
        { 0x2008, thumbnail, (uint32_t)parts->thumbnail.size },
        { 0x5834, 7, 7 }, /* in the entry */
        { 0x300a, picture, size },
    };
    (void)end_heap(file, start, outer, 4);
}

static size_t
begin_box(struct raw_file *file, const char *type)
{
    size_t at = file->size;
    raw_put(file, 0, 4);
    (void)raw_add(file, type, 4);
    return at;
}

static void
end_box(struct raw_file *file, size_t at)
{
    size_t end = file->size;
    file->size = at;
    raw_put(file, end - at, 4);
    file->size = end;
}

static void
add_table(struct raw_file *file, const char *type, const uint32_t *numbers,
        size_t n)
{
    size_t box = begin_box(file, type);
    for (size_t i = 0; i < n; i++) {
        raw_put(file, numbers[i], 4);
    }
    end_box(file, box);
}

static void
add_track(struct raw_file *file, const struct raw_parts *parts, uint32_t at,
        uint32_t size)
{
    size_t trak = begin_box(file, "trak");
    size_t mdia = begin_box(file, "mdia");
    size_t minf = begin_box(file, "minf");
    size_t stbl = begin_box(file, "stbl");
    size_t stsd = begin_box(file, "stsd");
    raw_put(file, 1, 8);
    size_t entry = begin_box(file, "CRAW");
    raw_put(file, 0, 8);
    raw_put(file, 0, 8);
    raw_put(file, 0, 8);
    raw_put(file, parts->sensor_width, 2);
    raw_put(file, parts->sensor_height, 2);
    end_box(file, entry);
    end_box(file, stsd);
    const uint32_t sizes[] = { 0, 0, 1, size };
    const uint32_t places[] = { 0, 1, 0, at };
    add_table(file, "stsz", sizes, 4);
    add_table(file, "co64", places, 4);
    end_box(file, stbl);
    end_box(file, minf);
    end_box(file, mdia);
    end_box(file, trak);
}

/* The thumbnail stands before the tracks, which know where the preview is. */
static void
compose_cr3(const struct raw_parts *parts, struct raw_file *file)
{
    file->big_endian = true;
    size_t ftyp = begin_box(file, "ftyp");
    (void)raw_add(file, "crx \0\0\0\1crx isom", 16);
    end_box(file, ftyp);
    size_t data = begin_box(file, "mdat");
    uint32_t preview_at = add_blob(file, &parts->preview);
    end_box(file, data);
    size_t small = begin_box(file, "uuid");
    (void)raw_add(file,
            "\xea\xf4\x2b\x5e\x1c\x98\x4b\x88\xb9\xfb\xb7\xdc\x40\x6e\x4d\x16",
            16);
    raw_put(file, 1, 8);
    size_t box = begin_box(file, "PRVW");
    raw_put(file, 0, 4);
    raw_put(file, 0, 8);
    raw_put(file, parts->thumbnail.size, 4);
    (void)add_blob(file, &parts->thumbnail);
    end_box(file, box);
    end_box(file, small);
    size_t moov = begin_box(file, "moov");
    size_t uuid = begin_box(file, "uuid");
    (void)raw_add(file,
            "\x85\xc0\xb6\x87\x82\x0f\x11\xe0\x81\x11\xf4\xce\x46\x2b\x6a\x48",
            16);
    size_t cmt1 = begin_box(file, "CMT1");
    static struct raw_file tiff;
    memset(&tiff, 0, sizeof tiff);
    raw_begin(&tiff, false, "II*\0");
    const struct raw_entry first[RAW_MAX_ENTRIES] = {
        text(&tiff, 271, "Canon"),
        { 274, RAW_SHORT, 1, parts->orientation },
    };
    raw_set_first(&tiff, raw_directory(&tiff, first, 0));
    (void)raw_add(file, tiff.bytes, tiff.size);
    end_box(file, cmt1);
    end_box(file, uuid);
    add_track(file, parts, preview_at, (uint32_t)parts->preview.size);
    end_box(file, moov);
}

const struct raw_kind raw_kinds[] = {
    { "CR2", compose_cr2 },
    { "NEF", compose_nef },
    { "ARW", compose_arw },
    { "DNG", compose_dng },
    { "PEF", compose_pef },
    { "SRW", compose_srw },
    { "TIFF", compose_unknown },
    { "IIQ", compose_iiq },
    { "ORF", compose_new_orf },
    { "ORF", compose_newest_orf },
    { "ORF", compose_old_orf },
    { "RW2", compose_rw2 },
    { "RAF", compose_raf },
    { "CR3", compose_cr3 },
    { "CRW", compose_crw },
};
const size_t n_raw_kinds = sizeof raw_kinds / sizeof raw_kinds[0];
