#!/usr/bin/env python3
"""first_frame.py COMMAND…: starts a program on the display and says after how many milliseconds it shows something.

Something is a column of the screen with several colours that were not there before: a window that is only mapped has at
most one. The program is ended then, by SIGTERM first."""

import ctypes
import signal
import subprocess
import sys
import time

# The column goes through the first control of either window. A bare window brings one colour and its edge another; words
# bring more than these.
COLUMN = 130
COLOURS = 5
# Longest wait, in seconds.
LIMIT = 30
# How often is looked, in seconds.
GLANCE = 0.001

ALL_PLANES = ctypes.c_ulong(-1)
Z_PIXMAP = 2


class Image(ctypes.Structure):
    # The beginning of an XImage.
    _fields_ = [
        ("width", ctypes.c_int),
        ("height", ctypes.c_int),
        ("xoffset", ctypes.c_int),
        ("format", ctypes.c_int),
        ("data", ctypes.POINTER(ctypes.c_uint32)),
    ]


class Screen:
    def __init__(self):
        self.x11 = ctypes.CDLL("libX11.so.6")
        self.x11.XOpenDisplay.restype = ctypes.c_void_p
        self.x11.XDefaultRootWindow.argtypes = [ctypes.c_void_p]
        self.x11.XDefaultRootWindow.restype = ctypes.c_ulong
        self.x11.XDisplayHeight.argtypes = [ctypes.c_void_p, ctypes.c_int]
        self.x11.XGetImage.restype = ctypes.POINTER(Image)
        self.x11.XGetImage.argtypes = [ctypes.c_void_p, ctypes.c_ulong] + [ctypes.c_int] * 2 + [ctypes.c_uint] * 2 + [
            ctypes.c_ulong,
            ctypes.c_int,
        ]
        self.x11.XDestroyImage.argtypes = [ctypes.POINTER(Image)]
        self.display = self.x11.XOpenDisplay(None)
        if not self.display:
            sys.exit("no display")
        self.root = self.x11.XDefaultRootWindow(self.display)
        self.height = self.x11.XDisplayHeight(self.display, 0)

    def colours(self):
        image = self.x11.XGetImage(self.display, self.root, COLUMN, 0, 1, self.height, ALL_PLANES, Z_PIXMAP)
        colours = {image.contents.data[row] & 0xFFFFFF for row in range(self.height)}
        self.x11.XDestroyImage(image)
        return colours


def main():
    screen = Screen()
    ground = screen.colours()
    began = time.monotonic()
    program = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    took = None
    while time.monotonic() - began < LIMIT and program.poll() is None:
        seen = screen.colours() - ground
        if len(seen) >= COLOURS:
            took = time.monotonic() - began
            break
        time.sleep(GLANCE)
    program.send_signal(signal.SIGTERM)
    try:
        program.wait(5)
    except subprocess.TimeoutExpired:
        program.kill()
        program.wait()
    if took is None:
        sys.exit("nothing was shown")
    # The screen is to be as it was for the next one.
    while screen.colours() - ground and time.monotonic() - began < LIMIT:
        time.sleep(0.02)
    print(f"{took * 1000:.0f}")


main()
