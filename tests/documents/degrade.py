#!/usr/bin/env python3
"""Makes from one clean page what copiers, fax machines, phones and pockets make of it.

    degrade.py page.png folder [name...]

page.png is the first page of a printed plan as a grey raster of 300 dpi. The folder receives one file for every
entry of SCANS (PNG) and PHOTOGRAPHS (JPEG), or for those named only, called after it; "scans" and "photographs" name
all of a kind. The same page always gives the same files: each file's random numbers start from its name.
"""

import math
import sys
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter

DPI = 300

Entry = TypeVar("Entry")

# A step takes a grey image and random numbers, and gives the image as it is afterwards.
Step = Callable[[Image.Image, np.random.Generator], Image.Image]


def main(page_file: str, folder: str, *names: str) -> None:
    page = Image.open(page_file).convert("L")
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    for name, steps in chosen("scans", SCANS, names):
        after(page, steps, random_numbers(name)).save(target / f"{name}.png")
    for name, shot in chosen("photographs", PHOTOGRAPHS, names):
        shot.take(page, random_numbers(name)).save(target / f"{name}.jpg", quality=shot.quality)


def chosen(kind: str, entries: dict[str, Entry], names: tuple[str, ...]) -> Iterator[tuple[str, Entry]]:
    return ((name, entry) for name, entry in entries.items() if not names or kind in names or name in names)


def after(image: Image.Image, steps: tuple[Step, ...], random: np.random.Generator) -> Image.Image:
    for step in steps:
        image = step(image, random)
    return image


def random_numbers(name: str) -> np.random.Generator:
    return np.random.default_rng(zlib.crc32(name.encode()))


# --- Taking a photograph -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Shot:
    """One photograph, in the order in which things happen to the light."""

    # What happened to the paper before.
    marks: tuple[Step, ...] = ()
    # The whole page, or the column with the two codes.
    whole_page: bool = False
    # Degrees by which the phone leans back, and by which it is turned.
    tilt: float = 0
    turn: float = 0
    # What lies between the paper and the sensor: shadows, glare, the lens, a moving hand.
    light: tuple[Step, ...] = ()
    # Standard deviation of the sensor's noise, of 255.
    noise: float = 3
    # Width and height in pixels.
    frame: tuple[int, int] = (1500, 2000)
    # What JPEG keeps of it.
    quality: int = 85

    def take(self, page: Image.Image, random: np.random.Generator) -> Image.Image:
        paper = after(page, self.marks, random)
        if not self.whole_page:
            paper = paper.crop(column_of_codes(paper.size))
        seen = self.view(paper)
        return noisy(self.noise)(after(seen, self.light, random), random)

    def view(self, paper: Image.Image) -> Image.Image:
        """The paper on a grey desk, seen by a pinhole camera."""
        corners = self.corners_in_frame(paper.size)
        back = homography(corners, rectangle(paper.size))
        desk = Image.new("L", self.frame, 110)
        on_paper = Image.new("L", paper.size, 255).transform(self.frame, Image.Transform.PERSPECTIVE, back)
        reduced = soften(paper, shrinking(corners, paper.size))
        seen = reduced.transform(self.frame, Image.Transform.PERSPECTIVE, back, Image.Resampling.BICUBIC)
        desk.paste(seen, mask=on_paper)
        return desk

    def corners_in_frame(self, size: tuple[int, int]) -> np.ndarray:
        """Where the paper's corners fall so that it fills the frame but for a margin."""
        seen = project(rectangle(size), self.tilt, self.turn)
        spread = seen.max(axis=0) - seen.min(axis=0)
        middle = (seen.max(axis=0) + seen.min(axis=0)) / 2
        frame = np.array(self.frame)
        return (seen - middle) * min(0.94 * frame / spread) + frame / 2


def column_of_codes(size: tuple[int, int]) -> tuple[int, int, int, int]:
    """The right half of the page below its safety box."""
    width, height = size
    return round(0.60 * width), round(0.26 * height), width, round(0.74 * height)


def rectangle(size: tuple[int, int]) -> np.ndarray:
    width, height = size
    return np.array([(0, 0), (width, 0), (width, height), (0, height)], dtype=float)


def project(corners: np.ndarray, tilt: float, turn: float) -> np.ndarray:
    """Turns the paper in its plane, leans it back and looks at it from 1.3 times its longer side."""
    centred = corners - corners.mean(axis=0)
    distance = 1.3 * np.ptp(centred, axis=0).max()
    a, b = math.radians(turn), math.radians(tilt)
    x = math.cos(a) * centred[:, 0] - math.sin(a) * centred[:, 1]
    y = math.sin(a) * centred[:, 0] + math.cos(a) * centred[:, 1]
    nearer = distance / (distance - math.sin(b) * y)
    return np.column_stack([x * nearer, math.cos(b) * y * nearer])


