"""Special paths, transport and the reserve sample."""

from alembic import op

from common import migrate, tenancy

revision = "0003"
down_revision = "0002"

_STATES = """
ALTER TABLE sample DROP CONSTRAINT sample_state_check;
ALTER TABLE sample ADD CONSTRAINT sample_state_check CHECK (state IN (
    'PLANNED', 'NOT_SAMPLED', 'REFUSED', 'STOPPED_ILLEGAL', 'SAMPLED', 'IN_TRANSIT', 'SAMPLE_REJECTED', 'RECEIVED', 'TESTING', 'TEST_IMPOSSIBLE',
    'REPORTED', 'CONFORMING', 'NON_CONFORMING', 'PROBLEM', 'ANALYSED', 'NOTIFIED', 'OBJECTED', 'REINSPECTING', 'FINAL', 'PUBLISHABLE',
    'PUBLISHED', 'CREDIT_EXPORTED', 'ARCHIVED')) NOT VALID;
ALTER TABLE sample VALIDATE CONSTRAINT sample_state_check;
"""

_TABLES = """
CREATE TABLE reserve_sample (
    id uuid PRIMARY KEY,
    region_code text COLLATE "C" NOT NULL,
    sample_id uuid NOT NULL,
    laboratory_code text,
    programme text NOT NULL CONSTRAINT reserve_sample_programme_check CHECK (programme IN ('产品', '食品')),
    place text NOT NULL CONSTRAINT reserve_sample_place_check CHECK (place IN ('检验机构', '受检单位')),
    keeper text NOT NULL,
    seal_no text NOT NULL,
    quantity numeric NOT NULL CONSTRAINT reserve_sample_quantity_check CHECK (quantity > 0),
    unit text NOT NULL,
    free boolean NOT NULL,
    expires_on date,
    state text NOT NULL CONSTRAINT reserve_sample_state_check CHECK (state IN (
        'KEPT', 'IN_TRANSIT', 'TRANSFERRED', 'RETURNED', 'DESTROYED', 'LOST')),
    holds jsonb NOT NULL,
    transfer jsonb,
    ended_on date,
    ended_reason text,
    revision int NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT reserve_sample_region_code_id_key UNIQUE (region_code, id),
    CONSTRAINT reserve_sample_region_code_sample_id_key UNIQUE (region_code, sample_id),
    CONSTRAINT reserve_sample_region_code_sample_id_fkey FOREIGN KEY (region_code, sample_id) REFERENCES sample (region_code, id)
);
CREATE INDEX reserve_sample_sample_id_idx ON reserve_sample (sample_id);
CREATE INDEX reserve_sample_laboratory_code_id_idx ON reserve_sample (laboratory_code, id) WHERE laboratory_code IS NOT NULL;

CREATE TABLE custody_event (
    id uuid PRIMARY KEY,
    region_code text COLLATE "C" NOT NULL,
    sample_id uuid NOT NULL,
    laboratory_code text,
    subject text NOT NULL CONSTRAINT custody_event_subject_check CHECK (subject IN ('sample', 'reserve')),
    act text NOT NULL,
    happened_at timestamptz NOT NULL,
    details jsonb NOT NULL,
    phone_sealed bytea,
    actor text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT custody_event_region_code_id_key UNIQUE (region_code, id),
    CONSTRAINT custody_event_region_code_sample_id_fkey FOREIGN KEY (region_code, sample_id) REFERENCES sample (region_code, id)
);
CREATE INDEX custody_event_sample_id_idx ON custody_event (sample_id, id);

CREATE TABLE dispatch (
    id uuid PRIMARY KEY,
    region_code text COLLATE "C" NOT NULL,
    sample_id uuid NOT NULL,
    laboratory_code text NOT NULL,
    way text NOT NULL CONSTRAINT dispatch_way_check CHECK (way IN ('快递', '自送', '专用运输')),
    courier text,
    tracking_no text,
    vehicle text,
    storage text,
    dispatched_on date NOT NULL,
    due_on date,
    temperatures jsonb NOT NULL,
    arrived_on date,
    created_by text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT dispatch_region_code_id_key UNIQUE (region_code, id),
    CONSTRAINT dispatch_region_code_sample_id_key UNIQUE (region_code, sample_id),
    CONSTRAINT dispatch_region_code_sample_id_fkey FOREIGN KEY (region_code, sample_id) REFERENCES sample (region_code, id)
);
CREATE INDEX dispatch_sample_id_idx ON dispatch (sample_id);
CREATE INDEX dispatch_tracking_no_idx ON dispatch (tracking_no) WHERE tracking_no IS NOT NULL;

CREATE TABLE special_notice (
    id uuid PRIMARY KEY,
    region_code text COLLATE "C" NOT NULL,
    sample_id uuid NOT NULL,
    laboratory_code text,
    kind text NOT NULL CONSTRAINT special_notice_kind_check CHECK (kind IN ('refusal', 'illegal', 'online')),
    to_region_code text COLLATE "C" NOT NULL,
    to_role text NOT NULL CONSTRAINT special_notice_to_role_check CHECK (to_role IN ('organiser', 'county', 'platform')),
    happened_at timestamptz NOT NULL,
    due_at timestamptz,
    sent_at timestamptz NOT NULL,
    late boolean NOT NULL,
    details jsonb NOT NULL,
    acknowledged_at timestamptz,
    acknowledged_by text,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT special_notice_region_code_id_key UNIQUE (region_code, id),
    CONSTRAINT special_notice_sample_id_kind_to_key UNIQUE (region_code, sample_id, kind, to_region_code, to_role),
    CONSTRAINT special_notice_region_code_sample_id_fkey FOREIGN KEY (region_code, sample_id) REFERENCES sample (region_code, id)
);
CREATE INDEX special_notice_sample_id_idx ON special_notice (sample_id);
CREATE INDEX special_notice_to_region_code_id_idx ON special_notice (to_region_code, id);

CREATE TRIGGER reserve_sample_touch BEFORE UPDATE ON reserve_sample FOR EACH ROW EXECUTE FUNCTION touch();
CREATE TRIGGER dispatch_touch BEFORE UPDATE ON dispatch FOR EACH ROW EXECUTE FUNCTION touch();
"""

_BOTH = ("region_code", "to_region_code")
_POLICIES = (
    tenancy.Policy("reserve_sample", laboratory="laboratory_code"),
    tenancy.Policy("custody_event", laboratory="laboratory_code"),
    tenancy.Policy("dispatch", laboratory="laboratory_code"),
    tenancy.Policy("special_notice", readers=_BOTH, writers=_BOTH, inserters=("region_code",), laboratory="laboratory_code"),
)


def upgrade() -> None:
    tenancy.run_script(_STATES + _TABLES)
    for policy in _POLICIES:
        tenancy.protect(policy, migrate.app_role())
    op.execute(f"REVOKE UPDATE ON custody_event FROM {migrate.app_role()}")
    op.execute(f"GRANT UPDATE (phone_sealed) ON custody_event TO {migrate.app_role()}")  # for a change of keys: common.reseal
