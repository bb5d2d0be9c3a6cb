#!/bin/sh
# PostgreSQL's archive_command: archive.sh SOURCE TARGET.gz. Compressed under a draft name, synced, then renamed, so that a half-written file never
# carries a real name; a different file of that name is never overwritten (the same one again is fine: a crash between renaming and remembering).
set -eu
umask 077
source=$1 target=$2 draft=$2.draft
if [ -e "$target" ]; then
    if gzip -dc "$target" | cmp -s - "$source"; then
        sync "$target"
        exit 0
    fi
    echo "archive.sh: $target exists and differs from $source; it is not overwritten" >&2
    exit 1
fi
gzip -1 -n -c "$source" > "$draft"
sync "$draft"
mv -n "$draft" "$target"
[ ! -e "$draft" ]
sync "$(dirname "$target")"
