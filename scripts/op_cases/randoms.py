"""Random numbers from seeds, which are the same everywhere: one by one, not by their distribution."""

import numpy as np

from op_cases._one import Const, add

I32, U64 = np.int32, np.uint64
SEEDS = ((1, 2), (-5, 7), (1234, 0), (0, 2**31 - 1))


def cases(suite):
    for seed, seed2 in SEEDS:
        for shape in ((2, 3, 4), (7,), (1001,), (0, 3), ()):
            label = f"{seed}_{seed2}_{'x'.join(map(str, shape)) or 'scalar'}"
            for given in (Const(I32(shape)), I32(shape)) if shape == (7,) else (Const(I32(shape)),):
                suffix = "" if isinstance(given, Const) else "_data"
                add(suite, f"RANDOM_UNIFORM/{label}{suffix}", [given], [("FLOAT32", shape)], seed=seed, seed2=seed2)
                # The C library's sine, cosine and logarithm are in the original's last place.
                add(suite, f"RANDOM_STANDARD_NORMAL/{label}{suffix}", [given], [("FLOAT32", shape)],
                    tolerance=(1e-6, 0.0), seed=seed, seed2=seed2)
        logits = np.float32([[0, 1, -np.inf, 2, 0.5, -3], [np.nan, 5, 5, 5, -9, np.inf], [80, -80, 79, 0, 0, 0]])
        for dtype in ("INT32", "INT64"):
            for count in (1, 7, 58):
                for suffix, given in (("", Const(I32(count))), ("_data", I32(count))):
                    add(suite, f"MULTINOMIAL/{seed}_{seed2}_{dtype.lower()}_{count}{suffix}", [logits, given],
                        [(dtype, [3, count])], seed=seed, seed2=seed2)
    nothing = np.full((1, 3), -np.inf, np.float32)
    add(suite, "MULTINOMIAL/no_class", [nothing, Const(I32(5))], [("INT32", [1, 5])], seed=3)
    state = [0x123456789ABCDEF0, 0xFFFFFFFFFFFFFFFE, 77]
    for algorithm, algorithm_name in enumerate(("default", "philox", "threefry")):
        for words in (2, 3):
            for dtype, shape in (("INT32", (5,)), ("UINT32", (3, 3)), ("INT64", (5,)), ("UINT64", (2, 7)),
                                 ("UINT32", (0,))):
                label = f"{algorithm_name}_{words}_{dtype.lower()}_{'x'.join(map(str, shape))}"
                if algorithm_name != "threefry" or words == 2:
                    add(suite, f"STABLEHLO_RNG_BIT_GENERATOR/{label}", [U64(state[:words])],
                        [("UINT64", [words]), (dtype, shape)], algorithm=algorithm)
