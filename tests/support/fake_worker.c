/* A worker without an engine: see fake.h. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/macros.h"
#include "fake.h"
#include "sys/memfd.h"
#include "wire/exit.h"
#include "wire/messages.h"

enum {
    TEXT_SIZE = 4096
};

static uint8_t buffer[FOVEA_FRAME_MAX_SIZE];
static struct fovea_load load;
static bool images_crash;

static void
sleep_ms(long ms)
{
    struct timespec time = { ms / 1000, (ms % 1000) * 1000000 };
    while (nanosleep(&time, &time) && errno == EINTR) {
    }
}

/* Until there is a file of this name, which ends with its line. */
static void
wait_for(const char *argument)
{
    char name[64];
    (void)snprintf(name, sizeof name, "%.*s", (int)strcspn(argument, "\n"),
            argument);
    while (access(name, F_OK)) {
        sleep_ms(1);
    }
}

_Noreturn static void
hang(void)
{
    for (;;) {
        (void)pause();
    }
}

_Noreturn static void
crash(int number)
{
    struct sigaction action = { .sa_handler = SIG_DFL };
    (void)sigaction(number, &action, NULL); /* of those that have one */
    (void)raise(number);
    hang();
}

static void
send_frame(enum fovea_frame_type type, uint64_t id,
        const struct fovea_writer *writer, const int *fds, size_t n_fds)
{
    if (writer->overflow ||
            fovea_frame_send(FOVEA_CHANNEL_FD, type, id, writer->bytes,
                    writer->size, fds, n_fds, NULL)) {
        _exit(FOVEA_WORKER_EXIT_CHANNEL);
    }
}

static void
send_garbage(void)
{
    (void)!send(FOVEA_CHANNEL_FD, "what is this", 12, MSG_NOSIGNAL);
    hang();
}

/* The argument of a word that is in the text at the start of a line, NULL if it
   is not. */
static const char *
find_word(const char *text, const char *word)
{
    size_t size = strlen(word);
    for (const char *at = text; at && *at;) {
        if (strncmp(at, word, size) == 0 && strchr(" \n", at[size])) {
            return at[size] == ' ' ? at + size + 1 : "";
        }
        at = strchr(at, '\n');
        at = at ? at + 1 : NULL;
    }
    return NULL;
}

static uint64_t
number(const char *text, const char *word, uint64_t otherwise)
{
    const char *argument = find_word(text, word);
    return argument ? strtoull(argument, NULL, 10) : otherwise;
}

static void
read_words(const char *path, char text[TEXT_SIZE])
{
    text[0] = '\0';
    FILE *file = fopen(path, "re");
    if (file) {
        size_t n = fread(text, 1, TEXT_SIZE - 1, file);
        text[n] = '\0';
        (void)fclose(file);
    }
}

/* A frame of the type that the words say, with nothing in it, and no more. */
static void
send_empty(const char *words, const char *word)
{
    const char *argument = find_word(words, word);
    if (argument) {
        uint8_t bytes[1];
        struct fovea_writer writer;
        fovea_writer_init(&writer, bytes, sizeof bytes);
        send_frame((enum fovea_frame_type)strtoul(argument, NULL, 10), 0,
                &writer, NULL, 0);
        hang();
    }
}

static void
receive(struct fovea_frame *frame)
{
    enum fovea_received received = FOVEA_RECEIVED_NOTHING;
    if (fovea_frame_receive(FOVEA_CHANNEL_FD, buffer, &received, frame, NULL)) {
        _exit(FOVEA_WORKER_EXIT_PROTOCOL);
    }
    if (received == FOVEA_RECEIVED_END) {
        _exit(FOVEA_WORKER_EXIT_OK);
    }
}

static void
say_hello(void)
{
    char words[TEXT_SIZE];
    read_words("hello", words);
    if (find_word(words, "hang")) {
        hang();
    }
    if (find_word(words, "crash")) {
        crash(SIGSEGV);
    }
    send_empty(words, "sends");
    struct fovea_hello hello = {
        .protocol = (uint32_t)number(words, "protocol", FOVEA_PROTOCOL_VERSION),
    };
    (void)snprintf(hello.build, sizeof hello.build, "%s",
            find_word(words, "old") ? "0.0.1" : FOVEA_VERSION);
    (void)snprintf(hello.engine, sizeof hello.engine, "fake");
    uint8_t bytes[512];
    struct fovea_writer writer;
    fovea_writer_init(&writer, bytes, sizeof bytes);
    fovea_hello_write(&hello, &writer);
    send_frame(FOVEA_FRAME_HELLO, 0, &writer, NULL, 0);
    send_empty(words, "then-sends");
}

