"""W&B gets environment variables that say how to reach a server, and none that change runs."""

from pathlib import Path

import pytest

from ffnn_lab.mirror_process import clean_environment

CHANGES = """
    SWEEP_ID RUN_ID RESUME RUN_GROUP NAME TAGS MODE DIR DISABLED PROJECT ENTITY JOB_TYPE NOTES
    CONFIG CONFIG_PATHS SWEEP_PARAM_PATH LAUNCH FORK_FROM RESUME_FROM SERVICE PROGRAM IGNORE_GLOBS
    SILENT CONSOLE REINIT _START_TIME SOMETHING_NEW
""".split()  # noqa: SIM905 - a table


def test_only_what_reaches_a_server_is_left() -> None:
    reach = {"WANDB_API_KEY": "k", "WANDB_BASE_URL": "u", "HTTPS_PROXY": "p", "SSL_CERT_FILE": "c"}
    others = {f"WANDB_{name}": "x" for name in CHANGES}
    amazon = {"SM_TRAINING_ENV": "{}", "AWS_LAMBDA_FUNCTION_NAME": "f", "KUBERNETES_PORT": "1"}
    needed = {"PATH": "/bin", "HOME": "/h", "LC_ALL": "C", "PYTHONPATH": "/x"}
    left = clean_environment({**reach, **others, **amazon, **needed}, Path("/nowhere"))
    ours = {"WANDB_ERROR_REPORTING", "WANDB_SAGEMAKER_DISABLE", "WANDB_CONFIG_DIR"}
    assert left.keys() == reach.keys() | needed.keys() | ours
    assert left["WANDB_CONFIG_DIR"] == "/dev/null"
    assert left["SSL_CERT_FILE"] == "/nowhere/c"  # the tracking process has another folder
    assert left["WANDB_BASE_URL"] == "u"


@pytest.mark.parametrize("place", ["here", "configured", "home"])
def test_settings_files_tell_how_to_reach_a_server_and_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "h"))
    environment = {"HOME": str(tmp_path / "h")}
    if place == "configured":
        environment["WANDB_CONFIG_DIR"] = str(tmp_path / "c")
    folder = {"here": "u/wandb", "configured": "c", "home": "h/.config/wandb"}[place]
    (tmp_path / folder).mkdir(parents=True)
    file = tmp_path / folder / "settings"
    file.write_text("[default]\nbase_url = http://it\nmode = disabled\nrun_id = x\nentity = 50%\n")
    left = clean_environment(environment, tmp_path / "u")
    assert left["WANDB_BASE_URL"] == "http://it"
    assert not left.keys() & {"WANDB_MODE", "WANDB_RUN_ID", "WANDB_ENTITY"}
    typed = clean_environment({**environment, "WANDB_BASE_URL": "http://typed"}, tmp_path / "u")
    assert typed["WANDB_BASE_URL"] == "http://typed"
    file.write_bytes(b"\xff no settings")
    assert "WANDB_BASE_URL" not in clean_environment(environment, tmp_path / "u")
