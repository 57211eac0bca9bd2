#!/bin/sh
# Makes the embedded fonts of this directory, SHA256SUMS and printable.rs, the table of code points they cover.
#
# Source: Debian packages fonts-noto-core 20201225-1 (Noto Sans) and fonts-noto-cjk 1:20220127+repack1-1 (Noto Sans CJK),
#         both under the SIL Open Font License 1.1; unicode-data 15.0.0-1 for the lists of Han characters.
# Tool:   fonttools 4.68.0 from PyPI (python3 -m pip install fonttools==4.68.0).
# Use:    render/fonts/make-subsets.sh [PYTHON]     then copy printable.rs to core/src/plan/printable.rs
#
# Hints are dropped (print and screens above 150 dpi do not use them); every layout feature and the licence
# names stay. Scripts come with the regular weight only: a name in bold is drawn in regular where bold has no glyph.
set -eu
cd "$(dirname "$0")"
python=${1:-python3}
noto=/usr/share/fonts/truetype/noto

subset() { # FILE CODE-POINTS
    "$python" -m fontTools.subset "$noto/$1.ttf" --unicodes="$2" --output-file="$1.ttf" \
        --layout-features='*' --no-hinting --name-IDs='*' --notdef-outline --no-recalc-timestamp --drop-tables+=meta
}

# Latin, Greek, Cyrillic; punctuation without the controls FORMAT §2 refuses; currency, letterlike signs, arrows, mathematics.
european='U+20-7E,U+A0-AC,U+AE-52F,U+1C80-1C8F,U+1D00-1FFF,U+2010-2027,U+202F-205E,U+2070-218F,U+2190-22FF,U+25CC,U+2C60-2C7F,U+2DE0-2DFF,U+A640-A69F,U+A720-A7FF,U+AB30-AB6F,U+FB00-FB06,U+FE20-FE2F'
subset NotoSans-Regular "$european"
subset NotoSans-Bold "$european"

# One block or more for each further script; the dotted circle carries a mark that stands alone.
script() { subset "NotoSans$1-Regular" "U+20,U+25CC,$2"; }
script Arabic     'U+600-604,U+606-61B,U+61E-6FF,U+750-77F,U+8A0-8FF,U+FB50-FDFF,U+FE70-FEFC'
script Armenian   'U+530-58F,U+FB13-FB17'
script Bengali    'U+980-9FF,U+964,U+965'
script Devanagari 'U+900-97F,U+A8E0-A8FF,U+1CD0-1CFF'
script Ethiopic   'U+1200-139F,U+2D80-2DDF,U+AB00-AB2F'
script Georgian   'U+10A0-10FF,U+1C90-1CBF,U+2D00-2D2F'
script Gujarati   'U+A80-AFF'
script Gurmukhi   'U+A00-A7F'
script Hebrew     'U+590-5FF,U+FB1D-FB4F'
script Kannada    'U+C80-CFF'
script Khmer      'U+1780-17FF,U+19E0-19FF'
script Lao        'U+E80-EFF'
script Malayalam  'U+D00-D7F'
script Myanmar    'U+1000-109F,U+A9E0-A9FF,U+AA60-AA7F'
script Oriya      'U+B00-B7F'
script Sinhala    'U+D80-DFF'
script Symbols    'U+2190-21FF,U+2610-2612'
script Tamil      'U+B80-BFF'
script Telugu     'U+C00-C7F'
script Thaana     'U+780-7BF'
script Thai       'U+E00-E7F'

# Han, kana and Hangul, in the shapes of the Chinese mainland where regions differ (han.py says which characters).
# No layout features: names are set in horizontal lines of full-width characters, and Hangul comes composed (NFC).
characters=$(mktemp)
trap 'rm -f "$characters"' EXIT
"$python" han.py /usr/share/unicode > "$characters"
"$python" -m fontTools.subset /usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc --font-number=2 \
    --text-file="$characters" --output-file=NotoSansCJKsc-Regular.otf --layout-features='' --no-hinting \
    --name-IDs='*' --notdef-outline --no-recalc-timestamp --drop-tables+=BASE,GPOS,GSUB,VORG,vhea,vmtx

sha256sum ./*.ttf ./*.otf OFL.txt | sed 's| \./| |' > SHA256SUMS
"$python" printable.py ./*.ttf ./*.otf > printable.rs