_Noreturn static void
fail(enum fovea_status status, bool packed_is_bad, const char *message)
{
    struct fovea_failed failed = {
        .status = status,
        .packed_is_bad = packed_is_bad,
    };
    (void)snprintf(failed.message, sizeof failed.message, "%s", message);
    uint8_t bytes[512];
    struct fovea_writer writer;
    fovea_writer_init(&writer, bytes, sizeof bytes);
    fovea_failed_write(&failed, &writer);
    send_frame(FOVEA_FRAME_FAILED, 0, &writer, NULL, 0);
    _exit(FOVEA_WORKER_EXIT_LOAD);
}

static void
misbehave(const char *words)
{
    const char *argument = NULL;
    if ((argument = find_word(words, "slow"))) {
        sleep_ms(strtol(argument, NULL, 10));
    }
    if ((argument = find_word(words, "held"))) {
        wait_for(argument);
    }
    if (find_word(words, "fails")) {
        fail(FOVEA_ERR_MODEL_WEIGHTS, false, "cannot read these weights");
    }
    if ((argument = find_word(words, "says-failed"))) {
        fail((enum fovea_status)strtoul(argument, NULL, 10), false, "lies");
    }
    if (find_word(words, "crash")) {
        crash(SIGSEGV);
    }
    if (find_word(words, "kill")) {
        crash(SIGKILL);
    }
    if ((argument = find_word(words, "signal"))) {
        crash((int)strtol(argument, NULL, 10));
    }
    if ((argument = find_word(words, "exit"))) {
        _exit((int)strtol(argument, NULL, 10));
    }
    if (find_word(words, "hang")) {
        hang();
    }
    if (find_word(words, "garbage")) {
        send_garbage();
    }
    send_empty(words, "sends");
}

/* By a table instead of a clock. */
static void
measure(const struct fovea_frame *frame)
{
    struct fovea_choice_shape shape;
    struct fovea_choice_times times = { 0, 0 };
    char words[TEXT_SIZE];
    if (!fovea_measure_read(frame, &shape)) {
        _exit(FOVEA_WORKER_EXIT_PROTOCOL);
    }
    read_words("measure", words);
    misbehave(words);
    const char *argument = find_word(words, "times");
    if (argument) {
        char *rest = NULL;
        times.f32_ns = strtoull(argument, &rest, 10);
        times.bf16_ns = strtoull(rest, NULL, 10);
    }
    uint8_t bytes[64];
    struct fovea_writer writer;
    fovea_writer_init(&writer, bytes, sizeof bytes);
    fovea_measured_write(&times, &writer);
    send_frame(FOVEA_FRAME_MEASURED, 0, &writer, NULL, 0);
}

static int
pack(size_t size)
{
    char *bytes = calloc(1, size);
    int fd = -1;
    if (!bytes) {
        _exit(1);
    }
    memcpy(bytes, "packed", 6);
    if (fovea_memfd_from_bytes("fake", bytes, size, &fd, NULL)) {
        _exit(1);
    }
    free(bytes);
    return fd;
}

static void
check_packed(const char *words, int fd)
{
    char start[6] = "";
    if (pread(fd, start, sizeof start, 0) != sizeof start ||
            memcmp(start, "packed", sizeof start) != 0 ||
            find_word(words, "refuses-packed")) {
        fail(FOVEA_ERR_MODEL_WEIGHTS, true, "the packed weights are damaged");
    }
}

