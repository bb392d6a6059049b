"""Packages that stand in for CaImAn: one file tree in the shape of each generation of its interface."""

import sys

import pytest

PARAMS = """
import os


class CNMFParams:
    def __init__(self, params_dict=None):
        self.data = {'fnames': None, 'fr': 30, 'decay_time': 0.4, 'dxy': (1, 1)}
        self.init = {'K': 30, 'gSig': [5, 5], 'gSiz': None, 'nb': 1, 'method_init': 'greedy_roi', 'ssub': 2, 'tsub': 2,
                     'rolling_sum': True}
        self.patch = {'rf': None, 'stride': None, 'only_init': True, 'n_processes': 1}
        self.preprocess = {'p': 2, 'n_pixels_per_process': None}
        self.temporal = {'p': 2, 'nb': 1, 'bas_nonneg': False}
        self.spatial = {'nb': 1}
        self.merging = {'merge_thr': 0.8}
        self.motion = {'pw_rigid': False, 'strides': (96, 96), 'overlaps': (32, 32), 'max_shifts': (6, 6),
                       'max_deviation_rigid': 3, 'min_mov': None, 'border_nan': 'copy'}
        self.quality = {'min_SNR': 2.5, 'rval_thr': 0.8, 'use_cnn': True, 'min_cnn_thr': 0.9, 'cnn_lowest': 0.1,
                        'SNR_lowest': 0.5, 'rval_lowest': -1}
        self.change_params(params_dict or {})
        for name in self.data['fnames'] or ():  # CaImAn reads the size of a named file at once
            if not os.path.exists(name):
                raise Exception('File not found!')

    def to_dict(self):
        return {name + %(suffix)r: group for name, group in self.__dict__.items()}

%(change)s
"""
FLAT = """
    def change_params(self, params_dict, verbose=False):
        for name, value in params_dict.items():
            assert not isinstance(value, dict), 'groups came in when flat ones were understood only'
            for group in self.__dict__.values():
                if name in group:
                    group[name] = value
"""
GROUPED = """
    def change_params(self, params_dict, allow_legacy=True, warn_unused=True, verbose=False):
        for group, values in params_dict.items():
            for name, value in values.items():
                assert name in getattr(self, group), (group, name)
                getattr(self, group)[name] = value
"""
PATHS = """
def memmap_frames_filename(basename, dims, frames, order='F'):
    return f'{basename}_d1_{dims[0]}_d2_{dims[1]}_d3_1_order_{order}_frames_{frames}%(end)s.mmap'
"""
ESTIMATES = """
import numpy as np

class Estimates:
    def __init__(self, A=None, b=None, C=None, f=None, dims=None):
        self.A, self.b, self.C, self.f, self.dims = A, b, C, f, dims
        self.S = self.YrA = self.bl = self.c1 = self.g = self.neurons_sn = self.sn = None

    def evaluate_components(self, imgs, params, dview=None):
        n = self.A.shape[1]
        self.SNR_comp, self.r_values = np.arange(n) + 1.0, np.full(n, 0.5)
        self.cnn_preds = np.full(n, 0.9) if params.quality['use_cnn'] else []
"""
CNMF = """
import logging, os, tempfile
import numpy as np
from scipy.sparse import csc_matrix
from caiman.source_extraction.cnmf.estimates import Estimates

seen = []

def square(x):
    return x * x

class CNMF:
    def __init__(self, n_processes, params=None, dview=None, Ain=None, Cin=None, b_in=None, f_in=None):
        self.params, self.dview = params, dview
        self.estimates = Estimates(A=Ain, C=Cin, b=b_in, f=f_in)
        seen.append((self, params, dict(params.patch), Ain))

    def fit(self, images):
        assert isinstance(images, np.memmap) and isinstance(images.filename, str)
        assert images.min() == 0
        folder = tempfile.mkdtemp()
        assert folder.startswith(os.environ['CAIMAN_TEMP']) and 'SLURM_SUBMIT_DIR' not in os.environ
        assert self.dview.map_async(square, range(5)).get(1) == [0, 1, 4, 9, 16]
        logging.getLogger('caiman').info('Merging')
        T, H, W = images.shape
        e = self.estimates
        e.A = csc_matrix(np.eye(H * W)[:, :3])
        e.C, e.YrA = np.ones((3, T)), np.zeros((3, T))
        e.b, e.f = np.ones((H * W, 2)), np.ones((2, T))
        e.bl, e.c1, e.neurons_sn = [np.array([1.0])] * 3, [np.array([[2.0]])] * 3, [3.0] * 3
        e.g = [np.array([0.9])] * 3
        e.sn = np.arange(H * W) / 10
        self.params.patch['rf'] = None
        print('chatter')
        return %(returned)s
"""
MOTION = """
import h5py
import numpy as np

def load(path):
    with h5py.File(path) as file:
        return np.array(file['mov'], np.float32).squeeze()

class MotionCorrect:
    def __init__(self, fname, dview=None, pw_rigid=False, strides=None, overlaps=None, max_shifts=None,
                 max_deviation_rigid=3, min_mov=None, border_nan=True):
        self.__dict__.update({k: v for k, v in locals().items() if k != 'self'})

    def motion_correct(self, save_movie=False):
        movie = load(self.fname[0])
        if self.min_mov is None:
            self.min_mov = movie[:400].min()
        T, H, W = movie.shape
        self.shifts_rig = [(1.0, 0.0)] * T
        n = %(patches)s
        self.x_shifts_els = [np.full(n, 1.0)] * T
        self.y_shifts_els = [np.full(n, 0.25)] * T
        template = np.roll(movie, 1, axis=1).mean(0)
        self.total_template_rig = self.total_template_els = template
        self.fname_tot_rig = self.fname_tot_els = [None]
        self.border_to_0 = np.int64(1)

    def apply_shifts_movie(self, fname, rigid_shifts=None, save_memmap=False, save_base_name='MC', order='F',
                           remove_min=True):
        movie = load(fname)
        assert len(movie) == len(self.x_shifts_els if self.pw_rigid else self.shifts_rig)
        if self.pw_rigid:
            assert all(shifts.shape == (%(patches)s,) for shifts in self.x_shifts_els + self.y_shifts_els)
            down = [round(float(shifts.mean())) for shifts in self.x_shifts_els]
        else:
            down = [round(shift[0]) for shift in self.shifts_rig]
        if remove_min and movie.min() < 0:
            movie -= movie.min()
        return np.stack([np.roll(frame, rows, axis=0) for frame, rows in zip(movie, down)])
"""


