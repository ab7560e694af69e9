"""Hashes under which earlier states declared the claims whose words have not changed since.

A claim's hash moves when code that its verdicts depend on is rearranged, although the claim is the
same; a sweep that declared it before must go on to say so. Each entry of `EARLIER` has the present
hash first, then earlier ones of the same claim. Those of `BY_AN_EARLIER_RULE` stand for the same
words, margin and sweeps, judged otherwise: until 2026-11-29 verdicts between tuned methods were
given over the seeds of one tuning, seeds of a single draw were counted, and equal values had no
exact bounds. All of them count only as long as the claim has its present hash, so an entry that is
forgotten vouches for nothing. `tests/report/claims/test_earlier.py` shows that they stood for the
same words.
"""

EARLIER: dict[str, tuple[str, ...]] = {
    "wilson_generalization": ("1fb51fd0e5fd437f158a4772d4a602065e1acea52dbc187e9b958773d3513f1b",),
    "wilson_matched_loss": ("1d3398693d62ba29ceea2339513b1b85f517cc4bc0e0560d2f1320698ffcf470",),
    "wilson_early_progress": ("b783a945c0490805d0fdcda1151aab524fed9d8df1c6c63a26bd52d1468a83f3",),
    "wilson_plateau": ("b1861c376f540287cf65dd8af8c4b3e672a3678d7545520218b18ff87e8a5d5b",),
    "wilson_tuning_gain": ("00d27272b668bf3049bfa2c24face63a82ce020351c32a6709963a8f6d6e1069",),
    "separable_adaptive": ("30781bbdb5e04bc877aa82a0048af281700f61c01cf3462e631a99ca1fb72d5f",),
    "separable_plain": ("8d151832bc89a4ad1ccbfe4038603eb25039e601c40d79289ccd9dd5f1aab0b9",),
    "separable_mini_batch": ("7ab22c3396092214dd7974d85dc8b05b06096b7521fd79b6387ee20bbb22268a",),
    "separable_eps": ("589ce392261ecc30037798c80265e3938c451247ec796ea443a244ea95fddc66",),
    "separable_weight_decay": (
        "53e23901243d9c234d109ea0f6a4a55d78627173119b2cb96aac66162da84905",
    ),
    "zou_one_solution": ("4860a9e5e38bcb9d243f30a26f7c0c91097cb0e7d1966bc592cd947f93eb2092",),
    "choi_inclusion": ("3ca8b7e9fce3277a0a62323f8c7ecffb67d6ae1b69fe294a6e0d13984bf42f25",),
    "choi_no_loss": ("0e0fcc9abfb7c112f0f9f14713f45494786a8ac0a67b123f0a6cc52d8d4709ae",),
    "adamw_decoupling": ("a282b694ac42ede24e90b3318736ad0f8f57c5fa31c6caeebc077087aa966632",),
    "adamw_gap": ("7fd41e165f99b52daad048094032d2e8655ec6b46cb4d050062b7bb080fdc2e8",),
    "sivaprasad_small_budget": (
        "767f88e1533aa8022b7754caa8bca616f9e8cd6eddab24be2e70a7584ced783b",
    ),
    "schmidt_untuned": ("7f93a66fb2678c1993d573a8dabdb0b631697432d4b6abb8d982a96cb52ff511",),
}

BY_AN_EARLIER_RULE: dict[str, tuple[str, ...]] = {
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
        "58155cd521dff619921433e57c7b93439275fe4d546707e03f60d6bd28681236",
        "460840da9380e2768234e54a22409007c4b17e7734d5ed566d7b761637efa164",  # 9b2446f
    ),
    "separable_adaptive": (
        "83bdacac82765944b54949cc55c4c6a745e7b43ba5f68cb82450ace144338c37",
        "0b7eb983db5b50e5244b7a308300551cddb1c8e5f41bb9ab614ebfe9c4b96d67",  # 9b2446f
    ),
    "separable_plain": (
        "3f3ea1d7a6a73458bec76cb9b94b46b4631dd7155bc812bf06b1bc80076ab076",
        "a2d1a93247809d954a1a85e01e28affb2fc4d19fd23b6088a826e3c7a6ea8577",  # 9b2446f
    ),
    "separable_mini_batch": (
        "6dc4c4d610e535674b7a439d16eac28c984d9f2d74415a847b07b33fd35950eb",
        "bb2f70449080dc90ca0f4adfad882713c542e7adcf177830f4798160a9ecb447",  # 9b2446f
    ),
    "separable_eps": (
        "eaebf53ff5327029cdd9fd6a5ec44d88bb65fc27120b41894350b174fb43aa06",
        "dcf35631fd082802edbcb6f71a3ce92e111b50347b33c9e57c1f9a5ef1de9d76",  # 9b2446f
    ),
    "separable_weight_decay": (
        "37670a5c20dddd31d5238ae6c5c01f4dffd813d1cff98010ca1ed47e272ef915",
        "89a103b7dd7001bc6ffa48a8b39136b52316d71f5daf870685e01469e7246a09",  # 9b2446f
    ),
    "zou_one_solution": (
        "c92e49c93972937333e76ab45e7d14d097226cc443722218eca0455bb8ae49cc",
        "77f21bceea04bfc8a977836cb3cf3d860a04a569f14d0242c372b2996f7a6bdd",  # 9b2446f
    ),
    "choi_inclusion": (
        "a6470bafa1966b03ad236144b99711ce1f6698be28a6ab9b47e2ac39a403536d",
        "b47e444af57b9c6ff0bd26c457d144a8134e93ea25fbf8af866935dbdbcd1da6",  # 9b2446f
    ),
    "choi_no_loss": (
        "8fcea1b012295211384742f59704292a3735dc6879cc69846fdccf16687a998c",
        "294a69c0f2929191f82ef58f5a25bd4750080528fce8c890aa7bb2268428fdbf",  # 9b2446f
    ),
    "adamw_decoupling": (
        "2708a74bd43254659fcf0e1b793a86c73b85d1c926c6a933a66d08efd539a0b2",
        "3357a08fe18a306e3beecdccd0f461d15072e95378e38ef2af75a335b407509c",  # 9b2446f
    ),
    "adamw_gap": (
        "9d874ecaee03a5252699e98e4ded139e617de76098d65dd74ad5908569888fd1",
        "802bd471a3e3b778c2d888738ddaa92ef78ed472dfaf23337143eb3f11513792",  # 9b2446f
    ),
    "sivaprasad_small_budget": (
        "7ec95465c57d2efd1cb9c7ad6c3cc68b247ac90caaf7512534adda947ff45fa6",
        "90daf1939bfd66cc6ecfe29b8be85da6fea1743e3e6380120ecb6802f81cb178",  # 9b2446f
    ),
    "schmidt_untuned": (
        "3b122e810b24456871a00efcb7311497243f9c97a1c224f9376fb17dc702e599",
        "6b8cd53bae8abc5ccf4ad842fbf9fcc014ef1a6eef649c84d2e147066b1adfd1",  # 9b2446f
    ),
}
