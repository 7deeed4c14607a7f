"""StableHLO's operators with attributes that make no sense: each is refused in one sentence, whatever it says."""

import subprocess

import numpy as np
import pytest
from conftest import COMMAND, FAILED, INPUT

from tflite_builder import Model, quantization

HUGE = [2**31, 2**40, 2**62, -(2**31) - 1, -(2**63)]


def of(operator, inputs, output, region=None, **options):
    """A model of one operator; inputs are (type, shape), arrays for constants; a region is a function of the model."""
    model = Model()
    graph = model.subgraph("main")
    tensors = [graph.const(f"c{i}", entry) if isinstance(entry, np.ndarray) else graph.input(f"x{i}", *entry)
               for i, entry in enumerate(inputs)]
    graph.op(operator, tensors, [graph.output("y", *output)], **options)
    if region is not None:
        region(model)
    return model


def scalars(dtype, result, operator, **options):
    def build(model):
        graph = model.subgraph("region")
        arguments = [graph.input(f"a{i}", dtype, []) for i in range(2)]
        graph.op(operator, arguments, [graph.output("r", result, [])], **options)
    return build


F = "FLOAT32"
X = (F, [2, 3])
ADD = scalars(F, F, "STABLEHLO_ADD")
ZERO = np.zeros((), np.float32)


def slices():
    for start, limit, stride in ([0, 0], [3, 3], [1, 1]), ([0], [2], [1]), ([-1, 0], [2, 3], [1, 1]), \
            ([1, 0], [0, 3], [1, 1]), ([0, 0], [2, 3], [0, 1]), ([0, 0], [2, 3], [1, -(2**63)]):
        yield of("STABLEHLO_SLICE", [X], (F, [2, 3]), start_indices=start, limit_indices=limit, strides=stride)
    for huge in HUGE:
        yield of("STABLEHLO_SLICE", [X], (F, [2, 3]), start_indices=[0, 0], limit_indices=[2, huge], strides=[1, 1])
        yield of("STABLEHLO_DYNAMIC_SLICE", [X, ("INT32", []), ("INT32", [])], (F, [2, 3]), slice_sizes=[1, huge])
        yield of("STABLEHLO_CONCATENATE", [X, X], (F, [2, 3]), dimension=huge)
        yield of("STABLEHLO_IOTA", [], (F, [2, 3]), iota_dimension=huge)
        yield of("STABLEHLO_TRANSPOSE", [X], (F, [2, 3]), permutation=[0, huge])
        yield of("STABLEHLO_BROADCAST_IN_DIM", [X], (F, [2, 3]), broadcast_dimensions=[0, huge])
        yield of("STABLEHLO_PAD", [X, ZERO], (F, [2, 3]), edge_padding_low=[huge, 0], edge_padding_high=[0, 0],
                 interior_padding=[0, 0])
        yield of("STABLEHLO_PAD", [X, ZERO], (F, [2, 3]), edge_padding_low=[0, 0], edge_padding_high=[0, 0],
                 interior_padding=[huge, 0])
    yield of("STABLEHLO_PAD", [X, np.zeros(2, np.float32)], (F, [2, 3]), edge_padding_low=[0, 0],
             edge_padding_high=[0, 0], interior_padding=[0, 0])
    yield of("STABLEHLO_DYNAMIC_SLICE", [X, ("INT32", [])], (F, [2, 3]), slice_sizes=[1, 1])
    yield of("STABLEHLO_DYNAMIC_SLICE", [X, (F, []), (F, [])], (F, [2, 3]), slice_sizes=[1, 1])
    yield of("STABLEHLO_DYNAMIC_UPDATE_SLICE", [X, (F, [3, 3]), ("INT32", []), ("INT32", [])], (F, [2, 3]))
    yield of("STABLEHLO_TRANSPOSE", [X], (F, [2, 3]), permutation=[1, 1])
    yield of("STABLEHLO_BROADCAST_IN_DIM", [X], (F, [2, 3]), broadcast_dimensions=[1, 0])
    yield of("STABLEHLO_RESHAPE", [X], (F, [7]))
    yield of("STABLEHLO_RESHAPE", [X], (F, [2**30, 2**30, 2**30, 0, 2**30]))
    yield of("STABLEHLO_CONCATENATE", [X, (F, [3, 3])], (F, [2, 3]), dimension=1)
    yield of("STABLEHLO_IOTA", [], ("BOOL", [3]), iota_dimension=0)
    yield of("DILATE", [X, np.array([0, 1], np.int32), ZERO], (F, [2, 3]))
    yield of("DILATE", [X, np.array([2**31 - 1, 2**31 - 1], np.int32), ZERO], (F, [2, 3]))


