"""A consumer process for the mutants: hears one topic with whatever copy of `common` stands first on PYTHONPATH, over the probe's table.

Every handled fact leaves one row; nothing in the table forbids a second one, so that only the inbox does. Every record that is read leaves a
line in a file: a fact with two lines was delivered again.
"""

import asyncio
import os
import sys
from pathlib import Path
from uuid import uuid4

from longzhi.event.v1.event_pb2 import Envelope
from longzhi.sampling.v1.events_pb2 import SampleReceived
from sqlalchemy import text

from common import telemetry
from common.db import Database, Session
from common.inbox import Inbox, Reaction
from common.kafka import Consumer, Producer


async def on_sample_received(session: Session, fact: SampleReceived, envelope: Envelope) -> None:
    values = {"id": uuid4(), "region": envelope.region_code, "title": fact.sample_id}
    await session.execute(text("INSERT INTO note (id, region_code, title) VALUES (:id, :region, :title)"), values)


class Unhurried(Consumer):
    """Takes its time before it commits its place, so that the moment between effects and offset is wide enough to be killed in."""

    async def commit(self) -> None:
        await asyncio.sleep(0.25)
        await super().commit()


async def main(group: str, topic: str, heard: Path) -> None:
    """Until killed."""

    def note(fact: SampleReceived) -> bool:
        with heard.open("a") as out:
            out.write(fact.sample_id + "\n")
        return True

    telemetry.setup(group, "none", "", "INFO")
    broker = os.environ["KAFKA_BOOTSTRAP"]
    db = Database.connect(os.environ["DATABASE_URL"], os.environ["SCOPE_KEY"], 2)
    handlers = {SampleReceived: Reaction(on_sample_received, note)}
    await Inbox(db, Unhurried(broker, group, [topic]), Producer(broker), "probe", (topic,), handlers).run()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], Path(sys.argv[3])))
