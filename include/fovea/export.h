/* Attributes of the public declarations. */
#ifndef FOVEA_EXPORT_H
#define FOVEA_EXPORT_H

#if defined(__GNUC__)
#    define FOVEA_API       __attribute__((visibility("default")))
#    define FOVEA_NODISCARD __attribute__((warn_unused_result))
#else
#    define FOVEA_API
#    define FOVEA_NODISCARD
#endif

#endif
