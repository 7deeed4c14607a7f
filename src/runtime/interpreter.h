/* The interpreter's insides, for the files of this folder only: subgraphs with their tensors, nodes, arenas and
 * contexts. */
#ifndef LN_RUNTIME_INTERPRETER_H_
#define LN_RUNTIME_INTERPRETER_H_

#include <stdatomic.h>

#include "base/thread_pool.h"
#include "runtime/pace.h"
#include "runtime/planner.h"
#include "runtime/runtime.h"

/* A growing block of memory whose contents survive growing. */
typedef struct ln_arena {
  char* base;
  size_t capacity_bytes;
} ln_arena;

typedef enum ln_place { LN_PLACE_NONE, LN_PLACE_ARENA, LN_PLACE_PERSISTENT } ln_place;

/* What the interpreter knows of a tensor beyond its TfLiteTensor. */
typedef struct ln_tensor_state {
  void* owned_data; /* an aligned copy of constant data, from ln_aligned_malloc */
  bool has_custom;  /* the caller gave memory for it: */
  TfLiteCustomAllocation custom;
  ln_place place; /* the arena it lies in, and where: */
  size_t offset_bytes, size_bytes;
  int32_t first_use, last_use; /* positions in the plan between which its bytes are its own; -1: it needs none */
  int32_t writer;              /* position of the node that writes it, -1: none */
  bool rewritten;              /* more than one node writes it */
  int32_t first_read;          /* position of the first node that reads it, INT32_MAX: none */
} ln_tensor_state;

/* Nodes that run together: all taken by a delegate, or none. */
typedef struct ln_node_subset {
  bool delegated;
  TfLiteIntArray* nodes;            /* in order of execution */
  TfLiteIntArray *inputs, *outputs; /* of delegated ones: tensors that come in and that are needed outside; ascending */
} ln_node_subset;

/* As kTfLiteInplaceOpInput2Shared, of a fourth input; of nodes that fuse.c has made. */
enum { LN_INPLACE_ADDEND = kTfLiteInplaceOpInput2Shared << 1, LN_MAX_SHARABLE_INPUTS = kTfLiteMaxSharableOpInputs + 1 };

typedef struct ln_node {
  /* Set for nodes that are placed and of which nothing need be asked before they run: their inputs have data, their
   * outputs elements. Beside what else a run reads of the node. */
  TfLiteStatus (*plain_invoke)(TfLiteContext* context, TfLiteNode* node);
  TfLiteNode node;
  TfLiteRegistration registration;
  const char* name;         /* of the operator */
  const char* kernel;       /* that prepare chose, "" if it did not say */
  ln_node_subset delegated; /* of a delegate's node: what it stands for; owns the lists */
  bool is_own;              /* the registration is the library's */
  bool is_fused;            /* made by fuse.c: a copy of node `stands_for`, whose options it borrows */
  bool borrows_options;
  int32_t stands_for;
  LinnetFusion fusion;
  LinnetTogether together; /* of duration 0: not to be run by several threads at once */
  bool is_shared, waits;   /* together.c: all threads run it; it waits for what they have run before */
  int32_t together_end;    /* where the stretch ends that begins with this node, 0: none does */
  uint64_t calls, total_ns, min_ns, max_ns;
} ln_node;

/* Bytes of scratch memory up to which a node may have a place of its own for it. */
enum { LN_MOST_OWN_SCRATCH = 64 * 1024 };

