"""What can be wrong with a picture, and how sure one is of it."""

from enum import StrEnum


class Verdict(StrEnum):
    """Of one fault, and of a picture as a whole."""

    OK = "ok"
    SUSPECT = "suspect"  # a look shows it that is not confirmed yet, or one that was confirmed seems to be over
    BAD = "bad"
    UNKNOWN = "unknown"  # nothing recent could be looked at, or there is nothing to compare with yet


class Fault(StrEnum):
    """Faults of a picture. What a person sees first stands first: it may explain the ones after it."""

    BLACK = "black"
    OVEREXPOSED = "overexposed"
    UNDEREXPOSED = "underexposed"
    COVERED = "covered"  # something stands before the whole lens or before a part of it
    MOVED = "moved"  # looks elsewhere than the approved view does
    LOW_CONTRAST = "low_contrast"
    BLURRED = "blurred"
    FROZEN = "frozen"  # always the same picture; a clock written into it may go on
    NOISY = "noisy"
    STRIPED = "striped"  # bars, lines: interference
    COLOUR_CAST = "colour_cast"
    FLICKERING = "flickering"
    SMEARED = "smeared"  # dirt or grease on a part of the lens