def homography(source: np.ndarray, target: np.ndarray) -> tuple[float, ...]:
    """The eight coefficients that carry the four source points to the target points."""
    rows, values = [], []
    for (x, y), (u, v) in zip(source, target):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        values += [u, v]
    return tuple(np.linalg.solve(np.array(rows), np.array(values)))


def shrinking(corners: np.ndarray, size: tuple[int, int]) -> float:
    """How many pixels of the paper become one of the photograph, along its shortest edge."""
    edges = np.linalg.norm(corners - np.roll(corners, 1, axis=0), axis=1)
    return float(min(size) / min(edges))


def soften(paper: Image.Image, factor: float) -> Image.Image:
    """A pixel sees the light of its whole area: without this a smaller photograph would have jagged modules."""
    return paper.filter(ImageFilter.GaussianBlur(0.4 * factor))


# --- What happens to the paper -------------------------------------------------------------------------------------


def faded(page: Image.Image, random: np.random.Generator) -> Image.Image:
    """The cartridge is nearly empty: black prints as grey, and less and less of it across the sheet."""
    grain = random.normal(0, 8, (page.height, page.width))
    black = 120 + 40 * np.linspace(0, 1, page.width)[None, :] + grain
    return image_of(black + pixels(page) * (235 - black) / 255)


def streaked(page: Image.Image, random: np.random.Generator) -> Image.Image:
    """A scratched drum leaves white lines down the sheet."""
    printed = page.copy()
    draw = ImageDraw.Draw(printed)
    for x in random.uniform(0, page.width, 25):
        draw.line([(x, 0), (x, page.height)], fill=255, width=int(random.integers(1, 4)))
    return printed


