/*
 * The flags that say how the library is to be opened: batches, workers, limits.
 * One table for every command that embeds.
 */
#ifndef FOVEA_CLI_SETTINGS_H
#define FOVEA_CLI_SETTINGS_H

#include "fovea/fovea.h"

#include "cli/args.h"

/** The flags, as they were given; 0 and NULL: not given. */
struct fovea_settings {
    uint64_t n_batch;
    uint64_t n_threads;
    uint64_t n_workers;
    uint64_t max_queue;
    uint64_t sandbox; /* enum fovea_sandbox */
    uint64_t max_cache;
    uint64_t recycle;
    int64_t idle_ns;
    int64_t deadline_ns;
    int64_t image_ns;
    int64_t load_ns;
    int64_t connect_ns;
    int64_t fetch_ns;
    uint64_t max_redirects;
    uint64_t max_tries;
    const char *user_agent;
    bool allow_private;
    const char *memory_limit;
    uint64_t max_bytes;
    uint64_t max_pixels;
    uint64_t max_side_px;
    uint64_t max_decode_bytes;
    uint64_t max_decode_work;
    uint64_t damaged;         /* enum fovea_damaged */
    const char *max_warnings; /* obsolete */
};

enum {
    FOVEA_SETTINGS_N_FLAGS = 25
};

/* What the flags are, for the help of each command; as it is printed. */
/* clang-format off */
#define FOVEA_SETTINGS_HELP \
    "Workers:\n" \
    "      --batch N         images a worker takes at once, 1 to 128 (8)\n" \
    "      --workers N       most worker processes, 1 to 256 (as many as the\n" \
    "                        process may use CPUs, at least 2)\n" \
    "      --threads N       of each worker, 1 to 64 (1)\n" \
    "      --memory-limit L  of all workers: a share of the memory there is\n" \
    "                        (80%) or bytes (4G)\n" \
    "      --max-queue N     images that may wait, 1 to 65536 (256)\n" \
    "      --deadline TIME   an image may take until its answer (5m)\n" \
    "      --image-time TIME a worker may take for one image (30s)\n" \
    "      --load-time TIME  a worker may take to start (2m)\n" \
    "      --idle TIME       a worker without work ends after it (5m)\n" \
    "      --recycle N       images after which a worker is replaced (10000)\n" \
    "      --max-cache N     bytes of packed weights kept on disk (8G)\n" \
    "      --sandbox WHEN    workers lock themselves in: on (or nothing runs),\n" \
    "                        auto (where the kernel can), off (on)\n" \
    "TIME is in seconds, or has ms, s, m or h behind it, or is never.\n" \
    "\n" \
    "URLs:\n" \
    "      --connect-time TIME  to reach the server (10s)\n" \
    "      --fetch-time TIME    for all of a download (60s)\n" \
    "      --max-redirects N    1 to 50 (5)\n" \
    "      --fetch-tries N      of a URL whose server asks to wait, 1 to 10 (3)\n" \
    "      --user-agent TEXT    who you are to servers, and how to reach you\n" \
    "      --allow-private-urls also from this machine and its networks\n" \
    "\n" \
    "Limits; an image beyond one is a bad input:\n" \
    "      --max-bytes N     size of the file; K, M, G are powers of 1024 (256M)\n" \
    "      --max-pixels N    width times height; K, M, G are powers of 1000\n" \
    "                        (268435456)\n" \
    "      --max-side N      width, and height (65535)\n" \
    "      --max-image-memory N  to decode it where it does not stream (1G)\n" \
    "      --max-image-work N    pixel passes to decode it: pixels, times scans\n" \
    "                            and uses of tiles (4294967296)\n" \
    "\n" \
    "Damage:\n" \
    "      --damaged WHAT    an image that cannot be decoded whole: refuse, or\n" \
    "                        accept if at least half of its rows can; the others\n" \
    "                        become grey, and the result says so (refuse)\n"
/* clang-format on */

/** Write the table's FOVEA_SETTINGS_N_FLAGS entries, which fill *settings. */
void fovea_settings_flags(struct fovea_settings *settings,
        struct fovea_flag *flags);

/**
 * What they mean. Fields that no flag is about are left alone.
 *
 * Proxies of the environment are used: it is the user's own.
 *
 * @return FOVEA_OK; FOVEA_ERR_ARGUMENT for a memory limit that is none.
 */
FOVEA_NODISCARD enum fovea_status fovea_settings_apply(
        const struct fovea_settings *settings, struct fovea_options *options,
        struct fovea_error *err);

/** Put the library's defaults in for what was left at 0 of max_workers,
 *  max_batch, max_queue and deadline_ns, where a command has to know them. */
void fovea_settings_resolve(struct fovea_options *options);

#endif
