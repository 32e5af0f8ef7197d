/*
 * GIF: the first frame on its canvas. giflib finds it; its pixels come from
 * gif_lzw.c, because giflib reads on behind a code that cannot be, and does not
 * read long ones.
 *
 * As in Pillow, the canvas grows where the frame sticks out of it, and what the
 * frame leaves bare has the transparent colour, or else colour 0, of the
 * palette that the frame uses; the background colour of the header plays no
 * part. Transparent pixels keep the colour of their index. Rows are decoded one
 * by one; only an interlaced frame stands in memory whole, one byte a pixel.
 */
#include <inttypes.h>
#include <string.h>

#include <gif_lib.h>

#include "base/error.h"
#include "base/size.h"
#include "image/codec/codec.h"
#include "image/codec/gif_lzw.h"
#include "image/codec/palette.h"

enum {
    /* giflib asks for a byte or a block of 255 at a time. */
    WINDOW_BYTES = 16 << 10,
    /* Stray bytes, and blocks of extensions, before the first frame: files
       have some thousands of the latter; more of them hold no picture up. */
    MAX_STEPS = 1 << 22
};

/* What giflib reads from, and what went wrong when it did. */
struct source {
    const struct fovea_input *input;
    uint64_t offset; /* of the window's end in the input */
    size_t at;       /* in the window */
    size_t n;
    uint32_t n_steps;
    bool ended;     /* more was asked for than there is */
    bool io_failed; /* error holds why */
    struct fovea_error error;
    struct fovea_gif_lzw lzw;
    uint8_t window[WINDOW_BYTES];
};

struct frame {
    uint32_t canvas_width_px;
    uint32_t canvas_height_px;
    uint32_t left;
    uint32_t top;
    uint32_t width_px;
    uint32_t height_px;
    bool interlaced;
    uint8_t bare; /* index of the canvas where the frame is not */
    struct fovea_palette palette;
};

/* One row of indices and of colours, as wide as the canvas. */
struct rows {
    uint32_t n; /* of the canvas, to be given */
    uint8_t *indices;
    uint8_t *rgb;
};

static void
auto_close(GifFileType **gif)
{
    if (*gif) {
        (void)DGifCloseFile(*gif, NULL);
    }
}

/* Up to that many bytes of the window; none at the input's end. */
static bool
read_some(struct source *source, GifByteType *buffer, size_t size,
        size_t *n_out)
{
    if (source->at == source->n) {
        source->at = 0;
        if (fovea_input_read(source->input, source->offset, source->window,
                    WINDOW_BYTES, &source->n, &source->error)) {
            source->n = 0;
            source->io_failed = true;
            return false;
        }
        source->offset += source->n;
    }
    size_t here = source->n - source->at;
    *n_out = size < here ? size : here;
    memcpy(buffer, source->window + source->at, *n_out);
    source->at += *n_out;
    return true;
}

static size_t
read_window(struct source *source, uint8_t *buffer, size_t wanted)
{
    size_t done = 0;
    size_t n = 1;
    while (done < wanted && n > 0) {
        if (!read_some(source, buffer + done, wanted - done, &n)) {
            return 0;
        }
        done += n;
    }
    source->ended |= done < wanted;
    return done;
}

static int
read_source(GifFileType *gif, GifByteType *buffer, int size)
{
    return (int)read_window(gif->UserData, buffer, (size_t)size);
}

static bool
read_for_lzw(void *context, uint8_t *buffer, size_t size)
{
    return read_window(context, buffer, size) == size;
}

static enum fovea_status
fail(const struct source *source, int gif_error, struct fovea_error *err)
{
    if (source->io_failed) {
        if (err) {
            *err = source->error;
        }
        return source->error.code;
    }
    if (source->ended) {
        return fovea_fail(err, FOVEA_ERR_IMAGE_TRUNCATED,
                "GIF: the file ends before its first frame does");
    }
    if (source->n_steps > MAX_STEPS) {
        return fovea_fail(err, FOVEA_ERR_IMAGE_CORRUPT,
                "GIF: more than %d blocks before the first frame", MAX_STEPS);
    }
    if (gif_error == D_GIF_ERR_NOT_ENOUGH_MEM) {
        return fovea_fail(err, FOVEA_ERR_NO_MEMORY, "GIF: no memory");
    }
    const char *text = GifErrorString(gif_error);
    return fovea_fail(err, FOVEA_ERR_IMAGE_CORRUPT, "GIF: %s",
            text ? text : "damaged");
}

/* giflib has read the frame's description and the byte behind it, which says how
   many bits a pixel has; where those are more than 8 it gave up. */
