"""One more format, in the form in which a new one is added: a file with a reader, and a line in the registry."""

import numpy as np

from calscope.io.file_names import files_in
from calscope.io.readers.file_errors import BrokenFileError, unreadable
from calscope.io.readers.reader import Found, FoundRecording, OpenedFiles
from calscope.model.movie import ArrayMovie
from calscope.model.notes import Note


class NpyReader:
    """Reads 'movie.npy', (T, H, W), with its frame rate in 'movie.rate' beside it; passes over 'mean_*.npy'."""

    name = "NumPy"
    label = "NumPy stacks (.npy)"
    libraries = ("numpy",)

    def find(self, folder, *, as_whole):
        stacks = [file for file in files_in(folder) if file.suffix == ".npy"]
        images = {
            file: Note("sentence", {"text": f"{file.name}: a mean image"})
            for file in stacks
            if file.name.startswith("mean_")
        }
        movies = [file for file in stacks if file not in images]
        return Found(tuple(FoundRecording(movie, tuple(_files(movie))) for movie in movies), images)

    def accepts(self, path):
        if path.is_file():
            return path.suffix == ".npy"
        return bool(self.find(path, as_whole=True).recordings)

    def open(self, path, n_frames):
        found = [path] if path.is_file() else [one.path for one in self.find(path, as_whole=True).recordings]
        files = _files(found[0])
        try:
            frames = np.load(files[0], allow_pickle=False, mmap_mode="r")
        except ValueError:
            raise unreadable(files[0], BrokenFileError("it is no array")) from None
        rate_hz = float(files[1].read_text()) if len(files) > 1 else None
        return OpenedFiles(tuple(files), ArrayMovie(frames), fr_hz=rate_hz, fr_source=files[-1].name if rate_hz else "")


def _files(movie):
    rate = movie.with_suffix(".rate")
    return [movie, rate] if rate.exists() else [movie]
