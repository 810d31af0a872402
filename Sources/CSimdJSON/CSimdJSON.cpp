#include "CSimdJSON.h"
#include <simdjson.h>
extern "C" int caliber_json_placeholder(void) { return 0; }