def write_stand_in(folder, generation):
    """Write a package `caiman` with the interface of version 1.9 ("old") or 1.12 ("new")."""
    old = generation == "old"
    files = {
        "caiman/__init__.py": "",
        "caiman/paths.py": PATHS % {"end": "_" if old else ""},
        "caiman/motion_correction.py": MOTION % {"patches": 4},
        "caiman/components_evaluation.py": "from tensorflow.keras.models import model_from_json\n",
        "caiman/source_extraction/__init__.py": "",
        "caiman/source_extraction/cnmf/__init__.py": "",
        "caiman/source_extraction/cnmf/params.py": PARAMS
        % {"change": FLAT if old else GROUPED, "suffix": "_params" if old else ""},
        "caiman/source_extraction/cnmf/estimates.py": ESTIMATES,
        "caiman/source_extraction/cnmf/cnmf.py": CNMF % {"returned": "self" if old else "None"},
    }
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(params=["old", "new"])
def stand_in(request, tmp_path, monkeypatch):
    """A package that stands in for CaImAn, importable during the test."""
    for name in [name for name in sys.modules if name.split(".")[0] == "caiman"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.syspath_prepend(str(write_stand_in(tmp_path / "site", request.param)))
    yield request.param
    for name in [name for name in sys.modules if name.split(".")[0] == "caiman"]:
        del sys.modules[name]