static void
load_model(struct fovea_frame *frame)
{
    if (!fovea_load_read(frame, &load)) {
        _exit(FOVEA_WORKER_EXIT_PROTOCOL);
    }
    char path[FOVEA_WIRE_PATH_SIZE + 16];
    char words[TEXT_SIZE];
    (void)snprintf(path, sizeof path, "%s/load", load.directory);
    read_words(path, words);
    misbehave(words);
    images_crash = find_word(words, "images-crash") != NULL;
    const struct fovea_work_facts *work = fovea_work_facts(load.kind);
    bool is_vector = work->output == FOVEA_OUTPUT_VECTOR;
    size_t shared = number(words, "shared", FAKE_SHARED_BYTES);
    size_t n_shared = fovea_work_n_shared(load.kind);
    size_t n_wanted = (size_t)number(words, "shares", n_shared);
    int fds[FOVEA_N_SHARED];
    size_t n_made = 0;
    for (size_t i = 0; i < frame->n_fds; i++) {
        check_packed(words, frame->fds[i]);
    }
    while (frame->n_fds == 0 && n_made < n_wanted &&
            !find_word(words, "no-memory")) {
        fds[n_made++] = pack(shared);
    }
    uint32_t dimension = (uint32_t)number(words, "dimension", FAKE_DIMENSION);
    struct fovea_ready ready = {
        .dimension = is_vector ? dimension : 0,
        .row_bytes = is_vector ? dimension * sizeof(float) : FAKE_ROW_BYTES,
        .shared_bytes = number(words, "says-shared", n_shared * shared),
        .scratch_bytes = number(words, "says-scratch", 4096),
        .warm_up_ns = number(words, "says-warm-up", 0),
        .is_sandboxed = load.sandbox != FOVEA_SANDBOX_OFF &&
                !find_word(words, "unsealed"),
    };
    (void)snprintf(ready.remark, sizeof ready.remark, "%s",
            ready.is_sandboxed ? "" : "it is a fake");
    uint8_t bytes[512];
    struct fovea_writer writer;
    fovea_writer_init(&writer, bytes, sizeof bytes);
    fovea_ready_write(&ready, &writer);
    send_frame(FOVEA_FRAME_READY, 0, &writer, fds, n_made);
    while (n_made > 0) {
        (void)close(fds[--n_made]);
    }
}

static void
send_result(uint64_t job, struct fovea_result *result, const float *vector)
{
    uint8_t bytes[1024];
    struct fovea_writer writer;
    fovea_writer_init(&writer, bytes, sizeof bytes);
    bool has_vector = vector &&
            fovea_work_facts(load.kind)->output == FOVEA_OUTPUT_VECTOR &&
            result->status == FOVEA_OK;
    fovea_result_write(result, vector, has_vector ? FAKE_DIMENSION : 0,
            &writer);
    send_frame(FOVEA_FRAME_RESULT, job, &writer, NULL, 0);
}

static void
send_decoded(uint64_t job, uint32_t index)
{
    struct fovea_decoded decoded = { .index = index, .decode_ns = 1000 };
    uint8_t bytes[64];
    struct fovea_writer writer;
    fovea_writer_init(&writer, bytes, sizeof bytes);
    fovea_decoded_write(&decoded, &writer);
    send_frame(FOVEA_FRAME_DECODED, job, &writer, NULL, 0);
}

/* As the kernel does it: it counts, and kills. */
_Noreturn static void
be_killed_for_memory(void)
{
    char words[TEXT_SIZE];
    read_words("proc/vmstat", words);
    const char *number = find_word(words, "oom_kill");
    FILE *file = fopen("proc/vmstat", "we");
    if (!number || !file ||
            fprintf(file, "oom_kill %ld\n", strtol(number, NULL, 10) + 1) < 0 ||
            fclose(file)) {
        _exit(1);
    }
    crash(SIGKILL);
}

static void
send_need(uint64_t job, uint32_t index, uint64_t bytes)
{
    const struct fovea_need need = { .index = index, .bytes = bytes };
    uint8_t out[64];
    struct fovea_writer writer;
    fovea_writer_init(&writer, out, sizeof out);
    fovea_need_write(&need, &writer);
    send_frame(FOVEA_FRAME_NEED, job, &writer, NULL, 0);
}

/* Until whoever has the other end closes it. */
static void
wait_for_end(const char *argument)
{
    char path[TEXT_SIZE];
    char byte = 0;
    (void)snprintf(path, sizeof path, "%.*s", (int)strcspn(argument, "\n"),
            argument);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    while (fd >= 0 && read(fd, &byte, 1) > 0) {
    }
    (void)close(fd);
}