def elements():
    yield of("STABLEHLO_ADD", [X, (F, [2, 1])], (F, [2, 3]))
    yield of("STABLEHLO_ADD", [X, ("INT32", [2, 3])], (F, [2, 3]))
    yield of("STABLEHLO_AND", [X, X], (F, [2, 3]))
    yield of("STABLEHLO_SHIFT_LEFT", [X, X], (F, [2, 3]))
    yield of("STABLEHLO_FLOOR", [("INT32", [3])], ("INT32", [3]))
    yield of("STABLEHLO_TANH", [("STRING", [3])], ("STRING", [3]))
    yield of("STABLEHLO_COMPARE", [X, X], ("BOOL", [2, 3]), comparison_direction=6)
    yield of("STABLEHLO_COMPARE", [X, X], ("BOOL", [2, 3]), comparison_direction=2**32 - 1)
    yield of("STABLEHLO_COMPARE", [X, X], ("BOOL", [2, 3]), compare_type=5)
    yield of("STABLEHLO_COMPARE", [("INT32", [3])] * 2, ("BOOL", [3]), compare_type=2)
    yield of("STABLEHLO_SELECT", [("BOOL", [3]), X, X], (F, [2, 3]))
    yield of("STABLEHLO_CLAMP", [(F, [1]), X, (F, [])], (F, [2, 3]))
    yield of("STABLEHLO_CLAMP", [("COMPLEX64", [])] * 3, ("COMPLEX64", []))
    yield of("STABLEHLO_CONVERT", [("STRING", [3])], (F, [3]))
    for scale in (-1.0, float("nan"), float("inf")):
        model = Model()
        graph = model.subgraph("main")
        x = graph.input("x", "INT8", [3], quant=quantization(scale, 0))
        graph.op("STABLEHLO_TANH", [x], [graph.output("y", "INT8", [3], quant=quantization(0.1, 0))])
        yield model
    yield of("STABLEHLO_CUSTOM_CALL", [X], (F, [2, 3]), call_target_name="some.kernel")
    yield of("STABLEHLO_CUSTOM_CALL", [X], (F, [2, 3]))


def indices():
    good = dict(offset_dims=[1], collapsed_slice_dims=[0], start_index_map=[0], index_vector_dim=1, slice_sizes=[1, 3])
    for change in (dict(offset_dims=[2]), dict(offset_dims=[0, 1]), dict(collapsed_slice_dims=[0, 0]),
                   dict(collapsed_slice_dims=[-1]), dict(start_index_map=[0, 1]), dict(start_index_map=[2]),
                   dict(index_vector_dim=3), dict(index_vector_dim=-1), dict(slice_sizes=[2, 3]),
                   dict(slice_sizes=[1, 4]), dict(slice_sizes=[1]), dict(slice_sizes=[1, -1]),
                   *({key: [huge]} for huge in HUGE for key in good if key != "index_vector_dim")):
        yield of("STABLEHLO_GATHER", [X, ("INT32", [4, 1])], (F, [4, 3]), **{**good, **change})
    yield of("STABLEHLO_GATHER", [X, (F, [4, 1])], (F, [4, 3]), **good)
    good = dict(update_window_dims=[1], inserted_window_dims=[0], scatter_dims_to_operand_dims=[0], index_vector_dim=1,
                update_computation_subgraph_index=1)
    for change in (dict(update_window_dims=[2]), dict(update_window_dims=[]), dict(inserted_window_dims=[0, 0]),
                   dict(inserted_window_dims=[]), dict(scatter_dims_to_operand_dims=[-1]), dict(index_vector_dim=7),
                   dict(update_computation_subgraph_index=9), dict(update_computation_subgraph_index=-1),
                   dict(update_computation_subgraph_index=0), dict(scatter_dims_to_operand_dims=[0, 1])):
        yield of("STABLEHLO_SCATTER", [X, ("INT32", [4, 1]), (F, [4, 3])], (F, [2, 3]), ADD, **{**good, **change})
    yield of("STABLEHLO_SCATTER", [X, ("INT32", [4, 1]), (F, [5, 3])], (F, [2, 3]), ADD, **good)


