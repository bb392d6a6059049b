"""Times and sizes in words."""

from calscope.model.quantities import duration, size


def test_times():
    said = [duration(seconds) for seconds in (0.25, 1, 45, 89, 90, 600, 5399, 5400, 7200, 7500)]
    assert said == ["0.2 s", "1 s", "45 s", "89 s", "2 min", "10 min", "1 h 30 min", "1 h 30 min", "2 h", "2 h 5 min"]


def test_sizes():
    said = [size(n_bytes) for n_bytes in (0, 12, 34_000, 5_600_000, 7.8e9, 2e12)]
    assert said == ["0 B", "12 B", "34 kB", "5.6 MB", "7.8 GB", "2.0 TB"]