static bool
start_lzw(struct source *source)
{
    unsigned bits = source->at > 0 ? source->window[source->at - 1] : 0;
    if (source->ended || source->io_failed || bits < FOVEA_GIF_LZW_MIN_SIZE ||
            bits > FOVEA_GIF_LZW_MAX_SIZE) {
        return false;
    }
    fovea_gif_lzw_start(&source->lzw, read_for_lzw, source, bits);
    return true;
}

/* A graphic control block may name a transparent index; others are skipped. */
static int
read_extension(GifFileType *gif, struct source *source, int *transparent)
{
    int code = 0;
    GifByteType *block = NULL;
    int result = DGifGetExtension(gif, &code, &block);
    if (result == GIF_OK && code == GRAPHICS_EXT_FUNC_CODE && block &&
            block[0] >= 4 && block[1] & 1) {
        *transparent = block[4];
    }
    while (result == GIF_OK && block) {
        source->n_steps++;
        if (source->n_steps > MAX_STEPS) {
            return GIF_ERROR;
        }
        result = DGifGetExtensionNext(gif, &block);
    }
    return result;
}

/* Go to the first frame's description. Bytes between blocks that begin none
   are stepped over: there are such files, and every reader takes them. */
static enum fovea_status
find_frame(GifFileType *gif, struct source *source, int *transparent,
        struct fovea_error *err)
{
    while (source->n_steps++ < MAX_STEPS) {
        GifRecordType type = UNDEFINED_RECORD_TYPE;
        if (DGifGetRecordType(gif, &type) == GIF_ERROR) {
            if (gif->Error == D_GIF_ERR_WRONG_RECORD && !source->ended) {
                continue;
            }
            return fail(source, gif->Error, err);
        }
        if (type == TERMINATE_RECORD_TYPE) {
            return fovea_fail(err, FOVEA_ERR_IMAGE_CORRUPT,
                    "GIF: there is no frame in it");
        }
        if (type == IMAGE_DESC_RECORD_TYPE) {
            bool is_read = DGifGetImageDesc(gif) != GIF_ERROR ||
                    gif->Error == D_GIF_ERR_READ_FAILED;
            if (!is_read || !start_lzw(source)) {
                return fail(source, gif->Error, err);
            }
            return FOVEA_OK;
        }
        if (type == EXTENSION_RECORD_TYPE &&
                read_extension(gif, source, transparent) == GIF_ERROR) {
            return fail(source, gif->Error, err);
        }
    }
    return fail(source, gif->Error, err);
}

static bool
is_grey_ramp(const ColorMapObject *map)
{
    for (int i = 0; i < map->ColorCount; i++) {
        const GifColorType *colour = map->Colors + i;
        if (colour->Red != i || colour->Green != i || colour->Blue != i) {
            return false;
        }
    }
    return true;
}

/* As in Pillow a palette that only counts up the greys is as good as none: then
   the other palette serves, or the index is the grey. An entry that a palette
   lacks is the grey of its index too. */
static void
set_palette(const GifFileType *gif, struct fovea_palette *palette)
{
    const ColorMapObject *map = gif->Image.ColorMap;
    if (!map || is_grey_ramp(map)) {
        map = gif->SColorMap;
    }
    fovea_palette_set_grey(palette, 8, false);
    int n = map ? map->ColorCount : 0;
    for (int i = 0; i < n && i < FOVEA_PALETTE_SIZE; i++) {
        palette->rgb[i][0] = map->Colors[i].Red;
        palette->rgb[i][1] = map->Colors[i].Green;
        palette->rgb[i][2] = map->Colors[i].Blue;
    }
}

static void
describe_frame(const GifFileType *gif, int transparent, struct frame *frame)
{
    const GifImageDesc *image = &gif->Image;
    frame->left = (uint32_t)image->Left;
    frame->top = (uint32_t)image->Top;
    frame->width_px = (uint32_t)image->Width;
    frame->height_px = (uint32_t)image->Height;
    frame->interlaced = image->Interlace;
    frame->bare = transparent >= 0 ? (uint8_t)transparent : 0;
    uint32_t right = frame->left + frame->width_px;
    uint32_t bottom = frame->top + frame->height_px;
    uint32_t width = (uint32_t)gif->SWidth;
    uint32_t height = (uint32_t)gif->SHeight;
    frame->canvas_width_px = right > width ? right : width;
    frame->canvas_height_px = bottom > height ? bottom : height;
    set_palette(gif, &frame->palette);
}

static enum fovea_status
decode_line(struct source *source, uint8_t *indices, uint32_t width,
        struct fovea_error *err)
{
    return fovea_gif_lzw_read(&source->lzw, indices, width)
            ? FOVEA_OK
            : fail(source, D_GIF_ERR_IMAGE_DEFECT, err);
}

/* The four passes: rows 0, 8, ...; 4, 12, ...; 2, 6, ...; 1, 3, ... So the rows
   above the one in hand are there in the last pass only, or all of them. */
