/*
 * The real fovea-worker and a host that is wrong, gone, or gives it what cannot
 * be loaded: it ends by itself, with the exit code that says why.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/macros.h"
#include "support/test.h"
#include "support/worker_host.h"
#include "sys/memfd.h"
#include "sys/process.h"

enum {
    DEADLINE_MS = 300000
};

static void
send_bytes(struct worker_host *host, const void *bytes, size_t size)
{
    assert_int_equal(send(host->channel, bytes, size, MSG_NOSIGNAL), size);
}

/* A frame of the host's choice. */
static void
send_frame(struct worker_host *host, enum fovea_frame_type type,
        const struct fovea_writer *writer, const int *fds, size_t n_fds)
{
    struct fovea_error error;
    assert_ok(fovea_frame_send(host->channel, type, 1, writer->bytes,
                      writer->size, fds, n_fds, &error),
            &error);
}

/* Of a model that has what the kind works on. */
static struct fovea_load
load_for(enum fovea_work_kind kind)
{
    struct fovea_load load = worker_load_of("quick");
    load.kind = kind;
    if (fovea_work_facts(kind)->modality == FOVEA_MODALITY_TEXT) {
        const char *models = getenv("FOVEA_WHOLE_MODELS");
        assert_non_null(models);
        (void)snprintf(load.directory, sizeof load.directory, "%s/clip",
                models);
    }
    return load;
}

static struct worker_host
ready_worker(enum fovea_work_kind kind)
{
    struct fovea_load load = load_for(kind);
    struct worker_host host = worker_start();
    (void)worker_load(&host, &load, -1, NULL);
    return host;
}

/* A job of n images that says so, with n_fds files beside it. */
static void
refuse_job(enum fovea_work_kind kind, uint32_t n, size_t n_fds, size_t cut)
{
    struct worker_host host = ready_worker(kind);
    struct fovea_job_frame job = { .n = n };
    uint8_t bytes[4096];
    int fds[FOVEA_FRAME_MAX_FDS];
    struct fovea_writer writer;
    for (size_t i = 0; i < n_fds; i++) {
        fds[i] = STDIN_FILENO;
    }
    fovea_writer_init(&writer, bytes, sizeof bytes);
    fovea_job_write(&job, &writer);
    assert_false(writer.overflow);
    writer.size -= cut;
    send_frame(&host, FOVEA_FRAME_JOB, &writer, fds, n_fds);
    worker_expect_exit(&host, FOVEA_WORKER_EXIT_PROTOCOL);
}

static void
jobs_that_make_no_sense_end_it(void **state)
{
    (void)state;
    refuse_job(FOVEA_WORK_EMBED, 1, 0, 0);  /* no file */
    refuse_job(FOVEA_WORK_EMBED, 1, 2, 0);  /* one too many */
    refuse_job(FOVEA_WORK_EMBED, 9, 9, 0);  /* more than max_batch */
    refuse_job(FOVEA_WORK_EMBED, 0, 0, 0);  /* none */
    refuse_job(FOVEA_WORK_EMBED, 2, 2, 1);  /* cut short */
    refuse_job(FOVEA_WORK_PIXELS, 1, 1, 0); /* no output */
    refuse_job(FOVEA_WORK_PIXELS, 1, 3, 0);
}

/* Each kind of the table gets ready as its row says, and a job of it takes an
   output where results go to a file, and only there; no other kind is known. */
static void
it_does_the_kinds_of_the_table_and_no_other(void **state)
{
    (void)state;
    for (int i = 0; i < FOVEA_N_WORK_KINDS; i++) {
        const struct fovea_work_facts *facts =
                fovea_work_facts((enum fovea_work_kind)i);
        bool has_file = facts->output == FOVEA_OUTPUT_FILE;
        struct fovea_load load = load_for((enum fovea_work_kind)i);
        bool shares = fovea_work_n_shared(load.kind) > 0;
        struct worker_host host = worker_start();
        int packed = -1;
        struct fovea_ready ready = worker_load(&host, &load, -1, &packed);
        assert_int_equal(ready.dimension == 0, has_file);
        assert_int_equal(ready.shared_bytes > 0, shares);
        assert_int_equal(packed >= 0, shares);
        if (packed >= 0) {
            (void)close(packed);
        }
        worker_end(&host, FOVEA_WORKER_EXIT_OK);
        refuse_job(load.kind, 1, has_file ? 1 : 2, 0);
    }
    struct fovea_load load = worker_load_of("quick");
    struct worker_host host = worker_start();
    load.kind = FOVEA_N_WORK_KINDS;
    worker_send_load(&host, &load, -1);
    worker_expect_exit(&host, FOVEA_WORKER_EXIT_PROTOCOL);
}

