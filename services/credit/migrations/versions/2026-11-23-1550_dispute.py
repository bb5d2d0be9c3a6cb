"""Objections that parties raised about a batch: nothing is published while one is open."""

from common import migrate, tenancy

revision = "0002"
down_revision = "0001"

TABLES = """
CREATE TABLE publicity_dispute (
    region_code text COLLATE "C" NOT NULL, case_id uuid NOT NULL, sample_id uuid NOT NULL, report_id uuid, party_role text NOT NULL,
    state text NOT NULL CHECK (state IN ('OPEN', 'ENDED')), outcome text NOT NULL DEFAULT '', decided_on date,
    created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now(),
    CHECK ((state = 'ENDED') = (decided_on IS NOT NULL)),
    PRIMARY KEY (region_code, case_id)
);
CREATE INDEX publicity_dispute_sample_id_idx ON publicity_dispute (region_code, sample_id);
CREATE TRIGGER publicity_dispute_touch BEFORE UPDATE ON publicity_dispute FOR EACH ROW EXECUTE FUNCTION touch();
"""


def upgrade() -> None:
    tenancy.run_script(TABLES)
    tenancy.protect(tenancy.Policy("publicity_dispute"), migrate.app_role())