def folded(page: Image.Image, random: np.random.Generator) -> Image.Image:
    """Carried in a pocket: along a fold through the code toner has flaked off, and one half lies in shade."""
    left, top, right, bottom = offline_code(page)
    fold = top + 0.55 * (bottom - top)
    worn = pixels(page)
    for x in range(page.width):
        flaked = round(random.uniform(0.2, 0.9) * mm(1))
        middle = round(fold + random.normal(0, mm(0.1)))
        worn[middle - flaked // 2 : middle + flaked // 2, x] = random.uniform(215, 245)
    worn[: round(fold)] *= 0.85
    return image_of(worn)


def coffee_ring(page: Image.Image, _: np.random.Generator) -> Image.Image:
    """A cup of 80 mm stood on the paper; its ring crosses the code."""
    left, top, right, bottom = offline_code(page)
    stain = Image.new("L", page.size, 255)
    x, y, radius = right + mm(6), bottom - mm(2), mm(40)
    ImageDraw.Draw(stain).ellipse([x - radius, y - radius, x + radius, y + radius], outline=130, width=mm(3))
    return ImageChops.multiply(page, stain.filter(ImageFilter.GaussianBlur(mm(0.4))))


def smudge(page: Image.Image, _: np.random.Generator) -> Image.Image:
    """A wet finger went over the code: dark, without an edge, 9 mm across."""
    left, top, right, bottom = offline_code(page)
    blot = Image.new("L", page.size, 255)
    x, y, radius = left + 0.6 * (right - left), top + 0.6 * (bottom - top), mm(4.5)
    ImageDraw.Draw(blot).ellipse([x - radius, y - radius, x + radius, y + radius], fill=70)
    return ImageChops.multiply(page, blot.filter(ImageFilter.GaussianBlur(mm(1))))


def pen_stroke(page: Image.Image, _: np.random.Generator) -> Image.Image:
    """Someone ticked the code with a ballpoint pen of 0.7 mm."""
    left, top, right, bottom = offline_code(page)
    ticked = page.copy()
    across, down = right - left, bottom - top
    points = [(left - mm(3), top + 0.5 * down), (left + 0.4 * across, bottom - 0.15 * down), (right, top - mm(2))]
    ImageDraw.Draw(ticked).line(points, fill=40, width=mm(0.7), joint="curve")
    return ticked


def curled(page: Image.Image, _: np.random.Generator) -> Image.Image:
    """The sheet was rolled up: lines of text bend by 8 mm, the sides are foreshortened and darker."""
    across = np.linspace(-1, 1, page.width)
    columns = (np.arcsin(0.8 * across) / math.asin(0.8) + 1) / 2 * (page.width - 1)
    sag = mm(8) * (1 - across**2)
    rows = np.arange(page.height)[:, None] + sag[None, :]
    shade = np.sqrt(1 - (0.8 * across) ** 2)
    return image_of(sample(pixels(page), rows, np.broadcast_to(columns, rows.shape)) * (0.4 + 0.6 * shade))


def offline_code(page: Image.Image) -> tuple[int, int, int, int]:
    """The square of 45 mm in which black and white change most often."""
    dark = pixels(page) < 128
    changes = np.zeros((page.height + 1, page.width + 1), dtype=np.int64)
    changes[1:, 2:] = np.cumsum(np.cumsum(dark[:, 1:] != dark[:, :-1], axis=0), axis=1)
    side = mm(45)
    inside = changes[side:, side:] - changes[side:, :-side] - changes[:-side, side:] + changes[:-side, :-side]
    top, left = np.unravel_index(np.argmax(inside), inside.shape)
    return int(left), int(top), int(left) + side, int(top) + side


# --- What happens to the light -------------------------------------------------------------------------------------


def shadow(photo: Image.Image, _: np.random.Generator) -> Image.Image:
    """The phone's own shadow lies across the paper, with an edge through the code."""
    light = Image.new("L", photo.size, 255)
    width, height = photo.size
    corner = [(0, 0), (0.75 * width, 0), (0.3 * width, height), (0, height)]
    ImageDraw.Draw(light).polygon(corner, fill=95)
    return ImageChops.multiply(photo, light.filter(ImageFilter.GaussianBlur(0.012 * width)))


def lamp_at_one_side(photo: Image.Image, _: np.random.Generator) -> Image.Image:
    """A bedside lamp: bright at one corner, a fifth of the light at the other."""
    x = np.linspace(0, 1, photo.width)[None, :]
    y = np.linspace(0, 1, photo.height)[:, None]
    return image_of(pixels(photo) * (1.05 - 0.85 * (x + y) / 2))


def glare(photo: Image.Image, _: np.random.Generator) -> Image.Image:
    """A plastic wallet mirrors a window: a washed-out patch at the edge of the code."""
    patch = Image.new("L", photo.size, 0)
    width, height = photo.size
    box = [0.10 * width, 0.02 * height, 0.45 * width, 0.22 * height]
    ImageDraw.Draw(patch).ellipse(box, fill=150)
    return ImageChops.add(photo, patch.filter(ImageFilter.GaussianBlur(0.03 * width)))


def dark_room(photo: Image.Image, random: np.random.Generator) -> Image.Image:
    """A sitting room at night without flash: a sixth of the light, so that noise weighs more."""
    return image_of(18 + pixels(photo) / 6 + random.normal(0, 4, (photo.height, photo.width)))


def out_of_focus(radius: float) -> Step:
    """The lens focused on something else; the radius in pixels of the photograph."""
    return lambda photo, _: photo.filter(ImageFilter.GaussianBlur(radius))


def moved(right: int, down: int) -> Step:
    """The hand moved by so many pixels while the shutter was open."""

    def step(photo: Image.Image, _: np.random.Generator) -> Image.Image:
        steps = max(abs(right), abs(down))
        seen = [np.roll(pixels(photo), (round(down * i / steps), round(right * i / steps)), (0, 1)) for i in range(steps)]
        return image_of(np.mean(seen, axis=0))

    return step


def noisy(deviation: float) -> Step:
    """Each pixel of a small sensor in poor light is a little wrong."""

    def step(photo: Image.Image, random: np.random.Generator) -> Image.Image:
        return image_of(pixels(photo) + random.normal(0, deviation, (photo.height, photo.width)))

    return step


def screen(photo: Image.Image, _: np.random.Generator) -> Image.Image:
    """The code was shown by a monitor: its lines beat with the camera's pixels."""
    y, x = np.mgrid[0 : photo.height, 0 : photo.width]
    lines = 0.5 + 0.5 * np.sin(2 * math.pi * (y * 0.47 + x * 0.012))
    columns = 0.5 + 0.5 * np.sin(2 * math.pi * (x * 0.31 - y * 0.009))
    return image_of(pixels(photo) * (0.62 + 0.22 * lines + 0.16 * columns))


# --- What happens in copiers and fax machines ----------------------------------------------------------------------


def scanned(dpi: int, dpi_down: int | None = None) -> Step:
    """Read at another resolution, which fax machines have differently along and across the line."""

    def step(page: Image.Image, _: np.random.Generator) -> Image.Image:
        width, height = page.width * dpi // DPI, page.height * (dpi_down or dpi) // DPI
        return page.resize((width, height), Image.Resampling.BOX)

    return step


def printed_at(percent: int) -> Step:
    """Fit to page: the driver shrinks the page into the printer's margins."""

    def step(page: Image.Image, _: np.random.Generator) -> Image.Image:
        smaller = page.resize((page.width * percent // 100, page.height * percent // 100), Image.Resampling.LANCZOS)
        sheet = Image.new("L", page.size, 255)
        sheet.paste(smaller, ((page.width - smaller.width) // 2, (page.height - smaller.height) // 2))
        return sheet

    return step


def laid_askew(degrees: float) -> Step:
    """Nobody lays a sheet straight on the glass."""
    return lambda page, _: page.rotate(degrees, Image.Resampling.BICUBIC, fillcolor=255)


def black_and_white(threshold: int) -> Step:
    """One bit to a pixel; a lower threshold is a lighter copy."""
    return lambda page, _: page.point(lambda grey: 255 if grey >= threshold else 0).convert("L")


def one_bit(page: Image.Image, _: np.random.Generator) -> Image.Image:
    """Stored as bilevel files are: eight pixels to a byte."""
    return page.convert("1", dither=Image.Dither.NONE)


def dithered(page: Image.Image, _: np.random.Generator) -> Image.Image:
    """A fax machine set to photograph draws grey as a pattern of dots."""
    return page.convert("1", dither=Image.Dither.FLOYDSTEINBERG)


def toner_spread(radius: float) -> Step:
    """Toner and ink do not keep to their pixel."""
    return lambda page, _: page.filter(ImageFilter.GaussianBlur(radius))


def speckled(share: float) -> Step:
    """Dust on the glass and stray toner: this share of the pixels is turned over."""

    def step(page: Image.Image, random: np.random.Generator) -> Image.Image:
        flipped = random.random((page.height, page.width)) < share
        return image_of(np.where(flipped, 255 - pixels(page), pixels(page)))

    return step


def stretched_lines(page: Image.Image, _: np.random.Generator) -> Image.Image:
    """A viewer shows each line of a standard fax twice, so that the page has its shape again."""
    return page.resize((page.width, page.height * 2), Image.Resampling.NEAREST)


# --- Pixels --------------------------------------------------------------------------------------------------------


def mm(length: float) -> int:
    return round(length * DPI / 25.4)


def pixels(image: Image.Image) -> np.ndarray:
    return np.asarray(image.convert("L"), dtype=np.float32).copy()


def image_of(values: np.ndarray) -> Image.Image:
    return Image.fromarray(np.clip(np.rint(values), 0, 255).astype(np.uint8))


def sample(values: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Bilinear interpolation; beyond the edge the edge goes on."""
    rows = np.clip(rows, 0, values.shape[0] - 1.001)
    columns = np.clip(columns, 0, values.shape[1] - 1.001)
    y, x = rows.astype(int), columns.astype(int)
    down, right = rows - y, columns - x
    upper = values[y, x] * (1 - right) + values[y, x + 1] * right
    lower = values[y + 1, x] * (1 - right) + values[y + 1, x + 1] * right
    return upper * (1 - down) + lower * down


# --- The set -------------------------------------------------------------------------------------------------------

COPY: tuple[Step, ...] = (scanned(200), black_and_white(140), toner_spread(0.7))
COPY_OF_COPY: tuple[Step, ...] = (
    *COPY,
    speckled(0.002),
    laid_askew(0.7),
    printed_at(97),
    toner_spread(0.6),
)

SCANS: dict[str, tuple[Step, ...]] = {
    "scan_150_dpi": (scanned(150),),
    "scan_100_dpi": (scanned(100),),
    "scan_upside_down": (scanned(150), laid_askew(180)),
    "fit_to_page_94": (printed_at(94), scanned(150)),
    "copy_of_copy": (*COPY_OF_COPY, black_and_white(128), one_bit),
    "copy_of_copy_dark": (*COPY_OF_COPY, black_and_white(175), one_bit),
    "copy_of_copy_light": (*COPY_OF_COPY, black_and_white(85), one_bit),
    "copy_of_copy_of_94": (printed_at(94), *COPY_OF_COPY, black_and_white(128), one_bit),
    "copy_of_faded": (faded, scanned(200), black_and_white(180), toner_spread(0.7), black_and_white(140), one_bit),
    "copy_of_streaked": (streaked, *COPY_OF_COPY, black_and_white(128), one_bit),
    "fax_fine": (laid_askew(0.4), scanned(204, 196), speckled(0.001), black_and_white(128), one_bit),
    "fax_fine_dithered": (laid_askew(0.4), toner_spread(1), scanned(204, 196), dithered),
    "fax_fine_of_copy": (laid_askew(0.4), scanned(204, 196), black_and_white(128), toner_spread(0.6), black_and_white(128), one_bit),
    "fax_standard": (laid_askew(0.4), scanned(204, 98), black_and_white(128), one_bit),
    "fax_standard_stretched": (laid_askew(0.4), scanned(204, 98), black_and_white(128), stretched_lines, one_bit),
}

PHOTOGRAPHS: dict[str, Shot] = {
    "codes_straight": Shot(),
    "codes_tilted_10": Shot(tilt=10),
    "codes_tilted_20": Shot(tilt=20),
    "codes_tilted_30": Shot(tilt=30),
    "codes_tilted_30_sideways": Shot(tilt=30, turn=90),
    "codes_tilted_30_corner": Shot(tilt=30, turn=40),
    "codes_turned_7": Shot(turn=7),
    "codes_turned_45": Shot(turn=45),
    "codes_turned_90": Shot(turn=90),
    "codes_turned_180": Shot(turn=180),
    "codes_defocus_slight": Shot(light=(out_of_focus(1.5),)),
    "codes_defocus": Shot(light=(out_of_focus(2.5),)),
    "codes_defocus_strong": Shot(light=(out_of_focus(3.5),)),
    "codes_moved_4": Shot(light=(moved(4, 2),)),
    "codes_moved_8": Shot(light=(moved(8, 3),)),
    "codes_noise": Shot(noise=25),
    "codes_noise_strong": Shot(noise=45),
    "codes_shadow": Shot(light=(shadow,)),
    "codes_lamp": Shot(light=(lamp_at_one_side,)),
    "codes_glare": Shot(light=(glare,)),
    "codes_dark_room": Shot(light=(dark_room,)),
    "codes_jpeg_40": Shot(quality=40),
    "codes_jpeg_15": Shot(quality=15),
    "codes_faded": Shot(marks=(faded,)),
    "codes_streaked": Shot(marks=(streaked,)),
    "codes_folded": Shot(marks=(folded,)),
    "codes_coffee_ring": Shot(marks=(coffee_ring,)),
    "codes_smudge": Shot(marks=(smudge,)),
    "codes_pen_stroke": Shot(marks=(pen_stroke,)),
    "codes_curled": Shot(marks=(curled,), tilt=10),
    "codes_screen": Shot(light=(screen,)),
    "codes_hurried": Shot(tilt=20, turn=12, light=(moved(3, 2), shadow), noise=12, quality=60),
    "codes_pocket": Shot(marks=(faded, folded), tilt=12, turn=-8, light=(lamp_at_one_side,), noise=8, quality=70),
    "page_straight": Shot(whole_page=True, frame=(3000, 4000)),
    "page_tilted_20": Shot(whole_page=True, frame=(3000, 4000), tilt=20, turn=4),
    "page_turned_90": Shot(whole_page=True, frame=(4000, 3000), turn=90),
    "page_turned_45": Shot(whole_page=True, frame=(3000, 4000), turn=45),
    "page_shadow": Shot(whole_page=True, frame=(3000, 4000), tilt=8, turn=-3, light=(shadow,), noise=8),
    "page_curled": Shot(whole_page=True, frame=(3000, 4000), marks=(curled,), tilt=15),
    "page_hurried": Shot(whole_page=True, frame=(3000, 4000), tilt=20, turn=7, light=(moved(4, 2), shadow), noise=12, quality=60),
    "page_3_megapixels": Shot(whole_page=True, frame=(1500, 2000), tilt=5, turn=2),
    "page_by_messenger": Shot(whole_page=True, frame=(1200, 1600), tilt=5, turn=2, quality=60),
    "page_by_messenger_tilted": Shot(whole_page=True, frame=(1200, 1600), tilt=20, turn=5, light=(shadow,), quality=60),
    "page_48_megapixels": Shot(whole_page=True, frame=(6000, 8000), tilt=8, turn=3, light=(out_of_focus(2),), noise=8),
}

if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit("usage: degrade.py page.png folder [name...]")
    main(*sys.argv[1:])
