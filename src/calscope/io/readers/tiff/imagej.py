"""The description by which ImageJ, and all who read its stacks, know frame rate and pixel size."""


def imagej_description(n_frames: int, fr_hz: float | None, *, in_um: bool) -> str:
    """Say in ImageJ's way what tifffile only writes into small files; `in_um` where the resolution tags are per µm."""
    lines = ["ImageJ=1.54", f"images={n_frames}", f"frames={n_frames}"]
    if in_um:
        lines.append("unit=um")
    if fr_hz:
        lines.append(f"finterval={1.0 / fr_hz!r}")
    return "\n".join(lines) + "\n"