/* Ask for memory where the image says so. */
static void
ask(uint64_t job, uint32_t index, const char *words,
        struct fovea_grant *grant_out)
{
    struct fovea_frame frame;
    const char *argument = find_word(words, "need");
    grant_out->status = FOVEA_OK;
    if (!argument) {
        return;
    }
    uint64_t bytes = strtoull(argument, NULL, 10);
    send_need(job, find_word(words, "need-wrong-index") ? index + 100 : index,
            bytes);
    send_empty(words, "asked-sends");
    if (find_word(words, "need-no-wait")) {
        return;
    }
    receive(&frame);
    if (frame.type != FOVEA_FRAME_GRANT || frame.id != job ||
            !fovea_grant_read(&frame, grant_out) || grant_out->index != index) {
        _exit(FOVEA_WORKER_EXIT_PROTOCOL);
    }
    fovea_frame_finish(&frame);
    if (find_word(words, "need-twice")) {
        send_need(job, index, bytes);
    }
    argument = find_word(words, "held");
    if (argument && !grant_out->status) {
        wait_for_end(argument);
    }
}

/* What happens while an image is looked at. */
static void
decode(const char *words)
{
    const char *argument = NULL;
    if ((argument = find_word(words, "log"))) {
        (void)!write(FOVEA_LOG_FD, argument, strcspn(argument, "\n"));
        (void)!write(FOVEA_LOG_FD, "\n", 1);
    }
    for (uint64_t i = number(words, "log-lines", 0); i > 0; i--) {
        (void)!dprintf(FOVEA_LOG_FD, "%059d\n", (int)i);
    }
    if ((argument = find_word(words, "log-long"))) {
        (void)!dprintf(FOVEA_LOG_FD, "%0*d\n", (int)strtol(argument, NULL, 10),
                0);
    }
    while (find_word(words, "log-for-ever")) {
        (void)!write(FOVEA_LOG_FD, "x", 1);
        (void)!write(FOVEA_LOG_FD, "\n", 1);
    }
    if ((argument = find_word(words, "slow"))) {
        sleep_ms(strtol(argument, NULL, 10));
    }
    if ((argument = find_word(words, "held"))) {
        wait_for(argument);
    }
    if (images_crash || find_word(words, "crash")) {
        crash(SIGSEGV);
    }
    if ((argument = find_word(words, "signal"))) {
        crash((int)strtol(argument, NULL, 10));
    }
    if (find_word(words, "oom")) {
        be_killed_for_memory();
    }
    if ((argument = find_word(words, "crash-once"))) {
        char path[TEXT_SIZE];
        (void)snprintf(path, sizeof path, "%.*s", (int)strcspn(argument, "\n"),
                argument);
        FILE *file = fopen(path, "wxe");
        if (file) {
            (void)fclose(file);
            crash(SIGSEGV);
        }
    }
    if ((argument = find_word(words, "exit"))) {
        _exit((int)strtol(argument, NULL, 10));
    }
    if (find_word(words, "hang")) {
        hang();
    }
    if (find_word(words, "close")) {
        (void)close(FOVEA_CHANNEL_FD);
        hang();
    }
    if (find_word(words, "garbage")) {
        send_garbage();
    }
    send_empty(words, "sends");
}

static void
add_notes(const char *words, struct fovea_result *result)
{
    const char *argument = find_word(words, "note");
    if (argument) {
        char *message = NULL;
        result->notes = (uint32_t)strtoul(argument, &message, 10);
        (void)snprintf(result->message, sizeof result->message, "%s",
                *message ? message + 1 : "");
    }
    if (find_word(words, "bad-note")) {
        result->notes = FOVEA_NOTE_DAMAGED;
    }
}

static void
add_facts(const char *words, struct fovea_result *result)
{
    bool has_some = result->status == FOVEA_OK &&
            fovea_work_facts(load.kind)->modality == FOVEA_MODALITY_IMAGE;
    if ((has_some && !find_word(words, "no-facts")) ||
            find_word(words, "facts")) {
        result->facts = (struct fovea_facts){
            .width_px = (uint32_t)number(words, "wide", 4),
            .height_px = (uint32_t)number(words, "high", 3),
            .format = (enum fovea_format)number(words, "format",
                    FOVEA_FORMAT_PNG),
            .has_taken = find_word(words, "taken") != NULL,
            .taken_s = (int64_t)number(words, "taken", 0),
        };
    }
}

