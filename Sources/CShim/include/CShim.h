// `linux` is a macro of gnu C and a field of the contract; see docs/c-libraries.md.
#undef linux
#include "shim.pb-c.h"
