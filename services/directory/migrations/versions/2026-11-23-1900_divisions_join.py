"""Divisions may join at run time: the running role enters them and changes their names; nobody deletes one."""

from alembic import op

from common import migrate

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute(f"GRANT INSERT, UPDATE ON division TO {migrate.app_role()}")
