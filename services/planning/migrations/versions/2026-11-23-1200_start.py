"""First tables of planning: catalogue, schemes, plans with lines and quotas, tasks, food classes, populations."""

import csv
from pathlib import Path

import sqlalchemy as sa
from alembic import op

from common import migrate, tenancy

revision = "0001"
down_revision = None

CATALOGUE = """
CREATE TABLE catalogue_entry (
    id uuid PRIMARY KEY, region_code text COLLATE "C" NOT NULL, year int NOT NULL, version int NOT NULL CHECK (version >= 1), code text NOT NULL,
    name text NOT NULL, product_group text NOT NULL, product_class text NOT NULL,
    risk_level text NOT NULL CHECK (risk_level IN ('高', '较高', '一般')),
    measures text[] NOT NULL CHECK (measures <@ ARRAY['监督抽查', '监督检查', '证后监管', '风险监测'] AND cardinality(measures) > 0),
    legal_basis text NOT NULL, licence_kind text NOT NULL CHECK (licence_kind IN ('生产许可证', 'CCC', '无')),
    status text NOT NULL DEFAULT 'DRAFT' CHECK (status IN ('DRAFT', 'PUBLISHED')),
    valid_from date NOT NULL, valid_to date CHECK (valid_to >= valid_from),
    drafted_by text NOT NULL, published_by text, published_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (region_code, id), UNIQUE (region_code, year, code, version)
);
CREATE UNIQUE INDEX catalogue_entry_draft_idx ON catalogue_entry (region_code, year, code) WHERE status = 'DRAFT';
CREATE INDEX catalogue_entry_published_idx ON catalogue_entry (year, code) WHERE status = 'PUBLISHED';

CREATE TABLE food_class (
    id uuid PRIMARY KEY, region_code text COLLATE "C" NOT NULL, year int NOT NULL, code text NOT NULL, name text NOT NULL,
    level int NOT NULL CHECK (level BETWEEN 1 AND 4), parent_code text CHECK ((parent_code IS NULL) = (level = 1)),
    created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (region_code, id), UNIQUE (region_code, year, code)
);
CREATE INDEX food_class_year_idx ON food_class (year, code);

-- Lowest bureaus of the public division codes: a list of codes without owner. Populations are loaded by the province, with their source.
CREATE TABLE executing_division (code text COLLATE "C" PRIMARY KEY, name text NOT NULL, lowest boolean NOT NULL);
CREATE TABLE population (
    id uuid PRIMARY KEY, region_code text COLLATE "C" NOT NULL, year int NOT NULL,
    division_code text COLLATE "C" NOT NULL REFERENCES executing_division (code),
    people bigint NOT NULL CHECK (people >= 0), source text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (region_code, id), UNIQUE (region_code, year, division_code)
);
CREATE INDEX population_year_idx ON population (year, division_code);
"""

SCHEMES = """
CREATE TABLE scheme (
    id uuid PRIMARY KEY, region_code text COLLATE "C" NOT NULL, scheme_no text NOT NULL, version int NOT NULL CHECK (version >= 1),
    product_code text NOT NULL, name text NOT NULL, programme text NOT NULL CHECK (programme IN ('产品', '食品')),
    valid_from date NOT NULL, valid_to date CHECK (valid_to >= valid_from),
    status text NOT NULL DEFAULT 'DRAFT' CHECK (status IN ('DRAFT', 'PUBLISHED')),
    drafted_by text NOT NULL, published_by text, published_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (region_code, id), UNIQUE (region_code, id, status), UNIQUE (region_code, scheme_no, version)
);
CREATE INDEX scheme_product_code_idx ON scheme (product_code, valid_from);
CREATE INDEX scheme_published_idx ON scheme (product_code, valid_from) WHERE status = 'PUBLISHED';

-- The status follows the scheme's by the foreign key, so that the policy can read it without a join.
CREATE TABLE scheme_item (
    id uuid PRIMARY KEY, region_code text COLLATE "C" NOT NULL, scheme_id uuid NOT NULL, status text NOT NULL DEFAULT 'DRAFT',
    position int NOT NULL, item text NOT NULL, methods text[] NOT NULL CHECK (cardinality(methods) > 0),
    kind text NOT NULL CHECK (kind IN ('numeric', 'qualitative', 'not_detected', 'microbe')),
    min text, max text, unit text, limit_source text NOT NULL, grade text NOT NULL CHECK (grade IN ('A', 'B')),
    rounding_places int NOT NULL CHECK (rounding_places BETWEEN -1 AND 9),
    microbe_n int, microbe_c int, microbe_m text, microbe_cap text,
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (region_code, id), UNIQUE (scheme_id, position), UNIQUE (scheme_id, item),
    FOREIGN KEY (region_code, scheme_id, status) REFERENCES scheme (region_code, id, status) ON UPDATE CASCADE
);
CREATE INDEX scheme_item_published_idx ON scheme_item (scheme_id) WHERE status = 'PUBLISHED';

-- What is published never changes, but for the last day that its successor sets; and no item joins a published scheme.
CREATE FUNCTION keep_published() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'UPDATE' THEN
        RAISE EXCEPTION 'what is published is immutable' USING ERRCODE = 'integrity_constraint_violation';
    ELSIF OLD.valid_to IS NOT NULL OR
       (to_jsonb(NEW) - 'valid_to' - 'updated_at') IS DISTINCT FROM (to_jsonb(OLD) - 'valid_to' - 'updated_at') THEN
        RAISE EXCEPTION 'what is published is immutable' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER catalogue_entry_keep BEFORE UPDATE OR DELETE ON catalogue_entry
    FOR EACH ROW WHEN (OLD.status = 'PUBLISHED') EXECUTE FUNCTION keep_published();
CREATE TRIGGER scheme_keep BEFORE UPDATE ON scheme FOR EACH ROW WHEN (OLD.status = 'PUBLISHED') EXECUTE FUNCTION keep_published();
CREATE TRIGGER scheme_item_keep BEFORE INSERT ON scheme_item FOR EACH ROW WHEN (NEW.status <> 'DRAFT') EXECUTE FUNCTION keep_published();
"""

