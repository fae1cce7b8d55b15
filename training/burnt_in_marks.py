"""What `training.burnt_in` plants: words as machines write them, and marks that are no text."""

from __future__ import annotations

import random

import cv2
import numpy as np

_NAMES = ("SMITH", "JONES", "GARCIA", "Miller", "DAVIS", "Nguyen", "KOWALSKI", "Müller", "Rossi",
          "YAMADA", "Chen", "Anna", "JOHN", "Maria", "PETER", "Li", "Ahmed", "FATIMA", "Olga",
          "Ivanova", "Silva", "Santos", "Kim", "PARK", "Singh", "Patel", "O'Brien")  # fmt: skip
_WORD_LIST = (
    "General Hospital Medical Center Clinic University Radiology Dept Echo Abdomen Thorax CHEST PA "
    "AP LATERAL PORTABLE SUPINE Liver Kidney LEFT RIGHT Gain Depth MI TIS FR Hz dB cm mm kV mAs WL "
    "WW SE IM TR TE FOV SLICE THK Acc Ref Phys ID Name DOB Sex Age Study Date Time Series Zoom "
    "Contrast Probe Freq Harm Persist Dyn Map Fetal OB GA BPD HC AC FL EFW post pre axial sagittal "
    "coronal Mammo CC MLO T1 T2 FLAIR DWI ADC scale bar Magnification patient sample"
)
_WORDS = tuple(_WORD_LIST.split())
_MONTHS = ("Jan", "Feb", "MAR", "Apr", "MAY", "Jun", "JUL", "Aug", "SEP", "Oct", "NOV", "Dec")
_MARKER_LIST = (
    "L R L R A B C D E F a b c d e P H S I V G T U (a) (b) Rt Lt + x 1 2 3 4 5 10 15 20 0 RT LA RA "
    "RV LV A1 * M N K i ii P1"
)
_MARKERS = tuple(_MARKER_LIST.split())
_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:"

Colour = tuple[int, int, int]


def letters_in(text: str) -> int:
    """How many letters and digits."""
    return sum(c.isalnum() for c in text)


def marker(rng: random.Random) -> str:
    """A side marker, panel letter or number of one or two characters."""
    return rng.choice(_MARKERS)


def words(rng: random.Random) -> str:
    """A line of three or more letters and digits: a date, name, number, setting or words."""
    makers = (_date, _moment, _name, _number, _setting, _measure, _sentence, _nonsense)
    text = rng.choices(makers, (12, 13, 15, 10, 15, 7, 23, 5))[0](rng)
    return text if letters_in(text) >= 3 else f"{text}{rng.randint(100, 999)}"


def _date(rng: random.Random) -> str:
    day, month, year = rng.randint(1, 31), rng.randint(1, 12), rng.randint(1930, 2025)
    return rng.choice((f"{day:02}.{month:02}.{year}", f"{year}-{month:02}-{day:02}",
                       f"{month}/{day}/{year % 100}", f"{day} {_MONTHS[month - 1]} {year}"))  # fmt: skip


def _moment(rng: random.Random) -> str:
    time = f"{rng.randint(0, 23):02}:{rng.randint(0, 59):02}"
    time += rng.choice(("", f":{rng.randint(0, 59):02}", " PM", " AM"))
    return time if rng.random() < 0.4 else f"{_date(rng)} {time}"


def _name(rng: random.Random) -> str:
    between = rng.choice((", ", " ", "^"))
    after = rng.choice(("", "", " M", f" F {rng.randint(1, 99)}Y"))
    return f"{rng.choice(_NAMES)}{between}{rng.choice(_NAMES)}{after}"


def _number(rng: random.Random) -> str:
    before = rng.choice(("ID: ", "MRN ", "#", "Acc#", "", "", "No. "))
    return f"{before}{rng.randint(1000, 99_999_999)}"


def _setting(rng: random.Random) -> str:
    value = rng.choice((str(rng.randint(0, 999)), f"{rng.uniform(0, 99):.1f}", rng.choice(_WORDS)))
    between = rng.choice((" ", ": ", "=", "  "))
    return (
        f"{rng.choice(_WORDS)}{between}{value}{rng.choice(('', ' cm', ' mm', ' Hz', '%', ' dB'))}"
    )


