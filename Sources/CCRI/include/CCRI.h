// `linux` is a macro of gnu C and a field of the contract; see docs/c-libraries.md.
#undef linux
#include "runtime.pb-c.h"
#include "gantry.pb-c.h"
#include "containerd/containers.pb-c.h"
#include "containerd/tasks.pb-c.h"
#include "containerd/version.pb-c.h"
