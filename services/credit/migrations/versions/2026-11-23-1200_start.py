"""Publicity records with their versions and export batches; the facts about batches and legs that decide about them."""

from common import migrate, tenancy

revision = "0001"
down_revision = None

TABLES = """
-- The version of a batch's report that counts, so that an older fact heard late changes nothing.
CREATE TABLE counted_report (
    region_code text COLLATE "C" NOT NULL, sample_id uuid NOT NULL, version int NOT NULL CHECK (version >= 1),
    report_id uuid NOT NULL, verdict text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (region_code, sample_id)
);

-- From which day on a report's result is final; the notice may be heard before the report.
CREATE TABLE batch_final (
    region_code text COLLATE "C" NOT NULL, sample_id uuid NOT NULL, report_id uuid NOT NULL, final_after date NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (region_code, sample_id, report_id)
);

-- How a leg ended, told by the bureau that handles it. The batch's owner reads it and marks when its record has followed; it is the only
-- table with two writers, because it is the letter from the one to the other.
CREATE TABLE leg_outcome (
    region_code text COLLATE "C" NOT NULL, origin_region_code text COLLATE "C", leg_id uuid NOT NULL,
    sample_id uuid, party_role text, report_id uuid, state text NOT NULL CHECK (state IN ('OPEN', 'CLOSED', 'HALTED')),
    rectified boolean NOT NULL DEFAULT false, ended_on date, followed_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now(),
    CHECK ((state = 'OPEN') = (ended_on IS NULL)), CHECK ((origin_region_code IS NULL) = (sample_id IS NULL)),
    PRIMARY KEY (region_code, leg_id), UNIQUE (leg_id)
);
CREATE INDEX leg_outcome_origin_region_code_idx ON leg_outcome (origin_region_code, sample_id);
CREATE INDEX leg_outcome_news_idx ON leg_outcome (origin_region_code, leg_id) WHERE followed_at IS NULL AND origin_region_code IS NOT NULL;

CREATE TABLE publicity_record (
    id uuid PRIMARY KEY, region_code text COLLATE "C" NOT NULL, source_region_code text COLLATE "C" NOT NULL,
    sample_id uuid NOT NULL, sample_no text NOT NULL, report_id uuid NOT NULL, report_no text NOT NULL, report_version int NOT NULL,
    plan_id text NOT NULL, task_id text NOT NULL, programme text NOT NULL CHECK (programme IN ('产品', '食品')), period text NOT NULL,
    party_role text NOT NULL CHECK (party_role IN ('seller', 'producer', 'consignor', 'platform')),
    party_name text NOT NULL, party_uscc text NOT NULL, party_division_code text NOT NULL, answers boolean NOT NULL,
    product_name text NOT NULL, spec text NOT NULL, brand text NOT NULL, lot text NOT NULL, stage text NOT NULL,
    verdict text NOT NULL CHECK (verdict IN ('合格', '不合格', '问题')), failed_items jsonb NOT NULL,
    issued_on date NOT NULL, reported_on date NOT NULL, checked_on date NOT NULL, code_version text NOT NULL, result_code text NOT NULL,
    state text NOT NULL CONSTRAINT publicity_record_state_check CHECK (state IN (
        'PENDING', 'DUE', 'PROPOSED', 'APPROVED', 'SENT', 'ACKNOWLEDGED', 'REJECTED', 'WITHDRAWN')),
    action text NOT NULL CHECK (action IN ('publish', 'update', 'withdraw')), content_key text NOT NULL, reason text NOT NULL DEFAULT '',
    eligible_on date, clock_id text, trigger_on date, due_on date, target_on date, provisional boolean NOT NULL DEFAULT false,
    proposal_id uuid, proposed_by text, proposed_on date, approved_by text, approved_on date,
    withheld text NOT NULL DEFAULT '', withheld_on date, needs_review boolean NOT NULL DEFAULT false, version int NOT NULL DEFAULT 0,
    shown_version int, shown_report_id uuid, shown_verdict text, shown_code text, published_on date,
    traceparent text NOT NULL, revision int NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now(),
    CHECK (approved_by IS NULL OR approved_by <> proposed_by), CHECK ((state = 'DUE') <= (eligible_on IS NOT NULL)),
    CHECK ((state = 'PROPOSED') <= (proposed_by IS NOT NULL)), CHECK ((state = 'APPROVED') <= (approved_by IS NOT NULL)),
    UNIQUE (region_code, id), UNIQUE (region_code, sample_id, party_role),
    FOREIGN KEY (region_code, sample_id) REFERENCES counted_report (region_code, sample_id)
);
CREATE INDEX publicity_record_region_code_state_idx ON publicity_record (region_code, state, id);
CREATE INDEX publicity_record_due_idx ON publicity_record (region_code, due_on, id)
    WHERE state IN ('DUE', 'PROPOSED', 'APPROVED', 'REJECTED');
CREATE INDEX publicity_record_proposal_id_idx ON publicity_record (proposal_id) WHERE proposal_id IS NOT NULL;
CREATE INDEX publicity_record_sample_id_idx ON publicity_record (sample_id);

CREATE TABLE export_batch (
    id uuid PRIMARY KEY, region_code text COLLATE "C" NOT NULL, exported_on date NOT NULL, exported_by text NOT NULL, total int NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (region_code, id)
);
CREATE INDEX export_batch_region_code_id_idx ON export_batch (region_code, id);

CREATE TABLE publicity_version (
    id uuid PRIMARY KEY, region_code text COLLATE "C" NOT NULL, record_id uuid NOT NULL, version int NOT NULL, export_id uuid,
    action text NOT NULL CHECK (action IN ('publish', 'update', 'withdraw')), body jsonb NOT NULL, idempotency_key uuid NOT NULL UNIQUE,
    report_id uuid NOT NULL, verdict text NOT NULL, result_code text NOT NULL, acted_on date NOT NULL, due_on date NOT NULL,
    reason text NOT NULL DEFAULT '', basis text NOT NULL DEFAULT '',
    state text NOT NULL CHECK (state IN ('QUEUED', 'ACKNOWLEDGED', 'REJECTED', 'CANCELLED')),
    attempts int NOT NULL DEFAULT 0, next_attempt_at timestamptz NOT NULL DEFAULT now(), lease_until timestamptz,
    receipt_no text, acknowledged_at timestamptz, last_error text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now(),
    CHECK ((state = 'ACKNOWLEDGED') = (receipt_no IS NOT NULL)), CHECK ((state = 'ACKNOWLEDGED') = (acknowledged_at IS NOT NULL)),
    UNIQUE (region_code, record_id, version),
    FOREIGN KEY (region_code, record_id) REFERENCES publicity_record (region_code, id),
    FOREIGN KEY (region_code, export_id) REFERENCES export_batch (region_code, id)
);
-- At most one version of a record is on its way.
CREATE UNIQUE INDEX publicity_version_queued_idx ON publicity_version (region_code, record_id) WHERE state = 'QUEUED';
CREATE INDEX publicity_version_work_idx ON publicity_version (region_code, next_attempt_at) WHERE state = 'QUEUED';
CREATE INDEX publicity_version_export_id_idx ON publicity_version (region_code, export_id, id);
"""

