-- index.db: what stands in the archive. Written by the recorder alone; anybody may read it.
-- Times: wall_* in µs since 1970-01-01 UTC by the node's clock; media times and durations in 1/90000 s.

CREATE TABLE IF NOT EXISTS segments (
    id            INTEGER PRIMARY KEY,
    camera        TEXT    NOT NULL,
    stream        TEXT    NOT NULL CHECK (stream IN ('main', 'sub')),
    run           INTEGER NOT NULL,              -- one unbroken session with a camera; grows
    path          TEXT    NOT NULL UNIQUE,       -- below the archive's directory
    wall_start_us INTEGER NOT NULL,
    duration      INTEGER NOT NULL,              -- of all indexed fragments
    bytes         INTEGER NOT NULL,              -- durable on disk, initialisation segment included
    init_bytes    INTEGER NOT NULL,
    frames        INTEGER NOT NULL,
    codec         TEXT    NOT NULL,              -- RFC 6381
    width         INTEGER NOT NULL,
    height        INTEGER NOT NULL,
    state         TEXT    NOT NULL CHECK (state IN ('open', 'closed', 'adopted')),
    end_reason    TEXT    NOT NULL DEFAULT '',   -- rotation, or why the run ended
    sha256        BLOB,                          -- of the whole file, once it is closed
    fragments     BLOB    NOT NULL               -- edge/recorder/index.py FragmentEntry, 20 bytes each
);
CREATE INDEX IF NOT EXISTS segments_by_time ON segments (camera, stream, wall_start_us);
CREATE INDEX IF NOT EXISTS segments_open ON segments (state) WHERE state = 'open';

-- A stretch without recording, with its cause (a CameraReason, node_down or storage). No end: it lasts.
CREATE TABLE IF NOT EXISTS gaps (
    id       INTEGER PRIMARY KEY,
    camera   TEXT    NOT NULL,
    stream   TEXT    NOT NULL,
    start_us INTEGER NOT NULL,
    end_us   INTEGER,
    cause    TEXT    NOT NULL
);
CREATE INDEX IF NOT EXISTS gaps_by_time ON gaps (camera, stream, start_us);
