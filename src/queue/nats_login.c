/* See nats_login.h. */
#include "queue/nats_login.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/number.h"
#include "base/text.h"
#include "sys/input.h"

enum {
    MAX_SERVERS = 32,
    MAX_SECRET_FILE = 64 << 10,
    MAX_SECRET = 4 << 10
};

#define PLAIN "nats://"
#define TLS   "tls://"

static bool
begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

bool
fovea_nats_takes(const char *url)
{
    return url && (begins(url, PLAIN) || begins(url, TLS));
}

const char *
fovea_nats_reason(natsStatus status)
{
    const char *reason = nats_GetLastError(NULL);
    if (!reason || !reason[0]) {
        return natsStatus_GetText(status);
    }
    /* Where in its source the library found it, "(conn.c:2088): ", is nobody's
       business. */
    const char *end = reason[0] == '(' ? strstr(reason, "): ") : NULL;
    return end ? end + 3 : reason;
}

/* The library's complaint about what it was given. */
static enum fovea_status
refuse(natsStatus status, const char *what, struct fovea_error *err)
{
    return status == NATS_NO_MEMORY
            ? fovea_fail_memory(err, 1, what)
            : fovea_fail(err, FOVEA_ERR_ARGUMENT, "%s: %s", what,
                      fovea_nats_reason(status));
}

/* Whether what stands behind a host, if anything, is a port. */
static bool
has_good_port(const char *host)
{
    uint64_t port = 0;
    const char *bracket = strchr(host, ']');
    const char *colon = strchr(bracket ? bracket : host, ':');
    return !colon ||
            (fovea_number_parse(colon + 1, &port) && port > 0 && port < 65536);
}

/* One URL of the list, which is cut up: without its scheme. */
static enum fovea_status
check_url(const char *url, bool is_tls, struct fovea_error *err)
{
    const char *scheme = is_tls ? TLS : PLAIN;
    const char *host = url + strlen(scheme);
    if (strchr(url, '@')) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "--queue: a name or a password in the URL of a broker; secrets "
                "come from files: --queue-token-file, --queue-nkey, "
                "--queue-creds");
    }
    if (!begins(url, scheme)) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "--queue %s: all brokers of a list are %s", url, scheme);
    }
    if (!host[0] || strcspn(host, "/?# \t") != strlen(host) ||
            !has_good_port(host)) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "--queue %s: it takes %sHOST or %sHOST:PORT", url, scheme,
                scheme);
    }
    return FOVEA_OK;
}

static enum fovea_status
set_servers(const char *urls, natsOptions *options, struct fovea_error *err)
{
    const char *servers[MAX_SERVERS];
    int n = 0;
    bool is_tls = begins(urls, TLS);
    FOVEA_AUTO_FREE char *list = strdup(urls);
    if (!list) {
        return fovea_fail_memory(err, strlen(urls), "a URL");
    }
    char *rest = list;
    for (char *url = strsep(&rest, ","); url; url = strsep(&rest, ",")) {
        enum fovea_status status = check_url(url, is_tls, err);
        if (status) {
            return status;
        }
        if (n == MAX_SERVERS) {
            return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                    "--queue: more than %d brokers", MAX_SERVERS);
        }
        servers[n++] = url;
    }
    natsStatus status = natsOptions_SetServers(options, servers, n);
    if (status == NATS_OK) {
        status = natsOptions_SetSecure(options, is_tls);
    }
    return status == NATS_OK ? FOVEA_OK : refuse(status, "--queue", err);
}

/* The first line of a file that is neither empty nor a comment or a frame. */
static enum fovea_status
read_secret(const char *path, const char *flag, char *secret_out, size_t size,
        struct fovea_error *err)
{
    FOVEA_AUTO(fovea_input_finish) struct fovea_input input = FOVEA_INPUT_INIT;
    char bytes[MAX_SECRET];
    size_t n = 0;
    enum fovea_status status = fovea_input_open_file(path, &input, err);
    if (!status && input.size > MAX_SECRET_FILE) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "%s %s: too long for a file with a secret", flag, path);
    }
    if (!status) {
        status = fovea_input_read(&input, 0, bytes, sizeof bytes - 1, &n, err);
    }
    if (status) {
        return status;
    }
    bytes[n] = '\0';
    char *rest = bytes;
    const char *found = NULL;
    for (char *line = strsep(&rest, "\r\n"); line && !found;
            line = strsep(&rest, "\r\n")) {
        line += strspn(line, " \t");
        line[strcspn(line, " \t")] = '\0';
        found = line[0] && line[0] != '#' && line[0] != '-' ? line : NULL;
    }
    size_t found_size = found ? strlen(found) : 0;
    if (found && found_size < size) {
        memcpy(secret_out, found, found_size + 1);
    }
    explicit_bzero(bytes, sizeof bytes);
    return found && found_size < size
            ? FOVEA_OK
            : fovea_fail(err, FOVEA_ERR_ARGUMENT, "%s %s: no secret in it",
                      flag, path);
}

