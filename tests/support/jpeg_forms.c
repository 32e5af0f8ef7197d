/* See jpeg_forms.h. */
#include "jpeg_forms.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

const struct jpeg_form jpeg_forms[] = {
    { "4:4:4", 3, { 1, 1, 1 }, { 1, 1, 1 }, false, false, false, 0 },
    { "4:2:2", 3, { 2, 1, 1 }, { 1, 1, 1 }, false, false, false, 0 },
    { "4:2:0", 3, { 2, 1, 1 }, { 2, 1, 1 }, false, false, false, 0 },
    { "4:4:0", 3, { 1, 1, 1 }, { 2, 1, 1 }, false, false, false, 0 },
    { "4:1:1", 3, { 4, 1, 1 }, { 1, 1, 1 }, false, false, false, 0 },
    { "4:1:0", 3, { 4, 1, 1 }, { 2, 1, 1 }, false, false, false, 0 },
    { "1x4", 3, { 1, 1, 1 }, { 4, 1, 1 }, false, false, false, 0 },
    { "3x1", 3, { 3, 1, 1 }, { 1, 1, 1 }, false, false, false, 0 },
    { "mixed", 3, { 2, 2, 1 }, { 2, 1, 2 }, false, false, false, 0 },
    { "fine chroma", 3, { 1, 2, 2 }, { 1, 2, 2 }, false, false, false, 0 },
    { "grey", 1, { 1, 0, 0 }, { 1, 0, 0 }, false, false, false, 0 },
    { "grey 2x2", 1, { 2, 0, 0 }, { 2, 0, 0 }, false, false, false, 0 },
    { "CMYK", 4, { 1, 1, 1 }, { 1, 1, 1 }, false, false, false, 0 },
    { "restart", 3, { 2, 1, 1 }, { 2, 1, 1 }, false, false, false, 3 },
    { "progressive", 3, { 2, 1, 1 }, { 2, 1, 1 }, true, false, false, 0 },
    { "progressive 4:4:4, restart", 3, { 1, 1, 1 }, { 1, 1, 1 }, true, false,
            false, 5 },
    { "progressive grey", 1, { 1, 0, 0 }, { 1, 0, 0 }, true, false, false, 0 },
    { "arithmetic", 3, { 2, 1, 1 }, { 2, 1, 1 }, false, true, false, 0 },
    { "arithmetic 4:2:2, restart", 3, { 2, 1, 1 }, { 1, 1, 1 }, false, true,
            false, 4 },
    { "arithmetic, progressive", 3, { 2, 1, 1 }, { 2, 1, 1 }, true, true, false,
            0 },
    { "planes", 3, { 2, 1, 1 }, { 2, 1, 1 }, false, false, true, 0 },
    { "planes 4:4:0", 3, { 1, 1, 1 }, { 2, 1, 1 }, false, false, true, 7 },
};

const size_t n_jpeg_forms = sizeof jpeg_forms / sizeof jpeg_forms[0];

static uint32_t
next_random(uint32_t *state)
{
    *state = (uint32_t)((uint64_t)*state * 1664525U + 1013904223U);
    return *state >> 8;
}

/* A slope with edges and noise: no column is like the one beside it. */
static void
draw_row(uint8_t *row, unsigned width, unsigned y, int n, uint32_t *state)
{
    for (unsigned x = 0; x < width; x++) {
        for (int c = 0; c < n; c++) {
            unsigned edge = (x / 7 + y / 5 + (unsigned)c) % 3 * 60;
            row[x * (unsigned)n + (unsigned)c] =
                    (uint8_t)(x / 4 + y / 3 + edge + next_random(state) % 40);
        }
    }
}

static void
set_form(struct jpeg_compress_struct *jpeg, const struct jpeg_form *form,
        jpeg_scan_info *scans)
{
    for (int i = 0; i < form->n_components && i < 3; i++) {
        jpeg->comp_info[i].h_samp_factor = form->h[i];
        jpeg->comp_info[i].v_samp_factor = form->v[i];
    }
    jpeg->restart_interval = form->restart_interval;
    jpeg->arith_code = form->arithmetic;
    if (form->progressive) {
        jpeg_simple_progression(jpeg);
    } else if (form->planes) {
        for (int i = 0; i < form->n_components; i++) {
            scans[i] = (jpeg_scan_info){ .comps_in_scan = 1,
                .component_index = { i },
                .Se = DCTSIZE2 - 1 };
        }
        jpeg->scan_info = scans;
        jpeg->num_scans = form->n_components;
    }
}

uint8_t *
jpeg_form_encode(const struct jpeg_form *form, unsigned width, unsigned height,
        size_t *size_out)
{
    static uint8_t row[JPEG_FORM_MAX_SIDE * 4];
    struct jpeg_compress_struct jpeg;
    struct jpeg_error_mgr errors;
    jpeg_scan_info scans[4];
    uint8_t *bytes = NULL;
    unsigned long size = 0;
    uint32_t state = width * 65537 + height;
    JSAMPROW rows = row;
    jpeg.err = jpeg_std_error(&errors);
    jpeg_create_compress(&jpeg);
    jpeg_mem_dest(&jpeg, &bytes, &size);
    jpeg.image_width = width;
    jpeg.image_height = height;
    jpeg.input_components = form->n_components;
    jpeg.in_color_space = form->n_components == 1 ? JCS_GRAYSCALE
            : form->n_components == 3             ? JCS_RGB
                                                  : JCS_CMYK;
    jpeg_set_defaults(&jpeg);
    jpeg_set_quality(&jpeg, 85, TRUE);
    set_form(&jpeg, form, scans);
    jpeg_start_compress(&jpeg, TRUE);
    while (jpeg.next_scanline < height) {
        draw_row(row, width, jpeg.next_scanline, form->n_components, &state);
        (void)jpeg_write_scanlines(&jpeg, &rows, 1);
    }
    jpeg_finish_compress(&jpeg);
    jpeg_destroy_compress(&jpeg);
    *size_out = size;
    return bytes;
}

