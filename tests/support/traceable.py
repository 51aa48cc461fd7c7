"""`python -m tests.support.traceable MODULE ARGUMENTS…`: a program that a tracer of the same user may attach to later.

Linux with Yama (`kernel.yama.ptrace_scope` 1) otherwise lets only ancestors do that.
"""

import ctypes
import runpy
import sys

_PR_SET_PTRACER, _ANY = 0x59616D61, ctypes.c_ulong(-1)  # linux/prctl.h

if __name__ == "__main__":
    ctypes.CDLL(None).prctl(_PR_SET_PTRACER, _ANY, 0, 0, 0)  # refused where there is no Yama, and not needed there
    sys.argv = sys.argv[1:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
