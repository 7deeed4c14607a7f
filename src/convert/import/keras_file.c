#include "convert/import/keras_file.h"

#include <hdf5.h>
#include <stdio.h>
#include <string.h>
#include <zip.h>

#include "base/alloc.h"
#include "base/file_map.h"
#include "base/mutex.h"
#include "convert/crc.h"
#include "convert/import/keras_zip.h"

/* A configuration of a model with thousands of layers has a few million characters. */
enum {
  MAX_CONFIG_BYTES = 256 << 20,
  MAX_WEIGHTS_RATIO = 1000,
  MAX_CHUNKS = 10000,
  MAX_NAMES = 1000000,
  MAX_SMALL_BYTES = 1 << 16,
  MAX_SPARSE_BYTES = 1 << 20 /* zeros that nothing is stored for */
};

typedef struct names {
  struct names* next;
  const char* path;
  const char** names;
  size_t count, capacity;
} names;

struct ln_keras_file {
  ln_job* job;
  const char* path;
  const char* config;
  hid_t file;
  bool is_zip, locked, is_2;
  zip_t* zip;
  ln_file_map map;
  const unsigned char* image; /* the HDF5 file, in the mapped file or unpacked */
  size_t image_bytes;
  void* unpacked; /* the image */
  void* text;     /* of another entry, until the next one is read */
  names* lists;
};

/* The library keeps its errors and identifiers in static memory and may be built without locks. */
static ln_mutex lock = LN_MUTEX_INITIALIZER;

static void close_file(void* what) {
  ln_keras_file* file = what;
  if (file->file >= 0) H5Fclose(file->file);
  if (file->zip != NULL) zip_discard(file->zip);
  ln_free(file->unpacked);
  ln_free(file->text);
  ln_file_map_close(&file->map);
  if (file->locked) ln_mutex_unlock(&lock);
}

/* ---- HDF5 ---- */

static void close_id(void* what) {
  const hid_t* id = what;
  if (*id >= 0) H5Idec_ref(*id);
}

/* An identifier that is given back when the job ends; it must be valid. */
static hid_t kept(ln_keras_file* file, hid_t id, const char* what) {
  if (id < 0) ln_stop(file->job, "%s: %s cannot be read: the file is damaged", file->path, what);
  hid_t* holder = ln_job_alloc(file->job, 1, sizeof *holder);
  *holder = id;
  ln_job_defer(file->job, close_id, holder);
  return id;
}

static bool exists(hid_t file, const char* path) {
  char part[1024];
  if (strlen(path) >= sizeof part) return false;
  for (size_t i = 1; path[i - 1] != 0; ++i)
    if (path[i] == '/' || path[i] == 0) {
      memcpy(part, path, i);
      part[i] = 0;
      if (H5Lexists(file, part, H5P_DEFAULT) <= 0) return false;
    }
  return H5Oexists_by_name(file, path, H5P_DEFAULT) > 0;
}

typedef struct strings {
  size_t count;
  char** text;
} strings;

