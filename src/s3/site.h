/* Where a store is: its endpoint and region, and where a bucket of it is. */
#ifndef FOVEA_S3_SITE_H
#define FOVEA_S3_SITE_H

#include "s3/profile.h"
#include "s3/url.h"
#include "source/signature.h"

struct fovea_site {
    bool is_https;
    bool is_chosen; /* somebody named the endpoint: its addresses are not checked */
    bool path_style;
    char host[FOVEA_ENDPOINT_SIZE]; /* "host" or "host:port" */
    char region[FOVEA_REGION_SIZE];
};

/** What was asked for; NULL or false where nobody said. */
struct fovea_site_wish {
    const char *endpoint;
    const char *region;
    bool path_style;
};

/**
 * Make a site of an endpoint and a region.
 *
 * @return FOVEA_OK; FOVEA_ERR_ARGUMENT: the endpoint is no http:// or https:// URL of
 *         a host alone, or the region has odd characters. FOVEA_ERR_NO_MEMORY.
 */
FOVEA_NODISCARD enum fovea_status fovea_site_make(
        const struct fovea_site_wish *wish, struct fovea_site *site_out,
        struct fovea_error *err);

/** Append the host of a bucket's requests. */
void fovea_site_host(const struct fovea_site *site, const char *bucket,
        struct fovea_text *host_out);

/** Append the URL of an object, or of the bucket if the key is "", without a
 *  query. */
void fovea_site_url(const struct fovea_site *site,
        const struct fovea_s3_name *name, struct fovea_text *url_out);

#endif
