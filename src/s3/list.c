/* Listings, a page at a time: see s3.h. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/utf8.h"
#include "s3/page.h"
#include "s3/state.h"
#include "source/easy.h"

enum {
    MAX_EMPTY =
            100 /* pages in a row without an object, before it is a circle */
};

struct fovea_s3_listing {
    struct fovea_s3 *s3;
    struct fovea_s3_name prefix;
    struct fovea_page page;
    size_t next; /* object of the page */
    bool has_begun;
    unsigned n_empty;
    char last[FOVEA_MAX_KEY_BYTES + 1]; /* key; "": none */
    struct fovea_s3_listed listed;
};

enum fovea_status
fovea_s3_list(struct fovea_s3 *s3, const struct fovea_s3_name *prefix,
        const char *after, struct fovea_s3_listing **listing_out,
        struct fovea_error *err)
{
    struct fovea_s3_listing *listing = calloc(1, sizeof *listing);
    if (!listing) {
        return fovea_fail_memory(err, sizeof *listing, "a list of objects");
    }
    listing->s3 = s3;
    listing->prefix = *prefix;
    (void)snprintf(listing->last, sizeof listing->last, "%s",
            after ? after : "");
    *listing_out = listing;
    return FOVEA_OK;
}

void
fovea_s3_list_end(struct fovea_s3_listing *listing)
{
    if (listing) {
        fovea_page_finish(&listing->page);
        free(listing);
    }
}

/* The query, in the order of its names, as it is signed. */
static void
add_query(const struct fovea_s3_listing *listing, struct fovea_text *url)
{
    fovea_text_format(url, "?");
    if (listing->page.continuation[0]) {
        fovea_text_format(url, "continuation-token=");
        fovea_s3_encode(url, listing->page.continuation, false);
        fovea_text_format(url, "&");
    }
    fovea_text_format(url, "encoding-type=url&list-type=2&max-keys=%d&prefix=",
            FOVEA_PAGE_KEYS);
    fovea_s3_encode(url, listing->prefix.key, false);
    if (!listing->has_begun && listing->last[0]) {
        fovea_text_format(url, "&start-after=");
        fovea_s3_encode(url, listing->last, false);
    }
}

static enum fovea_status
ask(const struct fovea_s3_listing *listing, struct fovea_text *answer,
        struct fovea_error *err)
{
    struct fovea_s3_name bucket = listing->prefix;
    FOVEA_AUTO(fovea_text_finish) struct fovea_text url = { 0 };
    FOVEA_AUTO(fovea_text_finish) struct fovea_text trusted_host = { 0 };
    struct fovea_http_field region = { .name = "x-amz-bucket-region" };
    long code = 0;
    bucket.key[0] = '\0';
    struct fovea_client *client = NULL;
    enum fovea_status status = fovea_s3_client(listing->s3, &client, err);
    if (!status) {
        status = fovea_s3_aim(listing->s3, &bucket, &url, &trusted_host, err);
    }
    if (status) {
        return status;
    }
    add_query(listing, &url);
    if (fovea_text_failed(&url)) {
        return fovea_fail_memory(err, url.size, "a request");
    }
    const struct fovea_http_request request = {
        .method = "GET",
        .url = url.data,
        .trusted_host = trusted_host.data,
        .signer = fovea_s3_signer(listing->s3),
        .fields = &region,
        .n_fields = 1,
        .text = answer,
        .max_text_bytes = FOVEA_MAX_PAGE_BYTES,
    };
    status = fovea_client_perform(client, &request, &code, err);
    if (status) {
        return fovea_s3_failed(&listing->prefix, status, err);
    }
    return fovea_is_good(code) ? FOVEA_OK
                               : fovea_s3_explain(&listing->prefix, code,
                                         answer, region.value, err);
}

static enum fovea_status
fail_page(const struct fovea_s3_listing *listing, enum fovea_status status,
        struct fovea_error *err)
{
    char words[FOVEA_S3_WORDS_SIZE];
    fovea_s3_words(&listing->prefix, words);
    fovea_error_prefix(err, "%s", words);
    return status;
}

static enum fovea_status
next_page(struct fovea_s3_listing *listing, struct fovea_error *err)
{
    FOVEA_AUTO(fovea_text_finish) struct fovea_text answer = { 0 };
    FOVEA_AUTO_FREE struct fovea_page *page = calloc(1, sizeof *page);
    if (!page) {
        return fovea_fail_memory(err, sizeof *page, "a list of objects");
    }
    enum fovea_status status = ask(listing, &answer, err);
    if (status) {
        return status;
    }
    status = fovea_page_read(answer.data ? answer.data : "", answer.size,
            listing->prefix.key, listing->last[0] ? listing->last : NULL, page,
            err);
    if (status) {
        return fail_page(listing, status, err);
    }
    listing->n_empty = page->n ? 0 : listing->n_empty + 1;
    bool is_circle = page->is_truncated &&
            (listing->n_empty > MAX_EMPTY ||
                    strcmp(page->continuation, listing->page.continuation) ==
                            0);
    fovea_page_finish(&listing->page);
    listing->page = *page;
    listing->next = 0;
    listing->has_begun = true;
    if (is_circle) {
        status = fovea_fail(err, FOVEA_ERR_OBJECT_STORE,
                "the list of objects goes on without an end");
        return fail_page(listing, status, err);
    }
    return FOVEA_OK;
}

/* Whether a key can stand in an s3:// URL, and on a line. */
static bool
is_odd(const char *key)
{
    size_t size = strlen(key);
    for (const char *at = key; *at; at++) {
        if ((unsigned char)*at < ' ' || *at == 0x7f) {
            return true;
        }
    }
    return fovea_utf8_find_invalid(key, size) != size;
}

enum fovea_status
fovea_s3_list_next(struct fovea_s3_listing *listing,
        const struct fovea_s3_listed **listed_out, struct fovea_error *err)
{
    while (listing->next == listing->page.n) {
        if (listing->has_begun && !listing->page.is_truncated) {
            *listed_out = NULL;
            return FOVEA_OK;
        }
        enum fovea_status status = next_page(listing, err);
        if (status) {
            return status;
        }
    }
    const struct fovea_page_object *object =
            &listing->page.objects[listing->next++];
    (void)snprintf(listing->last, sizeof listing->last, "%s", object->key);
    listing->listed = (struct fovea_s3_listed){
        .key = object->key,
        .size = object->size,
        .etag = object->etag,
        .is_odd = is_odd(object->key),
    };
    *listed_out = &listing->listed;
    return FOVEA_OK;
}