/* A string attribute: one or a vector, of fixed or variable length. False: there is none. */
static bool read_strings(ln_keras_file* file, hid_t object, const char* name, strings* result) {
  ln_job* job = file->job;
  memset(result, 0, sizeof *result);
  if (H5Aexists(object, name) <= 0) return false;
  const hid_t attribute = kept(file, H5Aopen(object, name, H5P_DEFAULT), name);
  const hid_t type = kept(file, H5Aget_type(attribute), name), space = kept(file, H5Aget_space(attribute), name);
  const hssize_t count = H5Sget_simple_extent_npoints(space);
  if (count < 0 || count > MAX_NAMES) ln_stop(job, "%s: attribute \"%s\" is damaged", file->path, name);
  if (count == 0) return true;
  if (H5Tget_class(type) != H5T_STRING) return false;
  result->count = (size_t)count;
  result->text = ln_job_alloc(job, result->count, sizeof *result->text);
  if (H5Tis_variable_str(type) > 0) {
    const hid_t memory = kept(file, H5Tcopy(H5T_C_S1), name);
    H5Tset_size(memory, H5T_VARIABLE);
    H5Tset_cset(memory, H5Tget_cset(type));
    char** read = ln_job_alloc(job, result->count, sizeof *read);
    if (H5Aread(attribute, memory, read) < 0) ln_stop(job, "%s: attribute \"%s\" is damaged", file->path, name);
    for (size_t i = 0; i < result->count; ++i) result->text[i] = ln_job_strdup(job, read[i] != NULL ? read[i] : "");
    H5Dvlen_reclaim(memory, space, H5P_DEFAULT, read);
    return true;
  }
  const size_t length = H5Tget_size(type);
  if (length == 0 || length > MAX_CONFIG_BYTES / result->count)
    ln_stop(job, "%s: attribute \"%s\" is damaged", file->path, name);
  char* read = ln_job_alloc(job, result->count, length);
  if (H5Aread(attribute, type, read) < 0) ln_stop(job, "%s: attribute \"%s\" is damaged", file->path, name);
  for (size_t i = 0; i < result->count; ++i) result->text[i] = ln_job_text(job, "%.*s", (int)length, read + i * length);
  return true;
}

/* The library asks for memory for the file and fills it with a copy. It is given the file itself, which it only reads.
 */
static void* lend_image(size_t size, H5FD_file_image_op_t operation, void* lent) {
  const ln_keras_file* file = lent;
  (void)operation;
  return size <= file->image_bytes ? (void*)(uintptr_t)file->image : NULL;
}
static void* copy_image(void* to, const void* from, size_t size, H5FD_file_image_op_t operation, void* lent) {
  (void)from, (void)size, (void)operation, (void)lent;
  return to;
}
static void* widen_image(void* image, size_t size, H5FD_file_image_op_t operation, void* lent) {
  (void)image, (void)size, (void)operation, (void)lent;
  return NULL;
}
static herr_t keep_image(void* image, H5FD_file_image_op_t operation, void* lent) {
  (void)image, (void)operation, (void)lent;
  return 0;
}
static void* copy_lent(void* lent) { return lent; }
static herr_t keep_lent(void* lent) {
  (void)lent;
  return 0;
}

static void open_image(ln_keras_file* file, const unsigned char* image, size_t size_bytes, const char* what) {
  file->image = image;
  file->image_bytes = size_bytes;
  H5FD_file_image_callbacks_t callbacks = {lend_image, copy_image, widen_image, keep_image, copy_lent, keep_lent, file};
  const hid_t access = kept(file, H5Pcreate(H5P_FILE_ACCESS), what);
  if (size_bytes == 0 || H5Pset_fapl_core(access, 65536, 0) < 0 ||
      H5Pset_file_image_callbacks(access, &callbacks) < 0 ||
      H5Pset_file_image(access, (void*)(uintptr_t)image, size_bytes) < 0)
    ln_stop(file->job, "%s: %s cannot be read", file->path, what);
  /* A name that no file can have: the library refuses one that exists. */
  file->file = H5Fopen(ln_job_text(file->job, "%s/image", file->path), H5F_ACC_RDONLY, access);
  if (file->file < 0) ln_stop(file->job, "%s: %s is not a whole HDF5 file: it is damaged or cut off", file->path, what);
}

static void open_h5(ln_keras_file* file) {
  strings config;
  open_image(file, file->map.data, file->map.size_bytes, "it");
  if (!read_strings(file, file->file, "model_config", &config) || config.count != 1)
    ln_stop(file->job,
            "%s: it has no attribute \"model_config\": it holds weights alone; save the whole model with "
            "model.save()",
            file->path);
  file->config = config.text[0];
  strings version;
  file->is_2 = !read_strings(file, file->file, "keras_version", &version) || version.count != 1 ||
               version.text[0][0] == '1' || version.text[0][0] == '2';
}

/* ---- Zip ---- */