static void
a_model_without_words_is_reported(void **state)
{
    (void)state;
    static const enum fovea_work_kind kinds[] = { FOVEA_WORK_EMBED_TEXT,
        FOVEA_WORK_TOKENS };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(kinds); i++) {
        struct fovea_load load = worker_load_of("quick");
        struct worker_host host = worker_start();
        load.kind = kinds[i];
        struct fovea_failed failed = worker_fail(&host, &load, -1);
        assert_int_equal(failed.status, FOVEA_ERR_TEXT_UNSUPPORTED);
        assert_non_null(strstr(failed.message, "no text tower"));
        worker_expect_exit(&host, FOVEA_WORKER_EXIT_LOAD);
    }
}

/* In place of LOAD; then it ends, whoever waits for more. */
static void
it_measures_when_it_is_asked(void **state)
{
    (void)state;
    const struct fovea_choice_shape shape = { 256, 512, 4, 2 };
    uint8_t bytes[64];
    struct fovea_writer writer;
    struct fovea_frame frame;
    struct fovea_choice_times times;
    struct worker_host host = worker_start();
    fovea_writer_init(&writer, bytes, sizeof bytes);
    fovea_measure_write(&shape, &writer);
    send_frame(&host, FOVEA_FRAME_MEASURE, &writer, NULL, 0);
    worker_receive(&host, FOVEA_FRAME_MEASURED, &frame);
    assert_true(fovea_measured_read(&frame, &times));
    fovea_frame_finish(&frame);
    worker_expect_exit(&host, FOVEA_WORKER_EXIT_OK);

    /* A shape that no tower has, and one that is cut. */
    for (unsigned i = 0; i < 2; i++) {
        const struct fovea_choice_shape wrong = { 256, 512, 4, i };
        host = worker_start();
        fovea_writer_init(&writer, bytes, sizeof bytes);
        fovea_measure_write(&wrong, &writer);
        writer.size -= i;
        send_frame(&host, FOVEA_FRAME_MEASURE, &writer, NULL, 0);
        worker_expect_exit(&host, FOVEA_WORKER_EXIT_PROTOCOL);
    }
}

static void
frames_out_of_turn_end_it(void **state)
{
    (void)state;
    struct fovea_load load = worker_load_of("quick");
    struct worker_host host = worker_start();
    int fd = STDIN_FILENO;
    worker_send_job(&host, 1, &fd, 1, false, -1);
    worker_expect_exit(&host, FOVEA_WORKER_EXIT_PROTOCOL);

    host = ready_worker(FOVEA_WORK_EMBED);
    worker_send_load(&host, &load, -1);
    worker_expect_exit(&host, FOVEA_WORKER_EXIT_PROTOCOL);

    host = ready_worker(FOVEA_WORK_EMBED);
    send_frame(&host, FOVEA_FRAME_RESULT,
            &(struct fovea_writer){ .bytes = (uint8_t[1]){ 0 }, .size = 1 },
            NULL, 0);
    worker_expect_exit(&host, FOVEA_WORKER_EXIT_PROTOCOL);
}

static void
what_is_no_frame_ends_it(void **state)
{
    (void)state;
    static const uint8_t unknown[16] = { 99 };
    static const uint8_t flags[16] = { FOVEA_FRAME_LOAD, 0, 1 };
    static const uint8_t length[16] = { FOVEA_FRAME_LOAD, 0, 0, 0, 7 };
    static const uint8_t empty[16] = { FOVEA_FRAME_LOAD };
    const uint8_t *const all[] = { unknown, flags, length, empty };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(all); i++) {
        struct worker_host host = worker_start();
        send_bytes(&host, all[i], 16);
        worker_expect_exit(&host, FOVEA_WORKER_EXIT_PROTOCOL);
    }
    struct worker_host host = ready_worker(FOVEA_WORK_EMBED);
    send_bytes(&host, unknown, 3);
    worker_expect_exit(&host, FOVEA_WORKER_EXIT_PROTOCOL);
}

static void
the_end_of_the_channel_ends_it_in_order(void **state)
{
    (void)state;
    struct worker_host host = worker_start();
    worker_end(&host, FOVEA_WORKER_EXIT_OK);
    host = ready_worker(FOVEA_WORK_EMBED);
    worker_end(&host, FOVEA_WORKER_EXIT_OK);
}

/* Nobody takes the answers of a job any more. */
static void
a_host_that_leaves_within_a_job_ends_it(void **state)
{
    (void)state;
    struct worker_host host = ready_worker(FOVEA_WORK_EMBED);
    char path[WORKER_PATH_SIZE];
    worker_path("samples/scenes/fog.jpg", path);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    /* Held until the host is gone: it might be done before. */
    int status = 0;
    assert_int_equal(kill(host.pid, SIGSTOP), 0);
    assert_int_equal(waitpid(host.pid, &status, WUNTRACED), host.pid);
    assert_true(WIFSTOPPED(status));
    worker_send_job(&host, 1, &fd, 1, false, -1);
    (void)close(fd);
    (void)close(host.channel);
    host.channel = -1;
    assert_int_equal(kill(host.pid, SIGCONT), 0);
    worker_expect_exit(&host, FOVEA_WORKER_EXIT_CHANNEL);
}

