"""The topics of the platform: one per kind of fact, and one for dead letters per service."""

from kafka import KafkaAdminClient
from kafka.admin import NewTopic
from kafka.errors import TopicAlreadyExistsError

from ops.settings import SERVICES

PARTITIONS = 4
FACTS = (
    "directory.enterprise.v1",
    "directory.division.v1",
    "planning.plan.v1",
    "planning.task.v1",
    "sampling.sample.v1",
    "sampling.report.v1",
    "sampling.notice.v1",
    "sampling.objection.v1",
    "disposal.leg.v1",
    "experts.draw.v1",
    "credit.record.v1",
)
ALL = FACTS + tuple(f"{service}.dlq.v1" for service in SERVICES)


def create(client: KafkaAdminClient, wanted: tuple[str, ...] = ALL, *, partitions: int = PARTITIONS, replication: int = 1) -> list[str]:
    """Creates the topics that are missing and returns their names."""
    present = set(client.list_topics())
    missing = [name for name in wanted if name not in present]
    for name in missing:
        try:
            client.create_topics([NewTopic(name, num_partitions=partitions, replication_factor=replication)])
        except TopicAlreadyExistsError:
            continue  # somebody was quicker
    return missing
