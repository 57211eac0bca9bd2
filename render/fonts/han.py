"""Prints the characters of the East Asian subset, sorted: the repertoire that people and registries write names with.

Use: han.py UNIHAN-FOLDER > characters.txt     (the folder of Debian's `unicode-data`)

Han: China's Table of General Standard Characters of 2013 with its list for names (kTGH), Big5 levels 1 and 2
(Taiwan), Hong Kong's List of Graphemes (kHKGlyph), JIS X 0208 and the kanji admitted for given names
(kJinmeiyoKanji), the hanja of KS X 1001, and IICore, which all of them agreed on. Beside them kana, bopomofo, the
2,350 Hangul syllables of KS X 1001, East Asian punctuation and full-width forms.
Characters that NFC replaces are left out: FORMAT §2 admits NFC only.
"""
import bz2
import sys
import unicodedata


def double_byte(codec, lead, trail):
    """The characters of a double-byte character set, by Python's own tables."""
    for first in lead:
        for second in trail:
            try:
                text = bytes((first, second)).decode(codec)
            except UnicodeDecodeError:
                continue
            if len(text) == 1:
                yield text


def listed(folder, *properties):
    """The characters that have one of these Unihan properties."""
    for file in ("DictionaryLikeData", "IRGSources", "OtherMappings"):
        for line in bz2.open(f"{folder}/Unihan_{file}.txt.bz2", "rt", encoding="utf-8"):
            if line.startswith("U+"):
                code, name, _ = line.split("\t")
                if name in properties:
                    yield chr(int(code[2:], 16))


LOW, HIGH = range(0x40, 0xFF), range(0xA1, 0xFF)
han = set(listed(sys.argv[1], "kTGH", "kIICore", "kHKGlyph", "kJinmeiyoKanji"))
han |= set(double_byte("big5", range(0xA4, 0xC7), LOW))
han |= set(double_byte("big5", range(0xC9, 0xFA), LOW))
han |= set(double_byte("gb2312", range(0xB0, 0xF8), HIGH))
han |= set(double_byte("euc_jp", range(0xB0, 0xF5), HIGH))
han |= set(double_byte("euc_kr", range(0xCA, 0xFE), HIGH))
han = {character for character in han if unicodedata.name(character, "").startswith("CJK UNIFIED")}

hangul = set(double_byte("euc_kr", range(0xB0, 0xC9), HIGH))
blocks = [
    (0x20, 0x20),
    (0x3000, 0x303F),  # punctuation
    (0x3041, 0x30FF),  # kana
    (0x3105, 0x312F),  # bopomofo
    (0x31A0, 0x31BF),
    (0x31F0, 0x31FF),
    (0xFF01, 0xFF9F),  # full-width forms, half-width katakana
    (0xFFE0, 0xFFE6),
]
others = {chr(code) for first, last in blocks for code in range(first, last + 1)}

everything = han | hangul | others
print("".join(sorted(c for c in everything if unicodedata.normalize("NFC", c) == c)), end="")