PLANS = """
CREATE TABLE plan (
    id uuid PRIMARY KEY, region_code text COLLATE "C" NOT NULL, plan_no text NOT NULL, year int NOT NULL,
    programme text NOT NULL CHECK (programme IN ('产品', '食品')), source_level text NOT NULL CHECK (source_level IN ('省', '市', '县')),
    name text NOT NULL,
    state text NOT NULL DEFAULT 'PLAN_DRAFT'
        CHECK (state IN ('PLAN_DRAFT', 'PLAN_SUBMITTED', 'PLAN_APPROVED', 'PUBLISHED', 'CANCELLED')),
    drafted_by text NOT NULL, submitted_by text, approved_by text, published_by text, published_on date, remark text,
    revision int NOT NULL DEFAULT 1, created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (region_code, id), UNIQUE (region_code, id, state), UNIQUE (region_code, plan_no)
);
CREATE INDEX plan_published_idx ON plan (year, region_code) WHERE state = 'PUBLISHED';

CREATE TABLE plan_line (
    id uuid PRIMARY KEY, region_code text COLLATE "C" NOT NULL, plan_id uuid NOT NULL, plan_state text NOT NULL DEFAULT 'PLAN_DRAFT',
    line_no text NOT NULL, serial int, catalogue_code text, product_code text NOT NULL, product_name text NOT NULL, reason_without_entry text,
    quarter int NOT NULL CHECK (quarter BETWEEN 1 AND 4), batches int NOT NULL CHECK (batches > 0),
    stage text NOT NULL CHECK (stage IN ('生产', '流通', '餐饮')), tags text[] NOT NULL, special_tags text[] NOT NULL,
    sampling_due date NOT NULL, test_due date NOT NULL CHECK (test_due >= sampling_due),
    laboratory_codes text[] NOT NULL CHECK (cardinality(laboratory_codes) > 0), unit_price_fen bigint CHECK (unit_price_fen >= 0),
    risky boolean NOT NULL, expert_draw_id text, expert_opinion jsonb,
    created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now(),
    CHECK ((catalogue_code IS NULL) <> (reason_without_entry IS NULL)),
    UNIQUE (region_code, id), UNIQUE (region_code, plan_id, line_no),
    FOREIGN KEY (region_code, plan_id, plan_state) REFERENCES plan (region_code, id, state) ON UPDATE CASCADE
);
CREATE INDEX plan_line_plan_id_idx ON plan_line (plan_id);
CREATE INDEX plan_line_published_idx ON plan_line (product_code, quarter) WHERE plan_state = 'PUBLISHED';

CREATE TABLE line_quota (
    region_code text COLLATE "C" NOT NULL, line_id uuid NOT NULL, division_code text COLLATE "C" NOT NULL REFERENCES executing_division (code),
    batches int NOT NULL CHECK (batches > 0), created_at timestamptz NOT NULL DEFAULT now(),
    CHECK (starts_with(division_code, region_code)),
    PRIMARY KEY (region_code, line_id, division_code),
    FOREIGN KEY (region_code, line_id) REFERENCES plan_line (region_code, id) ON DELETE CASCADE
);

CREATE TABLE task (
    id uuid PRIMARY KEY, region_code text COLLATE "C" NOT NULL, source_region_code text COLLATE "C" NOT NULL, task_no text NOT NULL,
    plan_id uuid NOT NULL, plan_no text NOT NULL, line_id uuid NOT NULL, line_no text NOT NULL,
    programme text NOT NULL CHECK (programme IN ('产品', '食品')), year int NOT NULL, quarter int NOT NULL CHECK (quarter BETWEEN 1 AND 4),
    product_code text NOT NULL, product_name text NOT NULL, laboratory_code text NOT NULL, quota int NOT NULL CHECK (quota > 0),
    stage text NOT NULL CHECK (stage IN ('生产', '流通', '餐饮')), tags text[] NOT NULL, sampling_due date NOT NULL, test_due date NOT NULL,
    state text NOT NULL DEFAULT 'ASSIGNED' CHECK (state IN ('ASSIGNED', 'ACCEPTED', 'CLOSED')), accepted_by text, accepted_at timestamptz,
    revision int NOT NULL DEFAULT 1, created_at timestamptz NOT NULL DEFAULT now(), updated_at timestamptz NOT NULL DEFAULT now(),
    CHECK (starts_with(region_code, source_region_code)),
    UNIQUE (region_code, id), UNIQUE (region_code, task_no), UNIQUE (line_id, region_code, laboratory_code),
    FOREIGN KEY (source_region_code, line_id) REFERENCES plan_line (region_code, id)
);
CREATE INDEX task_laboratory_code_idx ON task (laboratory_code, id);
CREATE INDEX task_plan_id_idx ON task (plan_id, id);
"""

