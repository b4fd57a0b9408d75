"""Pictures in place of photos: drawn scenes with EXIF, the same for the same seed."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from field_app.controllers.pen import Stroke

WIDTH, HEIGHT = 960, 640
#: Width and height of what is signed on.
SIGNED_ON = (700.0, 400.0)
_Pen = ImageDraw.ImageDraw


@dataclass(frozen=True)
class Shot:
    """Where and when a picture was taken, for its EXIF (local time; degrees, metres)."""

    taken_at: datetime
    longitude_deg: float
    latitude_deg: float
    height_m: float
    bearing_deg: float
    author: str


def take(scene: str, seed: Sequence[int], shot: Shot | None = None) -> bytes:
    """A JPEG of the scene; one of SCENES. With `shot`, time, position and bearing are in EXIF."""
    random = np.random.default_rng(list(seed))
    image = _landscape(random)
    pen = ImageDraw.Draw(image)
    SCENES[scene](pen, random)
    image = _light(image.filter(ImageFilter.GaussianBlur(0.7)), random)
    out = io.BytesIO()
    options = {"exif": _exif(shot)} if shot else {}
    image.save(out, "JPEG", quality=84, **options)
    return out.getvalue()


def hand(seed: Sequence[int]) -> tuple[Stroke, ...]:
    """A signature in a hand of its own, the same for the same seed: strokes of the pen."""
    random = np.random.default_rng([*seed, 1])
    strokes = []
    for left in np.linspace(0.15, 0.65, 3):
        x = left + np.sort(random.uniform(0.0, 0.2, 6))
        y = 0.5 + random.uniform(-0.2, 0.2, 6)
        strokes.append(Stroke(tuple(zip(x.tolist(), y.tolist(), strict=True)), 0.008, (20, 20, 60)))
    return tuple(strokes)


def _exif(shot: Shot) -> Image.Exif:
    exif = Image.Exif()
    stamp = shot.taken_at.strftime("%Y:%m:%d %H:%M:%S")
    exif[0x010F], exif[0x0110], exif[0x0132] = "Xiangtu", "Demonstration", stamp
    exif[0x0112] = 1
    exif[0x013B] = shot.author.encode("utf-8").decode("latin-1")
    detail = exif.get_ifd(0x8769)
    detail[0x9003] = detail[0x9004] = stamp
    detail[0x9011] = "+08:00"
    gps = exif.get_ifd(0x8825)
    gps[0] = b"\x02\x03\x00\x00"
    gps[1], gps[2] = "N" if shot.latitude_deg >= 0 else "S", _sexagesimal(abs(shot.latitude_deg))
    gps[3], gps[4] = "E" if shot.longitude_deg >= 0 else "W", _sexagesimal(abs(shot.longitude_deg))
    gps[5], gps[6] = b"\x00", round(shot.height_m, 2)
    gps[16], gps[17] = "T", round(shot.bearing_deg % 360, 1)
    return exif


def _sexagesimal(degrees: float) -> tuple[float, float, float]:
    whole = int(degrees)
    minutes = int((degrees - whole) * 60)
    return float(whole), float(minutes), round((degrees - whole - minutes / 60) * 3600, 4)


_X = np.arange(WIDTH, dtype=np.float32)
_Y = np.arange(HEIGHT, dtype=np.float32)[:, None]
#: A darker rim, as lenses give: the factor of each pixel.
_RIM = (
    1 - 0.10 * ((_X / WIDTH * 2 - 1) ** 2 + (_Y / HEIGHT * 2 - 1) ** 2)
)[..., None]  # fmt: skip


def _landscape(random: np.random.Generator) -> Image.Image:
    """Sky, three ranges of hills one behind the other, and a meadow."""
    part = (_Y / HEIGHT) ** 0.8
    top = np.array([96, 152, 214], np.float32) + random.normal(0, 10, 3)
    low = np.array([226, 234, 236], np.float32) + random.normal(0, 5, 3)
    column = (top * (1 - part) + low * part).astype(np.uint8)
    image = Image.fromarray(np.repeat(column[:, None, :], WIDTH, axis=1))
    pen = ImageDraw.Draw(image)
    tint = random.uniform(-12, 12)
    edge = _X[::6]
    for level, (base, tall, colour) in enumerate(
        (
            (0.46, 90, (150, 176, 190)),
            (0.52, 70, (108, 146, 132)),
            (0.58, 46, (84, 126, 82)),
        )
    ):
        ridge = base * HEIGHT + sum(
            tall / k * np.sin(edge / WIDTH * 2 * np.pi * k * (0.6 + 0.25 * level) + phase)
            for k, phase in zip((1, 2, 4, 9), random.uniform(0, 6.3, 4), strict=True)
        )
        points = [*zip(edge.tolist(), ridge.tolist(), strict=True), (WIDTH, float(ridge[-1]))]
        pen.polygon([*points, (WIDTH, HEIGHT), (0, HEIGHT)], fill=_shaded(colour, 1.0, tint))
    bend = random.uniform(0, 6)
    for band in range(12):
        y = HEIGHT * (0.66 + band * 0.03) + 6 * np.sin(edge / 130 + bend)
        points = [*zip(edge.tolist(), y.tolist(), strict=True), (WIDTH, float(y[-1]))]
        colour = _shaded((142, 164, 88), 1 - 0.026 * band, 0)
        pen.polygon([*points, (WIDTH, HEIGHT), (0, HEIGHT)], fill=colour)
    return image


def _shaded(colour: tuple[int, int, int], factor: float, more: float) -> tuple[int, int, int]:
    red, green, blue = (int(np.clip(each * factor + more, 0, 255)) for each in colour)
    return red, green, blue


def _light(image: Image.Image, random: np.random.Generator) -> Image.Image:
    """Warm or cold light, a darker rim and grain."""
    pixels = np.asarray(image, np.float32)
    warm = np.array([1 + random.uniform(-0.03, 0.05), 1.0, 1 + random.uniform(-0.05, 0.03)])
    grain = random.integers(-5, 6, (HEIGHT, WIDTH, 1), np.int8)
    lit = pixels * _RIM * warm.astype(np.float32) + grain
    return Image.fromarray(np.clip(lit, 0, 255).astype(np.uint8))


def _bricks(
    pen: _Pen, box: tuple[float, float, float, float], colour: tuple[int, int, int],
    random: np.random.Generator, tall: int = 14,
) -> None:  # fmt: skip
    left, top, right, bottom = box
    pen.rectangle(box, fill=colour)
    for row, y in enumerate(np.arange(top, bottom, tall)):
        for x in np.arange(left - (row % 2) * tall, right, 2 * tall):
            shade = random.integers(-13, 13)
            brick = tuple(int(np.clip(c + shade, 0, 255)) for c in colour)
            pen.rectangle(
                (max(x, left), y, min(x + 2 * tall - 2, right), min(y + tall - 2, bottom)),
                fill=brick,
            )


def _roof(
    pen: _Pen, left: float, right: float, y: float, tall: float,
    colour: tuple[int, int, int] = (66, 66, 74),
) -> None:  # fmt: skip
    """A tiled roof with turned-up eaves."""
    over = 34
    pen.polygon(
        [(left - over, y - 10), (left - over + 14, y + 4), (right + over - 14, y + 4),
         (right + over, y - 10), (right - 22, y - tall), (left + 22, y - tall)],
        fill=colour,
    )  # fmt: skip
    for x in np.arange(left - over + 18, right + over - 12, 12):
        lean = (x - (left + right) / 2) * 0.16
        pen.line((x - lean, y - tall + 3, x, y + 2), fill=(44, 44, 52), width=2)
    pen.rectangle((left + 14, y - tall - 8, right - 14, y - tall + 2), fill=(48, 48, 54))


def _tree(pen: _Pen, x: float, y: float, size: float, random: np.random.Generator) -> None:
    pen.rectangle((x - size * 0.06, y - size * 0.7, x + size * 0.06, y), fill=(92, 70, 50))
    for _ in range(26):
        dx, dy = random.normal(0, size * 0.2, 2)
        r = size * random.uniform(0.1, 0.2)
        green = int(random.integers(84, 138))
        pen.ellipse((x + dx - r, y - size * 0.9 + dy - r, x + dx + r, y - size * 0.9 + dy + r),
                    fill=(int(green * 0.6), green, 58))  # fmt: skip


def _hall(pen: _Pen, random: np.random.Generator) -> None:
    _tree(pen, 130, 470, 190, random)
    _bricks(pen, (250, 330, 720, 520), (150, 150, 148), random)
    for x in (250, 720):
        steps = [(x - 26, 300), (x - 26, 280), (x + 26, 280), (x + 26, 300)]
        pen.polygon([*steps, (x + 20, 520), (x - 20, 520)], fill=(228, 226, 218))
        pen.rectangle((x - 34, 270, x + 34, 284), fill=(52, 52, 58))
    _roof(pen, 270, 700, 332, 90)
    pen.rectangle((440, 400, 530, 520), fill=(74, 42, 32))
    pen.line((485, 400, 485, 520), fill=(40, 24, 20), width=4)
    pen.rectangle((420, 366, 550, 394), fill=(38, 40, 46), outline=(180, 150, 70), width=3)
    for x in (320, 610):
        pen.rectangle((x, 410, x + 60, 470), fill=(64, 44, 36))
        for offset in range(8, 60, 13):
            pen.line((x + offset, 410, x + offset, 470), fill=(150, 120, 80), width=2)
    pen.polygon([(400, 520), (570, 520), (600, 560), (370, 560)], fill=(172, 168, 158))


def _pagoda(pen: _Pen, random: np.random.Generator) -> None:
    _tree(pen, 760, 500, 170, random)
    for level in range(7):
        half = 92 - level * 10
        bottom = 540 - level * 62
        _bricks(pen, (480 - half, bottom - 58, 480 + half, bottom), (176, 150, 126), random, 11)
        pen.polygon([(480 - half - 22, bottom - 56), (480 + half + 22, bottom - 56),
                     (480 + half - 4, bottom - 70), (480 - half + 4, bottom - 70)],
                    fill=(72, 68, 70))  # fmt: skip
        pen.pieslice((468, bottom - 46, 492, bottom - 4), 180, 360, fill=(56, 40, 34))
        pen.rectangle((468, bottom - 26, 492, bottom - 4), fill=(56, 40, 34))
    pen.polygon([(450, 106), (510, 106), (484, 66), (480, 20), (476, 66)], fill=(70, 66, 66))


def _arch(pen: _Pen, random: np.random.Generator) -> None:
    stone = (186, 182, 170)
    for x in (260, 400, 560, 700):
        _bricks(pen, (x - 16, 250, x + 16, 540), stone, random, 30)
        pen.polygon(
            [(x - 30, 540), (x + 30, 540), (x + 20, 490), (x - 20, 490)], fill=(164, 160, 150)
        )
    for left, right, y in ((240, 416, 300), (384, 576, 230), (544, 720, 300)):
        pen.rectangle((left, y, right, y + 30), fill=(170, 166, 154))
        pen.rectangle((left, y + 48, right, y + 72), fill=(178, 174, 162))
        _roof(pen, left, right, y, 26, (142, 138, 130))
    pen.rectangle((440, 268, 520, 300), fill=(150, 146, 138), outline=(96, 92, 86), width=3)


def _bridge(pen: _Pen, random: np.random.Generator) -> None:
    pen.rectangle((0, 500, WIDTH, HEIGHT), fill=(98, 138, 150))
    for _ in range(60):
        x, y = random.uniform(0, WIDTH), random.uniform(505, HEIGHT)
        pen.line((x, y, x + random.uniform(20, 90), y), fill=(132, 168, 176), width=2)
    top = [(x, 400 - 95 * np.cos((x - 480) / 400 * np.pi / 2)) for x in range(80, 881, 20)]
    pen.polygon([*top, (880, 520), (80, 520)], fill=(168, 160, 146))
    for row in range(6):
        for x in range(90, 870, 44):
            y = 408 + row * 20
            shade = int(random.integers(-14, 14))
            pen.rectangle((x, y, x + 40, y + 17), fill=(166 + shade, 158 + shade, 144 + shade))
    pen.pieslice((340, 380, 620, 660), 180, 360, fill=(98, 138, 150))
    pen.pieslice((366, 394, 594, 622), 180, 360, fill=(70, 84, 84))
    pen.rectangle((340, 520, 620, 560), fill=(98, 138, 150))
    for x, y in top[::2]:
        pen.rectangle((x - 4, y - 34, x + 4, y), fill=(150, 144, 132))
    pen.line([(x, y - 28) for x, y in top], fill=(150, 144, 132), width=7)
    _tree(pen, 900, 440, 190, random)


def _cliff(pen: _Pen, random: np.random.Generator) -> None:
    pen.polygon([(120, 560), (160, 190), (300, 110), (560, 90), (760, 160), (850, 560)],
                fill=(150, 138, 122))  # fmt: skip
    for _ in range(70):
        x, y = random.uniform(170, 800), random.uniform(170, 540)
        dx, dy = random.normal(0, 26), random.uniform(10, 60)
        shade = int(random.integers(116, 168))
        pen.line((x, y, x + dx, y + dy), fill=(shade, shade - 10, shade - 24), width=3)
    for left in (320, 520):
        pen.rectangle(
            (left, 220, left + 130, 440), fill=(172, 162, 148), outline=(110, 100, 90), width=4
        )
        for column in range(4):
            for row in range(7):
                x, y = left + 14 + column * 29, 232 + row * 29
                for _ in range(4):
                    a, b = random.uniform(0, 20, 2), random.uniform(0, 20, 2)
                    pen.line((x + a[0], y + a[1], x + b[0], y + b[1]), fill=(84, 60, 50), width=3)


def _well(pen: _Pen, random: np.random.Generator) -> None:
    _tree(pen, 220, 450, 220, random)
    pen.polygon([(230, 500), (730, 500), (840, 610), (120, 610)], fill=(166, 162, 152))
    for x in range(150, 820, 66):
        pen.line((480 + (x - 480) * 0.72, 500, x, 610), fill=(132, 128, 120), width=3)
    pen.ellipse((330, 460, 630, 580), fill=(150, 146, 138), outline=(104, 100, 94), width=5)
    _bricks(pen, (334, 440, 626, 520), (156, 152, 144), random, 18)
    pen.ellipse((330, 395, 630, 490), fill=(176, 172, 162), outline=(110, 106, 100), width=4)
    pen.ellipse((375, 412, 585, 474), fill=(28, 36, 40))


def _mound(pen: _Pen, random: np.random.Generator) -> None:
    pen.polygon([(60, 560), (220, 400), (480, 350), (760, 390), (910, 560)], fill=(162, 128, 88))
    for level, colour in enumerate(((132, 96, 66), (186, 140, 96), (110, 74, 56))):
        middle = 440 + level * 34
        wave = [(x, middle + 8 * np.sin(x / 60 + level)) for x in range(180, 801, 20)]
        pen.line(wave, fill=colour, width=12)
    for _ in range(60):
        x, y = random.uniform(150, 830), random.uniform(470, 570)
        pen.polygon([(x, y), (x + 14, y - 5), (x + 20, y + 8), (x + 5, y + 11)],
                    fill=(118, 140, 128) if random.random() < 0.5 else (170, 88, 60))  # fmt: skip


def _tomb(pen: _Pen, random: np.random.Generator) -> None:
    for x in (130, 820):
        _tree(pen, x, 490, 210, random)
    pen.pieslice((220, 280, 740, 760), 180, 360, fill=(116, 138, 74))
    _bricks(pen, (300, 470, 660, 530), (150, 146, 138), random, 20)
    pen.rectangle((430, 340, 530, 530), fill=(170, 166, 158), outline=(104, 100, 94), width=4)
    for row in range(6):
        pen.rectangle((470, 364 + row * 24, 490, 380 + row * 24), fill=(92, 84, 76))
    _roof(pen, 420, 540, 344, 30, (130, 126, 118))


def _stele(pen: _Pen, random: np.random.Generator) -> None:
    pen.polygon([(360, 560), (600, 560), (580, 510), (380, 510)], fill=(142, 138, 130))
    pen.rectangle((400, 200, 560, 515), fill=(128, 130, 130), outline=(88, 90, 90), width=5)
    pen.pieslice(
        (400, 130, 560, 280), 180, 360, fill=(128, 130, 130), outline=(88, 90, 90), width=5
    )
    for column in range(5):
        for row in range(11):
            x, y = 416 + column * 28, 226 + row * 25
            for _ in range(3):
                a, b = random.uniform(0, 15, 2), random.uniform(0, 15, 2)
                pen.line((x + a[0], y + a[1], x + b[0], y + b[1]), fill=(196, 196, 190), width=2)


def _steps(pen: _Pen, random: np.random.Generator) -> None:
    for step in range(15):
        y = 620 - step * 23
        half = 190 - step * 10
        middle = 480 + 70 * np.sin(step / 5)
        shade = int(random.integers(148, 182))
        pen.polygon([(middle - half, y), (middle + half, y), (middle + half - 8, y - 17),
                     (middle - half + 8, y - 17)], fill=(shade, shade - 4, shade - 14))  # fmt: skip
        pen.line((middle - half, y + 2, middle + half, y + 2), fill=(98, 94, 84), width=4)
    for x in (150, 800):
        _tree(pen, x, 520, 230, random)


def _wall(pen: _Pen, random: np.random.Generator) -> None:
    _bricks(pen, (120, 260, 840, 540), (178, 118, 92), random, 20)
    _roof(pen, 130, 830, 262, 46)
    pen.rectangle((220, 330, 740, 450), fill=(226, 218, 200))
    for column in range(6):
        x = 240 + column * 82
        for _ in range(7):
            a, b = random.uniform(0, 58, 2), random.uniform(0, 84, 2)
            pen.line((x + a[0], 346 + b[0], x + a[1], 346 + b[1]), fill=(150, 30, 26), width=8)


def _house(pen: _Pen, random: np.random.Generator) -> None:
    storeys = int(random.integers(1, 4))
    tall = 95 * storeys
    light = int(random.integers(196, 236))
    wall = (light, light - int(random.integers(2, 26)), light - int(random.integers(10, 44)))
    left, right, bottom = 270, 700, 540
    pen.rectangle((left, bottom - tall, right, bottom), fill=wall)
    pen.polygon([(right, bottom - tall), (right + 70, bottom - tall - 26),
                 (right + 70, bottom - 30), (right, bottom)],
                fill=_shaded(wall, 0.8, 0))  # fmt: skip
    for storey in range(storeys):
        y = bottom - tall + storey * 95 + 22
        for x in (310, 420, 530, 625):
            if storey == storeys - 1 and x == 420:
                pen.rectangle(
                    (x, y - 4, x + 84, bottom), fill=(112, 60, 44), outline=(60, 32, 26), width=3
                )
                continue
            if storey == storeys - 1 and x == 530:
                continue
            pen.rectangle(
                (x, y, x + 52, y + 48), fill=(98, 128, 148), outline=(236, 236, 232), width=4
            )
            pen.line((x + 26, y, x + 26, y + 48), fill=(236, 236, 232), width=3)
        pen.line((left, bottom - tall + storey * 95, right, bottom - tall + storey * 95),
                 fill=(150, 142, 130), width=4)  # fmt: skip
    if random.random() < 0.6:
        _roof(pen, left, right, bottom - tall, 58, (122, 62, 48))
    else:
        pen.rectangle(
            (left - 10, bottom - tall - 18, right + 10, bottom - tall), fill=(170, 160, 146)
        )
    pen.polygon([(0, 575), (960, 545), (960, 640), (0, 640)], fill=(184, 180, 170))
    _tree(pen, 150, 540, 170, random)


def _terrace(pen: _Pen, random: np.random.Generator) -> None:
    greens = ((134, 172, 70), (168, 186, 84), (196, 188, 88), (112, 156, 74), (150, 176, 150))
    for band in range(9):
        y = 330 + band * 36
        edge = [
            (x, y + 14 * np.sin(x / 140 + band * 0.7) + 6 * np.sin(x / 47))
            for x in range(0, 961, 16)
        ]
        colour = greens[int(random.integers(0, len(greens)))]
        pen.polygon([*edge, (960, HEIGHT), (0, HEIGHT)], fill=colour)
        pen.line(edge, fill=(112, 88, 58), width=5 + band // 2)
        for _ in range(34):
            x = random.uniform(0, 960)
            yy = y + 16 + random.uniform(0, 22)
            pen.line((x, yy, x + 26 + band * 3, yy + 2),
                     fill=tuple(int(c * 0.86) for c in colour), width=2)  # fmt: skip


def _site(pen: _Pen, random: np.random.Generator) -> None:
    """Farmland that is being built on."""
    _terrace(pen, random)
    pen.polygon([(220, 590), (300, 430), (700, 430), (800, 590)], fill=(176, 150, 116))
    for x in (310, 430, 560, 680):
        pen.rectangle((x, 320, x + 16, 520), fill=(150, 148, 144))
    pen.rectangle((296, 310, 712, 328), fill=(160, 158, 152))
    _bricks(pen, (326, 450, 560, 520), (176, 96, 70), random, 12)


def _canal(pen: _Pen, random: np.random.Generator) -> None:
    _terrace(pen, random)
    pen.polygon([(430, 330), (500, 330), (720, 640), (300, 640)], fill=(166, 164, 158))
    pen.polygon([(450, 330), (482, 330), (640, 640), (380, 640)], fill=(86, 132, 146))


def _certificate(pen: _Pen, random: np.random.Generator) -> None:
    """A certificate lying on a table."""
    pen.rectangle((0, 0, WIDTH, HEIGHT), fill=(150, 118, 84))
    for y in range(0, HEIGHT, 64):
        pen.line((0, y, WIDTH, y + 6), fill=(132, 102, 70), width=4)
    pen.polygon([(190, 90), (770, 70), (790, 560), (200, 580)], fill=(150, 28, 34))
    pen.polygon([(214, 116), (748, 96), (766, 536), (224, 556)], outline=(214, 178, 96), width=5)
    pen.ellipse((420, 170, 548, 298), outline=(220, 184, 100), width=9)
    for row in range(3):
        left = 330 + row * 24
        pen.rectangle((left, 350 + row * 46, 960 - left, 372 + row * 46), fill=(214, 178, 96))


SCENES: dict[str, Callable[[_Pen, np.random.Generator], None]] = {
    "hall": _hall, "pagoda": _pagoda, "arch": _arch, "bridge": _bridge, "cliff": _cliff,
    "well": _well, "mound": _mound, "tomb": _tomb, "stele": _stele, "steps": _steps,
    "certificate": _certificate, "wall": _wall, "house": _house, "terrace": _terrace,
    "site": _site, "canal": _canal,
}  # fmt: skip
