#!/usr/bin/env bash
# Builds every image with buildah and no registry: `make images`, or with names only those (`ops/images.sh sampling gateway`).
#   IMAGE_REGISTRY (localhost), IMAGE_TAG (the commit's short name, or dev), BASE and DEBIAN (bases),
#   K8S_RIG: when its k8s-up.sh is there, it builds (with its own base, store and certificates) and puts the images on its node.
set -euo pipefail
cd "$(dirname "$0")/.."
SERVICES="directory planning sampling disposal experts credit ops"
PARTS="gateway postgres kafka keycloak"
REGISTRY=${IMAGE_REGISTRY:-localhost}
REVISION=$(git rev-parse --short HEAD 2> /dev/null || echo unknown)
TAG=${IMAGE_TAG:-$REVISION}
CACHE=${LONGZHI_CACHE:-$HOME/.cache/longzhi}
RIG=${K8S_RIG:-../shared/rigs}/k8s-up.sh
PY=.venv/bin/python

if [ -x "$RIG" ]; then
    BASE=${BASE:-localhost/python:3.11-slim}
    DEBIAN=${DEBIAN:-$BASE} # the rig has one base, and it is Debian 12
    build() { "$RIG" image "$@"; }
    "$RIG" base
else
    BASE=${BASE:-docker.io/library/python:3.11-slim-bookworm}
    DEBIAN=${DEBIAN:-docker.io/library/debian:bookworm-slim}
    build() { # CONTEXT NAME:TAG …
        local context=$1 name=$2
        shift 2
        buildah bud --isolation chroot --format docker -t "$name" "$@" "$context"
    }
fi

name() { echo "$REGISTRY/longzhi-$1:$TAG"; }
stamps=(--build-arg "VERSION=$TAG" --build-arg "REVISION=$REVISION")

service() {
    local lock=services/$1/requirements.txt
    [ "$1" = ops ] && lock=ops/requirements.txt
    build . "$(name "$1")" --layers -f services/Dockerfile --build-arg "BASE=$BASE" --build-arg "SERVICE=$1" --build-arg "LOCK=$lock" "${stamps[@]}"
}

part() {
    case $1 in
        gateway | postgres)
            local file=deploy/gateway/Dockerfile
            [ "$1" = postgres ] && file=deploy/evaluation/postgres/Dockerfile
            build . "$(name "$1")" --layers -f "$file" --build-arg "BASE=$DEBIAN" "${stamps[@]}"
            ;;
        kafka | keycloak) # their programs come from Maven by ops.install, as on one machine
            $PY -c "from ops import install; install.install(('$1',))"
            local context=.run/images/$1 folder=jars source=$CACHE/kafka-4.1.0
            [ "$1" = keycloak ] && folder=keycloak source=$CACHE/keycloak-26.4.5
            rm -rf "$context"
            mkdir -p "$context"
            cp "deploy/evaluation/$1/Dockerfile" "deploy/evaluation/$1/start.sh" "$context"
            cp -r "$source" "$context/$folder"
            rm -rf "$context/keycloak/data" "$context/$folder/.complete"
            build "$context" "$(name "$1")" --layers -f "$context/Dockerfile" --build-arg "BASE=$DEBIAN"
            rm -rf "$context"
            ;;
    esac
}

$PY -m ops.protos
for image in ${*:-$SERVICES $PARTS}; do
    began=$SECONDS
    case " $SERVICES " in
        *" $image "*) service "$image" ;;
        *)
            case " $PARTS " in
                *" $image "*) part "$image" ;;
                *) echo "images: there is no $image; there are $SERVICES $PARTS" >&2; exit 2 ;;
            esac
            ;;
    esac
    echo "images: $(name "$image") in $((SECONDS - began)) s"
done