typedef struct ln_subgraph {
  TfLiteContext context; /* first: contexts are turned back into subgraphs */
  ln_interpreter* interpreter;
  const ln_model_subgraph* source;
  int32_t index;
  TfLiteTensor* tensors;
  ln_tensor_state* states;
  int32_t tensor_count, tensor_capacity;
  ln_node** nodes; /* each of its own, so that pointers stay good */
  int32_t node_count, node_capacity;
  TfLiteIntArray* plan; /* node indices in order of execution */
  TfLiteIntArray *inputs, *outputs, *variables;
  ln_arena arena, persistent;
  size_t persistent_used_bytes;
  bool has_own_places;     /* no memory is used for two tensors, but scratch memory that is large */
  int32_t next_to_prepare; /* position in the plan; the plan's size: all are prepared */
  uint32_t generation;     /* counts the preparations from the first node on */
  int32_t position;        /* in the plan, of the node that is being prepared or run, -1: none */
  ln_pace pace;            /* of invokes from outside */
  int32_t current_node;    /* that is being prepared or run, -1: none; for messages */
  bool dynamic;            /* after the allocation not all shapes are known */
  bool ready;              /* allocated: may be invoked */
  bool busy;               /* being prepared or run: must not be entered again */
  bool preparing, running;
  bool resized;                 /* a dynamic tensor has got another shape since the node began */
  bool initialized_once;        /* CALL_ONCE's flag */
  bool delegating;              /* a delegate's Prepare runs */
  bool skip_delegates;          /* a delegate wants to see this subgraph through its callers only */
  bool delegate_fixed_shapes;   /* a delegate that was applied cannot bear other shapes */
  bool delegates_undone;        /* they are to be applied again before the next allocation */
  bool propagate_shapes;        /* nodes that a delegate stands for are prepared too, for their outputs' shapes */
  bool leave_unresolved;        /* unknown custom operators are no error while only shapes are looked for */
  bool fused;                   /* fuse.c has been through the plan */
  TfLiteIntArray* unfused_plan; /* the plan before, NULL: the same */
  int32_t unfused_nodes;        /* how many nodes there were then */
  TfLiteIntArray* plan_copy;    /* handed to a delegate, whose replacing changes `plan` */
  ln_node_subset* preview_subsets;
  TfLiteDelegateParams* preview;
  int32_t preview_count;
} ln_subgraph;

typedef struct ln_resource_entry {
  char* container;
  char* name;
  LinnetResource resource;
  bool exists;
} ln_resource_entry;

struct ln_interpreter {
  LinnetBackend backend; /* first: backends are turned back into interpreters */
  ln_model* model;
  ln_interpreter_config config;
  ln_subgraph** subgraphs;
  int32_t subgraph_count;
  TfLiteExternalContext* external_contexts[kTfLiteMaxExternalContexts];
  ln_thread_pool* pool;
  bool pool_failed;
  bool alone;            /* the invoke that runs does without the other threads */
  ln_node* preparing;    /* the node that is being prepared: the innermost */
  uint64_t report_count; /* messages so far */
  atomic_bool cancelled;
  uint64_t deadline_ns; /* 0: none */
  int invoke_depth;
  bool profiling;
  bool allow_buffer_handle_output;
  size_t peak_bytes;
  ln_resource_entry* resources;
  int32_t resource_count, resource_capacity;
  TfLiteDelegate** delegates; /* applied, in order */
  int32_t delegate_count;
};

static inline ln_subgraph* ln_subgraph_of(const TfLiteContext* context) { return (ln_subgraph*)context->impl_; }

/* A message from inside the library about a subgraph (and its current node): the place is put in front. */
void ln_subgraph_report(const ln_subgraph* subgraph, const char* format, ...) LN_PRINTF(2, 3);
void ln_subgraph_report_va(const ln_subgraph* subgraph, const char* format, va_list args);

/* The pool, made at the first call; NULL: none can be had. */
ln_thread_pool* ln_interpreter_pool(ln_interpreter* interpreter);

/* ---- tensor.c ---- */
TfLiteIntArray* ln_copy_ints(ln_i32_span span); /* NULL: no memory */
TfLiteStatus ln_subgraph_load_tensors(ln_subgraph* subgraph);
void ln_subgraph_free_tensors(ln_subgraph* subgraph);
TfLiteStatus ln_subgraph_add_tensors(ln_subgraph* subgraph, int count, int* first);
/* Bytes of a tensor of fixed-size elements; reports overflow. Strings and variants: 0. */
TfLiteStatus ln_required_bytes(const ln_subgraph* subgraph, TfLiteType type, const int* dims, int rank, size_t* bytes);
/* Takes `dims` over, on failure too. */
TfLiteStatus ln_subgraph_resize_tensor(ln_subgraph* subgraph, TfLiteTensor* tensor, TfLiteIntArray* dims);
void ln_subgraph_reset_variables(ln_subgraph* subgraph);
/* Tensors of the file that operators have made dynamic lie in the arena again, until they are prepared anew. */
void ln_subgraph_reset_dynamic(ln_subgraph* subgraph);
/* Room for some more tensors: pointers that an operator holds stay good while it adds a few. */
TfLiteStatus ln_subgraph_reserve_tensors(ln_subgraph* subgraph);

