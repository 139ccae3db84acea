#!/usr/bin/env python3
"""same_pixels.py A B [--slack N]: whether two PNM files show the same pixels.

Every pixel both have is compared, from the upper left corner; sizes may differ by N columns and rows (none unless
told). Gray beside colour counts as colour with three equal channels. Prints the size compared; exit status 1 with the
reason if they differ."""

import argparse
import re
import sys


def read(path):
    """Width, height, channels and the rows of a binary PNM file with 8 bits a sample, or of a PBM."""
    with open(path, "rb") as file:
        data = file.read()
    fields, at = [], 0
    while len(fields) < 4:
        found = re.compile(rb"\s*(?:#[^\n]*\n\s*)*([^\s#]+)").match(data, at)
        if not found:
            sys.exit(f"{path}: no PNM file")
        fields.append(found.group(1))
        at = found.end()
        if fields[0] == b"P4" and len(fields) == 3:
            break
    kind, width, height = fields[0], int(fields[1]), int(fields[2])
    at += 1
    if kind == b"P4":
        stride = (width + 7) // 8
        rows = []
        for row in range(height):
            bits = "".join(f"{byte:08b}" for byte in data[at + row * stride : at + (row + 1) * stride])
            rows.append(bytes(0 if bit == "1" else 255 for bit in bits[:width]))
        return width, height, 1, rows
    channels = {b"P5": 1, b"P6": 3}.get(kind)
    if channels is None or fields[3] != b"255":
        sys.exit(f"{path}: {kind.decode()} with maximum {fields[3].decode()} is not read here")
    stride = width * channels
    if len(data) - at < stride * height:
        sys.exit(f"{path}: {len(data) - at} bytes of pixels, {stride * height} announced")
    return width, height, channels, [data[at + row * stride : at + (row + 1) * stride] for row in range(height)]


def in_colour(row):
    """A gray row as three equal channels."""
    colour = bytearray(3 * len(row))
    for channel in range(3):
        colour[channel::3] = row
    return bytes(colour)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("a")
    parser.add_argument("b")
    parser.add_argument("--slack", type=int, default=0)
    arguments = parser.parse_args()
    a_width, a_height, a_channels, a_rows = read(arguments.a)
    b_width, b_height, b_channels, b_rows = read(arguments.b)
    if abs(a_width - b_width) > arguments.slack or abs(a_height - b_height) > arguments.slack:
        sys.exit(f"{a_width} x {a_height} and {b_width} x {b_height} pixels")
    width, height = min(a_width, b_width), min(a_height, b_height)
    channels = max(a_channels, b_channels)
    for number in range(height):
        rows = [
            (in_colour(row) if own < channels else row)[: width * channels]
            for row, own in ((a_rows[number], a_channels), (b_rows[number], b_channels))
        ]
        if rows[0] != rows[1]:
            column = next(at for at in range(width * channels) if rows[0][at] != rows[1][at]) // channels
            worst = max(abs(x - y) for x, y in zip(*rows))
            sys.exit(f"row {number} differs from column {column} on, by up to {worst} of 255")
    print(f"{width} x {height}")


main()
