"""What the user reads of an error."""

import pytest
from hydra.errors import MissingConfigException

from ffnn_lab.messages import explain


@pytest.mark.parametrize(
    ("group", "choice", "options", "said"),
    [
        (
            "hydra/launcher",
            "joblib",
            ["basic"],
            "hydra/launcher=joblib: there is no such choice; hydra/launcher has basic; joblib "
            "comes with the extra launchers: make install, or pip install 'ffnn_lab[launchers]'",
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
