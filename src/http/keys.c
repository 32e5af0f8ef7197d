/* Who may ask and write: see keys.h. */
#include "http/keys.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "sys/input.h"

static enum fovea_status
digest(const char *key, size_t size, unsigned char digest_out[],
        struct fovea_error *err)
{
    unsigned n = 0;
    if (!EVP_Digest(key, size, digest_out, &n, EVP_sha256(), NULL) ||
            n != FOVEA_HTTP_KEY_DIGEST_SIZE) {
        return fovea_fail_memory(err, size, "the digest of a key");
    }
    return FOVEA_OK;
}

static enum fovea_status
add(struct fovea_http_keys *keys, const char *key, size_t size,
        enum fovea_http_right right, struct fovea_error *err)
{
    if (size == 0 || size > FOVEA_HTTP_MAX_KEY_BYTES) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "an API key has %zu characters; 1 to %d are possible", size,
                FOVEA_HTTP_MAX_KEY_BYTES);
    }
    for (size_t i = 0; i < size; i++) {
        if (key[i] <= ' ' || key[i] > '~') {
            return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                    "an API key has a blank, or a character that is not ASCII "
                    "(behind a key, only \"" FOVEA_HTTP_WRITER "\" may stand)");
        }
    }
    if (keys->n == FOVEA_HTTP_MAX_KEYS) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "more than %d API keys are too many", FOVEA_HTTP_MAX_KEYS);
    }
    void *all = realloc(keys->all, (keys->n + 1) * sizeof *keys->all);
    if (!all) {
        return fovea_fail_memory(err, sizeof *keys->all, "an API key");
    }
    keys->all = all;
    keys->all[keys->n].right = right;
    enum fovea_status status =
            digest(key, size, keys->all[keys->n].digest, err);
    keys->n += status == FOVEA_OK;
    return status;
}

static bool
is_blank(char character)
{
    return character == ' ' || character == '\t' || character == '\r';
}

/* Cut the word of writers off the end of a line, with the blanks before it. */
static enum fovea_http_right
cut_right(const char *line, size_t *size)
{
    static const char writer[] = FOVEA_HTTP_WRITER;
    const size_t n = sizeof writer - 1;
    if (*size <= n || memcmp(line + *size - n, writer, n) != 0 ||
            !is_blank(line[*size - n - 1])) {
        return FOVEA_HTTP_RIGHT_READ;
    }
    *size -= n;
    while (*size > 0 && is_blank(line[*size - 1])) {
        (*size)--;
    }
    return FOVEA_HTTP_RIGHT_WRITE;
}

static enum fovea_status
add_line(struct fovea_http_keys *keys, const char *line, size_t size,
        struct fovea_error *err)
{
    while (size > 0 && is_blank(line[0])) {
        line++;
        size--;
    }
    while (size > 0 && is_blank(line[size - 1])) {
        size--;
    }
    if (size == 0 || line[0] == '#') {
        return FOVEA_OK;
    }
    enum fovea_http_right right = cut_right(line, &size);
    return add(keys, line, size, right, err);
}

static enum fovea_status
add_file(struct fovea_http_keys *keys, const char *path,
        struct fovea_error *err)
{
    FOVEA_AUTO(fovea_input_finish) struct fovea_input input = FOVEA_INPUT_INIT;
    const uint8_t *bytes = NULL;
    size_t size = 0;
    enum fovea_status status = fovea_input_open_file(path, &input, err);
    if (!status) {
        status = fovea_input_load(&input, &bytes, &size, err);
    }
    size_t n_before = keys->n;
    unsigned n_lines = 0;
    /* Editors of Windows put a byte order mark before the first line. */
    size_t at = !status && size >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0
            ? 3
            : 0;
    while (!status && at < size) {
        const char *line = (const char *)bytes + at;
        const char *end = memchr(line, '\n', size - at);
        size_t length = end ? (size_t)(end - line) : size - at;
        n_lines++;
        status = add_line(keys, line, length, err);
        if (status) {
            fovea_error_prefix(err, "%s, line %u", path, n_lines);
        }
        at += length + 1;
    }
    if (input.owned) {
        OPENSSL_cleanse(input.owned, size);
    }
    if (!status && keys->n == n_before) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT, "%s has no API key in it",
                path);
    }
    return status;
}

enum fovea_status
fovea_http_keys_read(const char *key, const char *path,
        struct fovea_http_keys *keys_out, struct fovea_error *err)
{
    FOVEA_AUTO(fovea_http_keys_finish) struct fovea_http_keys keys = { 0 };
    enum fovea_status status = key
            ? add(&keys, key, strlen(key), FOVEA_HTTP_RIGHT_READ, err)
            : FOVEA_OK;
    if (!status && path) {
        status = add_file(&keys, path, err);
    }
    if (!status) {
        struct fovea_http_keys old = *keys_out;
        *keys_out = keys;
        keys = old;
    }
    return status;
}

enum fovea_http_right
fovea_http_keys_right(const struct fovea_http_keys *keys, const char *key,
        size_t size)
{
    unsigned char asked[FOVEA_HTTP_KEY_DIGEST_SIZE];
    if (size > FOVEA_HTTP_MAX_KEY_BYTES || digest(key, size, asked, NULL)) {
        return FOVEA_HTTP_RIGHT_NONE;
    }
    unsigned rights = 0; /* one that is listed twice has both */
    for (size_t i = 0; i < keys->n; i++) {
        const struct fovea_http_key *listed = &keys->all[i];
        unsigned is_same =
                CRYPTO_memcmp(asked, listed->digest, sizeof asked) == 0;
        rights |= is_same << listed->right;
    }
    if (rights & (1U << FOVEA_HTTP_RIGHT_WRITE)) {
        return FOVEA_HTTP_RIGHT_WRITE;
    }
    return rights ? FOVEA_HTTP_RIGHT_READ : FOVEA_HTTP_RIGHT_NONE;
}

bool
fovea_http_keys_have_writer(const struct fovea_http_keys *keys)
{
    size_t i = 0;
    while (i < keys->n && keys->all[i].right != FOVEA_HTTP_RIGHT_WRITE) {
        i++;
    }
    return i < keys->n;
}

void
fovea_http_keys_finish(struct fovea_http_keys *keys)
{
    free(keys->all);
    *keys = (struct fovea_http_keys){ 0 };
}
