/*
 * Inside of archive/: an archive that is elsewhere, as a pipe: a thread downloads it,
 * going on where that breaks off, and waits where nobody reads.
 */
#ifndef FOVEA_ARCHIVE_FEED_H
#define FOVEA_ARCHIVE_FEED_H

#include <stdbool.h>

#include "fovea/status.h"

struct fovea_feed;
struct fovea_s3_settings;

/**
 * Begin to download.
 *
 * @param url       https://, http:// or s3://; copied.
 * @param version   The ETag that it must have; NULL: any. Copied.
 * @param settings  Copied, but for what stops it.
 * @param fd_out    The pipe's other end, the caller's to close.
 */
FOVEA_NODISCARD enum fovea_status fovea_feed_open(const char *url,
        const char *version, const struct fovea_s3_settings *settings,
        struct fovea_feed **feed_out, int *fd_out, struct fovea_error *err);

/** Break it off, wait for the thread, and free everything. NULL is fine. */
void fovea_feed_close(struct fovea_feed *feed);

/** Whether who reads the pipe waits for bytes that have not come. */
bool fovea_feed_is_awaited(struct fovea_feed *feed);

/** Why it ended early: FOVEA_OK if it did not, or has not yet. The pipe ends after
 *  that is known. */
enum fovea_status fovea_feed_failure(struct fovea_feed *feed,
        struct fovea_error *err);

#endif
