"""The classes by which Hydra checks each YAML.

The schemas hide in a group of Hydra's own, so that the choices a user sees are real options.
"""

from hydra.core.config_store import ConfigStore

from ffnn_lab.config import GROUPS, RunConfig


def register() -> None:
    """Store every schema under the name that the YAML in ``conf/`` asks for.

    Hydra copies its loader, and with the loader this store, whenever it composes a config or lists
    a group; ``--help`` lists groups 200 times. Whatever it loads from the store it copies anyway,
    so from here on all loaders share the one store.
    """
    ConfigStore.__deepcopy__ = lambda self, _memo: self  # type: ignore[attr-defined]
    store = ConfigStore.instance()
    store.store(name="run_schema", node=RunConfig)
    for group, options in GROUPS.items():
        for option, part in options.items():
            store.store(group=f"hydra/schema/{group}", name=option, node=part)
