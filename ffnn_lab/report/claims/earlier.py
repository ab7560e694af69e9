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
    "wilson_generalization": (
        "7209490bec30cbe66fd73e683898d17b7818f93e536211110ffc7fde97ff3b3f",
        "07d0490c697fb8a0c5cc3b62856217291cdd42f9e83ec3e77fd91d2dbc45990e",
    ),
    "wilson_matched_loss": (
        "2cfc2ea7b9fc9f29a63fc6c6d79a921912d16493ab18329a05f1a2fc40a7f8e6",
        "4a78b17279057f1fee2baa76fb4ed046b6faa80e9f6cf7a44343aa66fce8ce86",
    ),
    "wilson_early_progress": (
        "fd7e189f6f2e25fed329cd38a4d333f1ce0a657eb14591f68e8ba54094db7af9",
        "34abd322c57c00ffc3f8203e3c31d144398acb5ccd9b1208d279d924c871eb0c",
    ),
    "wilson_plateau": (
        "25fb16d634f4ee1b80de7912eac3ab6c4319165dabd4d9f778eab9f12e7af1c2",
        "ac92cec25327533e0c6903f0a620eead281fbbbf32e2edad94924b27ad76d0a9",
    ),
    "wilson_tuning_gain": (
        "a7c5ee721bb62b8c2fd4da1be784e0ac1a6b8b760fa5fe02a2ef3293511b5756",
        "259893e8378ddafa71498225bb5493749d81d2a37a192a20ee22a02dfbfa7de4",
    ),
    "separable_adaptive": (
        "828d7ad5f9d1b03d1d42f4bf5f1835e2c638dbbcbb30d5739fc50f10dce43f5e",
        "16b1ac3fad73d94cb643bcddf4b4df40e66dc579df685714b7892de4c6013fa7",
    ),
    "separable_plain": (
        "3fb3ae8a679e838e581b6dfa37b9f69c7f21e41b87601ad892f49611f57bc089",
        "b29dd38417342b077641c784ab0e0ec46dc6b61d47365f88c2b53d2776b45106",
    ),
    "separable_mini_batch": (
        "1589e29d733dcdcd965a9a15389a05b45ee969375778343bb12e77172f3177b8",
        "bbd90c8d74e9e6e2675f5150d56f7df20ccac7a48df3f1c63b7b3b0f6dde94e3",
    ),
    "separable_eps": (
        "66cc4094617216fc17ad20cfccd92559bee819c0f6fa91cfee1b5932ed118495",
        "894bdb2f266c071c51da8ecbe2f31425bed310b39b924ef3fef0861c06f34e46",
    ),
    "separable_weight_decay": (
        "1104b0c156e4decbef788fe902e2308a860b3b29eb3e28cf190f881a85b58fd6",
        "b19ed9b8bcfc43bf133fb406009087d3316b2dfd70e5598a42033b71ebabd352",
    ),
    "zou_one_solution": (
        "5af2f85917a3bdeb08c0aa3793754da652c99cd0a5d1220444e60bfbc19ecc38",
        "7c00f3e43b39c2aca9e54b4772c39d1f13f2bd2b87265443887ea2c2d07c564b",
    ),
    "choi_inclusion": (
        "b02a802b8ecae9a6d611a01e6fef8fe7952ff8834981681addf61c47a47272d4",
        "ffb68fb37d1c83d9e3132a472e191988ade86de9602e9ea7f6aa0da3c3695142",
    ),
    "choi_no_loss": (
        "71a0ec9a9dd0f8c13c9c0a55c14baae79f4f3074eb8d1dac402442114b32d704",
        "f2b3e6b7f7bcf6463acdafb985d49f63128bf7e0550622435ef99bc84fc30b03",
    ),
    "adamw_decoupling": (
        "06e224ce54c1f6a2c7d63de7b45257393ed7b1bb258dcbb99ec0948a3bf2099f",
        "7b8f221982d8d4cebe99ce313c5d55ae492a55716c022d9b2fb306473d2009ad",
    ),
    "adamw_gap": (
        "ab97dc7640b8b53d9dfb02a3592146994c393ca7c19f9fd8b33d7a4e9d696e01",
        "228c3d8767203d922464cb580cebc5b08fe9c7a0cbb27c27e9c4883e984ae197",
    ),
    "sivaprasad_small_budget": (
        "0881c5d466fa92562988773cd168f5c04bcb651f8639b83886033464d1824b55",
        "5b698acffcd84c9f97e134896f27dd1ed87d86c3b8fccf11c4e2b807df5a30e8",
    ),
    "schmidt_untuned": (
        "b6b2448120be622a3933ba136b965e45173953bdc2acc568b1cb6278857ff749",
        "5692e96da0b4397729478f414bbb1d391900e81c4250101eb570c808c146b0d2",
    ),
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