/* An entry's bytes, with a 0 behind them, in `*memory`, whose old contents are freed. */
static char* read_entry(ln_keras_file* file, const char* name, size_t limit, void** memory, size_t* size_bytes) {
  zip_stat_t stat;
  if (zip_stat(file->zip, name, 0, &stat) != 0 || (stat.valid & ZIP_STAT_SIZE) == 0)
    ln_stop(file->job, "%s: there is no \"%s\" in it: not a Keras model", file->path, name);
  const uint64_t most = limit != 0 ? limit : stat.comp_size * MAX_WEIGHTS_RATIO + 65536;
  if (stat.size > most || stat.size > SIZE_MAX - 1)
    ln_stop(file->job, "%s: \"%s\" in it claims to have %llu bytes", file->path, name, (unsigned long long)stat.size);
  ln_free(*memory);
  *memory = ln_malloc((size_t)stat.size + 1);
  zip_file_t* entry = zip_fopen(file->zip, name, 0);
  if (*memory == NULL || entry == NULL) {
    if (entry != NULL) zip_fclose(entry);
    ln_stop(file->job, "%s: \"%s\" in it cannot be read%s", file->path, name, *memory == NULL ? ": no memory" : "");
  }
  const zip_int64_t got = zip_fread(entry, *memory, stat.size);
  zip_fclose(entry);
  if (got < 0 || (uint64_t)got != stat.size)
    ln_stop(file->job, "%s: \"%s\" in it is damaged or cut off", file->path, name);
  ((char*)*memory)[stat.size] = 0;
  *size_bytes = (size_t)stat.size;
  return *memory;
}

static void open_zip(ln_keras_file* file) {
  static const char kWeights[] = "model.weights.h5";
  int error = 0;
  size_t size_bytes;
  ln_zip_entry entry;
  file->zip = zip_open(file->path, ZIP_RDONLY, &error);
  if (file->zip == NULL) ln_stop(file->job, "%s: not a whole zip: it is damaged or cut off", file->path);
  file->config = ln_job_strdup(file->job, read_entry(file, "config.json", MAX_CONFIG_BYTES, &file->text, &size_bytes));
  if (zip_name_locate(file->zip, "metadata.json", 0) >= 0)
    file->is_2 = strstr(read_entry(file, "metadata.json", MAX_CONFIG_BYTES, &file->text, &size_bytes),
                        "\"keras_version\": \"2.") != NULL;
  if (ln_zip_find_stored(file->map.data, file->map.size_bytes, kWeights, &entry)) {
    if (ln_crc32(file->job, entry.data, entry.size_bytes) != entry.crc)
      ln_stop(file->job, "%s: \"%s\" in it is damaged or cut off", file->path, kWeights);
    open_image(file, entry.data, entry.size_bytes, kWeights);
    return;
  }
  const char* image = read_entry(file, kWeights, 0, &file->unpacked, &size_bytes);
  open_image(file, (const unsigned char*)image, size_bytes, kWeights);
}

ln_keras_file* ln_keras_open(ln_job* job, const char* path) {
  char reason[128];
  ln_keras_file* file = ln_job_alloc(job, 1, sizeof *file);
  file->job = job;
  file->path = ln_job_strdup(job, path);
  file->file = -1;
  ln_job_defer(job, close_file, file);
  if (!ln_file_map_open(path, &file->map, reason, sizeof reason)) ln_stop(job, "%s cannot be read: %s", path, reason);
  ln_job_watch(job, file->map.data, file->map.size_bytes);
  file->is_zip = file->map.size_bytes >= 2 && memcmp(file->map.data, "PK", 2) == 0;
  ln_mutex_lock(&lock);
  file->locked = true;
  H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
  if (file->is_zip)
    open_zip(file);
  else
    open_h5(file);
  return file;
}

const char* ln_keras_config(const ln_keras_file* file) { return file->config; }

bool ln_keras_is_2(const ln_keras_file* file) { return file->is_2; }

/* ---- Where weights are ---- */

