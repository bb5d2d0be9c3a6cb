"""The probe's one table."""

from alembic import op

from common import migrate, tenancy

revision = "0001"
down_revision = None


def upgrade() -> None:
    tenancy.install(migrate.app_role(), migrate.scope_key())
    tenancy.run_script("""
        CREATE TABLE note (
            id uuid PRIMARY KEY, region_code text COLLATE "C" NOT NULL, laboratory_code text, title text NOT NULL,
            status text NOT NULL DEFAULT 'DRAFT', revision int NOT NULL DEFAULT 1, UNIQUE (region_code, id));
        CREATE INDEX note_region_code_id_idx ON note (region_code, id);
    """)
    policy = tenancy.Policy("note", laboratory="laboratory_code", grant=("note", "id"), public_when="status = 'PUBLISHED'", deletable=True)
    tenancy.protect(policy, migrate.app_role())
    op.execute("CREATE INDEX note_laboratory_code_idx ON note (laboratory_code)")
    op.execute("CREATE INDEX note_published_idx ON note (id) WHERE status = 'PUBLISHED'")
