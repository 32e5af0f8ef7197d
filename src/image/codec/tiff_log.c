/*
 * Between libtiff and us: it reads through our input, writes nothing to stderr
 * (its messages come to handlers of this one file, no global ones), and may
 * take no single piece of memory larger than the limits allow a picture to be.
 */
#include <string.h>

#include "base/error.h"
#include "base/size.h"
#include "image/codec/tiff.h"
#include "option/limits.h"

enum {
    MAX_PIXEL_BYTES = 16, /* 6 samples of 16 bits, or libtiff's RGBA twice */
    BASE_MEMORY = 1 << 24,
    /* How often a byte of the file may be read: libtiff goes back a few times.
       On top of it come shared strips, for which there are the pixels. */
    MAX_READS = 4
};

/* Strips and tiles may lie over each other, as blank ones do in files that save
   on them; then a small file can have terabytes to read. */
static bool
may_read(struct fovea_tiff_log *log, uint64_t size)
{
    if (size > log->n_left) {
        log->io_failed = true;
        (void)fovea_fail(&log->io_error, FOVEA_ERR_IMAGE_CORRUPT,
                "TIFF: many strips or tiles share the same bytes");
        return false;
    }
    log->n_left -= size;
    return true;
}

static tmsize_t
read_bytes(thandle_t handle, void *buffer, tmsize_t size)
{
    struct fovea_tiff_log *log = handle;
    size_t n = 0;
    if (size < 0) {
        return -1;
    }
    if (!may_read(log, (uint64_t)size)) {
        return 0;
    }
    if (fovea_input_read(log->input, log->offset, buffer, (size_t)size, &n,
                &log->io_error)) {
        /* Nothing, not -1: libtiff 4.5 adds what it is given to a count of
           bytes, and then clears memory from one byte before its buffer. */
        log->io_failed = true;
        return 0;
    }
    log->offset += n;
    if (log->pads) {
        memset((uint8_t *)buffer + n, 0, (size_t)size - n);
        return size;
    }
    log->ended |= n < (size_t)size;
    return (tmsize_t)n;
}

static tmsize_t
write_bytes(thandle_t handle, void *buffer, tmsize_t size)
{
    (void)handle;
    (void)buffer;
    (void)size;
    return -1;
}

static toff_t
seek_to(thandle_t handle, toff_t offset, int whence)
{
    struct fovea_tiff_log *log = handle;
    if (whence == SEEK_CUR) {
        offset += log->offset;
    } else if (whence == SEEK_END) {
        offset += log->input->size;
    }
    log->offset = offset;
    return offset;
}

static int
close_nothing(thandle_t handle)
{
    (void)handle;
    return 0;
}

static toff_t
tell_size(thandle_t handle)
{
    const struct fovea_tiff_log *log = handle;
    return log->input->size;
}

static void
keep_error(struct fovea_tiff_log *log, const char *text)
{
    log->is_damaged = true;
    if (log->first_error[0] == '\0') {
        (void)snprintf(log->first_error, sizeof log->first_error, "%s", text);
    }
}

/* 1 tells libtiff that the message is dealt with. */
__attribute__((format(printf, 4, 0))) static int
on_error(TIFF *file, void *user, const char *module, const char *format,
        va_list arguments)
{
    (void)file;
    (void)module;
    struct fovea_tiff_log *log = user;
    char text[sizeof log->first_error] = "";
    (void)vsnprintf(text, sizeof text, format, arguments);
    keep_error(log, text);
    return 1;
}

/* What libjpeg warns of when entropy-coded data do not fit. It fills in grey
   when they end; here it is the end. Other warnings are about headers. */
static bool
is_damage(struct fovea_tiff_log *log, const char *module, const char *text)
{
    static const char end[] = "Premature end";
    static const char corrupt[] = "Corrupt JPEG data";
    if (strcmp(module, "JPEGLib") == 0) {
        bool is_end = strncmp(text, end, sizeof end - 1) == 0 ||
                strstr(text, "premature end");
        log->ended = log->ended || is_end;
        return is_end || strncmp(text, corrupt, sizeof corrupt - 1) == 0;
    }
    /* The decoders of fax mend lines that are too long or too short. */
    return strncmp(module, "Fax", 3) == 0;
}

