#ifndef GANTRY_RELEASE_H
#define GANTRY_RELEASE_H

// The commit that this was built from, or "unknown". It is C so that another commit compiles one small
// file anew and no Swift.
const char *gantry_commit(void);

#endif
