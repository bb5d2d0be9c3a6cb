"""Tables of the directory. Identities, licences and laboratories are public-register facts; the rest belongs to its bureau alone."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Column, DateTime, LargeBinary, func
from sqlmodel import Field, SQLModel

from common import db  # noqa: F401  (the naming convention must be set before the first table)


def _stamp() -> Column[datetime]:
    return Column(DateTime(timezone=True), nullable=False, server_default=func.now())


class Division(SQLModel, table=True):
    """Administrative division (行政区划, GB/T 2260) with its time of validity; reference, no owner."""

    code: str = Field(primary_key=True)
    name: str
    level: str
    parent_code: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    successor_code: str | None = None


class EnterpriseIdentity(SQLModel, table=True):
    """Public-register facts (公示登记信息) of one USCC, unique in the province; every known caller reads, the owner writes."""

    __tablename__ = "enterprise_identity"

    id: UUID = Field(primary_key=True)
    region_code: str
    uscc: str = Field(unique=True)
    name: str
    folded_name: str
    kind: str
    status: str
    division_code: str
    address: str
    created_at: datetime = Field(sa_column=_stamp())
    updated_at: datetime = Field(sa_column=_stamp())


class Enterprise(SQLModel, table=True):
    """What its bureau knows of an enterprise (企业名录库) beyond the public register."""

    id: UUID = Field(primary_key=True)
    region_code: str
    size: str | None = None
    industry: str
    risk_grade: str | None = None
    fingerprint: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    revision: int = 1
    created_at: datetime = Field(sa_column=_stamp())
    updated_at: datetime = Field(sa_column=_stamp())


class EnterpriseGram(SQLModel, table=True):
    """Two neighbouring characters of a name: the search index, in the order in which lists are read."""

    __tablename__ = "enterprise_gram"

    gram: str = Field(primary_key=True)
    region_code: str = Field(primary_key=True)
    enterprise_id: UUID = Field(primary_key=True)


class EnterpriseProduct(SQLModel, table=True):
    """A catalogue code (监管目录代码) of which the enterprise makes or sells the goods."""

    __tablename__ = "enterprise_product"

    region_code: str = Field(primary_key=True)
    enterprise_id: UUID = Field(primary_key=True)
    product_code: str = Field(primary_key=True)


class EnterpriseContact(SQLModel, table=True):
    """Legal person and telephone (法定代表人、联系电话), encrypted with the owner's key."""

    __tablename__ = "enterprise_contact"

    region_code: str = Field(primary_key=True)
    enterprise_id: UUID = Field(primary_key=True)
    legal_person: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    phone: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class Premises(SQLModel, table=True):
    """A place of production or business (生产经营场所), owned by the bureau where it lies, entered by that bureau or the firm's owner."""

    id: UUID = Field(primary_key=True)
    region_code: str
    enterprise_region_code: str
    enterprise_id: UUID
    division_code: str
    address: str
    created_at: datetime = Field(sa_column=_stamp())


class Licence(SQLModel, table=True):
    """A licence (许可证): public-register facts; a renewal with the same number is another row."""

    id: UUID = Field(primary_key=True)
    region_code: str
    enterprise_id: UUID
    kind: str
    number: str
    scope: str
    issuer: str
    valid_from: date
    valid_to: date | None = None
    status: str
    status_since: date
    created_at: datetime = Field(sa_column=_stamp())
    updated_at: datetime = Field(sa_column=_stamp())


class LicenceStatus(SQLModel, table=True):
    """One change of a licence's state (许可证状态变更); never changed itself."""

    __tablename__ = "licence_status"

    id: UUID = Field(primary_key=True)
    region_code: str
    licence_id: UUID
    status: str
    since: date
    reason: str
    created_at: datetime = Field(sa_column=_stamp())


class Laboratory(SQLModel, table=True):
    """Laboratory (承检机构); every known caller reads, the province writes."""

    code: str = Field(primary_key=True)
    region_code: str
    name: str
    report_prefix: str
    division_code: str
    address: str
    revision: int = 1
    created_at: datetime = Field(sa_column=_stamp())
    updated_at: datetime = Field(sa_column=_stamp())


class CmaCertificate(SQLModel, table=True):
    """CMA accreditation (检验检测机构资质认定证书)."""

    __tablename__ = "cma_certificate"

    region_code: str
    laboratory_code: str = Field(primary_key=True)
    cma_no: str = Field(primary_key=True)
    valid_from: date = Field(primary_key=True)
    valid_to: date


class CmaScope(SQLModel, table=True):
    """One item with one method that a laboratory may report on (资质认定能力附表)."""

    __tablename__ = "cma_scope"

    region_code: str
    laboratory_code: str = Field(primary_key=True)
    item: str = Field(primary_key=True)
    method: str = Field(primary_key=True)
