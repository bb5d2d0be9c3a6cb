#!/bin/sh
# One broker that is its own controller, known to others as ADVERTISED (host:port) and, through `kubectl port-forward` of port 9094, as FORWARDED;
# formats DATA_FOLDER when it is new.
set -eu
cat > /tmp/server.properties <<CONFIGURATION
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:9093
listeners=PLAINTEXT://0.0.0.0:9092,FORWARDED://127.0.0.1:9094,CONTROLLER://127.0.0.1:9093
advertised.listeners=PLAINTEXT://$ADVERTISED,FORWARDED://$FORWARDED
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,FORWARDED:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs=$DATA_FOLDER/data
auto.create.topics.enable=false
num.partitions=4
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=4
group.initial.rebalance.delay.ms=0
log.retention.hours=168
log.segment.bytes=67108864
num.network.threads=2
num.io.threads=4
CONFIGURATION
cat > /tmp/log4j2.yaml <<LOGGING
Configuration:
  status: WARN
  Appenders:
    Console:
      name: STDOUT
      PatternLayout: {pattern: "%d{ISO8601} %p %c{1}: %m%n"}
  Loggers:
    Root: {level: WARN, AppenderRef: {ref: STDOUT}}
    Logger: [{name: kafka.server.KafkaRaftServer, level: INFO}]
LOGGING
java="java -Xms64m -Xmx256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Djava.awt.headless=true -Dlog4j2.configurationFile=/tmp/log4j2.yaml"
if [ ! -s "$DATA_FOLDER/data/meta.properties" ]; then
    cluster=$($java -cp '/opt/kafka/*' kafka.tools.StorageTool random-uuid)
    $java -cp '/opt/kafka/*' kafka.tools.StorageTool format --ignore-formatted -t "$cluster" -c /tmp/server.properties
fi
exec $java -cp '/opt/kafka/*' kafka.Kafka /tmp/server.properties
