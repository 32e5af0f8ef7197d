/*
 * HEIF's decoders without threads of their own. libheif tells libde265 to start
 * one for every picture, and dav1d one for every CPU; it has no setting for
 * either. A sealed worker cannot start threads, and shares its work by images.
 *
 * So two functions of these libraries are defined here, in the program, where
 * the dynamic linker finds them before the libraries' own. Both decoders do all
 * of their work in the calling thread then, which they are made for.
 */
#include "image/codec/heif_threads.h"

#include <dav1d/dav1d.h>
#include <dlfcn.h>
#include <libde265/de265.h>
#include <string.h>

#include "base/error.h"

#define FOVEA_INTERPOSED __attribute__((visibility("default"), used))

FOVEA_INTERPOSED de265_error
de265_start_worker_threads(de265_decoder_context *decoder,
        int number_of_threads)
{
    (void)decoder;
    (void)number_of_threads;
    return DE265_OK;
}

FOVEA_INTERPOSED void
dav1d_default_settings(Dav1dSettings *settings)
{
    void (*original)(Dav1dSettings *) = NULL;
    void *symbol = dlsym(RTLD_NEXT, "dav1d_default_settings");
    FOVEA_ASSERT(symbol);
    memcpy(&original, &symbol, sizeof original);
    original(settings);
    settings->n_threads = 1;
    settings->max_frame_delay = 1;
}

bool
fovea_heif_is_single_threaded(void)
{
    /* What libheif will find is what this program finds first. */
    void *own = NULL;
    void (*const here)(Dav1dSettings *) = dav1d_default_settings;
    memcpy(&own, &here, sizeof own);
    return dlsym(RTLD_DEFAULT, "dav1d_default_settings") == own;
}
