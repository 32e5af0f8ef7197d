/*
 * What the tags of a TIFF say about its pixels. Source of the meanings: the
 * TIFF 6.0 specification; of the choices where files disagree with it: Pillow.
 */
#include <inttypes.h>
#include <string.h>

#include "base/error.h"
#include "image/codec/tiff.h"

static uint16_t
read_u16(TIFF *tiff, uint32_t tag, uint16_t missing)
{
    uint16_t value = missing;
    return TIFFGetFieldDefaulted(tiff, tag, &value) == 1 ? value : missing;
}

static void
read_extra_samples(struct fovea_tiff *tiff)
{
    uint16_t n = 0;
    uint16_t *kinds = NULL;
    tiff->extra_is_given =
            TIFFGetField(tiff->tiff, TIFFTAG_EXTRASAMPLES, &n, &kinds) == 1;
    if (TIFFGetFieldDefaulted(tiff->tiff, TIFFTAG_EXTRASAMPLES, &n, &kinds) ==
                    1 &&
            n > 0 && kinds) {
        tiff->n_extra = n;
        tiff->first_extra = kinds[0];
    }
}

static void
read_blocks(struct fovea_tiff *tiff)
{
    tiff->tiled = TIFFIsTiled(tiff->tiff) != 0;
    tiff->block_width_px = tiff->width_px;
    tiff->block_height_px = tiff->height_px;
    if (tiff->tiled) {
        uint32_t side = 0;
        if (TIFFGetField(tiff->tiff, TIFFTAG_TILEWIDTH, &side) == 1) {
            tiff->block_width_px = side;
        }
        if (TIFFGetField(tiff->tiff, TIFFTAG_TILELENGTH, &side) == 1) {
            tiff->block_height_px = side;
        }
        return;
    }
    uint32_t rows = 0;
    if (TIFFGetFieldDefaulted(tiff->tiff, TIFFTAG_ROWSPERSTRIP, &rows) == 1 &&
            rows > 0 && rows < tiff->height_px) {
        tiff->block_height_px = rows;
    }
}

static const char *
photometric_name(unsigned photometric)
{
    switch (photometric) {
    case PHOTOMETRIC_MASK:
        return "transparency mask";
    case PHOTOMETRIC_CFA:
        return "raw camera sensor";
    case PHOTOMETRIC_LOGL:
    case PHOTOMETRIC_LOGLUV:
        return "LogLuv";
    default:
        return "unknown";
    }
}

static const char *
sample_format_name(unsigned format)
{
    switch (format) {
    case SAMPLEFORMAT_UINT:
        return "unsigned integer";
    case SAMPLEFORMAT_INT:
        return "signed integer";
    case SAMPLEFORMAT_IEEEFP:
        return "floating-point";
    case SAMPLEFORMAT_COMPLEXINT:
    case SAMPLEFORMAT_COMPLEXIEEEFP:
        return "complex";
    default:
        return "untyped";
    }
}

static enum fovea_status
unsupported_samples(const struct fovea_tiff *tiff, const char *what,
        struct fovea_error *err)
{
    return fovea_fail(err, FOVEA_ERR_IMAGE_UNSUPPORTED,
            "TIFF: %s pixels of %u-bit %s samples, %u a pixel, are not "
            "supported",
            what, tiff->bits, sample_format_name(tiff->sample_format),
            tiff->n_samples);
}

static bool
is_index_size(const struct fovea_tiff *tiff)
{
    bool packed = tiff->bits == 1 || tiff->bits == 2 || tiff->bits == 4;
    return tiff->sample_format == SAMPLEFORMAT_UINT &&
            ((packed && tiff->n_samples == 1) || tiff->bits == 8);
}

