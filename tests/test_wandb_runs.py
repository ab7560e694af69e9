"""Names fit W&B, and differ if runs differ; settings that W&B would refuse are named early."""

from pathlib import Path
from typing import Any

import pytest
import wandb

from ffnn_lab.config import ConfigError
from ffnn_lab.config.run import TrackingConfig
from ffnn_lab.wandb_runs import (
    MAX_NAME,
    MAX_TAG,
    Place,
    check_tracking,
    is_delivered,
    opening,
    receipt,
    unheeded,
    wandb_id,
)

RUN_ID = "0123456789ab"
NAMES = [
    "lr: 50%",
    "lr; 50%",
    "a,b",
    "what?",
    "it's",
    "back\\slash",
    "#1",
    " begins with a space",
    "ends with a space ",
    "new\nline",
    "größer, früher",
    "日本語" * 40,
    "long" * 60,
    "long" * 60 + "er",
    "[brackets] {and} $dollars",
    ":",
    "-",
]


def settings(**changes: Any) -> TrackingConfig:  # noqa: ANN401 - any value of the config
    """Return settings of online tracking."""
    values: dict[str, Any] = {
        "mode": "online",
        "project": "p",
        "entity": None,
        "tags": [],
        "notes": None,
    }
    return TrackingConfig(**{**values, **changes})


@pytest.mark.parametrize("name", NAMES)
def test_any_name_of_a_sweep_and_an_arm_is_taken(name: str) -> None:
    """Any name passes W&B's own checks, and can be a part of a file's name."""
    place = Place("p", None, group=name, tags=(name[:MAX_TAG],))
    told = opening(place, RUN_ID, ("tune", name), {"a.b": 1})
    wandb.Settings(
        run_id=told["id"],
        run_tags=tuple(told["tags"]),
        run_group=told["group"],
        run_name=told["name"],
        run_job_type=told["job_type"],
    )
    assert not set(told["id"]) & set("/\\%:?#")
    assert len(f"offline-run-20261128_120000-{told['id']}.wandb.syncstate".encode()) <= 255
    assert max(len(told["group"]), len(told["name"])) <= MAX_NAME
    assert told["id"].endswith(RUN_ID)
    assert told["config"] == {"a": {"b": 1}}


def test_names_that_w_and_b_takes_stay_and_others_stay_apart() -> None:
    assert wandb_id("mine", RUN_ID) == f"mine-{RUN_ID}"
    assert wandb_id("default-3f2a", RUN_ID) == f"default-3f2a-{RUN_ID}"
    assert len({wandb_id(name, RUN_ID) for name in NAMES}) == len(NAMES)
    place = Place("p", None, group="s")
    arms = ["x" * 70 + end for end in ("a", "b")]
    tags = [opening(place, RUN_ID, ("tune", arm), {})["tags"][0] for arm in arms]
    assert tags[0] != tags[1]
    assert [len(tag) for tag in tags] == [MAX_TAG, MAX_TAG]


def test_tags_are_the_arm_and_the_settings_once() -> None:
    place = Place.of(settings(tags=["paper", "sgd"], notes="n"), "s")
    told = opening(place, RUN_ID, ("tune", "sgd"), {})
    assert (told["tags"], told["notes"], told["job_type"]) == (["sgd", "paper"], "n", "tune")
    alone = opening(place, RUN_ID, ("single", ""), {})
    assert (alone["tags"], alone["name"]) == (["paper", "sgd"], f"s-{RUN_ID}")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"project": "team/p"},
            "got 'team/p'; the team or user before a slash is tracking.entity",
        ),
        ({"project": ""}, "tracking.project must have 1 to 128 characters"),
        ({"project": "p" * 129}, "tracking.project must have 1 to 128 characters"),
        ({"project": "50%"}, "none of # % / : ? \\ (W&B's rule), got '50%'"),
        ({"entity": " "}, "tracking.entity must name a W&B team or user"),
        ({"entity": "a/b"}, "got 'a/b'"),
        ({"tags": ["a", ""]}, "tracking.tags must have 1 to 64 characters each"),
        ({"tags": ["t" * 65]}, "got 65 in"),
    ],
)
def test_what_w_and_b_would_refuse_is_told(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        check_tracking(settings(**changes))
    assert said in str(caught.value)
    check_tracking(settings(**changes, mode="off"))
    check_tracking(settings())


def test_variables_that_have_settings_are_named() -> None:
    environment = {"WANDB_ENTITY": "e", "WANDB_TAGS": "t", "WANDB_API_KEY": "k"}
    assert unheeded(settings(), environment) == [
        "environment variables that are ignored: WANDB_ENTITY, WANDB_TAGS; set tracking.entity, "
        "tracking.tags instead"
    ]
    assert unheeded(settings(mode="off"), environment) == []
    assert unheeded(settings(), {"WANDB_API_KEY": "k"}) == []


def test_a_run_counts_as_delivered_where_it_is(tmp_path: Path) -> None:
    place = Place("p", None, "s")
    wanted = receipt(place, RUN_ID, "completed", 3)
    sent = {**wanted, "mode": "online", "server": "here", "id": "i", "folder": "run-1-i"}
    written = {**sent, "mode": "offline", "folder": "offline-run-1-i"}

    def has(mode: str, line: dict[str, Any], server: str = "here") -> bool:
        return is_delivered(wanted, [line], mode=mode, server=server, files=tmp_path)

    assert has("online", sent)
    assert has("offline", sent)
    assert not has("online", sent, server="there")
    assert not has("online", {**sent, "status": "failed"})
    assert not has("online", {**sent, "project": "q"})
    assert not has("online", written)
    assert not has("offline", written)  # its folder was deleted
    (tmp_path / "offline-run-1-i").mkdir()
    (tmp_path / "offline-run-1-i" / "run-i.wandb").touch()
    assert has("offline", written)
