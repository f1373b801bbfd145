-- A host that no run has looked at counted as compliant (1); nothing is known of it (3).
UPDATE hosts SET state = 3 WHERE state = 1 AND NOT EXISTS (SELECT 1 FROM current WHERE current.host = hosts.id);
