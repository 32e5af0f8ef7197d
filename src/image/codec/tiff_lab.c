/*
 * L*a*b* samples of a TIFF to RGB, by libtiff's conversion.
 *
 * Sources: TIFF 6.0 section 23 for CIELab, technical note 4 for ICCLab, ITU-T
 * T.42 for the ranges of ITULab. The matrix is sRGB's from the white of print,
 * D50, which these files are relative to: paper comes out white. libtiff's own
 * matrix is for daylight and makes it yellow. Within 2 levels on average of
 * what a colour management system gives.
 */
#include <string.h>

#include "base/error.h"
#include "image/codec/tiff.h"

/* Linear light to samples: sRGB's curve is closest to this power. */
static const TIFFDisplay srgb_under_d50 = {
    .d_mat = {
        { 3.1338561F, -1.6168667F, -0.4906146F },
        { -0.9787684F, 1.9161415F, 0.0334540F },
        { 0.0719453F, -0.2289914F, 1.4052427F },
    },
    .d_YCR = 100.0F,
    .d_YCG = 100.0F,
    .d_YCB = 100.0F,
    .d_Vrwr = 255,
    .d_Vrwg = 255,
    .d_Vrwb = 255,
    .d_gammaR = 2.2F,
    .d_gammaG = 2.2F,
    .d_gammaB = 2.2F,
};

static int32_t
with_sign(uint8_t sample)
{
    return sample < 128 ? sample : (int32_t)sample - 256;
}

/* A sample of 0 to 255 in a range of whole numbers, rounded. */
static int32_t
in_range(uint8_t sample, int32_t low, int32_t high)
{
    return low + (sample * (high - low) + 127) / 255;
}

enum fovea_status
fovea_tiff_create_lab(struct fovea_tiff *tiff, struct fovea_error *err)
{
    float d50[3] = { 96.4250F, 100.0F, 82.4680F };
    tiff->lab = calloc(1, sizeof *tiff->lab);
    if (!tiff->lab) {
        return fovea_fail_memory(err, sizeof *tiff->lab, "a L*a*b* TIFF");
    }
    if (TIFFCIELabToRGBInit(tiff->lab, &srgb_under_d50, d50) < 0) {
        return fovea_fail(err, FOVEA_ERR_INTERNAL,
                "TIFF: libtiff cannot convert L*a*b*");
    }
    return FOVEA_OK;
}

void
fovea_tiff_convert_lab(const struct fovea_tiff *tiff, const uint8_t *lab,
        uint8_t *rgb)
{
    int32_t a;
    int32_t b;
    if (tiff->photometric == PHOTOMETRIC_CIELAB) {
        a = with_sign(lab[1]);
        b = with_sign(lab[2]);
    } else if (tiff->photometric == PHOTOMETRIC_ICCLAB) {
        a = (int32_t)lab[1] - 128;
        b = (int32_t)lab[2] - 128;
    } else {
        a = in_range(lab[1], -85, 85);
        b = in_range(lab[2], -75, 125);
    }
    float x;
    float y;
    float z;
    uint32_t out[3];
    TIFFCIELabToXYZ(tiff->lab, lab[0], a, b, &x, &y, &z);
    TIFFXYZToRGB(tiff->lab, x, y, z, &out[0], &out[1], &out[2]);
    for (size_t c = 0; c < 3; c++) {
        rgb[c] = (uint8_t)out[c];
    }
}
