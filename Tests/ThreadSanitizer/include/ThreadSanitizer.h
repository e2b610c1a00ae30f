// Nothing to call: linking it is what counts (mutex.c).