TOUCH = """
CREATE TRIGGER counted_report_touch BEFORE UPDATE ON counted_report FOR EACH ROW EXECUTE FUNCTION touch();
CREATE TRIGGER leg_outcome_touch BEFORE UPDATE ON leg_outcome FOR EACH ROW EXECUTE FUNCTION touch();
CREATE TRIGGER publicity_record_touch BEFORE UPDATE ON publicity_record FOR EACH ROW EXECUTE FUNCTION touch();
CREATE TRIGGER publicity_version_touch BEFORE UPDATE ON publicity_version FOR EACH ROW EXECUTE FUNCTION touch();
"""

POLICIES = (
    tenancy.Policy("counted_report"),
    tenancy.Policy("batch_final"),
    tenancy.Policy(
        "leg_outcome",
        readers=("region_code", "origin_region_code"),
        writers=("region_code", "origin_region_code"),
        inserters=("region_code",),
    ),
    tenancy.Policy("publicity_record"),
    tenancy.Policy("export_batch"),
    tenancy.Policy("publicity_version"),
)


def upgrade() -> None:
    app = migrate.app_role()
    tenancy.install(app, migrate.scope_key())
    for script in (TABLES, TOUCH):
        tenancy.run_script(script)
    for policy in POLICIES:
        tenancy.protect(policy, app)
