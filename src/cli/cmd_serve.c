/* `fovea serve`: the HTTP server. */
#include <string.h>

#include "base/error.h"
#include "cli/request.h"
#include "cli/settings.h"
#include "server/request.h"
#include "server/server.h"
#include "spec/dtype.h"

/* clang-format off */
static const char help[] =
        "Usage: fovea serve [FLAGS] [MODEL...]\n"
        "\n"
        "Serve image embeddings over HTTP, in the shapes that clients of OpenAI and\n"
        "infinity speak, and show the pool of workers on a page. MODEL is a key or a\n"
        "directory, as for `fovea embed -m`; the first one answers requests that name\n"
        "none. Without any: the model that comes with fovea. Clients know a model by\n"
        "its key, by the last name of its directory, or by NAME of NAME=MODEL.\n"
        "\n"
        "  curl http://127.0.0.1:8080/v1/embeddings/image --data-binary @cat.jpg\n"
        "\n"
        "Where:\n"
        "      --host ADDRESS     to listen on (127.0.0.1); other machines can only\n"
        "                         reach another one, and that takes a key\n"
        "      --port N           (8080); 0: a free one, see the first line of the log\n"
        "      --unix PATH        a Unix socket; instead of TCP unless --host or --port\n"
        "                         is given too. Nothing is replaced but a socket that\n"
        "                         nobody listens on\n"
        "Sockets that systemd hands over are used instead of all of these.\n"
        "\n"
        "Who:\n"
        "      --api-key-file F   keys, one a line; read again at SIGHUP\n"
        "      --api-key KEY      one key; others can see it in the list of processes.\n"
        "                         $FOVEA_API_KEY is the same, less visible\n"
        "      --no-auth          no key, even where other machines can ask\n"
        "      --no-url           no URLs of images are fetched\n"
        "      --use-proxies      fetch through http_proxy and its relatives\n"
        "      --allow-host NAME  answer requests for this host name without a key\n"
        "      --cors-origin URL  let pages of this origin ask; * for all\n"
        "\n"
        "Requests:\n"
        "      --max-body N       bytes of one (64M)\n"
        "      --body-memory N    bytes of all together (1G)\n"
        "      --max-items N      images of one, 1 to 65536 (2048)\n"
        "      --max-connections N  (1024); others wait until one ends\n"
        "      --header-time TIME until a request's head is here (10s)\n"
        "      --body-time TIME   for its body, and for reading the answer (2m)\n"
        "      --keep-alive TIME  a connection without a request (75s)\n"
        "      --drain-time TIME  SIGTERM lets requests go on for (30s)\n"
        "\n"
        "Log:\n"
        "      --log-format F     text or json, a line a request (text)\n"
        "      --log-file FILE    instead of standard error; opened anew at SIGHUP. A\n"
        "                         file that is no log is refused\n"
        "  -q, --quiet            no line a request\n"
        "  -v, --verbose          what happens to workers too\n"
        "\n"
        "  -m, --model [NAME=]MODEL  one more MODEL, before the others\n"
        "      --dtype TYPE       arithmetic: auto, f32, bf16\n"
        "      --warm             start workers before the first request\n"
        "  -h, --help             this text\n"
        "\n" FOVEA_SETTINGS_HELP "\n"
        "SIGTERM and Ctrl-C: no new work, what is under way is finished, exit 0.\n"
        "`fovea ps` lists running servers, `fovea stop` ends one.\n"
        "\n"
        "Exit status: 0 after a drain; 2 wrong usage, or an unknown model; 1 it could\n"
        "not start.\n";
/* clang-format on */

static const char *const log_formats[] = { "text", "json", NULL };

struct flags {
    bool help;
    bool no_url;
    bool use_proxies;
    const char *host;
    uint64_t port; /* UINT64_MAX: not given */
    const char *model;
    uint64_t dtype;
    uint64_t max_items;
    uint64_t max_connections;
    uint64_t log_format;
    struct fovea_settings workers;
    struct fovea_server_settings server;
};

enum {
    KIBI = 1024,
    MAX_PORT = 65535,
    MAX_ITEMS = 65536,
    MAX_CONNECTIONS = 65536,
    N_OWN_FLAGS = 26
};

static enum fovea_status
parse(struct flags *flags, int argc, char **argv, const char **words,
        size_t *n_words_out, struct fovea_error *err)
{
    struct fovea_server_settings *server = &flags->server;
    const struct fovea_flag own[N_OWN_FLAGS] = {
        { .name = "help", .letter = 'h', .on = &flags->help },
        { .name = "model", .letter = 'm', .text = &flags->model },
        { .name = "dtype",
                .number = &flags->dtype,
                .choices = fovea_dtype_words },
        { .name = "warm", .on = &server->warm },
        { .name = "host", .text = &flags->host },
        { .name = "port", .number = &flags->port, .max = MAX_PORT },
        { .name = "unix", .text = &server->unix_path },
        { .name = "api-key", .text = &server->api_key },
        { .name = "api-key-file", .text = &server->api_key_file },
        { .name = "no-auth", .on = &server->no_auth },
        { .name = "no-url", .on = &flags->no_url },
        { .name = "use-proxies", .on = &flags->use_proxies },
        { .name = "allow-host", .text = &server->allowed_host },
        { .name = "cors-origin", .text = &server->cors_origin },
        { .name = "max-body",
                .number = &server->max_body_bytes,
                .min = 1,
                .max = UINT32_MAX,
                .kilo = KIBI },
        { .name = "body-memory",
                .number = &server->body_memory_bytes,
                .min = 1,
                .max = UINT64_MAX / 2,
                .kilo = KIBI },
        { .name = "max-items",
                .number = &flags->max_items,
                .min = 1,
                .max = MAX_ITEMS },
        { .name = "max-connections",
                .number = &flags->max_connections,
                .min = 1,
                .max = MAX_CONNECTIONS },
        { .name = "header-time", .time_ns = &server->header_ns },
        { .name = "body-time", .time_ns = &server->body_ns },
        { .name = "keep-alive", .time_ns = &server->keep_alive_ns },
        { .name = "drain-time", .time_ns = &server->drain_ns },
        { .name = "log-format",
                .number = &flags->log_format,
                .choices = log_formats },
        { .name = "log-file", .text = &server->log_file },
        { .name = "quiet", .letter = 'q', .on = &server->log_quiet },
        { .name = "verbose", .letter = 'v', .on = &server->log_verbose },
    };
    struct fovea_flag table[FOVEA_SETTINGS_N_FLAGS + N_OWN_FLAGS];
    fovea_settings_flags(&flags->workers, table);
    memcpy(table + FOVEA_SETTINGS_N_FLAGS, own, sizeof own);
    return fovea_args_parse(table, FOVEA_ARRAY_LEN(table), argc, argv, words,
            n_words_out, err);
}

