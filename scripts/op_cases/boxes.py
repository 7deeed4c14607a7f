"""NON_MAX_SUPPRESSION: equal scores, whose order the original's heap decides; empty and endless boxes."""

import numpy as np

from op_cases._one import Const, add

I32, F32 = np.int32, np.float32


def cases(suite):
    for version in (4, 5):
        operator = f"NON_MAX_SUPPRESSION_V{version}"
        random = suite.random(operator)
        for i in range(40):
            count = [0, 1, 2, 7, 13, 40][i % 6]
            boxes = random.integers(0, 8, (count, 4)).astype(F32)
            scores = random.integers(0, 5, count).astype(F32)
            if i % 5 == 0 and count:
                boxes[0], scores[-1] = np.nan, np.nan
            if i % 7 == 0 and count:
                boxes[-1] = [np.inf, 0, -np.inf, 1]
            limit = I32(random.integers(1, count + 5))
            given = Const(limit) if i % 4 else limit
            numbers = [random.choice([0.0, 0.1, 0.5, 1.0, 1.5]), random.choice([-1.0, 0.0, 2.0])]
            if version == 5:
                numbers.append(random.choice([0.0, 0.3, 1.0]))
            outputs = [("INT32", [int(limit)]), ("FLOAT32", [int(limit)]), ("INT32", [])]
            add(suite, f"{operator}/{i}", [boxes, scores, given, *(Const(F32(number)) for number in numbers)],
                outputs if version == 5 else outputs[::2], tolerance=(1e-6, 1e-6))
