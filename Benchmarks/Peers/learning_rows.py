"""The rows that models learn from, as Caliber's job wrote them, and the memory that learning takes."""

import ctypes
import gc
import os

import numpy


def load(path, rows, columns):
    """The matrix, row by row, and the labels behind it."""
    with open(path, "rb") as file:
        x = numpy.fromfile(file, dtype=numpy.float64, count=rows * columns).reshape(rows, columns)
        y = numpy.fromfile(file, dtype=numpy.uint8, count=rows).astype(numpy.float64)
    return x, y


def forget_peak():
    """Gives freed memory back, and makes the kernel forget the most that this process has held."""
    gc.collect()
    ctypes.CDLL("libc.so.6").malloc_trim(0)
    with open("/proc/self/clear_refs", "w") as file:
        file.write("5")


def resident(name):
    """VmRSS, what the process holds, or VmHWM, the most it held since the peak was forgotten; bytes."""
    with open("/proc/self/status") as file:
        for line in file:
            if line.startswith(name):
                return int(line.split()[1]) * 1024
    raise OSError(f"/proc/self/status does not say {name}")


class ExtraMemory:
    """The most memory held beyond what was held when it was made."""

    def __init__(self):
        forget_peak()
        self.before = resident("VmRSS")

    def bytes(self):
        """Bytes so far."""
        return max(0, resident("VmHWM") - self.before)


def thread_count():
    """The processors that may be used."""
    return len(os.sched_getaffinity(0))
