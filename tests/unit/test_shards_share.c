/* Which shards are a process's: said, or found in the environment. */
#include "base/macros.h"
#include "shards/share.h"
#include "support/test.h"

/* The environment of the test that runs: "NAME=value". */
static const char *const *environment;

static const char *
variable(const char *name)
{
    size_t size = strlen(name);
    for (size_t i = 0; environment[i]; i++) {
        if (strncmp(environment[i], name, size) == 0 &&
                environment[i][size] == '=') {
            return environment[i] + size + 1;
        }
    }
    return NULL;
}

struct row {
    const char *text;
    const char *variables[8];
    uint64_t index;
    uint64_t count;
    const char *says; /* of what is refused; NULL: it is good */
};

static const struct row rows[] = {
    { "0/1", { NULL }, 0, 1, NULL },
    { "7/64", { "SLURM_PROCID=3" }, 7, 64, NULL },
    { "18446744073709551614/18446744073709551615", { NULL }, UINT64_MAX - 1,
            UINT64_MAX, NULL },
    { "1/1", { NULL }, 0, 0, "0 <= I < N" },
    { "0/0", { NULL }, 0, 0, "0 <= I < N" },
    { "-1/2", { NULL }, 0, 0, "0 <= I < N" },
    { "1", { NULL }, 0, 0, "0 <= I < N" },
    { "1/", { NULL }, 0, 0, "0 <= I < N" },
    { "/2", { NULL }, 0, 0, "0 <= I < N" },
    { "1/2/3", { NULL }, 0, 0, "0 <= I < N" },
    { " 1/2", { NULL }, 0, 0, "0 <= I < N" },
    { "0x1/2", { NULL }, 0, 0, "0 <= I < N" },
    { "", { NULL }, 0, 0, "0 <= I < N" },
    { "automatic", { NULL }, 0, 0, "0 <= I < N" },
    { "auto/0", { NULL }, 0, 0, "0 <= I < N" },
    { "auto", { NULL }, 0, 0, "none of the variables" },
    { "auto/3", { NULL }, 0, 0, "none of the variables" },
    /* Slurm. */
    { "auto",
            { "SLURM_ARRAY_TASK_ID=2", "SLURM_ARRAY_TASK_COUNT=4",
                    "SLURM_ARRAY_TASK_MIN=0", "SLURM_ARRAY_TASK_MAX=3",
                    "SLURM_PROCID=0", "SLURM_NTASKS=1" },
            2, 4, NULL },
    { "auto",
            { "SLURM_ARRAY_TASK_ID=30", "SLURM_ARRAY_TASK_COUNT=3",
                    "SLURM_ARRAY_TASK_MIN=10", "SLURM_ARRAY_TASK_MAX=30",
                    "SLURM_ARRAY_TASK_STEP=10" },
            2, 3, NULL },
    { "auto",
            { "SLURM_ARRAY_TASK_ID=7", "SLURM_ARRAY_TASK_COUNT=3",
                    "SLURM_ARRAY_TASK_MIN=1", "SLURM_ARRAY_TASK_MAX=7" },
            0, 0, "without gaps" },
    { "auto", { "SLURM_ARRAY_TASK_ID=7" }, 0, 0, "without gaps" },
    { "auto/8",
            { "SLURM_ARRAY_TASK_ID=7", "SLURM_ARRAY_TASK_COUNT=3",
                    "SLURM_ARRAY_TASK_MIN=1", "SLURM_ARRAY_TASK_MAX=7" },
            7, 8, NULL },
    { "auto/7", { "SLURM_ARRAY_TASK_ID=7", "SLURM_ARRAY_TASK_COUNT=3" }, 0, 0,
            "SLURM_ARRAY_TASK_ID=7" },
    { "auto", { "SLURM_PROCID=3", "SLURM_NTASKS=4" }, 3, 4, NULL },
    { "auto", { "SLURM_PROCID=0", "SLURM_NTASKS=1" }, 0, 1, NULL },
    { "auto",
            { "SLURM_ARRAY_TASK_ID=1", "SLURM_ARRAY_TASK_COUNT=2",
                    "SLURM_ARRAY_TASK_MIN=0", "SLURM_ARRAY_TASK_MAX=1",
                    "SLURM_PROCID=2", "SLURM_NTASKS=4" },
            0, 0, "do not agree" },
    /* Kubernetes. */
    { "auto/5", { "JOB_COMPLETION_INDEX=4" }, 4, 5, NULL },
    { "auto/4", { "JOB_COMPLETION_INDEX=4" }, 0, 0, "JOB_COMPLETION_INDEX=4" },
    { "auto", { "JOB_COMPLETION_INDEX=4" }, 0, 0, "auto/N" },
    /* MPI. */
    { "auto",
            { "OMPI_COMM_WORLD_RANK=1", "OMPI_COMM_WORLD_SIZE=2",
                    "PMIX_RANK=1" },
            1, 2, NULL },
    { "auto", { "PMIX_RANK=1" }, 0, 0, "auto/N" },
    { "auto/2", { "PMIX_RANK=1" }, 1, 2, NULL },
    { "auto",
            { "SLURM_PROCID=1", "SLURM_NTASKS=3", "PMI_RANK=1", "PMI_SIZE=3" },
            1, 3, NULL },
    { "auto",
            { "PMI_RANK=1", "PMI_SIZE=3", "OMPI_COMM_WORLD_RANK=1",
                    "OMPI_COMM_WORLD_SIZE=4" },
            0, 0, "do not agree" },
    { "auto", { "PMI_RANK=1", "PMI_SIZE=3", "JOB_COMPLETION_INDEX=0" }, 0, 0,
            "JOB_COMPLETION_INDEX=0" },
    /* What is no number is named; what is empty is not there. */
    { "auto", { "PMI_RANK=one", "PMI_SIZE=3" }, 0, 0, "PMI_RANK is \"one\"" },
    { "auto", { "PMI_RANK=1", "PMI_SIZE=-3" }, 0, 0, "PMI_SIZE is \"-3\"" },
    { "auto", { "PMI_RANK=", "SLURM_PROCID=1", "SLURM_NTASKS=2" }, 1, 2, NULL },
    { "auto", { "PMI_RANK=3", "PMI_SIZE=3" }, 0, 0, "not below" },
};

static void
every_row(void **state)
{
    (void)state;
    for (size_t i = 0; i < FOVEA_ARRAY_LEN(rows); i++) {
        struct fovea_error error;
        struct fovea_share share = { .index = 99, .count = 99 };
        environment = rows[i].variables;
        if (rows[i].says) {
            assert_fails(
                    fovea_share_parse(rows[i].text, variable, &share, &error),
                    &error, FOVEA_ERR_ARGUMENT, rows[i].says);
            assert_int_equal(share.count, 99);
            continue;
        }
        assert_ok(fovea_share_parse(rows[i].text, variable, &share, &error),
                &error);
        assert_true(share.index == rows[i].index);
        assert_true(share.count == rows[i].count);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
