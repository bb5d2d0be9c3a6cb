#!/bin/sh
# PostgreSQL's restore_command: unarchive.sh NAME TARGET ARCHIVE [FOLDER]. The archive first, then the log that lies in a data folder which was set
# aside. 1 says "there is none"; more than 128 says "it is there and cannot be read", at which PostgreSQL stops instead of taking it for the end.
name=$1 target=$2 archived=$3/$1.gz kept=${4:-}/$1
if [ -e "$archived" ]; then
    gzip -dc "$archived" > "$target" || exit 200
elif [ -n "${4:-}" ] && [ -e "$kept" ]; then
    cp "$kept" "$target" || exit 200
else
    exit 1
fi
