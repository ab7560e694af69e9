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
    "wilson_generalization": ("bd0386d0b2335b1f3e09c91a84046edd3f32f73f37305dc63a8269e0297e11b6",),
    "wilson_matched_loss": ("ddc6f5844743e1ab03754f27a60a846b56e30080652812975c2760cc31ffa80a",),
    "wilson_early_progress": ("f39865289a319090f0a4cec91886fb22f54539e8e73034e2f8899e9f252cae1b",),
    "wilson_plateau": ("7a8e7c16aeb60e57bb47b09321a80a2db00bfaebcfff0148525431d253325ddc",),
    "wilson_tuning_gain": ("51532546a9c91f9d15c6eb5b7ef20ecf46fc8fe9a41407eaf8f20642c540ebda",),
    "separable_adaptive": ("56aafbf05c9360661197f37534856d72be52e4a5bc65dbdba1be1315de3497fc",),
    "separable_plain": ("73d4967410912515ac24948d33e4eb6acede5083dcf8bc14ee3f61d25be34d44",),
    "separable_mini_batch": ("b0125dcb21f2bac5c19fc4346faa0288e8faf8577d644ab79849f14c2f4e0762",),
    "separable_eps": ("e2cb19fab29fc148f2e271328202769642a12c096657aeeebba75c0e77503605",),
    "separable_weight_decay": (
        "a0755fbd405657e5aebc82adf4cbe5e088e7e3f1e30ac892213d164a89211459",
    ),
    "zou_one_solution": ("13057d2937cbbbb5a2dbff867b73491b9ba871e211cb5230a4fb558b4a7b3bd5",),
    "choi_inclusion": ("0b57d50982adc5931aba0303ca10b9abc3c6a17b7645663525d38dccba65733e",),
    "choi_no_loss": ("58cd6d2f8442c9d5443fdd1388bf66a65628a3c75b807ab63f8fa59d7fa69710",),
    "adamw_decoupling": ("830d0d8b0619d4da7b0cd3e2345428789f37468d8aea228f693060dfe15df341",),
    "adamw_gap": ("0b2176081168aac648500081ab0621911c1fbf149a01954c4b1b0c0068bfcd83",),
    "sivaprasad_small_budget": (
        "ed25301849cedb2e55bde0ff7d2286f318eb5290640276c299d7b90b8161d202",
    ),
    "schmidt_untuned": ("806617fdea24a98c0e29eaea7d9615e80614648a59aab1898ff63407aa934109",),
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