def regions():
    for dims in ([2], [0, 0], [-1], [2**40]):
        yield of("STABLEHLO_REDUCE", [X, ZERO], (F, [2]), ADD, dimensions=dims, body_subgraph_index=1)
    for body in (0, 2, -1, 2**31 - 1):
        yield of("STABLEHLO_REDUCE", [X, ZERO], (F, [2]), ADD, dimensions=[1], body_subgraph_index=body)
        yield of("STABLEHLO_SORT", [X], (F, [2, 3]), ADD, dimension=0, comparator_subgraph_index=body)
    yield of("STABLEHLO_REDUCE", [X, np.zeros((), np.int32)], (F, [2]), ADD, dimensions=[1], body_subgraph_index=1)
    yield of("STABLEHLO_REDUCE", [X, np.zeros(2, np.float32)], (F, [2]), ADD, dimensions=[1], body_subgraph_index=1)
    yield of("STABLEHLO_REDUCE", [X, ZERO, X], (F, [2]), ADD, dimensions=[1], body_subgraph_index=1)
    yield of("STABLEHLO_SORT", [X], (F, [2, 3]), ADD, dimension=0, comparator_subgraph_index=1)
    less = scalars(F, "BOOL", "STABLEHLO_COMPARE", comparison_direction=5)
    for dimension in (2, -3, 2**40):
        yield of("STABLEHLO_SORT", [X], (F, [2, 3]), less, dimension=dimension, comparator_subgraph_index=1)
    good = dict(window_dimensions=[1, 2], window_strides=[1, 1], base_dilations=[1, 1], window_dilations=[1, 1],
                padding=[0, 0, 0, 0], body_subgraph_index=1)
    for change in (dict(window_dimensions=[0, 1]), dict(window_strides=[0, 1]), dict(base_dilations=[0, 1]),
                   dict(window_dilations=[-1, 1]), dict(padding=[-9, 0, 0, 0]),
                   *({key: [huge, 1]} for huge in HUGE for key in good if key not in ("padding", "body_subgraph_index")),
                   *(dict(padding=[huge, 0, 0, 0]) for huge in HUGE)):
        yield of("STABLEHLO_REDUCE_WINDOW", [X, ZERO], (F, [2, 2]), ADD, **{**good, **change})
    for window, strides, dilations in ([0, 1], [1, 1], [1, 1]), ([1, 1], [1, 0], [1, 1]), ([1], [1, 1], [1, 1]), \
            ([1, 1], [1, 1], [2**62, 1]):
        yield of("REDUCE_WINDOW", [X, ZERO, *(np.array(v, np.int64) for v in (window, strides, dilations))],
                 (F, [2, 2]), reduce_function=1)
    yield of("REDUCE_WINDOW", [X, ZERO, *[np.ones(2, np.int64)] * 3], (F, [2, 3]), reduce_function=0)
    yield of("STABLEHLO_CASE", [("INT32", []), X], (F, [2, 3]), branch_subgraph_indices=[])
    yield of("STABLEHLO_CASE", [(F, []), X], (F, [2, 3]), branch_subgraph_indices=[1])
    yield of("STABLEHLO_CASE", [("INT32", []), X], (F, [2, 3]), branch_subgraph_indices=[0, 5])


def products():
    good = dict(lhs_contracting_dimensions=[1], rhs_contracting_dimensions=[0])
    for change in (dict(lhs_contracting_dimensions=[0]), dict(lhs_contracting_dimensions=[]),
                   dict(lhs_contracting_dimensions=[1, 1], rhs_contracting_dimensions=[0, 0]),
                   dict(lhs_batching_dimensions=[1]), dict(lhs_batching_dimensions=[1], rhs_batching_dimensions=[0]),
                   *(dict(rhs_contracting_dimensions=[huge]) for huge in HUGE)):
        yield of("STABLEHLO_DOT_GENERAL", [X, (F, [3, 4])], (F, [2, 4]), **{**good, **change})
    yield of("STABLEHLO_DOT_GENERAL", [(F, [1] * 5)] * 2, (F, [1]))
    yield of("STABLEHLO_DOT_GENERAL", [("STRING", [2, 3]), (F, [3, 4])], (F, [2, 4]), **good)
    good = dict(input_batch_dimension=0, input_feature_dimension=1, input_spatial_dimensions=[2, 3],
                kernel_input_feature_dimension=1, kernel_output_feature_dimension=0, kernel_spatial_dimensions=[2, 3],
                output_batch_dimension=0, output_feature_dimension=1, output_spatial_dimensions=[2, 3],
                feature_group_count=1, batch_group_count=1)
    for change in (dict(input_batch_dimension=1), dict(input_spatial_dimensions=[2]), dict(input_spatial_dimensions=[2, 4]),
                   dict(kernel_spatial_dimensions=[3, 3]), dict(output_feature_dimension=-1),
                   dict(feature_group_count=2), dict(feature_group_count=-1), dict(batch_group_count=2),
                   dict(feature_group_count=2, batch_group_count=2), dict(window_strides=[0, 1]),
                   dict(window_strides=[1]), dict(lhs_dilation=[1, 0]), dict(rhs_dilation=[-1, 1]),
                   dict(padding=[0, 0]), dict(padding=[-9, 0, 0, 0]), dict(window_reversal=[True]),
                   *({key: [huge, 1]} for huge in HUGE for key in ("window_strides", "lhs_dilation", "rhs_dilation")),
                   *(dict(padding=[huge, 0, 0, 0]) for huge in HUGE), *(dict(feature_group_count=h) for h in HUGE)):
        yield of("STABLEHLO_CONVOLUTION", [(F, [1, 3, 4, 4]), (F, [2, 3, 2, 2])], (F, [1, 2, 3, 3]), **{**good, **change})
    yield of("STABLEHLO_CONVOLUTION", [(F, [4]), (F, [2, 3, 2, 2])], (F, [1, 2, 3, 3]), **good)


MODELS = [pytest.param(model, id=f"{family.__name__}-{i}")
          for family in (slices, elements, indices, regions, products) for i, model in enumerate(family())]


@pytest.mark.parametrize("model", MODELS)
def test_is_refused(tmp_path, model):
    path = tmp_path / "model.tflite"
    model.save(path)
    done = subprocess.run([COMMAND, "run", path], capture_output=True, text=True, timeout=60)
    assert done.returncode in (INPUT, FAILED), f"exit code {done.returncode}, stderr: {done.stderr}"
    assert done.stderr.startswith("linnet: ") and done.stderr.count("\n") == 1 and "ubgraph" in done.stderr
