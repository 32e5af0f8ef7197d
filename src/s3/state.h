/* Inside of s3/: a client. */
#ifndef FOVEA_S3_STATE_H
#define FOVEA_S3_STATE_H

#include <pthread.h>

#include "s3/credentials.h"
#include "s3/s3.h"
#include "s3/site.h"

struct fovea_s3 {
    /* Never changes. */
    char *endpoint; /* owned; NULL: not said */
    char *region;
    char *profile;
    bool path_style;
    bool asks_instance;
    struct fovea_client_settings settings;
    char *user_agent; /* owned; the settings have it */

    pthread_mutex_t mutex;
    /* Guarded by it. */
    struct fovea_client *client; /* NULL: not needed yet; then it stays */
    bool has_site;
    struct fovea_site site;
    struct fovea_credentials credentials; /* none yet: expires_ns 0 */
    struct fovea_error failure;           /* why there were none */
    int64_t failed_until_ns;              /* so long it is not tried again */
};

/** The client of its own requests; made the first time. */
FOVEA_NODISCARD enum fovea_status fovea_s3_client(struct fovea_s3 *s3,
        struct fovea_client **client_out, struct fovea_error *err);

/** What messages call an object: "s3://bucket/key", cut and made plain. */
enum {
    FOVEA_S3_WORDS_SIZE = 120
};

void fovea_s3_words(const struct fovea_s3_name *name,
        char words[FOVEA_S3_WORDS_SIZE]);

/**
 * The failure that a bad status means.
 *
 * @param text    What came with it: XML, or anything.
 * @param region  Header x-amz-bucket-region; "": not said.
 */
enum fovea_status fovea_s3_explain(const struct fovea_s3_name *name, long code,
        const struct fovea_text *text, const char *region,
        struct fovea_error *err);

#endif
