"""The one place that writes row-level security. Migrations call `install` once and `protect` for every tenant table."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alembic import op
from sqlalchemy import text

_SQL = Path(__file__).parent / "sql" / "tenancy.sql"
_CLAIM = _SQL.with_name("claim.sql")
_INSERT_KEYS = text(
    "INSERT INTO tenancy.secret SELECT k FROM unnest(CAST(:keys AS bytea[])) AS t (k) WHERE NOT EXISTS (SELECT FROM tenancy.secret s WHERE s.key = k)"
)
_FORGET_KEYS = text("DELETE FROM tenancy.secret WHERE key <> ALL (CAST(:keys AS bytea[]))")

#: What the running role may do with the common tables; everything else stays with the owner.
_COMMON_RIGHTS = """
GRANT USAGE ON SCHEMA public, tenancy TO {app};
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA tenancy TO {app};
GRANT EXECUTE ON FUNCTION audit_append(text, jsonb) TO {app};
GRANT SELECT, INSERT ON row_grant, inbox TO {app};
GRANT SELECT, INSERT, UPDATE, DELETE ON outbox, idempotency_key TO {app};
GRANT SELECT, INSERT, UPDATE ON dead_letter TO {app};
GRANT SELECT ON audit_entry TO {app};
"""


@dataclass(frozen=True)
class Policy:
    """Who reads and writes a tenant table.

    `readers`: columns with a covering prefix; a bureau reads the row when one of them lies in its scope.
    `writers`: columns of which one must equal the caller's own code to change the row; `inserters` likewise for new rows (default: writers).
    `laboratory`: column with the laboratory that reads and writes the row. `grant`: (kind, column with the granted row's id).
    `public_when`: SQL condition under which every known caller reads the row (published reference facts).
    `deletable`: the running role may delete rows that it may change (drafts).
    """

    table: str
    readers: tuple[str, ...] = ("region_code",)
    writers: tuple[str, ...] = ("region_code",)
    inserters: tuple[str, ...] = ()
    laboratory: str | None = None
    grant: tuple[str, str] | None = None
    public_when: str | None = None
    deletable: bool = False


def run_script(script: str) -> None:
    """Run several statements inside the migration's transaction."""
    connection = op.get_bind()
    connection.exec_driver_sql("SELECT 1")  # opens SQLAlchemy's transaction, which the raw call below then shares
    raw: Any = connection.connection.dbapi_connection
    raw.run_async(lambda driver: driver.execute(script))


def install(app_role: str, scope_key: str) -> None:
    """Create the signed scope, grants, outbox, inbox, dead letters, idempotency keys and audit chain of one service's database."""
    head, mark, rest = _SQL.read_text().partition("-- claim.sql stands here")
    run_script(head + _CLAIM.read_text() + mark + rest)
    keep_keys(op.get_bind(), scope_key)
    run_script(_COMMON_RIGHTS.format(app=app_role))


def keep_keys(connection: Any, scope_key: str) -> None:
    """Let the database accept exactly the keys of SCOPE_KEY (`new,old`: both); each run of `migrate` does, before any process changes."""
    if connection.execute(text("SELECT to_regclass('tenancy.secret')")).scalar() is None:
        return
    values = {"keys": [bytes.fromhex(each) for each in scope_key.split(",")]}
    connection.exec_driver_sql(_CLAIM.read_text())
    connection.execute(_INSERT_KEYS, values)
    connection.execute(_FORGET_KEYS, values)


def _read(policy: Policy) -> str:
    ranges = [f"({c} >= (SELECT tenancy.lo()) AND {c} < (SELECT tenancy.hi()))" for c in policy.readers]
    if policy.laboratory:
        # A range, not an equality: an equality with an unknown is thought to match one laboratory's share of the table, and then the planner
        # reads all of it for a county's page (bench: county aggregate 14 x of the filter written by hand, with the range 1.1 x).
        known = "(SELECT tenancy.laboratory())"
        ranges.append(f"({policy.laboratory} >= {known} AND {policy.laboratory} <= {known})")
    if policy.grant:
        kind, column = policy.grant
        # One array per statement, so that the planner can take the index on the column (BitmapOr) instead of asking per row.
        ranges.append(
            f"{column} = ANY ((SELECT array_agg(g.row_id) FROM row_grant g WHERE g.kind = '{kind}' AND g.expires_on >= tenancy.today()"
            " AND g.grantee_code >= (SELECT tenancy.lo()) AND g.grantee_code < (SELECT tenancy.hi()))::uuid[])"
        )
    if policy.public_when:
        ranges.append(f"(({policy.public_when}) AND (SELECT tenancy.is_known()))")
    return " OR ".join(ranges)


def _write(columns: tuple[str, ...], laboratory: str | None) -> str:
    own = [f"{c} = (SELECT tenancy.own())" for c in columns]
    return " OR ".join(own + ([f"{laboratory} = (SELECT tenancy.laboratory())"] if laboratory else []))


def protect(policy: Policy, app_role: str) -> None:
    """Force row-level security on a table and write its policies; the running role gets only what they need."""
    table, change = policy.table, _write(policy.writers, policy.laboratory)
    add = _write(policy.inserters or policy.writers, policy.laboratory)
    rights = "SELECT, INSERT, UPDATE" + (", DELETE" if policy.deletable else "")
    statements = [
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
        f"CREATE POLICY {table}_read ON {table} FOR SELECT USING ({_read(policy)})",
        f"CREATE POLICY {table}_insert ON {table} FOR INSERT WITH CHECK ({add})",
        f"CREATE POLICY {table}_update ON {table} FOR UPDATE USING ({change}) WITH CHECK ({change})",
        f"GRANT {rights} ON {table} TO {app_role}",
    ]
    if policy.deletable:
        statements.append(f"CREATE POLICY {table}_delete ON {table} FOR DELETE USING ({change})")
    for statement in statements:
        op.execute(statement)


def share_reference(table: str, app_role: str, rights: str = "SELECT") -> None:
    """A table without an owner (divisions, code lists): everybody reads; `rights` says what the running role may do."""
    op.execute(f"GRANT {rights} ON {table} TO {app_role}")
