#ifndef GANTRY_ABSEIL_H
#define GANTRY_ABSEIL_H

#ifdef __cplusplus
extern "C" {
#endif

// Mutexes of the gRPC core stop keeping track of the order in which they are taken. Abseil does so
// only where NDEBUG is not defined; Debian's build is of that kind, and a call spends an eighth of
// its instructions there.
void gantry_abseil_track_no_deadlocks(void);

#ifdef __cplusplus
}
#endif

#endif
