/* Inside of fovea_pull(): a model on its way into the cache. */
#ifndef FOVEA_HUB_PULL_STATE_H
#define FOVEA_HUB_PULL_STATE_H

#include <jansson.h>

#include "hub/hub.h"
#include "spec/file_layout.h"

enum {
    FOVEA_MAX_REVISION = 200 /* bytes */
};

struct fovea_pull_state {
    struct fovea_hub hub;
    char commit[FOVEA_COMMIT_SIZE];
    char *repository; /* <cache>/models--owner--name */
    char *locks;      /* <cache>/.locks/models--owner--name */
    char *snapshot;   /* <repository>/snapshots/<commit> */
    json_t *info;     /* what the hub says of the revision */
    /* The layout of its files, and what is missing of them; NULL: nothing. */
    const struct fovea_file_layout *layout;
    const char *missing;
    const char *hidden; /* a file that does not count for it; NULL: none */
    char converted[32]; /* "": main itself, or what was asked for */
};

/** Turn the revision into a commit, and say what is in it; where main has no
 *  safetensors, that of Hugging Face's conversion. */
FOVEA_NODISCARD enum fovea_status fovea_pull_find_revision(
        struct fovea_pull_state *pull, struct fovea_error *err);

/** Set layout and missing. */
void fovea_pull_find_layout(struct fovea_pull_state *pull);

/** Whether the revision has a file of this name. */
bool fovea_pull_has(const struct fovea_pull_state *pull, const char *name);

/** Bring one file into the snapshot, unless it is there. */
FOVEA_NODISCARD enum fovea_status fovea_pull_file(struct fovea_pull_state *pull,
        const char *name, struct fovea_error *err);

/**
 * Check a file that came whole against its etag: 64 digits are the SHA-256 of
 * its bytes, 40 are git's name of it; of others there is only the size.
 *
 * @return FOVEA_OK; FOVEA_ERR_FETCH_CHECKSUM; FOVEA_ERR_IO;
 *         FOVEA_ERR_CANCELLED; FOVEA_ERR_NO_MEMORY.
 */
FOVEA_NODISCARD enum fovea_status fovea_pull_check(struct fovea_hub *hub,
        int fd, const struct fovea_hub_answer *answer, struct fovea_error *err);

#endif
