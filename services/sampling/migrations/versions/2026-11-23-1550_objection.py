"""Objection, re-inspection and the party's page."""

from common import migrate, tenancy

revision = "0005"
down_revision = "0004"

_CHANGES = """
ALTER TABLE notice ADD COLUMN started_on date, ADD COLUMN evidence_id uuid, ADD COLUMN announced_on date, ADD COLUMN lapsed_on date,
    ADD COLUMN serve_clock text, ADD COLUMN serve_by date,
    ADD COLUMN serve_late boolean NOT NULL DEFAULT false, ADD COLUMN serve_proof jsonb NOT NULL DEFAULT '[]',
    ADD COLUMN renewed boolean NOT NULL DEFAULT false,
    DROP CONSTRAINT notice_party_role_check,
    ADD CONSTRAINT notice_party_role_check CHECK (party_role IN ('seller', 'producer', 'consignor', 'platform', 'market'));
UPDATE notice SET started_on = served_on;
ALTER TABLE notice ALTER COLUMN started_on SET NOT NULL;
ALTER TABLE sample ADD COLUMN final_conclusion text CONSTRAINT sample_final_conclusion_check CHECK (
        final_conclusion IN ('UPHELD', 'OVERTURNED', 'NOT_OWN_PRODUCT', 'REINSPECTION_ENDED')),
    ADD COLUMN concluded_on date;
-- Who still has to be told is asked of non-conforming reports only.
-- The worker looks for last days that have passed (期限届满); each is seen once.
CREATE INDEX notice_running_idx ON notice (objection_until) WHERE lapsed_on IS NULL;
CREATE INDEX report_failed_idx ON report (region_code, reported_on, id) WHERE verdict = '不合格' AND state = 'ACCEPTED';
"""

