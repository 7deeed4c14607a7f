/* The version functions. */
#include "client.h"
#include "linnet/linnet.h"

int main(void) {
  CHECK_EQ_STR(TfLiteVersion(), "2.19.0");
  CHECK_EQ_STR(TfLiteExtensionApisVersion(), "2.19.0");
  CHECK_EQ_INT(TfLiteSchemaVersion(), 3);
  int major, minor, patch;
  CHECK_EQ_INT(sscanf(LinnetVersion(), "%d.%d.%d", &major, &minor, &patch), 3);
  CHECK(TfLiteVersion() == TfLiteVersion()); /* static storage */
  return check_report();
}
