/* What a store's failures mean. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/utf8.h"
#include "s3/state.h"
#include "source/easy.h"
#include "source/libcurl.h"

enum {
    WORD_SIZE = 48
};

void
fovea_s3_words(const struct fovea_s3_name *name,
        char words[FOVEA_S3_WORDS_SIZE])
{
    int n = snprintf(words, FOVEA_S3_WORDS_SIZE, "s3://%s/%s", name->bucket,
            name->key);
    fovea_utf8_make_line(words);
    if (n >= FOVEA_S3_WORDS_SIZE) {
        memcpy(words + FOVEA_S3_WORDS_SIZE - sizeof "...", "...", sizeof "...");
    }
}

/* The word in an element, letters, digits and hyphens alone; "": there is none. */
static void
find_word(const struct fovea_text *text, const char *tag, char word[WORD_SIZE])
{
    size_t size = strlen(tag);
    const char *at = text && text->size
            ? memmem(text->data, text->size, tag, size)
            : NULL;
    size_t n = at ? strspn(at + size,
                            "abcdefghijklmnopqrstuvwxyz"
                            "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-")
                  : 0;
    (void)snprintf(word, WORD_SIZE, "%.*s", (int)n, at ? at + size : "");
}

static bool
is_one_of(const char *code, const char *const *codes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(code, codes[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* What a bad status is, beside its message. */
static enum fovea_status
status_of(long code, const char *word)
{
    static const char *const passing[] = { "RequestTimeout", "SlowDown",
        "InternalError", "OperationAborted", "ConditionalRequestConflict" };
    if (is_one_of(word, passing, FOVEA_ARRAY_LEN(passing))) {
        return FOVEA_ERR_OBJECT_STORE;
    }
    switch (code) {
    case 404:
        return FOVEA_ERR_FILE_NOT_FOUND;
    case 412:
    case 416:
        return FOVEA_ERR_OBJECT_CHANGED;
    case 408:
    case 409:
    case 429:
        return FOVEA_ERR_OBJECT_STORE;
    case 507:
        return FOVEA_ERR_DISK_FULL;
    default:
        /* The same request would be refused again. */
        return code >= 500 && code != 501 ? FOVEA_ERR_OBJECT_STORE
                                          : FOVEA_ERR_OBJECT_STORE_DENIED;
    }
}

static bool
is_region(const char *region)
{
    size_t size = strspn(region, "abcdefghijklmnopqrstuvwxyz0123456789-");
    return size > 0 && !region[size];
}

enum fovea_status
fovea_s3_explain(const struct fovea_s3_name *name, long code,
        const struct fovea_text *text, const char *region,
        struct fovea_error *err)
{
    char words[FOVEA_S3_WORDS_SIZE];
    char word[WORD_SIZE];
    char in_text[WORD_SIZE];
    fovea_s3_words(name, words);
    find_word(text, "<Code>", word);
    find_word(text, "<Region>", in_text);
    region = *region ? region : in_text;
    if (is_region(region) && (code == 301 || code == 307 || code == 400)) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "%s: the bucket is in the region %.30s (--s3-region, "
                "fovea_s3_options.region, AWS_REGION)",
                words, region);
    }
    if (fovea_is_redirect(code)) {
        return fovea_fail(err, FOVEA_ERR_OBJECT_STORE_DENIED,
                "%s: the store is elsewhere: signed requests follow no redirect "
                "(--s3-endpoint, fovea_s3_options.endpoint)",
                words);
    }
    if (code == 404) {
        return fovea_fail(err, FOVEA_ERR_FILE_NOT_FOUND,
                "%s: there is no such %s", words,
                strcmp(word, "NoSuchBucket") == 0 ? "bucket" : "object");
    }
    if (code == 412 || code == 416) {
        return fovea_fail(err, FOVEA_ERR_OBJECT_CHANGED,
                "%s: it is not the object that it was", words);
    }
    return fovea_fail(err, status_of(code, word),
            "%s: the object store answered %ld%s%s%s%s", words, code,
            fovea_http_words(code), *word ? " (" : "", word, *word ? ")" : "");
}

enum fovea_status
fovea_s3_explain_answer(void *name, long code, CURL *easy,
        const struct fovea_text *text, struct fovea_error *err)
{
    const char *region = fovea_libcurl_header(easy, "x-amz-bucket-region");
    return fovea_s3_explain(name, code, text, region ? region : "", err);
}

enum fovea_status
fovea_s3_failed(const struct fovea_s3_name *name, enum fovea_status status,
        struct fovea_error *err)
{
    switch ((int)status) {
    case FOVEA_ERR_FETCH:
    case FOVEA_ERR_FETCH_TIMEOUT:
    case FOVEA_ERR_FETCH_STATUS:
        status = FOVEA_ERR_OBJECT_STORE;
        break;
    case FOVEA_ERR_URL_REFUSED:
    case FOVEA_ERR_OBJECT_CHANGED:
        break;
    default:
        return status; /* said by who knows more, or not about the object */
    }
    if (err) {
        char words[FOVEA_S3_WORDS_SIZE];
        fovea_s3_words(name, words);
        err->code = status;
        fovea_error_prefix(err, "%s", words);
    }
    return status;
}
