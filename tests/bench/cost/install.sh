#!/usr/bin/env bash
# PostgreSQL 15 as Debian ships it; nothing is started. What is there already is left alone.
set -euo pipefail
[[ -x /usr/lib/postgresql/15/bin/initdb ]] && exit 0
root=()
[[ $EUID -eq 0 ]] || root=(sudo)
# No cluster of the machine's own: the bench makes one for each run.
if [[ ! -e /etc/postgresql-common/createcluster.conf ]]; then
    "${root[@]}" mkdir -p /etc/postgresql-common
    echo "create_main_cluster = false" | "${root[@]}" tee /etc/postgresql-common/createcluster.conf >/dev/null
fi
"${root[@]}" apt-get -o DPkg::Lock::Timeout=400 update -q
"${root[@]}" apt-get -o DPkg::Lock::Timeout=400 install -y -q --no-install-recommends postgresql-15