__attribute__((format(printf, 4, 0))) static int
on_warning(TIFF *file, void *user, const char *module, const char *format,
        va_list arguments)
{
    (void)file;
    struct fovea_tiff_log *log = user;
    char text[128] = "";
    (void)vsnprintf(text, sizeof text, format, arguments);
    if (module && is_damage(log, module, text)) {
        keep_error(log, text);
    }
    return 1;
}

/* In our words: libtiff's are of byte counts and of scanline 4294967295. */
static enum fovea_status
fail_truncated(struct fovea_error *err)
{
    return fovea_fail(err, FOVEA_ERR_IMAGE_TRUNCATED,
            "TIFF: the data ends before its last pixel");
}

/* libtiff has no codes, only sentences: some of them are not of damage. */
static enum fovea_status
status_of(const char *text)
{
    if (strstr(text, "limit defined in open options")) {
        return FOVEA_ERR_IMAGE_TOO_MUCH_MEMORY;
    }
    return strstr(text, "allocate memory") || strstr(text, "ut of memory")
            ? FOVEA_ERR_NO_MEMORY
            : FOVEA_ERR_IMAGE_CORRUPT;
}

enum fovea_status
fovea_tiff_fail(const struct fovea_tiff *tiff, struct fovea_error *err)
{
    const struct fovea_tiff_log *log = &tiff->log;
    if (log->io_failed) {
        if (err) {
            *err = log->io_error;
        }
        return log->io_error.code;
    }
    if (log->ended) {
        return fail_truncated(err);
    }
    const char *text =
            log->first_error[0] ? log->first_error : "the file is damaged";
    enum fovea_status status = status_of(text);
    bool is_limit = status == FOVEA_ERR_IMAGE_TOO_MUCH_MEMORY;
    return fovea_fail(err, status, "TIFF: %s%s%s", text, is_limit ? " " : "",
            is_limit ? fovea_limit_by(FOVEA_OPTION_DECODE_BYTES) : "");
}

enum fovea_status
fovea_tiff_check_damage(const struct fovea_tiff *tiff, struct fovea_error *err)
{
    if (tiff->log.ended) {
        return fail_truncated(err);
    }
    return tiff->log.is_damaged ? fovea_tiff_fail(tiff, err) : FOVEA_OK;
}

/* All that may be read. */
static uint64_t
reading_limit(const struct fovea_input *input,
        const struct fovea_limits *limits)
{
    return fovea_sum_bytes(
            fovea_product_bytes(limits->max_pixels, MAX_PIXEL_BYTES),
            fovea_sum_bytes(BASE_MEMORY,
                    fovea_product_bytes(MAX_READS, input->size)));
}

/* Of any one piece, tags included. */
static tmsize_t
memory_limit(const struct fovea_limits *limits)
{
    uint64_t most = UINT64_MAX / 4;
    uint64_t bytes =
            limits->max_decode_bytes < most ? limits->max_decode_bytes : most;
    return (tmsize_t)(bytes + BASE_MEMORY);
}

enum fovea_status
fovea_tiff_open(const struct fovea_input *input,
        const struct fovea_limits *limits, struct fovea_tiff *tiff,
        struct fovea_error *err)
{
    TIFFOpenOptions *options = TIFFOpenOptionsAlloc();
    if (!options) {
        return fovea_fail(err, FOVEA_ERR_NO_MEMORY, "TIFF: no memory");
    }
    tiff->log.input = input;
    tiff->log.n_left = reading_limit(input, limits);
    TIFFOpenOptionsSetMaxSingleMemAlloc(options, memory_limit(limits));
    TIFFOpenOptionsSetErrorHandlerExtR(options, on_error, &tiff->log);
    TIFFOpenOptionsSetWarningHandlerExtR(options, on_warning, &tiff->log);
    tiff->tiff =
            TIFFClientOpenExt("TIFF", "rm", &tiff->log, read_bytes, write_bytes,
                    seek_to, close_nothing, tell_size, NULL, NULL, options);
    TIFFOpenOptionsFree(options);
    return tiff->tiff ? FOVEA_OK : fovea_tiff_fail(tiff, err);
}