/* Where its entropy-coded data begin, nearly: behind the first scan's head. */
static size_t
find_data(const uint8_t *bytes, size_t size)
{
    for (size_t i = 2; i + 4 < size;) {
        size_t length = (size_t)bytes[i + 2] << 8 | bytes[i + 3];
        if (bytes[i + 1] == 0xda) {
            return i + 2 + length;
        }
        i += 2 + length;
    }
    return size / 2;
}

/* The n-th scan's marker behind the data's beginning, or their end. */
static size_t
find_scan(const uint8_t *bytes, size_t from, size_t size, unsigned n)
{
    for (size_t i = from; i + 1 < size; i++) {
        if (bytes[i] == 0xff && bytes[i + 1] == 0xda && n-- == 0) {
            return i;
        }
    }
    return size;
}

/* The first such marker of a segment. */
static size_t
find_segment(const uint8_t *bytes, size_t size, uint8_t code)
{
    size_t i = 2;
    while (i + 4 < size && bytes[i + 1] != code) {
        i += 2 + ((size_t)bytes[i + 2] << 8 | bytes[i + 3]);
    }
    return i;
}

/* The marker behind entropy-coded data. */
static size_t
find_end(const uint8_t *bytes, size_t from, size_t size)
{
    while (from + 2 < size &&
            (bytes[from] != 0xff || bytes[from + 1] == 0 ||
                    (bytes[from + 1] & 0xf8) == 0xd0)) {
        from++;
    }
    return from;
}

uint8_t *
jpeg_form_encode_again(const struct jpeg_form *form, unsigned width,
        unsigned height, size_t *size_out)
{
    enum {
        DHT = 0xc4
    };
    struct jpeg_form apart = *form;
    size_t n_first = 0;
    size_t n_whole = 0;
    apart.planes = true;
    uint8_t *first = jpeg_form_encode(&apart, width, height, &n_first);
    uint8_t *whole = jpeg_form_encode(form, width, height, &n_whole);
    size_t head = find_end(first, find_data(first, n_first), n_first);
    size_t tail = find_segment(whole, n_whole, DHT);
    uint8_t *both = malloc(head + n_whole - tail);
    if (both) {
        memcpy(both, first, head);
        memcpy(both + head, whole + tail, n_whole - tail);
        *size_out = head + n_whole - tail;
    }
    free(first);
    free(whole);
    return both;
}

/* How many codes of each length: a tree that is not full, as the format has it. */
static void
draw_lengths(uint8_t counts[16], unsigned n_codes, uint32_t *state)
{
    uint8_t lengths[256];
    uint32_t taken = n_codes; /* of 1 << 16 */
    unsigned n_tries = next_random(state) % 4096;
    memset(lengths, 16, sizeof lengths);
    for (unsigned i = 0; i < n_tries; i++) {
        uint8_t *length = &lengths[next_random(state) % n_codes];
        uint32_t more = 1U << (16 - *length);
        if (*length > 1 && taken + more < 1U << 16) {
            taken += more;
            --*length;
        }
    }
    memset(counts, 0, 16);
    for (unsigned i = 0; i < n_codes; i++) {
        counts[lengths[i] - 1]++;
    }
}

void
jpeg_form_set_tables(uint8_t *bytes, size_t size, uint32_t *state)
{
    size_t end = find_data(bytes, size);
    for (size_t i = 2; i + 21 < end;) {
        size_t length = (size_t)bytes[i + 2] << 8 | bytes[i + 3];
        if (bytes[i + 1] == 0xc4) {
            bool is_dc = bytes[i + 4] >> 4 == 0;
            unsigned n_codes = (unsigned)length - 19;
            draw_lengths(bytes + i + 5, n_codes, state);
            for (unsigned k = 0; k < n_codes; k++) {
                uint32_t symbol = next_random(state);
                bytes[i + 21 + k] = (uint8_t)(symbol & (is_dc ? 15 : 255));
            }
        }
        i += 2 + length;
    }
}

size_t
jpeg_form_damage(uint8_t *bytes, size_t size, unsigned number, uint32_t *state)
{
    size_t data = find_data(bytes, size);
    size_t at = data + next_random(state) % (size - data);
    switch (number % 4) {
    case 0:
        return at;
    case 1:
        bytes[at] ^= (uint8_t)(1U << number / 4 % 8);
        return size;
    case 2:
        bytes[at] = 0xff;
        bytes[at < size - 1 ? at + 1 : at] = (uint8_t)(0xd0 + number / 4);
        return size;
    default:
        at = find_scan(bytes, data, size - 2, number / 4);
        bytes[at] = 0xff;
        bytes[at + 1] = 0xd9;
        return at + 2;
    }
}
