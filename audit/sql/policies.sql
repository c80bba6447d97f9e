-- Who reads the log: an operator the entries of their workspace and of the deployment, a customer
-- those about themselves, the sequencer all; a worker, which looks for alerts, what operators see,
-- but of its columns only those that it counts by.
SET ROLE cdp_owner;

ALTER TABLE audit_entry ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_entry FORCE ROW LEVEL SECURITY;
ALTER TABLE audit_leaf ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_leaf FORCE ROW LEVEL SECURITY;

DROP POLICY IF EXISTS sequencer ON audit_entry;
CREATE POLICY sequencer ON audit_entry TO cdp_audit USING (true) WITH CHECK (true);
DROP POLICY IF EXISTS workspace_rows ON audit_entry;
CREATE POLICY workspace_rows ON audit_entry FOR SELECT TO cdp_web, cdp_api, cdp_worker USING (
    coalesce(workspace_id, (SELECT nullif(current_setting('cdp.workspace', true), '')::uuid))
    = (SELECT nullif(current_setting('cdp.workspace', true), '')::uuid));
DROP POLICY IF EXISTS own_rows ON audit_entry;
CREATE POLICY own_rows ON audit_entry FOR SELECT TO cdp_portal, cdp_rights USING (
    ref = (SELECT decode(nullif(current_setting('cdp.subject_ref', true), ''), 'hex')));

DROP POLICY IF EXISTS sequencer ON audit_leaf;
CREATE POLICY sequencer ON audit_leaf TO cdp_audit USING (true) WITH CHECK (true);
DROP POLICY IF EXISTS visible_entries ON audit_leaf;
CREATE POLICY visible_entries ON audit_leaf FOR SELECT TO cdp_web, cdp_api, cdp_portal, cdp_rights
    USING (EXISTS (SELECT 1 FROM audit_entry e WHERE e.idx = audit_leaf.idx));
-- `audit_forget` alone runs as this role
DROP POLICY IF EXISTS forget ON audit_entry;
CREATE POLICY forget ON audit_entry FOR SELECT TO cdp_fold USING (true);
DROP POLICY IF EXISTS forget ON audit_leaf;
CREATE POLICY forget ON audit_leaf TO cdp_fold USING (true) WITH CHECK (false);
RESET ROLE;
