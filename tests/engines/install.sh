#!/usr/bin/env bash
# Brings the storage engines that are not written in Rust into a cache folder outside the work tree: Azurite from npm and
# moto from PyPI, by name and version only. What is present is left alone, so a second run takes no time.
# Ceph is Debian's, and cluster.sh brings it, because nothing else needs it.
set -euo pipefail
azurite=3.37.0
moto=5.2.5
cache="${XDG_CACHE_HOME:-$HOME/.cache}/planseal-tests"
mkdir -p "$cache"

# Two runs at once would write into one folder.
exec 9>"$cache/.lock"
flock 9

if [[ ! -x $cache/azurite-$azurite/node_modules/.bin/azurite-blob ]]; then
    command -v npm >/dev/null || { echo "engines: npm is needed to install Azurite" >&2; exit 1; }
    rm -rf "$cache/azurite-$azurite" "$cache/azurite.new"
    npm install --prefix "$cache/azurite.new" --no-audit --no-fund --no-save --omit=dev --loglevel=error "azurite@$azurite"
    mv "$cache/azurite.new" "$cache/azurite-$azurite"
fi

if [[ ! -x $cache/moto-$moto/bin/moto_server ]]; then
    # A virtual environment names its own path, so it is made where it stays.
    rm -rf "$cache/moto-$moto"
    python3 -m venv "$cache/moto-$moto"
    "$cache/moto-$moto/bin/pip" install --quiet --disable-pip-version-check "moto[server]==$moto" ||
        { rm -rf "$cache/moto-$moto"; exit 1; }
fi

# The tests look here, whatever the version.
ln -sfn "azurite-$azurite" "$cache/azurite"
ln -sfn "moto-$moto" "$cache/moto"
