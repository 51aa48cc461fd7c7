"""What simulated cameras speak: names of codecs, as they stand in a town's file and on the command line."""

from enum import StrEnum


class VideoCodec(StrEnum):
    """How pictures are encoded."""

    H264 = "h264"
    H265 = "h265"


class AudioCodec(StrEnum):
    """How sound is encoded: AAC at 16 kHz, or G.711 at 8 kHz with A-law or µ-law."""

    AAC = "aac"
    PCMA = "pcma"
    PCMU = "pcmu"
