"""The name of a sweep, and the command that starts it again."""

from dataclasses import replace

import pytest
from hydra.core.config_loader import ConfigLoader
from omegaconf import DictConfig

from ffnn_lab.config import ConfigError
from ffnn_lab.definition import short_hash
from ffnn_lab.sweeper.naming import command_of, name_of
from ffnn_lab.sweeper.request import Request, read_request
from tests.support.sweeps import make_definition

DEFINITION = make_definition("grid")


@pytest.fixture
def default(loader: ConfigLoader, master: DictConfig) -> Request:
    """The request of a sweep without any override."""
    return read_request(loader, master, [])


def named(request: Request, name: str | None) -> Request:
    """Return the request with another ``hydra.sweeper.name``."""
    return replace(request, options=replace(request.options, name=name))


def test_a_sweep_is_named_after_its_yaml(default: Request) -> None:
    assert name_of(default, DEFINITION) == "default"
    assert name_of(named(default, "mine"), DEFINITION) == "mine"


def test_overrides_that_move_results_are_hashed_into_the_name(default: Request) -> None:
    """The expected hash must never change, since a sweep is found again by its command."""
    changed = replace(default, arguments=("trainer.max_epochs=2",))
    assert name_of(changed, DEFINITION) == "default-85c6b8"
    assert name_of(named(changed, "mine"), DEFINITION) == "mine-85c6b8"
    unmoved = ("tracking=offline", "paths.data=elsewhere", "trainer.save_weights=true")
    assert name_of(replace(default, arguments=unmoved), DEFINITION) == "default"


def test_an_ad_hoc_sweep_is_named_by_its_definition(default: Request) -> None:
    ad_hoc = replace(default, sweep=None, arguments=("optimizer.lr=0.1,0.2",))
    assert name_of(ad_hoc, DEFINITION) == f"adhoc-{short_hash(DEFINITION)}"


def test_a_name_that_is_no_folder_is_refused(default: Request) -> None:
    with pytest.raises(ConfigError, match=r"hydra.sweeper.name names a folder"):
        name_of(named(default, "../mine"), DEFINITION)


def test_the_command_again_leaves_out_what_holds_once(default: Request) -> None:
    """The command that continues a sweep lacks options that apply once, and the password."""
    request = replace(
        default,
        arguments=("trainer.max_epochs=2", "task.path='my table.csv'"),
        hydra_arguments=(
            *("hydra.sweeper.dry_run=true", "+hydra.sweeper.retry_failed=true"),
            *("hydra.sweeper.if_changed=fork", "hydra.sweeper.confirm.n_seeds=3"),
            "hydra.sweeper.storage=postgresql://me:secret@host/lab",
        ),
    )
    assert command_of(request) == (
        "python -m ffnn_lab.run -m trainer.max_epochs=2 'task.path='"
        "\"'\"'my table.csv'\"'\"'' hydra.sweeper.confirm.n_seeds=3 "
        "hydra.sweeper.storage=postgresql://me@host/lab"
    )
