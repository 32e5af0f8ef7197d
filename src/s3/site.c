/* See site.h. */
#include "s3/site.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/macros.h"
#include "source/url.h"

FOVEA_DEFINE_AUTO(char *, curl_free);

#define AUTO_TEXT FOVEA_AUTO(curl_free_auto) char *

static bool
is_region(const char *region)
{
    size_t size = strspn(region,
            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_");
    return size > 0 && size < FOVEA_REGION_SIZE && !region[size];
}

/* Whether a part of a URL says something beside the host. */
static bool
says(CURLU *parsed, CURLUPart part, const char *nothing)
{
    AUTO_TEXT text = NULL;
    return curl_url_get(parsed, part, &text, 0) == CURLUE_OK && text &&
            strcmp(text, nothing) != 0;
}

static enum fovea_status
take_endpoint(struct fovea_site *site, const char *endpoint,
        struct fovea_error *err)
{
    struct fovea_url url = { 0 };
    enum fovea_status status = fovea_url_parse(endpoint, NULL, &url, err);
    if (status) {
        if (status != FOVEA_ERR_NO_MEMORY) {
            status = fovea_fail(err, FOVEA_ERR_ARGUMENT,
                    "the endpoint of the object store is no URL of a server: "
                    "give https://HOST or http://HOST:PORT (--s3-endpoint, "
                    "fovea_s3_options.endpoint, AWS_ENDPOINT_URL)");
        }
        return status;
    }
    if (says(url.parsed, CURLUPART_PATH, "/") ||
            says(url.parsed, CURLUPART_QUERY, "") ||
            says(url.parsed, CURLUPART_FRAGMENT, "") ||
            strlen(url.host) >= sizeof site->host) {
        status = fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "the endpoint of the object store has more than a host and a "
                "port: give https://HOST or http://HOST:PORT (--s3-endpoint, "
                "fovea_s3_options.endpoint, AWS_ENDPOINT_URL)");
    } else {
        (void)snprintf(site->host, sizeof site->host, "%s", url.host);
        site->is_https = url.is_https;
        site->is_chosen = true;
    }
    fovea_url_finish(&url);
    return status;
}

/* Whether no name may stand before it: an address, or a name without a dot. */
static bool
is_bare(const char *host)
{
    char name[FOVEA_ENDPOINT_SIZE];
    struct in_addr address;
    (void)snprintf(name, sizeof name, "%.*s", (int)strcspn(host, ":"), host);
    return host[0] == '[' || !strchr(name, '.') ||
            inet_pton(AF_INET, name, &address) == 1;
}

enum fovea_status
fovea_site_make(const struct fovea_site_wish *wish, struct fovea_site *site_out,
        struct fovea_error *err)
{
    struct fovea_site site = { .is_https = true };
    const char *region = wish->region ? wish->region : "us-east-1";
    if (!is_region(region)) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "the region of the object store must be a word of letters, "
                "digits and hyphens (--s3-region, fovea_s3_options.region, "
                "AWS_REGION)");
    }
    (void)snprintf(site.region, sizeof site.region, "%s", region);
    if (wish->endpoint) {
        enum fovea_status status = take_endpoint(&site, wish->endpoint, err);
        if (status) {
            return status;
        }
    } else {
        (void)snprintf(site.host, sizeof site.host, "s3.%s.amazonaws.com%s",
                region, strncmp(region, "cn-", 3) == 0 ? ".cn" : "");
    }
    site.path_style = wish->path_style || is_bare(site.host);
    *site_out = site;
    return FOVEA_OK;
}

/* Whether a bucket goes into the path: one that no host can be called, or that no
   certificate covers. */
static bool
goes_into_path(const struct fovea_site *site, const char *bucket)
{
    for (const char *at = bucket; *at; at++) {
        if ((*at >= 'A' && *at <= 'Z') || *at == '_' ||
                (*at == '.' && site->is_https)) {
            return true;
        }
    }
    return site->path_style;
}

void
fovea_site_host(const struct fovea_site *site, const char *bucket,
        struct fovea_text *host_out)
{
    if (!goes_into_path(site, bucket)) {
        fovea_text_format(host_out, "%s.", bucket);
    }
    fovea_text_format(host_out, "%s", site->host);
}

void
fovea_site_url(const struct fovea_site *site, const struct fovea_s3_name *name,
        struct fovea_text *url_out)
{
    fovea_text_format(url_out, "%s://", site->is_https ? "https" : "http");
    fovea_site_host(site, name->bucket, url_out);
    fovea_text_format(url_out, "/");
    if (goes_into_path(site, name->bucket)) {
        fovea_text_format(url_out, "%s", name->bucket);
        if (name->key[0]) {
            fovea_text_format(url_out, "/");
        }
    }
    fovea_s3_encode(url_out, name->key, true);
}
