#!/bin/sh
# What bin/kc.sh would run, as process 1 (ops/keycloak.py does the same on one machine); options come as KC_… variables.
set -eu
home=/opt/keycloak
exec java -Xms128m -Xmx384m -XX:MaxMetaspaceSize=256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:+ExitOnOutOfMemoryError \
    -Dfile.encoding=UTF-8 -Dstdout.encoding=UTF-8 -Djava.security.egd=file:/dev/urandom -Dpicocli.disable.closures=true \
    --add-opens=java.base/java.util=ALL-UNNAMED --add-opens=java.base/java.util.concurrent=ALL-UNNAMED \
    --add-opens=java.base/java.security=ALL-UNNAMED \
    -Djava.util.concurrent.ForkJoinPool.common.threadFactory=io.quarkus.bootstrap.forkjoin.QuarkusForkJoinWorkerThreadFactory \
    -Djava.util.logging.manager=org.jboss.logmanager.LogManager \
    -Dkc.home.dir=$home -Djboss.server.config.dir=$home/conf -cp $home/lib/quarkus-run.jar \
    io.quarkus.bootstrap.runner.QuarkusEntryPoint start --optimized
