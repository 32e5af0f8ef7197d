/*
 * JPEG 2000, by OpenJPEG: JP2 and its bare codestream.
 *
 * What the headers say is read by our own code first (jpeg2000.h): limits, price,
 * and whether the codestream is whole. OpenJPEG then decodes all of it or
 * nothing, in its strict mode, and what it warns of while it does is damage too.
 * It has a pool of threads, which has none unless it is told to.
 *
 * A picture is stored as a small one and what makes it twice as large, level by
 * level: where the sink can do with a smaller one the last levels are left out.
 * What is damaged of them is not seen then.
 *
 * Colour profiles are ignored, alpha is dropped; a palette is looked up. Chroma
 * that is sampled more coarsely than luma is YCbCr, whatever the boxes say, as
 * in Pillow.
 */
#include <inttypes.h>
#include <string.h>

#include <openjpeg.h>

#include "base/error.h"
#include "image/codec/codec.h"
#include "image/codec/jpeg2000.h"

enum {
    BUFFER_BYTES = 64 << 10, /* of a stream */
    TEXT_SIZE = 160
};

/* Enumerated colour spaces, ISO/IEC 15444-1 and -2. */
enum {
    COLOURS_NONE = 0, /* or two levels: as grey */
    COLOURS_CMYK = 12,
    COLOURS_LAB = 14,
    COLOURS_TWO_LEVELS = 15,
    COLOURS_SRGB = 16,
    COLOURS_GREY = 17,
    COLOURS_SYCC = 18,
    COLOURS_ESRGB = 20,
    COLOURS_ROMM = 21,
    COLOURS_ESYCC = 24
};

/* What OpenJPEG reads from, and what it said. */
struct source {
    const struct fovea_input *input;
    uint64_t offset;
    bool io_failed; /* io_error holds why */
    struct fovea_error io_error;
    bool is_open;         /* what cannot be decoded is missing */
    bool is_decoding;     /* the pixels: warnings count */
    char text[TEXT_SIZE]; /* the first one that counts; empty: none */
};

/* What becomes of it. */
struct job {
    struct fovea_image_info info;
    unsigned shrink; /* 1, 2, 4, ...: so many times smaller */
    const struct fovea_row_sink *sink;
};

FOVEA_DEFINE_AUTO(opj_codec_t *, opj_destroy_codec);

FOVEA_DEFINE_AUTO(opj_stream_t *, opj_stream_destroy);

FOVEA_DEFINE_AUTO(opj_image_t *, opj_image_destroy);

static OPJ_SIZE_T
read_bytes(void *buffer, OPJ_SIZE_T size, void *user)
{
    struct source *source = user;
    size_t n = 0;
    if (source->io_failed ||
            fovea_input_read(source->input, source->offset, buffer, size, &n,
                    &source->io_error)) {
        source->io_failed = true;
        return (OPJ_SIZE_T)-1;
    }
    source->offset += n;
    return n > 0 ? n : (OPJ_SIZE_T)-1;
}

static OPJ_OFF_T
skip_bytes(OPJ_OFF_T n, void *user)
{
    struct source *source = user;
    if (n < 0 || (uint64_t)n > source->input->size - source->offset) {
        source->offset = source->input->size;
        return -1;
    }
    source->offset += (uint64_t)n;
    return n;
}

static OPJ_BOOL
seek_to(OPJ_OFF_T offset, void *user)
{
    struct source *source = user;
    if (offset < 0 || (uint64_t)offset > source->input->size) {
        return OPJ_FALSE;
    }
    source->offset = (uint64_t)offset;
    return OPJ_TRUE;
}

static void
keep(struct source *source, const char *text)
{
    if (source->text[0] == '\0') {
        (void)snprintf(source->text, sizeof source->text, "%s", text);
        source->text[strcspn(source->text, "\r\n")] = '\0';
    }
}

static void
on_error(const char *text, void *user)
{
    keep(user, text);
}

/* Of pixels that are whole too: markers that are odd, and ends that are not
   there. Everything else that it finds while it decodes is damage. */
static bool
is_harmless(const char *text)
{
    static const char *const harmless[] = { "Stream does not end with EOC",
        "Psot value of the current tile-part is equal to zero",
        "Non conformant codestream TPsot==TNsot", "Unknown marker",
        "JP2 box which are after the codestream", "Empty SOT marker detected" };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(harmless); i++) {
        if (strncmp(text, harmless[i], strlen(harmless[i])) == 0) {
            return true;
        }
    }
    return false;
}

static void
on_warning(const char *text, void *user)
{
    struct source *source = user;
    if (source->is_decoding && !is_harmless(text)) {
        keep(source, text);
    }
}

