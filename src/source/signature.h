/*
 * What a request is signed with: AWS Signature Version 4, which libcurl makes.
 *
 * Plain data. Whoever fills one in has checked that it can stand in the lines of
 * a request: fovea_signature_is_word().
 */
#ifndef FOVEA_SOURCE_SIGNATURE_H
#define FOVEA_SOURCE_SIGNATURE_H

#include <stdbool.h>

#include <curl/curl.h>

#include "fovea/export.h"
#include "fovea/status.h"

enum {
    FOVEA_REGION_SIZE = 64,
    FOVEA_ACCESS_KEY_SIZE = 132,
    FOVEA_SECRET_SIZE = 260,
    FOVEA_SESSION_TOKEN_SIZE = 8192
};

struct fovea_signature {
    char region[FOVEA_REGION_SIZE];
    char service[16];
    char access_key[FOVEA_ACCESS_KEY_SIZE];
    char secret[FOVEA_SECRET_SIZE];
    char session_token[FOVEA_SESSION_TOKEN_SIZE]; /* "": none */
};

/** Fill one in, right before a request is sent. Whoever asks wipes it. */
typedef enum fovea_status fovea_sign_fn(void *context,
        struct fovea_signature *signature_out, struct fovea_error *err);

/** What signs requests; fill NULL: they are not signed. */
struct fovea_signer {
    fovea_sign_fn *fill;
    void *context;
};

/** Whether a text may be a key, a secret or a token: it has something, printable
 *  ASCII alone and no blanks. */
bool fovea_signature_is_word(const char *text);

/** SHA-256 of nothing, which requests without a body say. */
#define FOVEA_SHA256_OF_NOTHING \
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

/**
 * Have a handle sign its request, and say the body's digest.
 *
 * @param body_sha256  Hexadecimal.
 * @param headers      What the request says beside; grows.
 * @return CURLE_OK or CURLE_OUT_OF_MEMORY.
 */
FOVEA_NODISCARD CURLcode fovea_signature_apply(
        const struct fovea_signature *signature, const char *body_sha256,
        CURL *easy, struct curl_slist **headers);

/** Forget the secrets in it, whatever the compiler thinks of that. */
void fovea_signature_wipe(struct fovea_signature *signature);

/** Append a line to a list of headers. CURLE_OUT_OF_MEMORY. */
FOVEA_NODISCARD CURLcode fovea_header_add(struct curl_slist **headers,
        const char *line);

#endif
