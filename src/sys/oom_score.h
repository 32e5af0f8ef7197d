/* Whom the kernel takes first when it must take somebody. */
#ifndef FOVEA_SYS_OOM_SCORE_H
#define FOVEA_SYS_OOM_SCORE_H

/** Have the kernel take this process before the host that has started it. */
void fovea_oom_score_raise(void);

#endif