/* A process in between starts the worker and is killed; the channel's other end
   is still open here, so only the kernel's word ends the worker. */
static void
a_worker_does_not_outlive_its_host(void **state)
{
    (void)state;
    int report[2];
    assert_int_equal(pipe2(report, O_CLOEXEC), 0);
    pid_t between = fork();
    assert_true(between >= 0);
    if (between == 0) {
        struct worker_host host = ready_worker(FOVEA_WORK_EMBED);
        /* What is held here must be held by nobody but the worker. */
        (void)close(host.log_fd);
        (void)!write(report[1], &host.pid, sizeof host.pid);
        for (;;) {
            (void)pause();
        }
    }
    pid_t worker = 0;
    (void)close(report[1]);
    struct pollfd item = { .fd = report[0], .events = POLLIN };
    assert_int_equal(poll(&item, 1, DEADLINE_MS), 1);
    assert_int_equal(read(report[0], &worker, sizeof worker), sizeof worker);
    (void)close(report[0]);
    struct fovea_process process;
    assert_true(fovea_process_open(worker, &process));
    assert_int_equal(kill(between, SIGKILL), 0);
    while (!fovea_process_has_ended(&process)) {
        item = (struct pollfd){ .fd = process.fd, .events = POLLIN };
        (void)poll(&item, 1, process.fd >= 0 ? -1 : 1);
    }
    assert_int_equal(waitpid(between, NULL, 0), between);
    fovea_process_close(&process);
}

/* Loading. */

static void
a_model_that_is_not_there_is_reported(void **state)
{
    (void)state;
    struct fovea_load load = worker_load_of("no_such_model");
    struct worker_host host = worker_start();
    struct fovea_failed failed = worker_fail(&host, &load, -1);
    assert_int_equal(failed.status, FOVEA_ERR_MODEL_NOT_FOUND);
    assert_non_null(strstr(failed.message, "no_such_model"));
    assert_false(failed.packed_is_bad);
    worker_expect_exit(&host, FOVEA_WORKER_EXIT_LOAD);
}

/* The packed weights of a model, as unsealed memory with one byte changed. */
static int
damaged_copy(const char *name, off_t at)
{
    struct fovea_load load = worker_load_of(name);
    struct worker_host host = worker_start();
    int packed = -1;
    (void)worker_load(&host, &load, -1, &packed);
    worker_end(&host, FOVEA_WORKER_EXIT_OK);
    struct stat facts;
    struct fovea_error error;
    int copy = -1;
    assert_int_equal(fstat(packed, &facts), 0);
    size_t size = (size_t)facts.st_size;
    uint8_t *bytes = malloc(size);
    assert_non_null(bytes);
    assert_int_equal(pread(packed, bytes, size, 0), size);
    bytes[at < 0 ? (off_t)size + at : at] ^= 1;
    assert_ok(fovea_memfd_create("copy", &copy, &error), &error);
    assert_ok(fovea_memfd_write(copy, bytes, size, &error), &error);
    free(bytes);
    (void)close(packed);
    return copy;
}

static void
refuse_packed(const struct fovea_load *load, int fd)
{
    struct worker_host host = worker_start();
    struct fovea_failed failed = worker_fail(&host, load, fd);
    assert_int_equal(failed.status, FOVEA_ERR_MODEL_WEIGHTS);
    assert_true(failed.packed_is_bad);
    worker_expect_exit(&host, FOVEA_WORKER_EXIT_LOAD);
}

static void
damaged_packed_weights_are_reported(void **state)
{
    (void)state;
    struct fovea_load load = worker_load_of("quick");
    load.packed_is_foreign = true;
    const off_t places[] = { 3, 200, 4095, 4096, -1 };
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(places); i++) {
        int copy = damaged_copy("quick", places[i]);
        refuse_packed(&load, copy);
        (void)close(copy);
    }
}

static void
packed_weights_of_others_are_reported(void **state)
{
    (void)state;
    struct fovea_load load = worker_load_of("full");
    struct fovea_load other = worker_load_of("quick");
    struct worker_host host = worker_start();
    struct fovea_error error;
    int packed = -1;
    int empty = -1;
    (void)worker_load(&host, &other, -1, &packed);
    worker_end(&host, FOVEA_WORKER_EXIT_OK);
    refuse_packed(&load, packed);
    assert_ok(fovea_memfd_from_bytes("empty", "", 0, &empty, &error), &error);
    refuse_packed(&other, empty);
    int plain = damaged_copy("quick", 0);
    refuse_packed(&other, plain); /* not sealed, and not said to be foreign */
    (void)close(plain);
    (void)close(empty);
    (void)close(packed);
}

