/* `fovea ps`: servers that run here. */
#include <inttypes.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "cli/args.h"
#include "cli/cli.h"
#include "cli/columns.h"
#include "cli/running.h"

static const char about[] =
        "Usage: fovea ps [--json] [--workers] [--wide]\n"
        "\n"
        "List the servers (`fovea serve`) that run on this machine, a line a model: for\n"
        "root all of them, else those of this user. Lines are cut to the terminal's\n"
        "width (COLUMNS; 80 where there is no terminal).\n";

static const char notes[] =
        "Exit status: 0, also if there is none, which is said on standard error; 2 wrong\n"
        "usage; 1 one does not answer.\n";

struct flags {
    bool help;
    bool json;
    bool workers;
    bool wide;
};

enum column {
    COLUMN_PID,
    COLUMN_USER,
    COLUMN_STATE,
    COLUMN_ADDRESS,
    COLUMN_MODEL,
    COLUMN_WORKERS,
    COLUMN_QUEUE,
    COLUMN_IMAGES,
    COLUMN_MEMORY,
    COLUMN_UP,
    N_COLUMNS
};

/* What is left out of a narrow terminal: --wide, --json and --workers have it. */
static const struct fovea_column columns[N_COLUMNS] = {
    [COLUMN_PID] = { .header = "PID", .is_right = true },
    [COLUMN_USER] = { .header = "USER", .can_be_cut = true },
    [COLUMN_STATE] = { .header = "STATE" },
    [COLUMN_ADDRESS] = { .header = "ADDRESS", .can_be_cut = true },
    [COLUMN_MODEL] = { .header = "MODEL", .can_be_cut = true },
    [COLUMN_WORKERS] = { .header = "WORKERS", .is_right = true },
    [COLUMN_QUEUE] = { .header = "QUEUE", .is_right = true, .left_out = 2 },
    [COLUMN_IMAGES] = { .header = "IMAGES", .is_right = true, .left_out = 1 },
    [COLUMN_MEMORY] = { .header = "MEMORY", .is_right = true },
    [COLUMN_UP] = { .header = "UP" },
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

/* What a model's queue, or a worker, is for. */
static const char *
items_of(const json_t *object)
{
    return strcmp(text_of(object, "work"), "embed_text") == 0 ? "texts"
                                                              : "images";
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
add_workers(struct fovea_text *text, const json_t *pool, const json_t *model)
{
    const double mib = 1 << 20;
    size_t i;
    json_t *worker;
    json_array_foreach(json_object_get(pool, "workers"), i, worker)
    {
        if (strcmp(text_of(worker, "model"), text_of(model, "id")) == 0 &&
                strcmp(items_of(worker), items_of(model)) == 0) {
            fovea_text_format(text, "%8.0f  worker ", number_of(worker, "pid"));
            fovea_text_printable(text, text_of(worker, "state"));
            fovea_text_format(text, ", %.0f %s, %.0f MB\n",
                    number_of(worker, "served"), items_of(worker),
                    number_of(worker, "pss_bytes") / mib);
        }
    }
}

/* Allocated; NULL without memory. */
static char *cell(const char *format, ...) FOVEA_PRINTF(1, 2);

static char *
cell(const char *format, ...)
{
    FOVEA_AUTO(fovea_text_finish) struct fovea_text text = { 0 };
    char *raw = NULL;
    va_list arguments;
    va_start(arguments, format);
    int size = vasprintf(&raw, format, arguments);
    va_end(arguments);
    if (size < 0) {
        return NULL;
    }
    /* A server of somebody else may say anything. */
    fovea_text_printable(&text, raw);
    free(raw);
    return fovea_text_failed(&text) ? NULL
            : text.data             ? FOVEA_TAKE(text.data)
                                    : strdup("");
}

static char *
name_of(uid_t user)
{
    enum {
        SIZE = 1024
    };
    char buffer[SIZE];
    struct passwd entry;
    struct passwd *found = NULL;
    return getpwuid_r(user, &entry, buffer, sizeof buffer, &found) == 0 && found
            ? cell("%s", found->pw_name)
            : cell("%ju", (uintmax_t)user);
}

/* Without what nobody needs to read: "127.0.0.1:8080". */
static char *
address_of(const json_t *pool)
{
    static const char scheme[] = "http://";
    const char *address = json_string_value(
            json_array_get(json_object_get(pool, "listen"), 0));
    if (address && strncmp(address, scheme, sizeof scheme - 1) == 0) {
        address += sizeof scheme - 1;
    }
    return cell("%s", address ? address : "-");
}

/* A row a model, and one more for its texts. False without memory. */
static bool
add_server(struct fovea_table *table, const json_t *pool,
        const struct fovea_running *running, bool with_workers)
{
    const double mib = 1 << 20;
    const json_t *memory = json_object_get(pool, "memory");
    bool is_whole = true;
    size_t i;
    json_t *model;
    json_array_foreach(json_object_get(pool, "models"), i, model)
    {
        struct fovea_table_row *row = fovea_table_add(table);
        if (!row) {
            return false;
        }
        FOVEA_AUTO(fovea_text_finish) struct fovea_text age = { 0 };
        add_age(&age, number_of(pool, "uptime_s"));
        char **cells = row->cells;
        cells[COLUMN_PID] = cell("%" PRId64, running->pid);
        cells[COLUMN_USER] = name_of(running->user);
        cells[COLUMN_STATE] = cell("%s", text_of(pool, "state"));
        cells[COLUMN_ADDRESS] = address_of(pool);
        cells[COLUMN_MODEL] = cell("%s%s", text_of(model, "id"),
                strcmp(items_of(model), "texts") == 0 ? " (texts)" : "");
        cells[COLUMN_WORKERS] = cell("%.0f/%.0f", number_of(model, "workers"),
                number_of(model, "max_workers"));
        cells[COLUMN_QUEUE] = cell("%.0f", number_of(model, "queued"));
        cells[COLUMN_IMAGES] = cell("%.0f", number_of(model, "embedded"));
        cells[COLUMN_MEMORY] =
                cell("%.0fM", number_of(memory, "measured_bytes") / mib);
        cells[COLUMN_UP] = cell("%s", age.data ? age.data : "");
        for (size_t k = 0; k < N_COLUMNS; k++) {
            is_whole = is_whole && cells[k];
        }
        if (with_workers) {
            add_workers(&row->below, pool, model);
        }
    }
    return is_whole;
}

static bool
add_json(struct fovea_text *text, json_t *pool,
        const struct fovea_running *running)
{
    FOVEA_AUTO_FREE char *user = name_of(running->user);
    (void)json_object_set_new(pool, "user", json_string(user ? user : ""));
    FOVEA_AUTO_FREE char *line = json_dumps(pool, JSON_COMPACT);
    if (line) {
        fovea_text_format(text, "%s\n", line);
    }
    return line != NULL;
}

/* Ask every server. The exit code. */
static int
collect(const struct flags *flags, const struct fovea_running_list *list,
        struct fovea_table *table, struct fovea_text *text)
{
    int code = FOVEA_EXIT_OK;
    for (size_t i = 0; i < list->n; i++) {
        struct fovea_error error;
        json_t *pool = NULL;
        if (fovea_running_ask(&list->all[i], &pool, &error)) {
            code = fovea_cli_fail(&error);
            continue;
        }
        bool is_whole = flags->json
                ? add_json(text, pool, &list->all[i])
                : add_server(table, pool, &list->all[i], flags->workers);
        json_decref(pool);
        if (!is_whole) {
            (void)fovea_fail_memory(&error, list->n, "the list of servers");
            return fovea_cli_fail(&error);
        }
    }
    return code;
}

static int
list_all(const struct flags *flags, const struct fovea_running_list *list)
{
    FOVEA_AUTO(fovea_text_finish) struct fovea_text text = { 0 };
    FOVEA_AUTO(fovea_table_finish)
    struct fovea_table table = { .columns = columns, .n_columns = N_COLUMNS };
    if (list->n == 0) {
        fovea_cli_report(fovea_running_finds_all()
                        ? "no server runs here"
                        : "no server of this user runs here (root is shown "
                          "those of others too)");
        return FOVEA_EXIT_OK;
    }
    int code = collect(flags, list, &table, &text);
    if (table.n_rows > 0) {
        fovea_table_format(&table, flags->wide ? 0 : fovea_terminal_width(),
                &text);
    }
    int printed = text.size > 0 || text.failed ? fovea_cli_print_text(&text)
                                               : FOVEA_EXIT_OK;
    return printed ? printed : code;
}

static int
run(const struct fovea_command *self, int argc, char **argv)
{
    struct flags flags = { 0 };
    struct fovea_flag table[] = {
        FOVEA_FLAG(HELP, flags.help),
        FOVEA_FLAG(PS_JSON, flags.json),
        FOVEA_FLAG(PS_WORKERS, flags.workers),
        FOVEA_FLAG(WIDE, flags.wide),
    };
    struct fovea_error error;
    size_t n_words = 0;
    FOVEA_AUTO(fovea_running_finish) struct fovea_running_list list = { 0 };
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
    if (n_words > 0) {
        (void)fovea_fail(&error, FOVEA_ERR_ARGUMENT, "%s: ps takes no words",
                words[0]);
        return fovea_cli_misused(self, &error);
    }
    return fovea_running_find(&list, &error) ? fovea_cli_fail(&error)
                                             : list_all(&flags, &list);
}

const struct fovea_command fovea_cmd_ps = {
    .id = FOVEA_COMMAND_PS,
    .about = about,
    .notes = notes,
    .run = run,
};
