# Writes OUTPUT, a header that names the layout of packed weights by a hash of all sources that decide on it: those of
# the kernels and the operators. Run by `cmake -P`.
file(GLOB_RECURSE files ${SOURCES}/src/kernels/*.[ch] ${SOURCES}/src/ops/*.[ch])
list(SORT files)
set(text "")
foreach(file ${files})
  file(SHA256 ${file} hash)
  string(APPEND text ${hash})
endforeach()
string(SHA256 hash "${text}")
string(SUBSTRING ${hash} 0 16 hash)
set(content "/* Made by cmake/pack_layout.cmake. */\n#define LN_PACK_LAYOUT UINT64_C(0x${hash})\n")
file(WRITE ${OUTPUT} "${content}")
