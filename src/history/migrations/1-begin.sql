-- Moments are milliseconds since 1970. Numbers of states stand in src/history/state.rs.

-- What runs are of: a job, else a playbook. Its last sighting of a host tells when the host's controls were last seen.
CREATE TABLE sources (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
);

CREATE TABLE runs (
    id INTEGER PRIMARY KEY,
    ulid TEXT NOT NULL UNIQUE,
    source INTEGER NOT NULL REFERENCES sources,
    job TEXT,
    playbook TEXT NOT NULL,
    applies INTEGER NOT NULL,
    hosts INTEGER NOT NULL,
    started INTEGER NOT NULL,
    -- The last sign of life; without an end, the run was killed some time after.
    heard INTEGER NOT NULL,
    ended INTEGER,
    recap TEXT,
    exit_code INTEGER,
    began INTEGER NOT NULL DEFAULT 0,
    mended INTEGER NOT NULL DEFAULT 0,
    corrected INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX runs_of_job ON runs (job, id);

CREATE TABLE controls (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    title TEXT,
    severity TEXT NOT NULL,
    refs TEXT NOT NULL
);

-- What is said about a state, as JSON, each text once.
CREATE TABLE details (
    id INTEGER PRIMARY KEY,
    hash BLOB NOT NULL UNIQUE,
    body TEXT NOT NULL
);

CREATE TABLE hosts (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    state INTEGER NOT NULL,
    reach INTEGER NOT NULL,
    first_seen INTEGER NOT NULL,
    -- The last run that had something to say about its controls.
    seen INTEGER,
    -- The last run that tried.
    tried INTEGER NOT NULL,
    -- The last time that a certificate was shown.
    shown INTEGER,
    run INTEGER
);
CREATE INDEX hosts_by_state ON hosts (state, name);

-- The current states of a host's controls once more, for looks at the whole fleet: four bytes each, the control's
-- number (three, little end first) and the state.
CREATE TABLE cells (
    host INTEGER PRIMARY KEY REFERENCES hosts,
    cells BLOB NOT NULL
);

CREATE TABLE sightings (
    host INTEGER NOT NULL REFERENCES hosts,
    source INTEGER NOT NULL REFERENCES sources,
    seen INTEGER NOT NULL,
    PRIMARY KEY (host, source)
) WITHOUT ROWID;

-- The interval that is open for a host and a control.
CREATE TABLE current (
    host INTEGER NOT NULL REFERENCES hosts,
    control INTEGER NOT NULL REFERENCES controls,
    since INTEGER NOT NULL,
    state INTEGER NOT NULL,
    -- Since when the state is the same; the detail may have changed later.
    state_since INTEGER NOT NULL,
    -- What is known of drift, and since when; failures do not touch it.
    verdict INTEGER NOT NULL,
    verdict_since INTEGER NOT NULL,
    detail INTEGER,
    -- Whose sighting says when it was last seen.
    source INTEGER NOT NULL REFERENCES sources,
    -- When it was last seen, once its source has looked at the host without seeing it.
    seen INTEGER,
    PRIMARY KEY (host, control)
) WITHOUT ROWID;
CREATE INDEX current_by_control ON current (control, state);
CREATE INDEX current_by_since ON current (since);

-- The intervals that another one replaced.
CREATE TABLE past (
    host INTEGER NOT NULL REFERENCES hosts,
    control INTEGER NOT NULL REFERENCES controls,
    since INTEGER NOT NULL,
    until INTEGER NOT NULL CHECK (until > since),
    seen INTEGER NOT NULL,
    state INTEGER NOT NULL,
    detail INTEGER,
    PRIMARY KEY (host, control, since)
) WITHOUT ROWID;
CREATE INDEX past_by_since ON past (since);

-- How hosts were reached; the last one of a host is open.
CREATE TABLE reach (
    host INTEGER NOT NULL REFERENCES hosts,
    since INTEGER NOT NULL,
    until INTEGER CHECK (until > since),
    seen INTEGER,
    reach INTEGER NOT NULL,
    detail INTEGER,
    PRIMARY KEY (host, since)
) WITHOUT ROWID;

-- The certificates that hosts have shown; the last one of a host is open.
CREATE TABLE certificates (
    host INTEGER NOT NULL REFERENCES hosts,
    since INTEGER NOT NULL,
    until INTEGER CHECK (until > since),
    seen INTEGER,
    subject TEXT NOT NULL,
    thumbprint TEXT NOT NULL,
    not_before INTEGER NOT NULL,
    not_after INTEGER NOT NULL,
    PRIMARY KEY (host, since)
) WITHOUT ROWID;
CREATE INDEX certificates_by_end ON certificates (not_after) WHERE until IS NULL;

-- What was changed on hosts, with what was there before.
CREATE TABLE changes (
    id INTEGER PRIMARY KEY,
    host INTEGER NOT NULL REFERENCES hosts,
    run INTEGER NOT NULL REFERENCES runs,
    control INTEGER NOT NULL REFERENCES controls,
    at INTEGER NOT NULL,
    resource TEXT NOT NULL,
    task TEXT NOT NULL,
    property TEXT NOT NULL,
    before TEXT NOT NULL,
    after TEXT NOT NULL
);
CREATE INDEX changes_of_host ON changes (host, id);
CREATE INDEX changes_of_run ON changes (run);

-- Drift by day (days since 1970) and control: found at the first look, begun, ended, corrected.
CREATE TABLE days (
    day INTEGER NOT NULL,
    control INTEGER NOT NULL REFERENCES controls,
    found INTEGER NOT NULL DEFAULT 0,
    began INTEGER NOT NULL DEFAULT 0,
    ended INTEGER NOT NULL DEFAULT 0,
    corrected INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (day, control)
) WITHOUT ROWID;

CREATE TABLE waivers (
    id INTEGER PRIMARY KEY,
    hosts TEXT NOT NULL,
    control TEXT NOT NULL,
    owner TEXT NOT NULL,
    reason TEXT NOT NULL,
    expires TEXT NOT NULL,
    first_seen INTEGER NOT NULL,
    last_seen INTEGER NOT NULL,
    UNIQUE (hosts, control, owner, reason, expires)
);

-- Who works on a host, and until when nobody else may.
CREATE TABLE leases (
    host TEXT PRIMARY KEY,
    owner TEXT NOT NULL,
    until INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE jobs (
    job TEXT PRIMARY KEY,
    run TEXT NOT NULL,
    started INTEGER NOT NULL,
    ended INTEGER
) WITHOUT ROWID;

-- For people and other programs: every interval in words of its own.
CREATE VIEW intervals AS
SELECT hosts.name AS host, controls.name AS control,
    CASE spans.state WHEN 1 THEN 'compliant' WHEN 2 THEN 'waived' WHEN 3 THEN 'unknown' WHEN 4 THEN 'drift'
        WHEN 5 THEN 'overridden' ELSE 'failed' END AS state,
    spans.since, spans.until, spans.seen, details.body AS detail
FROM (
    SELECT host, control, state, since, until, seen, detail FROM past
    UNION ALL
    SELECT current.host, control, state, since, NULL, coalesce(current.seen, sightings.seen), detail
    FROM current JOIN sightings ON sightings.host = current.host AND sightings.source = current.source
) AS spans
JOIN hosts ON hosts.id = spans.host
JOIN controls ON controls.id = spans.control
LEFT JOIN details ON details.id = spans.detail;
