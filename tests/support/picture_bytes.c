/* See picture_bytes.h. */
#include "picture_bytes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "exif_block.h"
#include "golden.h"
#include "test.h"

enum {
    ROOM = 4096, /* for what is added */
    N_TIFF_ENTRIES = 32,
};

struct picture_bytes
picture_bytes_read(const char *name)
{
    char path[GOLDEN_PATH_SIZE];
    golden_path(name, path);
    FILE *file = fopen(path, "rbe");
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    long size = ftell(file);
    assert_true(size > 0);
    rewind(file);
    struct picture_bytes picture = { malloc((size_t)size + ROOM),
        (size_t)size };
    assert_non_null(picture.bytes);
    assert_int_equal(fread(picture.bytes, 1, picture.size, file), picture.size);
    (void)fclose(file);
    return picture;
}

static void
put_big(uint8_t *to, size_t n, uint64_t value)
{
    for (size_t i = n; i-- > 0; value >>= 8) {
        to[i] = (uint8_t)value;
    }
}

static void
put_little(uint8_t *to, size_t n, uint64_t value)
{
    for (size_t i = 0; i < n; i++, value >>= 8) {
        to[i] = (uint8_t)value;
    }
}

static uint32_t
little(const uint8_t *from, size_t n)
{
    uint32_t value = 0;
    for (size_t i = n; i-- > 0;) {
        value = value << 8 | from[i];
    }
    return value;
}

static void
insert(struct picture_bytes *picture, size_t at, const uint8_t *bytes,
        size_t size)
{
    memmove(picture->bytes + at + size, picture->bytes + at,
            picture->size - at);
    memcpy(picture->bytes + at, bytes, size);
    picture->size += size;
}

struct picture_bytes
picture_bytes_jpeg(const char *name, const char *taken)
{
    struct picture_bytes picture = picture_bytes_read(name);
    uint8_t segment[10 + EXIF_BLOCK_SIZE] = "\xff\xe1\0\0Exif\0";
    put_big(segment + 2, 2, sizeof segment - 2);
    exif_block_make(taken, segment + 10);
    insert(&picture, 2, segment, sizeof segment);
    return picture;
}

struct picture_bytes
picture_bytes_png(const char *name, const char *taken)
{
    struct picture_bytes picture = picture_bytes_read(name);
    uint8_t chunk[12 + EXIF_BLOCK_SIZE] = "\0\0\0\0eXIf";
    put_big(chunk, 4, EXIF_BLOCK_SIZE);
    exif_block_make(taken, chunk + 8);
    put_big(chunk + 8 + EXIF_BLOCK_SIZE, 4,
            crc32(0, chunk + 4, 4 + EXIF_BLOCK_SIZE));
    insert(&picture, 8 + 25, chunk, sizeof chunk); /* behind IHDR */
    return picture;
}

/* Of an extended one. */
struct picture_bytes
picture_bytes_webp(const char *name, const char *taken)
{
    struct picture_bytes picture = picture_bytes_read(name);
    uint8_t chunk[8 + EXIF_BLOCK_SIZE] = "EXIF";
    assert_memory_equal(picture.bytes + 12, "VP8X", 4);
    picture.bytes[20] |= 1 << 3;
    put_little(chunk + 4, 4, EXIF_BLOCK_SIZE);
    exif_block_make(taken, chunk + 8);
    insert(&picture, picture.size, chunk, sizeof chunk);
    put_little(picture.bytes + 4, 4, picture.size - 8);
    return picture;
}

/* Its directory once more behind all, with one entry more. */
struct picture_bytes
picture_bytes_tiff(const char *name, const char *taken)
{
    struct picture_bytes picture = picture_bytes_read(name);
    uint8_t *bytes = picture.bytes;
    assert_memory_equal(bytes, "II*", 4);
    size_t at = picture.size + picture.size % 2;
    uint8_t block[EXIF_BLOCK_SIZE];
    exif_block_make(taken, block);
    /* The block's second directory, and its text behind it. */
    memcpy(bytes + at, block + 26, EXIF_BLOCK_SIZE - 26);
    put_little(bytes + at + 10, 4, at + EXIF_BLOCK_TEXT_AT - 26);
    size_t directory = at + EXIF_BLOCK_SIZE - 26;
    const uint8_t *old = bytes + little(bytes + 4, 4);
    size_t n = little(old, 2);
    assert_true(n < N_TIFF_ENTRIES);
    uint8_t *to = bytes + directory;
    put_little(to, 2, n + 1);
    to += 2;
    uint8_t link[13] = "\x69\x87\4\0\1\0\0\0";
    put_little(link + 8, 4, at);
    bool is_put = false;
    for (size_t i = 0; i < n; i++, to += 12) {
        const uint8_t *entry = old + 2 + 12 * i;
        if (!is_put && little(entry, 2) > 0x8769) {
            memcpy(to, link, 12);
            to += 12;
            is_put = true;
        }
        memcpy(to, entry, 12);
    }
    if (!is_put) {
        memcpy(to, link, 12);
        to += 12;
    }
    memset(to, 0, 4);
    put_little(bytes + 4, 4, directory);
    picture.size = (size_t)(to + 4 - bytes);
    return picture;
}

/* A bare codestream into a container. */
struct picture_bytes
picture_bytes_jpegxl(const char *name, const char *taken)
{
    struct picture_bytes picture = picture_bytes_read(name);
    uint8_t head[32 + 12 + EXIF_BLOCK_SIZE + 8] =
            "\0\0\0\x0cJXL \r\n\x87\n"
            "\0\0\0\x14"
            "ftypjxl \0\0\0\0jxl \0\0\0\0Exif";
    assert_memory_equal(picture.bytes, "\xff\x0a", 2);
    put_big(head + 32, 4, 12 + EXIF_BLOCK_SIZE);
    exif_block_make(taken, head + 44);
    put_big(head + 44 + EXIF_BLOCK_SIZE, 4, 8 + picture.size);
    memcpy(head + 48 + EXIF_BLOCK_SIZE, "jxlc", 4);
    insert(&picture, 0, head, sizeof head);
    return picture;
}