static enum fovea_status
fail(const struct source *source, struct fovea_error *err)
{
    if (source->io_failed) {
        if (err) {
            *err = source->io_error;
        }
        return source->io_error.code;
    }
    const char *text = source->text[0] ? source->text : "the file is damaged";
    bool is_memory = strstr(text, "memory") || strstr(text, "OOM") ||
            strstr(text, "llocat");
    bool is_short = source->is_open || strstr(text, "too short") ||
            strstr(text, "Missing packets");
    return fovea_fail(err,
            is_memory          ? FOVEA_ERR_NO_MEMORY
                    : is_short ? FOVEA_ERR_IMAGE_TRUNCATED
                               : FOVEA_ERR_IMAGE_CORRUPT,
            "JPEG 2000: %s", text);
}

static enum fovea_status
check_colours(const struct fovea_jpeg2000 *head, struct fovea_error *err)
{
    const char *name = "of an unknown colour space";
    switch (head->colours) {
    case COLOURS_NONE:
    case COLOURS_TWO_LEVELS:
    case COLOURS_SRGB:
    case COLOURS_GREY:
    case COLOURS_SYCC:
    case COLOURS_ESRGB:
    case COLOURS_ROMM:
        return FOVEA_OK;
    case COLOURS_CMYK:
        name = "of CMYK";
        break;
    case COLOURS_LAB:
        name = "of L*a*b*";
        break;
    case COLOURS_ESYCC:
        name = "of e-sYCC";
        break;
    default:
        break;
    }
    return fovea_fail(err, FOVEA_ERR_IMAGE_UNSUPPORTED,
            "JPEG 2000: pictures %s (%" PRIu32 ") are not supported", name,
            head->colours);
}

static struct fovea_jpeg2000_plane
plane_of(const opj_image_comp_t *component)
{
    return (struct fovea_jpeg2000_plane){
        .samples = component->data,
        .width = component->w,
        .height = component->h,
        .dx = component->dx,
        .dy = component->dy,
        .bits = component->prec,
        .is_signed = component->sgnd != 0,
    };
}

static bool
is_good_plane(const struct fovea_jpeg2000_plane *plane)
{
    return plane->samples && plane->width > 0 && plane->height > 0 &&
            plane->dx > 0 && plane->dy > 0 && plane->bits > 0 &&
            plane->bits <= FOVEA_JPEG2000_MAX_BITS;
}

/* The first three components that are no alpha, or the first one. */
static bool
choose_planes(const opj_image_t *image, const struct fovea_jpeg2000 *head,
        struct fovea_jpeg2000_picture *picture)
{
    struct fovea_jpeg2000_plane planes[3];
    unsigned n = 0;
    for (uint32_t i = 0; i < image->numcomps && n < 3; i++) {
        if (image->comps[i].alpha == 0) {
            planes[n] = plane_of(&image->comps[i]);
            if (!is_good_plane(&planes[n])) {
                return false;
            }
            n++;
        }
    }
    if (n == 0) {
        return false;
    }
    bool is_grey = n < 3 || head->colours == COLOURS_GREY;
    picture->n_planes = is_grey ? 1 : 3;
    memcpy(picture->planes, planes, picture->n_planes * sizeof planes[0]);
    bool is_coarse = !is_grey && planes[0].dx == 1 && planes[0].dy == 1 &&
            (planes[1].dx > 1 || planes[1].dy > 1 || planes[2].dx > 1 ||
                    planes[2].dy > 1);
    picture->is_ycc = !is_grey && (is_coarse || head->colours == COLOURS_SYCC);
    return true;
}

static uint32_t
divide_up(uint32_t a, uint32_t b)
{
    return a / b + (a % b > 0);
}

static enum fovea_status
push_rows(const opj_image_t *image, const struct fovea_jpeg2000 *head,
        const struct job *job, struct fovea_error *err)
{
    const struct fovea_image_rows *rows = &job->info.rows;
    const struct fovea_row_sink *sink = job->sink;
    struct fovea_jpeg2000_picture picture = {
        .width_px = rows->width_px,
        .height_px = rows->height_px,
        .left_px = divide_up(head->left_px, job->shrink),
        .top_px = divide_up(head->top_px, job->shrink),
    };
    if (!choose_planes(image, head, &picture)) {
        return fovea_fail(err, FOVEA_ERR_IMAGE_CORRUPT,
                "JPEG 2000: it has no colours");
    }
    size_t size = 3 * (size_t)rows->width_px;
    FOVEA_AUTO_FREE uint8_t *rgb = malloc(size);
    if (!rgb) {
        return fovea_fail_memory(err, size, "a row of a JPEG 2000");
    }
    for (uint32_t y = 0; y < rows->height_px; y++) {
        fovea_jpeg2000_convert_row(&picture, y, rgb);
        enum fovea_status status = sink->row(sink->context, rgb, err);
        if (status) {
            return status;
        }
    }
    return FOVEA_OK;
}

