"""PosenetDecoderOp; outputs by numpy, which decodes maps that were drawn from known poses, and random ones."""

import heapq

import numpy as np
from flatbuffers import flexbuffers

from tflite_builder import Model, quantization

EDGES = [(0, 1), (1, 3), (0, 2), (2, 4), (0, 5), (5, 7), (7, 9), (5, 11), (11, 13), (13, 15), (0, 6), (6, 8), (8, 10),
         (6, 12), (12, 14), (14, 16)]
KEYPOINTS, STRIDE = 17, 16
F = np.float32


def sample(tensor, point):
    """All channels between the four cells around a point."""
    height, width = tensor.shape[:2]
    corners = []
    for x, n in zip(point, (height, width)):
        inside = min(max(x, F(0)), F(n - 1))
        corners.append((int(np.floor(inside)), int(np.ceil(inside)), x - F(np.floor(inside))))
    (top, bottom, down), (left, right, aside) = corners
    upper = (1 - aside) * tensor[top, left] + aside * tensor[top, right]
    lower = (1 - aside) * tensor[bottom, left] + aside * tensor[bottom, right]
    return (1 - down) * upper + down * lower


def follow(tensor, point, channels):
    offset = sample(tensor, point)[list(channels)]
    limits = np.array(tensor.shape[:2], F) - 1
    return np.clip(point + offset, 0, limits).astype(F)


def decode_pose(scores, shorts, mids, root, keypoint):
    points, point_scores = np.zeros((KEYPOINTS, 2), F), np.full(KEYPOINTS, np.nan, F)
    queue = [(-sample(scores, root)[keypoint], keypoint, tuple(root))]
    while queue:
        score, keypoint, point = heapq.heappop(queue)
        if not np.isnan(point_scores[keypoint]):
            continue
        points[keypoint], point_scores[keypoint] = point, -score
        for edge, ends in enumerate(EDGES):
            if keypoint not in ends:
                continue
            target = ends[1 - ends.index(keypoint)]
            first = edge if ends[0] == keypoint else 32 + edge
            other = follow(mids, np.array(point, F), (first, first + 16))
            for _ in range(5):
                other = follow(shorts, other, (target, target + KEYPOINTS))
            heapq.heappush(queue, (-sample(scores, other)[target], target, tuple(other)))
    return points, (1 / (1 + np.exp(-point_scores))).astype(F)


def decode(scores, shorts, mids, limit, threshold, radius):
    height, width = scores.shape[:2]
    least = -np.log(1 / (threshold + 1e-6) - 1)
    roots = []
    for y, x, k in np.ndindex(scores.shape):
        around = scores[max(y - 1, 0):y + 2, max(x - 1, 0):x + 2, k]
        if scores[y, x, k] >= least and scores[y, x, k] >= around.max():
            point = np.clip(np.array([y, x], F) + shorts[y, x, [k, k + KEYPOINTS]], 0, [height - 1, width - 1])
            roots.append((scores[y, x, k], k, point.astype(F)))
    roots.sort(key=lambda root: -root[0])
    poses = []
    for _, k, point in roots:
        if len(poses) == limit:
            break
        if any(((point - other[k]) ** 2).sum() <= radius ** 2 for other, _ in poses):
            continue
        pose = decode_pose(scores, shorts, mids, point, k)
        if pose[1].mean() >= threshold:
            poses.append(pose)
    poses.sort(key=lambda pose: -pose[1].mean())
    scored = []
    for i, (points, point_scores) in enumerate(poses):
        taken = np.zeros(KEYPOINTS, bool)
        for other, _ in poses[:i]:
            taken |= ((points - other) ** 2).sum(axis=1) <= radius ** 2
        scored.append((float(np.where(taken, 0, point_scores).sum() / KEYPOINTS), points * STRIDE, point_scores))
    return [pose for pose in sorted(scored, key=lambda pose: -pose[0]) if pose[0] >= threshold]


def masks_of(longs, poses, limit):
    masks = np.zeros((1, limit, *longs.shape[:2]), F)
    for y, x in np.ndindex(longs.shape[:2]):
        ends = np.zeros((KEYPOINTS, 2), F)
        for k in range(KEYPOINTS):
            point = np.array([y, x], F)
            for _ in range(3):
                point = follow(longs, point, (k, k + KEYPOINTS))
            ends[k] = point * STRIDE
        if poses:
            masks[0, np.argmin([((ends - points) ** 2).sum() for _, points, _ in poses]), y, x] = 1
    return masks


