"""Imitations of radiology, eye and body pictures, for kinds of which few open ones exist.

Every function takes a random source and gives RGB pixels, (height, width, 3) uint8, about 200 to
450 pixels wide. They have the layout, tones, colours and noise of their kind, and no anatomy.
"""

from __future__ import annotations

import cv2
import numpy as np

from extractors.rendered.tissue import clouds

Rng = np.random.Generator


def canvas(rng: Rng, low: int = 220, high: int = 420) -> tuple[int, int]:
    """A width and a height in pixels."""
    return int(rng.integers(low, high)), int(rng.integers(low, high))


def grey_to_rgb(values: np.ndarray) -> np.ndarray:
    """Values of 0 to 1 as grey RGB pixels."""
    return np.repeat(np.clip(values * 255, 0, 255).astype(np.uint8)[..., None], 3, axis=2)


def places(width: int, height: int) -> tuple[np.ndarray, np.ndarray]:
    """x and y of every pixel, -1 to 1."""
    y, x = np.mgrid[:height, :width].astype(np.float32)
    return x / width * 2 - 1, y / height * 2 - 1


def step_down(values: np.ndarray) -> np.ndarray:
    """1 far below 0, 0 far above it."""
    return 1 / (1 + np.exp(np.clip(values, -40, 40)))