static opj_stream_t *
create_stream(struct source *source)
{
    opj_stream_t *stream = opj_stream_create(BUFFER_BYTES, OPJ_TRUE);
    if (stream) {
        opj_stream_set_read_function(stream, read_bytes);
        opj_stream_set_skip_function(stream, skip_bytes);
        opj_stream_set_seek_function(stream, seek_to);
        opj_stream_set_user_data(stream, source, NULL);
        opj_stream_set_user_data_length(stream, source->input->size);
    }
    return stream;
}

static opj_codec_t *
create_codec(const struct fovea_jpeg2000 *head, const struct job *job,
        struct source *source)
{
    opj_dparameters_t parameters;
    opj_codec_t *codec = opj_create_decompress(
            head->has_boxes ? OPJ_CODEC_JP2 : OPJ_CODEC_J2K);
    opj_set_default_decoder_parameters(&parameters);
    parameters.cp_reduce = (OPJ_UINT32)__builtin_ctz(job->shrink);
    if (codec) {
        opj_set_error_handler(codec, on_error, source);
        opj_set_warning_handler(codec, on_warning, source);
    }
    if (codec &&
            (!opj_setup_decoder(codec, &parameters) ||
                    !opj_decoder_set_strict_mode(codec, OPJ_TRUE))) {
        opj_destroy_codec_auto(&codec);
        codec = NULL;
    }
    return codec;
}

static enum fovea_status
decode(struct source *source, const struct fovea_jpeg2000 *head,
        const struct job *job, struct fovea_error *err)
{
    FOVEA_AUTO(opj_stream_destroy_auto)
    opj_stream_t *stream = create_stream(source);
    FOVEA_AUTO(opj_destroy_codec_auto)
    opj_codec_t *codec = create_codec(head, job, source);
    FOVEA_AUTO(opj_image_destroy_auto) opj_image_t *image = NULL;
    if (!stream || !codec) {
        return fovea_fail(err, FOVEA_ERR_NO_MEMORY, "JPEG 2000: no memory");
    }
    if (!opj_read_header(stream, codec, &image)) {
        return fail(source, err);
    }
    if (image->x1 - image->x0 != head->width_px ||
            image->y1 - image->y0 != head->height_px ||
            image->numcomps != head->n_components) {
        return fovea_fail(err, FOVEA_ERR_IMAGE_CORRUPT,
                "JPEG 2000: its headers disagree");
    }
    source->is_decoding = true;
    if (!opj_decode(codec, stream, image) || source->text[0]) {
        return fail(source, err);
    }
    return push_rows(image, head, job, err);
}

/* Of n pixels behind the first on the grid: samples that are left of them, and
   where they lie. One stands for the place of the first of those whose place it
   takes, as the filters have it: for their middle it lies half of them early. */
static uint32_t
shrink_side(uint32_t first, uint32_t n, uint32_t shrink, double *start_out)
{
    uint32_t begin = divide_up(first, shrink);
    *start_out = ((double)first - 0.5) / shrink - begin + 0.5;
    return divide_up(first + n, shrink) - begin;
}

/* What a level less leaves must be there in every tile and component. */
static enum fovea_status
choose_rows(const struct fovea_jpeg2000 *head, struct job *job,
        struct fovea_error *err)
{
    enum {
        MAX_LEVELS = 5
    };
    unsigned n = head->coding.least_levels < MAX_LEVELS
            ? head->coding.least_levels
            : MAX_LEVELS;
    struct fovea_image_info *info = &job->info;
    struct fovea_image_rows *rows = &info->rows;
    enum fovea_status status = fovea_decode_choose_shrink(info, job->sink,
            1U << n, &job->shrink, err);
    rows->width_px = shrink_side(head->left_px, head->width_px, job->shrink,
            &rows->left);
    rows->height_px =
            shrink_side(head->top_px, head->height_px, job->shrink, &rows->top);
    rows->across = (double)head->width_px / job->shrink;
    rows->down = (double)head->height_px / job->shrink;
    return status;
}

enum fovea_status
fovea_decode_jpeg2000(struct fovea_input *input,
        const struct fovea_limits *limits, const struct fovea_row_sink *sink,
        struct fovea_error *err)
{
    struct fovea_jpeg2000 head;
    struct source source = { .input = input };
    enum fovea_status status = fovea_jpeg2000_read_head(input, &head, err);
    if (!status) {
        status = check_colours(&head, err);
    }
    if (!status && head.is_cut) {
        return fovea_fail(err, FOVEA_ERR_IMAGE_TRUNCATED,
                "JPEG 2000: the data end before the picture does");
    }
    if (status) {
        return status;
    }
    struct job job = {
        .info = {
            .format = FOVEA_FORMAT_JPEG2000,
            .width_px = head.width_px,
            .height_px = head.height_px,
            .orientation = 1,
        },
        .sink = sink,
    };
    source.is_open = head.is_open;
    status = choose_rows(&head, &job, err);
    if (!status) {
        fovea_jpeg2000_price(&head, job.shrink, &job.info);
        status = fovea_decode_begin(&job.info, limits, sink, err);
    }
    return status ? status : decode(&source, &head, &job, err);
}