static enum fovea_status
decode_interlaced(struct source *source, const struct frame *frame,
        uint8_t *indices, uint32_t *n_good_out, struct fovea_error *err)
{
    static const uint32_t first[] = { 0, 4, 2, 1 };
    static const uint32_t step[] = { 8, 8, 4, 2 };
    for (size_t pass = 0; pass < FOVEA_ARRAY_LEN(first); pass++) {
        for (uint32_t y = first[pass]; y < frame->height_px; y += step[pass]) {
            enum fovea_status status =
                    decode_line(source, indices + (size_t)y * frame->width_px,
                            frame->width_px, err);
            if (status) {
                bool is_last = pass == FOVEA_ARRAY_LEN(first) - 1;
                *n_good_out = is_last ? y : 0;
                return status;
            }
        }
    }
    *n_good_out = frame->height_px;
    return FOVEA_OK;
}

static enum fovea_status
push_rows(struct source *source, const struct frame *frame,
        const uint8_t *interlaced, const struct rows *rows,
        const struct fovea_row_sink *sink, struct fovea_error *err)
{
    uint32_t width = frame->canvas_width_px;
    for (uint32_t y = 0; y < rows->n; y++) {
        uint32_t row = y - frame->top; /* above the frame: a huge number */
        memset(rows->indices, frame->bare, width);
        enum fovea_status status = FOVEA_OK;
        if (row < frame->height_px && interlaced) {
            memcpy(rows->indices + frame->left,
                    interlaced + (size_t)row * frame->width_px,
                    frame->width_px);
        } else if (row < frame->height_px) {
            status = decode_line(source, rows->indices + frame->left,
                    frame->width_px, err);
        }
        if (!status) {
            fovea_palette_expand(&frame->palette, 8, 1, rows->indices, width,
                    rows->rgb);
            status = sink->row(sink->context, rows->rgb, err);
        }
        if (status) {
            return status;
        }
    }
    return FOVEA_OK;
}

static enum fovea_status
decode_frame(struct source *source, const struct frame *frame,
        const struct fovea_row_sink *sink, struct fovea_error *err)
{
    FOVEA_AUTO_FREE uint8_t *interlaced = NULL;
    enum fovea_status status = FOVEA_OK;
    uint32_t n_good = frame->height_px;
    if (frame->interlaced) {
        interlaced = calloc(frame->height_px, frame->width_px);
        if (!interlaced) {
            return fovea_fail_memory(err,
                    (size_t)frame->height_px * frame->width_px,
                    "an interlaced GIF");
        }
        status = decode_interlaced(source, frame, interlaced, &n_good, err);
    }
    size_t width = frame->canvas_width_px;
    FOVEA_AUTO_FREE uint8_t *memory = calloc(width, 4);
    if (!memory) {
        return fovea_fail_memory(err, width * 4, "a row of a GIF");
    }
    struct rows rows = {
        .n = status ? frame->top + n_good : frame->canvas_height_px,
        .indices = memory,
        .rgb = memory + width,
    };
    if (n_good == 0) {
        return status;
    }
    enum fovea_status pushed =
            push_rows(source, frame, interlaced, &rows, sink, err);
    return pushed ? pushed : status;
}

enum fovea_status
fovea_decode_gif(struct fovea_input *input, const struct fovea_limits *limits,
        const struct fovea_row_sink *sink, struct fovea_error *err)
{
    /* On the heap: the window does not belong on a stack. */
    FOVEA_AUTO_FREE struct source *source = calloc(1, sizeof *source);
    if (!source) {
        return fovea_fail_memory(err, sizeof *source, "the GIF decoder");
    }
    source->input = input;
    int gif_error = D_GIF_SUCCEEDED;
    FOVEA_AUTO(auto_close)
    GifFileType *gif = DGifOpen(source, read_source, &gif_error);
    if (!gif) {
        return fail(source, gif_error, err);
    }
    int transparent = -1;
    enum fovea_status status = find_frame(gif, source, &transparent, err);
    if (status) {
        return status;
    }
    struct frame frame;
    describe_frame(gif, transparent, &frame);
    if (frame.width_px == 0 || frame.height_px == 0) {
        return fovea_fail(err, FOVEA_ERR_IMAGE_CORRUPT,
                "GIF: the first frame is empty (%" PRIu32 "x%" PRIu32 ")",
                frame.width_px, frame.height_px);
    }
    struct fovea_image_info info = {
        .format = FOVEA_FORMAT_GIF,
        .width_px = frame.canvas_width_px,
        .height_px = frame.canvas_height_px,
        .orientation = 1,
        .decode_bytes = frame.interlaced
                ? (uint64_t)frame.width_px * frame.height_px
                : 0,
    };
    status = fovea_decode_begin(&info, limits, sink, err);
    if (status) {
        return status;
    }
    return decode_frame(source, &frame, sink, err);
}
