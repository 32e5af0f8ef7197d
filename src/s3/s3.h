/*
 * Objects of an S3-shaped store: read, written, removed, listed.
 *
 * Requests are signed (AWS Signature Version 4) with credentials of the environment,
 * of AWS's profile files or, if asked, of the instance. Whatever may pass by itself
 * is tried again (source/client.h). Messages name the object and never a secret.
 *
 * Threads: safe, also on one client.
 */
#ifndef FOVEA_S3_S3_H
#define FOVEA_S3_S3_H

#include "fovea/options.h"

#include "base/sha256.h"
#include "s3/url.h"
#include "source/client.h"
#include "source/fetched.h"

struct fovea_s3;

struct fovea_s3_settings {
    struct fovea_s3_options s3;   /* strings are copied */
    struct fovea_url_options url; /* zero members are defaults; copied */
    int64_t first_pause_ns;       /* 0: half a second */
    fovea_stop_fn *stop;          /* NULL: nothing stops it */
    void *context;
};

/** Reads nothing, sends nothing and starts nothing: what the environment and the files
 *  say is looked at when it is first needed. FOVEA_ERR_NO_MEMORY;
 *  FOVEA_ERR_ARGUMENT for a member of url that is out of its range. */
FOVEA_NODISCARD enum fovea_status fovea_s3_create(
        const struct fovea_s3_settings *settings, struct fovea_s3 **s3_out,
        struct fovea_error *err);

/** No call may be under way. NULL is fine. */
void fovea_s3_destroy(struct fovea_s3 *s3);

/** FOVEA_ERR_URL_REFUSED where s3:// is not to be read. */
FOVEA_NODISCARD enum fovea_status fovea_s3_check_on(
        const struct fovea_s3_options *options, struct fovea_error *err);

/** What a store says of an object. */
struct fovea_s3_object {
    uint64_t size;
    char etag[FOVEA_ETAG_VALUE_SIZE]; /* its version, with its quotes */
    char sha256[FOVEA_SHA256_SIZE];   /* of fovea's objects; "": not known */
};

/**
 * All calls below return, beside what each says:
 *
 *     FOVEA_ERR_FILE_NOT_FOUND              there is no such object or bucket
 *     FOVEA_ERR_OBJECT_STORE                the store failed after all tries, or its
 *                                           answer makes no sense; may pass
 *     FOVEA_ERR_OBJECT_STORE_DENIED         it does not allow it
 *     FOVEA_ERR_OBJECT_STORE_CREDENTIALS    there are none, or they are malformed
 *     FOVEA_ERR_URL_REFUSED                 its address is not a public one
 *     FOVEA_ERR_ARGUMENT                    endpoint or region make no sense
 *     FOVEA_ERR_CANCELLED, FOVEA_ERR_NO_MEMORY
 */

/** Ask about an object. */
FOVEA_NODISCARD enum fovea_status fovea_s3_head(struct fovea_s3 *s3,
        const struct fovea_s3_name *name, struct fovea_s3_object *object_out,
        struct fovea_error *err);

/** What is read of an object. */
struct fovea_s3_range {
    uint64_t offset;
    uint64_t size;    /* bytes at most; 0: to the end */
    const char *etag; /* the version that it must be; NULL: any */
};

/**
 * Read an object, or a part of it. Goes on where it breaks off.
 *
 * @param range   NULL: all of it.
 * @param receive Gets the bytes in order; what it fails with is returned.
 * @param object_out  NULL, or what was read; the size is that of the whole object.
 * @return also FOVEA_ERR_OBJECT_CHANGED: it is another version.
 */
FOVEA_NODISCARD enum fovea_status fovea_s3_get(struct fovea_s3 *s3,
        const struct fovea_s3_name *name, const struct fovea_s3_range *range,
        fovea_receive_fn *receive, void *context,
        struct fovea_s3_object *object_out, struct fovea_error *err);

