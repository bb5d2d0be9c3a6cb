"""Objections that parties raised about a batch: legs are flagged while one is open, and end when it takes their ground away."""

from common import migrate, tenancy

revision = "0002"
down_revision = "0001"

TABLES = """
ALTER TABLE leg ADD COLUMN disputed boolean NOT NULL DEFAULT false;

-- Kept by the batch's owner; a case may be heard of before its batch's report, for the facts come on two topics.
CREATE TABLE batch_dispute (
    region_code text COLLATE "C" NOT NULL, case_id uuid NOT NULL, sample_id uuid NOT NULL, report_id uuid, party_role text NOT NULL,
    state text NOT NULL CHECK (state IN ('OPEN', 'ENDED')), outcome text NOT NULL DEFAULT '', decided_on date,
    created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now(),
    CHECK ((state = 'ENDED') = (decided_on IS NOT NULL)),
    PRIMARY KEY (region_code, case_id)
);
CREATE INDEX batch_dispute_sample_id_idx ON batch_dispute (region_code, sample_id);

-- Since when a report's result is final (结论确定), as its owner heard; it too may come before the report.
CREATE TABLE final_result (
    region_code text COLLATE "C" NOT NULL, sample_id uuid NOT NULL, report_id uuid NOT NULL, final_on date NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (region_code, sample_id, report_id)
);
CREATE TRIGGER batch_dispute_touch BEFORE UPDATE ON batch_dispute FOR EACH ROW EXECUTE FUNCTION touch();
"""

# The batch's owner may flag its legs in other bureaus, and say since when their result is final, as it may halt them; nothing else.
FLAG = """
CREATE FUNCTION leg_dispute(sample uuid, flag boolean) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    UPDATE leg SET disputed = flag, revision = revision + 1
    WHERE sample_id = sample AND origin_region_code = (SELECT tenancy.own()) AND disputed <> flag
$$;

CREATE FUNCTION leg_final(sample uuid, report uuid, day date) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    UPDATE leg SET final_on = day, revision = revision + 1
    WHERE sample_id = sample AND report_id = report AND origin_region_code = (SELECT tenancy.own()) AND final_on IS NULL
$$;
REVOKE ALL ON FUNCTION leg_dispute(uuid, boolean), leg_final(uuid, uuid, date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION leg_dispute(uuid, boolean), leg_final(uuid, uuid, date) TO {app};
"""


def upgrade() -> None:
    app = migrate.app_role()
    tenancy.run_script(TABLES)
    for table in ("batch_dispute", "final_result"):
        tenancy.protect(tenancy.Policy(table), app)
    tenancy.run_script(FLAG.format(app=app))
