/* `fovea ps`: servers that run here. */
#include <string.h>

#include "base/error.h"
#include "cli/args.h"
#include "cli/cli.h"
#include "cli/running.h"

static const char help[] =
        "Usage: fovea ps [--json] [--workers]\n"
        "\n"
        "List the servers (`fovea serve`) of this user that run on this machine, a\n"
        "line a model.\n"
        "\n"
        "Flags:\n"
        "      --json     a line of JSON a server: what its /v1/pool says\n"
        "      --workers  a line a worker under each\n"
        "  -h, --help     this text\n"
        "\n"
        "Exit status: 0, also if there is none; 2 wrong usage; 1 one does not answer.\n";

struct flags {
    bool help;
    bool json;
    bool workers;
};

static const char *
text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "-";
}

static double
number_of(const json_t *object, const char *name)
{
    return json_number_value(json_object_get(object, name));
}

/* "3m", "2h 5m", "12s". */
static void
add_age(struct fovea_text *text, double age_s)
{
    enum {
        MINUTE = 60,
        HOUR = 3600
    };
    long age = (long)age_s;
    if (age < MINUTE) {
        fovea_text_format(text, "%lds", age);
    } else if (age < HOUR) {
        fovea_text_format(text, "%ldm", age / MINUTE);
    } else {
        fovea_text_format(text, "%ldh %ldm", age / HOUR, age % HOUR / MINUTE);
    }
}

static void
add_workers(struct fovea_text *text, const json_t *pool, const char *model)
{
    const double mib = 1 << 20;
    size_t i;
    json_t *worker;
    json_array_foreach(json_object_get(pool, "workers"), i, worker)
    {
        if (strcmp(text_of(worker, "model"), model) == 0) {
            fovea_text_format(text,
                    "%8.0f  worker %-11s %.0f images, %.0f MB\n",
                    number_of(worker, "pid"), text_of(worker, "state"),
                    number_of(worker, "served"),
                    number_of(worker, "pss_bytes") / mib);
        }
    }
}

static void
add_server(struct fovea_text *text, const json_t *pool, bool with_workers)
{
    const double mib = 1 << 20;
    const json_t *addresses = json_object_get(pool, "listen");
    const char *address = json_string_value(json_array_get(addresses, 0));
    const json_t *memory = json_object_get(pool, "memory");
    size_t i;
    json_t *model;
    json_array_foreach(json_object_get(pool, "models"), i, model)
    {
        fovea_text_format(text,
                "%8.0f  %-11s  %-28s  %-32s  %3.0f/%-3.0f  %5.0f  %9.0f  "
                "%6.0f MB  ",
                number_of(pool, "pid"), text_of(pool, "state"),
                address ? address : "-", text_of(model, "id"),
                number_of(model, "workers"), number_of(model, "max_workers"),
                number_of(model, "queued"), number_of(model, "embedded"),
                number_of(memory, "measured_bytes") / mib);
        add_age(text, number_of(pool, "uptime_s"));
        fovea_text_add(text, "\n", 1);
        if (with_workers) {
            add_workers(text, pool, text_of(model, "id"));
        }
    }
}

static int
list(const struct flags *flags, const struct fovea_running *all, size_t n)
{
    FOVEA_AUTO(fovea_text_finish) struct fovea_text text = { 0 };
    int code = FOVEA_EXIT_OK;
    if (!flags->json && n > 0) {
        fovea_text_format(&text,
                "%8s  %-11s  %-28s  %-32s  %7s  %5s  %9s  %9s  %s\n", "PID",
                "STATE", "ADDRESS", "MODEL", "WORKERS", "QUEUE", "IMAGES",
                "MEMORY", "UP");
    }
    for (size_t i = 0; i < n; i++) {
        struct fovea_error error;
        json_t *pool = NULL;
        if (fovea_running_ask(&all[i], &pool, &error)) {
            code = fovea_cli_fail(&error);
            continue;
        }
        char *line = flags->json ? json_dumps(pool, JSON_COMPACT) : NULL;
        if (line) {
            fovea_text_format(&text, "%s\n", line);
        } else {
            add_server(&text, pool, flags->workers);
        }
        free(line);
        json_decref(pool);
    }
    int printed = text.size > 0 || text.failed ? fovea_cli_print_text(&text)
                                               : FOVEA_EXIT_OK;
    return printed ? printed : code;
}

static int
run(const struct fovea_command *self, int argc, char **argv)
{
    struct flags flags = { 0 };
    const struct fovea_flag table[] = {
        { .name = "help", .letter = 'h', .on = &flags.help },
        { .name = "json", .on = &flags.json },
        { .name = "workers", .on = &flags.workers },
    };
    struct fovea_error error;
    size_t n_words = 0;
    FOVEA_AUTO_FREE struct fovea_running *all = NULL;
    size_t n = 0;
    FOVEA_AUTO_FREE const char **words = fovea_cli_words(argc);
    if (!words) {
        return FOVEA_EXIT_FAILED;
    }
    if (fovea_args_parse(table, FOVEA_ARRAY_LEN(table), argc, argv, words,
                &n_words, &error)) {
        return fovea_cli_misused(self, &error);
    }
    if (flags.help) {
        return fovea_cli_print(self->help);
    }
    if (n_words > 0) {
        (void)fovea_fail(&error, FOVEA_ERR_ARGUMENT, "%s: ps takes no words",
                words[0]);
        return fovea_cli_misused(self, &error);
    }
    return fovea_running_find(&all, &n, &error) ? fovea_cli_fail(&error)
                                                : list(&flags, all, n);
}

const struct fovea_command fovea_cmd_ps = {
    .name = "ps",
    .summary = "list servers that run here",
    .help = help,
    .run = run,
};
