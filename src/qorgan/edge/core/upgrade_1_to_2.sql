-- core.db from version 1 to 2: alarms of every way in, what became of them, and the actions that the school took.
-- Alarms of version 1 were all pressed by buttons and all P1; their place is known from the configuration alone.
CREATE TABLE alarm_2 (
    alarm          BLOB    PRIMARY KEY CHECK (length(alarm) = 16),
    source_key     TEXT    NOT NULL,
    source         TEXT    NOT NULL,
    press          BLOB    NOT NULL CHECK (length(press) = 16),
    kind           TEXT    NOT NULL CHECK (kind IN ('real', 'drill', 'test')),
    level          TEXT    NOT NULL,
    place          TEXT    NOT NULL,
    message        BLOB    NOT NULL UNIQUE CHECK (length(message) = 16),
    durable_at_us  INTEGER NOT NULL,
    received_at_us INTEGER,
    returned_at_us INTEGER,
    UNIQUE (source_key, press, kind, level)
) STRICT, WITHOUT ROWID;
INSERT INTO alarm_2 (alarm, source_key, source, press, kind, level, place, message, durable_at_us, received_at_us)
    SELECT alarm, button, 'button', press, kind, 'P1', '', message, durable_at_us, received_at_us FROM alarm;
DROP TABLE alarm;
ALTER TABLE alarm_2 RENAME TO alarm;
CREATE INDEX alarm_of_source ON alarm (source_key, alarm);
CREATE TABLE progress (
    alarm BLOB    NOT NULL CHECK (length(alarm) = 16),
    state TEXT    NOT NULL,
    at_us INTEGER NOT NULL,
    PRIMARY KEY (alarm, state)
) STRICT, WITHOUT ROWID;
CREATE TABLE action (
    number INTEGER PRIMARY KEY CHECK (number > 0),
    id     BLOB    NOT NULL UNIQUE CHECK (length(id) = 16),
    action TEXT    NOT NULL,
    kind   TEXT    NOT NULL CHECK (kind IN ('real', 'drill', 'test')),
    by     TEXT    NOT NULL,
    at_us  INTEGER NOT NULL
) STRICT;
