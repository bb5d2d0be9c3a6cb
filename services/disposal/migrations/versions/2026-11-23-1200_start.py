"""Legs with their clocks, measures, five parts, extensions and oversight; and which report version of a batch counts."""

from common import migrate, tenancy

revision = "0001"
down_revision = None

TABLES = """
-- The version of a batch's report that counts, kept by the batch's owner, so that an older fact heard late changes nothing.
CREATE TABLE batch_report (
    region_code text COLLATE "C" NOT NULL, sample_id uuid NOT NULL, version int NOT NULL CHECK (version >= 1),
    report_id uuid NOT NULL, verdict text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (region_code, sample_id)
);

CREATE TABLE leg (
    id uuid PRIMARY KEY, region_code text COLLATE "C" NOT NULL, origin_region_code text COLLATE "C" NOT NULL,
    ground text NOT NULL DEFAULT 'result' CHECK (ground IN ('result', 'refusal', 'illegal')), article text NOT NULL DEFAULT '',
    lead jsonb NOT NULL DEFAULT '{}',
    sample_id uuid NOT NULL, sample_no text NOT NULL, report_id uuid, report_no text NOT NULL, report_version int NOT NULL,
    programme text NOT NULL CHECK (programme IN ('产品', '食品')), product_code text NOT NULL, product_name text NOT NULL,
    spec text NOT NULL, brand text NOT NULL, lot text NOT NULL, stage text NOT NULL, period text NOT NULL,
    issued_on date NOT NULL, reported_on date NOT NULL, failed_items jsonb NOT NULL, serious boolean NOT NULL,
    party_role text NOT NULL CHECK (party_role IN ('seller', 'producer', 'consignor')), party_name text NOT NULL,
    party_uscc text NOT NULL, party_address text NOT NULL, division_code text COLLATE "C" NOT NULL, outbound boolean NOT NULL,
    state text NOT NULL CONSTRAINT leg_state_check CHECK (state IN (
        'OPENED', 'RECEIVED', 'FILED', 'CONTROLLED', 'CAUSE_FOUND', 'RECTIFYING', 'RECHECK', 'PENALTY_DECIDED', 'NO_PENALTY', 'PUBLISHED',
        'CLOSED', 'HALTED')),
    filed_on date CHECK (filed_on >= reported_on), case_no text NOT NULL DEFAULT '', dismissal text NOT NULL DEFAULT '', final_on date,
    received_on date CHECK (received_on >= reported_on), closed_on date CHECK (closed_on >= reported_on),
    halted_on date, halt_reason text NOT NULL DEFAULT '', acknowledged_by text NOT NULL DEFAULT '',
    start_due_on date, legal_on date NOT NULL, target_on date NOT NULL, due_on date NOT NULL, next_due_on date NOT NULL,
    closure jsonb, revision int NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now(),
    CHECK ((state = 'CLOSED') <= (closed_on IS NOT NULL)), CHECK ((state = 'HALTED') = (halted_on IS NOT NULL)),
    CHECK (NOT outbound OR region_code = origin_region_code), CHECK ((ground = 'result') = (report_id IS NOT NULL)),
    CHECK (filed_on IS NULL OR ground <> 'result'),
    UNIQUE (region_code, id)
);
CREATE UNIQUE INDEX leg_sample_id_party_role_idx ON leg (sample_id, party_role) WHERE state <> 'HALTED';
CREATE INDEX leg_queue_idx ON leg (region_code, next_due_on, id) WHERE state NOT IN ('CLOSED', 'HALTED');
CREATE INDEX leg_region_code_due_idx ON leg (region_code, next_due_on, id);
CREATE INDEX leg_origin_region_code_idx ON leg (origin_region_code, next_due_on, id);

CREATE TABLE leg_clock (
    id uuid PRIMARY KEY, region_code text COLLATE "C" NOT NULL, origin_region_code text COLLATE "C" NOT NULL, leg_id uuid NOT NULL,
    clock_id text NOT NULL, trigger_on date NOT NULL, opens_on date, raw_on date NOT NULL, legal_on date NOT NULL, target_on date NOT NULL,
    provisional boolean NOT NULL, calendar_version text NOT NULL, proof jsonb NOT NULL, done_on date,
    created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (region_code, leg_id, clock_id),
    FOREIGN KEY (region_code, leg_id) REFERENCES leg (region_code, id)
);

CREATE TABLE measure (
    id uuid PRIMARY KEY, region_code text COLLATE "C" NOT NULL, leg_id uuid NOT NULL,
    kind text NOT NULL, taken_on date NOT NULL, served_on date,
    result text CHECK (result IN ('conforming', 'nonconforming')), quantity numeric CHECK (quantity >= 0), unit text,
    amount_fen bigint CHECK (amount_fen >= 0), case_no text NOT NULL DEFAULT '', details text NOT NULL DEFAULT '',
    evidence text[] NOT NULL, violation text NOT NULL DEFAULT '', recorded_by text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    CHECK ((quantity IS NULL) = (unit IS NULL)),
    FOREIGN KEY (region_code, leg_id) REFERENCES leg (region_code, id)
);
CREATE INDEX measure_region_code_leg_id_idx ON measure (region_code, leg_id, id);

CREATE TABLE five (
    region_code text COLLATE "C" NOT NULL, leg_id uuid NOT NULL,
    part text NOT NULL CHECK (part IN ('risk_control', 'cause', 'rectification', 'penalty', 'disclosure')),
    state text NOT NULL CHECK (state IN ('open', 'done', 'not_applicable')), settled_on date,
    evidence text[] NOT NULL, reason text NOT NULL DEFAULT '', recorded_by text NOT NULL, approved_by text, approved_on date,
    created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now(),
    CHECK ((state = 'open') = (settled_on IS NULL)), CHECK (state = 'not_applicable' OR approved_by IS NULL),
    CHECK (approved_by IS NULL OR approved_by <> recorded_by),
    PRIMARY KEY (region_code, leg_id, part),
    FOREIGN KEY (region_code, leg_id) REFERENCES leg (region_code, id)
);

CREATE TABLE extension (
    id uuid PRIMARY KEY, region_code text COLLATE "C" NOT NULL, leg_id uuid NOT NULL,
    clock_id text NOT NULL DEFAULT 'F24',
    applied_on date NOT NULL, days int NOT NULL CHECK (days BETWEEN 1 AND 365), reason text NOT NULL, applicant text NOT NULL,
    state text NOT NULL CHECK (state IN ('APPLIED', 'APPROVED')), approved_on date CHECK (approved_on >= applied_on), approver text,
    due_on date, created_at timestamptz NOT NULL DEFAULT now(),
    CHECK (approver IS NULL OR approver <> applicant), CHECK ((state = 'APPROVED') = (due_on IS NOT NULL)),
    UNIQUE (region_code, id),
    FOREIGN KEY (region_code, leg_id) REFERENCES leg (region_code, id)
);
CREATE INDEX extension_region_code_leg_id_idx ON extension (region_code, leg_id, id);
CREATE UNIQUE INDEX extension_applied_idx ON extension (region_code, leg_id) WHERE state = 'APPLIED';

-- A superior's record (督办, 退回): it belongs to the superior; the handling bureau reads it and answers, neither edits the other's.
CREATE TABLE supervision (
    id uuid PRIMARY KEY, region_code text COLLATE "C" NOT NULL, leg_region_code text COLLATE "C" NOT NULL, leg_id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('urge', 'return')), text text NOT NULL, supervised_on date NOT NULL, supervised_by text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    CHECK (starts_with(leg_region_code, region_code) AND leg_region_code <> region_code),
    UNIQUE (region_code, id),
    FOREIGN KEY (leg_region_code, leg_id) REFERENCES leg (region_code, id)
);
CREATE INDEX supervision_leg_region_code_idx ON supervision (leg_region_code, leg_id, id);
CREATE TABLE supervision_answer (
    region_code text COLLATE "C" NOT NULL, leg_id uuid NOT NULL, supervisor_region_code text COLLATE "C" NOT NULL, supervision_id uuid NOT NULL,
    text text NOT NULL, answered_on date NOT NULL, answered_by text NOT NULL, created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (region_code, supervision_id),
    FOREIGN KEY (region_code, leg_id) REFERENCES leg (region_code, id),
    FOREIGN KEY (supervisor_region_code, supervision_id) REFERENCES supervision (region_code, id)
);
CREATE INDEX supervision_answer_leg_id_idx ON supervision_answer (region_code, leg_id);
"""

