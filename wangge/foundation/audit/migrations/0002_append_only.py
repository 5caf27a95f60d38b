"""The database keeps the promise: audit rows are appended, never changed.

A trigger refuses it to everybody (an owner must first remove the trigger, which `verify_audit` outlives: the chain
shows the change); the application role, where there is one apart from the owner, has not even the right.
"""

from django.db import migrations

TABLES = ("audit_auditentry", "audit_auditseal", "audit_sealbatch")

FUNCTION = """
CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'audit rows are never changed or deleted' USING ERRCODE = 'insufficient_privilege';
END $$;
"""

TRIGGERS = "\n".join(
    f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
    "FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only();"
    for table in TABLES
)

REVOKE = f"""
DO $$ BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'wangge_app') AND current_user <> 'wangge_app' THEN
        EXECUTE 'REVOKE UPDATE, DELETE, TRUNCATE ON {", ".join(TABLES)} FROM wangge_app';
    END IF;
END $$;
"""

BACK = "\n".join(f"DROP TRIGGER {table}_append_only ON {table};" for table in TABLES) + (
    "\nDROP FUNCTION audit_is_append_only();"
)


class Migration(migrations.Migration):
    """After the tables."""

    dependencies = [("audit", "0001_initial")]

    operations = [migrations.RunSQL(FUNCTION + TRIGGERS, BACK), migrations.RunSQL(REVOKE, migrations.RunSQL.noop)]
