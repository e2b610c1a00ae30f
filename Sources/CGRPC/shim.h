// <features.h> comes first: gRPC's port_platform.h defines _GNU_SOURCE, and `fd_set` would differ
// between this module and Glibc (docs/c-libraries.md).
#include <features.h>
#include <grpc/byte_buffer.h>
#include <grpc/byte_buffer_reader.h>
#include <grpc/grpc.h>
#include <grpc/grpc_security.h>
#include <grpc/support/alloc.h>
#include <grpc/support/log.h>
#include <grpc/support/time.h>

// What Swift does not import: function-like macros.
static inline const uint8_t *gantry_slice_bytes(const grpc_slice *slice) {
    return GRPC_SLICE_START_PTR(*slice);
}

static inline size_t gantry_slice_length(const grpc_slice *slice) { return GRPC_SLICE_LENGTH(*slice); }