/* What the process is. */

/* The number behind a name in /proc/<pid>/<file>; an empty name: the first. */
static long
fact(pid_t pid, const char *file, const char *name)
{
    char path[64];
    char line[256];
    long value = -1;
    (void)snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, file);
    FILE *facts = fopen(path, "r");
    assert_non_null(facts);
    while (value < 0 && fgets(line, sizeof line, facts)) {
        size_t length = strlen(name);
        if (strncmp(line, name, length) == 0) {
            value = strtol(line + length, NULL, 10);
        }
    }
    assert_int_equal(fclose(facts), 0);
    return value;
}

static void
it_is_sealed_where_it_can_be(void **state)
{
    (void)state;
    static const enum fovea_sandbox wishes[] = { FOVEA_SANDBOX_ON,
        FOVEA_SANDBOX_AUTO, FOVEA_SANDBOX_OFF };
    bool can_seal = worker_program.sandbox == FOVEA_SANDBOX_ON;
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(wishes); i++) {
        struct fovea_load load = worker_load_of("quick");
        struct worker_host host = worker_start();
        load.sandbox = wishes[i];
        if (!can_seal && wishes[i] == FOVEA_SANDBOX_ON) {
            struct fovea_failed failed = worker_fail(&host, &load, -1);
            assert_int_equal(failed.status, FOVEA_ERR_SANDBOX);
            worker_expect_exit(&host, FOVEA_WORKER_EXIT_SANDBOX);
            continue;
        }
        (void)worker_load(&host, &load, -1, NULL);
        bool is_sealed = can_seal && wishes[i] != FOVEA_SANDBOX_OFF;
        /* This process may be in a container that filters calls too. */
        long filters = fact(getpid(), "status", "Seccomp_filters:");
        assert_int_equal(fact(host.pid, "status", "Seccomp_filters:"),
                filters + is_sealed);
        if (is_sealed) {
            assert_int_equal(fact(host.pid, "status", "NoNewPrivs:"), 1);
        }
        worker_end(&host, FOVEA_WORKER_EXIT_OK);
    }
}

static void
it_goes_before_its_host_when_memory_is_short(void **state)
{
    (void)state;
    struct worker_host host = worker_start();
    assert_true(fact(host.pid, "oom_score_adj", "") >= 500);
    worker_end(&host, FOVEA_WORKER_EXIT_OK);
}

/* A key pressed in the host's terminal reaches its workers too. */
static void
interrupts_are_for_the_host(void **state)
{
    (void)state;
    struct worker_host host = ready_worker(FOVEA_WORK_EMBED);
    assert_int_equal(kill(host.pid, SIGINT), 0);
    assert_int_equal(kill(host.pid, SIGHUP), 0);
    worker_end(&host, FOVEA_WORKER_EXIT_OK);
}

/* Started by hand. */

static int
run_alone(const char *argument)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        int null = open("/dev/null", O_RDWR | O_CLOEXEC);
        (void)dup2(null, STDERR_FILENO);
        (void)close_range(3, ~0U, 0);
        (void)execl(worker_program.path, "fovea-worker", argument,
                (char *)NULL);
        _exit(127);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void
started_by_hand_it_says_so(void **state)
{
    (void)state;
    assert_int_equal(run_alone(NULL), FOVEA_WORKER_EXIT_USAGE);
    assert_int_equal(run_alone("--help"), FOVEA_WORKER_EXIT_USAGE);
}

int
main(int argc, char **argv)
{
    worker_arguments(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jobs_that_make_no_sense_end_it),
        cmocka_unit_test(it_does_the_kinds_of_the_table_and_no_other),
        cmocka_unit_test(a_model_without_words_is_reported),
        cmocka_unit_test(it_measures_when_it_is_asked),
        cmocka_unit_test(frames_out_of_turn_end_it),
        cmocka_unit_test(what_is_no_frame_ends_it),
        cmocka_unit_test(the_end_of_the_channel_ends_it_in_order),
        cmocka_unit_test(a_host_that_leaves_within_a_job_ends_it),
        cmocka_unit_test(a_worker_does_not_outlive_its_host),
        cmocka_unit_test(a_model_that_is_not_there_is_reported),
        cmocka_unit_test(damaged_packed_weights_are_reported),
        cmocka_unit_test(packed_weights_of_others_are_reported),
        cmocka_unit_test(it_is_sealed_where_it_can_be),
        cmocka_unit_test(it_goes_before_its_host_when_memory_is_short),
        cmocka_unit_test(interrupts_are_for_the_host),
        cmocka_unit_test(started_by_hand_it_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