static void
answer(uint64_t job, uint32_t index, const char *words, size_t size, bool raw,
        int output, const struct fovea_grant *grant)
{
    float vector[FAKE_DIMENSION];
    fake_vector(words, size, raw, vector);
    struct fovea_result result = {
        .index = index,
        .decode_ns = 1000 + number(words, "took", 0),
        .forward_ns = 2000,
        .status = (enum fovea_status)number(words, "says", FOVEA_OK),
    };
    if (output >= 0) {
        uint8_t row[FAKE_ROW_BYTES];
        memset(row, (int)(fake_hash(words, size) & 0xff), sizeof row);
        (void)!pwrite(output, row, sizeof row, (off_t)(index * sizeof row));
    }
    if (find_word(words, "bad") || find_word(words, "bad-note")) {
        result.status = FOVEA_ERR_NOT_AN_IMAGE;
        (void)snprintf(result.message, sizeof result.message,
                "these bytes are bad");
    }
    if (find_word(words, "starved")) {
        result.status = FOVEA_ERR_NO_MEMORY;
        (void)snprintf(result.message, sizeof result.message, "no memory");
    }
    add_notes(words, &result);
    if (grant->status) {
        result.status = grant->status;
        (void)snprintf(result.message, sizeof result.message, "%s",
                grant->message);
    }
    add_facts(words, &result);
    if (find_word(words, "ready")) {
        uint8_t bytes[8];
        struct fovea_writer writer;
        fovea_writer_init(&writer, bytes, sizeof bytes);
        send_frame(FOVEA_FRAME_READY, 0, &writer, NULL, 0);
    }
    if (find_word(words, "nan")) {
        vector[3] = NAN;
    }
    for (size_t i = 0; i < FAKE_DIMENSION && find_word(words, "long"); i++) {
        vector[i] *= 2;
    }
    if (find_word(words, "wrong-index")) {
        result.index += 100;
    }
    if (find_word(words, "twice")) {
        send_result(job, &result, vector);
    }
    images_crash = images_crash || find_word(words, "spoil");
    send_result(find_word(words, "wrong-job") ? job + 1 : job, &result, vector);
    send_empty(words, "then-sends");
}

static void
read_image(int fd, uint64_t size, char text[TEXT_SIZE], size_t *size_out)
{
    size_t want = size < TEXT_SIZE - 1 ? (size_t)size : TEXT_SIZE - 1;
    ssize_t n = pread(fd, text, want, 0);
    *size_out = n > 0 ? (size_t)n : 0;
    text[*size_out] = '\0';
}

static void
serve(const struct fovea_frame *frame)
{
    struct fovea_job_frame job;
    if (!fovea_job_read(frame, &job)) {
        _exit(FOVEA_WORKER_EXIT_PROTOCOL);
    }
    int output = frame->n_fds > job.n ? frame->fds[job.n] : -1;
    static struct fovea_grant grants[FOVEA_MAX_BATCH];
    char words[TEXT_SIZE];
    size_t size = 0;
    for (uint32_t i = 0; i < job.n; i++) {
        read_image(frame->fds[i], job.items[i].size, words, &size);
        ask(frame->id, i, words, &grants[i]);
        decode(words);
        if (grants[i].status) {
            continue;
        }
        send_decoded(frame->id, i);
        if (find_word(words, "decoded-twice")) {
            send_decoded(frame->id, i);
        }
    }
    for (uint32_t i = 0; i < job.n; i++) {
        read_image(frame->fds[i], job.items[i].size, words, &size);
        answer(frame->id, i, words, size, job.items[i].flags.raw, output,
                &grants[i]);
    }
}

int
main(void)
{
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    say_hello();
    struct fovea_frame frame;
    receive(&frame);
    if (frame.type == FOVEA_FRAME_MEASURE) {
        measure(&frame);
        return FOVEA_WORKER_EXIT_OK;
    }
    if (frame.type != FOVEA_FRAME_LOAD) {
        return FOVEA_WORKER_EXIT_PROTOCOL;
    }
    load_model(&frame);
    fovea_frame_finish(&frame);
    for (;;) {
        receive(&frame);
        if (frame.type != FOVEA_FRAME_JOB) {
            return FOVEA_WORKER_EXIT_PROTOCOL;
        }
        serve(&frame);
        fovea_frame_finish(&frame);
    }
}