TOUCH = """
CREATE TRIGGER catalogue_entry_touch BEFORE UPDATE ON catalogue_entry FOR EACH ROW EXECUTE FUNCTION touch();
CREATE TRIGGER food_class_touch BEFORE UPDATE ON food_class FOR EACH ROW EXECUTE FUNCTION touch();
CREATE TRIGGER population_touch BEFORE UPDATE ON population FOR EACH ROW EXECUTE FUNCTION touch();
CREATE TRIGGER scheme_touch BEFORE UPDATE ON scheme FOR EACH ROW EXECUTE FUNCTION touch();
CREATE TRIGGER plan_touch BEFORE UPDATE ON plan FOR EACH ROW EXECUTE FUNCTION touch();
CREATE TRIGGER plan_line_touch BEFORE UPDATE ON plan_line FOR EACH ROW EXECUTE FUNCTION touch();
CREATE TRIGGER task_touch BEFORE UPDATE ON task FOR EACH ROW EXECUTE FUNCTION touch();
"""

# A bureau below reads what a bureau above it published (PQL art. 15: do not repeat a superior's line); siblings read nothing.
_BELOW = "starts_with((SELECT tenancy.own()), region_code)"

POLICIES = (
    tenancy.Policy("catalogue_entry", public_when="status = 'PUBLISHED'", deletable=True),
    tenancy.Policy("food_class", public_when="true"),
    tenancy.Policy("population", public_when="true"),
    tenancy.Policy("scheme", public_when="status = 'PUBLISHED'"),
    tenancy.Policy("scheme_item", public_when="status = 'PUBLISHED'"),
    tenancy.Policy("plan", public_when=f"state = 'PUBLISHED' AND {_BELOW}"),
    tenancy.Policy("plan_line", public_when=f"plan_state = 'PUBLISHED' AND {_BELOW}", deletable=True),
    tenancy.Policy("line_quota", deletable=True),
    # The laboratory reads its tasks and writes none (Policy.laboratory would let it write); index task_laboratory_code_idx.
    tenancy.Policy("task", inserters=("source_region_code",), public_when="laboratory_code = (SELECT tenancy.laboratory())"),
)


def upgrade() -> None:
    app = migrate.app_role()
    tenancy.install(app, migrate.scope_key())
    for script in (CATALOGUE, SCHEMES, PLANS, TOUCH):
        tenancy.run_script(script)
    for policy in POLICIES:
        tenancy.protect(policy, app)
    op.execute(f"REVOKE UPDATE ON scheme_item FROM {app}")
    tenancy.share_reference("executing_division", app)
    table = sa.table("executing_division", sa.column("code", sa.Text), sa.column("name", sa.Text), sa.column("lowest", sa.Boolean))
    op.bulk_insert(table, _divisions())


def _divisions() -> list[dict[str, object]]:
    with (Path(__file__).parents[1] / "divisions.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    parents = {row["parent_code"] for row in rows}
    return [{"code": _prefix(row["code"]), "name": row["name"], "lowest": row["code"] not in parents} for row in rows]


def _prefix(code: str) -> str:
    return code[:2] if code.endswith("0000") else code[:4] if code.endswith("00") else code
