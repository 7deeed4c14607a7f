/* Versions: the interface's, the schema's, the library's. */
#include "linnet/linnet.h"
#include "tensorflow/lite/c/c_api.h"

const char* TfLiteVersion(void) { return "2.19.0"; }

/* The original gives its extensions the number of the runtime. */
const char* TfLiteExtensionApisVersion(void) { return TfLiteVersion(); }

int TfLiteSchemaVersion(void) { return 3; }

const char* LinnetVersion(void) { return "0.1.0"; }
