"""Messages of errors, as the user reads them."""

import pytest
from hydra.errors import HydraException, MissingConfigException
from omegaconf import OmegaConf
from omegaconf.errors import ConfigAttributeError, ValidationError

from ffnn_lab.config.run import TrackingConfig
from ffnn_lab.messages import explain


@pytest.mark.parametrize(
    ("group", "choice", "options", "said"),
    [
        (
            "hydra/launcher",
            "joblib",
            ["basic"],
            "hydra/launcher=joblib: there is no such choice; hydra/launcher has basic; joblib "
            "is part of the extra launchers, which is installed by make install, or pip install "
            "'ffnn_lab[launchers]'",
        ),
        (
            "hydra/launcher",
            "jobs",
            ["basic"],
            "hydra/launcher=jobs: there is no such choice; hydra/launcher has basic",
        ),
        (
            "optimizer",
            "adm",
            ["adam", "sgd"],
            "optimizer=adm: there is no such choice; optimizer has adam, sgd (did you mean adam?)",
        ),
    ],
)
def test_a_choice_that_is_not_there_is_told_with_those_that_are(
    group: str, choice: str, options: list[str], said: str
) -> None:
    error = MissingConfigException("Could not find it", f"{group}/{choice}", options)
    assert explain(error) == said


@pytest.mark.parametrize(
    ("part", "name", "said"),
    [
        ("hydra.sweeper.tune", "n_trials", "; hydra.sweeper.tune has n_seeds"),
        (
            "hydra.sweeper.protocol",
            "n_setting",
            "; hydra.sweeper.protocol has name, n_settings, seed, max_points, n_parallel "
            "(did you mean n_settings?)",
        ),
        ("hydra.sweeper.arms", "a", ""),
        ("hydra.job", "no_such", ""),
    ],
)
def test_an_option_that_is_not_there_is_told_with_those_that_are(
    part: str, name: str, said: str
) -> None:
    conf = OmegaConf.create({})
    OmegaConf.update(conf, part, {})
    OmegaConf.set_struct(conf, value=True)
    with pytest.raises(ConfigAttributeError) as caught:
        getattr(OmegaConf.select(conf, part), name)
    assert explain(caught.value) == f"{part}.{name}: there is no such field{said}"


def test_a_value_in_a_file_is_told_with_what_its_field_takes() -> None:
    with pytest.raises(ValidationError) as caught:
        OmegaConf.merge(OmegaConf.structured(TrackingConfig), {"tags": "one"})
    error = HydraException("In 'sweeps/mine': Validation error while composing config")
    error.__context__ = caught.value
    assert explain(error) == "In 'sweeps/mine': tags must be a list of words, got one"
