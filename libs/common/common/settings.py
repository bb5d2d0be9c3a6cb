"""Settings that every service needs; a missing one stops the start and names itself."""

from typing import Literal, Self

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Read once, in main.py; environment names are the fields' names in capitals, without a prefix."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)  # the input has passwords

    service_name: str
    database_url: str
    owner_database_url: str = ""  # only `migrate` uses it; the running process should not even have it
    scope_key: str = Field(min_length=32, description="HMAC key of signed scopes, hex; `new,old` while it changes")
    kafka_bootstrap: str
    kafka_security: Literal["plaintext", "tls", "sasl_tls"] = "plaintext"  # sasl_tls: SCRAM-SHA-512
    kafka_username: str = ""
    kafka_password: str = Field("", repr=False)
    kafka_ca_file: str = Field("", description="PEM of who signed the brokers' certificates; empty: the system's authorities")
    http_addr: str
    rpc_addr: str
    oidc_issuer: str
    oidc_jwks_url: str
    oidc_audience: str = "longzhi-api"
    rpc_timeout_seconds: float = 5.0
    gateway_prefix: str = ""
    province: str = "62"
    pool_size: int = 10
    drain_seconds: float = 0.0  # how long a stopping process still answers, until nobody sends to it any more
    database_wait_seconds: float = 0.0  # how long `migrate` waits for a database that is not there yet
    traces_exporter: str = "none"
    traces_file: str = ""
    log_level: str = "INFO"

    @model_validator(mode="after")
    def _check_kafka(self) -> Self:
        if self.kafka_security == "sasl_tls" and not (self.kafka_username and self.kafka_password):
            raise ValueError("kafka_security sasl_tls needs kafka_username and kafka_password")
        return self