ln_keras_weights ln_keras_root(ln_keras_file* file) {
  ln_keras_weights weights;
  memset(&weights, 0, sizeof weights);
  weights.file = file;
  weights.path = "";
  if (!file->is_zip && exists(file->file, "model_weights")) weights.path = "model_weights";
  return weights;
}

static const char* join(ln_job* job, const char* path, const char* part) {
  return path[0] != 0 ? ln_job_text(job, "%s/%s", path, part) : ln_job_strdup(job, part);
}

/* The names of a group's weights. Long lists are split over attributes weight_names0, weight_names1, ... */
static const names* names_of(ln_keras_file* file, const char* path) {
  for (const names* list = file->lists; list != NULL; list = list->next)
    if (strcmp(list->path, path) == 0) return list;
  names* list = ln_job_alloc(file->job, 1, sizeof *list);
  list->next = file->lists;
  list->path = path;
  file->lists = list;
  if (!exists(file->file, path)) return list;
  const hid_t group = kept(file, H5Gopen2(file->file, path, H5P_DEFAULT), path);
  for (int chunk = -1; chunk < MAX_CHUNKS; ++chunk) {
    strings part;
    const char* attribute = chunk < 0 ? "weight_names" : ln_job_text(file->job, "weight_names%d", chunk);
    if (!read_strings(file, group, attribute, &part)) {
      if (chunk < 0) continue;
      break;
    }
    for (size_t i = 0; i < part.count; ++i) {
      list->names = ln_job_grow(file->job, list->names, list->count, &list->capacity, sizeof *list->names);
      list->names[list->count++] = part.text[i];
    }
    if (chunk < 0) break;
  }
  return list;
}

/* Whether the words stand in a name in this order, as whole parts, before its last part. */
static bool has_scopes(const char* name, const char* const* scopes, int count) {
  const char* at = name;
  for (int i = 0; i < count; ++i) {
    const size_t length = strlen(scopes[i]);
    for (;; ++at) {
      const size_t span = strcspn(at, "/");
      if (at[span] == 0) return false;
      const bool same = span == length && memcmp(at, scopes[i], length) == 0;
      at += span;
      if (same) break;
    }
    ++at;
  }
  return true;
}

ln_keras_weights ln_keras_part(const ln_keras_weights* weights, const char* attribute, const char* scope) {
  ln_keras_weights part = *weights;
  if (weights->file->is_zip) {
    part.path = join(weights->file->job, weights->path, attribute);
    return part;
  }
  if (scope == NULL || part.scope_count == (int)(sizeof part.scopes / sizeof part.scopes[0])) return part;
  part.scopes[part.scope_count++] = scope;
  const names* list = names_of(weights->file, part.path);
  for (size_t i = 0; i < list->count; ++i)
    if (has_scopes(list->names[i], part.scopes, part.scope_count)) return part;
  return *weights;
}

ln_keras_weights ln_keras_layer_part(const ln_keras_weights* weights, const char* index_name, const char* layer) {
  ln_keras_file* file = weights->file;
  ln_keras_weights part = *weights;
  if (file->is_zip) {
    const char* layers = join(file->job, weights->path, "layers");
    if (!exists(file->file, layers)) layers = join(file->job, weights->path, "_layer_checkpoint_dependencies");
    part.path = join(file->job, layers, index_name);
    return part;
  }
  /* The first level is the file's, the rest are names. */
  if (strcmp(weights->path, "model_weights") != 0 && weights->path[0] != 0) return ln_keras_part(weights, "", layer);
  part.path = join(file->job, weights->path, layer);
  return part;
}

bool ln_keras_is_there(const ln_keras_weights* weights) {
  return !weights->file->is_zip || exists(weights->file->file, weights->path);
}

const char* ln_keras_asset(const ln_keras_weights* weights, const char* name, size_t* size_bytes) {
  ln_keras_file* file = weights->file;
  if (!file->is_zip) return NULL;
  const char* path = ln_job_text(file->job, "assets/%s/%s", weights->path, name);
  if (zip_name_locate(file->zip, path, 0) < 0) return NULL;
  const char* text = read_entry(file, path, MAX_CONFIG_BYTES, &file->text, size_bytes);
  return ln_job_copy(file->job, text, *size_bytes + 1);
}

