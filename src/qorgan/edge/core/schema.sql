-- core.db: what a school's core must not forget. WAL, synchronous=FULL; one thread of one process writes (store.py).
-- Instants are microseconds since 1970-01-01 UTC. Ids are the 16 bytes of a UUID.

-- The node itself: one row.
CREATE TABLE node (
    one    INTEGER PRIMARY KEY CHECK (one = 1),
    site   TEXT    NOT NULL,
    seq    INTEGER NOT NULL CHECK (seq >= 0),            -- the last number given to a message, both lanes together
    shed   INTEGER NOT NULL DEFAULT 0 CHECK (shed >= 0)  -- events given up, ever, because the lane was full
) STRICT;

-- Every alarm ever raised here, by whatever way in. The same press of the same source is one alarm, however often it is
-- told; a real press is never taken for the drill or test that came before it (I3), nor a call for the police for one for
-- assistance.
CREATE TABLE alarm (
    alarm          BLOB    PRIMARY KEY CHECK (length(alarm) = 16),
    source_key     TEXT    NOT NULL,                                      -- the button's, contact's, person's, zone's
    source         TEXT    NOT NULL,                                      -- domain.alarms.Source
    press          BLOB    NOT NULL CHECK (length(press) = 16),
    kind           TEXT    NOT NULL CHECK (kind IN ('real', 'drill', 'test')),
    level          TEXT    NOT NULL,                                      -- domain.alarms.Level
    place          TEXT    NOT NULL,                                      -- JSON of LocalText; '' of version 1
    message        BLOB    NOT NULL UNIQUE CHECK (length(message) = 16),  -- id of its envelope
    durable_at_us  INTEGER NOT NULL,
    received_at_us INTEGER,                                               -- when the centre's commit was heard of
    returned_at_us INTEGER,                                               -- when the source went back to its rest
    UNIQUE (source_key, press, kind, level)
) STRICT, WITHOUT ROWID;
CREATE INDEX alarm_of_source ON alarm (source_key, alarm);

-- What the centre has let the presser know of an alarm: each state once, when it was first reached.
CREATE TABLE progress (
    alarm BLOB    NOT NULL CHECK (length(alarm) = 16),
    state TEXT    NOT NULL,
    at_us INTEGER NOT NULL,
    PRIMARY KEY (alarm, state)
) STRICT, WITHOUT ROWID;

-- Every action that the school took or ended (domain/actions.py), whoever wished it. Appended; the last one stands.
CREATE TABLE action (
    number INTEGER PRIMARY KEY CHECK (number > 0),
    id     BLOB    NOT NULL UNIQUE CHECK (length(id) = 16),  -- of the wish: told twice, carried out once
    action TEXT    NOT NULL,
    kind   TEXT    NOT NULL CHECK (kind IN ('real', 'drill', 'test')),
    by     TEXT    NOT NULL,
    at_us  INTEGER NOT NULL,
    keep_doors INTEGER NOT NULL DEFAULT 0 CHECK (keep_doors IN (0, 1))  -- a forced all-clear: it unlocks nothing
) STRICT;

-- What the centre has not acknowledged yet. A row leaves when the centre says `stored`; one that the centre refuses is
-- parked and shown. Rows of the alarm lane leave in no other way.
CREATE TABLE outbox (
    seq           INTEGER PRIMARY KEY CHECK (seq > 0),
    id            BLOB    NOT NULL UNIQUE CHECK (length(id) = 16),
    lane          TEXT    NOT NULL CHECK (lane IN ('alarm', 'event')),
    type          TEXT    NOT NULL,
    topic         TEXT    NOT NULL,      -- what it is about: of two events on one topic the newer says it all
    body          BLOB    NOT NULL,      -- MessagePack
    written_at_us INTEGER NOT NULL,
    parked_code   TEXT,                  -- why the centre refused it
    parked_at_us  INTEGER,
    CHECK ((parked_code IS NULL) = (parked_at_us IS NULL))
) STRICT;
CREATE INDEX outbox_waiting ON outbox (lane, seq) WHERE parked_code IS NULL;
CREATE INDEX outbox_parked ON outbox (lane, parked_at_us) WHERE parked_code IS NOT NULL;
CREATE INDEX outbox_topic ON outbox (type, topic, seq) WHERE lane = 'event';

-- How many rows wait and are parked, kept by the triggers so that nobody has to count a hundred thousand rows.
CREATE TABLE tally (
    lane   TEXT    NOT NULL,
    parked INTEGER NOT NULL CHECK (parked IN (0, 1)),
    rows   INTEGER NOT NULL CHECK (rows >= 0),
    PRIMARY KEY (lane, parked)
) STRICT, WITHOUT ROWID;
INSERT INTO tally VALUES ('alarm', 0, 0), ('alarm', 1, 0), ('event', 0, 0), ('event', 1, 0);

CREATE TRIGGER outbox_added AFTER INSERT ON outbox BEGIN
    UPDATE tally SET rows = rows + 1 WHERE lane = NEW.lane AND parked = (NEW.parked_code IS NOT NULL);
END;
CREATE TRIGGER outbox_gone AFTER DELETE ON outbox BEGIN
    UPDATE tally SET rows = rows - 1 WHERE lane = OLD.lane AND parked = (OLD.parked_code IS NOT NULL);
END;
CREATE TRIGGER outbox_parked_or_freed AFTER UPDATE OF parked_code ON outbox BEGIN
    UPDATE tally SET rows = rows - 1 WHERE lane = OLD.lane AND parked = (OLD.parked_code IS NOT NULL);
    UPDATE tally SET rows = rows + 1 WHERE lane = NEW.lane AND parked = (NEW.parked_code IS NOT NULL);
END;

-- The school's own watch ledger: who looked at which camera, when, why. Appended, never edited, hash-chained (ledger.py).
CREATE TABLE watch (
    number  INTEGER PRIMARY KEY CHECK (number > 0),
    id      BLOB    NOT NULL UNIQUE CHECK (length(id) = 16),  -- of the recorder's message: told twice, written once
    line    BLOB    NOT NULL,                                 -- MessagePack of ipc.GrantUse
    digest  BLOB    NOT NULL CHECK (length(digest) = 32)      -- SHA-256 of the digest before, then id, then line
) STRICT;
CREATE TRIGGER watch_is_never_edited BEFORE UPDATE ON watch BEGIN
    SELECT RAISE(ABORT, 'the watch ledger is only ever added to');
END;
CREATE TRIGGER watch_is_never_shortened BEFORE DELETE ON watch BEGIN
    SELECT RAISE(ABORT, 'the watch ledger is only ever added to');
END;

-- Written now and then to prove that the disk still takes what we give it.
CREATE TABLE proof (one INTEGER PRIMARY KEY CHECK (one = 1), written_at_us INTEGER NOT NULL) STRICT;
