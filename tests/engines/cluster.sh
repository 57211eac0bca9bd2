#!/usr/bin/env bash
# A real Ceph on loopback, and planseal's store on it, while its servers are killed.
#
#   cluster.sh [SECONDS]     installs, boots, puts the cluster to every rule and to a trial, prints the account, cleans up
#   cluster.sh disturb STEP  kills one server and starts again the one killed before   } called by the trial,
#   cluster.sh calm          starts again what was killed and waits until all is well  } with PLANSEAL_CLUSTER set
#
# Debian's own packages: ceph and radosgw. One monitor, one manager, three OSDs with three copies of every object (two
# must be there for a write), and two gateways (RGW) on one bucket. Everything lies in one temporary folder, which needs
# about 3 GB; nothing outlives the script. Left out: several monitors, several machines, disks that forget.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"

osds=3
gateways=(rgw0 rgw1)
ports=(7480 7481)

main() {
    local seconds="${1:-90}"
    install_debian
    PLANSEAL_CLUSTER="$(mktemp -d "${TMPDIR:-/tmp}/planseal-cluster.XXXXXX")"
    export PLANSEAL_CLUSTER
    trap clean_up EXIT
    trap 'exit 130' INT TERM
    configure
    local begun=$SECONDS
    boot
    echo "cluster: booted in $((SECONDS - begun)) s, Ceph $(ceph --version | awk '{ print $3 }')"
    (cd "$here/../.." && cargo build -q --locked -p planseal-engines)
    local program="${CARGO_TARGET_DIR:-$here/../../target}/debug/planseal-engines"
    "$program" conformance http://127.0.0.1:${ports[0]} planseal
    AWS_ENDPOINT_URL=http://127.0.0.1:${ports[1]} AWS_ALLOW_HTTP=true AWS_REGION=us-east-1 \
        AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=testsecret "$program" probe s3://planseal
    echo "cluster: the start-up probe accepts the other gateway"
    "$program" chaos --endpoint http://127.0.0.1:${ports[0]} --endpoint http://127.0.0.1:${ports[1]} \
        --nodes 3 --seconds "$seconds" --pace-milliseconds 6000 --seed "${PLANSEAL_SEED:-1}" --disturb "$0"
}

