"""The environment for both engines asks for what the package asks for, within what CaImAn can use."""

import re
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import Version
from repository import ROOT

CONDA_NAMES = {"opencv-python-headless": "opencv"}
CAIMAN_CAN_USE = {"numpy": "<2", "pyarrow": "<26", "scipy": "<1.17", "setuptools": "<81"}


def of_the_environment():
    lines = (ROOT / "environment.yml").read_text(encoding="utf-8").splitlines()
    entries = [line.strip().removeprefix("- ") for line in lines if re.match(r"\s+- ", line)]
    found = dict([*entry.split(" ", 1), ""][:2] for entry in entries)
    return {name: SpecifierSet(re.sub(r"^=(\d[\d.]*)$", r"==\1.*", limits)) for name, limits in found.items()}


def of_the_package():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    texts = [*project["dependencies"], *project["optional-dependencies"]["nwb"]]
    asked = [Requirement(text) for text in texts]
    return {CONDA_NAMES.get(one.name, one.name): one.specifier for one in asked} | {
        "python": SpecifierSet(project["requires-python"])
    }


def versions_around(*limits):
    """Every version that a limit names, and those just below and above."""
    named = [Version(part.version.removesuffix(".*")) for limit in limits for part in limit]
    major_minor = {(v.major + a, max(v.minor + b, 0)) for v in named for a in (-1, 0, 1) for b in (-1, 0, 1)}
    return [Version(f"{max(major, 0)}.{minor}") for major, minor in major_minor]


@pytest.mark.parametrize("name", of_the_package())
def test_what_the_package_needs_is_in_the_environment_in_versions_that_fit(name):
    wanted, given = of_the_package()[name], of_the_environment().get(name)
    assert given is not None, f"environment.yml lacks {name}"
    outside = [version for version in versions_around(wanted, given) if version in given and version not in wanted]
    assert not outside, f"environment.yml allows {name} {', '.join(map(str, outside))}, pyproject.toml {wanted}"
    assert any(version in given for version in versions_around(wanted, given)), f"no version of {name} fits {given}"


@pytest.mark.parametrize(("name", "limit"), CAIMAN_CAN_USE.items())
def test_nothing_newer_than_caiman_can_use(name, limit):
    given = of_the_environment()[name]
    assert not [v for v in versions_around(given, SpecifierSet(limit)) if v in given and v not in SpecifierSet(limit)]


def test_it_all_comes_from_one_place():
    text = (ROOT / "environment.yml").read_text(encoding="utf-8")
    assert "- nodefaults" in text and "- pip:" not in text
    assert "tensorflow" not in of_the_environment(), "its protobuf is too old for this Streamlit"
