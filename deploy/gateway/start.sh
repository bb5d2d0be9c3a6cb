#!/bin/sh
# Fills the template's names in capitals from the environment (nginx's own $names stay) and becomes nginx.
set -eu
names=$(grep -o '\${[A-Z_]*}' /srv/nginx.conf.template | sort -u)
for name in $names; do
    plain=$(echo "$name" | tr -d '${}')
    eval "[ -n \"\${$plain+set}\" ]" || { echo "gateway: $plain is not set" >&2; exit 1; }
done
mkdir -p "$RUN_FOLDER"
envsubst "$(echo "$names" | tr '\n' ' ')" < /srv/nginx.conf.template > "$RUN_FOLDER/nginx.conf"
exec nginx -p "$RUN_FOLDER" -e stderr -c "$RUN_FOLDER/nginx.conf"