install_debian() {
    local packages=()
    command -v ceph-osd >/dev/null || packages+=(ceph)
    command -v radosgw >/dev/null || packages+=(radosgw)
    ((${#packages[@]})) || return 0
    local root=()
    [[ $EUID -eq 0 ]] || root=(sudo)
    "${root[@]}" apt-get -o DPkg::Lock::Timeout=400 update -q
    # Another apt that ends meanwhile may empty the archives under this one: then once more.
    "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=400 install -y -q --no-install-recommends "${packages[@]}" ||
        "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=400 install -y -q --no-install-recommends "${packages[@]}"
}

configure() {
    local dir="$PLANSEAL_CLUSTER" gateway
    mkdir -p "$dir"/{mon,mgr/x,run,log,crash}
    cat >"$dir/ceph.conf" <<CONF
[global]
fsid = $(cat /proc/sys/kernel/random/uuid)
mon host = [v2:127.0.0.1:40100/0,v1:127.0.0.1:40101/0]
public addr = 127.0.0.1
cluster addr = 127.0.0.1
ms bind ipv6 = false
keyring = $dir/keyring
run dir = $dir/run
admin socket =
pid file = $dir/run/\$name.pid
log file = $dir/log/\$name.log
crash dir = $dir/crash
mon data = $dir/mon/\$id
mgr data = $dir/mgr/\$id
osd data = $dir/osd\$id
mgr initial modules =
mon allow pool size one = true
mon data avail warn = 1
mon data avail crit = 1
osd pool default size = $osds
osd pool default min size = 2
osd pool default pg num = 8
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
osd memory target = 939524096
bluestore block size = 4294967296
bluestore block create = true
# A killed OSD is noticed within seconds, as a trial of a minute needs.
osd heartbeat interval = 1
osd heartbeat grace = 4
mon osd adjust heartbeat grace = false
mon osd down out interval = 600
# Copies are made good at once: by default it goes slowly, to leave the disks to the clients.
osd recovery sleep hdd = 0
osd recovery max active = 20
osd max backfills = 4
CONF
    for gateway in 0 1; do
        # Without tcp_nodelay a read takes 44 ms instead of 2.
        printf '[client.%s]\nrgw frontends = beast endpoint=127.0.0.1:%s tcp_nodelay=1\n' \
            "${gateways[gateway]}" "${ports[gateway]}" >>"$dir/ceph.conf"
    done
    export CEPH_CONF="$dir/ceph.conf"
}

# A server's chatter goes to a file; its own log lies beside it.
quietly() { "$@" >>"$PLANSEAL_CLUSTER/log/boot.out" 2>&1; }

boot() {
    local dir="$PLANSEAL_CLUSTER" fsid id gateway
    fsid="$(awk '/^fsid/ { print $3 }' "$CEPH_CONF")"
    quietly ceph-authtool --create-keyring "$dir/keyring" --gen-key -n mon. --cap mon 'allow *'
    quietly ceph-authtool "$dir/keyring" --gen-key -n client.admin --cap mon 'allow *' --cap osd 'allow *' --cap mgr 'allow *'
    quietly monmaptool --create --fsid "$fsid" --addv a '[v2:127.0.0.1:40100,v1:127.0.0.1:40101]' "$dir/monmap"
    quietly ceph-mon --mkfs -i a --monmap "$dir/monmap" --keyring "$dir/keyring"
    quietly ceph-mon -i a --public-addr 127.0.0.1
    within 60 "the monitor" quietly timeout 5 ceph -s
    quietly ceph auth get-or-create mgr.x mon 'allow profile mgr' osd 'allow *' -o "$dir/mgr/x/keyring"
    quietly ceph-mgr -i x --keyring "$dir/mgr/x/keyring"
    for ((id = 0; id < osds; id++)); do make_osd "$id" & done
    wait
    within 90 "the OSDs" osds_up "$osds"
    for gateway in "${gateways[@]}"; do
        quietly ceph auth get-or-create "client.$gateway" mon 'allow rw' osd 'allow rwx' mgr 'allow rw' -o "$dir/$gateway.keyring"
        start_gateway "$gateway"
    done
    within 90 "the gateways" gateways_answer
    quietly radosgw-admin user create --uid=test --display-name=test --access-key=test --secret-key=testsecret
}

make_osd() {
    local id="$1" dir="$PLANSEAL_CLUSTER/osd$1" uuid secret
    uuid="$(cat /proc/sys/kernel/random/uuid)"
    secret="$(ceph-authtool --gen-print-key)"
    mkdir -p "$dir"
    # Numbers are given in the order of asking.
    until [[ $(ceph osd ls | wc -l) -eq $id ]]; do sleep 0.1; done
    printf '{"cephx_secret": "%s"}' "$secret" >"$dir/secret"
    quietly ceph osd new "$uuid" -i "$dir/secret"
    quietly ceph-authtool --create-keyring "$dir/keyring" --name "osd.$id" --add-key "$secret"
    quietly ceph-osd -i "$id" --mkfs --key "$secret" --osd-uuid "$uuid"
    start_osd "$id"
}

start_osd() { quietly ceph-osd -i "$1" --keyring "$PLANSEAL_CLUSTER/osd$1/keyring"; }
start_gateway() { quietly radosgw -n "client.$1" --keyring "$PLANSEAL_CLUSTER/$1.keyring"; }
osds_up() { ceph osd stat -f json 2>/dev/null | grep -q "\"num_up_osds\":$1,"; }
gateways_answer() {
    local port
    for port in "${ports[@]}"; do curl -s -o /dev/null -m 2 "http://127.0.0.1:$port/" || return 1; done
}
# Every placement group serves, with all its copies; some may be scrubbing.
all_placed() {
    local placed
    placed="$(timeout 10 ceph pg stat 2>/dev/null)" || return 1
    [[ $placed == *active+clean* && ! $placed =~ unknown|creating|peering|undersized|degraded|remapped|backfill|recover|stale|down ]]
}

# within SECONDS WHAT COMMAND...: until the command succeeds.
within() {
    local until=$((SECONDS + $1)) what="$2"
    shift 2
    until "$@"; do
        ((SECONDS < until)) || { echo "cluster: $what did not come up; see $PLANSEAL_CLUSTER/log" >&2; return 1; }
        sleep 0.5
    done
}

# Without a chance to write anything down, as a power cut would.
end_at_once() {
    local file="$PLANSEAL_CLUSTER/run/$1.pid"
    [[ ! -s $file ]] || kill -9 "$(cat "$file")" 2>/dev/null || true
}

# Odd steps kill a gateway, even steps an OSD; the one before comes back first and catches up, so that two copies of every
# object are always there: with fewer, Ceph waits, as it should.
disturb() {
    local step="$1" dir="$PLANSEAL_CLUSTER"
    revive
    if ((step % 2)); then
        echo "gateway ${gateways[step / 2 % 2]}" >"$dir/killed"
        end_at_once "client.${gateways[step / 2 % 2]}"
    else
        within 60 "the placement of all objects" all_placed
        echo "osd $((step / 2 % osds))" >"$dir/killed"
        end_at_once "osd.$((step / 2 % osds))"
    fi
}

revive() {
    local kind="" name=""
    [[ ! -e $PLANSEAL_CLUSTER/killed ]] || read -r kind name <"$PLANSEAL_CLUSTER/killed"
    rm -f "$PLANSEAL_CLUSTER/killed"
    case "$kind" in
    gateway) start_gateway "$name" ;;
    osd) start_osd "$name" && within 60 "osd.$name" osds_up "$osds" ;;
    esac
}

calm() {
    revive
    within 60 "the gateways" gateways_answer
    within 120 "the placement of all objects" all_placed || { ceph -s; return 1; }
}

clean_up() {
    local status=$? file
    for file in "$PLANSEAL_CLUSTER"/run/*.pid; do
        [[ ! -s $file ]] || kill -9 "$(cat "$file")" 2>/dev/null || true
    done
    # What a failure needs to be understood stays, the rest goes.
    if ((status)); then
        rm -rf "$PLANSEAL_CLUSTER"/osd* "$PLANSEAL_CLUSTER"/mon
        echo "cluster: ended with $status; logs stay in $PLANSEAL_CLUSTER/log" >&2
    else
        rm -rf "$PLANSEAL_CLUSTER"
    fi
    exit "$status"
}

case "${1:-}" in
disturb | calm)
    : "${PLANSEAL_CLUSTER:?is set by the trial}"
    export CEPH_CONF="$PLANSEAL_CLUSTER/ceph.conf"
    "$@"
    ;;
*) main "$@" ;;
esac
