"""Prints what zxing-cpp reads in each image as one JSON object, image to the words of its QR codes: codes.py IMAGE..."""

import json
import sys

import zxingcpp
from PIL import Image


def codes(image: str) -> list[str]:
    found = zxingcpp.read_barcodes(Image.open(image).convert("L"), formats=zxingcpp.BarcodeFormat.QRCode)
    return [code.text for code in found]


json.dump({image: codes(image) for image in sys.argv[1:]}, sys.stdout)