/* The model's flag first, then the words; the default where there is none. */
static enum fovea_status
choose_models(struct flags *flags, const char **words, size_t n_words,
        struct fovea_error *err)
{
    if (flags->model) {
        memmove(words + 1, words, n_words * sizeof *words);
        words[0] = flags->model;
        n_words++;
    }
    if (n_words == 0) {
        words[n_words++] = FOVEA_DEFAULT_MODEL;
    }
    if (n_words > FOVEA_MAX_SERVED_MODELS) {
        return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                "%zu models are more than %d", n_words,
                FOVEA_MAX_SERVED_MODELS);
    }
    for (size_t i = 0; i < n_words; i++) {
        for (size_t j = 0; j < i; j++) {
            if (strcmp(words[i], words[j]) == 0) {
                return fovea_fail(err, FOVEA_ERR_ARGUMENT,
                        "the model %s is given twice", words[i]);
            }
        }
    }
    flags->server.models = words;
    flags->server.n_models = n_words;
    return FOVEA_OK;
}

static void
choose_address(struct flags *flags)
{
    struct fovea_server_settings *server = &flags->server;
    bool has_port = flags->port != UINT64_MAX;
    server->port = has_port ? (uint16_t)flags->port : FOVEA_DEFAULT_PORT;
    server->host = flags->host;
    if (!server->host && (has_port || !server->unix_path)) {
        server->host = "127.0.0.1";
    }
    /* No other thread runs yet. */
    const char *key = getenv("FOVEA_API_KEY"); /* NOLINT(concurrency-*) */
    if (!server->api_key && key && *key) {
        server->api_key = key;
    }
}

static enum fovea_status
resolve(struct flags *flags, struct fovea_error *err)
{
    struct fovea_server_settings *server = &flags->server;
    struct fovea_options *library = &server->library;
    enum fovea_status status =
            fovea_settings_apply(&flags->workers, library, err);
    if (status) {
        return status;
    }
    fovea_settings_resolve(library);
    library->dtype = (enum fovea_dtype)flags->dtype;
    /* Strangers name the URLs here. */
    library->url.off = flags->no_url;
    library->url.use_proxies = flags->use_proxies;
    server->max_items = (size_t)flags->max_items;
    server->max_connections = (unsigned)flags->max_connections;
    server->log_format = (enum fovea_log_format)flags->log_format;
    choose_address(flags);
    return FOVEA_OK;
}

static int
serve(const struct fovea_command *self, struct flags *flags, int argc,
        char **argv, const char **words)
{
    struct fovea_error error;
    size_t n_words = 0;
    if (parse(flags, argc, argv, words, &n_words, &error)) {
        return fovea_cli_misused(self, &error);
    }
    if (flags->help) {
        return fovea_cli_print(self->help);
    }
    if (choose_models(flags, words, n_words, &error) ||
            resolve(flags, &error)) {
        return fovea_cli_misused(self, &error);
    }
    return fovea_serve(&flags->server, &error) ? fovea_cli_fail(&error)
                                               : FOVEA_EXIT_OK;
}

static int
run(const struct fovea_command *self, int argc, char **argv)
{
    struct flags flags = {
        .port = UINT64_MAX,
        .max_items = FOVEA_DEFAULT_MAX_ITEMS,
        .max_connections = FOVEA_DEFAULT_MAX_CONNECTIONS,
        .server = {
            .library = FOVEA_OPTIONS_INIT,
            .max_body_bytes = FOVEA_DEFAULT_MAX_BODY_BYTES,
            .body_memory_bytes = FOVEA_DEFAULT_BODY_MEMORY_BYTES,
            .header_ns = FOVEA_DEFAULT_HEADER_NS,
            .body_ns = FOVEA_DEFAULT_BODY_NS,
            .keep_alive_ns = FOVEA_DEFAULT_KEEP_ALIVE_NS,
            .drain_ns = FOVEA_DEFAULT_DRAIN_NS,
        },
    };
    FOVEA_AUTO_FREE const char **words = fovea_cli_words(argc);
    if (!words) {
        return FOVEA_EXIT_FAILED;
    }
    return serve(self, &flags, argc, argv, words);
}

const struct fovea_command fovea_cmd_serve = {
    .name = "serve",
    .summary = "answer over HTTP, and show the workers on a page",
    .help = help,
    .run = run,
};