def warped(rng: Rng, values: np.ndarray, strength_px: float) -> np.ndarray:
    """The same pixels, moved about smoothly."""
    height, width = values.shape[:2]
    y, x = np.mgrid[:height, :width].astype(np.float32)
    dx, dy = (clouds(rng, width, height, max(24, width // 3)) - 0.5 for _ in range(2))
    return cv2.remap(values, x + dx * strength_px * 2, y + dy * strength_px * 2, cv2.INTER_LINEAR,
                     borderMode=cv2.BORDER_REFLECT)  # fmt: skip


def vessels(rng: Rng, width: int, height: int, trunks: int, thick: float) -> np.ndarray:
    """Branching lines, 0 to 1."""
    plane = np.zeros((height, width), np.uint8)
    stack = []
    for _ in range(trunks):
        angle = rng.uniform(0, 2 * np.pi)
        stack.append((width * rng.uniform(0.2, 0.8), height * rng.uniform(0.1, 0.9), angle, thick))
    for _ in range(150):
        if not stack:
            break
        x, y, angle, wide = stack.pop(rng.integers(len(stack)))
        for _ in range(int(rng.integers(8, 26))):
            angle += rng.normal(0, 0.22)
            nx, ny = x + 7 * np.cos(angle), y + 7 * np.sin(angle)
            cv2.line(
                plane, (int(x), int(y)), (int(nx), int(ny)), 255, max(1, round(wide)), cv2.LINE_AA
            )
            x, y = nx, ny
            if wide > 1.1 and rng.random() < 0.13:
                stack.append((x, y, angle + rng.choice((-1, 1)) * rng.uniform(0.4, 1), wide * 0.72))
        if wide > 1.4:
            stack.append((x, y, angle, wide * 0.8))
    return cv2.GaussianBlur(plane, (0, 0), 0.8).astype(np.float32) / 255


def angiography(rng: Rng) -> np.ndarray:
    """Dark vessels on a grey field, sometimes in a round aperture, sometimes a swallow of barium."""
    width, height = canvas(rng)
    x, y = places(width, height)
    field = 0.45 + 0.4 * (clouds(rng, width, height, width // 2) - 0.3)
    if rng.random() < 0.5:
        field += (
            0.12
            * np.sin((y + x * 0.3) * rng.uniform(6, 14))
            * (clouds(rng, width, height, 60) > 0.5)
        )
    tree = vessels(rng, width, height, int(rng.integers(1, 4)), rng.uniform(3, 9))
    dark = rng.random() < 0.8
    field += (-1 if dark else 1) * tree * rng.uniform(0.25, 0.5)
    field = cv2.GaussianBlur(field, (0, 0), 0.9) + rng.normal(
        0, rng.uniform(0.01, 0.05), field.shape
    )
    if rng.random() < 0.3:
        field = np.where(np.hypot(x, y) < rng.uniform(0.95, 1.2), field, 0)
    return grey_to_rgb(field)


def limb_radiograph(rng: Rng) -> np.ndarray:
    """Bright bones with denser rims in grey flesh on black."""
    width, height = canvas(rng)
    flesh = np.zeros((height, width), np.float32)
    bones = np.zeros_like(flesh)
    for _ in range(int(rng.integers(1, 5))):
        x0, lean = width * rng.uniform(0.2, 0.8), width * rng.uniform(-0.3, 0.3)
        wide = width * rng.uniform(0.05, 0.16)
        top, end = height * rng.uniform(-0.1, 0.4), height * rng.uniform(0.6, 1.1)
        ends = ((int(x0), int(top)), (int(x0 + lean), int(end)))
        cv2.line(flesh, *ends, 0.35, int(wide * rng.uniform(2.2, 4)))
        bone = np.zeros_like(flesh)
        cv2.line(bone, *ends, 1.0, max(3, int(wide)))
        for p in ends:
            cv2.circle(bone, p, int(wide * rng.uniform(0.6, 1.1)), 1.0, -1)
        inner = cv2.GaussianBlur(bone, (0, 0), wide * 0.3)
        bones = np.maximum(bones, bone * (1.15 - 0.6 * inner))
    flesh = cv2.GaussianBlur(flesh, (0, 0), 9)
    all_ = warped(rng, flesh + bones * rng.uniform(0.3, 0.6), 14)
    all_ *= 0.8 + 0.4 * clouds(rng, width, height, 20)
    all_ += rng.uniform(0, 0.12) + rng.normal(0, 0.012, all_.shape)
    return grey_to_rgb(1 - all_ if rng.random() < 0.08 else all_)


def chest_radiograph(rng: Rng) -> np.ndarray:
    """Two dark lungs with ribs around a bright middle."""
    width, height = canvas(rng, 260, 400)
    x, y = places(width, height)
    body = 0.75 - 0.25 * np.abs(x) ** 3 + 0.1 * y
    for side in (-1, 1):
        dist = ((x - side * rng.uniform(0.4, 0.5)) / rng.uniform(0.3, 0.4)) ** 2
        dist += ((y + rng.uniform(0, 0.15)) / rng.uniform(0.65, 0.85)) ** 2
        body -= rng.uniform(0.35, 0.55) * step_down((dist - 1) * 6)
    body += 0.05 * np.sin((y + 0.5 * np.abs(x)) * rng.uniform(20, 30)) * (np.abs(x) > 0.12)
    body += 0.25 * np.exp(-((x / 0.13) ** 2)) * 0.6
    body *= 0.85 + 0.3 * clouds(rng, width, height, 25)
    return grey_to_rgb(warped(rng, body.astype(np.float32), 10) + rng.normal(0, 0.01, body.shape))


def dental_radiograph(rng: Rng) -> np.ndarray:
    """A row or two of bright teeth on mottled grey."""
    width, height = int(rng.integers(300, 480)), int(rng.integers(160, 300))
    plane = 0.25 + 0.3 * clouds(rng, width, height, 30)
    count = int(rng.integers(4, 15))
    for row in (0.38, 0.64):
        for k in range(count):
            cx = int(width * (k + 0.5) / count + rng.normal(0, 2))
            size = (int(width / count * 0.4), int(height * rng.uniform(0.13, 0.2)))
            tooth = np.zeros_like(plane)
            cv2.ellipse(
                tooth, (cx, int(height * row)), size, float(rng.normal(0, 8)), 0, 360, 1.0, -1
            )
            plane += cv2.GaussianBlur(tooth, (0, 0), 2) * rng.uniform(0.25, 0.45)
    return grey_to_rgb(warped(rng, plane, 12) + rng.normal(0, 0.015, plane.shape))


def radiography(rng: Rng) -> np.ndarray:
    """One of the three above."""
    return (limb_radiograph, limb_radiograph, chest_radiograph, dental_radiograph)[rng.integers(4)](
        rng
    )


def mammography(rng: Rng) -> np.ndarray:
    """A half ellipse of bright fibrous texture that touches one side, on black."""
    width, height = int(rng.integers(180, 300)), int(rng.integers(260, 420))
    x, y = places(width, height)
    reach = rng.uniform(1.0, 1.7)
    inside = ((x + 1) / reach) ** 2 + ((y - rng.uniform(-0.2, 0.2)) / rng.uniform(0.75, 1.0)) ** 2
    breast = step_down((inside - 1) * 18)
    texture = clouds(rng, width, height, int(rng.integers(30, 90)))
    fibres = clouds(rng, width, height, 8)
    plane = breast * (0.25 + rng.uniform(0.2, 0.7) * texture**1.5 + 0.18 * fibres)
    if rng.random() < 0.5:  # the muscle in a corner
        plane += 0.35 * (x + y < rng.uniform(-1.3, -0.8)) * breast
    plane += rng.normal(0, 0.012, plane.shape) * (breast > 0.05)
    plane = grey_to_rgb(plane)
    other = plane[:, ::-1]
    return (
        np.hstack((other, plane))
        if rng.random() < 0.35
        else (plane if rng.random() < 0.5 else other)
    )


def _speckle(rng: Rng, width: int, height: int, across: float, along: float) -> np.ndarray:
    """Fully developed speckle, mean about 0.5."""
    waves = [cv2.GaussianBlur(rng.normal(0, 1, (height, width)).astype(np.float32), (0, 0),
                              sigmaX=across, sigmaY=along) for _ in range(2)]  # fmt: skip
    size = np.hypot(*waves)
    return size / max(float(size.mean()), 1e-6) / 2


def ultrasound(rng: Rng) -> np.ndarray:
    """Speckle in a sector or a rectangle on black, with words, a grey bar, sometimes Doppler colour."""
    width, height = canvas(rng, 260, 440)
    x, y = places(width, height)
    speckle = _speckle(rng, width, height, rng.uniform(1, 3), rng.uniform(0.7, 1.6))
    tissue = clouds(rng, width, height, int(rng.integers(30, 120)))
    tissue = np.clip((tissue - rng.uniform(0.1, 0.45)) * rng.uniform(1.2, 2.4), 0.02, 1)
    for _ in range(int(rng.integers(0, 4))):  # cysts, vessels, chambers
        cx, cy, r = rng.uniform(-0.5, 0.5), rng.uniform(-0.6, 0.6), rng.uniform(0.08, 0.4)
        tissue = np.where(np.hypot(x - cx, (y - cy) * rng.uniform(0.7, 1.6)) < r, 0.03, tissue)
    for _ in range(int(rng.integers(0, 5))):  # bright layers
        at = rng.uniform(-0.9, 0.9) + 0.15 * np.sin(x * rng.uniform(1, 4) + rng.uniform(0, 6))
        tissue += rng.uniform(0.3, 0.9) * np.exp(-(((y - at) / 0.03) ** 2))
    values = np.log1p(6 * tissue * speckle ** rng.uniform(0.8, 1.4)) / 2.1 * rng.uniform(0.7, 1.2)
    pixels = grey_to_rgb(values)
    if rng.random() < 0.2:
        pixels = _doppler(rng, pixels, x, y)
    if rng.random() < 0.62:  # a sector
        top, half = rng.uniform(-1.5, -1.0), rng.uniform(0.45, 0.95)
        angle, depth = np.arctan2(x, y - top), np.hypot(x, y - top)
        seen = (np.abs(angle) < half) & (depth < 0.95 - top) & (depth > rng.uniform(0.05, 0.45))
    else:
        seen = (np.abs(x) < rng.uniform(0.6, 1.01)) & (np.abs(y) < rng.uniform(0.8, 1.01))
    pixels = np.where(seen[..., None], pixels, 0).astype(np.uint8)
    return _scanner_marks(rng, pixels) if rng.random() < 0.7 else pixels


def _doppler(rng: Rng, pixels: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Red and blue patches."""
    flow = clouds(rng, x.shape[1], x.shape[0], 30)
    there = (flow > 0.62) & (np.hypot(x - rng.uniform(-0.3, 0.3), y) < rng.uniform(0.3, 0.6))
    red = (clouds(rng, x.shape[1], x.shape[0], 60) > 0.5)[..., None]
    strength = (flow * 255)[..., None]
    colour = np.where(red, strength * (1, 0.35, 0), strength * (0, 0.4, 1))
    return np.where(there[..., None], colour, pixels).astype(np.uint8)


def _scanner_marks(rng: Rng, pixels: np.ndarray) -> np.ndarray:
    """Small white words, a column of ticks, a grey or colour bar."""
    pixels = np.ascontiguousarray(pixels)
    height, width = pixels.shape[:2]
    for _ in range(int(rng.integers(1, 8))):
        words = "".join(rng.choice(list("ABCDEFGHMRTcmz0123456789. "), int(rng.integers(3, 12))))
        place = (int(width * rng.choice((0.01, 0.02, 0.75))), int(height * rng.uniform(0.04, 0.98)))
        cv2.putText(
            pixels, words, place, 0, rng.uniform(0.25, 0.45), (200, 200, 200), 1, cv2.LINE_AA
        )
    for k in range(int(rng.integers(0, 12))):
        cv2.line(
            pixels, (width - 8, k * height // 12), (width - 3, k * height // 12), (220,) * 3, 1
        )
    if rng.random() < 0.6:
        tall, left = height // 3, int(width * rng.choice((0.02, 0.93)))
        bar = np.linspace(255, 0, tall).astype(np.uint8)[:, None].repeat(8, 1)
        pixels[6 : 6 + tall, left : left + 8] = bar[:, : width - left, None]
    return pixels


def ct(rng: Rng) -> np.ndarray:
    """A slice of a trunk: grey fat and organs, white bone, black air, a table under it."""
    width, height = canvas(rng, 280, 400)
    x, y = places(width, height)
    a, b = rng.uniform(0.65, 0.95), rng.uniform(0.5, 0.8)
    body = (x / a) ** 2 + (y / b) ** 2
    values = np.where(body < 1, 0.35 + 0.05 * clouds(rng, width, height, 12), 0)
    values = np.where(body < 0.8, 0.55 + 0.12 * (clouds(rng, width, height, 50) > 0.5), values)
    for _ in range(int(rng.integers(4, 12))):
        cx, cy = rng.uniform(-0.6, 0.6) * a, rng.uniform(-0.6, 0.6) * b
        near = ((x - cx) / rng.uniform(0.05, 0.35)) ** 2 + (
            (y - cy) / rng.uniform(0.05, 0.3)
        ) ** 2 < 1
        values = np.where(near & (body < 0.85), rng.choice((0.05, 0.45, 0.6, 0.7, 0.85)), values)
    spine = (x / 0.14) ** 2 + ((y - 0.45 * b) / 0.16) ** 2
    values = np.where(spine < 1, 0.8 + 0.2 * (spine > 0.7), values)
    ribs = (np.abs(body - 0.84) < 0.05) & (np.sin(np.arctan2(y, x) * 14) > 0.5)
    values = np.where(ribs, 1.0, values).astype(np.float32)
    values = cv2.GaussianBlur(warped(rng, values, 10), (0, 0), 0.8)
    values += rng.normal(0, rng.uniform(0.01, 0.04), values.shape) * (values > 0.02)
    if rng.random() < 0.6:
        values += 0.3 * (np.abs(y - b - 0.06 - 0.12 * x**2) < 0.008)
    if rng.random() < 0.3:  # another window: lung or bone
        low, high = ((0.0, 0.5), (0.4, 1.1), (0.3, 0.8))[rng.integers(3)]
        values = np.clip((values - low) / (high - low), 0, 1)
    return grey_to_rgb(values[:, ::-1].T if rng.random() < 0.15 else values)


def nuclear(rng: Rng) -> np.ndarray:
    """Whole-body scans, hot slices, or colours laid over a grey slice."""
    u = rng.random()
    if u < 0.35:
        return _whole_body(rng)
    base = ct(rng)
    height, width = base.shape[:2]
    x, y = places(width, height)
    body = cv2.GaussianBlur((base[..., 0] > 40).astype(np.float32), (0, 0), 9)
    uptake = body * (0.1 + 0.35 * clouds(rng, width, height, 40))
    for _ in range(int(rng.integers(1, 6))):
        cx, cy, r = *rng.uniform(-0.5, 0.5, 2), rng.uniform(0.04, 0.22)
        uptake += rng.uniform(0.3, 1) * np.exp(-(((x - cx) / r) ** 2) - ((y - cy) / r) ** 2)
    uptake = np.clip(cv2.GaussianBlur(uptake, (0, 0), rng.uniform(2, 5)), 0, 1)
    if u < 0.5:
        return grey_to_rgb(1 - uptake if rng.random() < 0.7 else uptake)
    maps = (
        cv2.COLORMAP_HOT,
        cv2.COLORMAP_JET,
        cv2.COLORMAP_INFERNO,
        cv2.COLORMAP_RAINBOW,
        cv2.COLORMAP_HOT,
    )
    hot = cv2.applyColorMap((uptake * 255).astype(np.uint8), maps[rng.integers(5)])[..., ::-1]
    if u < 0.68:
        return np.ascontiguousarray(hot)
    share = np.clip(uptake * rng.uniform(1, 2), 0, 1)[..., None] * rng.uniform(0.6, 0.95)
    return (base * (1 - share) + hot * share).astype(np.uint8)


def _whole_body(rng: Rng) -> np.ndarray:
    """One or two standing figures of soft spots, dark on white or the other way."""
    width, height = int(rng.integers(110, 170)), int(rng.integers(280, 420))
    views = []
    for _ in range(int(rng.integers(1, 3))):
        x, y = places(width, height)
        trunk = np.exp(-((x / 0.42) ** 4) - ((y + 0.25) / 0.4) ** 4)
        legs = sum(
            np.exp(-(((x - s * 0.22) / 0.13) ** 2)) * (y > 0.05) * (y < 0.95) for s in (-1, 1)
        )
        head = np.exp(-((x / 0.2) ** 2) - ((y + 0.83) / 0.11) ** 2)
        arms = sum(
            np.exp(-(((x - s * 0.62) / 0.09) ** 2)) * (np.abs(y + 0.15) < 0.45) for s in (-1, 1)
        )
        form = 0.3 * (trunk + legs * 0.8 + head * 1.2 + arms * 0.8)
        form = form * (0.5 + clouds(rng, width, height, 14))
        if rng.random() < 0.5:
            form += 0.25 * trunk * (np.sin(y * 60 + 8 * np.abs(x)) > 0.4)
        for _ in range(int(rng.integers(1, 7))):
            cx, cy = rng.uniform(-0.35, 0.35), rng.uniform(-0.9, 0.3)
            form += rng.uniform(0.3, 1) * np.exp(-(((x - cx) / 0.1) ** 2) - ((y - cy) / 0.04) ** 2)
        form = cv2.GaussianBlur(form.astype(np.float32), (0, 0), 2)
        views.append(form + np.abs(rng.normal(0, 0.03, form.shape)))
    both = np.hstack(views)
    return grey_to_rgb(1 - both if rng.random() < 0.8 else both)


def mri(rng: Rng) -> np.ndarray:
    """A joint or a spine."""
    return (_joint if rng.random() < 0.65 else _spine)(rng)


def _joint(rng: Rng) -> np.ndarray:
    """Two or three bones of bright or dark marrow with black rims in streaky muscle, noise around."""
    width, height = canvas(rng, 240, 400)
    x, y = places(width, height)
    body = np.hypot(x / rng.uniform(0.6, 1.2), y / rng.uniform(0.9, 1.6)) + 0.3 * (
        clouds(rng, width, height, 110) - 0.5
    )
    muscle, marrow, fat = rng.uniform(0.12, 0.4), rng.uniform(0.1, 0.8), rng.uniform(0.1, 0.9)
    lean = x * rng.normal() + y * rng.normal()
    values = muscle * (0.7 + 0.6 * clouds(rng, width, height, 12) * (0.5 + 0.5 * np.sin(lean * 30)))
    values = np.where(body > 0.82, fat, values)
    for _ in range(int(rng.integers(2, 6))):
        cx, cy = rng.uniform(-0.5, 0.5, 2)
        form = np.hypot((x - cx) / rng.uniform(0.12, 0.45), (y - cy) / rng.uniform(0.12, 0.6))
        form = form + 0.35 * (clouds(rng, width, height, 90) - 0.5)
        values = np.where(form < 1.08, 0.04, values)
        values = np.where(form < 1.0, marrow * (0.8 + 0.3 * clouds(rng, width, height, 14)), values)
    values = np.where(body < 1, values, 0.0)
    fade = np.exp(
        -((x - rng.uniform(-0.6, 0.6)) ** 2 + (y - rng.uniform(-0.5, 0.5)) ** 2)
        * rng.uniform(0.2, 1.2)
    )
    values = cv2.GaussianBlur(warped(rng, (values * fade).astype(np.float32), 8), (0, 0), 0.9)
    grain = rng.uniform(0.008, 0.03)
    noisy = np.hypot(values + rng.normal(0, grain, x.shape), rng.normal(0, grain, x.shape))
    return grey_to_rgb(noisy * rng.uniform(0.8, 1.6))


def _spine(rng: Rng) -> np.ndarray:
    """A spine from the side: smooth grey layers that fade away from the coil."""
    width, height = canvas(rng, 260, 380)
    x, y = places(width, height)
    values = 0.2 + 0.5 * clouds(rng, width, height, int(rng.integers(30, 90)))
    bend = 0.25 * np.sin(y * rng.uniform(1, 2) + rng.uniform(0, 3))
    column = np.abs(x - bend) < rng.uniform(0.12, 0.25)
    discs = np.sin(y * rng.uniform(16, 30)) > 0.75
    values = np.where(
        column, np.where(discs, rng.uniform(0.1, 0.8), rng.uniform(0.35, 0.6)), values
    )
    cord = np.abs(x - bend - 0.3) < 0.06
    values = np.where(cord, rng.uniform(0.3, 0.9), values)
    fade = np.exp(-((x - rng.uniform(-0.5, 0.7)) ** 2) * rng.uniform(0.5, 2.5))
    values = cv2.GaussianBlur((values * fade).astype(np.float32), (0, 0), 1.2)
    values = np.where(np.abs(x + rng.uniform(-0.2, 0.2)) < rng.uniform(0.7, 1.1), values, 0)
    noisy = np.hypot(warped(rng, values.astype(np.float32), 8) + rng.normal(0, 0.02, x.shape),
                     rng.normal(0, 0.02, x.shape))  # fmt: skip
    return grey_to_rgb(noisy)


def oct_scan(rng: Rng) -> np.ndarray:
    """Bright speckled layers that sink in the middle, dark above and below."""
    width, height = int(rng.integers(300, 480)), int(rng.integers(160, 340))
    x, y = places(width, height)
    surface = rng.uniform(-0.4, 0.0) + 0.12 * np.sin(x * rng.uniform(0.5, 2) + rng.uniform(0, 6))
    surface = surface + rng.uniform(0, 0.3) * np.exp(-((x / 0.2) ** 2)) * rng.choice((1, 1, -1))
    depth = y - surface
    values = np.full_like(x, 0.04)
    edge = 0.0
    for _ in range(int(rng.integers(4, 9))):
        thick = rng.uniform(0.03, 0.14)
        values = np.where((depth > edge) & (depth < edge + thick), rng.uniform(0.15, 0.85), values)
        edge += thick
    values = np.where(depth > edge, 0.4 * np.exp(-(depth - edge) * rng.uniform(3, 8)), values)
    values = cv2.GaussianBlur(warped(rng, values.astype(np.float32), 4), (0, 0), 1.0)
    noisy = values * (0.45 + _speckle(rng, width, height, 1.0, 0.7)) + np.abs(
        rng.normal(0, 0.04, x.shape)
    )
    noisy = 1 - noisy if rng.random() < 0.12 else noisy
    if rng.random() < 0.12:
        shade = (np.clip(noisy, 0, 1) * 255).astype(np.uint8)
        return np.ascontiguousarray(cv2.applyColorMap(shade, cv2.COLORMAP_JET)[..., ::-1])
    return grey_to_rgb(noisy)
