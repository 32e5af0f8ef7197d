/* `fovea serve`: the HTTP server. */
#include <string.h>

#include "base/error.h"
#include "cli/cli.h"
#include "cli/option_flags.h"
#include "cli/queue_flags.h"
#include "server/server.h"
#include "server/server_settings.h"

/* clang-format off */
static const char about[] =
        "Usage: fovea serve [FLAGS] [MODEL...]\n"
        "\n"
        "Serve embeddings of images and texts over HTTP, in the shapes that clients\n"
        "of OpenAI and infinity speak, and show the pool of workers on a page. MODEL\n"
        "is a key or a directory, as for `fovea embed -m`; the first one answers\n"
        "requests that name none. Without any: the model that comes with fovea.\n"
        "Clients know a model by its key, by the last name of its directory, or by\n"
        "NAME of NAME=MODEL.\n"
        "\n"
        "  curl http://127.0.0.1:8080/v1/embeddings/image --data-binary @cat.jpg\n"
        "\n"
        "With --index it searches the pictures of indexes, too, over HTTP and on the\n"
        "page:\n"
        "\n"
        "  fovea serve --index photos=~/Pictures\n"
        "\n"
        "With --queue it shows the jobs of a broker, and changes none.\n";

static const char notes[] =
        "SIGTERM and Ctrl-C: no new work, what is under way is finished, exit 0.\n"
        "`fovea ps` lists running servers, `fovea stop` ends one.\n"
        "\n"
        "Exit status: 0 after a drain; 2 wrong usage, or an unknown model; 1 it could\n"
        "not start.\n";
/* clang-format on */

struct flags {
    bool help;
    const char *model;
    enum fovea_given model_given;
    struct fovea_server_settings server;
};

/* The flags of the server's own rows; how many. */
static size_t
server_flags(struct fovea_server_settings *server, struct fovea_flag *flags)
{
    size_t n = 0;
    for (size_t i = 0; i < FOVEA_N_OPTIONS; i++) {
        size_t size = 0;
        void *at = fovea_server_setting(server, (enum fovea_option_id)i, &size);
        if (at) {
            flags[n++] = (struct fovea_flag){ .row = &fovea_option_rows[i],
                .value = at,
                .size = size };
        }
    }
    return n;
}

/* TCP is not listened on where there is a Unix socket and nothing said of it. */
static void
choose_address(struct fovea_http_settings *http, const struct fovea_flag *flags,
        size_t n_flags)
{
    if (http->unix_path &&
            !fovea_args_given(flags, n_flags, FOVEA_OPTION_HOST) &&
            !fovea_args_given(flags, n_flags, FOVEA_OPTION_PORT)) {
        http->host = NULL;
    }
}

static enum fovea_status
parse(struct flags *flags, int argc, char **argv, const char **words,
        size_t *n_words_out, struct fovea_error *err)
{
    struct fovea_server_settings *server = &flags->server;
    const struct fovea_flag own[] = {
        FOVEA_FLAG(HELP, flags->help),
        FOVEA_FLAG(SERVE_MODEL, flags->model),
    };
    struct fovea_flag table[FOVEA_N_OPTIONS];
    size_t n = server_flags(server, table);
    n += fovea_option_flags(&server->library, FOVEA_COMMAND_SERVE, table + n);
    fovea_queue_flags(&server->queue, table + n);
    n += FOVEA_N_QUEUE_FLAGS;
    memcpy(table + n, own, sizeof own);
    n += FOVEA_ARRAY_LEN(own);
    enum fovea_status status =
            fovea_args_parse(table, n, argc, argv, words, n_words_out, err);
    if (!status) {
        flags->model_given =
                fovea_args_given(table, n, FOVEA_OPTION_SERVE_MODEL);
        choose_address(&server->http, table, n);
    }
    return status;
}

/* The model's flag first, then the words; the default where there is none. */
static enum fovea_status
choose_models(struct flags *flags, const char **words, size_t n_words,
        struct fovea_error *err)
{
    bool counts = flags->model_given == FOVEA_GIVEN_BY_FLAG || n_words == 0;
    if (flags->model && counts) {
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
        return fovea_cli_help(self);
    }
    if (choose_models(flags, words, n_words, &error) ||
            fovea_option_flags_resolve(&flags->server.library, &error)) {
        return fovea_cli_misused(self, &error);
    }
    return fovea_serve(&flags->server, &error) ? fovea_cli_fail(&error)
                                               : FOVEA_EXIT_OK;
}

static int
run(const struct fovea_command *self, int argc, char **argv)
{
    struct flags flags = { .help = false };
    fovea_server_settings_init(&flags.server);
    FOVEA_AUTO_FREE const char **words = fovea_cli_words(argc);
    if (!words) {
        return FOVEA_EXIT_FAILED;
    }
    int status = serve(self, &flags, argc, argv, words);
    free(flags.server.indexes.all);
    free(flags.server.writable_indexes.all);
    free(flags.server.jobs_outputs.all);
    return status;
}

const struct fovea_command fovea_cmd_serve = {
    .id = FOVEA_COMMAND_SERVE,
    .about = about,
    .notes = notes,
    .run = run,
};
