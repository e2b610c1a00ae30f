#include "ttrpc.pb-c.h"
