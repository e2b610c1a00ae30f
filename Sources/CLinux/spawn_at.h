#pragma once
#include "CLinux.h"

// gantry_spawn of a program with a place of its own, for a caller with one thread. posix_spawn(3) knows of
// neither cgroups nor namespaces.
int gantry_spawn_at(const struct gantry_program *how, pid_t *pid);
