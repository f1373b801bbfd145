-- How many runs in a row before the last one never ended.
ALTER TABLE jobs ADD COLUMN unended INTEGER NOT NULL DEFAULT 0;

-- How jobs stand, as far as anybody was told: 1 every host is as it should be, 2 something differs or failed.
CREATE TABLE standings (
    job TEXT PRIMARY KEY,
    standing INTEGER NOT NULL
) WITHOUT ROWID;
