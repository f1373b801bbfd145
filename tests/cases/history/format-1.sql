-- A history of the first format, as the sqlite3 program writes it out: of three hosts no run has looked at one.
PRAGMA auto_vacuum = INCREMENTAL;
PRAGMA journal_mode = WAL;
PRAGMA application_id = 1919184998;
PRAGMA user_version = 1;
PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE sources (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
);
INSERT INTO sources VALUES(1,'playbook rdp.yml');
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
INSERT INTO runs VALUES(1,'01K00000000000000000000001',1,NULL,'rdp.yml',0,3,1790000000000,1790000000000,1790000000000,'{"ok":1,"changed":0,"drifted":1,"unreachable":0,"failed":0,"interrupted":1,"not_started":0,"stopped":null,"proven":0,"duration_ms":1234}',3,0,0,0);
CREATE TABLE controls (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    title TEXT,
    severity TEXT NOT NULL,
    refs TEXT NOT NULL
);
INSERT INTO controls VALUES(1,'RDP-NLA','users sign in first','high','["STIG V-254369"]');
CREATE TABLE details (
    id INTEGER PRIMARY KEY,
    hash BLOB NOT NULL UNIQUE,
    body TEXT NOT NULL
);
INSERT INTO details VALUES(1,X'000102030405060708090a0b0c0d0e0f','{"parts":[{"what":"rdp_listener:RDP-Tcp","before":{"nla":false},"after":{"nla":true},"decided_by":"local"}]}');
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
INSERT INTO hosts VALUES(1,'drifts',4,1,1790000000000,1790000000000,1790000000000,NULL,1);
INSERT INTO hosts VALUES(2,'well',1,1,1790000000000,1790000000000,1790000000000,NULL,1);
INSERT INTO hosts VALUES(3,'unseen',1,1,1790000000000,NULL,1790000000000,NULL,1);
CREATE TABLE cells (
    host INTEGER PRIMARY KEY REFERENCES hosts,
    cells BLOB NOT NULL
);
INSERT INTO cells VALUES(1,X'01000004');
INSERT INTO cells VALUES(2,X'01000001');
CREATE TABLE sightings (
    host INTEGER NOT NULL REFERENCES hosts,
    source INTEGER NOT NULL REFERENCES sources,
    seen INTEGER NOT NULL,
    PRIMARY KEY (host, source)
) WITHOUT ROWID;
INSERT INTO sightings VALUES(1,1,1790000000000);
INSERT INTO sightings VALUES(2,1,1790000000000);
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
INSERT INTO "current" VALUES(1,1,1790000000000,4,1790000000000,2,1790000000000,1,1,NULL);
INSERT INTO "current" VALUES(2,1,1790000000000,1,1790000000000,1,1790000000000,NULL,1,NULL);
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
CREATE TABLE reach (
    host INTEGER NOT NULL REFERENCES hosts,
    since INTEGER NOT NULL,
    until INTEGER CHECK (until > since),
    seen INTEGER,
    reach INTEGER NOT NULL,
    detail INTEGER,
    PRIMARY KEY (host, since)
) WITHOUT ROWID;
INSERT INTO reach VALUES(1,1790000000000,NULL,NULL,1,NULL);
INSERT INTO reach VALUES(2,1790000000000,NULL,NULL,1,NULL);
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
CREATE TABLE days (
    day INTEGER NOT NULL,
    control INTEGER NOT NULL REFERENCES controls,
    found INTEGER NOT NULL DEFAULT 0,
    began INTEGER NOT NULL DEFAULT 0,
    ended INTEGER NOT NULL DEFAULT 0,
    corrected INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (day, control)
) WITHOUT ROWID;
INSERT INTO days VALUES(20717,1,1,0,0,0);
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
CREATE INDEX runs_of_job ON runs (job, id);
CREATE INDEX hosts_by_state ON hosts (state, name);
CREATE INDEX current_by_control ON current (control, state);
CREATE INDEX current_by_since ON current (since);
CREATE INDEX past_by_since ON past (since);
CREATE INDEX certificates_by_end ON certificates (not_after) WHERE until IS NULL;
CREATE INDEX changes_of_host ON changes (host, id);
CREATE INDEX changes_of_run ON changes (run);
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
COMMIT;
