"""Names that ``import ffnn_lab`` offers, and modules that it does not load."""

import importlib
import inspect
import pkgutil
import subprocess
import sys

import pytest

import ffnn_lab

HEAVY = (
    "torch",
    "pandas",
    "numpy",
    "hydra",
    "omegaconf",
    "optuna",
    "matplotlib",
    "pyarrow",
    "rich",
)


def test_the_import_loads_nothing_heavy() -> None:
    code = f"import sys, ffnn_lab; print([each for each in {HEAVY} if each in sys.modules])"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout == "[]\n"


def test_every_public_name_is_there_and_explained() -> None:
    for name in ffnn_lab.__all__:
        public = getattr(ffnn_lab, name)
        assert public.__name__ == name
        assert inspect.getdoc(public)
        assert f"`{name}`" in (ffnn_lab.__doc__ or "")
        if inspect.isfunction(public):
            assert f"ffnn_lab.{name}(" in (public.__doc__ or ""), "an example"
            assert "" not in public.__annotations__
            assert "return" in public.__annotations__
    assert set(ffnn_lab.__all__) <= set(dir(ffnn_lab))


def test_no_public_name_is_that_of_a_module() -> None:
    """The import of a module would replace the public name."""
    modules = {each.name for each in pkgutil.iter_modules(ffnn_lab.__path__)}
    assert not modules & set(ffnn_lab.__all__)


def test_another_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'ffnn_lab' has no attribute 'tarin'"):
        importlib.import_module("ffnn_lab").tarin  # noqa: B018 - looked up, not used