static enum fovea_status
set_token(const char *path, natsOptions *options, struct fovea_error *err)
{
    char token[MAX_SECRET];
    enum fovea_status status =
            read_secret(path, "--queue-token-file", token, sizeof token, err);
    if (!status && natsOptions_SetToken(options, token) != NATS_OK) {
        status = fovea_fail_memory(err, sizeof token, "a token");
    }
    explicit_bzero(token, sizeof token);
    return status;
}

static natsStatus
sign(char **error, unsigned char **signature, int *size, const char *nonce,
        void *context)
{
    const struct fovea_nats_login *login = context;
    (void)error;
    return nats_Sign(login->seed, nonce, signature, size);
}

static enum fovea_status
set_nkey(const char *path, natsOptions *options, struct fovea_nats_login *login,
        struct fovea_error *err)
{
    char public[FOVEA_NKEY_PUBLIC_SIZE];
    enum fovea_status status = read_secret(path, "--queue-nkey", login->seed,
            sizeof login->seed, err);
    if (status) {
        return status;
    }
    if (!fovea_nkey_public(login->seed, public)) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "--queue-nkey %s: no seed of a user (SU...) in it", path);
    }
    natsStatus set = natsOptions_SetNKey(options, public, sign, login);
    return set == NATS_OK ? FOVEA_OK : refuse(set, "--queue-nkey", err);
}

static enum fovea_status
set_secret(const struct fovea_queue_settings *settings, natsOptions *options,
        struct fovea_nats_login *login, struct fovea_error *err)
{
    if (!!settings->token_file + !!settings->nkey_file +
                    !!settings->creds_file >
            1) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "more than one of --queue-token-file, --queue-nkey and "
                "--queue-creds");
    }
    if (settings->token_file) {
        return set_token(settings->token_file, options, err);
    }
    if (settings->nkey_file) {
        return set_nkey(settings->nkey_file, options, login, err);
    }
    if (settings->creds_file) {
        FOVEA_AUTO(fovea_input_finish)
        struct fovea_input input = FOVEA_INPUT_INIT;
        enum fovea_status status =
                fovea_input_open_file(settings->creds_file, &input, err);
        natsStatus set = status ? NATS_OK
                                : natsOptions_SetUserCredentialsFromFiles(
                                          options, settings->creds_file, NULL);
        return set == NATS_OK ? status : refuse(set, "--queue-creds", err);
    }
    return FOVEA_OK;
}

static enum fovea_status
set_certificates(const struct fovea_queue_settings *settings,
        natsOptions *options, struct fovea_error *err)
{
    natsStatus set = NATS_OK;
    const char *flag = "--queue-ca";
    bool is_tls = begins(settings->url, TLS);
    if (!settings->cert_file != !settings->key_file) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "--queue-cert and --queue-key belong together");
    }
    if (!is_tls && (settings->ca_file || settings->cert_file)) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "certificates are for a --queue of tls://");
    }
    if (settings->ca_file) {
        set = natsOptions_LoadCATrustedCertificates(options, settings->ca_file);
    }
    if (set == NATS_OK && settings->cert_file) {
        flag = "--queue-cert and --queue-key";
        set = natsOptions_LoadCertificatesChain(options, settings->cert_file,
                settings->key_file);
    }
    return set == NATS_OK ? FOVEA_OK : refuse(set, flag, err);
}

enum fovea_status
fovea_nats_login(const struct fovea_queue_settings *settings,
        natsOptions *options, struct fovea_nats_login *login,
        struct fovea_error *err)
{
    enum fovea_status status = set_servers(settings->url, options, err);
    if (!status) {
        status = set_secret(settings, options, login, err);
    }
    if (!status) {
        status = set_certificates(settings, options, err);
    }
    return status;
}

void
fovea_nats_login_finish(struct fovea_nats_login *login)
{
    explicit_bzero(login->seed, sizeof login->seed);
}