/** On what a write depends. */
enum fovea_s3_condition {
    FOVEA_S3_ANYWAY,
    FOVEA_S3_IF_NEW,  /* there is no such object */
    FOVEA_S3_IF_SAME, /* its version is still this one */
};

struct fovea_s3_write {
    const struct fovea_input *body;
    const char
            *sha256; /* of the body, lower-case hexadecimal; NULL: computed. The
                           object keeps it as x-amz-meta-sha256 */
    const char *type; /* Content-Type; NULL: none */
    enum fovea_s3_condition condition;
    const char *etag; /* of FOVEA_S3_IF_SAME */
};

/**
 * Write an object as a whole, by one PUT.
 *
 * Stores that know no conditions write anyway: whoever needs to know looks before.
 *
 * @param done_out  False: the condition does not hold, and nothing was written; or,
 *                  where an answer was lost, this very call has written it.
 * @param etag_out  NULL, or FOVEA_ETAG_VALUE_SIZE bytes: the new version, if done.
 */
FOVEA_NODISCARD enum fovea_status fovea_s3_put(struct fovea_s3 *s3,
        const struct fovea_s3_name *name, const struct fovea_s3_write *write,
        bool *done_out, char *etag_out, struct fovea_error *err);

/** Remove an object; FOVEA_OK too if there is none. */
FOVEA_NODISCARD enum fovea_status fovea_s3_delete(struct fovea_s3 *s3,
        const struct fovea_s3_name *name, struct fovea_error *err);

/** An object of a listing; the listing's, until the next one. */
struct fovea_s3_listed {
    const char *key;
    uint64_t size;
    const char *etag;
    bool is_odd; /* the key cannot stand in a URL: not UTF-8, control characters */
};

struct fovea_s3_listing;

/**
 * List the objects whose keys begin with a prefix, in the order of their bytes.
 *
 * @param prefix  Its key is the prefix: "" for all of the bucket.
 * @param after   Only keys behind this one; NULL: all.
 */
FOVEA_NODISCARD enum fovea_status fovea_s3_list(struct fovea_s3 *s3,
        const struct fovea_s3_name *prefix, const char *after,
        struct fovea_s3_listing **listing_out, struct fovea_error *err);

/** The next object; NULL at the end. Asks for a page when one is through. */
FOVEA_NODISCARD enum fovea_status fovea_s3_list_next(
        struct fovea_s3_listing *listing,
        const struct fovea_s3_listed **listed_out, struct fovea_error *err);

void fovea_s3_list_end(struct fovea_s3_listing *listing);

/**
 * What the fetcher needs for an object: an https:// URL (or http://, if the endpoint
 * is), whose host is to be trusted, and what signs.
 *
 * @param trusted_host_out  The client's, as long as it lives; NULL: none.
 */
FOVEA_NODISCARD enum fovea_status fovea_s3_aim(struct fovea_s3 *s3,
        const struct fovea_s3_name *name, struct fovea_text *url_out,
        struct fovea_text *trusted_host_out, struct fovea_error *err);

/** What signs requests of a client. */
struct fovea_signer fovea_s3_signer(struct fovea_s3 *s3);

/** What a bad answer to the fetcher's request for an object means.
 *  @param name  A struct fovea_s3_name. */
fovea_explain_fn fovea_s3_explain_answer;

/** What failed on the way to an object is the store's failure: FOVEA_ERR_OBJECT_STORE,
 *  with the object's name before the message. Other statuses stay. */
enum fovea_status fovea_s3_failed(const struct fovea_s3_name *name,
        enum fovea_status status, struct fovea_error *err);

/** Read whatever a URL leads to, s3://, https:// or http://, as fovea_s3_get() does.
 *  Of others the statuses are those of fovea_client_download(), and
 *  FOVEA_ERR_FETCH_STATUS where the server does not answer with it. */
FOVEA_NODISCARD enum fovea_status fovea_s3_read_url(struct fovea_s3 *s3,
        const char *url, const struct fovea_s3_range *range,
        fovea_receive_fn *receive, void *context,
        struct fovea_s3_object *object_out, struct fovea_error *err);

#endif
