#include "release.h"

#ifndef GANTRY_COMMIT
#define GANTRY_COMMIT unknown
#endif
#define TEXT(word) #word
#define TEXT_OF(macro) TEXT(macro)

const char *gantry_commit(void) { return TEXT_OF(GANTRY_COMMIT); }
