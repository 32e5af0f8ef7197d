/* What the tests of the fetcher share: settings, and waiting for answers. */
#ifndef FOVEA_SUPPORT_FETCHED_H
#define FOVEA_SUPPORT_FETCHED_H

#include <pthread.h>
#include <stdint.h>

#include "source/fetch.h"

enum {
    URL_SIZE = 512
};

/** One answer that is waited for. */
struct fetched {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    unsigned n_answers;
    struct fovea_error result;
    int fd;
    uint64_t size;
    int64_t fetch_ns;
    char declared[FOVEA_DECLARED_SIZE];
};

void fetched_init(struct fetched *fetched);
void fetched_finish(struct fetched *fetched);

/** The callback; context is a struct fetched. */
void fetched_note(void *context, const struct fovea_error *result,
        const struct fovea_fetched *what);

/** Wait until it is there; ends the test after 20 s. */
enum fovea_status fetched_wait(struct fetched *fetched);

/** Settings that allow 127.0.0.1, with limits for tests. */
struct fovea_fetch_settings fetch_settings(void);

/** "http://127.0.0.1:<port><path>" */
const char *url_of(unsigned port, const char *path, char text[URL_SIZE]);

/** Fetch one URL with a fetcher of its own, wait, check what an answer must
 *  always be. fd stays open in *fetched on success. */
enum fovea_status fetch_one(const struct fovea_fetch_settings *settings,
        const char *url, struct fetched *fetched);

/** All bytes are server_byte()s; the file is sealed. */
void check_pattern(const struct fetched *fetched, uint64_t size);

/** Fetch a path of a server at 127.0.0.1, which must work. */
void check_good(unsigned port, const char *path, uint64_t size);

/** Fetch a URL, which must fail with words of the message. */
void check_bad(const struct fovea_fetch_settings *settings, const char *url,
        enum fovea_status code, const char *part);
void check_bad_path(unsigned port, const char *path, enum fovea_status code,
        const char *part);

#endif
