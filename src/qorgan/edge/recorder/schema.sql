-- index.db, version 3: what stands in the archive. Anybody may read it. The recorder alone writes it, but for `holds`,
-- which belong to whoever places them (`qorgan edge hold`).
-- Everything here is made when it is missing; what that does not do for a file of an older version, `UPGRADES` in index.py
-- does first.
-- Times: *_us in µs since 1970-01-01 UTC by the node's clock; media times and durations in 1/90000 s.

CREATE TABLE IF NOT EXISTS segments (
    id            INTEGER PRIMARY KEY,
    camera        TEXT    NOT NULL,
    stream        TEXT    NOT NULL CHECK (stream IN ('main', 'sub')),
    run           INTEGER NOT NULL,              -- one unbroken session with a camera; grows
    path          TEXT    NOT NULL UNIQUE,       -- below the directory of its disk
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
    fragments     BLOB    NOT NULL,              -- edge/recorder/index.py FragmentEntry, 20 bytes each
    disk          TEXT    NOT NULL DEFAULT '',   -- disks.id; '' is the directory of index.db itself
    root          INTEGER                        -- number of the daily root that covers it (edge/recorder/evidence.py)
);
CREATE INDEX IF NOT EXISTS segments_by_time ON segments (camera, stream, wall_start_us);
CREATE INDEX IF NOT EXISTS segments_open ON segments (state) WHERE state = 'open';
-- Enough to draw a day, or to find the oldest, without the fragments; touched when a file is closed, not each second.
-- `state` stands in them because SQLite 3.40 would read the row for it all the same.
CREATE INDEX IF NOT EXISTS segments_kept ON segments (camera, stream, wall_start_us, duration, state) WHERE state <> 'open';
CREATE INDEX IF NOT EXISTS segments_oldest ON segments (disk, camera, wall_start_us, duration, bytes, stream, state)
    WHERE state <> 'open';
CREATE INDEX IF NOT EXISTS segments_rooted ON segments (root) WHERE root IS NOT NULL;
CREATE INDEX IF NOT EXISTS segments_unrooted ON segments (wall_start_us) WHERE state <> 'open' AND root IS NULL;

-- A stretch without recording, with its cause (a CameraReason, node_down, storage, retention or lost). No end: it lasts.
CREATE TABLE IF NOT EXISTS gaps (
    id       INTEGER PRIMARY KEY,
    camera   TEXT    NOT NULL,
    stream   TEXT    NOT NULL,
    start_us INTEGER NOT NULL,
    end_us   INTEGER,
    cause    TEXT    NOT NULL
);
CREATE INDEX IF NOT EXISTS gaps_by_time ON gaps (camera, stream, start_us);

-- A stretch in which packets from the camera were lost: so many of its pictures are damaged. They are kept all the same.
CREATE TABLE IF NOT EXISTS damage (
    id       INTEGER PRIMARY KEY,
    camera   TEXT    NOT NULL,
    stream   TEXT    NOT NULL,
    start_us INTEGER NOT NULL,
    end_us   INTEGER NOT NULL,
    pictures INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS damage_by_time ON damage (camera, stream, start_us);

-- Where files may lie. A disk that is gone keeps its line as long as a segment names it.
CREATE TABLE IF NOT EXISTS disks (
    id       TEXT    PRIMARY KEY,                -- of its identity file (edge/recorder/disks.py)
    path     TEXT    NOT NULL,
    since_us INTEGER NOT NULL
) WITHOUT ROWID;

-- Evidence that retention may not touch (invariant I6). A released hold stays, as the record of it.
CREATE TABLE IF NOT EXISTS holds (
    id          TEXT    PRIMARY KEY,
    camera      TEXT    NOT NULL,
    stream      TEXT    NOT NULL DEFAULT '' CHECK (stream IN ('', 'main', 'sub')),   -- '': both
    start_us    INTEGER NOT NULL,
    end_us      INTEGER NOT NULL CHECK (end_us > start_us),
    reason      TEXT    NOT NULL,
    placed_by   TEXT    NOT NULL,
    at_us       INTEGER NOT NULL,
    until_us    INTEGER,                         -- NULL: until released
    released_us INTEGER,
    released_by TEXT
) WITHOUT ROWID;

-- The signed daily roots over the hashes of closed files, each chained to the one before.
CREATE TABLE IF NOT EXISTS roots (
    number    INTEGER PRIMARY KEY,               -- 1, 2, 3 …
    day       TEXT    NOT NULL UNIQUE,           -- YYYYMMDD, the UTC day that had ended
    signed    TEXT    NOT NULL,                  -- exactly what was signed, JSON
    signature BLOB    NOT NULL                   -- Ed25519 over `signed`
);

-- What closed files take, kept by the triggers below, so that nobody adds up a month of files every minute.
CREATE TABLE IF NOT EXISTS usage (
    disk     TEXT    NOT NULL,
    camera   TEXT    NOT NULL,
    day      INTEGER NOT NULL,                   -- wall_start_us / 86,400,000,000
    files    INTEGER NOT NULL,
    bytes    INTEGER NOT NULL,
    duration INTEGER NOT NULL,
    PRIMARY KEY (disk, camera, day)
) WITHOUT ROWID;
CREATE TRIGGER IF NOT EXISTS usage_added AFTER INSERT ON segments WHEN NEW.state <> 'open' BEGIN
    INSERT INTO usage VALUES (NEW.disk, NEW.camera, NEW.wall_start_us / 86400000000, 1, NEW.bytes, NEW.duration)
        ON CONFLICT DO UPDATE SET files = files + 1, bytes = bytes + excluded.bytes, duration = duration + excluded.duration;
END;
CREATE TRIGGER IF NOT EXISTS usage_removed AFTER DELETE ON segments WHEN OLD.state <> 'open' BEGIN
    UPDATE usage SET files = files - 1, bytes = bytes - OLD.bytes, duration = duration - OLD.duration
        WHERE disk = OLD.disk AND camera = OLD.camera AND day = OLD.wall_start_us / 86400000000;
    DELETE FROM usage
        WHERE disk = OLD.disk AND camera = OLD.camera AND day = OLD.wall_start_us / 86400000000 AND files = 0;
END;
CREATE TRIGGER IF NOT EXISTS usage_changed_from AFTER UPDATE OF disk, wall_start_us, bytes, duration, state ON segments
    WHEN OLD.state <> 'open' BEGIN
    UPDATE usage SET files = files - 1, bytes = bytes - OLD.bytes, duration = duration - OLD.duration
        WHERE disk = OLD.disk AND camera = OLD.camera AND day = OLD.wall_start_us / 86400000000;
    DELETE FROM usage
        WHERE disk = OLD.disk AND camera = OLD.camera AND day = OLD.wall_start_us / 86400000000 AND files = 0;
END;
CREATE TRIGGER IF NOT EXISTS usage_changed_to AFTER UPDATE OF disk, wall_start_us, bytes, duration, state ON segments
    WHEN NEW.state <> 'open' BEGIN
    INSERT INTO usage VALUES (NEW.disk, NEW.camera, NEW.wall_start_us / 86400000000, 1, NEW.bytes, NEW.duration)
        ON CONFLICT DO UPDATE SET files = files + 1, bytes = bytes + excluded.bytes, duration = duration + excluded.duration;
END;
