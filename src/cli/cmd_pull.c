/* `fovea pull`: fetch models from the Hugging Face hub. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fovea/fovea.h"
#include "fovea/pull.h"

#include "base/clock.h"
#include "base/error.h"
#include "cli/args.h"
#include "cli/cli.h"
#include "cli/models_list.h"
#include "cli/progress.h"
#include "cli/signals.h"

static const char about[] =
        "Usage: fovea pull [--revision R] [--tries N] [--quiet] KEY...\n"
        "\n"
        "Fetch the files of models from the Hugging Face hub into the cache that\n"
        "huggingface_hub uses too, and print where they are. What is here already is\n"
        "not fetched again; what was broken off goes on where it ended. Sizes and\n"
        "checksums are checked before a file gets its name.\n"
        "\n"
        "KEY is OWNER/NAME, for example openai/clip-vit-base-patch32. Only models with\n"
        "safetensors weights can be used; where main has none, the pull request of\n"
        "Hugging Face's converter is taken.\n";

static const char notes[] =
        "Environment: HF_ENDPOINT (another hub), HF_TOKEN or HF_TOKEN_PATH (for models\n"
        "that are private or gated), HF_HOME, HF_HUB_CACHE (where the cache is),\n"
        "HF_HUB_OFFLINE, https_proxy and its relatives.\n"
        "\n"
        "Exit status: 0 all models are here; 2 wrong usage or a model that the hub does\n"
        "not have; 1 anything else; 130 after Ctrl-C.\n";

struct flags {
    bool help;
    bool quiet;
    const char *revision;
    uint64_t n_tries;
};

/* What is shown of a file that is being fetched. */
struct show {
    const struct flags *flags;
    struct fovea_progress progress;
    int signals; /* descriptor; -1: none */
    int signal;  /* that came; 0: none */
    char file[64];
    int64_t begun_ns;
    uint64_t n_at_begin; /* bytes that were here already */
};

static const double mb = 1e6;

static void
print_done(const char *file, uint64_t n_bytes)
{
    bool is_small = (double)n_bytes < mb;
    (void)fprintf(stderr, "%s  %.1f %s\n", file,
            (double)n_bytes / (is_small ? 1e3 : mb), is_small ? "kB" : "MB");
}

static void
draw(struct show *show, uint64_t n_bytes, uint64_t n_total)
{
    char total[32] = "";
    char rate[32] = "";
    char eta[40] = "";
    double seconds = (double)(fovea_clock_ns() - show->begun_ns) /
            (double)FOVEA_NS_PER_S;
    double per_second = seconds > 0.2 && n_bytes > show->n_at_begin
            ? (double)(n_bytes - show->n_at_begin) / seconds
            : 0;
    if (n_total) {
        (void)snprintf(total, sizeof total, "/%.1f", (double)n_total / mb);
    }
    if (per_second > 0) {
        (void)snprintf(rate, sizeof rate, "  %.1f MB/s", per_second / mb);
        double left = (double)(n_total - n_bytes) / per_second;
        if (n_total > n_bytes && left < 360000) {
            char time[24];
            fovea_progress_time(left, time, sizeof time);
            (void)snprintf(eta, sizeof eta, "  ETA %s", time);
        }
    }
    char line[FOVEA_PROGRESS_SIZE];
    (void)snprintf(line, sizeof line, "%s  %.1f%s MB%s%s", show->file,
            (double)n_bytes / mb, total, rate, eta);
    fovea_progress_draw_line(&show->progress, line);
}

static bool
note_progress(void *context, const char *file, uint64_t n_bytes,
        uint64_t n_total)
{
    struct show *show = context;
    if (show->signals >= 0 && !show->signal) {
        show->signal = fovea_signals_take(show->signals);
    }
    if (show->signal) {
        return false;
    }
    if (show->flags->quiet || !*file) {
        return true;
    }
    if (strcmp(show->file, file) != 0) {
        (void)snprintf(show->file, sizeof show->file, "%s", file);
        show->begun_ns = fovea_clock_ns();
        show->n_at_begin = n_bytes;
    }
    if (n_total && n_bytes == n_total) {
        fovea_progress_clear(&show->progress);
        print_done(file, n_total);
        show->file[0] = 0;
    } else {
        draw(show, n_bytes, n_total);
    }
    return true;
}

/* Of a model that the catalogue has. */
static void
say_licence(const char *key)
{
    const struct fovea_catalogue_entry *entry = fovea_models_entry(key);
    if (entry) {
        (void)fprintf(stderr, "%s: licence %s%s%s\n", key, entry->licence,
                entry->licence_note ? ", " : "",
                entry->licence_note ? entry->licence_note : "");
    }
}

static int
pull_one(const char *key, struct show *show)
{
    struct fovea_error error;
    FOVEA_AUTO_FREE char *directory = NULL;
    const struct fovea_pull_options options = {
        .struct_size = sizeof options,
        .revision = show->flags->revision,
        .n_tries = (unsigned)show->flags->n_tries,
        .progress = note_progress,
        .context = show,
    };
    show->file[0] = 0;
    if (!show->flags->quiet) {
        say_licence(key);
    }
    enum fovea_status status = fovea_pull(key, &options, &directory, &error);
    fovea_progress_clear(&show->progress);
    if (show->signal) {
        return FOVEA_EXIT_SIGNAL + show->signal;
    }
    if (status) {
        return fovea_cli_fail(&error);
    }
    char line[4200];
    (void)snprintf(line, sizeof line, "%s\n", directory);
    return fovea_cli_print(line);
}

static int
pull_all(const struct flags *flags, const char **keys, size_t n)
{
    struct fovea_error error;
    struct show show = {
        .flags = flags,
        .progress = FOVEA_PROGRESS_INIT,
        .signals = -1,
    };
    if (fovea_signals_open(&show.signals, &error)) {
        return fovea_cli_fail(&error);
    }
    if (!flags->quiet) {
        fovea_progress_begin(&show.progress);
    }
    int worst = FOVEA_EXIT_OK;
    for (size_t i = 0; i < n && !show.signal; i++) {
        int code = pull_one(keys[i], &show);
        worst = code > worst ? code : worst;
    }
    (void)close(show.signals);
    return worst;
}

static int
run(const struct fovea_command *self, int argc, char **argv)
{
    struct flags flags = { 0 };
    struct fovea_flag table[] = {
        FOVEA_FLAG(HELP, flags.help),
        FOVEA_FLAG(PULL_QUIET, flags.quiet),
        FOVEA_FLAG(REVISION, flags.revision),
        FOVEA_FLAG(PULL_TRIES, flags.n_tries),
    };
    struct fovea_error error;
    size_t n_words = 0;
    FOVEA_AUTO_FREE const char **words = fovea_cli_words(argc);
    if (!words) {
        return FOVEA_EXIT_FAILED;
    }
    if (fovea_args_parse(table, FOVEA_ARRAY_LEN(table), argc, argv, words,
                &n_words, &error)) {
        return fovea_cli_misused(self, &error);
    }
    if (flags.help) {
        return fovea_cli_help(self);
    }
    if (n_words == 0) {
        (void)fovea_fail(&error, FOVEA_ERR_ARGUMENT,
                "no KEY; fovea models lists those that are known");
        return fovea_cli_misused(self, &error);
    }
    return pull_all(&flags, words, n_words);
}

const struct fovea_command fovea_cmd_pull = {
    .id = FOVEA_COMMAND_PULL,
    .about = about,
    .notes = notes,
    .run = run,
};
