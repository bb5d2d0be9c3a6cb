#!/bin/sh
# Makes the cluster in DATA_FOLDER when there is none, with the password of SUPERUSER_PASSWORD, and becomes PostgreSQL.
set -eu
data="$DATA_FOLDER/data"
if [ ! -s "$data/PG_VERSION" ]; then
    rm -rf "$data.new"
    printf '%s' "$SUPERUSER_PASSWORD" > /tmp/password
    initdb -D "$data.new" -U postgres --locale=C.UTF-8 -E UTF8 --auth=scram-sha-256 --pwfile=/tmp/password > /tmp/initdb.log || { cat /tmp/initdb.log >&2; exit 1; }
    rm -f /tmp/password
    printf 'local all all scram-sha-256\nhost all all all scram-sha-256\n' > "$data.new/pg_hba.conf"
    mv "$data.new" "$data"
fi
exec postgres -D "$data" -c listen_addresses='*' -c unix_socket_directories=/tmp -c max_connections=400 -c shared_buffers=256MB -c jit=off \
    -c wal_compression=on -c max_wal_size=2GB -c work_mem=16MB -c max_parallel_workers_per_gather=1 -c password_encryption=scram-sha-256 \
    -c timezone=UTC -c log_timezone=UTC -c dynamic_shared_memory_type=mmap
