/*
 * See heif_frames.h. How large a coded picture is stands in the index and in its
 * data; libheif believes the index where it places a tile, and the data when it
 * decodes it. A tile that is small in the one and huge in the other would cost
 * what nobody was told.
 *
 * As in heif_threads.c the functions that libheif makes its decoders with are
 * defined here, in the program: the decoders that they make know the bound. It
 * is this thread's, which is the one that they work in.
 */
#include "image/codec/heif_frames.h"

#include <dav1d/dav1d.h>
#include <dlfcn.h>
#include <libde265/de265.h>
#include <string.h>

#include "base/error.h"

#define FOVEA_INTERPOSED __attribute__((visibility("default"), used))

static _Thread_local uint64_t max_frame_pixels = UINT64_MAX;
static _Thread_local bool skips_filters;

void
fovea_heif_limit_frames(uint64_t max_pixels)
{
    max_frame_pixels = max_pixels;
}

void
fovea_heif_skip_filters(bool skips)
{
    skips_filters = skips;
}

/* The library's own function of this name. */
static void
find_original(const char *name, void *function_out)
{
    void *symbol = dlsym(RTLD_NEXT, name);
    FOVEA_ASSERT(symbol);
    memcpy(function_out, &symbol, sizeof symbol);
}

/* libde265 has no bound to be set: the first frame that is too large is decoded,
   in the memory that the process may have, and is the last. */
FOVEA_INTERPOSED const struct de265_image *
de265_get_next_picture(de265_decoder_context *decoder)
{
    const struct de265_image *(*original)(de265_decoder_context *) = NULL;
    int (*side[2])(const struct de265_image *, int) = { NULL, NULL };
    find_original("de265_get_next_picture", &original);
    find_original("de265_get_image_width", &side[0]);
    find_original("de265_get_image_height", &side[1]);
    const struct de265_image *image = original(decoder);
    if (!image) {
        return NULL;
    }
    uint64_t width = (uint64_t)(unsigned)side[0](image, 0);
    uint64_t height = (uint64_t)(unsigned)side[1](image, 0);
    return width * height > max_frame_pixels ? NULL : image;
}

/* Of a picture that stands alone nothing else is made of what the filters leave. */
FOVEA_INTERPOSED de265_decoder_context *
de265_new_decoder(void)
{
    de265_decoder_context *(*original)(void) = NULL;
    void (*set)(de265_decoder_context *, enum de265_param, int) = NULL;
    find_original("de265_new_decoder", &original);
    find_original("de265_set_parameter_bool", &set);
    de265_decoder_context *decoder = original();
    if (decoder && skips_filters) {
        set(decoder, DE265_DECODER_PARAM_DISABLE_DEBLOCKING, 1);
        set(decoder, DE265_DECODER_PARAM_DISABLE_SAO, 1);
    }
    return decoder;
}

FOVEA_INTERPOSED int
dav1d_open(Dav1dContext **decoder_out, const Dav1dSettings *settings)
{
    int (*original)(Dav1dContext **, const Dav1dSettings *) = NULL;
    find_original("dav1d_open", &original);
    Dav1dSettings bounded = *settings;
    if (max_frame_pixels < UINT32_MAX) {
        bounded.frame_size_limit = (unsigned)max_frame_pixels;
    }
    return original(decoder_out, &bounded);
}

bool
fovea_heif_limits_frames(void)
{
    void *own[3] = { NULL, NULL, NULL };
    de265_decoder_context *(*const makes)(void) = de265_new_decoder;
    int (*const opens)(Dav1dContext **, const Dav1dSettings *) = dav1d_open;
    const struct de265_image *(*const gives)(de265_decoder_context *) =
            de265_get_next_picture;
    memcpy(&own[0], &opens, sizeof own[0]);
    memcpy(&own[1], &gives, sizeof own[1]);
    memcpy(&own[2], &makes, sizeof own[2]);
    return dlsym(RTLD_DEFAULT, "dav1d_open") == own[0] &&
            dlsym(RTLD_DEFAULT, "de265_get_next_picture") == own[1] &&
            dlsym(RTLD_DEFAULT, "de265_new_decoder") == own[2];
}