/* "scale/variable_3": a weight that was made without a name. */
static bool is_unnamed(const char* name) {
  const char* slash = strrchr(name, '/');
  const char* last = slash != NULL ? slash + 1 : name;
  return strncmp(last, "variable", 8) == 0 && (last[8] == 0 || last[8] == ':' || last[8] == '_');
}

static const char* find(const ln_keras_weights* weights, int index, const char* name) {
  ln_job* job = weights->file->job;
  if (weights->file->is_zip) {
    /* Layers that save their variables themselves name them. */
    const char* path = join(job, weights->path, ln_job_text(job, "vars/%d", index));
    if (!exists(weights->file->file, path)) path = join(job, weights->path, ln_job_text(job, "vars/%s", name));
    return exists(weights->file->file, path) ? path : NULL;
  }
  const names* list = names_of(weights->file, weights->path);
  const size_t length = strlen(name);
  for (size_t i = 0; i < list->count; ++i) {
    const char* slash = strrchr(list->names[i], '/');
    const char* last = slash != NULL ? slash + 1 : list->names[i];
    if (strncmp(last, name, length) != 0 || (last[length] != 0 && last[length] != ':')) continue;
    if (!has_scopes(list->names[i], weights->scopes, weights->scope_count)) continue;
    const char* path = join(job, weights->path, list->names[i]);
    if (exists(weights->file->file, path)) return path;
  }
  if (index < 0 || (size_t)index >= list->count || !is_unnamed(list->names[index])) return NULL;
  const char* path = join(job, weights->path, list->names[index]);
  return exists(weights->file->file, path) ? path : NULL;
}

/* ---- Reading ---- */

static hid_t memory_type(hid_t type, int* result) {
  if (H5Tget_size(type) > 16) return -1; /* a damaged one, of which the library would make room for elements */
  switch (H5Tget_class(type)) {
    case H5T_FLOAT:
      *result = LN_TYPE_FLOAT32;
      return H5T_NATIVE_FLOAT;
    case H5T_INTEGER:
      *result = H5Tget_size(type) > 4 ? LN_TYPE_INT64 : LN_TYPE_INT32;
      return H5Tget_size(type) > 4 ? H5T_NATIVE_INT64 : H5T_NATIVE_INT32;
    case H5T_OPAQUE: /* bfloat16, of which HDF5 knows nothing */
      *result = LN_TYPE_FLOAT32;
      return H5Tget_size(type) == 2 ? type : -1;
    default:
      return -1;
  }
}

/* The first halves of floats, little-endian, as floats in the same memory. */
static void widen_halves(void* data, size_t count) {
  const uint8_t* halves = data;
  float* numbers = data;
  for (size_t i = count; i-- > 0;) {
    const uint32_t bits = (uint32_t)halves[2 * i] << 16 | (uint32_t)halves[2 * i + 1] << 24;
    memcpy(numbers + i, &bits, sizeof bits);
  }
}

/* Whether a data set can have so many bytes in its file: as they are, or in chunks, which may be compressed. The
 * library makes room for a chunk, whatever it says it has. */
static bool can_hold(const ln_keras_file* file, hid_t set, double bytes, double width) {
  const hid_t how = H5Dget_create_plist(set);
  hsize_t dims[H5S_MAX_RANK];
  const bool in_chunks = how >= 0 && H5Pget_layout(how) == H5D_CHUNKED;
  const int rank = in_chunks ? H5Pget_chunk(how, H5S_MAX_RANK, dims) : 0;
  double chunk = width;
  for (int i = 0; i < rank; ++i) chunk *= (double)dims[i];
  if (how >= 0) H5Pclose(how);
  return (chunk > bytes ? chunk : bytes) <=
         (double)file->image_bytes * (in_chunks ? MAX_WEIGHTS_RATIO : 1) + MAX_SPARSE_BYTES;
}

