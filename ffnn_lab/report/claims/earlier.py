"""Hashes under which earlier states declared the claims that have not changed since.

A claim's hash moves when the code of its measure or of the rule is rearranged, although the
claim is the same; a sweep that declared it before must go on to say so. Each entry has the present
hash first, then the earlier ones. It counts only as long as the claim has that present hash, so an
entry that is forgotten vouches for nothing. `tests/report/claims/test_earlier.py` shows that they
stood for the same claims.
"""

EARLIER: dict[str, tuple[str, ...]] = {
    "wilson_generalization": (
        "348435576b337237ac6b3b70e8221d0e4614428d1394c5ea5c5cfda89bd0f0d7",
        "55c78231d7042534a5ef65aa06ba7fe39a7ff55b935038a350c0e998fae8a709",  # 9b2446f
    ),
    "wilson_matched_loss": (
        "86379fc6e41efb0ac996bf6c823c504a4f13e3583712b1f2fd3d5717594c36ea",
        "250ca6053a3bf420f40246143168fbf478534907bc64420ffb3503401e397d0b",  # 9b2446f
    ),
    "wilson_early_progress": (
        "d5dc265896846a5a07e67932bfa0ab438ed8a87ea3c1d33eeee81bd76ed2b8ff",
        "0c11bbb06424da3e658e540a6d52e8475e2faa066b6ab26ffd5ea289023fedc9",  # 9b2446f
    ),
    "wilson_plateau": (
        "c08a7be94e392fa83cd1929ead303cb224f710f19d2e2dfc16be303990806c92",
        "ae4427ddf809ccf7b1abb91c08c45f55e2157f8fb4729227aca42e8e878cfbf6",  # 9b2446f
    ),
    "wilson_tuning_gain": (
        "2ae3b11312e33fe7ffd85e086addc9a544b23e94982f132d7423c8b4127520a1",
        "460840da9380e2768234e54a22409007c4b17e7734d5ed566d7b761637efa164",  # 9b2446f
    ),
    "separable_adaptive": (
        "7bce89fcd8c3af278153601428cecd7a801dc370feca2bed7bbc3adee79b6d54",
        "0b7eb983db5b50e5244b7a308300551cddb1c8e5f41bb9ab614ebfe9c4b96d67",  # 9b2446f
    ),
    "separable_plain": (
        "268c745057c9d12114081c4cc0a04468d0f2d9166994ab5279b8b6e3ef7f459e",
        "a2d1a93247809d954a1a85e01e28affb2fc4d19fd23b6088a826e3c7a6ea8577",  # 9b2446f
    ),
    "separable_mini_batch": (
        "12801cb4cbc2d621b91a59d884634cb06c4bbcefa2b118e22c1ca1e791160d1a",
        "bb2f70449080dc90ca0f4adfad882713c542e7adcf177830f4798160a9ecb447",  # 9b2446f
    ),
    "separable_eps": (
        "216b5ffe970dfa32740369b07109fc9bd18f9602888b7d2dcbd2053705caa316",
        "dcf35631fd082802edbcb6f71a3ce92e111b50347b33c9e57c1f9a5ef1de9d76",  # 9b2446f
    ),
    "separable_weight_decay": (
        "7548d1363b03eb061c2a289cd7a3844ddf7ab02974cf3439464e93f3b88cc796",
        "89a103b7dd7001bc6ffa48a8b39136b52316d71f5daf870685e01469e7246a09",  # 9b2446f
    ),
    "zou_one_solution": (
        "aead573662d54ee64af39fa2a81a60601bb587e3947a31c06e243661cf8ab9fc",
        "77f21bceea04bfc8a977836cb3cf3d860a04a569f14d0242c372b2996f7a6bdd",  # 9b2446f
    ),
    "choi_inclusion": (
        "d71d275b991c252584ecce8388504685e9c4947c6a63c38414e0a75c9a4f04ec",
        "b47e444af57b9c6ff0bd26c457d144a8134e93ea25fbf8af866935dbdbcd1da6",  # 9b2446f
    ),
    "choi_no_loss": (
        "8f589e8995dd1c01952fdfe62884495cf36fbb6b01ac74d02ae1d124c0027be7",
        "294a69c0f2929191f82ef58f5a25bd4750080528fce8c890aa7bb2268428fdbf",  # 9b2446f
    ),
    "adamw_decoupling": (
        "5a2ce3647a80bddce3f557c136eada5d34f57dbad9cdef41eb69fe4bc85ef5b6",
        "3357a08fe18a306e3beecdccd0f461d15072e95378e38ef2af75a335b407509c",  # 9b2446f
    ),
    "adamw_gap": (
        "a013e530c59d8df570e23145890b8a439c51d4c7e768754ae0c2d10e7c19f7a1",
        "802bd471a3e3b778c2d888738ddaa92ef78ed472dfaf23337143eb3f11513792",  # 9b2446f
    ),
    "sivaprasad_small_budget": (
        "a481defa30eca05a1bbcd595eee41f035793e226bde218fa21126bae141038a7",
        "90daf1939bfd66cc6ecfe29b8be85da6fea1743e3e6380120ecb6802f81cb178",  # 9b2446f
    ),
    "schmidt_untuned": (
        "937d7b50178b1019702cef172360ba062b3fab96ee301ae0720190491bf2942a",
        "6b8cd53bae8abc5ccf4ad842fbf9fcc014ef1a6eef649c84d2e147066b1adfd1",  # 9b2446f
    ),
}
