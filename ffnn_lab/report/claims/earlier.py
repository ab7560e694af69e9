"""Hashes that the claims had in earlier states of the code, in the same words as now.

A claim's hash changes when code that its verdicts depend on is rearranged, although the claim is
the same; a sweep that stored an earlier hash must still count as having declared the claim. Each
entry of `EARLIER` has the present hash of a claim first, then its earlier hashes. The hashes in
`BY_AN_EARLIER_RULE` are of claims with the same words, margin and sweeps, but judged by another
rule: until 2026-11-29 verdicts between tuned methods were based on the seeds of one tuning, seeds
of a single draw were counted, and equal values had no exact bounds. A comment beside a hash names
the commit at which the claim had this hash. An entry counts only as long as the claim has the
present hash that `EARLIER` has first, so that an outdated entry has no effect.
`tests/report/claims/test_earlier.py` shows that all hashes are of claims in the same words.
"""

EARLIER: dict[str, tuple[str, ...]] = {
    "wilson_generalization": (
        "4e209ce23fb1826690283821b2beb38ba6cd3ade36bbc119078f52aa2f0297bd",
        "fd1c8e096ab15e17d472deb3b24da19e971e4e59d756035071263fa4725afe76",
        "2ef1e011cb7d5cb4fa06d4af03cf19ad388ff7bb574f4abad70b46fd6a3692a0",
        "03d1ec4d188639b748c2fd47232de9b61232f7b87b54113c7496632c6c6c895d",
        "7cd32f5d50e32cc1d39325450c5f3ec39b5ac48d5765bb9f6ce968430977126e",
        "59a3dee871262f4f1672a362d4e4d54ea367436e9f3a7479faf7f4a69c4f8f5a",
        "07d0490c697fb8a0c5cc3b62856217291cdd42f9e83ec3e77fd91d2dbc45990e",
    ),
    "wilson_matched_loss": (
        "461fea28196923f7135e009320308684f9d95dbb704170dc8e257f0b853d58c3",
        "ad4c3132f8c445987ea8b0b73f64f1d32b4872ebeb790359c6996c0e73bd61c7",
        "711c458d8d135d8bb2c0173bfaf051cac2e3f94e01e8d8d3795f34ce6367e5b4",
        "7008244322275fdb6b8aeddd1321f9b9e3bd6524fda11acbd5f1cd2546078d0e",
        "410432fcc261474168fbe528a7855e2cd739a1ee17575116d585197acd462155",
        "43a46f3d5ac7c290c83379400be38e3e53721338ff2a5f22f58b416447abff37",
        "4a78b17279057f1fee2baa76fb4ed046b6faa80e9f6cf7a44343aa66fce8ce86",
    ),
    "wilson_early_progress": (
        "89b19be7ee70faf256cbf2b48abe50ed80bd4241120877fc1bfaa7b20b661349",
        "203232bebdc923067640378437e7faff9e84a09a10e28283873e58ba393f6987",
        "b5989acdc6d729955c5e8f920747008b22b35b8d2d5f72948a4cb655dd2c40e9",
        "f66b89e82c50508a019543b4529002bcd747c5a2a09b5c0463d1cac0556ab9dd",
        "f57b040621edc502d4ec49fa4a5f48e5642b05719be572cf294cfdda6d1206b4",
        "fa57769b0a498fb036e11c99556e7d73b1445016edacda8c82a7999f5e14f9c9",
        "34abd322c57c00ffc3f8203e3c31d144398acb5ccd9b1208d279d924c871eb0c",
    ),
    "wilson_plateau": (
        "6919875070e7025cd4a72a68b88da2f095835df04ecd31e5a1cd280d767928dc",
        "fdb6dee63635b558eefc7cae19455e47b58fd507cdb45a596d783705e2b0015f",
        "f5900112c210515c8c1b86220bd125d732fd51961d911adaa0276991b65820a0",
        "f5dfbda9b1fd860340f9d6d505ce39de4c47c2c3f6573d3fb6cb7b348f1cca35",
        "6dd40eb119360e3174b9ba38f8692b92f02d3f9a087a8a041229acd8b040a24a",
        "63eb82d7c1eee93323cf1e349ad45deb49d2891b9a7164e1622e579717f6d733",
        "ac92cec25327533e0c6903f0a620eead281fbbbf32e2edad94924b27ad76d0a9",
    ),
    "wilson_tuning_gain": (
        "1ddeaf57d1492bf71fa0712dd9a894ca0c031492f7ec9d6e0a099230e4221a2f",
        "7b554fbb96a0e6543f329c2a3207ef215df45d2e46db0242deb1871f1eee577f",
        "c7b3d5f9e540468ff4f7be7ccc8fccaeea2f7a12f715fe2cf4790ff954f4fc2a",
        "427671ff0726b7b42616efabdc05a7e554719b08d95ee51300b05e7f3f7dcdc0",
        "cb1574b30d4added86568d37fc8b21f4ec35e8f5101c96e353cb4c0ab4bc9891",
        "259893e8378ddafa71498225bb5493749d81d2a37a192a20ee22a02dfbfa7de4",
    ),
    "separable_adaptive": (
        "26c8ce97bf4fc930a251f0f6faad7179ce71cc5a8365ff394954743fc5a73954",
        "0ed029207738f2221e9461e4eab2c12994a92252a883d5bdec4f1da91d63d36a",
        "7c6cef0e93124b416fc770256e12ca85e9183777e5fcc15482658eebc1b7ccac",
        "2df65773bc3870f31458f6ef6b2c605a1c604b7cd87d61559dab671f31a4ad4e",
        "a69dfbf1b22a0ea4442ef04029a20f406d6dc0c408fc286e003316307f932e8f",
        "5ab4806b8705449c93c8edafa9d02796abb75fc06c45f3d4edf15e87870de777",
        "dabe6c69056226d55492d1cb5b1e345547ef5a6bba552ded6501c5f8437cd747",
        "16b1ac3fad73d94cb643bcddf4b4df40e66dc579df685714b7892de4c6013fa7",
    ),
    "separable_plain": (
        "47b2a3f1e5c1636e4d215cadd04cf42296f30c1e35b869df4cece6c3905bad8f",
        "07705122f857a3ffb930f390a18b64f53a6f534038856a10fb708b48c4b31ab3",
        "3370ed55c54377e3dd6e966f3d8f6727793b5000b7e4d7ebb5a20c65bab08a79",
        "eb5bcd33b721bb164cb3c577439364db113e00c53b2bf896580ea711bedb19ad",
        "04190546bddd284abc381a302dba98aa82744ce9987622e972053e01fc6b681e",
        "ca3192aeb7ab4a114c8e647e6d24ebfe3feb7d5b292e15e844974dbcf15b9e26",
        "d5a25d10354fad37461680278e8a6dd7db0a67975cfc633dfffbd1b5e346b91d",
        "b29dd38417342b077641c784ab0e0ec46dc6b61d47365f88c2b53d2776b45106",
    ),
    "separable_mini_batch": (
        "7ee3b6c8d877bae22aed8760ceb4be6280c5c493cbfda8cf5542e7c591394243",
        "2dafd704ec91146d3f57c3b98e312c4aa3808652173f61943b6d9077542e1b6d",
        "4fc6305a1f261088003f137f21876ff1c4224445835c46f3b96aa7f91f7b47d3",
        "f2ca5200f8e913dd1e0b6d52968a210185b203b38e05fa215745d6c7ccb3ec68",
        "6c0e434411b731e995a5d36fc764eabbf09e54840cc9af67028594c20c3fb3f1",
        "cfd86c03b5d3419ae82f5ba17f035e96cb93ead23b96373b5854a02b7d6e2610",
        "e230c819fb4d2e5b3d510a7e1f911ab0abee4274230ee60a892544b03cd55b4b",
        "bbd90c8d74e9e6e2675f5150d56f7df20ccac7a48df3f1c63b7b3b0f6dde94e3",
    ),
    "separable_eps": (
        "07f4faa6ea0d56d8c552e80dd9b65f4f174bebf3570e5f230e457595b364f5a8",
        "598510c7390d0d3559b84b14b0aa3587191f2b9b42fbfe88e984a607259f006d",
        "f94edc9d4a3e3a95f41c01cb80a663a1a7e5225a9de45bd905c871ae43d20ac4",
        "f9ba0cfdc228a71a3ea226e5850c95f529a9dc4b33f462012476578d1f6a5e09",
        "9ba8bb3086a25073f511bb7e604529ec6daf91bc53dc42565191a9d5d950f58f",
        "86dfccc83c2e3aa024d9ec2cc1ab0b8aebebb7dfac84a63a3587e52c74995e72",
        "1c02328b9689d1788ff1f313c1a69b22ece544ef01451c4566eea7602429cefd",
        "894bdb2f266c071c51da8ecbe2f31425bed310b39b924ef3fef0861c06f34e46",
    ),
    "separable_weight_decay": (
        "6bcdaa170220415e85aa5d772547627c25718b9356dc9bb381c7a7f8b4ec09ef",
        "0ae6b62f09abd9f46d894ef37049e034587d76ac41e43b4352f71dd8da38dbf9",
        "90ed1d330c1d335955e01af925a95038ec291c550685de7057c6f09e52bc27f9",
        "259cd7425e74357ccd332c3632a1e6d4322f48cd1ca288c546a53e27e8b5cda3",
        "c0dfd59da629473ac38535413c5bc6d6563f1bf03423021d7427dbd842824aa1",
        "aa1784f6bf48f4e230e6be36261adb7202850866a353d24967ae5eb02b0635a5",
        "e600c4b3f13db8af488a966d00d12a20a585d1b323c4060f193bdf3c7acefddb",
        "b19ed9b8bcfc43bf133fb406009087d3316b2dfd70e5598a42033b71ebabd352",
    ),
    "zou_one_solution": (
        "6e6381ca52f8e369c52b0f1daf72c88fdccd1d8bfc22a16339ae76425dc06acc",
        "ad564b555692413ad09bcb8a6bcf8cc404bc5fa883eaf6f029bfdc0e7c892203",
        "990b5c4915d584b7baf40cae081c262be8fe8f78959e8c633c5822b1008642c4",
        "9eb2a8c74a265e0ee963918a8419db9a239bdb58a41ba2a0faea5135cda2d56f",
        "d6f8d3f1845c1389c084da2527a03186f5bd6014704a6266e912878f476ba9d5",
        "2eaa2646a00e1249fbe7af4a54c0d2f72bda6aaacf70efa658c16139abf8c3b6",
        "cd1f97b1cb7d2445703636952fcb6d2be843ebf678be12c072040482c34349d9",
        "7c00f3e43b39c2aca9e54b4772c39d1f13f2bd2b87265443887ea2c2d07c564b",
    ),
    "choi_inclusion": (
        "c0fe915211b1e7d660d375625b5bdb6741de84588faed4b3cf043077ee329610",
        "3d80049287885f1413945d310d82cfea58f2979387a16c354e7976b081757d08",
        "2ba4edceac39af587df780325e17e0d6fa54bd9cc9f827c6a744055966e6f9ad",
        "602c1740d9818c4c3efbe140bce02f918110efc12fcdeb55aba42c4212924b2c",
        "3d22caaf00125ad5ae0cc49562d34384df30c3d2b1ed3cee9bb48b1eb40c4599",
        "ffb68fb37d1c83d9e3132a472e191988ade86de9602e9ea7f6aa0da3c3695142",
    ),
    "choi_no_loss": (
        "0e4630742afa2f3aab7e0949e78cbc030197acc4ccffdf8236f16a1e015db531",
        "82fc66555cfec145a4cfe59c94d0d3812b0db95ea41626c5ee04234dfad5c7f8",
        "5600fc6ab85bbf147266bf9b9f811836a3eecf0545f014dc9380fff2600a25e5",
        "47c3c03d499d4bfd7a9771b3baa3519d3775976ba575268f7be18550f155787b",
        "49e5d2527ad578387ada352e0338ce07aaf6d90e3bf0ef876b49f3d83633ee25",
        "f2b3e6b7f7bcf6463acdafb985d49f63128bf7e0550622435ef99bc84fc30b03",
    ),
    "adamw_decoupling": (
        "941620a85ca86014abb91fc62c8e23f6dc543601a4bdfa7889bee74eeb296007",
        "21ab9d476b0aabdb656325753584c6abd9afc360be4fa8a4ddb3f8dd54d5108a",
        "abd7244ef09d22499708e3e66ce2fe316f72092a683c3d3d2a429a727aab5423",
        "4543e988a1f38ce0cd701643cdbe95f570c059beb34f8ce1d8d64833f9b8d543",
        "95e8a7bdf36a717d851fddcba73dbf9127d08875e8bfb9e3ddda6099cdabedc6",
        "7b8f221982d8d4cebe99ce313c5d55ae492a55716c022d9b2fb306473d2009ad",
    ),
    "adamw_gap": (
        "aff1b08d993d8208b3a057da4400693dbcfb219da39477d2b8ae9ece38d510c0",
        "8cdb9f76cb341d08569582a9d7a06ec8ad042f1dc1298207f51eaa3ef289494c",
        "1d9aa55cfa206c898307b7c8318d7499e70356abf0db06910195999eeb286277",
        "dc07f46b286a108d734abc47c062055b68afdec75355c482851af70a20b53f83",
        "81897dae6b79b515d27def93fe62bfc936e809081aa2896c6b9a3501bfbf5d42",
        "228c3d8767203d922464cb580cebc5b08fe9c7a0cbb27c27e9c4883e984ae197",
    ),
    "sivaprasad_small_budget": (
        "e747c1f142660947585ae16188f9f7b6efe9b832f65d715588c2729ab6e4c965",
        "e4a27199d5f10052f9731bd6fcf4562658969e63af017f39352b94065205f8bf",
        "5b5cb27c37a462b723543cc930353e9107693ec7d2f94d9995045034d4fc82bd",
        "7dab0cd3d49878ff0aaf3ae39929c73a4eba0ae7cd4bbc01d642c45060dfbfd6",
        "f920a204245d9eaff3848836a63ab0b1096aefc1e6dbcd865b37368163fb2958",
        "5b698acffcd84c9f97e134896f27dd1ed87d86c3b8fccf11c4e2b807df5a30e8",
    ),
    "schmidt_untuned": (
        "1e583a243008dc84ba258c9d311073f12f3d94e302a13e802c50268b166227a0",
        "62c464bc15775fac69bb94f77c71755d0b1289d4e312d843750cec3f947e9819",
        "1344417c48c046e01ef6286eca7be68bd42f80bef917205130ac4035f736d867",
        "45de6ad5fd829431eccf7f2ec0331ab0025799dbb8d3b7defac7c10dc749daf7",
        "ea27aa1be229661084cdf8cf9ed960cbcc5271b8ea952206dd95776ff25ded52",
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