/* Where a data set that is stored as it is used lies in the file; NULL: it must be read. */
static const void* find_in_place(const ln_keras_file* file, hid_t set, hid_t type, size_t bytes) {
  const uint16_t one = 1;
  const hid_t how = H5Dget_create_plist(set);
  const bool contiguous = how >= 0 && H5Pget_layout(how) == H5D_CONTIGUOUS && H5Pget_external_count(how) == 0;
  if (how >= 0) H5Pclose(how);
  if (!contiguous || *(const uint8_t*)&one != 1 || H5Tequal(type, H5T_IEEE_F32LE) <= 0) return NULL;
  const haddr_t offset = H5Dget_offset(set);
  if (offset == HADDR_UNDEF || offset > file->image_bytes || file->image_bytes - offset < bytes) return NULL;
  return file->image + offset;
}

void ln_keras_align(ln_job* job, ln_keras_array* array) {
  size_t bytes = array->type == LN_TYPE_INT64 ? 8 : 4;
  if ((uintptr_t)array->data % bytes == 0) return;
  for (int i = 0; i < array->rank; ++i) bytes *= (size_t)array->dims[i];
  array->data = ln_job_copy(job, array->data, bytes);
}

bool ln_keras_read(const ln_keras_weights* weights, int index, const char* name, ln_keras_array* array) {
  ln_keras_file* file = weights->file;
  memset(array, 0, sizeof *array);
  const char* path = find(weights, index, name);
  if (path == NULL) return false;
  const hid_t set = kept(file, H5Dopen2(file->file, path, H5P_DEFAULT), path);
  const hid_t type = kept(file, H5Dget_type(set), path), space = kept(file, H5Dget_space(set), path);
  hsize_t dims[H5S_MAX_RANK];
  array->rank = H5Sget_simple_extent_ndims(space);
  if (array->rank < 0 || array->rank > LN_MAX_DIMS || H5Sget_simple_extent_dims(space, dims, NULL) < 0)
    ln_stop(file->job, "%s: weight \"%s\" has %d dimensions; at most %d can be converted", file->path, path,
            array->rank, LN_MAX_DIMS);
  size_t bytes = 8;
  for (int i = 0; i < array->rank; ++i) {
    if (dims[i] > INT32_MAX || (dims[i] != 0 && bytes > INT32_MAX / (size_t)dims[i]))
      ln_stop(file->job, "%s: weight \"%s\" is larger than 2 GiB", file->path, path);
    array->dims[i] = (int32_t)dims[i];
    bytes *= (size_t)dims[i];
  }
  const hid_t memory = memory_type(type, &array->type);
  if (memory < 0)
    ln_stop(file->job, "%s: weight \"%s\" is of a type that cannot be converted; floats and integers can", file->path,
            path);
  if (array->type != LN_TYPE_INT64) bytes /= 2;
  /* A data set that says it is large and has nothing stored is all zeros: its size is no harm to others, only to us. */
  const double width = (double)H5Tget_size(type), used = array->type == LN_TYPE_INT64 ? 8 : 4;
  if ((bytes > MAX_SPARSE_BYTES && H5Dget_storage_size(set) == 0) ||
      !can_hold(file, set, (double)bytes / used * width, width))
    ln_stop(file->job, "%s: weight \"%s\" says it has %zu bytes, which are not there: it is damaged or cut off",
            file->path, path, bytes);
  array->data = find_in_place(file, set, type, bytes);
  if (array->data != NULL) {
    if (bytes <= MAX_SMALL_BYTES || array->rank < 2) ln_keras_align(file->job, array);
    return true;
  }
  void* data = ln_job_alloc_raw(file->job, bytes);
  if (H5Dread(set, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) < 0)
    ln_stop(file->job, "%s: weight \"%s\" is damaged or cut off", file->path, path);
  if (H5Tget_class(type) == H5T_OPAQUE) widen_halves(data, bytes / sizeof(float));
  array->data = data;
  return true;
}
