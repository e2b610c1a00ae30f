#include "CAbseil.h"

#include <absl/synchronization/mutex.h>

void gantry_abseil_track_no_deadlocks(void) {
    absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
}
