/* See sha256.h. */
#include "base/sha256.h"

#include <openssl/evp.h>
#include <string.h>

#include "base/error.h"

void
fovea_sha256_begin(struct fovea_sha256 *hash)
{
    hash->context = EVP_MD_CTX_new();
    hash->failed = !hash->context ||
            !EVP_DigestInit_ex(hash->context, EVP_sha256(), NULL);
}

void
fovea_sha256_add(struct fovea_sha256 *hash, const void *bytes, size_t size)
{
    hash->failed =
            hash->failed || !EVP_DigestUpdate(hash->context, bytes, size);
}

void
fovea_sha256_add_text(struct fovea_sha256 *hash, const char *text)
{
    fovea_sha256_add(hash, text, strlen(text) + 1);
}

enum fovea_status
fovea_sha256_end(struct fovea_sha256 *hash, char hex_out[FOVEA_SHA256_SIZE],
        struct fovea_error *err)
{
    static const char digits[] = "0123456789abcdef";
    unsigned char bytes[EVP_MAX_MD_SIZE];
    bool failed =
            hash->failed || !EVP_DigestFinal_ex(hash->context, bytes, NULL);
    EVP_MD_CTX_free(hash->context);
    hash->context = NULL;
    if (failed) {
        return fovea_fail(err, FOVEA_ERR_NO_MEMORY,
                "SHA-256: libcrypto failed, most likely for lack of memory");
    }
    for (size_t i = 0; i < FOVEA_SHA256_SIZE - 1; i++) {
        unsigned nibble = i % 2 ? bytes[i / 2] & 15U : bytes[i / 2] >> 4;
        hex_out[i] = digits[nibble];
    }
    hex_out[FOVEA_SHA256_SIZE - 1] = '\0';
    return FOVEA_OK;
}

bool
fovea_sha256_is_hex(const char *text)
{
    return strspn(text, "0123456789abcdef") == FOVEA_SHA256_SIZE - 1 &&
            text[FOVEA_SHA256_SIZE - 1] == '\0';
}