TOUCH = """
CREATE TRIGGER batch_report_touch BEFORE UPDATE ON batch_report FOR EACH ROW EXECUTE FUNCTION touch();
CREATE TRIGGER leg_touch BEFORE UPDATE ON leg FOR EACH ROW EXECUTE FUNCTION touch();
CREATE TRIGGER leg_clock_touch BEFORE UPDATE ON leg_clock FOR EACH ROW EXECUTE FUNCTION touch();
CREATE TRIGGER five_touch BEFORE UPDATE ON five FOR EACH ROW EXECUTE FUNCTION touch();
"""

POLICIES = (
    tenancy.Policy("batch_report"),
    # The batch's owner opens legs in other bureaus (转办) and reads how they stand; only the handling bureau changes them.
    tenancy.Policy("leg", readers=("region_code", "origin_region_code"), inserters=("region_code", "origin_region_code")),
    tenancy.Policy("leg_clock", inserters=("region_code", "origin_region_code")),
    tenancy.Policy("measure"),
    tenancy.Policy("five"),
    tenancy.Policy("extension"),
    tenancy.Policy("supervision", readers=("region_code", "leg_region_code")),
    tenancy.Policy("supervision_answer", readers=("region_code", "supervisor_region_code")),
)

# What the batch's owner may do to its legs in other bureaus when a newer report counts: name that report, or halt. Nothing else, no other legs.
FOLLOW = """
CREATE POLICY leg_follow ON leg FOR UPDATE TO CURRENT_USER
    USING (origin_region_code = (SELECT tenancy.own())) WITH CHECK (origin_region_code = (SELECT tenancy.own()));

CREATE FUNCTION leg_halt(sample uuid, keep text[], halt_day date, why text)
RETURNS TABLE (leg_id uuid, owner text, old_report_id uuid) LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    UPDATE leg SET state = 'HALTED', halted_on = halt_day, halt_reason = why, next_due_on = due_on, revision = revision + 1
    WHERE sample_id = sample AND origin_region_code = (SELECT tenancy.own()) AND state <> 'HALTED'
        AND party_role || '@' || region_code <> ALL (keep)
    RETURNING id, region_code, report_id
$$;

CREATE FUNCTION leg_rebase(sample uuid, report jsonb) RETURNS SETOF uuid LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    UPDATE leg SET report_id = (report->>'report_id')::uuid, report_no = report->>'report_no', report_version = (report->>'version')::int,
        serious = (report->>'serious')::boolean, failed_items = report->'failed_items', revision = revision + 1,
        final_on = CASE WHEN report_id = (report->>'report_id')::uuid THEN final_on END
    WHERE sample_id = sample AND origin_region_code = (SELECT tenancy.own()) AND state <> 'HALTED'
    RETURNING id
$$;
REVOKE ALL ON FUNCTION leg_halt(uuid, text[], date, text), leg_rebase(uuid, jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION leg_halt(uuid, text[], date, text), leg_rebase(uuid, jsonb) TO {app};
"""


def upgrade() -> None:
    app = migrate.app_role()
    tenancy.install(app, migrate.scope_key())
    for script in (TABLES, TOUCH):
        tenancy.run_script(script)
    for policy in POLICIES:
        tenancy.protect(policy, app)
    tenancy.run_script(FOLLOW.format(app=app))