static enum fovea_status
choose_grey(struct fovea_tiff *tiff, struct fovea_error *err)
{
    if (is_index_size(tiff)) {
        tiff->pixels = FOVEA_TIFF_INDEX;
        fovea_palette_set_grey(&tiff->palette, tiff->bits,
                tiff->photometric == PHOTOMETRIC_MINISWHITE);
        return FOVEA_OK;
    }
    /* Of 32 bits and of floats nobody says which value is white. */
    bool is_unsigned = tiff->sample_format == SAMPLEFORMAT_UINT;
    bool is_deep = tiff->bits == 16 &&
            (is_unsigned || tiff->sample_format == SAMPLEFORMAT_INT);
    bool is_packed = tiff->bits == 12 && tiff->n_samples == 1 && is_unsigned;
    if (!is_deep && !is_packed) {
        return unsupported_samples(tiff, "grey", err);
    }
    tiff->pixels = FOVEA_TIFF_GREY;
    return FOVEA_OK;
}

static enum fovea_status
choose_palette(struct fovea_tiff *tiff, struct fovea_error *err)
{
    if (!is_index_size(tiff)) {
        return unsupported_samples(tiff, "palette", err);
    }
    uint16_t *red = NULL;
    uint16_t *green = NULL;
    uint16_t *blue = NULL;
    if (TIFFGetField(tiff->tiff, TIFFTAG_COLORMAP, &red, &green, &blue) != 1 ||
            !red || !green || !blue) {
        return fovea_fail(err, FOVEA_ERR_IMAGE_CORRUPT,
                "TIFF: a palette is needed and missing");
    }
    tiff->pixels = FOVEA_TIFF_INDEX;
    for (size_t i = 0; i < (size_t)1 << tiff->bits; i++) {
        tiff->palette.rgb[i][0] = (uint8_t)(red[i] >> 8);
        tiff->palette.rgb[i][1] = (uint8_t)(green[i] >> 8);
        tiff->palette.rgb[i][2] = (uint8_t)(blue[i] >> 8);
    }
    return FOVEA_OK;
}

/* Pillow divides by the alpha where the tag says that the colours were
   multiplied by it; in compressed planes also where the tag is missing. */
static bool
is_premultiplied(const struct fovea_tiff *tiff)
{
    if (tiff->n_samples < 4) {
        return false;
    }
    if (tiff->n_extra > 0 && tiff->first_extra == EXTRASAMPLE_ASSOCALPHA) {
        return true;
    }
    return tiff->separate && tiff->compression != COMPRESSION_NONE &&
            !tiff->extra_is_given && tiff->n_samples == 4;
}

static enum fovea_status
choose_colours(struct fovea_tiff *tiff, struct fovea_error *err)
{
    bool cmyk = tiff->photometric == PHOTOMETRIC_SEPARATED;
    if (tiff->sample_format != SAMPLEFORMAT_UINT ||
            (tiff->bits != 8 && tiff->bits != 16) ||
            tiff->n_samples < (cmyk ? 4 : 3)) {
        return unsupported_samples(tiff, cmyk ? "CMYK" : "RGB", err);
    }
    if (cmyk) {
        tiff->pixels = FOVEA_TIFF_CMYK;
    } else {
        tiff->pixels = is_premultiplied(tiff) ? FOVEA_TIFF_PREMULTIPLIED
                                              : FOVEA_TIFF_RGB;
    }
    return FOVEA_OK;
}

/* a* and b* have signs by definition, whatever the format says. L* may stand
   alone: grey. */
static enum fovea_status
choose_lab(struct fovea_tiff *tiff, struct fovea_error *err)
{
    bool is_int = tiff->sample_format == SAMPLEFORMAT_UINT ||
            tiff->sample_format == SAMPLEFORMAT_INT;
    bool alone =
            tiff->n_samples == 1 && tiff->photometric == PHOTOMETRIC_CIELAB;
    if (!is_int || (tiff->bits != 8 && tiff->bits != 16) ||
            (tiff->n_samples < 3 && !alone)) {
        return unsupported_samples(tiff, "L*a*b*", err);
    }
    tiff->pixels = FOVEA_TIFF_LAB;
    return fovea_tiff_create_lab(tiff, err);
}