_TABLES = """
CREATE TABLE renotice (
    id uuid PRIMARY KEY, region_code text COLLATE "C" NOT NULL, sample_id uuid NOT NULL, report_id uuid NOT NULL, restarts boolean NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (region_code, id), UNIQUE (region_code, report_id),
    FOREIGN KEY (region_code, sample_id) REFERENCES sample (region_code, id),
    FOREIGN KEY (region_code, report_id) REFERENCES report (region_code, id)
);

CREATE TABLE objection (
    id uuid PRIMARY KEY, region_code text COLLATE "C" NOT NULL, sample_id uuid NOT NULL, report_id uuid,
    party_role text NOT NULL CHECK (party_role IN ('seller', 'producer', 'consignor', 'platform')),
    applicant text NOT NULL, applicant_uscc text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('抽样过程', '样品真实性', '检验方法', '标准适用', '检验结论(复检)')),
    items jsonb NOT NULL, reason text NOT NULL, contact bytea, phone bytea, via text NOT NULL CHECK (via IN ('officer', 'party')),
    lodged_at text COLLATE "C" NOT NULL, evidence jsonb NOT NULL, applied_on date NOT NULL, materials_on date NOT NULL,
    state text NOT NULL CHECK (state IN ('FILED', 'INCOMPLETE', 'ACCEPTED', 'DRAWN', 'TESTING', 'REFUSED', 'WITHDRAWN', 'DECIDED')),
    findings jsonb NOT NULL, urgent_by date, missing text NOT NULL DEFAULT '', asked_on date, ruled_on date, grounds text NOT NULL DEFAULT '',
    panel_draw_id uuid,
    outcome text CHECK (outcome IN ('REFUSED', 'WITHDRAWN', 'UPHELD', 'OVERTURNED', 'NOT_OWN_PRODUCT', 'REINSPECTION_ENDED')),
    counterfeit boolean NOT NULL DEFAULT false, decided_on date, told_on date, revision int NOT NULL DEFAULT 1, created_by text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now(),
    CHECK ((state IN ('REFUSED', 'WITHDRAWN', 'DECIDED')) = (outcome IS NOT NULL)), CHECK ((outcome IS NULL) = (decided_on IS NULL)),
    UNIQUE (region_code, id),
    FOREIGN KEY (region_code, sample_id) REFERENCES sample (region_code, id)
);
CREATE INDEX objection_sample_id_idx ON objection (sample_id);
CREATE INDEX objection_region_code_state_idx ON objection (region_code, state, id);
-- One open application of a kind and party at a time.
CREATE UNIQUE INDEX objection_open_idx ON objection (region_code, sample_id, party_role, kind) WHERE outcome IS NULL;

CREATE TABLE objection_clock (
    region_code text COLLATE "C" NOT NULL, objection_id uuid NOT NULL, clock_id text NOT NULL, sample_id uuid NOT NULL, laboratory_code text,
    trigger_on date NOT NULL, legal_on date NOT NULL, target_on date NOT NULL, provisional boolean NOT NULL, proof jsonb NOT NULL,
    extensions jsonb NOT NULL, pauses jsonb NOT NULL, agreed_days int, done_on date,
    created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (region_code, objection_id, clock_id),
    FOREIGN KEY (region_code, objection_id) REFERENCES objection (region_code, id)
);
CREATE INDEX objection_clock_laboratory_code_idx ON objection_clock (laboratory_code) WHERE laboratory_code IS NOT NULL;

CREATE TABLE reinspection (
    id uuid PRIMARY KEY, region_code text COLLATE "C" NOT NULL, sample_id uuid NOT NULL, objection_id uuid NOT NULL, laboratory_code text,
    first_laboratory text NOT NULL, round int NOT NULL DEFAULT 0, task jsonb NOT NULL,
    state text NOT NULL CHECK (state IN ('WAITING', 'DRAWN', 'DECLINED', 'TESTING', 'REPORTED', 'CONCLUDED', 'ENDED')),
    formalities_on date, fee_fen bigint CHECK (fee_fen >= 0), bearer text CHECK (bearer IN ('applicant', 'organiser')),
    drawn_on date, declined_on date, decline_reason text NOT NULL DEFAULT '', handed_on date, seal_no text NOT NULL DEFAULT '',
    seal_intact boolean, handover jsonb NOT NULL, report_no text, report jsonb NOT NULL, verdict text CHECK (verdict IN ('合格', '不合格')),
    same boolean, reported_on date, revision int NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now(),
    CHECK ((state IN ('WAITING', 'DRAWN', 'DECLINED')) <= (reported_on IS NULL)), CHECK ((reported_on IS NULL) = (verdict IS NULL)),
    UNIQUE (region_code, id), UNIQUE (region_code, objection_id),
    FOREIGN KEY (region_code, objection_id) REFERENCES objection (region_code, id),
    FOREIGN KEY (region_code, sample_id) REFERENCES sample (region_code, id)
);
CREATE INDEX reinspection_laboratory_code_idx ON reinspection (laboratory_code, id) WHERE laboratory_code IS NOT NULL;

CREATE TABLE laboratory_draw (
    id uuid PRIMARY KEY, region_code text COLLATE "C" NOT NULL, sample_id uuid NOT NULL, objection_id uuid NOT NULL, round int NOT NULL,
    drawn_on date NOT NULL, seed bytea NOT NULL, candidates_hash text NOT NULL, commitment text NOT NULL, protocol jsonb NOT NULL,
    drawn text NOT NULL, drawn_by text NOT NULL, created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (region_code, id), UNIQUE (region_code, objection_id, round),
    FOREIGN KEY (region_code, objection_id) REFERENCES objection (region_code, id)
);

CREATE TABLE party_link (
    id uuid PRIMARY KEY, region_code text COLLATE "C" NOT NULL, sample_id uuid NOT NULL,
    party_role text NOT NULL CHECK (party_role IN ('seller', 'producer', 'consignor', 'platform')),
    code_hash text NOT NULL, expires_at timestamptz NOT NULL, failures int NOT NULL DEFAULT 0, locked_until timestamptz,
    opened int NOT NULL DEFAULT 0, window_from timestamptz, in_window int NOT NULL DEFAULT 0, revoked boolean NOT NULL DEFAULT false,
    created_by text NOT NULL, created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (region_code, id),
    FOREIGN KEY (region_code, sample_id) REFERENCES sample (region_code, id)
);
CREATE INDEX party_link_sample_id_idx ON party_link (sample_id);

-- Declared by laboratories, who have no region of their own: the province's register; every bureau that draws reads what is in force.
CREATE TABLE laboratory_tie (
    id uuid PRIMARY KEY, region_code text COLLATE "C" NOT NULL, laboratory_code text NOT NULL, party_name text NOT NULL,
    party_uscc text NOT NULL, relation text NOT NULL, until date NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (region_code, id), UNIQUE (laboratory_code, party_uscc, party_name)
);
CREATE TRIGGER objection_touch BEFORE UPDATE ON objection FOR EACH ROW EXECUTE FUNCTION touch();
CREATE TRIGGER objection_clock_touch BEFORE UPDATE ON objection_clock FOR EACH ROW EXECUTE FUNCTION touch();
CREATE TRIGGER reinspection_touch BEFORE UPDATE ON reinspection FOR EACH ROW EXECUTE FUNCTION touch();
CREATE TRIGGER party_link_touch BEFORE UPDATE ON party_link FOR EACH ROW EXECUTE FUNCTION touch();
CREATE TRIGGER laboratory_tie_touch BEFORE UPDATE ON laboratory_tie FOR EACH ROW EXECUTE FUNCTION touch();
"""

_POLICIES = (
    tenancy.Policy("renotice"),
    tenancy.Policy("objection"),
    tenancy.Policy("objection_clock", laboratory="laboratory_code"),
    tenancy.Policy("reinspection", laboratory="laboratory_code"),
    tenancy.Policy("laboratory_draw"),
    tenancy.Policy("party_link"),
    tenancy.Policy("laboratory_tie", readers=(), writers=(), laboratory="laboratory_code", public_when="(SELECT tenancy.own()) IS NOT NULL"),
)


def upgrade() -> None:
    tenancy.run_script(_CHANGES)
    tenancy.run_script(_TABLES)
    for policy in _POLICIES:
        tenancy.protect(policy, migrate.app_role())
