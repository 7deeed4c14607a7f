"""Gray pictures: enlarging and reducing, and the BMP file."""

import struct

import numpy as np


def resize(image, size, sampling="half_pixel"):
    """[H,W] -> [size,size], bilinear. `sampling`: half_pixel (centers match), corner (origins match), or area."""
    if sampling == "area":
        factor = image.shape[0] // size
        return image.reshape(size, factor, size, factor).mean(axis=(1, 3))
    ratio = image.shape[0] / size
    place = (np.arange(size) + 0.5) * ratio - 0.5 if sampling == "half_pixel" else np.arange(size) * ratio
    place = np.clip(place, 0, image.shape[0] - 1)
    low = np.floor(place).astype(int)
    high = np.minimum(low + 1, image.shape[0] - 1)
    part = place - low
    rows = image[low] * (1 - part)[:, np.newaxis] + image[high] * part[:, np.newaxis]
    return rows[:, low] * (1 - part) + rows[:, high] * part


def write_bmp(path, pixels):
    """Writes [H,W] values from 0 to 255 as a 24-bit BMP, bottom row first."""
    height, width = pixels.shape
    row_padding = b"\0" * (-3 * width % 4)
    rows = b"".join(row.astype(np.uint8).repeat(3).tobytes() + row_padding for row in pixels[::-1])
    header = struct.pack("<2sIHHI", b"BM", 54 + len(rows), 0, 0, 54)
    header += struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, 0, len(rows), 2835, 2835, 0, 0)
    with open(path, "wb") as file:
        file.write(header + rows)


def read_bmp(path):
    """Reads what write_bmp writes, as [H,W] values from 0 to 255."""
    with open(path, "rb") as file:
        content = file.read()
    start, = struct.unpack_from("<I", content, 10)
    width, height = struct.unpack_from("<ii", content, 18)
    stride = (3 * width + 3) // 4 * 4
    rows = np.frombuffer(content, np.uint8, stride * height, start).reshape(height, stride)
    return rows[::-1, 0:3 * width:3].astype(np.float32)