def _measure(rng: random.Random) -> str:
    unit = rng.choice(("", " mm", " cm", " µm", "%", " nm"))
    return f"{rng.uniform(0, 200):.{rng.randint(0, 2)}f}{unit}"


def _sentence(rng: random.Random) -> str:
    text = " ".join(rng.choice(_WORDS) for _ in range(rng.randint(1, 6)))
    return rng.choices((text.upper(), text.lower(), text), (30, 15, 55))[0]


def _nonsense(rng: random.Random) -> str:
    return "".join(rng.choice(_LETTERS) for _ in range(rng.randint(3, 14)))


# --- no text ------------------------------------------------------------------------------------


class Shapes:
    """Draws rulers, grids, arrows, traces, bars and reflections on RGB pixels."""

    def __init__(self, rng: random.Random, numbers: np.random.Generator) -> None:
        self.rng, self.numbers = rng, numbers

    def draw(self, pixels: np.ndarray) -> None:
        """One to four shapes anywhere."""
        rng = self.rng
        kinds = (self._ticks, self._dots, self._grid, self._arrow, self._trace, self._ellipse,
                 self._box, self._bar, self._bubbles)  # fmt: skip
        for _ in range(rng.randint(1, 4)):
            any_colour = tuple(rng.randint(0, 255) for _ in range(3))
            colour = rng.choice(((255,) * 3, (0,) * 3, (255, 255, 0), (0, 255, 0), (200,) * 3,
                                 (120,) * 3, any_colour))  # fmt: skip
            x, y = rng.randint(-20, pixels.shape[1]), rng.randint(-20, pixels.shape[0])
            shape = rng.choices(kinds, (30, 10, 10, 12, 10, 8, 8, 6, 6))[0]
            shape(pixels, x, y, colour, rng.choice((1, 1, 1, 2, 3)))

    def clutter(self, pixels: np.ndarray) -> None:
        """Reflections of light as in endoscopy, and rows of stripes."""
        rng = self.rng
        for _ in range(rng.randint(1, 5)):
            x, y = rng.randint(0, pixels.shape[1]), rng.randint(0, pixels.shape[0])
            if rng.random() < 0.6:
                self._reflections(pixels, x, y)
            else:
                self._stripes(pixels, x, y)

    def _reflections(self, pixels: np.ndarray, x: int, y: int) -> None:
        rng = self.rng
        wide, high, light = rng.randint(5, 70), rng.randint(5, 70), rng.random() < 0.7
        for _ in range(rng.randint(3, 30)):
            grey = rng.randint(190, 255) if light else rng.randint(0, 60)
            at = (int(rng.gauss(x, wide)), int(rng.gauss(y, high)))
            axes = (rng.randint(1, 7), rng.randint(1, 5))
            turn = rng.randint(0, 180)
            cv2.ellipse(pixels, at, axes, turn, 0, 360, (grey,) * 3, -1, cv2.LINE_AA)

    def _stripes(self, pixels: np.ndarray, x: int, y: int) -> None:
        rng = self.rng
        step, longest, upright = rng.randint(3, 12), rng.randint(4, 40), rng.random() < 0.6
        for n in range(rng.randint(4, 30)):
            length = int(longest * rng.uniform(0.6, 1)) if rng.random() < 0.5 else longest
            start = (x + n * step, y) if upright else (x, y + n * step)
            end = (start[0], y + length) if upright else (x + length, start[1])
            thick = rng.randint(1, max(1, step - 1))
            cv2.line(pixels, start, end, (rng.randint(60, 255),) * 3, thick, cv2.LINE_AA)

    def _ticks(self, pixels: np.ndarray, x: int, y: int, colour: Colour, thick: int) -> None:
        rng = self.rng
        step, count, length = rng.randint(3, 24), rng.randint(5, 60), rng.randint(2, 10)
        upright, every = rng.random() < 0.6, rng.choice((5, 10))
        for n in range(count):
            reach = length * (2 if n % every == 0 else 1)
            start = (x, y + n * step) if upright else (x + n * step, y)
            end = (x + reach, start[1]) if upright else (start[0], y + reach)
            cv2.line(pixels, start, end, colour, thick)
        if rng.random() < 0.5:
            end = (x, y + count * step) if upright else (x + count * step, y)
            cv2.line(pixels, (x, y), end, colour, thick)

    def _dots(self, pixels: np.ndarray, x: int, y: int, colour: Colour, thick: int) -> None:
        rng = self.rng
        step = rng.randint(4, 14)
        length = rng.randint(1, max(1, step - 2))
        for n in range(rng.randint(4, 40)):
            if rng.random() < 0.5:
                cv2.circle(pixels, (x + n * step, y), thick, colour, -1)
            else:
                cv2.line(pixels, (x + n * step, y), (x + n * step + length, y), colour, thick)

    def _grid(self, pixels: np.ndarray, x: int, y: int, colour: Colour, thick: int) -> None:
        height, width = pixels.shape[:2]
        for at in range(0, max(height, width), self.rng.randint(6, 50)):
            cv2.line(pixels, (at, 0), (at, height), colour, 1)
            cv2.line(pixels, (0, at), (width, at), colour, 1)

    def _arrow(self, pixels: np.ndarray, x: int, y: int, colour: Colour, thick: int) -> None:
        rng = self.rng
        end = (x + rng.randint(-50, 50), y + rng.randint(-50, 50))
        tip = rng.uniform(0.15, 0.5)
        cv2.arrowedLine(pixels, (x, y), end, colour, thick, cv2.LINE_AA, tipLength=tip)

    def _trace(self, pixels: np.ndarray, x: int, y: int, colour: Colour, thick: int) -> None:
        rng, count = self.rng, pixels.shape[1]
        across = np.arange(count)
        rows = self.numbers.normal(0, 1, count).cumsum() * rng.uniform(0.2, 2) + y
        if rng.random() < 0.5:  # the heart's
            beat, high = rng.randint(20, 70), rng.randint(8, 40)
            rows = y + np.where(across % beat < 3, -high, self.numbers.normal(0, 1, count))
        line = np.stack([across, rows], axis=1).astype(np.int32)
        cv2.polylines(pixels, [line], False, colour, thick, cv2.LINE_AA)

    def _ellipse(self, pixels: np.ndarray, x: int, y: int, colour: Colour, thick: int) -> None:
        rng = self.rng
        axes, turn = (rng.randint(2, 60), rng.randint(2, 60)), rng.randint(0, 180)
        end, pen = rng.choice((360, 360, 200)), rng.choice((thick, thick, -1))
        cv2.ellipse(pixels, (x, y), axes, turn, 0, end, colour, pen, cv2.LINE_AA)

    def _box(self, pixels: np.ndarray, x: int, y: int, colour: Colour, thick: int) -> None:
        rng = self.rng
        end = (x + rng.randint(3, 90), y + rng.randint(3, 60))
        cv2.rectangle(pixels, (x, y), end, colour, rng.choice((thick, thick, -1)))

    def _bar(self, pixels: np.ndarray, x: int, y: int, colour: Colour, thick: int) -> None:
        rng = self.rng
        width, height = rng.randint(6, 20), rng.randint(60, 200)
        greys = np.repeat(np.linspace(255, 0, height).astype(np.uint8)[:, None], width, 1)
        bar = cv2.applyColorMap(greys, cv2.COLORMAP_JET)
        bar = bar if rng.random() < 0.4 else np.repeat(greys[:, :, None], 3, 2)
        there = pixels[max(0, y) : y + height, max(0, x) : x + width]
        there[:] = bar[: there.shape[0], : there.shape[1]]

    def _bubbles(self, pixels: np.ndarray, x: int, y: int, colour: Colour, thick: int) -> None:
        rng = self.rng
        for _ in range(rng.randint(3, 40)):
            at = (x + rng.randint(-40, 40), y + rng.randint(-40, 40))
            cv2.circle(pixels, at, rng.randint(1, 6), colour, rng.choice((1, -1)), cv2.LINE_AA)
