"""ANSI/SIA DC-09: events of alarm panels over IP. Bytes in, messages out, and the answers that the standard wants.

`frames.py` finds frames in a stream, `messages.py` reads and writes what is in them, `answers.py` decides the answer.
"""