def draw(random, height, width, count):
    """Maps of `count` persons: offsets are right in the cells around each keypoint."""
    people = random.uniform(2, np.array([height, width]) - 3, (count, KEYPOINTS, 2))
    scores = random.uniform(-9, -5, (height, width, KEYPOINTS))
    shorts, mids = (random.uniform(-8, 8, (height, width, channels)) for channels in (34, 64))
    for person in people:
        for k, point in enumerate(person):
            cell = np.floor(point).astype(int)
            for y in range(cell[0] - 1, cell[0] + 3):
                for x in range(cell[1] - 1, cell[1] + 3):
                    off = point - (y, x)
                    scores[y, x, k] = 6 - 2 * (off ** 2).sum() + random.uniform(0, 0.1)
                    shorts[y, x, [k, k + 17]] = off * STRIDE
                    for edge, ends in enumerate(EDGES):
                        for side in (0, 1):
                            if ends[side] == k:
                                first = 32 * side + edge
                                mids[y, x, [first, first + 16]] = (person[ends[1 - side]] - point) * STRIDE
    return scores.astype(F), shorts.astype(F), mids.astype(F)


def add(suite, name, maps, limit, threshold, radius, quant=None):
    model = Model()
    graph = model.subgraph("main")
    tensors, given, real = [], [], []
    for i, array in enumerate(maps):
        if quant is None:
            tensors.append(graph.input(f"x{i}", "FLOAT32", (1, *array.shape)))
            given.append(array[None])
            real.append(array if i == 0 else array * F(1 / STRIDE))
            continue
        scale, zero = F((array.max() - array.min()) / 255), int(-array.min() * 255 // (array.max() - array.min()))
        stored = np.clip(np.round(array / scale) + zero, 0, 255).astype(np.uint8)
        tensors.append(graph.input(f"x{i}", "UINT8", (1, *array.shape), quant=quantization(scale, zero)))
        given.append(stored[None])
        real.append((stored.astype(F) - F(zero)) * (scale if i == 0 else scale * F(1 / STRIDE)))
    poses = decode(*real[:3], limit, threshold, radius / STRIDE)
    outputs = [np.zeros((1, limit, KEYPOINTS, 2), F), np.zeros((1, limit, KEYPOINTS), F), np.zeros((1, limit), F),
               np.array([len(poses)], F)]
    for i, (score, points, point_scores) in enumerate(poses):
        outputs[0][0, i], outputs[1][0, i], outputs[2][0, i] = points, point_scores, score
    if len(maps) == 4:
        outputs.append(masks_of(real[3], poses, limit))
    results = [graph.output(f"y{i}", "FLOAT32", array.shape) for i, array in enumerate(outputs)]
    options = flexbuffers.Dumps({"max_detections": limit, "nms_radius": float(radius), "score_threshold": threshold,
                                 "stride": STRIDE})
    graph.custom("PosenetDecoderOp", tensors, results, bytes(options))
    suite.add(name, model, given, flags="custom", kind="float32" if quant is None else "uint8", tolerance=(2e-4, 1e-5),
              run=lambda *_: outputs)


def cases(suite):
    for label, size, count, limit, threshold in (("one", (8, 9), 1, 3, 0.4), ("two", (13, 15), 2, 4, 0.4),
                                                 ("limited", (13, 15), 3, 2, 0.3), ("nobody", (6, 6), 0, 2, 0.5)):
        name = f"PosenetDecoderOp/{label}"
        add(suite, name, draw(suite.random(name), *size, count), limit, threshold, 10.0)
    name = "PosenetDecoderOp/masks"
    random = suite.random(name)
    maps = draw(random, 12, 12, 2)
    add(suite, name, (*maps, random.uniform(-90, 90, (12, 12, 34)).astype(F)), 3, 0.4, 10.0)
    for label, radius in (("noise", 20.0), ("noise_near", 4.0)):
        name = f"PosenetDecoderOp/{label}"
        random = suite.random(name)
        maps = [random.normal(size=(6, 7, n)).astype(F) * scale for n, scale in ((17, F(2)), (34, F(20)), (64, F(60)))]
        add(suite, name, maps, 6, 0.3, radius)
    name = "PosenetDecoderOp/uint8"
    add(suite, name, draw(suite.random(name), 13, 14, 1), 2, 0.4, 10.0, quant=True)
