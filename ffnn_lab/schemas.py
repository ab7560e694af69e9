"""Tells Hydra which class checks which YAML.

The schemas hide in a group of Hydra's own, so that the choices a user sees are real options.
"""

from hydra.core.config_store import ConfigStore

from ffnn_lab.config import GROUPS, RunConfig


def register() -> None:
    """Store every schema under the name that the YAML in ``conf/`` asks for."""
    store = ConfigStore.instance()
    store.store(name="run_schema", node=RunConfig)
    for group, options in GROUPS.items():
        for option, part in options.items():
            store.store(group=f"hydra/schema/{group}", name=option, node=part)