/* ---- node.c ---- */
TfLiteStatus ln_subgraph_load_nodes(ln_subgraph* subgraph);
void ln_subgraph_free_nodes(ln_subgraph* subgraph);
/* A new node without inputs; owned by the subgraph, not in the plan. NULL: no memory (reported). */
ln_node* ln_subgraph_new_node(ln_subgraph* subgraph);
void ln_subgraph_pop_node(ln_subgraph* subgraph); /* frees the newest node */
void* ln_node_init(ln_subgraph* subgraph, ln_node* node, const char* buffer, size_t length);
TfLiteStatus ln_node_prepare(ln_subgraph* subgraph, int32_t index);
TfLiteStatus ln_node_invoke(ln_subgraph* subgraph, int32_t index);
/* Finds out which nodes at positions [first, end) of the plan, whose tensors have been placed, have a plain_invoke. */
void ln_subgraph_mark_plain(ln_subgraph* subgraph, int32_t first, int32_t end);
/* No node has one any more. */
void ln_subgraph_unmark_plain(ln_subgraph* subgraph);

/* ---- subgraph.c ---- */
ln_subgraph* ln_subgraph_create(ln_interpreter* interpreter, int32_t index); /* NULL: reported */
void ln_subgraph_delete(ln_subgraph* subgraph);
TfLiteStatus ln_subgraph_resize_input(ln_subgraph* subgraph, int32_t input_index, int rank, const int* dims);
TfLiteStatus ln_subgraph_allocate(ln_subgraph* subgraph);
/* Prepares nodes for their shapes only, without memory; the nodes before position `known` have been prepared. */
TfLiteStatus ln_subgraph_find_shapes(ln_subgraph* subgraph, int32_t* known);
TfLiteStatus ln_subgraph_invoke(ln_subgraph* subgraph);
/* The node at that position of the plan. */
TfLiteStatus ln_subgraph_run_position(ln_subgraph* subgraph, int32_t position);
/* Runs positions `first` to `end` of the plan only, which must be prepared and have outputs of known shapes. */
TfLiteStatus ln_subgraph_invoke_part(ln_subgraph* subgraph, int32_t first, int32_t end);
bool ln_subgraph_has_dynamic(const ln_subgraph* subgraph, const TfLiteIntArray* tensors);
bool ln_has_tensor(const TfLiteIntArray* tensors, int32_t tensor);

/* ---- context.c ---- */
void ln_context_fill(ln_subgraph* subgraph);

/* ---- memory.c ---- */
/* Sets the tensors' first_use, last_use, writer, first_read. */
void ln_subgraph_find_lifetimes(ln_subgraph* subgraph);
/* Places all arena tensors of the plan's positions [first, end), keeping those placed before, and sets their data. */
TfLiteStatus ln_subgraph_place(ln_subgraph* subgraph, int32_t first, int32_t end);
void ln_subgraph_free_arenas(ln_subgraph* subgraph);
/* Whether `more` bytes of memory are within the limit; reports where not. */
TfLiteStatus ln_check_limit(const ln_subgraph* subgraph, size_t more_bytes);
void ln_note_peak(ln_interpreter* interpreter);

/* ---- backend.c, resource.c ---- */
void ln_backend_fill(ln_interpreter* interpreter);
void ln_interpreter_free_resources(ln_interpreter* interpreter);
int32_t ln_backend_resource_id(LinnetBackend* backend, const char* container, const char* name);
LinnetResource* ln_backend_find_resource(LinnetBackend* backend, int32_t id);
TfLiteStatus ln_backend_set_resource(LinnetBackend* backend, int32_t id, void* data, void (*free)(void* data));
/* True once the invoke was cancelled or is out of time. Says nothing: ln_interpreter_invoke does, once, at its end. */
bool ln_interpreter_is_cancelled(ln_interpreter* interpreter);

/* ---- live.c: objects that this library made and has not freed; others' pointers in their places are not to be trusted
 * ---- */
bool ln_live_add(const void* object); /* false: no memory */
void ln_live_remove(const void* object);
bool ln_live_has(const void* object);

#endif