/* JPEG hands out RGB by itself; the rest goes through libtiff's converter. */
static enum fovea_status
choose_ycbcr(struct fovea_tiff *tiff, struct fovea_error *err)
{
    if (tiff->bits != 8 || tiff->n_samples != 3) {
        return unsupported_samples(tiff, "YCbCr", err);
    }
    tiff->pixels = FOVEA_TIFF_VIA_RGBA;
    if (tiff->compression == COMPRESSION_JPEG && !tiff->separate) {
        if (TIFFSetField(tiff->tiff, TIFFTAG_JPEGCOLORMODE,
                    JPEGCOLORMODE_RGB) != 1) {
            return fovea_tiff_fail(tiff, err);
        }
        tiff->pixels = FOVEA_TIFF_RGB;
    }
    return FOVEA_OK;
}

static enum fovea_status
choose_pixels(struct fovea_tiff *tiff, struct fovea_error *err)
{
    switch (tiff->photometric) {
    case PHOTOMETRIC_MINISWHITE:
    case PHOTOMETRIC_MINISBLACK:
        return choose_grey(tiff, err);
    case PHOTOMETRIC_PALETTE:
        return choose_palette(tiff, err);
    case PHOTOMETRIC_RGB:
    case PHOTOMETRIC_SEPARATED:
        return choose_colours(tiff, err);
    case PHOTOMETRIC_YCBCR:
        return choose_ycbcr(tiff, err);
    case PHOTOMETRIC_CIELAB:
    case PHOTOMETRIC_ICCLAB:
    case PHOTOMETRIC_ITULAB:
        return choose_lab(tiff, err);
    default:
        return fovea_fail(err, FOVEA_ERR_IMAGE_UNSUPPORTED,
                "TIFF: %s pixels (photometric interpretation %u) are not "
                "supported",
                photometric_name(tiff->photometric), tiff->photometric);
    }
}

enum fovea_status
fovea_tiff_read_layout(struct fovea_tiff *tiff, struct fovea_error *err)
{
    TIFF *file = tiff->tiff;
    if (TIFFGetField(file, TIFFTAG_IMAGEWIDTH, &tiff->width_px) != 1 ||
            TIFFGetField(file, TIFFTAG_IMAGELENGTH, &tiff->height_px) != 1) {
        return fovea_fail(err, FOVEA_ERR_IMAGE_CORRUPT,
                "TIFF: width or height is missing");
    }
    tiff->compression = read_u16(file, TIFFTAG_COMPRESSION, COMPRESSION_NONE);
    tiff->photometric =
            read_u16(file, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISWHITE);
    tiff->bits = read_u16(file, TIFFTAG_BITSPERSAMPLE, 1);
    tiff->n_samples = read_u16(file, TIFFTAG_SAMPLESPERPIXEL, 1);
    tiff->sample_format =
            read_u16(file, TIFFTAG_SAMPLEFORMAT, SAMPLEFORMAT_UINT);
    if (tiff->sample_format == SAMPLEFORMAT_VOID) {
        /* "As if the field were not present", the specification says. */
        tiff->sample_format = SAMPLEFORMAT_UINT;
    }
    read_extra_samples(tiff);
    read_blocks(tiff);
    if (tiff->n_samples == 0 || tiff->n_samples > FOVEA_TIFF_MAX_SAMPLES) {
        return fovea_fail(err, FOVEA_ERR_IMAGE_UNSUPPORTED,
                "TIFF: %u samples a pixel are not supported", tiff->n_samples);
    }
    tiff->separate = tiff->n_samples > 1 &&
            read_u16(file, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG) ==
                    PLANARCONFIG_SEPARATE;
    /* libtiff decodes JBIG in whole strips only, and nobody writes it. */
    if (!TIFFIsCODECConfigured(tiff->compression) ||
            tiff->compression == COMPRESSION_JBIG) {
        return fovea_fail(err, FOVEA_ERR_IMAGE_UNSUPPORTED,
                "TIFF: compression %u is not supported", tiff->compression);
    }
    unsigned orientation = read_u16(file, TIFFTAG_ORIENTATION, 1);
    tiff->orientation = orientation <= 8 ? orientation : 1;
    return choose_pixels(tiff, err);
}
