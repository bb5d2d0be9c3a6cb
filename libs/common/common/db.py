"""Database sessions bound to a signed scope. The only place where a transaction ends."""

import hashlib
import hmac
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import DateTime, Text, func, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlmodel import Field, SQLModel

from common import telemetry
from common.region import Region

Session = AsyncSession

SQLModel.metadata.naming_convention = {
    "ix": "%(table_name)s_%(column_0_N_name)s_idx",
    "uq": "%(table_name)s_%(column_0_N_name)s_key",
    "ck": "%(table_name)s_%(constraint_name)s_check",
    "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
    "pk": "%(table_name)s_pkey",
}


CODE: Any = Text(collation="C")  # codes compare bytewise, or the range of a policy is not the prefix
STAMP: Any = DateTime(timezone=True)
NOW: dict[str, Any] = {"server_default": func.now(), "nullable": False}


class Owned(SQLModel):
    """What every tenant row has."""

    region_code: str = Field(sa_type=CODE)
    created_at: datetime | None = Field(default=None, sa_type=STAMP, sa_column_kwargs=NOW)


class Touched(Owned):
    """A row that changes; the trigger `touch()` of sql/tenancy.sql keeps `updated_at`."""

    updated_at: datetime | None = Field(default=None, sa_type=STAMP, sa_column_kwargs=NOW)


@dataclass(frozen=True, slots=True)
class Scope:
    """On whose behalf a transaction works: a bureau, a laboratory, or the service's own relay (`system`)."""

    region: Region | None = None
    laboratory: str | None = None
    subject: str = ""
    system: bool = False

    def signed(self, key: bytes) -> str:
        """The setting that the policies read; the database refuses one whose signature is wrong."""
        region = self.region.code if self.region else ""
        body = "|".join((region, self.laboratory or "", self.subject.replace("|", "/"), "system" if self.system else ""))
        return f"{body}|{hmac.new(key, body.encode(), hashlib.sha256).hexdigest()}"


SYSTEM = Scope(subject="system", system=True)


@dataclass(slots=True)
class Pending:
    """What must be written with the commit: facts for the outbox and audit entries, in the order of the acts."""

    actor: str = ""
    facts: list[Any] = field(default_factory=list)
    entries: list[Any] = field(default_factory=list)
    flushers: list[Any] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Database:
    """Engine and key of one service's database; `older_keys` signed what is still about (setting SCOPE_KEY=new,old while keys change)."""

    engine: AsyncEngine
    sessions: async_sessionmaker[AsyncSession]
    key: bytes
    url: str
    older_keys: tuple[bytes, ...] = ()

    @classmethod
    def connect(cls, url: str, scope_key: str, pool_size: int = 10) -> "Database":
        """`url` is a plain postgresql:// address; every wait has a limit (statement 30 s, lock 10 s, pool 10 s)."""
        limits = {"statement_timeout": "30000", "lock_timeout": "10000", "idle_in_transaction_session_timeout": "60000"}
        engine = create_async_engine(
            url.replace("postgresql://", "postgresql+asyncpg://", 1),
            pool_size=pool_size, max_overflow=pool_size, pool_timeout=10, pool_pre_ping=True,
            connect_args={"server_settings": limits | {"application_name": "longzhi"}, "timeout": 10},
        )  # fmt: skip
        key, *older = (bytes.fromhex(each) for each in scope_key.split(","))
        return cls(engine, async_sessionmaker(engine, expire_on_commit=False), key, url, tuple(older))

    async def close(self) -> None:
        await self.engine.dispose()


async def enter(db: Database, session: Session, scope: Scope) -> None:
    """Set the scope for the rest of the transaction (local: it ends with it, so a pooled connection carries nothing over)."""
    await session.execute(text("SELECT set_config('app.scope', :scope, true)"), {"scope": scope.signed(db.key)})


@asynccontextmanager
async def transaction(db: Database, scope: Scope) -> AsyncIterator[Session]:
    """One transaction in one scope: commits when the block ends well, together with its facts and audit entries; else rolls back."""
    async with db.sessions() as session, session.begin():
        session.info["pending"] = Pending(actor=scope.subject)
        await enter(db, session, scope)
        yield session
        await session.flush()
        with telemetry.span("commit"):
            for flush in session.info["pending"].flushers:
                await flush(session)


#: The planner cannot see how far a policy's range reaches: it guesses half a percent of the table and finds a second process not worth its start.
IN_PARALLEL = "SELECT set_config('parallel_setup_cost', '0', true), set_config('parallel_tuple_cost', '0', true)"


async def in_parallel(session: Session) -> None:
    """Let the aggregates of this transaction use several processes, as the same query with its range written out would (bench: tenancy)."""
    await session.execute(text(IN_PARALLEL))


def pending(session: Session) -> Pending:
    """The session's list of what leaves with the commit."""
    found: Pending = session.info["pending"]
    return found


def add_flusher(session: Session, flush: Any) -> None:
    """Have `flush(session)` run once, just before the commit."""
    if flush not in pending(session).flushers:
        pending(session).flushers.append(flush)
