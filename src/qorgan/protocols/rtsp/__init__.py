"""RTSP, SDP, RTP and H.264 as sans-I/O state machines (RFC 2326, 4566, 3550, 6184)."""
