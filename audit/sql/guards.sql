-- The log only grows, for its owner too. A superuser can switch triggers off; then the signed
-- checkpoints are the evidence.
SET ROLE cdp_owner;

DROP TRIGGER IF EXISTS audit_guard ON audit_entry;
CREATE TRIGGER audit_guard BEFORE UPDATE OR DELETE ON audit_entry
    FOR EACH ROW EXECUTE FUNCTION audit_refuse();
DROP TRIGGER IF EXISTS audit_guard ON audit_leaf;
CREATE TRIGGER audit_guard BEFORE UPDATE OR DELETE ON audit_leaf  -- but for `audit_forget`
    FOR EACH ROW WHEN (current_user <> 'cdp_fold') EXECUTE FUNCTION audit_refuse();
DROP TRIGGER IF EXISTS audit_guard ON audit_checkpoint;
CREATE TRIGGER audit_guard BEFORE UPDATE OR DELETE ON audit_checkpoint
    FOR EACH ROW EXECUTE FUNCTION audit_refuse();
DROP TRIGGER IF EXISTS audit_guard ON audit_tile;
CREATE TRIGGER audit_guard BEFORE DELETE ON audit_tile  -- a tile at the edge grows
    FOR EACH ROW EXECUTE FUNCTION audit_refuse();
DROP TRIGGER IF EXISTS audit_guard ON audit_inbox;
CREATE TRIGGER audit_guard BEFORE UPDATE ON audit_inbox  -- the sequencer takes rows out
    FOR EACH ROW EXECUTE FUNCTION audit_refuse();

DROP TRIGGER IF EXISTS audit_truncate ON audit_inbox;
CREATE TRIGGER audit_truncate BEFORE TRUNCATE ON audit_inbox EXECUTE FUNCTION audit_refuse();
DROP TRIGGER IF EXISTS audit_truncate ON audit_entry;
CREATE TRIGGER audit_truncate BEFORE TRUNCATE ON audit_entry EXECUTE FUNCTION audit_refuse();
DROP TRIGGER IF EXISTS audit_truncate ON audit_leaf;
CREATE TRIGGER audit_truncate BEFORE TRUNCATE ON audit_leaf EXECUTE FUNCTION audit_refuse();
DROP TRIGGER IF EXISTS audit_truncate ON audit_tile;
CREATE TRIGGER audit_truncate BEFORE TRUNCATE ON audit_tile EXECUTE FUNCTION audit_refuse();
DROP TRIGGER IF EXISTS audit_truncate ON audit_checkpoint;
CREATE TRIGGER audit_truncate BEFORE TRUNCATE ON audit_checkpoint EXECUTE FUNCTION audit_refuse();

-- they fire even under session_replication_role = replica
ALTER TABLE audit_inbox ENABLE ALWAYS TRIGGER audit_guard, ENABLE ALWAYS TRIGGER audit_truncate;
ALTER TABLE audit_entry ENABLE ALWAYS TRIGGER audit_guard, ENABLE ALWAYS TRIGGER audit_truncate;
ALTER TABLE audit_leaf ENABLE ALWAYS TRIGGER audit_guard, ENABLE ALWAYS TRIGGER audit_truncate;
ALTER TABLE audit_tile ENABLE ALWAYS TRIGGER audit_guard, ENABLE ALWAYS TRIGGER audit_truncate;
ALTER TABLE audit_checkpoint
    ENABLE ALWAYS TRIGGER audit_guard, ENABLE ALWAYS TRIGGER audit_truncate;

-- every row of the inbox is inserted once and deleted once
ALTER TABLE audit_inbox SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
RESET ROLE;
