-- core.db from version 2 to 3: an all-clear that was forced unlocks nothing, also after a restart.
ALTER TABLE action ADD COLUMN keep_doors INTEGER NOT NULL DEFAULT 0 CHECK (keep_doors IN (0, 1));
