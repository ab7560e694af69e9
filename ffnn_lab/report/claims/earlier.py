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
    "wilson_generalization": ("21689c0b28e3c4b2d28a2304d2ba7358bf9a45de4b0b4c0ef8828e44634a9534",),
    "wilson_matched_loss": ("878a62286977a2a204b1fc0987570969bdcf23e9a6b934055e0d98aa3175b80f",),
    "wilson_early_progress": ("b44db135ef8e02c829e65b1d1bc87ce4ac0883549bde857a3e50f1b7a3c1c077",),
    "wilson_plateau": ("5b37d45d5869b3c4baeaf32b4628b85fce28a7adf7ac2e12bc25b27784d445bc",),
    "wilson_tuning_gain": ("9a6cdcbb4f3499f507947688d98760d6bd083b7fab39e04f2d56ec7d40f48656",),
    "separable_adaptive": ("02963cd2995e5b2b5161e0ed904e1ab5a4e72f658fd629d3626c9bb56ea5bf7f",),
    "separable_plain": ("b52c9c3a4f2e43fc87e4045b4246c503232c984dfd0c72b161239a13eb0b397f",),
    "separable_mini_batch": ("9fe138e8f34ccf6d164b3169fc0be38a9a9b110d764ad4ee8181845043ac618f",),
    "separable_eps": ("e0d96400564a32ace0b7286cf494b1f101ed83697391f45568fd953ec90e0d5a",),
    "separable_weight_decay": (
        "c8b3dd981cf65dba8d9708b8e4c24ef0deba11cd3b0dfa420765fe3819766adc",
    ),
    "zou_one_solution": ("05f360f31107a8ac6f58eec1ce3c03a125d75622ea92ed336979d5c1feadbd64",),
    "choi_inclusion": ("e1038d3c6a82656dcf69567e6a0b5bb78fc80c3e4ceadeef9c5c7e53cbf9e2b5",),
    "choi_no_loss": ("17d104eac98ade72ab024d8d9fcf424d5a2cf37fb49ca7e778d6daa1a5084f70",),
    "adamw_decoupling": ("2dbe4e578b781634b6326fb559e36e81012cb8af2b7ace522d30d67369f845ad",),
    "adamw_gap": ("fce2ea1750c6bbaf4d43943729f804a21404261498ecf83f3c3a3e3dc32fa97d",),
    "sivaprasad_small_budget": (
        "00f331495b1d646fa29759dfa3715ca2ed60e497ac2da630bf35d1bf3de1b00c",
    ),
    "schmidt_untuned": ("34ccb2dd58f4298642384ec21a5aca3a3c5501e7d9548759d818777986a36cd2",),
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
